/* What the files of duties share: a rule as a row of rules.tsv says it, and the case it is held against. */
#ifndef HOLDFAST_NOTICE_INTERNAL_H
#define HOLDFAST_NOTICE_INTERNAL_H

#include "notice.h"

/* ---- words (notice_words.c) ---- */

/* What was put together in b, kept in a (notice_words.c). Empty: SLICE_NULL. One that did not hold it all makes the arena fail, so that what is made of it does: nothing goes out with a piece missing. */
struct slice notice_kept(struct arena *a, const struct buf *b);

/* The sentence `key` of duties.tsv in lang ("en", "fr", "zh", "es"; NULL: en), with {a}, {b} and {c} filled in, at b's end. A key that is not there asserts. */
void notice_say(struct buf *b, const char *lang, const char *key, struct slice a, struct slice b2, struct slice c);
bool notice_word(const char *key, const char *lang, struct slice *ret);
bool notice_lang(const char *lang);                                       /* one of the four */
const char *notice_word_key(size_t i, char out[64]);                      /* the i-th key; NULL past the end */

/* ---- a case that cannot be so (notice_facts_check.c): ERR_INPUT, or lines at the remarks' end ---- */
/* A remark as it is kept until somebody says in which language: its key and what is filled in, made printable and cut to 40 bytes; and said, a line. */
#define NOTICE_REMARK_PART '\x1f'
void notice_remark(struct buf *b, const char *key, struct slice a, struct slice b2, struct slice c);
void notice_remarks_say(struct buf *b, const char *lang, struct slice kept);
void notice_check_keys(const struct json_node *top, struct buf *remarks);
int notice_check_facts(const struct notice_facts *f, const struct json_node *top, struct buf *remarks, struct err *e) MUST;

/* ---- rules (notice_rules.c) ---- */

enum notice_scope { /* whom and what a rule is for; the first column of reasons in doc/notice.md */
	SCOPE_NEVER, SCOPE_HIPAA, SCOPE_HIPAA_BA, SCOPE_PART2, SCOPE_FTC, SCOPE_CIRCIA, SCOPE_LISTED, SCOPE_STATE, SCOPE_PUBLIC, SCOPE_STATE_HIPAA, SCOPE_LICENSED,
	SCOPE_GDPR, SCOPE_GDPR_PROCESSOR, SCOPE_NIS2, SCOPE_FR_HEALTH, SCOPE_FR_OES, SCOPE_NATIONAL, SCOPE_CN_CII, SCOPE_CN_STATE, SCOPE_CN_OTHER, SCOPE_CN_ANY,
};
enum notice_op { OP_NONE, OP_MORE, OP_LEAST, OP_FEWER };
enum notice_whose { WHOSE_STATE, WHOSE_TOTAL, WHOSE_EACH_STATE, WHOSE_ADDRESSES, WHOSE_DECEASED };
enum notice_clock { CLOCK_NONE, CLOCK_DISCOVERY, CLOCK_DETERMINATION, CLOCK_BASE, CLOCK_YEAR_END, CLOCK_LETTERS, CLOCK_WITH, CLOCK_BEFORE, CLOCK_HHS, CLOCK_INCIDENT, CLOCK_RESOLVED, CLOCK_DISCOVERY_OR_LETTERS, CLOCK_DETERMINATION_OR_LETTERS };
enum notice_unit { UNIT_NONE, UNIT_DAYS, UNIT_BUSINESS_DAYS, UNIT_HOURS, UNIT_MONTHS, UNIT_POSTED };
enum notice_before { BEFORE_SAME, BEFORE_NONE, BEFORE_OPEN, BEFORE_TERM };
enum notice_trigger { TRIGGER_ANY, TRIGGER_ACQUIRED, TRIGGER_ACCESS };
enum notice_harm { HARM_NO, HARM_YES, HARM_CONSULT };
enum notice_hipaa { HIPAA_NO, HIPAA_DEEMED, HIPAA_DEEMED_UNSURE, HIPAA_EXEMPT, HIPAA_EXEMPT_UNSURE, HIPAA_MAIL };
enum notice_doubt { DOUBT_NONE, DOUBT_BROKER, DOUBT_NOHARM, DOUBT_UNCLEAR, DOUBT_OFFER, DOUBT_MISUSE, DOUBT_HIGH_RISK };
enum notice_group { GROUP_CORE = 1, GROUP_MEDICAL = 2, GROUP_INSURANCE = 4, GROUP_BIOMETRIC = 8, GROUP_CREDENTIALS = 16, GROUP_TIN = 32, GROUP_PASSPORT = 64, GROUP_GENETIC = 128, GROUP_DOB = 256 };
#define GROUPS_N 9

struct notice_threshold {
	enum notice_op op;
	uint64_t n;
	enum notice_whose whose;
};

struct notice_term {
	unsigned n;
	enum notice_unit unit;
};

struct rule {
	struct slice id, jurisdiction, recipient, law, citation, effective, hipaa_text, text, note, checked, seen_at, seen_since;
	int to; /* enum notice_to, -1: nobody */
	enum notice_scope scope;
	struct notice_threshold threshold, threshold_before;
	enum notice_clock clock;
	struct notice_term term, term_before;
	bool has_effective;
	int32_t effective_day;
	enum notice_before before;
	unsigned groups;          /* GROUP_x that trigger it */
	unsigned groups_later;    /* of them, those that do so only from groups_day on */
	int32_t groups_day;
	uint32_t needs;           /* PERSON_BIT: one of these besides (offers of credit monitoring) */
	enum notice_trigger trigger;
	enum notice_harm harm;
	bool encryption;
	enum notice_hipaa hipaa;
	unsigned months;
	enum notice_doubt doubt;
	int base;                 /* the rule for individuals of the same state's law, -1: none */
};
#define RULES_MAX 256
/* All of them; ERR_CORRUPT with the line for a table that does not hold (a test sees to it that ours does). */
int notice_rules(struct arena *a, struct rule **ret, size_t *ret_n, struct err *e) MUST;
uint32_t notice_group_elements(unsigned group); /* PERSON_BITs, any of which is of that group */
const char *notice_group_word(unsigned group);  /* "core", "medical" */

/* ---- a case held against the rules (notice_duties.c, notice_judge.c, notice_due.c, notice_why.c) ---- */

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_MAY, VERDICT_POSSIBLE };
struct reason {
	const char *key;
	struct slice a, b;
};
#define REASONS_MAX 12
struct judged {
	enum verdict v;
	struct notice_count count;
	struct notice_count residents; /* of whom count is a part: whose data the law's definition covers; 0, 0: nobody said of each what was touched */
	struct notice_threshold threshold;
	bool older;               /* the discovery was before effective_from: the rule before it */
	bool by_entity;           /* it is for where the entity is, not for who was touched */
	unsigned groups;          /* that were hit */
	struct slice places;
	struct reason reason[REASONS_MAX];
	size_t reasons;
};

struct sheet { /* one call of notice_duties */
	const struct notice_facts *f;
	const char *lang;
	struct arena *a;
	struct rule *rules;
	size_t n;
	const struct notice_zones *zones; /* the entity's, or NULL */
	const char *zone_place;           /* their place */
	int32_t discovered, determined;   /* days, where the entity is */
	bool converted;                   /* the day is not the one that is written in the time */
	bool hipaa, hipaa_subject;        /* HIPAA's duties apply; the entity is under HIPAA */
	int32_t hipaa_due, hhs_due;       /* where hipaa */
	/* laws that were left out, for remarks: lists of places */
	struct buf encrypted, accessed, elements, lowrisk, exempt;
};
void notice_judge(struct sheet *s, const struct rule *r, struct judged *ret);
struct notice_count notice_persons_of(const struct notice_facts *f, struct slice jurisdiction); /* "US-TX"; "CA": with its provinces; "EU": of all members */
bool notice_in_eu(struct slice country);                                                        /* European Union, or EEA */
bool notice_meets(const struct notice_threshold *t, uint64_t n);
bool notice_safe(const struct notice_facts *f);                                                 /* encrypted, and the key was not taken */

struct due {
	struct notice_due due, latest;
	const struct rule *by;    /* whose clock it was: itself or its base */
	enum notice_clock clock;
	struct notice_term term;
	struct notice_due from;   /* what was counted from; NONE: nothing */
	bool taken;               /* from is the last moment that another duty allows, not one that is told */
	bool first;               /* residents were told before it: that day is it */
	bool hipaa;               /* HIPAA's date was taken instead */
};
void notice_due_of(struct sheet *s, const struct rule *r, const struct judged *j, struct due *ret);
int32_t notice_day_there(const struct sheet *s, const struct notice_moment *m);
bool notice_letters_day(struct sheet *s, const struct rule *r, int32_t *ret, bool *ret_told);
struct slice notice_why(struct sheet *s, const struct rule *r, const struct judged *j, const struct due *d); /* p NULL: no room */
int notice_due_cmp(const struct notice_due *a, const struct notice_due *b);                     /* none is last */

#endif
