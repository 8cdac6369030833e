/* Until when was a source clean, and which version of each damaged file is the newest clean one: `clean-point`, and `restore --clean`.
 *
 * The judge marks versions as they are backed up (vault_judge.c), so the newest catalogue says since when there has been damage. From the last snapshot before that one on, each pair of neighbours is
 * walked side by side, and the judge is asked of each change whether it belongs to the damage. What it says is carried from pair to pair in a file sorted by path, because a ransomed share may have
 * ten million damaged files and this machine has other things to do with its memory:
 *
 *   u8 what: 'D' damaged under its name, 'G' taken away, 'X' a damaged copy or a note: not to be given back      u64 the clean snapshot's entry + 1, 0: none is kept
 *   u8 n, n bytes: the reason      u32 n, n bytes: the path
 * Little-endian, in a file without a name that ends with the command. */
#include "restore_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct finding {
	uint8_t what;
	uint64_t clean;
	char reason[96];
	struct buf path;
};
struct clean {
	struct vault *v;
	size_t *snaps;      /* of the source, up to the one asked about: places in the log, oldest first */
	size_t n;
	size_t base;        /* the last clean one: place in snaps; SIZE_MAX: none */
	int64_t since;
	int64_t accepted;   /* begin of the newest snapshot whose damage was accepted: marks until then are none */
	bool hollow;        /* files that are kept online only count, too: who restores wants the data */
	FILE *state;        /* NULL: nothing is damaged */
	struct vault_packs *older; /* catalogues of the older one of a pair */
};

/* ---- a set of paths, by hash ---- */

/* Of files with several names, which are few; past PATHS_MAX it says yes to all. Collisions among so many under 64 bits are none. */
#define PATHS_MAX ((size_t)1 << 20)
struct paths {
	uint64_t *slots;
	size_t cap, n;
	bool all;
};

static uint64_t path_hash(struct slice path)
{
	static const uint8_t key[16] = "holdfast.paths.1";
	return seal_fingerprint(key, path) | 1;
}

static uint64_t *path_slot(uint64_t *slots, size_t cap, uint64_t h)
{
	size_t i = (size_t)(h >> 8) & (cap - 1);
	while (slots[i] && slots[i] != h)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static void paths_add(struct paths *s, struct slice path)
{
	if (!s->all && s->n * 2 >= s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 256;
		uint64_t *more = cap <= 2 * PATHS_MAX ? calloc(cap, sizeof *more) : NULL;
		for (size_t i = 0; more && i < s->cap; i++)
			if (s->slots[i])
				*path_slot(more, cap, s->slots[i]) = s->slots[i];
		if (more) {
			free(s->slots);
			s->slots = more;
			s->cap = cap;
		}
		s->all = !more;
	}
	if (s->all)
		return;
	uint64_t h = path_hash(path), *slot = path_slot(s->slots, s->cap, h);
	s->n += *slot != h;
	*slot = h;
}

static bool paths_have(const struct paths *s, struct slice path)
{
	uint64_t h = path_hash(path);
	return s->all || (s->n && *path_slot(s->slots, s->cap, h) == h);
}

static void paths_done(struct paths *s)
{
	free(s->slots);
}

/* ---- the file ---- */

static FILE *nameless(int vaultfd)
{
	int fd = openat(vaultfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w+") : NULL;
	if (!f && fd >= 0)
		close(fd);
	return f ? f : tmpfile();
}

static void put(FILE *f, const struct finding *x)
{
	uint8_t head[9 + 1], n[4];
	size_t reason = strlen(x->reason);
	uint64_t clean = htole64(x->clean);
	uint32_t path = htole32((uint32_t)x->path.n);
	head[0] = x->what;
	memcpy(head + 1, &clean, 8);
	head[9] = (uint8_t)reason;
	memcpy(n, &path, 4);
	fwrite(head, 1, sizeof head, f);
	fwrite(x->reason, 1, reason, f);
	fwrite(n, 1, sizeof n, f);
	fwrite(x->path.p, 1, x->path.n, f);
}

/* 1, 0 at the end. */
static int get(FILE *f, struct finding *x, struct err *e)
{
	uint8_t head[10], n[4];
	size_t got = f ? fread(head, 1, sizeof head, f) : 0;
	uint64_t clean;
	uint32_t path = 0;
	buf_reset(&x->path);
	if (got == 0 && (!f || !ferror(f)))
		return 0;
	bool ok = got == sizeof head && head[9] < sizeof x->reason && fread(x->reason, 1, head[9], f) == head[9] && fread(n, 1, 4, f) == 4;
	if (ok) {
		memcpy(&clean, head + 1, 8);
		memcpy(&path, n, 4);
		path = le32toh(path);
		x->what = head[0];
		x->clean = le64toh(clean);
		x->reason[head[9]] = 0;
	}
	uint8_t *to = ok && path <= VAULT_PATH_MAX ? buf_space(&x->path, path) : NULL;
	if (!to || fread(to, 1, path, f) != path)
		return err_set(e, ERR_SYSTEM, NULL, "the list of damaged files cannot be read again");
	buf_commit(&x->path, path);
	return 1;
}

/* ---- one pair ---- */

struct pairing {
	struct clean *c;
	FILE *from, *to;
	struct finding next; /* of the file that was made before */
	bool have;
	uint64_t older;      /* entry of the older snapshot; UINT64_MAX: there is none */
	struct buf roots;    /* of the newer one */
	struct paths links;  /* files of several names that were damaged: their other names are, too, where they became files that look enciphered */
	struct vault_verdict verdict;
	uint64_t written;
};

static void keep(struct pairing *p, const struct finding *x)
{
	put(p->to, x);
	p->written++;
}

static bool is_file(const struct vault_line *l)
{
	return l && l->node.type == 'f';
}

static bool judged(struct pairing *p, const struct vault_pair *q, char *ret_what, char reason[96])
{
	const struct vault_line *b = is_file(q->before) ? q->before : NULL, *a = is_file(q->after) ? q->after : NULL;
	struct vault_trait before = {0}, after = {0};
	if (b) {
		before = b->trait;
		(void)vault_trait_accept(&before, p->c->accepted);
	}
	if (a) {
		after = a->trait;
		(void)vault_trait_accept(&after, p->c->accepted);
	}
	struct vault_change c = {.path = a ? a->node.path : b->node.path, .what = !b ? '+' : !a ? '-' : q->what == '~' ? '~' : '=', .before = b ? &before : NULL, .after = a ? &after : NULL,
	                         .ino_before = b ? b->node.ino : 0, .ino_after = a ? a->node.ino : 0, .same_time = b && a && b->mtime_s == a->mtime_s && b->mtime_ns == a->mtime_ns};
	*ret_what = c.what;
	reason[0] = 0;
	if (c.what == '=' && !(after.marks & VAULT_MARKS_DAMAGE))
		return false;
	if (c.what == '-' && p->roots.n && !vault_roots_have(buf_slice(&p->roots), c.path)) /* not looked at that time */
		return false;
	return vault_judge_file(&c, &p->verdict, reason);
}

/* A second name of a damaged file, which is a file of its own now that looks enciphered: an attacker writes names anew, and knows nothing of links. */
static bool link_turned(const struct pairing *p, const struct vault_pair *q, char what, char reason[96])
{
	const struct vault_line *b = q->before, *a = q->after;
	if (what != '+' || !b || b->node.type != 'h' || !is_file(a) || !a->has_trait || !paths_have(&p->links, b->node.link))
		return false;
	if (a->trait.type != CONTENT_UNKNOWN || !(a->trait.marks & (VAULT_MARK_OPAQUE | VAULT_MARKS_DAMAGE)))
		return false;
	snprintf(reason, 96, "another name of a damaged file, and looks enciphered");
	return true;
}

/* What becomes of a path: known is what was found of it before (NULL: nothing). */
static void one_path(struct pairing *p, const struct vault_pair *q, const struct finding *known)
{
	char what, reason[96];
	bool damage = judged(p, q, &what, reason) || link_turned(p, q, what, reason);
	if (damage && is_file(q->before) && q->before->nlink > 1)
		paths_add(&p->links, q->before->node.path);
	struct finding x = {.what = 0};
	if (known) {
		x = *known;
		if (known->what == 'X') {
			/* gone again, or no longer what it was: then nothing speaks against the path */
			if (what == '-' || (!damage && what == '~'))
				return;
		} else if (!damage && (what == '+' || what == '~')) {
			return; /* it is back, and whole: somebody restored it */
		}
		keep(p, &x);
		return;
	}
	if (!damage)
		return;
	const struct vault_line *l = q->before ? q->before : q->after;
	x.what = what == '+' ? 'X' : what == '-' ? 'G' : 'D';
	/* a version that is marked as damaged is none to go back to; one that only looked enciphered when it came may be its owner's own */
	struct vault_trait before = is_file(q->before) ? q->before->trait : (struct vault_trait){0};
	(void)vault_trait_accept(&before, p->c->accepted);
	x.clean = what != '+' && is_file(q->before) && !(before.marks & VAULT_MARKS_DAMAGE) && p->older != UINT64_MAX ? p->older + 1 : 0;
	memcpy(x.reason, reason, sizeof x.reason);
	buf_init(&x.path, VAULT_PATH_MAX);
	buf_add_slice(&x.path, (is_file(q->after) ? q->after : l)->node.path);
	if (buf_ok(&x.path))
		keep(p, &x);
	buf_done(&x.path);
}

static int step(struct pairing *p, struct err *e)
{
	int r = get(p->from, &p->next, e);
	p->have = r > 0;
	return r < 0 ? r : 0;
}

static int walk(struct pairing *p, struct vault_cat *before, struct vault_cat *after, struct err *e)
{
	struct vault_pair q = {.what = 0};
	int r = step(p, e);
	while (r == 0) {
		int n = vault_pair_next(before, after, &q, e);
		if (n <= 0) {
			r = n;
			break;
		}
		if (!is_file(q.before) && !is_file(q.after))
			continue;
		struct slice path = is_file(q.after) ? q.after->node.path : q.before->node.path;
		int cmp = 1;
		while (r == 0 && p->have && (cmp = vault_path_cmp(buf_slice(&p->next.path), path)) < 0) {
			keep(p, &p->next);
			r = step(p, e);
		}
		bool known = p->have && cmp == 0;
		if (r == 0)
			one_path(p, &q, known ? &p->next : NULL);
		if (r == 0 && known)
			r = step(p, e);
	}
	while (r == 0 && p->have) {
		keep(p, &p->next);
		r = step(p, e);
	}
	return r;
}

/* newer: place in snaps. */
static int pair(struct clean *c, size_t newer, struct err *e)
{
	struct vault_body ob = {0}, nb = {0};
	struct vault_cat *before = NULL, *after = NULL;
	struct pairing p = {.c = c, .from = c->state, .to = nameless(c->v->vaultfd), .older = UINT64_MAX};
	int r = p.to ? 0 : err_sys(e, NULL, "no room for the list of damaged files");
	if (p.to)
		(void)setvbuf(p.to, NULL, _IOFBF, 1 << 16);
	if (r == 0)
		r = vault_log_snapshot(c->v->log, c->snaps[newer], &nb, e);
	if (r == 0 && newer)
		r = vault_log_snapshot(c->v->log, c->snaps[newer - 1], &ob, e);
	if (r == 0 && newer) {
		p.older = ob.s.seq;
		r = vault_cat_open(c->older, &ob, SLICE_NULL, &before, e);
	}
	if (r == 0)
		r = vault_cat_open(c->v->catalogues, &nb, SLICE_NULL, &after, e);
	if (r == 0) {
		buf_init(&p.roots, 8 * VAULT_BODY_MAX);
		r = vault_roots_parse(buf_slice(&nb.roots), &p.roots, e);
	}
	if (r == 0) {
		p.verdict.damage = !strcmp(nb.s.verdict, "damage");
		memcpy(p.verdict.signs, nb.signs, sizeof p.verdict.signs);
		buf_init(&p.next.path, VAULT_PATH_MAX);
		if (c->state)
			rewind(c->state);
		r = walk(&p, before, after, e);
		buf_done(&p.next.path);
	}
	buf_done(&p.roots);
	paths_done(&p.links);
	vault_cat_close(before);
	vault_cat_close(after);
	vault_body_done(&nb);
	if (newer)
		vault_body_done(&ob);
	if (r == 0 && (fflush(p.to) != 0 || ferror(p.to)))
		r = err_sys(e, NULL, "the list of damaged files cannot be written");
	if (c->state)
		fclose(c->state);
	c->state = p.to;
	return r;
}

/* ---- since when ---- */

static int find_snapshots(struct clean *c, const char *source, uint64_t upto, struct err *e)
{
	size_t all = vault_log_snapshots(c->v->log);
	c->snaps = calloc(all + 1, sizeof *c->snaps);
	if (!c->snaps)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < all; i++) {
		struct vault_body b;
		int r = vault_log_snapshot(c->v->log, i, &b, e);
		bool ours = r == 0 && !strcmp(b.s.source, source) && b.s.seq <= upto;
		if (ours && b.s.accepted && b.s.begun > c->accepted)
			c->accepted = b.s.begun;
		vault_body_done(&b);
		if (r < 0)
			return r;
		if (ours)
			c->snaps[c->n++] = i;
	}
	return c->n ? 0 : err_set(e, ERR_NOT_FOUND, NULL, "there is no snapshot of %s", source);
}

static int body_at(struct clean *c, size_t i, struct vault_body *ret, struct err *e)
{
	int r = vault_log_snapshot(c->v->log, c->snaps[i], ret, e);
	if (r < 0)
		vault_body_done(ret);
	return r;
}

/* A file without data that had some, under the size and time that it had: no damage, but nothing to be given back. */
static bool is_placeholder(const struct vault_line *l)
{
	return l->trait.hollow && l->trait.marks & VAULT_MARK_EMPTIED;
}

/* The oldest mark that a version of the newest catalogue carries. */
static int oldest_mark(struct clean *c, const struct vault_body *b, bool damage, int64_t *ret, struct err *e)
{
	struct vault_cat *cat;
	const struct vault_line *l;
	int r = vault_cat_open(c->v->catalogues, b, SLICE_NULL, &cat, e);
	if (r < 0)
		return r;
	while ((r = vault_cat_next(cat, &l, e)) > 0)
		if (is_file(l) && ((damage && l->trait.marks & VAULT_MARKS_DAMAGE) || (c->hollow && is_placeholder(l))) && l->trait.marked > c->accepted && l->trait.marked < *ret)
			*ret = l->trait.marked;
	vault_cat_close(cat);
	return r;
}

/* Where damage that stands in the last of them began: the oldest mark, or the first of the verdicts in a row that say damage (deletion leaves no mark). Sets base; *ret: is there any? */
static int find_base(struct clean *c, bool *ret, struct err *e)
{
	struct vault_body b;
	size_t row = c->n;
	int r = body_at(c, c->n - 1, &b, e);
	if (r < 0)
		return r;
	*ret = !strcmp(b.s.verdict, "damage");
	c->since = *ret ? b.s.begun : INT64_MAX;
	if (*ret || c->hollow)
		r = oldest_mark(c, &b, *ret, &c->since, e);
	*ret |= c->since < INT64_MAX;
	vault_body_done(&b);
	c->base = c->n - 1;
	if (r < 0 || !*ret)
		return r;
	while (row) { /* the verdicts in a row */
		r = body_at(c, row - 1, &b, e);
		if (r < 0)
			return r;
		bool damage = !strcmp(b.s.verdict, "damage");
		if (damage && b.s.begun < c->since)
			c->since = b.s.begun;
		vault_body_done(&b);
		if (!damage)
			break;
		row--;
	}
	for (c->base = c->n - 1; c->base != SIZE_MAX; c->base--) {
		r = body_at(c, c->base, &b, e);
		if (r < 0)
			return r;
		bool before = b.s.begun < c->since;
		vault_body_done(&b);
		if (before)
			break;
	}
	return 0;
}

static void clean_done(struct clean *c)
{
	if (c->state)
		fclose(c->state);
	vault_packs_free(c->older);
	free(c->snaps);
}

static int clean_find(struct vault *v, const char *source, uint64_t upto, bool hollow, struct clean *c, bool *ret_damage, struct err *e)
{
	*c = (struct clean){.v = v, .hollow = hollow};
	if (!v->catalogues)
		return err_set(e, ERR_CRYPTO, NULL, "no key here opens a catalogue: it takes care or recovery");
	int r = find_snapshots(c, source, upto, e);
	if (r == 0)
		r = vault_packs_new(v->sitefd, v->log, v->has_care ? &v->care : &v->recovery, &c->older, e);
	if (r == 0 && v->has_care)
		vault_packs_also(c->older, v->older, v->older_n);
	if (r == 0)
		r = find_base(c, ret_damage, e);
	for (size_t i = c->base + 1; r == 0 && *ret_damage && i < c->n; i++) /* from SIZE_MAX on: all, the first one against nothing */
		r = pair(c, i, e);
	return r;
}

/* ---- clean-point ---- */

static int snapshot_of(struct vault *v, uint64_t seq, struct vault_body *ret, struct err *e)
{
	size_t i;
	int r = vault_log_find_seq(v->log, seq, &i);
	if (r < 0)
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no snapshot of this name");
	r = vault_log_snapshot(v->log, i, ret, e);
	if (r < 0)
		vault_body_done(ret);
	return r;
}

static int tell(struct clean *c, vault_damaged_fn *fn, void *arg, uint64_t *ret_n, struct err *e)
{
	struct finding x = {.what = 0};
	struct vault_body b = {0};
	bool have = false;
	int r = 0;
	buf_init(&x.path, VAULT_PATH_MAX);
	if (c->state)
		rewind(c->state);
	while (r == 0 && (r = get(c->state, &x, e)) > 0) {
		r = 0;
		if (x.what == 'X')
			continue;
		if (x.clean && (!have || b.s.seq != x.clean - 1)) {
			if (have)
				vault_body_done(&b);
			r = snapshot_of(c->v, x.clean - 1, &b, e);
			have = r == 0;
		}
		if (r == 0)
			r = fn(arg, buf_slice(&x.path), x.clean ? &b.s : NULL, x.reason, e);
		++*ret_n;
	}
	if (have)
		vault_body_done(&b);
	buf_done(&x.path);
	return r;
}

static int time_at(struct clean *c, size_t i, int64_t *ret, struct err *e)
{
	struct vault_body b;
	int r = body_at(c, i, &b, e);
	if (r < 0)
		return r;
	*ret = b.s.time;
	vault_body_done(&b);
	return 0;
}

int vault_clean_point(struct vault *v, const char *source, vault_damaged_fn *fn, void *arg, struct vault_clean_point *ret, struct err *e)
{
	struct clean c;
	bool damage = false;
	struct vault_clean_point p = {0};
	int r = clean_find(v, source, UINT64_MAX, false, &c, &damage, e);
	if (r == 0 && c.base != SIZE_MAX)
		r = time_at(&c, c.base, &p.clean_until, e);
	if (r == 0 && damage)
		r = time_at(&c, c.base + 1, &p.first_damage, e);
	if (r == 0 && damage)
		r = tell(&c, fn, arg, &p.damaged, e);
	clean_done(&c);
	if (r == 0)
		*ret = p;
	return r;
}

/* ---- restore --clean ---- */

/* What of a snapshot is wanted, asked in the order of paths. */
struct wanting {
	FILE *state;
	struct finding next;
	bool have;
	uint64_t clean; /* 0: the snapshot itself, without what is damaged; else the damaged files whose clean version is in this one (entry + 1) */
};

static int want_begin(struct wanting *w, FILE *state, uint64_t clean, struct err *e)
{
	w->state = state;
	w->clean = clean;
	buf_init(&w->next.path, VAULT_PATH_MAX);
	if (state)
		rewind(state);
	int r = get(state, &w->next, e);
	w->have = r > 0;
	return r < 0 ? r : 0;
}

static void want_done(struct wanting *w)
{
	buf_done(&w->next.path);
}

static int want(void *arg, const struct vault_line *l, struct err *e)
{
	struct wanting *w = arg;
	int cmp = 1;
	while (w->have && (cmp = vault_path_cmp(buf_slice(&w->next.path), l->node.path)) < 0) {
		int r = get(w->state, &w->next, e);
		if (r < 0)
			return r;
		w->have = r > 0;
	}
	bool known = w->have && cmp == 0, file = l->node.type == 'f' || l->node.type == '+';
	if (w->clean)
		return file && known && w->next.clean == w->clean && w->next.what != 'X';
	return !(file && known);
}

/* The clean snapshots that findings name, each once; and what has none. */
static int find_origins(struct restore *r, struct clean *c, struct slice under, struct buf *ret, struct err *e)
{
	struct finding x = {.what = 0};
	int code = 0;
	buf_init(&x.path, VAULT_PATH_MAX);
	rewind(c->state);
	while (code == 0 && (code = get(c->state, &x, e)) > 0) {
		code = 0;
		if (x.what == 'X' || !vault_path_under(buf_slice(&x.path), under))
			continue;
		if (!x.clean) {
			char why[200];
			snprintf(why, sizeof why, "no clean version of it is kept (%s)", x.reason);
			restore_missing(r, buf_slice(&x.path), why);
			continue;
		}
		bool have = false;
		for (size_t i = 0; i < ret->n && !have; i += sizeof x.clean)
			have = !memcmp(ret->p + i, &x.clean, sizeof x.clean);
		if (!have)
			buf_add(ret, &x.clean, sizeof x.clean);
		if (!buf_ok(ret))
			code = err_set(e, buf_code(ret), NULL, "clean versions lie in too many snapshots");
	}
	buf_done(&x.path);
	return code;
}

static int from_clean(struct restore *r, struct clean *c, uint64_t clean, struct buf *made, struct err *e)
{
	struct vault_body b;
	struct restore_origin from;
	struct wanting w;
	int code = snapshot_of(c->v, clean - 1, &b, e);
	if (code < 0)
		return code;
	code = restore_origin_init(c->v, &b, &from, e);
	if (code == 0)
		code = want_begin(&w, c->state, clean, e);
	if (code == 0) {
		r->at.made = made;
		code = restore_stream(r, &b, &from, r->o->path, true, want, &w, e);
		r->at.made = NULL;
		want_done(&w);
	}
	seal_wipe(&from, sizeof from);
	vault_body_done(&b);
	return code;
}

static int made_by(struct restore *r, struct clean *c, uint64_t clean, const struct buf *made, struct err *e)
{
	struct vault_body b;
	int code = snapshot_of(c->v, clean - 1, &b, e);
	if (code < 0)
		return code;
	code = restore_made(r, &b, made, e);
	vault_body_done(&b);
	return code;
}

#define MADE_MAX ((size_t)8 << 20)

/* ---- names and folders as the last clean snapshot has them ---- */

/* Which second names of the clean snapshot are to come back, asked in the order of paths: those that are gone, or were written anew enciphered, together with the file they name or by themselves. */
struct linking {
	struct wanting w;       /* findings */
	struct vault_cat *now;  /* the snapshot that is restored */
	const struct vault_line *line;
	bool end;
	struct paths damaged;   /* first names */
};

static int finding_upto(struct wanting *w, struct slice path, int *ret_cmp, struct err *e)
{
	*ret_cmp = 1;
	while (w->have && (*ret_cmp = vault_path_cmp(buf_slice(&w->next.path), path)) < 0) {
		int r = get(w->state, &w->next, e);
		if (r < 0)
			return r;
		w->have = r > 0;
	}
	return 0;
}

/* "b.txt.locked" for "b.txt" */
static bool copy_of(const struct finding *x, struct slice path)
{
	struct slice p = buf_slice(&x->path);
	return x->what == 'X' && p.n > path.n && !memcmp(p.p, path.p, path.n) && !memchr(p.p + path.n, '/', p.n - path.n);
}

static int want_link(void *arg, const struct vault_line *l, struct err *e)
{
	struct linking *k = arg;
	int cmp, there = -1;
	int r = finding_upto(&k->w, l->node.path, &cmp, e);
	while (r == 0 && !k->end && (!k->line || (there = vault_path_cmp(k->line->node.path, l->node.path)) < 0)) {
		r = vault_cat_next(k->now, &k->line, e);
		k->end = r == 0;
		r = r > 0 ? 0 : r;
	}
	if (r < 0)
		return r;
	bool known = k->w.have && cmp == 0;
	if (!k->end && there == 0)
		return (k->line->node.type == 'f' || k->line->node.type == '+') && known;
	return paths_have(&k->damaged, l->node.link) || known || (k->w.have && copy_of(&k->w.next, l->node.path));
}

/* First names that are damaged, of files with several. */
static int damaged_names(struct clean *c, const struct vault_body *b, struct paths *ret, struct err *e)
{
	struct vault_cat *cat;
	const struct vault_line *l;
	struct wanting w;
	int cmp, r = vault_cat_open(c->v->catalogues, b, SLICE_NULL, &cat, e);
	if (r < 0)
		return r;
	r = want_begin(&w, c->state, 0, e);
	while (r == 0 && (r = vault_cat_next(cat, &l, e)) > 0) {
		r = 0;
		if (!is_file(l) || l->nlink < 2)
			continue;
		r = finding_upto(&w, l->node.path, &cmp, e);
		if (r == 0 && w.have && cmp == 0 && w.next.what != 'X')
			paths_add(ret, l->node.path);
	}
	want_done(&w);
	vault_cat_close(cat);
	return r;
}

static int names_back(struct restore *r, struct clean *c, const struct vault_body *clean, const struct vault_body *now, struct err *e)
{
	struct linking k = {.end = false};
	struct restore_origin from;
	int code = damaged_names(c, clean, &k.damaged, e);
	if (code == 0)
		code = restore_origin_init(c->v, clean, &from, e);
	if (code == 0)
		code = vault_cat_open(c->older, now, SLICE_NULL, &k.now, e);
	if (code == 0) {
		code = want_begin(&k.w, c->state, 0, e);
		if (code == 0)
			code = restore_links(r, clean, &from, r->o->path, want_link, &k, true, e);
		want_done(&k.w);
	}
	vault_cat_close(k.now);
	paths_done(&k.damaged);
	seal_wipe(&from, sizeof from);
	return code;
}

static struct slice folder_of(struct slice path)
{
	size_t at = path.n;
	while (at && path.p[at - 1] != '/')
		at--;
	return slice_of(path.p, at > 1 ? at - 1 : at);
}

/* Folders in which something was damaged, taken away or left lying have the times and rights that they had before: each is told once, when the first finding in it comes. */
static int folders_back(struct restore *r, struct clean *c, const struct vault_body *clean, struct err *e)
{
	struct finding x = {.what = 0};
	AUTO_BUF struct buf told = {0}, open = {0}; /* open: folders that the findings are in now, one inside the other, a NUL behind each */
	int code = 0;
	buf_init(&x.path, VAULT_PATH_MAX);
	buf_init(&told, MADE_MAX + 2 * VAULT_PATH_MAX);
	buf_init(&open, MADE_MAX);
	rewind(c->state);
	while (code == 0 && (code = get(c->state, &x, e)) > 0) {
		struct slice dir = folder_of(buf_slice(&x.path));
		code = 0;
		bool known = false;
		while (open.n && !known) {
			size_t at = open.n - 1;
			while (at && open.p[at - 1])
				at--;
			struct slice last = slice_of(open.p + at, open.n - 1 - at);
			known = slice_eq(last, dir);
			if (known || vault_path_under(dir, last))
				break;
			open.n = at;
		}
		if (known || !vault_path_under(dir, r->o->path))
			continue;
		buf_add_slice(&open, dir);
		buf_u8(&open, 0);
		buf_add_slice(&told, dir);
		buf_u8(&told, 0);
		if (!buf_ok(&open) || !buf_ok(&told))
			code = err_set(e, ERR_MEMORY, NULL, "no memory for a restore");
		else if (told.n > MADE_MAX) {
			code = restore_made(r, clean, &told, e);
			buf_reset(&told);
		}
	}
	if (code == 0)
		code = restore_made(r, clean, &told, e);
	buf_done(&x.path);
	return code;
}

static int restore_damaged(struct restore *r, struct clean *c, const struct vault_body *b, const struct restore_origin *from, struct err *e)
{
	struct wanting w;
	AUTO_BUF struct buf origins = {0}, made = {0}, above = {0};
	buf_init(&above, 4 * VAULT_PATH_MAX);
	buf_init(&origins, (size_t)1 << 20);
	buf_init(&made, MADE_MAX);
	int code = want_begin(&w, c->state, 0, e);
	if (code == 0)
		code = restore_survey(r, b, SLICE_NULL, want, &w, e);
	want_done(&w);
	if (code == 0)
		code = find_origins(r, c, r->o->path, &origins, e);
	if (code == 0)
		code = restore_above(r, r->o->path, &above, e);
	if (code == 0)
		code = want_begin(&w, c->state, 0, e);
	if (code == 0) {
		code = restore_stream(r, b, from, r->o->path, false, want, &w, e);
		want_done(&w);
	}
	for (size_t i = 0; code == 0 && i < origins.n; i += sizeof(uint64_t)) {
		uint64_t clean;
		memcpy(&clean, origins.p + i, sizeof clean);
		buf_reset(&made);
		code = from_clean(r, c, clean, &made, e);
		if (code == 0 && buf_ok(&made))
			code = made_by(r, c, clean, &made, e);
	}
	/* what a link's target was given back as is right, whatever its time */
	if (code == 0)
		code = restore_links(r, b, from, r->o->path, NULL, NULL, true, e);
	struct vault_body clean = {0};
	bool has_clean = code == 0 && c->base != SIZE_MAX;
	if (has_clean) {
		code = body_at(c, c->base, &clean, e);
		has_clean = code == 0;
	}
	if (has_clean)
		code = names_back(r, c, &clean, b, e);
	if (code == 0)
		code = restore_folders(r, b, r->o->path, NULL, NULL, e);
	if (code == 0)
		code = restore_made(r, b, &above, e);
	if (code == 0 && has_clean)
		code = folders_back(r, c, &clean, e);
	if (has_clean)
		vault_body_done(&clean);
	return code;
}

int restore_clean(struct restore *r, const struct vault_snapshot *s, const struct vault_body *b, const struct restore_origin *from, struct err *e)
{
	struct clean c;
	bool damage = false;
	int code = clean_find(r->v, s->source, s->seq, true, &c, &damage, e);
	if (code == 0)
		code = damage ? restore_damaged(r, &c, b, from, e) : restore_plain(r, b, from, e);
	clean_done(&c);
	return code;
}
