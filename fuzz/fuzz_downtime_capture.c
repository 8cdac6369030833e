/* Any bytes as a captured item: read, said as facts (as it is, as a correction, taken back), compared with doses. What was accepted has what the chart needs of it, and its facts encode and decode to the same bytes. */
#include "downtime.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void facts_of(const struct capture *c, const struct capture_of *of, int zone)
{
	struct arena *a = arena_new((size_t)16 << 20), *b = arena_new((size_t)64 << 20);
	struct facts f, again;
	AUTO_BUF struct buf one = {0}, two = {0};
	buf_init(&one, (size_t)4 << 20);
	buf_init(&two, (size_t)4 << 20);
	facts_init(&f, a);
	if (a && b && capture_facts(c, of, zone, &f, NULL) == 0) {
		assert(!f.failed);
		for (struct fact_group *g = f.first; g; g = g->next) {
			buf_reset(&one);
			facts_encode_group(&f, g, &one);
			if (!buf_ok(&one))
				continue;
			int r = facts_decode_group(buf_slice(&one), b, &again, NULL);
			if (r < 0) {
				assert(arena_code(b));
				continue;
			}
			buf_reset(&two);
			facts_encode_group(&again, again.first, &two);
			assert(slice_eq(buf_slice(&one), buf_slice(&two)));
		}
	}
	arena_free(a);
	arena_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)16 << 20);
	struct capture c;
	struct err e = {0};
	struct downtime_block b;
	uint64_t n;
	char number[DOWNTIME_NUMBER_MAX];
	if (downtime_number_check(slice_of(data, size), &b, &n, &e) == 0)
		assert(downtime_number(&b, n, number, &e) == 0);
	if (a && capture_read(slice_of(data, size), a, &c, &e) == 0) {
		assert(c.id.n && c.id.n <= CAPTURE_ID_MAX && c.by.n && c.occurred.n && c.values && c.values->type == JSON_OBJ && capture_owner(&c) < OWNER_COUNT);
		assert(fact_time_ns(c.occurred, 0) != INT64_MIN && (!c.withdraw || c.replaces.n));
		struct capture_of of = {.corrects = true, .root = SLICE("W3K7-1"), .of = (enum capture_kind)(size % CAPTURE_KIND_COUNT)}, gone = of;
		gone.corrects = false;
		gone.gone = true;
		facts_of(&c, NULL, 0);
		facts_of(&c, &of, -330);
		facts_of(&c, &gone, 765);
		struct dose_said said[] = {{.time = 0, .drug = c.by, .order = c.id, .atc = json_text(c.values, "code")}, {.time = INT64_MIN, .drug = json_text(c.values, "drug"), .scheduled = c.occurred}};
		struct dose_answer d;
		dose_check(&c, json_text(c.values, "code"), fact_time_ns(c.occurred, 0), said, 2, 0, false, &d);
		assert(!d.which || d.which == &said[0] || d.which == &said[1]);
		(void)dose_interval(c.reason);
	}
	arena_free(a);
	return 0;
}
