/* A JSON text as a tree in an arena, built from the pull reader without recursion, and looking around in it. */
#include "base_internal.h"

#include <stdio.h>

struct builder {
	struct json j;
	struct slice text;
	struct json_node *open[JSON_DEPTH_MAX], *last[JSON_DEPTH_MAX]; /* the containers we are in, and the last child of each */
	struct json_node *top;
	struct slice key;
};

/* raw of a container is only begun here; its end sets the length. */
static int add(struct builder *b, enum json_type t, struct arena *a)
{
	struct json_node *n = arena_alloc(a, sizeof *n);
	if (!n) {
		char place[40];
		snprintf(place, sizeof place, "offset %zu", b->j.start);
		return err_set(b->j.e, arena_code(a), place, "this JSON text has more values than there is room for");
	}
	n->type = t;
	n->key = b->key;
	b->key = SLICE_NULL;
	n->raw = slice_of(b->text.p + b->j.start, cur_offset(&b->j.c) - b->j.start);
	if (t == JSON_STR || t == JSON_NUM)
		n->value = b->j.value;
	bool container = t == JSON_OBJ || t == JSON_ARR;
	int in = b->j.depth - 1 - container; /* the container it stands in */
	if (in < 0)
		b->top = n;
	else {
		*(b->last[in] ? &b->last[in]->next : &b->open[in]->child) = n;
		b->last[in] = n;
		b->open[in]->count++;
	}
	if (container) {
		b->open[in + 1] = n;
		b->last[in + 1] = NULL;
	}
	return 0;
}

static void end(struct builder *b)
{
	struct json_node *n = b->open[b->j.depth];
	n->raw.n = (size_t)(b->j.c.p - n->raw.p);
}

int json_tree(struct slice text, struct arena *a, struct json_node **ret, struct err *e)
{
	struct builder b = {.text = text};
	json_init(&b.j, text, a, e);
	for (;;) {
		enum json_type t = json_next(&b.j);
		int code = 0;
		switch (t) {
		case JSON_END: *ret = b.top; return 0;
		case JSON_BAD: return b.j.code;
		case JSON_KEY: b.key = b.j.value; break;
		case JSON_OBJ_END:
		case JSON_ARR_END: end(&b); break;
		default: code = add(&b, t, a);
		}
		if (code)
			return code;
	}
}

static const struct json_node *member(const struct json_node *obj, struct slice key)
{
	if (!obj || obj->type != JSON_OBJ)
		return NULL;
	for (const struct json_node *n = obj->child; n; n = n->next)
		if (slice_eq(n->key, key))
			return n;
	return NULL;
}

static const struct json_node *element(const struct json_node *arr, struct slice number)
{
	uint64_t i;
	if (num_u64(number, 0, UINT32_MAX, &i) || i >= arr->count)
		return NULL;
	const struct json_node *n = arr->child;
	while (i--)
		n = n->next;
	return n;
}

const struct json_node *json_get(const struct json_node *obj, const char *key)
{
	return member(obj, slice_str(key));
}

const struct json_node *json_path(const struct json_node *n, const char *dotted)
{
	struct slice rest = slice_str(dotted);
	while (n && rest.p) {
		struct slice step = slice_cut(rest, '.', &rest);
		n = n->type == JSON_ARR ? element(n, step) : member(n, step);
	}
	return n;
}

struct slice json_text(const struct json_node *obj, const char *dotted)
{
	const struct json_node *n = json_path(obj, dotted);
	return n && (n->type == JSON_STR || n->type == JSON_NUM) ? n->value : SLICE_NULL;
}
