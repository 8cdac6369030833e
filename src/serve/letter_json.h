/* letter_json: a letter (paper.h) between processes: the keeper makes it of entries (or web, of a case's file and a person), web sets it as text, the ecg role, which has the fonts, as PDF. One JSON object:
 *   {"lang","head","headRight","foot","page":[3 texts],"blocks":[{"look": number of enum paper_look,"label"?,"text"?}]}  Marks inside of texts are escaped control characters. */
#ifndef HOLDFAST_LETTER_JSON_H
#define HOLDFAST_LETTER_JSON_H

#include "base.h"
#include "paper.h"

/* A letter to one person (paper_post), the same way: {"lang","us","large","addressRight","sender","address","date","foot","page":[3 texts],"apart","blocks"} */
void post_put(const struct paper_post *p, struct jsonw *w);
int post_read(const struct json_node *n, struct arena *a, struct paper_post *ret, struct err *e) MUST; /* ERR_INPUT */

#define LETTER_BLOCKS_MAX 100000u
void letter_put(const struct paper_letter *p, struct jsonw *w); /* one object */
int letter_read(const struct json_node *n, struct arena *a, struct paper_letter *ret, struct err *e) MUST; /* A4; texts are slices of n's. ERR_INPUT */

#endif
