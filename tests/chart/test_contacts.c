/* Whom to call: lists, each in the place of the one before it; master files record by record; as of any entry; in a view that grew and in one that was built at once, in both stores. */
#include "story.h"

static uint64_t tell_list(struct story *s, const char *body)
{
	struct told *t = story_keep(s);
	t->f = arena_alloc(s->a, sizeof *t->f);
	t->en.kind = KIND_CONTACTS;
	facts_init(t->f, s->a);
	contacts_facts(arena_dup(s->a, slice_str(body)), t->f);
	assert_false(t->f->failed);
	story_apply(s->sql, t);
	story_apply(s->mem, t);
	story_commit(s);
	return t->en.seq;
}
#define IMPORT(source, n) "{\"what\":\"import\",\"source\":\"" source "\",\"contacts\":" n ",\"by\":\"it\"}\n"

static void ask_one(struct chart *c, struct chart_moment at, const struct chart_contacts_ask *q, struct buf *out)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct chart_contact *v;
	struct chart_contact_list *lists;
	size_t n;
	OK(chart_contacts(c, at, q, a, &v, &n, &lists, e));
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s %.*s/%.*s/%.*s %.*s%s%s\n", contact_category_name(v[i].is.category), SLICE_FMT(v[i].is.name), SLICE_FMT(v[i].is.role), SLICE_FMT(v[i].is.unit), SLICE_FMT(v[i].is.phone.n ? v[i].is.phone : v[i].is.mobile.n ? v[i].is.mobile : v[i].is.pager),
		           v[i].when == CONTACT_ALWAYS ? "" : " ", v[i].when == CONTACT_ALWAYS ? "" : contact_when_name(v[i].when));
	for (; lists; lists = lists->next)
		buf_printf(out, "[%.*s %zu]\n", SLICE_FMT(lists->source), lists->n);
	arena_free(a);
}

static void says(struct story *s, struct chart_moment at, const struct chart_contacts_ask *q, const char *text)
{
	struct chart *const both[] = {s->sql, s->mem};
	for (size_t i = 0; i < 2; i++) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 20);
		ask_one(both[i], at, q, &b);
		assert_string_equal(b.n ? buf_cstr(&b) : "", text);
	}
}

static const struct chart_contacts_ask all = {.now = STORY_START, .category = -1};

static void test_lists(void **state)
{
	struct story *s = story_new();
	says(s, STORY_NOW, &all, "");
	uint64_t first = tell_list(s, IMPORT("phones", "3") "name,role,unit,phone,category,from,to\nAda,Nurse,ICU,1,,,\nBob,Clerk,ER,2,,,\nPolice,,,17,police,,\n");
	uint64_t duty = tell_list(s, IMPORT("duty", "4") "name,phone,from,to\nLater,4,2026-11-02,2026-11-03\nNow,3,2026-11-01,2026-11-02\nPast,5,2026-10-01,2026-10-02\nAlways,6,,\n");
	const char *now = "on-call Now// 3 now\non-call Later// 4 later\nstaff Always// 6\nstaff Bob/Clerk/ER 2\nstaff Ada/Nurse/ICU 1\npolice Police// 17\n[phones 3]\n[duty 4]\n";
	says(s, STORY_NOW, &all, now);
	says(s, STORY_NOW, &(struct chart_contacts_ask){.now = STORY_START, .category = -1, .on_call = true}, "on-call Now// 3 now\n[phones 3]\n[duty 4]\n");
	says(s, STORY_NOW, &(struct chart_contacts_ask){.now = STORY_START, .category = CONTACT_ON_CALL, .past = true, .source = SLICE("duty")}, "on-call Now// 3 now\non-call Later// 4 later\non-call Past// 5 past\n[phones 3]\n[duty 4]\n");
	says(s, STORY_NOW, &(struct chart_contacts_ask){.now = STORY_START, .category = -1, .unit = SLICE("icu")}, "staff Ada/Nurse/ICU 1\n[phones 3]\n[duty 4]\n");
	says(s, STORY_NOW, &(struct chart_contacts_ask){.now = STORY_START, .category = -1, .unit = SLICE("ICU"), .unit_and_house = true}, "on-call Now// 3 now\non-call Later// 4 later\nstaff Always// 6\nstaff Ada/Nurse/ICU 1\npolice Police// 17\n[phones 3]\n[duty 4]\n");
	uint64_t second = tell_list(s, IMPORT("phones", "1") "name,role,unit,phone\nAda,Nurse,ICU,11\n");
	const char *later = "on-call Now// 3 now\non-call Later// 4 later\nstaff Always// 6\nstaff Ada/Nurse/ICU 11\n[phones 1]\n[duty 4]\n";
	says(s, STORY_NOW, &all, later);
	tell_list(s, "{\"what\":\"remove\",\"source\":\"duty\",\"reason\":\"old\",\"by\":\"it\"}");
	says(s, STORY_NOW, &all, "staff Ada/Nurse/ICU 11\n[phones 1]\n");
	tell_list(s, IMPORT("phones", "1") "rubbish"); /* a body that cannot be read takes nothing away */
	says(s, STORY_NOW, &all, "staff Ada/Nurse/ICU 11\n[phones 1]\n");
	says(s, (struct chart_moment){.end = first}, &all, "");
	says(s, (struct chart_moment){.end = duty + 1}, &all, now);
	says(s, (struct chart_moment){.end = second + 1}, &all, later);
	/* a view that was built at once says the same of each of them, and no feed waits for the next list */
	struct chart *fresh = open_mem();
	OK(chart_bulk(fresh, true, e));
	for (size_t i = 0; i < s->n; i++)
		story_apply(fresh, &s->v[i]);
	OK(chart_bulk(fresh, false, e));
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	ask_one(fresh, (struct chart_moment){.end = second + 1}, &all, &b);
	assert_string_equal(buf_cstr(&b), later);
	struct chart_feed *f;
	struct arena *a = arena_new((size_t)1 << 20);
	OK(chart_feeds(fresh, STORY_START + 30 * 86400 * TIME_SEC, a, &f, e));
	assert_null(f);
	arena_free(a);
	chart_close(fresh);
	story_free(s);
}

static void test_masters(void **state)
{
	struct story *s = story_new();
	tell(s, "MFN^M02 EHR@H 2026-11-01T08:00:00 | - | staff id=D1^H action=add name=Diaz^Noor service=CARD^Cardiology telecom=phone^5500^work telecom=pager^91^work title=Consultant | staff id=D2^H action=add name=Roth^Max telecom=phone^1^mobile active=no "
	        "| staff id=D3^H action=add name=Gone^Gus telecom=phone^7 end=2026-10-01");
	tell(s, "MFN^M05 EHR@H 2026-11-01T08:00:00 | - | location location=ICU^^^H action=add title=Intensive_care telecom=phone^2000^work | location location=ICU^1^A^H action=add telecom=phone^2001 | location location=MED^^^H action=add");
	says(s, STORY_NOW, &all, "unit Intensive care//ICU 2000\nstaff Diaz, Noor/Consultant/Cardiology 5500\n");
	uint64_t moved = tell(s, "MFN^M02 EHR@H 2026-11-01T09:00:00 | - | staff id=D1^H action=update telecom=phone^5501^work | staff id=D2^H action=update active=yes");
	says(s, STORY_NOW, &all, "unit Intensive care//ICU 2000\nstaff Roth, Max// 1\nstaff Diaz, Noor/Consultant/Cardiology 5501\n");
	says(s, (struct chart_moment){.end = moved}, &all, "unit Intensive care//ICU 2000\nstaff Diaz, Noor/Consultant/Cardiology 5500\n");
	tell(s, "MFN^M02 LAB@H 2026-11-01T09:00:00 | - | staff id=D1^H action=add name=Other^House telecom=phone^9"); /* another sender's D1 is another person */
	tell(s, "MFN^M02 EHR@H 2026-11-01T10:00:00 | - | staff id=D1^H action=delete");
	says(s, STORY_NOW, &all, "unit Intensive care//ICU 2000\nstaff Roth, Max// 1\nstaff Other, House// 9\n");
	tell(s, "MFN^M02 EHR@H 2026-11-01T11:00:00 | - | section category=staff status=replaced | staff id=D9^H action=add name=New^Nina telecom=phone^99");
	says(s, STORY_NOW, &all, "unit Intensive care//ICU 2000\nstaff New, Nina// 99\nstaff Other, House// 9\n");
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists), cmocka_unit_test(test_masters)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
