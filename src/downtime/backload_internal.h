/* Between the files that write the messages of the way back: one a family, and what they share (backload_message.c). */
#ifndef HOLDFAST_BACKLOAD_INTERNAL_H
#define HOLDFAST_BACKLOAD_INTERNAL_H

#include "downtime.h"
#include "hl7.h"

struct bl {
	const struct capture *c;
	const struct backload_message *m;
	struct buf *b;
	unsigned at;    /* the field that is being written */
	bool old, tq1;  /* 2.3.1, whose message types are others; 2.5 and later, which have TQ1 and ORC-30 */
};

/* Segments, field by field and forward only: bl_to closes what is between. */
void bl_segment(struct bl *w, const char *id);
void bl_to(struct bl *w, unsigned field);
void bl_end(struct bl *w);
void bl_field(struct bl *w, unsigned field, struct slice text); /* escaped; nothing where it is empty */

struct slice bl_value(const struct bl *w, const char *name);
bool bl_yes(const struct bl *w, const char *name);
bool bl_is(struct slice s, const char *const *words); /* one of them, in any case; NULL ends them */

void bl_time(struct bl *w, struct slice iso);   /* with the site's zone where it has none and says an hour */
void bl_occurred(struct bl *w);
void bl_recorded(struct bl *w);
void bl_number(struct bl *w, struct slice number); /* EI: ours */
void bl_coded(struct bl *w, struct slice code, struct slice text, struct slice system);
void bl_person(struct bl *w, struct slice who); /* a user's name as its id, another one as it was written */
void bl_place(struct bl *w, struct slice bed);  /* UNIT^ROOM^BED */
struct slice bl_doer(const struct bl *w);       /* on whose behalf, else by */

int bl_head(struct bl *w, const char *code, const char *event, const char *structure, struct err *e) MUST;
void bl_event(struct bl *w, const char *event);
void bl_patient(struct bl *w);
void bl_visit(struct bl *w, bool needed);

struct bl_orc {
	const char *control, *status, *mode; /* mode: ORC-30, table 0483 */
	struct slice placer, filler, group, parent, ordered_by;
	bool timing;
};
void bl_orc(struct bl *w, const struct bl_orc *o);
void bl_timing(struct bl *w, bool segment); /* TQ1, or the TQ of the versions before it into the field at hand */
struct slice bl_placed(const struct bl *w); /* who ordered */
void bl_said(struct bl *w, struct buf *ret, const char *const *more); /* how it came to be written down, a sentence; more: names of values that the message has no field for */
void bl_note(struct bl *w, unsigned set, const char *const *more);    /* it as NTE */

int bl_adt(struct bl *w, struct err *e) MUST;
int bl_allergy(struct bl *w, struct err *e) MUST;
int bl_dose(struct bl *w, struct err *e) MUST;
int bl_medication(struct bl *w, struct err *e) MUST;
int bl_order(struct bl *w, struct err *e) MUST;
int bl_vitals(struct bl *w, struct err *e) MUST;
int bl_result(struct bl *w, struct err *e) MUST;
int bl_specimen(struct bl *w, struct err *e) MUST;
int bl_document(struct bl *w, struct err *e) MUST;
int bl_document_result(struct bl *w, struct err *e) MUST;
void bl_document_text(struct bl *w); /* OBX, a line each */

#endif
