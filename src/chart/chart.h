/* chart: facts -> the chart store and its questions. A view: it has no truth of its own and can be deleted and rebuilt from the ledger up to any entry.
 *
 * How it stays exact (DESIGN 8)
 *   - One row holds one message's facts for one patient, hung for ever on the identifier it was sent under, indexed by (identifier, entry).
 *   - A person is a set of identifiers as of an entry. Merge, move, link and un-merge change only that set (interval rows), never a fact.
 *   - A page folds a person's rows up to an entry in memory. So any past moment is the same code as now, and un-merge restores both charts byte for byte.
 *   - Folding: precedence is result status, then source time, then entry. Field values replace, FACT_NULL deletes, absent leaves alone. What is replaced stays as history.
 *   - Everything applied from one entry and the number of that entry are committed in one transaction.
 * The store is a list of named questions (chart_store.h, internal) with two implementations: SQLite, and memory for tests. No SQL outside the SQLite one.
 */
#ifndef HOLDFAST_CHART_H
#define HOLDFAST_CHART_H

#include "base.h"
#include "contacts.h"
#include "downtime.h"
#include "facts.h"
#include "fhir.h"

struct chart;

#define CHART_NOW UINT64_MAX

struct chart_options {
	bool write;
	bool memory;       /* the in-memory store (tests) */
	int zone_minutes;  /* for times sent without a zone */
	const char *site_name;
	const char *readers; /* versions of the readers, "hl7 1 fhir 1"; NULL: not compared. Stored in a new view; another one: ERR_CORRUPT with "rebuild it" */
	bool keep;           /* write, too: a view of other readers is opened all the same, for readers to have while chart_bulk makes the next one; nothing else can be written to it (chart_stale) */
	bool rebuild;        /* write, too: a view that is damaged or of another version is no error, it is dropped; chart_bulk follows */
	void (*alive)(void *arg); /* may be NULL. Called now and then within an entry that means work on very many persons, so that a watchdog does not take it for a hang */
	void *arg;
};
/* path: SITE/view/chart.db. Reading works with the writer running, stopped cleanly or killed (persistent WAL), from another uid without write permission. ERR_NOT_FOUND: no view yet. A view of another version:
 * ERR_CORRUPT with "rebuild it". */
int chart_open(const char *path, const struct chart_options *o, struct chart **ret, struct err *e) MUST;
void chart_close(struct chart *c); /* NULL is fine */
bool chart_stale(const struct chart *c);     /* it was made by other readers: chart_bulk first */
const char *chart_readers(struct chart *c); /* as stored: with the head, what a logged view was made from */

/* ---- applying (one writer) --------------------------------------------------------------------------------------------- */

struct chart_born { /* an identifier first seen in an entry that was erased since */
	uint64_t entry;
	uint32_t index; /* among those first seen there */
	uint8_t space;
	struct fact_ident id;
};
struct chart_entry {
	uint64_t seq;
	int64_t time;         /* receive time */
	uint8_t kind, flags;  /* as in the leaf */
	struct slice source;
	uint64_t size;
	bool erased;          /* its body is: no facts; only the identifiers in born are known by it */
	const struct chart_born *born;
	size_t born_n;
};
/* Stage one entry with what was read from it. facts NULL: an entry without facts (envelope, fragment, pack, ...), still counted by kind. Entries come in order without gaps; one at or below the applied
 * one is ignored. Site entries with JSON bodies (audit, session, alarm, account, identity, quarantine) are handed in with `body`. */
int chart_apply(struct chart *c, const struct chart_entry *en, const struct facts *f, struct slice body, struct err *e) MUST;
int chart_commit(struct chart *c, struct err *e) MUST;
uint64_t chart_applied(struct chart *c); /* entries 0..n-1 are in: the number of applied, committed entries */
/* Bulk mode for rebuilds: indexes are made at the end; readers see the old view until the new one takes its place. */
int chart_bulk(struct chart *c, bool on, struct err *e) MUST;
int chart_pin(struct chart *c, bool pinned, struct err *e) MUST; /* view rebuild --to: stays where it is */
bool chart_pinned(struct chart *c);

/* ---- a copy of the view: its file as of the last commit, byte for byte, to start from after a rebuild of the site ----------- */

struct chart_copy;
/* By the writer, with nothing staged. Quick; the writer goes on meanwhile, what it commits stays in the log until the copy is closed, and chart_bulk must wait for that. ERR_BUSY: a reader is in the way: later. */
int chart_copy_open(struct chart *c, struct chart_copy **ret, struct err *e) MUST;
uint64_t chart_copy_size(const struct chart_copy *k);
uint64_t chart_copy_entries(const struct chart_copy *k); /* as chart_applied */
int chart_copy_read(const struct chart_copy *k, void *out, size_t n, uint64_t offset, struct err *e) MUST; /* exactly n; from any thread, one at a time */
void chart_copy_close(struct chart_copy *k); /* NULL is fine */
/* What a copy and a program must have in common: "v3.hl7.1.fhir.1", from the store's version and readers ("hl7 1 fhir 1"). */
#define CHART_VERSION_MAX 48
void chart_version(const char *readers, char ret[CHART_VERSION_MAX]);

/* ---- erasing entries: what would go, and what must stay (the rule stands in chart_erase.c) ---------------------------------- */

#define CHART_ERASING_LISTED 1000
struct chart_erasing_options {
	uint64_t from, to;      /* the entries [from, to) */
	const uint64_t *extra;  /* and these, rising, each below from: what an earlier erasure kept */
	size_t extra_n;
	uint64_t active_since;  /* of whom anything came in this entry or later has a chart in use */
	bool order;             /* they go whatever rests on them: keep says what would have stayed, and numbers that live on are born all the same */
};
struct chart_erasing_person {
	char id[32];
	bool inside; /* in the house */
};
struct chart_erasing {
	uint64_t applied;                  /* what the view held when it was asked */
	uint64_t rows;                     /* messages' statements about persons */
	uint64_t persons, gone;            /* of whom something lies there; of whom nothing would remain */
	uint64_t active, inside;           /* whose chart is in use; of them in the house */
	struct chart_erasing_person *listed; /* those in use, the first of them */
	size_t listed_n;
	uint64_t *keep;                    /* entries that must stay, rising (chart_erasing_done) */
	size_t keep_n, kept_active;        /* kept_active: of them for charts in use */
	struct chart_born *born;           /* in order of (entry, index) */
	size_t born_n;
};
int chart_erasing(struct chart *c, const struct chart_erasing_options *o, struct arena *a, struct chart_erasing *ret, struct err *e) MUST;
void chart_erasing_done(struct chart_erasing *x);
/* The entries in [from, to) of which the view holds rows, in order, until fn says true. */
int chart_rows_among(struct chart *c, uint64_t from, uint64_t to, bool (*fn)(void *arg, uint64_t entry), void *arg, struct err *e) MUST;
void chart_born_put(struct buf *out, const struct chart_born *b, size_t n);                                                          /* of one entry, as JSON */
int chart_born_read(struct slice json, struct arena *a, struct chart_born **ret, size_t *ret_n, struct err *e) MUST; /* empty: none. entry is the caller's to set */

/* ---- as of -------------------------------------------------------------------------------------------------------------- */

/* A moment: entries [0, end) are in. CHART_NOW: all applied. */
struct chart_moment {
	uint64_t end;
	int64_t time; /* receive time of the last one; 0 when empty */
};
int chart_at_entry(struct chart *c, uint64_t seq_inclusive, struct chart_moment *ret, struct err *e) MUST;
int chart_at_time(struct chart *c, int64_t t, struct chart_moment *ret, struct err *e) MUST; /* what had been received by then */
int chart_now(struct chart *c, struct chart_moment *ret, struct err *e) MUST; /* with the newest entry that can change a chart: behind it stand views, sign-ins, packs. As is a time that is later */

/* ---- a patient ------------------------------------------------------------------------------------------------------------ */

enum chart_section_id { CHART_ALLERGIES, CHART_PROBLEMS, CHART_MEDICATIONS, CHART_ADMINISTRATIONS, CHART_RESULTS, CHART_VITALS, CHART_REPORTS, CHART_ORDERS, CHART_DOCUMENTS, CHART_APPOINTMENTS, CHART_CONTACTS, CHART_CARE_TEAM,
	CHART_IMMUNIZATIONS, CHART_PROCEDURES, CHART_VISITS, CHART_FLAGS, CHART_COVERAGE, CHART_ECGS, CHART_OTHER, CHART_SECTIONS };
const char *chart_section_name(enum chart_section_id s); /* "allergies" ... as in the JSON */

/* Rule 1: silence is another thing than "no new results", and each feed is judged for itself. */
enum chart_feed_state { CHART_FRESH, CHART_AGEING, CHART_STALE, CHART_NEVER, CHART_ENDED /* nobody waits for it: chart_feed.c says when */ };
struct chart_source {            /* a feed that has spoken of a section */
	struct slice feed;
	enum fact_origin origin;
	int64_t received;            /* its newest word on this section */
	struct slice source_time;    /* the newest time that it states for one */
	uint64_t entry;
	/* once judged (chart_judge) */
	enum chart_feed_state state;
	int64_t last_time, stale_after; /* when it last spoke, of anybody: silent since then; what it is judged by. last_time 0: the view counts no such feed */
	struct chart_source *next;
};
#define CHART_SOURCES_MAX 32     /* of a section: those that spoke last */
struct chart_section {
	enum fhir_section_state state; /* list, stated none, not received: blank is a defect */
	struct fact_item *items;       /* current ones and, with another state, what was replaced or deleted; newest first by clinical time */
	uint32_t count;                /* current ones */
	int64_t received;              /* newest receive time of anything about this section, 0: never */
	struct slice source_time;      /* newest source time */
	struct slice feed;             /* who spoke last */
	struct chart_source *sources;  /* who spoke of it at all, newest first */
	bool sources_more;             /* and others before them */
	enum chart_feed_state feeds_state; /* once judged: the worst of those somebody waits for, CHART_ENDED when of none; CHART_NEVER: nobody spoke */
	uint64_t entry;
	bool incomplete;               /* some message could not be read in part, or an entry is in quarantine */
	struct fact_item *stated;      /* the fact that said "none", when state is that */
};
struct chart_place {
	struct slice facility, unit, room, bed, text;
};
struct chart_review { /* what a person should look at: facts that came under the survivor between merge and un-merge, id conflicts, reused control ids */
	char what[24];
	uint64_t entry;
	struct slice text;
	struct chart_review *next;
};
struct chart_patient {
	char id[32];                  /* ours */
	struct fact_ident *idents;    /* all identifiers of the person as of the moment; current record number first */
	size_t ident_count;
	const char **replaces;        /* our ids merged into this one */
	size_t replaces_count;
	char replaced_by[32];         /* set when asked for by an id that was merged away */
	struct fact_item *demographics;
	struct chart_place place;     /* current; unit.p == NULL: not in the house */
	struct fact_item *visit;      /* current visit, NULL: none open */
	struct chart_section s[CHART_SECTIONS];
	struct chart_review *review;
	uint32_t lookalikes;          /* others with a confusable name among those in the house, and among all who are known those born on the same day (chart_lookalike.c) */
	bool test, incomplete, is_protected;
	struct chart_moment moment;
	int64_t judged;               /* when chart_judge was asked; 0: not */
	const struct chart_given *given; /* for chart_last_given */
	size_t given_count;
	const struct chart_dose *doses;  /* for chart_doses */
	const char *site_name;
};
/* id: ours ("p4711"), or a record number, or "number@assigner". Several persons with that number: ERR_EXISTS, and ret_ids (may be NULL) lists ours, LF between. ERR_NOT_FOUND. Everything lives in the arena. */
int chart_patient(struct chart *c, struct slice id, struct chart_moment at, struct arena *a, struct chart_patient **ret, struct buf *ret_ids, struct err *e) MUST;
/* Which of the feeds that its sections hang on are silent now, each by its own rhythm. For a page of the present: what was silent at a past moment is not kept. */
int chart_judge(struct chart *c, struct chart_patient *p, int64_t now, struct arena *a, struct err *e) MUST;
/* The newest administration that was given of a medication order (linked by order number, else by drug), or NULL; ret_not_given (may be NULL): the newest one that was not, when it is newer. */
const struct fact_item *chart_last_given(const struct chart_patient *p, const struct fact_item *order, const struct fact_item **ret_not_given);
/* The administrations of a medication order, given or not, linked in the same way, in the order of their section; order NULL: those that belong to no order here. At most max; returns how many there are. */
size_t chart_doses(const struct chart_patient *p, const struct fact_item *order, const struct fact_item **ret, size_t max);
void chart_summary(const struct chart_patient *p, struct fhir_summary *ret); /* for IPS */

/* ---- the house ---------------------------------------------------------------------------------------------------------------- */

struct chart_vital { /* the newest of its kind */
	struct slice code, name, value, unit, flag, time; /* a pair is "120/80" */
	int64_t received;
};
struct chart_bedside { /* what a bed's line shows beside the name; see chart_bedside */
	enum fhir_section_state vitals_state, orders_state;
	struct chart_vital vitals[8]; /* newest first */
	size_t count;
	uint32_t open_orders;         /* asked for and neither done nor cancelled, of any kind */
	uint32_t awaited_results;     /* of those the ones for the laboratory or another diagnostic service that has not reported yet: see chart_bedside.c for what counts */
};
struct chart_row { /* one line of census or search */
	char id[32];
	struct slice name_family, name_given, birth, sex, number, assigner; /* number: current record number */
	struct chart_place place;
	enum fact_origin origin;   /* of who said so last */
	struct slice visit, visit_class, status;
	struct slice since;        /* admitted or moved in, ISO text */
	struct slice attending;
	int64_t received;          /* newest about this patient */
	enum fhir_section_state allergy_state;
	struct slice alerts;       /* "allergies: penicillin · isolation", for the bed line */
	bool lookalike, merged, incomplete, is_protected, test, deceased;
	const struct chart_bedside *bedside; /* NULL: not asked for */
	struct chart_row *next;
};
struct chart_unit {
	struct slice facility, unit;
	uint32_t patients, beds;   /* beds known from master files, 0: not known */
	struct chart_unit *next;
};
/* Current places only: who is in the house as of the moment, by facility, unit, room, bed. unit empty: all. */
int chart_census(struct chart *c, struct chart_moment at, struct slice unit, struct arena *a, struct chart_row **ret, size_t *ret_count, struct err *e) MUST;
/* Fills row->bedside from the patient's page, which costs what a page costs: for a unit's list, not for a house's. */
int chart_bedside(struct chart *c, struct chart_row *row, struct chart_moment at, struct arena *a, struct err *e) MUST;
int chart_units(struct chart *c, struct chart_moment at, struct arena *a, struct chart_unit **ret, struct err *e) MUST;
/* TEXT: words of names in any order (folded, prefixes; joined or apart; ae for an umlaut; kana of any kind), a record number (also with @ and its assigner, in any case), a visit number, a
 * birth date (1957-03-12, 12.03.1957, 19570312) or beside a name a year of birth, phonetically near names after the exact ones. */
int chart_search(struct chart *c, struct slice text, struct chart_moment at, size_t max, struct arena *a, struct chart_row **ret, size_t *ret_count, struct err *e) MUST;

struct chart_feed { /* each feed's silence is judged against its own learned rhythm by hour */
	struct slice name, source;
	uint64_t messages, last_entry;
	int64_t last_time;
	int64_t usual_gap, stale_after; /* ns: learned for this hour */
	enum chart_feed_state state;
	uint32_t last_hour[60];         /* messages a minute, oldest first, up to now */
	struct chart_feed *next;
};
int chart_feeds(struct chart *c, int64_t now, struct arena *a, struct chart_feed **ret, struct err *e) MUST;
/* The alarm "this feed is silent" has one id wherever it is raised: "feed-" and the feed's name, of which 80 bytes are kept. Over several channels it is one alarm. */
#define CHART_ALARM_MAX 96
void chart_feed_alarm(struct slice feed, char ret[CHART_ALARM_MAX]);
struct chart_count {
	struct slice name; /* "ADT^A01", "kind audit" ... */
	uint64_t count, uninterpreted, problems, last_entry;
	struct chart_count *next;
};
int chart_counts(struct chart *c, struct arena *a, struct chart_count **ret, struct err *e) MUST; /* by message type */
struct chart_event { /* audit, sessions, alarms, accounts, identity, quarantine: newest first */
	uint64_t entry;
	int64_t time;
	uint8_t kind;
	enum fact_origin origin;   /* chart_timeline: of what was sent */
	struct slice user, what, patient, reason, text; /* user: chart_timeline: the feed of what was sent */
	struct chart_event *next;
};
int chart_events(struct chart *c, uint8_t kind /* 0: all */, struct slice patient_or_user /* empty: all */, uint64_t before /* CHART_NOW */, size_t max, struct arena *a, struct chart_event **ret, struct err *e) MUST;
int chart_timeline(struct chart *c, struct slice id, struct chart_moment at, uint64_t before, size_t max, struct arena *a, struct chart_event **ret, struct err *e) MUST; /* every entry about a patient */
/* FHIR search by type across patients: ids of persons / items by (type, param). Used by the web role with fhir_types. after: 0, or what ret_next was; ret_next 0: these were the last. */
int chart_persons_page(struct chart *c, struct chart_moment at, uint64_t after, size_t max, char (*ret)[32], size_t *ret_count, uint64_t *ret_next, struct err *e) MUST;
uint64_t chart_person_count(struct chart *c);

/* ---- recordings (ECGs) ------------------------------------------------------------------------------------------------------------ */

/* Whose a recording is is never guessed. It is matched by itself only where file or sender name a record number with its assigner, known here, of a person whose birth date (or an order of that very person) agrees as well,
 * and nothing else contradicts; or where the sender named a person of this chart with two identifiers, and they agree. All others are unmatched until somebody says whose they are, with two identifiers (chart_ecg_match.c).
 * A signed reading is changed by an addend, or by reopening it with a reason, and by nothing else (chart_ecg_fold.c). An act that was made for a state which is not there any more does not count. */
enum chart_ecg_reading { CHART_ECG_UNREAD, CHART_ECG_READING, CHART_ECG_SIGNED, CHART_ECG_AMENDED, CHART_ECG_REJECTED };
enum chart_ecg_list { CHART_ECG_TODO_UNREAD, CHART_ECG_TODO_UNMATCHED, CHART_ECG_LIST_MINE, CHART_ECG_LIST_SIGNED, CHART_ECG_LIST_ALL };

struct chart_ecg_act {
	uint64_t entry;
	int64_t time;
	struct slice by, act, json; /* json: the entry's body */
	const struct json_node *node;
	bool counts;                /* false: too late, or not possible then: kept and shown, without effect */
	struct chart_ecg_act *next;
};
struct chart_ecg {
	uint64_t entry, basis;      /* basis: the newest act that changed how it is read, else the entry: what a next one has to be based on */
	int64_t received;
	struct slice source, by;    /* by: of source "ecg/NAME" the name */
	const struct fact *fact;    /* FACT_ECG */
	const struct fact *file, *claimed; /* FACT_PATIENT; NULL: nothing said */
	struct chart_row *patient;  /* NULL: unmatched */
	bool by_identifiers;        /* matched by itself, and nobody has looked at it yet */
	struct slice matched_by;    /* who has */
	enum chart_ecg_reading reading;
	struct slice urgency, order;
	bool review, unreadable;
	bool masked;                /* set by who shows it: a protected person whose record was not opened: no finding is written */
	const struct json_node *stands, *draft; /* the act "sign" or "read" */
	struct slice signed_by, drafted_by;
	int64_t signed_at, drafted_at;
	struct {
		struct slice id;        /* empty: it is no minute of a live strip */
		uint32_t entries;       /* of the strip; 0: was not asked for */
		uint64_t newest;        /* the entry of its newest minute */
		int64_t from, to;
	} strip;
	uint32_t candidates;        /* persons whom it may be of: counted for unmatched ones */
	uint64_t rank;              /* private */
	struct chart_ecg_act *acts, **last_act;
	struct chart_ecg *next;
};
struct chart_ecg_counts {
	uint32_t unread, unmatched, urgent, review;
};
struct chart_ecgs_ask {
	enum chart_ecg_list list;
	struct slice patient;       /* our id; empty: all */
	struct slice text;          /* a word of the patient's or the claimed name, or a number; empty: all */
	struct slice user;          /* CHART_ECG_LIST_MINE; also: sent by this one alone, where only_sent */
	bool only_sent;
	bool fold;                  /* a live strip is one row: its newest minute, or of what is to be done the first that asks for somebody */
	bool brief;                 /* without counting candidates */
	struct slice strip;         /* the minutes of this one alone */
	uint64_t before;            /* what ret_next said, or CHART_NOW */
	size_t max;
};
/* Newest first; what is to be done: stat, then urgent by its statements, then urgent, then the oldest first. *ret_next CHART_NOW: these were the last. */
int chart_ecgs(struct chart *c, const struct chart_ecgs_ask *q, struct arena *a, struct chart_ecg **ret, uint64_t *ret_next, struct err *e) MUST;
int chart_ecg_counts(struct chart *c, struct chart_ecg_counts *ret, struct err *e) MUST;
int chart_ecg(struct chart *c, uint64_t entry, struct arena *a, struct chart_ecg **ret, struct err *e) MUST; /* ERR_NOT_FOUND */
/* How far the live strip of this id (doc/api.md) and time of sample 0 is kept, as the chart has it: one past the newest sample that is in an entry; entries 0: nothing is. */
struct chart_strip_kept {
	uint64_t end, entries, newest;
};
int chart_strip_kept(struct chart *c, const char *id, int64_t start, double rate, struct chart_strip_kept *ret, struct err *e) MUST;
/* The same person's earlier recordings, newest first. */
int chart_ecg_others(struct chart *c, const struct chart_ecg *g, size_t max, struct arena *a, struct chart_ecg **ret, struct err *e) MUST;

/* ---- sent back to the EHR (chart_ecg_deliver.c says what is due when) */
enum chart_delivery_state { CHART_DELIVERY_UNKNOWN /* bytes may have gone out, nothing was answered to them */, CHART_DELIVERED, CHART_DELIVERY_REFUSED };
struct chart_ecg_delivery {
	uint64_t entry, version;    /* of the act "delivering"; of the act whose reading it was (of a withdrawal: of what was delivered) */
	int64_t time, answered;
	struct slice to, control_id, status /* P F C X, as OBR-25 */, patient /* our id then */, ack, text;
	enum chart_delivery_state state;
	struct chart_ecg_delivery *next;
};
enum chart_due { CHART_DUE_NOTHING, CHART_DUE_SAME /* the bytes of `of` once more */, CHART_DUE_PRELIMINARY, CHART_DUE_FINAL, CHART_DUE_CORRECTED, CHART_DUE_WITHDRAWN /* from the person of `of` */ };
struct chart_ecg_due {
	enum chart_due what;
	uint64_t version;
	const struct chart_ecg_delivery *of;
	unsigned attempts;          /* how often this version was sent under other control ids */
	bool refused;               /* ... and an attempt was refused */
};
int chart_ecg_deliveries(const struct chart_ecg *g, struct arena *a, struct chart_ecg_delivery **ret, struct err *e) MUST; /* the oldest first */
/* same_person: whom the last delivered one spoke of is whose the recording is now (the caller knows merges). again: also what was refused before. preliminary: also what nobody has read, once. */
void chart_ecg_due(const struct chart_ecg *g, const struct chart_ecg_delivery *list, struct slice to, bool same_person, bool again, bool preliminary, struct chart_ecg_due *ret);
const char *chart_delivery_word(enum chart_delivery_state s); /* "unknown" "delivered" "refused" */

enum { CHART_ECG_NUMBER = 1, CHART_ECG_BIRTH = 2, CHART_ECG_FAMILY = 4, CHART_ECG_GIVEN = 8, CHART_ECG_SEX = 16, CHART_ECG_ORDER = 32 };
struct chart_ecg_candidate {
	struct chart_row *row;
	uint32_t agrees, differs;   /* CHART_ECG_x */
	bool withheld;              /* set by who shows it: a protected record that was not opened */
	struct chart_ecg_candidate *next;
};
/* Persons whom it may be of: what agrees, and what speaks against it. The best first, at most 20. Nobody is matched by this. */
int chart_ecg_candidates(struct chart *c, const struct chart_ecg *g, struct arena *a, struct chart_ecg_candidate **ret, struct err *e) MUST;
/* One person against it. ERR_NOT_FOUND: no such person. */
int chart_ecg_compare(struct chart *c, const struct chart_ecg *g, struct slice patient, struct arena *a, struct chart_ecg_candidate *ret, struct err *e) MUST;
/* The rows of doc/api.md. detail: with channels, acts, notes, what the device says. */
void chart_json_ecg_shared(struct jsonw *w, const struct chart_ecg *g); /* for a link: without acts, candidates and other recordings */
void chart_json_who(struct jsonw *w, const struct chart_row *p, bool withheld); /* the "patient" of an ECG's row; withheld: of a protected record that was not opened */
void chart_json_ecg(struct jsonw *w, const struct chart_ecg *g, bool detail, const struct chart_ecg *previous, const struct chart_ecg_candidate *candidates);

/* ---- what was captured (chart_capture.c) ---------------------------------------------------------------------------------------------- */

/* Items that were written down while the EHR was away, in order, each with how far it is on its way back. Part of the view like all else: the same after a rebuild. A patient is named by an id of ours, a number, or number@assigner:
 * where exactly one person has it, the item is that one's; where several have it, or none, the number is a person of its own until somebody merges it (holdfast identity), and the item is marked. */
enum { CHART_CAPTURE_WITHDRAWAL = 1, CHART_CAPTURE_UNIDENTIFIED = 2, CHART_CAPTURE_FEW_IDENTIFIERS = 4 /* it changes care, and fewer than two were compared */, CHART_CAPTURE_SEVERAL_PERSONS = 8,
	CHART_CAPTURE_FROM_FUTURE = 16, CHART_CAPTURE_UNREADABLE = 32, CHART_CAPTURE_REPLACES_NOTHING = 64 /* what it corrects never came */, CHART_CAPTURE_UNKNOWN_NAMES = 128 };
#define CHART_CAPTURE_FUTURE (5 * 60 * TIME_SEC)
struct chart_capture_act {
	uint64_t entry;
	int64_t time;
	struct slice source, json; /* json: the entry's first line */
	const struct json_node *node;
	bool counts;               /* false: without effect as things stood */
	struct chart_capture_act *next;
};
struct chart_capture {
	uint64_t entry, replaced_by; /* replaced_by: 0: it stands */
	int64_t received, occurred;  /* occurred: INT64_MIN where unreadable */
	struct capture c;            /* read again from its line; of an unreadable one empty */
	struct slice id, root, source, line; /* root: the id of the first of the line of corrections */
	enum capture_owner owner;
	uint32_t flags;              /* CHART_CAPTURE_x */
	struct backload back;        /* state, control id, ack, the entry that holds its message */
	const char *person;          /* our id, as things are now; NULL: it is about nobody */
	struct chart_row *patient;   /* where asked for */
	bool withheld;               /* set by who shows it: of a protected record that was not opened */
	struct chart_capture_act *acts; /* where asked for, in order */
	struct chart_capture *next;
};
struct chart_captures_ask {
	struct slice patient;        /* our id or a number; empty: all */
	int owner, state, kind;      /* -1: all */
	bool unsettled;              /* those that are open, reviewed or unknown */
	bool newest_first, patients, acts; /* patients, acts: fill them in */
	uint64_t from;               /* 0, or what *ret_next said (newest first: CHART_NOW at first) */
	size_t max;                  /* 0: all there are */
};
/* *ret_next CHART_NOW: these were the last. */
int chart_captures(struct chart *c, const struct chart_captures_ask *q, struct arena *a, struct chart_capture **ret, uint64_t *ret_next, struct err *e) MUST;
int chart_capture(struct chart *c, uint64_t entry, struct arena *a, struct chart_capture **ret, struct err *e) MUST; /* with patient and acts; ERR_NOT_FOUND */
int chart_capture_by_id(struct chart *c, struct slice id, struct arena *a, struct chart_capture **ret, struct err *e) MUST;
struct chart_capture_counts {
	uint64_t n[OWNER_COUNT][BACK_SUPERSEDED + 1];
};
int chart_capture_counts(struct chart *c, struct chart_capture_counts *ret, struct err *e) MUST;
void chart_json_capture(struct jsonw *w, const struct chart_capture *x, bool detail); /* doc/api.md */

/* ---- whom to call ---------------------------------------------------------------------------------------------------------- */

struct chart_contact {
	struct contact is;
	enum contact_when when;      /* of the time asked for */
	struct slice source;         /* the list; of a master file its sender */
	bool master;
	uint64_t entry;
	int64_t received;
	uint32_t order;              /* in its list */
};
struct chart_contact_list {      /* that was imported, the newest of its source */
	struct slice source, file;
	size_t n;
	uint64_t entry;
	int64_t received;
	struct chart_contact_list *next;
};
struct chart_contacts_ask {
	int64_t now;                 /* who is on call is a matter of it */
	int category;                /* enum contact_category; -1: all */
	struct slice source;         /* of one list; empty: all */
	struct slice unit;           /* of this unit alone; empty: all */
	bool unit_and_house;         /* with unit: of staff those of the unit, or of none, and all of the other categories: what a unit's own sheet shows */
	bool on_call;                /* only who is on call at that time */
	bool past;                   /* and lines whose time is over */
};
/* By category, those on call now first, then by unit. Everything lives in the arena (64 MiB is room for two lists of the largest size). ret_lists may be NULL. */
int chart_contacts(struct chart *c, struct chart_moment at, const struct chart_contacts_ask *q, struct arena *a, struct chart_contact **ret, size_t *ret_n, struct chart_contact_list **ret_lists, struct err *e) MUST;
void chart_json_contact(struct jsonw *w, const struct chart_contact *x);
void chart_json_contacts(struct jsonw *w, const struct chart_contact *v, size_t n, const struct chart_contact_list *lists);

/* ---- specimens that were captured ---------------------------------------------------------------------------------------------- */

enum chart_specimen_state { CHART_SPECIMEN_COLLECTED, CHART_SPECIMEN_SENT, CHART_SPECIMEN_RECEIVED, CHART_SPECIMEN_RESULTED, CHART_SPECIMEN_DELIVERED, CHART_SPECIMEN_LOST, CHART_SPECIMEN_STATES };
const char *chart_specimen_state_name(enum chart_specimen_state s); /* "collected" "sent" "received" "resulted" "delivered" "lost" */
enum chart_specimen_open { CHART_SPECIMEN_CLOSED, CHART_SPECIMEN_NEVER_SENT, CHART_SPECIMEN_NEVER_RECEIVED, CHART_SPECIMEN_NO_RESULT, CHART_SPECIMEN_NOT_DELIVERED, CHART_SPECIMEN_OPENS };
const char *chart_specimen_open_name(enum chart_specimen_open o);   /* "sent, never received"; of a closed one "" */
struct chart_specimen {
	struct slice number, person, test, unit, to; /* person: our id */
	uint32_t said[CHART_SPECIMEN_STATES];        /* how often each was written down */
	int64_t at[CHART_SPECIMEN_STATES], since;    /* when, as last said; since: of the furthest */
	enum chart_specimen_state furthest;
	uint64_t entry;                              /* of the newest item that names a person; 0: none does */
	bool several;                                /* the number was written down for more than one person */
	struct chart_specimen *same_slot, *next;     /* same_slot: private */
};
struct chart_specimens {
	struct chart_specimen *first;                /* the longest open first, then those that are closed */
	size_t n;
	uint64_t had[CHART_SPECIMEN_STATES], by_open[CHART_SPECIMEN_OPENS], open, unnumbered; /* unnumbered: items without a number, which nobody can follow */
};
enum chart_specimen_open chart_specimen_is_open(const struct chart_specimen *s);
int chart_specimens(struct chart *c, struct arena *a, struct chart_specimens *ret, struct err *e) MUST; /* as things are now */
void chart_json_specimen(struct jsonw *w, const struct chart_specimen *s, bool withheld);
void chart_json_specimen_counts(struct jsonw *w, const struct chart_specimens *x); /* members of an object */

/* ---- lists of calls ---------------------------------------------------------------------------------------------------------- */

struct chart_call_mark {
	enum call_state state;
	bool counts;                 /* false: what stood was settled already; kept all the same */
	struct slice by, note;
	int64_t at, received;        /* when it was done; when it was written down */
	uint64_t entry;
	struct chart_call_mark *next;
};
struct chart_call {
	char id[48];                 /* "ENTRY-N" */
	struct contact_call is;      /* as the newest import has it */
	struct chart_call_list *list;
	enum call_state state;
	uint32_t tries;              /* marks that are an attempt: called, no-answer, reached */
	struct chart_call_mark *marks, **last; /* in the ledger's order */
	uint64_t entry;
	int64_t received;
	uint32_t order;              /* private */
	bool several;                /* more than one person has that number */
	struct chart_row *patient;   /* who has the record number; NULL: nobody, or several, or not asked for */
};
struct chart_call_list {
	struct slice name, title, by;
	enum call_kind kind;
	uint32_t n, counts[CALL_STATES];
	uint64_t entry;              /* the newest that brought calls */
	int64_t received;
	struct chart_call_list *next;
};
struct chart_calls_ask {
	struct slice list;           /* of this name alone; empty: all */
	struct slice call;           /* this one alone */
	int state;                   /* enum call_state; -1: all */
	bool open;                   /* those that are not settled */
	bool patients;               /* with .patient */
	size_t max;                  /* 0: all */
};
/* List by list, in each by time of the appointment, then as they were imported. What is counted in the lists is all, whatever is asked for. ret_more: how many more there are than max. */
int chart_calls(struct chart *c, struct chart_moment at, const struct chart_calls_ask *q, struct arena *a, struct chart_call ***ret, size_t *ret_n, size_t *ret_more, struct chart_call_list **ret_lists, struct err *e) MUST;
void chart_json_call(struct jsonw *w, const struct chart_call *x, bool withheld);
void chart_json_call_list(struct jsonw *w, const struct chart_call_list *l);

/* Appointments that stand (proposed, pending or booked) and begin in [from, until), ns: of everybody whom a feed told of one. */
struct chart_appointment {
	char person[32];
	struct slice number, family, given, birth, phone, phone2;
	const struct fact_item *item;
	int64_t begins;
};
int chart_appointments(struct chart *c, struct chart_moment at, int64_t from, int64_t until, size_t max, struct arena *a, struct chart_appointment **ret, size_t *ret_n, struct err *e) MUST; /* ERR_LIMIT: more than max */

/* ---- one item by its id --------------------------------------------------------------------------------------------------- */

/* Whose chart holds the item with this id (as fact_item.id), and the item in it: for reading one FHIR resource. Everything lives in the arena. ERR_NOT_FOUND. */
int chart_find_item(struct chart *c, struct slice item_id, struct chart_moment at, struct arena *a, struct chart_patient **ret_patient, const struct fact_item **ret_item, struct err *e) MUST;
/* The same by the name that a sender of FHIR gave it, "Observation/abc". Each sender's ids are its own: feed's comes first; ERR_EXISTS where several others have one of that name. */
int chart_find_named(struct chart *c, struct slice name, struct slice feed, struct chart_moment at, struct arena *a, struct chart_patient **ret_patient, const struct fact_item **ret_item, struct err *e) MUST;
/* Patients that entry seq spoke of: our ids (as they are at the moment), each once, in order. For answering what was just stored. */
int chart_entry_patients(struct chart *c, uint64_t seq, struct chart_moment at, struct arena *a, char (**ret)[32], size_t *ret_count, struct err *e) MUST;

/* ---- JSON: what `chart ... --json` prints and the viewer reads (FHIR's names for what FHIR has); shape in holdfast-chart(1) ------------- */

void chart_json_patient(struct jsonw *w, const struct chart_patient *p, const struct fhir_options *o);
void chart_json_rows(struct jsonw *w, const struct chart_row *rows, struct chart_moment at, const struct fhir_options *o); /* census and search */
void chart_json_feeds(struct jsonw *w, const struct chart_feed *f);
/* The canonical export up to a moment: every person in a fixed order, as JSON lines. Same ledger and reader versions, same bytes. */
int chart_export(struct chart *c, struct chart_moment at, int (*sink)(void *arg, struct slice line, struct err *e), void *arg, struct err *e) MUST;

#endif
