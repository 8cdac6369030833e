/* Any bytes as a list: what was read keeps its promises, goes into a store and is counted; as a mapping; as an entry of the ledger. */
#include "registry.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct registry_row *r, uint32_t *line)
{
	const struct slice v[] = {r->name, r->state, r->entity_type, r->type, r->location, r->description};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		assert(utf8_valid(v[i]));
	assert(r->line > *line && (r->persons_known || !r->persons));
	*line = r->line;
}

static void count(struct registry *r, struct arena *a)
{
	struct registry_all all;
	struct registry_figures f;
	struct err e = {0};
	const struct registry_question q = {.source = REGISTRY_OCR, .view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY};
	if (registry_load(r, a, &all, &e) < 0 || registry_figures(&all, &q, 20, a, &f, &e) < 0)
		return;
	uint64_t sum = 0;
	for (size_t i = 0; i < f.state.n; i++)
		sum += f.state.v[i].incidents;
	assert(sum == f.incidents && f.incidents <= all.seen_n && f.top_n <= f.incidents && f.placeholders <= f.incidents);
}

/* The same list twice, of two days: each report is itself again. */
static void store(const struct registry_list *l, struct arena *a)
{
	struct registry *r;
	struct registry_added x;
	struct registry_list later = *l;
	struct err e = {0};
	if (registry_open(":memory:", REGISTRY_WRITE, &r, &e) < 0)
		return;
	struct registry_origin o = {.file = SLICE("f"), .entry = UINT64_MAX, .sha256 = {1}};
	if (registry_add(r, l, &o, a, &x, &e) == 0) {
		assert(x.rows == l->n && x.fresh == l->n && !x.twice);
		o.sha256[0] = 2;
		later.as_of = l->as_of == REGISTRY_NO_DAY ? 20000 : l->as_of + 40;
		if (registry_add(r, &later, &o, a, &x, &e) == 0)
			assert(x.fresh == 0 && x.same == l->n && x.revised == 0);
		count(r, a);
	}
	registry_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)512 << 20);
	struct registry_list l;
	struct registry_map *m = NULL;
	struct registry_entry x, y;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	struct slice in = slice_of(data, size), rest, map = SLICE_NULL;
	if (!a)
		return 0;
	if (slice_starts(in, "map\n")) { /* a mapping up to an empty line, and the list behind it */
		map = slice_of(data + 4, size - 4);
		const uint8_t *end = memmem(map.p, map.n, "\n\n", 2);
		rest = end ? slice_of(end + 2, (size_t)(map.p + map.n - end - 2)) : SLICE_NULL;
		map = end ? slice_of(map.p, (size_t)(end - map.p)) : map;
		if (registry_map_read(map, a, &m, &e) == 0)
			in = rest;
	}
	const struct registry_read_options o = {.file = "list_2024-10.csv", .map = m, .as_of = REGISTRY_NO_DAY, .today = 20780};
	if (registry_read(in, &o, a, &l, &e) == 0) {
		uint32_t line = 0;
		assert(l.n && l.n <= REGISTRY_ROWS_MAX);
		for (size_t i = 0; i < l.n; i++)
			check_row(&l.v[i], &line);
		for (size_t i = 0; i < l.w_n; i++)
			assert(l.w[i].what[0] && l.w[i].text.n && utf8_valid(l.w[i].text));
		if (l.n < 400)
			store(&l, a);
	} else
		assert(e.code && (e.text[0] || arena_code(a)));
	buf_init(&b, size + (1 << 16));
	if (registry_entry_get(slice_of(data, size), a, &x, &e) == 0 && registry_entry_put(&x, &b, &e) == 0)
		assert(registry_entry_get(buf_slice(&b), a, &y, &e) == 0 && y.view == x.view && y.as_of == x.as_of && slice_eq(y.bytes, x.bytes) && !memcmp(y.sha256, x.sha256, 32));
	arena_free(a);
	return 0;
}
