/* Large files: a chain of units, of which each is read by whatever thread has it.
 *
 * Planned under the lock of filling, without a byte read: which stretches of the file are this unit's. Read by the unit's thread, several pieces at a time. What needs the bytes in order, the look at its
 * format and the cutting into chunks, waits for the piece before: two turns, so that one thread checks a piece while another cuts the one before, and others read and hash. Both together are
 * most of what a large file that has changed a little costs; in one thread they were the time that such a backup took.
 *
 * A file that shrinks or cannot be read any more ends at the piece that finds it so; the pieces behind, which were planned already, are empty, and the last of them writes its line.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "backup_internal.h"

#define LARGES 4 /* at once: a checker may take most of a MiB */
#define READ_AHEAD ((uint64_t)8 << 20)

_Static_assert(UNIT_SEGMENTS + UNIT_ROOM / VAULT_CHUNK_MIN < UNIT_CHUNKS, "a piece's chunks have room");

struct large {
	struct larges *of;
	unsigned refs; /* under of->m, as the turns; 0: free */
	int fd;
	struct item item;
	struct buf path;
	struct content_checker *checker;
	/* planning */
	uint64_t at, end, pieces; /* planned so far; end of the stretch of data that at lies in */
	uint64_t ahead;           /* the disk was asked for all before */
	bool shut;                /* under of->m: no more is to be planned */
	/* in turns */
	uint64_t checked, cut;    /* pieces */
	uint64_t seen;            /* bytes that were looked at, holes among them */
	bool over, torn, unreadable;
	int error;
	uint64_t told;            /* in chunks and holes so far */
	size_t tail_n;
	uint8_t tail[VAULT_CHUNK_MAX]; /* read, but not cut yet */
};
struct larges {
	pthread_mutex_t m;
	pthread_cond_t turned;
	struct large *l[LARGES];
};

struct larges *larges_new(void)
{
	struct larges *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	pthread_mutex_init(&p->m, NULL);
	pthread_cond_init(&p->turned, NULL);
	return p;
}

static void end(struct large *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	buf_done(&l->path);
}

void larges_free(struct larges *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < LARGES; i++)
		if (p->l[i]) {
			end(p->l[i]);
			content_free(p->l[i]->checker);
			free(p->l[i]);
		}
	pthread_mutex_destroy(&p->m);
	pthread_cond_destroy(&p->turned);
	free(p);
}

void large_put(struct large *l)
{
	struct larges *p = l->of;
	pthread_mutex_lock(&p->m);
	assert(l->refs);
	if (l->refs == 1)
		end(l);
	l->refs--;
	pthread_cond_broadcast(&p->turned);
	pthread_mutex_unlock(&p->m);
}

/* ---- planning ---- */

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for a backup");
}

static struct large *make(struct larges *p)
{
	struct large *l = calloc(1, sizeof(*l));
	if (!l || !(l->checker = content_new())) {
		free(l);
		return NULL;
	}
	l->of = p;
	l->fd = -1;
	return l;
}

/* One that nobody has; those that are being read need nothing of who waits here. */
static struct large *free_one(struct larges *p)
{
	size_t i = 0;
	pthread_mutex_lock(&p->m);
	for (;;) {
		for (i = 0; i < LARGES && p->l[i] && p->l[i]->refs; i++)
			;
		if (i < LARGES)
			break;
		pthread_cond_wait(&p->turned, &p->m);
	}
	struct large *l = p->l[i] ? p->l[i] : make(p);
	p->l[i] = l;
	if (l)
		l->refs = 1;
	pthread_mutex_unlock(&p->m);
	return l;
}

int large_begin(struct larges *p, struct unit *u, const struct item *from, struct large **ret, struct err *e)
{
	struct item *it = &u->items[u->item_n];
	*it = *from;
	int fd = read_begin(u, it, it->dir->fd);
	walk_dir_put(it->dir);
	it->dir = NULL;
	if (fd < 0) {
		u->item_n++;
		return 0;
	}
	struct large *l = free_one(p);
	if (!l) {
		close(fd);
		return no_memory(e);
	}
	l->fd = fd;
	l->item = *it;
	l->at = l->end = l->pieces = l->ahead = l->checked = l->cut = l->seen = l->told = l->tail_n = 0;
	l->shut = l->over = l->torn = l->unreadable = false;
	buf_init(&l->path, VAULT_PATH_MAX + 1);
	buf_add(&l->path, u->text.p + it->path, it->path_n);
	if (!buf_ok(&l->path)) {
		large_put(l);
		return no_memory(e);
	}
	content_begin(l->checker, buf_slice(&l->path), (uint64_t)it->st.st_size);
	*ret = l;
	return 1;
}

static void add(struct unit *u, uint64_t at, uint64_t n, bool hole)
{
	u->segments[u->segment_n++] = (struct unit_segment){.at = at, .n = n, .hole = hole};
}

/* Where the next stretch of data lies; a hole before it ends the chunk that is open, and becomes a chunk of its own.
 * The file system may answer otherwise than a moment ago (what was only reserved counts as data while it is in the cache): where it saw a hole begin, data may go on. */
static void next_stretch(struct large *l, struct unit *u)
{
	uint64_t size = (uint64_t)l->item.st.st_size;
	off_t data = lseek(l->fd, (off_t)l->at, SEEK_DATA);
	if (data < 0 && errno != ENXIO) { /* no such question here: all is data */
		l->end = size;
		return;
	}
	uint64_t to = data < 0 || (uint64_t)data > size ? size : (uint64_t)data;
	if (to > l->at) {
		add(u, l->at, to - l->at, true);
		l->at = to;
	}
	off_t hole = l->at == size ? (off_t)size : lseek(l->fd, (off_t)l->at, SEEK_HOLE);
	l->end = hole <= (off_t)l->at || (uint64_t)hole > size ? size : (uint64_t)hole;
}

/* The disk is asked for what comes next while this piece is checked, cut and hashed. */
static void read_ahead(struct large *l)
{
	uint64_t from = l->ahead > l->at ? l->ahead : l->at, to = l->at + READ_AHEAD < l->end ? l->at + READ_AHEAD : l->end;
	if (from >= to || (from > l->at && to - from < READ_AHEAD / 2 && to < l->end))
		return;
	(void)posix_fadvise(l->fd, (off_t)from, (off_t)(to - from), POSIX_FADV_WILLNEED);
	l->ahead = to;
}

static bool is_shut(struct large *l)
{
	pthread_mutex_lock(&l->of->m);
	bool is = l->shut;
	pthread_mutex_unlock(&l->of->m);
	return is;
}

bool large_plan(struct large *l, struct unit *u)
{
	uint64_t size = (uint64_t)l->item.st.st_size;
	size_t room = UNIT_DATA;
	assert(u->item_n == 0);
	while (room && l->at < size && u->segment_n + 2 <= UNIT_SEGMENTS) {
		if (l->at == l->end) {
			next_stretch(l, u);
			continue;
		}
		size_t n = l->end - l->at < room ? (size_t)(l->end - l->at) : room;
		read_ahead(l);
		add(u, l->at, n, false);
		l->at += n;
		room -= n;
	}
	struct item *it = &u->items[u->item_n++];
	*it = l->item;
	u->large = l;
	u->piece = l->pieces++;
	u->piece_last = l->at >= size || is_shut(l);
	it->kind = u->piece_last ? ITEM_FILE : ITEM_PIECE;
	it->path = (uint32_t)u->text.n;
	it->path_n = (uint32_t)l->path.n;
	buf_add_slice(&u->text, buf_slice(&l->path));
	buf_u8(&u->text, 0);
	it->chunk = it->chunk_n = 0;
	if (u->piece_last)
		return false; /* the planner's reference is this unit's */
	pthread_mutex_lock(&l->of->m);
	l->refs++;
	pthread_mutex_unlock(&l->of->m);
	return true;
}

/* ---- a piece ---- */

struct piece {
	size_t got;  /* bytes of its data */
	bool shorter; /* than planned: the file ends there */
	int error;   /* or cannot be read; 0: it can */
};

static void read_piece(const struct large *l, struct unit *u, struct piece *ret)
{
	*ret = (struct piece){0};
	for (size_t i = 0; i < u->segment_n; i++) {
		const struct unit_segment *s = &u->segments[i];
		for (size_t n = 0; !s->hole && n < s->n;) {
			ssize_t k = pread(l->fd, u->data + VAULT_CHUNK_MAX + ret->got, (size_t)s->n - n, (off_t)(s->at + n));
			if (k < 0 && errno == EINTR)
				continue;
			if (k <= 0) {
				ret->error = k < 0 ? errno : 0;
				ret->shorter = k == 0;
				return;
			}
			n += (size_t)k;
			ret->got += (size_t)k;
		}
	}
}

static void wait_for(struct large *l, const uint64_t *turn, uint64_t piece)
{
	pthread_mutex_lock(&l->of->m);
	while (*turn != piece)
		pthread_cond_wait(&l->of->turned, &l->of->m);
	pthread_mutex_unlock(&l->of->m);
}

static void turn_ends(struct large *l, uint64_t *turn, bool shut)
{
	pthread_mutex_lock(&l->of->m);
	++*turn;
	l->shut |= shut;
	pthread_cond_broadcast(&l->of->turned);
	pthread_mutex_unlock(&l->of->m);
}

/* The look at its format. What of the segments counts: all, or as far as there were bytes. */
static void check_piece(struct large *l, struct unit *u, const struct piece *p)
{
	const uint8_t *at = u->data + VAULT_CHUNK_MAX;
	size_t left = p->got, i = 0;
	if (l->over)
		u->segment_n = 0;
	for (; i < u->segment_n; i++) {
		struct unit_segment *s = &u->segments[i];
		if (s->hole) {
			content_add_zeros(l->checker, s->n);
			l->seen += s->n;
			continue;
		}
		bool whole = s->n <= left;
		s->n = whole ? s->n : left;
		content_add(l->checker, slice_of(at, (size_t)s->n));
		at += s->n;
		left -= (size_t)s->n;
		l->seen += s->n;
		if (!whole) { /* here it ends */
			i++;
			break;
		}
	}
	u->segment_n = i;
	if (l->over || (!p->error && !p->shorter))
		return;
	l->over = true;
	l->torn = p->shorter;
	l->unreadable = !p->shorter;
	l->error = p->error;
	if (p->shorter)
		l->item.st.st_size = (off_t)l->seen;
}

static void cut_piece(struct large *l, const struct vault_gear *g, struct unit *u)
{
	size_t cut = VAULT_CHUNK_MAX - l->tail_n, used;
	if (l->tail_n)
		memcpy(u->data + cut, l->tail, l->tail_n);
	u->data_n = VAULT_CHUNK_MAX;
	for (size_t i = 0; i < u->segment_n; i++) {
		const struct unit_segment *s = &u->segments[i];
		if (!s->hole) {
			u->data_n += (size_t)s->n;
			continue;
		}
		vault_cut(g, u, cut, true, &used);
		cut += used;
		struct unit_chunk *c = unit_add_chunk(u);
		c->state = CHUNK_HOLE;
		c->hole = s->n;
	}
	vault_cut(g, u, cut, u->piece_last && !l->unreadable, &used);
	cut += used;
	for (size_t i = 0; i < u->chunk_n; i++)
		l->told += u->chunks[i].state == CHUNK_HOLE ? u->chunks[i].hole : u->chunks[i].n;
	l->tail_n = u->data_n - cut;
	memcpy(l->tail, u->data + cut, l->tail_n);
	u->items[0].chunk_n = (uint32_t)u->chunk_n;
}

static struct slice path_of(const struct unit *u, const struct item *it)
{
	return slice_of(u->text.p + it->path, it->path_n);
}

static void last_piece(struct large *l, struct reader *r, struct unit *u)
{
	struct item *it = &u->items[0];
	struct stat after;
	if (l->unreadable) {
		unit_trouble(u, path_of(u, it), "cannot be read", l->error);
		it->unreadable = true;
		it->size = l->told; /* its beginning is there, and the line says that it is not whole */
		read_line_unreadable(r, u, it);
		return;
	}
	it->st = l->item.st;
	it->size = l->seen;
	it->torn = l->torn || fstat(l->fd, &after) < 0 || !read_same_moment(&l->item.st, &after);
	read_finish_line(r, l->checker, u, it, l->fd);
}

void large_work(struct reader *r, const struct vault_gear *g, struct unit *u)
{
	struct large *l = u->large;
	struct piece p = {0};
	if (!is_shut(l))
		read_piece(l, u, &p);
	wait_for(l, &l->checked, u->piece);
	check_piece(l, u, &p);
	turn_ends(l, &l->checked, l->over);
	wait_for(l, &l->cut, u->piece);
	cut_piece(l, g, u);
	if (u->piece_last) /* all before it was checked and cut */
		last_piece(l, r, u);
	turn_ends(l, &l->cut, false);
	u->large = NULL;
	large_put(l);
}
