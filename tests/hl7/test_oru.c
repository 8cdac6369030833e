/* A recording that was read, as ORU^R01: byte for byte, what delimiters and odd text do, what is left out; read back by our own reader to the same facts. */
#include "hl7_test.h"

struct made {
	struct arena *a;
	struct facts f;
	struct fact_group *g;
	struct fact *patient, *visit, *ecg, *result;
	struct fact_ident idents[3];
	struct hl7_oru o;
	struct buf b;
};

static void parts(struct made *m, struct fact *t, uint8_t field, const char *a, const char *b, const char *c)
{
	facts_put_parts(&m->f, t, field, (const struct slice[]){slice_str(a), slice_str(b), slice_str(c)}, 3);
}

static void setup(struct made *m)
{
	*m = (struct made){.a = arena_new(1 << 20)};
	buf_init(&m->b, 1 << 20);
	facts_init(&m->f, m->a);
	m->idents[0] = (struct fact_ident){SLICE("1001"), SLICE("HOSP"), SLICE("MR")};
	m->idents[1] = (struct fact_ident){SLICE("77"), SLICE("urn:oid:1.2.3"), SLICE("PI")};
	m->idents[2] = (struct fact_ident){SLICE("x1"), SLICE("urn:fhir:portal"), SLICE("")};
	m->g = facts_group(&m->f, m->idents[0]);
	m->patient = facts_add(&m->f, m->g, FACT_PATIENT);
	parts(m, m->patient, FF_NAME, "SM&TH", "JO|HN", "Q");
	facts_put_str(&m->f, m->patient, FF_BIRTH, "1957-03-12");
	facts_put_str(&m->f, m->patient, FF_SEX, "male");
	m->visit = facts_add(&m->f, m->g, FACT_VISIT);
	facts_put_str(&m->f, m->visit, FF_CLASS, "inpatient");
	parts(m, m->visit, FF_LOCATION, "3W", "12", "A");
	parts(m, m->visit, FF_VISIT, "V1", "HOSP", "VN");
	m->ecg = facts_add(&m->f, m->g, FACT_ECG);
	facts_put_str(&m->f, m->ecg, FF_TIME, "2026-11-01T10:00:05.123456+01:00");
	facts_put_str(&m->f, m->ecg, FF_PLACER, "O77");
	facts_put_parts(&m->f, m->ecg, FF_STATEMENT, (const struct slice[]){SLICE("rhythm-sr"), SLICE("sinus ^ rhythm~")}, 2);
	facts_put_str(&m->f, m->ecg, FF_TEXT, "as before\nand \\ so");
	m->result = facts_add(&m->f, m->g, FACT_RESULT);
	facts_put_str(&m->f, m->result, FF_COMPONENT, "8867-4\x1f" "Heart rate\x1fLN\x1d" "75\x1d/min");
	m->o = (struct hl7_oru){.version = "2.5.1", .sending_app = SLICE("HOLDFAST"), .sending_fac = SLICE("St. G & S"), .receiving_app = SLICE("EHR"), .control_id = SLICE("E2-1a2b3c"), .time = INT64_C(1795317125) * TIME_SEC,
		.idents = m->idents, .ident_count = 3, .patient = m->patient, .visit = m->visit, .ecg = m->ecg, .result = m->result, .filler = SLICE("12"), .filler_ns = SLICE("HOLDFAST"), .status = HL7_RESULT_FINAL, .signer = SLICE("ada"),
		.signed_at = INT64_C(1795317125) * TIME_SEC};
}

static void clear(struct made *m)
{
	buf_done(&m->b);
	arena_free(m->a);
}

static const char *written(struct made *m)
{
	struct err e = {0};
	buf_reset(&m->b);
	if (hl7_oru_write(&m->o, &m->b, &e) < 0)
		fail_msg("not written: %s", e.text);
	return buf_cstr(&m->b);
}

#define SIGNED "20261122031205+0000"

static void every_byte(void **state)
{
	struct made m;
	setup(&m);
	assert_string_equal(written(&m),
		"MSH|^~\\&|HOLDFAST|St. G \\T\\ S|EHR||" SIGNED "||ORU^R01^ORU_R01|E2-1a2b3c|P|2.5.1||||||UNICODE UTF-8\r"
		"PID|1||1001^^^HOSP^MR~77^^^&1.2.3&ISO^PI||SM\\T\\TH^JO\\F\\HN^Q^^^^||19570312|M\r"
		"PV1|1|I|3W^12^A^||||||||||||||||V1^^^HOSP^VN\r"
		"ORC|RE|O77|12^HOLDFAST||CM\r"
		"OBR|1|O77|12^HOLDFAST|11524-6^EKG study^LN|||20261101100005.1234+0100|||||||||||||||" SIGNED "||EC|F|||||||ada\r"
		"OBX|1|NM|8867-4^Heart rate^LN||75|/min^^UCUM|||||F|||" SIGNED "||ada\r"
		"OBX|2|TX|18844-1^EKG impression^LN|1|sinus \\S\\ rhythm\\R\\||||||F|||" SIGNED "||ada\r"
		"NTE|1||as before\\.br\\and \\E\\ so\r");
	clear(&m);
}

static void versions(void **state)
{
	struct made m;
	struct err e;
	setup(&m);
	m.o.version = "2.3.1";
	assert_non_null(strstr(written(&m), "||ORU^R01|E2-1a2b3c|P|2.3.1|"));
	m.o.version = "2.4";
	assert_non_null(strstr(written(&m), "||ORU^R01^ORU_R01|E2-1a2b3c|P|2.4|"));
	m.o.version = "3.0";
	assert_int_equal(hl7_oru_write(&m.o, &m.b, &e), ERR_USAGE);
	clear(&m);
}

static void what_is_not_known_is_left_out(void **state)
{
	struct made m;
	setup(&m);
	m.o.visit = NULL;
	m.o.patient = NULL;
	m.o.result = NULL;
	const char *t = written(&m);
	assert_null(strstr(t, "PV1"));
	assert_null(strstr(t, "|NM|"));
	assert_non_null(strstr(t, "PID|1||1001^^^HOSP^MR~77^^^&1.2.3&ISO^PI|||||\r"));
	/* a value that is no number, and one that was deleted: no OBX, and never a zero */
	facts_put_str(&m.f, m.result, FF_COMPONENT, "8625-6\x1fP-R Interval\x1fLN\x1d\x1dms");
	m.o.result = m.result;
	facts_put_str(&m.f, m.result, FF_COMPONENT, "8634-8\x1fQ-T interval\x1fLN\x1dnull\x1dms");
	t = written(&m);
	assert_null(strstr(t, "8625-6"));
	assert_null(strstr(t, "8634-8"));
	clear(&m);
}

static void statuses(void **state)
{
	struct made m;
	setup(&m);
	m.o.status = HL7_RESULT_CORRECTED;
	const char *t = written(&m);
	assert_non_null(strstr(t, "||EC|C|"));
	assert_non_null(strstr(t, "|||||C|||"));
	/* nobody has confirmed it */
	m.o.status = HL7_RESULT_PRELIMINARY;
	m.o.signer = SLICE_NULL;
	m.o.signed_at = 0;
	t = written(&m);
	assert_non_null(strstr(t, "ORC|RE|O77|12^HOLDFAST||IP\r"));
	assert_non_null(strstr(t, "||EC|P\r"));
	assert_non_null(strstr(t, "|1|UNCONFIRMED: "));
	assert_null(strstr(t, "|F|"));
	/* withdrawn: none of what was wrong is said again */
	m.o.status = HL7_RESULT_WITHDRAWN;
	t = written(&m);
	assert_non_null(strstr(t, "||EC|X\r"));
	assert_non_null(strstr(t, "ORC|RE|O77|12^HOLDFAST||CA\r"));
	assert_non_null(strstr(t, "||||||W\r"));
	assert_null(strstr(t, "8867-4"));
	assert_null(strstr(t, "sinus"));
	assert_null(strstr(t, "as before"));
	clear(&m);
}

static void refused(void **state)
{
	static const char *const ids[] = {"", "with blank", "with|bar", "123456789012345678901", "umlaut\xc3\xa4"};
	struct made m;
	struct err e;
	setup(&m);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		m.o.control_id = slice_str(ids[i]);
		assert_int_equal(hl7_oru_write(&m.o, &m.b, &e), ERR_INPUT);
	}
	m.o.control_id = SLICE("12345678901234567890");
	assert_int_equal(hl7_oru_write(&m.o, &m.b, &e), 0);
	m.o.ident_count = 0;
	assert_int_equal(hl7_oru_write(&m.o, &m.b, &e), ERR_INPUT);
	m.o.ident_count = 3;
	struct buf small = {0};
	buf_init(&small, 100);
	assert_int_equal(hl7_oru_write(&m.o, &small, &e), ERR_LIMIT);
	buf_done(&small);
	clear(&m);
}

/* Our own reader finds what was written, whatever stood in it. */
static void read_back(void **state)
{
	struct made m;
	struct parsed p;
	setup(&m);
	static const char pdf[] = "%PDF-1.4 \x00\x01\xff bytes";
	m.o.pdf = slice_of(pdf, sizeof pdf - 1);
	(void)written(&m);
	parse_ok(&p, buf_slice(&m.b));
	assert_int_equal(p.count, 0);
	assert_slice(text_of(&p, "MSH-4"), "St. G & S");
	assert_slice(text_of(&p, "PID-5.1"), "SM&TH");
	assert_slice(text_of(&p, "PID-5.2"), "JO|HN");
	assert_slice(text_of(&p, "OBX[2]-5"), "sinus ^ rhythm~");
	assert_slice(text_of(&p, "NTE-3"), "as before\nand \\ so");
	struct facts f;
	facts_init(&f, p.a);
	hl7_facts(&p.m, &f);
	assert_false(f.uninterpreted);
	assert_slice(f.first->id.value, "1001");
	const struct fact *rate = NULL, *report = NULL;
	for (const struct fact *t = f.first->first; t; t = t->next) {
		if (t->kind == FACT_RESULT && slice_eq_str(fact_part(fact_get(t, FF_CODE), FC_CODE), "8867-4"))
			rate = t;
		if (t->kind == FACT_REPORT)
			report = t;
	}
	assert_non_null(rate);
	assert_slice(fact_get(rate, FF_VALUE), "75");
	assert_slice(fact_get(rate, FF_STATUS), "final");
	assert_non_null(report);
	assert_slice(fact_get(report, FF_STATUS), "final");
	AUTO_BUF struct buf out = {0};
	buf_init(&out, 1 << 16);
	struct err e;
	assert_int_equal(hl7_document(&p.m, SLICE("OBX 3"), &out, &e), 0);
	assert_true(slice_eq(buf_slice(&out), slice_of(pdf, sizeof pdf - 1)));
	done(&p);
	clear(&m);
}

/* ---- what comes back ---- */

static void heard(const char *message, const char *id, enum hl7_heard want)
{
	struct hl7_answer a;
	hl7_answer_read(slice_str(message), slice_str(id), &a);
	if (a.heard != want)
		fail_msg("heard %d, want %d: %s", (int)a.heard, (int)want, message);
}

#define HEAD "MSH|^~\\&|R|G|S|F|2026||ACK|9|P|2.5\r"

static void answers(void **state)
{
	heard(HEAD "MSA|AA|E1", "E1", HL7_HEARD_ACCEPTED);
	heard(HEAD "MSA|CA|E1\r", "E1", HL7_HEARD_ACCEPTED);
	heard(HEAD "MSA|AE|E1|no\r", "E1", HL7_HEARD_ERROR);
	heard(HEAD "MSA|CE|E1\r", "E1", HL7_HEARD_ERROR);
	heard(HEAD "MSA|AR|E1\r", "E1", HL7_HEARD_REJECTED);
	heard(HEAD "MSA|CR|E1\r", "E1", HL7_HEARD_REJECTED);
	heard("MSH#!@%*#R#G#S#F#2026##ACK#9#P#2.5\rMSA#AA#E1\r", "E1", HL7_HEARD_ACCEPTED);
	/* refused because it is there: error 205, where each version has it; an acceptance is none, and no word for it is one */
	static const struct {
		const char *message;
		bool duplicate;
	} twice[] = {{HEAD "MSA|AE|E1\rERR||PID^1|205^Duplicate key identifier^HL70357|E\r", true}, {HEAD "MSA|AR|E1\rERR|PID^1^3^205&Duplicate&HL70357\r", true}, {HEAD "MSA|AR|E1||||205^dup\r", true}, {HEAD "MSA|AA|E1\rERR|||205|W\r", false},
		{HEAD "MSA|AE|E1|duplicate message\r", false}, {HEAD "MSA|AE|E1\rERR|||2050|E\r", false}, {HEAD "MSA|AE|E2\rERR|||205|E\r", false}};
	for (size_t i = 0; i < ARRAY_LEN(twice); i++) {
		struct hl7_answer a;
		hl7_answer_read(slice_str(twice[i].message), SLICE("E1"), &a);
		if (a.duplicate != twice[i].duplicate)
			fail_msg("duplicate %d: %s", a.duplicate, twice[i].message);
	}
	/* another's, or nobody's */
	static const char *const others[] = {HEAD "MSA|AA|E2\r", HEAD "MSA|AA|E1 \r", HEAD "MSA|AA| E1\r", HEAD "MSA|AA|e1\r", HEAD "MSA|AA|E10\r", HEAD "MSA|AA|E\r", HEAD "MSA|AA|\r", HEAD "MSA|AA\r", HEAD, HEAD "MSA|AA|E1^x\r",
		HEAD "MSA|OK|E1\r", HEAD "MSA||E1\r", HEAD "MSA|AA|E2\rMSA|AA|E1\r", HEAD "MSA|AA|E1\rMSA|AR|E1\r", "MSA|AA|E1\r", "", "roses are red"};
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		heard(others[i], "E1", HL7_HEARD_NOTHING);
	heard(HEAD "MSA|AA|\r", "", HL7_HEARD_NOTHING);
}

static void words(void **state)
{
	struct hl7_answer a;
	hl7_answer_read(SLICE(HEAD "MSA|AE|E1|\r" "ERR||PID^1^3|204^Unknown key identifier^HL70357|E|||key\\T\\lock\x07|no such\\.br\\patient\r"), SLICE("E1"), &a);
	assert_string_equal(a.code, "AE");
	assert_string_equal(a.text, "no such patient");
	hl7_answer_read(SLICE(HEAD "MSA|AR|E1\rERR||PID^1^3|204^Unknown key identifier^HL70357|E\r"), SLICE("E1"), &a);
	assert_string_equal(a.text, "Unknown key identifier");
	char text[2000];
	snprintf(text, sizeof text, HEAD "MSA|AE|E1|%0500d\r", 0);
	hl7_answer_read(slice_str(text), SLICE("E1"), &a);
	assert_int_equal(strlen(a.text), sizeof a.text - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_byte), cmocka_unit_test(versions), cmocka_unit_test(what_is_not_known_is_left_out), cmocka_unit_test(statuses), cmocka_unit_test(refused), cmocka_unit_test(read_back),
		cmocka_unit_test(answers), cmocka_unit_test(words)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
