/* JSON: FHIR resources, bundles of one and of several patients, NDJSON, other JSON by its names, what is broken. */
#include "pieces.h"

static void resource(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_fhir, slice_str("{\"resourceType\":\"Patient\",\"id\":\"p1\",\"identifier\":[{\"system\":\"urn:mrn:GEN\",\"value\":\"M1\"},{\"system\":\"http://hl7.org/fhir/sid/us-ssn\",\"value\":\"123-45-6789\"},"
		"{\"type\":{\"coding\":[{\"code\":\"DL\"}]},\"value\":\"D55\"},{\"system\":\"urn:card\",\"value\":\"4849404718949325\"}],\"name\":[{\"use\":\"official\",\"family\":\"O'Hara\",\"given\":[\"Ann\",\"Marie\"],\"suffix\":[\"Jr\"]},{\"use\":\"maiden\",\"family\":\"Lee\"}],"
		"\"telecom\":[{\"system\":\"phone\",\"value\":\"978-555-0100\"},{\"system\":\"email\",\"value\":\"a@b.org\"}],\"gender\":\"female\",\"birthDate\":\"1964-03-07\",\"deceasedDateTime\":\"2020-02-02\",\"address\":[{\"line\":[\"1 Main St\",\"Apt 2\"],\"city\":\"Salem\",\"state\":\"MA\",\"postalCode\":\"01970\"}],"
		"\"contact\":[{\"name\":{\"family\":\"Hara\",\"given\":[\"Tom\"]},\"telecom\":[{\"system\":\"phone\",\"value\":\"978-555-0101\"}]}],\"extension\":[{\"url\":\"http://hl7.org/fhir/us/core/StructureDefinition/us-core-race\",\"extension\":[{\"url\":\"text\",\"valueString\":\"White\"}]},"
		"{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName\",\"valueString\":\"Wu Deng\"}]}"));
	pieces_has(&x, "record p1\nfield id Patient.id [p1]\nfield mrn Patient.identifier.value [M1]\nfield ssn Patient.identifier.value [123-45-6789]\nfield dl Patient.identifier.value [D55]\nfield card Patient.identifier.value [4849404718949325]\n"
		"field last Patient.name.family [O'Hara]\nfield first Patient.name.given [Ann]\nfield middle Patient.name.given [Marie]\nfield suffix Patient.name.suffix [Jr]\nfield maiden Patient.name.family [Lee]\nfield phone Patient.telecom.value [978-555-0100]\n"
		"field email Patient.telecom.value [a@b.org]\nfield sex Patient.gender [female]\nfield dob Patient.birthDate [1964-03-07]\nfield death Patient.deceasedDateTime [2020-02-02]\nfield street Patient.address.line [1 Main St]\n"
		"field apt Patient.address.line [Apt 2]\nfield city Patient.address.city [Salem]\nfield state Patient.address.state [MA]\nfield zip Patient.address.postalCode [01970]\nfield last@kin Patient.contact.name.family [Hara]\n"
		"field phone@kin Patient.contact.telecom.value [978-555-0101]\nfield race Patient.extension.extension.valueString [White]\nfield maiden@kin Patient.extension.valueString [Wu Deng]\n");
	assert_int_equal(x.records, 1);
	pieces_done(&x);
}

/* A naming system says what it is and then whose; a hospital's code is no word, and no identifier is a street. */
static void naming_systems(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_fhir, slice_str("{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:mrn:MEM\",\"value\":\"M1\"},{\"system\":\"urn:mrn:STR\",\"value\":\"M2\"},{\"system\":\"http://h.example/ids/account\",\"value\":\"A3\"},"
		"{\"system\":\"http://h.example/street\",\"value\":\"X4\"},{\"system\":\"urn:medicaid\",\"value\":\"C5\"}]}"));
	pieces_has(&x, "field mrn Patient.identifier.value [M1]\nfield mrn Patient.identifier.value [M2]\nfield account Patient.identifier.value [A3]\nfield mrn Patient.identifier.value [X4]\nfield medicaid Patient.identifier.value [C5]\n");
	pieces_done(&x);
}

#define ENTRY(url, r) "{\"fullUrl\":\"" url "\",\"resource\":" r "}"
#define BUNDLE(entries) "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[" entries "]}"

static void bundle(void **state)
{
	struct pieces x = {.places = true};
	/* one patient: what refers to nobody is his, and comes behind him */
	pieces_read(&x, extract_fhir, slice_str(BUNDLE(ENTRY("urn:uuid:9", "{\"resourceType\":\"Condition\",\"code\":{\"coding\":[{\"code\":\"I10\",\"display\":\"Hypertension\"}],\"text\":\"High pressure\"},\"onsetDateTime\":\"2020-01-01\"}") ","
		ENTRY("urn:uuid:1", "{\"resourceType\":\"Patient\",\"id\":\"1\",\"name\":[{\"family\":\"A\"}]}") "," ENTRY("urn:uuid:3", "{\"resourceType\":\"Coverage\",\"subscriberId\":\"MEM77\",\"payor\":[{\"display\":\"Aetna\"}]}") ","
		ENTRY("urn:uuid:4", "{\"resourceType\":\"Practitioner\",\"identifier\":[{\"system\":\"http://hl7.org/fhir/sid/us-npi\",\"value\":\"1234567893\"}],\"name\":[{\"family\":\"Doc\"}]}"))));
	assert_int_equal(x.records, 1);
	assert_true(strncmp(buf_cstr(&x.b), "record 1\nfield id Patient.id [1]\nfield last Patient.name.family [A]\n", 40) == 0);
	pieces_has(&x, "field diagnosis Condition.code.coding.code [I10]\nfield diagnosis Condition.code.text [High pressure]\nfield service_date Condition.onsetDateTime [2020-01-01]\nfield member Coverage.subscriberId [MEM77]\n"
		"field npi@provider Practitioner.identifier.value [1234567893]\nfield last@provider Practitioner.name.family [Doc]\n");
	pieces_done(&x);
	/* two: by what they refer to, each behind its own; what refers to neither is neither's */
	pieces_read(&x, extract_fhir, slice_str(BUNDLE(ENTRY("urn:uuid:1", "{\"resourceType\":\"Patient\",\"id\":\"1\",\"name\":[{\"family\":\"AA\"}]}") "," ENTRY("http://x/Patient/2", "{\"resourceType\":\"Patient\",\"id\":\"2\",\"name\":[{\"family\":\"BB\"}]}") ","
		ENTRY("urn:uuid:5", "{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"Patient/2\"},\"code\":{\"text\":\"Asthma\"}}") "," ENTRY("urn:uuid:6", "{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"urn:uuid:1\"},\"code\":{\"text\":\"Gout\"}}") ","
		ENTRY("urn:uuid:7", "{\"resourceType\":\"Condition\",\"code\":{\"text\":\"Rash\"}}"))));
	assert_int_equal(x.records, 3);
	const char *all = buf_cstr(&x.b), *a = strstr(all, "[AA]"), *b = strstr(all, "[BB]"), *gout = strstr(all, "[Gout]"), *asthma = strstr(all, "[Asthma]"), *rash = strstr(all, "[Rash]");
	assert_true(a && b && gout && asthma && rash && a < gout && gout < b && b < asthma && asthma < rash);
	assert_non_null(strstr(asthma, "record \n"));
	pieces_done(&x);
}

/* An account is a bank's, a visit's or whatever its number's system says; what is written about it is text, and no claim's number. */
static void account(void **state)
{
	struct pieces x = {0};
	pieces_read(&x, extract_fhir, slice_str("{\"resourceType\":\"Account\",\"identifier\":[{\"system\":\"urn:account\",\"value\":\"2097698962\"}],\"name\":\"Checking of Ann O'Hara\",\"description\":\"routing 021000021\"}\n"
		"{\"resourceType\":\"Account\",\"identifier\":[{\"system\":\"urn:oid:1.2.3\",\"value\":\"77123\"}]}\n"));
	pieces_has(&x, "field account Account.identifier.value [2097698962]\ntext [Checking of Ann O'Hara]\ntext [routing 021000021]\nfield visit Account.identifier.value [77123]\n");
	assert_null(strstr(buf_cstr(&x.b), "claim"));
	pieces_done(&x);
}

static void clinical(void **state)
{
	struct pieces x = {0};
	pieces_read(&x, extract_fhir, slice_str("{\"resourceType\":\"Observation\",\"id\":\"o\",\"subject\":{\"reference\":\"Patient/7\",\"display\":\"Ann O'Hara\"},\"performer\":[{\"display\":\"Dr. Dan Doc\"}],\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"2345-7\"}]},"
		"\"valueQuantity\":{\"value\":259.50,\"unit\":\"mg/dL\"},\"note\":[{\"text\":\"Call Tom at 978-555-0101\"}],\"text\":{\"div\":\"<div xmlns='http://www.w3.org/1999/xhtml'><b>Ann</b> O&apos;Hara<table><tr><td>7</td><td>8</td></tr></table></div>\"}}\n"
		"{\"resourceType\":\"Claim\",\"id\":\"CLM7\",\"patient\":{\"reference\":\"Patient/7\"},\"diagnosis\":[{\"diagnosisCodeableConcept\":{\"coding\":[{\"code\":\"E11.9\"}]}}],\"item\":[{\"productOrService\":{\"coding\":[{\"code\":\"99213\"}]},\"servicedDate\":\"2020-05-05\"}]}\n"
		"{\"resourceType\":\"DocumentReference\",\"id\":\"d\",\"content\":[{\"attachment\":{\"contentType\":\"text/plain\",\"data\":\"SGVsbG8=\",\"title\":\"Letter to Ann\"}}]}\n"
		"{\"resourceType\":\"QuestionnaireResponse\",\"id\":\"q\",\"item\":[{\"text\":\"Do you smoke?\",\"answer\":[{\"valueString\":\"Yes\"}]}]}\n"));
	assert_int_equal(x.records, 4);
	pieces_has(&x, "field name Observation.subject.display [Ann O'Hara]\nfield id Observation.subject.reference [Patient/7]\nfield name@provider Observation.performer.display [Dr. Dan Doc]\nfield lab Observation.code.coding.code [2345-7]\n"
		"field lab Observation.valueQuantity.value [259.50]\ntext [Call Tom at 978-555-0101]\nfield claim Claim.id [CLM7]\nfield diagnosis Claim.diagnosis.diagnosisCodeableConcept.coding.code [E11.9]\n"
		"field treatment Claim.item.productOrService.coding.code [99213]\nfield service_date Claim.item.servicedDate [2020-05-05]\nmember data.plain\nfield treatment QuestionnaireResponse.item.answer.valueString [Yes]\n");
	assert_non_null(strstr(buf_cstr(&x.b), "Ann O'Hara"));
	assert_non_null(strstr(buf_cstr(&x.b), "7\t"));
	pieces_done(&x);
}

static void other(void **state)
{
	struct pieces x = {.places = true};
	pieces_read(&x, extract_fhir, slice_str("{\"exported\":\"2020-01-01\",\"patients\":[{\"id\":7,\"name\":{\"first\":\"Ann\",\"last\":\"O'Hara\"},\"ssn\":\"123-45-6789\",\"guarantor\":{\"first_name\":\"Tom\"},\"visits\":[{\"date_of_service\":\"2020-02-02\",\"diagnosis\":\"I10\"}]},"
		"{\"id\":8,\"name\":{\"first\":\"Su\",\"last\":\"Lee\"},\"dob\":\"1970-01-01\"}]}"));
	assert_int_equal(x.records, 2);
	pieces_has(&x, "record 7\nfield first patients.name.first [Ann]\nfield last patients.name.last [O'Hara]\nfield ssn patients.ssn [123-45-6789]\nfield first@guarantor patients.guarantor.first_name [Tom]\n"
		"field service_date patients.visits.date_of_service [2020-02-02]\nfield diagnosis patients.visits.diagnosis [I10]\nrecord 8\nfield dob patients.dob [1970-01-01]\n");
	pieces_done(&x);
	pieces_read(&x, extract_fhir, slice_str("[{\"lastName\":\"Lee\",\"phone\":\"978-555-0100\"},{\"lastName\":\"Wu\"}]"));
	assert_int_equal(x.records, 2);
	pieces_done(&x);
}

static void broken(void **state)
{
	struct pieces x = {0};
	/* one line of many */
	pieces_read(&x, extract_fhir, slice_str("{\"mrn\":\"M1\"}\n{\"mrn\":\"M2\",\"last\":\n{\"mrn\":\"M3\"}\n{\"mrn\":\"M4\"}\n"));
	assert_int_equal(x.troubles, 1);
	pieces_has(&x, "field mrn mrn [M1]\nfield mrn mrn [M3]\nfield mrn mrn [M4]\n");
	assert_non_null(strstr(buf_cstr(&x.b), "text [{\"mrn\":\"M2\""));
	pieces_done(&x);
	/* a bundle that ends early: what came before is told, the rest is text */
	pieces_read(&x, extract_fhir, slice_str("{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\",\"birthDate\":\"1964-03-07\"}},{\"resource\":{\"resourceType\":\"Patient\",\"birthDa"));
	assert_int_equal(x.troubles, 1);
	pieces_has(&x, "field dob Patient.birthDate [1964-03-07]\ntrouble broken\n");
	assert_non_null(strstr(buf_cstr(&x.b), "\"birthDa]"));
	pieces_done(&x);
	/* nested beyond any depth */
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 20);
	for (int i = 0; i < 10000; i++)
		buf_str(&b, "{\"a\":");
	pieces_read(&x, extract_fhir, buf_slice(&b));
	assert_true(x.troubles >= 1);
	pieces_done(&x);
	pieces_read(&x, extract_fhir, SLICE_NULL);
	assert_int_equal(x.n, 0);
	pieces_done(&x);
}

/* A file too large for one tree: element by element, the same records. */
static void large(void **state)
{
	AUTO_BUF struct buf b = {0};
	struct pieces x = {0};
	char pad[1000];
	memset(pad, 'x', sizeof pad - 1);
	pad[sizeof pad - 1] = 0;
	for (int array = 0; array < 2; array++) {
		buf_init(&b, (size_t)16 << 20);
		buf_str(&b, array ? "[" : "{\"made\":\"2020-01-01\",\"members\":[");
		for (int i = 0; i < 5000; i++)
			buf_printf(&b, "%s{\"mrn\":\"M%d\",\"pad\":\"%s\"}", i ? "," : "", i, pad);
		buf_str(&b, array ? "]" : "],\"by\":\"me and you\"}");
		assert_true(buf_ok(&b));
		pieces_read(&x, extract_fhir, buf_slice(&b));
		assert_int_equal(x.records, 5000);
		assert_int_equal(x.troubles, 0);
		pieces_has(&x, "field mrn mrn [M0]\nfield mrn mrn [M4999]\n");
		pieces_done(&x);
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(resource), cmocka_unit_test(naming_systems), cmocka_unit_test(bundle), cmocka_unit_test(account), cmocka_unit_test(clinical), cmocka_unit_test(other), cmocka_unit_test(broken), cmocka_unit_test(large)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
