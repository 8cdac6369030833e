/* ASC X12 5010 (and 4010), as HIPAA names it: 837 claims, 835 payments, 834 enrolment, 270/271 eligibility, 276/277 claim status; others by the segments they share.
 *
 * Separators are the interchange's own: byte 4 of ISA, its last component and what ends it (ISA is 106 bytes long); each interchange of a file has its own. Line ends between segments are nothing.
 *
 * Who a segment is about is said by what stands before it: HL opens a level (20 and 19 providers, 22 the subscriber, 23 a dependent who is the patient), NM1 a person or an organisation by its code, INS a member, CLP a paid claim. A record
 * is a subscriber's or a dependent's level, a CLP, an INS, and whatever stands before the first of them. What was said of the subscriber is told again in each of his dependents' records, since their claims name him; the number of his
 * policy is theirs, too. A subscriber who is himself the patient (SBR02 18, or a level without dependents) is the record's subject. */
#include "extract_internal.h"
#include "extract_values.h"

#define ELEMENTS 32     /* of a segment that are looked at; none of the standard's has more than 30 */
#define PARTS    12     /* components of one */
#define REPLAYED 24     /* segments about a subscriber that are told again */
#define R(x) PERSON_ROLE_##x

struct reader {
	const struct extract_out *o;
	struct err *e;
	struct slice file;
	uint8_t element, component, repetition, end;
	struct slice el[ELEMENTS + 1]; /* 0: the segment's name */
	unsigned n;
	char name[16];
	unsigned set;          /* 837, 835 ... */
	int who;               /* of the person or organisation that NM1 or N1 named last */
	bool organisation;     /* and it is no person */
	int payer;             /* R(PAYER) when it is one, else R(ASSIGNER) */
	int level;             /* HL03 */
	bool subject;          /* in this level the subscriber is the patient */
	struct slice replay[REPLAYED];
	unsigned replays;
	bool replaying;
};

/* ---- telling ---- */

static int tell(struct reader *x, int role, int who, unsigned element, unsigned component, struct slice v)
{
	if (!v.n || (role == R(OTHER) && v.n <= 2))
		return 0;
	size_t n = x->el[0].n < 3 ? x->el[0].n : 3;
	memcpy(x->name, x->el[0].p, n);
	x->name[n++] = (char)('0' + element / 10);
	x->name[n++] = (char)('0' + element % 10);
	if (component) {
		x->name[n++] = '-';
		n += component >= 10;
		if (component >= 10)
			x->name[n - 1] = '1';
		x->name[n++] = (char)('0' + component % 10);
	}
	return extract_put_field(x->o, extract_value_role(role, v), who, slice_of(x->name, n), v, (uint64_t)(v.p - x->file.p), x->e);
}

static struct slice el(const struct reader *x, unsigned i)
{
	return i <= x->n ? x->el[i] : SLICE_NULL;
}

static int one(struct reader *x, unsigned i, int role, int who)
{
	return tell(x, role, who, i, 0, el(x, i));
}

static bool next_part(uint8_t sep, struct slice *rest, struct slice *ret)
{
	if (!rest->p)
		return false;
	*ret = slice_cut(*rest, sep, rest);
	return true;
}

/* A composite: all components of one role, but for the first `skip` (a qualifier). */
static int parts(struct reader *x, unsigned i, unsigned skip, int role, int who)
{
	struct slice rest = el(x, i), part;
	int r = 0;
	for (unsigned k = 1; r == 0 && k <= PARTS && next_part(x->component, &rest, &part); k++)
		if (k > skip)
			r = tell(x, role, who, i, k, part);
	return r;
}

/* D8 one day, RD8 from-to (with a dash), DT and TM with a time: in v. */
static int days(struct reader *x, unsigned i, int role, int who)
{
	struct slice rest = el(x, i), from = slice_cut(rest, '-', &rest);
	int r = tell(x, role, who, i, 0, from);
	return r || !rest.p ? r : tell(x, role, who, i, 0, rest);
}

/* ---- persons ---- */

static bool is(struct slice v, const char *list) /* one of the words in list, parted by blanks */
{
	if (!v.n)
		return false;
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, " ");
		if (n == v.n && memcmp(p, v.p, n) == 0)
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}

/* Entity identifier codes (data element 98). */
static void entity(struct reader *x, struct slice code, bool person)
{
	x->organisation = !person;
	x->payer = R(ASSIGNER);
	if (is(code, "QC 03 74 70"))
		x->who = PERSON_SUBJECT;
	else if (is(code, "IL"))
		x->who = x->set == 834 || (x->subject && x->set != 835) ? PERSON_SUBJECT : PERSON_SUBSCRIBER;
	else if (is(code, "31")) /* where a member's mail goes */
		x->who = PERSON_SUBJECT;
	else if (is(code, "QD E1"))
		x->who = PERSON_GUARANTOR;
	else if (is(code, "GD S1 S3 X4 EI LR 9K EXS J6 6Y"))
		x->who = PERSON_KIN;
	else if (is(code, "PR PE P5 IN TV 36 ES 40 41 45 TT AD M8 GW BO")) {
		x->who = is(code, "PE") ? PERSON_PROVIDER_WHO : PERSON_ANYBODY;
		x->payer = is(code, "PR P5 IN TV GW") ? R(PAYER) : is(code, "PE") ? R(ASSIGNER) : R(OTHER);
	} else
		x->who = PERSON_PROVIDER_WHO;
}

/* Identification code qualifiers (data element 66). */
static int id_role(const struct reader *x, struct slice qualifier, int who)
{
	static const struct {
		char q[4];
		uint8_t role;
	} known[] = {{"MI", R(MEMBER)}, {"II", R(MEMBER)}, {"MR", R(MEDICAID)}, {"HN", R(MBI)}, {"C", R(MEMBER)}, {"C1", R(MEMBER)}, {"34", R(SSN)}, {"SY", R(SSN)}, {"XX", R(NPI)}, {"24", R(TIN)}, {"FI", R(TIN)}, {"PI", R(PAYER)}, {"XV", R(PAYER)}, {"EI", R(OTHER)}, {"ZZ", R(OTHER)},
		{"N", R(MEMBER)}, {"PC", R(PROVIDER)}, {"MC", R(PROVIDER)}, {"MP", R(PROVIDER)}, {"SV", R(PROVIDER)}, {"BS", R(PROVIDER)}};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (slice_eq_str(qualifier, known[i].q))
			return known[i].role;
	return who == PERSON_SUBJECT || who == PERSON_SUBSCRIBER ? R(MEMBER) : x->payer == R(PAYER) ? R(PAYER) : R(OTHER);
}

static int nm1(struct reader *x)
{
	static const uint8_t roles[] = {[3] = R(LAST), [4] = R(FIRST), [5] = R(MIDDLE), [6] = R(PREFIX), [7] = R(SUFFIX)};
	bool person = !slice_eq_str(el(x, 2), "2");
	int r = 0;
	entity(x, el(x, 1), person);
	for (unsigned i = 3; i <= 7 && r == 0; i++)
		r = one(x, i, person ? roles[i] : x->payer, x->who);
	int role = id_role(x, el(x, 8), x->who), who = x->who;
	/* the number of a policy is that of each person it covers */
	if (r == 0 && role == R(MEMBER) && x->replaying)
		who = PERSON_SUBJECT;
	if (r == 0)
		r = one(x, 9, role, who);
	return r || x->n < 12 ? r : one(x, 12, person ? R(LAST) : x->payer, x->who);
}

static int n1(struct reader *x)
{
	entity(x, el(x, 1), false);
	int r = one(x, 2, x->payer, x->who);
	return r ? r : one(x, 4, id_role(x, el(x, 3), x->who), x->who);
}

static int place(struct reader *x)
{
	static const uint8_t n3[] = {0, R(STREET), R(APT)}, n4[] = {0, R(CITY), R(STATE), R(ZIP), R(COUNTRY), R(OTHER), R(COUNTY), R(STATE)};
	bool street = slice_eq_str(x->el[0], "N3");
	int r = 0;
	for (unsigned i = 1; i <= x->n && i < (street ? ARRAY_LEN(n3) : ARRAY_LEN(n4)) && r == 0; i++)
		if (!(i == 5 && !street))
			r = one(x, i, x->payer == R(PAYER) && x->organisation ? R(PAYER) : street ? n3[i] : n4[i], x->who);
	return r;
}

static int dmg(struct reader *x)
{
	int r = one(x, 2, R(DOB), x->who);
	if (r == 0)
		r = one(x, 3, R(SEX), x->who);
	return r ? r : parts(x, 5, 0, R(RACE), x->who);
}

static int per(struct reader *x)
{
	int who = x->who == PERSON_SUBJECT || x->who == PERSON_SUBSCRIBER || x->who == PERSON_KIN || x->who == PERSON_GUARANTOR ? x->who : PERSON_STAFF, r = one(x, 2, R(NAME), who);
	for (unsigned i = 3; i + 1 <= x->n && r == 0; i += 2) {
		struct slice q = el(x, i);
		r = one(x, i + 1, is(q, "EM") ? R(EMAIL) : is(q, "UR EX") ? R(OTHER) : R(PHONE), who);
	}
	return r;
}

/* Reference identification qualifiers (data element 128). */
static int ref(struct reader *x)
{
	static const struct {
		char q[4];
		uint8_t role;
	} known[] = {{"SY", R(SSN)}, {"0F", R(MEMBER)}, {"1W", R(MEMBER)}, {"IG", R(MEMBER)}, {"ABB", R(MEMBER)}, {"1L", R(GROUP)}, {"6P", R(GROUP)}, {"18", R(GROUP)}, {"FO", R(GROUP)}, {"F6", R(MBI)}, {"NQ", R(MEDICAID)}, {"EA", R(MRN)}, {"MRN", R(MRN)}, {"EJ", R(VISIT)}, {"3H", R(VISIT)},
		{"D9", R(CLAIM)}, {"F8", R(CLAIM)}, {"1K", R(CLAIM)}, {"G1", R(CLAIM)}, {"9F", R(CLAIM)}, {"6R", R(CLAIM)}, {"BLT", R(CLAIM)}, {"XZ", R(MEDICATION)}, {"EI", R(TIN)}, {"TJ", R(TIN)}, {"4A", R(PASSWORD)}, {"HPI", R(NPI)}, {"0B", R(PROVIDER)}, {"1G", R(PROVIDER)}, {"1C", R(PROVIDER)},
		{"1D", R(PROVIDER)}, {"G2", R(PROVIDER)}, {"LU", R(PROVIDER)}, {"1A", R(PROVIDER)}, {"1B", R(PROVIDER)}, {"Q4", R(MEMBER)}, {"23", R(MEMBER)}, {"2U", R(PAYER)}, {"NF", R(PAYER)}, {"DX", R(OTHER)}, {"17", R(OTHER)}, {"ZZ", R(OTHER)}, {"LX", R(CLAIM)}, {"9A", R(CLAIM)}, {"9C", R(CLAIM)}, {"EW", R(TREATMENT)},
		{"P4", R(CLAIM)}, {"EO", R(PROVIDER)}, {"PQ", R(PROVIDER)}, {"1J", R(PROVIDER)}};
	int role = R(OTHER), who = x->who;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (slice_eq_str(el(x, 1), known[i].q))
			role = known[i].role;
	/* what belongs to claims and policies is the record's person's, whoever was named last */
	if (role == R(CLAIM) || role == R(MRN) || role == R(VISIT) || role == R(MEDICATION) || ((role == R(MEMBER) || role == R(GROUP)) && (x->replaying || x->set == 834)))
		who = PERSON_SUBJECT;
	int r = one(x, 2, role, who);
	return r ? r : one(x, 3, R(OTHER), who);
}

/* ---- claims ---- */

static int health_information(struct reader *x)
{
	int r = 0;
	for (unsigned i = 1; i <= x->n && r == 0; i++) {
		struct slice reps = el(x, i), rep;
		while (r == 0 && (x->repetition ? next_part(x->repetition, &reps, &rep) : next_part(0, &reps, &rep))) {
			struct slice rest = rep, q = slice_cut(rest, x->component, &rest), code = slice_cut(rest, x->component, &rest), form = slice_cut(rest, x->component, &rest), day = slice_cut(rest, x->component, &rest);
			bool diagnosis = is(q, "ABK ABF ABJ ABN APR BK BF BJ BN PR ZZ BU SD ABU TD"), procedure = is(q, "BBR BBQ BR BQ BP BO CAH DR BS LOI");
			r = tell(x, diagnosis ? R(DIAGNOSIS) : procedure ? R(TREATMENT) : R(CLAIM), PERSON_SUBJECT, i, 2, code);
			if (r == 0 && form.n && day.n >= 8)
				r = tell(x, R(SERVICE_DATE), PERSON_SUBJECT, i, 4, day);
			for (unsigned k = 5; r == 0 && k <= PARTS && next_part(x->component, &rest, &day); k++)
				r = tell(x, k == 5 ? R(CLAIM) : R(OTHER), PERSON_SUBJECT, i, k, day);
		}
	}
	return r;
}

/* SV1, SV2, SV3, SV5, SV6, SVC, SVD: the service's code is a composite behind a qualifier; the rest are amounts. */
static int service(struct reader *x, unsigned code)
{
	int r = 0;
	for (unsigned i = 1; i <= x->n && r == 0; i++)
		if (i == code || (i == 6 && slice_eq_str(x->el[0], "SVC")))
			r = parts(x, i, 1, memchr(el(x, i).p, x->component, el(x, i).n) && slice_starts(el(x, i), "N4") ? R(MEDICATION) : R(TREATMENT), PERSON_SUBJECT);
		else if (el(x, i).n > 1 && !memchr(el(x, i).p, x->component, el(x, i).n))
			r = one(x, i, slice_eq_str(x->el[0], "SVD") && i == 1 ? R(PAYER) : R(CLAIM), PERSON_SUBJECT);
	return r;
}

static int amounts(struct reader *x, unsigned from)
{
	int r = 0;
	for (unsigned i = from; i <= x->n && r == 0; i++)
		r = el(x, i).n > 2 ? parts(x, i, 0, R(CLAIM), PERSON_SUBJECT) : 0;
	return r;
}

static int dates(struct reader *x)
{
	struct slice q = el(x, 1);
	bool dtp = slice_eq_str(x->el[0], "DTP"), enrolment = x->set == 834 || x->set == 270 || x->set == 271;
	int role = enrolment && !is(q, "472 435 096 434 360 361") ? R(OTHER) : is(q, "405 050 036 307 346 347 348 349 356 357 336 337") ? R(OTHER) : R(SERVICE_DATE);
	return days(x, dtp ? 3 : 2, role, PERSON_SUBJECT);
}

static int drug(struct reader *x) /* LIN: pairs of qualifier and number */
{
	int r = 0;
	for (unsigned i = 2; i + 1 <= x->n && r == 0; i += 2)
		r = one(x, i + 1, R(MEDICATION), PERSON_SUBJECT);
	return r;
}

static int bank(struct reader *x) /* BPR: who pays and who is paid */
{
	static const uint8_t roles[] = {[2] = R(CLAIM), [7] = R(ROUTING), [9] = R(ACCOUNT), [10] = R(TIN), [13] = R(ROUTING), [15] = R(ACCOUNT)};
	int r = 0;
	for (unsigned i = 1; i <= x->n && i < ARRAY_LEN(roles) && r == 0; i++)
		if (roles[i])
			r = one(x, i, roles[i], PERSON_ANYBODY);
	return r;
}

static int text(struct reader *x, unsigned i)
{
	return el(x, i).n ? extract_put_text(x->o, el(x, i), (uint64_t)(el(x, i).p - x->file.p), x->e) : 0;
}

static int unknown(struct reader *x)
{
	int r = 0;
	for (unsigned i = 1; i <= x->n && r == 0; i++)
		r = parts(x, i, 0, R(OTHER), PERSON_SUBJECT);
	return r;
}

/* ---- records ---- */

static int segment(struct reader *x, struct slice s);

static int begin(struct reader *x, struct slice number)
{
	x->who = PERSON_SUBJECT;
	x->organisation = false;
	x->payer = R(ASSIGNER);
	return extract_put_record(x->o, number, (uint64_t)(x->el[0].p - x->file.p), x->e);
}

static int hl(struct reader *x)
{
	struct slice code = el(x, 3);
	x->level = is(code, "22") ? 22 : is(code, "23") ? 23 : is(code, "PT") ? 23 : 20;
	if (x->level == 22) {
		x->replays = 0;
		x->subject = !slice_eq_str(el(x, 4), "1"); /* no dependents: it is about him. SBR02 may say so, too */
	} else if (x->level == 23)
		x->subject = false;
	int r = begin(x, SLICE_NULL);
	if (x->level == 20)
		x->who = PERSON_PROVIDER_WHO;
	x->replaying = true;
	for (unsigned i = 0; x->level == 23 && i < x->replays && r == 0; i++)
		r = segment(x, x->replay[i]);
	x->replaying = false;
	x->who = x->level == 20 ? PERSON_PROVIDER_WHO : PERSON_SUBJECT;
	return r;
}

/* What a subscriber's level says of him, to be said again with his dependents. */
static void keep(struct reader *x, struct slice s)
{
	bool person = is(x->el[0], "NM1 N3 N4 DMG REF PER");
	if (x->level == 22 && !x->replaying && x->replays < REPLAYED && (person || slice_eq_str(x->el[0], "SBR")) && (x->who == PERSON_SUBSCRIBER || x->who == PERSON_SUBJECT || slice_eq_str(el(x, 1), "IL")))
		x->replay[x->replays++] = s;
}

static int sbr(struct reader *x)
{
	if (slice_eq_str(el(x, 2), "18") && x->level == 22 && !x->replaying)
		x->subject = true;
	int r = one(x, 3, R(GROUP), PERSON_SUBJECT);
	return r ? r : one(x, 4, R(GROUP), PERSON_SUBJECT);
}

static int ins(struct reader *x)
{
	int r = begin(x, SLICE_NULL);
	return r || x->n < 12 ? r : one(x, 12, R(DEATH), PERSON_SUBJECT);
}

static int clp(struct reader *x)
{
	int r = begin(x, el(x, 1));
	if (r == 0)
		r = one(x, 1, R(CLAIM), PERSON_SUBJECT);
	for (unsigned i = 3; i <= x->n && r == 0; i++)
		r = i == 11 ? one(x, i, R(TREATMENT), PERSON_SUBJECT) : el(x, i).n > 2 ? one(x, i, R(CLAIM), PERSON_SUBJECT) : 0;
	return r;
}

static int clm(struct reader *x)
{
	x->who = PERSON_SUBJECT;
	x->organisation = false;
	int r = one(x, 1, R(CLAIM), PERSON_SUBJECT);
	return r ? r : one(x, 2, R(CLAIM), PERSON_SUBJECT);
}

static int named(struct reader *x)
{
	struct slice id = x->el[0];
	if (slice_eq_str(id, "NM1"))
		return nm1(x);
	if (is(id, "N3 N4"))
		return place(x);
	if (slice_eq_str(id, "REF"))
		return ref(x);
	if (slice_eq_str(id, "DMG"))
		return dmg(x);
	if (slice_eq_str(id, "LUI")) {
		int r = one(x, 2, R(LANGUAGE), x->who);
		return r ? r : one(x, 3, R(LANGUAGE), x->who);
	}
	if (slice_eq_str(id, "PER"))
		return per(x);
	if (slice_eq_str(id, "N1"))
		return n1(x);
	if (slice_eq_str(id, "SBR"))
		return sbr(x);
	if (slice_eq_str(id, "HL"))
		return hl(x);
	if (slice_eq_str(id, "INS"))
		return ins(x);
	if (slice_eq_str(id, "CLP"))
		return clp(x);
	if (slice_eq_str(id, "CLM"))
		return clm(x);
	return 1;
}

/* PAT-01: what the patient is to the subscriber; in a dependent's level only (in a subscriber's he is the patient). */
static int patient(struct reader *x)
{
	int r = x->level == 23 ? one(x, 1, R(RELATION), PERSON_SUBSCRIBER) : 0;
	return r ? r : one(x, 6, R(DEATH), PERSON_SUBJECT);
}

static int coded(struct reader *x)
{
	struct slice id = x->el[0];
	if (slice_eq_str(id, "HI"))
		return health_information(x);
	if (is(id, "SV1 SV3 SVC SV5 SV6"))
		return service(x, 1);
	if (slice_eq_str(id, "SV2"))
		return service(x, 2);
	if (slice_eq_str(id, "SVD"))
		return service(x, 3);
	if (is(id, "DTP DTM"))
		return dates(x);
	if (slice_eq_str(id, "LIN"))
		return drug(x);
	if (is(id, "AMT CAS QTY MIA MOA PLB TRN CN1"))
		return amounts(x, slice_eq_str(id, "CAS") ? 3 : 2);
	if (slice_eq_str(id, "NTE"))
		return text(x, 2);
	if (is(id, "K3 MSG"))
		return text(x, 1);
	if (slice_eq_str(id, "BPR"))
		return bank(x);
	if (slice_eq_str(id, "PAT"))
		return patient(x);
	if (slice_eq_str(id, "HD")) {
		int r = one(x, 4, R(PAYER), PERSON_SUBJECT);
		return r;
	}
	if (slice_eq_str(id, "COB"))
		return one(x, 2, R(MEMBER), PERSON_SUBJECT);
	if (slice_eq_str(id, "DSB"))
		return one(x, 8, R(DIAGNOSIS), PERSON_SUBJECT);
	if (slice_eq_str(id, "CL1"))
		return 0;
	return unknown(x);
}

static int segment(struct reader *x, struct slice s)
{
	struct slice rest = s, one_element;
	x->n = 0;
	for (unsigned i = 0; i <= ELEMENTS && next_part(x->element, &rest, &one_element); i++) {
		x->el[i] = one_element;
		x->n = i;
	}
	if (!x->el[0].n || x->el[0].n > 3 || is(x->el[0], "ISA GS SE GE IEA TA1 BHT BGN LX PRV CUR LUI OI EQ AK1 AK9 AAA TS3 TS2 ACT"))
		return x->el[0].n > 3 ? extract_put_text(x->o, s, (uint64_t)(s.p - x->file.p), x->e) : 0;
	if (slice_eq_str(x->el[0], "ST")) {
		uint64_t set = 0;
		(void)!num_u64(el(x, 1), 0, 999, &set);
		x->set = (unsigned)set;
		x->level = 0;
		x->subject = false;
		x->replays = 0;
		return begin(x, SLICE_NULL);
	}
	int r = named(x);
	if (r == 0)
		keep(x, s);
	return r == 1 ? coded(x) : r;
}

/* ---- interchanges ---- */

/* At ISA: the separators. False: it is none. */
static bool separators(struct reader *x, struct slice s)
{
	if (s.n < 4 || memcmp(s.p, "ISA", 3) != 0)
		return false;
	x->element = s.p[3];
	/* the sixteenth element is one component separator; many write it in 106 bytes, some leave blanks out */
	size_t i = 3, k = 0;
	for (; i < s.n && i < 256; i++)
		if (s.p[i] == x->element && ++k == 16)
			break;
	if (k < 16 || i + 2 >= s.n)
		return false;
	x->component = s.p[i + 1];
	x->end = s.p[i + 2];
	size_t e11 = 3;
	for (k = 0; e11 < i && k < 11; e11++)
		k += s.p[e11] == x->element;
	uint8_t c = s.p[e11];
	x->repetition = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c <= ' ' ? 0 : c;
	return true;
}

int extract_x12(struct slice file, const struct extract_out *o, struct err *e)
{
	struct reader x = {.o = o, .e = e, .file = file, .element = '*', .component = ':', .end = '~', .payer = R(ASSIGNER)};
	size_t i = 0;
	int r = 0;
	bool any = false;
	while (i < file.n && r == 0) {
		struct slice rest = slice_of(file.p + i, file.n - i);
		if (rest.p[0] <= ' ' || (any && rest.p[0] == x.end) || (i == 0 && slice_starts(rest, "\xEF\xBB\xBF"))) {
			i += rest.p[0] == 0xEF ? 3 : 1;
			continue;
		}
		if (slice_starts(rest, "ISA") && !separators(&x, rest) && !any) {
			extract_tell(o, EXTRACT_BROKEN, "its first segment does not say how it is cut; it was read as text");
			return extract_put_text(o, rest, i, e);
		}
		struct slice s = slice_cut(rest, x.end, &rest);
		any = true;
		r = segment(&x, slice_trim(s));
		i = rest.p ? (size_t)(rest.p - file.p) : file.n;
	}
	return r;
}
