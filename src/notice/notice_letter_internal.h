/* What letters, public notices and forms share: words, values, sentences. */
#ifndef HOLDFAST_NOTICE_LETTER_INTERNAL_H
#define HOLDFAST_NOTICE_LETTER_INTERNAL_H

#include "notice_internal.h"

/* ---- words (notice_letter_words.c) */
struct slice notice_letter_word(const char *key, enum notice_lang lang); /* asserts that there is one */
const char *notice_letter_word_each(size_t i, enum notice_lang lang, struct slice *ret); /* for tests: the i-th key; NULL past the last */
struct slice notice_column(struct slice line, unsigned i); /* the i-th of fields with tabs between, from 0 */
const char *notice_element_key(int element);            /* "e.ssn" */

/* ---- states (notice_states.c) */
enum notice_state_text { NOTICE_ST_AGENCY = 1, NOTICE_ST_REPORT = 2, NOTICE_ST_POLICE = 4, NOTICE_ST_FREE = 8, NOTICE_ST_NUMBER = 16, NOTICE_ST_FCRA = 32, NOTICE_ST_NATURE = 64 };
struct notice_state {
	struct slice code, name[NOTICE_LANGS], agency, address, phone, web, citation, checked;
	unsigned texts;
};
bool notice_state_of(struct slice code, struct notice_state *ret); /* "US-MD"; false: it asks for nothing more, as far as the table knows */
bool notice_state_each(size_t i, struct notice_state *ret);

/* ---- sentences (notice_tell.c) */
#define NOTICE_BLOCKS_MAX 160u
#define NOTICE_FIGURES_MAX 48u
struct notice_given {            /* a value for a {name} */
	const char *key;
	struct slice text;       /* as it is printed */
	uint64_t entry;
	bool figure;             /* listed among the letter's figures */
};
#define NOTICE_GIVEN_MAX 40
struct notice_saying {
	const struct notice_incident *in;
	enum notice_lang lang;
	bool refs;
	struct arena *a;
	struct notice_given given[NOTICE_GIVEN_MAX];
	size_t given_n;
	struct paper_block *block;
	size_t n;
	struct notice_figure *figure;
	size_t figures;
	struct buf line;
	int code;                /* the first that went wrong */
};
int notice_saying_init(struct notice_saying *s, const struct notice_incident *in, enum notice_lang lang, bool refs, struct arena *a);
void notice_saying_done(struct notice_saying *s);
void notice_give(struct notice_saying *s, const char *key, struct slice text);        /* words: a name, a web address */
void notice_give_figure(struct notice_saying *s, const struct notice_figure *f, struct slice shown);
void notice_give_day(struct notice_saying *s, const char *key, const struct notice_figure *f); /* a date, in the language */
/* Words of the key. False, and nothing is said: a value that it needs is missing. */
bool notice_tell(struct notice_saying *s, enum paper_look look, const char *key);
bool notice_tell_more(struct notice_saying *s, const char *key);                       /* the same paragraph goes on */
void notice_tell_text(struct notice_saying *s, enum paper_look look, struct slice label, struct slice text);
struct slice notice_filled(struct notice_saying *s, const char *key);                 /* the words alone; empty: a value is missing */
void notice_give_case(struct notice_saying *s);                                       /* what every text may say: dates, entity, contact */
void notice_tell_happened(struct notice_saying *s, bool nature, bool own);             /* first block */
void notice_tell_contact(struct notice_saying *s);
void notice_tell_bureaus(struct notice_saying *s);                                    /* the three credit bureaus, as items */
struct slice notice_day_text(struct slice iso, enum notice_lang lang, struct arena *a); /* empty: no day */
struct slice notice_number_text(struct slice digits, enum notice_lang lang, struct arena *a);
struct slice notice_element_list(uint32_t elements, enum notice_lang lang, bool quiet, const char *between, struct arena *a);

/* ---- the case (notice_incident.c) */
struct notice_figure notice_figure_of(const struct notice_incident *in, const char *key, const char *path);
uint64_t notice_entry_of(const struct notice_incident *in, const char *key);
bool notice_iso_day(struct slice s, int *y, int *m, int *d);

void notice_figure_json(struct jsonw *w, const struct notice_figure *f);

#endif
