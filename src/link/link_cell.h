/* link_cell: one value of a row made comparable (link_cell.c), and what one thread reads with. */
#ifndef HOLDFAST_LINK_CELL_H
#define HOLDFAST_LINK_CELL_H

#include "link_internal.h"

#define LINK_CELL_MAX 256

/* A value made comparable: so much of s as n says; what stands behind it there may be read, and is anything. */
struct link_text {
	size_t n;
	bool parts; /* there is a blank in it */
	char s[LINK_CELL_MAX + LINK_WORD_MAX];
};

/* Words of the rows that are being read are put down first and looked up together, some rows at a time: by then what they need has come from memory. */
#define LINK_ASKED_MAX 256
#define LINK_FRESH UINT32_C(0x80000000) /* in a row: a number of link_reader.fresh */
struct link_asked { /* 64 bytes */
	uint32_t *to;
	uint32_t hash, n;
	char text[LINK_WORD_MAX]; /* zeros up to the next 16 */
};
struct link_reader {
	struct link *l;
	struct slice text;       /* what may be read around a value of it */
	struct link_words fresh; /* words of this thread's pieces that l->words did not hold when they came */
	uint32_t *map;           /* their numbers in l->words */
	int code;                /* of the first failure */
	struct arena *arena;     /* fields with quotes */
	struct {
		bool known;
		const char *code;
	} state[26 * 26];        /* of two letters, where there is one */
	struct link_text a, b;   /* what is worked on */
	unsigned asked_n;
	struct link_asked asked[LINK_ASKED_MAX];
};

void link_reader_answer(struct link_reader *r); /* every link_reader_put has its answer, and rows may move */
void link_reader_put(struct link_reader *r, const char *s, size_t n, uint32_t *to); /* s: as in a link_text. *to is not 0 from now on, unless n is 0; a word's number after link_reader_answer */

/* Lower case; letters of any script and digits stay (of a mail address @._-+, too), apostrophes and full stops go, everything else is one blank. */
void link_fold(const struct link_reader *r, struct slice s, bool mail, struct link_text *ret);
bool link_cell_empty(struct slice s);                                            /* nothing, or a word for nothing */
void link_cell(struct link_reader *r, size_t column, struct slice s, uint32_t *row); /* s is not empty */
void link_cell_birth(const struct link *l, struct slice year, struct slice month, struct slice day, uint32_t *row); /* of link.birth; any may be empty */

#endif
