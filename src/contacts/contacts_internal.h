/* contacts' own header.
 *
 *   contacts_columns.c  what columns and categories are called
 *   contacts_time.c     times as people write them, and who is on call when
 *   contacts_rows.c     a file -> rows, by what their columns mean
 *   contacts_read.c     rows -> a list of contacts; a list -> a file
 *   contacts_calls.c    rows -> a list of calls; its entries, what was said of one, and their facts
 *   contacts_facts.c    entries of the ledger, and their facts
 */
#ifndef HOLDFAST_CONTACTS_INTERNAL_H
#define HOLDFAST_CONTACTS_INTERNAL_H

#include "contacts.h"
#include "csv.h"

enum contact_column { COL_UNKNOWN, COL_NAME, COL_FAMILY, COL_GIVEN, COL_ROLE, COL_UNIT, COL_PHONE, COL_PHONE2, COL_MOBILE, COL_PAGER, COL_FAX, COL_EMAIL, COL_ADDRESS, COL_NOTE, COL_FROM /* of a call: when the appointment was */, COL_TO, COL_CATEGORY, COL_PATIENT, COL_BIRTH, COL_HOUR, COL_WHAT, COL_WITH, COL_COUNT };
enum contact_column contact_column_of(struct slice title);
enum contact_column contact_call_column_of(struct slice title);
const char *contact_column_name(enum contact_column c);

/* An apostrophe and what a spreadsheet would calculate, as contacts_csv_line writes it: a list that is read has it without. */
bool contacts_marked(struct slice s);

/* A time as it was written. Of "03/04/2026" nobody knows which is the day: `first` and `second` are the two, and the file says elsewhere which order it keeps, or does not. */
struct contact_time {
	int year, first, second; /* year 0: an hour of every day */
	bool unclear;            /* first and second could each be the month */
	bool day_first;          /* where it is not unclear, and written with the year last: which of the two came first */
	bool year_last;
	bool has_hour;
	int hour, minute;
};
/* "2026-11-23 18:00", "2026/11/23", "23.11.2026 18h30", "23/11/2026 6:00 PM", "18:00", "18h". false: no such time. */
bool contact_time_get(struct slice s, struct contact_time *ret);

/* ---- rows ---- */

struct contact_row { /* as it stands */
	struct slice at[COL_COUNT];
	uint32_t number;
};
struct contact_rows {
	bool calls;             /* its columns are those of a list of calls */
	int category;
	struct arena *a;
	struct csv csv;
	enum contact_column column[CSV_FIELDS_MAX];
	struct slice title[CSV_FIELDS_MAX];
	size_t cols;
	struct contact_row *line;
	size_t n, cap;
	int order;              /* of dates with a slash: 1 the day first, 2 the month first, 0 not seen, 3 both */
	struct err *e;
};
struct contact_point {
	bool daily, date_only;
	int minutes;            /* daily: of the day */
	int64_t local;          /* else: ns, as if the zone were UTC */
};
/* x begins as zeros but for calls and category. */
int contact_rows_read(struct contact_rows *x, struct slice file, struct arena *a, struct err *e) MUST;
int contact_rows_no_room(struct contact_rows *x) MUST;
int contact_row_name(struct contact_rows *x, const struct contact_row *l, struct slice *name) MUST; /* where *name is empty: "Family, Given" of its own columns */
int contact_rows_ignored(struct contact_rows *x, struct slice *ret) MUST; /* names of columns that are not known */
int contact_row_wrong(struct contact_rows *x, const struct contact_row *l, enum contact_column c, const char *why) MUST;
int contact_point_of(struct contact_rows *x, const struct contact_row *l, enum contact_column c, struct contact_point *ret) MUST;
int contact_point_text(struct contact_rows *x, const struct contact_point *p, struct slice *ret) MUST; /* "2026-11-23T18:00", "18:00" */
/* For facts: the text kept in their own arena, and the one part of a composite. */
void contact_fact_put(struct facts *f, struct fact *t, uint8_t field, struct slice v);
void contact_fact_part(struct facts *f, struct fact *t, uint8_t field, unsigned i, struct slice v);
void contact_fact_telecom(struct facts *f, struct fact *t, const char *system, const char *use, struct slice v);

#endif
