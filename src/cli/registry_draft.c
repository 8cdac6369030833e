/* holdfast registry draft: the row that a case of ours would be on the portal, from what the case says, and where it would stand among those there. Nothing is sent. */
#include "notice_cmd.h"
#include "registry_cmd.h"

#include "notice.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

struct draft {
	struct notice_incident in;
	struct notice_form form;
	struct slice cell[9];
	struct slice persons_text;
	uint64_t persons;
	bool persons_known, range;
	struct registry_question q;
	struct registry_places place;
	bool placed;
};

static const char *const titles[9] = {"Name of Covered Entity", "State", "Covered Entity Type", "Individuals Affected", "Breach Submission Date", "Type of Breach", "Location of Breached Information", "Business Associate Present", "Web Description"};

static struct slice field(const struct notice_form *f, const char *key)
{
	for (size_t i = 0; i < f->n; i++)
		if (slice_eq_str(f->field[i].key, key))
			return f->field[i].value;
	return SLICE_NULL;
}

/* The form has lists with "; " or ", " between; the portal's rows have ", ". */
static struct slice listed(struct slice s, struct arena *a)
{
	uint8_t *out = arena_raw(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; out && i < s.n; i++)
		out[n++] = s.p[i] == ';' || s.p[i] == '|' ? ',' : s.p[i];
	return out ? slice_of(out, n) : s;
}

/* "4237", or "4000-4300" where it is not sure: the place is of the higher one. */
static void count(struct draft *d)
{
	struct slice rest = d->persons_text, last = SLICE_NULL;
	unsigned parts = 0;
	while (rest.n) {
		size_t n = 0;
		while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
			n++;
		if (n) {
			last = slice_of(rest.p, n);
			parts++;
		}
		rest = slice_of(rest.p + (n ? n : 1), rest.n - (n ? n : 1));
	}
	d->persons_known = last.n && num_u64(last, 0, UINT64_C(1) << 40, &d->persons) == 0;
	d->range = parts > 1;
}

static void fill(struct draft *d, struct arena *a)
{
	struct slice state = field(&d->form, "state"), filer = field(&d->form, "filer_role");
	if (!state.n && d->in.state.n == 5 && slice_starts(d->in.state, "US-"))
		state = slice_of(d->in.state.p + 3, 2);
	d->persons_text = field(&d->form, "individuals_affected");
	count(d);
	d->cell[0] = field(&d->form, "entity_name");
	d->cell[1] = state;
	d->cell[2] = field(&d->form, "entity_type");
	d->cell[3] = d->persons_text;
	d->cell[4] = SLICE_NULL; /* the day of submission is the portal's to say */
	d->cell[5] = listed(field(&d->form, "type_of_breach"), a);
	d->cell[6] = listed(field(&d->form, "location"), a);
	d->cell[7] = filer.n ? (slice_starts(filer, "business associate") || memmem(filer.p, filer.n, "because of", 10) ? SLICE("Yes") : SLICE("No")) : SLICE_NULL;
	d->cell[8] = field(&d->form, "description");
	d->q.state = d->cell[1];
	d->q.entity_type = d->cell[2];
	struct slice v[8];
	d->q.type = registry_values(d->cell[5], v, 8) ? v[0] : SLICE_NULL;
}

int registry_cmd_of_case(struct slice case_file, struct arena *a, struct slice *ret_state, struct slice *ret_entity, struct slice *ret_type, struct err *e)
{
	struct draft d = {0};
	int r = notice_incident_read(case_file, a, &d.in, e);
	if (r == 0)
		r = notice_form_make(&d.in, "us-hhs-ocr", a, &d.form, e);
	if (r < 0)
		return r;
	fill(&d, a);
	*ret_state = d.q.state;
	*ret_entity = d.q.entity_type;
	*ret_type = d.q.type;
	return 0;
}

static void put_cell(struct buf *b, struct slice s)
{
	buf_u8(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_u8(b, '"');
		buf_u8(b, s.p[i]);
	}
	buf_u8(b, '"');
}

static void put_csv(const struct draft *d, struct buf *b)
{
	for (int i = 0; i < 9; i++) {
		put_cell(b, slice_str(titles[i]));
		buf_str(b, i < 8 ? "," : "\r\n");
	}
	for (int i = 0; i < 9; i++) {
		put_cell(b, d->cell[i]);
		buf_str(b, i < 8 ? "," : "\r\n");
	}
}

static void put_place(struct jsonw *w, const char *key, const struct registry_place *p)
{
	if (!p->among)
		return;
	jsonw_key(w, key);
	jsonw_obj(w);
	jsonw_ku64(w, "among", p->among);
	jsonw_ku64(w, "smaller", p->smaller);
	jsonw_ku64(w, "equal", p->equal);
	char t[16];
	snprintf(t, sizeof t, "%u.%u", p->below / 10, p->below % 10);
	jsonw_key(w, "percentile");
	jsonw_dec(w, slice_str(t));
	jsonw_obj_end(w);
}

static void put_json(const struct draft *d, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_key(&w, "row");
	jsonw_obj(&w);
	for (int i = 0; i < 9; i++) {
		jsonw_key(&w, titles[i]);
		d->cell[i].n ? jsonw_slice(&w, d->cell[i]) : jsonw_null(&w);
	}
	jsonw_obj_end(&w);
	jsonw_key(&w, "form");
	notice_form_json(&d->form, &w);
	if (d->placed) {
		jsonw_key(&w, "place");
		jsonw_obj(&w);
		registry_put_basis(&w, &d->place.basis);
		jsonw_ku64(&w, "persons", d->persons);
		put_place(&w, "all", &d->place.all);
		put_place(&w, "type", &d->place.type);
		put_place(&w, "state", &d->place.state);
		put_place(&w, "entity_type", &d->place.entity_type);
		jsonw_key(&w, "warnings");
		registry_put_warnings(&w, d->place.basis.w, d->place.basis.w_n);
		jsonw_obj_end(&w);
	}
	jsonw_obj_end(&w);
	buf_u8(b, '\n');
}

static void say_place(const char *of, struct slice what, const struct registry_place *p)
{
	if (p->among)
		cli_note("  larger than %u.%u in a hundred of the %" PRIu64 " reports %s%.*s", p->below / 10, p->below % 10, p->among, of, SLICE_FMT(what));
}

static void say(const struct draft *d)
{
	size_t blanks = 0;
	for (int i = 0; i < 9; i++)
		blanks += !d->cell[i].n;
	cli_note("holdfast: a draft from the case; nothing was sent. %zu of 9 cells and %zu required fields of the portal's form are blank (holdfast notice forms --form us-hhs-ocr lists them)", blanks, d->form.blanks);
	if (d->persons_known && d->persons < 500)
		cli_note("holdfast: fewer than 500 persons: the portal's list does not show it (45 CFR 164.408(c))");
	if (d->range)
		cli_note("holdfast: the number of persons is not sure yet: its place is that of the higher one");
	if (!d->placed)
		return;
	registry_say_warnings(d->place.basis.w, d->place.basis.w_n);
	cli_note("its place, by persons as reported (placeholders left out):");
	say_place("in all", SLICE(""), &d->place.all);
	say_place("of type ", d->q.type, &d->place.type);
	say_place("from ", d->q.state, &d->place.state);
	say_place("by a ", d->q.entity_type, &d->place.entity_type);
}

/* The registry may be empty: a draft is one without a place, too. */
static int place(struct draft *d, const char *site, const char *db, struct arena *a, struct err *e)
{
	struct registry_all all;
	struct err quiet = {0};
	if (!d->persons_known || (!site && !db && !getenv("HOLDFAST_SITE")))
		return 0;
	int r = registry_cmd_load(db ? NULL : site, db, a, &all, &quiet);
	if (r == 0)
		r = registry_place(&all, &d->q, d->persons, a, &d->place, &quiet);
	d->placed = r == 0;
	if (r < 0 && r != ERR_NO && r != ERR_NOT_FOUND) {
		*e = quiet;
		return r;
	}
	return 0;
}

static int draft(struct draft *d, const char *file, const char *site, const char *db, struct arena *a, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, NOTICE_FILE_MAX);
	int r = file_read(AT_FDCWD, file, NOTICE_FILE_MAX, &b, e);
	struct slice text = r == 0 ? arena_dup(a, buf_slice(&b)) : SLICE_NULL;
	if (r == 0)
		r = text.p ? notice_incident_read(text, a, &d->in, e) : err_set(e, ERR_INPUT, NULL, "is empty");
	if (r < 0) {
		err_in(e, file);
		return r;
	}
	r = notice_form_make(&d->in, "us-hhs-ocr", a, &d->form, e);
	if (r < 0)
		return r;
	fill(d, a);
	return place(d, site, db, a, e);
}

int registry_draft_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *db = NULL, *case_file = NULL, *output = NULL;
	bool json = false, done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE), for a case of its own and its registry"},
		{"db", CLI_STRING, &db, "FILE", "compare with this registry and not the site's"},
		{"case", CLI_STRING, &case_file, "F.json", "a case that is no site's: notice(1) has its keys"},
		{"output", CLI_STRING, &output, "FILE", "the row as CSV into this file"},
		{"json", CLI_FLAG, &json, NULL, "the row, the portal's form and its place as JSON on stdout"},
	};
	int r = cli_parse(argc, argv, "registry draft (NAME --site DIR | --case F.json) [--db FILE]", "The row that a case would be on the breach portal, as CSV, with blanks where the case says nothing; and where it would stand among those there. Nothing is sent.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if ((args.n == 0) == !case_file)
		return cli_usage("registry draft: say the case's name, or --case");
	if ((r = notice_named(&args, site, &case_file, NULL)) != 0)
		return r;
	struct err e = {0};
	struct draft d = {.q = {.view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY}};
	AUTO_ARENA struct arena *a = arena_new(REGISTRY_MEMORY);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)16 << 20);
	r = a ? draft(&d, case_file, site, db, a, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return cli_fail(&e);
	if (json && !output)
		put_json(&d, &b);
	else
		put_csv(&d, &b);
	if (output)
		r = file_replace(AT_FDCWD, output, buf_slice(&b), 0666, &e);
	else
		fwrite(b.p, 1, b.n, stdout);
	if (r == 0 && output && json) {
		buf_reset(&b);
		put_json(&d, &b);
		fwrite(b.p, 1, b.n, stdout);
	}
	if (r < 0)
		return cli_fail(&e);
	say(&d);
	return cli_flush();
}
