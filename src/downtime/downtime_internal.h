/* downtime's own header.
 *
 *   capture_fields.c  which values an item of each kind may have, and under which other names people write them
 *   capture_read.c    a line -> an item
 *   capture_facts.c   an item -> facts
 *   dose.c            what speaks against a dose
 *   number.c          numbers given out, and their check letter
 *   backload*.c       the way back
 */
#ifndef HOLDFAST_DOWNTIME_INTERNAL_H
#define HOLDFAST_DOWNTIME_INTERNAL_H

#include "downtime.h"

enum field_type {
	FIELD_TEXT,   /* at most CAPTURE_TEXT_MAX bytes */
	FIELD_LONG,   /* a note: 64 KiB */
	FIELD_AMOUNT, /* a decimal as written, as a number or as text */
	FIELD_FLAG,   /* true or false; also yes and no as text */
	FIELD_TIME,   /* ISO 8601 */
	FIELD_WORD,   /* one of .words */
};
struct capture_field {
	const char *name;
	enum field_type type;
	const char *also;  /* other names, in small letters without blanks, _ and -; blank between */
	const char *words; /* FIELD_WORD: blank between; the first of "a=b" is what stands for b */
};
#define CAPTURE_TEXT_MAX 4000
#define CAPTURE_NOTE_MAX 65536

/* The field of that name in an item of that kind, however it is written; NULL: there is none. */
const struct capture_field *capture_field(enum capture_kind kind, struct slice name);
/* The same for kinds; category: of "lab-order" and the like the order's category, else empty. */
bool capture_kind_of(struct slice word, enum capture_kind *ret, struct slice *ret_category);
bool capture_word(const char *words, struct slice s, struct slice *ret); /* the word of the list that s is or stands for */
const char *capture_vital_of_code(struct slice loinc); /* the name of the vital sign that has this code; NULL: none has */
bool capture_same_name(struct slice a, const char *folded);              /* but for case, blanks, _ and - */

#endif
