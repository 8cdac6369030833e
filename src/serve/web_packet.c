/* /api/packet: which units have words, and a unit's packet (packet.h): the one that the packets role keeps anew in SITE/packets/made, while it does; else one that is made when it is asked for. What was made for one PC of a ward goes
 * to its others, too: for two minutes as it is, and for half an hour while nothing has come that could change a chart. Each one that goes out is an entry first. */
#include "packet_role.h"
#include "web_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define KEPT_MAX 64                /* units whose newest packet is in memory */
#define FRESH (120 * TIME_SEC)     /* of the monotonic clock */
#define UNCHANGED (1800 * TIME_SEC)
#define BESIDE (60 * TIME_SEC)     /* by so much the role may be late with one that it keeps: others are in line before it */

struct kept {
	char unit[PACKET_UNIT_MAX + 1], sha256[2 * SEAL_HASH + 1];
	uint64_t entries;
	int64_t at, keyed; /* when it was made, of the monotonic clock; when the unit's words were */
	struct buf file;
};
struct web_packets {
	pthread_mutex_t lock;
	struct kept of[KEPT_MAX];
	size_t n;
};

static struct web_packets *packets_of(struct web *w)
{
	pthread_mutex_lock(&w->lock);
	if (!w->packets && (w->packets = calloc(1, sizeof *w->packets)))
		pthread_mutex_init(&w->packets->lock, NULL);
	struct web_packets *p = w->packets;
	pthread_mutex_unlock(&w->lock);
	return p;
}

/* ---- which units ---- */

static int put_unit(void *arg, const struct packet_key *k, struct err *e)
{
	struct jsonw *w = arg;
	(void)e;
	jsonw_obj(w);
	jsonw_kstr(w, "unit", k->unit);
	jsonw_ktime(w, "words", k->made);
	jsonw_obj_end(w);
	return 0;
}

static void list(struct web_request *q)
{
	struct jsonw w;
	struct err e = {0};
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "packets");
	jsonw_arr(&w);
	if (packet_key_each(q->web->role->sitefd, put_unit, &w, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* ---- one ---- */

static int ask_keeper(void *arg, struct slice json, struct buf *ret_note, struct err *e)
{
	struct web_request *q = arg;
	return keeper_packet(q->w->keeper, &q->who, json, ret_note, e);
}

/* A packet that goes out to another one of its ward, if it is good enough; with the lock. */
static struct kept *found(struct web_packets *p, const char *unit, uint64_t entries, int64_t keyed)
{
	int64_t now = time_monotonic();
	for (size_t i = 0; i < p->n; i++) {
		struct kept *k = &p->of[i];
		if (!strcmp(k->unit, unit))
			return k->keyed == keyed && now - k->at < (k->entries == entries ? UNCHANGED : FRESH) ? k : NULL;
	}
	return NULL;
}

/* The oldest gives way. With the lock. */
static struct kept *slot(struct web_packets *p, const char *unit)
{
	struct kept *k = NULL, *oldest = NULL;
	for (size_t i = 0; i < p->n; i++) {
		if (!strcmp(p->of[i].unit, unit))
			k = &p->of[i];
		if (!oldest || p->of[i].at < oldest->at)
			oldest = &p->of[i];
	}
	if (!k && p->n < KEPT_MAX)
		return &p->of[p->n++];
	k = k ? k : oldest;
	buf_done(&k->file);
	*k = (struct kept){.unit = ""};
	return k;
}

static bool given_has(struct web_request *q, const char *sha256)
{
	const char *given = web_header(q, "If-None-Match");
	snprintf(q->etag, sizeof q->etag, "\"%.32s\"", sha256);
	return given && strstr(given, q->etag);
}

/* The one that lies there, appended to file, where it is as new as is promised of those: the role that makes them looks at charts every few seconds, and in any case makes it anew after the site's minutes. */
static bool lies_there(struct web_request *q, const char *unit, uint64_t entries, int64_t keyed, struct buf *file, char sha256[2 * SEAL_HASH + 1])
{
	const struct role *r = q->web->role;
	struct packet_seal s;
	struct err quiet = {0};
	AUTO_BUF struct buf hex = {0};
	int64_t minutes = (int64_t)r->limits.packet_minutes * 60 * TIME_SEC, now = time_now();
	buf_init(&hex, 2 * SEAL_HASH + 1);
	if (packet_kept_read(r->sitefd, unit, file, &s, &quiet) < 0)
		return false;
	int64_t most = s.entries >= entries ? UNCHANGED : minutes ? minutes + BESIDE : FRESH;
	if (s.made < keyed || s.made > now + TIME_SEC || now - s.made > most)
		return false;
	hex_put(&hex, slice_of(s.sha256, sizeof s.sha256));
	snprintf(sha256, 2 * SEAL_HASH + 1, "%s", buf_cstr(&hex));
	return true;
}

/* That it goes out, before it does. */
static int fetched(struct web_request *q, const char *unit, const char *sha256, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	AUTO_BUF struct buf none = {0};
	struct jsonw w;
	buf_init(&b, 4096);
	buf_init(&none, 4096);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "fetch");
	jsonw_kstr(&w, "unit", unit);
	jsonw_kstr(&w, "sha256", sha256);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return keeper_packet(q->w->keeper, &q->who, buf_slice(&b), &none, e);
}

static int make(struct web_request *q, struct web_packets *p, const char *unit, uint64_t entries, int64_t keyed, char sha256[2 * SEAL_HASH + 1], struct err *e)
{
	AUTO_BUF struct buf file = {0};
	struct serve_packet_made made;
	struct role *r = q->web->role;
	const struct serve_packet ask = {.chart = web_chart(q), .sitefd = r->sitefd, .zone_minutes = r->zone_minutes, .hours = PACKET_HOURS_MAX, .drill = r->drill, .site_name = r->site_name, .unit = unit, .sign = ask_keeper, .arg = q};
	buf_init(&file, PACKET_MAX);
	int x = serve_packet_make(&ask, &file, &made, e);
	if (x < 0)
		return x;
	buf_add_slice(&q->out, buf_slice(&file));
	memcpy(sha256, made.sha256, sizeof made.sha256);
	pthread_mutex_lock(&p->lock);
	struct kept *k = slot(p, unit);
	*k = (struct kept){.entries = entries, .at = time_monotonic(), .keyed = keyed, .file = file};
	snprintf(k->unit, sizeof k->unit, "%s", unit);
	memcpy(k->sha256, made.sha256, sizeof k->sha256);
	pthread_mutex_unlock(&p->lock);
	file = (struct buf){0}; /* it is theirs */
	return 0;
}

/* One that need not be made now; its bytes are in q->out, but for whoever has them already. */
static bool at_hand(struct web_request *q, struct web_packets *p, const char *unit, uint64_t entries, int64_t keyed, char sha256[2 * SEAL_HASH + 1])
{
	AUTO_BUF struct buf file = {0};
	buf_init(&file, PACKET_MAX);
	if (lies_there(q, unit, entries, keyed, &file, sha256)) {
		if (!given_has(q, sha256))
			buf_add_slice(&q->out, buf_slice(&file));
		return true;
	}
	pthread_mutex_lock(&p->lock);
	const struct kept *k = found(p, unit, entries, keyed);
	if (k) {
		memcpy(sha256, k->sha256, sizeof k->sha256);
		if (!given_has(q, sha256))
			buf_add_slice(&q->out, buf_slice(&k->file));
	}
	pthread_mutex_unlock(&p->lock);
	return k;
}

static void answer(struct web_request *q, const char *unit)
{
	struct web_packets *p = packets_of(q->web);
	struct chart *c = web_chart(q);
	struct chart_moment at;
	struct packet_key key;
	struct err e = {0};
	char sha256[2 * SEAL_HASH + 1] = "", name[3 * PACKET_UNIT_MAX + 32];
	if (!c)
		return;
	int r = p ? packet_key_load(q->web->role->sitefd, unit, false, &key, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == ERR_NOT_FOUND)
		err_set(&e, r, NULL, "this unit has no words yet that open its packets: `holdfast packet key` makes them");
	if (r == 0)
		r = chart_now(c, &at, &e);
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	bool had = at_hand(q, p, unit, at.end, key.made, sha256);
	if (had && given_has(q, sha256)) {
		web_json(q, 304);
		return;
	}
	if (!had)
		r = make(q, p, unit, at.end, key.made, sha256, &e);
	if (r == 0)
		r = fetched(q, unit, sha256, &e);
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	(void)given_has(q, sha256);
	packet_file_name(unit, ".html", name, sizeof name);
	snprintf(q->disposition, sizeof q->disposition, "attachment; filename=\"%.120s\"", strlen(name) > 120 ? "packet.html" : name);
	q->content_type = "text/html; charset=utf-8";
	q->status = 200;
}

void web_packet(struct web_request *q, const char *rest)
{
	if (!(q->signed_in && q->session.may & MAY_STATION) && !web_may(q, MAY_CENSUS | MAY_CHART)) /* a station gets what it cannot open: that is sealed to the unit's words */
		return;
	if (q->method != WEB_GET && q->method != WEB_HEAD)
		web_error(q, 405, "method", "A packet is fetched with GET.");
	else if (!*rest)
		list(q);
	else
		answer(q, rest + 1);
}
