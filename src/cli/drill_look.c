/* What a drill finds without doing anything: the site's ledger and folder say how fresh feeds, packets and copies are, and what has never been tested. Leaves say which entries are looked at, and only those are opened. */
#include "drill_cmd.h"
#include "paper.h"
#include "vault.h"

#include <stdlib.h>

#define DAY 86400.0
#define PACKET_PASS (15 * 60.0) /* they are made anew every few minutes (doc/packet.md) */
#define PACKET_WARN DAY         /* past it none opens without an override */
#define FORMS_MAX (180 * DAY)
#define SHARES_MAX (180 * DAY)
#define CONTACTS_AGE_MAX (90 * DAY)

enum { PACKET, FORMS, NUMBERS };
#define LOOKED_AT \
	(LEDGER_KIND_BIT(LEDGER_PACKET) | LEDGER_KIND_BIT(LEDGER_SHEET) | LEDGER_KIND_BIT(LEDGER_DOWNTIME) | LEDGER_KIND_BIT(LEDGER_DRILL) | LEDGER_KIND_BIT(LEDGER_SNAPSHOT) | LEDGER_KIND_BIT(LEDGER_SITE) | LEDGER_KIND_BIT(LEDGER_CONTACTS))

struct seen {
	struct drill_run *x;
	uint64_t *seqs;
	size_t n;
	uint64_t when[DRILL_UNITS_MAX][3], entry[DRILL_UNITS_MAX][3];
	int64_t share[SHARE_MAX + 1], contacts, restored;
	uint64_t share_entry, contacts_entry, restored_entry, shares;
};

static double since(int64_t t)
{
	return (double)(time_now() - t) / (double)TIME_SEC;
}

/* ---- the ledger ---- */

static void note(struct seen *q, struct slice unit, int what, const struct ledger_entry *en)
{
	for (size_t i = 0; i < q->x->d->units; i++)
		if (slice_eq_str(unit, q->x->d->unit[i])) {
			q->when[i][what] = (uint64_t)en->leaf.time;
			q->entry[i][what] = en->seq;
		}
}

static void note_sheets(struct seen *q, const struct json_node *n, const struct ledger_entry *en)
{
	const struct json_node *list = slice_eq_str(json_text(n, "what"), "printed") ? json_get(n, "sheets") : NULL;
	for (const struct json_node *s = list ? list->child : NULL; s; s = s->next) {
		int kind = paper_kind_parse(json_text(s, "kind"));
		if (kind >= 0 && paper_kind_is_form((enum paper_kind)kind))
			note(q, json_text(s, "unit"), FORMS, en);
	}
}

static void take(struct seen *q, const struct ledger_entry *en, const struct json_node *n)
{
	struct slice what = json_text(n, "what");
	const struct json_node *shares = json_get(n, "shares"), *opened = json_get(n, "opened");
	uint64_t i;
	switch (en->leaf.kind) {
	case LEDGER_SITE: /* the newest epoch's */
		q->shares = shares && shares->type == JSON_ARR && shares->count ? shares->count : q->shares;
		break;
	case LEDGER_PACKET:
		if (slice_eq_str(what, "made"))
			note(q, json_text(n, "unit"), PACKET, en);
		break;
	case LEDGER_SHEET:
		note_sheets(q, n, en);
		break;
	case LEDGER_DOWNTIME:
		if (slice_eq_str(what, "block"))
			note(q, json_text(n, "unit"), NUMBERS, en);
		break;
	case LEDGER_DRILL:
		if (slice_eq_str(what, "share-tested") && num_u64(json_text(n, "index"), 1, SHARE_MAX, &i) == 0) {
			q->share[i] = en->leaf.time;
			q->share_entry = en->seq;
		}
		break;
	default: /* of the vault: a drill that opened files, and lost none */
		if (slice_eq_str(what, "drill") && opened && opened->type == JSON_TRUE && slice_eq_str(json_text(n, "missing"), "0")) {
			q->restored = en->leaf.time;
			q->restored_entry = en->seq;
		}
	}
}

static int read_ledger(struct seen *q, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	struct ledger_entry en;
	struct json_node *n;
	int r = a ? cli_ledger(&q->x->s, true, &keys, &l, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0) {
		q->x->head = ledger_durable(l);
		r = cli_entries(l, LOOKED_AT, &q->seqs, &q->n, e);
	}
	for (size_t i = 0; r == 0 && i < q->n; i++) {
		arena_reset(a);
		r = ledger_read(l, q->seqs[i], &en, e);
		if (r == 0 && en.leaf.kind == LEDGER_CONTACTS) { /* when one came is enough */
			q->contacts = en.leaf.time;
			q->contacts_entry = en.seq;
		} else if (r == 0 && json_tree(en.body, a, &n, NULL) == 0)
			take(q, &en, n);
		else if (r == ERR_ERASED)
			r = 0;
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	return r;
}

/* ---- the units, and who is in them ---- */

static bool wanted(const struct drill_run *x, struct slice unit)
{
	for (size_t i = 0; i < x->o->units.n; i++)
		if (slice_eq_str(unit, x->o->units.v[i]))
			return true;
	return !x->o->units.n;
}

static int read_units(struct drill_run *x, struct arena *a, struct err *e)
{
	struct chart_unit *u;
	int r = chart_units(x->c, x->at, a, &u, e);
	for (; r == 0 && u; u = u->next) {
		if (!u->unit.n || u->unit.n > 80 || !u->patients || !wanted(x, u->unit))
			continue;
		if (x->d->units == DRILL_UNITS_MAX)
			return err_set(e, ERR_LIMIT, NULL, "a drill is of at most %d units: name them with --unit", DRILL_UNITS_MAX);
		snprintf(x->d->unit[x->d->units++], sizeof x->d->unit[0], "%.*s", SLICE_FMT(u->unit));
	}
	for (size_t i = 0; r == 0 && i < x->o->units.n; i++) {
		bool found = false;
		for (size_t k = 0; k < x->d->units; k++)
			found = found || !strcmp(x->o->units.v[i], x->d->unit[k]);
		if (!found)
			r = err_set(e, ERR_NOT_FOUND, x->o->units.v[i], "nobody is in a unit of this name; `holdfast chart census` shows the units");
	}
	return r;
}

/* What the EHR has said of a patient, section by section: what a copy has to say, too. */
static void sum(const struct chart_patient *p, struct drill_person *to)
{
	for (int s = 0; s < CHART_SECTIONS; s++) {
		to->states[s] = (uint8_t)p->s[s].state;
		for (const struct fact_item *i = p->s[s].items; i; i = i->next)
			to->counts[s] += i->origin == FACT_FED && i->state == FACT_CURRENT;
	}
}

static int add_person(struct drill_run *x, const struct chart_row *row, size_t unit, struct arena *a, struct err *e)
{
	struct drill_person *more = reallocarray(x->persons, x->persons_n + 1, sizeof *more), *p;
	struct chart_patient *chart;
	if (!more)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	x->persons = more;
	p = &more[x->persons_n];
	*p = (struct drill_person){.unit = unit};
	memcpy(p->id, row->id, sizeof p->id);
	snprintf(p->number, sizeof p->number, "%.*s%s%.*s", SLICE_FMT(row->number), row->assigner.n ? "@" : "", SLICE_FMT(row->assigner));
	snprintf(p->birth, sizeof p->birth, "%.*s", (int)(row->birth.n > 10 ? 10 : row->birth.n), (const char *)row->birth.p);
	arena_reset(a);
	int r = chart_patient(x->c, slice_str(p->id), x->at, a, &chart, NULL, e);
	if (r < 0)
		return r;
	sum(chart, p);
	x->persons_n++;
	return 0;
}

static int read_persons(struct drill_run *x, struct arena *a, struct err *e)
{
	AUTO_ARENA struct arena *page = arena_new((size_t)256 << 20);
	int r = page ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && i < x->d->units; i++) {
		struct chart_row *row;
		size_t n;
		r = chart_census(x->c, x->at, slice_str(x->d->unit[i]), a, &row, &n, e);
		for (; r == 0 && row; row = row->next) {
			if (row->is_protected) /* is copied nowhere */
				x->withheld++;
			else if (row->number.n)
				r = add_person(x, row, i, page, e);
		}
	}
	return r;
}

/* ---- what is said of it ---- */

static void say_feeds(struct drill_run *x, struct arena *a)
{
	struct chart_feed *f, *worst = NULL, *oldest = NULL;
	struct err e = {0};
	uint64_t silent = 0, all = 0;
	if (chart_feeds(x->c, time_now(), a, &f, &e) < 0) {
		drill_set(x->d, DRILL_FEEDS, DRILL_FAIL, DRILL_WHY_FAILED, e.text, 0, 0);
		return;
	}
	for (; f; f = f->next) {
		if (f->state == CHART_NEVER || f->state == CHART_ENDED || !f->last_time)
			continue;
		all++;
		silent += f->state == CHART_STALE;
		if (f->state == CHART_STALE && (!worst || f->last_time < worst->last_time))
			worst = f;
		if (!oldest || f->last_time < oldest->last_time)
			oldest = f;
	}
	const struct chart_feed *of = worst ? worst : oldest;
	if (!of) {
		drill_set(x->d, DRILL_FEEDS, DRILL_FAIL, DRILL_WHY_FEEDS_NONE, NULL, 0, 0);
		return;
	}
	char name[200];
	snprintf(name, sizeof name, "%.*s", (int)(of->name.n > 190 ? 190 : of->name.n), (const char *)of->name.p);
	drill_set(x->d, DRILL_FEEDS, silent ? DRILL_FAIL : DRILL_PASS, silent ? DRILL_WHY_FEEDS_SILENT : DRILL_WHY_FEEDS_FRESH, name, silent ? silent : all, all);
	drill_value(x->d, DRILL_FEEDS, since(of->last_time), of->stale_after > 0 ? (double)of->stale_after / (double)TIME_SEC : -1);
	x->d->check[DRILL_FEEDS].entry = of->last_entry;
}

/* Of each unit the newest of something: how many have none, and the one that is longest ago. */
static size_t oldest_of(const struct seen *q, int what, size_t *ret_missing)
{
	size_t at = 0;
	*ret_missing = 0;
	for (size_t i = 0; i < q->x->d->units; i++) {
		*ret_missing += !q->when[i][what];
		if (q->when[at][what] && (!q->when[i][what] || q->when[i][what] < q->when[at][what]))
			at = i;
	}
	return at;
}

static void say_packets(struct seen *q)
{
	struct drill *d = q->x->d;
	size_t missing, at = oldest_of(q, PACKET, &missing), old = 0;
	if (missing) {
		drill_set(d, DRILL_PACKETS, DRILL_FAIL, DRILL_WHY_PACKETS_MISSING, d->unit[at], missing, d->units);
		return;
	}
	double age = since((int64_t)q->when[at][PACKET]);
	for (size_t i = 0; i < d->units; i++)
		old += since((int64_t)q->when[i][PACKET]) > PACKET_PASS;
	if (old)
		drill_set(d, DRILL_PACKETS, age > PACKET_WARN ? DRILL_FAIL : DRILL_WARN, DRILL_WHY_PACKETS_OLD, d->unit[at], old, d->units);
	else
		drill_set(d, DRILL_PACKETS, DRILL_PASS, DRILL_WHY_PACKETS_NEW, d->unit[at], d->units, d->units);
	drill_value(d, DRILL_PACKETS, age, PACKET_PASS);
	d->check[DRILL_PACKETS].entry = q->entry[at][PACKET];
}

static void say_forms(struct seen *q)
{
	struct drill *d = q->x->d;
	size_t missing, at = oldest_of(q, FORMS, &missing), without = 0;
	for (size_t i = 0; i < d->units; i++)
		without += !q->when[i][FORMS] || since((int64_t)q->when[i][FORMS]) > FORMS_MAX;
	drill_set(d, DRILL_FORMS, without ? DRILL_FAIL : DRILL_PASS, without ? DRILL_WHY_FORMS_MISSING : DRILL_WHY_FORMS_PRINTED, d->unit[at], without ? without : d->units, d->units);
	d->check[DRILL_FORMS].limit = FORMS_MAX; /* its sentence says it */
	d->check[DRILL_FORMS].has_limit = true;
	if (!missing) {
		drill_value(d, DRILL_FORMS, since((int64_t)q->when[at][FORMS]), FORMS_MAX);
		d->check[DRILL_FORMS].entry = q->entry[at][FORMS];
	}
}

static void say_numbers(struct seen *q)
{
	struct drill *d = q->x->d;
	size_t missing, at = oldest_of(q, NUMBERS, &missing);
	drill_set(d, DRILL_NUMBERS, missing ? DRILL_FAIL : DRILL_PASS, missing ? DRILL_WHY_NUMBERS_MISSING : DRILL_WHY_NUMBERS_OUT, d->unit[at], missing ? missing : d->units, d->units);
	d->check[DRILL_NUMBERS].entry = q->entry[at][NUMBERS];
}

static void say_shares(struct seen *q)
{
	struct drill *d = q->x->d;
	uint64_t ever = 0, lately = 0;
	int64_t oldest = INT64_MAX;
	for (uint64_t i = 1; i <= q->shares && i <= SHARE_MAX; i++) {
		ever += q->share[i] != 0;
		lately += q->share[i] && since(q->share[i]) <= SHARES_MAX;
		if (q->share[i] && q->share[i] < oldest)
			oldest = q->share[i];
	}
	bool all = q->shares && lately == q->shares;
	drill_set(d, DRILL_SHARES, all ? DRILL_PASS : ever ? DRILL_WARN : DRILL_NOT_DONE, all ? DRILL_WHY_SHARES_TESTED : ever ? DRILL_WHY_SHARES_SOME : DRILL_WHY_SHARES_NEVER, NULL, lately, q->shares);
	d->check[DRILL_SHARES].limit = SHARES_MAX;
	d->check[DRILL_SHARES].has_limit = true;
	if (ever)
		drill_value(d, DRILL_SHARES, since(oldest), SHARES_MAX);
	d->check[DRILL_SHARES].entry = q->share_entry;
}

static void say_contacts(struct seen *q)
{
	struct drill *d = q->x->d;
	if (!q->contacts) {
		drill_set(d, DRILL_CONTACTS, DRILL_FAIL, DRILL_WHY_CONTACTS_NONE, NULL, 0, 0);
		return;
	}
	double age = since(q->contacts);
	drill_set(d, DRILL_CONTACTS, age > CONTACTS_AGE_MAX ? DRILL_WARN : DRILL_PASS, age > CONTACTS_AGE_MAX ? DRILL_WHY_CONTACTS_OLD : DRILL_WHY_CONTACTS_NEW, NULL, 0, 0);
	drill_value(d, DRILL_CONTACTS, age, CONTACTS_AGE_MAX);
	d->check[DRILL_CONTACTS].entry = q->contacts_entry;
}

/* Until something better is known of it today: drill_outside. */
static void say_restored(struct seen *q)
{
	if (!q->restored)
		return;
	drill_set(q->x->d, DRILL_RESTORE, DRILL_WARN, DRILL_WHY_RESTORE_LAST, NULL, 0, 0);
	drill_value(q->x->d, DRILL_RESTORE, since(q->restored), -1);
	q->x->d->check[DRILL_RESTORE].entry = q->restored_entry;
}

int drill_look(struct drill_run *x, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)512 << 20);
	struct seen *q = calloc(1, sizeof *q);
	if (!a || !q) {
		free(q);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	q->x = x;
	int r = chart_now(x->c, &x->at, e);
	if (r == 0)
		r = read_units(x, a, e);
	if (r == 0)
		r = read_persons(x, a, e);
	if (r == 0)
		r = read_ledger(q, e);
	if (r == 0) {
		say_feeds(x, a);
		say_shares(q);
		say_contacts(q);
		say_restored(q);
		if (x->d->units) {
			say_packets(q);
			say_forms(q);
			say_numbers(q);
		} else {
			static const enum drill_check_name of_units[] = {DRILL_PACKETS, DRILL_FORMS, DRILL_NUMBERS};
			for (size_t i = 0; i < ARRAY_LEN(of_units); i++)
				drill_set(x->d, of_units[i], DRILL_NOT_DONE, DRILL_WHY_NOBODY, NULL, 0, 0);
		}
	}
	free(q->seqs);
	free(q);
	return r;
}
