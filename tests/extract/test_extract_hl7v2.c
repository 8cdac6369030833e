/* HL7 v2: fields by their segments, types of identifiers, who a field is about, documents, batches, what is broken. */
#include "extract_hl7v2.h"
#include "pieces.h"

#define MSH "MSH|^~\\&|REG|GEN|HF|H|202001010830||ADT^A08|C7|P|2.5.1\r"

static void patient(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1|E1|M1^^^GEN^MR~123-45-6789^^^^SS~1EG4TE5MK73^^^^MC||O'HARA^ANN^MARIE^JR^DR||19640307|F|A^B|2106-3^White|1 MAIN ST^APT 2^SALEM^MA^01970^USA^H^^ESSEX||(978) 555-0100^PRN^PH~^NET^X.400^a@b.org|||||V9^^^GEN^VN|XXX-XX-6789|D123^MA\r"));
	assert_string_equal(buf_cstr(&x.b), "record C7\nfield mrn PID-2.1 [E1]\nfield mrn PID-3.1 [M1]\nfield assigner PID-3.4 [GEN]\nfield ssn PID-3.1 [123-45-6789]\nfield mbi PID-3.1 [1EG4TE5MK73]\nfield last PID-5.1 [O'HARA]\n"
		"field first PID-5.2 [ANN]\nfield middle PID-5.3 [MARIE]\nfield suffix PID-5.4 [JR]\nfield prefix PID-5.5 [DR]\nfield dob PID-7.1 [19640307]\nfield sex PID-8.1 [F]\nfield last PID-9.1 [A]\nfield first PID-9.2 [B]\n"
		"field race PID-10.1 [2106-3]\nfield race PID-10.2 [White]\nfield street PID-11.1 [1 MAIN ST]\nfield apt PID-11.2 [APT 2]\nfield city PID-11.3 [SALEM]\nfield state PID-11.4 [MA]\nfield zip PID-11.5 [01970]\n"
		"field country PID-11.6 [USA]\nfield county PID-11.9 [ESSEX]\nfield phone PID-13.1 [(978) 555-0100]\nfield email PID-13.4 [a@b.org]\nfield visit PID-18.1 [V9]\nfield assigner PID-18.4 [GEN]\nfield ssn4 PID-19.1 [XXX-XX-6789]\n"
		"field dl PID-20.1 [D123]\nfield state PID-20.2 [MA]\n");
	pieces_done(&x);
}

static void others(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1\rNK1|1|HARA^TOM|SPO|2 ELM ST|9785550101|||||||||||20010203|||||||||||||||||||||321-54-9876\rGT1|1|G1|LEE^SU||5 OAK|||19700101||P|SPO|111-22-3333\r"
		"IN1|1|AETNA|60054|AETNA LIFE||||G77|ACME|||||||LEE^SU|SPO|19700101|5 OAK|||||||||||||||||MEM123456|||||||F||||||CERT9\rIN2|1|111-22-3333||||1EG4TE5MK73||MC998877\r"
		"PV1|1|O|||||1234567893^DOC^DAN^^^^^^^NPI||||||||||||V77|||||||||||||||||||||||||20200102|20200105\rSTF|1|S1|NURSE^NAN\r"));
	pieces_has(&x, "field last@kin NK1-2.1 [HARA]\nfield street@kin NK1-4.1 [2 ELM ST]\nfield phone@kin NK1-5.1 [9785550101]\nfield dob@kin NK1-16.1 [20010203]\nfield ssn@kin NK1-37.1 [321-54-9876]\nfield last@guarantor GT1-3.1 [LEE]\n"
		"field dob@guarantor GT1-8.1 [19700101]\nfield payer IN1-4.1 [AETNA LIFE]\nfield group IN1-8.1 [G77]\nfield last@subscriber IN1-16.1 [LEE]\nfield dob@subscriber IN1-18.1 [19700101]\nfield member IN1-36.1 [MEM123456]\n"
		"field sex@subscriber IN1-43.1 [F]\nfield member@subscriber IN1-49.1 [CERT9]\nfield ssn@subscriber IN2-2.1 [111-22-3333]\nfield mbi IN2-6.1 [1EG4TE5MK73]\nfield medicaid IN2-8.1 [MC998877]\nfield npi@provider PV1-7.1 [1234567893]\n"
		"field last@provider PV1-7.2 [DOC]\nfield visit PV1-19.1 [V77]\nfield service_date PV1-44.1 [20200102]\nfield last@staff STF-3.1 [NURSE]\n");
	pieces_done(&x);
	/* the insured is the patient: what is said of one is said of the other */
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1\rIN1|1|A||||||||||||||LEE^SU|SEL|19700101\rIN2|1|111-22-3333\rIN1|2|B||||||||||||||LEE^AL|SPO|19710101\rIN2|1|111-22-4444\r"));
	pieces_has(&x, "field last IN1-16.1 [LEE]\nfield dob IN1-18.1 [19700101]\nfield ssn IN2-2.1 [111-22-3333]\nfield last@subscriber IN1-16.1 [LEE]\nfield ssn@subscriber IN2-2.1 [111-22-4444]\n");
	pieces_done(&x);
}

static void clinical(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1\rDG1|1||E11.9^Type 2 diabetes^I10||20200101\rAL1|1|DA|70618^Penicillin^RXNORM|SV|Hives\rPR1|1||44950^Appendectomy^C4||20200102\rOBR|1|P1|F1|2345-7^Glucose^LN|||20200103\r"
		"OBX|1|NM|2345-7^Glucose^LN||273|mg/dL\rOBX|2|FT|1^Note||Seen by Dr. Who\\.br\\Next line\rNTE|1||Call 978-555-0100\rRXE||metformin 500 mg\rRXA|0|1|20200104||08^HepB^CVX\r"
		"FT1|1|CLM77||20200105||CG|99283\rZBL|1|4849404718949325|AB\r"));
	pieces_has(&x, "field diagnosis DG1-3.1 [E11.9]\nfield diagnosis DG1-3.2 [Type 2 diabetes]\nfield service_date DG1-5.1 [20200101]\nfield diagnosis AL1-3.2 [Penicillin]\nfield diagnosis AL1-5.1 [Hives]\nfield treatment PR1-3.1 [44950]\n"
		"field lab OBR-4.1 [2345-7]\nfield service_date OBR-7.1 [20200103]\nfield lab OBX-5.1 [273]\ntext [Call 978-555-0100]\nfield medication RXE-2.1 [metformin 500 mg]\nfield medication RXA-5.2 [HepB]\nfield claim FT1-2.1 [CLM77]\n"
		"field service_date FT1-4.1 [20200105]\nfield treatment FT1-7.1 [99283]\nfield other ZBL-2.1 [4849404718949325]\n");
	assert_null(strstr(buf_cstr(&x.b), "[AB]"));
	assert_non_null(strstr(buf_cstr(&x.b), "text [Seen by Dr. Who\nNext line]\n"));
	pieces_done(&x);
}

static void documents(void **state)
{
	struct pieces x = {0};
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1\rOBX|1|ED|PDF||^TEXT^PLAIN^Base64^SGVsbG8gQW5uIE8nSGFyYQ==\r"));
	pieces_has(&x, "member OBX-5.plain\n");
	pieces_done(&x);
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1\rOBX|1|ED|PDF||^TEXT^PLAIN^A^In the clear\r"));
	pieces_has(&x, "text [In the clear]\n");
	pieces_done(&x);
}

/* Batches, frames, several patients in one message, what is no message, other charsets. */
static void files(void **state)
{
	struct pieces x = {0};
	pieces_read(&x, extract_hl7v2, slice_str("FHS|^~\\&|A\rBHS|^~\\&|A\r" MSH "PID|1||M1\r\r\n\x0b" MSH "PID|1||M2\r\x1c\rBTS|2\rFTS|1\r"));
	assert_int_equal(x.records, 2);
	pieces_has(&x, "field mrn PID-3.1 [M1]\nfield mrn PID-3.1 [M2]\n");
	pieces_done(&x);
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1\rPV1|1|I\rPID|2||M2\r"));
	assert_int_equal(x.records, 2);
	pieces_done(&x);
	pieces_read(&x, extract_hl7v2, slice_str("dear all, call 555-0100\n" MSH "PID|1||M1\r"));
	pieces_has(&x, "text [dear all, call 555-0100\n");
	pieces_done(&x);
	pieces_read(&x, extract_hl7v2, slice_str("MSH|^~\\&|A|B|C|D|2020||ADT^A08|1|P|2.5|||||8859/1\rPID|1||M1||M\xdcLLER^J\xd6RG\r"));
	pieces_has(&x, "field last PID-5.1 [M\xc3\x9cLLER]\nfield first PID-5.2 [J\xc3\x96RG]\n");
	pieces_done(&x);
	pieces_read(&x, extract_hl7v2, slice_str("MSH#*%!?#A\rPID#1##M1*x*y*GEN*MR##A!F!B\r")); /* separators of its own; deleted values are nothing */
	pieces_done(&x);
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1||||||||||^PRN^PH^^1^978^5550\\T\\100\r")); /* a number in its parts */
	pieces_has(&x, "field phone PID-13 [978-5550&100]\n");
	pieces_done(&x);
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1||\"\"^ANN\r"));
	assert_null(strstr(buf_cstr(&x.b), "[\"\"]"));
	pieces_done(&x);
	pieces_read(&x, extract_hl7v2, SLICE_NULL);
	assert_int_equal(x.n, 0);
	pieces_done(&x);
}

/* What stands one field beside its own, as many senders write it. */
static void beside(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1\rIN1|1|Aetna|||||||||||||||||||||||||||||||||CW0656143535-03\rIN1|2|MEDICARE|||||||||||||||||||||||||||||||||1EG4TE5MK73\rIN1|3|MEDICAID|||||||||||||||||||||||||||||||||5362374848\r"));
	pieces_has(&x, "field member IN1-35.1 [CW0656143535-03]\nfield mbi IN1-35.1 [1EG4TE5MK73]\nfield medicaid IN1-35.1 [5362374848]\n");
	pieces_done(&x);
	/* a bank's number and an account's in a segment of a site's own; nine digits alone are nothing */
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1\rZBL|1||111000025|4127824151\rZBK|111000025||111000026|4127824151\r"));
	pieces_has(&x, "field routing ZBL-3.1 [111000025]\nfield account ZBL-4.1 [4127824151]\nfield other ZBK-1.1 [111000025]\nfield other ZBK-4.1 [4127824151]\n");
	assert_null(strstr(buf_cstr(&x.b), "service_date"));
	pieces_done(&x);
	/* a visit that says no day is of the message's */
	pieces_read(&x, extract_hl7v2, slice_str(MSH "PID|1||M1\rPV1|1|O\r"));
	pieces_has(&x, "field service_date MSH-7.1 [202001010830]\n");
	pieces_done(&x);
	pieces_read(&x, extract_hl7v2, slice_str(MSH "EVN|A08|20191231\rPID|1||M1\rPV1|1|O\r"));
	pieces_has(&x, "field service_date EVN-2.1 [20191231]\n");
	pieces_done(&x);
}

/* Cut quickly, cut carefully: the same. And what is not plain is left to the careful one. */
static void plain(void **state)
{
	static const char *const yes[] = {MSH "PID|1||M1\r", MSH "PID|1||M1\r\n", MSH "PID|1||M1", MSH "PID|\rPV1|||\rZZ1||a\r", "MSH|^~\\&|A\nPID|1||M1^^^G&1.2&ISO\n", "MSH|^~\\&|A\r\nPID|1||M1\r\n", "MSH|^~\\&|A\r\nPID|1||M1", "MSH|^~\\&|", "MSH|^~\\&|A",
		MSH "PID|1||0123456789012345678901234567890123456789012345678901234567890123456789|X|Y|Z\rPV1|1|O|||||1234567893^DOC^DAN^^^^^^^NPI||||||||||||V77|||||||||||||||||||||||||20200102\rOBX|1|NM|2345-7^Glucose^LN||273|mg/dL\r"};
	static const char *const no[] = {"MSH|^~\\&|A\\T\\B\r", "MSH|^~\\&|A\xc3\x9c\r", "MSH|^~\\&|A\nPID|1\r", "MSH|^~\\&|A\rPID|1\nmore\r", "MSH|^~\\&|A\rpid|1\r", "MSH|^~\\&|A\r\rPID|1\r", "MSH|^~\\&|A\rPID\r", "MSH#^~\\&#A\r", "MSH|^~\\&|A\rBHS|^~\r", "MSH|^~\\&|A\rMSH|B\r", "MSH|^~\\&|A\rFHS|B\r", "MSH|^~\\&|A\tB\r", "MSH"};
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		for (size_t pad = 0; pad < 70; pad++) { /* across the edges of blocks */
			AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
			char text[600];
			struct hl7_msg x, y;
			struct err e = {0};
			size_t head = 9, n = strlen(yes[i]);
			memcpy(text, yes[i], head);
			memset(text + head, 'x', pad);
			memcpy(text + head + pad, yes[i] + head, n - head);
			if (n + pad <= head)
				continue;
			assert_true(extract_hl7_plain(slice_of(text, n + pad), a, &x));
			assert_int_equal(hl7_parse(slice_of(text, n + pad), a, &y, NULL, 0, NULL, &e), 0);
			assert_int_equal(x.count, y.count);
			for (uint32_t k = 0; k < x.count; k++) {
				const struct hl7_segment *s = &x.segments[k], *t = &y.segments[k];
				assert_true(!memcmp(s->id, t->id, 4) && s->at == t->at && s->n == t->n && s->fields == t->fields);
				assert_memory_equal(x.fields + s->first, y.fields + t->first, s->fields * sizeof *x.fields);
			}
			assert_true(x.utf8 && y.utf8 && !x.escapes && !y.escapes && !y.copied && y.text.p == x.text.p && x.delims.at == y.delims.at && x.delims.n == y.delims.n);
		}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
		struct hl7_msg x;
		assert_false(extract_hl7_plain(slice_str(no[i]), a, &x));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(patient), cmocka_unit_test(others), cmocka_unit_test(clinical), cmocka_unit_test(documents), cmocka_unit_test(files), cmocka_unit_test(beside), cmocka_unit_test(plain)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
