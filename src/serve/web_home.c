/* For accounts at home (role patient): what this account has sent, what became of it in plain words, and handing in more. The account is bound to one person of the chart, and the keeper takes and gives nothing else for it;
 * no other address below /api answers such an account (web_route.c). */
#include "web_internal.h"
#include "ecg.h"

#include <inttypes.h>
#include <stdio.h>

#define LIST_MAX 200
#define NOTE_MAX 4000

static int person(struct web_request *q, struct chart_patient **ret)
{
	struct err e = {0};
	struct chart_moment now;
	struct chart *c = web_chart(q);
	if (!c)
		return ERR_BUSY;
	int r = chart_now(c, &now, &e);
	if (r == 0)
		r = chart_patient(c, slice_str(q->session.person), now, q->a, ret, NULL, &e);
	if (r == ERR_NOT_FOUND)
		web_error(q, 503, "busy", "The clinic's charts are being made ready. Your recordings are safe; come back in a while.");
	else if (r < 0)
		web_fail(q, &e);
	return r;
}

static struct slice name_part(const struct chart_patient *p, size_t part)
{
	return p->demographics ? fact_part(fact_get(p->demographics->fact, FF_NAME), part) : SLICE_NULL;
}

static struct slice demographic(const struct chart_patient *p, uint8_t f)
{
	return p->demographics ? fact_get(p->demographics->fact, f) : SLICE_NULL;
}

/* ---- the list ---- */

/* Of this person as far as anybody knows: a reading of what was found to be somebody else's is not theirs to see. */
static bool not_anothers(const struct chart_ecg *g, const struct chart_patient *p)
{
	return !g->patient || !strcmp(g->patient->id, p->id);
}

static bool is_read(const struct chart_ecg *g, const struct chart_patient *p)
{
	return (g->reading == CHART_ECG_SIGNED || g->reading == CHART_ECG_AMENDED) && not_anothers(g, p);
}

static void put_text(struct jsonw *w, struct slice code, struct slice text)
{
	if (!text.n)
		return;
	jsonw_obj(w);
	jsonw_kslice(w, "code", code);
	jsonw_kslice(w, "text", text);
	jsonw_obj_end(w);
}

static void put_statements(struct jsonw *w, const struct chart_ecg *g)
{
	const struct json_node *list = g->stands ? json_get(g->stands, "statements") : NULL;
	for (const struct json_node *s = list ? list->child : NULL; s; s = s->next)
		put_text(w, json_text(s, "code"), json_text(s, "text"));
	put_text(w, SLICE_NULL, g->stands ? json_text(g->stands, "comment") : SLICE_NULL);
	for (const struct chart_ecg_act *x = g->stands ? g->acts : NULL; x; x = x->next)
		if (x->counts && slice_eq_str(x->act, "addend") && x->time >= g->signed_at)
			put_text(w, SLICE_NULL, json_text(x->node, "text"));
}

/* What was written with it, and later by this account. */
static void put_note(struct web_request *q, struct jsonw *w, const struct chart_ecg *g)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_add_slice(&b, fact_get(g->fact, FF_TEXT));
	for (const struct chart_ecg_act *x = g->acts; x; x = x->next) {
		if (!slice_eq_str(x->act, "note") || !slice_eq_str(x->by, q->session.user))
			continue;
		if (b.n)
			buf_u8(&b, '\n');
		buf_add_slice(&b, json_text(x->node, "text"));
	}
	jsonw_kslice(w, "note", buf_slice(&b));
}

static void put_one(struct web_request *q, struct jsonw *w, const struct chart_ecg *g, const struct chart_patient *p)
{
	struct slice time = fact_get(g->fact, FF_TIME), device = fact_get(g->fact, FF_DEVICE), seconds = fact_get(g->fact, FF_SECONDS);
	bool read = is_read(g, p);
	jsonw_obj(w);
	jsonw_ku64(w, "entry", g->entry);
	jsonw_kslice(w, "recorded", time.n ? time : fact_get(g->fact, FF_RECORDED));
	jsonw_ktime(w, "received", g->received);
	jsonw_kslice(w, "device", fact_part(device, 0).n ? fact_part(device, 0) : fact_part(device, 1));
	jsonw_key(w, "seconds");
	if (seconds.n && num_is_decimal(seconds))
		jsonw_raw(w, seconds);
	else
		jsonw_null(w);
	jsonw_kstr(w, "status", read ? "read" : g->unreadable || g->reading == CHART_ECG_REJECTED ? "could not be used" : g->review ? "waiting for reading" : "received");
	jsonw_kbool(w, "unreadable", g->unreadable);
	jsonw_key(w, "statementsIfSigned");
	jsonw_arr(w);
	if (read)
		put_statements(w, g);
	jsonw_arr_end(w);
	put_note(q, w, g);
	jsonw_kbool(w, "review", g->review);
	jsonw_obj_end(w);
}

static void put_person(struct jsonw *w, const struct chart_patient *p)
{
	AUTO_BUF struct buf name = {0};
	struct slice family = name_part(p, FN_FAMILY), given = name_part(p, FN_GIVEN), birth = demographic(p, FF_BIRTH);
	buf_init(&name, 1 << 16);
	buf_add_slice(&name, family);
	if (family.n && given.n)
		buf_str(&name, ", ");
	buf_add_slice(&name, given);
	jsonw_obj(w);
	jsonw_kstr(w, "id", p->id);
	jsonw_kslice(w, "name", buf_slice(&name));
	jsonw_kslice(w, "birth", birth.n > 10 ? slice_of(birth.p, 10) : birth);
	jsonw_kslice(w, "sex", demographic(p, FF_SEX));
	jsonw_kslice(w, "recordNumber", p->ident_count ? p->idents[0].value : SLICE_NULL);
	jsonw_obj_end(w);
}

static void list(struct web_request *q)
{
	struct err e = {0};
	struct chart_patient *p;
	struct chart_ecg *g;
	struct chart_moment now;
	struct jsonw w;
	uint64_t next, entry;
	if (person(q, &p) < 0)
		return;
	struct chart_ecgs_ask ask = {.list = CHART_ECG_LIST_ALL, .user = slice_str(q->session.user), .only_sent = true, .before = web_number(q, "before", CHART_NOW, CHART_NOW), .max = (size_t)web_number(q, "max", LIST_MAX, LIST_MAX)};
	ask.max += !ask.max; /* none is not all */
	if (chart_now(web_chart(q), &now, &e) < 0 || chart_ecgs(web_chart(q), &ask, q->a, &g, &next, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "patient");
	put_person(&w, p);
	jsonw_key(&w, "ecgs");
	jsonw_arr(&w);
	for (; g; g = g->next)
		put_one(q, &w, g, p);
	jsonw_arr_end(&w);
	jsonw_key(&w, "next");
	if (next == CHART_NOW)
		jsonw_null(&w);
	else
		jsonw_u64(&w, next);
	jsonw_obj_end(&w);
	if (web_unchanged(q, now))
		return;
	if (web_audit(q, "view", p->id, "home", UINT64_MAX, &entry) == 0)
		web_json(q, 200);
}

/* ---- handing in ---- */

static void hand_in(struct web_request *q)
{
	struct chart_patient *p;
	struct keeper_stored s;
	if (person(q, &p) < 0)
		return;
	struct slice birth = demographic(p, FF_BIRTH);
	struct ecg_sent sent = {.via = SLICE("home"), .patient = slice_str(q->session.person), .by = slice_str(q->session.user)};
	sent.claimed = (struct ecg_person){.family = name_part(p, FN_FAMILY), .given = name_part(p, FN_GIVEN), .birth = birth.n > 10 ? slice_of(birth.p, 10) : birth, .sex = demographic(p, FF_SEX)};
	if (p->ident_count) {
		sent.claimed.id = p->idents[0].value;
		sent.claimed.assigner = p->idents[0].assigner;
	}
	if (web_ecg_take(q, &sent, &s) < 0)
		return;
	struct jsonw w;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entry", s.seq);
	jsonw_ktime(&w, "time", s.time);
	jsonw_kbool(&w, "duplicate", s.duplicate);
	jsonw_obj_end(&w);
	web_json(q, s.duplicate ? 200 : 201);
}

/* ---- one of them ---- */

/* Sent by this very account: to anybody else's there is the same answer as to none. */
static int own(struct web_request *q, uint64_t entry, struct chart_ecg **ret)
{
	struct err e = {0};
	struct chart *c = web_chart(q);
	if (!c)
		return ERR_BUSY;
	int r = chart_ecg(c, entry, q->a, ret, &e);
	if (r < 0 && r != ERR_NOT_FOUND) {
		web_fail(q, &e);
		return r;
	}
	if (r == 0 && slice_starts((*ret)->source, "ecg/") && slice_eq_str((*ret)->by, q->session.user))
		return 0;
	web_error(q, 404, "not-found", "This account has sent no recording of that number.");
	return ERR_NOT_FOUND;
}

static void say(struct web_request *q, uint64_t entry, const char *act, const char *member, bool may_lack)
{
	struct err e = {0};
	struct json_node *b;
	struct jsonw w;
	struct keeper_stored s;
	AUTO_BUF struct buf json = {0};
	if (json_tree(buf_slice(&q->body), q->a, &b, &e) < 0 || b->type != JSON_OBJ) {
		web_error(q, 400, "input", "The body should be a JSON object.");
		return;
	}
	struct slice text = slice_trim(json_text(b, member));
	bool bad = text.n > NOTE_MAX || !utf8_valid(text) || (!text.n && !may_lack);
	for (size_t i = 0; i < text.n; i++)
		bad = bad || (text.p[i] < 0x20 && text.p[i] != '\n' && text.p[i] != '\t');
	if (bad) {
		web_error(q, 400, "input", "There is no text, or it is longer than %d bytes, or has control characters in it.", NOTE_MAX);
		return;
	}
	buf_init(&json, WEB_BODY_MAX);
	jsonw_init(&w, &json);
	jsonw_obj(&w);
	jsonw_kstr(&w, "act", act);
	jsonw_ku64(&w, "ecg", entry);
	jsonw_kstr(&w, "by", q->session.user);
	jsonw_kslice_opt(&w, member, text);
	jsonw_obj_end(&w);
	if (keeper_ecg_act(q->w->keeper, &q->who, SLICE_NULL, buf_slice(&json), true, &s, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	buf_printf(&q->out, "{\"entry\":%" PRIu64 "}", s.seq);
	web_json(q, 200);
}

static void one(struct web_request *q, const char *rest)
{
	struct slice what, number = slice_cut(slice_str(rest), '/', &what);
	struct chart_ecg *g;
	struct chart_patient *p;
	uint64_t entry;
	bool post = q->method == WEB_POST;
	bool note = slice_eq_str(what, "note"), review = slice_eq_str(what, "review"), wave = slice_eq_str(what, "wave"), report = slice_eq_str(what, "report.pdf");
	if (num_u64(number, 0, UINT64_MAX - 1, &entry) < 0 || !(note || review || wave || report)) {
		web_error(q, 404, "not-found", "Nothing is here.");
		return;
	}
	if ((note || review) != post || (!post && q->method != WEB_GET && q->method != WEB_HEAD)) {
		q->allow = note || review ? "POST" : "GET, HEAD";
		web_error(q, 405, "method", "Not with this method.");
		return;
	}
	if (own(q, entry, &g) < 0 || person(q, &p) < 0)
		return;
	if (note)
		say(q, entry, "note", "text", false);
	else if (review)
		say(q, entry, "review-request", "note", true);
	else if (!not_anothers(g, p))
		web_error(q, 403, "denied", "The clinic has found that this recording is not of the person of this account.");
	else
		web_ecg_show_home(q, g, wave ? "wave" : "report.pdf");
}

/* path: "home" and what follows */
void web_home(struct web_request *q, const char *path)
{
	if (!web_may(q, MAY_HOME))
		return;
	if (!strcmp(path, "home") && (q->method == WEB_GET || q->method == WEB_HEAD))
		list(q);
	else if (!strcmp(path, "home/ecg") && q->method == WEB_POST)
		hand_in(q);
	else if (!strncmp(path, "home/ecg/", 9))
		one(q, path + 9);
	else if (!strcmp(path, "home") || !strcmp(path, "home/ecg")) {
		q->allow = path[4] ? "POST" : "GET, HEAD";
		web_error(q, 405, "method", "Not with this method.");
	} else
		web_error(q, 404, "not-found", "Nothing is here.");
}
