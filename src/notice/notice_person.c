/* Persons, one a line of NDJSON; and whether each has a letter, and addressed to whom. */
#include "notice_letter_internal.h"

#define VALUE_MAX 200u

struct reading {
	struct arena *a;
	struct err *e;
	int code;
	bool too_long;
};

/* On a line of its own in an address: without line breaks, marks and control characters. */
static struct slice tidy(struct slice s, struct arena *a)
{
	bool dirty = false;
	s = slice_trim(s);
	for (size_t i = 0; i < s.n; i++)
		dirty |= s.p[i] < 0x20 || s.p[i] == 0x7f;
	if (!dirty)
		return s;
	uint8_t *out = arena_raw(a, s.n);
	size_t n = 0;
	for (size_t i = 0; out && i < s.n; i++) {
		uint8_t c = s.p[i] < 0x20 || s.p[i] == 0x7f ? ' ' : s.p[i];
		if (c != ' ' || (n && out[n - 1] != ' '))
			out[n++] = c;
	}
	return out ? slice_of(out, n) : SLICE_NULL;
}

static struct slice value(struct reading *r, const struct json_node *v)
{
	if (v->type == JSON_NULL)
		return SLICE_NULL;
	if (v->type != JSON_STR && v->type != JSON_NUM) {
		r->code = err_set(r->e, ERR_INPUT, NULL, "a member of this person has to be a text");
		return SLICE_NULL;
	}
	struct slice s = tidy(v->value, r->a);
	r->too_long |= s.n > VALUE_MAX;
	return s.n > VALUE_MAX ? slice_of(s.p, utf8_valid_prefix(slice_of(s.p, VALUE_MAX))) : s;
}

/* A list of words, or a text with blanks between them. */
static void each_word(struct reading *r, const struct json_node *v, void (*fn)(struct reading *r, struct slice word, void *arg), void *arg)
{
	if (v->type == JSON_ARR) {
		for (const struct json_node *c = v->child; c && !r->code; c = c->next)
			if (c->type == JSON_STR)
				fn(r, slice_trim(c->value), arg);
			else
				r->code = err_set(r->e, ERR_INPUT, NULL, "a list of words has something else in it");
	} else if (v->type == JSON_STR) {
		for (struct slice s = v->value; s.n && !r->code;) {
			struct slice w = slice_trim(slice_cut(s, ' ', &s));
			if (w.n)
				fn(r, w, arg);
		}
	} else if (v->type != JSON_NULL) {
		r->code = err_set(r->e, ERR_INPUT, NULL, "a list of words has to be an array or a text");
	}
}

static void element(struct reading *r, struct slice word, void *arg)
{
	int e = person_element_parse(word);
	if (e < 0)
		r->code = err_set(r->e, ERR_INPUT, NULL, "an element of this person is none of those that there are (name, ssn, dob, ...)");
	else
		*(uint32_t *)arg |= PERSON_BIT(e);
}

static void protection(struct reading *r, struct slice word, void *arg)
{
	static const char *const words[] = {"part2", "hiv", "genetic", "reproductive"};
	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (slice_eq_nocase(word, words[i])) {
			*(unsigned *)arg |= 1u << i;
			return;
		}
	r->code = err_set(r->e, ERR_INPUT, NULL, "a protection of this person is none of part2, hiv, genetic, reproductive");
}

static void flag(struct reading *r, const struct json_node *v, bool *ret)
{
	if (v->type == JSON_TRUE || v->type == JSON_FALSE)
		*ret = v->type == JSON_TRUE;
	else if (v->type != JSON_NULL)
		r->code = err_set(r->e, ERR_INPUT, NULL, "a member of this person has to be true or false");
}

static void member(struct reading *r, const struct json_node *v, struct notice_person *p)
{
	const struct {
		const char *key;
		struct slice *to;
	} texts[] = {{"person_id", &p->id}, {"first", &p->first}, {"middle", &p->middle}, {"last", &p->last}, {"suffix", &p->suffix}, {"addr1", &p->addr1}, {"addr2", &p->addr2}, {"city", &p->city}, {"state", &p->state}, {"zip", &p->zip}, {"country", &p->country}, {"place", &p->place},
		{"dob", &p->dob}, {"guardian", &p->guardian}, {"kin", &p->kin}, {"representative", &p->representative}, {"address_source", &p->address_source}, {"address_date", &p->address_date}, {"ncoa_code", &p->ncoa_code}, {"enrol_code", &p->enrol_code}};
	const struct {
		const char *key;
		bool *to;
	} flags[] = {{"deceased", &p->deceased}, {"estate", &p->estate}, {"large_print", &p->large}, {"bad_address", &p->bad_address}};
	struct slice s;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (slice_eq_str(v->key, texts[i].key)) {
			*texts[i].to = value(r, v);
			return;
		}
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (slice_eq_str(v->key, flags[i].key)) {
			flag(r, v, flags[i].to);
			return;
		}
	if (slice_eq_str(v->key, "minor")) {
		p->minor_said = v->type != JSON_NULL;
		flag(r, v, &p->minor);
	} else if (slice_eq_str(v->key, "accessed")) {
		each_word(r, v, element, &p->accessed);
	} else if (slice_eq_str(v->key, "acquired")) {
		each_word(r, v, element, &p->acquired);
	} else if (slice_eq_str(v->key, "protected")) {
		each_word(r, v, protection, &p->guarded);
	} else if (slice_eq_str(v->key, "language")) {
		p->language = person_language(value(r, v));
		p->lang = notice_lang_of(p->language);
	} else if (slice_eq_str(v->key, "entry")) {
		if (v->type != JSON_NUM || num_u64(v->value, 1, UINT64_MAX, &p->entry) < 0)
			r->code = err_set(r->e, ERR_INPUT, NULL, "the entry of this person is no number");
	} else if (slice_eq_str(v->key, "send_to")) {
		s = value(r, v);
		p->to_guardian = slice_eq_str(s, "guardian");
		p->to_person = slice_eq_str(s, "person");
		if (s.n && !p->to_guardian && !p->to_person)
			r->code = err_set(r->e, ERR_INPUT, NULL, "send_to of this person is neither guardian nor person");
	}
}

int notice_person_read(struct slice line, struct arena *a, struct notice_person *ret, struct err *e)
{
	struct json_node *root;
	struct notice_person p = {.lang = -1, .language = PERSON_LANGUAGE_NOT_SAID};
	struct reading r = {.a = a, .e = e};
	if (line.n > NOTICE_PERSON_MAX)
		return err_set(e, ERR_LIMIT, NULL, "a person's line is longer than 64 KiB");
	int code = json_tree(line, a, &root, e);
	if (code < 0)
		return code;
	if (root->type != JSON_OBJ)
		return err_set(e, ERR_INPUT, NULL, "a line has to be one JSON object, a person");
	for (const struct json_node *v = root->child; v && !r.code; v = v->next)
		member(&r, v, &p);
	p.too_long = r.too_long;
	if (!r.code && (p.id.n > VALUE_MAX - 4 || !utf8_valid(p.id)))
		r.code = err_set(e, ERR_INPUT, NULL, "a person_id is longer than %u bytes", VALUE_MAX - 4);
	if (!r.code && !p.id.n)
		r.code = err_set(e, ERR_INPUT, NULL, "a person has no person_id");
	if (!r.code && arena_code(a))
		r.code = err_set(e, arena_code(a), NULL, "no room for a person's line");
	if (r.code < 0)
		return r.code;
	*ret = p;
	return 0;
}

const char *notice_fate_word(enum notice_fate f)
{
	static const char *const words[NOTICE_FATES] = {"mail", "no-address", "deceased-nobody-known", "hold-minor-protected", "hold-no-name", "hold-no-element", "hold-birth-date", "hold-too-long", "double"};
	return words[(unsigned)f < NOTICE_FATES ? f : NOTICE_HOLD_NOTHING];
}

const char *notice_addressee_word(enum notice_addressee w)
{
	static const char *const words[] = {"person", "guardian", "kin", "representative", "estate"};
	return words[(unsigned)w < ARRAY_LEN(words) ? w : 0];
}
