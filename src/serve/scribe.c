/* scribe: takes entries in the clear from the keeper, reads them into facts, and writes the chart. No keys, no network, no file but the view. Content that kills
 * it kills only it: the page of memory that the supervisor holds says which entry it was. */
#include "scribe_read.h"
#include "view_copy.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_MAX ((size_t)640 << 20)  /* a 64 MB message as text, its fields, and what was read from it */
#define ARENA_KEEP ((size_t)16 << 20)  /* more than this after one entry: start with a fresh arena */
#define BATCH 2000                     /* entries a transaction */
#define BATCH_TIME (TIME_SEC / 10)
#define COMMIT_GAP (TIME_SEC / 100)    /* between transactions while entries stream in: each writes the same hot pages again */
#define STREAM 16                      /* more entries than this within COMMIT_GAP: a stream, whose transactions end when BATCH_TIME says. Each message then costs a third of the writing */
#define SILENT_EVERY (10 * TIME_SEC)
#define COPY_EVERY (24 * 3600 * TIME_SEC)
#define COPY_WORTH 1000                /* entries: a smaller view is made in the time that a copy takes to open */
#define READ_MOST ((size_t)4 << 20)

struct scribe {
	struct role *r;
	struct chart *chart;
	struct chan keeper;
	struct arena *arena;
	struct progress_page *page;
	uint64_t staged;       /* entries since the last commit */
	int64_t staged_at;     /* monotonic: when the first of them came */
	int64_t committed_at;  /* monotonic */
	int64_t silent_at;     /* monotonic: when the keeper was last told which feeds are silent */
	uint64_t next;         /* entry that is due */
	bool bulk, pin_after, pinned, rebuild;
	uint64_t bulk_end;
	struct ahead *ahead;   /* while the view is built in bulk */
	struct pace pace;
	struct copier *copier; /* while a copy of the view is made, or waits for its entry */
	bool copy_done;        /* it was told to the keeper */
	int64_t copy_asked;    /* monotonic */
};

/* ---- one entry ---- */

static int apply_facts(struct scribe *s, const struct record *r, const struct facts *f, struct err *e)
{
	if (r->mark & MARK_ERASED) {
		AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
		struct chart_entry en = r->en;
		struct chart_born *born;
		if (!a)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		int code = chart_born_read(r->body, a, &born, &en.born_n, e);
		en.erased = true;
		en.born = born;
		return code < 0 ? code : chart_apply(s->chart, &en, NULL, SLICE_NULL, e);
	}
	bool has_body = !f && r->en.kind != LEDGER_KEPT && r->en.kind >= LEDGER_IDENTITY && r->en.kind != LEDGER_PACK && r->en.kind != LEDGER_REPACK && r->en.kind != LEDGER_SNAPSHOT && r->en.kind != LEDGER_VAULT_PACK && r->en.kind != LEDGER_KEYS && !(r->en.kind >= LEDGER_GATE_HELD && r->en.kind <= LEDGER_GATE_COUNT && r->en.kind != LEDGER_GATE_LETTER) && r->en.kind != LEDGER_RETENTION && !(r->en.kind == LEDGER_CAPTURE && r->mark & MARK_QUARANTINED) && r->en.kind != LEDGER_SHEET && r->en.kind != LEDGER_TRANSFER && r->en.kind != LEDGER_STATION;
	return chart_apply(s->chart, &r->en, f, has_body ? r->body : SLICE_NULL, e);
}

static int apply(struct scribe *s, const struct record *r, struct err *e)
{
	struct facts f;
	s->page->since = time_monotonic();
	s->page->entry = r->en.seq;
	bool read = record_facts(r, s->arena, &f);
	int code = apply_facts(s, r, read ? &f : NULL, e);
	s->page->entry = PROGRESS_NONE;
	if (arena_used(s->arena) > ARENA_KEEP) {
		arena_free(s->arena);
		s->arena = arena_new(ARENA_MAX);
		if (!s->arena)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
	} else {
		arena_reset(s->arena);
	}
	return code;
}

/* In the other thread of a bulk build. */
static int apply_ahead(void *arg, const struct record *r, const struct facts *f, struct err *e)
{
	struct scribe *s = arg;
	s->page->since = time_monotonic();
	return apply_facts(s, r, f, e);
}

/* Two threads are at two entries, so nobody could say on which of them it died: the supervisor blames none, and sends us here again with careful, one entry at a time. */
static int drain(struct scribe *s, struct err *e)
{
	if (!s->ahead || !s->page->ahead)
		return 0;
	int code = ahead_drain(s->ahead, e);
	s->page->ahead = false;
	return code;
}

/* ---- commits ---- */

static void say_yield(struct scribe *s)
{
	uint8_t yields = s->pace.yields;
	(void)!packet_send(s->r->sup, FRAME_R_YIELD, 0, slice_of(&yields, 1), NULL, 0, true);
}

static int say(struct scribe *s, uint16_t type, uint64_t n, bool with_pin)
{
	size_t at = frame_begin(&s->keeper.out, type, 0);
	buf_u64le(&s->keeper.out, n);
	if (with_pin)
		buf_u8(&s->keeper.out, s->pinned);
	frame_end(&s->keeper.out, at);
	return chan_write(&s->keeper) < 0 ? ERR_NO : 0; /* a few bytes; what the kernel does not take now goes with the next */
}

static int commit(struct scribe *s, struct err *e)
{
	int code = drain(s, e);
	if (code < 0 || s->staged == 0)
		return code;
	code = chart_commit(s->chart, e);
	if (code < 0)
		return code;
	s->staged = 0;
	s->committed_at = time_monotonic();
	if (!s->bulk && pace_commit(&s->pace, time_now()))
		say_yield(s);
	return say(s, FRAME_S_APPLIED, s->bulk ? s->next : chart_applied(s->chart), true);
}

static int end_bulk(struct scribe *s, struct err *e)
{
	int code = commit(s, e);
	ahead_end(s->ahead);
	s->ahead = NULL;
	if (code == 0)
		code = chart_bulk(s->chart, false, e);
	if (code == 0)
		code = chart_pin(s->chart, s->pin_after, e);
	if (code < 0)
		return code;
	s->bulk = s->rebuild = false;
	s->pinned = s->pin_after;
	return say(s, FRAME_S_REBUILT, chart_applied(s->chart), false);
}

/* ---- frames ---- */

static int on_entries(struct scribe *s, struct slice payload, struct err *e)
{
	struct cur c = cur_of(payload);
	struct record r;
	while (cur_left(&c)) {
		if (!record_next(&c, &r))
			return err_set(e, ERR_INPUT, NULL, "the keeper's frame is broken");
		if (r.en.seq < s->next)
			continue; /* what was on its way before a rebuild began */
		if (r.en.seq > s->next)
			return err_set(e, ERR_INPUT, NULL, "entry %llu came where %llu was due", (unsigned long long)r.en.seq, (unsigned long long)s->next);
		int code;
		if (s->ahead) {
			s->page->since = time_monotonic();
			s->page->ahead = true;
			code = ahead_put(s->ahead, &r, e);
		} else {
			code = apply(s, &r, e);
		}
		if (code < 0)
			return code;
		s->next++;
		pace_entry(&s->pace, r.en.time);
		if (s->staged++ == 0)
			s->staged_at = time_monotonic();
		if (s->bulk && s->next == s->bulk_end) {
			code = end_bulk(s, e);
		} else if (s->staged >= BATCH) {
			code = commit(s, e);
		}
		if (code < 0)
			return code;
	}
	if (pace_frame(&s->pace, time_now()))
		say_yield(s);
	return 0;
}

/* ---- copies of the view ---- */

static void copy_failed(struct scribe *s, const struct err *why)
{
	copier_free(s->copier);
	s->copier = NULL;
	s->copy_done = false;
	if (s->keeper.fd < 0)
		return;
	size_t at = frame_begin(&s->keeper.out, FRAME_S_COPY_FAILED, 0);
	buf_u32le(&s->keeper.out, (uint32_t)why->code);
	frame_str(&s->keeper.out, why->place);
	frame_str(&s->keeper.out, why->text);
	frame_end(&s->keeper.out, at);
}

static int on_copy(struct scribe *s, struct slice payload, struct err *e)
{
	struct cur c = cur_of(payload);
	struct age_recipient to;
	struct err why = {0};
	char dir[sizeof s->r->chart_path];
	struct slice pub = cur_take(&c, sizeof to.pub);
	if (!cur_done(&c) || s->bulk)
		return err_set(e, ERR_INPUT, NULL, "the keeper's frame is broken");
	memcpy(to.pub, pub.p, sizeof to.pub);
	snprintf(dir, sizeof dir, "%.*s/copies", (int)(strlen(s->r->chart_path) - strlen("/view/chart.db")), s->r->chart_path); /* beside the view: who carries copies away may not read charts */
	copier_free(s->copier);
	s->copier = NULL;
	s->copy_done = false;
	int r = commit(s, e);
	if (r < 0)
		return r;
	r = copier_start(s->chart, dir, &to, &s->copier, &why);
	if (r < 0)
		copy_failed(s, &why);
	return 0;
}

static void copy_made(struct scribe *s)
{
	struct ledger_view_copy v;
	const struct ledger_view_part *part;
	struct err why = {0};
	uint64_t plain;
	if (copier_result(s->copier, &v, &plain, &part, &why) < 0) {
		copy_failed(s, &why);
		return;
	}
	s->copy_done = true;
	size_t at = frame_begin(&s->keeper.out, FRAME_S_COPY_MADE, 0);
	buf_u64le(&s->keeper.out, v.entries);
	buf_u64le(&s->keeper.out, plain);
	frame_str(&s->keeper.out, v.version);
	buf_u32le(&s->keeper.out, v.parts);
	for (unsigned i = 0; i < v.parts; i++) {
		buf_u64le(&s->keeper.out, part[i].size);
		buf_add(&s->keeper.out, part[i].sha256, SEAL_HASH);
	}
	frame_end(&s->keeper.out, at);
}

static int on_copy_entered(struct scribe *s, struct slice payload, struct err *e)
{
	struct cur c = cur_of(payload);
	struct err why = {0};
	uint64_t record = cur_u64le(&c);
	if (!cur_done(&c))
		return err_set(e, ERR_INPUT, NULL, "the keeper's frame is broken");
	if (!s->copier || !s->copy_done)
		return 0; /* a rebuild came in between */
	if (copier_name(s->copier, record, &why) < 0) {
		copy_failed(s, &why);
		return 0;
	}
	copier_free(s->copier);
	s->copier = NULL;
	s->copy_done = false;
	frame_end(&s->keeper.out, frame_begin(&s->keeper.out, FRAME_S_COPY_NAMED, 0));
	return 0;
}

/* A daemon's view has a copy that is at most a day old; the keeper of a command does not answer this. */
static void want_copy(struct scribe *s)
{
	char dir[sizeof s->r->chart_path];
	int64_t now = time_monotonic();
	if (s->bulk || s->rebuild || s->pinned || s->copier || s->keeper.fd < 0 || chart_applied(s->chart) < COPY_WORTH || (s->copy_asked && now - s->copy_asked < 60 * SILENT_EVERY))
		return;
	s->copy_asked = now;
	snprintf(dir, sizeof dir, "%.*s/copies", (int)(strlen(s->r->chart_path) - strlen("/view/chart.db")), s->r->chart_path);
	int64_t newest = view_copy_newest(dir), wall = time_now();
	if (newest > wall - COPY_EVERY && newest <= wall)
		return;
	frame_end(&s->keeper.out, frame_begin(&s->keeper.out, FRAME_S_COPY_WANTED, 0));
	(void)!chan_write(&s->keeper);
}

static int on_rebuild(struct scribe *s, struct slice payload, struct err *e)
{
	struct cur c = cur_of(payload);
	s->bulk_end = cur_u64le(&c);
	s->pin_after = cur_u8(&c);
	if (!cur_done(&c))
		return err_set(e, ERR_INPUT, NULL, "the keeper's frame is broken");
	if (s->copier) { /* it holds the file that is to be replaced */
		struct err why = {0};
		err_set(&why, ERR_BUSY, "view", "the view is made anew: no copy of the old one");
		copy_failed(s, &why);
	}
	int code = commit(s, e);
	if (code == 0)
		code = chart_bulk(s->chart, true, e);
	if (code < 0)
		return code;
	s->bulk = true;
	s->next = 0;
	if (!s->ahead && !s->page->careful)
		s->ahead = ahead_start(apply_ahead, s);
	return s->bulk_end == 0 ? end_bulk(s, e) : 0;
}

static int on_frame(struct scribe *s, const struct frame *f, struct err *e)
{
	switch (f->type) {
	case FRAME_S_ENTRIES:
		return on_entries(s, f->payload, e);
	case FRAME_S_REBUILD:
		return on_rebuild(s, f->payload, e);
	case FRAME_S_COPY:
		return on_copy(s, f->payload, e);
	case FRAME_S_COPY_ENTERED:
		return on_copy_entered(s, f->payload, e);
	case FRAME_S_FOLLOW:
		s->pinned = false;
		return chart_pin(s->chart, false, e);
	default:
		return err_set(e, ERR_INPUT, NULL, "the keeper says what it may not");
	}
}

/* It went, or died: the supervisor brings a new one, or says stop. */
static void lose_keeper(struct scribe *s)
{
	close(s->keeper.fd);
	s->keeper.fd = -1;
	s->keeper.in_at = s->keeper.out_at = 0;
	buf_reset(&s->keeper.in);
	buf_reset(&s->keeper.out);
	s->page->ahead = false;   /* should we end now, it was no entry */
	copier_free(s->copier); /* its successor knows nothing of it */
	s->copier = NULL;
	s->copy_done = false;
}

static int read_keeper(struct scribe *s, bool *ret_more, struct err *e)
{
	int n = chan_read(&s->keeper, READ_MOST);
	*ret_more = n > 0;
	if (n == ERR_NO || n == ERR_SYSTEM) {
		lose_keeper(s);
		return s->bulk ? err_set(e, ERR_BUSY, NULL, "the keeper went away during a rebuild") : 0;
	}
	if (n < 0)
		return err_set(e, n, NULL, "the keeper's frames cannot be taken");
	struct frame f;
	int code = 0;
	while (code == 0 && (n = chan_next(&s->keeper, &f)) == 1)
		code = on_frame(s, &f, e);
	if (code == 0)
		code = drain(s, e); /* what is being read points into the frames */
	chan_compact(&s->keeper);
	if (code == 0 && n < 0)
		return err_set(e, ERR_INPUT, NULL, "the keeper's frames are broken");
	return code == ERR_NO ? 0 : code;
}

/* A keeper came, or came back: say what the view has, and it sends from there. One that is gone again before it has heard us, because everything stops (a command that had nothing to
 * do is done before we have opened the view) or because it died, is no failure of ours: the supervisor, which knows which of the two it is, says so. */
static int take_keeper(struct scribe *s, struct err *e)
{
	pthread_mutex_lock(&s->r->peer_lock);
	int fd = s->r->peer[ROLE_KEEPER];
	s->r->peer[ROLE_KEEPER] = -1;
	pthread_mutex_unlock(&s->r->peer_lock);
	if (fd < 0)
		return 0;
	/* what was read is written before we say what there is: it is not sent again */
	int n = s->bulk ? err_set(e, ERR_BUSY, NULL, "the keeper went away during a rebuild") : commit(s, e);
	if (s->keeper.fd >= 0)
		lose_keeper(s);
	if (n < 0 && n != ERR_NO) {
		close(fd);
		return n;
	}
	if (fd_nonblock(fd) < 0) {
		close(fd);
		return err_set(e, ERR_SYSTEM, NULL, "cannot speak to the keeper");
	}
	s->keeper.fd = fd;
	s->keeper.in_at = s->keeper.out_at = 0;
	buf_reset(&s->keeper.in);
	buf_reset(&s->keeper.out);
	s->next = s->rebuild ? 0 : chart_applied(s->chart);
	size_t at = frame_begin(&s->keeper.out, FRAME_S_HELLO, 0);
	buf_u64le(&s->keeper.out, s->next);
	buf_u8(&s->keeper.out, s->rebuild ? HELLO_REBUILD : s->pinned ? HELLO_PINNED : 0);
	frame_end(&s->keeper.out, at);
	n = chan_write(&s->keeper);
	if (n == ERR_NO)
		lose_keeper(s);
	return n < 0 && n != ERR_NO ? err_set(e, n, NULL, "cannot speak to the keeper") : 0;
}

static void say_failed(struct scribe *s, const struct err *e)
{
	if (s->keeper.fd < 0)
		return;
	size_t at = frame_begin(&s->keeper.out, FRAME_S_FAILED, 0);
	buf_u32le(&s->keeper.out, (uint32_t)e->code);
	frame_str(&s->keeper.out, e->place);
	frame_str(&s->keeper.out, e->text);
	frame_end(&s->keeper.out, at);
	(void)!chan_write(&s->keeper);
}

/* Which feeds are silent now, by the rhythm that the view has learned: the keeper makes entries of it. */
static void say_silent(struct scribe *s)
{
	int64_t now = time_monotonic();
	if (s->bulk || s->pinned || s->staged || s->keeper.fd < 0 || now - s->silent_at < SILENT_EVERY)
		return;
	s->silent_at = now;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct chart_feed *f = NULL;
	struct err e;
	if (!a || chart_feeds(s->chart, time_now(), a, &f, &e) < 0)
		return;
	size_t at = frame_begin(&s->keeper.out, FRAME_S_SILENT, 0), n = 0;
	for (; f && n < 50; f = f->next)
		if (f->state == CHART_STALE) {
			frame_str_slice(&s->keeper.out, slice_of(f->name.p, f->name.n < 200 ? f->name.n : 200));
			n++;
		}
	frame_end(&s->keeper.out, at);
	(void)!chan_write(&s->keeper);
}

/* ---- the loop ---- */

/* The keeper ends before us: that it does not hear of the last commit is as it should be. */
static int commit_last(struct scribe *s, bool asked_to_stop, struct err *e)
{
	int code = commit(s, e);
	if (code < 0 && code != ERR_NO)
		return code;
	return asked_to_stop ? 0 : ERR_NO;
}

static int loop(struct scribe *s, struct err *e)
{
	for (;;) {
		struct pollfd p[3] = {{.fd = s->keeper.fd, .events = POLLIN | (chan_unsent(&s->keeper) ? POLLOUT : 0)},
		                      {.fd = s->r->sup, .events = POLLIN},
		                      {.fd = s->copier && !s->copy_done ? copier_fd(s->copier) : -1, .events = POLLIN}};
		/* commit when nothing more is there at the moment and the last commit is a little while ago, or when the batch has been open for long enough */
		int64_t gap = s->staged ? s->committed_at + (s->staged < STREAM ? COMMIT_GAP : BATCH_TIME) - time_monotonic() : 0;
		int n = poll(p, ARRAY_LEN(p), !s->staged ? (int)(SILENT_EVERY / (TIME_SEC / 1000)) : gap > 0 ? (int)(gap * 1000 / TIME_SEC) + 1 : 0);
		if (n < 0 && errno != EINTR)
			return err_sys(e, NULL, "cannot wait");
		int code = 0;
		say_silent(s);
		want_copy(s);
		if (n > 0 && p[2].revents && s->copier) {
			copy_made(s);
			if (chan_write(&s->keeper) < 0)
				lose_keeper(s);
		}
		if ((n == 0 && s->staged) || (s->staged && time_monotonic() - s->staged_at > BATCH_TIME))
			code = commit(s, e);
		if (code < 0 && code != ERR_NO)
			return code;
		if (n > 0 && p[1].revents) {
			code = role_take(s->r, NULL, NULL);
			if (code < 0 || code == 1)
				return commit_last(s, code == 1, e);
			code = take_keeper(s, e);
			if (code < 0)
				return code;
			if (s->keeper.fd != p[0].fd)
				continue; /* what was heard was the one before it */
		}
		if (n > 0 && p[0].revents & (POLLIN | POLLHUP | POLLERR)) {
			bool more;
			code = read_keeper(s, &more, e);
			if (code < 0)
				return code;
		} else if (n > 0 && p[0].revents & POLLOUT) {
			(void)!chan_write(&s->keeper);
		}
	}
}

static void alive(void *arg)
{
	struct scribe *s = arg;
	s->page->since = time_monotonic();
}

/* The view as it is; or, when it is of another version or damaged, a new one: it holds no truth of its own, and the keeper sends everything again. What other readers have made stays there for whoever looks, until the new one is
 * whole: an upgrade leaves no ward without charts. */
static int open_view(struct scribe *s, struct err *e)
{
	struct chart_options o = {.write = true, .zone_minutes = s->r->zone_minutes, .site_name = s->r->site_name, .readers = SERVE_READERS, .alive = alive, .arg = s};
	int code = chart_open(s->r->chart_path, &o, &s->chart, e);
	if (code != ERR_CORRUPT)
		return code;
	role_log(s->r, "the view cannot be used (%s): it is made again from the ledger", e->text);
	s->rebuild = o.keep = true;
	code = chart_open(s->r->chart_path, &o, &s->chart, e);
	if (code != ERR_CORRUPT)
		return code;
	o.keep = false;
	o.rebuild = true;
	return chart_open(s->r->chart_path, &o, &s->chart, e);
}

int scribe_main(struct role *r)
{
	static struct scribe s;
	struct err e = {0};
	char tmp[4200];
	s.r = r;
	umask(027); /* web reads by its group; nobody else */
	chan_init(&s.keeper, -1);
	/* SQLite sorts in files when an index is made: let them lie where we may write */
	snprintf(tmp, sizeof tmp, "%.*s", (int)(strlen(r->chart_path) - strlen("/chart.db")), r->chart_path);
	setenv("SQLITE_TMPDIR", tmp, 1);
	s.arena = arena_new(ARENA_MAX);
	s.page = r->sharedfd >= 0 ? mmap(NULL, sizeof *s.page, PROT_READ | PROT_WRITE, MAP_SHARED, r->sharedfd, 0) : MAP_FAILED;
	int code = s.arena && s.page != MAP_FAILED ? 0 : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (code == 0)
		code = open_view(&s, &e);
	if (code == 0) {
		s.pinned = chart_pinned(s.chart);
		s.next = chart_applied(s.chart);
		if (role_is_ready(r) < 0)
			code = ERR_NO;
	}
	if (code == 0)
		code = take_keeper(&s, &e);
	if (code == 0)
		code = loop(&s, &e);
	if (code < 0 && code != ERR_NO) {
		copier_free(s.copier);
		say_failed(&s, &e);
		return role_fatal(r, &e);
	}
	copier_free(s.copier);
	ahead_end(s.ahead);
	chart_close(s.chart);
	return code == 0 ? 0 : 3;
}
