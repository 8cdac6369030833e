/* The JSON API of the viewer (doc/api.md). */
#include "gate.h"
#include "web_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- what every room uses ------------------------------------------------------------------------------------------------------- */

/* The chart of this thread. A view that is being rebuilt or not there yet is an answer, not a crash. */
struct chart *web_chart(struct web_request *q)
{
	struct role *r = q->web->role;
	struct err e = {0};
	if (q->w->chart && r->restoring && access(r->chart_path, F_OK) != 0) { /* the copy was not what the ledger names: thrown away */
		chart_close(q->w->chart);
		q->w->chart = NULL;
	}
	if (!q->w->chart) {
		struct chart_options o = {.zone_minutes = r->zone_minutes, .site_name = r->site_name};
		if (chart_open(r->chart_path, &o, &q->w->chart, &e) < 0) {
			q->w->chart = NULL;
			web_view_missing(q, &e);
			return NULL;
		}
	}
	return web_view_empty(q, q->w->chart) ? NULL : q->w->chart;
}

int web_moment(struct web_request *q, struct chart_moment *ret, struct err *e)
{
	const char *at = web_query(q, "at");
	struct chart *c = web_chart(q);
	if (!c)
		return err_set(e, ERR_BUSY, NULL, "no view");
	int r;
	uint64_t seq;
	int64_t t;
	if (!at || !*at || !strcmp(at, "now"))
		r = chart_now(c, ret, e);
	else if (at[0] == '#')
		r = num_u64(slice_str(at + 1), 0, UINT64_MAX - 2, &seq) < 0 ? err_set(e, ERR_USAGE, "at", "an entry is written #4711") : chart_at_entry(c, seq, ret, e);
	else
		r = time_parse(slice_str(at), q->web->role->zone_minutes, &t) < 0 ? err_set(e, ERR_USAGE, "at", "a moment is a time such as 2026-11-22T03:12:00Z, or #4711") : chart_at_time(c, t, ret, e);
	if (r < 0 && !q->status)
		web_fail(q, e);
	if (r == 0)
		web_view_note(q, *ret);
	return r;
}

static uint64_t head_of(struct chart_moment at)
{
	return at.end ? at.end - 1 : 0;
}

int web_audit(struct web_request *q, const char *what, const char *patient, const char *query, uint64_t as_of, uint64_t *ret_entry)
{
	struct keeper_audit a = {.what = what, .patient_id = patient, .query = query, .as_of_entry = as_of};
	struct err e = {0};
	uint64_t entry = 0;
	int r = keeper_audit(q->w->keeper, &q->who, &a, &entry, &e);
	if (r < 0)
		web_fail(q, &e);
	else if (ret_entry)
		*ret_entry = entry;
	return r;
}

int web_patient_find(struct web_request *q, const char *id, struct chart_moment at, struct chart_patient **ret)
{
	struct chart *c = web_chart(q);
	struct err e = {0};
	if (!c)
		return ERR_BUSY;
	int r = chart_patient(c, slice_str(id), at, q->a, ret, NULL, &e);
	if (r < 0) {
		web_fail(q, &e);
		return r;
	}
	if (!(*ret)->is_protected)
		return 0;
	bool open = false;
	r = keeper_glass(q->w->keeper, &q->who, (*ret)->id, &open, &e);
	if (r == 0 && !open) {
		web_error(q, 403, "protected", "This record is protected. Say why you need it to open it; the reason is recorded.");
		return ERR_DENIED;
	}
	if (r < 0)
		web_fail(q, &e);
	return r;
}

int web_patient(struct web_request *q, const char *id, struct chart_moment at, const char *what, struct chart_patient **ret, uint64_t *ret_entry)
{
	int r = web_patient_find(q, id, at, ret);
	return r < 0 ? r : web_audit(q, what, (*ret)->id, web_query(q, "at"), head_of(at), ret_entry);
}

/* ---- anything new? ------------------------------------------------------------------------------------------------------------- */

/* If-None-Match (RFC 9110 13.1.2), weakly; "*" is taken for nothing: it would ask whether there is something without saying what was seen. */
static bool has(const char *list, const char *tag)
{
	struct slice rest = slice_str(list), want = slice_str(tag);
	while (rest.n) {
		struct slice one = slice_cut(rest, ',', &rest);
		while (one.n && (*one.p == ' ' || *one.p == '\t'))
			one = slice_of(one.p + 1, one.n - 1);
		while (one.n && (one.p[one.n - 1] == ' ' || one.p[one.n - 1] == '\t'))
			one.n--;
		if (slice_starts(one, "W/"))
			one = slice_of(one.p + 2, one.n - 2);
		if (slice_eq(one, want))
			return true;
	}
	return false;
}

/* The tag goes out with the answer; has the client just that, the answer is a 304. */
static bool known(struct web_request *q, const uint8_t hash[SEAL_HASH])
{
	const char *given = web_header(q, "If-None-Match");
	AUTO_BUF struct buf hex = {0};
	buf_init(&hex, 64);
	hex_put(&hex, slice_of(hash, 16));
	snprintf(q->etag, sizeof q->etag, "\"%s\"", buf_cstr(&hex));
	if (!given || !has(given, q->etag))
		return false;
	buf_reset(&q->out);
	web_json(q, 304);
	return true;
}

/* "asOf":{...} moves with every entry of the ledger, also with the one that says who looked: what the tag covers is all the rest. */
bool web_unchanged(struct web_request *q, struct chart_moment at)
{
	static const char key[] = "\"asOf\":{";
	const struct slice all = buf_slice(&q->out);
	uint8_t hash[SEAL_HASH], both[2 * SEAL_HASH];
	char t[32];
	if (!buf_ok(&q->out) || !all.n)
		return false;
	const uint8_t *p = memmem(all.p, all.n, key, sizeof key - 1), *end = p ? memchr(p, '}', (size_t)(all.p + all.n - p)) : NULL;
	if (!end) /* it does not say */
		p = end = all.p + all.n;
	seal_sha256_once(slice_of(all.p, (size_t)(p - all.p)), both);
	seal_sha256_once(slice_of(end, (size_t)(all.p + all.n - end)), both + SEAL_HASH);
	seal_sha256_once(slice_of(both, sizeof both), hash);
	if (at.end)
		snprintf(q->as_of, sizeof q->as_of, "%" PRIu64 " %s", at.end - 1, time_rfc3339(at.time, 3, t));
	return known(q, hash);
}

bool web_same(struct web_request *q, struct slice made_of)
{
	uint8_t hash[SEAL_HASH];
	seal_sha256_once(made_of, hash);
	return known(q, hash);
}

uint64_t web_number(struct web_request *q, const char *name, uint64_t otherwise, uint64_t max)
{
	const char *v = web_query(q, name);
	uint64_t n;
	if (!v || num_u64(slice_str(v), 0, UINT64_MAX, &n) < 0)
		return otherwise;
	return n > max ? max : n;
}

/* The request's JSON body. */
const struct json_node *web_body(struct web_request *q)
{
	struct json_node *n;
	struct err e = {0};
	if (json_tree(buf_slice(&q->body), q->a, &n, &e) < 0 || n->type != JSON_OBJ) {
		web_error(q, 400, "input", "The body should be a JSON object.");
		return NULL;
	}
	return n;
}

/* Other roles are not taken at their word: what goes on to a browser as JSON is JSON. */
const struct json_node *web_said_json(struct web_request *q, struct slice s)
{
	struct json_node *n;
	struct err e = {0};
	if (json_tree(s, q->a, &n, &e) == 0)
		return n;
	err_set(&e, ERR_SYSTEM, NULL, "another part of the daemon answers what cannot be read");
	buf_reset(&q->out);
	web_fail(q, &e);
	return NULL;
}

/* A member as a C string of at most max bytes, without control characters; NULL: the request was answered. */
const char *web_text(struct web_request *q, const struct json_node *n, const char *name, size_t max, bool may_lack)
{
	struct slice s = json_text(n, name);
	bool bad = s.n > max || (!s.n && !may_lack);
	for (size_t i = 0; i < s.n; i++)
		bad = bad || s.p[i] < 0x20;
	char *t = bad ? NULL : arena_strdup(q->a, s);
	if (!t)
		web_error(q, 400, "input", "'%s' is missing, too long or has control characters in it.", name);
	return t;
}

bool web_post_only(struct web_request *q)
{
	if (q->method == WEB_POST)
		return true;
	web_error(q, 405, "method", "This is done with POST.");
	return false;
}

static void no_content(struct web_request *q)
{
	q->status = 204;
}

static void put_moment(struct jsonw *w, const char *key, struct chart_moment at)
{
	jsonw_key(w, key);
	jsonw_obj(w);
	if (at.end) {
		jsonw_ku64(w, "entry", at.end - 1);
		jsonw_ktime(w, "time", at.time);
	}
	jsonw_obj_end(w);
}

/* ---- sessions ---------------------------------------------------------------------------------------------------------------------- */

static const struct {
	uint32_t bit;
	const char *name;
} rights[] = {{MAY_BOARD, "board"}, {MAY_CENSUS, "census"}, {MAY_SEARCH, "search"}, {MAY_CHART, "chart"}, {MAY_AUDIT, "audit"}, {MAY_RAW, "raw"}, {MAY_USERS, "users"}, {MAY_SETUP, "setup"},
              {MAY_IDENTITY, "identity"}, {MAY_BREAK_GLASS, "break-glass"}, {MAY_ECG_SEND, "ecg-send"}, {MAY_ECG_SIGN, "ecg-sign"}, {MAY_HOME, "home"}, {MAY_GATE, "gate"}, {MAY_CUT, "cut"}, {MAY_CAPTURE, "capture"},
              {MAY_BACKLOAD, "backload"}, {MAY_DOWNTIME, "downtime"}, {MAY_STATION, "station"}, {MAY_SCOPE, "scope"}};

static void put_session(struct web_request *q, const struct keeper_session *s)
{
	struct jsonw w;
	struct role *r = q->web->role;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "user", s->user);
	jsonw_kstr(&w, "role", s->role);
	if (s->csrf[0])
		jsonw_kstr(&w, "csrf", s->csrf);
	jsonw_ktime(&w, "expires", s->expires);
	jsonw_kbool(&w, "mustChange", s->must_change);
	jsonw_key(&w, "site");
	jsonw_obj(&w);
	jsonw_kstr(&w, "name", r->site_name);
	jsonw_kstr(&w, "origin", r->origin);
	jsonw_kstr(&w, "mode", "normal");
	jsonw_ki64(&w, "zoneMinutes", r->zone_minutes);
	jsonw_obj_end(&w);
	jsonw_kstr(&w, "version", HOLDFAST_VERSION);
	jsonw_key(&w, "may");
	jsonw_arr(&w);
	for (size_t i = 0; i < ARRAY_LEN(rights); i++)
		if (s->may & rights[i].bit)
			jsonw_str(&w, rights[i].name);
	if (s->may & MAY_CUT && gate_may_sign(s->role))
		jsonw_str(&w, "gate-sign");
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

static void login(struct web_request *q)
{
	if (!web_post_only(q))
		return;
	const struct json_node *b = web_body(q);
	const char *user = b ? web_text(q, b, "user", USER_MAX - 1, false) : NULL;
	if (!user)
		return;
	struct slice password = json_text(b, "password");
	char id[SESSION_ID_MAX];
	struct keeper_session s = {0};
	struct err e = {0};
	if (!web_limit_take(q->web->limit, q->address, 20, &q->retry_after)) {
		web_error(q, 429, "rate", "Too many tries from this address. Wait a moment.");
		return;
	}
	int r = keeper_login(q->w->keeper, user, password, q->address, id, &s, &e);
	if (r == ERR_LIMIT) {
		q->retry_after = (int)s.retry_after;
		web_error(q, 429, "rate", "Too many tries. Wait %u seconds.", s.retry_after);
		return;
	}
	if (r == ERR_DENIED) {
		web_error(q, 401, "login", "Name or password is not right, or the account is closed.");
		return;
	}
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	snprintf(q->cookie, sizeof q->cookie, "hf_session=%s; HttpOnly; SameSite=Strict; Path=/%s", id, q->web->tls ? "; Secure" : "");
	put_session(q, &s);
	seal_wipe(id, sizeof id);
}

static void logout(struct web_request *q)
{
	struct err e = {0};
	if (!web_post_only(q))
		return;
	if (q->signed_in && keeper_logout(q->w->keeper, &q->who, &e) < 0 && e.code != ERR_DENIED) {
		web_fail(q, &e);
		return;
	}
	snprintf(q->cookie, sizeof q->cookie, "hf_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0%s", q->web->tls ? "; Secure" : "");
	no_content(q);
}

static void password(struct web_request *q)
{
	if (!web_post_only(q) || !web_may(q, 0))
		return;
	const struct json_node *b = web_body(q);
	if (!b)
		return;
	struct err e = {0};
	if (keeper_password(q->w->keeper, &q->who, json_text(b, "old"), json_text(b, "new"), &e) < 0)
		web_fail(q, &e);
	else
		no_content(q);
}

static void session(struct web_request *q)
{
	if (!q->signed_in)
		web_error(q, 401, "login", "Sign in first.");
	else
		put_session(q, &q->session);
}

/* ---- the house ----------------------------------------------------------------------------------------------------------------------- */


static int put_unhandled(struct web_request *q, struct chart *c, struct jsonw *w, struct err *e)
{
	struct chart_count *n;
	int r = chart_counts(c, q->a, &n, e);
	if (r < 0)
		return r;
	jsonw_key(w, "unhandled");
	jsonw_arr(w);
	for (; n; n = n->next) {
		jsonw_obj(w);
		jsonw_kslice(w, "type", n->name);
		jsonw_ku64(w, "count", n->count);
		jsonw_ku64(w, "uninterpreted", n->uninterpreted);
		jsonw_ku64(w, "problems", n->problems);
		jsonw_ku64(w, "lastEntry", n->last_entry);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	return 0;
}

/* How often, in the largest unit that leaves a whole number of at least two; a busy feed is not "every 0 s". */
static void usual(int64_t gap, char *out, size_t size)
{
	static const struct {
		int64_t n;
		const char *unit;
	} units[] = {{3600, "h"}, {60, "min"}, {1, "s"}};
	int64_t s = (gap + TIME_SEC / 2) / TIME_SEC;
	if (s <= 1) {
		snprintf(out, size, "%s", s == 1 ? "every second" : "several times a second");
		return;
	}
	size_t i = 0;
	while (s < 2 * units[i].n)
		i++;
	snprintf(out, size, "every %" PRId64 " %s", s / units[i].n, units[i].unit);
}

/* One alarm a name, whichever of its channels are silent: the first of them in the list. */
static bool said_before(const struct chart_feed *first, const struct chart_feed *f)
{
	char own[CHART_ALARM_MAX], other[CHART_ALARM_MAX];
	chart_feed_alarm(f->name, own);
	for (; first != f; first = first->next) {
		chart_feed_alarm(first->name, other);
		if (first->state == CHART_STALE && !strcmp(own, other))
			return true;
	}
	return false;
}

static void put_silent(struct jsonw *w, const struct chart_feed *f)
{
	char text[160], gap[32];
	jsonw_obj(w);
	chart_feed_alarm(f->name, text);
	jsonw_kstr(w, "id", text);
	jsonw_kstr(w, "severity", "alarm");
	jsonw_ktime(w, "since", f->last_time + f->stale_after);
	jsonw_kstr(w, "what", "feed-silent");
	jsonw_kslice(w, "feed", f->name);
	usual(f->usual_gap, gap, sizeof gap);
	snprintf(text, sizeof text, "%.*s is silent: it normally speaks %s at this hour", (int)(f->name.n > 60 ? 60 : f->name.n), (const char *)f->name.p, gap);
	jsonw_kstr(w, "reason", text);
	jsonw_kstr(w, "next", "Ask who runs the sender whether it is down; charts show this source as STALE until it speaks.");
	jsonw_obj_end(w);
}

/* The keeper's, and what its charts show: the newest entry that can change one. */
static void put_view(struct jsonw *w, const struct json_node *n, struct chart_moment shown)
{
	jsonw_obj(w);
	for (const struct json_node *m = n->child; m; m = m->next) {
		jsonw_key_slice(w, m->key);
		jsonw_raw(w, m->raw);
	}
	put_moment(w, "shown", shown);
	jsonw_obj_end(w);
}

/* The keeper's object and ours, as one. Feeds that went silent are alarms of the reader's making: nobody has to send them. */
static void board(struct web_request *q)
{
	if (!web_may(q, MAY_BOARD))
		return;
	struct err e = {0};
	AUTO_BUF struct buf status = {0};
	buf_init(&status, 16 << 20);
	struct json_node *root;
	if (keeper_status(q->w->keeper, &status, &e) < 0 || json_tree(buf_slice(&status), q->a, &root, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	/* the board is there before any chart is: it says how far they are */
	struct chart *c = web_chart(q);
	struct chart_feed *feeds = NULL;
	struct chart_moment shown = {0};
	int64_t now = time_now();
	buf_reset(&q->out);
	q->status = q->retry_after = 0;
	int r = c ? chart_now(c, &shown, &e) : 0;
	struct jsonw w;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ktime(&w, "now", now);
	for (const struct json_node *n = root->child; n; n = n->next)
		if (!slice_eq_str(n->key, "feeds") && !slice_eq_str(n->key, "unhandled") && !slice_eq_str(n->key, "now") && !slice_eq_str(n->key, "alarms")) {
			jsonw_key_slice(&w, n->key);
			if (slice_eq_str(n->key, "view"))
				put_view(&w, n, shown);
			else
				jsonw_raw(&w, n->raw);
		}
	if (r == 0 && c)
		r = chart_feeds(c, now, q->a, &feeds, &e);
	if (r == 0) {
		jsonw_key(&w, "feeds");
		chart_json_feeds(&w, feeds);
	}
	if (r == 0 && c)
		r = put_unhandled(q, c, &w, &e);
	jsonw_key(&w, "alarms");
	jsonw_arr(&w);
	const struct json_node *alarms = json_get(root, "alarms");
	for (const struct json_node *n = alarms ? alarms->child : NULL; n; n = n->next)
		jsonw_raw(&w, n->raw);
	for (const struct chart_feed *f = feeds; f; f = f->next)
		if (f->state == CHART_STALE && !said_before(feeds, f))
			put_silent(&w, f);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (r < 0)
		web_fail(q, &e);
	else
		web_json(q, 200);
}

static void span(struct web_request *q)
{
	struct err e = {0};
	struct chart_moment first = {0}, last = {0};
	struct chart *c = web_may(q, MAY_CENSUS) ? web_chart(q) : NULL;
	if (!c)
		return;
	int r = chart_now(c, &last, &e);
	if (r == 0 && last.end)
		r = chart_at_entry(c, 0, &first, &e);
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	struct jsonw w;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	put_moment(&w, "first", first);
	put_moment(&w, "last", last);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

static void moment(struct web_request *q)
{
	struct err e = {0};
	struct chart_moment at;
	if (!web_may(q, MAY_CENSUS) || web_moment(q, &at, &e) < 0)
		return;
	struct jsonw w;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	if (at.end) {
		jsonw_ku64(&w, "entry", at.end - 1);
		jsonw_ktime(&w, "time", at.time);
	}
	jsonw_obj_end(&w);
	web_json(q, 200);
}

static void units(struct web_request *q)
{
	struct err e = {0};
	struct chart_moment at;
	struct chart_unit *u;
	if (!web_may(q, MAY_CENSUS) || web_moment(q, &at, &e) < 0)
		return;
	if (chart_units(web_chart(q), at, q->a, &u, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	struct jsonw w;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	put_moment(&w, "asOf", at);
	jsonw_key(&w, "units");
	jsonw_arr(&w);
	for (; u; u = u->next) {
		jsonw_obj(&w);
		jsonw_kslice(&w, "facility", u->facility);
		jsonw_kslice(&w, "unit", u->unit);
		jsonw_ku64(&w, "patients", u->patients);
		jsonw_ku64(&w, "beds", u->beds);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* ---- one patient ------------------------------------------------------------------------------------------------------------------------ */

/* timeline: with what was sent, which has a feed and an origin where what people did has a user. */
static void put_events(struct web_request *q, const struct chart_event *ev, size_t max, bool timeline)
{
	static const char *const origins[] = {[FACT_FED] = "fed", [FACT_CAPTURED] = "captured", [FACT_RESTORED] = "restored", [FACT_PARTNER] = "partner"};
	struct jsonw w;
	size_t n = 0;
	uint64_t last = 0;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "events");
	jsonw_arr(&w);
	for (; ev; ev = ev->next, n++) {
		last = ev->entry;
		jsonw_obj(&w);
		jsonw_ku64(&w, "entry", ev->entry);
		jsonw_ktime(&w, "time", ev->time);
		jsonw_kstr(&w, "kind", ledger_kind_name(ev->kind));
		bool sent = timeline && (ev->kind == LEDGER_HL7V2 || ev->kind == LEDGER_FHIR || ev->kind == LEDGER_QUARANTINE || ev->kind == LEDGER_ECG || ev->kind == LEDGER_ECG_ACT);
		jsonw_kslice_opt(&w, sent ? "source" : "user", ev->user);
		if (sent)
			jsonw_kstr(&w, "origin", origins[ev->origin]);
		jsonw_kslice_opt(&w, "what", ev->what);
		jsonw_kslice_opt(&w, "patient", ev->patient);
		jsonw_kslice_opt(&w, "reason", ev->reason);
		jsonw_kslice_opt(&w, "text", ev->text);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_key(&w, "next");
	if (n == max && last)
		jsonw_u64(&w, last);
	else
		jsonw_null(&w);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* What makes another document of the same chart: a feed that fell silent or speaks again. That one is a little older than a moment ago does not, or every look would be a new one, with an entry. */
static void put_silences(struct buf *b, const struct chart_patient *p)
{
	for (int i = 0; p->judged && i < CHART_SECTIONS; i++)
		for (const struct chart_source *s = p->s[i].sources; s; s = s->next)
			if (s->state == CHART_STALE) {
				buf_printf(b, "%d ", i);
				buf_add_slice(b, s->feed);
				buf_u8(b, '\n');
			}
}

static void patient(struct web_request *q, const char *rest)
{
	struct err e = {0};
	struct chart_moment at;
	struct chart_patient *p;
	uint64_t entry = 0;
	char id[256];
	const char *slash = strchr(rest, '/');
	size_t n = slash ? (size_t)(slash - rest) : strlen(rest);
	if (!web_may(q, MAY_CHART))
		return;
	if (!n || n >= sizeof id || (slash && strcmp(slash, "/timeline"))) {
		web_error(q, 404, "not-found", "Nothing is here.");
		return;
	}
	memcpy(id, rest, n);
	id[n] = 0;
	if (web_moment(q, &at, &e) < 0)
		return;
	if (slash) {
		struct chart_event *ev;
		size_t max = (size_t)web_number(q, "max", 200, 2000);
		if (web_patient(q, id, at, "view", &p, &entry) < 0)
			return;
		if (chart_timeline(web_chart(q), slice_str(p->id), at, web_number(q, "before", CHART_NOW, CHART_NOW), max, q->a, &ev, &e) < 0)
			web_fail(q, &e);
		else
			put_events(q, ev, max, true);
		return;
	}
	if (web_patient_find(q, id, at, &p) < 0)
		return;
	struct jsonw w;
	struct fhir_options o = {.zone_minutes = q->web->role->zone_minutes};
	jsonw_init(&w, &q->out);
	chart_json_patient(&w, p, &o);
	if (!web_query(q, "at") && chart_judge(web_chart(q), p, time_now(), q->a, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	put_silences(&q->out, p);
	if (web_unchanged(q, at))
		return;
	if (p->judged) {
		buf_reset(&q->out);
		jsonw_init(&w, &q->out);
		chart_json_patient(&w, p, &o);
	}
	if (web_audit(q, "view", p->id, web_query(q, "at"), head_of(at), &entry) < 0)
		return;
	/* the chart's document ends in '}': the entry that records this view goes in before it */
	if (buf_ok(&q->out) && q->out.n && q->out.p[q->out.n - 1] == '}') {
		q->out.n--;
		if (entry == UINT64_MAX) /* it has no number (yet): what goes with that is said of the view */
			buf_str(&q->out, ",\"viewEntry\":null}");
		else
			buf_printf(&q->out, ",\"viewEntry\":%" PRIu64 "}", entry);
	}
	web_json(q, 200);
}

/* ---- entries ----------------------------------------------------------------------------------------------------------------------------- */

static bool is_text(struct slice s)
{
	if (!utf8_valid(s))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 && s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '\t')
			return false;
	return true;
}

static void entry(struct web_request *q, const char *rest)
{
	struct err e = {0};
	struct slice tail, num = slice_cut(slice_str(rest), '/', &tail);
	uint64_t seq;
	if (num_u64(num, 0, UINT64_MAX - 1, &seq) < 0 || (tail.p && !slice_eq_str(tail, "raw"))) {
		web_error(q, 404, "not-found", "Nothing is here.");
		return;
	}
	if (tail.p) {
		uint8_t kind;
		if (!web_may(q, MAY_RAW))
			return;
		if (keeper_raw(q->w->keeper, &q->who, seq, false, NULL, &kind, &q->out, &e) < 0) {
			buf_reset(&q->out);
			web_fail(q, &e);
			return;
		}
		q->status = 200;
		q->content_type = is_text(buf_slice(&q->out)) ? "text/plain; charset=utf-8" : "application/octet-stream";
		snprintf(q->disposition, sizeof q->disposition, "inline; filename=\"entry-%" PRIu64 ".txt\"", seq);
		return;
	}
	if (!web_may(q, MAY_CENSUS) && !(q->signed_in && (q->session.may & MAY_AUDIT)))
		return;
	struct keeper_entry en;
	AUTO_BUF struct buf proof = {0}, note = {0};
	buf_init(&proof, 1 << 20);
	buf_init(&note, 1 << 16);
	buf_reset(&q->out);
	q->status = 0;
	if (keeper_entry(q->w->keeper, seq, &en, &proof, &e) < 0 || keeper_checkpoint(q->w->keeper, &note, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	uint8_t zero[1 + LEDGER_LEAF_MAX], hash[SEAL_HASH];
	zero[0] = 0; /* RFC 6962 2.1: a leaf hash is SHA-256(0x00 || leaf) */
	memcpy(zero + 1, en.leaf_bytes, en.leaf_size);
	seal_sha256_once(slice_of(zero, en.leaf_size + 1), hash);
	struct jsonw w;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "seq", seq);
	jsonw_kstr(&w, "kind", ledger_kind_name(en.leaf.kind));
	jsonw_ku64(&w, "flags", en.leaf.flags);
	jsonw_ktime(&w, "time", en.leaf.time);
	jsonw_kstr(&w, "source", en.leaf.source);
	jsonw_ku64(&w, "size", en.leaf.size);
	buf_str(&q->out, ",\"commit\":\"");
	hex_put(&q->out, slice_of(en.leaf.commit, SEAL_HASH));
	buf_str(&q->out, "\",\"leafHash\":\"");
	hex_put(&q->out, slice_of(hash, sizeof hash));
	buf_str(&q->out, "\"");
	if (en.published)
		jsonw_kslice(&w, "proof", buf_slice(&proof));
	else {
		jsonw_key(&w, "proof");
		jsonw_null(&w);
		jsonw_ku64(&w, "publishedIn", 2);
	}
	jsonw_kslice(&w, "checkpoint", buf_slice(&note));
	jsonw_obj_end(&w);
	web_json(q, 200);
}

static void events(struct web_request *q)
{
	struct err e = {0};
	struct chart *c = web_may(q, MAY_BOARD) ? web_chart(q) : NULL;
	if (!c)
		return;
	const char *kind = web_query(q, "kind"), *who = web_query(q, "patient");
	int k = kind ? ledger_kind_parse(slice_str(kind)) : LEDGER_ALARM;
	bool open_kind = (k == LEDGER_GATE_ACT && q->session.may & MAY_GATE) || k == LEDGER_ALARM || k == LEDGER_QUARANTINE || k == LEDGER_CONFIG || k == LEDGER_SITE || k == LEDGER_PACK || k == LEDGER_REPACK;
	if (k < 0) {
		web_error(q, 400, "input", "There is no such kind.");
		return;
	}
	if (!open_kind && !web_may(q, MAY_AUDIT)) /* who looked at whom, who signed in: for those who may */
		return;
	if (!who)
		who = web_query(q, "user");
	struct chart_event *ev;
	size_t max = (size_t)web_number(q, "max", 100, 1000);
	if (k == LEDGER_GATE_ACT && who && !strncmp(who, "link/", 5)) /* letters about it, too: whatever names a link is about that link */
		k = 0;
	if (chart_events(c, (uint8_t)k, slice_str(who), web_number(q, "before", CHART_NOW, CHART_NOW), max, q->a, &ev, &e) < 0)
		web_fail(q, &e);
	else
		put_events(q, ev, max, false);
}

/* ---- what a person does ------------------------------------------------------------------------------------------------------------------- */

static void break_glass(struct web_request *q)
{
	if (!web_post_only(q) || !web_may(q, MAY_BREAK_GLASS))
		return;
	const struct json_node *b = web_body(q);
	const char *id = b ? web_text(q, b, "patient", 64, false) : NULL, *reason = id ? web_text(q, b, "reason", 500, false) : NULL;
	struct err e = {0};
	uint64_t entry_number;
	if (!reason)
		return;
	if (strlen(reason) < 8) {
		web_error(q, 400, "input", "Say the reason in a few words.");
		return;
	}
	if (keeper_break_glass(q->w->keeper, &q->who, id, reason, &entry_number, &e) < 0)
		web_fail(q, &e);
	else
		no_content(q);
}

static void print(struct web_request *q)
{
	if (!web_post_only(q) || (!(q->session.may & MAY_GATE) && !web_may(q, MAY_CENSUS)))
		return;
	const struct json_node *b = web_body(q);
	const char *what = b ? web_text(q, b, "what", 40, false) : NULL, *id = what ? web_text(q, b, "patient", 64, true) : NULL, *unit = id ? web_text(q, b, "unit", 64, true) : NULL;
	struct err e = {0};
	struct chart_moment now;
	uint64_t n = 0;
	struct chart *c = unit ? web_chart(q) : NULL;
	if (!c)
		return;
	if (chart_now(c, &now, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	char query[120];
	snprintf(query, sizeof query, "%s %s", what, unit);
	if (web_audit(q, "print", *id ? id : NULL, query, head_of(now), &n) < 0)
		return;
	buf_printf(&q->out, "{\"entry\":%" PRIu64 "}", n);
	web_json(q, 200);
}

/* The keeper's object as it is: {"users":[...]}. */
static void list_users(struct web_request *q)
{
	struct err e = {0};
	struct json_node *root;
	if (keeper_users(q->w->keeper, &q->who, &q->out, &e) < 0 || json_tree(buf_slice(&q->out), q->a, &root, &e) < 0 || !json_get(root, "users")) {
		buf_reset(&q->out);
		if (!e.code)
			err_set(&e, ERR_SYSTEM, NULL, "the keeper's list of accounts cannot be read");
		web_fail(q, &e);
		return;
	}
	web_json(q, 200);
}

static void users(struct web_request *q, const char *rest)
{
	struct err e = {0};
	if (!web_may(q, MAY_USERS))
		return;
	if (!*rest && q->method == WEB_GET) {
		list_users(q);
		return;
	}
	if (!web_post_only(q))
		return;
	const struct json_node *b = web_body(q);
	if (!b)
		return;
	if (!*rest) {
		const char *user = web_text(q, b, "user", USER_MAX - 1, false), *role = user ? web_text(q, b, "role", 20, false) : NULL;
		const char *whose = role ? web_text(q, b, "patient", 39, true) : NULL;
		char one_time[64];
		struct chart_patient *p = NULL;
		if (!whose)
			return;
		if (*whose) { /* whom the chart knows, by the name that it has for them */
			struct chart_moment now = {0};
			struct chart *c = web_chart(q);
			if (!c)
				return;
			if (chart_now(c, &now, &e) < 0 || chart_patient(c, slice_str(whose), now, q->a, &p, NULL, &e) < 0) {
				web_fail(q, &e);
				return;
			}
		}
		if (keeper_user_add(q->w->keeper, &q->who, user, role, p ? p->id : NULL, one_time, &e) < 0) {
			web_fail(q, &e);
			return;
		}
		struct jsonw w;
		jsonw_init(&w, &q->out);
		jsonw_obj(&w);
		jsonw_kstr(&w, "user", user);
		jsonw_kstr(&w, "password", one_time);
		jsonw_obj_end(&w);
		seal_wipe(one_time, sizeof one_time);
		web_json(q, 200);
		return;
	}
	char name[USER_MAX];
	const char *slash = strchr(rest + 1, '/');
	size_t n = slash ? (size_t)(slash - rest - 1) : 0;
	if (!n || n >= sizeof name || strcmp(slash, "/disable")) {
		web_error(q, 404, "not-found", "Nothing is here.");
		return;
	}
	memcpy(name, rest + 1, n);
	name[n] = 0;
	const char *reason = web_text(q, b, "reason", 500, false);
	if (!reason)
		return;
	if (keeper_user_disable(q->w->keeper, &q->who, name, reason, &e) < 0)
		web_fail(q, &e);
	else
		no_content(q);
}

/* ---- which is which -------------------------------------------------------------------------------------------------------------------------- */

void web_api(struct web_request *q, const char *path)
{
	static const struct {
		const char *path;
		void (*fn)(struct web_request *q);
	} fixed[] = {{"login", login}, {"logout", logout}, {"password", password}, {"session", session}, {"board", board}, {"span", span}, {"moment", moment}, {"units", units}, {"break-glass", break_glass}, {"print", print}};
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (!strcmp(path, fixed[i].path)) {
			fixed[i].fn(q);
			return;
		}
	if (!strcmp(path, "census") || !strcmp(path, "search"))
		web_rows(q, path[0] == 's');
	else if (!strcmp(path, "events"))
		events(q);
	else if (!strncmp(path, "gate", 4) && (!path[4] || path[4] == '/'))
		web_gate(q, path + 4);
	else if (!strncmp(path, "watch", 5) && (!path[5] || path[5] == '/'))
		web_watch(q, path + 5);
	else if (!strncmp(path, "packet", 6) && (!path[6] || path[6] == '/'))
		web_packet(q, path + 6);
	else if (!strcmp(path, "paper"))
		web_paper(q);
	else if (!strncmp(path, "paper/scan", 10) && (!path[10] || path[10] == '/'))
		web_scan(q, path + 10);
	else if (!strcmp(path, "contacts"))
		web_contacts(q);
	else if (!strcmp(path, "calls"))
		web_calls(q);
	else if (!strncmp(path, "registry", 8) && (!path[8] || path[8] == '/'))
		web_registry(q, path + 8);
	else if (!strncmp(path, "cases", 5) && (!path[5] || path[5] == '/'))
		web_scope(q, path + 5);
	else if (!strncmp(path, "station", 7) && (!path[7] || path[7] == '/'))
		web_station(q, path + 7);
	else if (!strcmp(path, "incident") || !strcmp(path, "plan"))
		web_incident(q, path[0] == 'p');
	else if (!strcmp(path, "audit"))
		web_audit_list(q);
	else if (!strncmp(path, "patient/", 8))
		patient(q, path + 8);
	else if (!strncmp(path, "entry/", 6))
		entry(q, path + 6);
	else if (!strncmp(path, "share/", 6))
		web_link_open(q, path + 6);
	else if (!strncmp(path, "home", 4) && (!path[4] || path[4] == '/'))
		web_home(q, path);
	else if (!strncmp(path, "live", 4) && (!path[4] || path[4] == '/'))
		web_live(q, path + 4);
	else if (!strcmp(path, "captures") || !strcmp(path, "beds") || !strcmp(path, "specimens") || (!strncmp(path, "capture", 7) && (!path[7] || path[7] == '/')))
		web_capture(q, path);
	else if (!strcmp(path, "downtime") || !strcmp(path, "downtime/reconcile") || !strncmp(path, "backload/", 9))
		web_downtime(q, path);
	else if (!strcmp(path, "ecgs"))
		web_ecgs(q);
	else if (!strncmp(path, "ecg", 3) && (!path[3] || path[3] == '/'))
		web_ecg(q, path + 3);
	else if (!strncmp(path, "users", 5) && (!path[5] || path[5] == '/'))
		users(q, path + 5);
	else
		web_error(q, 404, "not-found", "Nothing is here.");
}
