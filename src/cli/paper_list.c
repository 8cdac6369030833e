/* holdfast paper list, sign-out, return, scan, destroy: the register of sheets. */
#include "paper_cmd.h"
#include "downtime.h"

#include <stdlib.h>

struct reading {
	struct ward_register *r;
	struct ward_scans *s;
	struct ledger *l;
	uint64_t *seqs;
	size_t n;
};

/* A captured item of kind sheet is the scan of one; any other may say which sheet it was copied from. */
static int take_captured(struct reading *x, const struct ledger_entry *en, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	struct capture c;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the register");
	if (capture_read(en->body, a, &c, NULL) < 0)
		return 0;
	int r = ward_register_scanned(x->r, en->seq, en->leaf.time, &c, e);
	return r < 0 ? r : ward_scans_captured(x->s, en->seq, en->leaf.time, &c, e);
}

static int take_scan(struct reading *x, const struct ledger_entry *en, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct ward_scan s;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the register");
	return ward_scan_read(en->body, false, a, &s, NULL) < 0 ? 0 : ward_scans_take(x->s, en->seq, en->leaf.time, &s, e);
}

/* Leaves say which entries are about sheets, and only those are opened. */
int paper_read(struct site *s, struct ward_register **ret, struct ward_scans **ret_scans, struct err *e)
{
	struct reading x = {0};
	struct site_keys keys = {0};
	struct ledger_entry en;
	int r = ward_register_new(&x.r, e);
	if (r == 0)
		r = ward_scans_new(&x.s, e);
	if (r == 0)
		r = cli_ledger(s, true, &keys, &x.l, e);
	if (r == 0)
		r = cli_entries(x.l, LEDGER_KIND_BIT(LEDGER_SHEET) | LEDGER_KIND_BIT(LEDGER_CAPTURE) | LEDGER_KIND_BIT(LEDGER_SCAN), &x.seqs, &x.n, e);
	for (size_t i = 0; r == 0 && i < x.n; i++) {
		r = ledger_read(x.l, x.seqs[i], &en, e);
		if (r == 0)
			r = en.leaf.kind == LEDGER_CAPTURE ? take_captured(&x, &en, e) : en.leaf.kind == LEDGER_SCAN ? take_scan(&x, &en, e) : ward_register_take(x.r, en.seq, en.leaf.time, en.body, e);
		else if (r == ERR_ERASED)
			r = 0;
	}
	ledger_free(x.l);
	site_keys_wipe(&keys);
	free(x.seqs);
	if (r < 0) {
		ward_register_free(x.r);
		ward_scans_free(x.s);
	} else {
		*ret = x.r;
		*ret_scans = x.s;
	}
	return r;
}

int paper_left(struct site *s, size_t *ret_unfiled, size_t *ret_untyped, struct err *e)
{
	struct ward_register *g = NULL;
	struct ward_scans *scans = NULL;
	size_t unfiled = 0, untyped = 0;
	int r = paper_read(s, &g, &scans, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ward_unfiled_count(scans); i++)
		unfiled += !ward_unfiled(scans, i)->settled;
	for (size_t i = 0; i < ward_returned_count(scans); i++)
		untyped += ward_to_be_typed(ward_returned(scans, i));
	ward_scans_free(scans);
	ward_register_free(g);
	*ret_unfiled = unfiled;
	*ret_untyped = untyped;
	return 0;
}

/* ---- list ---- */

struct count {
	struct slice unit;
	size_t n[WARD_STATES];
};
struct counts {
	struct count *v;
	size_t n, cap;
};

static int add_count(struct counts *c, const struct ward_sheet *s, struct err *e)
{
	size_t i = 0;
	while (i < c->n && !slice_eq(c->v[i].unit, s->unit))
		i++;
	if (i == c->n) {
		if (c->n == c->cap) {
			size_t cap = c->cap ? 2 * c->cap : 64;
			struct count *v = reallocarray(c->v, cap, sizeof *v);
			if (!v)
				return err_set(e, ERR_MEMORY, NULL, "no memory for counts");
			c->v = v;
			c->cap = cap;
		}
		c->v[c->n++] = (struct count){.unit = s->unit};
	}
	c->v[i].n[s->state]++;
	return 0;
}

static void put_sheet(struct jsonw *w, const struct ward_sheet *s)
{
	char number[PAPER_NUMBER_MAX];
	paper_number_put(&s->number, number);
	jsonw_obj(w);
	jsonw_kstr(w, "number", number);
	jsonw_kslice(w, "kind", s->kind);
	jsonw_kslice_opt(w, "patient", s->patient);
	jsonw_kslice_opt(w, "unit", s->unit);
	jsonw_ku64(w, "pages", s->pages);
	jsonw_ku64(w, "pagesScanned", s->scanned);
	jsonw_kstr(w, "state", ward_state_name(s->state));
	jsonw_ktime(w, "printed", s->printed);
	jsonw_ktime(w, "since", s->since);
	jsonw_kslice_opt(w, "by", s->by);
	jsonw_kslice_opt(w, "to", s->to);
	jsonw_ku64(w, "entry", s->entry);
	jsonw_obj_end(w);
}

static void print_sheet(const struct ward_sheet *s)
{
	char number[PAPER_NUMBER_MAX], t[32];
	paper_number_put(&s->number, number);
	cli_cell(stdout, slice_str(number), 22);
	cli_cell(stdout, s->kind, 16);
	cli_cell(stdout, s->unit, 10);
	cli_cell(stdout, s->patient, 12);
	printf("%3u %s  %-11s since %s by ", s->pages, s->pages == 1 ? "page " : "pages", ward_state_name(s->state), time_rfc3339(s->since, 0, t));
	cli_slice(stdout, s->by);
	if (s->to.n) {
		printf(", now with ");
		cli_slice(stdout, s->to);
	}
	if (s->scanned && s->state != WARD_SCANNED)
		printf(", %u of %u pages scanned", s->scanned, s->pages);
	putchar('\n');
}

static size_t open_of(const struct count *c)
{
	return c->n[WARD_PRINTED] + c->n[WARD_OUT];
}

static size_t all_of(const struct count *c)
{
	size_t n = 0;
	for (int i = 0; i < WARD_STATES; i++)
		n += c->n[i];
	return n;
}

static void put_counts(struct jsonw *w, const struct counts *c)
{
	jsonw_key(w, "units");
	jsonw_arr(w);
	for (size_t i = 0; i < c->n; i++) {
		const struct count *x = &c->v[i];
		jsonw_obj(w);
		jsonw_kslice(w, "unit", x->unit);
		jsonw_ku64(w, "sheets", all_of(x));
		jsonw_ku64(w, "signedOut", x->n[WARD_OUT]);
		jsonw_ku64(w, "returned", x->n[WARD_RETURNED]);
		jsonw_ku64(w, "scanned", x->n[WARD_SCANNED]);
		jsonw_ku64(w, "destroyed", x->n[WARD_DESTROYED]);
		jsonw_ku64(w, "open", open_of(x));
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void print_counts(const struct counts *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct count *x = &c->v[i];
		cli_cell(stdout, x->unit.n ? x->unit : SLICE("(no unit)"), 12);
		printf("%zu sheets: %zu returned, %zu scanned, %zu destroyed; OPEN %zu (%zu of them signed out)\n", all_of(x), x->n[WARD_RETURNED], x->n[WARD_SCANNED], x->n[WARD_DESTROYED], open_of(x), x->n[WARD_OUT]);
	}
	if (!c->n)
		printf("no sheets were printed\n");
}

int paper_list(const struct paper_options *o)
{
	struct err e = {0};
	struct site s;
	struct ward_register *g = NULL;
	struct ward_scans *scans = NULL;
	struct counts c = {0};
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	size_t open = 0;
	if (cli_site(o->site, &s, &e) < 0)
		return cli_fail(&e);
	buf_init(&out, (size_t)1 << 30);
	jsonw_init(&w, &out);
	int r = paper_read(&s, &g, &scans, &e);
	jsonw_obj(&w);
	jsonw_key(&w, "sheets");
	jsonw_arr(&w);
	for (size_t i = 0; r == 0 && i < ward_register_count(g); i++) {
		const struct ward_sheet *x = ward_register_sheet(g, i);
		if (o->unit && !slice_eq_str(x->unit, o->unit))
			continue;
		r = add_count(&c, x, &e);
		if (o->open && ward_closed(x->state))
			continue;
		if (o->json)
			put_sheet(&w, x);
		else
			print_sheet(x);
	}
	jsonw_arr_end(&w);
	put_counts(&w, &c);
	jsonw_obj_end(&w);
	for (size_t i = 0; i < c.n; i++)
		open += open_of(&c.v[i]);
	if (r == 0 && o->json && !buf_ok(&out))
		r = err_set(&e, buf_code(&out), NULL, "the register is larger than 1 GiB: say --unit or --open");
	else if (r == 0 && o->json)
		printf("%s\n", buf_cstr(&out));
	else if (r == 0)
		print_counts(&c);
	free(c.v);
	ward_scans_free(scans);
	ward_register_free(g);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : o->open && open ? 1 : 0;
}

/* ---- what became of one ---- */

static int may_become(const struct ward_sheet *s, enum ward_state to, const char *number, struct err *e)
{
	if (!s)
		return err_set(e, ERR_NOT_FOUND, number, "no sheet of this number was printed here");
	if (s->state == WARD_SCANNED || s->state == WARD_DESTROYED)
		return err_set(e, ERR_EXISTS, number, "this sheet was %s already, by entry %llu", ward_state_name(s->state), (unsigned long long)s->entry);
	return s->state == to ? err_set(e, ERR_EXISTS, number, "this sheet is %s already, by entry %llu", ward_state_name(to), (unsigned long long)s->entry) : 0;
}

/* All numbers are looked at before the first entry: half a list that went in is worse than none. */
static int numbers(const struct paper_options *o, const struct ward_register *g, enum ward_state s, struct err *e)
{
	int r = 0;
	for (size_t i = 1; i < o->args->n && r == 0; i++) {
		struct paper_number n;
		r = paper_number_get(slice_str(o->args->v[i]), &n, e);
		if (r < 0)
			err_in(e, o->args->v[i]);
		else
			r = may_become(ward_register_find(g, &n), s, o->args->v[i], e);
	}
	return r;
}

static int enter(const struct paper_options *o, struct control *k, enum ward_state s, struct err *e)
{
	char who[64], number[PAPER_NUMBER_MAX];
	struct paper_number n;
	int r = 0;
	control_who(who);
	for (size_t i = 1; i < o->args->n && r == 0; i++) {
		AUTO_BUF struct buf body = {0};
		buf_init(&body, 1 << 16);
		r = paper_number_get(slice_str(o->args->v[i]), &n, e);
		if (r < 0)
			break;
		paper_number_put(&n, number);
		ward_register_act(number, s, o->by ? o->by : who, o->to, o->reason, &body);
		const struct control_append a = {.kind = LEDGER_SHEET, .body = buf_slice(&body)};
		r = control_append(k, &a, i, NULL, NULL, e);
	}
	return r < 0 ? r : control_flush(k, e);
}

int paper_act(const struct paper_options *o, enum ward_state s)
{
	struct err e = {0};
	struct site site;
	struct ward_register *g = NULL;
	struct ward_scans *scans = NULL;
	struct control *k = NULL;
	if (s == WARD_DESTROYED && (!o->reason || !*o->reason))
		return cli_usage("paper destroy: --reason is missing; it is recorded");
	if (o->to && s != WARD_OUT)
		return cli_usage("--to is for sign-out");
	if (cli_site(o->site, &site, &e) < 0)
		return cli_fail(&e);
	int r = control_open(&site, true, &k, &e); /* the keeper first: what it has written is read then */
	if (r == 0)
		r = paper_read(&site, &g, &scans, &e);
	if (r == 0)
		r = numbers(o, g, s, &e);
	if (r == 0)
		r = enter(o, k, s, &e);
	if (r == 0 && o->json)
		printf("{\"state\":\"%s\",\"sheets\":%zu}\n", ward_state_name(s), o->args->n - 1);
	else if (r == 0)
		printf("%zu %s %s\n", o->args->n - 1, o->args->n == 2 ? "sheet is" : "sheets are", ward_state_name(s));
	ward_scans_free(scans);
	ward_register_free(g);
	control_close(k);
	site_close(&site);
	return r < 0 ? cli_fail(&e) : 0;
}
