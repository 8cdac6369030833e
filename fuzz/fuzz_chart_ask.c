/* What people and their browsers type, and what lies in the store: search texts, ids, item ids, JSON of site entries, rows of the bed board. Never out of bounds, never another error than "not found" and
 * its like. The first byte chooses which. */
#include "chart_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct chart *small_house(struct arena *a)
{
	static const char *const names[] = {"SMITH\x1fJOHN", "SMYTH\x1fJON", "M\xc3\xbcLLER\x1fJ\xc3\xbcRGEN", "\xe7\x8e\x8b\x1f\xe5\xb0\x8f\xe6\x98\x8e", "O'NEIL\x1fPAT"};
	struct chart *c = NULL;
	struct err e;
	assert(chart_open(NULL, &(struct chart_options){.write = true, .memory = true}, &c, &e) == 0);
	for (uint64_t i = 0; i < 10; i++) {
		struct facts f;
		char number[8];
		facts_init(&f, a);
		snprintf(number, sizeof number, "%u", (unsigned)i * 11);
		struct fact_group *g = facts_group(&f, (struct fact_ident){arena_dup(a, slice_str(number)), i & 1 ? SLICE("H") : SLICE_NULL, SLICE("MR")});
		struct fact *t = facts_add(&f, g, FACT_PATIENT);
		facts_put_str(&f, t, FF_NAME, names[i % 5]);
		facts_put_str(&f, t, FF_BIRTH, "1957-03-12");
		struct chart_entry en = {.seq = i, .time = (int64_t)i, .kind = 1};
		assert(chart_apply(c, &en, &f, SLICE_NULL, &e) == 0);
	}
	assert(chart_commit(c, &e) == 0);
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	static struct chart *c;
	const struct chart_moment now = {.end = CHART_NOW};
	struct chart_patient *p;
	const struct fact_item *it;
	struct chart_row *rows;
	struct err e = {0};
	size_t n;
	if (!a)
		a = arena_new((size_t)64 << 20);
	if (!c)
		c = small_house(a);
	if (size == 0)
		return 0;
	arena_reset(a);
	struct slice s = slice_of(data + 1, size - 1);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	switch (data[0] % 5) {
	case 0:
		assert(chart_search(c, s, now, 20, a, &rows, &n, &e) == 0);
		break;
	case 1:
		if (chart_patient(c, s, now, a, &p, &b, &e) < 0)
			assert(e.code == ERR_NOT_FOUND || e.code == ERR_EXISTS);
		break;
	case 2:
		if (chart_find_item(c, s, now, a, &p, &it, &e) < 0)
			assert(e.code == ERR_NOT_FOUND);
		break;
	case 3: {
		struct stay y;
		if (stay_decode(s, &y, &e) < 0)
			assert(e.code == ERR_CORRUPT);
		break;
	}
	default: { /* a view of its own: what is applied stays */
		static const uint8_t kinds[] = {KIND_IDENTITY, KIND_QUARANTINE, KIND_ACCOUNT, KIND_SESSION, KIND_AUDIT, KIND_ALARM, KIND_CONFIG};
		struct chart *own = small_house(a);
		struct chart_entry en = {.seq = 10, .time = 10, .kind = kinds[data[0] / 5 % ARRAY_LEN(kinds)]};
		struct chart_event *v;
		assert(chart_apply(own, &en, NULL, s, &e) == 0 && chart_commit(own, &e) == 0);
		assert(chart_events(own, 0, SLICE_NULL, CHART_NOW, 5, a, &v, &e) == 0 && v && v->entry == 10);
		chart_close(own);
	}
	}
	return 0;
}
