/* contacts: whom to call when the directory is gone. Lists that people keep as spreadsheets (staff, on call, partners, neighbours, authorities), read from CSV; and the body of the ledger's entries of kind "contacts",
 * read as facts, beside which the chart puts staff and units from HL7 master files (MFN).
 *
 * Pure: bytes in, values or an error out. A list is read whole or not at all, and an error names the line, the column and the reason; it holds nothing of what stands there.
 *
 * A file: the first row with a column that says who (name, role or unit), and one more that is known, is the header; columns in any order, by their names in English, French or Chinese (contacts_columns.c). UTF-8 with and
 * without a byte order mark, UTF-16, cp1252; comma, semicolon, tab; line ends within quotes.
 */
#ifndef HOLDFAST_CONTACTS_H
#define HOLDFAST_CONTACTS_H

#include "base.h"
#include "facts.h"

#define CONTACTS_FILE_MAX ((size_t)4 << 20) /* bytes of a file */
#define CONTACTS_MAX 20000u                 /* lines of a list */
#define CONTACTS_VALUE_MAX 400u             /* bytes of one field */
#define CONTACTS_SOURCE_MAX 64u             /* bytes of a list's name: letters, digits, - _ . */

/* In the order in which they are shown. UNIT: a place in the house (a ward, the laboratory). */
enum contact_category { CONTACT_ON_CALL, CONTACT_UNIT, CONTACT_STAFF, CONTACT_NEIGHBOUR, CONTACT_PARTNER, CONTACT_SUPPLIER, CONTACT_AUTHORITY, CONTACT_REGULATOR, CONTACT_POLICE, CONTACT_INSURER, CONTACT_OTHER, CONTACT_CATEGORIES };
const char *contact_category_name(enum contact_category c);   /* "on-call" "unit" "staff" ... */
int contact_category_parse(struct slice s) MUST;               /* also as people write it in the three languages; -1 */

struct contact {
	enum contact_category category;
	struct slice name, role, unit;
	struct slice phone, phone2, mobile, pager, fax, email, address, note;
	/* on call: from and to, ISO text in the site's zone ("2026-11-23T18:00"); or every day from and to these hours ("18:00"), over midnight where to is not later. Both empty: always. from alone: until further notice; to alone: until then */
	struct slice from, to;
	uint32_t line;          /* of the file */
};
struct contacts {
	struct contact *v;
	size_t n;
	size_t unreachable;     /* lines without a number, a mail or an address */
	struct slice ignored;   /* names of columns that are not known, ", " between */
};
/* Everything in the arena. category: of lines that do not say one themselves; -1: on-call where a line has a time, else staff. ERR_INPUT, ERR_LIMIT, ERR_MEMORY: e->place is "line 7, column phone". */
int contacts_read(struct slice file, int category, struct arena *a, struct contacts *ret, struct err *e) MUST;
/* As a CSV that contacts_read reads to the same values (UTF-8, comma, CRLF). */
void contacts_csv_head(struct buf *out);
void contacts_csv_line(struct buf *out, const struct contact *c);

/* ---- the ledger's entries (kind "contacts", doc/formats.md) ------------------------------------------------------------------------
 * A line of JSON {"what":"import","source","file","category"?,"contacts":n,"by"}, LF, the file as it came; or {"what":"remove","source","reason","by"} alone. The newest of a source stands in the place of those before it. */
struct contacts_entry {
	struct slice what, source, file, by, reason;
	int category;           /* -1: none was said */
	size_t n;               /* import: how many */
	struct slice bytes;     /* import: the file */
};
void contacts_entry_put(const struct contacts_entry *x, struct buf *ret);
/* ERR_INPUT: it is none. The file in it is not looked at: contacts_read does that. */
int contacts_entry_read(struct slice body, struct arena *a, struct contacts_entry *ret, struct err *e) MUST;
bool contacts_source_ok(struct slice source);
/* A group without a patient: FACT_SECTION with CATEGORY "contacts", STATUS "replaced" and ID the source, then a FACT_STAFF for each line. What cannot be read: uninterpreted. */
void contacts_facts(struct slice body, struct facts *f);
/* Back from such a fact. Slices are the fact's. */
void contacts_of_fact(const struct fact *t, struct contact *ret);

/* ---- when ---------------------------------------------------------------------------------------------------------------------------- */

enum contact_when { CONTACT_ALWAYS, CONTACT_NOW, CONTACT_LATER, CONTACT_PAST };
const char *contact_when_name(enum contact_when w); /* "always" "now" "later" "past" */
/* Of from and to at a time, in a zone (minutes east of UTC). What cannot be read as a time is ALWAYS: rather one too many. */
enum contact_when contact_when(const struct contact *c, int64_t now, int zone_minutes);

#endif
