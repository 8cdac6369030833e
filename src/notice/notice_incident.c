/* The case as letters and forms read it: the JSON of `notice duties`, with more of its keys. Keys that are not known are left to whoever knows them (doc/notice.md). */
#include "notice_letter_internal.h"

#include <stdio.h>

#define TEXT_MAX 4000u /* bytes of one text; also the longest description that the portal of HHS takes */

/* Text that is printed: no marks of ours, no control characters; line breaks stay where they are wanted. */
static struct slice clean(struct slice s, bool lines, struct arena *a)
{
	s = slice_trim(s);
	bool dirty = false;
	for (size_t i = 0; i < s.n; i++)
		dirty |= s.p[i] < 0x20 || s.p[i] == 0x7f;
	if (!dirty)
		return s;
	uint8_t *out = arena_raw(a, s.n);
	if (!out)
		return SLICE_NULL;
	for (size_t i = 0; i < s.n; i++)
		out[i] = (s.p[i] < 0x20 || s.p[i] == 0x7f) && !(lines && s.p[i] == '\n') ? ' ' : s.p[i];
	return slice_of(out, s.n);
}

bool notice_iso_day(struct slice s, int *y, int *m, int *d)
{
	uint64_t a, b, c;
	if (s.n < 10 || s.p[4] != '-' || s.p[7] != '-' || (s.n > 10 && s.p[10] != 'T' && s.p[10] != 't' && s.p[10] != ' '))
		return false;
	if (num_u64(slice_of(s.p, 4), 1, 9999, &a) < 0 || num_u64(slice_of(s.p + 5, 2), 1, 12, &b) < 0)
		return false;
	if (num_u64(slice_of(s.p + 8, 2), 1, (uint64_t)time_days_in_month((int)a, (int)b), &c) < 0)
		return false;
	*y = (int)a;
	*m = (int)b;
	*d = (int)c;
	return true;
}

uint64_t notice_entry_of(const struct notice_incident *in, const char *key)
{
	uint64_t n = 0;
	const struct json_node *v = json_get(in->entries, key);
	return v && (v->type == JSON_NUM || v->type == JSON_STR) && num_u64(v->value, 1, UINT64_MAX, &n) == 0 ? n : 0;
}

struct notice_figure notice_figure_of(const struct notice_incident *in, const char *key, const char *path)
{
	return (struct notice_figure){.key = key, .value = slice_trim(json_text(in->root, path)), .entry = notice_entry_of(in, key)};
}

/* ---- the site's own words ---- */

struct reading {
	struct notice_incident *in;
	struct arena *a;
	struct err *e;
	int code;
};

static int wrong(struct reading *r, const char *key, const char *what)
{
	if (!r->code)
		r->code = err_set(r->e, ERR_INPUT, key, "%s", what);
	return r->code;
}

static void take(struct reading *r, const char *key, const struct json_node *v, struct notice_said *said, enum notice_lang l)
{
	if (v->type == JSON_ARR) {
		for (const struct json_node *c = v->child; c && !r->code; c = c->next) {
			if (c->type != JSON_STR)
				(void)wrong(r, key, "has to be a list of texts");
			else
				take(r, key, c, said, l);
		}
		return;
	}
	if (v->type != JSON_STR) {
		(void)wrong(r, key, "has to be a text, a list of texts, or an object with one of these a language (en, es, fr, zh)");
		return;
	}
	for (struct slice text = clean(v->value, true, r->a); text.n;) { /* an empty line or a line's end parts paragraphs */
		struct slice line = slice_trim(slice_cut(text, '\n', &text));
		if (!line.n)
			continue;
		if (line.n > TEXT_MAX || said->n[l] == NOTICE_LINES_MAX) {
			(void)wrong(r, key, "is too long: at most 16 paragraphs of 4000 bytes");
			return;
		}
		said->line[l][said->n[l]++] = line;
	}
}

static void said(struct reading *r, const char *path, struct notice_said *ret)
{
	const struct json_node *v = json_path(r->in->root, path);
	if (!v || v->type == JSON_NULL)
		return;
	if (v->type != JSON_OBJ) {
		take(r, path, v, ret, r->in->lang);
		return;
	}
	for (const struct json_node *c = v->child; c && !r->code; c = c->next) {
		int l = notice_lang_parse(c->key);
		if (l < 0)
			(void)wrong(r, path, "has a language that is not en, es, fr or zh");
		else
			take(r, path, c, ret, (enum notice_lang)l);
	}
}

/* ---- values ---- */

static struct slice text(struct reading *r, const char *path)
{
	const struct json_node *v = json_path(r->in->root, path);
	if (!v || v->type == JSON_NULL)
		return SLICE_NULL;
	if (v->type != JSON_STR && v->type != JSON_NUM)
		(void)wrong(r, path, "has to be a text");
	else if (v->value.n > TEXT_MAX)
		(void)wrong(r, path, "is longer than 4000 bytes");
	else
		return clean(v->value, false, r->a);
	return SLICE_NULL;
}

static void day(struct reading *r, const char *path, struct slice *value)
{
	int y, m, d;
	if (value->n && !notice_iso_day(*value, &y, &m, &d)) {
		*value = SLICE_NULL;
		(void)wrong(r, path, "is not a date such as 2026-07-05");
	}
}

static void window(struct reading *r)
{
	struct notice_incident *in = r->in;
	const struct json_node *w = json_get(in->root, "window");
	in->began = (struct notice_figure){.key = "began", .entry = notice_entry_of(in, "window")};
	in->ended = (struct notice_figure){.key = "ended", .entry = notice_entry_of(in, "window")};
	if (w && w->type == JSON_STR) {
		in->began.value = slice_trim(slice_cut(w->value, '/', &in->ended.value));
		in->ended.value = slice_trim(in->ended.value);
	} else {
		in->began.value = text(r, "window.from");
		in->ended.value = text(r, "window.to");
	}
	day(r, "window", &in->began.value);
	day(r, "window", &in->ended.value);
	if (in->began.value.n && in->ended.value.n && slice_cmp(slice_of(in->began.value.p, 10), slice_of(in->ended.value.p, 10)) > 0)
		(void)wrong(r, "window", "ends before it begins");
}

/* "US-RI": 41, or {"low": 38, "high": 41}: letters say the high one, since to tell too many is the lesser error. */
static struct slice count_of(const struct json_node *v)
{
	const struct json_node *n = v->type == JSON_OBJ ? json_get(v, "high") : v;
	uint64_t x;
	return n && n->type == JSON_NUM && num_u64(n->value, 0, NOTICE_PERSONS_MAX, &x) == 0 ? n->value : SLICE_NULL;
}

static void counts(struct reading *r)
{
	struct notice_incident *in = r->in;
	const struct json_node *p = json_get(in->root, "persons");
	uint64_t sum = 0;
	in->total = (struct notice_figure){.key = "total", .entry = notice_entry_of(in, "persons")};
	for (const struct json_node *c = p && p->type == JSON_OBJ ? p->child : NULL; c && !r->code; c = c->next) {
		struct slice n = count_of(c);
		uint64_t x = 0;
		if (in->places == NOTICE_PLACES_MAX)
			(void)wrong(r, "persons", "has too many places");
		else if (!n.n || num_u64(n, 0, NOTICE_PERSONS_MAX, &x) < 0)
			(void)wrong(r, "persons", "has a place whose count is neither a number nor {\"low\", \"high\"}");
		else {
			char *key = arena_strdup(r->a, c->key);
			if (!key)
				r->code = err_set(r->e, arena_code(r->a), NULL, "no room for the case");
			else
				in->place[in->places++] = (struct notice_figure){.key = key, .value = n, .entry = notice_entry_of(in, key) ? notice_entry_of(in, key) : notice_entry_of(in, "persons")};
			sum += x;
		}
	}
	const struct json_node *all = json_get(in->root, "total"); /* where it is not sure who lives where, the places together may be more than all */
	if (all)
		in->total.value = count_of(all);
	else if (in->places)
		in->total.value = slice_str(arena_printf(r->a, "%llu", (unsigned long long)sum));
}

static void cause(struct reading *r)
{
	static const char *const words[NOTICE_CAUSES] = {"unknown", "hacking", "ransomware", "email", "theft", "loss", "insider", "disclosure", "vendor"};
	struct slice w = text(r, "letter.cause");
	for (unsigned i = 0; i < NOTICE_CAUSES; i++)
		if (!w.n || slice_eq_nocase(w, words[i])) {
			r->in->cause = (enum notice_cause)i;
			return;
		}
	(void)wrong(r, "letter.cause", "is none of unknown, hacking, ransomware, email, theft, loss, insider, disclosure, vendor");
}

static void elements(struct reading *r)
{
	const struct json_node *v = json_get(r->in->root, "elements");
	for (const struct json_node *c = v && v->type == JSON_ARR ? v->child : NULL; c; c = c->next) {
		int e = c->type == JSON_STR ? person_element_parse(c->value) : -1;
		if (e >= 0)
			r->in->elements |= PERSON_BIT(e);
	}
}

/* A list of lines, or a text with them. */
static struct slice address(struct reading *r)
{
	const struct json_node *v = json_path(r->in->root, "entity.address");
	AUTO_BUF struct buf b = {0};
	buf_init(&b, TEXT_MAX);
	if (v && v->type == JSON_STR)
		return clean(v->value, true, r->a);
	for (const struct json_node *c = v && v->type == JSON_ARR ? v->child : NULL; c; c = c->next) {
		if (c->type != JSON_STR)
			(void)wrong(r, "entity.address", "has to be a list of lines");
		if (b.n)
			buf_u8(&b, '\n');
		buf_add_slice(&b, clean(c->value, false, r->a));
	}
	if (!buf_ok(&b))
		(void)wrong(r, "entity.address", "is too long");
	return notice_kept(r->a, &b);
}

static void entity(struct reading *r)
{
	struct notice_incident *in = r->in;
	in->entity = text(r, "entity.name");
	in->neutral = text(r, "entity.neutral_name");
	in->kind = text(r, "entity.kind");
	in->country = text(r, "entity.country");
	in->state = text(r, "entity.state");
	in->phone = text(r, "entity.phone");
	in->email = text(r, "entity.email");
	in->web = text(r, "entity.web");
	in->signer = text(r, "entity.signer");
	in->contact = text(r, "entity.contact");
	in->address = address(r);
	said(r, "entity.hours", &in->hours);
}

static void offer(struct reading *r)
{
	struct notice_incident *in = r->in;
	uint64_t n;
	in->provider = text(r, "letter.monitoring.provider");
	in->minor_provider = text(r, "letter.monitoring.minor_provider");
	in->url = text(r, "letter.monitoring.url");
	in->mphone = text(r, "letter.monitoring.phone");
	in->deadline = text(r, "letter.monitoring.deadline");
	in->months = notice_figure_of(in, "months", "letter.monitoring.months");
	day(r, "letter.monitoring.deadline", &in->deadline);
	if (in->months.value.n && num_u64(in->months.value, 1, 240, &n) < 0)
		(void)wrong(r, "letter.monitoring.months", "is not a number of months (1 to 240)");
}

int notice_incident_read(struct slice json, struct arena *a, struct notice_incident *ret, struct err *e)
{
	struct json_node *root;
	if (json.n > NOTICE_FILE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "the case is larger than 16 MiB");
	int code = json_tree(json, a, &root, e);
	if (code < 0)
		return code;
	if (root->type != JSON_OBJ)
		return err_set(e, ERR_INPUT, NULL, "the case has to be one JSON object");
	struct notice_incident *in = arena_alloc(a, sizeof *in);
	if (!in)
		return err_set(e, arena_code(a), NULL, "no room for the case");
	struct reading r = {.in = in, .a = a, .e = e};
	in->root = root;
	in->entries = json_get(root, "entries");
	struct slice l = text(&r, "letter.language");
	int lang = l.n ? notice_lang_parse(l) : NOTICE_EN;
	if (lang < 0)
		return wrong(&r, "letter.language", "is none of en, es, fr, zh");
	in->lang = (enum notice_lang)lang;
	in->name = notice_figure_of(in, "name", "name");
	in->discovered = notice_figure_of(in, "discovered", "discovered");
	day(&r, "discovered", &in->discovered.value);
	in->date = text(&r, "letter.date");
	day(&r, "letter.date", &in->date);
	const struct json_node *delayed = json_path(root, "letter.delayed_by_police");
	in->delayed = delayed && delayed->type == JSON_TRUE;
	window(&r);
	counts(&r);
	cause(&r);
	elements(&r);
	entity(&r);
	offer(&r);
	said(&r, "letter.happened", &in->happened);
	said(&r, "letter.doing", &in->doing);
	if (r.code == 0 && arena_code(a))
		r.code = err_set(e, arena_code(a), NULL, "no room for the case");
	if (r.code < 0)
		return r.code;
	*ret = *in;
	return 0;
}

bool notice_incident_has(const struct notice_incident *in, enum notice_lang l)
{
	return in->doing.n[l] > 0 && (in->happened.n[l] > 0 || !in->happened.n[in->lang]);
}

int notice_incident_ready(const struct notice_incident *in, struct err *e)
{
	const struct {
		const char *key;
		bool there;
		const char *why;
	} need[] = {
		{"entity.name", in->entity.n, "who writes"},
		{"entity.address", in->address.n, "the sender's address"},
		{"discovered", in->discovered.value.n, "the date of discovery (164.404(c)(1)(A))"},
		{"letter.date", in->date.n, "the date of the letters"},
		{"letter.doing", in->doing.n[in->lang], "what is being done, in the site's own words (164.404(c)(1)(D)), at least in the case's own language"},
		{"entity.phone", in->phone.n || in->email.n || in->web.n, "a toll-free telephone number, e-mail address or web site (164.404(c)(1)(E))"},
		{"letter.monitoring.months", !in->provider.n || in->months.value.n, "for how many months it offers a service"},
		{"letter.monitoring.url", !in->provider.n || in->url.n || in->mphone.n, "where to sign up for the service that it offers (url or phone)"},
	};
	for (size_t i = 0; i < ARRAY_LEN(need); i++)
		if (!need[i].there)
			return err_set(e, ERR_INPUT, need[i].key, "the case does not say %s: no letter may go out without it", need[i].why);
	return 0;
}
