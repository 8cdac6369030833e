/* Columns: what each is for. */
#include "link_internal.h"

static const struct {
	const char *word;
	bool words;
	uint8_t slots;
	bool household; /* members of one household agree on it */
} kinds[LINK_KINDS] = {
	[KIND_FIRST] = {"first", true, 1, false}, [KIND_LAST] = {"last", true, 1, true}, [KIND_MIDDLE] = {"middle", true, 1, false}, [KIND_SUFFIX] = {"suffix", false, 1, false}, [KIND_MAIDEN] = {"maiden", true, 1, false},
	[KIND_DOB] = {"dob", false, 1, false}, [KIND_SEX] = {"sex", false, 1, false}, [KIND_SSN] = {"ssn", false, 1, false}, [KIND_HOUSE] = {"house", true, 1, true}, [KIND_STREET] = {"street", true, 1, true},
	[KIND_APT] = {"apt", true, 1, true}, [KIND_CITY] = {"city", true, 1, true}, [KIND_STATE] = {"state", true, 1, true}, [KIND_ZIP] = {"zip", true, 1, true}, [KIND_PHONE] = {"phone", false, 2, true},
	[KIND_EMAIL] = {"email", true, 1, false}, [KIND_MRN] = {"mrn", false, 2, false}, [KIND_MEMBER] = {"member", false, 3, true}, [KIND_ID] = {"id", false, 2, false}, [KIND_OTHER] = {"other", true, 1, false}, [KIND_ASSIGNER] = {"assigner", true, 1, false},
};

const char *link_kind_word(enum link_kind k)
{
	return kinds[k].word;
}

bool link_kind_words(enum link_kind k)
{
	return kinds[k].words;
}

/* The kind in which a role is compared; -1: it says nothing of who somebody is. */
static int kind_of(int role)
{
	switch (role) {
	case PERSON_ROLE_LAST:
		return KIND_LAST;
	case PERSON_ROLE_FIRST:
		return KIND_FIRST;
	case PERSON_ROLE_MIDDLE:
		return KIND_MIDDLE;
	case PERSON_ROLE_SUFFIX:
		return KIND_SUFFIX;
	case PERSON_ROLE_MAIDEN:
		return KIND_MAIDEN;
	case PERSON_ROLE_DOB:
		return KIND_DOB;
	case PERSON_ROLE_SEX:
		return KIND_SEX;
	case PERSON_ROLE_SSN:
	case PERSON_ROLE_SSN4:
		return KIND_SSN;
	case PERSON_ROLE_HOUSE:
		return KIND_HOUSE;
	case PERSON_ROLE_STREET:
		return KIND_STREET;
	case PERSON_ROLE_APT:
		return KIND_APT;
	case PERSON_ROLE_CITY:
		return KIND_CITY;
	case PERSON_ROLE_STATE:
		return KIND_STATE;
	case PERSON_ROLE_ZIP:
		return KIND_ZIP;
	case PERSON_ROLE_PHONE:
		return KIND_PHONE;
	case PERSON_ROLE_EMAIL:
		return KIND_EMAIL;
	case PERSON_ROLE_MRN:
		return KIND_MRN;
	case PERSON_ROLE_MEMBER:
		return KIND_MEMBER;
	case PERSON_ROLE_ASSIGNER:
		return KIND_ASSIGNER;
	case PERSON_ROLE_TIN:
	case PERSON_ROLE_MBI:
	case PERSON_ROLE_MEDICAID:
	case PERSON_ROLE_DL:
	case PERSON_ROLE_PASSPORT:
	case PERSON_ROLE_ACCOUNT:
	case PERSON_ROLE_CARD:
	case PERSON_ROLE_VISIT:
		return KIND_ID;
	case PERSON_ROLE_OTHER:
	case PERSON_ROLE_RACE:
	case PERSON_ROLE_LANGUAGE:
	case PERSON_ROLE_PREFIX:
	case PERSON_ROLE_COUNTRY:
	case PERSON_ROLE_COUNTY:
	case PERSON_ROLE_GROUP:
	case PERSON_ROLE_PAYER:
	case PERSON_ROLE_USER:
	case PERSON_ROLE_DEATH:
	case PERSON_ROLE_RELATION:
		return KIND_OTHER;
	default:
		return -1;
	}
}

static int add_field(struct link *l, enum link_kind kind, const char *name)
{
	if (l->fields == LINK_FIELDS_MAX)
		return -1;
	struct link_field *f = &l->field[l->fields];
	*f = (struct link_field){.kind = kind, .slots = kinds[kind].slots, .words = kinds[kind].words, .household = kinds[kind].household};
	snprintf(f->name, sizeof f->name, "%s", name);
	if (l->of[kind] < 0)
		l->of[kind] = (int8_t)l->fields;
	return (int)l->fields++;
}

static int field_once(struct link *l, enum link_kind kind)
{
	return l->of[kind] >= 0 ? l->of[kind] : add_field(l, kind, kinds[kind].word);
}

/* Somebody's earlier answer to our own question. */
static bool is_answer(struct slice name)
{
	char key[64];
	csv_key(name, key);
	return !strcmp(key, "cluster") || !strcmp(key, "clusterid") || !strcmp(key, "clusternumber") || !strcmp(key, "truecluster") || !strcmp(key, "truth") || !strcmp(key, "matchid") || !strcmp(key, "linkid");
}

/* Whom a list is about, where its columns speak of several: the patient; without one, whoever has a name. */
static int subject_of(const int *role, const int *who, size_t n)
{
	static const int order[] = {PERSON_SUBJECT, PERSON_STAFF, PERSON_SUBSCRIBER, PERSON_KIN, PERSON_GUARANTOR, PERSON_PROVIDER_WHO};
	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		for (size_t i = 1; i < n; i++)
			if (who[i] == order[k] && (role[i] == PERSON_ROLE_LAST || role[i] == PERSON_ROLE_FIRST || role[i] == PERSON_ROLE_NAME))
				return order[k];
	return PERSON_SUBJECT;
}

static int use_of(struct link *l, struct slice column, int role, bool subject, bool provider, struct err *e)
{
	char word[64];
	int kind = kind_of(role), f = -1;
	if (role == PERSON_ROLE_OTHER || !subject)
		csv_key(column, word);
	else
		person_role_word(role, word);
	if (subject && role == PERSON_ROLE_NAME) {
		field_once(l, KIND_LAST);
		field_once(l, KIND_FIRST);
		field_once(l, KIND_MIDDLE);
		return USE_NAME;
	}
	if (subject && role == PERSON_ROLE_ADDRESS) {
		field_once(l, KIND_HOUSE);
		field_once(l, KIND_STREET);
		field_once(l, KIND_ZIP);
		return USE_ADDRESS;
	}
	if (provider || kind < 0)
		return USE_NOTHING;
	if (!subject) {
		f = add_field(l, KIND_OTHER, word);
		if (f >= 0)
			l->field[f].household = true; /* the guarantor's name: a sister's, too */
	} else if (kind == KIND_SSN && role == PERSON_ROLE_SSN4) {
		field_once(l, KIND_SSN);
		return USE_SSN4;
	} else if (kind == KIND_ASSIGNER)
		f = field_once(l, KIND_ASSIGNER);
	else if (kind == KIND_STREET && l->of[KIND_STREET] < 0) {
		field_once(l, KIND_HOUSE); /* the number that a street begins with */
		f = add_field(l, KIND_STREET, kinds[KIND_STREET].word);
	} else if (kind == KIND_HOUSE)
		f = field_once(l, KIND_HOUSE);
	else
		f = add_field(l, (enum link_kind)kind, kind == KIND_ID || kind == KIND_OTHER ? word : kinds[kind].word);
	return f >= 0 ? f : err_set(e, ERR_LIMIT, NULL, "more than %d columns to compare", LINK_FIELDS_MAX);
}

/* What is known of all columns before one is put to use. */
struct meaning {
	const struct slice *name;
	const int *role;
	int is[LINK_COLUMNS_MAX], who[LINK_COLUMNS_MAX];
	int subject;
	bool member;
	bool born; /* a date of birth stands in three columns */
	size_t birth[3];
};

/* Is the column one of the three that a date of birth stands in? */
static bool is_birth(const struct meaning *m, size_t i)
{
	return m->born && (i == m->birth[0] || i == m->birth[1] || i == m->birth[2]);
}

/* Unless somebody said what one of them is. With a whole date besides, they are looked away from: that says it already. */
static void mean_birth(struct meaning *m, size_t n)
{
	size_t *b = m->birth;
	m->born = person_birth_columns(m->name, n, b) && b[0] && b[1] && b[2];
	for (unsigned k = 0; m->born && m->role && k < 3; k++)
		m->born = m->role[b[k]] < 0;
}

static void mean(struct meaning *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		m->who[i] = PERSON_SUBJECT;
		m->is[i] = m->role && m->role[i] >= 0 ? m->role[i] : person_role_of_column(m->name[i], &m->who[i]);
	}
	mean_birth(m, n);
	m->subject = subject_of(m->is, m->who, n);
	for (size_t i = 1; i < n; i++)
		m->member |= m->is[i] == PERSON_ROLE_MEMBER;
}

/* What is several fields at once comes behind those that are one of them, and is taken for these, wherever its column stands. */
static bool is_several(const struct meaning *m, size_t i)
{
	return i && (m->is[i] == PERSON_ROLE_NAME || m->is[i] == PERSON_ROLE_ADDRESS || m->is[i] == PERSON_ROLE_SSN4);
}

static bool is_plain(const struct meaning *m, size_t i)
{
	return m->is[i] == PERSON_ROLE_OTHER || m->who[i] != m->subject;
}

static int use_column(struct link *l, const struct meaning *m, size_t i, struct err *e)
{
	const bool told = m->role && m->role[i] >= 0;
	if (i == 0)
		return USE_ID;
	if (!told && is_answer(m->name[i]))
		return USE_ANSWER;
	if (is_birth(m, i))
		return USE_NOTHING; /* use_birth */
	if (m->member && !told && (m->is[i] == PERSON_ROLE_PAYER || m->is[i] == PERSON_ROLE_GROUP))
		return USE_NOTHING; /* what the member's number says already */
	return use_of(l, m->name[i], m->is[i], m->who[i] == m->subject, m->who[i] == PERSON_PROVIDER_WHO && m->subject != PERSON_PROVIDER_WHO, e);
}

static void no_fields(struct link *l)
{
	l->fields = 0;
	memset(l->of, -1, sizeof l->of);
}

/* With room for all, in their order. ERR_LIMIT: there is none. */
static int use_all(struct link *l, const struct meaning *m, size_t n, struct err *e)
{
	for (size_t k = 0; k < 2 * n; k++) {
		size_t i = k % n;
		if (is_several(m, i) != (k >= n))
			continue;
		int use = use_column(l, m, i, e);
		if (use == ERR_LIMIT)
			return use;
		l->use[i] = (int16_t)use;
	}
	return 0;
}

/* Those whose meaning is known first; of the others as many as there is room for. */
static void use_most(struct link *l, const struct meaning *m, size_t n)
{
	struct err e = {0};
	no_fields(l);
	for (size_t k = 0; k < 3 * n; k++) {
		size_t i = k % n, when = is_several(m, i) ? 1 : is_plain(m, i) ? 2 : 0;
		if (when != k / n)
			continue;
		int use = use_column(l, m, i, &e);
		l->left += use == ERR_LIMIT;
		l->use[i] = (int16_t)(use == ERR_LIMIT ? USE_NOTHING : use);
	}
}

static void use_birth(struct link *l, const struct meaning *m, size_t n)
{
	bool whole = false;
	for (size_t i = 1; i < n; i++)
		whole |= !is_birth(m, i) && m->is[i] == PERSON_ROLE_DOB && m->who[i] == m->subject;
	if (m->born && !whole && (l->of[KIND_DOB] >= 0 || add_field(l, KIND_DOB, kinds[KIND_DOB].word) >= 0))
		memcpy(l->birth, m->birth, sizeof l->birth);
}

int link_columns(struct link *l, const struct slice *name, const int *role, size_t n, struct err *e)
{
	assert(!l->columns);
	if (n > LINK_COLUMNS_MAX)
		return err_set(e, ERR_LIMIT, NULL, "%zu columns: at most %d", n, LINK_COLUMNS_MAX);
	struct meaning *m = calloc(1, sizeof *m);
	if (!m)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	m->name = name;
	m->role = role;
	mean(m, n);
	l->columns = n;
	struct err full;
	if (use_all(l, m, n, &full) < 0)
		use_most(l, m, n);
	use_birth(l, m, n);
	free(m);
	unsigned compared = 0;
	for (unsigned i = 0; i < l->fields; i++)
		compared += l->field[i].kind != KIND_ASSIGNER;
	return compared ? 0 : err_set(e, ERR_INPUT, NULL, "no column is left to compare: say with --map COLUMN=ROLE what they are");
}

size_t link_columns_left(const struct link *l)
{
	return l->left;
}

const char *link_column_use(const struct link *l, size_t column)
{
	int u = column < l->columns ? l->use[column] : USE_NOTHING;
	if (l->birth[0] && (column == l->birth[0] || column == l->birth[1] || column == l->birth[2]))
		return l->field[l->of[KIND_DOB]].name;
	return u >= 0 ? l->field[u].name : u == USE_ID ? "id" : u == USE_NAME ? "name" : u == USE_ADDRESS ? "address" : u == USE_SSN4 ? "ssn4" : "-";
}
