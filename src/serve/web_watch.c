/* What the sensor of a file server said and what became of it, and the incident as a whole: made of entries alone, so that it can be made again, of any moment, from any copy of the ledger. */
#include "web_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#define LOOKED_AT 20000 /* alarms that are looked through for those of a sensor */
#define SHOWN_MAX 2000

/* ---- entries, and what they say ---- */

struct reading {
	struct web_request *q;
	struct web_said *v;
	size_t n;
};

static int take_said(void *arg, uint64_t seq, int64_t time, uint8_t kind, struct slice body, struct err *e)
{
	struct reading *x = arg;
	struct err bad = {0};
	struct json_node *n = NULL;
	struct slice own = arena_dup(x->q->a, body);
	if (body.n && !own.p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (json_tree(own, x->q->a, &n, &bad) < 0)
		n = NULL;
	x->v[x->n++] = (struct web_said){seq, time, kind, own, n};
	return 0;
}

static int newest_first(const void *pa, const void *pb)
{
	const struct web_said *a = pa, *b = pb;
	return a->seq > b->seq ? -1 : a->seq < b->seq;
}

int web_said_find(struct web_request *q, uint8_t kind, const char *about, uint64_t before, int64_t from, int64_t to, const char *what, size_t max, struct web_said **ret, size_t *ret_n)
{
	struct chart *c = web_chart(q);
	struct chart_event *ev = NULL;
	struct err e = {0};
	uint64_t *seq = c ? arena_array(q->a, max, sizeof *seq) : NULL;
	struct reading x = {q, c ? arena_array(q->a, max, sizeof *x.v) : NULL, 0};
	size_t n = 0, looked = 0;
	if (!c)
		return ERR_BUSY;
	int r = seq && x.v ? 0 : err_set(&e, ERR_MEMORY, NULL, "no memory");
	for (bool more = true; r == 0 && more && n < max && looked < LOOKED_AT;) {
		size_t got = 0;
		r = chart_events(c, kind, slice_str(about), before, 1000, q->a, &ev, &e);
		for (; r == 0 && ev; ev = ev->next, got++) {
			before = ev->entry;
			more = ev->time >= from;
			if (more && n < max && ev->time <= to && (!what || slice_eq_str(ev->what, what)))
				seq[n++] = ev->entry;
		}
		looked += got;
		more = more && got == 1000;
	}
	for (size_t i = 0; r == 0 && i < n; i += KEEPER_SAID_MAX) {
		size_t part = n - i < KEEPER_SAID_MAX ? n - i : KEEPER_SAID_MAX;
		r = keeper_said(q->w->keeper, &q->who, seq + i, part, take_said, &x, &e);
	}
	if (r < 0) {
		web_fail(q, &e);
		return r;
	}
	qsort(x.v, x.n, sizeof *x.v, newest_first);
	*ret = x.v;
	*ret_n = x.n;
	return 0;
}

/* A moment's end counts what can change a chart; of these entries now is everything there is. */
static uint64_t before_of(struct web_request *q, struct chart_moment at)
{
	const char *said = web_query(q, "at");
	return said && *said && strcmp(said, "now") != 0 ? at.end : CHART_NOW;
}

/* ---- verdicts ---- */

struct verdict {
	struct slice id;
	const struct web_said *said;     /* NULL: it is older than what was looked through */
	const char *state;
	bool restored, released;
};

static const struct json_node *line_of(const struct web_said *s)
{
	return json_get(s->n, "watch");
}

/* Oldest to newest: what came last holds. */
static void fold(struct verdict *v, const struct web_said *s, const struct json_node *n)
{
	struct slice event = json_text(n, "event");
	if (slice_eq_str(event, "verdict")) {
		v->said = s;
	} else if (slice_eq_str(event, "look")) { /* odd, and no verdict: nobody was stopped */
		v->said = s;
		v->state = "look";
	}
	if (slice_eq_str(event, "stopped") && !v->released)
		v->state = "stopped";
	else if (slice_eq_str(event, "denied") && !v->released && strcmp(v->state, "stopped") != 0)
		v->state = "denied";
	else if (slice_eq_str(event, "released"))
		v->released = true;
	else if (slice_eq_str(event, "restored"))
		v->restored = true;
	if (v->released)
		v->state = "released";
}

static void put_event(struct jsonw *w, const struct web_said *s)
{
	const struct json_node *n = line_of(s);
	static const char *const numbers[] = {"continued", "put_back", "set_aside", "left", "vault", "failed", "lost"};
	struct slice by = json_text(s->n, "by");
	jsonw_obj(w);
	jsonw_ku64(w, "entry", s->seq);
	jsonw_ktime(w, "time", s->time);
	jsonw_kslice(w, "event", json_text(n, "event"));
	jsonw_kslice_opt(w, "by", by.n ? by : json_text(n, "who"));
	jsonw_kslice_opt(w, "reason", json_text(s->n, "reason"));
	jsonw_kslice_opt(w, "text", json_text(n, "what"));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct slice v = json_text(n, numbers[i]);
		if (v.n) {
			jsonw_key(w, numbers[i]);
			jsonw_dec(w, v);
		}
	}
	jsonw_obj_end(w);
}

static void put_raw(struct jsonw *w, const char *key, const struct json_node *n)
{
	if (!n)
		return;
	jsonw_key(w, key);
	jsonw_raw(w, n->raw);
}

static void put_verdict(struct jsonw *w, const struct verdict *v, const struct web_said *all, size_t count)
{
	static const char *const fields[] = {"began", "pid", "session", "uid", "user", "comm", "client", "reasons", "file_count", "files"};
	const struct json_node *n = v->said ? line_of(v->said) : NULL;
	jsonw_obj(w);
	jsonw_kslice(w, "id", v->id);
	jsonw_kstr(w, "state", v->state);
	jsonw_kbool(w, "restored", v->restored);
	if (v->said) {
		jsonw_ku64(w, "entry", v->said->seq);
		jsonw_ktime(w, "time", v->said->time);
	}
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		put_raw(w, fields[i], json_get(n, fields[i]));
	jsonw_key(w, "events");
	jsonw_arr(w);
	for (size_t i = count; i-- > 0;)
		if (slice_eq(json_text(line_of(&all[i]), "id"), v->id))
			put_event(w, &all[i]);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static void put_sensor(struct web_request *q, struct jsonw *w, const struct web_said *all, size_t count)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	buf_init(&b, 1 << 16);
	jsonw_key(w, "sensor");
	jsonw_obj(w);
	jsonw_key(w, "now");
	struct json_node *now;
	if (keeper_watch_ask(q->w->keeper, &q->who, SLICE("{\"do\":\"sensor\"}"), true, &b, &e) == 0 && json_tree(buf_slice(&b), q->a, &now, &e) == 0)
		jsonw_raw(w, now->raw);
	else
		jsonw_null(w);
	for (size_t i = 0; i < count; i++) /* as it last said of itself */
		if (slice_eq_str(json_text(line_of(&all[i]), "event"), "ready")) {
			jsonw_ku64(w, "entry", all[i].seq);
			jsonw_ktime(w, "ready", all[i].time);
			put_raw(w, "says", line_of(&all[i]));
			break;
		}
	jsonw_obj_end(w);
}

static void list(struct web_request *q)
{
	struct web_said *said;
	struct chart_moment at;
	struct err e = {0};
	struct jsonw w;
	size_t n, count = 0;
	if (web_moment(q, &at, &e) < 0 || web_said_find(q, LEDGER_ALARM, "", before_of(q, at), INT64_MIN, INT64_MAX, "watch", SHOWN_MAX, &said, &n) < 0)
		return;
	struct verdict *v = arena_array(q->a, n + 1, sizeof *v);
	if (!v) {
		web_error(q, 503, "memory", "No memory for this request.");
		return;
	}
	for (size_t i = n; i-- > 0;) {
		const struct json_node *line = line_of(&said[i]);
		struct slice id = json_text(line, "id");
		size_t k = 0;
		if (!id.n)
			continue;
		while (k < count && !slice_eq(v[k].id, id))
			k++;
		if (k == count)
			v[count++] = (struct verdict){.id = id, .state = "observed"};
		fold(&v[k], &said[i], line);
	}
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	put_sensor(q, &w, said, n);
	jsonw_key(&w, "verdicts");
	jsonw_arr(&w);
	for (size_t i = count; i-- > 0;)
		put_verdict(&w, &v[i], said, n);
	jsonw_arr_end(&w);
	jsonw_key(&w, "notes"); /* of no verdict: overflow, alarm, failed, ready */
	jsonw_arr(&w);
	for (size_t i = 0, shown = 0; i < n && shown < 100; i++)
		if (!json_text(line_of(&said[i]), "id").n) {
			put_event(&w, &said[i]);
			shown++;
		}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (!web_unchanged(q, at))
		web_json(q, 200);
}

/* ---- orders ---- */

static void order(struct web_request *q, const char *id, size_t n, const char *what)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e = {0};
	const struct json_node *body = web_body(q), *root;
	const char *reason = body ? web_text(q, body, "reason", 2000, true) : NULL;
	const struct json_node *dry = json_get(body, "dry_run");
	if (!reason)
		return;
	bool release = !strcmp(what, "release");
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "order");
	jsonw_kstr(&w, "what", release ? "release" : dry && dry->type == JSON_TRUE ? "proposal" : "restore");
	jsonw_kslice(&w, "id", slice_of(id, n));
	jsonw_kslice_opt(&w, "reason", slice_str(reason));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (keeper_watch_ask(q->w->keeper, &q->who, buf_slice(&b), false, &q->out, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	root = web_said_json(q, buf_slice(&q->out));
	if (root)
		web_json(q, slice_eq_str(json_text(root, "state"), "done") ? 200 : 202);
}

static void ask(struct web_request *q, const char *number)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	uint64_t n;
	if (num_u64(slice_str(number), 0, UINT64_MAX, &n) < 0) {
		web_error(q, 404, "not-found", "There is no such order.");
		return;
	}
	buf_init(&b, 200);
	buf_printf(&b, "{\"do\":\"ask\",\"order\":%" PRIu64 "}", n);
	if (keeper_watch_ask(q->w->keeper, &q->who, buf_slice(&b), true, &q->out, &e) < 0)
		web_fail(q, &e);
	else if (web_said_json(q, buf_slice(&q->out)))
		web_json(q, 200);
}

void web_watch(struct web_request *q, const char *rest)
{
	if (!web_may(q, MAY_GATE))
		return;
	if (!*rest && q->method == WEB_GET) {
		list(q);
		return;
	}
	if (!strncmp(rest, "/order/", 7) && q->method == WEB_GET) {
		ask(q, rest + 7);
		return;
	}
	const char *id = *rest ? rest + 1 : rest, *slash = strchr(id, '/');
	if (!slash || (strcmp(slash, "/release") && strcmp(slash, "/restore"))) {
		web_error(q, 404, "not-found", "Nothing is here.");
		return;
	}
	if (web_post_only(q) && web_may(q, MAY_CUT))
		order(q, id, (size_t)(slash - id), slash + 1);
}

/* ---- the incident ---- */

static bool moment_of(struct web_request *q, const char *name, int64_t otherwise, int64_t *ret)
{
	const char *v = web_query(q, name);
	*ret = otherwise;
	if (!v || !*v || time_parse(slice_str(v), q->web->role->zone_minutes, ret) == 0)
		return true;
	web_error(q, 400, "input", "'%s' is no time such as 2026-11-22T03:12:00Z.", name);
	return false;
}

static int oldest_first(const void *a, const void *b)
{
	return newest_first(b, a);
}

static void timeline(struct web_request *q, struct chart_moment at)
{
	static const uint8_t kinds[] = {LEDGER_GATE_ACT, LEDGER_GATE_LETTER, LEDGER_ALARM};
	struct web_said *all = arena_array(q->a, ARRAY_LEN(kinds) * SHOWN_MAX, sizeof *all), *part;
	int64_t from, to;
	struct jsonw w;
	size_t n = 0, got;
	if (!all) {
		web_error(q, 503, "memory", "No memory for this request.");
		return;
	}
	if (!moment_of(q, "from", INT64_MIN, &from) || !moment_of(q, "to", INT64_MAX, &to))
		return;
	if (to < INT64_MAX - TIME_SEC) /* times are said in whole milliseconds: all of that one */
		to += TIME_SEC / 1000 - 1;
	bool more = false;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (web_said_find(q, kinds[i], "", before_of(q, at), from, to, NULL, SHOWN_MAX, &part, &got) < 0)
			return;
		more = more || got == SHOWN_MAX;
		memcpy(all + n, part, got * sizeof *part);
		n += got;
	}
	qsort(all, n, sizeof *all, oldest_first);
	if (n && all[n - 1].seq >= at.end)
		at = (struct chart_moment){.end = all[n - 1].seq + 1, .time = all[n - 1].time};
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "asOf");
	jsonw_obj(&w);
	if (at.end) {
		jsonw_ku64(&w, "entry", at.end - 1);
		jsonw_ktime(&w, "time", at.time);
	}
	jsonw_obj_end(&w);
	jsonw_kbool(&w, "more", more); /* older ones than these were left out */
	jsonw_key(&w, "entries");
	jsonw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		jsonw_obj(&w);
		jsonw_ku64(&w, "entry", all[i].seq);
		jsonw_ktime(&w, "time", all[i].time);
		jsonw_kstr(&w, "kind", ledger_kind_name(all[i].kind));
		jsonw_key(&w, "says");
		if (all[i].n)
			jsonw_raw(&w, all[i].n->raw);
		else
			jsonw_null(&w);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (!web_unchanged(q, at))
		web_json(q, 200);
}

/* The newest that somebody put into the ledger (`holdfast gate plan --site`, or `gate plan save --inventory`). */
static void newest_plan(struct web_request *q, struct chart_moment at)
{
	struct web_said *said;
	struct jsonw w;
	size_t n;
	if (web_said_find(q, LEDGER_GATE_ACT, "plan/", before_of(q, at), INT64_MIN, INT64_MAX, "plan", 100, &said, &n) < 0)
		return;
	while (n > 1 && !json_get(said[0].n, "plan")) { /* one that is kept by name and was made of no inventory */
		said++;
		n--;
	}
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "plan");
	if (n && said[0].n && json_get(said[0].n, "plan")) {
		jsonw_raw(&w, json_get(said[0].n, "plan")->raw);
		jsonw_ku64(&w, "entry", said[0].seq);
		jsonw_ktime(&w, "time", said[0].time);
		jsonw_kslice_opt(&w, "by", json_text(said[0].n, "by"));
	} else {
		jsonw_null(&w);
	}
	jsonw_obj_end(&w);
	if (!web_unchanged(q, at))
		web_json(q, 200);
}

void web_incident(struct web_request *q, bool plan)
{
	struct chart_moment at;
	struct err e = {0};
	if (!web_may(q, MAY_GATE) || web_moment(q, &at, &e) < 0)
		return;
	if (plan)
		newest_plan(q, at);
	else
		timeline(q, at);
}
