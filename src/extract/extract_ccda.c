/* Clinical documents (HL7 CDA R2, C-CDA 2.1, and the national ones made of the same parts): who they are about, who else is in them, what their entries say, and their narrative.
 *
 * The header's participants have their places: recordTarget is the patient, guardian and the like his kin, author and performer who treated him. An entry's codes are what its section is about (by the section's LOINC code), unless the act
 * itself says more: a substanceAdministration is medication, a procedure treatment; a code of ICD is a diagnosis wherever it stands. Section texts are text, documents and pictures inside are members. */
#include "extract_values.h"
#include "extract_xml.h"

#define R(x) PERSON_ROLE_##x
#define LEVELS 128u /* elements deeper than that are read as their parents are */
#define TEXT_MAX ((size_t)16 << 20)
#define MEDIA_MAX ((size_t)256 << 20)

struct level {
	char name[32];
	uint8_t role, who; /* of coded things, and of persons in here */
	bool organisation; /* names and addresses in here are of one */
	uint8_t given, lines; /* how many of them were told */
	bool told;         /* it had children: its own text is nothing */
};

struct reader {
	const struct extract_out *o;
	struct err *e;
	int code;
	unsigned depth;
	struct level v[LEVELS];
	struct buf text, narrative;
	uint64_t at, text_at, narrative_at;
	unsigned in_narrative;   /* depth of the section's text; 0: not in one */
	char media[64];          /* of the base64 that comes */
	bool is_base64, begun;
	char path[96];
};

/* ---- what sections and codes are about ---- */

static int section_role(const char *loinc, int role)
{
	static const struct {
		char code[8];
		uint8_t role;
	} known[] = {{"11450-4", R(DIAGNOSIS)}, {"11348-0", R(DIAGNOSIS)}, {"48765-2", R(DIAGNOSIS)}, {"10157-6", R(DIAGNOSIS)}, {"29299-5", R(DIAGNOSIS)}, {"10154-3", R(DIAGNOSIS)}, {"46241-6", R(DIAGNOSIS)}, {"11535-2", R(DIAGNOSIS)}, {"51848-0", R(DIAGNOSIS)},
		{"47420-5", R(DIAGNOSIS)}, {"75310-3", R(DIAGNOSIS)}, {"10190-7", R(BEHAVIORAL)}, {"30954-2", R(LAB)}, {"8716-3", R(LAB)}, {"26436-6", R(LAB)}, {"18725-2", R(LAB)}, {"10160-0", R(MEDICATION)}, {"10183-2", R(MEDICATION)}, {"29549-3", R(MEDICATION)},
		{"42346-7", R(MEDICATION)}, {"11369-6", R(MEDICATION)}, {"57828-6", R(MEDICATION)}, {"47519-4", R(TREATMENT)}, {"46240-8", R(TREATMENT)}, {"18776-5", R(TREATMENT)}, {"29762-2", R(TREATMENT)}, {"46264-8", R(TREATMENT)}, {"42348-3", R(TREATMENT)}, {"48768-6", R(MEMBER)}};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (!strcmp(known[i].code, loinc))
			return known[i].role;
	return role;
}

static int system_role(const char *oid, int role)
{
	static const struct {
		const char *oid;
		uint8_t role;
	} known[] = {{"2.16.840.1.113883.6.90", R(DIAGNOSIS)}, {"2.16.840.1.113883.6.103", R(DIAGNOSIS)}, {"2.16.840.1.113883.6.3", R(DIAGNOSIS)}, {"2.16.840.1.113883.6.88", R(MEDICATION)}, {"2.16.840.1.113883.6.69", R(MEDICATION)}, {"2.16.840.1.113883.12.292", R(MEDICATION)},
		{"2.16.840.1.113883.6.12", R(TREATMENT)}, {"2.16.840.1.113883.6.285", R(TREATMENT)}, {"2.16.840.1.113883.6.4", R(TREATMENT)}, {"2.16.840.1.113883.6.13", R(TREATMENT)}};
	for (size_t i = 0; oid && i < ARRAY_LEN(known); i++)
		if (!strcmp(known[i].oid, oid))
			return known[i].role;
	return role;
}

static int id_role(const char *root, int role)
{
	static const struct {
		const char *oid;
		uint8_t role;
	} known[] = {{"2.16.840.1.113883.4.1", R(SSN)}, {"2.16.840.1.113883.4.6", R(NPI)}, {"2.16.840.1.113883.4.572", R(MBI)}, {"2.16.840.1.113883.4.927", R(MBI)}, {"2.16.840.1.113883.4.330", R(PASSPORT)}, {"2.16.840.1.113883.4.2", R(TIN)}, {"2.16.840.1.113883.4.4", R(TIN)}};
	if (root && !strncmp(root, "2.16.840.1.113883.4.3.", 22)) /* a state's driver's licences */
		return R(DL);
	for (size_t i = 0; root && i < ARRAY_LEN(known); i++)
		if (!strcmp(known[i].oid, root))
			return known[i].role;
	return role;
}

/* ---- telling ---- */

static struct level *top(struct reader *x)
{
	assert(x->depth > 0);
	return x->depth < LEVELS ? x->v + x->depth - 1 : &x->v[LEVELS - 1];
}

static const char *parent(const struct reader *x, unsigned up)
{
	return x->depth > up && x->depth <= LEVELS ? x->v[x->depth - 1 - up].name : "";
}

static bool inside(const struct reader *x, const char *name)
{
	for (unsigned i = 0; i < x->depth && i < LEVELS; i++)
		if (!strcmp(x->v[i].name, name))
			return true;
	return false;
}

/* "patient.name.given": the last three. */
static struct slice path_of(struct reader *x)
{
	size_t n = 0;
	for (unsigned i = x->depth > 3 ? x->depth - 3 : 0; i < x->depth && i < LEVELS; i++) {
		size_t k = strlen(x->v[i].name);
		if (n)
			x->path[n++] = '.';
		memcpy(x->path + n, x->v[i].name, k);
		n += k;
	}
	return slice_of(x->path, n);
}

static void tell(struct reader *x, int role, int who, struct slice v, uint64_t at)
{
	if (x->code || !v.n || (role == R(OTHER) && v.n <= 2))
		return;
	if (role == R(NOTE))
		x->code = extract_put_text(x->o, v, at, x->e);
	else
		x->code = extract_put_field(x->o, extract_value_role(role, v), who, path_of(x), v, at, x->e);
}

static void tell_att(struct reader *x, int role, int who, const char *v)
{
	if (v)
		tell(x, role, who, slice_str(v), x->at);
}

/* ---- elements that begin ---- */

struct element {
	const char *name;
	int who; /* -1: as around it */
	bool organisation;
};
static const struct element participants[] = {{"recordTarget", PERSON_SUBJECT, false}, {"guardian", PERSON_KIN, false}, {"author", PERSON_PROVIDER_WHO, false}, {"dataEnterer", PERSON_STAFF, false}, {"informant", PERSON_ANYBODY, false}, {"relatedEntity", PERSON_KIN, false},
	{"relatedSubject", PERSON_KIN, false}, {"custodian", PERSON_PROVIDER_WHO, true}, {"informationRecipient", PERSON_PROVIDER_WHO, false}, {"legalAuthenticator", PERSON_PROVIDER_WHO, false}, {"authenticator", PERSON_PROVIDER_WHO, false}, {"performer", PERSON_PROVIDER_WHO, false},
	{"encounterParticipant", PERSON_PROVIDER_WHO, false}, {"responsibleParty", PERSON_PROVIDER_WHO, false}, {"assignedEntity", PERSON_PROVIDER_WHO, false}, {"providerOrganization", PERSON_PROVIDER_WHO, true}, {"serviceProviderOrganization", PERSON_PROVIDER_WHO, true},
	{"representedOrganization", PERSON_PROVIDER_WHO, true}, {"representedCustodianOrganization", PERSON_PROVIDER_WHO, true}, {"receivedOrganization", PERSON_PROVIDER_WHO, true}, {"scopingOrganization", PERSON_PROVIDER_WHO, true}, {"healthCareFacility", PERSON_PROVIDER_WHO, true},
	{"wholeOrganization", PERSON_PROVIDER_WHO, true}, {"scopingEntity", PERSON_ANYBODY, true}, {"location", PERSON_PROVIDER_WHO, true}, {"assignedPerson", -1, false}, {"relatedPerson", -1, false}, {"associatedPerson", -1, false}, {"guardianPerson", -1, false}};

/* Each participant begins with what he is, so that of several each has his own. */
static void kin(struct reader *x, struct level *l, const char *code)
{
	l->who = PERSON_KIN;
	tell(x, R(RELATION), PERSON_KIN, slice_str(code), x->at);
}

static void who_is(struct reader *x, struct level *l, const char *name, const char **atts)
{
	for (size_t i = 0; i < ARRAY_LEN(participants); i++)
		if (!strcmp(participants[i].name, name)) {
			/* who vouches for an informant is kin or a colleague, said by the element in it */
			if (participants[i].who >= 0 && !(l->who == PERSON_STAFF && !strcmp(name, "assignedEntity")))
				l->who = (uint8_t)participants[i].who;
			l->organisation = participants[i].organisation;
		}
	if (!strcmp(name, "guardian"))
		tell(x, R(RELATION), PERSON_KIN, SLICE("GUARD"), x->at);
	if (!strcmp(name, "participant")) {
		const char *t = extract_xml_att(atts, "typeCode");
		l->who = t && !strcmp(t, "HLD") ? PERSON_SUBSCRIBER : t && (!strcmp(t, "COV") || !strcmp(t, "CSM") || !strcmp(t, "PRD") || !strcmp(t, "DEV")) ? PERSON_SUBJECT : PERSON_ANYBODY;
	}
	if (!strcmp(name, "associatedEntity")) {
		const char *c = extract_xml_att(atts, "classCode");
		if (c && (!strcmp(c, "NOK") || !strcmp(c, "ECON") || !strcmp(c, "CAREGIVER") || !strcmp(c, "PRS") || !strcmp(c, "GUARD") || !strcmp(c, "AGNT")))
			kin(x, l, c);
		else if (c && !strcmp(c, "POLHOLD"))
			l->who = PERSON_SUBSCRIBER;
	}
}

static void act_is(struct level *l, const char *name)
{
	if (!strcmp(name, "substanceAdministration") || !strcmp(name, "supply") || !strcmp(name, "manufacturedProduct"))
		l->role = R(MEDICATION);
	else if (!strcmp(name, "procedure") || !strcmp(name, "encounter"))
		l->role = R(TREATMENT);
	else if (!strcmp(name, "section") || !strcmp(name, "structuredBody"))
		l->role = R(TREATMENT);
	else if (!strcmp(name, "specimen"))
		l->role = R(LAB);
}

static void telecom(struct reader *x, struct level *l, const char *v)
{
	struct slice s = slice_str(v), rest;
	int role = R(PHONE);
	struct slice scheme = slice_cut(s, ':', &rest);
	if (rest.p && (slice_eq_nocase(scheme, "tel") || slice_eq_nocase(scheme, "fax") || slice_eq_nocase(scheme, "mailto") || slice_eq_nocase(scheme, "http") || slice_eq_nocase(scheme, "https"))) {
		role = slice_eq_nocase(scheme, "mailto") ? R(EMAIL) : (scheme.p[0] | 32) == 'h' ? R(OTHER) : R(PHONE);
		if (role != R(OTHER))
			s = rest;
	}
	tell(x, role, l->who, s, x->at);
}

static void identifier(struct reader *x, struct level *l, const char **atts)
{
	const char *root = extract_xml_att(atts, "root"), *extension = extract_xml_att(atts, "extension");
	const char *in = parent(x, 1);
	int role = R(OTHER);
	if (!strcmp(in, "ClinicalDocument") && !x->begun) {
		x->begun = true;
		x->code = extract_put_record(x->o, slice_str(extension ? extension : root ? root : ""), x->at, x->e);
		return;
	}
	if (!strcmp(in, "patientRole"))
		role = id_role(root, R(MRN));
	else if (!strcmp(in, "encompassingEncounter") || !strcmp(in, "encounter"))
		role = R(VISIT);
	else if (l->role == R(MEMBER))
		role = !strcmp(in, "participantRole") ? R(MEMBER) : !strcmp(in, "act") ? R(GROUP) : id_role(root, R(OTHER));
	else
		role = id_role(root, l->who == PERSON_PROVIDER_WHO && !l->organisation ? R(PROVIDER) : R(OTHER));
	if (extension && strcmp(extension, "UNK"))
		tell_att(x, role, l->role == R(MEMBER) && role != R(NPI) && role != R(OTHER) ? PERSON_SUBJECT : l->who, extension);
}

static void date(struct reader *x, struct level *l, const char *name, const char *v)
{
	int role = R(OTHER);
	if (!strcmp(name, "birthTime"))
		role = R(DOB);
	else if (!strcmp(name, "deceasedTime"))
		role = R(DEATH);
	else if (inside(x, "structuredBody") || inside(x, "componentOf") || inside(x, "serviceEvent"))
		role = R(SERVICE_DATE);
	else
		return; /* when somebody signed, or wrote */
	tell_att(x, role, l->who, v);
}

static bool is_related(const char *in)
{
	return !strcmp(in, "associatedEntity") || !strcmp(in, "relatedEntity") || !strcmp(in, "guardian") || !strcmp(in, "relatedSubject");
}

/* Codes with their words. */
static void coded(struct reader *x, struct level *l, const char *name, const char **atts)
{
	const char *code = extract_xml_att(atts, "code"), *words = extract_xml_att(atts, "displayName"), *value = extract_xml_att(atts, "value"), *system = extract_xml_att(atts, "codeSystem");
	int role = R(OTHER), who = l->who;
	if (!strcmp(name, "administrativeGenderCode"))
		role = R(SEX);
	else if (!strcmp(name, "raceCode") || !strcmp(name, "ethnicGroupCode"))
		role = R(RACE);
	else if (!strcmp(name, "languageCode") && inside(x, "languageCommunication"))
		role = R(LANGUAGE);
	else if (!strcmp(name, "code") && who == PERSON_KIN && is_related(parent(x, 1)))
		role = R(RELATION);
	else if (inside(x, "structuredBody") && strcmp(parent(x, 1), "section")) {
		role = system_role(system, l->role);
		role = role == R(MEMBER) ? R(PAYER) : role; /* kinds of coverage */
		who = PERSON_SUBJECT;
	} else if (inside(x, "serviceEvent"))
		role = system_role(system, R(TREATMENT));
	else if (strcmp(name, "maritalStatusCode") && strcmp(name, "religiousAffiliationCode") && strcmp(name, "dischargeDispositionCode"))
		return; /* of the document, or of somebody's function */
	tell_att(x, role, who, code);
	tell_att(x, role, who, words);
	tell_att(x, role, who, value);
}

static bool is_one_of(const char *name, const char *list)
{
	size_t n = strlen(name);
	for (const char *p = list; n && (p = strstr(p, name)); p += n) /* "a:" has no name behind its prefix */
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	return false;
}

static void start(void *arg, const char *name, const char **atts)
{
	struct reader *x = arg;
	if (x->in_narrative) { /* cells and lines are apart */
		if (is_one_of(name, "tr br paragraph item list table caption"))
			buf_u8(&x->narrative, '\n');
		else if (is_one_of(name, "td th"))
			buf_u8(&x->narrative, '\t');
	}
	struct level before = x->depth ? *top(x) : (struct level){.role = R(OTHER), .who = PERSON_SUBJECT};
	if (x->depth && x->depth <= LEVELS)
		top(x)->told = true;
	x->depth++;
	if (x->depth > LEVELS)
		return;
	struct level *l = top(x);
	*l = (struct level){.role = before.role, .who = before.who, .organisation = before.organisation};
	size_t n = strlen(name) < sizeof l->name - 1 ? strlen(name) : sizeof l->name - 1;
	memcpy(l->name, name, n);
	l->name[n] = 0;
	buf_reset(&x->text);
	x->text_at = x->at;
	if (x->in_narrative)
		return;
	who_is(x, l, name, atts);
	act_is(l, name);
	const char *v = extract_xml_att(atts, "value"), *in = parent(x, 1);
	if (!strcmp(name, "code") && !strcmp(in, "section")) {
		const char *code = extract_xml_att(atts, "code");
		if (code && x->depth > 1)
			x->v[x->depth - 2].role = (uint8_t)section_role(code, R(TREATMENT));
	} else if (!strcmp(name, "text") && !strcmp(in, "section")) {
		x->in_narrative = x->depth;
		x->narrative_at = x->at;
		buf_reset(&x->narrative);
	} else if (!strcmp(name, "id"))
		identifier(x, l, atts);
	else if (!strcmp(name, "telecom") && v)
		telecom(x, l, v);
	else if (is_one_of(name, "birthTime deceasedTime effectiveTime low high center time") && v)
		date(x, l, name, v);
	else if (is_one_of(name, "code value translation administrativeGenderCode raceCode ethnicGroupCode maritalStatusCode religiousAffiliationCode dischargeDispositionCode routeCode doseQuantity targetSiteCode quantity"))
		coded(x, l, name, atts);
	const char *media = extract_xml_att(atts, "mediaType"), *form = extract_xml_att(atts, "representation");
	x->is_base64 = form && !strcmp(form, "B64");
	x->media[0] = 0;
	if (media && strlen(media) < sizeof x->media)
		memcpy(x->media, media, strlen(media) + 1);
}

/* ---- elements that end ---- */

static void media(struct reader *x)
{
	AUTO_BUF struct buf b = {0};
	char name[48] = "document";
	const char *sub = strchr(x->media, '/');
	size_t n = strlen(name);
	buf_init(&b, MEDIA_MAX);
	if (sub && sub[1]) {
		name[n++] = '.';
		for (sub++; *sub && n < 24 && ((*sub >= 'a' && *sub <= 'z') || (*sub >= '0' && *sub <= '9')); sub++)
			name[n++] = *sub;
	}
	if (base64_get_loose(&b, buf_slice(&x->text)) < 0) {
		extract_tell(x->o, EXTRACT_BROKEN, "a document inside it is no base64; it was read as text");
		x->code = extract_put_text(x->o, buf_slice(&x->text), x->text_at, x->e);
	} else if (b.n) {
		x->code = extract_member(x->o, slice_of(name, n), buf_slice(&b), x->e);
	}
}

static int name_role(struct reader *x, struct level *parent_level, const char *name, bool *ret_is)
{
	*ret_is = true;
	if (!strcmp(name, "family"))
		return R(LAST);
	if (!strcmp(name, "given"))
		return parent_level->given++ ? R(MIDDLE) : R(FIRST);
	if (!strcmp(name, "prefix"))
		return R(PREFIX);
	if (!strcmp(name, "suffix"))
		return R(SUFFIX);
	if (!strcmp(name, "streetAddressLine") || !strcmp(name, "streetName"))
		return parent_level->lines++ ? R(APT) : R(STREET);
	if (!strcmp(name, "houseNumber"))
		return R(HOUSE);
	if (!strcmp(name, "city"))
		return R(CITY);
	if (!strcmp(name, "state"))
		return R(STATE);
	if (!strcmp(name, "postalCode"))
		return R(ZIP);
	if (!strcmp(name, "country"))
		return R(COUNTRY);
	if (!strcmp(name, "county"))
		return R(COUNTY);
	*ret_is = false;
	return R(OTHER);
}

/* A leaf with text of its own. */
static void leaf(struct reader *x, struct level *l)
{
	struct slice v = slice_trim(buf_slice(&x->text));
	struct level none = {0}, *around = x->depth > 1 ? &x->v[x->depth - 2] : &none;
	bool part, person;
	int role = name_role(x, around, l->name, &part);
	const char *in = parent(x, 1);
	if (!v.n)
		return;
	if (x->is_base64)
		media(x);
	else if (part)
		tell(x, role, l->who, v, x->text_at);
	else if (!strcmp(l->name, "name")) {
		person = !l->organisation && (is_one_of(in, "patient guardianPerson assignedPerson relatedPerson associatedPerson informationRecipient subject maintainingPerson") || (!strcmp(in, "playingEntity") && l->who == PERSON_SUBSCRIBER));
		tell(x, person ? R(NAME) : is_one_of(in, "manufacturedMaterial manufacturedLabeledDrug") ? R(MEDICATION) : !strcmp(in, "playingEntity") && inside(x, "structuredBody") ? l->role : l->organisation ? l->role == R(MEMBER) ? R(PAYER) : R(ASSIGNER) : R(OTHER), l->who, v, x->text_at);
	} else if (!strcmp(l->name, "addr"))
		tell(x, R(ADDRESS), l->who, v, x->text_at);
	else if (!strcmp(l->name, "title"))
		x->code = extract_put_text(x->o, v, x->text_at, x->e);
	else if (inside(x, "structuredBody") && is_one_of(l->name, "value originalText text"))
		tell(x, v.n > 80 ? R(NOTE) : l->role == R(MEMBER) ? R(OTHER) : l->role, PERSON_SUBJECT, v, x->text_at);
	else
		tell(x, v.n > 60 ? R(NOTE) : R(OTHER), l->who, v, x->text_at);
}

static void end(void *arg, const char *name)
{
	struct reader *x = arg;
	if (x->depth && x->depth <= LEVELS) {
		struct level *l = top(x);
		if (x->in_narrative == x->depth) {
			if (x->code == 0)
				x->code = extract_put_text(x->o, slice_trim(buf_slice(&x->narrative)), x->narrative_at, x->e);
			x->in_narrative = 0;
			buf_reset(&x->narrative);
		} else if (!x->in_narrative && x->code == 0 && (!l->told || x->text.n)) {
			leaf(x, l);
		}
		x->is_base64 = false;
		buf_reset(&x->text);
	}
	x->depth -= x->depth > 0;
}

static void text(void *arg, struct slice s)
{
	struct reader *x = arg;
	struct buf *b = x->in_narrative ? &x->narrative : &x->text;
	if (x->in_narrative && b->n > EXTRACT_PIECE_MAX / 2 && x->code == 0) { /* a long one in parts */
		x->code = extract_put_text(x->o, buf_slice(b), x->narrative_at, x->e);
		x->narrative_at = x->at;
		buf_reset(b);
	}
	if (!x->text.n)
		x->text_at = x->at;
	buf_add_slice(b, s);
}

/* Comments, and what a document declares as entities: nobody shows them, and they stand in the file. */
static void comment(void *arg, struct slice s)
{
	struct reader *x = arg;
	if (x->code == 0)
		x->code = extract_put_text(x->o, slice_trim(s), x->at, x->e);
}

static int pull(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct slice *left = arg;
	n = n < left->n ? n : left->n;
	if (n)
		memcpy(to, left->p, n);
	*left = slice_of(left->p + n, left->n - n);
	*ret_got = n;
	return 0;
}

int extract_ccda(struct slice file, const struct extract_out *o, struct err *e)
{
	struct reader x = {.o = o, .e = e};
	const struct extract_xml_taker t = {.start = start, .end = end, .text = text, .comment = comment, .at = &x.at};
	struct slice left = file;
	const struct extract_source s = {.pull = pull, .arg = &left};
	buf_init(&x.text, MEDIA_MAX + MEDIA_MAX / 2);
	buf_init(&x.narrative, TEXT_MAX);
	int r = file.n ? extract_xml_parse(&s, &t, &x, &x.code, o, e) : 0;
	if (r == 0 && x.code == 0 && (!buf_ok(&x.text) || !buf_ok(&x.narrative)))
		extract_tell(o, EXTRACT_LIMIT, "a value in it is longer than is read; what stood before was");
	buf_done(&x.text);
	buf_done(&x.narrative);
	return x.code ? x.code : r;
}
