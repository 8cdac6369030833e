/* The judge on any changes, in any order, under any names, with any signs of the snapshot before. What must hold:
 *   - it ends, within its memory; reasons are a JSON array of strings in which no name of a folder stands; signs are short, printable, and read back as they were written
 *   - a first backup is never damage; without a change that says anything there is none either
 *   - looking back at each change gives a reason if and only if it says damage */
#include "vault_judge_internal.h"

#include <stdlib.h>

#define REQUIRE(x) ((x) ? (void)0 : abort())

static struct vault_trait trait(struct cur *c)
{
	struct vault_trait t = {.type = cur_u8(c) % 70, .named = cur_u8(c) % 70, .state = cur_u8(c) % 4};
	uint8_t flags = cur_u8(c);
	t.encrypted = flags & 1;
	t.onion = flags & 2;
	t.torn = flags & 4;
	t.size = flags & 8 ? cur_u64le(c) : cur_u16le(c);
	t.entropy = (float)cur_u8(c) / 31;
	t.random_share = (float)cur_u8(c) / 255;
	t.word_share = (float)cur_u8(c) / 255;
	memset(t.head, cur_u8(c), sizeof t.head);
	t.marks = flags & 16 ? cur_u8(c) : 0;
	t.marked = t.marks ? (int64_t)cur_u32le(c) * TIME_SEC : 0;
	return t;
}

struct one {
	struct vault_trait before, after;
	struct vault_change c;
	char path[600];
};

static bool one(struct cur *c, struct one *o)
{
	if (c->failed || c->p == c->end)
		return false;
	uint8_t kind = cur_u8(c);
	size_t n = cur_u8(c);
	struct slice name = cur_take(c, n);
	size_t at = 0;
	memcpy(o->path, "/forbidden-folder/", 18);
	at = 18;
	if (name.n)
		memcpy(o->path + at, name.p, name.n);
	o->before = trait(c);
	o->after = trait(c);
	o->c = (struct vault_change){.path = slice_of(o->path, at + name.n), .what = "+-~="[kind & 3], .before = &o->before, .after = &o->after, .ino_before = kind >> 4, .ino_after = kind >> 4,
	                             .new_bytes = kind & 4 ? o->after.size : 0, .known_bytes = kind & 8 ? o->after.size : 0};
	if (o->c.what == '+')
		o->c.before = NULL;
	if (o->c.what == '-')
		o->c.after = NULL;
	if (o->c.what == '=')
		o->c.after = o->c.before;
	return !c->failed;
}

static void check(const struct vault_verdict *v, bool first)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	struct err e;
	struct judge_signs s;
	char again[VAULT_SIGNS_MAX];
	REQUIRE(a && buf_ok(&v->reasons) && json_tree(buf_slice(&v->reasons), a, &n, &e) == 0 && n->type == JSON_ARR);
	REQUIRE(!memmem(v->reasons.p, v->reasons.n, "forbidden-folder", 16));
	for (const struct json_node *k = n->child; k; k = k->next)
		REQUIRE(k->type == JSON_STR && k->value.n > 4 && k->value.n < 600);
	REQUIRE(!first || !v->damage);
	REQUIRE(strlen(v->signs) < VAULT_SIGNS_MAX && memcmp(v->signs, "v1", 2) == 0);
	for (const char *p = v->signs; *p; p++)
		REQUIRE(*p > 0x20 && *p < 0x7F && *p != '"' && *p != '\\');
	judge_signs_read(v->signs, &s);
	judge_signs_write(&s, again);
	REQUIRE(strcmp(again, v->signs) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c;
	struct vault_history h = {.n = 3, .now = INT64_C(100000000) * TIME_SEC};
	static const uint8_t key[16] = "of the fuzzer";
	struct one o;
	c = cur_of(slice_of(data, size));
	uint8_t flags = cur_u8(&c);
	h.first = flags & 1;
	h.past[0].damage = flags & 2;
	struct slice signs = cur_take(&c, cur_u8(&c));
	if (signs.n)
		memcpy(h.signs, signs.p, signs.n);
	struct vault_judge *j = vault_judge_new(&h, key);
	REQUIRE(j);
	const struct cur from = c;
	while (one(&c, &o)) {
		uint8_t marks;
		int64_t marked;
		vault_judge_add(j, &o.c, &marks, &marked);
		REQUIRE((marks != 0 || marked == 0) && (o.c.what != '-' || marks == 0));
	}
	struct vault_verdict v;
	vault_judge_end(j, &v);
	vault_judge_free(j);
	check(&v, h.first);
	c = from;
	while (one(&c, &o)) {
		char reason[96];
		bool damaged = vault_judge_file(&o.c, &v, reason);
		REQUIRE(damaged == (reason[0] != 0) && memchr(reason, 0, sizeof reason));
	}
	vault_verdict_done(&v);
	(void)vault_note_onion(slice_of(data, size));
	return 0;
}
