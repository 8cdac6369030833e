/* notice: who is to be told of a breach of personal data, until when and why; and with which letter or form.
 *
 * Pure: facts of a case in, duties out; no file, clock, ledger or network. What it says is prepared for a privacy officer and is no legal advice: each duty names its source and how far that source was checked.
 */
#ifndef HOLDFAST_NOTICE_H
#define HOLDFAST_NOTICE_H

#include "base.h"
#include "paper.h"
#include "person.h"

/* ==== duties ====
 *
 * The rules are data: rules.tsv, a row a rule, with its citation, since when it stands, and how it was checked. doc/notice.md says how each column is read. */

#define NOTICE_PLACES_MAX 512              /* places of residence in one case */
#define NOTICE_PERSONS_MAX UINT64_C(10000000000)
#define NOTICE_FILE_MAX ((size_t)16 << 20) /* a case's JSON */

/* A day, as days since 1970-01-01 of the proleptic Gregorian calendar. */
int32_t notice_day_of(int y, int m, int d);                /* y 1..9999, a day that there is */
void notice_day_civil(int32_t day, int *y, int *m, int *d);
int notice_weekday(int32_t day);                           /* 0 Sunday .. 6 Saturday */
bool notice_us_holiday(int32_t day);                       /* a federal holiday (5 U.S.C. 6103(a)), or the Friday before or the Monday after one that falls on a weekend (6103(b); E.O. 11582); Juneteenth from 2021 */
int32_t notice_business_days(int32_t from, unsigned n); /* the n-th day after from that is neither Saturday, Sunday nor a federal holiday */
int32_t notice_months(int32_t from, unsigned n);        /* the same day n months later, or that month's last */

/* The zones of a place: "US-TX", "FR", "CN". Rules of daylight saving are those in force (United States: Energy Policy Act of 2005; European Union: Directive 2000/84/EC). A place may have several zones. */
struct notice_zones;
const struct notice_zones *notice_zones_of(struct slice place);                              /* NULL: not known */
int64_t notice_midnight(const struct notice_zones *z, int32_t day, int *ret_offset);      /* when that day begins there: the earliest of its zones; ns UTC; offset: minutes east of UTC */
int32_t notice_local_day(const struct notice_zones *z, int64_t at);                       /* the day it is there: the earliest of its zones */
int notice_offset(const struct notice_zones *z, int64_t at);                                 /* of its first (most populous) zone */
bool notice_offset_is(const struct notice_zones *z, int64_t at, int offset);                 /* whether one of its zones is that far from UTC then */

/* A moment as somebody wrote it: a day, or a time. */
struct notice_moment {
	bool given, timed;
	bool zoned;        /* with an offset other than Z */
	int32_t day;    /* as written */
	int64_t at;        /* timed: ns UTC */
	int offset;        /* timed: minutes east of UTC, as written */
};

struct notice_count {
	uint64_t low, high; /* low <= high; the same where the count is sure */
};

struct notice_place {
	char code[12];      /* "US-TX", "CA-ON", "FR"; "US": a state that is not known; "ZZ": a country that is not known */
	bool known;         /* a place there is (ISO 3166), or one of the two above */
	struct notice_count persons;
};

enum notice_role { /* what the entity is besides its kind; a bit each */
	NOTICE_ROLE_PART2 = 1,      /* a program of 42 CFR part 2, or a holder of its records */
	NOTICE_ROLE_LISTED = 2,     /* files Form 8-K with the SEC */
	NOTICE_ROLE_CIRCIA = 4,     /* a covered entity of 6 U.S.C. 681b, which is not HIPAA's word */
	NOTICE_ROLE_NIS2 = 8,       /* essential or important entity; in Britain an operator of essential services */
	NOTICE_ROLE_OES = 16,       /* FR: opérateur de services essentiels */
	NOTICE_ROLE_CII = 32,       /* CN: operator of critical information infrastructure */
	NOTICE_ROLE_STATE = 64,     /* a state's own organ or public agency */
	NOTICE_ROLE_CRA = 128,      /* a consumer reporting agency */
	NOTICE_ROLE_BROKER = 256,   /* sells information about persons */
};
enum notice_kind { NOTICE_COVERED_ENTITY, NOTICE_BUSINESS_ASSOCIATE, NOTICE_PHR_VENDOR, NOTICE_CONTROLLER, NOTICE_PROCESSOR };
enum notice_risk { NOTICE_RISK_NOT_JUDGED, NOTICE_RISK_LOW, NOTICE_RISK_LIKELY };

/* Of residents of a place: how many have exactly these classes (PERSON_CLASS_x) in what was touched of them, and in what was acquired. */
struct notice_mix {
	uint16_t place, classes; /* place: index in notice_facts.place */
	uint64_t touched, acquired;
};

/* What duties hang on. Keys of the JSON in doc/notice.md; le's letters read more keys of the same file. */
struct notice_facts {
	struct slice name;
	enum notice_kind kind;
	unsigned roles, roles_not;       /* bits: said to be so, said not to be so */
	char country[4], state[8];       /* "US", "US-TX"; "" : not said */
	bool american;                   /* it is in the United States, or taken to be */
	bool licensed, licensed_said;    /* a clinic or hospital licensed by its state */
	struct notice_moment discovered, determined, notified, hhs_notified, incident_notified, resolved;
	struct notice_place place[NOTICE_PLACES_MAX];
	size_t places;
	struct notice_count total;       /* of all places */
	const struct notice_mix *mix;    /* "combinations"; none: each resident is taken to have all that was touched of anybody */
	size_t mixes;
	uint32_t elements;               /* PERSON_BIT; all that is said */
	bool elements_said, acquired, acquired_said, encrypted, key_taken, paper_only;
	bool deceased_said, bad_addresses_said, misuse;
	struct notice_count deceased, bad_addresses;
	enum notice_risk risk;
	struct slice remarks;            /* what in the file was not understood or is likely a slip, for notice_duties to say */
};
/* ERR_INPUT with the place in the file: not JSON, no discovered, no persons, a count that is none, determined before discovered; ERR_LIMIT: too large, or the arena is full. */
int notice_facts_read(struct slice json, struct arena *a, struct notice_facts *ret, struct err *e) MUST;

void notice_facts_ahead(const struct notice_facts *f, int64_t now, const char *lang, struct buf *ret_remarks); /* a line for each moment that is not yet, now */

enum notice_due_kind { NOTICE_DUE_NONE, NOTICE_DUE_DAY, NOTICE_DUE_TIME };
struct notice_due {
	enum notice_due_kind kind;
	int32_t day;
	int64_t at;  /* TIME: ns UTC */
	int offset;  /* TIME: minutes east of UTC */
};
#define NOTICE_DUE_TEXT 48
const char *notice_due_text(const struct notice_due *d, char out[NOTICE_DUE_TEXT]); /* "2026-03-01", "2026-03-01T10:00:00+01:00"; NULL for none */

enum notice_to { NOTICE_TO_INDIVIDUAL, NOTICE_TO_REGULATOR, NOTICE_TO_CRA, NOTICE_TO_MEDIA, NOTICE_TO_OWNER, NOTICE_TO_SELF };

struct notice_duty {
	struct slice id, jurisdiction, recipient, law, citation, checked, seen_at, seen_since /* the table was made */, text /* of the deadline, as the table has it */, note, effective;
	struct slice recipient_words; /* in the language that was asked for; empty: as recipient, which is the table's */
	enum notice_to to;
	struct notice_due due;     /* the date that the law gives; a time in the zone in which discovery was written */
	struct notice_due local;   /* of a time: the same in the entity's zone; NONE where that is not known */
	struct notice_due latest;  /* where it gives none by itself: not after another duty's date that it hangs on */
	bool may_apply;            /* it hangs on a fact that the case leaves open: why says which */
	bool possible;             /* of notice_duties' second list: it would apply if `why` were so */
	bool by_entity;            /* it is for where the entity is established, whomever it is about */
	bool binding;              /* no other duty to that kind of recipient has an earlier date for the same residents, or by the same establishment */
	struct notice_count count; /* that the threshold was held against */
	struct slice threshold;    /* ">= 500 residents"; empty: none */
	struct slice places;       /* US-TX US-NY, where the duty is for some of several places */
	unsigned months;           /* of credit monitoring to be offered, 0: none */
	struct slice why;          /* sentences */
};
struct notice_duties {
	struct notice_duty *v;   /* those that apply or may apply, by due date, place, id */
	size_t n;
	struct notice_duty *possible; /* those that a fact which is not said, or persons of unknown residence, would add */
	size_t possible_n;
	struct slice remarks;    /* lines, each ending with LF: places without rules, unknown residence, readings that were chosen */
};
/* lang: "en", "fr", "zh" or "es", for why; NULL is en. All is in the arena. ERR_LIMIT, ERR_MEMORY: the arena is full. */
int notice_duties(const struct notice_facts *f, const char *lang, struct arena *a, struct notice_duties *ret, struct err *e) MUST;
void notice_duty_json(struct jsonw *w, const struct notice_duty *d); /* one object */

/* What changed between an earlier array of duties (as notice_duty_json wrote it) and these. */
struct notice_change {
	enum { NOTICE_ADDED, NOTICE_REMOVED, NOTICE_MOVED } what;
	struct slice id, jurisdiction, from, to; /* dates as text; empty: none */
};
int notice_updates(struct slice earlier_json, const struct notice_duties *now, struct arena *a, struct notice_change **ret, size_t *ret_n, struct err *e) MUST;

/* The table itself: rule i of it; false past the end. Slices of the program. */
struct notice_rule {
	struct slice id, jurisdiction, recipient, law, citation, checked, seen_at, seen_since, text, effective, note;
};
bool notice_rule(size_t i, struct notice_rule *ret);

/* ==== letters, forms, the mail-house's file ====
 *
 * A letter is the same for everybody but for what is of one person: who, where, which data. It has the five blocks that 45 CFR 164.404(c)(1) and Cal. Civ. Code 1798.82(d) ask for, in plain language, and below them what the state of the address asks for.
 * Values come from the case (doc/notice.md has its keys), each with the number of the entry it stands in; words come from tables. Persons come one a line of NDJSON and are not kept: a mailing may be as long as it has to be.
 * Nothing is sent, and nothing counts as ready before two persons have signed for it (notice_signed). */

enum notice_lang { NOTICE_EN, NOTICE_ES, NOTICE_FR, NOTICE_ZH, NOTICE_LANGS };
const char *notice_lang_name(enum notice_lang l);
int notice_lang_parse(struct slice s) MUST; /* "es", "es-MX", "Spanish" (person_language); -1: none of the four */
int notice_lang_of(int language) MUST;      /* of a person_language; -1: none of the four */

struct notice_figure {          /* what a text prints besides its words */
	const char *key;        /* "discovered" */
	struct slice value;     /* as the case has it; empty: not said */
	uint64_t entry;         /* of the ledger; 0: typed for this case and of no entry */
};
#define NOTICE_LINES_MAX 16
struct notice_said {            /* the site's own words, by language: paragraphs, or items of a list */
	struct slice line[NOTICE_LANGS][NOTICE_LINES_MAX];
	size_t n[NOTICE_LANGS];
};
enum notice_cause { NOTICE_CAUSE_UNKNOWN, NOTICE_CAUSE_HACKING, NOTICE_CAUSE_RANSOMWARE, NOTICE_CAUSE_EMAIL, NOTICE_CAUSE_THEFT, NOTICE_CAUSE_LOSS, NOTICE_CAUSE_INSIDER, NOTICE_CAUSE_DISCLOSURE, NOTICE_CAUSE_VENDOR, NOTICE_CAUSES };
struct notice_incident {
	struct notice_figure name, discovered, began, ended, total, months;
	struct notice_figure place[NOTICE_PLACES_MAX]; /* key: "US-RI"; value: how many */
	size_t places;
	struct slice entity, neutral /* the name for envelopes that must not tell */, kind, country, state, address /* lines */;
	struct slice phone, email, web, signer, contact;
	struct notice_said hours, happened, doing;
	enum notice_cause cause;
	bool delayed;            /* law enforcement had asked to wait (164.412) */
	struct slice date;       /* of the letters, ISO */
	enum notice_lang lang;   /* of the site's own words where they name none, and of persons who have none or one that the site has no words in */
	struct slice provider, minor_provider, url, mphone, deadline;
	uint32_t elements;       /* of the whole case */
	const struct json_node *root, *entries;
};
/* ERR_INPUT: not JSON, or something of the wrong shape; ERR_LIMIT: too large. What a letter needs and the case does not have is found by notice_incident_ready. The arena and the text have to live as long as it. */
int notice_incident_read(struct slice json, struct arena *a, struct notice_incident *ret, struct err *e) MUST;
int notice_incident_ready(const struct notice_incident *in, struct err *e) MUST; /* ERR_INPUT, with the key that is missing: no letter may go out without it (164.404(c)(1)) */
bool notice_incident_has(const struct notice_incident *in, enum notice_lang l); /* it has the site's own words in that language */

enum notice_protected { NOTICE_PART2 = 1, NOTICE_HIV = 2, NOTICE_GENETIC = 4, NOTICE_REPRODUCTIVE = 8 };
struct notice_person {
	struct slice id;         /* opaque; stands in files, and on no letter */
	struct slice first, middle, last, suffix, addr1, addr2, city, state, zip, country, dob;
	struct slice place;      /* where the person lives, where somebody worked it out: "US-TX"; for what the address does not say */
	struct slice guardian, kin, representative;
	struct slice address_source, address_date, ncoa_code, enrol_code;
	int lang;                /* enum notice_lang; -1: not said, or none of the four */
	int language;            /* person_language: also one in which there are no letters */
	uint32_t accessed, acquired; /* PERSON_BIT */
	unsigned guarded;        /* enum notice_protected, a bit each */
	bool minor, minor_said, deceased, estate, large, bad_address, too_long;
	bool to_guardian, to_person; /* who is written to was decided (a minor with a protected record) */
	uint64_t entry;          /* that its elements stand in */
};
#define NOTICE_PERSON_MAX ((size_t)64 << 10) /* a line */
/* One line. ERR_INPUT: not an object, no person_id, an element or a protection that is none, or a member of the wrong type. */
int notice_person_read(struct slice line, struct arena *a, struct notice_person *ret, struct err *e) MUST;

enum notice_fate { NOTICE_MAIL, NOTICE_NO_ADDRESS /* counts for substitute notice */, NOTICE_NO_KIN /* deceased, nobody known to write to: none is owed, 164.404(d)(1)(ii), (d)(2) */, NOTICE_HOLD_MINOR /* a minor's protected record: somebody has to say who is written to (164.502(g)(3)) */,
	NOTICE_HOLD_NAME, NOTICE_HOLD_NOTHING /* no element */, NOTICE_HOLD_BIRTH /* a date of birth that is none, or that could make this a minor or not */, NOTICE_HOLD_LONG /* a text longer than 200 bytes: no line of an address */, NOTICE_DOUBLE /* of a mailing: this person had a letter */, NOTICE_FATES };
const char *notice_fate_word(enum notice_fate f);
enum notice_addressee { NOTICE_FOR_PERSON, NOTICE_FOR_GUARDIAN, NOTICE_FOR_KIN, NOTICE_FOR_REPRESENTATIVE, NOTICE_FOR_ESTATE };
const char *notice_addressee_word(enum notice_addressee w);

struct notice_style {
	int lang;                /* -1: each person's */
	bool large;              /* all in large print; else those who ask for it */
	bool data_only;          /* rows for a mail-house that prints from its own template: letters have no text */
	bool refs;               /* print the entries behind figures: for whoever checks, not for the mail */
	struct slice code_key;   /* enrolment codes are an HMAC under it; empty: only codes that persons bring */
};
#define NOTICE_CODE_MAX 20
struct notice_letter {
	enum notice_fate fate;   /* only with NOTICE_MAIL is there more */
	enum notice_addressee to;
	enum notice_lang lang;
	bool fallback;           /* in the case's language: the house or the site has no words in the person's */
	bool quiet;              /* a protected record: neutral sender, a first page that tells nothing */
	char template_id[32];    /* "person-en", "guardian-es-large", "person-zh-quiet" */
	char letter_id[16], code[NOTICE_CODE_MAX];
	char place[8];           /* of the addendum: "US-MD"; "" */
	struct slice accessed, acquired; /* in words, with "; " between */
	struct notice_figure *figure;
	size_t figures;
	struct paper_post post;
};
/* number: of the letter in its mailing, from 1. All is in the arena, or of the case, the person and the program. ERR_LIMIT, ERR_MEMORY. */
int notice_letter_make(const struct notice_incident *in, const struct notice_person *p, const struct notice_style *s, uint64_t number, struct arena *a, struct notice_letter *ret, struct err *e) MUST;

/* 15 characters of 23 that are not mistaken for one another and make no words, and a check character over them: one wrong character, and two changed places, are seen. "7KDR-2MXF-9PTW-4HCV" */
void notice_code_make(struct slice key, struct slice what, char ret[NOTICE_CODE_MAX]);
bool notice_code_ok(struct slice code); /* any case, blanks and dashes anywhere */
void notice_letter_number(uint64_t n, char ret[16]); /* "0004711-K" */

/* ---- the file for the mail-house, and what it sends back ---- */

struct notice_mailing;           /* counts, and which persons had a letter: 16 to 32 bytes a person */
int notice_mailing_new(const struct notice_incident *in, const struct notice_style *s, struct notice_mailing **ret, struct err *e) MUST;
void notice_mailing_free(struct notice_mailing *m); /* NULL is fine */
/* The letter of the next person, its row (CSV, RFC 4180, CR LF) at the end of row; no row where the fate is not NOTICE_MAIL. Line breaks and control characters in fields become blanks; a field that a spreadsheet would calculate (= + - @ first) has an apostrophe in front. */
int notice_mailing_add(struct notice_mailing *m, const struct notice_person *p, unsigned batch, struct arena *a, struct buf *row, struct notice_letter *ret, struct err *e) MUST;
void notice_mailing_head(struct buf *row);
void notice_mailing_manifest(const struct notice_mailing *m, const char *sha256_hex, uint64_t bytes, bool bom, uint64_t pages, uint64_t files, const char *files_sha256 /* of what sha256sum prints of all of them */, struct buf *ret); /* JSON; doc/notice.md */
uint64_t notice_mailing_letters(const struct notice_mailing *m);
uint64_t notice_mailing_fallback(const struct notice_mailing *m, struct buf *ret_which); /* letters in the case's language for want of words in the person's; which: "ko 3, vi 12" */
uint64_t notice_mailing_fate(const struct notice_mailing *m, enum notice_fate f);

/* A return file: CSV with letter_id or person_id, and any of printed, mailed (a day), returned (yes, no or a day), reason. Names of columns as people write them. */
struct notice_return {
	const char *name; /* said with its faults; may be NULL */
	struct slice text;
};
struct notice_returns {
	uint64_t sent; /* letters in the file that was sent */
	uint64_t rows, printed, mailed, returned, unknown, twice, bad; /* twice: the same letter said again, the same; bad: rows that contradict or are not understood */
	struct slice first_mailed, last_mailed;                        /* ISO */
	struct slice undeliverable;                                    /* person_id, or letter_id where nothing else is known, LF reason TAB: lines "id TAB reason" */
	struct slice faults;                                           /* lines: what was wrong, and in which row */
};
#define NOTICE_RETURN_MAX ((size_t)2 << 30)
/* Several of one mailing are put together, the oldest first: a letter that all of them speak of counts once. One that came back is back until a later file says that it was mailed again, on a later day, and has not come back. */
int notice_returns_read(const struct notice_return *file, size_t files, struct slice mailfile /* as it was sent; empty: nothing is known, and each row is a letter of its own */, struct arena *a, struct notice_returns *ret, struct err *e) MUST;
/* What substitute notice so many persons without a good address ask for: 164.404(d)(2): fewer than 10, or 10 and more. */
const char *notice_substitute_form(uint64_t persons, const char **ret_citation);

/* ---- notices to the public, and forms ---- */

enum notice_public { NOTICE_SUBSTITUTE_WEB, NOTICE_MEDIA, NOTICE_PUBLICS };
const char *notice_public_name(enum notice_public k);
int notice_public_make(const struct notice_incident *in, enum notice_public k, enum notice_lang lang, bool refs, struct arena *a, struct paper_letter *ret, struct err *e) MUST;

struct notice_form_field {
	struct slice key, label, value, allowed, citation, from; /* value empty: a blank; from: the figure it is taken from */
	uint64_t entry;
	bool required;
};
struct notice_form {
	struct slice id, title, recipient, citation, checked;
	struct notice_form_field *field;
	size_t n, blanks;        /* blanks: required fields that are empty */
};
const char *notice_form_id(size_t i);                 /* NULL: past the last */
int notice_form_make(const struct notice_incident *in, const char *id, struct arena *a, struct notice_form *ret, struct err *e) MUST; /* ERR_NOT_FOUND; ERR_INPUT: an answer of the case is none of those that the form knows */
void notice_form_json(const struct notice_form *f, struct jsonw *w);
int notice_form_paper(const struct notice_form *f, const struct notice_incident *in, struct arena *a, struct paper_letter *ret, struct err *e) MUST;

/* ---- sign-off ---- */

struct notice_signature {
	struct slice who;        /* as the accounts have it */
	uint8_t of[32];          /* SHA-256 of what is signed */
};
#define NOTICE_SIGNERS 2
/* Whether as many different persons as it takes have signed for exactly this. ret_n: how many have. */
bool notice_signed(const uint8_t of[32], const struct notice_signature *v, size_t n, unsigned *ret_n);

#endif
