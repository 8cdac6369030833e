/* What people and Holdfast itself did (audit, sessions, alarms, accounts, identity, quarantine), and everything about one patient in a line each. */
#include "chart_internal.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- entries with JSON bodies ------------------------------------------------------------------------------------------------ */

static struct slice first_of(const struct json_node *n, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct slice s = json_text(n, paths[i]);
		if (s.n)
			return s;
	}
	return SLICE_NULL;
}
#define FIRST_OF(n, ...) first_of(n, (const char *const[]){__VA_ARGS__}, ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

static struct slice audit_patient(const struct json_node *n)
{
	const struct json_node *list = json_get(n, "entity");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next) {
		struct slice ref = json_text(x, "what.reference");
		if (slice_starts(ref, "Patient/"))
			return slice_of(ref.p + 8, ref.n - 8);
	}
	return SLICE_NULL;
}

static struct slice audit_user(const struct json_node *n)
{
	const struct json_node *list = json_get(n, "agent"), *pick = list ? list->child : NULL;
	for (const struct json_node *x = pick; x; x = x->next)
		if (json_get(x, "requestor") && json_get(x, "requestor")->type == JSON_TRUE) {
			pick = x;
			break;
		}
	return FIRST_OF(pick, "altId", "who.identifier.value", "name", "who.display");
}

/* What was done, in our own word (view, print, raw ...: the codes of the standards tell fewer apart), as the event's detail says it; else the standard's code. */
static struct slice audit_what(const struct json_node *n)
{
	const struct json_node *list = json_get(n, "entity");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next) {
		const struct json_node *details = json_get(x, "detail");
		for (const struct json_node *d = details ? details->child : NULL; d; d = d->next)
			if (slice_eq_str(json_text(d, "type"), "what") && json_text(d, "valueString").n)
				return json_text(d, "valueString");
	}
	return FIRST_OF(n, "subtype.0.code", "type.code");
}

/* What was asked for, where it is no one patient's chart ("census", "patient search"), or which moment of it. */
static struct slice audit_query(const struct json_node *n, struct arena *a)
{
	const struct json_node *list = json_get(n, "entity");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next) {
		struct slice coded = json_text(x, "query");
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 4096);
		if (coded.n && base64_get_loose(&b, coded) == 0 && buf_ok(&b) && b.n && utf8_valid(buf_slice(&b)))
			return arena_dup(a, buf_slice(&b));
	}
	return SLICE_NULL;
}

/* What was decided of a partner link. Whose it is stands where a patient's id would: no id of ours has a '/' in it. */
static void read_gate(const struct json_node *n, struct store_event *v, struct arena *a)
{
	AUTO_BUF struct buf b = {0};
	struct slice link = json_text(n, "link");
	if (!link.n)
		link = json_text(n, "link.name");
	buf_init(&b, 4096);
	buf_str(&b, "link/");
	buf_add_slice(&b, link);
	v->user = json_text(n, "by");
	v->what = v->kind == KIND_GATE_LETTER ? SLICE("letter") : json_text(n, "what");
	v->patient = link.n && buf_ok(&b) ? arena_dup(a, buf_slice(&b)) : slice_eq_str(v->what, "plan") ? SLICE("plan/") : SLICE_NULL;
	v->reason = json_text(n, "reason");
	v->text = FIRST_OF(n, "result", "condition", "standing.state", "letter");
}

/* A page that nobody could place yet: the feed gives its line alone. Of no patient, whatever was said of it: it is in no chart. */
static void read_scan(const struct json_node *n, struct store_event *v)
{
	v->user = json_text(n, "by");
	v->what = json_text(n, "what");
	v->reason = FIRST_OF(n, "why", "reason");
	v->text = FIRST_OF(n, "id", "sheet");
}

static void read_event(const struct json_node *n, struct store_event *v, struct arena *a)
{
	if (v->kind == KIND_SCAN) {
		read_scan(n, v);
		return;
	}
	if (v->kind == KIND_GATE_ACT || v->kind == KIND_GATE_LETTER) {
		read_gate(n, v, a);
		return;
	}
	if (slice_eq_str(json_text(n, "resourceType"), "AuditEvent")) {
		v->user = audit_user(n);
		v->patient = audit_patient(n);
		v->what = audit_what(n);
		v->reason = FIRST_OF(n, "purposeOfEvent.0.text", "agent.0.purposeOfUse.0.text", "outcomeDesc");
		v->text = FIRST_OF(n, "text", "outcomeDesc");
		if (!v->text.n)
			v->text = audit_query(n, a);
		return;
	}
	v->user = FIRST_OF(n, "by", "user", "name");
	if (v->kind == KIND_PACKET) { /* of no one patient: of all who were in that unit */
		v->what = json_text(n, "what");
		v->text = json_text(n, "unit");
		return;
	}
	v->patient = FIRST_OF(n, "patient", "of");
	v->what = FIRST_OF(n, "what", "op", "event", "action");
	v->reason = json_text(n, "reason");
	v->text = FIRST_OF(n, "text", "next", "from", "into");
	if (!v->text.n && slice_eq_str(v->what, "cleared")) /* an alarm that has gone: its id is all there is */
		v->text = json_text(n, "id");
	if (!v->text.n && json_get(n, "user") && !slice_eq(v->user, json_text(n, "user")))
		v->text = json_text(n, "user");
}

static struct slice kept(struct slice s)
{
	if (s.n > 1000) {
		s.n = 1000;
		s.n = utf8_valid_prefix(s);
	}
	return s;
}

/* A quarantined entry whose patient is known makes that chart incomplete: an empty row says so. */
static int quarantine(struct apply *p, const struct json_node *n, struct err *e)
{
	struct slice number = json_text(n, "patient"), assigner = SLICE_NULL;
	if (!number.n || json_get(n, "lifted"))
		return 0;
	uint32_t id = 0;
	int r = ident_by_our_id(p->c, number, p->end, &id, e);
	if (r == ERR_NOT_FOUND) {
		struct fact_group g = {0};
		bool fresh;
		for (size_t i = number.n; i-- > 0;)
			if (number.p[i] == '@') {
				assigner = slice_of(number.p + i + 1, number.n - i - 1);
				number.n = i;
				break;
			}
		g.id = (struct fact_ident){number, assigner, SLICE("MR")};
		r = ident_of_group(p, &g, &id, &fresh, e);
	}
	if (r < 0 || !id)
		return r;
	struct facts f;
	facts_init(&f, p->a);
	f.type = SLICE("quarantine");
	f.feed = p->en->source;
	struct fact_group *g = facts_group(&f, (struct fact_ident){number, assigner, SLICE("MR")});
	if (!g)
		return chart_no_memory(p->a, e);
	g->incomplete = true;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	facts_encode_group(&f, g, &b);
	struct store_row row = {.id = store_row_id(p->en->seq, p->group++), .ident = id, .received = p->c->last_time, .source_time = p->c->last_time, .flags = ROW_INCOMPLETE | ROW_QUARANTINED, .blob = buf_slice(&b)};
	r = buf_ok(&b) ? ASK(p->c, put_row, &row, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	return r < 0 ? r : review_put(p, id, REVIEW_QUARANTINE, 0, p->en->seq, e);
}

int event_apply(struct apply *p, struct slice body, struct err *e)
{
	struct store_event v = {.entry = p->en->seq, .kind = p->en->kind, .time = p->c->last_time};
	struct json_node *n = NULL;
	struct err bad;
	if (body.n == 0 || json_tree(body, p->a, &n, &bad) < 0) {
		if (body.n && arena_code(p->a))
			return chart_no_memory(p->a, e);
		n = NULL;
		v.what = SLICE("unreadable");
	} else {
		read_event(n, &v, p->a);
	}
	v.user = kept(v.user), v.patient = kept(v.patient), v.what = kept(v.what), v.reason = kept(v.reason), v.text = kept(v.text);
	int r = ASK(p->c, put_event, &v, e);
	if (r == 0 && n && p->en->kind == KIND_IDENTITY)
		r = identity_entry(p, body, e);
	if (r == 0 && n && p->en->kind == KIND_QUARANTINE)
		r = quarantine(p, n, e);
	if (r == 0 && n && p->en->kind == KIND_CONFIG)
		r = feed_decided(p, n, e);
	return r;
}

/* ---- questions -------------------------------------------------------------------------------------------------------------------- */

struct events_ask {
	struct arena *a;
	struct chart_event *first, **last;
	size_t n;
};

static int take_event(void *arg, const struct store_event *v, struct err *e)
{
	struct events_ask *q = arg;
	struct chart_event *to = arena_alloc(q->a, sizeof *to);
	if (!to)
		return chart_no_memory(q->a, e);
	*to = (struct chart_event){.entry = v->entry, .time = v->time, .kind = v->kind};
	const struct slice from[] = {v->user, v->what, v->patient, v->reason, v->text};
	struct slice *into[] = {&to->user, &to->what, &to->patient, &to->reason, &to->text};
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		if (!from[i].n)
			continue;
		*into[i] = arena_dup(q->a, from[i]);
		if (!into[i]->p)
			return chart_no_memory(q->a, e);
	}
	*q->last = to;
	q->last = &to->next;
	q->n++;
	return 0;
}

int chart_events(struct chart *c, uint8_t kind, struct slice who, uint64_t before, size_t max, struct arena *a, struct chart_event **ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	struct events_ask q = {a, NULL, NULL, 0};
	q.last = &q.first;
	if (before > c->applied)
		before = c->applied;
	int r = ASK(c, events, kind, who, before, max > 100000 ? 100000 : (uint32_t)max, take_event, &q, e);
	if (r == 0)
		*ret = q.first;
	return r;
}

/* ---- the timeline --------------------------------------------------------------------------------------------------------------------- */

static struct slice said_in_words(struct slice code)
{
	struct slice s = fact_part(code, FC_DISPLAY);
	if (!s.n)
		s = fact_part(code, FC_TEXT);
	return s.n ? s : fact_part(code, FC_CODE);
}

/* "ecg: sinus rhythm; long QT (UNCONFIRMED)" */
static void describe_ecg(struct buf *b, const struct fact *f)
{
	struct slice status = fact_get(f, FF_STATUS);
	size_t n = fact_count(f, FF_STATEMENT);
	buf_str(b, "ecg ");
	buf_add_slice(b, fact_part(fact_get(f, FF_ID), FI_VALUE));
	if (fact_get(f, FF_GROUP).n) {
		char text[32];
		snprintf(text, sizeof text, "%.*s", SLICE_FMT(fact_get(f, FF_SECONDS)));
		uint64_t s = (uint64_t)strtod(text, NULL);
		buf_printf(b, ", live strip of %llu:%02llu:%02llu", (unsigned long long)(s / 3600), (unsigned long long)(s / 60 % 60), (unsigned long long)(s % 60));
	}
	for (size_t i = 0; i < n && i < 4; i++) {
		buf_str(b, i ? "; " : ": ");
		buf_add_slice(b, fact_part(fact_nth(f, FF_STATEMENT, i), 1));
	}
	buf_str(b, fact_says(f, FF_ACTION, "delete") ? " (not this patient's after all)" : slice_eq_str(status, "preliminary") ? " (UNCONFIRMED)" : slice_eq_str(status, "cancelled") ? " (rejected)" : " (signed)");
}

static void describe(struct buf *b, const struct fact *f)
{
	struct slice name = said_in_words(fact_get(f, FF_CODE)), v = fact_get(f, FF_VALUE), unit = said_in_words(fact_get(f, FF_UNIT)), status = fact_get(f, FF_STATUS);
	if (!name.n)
		name = fact_get(f, FF_TITLE);
	if (!name.n)
		name = fact_get(f, FF_ACTION);
	if (f->kind == FACT_ECG) {
		describe_ecg(b, f);
		return;
	}
	buf_str(b, fact_kind_name(f->kind));
	if (name.n && !fact_is_null(name)) {
		buf_str(b, ": ");
		buf_add_slice(b, name);
	}
	if (v.n && !fact_is_null(v) && v.n < 80) {
		buf_u8(b, ' ');
		buf_add_slice(b, v);
		if (unit.n) {
			buf_u8(b, ' ');
			buf_add_slice(b, unit);
		}
	}
	if (status.n && !fact_is_null(status) && f->kind != FACT_VISIT) {
		buf_str(b, " (");
		buf_add_slice(b, status);
		buf_u8(b, ')');
	}
}

/* What a row says, in a line: at most eight things by name, the others by number. */
static struct slice row_in_words(const struct fact_group *g, bool incomplete, struct arena *a)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	unsigned shown = 0, more = 0;
	for (const struct fact *f = g->first; f; f = f->next) {
		if (f->kind == FACT_RESULT && section_of(f) == CHART_ECGS)
			continue; /* of a recording, which stands beside it */
		if (f->kind == FACT_PATIENT || (f->kind == FACT_VISIT && fact_says(f, FF_ACTION, "mention")))
			continue;
		if (shown == 8 || b.n > 300) {
			more++;
			continue;
		}
		if (shown++)
			buf_str(&b, "; ");
		describe(&b, f);
	}
	if (more)
		buf_printf(&b, "; and %u more", more);
	if (incomplete)
		buf_str(&b, b.n ? "; part could not be read" : "part could not be read");
	return buf_ok(&b) && b.n ? arena_dup(a, buf_slice(&b)) : SLICE_NULL;
}

/* The live strips of which a row was met: of those by which one only grows the newest is shown, and no other. */
struct met {
	struct slice strip;
	struct met *next;
};
struct timeline_ask {
	struct met *met;
	struct chart *c;
	struct arena *a;
	struct chart_event **v;
	size_t n, max;
};

/* 1: it is a strip's row that says nothing new. */
static int met_before(struct timeline_ask *q, const struct fact *t, struct err *e)
{
	struct slice strip = t && t->kind == FACT_ECG ? fact_get(t, FF_GROUP) : SLICE_NULL;
	if (!strip.n)
		return 0;
	bool grows = fact_says(t, FF_TITLE, ECG_GROWS);
	for (const struct met *x = q->met; x; x = x->next)
		if (slice_eq(x->strip, strip))
			return grows || fact_says(t, FF_TITLE, "matched by identifiers");
	if (grows && fact_says(t, FF_ACTION, "delete")) /* it goes on under another number, in the row beside this one */
		return 1;
	struct met *x = arena_alloc(q->a, sizeof *x);
	if (!x)
		return chart_no_memory(q->a, e);
	*x = (struct met){strip, q->met};
	q->met = x;
	return 0;
}

/* Rows that were on the pages before. */
static int passed_row(void *arg, const struct store_row *s, struct err *e)
{
	struct timeline_ask *q = arg;
	struct row *row;
	int r = row_decode(s, q->a, &row, e);
	const struct fact *first = r == 0 && row->f.first ? row->f.first->first : NULL;
	r = r == 0 && first ? met_before(q, first, e) : r;
	return r < 0 ? r : 0;
}

static int timeline_row(void *arg, const struct store_row *s, struct err *e)
{
	struct timeline_ask *q = arg;
	struct row *row;
	int r = row_decode(s, q->a, &row, e);
	if (r < 0)
		return r;
	const struct fact *first = row->f.first ? row->f.first->first : NULL;
	r = first && !(row->flags & ROW_QUARANTINED) ? met_before(q, first, e) : 0;
	if (r)
		return r < 0 ? r : 0;
	struct chart_event *to = arena_alloc(q->a, sizeof *to);
	if (!to)
		return chart_no_memory(q->a, e);
	*to = (struct chart_event){.entry = row_entry(row), .time = row->received, .kind = memchr(row->f.type.p ? row->f.type.p : (const uint8_t *)"", '^', row->f.type.n) ? KIND_HL7V2 : KIND_FHIR,
	                           .origin = row_origin(row), .user = row->f.feed, .what = row->f.type, .text = row->f.first ? row_in_words(row->f.first, row->flags & ROW_INCOMPLETE, q->a) : SLICE_NULL};
	if (first && first->kind == FACT_ECG) {
		struct slice number = fact_part(fact_get(first, FF_ID), FI_VALUE);
		uint64_t own;
		to->kind = num_u64(number, 0, UINT64_MAX, &own) == 0 && (own == to->entry || fact_says(first, FF_TITLE, ECG_GROWS)) ? KIND_ECG : KIND_ECG_ACT;
		to->what = fact_get(first, FF_TITLE);
	}
	if (row->flags & ROW_QUARANTINED)
		to->kind = KIND_QUARANTINE;
	q->v[q->n++] = to;
	return q->n >= q->max;
}

static int newest_first(const void *pa, const void *pb)
{
	const struct chart_event *const *a = pa, *const *b = pb;
	return (*a)->entry > (*b)->entry ? -1 : (*a)->entry < (*b)->entry;
}

int chart_timeline(struct chart *c, struct slice id, struct chart_moment at, uint64_t before, size_t max, struct arena *a, struct chart_event **ret, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	uint64_t end = chart_end(c, at);
	if (before < end)
		end = before;
	if (max == 0 || max > 10000)
		max = 10000;
	uint32_t root;
	int r = person_find(c, id, chart_end(c, at), a, &root, NULL, NULL, e);
	struct members m;
	if (r == 0)
		r = person_members(c, root, chart_end(c, at), true, a, &m, e);
	if (r < 0)
		return r;
	struct timeline_ask q = {.c = c, .a = a, .v = arena_array(a, (m.n + 1) * max + 1, sizeof(struct chart_event *))};
	if (!q.v)
		return chart_no_memory(a, e);
	for (size_t i = 0; i < m.n && r == 0 && end < chart_end(c, at); i++)
		r = ASK(c, rows, m.v[i].ident, store_row_id(end, 0), store_row_id(chart_end(c, at), 0), true, passed_row, &q, e);
	for (size_t i = 0; i < m.n && r == 0; i++) {
		q.max = q.n + max;
		r = ASK(c, rows, m.v[i].ident, 0, store_row_id(end, 0), true, timeline_row, &q, e);
	}
	/* who opened this chart, under any of the person's ids */
	struct events_ask ev = {a, NULL, NULL, 0};
	ev.last = &ev.first;
	char ours[32];
	ident_our_id(&m.v[0].info, ours);
	if (r == 0)
		r = ASK(c, events, 0, slice_str(ours), end, (uint32_t)max, take_event, &ev, e);
	for (struct chart_event *x = ev.first; r == 0 && x; x = x->next)
		q.v[q.n++] = x;
	if (r < 0)
		return r;
	qsort(q.v, q.n, sizeof(struct chart_event *), newest_first);
	struct chart_event *first = NULL, **last = &first;
	for (size_t i = 0; i < q.n && i < max; i++) {
		*last = q.v[i];
		last = &q.v[i]->next;
	}
	*last = NULL;
	*ret = first;
	return 0;
}
