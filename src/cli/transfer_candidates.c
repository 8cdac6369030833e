/* holdfast transfer candidates: who is in the house, intensive care first, what each needs on the way as far as it was received, and who has a transfer already. */
#include "transfer_cmd.h"

#include <inttypes.h>
#include <stdlib.h>

#define NEEDS_MAX 400

struct candidate {
	struct chart_row *row;
	size_t rank;                       /* of the unit */
	struct slice needs;
	const struct transfer_row *transfer; /* the newest */
};
struct candidates {
	const char *site;
	struct cli_list units;
	bool json;
	struct site s;
	struct chart *c;
	struct control *k;
	struct chart_moment at;
	struct arena *a;
	struct candidate *v;
	size_t n;
	struct transfer_log *log;
};

/* ---- in which order ---- */

/* Whole words of a unit's name, in our languages. A site that names its units otherwise says the order with --unit. */
static bool named(struct slice unit, const char *const *words)
{
	for (const char *const *w = words; *w; w++) {
		size_t n = strlen(*w);
		for (size_t i = 0; i + n <= unit.n; i++) {
			bool ascii = ((*w)[0] & 0x80) == 0, before = i && ((unit.p[i - 1] | 0x20) >= 'a' && (unit.p[i - 1] | 0x20) <= 'z'), after = i + n < unit.n && ((unit.p[i + n] | 0x20) >= 'a' && (unit.p[i + n] | 0x20) <= 'z');
			if (slice_eq_nocase(slice_of(unit.p + i, n), *w) && !(ascii && (before || after)))
				return true;
		}
	}
	return false;
}

static size_t rank_of(const struct candidates *x, struct slice unit)
{
	static const char *const newborns[] = {"NICU", "SCBU", "neonatal", "neonatology", "néonat", "néonatologie", "新生儿", NULL};
	static const char *const intensive[] = {"ICU", "MICU", "SICU", "PICU", "CICU", "CCU", "CVICU", "ITU", "HDU", "USI", "USIC", "intensive", "intensifs", "réanimation", "réa", "重症", NULL};
	for (size_t i = 0; i < x->units.n; i++)
		if (slice_eq_str(unit, x->units.v[i]))
			return i;
	return x->units.n + (named(unit, intensive) ? 0 : named(unit, newborns) ? 1 : 2);
}

static int in_order(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	int r = slice_cmp(x->row->place.unit, y->row->place.unit);
	r = r ? r : slice_cmp(x->row->place.room, y->row->place.room);
	r = r ? r : slice_cmp(x->row->place.bed, y->row->place.bed);
	return r ? r : strcmp(x->row->id, y->row->id);
}

/* ---- what they need: what was received, with its time, and nothing that is concluded from it ---- */

static struct slice known(const struct fact *f, uint8_t field)
{
	struct slice s = fact_get(f, field);
	return fact_is_null(s) ? SLICE_NULL : s;
}

static struct slice words_of(struct slice code)
{
	static const uint8_t parts[] = {FC_DISPLAY, FC_TEXT, FC_ALT_DISPLAY, FC_CODE};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (fact_part(code, parts[i]).n)
			return fact_part(code, parts[i]);
	return SLICE_NULL;
}

static void need(struct buf *b, const char *what, struct slice value, struct slice unit, struct slice when)
{
	buf_printf(b, "%s%s", b->n ? "; " : "", what);
	buf_add_slice(b, value);
	buf_str(b, unit.n ? " " : "");
	buf_add_slice(b, unit);
	if (when.n)
		buf_printf(b, " (%.*s)", SLICE_FMT(when));
}

/* LOINC: inhaled oxygen flow and fraction, ventilator settings that say that there is a ventilator. The newest of each. */
static void oxygen(const struct chart_patient *p, struct buf *b)
{
	static const struct {
		const char *code, *what;
	} kinds[] = {{"3151-8", "oxygen "}, {"3150-6", "oxygen "}, {"19994-3", "ventilator, oxygen "}, {"19834-1", "ventilator, rate "}, {"20077-4", "ventilator, PEEP "}};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		for (const struct fact_item *it = p->s[CHART_VITALS].items; it; it = it->next) {
			struct slice code = known(it->fact, FF_CODE), value = known(it->fact, FF_VALUE);
			if (it->state != FACT_CURRENT || !value.n || (!slice_eq_str(fact_part(code, FC_CODE), kinds[i].code) && !slice_eq_str(fact_part(code, FC_ALT_CODE), kinds[i].code)))
				continue;
			need(b, kinds[i].what, value, words_of(known(it->fact, FF_UNIT)), known(it->fact, FF_TIME));
			break;
		}
}

/* Medication that was ordered with a rate and not stopped. */
static void infusions(const struct chart_patient *p, struct buf *b)
{
	for (const struct fact_item *it = p->s[CHART_MEDICATIONS].items; it; it = it->next) {
		struct slice rate = known(it->fact, FF_RATE), status = known(it->fact, FF_STATUS);
		bool over = slice_eq_str(status, "stopped") || slice_eq_str(status, "completed") || slice_eq_str(status, "cancelled") || slice_eq_str(status, "entered-in-error") || slice_eq_str(status, "on-hold");
		if (it->state == FACT_CURRENT && rate.n && !over)
			need(b, "infusion ", words_of(known(it->fact, FF_CODE)), rate, SLICE_NULL);
	}
}

static void alerts(const struct chart_patient *p, struct buf *b)
{
	for (const struct fact_item *it = p->s[CHART_FLAGS].items; it; it = it->next)
		if (it->state == FACT_CURRENT && words_of(known(it->fact, FF_CODE)).n)
			need(b, "", words_of(known(it->fact, FF_CODE)), SLICE_NULL, SLICE_NULL);
}

static int fill_needs(struct candidates *x, struct candidate *k, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)512 << 20);
	AUTO_BUF struct buf b = {0};
	struct chart_patient *p;
	buf_init(&b, 1 << 16);
	int r = a ? chart_patient(x->c, slice_str(k->row->id), x->at, a, &p, NULL, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	oxygen(p, &b);
	infusions(p, &b);
	alerts(p, &b);
	struct slice s = buf_slice(&b);
	s.n = utf8_valid_prefix(slice_of(s.p, s.n > NEEDS_MAX ? NEEDS_MAX : s.n));
	k->needs = s.n ? arena_dup(x->a, s) : SLICE_NULL;
	return s.n && !k->needs.p ? err_set(e, ERR_MEMORY, NULL, "no memory") : 0;
}

/* ---- the list ---- */

static const struct transfer_row *newest(const struct transfer_log *l, const char *patient)
{
	for (size_t i = transfer_log_count(l); i-- > 0;) {
		const struct transfer_row *t = transfer_log_row(l, i);
		if (slice_eq_str(t->patient, patient) && t->state != TRANSFER_CANCELLED && t->state != TRANSFER_BEGUN)
			return t;
	}
	return NULL;
}

static bool asked(const struct candidates *x, struct slice unit)
{
	for (size_t i = 0; i < x->units.n; i++)
		if (slice_eq_str(unit, x->units.v[i]))
			return true;
	return !x->units.n;
}

static int gather(struct candidates *x, struct err *e)
{
	struct chart_row *rows;
	size_t n;
	int r = chart_census(x->c, x->at, SLICE_NULL, x->a, &rows, &n, e);
	x->v = r == 0 ? arena_array(x->a, n ? n : 1, sizeof *x->v) : NULL;
	if (r == 0 && !x->v)
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	for (struct chart_row *row = r == 0 ? rows : NULL; row && r == 0; row = row->next) {
		if (!asked(x, row->place.unit))
			continue;
		struct candidate *k = &x->v[x->n++];
		*k = (struct candidate){.row = row, .rank = rank_of(x, row->place.unit), .transfer = newest(x->log, row->id)};
		if (!row->is_protected)
			r = fill_needs(x, k, e);
	}
	if (r == 0 && x->n)
		qsort(x->v, x->n, sizeof *x->v, in_order);
	return r;
}

static void put_json(const struct candidates *x, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_key(&w, "candidates");
	jsonw_arr(&w);
	for (size_t i = 0; i < x->n; i++) {
		const struct candidate *k = &x->v[i];
		const struct chart_row *row = k->row;
		jsonw_obj(&w);
		jsonw_kstr(&w, "patient", row->id);
		jsonw_kslice_opt(&w, "facility", row->place.facility);
		jsonw_kslice_opt(&w, "unit", row->place.unit);
		jsonw_kslice_opt(&w, "room", row->place.room);
		jsonw_kslice_opt(&w, "bed", row->place.bed);
		jsonw_kbool(&w, "protected", row->is_protected);
		jsonw_kbool(&w, "intensive", k->rank >= x->units.n && k->rank < x->units.n + 2);
		if (!row->is_protected) {
			jsonw_kslice_opt(&w, "family", row->name_family);
			jsonw_kslice_opt(&w, "given", row->name_given);
			jsonw_kslice_opt(&w, "birth", row->birth);
			jsonw_kslice_opt(&w, "number", row->number);
			jsonw_kslice(&w, "needs", k->needs);
		}
		if (k->transfer) {
			jsonw_kstr(&w, "transfer", k->transfer->id);
			jsonw_kstr(&w, "transferState", transfer_state_name(k->transfer->state));
			jsonw_kslice_opt(&w, "receiver", k->transfer->receiver);
		}
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_ku64(&w, "asOfEntry", x->at.end ? x->at.end - 1 : 0);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

static void say(const struct candidates *x)
{
	char t[32];
	printf("as of entry #%" PRIu64 ", received %s\n", x->at.end ? x->at.end - 1 : 0, time_rfc3339(x->at.time, 0, t));
	for (size_t i = 0; i < x->n; i++) {
		const struct candidate *k = &x->v[i];
		AUTO_BUF struct buf name = {0};
		buf_init(&name, 1 << 14);
		if (k->row->is_protected)
			buf_str(&name, "[protected]");
		else
			buf_printf(&name, "%.*s, %.*s", SLICE_FMT(k->row->name_family), SLICE_FMT(k->row->name_given));
		cli_cell(stdout, k->row->place.unit, 10);
		cli_cell(stdout, k->row->place.room, 7);
		cli_cell(stdout, k->row->place.bed, 5);
		cli_cell(stdout, buf_slice(&name), 28);
		cli_cell(stdout, k->row->is_protected ? SLICE_NULL : k->row->birth, 11);
		cli_cell(stdout, slice_str(k->row->id), 12);
		if (k->transfer) {
			printf("%s %s", k->transfer->id, transfer_state_name(k->transfer->state));
			printf(k->transfer->receiver.n ? " to " : "");
			cli_slice(stdout, k->transfer->receiver);
			printf("  ");
		}
		cli_slice(stdout, k->needs);
		putchar('\n');
	}
	printf("%zu patients. What is needed is what was received; that nothing stands there does not say that nothing is needed.\n", x->n);
}

static int run(struct candidates *x, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	int r = cli_site(x->site, &x->s, e);
	if (r < 0)
		return r;
	buf_init(&b, (size_t)256 << 20);
	r = cli_chart(&x->s, &x->c, &x->k, e);
	if (r == 0)
		r = chart_now(x->c, &x->at, e);
	if (r == 0)
		r = transfer_log_of(&x->s, &x->log, e);
	if (r == 0)
		r = gather(x, e);
	if (r == 0) {
		cli_record(&x->s, &x->k, "view", NULL, "who can be transferred", x->at.end ? x->at.end - 1 : 0);
		if (x->json) {
			put_json(x, &b);
			r = buf_ok(&b) ? 0 : err_set(e, buf_code(&b), NULL, "the list is too long");
			printf("%s%s", buf_cstr(&b), r == 0 ? "\n" : "");
		} else {
			say(x);
		}
	}
	fflush(stdout);
	transfer_log_free(x->log);
	control_close(x->k);
	chart_close(x->c);
	site_close(&x->s);
	return r;
}

int transfer_candidates_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct candidates x;
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &x.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"unit", CLI_EACH, &x.units, "UNIT", "only this unit; may be repeated, and the list is in this order then"},
		{"json", CLI_FLAG, &x.json, NULL, "one JSON document on stdout"},
	};
	int r = cli_parse(argc, argv, "transfer candidates --site DIR [--unit UNIT]...", "Who is in the house, intensive care and newborns' intensive care first (by the names of the units), what each needs on the way as far as it was received, and who has a transfer.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("transfer candidates: what is '%s'?", args.v[0]);
	x.a = arena_new((size_t)1 << 30);
	r = x.a ? run(&x, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	arena_free(x.a);
	return r < 0 ? cli_fail(&e) : 0;
}
