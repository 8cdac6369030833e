/* /api/calls: who has to be told that an appointment does not take place, or that the house diverts; and what became of each call. Several people work down one list at once: every mark is an entry, none takes another one's place, and the
 * answer shows what the others said meanwhile. */
#include "web_internal.h"

#include "contacts.h"

#define MOST 1000

static void put_all(struct jsonw *w, struct web_request *q, struct chart_call **v, size_t n, size_t more, const struct chart_call_list *lists)
{
	jsonw_obj(w);
	jsonw_key(w, "lists");
	jsonw_arr(w);
	for (; lists; lists = lists->next)
		chart_json_call_list(w, lists);
	jsonw_arr_end(w);
	jsonw_key(w, "calls");
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++)
		chart_json_call(w, v[i], web_withheld(q, v[i]->patient));
	jsonw_arr_end(w);
	jsonw_ku64(w, "more", more);
	jsonw_obj_end(w);
}

static void show(struct web_request *q)
{
	const char *list = web_query(q, "list"), *state = web_query(q, "state");
	bool open = state && !strcmp(state, "open");
	struct chart_calls_ask ask = {.list = slice_str(list), .state = state && *state && !open ? call_state_parse(slice_str(state)) : -1, .open = open, .patients = true, .max = (size_t)web_number(q, "max", 300, MOST)};
	struct chart_call **v;
	struct chart_call_list *lists;
	struct chart_moment at;
	struct err e = {0};
	struct jsonw w;
	size_t n, more;
	if (!web_may(q, MAY_CHART))
		return;
	if (state && *state && !open && ask.state < 0) {
		web_error(q, 400, "input", "state is open, to-call, called, no-answer, reached, letter or not-needed.");
		return;
	}
	struct chart *c = web_chart(q);
	if (!c || web_moment(q, &at, &e) < 0)
		return;
	if (chart_calls(c, at, &ask, q->a, &v, &n, &more, &lists, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_init(&w, &q->out);
	put_all(&w, q, v, n, more, lists);
	if (web_unchanged(q, at) || web_audit(q, "view", NULL, list && *list ? "calls of a list" : "calls", at.end ? at.end - 1 : 0, NULL) < 0)
		return;
	web_json(q, 200);
}

/* The one of that id as it stands now, its patient with it. NULL: answered. */
static struct chart_call *one(struct web_request *q, struct slice id)
{
	const struct chart_calls_ask ask = {.call = id, .state = -1, .patients = true};
	struct chart *c = web_chart(q);
	struct chart_moment now;
	struct chart_call **v;
	struct chart_call_list *lists;
	struct err e = {0};
	size_t n = 0, more;
	if (!c)
		return NULL;
	if (chart_now(c, &now, &e) < 0 || chart_calls(c, now, &ask, q->a, &v, &n, &more, &lists, &e) < 0) {
		web_fail(q, &e);
		return NULL;
	}
	if (!n)
		web_error(q, 404, "not-found", "There is no call of that id.");
	return n ? v[0] : NULL;
}

static void mark(struct web_request *q)
{
	AUTO_BUF struct buf line = {0};
	struct keeper_stored s;
	struct err e = {0};
	struct jsonw w;
	const struct json_node *n = web_post_only(q) && web_may(q, MAY_CAPTURE | MAY_CHART) ? web_body(q) : NULL;
	const char *id = n ? web_text(q, n, "call", 48, false) : NULL, *state = id ? web_text(q, n, "state", 16, false) : NULL, *note = state ? web_text(q, n, "note", CONTACT_CALL_NOTE_MAX, true) : NULL, *at = note ? web_text(q, n, "at", 40, true) : NULL;
	if (!at)
		return;
	int is = call_state_parse(slice_str(state));
	if (is < 0) {
		web_error(q, 400, "input", "state is to-call, called, no-answer, reached, letter or not-needed.");
		return;
	}
	struct chart_call *x = one(q, slice_str(id));
	if (!x)
		return;
	if (web_withheld(q, x->patient)) {
		web_error(q, 403, "protected", "This record is protected. Say why you need it to open it; the reason is recorded.");
		return;
	}
	char now[32];
	if (!*at) /* two who got nobody say the same words, and are two */
		at = time_rfc3339(time_now(), 3, now);
	const struct contact_calls_entry say = {.mark = true, .call = slice_str(id), .state = (enum call_state)is, .note = slice_str(note), .at = slice_str(at), .by = slice_str(q->session.user)};
	buf_init(&line, 1 << 16);
	contact_calls_put(&say, &line);
	if (keeper_downtime_say(q->w->keeper, &q->who, LEDGER_CALLS, buf_slice(&line), true, &s, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	x = one(q, slice_str(id));
	if (!x)
		return;
	buf_reset(&q->out);
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entry", s.seq);
	jsonw_kbool(&w, "duplicate", s.duplicate);
	jsonw_kbool(&w, "applied", s.applied);
	jsonw_key(&w, "call");
	chart_json_call(&w, x, false);
	jsonw_obj_end(&w);
	web_json(q, s.duplicate ? 200 : 201);
}

void web_calls(struct web_request *q)
{
	if (q->method == WEB_POST)
		mark(q);
	else if (q->method == WEB_GET || q->method == WEB_HEAD)
		show(q);
	else {
		q->allow = "GET, HEAD, POST";
		web_error(q, 405, "method", "Calls are read with GET; what became of one is said with POST.");
	}
}
