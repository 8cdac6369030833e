/* Data types one by one: times, telephones, names, identifiers, places, in the shapes of all versions and of senders who know none. */
#include "facts_test.h"

struct row {
	const char *in, *out;
};

/* One field of PID (or another segment) of an ADT^A08 as the value of a field of a fact; "-" for nothing. */
static void check(const char *msh_time, const char *segment_before, const char *segment_after, uint8_t kind, uint8_t field, const struct row *rows, size_t n)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < n; i++) {
		char text[1000];
		snprintf(text, sizeof text, "MSH|^~\\&|A|B|C|D|%s||ADT^A08|1|P|2.5\rPID|||1^^^H^MR\r%s%s%s\r", msh_time, segment_before, rows[i].in, segment_after);
		struct hl7_msg m;
		struct facts f;
		read_facts(slice_str(text), a, &m, &f);
		const struct fact *t = find_fact(&f, kind, 0);
		struct slice v = t ? fact_get(t, field) : SLICE_NULL;
		char shown[600];
		size_t k = 0;
		for (; k < v.n && k + 1 < sizeof shown; k++)
			shown[k] = v.p[k] == FACT_US ? '^' : (char)v.p[k];
		shown[k] = 0;
		const char *got = !v.n ? "-" : fact_is_null(v) ? "null" : shown;
		if (strcmp(got, rows[i].out))
			fail_msg("%s: is %s, must be %s", rows[i].in, got, rows[i].out);
		arena_reset(a);
	}
}

#define AL1_TIME(rows) check("20261122081500", "AL1|1||X|||", "", FACT_ALLERGY, FF_RECORDED, rows, ARRAY_LEN(rows))

static void times(void **state)
{
	static const struct row rows[] = {
		{"2026", "2026"},
		{"202611", "2026-11"},
		{"20261122", "2026-11-22"},
		{"2026112203", "2026-11-22T03"},
		{"202611220312", "2026-11-22T03:12"},
		{"20261122031205", "2026-11-22T03:12:05"},
		{"20261122031205.25", "2026-11-22T03:12:05.25"},
		{"20261122031205.1234", "2026-11-22T03:12:05.1234"},
		{"20261122031205+0100", "2026-11-22T03:12:05+01:00"},
		{"20261122031205.250-0430", "2026-11-22T03:12:05.250-04:30"},
		{"202611220312+01:00", "2026-11-22T03:12+01:00"},
		{"2026112203+01", "2026-11-22T03+01:00"},
		{"20261122031205Z", "2026-11-22T03:12:05Z"},
		{"20261122+0100", "2026-11-22"},     /* a day has no zone in ISO text of ours */
		{"20261122031205^D", "2026-11-22"},  /* degree of precision, until 2.6 */
		{"20261122^Y", "2026"},
		{"2004062916460000", "2004-06-29T16:46:00"}, /* hundredths without their point */
		{"19800000", "1980"},                /* month and day not known */
		{"19801200", "1980-12"},
		{"20161231235960", "2016-12-31T23:59:60"},
		{"2026-11-22", "2026-11-22"},
		{"2026-11-22T03:12:05+01:00", "2026-11-22T03:12:05+01:00"},
		{"2026-11-22 03:12", "2026-11-22T03:12"},
		{" 20261122 ", "2026-11-22"},
		{"20261131", "2026-11"},             /* no such day: the month is certain */
		{"20261122241500", "2026-11-22"},
		{"202611220360", "2026-11-22"},
		{"20261122031", "2026-11-22"},       /* half an hour's number */
		{"20261122x", "2026-11-22"},
		{"20261122+9900", "2026-11-22"},
		{"\"\"", "null"},
		{"", "-"},
		{"0000", "-"},
		{"00000000", "-"},
		{"12/31/2026", "-"},
		{"26", "-"},
		{"yesterday", "-"},
	};
	AL1_TIME(rows);
}

/* MSH-7's zone is the message's, where a time has none (2.5.1, 2.15.9.7). */
static void default_zone(void **state)
{
	static const struct row rows[] = {
		{"202611220312", "2026-11-22T03:12-05:00"},
		{"2026112203", "2026-11-22T03-05:00"},
		{"20261122", "2026-11-22"},
		{"202611220312+0000", "2026-11-22T03:12+00:00"},
	};
	check("20261122081500-0500", "AL1|1||X|||", "", FACT_ALLERGY, FF_RECORDED, rows, ARRAY_LEN(rows));
	static const struct row utc[] = {{"202611220312", "2026-11-22T03:12Z"}};
	check("20261122081500Z", "AL1|1||X|||", "", FACT_ALLERGY, FF_RECORDED, utc, ARRAY_LEN(utc));
}

static void births(void **state)
{
	static const struct row rows[] = {
		{"19570312", "1957-03-12"}, {"1957", "1957"},          {"19570312000000", "1957-03-12"}, {"19570312050000", "1957-03-12"}, {"198808181126+0215", "1988-08-18"},
		{"19571399", "-"},          {"19570230", "-"},         {"\"\"", "null"},                 {"202611200312", "2026-11-20T03:12"}, {"20261120000000", "2026-11-20"},
		{"19570000", "1957"},
	};
	check("20261122081500", "NK1|1|X^Y||||||||||||||", "", FACT_CONTACT, FF_BIRTH, rows, ARRAY_LEN(rows));
}

static void telephones(void **state)
{
	static const struct row rows[] = {
		{"(206)555-1212", "phone^(206)555-1212^home"},
		{"(206)555-1212^PRN^PH", "phone^(206)555-1212^home"},
		{"555^WPN^PH", "phone^555^work"},
		{"^PRN^PH^^41^31^5551212^99", "phone^+41 31 5551212 x99^home"},
		{"^PRN^PH^^^206^5551212", "phone^206 5551212^home"},
		{"^PRN^CP^^^79^5551212", "phone^79 5551212^mobile"},
		{"^ORN^FX^^^206^5551212", "fax^206 5551212^home"},
		{"^BPN^BP^^^^77", "pager^77^work"},
		{"^NET^Internet^a@example.org", "email^a@example.org^home"},
		{"a@example.org", "email^a@example.org^home"},
		{"a@example.org^NET", "email^a@example.org^home"},
		{"^^^^^^^^^^^+41315551212", "phone^+41315551212^home"},
		{"^PRN^PH", "-"},
		{"^^^", "-"},
		{"\"\"", "null"},
		{"\"\"^^^", "null"},
		{"^^PH^0302531847", "phone^0302531847^home"}, /* the number where the e-mail belongs */
		{"^PRN^CP^052-381-7264", "phone^052-381-7264^mobile"},
		{"^^^0302531847", "phone^0302531847^home"},
		{"^^^a@example.org", "email^a@example.org^home"},
		{"0100000000^^^a@example.org", "phone^0100000000^home"}, /* and the e-mail behind it: facts-field */
		{"^NET^Internet^a.example", "email^a.example^home"},
		{"^PRN^CP^^^^^^^(085)6667788", "phone^(085)6667788^mobile"},
	};
	check("20261122", "NK1|1|X^Y|||", "", FACT_CONTACT, FF_TELECOM, rows, ARRAY_LEN(rows));
}

static void names(void **state)
{
	static const struct row rows[] = {
		{"Doe^John", "Doe^John"},
		{"Doe^John^Q^Jr^Dr^MD^L", "Doe^John^Q^Dr^Jr MD^official"},
		{"van Beethoven&van^Ludwig", "van Beethoven^Ludwig"},
		{"&van&Beethoven^Ludwig", "van Beethoven^Ludwig"},
		{"&&&von&Amsberg^Claus", "von Amsberg^Claus"},
		{"DOE,JOHN", "DOE,JOHN"},
		{" Doe ^ John ", "Doe^John"},
		{"Doe^\"\"", "Doe"},
		{"^^^^^^L", "-"},
		{"\"\"", "null"},
		{"\"\"^\"\"", "null"},
		{"O\\T\\Neill^Ann\\F\\a", "O&Neill^Ann|a"},
	};
	check("20261122", "NK1|1|", "", FACT_CONTACT, FF_NAME, rows, ARRAY_LEN(rows));
}

/* A part that is deleted is an empty one: a null inside a composite would forge one. */
static void nulls_inside(void **state)
{
	static const struct row organisations[] = {{"\"\"", "-"}, {"Firma AG", "^^^^^^^Firma AG"}};
	check("20261122", "NK1|1||EMR||||||||||", "", FACT_CONTACT, FF_NAME, organisations, ARRAY_LEN(organisations));
}

static void codes(void **state)
{
	static const struct row rows[] = {
		{"I10", "I10"},
		{"I10^Hypertension^I10", "I10^Hypertension^I10"},
		{"I10^Hypertension^I10^38341003^HTN^SCT", "I10^Hypertension^I10^38341003^HTN^SCT"},
		{"I10^^^^^^^^high blood pressure", "I10^^^^^^high blood pressure"},
		{"high blood pressure", "^^^^^^high blood pressure"},
		{"^high blood pressure", "^high blood pressure"},
		{"^^^L7^Local^L", "^^^L7^Local^L"},
		{" I10 ^ Hypertension ^ I10 ", "I10^Hypertension^I10"},
		{"I10^\"\"^I10", "I10^^I10"},
		{"I10^5\" pipe", "I10^5\" pipe"},
		{"I10^Hyper\\S\\tension^^", "I10^Hyper^tension"}, /* an escaped separator shows as the character; the parts are cut by US */
	};
	check("20261122", "PRB|AD|20261122|", "", FACT_PROBLEM, FF_CODE, rows, ARRAY_LEN(rows));
}

static void places(void **state)
{
	static const struct row rows[] = {
		{"4E^412^2^HOSP", "4E^412^2^HOSP"},
		{"4E^412^2^HOSP&1.2.3&ISO^O^N^MAIN^4^east wing", "4E^412^2^HOSP^MAIN^4^O^east wing"},
		{"4E&1.2&ISO^R&1.3&ISO^B&1.4", "4E^R^B"},
		{"L&D^2204^01", "L&D^2204^01"}, /* an & that nobody escaped is no universal id */
		{"4E^R & x^B", "4E^R & x^B"},
		{"&1.2.3&ISO^412", "urn:oid:1.2.3^412"},
		{"4E", "4E"},
		{"^^^HOSP", "^^^HOSP"},
		{"\"\"", "null"},
		{"^^^", "-"},
	};
	check("20261122", "PV1|1|I|", "", FACT_VISIT, FF_LOCATION, rows, ARRAY_LEN(rows));
}

static void identifiers(void **state)
{
	static const struct row rows[] = {
		{"4711", "4711"},
		{"4711^2^M10", "4711"},
		{"4711^^^HOSP^VN", "4711^HOSP^VN"},
		{"4711^^^HOSP&1.2.3&ISO^VN", "4711^HOSP^VN^1.2.3^ISO"},
		{"4711^^^&1.2.3&ISO^VN", "4711^urn:oid:1.2.3^VN^1.2.3^ISO"},
		{"4711^^^&0b1f-77&UUID", "4711^urn:uuid:0b1f-77^^0b1f-77^UUID"},
		{"4711^^^&hosp.example&DNS", "4711^hosp.example^^hosp.example^DNS"},
		{"4711^^^&urn:oid:1.2.3&ISO", "4711^urn:oid:1.2.3^^urn:oid:1.2.3^ISO"},
		{"~4711", "4711"},
		{"0", "-"},
		{"000-00", "-"},
		{"N/A", "-"},
		{"unknown^^^HOSP", "-"},
		{"^^^HOSP", "-"},
	};
	check("20261122", "PV1|1|I|4E||||||||||||||||", "", FACT_VISIT, FF_VISIT, rows, ARRAY_LEN(rows));
}

static void addresses(void **state)
{
	static const struct row rows[] = {
		{"Weg 1^c/o X^Bern^BE^3000^CH^H", "Weg 1^c/o X^Bern^BE^3000^CH^home"},
		{"&Weg&1^^Bern", "1 Weg^^Bern"},
		{"Weg 1&Weg&1^^Bern^^^^ZZ", "Weg 1^^Bern"},
		{"Weg 1^^Bern^^^^BA", "Weg 1^^Bern^^^^old"},
		{"^^^^^^H", "-"},
		{"\"\"", "null"},
	};
	check("20261122", "NK1|1|X^Y||", "", FACT_CONTACT, FF_ADDRESS, rows, ARRAY_LEN(rows));
}

/* Units with powers whose ^ nobody escaped, and what must not be taken for one. */
static void units(void **state)
{
	static const struct row rows[] = {
		{"10^3/uL", "10^3/uL"}, {"x10^9/L", "x10^9/L"}, {"10^6", "10^6"}, {"cells/mm^3", "cells/mm^3"}, {"kg/m^2", "kg/m^2"}, {"mL/min/1.73m^2", "mL/min/1.73m^2"},
		{"10^3/mm^3", "10^3/mm^3"}, {"10^-3 mol/L", "10^-3 mol/L"}, {"10\\S\\3/uL", "10^3/uL"}, {"10^3/uL^thousands^L", "10^3/uL^thousands^L"},
		{"mg/dL^mg/dL^UCUM", "mg/dL^mg/dL^UCUM"}, {"10*3/uL^10*3/uL^UCUM", "10*3/uL^10*3/uL^UCUM"}, {"CD:289^mg/dL", "CD:289^mg/dL"}, {"210^3 of a kind^L", "210^3 of a kind^L"},
		{"mm^4 places", "mm^4 places"}, {"%^1", "%^1"}, {"mm[Hg]", "mm[Hg]"}, {"\"\"", "null"}, {"", "-"},
	};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[400];
		snprintf(text, sizeof text, "MSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5\rPID|||1^^^H^MR\rOBR|1||7|X\rOBX|1|NM|X^Y||5|%s|||||F\r", rows[i].in);
		struct hl7_msg m;
		struct facts f;
		read_facts(slice_str(text), a, &m, &f);
		struct slice v = fact_get(find_fact(&f, FACT_RESULT, 0), FF_UNIT);
		/* one that was put together holds the ^; in the others it stands between parts */
		bool joined = i < 10;
		char shown[100];
		size_t k = 0;
		for (; k < v.n && k + 1 < sizeof shown; k++)
			shown[k] = v.p[k] == FACT_US ? '^' : (char)v.p[k];
		shown[k] = 0;
		if (strcmp(!v.n ? "-" : fact_is_null(v) ? "null" : shown, rows[i].out))
			fail_msg("%s: is %s, must be %s", rows[i].in, shown, rows[i].out);
		if (joined && (!memchr(v.p, '^', v.n) || slice_eq_str(fact_part(v, FC_CODE), "10")))
			fail_msg("%s: cut at its power", rows[i].in);
		if (!joined && v.n)
			assert_null(memchr(v.p, '^', v.n));
		arena_reset(a);
	}
}

/* What cannot be read is counted; what a clinical statement loses marks its patient. */
static void problems_are_counted(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct hl7_msg m;
	struct facts f;
	read_facts(SLICE("MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5\rPID|||1^^^H^MR||X||19579999|?\r"), a, &m, &f);
	assert_int_equal(f.problems, 2);
	assert_false(f.first->incomplete);
	read_facts(SLICE("MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5\rPID|||1^^^H^MR\rAL1|1|DA||SV\r"), a, &m, &f);
	assert_int_equal(f.problems, 1);
	assert_true(f.first->incomplete);
	assert_false(f.uninterpreted);
	/* a person without any number is in no chart: it must be seen in the counts */
	read_facts(SLICE("MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|||||Doe^John||19300101|M\rPV1|1|I|W1\r"), a, &m, &f);
	assert_true(f.uninterpreted);
}

/* The feed, the type and the mode of a message. */
static void headers(void **state)
{
	static const struct {
		const char *msh, *type, *feed;
		bool test;
	} rows[] = {
		{"MSH|^~\\&|LAB|HOSP|||2026||ORU^R01^ORU_R01|1|P|2.5", "ORU^R01", "LAB@HOSP", false},
		{"MSH|^~\\&|LAB^1.2.3^ISO|HOSP^4.5^ISO|||2026||ORU^R01|1|T|2.5", "ORU^R01", "LAB@HOSP", true},
		{"MSH|^~\\&|LAB||||2026||ORU|1|D|2.1", "ORU^R01", "LAB", true},
		{"MSH|^~\\&||HOSP|||2026||ORU^^ORU_R01|1|P^T|2.5", "ORU^R01", "@HOSP", false},
		{"MSH|^~\\&|^1.2.3^ISO|HOSP|||2026||SIU^S12|1|P|2.5", "SIU^S12", "1.2.3@HOSP", false},
		{"MSH|^~\\&|||||2026||MDM^^MDM_T02|1|P|2.5", "MDM^T02", "", false},
		{"MSH|^~\\&|||||2026|||1|P|2.5", "", "", false},
	};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[300];
		snprintf(text, sizeof text, "%s\rPID|||1^^^H^MR\r", rows[i].msh);
		struct hl7_msg m;
		struct facts f;
		read_facts(slice_str(text), a, &m, &f);
		assert_slice(f.type, rows[i].type);
		assert_slice(f.feed, rows[i].feed);
		assert_int_equal(f.test, rows[i].test);
		assert_int_equal(f.uninterpreted, rows[i].type[0] == 0);
		if (rows[i].type[0])
			assert_slice(f.control_id, "1");
		arena_reset(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),  cmocka_unit_test(default_zone), cmocka_unit_test(births),    cmocka_unit_test(telephones),           cmocka_unit_test(names),
		cmocka_unit_test(codes),  cmocka_unit_test(places),       cmocka_unit_test(identifiers), cmocka_unit_test(addresses), cmocka_unit_test(units), cmocka_unit_test(problems_are_counted),
		cmocka_unit_test(headers), cmocka_unit_test(nulls_inside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
