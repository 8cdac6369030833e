/* Writing: what HL7 v2 facts look like as resources, golden resources of a whole bundle, and reading our own output again. */
#include "fhir_test.h"

#define US "\x1f"

struct fixture {
	struct arena *a;
	struct facts f;
	struct fact_group *g;
	struct fact_item it;
	struct fhir_person p;
	struct fhir_options o;
};

static void begin(struct fixture *x, uint8_t kind)
{
	x->a = arena_new((size_t)8 << 20);
	facts_init(&x->f, x->a);
	x->g = facts_group(&x->f, (struct fact_ident){SLICE("MRN1"), SLICE("HOSP"), SLICE("MR")});
	x->it = (struct fact_item){.fact = facts_add(&x->f, x->g, kind), .id = "x-1", .entry = 4711, .received = INT64_C(1795305723) * TIME_SEC, .feed = SLICE("LAB@St. Elsewhere")};
	x->p = (struct fhir_person){.id = "p1", .idents = &x->g->id, .ident_count = 1};
	x->o = (struct fhir_options){.zone_minutes = 60};
}

static void put(struct fixture *x, uint8_t field, const char *v)
{
	facts_put_str(&x->f, x->g->last, field, v);
}

static const struct json_node *out(struct fixture *x)
{
	return write_one(x->a, &x->p, &x->it, &x->o);
}

static void end(struct fixture *x)
{
	arena_free(x->a);
}

static void every_resource_says_where_it_comes_from(void **state)
{
	struct fixture x;
	begin(&x, FACT_RESULT);
	put(&x, FF_CODE, "2823-3" US "Potassium" US "LN");
	x.it.origin = FACT_CAPTURED;
	x.it.incomplete = true;
	x.it.source_time = SLICE("2026-11-22T03:12");
	const struct json_node *n = out(&x);
	assert_json(n, "id", "x-1");
	assert_json(n, "meta.versionId", "4711");
	assert_json(n, "meta.lastUpdated", "2026-11-22T00:02:03.000Z");
	assert_json(n, "meta.source", "urn:holdfast:feed:LAB%40St.%20Elsewhere#4711");
	assert_json(n, "meta.tag.0.system", "urn:holdfast:origin");
	assert_json(n, "meta.tag.0.code", "captured");
	assert_json(n, "meta.tag.1.code", "incomplete");
	assert_json(n, "meta.extension.0.valueString", "2026-11-22T03:12");
	assert_json(n, "subject.reference", "Patient/p1");
	x.it.state = FACT_IN_ERROR;
	assert_json(out(&x), "status", "entered-in-error");
	end(&x);
}

static void code_systems(void **state)
{
	static const struct {
		const char *sent, *uri;
	} cases[] = {
		{"LN", "http://loinc.org"}, {"SCT", "http://snomed.info/sct"}, {"I10", "http://hl7.org/fhir/sid/icd-10"}, {"I10C", "http://hl7.org/fhir/sid/icd-10-cm"}, {"ICD10", "http://hl7.org/fhir/sid/icd-10"},
		{"RXNORM", "http://www.nlm.nih.gov/research/umls/rxnorm"}, {"NDC", "http://hl7.org/fhir/sid/ndc"}, {"CVX", "http://hl7.org/fhir/sid/cvx"}, {"UCUM", "http://unitsofmeasure.org"}, {"C4", "http://www.ama-assn.org/go/cpt"},
		{"ATC", "http://www.whocc.no/atc"}, {"2.16.840.1.113883.6.1", "http://loinc.org"}, {"2.16.840.1.113883.6.999", "urn:oid:2.16.840.1.113883.6.999"}, {"urn:oid:2.16.840.1.113883.6.96", "http://snomed.info/sct"},
		{"HL70085", "http://terminology.hl7.org/CodeSystem/v2-0085"}, {"http://x.example/y", "http://x.example/y"}, {"99LAB", "urn:holdfast:codesystem:99LAB"}, {"My codes", "urn:holdfast:codesystem:My%20codes"},
		{"http://a b", "urn:holdfast:codesystem:http%3A%2F%2Fa%20b"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture x;
		char code[200];
		begin(&x, FACT_PROBLEM);
		snprintf(code, sizeof code, "X1" US "words" US "%s", cases[i].sent);
		put(&x, FF_CODE, code);
		assert_json(out(&x), "code.coding.0.system", cases[i].uri);
		end(&x);
	}
}

static void identifiers(void **state)
{
	struct fixture x;
	begin(&x, FACT_ORDER);
	put(&x, FF_ID, "P1" US "EHR & Co");
	put(&x, FF_PLACER, "P1" US "EHR & Co");
	put(&x, FF_FILLER, "F2" US "LAB" US US "1.2.3.4" US "ISO");
	const struct json_node *n = out(&x);
	assert_json(n, "identifier.0.value", "P1");
	assert_json(n, "identifier.0.system", "urn:holdfast:assigner:EHR%20%26%20Co");
	assert_json(n, "identifier.0.type.coding.0.code", "PLAC");
	assert_json(n, "identifier.0.assigner.display", "EHR & Co");
	assert_json(n, "identifier.1.system", "urn:oid:1.2.3.4");
	assert_json(n, "identifier.1.type.coding.0.code", "FILL");
	assert_no_json(n, "identifier.2");
	end(&x);
}

/* date, dateTime, instant: more is written than was sent only where R4 demands it, and then what was sent stands beside it. */
static void times(void **state)
{
	static const struct {
		const char *sent, *written;
		bool changed;
	} cases[] = {
		{"2026", "2026", false}, {"2026-11", "2026-11", false}, {"2026-11-22", "2026-11-22", false}, {"2026-11-22T03", "2026-11-22T03:00:00+01:00", true}, {"2026-11-22T03:12", "2026-11-22T03:12:00+01:00", true},
		{"2026-11-22T03:12:05", "2026-11-22T03:12:05+01:00", true}, {"2026-11-22T03:12-05:00", "2026-11-22T03:12:00-05:00", true}, {"2026-11-22T03:12:05.250+01:00", "2026-11-22T03:12:05.250+01:00", false},
		{"2026-11-22T03:12:05Z", "2026-11-22T03:12:05Z", false}, {"2026-11-22T03:12:05+15:00", "2026-11-21T12:12:05Z", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture x;
		begin(&x, FACT_RESULT);
		put(&x, FF_TIME, cases[i].sent);
		const struct json_node *n = out(&x);
		assert_json(n, "effectiveDateTime", cases[i].written);
		if (cases[i].changed)
			assert_json(n, "_effectiveDateTime.extension.0.valueString", cases[i].sent);
		else
			assert_no_json(n, "_effectiveDateTime");
		end(&x);
	}
	static const char *const bad[] = {"yesterday", "2026-13", "2026-02-30", "20261122", "0000", "2026-11-22T25:00:00Z", "\x18"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fixture x;
		begin(&x, FACT_RESULT);
		put(&x, FF_TIME, bad[i]);
		assert_no_json(out(&x), "effectiveDateTime");
		end(&x);
	}
	struct fixture x;
	begin(&x, FACT_REPORT);
	put(&x, FF_RECORDED, "2026-11-22"); /* issued is an instant */
	assert_json(out(&x), "issued", "2026-11-22T00:00:00+01:00");
	assert_json(out(&x), "_issued.extension.0.valueString", "2026-11-22");
	end(&x);
}

static void values(void **state)
{
	static const struct {
		const char *type, *value, *path, *want;
	} cases[] = {
		{"NM", "1.50", "valueQuantity.value", "1.50"}, {"NM", "+5", "valueQuantity.value", "5"}, {"NM", ".5", "valueQuantity.value", "0.5"}, {"NM", "007", "valueQuantity.value", "7"}, {"NM", "5.", "valueQuantity.value", "5"},
		{"NM", "5-10", "valueString", "5-10 mmol/L"}, {"NM", "1,5", "valueString", "1,5 mmol/L"}, {"ST", "5", "valueString", "5 mmol/L"}, {"ST", ">=16", "valueString", ">=16 mmol/L"}, {"ST", "5 mmol/L", "valueString", "5 mmol/L"}, {"ST", "Negative", "valueString", "Negative"}, {"TX", "a\nb", "valueString", "a\nb"}, {"DT", "2026-11-22", "valueDateTime", "2026-11-22"},
		{"TM", "08:15", "valueTime", "08:15:00"}, {"TM", "26:15", "valueString", "26:15"}, {"valueBoolean", "true", "valueBoolean", "true"}, {"valueInteger", "-3", "valueInteger", "-3"},
		{"valueInteger", "99999999999", "valueString", "99999999999"}, {"valueRatio", "1:128", "valueRatio.denominator.value", "128"}, {"valueRange", "1 - 2 mg", "valueRange.high.unit", "mg"},
		{"valuePeriod", "2026-11-01/2026-11-02", "valuePeriod.end", "2026-11-02"}, {"SN", "100", "valueQuantity.comparator", ">="},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture x;
		begin(&x, FACT_RESULT);
		put(&x, FF_TYPE, cases[i].type);
		put(&x, FF_VALUE, cases[i].value);
		put(&x, FF_UNIT, "mmol/L");
		if (strcmp(cases[i].type, "SN") == 0)
			put(&x, FF_COMPARATOR, ">=");
		const struct json_node *n = out(&x);
		assert_json(n, cases[i].path, cases[i].want);
		unsigned count = 0;
		for (const struct json_node *c = n->child; c; c = c->next)
			count += slice_starts(c->key, "value");
		assert_int_equal(count, 1);
		end(&x);
	}
	struct fixture x;
	begin(&x, FACT_RESULT);
	put(&x, FF_TYPE, "NM");
	put(&x, FF_VALUE, "6.1");
	put(&x, FF_UNIT, "mmol/L");          /* no system: no code (qty-3) */
	put(&x, FF_RANGE, "3.5-5.1");
	put(&x, FF_FLAG, "HH");
	put(&x, FF_STATUS, "corrected");
	put(&x, FF_TEXT, "not hemolyzed");
	put(&x, FF_PERFORMER, "1234" US "Curie" US "Marie");
	put(&x, FF_VISIT, "V1" US "HOSP");
	const struct json_node *n = out(&x);
	assert_json(n, "valueQuantity.unit", "mmol/L");
	assert_no_json(n, "valueQuantity.code");
	assert_json(n, "referenceRange.0.text", "3.5-5.1");
	assert_json(n, "interpretation.0.coding.0.code", "HH");
	assert_json(n, "status", "corrected");
	assert_json(n, "note.0.text", "not hemolyzed");
	assert_json(n, "performer.0.display", "Marie Curie");
	assert_json(n, "performer.0.identifier.value", "1234");
	assert_json(n, "encounter.identifier.value", "V1");
	assert_no_json(n, "encounter.reference");
	end(&x);
}

static void vital_signs_know_themselves(void **state)
{
	struct fixture x;
	begin(&x, FACT_RESULT);
	put(&x, FF_CODE, "8867-4" US "Heart rate" US "LN");
	assert_json(out(&x), "category.0.coding.0.code", "vital-signs");
	end(&x);
	begin(&x, FACT_RESULT);
	put(&x, FF_CODE, "8867-4" US "Heart rate" US "99X"); /* not LOINC's */
	assert_no_json(out(&x), "category");
	end(&x);
}

static void invariants(void **state)
{
	struct fixture x;
	begin(&x, FACT_ALLERGY); /* ait-2 */
	put(&x, FF_VERIFICATION, "entered-in-error");
	assert_no_json(out(&x), "clinicalStatus");
	assert_json(out(&x), "code.text", "not stated");
	end(&x);
	begin(&x, FACT_ALLERGY); /* HL7 tables 0127 and 0128 */
	put(&x, FF_CODE, "PCN" US "Penicillin" US "L");
	put(&x, FF_CATEGORY, "DA" US "Drug allergy" US "HL70127");
	put(&x, FF_SEVERITY, "SV" US "Severe" US "HL70128");
	put(&x, FF_REACTION, US US US US US US "hives");
	assert_json(out(&x), "category.0", "medication");
	assert_json(out(&x), "reaction.0.severity", "severe");
	assert_json(out(&x), "reaction.0.manifestation.0.text", "hives");
	assert_json(out(&x), "clinicalStatus.coding.0.code", "active");
	x.it.state = FACT_DELETED;
	assert_json(out(&x), "clinicalStatus.coding.0.code", "inactive");
	end(&x);
	begin(&x, FACT_PROBLEM); /* con-4 */
	put(&x, FF_CLINICAL_STATUS, "active");
	put(&x, FF_END, "2026-11-22");
	assert_no_json(out(&x), "abatementDateTime");
	assert_json(out(&x), "note.0.text", "end: 2026-11-22");
	end(&x);
	begin(&x, FACT_APPOINTMENT); /* app-2: an end that nobody sent */
	put(&x, FF_STATUS, "booked");
	put(&x, FF_TIME, "2026-12-01T09:00");
	assert_json(out(&x), "start", "2026-12-01T09:00:00+01:00");
	assert_json(out(&x), "_end.extension.0.valueCode", "unknown");
	put(&x, FF_DURATION_MIN, "30");
	assert_json(out(&x), "end", "2026-12-01T08:30:00Z");
	end(&x);
	begin(&x, FACT_APPOINTMENT); /* app-3 */
	put(&x, FF_STATUS, "booked");
	assert_json(out(&x), "status", "proposed");
	end(&x);
	begin(&x, FACT_MED_ADMIN); /* mad-1; effective 1..1 */
	put(&x, FF_CODE, US US US US US US "aspirin");
	put(&x, FF_ROUTE, "PO");
	assert_json(out(&x), "dosage.dose.extension.0.valueCode", "unknown");
	assert_json(out(&x), "effectivePeriod.extension.0.valueCode", "unknown");
	end(&x);
	begin(&x, FACT_VISIT); /* per-1 */
	put(&x, FF_START, "2026-11-22T10:00:00Z");
	put(&x, FF_END, "2026-11-21T10:00:00Z");
	assert_json(out(&x), "period.start", "2026-11-22T10:00:00Z");
	assert_no_json(out(&x), "period.end");
	end(&x);
}

static void medication_orders(void **state)
{
	struct fixture x;
	begin(&x, FACT_MED_ORDER);
	put(&x, FF_PLACER, "RX1" US "CPOE");
	put(&x, FF_STATUS, "active");
	put(&x, FF_CODE, "0054-4728-25" US "prednisone 20 mg" US "NDC");
	put(&x, FF_DOSE, "20");
	put(&x, FF_DOSE_MAX, "40");
	put(&x, FF_DOSE_UNIT, "mg" US US "UCUM");
	put(&x, FF_ROUTE, "PO" US "oral" US "HL70162");
	put(&x, FF_FREQUENCY, "BID");
	put(&x, FF_PRN, "pain");
	put(&x, FF_RATE, "100 mL/h");
	put(&x, FF_PRIORITY, "S");
	put(&x, FF_START, "2026-11-21");
	put(&x, FF_QUANTITY, "30 tablet");
	put(&x, FF_REFILLS, "2");
	const struct json_node *n = out(&x);
	assert_json(n, "resourceType", "MedicationRequest");
	assert_json(n, "intent", "order");
	assert_json(n, "priority", "stat");
	assert_json(n, "dosageInstruction.0.text", "20 - 40 mg oral BID at 100 mL/h as needed (pain)");
	assert_json(n, "dosageInstruction.0.doseAndRate.0.doseRange.high.value", "40");
	assert_json(n, "dosageInstruction.0.doseAndRate.0.rateQuantity.value", "100");
	assert_json(n, "dosageInstruction.0.timing.code.coding.0.code", "BID");
	assert_json(n, "dosageInstruction.0.timing.repeat.boundsPeriod.start", "2026-11-21");
	assert_json(n, "dosageInstruction.0.asNeededCodeableConcept.text", "pain");
	assert_json(n, "dispenseRequest.quantity.unit", "tablet");
	assert_json(n, "dispenseRequest.numberOfRepeatsAllowed", "2");
	put(&x, FF_CATEGORY, "statement");
	assert_json(out(&x), "resourceType", "MedicationStatement");
	end(&x);
}

static void what_is_said_of_a_section(void **state)
{
	struct fixture x;
	begin(&x, FACT_SECTION);
	put(&x, FF_CATEGORY, "allergies");
	put(&x, FF_STATUS, "none");
	assert_json(out(&x), "code.coding.0.code", "no-known-allergies");
	put(&x, FF_CODE, "409137002" US "No known drug allergy" US "SCT");
	assert_json(out(&x), "code.coding.0.code", "409137002"); /* its own words, not more */
	end(&x);
	begin(&x, FACT_SECTION);
	put(&x, FF_CATEGORY, "medications");
	put(&x, FF_STATUS, "unknown");
	assert_json(out(&x), "medicationCodeableConcept.coding.0.code", "no-medication-info");
	end(&x);
	begin(&x, FACT_SECTION);
	put(&x, FF_CATEGORY, "problems");
	put(&x, FF_STATUS, "withheld");
	assert_json(out(&x), "resourceType", "List");
	assert_json(out(&x), "emptyReason.coding.0.code", "withheld");
	end(&x);
	begin(&x, FACT_SECTION);
	put(&x, FF_CATEGORY, "allergies");
	put(&x, FF_STATUS, "replaced");
	assert_null(out(&x));
	end(&x);
	begin(&x, FACT_IDENTITY);
	assert_null(out(&x));
	end(&x);
}

static void documents(void **state)
{
	struct fixture x;
	begin(&x, FACT_DOCUMENT);
	put(&x, FF_CONTENT_TYPE, "application/pdf");
	put(&x, FF_CONTENT_PLACE, "OBX 3");
	put(&x, FF_CONTENT_SIZE, "1234");
	put(&x, FF_TITLE, "Letter");
	assert_json(out(&x), "content.0.attachment.url", "Binary/x-1");
	x.o.base = "https://h/fhir";
	assert_json(out(&x), "content.0.attachment.url", "https://h/fhir/Binary/x-1");
	assert_json(out(&x), "content.0.attachment.size", "1234");
	assert_no_json(out(&x), "content.0.attachment.data");
	end(&x);
}

static const char *id_of(void *arg, uint8_t kind, struct slice ident)
{
	return kind == FACT_VISIT && slice_eq_str(fact_part(ident, FI_VALUE), "V1") ? "visit-9" : NULL;
}

static size_t members(void *arg, const struct fact_item *report, const char **ret, size_t max)
{
	ret[0] = "r1";
	ret[1] = "r2";
	return 2;
}

static void links_become_references(void **state)
{
	struct fixture x;
	struct fhir_links links = {.id_of = id_of, .members = members};
	begin(&x, FACT_REPORT);
	x.o.links = &links;
	put(&x, FF_ID, "R1" US "LAB");
	put(&x, FF_VISIT, "V1" US "HOSP");
	assert_json(out(&x), "encounter.reference", "Encounter/visit-9");
	assert_json(out(&x), "result.1.reference", "Observation/r2");
	end(&x);
}

static void persons(void **state)
{
	struct fixture x;
	const char *replaces[] = {"p7"};
	begin(&x, FACT_PATIENT);
	put(&x, FF_NAME, "Doe" US "Mary Ann" US "Q R" US "Dr." US US "official");
	put(&x, FF_BIRTH, "1957-03-12T04:30");
	put(&x, FF_SEX, "ambiguous");
	put(&x, FF_MARITAL, "A" US "Separated" US "HL70002");
	put(&x, FF_MULTIPLE, "2");
	put(&x, FF_DECEASED_TIME, "2026-11-22T03:00:00Z");
	put(&x, FF_TELECOM, "" US "555" US "PRN");
	put(&x, FF_ADDRESS, "1 Main St" US US "Town" US US "12345" US "US" US "H");
	put(&x, FF_PROTECTED, "VIP");
	x.p.demographics = &x.it;
	x.p.replaces = replaces;
	x.p.replaces_count = 1;
	const struct json_node *n = out(&x);
	assert_json(n, "id", "p1");
	assert_json(n, "identifier.0.system", "urn:holdfast:assigner:HOSP");
	assert_json(n, "name.0.given.0", "Mary Ann");
	assert_json(n, "name.0.given.2", "R");
	assert_json(n, "name.0.text", "Dr. Mary Ann Q R Doe");
	assert_json(n, "birthDate", "1957-03-12");
	assert_json(n, "_birthDate.extension.0.valueDateTime", "1957-03-12T04:30:00+01:00");
	assert_json(n, "gender", "other");
	assert_json(n, "maritalStatus.coding.0.code", "L");
	assert_json(n, "multipleBirthInteger", "2");
	assert_json(n, "deceasedDateTime", "2026-11-22T03:00:00Z");
	assert_json(n, "telecom.0.system", "other");
	assert_json(n, "telecom.0.use", "home");
	assert_json(n, "address.0.use", "home");
	assert_json(n, "meta.security.0.code", "R");
	assert_json(n, "link.0.other.reference", "Patient/p7");
	assert_json(n, "link.0.type", "replaces");
	assert_json(n, "active", "true");
	x.p.replaced_by = "p9";
	assert_json(out(&x), "active", "false");
	assert_json(out(&x), "link.1.type", "replaced-by");
	end(&x);
}

/* In Han, kana and Hangul the family name comes first; the same name in Latin letters, and a Latin one beside a Han one, as everywhere. */
static void names_in_the_order_of_their_script(void **state)
{
	static const struct {
		const char *name, *text;
	} names[] = {
		{"山田" US "太郎", "山田 太郎"}, {"やまだ" US "たろう", "やまだ たろう"}, {"ﾔﾏﾀﾞ" US "ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ"}, {"김" US "민준", "김 민준"}, {"王" US "小明" US US "Dr.", "Dr. 王 小明"}, {"𠮷田" US "健", "𠮷田 健"}, {"山田", "山田"},
		{"Yamada" US "Taro", "Taro Yamada"}, {"Smith" US "太郎", "太郎 Smith"}, {"王" US "David", "David 王"}, {"Иванов" US "Иван" US "Иванович", "Иван Иванович Иванов"},
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct fixture x;
		begin(&x, FACT_PATIENT);
		put(&x, FF_NAME, names[i].name);
		x.p.demographics = &x.it;
		assert_json(out(&x), "name.0.text", names[i].text);
		end(&x);
	}
	struct fixture x;
	begin(&x, FACT_REPORT);
	put(&x, FF_ID, "1");
	put(&x, FF_PERFORMER, "D7" US "山田" US "花子");
	assert_json(out(&x), "performer.0.display", "山田 花子");
	end(&x);
}

/* ---- whole bundles ---- */

static void golden_resources(void **state)
{
	struct buf b, text;
	struct arena *a = arena_new((size_t)64 << 20);
	struct facts f;
	struct naive n;
	load(DATA "transaction.json", &b);
	read_text(buf_slice(&b), &f, a);
	naive_init(&n, a);
	naive_apply(&n, &f);
	buf_init(&text, (size_t)16 << 20);
	struct fhir_person who = naive_who(&n.persons[0]);
	struct fhir_options o = {.zone_minutes = 0};
	for (const struct fact_item *it = n.persons[0].first; it; it = it->next) {
		struct jsonw w;
		jsonw_init(&w, &text);
		if (fhir_write_item(&w, &who, it, &o)) {
			jsonw_done(&w);
			buf_u8(&text, '\n');
		}
	}
	golden("transaction.json.resources", buf_slice(&text));
	buf_done(&text);
	buf_done(&b);
	naive_done(&n);
	arena_free(a);
}

/* Our own output read again says the same. What is compared is what a clinician acts on. */
static void same_again(const char *path)
{
	static const uint8_t fields[] = {FF_CODE, FF_VALUE, FF_VALUE_CODE, FF_COMPARATOR, FF_RANGE, FF_FLAG, FF_TIME, FF_DOSE, FF_DOSE_MAX, FF_LOT, FF_REACTION, FF_SEVERITY, FF_CRITICALITY, FF_VERIFICATION, FF_ABSENT, FF_DISPOSITION};
	struct buf b, text;
	struct arena *a = arena_new((size_t)512 << 20);
	struct facts f, g;
	struct naive n;
	load(path, &b);
	read_text(buf_slice(&b), &f, a);
	naive_init(&n, a);
	naive_apply(&n, &f);
	buf_init(&text, (size_t)256 << 20);
	struct jsonw w;
	jsonw_init(&w, &text);
	jsonw_obj(&w);
	jsonw_kstr(&w, "resourceType", "Bundle");
	jsonw_kstr(&w, "type", "collection");
	jsonw_key(&w, "entry");
	jsonw_arr(&w);
	struct fhir_person who = naive_who(&n.persons[0]);
	struct fhir_options o = {.zone_minutes = 0};
	for (const struct fact_item *it = n.persons[0].first; it; it = it->next) {
		if (!fhir_type(it))
			continue;
		jsonw_obj(&w);
		jsonw_key(&w, "resource");
		fhir_write_item(&w, &who, it, &o);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	read_text(buf_slice(&text), &g, a);
	struct naive again;
	naive_init(&again, a);
	naive_apply(&again, &g);
	assert_int_equal(again.count, 1); /* the same identifiers: one person */
	for (const struct fact_item *it = n.persons[0].first; it; it = it->next) {
		const struct fact *t = it->fact, *u = NULL;
		if (t->kind == FACT_PATIENT || t->kind == FACT_IDENTITY || t->kind == FACT_GENERIC || t->kind == FACT_SECTION || t->kind == FACT_DOCUMENT || t->kind == FACT_CARE_TEAM || slice_eq_str(fact_get(t, FF_ACTION), "delete"))
			continue;
		for (const struct fact *c = g.first->first; c && !u; c = c->next) {
			struct slice name = fact_get(c, FF_RESOURCE), rest, id;
			slice_cut(name, '/', &rest);
			id = rest;
			if (c->kind == t->kind && slice_eq_str(id, it->id))
				u = c;
		}
		if (!u)
			fail_msg("%s: %s is not in what we wrote", path, it->id);
		for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
			struct slice x = fact_get(t, fields[i]), y = fact_get(u, fields[i]);
			/* several ranges become one text; a severity or status of another system becomes R4's word; a code without a system is a text */
			bool code = fields[i] == FF_CODE || fields[i] == FF_VALUE_CODE || fields[i] == FF_REACTION || fields[i] == FF_DISPOSITION;
			if (code) {
				if (!slice_eq(fact_part(x, FC_CODE), fact_part(y, FC_CODE)) && fact_part(x, FC_SYSTEM).n)
					fail_msg("%s: %s of %s", path, fact_field_name(fields[i]), it->id);
				continue;
			}
			if (fields[i] == FF_SEVERITY || fields[i] == FF_VERIFICATION)
				continue;
			if (fields[i] == FF_VALUE && slice_eq_str(fact_get(t, FF_TYPE), "valueSampledData"))
				continue;
			if (!slice_eq(x, y))
				fail_msg("%s: %s of %s: %.*s became %.*s", path, fact_field_name(fields[i]), it->id, SLICE_FMT(x), SLICE_FMT(y));
		}
		if (fact_count(t, FF_COMPONENT) != fact_count(u, FF_COMPONENT))
			fail_msg("%s: components of %s", path, it->id);
	}
	naive_done(&again);
	naive_done(&n);
	buf_done(&text);
	buf_done(&b);
	arena_free(a);
}

static void round_trip(void **state)
{
	same_again(DATA "transaction.json");
	if (!corpus(same_again))
		skip();
}

/* Blanks, wherever they stand, are nothing, and so is what is no time where one belongs: no empty object, no empty string (R4 2.6.2). In each field of each kind, alone and in each of its parts. */
static void blanks_are_nothing(void **state)
{
	static const char *const blank[] = {"\n", US US US "\n", US "\n" US US "\n" US "\n", US US US US " \n" US US "\t", " " US " " US " " US " " US " " US " " US " " US " ", "yesterday"};
	for (unsigned kind = 1; kind < FACT_KIND_COUNT; kind++)
		for (unsigned field = 1; field < FF_COUNT; field++)
			for (size_t i = 0; i < ARRAY_LEN(blank); i++) {
				struct fixture x;
				begin(&x, (uint8_t)kind);
				put(&x, (uint8_t)field, blank[i]);
				if (field != FF_CODE)
					put(&x, FF_CODE, US US US US US US "just text");
				(void)out(&x); /* looks at the rules itself */
				end(&x);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_resource_says_where_it_comes_from), cmocka_unit_test(code_systems), cmocka_unit_test(identifiers), cmocka_unit_test(times), cmocka_unit_test(values),
		cmocka_unit_test(vital_signs_know_themselves), cmocka_unit_test(invariants), cmocka_unit_test(medication_orders), cmocka_unit_test(what_is_said_of_a_section), cmocka_unit_test(documents),
		cmocka_unit_test(links_become_references), cmocka_unit_test(persons), cmocka_unit_test(names_in_the_order_of_their_script), cmocka_unit_test(blanks_are_nothing), cmocka_unit_test(golden_resources), cmocka_unit_test(round_trip),
	};
	return finish(cmocka_run_group_tests(tests, NULL, NULL));
}
