/* Code systems under all their names, and what "no known ..." is called in them. */
#include "fhir_internal.h"

const char *fhir_map(const struct fhir_pair *map, size_t n, struct slice from)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_nocase(from, map[i].from))
			return map[i].to;
	return NULL;
}

const char *fhir_word(const char *words, struct slice s)
{
	/* every list below is short, and its words are handed out as static strings: so they are kept apart by NUL in a table of their own */
	for (const char *w = words; *w; w += strlen(w) + 1)
		if (slice_eq_nocase(s, w))
			return w;
	return NULL;
}

/* HL7 table 0396 (v2.9) and the names that senders use beside it -> R4 4.3.2 (terminologies-systems), THO. */
static const struct fhir_pair systems[] = {
	{"LN", "http://loinc.org"}, {"LOINC", "http://loinc.org"}, {"2.16.840.1.113883.6.1", "http://loinc.org"},
	{"SCT", "http://snomed.info/sct"}, {"SNM", "http://snomed.info/sct"}, {"SNM3", "http://snomed.info/sct"}, {"SNOMED", "http://snomed.info/sct"}, {"SNOMED-CT", "http://snomed.info/sct"},
	{"SNOMEDCT", "http://snomed.info/sct"}, {"SNOMED CT", "http://snomed.info/sct"}, {"SCT2", "http://snomed.info/sct"}, {"2.16.840.1.113883.6.96", "http://snomed.info/sct"},
	{"I10", "http://hl7.org/fhir/sid/icd-10"}, {"ICD10", "http://hl7.org/fhir/sid/icd-10"}, {"ICD-10", "http://hl7.org/fhir/sid/icd-10"}, {"2.16.840.1.113883.6.3", "http://hl7.org/fhir/sid/icd-10"},
	{"I10C", "http://hl7.org/fhir/sid/icd-10-cm"}, {"ICD10CM", "http://hl7.org/fhir/sid/icd-10-cm"}, {"ICD-10-CM", "http://hl7.org/fhir/sid/icd-10-cm"}, {"10D", "http://hl7.org/fhir/sid/icd-10-cm"},
	{"2.16.840.1.113883.6.90", "http://hl7.org/fhir/sid/icd-10-cm"},
	{"I10P", "http://www.cms.gov/Medicare/Coding/ICD10"}, {"ICD10PCS", "http://www.cms.gov/Medicare/Coding/ICD10"}, {"ICD-10-PCS", "http://www.cms.gov/Medicare/Coding/ICD10"},
	{"2.16.840.1.113883.6.4", "http://www.cms.gov/Medicare/Coding/ICD10"},
	{"I10G", "http://fhir.de/CodeSystem/bfarm/icd-10-gm"}, {"ICD-10-GM", "http://fhir.de/CodeSystem/bfarm/icd-10-gm"},
	{"I11", "http://id.who.int/icd/release/11/mms"}, {"ICD11", "http://id.who.int/icd/release/11/mms"},
	{"I9", "http://hl7.org/fhir/sid/icd-9-cm"}, {"I9C", "http://hl7.org/fhir/sid/icd-9-cm"}, {"I9CDX", "http://hl7.org/fhir/sid/icd-9-cm"}, {"I9CP", "http://hl7.org/fhir/sid/icd-9-cm"},
	{"ICD9", "http://hl7.org/fhir/sid/icd-9-cm"}, {"ICD9CM", "http://hl7.org/fhir/sid/icd-9-cm"}, {"ICD-9-CM", "http://hl7.org/fhir/sid/icd-9-cm"}, {"ICD-9CM", "http://hl7.org/fhir/sid/icd-9-cm"},
	{"2.16.840.1.113883.6.103", "http://hl7.org/fhir/sid/icd-9-cm"}, {"2.16.840.1.113883.6.104", "http://hl7.org/fhir/sid/icd-9-cm"},
	{"RXNORM", "http://www.nlm.nih.gov/research/umls/rxnorm"}, {"RXN", "http://www.nlm.nih.gov/research/umls/rxnorm"}, {"RXCUI", "http://www.nlm.nih.gov/research/umls/rxnorm"},
	{"2.16.840.1.113883.6.88", "http://www.nlm.nih.gov/research/umls/rxnorm"},
	{"NDC", "http://hl7.org/fhir/sid/ndc"}, {"2.16.840.1.113883.6.69", "http://hl7.org/fhir/sid/ndc"},
	{"CVX", "http://hl7.org/fhir/sid/cvx"}, {"2.16.840.1.113883.12.292", "http://hl7.org/fhir/sid/cvx"}, {"HL70292", "http://hl7.org/fhir/sid/cvx"},
	{"MVX", "http://hl7.org/fhir/sid/mvx"}, {"2.16.840.1.113883.12.227", "http://hl7.org/fhir/sid/mvx"}, {"HL70227", "http://hl7.org/fhir/sid/mvx"},
	{"UCUM", "http://unitsofmeasure.org"}, {"2.16.840.1.113883.6.8", "http://unitsofmeasure.org"},
	{"C4", "http://www.ama-assn.org/go/cpt"}, {"CPT", "http://www.ama-assn.org/go/cpt"}, {"CPT4", "http://www.ama-assn.org/go/cpt"}, {"CPT-4", "http://www.ama-assn.org/go/cpt"}, {"C5", "http://www.ama-assn.org/go/cpt"},
	{"2.16.840.1.113883.6.12", "http://www.ama-assn.org/go/cpt"},
	{"HCPCS", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"}, {"HPC", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"},
	{"ATC", "http://www.whocc.no/atc"}, {"WC", "http://www.whocc.no/atc"}, {"2.16.840.1.113883.6.73", "http://www.whocc.no/atc"},
	{"UNII", "http://fdasis.nlm.nih.gov"}, {"2.16.840.1.113883.4.9", "http://fdasis.nlm.nih.gov"},
	{"ICPC", "http://hl7.org/fhir/sid/icpc-2"}, {"ICPC2", "http://hl7.org/fhir/sid/icpc-2"}, {"ICPC-2", "http://hl7.org/fhir/sid/icpc-2"},
	{"NDFRT", "http://hl7.org/fhir/ndfrt"}, {"NDF-RT", "http://hl7.org/fhir/ndfrt"}, {"NUCC", "http://nucc.org/provider-taxonomy"}, {"DCM", "http://dicom.nema.org/resources/ontology/DCM"},
	{"MDC", "urn:iso:std:iso:11073:10101"}, {"2.16.840.1.113883.6.24", "urn:iso:std:iso:11073:10101"}, {"ISO11073", "urn:iso:std:iso:11073:10101"},
	{"CDCREC", "urn:oid:2.16.840.1.113883.6.238"}, {"2.16.840.1.113883.6.238", "urn:oid:2.16.840.1.113883.6.238"}, {"HL70005", "http://terminology.hl7.org/CodeSystem/v3-Race"},
	{"ISO639", "urn:ietf:bcp:47"}, {"ISO 639", "urn:ietf:bcp:47"}, {"ISO639-1", "urn:ietf:bcp:47"}, {"ISO639-2", "urn:ietf:bcp:47"}, {"ISO639-3", "urn:ietf:bcp:47"}, {"BCP47", "urn:ietf:bcp:47"},
	{"HL70004", "http://terminology.hl7.org/CodeSystem/v2-0004"}, {"2.16.840.1.113883.5.83", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"},
	{"http://hl7.org/fhir/observation-category", "http://terminology.hl7.org/CodeSystem/observation-category"}, /* its name before R4 */
	{"DSM", "http://hl7.org/fhir/sid/dsm5"}, {"DRG", "http://terminology.hl7.org/CodeSystem/ms-drg"}, {"SNMICD", "http://snomed.info/sct"}, {"GMDN", "http://gmdnagency.org"},
	{"99HOLDFAST", "urn:holdfast:ecg-measure"}, /* QTc by formulas that LOINC has no code of */
	{"FDDC", "http://terminology.hl7.org/CodeSystem/nddf"}, {"NDDF", "http://terminology.hl7.org/CodeSystem/nddf"}, {"MEDCIN", "http://terminology.hl7.org/CodeSystem/medcin"},
};

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* 1.2.840... : digits and single dots, first arc 0 to 2, no arc with a leading zero (R4 oid: urn:oid:[0-2](\.(0|[1-9][0-9]*))+). */
static bool is_oid(struct slice s)
{
	struct slice rest = s;
	unsigned arcs = 0;
	while (rest.p) {
		struct slice arc = slice_cut(rest, '.', &rest);
		if (!all_digits(arc) || (arc.n > 1 && arc.p[0] == '0') || (arcs == 0 && (arc.n > 1 || arc.p[0] > '2')))
			return false;
		arcs++;
	}
	return arcs >= 3;
}

static bool is_uri(struct slice s)
{
	if (s.n == 0 || !((s.p[0] | 0x20) >= 'a' && (s.p[0] | 0x20) <= 'z'))
		return false;
	bool colon = false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
		colon = colon || s.p[i] == ':';
	}
	return colon && (slice_starts(s, "http://") || slice_starts(s, "https://") || slice_starts(s, "urn:") || slice_starts(s, "mailto:") || slice_starts(s, "ftp://"));
}

void fhir_urn(struct buf *b, const char *prefix, struct slice name)
{
	static const char hex[] = "0123456789ABCDEF";
	buf_str(b, prefix);
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];
		bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
		if (plain)
			buf_u8(b, c);
		else
			buf_add(b, (const uint8_t[]){'%', (uint8_t)hex[c >> 4], (uint8_t)hex[c & 15]}, 3);
	}
}

const char *fhir_system_uri(struct slice system, struct buf *b)
{
	system = slice_trim(system);
	if (system.n == 0)
		return NULL;
	struct slice name = slice_starts(system, "urn:oid:") ? slice_of(system.p + 8, system.n - 8) : system;
	const char *known = FHIR_MAP(systems, name);
	if (known)
		return known;
	buf_reset(b);
	if (is_uri(system))
		buf_add_slice(b, system);
	else if (is_oid(system)) {
		buf_str(b, "urn:oid:");
		buf_add_slice(b, system);
	} else if ((slice_starts(system, "HL7") || slice_starts(system, "hl7")) && system.n == 7 && all_digits(slice_of(system.p + 3, 4))) {
		buf_str(b, "http://terminology.hl7.org/CodeSystem/v2-");
		buf_add(b, system.p + 3, 4);
	} else
		fhir_urn(b, "urn:holdfast:codesystem:", system);
	return buf_ok(b) ? buf_cstr(b) : NULL;
}

/* A namespace (CX.4: name, universal id, its type) as Identifier.system. A bare name is only known here: it gets a urn of ours, the same for ever. */
const char *fhir_assigner_uri(struct slice assigner, struct slice id, struct slice idtype, struct slice type, struct buf *b)
{
	static const struct fhir_pair ssn[] = {{"SSA", "x"}, {"USSSA", "x"}, {"USA", "x"}, {"SSN", "x"}, {"US", "x"}, {"2.16.840.1.113883.4.1", "x"}};
	static const struct fhir_pair npi[] = {{"CMS", "x"}, {"NPI", "x"}, {"NPPES", "x"}, {"2.16.840.1.113883.4.6", "x"}};
	assigner = slice_trim(assigner);
	id = slice_trim(id);
	struct slice oid = slice_starts(assigner, "urn:oid:") ? slice_of(assigner.p + 8, assigner.n - 8) : id.n ? id : assigner;
	if (slice_eq_str(type, "SS") && (FHIR_MAP(ssn, assigner) || FHIR_MAP(ssn, oid)))
		return "http://hl7.org/fhir/sid/us-ssn";
	if (slice_eq_str(type, "NPI") && (FHIR_MAP(npi, assigner) || FHIR_MAP(npi, oid)))
		return "http://hl7.org/fhir/sid/us-npi";
	buf_reset(b);
	if (is_uri(assigner))
		buf_add_slice(b, assigner);
	else if (id.n && is_oid(id) && (idtype.n == 0 || slice_eq_nocase(idtype, "ISO") || slice_eq_nocase(idtype, "OID")))
		buf_printf(b, "urn:oid:%.*s", SLICE_FMT(id));
	else if (id.n && is_uri(id))
		buf_add_slice(b, id);
	else if (id.n && slice_eq_nocase(idtype, "UUID"))
		fhir_urn(b, "urn:uuid:", id);
	else if (is_oid(assigner))
		buf_printf(b, "urn:oid:%.*s", SLICE_FMT(assigner));
	else if (assigner.n || id.n)
		fhir_urn(b, "urn:holdfast:assigner:", assigner.n ? assigner : id);
	return buf_ok(b) && b->n ? buf_cstr(b) : NULL;
}

/* ---- "no known ..." ----
 * SNOMED CT situations, and IPS' own codes (CodeSystem absent-unknown-uv-ips). A wrong line here would make a real allergy vanish, so each code was looked
 * up in two published lists. "No known latex (food, insect, animal, environmental) allergy" is not in the table: it says nothing of penicillin, so it
 * stays a line of the list, where everybody reads what it says. "No known drug allergy" is what most hospitals mean by none; its own words stay in the SECTION's CODE. */

struct absent {
	const char *category, *code, *says;
};
static const struct absent sct[] = {
	{"allergies", "716186003", "none"},       /* No known allergy */
	{"allergies", "160244002", "none"},       /* No known allergies */
	{"allergies", "409137002", "none"},       /* No known drug allergy */
	{"allergies", "1631000175102", "unknown"}, /* Patient not asked */
	{"problems", "160245001", "none"},        /* No current problems or disability */
	{"medications", "787481004", "none"},     /* No known medications */
	{"medications", "182849000", "none"},     /* No drug therapy prescribed */
	{"medications", "1234391000168107", "none"}, /* No known current medicines (SNOMED CT-AU) */
	{"medications", "182904002", "unknown"},  /* Drug treatment unknown */
	{"procedures", "787480003", "none"},      /* No known procedures */
	{"immunizations", "787482006", "none"},   /* No known immunizations */
	{"devices", "787483001", "none"},         /* No known device use */
};
static const struct absent ips[] = {
	{"allergies", "no-known-allergies", "none"}, {"allergies", "no-known-medication-allergies", "none"}, {"allergies", "no-allergy-info", "unknown"},
	{"problems", "no-known-problems", "none"}, {"problems", "no-problem-info", "unknown"},
	{"medications", "no-known-medications", "none"}, {"medications", "no-medication-info", "unknown"},
	{"immunizations", "no-known-immunizations", "none"}, {"immunizations", "no-immunization-info", "unknown"},
	{"procedures", "no-known-procedures", "none"}, {"procedures", "no-procedure-info", "unknown"},
	{"devices", "no-known-devices", "none"}, {"devices", "no-device-info", "unknown"},
};
/* Free text, as typed in EHRs; compared without case and without what is not a letter. */
static const struct absent texts[] = {
	{"allergies", "noknownallergies", "none"}, {"allergies", "noknownallergy", "none"}, {"allergies", "nka", "none"}, {"allergies", "nkda", "none"}, {"allergies", "noknowndrugallergies", "none"},
	{"allergies", "noknowndrugallergy", "none"}, {"allergies", "noknownmedicationallergies", "none"}, {"allergies", "noallergies", "none"}, {"allergies", "allergiesunknown", "unknown"},
	{"allergies", "noinformationaboutallergies", "unknown"}, {"allergies", "allergiesnotonfile", "unknown"},
	{"problems", "noknownproblems", "none"}, {"problems", "noactiveproblems", "none"}, {"problems", "nocurrentproblemsordisability", "none"}, {"problems", "noinformationaboutproblems", "unknown"},
	{"problems", "noproblems", "none"}, {"medications", "noknownmedications", "none"}, {"medications", "nocurrentmedications", "none"}, {"medications", "nomedications", "none"},
	{"medications", "noknowncurrentmedicines", "none"}, {"medications", "noinformationaboutmedications", "unknown"},
	{"immunizations", "noknownimmunizations", "none"}, {"immunizations", "noinformationaboutimmunizations", "unknown"},
	{"procedures", "noknownprocedures", "none"}, {"procedures", "noinformationaboutpasthistoryofprocedures", "unknown"}, {"procedures", "noinformationaboutprocedures", "unknown"},
};

static const char *look(const struct absent *list, size_t n, const char *category, struct slice code)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].category, category) == 0 && slice_eq_str(code, list[i].code))
			return list[i].says;
	return NULL;
}

const char *fhir_no_known(const char *category, struct slice system, struct slice code)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	const char *uri = fhir_system_uri(system, &b);
	/* the IPS codes are words of their own, and senders write their system in several ways; SNOMED's are numbers and mean nothing elsewhere */
	if (uri && strcmp(uri, "http://snomed.info/sct") == 0)
		return look(sct, ARRAY_LEN(sct), category, code);
	return look(ips, ARRAY_LEN(ips), category, code);
}

const char *fhir_no_known_text(const char *category, struct slice text)
{
	char plain[64];
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if ((c < 'a' || c > 'z') && c < 0x80)
			continue;
		if (n == sizeof plain)
			return NULL;
		plain[n++] = (char)c;
	}
	return look(texts, ARRAY_LEN(texts), category, slice_of(plain, n));
}
