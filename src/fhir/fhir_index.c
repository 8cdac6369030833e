/* The entries of a body, and which of them a reference names (R4 2.3.0.5, 3.1.4: resolving references in bundles).
 *
 * The body is walked once with the pull reader: every entry's full URL, type, id and bytes are noted, and nothing is built. The tree of a resource is made
 * when its turn comes and thrown away afterwards, so that memory is bounded by the largest resource and not by the body. Bundles in bundles (a
 * searchset that wraps documents) have a scope each: "Patient/1" in one document is not "Patient/1" in the next. */
#include "fhir_internal.h"

#define ASIDE_KEPT ((size_t)64 << 20)

/* ---- walking ---- */

struct walk {
	struct fhir_reader *r;
	struct json j;
	uint32_t scopes;
	struct err *e;
};

static struct fhir_entry *entry_add(struct fhir_reader *r)
{
	if (r->count == FHIR_ENTRIES_MAX) {
		r->f->problems++;
		return NULL;
	}
	if (r->count == r->cap) {
		uint32_t cap = r->cap ? r->cap * 2 : 64;
		struct fhir_entry *more = arena_array(r->f->a, cap, sizeof *more);
		if (!more) {
			r->f->failed = true;
			return NULL;
		}
		if (r->count)
			memcpy(more, r->entries, r->count * sizeof *more);
		r->entries = more;
		r->cap = cap;
	}
	r->entries[r->count] = (struct fhir_entry){.parent = r->count};
	return &r->entries[r->count++];
}

static bool key_is(const struct json *j, const char *name)
{
	return slice_eq_str(j->value, name);
}

/* The value of the key just read, when it is a string; else it is skipped. Of a key that comes twice the first counts, here as in the tree (json_get) and
 * in fhir_document: one reading of a body, whoever reads. */
static int string_value(struct json *j, struct slice *ret)
{
	enum json_type t = json_next(j);
	if (t == JSON_STR && !ret->p) {
		*ret = j->value;
		return 0;
	}
	return json_skip(j, t);
}

static int walk_entries(struct walk *k, uint32_t scope, uint32_t parent, int deep);

/* Inside the object of a resource (its brace is read). What stands in the entry array of a bundle is found here too, whatever comes first in it. */
static int walk_resource(struct walk *k, uint32_t at, int deep)
{
	struct fhir_reader *r = k->r;
	for (;;) {
		enum json_type t = json_next(&k->j);
		if (t == JSON_OBJ_END) {
			if (!r->entries[at].bundle)
				r->count = at + 1; /* List.entry and the like are no entries of a bundle */
			return 0;
		}
		if (t != JSON_KEY)
			return k->j.code ? k->j.code : ERR_INPUT;
		int code;
		if (key_is(&k->j, "resourceType")) {
			code = string_value(&k->j, &r->entries[at].type);
			if (slice_eq_str(r->entries[at].type, "Bundle"))
				r->entries[at].bundle = true;
		} else if (key_is(&k->j, "id"))
			code = string_value(&k->j, &r->entries[at].id);
		else if (key_is(&k->j, "type"))
			code = string_value(&k->j, &r->entries[at].bundle_type);
		else if (at == 0 && key_is(&k->j, "timestamp"))
			code = string_value(&k->j, &r->timestamp);
		else if (at == 0 && key_is(&k->j, "identifier") && !r->identifier.p) {
			t = json_next(&k->j);
			size_t start = k->j.start;
			code = json_skip(&k->j, t);
			r->identifier = slice_of(r->text.p + start, cur_offset(&k->j.c) - start);
		} else if (key_is(&k->j, "entry") && deep < FHIR_BUNDLES_DEEP && !r->entries[at].walked) {
			r->entries[at].walked = true;
			t = json_next(&k->j);
			code = t == JSON_ARR ? walk_entries(k, ++k->scopes, at, deep + 1) : json_skip(&k->j, t);
		} else
			code = json_skip(&k->j, JSON_KEY);
		if (code)
			return code;
	}
}

static int walk_request(struct walk *k, uint32_t at)
{
	enum json_type t = json_next(&k->j);
	if (t != JSON_OBJ)
		return json_skip(&k->j, t);
	for (;;) {
		t = json_next(&k->j);
		if (t == JSON_OBJ_END)
			return 0;
		if (t != JSON_KEY)
			return k->j.code ? k->j.code : ERR_INPUT;
		int code;
		if (key_is(&k->j, "method"))
			code = string_value(&k->j, &k->r->entries[at].method);
		else if (key_is(&k->j, "url"))
			code = string_value(&k->j, &k->r->entries[at].url);
		else if (key_is(&k->j, "extension") && !k->r->entries[at].extension.p) {
			t = json_next(&k->j);
			size_t start = k->j.start;
			code = json_skip(&k->j, t);
			k->r->entries[at].extension = slice_of(k->r->text.p + start, cur_offset(&k->j.c) - start);
		}
		else
			code = json_skip(&k->j, JSON_KEY);
		if (code)
			return code;
	}
}

static int walk_entry(struct walk *k, uint32_t scope, uint32_t parent, uint32_t number, int deep)
{
	struct fhir_reader *r = k->r;
	struct fhir_entry *en = entry_add(r);
	if (!en)
		return json_skip(&k->j, JSON_OBJ);
	uint32_t at = r->count - 1;
	en->scope = scope;
	en->parent = parent;
	en->number = number;
	bool seen = false;
	for (;;) {
		enum json_type t = json_next(&k->j);
		if (t == JSON_OBJ_END)
			return 0;
		if (t != JSON_KEY)
			return k->j.code ? k->j.code : ERR_INPUT;
		int code = 0;
		if (key_is(&k->j, "fullUrl"))
			code = string_value(&k->j, &r->entries[at].full_url);
		else if (key_is(&k->j, "request"))
			code = walk_request(k, at);
		else if (key_is(&k->j, "extension") && !r->entries[at].own.p) {
			t = json_next(&k->j);
			size_t start = k->j.start;
			code = json_skip(&k->j, t);
			r->entries[at].own = slice_of(r->text.p + start, cur_offset(&k->j.c) - start);
		}
		else if (key_is(&k->j, "resource") && !seen) {
			seen = true;
			t = json_next(&k->j);
			size_t start = k->j.start;
			code = t == JSON_OBJ ? walk_resource(k, at, deep) : json_skip(&k->j, t);
			if (t == JSON_OBJ && code == 0)
				r->entries[at].raw = slice_of(r->text.p + start, cur_offset(&k->j.c) - start);
		} else
			code = json_skip(&k->j, JSON_KEY);
		if (code)
			return code;
	}
}

static int walk_entries(struct walk *k, uint32_t scope, uint32_t parent, int deep)
{
	for (uint32_t number = 0;; number++) {
		enum json_type t = json_next(&k->j);
		if (t == JSON_ARR_END)
			return 0;
		int code = t == JSON_OBJ ? walk_entry(k, scope, parent, number, deep) : json_skip(&k->j, t);
		if (code)
			return code;
	}
}

/* ---- indexes: sorted, then searched by halves ---- */

/* "[base/]Type/id[/_history/n]" */
bool fhir_split_ref(struct slice ref, struct slice *ret_type, struct slice *ret_id, struct slice *ret_base)
{
	struct slice s = ref;
	if (s.n && memchr(s.p, '?', s.n))
		return false; /* a conditional reference is a search, whatever slashes stand in it */
	for (size_t i = 0; i + 10 <= s.n; i++)
		if (memcmp(s.p + i, "/_history/", 10) == 0) {
			s.n = i;
			break;
		}
	size_t slash = s.n;
	while (slash > 0 && s.p[slash - 1] != '/')
		slash--;
	if (slash == 0 || slash == s.n)
		return false;
	struct slice id = slice_of(s.p + slash, s.n - slash);
	size_t type_end = slash - 1, type_start = type_end;
	while (type_start > 0 && s.p[type_start - 1] != '/')
		type_start--;
	struct slice type = slice_of(s.p + type_start, type_end - type_start);
	if (type.n == 0 || type.p[0] < 'A' || type.p[0] > 'Z')
		return false;
	*ret_type = type;
	*ret_id = id;
	*ret_base = type_start ? slice_of(s.p, type_start - 1) : SLICE_NULL;
	return true;
}

static int order_url(const void *a, const void *b, void *arg)
{
	const struct fhir_entry *en = arg, *x = &en[*(const uint32_t *)a], *y = &en[*(const uint32_t *)b];
	int c = slice_cmp(x->full_url, y->full_url);
	return c ? c : x < y ? -1 : x > y;
}

static int cmp_ref(const struct fhir_entry *x, struct slice type, struct slice id)
{
	int c = slice_cmp(x->id, id);
	return c ? c : slice_cmp(x->type, type);
}

static int order_ref(const void *a, const void *b, void *arg)
{
	const struct fhir_entry *en = arg, *x = &en[*(const uint32_t *)a], *y = &en[*(const uint32_t *)b];
	int c = cmp_ref(x, y->type, y->id);
	return c ? c : x < y ? -1 : x > y;
}

static int build_indexes(struct fhir_reader *r)
{
	r->by_url = arena_array(r->f->a, r->count, sizeof *r->by_url);
	r->by_ref = arena_array(r->f->a, r->count, sizeof *r->by_ref);
	if (r->count && (!r->by_url || !r->by_ref)) {
		r->f->failed = true;
		return arena_code(r->f->a);
	}
	for (uint32_t i = 0; i < r->count; i++) {
		struct fhir_entry *en = &r->entries[i];
		struct slice type, id, base;
		if (!en->named && (slice_starts(en->full_url, "http://") || slice_starts(en->full_url, "https://")) && fhir_split_ref(en->full_url, &type, &id, &base) && slice_eq(type, en->type)) {
			en->base = base;
			if (en->id.n == 0)
				en->id = id; /* said there alone: two of one type must not be one */
		}
		if (en->id.n == 0 && slice_eq_str(en->method, "PUT") && fhir_split_ref(en->url, &type, &id, &base) && slice_eq(type, en->type))
			en->id = id; /* R4 3.1.0.11.2: the address of an update is the name of what is updated */
		r->by_url[i] = r->by_ref[i] = i;
	}
	if (r->count) {
		qsort_r(r->by_url, r->count, sizeof *r->by_url, order_url, r->entries);
		qsort_r(r->by_ref, r->count, sizeof *r->by_ref, order_ref, r->entries);
	}
	return 0;
}

/* ---- entries that say what became of others (FHIR_INSTEAD_OF) ---- */

static bool instead_of(struct fhir_reader *r, const struct fhir_entry *en, uint64_t *ret)
{
	struct json_node *n;
	struct err ignored;
	if (!fhir_contains(en->own, FHIR_INSTEAD_OF))
		return false;
	arena_reset(r->scratch);
	if (json_tree(en->own, r->scratch, &n, &ignored) != 0)
		return false;
	EACH(x, n)
		if (slice_eq_str(json_text(x, "url"), FHIR_INSTEAD_OF) && num_u64(json_text(x, "valueUnsignedInt"), 0, FHIR_ENTRIES_MAX, ret) == 0)
			return true;
	return false;
}

static void settle(struct fhir_entry *says, struct fhir_entry *of)
{
	struct slice type, id, base;
	bool put = slice_eq_str(says->method, "PUT"), got = slice_eq_str(says->method, "GET");
	if ((put || got) && !says->raw.p && fhir_split_ref(says->url, &type, &id, &base) && slice_eq(type, of->type)) {
		of->id = id;
		of->named = true;
		of->settled = got;
	} else if (!(put && !says->raw.p)) {
		of->settled = true;
		of->raw = SLICE_NULL; /* no reference leads to it */
		of->method = SLICE_NULL;
	}
}

/* Of the outermost bundle alone: it is one that our server made of a body that it was sent. */
static void settle_entries(struct fhir_reader *r)
{
	bool any = false;
	for (uint32_t i = 1; i < r->count && !any; i++)
		any = r->entries[i].scope == 1 && r->entries[i].own.p;
	uint32_t *by_number = any ? arena_array(r->f->a, r->count, sizeof *by_number) : NULL, n = 0;
	if (!by_number)
		return;
	for (uint32_t i = 1; i < r->count; i++)
		if (r->entries[i].scope == 1 && r->entries[i].number == n)
			by_number[n++] = i;
	for (uint32_t i = 1; i < r->count; i++) {
		struct fhir_entry *en = &r->entries[i];
		uint64_t k;
		if (en->scope == 1 && instead_of(r, en, &k) && k < n && by_number[k] < i)
			settle(en, &r->entries[by_number[k]]);
	}
	arena_reset(r->scratch);
}

int fhir_index_body(struct fhir_reader *r, struct err *e)
{
	struct walk k = {.r = r, .e = e};
	json_init(&k.j, r->text, r->f->a, e);
	enum json_type t = json_next(&k.j);
	if (t != JSON_OBJ)
		return k.j.code ? k.j.code : err_set(e, ERR_INPUT, "offset 0", "a FHIR resource is a JSON object");
	struct fhir_entry *top = entry_add(r);
	if (!top)
		return err_set(e, ERR_LIMIT, NULL, "no memory for the entries of this bundle");
	size_t start = k.j.start;
	int code = walk_resource(&k, 0, 0);
	if (code == 0) {
		top = r->entries;
		top->raw = slice_of(r->text.p + start, cur_offset(&k.j.c) - start);
		t = json_next(&k.j);
		code = t == JSON_END ? 0 : k.j.code;
	}
	if (code)
		return code;
	if (top->type.n == 0)
		return err_set(e, ERR_INPUT, "offset 0", "this JSON object has no resourceType: it is no FHIR resource");
	if (r->f->failed)
		return err_set(e, arena_code(r->f->a) ? arena_code(r->f->a) : ERR_LIMIT, NULL, "this bundle has more entries than there is room for");
	settle_entries(r);
	return build_indexes(r);
}

/* ---- finding ---- */

static bool scope_reaches(const struct fhir_reader *r, const struct fhir_entry *from, const struct fhir_entry *to)
{
	for (uint32_t guard = 0; guard <= FHIR_BUNDLES_DEEP; guard++) {
		if (to->scope == from->scope)
			return true;
		if (&r->entries[from->parent] == from)
			return false;
		from = &r->entries[from->parent];
	}
	return false;
}

/* Of the entries that match, the one that the resource at hand can mean: in its own bundle, or in one around it. */
struct pick {
	struct fhir_entry *best;
	bool same_scope, same_base, ambiguous;
};

static void consider(struct fhir_reader *r, struct pick *p, struct fhir_entry *en)
{
	if (en->bundle || !en->raw.p || !scope_reaches(r, r->at, en))
		return;
	bool scope = en->scope == r->at->scope, base = slice_eq(en->base, r->at->base);
	if (p->best && (p->same_scope > scope || (p->same_scope == scope && p->same_base > base)))
		return;
	bool equal = p->best && p->same_scope == scope && p->same_base == base;
	if (equal) {
		/* the same resource twice (history bundles, repeated entries): the first stands for both. Two that are not the same: nobody guesses. */
		if (!slice_eq(p->best->full_url, en->full_url))
			p->ambiguous = true;
		return;
	}
	*p = (struct pick){en, scope, base, false};
}

static uint32_t lower_url(const struct fhir_reader *r, struct slice url)
{
	uint32_t lo = 0, hi = r->count;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (slice_cmp(r->entries[r->by_url[mid]].full_url, url) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static uint32_t lower_ref(const struct fhir_reader *r, struct slice type, struct slice id)
{
	uint32_t lo = 0, hi = r->count;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (cmp_ref(&r->entries[r->by_ref[mid]], type, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

#define EQUALS_MAX 64 /* entries of one name that are looked at */

struct fhir_entry *fhir_find(struct fhir_reader *r, struct slice ref, bool *ret_ambiguous)
{
	struct pick p = {0};
	*ret_ambiguous = false;
	if (ref.n == 0 || ref.p[0] == '#')
		return NULL;
	for (uint32_t i = lower_url(r, ref), seen = 0; i < r->count && seen < EQUALS_MAX; i++, seen++) {
		struct fhir_entry *en = &r->entries[r->by_url[i]];
		if (!slice_eq(en->full_url, ref))
			break;
		consider(r, &p, en);
	}
	struct slice type, id, base;
	if (!p.best && fhir_split_ref(ref, &type, &id, &base)) {
		for (uint32_t i = lower_ref(r, type, id), seen = 0; i < r->count && seen < EQUALS_MAX; i++, seen++) {
			struct fhir_entry *en = &r->entries[r->by_ref[i]];
			if (cmp_ref(en, type, id) != 0)
				break;
			if (base.n == 0 || slice_eq(base, en->base))
				consider(r, &p, en);
		}
	}
	*ret_ambiguous = p.ambiguous;
	return p.ambiguous ? NULL : p.best;
}

const struct json_node *fhir_contained(struct fhir_reader *r, struct slice hash_id)
{
	EACH(c, json_get(r->resource, "contained"))
		if (slice_eq(json_text(c, "id"), slice_of(hash_id.p + 1, hash_id.n - 1)))
			return c;
	return NULL;
}

/* The tree of another resource of this body. Trees are kept for the next asker until fhir_aside_next finds too many of them; what all of them together may cost
 * is a multiple of the body, so that a body of references to each other is no way to keep a machine busy. */
static const struct json_node *fhir_tree_of(struct fhir_reader *r, struct fhir_entry *en)
{
	if (en->tree && en->generation == r->generation)
		return en->tree;
	if (en->raw.n > r->aside_budget) {
		r->f->problems++;
		return NULL;
	}
	r->aside_budget -= en->raw.n;
	struct json_node *n = NULL;
	struct err ignored;
	if (json_tree(en->raw, r->aside, &n, &ignored) != 0) {
		r->f->problems++;
		n = NULL;
	}
	if (n)
		fhir_modernise(n);
	en->tree = n;
	en->generation = r->generation;
	return n;
}

void fhir_aside_next(struct fhir_reader *r)
{
	if (arena_used(r->aside) < ASIDE_KEPT)
		return;
	arena_reset(r->aside);
	r->generation++;
}

struct fhir_target fhir_resolve(struct fhir_reader *r, const struct json_node *reference)
{
	struct fhir_target t = {0};
	struct slice ref = json_text(reference, "reference");
	if (ref.n == 0)
		return t;
	if (ref.p[0] == '#') {
		t.node = fhir_contained(r, ref);
		t.type = json_text(t.node, "resourceType");
		return t;
	}
	struct slice base;
	if (!fhir_split_ref(ref, &t.type, &t.id, &base))
		t.type = json_text(reference, "type");
	bool ambiguous;
	struct fhir_entry *en = fhir_find(r, ref, &ambiguous);
	if (!en)
		return t;
	t.entry = en;
	t.type = en->type;
	t.id = en->id;
	t.node = fhir_tree_of(r, en);
	return t;
}
