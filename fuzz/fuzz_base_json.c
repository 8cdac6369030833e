/* The JSON reader, tree and writer together. What must hold for any bytes:
 *   - reader and tree agree on whether it is JSON, and on the error
 *   - what is read and written again is JSON and reads as the same tokens, numbers as they were written
 *   - raw of each value is the value: reading it alone gives the same tree
 *   - folding any string of it gives UTF-8, and folding again changes nothing; base64 of it comes back */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(x) ((x) ? (void)0 : abort())
#define ROOM ((size_t)16 << 20)

static void copy_token(struct jsonw *w, enum json_type t, struct slice value)
{
	switch (t) {
	case JSON_OBJ: jsonw_obj(w); break;
	case JSON_OBJ_END: jsonw_obj_end(w); break;
	case JSON_ARR: jsonw_arr(w); break;
	case JSON_ARR_END: jsonw_arr_end(w); break;
	case JSON_KEY: jsonw_key_slice(w, value); break;
	case JSON_STR: jsonw_slice(w, value); break;
	case JSON_NUM: jsonw_dec(w, value); break;
	case JSON_TRUE: jsonw_bool(w, true); break;
	case JSON_FALSE: jsonw_bool(w, false); break;
	case JSON_NULL: jsonw_null(w); break;
	default: abort();
	}
}

static void check_text(struct slice s)
{
	AUTO_BUF struct buf once = {0}, twice = {0}, text = {0}, back = {0};
	buf_init(&once, ROOM);
	buf_init(&twice, ROOM);
	buf_init(&text, ROOM);
	buf_init(&back, ROOM);
	utf8_fold(&once, s);
	REQUIRE(buf_ok(&once) && utf8_valid(buf_slice(&once)));
	utf8_fold(&twice, buf_slice(&once));
	REQUIRE(slice_eq(buf_slice(&once), buf_slice(&twice)));
	base64_put(&text, s);
	REQUIRE(base64_get(&back, buf_slice(&text)) == 0 && slice_eq(buf_slice(&back), s));
	buf_reset(&back);
	REQUIRE(base64_get_loose(&back, buf_slice(&text)) == 0 && slice_eq(buf_slice(&back), s));
	buf_reset(&back);
	size_t before = back.n;
	if (base64_get_loose(&back, s))
		REQUIRE(back.n == before);
	int64_t t;
	char out[32];
	if (time_parse(s, 0, &t) == 0) {
		int64_t again;
		REQUIRE(time_parse(slice_str(time_rfc3339(t, 9, out)), 0, &again) == 0 && again == t);
	}
}

/* Reads it all, writing what was read to out. Returns the code. */
static int copy(struct slice in, struct buf *out, struct arena *a, struct err *e)
{
	struct json j;
	struct jsonw w;
	json_init(&j, in, a, e);
	jsonw_init(&w, out);
	for (;;) {
		enum json_type t = json_next(&j);
		REQUIRE(j.start <= in.n && cur_offset(&j.c) <= in.n && j.depth >= 0 && j.depth <= JSON_DEPTH_MAX);
		if (t == JSON_BAD) {
			REQUIRE(j.code < 0 && json_next(&j) == JSON_BAD);
			return j.code;
		}
		if (t == JSON_END) {
			jsonw_done(&w);
			REQUIRE(json_next(&j) == JSON_END);
			return 0;
		}
		if (t == JSON_STR || t == JSON_KEY) {
			REQUIRE(j.value.p && utf8_valid(j.value));
			check_text(j.value);
		}
		copy_token(&w, t, j.value);
	}
}

static bool same(const struct json_node *x, const struct json_node *y, int depth)
{
	if (x->type != y->type || x->count != y->count || !slice_eq(x->value, y->value) || depth > JSON_DEPTH_MAX)
		return false;
	const struct json_node *a = x->child, *b = y->child;
	for (; a && b; a = a->next, b = b->next)
		if (!slice_eq(a->key, b->key) || !same(a, b, depth + 1))
			return false;
	return a == b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	AUTO_ARENA struct arena *a = arena_new(ROOM), *b = arena_new(ROOM);
	AUTO_BUF struct buf first = {0}, second = {0};
	buf_init(&first, ROOM);
	buf_init(&second, ROOM);
	struct err e1 = {0}, e2 = {0};
	struct json_node *tree = NULL, *again = NULL;
	check_text(in);
	int code = copy(in, &first, a, &e1);
	REQUIRE(json_tree(in, b, &tree, &e2) == code);
	if (code) {
		REQUIRE(e1.code == code && !strcmp(e1.place, e2.place) && !strcmp(e1.text, e2.text));
		return 0;
	}
	REQUIRE(buf_ok(&first));
	arena_reset(a);
	REQUIRE(copy(buf_slice(&first), &second, a, &e1) == 0);
	REQUIRE(slice_eq(buf_slice(&first), buf_slice(&second)));
	REQUIRE(json_tree(buf_slice(&first), a, &again, &e1) == 0 && same(tree, again, 0));
	for (const struct json_node *n = tree->child; n; n = n->next)
		REQUIRE(json_tree(n->raw, a, &again, &e1) == 0 && same(n, again, 0) && again->raw.n == n->raw.n);
	struct json skip;
	arena_reset(a);
	json_init(&skip, in, a, &e1);
	REQUIRE(json_skip(&skip, json_next(&skip)) == 0 && json_next(&skip) == JSON_END);
	return 0;
}
