/* What the files of registry share. */
#ifndef HOLDFAST_REGISTRY_INTERNAL_H
#define HOLDFAST_REGISTRY_INTERNAL_H

#include "registry.h"

/* ---- words ---- */

int32_t registry_day(int y, int m, int d); /* REGISTRY_NO_DAY: no such day, or not within 1900..2199 */
int registry_day_of_month(int32_t day);
unsigned registry_weekday(int32_t day);    /* 0: Sunday */
bool registry_is_state(struct slice s);    /* these take any case */
bool registry_is_entity_type(struct slice s);
bool registry_is_type(struct slice s);     /* every listed value */
bool registry_is_location(struct slice s);

/* ---- warnings, growing in an arena ---- */

struct warnings {
	struct arena *a;
	struct registry_warning *v;
	size_t n, room;
};
/* what: its word, or "word/form" where a word has several sentences. fmt has %zu, %u, %d, %s, %.*s and %.Nf alone. Where there is no room the arena says so afterwards (arena_code), and who made the warnings fails. */
void registry_warn(struct warnings *w, const char *what, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* ---- text ---- */

/* A cell's bytes as UTF-8, repaired; *ret_changed is set where that is not what stood there. */
struct slice registry_cell(struct slice bytes, struct arena *a, bool *changed);

/* ---- columns ---- */

enum column { COL_NAME, COL_STATE, COL_ENTITY, COL_PERSONS, COL_SUBMITTED, COL_TYPE, COL_LOCATION, COL_ASSOCIATE, COL_DESCRIPTION, COL_AWARE, COL_NOTIFIED, COL_BEGAN, COL_ENDED, COL_VIEW, COLUMNS };
#define REGISTRY_SPELT 256
/* A state's name as its two letters, and categories in the case and with the separators of the portal, where it knows every value in s; else s. Where the arena is full: s empty. */
struct slice registry_spelt(enum column c, struct slice s, struct arena *a);
const char *registry_column_word(enum column c);
const char *registry_column_says(enum column c); /* "the number of persons" */
int registry_column_of(struct slice title);          /* enum column, or -1 */
enum registry_order { ORDER_AUTO, ORDER_MDY, ORDER_DMY, ORDER_YMD };
struct registry_map {
	struct slice title[COLUMNS];                     /* empty: not mapped */
	unsigned place[COLUMNS];                         /* "#3": 3 */
	enum registry_order order;
	bool source_given;
	enum registry_source source;
};
bool registry_is_number(struct slice s, uint64_t *ret);   /* "4237", "4237.0", "1,234", "1 234", "1.234" */
bool registry_is_blank(struct slice s);                   /* nothing, or a program's word for it: \N, NULL, nan */

/* ---- dates ---- */

struct date_text {
	int a, b, c;          /* as written */
	uint8_t form;         /* enum date_form; 0: none */
};
enum date_form { DATE_NONE, DATE_SLASH, DATE_DASH, DATE_ISO, DATE_FORMS, DATE_NAMED = DATE_FORMS }; /* named: the month as a word, of which nothing is doubtful; a is the year there as in ISO, b the month */
bool registry_date(struct slice s, struct date_text *ret);
int32_t registry_date_day(const struct date_text *t, bool turned); /* MM/DD/YYYY and YYYY-MM-DD; turned: day and month changed over */

#endif
