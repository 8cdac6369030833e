/* What there is and what has changed: the walk and the catalogue before it, side by side, both in the same order, into units.
 *
 * A file counts as unchanged when type, size, inode, modification time and change time are those of the catalogue, and the change time lies some time before the beginning of the backup that made it:
 * within that time a file may have been changed again under the same time stamp ("racy git"). Its lines are then taken over as they stand. Linux counts time in jiffies of at most 10 ms, so RACY_FINE is
 * ten of them; a file system that keeps coarser times (FAT: 2 s) shows it by a change time without a fraction, and one without a block device of its own (a network's) may count by another clock: these are
 * given RACY_COARSE. A share of the unchanged, another
 * one each time, is read all the same: modification times can be set, and inodes written past the kernel's notice (restic's and kopia's issues with VeraCrypt containers).
 */
#include <errno.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "backup_internal.h"

#define RACY_FINE (TIME_SEC / 10)
#define RACY_COARSE (3 * TIME_SEC)
#define SPARSE_LEAST (64 << 10)      /* below, a hole is read as zeros, but for files that are nothing else */
#define LINKS_MAX ((size_t)1 << 18)  /* files with several names that are waiting for their other names */

struct link { /* of a file with several names: where its first path stands in the spool */
	dev_t dev;
	ino_t ino;
	uint64_t at;
	uint32_t n, left; /* path's length; names that did not come yet; 0: free slot (removed ones stay, marked) */
	bool used;
};
struct scan {
	struct scan_options o;
	struct walk *walk;
	struct walk_entry entry;
	bool has_entry, walk_end, asked_links;
	struct vault_cat *before_cat, *copy; /* copy: taking over the many lines of one file */
	const struct vault_line *before;
	bool before_end;
	struct buf hidden;   /* a folder that could not be listed: what the catalogue has below it is not gone */
	struct larges *larges;
	struct large *large; /* whose pieces come; NULL: none */
	struct reader reader;
	struct unit *unit;   /* that is being filled: for troubles */
	struct link *links;
	size_t link_slots, link_used;
	struct spool link_paths;
};

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for a backup");
}

static void trouble(void *arg, const char *what, struct slice path, int error)
{
	struct scan *s = arg;
	unit_trouble(s->unit, path, what, error);
	s->unit->unreadable++;
}

int scan_open(const struct scan_options *o, struct scan **ret, struct err *e)
{
	struct scan *s = calloc(1, sizeof(*s));
	if (!s)
		return no_memory(e);
	s->o = *o;
	s->o.walk.trouble = trouble;
	s->o.walk.arg = s;
	s->link_paths.fd = -1;
	s->larges = larges_new();
	buf_init(&s->hidden, VAULT_PATH_MAX + 1);
	s->before_end = !o->before || (!o->packs && o->list_fd < 0);
	int r = s->larges ? reader_init(&s->reader, e) : no_memory(e);
	if (r == 0)
		r = walk_open(&s->o.walk, &s->walk, e);
	if (r == 0 && !s->before_end)
		r = o->list_fd >= 0 ? vault_cat_open_file(o->list_fd, 0, o->list_size, &s->before_cat, e) : vault_cat_open(o->packs, o->before, SLICE_NULL, &s->before_cat, e);
	if (r < 0) {
		scan_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void scan_close(struct scan *s)
{
	if (!s)
		return;
	walk_close(s->walk);
	vault_cat_close(s->before_cat);
	vault_cat_close(s->copy);
	buf_done(&s->hidden);
	if (s->large)
		large_put(s->large);
	larges_free(s->larges);
	reader_done(&s->reader);
	free(s->links);
	spool_done(&s->link_paths);
	free(s);
}

/* ---- the two streams ---- */

static int need_entry(struct scan *s, struct err *e)
{
	if (s->has_entry || s->walk_end)
		return 0;
	int r = walk_next(s->walk, &s->entry, e);
	s->has_entry = r > 0;
	s->walk_end = r == 0;
	return r < 0 ? r : 0;
}

static int need_before(struct scan *s, struct err *e)
{
	while (!s->before && !s->before_end) {
		int r = vault_cat_next(s->before_cat, &s->before, e);
		if (r < 0)
			return r;
		if (r == 0) {
			s->before = NULL;
			s->before_end = true;
		} else if (s->before->node.type == '+')
			s->before = NULL;
	}
	return 0;
}

/* ---- files with several names ---- */

static struct link *link_slot(struct link *links, size_t n, dev_t dev, ino_t ino)
{
	uint64_t h = ((uint64_t)dev * UINT64_C(0x9E3779B97F4A7C15)) ^ ((uint64_t)ino * UINT64_C(0xD6E8FEB86659FD93));
	for (size_t i = (size_t)(h >> 20) & (n - 1);; i = (i + 1) & (n - 1))
		if (!links[i].used || (links[i].dev == dev && links[i].ino == ino))
			return &links[i];
}

/* Again, without those whose names all came. */
static int links_again(struct scan *s, struct err *e)
{
	size_t live = 0, n = 1024;
	for (size_t i = 0; i < s->link_slots; i++)
		live += s->links[i].used && s->links[i].left;
	while (n < live * 2 + 512)
		n *= 2;
	if (n > 4 * LINKS_MAX)
		return 0;
	struct link *more = calloc(n, sizeof(*more));
	if (!more)
		return no_memory(e);
	for (size_t i = 0; i < s->link_slots; i++)
		if (s->links[i].used && s->links[i].left)
			*link_slot(more, n, s->links[i].dev, s->links[i].ino) = s->links[i];
	free(s->links);
	s->links = more;
	s->link_slots = n;
	s->link_used = live;
	return 0;
}

/* 1: an earlier path of this file is now in ret; 0: this is the first. Past LINKS_MAX waiting files, names count as files of their own: their content is stored once all the same. */
static int first_name(struct scan *s, const struct walk_entry *en, struct buf *ret, struct err *e)
{
	int r = s->link_paths.fd < 0 ? spool_open(&s->link_paths, s->o.walk.vaultfd, e) : 0;
	if (r == 0 && s->link_used * 2 >= s->link_slots)
		r = links_again(s, e);
	if (r < 0)
		return r;
	struct link *l = link_slot(s->links, s->link_slots, en->st.st_dev, en->st.st_ino);
	if (l->used && l->left) {
		uint8_t *to = buf_space(ret, l->n);
		if (!to)
			return no_memory(e);
		r = spool_read(&s->link_paths, to, l->n, l->at, e);
		if (r < 0)
			return r;
		buf_commit(ret, l->n);
		l->left--;
		return 1;
	}
	if (s->link_used >= LINKS_MAX)
		return 0;
	if (!l->used)
		s->link_used++;
	*l = (struct link){.dev = en->st.st_dev, .ino = en->st.st_ino, .at = s->link_paths.n, .n = (uint32_t)en->path.n, .left = (uint32_t)en->st.st_nlink - 1, .used = true};
	return spool_add(&s->link_paths, en->path, e);
}

/* ---- items ---- */

static struct item *add_item(struct unit *u, enum item_kind kind, char type, struct slice path)
{
	assert(u->item_n < UNIT_ITEMS);
	struct item *it = &u->items[u->item_n++];
	memset(it, 0, sizeof(*it));
	it->kind = (uint8_t)kind;
	it->type = type;
	it->path = (uint32_t)u->text.n;
	it->path_n = (uint32_t)path.n;
	buf_add_slice(&u->text, path);
	buf_u8(&u->text, 0);
	return it;
}

static void set_before(struct item *it, const struct vault_line *b)
{
	it->has_before = b->has_trait;
	it->before = b->trait;
	it->has_before_digest = b->has_digest;
	memcpy(it->before_digest, b->digest, VAULT_DIGEST);
	it->ino_before = b->node.ino;
	it->same_time = b->mtime_s == it->st.st_mtim.tv_sec && b->mtime_ns == (uint32_t)it->st.st_mtim.tv_nsec;
}

/* Its line as it stands. */
static void take_over(struct unit *u, const struct vault_line *b)
{
	struct item *it = add_item(u, ITEM_LINE, b->node.type, b->node.path);
	it->text = (uint32_t)u->text.n;
	it->text_n = (uint32_t)b->raw.n + 1;
	buf_add_slice(&u->text, b->raw);
	buf_u8(&u->text, '\n');
	it->size = b->node.size;
	it->same_stat = true;
	if (b->node.type != 'f')
		return;
	set_before(it, b);
	it->after = b->trait;
	it->ino_after = b->node.ino;
	it->what = b->has_trait ? '=' : 0;
}

static void gone(struct scan *s, struct unit *u)
{
	const struct vault_line *b = s->before;
	if (s->hidden.n && vault_path_under(b->node.path, buf_slice(&s->hidden)))
		return;
	if (!walk_selects(&s->o.walk, b->node.path)) { /* other paths were asked for, or it is excluded now: nobody has deleted it */
		u->left_out += b->node.type == 'f';
		return;
	}
	struct item *it = add_item(u, ITEM_GONE, b->node.type, b->node.path);
	if (b->node.type == 'f') {
		set_before(it, b);
		it->what = b->has_trait ? '-' : 0;
	}
}

static char type_of(const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return 'f';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	default:
		return 0;
	}
}

/* By all that its inode says. */
static bool same_inode(const struct vault_line *b, const struct stat *st, char type)
{
	if (!b || b->node.type != type || b->node.ino != st->st_ino || b->mtime_s != st->st_mtim.tv_sec || b->mtime_ns != (uint32_t)st->st_mtim.tv_nsec || b->ctime_s != st->st_ctim.tv_sec ||
	    b->ctime_ns != (uint32_t)st->st_ctim.tv_nsec || b->node.mode != (st->st_mode & 07777) || b->node.uid != st->st_uid || b->node.gid != st->st_gid)
		return false;
	return (type != 'f' || b->node.size == (uint64_t)st->st_size) && !b->node.torn && !b->node.unreadable;
}

/* And long enough ago. */
static bool same_stat(const struct scan *s, const struct vault_line *b, const struct stat *st, char type)
{
	int64_t apart = st->st_ctim.tv_nsec && major(st->st_dev) ? RACY_FINE : RACY_COARSE;
	return same_inode(b, st, type) && b->node.ctime < s->o.before->s.begun - apart;
}

static bool packs_are_there(const struct scan *s, const struct vault_line *b)
{
	struct slice rest = b->extents;
	struct vault_extent x;
	if (!s->o.content->any_lost)
		return true;
	if (b->has_parts)
		return false; /* read again rather than look through all of them */
	while (vault_extent_next(&rest, &x) > 0)
		if (x.pack && !depot_pack_ok(s->o.content, x.pack))
			return false;
	return true;
}

static bool its_turn(const struct scan *s, struct slice path)
{
	unsigned percent = s->o.reread_percent, rounds = percent ? 100 / percent : 0;
	return rounds && seal_fingerprint(s->o.key, path) % rounds == s->o.turn % rounds;
}

/* ---- one node of the tree ---- */

static int plain_node(struct scan *s, struct unit *u, char type, struct err *e)
{
	const struct walk_entry *en = &s->entry;
	const struct vault_line *b = s->before;
	if (!en->unreadable && !en->mount && b && !b->mount && same_stat(s, b, &en->st, type)) {
		take_over(u, b);
		return 0;
	}
	struct vault_line l = {.node = {.type = type, .unreadable = en->unreadable}, .mount = en->mount};
	char target[4096];
	if (type == 'l') {
		ssize_t n = readlinkat(en->dir->fd, en->name, target, sizeof(target));
		if (n <= 0) {
			if (n == 0 || errno != ENOENT)
				trouble(s, "cannot be read", en->path, errno);
			return 0;
		}
		l.node.link = slice_of(target, (size_t)n);
	}
	struct item *it = add_item(u, ITEM_LINE, type, en->path);
	it->st = en->st;
	return node_line(&s->reader, u, it, &l, en->fd, en->dir && !en->unreadable ? en->dir->fd : -1, en->name, e);
}

static int second_name(struct scan *s, struct unit *u, struct slice first, struct err *e)
{
	const struct walk_entry *en = &s->entry;
	struct vault_line l = {.node = {.type = 'h', .link = first}};
	struct item *it = add_item(u, ITEM_LINE, 'h', en->path);
	it->st = en->st;
	return node_line(&s->reader, u, it, &l, -1, -1, NULL, e);
}

static bool sparse(const struct stat *st)
{
	if (st->st_blocks == 0 && st->st_size > 0) /* nothing but a hole, most likely: whether it is one says more than its zeros do */
		return true;
	return st->st_size > SPARSE_LEAST && (uint64_t)st->st_blocks * 512 + 4096 < (uint64_t)st->st_size;
}

/* 1: it does not fit in this unit any more, ask again with the next; 2: the unit is full with it. */
static int file_node(struct scan *s, struct unit *u, struct err *e)
{
	const struct walk_entry *en = &s->entry;
	const struct vault_line *b = s->before && s->before->node.type == 'f' ? s->before : NULL;
	bool same = same_stat(s, b, &en->st, 'f'), again = same && (s->o.fresh || !packs_are_there(s, b) || its_turn(s, en->path));
	if (same && !again) {
		if (b->has_parts)
			return vault_cat_again(s->before_cat, s->o.packs, s->o.before, &s->copy, e); /* its lines, one after the other, from the next round on */
		take_over(u, b);
		return 0;
	}
	bool large = (uint64_t)en->st.st_size > UNIT_DATA || sparse(&en->st);
	if (large ? u->item_n > 0 : u->planned + (size_t)en->st.st_size > UNIT_DATA)
		return 1;
	if (en->dir != u->last_dir && u->dirs == UNIT_DIRS)
		return 1;
	struct item *it = add_item(u, ITEM_FILE, 'f', en->path);
	it->st = en->st;
	it->what = b && b->has_trait ? '~' : '+';
	it->same_stat = same_inode(b, &en->st, 'f');
	if (b)
		set_before(it, b);
	it->dir = en->dir;
	atomic_fetch_add(&en->dir->refs, 1);
	if (!large) {
		u->dirs += en->dir != u->last_dir;
		u->last_dir = en->dir;
		u->planned += (size_t)en->st.st_size;
		return 0;
	}
	struct item first = *it;
	it->dir = NULL;
	u->item_n--;
	int r = large_begin(s->larges, u, &first, &s->large, e);
	if (r <= 0)
		return r;
	u->text.n = 0; /* the piece begins its unit anew */
	return 2;
}

static int node(struct scan *s, struct unit *u, struct err *e)
{
	const struct walk_entry *en = &s->entry;
	char type = type_of(&en->st);
	if (en->unreadable && type != 'd') { /* told already; there is nothing to write a line of */
		buf_reset(&s->hidden);
		buf_add_slice(&s->hidden, en->path);
		return 0;
	}
	if (en->unreadable) {
		buf_reset(&s->hidden);
		buf_add_slice(&s->hidden, en->path);
	}
	if (!type)
		return 0;
	if (type == 'd')
		return plain_node(s, u, type, e);
	if (en->st.st_nlink > 1) {
		AUTO_BUF struct buf first = {0};
		buf_init(&first, VAULT_PATH_MAX);
		int r = s->asked_links ? 0 : first_name(s, en, &first, e);
		if (r < 0)
			return r;
		if (r > 0)
			return second_name(s, u, buf_slice(&first), e);
		s->asked_links = true; /* a file that waits for the next unit is not its own second name */
	}
	return type == 'f' ? file_node(s, u, e) : plain_node(s, u, type, e);
}

/* ---- a unit ---- */

static int copy_lines(struct scan *s, struct unit *u, struct err *e)
{
	const struct vault_line *line;
	int r = vault_cat_next(s->copy, &line, e);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_CORRUPT, NULL, "a file's lines in the catalogue before this backup end too early");
	take_over(u, line);
	if (line->node.type == '+')
		u->items[u->item_n - 1].what = 0;
	else {
		vault_cat_close(s->copy);
		s->copy = NULL;
	}
	return 0;
}

static bool full(const struct unit *u)
{
	return u->item_n + 2 > UNIT_ITEMS || u->text.n > UNIT_TEXT || u->planned >= UNIT_DATA;
}

/* One step of the merge: 1: the unit is full. */
static int step(struct scan *s, struct unit *u, struct err *e)
{
	int r = need_entry(s, e);
	if (r == 0)
		r = need_before(s, e);
	if (r < 0)
		return r;
	if (!s->has_entry && !s->before) {
		u->last = true;
		return 1;
	}
	int cmp = !s->has_entry ? 1 : !s->before ? -1 : vault_path_cmp(s->entry.path, s->before->node.path);
	if (cmp > 0) {
		gone(s, u);
		s->before = NULL;
		return 0;
	}
	const struct vault_line *held = s->before;
	if (cmp < 0)
		s->before = NULL; /* not of this path */
	r = node(s, u, e);
	s->before = held;
	if (r == 1 || r < 0)
		return r;
	s->has_entry = s->asked_links = false;
	if (cmp == 0)
		s->before = NULL;
	return r == 2;
}

int scan_fill(struct scan *s, struct unit *u, struct err *e)
{
	int r = 0;
	s->unit = u;
	while (r == 0 && !s->large && !full(u))
		r = s->copy ? copy_lines(s, u, e) : step(s, u, e);
	if (r >= 0 && s->large && u->item_n == 0 && !large_plan(s->large, u))
		s->large = NULL;
	if (r >= 0 && !buf_ok(&u->text))
		r = no_memory(e);
	return r < 0 ? r : 0;
}
