/* The packets role: each unit that has words has its packet lie in SITE/packets/made, made anew when a chart of the unit has changed (but not more often than the site's setting says), and else every few minutes, so that what it
 * says of silent feeds is as old as that at most.
 *
 * It reads the view as any reader does, knows no secret, and has each packet signed by the keeper, which makes the entry. One unit after the other, in bounded memory, behind everybody else (nice 15). A unit that fails keeps no other
 * waiting: it is tried again after a pause that grows, and the keeper is told, for the board. A packet that shows more of the ledger than the view does at the moment (the view is being made anew, or stands at a chosen entry) is
 * left as it is: an older look never takes a newer one's place.
 *
 * What "changed" means: whoever is in the unit, their line of the census, or when something about one of them last came is another than when the packet was made. What none of that shows (a list of contacts; a signature under an
 * ECG) is in the next packet that is made anyway. */
#include "packet_role.h"
#include "sandbox.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_MOST ((rlim_t)1 << 30)  /* of data; a unit of forty beds takes a fiftieth of it */
#define CENSUS_MEMORY ((size_t)512 << 20)
#define LOOK_EVERY (5 * TIME_SEC)
#define SAY_EVERY (30 * TIME_SEC)      /* to a keeper that may have been started again */
#define FIRST_SIZE ((uint64_t)2 << 20) /* of a packet whose size nobody knows yet */
#define WITHOUT_MAX 64

struct packets {
	struct role *r;
	struct keeper_client *keeper;
	struct chart *chart;
	struct packet_kept kept;
	struct note_vkey vkey;
	struct packet_pace pace;
	struct packet_unit *v;
	size_t n;
	uint64_t looked_end;             /* entries that the view had when charts were last compared; UINT64_MAX: never */
	char without[WITHOUT_MAX][PACKET_UNIT_MAX + 1]; /* units with patients and without words */
	size_t without_n;
	struct err broken;               /* a key that cannot be read */
	struct buf said;
	int64_t said_at;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop, idle;
};

static bool stopping(struct packets *p)
{
	pthread_mutex_lock(&p->lock);
	bool stop = p->stop;
	pthread_mutex_unlock(&p->lock);
	return stop;
}

/* ---- which units ---- */

static struct packet_unit *find(struct packets *p, struct slice unit)
{
	for (size_t i = 0; i < p->n; i++)
		if (slice_eq_str(unit, p->v[i].unit))
			return &p->v[i];
	return NULL;
}

static int list_unit(void *arg, const struct packet_key *k, struct err *e)
{
	struct packets *p = arg;
	struct packet_unit *u = find(p, slice_str(k->unit));
	(void)e;
	if (!u && p->n < PACKET_UNITS_MAX) {
		u = &p->v[p->n++];
		*u = (struct packet_unit){.unit = ""};
		memcpy(u->unit, k->unit, sizeof u->unit);
		packet_kept_load(&p->kept, &p->vkey, u, time_monotonic(), time_now());
		p->looked_end = UINT64_MAX;
	}
	if (!u)
		return 0;
	u->listed = true;
	u->keyed = k->made;
	return 0;
}

static void list_units(struct packets *p)
{
	for (size_t i = 0; i < p->n; i++)
		p->v[i].listed = false;
	p->broken = (struct err){0};
	(void)!packet_key_each(p->r->sitefd, list_unit, p, &p->broken);
}

/* ---- whose charts have changed ---- */

static void mark_row(struct packet_unit *u, const struct chart_row *x, struct buf *b)
{
	const struct slice s[] = {slice_str(x->id), x->name_family, x->name_given, x->birth, x->sex, x->number, x->assigner, x->place.facility, x->place.unit, x->place.room, x->place.bed, x->place.text, x->visit, x->visit_class, x->status, x->since, x->attending, x->alerts};
	buf_reset(b);
	buf_add(b, u->mark_now, sizeof u->mark_now);
	for (size_t i = 0; i < ARRAY_LEN(s); i++) {
		buf_u32le(b, (uint32_t)s[i].n);
		buf_add_slice(b, s[i]);
	}
	buf_u64le(b, (uint64_t)x->received);
	buf_u8(b, (uint8_t)x->origin);
	buf_u8(b, (uint8_t)x->allergy_state);
	buf_u8(b, (uint8_t)(x->lookalike | x->merged << 1 | x->incomplete << 2 | x->is_protected << 3 | x->test << 4 | x->deceased << 5));
	seal_sha256_once(buf_slice(b), u->mark_now);
}

static void no_words(struct packets *p, struct slice unit)
{
	if (packet_unit_check(unit, NULL) < 0 || p->without_n == WITHOUT_MAX)
		return;
	for (size_t i = 0; i < p->without_n; i++)
		if (slice_eq_str(unit, p->without[i]))
			return;
	memcpy(p->without[p->without_n], unit.p, unit.n);
	p->without[p->without_n++][unit.n] = 0;
}

static int compare(struct packets *p, struct chart_moment at, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(CENSUS_MEMORY);
	AUTO_BUF struct buf b = {0};
	struct chart_row *list;
	size_t n;
	buf_init(&b, 1 << 20);
	int r = a ? chart_census(p->chart, at, SLICE_NULL, a, &list, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	for (size_t i = 0; i < p->n; i++)
		memset(p->v[i].mark_now, 0, SEAL_HASH);
	p->without_n = 0;
	for (const struct chart_row *x = list; x; x = x->next) {
		struct packet_unit *u = find(p, x->place.unit);
		if (u && u->listed)
			mark_row(u, x, &b);
		else
			no_words(p, x->place.unit);
	}
	for (size_t i = 0; i < p->n; i++) {
		struct packet_unit *u = &p->v[i];
		u->changed = u->marked ? memcmp(u->mark, u->mark_now, SEAL_HASH) != 0 : u->entries != at.end;
	}
	p->looked_end = at.end;
	return 0;
}

/* The view as it is now. ERR_BUSY: there is none that packets may be made of. */
static int look(struct packets *p, struct chart_moment *ret, struct err *e)
{
	struct chart_options o = {.zone_minutes = p->r->zone_minutes, .site_name = p->r->site_name};
	int r = p->chart ? 0 : chart_open(p->r->chart_path, &o, &p->chart, e);
	if (r == 0)
		r = chart_now(p->chart, ret, e);
	if (r == 0 && chart_pinned(p->chart))
		return err_set(e, ERR_BUSY, NULL, "the view was made up to a chosen entry and stays there: `holdfast view rebuild` first");
	if (r == 0 && p->looked_end != ret->end)
		r = compare(p, *ret, e);
	if (r < 0) { /* opened anew next time: it may be another file */
		chart_close(p->chart);
		p->chart = NULL;
		if (e->code == ERR_NOT_FOUND)
			return err_set(e, ERR_BUSY, NULL, "there is no view yet: the charts are being made");
	}
	return r;
}

/* ---- one packet ---- */

static int sign(void *arg, struct slice json, struct buf *ret_note, struct err *e)
{
	struct packets *p = arg;
	return keeper_packet(p->keeper, NULL, json, ret_note, e);
}

static int tell_kept(struct packets *p, const struct packet_unit *u, const char *sha256, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	AUTO_BUF struct buf none = {0};
	struct jsonw w;
	buf_init(&b, 4096);
	buf_init(&none, 4096);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "kept");
	jsonw_kstr(&w, "unit", u->unit);
	jsonw_kstr(&w, "sha256", sha256);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return keeper_packet(p->keeper, NULL, buf_slice(&b), &none, e);
}

static int make(struct packets *p, struct packet_unit *u, struct chart_moment at, struct err *e)
{
	AUTO_BUF struct buf file = {0};
	struct serve_packet_made made;
	const struct serve_packet ask = {.chart = p->chart, .sitefd = p->r->sitefd, .zone_minutes = p->r->zone_minutes, .hours = PACKET_HOURS_MAX, .drill = p->r->drill, .known = u->has, .site_name = p->r->site_name, .unit = u->unit, .sign = sign, .arg = p};
	if (u->has && at.end < u->entries)
		return err_set(e, ERR_BUSY, NULL, "the charts are being made anew and are at %llu entries: the packet shows %llu, and stays", (unsigned long long)at.end, (unsigned long long)u->entries);
	buf_init(&file, PACKET_MAX);
	int r = packet_kept_begin(&p->kept, u->unit, u->has ? u->bytes + u->bytes / 8 : FIRST_SIZE, e);
	if (r == 0)
		r = serve_packet_make(&ask, &file, &made, e);
	if (r == 0)
		r = packet_kept_end(&p->kept, buf_slice(&file), e);
	packet_kept_drop(&p->kept);
	if (r < 0)
		return r;
	u->entries = made.entries;
	u->bytes = made.bytes;
	u->made_wall = made.made;
	memcpy(u->mark, u->mark_now, sizeof u->mark);
	packet_made(u, time_monotonic());
	struct err quiet = {0};
	(void)!tell_kept(p, u, made.sha256, &quiet); /* it lies there, whoever knows */
	return 0;
}

static void fail(struct packets *p, struct packet_unit *u, const struct err *e)
{
	char line[400];
	bool news = !u->failing_since;
	err_line(e, line, sizeof line);
	packet_failed(u, &p->pace, time_monotonic(), time_now(), line);
	if (e->code == ERR_BUSY) /* the keeper or the view is on its way */
		u->not_before = time_monotonic() + (p->pace.least < LOOK_EVERY ? p->pace.least : LOOK_EVERY);
	if (news)
		role_log(p->r, "no packet of %s can be made, and it is tried again: %s", u->unit, line);
}

/* ---- for the board ---- */

static void put_units(const struct packets *p, struct jsonw *w)
{
	jsonw_key(w, "failing");
	jsonw_arr(w);
	for (size_t i = 0; i < p->n; i++) {
		const struct packet_unit *u = &p->v[i];
		if (!u->listed || !u->failing_since)
			continue;
		jsonw_obj(w);
		jsonw_kstr(w, "unit", u->unit);
		jsonw_ktime(w, "since", u->failing_since);
		jsonw_kstr(w, "reason", u->why);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_key(w, "withoutWords");
	jsonw_arr(w);
	for (size_t i = 0; i < p->without_n; i++)
		jsonw_str(w, p->without[i]);
	jsonw_arr_end(w);
}

static void say(struct packets *p)
{
	AUTO_BUF struct buf b = {0};
	AUTO_BUF struct buf none = {0};
	struct jsonw w;
	struct err e = {0};
	uint64_t units = 0;
	char line[400];
	buf_init(&b, FRAME_SMALL / 2);
	buf_init(&none, 4096);
	for (size_t i = 0; i < p->n; i++)
		units += p->v[i].listed;
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "looked");
	jsonw_ku64(&w, "units", units);
	put_units(p, &w);
	if (p->broken.code)
		jsonw_kstr(&w, "broken", err_line(&p->broken, line, sizeof line));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&b) || (slice_eq(buf_slice(&b), buf_slice(&p->said)) && time_monotonic() - p->said_at < SAY_EVERY))
		return;
	if (keeper_packet(p->keeper, NULL, buf_slice(&b), &none, &e) < 0)
		return; /* again at the next look */
	buf_reset(&p->said);
	buf_add_slice(&p->said, buf_slice(&b));
	p->said_at = time_monotonic();
}

/* ---- at work ---- */

static void make_due(struct packets *p, struct chart_moment at)
{
	struct packet_unit *u;
	while (!stopping(p) && (u = packet_next(p->v, p->n, &p->pace, time_monotonic()))) {
		struct err e = {0};
		bool failing = u->failing_since != 0;
		if (make(p, u, at, &e) < 0)
			fail(p, u, &e);
		else if (failing)
			role_log(p->r, "packets of %s are made again", u->unit);
		say(p);
	}
}

static void one_look(struct packets *p)
{
	struct chart_moment at = {0};
	struct err e = {0};
	list_units(p);
	if (look(p, &at, &e) == 0)
		make_due(p, at);
	else /* none of those that are due can be made */
		for (struct packet_unit *u; (u = packet_next(p->v, p->n, &p->pace, time_monotonic()));)
			fail(p, u, &e);
	say(p);
}

static void *work(void *arg)
{
	struct packets *p = arg;
	struct err e = {0};
	list_units(p);
	if (packet_kept_sweep(&p->kept, p->v, p->n, &e) < 0)
		role_log(p->r, "%s: %s", e.place, e.text);
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].died) { /* said until it is made */
			p->v[i].failing_since = time_now();
			snprintf(p->v[i].why, sizeof p->v[i].why, "the process ended while it was being made");
		}
	int64_t pause = p->pace.least < LOOK_EVERY ? p->pace.least : LOOK_EVERY;
	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		pthread_mutex_unlock(&p->lock);
		one_look(p);
		struct timespec ts;
		clock_gettime(CLOCK_MONOTONIC, &ts);
		int64_t until = (int64_t)ts.tv_sec * TIME_SEC + ts.tv_nsec + pause;
		ts.tv_sec = until / TIME_SEC;
		ts.tv_nsec = until % TIME_SEC;
		pthread_mutex_lock(&p->lock);
		while (!p->stop && pthread_cond_timedwait(&p->wake, &p->lock, &ts) == 0)
			;
	}
	p->idle = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static int begin(struct packets *p, struct err *e)
{
	AUTO_BUF struct buf vkey = {0};
	pthread_condattr_t mono;
	buf_init(&vkey, 4096);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, &mono);
	buf_init(&p->said, FRAME_SMALL);
	p->looked_end = UINT64_MAX;
	p->pace = (struct packet_pace){.every = (int64_t)p->r->limits.packet_minutes * 60 * TIME_SEC, .least = (int64_t)p->r->limits.packet_seconds * TIME_SEC};
	p->v = calloc(PACKET_UNITS_MAX, sizeof *p->v);
	int r = p->v ? file_read(p->r->sitefd, "ledger/vkey", 4096, &vkey, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = note_vkey_parse(slice_trim(buf_slice(&vkey)), &p->vkey, e);
	if (r == 0)
		r = packet_kept_open(p->r->sitefd, &p->kept, e);
	return r < 0 ? r : keeper_client_new(p->r, &p->keeper, e);
}

/* What is being made is finished, if that is soon: a kill leaves nothing half done, but it is said on the board. */
static void finish(struct packets *p)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += 3;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->wake);
	while (!p->idle && pthread_cond_timedwait(&p->wake, &p->lock, &ts) == 0)
		;
	pthread_mutex_unlock(&p->lock);
}

int packet_role_main(struct role *r)
{
	struct packets *p = calloc(1, sizeof *p);
	struct rlimit most = {MEMORY_MOST, MEMORY_MOST};
	struct err e = {0};
	pthread_t t;
	if (!p)
		return 3;
	p->r = r;
	umask(022);
	(void)!mallopt(M_ARENA_MAX, 2);
	if (!SANDBOX_SANITIZED)
		(void)setrlimit(RLIMIT_DATA, &most);
	if (begin(p, &e) < 0)
		return role_fatal(r, &e);
	if (role_is_ready(r) < 0)
		return 3;
	errno = pthread_create(&t, NULL, work, p);
	if (errno) {
		err_sys(&e, NULL, "cannot start a thread");
		return role_fatal(r, &e);
	}
	int stop;
	while ((stop = role_wait(r, -1)) == 0)
		;
	if (stop == 1)
		finish(p);
	return stop == 1 ? 0 : 3;
}
