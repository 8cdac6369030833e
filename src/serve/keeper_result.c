/* What the newest run of a case found, for pages: SITE/scope/NAME/review.ndjson (pairs that wait for somebody) and persons.ndjson (for a letter to look at), a line or a page of lines at a time.
 *
 * The keeper alone of all roles reads that folder, and hands out nothing of a file before all of it was held against the hash in the run's entry: a piece between its rounds, so that nobody waits for a file of a gigabyte. Who asks meanwhile is told how far it is, and
 * asks again. Proven is what lay under that inode at that time: a file that was changed or put anew since is another, and is proven again. */
#include "keeper.h"
#include "scope.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)4 << 20)   /* read and hashed in one round */
#define LINE_MAX_BYTES ((size_t)1 << 20)
#define MARK_EVERY 16             /* lines between two offsets that are kept */
#define LINES_MAX (UINT64_C(1) << 28)
#define PAGE_MAX 50               /* lines of one answer */
#define ANSWER_FULL ((size_t)2 << 20) /* no further line is added to an answer of this size */

enum { RESULT_REVIEW, RESULT_PERSONS, RESULTS };
static const char *const files[RESULTS] = {"review.ndjson", "persons.ndjson"};

struct result {
	char name[SCOPE_NAME_MAX + 1]; /* of the case; "": nothing is open */
	uint64_t run;                  /* the entry that names its hash */
	char want[2 * SEAL_HASH + 1];
	int fd;
	struct stat st;
	struct seal_sha256 *hash;
	uint64_t at, lines;            /* bytes proven so far, and whole lines in them */
	uint64_t *mark;                /* where each MARK_EVERY-th line begins */
	size_t marks, room;
	struct buf part;               /* of a line whose end was not read yet */
	struct scope_queue *queue;     /* of RESULT_REVIEW */
	struct arena *scratch;
	bool proven;
};
struct keeper_results {
	struct result of[RESULTS];
};

static void close_one(struct result *f)
{
	if (f->fd >= 0)
		close(f->fd);
	seal_sha256_free(f->hash);
	scope_queue_free(f->queue);
	arena_free(f->scratch);
	buf_done(&f->part);
	free(f->mark);
	*f = (struct result){.fd = -1};
}

void keeper_results_free(struct keeper *k)
{
	for (int i = 0; k->results && i < RESULTS; i++)
		close_one(&k->results->of[i]);
	free(k->results);
	k->results = NULL;
}

/* ---- proving ---- */

static int add_pair(struct result *f, struct slice line, struct err *e)
{
	struct json_node *n;
	char number[40];
	arena_reset(f->scratch);
	int r = json_tree(line, f->scratch, &n, e);
	struct slice p = json_text(n, "probability");
	if (r == 0 && (!json_get(n, "a") || !json_get(n, "b") || !num_is_decimal(p) || p.n >= sizeof number))
		r = err_set(e, ERR_CORRUPT, NULL, "a line that is no pair");
	if (r < 0)
		return r;
	snprintf(number, sizeof number, "%.*s", SLICE_FMT(p));
	return scope_queue_add(f->queue, json_text(n, "a.record"), json_text(n, "b.record"), json_text(n, "a.person"), json_text(n, "b.person"), strtod(number, NULL), e);
}

static int add_line(struct result *f, uint64_t begins, struct slice line, struct err *e)
{
	if (f->lines % MARK_EVERY == 0) {
		if (f->marks == f->room) {
			size_t room = f->room ? 2 * f->room : 1024;
			uint64_t *p = f->lines < LINES_MAX ? reallocarray(f->mark, room, sizeof *p) : NULL;
			if (!p)
				return err_set(e, ERR_MEMORY, NULL, "no memory for where its lines begin");
			f->mark = p;
			f->room = room;
		}
		f->mark[f->marks++] = begins;
	}
	f->lines++;
	return f->queue ? add_pair(f, line, e) : 0;
}

/* What was read of the file, line by line; the rest waits for the next piece. */
static int take_piece(struct result *f, struct slice piece, struct err *e)
{
	uint64_t at = f->at - f->part.n; /* where the line begins whose end is looked for */
	int r = 0;
	while (r == 0 && piece.n) {
		const uint8_t *end = memchr(piece.p, '\n', piece.n);
		size_t n = end ? (size_t)(end - piece.p) : piece.n;
		if (f->part.n + n > LINE_MAX_BYTES)
			return err_set(e, ERR_LIMIT, NULL, "a line is longer than %zu bytes", LINE_MAX_BYTES);
		if (!end || f->part.n) /* (most lines lie whole in one piece) */
			buf_add(&f->part, piece.p, n);
		if (!buf_ok(&f->part))
			return err_set(e, buf_code(&f->part), NULL, "no memory for a line");
		if (!end)
			break;
		r = add_line(f, at, f->part.n ? buf_slice(&f->part) : slice_of(piece.p, n), e);
		at += (f->part.n ? f->part.n : n) + 1;
		buf_reset(&f->part);
		piece = slice_of(piece.p + n + 1, piece.n - n - 1);
	}
	return r;
}

static int proven(struct result *f, struct err *e)
{
	AUTO_BUF struct buf hex = {0};
	uint8_t hash[SEAL_HASH];
	seal_sha256_end(f->hash, hash);
	buf_init(&hex, 256);
	hex_put(&hex, slice_of(hash, sizeof hash));
	if (f->part.n || strcmp(buf_cstr(&hex), f->want))
		return err_set(e, ERR_CORRUPT, NULL, "it is not what the newest run wrote: holdfast scope case run makes it again");
	f->proven = true;
	return f->queue ? scope_queue_end(f->queue, e) : 0;
}

/* One piece further. */
static int step(struct result *f, struct err *e)
{
	uint8_t *piece = malloc(PIECE);
	if (!piece)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	ssize_t n = pread(f->fd, piece, PIECE, (off_t)f->at);
	int r = n < 0 && errno != EINTR ? err_sys(e, NULL, "cannot be read") : 0;
	if (n > 0) {
		seal_sha256_add(f->hash, slice_of(piece, (size_t)n));
		r = take_piece(f, slice_of(piece, (size_t)n), e);
		f->at += (uint64_t)n;
	} else if (n == 0) {
		r = proven(f, e);
	}
	free(piece);
	return r;
}

int keeper_result_tick(struct keeper *k)
{
	bool more = false;
	for (int i = 0; k->results && i < RESULTS; i++) {
		struct result *f = &k->results->of[i];
		struct err quiet = {0};
		if (!f->name[0] || f->proven)
			continue;
		if (step(f, &quiet) < 0)
			close_one(f); /* who asks again gets the reason */
		more |= f->name[0] && !f->proven;
	}
	return more ? 0 : 100;
}

/* ---- opening ---- */

static int hash_of(const struct scope_case *c, int which, char ret[2 * SEAL_HASH + 1], struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)32 << 20);
	struct json_node *n;
	int r = a ? json_tree(c->run[c->run_n - 1].json, a, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	struct slice hash = json_text(json_get(json_get(n, "files"), files[which]), "sha256");
	if (hash.n != 2 * SEAL_HASH)
		return err_set(e, ERR_NOT_FOUND, NULL, "the newest run was made by an earlier version and wrote no %s: run it again (holdfast scope case run)", files[which]);
	memcpy(ret, hash.p, hash.n);
	ret[hash.n] = 0;
	return 0;
}

static bool is_still(const struct result *f, const struct scope_case *c, const char *path, int sitefd)
{
	struct stat st;
	return f->name[0] && slice_eq_str(c->name, f->name) && f->run == c->run[c->run_n - 1].entry && fstatat(sitefd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == f->st.st_ino && st.st_dev == f->st.st_dev && st.st_size == f->st.st_size &&
	       st.st_ctim.tv_sec == f->st.st_ctim.tv_sec && st.st_ctim.tv_nsec == f->st.st_ctim.tv_nsec;
}

static int open_one(struct keeper *k, struct result *f, const struct scope_case *c, int which, const char *path, struct err *e)
{
	close_one(f);
	int r = hash_of(c, which, f->want, e);
	if (r < 0)
		return r;
	f->fd = openat(k->r->sitefd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	if (f->fd < 0)
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, NULL, "%s of the newest run is gone: it is a view, holdfast scope case run makes it again", files[which]) : err_sys(e, NULL, "%s of the newest run cannot be opened", files[which]);
	buf_init(&f->part, LINE_MAX_BYTES + 1);
	f->hash = seal_sha256_new();
	f->scratch = arena_new((size_t)16 << 20);
	f->queue = which == RESULT_REVIEW ? scope_queue_new() : NULL;
	if (!f->hash || !f->scratch || (which == RESULT_REVIEW && !f->queue))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (fstat(f->fd, &f->st) < 0 || !S_ISREG(f->st.st_mode))
		return err_set(e, ERR_SYSTEM, NULL, "%s of the newest run is no file", files[which]);
	seal_sha256_begin(f->hash);
	snprintf(f->name, sizeof f->name, "%.*s", SLICE_FMT(c->name));
	f->run = c->run[c->run_n - 1].entry;
	return 0;
}

/* Proven, or ERR_BUSY: ask again. What fits into one piece is proven at once. */
static int result_of(struct keeper *k, const struct scope_case *c, int which, struct result **ret, struct err *e)
{
	char path[200];
	if (!c->run_n)
		return err_set(e, ERR_NOT_FOUND, NULL, "nothing was found yet: holdfast scope case run comes first");
	if (!k->results) {
		if (!(k->results = calloc(1, sizeof *k->results)))
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		for (int i = 0; i < RESULTS; i++)
			k->results->of[i].fd = -1;
	}
	struct result *f = &k->results->of[which];
	snprintf(path, sizeof path, "scope/%.*s/%s", SLICE_FMT(c->name), files[which]);
	int r = 0;
	if (!is_still(f, c, path, k->r->sitefd)) {
		r = open_one(k, f, c, which, path, e);
		if (r < 0) {
			close_one(f);
			return r;
		}
	}
	for (int i = 0; r == 0 && i < 2 && !f->proven; i++) /* the piece, and its end */
		r = step(f, e);
	if (r < 0) {
		close_one(f);
		return err_in(e, files[which]), r;
	}
	if (!f->proven)
		return err_set(e, ERR_BUSY, NULL, "%s is being read: %" PRIu64 " of %" PRIu64 " MB; ask again in a moment", files[which], f->at >> 20, (uint64_t)f->st.st_size >> 20);
	*ret = f;
	return 0;
}

/* ---- a line ---- */

static int read_line(const struct result *f, uint64_t i, struct buf *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, MARK_EVERY * (LINE_MAX_BYTES + 1));
	uint64_t at = f->mark[i / MARK_EVERY], end = i / MARK_EVERY + 1 < f->marks ? f->mark[i / MARK_EVERY + 1] : f->at;
	while (at < end && buf_ok(&b)) {
		uint8_t piece[1 << 16];
		size_t want = end - at < sizeof piece ? (size_t)(end - at) : sizeof piece;
		ssize_t n = pread(f->fd, piece, want, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? err_sys(e, NULL, "cannot be read") : err_set(e, ERR_CORRUPT, NULL, "it is shorter than it was");
		buf_add(&b, piece, (size_t)n);
		at += (uint64_t)n;
	}
	struct slice rest = buf_slice(&b), line = SLICE_NULL;
	for (uint64_t k = 0; k <= i % MARK_EVERY; k++)
		line = slice_cut(rest, '\n', &rest);
	buf_reset(ret);
	buf_add_slice(ret, line);
	return buf_ok(&b) && buf_ok(ret) ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a line");
}

/* ---- pairs ---- */

static void put_word(struct jsonw *w, const struct scope_pair *p)
{
	jsonw_key(w, "said");
	jsonw_obj(w);
	jsonw_kbool(w, "same", p->same);
	jsonw_kslice(w, "by", p->by);
	jsonw_ktime(w, "at", p->time);
	jsonw_ku64(w, "entry", p->entry);
	jsonw_obj_end(w);
}

static int put_pairs(struct result *f, uint64_t from, uint64_t n, bool open, struct buf *b, struct jsonw *w, struct err *e)
{
	AUTO_BUF struct buf line = {0};
	int r = 0;
	buf_init(&line, LINE_MAX_BYTES + 1);
	jsonw_key(w, "list");
	jsonw_arr(w);
	for (uint64_t i = from, put = 0; r == 0 && i < f->lines && put < n && b->n < ANSWER_FULL; i++) {
		const struct scope_pair *said = scope_queue_word(f->queue, i);
		if (open && said)
			continue;
		r = read_line(f, i, &line, e);
		if (r < 0)
			break;
		jsonw_obj(w);
		jsonw_ku64(w, "n", i);
		if (said)
			put_word(w, said);
		jsonw_key(w, "pair");
		jsonw_raw(w, buf_slice(&line));
		jsonw_obj_end(w);
		put++;
	}
	jsonw_arr_end(w);
	return r;
}

static int review(struct keeper *k, const struct scope_case *c, const struct json_node *n, struct buf *b, struct jsonw *w, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)32 << 20);
	struct scope_queue_count q;
	struct scope_many run;
	struct result *f;
	uint64_t from = 0, most = 0, persons = 0;
	struct json_node *found;
	const struct json_node *open = json_get(n, "open");
	if (num_u64(json_text(n, "from"), 0, UINT32_MAX, &from) < 0 || num_u64(json_text(n, "n"), 0, PAGE_MAX, &most) < 0)
		return err_set(e, ERR_INPUT, NULL, "say from which pair on, and how many (at most %u)", PAGE_MAX);
	int r = a ? result_of(k, c, RESULT_REVIEW, &f, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = scope_queue_decide(f->queue, c, e);
	if (r == 0)
		r = json_tree(c->run[c->run_n - 1].json, a, &found, e);
	if (r < 0)
		return r;
	const struct json_node *t = json_get(found, "totals");
	scope_case_run_many(c, a, &run);
	(void)!num_u64(json_text(t, "persons"), 0, UINT64_MAX - 1, &persons);
	scope_queue_count(f->queue, &run, persons, &q);
	jsonw_obj(w);
	jsonw_ku64(w, "run", f->run);
	jsonw_ktime(w, "runAt", c->run[c->run_n - 1].time);
	jsonw_ku64(w, "pairs", f->lines);
	jsonw_ku64(w, "open", q.open);
	jsonw_ku64(w, "same", q.same);
	jsonw_ku64(w, "different", q.different);
	jsonw_ku64(w, "low", q.persons.low);
	jsonw_ku64(w, "point", q.persons.point);
	jsonw_ku64(w, "high", q.persons.high);
	r = put_pairs(f, from, most, open && open->type == JSON_TRUE, b, w, e);
	jsonw_obj_end(w);
	return r;
}

/* ---- a person ---- */

/* By the number of the line, or by the person's id: lines are in the order of ids. ret: the number. */
static int find_person(const struct result *f, struct slice id, struct arena *a, struct buf *line, uint64_t *ret, struct err *e)
{
	uint64_t lo = 0, hi = f->lines;
	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;
		struct json_node *n;
		arena_reset(a);
		int r = read_line(f, mid, line, e);
		if (r == 0)
			r = json_tree(buf_slice(line), a, &n, e);
		if (r < 0)
			return r;
		int d = slice_cmp(json_text(n, "person_id"), id);
		if (d == 0) {
			*ret = mid;
			return 0;
		}
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return err_set(e, ERR_NOT_FOUND, NULL, "the newest run found nobody of this number");
}

static int person(struct keeper *k, const struct scope_case *c, const struct json_node *n, struct jsonw *w, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	AUTO_BUF struct buf line = {0};
	struct slice id = json_text(n, "person");
	struct result *f;
	uint64_t i = 0;
	buf_init(&line, LINE_MAX_BYTES + 1);
	int r = a ? result_of(k, c, RESULT_PERSONS, &f, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && id.n)
		r = find_person(f, id, a, &line, &i, e);
	else if (r == 0 && (num_u64(json_text(n, "line"), 0, UINT64_MAX - 1, &i) < 0 || i >= f->lines))
		r = err_set(e, ERR_NOT_FOUND, NULL, "there is no line of this number: the newest run found %" PRIu64 " persons", f->lines);
	if (r == 0)
		r = read_line(f, i, &line, e);
	if (r < 0)
		return r;
	jsonw_obj(w);
	jsonw_ku64(w, "run", f->run);
	jsonw_ku64(w, "line", i);
	jsonw_ku64(w, "persons", f->lines);
	jsonw_key(w, "person");
	jsonw_raw(w, buf_slice(&line));
	jsonw_obj_end(w);
	return 0;
}

/* ---- what notices are made from ---- */

static int notice(struct keeper *k, const struct scope_case *c, struct jsonw *w, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)32 << 20);
	AUTO_BUF struct buf text = {0};
	struct json_node *found;
	buf_init(&text, FRAME_VAULT / 2);
	int r = a ? scope_case_notice(c, &text, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = json_tree(c->run[c->run_n - 1].json, a, &found, e);
	if (r < 0)
		return r;
	const struct scope_run *run = &c->run[c->run_n - 1], *facts = c->facts_n ? &c->facts[c->facts_n - 1] : NULL;
	const struct json_node *letters = json_get(found, "letters");
	jsonw_obj(w);
	jsonw_ku64(w, "run", run->entry);
	jsonw_ktime(w, "runAt", run->time);
	jsonw_key(w, "case");
	jsonw_raw(w, slice_trim(buf_slice(&text)));
	if (facts) {
		jsonw_key(w, "facts");
		jsonw_obj(w);
		jsonw_kslice(w, "by", facts->by);
		jsonw_ktime(w, "at", facts->time);
		jsonw_ku64(w, "entry", facts->entry);
		jsonw_obj_end(w);
	}
	if (letters) {
		jsonw_key(w, "letters");
		jsonw_raw(w, letters->raw);
	}
	jsonw_key(w, "sent");
	scope_sent_json(c, w);
	r = keeper_notice_signed(k, c, w, e);
	jsonw_obj_end(w);
	return r;
}

/* ---- asked ---- */

static int answer(struct keeper *k, struct slice json, struct buf *b, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct scope_case *c = NULL;
	struct json_node *n;
	struct jsonw w;
	int r = a ? json_tree(json, a, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = keeper_scope_case(k, json_text(n, "case"), &c, e);
	if (r < 0)
		return r;
	struct slice what = json_text(n, "what");
	jsonw_init(&w, b);
	r = slice_eq_str(what, "review") ? review(k, c, n, b, &w, e) : slice_eq_str(what, "person") ? person(k, c, n, &w, e) : slice_eq_str(what, "notice") ? notice(k, c, &w, e) : err_set(e, ERR_INPUT, NULL, "that is nothing of a case's result");
	scope_case_free(c);
	return r < 0 ? r : buf_ok(b) ? 0 : err_set(e, ERR_LIMIT, NULL, "that is too much to show at once: ask for fewer");
}

void op_scope_see(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	int r = asker_read(k, ch, &c, MAY_SCOPE, &who, &e);
	struct slice json = cur_take(&c, cur_left(&c));
	if (c.failed) {
		keeper_chan_drop(k, ch, "a bad question about a case's result");
		return;
	}
	buf_init(&b, FRAME_VAULT - 1024);
	if (r == 0 && k->restoring)
		r = err_set(&e, ERR_BUSY, NULL, "this site is being rebuilt: cases can be seen when its ledger is there");
	if (r == 0)
		r = answer(k, json, &b, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_add_slice(&ch->c.out, buf_slice(&b));
	reply_end(ch, at);
}
