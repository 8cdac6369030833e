/* Lists of calls: brought twice, marked by two at once, as of any entry, in a view that grew and in one that was built at once, in both stores; whose record number it is; and who has an appointment between two moments. */
#include "story.h"

static uint64_t tell_calls(struct story *s, const char *body)
{
	struct told *t = story_keep(s);
	t->f = arena_alloc(s->a, sizeof *t->f);
	t->en.kind = KIND_CALLS;
	facts_init(t->f, s->a);
	contact_calls_facts(arena_dup(s->a, slice_str(body)), t->f);
	assert_false(t->f->failed);
	story_apply(s->sql, t);
	story_apply(s->mem, t);
	story_commit(s);
	return t->en.seq;
}
#define LIST(name, n) "{\"what\":\"list\",\"list\":\"" name "\",\"kind\":\"cancelled\",\"calls\":" n ",\"by\":\"it\"}\n"

static uint64_t tell_mark(struct story *s, uint64_t entry, unsigned n, const char *state, const char *by)
{
	char body[200];
	snprintf(body, sizeof body, "{\"what\":\"mark\",\"call\":\"%llu-%u\",\"state\":\"%s\",\"by\":\"%s\"}", (unsigned long long)entry, n, state, by);
	return tell_calls(s, body);
}

static void ask_one(struct chart *c, struct chart_moment at, const struct chart_calls_ask *q, uint64_t first, struct buf *out)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct chart_call **v;
	struct chart_call_list *lists;
	size_t n, more;
	OK(chart_calls(c, at, q, a, &v, &n, &more, &lists, e));
	for (size_t i = 0; i < n; i++) {
		uint64_t entry, number;
		assert_true(contact_call_id(slice_str(v[i]->id), &entry, &number));
		buf_printf(out, "%.*s +%llu-%llu %.*s %.*s %s", SLICE_FMT(v[i]->list->name), (unsigned long long)(entry - first), (unsigned long long)number, SLICE_FMT(v[i]->is.name), SLICE_FMT(v[i]->is.phone), call_state_name(v[i]->state));
		for (const struct chart_call_mark *m = v[i]->marks; m; m = m->next)
			buf_printf(out, " %.*s:%s%s", SLICE_FMT(m->by), call_state_name(m->state), m->counts ? "" : "(-)");
		buf_printf(out, "%s%.*s%s\n", v[i]->patient ? " = " : "", v[i]->patient ? (int)v[i]->patient->name_family.n : 0, v[i]->patient ? (const char *)v[i]->patient->name_family.p : "", v[i]->several ? " several" : "");
	}
	for (; lists; lists = lists->next)
		buf_printf(out, "[%.*s %u: %u open to call, %u reached]\n", SLICE_FMT(lists->name), lists->n, lists->counts[CALL_TO_CALL], lists->counts[CALL_REACHED]);
	if (more)
		buf_printf(out, "and %zu\n", more);
	arena_free(a);
}

static void says(struct story *s, struct chart_moment at, const struct chart_calls_ask *q, uint64_t first, const char *text)
{
	struct chart *const both[] = {s->sql, s->mem};
	for (size_t i = 0; i < 2; i++) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 20);
		ask_one(both[i], at, q, first, &b);
		assert_string_equal(b.n ? buf_cstr(&b) : "", text);
	}
}

static const struct chart_calls_ask all = {.state = -1};

static void test_lists(void **state)
{
	(void)state;
	struct story *s = story_new();
	says(s, STORY_NOW, &all, 0, "");
	uint64_t one = tell_calls(s, LIST("clinic", "3") "{\"name\":\"Late\",\"phone\":\"3\",\"when\":\"2026-11-24T15:00\"}\n{\"name\":\"Early\",\"phone\":\"1\",\"when\":\"2026-11-24T09:00\"}\n{\"name\":\"Any\",\"phone\":\"9\"}");
	says(s, STORY_NOW, &all, one, "clinic +0-2 Early 1 to-call\nclinic +0-1 Late 3 to-call\nclinic +0-3 Any 9 to-call\n[clinic 3: 3 open to call, 0 reached]\n");
	tell_mark(s, one, 2, "no-answer", "ann");
	uint64_t before = tell_mark(s, one, 2, "reached", "bob");
	tell_mark(s, one, 2, "no-answer", "ann"); /* she tried while he had her on the telephone */
	says(s, STORY_NOW, &all, one, "clinic +0-2 Early 1 reached ann:no-answer bob:reached ann:no-answer(-)\nclinic +0-1 Late 3 to-call\nclinic +0-3 Any 9 to-call\n[clinic 3: 2 open to call, 1 reached]\n");
	/* brought again, with a new number and one more: what was said stays */
	uint64_t two = tell_calls(s, LIST("clinic", "2") "{\"name\":\"EARLY\",\"phone\":\"11\",\"when\":\"2026-11-24T09:00\"}\n{\"name\":\"New\",\"phone\":\"4\"}");
	says(s, STORY_NOW, &(struct chart_calls_ask){.state = CALL_REACHED}, one, "clinic +0-2 EARLY 11 reached ann:no-answer bob:reached ann:no-answer(-)\n[clinic 4: 3 open to call, 1 reached]\n");
	tell_mark(s, two, 1, "to-call", "ann"); /* under the id that the second import gave it */
	says(s, STORY_NOW, &(struct chart_calls_ask){.state = -1, .open = true, .max = 2}, one, "clinic +0-2 EARLY 11 to-call ann:no-answer bob:reached ann:no-answer(-) ann:to-call\nclinic +0-1 Late 3 to-call\n[clinic 4: 4 open to call, 0 reached]\nand 2\n");
	tell_mark(s, two, 7, "reached", "ann"); /* of none that there is */
	tell_mark(s, 999999, 1, "reached", "ann");
	uint64_t other = tell_calls(s, LIST("other", "1") "{\"name\":\"Early\",\"when\":\"2026-11-24T09:00\"}"); /* another list: another call */
	says(s, STORY_NOW, &(struct chart_calls_ask){.state = -1, .list = SLICE("other")}, other, "other +0-1 Early  to-call\n[clinic 4: 4 open to call, 0 reached]\n[other 1: 1 open to call, 0 reached]\n");
	says(s, (struct chart_moment){.end = one}, &all, one, "");
	const char *then = "clinic +0-2 Early 1 reached ann:no-answer bob:reached\nclinic +0-1 Late 3 to-call\nclinic +0-3 Any 9 to-call\n[clinic 3: 2 open to call, 1 reached]\n";
	says(s, (struct chart_moment){.end = before + 1}, &all, one, then);
	struct chart *fresh = open_mem();
	OK(chart_bulk(fresh, true, e));
	for (size_t i = 0; i < s->n; i++)
		story_apply(fresh, &s->v[i]);
	OK(chart_bulk(fresh, false, e));
	AUTO_BUF struct buf b = {0}, x = {0}, y = {0};
	buf_init(&b, 1 << 20);
	buf_init(&x, 1 << 20);
	buf_init(&y, 1 << 20);
	ask_one(fresh, (struct chart_moment){.end = before + 1}, &all, one, &b);
	assert_string_equal(buf_cstr(&b), then);
	ask_one(fresh, STORY_NOW, &all, one, &x);
	ask_one(s->sql, STORY_NOW, &all, one, &y);
	assert_string_equal(buf_cstr(&x), buf_cstr(&y));
	chart_close(fresh);
	story_free(s);
}

static void test_whose(void **state)
{
	(void)state;
	struct story *s = story_new();
	tell(s, "ADT^A04 EHR@H 2026-11-01T08:00:00 | 4711@GAB:MR | patient name=KELLER^Jeanne birth=1957-03-12 sex=female");
	tell(s, "ADT^A04 EHR@H 2026-11-01T08:00:00 | 5@GAB:MR | patient name=ONE^A birth=1950-01-01 sex=male");
	tell(s, "ADT^A04 EHR@H 2026-11-01T08:00:00 | 5@OTHER:MR | patient name=TWO^B birth=1960-01-01 sex=male");
	uint64_t at = tell_calls(s, LIST("c", "3") "{\"name\":\"K\",\"patient\":\"4711\"}\n{\"name\":\"L\",\"patient\":\"5\"}\n{\"name\":\"M\",\"patient\":\"0815\"}");
	says(s, STORY_NOW, &(struct chart_calls_ask){.state = -1, .patients = true}, at, "c +0-1 K  to-call = KELLER\nc +0-2 L  to-call several\nc +0-3 M  to-call\n[c 3: 3 open to call, 0 reached]\n");
	story_free(s);
}

static void dates(struct chart *c, struct chart_moment at, const char *from, const char *until, const char *text)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct chart_appointment *v;
	AUTO_BUF struct buf b = {0};
	size_t n;
	buf_init(&b, 1 << 16);
	OK(chart_appointments(c, at, fact_time_ns(slice_str(from), 0), fact_time_ns(slice_str(until), 0), 100, a, &v, &n, e));
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%.*s %.*s %.*s %.*s %.*s\n", SLICE_FMT(v[i].number), SLICE_FMT(v[i].family), SLICE_FMT(v[i].phone), SLICE_FMT(fact_get(v[i].item->fact, FF_TIME)), SLICE_FMT(fact_part(fact_get(v[i].item->fact, FF_CODE), FC_CODE)));
	assert_string_equal(b.n ? buf_cstr(&b) : "", text);
	arena_free(a);
}

static void test_appointments(void **state)
{
	(void)state;
	struct story *s = story_new();
	tell(s, "ADT^A04 EHR@H 2026-11-01T08:00:00 | 1@GAB:MR | patient name=ABEL^Ann birth=1957-03-12 sex=female telecom=phone^701^home telecom=email^a@x");
	tell(s, "ADT^A04 EHR@H 2026-11-01T08:00:00 | 2@GAB:MR | patient name=BOHR^Ben birth=1950-01-01 sex=male");
	tell(s, "SIU^S12 EHR@H 2026-11-01T09:00:00 | 1@GAB:MR | appointment id=F1^H filler=F1^H status=booked code=ECHO time=2026-11-24T09:30:00");
	tell(s, "SIU^S12 EHR@H 2026-11-01T09:00:00 | 2@GAB:MR | appointment id=F2^H filler=F2^H status=booked code=MRI time=2026-11-24T08:00:00");
	uint64_t both = tell(s, "SIU^S12 EHR@H 2026-11-01T09:00:00 | 2@GAB:MR | appointment id=F3^H filler=F3^H status=booked code=XR time=2026-11-26T08:00:00");
	const char *day = "2 BOHR  2026-11-24T08:00:00 MRI\n1 ABEL 701 2026-11-24T09:30:00 ECHO\n";
	struct chart *const stores[] = {s->sql, s->mem};
	for (size_t i = 0; i < 2; i++)
		dates(stores[i], STORY_NOW, "2026-11-24T00:00:00", "2026-11-25T00:00:00", day);
	tell(s, "SIU^S13 EHR@H 2026-11-02T09:00:00 | 1@GAB:MR | appointment id=F1^H filler=F1^H status=booked code=ECHO time=2026-11-25T09:30:00"); /* moved to the next day */
	tell(s, "SIU^S15 EHR@H 2026-11-02T09:00:00 | 2@GAB:MR | appointment id=F2^H filler=F2^H status=cancelled code=MRI time=2026-11-24T08:00:00");
	for (size_t i = 0; i < 2; i++) {
		dates(stores[i], STORY_NOW, "2026-11-24T00:00:00", "2026-11-25T00:00:00", "");
		dates(stores[i], STORY_NOW, "2026-11-25T00:00:00", "2026-11-27T00:00:00", "1 ABEL 701 2026-11-25T09:30:00 ECHO\n2 BOHR  2026-11-26T08:00:00 XR\n");
		dates(stores[i], (struct chart_moment){.end = both + 1}, "2026-11-24T00:00:00", "2026-11-25T00:00:00", day);
	}
	struct arena *a = arena_new((size_t)64 << 20);
	struct chart_appointment *v;
	struct err e = {0};
	size_t n;
	assert_int_equal(chart_appointments(s->sql, STORY_NOW, 0, INT64_MAX, 1, a, &v, &n, &e), ERR_LIMIT);
	arena_free(a);
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists), cmocka_unit_test(test_whose), cmocka_unit_test(test_appointments)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
