/* picture: figures of the registry as drawings, in the reader's language.
 *
 * Pure: what was loaded from the registry goes in, a drawing (plot.h) comes out. It chooses the form, says the words and adds the warnings that the figures' basis calls for: which lists they stand on, of which day, whether one is missing.
 * "Persons" is the sum of what was reported, never of different persons; every picture that shows it says so.
 */
#ifndef HOLDFAST_PICTURE_H
#define HOLDFAST_PICTURE_H

#include "base.h"
#include "plot.h"
#include "registry.h"

enum picture_kind {
	PICTURE_TREND,        /* incidents and persons by year */
	PICTURE_MONTHS,       /* the same by month: of the year that is asked for, else of the last two years */
	PICTURE_MAP,          /* incidents by state */
	PICTURE_TYPES,        /* by type of breach: over the years, or of one */
	PICTURE_LOCATIONS,    /* by location of the data: over the years, or of one */
	PICTURE_LARGEST,      /* the largest incidents */
	PICTURE_DISTRIBUTION, /* how many are how large */
	PICTURE_PLACE,        /* one incident among all, those of its type, state and kind of entity */
	PICTURE_TIMELINE,     /* days from discovery to the list of persons and to letters, of cases that became known, and one's own */
	PICTURE_DRIFT,        /* the count of one year as lists and days change */
	PICTURE_NOTICE,       /* days from awareness to notice, where a list has both (Washington's) */
	PICTURE_KINDS
};
const char *picture_kind_word(enum picture_kind k);   /* "trend", "months", "map", "types", "locations", "largest", "distribution", "place", "timeline", "drift", "aware-to-notice" */
const char *picture_kind_about(enum picture_kind k);  /* a line of help, English */
int picture_kind_parse(struct slice s) MUST;          /* enum picture_kind, or -1 */

/* An incident of one's own, to be seen beside the others. */
struct picture_own {
	struct slice name;                    /* empty: "this case" */
	uint64_t persons;                     /* 0: not known */
	struct slice state, type, entity_type; /* as the portal writes them; empty: not compared */
	int32_t discovered, listed, written;  /* day of discovery, of the finished list of persons, of the first letters; REGISTRY_NO_DAY: not yet */
	int32_t today;                        /* what is not yet done runs up to here; REGISTRY_NO_DAY: not said */
};

struct picture_ask {
	enum picture_kind kind;
	const char *lang;                     /* "en", "fr", "zh"; another: en */
	double width;                         /* PLOT_WIDTH_MIN..PLOT_WIDTH_MAX */
	struct registry_question q;
	const struct picture_own *own;        /* NULL: none. PICTURE_PLACE needs its persons */
	size_t top;                           /* of PICTURE_LARGEST: 1..100 */
};
/* The drawing is the caller's (plot_free). ERR_NO: no import fits, or nothing was counted; ERR_USAGE: the kind needs a year or persons; ERR_LIMIT, ERR_MEMORY. all may be NULL for PICTURE_TIMELINE alone. */
int picture_make(const struct registry_all *all, const struct picture_ask *ask, struct arena *a, struct plot **ret, struct err *e) MUST;

/* The name of a category of the portal in a language, or the name itself. */
struct slice picture_category(const char *lang, struct slice name);

#endif
