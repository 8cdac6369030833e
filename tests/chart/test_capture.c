/* What was captured in charts: under whom, marked captured, corrected and taken back exactly; the list of items, with how they stand on their way back. SQLite, memory, grown and rebuilt say the same. */
#include "story.h"
#include "downtime.h"

#define MRN "4711@HOSP:MR"

static uint64_t capture(struct story *s, const char *json)
{
	const char *was = s->source;
	s->source = "capture/W3K7";
	uint64_t n = tell_json(s, KIND_CAPTURE, json);
	s->source = was;
	return n;
}

static struct story *ward(void)
{
	struct story *s = story_new();
	tell(s, "ADT^A01 ehr 2026-11-01T07:00:00Z | " MRN " | patient name=Smith^John birth=1957-03-12 sex=male | visit action=admit time=2026-11-01T07:00:00Z visit=V1@HOSP class=inpatient location=3W^12^A");
	tell(s, "ADT^A01 ehr 2026-11-01T07:05:00Z | 4712@HOSP:MR | patient name=Smith^Joan birth=1961-01-02 sex=female | visit action=admit time=2026-11-01T07:05:00Z visit=V2@HOSP class=inpatient location=3W^12^B");
	tell(s, "RAS^O17 ehr 2026-11-01T07:10:00Z | " MRN " | medication-administration group=R1@EHR status=completed code=^^^^^^Morphine time=2026-11-01T07:10:00Z dose=5");
	return s;
}

static const struct fact_item *only(struct story *s, const char *id, enum chart_section_id section, const char *value)
{
	const struct fact_item *found = NULL;
	for (const struct fact_item *i = PAGE(s, id)->s[section].items; i; i = i->next)
		if (i->state == FACT_CURRENT && i->origin == FACT_CAPTURED && (!value || slice_eq_str(fact_get(i->fact, FF_VALUE), value))) {
			assert_null(found);
			found = i;
		}
	return found;
}

static struct chart_capture *captured_item(struct story *s, const char *id)
{
	struct chart_capture *x, *y;
	AUTO_BUF struct buf a = {0}, b = {0};
	struct jsonw w;
	OK(chart_capture_by_id(s->sql, slice_str(id), s->a, &x, e));
	OK(chart_capture_by_id(s->mem, slice_str(id), s->a, &y, e));
	buf_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &a);
	chart_json_capture(&w, x, true);
	jsonw_init(&w, &b);
	chart_json_capture(&w, y, true);
	same_text(&a, &b, "both stores");
	return x;
}

static unsigned captured(struct story *s, const char *id, enum chart_section_id section)
{
	unsigned n = 0;
	for (const struct fact_item *i = PAGE(s, id)->s[section].items; i; i = i->next)
		n += i->state == FACT_CURRENT && i->origin == FACT_CAPTURED;
	return n;
}

#define AT "\"unit\":\"3W\",\"occurred\":\"2026-11-01T08:00\",\"by\":\"a.keller\""
#define VITALS(id, who, more) "{\"id\":\"" id "\",\"patient\":\"" who "\",\"kind\":\"vitals\"," AT ",\"values\":{" more "}}"

static void it_stands_in_the_patients_chart(void **state)
{
	struct story *s = ward();
	capture(s, VITALS("W3K7-1", "4711", "\"bp\":\"120/80\",\"pulse\":72"));
	assert_int_equal(captured(s, "p0", CHART_VITALS), 3);
	const struct fact_item *i = only(s, "p0", CHART_VITALS, "72");
	assert_non_null(i);
	assert_true(slice_eq_str(fact_get(i->fact, FF_TIME), "2026-11-01T08:00:00+00:00"));
	assert_true(slice_eq_str(i->feed, "capture/W3K7"));
	capture(s, "{\"id\":\"W3K7-2\",\"patient\":\"p0\",\"kind\":\"medication-given\"," AT ",\"identifiers\":[\"birth\",\"family\"],\"values\":{\"drug\":\"Morphine\",\"dose\":\"5.0\",\"unit\":\"mg\",\"order\":\"R1\"}}");
	assert_int_equal(captured(s, "p0", CHART_ADMINISTRATIONS), 1);
	assert_int_equal(PAGE(s, "p0")->s[CHART_ADMINISTRATIONS].count, 2); /* the fed one beside it, as it was */
	assert_int_equal(captured_item(s, "W3K7-2")->flags, 0);
	assert_string_equal(captured_item(s, "W3K7-2")->person, "p0");
	assert_int_equal(captured_item(s, "W3K7-2")->owner, OWNER_PHARMACY);
	story_free(s);
}

static void a_correction_takes_its_place(void **state)
{
	struct story *s = ward();
	capture(s, VITALS("W3K7-1", "4711", "\"bp\":\"120/80\",\"pulse\":72"));
	capture(s, "{\"id\":\"W3K7-2\",\"replaces\":\"W3K7-1\",\"patient\":\"4711\",\"kind\":\"vitals\"," AT ",\"reason\":\"misread\",\"values\":{\"bp\":\"130/80\"}}");
	assert_int_equal(captured(s, "p0", CHART_VITALS), 2); /* the pulse was not said again */
	assert_non_null(only(s, "p0", CHART_VITALS, "130"));
	assert_non_null(only(s, "p0", CHART_VITALS, "130")->history);
	assert_int_equal(captured_item(s, "W3K7-1")->back.state, BACK_SUPERSEDED);
	assert_int_equal(captured_item(s, "W3K7-1")->replaced_by, captured_item(s, "W3K7-2")->entry);
	/* the wrong patient: it leaves that chart, whichever of the line is named */
	capture(s, "{\"id\":\"W3K7-3\",\"replaces\":\"W3K7-1\",\"patient\":\"4712\",\"kind\":\"vitals\"," AT ",\"values\":{\"bp\":\"130/80\"}}");
	assert_int_equal(captured(s, "p0", CHART_VITALS), 0);
	assert_int_equal(captured(s, "p1", CHART_VITALS), 2);
	assert_true(slice_eq_str(captured_item(s, "W3K7-3")->root, "W3K7-1"));
	/* and withdrawn */
	capture(s, "{\"id\":\"W3K7-4\",\"replaces\":\"W3K7-3\",\"withdraw\":true,\"patient\":\"4712\",\"kind\":\"vitals\"," AT ",\"reason\":\"another ward's\"}");
	assert_int_equal(captured(s, "p1", CHART_VITALS), 0);
	assert_int_equal(captured_item(s, "W3K7-4")->back.state, BACK_SUPERSEDED);
	story_free(s);
}

static void a_temporary_number_is_merged_and_given_back(void **state)
{
	struct story *s = ward();
	capture(s, "{\"id\":\"W3K7-1\",\"patient\":\"T-0001\",\"kind\":\"registration\"," AT ",\"values\":{\"family\":\"王\",\"given\":\"小明\",\"sex\":\"M\",\"class\":\"emergency\"}}");
	capture(s, VITALS("W3K7-2", "T-0001", "\"pulse\":99"));
	const char *temporary = captured_item(s, "W3K7-2")->person;
	assert_string_equal(temporary, captured_item(s, "W3K7-1")->person);
	assert_string_not_equal(temporary, "p0");
	assert_true(slice_eq_str(PAGE(s, temporary)->idents[0].assigner, "DOWNTIME"));
	assert_true(slice_eq_str(PAGE(s, temporary)->place.unit, "3W"));
	assert_non_null(only(s, temporary, CHART_VITALS, "99"));
	tell_json(s, KIND_IDENTITY, "{\"op\":\"merge\",\"of\":\"T-0001@DOWNTIME\",\"into\":\"4711@HOSP\",\"reason\":\"he could say his name\",\"by\":\"r\"}");
	assert_non_null(only(s, "p0", CHART_VITALS, "99"));
	assert_string_equal(captured_item(s, "W3K7-2")->person, "p0");
	story_free(s);
}

static void a_number_of_several_is_nobodys_guess(void **state)
{
	struct story *s = ward();
	tell(s, "ADT^A01 clinic 2026-11-01T07:00:00Z | 4711@CLINIC:MR | patient name=Roy^Ada birth=1990-03-12 sex=female");
	capture(s, VITALS("W3K7-1", "4711", "\"pulse\":61"));
	assert_true(captured_item(s, "W3K7-1")->flags & CHART_CAPTURE_SEVERAL_PERSONS);
	assert_null(only(s, "p0", CHART_VITALS, "61"));
	capture(s, VITALS("W3K7-2", "4711@CLINIC", "\"pulse\":62"));
	assert_int_equal(captured_item(s, "W3K7-2")->flags, 0);
	assert_string_equal(captured_item(s, "W3K7-2")->person, "p3");
	story_free(s);
}

static void accepted_once_and_acts_folded(void **state)
{
	struct story *s = ward();
	capture(s, VITALS("W3K7-1", "4711", "\"pulse\":61"));
	capture(s, VITALS("W3K7-1", "4711", "\"pulse\":62"));
	assert_int_equal(captured(s, "p0", CHART_VITALS), 1);
	tell_json(s, KIND_BACKLOAD, "{\"act\":\"made\",\"item\":\"W3K7-1\",\"to\":\"10.0.0.1:2575\",\"controlId\":\"HFA1\"}\nMSH|...");
	assert_int_equal(captured_item(s, "W3K7-1")->back.state, BACK_SENT_UNKNOWN);
	assert_string_equal(captured_item(s, "W3K7-1")->back.control_id, "HFA1");
	tell_json(s, KIND_BACKLOAD, "{\"act\":\"answer\",\"item\":\"W3K7-1\",\"controlId\":\"HFA1\",\"ack\":\"AA\"}");
	tell_json(s, KIND_BACKLOAD, "{\"act\":\"answer\",\"item\":\"W3K7-1\",\"controlId\":\"HFA1\",\"ack\":\"AE\"}");
	struct chart_capture *x = captured_item(s, "W3K7-1");
	assert_int_equal(x->back.state, BACK_FILED);
	assert_true(x->acts->counts && x->acts->next->counts && !x->acts->next->next->counts);
	/* corrected after it was filed: the correction is to be sent, too */
	capture(s, "{\"id\":\"W3K7-2\",\"replaces\":\"W3K7-1\",\"patient\":\"4711\",\"kind\":\"vitals\"," AT ",\"values\":{\"pulse\":63}}");
	assert_int_equal(captured_item(s, "W3K7-1")->back.state, BACK_FILED);
	assert_int_equal(captured_item(s, "W3K7-2")->back.state, BACK_OPEN);
	struct chart_capture_counts n;
	OK(chart_capture_counts(s->sql, &n, e));
	assert_true(n.n[OWNER_NURSING][BACK_FILED] == 1 && n.n[OWNER_NURSING][BACK_OPEN] == 1);
	struct chart_capture *list;
	uint64_t next;
	struct chart_captures_ask q = {.owner = -1, .state = -1, .kind = -1, .unsettled = true};
	OK(chart_captures(s->sql, &q, s->a, &list, &next, e));
	assert_true(list && !list->next && slice_eq_str(list->id, "W3K7-2") && next == CHART_NOW);
	q = (struct chart_captures_ask){.owner = -1, .state = -1, .kind = -1, .max = 1, .patient = SLICE("4711")};
	OK(chart_captures(s->mem, &q, s->a, &list, &next, e));
	assert_true(list && slice_eq_str(list->id, "W3K7-1") && next != CHART_NOW);
	q.from = next;
	OK(chart_captures(s->mem, &q, s->a, &list, &next, e));
	assert_true(list && slice_eq_str(list->id, "W3K7-2") && next == CHART_NOW);
	story_free(s);
}

static void beds_move_and_come_back(void **state)
{
	struct story *s = ward();
	capture(s, "{\"id\":\"W3K7-1\",\"patient\":\"4711\",\"kind\":\"transfer\"," AT ",\"values\":{\"bed\":\"ICU^1^2\"}}");
	assert_true(slice_eq_str(PAGE(s, "p0")->place.unit, "ICU") && slice_eq_str(PAGE(s, "p0")->place.bed, "2"));
	assert_int_equal(PAGE(s, "p0")->visit->origin, FACT_CAPTURED);
	capture(s, "{\"id\":\"W3K7-2\",\"patient\":\"4711\",\"kind\":\"cancel\"," AT ",\"values\":{\"of\":\"W3K7-1\"}}");
	assert_true(slice_eq_str(PAGE(s, "p0")->place.unit, "3W"));
	story_free(s);
}

static void what_cannot_be_read_is_listed(void **state)
{
	struct story *s = ward();
	uint64_t n = capture(s, "{\"v\":2,\"id\":\"W3K7-1\",\"kind\":\"hologram\"}");
	struct chart_capture *x;
	OK(chart_capture(s->sql, n, s->a, &x, e));
	assert_true(x->flags & CHART_CAPTURE_UNREADABLE && x->back.state == BACK_OPEN);
	story_free(s);
}

static void list_of(struct chart *c, struct buf *out)
{
	struct arena *a = arena_new((size_t)1 << 28);
	struct chart_captures_ask q = {.owner = -1, .state = -1, .kind = -1, .patients = true, .acts = true};
	struct chart_capture *x;
	uint64_t next;
	OK(chart_captures(c, &q, a, &x, &next, e));
	for (; x; x = x->next) {
		struct jsonw w;
		jsonw_init(&w, out);
		chart_json_capture(&w, x, true);
		buf_u8(out, '\n');
	}
	story_all(c, STORY_NOW, out);
	arena_free(a);
}

static void same_rebuilt(struct story *s)
{
	AUTO_BUF struct buf x = {0}, y = {0};
	buf_init(&x, 1 << 24);
	buf_init(&y, 1 << 24);
	list_of(s->sql, &x);
	OK(chart_bulk(s->sql, true, e));
	for (size_t i = 0; i < s->n; i++)
		story_apply(s->sql, &s->v[i]);
	OK(chart_commit(s->sql, e));
	OK(chart_bulk(s->sql, false, e));
	list_of(s->sql, &y);
	same_text(&x, &y, "rebuilt");
	buf_reset(&y);
	list_of(s->mem, &y);
	same_text(&x, &y, "memory");
}

static void a_view_made_anew_says_the_same(void **state)
{
	struct story *s = ward();
	capture(s, VITALS("W3K7-1", "4711", "\"bp\":\"120/80\",\"pulse\":72"));
	capture(s, "{\"id\":\"W3K7-2\",\"replaces\":\"W3K7-1\",\"patient\":\"4712\",\"kind\":\"vitals\"," AT ",\"values\":{\"bp\":\"130/80\"}}");
	capture(s, "{\"id\":\"W3K7-3\",\"patient\":\"T-0001\",\"kind\":\"registration\"," AT ",\"values\":{\"unresponsive\":true,\"description\":\"man, about 60\"}}");
	capture(s, "{\"id\":\"W3K7-4\",\"patient\":\"T-0001\",\"kind\":\"order\"," AT ",\"values\":{\"drug\":\"Heparin\",\"dose\":\"5000\",\"unit\":\"[iU]\",\"frequency\":\"Q6H\"}}");
	capture(s, "{\"id\":\"W3K7-5\",\"patient\":\"T-0001\",\"kind\":\"order\"," AT ",\"values\":{\"category\":\"medication\",\"stop\":\"W3K7-4\"}}");
	tell_json(s, KIND_BACKLOAD, "{\"act\":\"made\",\"item\":\"W3K7-2\",\"to\":\"x:1\",\"controlId\":\"HFA1\"}");
	const struct fact_item *o = PAGE(s, captured_item(s, "W3K7-4")->person)->s[CHART_MEDICATIONS].items;
	assert_true(o && !o->next && slice_eq_str(fact_get(o->fact, FF_STATUS), "stopped") && slice_eq_str(fact_get(o->fact, FF_DOSE), "5000"));
	same_rebuilt(s);
	story_free(s);
}

static bool keeps(const struct chart_erasing *x, uint64_t entry)
{
	for (size_t i = 0; i < x->keep_n; i++)
		if (x->keep[i] == entry)
			return true;
	return false;
}

/* ---- what comes back in the EHR's feed ---- */

#define GIVEN(id, dose, more) "{\"id\":\"" id "\"," more "\"patient\":\"4711\",\"kind\":\"given\"," AT ",\"identifiers\":[\"birth\",\"family\"],\"values\":{\"drug\":\"Heparin\",\"dose\":\"" dose "\",\"unit\":\"mg\"}}"
#define FED(time, dose) "RAS^O17 ehr " time " | " MRN " | medication-administration group=W3K7-1^HOLDFAST placer=W3K7-1^HOLDFAST status=completed code=^^^^^^Heparin time=2026-11-01T08:00:00Z dose=" dose " dose-unit=mg"

struct doses {
	unsigned fed, captured, current, notes;
	const struct fact_item *first; /* the fed one */
	bool review;
};

static struct doses doses_of(struct story *s)
{
	struct doses d = {0};
	struct chart_patient *p = PAGE(s, "p0");
	for (const struct fact_item *i = p->s[CHART_ADMINISTRATIONS].items; i; i = i->next) {
		if (!slice_eq_str(fact_part(fact_get(i->fact, FF_CODE), FC_TEXT), "Heparin") || i->state != FACT_CURRENT)
			continue;
		d.current++;
		d.fed += i->origin == FACT_FED;
		d.captured += i->origin == FACT_CAPTURED;
		d.notes += fact_count(i->fact, FF_TEXT) != 0;
		d.first = i->origin == FACT_FED ? i : d.first;
	}
	for (const struct chart_review *r = p->review; r; r = r->next)
		d.review = d.review || !strcmp(r->what, "echo-differs");
	return d;
}

static void an_echo_is_the_same_dose_once(void **state)
{
	struct story *s = ward();
	uint64_t n = capture(s, GIVEN("W3K7-1", "5.0", ""));
	assert_int_equal(doses_of(s).captured, 1);
	tell(s, FED("2026-11-02T08:00:00Z", "5"));
	struct doses d = doses_of(s);
	assert_true(d.fed == 1 && d.captured == 0 && d.first->captured == n && !d.first->captured_differs && !d.review);
	struct slice said = fact_get(d.first->fact, FF_TEXT);
	assert_true(slice_starts(said, "captured here first at 2026-11-01T08:00:00+00:00, by a.keller, entry "));
	const struct fact_item *kept = PAGE(s, "p0")->s[CHART_ADMINISTRATIONS].items;
	while (kept && kept->origin != FACT_CAPTURED)
		kept = kept->next;
	assert_true(kept && kept->state == FACT_REPLACED && kept->entry == n); /* it stays, as history */
	/* another's number, or the same number of something else: nothing of ours */
	tell(s, "RAS^O17 ehr 2026-11-02T09:00:00Z | " MRN " | medication-administration group=W3K7-1^EHR placer=W3K7-1^EHR status=completed code=^^^^^^Heparin time=2026-11-02T08:00:00Z dose=5");
	assert_int_equal(doses_of(s).fed, 2);
	same_rebuilt(s);
	story_free(s);
}

static void an_echo_that_differs_is_loud(void **state)
{
	struct story *s = ward();
	capture(s, GIVEN("W3K7-1", "5", ""));
	tell(s, FED("2026-11-02T08:00:00Z", "50"));
	struct doses d = doses_of(s);
	assert_true(d.fed == 1 && d.captured == 1 && d.review && d.notes == 2 && d.first->captured_differs);
	assert_non_null(strstr(arena_strdup(s->a, fact_get(d.first->fact, FF_TEXT)), "the dose, there 50, here 5"));
	/* it is put right there */
	tell(s, "RAS^O17 ehr 2026-11-02T09:00:00Z | " MRN " | medication-administration group=W3K7-1^HOLDFAST placer=W3K7-1^HOLDFAST status=completed code=^^^^^^Heparin time=2026-11-01T08:00:00Z dose=5 dose-unit=mg");
	d = doses_of(s);
	assert_true(d.current == 1 && d.fed == 1 && !d.review);
	/* and taken back here: the EHR still has it */
	capture(s, "{\"id\":\"W3K7-2\",\"replaces\":\"W3K7-1\",\"withdraw\":true,\"patient\":\"4711\",\"kind\":\"given\"," AT ",\"reason\":\"another's\"}");
	d = doses_of(s);
	assert_true(d.current == 1 && d.fed == 1 && d.review && slice_starts(fact_get(d.first->fact, FF_TEXT), "TAKEN BACK here"));
	story_free(s);
}

/* vitals by their codes, through the report that bears the number; an order by its own */
static void echoes_of_many_parts(void **state)
{
	struct story *s = ward();
	capture(s, VITALS("W3K7-1", "4711", "\"bp\":\"120/80\",\"pulse\":72"));
	capture(s, "{\"id\":\"W3K7-2\",\"patient\":\"4711\",\"kind\":\"order\"," AT ",\"identifiers\":[\"birth\",\"family\"],\"values\":{\"category\":\"laboratory\",\"what\":\"CRP\",\"number\":\"REQ-7\"}}");
	tell(s, "ORU^R01 ehr 2026-11-02T08:00:00Z | " MRN " | report id=F9^EHR placer=W3K7-1^HOLDFAST filler=F9^EHR status=final code=85353-1^Vitals^LN"
	        " | result group=F9^EHR code=8480-6^Systolic^LN value=120 unit=mmHg status=final time=2026-11-01T08:00:30Z | result group=F9^EHR code=8867-4^Rate^LN value=27 unit=/min status=final time=2026-11-01T08:00:00Z");
	tell(s, "OMG^O19 ehr 2026-11-02T08:00:00Z | " MRN " | order id=REQ-7^HOLDFAST placer=REQ-7^HOLDFAST filler=L1^EHR code=^^^^^^CRP status=active");
	unsigned fed = 0, own = 0, differ = 0, orders = 0;
	for (const struct fact_item *i = PAGE(s, "p0")->s[CHART_VITALS].items; i; i = i->next)
		if (i->state == FACT_CURRENT) {
			fed += i->origin == FACT_FED;
			own += i->origin == FACT_CAPTURED;
			differ += i->captured_differs;
		}
	assert_true(fed == 2 && own == 2 && differ == 2); /* the systolic once; the rate as both; the diastolic is not there yet */
	for (const struct fact_item *i = PAGE(s, "p0")->s[CHART_ORDERS].items; i; i = i->next)
		orders += i->state == FACT_CURRENT;
	assert_int_equal(orders, 1);
	story_free(s);
}

/* Item, correction, echo of the one, echo of the other, acts: in any order that can be, the page is the same. */
static void whatever_the_order_of_echoes(void **state)
{
	static const char *const what[] = {"item", "corrected", "echo", "echo corrected", "made", "answered", "echo act"};
	enum { N = 7 };
	unsigned order[N], tried = 0;
	srand(7);
	while (tried < 120) {
		unsigned at[N];
		for (unsigned i = 0; i < N; i++)
			order[i] = i;
		for (unsigned i = N; i-- > 1;) {
			unsigned k = (unsigned)rand() % (i + 1), t = order[i];
			order[i] = order[k];
			order[k] = t;
		}
		for (unsigned i = 0; i < N; i++)
			at[order[i]] = i;
		if (at[0] > at[1] || at[4] > at[5]) /* what nobody can say before */
			continue;
		tried++;
		struct story *s = ward();
		for (unsigned i = 0; i < N; i++)
			switch (order[i]) {
			case 0: capture(s, GIVEN("W3K7-1", "5", "")); break;
			case 1: capture(s, GIVEN("W3K7-2", "6", "\"replaces\":\"W3K7-1\",")); break;
			case 2: tell(s, FED("2026-11-02T08:00:00Z", "5")); break;
			case 3: tell(s, FED("2026-11-02T09:00:00Z", "6")); break;
			case 4: tell_json(s, KIND_BACKLOAD, "{\"act\":\"made\",\"item\":\"W3K7-1\",\"to\":\"x:1\",\"controlId\":\"HFA1\"}"); break;
			case 5: tell_json(s, KIND_BACKLOAD, "{\"act\":\"answer\",\"item\":\"W3K7-1\",\"controlId\":\"HFA1\",\"ack\":\"AA\"}"); break;
			case 6: tell_json(s, KIND_BACKLOAD, "{\"act\":\"echo\",\"item\":\"W3K7-1\",\"entry\":\"1\"}"); break;
			}
		struct doses d = doses_of(s);
		if (!(d.current == 1 && d.fed == 1 && !d.review && d.first->captured && slice_eq_str(fact_get(d.first->fact, FF_DOSE), "6")))
			fail_msg("%s, %s, %s, %s, %s, %s, %s: %u fed, %u captured", what[order[0]], what[order[1]], what[order[2]], what[order[3]], what[order[4]], what[order[5]], what[order[6]], d.fed, d.captured);
		story_free(s);
	}
}

static void an_erasure_leaves_what_is_not_settled(void **state)
{
	struct story *s = story_new();
	tell(s, "ADT^A08 ehr 2026-11-01T07:00:00Z | " MRN " | patient name=Smith^John birth=1957-03-12 sex=male");
	tell(s, "ADT^A08 ehr 2026-11-01T07:00:00Z | 4712@HOSP:MR | patient name=Roy^Ada birth=1990-03-12 sex=female");
	uint64_t open = capture(s, VITALS("W3K7-1", "4711", "\"pulse\":61")), filed = capture(s, VITALS("W3K7-2", "4711", "\"pulse\":62")), hers = capture(s, VITALS("W3K7-3", "4712", "\"pulse\":63"));
	uint64_t act[4];
	for (int i = 0; i < 2; i++) {
		char json[200];
		snprintf(json, sizeof json, "{\"act\":\"made\",\"item\":\"W3K7-%d\",\"to\":\"x\",\"controlId\":\"HF%d\"}", i + 2, i);
		act[2 * i] = tell_json(s, KIND_BACKLOAD, json);
		snprintf(json, sizeof json, "{\"act\":\"answer\",\"item\":\"W3K7-%d\",\"controlId\":\"HF%d\",\"ack\":\"AA\"}", i + 2, i);
		act[2 * i + 1] = tell_json(s, KIND_BACKLOAD, json);
	}
	uint64_t end = s->n;
	tell(s, "ADT^A01 ehr 2026-11-01T09:00 | 4712@HOSP:MR | patient name=Roy^Ada birth=1990-03-12 sex=female | visit action=admit visit=V1 class=inpatient location=3W^12^A time=2026-11-01T09:00");
	struct chart *both[2] = {s->sql, s->mem};
	for (size_t k = 0; k < 2; k++) {
		struct chart_erasing_options o = {.from = 0, .to = end, .active_since = s->n};
		struct chart_erasing x;
		OK(chart_erasing(both[k], &o, s->a, &x, e));
		assert_true(keeps(&x, open));                                               /* it was never brought back */
		assert_false(keeps(&x, filed) || keeps(&x, act[0]) || keeps(&x, act[1]));
		assert_true(keeps(&x, hers) && keeps(&x, act[2]) && keeps(&x, act[3]));     /* of somebody who is in the house */
		chart_erasing_done(&x);
	}
	story_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_stands_in_the_patients_chart), cmocka_unit_test(a_correction_takes_its_place), cmocka_unit_test(a_temporary_number_is_merged_and_given_back), cmocka_unit_test(a_number_of_several_is_nobodys_guess),
		cmocka_unit_test(accepted_once_and_acts_folded), cmocka_unit_test(beds_move_and_come_back), cmocka_unit_test(what_cannot_be_read_is_listed), cmocka_unit_test(a_view_made_anew_says_the_same), cmocka_unit_test(an_erasure_leaves_what_is_not_settled),
		cmocka_unit_test(an_echo_is_the_same_dose_once), cmocka_unit_test(an_echo_that_differs_is_loud), cmocka_unit_test(echoes_of_many_parts), cmocka_unit_test(whatever_the_order_of_echoes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
