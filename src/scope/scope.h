/* scope: a case, from what was touched to whom that concerns, and how sure that is.
 *
 * A case is what entries of kind LEDGER_SCOPE say of it: its window, what was brought as evidence, where the content is, who the known persons are, what was asked, assessed and decided by whom and when, each run and each
 * estimate. Folding them again gives the same case; a run's result is a view of its inputs, lies in SITE/scope/NAME, and can be deleted and made again: its hash is in the run's entry.
 *
 * Files -> touched objects (evidence) -> pieces (extract) -> hits (find) -> persons (find; link for whom nobody knew) -> person x element x touch (here) -> duties and letters (notice).
 */
#ifndef HOLDFAST_SCOPE_H
#define HOLDFAST_SCOPE_H

#include "base.h"
#include "person.h"

/* ---- entries (scope_entry.c): LEDGER_SCOPE, a line of JSON each. The bytes of what is kept lie in entries of kind LEDGER_SCOPE_PART before it, which it names -- */

#define SCOPE_NAME_MAX 64          /* letters, digits, - _ . ; not beginning with a dot or dash */
#define SCOPE_TEXT_MAX 4096        /* of a question, a decision, an assessment */
#define SCOPE_PART_MAX ((size_t)32 << 20) /* bytes of one entry of an input that is kept; a larger input is several entries */
#define SCOPE_PARTS_MAX 4096

bool scope_name_ok(struct slice name);

enum scope_what { /* as words in entries: scope_what_word */
	SCOPE_NEW,      /* window, title, discovered, hosts, accounts */
	SCOPE_EVIDENCE, /* a log or list that says what was touched; kept whole */
	SCOPE_CONTENT,  /* where the touched files are read: a folder, with the root that the evidence gives for it */
	SCOPE_PERSONS,  /* a list of known persons; kept whole */
	SCOPE_QUESTION, /* asked, or answered */
	SCOPE_ASSESS,   /* one of the four factors of 45 CFR 164.402(2) */
	SCOPE_DECIDE,   /* a decision, with why */
	SCOPE_PAIR,     /* two records are one person, or are not */
	SCOPE_RUN,      /* a run began or ended: inputs by entry, counts, the hash of the result */
	SCOPE_ESTIMATE, /* how many persons, while a run goes on */
	SCOPE_FACTS,    /* what letters and forms say besides: the entity, its words, its offer (doc/notice.md); the newest counts */
	SCOPE_WHATS
};
const char *scope_what_word(int what); /* "new" ... */

struct scope_act {
	int what;
	struct slice name;      /* of the case */
	struct slice by;        /* who */
	struct slice title;     /* NEW */
	int64_t from, to;       /* NEW: the window, inclusive */
	int64_t discovered;     /* NEW: INT64_MIN where not said */
	struct slice hosts, accounts; /* NEW: separated by blanks; may be empty */
	/* EVIDENCE, CONTENT, PERSONS */
	struct slice file;      /* its name; of CONTENT the folder's path */
	struct slice root;      /* of CONTENT: what its files' paths begin with in the evidence; may be empty: found by itself */
	uint64_t size;
	struct slice sha256;    /* hex, of the whole */
	const uint64_t *part;   /* the entries that hold its bytes, in order */
	uint32_t parts;         /* 0: only the hash is kept (or it is empty) */
	bool reference;         /* only the hash is kept */
	/* QUESTION, ASSESS, DECIDE */
	struct slice subject;   /* the question's number or words; the factor's name; what was decided on */
	struct slice text;
	struct slice outcome;   /* of ASSESS: low, not-low; of DECIDE and QUESTION free */
	/* PAIR */
	struct slice a, b;
	bool same;              /* one person */
	bool open;              /* what was said of it is taken back: nobody has decided (same is false) */
	/* RUN, ESTIMATE, FACTS: their own members, as JSON */
	struct slice json;
};
/* The body. ERR_LIMIT: a text is too long. */
int scope_act_put(const struct scope_act *a, struct buf *ret, struct err *e) MUST;
/* Slices lie in body and arena. ERR_INPUT: it is none, or of a newer version. */
int scope_act_get(struct slice body, struct arena *arena, struct scope_act *ret, struct err *e) MUST;

/* The four factors, in the order of the law: "nature-and-extent", "unauthorized-person", "acquired-or-viewed", "mitigated". NULL past the last. */
const char *scope_factor(int i);

/* ---- the case (scope_case.c) --------------------------------------------------------------------------------------------- */

struct scope_input {
	int what;               /* EVIDENCE, CONTENT, PERSONS */
	struct slice file, root, by;
	uint64_t size;
	struct slice sha256;
	const uint64_t *part;
	uint32_t parts;
	bool reference;         /* only the hash is kept: its file must be there, unchanged, for a run */
	uint64_t entry;
	int64_t time;
};
struct scope_word { /* a question, assessment, decision, with its entry */
	int what;
	uint64_t entry;
	int64_t time;
	struct slice by, subject, text, outcome;
};
struct scope_pair {
	uint64_t entry;
	int64_t time;
	struct slice by, a, b;
	bool same, open; /* as in an act */
};
struct scope_run {
	uint64_t entry;
	int64_t time;
	struct slice by, json;
};
/* What was done about it outside, as entries of kind notice say (doc/formats.md): letters that a mail-house says it mailed, or somebody who was told. A day is YYYY-MM-DD, or empty. */
struct scope_sent {
	uint64_t entry;
	int64_t time;
	bool told;                       /* else: letters */
	struct slice by, file, sha256;   /* told: the proof, where there is one; else the return file */
	struct slice duty, on, reference; /* told: which rule's duty, when, under which number */
	struct slice mail, first, last;  /* letters: SHA-256 of the file that was sent, and the days of mailing */
	uint64_t sent, mailed, returned, no_address; /* letters in that file; how many of them were mailed, and came back; persons who had none for want of an address */
};
struct scope_case {
	struct slice name, title, hosts, accounts, by;
	uint64_t entry;         /* of NEW; the first */
	int64_t opened, from, to, discovered;
	struct scope_input *input;
	size_t input_n;
	struct scope_word *word;
	size_t word_n;
	struct scope_pair *pair;
	size_t pair_n;
	struct scope_run *run, *estimate, *facts;
	size_t run_n, estimate_n, facts_n;
	struct scope_sent *sent;
	size_t sent_n;
	uint64_t last_entry;    /* the newest that says something about it */
	struct arena *a;
};
struct scope_case *scope_case_new(struct slice name, size_t memory); /* NULL: no memory */
void scope_case_free(struct scope_case *c);
/* One entry after the other, of any case (those of others are passed over). What cannot be read is counted in *ret_unreadable (may be NULL) and passed over. ERR_EXISTS: NEW of a name that there is (the first one counts). */
int scope_case_add(struct scope_case *c, uint64_t entry, int64_t time, struct slice body, uint64_t *ret_unreadable, struct err *e) MUST;
/* An entry of kind notice, behind the case's own: what it says was sent or told is kept, anything else and other cases' are passed over. (scope_sent.c) */
int scope_case_sent(struct scope_case *c, uint64_t entry, int64_t time, struct slice body, struct err *e) MUST;
void scope_sent_json(const struct scope_case *c, struct jsonw *w); /* an array, the oldest first */
bool scope_case_exists(const struct scope_case *c);
/* What was decided about these two records last: 1 the same, -1 not, 0 nothing. Looks through all that was said: for many pairs take scope_pairs. */
int scope_case_pair(const struct scope_case *c, struct slice a, struct slice b);
const struct scope_word *scope_case_factor(const struct scope_case *c, const char *factor); /* its newest; NULL: not assessed */

/* The newest that was said about how many persons: a run's, or an estimate's behind it (scope_json.c). The arena is for reading it. */
struct scope_many {
	uint64_t low, point, high, entry;
	bool known, high_known, point_known, running; /* running: an estimate, while files are still read */
};
void scope_case_many(const struct scope_case *c, struct arena *a, struct scope_many *ret);
void scope_case_run_many(const struct scope_case *c, struct arena *a, struct scope_many *ret); /* of its newest run, whatever was estimated since */
/* All of it as one JSON object: what `scope case status --json` prints. */
void scope_case_json(const struct scope_case *c, struct arena *a, struct jsonw *w);

/* The day on which the first letters went: as its newest facts say ("notified"), else as what came back from the mail-house does. YYYY-MM-DD, in the arena or the case's; empty: not said. */
struct slice scope_case_notified(const struct scope_case *c, struct arena *a);
/* The case as the file that duties, letters and forms are made from (doc/notice.md): what its entries and its newest run say, and what its newest facts say besides; each figure with its entry. ERR_NOT_FOUND: there was no run yet. */
int scope_case_notice(const struct scope_case *c, struct buf *ret, struct err *e) MUST; /* scope_notice.c */

/* ---- pairs (scope_pairs.c) ------------------------------------------------------------------------------------------------ */

/* The newest word on each pair. The case has to outlive it, and stay as it is. */
struct scope_pairs;
struct scope_pairs *scope_pairs_new(const struct scope_case *c); /* NULL: no memory */
void scope_pairs_free(struct scope_pairs *s);
const struct scope_pair *scope_pairs_find(const struct scope_pairs *s, struct slice a, struct slice b); /* in either order; NULL: nothing was decided, or it was taken back */

/* A run's grey pairs, and what was said of them since: how many wait, and between how many and how many persons there are by now. The run itself counts so the next time. */
#define SCOPE_QUEUE_MAX 200000u                   /* pairs: nobody looks at more by hand */
#define SCOPE_QUEUE_MEMORY ((size_t)512 << 20)    /* their names */
struct scope_queue;
struct scope_queue *scope_queue_new(void); /* NULL: no memory */
void scope_queue_free(struct scope_queue *q);
/* Two records and the persons that they are taken for. Copies are kept. ERR_LIMIT: more than SCOPE_QUEUE_MAX, or no room for names. */
int scope_queue_add(struct scope_queue *q, struct slice a, struct slice b, struct slice person_a, struct slice person_b, double probability, struct err *e) MUST;
int scope_queue_end(struct scope_queue *q, struct err *e) MUST; /* once, behind the last */
size_t scope_queue_n(const struct scope_queue *q);
/* Takes what the case says now; it has to outlive the queue's next use, or be given anew. */
int scope_queue_decide(struct scope_queue *q, const struct scope_case *c, struct err *e) MUST;
const struct scope_pair *scope_queue_word(const struct scope_queue *q, size_t i); /* NULL: it waits */
struct scope_queue_count {
	uint64_t open, same, different;
	struct scope_many persons; /* low: all that wait are one person each; high: none is */
};
/* run: what the run says; persons: how many it counted, with no grey pair merged. */
void scope_queue_count(const struct scope_queue *q, const struct scope_many *run, uint64_t persons, struct scope_queue_count *ret);

/* ---- exposure: person x element x touch x source (scope_exposure.c) ------------------------------------------------------ */

struct scope_exposure;
struct scope_exposure *scope_exposure_new(void); /* NULL: no memory */
void scope_exposure_free(struct scope_exposure *x);
#define SCOPE_NOBODY UINT32_MAX
/* The number of a person or source: the same id gives the same number. SCOPE_NOBODY: no memory. */
uint32_t scope_exposure_person(struct scope_exposure *x, struct slice id);
uint32_t scope_exposure_source(struct scope_exposure *x, struct slice path, bool acquired);
uint32_t scope_exposure_find(const struct scope_exposure *x, struct slice person); /* SCOPE_NOBODY: nobody of that id */
struct slice scope_exposure_id(const struct scope_exposure *x, uint32_t person);
int scope_exposure_add(struct scope_exposure *x, uint32_t person, uint32_t source, uint32_t elements, struct err *e) MUST;
/* Who turned out to be the same: everything of `person` is `into`'s. Chains are followed. */
int scope_exposure_merge(struct scope_exposure *x, uint32_t person, uint32_t into, struct err *e) MUST;
/* Sorts; until the next add, merge. Order: persons by id, sources by path: the same whatever order things were added in. */
int scope_exposure_end(struct scope_exposure *x, struct err *e) MUST;
struct scope_row {
	struct slice person;
	uint32_t number;           /* of the person */
	uint32_t accessed, acquired; /* sets of elements: in files that were only accessed; in files that were acquired */
	size_t first, n;           /* its places: scope_exposure_place */
};
struct scope_place {
	struct slice path;
	bool acquired;
	uint32_t elements;
};
size_t scope_exposure_rows(const struct scope_exposure *x);
void scope_exposure_row(const struct scope_exposure *x, size_t i, struct scope_row *ret);
void scope_exposure_place(const struct scope_exposure *x, size_t place, struct scope_place *ret);

/* ---- how many persons, while not everything is read (scope_estimate.c) --------------------------------------------------- */

/* Files are read in an order that has nothing to do with what is in them. Each is a sample; who was met in exactly one of them says how many would be new in the next (Good and Turing), and how often two files share somebody,
 * how many there are that nobody met yet (Chao's second estimator; extrapolated as in Chao et al., Ecol. Monogr. 84:45, 2014).
 * low: who was met, all grey pairs merged: so many there are at least. high: 95 %: what was met, none merged, and as many new ones for each file that is left as the once-met were for each that was read, with the spread of that;
 * never over the number of known persons and strangers together where that is known. Where fewer than two files were read there is no upper end (high_known false), and none is made up.
 * An export of a whole department is like no letter: what a hundred letters say is no estimate of it. So the few files that are far larger than the others are read whole, and first (a stratum that is taken in full, as in any survey of businesses), and until that is done there is no upper end; the
 * others are a sample of themselves: who is new in them is new to the large ones, too. */
struct scope_count {
	uint64_t files_read, files_all;
	uint64_t whole_read, whole_all; /* of these: the few large ones, each of which is read and none a sample of the others; 0: there are none */
	uint64_t met;            /* persons, nothing grey merged */
	uint64_t merged;         /* persons, all grey merged; at most met */
	uint64_t once, twice;    /* met in exactly one file, in exactly two, that are no large ones */
	double once_spread;      /* standard deviation, over the files read that are no large ones, of how many once-met persons a file has */
	uint64_t population;     /* no more than that can be concerned; 0: not known */
};
struct scope_estimate {
	uint64_t low, point, high;
	bool high_known, complete; /* complete: every file was read, the interval is that of the grey pairs alone */
};
void scope_estimate(const struct scope_count *c, struct scope_estimate *ret);

/* ---- what needs care beyond the element (scope_flags.c) ------------------------------------------------------------------ */

enum { /* a set */
	SCOPE_MINOR = 1,        /* under 18 on the day of discovery */
	SCOPE_DECEASED = 2,
	SCOPE_PART2 = 4,        /* substance use: 42 CFR part 2 */
	SCOPE_HIV = 8,
	SCOPE_GENETIC = 16,
	SCOPE_REPRODUCTIVE = 32,
	SCOPE_MENTAL = 64,
};
const char *scope_flag_word(unsigned flag); /* "minor" ... */
unsigned scope_flags_of_code(struct slice code);  /* an ICD-10(-CM) code, with or without its dot: chapters and codes of ICD-10-CM 2024 */
unsigned scope_flags_of_text(struct slice text);  /* words of diagnoses and medicines in en, fr, es; whole words only */

#endif
