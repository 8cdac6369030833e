/* A site for the drill: new keys, a ledger of its own, and in it the messages that the charts of who is in the house were made from, in their order. So its charts are made by the same readers from the same bytes, and nothing that is
 * done to them is done to the site. Protected records are not copied. */
#include "drill_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define RESERVE_MIB 16
#define FILE_MAX ((size_t)2 << 30)
#define OF_ONE_MAX 100000 /* messages of a patient */

struct copying {
	struct drill_run *x;
	uint64_t *seqs;
	size_t n, cap;
	struct buf hl7, fhir;
};

static int wants(struct copying *k, uint64_t seq, struct err *e)
{
	if (k->n == k->cap) {
		size_t cap = k->cap ? 2 * k->cap : 4096;
		uint64_t *more = reallocarray(k->seqs, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the numbers of messages");
		k->seqs = more;
		k->cap = cap;
	}
	k->seqs[k->n++] = seq;
	return 0;
}

static int by_number(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
	return a < b ? -1 : a > b;
}

static int collect(struct copying *k, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	int r = a ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && i < k->x->persons_n; i++) {
		struct chart_event *ev;
		arena_reset(a);
		r = chart_timeline(k->x->c, slice_str(k->x->persons[i].id), k->x->at, CHART_NOW, OF_ONE_MAX, a, &ev, e);
		for (; r == 0 && ev; ev = ev->next)
			if (ev->kind == LEDGER_HL7V2 || ev->kind == LEDGER_FHIR)
				r = wants(k, ev->entry, e);
	}
	if (r < 0)
		return r;
	if (k->n)
		qsort(k->seqs, k->n, sizeof *k->seqs, by_number);
	size_t n = 0;
	for (size_t i = 0; i < k->n; i++)
		if (!n || k->seqs[n - 1] != k->seqs[i])
			k->seqs[n++] = k->seqs[i];
	k->n = n;
	return 0;
}

/* Of HL7 the messages one after another; of FHIR a resource a line: a line end in JSON is a blank, within a string there is none. */
static void put(struct copying *k, const struct ledger_entry *en)
{
	if (en->leaf.kind == LEDGER_HL7V2) {
		buf_add_slice(&k->hl7, en->body);
		if (en->body.n && en->body.p[en->body.n - 1] != '\r' && en->body.p[en->body.n - 1] != '\n')
			buf_u8(&k->hl7, '\r');
		return;
	}
	for (size_t i = 0; i < en->body.n; i++)
		buf_u8(&k->fhir, en->body.p[i] == '\n' || en->body.p[i] == '\r' ? ' ' : en->body.p[i]);
	buf_u8(&k->fhir, '\n');
}

static int read_bodies(struct copying *k, struct err *e)
{
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	int r = cli_ledger(&k->x->s, true, &keys, &l, e);
	for (size_t i = 0; r == 0 && i < k->n; i++) {
		struct ledger_entry en;
		r = ledger_read(l, k->seqs[i], &en, e);
		if (r == 0)
			put(k, &en);
		else if (r == ERR_ERASED)
			r = 0;
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	if (r == 0 && (!buf_ok(&k->hl7) || !buf_ok(&k->fhir)))
		r = err_set(e, ERR_LIMIT, NULL, "the messages of these units are too many for one drill: name fewer with --unit");
	return r;
}

static int import_one(struct copying *k, const char *name, const struct buf *text, struct err *e)
{
	char path[4400], said[DRILL_ABOUT_MAX];
	struct drill_run *x = k->x;
	if (!text->n)
		return 0;
	snprintf(path, sizeof path, "%s/%s", x->place, name);
	int r = file_replace(AT_FDCWD, path, buf_slice(text), 0600, e);
	if (r < 0)
		return r;
	int status = DRILL_STEP(x, NULL, said, "import", "--site", x->copy, path);
	unlink(path);
	return status <= 1 ? 0 : err_set(e, ERR_SYSTEM, "import", "%s", said); /* 1: something in it cannot be read, as in the site itself */
}

static int make_site(struct drill_run *x, struct err *e)
{
	AUTO_BUF struct buf talk = {0};
	char name[128], shares[4400];
	buf_init(&talk, 1 << 16);
	snprintf(name, sizeof name, "DRILL %.*s", 90, x->s.name);
	name[utf8_valid_prefix(slice_str(name))] = 0;
	snprintf(shares, sizeof shares, "%s/shares", x->place);
	const struct site_init o = {.name = name, .k = 1, .n = 1, .shares_dir = shares, .drill = true, .zone_minutes = x->s.zone_minutes, .reserve_mib = RESERVE_MIB};
	return site_create(x->copy, &o, &talk, e);
}

/* ---- is it the same? ---- */

static bool differs(struct chart *copy, struct chart_moment now, const struct drill_person *p, struct arena *a)
{
	struct chart_patient *c;
	struct err e = {0};
	arena_reset(a);
	if (chart_patient(copy, slice_str(p->number), now, a, &c, NULL, &e) < 0)
		return true;
	for (int s = 0; s < CHART_SECTIONS; s++) {
		uint32_t n = 0;
		for (const struct fact_item *i = c->s[s].items; i; i = i->next)
			n += i->state == FACT_CURRENT;
		if (s != CHART_ECGS && (n != p->counts[s] || (n && (uint8_t)c->s[s].state != p->states[s]))) /* recordings are not copied */
			return true;
	}
	return false;
}

static int compare(struct drill_run *x, struct err *e)
{
	char path[4400];
	struct chart *copy = NULL;
	struct chart_moment now;
	const char *first = NULL;
	size_t others = 0;
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	const struct chart_options o = {.zone_minutes = x->s.zone_minutes};
	snprintf(path, sizeof path, "%s/view/chart.db", x->copy);
	int r = a ? chart_open(path, &o, &copy, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = chart_now(copy, &now, e);
	for (size_t i = 0; r == 0 && i < x->persons_n; i++)
		if (differs(copy, now, &x->persons[i], a)) {
			others++;
			first = first ? first : x->persons[i].id;
		}
	chart_close(copy);
	if (r < 0)
		return r;
	if (others)
		drill_set(x->d, DRILL_COPY, DRILL_WARN, DRILL_WHY_COPY_DIFFERS, first, others, x->persons_n);
	else
		drill_set(x->d, DRILL_COPY, DRILL_PASS, DRILL_WHY_COPY_SAME, NULL, x->persons_n, x->persons_n);
	return 0;
}

int drill_copy(struct drill_run *x, struct err *e)
{
	struct copying k = {.x = x};
	int64_t begun = time_monotonic();
	buf_init(&k.hl7, FILE_MAX);
	buf_init(&k.fhir, FILE_MAX);
	int r = collect(&k, e);
	if (r == 0)
		r = read_bodies(&k, e);
	if (r == 0)
		r = make_site(x, e);
	if (r == 0)
		r = import_one(&k, "messages.hl7", &k.hl7, e);
	if (r == 0)
		r = import_one(&k, "resources.ndjson", &k.fhir, e);
	if (r == 0)
		r = compare(x, e);
	if (r == 0)
		drill_value(x->d, DRILL_COPY, (double)(time_monotonic() - begun) / (double)TIME_SEC, -1);
	buf_wipe_done(&k.hl7);
	buf_wipe_done(&k.fhir);
	free(k.seqs);
	return r;
}
