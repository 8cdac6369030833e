/* letter_json: a letter (paper.h) between processes: the keeper makes it of entries, web sets it as text, the ecg role, which has the fonts, as PDF. One JSON object:
 *   {"lang","head","headRight","foot","page":[3 texts],"blocks":[{"look": number of enum paper_look,"label"?,"text"?}]}  Marks inside of texts are escaped control characters. */
#ifndef HOLDFAST_LETTER_JSON_H
#define HOLDFAST_LETTER_JSON_H

#include "base.h"
#include "paper.h"

#define LETTER_BLOCKS_MAX 100000u
void letter_put(const struct paper_letter *p, struct jsonw *w); /* one object */
int letter_read(const struct json_node *n, struct arena *a, struct paper_letter *ret, struct err *e) MUST; /* A4; texts are slices of n's. ERR_INPUT */

#endif
