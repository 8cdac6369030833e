/* Every message of the corpus maps (HOLDFAST_CORPUS, default ../shared/corpus), and a table says what of which type was not interpreted. Spot checks of what vendors' messages
 * must say. Where the corpus is absent: skipped. */
#include "facts_test.h"

#include <dirent.h>
#include <sys/stat.h>

static char root[3000];

struct count {
	char type[32];
	unsigned messages, uninterpreted, problems, incomplete, nobody;
};
static struct count counts[300];
static unsigned count_n, messages, unreadable;

static struct count *count_of(struct slice type)
{
	char name[32];
	snprintf(name, sizeof name, "%.*s", (int)(type.n < 31 ? type.n : 31), type.n ? (const char *)type.p : "");
	for (unsigned i = 0; i < count_n; i++)
		if (!strcmp(counts[i].type, name))
			return &counts[i];
	assert_true(count_n < ARRAY_LEN(counts));
	memcpy(counts[count_n].type, name, sizeof name);
	return &counts[count_n++];
}

static void check_message(struct slice bytes, struct arena *a, struct buf *one, struct buf *two)
{
	struct hl7_msg m;
	struct facts f, back;
	struct err e = {0};
	arena_reset(a);
	messages++;
	if (hl7_parse(bytes, a, &m, NULL, 0, NULL, &e) < 0) {
		unreadable++;
		return;
	}
	facts_init(&f, a);
	hl7_facts(&m, &f);
	assert_false(f.failed);
	struct count *c = count_of(f.type);
	c->messages++;
	bool nobody = f.groups == 1 && f.first->id.value.n == 0 && f.first->incomplete; /* a PID without any number */
	assert_true(!nobody || f.uninterpreted);
	c->nobody += nobody;
	c->uninterpreted += f.uninterpreted && !nobody;
	c->problems += f.problems;
	for (struct fact_group *g = f.first; g; g = g->next) {
		c->incomplete += g->incomplete;
		buf_reset(one);
		buf_reset(two);
		facts_encode_group(&f, g, one);
		assert_int_equal(facts_decode_group(buf_slice(one), a, &back, &e), 0);
		facts_encode_group(&back, back.first, two);
		assert_true(slice_eq(buf_slice(one), buf_slice(two)));
		for (struct fact *t = g->first; t; t = t->next)
			for (unsigned i = 0; i < t->count; i++)
				assert_true(utf8_valid(t->values[i].v));
	}
}

static void walk(const char *dir, struct arena *a, struct buf *in, struct buf *one, struct buf *two)
{
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *en; (en = readdir(d)) != NULL;) {
		char path[4200];
		struct stat st;
		if (en->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, en->d_name);
		assert_int_equal(stat(path, &st), 0);
		if (S_ISDIR(st.st_mode)) {
			walk(path, a, in, one, two);
			continue;
		}
		buf_reset(in);
		load(path, in);
		struct hl7_file f;
		struct hl7_piece p;
		hl7_file_init(&f, buf_slice(in));
		for (hl7_file_next(&f, &p); p.type != HL7_PIECE_END; hl7_file_next(&f, &p))
			if (p.type == HL7_PIECE_MESSAGE)
				check_message(p.bytes, a, one, two);
	}
	closedir(d);
}

static int by_type(const void *a, const void *b)
{
	return strcmp(((const struct count *)a)->type, ((const struct count *)b)->type);
}

static void everything(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(256 << 20);
	AUTO_BUF struct buf in = {0}, one = {0}, two = {0};
	buf_init(&in, 64 << 20);
	buf_init(&one, 64 << 20);
	buf_init(&two, 64 << 20);
	walk(root, a, &in, &one, &two);
	qsort(counts, count_n, sizeof counts[0], by_type);
	unsigned uninterpreted = 0;
	printf("%-10s %9s %13s %9s %10s %7s\n", "type", "messages", "uninterpreted", "problems", "incomplete", "nobody");
	for (unsigned i = 0; i < count_n; i++) {
		printf("%-10s %9u %13u %9u %10u %7u\n", counts[i].type, counts[i].messages, counts[i].uninterpreted, counts[i].problems, counts[i].incomplete, counts[i].nobody);
		uninterpreted += counts[i].uninterpreted;
	}
	printf("%-10s %9u %13u   (%u unreadable)\n", "all", messages, uninterpreted, unreadable);
	assert_true(messages >= 600);
	/* what is on the list is interpreted: only messages without a patient, referrals, and broken headers are not */
	assert_true(uninterpreted * 10 < messages);
}

/* The first message of a file. */
static bool first_message(const char *file, struct arena *a, struct buf *in, struct hl7_msg *m, struct facts *f)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/%s", root, file);
	load(path, in);
	struct hl7_file hf;
	struct hl7_piece p;
	hl7_file_init(&hf, buf_slice(in));
	do
		hl7_file_next(&hf, &p);
	while (p.type != HL7_PIECE_MESSAGE && p.type != HL7_PIECE_END);
	if (p.type == HL7_PIECE_END)
		return false;
	read_facts(p.bytes, a, m, f);
	return true;
}

static void spot_checks(void **state)
{
	static const struct {
		const char *file, *id;
		uint8_t kind, nth, field;
		const char *want;
	} rows[] = {
		{"microsoft-fhir-converter/ADT-A01-01.hl7", "PATID1234", FACT_VISIT, 0, FF_LOCATION, "HUH AE OMU\x1fOMU B\x1f" "Bed 03\x1fHOMERTON UNIVER\x1fHomerton UH\x1f" "Floor5"},
		{"microsoft-fhir-converter/ADT-A40-01.hl7", "12345", FACT_IDENTITY, 0, FF_OTHER, "56789\x1f" "BCBS\x1fMR"},
		{"microsoft-fhir-converter/ADT-A60-01.hl7", "PATID1234", FACT_ALLERGY, 0, FF_VERIFICATION, "confirmed"},
		{"microsoft-fhir-converter/PC1-Problem-Add-v2.3.1.hl7", "10290", FACT_PROBLEM, 0, FF_CLINICAL_STATUS, "active"},
		{"microsoft-fhir-converter/LRI_2.0-NG_CBC_Typ_Message.hl7", "PATID1234", FACT_REPORT, 0, FF_STATUS, "final"},
		{"microsoft-fhir-converter/ORU-R01-RMGEAD.hl7", "555-44-4444", FACT_RESULT, 0, FF_VALUE, "182"},
		{"microsoft-fhir-converter/RDE-O11-01.hl7", "PATID1234", FACT_MED_ORDER, 0, FF_RATE, "23 mL/hr"},
		{"node-hl7-complete/valid/nist/ORU_R01_2.5.1_SampleTestCase3.hl7", "9817566735", FACT_RESULT, 0, FF_STATUS, "corrected"},
		{"node-hl7-complete/valid/cerner/cerner_en.hl7", "9339683996", FACT_PATIENT, 0, FF_BIRTH, "2005-07-15"},
		{"node-hl7-complete/valid/corepoint-health/siu-example.hl7", "489671", FACT_APPOINTMENT, 0, FF_TIME, "2008-03-06T10:00"},
		{"node-hl7-complete/valid/catalyze-io/orm-example.hl7", "20891312", FACT_ORDER, 0, FF_PLACER, "987654\x1f" "EPIC"},
		{"node-hl7-complete/valid/mirthproject/mfn-example.hl7", "", FACT_STAFF, 0, FF_NAME, "DU JARDIN\x1f" "ETIENNE\x1f\x1f" "Docteur"},
		{"node-hl7-complete/valid/athena-health/oru-example.hl7", "V001047", FACT_REPORT, 0, FF_STATUS, "corrected"},
		{"rethinkhealth-hl7v2/qa/fixtures/edge-escaped-delimiters.hl7", "12345", FACT_PATIENT, 0, FF_NAME, "DOE&SMITH\x1fJOHN^JANE"},
		{"rethinkhealth-hl7v2/qa/fixtures/edge-custom-delimiters.hl7", "12345", FACT_PATIENT, 0, FF_NAME, "DOE\x1fJOHN\x1f" "A"},
		{"cosyte-hl7/canonical/vxu-v04-refusal.hl7", "MRN-TEST-003", FACT_IMMUNIZATION, 0, FF_STATUS, "not-done"},
		{"cosyte-hl7/canonical/tq1-q6h.hl7", "MRN-M-002", FACT_MED_ORDER, 0, FF_FREQUENCY, "Q6H"},
		{"cosyte-hl7/canonical/adt-a24-link.hl7", "MRN99009", FACT_IDENTITY, 0, FF_OTHER, "MRN99010\x1fHOSP\x1fMR"},
		{"hl7-v2-to-fhir/Message.hl7_MDM_T02.txt", "", FACT_DOCUMENT, 0, FF_CONTENT_TYPE, "text/plain"},
		{"linuxforhealth/ORU-multiline-short-mixed.hl7", "0d70c6c8", FACT_DOCUMENT, 0, FF_TITLE, "ECHO CARDIOGRAM COMPLETE"},
		{"cdc-prime-reportstream/prime-router/src/testIntegration/resources/serializers/test_result_first_rep.hl7", "2a14112c-ece1-4f82-915c-7b3a8d152eda", FACT_RESULT, 0, FF_TEXT, "This is a comment"},
	};
	AUTO_ARENA struct arena *a = arena_new(16 << 20);
	AUTO_BUF struct buf in = {0};
	buf_init(&in, 16 << 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct hl7_msg m;
		struct facts f;
		buf_reset(&in);
		arena_reset(a);
		if (!first_message(rows[i].file, a, &in, &m, &f))
			fail_msg("%s: no message", rows[i].file);
		const struct fact *t = find_fact(&f, rows[i].kind, rows[i].nth);
		if (!t || (rows[i].id[0] && !slice_eq_str(f.first->id.value, rows[i].id)))
			fail_msg("%s: no %s of %s", rows[i].file, fact_kind_name(rows[i].kind), rows[i].id);
		struct slice v = fact_get(t, rows[i].field);
		if (!slice_eq_str(v, rows[i].want))
			fail_msg("%s: %s is \"%.*s\"", rows[i].file, fact_field_name(rows[i].field), SLICE_FMT(v));
	}
}

int main(void)
{
	const char *corpus = getenv("HOLDFAST_CORPUS");
	struct stat st;
	snprintf(root, sizeof root, "%s/hl7v2", corpus ? corpus : "../shared/corpus");
	if (stat(root, &st) < 0) {
		printf("skipped: no corpus at %s\n", root);
		return 77;
	}
	const struct CMUnitTest tests[] = {cmocka_unit_test(everything), cmocka_unit_test(spot_checks)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
