/* A case's JSON: what duties hang on. Keys of letters and forms stand in the same file and are passed over here. */
#include "notice_internal.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_NS (INT64_C(86400) * TIME_SEC)

struct reader {
	struct arena *a;
	struct notice_facts *f;
	struct buf remarks;
	bool guessed; /* the entity's kind */
	struct err *e;
};

/* ---- places ---- */

/* ISO 3166-1, alpha-2 */
static const char countries[] = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

static bool is_country(struct slice s)
{
	for (const char *p = countries; *p; p += 2)
		if (s.n == 2 && s.p[0] == (uint8_t)p[0] && s.p[1] == (uint8_t)p[1])
			return true;
	return slice_eq_str(s, "EU");
}

static const struct {
	const char *is, *read_as;
} aliases[] = {{"UK", "GB"}, {"EL", "GR"}, {"USA", "US"}, {"UNKNOWN", "ZZ"}, {"US-UNKNOWN", "US"}, {"US-ZZ", "US"}, {"US-XX", "US"}, {"XX", "ZZ"}, {"", "ZZ"}, {"PR", "US-PR"}, {"GU", "US-GU"}, {"VI", "US-VI"}, {"AS", "US-AS"}, {"MP", "US-MP"}, /* what France's parts overseas are in ISO 3166-1 */ {"GP", "FR"}, {"GF", "FR"}, {"MQ", "FR"}, {"RE", "FR"}, {"YT", "FR"}, {"MF", "FR"}};

/* The code as rules know it. False: too long, or no such place; out has it as it stands all the same, cut. */
static bool place_code(struct slice s, char out[12])
{
	size_t n = 0;
	s = slice_trim(s);
	for (size_t i = 0; i < s.n && n < 11; i++)
		out[n++] = (char)(s.p[i] >= 'a' && s.p[i] <= 'z' ? s.p[i] - 32 : s.p[i] == '_' ? '-' : s.p[i]);
	out[n] = 0;
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (!strcmp(out, aliases[i].is)) {
			snprintf(out, 12, "%s", aliases[i].read_as);
			return true;
		}
	if (!strcmp(out, "ZZ"))
		return true;
	struct slice rest, country = slice_cut(slice_str(out), '-', &rest);
	if (s.n > 11 || !is_country(country) || (rest.p && (!rest.n || rest.n > 3)))
		return false;
	if (!slice_eq_str(country, "US") || !rest.p)
		return true;
	return notice_zones_of(slice_str(out)) != notice_zones_of(SLICE("US")); /* each state has zones of its own */
}

/* "US-XX", which is no state: whoever lives there lives in the United States, and federal thresholds count him. */
static bool no_state(const char *code)
{
	return !strncmp(code, "US-", 3) && strlen(code) == 5;
}

/* ---- values ---- */

static int bad(struct reader *r, const char *key, const char *want)
{
	return err_set(r->e, ERR_INPUT, key, "%s", want);
}

static bool absent(const struct json_node *n)
{
	return !n || n->type == JSON_NULL;
}

static int whole(struct reader *r, const struct json_node *n, const char *key, uint64_t *ret)
{
	struct slice zeros, digits = slice_cut(n ? n->value : SLICE_NULL, '.', &zeros); /* 499.0 is how some programs write 499 */
	while (zeros.n && zeros.p[zeros.n - 1] == '0')
		zeros.n--;
	if (!n || n->type != JSON_NUM || zeros.n || num_u64(digits, 0, NOTICE_PERSONS_MAX, ret) < 0)
		return bad(r, key, "a number of persons has to be a whole number from 0 to 10000000000, or {\"low\": n, \"high\": n}");
	return 0;
}

static int count(struct reader *r, const struct json_node *n, const char *key, struct notice_count *ret)
{
	int c;
	if (n->type != JSON_OBJ) {
		c = whole(r, n, key, &ret->low);
		ret->high = ret->low;
		return c;
	}
	c = whole(r, json_get(n, "low"), key, &ret->low);
	if (c == 0)
		c = whole(r, json_get(n, "high"), key, &ret->high);
	if (c == 0 && ret->low > ret->high)
		return bad(r, key, "low is above high");
	return c;
}

static int flag(struct reader *r, const struct json_node *obj, const char *key, bool *ret, bool *ret_said)
{
	const struct json_node *n = json_get(obj, key);
	if (absent(n))
		return 0;
	if (n->type != JSON_TRUE && n->type != JSON_FALSE)
		return bad(r, key, "has to be true or false");
	*ret = n->type == JSON_TRUE;
	if (ret_said)
		*ret_said = true;
	return 0;
}

/* The day that is written at the front, and, where there is a time, the offset behind it. */
static bool moment(struct slice s, struct notice_moment *ret)
{
	int64_t day, at;
	struct notice_moment m = {.given = true};
	if (s.n < 10 || time_parse(slice_of(s.p, 10), 0, &day) < 0 || time_parse(s, 0, &at) < 0)
		return false;
	m.day = (int32_t)(day / DAY_NS);
	m.at = at;
	if (m.day < notice_day_of(1990, 1, 1) || m.day > notice_day_of(2199, 12, 31))
		return false;
	m.timed = s.n > 10;
	if (m.timed) {
		int64_t local; /* the same digits as if they were UTC */
		size_t n = s.n;
		for (size_t i = 16; i < s.n; i++)
			if (s.p[i] == 'Z' || s.p[i] == 'z' || s.p[i] == '+' || s.p[i] == '-') {
				n = i;
				break;
			}
		if (n == s.n || time_parse(slice_of(s.p, n), 0, &local) < 0) /* a time without a zone is no moment */
			return false;
		m.offset = (int)((local - at) / (60 * TIME_SEC));
		m.zoned = m.offset != 0;
		m.at -= ((m.at % TIME_SEC) + TIME_SEC) % TIME_SEC; /* whole seconds: never later */
	}
	*ret = m;
	return true;
}

static int read_moment(struct reader *r, const struct json_node *obj, const char *key, struct notice_moment *ret)
{
	const struct json_node *n = json_get(obj, key);
	if (absent(n))
		return 0;
	if (n->type != JSON_STR || !moment(slice_trim(n->value), ret))
		return bad(r, key, "has to be a date (2026-03-01) or a time with its zone (2026-03-01T14:30:00+01:00), from 1990 to 2199");
	return 0;
}

/* Letters in lower case, and blanks and underscores as dashes. */
static struct slice word_of(struct slice s, char out[48])
{
	size_t n = 0;
	s = slice_trim(s);
	for (; n < s.n && n < 47; n++)
		out[n] = (char)(s.p[n] >= 'A' && s.p[n] <= 'Z' ? s.p[n] + 32 : s.p[n] == '_' || s.p[n] == ' ' ? '-' : s.p[n]);
	return slice_of(out, n);
}

static void remark(struct reader *r, const char *key, struct slice value)
{
	notice_remark(&r->remarks, key, value, SLICE_NULL, SLICE_NULL);
}

/* ---- the entity ---- */

static const struct {
	const char *word;
	enum notice_kind kind;
	unsigned roles;
} kinds[] = { /* the first four are words of American law: whoever uses one is there */
	{"covered-entity", NOTICE_COVERED_ENTITY, 0}, {"business-associate", NOTICE_BUSINESS_ASSOCIATE, 0}, {"ba", NOTICE_BUSINESS_ASSOCIATE, 0}, {"phr-vendor", NOTICE_PHR_VENDOR, 0},
	{"hospital", NOTICE_COVERED_ENTITY, 0}, {"provider", NOTICE_COVERED_ENTITY, 0}, {"health-care-provider", NOTICE_COVERED_ENTITY, 0}, {"healthcare-provider", NOTICE_COVERED_ENTITY, 0}, {"clinic", NOTICE_COVERED_ENTITY, 0},
	{"health-plan", NOTICE_COVERED_ENTITY, 0}, {"insurer", NOTICE_COVERED_ENTITY, 0}, {"clearinghouse", NOTICE_COVERED_ENTITY, 0}, {"health-care-clearinghouse", NOTICE_COVERED_ENTITY, 0}, {"subcontractor", NOTICE_BUSINESS_ASSOCIATE, 0},
	{"phr", NOTICE_PHR_VENDOR, 0}, {"phr-related-entity", NOTICE_PHR_VENDOR, 0}, {"health-app", NOTICE_PHR_VENDOR, 0}, {"non-hipaa", NOTICE_PHR_VENDOR, 0},
	{"controller", NOTICE_CONTROLLER, 0}, {"company", NOTICE_CONTROLLER, 0}, {"employer", NOTICE_CONTROLLER, 0}, {"other", NOTICE_CONTROLLER, 0}, {"processor", NOTICE_PROCESSOR, 0},
	{"public-agency", NOTICE_CONTROLLER, NOTICE_ROLE_STATE}, {"state-organ", NOTICE_CONTROLLER, NOTICE_ROLE_STATE}, {"state-agency", NOTICE_CONTROLLER, NOTICE_ROLE_STATE}, {"government", NOTICE_CONTROLLER, NOTICE_ROLE_STATE},
	{"essential-entity", NOTICE_CONTROLLER, NOTICE_ROLE_NIS2}, {"important-entity", NOTICE_CONTROLLER, NOTICE_ROLE_NIS2}, {"operator-of-essential-services", NOTICE_COVERED_ENTITY, NOTICE_ROLE_OES | NOTICE_ROLE_NIS2},
	{"cii-operator", NOTICE_COVERED_ENTITY, NOTICE_ROLE_CII}, {"cii", NOTICE_COVERED_ENTITY, NOTICE_ROLE_CII}, {"listed-company", NOTICE_CONTROLLER, NOTICE_ROLE_LISTED}, {"consumer-reporting-agency", NOTICE_CONTROLLER, NOTICE_ROLE_CRA},
	{"information-broker", NOTICE_CONTROLLER, NOTICE_ROLE_BROKER}, {"data-controller", NOTICE_CONTROLLER, 0}, {"data-processor", NOTICE_PROCESSOR, 0}, {"government-agency", NOTICE_CONTROLLER, NOTICE_ROLE_STATE},
	{"critical-information-infrastructure", NOTICE_COVERED_ENTITY, NOTICE_ROLE_CII}, {"critical-infrastructure", NOTICE_COVERED_ENTITY, NOTICE_ROLE_CII | NOTICE_ROLE_CIRCIA}, {"public-company", NOTICE_CONTROLLER, NOTICE_ROLE_LISTED},
	{"part2-program", NOTICE_COVERED_ENTITY, NOTICE_ROLE_PART2}, {"non-covered-entity", NOTICE_PHR_VENDOR, 0}, {"non-hipaa-entity", NOTICE_PHR_VENDOR, 0}, {"personal-health-record-vendor", NOTICE_PHR_VENDOR, 0},
	{"physician", NOTICE_COVERED_ENTITY, 0}, {"pharmacy", NOTICE_COVERED_ENTITY, 0}, {"laboratory", NOTICE_COVERED_ENTITY, 0}, {"nursing-home", NOTICE_COVERED_ENTITY, 0}, {"health-system", NOTICE_COVERED_ENTITY, 0},
};

static const struct {
	const char *word;
	unsigned role;
} roles[] = {
	{"part2", NOTICE_ROLE_PART2}, {"listed", NOTICE_ROLE_LISTED}, {"circia", NOTICE_ROLE_CIRCIA}, {"nis2", NOTICE_ROLE_NIS2}, {"oes", NOTICE_ROLE_OES}, {"cii", NOTICE_ROLE_CII}, {"state", NOTICE_ROLE_STATE}, {"cra", NOTICE_ROLE_CRA}, {"broker", NOTICE_ROLE_BROKER},
};

static int read_roles(struct reader *r, const struct json_node *entity, const char *key, unsigned *ret)
{
	const struct json_node *list = json_get(entity, key);
	if (absent(list))
		return 0;
	if (list->type != JSON_ARR)
		return bad(r, key, "has to be a list of words such as \"part2\", \"listed\", \"nis2\"");
	for (const struct json_node *n = list->child; n; n = n->next) {
		char word[48];
		struct slice w = word_of(n->value, word);
		size_t i = 0;
		while (i < ARRAY_LEN(roles) && !(n->type == JSON_STR && slice_eq_str(w, roles[i].word)))
			i++;
		if (i == ARRAY_LEN(roles))
			remark(r, "f.role", n->value);
		else
			*ret |= roles[i].role;
	}
	return 0;
}

static void read_kind(struct reader *r, const struct json_node *entity)
{
	char word[48];
	struct slice said = json_text(entity, "kind"), w = word_of(said, word);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (slice_eq_str(w, kinds[i].word)) {
			r->f->kind = kinds[i].kind;
			r->f->roles |= kinds[i].roles;
			r->f->american = i < 4;
			return;
		}
	if (said.n)
		remark(r, "f.kind", said);
	r->guessed = true;
}

static void read_where(struct reader *r, const struct json_node *entity)
{
	struct notice_facts *f = r->f;
	struct slice country = json_text(entity, "country"), state = json_text(entity, "state");
	char code[12], joined[24];
	if (country.n && place_code(country, code) && strlen(code) == 2 && strcmp(code, "ZZ") != 0)
		snprintf(f->country, sizeof f->country, "%.2s", code);
	else if (country.n)
		remark(r, "f.country", country);
	state = slice_trim(state);
	if (!state.n)
		return;
	const char *us = !f->country[0] || !strcmp(f->country, "US") ? person_us_state(state) : NULL; /* "Texas" */
	if (us)
		state = slice_str(us);
	snprintf(joined, sizeof joined, "%.*s", (int)(state.n < 12 ? state.n : 12), (const char *)state.p);
	if (state.n < 12 && !memchr(state.p, '-', state.n)) /* "TX" */
		snprintf(joined, sizeof joined, "%s-%.*s", f->country[0] ? f->country : "US", (int)state.n, (const char *)state.p);
	if (place_code(slice_str(joined), code) && strlen(code) > 3 && strlen(code) < sizeof f->state && (!f->country[0] || !strncmp(f->country, code, 2))) {
		snprintf(f->state, sizeof f->state, "%.7s", code);
		snprintf(f->country, sizeof f->country, "%.2s", code);
	} else {
		remark(r, "f.state", state);
	}
}

static int read_entity(struct reader *r, const struct json_node *top)
{
	const struct json_node *entity = json_get(top, "entity");
	if (!absent(entity) && entity->type != JSON_OBJ)
		return bad(r, "entity", "has to be an object with kind, country and state");
	read_where(r, entity);
	read_kind(r, entity);
	int c = read_roles(r, entity, "roles", &r->f->roles);
	if (c == 0)
		c = read_roles(r, entity, "not_roles", &r->f->roles_not);
	if (c == 0)
		c = flag(r, entity, "licensed", &r->f->licensed, &r->f->licensed_said);
	return c;
}

/* ---- persons ---- */

static int add_place(struct reader *r, const struct json_node *n)
{
	struct notice_facts *f = r->f;
	struct notice_place p = {.known = false};
	char where[40];
	const char *us = n->key.n > 2 ? person_us_state(slice_trim(n->key)) : NULL; /* "Texas"; two letters may be a country's: CA, DE, IN */
	p.known = place_code(n->key, p.code);
	if (!p.known && us) {
		snprintf(p.code, sizeof p.code, "US-%.2s", us);
		p.known = true;
	}
	bool stateless = !p.known && no_state(p.code), unsaid = p.known && !strcmp(p.code, "US") && n->key.n > 3 && !slice_eq_nocase(slice_trim(n->key), "USA");
	snprintf(where, sizeof where, "persons.%.11s", p.code);
	for (char *c = where; *c; c++) /* a key that is no place may be anything */
		*c = *c < 32 || *c > 126 ? '?' : *c;
	for (char *c = p.code; *c; c++)
		*c = *c < 32 || *c > 126 ? '?' : *c;
	int c = count(r, n, where, &p.persons);
	if (c < 0)
		return c;
	if (stateless || unsaid) {
		char n_text[24];
		snprintf(n_text, sizeof n_text, "%" PRIu64, p.persons.high);
		notice_remark(&r->remarks, stateless ? "f.nostate" : "f.unsaid", n->key, slice_str(n_text), SLICE_NULL);
		snprintf(p.code, sizeof p.code, "US");
		p.known = true;
	}
	for (size_t i = 0; i < f->places; i++)
		if (!strcmp(f->place[i].code, p.code)) {
			if (p.known && strcmp(p.code, "ZZ") != 0 && strcmp(p.code, "US") != 0 && strcmp(p.code, "FR") != 0)
				return bad(r, where, "the place stands there twice");
			f->place[i].persons.low += p.persons.low; /* "unknown" and "ZZ"; France and its parts overseas; two that are no places */
			f->place[i].persons.high += p.persons.high;
			f->total.low += p.persons.low;
			f->total.high += p.persons.high;
			return 0;
		}
	if (f->places == NOTICE_PLACES_MAX)
		return err_set(r->e, ERR_LIMIT, "persons", "more than %d places", NOTICE_PLACES_MAX);
	f->total.low += p.persons.low;
	f->total.high += p.persons.high;
	f->place[f->places++] = p;
	return 0;
}

static int read_persons(struct reader *r, const struct json_node *top)
{
	const struct json_node *list = json_get(top, "persons");
	if (!list || list->type != JSON_OBJ)
		return bad(r, "persons", "has to be an object of numbers by place, such as {\"US-TX\": 499, \"FR\": 12}");
	for (const struct json_node *n = list->child; n; n = n->next) {
		int c = add_place(r, n);
		if (c < 0)
			return c;
	}
	return 0;
}

/* "combinations": {"US-TX": {"core medical": {"touched": 12, "acquired": 10}, "": {"touched": 3, "acquired": 5}}}. A place that is not among the persons is not used. */
static int read_mix(struct reader *r, const struct json_node *of, uint16_t place, struct notice_mix *v, size_t *n)
{
	for (const struct json_node *c = of->child; c; c = c->next) {
		struct notice_mix m = {.place = place};
		for (struct slice rest = c->key; rest.n;) {
			struct slice word = slice_cut(rest, ' ', &rest);
			unsigned one = person_class_parse(word);
			if (!one) {
				remark(r, "f.class", word);
				continue;
			}
			m.classes |= (uint16_t)one;
		}
		struct slice touched = json_text(c, "touched"), acquired = json_text(c, "acquired");
		if (c->type != JSON_OBJ || (touched.n && num_u64(touched, 0, UINT64_C(1) << 40, &m.touched) < 0) || (acquired.n && num_u64(acquired, 0, UINT64_C(1) << 40, &m.acquired) < 0))
			return bad(r, "combinations", "has to be, for each place, an object of {\"touched\": N, \"acquired\": N} by classes such as \"core medical\"");
		v[(*n)++] = m;
	}
	return 0;
}

static int read_combinations(struct reader *r, const struct json_node *top)
{
	const struct json_node *list = json_get(top, "combinations");
	struct notice_facts *f = r->f;
	size_t n = 0;
	if (absent(list))
		return 0;
	if (list->type != JSON_OBJ)
		return bad(r, "combinations", "has to be an object by place");
	for (const struct json_node *p = list->child; p; p = p->next)
		for (const struct json_node *c = p->child; c; c = c->next)
			n++;
	struct notice_mix *v = arena_array(r->a, n ? n : 1, sizeof *v);
	if (!v)
		return err_set(r->e, ERR_LIMIT, "combinations", "more than there is room for");
	for (const struct json_node *p = list->child; p; p = p->next) {
		char code[12];
		(void)place_code(p->key, code);
		for (size_t i = 0; i < f->places; i++)
			if (!strcmp(f->place[i].code, code)) {
				int c = read_mix(r, p, (uint16_t)i, v, &f->mixes);
				if (c < 0)
					return c;
			}
	}
	f->mix = v;
	return 0;
}

/* Where nobody says in which country the entity is: the United States, if its kind is a word of theirs, or some of the persons live there, or nobody knows where any of them lives. */
static void read_american(struct notice_facts *f)
{
	uint64_t elsewhere = 0;
	bool there = f->american;
	for (size_t i = 0; i < f->places; i++) {
		there = there || !strncmp(f->place[i].code, "US", 2);
		elsewhere += f->place[i].known && strcmp(f->place[i].code, "ZZ") != 0;
	}
	f->american = f->country[0] ? !strcmp(f->country, "US") : there || !elsewhere;
}

/* ---- what was touched ---- */

static const struct {
	const char *word;
	enum person_element is;
} element_words[] = {
	{"medical", PERSON_DIAGNOSIS}, {"health", PERSON_DIAGNOSIS}, {"phi", PERSON_DIAGNOSIS}, {"medical-information", PERSON_DIAGNOSIS}, {"health-information", PERSON_DIAGNOSIS}, {"insurance", PERSON_INS}, {"health-insurance", PERSON_INS},
	{"driver-license", PERSON_DL}, {"drivers-license", PERSON_DL}, {"driver-licence", PERSON_DL}, {"state-id", PERSON_DL}, {"bank-account", PERSON_ACCOUNT}, {"financial-account", PERSON_ACCOUNT}, {"credit-card", PERSON_CARD}, {"payment-card", PERSON_CARD},
	{"itin", PERSON_TIN}, {"password", PERSON_CREDENTIALS}, {"birth-date", PERSON_DOB}, {"date-of-birth", PERSON_DOB},
};

static int element_of(struct slice s)
{
	char word[48];
	struct slice w = word_of(s, word);
	for (size_t i = 0; i < ARRAY_LEN(element_words); i++)
		if (slice_eq_str(w, element_words[i].word))
			return (int)element_words[i].is;
	for (size_t i = 0; i < w.n; i++)
		if (word[i] == '-')
			word[i] = '_';
	return person_element_parse(w);
}

static int read_elements(struct reader *r, const struct json_node *top)
{
	const struct json_node *list = json_get(top, "elements");
	if (absent(list))
		return 0;
	if (list->type != JSON_ARR)
		return bad(r, "elements", "has to be a list of words such as \"name\", \"ssn\", \"diagnosis\"");
	for (const struct json_node *n = list->child; n; n = n->next) {
		int e = n->type == JSON_STR ? element_of(n->value) : -1;
		if (e < 0) {
			remark(r, "f.element", n->value);
			continue;
		}
		r->f->elements |= PERSON_BIT(e);
		r->f->elements_said = true; /* an empty list, or one of words that nobody knows, says nothing */
	}
	return 0;
}

static void read_media(struct reader *r, const struct json_node *top)
{
	const struct json_node *n = json_get(top, "media");
	char word[48];
	size_t of = 0, paper = 0;
	if (absent(n))
		return;
	if (n->type == JSON_STR) {
		of = 1;
		paper = slice_eq_str(word_of(n->value, word), "paper");
	}
	for (const struct json_node *x = n->type == JSON_ARR ? n->child : NULL; x; x = x->next) {
		of++;
		paper += x->type == JSON_STR && slice_eq_str(word_of(x->value, word), "paper");
	}
	r->f->paper_only = of > 0 && of == paper;
}

static int read_risk(struct reader *r, const struct json_node *top)
{
	char word[48];
	struct slice s = json_text(top, "risk"), w = word_of(s, word);
	r->f->risk = slice_eq_str(w, "low") ? NOTICE_RISK_LOW : slice_eq_str(w, "likely") || slice_eq_str(w, "high") ? NOTICE_RISK_LIKELY : NOTICE_RISK_NOT_JUDGED;
	return s.n && r->f->risk == NOTICE_RISK_NOT_JUDGED ? bad(r, "risk", "has to be \"low\", \"likely\" or \"high\"") : 0;
}

static int optional_count(struct reader *r, const struct json_node *top, const char *key, struct notice_count *ret, bool *ret_said)
{
	const struct json_node *n = json_get(top, key);
	if (absent(n))
		return 0;
	*ret_said = true;
	return count(r, n, key, ret);
}

static int read_rest(struct reader *r, const struct json_node *top)
{
	struct notice_facts *f = r->f;
	const struct {
		const char *key;
		struct notice_moment *to;
	} moments[] = {{"discovered", &f->discovered}, {"determined", &f->determined}, {"notified", &f->notified}, {"hhs_notified", &f->hhs_notified}, {"incident_notified", &f->incident_notified}, {"resolved", &f->resolved}};
	int c = 0;
	for (size_t i = 0; i < ARRAY_LEN(moments) && c == 0; i++)
		c = read_moment(r, top, moments[i].key, moments[i].to);
	if (c == 0 && !f->discovered.given)
		c = bad(r, "discovered", "is missing: the day or the time at which the breach was discovered");
	f->acquired = true;
	if (c == 0)
		c = flag(r, top, "acquired", &f->acquired, &f->acquired_said);
	if (c == 0)
		c = flag(r, top, "encrypted", &f->encrypted, NULL);
	if (c == 0)
		c = flag(r, top, "key_taken", &f->key_taken, NULL);
	if (c == 0)
		c = flag(r, top, "misuse", &f->misuse, NULL);
	if (c == 0)
		c = read_risk(r, top);
	if (c == 0)
		c = optional_count(r, top, "deceased", &f->deceased, &f->deceased_said);
	if (c == 0)
		c = optional_count(r, top, "bad_addresses", &f->bad_addresses, &f->bad_addresses_said);
	return c;
}

int notice_facts_read(struct slice json, struct arena *a, struct notice_facts *ret, struct err *e)
{
	struct json_node *top;
	struct reader r = {.a = a, .f = ret, .e = e};
	if (json.n > NOTICE_FILE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "the case is longer than %zu bytes", NOTICE_FILE_MAX);
	int c = json_tree(json, a, &top, e);
	if (c < 0)
		return c;
	*ret = (struct notice_facts){.places = 0};
	if (top->type != JSON_OBJ)
		return err_set(e, ERR_INPUT, NULL, "a case has to be a JSON object");
	buf_init(&r.remarks, (size_t)1 << 20);
	ret->name = json_text(top, "name");
	notice_check_keys(top, &r.remarks);
	c = read_rest(&r, top);
	if (c == 0)
		c = read_entity(&r, top);
	if (c == 0)
		c = read_persons(&r, top);
	if (c == 0)
		c = read_combinations(&r, top);
	if (c == 0)
		c = read_elements(&r, top);
	if (c == 0)
		c = notice_check_facts(ret, top, &r.remarks, e);
	if (c == 0) {
		read_media(&r, top);
		read_american(ret);
		if (r.guessed && ret->american)
			notice_remark(&r.remarks, "f.guessed", SLICE_NULL, SLICE_NULL, SLICE_NULL);
		ret->remarks = arena_dup(a, buf_slice(&r.remarks));
		if (!buf_ok(&r.remarks) || (r.remarks.n && !ret->remarks.p))
			c = err_set(e, ERR_LIMIT, NULL, "no room for what has to be said of the case");
	}
	buf_done(&r.remarks);
	return c;
}
