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

/* ---- lists of calls ---------------------------------------------------------------------------------------------------------------------
 * Who has to be told something, one by one: patients whose appointment does not take place, hospitals and services that have to know that we divert. Each call stands somewhere between "to-call" and "reached"; what was
 * tried, by whom and when, stays. A file as above, with the columns name (or surname and given name), patient (a record number), birth, phone, phone2, mobile, email, when and time (of the appointment), what, with, unit, note. */
#define CONTACT_CALLS_MAX 5000u           /* calls of one import; several imports of one name are one list */
#define CONTACT_CALLS_BODY ((size_t)12 << 20)
#define CONTACT_CALL_NOTE_MAX 1000u       /* bytes */

enum call_kind { CALL_CANCELLED, CALL_DIVERSION, CALL_OTHER, CALL_KINDS };
const char *call_kind_name(enum call_kind k);     /* "cancelled" "diversion" "other" */
int call_kind_parse(struct slice s) MUST;         /* -1 */
/* called: somebody or a machine answered, and it is not said yet to whom it matters. letter: was written to instead. not-needed: nobody has to call any more. */
enum call_state { CALL_TO_CALL, CALL_CALLED, CALL_NO_ANSWER, CALL_REACHED, CALL_LETTER, CALL_NOT_NEEDED, CALL_STATES };
const char *call_state_name(enum call_state s);   /* "to-call" "called" "no-answer" "reached" "letter" "not-needed" */
int call_state_parse(struct slice s) MUST;        /* -1 */
bool call_settled(enum call_state s);             /* reached, letter, not-needed: nothing more is to be done */
/* What a mark makes of a call that stands so. One that is settled is not made open by somebody who tried at the same time and got nobody: only "to-call" opens it again. Every mark is kept, whatever it makes of it. */
enum call_state call_after(enum call_state now, enum call_state mark);

struct contact_call {
	struct slice name, patient, birth, phone, phone2, email;
	struct slice when;      /* of the appointment: "2026-11-24" or "2026-11-24T09:30", the site's time */
	struct slice what, with, unit, note;
};
struct contact_calls {
	struct contact_call *v;
	size_t n;
	size_t unreachable;     /* without a number and a mail */
	struct slice ignored;
};
/* As contacts_read. */
int contact_calls_read(struct slice file, struct arena *a, struct contact_calls *ret, struct err *e) MUST;
/* Two of one list with the same are the same call, which was imported twice: who (the record number, else the name, folded), when, what and where. */
void contact_call_key(const struct contact_call *c, struct buf *ret);

/* An entry of kind "calls": {"what":"list","list","kind","title"?,"calls":n,"by"}, LF, and a line of JSON for each call; or {"what":"mark","call":"ENTRY-N","state","note"?,"at"?,"by"} alone: N counts from 1 in the entry that brought it. */
struct contact_calls_entry {
	bool mark;
	struct slice by;
	/* a list */
	struct slice list, title;
	enum call_kind kind;
	const struct contact_call *v;
	size_t n;
	/* a mark */
	struct slice call, note, at; /* at: ISO text, when it was done; empty: when it was written down */
	enum call_state state;
};
void contact_calls_put(const struct contact_calls_entry *x, struct buf *ret);
/* ERR_INPUT, ERR_LIMIT: it is none. Everything lies in body and a. */
int contact_calls_get(struct slice body, struct arena *a, struct contact_calls_entry *ret, struct err *e) MUST;
bool contact_call_id(struct slice s, uint64_t *ret_entry, uint64_t *ret_n);
/* A group without a patient: FACT_SECTION with CATEGORY "calls", STATUS "list" and a FACT_CONTACT for each; or STATUS "mark". */
void contact_calls_facts(struct slice body, struct facts *f);
bool contact_calls_of_facts(const struct fact *first, struct contact_calls_entry *ret); /* all but v: contact_call_of_fact of each that follows. false: it is none */
void contact_call_of_fact(const struct fact *t, struct contact_call *ret);

#endif
