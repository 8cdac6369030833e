/* Forms of authorities: notice_forms.tsv, put into the program when it is built. A field has the case's own answer ("forms": {"us-me-ag": {"firm": "..."}}), else what follows from the case, else it is a blank: nothing is guessed. */
#include "notice_letter_internal.h"

#include <stdio.h>

__asm__(".section .rodata\n"
        "hf_notice_forms:\n.incbin \"" HF_NOTICE_FORMS "\"\nhf_notice_forms_end:\n.byte 0\n.previous\n");
extern const uint8_t hf_notice_forms[] __attribute__((visibility("hidden"))), hf_notice_forms_end[] __attribute__((visibility("hidden")));

#define FIELDS_MAX 64u
#define DESCRIPTION_MAX 4000u

struct filling {
	const struct notice_incident *in;
	enum notice_lang lang;
	struct arena *a;
	struct notice_form *form;
	struct err *e;
	int code;
};
/* What a field is taken from: its value, and the figure's key, whose entry stands behind it. */
struct taken {
	struct slice value;
	const char *key;
};

static struct slice table(void)
{
	// cppcheck-suppress comparePointers ; both are ends of one file that the assembler put in (.incbin)
	return slice_of(hf_notice_forms, (size_t)(hf_notice_forms_end - hf_notice_forms));
}

const char *notice_form_id(size_t i)
{
	static char id[32];
	for (struct slice text = table(); text.n;) {
		struct slice line = slice_cut(text, '\n', &text);
		if (!line.n || line.p[0] != '!' || i--)
			continue;
		struct slice s = notice_column(line, 1);
		snprintf(id, sizeof id, "%.*s", SLICE_FMT(s));
		return id;
	}
	return NULL;
}

/* ---- what follows from the case ---- */

static struct slice joined(const struct filling *f, const struct slice *v, size_t n, const char *between)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 20);
	for (size_t i = 0; i < n; i++) {
		if (!v[i].n)
			continue;
		if (b.n)
			buf_str(&b, between);
		buf_add_slice(&b, v[i]);
	}
	return notice_kept(f->a, &b);
}

static enum notice_lang words_in(const struct filling *f, const struct notice_said *s)
{
	return s->n[f->lang] ? f->lang : f->in->lang;
}

static struct slice doing(const struct filling *f)
{
	enum notice_lang l = words_in(f, &f->in->doing);
	return joined(f, f->in->doing.line[l], f->in->doing.n[l], " ");
}

/* The letter's first block, as one text; cut between characters where a portal takes no more. */
static struct slice description(struct filling *f)
{
	struct notice_saying s;
	struct slice v[NOTICE_LINES_MAX + 4];
	size_t n = 0;
	int r = notice_saying_init(&s, f->in, words_in(f, &f->in->happened), false, f->a);
	if (r < 0) {
		f->code = f->code ? f->code : err_set(f->e, r, NULL, "no room for a form");
		return SLICE_NULL;
	}
	notice_give_case(&s);
	if (f->in->cause != NOTICE_CAUSE_UNKNOWN || f->in->happened.n[s.lang])
		notice_tell_happened(&s, true, true);
	for (size_t i = 0; i < s.n && n < ARRAY_LEN(v); i++)
		if (s.block[i].look == PAPER_TEXT)
			v[n++] = s.block[i].text;
	notice_saying_done(&s);
	if (s.code && !f->code)
		f->code = err_set(f->e, s.code, NULL, "no room for a form");
	struct slice all = joined(f, v, n, " ");
	return all.n > DESCRIPTION_MAX ? slice_of(all.p, utf8_valid_prefix(slice_of(all.p, DESCRIPTION_MAX))) : all;
}

static uint64_t number(struct slice s)
{
	uint64_t n = 0;
	return num_u64(s, 0, NOTICE_PERSONS_MAX, &n) == 0 ? n : 0;
}

/* More than 500 residents of one state or jurisdiction (164.406(a)): the states; empty with *ret_open where residents are not known and could make one. */
static struct slice media_states(const struct filling *f, bool *ret_open)
{
	AUTO_BUF struct buf b = {0};
	uint64_t open = 0, most = 0;
	buf_init(&b, 8192);
	for (size_t i = 0; i < f->in->places; i++) {
		const struct notice_figure *p = &f->in->place[i];
		uint64_t n = number(p->value);
		bool state = !strncmp(p->key, "US-", 3);
		if (state && n > 500)
			buf_printf(&b, "%s%s", b.n ? ", " : "", p->key + 3);
		most = state && n > most ? n : most;
		if (!strcmp(p->key, "US") || !strcmp(p->key, "unknown") || !strcmp(p->key, "ZZ"))
			open += n;
	}
	*ret_open = !b.n && most + open > 500 && open;
	return notice_kept(f->a, &b);
}

static const char *by_cause(const struct filling *f, const char *hack, const char *theft, const char *loss, const char *insider, const char *disclosure)
{
	switch (f->in->cause) {
	case NOTICE_CAUSE_HACKING:
	case NOTICE_CAUSE_RANSOMWARE:
	case NOTICE_CAUSE_EMAIL:
		return hack;
	case NOTICE_CAUSE_THEFT:
		return theft;
	case NOTICE_CAUSE_LOSS:
		return loss;
	case NOTICE_CAUSE_INSIDER:
		return insider;
	case NOTICE_CAUSE_DISCLOSURE:
		return disclosure;
	default:
		return "";
	}
}

/* HHS' four kinds, as its instructions sort them. */
static struct slice phi(const struct filling *f)
{
	const uint32_t demographic = PERSON_BIT(PERSON_NAME) | PERSON_BIT(PERSON_SSN) | PERSON_BIT(PERSON_SSN4) | PERSON_BIT(PERSON_DOB) | PERSON_BIT(PERSON_ADDRESS) | PERSON_BIT(PERSON_PHONE) | PERSON_BIT(PERSON_EMAIL) | PERSON_BIT(PERSON_DL) | PERSON_BIT(PERSON_SEX) | PERSON_BIT(PERSON_PASSPORT),
		       clinical = PERSON_BIT(PERSON_DIAGNOSIS) | PERSON_BIT(PERSON_LAB) | PERSON_BIT(PERSON_MEDICATION) | PERSON_BIT(PERSON_TREATMENT) | PERSON_BIT(PERSON_RECORDING) | PERSON_BIT(PERSON_GENETIC) | PERSON_BIT(PERSON_BEHAVIORAL) | PERSON_BIT(PERSON_SERVICE_DATE) | PERSON_BIT(PERSON_PROVIDER),
		       financial = PERSON_BIT(PERSON_ACCOUNT) | PERSON_BIT(PERSON_CARD) | PERSON_BIT(PERSON_CLAIM), all = f->in->elements;
	const struct slice v[] = {all & clinical ? SLICE("Clinical") : SLICE_NULL, all & demographic ? SLICE("Demographic") : SLICE_NULL, all & financial ? SLICE("Financial") : SLICE_NULL, all & ~(clinical | demographic | financial) ? SLICE("Other") : SLICE_NULL};
	return joined(f, v, ARRAY_LEN(v), "; ");
}

static struct slice substitute(const struct filling *f)
{
	const struct json_node *v = json_get(f->in->root, "bad_addresses"), *n = v && v->type == JSON_OBJ ? json_get(v, "high") : v;
	uint64_t x;
	if (!n || n->type != JSON_NUM || num_u64(n->value, 0, NOTICE_PERSONS_MAX, &x) < 0)
		return SLICE_NULL;
	return slice_str(!x ? "no" : x < 10 ? "yes: fewer than 10" : "yes: 10 or more");
}

/* "4700 River Road / Suite 2 / Austin, TX 78701" in parts; what does not look so stays blank. */
static struct slice address_part(const struct filling *f, const char *part)
{
	struct slice line[8], rest = f->in->address, city, end;
	size_t n = 0;
	while (rest.n && n < ARRAY_LEN(line))
		line[n++] = slice_trim(slice_cut(rest, '\n', &rest));
	if (!strcmp(part, "street1"))
		return n > 1 ? line[0] : SLICE_NULL;
	if (!strcmp(part, "street2"))
		return n > 2 ? line[1] : SLICE_NULL;
	if (n < 2)
		return SLICE_NULL;
	city = slice_cut(line[n - 1], ',', &end);
	end = slice_trim(end);
	struct slice zip, state = slice_cut(end, ' ', &zip);
	if (!end.n || state.n != 2 || !person_us_state(state))
		return SLICE_NULL;
	return !strcmp(part, "city") ? slice_trim(city) : !strcmp(part, "state") ? state : slice_trim(zip);
}

static struct slice places(const struct filling *f)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 16384);
	for (size_t i = 0; i < f->in->places; i++)
		buf_printf(&b, "%s%s: %.*s", i ? "; " : "", f->in->place[i].key, SLICE_FMT(f->in->place[i].value));
	return notice_kept(f->a, &b);
}

static struct taken of_place(const struct filling *f, const char *place)
{
	for (size_t i = 0; i < f->in->places; i++)
		if (!strcmp(f->in->place[i].key, place))
			return (struct taken){f->in->place[i].value, f->in->place[i].key};
	return (struct taken){f->in->places ? SLICE("0") : SLICE_NULL, "persons"};
}

static struct slice delayed(const struct filling *f)
{
	const struct json_node *d = json_path(f->in->root, "letter.delayed_by_police");
	return d && (d->type == JSON_TRUE || d->type == JSON_FALSE) ? slice_str(d->type == JSON_TRUE ? "yes" : "no") : SLICE_NULL;
}

static struct slice day_of(struct slice s)
{
	return s.n > 10 ? slice_of(s.p, 10) : s;
}

static struct taken simple(struct filling *f, const char *src)
{
	const struct notice_incident *in = f->in;
	const struct {
		const char *src;
		struct slice value;
		const char *key;
	} table_of[] = {
		{"entity", in->entity, "entity"}, {"address", joined(f, &in->address, 1, ""), "entity"}, {"email", in->email, "entity"}, {"contact", in->contact.n ? in->contact : in->signer, "entity"}, {"began", day_of(in->began.value), "window"}, {"ended", day_of(in->ended.value), "window"},
		{"discovered", day_of(in->discovered.value), "discovered"}, {"aware", in->discovered.value, "discovered"}, {"total", in->total.value, "persons"}, {"letter_date", in->date, "letter.date"}, {"months", in->months.value, "months"}, {"provider", in->provider, "months"},
		{"elements", notice_element_list(in->elements, f->lang, false, "; ", f->a), "elements"}, {"written", SLICE("written"), "letter.date"}, {"offered", in->provider.n ? SLICE("yes") : SLICE_NULL, "months"},
	};
	for (size_t i = 0; i < ARRAY_LEN(table_of); i++)
		if (!strcmp(src, table_of[i].src))
			return (struct taken){table_of[i].value, table_of[i].key};
	return (struct taken){SLICE_NULL, NULL};
}

static struct taken derived(struct filling *f, const char *src)
{
	const struct notice_incident *in = f->in;
	bool open;
	if (!strcmp(src, "window"))
		return (struct taken){joined(f, (const struct slice[]){day_of(in->began.value), day_of(in->ended.value)}, 2, " to "), "window"};
	if (!strcmp(src, "discovered_end")) {
		struct slice end = json_text(in->root, "discovered_end");
		return (struct taken){end.n ? end : day_of(in->discovered.value), "discovered"};
	}
	if (!strcmp(src, "affecting"))
		return (struct taken){!in->total.value.n ? SLICE_NULL : slice_str(number(in->total.value) >= 500 ? "500 or more" : "fewer than 500"), "persons"};
	if (!strcmp(src, "filer"))
		return (struct taken){slice_str(slice_eq_str(in->kind, "business-associate") ? "business associate for covered entity" : !slice_eq_str(in->kind, "covered-entity") ? "" : in->cause == NOTICE_CAUSE_VENDOR ? "covered entity because of its business associate" : "covered entity for itself"), "entity"};
	if (!strcmp(src, "type"))
		return (struct taken){slice_str(by_cause(f, "Hacking/IT Incident", "Theft", "Loss", "Unauthorized Access/Disclosure", "Unauthorized Access/Disclosure")), "letter.cause"};
	if (!strcmp(src, "me_type"))
		return (struct taken){slice_str(by_cause(f, "external system breach (hacking)", "loss or theft", "loss or theft", "insider wrongdoing", "inadvertent disclosure")), "letter.cause"};
	if (!strcmp(src, "fr_cause"))
		return (struct taken){slice_str(by_cause(f, "acte malveillant externe", "acte malveillant externe", "acte accidentel interne", "", "acte accidentel interne")), "letter.cause"};
	if (!strcmp(src, "malicious"))
		return (struct taken){slice_str(by_cause(f, "yes", "yes", "", "", "")), "letter.cause"};
	if (!strcmp(src, "location"))
		return (struct taken){in->cause == NOTICE_CAUSE_EMAIL ? SLICE("Email") : SLICE_NULL, "letter.cause"};
	if (!strcmp(src, "phi"))
		return (struct taken){phi(f), "elements"};
	if (!strcmp(src, "description"))
		return (struct taken){description(f), "letter.happened"};
	if (!strcmp(src, "doing"))
		return (struct taken){doing(f), "letter.doing"};
	if (!strcmp(src, "substitute"))
		return (struct taken){substitute(f), "bad_addresses"};
	if (!strcmp(src, "media_states"))
		return (struct taken){media_states(f, &open), "persons"};
	if (!strcmp(src, "media")) {
		struct slice s = media_states(f, &open);
		return (struct taken){s.n ? SLICE("yes") : open || !in->places ? SLICE_NULL : SLICE("no"), "persons"};
	}
	if (!strcmp(src, "places"))
		return (struct taken){places(f), "persons"};
	if (!strcmp(src, "delayed"))
		return (struct taken){delayed(f), "letter.delayed_by_police"};
	if (!strcmp(src, "offer"))
		return (struct taken){in->provider.n ? joined(f, (const struct slice[]){in->provider, in->months.value}, 2, ", months: ") : SLICE_NULL, "months"};
	return (struct taken){address_part(f, src), "entity"};
}

static struct taken take(struct filling *f, const char *src)
{
	if (!strncmp(src, "case:", 5))
		return (struct taken){slice_trim(json_text(f->in->root, src + 5)), arena_strdup(f->a, slice_cut(slice_str(src + 5), '.', &(struct slice){0}))};
	if (!strncmp(src, "place:", 6))
		return of_place(f, src + 6);
	struct taken t = simple(f, src);
	return t.key ? t : derived(f, src);
}

/* ---- answers ---- */

static bool allowed_one(struct slice allowed, struct slice value)
{
	if (allowed.n && allowed.p[0] == '+')
		allowed = slice_of(allowed.p + 1, allowed.n - 1);
	while (allowed.n)
		if (slice_eq(slice_cut(allowed, '|', &allowed), value))
			return true;
	return false;
}

static void check(struct filling *f, const struct notice_form_field *x, struct slice value)
{
	char place[128];
	if (!x->allowed.n || allowed_one(x->allowed, value) || f->code)
		return;
	snprintf(place, sizeof place, "forms.%.*s.%.*s", SLICE_FMT(f->form->id), SLICE_FMT(x->key));
	f->code = err_set(f->e, ERR_INPUT, place, "is none of: %.*s", (int)(x->allowed.n < 250 ? x->allowed.n : 250), (const char *)x->allowed.p);
}

static void answer(struct filling *f, struct notice_form_field *x, const struct json_node *v)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 65536);
	if (v->type == JSON_ARR) {
		for (const struct json_node *c = v->child; c; c = c->next) {
			check(f, x, c->value);
			if (b.n)
				buf_str(&b, "; ");
			buf_add_slice(&b, c->value);
		}
		x->value = notice_kept(f->a, &b);
		return;
	}
	x->value = v->type == JSON_TRUE ? SLICE("yes") : v->type == JSON_FALSE ? SLICE("no") : v->type == JSON_STR || v->type == JSON_NUM ? slice_trim(v->value) : SLICE_NULL;
	if (x->value.n)
		check(f, x, x->value);
}

static void fill(struct filling *f, struct slice line)
{
	struct notice_form *form = f->form;
	assert(form->n < FIELDS_MAX);
	struct notice_form_field *x = &form->field[form->n++];
	struct slice req = notice_column(line, 3);
	const char *src = arena_strdup(f->a, notice_column(line, 5)), *key = arena_strdup(f->a, notice_column(line, 1)), *id = arena_strdup(f->a, form->id);
	*x = (struct notice_form_field){.key = notice_column(line, 1), .label = notice_column(line, 2), .allowed = notice_column(line, 4), .citation = notice_column(line, 6), .required = slice_eq_str(req, "yes")};
	if (!src || !key || !id)
		return;
	const struct json_node *own = json_get(json_get(json_get(f->in->root, "forms"), id), key);
	if (own && own->type != JSON_NULL) {
		char place[128];
		answer(f, x, own);
		snprintf(place, sizeof place, "forms.%s.%s", id, key);
		x->entry = notice_entry_of(f->in, place);
		x->from = SLICE("forms");
	} else if (*src) {
		struct taken t = take(f, src);
		x->value = t.value;
		x->entry = t.value.n && t.key ? notice_entry_of(f->in, t.key) : 0;
		if (t.value.n && t.key && !x->entry && !strncmp(t.key, "US-", 3))
			x->entry = notice_entry_of(f->in, "persons");
		x->from = t.value.n ? slice_str(t.key) : SLICE_NULL;
		for (struct slice rest = x->value, one; rest.n && x->allowed.n;) {
			const char *semi = memmem(rest.p, rest.n, "; ", 2);
			one = semi ? slice_of(rest.p, (size_t)((const uint8_t *)semi - rest.p)) : rest;
			rest = semi ? slice_of(semi + 2, rest.n - one.n - 2) : SLICE_NULL;
			check(f, x, one);
		}
	}
	form->blanks += x->required && !x->value.n;
}

int notice_form_make(const struct notice_incident *in, const char *id, struct arena *a, struct notice_form *ret, struct err *e)
{
	struct notice_form form = {0};
	struct filling f = {.in = in, .a = a, .form = &form, .e = e};
	form.field = arena_array(a, FIELDS_MAX, sizeof *form.field);
	if (!form.field)
		return err_set(e, arena_code(a), NULL, "no room for a form");
	for (struct slice text = table(); text.n;) {
		struct slice line = slice_cut(text, '\n', &text);
		if (!line.n || line.p[0] == '#')
			continue;
		if (line.p[0] == '!') {
			if (form.id.n)
				break;
			if (slice_eq_str(notice_column(line, 1), id))
				form = (struct notice_form){.id = notice_column(line, 1), .title = notice_column(line, 2), .recipient = notice_column(line, 3), .citation = notice_column(line, 4), .checked = notice_column(line, 5), .field = form.field};
			f.lang = slice_starts(form.id, "fr-") ? NOTICE_FR : slice_starts(form.id, "cn-") ? NOTICE_ZH : NOTICE_EN;
		} else if (form.id.n) {
			fill(&f, line);
		}
	}
	if (!form.id.n)
		return err_set(e, ERR_NOT_FOUND, id, "there is no such form: --list shows those that there are");
	if (f.code == 0 && arena_code(a))
		f.code = err_set(e, arena_code(a), NULL, "no room for a form");
	if (f.code < 0)
		return f.code;
	*ret = form;
	return 0;
}

/* ---- out ---- */

void notice_form_json(const struct notice_form *f, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kslice(w, "form", f->id);
	jsonw_kslice(w, "title", f->title);
	jsonw_kslice(w, "recipient", f->recipient);
	jsonw_kslice(w, "citation", f->citation);
	jsonw_kslice(w, "checked", f->checked);
	jsonw_ku64(w, "blanks", f->blanks);
	jsonw_key(w, "fields");
	jsonw_arr(w);
	for (size_t i = 0; i < f->n; i++) {
		const struct notice_form_field *x = &f->field[i];
		jsonw_obj(w);
		jsonw_kslice(w, "key", x->key);
		jsonw_kslice(w, "label", x->label);
		jsonw_key(w, "value");
		if (x->value.n)
			jsonw_slice(w, x->value);
		else
			jsonw_null(w);
		jsonw_kbool(w, "required", x->required);
		jsonw_kslice_opt(w, "allowed", x->allowed);
		jsonw_kslice_opt(w, "from", x->from);
		if (x->entry)
			jsonw_ku64(w, "entry", x->entry);
		jsonw_kslice_opt(w, "citation", x->citation);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

/* A blank to write on, with what it may be. */
static struct slice to_write(struct arena *a, const struct notice_form_field *x)
{
	AUTO_BUF struct buf b = {0};
	struct slice rest = x->allowed.n && x->allowed.p[0] == '+' ? slice_of(x->allowed.p + 1, x->allowed.n - 1) : x->allowed;
	buf_init(&b, 8192);
	buf_add_slice(&b, x->label);
	for (const char *before = " ("; rest.n; before = "; ") {
		struct slice one = slice_cut(rest, '|', &rest);
		buf_str(&b, before);
		buf_add_slice(&b, one);
		if (!rest.n)
			buf_str(&b, ")");
	}
	return notice_kept(a, &b);
}

static void put(struct arena *a, const struct notice_form_field *x, struct paper_block *b)
{
	if (!x->value.n) {
		*b = (struct paper_block){.look = PAPER_BLANK, .text = to_write(a, x)};
		return;
	}
	*b = (struct paper_block){.look = PAPER_FIELD, .label = x->label, .text = x->entry ? slice_str(arena_printf(a, "%.*s " PAPER_REF "[#%llu]" PAPER_REF_END, SLICE_FMT(x->value), (unsigned long long)x->entry)) : x->value};
}

int notice_form_paper(const struct notice_form *f, const struct notice_incident *in, struct arena *a, struct paper_letter *ret, struct err *e)
{
	struct paper_block *b = arena_array(a, f->n + 3, sizeof *b);
	enum notice_lang lang = slice_starts(f->id, "fr-") ? NOTICE_FR : slice_starts(f->id, "cn-") ? NOTICE_ZH : NOTICE_EN;
	if (!b)
		return err_set(e, arena_code(a), NULL, "no room for a form");
	b[0] = (struct paper_block){.look = PAPER_TITLE, .text = f->title};
	b[1] = (struct paper_block){.look = PAPER_TEXT, .text = f->recipient};
	b[2] = (struct paper_block){.look = PAPER_TEXT, .text = f->citation};
	for (size_t i = 0; i < f->n; i++)
		put(a, &f->field[i], &b[3 + i]);
	*ret = (struct paper_letter){.lang = notice_lang_name(lang), .us = slice_starts(f->id, "us-"), .head = in->entity, .head_right = in->name.value, .foot = f->checked, .block = b, .n = f->n + 3};
	for (int i = 0; i < 3; i++)
		ret->page_words[i] = arena_strdup(a, notice_letter_word((const char *const[]){"page.a", "page.b", "page.c"}[i], lang));
	return arena_code(a) ? err_set(e, arena_code(a), NULL, "no room for a form") : 0;
}
