/* What is written down while the EHR is away, from the page: saved (durable when it is answered), listed, shown; specimens. Here people type: two identifiers are asked for before care is changed, a name that
 * nobody knows is refused, and who writes it down is who has signed in. */
#include "web_internal.h"
#include "downtime.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

/* ---- whom it shows ---- */

bool web_withheld(struct web_request *q, const struct chart_row *row)
{
	struct err e = {0};
	bool open = false;
	return row && row->is_protected && !(keeper_glass(q->w->keeper, &q->who, row->id, &open, &e) == 0 && open);
}

void web_capture_who(struct web_request *q, struct jsonw *w, struct chart_row *row)
{
	chart_json_who(w, row, web_withheld(q, row));
}

/* ---- saved ---- */

static bool by_is_own(struct web_request *q, const struct json_node *n)
{
	struct slice by = json_text(n, "by");
	if (!by.n || slice_eq_str(by, q->session.user))
		return true;
	web_error(q, 403, "by", "It is written down by who has signed in (%s). Who did it or ordered it stands in on_behalf_of.", q->session.user);
	return false;
}

/* As it came, with who writes it down, and an id where none came: so the same sent again is the same bytes. */
bool web_capture_line(struct web_request *q, const struct json_node *n, struct buf *out)
{
	struct jsonw w;
	jsonw_init(&w, out);
	jsonw_obj(&w);
	for (const struct json_node *i = n->child; i; i = i->next) {
		if (slice_eq_str(i->key, "by"))
			continue;
		jsonw_key_slice(&w, i->key);
		jsonw_raw(&w, i->raw);
	}
	if (!json_text(n, "id").n) {
		uint64_t number;
		char id[32];
		if (getrandom(&number, sizeof number, 0) != sizeof number)
			return false;
		snprintf(id, sizeof id, "WEB-%012" PRIu64, number % UINT64_C(1000000000000));
		jsonw_kstr(&w, "id", id);
	}
	jsonw_kstr(&w, "by", q->session.user);
	jsonw_obj_end(&w);
	for (size_t i = 0; i < out->n; i++) /* blanks between what was said; inside of texts they are escaped */
		if (out->p[i] == '\n' || out->p[i] == '\r' || out->p[i] == '\t')
			out->p[i] = ' ';
	return buf_ok(out);
}

static bool asks_enough(struct web_request *q, const struct capture *c)
{
	struct fact_ident id;
	if (c->unknown) {
		web_error(q, 400, "unknown", "\"%.*s\" is no name that a %s has.", (int)(c->unknown_name.n > 64 ? 64 : c->unknown_name.n), (const char *)c->unknown_name.p, capture_kind_name(c->kind));
		return false;
	}
	if (!capture_changes_care(c) || c->identifiers >= 2 || c->withdraw)
		return true;
	capture_patient(c, &id);
	if (c->unidentified && slice_eq_str(id.assigner, DOWNTIME_ASSIGNER))
		return true;
	web_error(q, 400, "identifiers", "Two identifiers first: compare two of record number, birth date, name, visit and wristband with the patient, and say which.");
	return false;
}

static void put_saved(struct web_request *q, const struct keeper_stored *s, const struct capture *c)
{
	struct chart *chart = s->applied || s->duplicate ? web_chart(q) : NULL;
	struct chart_capture *x;
	struct err quiet = {0};
	struct jsonw w;
	buf_reset(&q->out);
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entry", s->seq);
	jsonw_kslice(&w, "id", c->id);
	jsonw_ktime(&w, "time", s->time);
	jsonw_kbool(&w, "duplicate", s->duplicate);
	jsonw_kbool(&w, "applied", s->applied);
	if (chart && chart_capture(chart, s->seq, q->a, &x, &quiet) == 0) {
		x->withheld = web_withheld(q, x->patient);
		jsonw_key(&w, "item");
		chart_json_capture(&w, x, false);
	}
	jsonw_obj_end(&w);
	web_json(q, s->duplicate ? 200 : 201);
}

static void save(struct web_request *q, struct slice body)
{
	struct capture c;
	struct keeper_stored s;
	struct err e = {0};
	if (capture_read(body, q->a, &c, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	if (!asks_enough(q, &c))
		return;
	if (keeper_capture(q->w->keeper, &q->who, body, true, &s, &e) < 0)
		web_fail(q, &e);
	else
		put_saved(q, &s, &c);
}

static void post(struct web_request *q)
{
	AUTO_BUF struct buf line = {0};
	if (!web_post_only(q) || !web_may(q, MAY_CAPTURE))
		return;
	const struct json_node *n = web_body(q);
	if (!n || !by_is_own(q, n))
		return;
	buf_init(&line, CAPTURE_MAX);
	if (web_capture_line(q, n, &line))
		save(q, buf_slice(&line));
	else
		web_error(q, 413, "limit", "That is more than one item may say.");
}

/* ?id=&number=&patient=&unit=&of=&pages=&occurred=: the sheet that the body is the scan of. */
static void post_scan(struct web_request *q)
{
	static const char *const tops[] = {"id", "patient", "unit", "occurred", "on_behalf_of", "reason"}, *const values[] = {"number", "of", "pages"};
	AUTO_BUF struct buf body = {0};
	struct jsonw w;
	if (!web_post_only(q) || !web_may(q, MAY_CAPTURE))
		return;
	if (!q->body.n || q->body.n > CAPTURE_SCAN_MAX) {
		web_error(q, q->body.n ? 413 : 400, "input", "The body is the scan: a PDF or an image of at most 32 MiB.");
		return;
	}
	if (!web_query(q, "id") || !web_query(q, "occurred") || !web_query(q, "number")) {
		web_error(q, 400, "input", "A scan names its id, the number of its sheet and when that was written: ?id=&number=&occurred=");
		return;
	}
	buf_init(&body, CAPTURE_SCAN_MAX + CAPTURE_MAX);
	jsonw_init(&w, &body);
	jsonw_obj(&w);
	for (size_t i = 0; i < ARRAY_LEN(tops); i++)
		if (web_query(q, tops[i]))
			jsonw_kstr(&w, tops[i], web_query(q, tops[i]));
	jsonw_kstr(&w, "kind", "sheet");
	jsonw_kstr(&w, "by", q->session.user);
	jsonw_key(&w, "values");
	jsonw_obj(&w);
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (web_query(q, values[i]))
			jsonw_kstr(&w, values[i], web_query(q, values[i]));
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	buf_u8(&body, '\n');
	buf_add_slice(&body, buf_slice(&q->body));
	if (buf_ok(&body))
		save(q, buf_slice(&body));
	else
		web_error(q, 413, "limit", "The scan is larger than is kept.");
}

/* ---- shown ---- */

static int number_of(const char *s, const char *(*name)(int), int n)
{
	for (int i = 0; s && i < n; i++)
		if (!strcmp(s, name(i)))
			return i;
	return s && *s ? -2 : -1;
}

static const char *owner_name(int i)
{
	return capture_owner_name((enum capture_owner)i);
}

static const char *state_name(int i)
{
	return backload_state_name((enum backload_state)i);
}

static const char *kind_name(int i)
{
	return capture_kind_name((enum capture_kind)i);
}

static void put_counts(struct jsonw *w, const struct chart_capture_counts *n)
{
	jsonw_key(w, "counts");
	jsonw_obj(w);
	for (int i = 0; i < OWNER_COUNT; i++) {
		jsonw_key(w, owner_name(i));
		jsonw_obj(w);
		for (int k = 0; k <= BACK_SUPERSEDED; k++)
			jsonw_ku64(w, state_name(k), n->n[i][k]);
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
}

static void list(struct web_request *q)
{
	const char *patient = web_query(q, "patient"), *state = web_query(q, "state");
	struct chart_captures_ask ask = {.owner = number_of(web_query(q, "owner"), owner_name, OWNER_COUNT), .kind = number_of(web_query(q, "kind"), kind_name, CAPTURE_KIND_COUNT), .patient = slice_str(patient),
	                                 .patients = true, .newest_first = true};
	struct chart_capture_counts counts;
	struct chart_capture *x;
	struct chart_moment now;
	struct err e = {0};
	struct jsonw w;
	uint64_t next;
	ask.unsettled = state && !strcmp(state, "unsettled");
	ask.state = ask.unsettled ? -1 : number_of(state, state_name, BACK_SUPERSEDED + 1);
	ask.max = (size_t)web_number(q, "max", 200, 1000);
	ask.from = web_number(q, "before", CHART_NOW, CHART_NOW);
	if (!web_may(q, MAY_CHART))
		return;
	if (ask.owner == -2 || ask.state == -2 || ask.kind == -2) {
		web_error(q, 400, "input", "owner, state or kind is none of those that there are.");
		return;
	}
	struct chart *c = web_chart(q);
	if (!c)
		return;
	if (chart_now(c, &now, &e) < 0 || chart_captures(c, &ask, q->a, &x, &next, &e) < 0 || chart_capture_counts(c, &counts, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	put_counts(&w, &counts);
	jsonw_key(&w, "items");
	jsonw_arr(&w);
	for (; x; x = x->next) {
		x->withheld = web_withheld(q, x->patient);
		chart_json_capture(&w, x, false);
	}
	jsonw_arr_end(&w);
	if (next != CHART_NOW)
		jsonw_ku64(&w, "before", next);
	jsonw_obj_end(&w);
	if (web_unchanged(q, now) || web_audit(q, "view", NULL, patient ? "captures of a patient" : "captures", now.end ? now.end - 1 : 0, NULL) < 0)
		return;
	web_json(q, 200);
}

static void one(struct web_request *q, const char *id)
{
	struct chart_capture *x;
	struct err e = {0};
	struct jsonw w;
	if (!web_may(q, MAY_CHART))
		return;
	struct chart *c = web_chart(q);
	if (!c)
		return;
	if (chart_capture_by_id(c, slice_str(id), q->a, &x, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	if (web_withheld(q, x->patient)) {
		web_error(q, 403, "protected", "This record is protected. Say why you need it to open it; the reason is recorded.");
		return;
	}
	jsonw_init(&w, &q->out);
	chart_json_capture(&w, x, true);
	if (web_audit(q, "view", x->person, "captured item", x->entry, NULL) == 0)
		web_json(q, 200);
}

/* ---- specimens ---- */

/* A specimen's person is named as everywhere: by the row of a census, masked where the record is protected. */
static void put_specimens(struct web_request *q, struct jsonw *w, struct chart *c, const struct chart_specimens *x, bool open, size_t max)
{
	size_t n = 0, more = 0;
	jsonw_obj(w);
	chart_json_specimen_counts(w, x);
	jsonw_key(w, "list");
	jsonw_arr(w);
	for (const struct chart_specimen *s = x->first; s; s = s->next) {
		struct chart_capture *last = NULL; /* who it is of stands with its newest item */
		struct err quiet = {0};
		if (open && chart_specimen_is_open(s) == CHART_SPECIMEN_CLOSED)
			continue;
		if (n == max) {
			more++;
			continue;
		}
		n++;
		bool known = s->person.n && chart_capture(c, s->entry, q->a, &last, &quiet) == 0 && last->patient;
		jsonw_obj(w);
		jsonw_key(w, "specimen");
		chart_json_specimen(w, s, s->person.n && (!known || web_withheld(q, last->patient)));
		if (known) {
			jsonw_key(w, "patient");
			web_capture_who(q, w, last->patient);
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_ku64(w, "more", more);
	jsonw_obj_end(w);
}

static void specimens(struct web_request *q)
{
	const char *state = web_query(q, "state");
	struct chart_specimens x;
	struct chart_moment now;
	struct err e = {0};
	struct jsonw w;
	if (!web_may(q, MAY_CHART))
		return;
	if (state && *state && strcmp(state, "open")) {
		web_error(q, 400, "input", "state is open, or nothing for all.");
		return;
	}
	struct chart *c = web_chart(q);
	if (!c)
		return;
	if (chart_now(c, &now, &e) < 0 || chart_specimens(c, q->a, &x, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_init(&w, &q->out);
	put_specimens(q, &w, c, &x, state && *state, (size_t)web_number(q, "max", 300, 1000));
	if (web_unchanged(q, now) || web_audit(q, "view", NULL, "specimens", now.end ? now.end - 1 : 0, NULL) < 0)
		return;
	web_json(q, 200);
}

void web_capture(struct web_request *q, const char *path)
{
	if (!strcmp(path, "specimens")) {
		specimens(q);
		return;
	}
	if (!strcmp(path, "captures"))
		list(q);
	else if (!strcmp(path, "beds"))
		web_beds(q);
	else if (!strcmp(path, "capture"))
		post(q);
	else if (!strcmp(path, "capture/scan"))
		post_scan(q);
	else if (!strcmp(path, "capture/check"))
		web_capture_check(q);
	else if (!strncmp(path, "capture/", 8) && path[8])
		one(q, path + 8);
	else
		web_error(q, 404, "not-found", "Nothing is here.");
}
