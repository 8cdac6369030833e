/* JSON Patch (RFC 6902) over JSON Pointer (RFC 6901), for PATCH of a resource (R4 3.1.0.6).
 *
 * The tree of the resource is changed in place; what no operation touched is written as it stood, byte for byte, so that numbers keep their digits. A node whose inside was changed has no raw bytes any more.
 * Depth stays bounded: a pointer has at most JSON_DEPTH_MAX steps, and a value that is copied or moved goes through the reader again, which has that limit too. */
#include "fhir_internal.h"

#define OPS_MAX 1000
#define COPIED_MAX ((size_t)16 << 20) /* what all "copy" and "move" of one patch may write */

struct patch {
	struct arena *a;
	struct json_node *root;
	size_t copied;
	unsigned op; /* which one is at hand: for the message */
	struct err *e;
};

static int wrong(struct patch *p, int code, const char *why)
{
	char place[48];
	snprintf(place, sizeof place, "operation %u", p->op);
	return err_set(p->e, code, place, "%s", why);
}

/* ---- writing ---- */

static void put_node(struct buf *b, const struct json_node *n)
{
	if (n->raw.p) {
		buf_add_slice(b, n->raw);
		return;
	}
	bool object = n->type == JSON_OBJ;
	buf_u8(b, object ? '{' : '[');
	for (const struct json_node *c = n->child; c; c = c->next) {
		if (c != n->child)
			buf_u8(b, ',');
		if (object) {
			struct jsonw w;
			jsonw_init(&w, b);
			jsonw_slice(&w, c->key);
			buf_u8(b, ':');
		}
		put_node(b, c);
	}
	buf_u8(b, object ? '}' : ']');
}

/* A value of its own: nothing of it is shared with the tree that it came from. */
static int clone(struct patch *p, const struct json_node *n, struct json_node **ret)
{
	AUTO_BUF struct buf b = {0};
	struct err ignored;
	buf_init(&b, COPIED_MAX);
	put_node(&b, n);
	p->copied += b.n;
	if (!buf_ok(&b) || p->copied > COPIED_MAX)
		return wrong(p, ERR_LIMIT, "these operations copy more than there is room for");
	struct slice text = arena_dup(p->a, buf_slice(&b));
	if (!text.p || json_tree(text, p->a, ret, &ignored) != 0)
		return wrong(p, ERR_LIMIT, "this value is nested too deeply or too large");
	return 0;
}

/* ---- pointers ---- */

struct spot { /* where a pointer leads: the last step below its parent */
	struct json_node *parent; /* NULL: the whole document */
	struct slice key;         /* of an object */
	uint32_t index;           /* of an array; its count: behind the last */
	struct json_node *node;   /* NULL: nothing is there */
};

static struct json_node *member(struct json_node *n, struct slice key)
{
	for (struct json_node *c = n->child; c; c = c->next)
		if (slice_eq(c->key, key))
			return c;
	return NULL;
}

static struct json_node *element(struct json_node *n, uint32_t index)
{
	struct json_node *c = n->child;
	while (c && index--)
		c = c->next;
	return c;
}

/* "~1" is a slash and "~0" a tilde (RFC 6901, 4). */
static int unescape(struct patch *p, struct slice step, struct slice *ret)
{
	uint8_t *out = arena_alloc(p->a, step.n + 1);
	size_t n = 0;
	if (!out)
		return wrong(p, ERR_MEMORY, "no memory");
	for (size_t i = 0; i < step.n; i++) {
		uint8_t c = step.p[i];
		if (c == '~') {
			if (++i == step.n || (step.p[i] != '0' && step.p[i] != '1'))
				return wrong(p, ERR_INPUT, "its path is no JSON Pointer");
			c = step.p[i] == '0' ? '~' : '/';
		}
		out[n++] = c;
	}
	*ret = slice_of(out, n);
	return 0;
}

static int step_into(struct patch *p, struct json_node *n, struct slice key, struct spot *s)
{
	*s = (struct spot){.parent = n, .key = key};
	if (n->type == JSON_OBJ) {
		s->node = member(n, key);
		return 0;
	}
	uint64_t i = n->count;
	if (n->type != JSON_ARR)
		return wrong(p, ERR_NOT_FOUND, "its path goes into a value that has no parts");
	if (!slice_eq_str(key, "-") && (num_u64(key, 0, UINT32_MAX, &i) < 0 || (key.n > 1 && key.p[0] == '0')))
		return wrong(p, ERR_INPUT, "its path has a step into a list that is no index");
	if (i > n->count)
		return wrong(p, ERR_NOT_FOUND, "its path leads past the end of a list");
	s->index = (uint32_t)i;
	s->node = element(n, s->index);
	return 0;
}

static int walk(struct patch *p, struct slice path, struct spot *ret)
{
	*ret = (struct spot){.node = p->root};
	unsigned steps = 0;
	if (path.n && path.p[0] != '/')
		return wrong(p, ERR_INPUT, "its path is no JSON Pointer: it begins with a slash");
	for (struct slice rest = path; rest.n;) {
		struct slice step, key;
		rest = slice_of(rest.p + 1, rest.n - 1);
		const uint8_t *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
		step = slice_of(rest.p, slash ? (size_t)(slash - rest.p) : rest.n);
		rest = slash ? slice_of(slash, rest.n - step.n) : SLICE_NULL;
		if (!ret->node)
			return wrong(p, ERR_NOT_FOUND, "its path leads to nothing");
		if (++steps >= JSON_DEPTH_MAX)
			return wrong(p, ERR_LIMIT, "its path has too many steps");
		struct json_node *into = ret->node;
		int r = unescape(p, step, &key);
		if (r == 0)
			r = step_into(p, into, key, ret);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What lies on the way is not as it stood any more. */
static void touch(struct patch *p, struct slice path)
{
	struct json_node *n = p->root;
	n->raw = SLICE_NULL;
	for (struct slice rest = path; rest.n && n;) {
		rest = slice_of(rest.p + 1, rest.n - 1);
		const uint8_t *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
		if (!slash)
			return; /* the last step: what is there is replaced, added or taken out as a whole */
		struct slice key, step = slice_of(rest.p, (size_t)(slash - rest.p));
		struct spot s;
		if (unescape(p, step, &key) < 0 || step_into(p, n, key, &s) < 0)
			return;
		n = s.node;
		if (n)
			n->raw = SLICE_NULL;
		rest = slice_of(slash, rest.n - step.n);
	}
}

/* ---- operations ---- */

static void link_in(struct spot *s, struct json_node *value)
{
	struct json_node **at = &s->parent->child;
	uint32_t i = s->parent->type == JSON_ARR ? s->index : UINT32_MAX;
	while (*at && i--)
		at = &(*at)->next;
	value->key = s->key;
	value->next = *at;
	*at = value;
	s->parent->count++;
}

static void take_out(struct spot *s)
{
	struct json_node **at = &s->parent->child;
	while (*at != s->node)
		at = &(*at)->next;
	*at = s->node->next;
	s->node->next = NULL;
	s->parent->count--;
}

static int add(struct patch *p, struct slice path, struct json_node *value)
{
	struct spot s;
	int r = walk(p, path, &s);
	if (r < 0)
		return r;
	if (!s.parent) {
		p->root = value;
		return 0;
	}
	touch(p, path);
	if (s.parent->type == JSON_OBJ && s.node) { /* RFC 6902, 4.1: what an object has is replaced, in its place */
		value->key = s.key;
		value->next = s.node->next;
		struct json_node **at = &s.parent->child;
		while (*at != s.node)
			at = &(*at)->next;
		*at = value;
	} else
		link_in(&s, value);
	return 0;
}

static int take(struct patch *p, struct slice path)
{
	struct spot s;
	int r = walk(p, path, &s);
	if (r < 0)
		return r;
	if (!s.node)
		return wrong(p, ERR_NOT_FOUND, "its path leads to nothing");
	if (!s.parent)
		return wrong(p, ERR_INPUT, "the whole resource cannot be taken away");
	touch(p, path);
	take_out(&s);
	return 0;
}

static int replace(struct patch *p, struct slice path, struct json_node *value)
{
	struct spot s;
	int r = walk(p, path, &s);
	if (r < 0)
		return r;
	if (!s.node)
		return wrong(p, ERR_NOT_FOUND, "its path leads to nothing that could be replaced");
	if (!s.parent) {
		p->root = value;
		return 0;
	}
	touch(p, path);
	struct json_node **at = &s.parent->child;
	while (*at != s.node)
		at = &(*at)->next;
	value->key = s.node->key;
	value->next = s.node->next;
	*at = value;
	return 0;
}

/* ---- equality (RFC 6902, 4.6) ---- */

/* The digits that count, and the power of ten of the first of them. */
static struct slice significant(struct slice s, uint8_t *out, int64_t *ret_exponent, bool *ret_minus)
{
	size_t n = 0, i = 0, end = 0;
	int64_t point = INT64_MIN, exponent = 0, seen = 0;
	*ret_minus = s.n && s.p[0] == '-';
	for (i = *ret_minus; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
		if (s.p[i] == '.') {
			point = seen;
			continue;
		}
		if (n || s.p[i] != '0')
			out[n++] = s.p[i];
		else if (point == INT64_MIN)
			continue; /* a zero before the point that stands first is no digit */
		else
			exponent--;
		seen += n > 0;
	}
	if (point == INT64_MIN)
		point = seen;
	uint64_t e = 0;
	if (i + 1 < s.n) {
		bool minus = s.p[i + 1] == '-';
		size_t from = i + 1 + (minus || s.p[i + 1] == '+');
		if (num_u64(slice_of(s.p + from, s.n - from), 0, INT32_MAX, &e) < 0)
			e = INT32_MAX;
		exponent += minus ? -(int64_t)e : (int64_t)e;
	}
	for (end = n; end && out[end - 1] == '0';)
		end--;
	*ret_exponent = end ? exponent + point : 0;
	if (!end)
		*ret_minus = false;
	return slice_of(out, end);
}

static bool same_number(struct arena *a, struct slice x, struct slice y)
{
	uint8_t *px = arena_alloc(a, x.n + 1), *py = arena_alloc(a, y.n + 1);
	int64_t ex, ey;
	bool mx, my;
	if (!px || !py)
		return false;
	struct slice dx = significant(x, px, &ex, &mx), dy = significant(y, py, &ey, &my);
	return mx == my && ex == ey && slice_eq(dx, dy);
}

static bool equal(struct arena *a, const struct json_node *x, struct json_node *y)
{
	if (x->type != y->type || (x->count != y->count && (x->type == JSON_OBJ || x->type == JSON_ARR)))
		return false;
	if (x->type == JSON_STR)
		return slice_eq(x->value, y->value);
	if (x->type == JSON_NUM)
		return same_number(a, x->value, y->value);
	struct json_node *d = y->child;
	for (const struct json_node *c = x->child; c; c = c->next) {
		struct json_node *other = x->type == JSON_OBJ ? member(y, c->key) : d;
		if (!other || !equal(a, c, other))
			return false;
		d = d ? d->next : NULL;
	}
	return true;
}

static int test(struct patch *p, struct slice path, const struct json_node *value)
{
	struct spot s;
	int r = walk(p, path, &s);
	if (r < 0)
		return r;
	if (!s.node)
		return wrong(p, ERR_NO, "its test fails: nothing is there");
	return equal(p->a, value, s.node) ? 0 : wrong(p, ERR_NO, "its test fails: the value is another one");
}

static int copy(struct patch *p, struct slice from, struct slice path, bool move)
{
	struct spot s;
	struct json_node *value;
	int r = walk(p, from, &s);
	if (r < 0)
		return r;
	if (!s.node)
		return wrong(p, ERR_NOT_FOUND, "its from leads to nothing");
	if (move && path.n > from.n && (!from.n || !memcmp(path.p, from.p, from.n)) && path.p[from.n] == '/')
		return wrong(p, ERR_INPUT, "nothing can be moved into itself (RFC 6902, 4.4)");
	if (move && slice_eq(from, path))
		return 0;
	r = clone(p, s.node, &value);
	if (r == 0 && move)
		r = take(p, from);
	return r < 0 ? r : add(p, path, value);
}

static int operate(struct patch *p, const struct json_node *op)
{
	struct slice name = json_text(op, "op"), path, from;
	const struct json_node *where = json_get(op, "path"), *whence = json_get(op, "from"), *given = json_get(op, "value");
	struct json_node *value = NULL;
	if (op->type != JSON_OBJ || !where || where->type != JSON_STR)
		return wrong(p, ERR_INPUT, "it has no path");
	path = where->value;
	bool needs = slice_eq_str(name, "add") || slice_eq_str(name, "replace") || slice_eq_str(name, "test"), pair = slice_eq_str(name, "move") || slice_eq_str(name, "copy");
	if (needs && !given)
		return wrong(p, ERR_INPUT, "it has no value");
	if (pair && (!whence || whence->type != JSON_STR))
		return wrong(p, ERR_INPUT, "it has no from");
	int r = needs ? clone(p, given, &value) : 0; /* of its own: two operations of one patch never share a node */
	if (r < 0)
		return r;
	from = whence ? whence->value : SLICE_NULL;
	if (slice_eq_str(name, "add"))
		return add(p, path, value);
	if (slice_eq_str(name, "remove"))
		return take(p, path);
	if (slice_eq_str(name, "replace"))
		return replace(p, path, value);
	if (slice_eq_str(name, "test"))
		return test(p, path, value);
	if (pair)
		return copy(p, from, path, slice_eq_str(name, "move"));
	return wrong(p, ERR_INPUT, "it is none of add, remove, replace, move, copy, test");
}

int fhir_patch(struct slice resource, struct slice patch, struct buf *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)512 << 20);
	struct patch p = {.a = a, .e = e};
	struct json_node *ops, *again;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory to patch a resource");
	int r = json_tree(resource, a, &p.root, e);
	if (r == 0)
		r = json_tree(patch, a, &ops, e);
	if (r < 0)
		return r;
	if (ops->type != JSON_ARR)
		return err_set(e, ERR_INPUT, NULL, "a JSON Patch is a list of operations (RFC 6902)");
	if (ops->count > OPS_MAX)
		return err_set(e, ERR_LIMIT, NULL, "a JSON Patch has at most %d operations here", OPS_MAX);
	for (const struct json_node *op = ops->child; op && r == 0; op = op->next, p.op++)
		r = operate(&p, op);
	if (r < 0)
		return r;
	size_t before = ret->n;
	put_node(ret, p.root);
	if (!buf_ok(ret))
		return err_set(e, ERR_LIMIT, NULL, "the patched resource is larger than there is room for");
	return json_tree(slice_of(ret->p + before, ret->n - before), a, &again, e); /* not deeper than anybody reads */
}
