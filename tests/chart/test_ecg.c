/* Recordings: whose they are, how far they are read, and what of it stands in a chart. Unmatched is a state and never a guess; a signature is changed by nothing but an addend or a reopening; what came too late has no
 * effect and is lost neither; grown, rebuilt and merged views say the same. */
#include "story.h"

static uint64_t record_from(struct story *s, const char *source, const char *text)
{
	struct told *t = story_keep(s);
	t->f = story_facts(s->a, text);
	t->en.kind = KIND_ECG;
	snprintf(t->source, sizeof t->source, "%s", source);
	t->f->feed = SLICE_NULL;
	for (struct fact *f = t->f->first->first; f; f = f->next) /* the little language takes _ for a blank: a measure's name has it */
		for (unsigned i = 0; i < f->count; i++)
			for (size_t k = 0; f->values[i].id == FF_MEASURE && k < f->values[i].v.n; k++)
				if (f->values[i].v.p[k] == ' ')
					((uint8_t *)(uintptr_t)f->values[i].v.p)[k] = '_';
	story_apply(s->sql, t);
	story_apply(s->mem, t);
	story_commit(s);
	return t->en.seq;
}

static uint64_t record(struct story *s, const char *text)
{
	return record_from(s, "ecg/cart", text);
}

PRINTF_LIKE(3, 4) static uint64_t act(struct story *s, const char *who, const char *fmt, ...)
{
	char json[1000], source[64];
	const char *was = s->source;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(json, sizeof json, fmt, ap);
	va_end(ap);
	snprintf(source, sizeof source, "web/%s", who);
	s->source = source;
	uint64_t n = tell_json(s, KIND_ECG_ACT, json);
	s->source = was;
	return n;
}

/* N is put for the number, where the text has %d. */
static void act_as_is(struct story *s, const char *text, uint64_t n)
{
	const char *at = strstr(text, "%d");
	act(s, "bob", "%.*s%d%s", (int)(at - text), text, (int)n, at + 2);
}

static struct chart_ecg *get(struct story *s, uint64_t entry)
{
	struct chart_ecg *g, *h;
	OK(chart_ecg(s->sql, entry, s->a, &g, e));
	OK(chart_ecg(s->mem, entry, s->a, &h, e));
	AUTO_BUF struct buf x = {0}, y = {0};
	struct jsonw w;
	buf_init(&x, 1 << 20);
	buf_init(&y, 1 << 20);
	jsonw_init(&w, &x);
	chart_json_ecg(&w, g, true, NULL, NULL);
	jsonw_init(&w, &y);
	chart_json_ecg(&w, h, true, NULL, NULL);
	same_text(&x, &y, "both stores");
	return g;
}

static unsigned in_chart(struct story *s, const char *id)
{
	return PAGE(s, id)->s[CHART_ECGS].count / 2; /* the report and its measurements */
}

static size_t candidates(struct story *s, uint64_t entry, const char *first)
{
	struct chart_ecg_candidate *x;
	size_t n = 0;
	OK(chart_ecg_candidates(s->sql, get(s, entry), s->a, &x, e));
	if (x && first)
		assert_string_equal(x->row->id, first);
	for (; x; x = x->next)
		n++;
	return n;
}

#define PLAIN "ecg type=scp time=2026-11-01T10:00:00 seconds=10.000 rate=500 weight=abnormal statement=af^atrial_fibrillation^90^abnormal measure=rate_bpm^112^90 measure=qt_ms^380^80"
#define JOHN "patient action=file id=1001^HOSP name=SMITH^JOHN birth=1957-03-12 sex=male"
#define MATCH "{\"act\":\"match\",\"ecg\":%d,\"patient\":\"%s\",\"identifiers\":[\"recordNumber\",\"birth\"],\"reason\":\"wristband\"}"

static struct story *house(void)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:00 | 1001@HOSP:MR | patient name=SMITH^JOHN birth=1957-03-12 sex=male | visit action=admit visit=V1 class=inpatient location=3W^12^A time=2026-11-01T08:00");
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T08:01 | 1002@HOSP:MR | patient name=SMITH^JOAN birth=1962-07-07 sex=female");
	tell(s, "ORM^O01 EHR@HOSP 2026-11-01T08:02 | 1001@HOSP:MR | order placer=O77^EHR code=EKG^12-lead status=active");
	return s;
}

/* ---- whose it is ---- */

static void by_itself_only_where_identifiers_agree(void **state)
{
	static const struct {
		const char *says;
		bool matched;
	} cases[] = {
		{PLAIN, false},
		{PLAIN " | " JOHN, true},
		{PLAIN " | patient action=file id=1001^HOSP", false},                                                              /* a number alone */
		{PLAIN " | patient action=file id=1001 name=SMITH^JOHN birth=1957-03-12", false},                                  /* no assigner */
		{PLAIN " | patient action=file id=1001^ELSEWHERE name=SMITH^JOHN birth=1957-03-12", false},                        /* another's number */
		{PLAIN " | patient action=file name=SMITH^JOHN birth=1957-03-12 sex=male", false},                                 /* a name is none */
		{PLAIN " | patient action=file id=1001^HOSP birth=1957-12-03", false},                                             /* day and month exchanged */
		{PLAIN " | patient action=file id=1001^HOSP birth=1957", false},                                                   /* a year is no birth date */
		{PLAIN " | patient action=file id=1001^HOSP birth=1957-03-12 sex=female", false},
		{PLAIN " | patient action=file id=1001^HOSP birth=1957-03-12 name=MILLER^JOHN", false},
		{PLAIN " | patient action=file id=1001^HOSP birth=1957-03-12 name=SMITH^PETER", false},
		{PLAIN " placer=O77 | patient action=file id=1001^HOSP", true},                                                    /* an order of that very patient */
		{PLAIN " placer=O78 | patient action=file id=1001^HOSP", false},
		{PLAIN " | patient action=claimed id=1001^HOSP birth=1957-03-12", true},
		{PLAIN " | patient action=claimed id=1001^HOSP birth=1957-03-12 | patient action=file id=1002 name=SMITH^JOAN", false}, /* the cart still held the last patient */
		{PLAIN " | patient action=claimed id=1001^HOSP birth=1957-03-12 | patient action=file id=1002^HOSP birth=1962-07-07", false},
		{PLAIN " patient-id=p0 | patient action=claimed id=1001 birth=1957-03-12", true},                                  /* named by who sent it, with two identifiers */
		{PLAIN " patient-id=p0 | patient action=claimed id=1001", false},
		{PLAIN " patient-id=p0", false},
		{PLAIN " patient-id=p0 | patient action=claimed id=1001 birth=1957-03-12 | patient action=file name=SMITH^JOAN sex=female", false},
		{PLAIN " patient-id=p99 | patient action=claimed id=1001 birth=1957-03-12", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct story *s = house();
		char text[1000];
		snprintf(text, sizeof text, "ECG cart - | - | %s", cases[i].says);
		uint64_t n = record(s, text);
		struct chart_ecg *g = get(s, n);
		if (!!g->patient != cases[i].matched || in_chart(s, "p0") != cases[i].matched || in_chart(s, "p1"))
			fail_msg("case %zu: %s", i, cases[i].says);
		if (cases[i].matched) {
			assert_true(g->by_identifiers);
			assert_string_equal(g->patient->id, "p0");
		}
		both_agree(s);
		story_free(s);
	}
}

static void unmatched_is_in_no_chart_until_somebody_says(void **state)
{
	struct story *s = house();
	uint64_t n = record(s, "ECG cart - | - | " PLAIN " | patient action=file id=1001 name=SMITH^JON birth=1957-03-12 sex=male");
	assert_int_equal(candidates(s, n, "p0"), 1);
	assert_int_equal(in_chart(s, "p0"), 0);
	act(s, "ada", "{\"act\":\"match\",\"ecg\":%d,\"patient\":\"p0\",\"identifiers\":[\"recordNumber\"]}", (int)n); /* one identifier */
	act(s, "ada", "{\"act\":\"match\",\"ecg\":%d,\"patient\":\"p0\",\"identifiers\":[\"birth\",\"birth\"]}", (int)n);
	act(s, "ada", "{\"act\":\"match\",\"ecg\":%d,\"patient\":\"p55\",\"identifiers\":[\"recordNumber\",\"birth\"]}", (int)n);
	assert_null(get(s, n)->patient);
	uint64_t m = act(s, "ada", MATCH, (int)n, "p0");
	struct chart_ecg *g = get(s, n);
	assert_true(slice_eq_str(g->matched_by, "ada"));
	assert_false(g->by_identifiers);
	assert_int_equal(in_chart(s, "p0"), 1);
	/* another patient takes it nowhere: first it is taken back, with a reason */
	act(s, "bob", MATCH, (int)n, "p1");
	assert_int_equal(in_chart(s, "p1"), 0);
	act(s, "bob", "{\"act\":\"unmatch\",\"ecg\":%d}", (int)n);
	assert_int_equal(in_chart(s, "p0"), 1);
	act(s, "bob", "{\"act\":\"unmatch\",\"ecg\":%d,\"reason\":\"her bed, his bracelet\"}", (int)n);
	assert_int_equal(in_chart(s, "p0"), 0);
	act(s, "bob", MATCH, (int)n, "p1");
	assert_int_equal(in_chart(s, "p1"), 1);
	/* as of then it was in the other chart */
	struct chart_moment then;
	OK(chart_at_entry(s->sql, m, &then, e));
	assert_int_equal(page(s, "p0", then.end)->s[CHART_ECGS].count, 2);
	assert_int_equal(page(s, "p1", then.end)->s[CHART_ECGS].count, 0);
	both_agree(s);
	story_free(s);
}

static void matched_by_identifiers_until_somebody_looks(void **state)
{
	struct story *s = house();
	uint64_t n = record(s, "ECG cart - | - | " PLAIN " | " JOHN);
	act(s, "ada", MATCH, (int)n, "p1"); /* another one is an un-match first */
	assert_true(get(s, n)->by_identifiers);
	act(s, "ada", MATCH, (int)n, "p0");
	assert_false(get(s, n)->by_identifiers);
	assert_true(slice_eq_str(get(s, n)->matched_by, "ada"));
	assert_int_equal(in_chart(s, "p0"), 1);
	story_free(s);
}

/* ---- reading ---- */

static void a_signature_is_changed_by_nothing_but_an_addend_or_reopening(void **state)
{
	struct story *s = house();
	uint64_t n = record(s, "ECG cart - | - | " PLAIN " | " JOHN);
	const struct fact_item *it = PAGE(s, "p0")->s[CHART_ECGS].items;
	assert_true(slice_eq_str(fact_get(it->fact->kind == FACT_ECG ? it->fact : it->next->fact, FF_STATUS), "preliminary"));
	act(s, "ada", "{\"act\":\"read\",\"ecg\":%d,\"statements\":[{\"text\":\"sinus\"}]}", (int)n);
	assert_int_equal(get(s, n)->reading, CHART_ECG_READING);
	uint64_t signature = act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"code\":\"af\",\"text\":\"AF, rate 110\"}],\"measures\":{\"qt_ms\":400},\"comment\":\"no change\"}", (int)n);
	struct chart_ecg *g = get(s, n);
	assert_int_equal(g->reading, CHART_ECG_SIGNED);
	assert_true(slice_eq_str(g->signed_by, "ada"));
	assert_int_equal(g->basis, signature);
	static const char *const nothing[] = {"{\"act\":\"read\",\"ecg\":%d,\"statements\":[]}", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"normal\"}]}", "{\"act\":\"reject\",\"ecg\":%d,\"reason\":\"no\"}",
	                                      "{\"act\":\"reopen\",\"ecg\":%d}", "{\"act\":\"addend\",\"ecg\":%d}", "{\"act\":\"dance\",\"ecg\":%d}", "{\"act\":\"urgency\",\"urgency\":\"now\",\"ecg\":%d}"};
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
		act_as_is(s, nothing[i], n);
		g = get(s, n);
		assert_int_equal(g->basis, signature);
		assert_true(slice_eq_str(json_text(g->stands, "statements.0.text"), "AF, rate 110"));
	}
	act(s, "bob", "{\"act\":\"addend\",\"ecg\":%d,\"text\":\"QT measured again: 402\"}", (int)n);
	g = get(s, n);
	assert_int_equal(g->reading, CHART_ECG_AMENDED);
	assert_true(slice_eq_str(json_text(g->stands, "statements.0.text"), "AF, rate 110"));
	struct chart_patient *p = PAGE(s, "p0");
	for (it = p->s[CHART_ECGS].items; it && it->fact->kind != FACT_ECG; it = it->next)
		;
	assert_non_null(it);
	assert_true(slice_eq_str(fact_get(it->fact, FF_STATUS), "amended"));
	assert_true(slice_eq_str(fact_nth(it->fact, FF_TEXT, 1), "QT measured again: 402"));
	assert_slice(fact_part(fact_nth(it->fact, FF_MEASURE, 1), 1), "400"); /* the reader's, not ours */
	assert_non_null(it->history);
	act(s, "bob", "{\"act\":\"reopen\",\"ecg\":%d,\"reason\":\"leads exchanged\"}", (int)n);
	g = get(s, n);
	assert_int_equal(g->reading, CHART_ECG_UNREAD);
	assert_null(g->stands);
	assert_int_equal(s->n, chart_applied(s->sql)); /* and all of it is there to be seen */
	unsigned acts = 0;
	for (const struct chart_ecg_act *x = g->acts; x; x = x->next)
		acts++;
	assert_int_equal(acts, 4 + ARRAY_LEN(nothing));
	both_agree(s);
	story_free(s);
}

static void who_was_second_is_told(void **state)
{
	struct story *s = house();
	uint64_t n = record(s, "ECG cart - | - | " PLAIN " | " JOHN);
	uint64_t first = act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"basis\":%d,\"statements\":[{\"text\":\"A\"}]}", (int)n, (int)n);
	act(s, "bob", "{\"act\":\"addend\",\"ecg\":%d,\"basis\":%d,\"text\":\"B\"}", (int)n, (int)n); /* made for what it was before */
	struct chart_ecg *g = get(s, n);
	assert_int_equal(g->reading, CHART_ECG_SIGNED);
	assert_int_equal(g->basis, first);
	assert_false(g->acts->next->counts);
	act(s, "bob", "{\"act\":\"share-open\",\"ecg\":%d,\"id\":\"x\"}", (int)n); /* nobody's reading is in the way of this, nor this in theirs */
	act(s, "bob", "{\"act\":\"addend\",\"ecg\":%d,\"basis\":%d,\"text\":\"B\"}", (int)n, (int)first);
	assert_int_equal(get(s, n)->reading, CHART_ECG_AMENDED);
	story_free(s);
}

static void nobody_signs_for_nobody(void **state)
{
	struct story *s = house();
	uint64_t n = record(s, "ECG cart - | - | " PLAIN);
	act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[]}", (int)n);
	assert_int_equal(get(s, n)->reading, CHART_ECG_UNREAD);
	act(s, "ada", "{\"act\":\"read\",\"ecg\":%d,\"statements\":[]}", (int)n);
	assert_int_equal(get(s, n)->reading, CHART_ECG_READING);
	act(s, "ada", MATCH, (int)n, "p0");
	act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)n);
	assert_int_equal(get(s, n)->reading, CHART_ECG_SIGNED);
	/* signed for the wrong one: the signature does not follow it to the next */
	act(s, "ada", "{\"act\":\"unmatch\",\"ecg\":%d,\"reason\":\"wrong patient\"}", (int)n);
	act(s, "ada", MATCH, (int)n, "p1");
	struct chart_ecg *g = get(s, n);
	assert_int_equal(g->reading, CHART_ECG_UNREAD);
	assert_null(g->stands);
	story_free(s);
}

/* ---- the list ---- */

static void list_is(struct story *s, enum chart_ecg_list list, const char *text, const char *patient, const uint64_t *want, size_t n)
{
	for (size_t max = 1; max <= 20; max += 19) { /* one at a time, and all at once */
		struct chart *both[2] = {s->sql, s->mem};
		for (size_t k = 0; k < 2; k++) {
			uint64_t next = CHART_NOW;
			size_t at = 0;
			do {
				struct chart_ecgs_ask q = {.list = list, .text = slice_str(text), .patient = slice_str(patient), .user = SLICE("ada"), .before = next, .max = max};
				struct chart_ecg *g;
				OK(chart_ecgs(both[k], &q, s->a, &g, &next, e));
				for (; g; g = g->next, at++) {
					assert_true(at < n);
					assert_int_equal(g->entry, want[at]);
				}
			} while (next != CHART_NOW);
			assert_int_equal(at, n);
		}
	}
}

static void what_comes_first(void **state)
{
	struct story *s = house();
	uint64_t plain = record(s, "ECG cart - | - | " PLAIN " | " JOHN), urgent = record(s, "ECG cart - | - | " PLAIN " priority=urgent | " JOHN), bad = record(s, "ECG cart - | - | ecg type=scp weight=urgent | " JOHN);
	uint64_t stat = record(s, "ECG cart - | - | " PLAIN " priority=stat | patient action=file name=SMITH^JOAN birth=1962-07-07"), later = record_from(s, "ecg/ada", "ECG cart - | - | " PLAIN " | " JOHN);
	list_is(s, CHART_ECG_TODO_UNREAD, "", "", (const uint64_t[]){stat, bad, urgent, plain, later}, 5);
	list_is(s, CHART_ECG_TODO_UNMATCHED, "", "", (const uint64_t[]){stat}, 1);
	list_is(s, CHART_ECG_LIST_ALL, "", "", (const uint64_t[]){later, stat, bad, urgent, plain}, 5);
	list_is(s, CHART_ECG_LIST_ALL, "joan", "", (const uint64_t[]){stat}, 1);
	list_is(s, CHART_ECG_LIST_ALL, "1001", "", (const uint64_t[]){later, bad, urgent, plain}, 4);
	list_is(s, CHART_ECG_LIST_ALL, "", "p0", (const uint64_t[]){later, bad, urgent, plain}, 4);
	list_is(s, CHART_ECG_LIST_MINE, "", "", (const uint64_t[]){later}, 1);
	act(s, "ada", "{\"act\":\"urgency\",\"ecg\":%d,\"urgency\":\"stat\",\"reason\":\"chest pain\"}", (int)later);
	act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)bad);
	act(s, "ada", "{\"act\":\"reject\",\"ecg\":%d,\"reason\":\"noise\"}", (int)stat);
	list_is(s, CHART_ECG_TODO_UNREAD, "", "", (const uint64_t[]){later, urgent, plain}, 3);
	list_is(s, CHART_ECG_TODO_UNMATCHED, "", "", NULL, 0);
	list_is(s, CHART_ECG_LIST_SIGNED, "", "", (const uint64_t[]){bad}, 1);
	act(s, "home", "{\"act\":\"review-request\",\"ecg\":%d,\"note\":\"again\"}", (int)bad);
	list_is(s, CHART_ECG_TODO_UNREAD, "", "", (const uint64_t[]){later, bad, urgent, plain}, 4);
	struct chart_ecg_counts n;
	OK(chart_ecg_counts(s->sql, &n, e));
	assert_int_equal(n.unread, 3);
	assert_int_equal(n.unmatched, 0);
	assert_int_equal(n.urgent, 2);
	assert_int_equal(n.review, 1);
	struct chart_ecg *others;
	OK(chart_ecg_others(s->sql, get(s, later), 10, s->a, &others, e));
	assert_non_null(others);
	story_free(s);
}

static void what_cannot_be_read_is_listed(void **state)
{
	struct story *s = house();
	uint64_t n = record(s, "ECG cart - | - | ecg via=upload weight=technical warning=cannot_be_read | patient action=claimed id=1001^HOSP birth=1957-03-12");
	struct told *t = story_keep(s); /* the reader died on it twice: nothing is known of it */
	t->en.kind = KIND_ECG;
	story_apply(s->sql, t);
	story_apply(s->mem, t);
	story_commit(s);
	assert_true(get(s, t->en.seq)->unreadable);
	list_is(s, CHART_ECG_TODO_UNREAD, "", "", (const uint64_t[]){n, t->en.seq}, 2);
	story_free(s);
}

/* ---- persons ---- */

static void a_merge_moves_it_and_an_unmerge_gives_it_back(void **state)
{
	struct story *s = house();
	uint64_t n = record(s, "ECG cart - | - | " PLAIN);
	act(s, "ada", MATCH, (int)n, "p1");
	tell(s, "ADT^A40 EHR@HOSP 2026-11-01T09:00 | 1001@HOSP:MR | identity action=merge other=1002^HOSP^MR time=2026-11-01T09:00");
	assert_int_equal(in_chart(s, "p0"), 1);
	assert_string_equal(get(s, n)->patient->id, "p0");
	act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)n);
	tell(s, "ADT^A37 EHR@HOSP 2026-11-01T09:10 | 1001@HOSP:MR | identity action=unmerge other=1002^HOSP^MR time=2026-11-01T09:10");
	assert_string_equal(get(s, n)->patient->id, "p1");
	assert_int_equal(in_chart(s, "p0"), 0);
	assert_int_equal(in_chart(s, "p1"), 1);
	both_agree(s);
	story_free(s);
}

/* ---- rebuilt and erased ---- */

static void worklist_of(struct chart *c, struct buf *out)
{
	struct arena *a = arena_new((size_t)256 << 20);
	static const enum chart_ecg_list lists[] = {CHART_ECG_TODO_UNREAD, CHART_ECG_TODO_UNMATCHED, CHART_ECG_LIST_SIGNED, CHART_ECG_LIST_ALL};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct chart_ecgs_ask q = {.list = lists[i], .before = CHART_NOW};
		struct chart_ecg *g;
		uint64_t next;
		struct jsonw w;
		OK(chart_ecgs(c, &q, a, &g, &next, e));
		for (; g; g = g->next) {
			jsonw_init(&w, out);
			chart_json_ecg(&w, g, true, NULL, NULL);
			buf_u8(out, '\n');
		}
	}
	arena_free(a);
}

static void busy(struct story *s)
{
	uint64_t a = record(s, "ECG cart - | - | " PLAIN " | " JOHN), b = record(s, "ECG cart - | - | " PLAIN " | patient action=file name=SMITH^JOAN"), c = record(s, "ECG cart - | - | " PLAIN " priority=stat");
	act(s, "ada", MATCH, (int)b, "p1");
	act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)a);
	act(s, "bob", "{\"act\":\"sign\",\"ecg\":%d,\"basis\":%d,\"statements\":[{\"text\":\"y\"}]}", (int)a, (int)a);
	act(s, "bob", "{\"act\":\"reject\",\"ecg\":%d,\"reason\":\"noise\"}", (int)c);
}

static void a_view_made_anew_says_the_same(void **state)
{
	struct story *s = house();
	AUTO_BUF struct buf x = {0}, y = {0};
	busy(s);
	buf_init(&x, 1 << 24);
	buf_init(&y, 1 << 24);
	worklist_of(s->sql, &x);
	story_all(s->sql, STORY_NOW, &x);
	OK(chart_bulk(s->sql, true, e));
	for (size_t i = 0; i < s->n; i++)
		story_apply(s->sql, &s->v[i]);
	OK(chart_commit(s->sql, e));
	OK(chart_bulk(s->sql, false, e));
	worklist_of(s->sql, &y);
	story_all(s->sql, STORY_NOW, &y);
	same_text(&x, &y, "rebuilt");
	buf_reset(&y);
	worklist_of(s->mem, &y);
	story_all(s->mem, STORY_NOW, &y);
	same_text(&x, &y, "memory");
	story_free(s);
}

static bool keeps(const struct chart_erasing *x, uint64_t entry)
{
	for (size_t i = 0; i < x->keep_n; i++)
		if (x->keep[i] == entry)
			return true;
	return false;
}

static void an_erasure_takes_a_recording_with_its_acts_or_leaves_both(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:00 | 1001@HOSP:MR | patient name=SMITH^JOHN birth=1957-03-12 sex=male");
	tell(s, "ADT^A08 EHR@HOSP 2026-11-01T08:01 | 1002@HOSP:MR | patient name=SMITH^JOAN birth=1962-07-07 sex=female");
	uint64_t used = record(s, "ECG cart - | - | " PLAIN " | " JOHN), gone = record(s, "ECG cart - | - | " PLAIN), waiting = record(s, "ECG cart - | - | " PLAIN), late = record(s, "ECG cart - | - | " PLAIN);
	uint64_t signature = act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)used);
	uint64_t match = act(s, "ada", MATCH, (int)gone, "p1"), sign = act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)gone);
	uint64_t match2 = act(s, "ada", MATCH, (int)late, "p1"), end = s->n;
	act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)late);
	tell(s, "ADT^A01 EHR@HOSP 2026-11-01T09:00 | 1001@HOSP:MR | patient name=SMITH^JOHN birth=1957-03-12 sex=male | visit action=admit visit=V1 class=inpatient location=3W^12^A time=2026-11-01T09:00");
	struct chart *both[2] = {s->sql, s->mem};
	for (size_t k = 0; k < 2; k++) {
		struct chart_erasing_options o = {.from = 0, .to = end, .active_since = s->n};
		struct chart_erasing x;
		OK(chart_erasing(both[k], &o, s->a, &x, e));
		assert_true(keeps(&x, used) && keeps(&x, signature));   /* of somebody who is in the house */
		assert_false(keeps(&x, gone) || keeps(&x, match) || keeps(&x, sign));
		assert_true(keeps(&x, waiting));                        /* nobody has looked at it yet */
		assert_true(keeps(&x, late) && keeps(&x, match2));      /* signed since */
		chart_erasing_done(&x);
	}
	story_free(s);
}

/* ---- sent back to the EHR ---- */

static uint64_t sent(struct story *s, uint64_t n, uint64_t version, const char *id, const char *to, const char *status, const char *patient)
{
	return act(s, "root", "{\"act\":\"delivering\",\"ecg\":%d,\"to\":\"%s\",\"controlId\":\"%s\",\"version\":%d,\"status\":\"%s\",\"patient\":\"%s\",\"message\":\"MSH|secret\"}", (int)n, to, id, (int)version, status, patient);
}

static void answered(struct story *s, uint64_t n, const char *id, const char *what)
{
	act(s, "root", "{\"act\":\"%s\",\"ecg\":%d,\"to\":\"EHR\",\"controlId\":\"%s\",\"ack\":\"AA\"}", what, (int)n, id);
}

static bool unconfirmed_too;
static void due(struct story *s, uint64_t n, const char *to, bool same_person, bool again, enum chart_due what, uint64_t version)
{
	struct chart_ecg *g = get(s, n);
	struct chart_ecg_delivery *list;
	struct chart_ecg_due d;
	OK(chart_ecg_deliveries(g, s->a, &list, e));
	chart_ecg_due(g, list, slice_str(to), same_person, again, unconfirmed_too, &d);
	if (d.what != what || (what != CHART_DUE_NOTHING && d.version != version))
		fail_msg("due %d of %d, want %d of %d", (int)d.what, (int)d.version, (int)what, (int)version);
}

static void what_is_due_of_a_signed_reading(void **state)
{
	struct story *s = house();
	uint64_t n = record(s, "ECG cart - | - | " PLAIN " | " JOHN);
	due(s, n, "EHR", true, false, CHART_DUE_NOTHING, 0); /* nobody has confirmed it */
	uint64_t sign = act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)n);
	due(s, n, "EHR", true, false, CHART_DUE_FINAL, sign);
	sent(s, n, sign, "E1", "EHR", "F", "p0");
	due(s, n, "EHR", true, false, CHART_DUE_SAME, sign); /* bytes may have gone out: those and no others */
	due(s, n, "OTHER", true, false, CHART_DUE_FINAL, sign);
	answered(s, n, "E9", "delivered"); /* of another one */
	due(s, n, "EHR", true, false, CHART_DUE_SAME, sign);
	answered(s, n, "E1", "delivered");
	due(s, n, "EHR", true, false, CHART_DUE_NOTHING, 0);
	due(s, n, "EHR", true, true, CHART_DUE_NOTHING, 0);
	assert_int_equal(get(s, n)->reading, CHART_ECG_SIGNED); /* and nothing of how it is read has changed */
	uint64_t addend = act(s, "bob", "{\"act\":\"addend\",\"ecg\":%d,\"text\":\"B\"}", (int)n);
	due(s, n, "EHR", true, false, CHART_DUE_CORRECTED, addend);
	sent(s, n, addend, "E2", "EHR", "C", "p0");
	answered(s, n, "E2", "delivery-refused");
	due(s, n, "EHR", true, false, CHART_DUE_NOTHING, 0); /* not by itself */
	due(s, n, "EHR", true, true, CHART_DUE_CORRECTED, addend);
	sent(s, n, addend, "E2.2", "EHR", "C", "p0");
	answered(s, n, "E2.2", "delivered");
	due(s, n, "EHR", true, true, CHART_DUE_NOTHING, 0);
	/* opened again: what was sent stands there until there is another signature */
	act(s, "ada", "{\"act\":\"reopen\",\"ecg\":%d,\"reason\":\"look again\"}", (int)n);
	due(s, n, "EHR", true, false, CHART_DUE_NOTHING, 0);
	sign = act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"y\"}]}", (int)n);
	due(s, n, "EHR", true, false, CHART_DUE_CORRECTED, sign);
	story_free(s);
}

static void what_went_to_the_wrong_patient_is_withdrawn_first(void **state)
{
	struct story *s = house();
	uint64_t n = record(s, "ECG cart - | - | " PLAIN " | " JOHN);
	uint64_t sign = act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)n);
	uint64_t first = sent(s, n, sign, "E1", "EHR", "F", "p0");
	answered(s, n, "E1", "delivered");
	act(s, "ada", "{\"act\":\"unmatch\",\"ecg\":%d,\"reason\":\"hers\"}", (int)n);
	due(s, n, "EHR", true, false, CHART_DUE_WITHDRAWN, first);
	due(s, n, "OTHER", true, false, CHART_DUE_NOTHING, 0); /* was never told */
	act(s, "ada", MATCH, (int)n, "p1");
	sign = act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)n);
	due(s, n, "EHR", false, false, CHART_DUE_WITHDRAWN, first);
	sent(s, n, first, "W1", "EHR", "X", "p0");
	due(s, n, "EHR", false, false, CHART_DUE_SAME, first);
	answered(s, n, "W1", "delivered");
	due(s, n, "EHR", false, false, CHART_DUE_FINAL, sign); /* of her it is the first */
	uint64_t second = sent(s, n, sign, "E3", "EHR", "F", "p1");
	answered(s, n, "E3", "delivered");
	due(s, n, "EHR", true, false, CHART_DUE_NOTHING, 0);
	act(s, "ada", "{\"act\":\"reopen\",\"ecg\":%d,\"reason\":\"noise\"}", (int)n);
	act(s, "ada", "{\"act\":\"reject\",\"ecg\":%d,\"reason\":\"noise\"}", (int)n);
	due(s, n, "EHR", true, false, CHART_DUE_WITHDRAWN, second); /* no reading any more */
	story_free(s);
}

static void deliveries_are_shown_without_their_bytes(void **state)
{
	struct story *s = house();
	uint64_t n = record(s, "ECG cart - | - | " PLAIN " | " JOHN);
	uint64_t sign = act(s, "ada", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"x\"}]}", (int)n);
	sent(s, n, sign, "E1", "EHR", "F", "p0");
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	chart_json_ecg(&w, get(s, n), true, NULL, NULL);
	assert_null(strstr(buf_cstr(&b), "secret"));
	assert_non_null(strstr(buf_cstr(&b), "\"controlId\":\"E1\",\"status\":\"F\",\"state\":\"unknown\",\"ack\":null"));
	answered(s, n, "E1", "delivered");
	buf_reset(&b);
	jsonw_init(&w, &b);
	chart_json_ecg(&w, get(s, n), true, NULL, NULL);
	assert_non_null(strstr(buf_cstr(&b), "\"state\":\"delivered\",\"ack\":\"AA\",\"answered\":"));
	story_free(s);
}

static void sent_as(struct story *s, uint64_t n, uint64_t version, const char *id, const char *status)
{
	act(s, "root", "{\"act\":\"delivering\",\"ecg\":%d,\"to\":\"EHR\",\"controlId\":\"%s\",\"version\":%d,\"status\":\"%s\",\"patient\":\"p0\"}", (int)n, id, (int)version, status);
	answered(s, n, id, "delivered");
}

static void unconfirmed_goes_once_and_is_final_when_signed(void **state)
{
	struct story *s = house();
	unconfirmed_too = true;
	uint64_t nobodys = record(s, "ECG cart - | - | " PLAIN), n = record(s, "ECG cart - | - | " PLAIN " | " JOHN);
	due(s, nobodys, "EHR", true, false, CHART_DUE_NOTHING, 0);
	due(s, n, "EHR", true, false, CHART_DUE_PRELIMINARY, n);
	sent_as(s, n, n, "P1", "P");
	due(s, n, "EHR", true, false, CHART_DUE_NOTHING, 0);
	due(s, n, "OTHER", true, false, CHART_DUE_PRELIMINARY, n);
	due(s, n, "EHR", false, false, CHART_DUE_WITHDRAWN, get(s, n)->acts->entry); /* of another person now */
	uint64_t sign = act(s, "bob", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[],\"basis\":%d}", (int)n, (int)n);
	due(s, n, "EHR", true, false, CHART_DUE_FINAL, sign);
	due(s, n, "OTHER", true, false, CHART_DUE_FINAL, sign);
	sent_as(s, n, sign, "F1", "F");
	act(s, "bob", "{\"act\":\"reopen\",\"ecg\":%d,\"reason\":\"other lead\",\"basis\":%d}", (int)n, (int)sign);
	due(s, n, "EHR", true, false, CHART_DUE_NOTHING, 0); /* what was final is not preliminary again */
	uint64_t other = record(s, "ECG cart - | - | " PLAIN " | " JOHN), rejected;
	sent_as(s, other, other, "P2", "P");
	rejected = act(s, "bob", "{\"act\":\"reject\",\"ecg\":%d,\"reason\":\"not readable\",\"basis\":%d}", (int)other, (int)other);
	assert_true(rejected > other);
	due(s, other, "EHR", true, false, CHART_DUE_WITHDRAWN, get(s, other)->acts->entry);
	unconfirmed_too = false;
	story_free(s);
}

/* ---- live strips ---- */

#define MINUTE(strip, time) "ECG cart - | - | ecg via=live type=wfdb group=" strip " time=2026-11-01T" time " seconds=60.000 rate=250"

static size_t listed(struct story *s, struct chart_ecgs_ask q, struct chart_ecg **ret)
{
	struct chart_ecg *g;
	uint64_t next;
	size_t n = 0, m = 0;
	q.before = CHART_NOW;
	OK(chart_ecgs(s->mem, &q, s->a, ret, &next, e));
	for (g = *ret; g; g = g->next)
		m++;
	OK(chart_ecgs(s->sql, &q, s->a, ret, &next, e));
	for (g = *ret; g; g = g->next)
		n++;
	assert_int_equal(n, m);
	return n;
}

static void a_strip_is_one_row_and_one_match(void **state)
{
	struct story *s = house();
	struct chart_ecg *g;
	const char *john = "p0";
	uint64_t one = record(s, MINUTE("S-1", "10:00:00")), two = record(s, MINUTE("S-1", "10:01:00")), twelve = record(s, "ECG cart - | - | " PLAIN);
	for (int i = 0; i < 8; i++)
		record(s, MINUTE("S-1", "10:02:00"));
	const struct chart_ecgs_ask all = {.list = CHART_ECG_LIST_ALL, .fold = true, .max = 3}, nobodys = {.list = CHART_ECG_TODO_UNMATCHED, .fold = true}, minutes = {.list = CHART_ECG_LIST_ALL, .strip = SLICE("S-1")};
	assert_int_equal(listed(s, all, &g), 2); /* it does not bury the others */
	assert_true(g->entry > twelve && g->strip.entries == 10 && g->strip.newest == g->entry && g->next->entry == twelve && !g->next->strip.id.n);
	assert_true(g->strip.to - g->strip.from == 3 * 60 * TIME_SEC);
	assert_int_equal(listed(s, nobodys, &g), 2);
	assert_int_equal(g->entry, one);
	assert_int_equal(listed(s, minutes, &g), 10);
	/* one minute alone is matched: nothing follows */
	act(s, "bob", "{\"act\":\"match\",\"ecg\":%d,\"patient\":\"%s\",\"identifiers\":[\"recordNumber\",\"birth\"]}", (int)g->entry, john);
	assert_null(get(s, record(s, MINUTE("S-1", "10:10:00")))->patient);
	/* the strip of it: what comes is his, of this strip and this sender */
	uint64_t last = record(s, MINUTE("S-1", "10:11:00"));
	uint64_t said = act(s, "bob", "{\"act\":\"match\",\"ecg\":%d,\"patient\":\"%s\",\"identifiers\":[\"recordNumber\",\"birth\"],\"strip\":\"S-1\",\"basis\":%d}", (int)last, john, (int)last);
	uint64_t next = record(s, MINUTE("S-1", "10:12:00"));
	g = get(s, next);
	assert_non_null(g->patient);
	assert_string_equal(g->patient->id, john);
	assert_true(slice_eq_str(g->matched_by, "bob") && g->acts && g->acts->entry == said && g->basis == next);
	assert_null(get(s, record(s, MINUTE("S-2", "10:13:00")))->patient);
	assert_null(get(s, record_from(s, "ecg/other", MINUTE("S-1", "10:13:00")))->patient);
	/* taken back of the newest of its own: nothing follows any more */
	uint64_t more = record(s, MINUTE("S-1", "10:14:00"));
	assert_null(get(s, more)->patient); /* another sender's minute stands between: nobody has said whose that is */
	act(s, "bob", "{\"act\":\"unmatch\",\"ecg\":%d,\"reason\":\"another bed\",\"basis\":%d}", (int)next, (int)next);
	assert_null(get(s, next)->patient);
	assert_null(get(s, two)->patient);
	assert_true(in_chart(s, john) == 1); /* two minutes of one strip */
	story_free(s);
}

static const struct fact *shown(struct story *s, const char *id, uint64_t entry)
{
	char number[24];
	snprintf(number, sizeof number, "%llu", (unsigned long long)entry);
	for (const struct fact_item *it = PAGE(s, id)->s[CHART_ECGS].items; it; it = it->next)
		if (it->state != FACT_DELETED && it->fact->kind == FACT_ECG && slice_eq_str(fact_part(fact_get(it->fact, FF_ID), FI_VALUE), number))
			return it->fact;
	return NULL;
}

/* How many events of a chart speak of recordings as such; what: a word of the first one's text. */
static unsigned on_timeline(struct story *s, const char *id, uint64_t before, size_t max, const char *what)
{
	struct chart_event *x, *y;
	unsigned n = 0, m = 0;
	const struct chart_moment now = {.end = CHART_NOW};
	OK(chart_timeline(s->sql, slice_str(id), now, before, max, s->a, &x, e));
	OK(chart_timeline(s->mem, slice_str(id), now, before, max, s->a, &y, e));
	for (; y; y = y->next)
		m += y->kind == KIND_ECG;
	for (; x; x = x->next) {
		if (x->kind != KIND_ECG)
			continue;
		if (!n++ && what && !memmem(x->text.p, x->text.n, what, strlen(what)))
			fail_msg("no '%s' in '%.*s'", what, SLICE_FMT(x->text));
	}
	assert_int_equal(n, m);
	return n;
}

#define HIS(time, rest) MINUTE("S-9", time) rest " | " JOHN
#define VT " weight=urgent statement=vt^ventricular_tachycardia^90^urgent"

static void a_strip_is_one_item_of_a_chart(void **state)
{
	struct story *s = house();
	const char *john = "p0";
	uint64_t one = record(s, HIS("10:00:00", " weight=normal statement=sr^sinus_rhythm^90^normal"));
	assert_true(slice_eq_str(fact_get(shown(s, john, one), FF_SECONDS), "60.000") && on_timeline(s, john, CHART_NOW, 50, "0:01:00") == 1);
	uint64_t at_one = record(s, HIS("10:01:00", " weight=normal")), urgent = record(s, HIS("10:02:00", VT));
	for (int i = 0; i < 5; i++)
		record(s, HIS("10:03:00", " weight=normal"));
	assert_int_equal(in_chart(s, john), 1);
	const struct fact *t = shown(s, john, one);
	assert_true(slice_eq_str(fact_get(t, FF_SECONDS), "240.000"));
	assert_true(slice_eq_str(fact_get(t, FF_WEIGHT), "urgent") && fact_count(t, FF_STATEMENT) == 2); /* what came in its third minute is not hidden */
	assert_int_equal(on_timeline(s, john, CHART_NOW, 50, "live strip of 0:04:00: sinus rhythm; ventricular tachycardia"), 1);
	assert_int_equal(on_timeline(s, john, urgent, 50, NULL), 0); /* not once a page */
	/* a minute that was signed is an item of its own, and asks for nobody any more */
	uint64_t signed_it = act(s, "bob", "{\"act\":\"sign\",\"ecg\":%d,\"statements\":[{\"text\":\"artefact\"}],\"basis\":%d}", (int)urgent, (int)urgent);
	assert_int_equal(in_chart(s, john), 2);
	assert_true(slice_eq_str(fact_get(shown(s, john, urgent), FF_STATUS), "final") && slice_eq_str(fact_get(shown(s, john, one), FF_WEIGHT), "normal") && slice_eq_str(fact_get(shown(s, john, one), FF_STATUS), "preliminary"));
	act(s, "bob", "{\"act\":\"reopen\",\"ecg\":%d,\"reason\":\"no artefact\",\"basis\":%d}", (int)urgent, (int)signed_it);
	assert_int_equal(in_chart(s, john), 1);
	assert_true(slice_eq_str(fact_get(shown(s, john, one), FF_WEIGHT), "urgent"));
	/* its first minute is rejected, or taken away: the next one stands for it */
	uint64_t rejected = act(s, "bob", "{\"act\":\"reject\",\"ecg\":%d,\"reason\":\"not readable\",\"basis\":%d}", (int)one, (int)one);
	assert_true(in_chart(s, john) == 1 && shown(s, john, at_one) && slice_eq_str(fact_get(shown(s, john, at_one), FF_SECONDS), "180.000"));
	act(s, "bob", "{\"act\":\"reopen\",\"ecg\":%d,\"reason\":\"readable\",\"basis\":%d}", (int)one, (int)rejected);
	assert_true(in_chart(s, john) == 1 && shown(s, john, one));
	struct chart_ecg_counts n;
	OK(chart_ecg_counts(s->sql, &n, e));
	assert_int_equal(n.unread, 1);
	assert_int_equal(n.urgent, 1);
	story_free(s);
}

/* Each minute as it stands: what a program does that takes back, or gives, the whole of a strip. */
static void all_of(struct story *s, const char *what)
{
	struct chart_ecg *g;
	const struct chart_ecgs_ask minutes = {.list = CHART_ECG_LIST_ALL, .strip = SLICE("S-9")};
	listed(s, minutes, &g);
	for (; g; g = g->next)
		if (!strcmp(what, "unmatch"))
			act(s, "bob", "{\"act\":\"unmatch\",\"ecg\":%d,\"reason\":\"cable of the next bed\",\"strip\":\"S-9\",\"basis\":%d}", (int)g->entry, (int)g->basis);
		else
			act(s, "bob", "{\"act\":\"match\",\"ecg\":%d,\"patient\":\"%s\",\"identifiers\":[\"recordNumber\",\"birth\"],\"strip\":\"S-9\",\"basis\":%d}", (int)g->entry, what, (int)g->basis);
}

static void a_strip_is_taken_back_and_given_to_another(void **state)
{
	struct story *s = house();
	struct chart_ecg_counts n;
	const char *john = "p0", *joan = "p1";
	uint64_t one = record(s, HIS("10:00:00", ""));
	record(s, HIS("10:01:00", ""));
	record(s, HIS("10:02:00", ""));
	all_of(s, "unmatch");
	assert_int_equal(in_chart(s, john), 0);
	assert_int_equal(on_timeline(s, john, CHART_NOW, 50, NULL), 0); /* an act, and no recording */
	OK(chart_ecg_counts(s->sql, &n, e));
	assert_int_equal(n.unmatched, 1);
	/* the device goes on saying what was wrong: nobody's */
	uint64_t next = record(s, HIS("10:03:00", ""));
	assert_null(get(s, next)->patient);
	assert_null(get(s, record(s, HIS("10:04:00", "")))->patient);
	all_of(s, joan);
	assert_string_equal(get(s, record(s, HIS("10:05:00", "")))->patient->id, joan);
	assert_true(in_chart(s, joan) == 1 && in_chart(s, john) == 0);
	assert_true(slice_eq_str(fact_get(shown(s, joan, one), FF_SECONDS), "360.000"));
	assert_int_equal(on_timeline(s, joan, CHART_NOW, 50, "0:06:00"), 1);
	/* another strip of the same device, which says who it is */
	assert_string_equal(get(s, record(s, MINUTE("S-8", "11:00:00") " | " JOHN))->patient->id, john);
	story_free(s);
}

static void how_far_a_strip_is_kept(void **state)
{
	struct story *s = house();
	struct chart_strip_kept k;
	const int64_t ten = INT64_C(1793527200) * TIME_SEC; /* 2026-11-01T10:00:00Z */
	OK(chart_strip_kept(s->sql, "abc", ten, 250, &k, e));
	assert_true(k.end == 0 && k.entries == 0);
	record(s, MINUTE("abc@1793527200000", "10:00:00Z"));
	uint64_t n = record(s, "ECG cart - | - | ecg via=live type=wfdb group=abc@1793527200000 time=2026-11-01T10:01:00.500Z seconds=20.004 rate=250");
	OK(chart_strip_kept(s->sql, "abc", ten, 250, &k, e));
	assert_true(k.end == 250 * 60 + 125 + 5001 && k.entries == 2 && k.newest == n);
	OK(chart_strip_kept(s->sql, "abc", ten + TIME_SEC, 250, &k, e)); /* of another beginning */
	assert_int_equal(k.entries, 0);
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_itself_only_where_identifiers_agree), cmocka_unit_test(unmatched_is_in_no_chart_until_somebody_says), cmocka_unit_test(matched_by_identifiers_until_somebody_looks),
		cmocka_unit_test(a_signature_is_changed_by_nothing_but_an_addend_or_reopening), cmocka_unit_test(who_was_second_is_told), cmocka_unit_test(nobody_signs_for_nobody), cmocka_unit_test(what_comes_first),
		cmocka_unit_test(what_cannot_be_read_is_listed), cmocka_unit_test(a_merge_moves_it_and_an_unmerge_gives_it_back), cmocka_unit_test(a_view_made_anew_says_the_same),
		cmocka_unit_test(an_erasure_takes_a_recording_with_its_acts_or_leaves_both), cmocka_unit_test(what_is_due_of_a_signed_reading), cmocka_unit_test(what_went_to_the_wrong_patient_is_withdrawn_first),
		cmocka_unit_test(deliveries_are_shown_without_their_bytes), cmocka_unit_test(unconfirmed_goes_once_and_is_final_when_signed), cmocka_unit_test(a_strip_is_one_row_and_one_match),
		cmocka_unit_test(a_strip_is_one_item_of_a_chart), cmocka_unit_test(a_strip_is_taken_back_and_given_to_another), cmocka_unit_test(how_far_a_strip_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
