/* Sheets as bytes and back: every value of every structure, the same PDF on both ends, and each byte cut off or changed. */
#include "paper.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct paper_run run = {.lang = "fr", .us = true, .large = true, .site = "Gabriel", .zone_minutes = -90, .made = INT64_C(1795000000) * TIME_SEC, .entry = 4711, .entry_time = INT64_C(1794999000) * TIME_SEC, .checkpoint = 4700, .root = {(const uint8_t *)"abc", 3}};
#define S(text) SLICE(text)

/* One sheet that holds one of everything. */
static void everything(struct buf *out)
{
	static const struct paper_person who = {.id = "p7", .family = {(const uint8_t *)"Roth", 4}, .given = {(const uint8_t *)"Max", 3}, .allergies_said = PAPER_STATED_NONE, .lookalikes = 2, .test = true};
	const struct paper_source source = {.feed = S("LAB"), .as_of = S("2026-11-22"), .as_of_time = -5, .received = 17, .origin = PAPER_RESTORED, .silent = true, .silent_since = 3};
	const struct paper_item item = {.when = S("2026"), .what = S("x"), .detail = S("y"), .flag = S("H"), .origin = PAPER_PARTNER, .entry = UINT64_MAX, .doubtful = true};
	const struct paper_section section = {.topic = PAPER_FLAGS, .said = PAPER_LISTED, .source = &source, .source_n = 1, .received = 9, .item = &item, .n = 1, .more = 3};
	const struct paper_dose dose[2] = {{.at = S("2026-11-22T14:05"), .dose = S("5 mg"), .given = true, .time = 1}, {.reason = S("asleep")}};
	const struct paper_order order = {.name = S("drug"), .is_prn = true, .dose_list = dose, .dose_n = 2, .last = &dose[1]};
	const struct paper_value value[2] = {{.text = S("1.5"), .number = 1.5}, {.text = S("?"), .number = NAN, .preliminary = true}};
	const struct paper_series series = {.name = S("K"), .low = 3.5, .high = NAN, .value = value, .n = 2};
	const struct paper_bed bed = {.room = S("1"), .family = S("A"), .free = true};
	const struct paper_contact contact = {.group = PAPER_OTHERS, .name = S("Police"), .phone = S("117"), .from = S("18:00"), .to = S("08:00"), .now = true};
	const struct paper_sheet sheet[] = {
		{.kind = PAPER_SUMMARY, .who = &who, .unit = S("ICU"), .section = &section, .section_n = 1}, {.kind = PAPER_MAR, .who = &who, .order = &order, .order_n = 1}, {.kind = PAPER_LABS, .who = &who, .series = &series, .series_n = 1},
		{.kind = PAPER_CENSUS, .unit = S("ICU"), .bed = &bed, .bed_n = 1, .withheld = 4}, {.kind = PAPER_CONTACTS, .contact = &contact, .contact_n = 1, .contact_more = 9}, {.kind = PAPER_NOTES}, {.kind = PAPER_LABELS, .who = &who},
	};
	paper_wire_run(&run, out);
	for (size_t i = 0; i < ARRAY_LEN(sheet); i++)
		paper_wire_sheet(&sheet[i], out);
	assert_true(buf_ok(out));
}

struct seen {
	struct buf again;
	size_t n;
};

static int look(void *arg, const struct paper_sheet *s, struct err *e)
{
	struct seen *x = arg;
	(void)e;
	paper_wire_sheet(s, &x->again);
	if (s->kind == PAPER_MAR) {
		assert_true(s->order_n == 1 && s->order->dose_n == 2 && s->order->dose_list[0].given && slice_eq_str(s->order->last->reason, "asleep") && !s->order->last_not && s->order->is_prn);
		assert_true(slice_eq_str(s->who->family, "Roth") && !strcmp(s->who->id, "p7") && s->who->lookalikes == 2 && s->who->allergies_said == PAPER_STATED_NONE);
	}
	if (s->kind == PAPER_LABS)
		assert_true(s->series->value[0].number == 1.5 && isnan(s->series->value[1].number) && isnan(s->series->high));
	if (s->kind == PAPER_SUMMARY)
		assert_true(s->section->source->as_of_time == -5 && s->section->item->entry == UINT64_MAX && s->section->more == 3);
	if (s->kind == PAPER_CONTACTS)
		assert_true(s->contact->group == PAPER_OTHERS && s->contact->now && s->contact_more == 9);
	x->n++;
	return 0;
}

static void test_there_and_back(void **state)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct seen x = {.n = 0};
	struct paper_run r;
	struct err e = {0};
	buf_init(&b, 1 << 20);
	buf_init(&x.again, 1 << 20);
	everything(&b);
	assert_int_equal(paper_wire_each(buf_slice(&b), a, &r, look, &x, &e), 0);
	assert_int_equal(x.n, 7);
	assert_true(!strcmp(r.lang, "fr") && r.us && r.large && !strcmp(r.site, "Gabriel") && r.zone_minutes == -90 && r.made == run.made && r.entry == 4711 && r.checkpoint == 4700 && slice_eq_str(r.root, "abc"));
	AUTO_BUF struct buf all = {0};
	buf_init(&all, 1 << 20);
	paper_wire_run(&r, &all);
	buf_add_slice(&all, buf_slice(&x.again));
	assert_true(slice_eq(buf_slice(&all), buf_slice(&b)));
	buf_done(&x.again);
}

static int ignore(void *arg, const struct paper_sheet *s, struct err *e)
{
	(void)arg;
	(void)s;
	(void)e;
	return 0;
}

/* Cut anywhere it is no book, or a shorter one; changed anywhere it is read to its end or refused, and never more. */
static void test_hostile(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	everything(&b);
	size_t refused = 0;
	for (size_t i = 0; i < b.n; i++)
		for (int how = 0; how < 3; how++) {
			AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
			struct paper_run r;
			struct err e = {0};
			AUTO_BUF struct buf c = {0};
			buf_init(&c, 1 << 20);
			buf_add_slice(&c, how == 0 ? slice_of(b.p, i) : buf_slice(&b));
			if (how)
				c.p[i] = how == 1 ? 0xff : (uint8_t)(c.p[i] + 1);
			int got = paper_wire_each(buf_slice(&c), a, &r, ignore, NULL, &e);
			assert_true(got == 0 || got == ERR_INPUT || got == ERR_LIMIT);
			refused += got < 0;
		}
	assert_true(refused > b.n);
}

/* What the one process lays out from its values, the other one does from the bytes. */
static void test_same_pdf(void **state)
{
	AUTO_BUF struct buf b = {0}, one = {0}, two = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	static const struct paper_contact c[] = {{.group = PAPER_ON_CALL, .name = {(const uint8_t *)"Ada", 3}, .phone = {(const uint8_t *)"1", 1}, .now = true}};
	const struct paper_sheet s = {.kind = PAPER_CONTACTS, .unit = S("ICU"), .contact = c, .contact_n = 1};
	struct paper_book *x = NULL, *y = NULL;
	struct err e = {0};
	if (paper_load(&e) < 0)
		skip();
	buf_init(&b, 1 << 20);
	buf_init(&one, (size_t)16 << 20);
	buf_init(&two, (size_t)16 << 20);
	paper_wire_run(&run, &b);
	paper_wire_sheet(&s, &b);
	assert_int_equal(paper_book_new(&run, &x, &e), 0);
	assert_int_equal(paper_book_add(x, &s, &e), 0);
	assert_int_equal(paper_wire_book(buf_slice(&b), a, &y, &e), 0);
	assert_int_equal(paper_book_pdf(x, "AAA", 7, &one, &e), 0);
	assert_int_equal(paper_book_pdf(y, "AAA", 7, &two, &e), 0);
	assert_true(one.n && slice_eq(buf_slice(&one), buf_slice(&two)));
	paper_book_free(x);
	paper_book_free(y);
	assert_int_equal(paper_wire_book(SLICE(""), a, &y, &e), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_hostile), cmocka_unit_test(test_same_pdf)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
