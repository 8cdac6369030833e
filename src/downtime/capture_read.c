/* A line -> an item. What is there is taken as people write it (a medication-given, sbp for systolic, "5" for 5); what is missing, or cannot be what it says it is, is refused with its place. A value of a name that nobody knows
 * stays in the item, and is counted: a typing error must neither lose a dose nor refuse the rest of it. */
#include "downtime_internal.h"

struct reading {
	struct capture c;
	struct slice category; /* that the kind's name brought: "lab-order" */
	struct arena *a;
	struct err *e;
};

static int no_room(const struct reading *x)
{
	return err_set(x->e, arena_code(x->a), NULL, "the item has more in it than is read at once");
}

static int bad(const struct reading *x, const char *place, const char *text)
{
	return err_set(x->e, ERR_INPUT, place, "%s", text);
}

/* ---- text ---- */

/* Text for people, and for messages in which control characters mean something else. */
static bool clean(struct slice s, bool lines)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 0x20 && !(lines && (s.p[i] == '\n' || s.p[i] == '\t' || s.p[i] == '\r'))) || s.p[i] == 0x7f)
			return false;
	return true;
}

static int take_text(struct reading *x, const struct json_node *n, const char *place, size_t most, bool lines, struct slice *ret)
{
	if (n->type == JSON_NULL)
		return 0;
	if (n->type != JSON_STR && n->type != JSON_NUM)
		return bad(x, place, "this is a text");
	struct slice s = slice_trim(n->value);
	if (s.n > most)
		return err_set(x->e, ERR_LIMIT, place, "%zu bytes are more than the %zu that stand here", s.n, most);
	if (!clean(s, lines))
		return bad(x, place, "there are control characters in it");
	*ret = s;
	return 0;
}

static bool is_id(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && !memchr("-._:/", s.p[i], 5))
			return false;
	return s.n > 0 && s.n <= CAPTURE_ID_MAX;
}

static int take_id(struct reading *x, const struct json_node *n, const char *place, struct slice *ret)
{
	struct slice s = SLICE_NULL;
	int r = take_text(x, n, place, 256, false, &s);
	if (r == 0 && !is_id(s))
		r = err_set(x->e, ERR_INPUT, place, "an id is the station's key, a hyphen and its counter (W3K7-000123): at most %d letters, digits and - . _ : /", CAPTURE_ID_MAX);
	if (r == 0)
		*ret = s;
	return r;
}

/* ISO 8601 as facts have it; a blank for the T, and +0100 for +01:00, are taken as meant. */
static bool iso_time(struct arena *a, struct slice s, struct slice *ret)
{
	char t[48];
	size_t n = 0;
	if (s.n < 4 || s.n > 40)
		return false;
	for (size_t i = 0; i < s.n; i++)
		t[n++] = (char)(i == 10 && (s.p[i] == ' ' || s.p[i] == 't') ? 'T' : s.p[i] == 'z' ? 'Z' : s.p[i]);
	if (n > 16 && (t[n - 5] == '+' || t[n - 5] == '-')) {
		memmove(t + n - 1, t + n - 2, 2);
		t[n - 2] = ':';
		n++;
	}
	if (fact_time_ns(slice_of(t, n), 0) == INT64_MIN)
		return false;
	*ret = n == s.n && memcmp(t, s.p, n) == 0 ? s : arena_dup(a, slice_of(t, n));
	return ret->p != NULL;
}

static int take_time(struct reading *x, const struct json_node *n, const char *place, struct slice *ret)
{
	struct slice s = SLICE_NULL;
	int r = take_text(x, n, place, 64, false, &s);
	if (r == 0 && s.n && !iso_time(x->a, s, ret))
		r = bad(x, place, "this is no time: 2026-11-22T03:12, with +01:00 or Z behind it where the zone is another one than the site's");
	return r;
}

static bool is_yes(const struct json_node *n)
{
	return n->type == JSON_TRUE || (n->type == JSON_STR && (slice_eq_nocase(n->value, "true") || slice_eq_nocase(n->value, "yes") || slice_eq_nocase(n->value, "y") || slice_eq_str(n->value, "1"))) ||
	       (n->type == JSON_NUM && slice_eq_str(n->value, "1"));
}

static bool is_no(const struct json_node *n)
{
	return n->type == JSON_FALSE || n->type == JSON_NULL || (n->type == JSON_STR && (slice_eq_nocase(n->value, "false") || slice_eq_nocase(n->value, "no") || slice_eq_nocase(n->value, "n") || slice_eq_str(n->value, "0"))) ||
	       (n->type == JSON_NUM && slice_eq_str(n->value, "0"));
}

static int take_flag(struct reading *x, const struct json_node *n, const char *place, bool *ret)
{
	if (!is_yes(n) && !is_no(n))
		return bad(x, place, "this is true or false");
	*ret = is_yes(n);
	return 0;
}

/* ---- identifiers ---- */

static unsigned identifier_of(struct slice word)
{
	static const struct {
		const char *name;
		unsigned bit;
	} words[] = {{"recordnumber", CAPTURE_BY_NUMBER}, {"mrn", CAPTURE_BY_NUMBER}, {"number", CAPTURE_BY_NUMBER}, {"birth", CAPTURE_BY_BIRTH}, {"dob", CAPTURE_BY_BIRTH}, {"birthdate", CAPTURE_BY_BIRTH},
	             {"family", CAPTURE_BY_FAMILY}, {"name", CAPTURE_BY_FAMILY}, {"given", CAPTURE_BY_GIVEN}, {"visit", CAPTURE_BY_VISIT}, {"encounter", CAPTURE_BY_VISIT}, {"wristband", CAPTURE_BY_WRISTBAND}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (capture_same_name(word, words[i].name))
			return words[i].bit;
	return 0;
}

static int take_identifiers(struct reading *x, const struct json_node *n)
{
	unsigned bits = 0;
	if (n->type != JSON_ARR && n->type != JSON_OBJ && n->type != JSON_NULL)
		return bad(x, "identifiers", "this is a list of what was compared: recordNumber birth family given visit wristband");
	for (const struct json_node *i = n->child; i; i = i->next)
		bits |= identifier_of(n->type == JSON_OBJ ? i->key : i->value);
	x->c.identifiers_seen = bits;
	x->c.identifiers = (unsigned)__builtin_popcount(bits);
	return 0;
}

/* ---- values ---- */

struct values {
	struct json_node *obj, **last;
};

static struct json_node *put_node(struct reading *x, struct values *v, struct slice key, enum json_type type, struct slice value, struct slice raw)
{
	for (struct json_node *n = v->obj->child; n; n = n->next)
		if (slice_eq(n->key, key)) { /* said twice: the last one counts, as in the text */
			n->type = type;
			n->value = value;
			n->raw = raw;
			return n;
		}
	struct json_node *n = arena_alloc(x->a, sizeof *n);
	if (!n)
		return NULL;
	*n = (struct json_node){.type = type, .key = key, .value = value, .raw = raw};
	*v->last = n;
	v->last = &n->next;
	v->obj->count++;
	return n;
}

static const char *place_of(struct reading *x, struct slice name)
{
	char *s = arena_printf(x->a, "values.%.*s", (int)(name.n > 64 ? utf8_valid_prefix(slice_of(name.p, 64)) : name.n), (const char *)name.p);
	return s ? s : "values";
}

/* 120/80, also with blanks */
static int take_pressure(struct reading *x, struct values *v, struct slice s, const char *place)
{
	struct slice low, high = slice_trim(slice_cut(s, '/', &low));
	low = slice_trim(low);
	if (!num_is_decimal(high) || !num_is_decimal(low))
		return bad(x, place, "a blood pressure is 120/80");
	return put_node(x, v, SLICE("systolic"), JSON_STR, high, SLICE_NULL) && put_node(x, v, SLICE("diastolic"), JSON_STR, low, SLICE_NULL) ? 0 : no_room(x);
}

static int take_amount(struct reading *x, const struct json_node *n, const char *place, struct slice *ret)
{
	int r = take_text(x, n, place, 64, false, ret);
	if (r == 0 && ret->n && !num_is_decimal(*ret))
		r = bad(x, place, "this is a decimal number, with its unit in a field of its own");
	return r;
}

static int take_known(struct reading *x, struct values *v, const struct capture_field *f, const struct json_node *n)
{
	const char *place = place_of(x, slice_str(f->name));
	struct slice s = SLICE_NULL, key = slice_str(f->name);
	bool flag = false;
	int r;
	if (n->type == JSON_NULL)
		return 0;
	switch (f->type) {
	case FIELD_FLAG:
		r = take_flag(x, n, place, &flag);
		return r < 0 ? r : put_node(x, v, key, flag ? JSON_TRUE : JSON_FALSE, SLICE_NULL, SLICE_NULL) ? 0 : no_room(x);
	case FIELD_TIME:
		r = take_time(x, n, place, &s);
		break;
	case FIELD_AMOUNT:
		r = take_amount(x, n, place, &s);
		break;
	case FIELD_WORD:
		r = take_text(x, n, place, CAPTURE_TEXT_MAX, false, &s);
		if (r == 0 && s.n && !capture_word(f->words, s, &s))
			r = err_set(x->e, ERR_INPUT, place, "this is one of: %s", f->words);
		break;
	default:
		r = take_text(x, n, place, f->type == FIELD_LONG ? CAPTURE_NOTE_MAX : CAPTURE_TEXT_MAX, true, &s);
	}
	if (r < 0 || !s.n)
		return r;
	if (slice_eq_str(key, "bloodPressure"))
		return take_pressure(x, v, s, place);
	return put_node(x, v, key, JSON_STR, s, SLICE_NULL) ? 0 : no_room(x);
}

/* Kept as it stands: text, numbers, true and false as they are; what has parts as its JSON. */
static int take_unknown(struct reading *x, struct values *v, struct slice key, const struct json_node *n)
{
	if (n->type == JSON_NULL)
		return 0;
	if (!x->c.unknown++)
		x->c.unknown_name = key;
	bool plain = n->type == JSON_STR || n->type == JSON_NUM;
	struct slice s = plain ? n->value : n->raw;
	if (key.n > 64 || s.n > CAPTURE_TEXT_MAX || !clean(key, false) || !clean(s, true))
		return bad(x, "values", "a value that this kind of item does not know is no short text");
	return put_node(x, v, key, JSON_STR, s, n->raw) ? 0 : no_room(x);
}

/* One measurement as a pair, {"name":"pulse","value":72} or {"code":"8867-4","value":72,"unit":"/min"}: NULL where it is none. The unit is the one that the sign is written in, or one that we know for it. */
static const struct capture_field *measured_pair(const struct reading *x, const struct json_node *n)
{
	static const char *const names[] = {"name", "code", "type", "vital", "observation", "measure", "what"};
	if (x->c.kind != CAPTURE_VITALS || !json_text(n, "value").n)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct slice said = slice_trim(json_text(n, names[i]));
		const char *coded = said.n ? capture_vital_of_code(said) : NULL;
		const struct capture_field *f = said.n ? capture_field(CAPTURE_VITALS, coded ? slice_str(coded) : said) : NULL;
		if (f && (f->type == FIELD_AMOUNT || !strcmp(f->name, "bloodPressure")))
			return f;
	}
	return NULL;
}

static int take_pair(struct reading *x, struct values *v, const struct capture_field *f, const struct json_node *n)
{
	static const char *const own[] = {"name", "code", "type", "vital", "observation", "measure", "what", "value", "system", "unit"};
	struct slice unit = json_text(n, "unit"), word;
	const struct capture_field *of = !strcmp(f->name, "temperature") ? capture_field(CAPTURE_VITALS, SLICE("temperatureUnit")) : !strcmp(f->name, "glucose") ? capture_field(CAPTURE_VITALS, SLICE("glucoseUnit")) : NULL;
	int r = take_known(x, v, f, json_get(n, "value"));
	if (r == 0 && of && unit.n && capture_word(of->words, unit, &word) && !put_node(x, v, slice_str(of->name), JSON_STR, word, SLICE_NULL))
		r = no_room(x);
	for (const struct json_node *i = n->child; i && r == 0; i = i->next) {
		bool mine = false;
		for (size_t k = 0; k < ARRAY_LEN(own); k++)
			mine = mine || slice_eq_str(i->key, own[k]);
		const struct capture_field *other = mine ? NULL : capture_field(CAPTURE_VITALS, i->key);
		if (!mine)
			r = other ? take_known(x, v, other, i) : take_unknown(x, v, i->key, i);
	}
	return r;
}

static int take_values(struct reading *x, const struct json_node *n)
{
	struct values v = {.obj = arena_alloc(x->a, sizeof *v.obj)};
	int r = 0;
	if (!v.obj)
		return no_room(x);
	*v.obj = (struct json_node){.type = JSON_OBJ};
	v.last = &v.obj->child;
	if (n && n->type == JSON_STR && x->c.kind == CAPTURE_NOTE) { /* a note alone is its text */
		r = take_known(x, &v, capture_field(CAPTURE_NOTE, SLICE("text")), n);
	} else if (n && n->type != JSON_OBJ && n->type != JSON_NULL) {
		return bad(x, "values", "this is an object of names and values");
	}
	const struct capture_field *pair = n ? measured_pair(x, n) : NULL;
	if (r == 0 && pair)
		r = take_pair(x, &v, pair, n);
	for (const struct json_node *i = n && !pair && n->type == JSON_OBJ ? n->child : NULL; i && r == 0; i = i->next) {
		const struct capture_field *f = capture_field(x->c.kind, i->key);
		if (x->c.kind == CAPTURE_ORDER && !x->category.n) /* who calls it a drug has said of which category it is */
			x->category = capture_same_name(i->key, "drug") || capture_same_name(i->key, "medication") ? SLICE("medication") : capture_same_name(i->key, "test") ? SLICE("laboratory") : SLICE_NULL;
		r = f ? take_known(x, &v, f, i) : take_unknown(x, &v, i->key, i);
	}
	if (r == 0 && x->category.n && !json_text(v.obj, "category").n && !put_node(x, &v, SLICE("category"), JSON_STR, x->category, SLICE_NULL))
		r = no_room(x);
	x->c.values = v.obj;
	return r;
}

/* ---- what has to be there ---- */

static bool has(const struct capture *c, const char *name)
{
	return json_get(c->values, name) != NULL;
}

static bool says(const struct capture *c, const char *name)
{
	const struct json_node *n = json_get(c->values, name);
	return n && n->type == JSON_TRUE;
}

static bool any_measured(const struct capture *c)
{
	static const char *const names[] = {"systolic", "diastolic", "pulse", "respiration", "temperature", "spo2", "oxygen", "pain", "gcs", "weight", "height", "glucose"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (has(c, names[i]))
			return true;
	return false;
}

static int check_values(const struct reading *x)
{
	const struct capture *c = &x->c;
	switch (c->kind) {
	case CAPTURE_REGISTRATION:
		return has(c, "family") || has(c, "given") || has(c, "name") || has(c, "description") || says(c, "newborn") || says(c, "unresponsive")
		           ? 0
		           : bad(x, "values", "who it is: family and given, or unresponsive with a description, or newborn with the mother's number");
	case CAPTURE_CANCEL:
		return has(c, "of") ? 0 : bad(x, "values.of", "the id of the admit, transfer or discharge that did not take place");
	case CAPTURE_VITALS:
		return any_measured(c) || c->unknown ? 0 : bad(x, "values", "nothing was measured: systolic diastolic pulse respiration temperature spo2 oxygen pain gcs weight height glucose");
	case CAPTURE_GIVEN:
	case CAPTURE_HELD:
		return has(c, "drug") || has(c, "code") ? 0 : bad(x, "values.drug", "which drug it was");
	case CAPTURE_ORDER:
		return has(c, "what") || has(c, "code") || has(c, "stop") ? 0 : bad(x, "values.what", "what is ordered, or the number of the order that it stops");
	case CAPTURE_RESULT:
		if (!has(c, "test") && !has(c, "code"))
			return bad(x, "values.test", "of which test it is");
		return has(c, "value") ? 0 : bad(x, "values.value", "the result");
	case CAPTURE_NOTE:
		return has(c, "text") ? 0 : bad(x, "values.text", "the note");
	case CAPTURE_ALLERGY:
		return has(c, "substance") || has(c, "code") || says(c, "statedNone") ? 0 : bad(x, "values.substance", "to what, or statedNone where the patient says that there is none");
	case CAPTURE_SPECIMEN:
		return has(c, "number") || has(c, "test") || has(c, "what") ? 0 : bad(x, "values.number", "the specimen's number");
	case CAPTURE_SHEET:
		return has(c, "number") || c->sheet.n ? 0 : bad(x, "values.number", "the number of the sheet");
	case CAPTURE_MERGE:
		return has(c, "op") && has(c, "of") && has(c, "entry") ? 0 : bad(x, "values.of", "which record, and by which entry");
	default: /* a patient was admitted, moved, went */
		return 0;
	}
}

static int check(struct reading *x)
{
	struct capture *c = &x->c;
	if (!c->id.n)
		return bad(x, "id", "an item has an id of its own, by which it is accepted once");
	if (!c->occurred.n)
		return bad(x, "occurred", "when it happened");
	if (!c->by.n)
		return bad(x, "by", "who writes it down");
	if (!c->patient.n && c->kind != CAPTURE_NOTE && c->kind != CAPTURE_SHEET && c->kind != CAPTURE_SPECIMEN)
		return bad(x, "patient", "whom it is about: a record number, or a downtime number");
	if (slice_eq(c->id, c->replaces))
		return bad(x, "replaces", "an item cannot take its own place");
	if (c->withdraw && !c->replaces.n)
		return bad(x, "replaces", "which item is withdrawn");
	return c->withdraw ? 0 : check_values(x);
}

/* ---- the line ---- */

static int take_member(struct reading *x, const struct json_node *n)
{
	struct capture *c = &x->c;
	const struct {
		const char *name;
		struct slice *to;
		size_t most;
		bool lines;
	} texts[] = {{"unit", &c->unit, 64, false}, {"patient", &c->patient, 256, false}, {"by", &c->by, 128, false}, {"onbehalfof", &c->on_behalf_of, 256, false}, {"sheet", &c->sheet, 64, false}, {"reason", &c->reason, CAPTURE_TEXT_MAX, true}};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (capture_same_name(n->key, texts[i].name))
			return take_text(x, n, texts[i].name, texts[i].most, texts[i].lines, texts[i].to);
	if (capture_same_name(n->key, "id"))
		return take_id(x, n, "id", &c->id);
	if (capture_same_name(n->key, "replaces") && n->type != JSON_NULL)
		return take_id(x, n, "replaces", &c->replaces);
	if (capture_same_name(n->key, "occurred"))
		return take_time(x, n, "occurred", &c->occurred);
	if (capture_same_name(n->key, "recorded"))
		return take_time(x, n, "recorded", &c->recorded);
	if (capture_same_name(n->key, "withdraw"))
		return take_flag(x, n, "withdraw", &c->withdraw);
	if (capture_same_name(n->key, "unidentified"))
		return take_flag(x, n, "unidentified", &c->unidentified);
	if (capture_same_name(n->key, "identifiers"))
		return take_identifiers(x, n);
	if (capture_same_name(n->key, "v")) /* a number, as written here or as text */
		return slice_eq_str(n->value, "1") ? 0 : bad(x, "v", "this program reads version 1 of captured items");
	if (!capture_same_name(n->key, "kind") && !capture_same_name(n->key, "values") && n->type != JSON_NULL && !c->unknown++)
		c->unknown_name = n->key;
	return 0;
}

int capture_read(struct slice body, struct arena *a, struct capture *ret, struct err *e)
{
	struct reading x = {.a = a, .e = e};
	struct slice scan, line = slice_cut(body, '\n', &scan);
	struct json_node *root;
	if (line.n > CAPTURE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "an item is at most %zu bytes", CAPTURE_MAX);
	int r = json_tree(line, a, &root, e);
	if (r < 0)
		return r;
	if (root->type != JSON_OBJ)
		return bad(&x, NULL, "an item is a JSON object");
	struct slice kind = json_text(root, "kind");
	if (!capture_kind_of(slice_trim(kind), &x.c.kind, &x.category))
		return bad(&x, "kind", "this is one of: registration admit transfer discharge cancel vitals given held order result note allergy specimen sheet");
	if (scan.n && (x.c.kind != CAPTURE_SHEET || scan.n > CAPTURE_SCAN_MAX))
		return err_set(e, x.c.kind == CAPTURE_SHEET ? ERR_LIMIT : ERR_INPUT, NULL, x.c.kind == CAPTURE_SHEET ? "a scan is at most 32 MiB" : "only a scanned sheet has bytes behind its line");
	for (const struct json_node *n = root->child; n && r == 0; n = n->next)
		r = take_member(&x, n);
	if (r == 0)
		r = take_values(&x, json_get(root, "values"));
	if (r == 0)
		r = check(&x);
	if (r < 0)
		return r;
	x.c.scan = scan;
	*ret = x.c;
	return 0;
}

bool capture_is_medication(const struct capture *c)
{
	struct slice category = json_text(c->values, "category");
	return c->kind == CAPTURE_ORDER && (category.n ? slice_eq_str(category, "medication") : has(c, "dose") || has(c, "route"));
}

enum capture_owner capture_owner(const struct capture *c)
{
	struct slice category = json_text(c->values, "category");
	switch (c->kind) {
	case CAPTURE_REGISTRATION: case CAPTURE_ADMIT: case CAPTURE_TRANSFER: case CAPTURE_DISCHARGE: case CAPTURE_CANCEL: case CAPTURE_MERGE:
		return OWNER_REGISTRATION;
	case CAPTURE_GIVEN: case CAPTURE_HELD:
		return OWNER_PHARMACY;
	case CAPTURE_RESULT: case CAPTURE_SPECIMEN:
		return OWNER_LABORATORY;
	case CAPTURE_ORDER:
		return capture_is_medication(c) ? OWNER_PHARMACY : slice_eq_str(category, "laboratory") ? OWNER_LABORATORY : slice_eq_str(category, "imaging") ? OWNER_IMAGING : OWNER_NURSING;
	default:
		return OWNER_NURSING;
	}
}

bool capture_changes_care(const struct capture *c)
{
	return c->kind == CAPTURE_GIVEN || c->kind == CAPTURE_HELD || c->kind == CAPTURE_ORDER || c->kind == CAPTURE_RESULT || c->kind == CAPTURE_SPECIMEN || c->kind == CAPTURE_ALLERGY;
}
