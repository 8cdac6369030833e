/* A record: fields that say themselves what they are. It is gathered until the next one begins; then its person is looked for, and its elements are told. */
#include "find_internal.h"

#include <stdlib.h>

#define FIELDS_MAX 4096
#define PEOPLE (PERSON_ANYBODY + 1)

static const char *const rule_of[PERSON_ROLES_N] = {
	[PERSON_ROLE_OTHER] = "field.other", [PERSON_ROLE_ID] = "field.id", [PERSON_ROLE_NAME] = "field.name", [PERSON_ROLE_LAST] = "field.last", [PERSON_ROLE_FIRST] = "field.first", [PERSON_ROLE_MIDDLE] = "field.middle",
	[PERSON_ROLE_SUFFIX] = "field.suffix", [PERSON_ROLE_PREFIX] = "field.prefix", [PERSON_ROLE_MAIDEN] = "field.maiden", [PERSON_ROLE_DOB] = "field.dob", [PERSON_ROLE_DEATH] = "field.death", [PERSON_ROLE_SEX] = "field.sex",
	[PERSON_ROLE_RACE] = "field.race", [PERSON_ROLE_LANGUAGE] = "field.language", [PERSON_ROLE_SSN] = "field.ssn", [PERSON_ROLE_SSN4] = "field.ssn4", [PERSON_ROLE_TIN] = "field.tin", [PERSON_ROLE_MRN] = "field.mrn", [PERSON_ROLE_VISIT] = "field.visit",
	[PERSON_ROLE_ASSIGNER] = "field.assigner", [PERSON_ROLE_PHONE] = "field.phone", [PERSON_ROLE_EMAIL] = "field.email", [PERSON_ROLE_STREET] = "field.street", [PERSON_ROLE_HOUSE] = "field.house",
	[PERSON_ROLE_APT] = "field.apt", [PERSON_ROLE_CITY] = "field.city", [PERSON_ROLE_COUNTY] = "field.county", [PERSON_ROLE_STATE] = "field.state", [PERSON_ROLE_ZIP] = "field.zip", [PERSON_ROLE_COUNTRY] = "field.country",
	[PERSON_ROLE_ADDRESS] = "field.address", [PERSON_ROLE_MEMBER] = "field.member", [PERSON_ROLE_GROUP] = "field.group", [PERSON_ROLE_PAYER] = "field.payer", [PERSON_ROLE_MBI] = "field.mbi",
	[PERSON_ROLE_MEDICAID] = "field.medicaid", [PERSON_ROLE_DL] = "field.dl", [PERSON_ROLE_PASSPORT] = "field.passport", [PERSON_ROLE_ACCOUNT] = "field.account", [PERSON_ROLE_ROUTING] = "field.routing",
	[PERSON_ROLE_CARD] = "field.card", [PERSON_ROLE_CARD_CODE] = "field.card_code", [PERSON_ROLE_DIAGNOSIS] = "field.diagnosis", [PERSON_ROLE_LAB] = "field.lab", [PERSON_ROLE_MEDICATION] = "field.medication",
	[PERSON_ROLE_TREATMENT] = "field.treatment", [PERSON_ROLE_PROVIDER] = "field.provider", [PERSON_ROLE_NPI] = "field.npi", [PERSON_ROLE_CLAIM] = "field.claim", [PERSON_ROLE_SERVICE_DATE] = "field.service_date",
	[PERSON_ROLE_BIOMETRIC] = "field.biometric", [PERSON_ROLE_PHOTO] = "field.photo", [PERSON_ROLE_RECORDING] = "field.recording", [PERSON_ROLE_USER] = "field.user", [PERSON_ROLE_PASSWORD] = "field.password",
	[PERSON_ROLE_GENETIC] = "field.genetic", [PERSON_ROLE_BEHAVIORAL] = "field.behavioral", [PERSON_ROLE_NOTE] = "field.note", [PERSON_ROLE_RELATION] = "field.relation",
};

static bool is_name(int role)
{
	return role == PERSON_ROLE_LAST || role == PERSON_ROLE_FIRST || role == PERSON_ROLE_NAME || role == PERSON_ROLE_MAIDEN;
}

/* Words of several fields as one list. */
static void add_words(struct name_words *to, struct slice text)
{
	struct name_words w UNSET;
	name_words(text, &w);
	size_t at = 0;
	for (unsigned i = 0; i < to->n; i++)
		at = to->at[i] + to->len[i] + 1u;
	for (unsigned i = 0; i < w.n && to->n < ARRAY_LEN(to->h) && at + w.len[i] + 1 < sizeof to->text; i++) {
		to->h[to->n] = w.h[i];
		to->at[to->n] = (uint8_t)at;
		to->len[to->n++] = w.len[i];
		memcpy(to->text + at, w.text + w.at[i], w.len[i]);
		at += w.len[i];
		to->text[at++] = ' ';
	}
}

static struct slice phone(struct slice s, char digits[24])
{
	if (!person_digits(s.n && s.p[0] == '+' ? slice_of(s.p + 1, s.n - 1) : s, 20, digits))
		return SLICE_NULL;
	struct slice d = slice_str(digits);
	return d.n == 11 && d.p[0] == '1' ? slice_of(d.p + 1, 10) : d.n < 7 ? SLICE_NULL : d;
}

/* The key of a value that is a number of a person; 0: it is none. */
static uint64_t number_key(int role, struct slice text)
{
	char digits[24] UNSET;
	int kind = kind_of_role(role);
	if (kind < 0)
		return 0;
	if (kind == KEY_EMAIL)
		return key_email(text);
	if (kind == KEY_PHONE)
		text = phone(text, digits);
	return text.n ? key_id(text, NULL, NULL) : 0;
}

/* All that the record says of the person `who`. v->id beyond v->ids is not set. */
static void gather(struct find *f, int who, struct evidence *v)
{
	struct slice house = SLICE_NULL, zip = SLICE_NULL;
	v->words.n = v->last_from = v->ids = 0;
	v->words.text[0] = 0;
	v->dob = v->addr = 0;
	v->loose = false;
	for (size_t i = 0; i < f->fields; i++) {
		const struct record_field *x = &f->field[i];
		struct person_date d;
		if (x->who != who)
			continue;
		if (is_name(x->role))
			add_words(&v->words, x->text);
		else if (x->role == PERSON_ROLE_DOB && !v->dob && person_date(x->text, f->o.day_first, f->o.this_year, &d, NULL) && !(d.year <= 1901 && d.month == 1 && d.day == 1))
			v->dob = key_date(&d);
		else if ((x->role == PERSON_ROLE_STREET || x->role == PERSON_ROLE_HOUSE || x->role == PERSON_ROLE_ADDRESS) && !house.n)
			house = x->text;
		else if (x->role == PERSON_ROLE_ZIP && !zip.n)
			zip = x->text;
		else if (x->h && v->ids < ARRAY_LEN(v->id))
			v->id[v->ids++] = (typeof(v->id[0])){x->h, (uint8_t)kind_of_role(x->role)};
	}
	v->addr = key_addr(house, zip);
}

/* A value that says nothing: "N/A", "unknown", dashes, zeros and nines all over. */
static bool empty_value(struct slice s)
{
	static const char *const none[] = {"n/a", "na", "none", "null", "nil", "unknown", "unk", "not on file", "not provided", "not available", "tbd", "-", "--", "?", "\"\""};
	s = slice_trim(s);
	if (s.n > 13 ? s.p[0] > '9' : s.n && s.p[0] >= '0' && s.p[0] <= '9') /* most values: none of these words is so long, or begins with a digit */
		return false;
	if (s.n && !strchr("nNuUtT-/. ?\"", s.p[0])) /* with which none of them begins */
		return false;
	size_t same = 0;
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		if (slice_eq_nocase(s, none[i]))
			return true;
	for (size_t i = 0; i < s.n; i++)
		same += s.p[i] == '-' || s.p[i] == ' ' || s.p[i] == '/' || s.p[i] == '.';
	return same == s.n;
}

/* What element the value is: an SSN's column may hold the last four only, or a placeholder; a TIN's an SSN. -1: none. */
static int ssn_element(struct slice s)
{
	char d[32];
	size_t n = 0, hidden = 0;
	for (size_t i = 0; i < s.n && n < sizeof d - 1; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			d[n++] = (char)s.p[i];
		else
			hidden += (s.p[i] | 0x20) == 'x' || s.p[i] == '*' || s.p[i] == '#';
	}
	d[n] = 0;
	if (n == 9)
		return person_ssn_valid(d) ? PERSON_SSN : person_itin_valid(d) && strspn(d, "9") != 9 ? PERSON_TIN : -1;
	if (n == 4)
		return PERSON_SSN4;
	return n > 4 && n < 9 && !hidden ? PERSON_SSN : -1; /* leading zeros that a spreadsheet took away */
}

static int element_of(const struct find *f, const struct record_field *x)
{
	struct person_date d;
	int element = person_role_element(x->role);
	if (element < 0 || (empty_value(x->text) && element != PERSON_SEX)) /* "unknown" is one of the sexes that are recorded */
		return -1;
	if (x->role == PERSON_ROLE_SSN || x->role == PERSON_ROLE_SSN4)
		return ssn_element(x->text);
	if (x->role == PERSON_ROLE_DOB) {
		if (person_date(x->text, f->o.day_first, f->o.this_year, &d, NULL))
			return element;
		bool digit = false;
		for (size_t i = 0; i < x->text.n; i++)
			digit |= x->text.p[i] >= '0' && x->text.p[i] <= '9';
		return digit ? element : -1;
	}
	if (x->role == PERSON_ROLE_EMAIL)
		return key_email(x->text) ? element : -1;
	return element;
}

/* ICD-10's F chapter and its words are behavioural health besides being a diagnosis. */
static bool behavioral(struct slice s)
{
	s = slice_trim(s);
	return s.n >= 3 && (s.p[0] == 'F' || s.p[0] == 'f') && s.p[1] >= '0' && s.p[1] <= '9' && s.p[2] >= '0' && s.p[2] <= '9' && (s.n == 3 || s.p[3] == '.' || (s.p[3] >= '0' && s.p[3] <= '9'));
}

static const char *who_word(int who)
{
	static const char *const words[] = {[PERSON_SUBJECT] = "subject", [PERSON_GUARANTOR] = "guarantor", [PERSON_KIN] = "kin", [PERSON_SUBSCRIBER] = "subscriber", [PERSON_PROVIDER_WHO] = "provider", [PERSON_STAFF] = "staff", [PERSON_ANYBODY] = "anybody"};
	return words[who];
}

static int tell_stranger(struct find *f, int who, struct err *e)
{
	char name[256];
	size_t n = 0;
	uint64_t offset = 0;
	bool any = false;
	if (!f->stranger)
		return 0;
	for (int role = 0; role < 3; role++) {
		static const int order[] = {PERSON_ROLE_FIRST, PERSON_ROLE_LAST, PERSON_ROLE_NAME};
		if (any && role == 2)
			break;
		for (size_t i = 0; i < f->fields; i++) {
			const struct record_field *x = &f->field[i];
			struct slice t = slice_trim(x->text);
			if (x->who != who || x->role != order[role] || n + t.n + 2 > sizeof name || !t.n || empty_value(t))
				continue;
			if (n)
				name[n++] = ' ';
			memcpy(name + n, t.p, t.n);
			n += t.n;
			offset = any ? offset : x->offset;
			any = true;
			break;
		}
	}
	const struct find_stranger s = {who_word(who), slice_of(name, n), offset, buf_slice(&f->member), f->document};
	return any ? f->stranger(f->arg, &s, e) : 0;
}

/* The elements of one person of the record. */
static int tell_person(struct find *f, int who, uint32_t person, unsigned sure, struct err *e)
{
	int r = 0;
	memset(f->told, 0, sizeof f->told);
	for (size_t i = 0; r == 0 && i < f->fields; i++) {
		const struct record_field *x = &f->field[i];
		if (x->who != who)
			continue;
		int element = element_of(f, x);
		unsigned confidence = person == FIND_NOBODY ? 95 : sure;
		if (element >= 0)
			r = find_tell(f, person, element, confidence, rule_of[x->role], x->offset, e);
		if (r == 0 && x->role == PERSON_ROLE_DIAGNOSIS && behavioral(x->text))
			r = find_tell(f, person, PERSON_BEHAVIORAL, confidence, "icd10.f", x->offset, e);
	}
	return r;
}

/* A row of a list without a header: that its person's two names stand in cells beside each other is seen once it is known who he is. */
static int tell_unnamed(struct find *f, struct err *e)
{
	enum name_agree agree;
	enum dob_agree dob;
	if (f->record_person == FIND_NOBODY || f->record_names)
		return 0;
	for (size_t i = 0; i + 1 < f->fields; i++) {
		const struct record_field *a = &f->field[i], *b = a + 1;
		struct name_words w = {.n = 0};
		if (a->role != PERSON_ROLE_OTHER || b->role != PERSON_ROLE_OTHER || a->who != PERSON_SUBJECT || b->who != PERSON_SUBJECT || a->text.n > 60 || b->text.n > 60)
			continue;
		add_words(&w, a->text);
		add_words(&w, b->text);
		population_agree(f->pop, f->record_person, &w, 0, &agree, &dob);
		if (agree == NAME_BOTH || agree == NAME_FUZZY)
			return find_tell(f, f->record_person, PERSON_NAME, agree == NAME_BOTH ? f->record_confidence : 80, "known.name", a->offset, e);
	}
	return 0;
}

/* Who treated is an element of the record's person; the provider's own name, telephone and numbers are no patient's. */
static int tell_provider(struct find *f, uint32_t person, unsigned sure, struct err *e)
{
	for (size_t i = 0; i < f->fields; i++) {
		const struct record_field *x = &f->field[i];
		if ((x->who == PERSON_PROVIDER_WHO) && (is_name(x->role) || x->role == PERSON_ROLE_NPI || x->role == PERSON_ROLE_PROVIDER) && !empty_value(x->text))
			return find_tell(f, person, PERSON_PROVIDER, person == FIND_NOBODY ? 90 : sure, "field.provider", x->offset, e);
	}
	return 0;
}

static bool has_fields(const struct find *f, int who)
{
	return f->whos >> who & 1;
}

static bool has_names(const struct find *f, int who)
{
	for (size_t i = 0; i < f->fields; i++)
		if (f->field[i].who == who && is_name(f->field[i].role) && slice_trim(f->field[i].text).n)
			return true;
	return false;
}

/* A subscriber without a name of his own, or with the patient's, is the patient: cards name the member. */
static void fold_subscriber(struct find *f)
{
	struct evidence s UNSET, p UNSET;
	if (!has_fields(f, PERSON_SUBSCRIBER))
		return;
	gather(f, PERSON_SUBJECT, &p);
	gather(f, PERSON_SUBSCRIBER, &s);
	bool same = !has_names(f, PERSON_SUBSCRIBER) || (!p.words.n && !p.ids);
	if (!same && s.words.n && s.words.n <= p.words.n) {
		same = true;
		for (unsigned i = 0; i < s.words.n; i++) {
			bool there = false;
			for (unsigned k = 0; k < p.words.n; k++)
				there |= p.words.h[k] == s.words.h[i];
			same &= there;
		}
	}
	for (size_t i = 0; same && i < f->fields; i++)
		if (f->field[i].who == PERSON_SUBSCRIBER)
			f->field[i].who = PERSON_SUBJECT;
	if (same)
		f->whos = (f->whos & ~(1u << PERSON_SUBSCRIBER)) | 1u << PERSON_SUBJECT;
}

/* Only a text inside of the record asks for it when nobody is known. */
static bool named(const struct find *f)
{
	struct name_words w UNSET;
	for (size_t i = 0; i < f->fields; i++) {
		if (f->field[i].who != PERSON_SUBJECT || !is_name(f->field[i].role))
			continue;
		name_words(f->field[i].text, &w);
		if (w.n)
			return true;
	}
	return false;
}

void record_decide(struct find *f)
{
	struct evidence v UNSET;
	fold_subscriber(f);
	f->record_person = FIND_NOBODY;
	f->record_confidence = 0;
	if (!f->pop) {
		f->record_names = f->doc.hits && named(f);
		return;
	}
	gather(f, PERSON_SUBJECT, &v);
	f->record_names = v.words.n > 0;
	f->record_person = evidence_person(f->pop, &v, &f->record_confidence);
}

static int tell_record(struct find *f, struct err *e)
{
	static const int others[] = {PERSON_GUARANTOR, PERSON_KIN, PERSON_SUBSCRIBER, PERSON_STAFF, PERSON_ANYBODY};
	record_decide(f);
	int r = tell_person(f, PERSON_SUBJECT, f->record_person, f->record_confidence, e);
	if (r == 0)
		r = tell_unnamed(f, e);
	if (r == 0 && has_fields(f, PERSON_PROVIDER_WHO))
		r = tell_provider(f, f->record_person, f->record_confidence, e);
	if (r == 0 && f->record_person == FIND_NOBODY)
		r = tell_stranger(f, PERSON_SUBJECT, e);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(others); i++) {
		struct evidence v UNSET;
		unsigned sure = 0;
		uint32_t who = FIND_NOBODY;
		if (!has_fields(f, others[i]))
			continue;
		if (f->pop) {
			gather(f, others[i], &v);
			who = evidence_person(f->pop, &v, &sure);
		}
		r = tell_person(f, others[i], who, sure, e);
		if (r == 0 && who == FIND_NOBODY)
			r = tell_stranger(f, others[i], e);
	}
	if (r == 0 && has_fields(f, PERSON_PROVIDER_WHO))
		r = tell_stranger(f, PERSON_PROVIDER_WHO, e);
	return r;
}

/* What was read as text inside of the record is decided with it: its person is who the text is about. */
int record_end(struct find *f, struct err *e)
{
	int r = f->fields ? tell_record(f, e) : 0;
	if (r == 0)
		r = doc_end(f, e);
	f->fields = 0;
	f->whos = 0;
	f->in_record = f->record_names = false;
	f->record_person = FIND_NOBODY;
	arena_reset(f->a);
	return r;
}

int find_record(struct find *f, struct slice member, struct err *e)
{
	int r = record_end(f, e);
	f->in_record = true;
	if (r == 0 && !slice_eq(member, buf_slice(&f->member))) {
		buf_reset(&f->member);
		buf_add_slice(&f->member, member);
	}
	return r;
}

/* A number's way to its person is five looks at memory, each of which says where the next one is. While the record's other fields are read, each is sent for a few fields before it is needed. */
static void look_ahead(struct find *f)
{
	const struct find_population *p = f->pop;
	struct record_field *x = f->field + f->fields;
	if (f->fields >= 2 && x[-2].h)
		population_sooner(p, x[-2].h);
	if (f->fields >= 4 && x[-4].h) {
		x[-4].soon = population_peek(p, x[-4].h);
		population_person_soon(p, x[-4].soon);
	}
	if (f->fields >= 6 && x[-6].soon < p->persons)
		population_row_soon(p, x[-6].soon);
	if (f->fields >= 8 && x[-8].soon < p->persons)
		population_name_soon(p, x[-8].soon);
}

int find_field(struct find *f, int role, int who, struct slice text, uint64_t offset, struct err *e)
{
	if (text.n && (text.p[0] <= ' ' || text.p[text.n - 1] <= ' '))
		text = slice_trim(text);
	if (!text.n)
		return 0;
	assert(role >= 0 && role < PERSON_ROLES_N && who >= 0 && who < PEOPLE);
	if (f->fields == f->field_cap) {
		size_t cap = f->field_cap ? f->field_cap * 2 : 64;
		struct record_field *grown = f->fields < FIELDS_MAX ? reallocarray(f->field, cap, sizeof *grown) : NULL;
		if (!grown && f->fields < FIELDS_MAX)
			return err_set(e, ERR_MEMORY, NULL, "there is no memory for a record's fields");
		if (!grown) { /* a record longer than any that is one person's: decided in parts, each by what it says itself */
			int r = record_end(f, e);
			if (r < 0)
				return r;
		} else {
			f->field = grown;
			f->field_cap = cap;
		}
	}
	struct slice kept = arena_dup(f->a, slice_of(text.p, text.n > 512 ? 512 : text.n));
	if (!kept.p)
		return err_set(e, ERR_MEMORY, NULL, "there is no memory for a record's fields");
	uint64_t h = f->pop && who != PERSON_PROVIDER_WHO ? number_key(role, kept) : 0;
	if (h)
		population_soon(f->pop, h);
	if (f->pop)
		look_ahead(f);
	f->field[f->fields++] = (struct record_field){role, who, kept, offset, h, FIND_NOBODY};
	f->whos |= 1u << who;
	f->in_record = true;
	/* a value that no name explains, and running text, are read like text */
	return role == PERSON_ROLE_OTHER || role == PERSON_ROLE_NOTE || role == PERSON_ROLE_RELATION ? find_text(f, text, offset, e) : 0;
}
