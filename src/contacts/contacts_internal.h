/* contacts' own header.
 *
 *   contacts_columns.c  what columns and categories are called
 *   contacts_time.c     times as people write them, and who is on call when
 *   contacts_read.c     a file -> a list; a list -> a file
 *   contacts_facts.c    entries of the ledger, and their facts
 */
#ifndef HOLDFAST_CONTACTS_INTERNAL_H
#define HOLDFAST_CONTACTS_INTERNAL_H

#include "contacts.h"
#include "csv.h"

enum contact_column { COL_UNKNOWN, COL_NAME, COL_FAMILY, COL_GIVEN, COL_ROLE, COL_UNIT, COL_PHONE, COL_PHONE2, COL_MOBILE, COL_PAGER, COL_FAX, COL_EMAIL, COL_ADDRESS, COL_NOTE, COL_FROM, COL_TO, COL_CATEGORY, COL_COUNT };
enum contact_column contact_column_of(struct slice title);
const char *contact_column_name(enum contact_column c);

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

#endif
