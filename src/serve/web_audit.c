/* Who looked at what: a page of it as JSON, or all of it as CSV. Whoever takes the list away is in it: the export is an entry before its first byte goes out. */
#include "web_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define AUDIT_READ 1000        /* entries at a time */
#define AUDIT_SCAN 20000       /* a page of few hits ends here, and says where to go on */
#define AUDIT_CSV_MAX 1000000  /* rows */

struct wanted {
	struct slice who, user, what; /* who: what the index knows (a patient, else a person); user: a person beside a patient; what: words with commas between */
	int64_t from, to;
};

static bool one_of(struct slice list, struct slice word)
{
	while (list.n)
		if (word.n && slice_eq(slice_cut(list, ',', &list), word))
			return true;
	return false;
}

static bool is_wanted(const struct wanted *x, const struct chart_event *ev)
{
	return ev->time <= x->to && ev->time >= x->from && (!x->user.n || slice_eq(ev->user, x->user)) && (!x->what.n || one_of(x->what, ev->what) || one_of(x->what, slice_str(ledger_kind_name(ev->kind))));
}

static bool read_time(struct web_request *q, const char *name, int64_t otherwise, int64_t *ret)
{
	const char *s = web_query(q, name);
	*ret = otherwise;
	if (!s || !*s || time_parse(slice_str(s), q->web->role->zone_minutes, ret) == 0)
		return true;
	web_error(q, 400, "input", "%s is a time such as 2026-11-22T03:12:00Z.", name);
	return false;
}

/* Times never decrease along the ledger, so the first one before `from` is the last that has to be read. Returns whether there may be more before *before. */
static int next_page(struct chart *c, const struct wanted *x, uint64_t *before, struct arena *a, struct chart_event **ret, bool *ret_more, struct err *e)
{
	int r = chart_events(c, 0, x->who, *before, AUDIT_READ, a, ret, e);
	size_t n = 0;
	*ret_more = false;
	for (const struct chart_event *ev = *ret; r == 0 && ev; ev = ev->next, n++) {
		*before = ev->entry;
		*ret_more = ev->time >= x->from;
	}
	*ret_more = *ret_more && n == AUDIT_READ && *before > 0;
	return r;
}

static void put_json(struct jsonw *w, const struct chart_event *ev)
{
	jsonw_obj(w);
	jsonw_ku64(w, "entry", ev->entry);
	jsonw_ktime(w, "time", ev->time);
	jsonw_kstr(w, "kind", ledger_kind_name(ev->kind));
	jsonw_kslice_opt(w, "user", ev->user);
	jsonw_kslice_opt(w, "what", ev->what);
	jsonw_kslice_opt(w, "patient", ev->patient);
	jsonw_kslice_opt(w, "reason", ev->reason);
	jsonw_kslice_opt(w, "text", ev->text);
	jsonw_obj_end(w);
}

static void page(struct web_request *q, struct chart *c, const struct wanted *x)
{
	size_t max = (size_t)web_number(q, "max", 100, 1000), found = 0, seen = 0;
	uint64_t before = web_number(q, "before", CHART_NOW, CHART_NOW), last = 0;
	struct err e = {0};
	struct jsonw w;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "events");
	jsonw_arr(&w);
	bool more = true;
	while (more && found < max && seen < AUDIT_SCAN) {
		struct chart_event *ev = NULL;
		if (next_page(c, x, &before, q->a, &ev, &more, &e) < 0) {
			buf_reset(&q->out);
			web_fail(q, &e);
			return;
		}
		for (; ev && found < max; ev = ev->next, seen++) {
			last = ev->entry;
			if (is_wanted(x, ev)) {
				put_json(&w, ev);
				found++;
			}
		}
		more = more || ev; /* what was read and not looked at */
	}
	jsonw_arr_end(&w);
	jsonw_key(&w, "next");
	if ((found == max || more) && last)
		jsonw_u64(&w, last);
	else
		jsonw_null(&w);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* RFC 4180. A field that a spreadsheet would take for a formula (a reason is typed by whoever gives it) gets an apostrophe before it. */
static void field(struct buf *b, struct slice s, bool end)
{
	buf_u8(b, '"');
	if (s.n && memchr("=+-@\t\r", s.p[0], 6))
		buf_u8(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_u8(b, '"');
		buf_u8(b, s.p[i]);
	}
	buf_str(b, end ? "\"\r\n" : "\",");
}

static void line(struct buf *b, const struct chart_event *ev)
{
	char time[32];
	buf_printf(b, "\"%s\",%" PRIu64 ",", time_rfc3339(ev->time, 3, time), ev->entry);
	field(b, ev->user, false);
	field(b, ev->what.n ? ev->what : slice_str(ledger_kind_name(ev->kind)), false);
	field(b, ev->patient, false);
	field(b, ev->reason, false);
	field(b, ev->text, true);
}

static void export(struct web_request *q, struct chart *c, const struct wanted *x)
{
	struct err e = {0};
	struct chart_moment now;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	char query[400];
	snprintf(query, sizeof query, "audit%s%.*s%s%.*s%s%.*s%s%.100s%s%.100s", x->user.n ? " user " : "", SLICE_FMT(x->user), x->who.n ? " of " : "", SLICE_FMT(x->who), x->what.n ? " only " : "", SLICE_FMT(x->what),
	         web_query(q, "from") ? " from " : "", web_query(q, "from") ? web_query(q, "from") : "", web_query(q, "to") ? " to " : "", web_query(q, "to") ? web_query(q, "to") : "");
	if (!a || chart_now(c, &now, &e) < 0) {
		if (!a)
			err_set(&e, ERR_MEMORY, NULL, "no memory");
		web_fail(q, &e);
		return;
	}
	uint64_t before = CHART_NOW, entry = 0;
	size_t rows = 0;
	bool more = true;
	buf_str(&q->out, "\xef\xbb\xbf\"time (UTC)\",\"entry\",\"user\",\"what\",\"patient\",\"reason\",\"detail\"\r\n"); /* with the mark by which a spreadsheet knows UTF-8 */
	while (more && rows < AUDIT_CSV_MAX) {
		struct chart_event *ev = NULL;
		arena_reset(a);
		if (next_page(c, x, &before, a, &ev, &more, &e) < 0) {
			buf_reset(&q->out);
			web_fail(q, &e);
			return;
		}
		for (; ev; ev = ev->next)
			if (is_wanted(x, ev)) {
				line(&q->out, ev);
				rows++;
			}
	}
	if (more) {
		buf_reset(&q->out);
		web_error(q, 400, "input", "These are more than %d lines. Ask for a shorter time.", AUDIT_CSV_MAX);
		return;
	}
	if (web_audit(q, "export", NULL, query, now.end ? now.end - 1 : 0, &entry) < 0) {
		buf_reset(&q->out);
		return;
	}
	q->status = 200;
	q->content_type = "text/csv; charset=utf-8";
	snprintf(q->disposition, sizeof q->disposition, "attachment; filename=\"audit-%" PRIu64 ".csv\"", entry);
}

void web_audit_list(struct web_request *q)
{
	struct chart *c = web_may(q, MAY_AUDIT) ? web_chart(q) : NULL;
	if (!c)
		return;
	const char *patient = web_query(q, "patient"), *user = web_query(q, "user"), *what = web_query(q, "what"), *format = web_query(q, "format");
	struct wanted x = {.who = slice_str(patient && *patient ? patient : user ? user : ""), .user = slice_str(patient && *patient && user ? user : ""), .what = slice_str(what ? what : "")};
	if (x.who.n > 128 || x.user.n > 128 || x.what.n > 128) {
		web_error(q, 400, "input", "A name, a patient's id or a word is at most 128 bytes.");
		return;
	}
	if (!read_time(q, "from", INT64_MIN, &x.from) || !read_time(q, "to", INT64_MAX, &x.to))
		return;
	if (format && !strcmp(format, "csv"))
		export(q, c, &x);
	else
		page(q, c, &x);
}
