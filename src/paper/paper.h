/* paper: letters, and the sheets that a ward works with.
 *
 * A letter is blocks of text, handed over as plain text or as PDF. A sheet (below, in a book of them) is typeset from values: a census, a patient's summary, a MAR, forms, labels. A4 or US letter. paper knows no store,
 * no ledger and no clock: what stands on the page is what it was given, and the same values give the same bytes.
 *
 * Text is UTF-8; what is not is shown as U+FFFD, control characters but for the two pairs of marks are left out. English, French and Chinese; the PDF takes glyphs from the fonts that fontconfig finds for the language.
 */
#ifndef HOLDFAST_PAPER_H
#define HOLDFAST_PAPER_H

#include "base.h"

/* cairo and pango, loaded on the first call and not before: with what they need they are 25 libraries, and most commands and roles never draw. ERR_SYSTEM: they are not installed. In a role before its sandbox. Modules
 * that draw themselves include cairo's headers and call this first; the functions that can then be called are listed in libcairo.c. */
int paper_load(struct err *e) MUST;
int paper_load_codes(struct err *e) MUST; /* the same of libzint, for the codes on sheets */
/* Plain letters, with Chinese ones of a serif face: cairo 1.16 leaves a common one (U+5982, as in names) of Noto Sans CJK Regular out of the fonts that it puts into a PDF, and none of Noto Serif CJK. */
#define PAPER_SANS "DejaVu Sans, Noto Serif CJK SC, Source Han Serif SC, Sans"

enum paper_look {
	PAPER_TITLE,
	PAPER_HEADING,  /* stays with what follows */
	PAPER_TEXT,
	PAPER_FIELD,    /* label beside text */
	PAPER_ITEM,     /* one of a list; label: its mark or number */
	PAPER_QUESTION, /* label: its number; stays with what follows */
	PAPER_BLANK,    /* words, then room to write on */
	PAPER_SMALL,    /* evidence: label beside text, in small letters */
};
/* Marks inside of a text: a reference (small and grey on paper, as it is in text), and strong letters. */
#define PAPER_REF "\x01"
#define PAPER_REF_END "\x02"
#define PAPER_STRONG "\x03"
#define PAPER_STRONG_END "\x04"

struct paper_block {
	enum paper_look look;
	struct slice label, text;
};
struct paper_letter {
	const char *lang;             /* "en", "fr", "zh" */
	bool us;                      /* US letter, else A4 */
	struct slice head, head_right; /* at the top of each page */
	struct slice foot;            /* at its bottom: where it was made from */
	const char *page_words[3];    /* around the two numbers: "page ", " of ", "" */
	const struct paper_block *block;
	size_t n;
};
/* 78 columns; wide characters count two. */
void paper_text(const struct paper_letter *l, struct buf *ret);
int paper_pdf(const struct paper_letter *l, struct buf *ret, unsigned *ret_pages, struct err *e) MUST;

/* ---- a mailing: many letters in one PDF, each to one person. Written piece by piece, so that it may be as long as it has to be; paragraphs that stand in many letters are laid out once.
 *
 * The address stands where a window is: US letter in thirds, the window of a no. 10 envelope; A4, the field of DIN 5008 form B, or with address_right the one on the right (NF Z 10-011). Nothing else stands there. Text is 11 pt, in large print 18 pt.
 * Paragraphs, headings and items of lists are tagged (PDF 1.7, 14.8: a program that reads aloud has them in their order), and where all letters of a PDF are in one language, that language is said; what stands at the foot is not tagged. It is no PDF/UA: items are paragraphs. The same letters give the same bytes. */
struct paper_post {
	const char *lang;              /* "en", "es", "fr", "zh" */
	bool us, large, address_right;
	struct slice sender, address;  /* lines, with \n between */
	struct slice date;             /* at the right */
	struct slice foot;             /* on every page, small */
	const char *page_words[3];     /* as in paper_letter */
	const struct paper_block *block;
	size_t n;
	size_t apart;                  /* this block and what follows begin on a new page; 0: none does */
};
#define PAPER_POST_PAGES_MAX 64u
typedef int paper_sink(void *arg, struct slice piece, struct err *e);
struct paper_mail;
int paper_mail_new(const char *title, paper_sink *sink, void *arg, struct paper_mail **ret, struct err *e) MUST;
int paper_mail_add(struct paper_mail *m, const struct paper_post *p, unsigned *ret_pages, struct err *e) MUST; /* ERR_LIMIT: more than PAPER_POST_PAGES_MAX pages; after an error it can only be freed */
unsigned paper_mail_pages(const struct paper_mail *m);                    /* of all so far */
int paper_mail_end(struct paper_mail *m, struct err *e) MUST;             /* the PDF is whole; then free it. ERR_INPUT: there was no letter */
void paper_mail_free(struct paper_mail *m);                               /* NULL is fine */
void paper_post_text(const struct paper_post *p, struct buf *ret);        /* the same letter as plain text, 78 columns */

/* ---- sheets ----------------------------------------------------------------------------------------------------------------
 *
 * A book is a PDF of numbered sheets; a sheet is one thing (a patient's MAR) on one or more pages. Each page says whose it is, its number and page x of y, when it was made and from which entry and checkpoint; each section how old it is, from
 * whom, and whether that source is silent, in words and in shape. Blank is a defect: a section is a list, stated none, or not received (DESIGN 8, 1 to 3 and 6).
 *
 * Times in values are ISO 8601 text in the site's own zone and with the precision that is known: "2026", "2026-11-22", "2026-11-22T14:05"; they are shown in the book's language. Empty: not stated. All slices are UTF-8 and are copied.
 */
enum paper_kind { PAPER_CENSUS, PAPER_SUMMARY, PAPER_MAR, PAPER_LABS, PAPER_ORDERS, PAPER_LABELS, PAPER_WRISTBANDS,
	PAPER_REGISTRATION, PAPER_VITALS, PAPER_MAR_FORM, PAPER_ORDERS_FORM, PAPER_NOTES, PAPER_LAB_REQUISITION, PAPER_TRANSFER, PAPER_CONTACTS, PAPER_CALLS, PAPER_KINDS };
const char *paper_kind_name(enum paper_kind k);              /* "census" ... "mar-form" ... */
int paper_kind_parse(struct slice name) MUST;                 /* -1: none */
bool paper_kind_is_form(enum paper_kind k);                   /* to be written on */
bool paper_kind_is_written(enum paper_kind k);                /* a form, or a MAR, on which doses are signed for: what comes back has something on it that nobody has typed yet */

enum paper_origin { PAPER_FED, PAPER_CAPTURED, PAPER_RESTORED, PAPER_PARTNER }; /* as enum fact_origin */
enum paper_said { PAPER_LISTED, PAPER_STATED_NONE, PAPER_NOT_RECEIVED };        /* as enum fhir_section_state */
enum paper_topic { PAPER_ALLERGIES, PAPER_PROBLEMS, PAPER_MEDICATIONS, PAPER_GIVEN, PAPER_RESULTS, PAPER_VITAL_SIGNS, PAPER_OPEN_ORDERS, PAPER_FLAGS, PAPER_CONTACT_PERSONS, PAPER_CARE_TEAM, PAPER_APPOINTMENTS, PAPER_REPORTS, PAPER_PROCEDURES, PAPER_ECGS, PAPER_TOPICS };

struct paper_person {
	const char *id;                         /* ours; for the register */
	struct slice family, given, birth, sex; /* sex: male female other unknown */
	struct slice number, assigner, visit;
	struct slice unit, room, bed, facility, attending, since;
	enum paper_said allergies_said;
	struct slice allergies;                 /* in one line; at the head of every page */
	struct slice alerts;                    /* isolation, code status */
	unsigned lookalikes;                    /* how many others have a name like this */
	bool test, deceased, incomplete, is_protected;
};
struct paper_source {                       /* who has spoken of a section */
	struct slice feed, as_of;               /* as_of: the newest time that it states */
	int64_t as_of_time;                     /* the same, ns; 0: none. Age is counted from it, where it is before it was received */
	int64_t received;                       /* its newest word, ns */
	enum paper_origin origin;
	bool silent;
	int64_t silent_since;
};
struct paper_item {
	struct slice when, what, detail, by, was; /* was: what it said before it was corrected */
	struct slice flag;                        /* H L HH LL A ... as sent */
	enum paper_origin origin;
	uint64_t entry;
	bool incomplete, doubtful;                /* doubtful: refuted, entered in error, not ordered: detail says it */
};
struct paper_section {
	enum paper_topic topic;
	enum paper_said said;
	const struct paper_source *source;
	size_t source_n;
	int64_t received;                       /* 0: never */
	bool incomplete;
	const struct paper_item *item;
	size_t n, more;                         /* more: how many are not shown */
};
struct paper_dose {
	struct slice at, dose, by, reason;      /* reason: why not */
	int64_t time;                           /* ns; of `at` */
	bool given;
	enum paper_origin origin;
	uint64_t entry;
};
struct paper_order {                        /* a medication order, or with all = false a line to be done */
	struct slice name, dose, route, frequency, prn, start, end, number, note, status;
	bool stopped, held, proposed, is_prn, incomplete;
	bool no_order;                          /* a dose of which no order is here */
	enum paper_origin origin;
	uint64_t entry;
	const struct paper_dose *dose_list;     /* of the last 24 hours, oldest first */
	size_t dose_n;
	const struct paper_dose *last, *last_not; /* the newest given; the newest that was not, where it is newer */
};
struct paper_value {
	struct slice when, text, flag, was;     /* text with its unit left out; was: corrected from */
	double number;                          /* NaN: none */
	int64_t time;
	enum paper_origin origin;
	uint64_t entry;
	bool preliminary;
};
struct paper_series {                       /* one analyte */
	struct slice name, unit, range;
	double low, high;                       /* NaN: not stated */
	const struct paper_value *value;        /* newest first */
	size_t n;
};
struct paper_bed {                          /* a line of the census */
	struct slice room, bed, family, given, birth, sex, number, attending, since, alerts;
	enum paper_said allergies_said;
	bool lookalike, is_protected, test, incomplete, deceased;
	bool free;                              /* a bed that nobody is in */
};
/* In this order on the sheet. */
enum paper_contact_group { PAPER_ON_CALL, PAPER_PLACES, PAPER_STAFF, PAPER_NEIGHBOURS, PAPER_PARTNERS, PAPER_SUPPLIERS, PAPER_AUTHORITIES, PAPER_REGULATORS, PAPER_POLICE, PAPER_INSURERS, PAPER_OTHERS, PAPER_CONTACT_GROUPS };
struct paper_contact {
	enum paper_contact_group group;         /* those of one stand together */
	struct slice name, role, unit, phone, phone2, mobile, pager, fax, email, address, note;
	struct slice from, to;                  /* on call: ISO times, or hours of every day ("18:00") */
	bool now;                               /* on call when it was printed */
};
struct paper_sheet {
	enum paper_kind kind;
	struct slice unit, facility;
	const struct paper_person *who;         /* NULL: of a unit, or an empty form */
	const struct paper_section *section;    /* summary: in this order; mar: medications and given; labs: results; orders: open orders: their state and sources */
	size_t section_n;
	const struct paper_order *order;        /* mar, orders */
	size_t order_n;
	const struct paper_series *series;      /* labs */
	size_t series_n;
	const struct paper_bed *bed;            /* census */
	size_t bed_n, withheld;                 /* withheld: protected records whose sheets are not in this book */
	const struct paper_contact *contact;
	size_t contact_n, contact_more;         /* contact_more: how many are not on this sheet. calls: name; role: number and birth; from: when the appointment was; address: what it was; note: what became of it so far. unit: the list */
};
struct paper_run {                          /* what all sheets of a book have in common */
	const char *lang;                       /* "en", "fr", "zh" */
	bool us, large;                         /* US letter, else A4; large: all letters 1.35 times as high */
	const char *site;                       /* the hospital's name */
	int zone_minutes;
	int64_t made;                           /* when, ns */
	uint64_t entry;                         /* the newest entry that was looked at */
	int64_t entry_time;
	uint64_t checkpoint;                    /* entries under it; 0: none yet */
	struct slice root;                      /* its root hash, base64 */
	struct slice notice;                    /* on every page: "DRILL", "RESTORING ..."; empty: nothing */
};
#define PAPER_SHEETS_MAX 20000u
#define PAPER_PAGES_OF_SHEET_MAX 200u

struct paper_book;
int paper_book_new(const struct paper_run *o, struct paper_book **ret, struct err *e) MUST;
void paper_book_free(struct paper_book *b); /* NULL is fine */
/* Lays a sheet out; the values are not needed afterwards. ERR_LIMIT: more pages or sheets than above. */
int paper_book_add(struct paper_book *b, const struct paper_sheet *s, struct err *e) MUST;
size_t paper_book_sheets(const struct paper_book *b);
unsigned paper_book_pages(const struct paper_book *b, size_t sheet);
enum paper_kind paper_book_kind(const struct paper_book *b, size_t sheet);
const char *paper_book_patient(const struct paper_book *b, size_t sheet); /* our id, "" */
struct slice paper_book_unit(const struct paper_book *b, size_t sheet);
/* A coded term (status, severity, priority ...) in the language; what is no term that is known is handed back as it is. */
struct slice paper_term(const char *lang, struct slice term);
/* The PDF. Sheets are numbered block-entry-1, -2 ...: `entry` is that of their registration, which is durable before this is called. May be called again. */
int paper_book_pdf(struct paper_book *b, const char *block, uint64_t entry, struct buf *ret, struct err *e) MUST;
int paper_book_pdf_of(struct paper_book *b, const char *block, uint64_t entry, size_t sheet, struct buf *ret, struct err *e) MUST; /* of one of its sheets, with the number that it has in the book */

/* What opens a transfer, on a page for the courier's pocket: the words in letters and as QR code (which says the words and nothing else), for which file and for whom. Nothing on it says who the patient is. */
struct paper_key {
	struct slice id, receiver, file; /* the transfer's number; for whom; the file's name, as it is now */
	const char *words;
	int64_t until;                   /* ns */
};
int paper_key_pdf(const struct paper_run *o, const struct paper_key *k, struct buf *ret, struct err *e) MUST;

/* The same values as bytes, for a process that has the fonts and nothing else (paper_wire.c): the run, then each sheet. */
void paper_wire_run(const struct paper_run *r, struct buf *ret);
void paper_wire_sheet(const struct paper_sheet *s, struct buf *ret);
/* Back: each sheet in order, its values in the arena and in `all`, both of which must outlive what is made of them. ERR_INPUT, ERR_LIMIT, ERR_MEMORY, or what fn returns. */
int paper_wire_each(struct slice all, struct arena *a, struct paper_run *ret_run, int (*fn)(void *arg, const struct paper_sheet *s, struct err *e), void *arg, struct err *e) MUST;
int paper_wire_book(struct slice all, struct arena *a, struct paper_book **ret, struct err *e) MUST; /* laid out; the arena must outlive the book */

/* The number of a sheet, K7Q-4711-12-X: the block of the site's ledger, the entry that registered it, which of that entry's sheets it is (from 1), and a check character over the rest (ISO 7064, MOD 37,36): one wrong character and two
 * changed places are seen. Never twice, because an entry's number is not: there is no counter that could be wrong. */
#define PAPER_NUMBER_MAX 48
#define PAPER_BLOCK_MAX 4 /* 3 characters of 0-9 A-Z without I L O U */
struct paper_number {
	char block[PAPER_BLOCK_MAX];
	uint64_t entry;
	uint32_t sheet;
};
void paper_block(const uint8_t hash[32], char ret[PAPER_BLOCK_MAX]);              /* of the SHA-256 of the ledger's origin */
void paper_number_put(const struct paper_number *n, char ret[PAPER_NUMBER_MAX]);
int paper_number_get(struct slice text, struct paper_number *ret, struct err *e) MUST; /* as people type it: any case, blanks around; also the whole text of its QR code. ERR_INPUT */
/* What its QR code says: "HF1:K7Q-4711-12-X:MAR:4700:AB": number, kind, the entry it was made from, two check characters (ISO 7064, MOD 1271-36). Of a sheet of several pages "HF2:K7Q-4711-12-X:MAR:4700:3:AB": which of them this is,
 * before the check characters, which count the colons as Z here. No name and no number of a patient. */
#define PAPER_CODE_MAX 96
struct paper_code {
	struct paper_number number;
	enum paper_kind kind;
	uint64_t entry;
	uint32_t page; /* from 1; 0: not said. It is the only one, or was printed by a version that did not say it */
};
void paper_code_put(const struct paper_code *c, char ret[PAPER_CODE_MAX]);
int paper_code_get(struct slice text, struct paper_code *ret, struct err *e) MUST;

#endif
