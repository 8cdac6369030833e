/* What the site does with what an agent brought: the list becomes lines again, is compared with this site's last catalogue of the same source, judged, and written as a catalogue; then the snapshot has its entry.
 *
 * An agent is believed about what it reads today, and about nothing else:
 *   - content is referred to in packs of its own only, within their bounds (a line that pointed into another's pack would bring that one's files back on the agent's host at the next restore);
 *   - the difference is resolved against the catalogue that this site wrote, and must give the lines that the agent says it has (their SHA-256), in order; names are whole paths without "." and "..";
 *   - what is new and what was there before is read off the packs' entries, not told;
 *   - source and domain are stamped by the keeper from the credential.
 * Memory does not grow with the tree: three readers of lines, the judge, one pack. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_internal.h"

#define META_MAX ((size_t)64 << 10)
#define ROOTS_MAX 4096
#define EXCLUDE_MAX 256
#define PATTERN_MAX 255
#define STARS_MAX 8 /* fnmatch tries them all */

struct meta {
	char source[64], host[64], files_period[SITE_PERIOD_MAX], list_period[SITE_PERIOD_MAX];
	int64_t begun, ended;
	uint64_t unreadable, stored;
	uint8_t lines[SEAL_HASH];
	struct buf roots;          /* as JSON */
	struct arena *a;           /* of what follows */
	struct walk_options asked; /* roots and exclusions: what was not asked for is not gone */
};
struct receiving {
	const struct vault_receive *v;
	struct meta meta;
	struct vault_log *log;
	struct vault_packs *packs;
	struct vault_body before, body;
	bool has_before, fresh;
	struct vault_history history;
	struct vault_judge *judge;
	struct depot depot;
	struct cat_writer cat;
	struct spool made;
	/* the lines as they come out of the list */
	struct list_reader *list;
	struct vault_cat *base, *old; /* the same catalogue twice: the one the difference refers to, the one that is compared with */
	uint64_t keep, lines;
	bool has_base, list_end;
	struct vault_line line;
	struct buf text, scratch, last, out; /* the line without marks; its raw parts; the path before; what is written */
	bool parts;
	struct seal_sha256 *sha;
	/* of the file whose + lines come */
	uint64_t new_bytes, known_bytes;
	struct buf hidden;
	uint64_t left_out;
	struct list_line chunk; /* the first line behind the tree's */
	bool has_chunk;
};

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for an agent's snapshot");
}

static int wrong(struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, NULL, "the agent's list is refused: %s", what);
}

/* ---- what the agent says of it all ---- */

static bool number(const struct json_node *n, const char *key, uint64_t *ret)
{
	return num_u64(json_text(n, key), 0, INT64_MAX, ret) == 0;
}

static bool moment(const struct json_node *n, const char *key, int64_t *ret)
{
	return num_i64(json_text(n, key), INT64_MIN, INT64_MAX, ret) == 0;
}

static bool text(struct slice v, char *out, size_t size)
{
	if (v.n >= size || (v.n && memchr(v.p, 0, v.n)))
		return false;
	if (v.n)
		memcpy(out, v.p, v.n);
	out[v.n] = 0;
	return true;
}

static bool roots_of(const struct json_node *n, struct meta *m)
{
	struct jsonw w;
	AUTO_BUF struct buf raw = {0};
	const char **roots = n && n->type == JSON_ARR && n->count <= ROOTS_MAX ? arena_array(m->a, n->count + 1, sizeof *roots) : NULL;
	if (!roots)
		return false;
	buf_init(&raw, VAULT_PATH_MAX);
	jsonw_init(&w, &m->roots);
	jsonw_arr(&w);
	for (const struct json_node *x = n->child; x; x = x->next) {
		buf_reset(&raw);
		if (x->type != JSON_STR || x->value.n == 0 || x->value.p[0] != '/' || vault_unescape(&raw, x->value) < 0 || !(roots[m->asked.root_n++] = arena_strdup(m->a, buf_slice(&raw))))
			return false;
		jsonw_slice(&w, x->value);
	}
	jsonw_arr_end(&w);
	m->asked.roots = roots;
	return m->asked.root_n && buf_ok(&m->roots);
}

static bool exclusions_of(const struct json_node *n, struct meta *m)
{
	if (!n)
		return true;
	const char **out = n->type == JSON_ARR && n->count <= EXCLUDE_MAX ? arena_array(m->a, n->count + 1, sizeof *out) : NULL;
	if (!out)
		return false;
	for (const struct json_node *x = n->child; x; x = x->next) {
		size_t stars = 0;
		for (size_t i = 0; x->type == JSON_STR && i < x->value.n; i++)
			stars += x->value.p[i] == '*';
		if (x->type != JSON_STR || x->value.n > PATTERN_MAX || stars > STARS_MAX || memchr(x->value.n ? (const char *)x->value.p : "", 0, x->value.n) || !(out[m->asked.exclude_n++] = arena_strdup(m->a, x->value)))
			return false;
	}
	m->asked.exclude = out;
	return true;
}

static int meta_read(struct slice json, struct meta *m, struct err *e)
{
	struct json_node *n;
	buf_init(&m->roots, 2 * META_MAX);
	m->a = arena_new(16 << 20);
	if (!m->a)
		return no_memory(e);
	if (json.n > META_MAX)
		return wrong(e, "what it says of itself is too long");
	int r = json_tree(json, m->a, &n, e);
	if (r < 0)
		return r;
	struct slice source = json_text(n, "source"), period = json_text(n, "files_period");
	struct slice list = json_text(n, "list_period");
	if (!vault_name_ok(list) || !text(list, m->list_period, sizeof m->list_period) || !vault_name_ok(source) || !text(source, m->source, sizeof m->source) || !text(json_text(n, "host"), m->host, sizeof m->host) || !vault_name_ok(period) ||
	    !text(period, m->files_period, sizeof m->files_period) || !moment(n, "begun", &m->begun) || !moment(n, "ended", &m->ended) || !number(n, "unreadable", &m->unreadable) || !number(n, "stored_bytes", &m->stored) ||
	    hex_get(m->lines, SEAL_HASH, json_text(n, "lines_sha256")) < 0 || !roots_of(json_get(n, "roots"), m) || !exclusions_of(json_get(n, "exclude"), m))
		return wrong(e, "what it says of itself does not read");
	return 0;
}

/* ---- the past ---- */

/* The newest snapshot of this source and agent, and what the judge wants of those before. 1: there is one. */
static int look_back(struct receiving *x, struct err *e)
{
	x->history = (struct vault_history){.first = true, .now = x->meta.begun};
	for (size_t i = vault_log_snapshots(x->log); i > 0; i--) {
		struct vault_body b;
		int r = vault_log_snapshot(x->log, i - 1, &b, e);
		bool ours = r == 0 && !strcmp(b.s.source, x->meta.source) && !strcmp(b.domain, x->v->agent);
		if (ours && b.s.accepted && b.s.begun > x->history.accepted)
			x->history.accepted = b.s.begun;
		if (ours && x->history.n < ARRAY_LEN(x->history.past))
			x->history.past[x->history.n++] = (struct vault_past){.time = b.s.begun, .files = b.s.files, .changed = b.s.changed, .added = b.s.added, .removed = b.s.removed, .bytes = b.s.bytes,
			                                                      .new_bytes = b.s.new_bytes, .damage = !strcmp(b.s.verdict, "damage")};
		if (ours && !x->has_before) {
			memcpy(x->history.signs, b.signs, sizeof x->history.signs);
			x->history.first = false;
			x->before = b;
			x->has_before = true;
		} else
			vault_body_done(&b);
		if (r < 0)
			return r;
	}
	return x->has_before;
}

/* ---- lines out of the list ---- */

/* Whole, and no way out of the tree that it is restored into. */
static bool path_ok(struct slice path)
{
	struct slice rest = path.n && path.p[0] == '/' ? slice_of(path.p + 1, path.n - 1) : SLICE_NULL;
	if (path.n == 1 && path.p[0] == '/')
		return true;
	while (rest.p) {
		struct slice name = slice_cut(rest, '/', &rest);
		if (name.n == 0 || name.n > 255 || slice_eq_str(name, ".") || slice_eq_str(name, ".."))
			return false;
	}
	return path.n && path.p[0] == '/';
}

static int attributes_ok(struct receiving *x, struct slice rest, struct err *e)
{
	AUTO_BUF struct buf name = {0}, value = {0};
	int r;
	buf_init(&name, VAULT_LINE_MAX);
	buf_init(&value, VAULT_LINE_MAX);
	(void)x;
	while ((r = vault_xattr_next(&rest, &name, &value)) > 0)
		if (name.n == 0 || name.n > 255 || memchr(name.p, 0, name.n))
			return wrong(e, "an attribute's name is none");
	return r < 0 ? wrong(e, "an attribute does not read") : 0;
}

/* Its places: in packs of this agent's and period's, within them; how much of it was not there at the last snapshot. */
static int places_ok(struct receiving *x, struct slice rest, struct err *e)
{
	struct vault_extent at;
	int r;
	while ((r = vault_extent_next(&rest, &at)) > 0) {
		if (at.pack == 0)
			continue;
		const struct vault_known_pack *k = vault_log_pack(x->log, VAULT_CONTENT, at.pack);
		if (!k || strcmp(vault_log_string(x->log, k->domain), x->v->agent) != 0 || strcmp(vault_log_string(x->log, k->period), x->meta.files_period) != 0)
			return wrong(e, "it refers to a pack that is not this agent's");
		if (at.offset > k->plain || at.length > k->plain - at.offset)
			return wrong(e, "it refers to a place behind a pack's end");
		if (x->has_before && k->entry < x->before.s.seq)
			x->known_bytes += at.length;
		else
			x->new_bytes += at.length;
	}
	return r < 0 ? wrong(e, "a place does not read") : 0;
}

static int line_ok(struct receiving *x, struct err *e)
{
	const struct vault_line *l = &x->line;
	if (!path_ok(l->node.path) || (l->node.type == 'h' && !path_ok(l->node.link)))
		return wrong(e, "a path leads out of the tree");
	int r = l->xattrs.n ? attributes_ok(x, l->xattrs, e) : 0;
	return r;
}

/* The next line of the list that is none of the tree's is kept for chunks_in. 1: a line of the tree is in x->text; 0: there are no more. */
static int resolve(struct receiving *x, struct err *e)
{
	const struct vault_line *b;
	struct slice raw;
	buf_reset(&x->text);
	for (;;) {
		if (x->keep) {
			int r = vault_cat_next(x->base, &b, e);
			if (r <= 0)
				return r < 0 ? r : err_set(e, ERR_NO, "base", "the list refers to more lines than the snapshot has");
			x->keep--;
			line_without_marks(b->raw, &x->text);
			return buf_ok(&x->text) ? 1 : no_memory(e);
		}
		int r = list_next(x->list, &raw, e);
		if (r == 0)
			r = wrong(e, "it has no end");
		if (r > 0)
			r = list_line_parse(raw, &x->chunk, e);
		if (r < 0)
			return r;
		switch (x->chunk.op) {
		case LIST_LINE:
			buf_add_slice(&x->text, x->chunk.text);
			return buf_ok(&x->text) ? 1 : no_memory(e);
		case LIST_KEEP:
			if (!x->base)
				return wrong(e, "it refers to a snapshot and names none");
			x->keep = x->chunk.n;
			break;
		case LIST_DROP:
			for (uint64_t i = 0; i < x->chunk.n; i++) {
				r = x->base ? vault_cat_next(x->base, &b, e) : 0;
				if (r <= 0)
					return r < 0 ? r : err_set(e, ERR_NO, "base", "the list refers to more lines than the snapshot has");
			}
			break;
		default:
			x->has_chunk = true;
			return 0;
		}
	}
}

static bool in_order(struct receiving *x)
{
	int cmp = x->last.n ? vault_path_cmp(x->line.node.path, buf_slice(&x->last)) : 1;
	return x->parts ? cmp == 0 && (x->line.node.type == '+' || x->line.node.type == 'f') : cmp > 0;
}

/* 1 and the next line in x->line (+ lines are written on the way); 0: the tree's lines have ended. */
static int next_line(struct receiving *x, struct err *e)
{
	x->new_bytes = x->known_bytes = 0;
	for (;;) {
		int r = resolve(x, e);
		if (r <= 0)
			return r < 0 || !x->parts ? r : wrong(e, "it ends within a file");
		r = vault_line_parse(buf_slice(&x->text), &x->scratch, &x->line, e);
		if (r < 0)
			return wrong(e, "a line does not read");
		if (!in_order(x))
			return wrong(e, "its lines are out of order");
		r = line_ok(x, e);
		if (r == 0)
			r = places_ok(x, x->line.extents, e);
		if (r < 0)
			return r;
		x->parts = x->line.node.type == '+';
		x->lines++;
		buf_reset(&x->last);
		buf_add_slice(&x->last, x->line.node.path);
		seal_sha256_add(x->sha, buf_slice(&x->text));
		seal_sha256_add(x->sha, SLICE("\n"));
		if (!x->parts)
			return 1;
		buf_u8(&x->text, '\n');
		r = buf_ok(&x->text) ? cat_writer_add(&x->cat, buf_slice(&x->text), e) : no_memory(e);
		if (r < 0)
			return r;
	}
}

/* ---- comparing, judging, writing ---- */

static void count(struct receiving *x, char what)
{
	struct vault_snapshot *s = &x->body.s;
	const struct vault_line *l = &x->line;
	s->files += l->node.type == 'f';
	s->dirs += l->node.type == 'd';
	s->others += l->node.type != 'f' && l->node.type != 'd';
	s->bytes += l->node.type == 'f' ? l->node.size : 0;
	s->torn += l->node.torn;
	s->unreadable += l->node.unreadable;
	s->changed += what == '~';
	s->added += what == '+';
	s->new_bytes += x->new_bytes;
}

static bool same_inode(const struct vault_line *a, const struct vault_line *b)
{
	return a->node.size == b->node.size && a->node.ino == b->node.ino && a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns && a->ctime_s == b->ctime_s && a->ctime_ns == b->ctime_ns;
}

/* A file that is there now; old: what was there before (NULL, or a file). */
static void file_line(struct receiving *x, const struct vault_line *old)
{
	struct vault_line *l = &x->line;
	uint8_t marks = 0;
	int64_t marked = 0;
	char what = !l->has_trait ? 0 : !old || !old->has_trait ? '+' : '~';
	/* in a new quarter keys are others, and with them digests */
	if (what == '~' && (x->fresh ? same_inode(old, l) : vault_line_same_content(old, l))) {
		what = '=';
		l->trait.marks = old->trait.marks;
		l->trait.marked = old->trait.marked;
	}
	if (what) {
		struct vault_change c = {.path = l->node.path, .what = what, .before = what == '+' ? NULL : &old->trait, .after = &l->trait, .new_bytes = what == '=' && !x->fresh ? 0 : x->new_bytes, .known_bytes = x->known_bytes,
		                         .ino_before = what == '+' ? 0 : old->node.ino, .ino_after = l->node.ino, .same_time = what == '~' && old->mtime_s == l->mtime_s && old->mtime_ns == l->mtime_ns};
		vault_judge_add(x->judge, &c, &marks, &marked);
	}
	count(x, what);
	line_with_marks(buf_slice(&x->text), marks, marked, &x->out);
}

static void gone(struct receiving *x, const struct vault_line *old)
{
	if (x->hidden.n && vault_path_under(old->node.path, buf_slice(&x->hidden)))
		return; /* below a folder that could not be listed: nobody knows */
	if (!walk_selects(&x->meta.asked, old->node.path)) {
		x->left_out += old->node.type == 'f';
		return;
	}
	x->body.s.removed += old->node.type != 'd';
	if (old->node.type != 'f' || !old->has_trait)
		return;
	struct vault_change c = {.path = old->node.path, .what = '-', .before = &old->trait, .ino_before = old->node.ino};
	vault_judge_add(x->judge, &c, NULL, NULL);
}

static int write_line(struct receiving *x, const struct vault_line *old, struct err *e)
{
	const struct vault_line *l = &x->line;
	buf_reset(&x->out);
	if (l->node.type == 'f') {
		file_line(x, old && old->node.type == 'f' ? old : NULL);
	} else {
		count(x, 0);
		buf_add_slice(&x->out, buf_slice(&x->text));
	}
	if (l->node.type == 'd' && l->node.unreadable) {
		buf_reset(&x->hidden);
		buf_add_slice(&x->hidden, l->node.path);
	}
	buf_u8(&x->out, '\n');
	return buf_ok(&x->out) && buf_ok(&x->hidden) ? cat_writer_add(&x->cat, buf_slice(&x->out), e) : no_memory(e);
}

static int next_old(struct receiving *x, const struct vault_line **ret, struct err *e)
{
	int r = 0;
	if (x->old)
		do
			r = vault_cat_next(x->old, ret, e);
		while (r > 0 && (*ret)->node.type == '+');
	if (r <= 0)
		*ret = NULL;
	return r < 0 ? r : 0;
}

static int all_lines(struct receiving *x, struct err *e)
{
	const struct vault_line *old = NULL;
	int r = next_old(x, &old, e);
	while (r == 0 && (r = next_line(x, e)) > 0) {
		int cmp = 1;
		r = 0;
		while (r == 0 && old && (cmp = vault_path_cmp(old->node.path, x->line.node.path)) < 0) {
			gone(x, old);
			r = next_old(x, &old, e);
		}
		bool met = old && cmp == 0;
		if (r == 0)
			r = write_line(x, met ? old : NULL, e);
		if (r == 0 && met)
			r = next_old(x, &old, e);
	}
	while (r == 0 && old) {
		gone(x, old);
		r = next_old(x, &old, e);
	}
	return r;
}

/* Chunks that the agent made, and the end. */
static int chunks_in(struct receiving *x, struct err *e)
{
	struct slice raw;
	struct vault_chunk c;
	const struct vault_line *b;
	int r = 0;
	while (r >= 0 && x->chunk.op == LIST_CHUNK) {
		if (vault_chunk_parse(x->chunk.text, &c) < 0 || c.class != VAULT_CONTENT)
			return wrong(e, "a chunk does not read");
		const struct vault_known_pack *k = vault_log_pack(x->log, VAULT_CONTENT, c.at.pack);
		if (!k || strcmp(vault_log_string(x->log, k->domain), x->v->agent) != 0 || c.at.offset > k->plain || c.at.length > k->plain - c.at.offset)
			return wrong(e, "a chunk lies in no pack of this agent's");
		buf_reset(&x->out);
		buf_add_slice(&x->out, x->chunk.text);
		buf_u8(&x->out, '\n');
		r = buf_ok(&x->out) ? spool_add(&x->made, buf_slice(&x->out), e) : no_memory(e);
		if (r == 0)
			r = list_next(x->list, &raw, e);
		if (r == 0)
			r = wrong(e, "it has no end");
		if (r > 0)
			r = list_line_parse(raw, &x->chunk, e);
	}
	if (r < 0)
		return r;
	if (x->chunk.op != LIST_END || x->chunk.n != x->lines || list_next(x->list, &raw, e) != 0)
		return wrong(e, "it ends otherwise than it says");
	if (x->base && (r = vault_cat_next(x->base, &b, e)) != 0)
		return r < 0 ? r : err_set(e, ERR_NO, "base", "the list leaves out lines of the snapshot that it refers to");
	return 0;
}

/* What came out is what the agent has. */
static int sum_ok(struct receiving *x, struct err *e)
{
	uint8_t sum[SEAL_HASH];
	seal_sha256_end(x->sha, sum);
	if (seal_equal(sum, x->meta.lines, SEAL_HASH))
		return 0;
	return x->base ? err_set(e, ERR_NO, "base", "the list does not give the lines that the agent has: it refers to other lines than this site's") : wrong(e, "it does not give the lines that the agent has");
}

/* ---- around it ---- */

static int list_begin(struct receiving *x, int listfd, struct err *e)
{
	struct age_identity key;
	struct slice head;
	uint64_t base = 0;
	int r = x->v->period(x->v->arg, x->meta.list_period, &key, e);
	if (r == 0)
		r = list_open(listfd, &key, &x->list, e);
	seal_wipe(&key, sizeof key);
	if (r == 0)
		r = list_next(x->list, &head, e) == 1 && list_head_parse(head, &x->has_base, &base) == 0 ? 0 : wrong(e, "its first line is none");
	if (r == 0 && x->has_base && (!x->has_before || x->before.s.seq != base))
		r = err_set(e, ERR_NO, "base", "the list refers to snapshot s%llu, which is not the newest one of this source", (unsigned long long)base);
	if (r == 0 && x->has_before)
		r = vault_cat_open(x->packs, &x->before, SLICE_NULL, &x->old, e);
	if (r == 0 && x->has_base)
		r = vault_cat_open(x->packs, &x->before, SLICE_NULL, &x->base, e);
	return r;
}

static int prepare(struct receiving *x, struct err *e)
{
	uint8_t key[16];
	struct vault_body *b = &x->body;
	const struct vault_receive *v = x->v;
	b->s.begun = x->meta.begun;
	memcpy(b->s.source, x->meta.source, sizeof b->s.source);
	memcpy(b->s.host, x->meta.host, sizeof b->s.host);
	(void)snprintf(b->domain, sizeof b->domain, "%s", v->agent);
	memcpy(b->files_period, x->meta.files_period, sizeof b->files_period);
	buf_add_slice(&b->roots, buf_slice(&x->meta.roots));
	x->fresh = x->has_before && strcmp(x->before.files_period, b->files_period) != 0;
	seal_random(key, sizeof key);
	x->judge = vault_judge_new(&x->history, key);
	x->sha = seal_sha256_new();
	if (!x->judge || !x->sha)
		return no_memory(e);
	seal_sha256_begin(x->sha);
	int r = spool_open(&x->made, v->workfd, e);
	if (r == 0)
		r = depot_open(&x->depot, v->vaultfd, v->workfd, VAULT_CATALOGUE, v->ledger, x->log, v->dedupe, v->agent, &x->made, e);
	if (r == 0)
		r = depot_catch_up(&x->depot, x->packs, e);
	if (r == 0)
		r = cat_writer_open(&x->cat, &x->depot, v->workfd, e);
	memcpy(b->catalogue_period, x->depot.info.period, sizeof b->catalogue_period);
	return r;
}

static int finish(struct receiving *x, struct err *e)
{
	struct vault_body *b = &x->body;
	struct vault_snapshot *s = &b->s;
	struct vault_verdict v = {0};
	AUTO_BUF struct buf body = {0};
	int r = cat_writer_end(&x->cat, &x->made, b, e);
	if (r == 0)
		r = depot_close_pack(&x->depot, e);
	if (r < 0)
		return r;
	vault_judge_end(x->judge, &v);
	(void)snprintf(s->verdict, sizeof s->verdict, "%s", v.damage ? "damage" : "clean");
	buf_add_slice(&s->reasons, buf_slice(&v.reasons));
	if (x->left_out)
		backup_say_left_out(&s->reasons, x->left_out);
	memcpy(b->signs, v.signs, sizeof b->signs);
	vault_verdict_done(&v);
	s->stored_bytes = x->meta.stored + x->depot.stored;
	if (s->unreadable < x->meta.unreadable)
		s->unreadable = x->meta.unreadable; /* also what could not be read enough to have a line */
	s->whole = s->unreadable == 0 && s->torn == 0;
	s->ended = x->meta.ended;
	buf_init(&body, VAULT_BODY_MAX);
	vault_body_write(b, &body);
	r = buf_ok(&body) ? x->v->ledger->snapshot(x->v->ledger->arg, buf_slice(&body), &s->seq, &s->time, e) : err_set(e, buf_code(&body), NULL, "a snapshot's entry is too long");
	if (r < 0)
		return r;
	struct err ignored;
	(void)!depot_end(&x->depot, s->seq, &ignored);
	return 0;
}

static void answer(const struct vault_body *b, struct buf *ret)
{
	struct jsonw w;
	char time[24];
	AUTO_BUF struct buf body = {0};
	buf_init(&body, VAULT_BODY_MAX);
	vault_body_write(b, &body);
	(void)snprintf(time, sizeof time, "%lld", (long long)b->s.time);
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_ku64(&w, "seq", b->s.seq);
	jsonw_kstr(&w, "time", time);
	jsonw_key(&w, "body");
	jsonw_raw(&w, buf_slice(&body));
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

static void receiving_done(struct receiving *x)
{
	list_close(x->list);
	vault_cat_close(x->base);
	vault_cat_close(x->old);
	vault_judge_free(x->judge);
	cat_writer_done(&x->cat);
	depot_done(&x->depot);
	spool_done(&x->made);
	vault_packs_free(x->packs);
	if (x->has_before)
		vault_body_done(&x->before);
	vault_body_done(&x->body);
	vault_log_close(x->log);
	struct buf *const bufs[] = {&x->meta.roots, &x->text, &x->scratch, &x->last, &x->out, &x->hidden};
	for (size_t i = 0; i < ARRAY_LEN(bufs); i++)
		buf_done(bufs[i]);
	seal_sha256_free(x->sha);
	arena_free(x->meta.a);
	free(x);
}

static struct receiving *receiving_new(const struct vault_receive *v)
{
	struct receiving *x = calloc(1, sizeof *x);
	if (!x)
		return NULL;
	x->v = v;
	x->made.fd = x->cat.list.fd = -1;
	buf_init(&x->body.s.reasons, VAULT_BODY_MAX);
	buf_init(&x->body.list, VAULT_BODY_MAX);
	buf_init(&x->body.chunks, VAULT_BODY_MAX);
	buf_init(&x->body.roots, VAULT_BODY_MAX);
	buf_init(&x->text, VAULT_LINE_MAX + 2);
	buf_init(&x->scratch, 2 * VAULT_LINE_MAX);
	buf_init(&x->last, VAULT_PATH_MAX + 1);
	buf_init(&x->out, VAULT_LINE_MAX + 64);
	buf_init(&x->hidden, VAULT_PATH_MAX + 1);
	return x;
}

static int folders(int workfd, struct err *e)
{
	int r = file_mkdir(workfd, "new", 0750, e);
	return r == 0 ? file_mkdir(workfd, "index", 0750, e) : r;
}

int vault_receive_snapshot(const struct vault_receive *v, int listfd, struct slice meta, struct buf *ret_json, struct err *e)
{
	struct receiving *x = receiving_new(v);
	if (!x)
		return no_memory(e);
	int r = meta_read(meta, &x->meta, e);
	if (r == 0)
		r = folders(v->workfd, e);
	if (r == 0)
		r = vault_log_open(v->workfd, &x->log, e);
	if (r == 0)
		r = look_back(x, e);
	if (r > 0 && x->before.s.begun == x->meta.begun && x->before.s.ended == x->meta.ended) { /* its answer was lost */
		answer(&x->before, ret_json);
		receiving_done(x);
		return buf_ok(ret_json) ? 0 : no_memory(e);
	}
	if (r >= 0)
		r = vault_packs_new_asking(v->vaultfd, x->log, v->period, v->arg, &x->packs, e);
	if (r == 0)
		r = prepare(x, e);
	if (r == 0)
		r = list_begin(x, listfd, e);
	if (r == 0)
		r = all_lines(x, e);
	if (r == 0)
		r = chunks_in(x, e);
	if (r == 0)
		r = sum_ok(x, e);
	if (r == 0)
		r = finish(x, e);
	if (r == 0)
		answer(&x->body, ret_json);
	receiving_done(x);
	return r < 0 ? r : buf_ok(ret_json) ? 0 : no_memory(e);
}

/* ---- how the site stands ---- */

struct ranges {
	struct buf text;
	uint64_t from, to; /* 0: none is growing */
};

static void range_end(struct ranges *r)
{
	if (r->from)
		buf_printf(&r->text, r->from == r->to ? "%s%llu" : "%s%llu-%llu", r->text.n ? "," : "", (unsigned long long)r->from, (unsigned long long)r->to);
}

static void range_add(struct ranges *r, uint64_t n)
{
	if (r->from && n == r->to + 1) {
		r->to = n;
		return;
	}
	range_end(r);
	r->from = r->to = n;
}

int vault_receive_standing(const struct vault_receive *v, const char *source, const char *files_period, struct jsonw *ret, struct err *e)
{
	struct vault_log *log;
	struct ranges there = {.from = 0}, untold = {.from = 0};
	uint64_t last = 0, base = 0;
	bool has_base = false, has_last = false, lost = false;
	const struct vault_known_pack *packs;
	int r = vault_log_open(v->workfd, &log, e);
	if (r < 0)
		return r;
	for (size_t i = vault_log_snapshots(log); r == 0 && i > 0 && !has_base; i--) {
		struct vault_body b;
		r = vault_log_snapshot(log, i - 1, &b, e);
		bool named = r == 0 && !strcmp(b.s.source, source), ours = r == 0 && !strcmp(b.domain, v->agent);
		if (named && !ours) /* the keeper would refuse the snapshot: said before all is sent */
			r = err_set(e, ERR_EXISTS, source, "a source of this name belongs to %s%s; take another --source", !strcmp(b.domain, VAULT_SITE_DOMAIN) ? "the site's own machine" : "the agent ",
			            !strcmp(b.domain, VAULT_SITE_DOMAIN) ? "" : b.domain);
		if (r == 0 && ours) {
			if (!has_last)
				last = b.s.seq;
			has_last = true;
			has_base = named;
			base = b.s.seq;
		}
		vault_body_done(&b);
	}
	buf_init(&there.text, 4 << 20);
	buf_init(&untold.text, 4 << 20);
	for (size_t i = 0, n = vault_log_packs(log, &packs); r == 0 && i < n; i++) {
		char name[48];
		struct stat st;
		if (packs[i].class != VAULT_CONTENT || strcmp(vault_log_string(log, packs[i].domain), v->agent) != 0)
			continue;
		vault_pack_name(VAULT_CONTENT, packs[i].number, name);
		if (fstatat(v->vaultfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != packs[i].size) {
			lost = true;
			continue;
		}
		if (strcmp(vault_log_string(log, packs[i].period), files_period) != 0)
			continue;
		range_add(&there, packs[i].number);
		if (!has_last || packs[i].entry > last)
			range_add(&untold, packs[i].number);
	}
	range_end(&there);
	range_end(&untold);
	if (r == 0 && has_base)
		jsonw_ku64(ret, "base", base);
	if (r == 0) {
		jsonw_kbool(ret, "lost", lost);
		jsonw_kslice(ret, "packs", buf_slice(&there.text));
		jsonw_kslice(ret, "untold", buf_slice(&untold.text));
	}
	if (r == 0 && (!buf_ok(&there.text) || !buf_ok(&untold.text)))
		r = no_memory(e);
	buf_done(&there.text);
	buf_done(&untold.text);
	vault_log_close(log);
	return r;
}

/* ---- the log of the vault, as the keeper tells it ---- */

int vault_receive_note(int workfd, bool fresh, const char *kind, uint64_t seq, int64_t time, struct slice body, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(16 << 20);
	struct json_node *n;
	buf_init(&b, VAULT_BODY_MAX + 256);
	AUTO_CLOSE int fd = openat(workfd, "log", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (fresh ? O_TRUNC : 0), 0640);
	if (fd < 0)
		return err_sys(e, "vault/in/log", "cannot be written");
	if (fresh)
		buf_str(&b, VAULT_LOG_HEAD);
	bool fits = body.n && body.n <= VAULT_BODY_MAX && !memchr(body.p, '\n', body.n);
	/* a drill's entry is no snapshot; an operator's word about one is kept (refresh.c) */
	if (kind && !strcmp(kind, "snapshot")) {
		bool reads = fits && a && json_tree(body, a, &n, NULL) == 0;
		kind = !reads ? NULL : !json_get(n, "what") ? "snapshot" : slice_eq_str(json_text(n, "what"), "accept") ? "accept" : NULL;
	}
	if (kind && fits)
		vault_log_line(&b, &(struct vault_log_entry){.seq = seq, .time = time, .kind = slice_str(kind), .body = body});
	return buf_ok(&b) ? file_write_all(fd, buf_slice(&b), e, "vault/in/log") : no_memory(e);
}
