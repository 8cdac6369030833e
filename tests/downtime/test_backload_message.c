/* Every kind of captured item as the message that takes it back, byte for byte as it was looked at against v2.5.1, and read by our own reader: what it says is what the item said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "downtime.h"
#include "hl7.h"

#include <stdio.h>
#include <stdlib.h>

struct made {
	struct arena *a;
	struct capture c, of;
	struct backload_message m;
	struct fact_ident idents[2];
	struct buf b;
	struct err e;
	int r;
	struct hl7_msg back;
	struct facts f;
};

static void read_item(struct made *x, const char *line, struct capture *ret)
{
	if (capture_read(slice_str(line), x->a, ret, &x->e) < 0)
		fail_msg("%s: %s: %s", line, x->e.place, x->e.text);
}

static void setup(struct made *x)
{
	*x = (struct made){.a = arena_new((size_t)64 << 20)};
	buf_init(&x->b, (size_t)8 << 20);
	x->idents[0] = (struct fact_ident){SLICE("4711"), SLICE("GAB"), SLICE("MR")};
	x->idents[1] = (struct fact_ident){SLICE("W3K7-00001X"), SLICE(DOWNTIME_ASSIGNER), SLICE("")};
	x->m = (struct backload_message){.version = "2.5.1", .sending_app = SLICE("HOLDFAST"), .sending_fac = SLICE("St. G & S"), .receiving_app = SLICE("EHR"), .control_id = SLICE("HF1234500000001"), .time = INT64_C(1795317125) * TIME_SEC,
		.zone_minutes = 60, .idents = x->idents, .ident_count = 1, .received = INT64_C(1795317125) * TIME_SEC};
}

static void clear(struct made *x)
{
	buf_done(&x->b);
	arena_free(x->a);
}

/* The message without MSH , CR as LF. */
static const char *write_it(struct made *x, const char *line)
{
	read_item(x, line, &x->c);
	x->m.number = x->c.id;
	buf_reset(&x->b);
	x->r = backload_message(&x->c, &x->m, &x->b, &x->e);
	if (x->r < 0)
		return "";
	if (hl7_parse(arena_dup(x->a, buf_slice(&x->b)), x->a, &x->back, NULL, 0, NULL, &x->e) < 0)
		fail_msg("%s: not read back: %s", line, x->e.text);
	facts_init(&x->f, x->a);
	hl7_facts(&x->back, &x->f);
	if (x->f.uninterpreted || x->f.problems)
		fail_msg("%s: read back with %u problems: %s", line, x->f.problems, buf_cstr(&x->b));
	char *s = arena_strdup(x->a, buf_slice(&x->b));
	for (char *p = s; *p; p++)
		if (*p == '\r')
			*p = '\n';
	return strchr(s, '\n') + 1;
}

#define ITEM(kind, rest) "{\"v\":1,\"id\":\"W3K7-000123\",\"unit\":\"3W\",\"patient\":\"4711@GAB\",\"kind\":\"" kind "\",\"occurred\":\"2026-11-22T03:12\",\"recorded\":\"2026-11-22T05:00:10+01:00\",\"by\":\"a.keller\",\"on_behalf_of\":\"Dr. Roy\"" rest "}"
#define SAID "Written down during downtime by a.keller on behalf of Dr. Roy, unit 3W"

static const struct {
	const char *line, *want, *type;
} rows[] = {
#include "backload_rows.h"
};

static void every_byte(void **state)
{
	struct made x;
	bool print = getenv("PRINT") != NULL; /* what is looked at, and then put into backload_rows.h */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setup(&x);
		const char *have = write_it(&x, rows[i].line);
		if (print)
			printf("---- %s\n%.*s\n%s", rows[i].line, (int)strcspn(buf_cstr(&x.b), "\r"), buf_cstr(&x.b), have);
		else if (x.r < 0)
			fail_msg("%s: %s", rows[i].line, x.e.text);
		else
			assert_string_equal(have, rows[i].want);
		if (!print) {
			char head[300];
			snprintf(head, sizeof head, "MSH|^~\\&|HOLDFAST|St. G \\T\\ S|EHR||20261122031205+0000||%s|HF1234500000001|P|2.5.1||||||UNICODE UTF-8\r", rows[i].type);
			assert_memory_equal(x.b.p, head, strlen(head));
		}
		clear(&x);
	}
}

/* ---- what is read back ---- */

/* A code or its words are the same; 2 and 5 are the names of code systems. */
static bool any_part(struct slice a, struct slice b)
{
	for (unsigned i = 0; i < 8; i++)
		for (unsigned k = 0; k < 8; k++)
			if (i % 3 != 2 && k % 3 != 2 && fact_part(a, i).n && slice_eq(fact_part(a, i), fact_part(b, k)))
				return true;
	return false;
}

static const struct fact *same_fact(const struct facts *f, const struct fact *t)
{
	for (const struct fact_group *g = f->first; g; g = g->next)
		for (const struct fact *o = g->first; o; o = o->next)
			if (o->kind == t->kind && (!fact_get(t, FF_CODE).n || t->kind == FACT_DOCUMENT || any_part(fact_get(t, FF_CODE), fact_get(o, FF_CODE))))
				return o;
	return NULL;
}

static void compare(struct made *x, const struct fact *t, const struct fact *o)
{
	static const uint8_t texts[] = {FF_VALUE, FF_DOSE, FF_STATUS, FF_FREQUENCY, FF_PRIORITY, FF_SEX, FF_BIRTH, FF_LOT, FF_RANGE, FF_FLAG, FF_TITLE}, composites[] = {FF_UNIT, FF_DOSE_UNIT, FF_ROUTE, FF_NAME, FF_LOCATION, FF_PRIOR_LOCATION, FF_REACTION, FF_AUTHOR},
		times[] = {FF_TIME, FF_START, FF_RECORDED};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct slice want = fact_get(t, texts[i]), have = fact_get(o, texts[i]);
		if (want.n && !slice_eq(want, have) && !(t->kind == FACT_DOCUMENT && texts[i] == FF_STATUS)) /* DO: nobody has signed it */
			fail_msg("%s %s: want %.*s, have %.*s in %s", fact_kind_name(t->kind), fact_field_name(texts[i]), SLICE_FMT(want), SLICE_FMT(have), buf_cstr(&x->b));
	}
	for (size_t i = 0; i < ARRAY_LEN(composites); i++) {
		struct slice want = fact_get(t, composites[i]);
		if (want.n && !any_part(want, fact_get(o, composites[i])))
			fail_msg("%s %s: not read back in %s", fact_kind_name(t->kind), fact_field_name(composites[i]), buf_cstr(&x->b));
	}
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		int64_t want = fact_time_ns(fact_get(t, times[i]), 60), have = fact_time_ns(fact_get(o, times[i]), 60);
		if (want != INT64_MIN && have != INT64_MIN && want != have && t->kind != FACT_ALLERGY) /* whose reader takes IAM-13, the time at which it was said; when it was written down stands in IAM-20 */
			fail_msg("%s %s: another time in %s", fact_kind_name(t->kind), fact_field_name(times[i]), buf_cstr(&x->b));
	}
	if (t->kind != FACT_PATIENT && t->kind != FACT_ALLERGY && fact_get(t, FF_TIME).n && !fact_get(o, FF_TIME).n && !fact_get(o, FF_START).n && !fact_get(o, FF_RECORDED).n)
		fail_msg("%s: no time in %s", fact_kind_name(t->kind), buf_cstr(&x->b));
}

static void read_back_the_same(void **state)
{
	static const char *const versions[] = {"2.5.1", "2.5", "2.4", "2.3.1"};
	for (size_t v = 0; v < ARRAY_LEN(versions); v++)
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct made x;
			struct facts own;
			setup(&x);
			x.m.version = versions[v];
			(void)write_it(&x, rows[i].line);
			if (x.r == ERR_NO && x.c.kind == CAPTURE_ALLERGY && v == 3) { /* 2.3.1 cannot say it */
				clear(&x);
				continue;
			}
			if (x.r < 0)
				fail_msg("%s: %s", rows[i].line, x.e.text);
			facts_init(&own, x.a);
			assert_int_equal(capture_facts(&x.c, &(struct capture_of){.root = x.c.id}, 60, &own, &x.e), 0);
			for (const struct fact *t = own.first->first; t; t = t->next) {
				if (t->kind == FACT_PROCEDURE || t->kind == FACT_IDENTITY || slice_eq_str(fact_get(t, FF_ACTION), "update")) /* where a specimen is goes as an observation; an order that is stopped has no facts of its own */
					continue;
				const struct fact *o = same_fact(&x.f, t);
				if (!o)
					fail_msg("%s: its %s is not read back: %s", rows[i].line, fact_kind_name(t->kind), buf_cstr(&x.b));
				compare(&x, t, o);
			}
			clear(&x);
		}
}

/* ---- corrections and withdrawals, of what the EHR has ---- */

static const char *after_filed(struct made *x, const char *first, const char *then)
{
	setup(x);
	read_item(x, first, &x->of);
	x->m.of = &x->of;
	x->m.corrects = true;
	const char *s = write_it(x, then);
	x->m.number = x->of.id;
	buf_reset(&x->b);
	assert_int_equal(backload_message(&x->c, &x->m, &x->b, &x->e), 0);
	(void)s;
	return buf_cstr(&x->b);
}

#define FIRST(kind, values) "{\"id\":\"W3K7-000001\",\"unit\":\"3W\",\"patient\":\"4711@GAB\",\"kind\":\"" kind "\",\"occurred\":\"2026-11-22T03:12\",\"by\":\"ada\",\"values\":" values "}"
#define THEN(kind, rest) "{\"id\":\"W3K7-000002\",\"unit\":\"3W\",\"patient\":\"4711@GAB\",\"kind\":\"" kind "\",\"occurred\":\"2026-11-22T03:12\",\"by\":\"ada\",\"replaces\":\"W3K7-000001\"," rest "}"
#define GONE "\"withdraw\":true,\"reason\":\"of another patient\""

static void corrections_and_withdrawals(void **state)
{
	static const struct {
		const char *first, *then, *type, *has, *has_not;
	} cases[] = {
		{FIRST("vitals", "{\"pulse\":72}"), THEN("vitals", "\"values\":{\"pulse\":74}"), "ORU^R01", "|74|", "|72|"},
		{FIRST("vitals", "{\"pulse\":72}"), THEN("vitals", "\"values\":{\"pulse\":74}"), "ORU^R01", "|C|", "W3K7-000002^"},
		{FIRST("vitals", "{\"pulse\":72}"), THEN("vitals", GONE), "ORU^R01", "|W|", "|72|"},
		{FIRST("given", "{\"drug\":\"X\",\"dose\":\"1\"}"), THEN("given", "\"values\":{\"drug\":\"X\",\"dose\":\"2\"}"), "RAS^O17", "|CP|U|", "|A|"},
		{FIRST("given", "{\"drug\":\"X\",\"dose\":\"1\"}"), THEN("given", GONE), "RAS^O17", "|^X|1|", "|CP|A|"},
		{FIRST("given", "{\"drug\":\"X\",\"dose\":\"1\"}"), THEN("given", GONE), "RAS^O17", "|CP|D|", "|CP|A|"},
		{FIRST("order", "{\"category\":\"laboratory\",\"what\":\"Lactate\"}"), THEN("order", GONE ",\"values\":{\"category\":\"laboratory\"}"), "OMG^O19", "ORC|CA|W3K7-000001^HOLDFAST", "ORC|NW"},
		{FIRST("allergy", "{\"substance\":\"Nuts\"}"), THEN("allergy", GONE), "ADT^A60", "|D|W3K7-000001^HOLDFAST", "|A|W3K7"},
		{FIRST("note", "{\"text\":\"one\"}"), THEN("note", "\"values\":{\"text\":\"two\"}"), "MDM^T10", "|W3K7-000002^HOLDFAST|W3K7-000001^HOLDFAST|", "|one|"},
		{FIRST("note", "{\"text\":\"one\"}"), THEN("note", GONE), "MDM^T11", "|W3K7-000001^HOLDFAST|", "OBX"},
		{FIRST("admit", "{\"bed\":\"3W^1^A\"}"), THEN("admit", GONE), "ADT^A11", "PV1|1|I|3W^1^A", "|A01|"},
		{FIRST("transfer", "{\"bed\":\"ICU^1^A\",\"from\":\"3W^1^A\"}"), THEN("transfer", GONE), "ADT^A12", "PV1|1|U|3W^1^A|||ICU^1^A", "|A02|"},
		{FIRST("discharge", "{\"disposition\":\"home\"}"), THEN("discharge", GONE), "ADT^A13", "PV1|1|U", "home"},
		{FIRST("registration", "{\"family\":\"A\"}"), THEN("registration", "\"values\":{\"family\":\"B\"}"), "ADT^A08", "|B^", "|A04|"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made x;
		const char *s = after_filed(&x, cases[i].first, cases[i].then);
		if (!strstr(s, cases[i].type) || !strstr(s, cases[i].has) || strstr(s, cases[i].has_not))
			fail_msg("%s then %s: %s", cases[i].first, cases[i].then, s);
		clear(&x);
	}
}

static void cancellations(void **state)
{
	static const char *const events[][2] = {{"admit", "ADT^A11^ADT_A09"}, {"transfer", "ADT^A12^ADT_A12"}, {"discharge", "ADT^A13^ADT_A01"}, {"registration", "ADT^A11^ADT_A09"}};
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		struct made x;
		char line[300];
		setup(&x);
		snprintf(line, sizeof line, "{\"id\":\"W3K7-000001\",\"patient\":\"4711@GAB\",\"kind\":\"%s\",\"occurred\":\"2026-11-22T03:12\",\"by\":\"ada\",\"values\":{\"bed\":\"3W^1^A\",\"family\":\"X\"}}", events[i][0]);
		read_item(&x, line, &x.of);
		x.m.of = &x.of;
		(void)write_it(&x, FIRST("cancel", "{\"of\":\"W3K7-000001\"}"));
		assert_int_equal(x.r, 0);
		assert_non_null(strstr(buf_cstr(&x.b), events[i][1]));
		x.m.of = NULL;
		(void)write_it(&x, FIRST("cancel", "{\"of\":\"W3K7-000001\"}"));
		assert_int_equal(x.r, ERR_INPUT);
		clear(&x);
	}
}

static void refused(void **state)
{
	struct made x;
	setup(&x);
	x.m.ident_count = 0;
	(void)write_it(&x, FIRST("vitals", "{\"pulse\":72}"));
	assert_int_equal(x.r, ERR_INPUT);
	x.m.ident_count = 1;
	x.m.version = "2.8";
	(void)write_it(&x, FIRST("vitals", "{\"pulse\":72}"));
	assert_int_equal(x.r, ERR_USAGE);
	x.m.version = "2.3.1";
	(void)write_it(&x, FIRST("allergy", "{\"substance\":\"Nuts\"}"));
	assert_int_equal(x.r, ERR_NO);
	x.m.control_id = SLICE("A|B");
	(void)write_it(&x, FIRST("vitals", "{\"pulse\":72}"));
	assert_int_equal(x.r, ERR_INPUT);
	clear(&x);
}

/* ---- the echo ---- */

static size_t echo_of(const char *text, struct slice ret[8], struct arena *a)
{
	struct hl7_msg m;
	struct err e = {0};
	size_t n = 0;
	assert_int_equal(hl7_parse(slice_str(text), a, &m, NULL, 0, NULL, &e), 0);
	backload_echo(&m, SLICE(BACKLOAD_APPLICATION), ret, 8, &n);
	return n;
}

static void echoes(void **state)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	struct slice v[8];
	assert_int_equal(echo_of("MSH|^~\\&|EHR|H|||2026||ORU^R01|1|P|2.5\rPID|1||1\rORC|RE|W3K7-000123^HOLDFAST|F1\rOBR|1|W3K7-000123^HOLDFAST|F1\r", v, a), 1); /* each once */
	assert_true(slice_eq_str(v[0], "W3K7-000123"));
	assert_int_equal(echo_of("MSH|^~\\&|EHR|H|||2026||ORU^R01|1|P|2.5\rORC|RE|W3K7-000123|F1\r", v, a), 1);       /* without authority: its form says what it may be */
	assert_int_equal(echo_of("MSH|^~\\&|EHR|H|||2026||ORU^R01|1|P|2.5\rORC|RE|REQ-7^HOLDFAST|F1\r", v, a), 1);    /* ours, whatever its form */
	assert_int_equal(echo_of("MSH|^~\\&|EHR|H|||2026||ORU^R01|1|P|2.5\rORC|RE|W3K7-000123^OTHER|F1\r", v, a), 0); /* another one's */
	assert_int_equal(echo_of("MSH|^~\\&|EHR|H|||2026||ORU^R01|1|P|2.5\rORC|RE|12345|W3K7-000123\r", v, a), 0);
	assert_int_equal(echo_of("MSH|^~\\&|HOLDFAST|H|||2026||ORU^R01|1|P|2.5\rORC|RE|W3K7-000123^HOLDFAST|F1\r", v, a), 0); /* our own, come back from an engine */
	assert_int_equal(echo_of("MSH|^~\\&|EHR|H|||2026||ADT^A01|1|P|2.5\rPID|1||1\rPV1|1|I||||||||||||||||||||||||||||||||||||||||||||||||W3K7-000009^^^HOLDFAST\rIAM|1||X|||A|W3K7-000010^HOLDFAST\r", v, a), 2);
	assert_int_equal(echo_of("MSH|^~\\&|EHR|H|||2026||MDM^T02|1|P|2.5\rTXA|1|PR|TX|||||||||W3K7-000011^HOLDFAST|W3K7-000012^HOLDFAST\r", v, a), 2);
	char many[4000];
	int at = snprintf(many, sizeof many, "MSH|^~\\&|EHR|H|||2026||ORU^R01|1|P|2.5\r");
	for (int i = 0; i < 40; i++)
		at += snprintf(many + at, sizeof many - (size_t)at, "ORC|RE|W3K7-%06d^HOLDFAST\r", i);
	assert_int_equal(echo_of(many, v, a), 8); /* no more than there is room for */
}

/* ---- in other words ---- */

static void notes_as_results(void **state)
{
	struct made x;
	setup(&x);
	x.m.notes_as_results = true;
	x.m.lang = "fr";
	const char *s = write_it(&x, ITEM("note", ",\"values\":{\"title\":\"Nuit\",\"text\":\"a dormi\\nbien\"}"));
	assert_true(slice_eq_str(hl7_get(&x.back, "MSH-9"), "ORU^R01^ORU_R01"));
	assert_non_null(strstr(s, "OBR|1|W3K7-000123^HOLDFAST|W3K7-000123^HOLDFAST|34109-9^Nuit^LN|||202611220312+0100|||^Dr. Roy||"));
	assert_non_null(strstr(s, "OBX|1|TX|34109-9^Note^LN|1|a dormi||||||F\nOBX|2|TX|34109-9^Note^LN|2|bien||||||F\nOBX|3|TX|34109-9^Note^LN|3|Consigné pendant la panne informatique par a.keller pour le compte de Dr. Roy, unité 3W ; heure des faits : 2026-11-22T03:12.||||||F\n"));
	x.m.corrects = true;
	s = write_it(&x, ITEM("note", ",\"replaces\":\"W3K7-000100\",\"values\":{\"text\":\"b\"}"));
	assert_true(strstr(s, "|C\nOBX|1|TX|34109-9^Note^LN|1|b||||||C\n"));
	s = write_it(&x, ITEM("note", ",\"replaces\":\"W3K7-000100\",\"withdraw\":true,\"values\":{}"));
	assert_true(strstr(s, "ORC|RE|") && strstr(s, "Withdrawn:") && strstr(s, "|X\nOBX|"));
	x.m.corrects = false;
	s = write_it(&x, ITEM("sheet", ",\"values\":{\"number\":\"P-7\",\"of\":\"vitals\",\"pages\":\"2\"}"));
	assert_non_null(strstr(s, "|34109-9^vitals^LN|"));
	assert_non_null(strstr(s, "Feuille papier P-7 (vitals), 2 pages."));
	clear(&x);
}

static void every_word_in_every_language(void **state)
{
	static const char *const langs[] = {"en", "fr", "zh"};
	struct made x;
	for (size_t l = 0; l < ARRAY_LEN(langs); l++) {
		for (int i = 0; i < BW_COUNT; i++)
			assert_true(*backload_word(langs[l], (enum backload_word)i) && utf8_valid_prefix(slice_str(backload_word(langs[l], (enum backload_word)i))) == strlen(backload_word(langs[l], (enum backload_word)i)));
		for (int i = 0; i < CAPTURE_KIND_COUNT; i++)
			assert_true(*backload_kind_word(langs[l], (enum capture_kind)i));
	}
	assert_true(backload_lang_known("zh") && !backload_lang_known("de"));
	assert_string_equal(backload_word(NULL, BW_WRITTEN_DOWN), backload_word("en", BW_WRITTEN_DOWN));
	setup(&x);
	x.m.lang = "zh";
	const char *s = write_it(&x, ITEM("result", ",\"values\":{\"test\":\"K\",\"value\":\"6.1\",\"readBack\":true,\"calledBy\":\"Lab\"}"));
	assert_non_null(strstr(s, "停机期间记录，记录人：a.keller，代：Dr. Roy，病区：3W；实际发生时间：2026-11-22T03:12。 来电人: Lab. 复述确认: 是."));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) { /* nowhere the English sentence */
		s = write_it(&x, rows[i].line);
		assert_true(x.r == 0 && !strstr(s, "Written down during downtime"));
	}
	clear(&x);
}

/* ---- merges ---- */

#define MERGE(op) ITEM("merge", ",\"values\":{\"op\":\"" op "\",\"of\":\"W3K7-00001X\",\"entry\":\"77\"}")

/* One number that stays, one that goes, and nothing else of either's list. */
static void merges(void **state)
{
	static const char *const versions[] = {"2.3.1", "2.4", "2.5", "2.5.1"};
	struct made x;
	struct fact_value name = {FF_NAME, SLICE("Unknown\x1fNumber|1\x1f")};
	const struct fact prior = {.kind = FACT_PATIENT, .count = 1, .cap = 1, .values = &name};
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		setup(&x);
		x.m.version = versions[i];
		x.m.prior = x.idents[1];
		x.m.prior_patient = &prior;
		const char *s = write_it(&x, MERGE("merge"));
		assert_string_equal(s, i ? "EVN|A40|20261122050010+0100|||a.keller~^Dr. Roy|202611220312+0100\nPID|1||4711^^^GAB^MR|||||\nMRG|W3K7-00001X^^^DOWNTIME||||||Unknown^Number\\F\\1\n"
		                         : "EVN|A40|20261122050010+0100|||a.keller|202611220312+0100\nPID|1||4711^^^GAB^MR|||||\nMRG|W3K7-00001X^^^DOWNTIME||||||Unknown^Number\\F\\1\n");
		assert_true(slice_eq_str(hl7_get(&x.back, "MSH-9"), i ? "ADT^A40^ADT_A39" : "ADT^A40"));
		bool found = false; /* our own reader merges the one into the other */
		for (const struct fact_group *g = x.f.first; g; g = g->next)
			for (const struct fact *t = g->first; t; t = t->next)
				found = found || (t->kind == FACT_IDENTITY && slice_eq_str(g->id.value, "4711") && slice_eq_str(fact_get(t, FF_ACTION), "merge") && slice_eq_str(fact_part(fact_get(t, FF_OTHER), FI_VALUE), "W3K7-00001X"));
		assert_true(found);
		clear(&x);
	}
	setup(&x);
	(void)write_it(&x, MERGE("merge")); /* the one that goes has no number */
	assert_int_equal(x.r, ERR_INPUT);
	x.m.prior = x.idents[1];
	(void)write_it(&x, MERGE("unmerge")); /* there is no message for it */
	assert_int_equal(x.r, ERR_NO);
	clear(&x);
}

static bool says_merge(const char *text, const char *stays, const char *goes, struct arena *a)
{
	struct hl7_msg m;
	struct err e;
	assert_true(hl7_parse(slice_str(text), a, &m, NULL, 0, NULL, &e) >= 0);
	return backload_echo_merge(&m, SLICE(BACKLOAD_APPLICATION), slice_str(stays), slice_str(goes));
}

static void merges_come_back(void **state)
{
	struct arena *a = arena_new(1 << 20);
	assert_true(says_merge("MSH|^~\\&|EHR|H|||2026||ADT^A40^ADT_A39|1|P|2.5\rPID|1||9^^^X~4711^^^GAB^MR\rMRG|1~D-1^^^DOWNTIME\r", "4711", "D-1", a));
	assert_true(says_merge("MSH|^~\\&|EHR|H|||2026||ADT^A34|1|P|2.3.1\rPID|1||4711\rMRG|D-1\r", "4711", "D-1", a));
	assert_false(says_merge("MSH|^~\\&|EHR|H|||2026||ADT^A40|1|P|2.5\rPID|1||D-1\rMRG|4711\r", "4711", "D-1", a)); /* the other way round */
	assert_false(says_merge("MSH|^~\\&|EHR|H|||2026||ADT^A40|1|P|2.5\rPID|1||4711\rMRG|D-11\r", "4711", "D-1", a));
	assert_false(says_merge("MSH|^~\\&|EHR|H|||2026||ADT^A47|1|P|2.5\rPID|1||4711\rMRG|D-1\r", "4711", "D-1", a)); /* a number was changed */
	assert_false(says_merge("MSH|^~\\&|EHR|H|||2026||ADT^A40|1|P|2.5\rPID|1||\rMRG|\r", "", "", a));
	assert_false(says_merge("MSH|^~\\&|HOLDFAST|H|||2026||ADT^A40|1|P|2.5\rPID|1||4711\rMRG|D-1\r", "4711", "D-1", a)); /* our own, come back from an engine */
	arena_free(a);
}

/* What we send is an echo once another application says it. */
static void every_message_has_its_number(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct made x;
		struct slice v[8];
		setup(&x);
		(void)write_it(&x, rows[i].line);
		if (x.c.kind != CAPTURE_TRANSFER && x.c.kind != CAPTURE_DISCHARGE) { /* they have no field for one */
			char *s = arena_strdup(x.a, buf_slice(&x.b));
			memcpy(strstr(s, "HOLDFAST"), "EHREHREH", 8);
			if (echo_of(s, v, x.a) < 1)
				fail_msg("no number of ours: %s", s);
		}
		clear(&x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_byte), cmocka_unit_test(read_back_the_same), cmocka_unit_test(corrections_and_withdrawals), cmocka_unit_test(cancellations), cmocka_unit_test(refused), cmocka_unit_test(echoes),
		cmocka_unit_test(notes_as_results), cmocka_unit_test(every_word_in_every_language), cmocka_unit_test(merges), cmocka_unit_test(merges_come_back), cmocka_unit_test(every_message_has_its_number)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
