/* Substitute notice (164.404(d)(2)(ii)) and media notice (164.406): the letter's blocks, for everybody at once. What was touched is the case's list, in words of what it may be: no person is in it. */
#include "notice_letter_internal.h"

const char *notice_public_name(enum notice_public k)
{
	static const char *const names[NOTICE_PUBLICS] = {"substitute", "media"};
	return (unsigned)k < NOTICE_PUBLICS ? names[k] : NULL;
}

static void information(struct notice_saying *s)
{
	(void)notice_tell(s, PAPER_HEADING, "h.info");
	(void)notice_tell(s, PAPER_TEXT, "sub.info");
	for (int e = 0; e < PERSON_ELEMENTS_N; e++)
		if (s->in->elements & PERSON_BIT(e))
			notice_tell_text(s, PAPER_ITEM, SLICE("\xe2\x80\xa2"), notice_letter_word(notice_element_key(e), s->lang));
}

static void doing(struct notice_saying *s)
{
	const struct notice_said *d = &s->in->doing;
	(void)notice_tell(s, PAPER_HEADING, "h.doing");
	for (size_t i = 0; i < d->n[s->lang]; i++)
		notice_tell_text(s, PAPER_ITEM, SLICE("\xe2\x80\xa2"), d->line[s->lang][i]);
}

static void advice(struct notice_saying *s)
{
	static const char *const keys[] = {"you.calls", "you.care", "you.bank"}, *const us[] = {"you.alert", "you.report", "you.ftc"};
	(void)notice_tell(s, PAPER_HEADING, "h.you");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		(void)notice_tell(s, PAPER_TEXT, keys[i]);
	if (!slice_eq_nocase(s->in->country, "US")) {
		(void)notice_tell(s, PAPER_TEXT, slice_eq_nocase(s->in->country, "CN") ? "you.cn" : "you.eu");
		return;
	}
	(void)notice_tell(s, PAPER_TEXT, "you.freeze");
	notice_tell_bureaus(s);
	for (size_t i = 0; i < ARRAY_LEN(us); i++)
		(void)notice_tell(s, PAPER_TEXT, us[i]);
}

static void body(struct notice_saying *s, enum notice_public k)
{
	if (k == NOTICE_MEDIA) {
		(void)notice_tell(s, PAPER_TITLE, "media.title");
		if (!notice_tell(s, PAPER_TEXT, "media.open"))
			(void)notice_tell(s, PAPER_TEXT, "media.open.nocount");
		(void)notice_tell_more(s, "media.letters");
	} else {
		(void)notice_tell(s, PAPER_TITLE, "sub.title");
		(void)notice_tell(s, PAPER_TEXT, "sub.open");
	}
	if (s->in->phone.n)
		(void)notice_tell(s, PAPER_TEXT, "sub.ask");
	notice_tell_happened(s, true, true);
	information(s);
	doing(s);
	advice(s);
	notice_tell_contact(s);
	(void)notice_tell(s, PAPER_TEXT, "sorry");
	if (k == NOTICE_MEDIA)
		(void)notice_tell(s, PAPER_TEXT, "media.contact");
	else
		(void)notice_tell(s, PAPER_TEXT, "sub.kept");
}

int notice_public_make(const struct notice_incident *in, enum notice_public k, enum notice_lang lang, bool refs, struct arena *a, struct paper_letter *ret, struct err *e)
{
	struct notice_saying s;
	if (!notice_incident_has(in, lang))
		return err_set(e, ERR_INPUT, "letter.doing", "has no text in %s (and where there is a letter.happened, that has to have one, too)", notice_lang_name(lang));
	int r = notice_saying_init(&s, in, lang, refs, a);
	if (r == 0) {
		notice_give_case(&s);
		body(&s, k);
		r = s.code ? s.code : arena_code(a);
	}
	*ret = (struct paper_letter){.lang = notice_lang_name(lang), .us = slice_eq_nocase(in->country, "US"), .head = in->entity, .head_right = notice_day_text(in->date, lang, a), .foot = in->name.value, .block = s.block, .n = s.n};
	for (int i = 0; i < 3; i++)
		ret->page_words[i] = arena_strdup(a, notice_letter_word((const char *const[]){"page.a", "page.b", "page.c"}[i], lang));
	notice_saying_done(&s);
	if (r == 0 && arena_code(a))
		r = arena_code(a);
	return r < 0 ? err_set(e, r, NULL, "the notice is too long") : 0;
}
