/* What the loopback answers: the station's page, its newest packet, and the capture API as the site's (doc/api.md), as far as it can be kept without the site. People sign in with their own PIN; who writes is who has signed in. */
#include "station_run.h"

#include <inttypes.h>
#include <stdlib.h>

#define SESSIONS 16
#define SESSION_IDLE (15 * 60 * TIME_SEC) /* monotonic */
#define TRIES 5                           /* wrong PINs in a row, of anybody: then a pause, which grows */

struct session {
	char id[33], csrf[33], user[STATION_NAME_MAX + 1];
	int64_t last;
};
struct station_sessions {
	uint16_t port;
	unsigned wrong;
	int64_t until;
	struct session v[SESSIONS];
};

struct station_sessions *station_sessions_new(uint16_t port)
{
	struct station_sessions *s = calloc(1, sizeof *s);
	if (s)
		s->port = port;
	return s;
}

struct asked {
	struct station *s;
	struct station_sessions *of;
	const struct station_http *q;
	struct slice body;
	struct buf *out, text; /* out: head and body; text: the body so far */
	struct session *who;
	struct arena *a;
	char cookie[160], name[128]; /* name: of a file to keep; empty: it is shown */
	bool done;
};

/* ---- answers ---- */

static void finish(struct asked *x, int status, const char *type, struct slice body)
{
	const char *word = status == 200 ? "OK" : status == 201 ? "Created" : status < 500 ? "No" : "Failed";
	buf_printf(x->out, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n", status, word, type, body.n);
	buf_str(x->out, "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n");
	if (strncmp(type, "text/html", 9) || slice_starts(body, "<!doctype html><!--station-->"))
		buf_str(x->out, "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n"); /* a packet has its own */
	if (x->name[0])
		buf_printf(x->out, "Content-Disposition: attachment; filename=\"%s\"\r\n", x->name);
	if (x->cookie[0])
		buf_printf(x->out, "Set-Cookie: %s\r\n", x->cookie);
	buf_str(x->out, "\r\n");
	if (strcmp(x->q->method, "HEAD"))
		buf_add_slice(x->out, body);
	x->done = true;
}

static void json(struct asked *x, int status)
{
	buf_u8(&x->text, '\n');
	finish(x, status, "application/json; charset=utf-8", buf_slice(&x->text));
}

static void no(struct asked *x, int status, const char *code, const char *fmt, ...) PRINTF_LIKE(4, 5);
static void no(struct asked *x, int status, const char *code, const char *fmt, ...)
{
	char text[700];
	struct jsonw w;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_reset(&x->text);
	jsonw_init(&w, &x->text);
	jsonw_obj(&w);
	jsonw_key(&w, "error");
	jsonw_obj(&w);
	jsonw_kstr(&w, "code", code);
	jsonw_kstr(&w, "text", text);
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	json(x, status);
}

static void failed(struct asked *x, const struct err *e)
{
	const char *word = e->code == ERR_EXISTS ? "exists" : e->code == ERR_DENIED ? "denied" : e->code == ERR_INPUT ? "input" : e->code == ERR_FULL ? "full" : e->code == ERR_LIMIT ? "limit" : "system";
	no(x, err_http(e->code), word, "%s%s%s", e->place, e->place[0] ? ": " : "", e->text);
}

static bool post_only(struct asked *x)
{
	if (!strcmp(x->q->method, "POST"))
		return true;
	no(x, 405, "method", "This is done with POST.");
	return false;
}

static const struct json_node *body_of(struct asked *x)
{
	struct json_node *n;
	struct err e = {0};
	if (json_tree(x->body, x->a, &n, &e) == 0 && n->type == JSON_OBJ)
		return n;
	no(x, 400, "input", "The body should be a JSON object.");
	return NULL;
}

/* ---- who ---- */

static void identify(struct asked *x)
{
	const char *at = strstr(x->q->cookie, "hf_station=");
	int64_t now = time_monotonic();
	if (!at || (at != x->q->cookie && at[-1] != ' ' && at[-1] != ';'))
		return;
	struct slice rest, id = slice_cut(slice_str(at + 11), ';', &rest);
	for (size_t i = 0; i < SESSIONS; i++) {
		struct session *s = &x->of->v[i];
		if (s->id[0] && now - s->last < SESSION_IDLE && id.n == 32 && seal_equal(id.p, s->id, 32)) {
			s->last = now;
			x->who = s;
		}
	}
}

static bool may_write(struct asked *x, bool changes)
{
	if (!x->who) {
		no(x, 401, "login", "Sign in first.");
		return false;
	}
	if (changes && (strlen(x->q->csrf) != 32 || !seal_equal(x->q->csrf, x->who->csrf, 32))) {
		no(x, 403, "csrf", "The page is out of date. Load it again.");
		return false;
	}
	return true;
}

static void draw(char out[33])
{
	uint8_t r[16];
	AUTO_BUF struct buf hex = {0};
	buf_init_secret(&hex, 64);
	seal_random(r, sizeof r);
	hex_put(&hex, slice_of(r, sizeof r));
	snprintf(out, 33, "%s", buf_cstr(&hex));
}

static void put_session(struct asked *x)
{
	struct jsonw w;
	char until[32];
	jsonw_init(&w, &x->text);
	jsonw_obj(&w);
	jsonw_kstr(&w, "user", x->who->user);
	jsonw_kstr(&w, "role", "station");
	jsonw_kstr(&w, "csrf", x->who->csrf);
	jsonw_kstr(&w, "expires", time_rfc3339(time_now() + SESSION_IDLE, 0, until));
	jsonw_kbool(&w, "mustChange", false);
	jsonw_key(&w, "site");
	jsonw_obj(&w);
	jsonw_kstr(&w, "name", x->s->is.name);
	jsonw_kstr(&w, "origin", x->s->site.vkey.name);
	jsonw_kstr(&w, "mode", "station");
	jsonw_obj_end(&w);
	jsonw_kstr(&w, "version", HOLDFAST_VERSION);
	jsonw_kstr(&w, "unit", x->s->is.unit);
	jsonw_kstr(&w, "station", x->s->site.key);
	jsonw_key(&w, "may");
	jsonw_arr(&w);
	jsonw_str(&w, "capture");
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	json(x, 200);
}

static void login(struct asked *x)
{
	const struct json_node *n = post_only(x) ? body_of(x) : NULL;
	int64_t now = time_monotonic();
	if (!n)
		return;
	if (now < x->of->until) {
		no(x, 429, "rate", "Too many tries. Wait %d seconds.", (int)((x->of->until - now) / TIME_SEC) + 1);
		return;
	}
	char user[STATION_NAME_MAX + 1] = "";
	struct slice name = json_text(n, "user");
	if (name.n && name.n < sizeof user)
		snprintf(user, sizeof user, "%.*s", SLICE_FMT(name));
	if (!station_person_ok(x->s, user, json_text(n, "password"))) {
		if (++x->of->wrong >= TRIES)
			x->of->until = time_monotonic() + (x->of->wrong < 20 ? x->of->wrong - TRIES + 1 : 15) * 10 * TIME_SEC;
		no(x, 401, "login", "Name or PIN is not right.");
		return;
	}
	x->of->wrong = 0;
	x->who = &x->of->v[0];
	for (size_t i = 1; i < SESSIONS; i++) /* the one that was not used for longest gives way */
		if (x->of->v[i].last < x->who->last)
			x->who = &x->of->v[i];
	*x->who = (struct session){.last = time_monotonic()};
	draw(x->who->id);
	draw(x->who->csrf);
	snprintf(x->who->user, sizeof x->who->user, "%s", user);
	snprintf(x->cookie, sizeof x->cookie, "hf_station=%s; Path=/; HttpOnly; SameSite=Strict", x->who->id);
	put_session(x);
}

static void logout(struct asked *x)
{
	if (!post_only(x) || !may_write(x, true))
		return;
	seal_wipe(x->who, sizeof *x->who);
	snprintf(x->cookie, sizeof x->cookie, "hf_station=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
	buf_str(&x->text, "{}");
	json(x, 200);
}

/* ---- what is written down ---- */

/* As it came, by who has signed in. */
static bool line_of(struct asked *x, const struct json_node *n, struct buf *out)
{
	struct slice by = json_text(n, "by");
	struct jsonw w;
	if (by.n && !slice_eq_str(by, x->who->user)) {
		no(x, 403, "by", "It is written down by who has signed in (%s). Who did it or ordered it stands in on_behalf_of.", x->who->user);
		return false;
	}
	jsonw_init(&w, out);
	jsonw_obj(&w);
	for (const struct json_node *i = n->child; i; i = i->next)
		if (!slice_eq_str(i->key, "by")) {
			jsonw_key_slice(&w, i->key);
			jsonw_raw(&w, i->raw);
		}
	if (!json_get(n, "unit"))
		jsonw_kstr(&w, "unit", x->s->is.unit);
	jsonw_kstr(&w, "by", x->who->user);
	jsonw_obj_end(&w);
	if (buf_ok(out))
		return true;
	no(x, 413, "limit", "That is more than one item may say.");
	return false;
}

/* Reads it as the core will, and asks what the core's page asks of people (web_capture.c). */
static bool reads(struct asked *x, struct slice line, struct capture *c)
{
	AUTO_BUF struct buf with = {0};
	struct err e = {0};
	struct fact_ident id;
	struct json_node *n;
	buf_init(&with, STATION_ITEM_MAX);
	if (json_tree(line, x->a, &n, &e) == 0 && !json_text(n, "id").n) { /* its id is given when it is kept */
		buf_str(&with, "{\"id\":\"AAAA-000001\",");
		buf_add(&with, line.p + 1, line.n - 1);
		line = arena_dup(x->a, buf_slice(&with));
	}
	if (capture_read(line, x->a, c, &e) < 0) {
		failed(x, &e);
		return false;
	}
	if (c->unknown) {
		no(x, 400, "unknown", "\"%.*s\" is no name that a %s has.", (int)(c->unknown_name.n > 64 ? 64 : c->unknown_name.n), (const char *)c->unknown_name.p, capture_kind_name(c->kind));
		return false;
	}
	if (!capture_changes_care(c) || c->identifiers >= 2 || c->withdraw)
		return true;
	capture_patient(c, &id);
	if (c->unidentified && slice_eq_str(id.assigner, DOWNTIME_ASSIGNER))
		return true;
	no(x, 400, "identifiers", "Two identifiers first: compare two of record number, birth date, name, visit and wristband with the patient, and say which.");
	return false;
}

static void capture(struct asked *x, bool only_check)
{
	AUTO_BUF struct buf line = {0}, kept = {0};
	struct capture c;
	struct err e = {0};
	struct jsonw w;
	struct json_node *k;
	bool there;
	buf_init(&line, STATION_ITEM_MAX);
	buf_init(&kept, STATION_ITEM_MAX);
	if (!post_only(x) || !may_write(x, true))
		return;
	const struct json_node *n = body_of(x);
	if (!n || !line_of(x, n, &line) || !reads(x, buf_slice(&line), &c))
		return;
	jsonw_init(&w, &x->text);
	if (only_check) { /* what was given before, and to what somebody is allergic, stands in the packet: sealed */
		jsonw_obj(&w);
		if (c.kind == CAPTURE_GIVEN) {
			jsonw_kstr(&w, "verdict", "unknown");
			jsonw_kbool(&w, "feedSilent", true);
			jsonw_kbool(&w, "allergiesNotReceived", true);
		}
		jsonw_kbool(&w, "unknown", true);
		jsonw_key(&w, "persons");
		jsonw_arr(&w);
		jsonw_arr_end(&w);
		jsonw_obj_end(&w);
		json(x, 200);
		return;
	}
	if (station_put(x->s, buf_slice(&line), &kept, &there, &e) < 0 || json_tree(buf_slice(&kept), x->a, &k, &e) < 0) {
		failed(x, &e);
		return;
	}
	jsonw_obj(&w);
	jsonw_kslice(&w, "id", json_text(k, "id"));
	jsonw_ktime(&w, "time", time_now());
	jsonw_kbool(&w, "duplicate", there);
	jsonw_kbool(&w, "applied", false);
	jsonw_kbool(&w, "queued", true);
	jsonw_obj_end(&w);
	json(x, there ? 200 : 201);
}

struct listing {
	struct jsonw *w;
	uint64_t sent;
};

static int put_item(void *arg, const struct station_record *r, struct err *e)
{
	struct listing *l = arg;
	(void)e;
	if (r->is_number)
		return 0;
	jsonw_obj(l->w);
	jsonw_ku64(l->w, "n", r->n);
	jsonw_kstr(l->w, "state", r->n <= l->sent ? "brought" : "queued");
	jsonw_key(l->w, "item");
	jsonw_raw(l->w, r->bytes);
	jsonw_obj_end(l->w);
	return 0;
}

static void captures(struct asked *x)
{
	struct listing l = {0};
	struct jsonw w;
	struct err e = {0};
	if (!may_write(x, false))
		return;
	if (station_sent(x->s, &l.sent, &e) < 0) {
		failed(x, &e);
		return;
	}
	l.w = &w;
	jsonw_init(&w, &x->text);
	jsonw_obj(&w);
	jsonw_kbool(&w, "station", true);
	jsonw_key(&w, "items");
	jsonw_arr(&w);
	int r = station_each(x->s, x->s->records > 1000 ? x->s->records - 1000 : 0, put_item, &l, &e); /* the newest */
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (r < 0)
		failed(x, &e);
	else
		json(x, 200);
}

static void number(struct asked *x)
{
	char got[DOWNTIME_NUMBER_MAX];
	struct err e = {0};
	struct jsonw w;
	if (!post_only(x) || !may_write(x, true))
		return;
	if (station_number(x->s, got, &e) < 0) {
		failed(x, &e);
		return;
	}
	jsonw_init(&w, &x->text);
	jsonw_obj(&w);
	jsonw_kstr(&w, "number", got);
	jsonw_obj_end(&w);
	json(x, 201);
}

/* What the site has not said it has, sealed to it: for a stick, where the network never comes. That it was taken away changes nothing here: it waits until the site says so. */
static void export(struct asked *x)
{
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	uint64_t from, to, items;
	buf_init(&b, STATION_FILE_MAX);
	if (!may_write(x, false))
		return;
	if (station_sent(x->s, &from, &e) < 0 || station_export(x->s, from, 0, &b, &to, &items, &e) < 0) {
		failed(x, &e);
		return;
	}
	if (!items) {
		no(x, 404, "nothing", "The site has all that was written down here.");
		return;
	}
	snprintf(x->name, sizeof x->name, "%.64s.holdfast", x->s->site.key);
	finish(x, 200, "application/octet-stream", buf_slice(&b));
}

/* ---- pages ---- */

static void packet(struct asked *x, const char *name)
{
	AUTO_BUF struct buf file = {0};
	struct packet_seal seal;
	struct err e = {0};
	buf_init(&file, PACKET_MAX);
	if ((name ? station_packet_read(x->s, name, &file, &seal, &e) : station_packet_newest(x->s, &file, &seal, &e)) < 0)
		failed(x, &e);
	else
		finish(x, 200, "text/html; charset=utf-8", buf_slice(&file));
}

static void newest(struct asked *x) { packet(x, NULL); }

static void put_packet(struct asked *x, const struct station_packet *p, int64_t now, struct jsonw *w)
{
	AUTO_BUF struct buf file = {0};
	struct packet_seal seal = {.made = p->made};
	struct err quiet = {0};
	buf_init(&file, PACKET_MAX);
	bool fits = station_packet_read(x->s, p->name, &file, &seal, &quiet) == 0;
	jsonw_obj(w);
	jsonw_kstr(w, "name", p->name);
	jsonw_kbool(w, "verified", fits);
	jsonw_ktime(w, "made", fits ? seal.made : p->made);
	jsonw_ki64(w, "ageSeconds", (now - p->made) / TIME_SEC);
	if (fits) {
		jsonw_ktime(w, "validUntil", seal.until);
		jsonw_kbool(w, "expired", now > seal.until);
		jsonw_ku64(w, "entries", seal.entries);
	}
	jsonw_ku64(w, "bytes", p->bytes);
	jsonw_obj_end(w);
}

/* Each read and verified for this list, and again when it is opened: a dozen files of a megabyte or two take some hundredths of a second. */
static void packets(struct asked *x)
{
	struct station_packet v[STATION_PACKETS_MAX];
	struct jsonw w;
	struct err e = {0};
	size_t n = 0;
	int64_t now = time_now();
	if (station_packets(x->s, v, &n, &e) < 0) {
		failed(x, &e);
		return;
	}
	jsonw_init(&w, &x->text);
	jsonw_obj(&w);
	jsonw_key(&w, "packets");
	jsonw_arr(&w);
	for (size_t i = 0; i < n; i++)
		put_packet(x, &v[i], now, &w);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	json(x, 200);
}

static void put_html(struct buf *b, const char *s)
{
	for (; *s; s++)
		if (*s == '<')
			buf_str(b, "&lt;");
		else if (*s == '&')
			buf_str(b, "&amp;");
		else
			buf_u8(b, (uint8_t)*s);
}

static void put_when(struct buf *b, int64_t seconds)
{
	if (seconds < 0)
		buf_str(b, "?");
	else if (seconds < 7200)
		buf_printf(b, "%" PRId64 " min", seconds / 60);
	else
		buf_printf(b, "%" PRId64 " h %02" PRId64 " min", seconds / 3600, seconds / 60 % 60);
}

/* Where the program was built without the page: read at arm's length, in three languages at once, whoever stands there reads one of them. */
static void plain(struct asked *x);
static void home(struct asked *x)
{
	struct slice face = station_face();
	if (face.n)
		finish(x, 200, "text/html; charset=utf-8", face);
	else
		plain(x);
}

static void plain(struct asked *x)
{
	struct packet_seal seal = {.made = 0};
	struct station_contact c = {0};
	struct err e = {0};
	AUTO_BUF struct buf file = {0};
	struct buf *b = &x->text;
	int64_t now = time_now();
	char made[32];
	buf_init(&file, PACKET_MAX);
	bool have = station_packet_newest(x->s, &file, &seal, &e) == 0;
	(void)!station_contact_read(x->s, &c, &e);
	buf_str(b, "<!doctype html><!--station--><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"30\"><title>");
	put_html(b, x->s->is.unit);
	buf_str(b, "</title><style>body{font:1.5rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}h1{font-size:3rem;margin:0}p{margin:.6rem 0}.bad{border:.3rem solid #b00;padding:1rem;font-weight:700}a{display:inline-block;font-size:2rem;padding:.5rem 1rem;border:.2rem solid}</style><h1>");
	put_html(b, x->s->is.unit);
	buf_str(b, "</h1>");
	if (!have)
		buf_str(b, "<p class=\"bad\">NO PACKET HAS COME: use paper. &middot; AUCUN PAQUET N\xe2\x80\x99""EST ARRIV\xc3\x89 : utilisez le papier. &middot; <span lang=\"zh\">\xe5\xb0\x9a\xe6\x9c\xaa\xe6\x94\xb6\xe5\x88\xb0\xe7\x97\x85\xe5\x8c\xba\xe5\x8c\x85\xef\xbc\x9a\xe8\xaf\xb7\xe7\x94\xa8\xe7\xba\xb8\xe8\xb4\xa8\xe8\xae\xb0\xe5\xbd\x95\xe3\x80\x82</span></p>");
	if (have && now > seal.until)
		buf_str(b, "<p class=\"bad\">THE PACKET HAS EXPIRED &middot; LE PAQUET A EXPIR\xc3\x89 &middot; <span lang=\"zh\">\xe7\x97\x85\xe5\x8c\xba\xe5\x8c\x85\xe5\xb7\xb2\xe8\xbf\x87\xe6\x9c\x9f</span></p>");
	if (have) {
		buf_printf(b, "<p>Packet of %s, made ", time_rfc3339(seal.made, 0, made));
		put_when(b, (now - seal.made) / TIME_SEC);
		buf_str(b, " ago; its signature fits. &middot; Paquet fait il y a ");
		put_when(b, (now - seal.made) / TIME_SEC);
		buf_str(b, "; sa signature est bonne. &middot; <span lang=\"zh\">\xe7\x97\x85\xe5\x8c\xba\xe5\x8c\x85\xe5\x88\xb6\xe4\xbd\x9c\xe4\xba\x8e ");
		put_when(b, (now - seal.made) / TIME_SEC);
		buf_str(b, " \xe5\x89\x8d\xef\xbc\x9b\xe7\xad\xbe\xe5\x90\x8d\xe6\x9c\x89\xe6\x95\x88\xe3\x80\x82</span></p><p><a href=\"/packet\">Open &middot; Ouvrir &middot; <span lang=\"zh\">\xe6\x89\x93\xe5\xbc\x80</span></a></p>");
	}
	buf_str(b, "<p>");
	if (c.heard) {
		buf_str(b, "Site heard ");
		put_when(b, (now - c.heard) / TIME_SEC);
		buf_str(b, " ago &middot; Site entendu il y a ");
		put_when(b, (now - c.heard) / TIME_SEC);
		buf_str(b, " &middot; <span lang=\"zh\">\xe6\x9c\x80\xe8\xbf\x91\xe4\xb8\x80\xe6\xac\xa1\xe8\x81\x94\xe7\xb3\xbb\xe4\xb8\xad\xe5\xbf\x83\xef\xbc\x9a");
		put_when(b, (now - c.heard) / TIME_SEC);
		buf_str(b, " \xe5\x89\x8d</span>");
	} else {
		buf_str(b, "The site was never heard &middot; Site jamais entendu &middot; <span lang=\"zh\">\xe4\xbb\x8e\xe6\x9c\xaa\xe8\x81\x94\xe7\xb3\xbb\xe4\xb8\x8a\xe4\xb8\xad\xe5\xbf\x83</span>");
	}
	buf_str(b, "</p>");
	if (x->s->discarded[0]) {
		buf_str(b, "<p class=\"bad\">NOTHING CAN BE WRITTEN HERE ANY MORE &middot; ON NE PEUT PLUS RIEN \xc3\x89""CRIRE ICI &middot; <span lang=\"zh\">\xe6\xad\xa4\xe5\xa4\x84\xe4\xb8\x8d\xe8\x83\xbd\xe5\x86\x8d\xe8\xae\xb0\xe5\xbd\x95</span>: ");
		put_html(b, x->s->discarded);
		buf_str(b, "</p>");
	}
	finish(x, 200, "text/html; charset=utf-8", buf_slice(b));
}

static void status(struct asked *x)
{
	struct jsonw w;
	jsonw_init(&w, &x->text);
	station_put_status(x->s, &w);
	json(x, 200);
}

static void session(struct asked *x)
{
	if (may_write(x, false))
		put_session(x);
}

/* /packet/NAME: names have '%' in them where the unit's has other letters, and a browser writes that as %25. */
static void one(struct asked *x, const char *s)
{
	char name[sizeof x->q->path] = "";
	for (size_t n = 0; *s && n + 1 < sizeof name; n++) {
		uint8_t c;
		bool coded = s[0] == '%' && s[1] && s[2] && hex_get(&c, 1, slice_of(s + 1, 2)) == 0;
		name[n] = coded ? (char)c : *s;
		s += coded ? 3 : 1;
	}
	packet(x, name);
}

static void check(struct asked *x) { capture(x, true); }
static void keep(struct asked *x) { capture(x, false); }

static const struct {
	const char *path;
	void (*run)(struct asked *x);
} routes[] = {{"/", home}, {"/packet", newest}, {"/api/packets", packets}, {"/api/export", export}, {"/api/status", status}, {"/api/session", session}, {"/api/login", login}, {"/api/logout", logout}, {"/api/capture", keep}, {"/api/capture/check", check}, {"/api/captures", captures}, {"/api/number", number}};

void station_answer(struct station *s, struct station_sessions *of, const struct station_http *q, struct slice body, struct buf *out)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct asked x = {.s = s, .of = of, .q = q, .body = body, .out = out, .a = a};
	buf_init(&x.text, (size_t)64 << 20);
	bool known = !strcmp(q->method, "GET") || !strcmp(q->method, "HEAD") || !strcmp(q->method, "POST");
	if (!station_http_own(q, of->port))
		no(&x, 403, "origin", "This page is for this PC, at its own address.");
	else if (!a)
		no(&x, 503, "memory", "Try again in a moment.");
	else if (!known)
		no(&x, 405, "method", "Nothing is done that way.");
	if (!x.done)
		identify(&x);
	for (size_t i = 0; !x.done && i < ARRAY_LEN(routes); i++)
		if (!strcmp(q->path, routes[i].path))
			routes[i].run(&x);
	if (!x.done && !strncmp(q->path, "/packet/", 8))
		one(&x, q->path + 8);
	if (!x.done)
		no(&x, 404, "not-found", "Nothing is here.");
	buf_done(&x.text);
}
