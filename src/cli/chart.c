/* holdfast chart census|search|patient|export: charts in a terminal, now or as of any moment. */
#include "commands.h"

#include <errno.h>
#include <inttypes.h>

static struct fhir_options options_of(const struct site *s)
{
	return (struct fhir_options){.zone_minutes = s->zone_minutes};
}

static bool restoring; /* told on what is printed, too: paper outlives the terminal */

static void say_moment(struct chart_moment at)
{
	char t[32];
	if (restoring)
		printf("RESTORING: messages after this moment are not shown yet; not yet verified against the ledger\n");
	if (at.end == 0)
		printf("as of: nothing received yet\n");
	else
		printf("as of entry #%" PRIu64 ", received %s\n", at.end - 1, time_rfc3339(at.time, 0, t));
}

static void say_age(int64_t received)
{
	if (received <= 0) {
		printf("never received");
		return;
	}
	char t[32];
	int64_t s = (time_now() - received) / TIME_SEC;
	printf("received %s, ", time_rfc3339(received, 0, t));
	if (s < 120)
		printf("%" PRId64 " s ago", s);
	else if (s < 7200)
		printf("%" PRId64 " min ago", s / 60);
	else if (s < 172800)
		printf("%" PRId64 " h ago", s / 3600);
	else
		printf("%" PRId64 " days ago", s / 86400);
}

static void say_silent(const struct chart_source *x)
{
	char t[32];
	printf("  ");
	cli_slice(stdout, x->feed);
	printf(" SILENT since %s: what it would say may be missing here\n", time_rfc3339(x->last_time, 0, t));
}

static void print_rows(const struct chart_row *r, bool places)
{
	for (; r; r = r->next) {
		if (places) {
			cli_cell(stdout, r->place.unit, 10);
			cli_cell(stdout, r->place.room, 7);
			cli_cell(stdout, r->place.bed, 5);
		}
		char name[600];
		int n = r->is_protected ? snprintf(name, sizeof name, "[protected]")
		                        : snprintf(name, sizeof name, "%.*s%s%.*s", (int)(r->name_family.n > 250 ? 250 : r->name_family.n), (const char *)r->name_family.p, r->name_given.n ? ", " : "",
		                                   (int)(r->name_given.n > 250 ? 250 : r->name_given.n), (const char *)r->name_given.p);
		cli_cell(stdout, slice_of(name, n < 0 ? 0 : (size_t)n), 30);
		putchar(' ');
		cli_cell(stdout, r->birth, 11);
		cli_cell(stdout, r->sex, 8);
		cli_cell(stdout, r->number, 16);
		cli_cell(stdout, slice_str(r->id), 12);
		if (r->lookalike)
			printf("LOOK-ALIKE ");
		if (r->incomplete)
			printf("INCOMPLETE ");
		if (r->merged)
			printf("merged ");
		if (r->test)
			printf("TEST ");
		if (r->deceased)
			printf("deceased ");
		cli_slice(stdout, r->alerts);
		putchar('\n');
	}
}

static int put_json(struct buf *out, struct err *e)
{
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, NULL, "the answer is larger than 1 GiB");
	fwrite(out->p, 1, out->n, stdout);
	putchar('\n');
	return 0;
}

static uint64_t head_of(struct chart_moment at)
{
	return at.end ? at.end - 1 : 0;
}

static int rows(struct chart *c, const struct site *s, struct control **k, struct chart_moment at, const char *unit, const char *text, bool json, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)2 << 30);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	struct chart_row *list;
	size_t n;
	int r = text ? chart_search(c, slice_str(text), at, 100, a, &list, &n, e) : chart_census(c, at, slice_str(unit), a, &list, &n, e);
	for (struct chart_row *row = r == 0 && !text && unit && *unit && json ? list : NULL; row && r == 0; row = row->next)
		r = chart_bedside(c, row, at, a, e); /* a unit's list as the viewer has it */
	if (r < 0)
		return r;
	/* the words that were searched for are patients' data, and stay out of it, as on the web */
	cli_record(s, k, text ? "search" : "view", NULL, text ? "patient search" : unit && *unit ? "census of a unit" : "census", head_of(at));
	if (json) {
		AUTO_BUF struct buf out = {0};
		buf_init(&out, (size_t)1 << 30);
		struct jsonw w;
		jsonw_init(&w, &out);
		struct fhir_options o = options_of(s);
		chart_json_rows(&w, list, at, &o);
		r = put_json(&out, e);
		return r == 0 && text && n == 0 ? ERR_NO : r;
	}
	say_moment(at);
	print_rows(list, !text);
	printf("%zu %s\n", n, n == 1 ? "patient" : "patients");
	return text && n == 0 ? ERR_NO : 0;
}

/* Parts of a panel in one line: "Systolic 120 mmHg; Diastolic >90 mmHg". A component is code, value, unit, cut by 0x1d (facts.h). */
static void print_components(const struct fact *f)
{
	for (size_t i = 0; i < fact_count(f, FF_COMPONENT); i++) {
		struct slice rest, code = slice_cut(fact_nth(f, FF_COMPONENT, i), 0x1d, &rest), value = slice_cut(rest, 0x1d, &rest), unit = slice_cut(rest, 0x1d, &rest);
		struct slice name = fact_part(code, FC_TEXT).n ? fact_part(code, FC_TEXT) : fact_part(code, FC_DISPLAY).n ? fact_part(code, FC_DISPLAY) : fact_part(code, FC_CODE);
		printf(i ? "; " : " ");
		cli_slice(stdout, name);
		putchar(' ');
		cli_slice(stdout, value.n ? value : SLICE("(no value)"));
		if (unit.n)
			putchar(' ');
		cli_slice(stdout, fact_part(unit, FC_DISPLAY).n ? fact_part(unit, FC_DISPLAY) : fact_part(unit, FC_CODE));
	}
}

/* What turns the meaning of a line round, before anything that could be read without it. */
static void print_reservations(const struct fact *f)
{
	struct slice sure = fact_get(f, FF_VERIFICATION), intent = fact_part(fact_get(f, FF_TYPE), 0), absent = fact_get(f, FF_ABSENT);
	if (sure.n && !fact_is_null(sure) && !slice_eq_nocase(sure, "confirmed")) {
		printf(slice_eq_nocase(sure, "refuted") ? " REFUTED: not this patient's" : " (");
		if (!slice_eq_nocase(sure, "refuted")) {
			cli_slice(stdout, sure);
			putchar(')');
		}
	}
	if (f->kind == FACT_MED_ORDER && (slice_eq_str(intent, "proposal") || slice_eq_str(intent, "plan") || slice_eq_str(intent, "option")))
		printf(" NOT ORDERED (%.*s)", SLICE_FMT(intent));
	if (absent.n) {
		printf(" no value: ");
		cli_slice(stdout, absent);
	}
}

/* What a later message changed: of a value the value that was corrected, else the dose or the state before. */
static void print_before(const struct fact *old, const struct fact *now)
{
	static const struct {
		uint8_t field, unit;
		const char *said;
	} tells[] = {{FF_VALUE, FF_UNIT, "corrected; was:"}, {FF_DOSE, FF_DOSE_UNIT, "before:"}, {FF_STATUS, 0, "before:"}, {FF_CLINICAL_STATUS, 0, "before:"}};
	for (size_t i = 0; i < ARRAY_LEN(tells); i++) {
		struct slice was = fact_get(old, tells[i].field), unit = tells[i].unit ? fact_get(old, tells[i].unit) : SLICE_NULL;
		if (!was.n || fact_is_null(was) || (slice_eq(was, fact_get(now, tells[i].field)) && (!tells[i].unit || slice_eq(unit, fact_get(now, tells[i].unit)))))
			continue;
		printf("  (%s ", tells[i].said);
		if (tells[i].field == FF_VALUE)
			cli_slice(stdout, fact_get(old, FF_COMPARATOR));
		cli_slice(stdout, fact_part(was, FC_DISPLAY).n ? fact_part(was, FC_DISPLAY) : fact_part(was, 0));
		if (unit.n && !fact_is_null(unit)) {
			putchar(' ');
			cli_slice(stdout, fact_part(unit, FC_DISPLAY).n ? fact_part(unit, FC_DISPLAY) : fact_part(unit, 0));
		}
		putchar(')');
		return;
	}
}

/* What one item says, in a line. The chart's JSON is complete; this is for a terminal when nothing else is left. */
static void print_item(const struct fact_item *it)
{
	const struct fact *f = it->fact;
	struct slice code = fact_get(f, FF_CODE), text = fact_part(code, FC_DISPLAY);
	if (!text.n)
		text = fact_part(code, FC_TEXT);
	if (!text.n)
		text = fact_part(code, FC_CODE);
	if (!text.n)
		text = fact_get(f, FF_TITLE);
	struct slice name = fact_get(f, FF_NAME);
	printf("  ");
	cli_cell(stdout, fact_get(f, f->kind == FACT_VISIT ? FF_START : FF_TIME), 20);
	if (name.n) {
		cli_slice(stdout, fact_part(name, FN_FAMILY));
		printf(", ");
		cli_slice(stdout, fact_part(name, FN_GIVEN));
		putchar(' ');
	}
	cli_slice(stdout, text.n || name.n || f->kind == FACT_VISIT || f->kind == FACT_CARE_TEAM ? text : SLICE("(not stated what)"));
	print_reservations(f);
	print_components(f);
	const uint8_t more[] = {FF_COMPARATOR, FF_VALUE, FF_UNIT, FF_FLAG, FF_RANGE, FF_DOSE, FF_DOSE_MAX, FF_DOSE_UNIT, FF_ROUTE, FF_FREQUENCY, FF_STATUS, FF_CLINICAL_STATUS, FF_REACTION, FF_PERFORMER, FF_TELECOM};
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		struct slice v = fact_get(f, more[i]);
		if (!v.n || fact_is_null(v))
			continue;
		if (more[i] == FF_PERFORMER) {
			printf("  by ");
			cli_slice(stdout, fact_part(v, FP_FAMILY).n ? fact_part(v, FP_FAMILY) : fact_part(v, FP_TEXT));
			continue;
		}
		struct slice shown = fact_part(v, FC_DISPLAY);
		printf(more[i] == FF_DOSE_MAX ? " - " : more[i] == FF_VALUE && fact_get(f, FF_COMPARATOR).n ? "" : " ");
		cli_slice(stdout, shown.n ? shown : fact_part(v, 0));
	}
	if (it->history)
		print_before(it->history->fact, f);
	if (it->incomplete)
		printf("  INCOMPLETE");
	static const char *const origins[] = {[FACT_FED] = "", [FACT_CAPTURED] = "  CAPTURED", [FACT_RESTORED] = "  RESTORED", [FACT_PARTNER] = "  PARTNER"}; /* what the EHR sent is told apart from what it did not at a glance */
	printf("%s  #%" PRIu64 "\n", origins[it->origin], it->entry);
}

static void print_patient(const struct chart_patient *p)
{
	static const char *const states[] = {[FHIR_LIST] = "", [FHIR_STATED_NONE] = "STATED NONE", [FHIR_NOT_RECEIVED] = "NOT RECEIVED"};
	const struct fact *d = p->demographics ? p->demographics->fact : NULL;
	struct slice name = d ? fact_get(d, FF_NAME) : SLICE_NULL;
	cli_slice(stdout, name.n ? fact_part(name, FN_FAMILY) : slice_str("(name not received)"));
	printf(", ");
	cli_slice(stdout, fact_part(name, FN_GIVEN));
	printf("   born ");
	cli_slice(stdout, d ? fact_get(d, FF_BIRTH) : SLICE_NULL);
	printf("   ");
	cli_slice(stdout, d ? fact_get(d, FF_SEX) : SLICE_NULL);
	printf("   number ");
	for (size_t i = 0; i < p->ident_count; i++) {
		printf("%s", i ? " · " : "");
		cli_slice(stdout, p->idents[i].value);
		if (p->idents[i].assigner.n) {
			putchar('@');
			cli_slice(stdout, p->idents[i].assigner);
		}
	}
	printf("   %s\n", p->id);
	if (p->place.unit.p) {
		printf("place: ");
		cli_slice(stdout, p->place.unit);
		printf(" room ");
		cli_slice(stdout, p->place.room);
		printf(" bed ");
		cli_slice(stdout, p->place.bed);
		putchar('\n');
	}
	if (p->replaced_by[0])
		printf("This number was merged into %s, whose chart this is.\n", p->replaced_by);
	if (p->lookalikes)
		printf("LOOK-ALIKE: %" PRIu32 " other patients have a name like this. Check the date of birth and the number.\n", p->lookalikes);
	if (p->incomplete)
		printf("INCOMPLETE: part of what was received could not be read.\n");
	if (p->test)
		printf("TEST PATIENT\n");
	say_moment(p->moment);
	for (int i = 0; i < CHART_SECTIONS; i++) {
		const struct chart_section *s = &p->s[i];
		bool must = i == CHART_ALLERGIES || i == CHART_PROBLEMS || i == CHART_MEDICATIONS;
		if (s->state == FHIR_NOT_RECEIVED && !must)
			continue;
		printf("\n%s%s%s  [", chart_section_name((enum chart_section_id)i), *states[s->state] ? ": " : "", states[s->state]);
		say_age(s->received);
		if (s->feed.n) {
			printf(", ");
			cli_slice(stdout, s->feed);
		}
		printf("]%s\n", s->incomplete ? "  INCOMPLETE" : "");
		for (const struct chart_source *x = p->judged ? s->sources : NULL; x; x = x->next)
			if (x->state == CHART_STALE)
				say_silent(x);
		for (const struct fact_item *it = s->items; it; it = it->next)
			if (it->state == FACT_CURRENT)
				print_item(it);
	}
	for (const struct chart_review *r = p->review; r; r = r->next) {
		printf("\nreview: %s #%" PRIu64 " ", r->what, r->entry);
		cli_slice(stdout, r->text);
	}
	putchar('\n');
}

static int patient(struct chart *c, const struct site *s, struct control **k, struct chart_moment at, bool now, const char *id, bool json, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)2 << 30);
	AUTO_BUF struct buf ids = {0}, out = {0};
	buf_init(&ids, 1 << 20);
	buf_init(&out, (size_t)1 << 30);
	struct chart_patient *p;
	int r = a ? chart_patient(c, slice_str(id), at, a, &p, &ids, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == ERR_EXISTS)
		fprintf(stderr, "%s\n", buf_cstr(&ids));
	if (r < 0)
		return r;
	if (now && !json) { /* the document holds nothing of a clock: the same entries give the same bytes */
		r = chart_judge(c, p, time_now(), a, e);
		if (r < 0)
			return r;
	}
	cli_record(s, k, "view", p->id, "chart", head_of(at));
	if (!json) {
		print_patient(p);
		return 0;
	}
	struct jsonw w;
	jsonw_init(&w, &out);
	struct fhir_options o = options_of(s);
	chart_json_patient(&w, p, &o);
	return put_json(&out, e);
}

static int export_line(void *arg, struct slice line, struct err *e)
{
	if (fwrite(line.p, 1, line.n, stdout) != line.n || (line.n && line.p[line.n - 1] != '\n' && putchar('\n') == EOF))
		return err_sys(e, "standard output", "cannot write");
	return 0;
}

static int export(struct chart *c, const struct site *s, struct control **k, struct chart_moment at, struct err *e)
{
	cli_record(s, k, "export", NULL, "all charts", head_of(at));
	return chart_export(c, at, export_line, NULL, e);
}

int cmd_chart(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *as_of = NULL, *unit = NULL;
	bool json = false;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"as-of", CLI_STRING, &as_of, "TIME|#SEQ", "as it was then: what had been received by that time, or with that entry"},
		{"unit", CLI_STRING, &unit, "UNIT", "census: one unit"},
		{"json", CLI_FLAG, &json, NULL, "one JSON document on stdout"},
	};
	bool done;
	int r = cli_parse(argc, argv, "chart census [--unit U] | search TEXT | patient ID | export   --site DIR [--as-of TIME|#SEQ] [--json]",
	                  "Reads the charts. ID is ours (p4711) or a record number, with @ASSIGNER where two hospitals use the same one. 'export' is the canonical form of all charts, JSON lines.", opts,
	                  ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "";
	bool census = !strcmp(verb, "census"), search = !strcmp(verb, "search"), one = !strcmp(verb, "patient"), all = !strcmp(verb, "export");
	if (!census && !search && !one && !all)
		return cli_usage("chart: say census, search TEXT, patient ID or export");
	if (census || all ? args.n != 1 : one ? args.n != 2 : args.n < 2)
		return cli_usage("chart %s: %s", verb, census || all ? "takes no argument" : one ? "name one patient" : "say what to search for");
	if (unit && !census)
		return cli_usage("--unit is for the census");
	AUTO_BUF struct buf words = {0};
	buf_init(&words, 1 << 16);
	for (size_t i = 1; i < args.n; i++)
		buf_printf(&words, "%s%s", i > 1 ? " " : "", args.v[i]);
	struct err e = {0};
	struct site s;
	struct chart *c = NULL;
	struct control *k = NULL;
	struct chart_moment at;
	if (cli_site_charts(site, &s, &e) < 0)
		return cli_fail(&e);
	restoring = s.restoring;
	r = cli_chart(&s, &c, &k, &e);
	if (r == 0)
		r = cli_moment(c, &s, as_of, &at, &e);
	if (r == 0)
		r = census ? rows(c, &s, &k, at, unit, NULL, json, &e) : search ? rows(c, &s, &k, at, NULL, buf_cstr(&words), json, &e) : one ? patient(c, &s, &k, at, !as_of, args.v[1], json, &e) : export(c, &s, &k, at, &e);
	fflush(stdout); /* who asked has it before a keeper of our own closes the ledger */
	control_close(k);
	chart_close(c);
	site_close(&s);
	if (r == ERR_NO && search)
		return 1;
	return r < 0 ? cli_fail(&e) : 0;
}
