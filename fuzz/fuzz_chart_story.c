/* Whatever facts come, in whatever order: applying them, and every question afterwards, stays in bounds; nobody lies in two beds; the census and the pages name the same persons.
 *
 * Input: messages. A message is 0xff, then bytes that choose type, patient and time, then facts: kind, number of values, and for each a field, a length (or a choice from the values that
 * mean something) and bytes. Anything is valid. */
#include "chart_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = {
	"\x18", "merge", "move-visit", "move-account", "move-id", "link", "unlink", "unmerge", "change-id", "change-visit", "delete", "admit", "transfer", "discharge", "cancel-discharge", "cancel-transfer", "update", "register", "snapshot",
	"add", "mention", "swap", "leave", "return", "final", "preliminary", "corrected", "entered-in-error", "cancelled", "active", "completed", "not-done", "none", "unknown", "replaced", "finished", "in-progress", "inpatient", "outpatient",
	"emergency", "allergies", "problems", "medications", "2026-11-01T08:00", "2026-11-01T09", "2026", "1\x1fH\x1fMR", "2\x1fH\x1fMR", "3\x1fH\x1fMR", "1", "2", "V1", "V2\x1fH", "A1", "U\x1f\x31\x1fX\x1fH", "W", "SMITH\x1fJOHN", "SMYTH\x1fJON",
	"1957-03-12", "replaces", "F1\x1fL", ("P1\x1f" "E"), "K\x1fPotassium\x1fLN", "attending", "vital-signs", "yes", "no", "vip",
};

static struct slice value(struct cur *c, struct arena *a)
{
	uint8_t n = cur_u8(c);
	if (n >= 64)
		return slice_str(words[n % ARRAY_LEN(words)]);
	struct slice s = cur_take(c, n < cur_left(c) ? n : cur_left(c));
	s = arena_dup(a, s);
	uint8_t *p = (uint8_t *)(uintptr_t)s.p; /* as readers promise: no controls but the separators */
	for (size_t i = 0; i < s.n; i++)
		p[i] = p[i] < 0x20 && p[i] != FACT_US && p[i] != '\t' ? '_' : p[i];
	return s;
}

static struct fact_ident ident(uint8_t k)
{
	static const char *const types[] = {"MR", "", "EPI", "AN", "SS"};
	struct fact_ident i = {slice_str(&"1\0002\0003\0004\0005\0"[k % 5 * 2]), k & 0x20 ? SLICE_NULL : SLICE("H"), slice_str(types[k / 5 % 5])};
	return i;
}

static void message(struct cur *c, struct facts *f, struct arena *a)
{
	static const char *const types[] = {"ADT^A01", "ORU^R01", "Bundle/transaction", "ADT^A40"};
	facts_init(f, a);
	uint8_t head = cur_u8(c);
	f->type = slice_str(types[head & 3]);
	f->feed = head & 4 ? SLICE("EHR") : SLICE("LAB");
	f->test = (head & 0xf8) == 0xf8;
	f->time = value(c, a);
	struct fact_group *g = NULL;
	for (unsigned n = 0; cur_left(c) && *c->p != 0xff && n < 40; n++) {
		uint8_t k = cur_u8(c);
		if (!g || k >= 200) {
			g = facts_group(f, k == 255 ? (struct fact_ident){0} : ident(k));
			if (k & 1)
				facts_also(f, g, ident(cur_u8(c)));
			g->incomplete = k == 201;
			continue;
		}
		struct fact *t = facts_add(f, g, (uint8_t)(1 + k % (FACT_KIND_COUNT - 1)));
		for (unsigned i = cur_u8(c) % 8; i > 0; i--) {
			uint8_t field = (uint8_t)(1 + cur_u8(c) % (FF_COUNT - 1));
			facts_put(f, t, field, value(c, a));
		}
	}
}

static int count_line(void *arg, struct slice line, struct err *e)
{
	++*(uint64_t *)arg;
	return 0;
}

static void ask(struct chart *c, struct chart_moment at, struct arena *a)
{
	struct chart_row *rows, *r;
	struct chart_unit *u;
	struct chart_event *ev;
	struct err e;
	size_t n;
	uint64_t lines = 0;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 64 << 20);
	arena_reset(a);
	assert(chart_census(c, at, SLICE_NULL, a, &rows, &n, &e) == 0);
	for (r = rows; r; r = r->next) {
		struct chart_patient *p;
		assert(chart_patient(c, slice_str(r->id), at, a, &p, NULL, &e) == 0 && !strcmp(p->id, r->id));
		assert(p->visit && slice_eq(p->place.unit, r->place.unit) && slice_eq(p->place.bed, r->place.bed));
		assert(p->s[CHART_ALLERGIES].state == r->allergy_state);
		for (struct chart_row *o = rows; o != r; o = o->next)
			assert(strcmp(o->id, r->id));
	}
	jsonw_init(&w, &b);
	chart_json_rows(&w, rows, at, &(struct fhir_options){0});
	assert(chart_units(c, at, a, &u, &e) == 0);
	assert(chart_export(c, at, count_line, &lines, &e) == 0);
	if (at.end == CHART_NOW)
		assert(lines == chart_person_count(c));
	assert(chart_search(c, SLICE("smith jo 1957"), at, 10, a, &rows, &n, &e) == 0);
	if (chart_timeline(c, SLICE("1@H"), at, CHART_NOW, 10, a, &ev, &e) < 0)
		assert(e.code == ERR_NOT_FOUND || e.code == ERR_EXISTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *a;
	struct chart *c = NULL;
	struct err e;
	struct cur in = cur_of(slice_of(data, size));
	if (!a)
		a = arena_new((size_t)256 << 20);
	if (chart_open(NULL, &(struct chart_options){.write = true, .memory = true}, &c, &e) < 0)
		return 0;
	uint64_t seq = 0;
	for (; cur_left(&in) && seq < 60; seq++) {
		struct facts f;
		struct chart_entry en = {.seq = seq, .time = INT64_C(1793520000000000000) + (int64_t)seq * TIME_SEC, .kind = 1, .source = SLICE("mllp/x")};
		arena_reset(a);
		uint8_t how = cur_u8(&in);
		if (how % 16 == 1) { /* what a registrar decides */
			char json[100];
			uint8_t x = cur_u8(&in);
			snprintf(json, sizeof json, "{\"op\":\"%s\",\"of\":\"%u@H\",\"into\":\"%u@H\"}", x & 1 ? "unmerge" : "merge", 1u + x / 2 % 5, 1u + x / 16 % 5);
			en.kind = KIND_IDENTITY;
			assert(chart_apply(c, &en, NULL, slice_str(json), &e) == 0);
			continue;
		}
		if (how % 16 == 2)
			en.source = SLICE("web/ward");
		if (how % 16 == 3)
			en.time += 3 * 86400 * TIME_SEC * (int64_t)seq;
		message(&in, &f, a);
		f.failed |= how % 64 == 5;
		assert(chart_apply(c, &en, &f, SLICE_NULL, &e) == 0);
	}
	assert(chart_commit(c, &e) == 0);
	ask(c, (struct chart_moment){.end = CHART_NOW}, a);
	ask(c, (struct chart_moment){.end = seq / 2}, a);
	chart_close(c);
	return 0;
}
