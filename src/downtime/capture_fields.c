/* What an item of each kind may say, and the other names under which people and programs write the same. The names are the contract's (downtime.h); the others are those of FHIR, of HL7 and of ward sheets. */
#include "downtime_internal.h"

#define REGISTRATION_CLASS "inpatient=inp=i=imp emergency=ed=e=emer=er outpatient=o=amb=ambulatory"

static const struct capture_field registration[] = {
	{"family", FIELD_TEXT, "familyname lastname surname last", NULL},
	{"given", FIELD_TEXT, "givenname firstname forename first", NULL},
	{"middle", FIELD_TEXT, "middlename", NULL},
	{"name", FIELD_TEXT, "fullname patientname", NULL},
	{"birth", FIELD_TIME, "dob birthdate dateofbirth", NULL},
	{"sex", FIELD_WORD, "gender", "male=m female=f other=o=x unknown=u"},
	{"address", FIELD_TEXT, "", NULL},
	{"phone", FIELD_TEXT, "telephone tel mobile", NULL},
	{"nextOfKin", FIELD_TEXT, "kin contact", NULL},
	{"mother", FIELD_TEXT, "motherid mothernumber", NULL},
	{"newborn", FIELD_FLAG, "baby", NULL},
	{"unresponsive", FIELD_FLAG, "unconscious unidentified", NULL},
	{"estimatedAge", FIELD_TEXT, "age approximateage", NULL},
	{"description", FIELD_TEXT, "features", NULL},
	{"class", FIELD_WORD, "patientclass", REGISTRATION_CLASS},
	{"bed", FIELD_TEXT, "location", NULL},
	{"reason", FIELD_TEXT, "complaint chiefcomplaint", NULL},
};
static const struct capture_field admit[] = {
	{"class", FIELD_WORD, "patientclass", REGISTRATION_CLASS},
	{"bed", FIELD_TEXT, "location to", NULL},
	{"attending", FIELD_TEXT, "doctor physician attendingphysician", NULL},
	{"reason", FIELD_TEXT, "complaint diagnosis", NULL},
};
static const struct capture_field transfer[] = {
	{"bed", FIELD_TEXT, "to location tobed", NULL},
	{"from", FIELD_TEXT, "frombed", NULL},
	{"reason", FIELD_TEXT, "", NULL},
};
static const struct capture_field discharge[] = {
	{"disposition", FIELD_TEXT, "", NULL},
	{"to", FIELD_TEXT, "destination", NULL},
	{"reason", FIELD_TEXT, "", NULL},
};
static const struct capture_field cancel[] = {
	{"of", FIELD_TEXT, "item id", NULL},
	{"reason", FIELD_TEXT, "", NULL},
};
static const struct capture_field vitals[] = {
	{"systolic", FIELD_AMOUNT, "sbp sys bpsystolic systolicbp", NULL},
	{"diastolic", FIELD_AMOUNT, "dbp dia bpdiastolic diastolicbp", NULL},
	{"bloodPressure", FIELD_TEXT, "bp nibp", NULL}, /* 120/80: becomes the two above */
	{"pulse", FIELD_AMOUNT, "hr heartrate pulserate", NULL},
	{"respiration", FIELD_AMOUNT, "rr resp respiratoryrate respirations", NULL},
	{"temperature", FIELD_AMOUNT, "temp bodytemperature t", NULL},
	{"temperatureUnit", FIELD_WORD, "tempunit", "Cel=c=celsius=°c [degF]=f=fahrenheit=degf=°f"},
	{"spo2", FIELD_AMOUNT, "o2sat sao2 oxygensaturation saturation", NULL},
	{"oxygen", FIELD_AMOUNT, "o2 o2flow oxygenflow fio2lmin", NULL},
	{"pain", FIELD_AMOUNT, "painscore nrs", NULL},
	{"gcs", FIELD_AMOUNT, "glasgow glasgowcomascale", NULL},
	{"weight", FIELD_AMOUNT, "weightkg bodyweight", NULL},
	{"height", FIELD_AMOUNT, "heightcm bodyheight", NULL},
	{"glucose", FIELD_AMOUNT, "bloodglucose bg sugar", NULL},
	{"glucoseUnit", FIELD_WORD, "", "mg/dL=mgdl mmol/L=mmoll"},
	{"position", FIELD_TEXT, "", NULL},
	{"site", FIELD_TEXT, "bodysite", NULL},
};
#define DRUG {"drug", FIELD_TEXT, "medication med medicine name display", NULL}, {"code", FIELD_TEXT, "drugcode", NULL}, {"system", FIELD_TEXT, "codesystem", NULL}
#define DOSE {"dose", FIELD_AMOUNT, "amount doseamount quantity", NULL}, {"unit", FIELD_TEXT, "doseunit units", NULL}, {"route", FIELD_TEXT, "", NULL}
static const struct capture_field given[] = {
	DRUG,
	DOSE,
	{"site", FIELD_TEXT, "bodysite", NULL},
	{"order", FIELD_TEXT, "ordernumber orderid placer", NULL},
	{"lot", FIELD_TEXT, "lotnumber", NULL},
	{"witness", FIELD_TEXT, "cosigner secondcheck", NULL},
	{"scheduled", FIELD_TIME, "due duetime scheduledtime", NULL},
	{"paper", FIELD_FLAG, "onpaper", NULL},
};
static const struct capture_field held[] = {
	DRUG,
	DOSE,
	{"order", FIELD_TEXT, "ordernumber orderid placer", NULL},
	{"scheduled", FIELD_TIME, "due duetime scheduledtime", NULL},
	{"why", FIELD_TEXT, "reason holdreason", NULL},
};
static const struct capture_field order[] = {
	{"category", FIELD_WORD, "type", "medication=med=drug=pharmacy laboratory=lab imaging=radiology=rad nursing diet other"},
	{"what", FIELD_TEXT, "drug medication test item name display study", NULL},
	{"code", FIELD_TEXT, "", NULL},
	{"system", FIELD_TEXT, "codesystem", NULL},
	DOSE,
	{"frequency", FIELD_TEXT, "freq sig interval", NULL},
	{"start", FIELD_TIME, "from starttime", NULL},
	{"until", FIELD_TIME, "end stoptime endtime", NULL},
	{"priority", FIELD_WORD, "urgency", "routine=r=normal urgent=u asap=a stat=s"},
	{"orderedBy", FIELD_TEXT, "prescriber orderingprovider orderer", NULL},
	{"readBack", FIELD_FLAG, "", NULL},
	{"number", FIELD_TEXT, "ordernumber orderid", NULL},
	{"stop", FIELD_TEXT, "stops discontinue", NULL},
	{"reason", FIELD_TEXT, "indication", NULL},
};
static const struct capture_field result[] = {
	{"test", FIELD_TEXT, "name display analyte what", NULL},
	{"code", FIELD_TEXT, "loinc testcode", NULL},
	{"system", FIELD_TEXT, "codesystem", NULL},
	{"value", FIELD_TEXT, "result", NULL},
	{"unit", FIELD_TEXT, "units", NULL},
	{"range", FIELD_TEXT, "referencerange normal", NULL},
	{"flag", FIELD_TEXT, "abnormal interpretation", NULL},
	{"specimen", FIELD_TEXT, "specimennumber accession", NULL},
	{"order", FIELD_TEXT, "ordernumber orderid", NULL},
	{"calledBy", FIELD_TEXT, "phonedby reportedby", NULL},
	{"calledTo", FIELD_TEXT, "phonedto receivedby", NULL},
	{"readBack", FIELD_FLAG, "", NULL},
	{"critical", FIELD_FLAG, "panic", NULL},
	{"status", FIELD_WORD, "", "F=final P=preliminary"},
};
static const struct capture_field note[] = {
	{"title", FIELD_TEXT, "subject heading", NULL},
	{"text", FIELD_LONG, "note body content", NULL},
};
static const struct capture_field allergy[] = {
	{"substance", FIELD_TEXT, "allergen agent name display allergy", NULL},
	{"code", FIELD_TEXT, "", NULL},
	{"system", FIELD_TEXT, "codesystem", NULL},
	{"reaction", FIELD_TEXT, "manifestation", NULL},
	{"severity", FIELD_WORD, "", "mild moderate severe"},
	{"criticality", FIELD_WORD, "", "low high unable-to-assess=unabletoassess"},
	{"statedNone", FIELD_FLAG, "none noknownallergies nka nkda", NULL},
};
static const struct capture_field specimen[] = {
	{"number", FIELD_TEXT, "specimen specimennumber accession", NULL},
	{"what", FIELD_TEXT, "type specimentype material", NULL},
	{"test", FIELD_TEXT, "tests", NULL},
	{"order", FIELD_TEXT, "ordernumber orderid", NULL},
	{"state", FIELD_WORD, "status", "collected=taken sent received resulted=result delivered lost"},
	{"to", FIELD_TEXT, "destination laboratory", NULL},
};
static const struct capture_field sheet[] = {
	{"number", FIELD_TEXT, "sheet sheetnumber", NULL},
	{"page", FIELD_AMOUNT, "", NULL},
	{"pages", FIELD_AMOUNT, "", NULL},
	{"of", FIELD_TEXT, "kind form title", NULL},
};

static const struct capture_field merge[] = {
	{"op", FIELD_WORD, "", "merge unmerge"},
	{"of", FIELD_TEXT, "", NULL},
	{"entry", FIELD_TEXT, "", NULL},
};

static const struct {
	const struct capture_field *v;
	size_t n;
} fields[CAPTURE_KIND_COUNT] = {
#define OF(k, list) [CAPTURE_##k] = {list, ARRAY_LEN(list)}
	OF(REGISTRATION, registration), OF(ADMIT, admit), OF(TRANSFER, transfer), OF(DISCHARGE, discharge), OF(CANCEL, cancel), OF(VITALS, vitals), OF(GIVEN, given), OF(HELD, held), OF(ORDER, order), OF(RESULT, result),
	OF(NOTE, note), OF(ALLERGY, allergy), OF(SPECIMEN, specimen), OF(SHEET, sheet), OF(MERGE, merge),
};

/* ---- names ---- */

static uint8_t small(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 32) : c;
}

static bool skipped(uint8_t c)
{
	return c == '_' || c == '-' || c == ' ';
}

/* Both without what people leave out; b need not be folded. */
static bool same(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;
	for (;;) {
		while (i < a.n && skipped(a.p[i]))
			i++;
		while (k < b.n && skipped(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (small(a.p[i++]) != small(b.p[k++]))
			return false;
	}
}

bool capture_same_name(struct slice a, const char *folded)
{
	return same(a, slice_str(folded));
}

static bool in_list(struct slice a, struct slice list, uint8_t between)
{
	while (list.n) {
		struct slice rest, one = slice_cut(list, between, &rest);
		if (one.n && same(a, one))
			return true;
		list = rest;
	}
	return false;
}

const struct capture_field *capture_field(enum capture_kind kind, struct slice name)
{
	for (size_t i = 0; i < fields[kind].n; i++)
		if (capture_same_name(name, fields[kind].v[i].name))
			return &fields[kind].v[i];
	for (size_t i = 0; i < fields[kind].n; i++)
		if (in_list(name, slice_str(fields[kind].v[i].also), ' '))
			return &fields[kind].v[i];
	return NULL;
}

bool capture_word(const char *words, struct slice s, struct slice *ret)
{
	struct slice list = slice_str(words);
	s = slice_trim(s);
	while (list.n) {
		struct slice rest, group = slice_cut(list, ' ', &rest), others;
		if (in_list(s, group, '=')) {
			*ret = slice_cut(group, '=', &others);
			return true;
		}
		list = rest;
	}
	return false;
}

bool capture_kind_of(struct slice word, enum capture_kind *ret, struct slice *ret_category)
{
	static const struct {
		enum capture_kind kind;
		const char *also, *category;
	} others[] = {
		{CAPTURE_REGISTRATION, "register patientregistration newpatient arrival", ""},
		{CAPTURE_ADMIT, "admission adtadmit admitted", ""},
		{CAPTURE_TRANSFER, "adttransfer move moved", ""},
		{CAPTURE_DISCHARGE, "adtdischarge discharged", ""},
		{CAPTURE_CANCEL, "cancelled canceled adtcancel", ""},
		{CAPTURE_VITALS, "vital vitalsigns vitalsign observations observation obs", ""},
		{CAPTURE_GIVEN, "medicationgiven medgiven medicationadministration administration medadmin mar dosegiven medication", ""},
		{CAPTURE_HELD, "medicationheld medheld notgiven medicationnotgiven doseheld omitted", ""},
		{CAPTURE_ORDER, "orders", ""},
		{CAPTURE_ORDER, "medicationorder medorder prescription", "medication"},
		{CAPTURE_ORDER, "laborder laboratoryorder labrequisition labrequest", "laboratory"},
		{CAPTURE_ORDER, "imagingorder radiologyorder", "imaging"},
		{CAPTURE_RESULT, "labresult resultphoned phonedresult resulttelephone lab results", ""},
		{CAPTURE_NOTE, "nursingnote progressnote clinicalnote notes", ""},
		{CAPTURE_ALLERGY, "allergies allergyintolerance", ""},
		{CAPTURE_SPECIMEN, "specimens sample", ""},
		{CAPTURE_SHEET, "scan scannedsheet paper", ""},
	};
	*ret_category = SLICE_NULL;
	for (unsigned k = 0; k < CAPTURE_KIND_COUNT; k++)
		if (capture_same_name(word, capture_kind_name((enum capture_kind)k))) {
			*ret = (enum capture_kind)k;
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (word.n && in_list(word, slice_str(others[i].also), ' ')) {
			*ret = others[i].kind;
			*ret_category = slice_str(others[i].category);
			return true;
		}
	return false;
}
