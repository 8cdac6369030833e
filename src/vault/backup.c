/* A backup: the pipeline of backup_internal.h, and what stands around it: the lock, what killed backups left, the catalogue before, the verdict, the snapshot's entry.
 *
 * What has an entry is whole: content packs are durable and entered before the catalogue packs that name them, those before the snapshot. Killed in between, packs stand there that no snapshot
 * names; the index knows their chunks, and the next backup of the domain uses them.
 *
 * Threads: measured, one thread reads a cold tree of small files in 1.4 s and eight in 0.8 (notes of measurement, section 3), and hashing, checking and compressing take both cores. Order is kept where it
 * matters by numbers: units are filled in order, ask for chunks in order (so that the same tree gives the same places), and are written in order.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent_internal.h"

#define UNITS_MIN 4
#define UNITS_MAX 24
#define READERS_MAX 16
#define MEMORY_DEFAULT ((uint64_t)48 << 20)
#define MEMORY_ELSE ((uint64_t)20 << 20) /* judge, packs, catalogue, index, names */
#define MEMORY_UNIT ((uint64_t)2 << 20)
#define MEMORY_READER ((uint64_t)2 << 20)
#define CONTENT_LEVEL 1
#define EXTENTS_LINE ((size_t)32 << 10)  /* of a file's extents in one line; more get + lines */

struct backup {
	const struct vault_backup_options *o;
	const struct backup_away *away; /* NULL: on the site itself */
	struct depot content, catalogue;
	struct cat_writer cat;
	struct scan *scan;
	struct vault_judge *judge;
	/* the pipeline */
	pthread_mutex_t fill, m, chunks; /* filling; counters below; content depot */
	pthread_cond_t room, ready, turn;
	struct unit *units;
	size_t unit_n;
	uint64_t next, asked, written; /* units: to be filled, that asked for their chunks, that were written */
	bool end, failed;
	bool scan_fresh; /* another period than the catalogue before: digests cannot be compared */
	struct err err;
	/* of the file whose pieces come */
	struct buf extents, line;
	struct vault_extent growing; /* not in extents yet; length 0: none */
	struct seal_sha256 *ids;
	uint64_t chunks_of_file, new_of_file, known_of_file;
	uint64_t left_out;
	uint64_t hole; /* that ends what came of the file so far */
	struct vault_body body;
	struct vault_progress progress;
	int64_t told;
};

/* ---- failing: the first reason counts ---- */

static void fail(struct backup *b, const struct err *e)
{
	pthread_mutex_lock(&b->m);
	if (!b->failed)
		b->err = *e;
	b->failed = true;
	pthread_cond_broadcast(&b->room);
	pthread_cond_broadcast(&b->ready);
	pthread_cond_broadcast(&b->turn);
	pthread_mutex_unlock(&b->m);
}

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for a backup");
}

/* ---- workers ---- */

/* The next unit, filled; NULL: there is none. */
static struct unit *take(struct backup *b, struct err *e)
{
	struct unit *u = NULL;
	pthread_mutex_lock(&b->fill);
	pthread_mutex_lock(&b->m);
	while (b->next - b->written >= b->unit_n && !b->failed)
		pthread_cond_wait(&b->room, &b->m);
	bool stop = b->failed || b->end;
	pthread_mutex_unlock(&b->m);
	if (!stop) {
		u = &b->units[b->next % b->unit_n];
		unit_reset(u, b->next);
		if (scan_fill(b->scan, u, e) < 0) {
			fail(b, e);
			u = NULL;
		} else {
			b->next++;
			b->end = u->last;
		}
	}
	pthread_mutex_unlock(&b->fill);
	return u;
}

static void hash(struct backup *b, struct unit *u)
{
	struct slice text[VAULT_IDS];
	uint8_t id[VAULT_IDS][VAULT_ID];
	for (size_t i = 0, from = 0, n = 0; i < u->chunk_n; i++) {
		struct unit_chunk *c = &u->chunks[i];
		if (c->state != CHUNK_HOLE)
			text[n++] = slice_of(u->data + c->at, c->n);
		if (n < VAULT_IDS && i + 1 < u->chunk_n)
			continue;
		vault_chunk_ids(&b->content.keys, text, n, id);
		for (n = 0; from <= i; from++)
			if (u->chunks[from].state != CHUNK_HOLE)
				memcpy(u->chunks[from].id, id[n++], VAULT_ID);
		n = 0;
	}
}

static void read_and_hash(struct backup *b, struct reader *r, struct unit *u)
{
	if (u->large)
		large_work(r, &b->content.gear, u);
	for (size_t i = 0; i < u->item_n; i++)
		if (u->items[i].kind == ITEM_FILE && u->items[i].dir)
			read_small(r, &b->content.gear, u, &u->items[i]);
	hash(b, u);
}

static int ask(struct backup *b, struct unit *u, struct err *e)
{
	int r = 0;
	pthread_mutex_lock(&b->chunks);
	for (size_t i = 0; r >= 0 && i < u->chunk_n; i++) {
		struct unit_chunk *c = &u->chunks[i];
		if (c->state == CHUNK_HOLE)
			continue;
		r = depot_ask(&b->content, c->id, c->n, &c->place, e);
		c->state = r == DEPOT_NEW ? CHUNK_NEW : r == DEPOT_KNOWN ? CHUNK_KNOWN : CHUNK_PENDING;
	}
	pthread_mutex_unlock(&b->chunks);
	return r < 0 ? r : 0;
}

/* In the units' order. False: it failed. */
static bool ask_in_turn(struct backup *b, struct unit *u)
{
	struct err e = {0};
	pthread_mutex_lock(&b->m);
	while (b->asked != u->number && !b->failed)
		pthread_cond_wait(&b->turn, &b->m);
	bool ok = !b->failed;
	pthread_mutex_unlock(&b->m);
	if (!ok)
		return false;
	if (u->chunk_n && ask(b, u, &e) < 0) {
		fail(b, &e);
		return false;
	}
	pthread_mutex_lock(&b->m);
	b->asked++;
	pthread_cond_broadcast(&b->turn);
	pthread_mutex_unlock(&b->m);
	return true;
}

/* New chunks are moved together in data, which nobody needs otherwise any more, and become frames. */
static void compress(struct vault_compressor *z, struct unit *u)
{
	size_t first = 0, sealed = 0;
	while (first < u->chunk_n && u->chunks[first].state != CHUNK_NEW)
		first++;
	size_t begin = first < u->chunk_n ? u->chunks[first].at : 0, to = begin; /* where all is new nothing moves */
	for (size_t i = first; i <= u->chunk_n; i++) {
		struct unit_chunk *c = i < u->chunk_n ? &u->chunks[i] : NULL;
		if (c && c->state != CHUNK_NEW)
			continue;
		if (to > begin && (!c || to - begin + c->n > VAULT_FRAME_MAX)) {
			assert(u->frame_n < UNIT_FRAMES);
			struct unit_frame *f = &u->frames[u->frame_n++];
			*f = (struct unit_frame){.at = sealed, .plain = to - begin};
			f->n = vault_frame_make(z, slice_of(u->data + begin, f->plain), u->sealed + sealed);
			sealed += f->n;
			begin = to;
		}
		if (!c)
			break;
		if (to != c->at)
			memmove(u->data + to, u->data + c->at, c->n);
		c->at = (uint32_t)(to - begin);
		c->frame = (uint16_t)u->frame_n;
		to += c->n;
	}
}

static void *worker(void *arg)
{
	struct backup *b = arg;
	struct reader r = {0};
	struct err e = {0};
	struct vault_compressor *z = vault_compressor_new(CONTENT_LEVEL);
	struct unit *u;
	if (reader_init(&r, &e) < 0 || !z) {
		(void)!no_memory(&e);
		fail(b, &e);
	}
	while ((u = take(b, &e))) {
		read_and_hash(b, &r, u);
		if (!buf_ok(&u->text)) {
			(void)!no_memory(&e);
			fail(b, &e);
			break;
		}
		if (!ask_in_turn(b, u))
			break;
		compress(z, u);
		pthread_mutex_lock(&b->m);
		u->ready = true;
		pthread_cond_broadcast(&b->ready);
		pthread_mutex_unlock(&b->m);
	}
	vault_compressor_free(z);
	reader_done(&r);
	return NULL;
}

/* ---- writing: one thread, in order ---- */

static int store_frames(struct backup *b, struct unit *u, struct err *e)
{
	struct vault_extent at = {0};
	size_t next = 0;
	for (size_t i = 0; i < u->chunk_n; i++) {
		struct unit_chunk *c = &u->chunks[i];
		int r = 0;
		if (c->state == CHUNK_NEW) {
			if (c->frame == next) {
				const struct unit_frame *f = &u->frames[next++];
				r = depot_frame(&b->content, slice_of(u->sealed + f->at, f->n), f->plain, &at, e);
			}
			c->place = (struct vault_extent){.pack = at.pack, .offset = at.offset + c->at, .length = c->n};
			if (r == 0)
				r = depot_place(&b->content, c->id, &c->place, e);
		} else if (c->state == CHUNK_PENDING && !depot_placed(&b->content, c->id, &c->place))
			r = err_set(e, ERR_CORRUPT, NULL, "a chunk that an earlier file stored is not where it was put");
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_lines(struct backup *b, struct slice lines, struct err *e)
{
	return b->away ? line_file_add(b->away->lines, lines, e) : cat_writer_add(&b->cat, lines, e);
}

static int put_extents_line(struct backup *b, struct slice path, struct err *e)
{
	struct vault_line l = {.node = {.type = '+', .path = path}, .extents = buf_slice(&b->extents)};
	buf_reset(&b->line);
	vault_line_write(&l, &b->line);
	buf_reset(&b->extents);
	return buf_ok(&b->line) ? put_lines(b, buf_slice(&b->line), e) : no_memory(e);
}

static int add_extent(struct backup *b, struct slice path, const struct vault_extent *x, struct err *e)
{
	struct vault_extent *g = &b->growing;
	if (g->length && g->pack == x->pack && (x->pack == 0 || g->offset + g->length == x->offset)) {
		g->length += x->length;
		return 0;
	}
	if (g->length)
		vault_extent_put(&b->extents, g);
	*g = *x;
	return b->extents.n > EXTENTS_LINE ? put_extents_line(b, path, e) : 0;
}

static struct slice path_of(const struct unit *u, const struct item *it)
{
	return slice_of(u->text.p + it->path, it->path_n);
}

/* A hole is content, too: the same bytes with other holes are another digest. Told in several pieces it is one, as its places are. */
static void add_hole(struct backup *b)
{
	uint8_t mark[VAULT_ID] = "hole";
	uint64_t n = htole64(b->hole);
	memcpy(mark + 8, &n, 8);
	if (b->hole)
		seal_sha256_add(b->ids, slice_of(mark, sizeof(mark)));
	b->hole = 0;
}

static int add_chunks(struct backup *b, struct unit *u, const struct item *it, struct err *e)
{
	int r = 0;
	for (uint32_t i = it->chunk; r == 0 && i < it->chunk + it->chunk_n; i++) {
		const struct unit_chunk *c = &u->chunks[i];
		if (c->state == CHUNK_HOLE) {
			b->hole += c->hole;
			r = add_extent(b, path_of(u, it), &(struct vault_extent){.length = c->hole}, e);
		} else {
			add_hole(b);
			seal_sha256_add(b->ids, slice_of(c->id, VAULT_ID));
			r = add_extent(b, path_of(u, it), &c->place, e);
			if (c->state == CHUNK_NEW)
				b->new_of_file += c->n;
			else
				b->known_of_file += c->n;
		}
		b->chunks_of_file++;
	}
	return r;
}

static void file_begins(struct backup *b)
{
	buf_reset(&b->extents);
	b->growing.length = b->hole = 0;
	b->chunks_of_file = b->new_of_file = b->known_of_file = 0;
	seal_sha256_begin(b->ids);
}

static void count(struct backup *b, const struct item *it, char what)
{
	struct vault_snapshot *s = &b->body.s;
	if (it->kind == ITEM_GONE) {
		s->removed += it->type != 'd';
		return;
	}
	if (it->type == '+')
		return;
	s->files += it->type == 'f';
	s->dirs += it->type == 'd';
	s->others += it->type != 'f' && it->type != 'd';
	s->bytes += it->type == 'f' ? it->size : 0;
	s->torn += it->torn;
	s->unreadable += it->unreadable;
	s->changed += what == '~';
	s->added += what == '+';
	s->new_bytes += b->new_of_file;
}

/* Tells the judge; what it says of this version goes to ret. */
static void judge(struct backup *b, struct unit *u, struct item *it, char what, uint8_t *ret_marks, int64_t *ret_marked)
{
	*ret_marks = 0;
	*ret_marked = 0;
	if (!what || !b->judge) /* of what is away the site judges */
		return;
	struct vault_change c = {.path = path_of(u, it), .what = what, .before = it->has_before ? &it->before : NULL, .after = what == '-' ? NULL : &it->after,
		.new_bytes = b->new_of_file, .known_bytes = b->known_of_file, .ino_before = it->has_before ? it->ino_before : 0, .ino_after = it->ino_after, .same_time = it->same_time};
	vault_judge_add(b->judge, &c, ret_marks, ret_marked);
}

/* A line as it stood; only the judge may want its marks changed. */
static int line_item(struct backup *b, struct unit *u, struct item *it, struct err *e)
{
	struct slice text = slice_of(u->text.p + it->text, it->text_n);
	uint8_t marks;
	int64_t marked;
	judge(b, u, it, it->what, &marks, &marked);
	count(b, it, it->what);
	if (!it->what || (marks == it->before.marks && marked == it->before.marked))
		return put_lines(b, text, e);
	struct vault_line l;
	AUTO_BUF struct buf scratch = {0};
	buf_init(&scratch, 2 * VAULT_LINE_MAX);
	int r = vault_line_parse(slice_of(text.p, text.n - 1), &scratch, &l, e);
	if (r < 0)
		return r;
	l.trait.marks = marks;
	l.trait.marked = marked;
	l.has_marks = marks != 0;
	buf_reset(&b->line);
	vault_line_write(&l, &b->line);
	return buf_ok(&b->line) ? put_lines(b, buf_slice(&b->line), e) : no_memory(e);
}

static bool same_as_before(const struct item *it, bool has_digest, const uint8_t *digest)
{
	if (!it->has_before || it->before.size != it->size)
		return false;
	return has_digest == it->has_before_digest && memcmp(digest, it->before_digest, VAULT_DIGEST) == 0;
}

/* A file that was read: the rest of its line. */
static int file_item(struct backup *b, struct unit *u, struct item *it, struct err *e)
{
	uint8_t sum[SEAL_HASH], digest[VAULT_DIGEST] = {0}, marks;
	int64_t marked;
	bool has_digest = b->chunks_of_file > 0 && !it->unreadable;
	char what = it->what;
	add_hole(b);
	if (has_digest) {
		seal_sha256_end(b->ids, sum);
		vault_digest(&b->content.keys, sum, digest);
		memcpy(it->after.head, digest, sizeof(it->after.head));
	}
	if (what == '~' && ((it->same_stat && b->scan_fresh) || same_as_before(it, has_digest, digest))) {
		what = '=';
		it->after.marks = it->before.marks; /* it is that version */
		it->after.marked = it->before.marked;
	}
	it->after.hollow = it->size > 0 && !b->extents.n && !b->growing.pack && b->growing.length == it->size;
	judge(b, u, it, what, &marks, &marked);
	count(b, it, what);
	buf_reset(&b->line);
	buf_add(&b->line, u->text.p + it->text, it->text_n);
	if (marks)
		buf_printf(&b->line, " m=%u:%lld", marks, (long long)marked);
	if (has_digest) {
		buf_str(&b->line, " d=");
		hex_put(&b->line, slice_of(digest, sizeof(digest)));
	}
	if (b->growing.length) {
		vault_extent_put(&b->extents, &b->growing);
		buf_str(&b->line, " x=");
		buf_add_slice(&b->line, buf_slice(&b->extents));
	}
	buf_u8(&b->line, '\n');
	if (!buf_ok(&b->line) || !buf_ok(&b->extents))
		return no_memory(e);
	int r = put_lines(b, buf_slice(&b->line), e);
	file_begins(b);
	return r;
}

static int put_item(struct backup *b, struct unit *u, struct item *it, struct err *e)
{
	uint8_t marks;
	int64_t marked;
	int r = 0;
	switch (it->kind) {
	case ITEM_LINE:
		return line_item(b, u, it, e);
	case ITEM_FILE:
		r = add_chunks(b, u, it, e);
		return r < 0 ? r : file_item(b, u, it, e);
	case ITEM_PIECE:
		return add_chunks(b, u, it, e);
	case ITEM_GONE:
		judge(b, u, it, it->what, &marks, &marked);
		count(b, it, '-');
		return 0;
	default:
		return 0;
	}
}

static void tell_trouble(struct backup *b, struct unit *u)
{
	struct slice rest = buf_slice(&u->trouble);
	b->body.s.unreadable += u->unreadable;
	b->left_out += u->left_out;
	while (rest.n && b->o->trouble) {
		struct slice line = slice_cut(rest, '\n', &rest);
		char *text = strndup((const char *)line.p, line.n);
		if (text)
			b->o->trouble(b->o->arg, text);
		free(text);
	}
}

static void tell_progress(struct backup *b, const char *doing)
{
	int64_t now = time_monotonic();
	if (!b->o->progress || (now - b->told < TIME_SEC / 10 && !strcmp(doing, "reading")))
		return;
	b->told = now;
	b->progress.files = b->body.s.files;
	b->progress.bytes = b->body.s.bytes;
	b->progress.new_bytes = b->body.s.new_bytes;
	b->progress.doing = doing;
	b->o->progress(b->o->arg, &b->progress);
}

static int write_unit(struct backup *b, struct unit *u, struct err *e)
{
	int r = 0;
	if (u->chunk_n) {
		pthread_mutex_lock(&b->chunks);
		r = store_frames(b, u, e);
		pthread_mutex_unlock(&b->chunks);
	}
	for (size_t i = 0; r == 0 && i < u->item_n; i++)
		r = put_item(b, u, &u->items[i], e);
	tell_trouble(b, u);
	tell_progress(b, "reading");
	return r;
}

static int write_all(struct backup *b, struct err *e)
{
	for (bool last = false; !last;) {
		struct unit *u = &b->units[b->written % b->unit_n];
		pthread_mutex_lock(&b->m);
		while (!u->ready && !b->failed)
			pthread_cond_wait(&b->ready, &b->m);
		bool failed = b->failed;
		pthread_mutex_unlock(&b->m);
		if (failed)
			return ERR_SYSTEM;
		int r = write_unit(b, u, e);
		if (r < 0) {
			fail(b, e);
			return r;
		}
		last = u->last;
		pthread_mutex_lock(&b->m);
		u->ready = false;
		b->written++;
		pthread_cond_broadcast(&b->room);
		pthread_mutex_unlock(&b->m);
	}
	return 0;
}

static int run(struct backup *b, unsigned readers, struct err *e)
{
	pthread_t threads[READERS_MAX];
	unsigned n = 0;
	file_begins(b);
	for (; n < readers; n++)
		if (pthread_create(&threads[n], NULL, worker, b) != 0)
			break;
	if (n == 0)
		return err_set(e, ERR_SYSTEM, NULL, "no thread can be started");
	int r = write_all(b, e);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	if (r < 0 && e)
		*e = b->err;
	return r < 0 ? b->err.code : 0;
}

/* ---- what stands around it ---- */

/* Files in new/ have no entry, and whoever made them is dead: this process holds the lock. */
static int sweep_new(int vaultfd, struct err *e)
{
	int fd = file_open_dir(vaultfd, "new", e);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : err_sys(e, "vault/new", "cannot be read");
	}
	for (const struct dirent *en; (en = readdir(d));)
		if (strcmp(en->d_name, ".") != 0 && strcmp(en->d_name, "..") != 0)
			(void)unlinkat(dirfd(d), en->d_name, 0);
	closedir(d);
	return 0;
}

static int make_folder(int dirfd, const char *name, struct err *e)
{
	int r = file_mkdir(dirfd, name, 0750, e);
	AUTO_CLOSE int fd = r == 0 ? file_open_dir(dirfd, name, e) : -1;
	if (r == 0 && fd >= 0)
		vault_own(dirfd, fd);
	return r < 0 ? r : fd < 0 ? fd : 0;
}

static int open_vault(int sitefd, int *ret_vaultfd, int *ret_lock, struct err *e)
{
	int r = make_folder(sitefd, "vault", e);
	if (r < 0)
		return r;
	*ret_vaultfd = file_open_dir(sitefd, "vault", e);
	if (*ret_vaultfd < 0)
		return *ret_vaultfd;
	r = make_folder(*ret_vaultfd, "new", e);
	if (r == 0)
		r = make_folder(*ret_vaultfd, "index", e);
	if (r < 0)
		return r;
	*ret_lock = openat(*ret_vaultfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (*ret_lock < 0)
		return err_sys(e, "vault/lock", "cannot be opened");
	vault_own(*ret_vaultfd, *ret_lock);
	r = file_lock(*ret_lock, true, e); /* two backups at once: the second waits */
	return r == 0 ? sweep_new(*ret_vaultfd, e) : r;
}

/* The newest snapshot of this source and domain, and what the judge wants to know of those before it. 1: there is one. */
static int look_back(const struct vault_log *log, const char *source, const char *domain, struct vault_body *ret, struct vault_history *h, uint64_t *ret_count, struct err *e)
{
	int found = 0;
	*h = (struct vault_history){.first = true};
	*ret_count = 0;
	for (size_t i = vault_log_snapshots(log); i > 0; i--) {
		struct vault_body b;
		int r = vault_log_snapshot(log, i - 1, &b, e);
		bool ours = r == 0 && !strcmp(b.s.source, source) && !strcmp(b.domain, domain);
		if (ours) {
			++*ret_count;
			if (b.s.accepted && b.s.begun > h->accepted)
				h->accepted = b.s.begun;
			if (h->n < ARRAY_LEN(h->past))
				h->past[h->n++] = (struct vault_past){.time = b.s.begun, .files = b.s.files, .changed = b.s.changed, .added = b.s.added, .removed = b.s.removed, .bytes = b.s.bytes,
					.new_bytes = b.s.new_bytes, .damage = !strcmp(b.s.verdict, "damage")};
		}
		if (ours && !found) {
			h->first = false;
			memcpy(h->signs, b.signs, sizeof(h->signs));
			*ret = b;
			found = 1;
		} else
			vault_body_done(&b);
		if (r < 0)
			return r;
	}
	return found;
}

static void raise_files_limit(void)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < 4096) {
		l.rlim_cur = l.rlim_max < 4096 ? l.rlim_max : 4096;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* ---- roots ---- */

struct roots {
	char **path;
	size_t n;
};

static void roots_done(struct roots *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->path[i]);
	free(r->path);
}

char *vault_path_normal(const char *path)
{
	char *here = NULL, *whole = NULL;
	if (path[0] != '/' && !(here = getcwd(NULL, 0)))
		return NULL;
	struct buf b;
	struct slice rest;
	bool up = false;
	buf_init(&b, VAULT_PATH_MAX);
	for (int part = 0; part < 2; part++) {
		rest = slice_str(part ? path : here);
		while (rest.p) {
			struct slice name = slice_cut(rest, '/', &rest);
			up = up || slice_eq_str(name, "..");
			if (name.n && !slice_eq_str(name, ".")) {
				buf_u8(&b, '/');
				buf_add_slice(&b, name);
			}
		}
	}
	if (b.n == 0)
		buf_u8(&b, '/');
	if (buf_ok(&b))
		whole = up ? realpath(path, NULL) : strdup(buf_cstr(&b));
	buf_done(&b);
	free(here);
	return whole;
}

static int by_path(const void *a, const void *b)
{
	return vault_path_cmp(slice_str(*(char *const *)a), slice_str(*(char *const *)b));
}

static int roots_of(const struct vault_backup_options *o, struct roots *ret, struct buf *ret_json, struct err *e)
{
	ret->path = calloc(o->path_n + 1, sizeof(*ret->path));
	if (!ret->path)
		return no_memory(e);
	for (size_t i = 0; i < o->path_n; i++, ret->n++)
		if (!(ret->path[i] = vault_path_normal(o->paths[i])))
			return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, o->paths[i], "is not there, and was to be backed up") : err_sys(e, o->paths[i], "cannot be resolved");
	qsort(ret->path, ret->n, sizeof(*ret->path), by_path);
	size_t n = 0;
	for (size_t i = 0; i < ret->n; i++)
		if (n && vault_path_under(slice_str(ret->path[i]), slice_str(ret->path[n - 1])))
			free(ret->path[i]);
		else
			ret->path[n++] = ret->path[i];
	ret->n = n;
	struct jsonw w;
	AUTO_BUF struct buf text = {0};
	buf_init(&text, 3 * VAULT_PATH_MAX);
	jsonw_init(&w, ret_json);
	jsonw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		buf_reset(&text);
		vault_escape(&text, slice_str(ret->path[i]));
		jsonw_slice(&w, buf_slice(&text));
	}
	jsonw_arr_end(&w);
	return buf_ok(ret_json) ? 0 : no_memory(e);
}

static bool any_there(const struct roots *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (access(r->path[i], F_OK) == 0 || errno != ENOENT)
			return true;
	return false;
}

/* ---- all of it ---- */

struct whole { /* what one backup holds, to be given back whatever happens */
	int vaultfd, lock;
	struct vault_log *log;
	struct vault_packs *packs;
	struct vault_body before;
	bool has_before;
	struct roots roots;
	struct spool made;
	struct backup b;
};

static void whole_done(struct whole *w)
{
	struct backup *b = &w->b;
	scan_close(b->scan);
	vault_judge_free(b->judge);
	for (size_t i = 0; b->units && i < b->unit_n; i++)
		unit_done(&b->units[i]);
	free(b->units);
	cat_writer_done(&b->cat);
	depot_done(&b->content);
	depot_done(&b->catalogue);
	buf_done(&b->extents);
	buf_done(&b->line);
	seal_sha256_free(b->ids);
	vault_body_done(&b->body);
	spool_done(&w->made);
	vault_packs_free(w->packs);
	if (w->has_before)
		vault_body_done(&w->before);
	vault_log_close(w->log);
	roots_done(&w->roots);
	if (w->lock >= 0)
		close(w->lock);
	if (w->vaultfd >= 0)
		close(w->vaultfd);
}

static int prepare_body(struct backup *b, const struct vault_backup_options *o, struct err *e)
{
	struct vault_body *body = &b->body;
	buf_init(&body->s.reasons, VAULT_BODY_MAX);
	buf_init(&body->list, VAULT_BODY_MAX);
	buf_init(&body->chunks, VAULT_BODY_MAX);
	buf_init(&body->roots, VAULT_BODY_MAX);
	const char *domain = o->domain ? o->domain : "site";
	if (!o->source || !vault_name_ok(slice_str(o->source)) || !vault_name_ok(slice_str(domain)))
		return err_set(e, ERR_USAGE, NULL, "the name of a source is 1 to %d letters, digits, dots, hyphens and underscores", VAULT_NAME_MAX);
	if (o->path_n == 0)
		return err_set(e, ERR_USAGE, NULL, "say which paths are to be backed up");
	memcpy(body->s.source, o->source, strlen(o->source) + 1);
	memcpy(body->domain, domain, strlen(domain) + 1);
	if (gethostname(body->s.host, sizeof(body->s.host) - 1) < 0)
		body->s.host[0] = 0;
	body->s.begun = time_now();
	return 0;
}

/* Which of this agent's packs are there is for the site to say. */
static int prepare_away(struct whole *w, const struct vault_ledger *l, const uint8_t dedupe[32], struct err *e)
{
	struct backup *b = &w->b;
	const struct vault_standing *there = b->away->there;
	int r = spool_open(&w->made, w->vaultfd, e);
	if (r == 0)
		r = depot_open(&b->content, w->vaultfd, w->vaultfd, VAULT_CONTENT, l, w->log, dedupe, b->body.domain, &w->made, e);
	if (r == 0)
		r = depot_away(&b->content, buf_slice(&there->there), buf_slice(&there->untold), there->lost, e);
	memcpy(b->body.files_period, b->content.info.period, sizeof(b->body.files_period));
	memcpy(b->body.catalogue_period, there->catalogue.period, sizeof(b->body.catalogue_period));
	return r;
}

static int prepare_depots(struct whole *w, int sitefd, const struct vault_ledger *l, const uint8_t dedupe[32], const struct age_identity *care, struct err *e)
{
	struct backup *b = &w->b;
	int r = spool_open(&w->made, w->vaultfd, e);
	if (r == 0 && care)
		r = vault_packs_new(sitefd, w->log, care, &w->packs, e);
	if (r == 0 && care)
		vault_packs_also(w->packs, b->o->older, b->o->older_n);
	if (r == 0)
		r = depot_open(&b->content, w->vaultfd, w->vaultfd, VAULT_CONTENT, l, w->log, dedupe, b->body.domain, &w->made, e);
	if (r == 0)
		r = depot_open(&b->catalogue, w->vaultfd, w->vaultfd, VAULT_CATALOGUE, l, w->log, dedupe, b->body.domain, &w->made, e);
	if (r == 0)
		r = depot_catch_up(&b->content, w->packs, e);
	if (r == 0)
		r = depot_catch_up(&b->catalogue, w->packs, e);
	if (r == 0)
		r = cat_writer_open(&b->cat, &b->catalogue, w->vaultfd, e);
	memcpy(b->body.files_period, b->content.info.period, sizeof(b->body.files_period));
	memcpy(b->body.catalogue_period, b->catalogue.info.period, sizeof(b->body.catalogue_period));
	return r;
}

static int prepare_scan(struct whole *w, int sitefd, uint64_t turn, struct err *e)
{
	struct backup *b = &w->b;
	const struct vault_backup_options *o = b->o;
	struct stat site;
	if (fstat(sitefd, &site) < 0)
		return err_sys(e, NULL, "the site's folder cannot be looked at");
	b->scan_fresh = w->has_before && strcmp(w->before.files_period, b->body.files_period) != 0;
	struct scan_options so = {
		.walk = {.roots = (const char *const *)w->roots.path, .root_n = w->roots.n, .exclude = o->exclude, .exclude_n = o->exclude_n, .one_file_system = o->one_file_system, .vaultfd = w->vaultfd,
			.site_dev = site.st_dev, .site_ino = site.st_ino},
		.list_fd = b->away && b->away->before ? b->away->before_fd : -1, .list_size = b->away && b->away->before ? b->away->before->size : 0, .packs = w->packs, .before = w->has_before ? &w->before : NULL, .fresh = b->scan_fresh, .content = &b->content,
		.reread_percent = o->reread_percent > 100 ? 100 : o->reread_percent, .turn = turn, .gear = &b->content.gear,
	};
	memcpy(so.key, b->content.keys.gear, sizeof(so.key));
	if (w->has_before) {
		b->progress.files_total = w->before.s.files;
		b->progress.bytes_total = w->before.s.bytes;
	}
	return scan_open(&so, &b->scan, e);
}

static int prepare_units(struct backup *b, unsigned *ret_readers, struct err *e)
{
	uint64_t memory = b->o->memory_most ? b->o->memory_most : MEMORY_DEFAULT;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned readers = b->o->readers ? b->o->readers : cores > 6 ? 8 : 6; /* more than processors: cold small files are waited for */
	uint64_t left = memory > MEMORY_ELSE ? memory - MEMORY_ELSE : 0;
	if (readers > READERS_MAX)
		readers = READERS_MAX;
	while (readers > 1 && readers * (MEMORY_READER + MEMORY_UNIT) > left)
		readers--;
	left -= left < readers * MEMORY_READER ? left : readers * MEMORY_READER;
	b->unit_n = (size_t)(left / MEMORY_UNIT);
	if (b->unit_n > 2 * (size_t)readers + 2)
		b->unit_n = 2 * (size_t)readers + 2;
	if (b->unit_n < UNITS_MIN)
		b->unit_n = UNITS_MIN;
	if (b->unit_n > UNITS_MAX)
		b->unit_n = UNITS_MAX;
	b->units = calloc(b->unit_n, sizeof(*b->units));
	buf_init(&b->extents, 2 * EXTENTS_LINE);
	buf_init(&b->line, 2 * VAULT_LINE_MAX);
	b->ids = seal_sha256_new();
	int r = b->units && b->ids ? 0 : no_memory(e);
	for (size_t i = 0; r == 0 && i < b->unit_n; i++)
		r = unit_init(&b->units[i], e);
	*ret_readers = readers;
	return r;
}

/* Other paths than last time, or other exclusions: no deletion, but something to know. Behind the judge's sentences. */
void backup_say_left_out(struct buf *reasons, uint64_t n)
{
	struct jsonw w;
	char say[160];
	AUTO_BUF struct buf one = {0};
	(void)snprintf(say, sizeof(say), "%llu file%s of the snapshot before %s not asked for this time: other paths, or excluded", (unsigned long long)n, n == 1 ? "" : "s",
	               n == 1 ? "was" : "were");
	buf_init(&one, 1024);
	jsonw_init(&w, &one);
	jsonw_str(&w, say);
	jsonw_done(&w);
	while (reasons->n && reasons->p[reasons->n - 1] != ']')
		reasons->n--;
	if (!reasons->n || !buf_ok(&one))
		return;
	reasons->n--;
	bool empty = reasons->p[reasons->n - 1] == '[';
	if (!empty)
		buf_u8(reasons, ',');
	buf_add_slice(reasons, buf_slice(&one));
	buf_u8(reasons, ']');
}

/* Content first, then the catalogue that names it, then the snapshot that names both. */
static int finish(struct whole *w, const struct vault_ledger *l, struct err *e)
{
	struct backup *b = &w->b;
	struct vault_verdict v = {0};
	AUTO_BUF struct buf body = {0};
	tell_progress(b, "saving");
	int r = depot_close_pack(&b->content, e);
	if (r == 0)
		r = cat_writer_end(&b->cat, &w->made, &b->body, e);
	if (r == 0)
		r = depot_close_pack(&b->catalogue, e);
	if (r < 0)
		return r;
	vault_judge_end(b->judge, &v);
	struct vault_snapshot *s = &b->body.s;
	(void)snprintf(s->verdict, sizeof(s->verdict), "%s", v.damage ? "damage" : "clean");
	buf_add_slice(&s->reasons, buf_slice(&v.reasons));
	if (b->left_out)
		backup_say_left_out(&s->reasons, b->left_out);
	memcpy(b->body.signs, v.signs, sizeof(b->body.signs));
	vault_verdict_done(&v);
	s->stored_bytes = b->content.stored + b->catalogue.stored;
	s->whole = s->unreadable == 0 && s->torn == 0;
	s->ended = time_now();
	buf_init(&body, VAULT_BODY_MAX);
	vault_body_write(&b->body, &body);
	r = buf_ok(&body) ? l->snapshot(l->arg, buf_slice(&body), &s->seq, &s->time, e) : err_set(e, buf_code(&body), NULL, "a snapshot's entry is too long");
	if (r < 0)
		return r;
	vault_snapshot_id(s->seq, s->id);
	/* caches: the snapshot is there, whatever becomes of them */
	struct err ignored;
	(void)!depot_end(&b->content, s->seq, &ignored);
	(void)!depot_end(&b->catalogue, s->seq, &ignored);
	return 0;
}

/* Content first; the catalogue, the verdict and the entry are the site's. */
static int finish_away(struct whole *w, struct err *e)
{
	struct backup *b = &w->b;
	struct vault_snapshot *s = &b->body.s;
	tell_progress(b, "saving");
	int r = depot_close_pack(&b->content, e);
	s->stored_bytes = b->content.stored;
	s->whole = s->unreadable == 0 && s->torn == 0;
	s->ended = time_now();
	if (r == 0)
		r = b->away->end(b->away->arg, &b->body, &w->made, e);
	if (r < 0)
		return r;
	vault_snapshot_id(s->seq, s->id);
	struct err ignored;
	(void)!depot_end(&b->content, s->seq, &ignored);
	return 0;
}

/* What was before is what the agent kept. */
static void before_away(struct whole *w, uint64_t *ret_turn)
{
	const struct agent_state *st = w->b.away->before;
	if (!st)
		return;
	w->has_before = true;
	w->before = (struct vault_body){.s = {.seq = st->snapshot, .begun = st->begun, .files = st->files, .bytes = st->bytes}};
	memcpy(w->before.files_period, st->files_period, sizeof(w->before.files_period));
	*ret_turn = st->turn;
}

/* What there is to compare with, and the judge that does. */
static int look_at_past(struct whole *w, const struct age_identity *care, uint64_t *ret_turn, struct err *e)
{
	struct backup *b = &w->b;
	struct vault_history history;
	uint8_t key[16];
	if (b->away) {
		before_away(w, ret_turn);
		return 0;
	}
	int r = look_back(w->log, b->body.s.source, b->body.domain, &w->before, &history, ret_turn, e);
	if (r < 0)
		return r;
	w->has_before = r > 0;
	history.now = b->body.s.begun;
	history.first = history.first || !care; /* no key here opens the catalogue before: nothing to compare with */
	seal_random(key, sizeof(key));
	b->judge = vault_judge_new(&history, key);
	return b->judge ? 0 : no_memory(e);
}

static int backup(struct whole *w, int sitefd, const struct vault_ledger *l, const uint8_t dedupe[32], const struct age_identity *care, struct err *e)
{
	struct backup *b = &w->b;
	uint64_t turn = 0;
	unsigned readers;
	int r = prepare_body(b, b->o, e);
	if (r == 0)
		r = roots_of(b->o, &w->roots, &b->body.roots, e);
	if (r == 0 && !any_there(&w->roots))
		r = err_set(e, ERR_NOT_FOUND, NULL, "none of the paths that are to be backed up is there");
	if (r == 0)
		r = open_vault(sitefd, &w->vaultfd, &w->lock, e);
	if (r == 0)
		r = vault_log_open(w->vaultfd, &w->log, e);
	if (r == 0)
		r = look_at_past(w, care, &turn, e);
	if (r == 0)
		r = b->away ? prepare_away(w, l, dedupe, e) : prepare_depots(w, sitefd, l, dedupe, care, e);
	if (r == 0)
		r = prepare_scan(w, sitefd, turn, e);
	if (r == 0)
		r = prepare_units(b, &readers, e);
	if (r == 0)
		r = run(b, readers, e);
	if (r == 0)
		r = b->away ? finish_away(w, e) : finish(w, l, e);
	return r;
}

static int back_up(int sitefd, const struct vault_ledger *l, const uint8_t dedupe[32], const struct age_identity *care, const struct backup_away *away, const struct vault_backup_options *o,
                   struct vault_snapshot *ret, struct err *e)
{
	struct whole *w = calloc(1, sizeof(*w));
	if (!w)
		return no_memory(e);
	w->vaultfd = w->lock = w->made.fd = w->b.cat.list.fd = -1;
	w->b.o = o;
	w->b.away = away;
	pthread_mutex_init(&w->b.fill, NULL);
	pthread_mutex_init(&w->b.m, NULL);
	pthread_mutex_init(&w->b.chunks, NULL);
	pthread_cond_init(&w->b.room, NULL);
	pthread_cond_init(&w->b.ready, NULL);
	pthread_cond_init(&w->b.turn, NULL);
	raise_files_limit();
	seal_init();
	int r = backup(w, sitefd, l, dedupe, care, e);
	if (r == 0) {
		*ret = w->b.body.s;
		buf_init(&w->b.body.s.reasons, 0); /* moved */
	}
	whole_done(w);
	free(w);
	return r < 0 ? r : 0;
}

int vault_backup(int sitefd, const struct vault_ledger *l, const uint8_t dedupe[32], const struct age_identity *care, const struct vault_backup_options *o, struct vault_snapshot *ret, struct err *e)
{
	return back_up(sitefd, l, dedupe, care, NULL, o, ret, e);
}

int vault_backup_away(int statefd, const struct vault_ledger *l, const uint8_t dedupe[32], const struct backup_away *away, const struct vault_backup_options *o, struct vault_snapshot *ret, struct err *e)
{
	return back_up(statefd, l, dedupe, NULL, away, o, ret, e);
}
