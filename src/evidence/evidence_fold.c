/* One line an object out of the touches of any number of sources: the strongest touch wins, reasons are gathered, first and last are of all of them, bytes of one kind of source add up and of several kinds the larger counts.
 * An object is (host, name); where a root maps the name to where the files are, the name alone. */
#include "evidence_fold.h"

#include <stdlib.h>

/* Of each root the key with and without regard to case, made once. */
static int root_keys(struct evidence_fold *f)
{
	f->root_key = arena_array(f->a, f->o->roots_n + 1, sizeof *f->root_key);
	for (size_t i = 0; f->root_key && i < f->o->roots_n; i++)
		for (int w = 0; w < 2; w++) {
			buf_reset(&f->key);
			evidence_path_key(slice_str(f->o->roots[i].from), w, &f->key);
			f->root_key[i][w] = arena_dup(f->a, buf_slice(&f->key));
			if (!f->root_key[i][w].p)
				return ERR_MEMORY;
		}
	return f->root_key ? 0 : ERR_MEMORY;
}

struct evidence_fold *evidence_fold_new(const struct evidence_fold_options *o)
{
	struct evidence_fold *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	f->o = o;
	f->a = arena_new(o->memory ? o->memory : (size_t)4 << 30);
	buf_init(&f->key, EVIDENCE_PATH_MAX * 4 + 1024);
	buf_init(&f->path, EVIDENCE_PATH_MAX * 2 + 4096);
	if (!f->a || evidence_map_init(&f->keys, (size_t)4 << 30) < 0 || evidence_map_init(&f->words, (size_t)1 << 30) < 0 || evidence_map_init(&f->flow_keys, (size_t)256 << 20) < 0) {
		evidence_fold_free(f);
		return NULL;
	}
	if (root_keys(f) < 0) {
		evidence_fold_free(f);
		return NULL;
	}
	return f;
}

void evidence_fold_free(struct evidence_fold *f)
{
	if (!f)
		return;
	evidence_map_done(&f->keys);
	evidence_map_done(&f->words);
	evidence_map_done(&f->flow_keys);
	buf_done(&f->key);
	buf_done(&f->path);
	arena_free(f->a);
	free(f->v);
	free(f->word);
	free(f->flow);
	free(f->source);
	free(f->loose);
	free(f->order);
	free(f);
}

int evidence_fold_source(struct evidence_fold *f, const char *name, uint32_t *ret, struct err *e)
{
	if (f->source_n == EVIDENCE_SOURCES_MAX)
		return err_set(e, ERR_LIMIT, name, "more than %d files of evidence: put parts of one log into one file", EVIDENCE_SOURCES_MAX);
	if (!f->source) {
		f->source = calloc(EVIDENCE_SOURCES_MAX, sizeof *f->source);
		if (!f->source)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	char *own = arena_strdup(f->a, slice_str(name));
	if (!own)
		return err_set(e, arena_code(f->a), NULL, "no room for the name of a source");
	f->source[f->source_n].name = own;
	*ret = (uint32_t)f->source_n++;
	return 0;
}

void evidence_fold_kind(struct evidence_fold *f, const char *dialect)
{
	size_t g = 0;
	if (!f->source_n)
		return;
	while (g < f->group_n && strcmp(f->group[g], dialect) != 0)
		g++;
	if (g == f->group_n && g < ARRAY_LEN(f->group) - 1)
		f->group[f->group_n++] = dialect;
	f->source[f->source_n - 1].group = (uint8_t)g;
}

const char *evidence_fold_source_name(const struct evidence_fold *f, uint32_t source)
{
	return source < f->source_n ? f->source[source].name : "";
}

const char *evidence_fold_source_dialect(const struct evidence_fold *f, uint32_t source)
{
	return source < f->source_n && f->source[source].group < f->group_n ? f->group[f->source[source].group] : "";
}

int evidence_fold_put_word(struct evidence_fold *f, struct slice s, uint32_t *ret)
{
	*ret = 0;
	if (!s.n)
		return 0;
	uint64_t n = evidence_map_get(&f->words, s);
	if (!n) {
		if (f->word_n == f->word_cap) {
			size_t cap = f->word_cap ? f->word_cap * 2 : 1024;
			struct slice *v = reallocarray(f->word, cap, sizeof *v);
			if (!v)
				return ERR_MEMORY;
			f->word = v;
			f->word_cap = cap;
		}
		struct slice own = arena_dup(f->a, s);
		if (!own.p)
			return arena_code(f->a);
		f->word[f->word_n++] = own;
		n = f->word_n;
		int r = evidence_map_put(&f->words, s, n);
		if (r)
			return r;
	}
	*ret = (uint32_t)n;
	return 0;
}

struct slice evidence_fold_word(const struct evidence_fold *f, uint32_t n)
{
	return n ? f->word[n - 1] : SLICE_NULL;
}

/* A strong touch's word comes to the front. */
static void keep(uint32_t list[EVIDENCE_NAMES_MAX], uint8_t *n, bool *more, uint32_t word, bool front)
{
	size_t at = *n;
	if (!word)
		return;
	for (size_t i = 0; i < *n; i++)
		if (list[i] == word) {
			at = i;
			break;
		}
	if (at == *n) {
		if (*n == EVIDENCE_NAMES_MAX) {
			*more = true;
			if (!front)
				return;
			at = EVIDENCE_NAMES_MAX - 1u;
		} else
			(*n)++;
		list[at] = word;
	}
	if (front && at) {
		memmove(list + 1, list, at * sizeof *list);
		list[0] = word;
	}
}

/* The mapped name, when a root fits at a whole part of the path. */
static bool mapped(struct evidence_fold *f, struct slice path, bool windows, struct slice *ret)
{
	int made = 0; /* f->path holds the key of the path: 1 to the byte, 2 without case */
	for (size_t i = 0; i < f->o->roots_n; i++) {
		struct slice from = slice_str(f->o->roots[i].from), to = slice_str(f->o->roots[i].to);
		bool w = windows || evidence_path_windows(from);
		struct slice root = f->root_key[i][w];
		size_t n = root.n;
		if (made != (w ? 2 : 1)) {
			buf_reset(&f->path);
			evidence_path_key(path, w, &f->path);
			made = w ? 2 : 1;
		}
		bool whole = n == 1 && root.p[0] == '/';
		if (!buf_ok(&f->path) || f->path.n < n || memcmp(f->path.p, root.p, n) != 0 || (!whole && f->path.n > n && f->path.p[n] != '/'))
			continue;
		/* the rest as it was written: as many parts from the end as the key has behind the root */
		size_t parts = 0, at = path.n;
		for (size_t k = whole ? 0 : n; k < f->path.n; k++)
			parts += f->path.p[k] == '/' && k + 1 < f->path.n;
		for (size_t left = parts; left && at;) {
			while (at && (path.p[at - 1] == '/' || (w && path.p[at - 1] == '\\')))
				at--;
			size_t end = at;
			while (at && path.p[at - 1] != '/' && !(w && path.p[at - 1] == '\\'))
				at--;
			left -= !slice_eq_str(slice_of(path.p + at, end - at), ".");
		}
		buf_reset(&f->path);
		while (to.n > 1 && to.p[to.n - 1] == '/')
			to.n--;
		buf_add_slice(&f->path, to);
		struct slice tail = evidence_from(path, at);
		if (parts && !(to.n == 1 && to.p[0] == '/'))
			buf_u8(&f->path, '/');
		for (size_t k = 0; parts && k < tail.n; k++)
			buf_u8(&f->path, w && tail.p[k] == '\\' ? '/' : tail.p[k]);
		*ret = buf_slice(&f->path);
		return buf_ok(&f->path);
	}
	return false;
}

static int object_new(struct evidence_fold *f, struct slice path, struct slice logged, struct slice host, uint64_t *ret)
{
	if (f->n == EVIDENCE_OBJECTS_MAX)
		return ERR_LIMIT;
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 1024;
		struct folded *v = reallocarray(f->v, cap, sizeof *v);
		if (!v)
			return ERR_MEMORY;
		f->v = v;
		f->cap = cap;
	}
	struct slice own = arena_dup(f->a, path), was = logged.n ? arena_dup(f->a, logged) : SLICE_NULL;
	if (!own.p || (logged.n && !was.p))
		return arena_code(f->a);
	f->v[f->n] = (struct folded){.path = own, .logged = was, .first = EVIDENCE_NO_TIME, .last = EVIDENCE_NO_TIME};
	int r = evidence_fold_put_word(f, host, &f->v[f->n].host);
	if (r == 0)
		*ret = ++f->n;
	return r;
}

/* host NUL key; a mapped object has no host in its key */
static int object_of(struct evidence_fold *f, const struct evidence_touch *t, struct slice name, bool add, uint64_t *ret)
{
	struct slice path = name, logged = SLICE_NULL;
	bool windows = t->windows || evidence_path_windows(name);
	bool map = mapped(f, name, windows, &path);
	if (map)
		logged = name;
	buf_reset(&f->key);
	if (!map) {
		for (size_t i = 0; i < t->host.n; i++)
			buf_u8(&f->key, t->host.p[i] >= 'A' && t->host.p[i] <= 'Z' ? (uint8_t)(t->host.p[i] + 32) : t->host.p[i]);
		buf_u8(&f->key, 0);
	} else
		buf_u8(&f->key, 1);
	evidence_path_key(path, windows && !map, &f->key);
	if (!buf_ok(&f->key))
		return buf_code(&f->key);
	*ret = evidence_map_get(&f->keys, buf_slice(&f->key));
	if (*ret || !add)
		return 0;
	int r = object_new(f, path, logged, t->host, ret);
	if (r == 0)
		r = evidence_map_put(&f->keys, buf_slice(&f->key), *ret);
	return r;
}

static void add_bytes(struct evidence_fold *f, struct folded *o, uint64_t bytes)
{
	/* bytes by kind of source: three are kept apart, which is more than ever saw one flow */
	uint16_t source = (uint16_t)f->source_n;
	for (size_t i = 0; i < ARRAY_LEN(o->sum); i++) {
		if (!o->sum[i].source) {
			o->sum[i].source = source;
			o->sum[i].bytes = bytes;
			return;
		}
		if (o->sum[i].source == source) {
			if (__builtin_add_overflow(o->sum[i].bytes, bytes, &o->sum[i].bytes))
				o->sum[i].bytes = UINT64_MAX;
			return;
		}
	}
	struct folded_more *m = arena_alloc(f->a, sizeof *m);
	if (!m) {
		f->lost_bytes = true;
		return;
	}
	*m = (struct folded_more){.next = o->more, .source = source, .bytes = bytes};
	o->more = m;
}

static void span(struct evidence_fold *f, struct folded *o, const struct evidence_touch *t)
{
	uint32_t source = f->source_n ? (uint32_t)f->source_n - 1 : 0;
	if (t->time == EVIDENCE_NO_TIME) {
		o->untimed = true;
		if (o->first == EVIDENCE_NO_TIME && !o->count) {
			o->first_source = o->last_source = source;
			o->first_record = o->last_record = t->record;
		}
		return;
	}
	if (o->first == EVIDENCE_NO_TIME || t->time < o->first) {
		o->first = t->time;
		o->first_source = source;
		o->first_record = t->record;
	}
	if (o->last == EVIDENCE_NO_TIME || t->time >= o->last) {
		o->last = t->time;
		o->last_source = source;
		o->last_record = t->record;
	}
}

static int renamed(struct evidence_fold *f, const struct evidence_touch *t, uint64_t object)
{
	if (!t->other.n || !(t->renamed_to || t->renamed_from))
		return 0;
	struct evidence_touch other = *t;
	uint64_t to = 0;
	other.windows = t->windows;
	int r = object_of(f, &other, t->other, true, &to);
	if (r || to == object)
		return r;
	uint64_t early = t->renamed_to ? object : to, late = t->renamed_to ? to : object;
	f->v[early - 1].became = (uint32_t)late;
	f->v[late - 1].was = (uint32_t)early;
	f->v[late - 1].renamed = t->time;
	f->renames = true;
	return 0;
}

int evidence_fold_touch(void *fold, const struct evidence_touch *t)
{
	struct evidence_fold *f = fold;
	uint32_t who, from, reason;
	uint64_t at;
	if (t->time != EVIDENCE_NO_TIME && ((f->o->from != EVIDENCE_NO_TIME && t->time < f->o->from) || (f->o->to != EVIDENCE_NO_TIME && t->time > f->o->to))) {
		f->outside++;
		return 0;
	}
	int r = object_of(f, t, t->path, true, &at);
	if (r == 0)
		r = evidence_fold_put_word(f, t->who, &who);
	if (r == 0)
		r = evidence_fold_put_word(f, t->from, &from);
	if (r == 0)
		r = evidence_fold_put_word(f, t->reason, &reason);
	if (r)
		return r;
	struct folded *o = &f->v[at - 1];
	bool front = t->level > o->level || (t->level == o->level && t->confidence > o->confidence);
	if (!o->host && t->host.n && (r = evidence_fold_put_word(f, t->host, &o->host)))
		return r;
	keep(o->who, &o->who_n, &o->more_who, who, front);
	keep(o->from, &o->from_n, &o->more_from, from, front);
	keep(o->reason, &o->reason_n, &o->more_reason, reason, front);
	if (front) {
		o->level = (uint8_t)t->level;
		o->confidence = t->confidence;
	}
	span(f, o, t);
	o->count++;
	o->windows |= t->windows;
	o->folder |= t->folder;
	if (t->level > EVIDENCE_OPENED && !t->folder)
		o->content = true;
	o->sources |= UINT64_C(1) << (f->source_n > 64 ? 63 : f->source_n ? f->source_n - 1 : 0);
	if (t->has_bytes) {
		o->has_bytes = true;
		add_bytes(f, o, t->bytes);
	}
	return renamed(f, t, at);
}

size_t evidence_fold_count(const struct evidence_fold *f)
{
	return f->order_n;
}

size_t evidence_fold_flow_count(const struct evidence_fold *f)
{
	return f->flow_n;
}

uint64_t evidence_fold_outside(const struct evidence_fold *f)
{
	return f->outside;
}
