/* Sentences: a key of notice_letter_words.tsv, and values for its {names}. A value that is missing, and the sentence is not said. Days and numbers are written as the language does. */
#include "notice_letter_internal.h"

#include <stdio.h>

#define LINE_MAX_BYTES 65536u

int notice_saying_init(struct notice_saying *s, const struct notice_incident *in, enum notice_lang lang, bool refs, struct arena *a)
{
	*s = (struct notice_saying){.in = in, .lang = lang, .refs = refs, .a = a};
	s->block = arena_array(a, NOTICE_BLOCKS_MAX, sizeof *s->block);
	s->figure = arena_array(a, NOTICE_FIGURES_MAX, sizeof *s->figure);
	buf_init(&s->line, LINE_MAX_BYTES);
	if (!s->block || !s->figure)
		s->code = arena_code(a);
	return s->code;
}

void notice_saying_done(struct notice_saying *s)
{
	buf_done(&s->line);
}

/* ---- values ---- */

static void give(struct notice_saying *s, struct notice_given g)
{
	if (!g.text.n)
		return;
	for (size_t i = 0; i < s->given_n; i++)
		if (!strcmp(s->given[i].key, g.key)) {
			s->given[i] = g;
			return;
		}
	assert(s->given_n < NOTICE_GIVEN_MAX);
	s->given[s->given_n++] = g;
}

void notice_give(struct notice_saying *s, const char *key, struct slice text)
{
	give(s, (struct notice_given){.key = key, .text = text});
}

void notice_give_figure(struct notice_saying *s, const struct notice_figure *f, struct slice shown)
{
	give(s, (struct notice_given){.key = f->key, .text = shown, .entry = f->entry, .figure = true});
}

void notice_give_day(struct notice_saying *s, const char *key, const struct notice_figure *f)
{
	give(s, (struct notice_given){.key = key, .text = notice_day_text(f->value, s->lang, s->a), .entry = f->entry, .figure = true});
}

struct slice notice_day_text(struct slice iso, enum notice_lang lang, struct arena *a)
{
	static const char *const months[3][12] = {
		{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		{"janvier", "f\xc3\xa9vrier", "mars", "avril", "mai", "juin", "juillet", "ao\xc3\xbbt", "septembre", "octobre", "novembre", ("d\xc3\xa9" "cembre")}};
	int y, m, d;
	char *t;
	if (!notice_iso_day(iso, &y, &m, &d))
		return SLICE_NULL;
	if (lang == NOTICE_ZH)
		t = arena_printf(a, "%d\xe5\xb9\xb4%d\xe6\x9c\x88%d\xe6\x97\xa5", y, m, d);
	else if (lang == NOTICE_FR)
		t = arena_printf(a, "%d%s %s %d", d, d == 1 ? "er" : "", months[2][m - 1], y);
	else if (lang == NOTICE_ES)
		t = arena_printf(a, "%d de %s de %d", d, months[1][m - 1], y);
	else
		t = arena_printf(a, "%s %d, %d", months[0][m - 1], d, y);
	return slice_str(t);
}

/* Thousands are set apart as the language does; what is no plain number stays as it is. */
struct slice notice_number_text(struct slice digits, enum notice_lang lang, struct arena *a)
{
	char out[64];
	size_t n = 0;
	if (!digits.n || digits.n > 15)
		return digits;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return digits;
		if (i && (digits.n - i) % 3 == 0) {
			const char *sep = lang == NOTICE_FR ? "\xe2\x80\xaf" : ",";
			for (; *sep; sep++)
				out[n++] = *sep;
		}
		out[n++] = (char)digits.p[i];
	}
	return arena_dup(a, slice_of(out, n));
}

struct slice notice_element_list(uint32_t elements, enum notice_lang lang, bool quiet, const char *between, struct arena *a)
{
	AUTO_BUF struct buf b = {0};
	bool health = false;
	buf_init(&b, 8192);
	for (int e = 0; e < PERSON_ELEMENTS_N; e++) {
		if (!(elements & PERSON_BIT(e)))
			continue;
		bool hidden = quiet && (e == PERSON_BEHAVIORAL || e == PERSON_GENETIC);
		if (hidden && health)
			continue;
		health |= hidden;
		if (b.n)
			buf_str(&b, between);
		buf_add_slice(&b, notice_letter_word(hidden ? "e.health" : notice_element_key(e), lang));
	}
	return notice_kept(a, &b);
}

/* ---- sentences ---- */

static const struct notice_given *given(const struct notice_saying *s, struct slice key)
{
	for (size_t i = 0; i < s->given_n; i++)
		if (slice_eq_str(key, s->given[i].key))
			return &s->given[i];
	return NULL;
}

static struct slice place_name(struct slice t, size_t i)
{
	size_t end = i + 1;
	while (end < t.n && t.p[end] != '}')
		end++;
	assert(end < t.n); /* the table is ours */
	return slice_of(t.p + i + 1, end - i - 1);
}

static void note_figure(struct notice_saying *s, const struct notice_given *g)
{
	for (size_t i = 0; i < s->figures; i++)
		if (!strcmp(s->figure[i].key, g->key))
			return;
	if (s->figures < NOTICE_FIGURES_MAX)
		s->figure[s->figures++] = (struct notice_figure){.key = g->key, .value = g->text, .entry = g->entry};
}

static bool fill(struct notice_saying *s, const char *key)
{
	struct slice t = notice_letter_word(key, s->lang);
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] == '{' && !given(s, place_name(t, i)))
			return false;
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] != '{') {
			buf_u8(&s->line, t.p[i]);
			continue;
		}
		struct slice name = place_name(t, i);
		const struct notice_given *g = given(s, name);
		buf_add_slice(&s->line, g->text);
		if (g->figure) {
			note_figure(s, g);
			if (s->refs && g->entry)
				buf_printf(&s->line, "\xc2\xa0" PAPER_REF "[#%llu]" PAPER_REF_END, (unsigned long long)g->entry);
		}
		i += name.n + 1;
	}
	return true;
}

static struct slice kept(struct notice_saying *s)
{
	struct slice t = arena_dup(s->a, buf_slice(&s->line));
	if (!s->code && (!buf_ok(&s->line) || !t.p))
		s->code = buf_ok(&s->line) ? arena_code(s->a) : buf_code(&s->line);
	buf_reset(&s->line);
	return t;
}

void notice_tell_text(struct notice_saying *s, enum paper_look look, struct slice label, struct slice text)
{
	if (s->n == NOTICE_BLOCKS_MAX) {
		s->code = s->code ? s->code : ERR_LIMIT;
		return;
	}
	s->block[s->n++] = (struct paper_block){.look = look, .label = label, .text = text};
}

struct slice notice_filled(struct notice_saying *s, const char *key)
{
	buf_reset(&s->line);
	return fill(s, key) ? kept(s) : SLICE_NULL;
}

bool notice_tell(struct notice_saying *s, enum paper_look look, const char *key)
{
	struct slice t = notice_filled(s, key);
	if (!t.n)
		return false;
	notice_tell_text(s, look, look == PAPER_ITEM ? SLICE("\xe2\x80\xa2") : SLICE_NULL, t);
	return true;
}

bool notice_tell_more(struct notice_saying *s, const char *key)
{
	struct paper_block *b = s->n ? &s->block[s->n - 1] : NULL;
	buf_reset(&s->line);
	if (!b)
		return false;
	buf_add_slice(&s->line, b->text);
	if (s->lang != NOTICE_ZH)
		buf_u8(&s->line, ' ');
	if (!fill(s, key)) {
		buf_reset(&s->line);
		return false;
	}
	b->text = kept(s);
	return true;
}

/* ---- what letters and public notices say alike ---- */

static struct slice joined(struct slice lines, struct arena *a)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	while (lines.n) {
		struct slice l = slice_cut(lines, '\n', &lines);
		if (b.n)
			buf_str(&b, ", ");
		buf_add_slice(&b, l);
	}
	return notice_kept(a, &b);
}

void notice_give_case(struct notice_saying *s)
{
	const struct notice_incident *in = s->in;
	notice_give_day(s, "discovered", &in->discovered);
	notice_give_day(s, "began", &in->began);
	notice_give_day(s, "ended", &in->ended);
	notice_give_figure(s, &in->total, notice_number_text(in->total.value, s->lang, s->a));
	notice_give_figure(s, &in->months, in->months.value);
	notice_give(s, "entity", in->entity);
	notice_give(s, "phone", in->phone);
	notice_give(s, "email", in->email);
	notice_give(s, "web", in->web);
	notice_give(s, "contact", in->contact);
	notice_give(s, "post", joined(in->address, s->a));
	notice_give(s, "deadline", notice_day_text(in->deadline, s->lang, s->a));
	notice_give(s, "url", in->url);
	notice_give(s, "mphone", in->mphone);
	if (in->hours.n[s->lang])
		notice_give(s, "hours", in->hours.line[s->lang][0]);
}

static bool same_day(struct slice a, struct slice b) /* ISO, with or without a time */
{
	return slice_eq(slice_of(a.p, a.n < 10 ? a.n : 10), slice_of(b.p, b.n < 10 ? b.n : 10));
}

void notice_tell_happened(struct notice_saying *s, bool nature, bool own)
{
	static const char *const causes[NOTICE_CAUSES] = {"cause.unknown", "cause.hacking", "cause.ransomware", "cause.email", "cause.theft", "cause.loss", "cause.insider", "cause.disclosure", "cause.vendor"};
	const struct notice_incident *in = s->in;
	(void)notice_tell(s, PAPER_HEADING, "h.happened");
	(void)notice_tell(s, PAPER_TEXT, nature ? causes[in->cause] : "happened.ma");
	if (!in->began.value.n)
		(void)notice_tell_more(s, "when.unknown");
	else if (!in->ended.value.n)
		(void)notice_tell_more(s, "when.since");
	else
		(void)notice_tell_more(s, same_day(in->began.value, in->ended.value) ? "when.day" : "when.range");
	for (size_t i = 0; own && i < in->happened.n[s->lang]; i++)
		notice_tell_text(s, PAPER_TEXT, SLICE_NULL, in->happened.line[s->lang][i]);
	if (in->delayed)
		(void)notice_tell(s, PAPER_TEXT, "delayed");
}

void notice_tell_contact(struct notice_saying *s)
{
	(void)notice_tell(s, PAPER_HEADING, "h.more");
	if (notice_tell(s, PAPER_TEXT, "more.phone"))
		(void)notice_tell_more(s, "more.hours");
	(void)notice_tell(s, PAPER_ITEM, "more.email");
	(void)notice_tell(s, PAPER_ITEM, "more.web");
	(void)notice_tell(s, PAPER_ITEM, "more.post");
}

void notice_tell_bureaus(struct notice_saying *s)
{
	/* addresses and telephones: mass.gov, "Request a credit report security freeze"; Equifax's telephone: dfr.oregon.gov, "Place a credit freeze" (both read in November 2026) */
	static const char *const three[] = {"Equifax, P.O. Box 105788, Atlanta, GA 30348. 1-888-298-0045. www.equifax.com", "Experian, P.O. Box 9554, Allen, TX 75013. 1-888-397-3742. www.experian.com", "TransUnion, P.O. Box 2000, Chester, PA 19016. 1-888-909-8872. www.transunion.com"};
	for (size_t i = 0; i < ARRAY_LEN(three); i++)
		notice_tell_text(s, PAPER_ITEM, SLICE("\xe2\x80\xa2"), slice_str(three[i]));
}

void notice_figure_json(struct jsonw *w, const struct notice_figure *f)
{
	jsonw_obj(w);
	jsonw_kstr(w, "name", f->key);
	jsonw_kslice(w, "value", f->value);
	if (f->entry)
		jsonw_ku64(w, "entry", f->entry);
	jsonw_obj_end(w);
}
