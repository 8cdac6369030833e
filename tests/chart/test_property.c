/* Random stories: whatever happened, in whatever order it arrived, the view that grew with it says at every entry what a fresh one says that was told only the beginning; SQLite, SQLite in bulk
 * and memory say the same; and un-merging is exact. */
#include "story.h"

static uint64_t rng;

static uint32_t rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)((rng >> 20) % n);
}

static const char *const families[] = {"SMITH", "SMYTH", "MARTIN", "DIAZ", "M\xc3\xbcLLER"};
static const char *const givens[] = {"JOHN", "JON", "JEANNE", "ANA", "KURT"};

#define PEOPLE 7

static void who(char *out, size_t size, int i, bool odd_ways)
{
	int form = odd_ways ? (int)rnd(10) : 0;
	if (form == 1)
		snprintf(out, size, "100%d", i); /* without assigner */
	else if (form == 2)
		snprintf(out, size, "100%d@HOSP:MR +E%d@EPIC:EPI", i, i);
	else if (form == 3)
		snprintf(out, size, "100%d@HOSP:MR +E%d@EPIC:EPI", i, (int)rnd(PEOPLE)); /* perhaps somebody else's */
	else if (form == 4)
		snprintf(out, size, "100%d@hosp:MR", i); /* the same authority? */
	else if (form == 5)
		snprintf(out, size, "100%d@1.2.3:MR%s", i, rnd(4) ? "" : " +E1@EPIC:EPI");
	else
		snprintf(out, size, "100%d@HOSP:MR", i);
}

/* Now and then a message says which spellings are one authority, and sometimes another one. */
static const char *statement(void)
{
	switch (rnd(120)) {
	case 0: case 1: return "~HOSP=1.2.3";
	case 2: return "~EPIC=7.8.9";
	case 3: return rnd(2) ? "~hosp=4.5.6" : "~HOSP=4.5.6";
	default: return "";
	}
}

/* A source time around now: mostly in order, sometimes late, sometimes missing. */
static void when(char *out, size_t size, int step)
{
	int minute = step * 7 + (int)rnd(5);
	if (rnd(6) == 0)
		minute -= (int)rnd(200);
	if (minute < 0)
		minute = 0;
	snprintf(out, size, "2026-11-%02dT%02d:%02d:%02d", 1 + minute / 1440, minute / 60 % 24, minute % 60, (int)rnd(3));
}

static void person(char *out, size_t size, int i)
{
	/* mostly themselves; now and then spelt otherwise, or deleted, or without a birth date */
	int f = rnd(12) ? i % 5 : (int)rnd(5), g = rnd(12) ? (i * 3) % 5 : (int)rnd(5);
	snprintf(out, size, "patient %s name=%s^%s %s sex=%s %s", rnd(3) ? "" : "action=mention", families[f], givens[g], rnd(8) ? i % 2 ? "birth=1957-03-12" : "birth=1960-01-01" : rnd(2) ? "" : "birth=\"\"",
	         i % 2 ? "male" : "female", rnd(5) ? "" : "address=Street^^Town");
}

/* As a composite: 1001^HOSP */
static const char *bare(char *id)
{
	id[strcspn(id, " ")] = 0;
	if (strchr(id, ':'))
		*strchr(id, ':') = 0;
	if (strchr(id, '@'))
		*strchr(id, '@') = '^';
	return id;
}

static void random_message(struct story *s, int step)
{
	static const char *const moves[] = {"admit", "transfer", "update", "discharge", "cancel-transfer", "cancel-discharge", "cancel-admit", "leave", "return", "register", "swap", "preadmit", "delete"};
	static const char *const statuses[] = {"preliminary", "final", "corrected", "final", "entered-in-error", "cancelled"};
	static const char *const feeds[] = {"EHR@HOSP", "LAB@HOSP", "PHARM@HOSP"};
	char id[80], t[32], pat[300], text[1500], other[80];
	int i = (int)rnd(PEOPLE), k = (int)rnd(PEOPLE);
	const char *feed = feeds[rnd(3)];
	who(id, sizeof id, i, rnd(4) == 0);
	who(other, sizeof other, k, rnd(3) == 0);
	when(t, sizeof t, step);
	person(pat, sizeof pat, i);
	s->source = rnd(15) ? "mllp/lab" : "web/ward";
	switch (rnd(16)) {
	case 0: case 1: case 2: case 3: {
		const char *act = moves[rnd(ARRAY_LEN(moves))];
		snprintf(text, sizeof text, "ADT^A01 EHR@HOSP %s %s | %s | %s | visit action=%s %s class=%s location=U%d^%d^%c time=%s", t, rnd(4) ? statement() : rnd(12) ? "" : "~HOSP=1.2.3", id, pat, act, rnd(4) ? "visit=V1" : "account=A1", rnd(3) ? "inpatient" : "outpatient",
		         (int)rnd(3), (int)rnd(9), 'A' + (int)rnd(2), t);
		/* a number of the visit that is the person's own */
		char *v = strstr(text, "visit=V1");
		if (v)
			v[7] = (char)('0' + i);
		break;
	}
	case 4: case 5: case 6: case 7:
		snprintf(text, sizeof text, "ORU^R01 LAB@HOSP %s | %s%s | %s | report id=F%d filler=F%d status=final code=BMP | result group=F%d code=K^Potassium^LN value=%d.%d unit=mmol/L status=%s %s %s", rnd(12) ? t : "-", id, rnd(20) ? "" : " !", pat,
		         i * 10 + (int)rnd(3), i * 10, i * 10 + (int)rnd(3), 3 + (int)rnd(4), (int)rnd(10), statuses[rnd(6)], rnd(2) ? "time=2026-11-01T08:30" : "", rnd(4) ? "" : "flag=H");
		break;
	case 8:
		snprintf(text, sizeof text, "ADT^A08 %s %s | %s | %s | allergy action=snapshot code=A%d^Thing%d | allergy action=snapshot code=A%d^Thing", feed, t, id, pat, (int)rnd(4), 1, (int)rnd(4));
		break;
	case 9:
		snprintf(text, sizeof text, "ADT^A60 %s %s | %s | allergy action=%s id=I%d code=B%d^Iam", feed, t, id, rnd(3) ? "add" : "delete", (int)rnd(3), (int)rnd(2));
		break;
	case 10:
		snprintf(text, sizeof text, "ADT^A08 %s %s | %s | section category=allergies status=%s | flag id=PV1-16 category=vip action=%s code=V protected=%s", feed, t, id, rnd(3) ? "none" : "unknown", rnd(2) ? "add" : "delete", rnd(2) ? "yes" : "\"\"");
		break;
	case 11:
		snprintf(text, sizeof text, "RAS^O17 PHARM@HOSP %s | %s | medication-order id=P%d placer=P%d code=D%d^Drug status=%s dose=5 | medication-administration group=P%d placer=P%d code=D1 time=%s status=%s", t, id, i, i, (int)rnd(2),
		         rnd(4) ? "active" : "stopped", i, i, t, rnd(3) ? "completed" : "not-done");
		break;
	case 12: case 13:
		snprintf(text, sizeof text, "ADT^A40 EHR@HOSP %s | %s | identity action=%s other=%s time=%s", t, id, rnd(4) ? "merge" : rnd(2) ? "link" : "change-id", bare(other), t);
		break;
	case 14:
		snprintf(text, sizeof text, "ADT^A45 EHR@HOSP %s | %s | identity action=%s other=%s visit=V%d account=A1", t, id, rnd(2) ? "move-visit" : rnd(2) ? "move-account" : "move-id", bare(other), k);
		break;
	default:
		snprintf(text, sizeof text, "{\"op\":\"%s\",\"of\":\"100%d@HOSP\",\"%s\":\"100%d@HOSP\",\"reason\":\"r\",\"by\":\"reg\"}", rnd(4) ? "unmerge" : "merge", k, "from", i);
		tell_json(s, KIND_IDENTITY, text);
		return;
	}
	tell(s, text);
}

/* ---- any beginning, told again ------------------------------------------------------------------------------------------------------- */

enum way { BULK, PLAIN, BATCHES, MEMORY, WAYS };

static struct chart *told_again(struct story *s, size_t n, enum way way, const char *dir)
{
	char path[96];
	snprintf(path, sizeof path, "%s/b.db", dir);
	struct chart *c = way == MEMORY ? open_mem() : open_sql(path, true);
	if (way == BULK)
		OK(chart_bulk(c, true, e));
	for (size_t i = 0; i < n; i++) {
		story_apply(c, &s->v[i]);
		if (way == PLAIN || (way == BATCHES && rnd(5) == 0))
			OK(chart_commit(c, e));
	}
	OK(chart_commit(c, e));
	if (way == BULK)
		OK(chart_bulk(c, false, e));
	return c;
}

static void compare_at(struct story *s, size_t k, enum way way)
{
	char dir[64], what[80];
	struct buf x, y;
	buf_init(&x, (size_t)1 << 30);
	buf_init(&y, (size_t)1 << 30);
	story_dir(dir);
	struct chart *c = told_again(s, k, way, dir);
	struct chart_moment then, now;
	OK(chart_at_entry(s->sql, k - 1, &then, e));
	OK(chart_now(c, &now, e));
	assert_int_equal(then.end, now.end);
	assert_int_equal(then.time, now.time);
	story_all(s->sql, then, &x);
	story_all(c, now, &y);
	if (k == s->n) {
		story_now_too(s->sql, &x);
		story_now_too(c, &y);
	}
	snprintf(what, sizeof what, "grown and told again, at entry %zu of %zu, way %d", k, s->n, (int)way);
	same_text(&x, &y, what);
	chart_close(c);
	story_sweep(dir);
	buf_done(&x);
	buf_done(&y);
}

static void census_is_the_pages(struct story *s)
{
	struct chart_row *all;
	size_t present;
	OK(chart_census(s->sql, STORY_NOW, SLICE_NULL, s->a, &all, &present, e));
	for (; all; all = all->next) /* nobody who was merged away lies in a bed */
		assert_string_equal(PAGE(s, all->id)->id, all->id);
	for (int i = 0; i < PEOPLE; i++) {
		char id[32];
		struct chart_patient *p;
		struct err bad;
		snprintf(id, sizeof id, "100%d@HOSP", i);
		if (chart_patient(s->sql, slice_str(id), STORY_NOW, s->a, &p, NULL, &bad) < 0)
			continue;
		struct chart_row *rows;
		size_t n, hits = 0;
		OK(chart_census(s->sql, STORY_NOW, SLICE_NULL, s->a, &rows, &n, e));
		for (; rows; rows = rows->next) {
			if (strcmp(rows->id, p->id))
				continue;
			hits++;
			const struct fact *d = p->demographics ? p->demographics->fact : NULL;
			assert_true(slice_eq(rows->place.unit, p->place.unit) && slice_eq(rows->place.bed, p->place.bed));
			assert_int_equal(rows->allergy_state, p->s[CHART_ALLERGIES].state);
			assert_true(slice_eq(rows->number, p->idents[0].value));
			assert_true(slice_eq(rows->name_family, d ? fact_part(fact_get(d, FF_NAME), FN_FAMILY) : SLICE_NULL));
			assert_true(slice_eq(rows->birth, d ? fact_get(d, FF_BIRTH) : SLICE_NULL));
		}
		assert_int_equal(hits, p->place.unit.p ? 1 : 0);
		assert_int_equal(!p->visit, !p->place.unit.p); /* the page folds what the bed board keeps */
		if (p->visit)
			assert_true(slice_eq(fact_part(fact_get(p->visit->fact, FF_LOCATION), FL_UNIT), p->place.unit) && slice_eq(fact_part(fact_get(p->visit->fact, FF_LOCATION), FL_BED), p->place.bed));
	}
}

static void test_any_beginning(void **state)
{
	unsigned seeds = getenv("HOLDFAST_SEEDS") ? (unsigned)strtoul(getenv("HOLDFAST_SEEDS"), NULL, 10) : 12;
	for (unsigned seed = 1; seed <= seeds; seed++) {
		rng = seed * UINT64_C(0x9e3779b97f4a7c15);
		struct story *s = story_new();
		size_t n = 40 + rnd(110);
		for (size_t i = 0; i < n; i++) {
			random_message(s, (int)i);
			if (rnd(40) == 0)
				s->clock += 86400 * TIME_SEC; /* a day without messages: outpatients go home */
		}
		print_message("seed %u: %zu messages\n", seed, n);
		both_agree(s);
		census_is_the_pages(s);
		for (int way = 0; way < WAYS; way++) {
			compare_at(s, s->n, (enum way)way);
			compare_at(s, 1 + rnd((uint32_t)s->n), (enum way)way);
		}
		story_free(s);
	}
}

/* ---- un-merging ------------------------------------------------------------------------------------------------------------------------ */

static void plain_message(struct story *s, int step)
{
	char t[32], text[900];
	int i = (int)rnd(2);
	when(t, sizeof t, step);
	switch (rnd(4)) {
	case 0:
		snprintf(text, sizeof text, "ADT^A08 EHR@HOSP %s | 100%d@HOSP:MR | patient name=%s^%s birth=19%d0-01-01 | visit action=%s visit=V%d class=inpatient location=U%d^%d time=%s", t, i, families[i], givens[i], 5 + i,
		         rnd(2) ? "admit" : rnd(2) ? "transfer" : "discharge", i, (int)rnd(3), (int)rnd(9), t);
		break;
	case 1:
		snprintf(text, sizeof text, "ADT^A08 EHR@HOSP %s | 100%d@HOSP:MR | allergy action=%s code=A%d^X", t, i, rnd(2) ? "snapshot" : "add", (int)rnd(3));
		break;
	default:
		snprintf(text, sizeof text, "ORU^R01 LAB@HOSP %s | 100%d@HOSP:MR | patient action=mention name=%s^%s | result group=F%d code=K value=%d status=%s", t, i, families[i], givens[i], (int)rnd(6), (int)rnd(99), rnd(3) ? "final" : "preliminary");
	}
	tell(s, text);
}

/* Without what says that there was a merge: the page of somebody who was never merged with anybody. */
static void without_review(struct buf *b)
{
	uint8_t *from = memmem(b->p, b->n, "\"review\":[", 10), *to = from ? memmem(from, b->n - (size_t)(from - b->p), "],\"sections\"", 12) : NULL;
	assert_non_null(to);
	memmove(from + 10, to, b->n - (size_t)(to - b->p));
	b->n -= (size_t)(to - from) - 10;
}

static void test_unmerge_is_exact(void **state)
{
	for (unsigned seed = 1; seed <= 25; seed++) {
		/* two stories with the same messages; in one of them two records are merged and taken apart again */
		struct story *s[2] = {story_new(), story_new()};
		for (int k = 0; k < 2; k++) {
			rng = seed * UINT64_C(0x9e3779b97f4a7c15);
			size_t before = 5 + rnd(15), between = 1 + rnd(20), after = rnd(10), step = 0;
			bool crossed = rnd(3) == 0;
			for (size_t i = 0; i < before; i++)
				plain_message(s[k], (int)step++);
			/* both are known whatever came before */
			tell(s[k], "ADT^A08 EHR@HOSP 2026-11-01T00:00:00 | 1000@HOSP:MR | patient name=SMITH^JOHN birth=1950-01-01");
			tell(s[k], "ADT^A08 EHR@HOSP 2026-11-01T00:00:00 | 1001@HOSP:MR | patient name=SMYTH^JON birth=1960-01-01");
			tell_json(s[k], k ? KIND_IDENTITY : KIND_CONFIG, "{\"op\":\"merge\",\"of\":\"1001@HOSP\",\"into\":\"1000@HOSP\"}");
			for (size_t i = 0; i < between; i++)
				plain_message(s[k], (int)step++);
			if (crossed)
				tell_json(s[k], k ? KIND_IDENTITY : KIND_CONFIG, "{\"op\":\"merge\",\"of\":\"1000@HOSP\",\"into\":\"1001@HOSP\"}");
			if (k)
				assert_string_equal(PAGE(s[k], "1000@HOSP")->id, PAGE(s[k], "1001@HOSP")->id);
			tell_json(s[k], k ? KIND_IDENTITY : KIND_CONFIG, "{\"op\":\"unmerge\",\"of\":\"1001@HOSP\",\"from\":\"1000@HOSP\",\"reason\":\"wrong\"}");
			for (size_t i = 0; i < after; i++)
				plain_message(s[k], (int)step++);
		}
		static const char *const ids[] = {"1000@HOSP", "1001@HOSP"};
		for (int i = 0; i < 2; i++) {
			struct buf x, y;
			page_json(s[0], ids[i], CHART_NOW, &x);
			page_json(s[1], ids[i], CHART_NOW, &y);
			assert_true(has_review(PAGE(s[1], ids[i]), "unmerged"));
			without_review(&x);
			without_review(&y);
			same_text(&x, &y, "never merged, and merged and taken apart");
			assert_string_equal(WHERE(s[0], i ? "1001" : "1000"), WHERE(s[1], i ? "1001" : "1000"));
			buf_done(&x);
			buf_done(&y);
		}
		both_agree(s[1]);
		story_free(s[0]);
		story_free(s[1]);
	}
}

/* ---- the order of arrival ---------------------------------------------------------------------------------------------------------------- */

/* What is true of the patient, without when we heard it. */
static void truth(struct story *s, const char *number, struct buf *out)
{
	struct chart_patient *p = PAGE(s, number);
	buf_init(out, 1 << 20);
	buf_printf(out, "%s\n", WHERE(s, number));
	for (const struct fact_value *v = p->demographics->fact->values; v < p->demographics->fact->values + p->demographics->fact->count; v++)
		buf_printf(out, "%s=%.*s\n", fact_field_name(v->id), SLICE_FMT(v->v));
	for (int i = 0; i < CHART_SECTIONS; i++) {
		char *lines[400];
		size_t n = 0;
		for (const struct fact_item *it = p->s[i].items; it && n < 400; it = it->next) {
			struct slice c = fact_part(fact_get(it->fact, FF_CODE), FC_CODE), v = fact_get(it->fact, FF_VALUE), st = fact_get(it->fact, FF_STATUS), g = fact_get(it->fact, FF_GROUP), vi = fact_get(it->fact, FF_VISIT);
			lines[n] = arena_printf(s->a, "%s %d %.*s %.*s %.*s %.*s %.*s", chart_section_name((enum chart_section_id)i), (int)it->state, SLICE_FMT(c), SLICE_FMT(v), SLICE_FMT(st), SLICE_FMT(g), SLICE_FMT(vi));
			for (size_t k = n++; k > 0 && strcmp(lines[k - 1], lines[k]) > 0; k--) {
				char *t = lines[k];
				lines[k] = lines[k - 1];
				lines[k - 1] = t;
			}
		}
		buf_printf(out, "%s state %d\n", chart_section_name((enum chart_section_id)i), (int)p->s[i].state);
		for (size_t k = 0; k < n; k++)
			buf_printf(out, "%s\n", lines[k]);
	}
}

static void dated_message(char *text, size_t size, int k)
{
	static const char *const acts[] = {"transfer", "update", "discharge", "cancel-discharge", "cancel-transfer", "leave", "return", "transfer"};
	static const char *const statuses[] = {"preliminary", "final", "corrected", "final", "preliminary"};
	char t[32];
	snprintf(t, sizeof t, "2026-11-%02dT%02d:%02d:00", 1 + k / 24, k % 24, (int)rnd(60));
	if (k == 0)
		snprintf(text, size, "ADT^A01 EHR@HOSP %s | 1000@HOSP:MR | patient name=SMITH^JOHN birth=1957-03-12 sex=male | visit action=admit visit=V1 class=inpatient location=U0^1 time=%s", t, t);
	else
		switch (rnd(5)) {
		case 0:
			snprintf(text, size, "ADT^A08 EHR@HOSP %s | 1000@HOSP:MR | patient name=%s^%s %s | visit action=%s visit=V1 class=inpatient location=U%d^%d time=%s", t, families[rnd(5)], givens[rnd(5)], rnd(2) ? "" : "birth=1957-03-13",
			         acts[rnd(8)], (int)rnd(4), (int)rnd(9), t);
			break;
		case 1:
			snprintf(text, size, "ADT^A08 EHR@HOSP %s | 1000@HOSP:MR | allergy action=snapshot code=A%d^X | allergy action=snapshot code=A%d^X", t, (int)rnd(3), (int)rnd(3));
			break;
		case 2:
			snprintf(text, size, "ADT^A60 EHR@HOSP %s | 1000@HOSP:MR | allergy action=%s id=I%d code=B^X", t, rnd(2) ? "add" : "delete", (int)rnd(2));
			break;
		case 3:
			snprintf(text, size, "OMP^O09 EHR@HOSP %s | 1000@HOSP:MR | medication-order id=P%d placer=P%d %s status=%s code=D^Drug %s", t, (int)rnd(2), (int)rnd(2), rnd(2) ? "" : "filler=R1", rnd(2) ? "active" : "stopped", rnd(2) ? "dose=5" : "dose=\"\"");
			break;
		default:
			snprintf(text, size, "ORU^R01 LAB@HOSP %s | 1000@HOSP:MR | patient action=mention name=%s^X telecom=phone^%d | result group=F%d code=K value=%d status=%s", t, families[rnd(5)], (int)rnd(9), (int)rnd(3), (int)rnd(99), statuses[rnd(5)]);
		}
}

static void test_order_of_arrival(void **state)
{
	for (unsigned seed = 1; seed <= 40; seed++) {
		rng = seed * UINT64_C(0xbf58476d1ce4e5b9);
		enum { N = 24 };
		static char text[N][900];
		int order[N];
		for (int i = 0; i < N; i++) {
			dated_message(text[i], sizeof text[i], i);
			order[i] = i;
		}
		for (int i = N - 1; i > 0; i--) {
			int k = (int)rnd((uint32_t)i + 1), t = order[i];
			order[i] = order[k];
			order[k] = t;
		}
		struct story *right = story_new(), *wrong = story_new();
		for (int i = 0; i < N; i++)
			tell(right, text[i]);
		for (int i = 0; i < N; i++)
			tell(wrong, text[order[i]]);
		struct buf x, y;
		truth(right, "1000", &x);
		truth(wrong, "1000", &y);
		same_text(&x, &y, "in order and out of order");
		buf_done(&x);
		buf_done(&y);
		story_free(right);
		story_free(wrong);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_beginning), cmocka_unit_test(test_unmerge_is_exact), cmocka_unit_test(test_order_of_arrival)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
