/* Rule 1 for feeds; as of; counts; events and the timeline; what a writer may hand in; persons page by page. */
#include "story.h"

static struct chart_feed *feed(struct story *s, const char *name, int64_t now)
{
	struct chart_feed *f;
	OK(chart_feeds(s->sql, now, s->a, &f, e));
	while (f && !slice_eq_str(f->name, name))
		f = f->next;
	assert_non_null(f);
	return f;
}

/* One feed goes silent: only that one becomes stale, within its own bound, learned from its own rhythm. */
static void test_silence(void **state)
{
	struct story *s = story_new();
	for (int i = 0; i < 600; i++) {
		s->clock = STORY_START + i * 10 * TIME_SEC;
		tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
		if (i % 30 == 0)
			tell(s, "ADT^A08 EHR@HOSP - | 1@HOSP:MR | patient name=SMITH^JOHN"); /* every five minutes */
	}
	int64_t last = STORY_START + 5990 * TIME_SEC, adt = STORY_START + 5701 * TIME_SEC;
	struct chart_feed *lab = feed(s, "LAB@HOSP", last + 20 * TIME_SEC);
	assert_int_equal(lab->state, CHART_FRESH);
	assert_int_equal(lab->messages, 600);
	assert_in_range(lab->usual_gap / TIME_SEC, 9, 11);
	assert_in_range(lab->stale_after / TIME_SEC, 60, 130);
	assert_int_equal(feed(s, "LAB@HOSP", last + lab->stale_after / 2)->state, CHART_AGEING);
	assert_int_equal(feed(s, "LAB@HOSP", last + lab->stale_after - 1)->state, CHART_AGEING);
	assert_int_equal(feed(s, "LAB@HOSP", last + lab->stale_after)->state, CHART_STALE);
	/* at that moment the other feed, which always was slower, is as it should be */
	struct chart_feed *ehr = feed(s, "EHR@HOSP", last + lab->stale_after);
	assert_int_equal(ehr->state, CHART_FRESH);
	assert_true(ehr->stale_after > 20 * 60 * TIME_SEC);
	assert_int_equal(feed(s, "EHR@HOSP", adt + 30 * 3600 * TIME_SEC)->state, CHART_STALE);
	/* it speaks again */
	s->clock = last + 3600 * TIME_SEC;
	tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
	assert_int_equal(feed(s, "LAB@HOSP", s->clock)->state, CHART_FRESH);
	uint64_t sum = 0;
	lab = feed(s, "LAB@HOSP", s->clock);
	for (int i = 0; i < 60; i++)
		sum += lab->last_hour[i];
	assert_int_equal(lab->last_hour[59], 1);
	assert_in_range(sum, 1, 8);
	both_agree(s);
	story_free(s);
}

/* A quiet night is learned in one night; the same silence by day is not normal. */
static void test_rhythm(void **state)
{
	struct story *s = story_new();
	int64_t midnight = STORY_START - 8 * 3600 * TIME_SEC;
	for (int day = 0; day < 2; day++)
		for (int minute = 7 * 60; minute < 22 * 60; minute += 2) {
			s->clock = midnight + (day * 1440 + minute) * 60 * TIME_SEC;
			tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
		}
	int64_t last = s->clock - TIME_SEC;
	assert_int_equal(feed(s, "LAB@HOSP", last + 5 * 3600 * TIME_SEC)->state, CHART_FRESH);  /* three in the morning */
	assert_int_equal(feed(s, "LAB@HOSP", last + 13 * 3600 * TIME_SEC)->state, CHART_STALE); /* eleven, and nothing since last night */
	story_free(s);
}

static const struct chart_source *source(const struct chart_patient *p, enum chart_section_id id, const char *name)
{
	const struct chart_source *x = p->s[id].sources;
	while (x && !slice_eq_str(x->feed, name))
		x = x->next;
	assert_non_null(x);
	return x;
}

/* The page as of now, judged at that time by both stores. */
static struct chart_patient *judged(struct story *s, const char *id, int64_t now)
{
	struct chart_patient *p, *q;
	struct buf x, y;
	struct jsonw w;
	buf_init(&x, (size_t)1 << 30);
	buf_init(&y, (size_t)1 << 30);
	p = PAGE(s, id);
	OK(chart_judge(s->sql, p, now, s->a, e));
	OK(chart_patient(s->mem, slice_str(id), (struct chart_moment){.end = CHART_NOW}, s->a, &q, NULL, e));
	OK(chart_judge(s->mem, q, now, s->a, e));
	jsonw_init(&w, &x);
	chart_json_patient(&w, p, &(struct fhir_options){0});
	jsonw_init(&w, &y);
	chart_json_patient(&w, q, &(struct fhir_options){0});
	same_text(&x, &y, "a judged patient in SQLite and memory");
	buf_done(&x);
	buf_done(&y);
	return p;
}

/* Two feeds fill the results. The laboratory falls silent while the analyser on the ward goes on: the section is silent, not just old, and says which; the others are not. */
static void test_sources(void **state)
{
	struct story *s = story_new();
	int i = 0;
	for (; i < 360; i++) {
		s->clock = STORY_START + i * 10 * TIME_SEC;
		tell(s, "ORU^R01 LAB@HOSP 2026-11-01T07:59:00 | 1@HOSP:MR | result group=F code=K value=4 status=final");
		if (i % 6 == 0) {
			tell(s, "ORU^R01 POC@HOSP - | 1@HOSP:MR | result group=P code=GLU value=5 status=final");
			tell(s, "ADT^A08 EHR@HOSP - | 1@HOSP:MR | patient name=SMITH^JOHN | allergy action=snapshot code=PEN^Penicillin");
		}
	}
	int64_t last = source(PAGE(s, "1"), CHART_RESULTS, "LAB@HOSP")->received;
	struct chart_patient *p = judged(s, "1", s->clock + 20 * TIME_SEC);
	assert_int_equal(p->s[CHART_RESULTS].feeds_state, CHART_FRESH);
	for (; i < 540; i++) {
		s->clock = STORY_START + i * 10 * TIME_SEC;
		if (i % 6 == 0) {
			tell(s, "ORU^R01 POC@HOSP - | 1@HOSP:MR | result group=P code=GLU value=5 status=final");
			tell(s, "ADT^A08 EHR@HOSP - | 1@HOSP:MR | patient name=SMITH^JOHN | allergy action=snapshot code=PEN^Penicillin");
		}
	}
	p = judged(s, "1", s->clock);
	const struct chart_section *to = &p->s[CHART_RESULTS];
	assert_slice(to->feed, "POC@HOSP"); /* who spoke last: as before */
	assert_slice(to->sources->feed, "POC@HOSP");
	assert_int_equal(to->sources->state, CHART_FRESH);
	assert_null(to->sources->next->next);
	assert_int_equal(source(p, CHART_RESULTS, "LAB@HOSP")->state, CHART_STALE);
	assert_int_equal(source(p, CHART_RESULTS, "LAB@HOSP")->last_time, last);
	assert_int_equal(source(p, CHART_RESULTS, "LAB@HOSP")->received, last);
	assert_slice(source(p, CHART_RESULTS, "LAB@HOSP")->source_time, "2026-11-01T07:59:00");
	assert_int_equal(to->feeds_state, CHART_STALE);
	assert_int_equal(p->s[CHART_ALLERGIES].feeds_state, CHART_FRESH);
	assert_int_equal(p->s[CHART_PROBLEMS].feeds_state, CHART_NEVER);
	/* an attack of months does not make a retired feed of it, half a year does; then the section is as its others are */
	s->clock += 150 * 86400 * TIME_SEC;
	tell(s, "ORU^R01 POC@HOSP - | 1@HOSP:MR | result group=P code=GLU value=5 status=final");
	assert_int_equal(judged(s, "1", s->clock)->s[CHART_RESULTS].feeds_state, CHART_STALE);
	s->clock += 40 * 86400 * TIME_SEC;
	tell(s, "ORU^R01 POC@HOSP - | 1@HOSP:MR | result group=P code=GLU value=5 status=final");
	p = judged(s, "1", s->clock);
	assert_int_equal(source(p, CHART_RESULTS, "LAB@HOSP")->state, CHART_ENDED);
	assert_int_equal(p->s[CHART_RESULTS].feeds_state, CHART_FRESH);
	assert_int_equal(feed(s, "LAB@HOSP", s->clock)->state, CHART_ENDED); /* nor an alarm */
	/* it is back after all */
	tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
	assert_int_equal(judged(s, "1", s->clock)->s[CHART_RESULTS].feeds_state, CHART_FRESH);
	both_agree(s);
	story_free(s);
}

/* A feed that is over is so by somebody's word, at once, and until its next message. */
static void test_retired_feed(void **state)
{
	struct story *s = story_new();
	for (int i = 0; i < 20; i++) {
		tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
		tell(s, "ORU^R01 POC@HOSP - | 1@HOSP:MR | result group=P code=GLU value=5 status=final");
	}
	int64_t later = s->clock + 86400 * TIME_SEC;
	assert_int_equal(judged(s, "1", later)->s[CHART_RESULTS].feeds_state, CHART_STALE);
	tell_json(s, KIND_CONFIG, "{\"what\":\"feed-retired\",\"feed\":\"LAB@HOSP\",\"reason\":\"replaced\"}");
	assert_int_equal(feed(s, "LAB@HOSP", later)->state, CHART_ENDED);
	assert_int_equal(feed(s, "POC@HOSP", later)->state, CHART_STALE);
	tell_json(s, KIND_CONFIG, "{\"what\":\"feed-expected\",\"feed\":\"LAB@HOSP\",\"reason\":\"not yet\"}");
	assert_int_equal(feed(s, "LAB@HOSP", later)->state, CHART_STALE);
	tell_json(s, KIND_CONFIG, "{\"what\":\"feed-retired\",\"feed\":\"LAB@HOSP\",\"reason\":\"replaced\"}");
	assert_int_equal(feed(s, "LAB@HOSP", later)->state, CHART_ENDED);
	tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
	assert_int_equal(feed(s, "LAB@HOSP", later + 86400 * TIME_SEC)->state, CHART_STALE);
	both_agree(s);
	story_free(s);
}

/* What somebody imported from files is no feed that could fall silent; what a live one sends under the same name is. A sender without a name is called by its channel. */
static void test_sources_without_rhythm(void **state)
{
	struct story *s = story_new();
	s->source = "import";
	for (int i = 0; i < 20; i++)
		tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
	int64_t later = s->clock + 86400 * TIME_SEC;
	struct chart_patient *p = judged(s, "1", later);
	assert_int_equal(p->s[CHART_RESULTS].feeds_state, CHART_ENDED);
	assert_int_equal(feed(s, "LAB@HOSP", later)->state, CHART_ENDED);
	s->source = "mllp/lab";
	tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
	assert_int_equal(judged(s, "1", later)->s[CHART_RESULTS].feeds_state, CHART_STALE);
	assert_null(judged(s, "1", later)->s[CHART_RESULTS].sources->next);
	tell(s, "ORU^R01 - - | 3@HOSP:MR | result group=F code=K value=4 status=final");
	p = judged(s, "3", later);
	assert_slice(p->s[CHART_RESULTS].feed, "mllp/lab");
	assert_int_equal(p->s[CHART_RESULTS].feeds_state, CHART_STALE);
	both_agree(s);
	story_free(s);
}

/* The last ones that spoke are kept, newest first, of a sender that changes its name with every message; and nothing is lost of who comes back. */
static void test_sources_are_bounded(void **state)
{
	struct story *s = story_new();
	char text[120], name[16];
	for (int i = 0; i < CHART_SOURCES_MAX + 8; i++) {
		snprintf(text, sizeof text, "ORU^R01 X%d - | 1@HOSP:MR | result group=F code=K value=4 status=final", i);
		tell(s, text);
	}
	tell(s, "ORU^R01 X20 - | 1@HOSP:MR | result group=F code=K value=5 status=final");
	struct chart_patient *p = PAGE(s, "1");
	size_t n = 0;
	int64_t before = INT64_MAX;
	for (const struct chart_source *x = p->s[CHART_RESULTS].sources; x; x = x->next, n++) {
		assert_true(x->received <= before);
		before = x->received;
	}
	assert_int_equal(n, CHART_SOURCES_MAX);
	assert_true(p->s[CHART_RESULTS].sources_more);
	assert_slice(p->s[CHART_RESULTS].sources->feed, "X20");
	for (int i = 8; i < CHART_SOURCES_MAX + 8; i++) {
		snprintf(name, sizeof name, "X%d", i);
		source(p, CHART_RESULTS, name);
	}
	char id[CHART_ALARM_MAX], longer[200];
	memset(longer, 'x', sizeof longer);
	memcpy(longer + 79, "\xc3\xa9", 2); /* cut within a character */
	chart_feed_alarm(SLICE("LAB@HOSP"), id);
	assert_string_equal(id, "feed-LAB@HOSP");
	chart_feed_alarm(slice_of(longer, sizeof longer), id);
	assert_int_equal(strlen(id), 5 + 79);
	story_free(s);
}

/* A sender that changes its name with every message cannot fill memory. */
static void test_feeds_are_bounded(void **state)
{
	struct chart *c = open_mem();
	struct arena *a = arena_new((size_t)1 << 30);
	char text[120];
	for (uint64_t i = 0; i < CHART_FEEDS_MAX + 50; i++) {
		snprintf(text, sizeof text, "T%llu^A01 X%llu - | 1@H:MR | patient name=A^B", (unsigned long long)i, (unsigned long long)i);
		struct chart_entry en = {.seq = i, .time = STORY_START, .kind = 1, .source = SLICE("mllp/x")};
		OK(chart_apply(c, &en, story_facts(a, text), SLICE_NULL, e));
	}
	OK(chart_commit(c, e));
	struct chart_feed *f;
	struct chart_count *k;
	size_t n = 0, m = 0;
	uint64_t all = 0;
	OK(chart_feeds(c, STORY_START, a, &f, e));
	for (; f; f = f->next)
		n++, all += f->messages;
	assert_int_equal(n, CHART_FEEDS_MAX + 1);
	assert_int_equal(all, CHART_FEEDS_MAX + 50);
	OK(chart_counts(c, a, &k, e));
	for (; k; k = k->next)
		m++;
	assert_int_equal(m, CHART_COUNTS_MAX + 1);
	chart_close(c);
	arena_free(a);
}

static void test_as_of_time(void **state)
{
	struct story *s = story_new();
	int64_t t[1300];
	for (int i = 0; i < 1300; i++) {
		t[i] = s->clock += i % 5 == 0 ? 0 : (i % 7) * TIME_SEC / 3;
		if (i == 600)
			s->clock -= 100 * TIME_SEC; /* our clock was set back: receive time never decreases */
		tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
		t[i] = i && t[i] < t[i - 1] ? t[i - 1] : t[i];
		if (i >= 600 && s->clock < t[i])
			t[i] = t[i] > t[i - 1] ? t[i] : t[i - 1];
	}
	struct chart_moment m;
	for (uint64_t i = 0; i < 1300; i += 7) {
		OK(chart_at_entry(s->sql, i, &m, e));
		assert_int_equal(m.end, i + 1);
		int64_t at = m.time;
		OK(chart_at_time(s->sql, at, &m, e));
		assert_true(m.end >= i + 1 && m.time == at); /* all that had been received by then */
		uint64_t end = m.end;
		if (end < 1300) {
			OK(chart_at_entry(s->sql, end, &m, e));
			assert_true(m.time > at);
		}
		OK(chart_at_time(s->mem, at, &m, e));
		assert_int_equal(m.end, end);
	}
	OK(chart_at_time(s->sql, STORY_START - 1, &m, e));
	assert_int_equal(m.end, 0);
	assert_int_equal(m.time, 0);
	OK(chart_at_time(s->sql, INT64_MAX, &m, e));
	assert_int_equal(m.end, 1300);
	OK(chart_now(s->sql, &m, e));
	assert_int_equal(m.end, 1300);
	struct err bad;
	assert_int_equal(chart_at_entry(s->sql, 1300, &m, &bad), ERR_NOT_FOUND);
	/* going on after opening again, in the middle of a block */
	chart_close(s->sql);
	s->sql = open_sql(s->path, true);
	tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
	OK(chart_at_entry(s->sql, 1300, &m, e));
	both_agree(s);
	story_free(s);
}

static void test_counts(void **state)
{
	struct story *s = story_new();
	tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | result group=F code=K value=4 status=final");
	s->v[0].f->problems = 3;
	struct told *t = story_keep(s);
	t->f = story_facts(s->a, "ZZZ^Z01 LAB@HOSP -");
	t->f->uninterpreted = true;
	story_apply(s->sql, t);
	story_apply(s->mem, t);
	t = story_keep(s);
	t->en.kind = KIND_HL7V2_FRAGMENT;
	story_apply(s->sql, t);
	story_apply(s->mem, t);
	t = story_keep(s);
	t->f = story_facts(s->a, "ORU^R01 LAB@HOSP - | 2@HOSP:MR | result group=F code=K value=4 status=final");
	t->f->failed = true; /* its arena was full: nothing of it may be believed, and its patient shows it */
	story_apply(s->sql, t);
	story_apply(s->mem, t);
	story_commit(s);
	struct chart_count *k;
	OK(chart_counts(s->sql, s->a, &k, e));
	uint64_t oru = 0, oru_un = 0, z = 0, fragments = 0;
	for (; k; k = k->next) {
		oru += slice_eq_str(k->name, "ORU^R01") ? k->count : 0;
		oru_un += slice_eq_str(k->name, "ORU^R01") ? k->uninterpreted : 0;
		z += slice_eq_str(k->name, "ZZZ^Z01") ? k->uninterpreted : 0;
		fragments += slice_eq_str(k->name, "kind hl7v2-fragment") ? k->uninterpreted : 0;
	}
	assert_int_equal(oru, 2);
	assert_int_equal(oru_un, 1);
	assert_int_equal(z, 1);
	assert_int_equal(fragments, 1);
	assert_true(PAGE(s, "2")->incomplete);
	assert_int_equal(PAGE(s, "2")->s[CHART_RESULTS].count, 0);
	both_agree(s);
	story_free(s);
}

static void test_bedside(void **state)
{
	struct story *s = story_new();
	struct chart_row *row;
	size_t n;
	tell(s, "ADT^A01 EHR@HOSP - | 1@HOSP:MR | patient name=SMITH^JOHN | visit visit=V1 action=admit class=inpatient location=4W^1^A");
	OK(chart_census(s->sql, STORY_NOW, SLICE("4W"), s->a, &row, &n, e));
	OK(chart_bedside(s->sql, row, STORY_NOW, s->a, e));
	assert_int_equal(row->bedside->vitals_state, FHIR_NOT_RECEIVED); /* not "none" */
	assert_int_equal(row->bedside->count, 0);
	tell(s, "ORU^R01 EHR@HOSP - | 1@HOSP:MR | result id=A code=8867-4^Pulse^LN category=vital-signs value=88 time=2026-11-01T08:00 status=final | result id=B code=9279-1^Breaths^LN category=vital-signs value=14 time=2026-11-01T08:00 status=final");
	tell(s, "ORU^R01 EHR@HOSP - | 1@HOSP:MR | result id=C code=8867-4^Pulse^LN category=vital-signs value=131 flag=HH time=2026-11-01T09:00 status=final");
	tell(s, "ORU^R01 EHR@HOSP - | 1@HOSP:MR | result id=D code=2823-3^Potassium^LN value=4 time=2026-11-01T10:00 status=final");
	tell(s, "ORM^O01 EHR@HOSP - | 1@HOSP:MR | order id=P1 code=CT^Head status=active time=2026-11-01T08:00 | order id=P2 code=XR^Chest status=completed time=2026-11-01T08:00 | order id=P3 code=US^Knee status=cancelled time=2026-11-01T08:00");
	OK(chart_census(s->sql, STORY_NOW, SLICE("4W"), s->a, &row, &n, e));
	OK(chart_bedside(s->sql, row, STORY_NOW, s->a, e));
	assert_int_equal(row->bedside->count, 2); /* one of each kind, and no laboratory */
	assert_slice(row->bedside->vitals[0].name, "Pulse");
	assert_slice(row->bedside->vitals[0].value, "131");
	assert_slice(row->bedside->vitals[0].flag, "HH");
	assert_slice(row->bedside->vitals[1].value, "14");
	assert_int_equal(row->bedside->open_orders, 1);
	assert_int_equal(row->bedside->awaited_results, 0); /* of what service the CT is nobody said */
	/* by section, by specimen, by LOINC; and what has no result */
	tell(s, "OML^O21 EHR@HOSP - | 1@HOSP:MR | order id=L1 placer=L1 code=BMP category=LAB status=active | order id=L2 placer=L2 code=CULT specimen=BLD status=active | order id=L3 placer=L3 code=36643-5^XR^LN status=active");
	tell(s, "OMG^O19 EHR@HOSP - | 1@HOSP:MR | order id=D1 code=SOFT category=diet status=active | order id=D2 code=CONS^Cardiology status=active | order id=D3 code=2823-3^K^LN category=NRS status=active | order id=D4 code=X category=RAD status=cancelled");
	OK(chart_census(s->sql, STORY_NOW, SLICE("4W"), s->a, &row, &n, e));
	OK(chart_bedside(s->sql, row, STORY_NOW, s->a, e));
	assert_int_equal(row->bedside->open_orders, 7);
	assert_int_equal(row->bedside->awaited_results, 3);
	/* a preliminary report is not what is waited for; a final one is, also where the order stays open */
	tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | report id=F1 placer=L1 filler=F1 code=BMP status=preliminary | report id=F2 placer=L2 filler=F2 code=CULT status=final");
	OK(chart_bedside(s->sql, row, STORY_NOW, s->a, e));
	assert_int_equal(row->bedside->awaited_results, 2);
	/* two orders under one number: the report says which it answers */
	tell(s, "OML^O21 EHR@HOSP - | 1@HOSP:MR | order id=L9 placer=L9 code=CBC category=LAB status=active | order id=L9 placer=L9 code=CRP category=LAB status=active");
	tell(s, "ORU^R01 LAB@HOSP - | 1@HOSP:MR | report id=F9 placer=L9 filler=F9 code=CBC status=final");
	OK(chart_bedside(s->sql, row, STORY_NOW, s->a, e));
	assert_int_equal(row->bedside->awaited_results, 3);
	story_free(s);
}

static void test_events(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A28 EHR@HOSP - | 1@HOSP:MR | patient name=SMITH^JOHN | allergy action=snapshot code=PCN^Penicillin");
	tell_json(s, KIND_SESSION, "{\"what\":\"login\",\"user\":\"ann\",\"address\":\"10.0.0.1\"}");
	tell_json(s, KIND_AUDIT, "{\"resourceType\":\"AuditEvent\",\"type\":{\"code\":\"rest\"},\"subtype\":[{\"code\":\"view\"}],\"agent\":[{\"altId\":\"ann\",\"requestor\":true}],\"entity\":[{\"what\":{\"reference\":\"Patient/p0\"}}]}");
	tell_json(s, KIND_ALARM, "{\"what\":\"disk\",\"severity\":\"alarm\",\"reason\":\"nearly full\"}");
	tell_json(s, KIND_ALARM, "not json");
	struct chart_event *v;
	OK(chart_events(s->sql, 0, SLICE_NULL, CHART_NOW, 10, s->a, &v, e));
	assert_int_equal(v->entry, 4); /* newest first */
	assert_slice(v->what, "unreadable");
	assert_slice(v->next->reason, "nearly full");
	OK(chart_events(s->sql, KIND_AUDIT, SLICE_NULL, CHART_NOW, 10, s->a, &v, e));
	assert_slice(v->user, "ann");
	assert_slice(v->patient, "p0");
	assert_slice(v->what, "view");
	assert_null(v->next);
	/* the standard's code is "read" for a view and for a raw message; the detail says which */
	tell_json(s, KIND_AUDIT, "{\"resourceType\":\"AuditEvent\",\"subtype\":[{\"code\":\"read\"}],\"agent\":[{\"altId\":\"eve\",\"requestor\":true}],\"entity\":[{\"what\":{\"reference\":\"Patient/p9\"}},{\"query\":\"Y2Vuc3Vz\",\"detail\":[{\"type\":\"as-of-entry\",\"valueString\":\"7\"},{\"type\":\"what\",\"valueString\":\"raw\"}]}]}");
	OK(chart_events(s->sql, KIND_AUDIT, SLICE("eve"), CHART_NOW, 10, s->a, &v, e));
	assert_slice(v->what, "raw");
	assert_slice(v->text, "census"); /* what was asked for, base64 in the event */
	OK(chart_events(s->sql, 0, SLICE("ann"), CHART_NOW, 10, s->a, &v, e));
	assert_int_equal(v->kind, KIND_AUDIT);
	assert_int_equal(v->next->kind, KIND_SESSION);
	OK(chart_events(s->sql, 0, SLICE("ann"), 2, 10, s->a, &v, e));
	assert_int_equal(v->kind, KIND_SESSION);
	assert_null(v->next);
	/* an alarm that has gone is named by its id: nothing else stands in that entry */
	tell_json(s, KIND_ALARM, "{\"what\":\"cleared\",\"id\":\"disk-low\"}");
	OK(chart_events(s->sql, KIND_ALARM, SLICE_NULL, CHART_NOW, 1, s->a, &v, e));
	assert_slice(v->what, "cleared");
	assert_slice(v->text, "disk-low");
	OK(chart_timeline(s->sql, SLICE("1@HOSP"), STORY_NOW, CHART_NOW, 10, s->a, &v, e));
	assert_int_equal(v->entry, 2); /* who opened it is part of it */
	assert_int_equal(v->next->entry, 0);
	assert_int_equal(v->next->origin, FACT_FED);
	assert_non_null(memmem(v->next->text.p, v->next->text.n, "Penicillin", 10));
	OK(chart_timeline(s->sql, SLICE("1@HOSP"), STORY_NOW, 2, 10, s->a, &v, e));
	assert_int_equal(v->entry, 0);
	both_agree(s);
	/* what was decided of a partner's link, and letters about it: by its name, and never in a patient's chart of that name */
	tell_json(s, KIND_GATE_ACT, "{\"what\":\"add\",\"link\":{\"name\":\"p9\"},\"by\":\"root\",\"standing\":{\"state\":\"OPEN\"}}");
	tell_json(s, KIND_GATE_ACT, "{\"what\":\"cut\",\"link\":\"p9\",\"by\":\"ada\",\"reason\":\"encryption\",\"standing\":{\"state\":\"CUT\"}}");
	tell_json(s, KIND_GATE_LETTER, "{\"link\":\"p9\",\"letter\":\"cut\",\"by\":\"bob\"}");
	tell_json(s, KIND_GATE_ACT, "{\"what\":\"plan\",\"by\":\"root\",\"plan\":{}}");
	OK(chart_events(s->sql, 0, SLICE("link/p9"), CHART_NOW, 10, s->a, &v, e));
	assert_slice(v->what, "letter");
	assert_slice(v->text, "cut");
	assert_slice(v->next->what, "cut");
	assert_slice(v->next->user, "ada");
	assert_slice(v->next->reason, "encryption");
	assert_slice(v->next->text, "CUT");
	assert_slice(v->next->next->what, "add");
	assert_null(v->next->next->next);
	OK(chart_events(s->sql, KIND_GATE_ACT, SLICE("plan/"), CHART_NOW, 10, s->a, &v, e));
	assert_slice(v->what, "plan");
	OK(chart_events(s->sql, 0, SLICE("p9"), CHART_NOW, 10, s->a, &v, e));
	assert_slice(v->what, "raw"); /* the audit's, of before */
	assert_null(v->next);
	story_free(s);
}

/* Entries come in order without gaps; what is in already is ignored; after a refusal the view is as committed. */
static void test_order_of_entries(void **state)
{
	struct story *s = story_new();
	struct err bad = {0};
	tell(s, "ADT^A28 EHR@HOSP - | 1@HOSP:MR | patient name=SMITH^JOHN");
	struct chart_entry en = {.seq = 5, .time = STORY_START, .kind = 1};
	assert_int_equal(chart_apply(s->sql, &en, NULL, SLICE_NULL, &bad), ERR_USAGE);
	en.seq = 0;
	assert_int_equal(chart_apply(s->sql, &en, NULL, SLICE_NULL, &bad), 0);
	assert_int_equal(chart_applied(s->sql), 1);
	en.seq = 1;
	OK(chart_apply(s->sql, &en, NULL, SLICE_NULL, e));
	assert_int_equal(chart_applied(s->sql), 1); /* staged, not committed */
	OK(chart_commit(s->sql, e));
	assert_int_equal(chart_applied(s->sql), 2);
	OK(chart_pin(s->sql, true, e));
	assert_true(chart_pinned(s->sql));
	chart_close(s->sql);
	s->sql = open_sql(s->path, true);
	assert_true(chart_pinned(s->sql));
	assert_int_equal(chart_applied(s->sql), 2);
	OK(chart_pin(s->sql, false, e));
	assert_false(chart_pinned(s->sql));
	story_free(s);
}

static void test_pages_of_persons(void **state)
{
	struct story *s = story_new();
	char text[100], ids[7][32], seen[64][32];
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof text, "ADT^A28 EHR@HOSP - | %d@HOSP:MR +E%d@EPIC:EPI | patient name=N%d^X", i, i + 1000, i);
		tell(s, text);
	}
	tell(s, "ADT^A40 EHR@HOSP - | 3@HOSP:MR | identity action=merge other=4^HOSP^MR");
	uint64_t after = 0, next;
	size_t n, all = 0;
	for (;;) {
		OK(chart_persons_page(s->sql, STORY_NOW, after, 7, ids, &n, &next, e));
		for (size_t i = 0; i < n; i++)
			memcpy(seen[all++], ids[i], 32);
		if (n < 7)
			break;
		after = next;
	}
	assert_int_equal(all, 39);
	assert_int_equal(chart_person_count(s->sql), 39);
	for (size_t i = 0; i < all; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	OK(chart_persons_page(s->sql, (struct chart_moment){.end = 5}, 0, 7, ids, &n, &next, e));
	assert_int_equal(n, 5);
	char (*of)[32];
	OK(chart_entry_patients(s->sql, 4, STORY_NOW, s->a, &of, &n, e));
	assert_int_equal(n, 1);
	assert_string_equal(of[0], PAGE(s, "3")->id); /* whose entry 4 is now */
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_silence), cmocka_unit_test(test_rhythm), cmocka_unit_test(test_sources), cmocka_unit_test(test_retired_feed), cmocka_unit_test(test_sources_without_rhythm), cmocka_unit_test(test_sources_are_bounded), cmocka_unit_test(test_feeds_are_bounded), cmocka_unit_test(test_as_of_time), cmocka_unit_test(test_counts), cmocka_unit_test(test_bedside), cmocka_unit_test(test_events),
	                                   cmocka_unit_test(test_order_of_entries), cmocka_unit_test(test_pages_of_persons)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
