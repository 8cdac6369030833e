/* What the pictures share: words, the frame, days and categories. */
#ifndef HOLDFAST_PICTURE_INTERNAL_H
#define HOLDFAST_PICTURE_INTERNAL_H

#include "picture.h"

enum word {
#define X(id, en, fr, zh) W_##id,
#include "picture_words.h"
#undef X
	WORDS
};

struct pic {
	const struct registry_all *all;
	const struct picture_ask *ask;
	struct arena *a;
	const char *lang;
	unsigned n;                  /* of the language: 0 en, 1 fr, 2 zh */
	struct registry_basis basis;
	uint64_t placeholders;       /* that the warning names; 0: it names none */
	bool failed;                 /* no memory for a text */
};

struct slice picture_word(struct pic *p, enum word w);
struct slice picture_say(struct pic *p, enum word w, const char *one, const char *two); /* {} filled; NULL: none */
struct slice picture_text(struct pic *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
const char *picture_count(struct pic *p, uint64_t n);     /* in the arena */
const char *picture_day(struct pic *p, int32_t d);        /* "8 Oct 2024", "8 oct. 2024", "2024年10月8日" */
struct slice picture_month(struct pic *p, int m);         /* "Jan", "janv.", "1月" */
struct slice picture_named(struct pic *p, struct slice name);
struct slice picture_own_name(struct pic *p);

/* The frame of a picture whose figures stand on p->basis. */
struct plot_frame picture_frame_of(struct pic *p, struct slice title, struct slice counts);
struct slice picture_titled(struct pic *p, enum word all, enum word year); /* by whether a year was asked for */

int picture_draw_trend(struct pic *p, struct plot **ret, struct err *e) MUST;
int picture_draw_months(struct pic *p, struct plot **ret, struct err *e) MUST;
int picture_draw_map(struct pic *p, struct plot **ret, struct err *e) MUST;
int picture_draw_types(struct pic *p, struct plot **ret, struct err *e) MUST;
int picture_draw_locations(struct pic *p, struct plot **ret, struct err *e) MUST;
int picture_draw_largest(struct pic *p, struct plot **ret, struct err *e) MUST;
int picture_draw_distribution(struct pic *p, struct plot **ret, struct err *e) MUST;
int picture_draw_place(struct pic *p, struct plot **ret, struct err *e) MUST;
int picture_draw_timeline(struct pic *p, struct plot **ret, struct err *e) MUST;
int picture_draw_drift(struct pic *p, struct plot **ret, struct err *e) MUST;
int picture_draw_notice(struct pic *p, struct plot **ret, struct err *e) MUST;

#endif
