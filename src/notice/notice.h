/* notice: who is to be told of a breach of personal data, until when and why; and with which letter or form.
 *
 * Pure: facts of a case in, duties out; no file, clock, ledger or network. What it says is prepared for a privacy officer and is no legal advice: each duty names its source and how far that source was checked.
 */
#ifndef HOLDFAST_NOTICE_H
#define HOLDFAST_NOTICE_H

#include "base.h"
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

/* What duties hang on. Keys of the JSON in doc/notice.md; le's letters read more keys of the same file. */
struct notice_facts {
	struct slice name;
	enum notice_kind kind;
	unsigned roles, roles_not;       /* bits: said to be so, said not to be so */
	char country[4], state[8];       /* "US", "US-TX"; "" : not said */
	bool licensed, licensed_said;    /* a clinic or hospital licensed by its state */
	struct notice_moment discovered, determined, notified, hhs_notified, incident_notified, resolved;
	struct notice_place place[NOTICE_PLACES_MAX];
	size_t places;
	struct notice_count total;       /* of all places */
	uint32_t elements;               /* PERSON_BIT; all that is said */
	bool elements_said, acquired, acquired_said, encrypted, key_taken, paper_only;
	bool deceased_said, bad_addresses_said, misuse;
	struct notice_count deceased, bad_addresses;
	enum notice_risk risk;
	struct slice remarks;            /* lines, each ending with LF: what in the file was not understood and is not used */
};
/* ERR_INPUT with the place in the file: not JSON, no discovered, no persons, a count that is none; ERR_LIMIT: too large, or the arena is full. */
int notice_facts_read(struct slice json, struct arena *a, struct notice_facts *ret, struct err *e) MUST;

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
	struct slice id, jurisdiction, recipient, law, citation, checked, seen_at, text /* of the deadline, as the table has it */, effective;
	enum notice_to to;
	struct notice_due due;     /* the date that the law gives; a time in the zone in which discovery was written */
	struct notice_due local;   /* of a time: the same in the entity's zone; NONE where that is not known */
	struct notice_due latest;  /* where it gives none by itself: not after another duty's date that it hangs on */
	bool may_apply;            /* it hangs on a fact that the case leaves open: why says which */
	bool possible;             /* of notice_duties' second list: it would apply if `why` were so */
	bool binding;              /* no other duty to that kind of recipient has an earlier date for the same residents */
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
	struct slice id, jurisdiction, recipient, law, citation, checked, seen_at, text, effective, note;
};
bool notice_rule(size_t i, struct notice_rule *ret);

/* ==== letters, forms, the mail-house's file ==== */

#endif
