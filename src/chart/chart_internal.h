/* chart's own header: what its files share. One subject a file:
 *
 *   chart_open.c      open, close, moments' bookkeeping, counters
 *   chart_apply.c     one entry into the store: the order of things
 *   chart_ident.c     identifiers, and persons as trees of them
 *   chart_authority.c which spellings of an assigner are one authority
 *   chart_spelling.c  ... and what that joins and takes apart
 *   chart_identity.c  who is whom: merge, link, move, un-merge
 *   chart_header.c    demographics and alerts as folded rows, words for search
 *   chart_word.c      folding and sounds of names
 *   chart_visit.c     visit events -> where a patient is (pure)
 *   chart_stay.c      ... kept as intervals for the bed board
 *   chart_rows.c      a person's rows as statements
 *   chart_key.c       which statements speak of the same thing (pure)
 *   chart_fold.c      statements -> items and sections (pure)
 *   chart_result.c    ... of results (pure)
 *   chart_patient.c   a page
 *   chart_census.c    the house
 *   chart_search.c    search
 *   chart_lookalike.c whom somebody may take for somebody else
 *   chart_feed.c      feeds and their rhythm, counts by type
 *   chart_event.c     audit, sessions, alarms ...; the timeline
 *   chart_ecg.c       recordings applied: the worklist's row, the acts, and what of them stands in a patient's chart
 *   chart_ecg_fold.c  ... a recording and its acts -> what is true of it (pure)
 *   chart_ecg_match.c ... whose it is, and whose it may be
 *   chart_ecg_ask.c   ... questions
 *   chart_ecg_json.c  ... and their JSON
 *   chart_capture.c     what was captured, applied: the item's row, what of it stands in a chart, acts of its way back
 *   chart_capture_ask.c ... questions, and their JSON
 *   chart_specimens.c the register of captured specimens
 *   chart_calls.c     lists of calls: who has to be told something, and what became of it
 *   chart_appointments.c  who has an appointment between two moments
 *   chart_contacts.c  whom to call: imported lists, staff and units of master files
 *   chart_echo.c      what was captured and came back in the EHR's feed: one thing, shown once
 *   chart_time.c      as of
 *   chart_erase.c     what an erasure would take and must leave; what is left of an erased entry
 *   chart_json.c      JSON, export
 */
#ifndef HOLDFAST_CHART_INTERNAL_H
#define HOLDFAST_CHART_INTERNAL_H

#include "chart.h"
#include "chart_store.h"

/* ---- limits ---------------------------------------------------------------------------------------------------------- */

#define CHART_MEMBERS_MAX 4096     /* identifiers of one person */
#define CHART_ROWS_MAX 2000000     /* rows of one person that a page folds */
#define CHART_FEEDS_MAX 4096       /* feeds that are told apart; further ones are counted together */
#define CHART_COUNTS_MAX 4096      /* message types that are told apart; as above */
#define CHART_NAME_MAX 200         /* bytes of a feed's or type's name that are kept */
#define CHART_HISTORY_MAX 200      /* replaced versions shown of one item */
#define CHART_SCRATCH_MAX ((size_t)512 << 20)

/* The numbers of ledger_kind that this view knows by name (ledger.h: numbers are for ever; the chart does not stand on the ledger). */
enum { KIND_HL7V2 = 1, KIND_HL7V2_FRAGMENT = 3, KIND_FHIR = 4, KIND_OTHER = 5, KIND_IDENTITY = 6, KIND_PACK = 17, KIND_QUARANTINE = 18, KIND_ACCOUNT = 19, KIND_SESSION = 20, KIND_AUDIT = 21, KIND_ALARM = 22, KIND_CONFIG = 23, KIND_ECG = 29, KIND_ECG_ACT = 30, KIND_GATE_ACT = 36, KIND_GATE_LETTER = 39, KIND_SHEET = 41, KIND_PACKET = 42, KIND_CAPTURE = 43, KIND_DOWNTIME = 44, KIND_BACKLOAD = 45, KIND_CONTACTS = 47, KIND_DRILL = 49, KIND_SCAN = 51, KIND_CALLS = 52 };
#define LEAF_FLAG_ID_REUSED 0x01

/* ---- rows --------------------------------------------------------------------------------------------------------------- */

/* store_row.flags */
#define ROW_INCOMPLETE 0x01
#define ROW_TEST 0x02
#define ROW_ID_REUSED 0x04
#define ROW_QUARANTINED 0x08
#define ROW_POSTED 0x10 /* written over our own FHIR API: our ids in it are ours */
#define ROW_ORIGIN_SHIFT 6 /* the two high bits: enum fact_origin */

struct row { /* a store_row decoded */
	uint64_t id;
	uint32_t ident;
	uint8_t flags;
	int64_t received, time; /* time: the sender's, else received; ns */
	bool stands;            /* something it said is current: set by the fold */
	struct facts f;         /* one group */
	struct row *next;
};
static inline uint64_t row_entry(const struct row *r)
{
	return store_row_entry(r->id);
}
static inline enum fact_origin row_origin(const struct row *r)
{
	return (enum fact_origin)(r->flags >> ROW_ORIGIN_SHIFT);
}
struct stmt { /* one fact, and who said it when */
	const struct fact *f;
	struct row *row;
	uint32_t index; /* in its group */
	uint32_t group; /* chart_key.c: which thing it speaks of */
	uint8_t section; /* of what it says: set when it is added */
};
struct stmts {
	struct stmt *v;
	size_t n, cap;
};
int row_decode(const struct store_row *r, struct arena *a, struct row **ret, struct err *e) MUST;
bool stmts_add(struct stmts *s, struct arena *a, const struct fact *f, struct row *row, uint32_t index); /* false: arena full */

/* ---- what the writer remembers ------------------------------------------------------------------------------------------- */

struct ident_state { /* of one identifier; a cache that can always be made again */
	uint32_t id;             /* 0: empty slot */
	uint32_t root, epoch;    /* root is right while epoch is the chart's */
	bool time_known;
	int64_t max_time;        /* newest source time of its rows */
	uint64_t patient[2];     /* hashes of demographics that are known to change nothing */
	uint64_t safety;         /* hash of the last allergies and flags */
	uint64_t visit;          /* hash of the last visit and account number that search knows */
	uint64_t key[2];         /* bulk: hash of (number, assigner, space) */
};
#define CHART_STATES 65536 /* slots when not in bulk: 4 MiB */

struct feed {
	struct slice name, source; /* malloced, one block */
	uint64_t messages, last_entry;
	int64_t last_time;
	int64_t clock;             /* of the last message, as its rhythm is learned: chart_feed.c */
	struct feed_hour {
		int64_t mean, longest; /* ns between messages at this hour, learned */
		uint32_t count, day;   /* samples; the day longest was last aged on */
	} hour[24];
	int64_t minute;            /* number of the newest minute counted */
	uint32_t last_hour[60];    /* [minute % 60] */
	bool retired;              /* somebody said so, and nothing has come since */
	bool dirty;
	uint32_t next_in_bucket; /* index + 1 */
};
struct count {
	struct slice name;
	uint64_t count, uninterpreted, problems, last_entry;
	bool dirty;
	uint32_t next_in_bucket;
};
#define CHART_BUCKETS 1024

/* chart_visit.c: pure */
struct visit_event {
	int64_t time;
	uint64_t row, entry;
	uint32_t index, ident;
	int64_t received;
	enum fact_origin origin;
	struct slice attending; /* a person of facts.h */
	const struct fact *f;
	const struct row *src;  /* pages only */
};
struct visit_place {
	struct slice facility, unit, room, bed, text;
};
struct visit {
	struct slice number, assigner, assigner_id, account;
	struct slice status, cls;           /* words of facts.h */
	struct visit_place place;
	bool placed;                        /* in the house, if only somewhere in it */
	struct slice since;                 /* ISO text of the event that brought the patient to this place */
	int64_t place_time;                 /* ... its order among all: the latest one says where a person is */
	uint64_t place_row;
	struct slice attending, start, end, expected, protected_as;
	uint64_t row;                       /* newest event, and what it was sent under */
	uint32_t ident;
	int64_t received, time;
	enum fact_origin origin;
	const char *cancelled; /* by the last cancel, of this event time */
	int64_t cancelled_time;
	struct undo *undo;                  /* events that changed place or status, newest first */
	struct visit_part *parts;           /* all events, newest first, where kept */
	struct fact_item *item;             /* pages: what it became */
	struct visit *next;
};
struct visit_part {
	struct visit_event ev;
	struct visit_part *next;
};
struct visits {
	struct arena *a;
	struct visit *first, *last;
	uint32_t count;
	int64_t last_time; /* newest event */
	uint64_t last_row;
	struct slice heard; /* where a patient was last heard of in a message that moves nobody: a FACT location */
	uint64_t heard_row;
	int64_t heard_time;
};
/* Events must come in order of (time, row, index); parts are kept only when keep is set, and then the facts must live as long as v. Strings are copied into v's arena. false: arena full. */
bool visits_apply(struct visits *v, const struct visit_event *ev, int zone_minutes, bool keep);
bool visits_fold(struct visits *v, struct visit_event *ev, size_t n, int zone_minutes, bool keep); /* sorts ev */
const struct visit *visits_current(const struct visits *v, int64_t now); /* NULL: not in the house, at this receive time */
int64_t visit_expires(const struct visit *v);               /* receive time; INT64_MAX: never by itself */
int64_t visit_event_time(const struct fact *f, const struct facts *m, int64_t received, int zone_minutes);
struct slice visit_attending(const struct fact_group *g);   /* of the message that the event came in */
bool fact_is_visit_event(const struct fact *f);             /* a VISIT fact, or an identity fact that renames visits */

struct visit_slot { /* of one person: the fold so far, and the open stay that shows it */
	uint32_t person, epoch;
	bool moved;
	struct visits v;
	struct arena *a;
	uint64_t stay;      /* 0: none is open */
	uint64_t stay_hash; /* of its body */
	int64_t expires;
};
#define CHART_VISIT_SLOTS 2048 /* 16 KiB each at least */

struct chart {
	struct store *store;
	bool write, bulk, failed, looking;
	int zone_minutes;
	char *site_name, *readers;
	char *readers_next; /* of the view that is to be made, where the one that stands was made by others; NULL: by the same */
	void (*alive)(void *arg);
	void *alive_arg;

	/* committed and staged: the next entry to come */
	uint64_t applied, staged;
	uint64_t spoken; /* entries up to and with the last one that could change a chart (staged): what `now` names, so that looking at a chart does not make another of it */
	int64_t last_time;
	bool pinned, in_transaction;
	uint64_t generation; /* how often another view has taken the old one's place */

	/* the writer's counters, kept in kv */
	uint32_t idents;
	uint64_t persons, edges, moves, stays, reviews, aparts;
	uint64_t weak; /* open edges of EDGE_AUTHORITY */
	struct authorities *authorities; /* NULL: none yet */
	int64_t next_due;
	struct buf times; /* of the block that is filling */
	int64_t times_first, times_last;

	struct feed *feeds;
	size_t feed_count, feed_cap;
	uint32_t feed_bucket[CHART_BUCKETS];
	struct count *counts;
	size_t count_count, count_cap;
	uint32_t count_bucket[CHART_BUCKETS];

	/* caches */
	uint32_t epoch;
	struct ident_state *state;        /* CHART_STATES slots */
	struct ident_state **chunk;       /* bulk: one an identifier, CHART_STATES in a chunk */
	size_t chunks;
	uint32_t *table;           /* bulk: identifiers by hash */
	size_t table_size;
	struct visit_slot *visit_slot;
	uint64_t secret[4];        /* of the hashes */

	struct arena *scratch, *look_arena;
	struct buf blob;
};

#define ASK(c, question, ...) ((c)->store->ops->question((c)->store, __VA_ARGS__))
#define ASK0(c, question) ((c)->store->ops->question((c)->store))

/* chart_open.c */
int chart_look(struct chart *c, struct err *e) MUST; /* before a question: one snapshot until look_done */
void chart_look_done(struct chart *c);
static inline void chart_look_cleanup(struct chart **c)
{
	if (*c)
		chart_look_done(*c);
}
/* struct chart *LOOK held = NULL; CHART_LOOK(c, held, e); ends by itself */
#define LOOK __attribute__((cleanup(chart_look_cleanup)))
#define CHART_LOOK(c, held, e)                                                                                                                   \
	do {                                                                                                                                         \
		int look_r_ = chart_look(c, e);                                                                                                          \
		if (look_r_ < 0)                                                                                                                         \
			return look_r_;                                                                                                                      \
		held = c;                                                                                                                                \
	} while (0)
int chart_natural(struct slice a, struct slice b); /* "9" before "10": chart_census.c */
uint64_t chart_end(struct chart *c, struct chart_moment at); /* entries below this are in */
int chart_grow(struct arena *a, void **v, size_t n, size_t *cap, size_t size, struct err *e) MUST; /* room for one more of size behind the n in *v, with what was there */
int chart_no_memory(struct arena *a, struct err *e);         /* what a NULL from the arena means */
int chart_begin(struct chart *c, struct err *e) MUST;
uint64_t chart_hash(const struct chart *c, int key, uint64_t seed, struct slice s);
int chart_give_up(struct chart *c, int r); /* the transaction is undone, r handed back */

/* ---- applying: one entry, one group at hand ---------------------------------------------------------------------------------- */

struct touched { /* persons whose places must be looked at again when the entry's identity events are done */
	uint32_t *v;
	size_t n, cap;
};
struct apply {
	struct chart *c;
	const struct chart_entry *en;
	const struct facts *f;
	struct arena *a;
	int64_t time;         /* the sender's, else receive time */
	uint64_t end;         /* en->seq + 1: this entry's own effects are seen */
	uint32_t group;
	uint32_t fresh;       /* identifiers first seen in this entry */
	bool test;
	enum fact_origin origin;
	struct touched touched;
};

/* chart_identity.c */
enum { EDGE_ALSO = 1, EDGE_MERGE = 2, EDGE_CHANGE = 3, EDGE_LINK = 4, EDGE_MOVE = 5, EDGE_SAME_NUMBER = 6, EDGE_AUTHORITY = 7 };
enum { ENDED_UNMERGE = 1, ENDED_UNLINK = 2, ENDED_REROOT = 3, ENDED_MOVE = 4, ENDED_AUTHORITY = 5 };
enum { MOVE_VISIT = 1, MOVE_ACCOUNT = 2 };
enum { SPACE_RECORD = 1, SPACE_OTHER = 2, SPACE_TEST = 0x80 };
enum { REVIEW_CONFLICT = 1, REVIEW_UNMERGED = 2, REVIEW_UNMERGED_FROM = 3, REVIEW_OLD_MERGE = 4, REVIEW_NOT_MERGED = 5, REVIEW_LINK_DIFFERS = 6, REVIEW_DELETED = 7, REVIEW_ID_REUSED = 8, REVIEW_AMBIGUOUS = 9,
	REVIEW_SAME_NUMBER = 10, REVIEW_QUARANTINE = 11, REVIEW_CAPTURED_DIFFERS = 12, REVIEW_AUTHORITY = 13 };

/* chart_ident.c */
bool ident_is_record(struct slice type);
struct ident_state *ident_state(struct chart *c, uint32_t id); /* lives until the next one is asked for */
int ident_get_or_make(struct apply *p, const struct fact_ident *i, uint32_t *ret, bool *ret_new, struct err *e) MUST;
int ident_born(struct apply *p, const struct fact_ident *i, uint8_t space, uint32_t index, struct err *e) MUST; /* made as if it were first seen in this entry, as the index-th */
int born_apply(struct apply *p, struct err *e) MUST; /* chart_erase.c */
int ident_find(struct apply *p, const struct fact_ident *i, uint32_t *ret, struct err *e) MUST; /* 0: not known */
int ident_find_in(struct chart *c, const struct fact_ident *i, uint8_t space, uint32_t *ret, struct err *e) MUST;
bool ident_joins(const struct fact_ident *i); /* of the numbers sent with a patient: one that names the patient across messages */
bool ident_is_number(struct slice value);     /* and not what stands for none */
int ident_of_group(struct apply *p, const struct fact_group *g, uint32_t *ret, bool *ret_new, struct err *e) MUST;
int ident_join_also(struct apply *p, const struct fact_group *g, uint32_t id, bool *ret_conflict, struct err *e) MUST;
int identity_apply(struct apply *p, const struct fact *t, uint32_t id, uint64_t row, struct err *e) MUST;
int identity_entry(struct apply *p, struct slice json, struct err *e) MUST;
int64_t chart_sane_time(int64_t t, int64_t received);
int identity_same_number(struct apply *p, uint32_t id, struct err *e) MUST; /* number without assigner: the only one with an assigner and the same person */
int person_root(struct chart *c, uint32_t id, uint64_t end, uint32_t *ret, struct err *e) MUST;
int ident_merged(struct chart *c, uint32_t id, uint64_t end, bool *ret, struct err *e) MUST; /* is it a number that was merged away? */
int review_put(struct apply *p, uint32_t ident, uint8_t what, uint32_t other, uint64_t since, struct err *e) MUST; /* once a pair and kind */
bool touch(struct apply *p, uint32_t person);

struct member {
	uint32_t ident;
	uint32_t parent_index; /* of the member it hangs on; its own for the root */
	uint16_t depth;        /* merges between it and the root: 0 are current numbers */
	uint8_t why;           /* of the edge above it */
	struct store_ident info;
};
struct members {
	struct member *v;
	size_t n;
};
/* Root first. With info (value, assigner, ...), or only the numbers. */
int person_members(struct chart *c, uint32_t root, uint64_t end, bool info, struct arena *a, struct members *ret, struct err *e) MUST;
int ident_load(struct chart *c, uint32_t id, struct arena *a, struct store_ident *ret, struct err *e) MUST;
void ident_our_id(const struct store_ident *i, char out[32]);
int ident_by_our_id(struct chart *c, struct slice s, uint64_t end, uint32_t *ret, struct err *e) MUST; /* ERR_NOT_FOUND */
void ident_split(struct slice composite, struct fact_ident *ret);

/* ID as people give it: ours, a number, number@assigner, or a number that is no record's (account, visit, ...). ret_asked, ret_ids may be NULL. chart_patient.c */
int person_find(struct chart *c, struct slice id, uint64_t end, struct arena *a, uint32_t *ret_root, uint32_t *ret_asked, struct buf *ret_ids, struct err *e) MUST;
/* The identifiers that a text names exactly, each once. */
struct ident_list {
	struct store_ident *v;
	size_t n, cap;
};
int idents_of_text(struct chart *c, struct slice text, uint64_t end, struct arena *a, struct ident_list *ret, struct err *e) MUST;

/* chart_authority.c */
#define AUTHORITY_NAMES_MAX 32
struct authority_names { /* n above the maximum: there are more than are kept */
	struct slice v[AUTHORITY_NAMES_MAX];
	size_t n;
};
int authority_load(struct chart *c, struct err *e) MUST;
void authority_forget(struct chart *c);
int authority_use(struct apply *p, struct slice name, struct err *e) MUST; /* a number came with this assigner */
/* A statement: ret are the spellings in use for which it may begin or end something; none when it was known. */
int authority_say(struct apply *p, struct slice name, struct slice id, struct authority_names *ret, struct err *e) MUST;
bool authority_same(struct chart *c, struct slice a, struct slice b);
void authority_others(struct chart *c, struct slice name, struct authority_names *ret); /* the other spellings in use of this one's authority, in no order */

/* chart_spelling.c */
struct names { /* the ends of an edge as the message had them */
	uint32_t child, parent;
	int64_t time;
};
int identity_join(struct apply *p, uint32_t child, uint32_t parent, uint8_t why, struct names n, struct err *e) MUST;
int identity_part(struct apply *p, const struct store_edge *x, uint8_t ended_by, struct err *e) MUST;
int identity_told_apart(struct apply *p, uint32_t a, uint32_t b, bool *ret, uint64_t *ret_ended, struct err *e) MUST; /* did somebody? ret_ended: the newest entry that did */
int spelling_statements(struct apply *p, const struct facts *f, struct err *e) MUST; /* before the groups of a message */
int spelling_join(struct apply *p, uint32_t id, const struct fact_ident *i, bool *ret_any, struct err *e) MUST; /* i, which has the number id; ret_any: there are such */
int spelling_join_group(struct apply *p, const struct fact_group *g, uint32_t id, struct err *e) MUST;
int spelling_twins(struct apply *p, uint32_t id, uint32_t root, uint32_t ret[AUTHORITY_NAMES_MAX], size_t *ret_n, struct err *e) MUST; /* its other spellings in that person */
int spelling_split(struct apply *p, const struct store_edge *x, uint8_t ended_by, struct err *e) MUST; /* an EDGE_AUTHORITY ends */

/* chart_rows.c: everything said of a person (mark 0) or the marked rows, in order of row; what a move took to somebody else is left out, what one brought is in. */
struct person_rows {
	struct stmts s;
	struct row *rows;  /* newest first */
	bool moved;        /* moves had a say */
	uint32_t *others;  /* roots of the persons that moves tie to this one */
	size_t other_count;
};
int rows_of_person(struct chart *c, uint32_t root, const struct members *m, uint64_t end, int mark, struct arena *a, struct person_rows *ret, struct err *e) MUST;

/* chart_header.c */
enum { LAYER_FED, LAYER_CAPTURED, LAYER_MENTION, LAYERS };
struct header_value {
	struct slice *v;
	uint32_t n;
	int64_t time; /* when it was said: only after a fold from rows, else 0 */
	uint64_t row;
};
struct header {
	const struct header_value *val[LAYERS][FF_COUNT]; /* NULL: not stated */
	struct fact_ident *idents; /* every identifier ever sent with it, its own first */
	size_t ident_count, ident_cap;
	enum fhir_section_state allergies;
	struct slice *allergy_names, *flag_names;
	size_t allergy_count, flag_count;
	bool is_protected, has_safety;
};
int header_load(struct chart *c, uint32_t ident, uint64_t end, struct arena *a, struct header **ret, struct err *e) MUST; /* an empty one when there is none */
int header_of_group(struct apply *p, const struct fact_group *g, uint32_t ident, struct header **ret, struct err *e) MUST; /* what is known of it and what this message says */
int header_apply(struct apply *p, const struct fact_group *g, uint32_t ident, struct err *e) MUST;
/* The person's: own numbers first, then what was merged in; fills what nobody above has said. */
int person_header(struct chart *c, const struct members *m, uint64_t end, struct arena *a, struct header **ret, struct err *e) MUST;
struct fact *header_fact(const struct header *h, struct arena *a); /* the PATIENT fact; NULL: nothing said, or arena full */
struct slice header_get(const struct header *h, uint8_t field);    /* first value by layers; SLICE_NULL absent or deleted */
bool header_agrees(const struct header *a, const struct header *b, bool *ret_sure); /* could be one person; sure: birth date and name say so */
int words_of_header(struct apply *p, const struct header *h, uint32_t ident, struct err *e) MUST; /* chart_search.c */
int words_of_visit(struct apply *p, const struct fact *f, uint32_t ident, struct err *e) MUST;
bool stmt_is_safety(const struct fact *f);

/* chart_word.c: pure */
#define WORD_BYTES_MAX 96 /* of a word in the index; what is longer is cut between characters */
void word_fold(struct buf *out, struct slice text); /* appended, not longer than utf8_fold makes it: that, and what stands for the same to who searches (kana, digits, apostrophes) */
size_t words_split(struct slice text, struct buf *room, struct slice *out, size_t max); /* folded words of a text, slices of room (which must have 4 bytes free for each of text) */
bool words_join(const struct slice *w, size_t n, struct buf *room, struct slice *ret); /* "o", "connor": "oconnor"; false: one word, or too long */
bool word_plain(struct slice folded, struct buf *room, struct slice *ret);            /* "mueller": "muller"; false: it is its own plain form */
bool word_year(struct slice text, char out[5]);                                       /* 1850 to 2150 */
void word_sound(struct slice folded, struct buf *out);                                  /* appended: how it sounds, roughly, in the languages that use Latin letters */
bool words_near(struct slice a, struct slice b);                                        /* folded: same sound, or one slip of the pen */
bool word_date(struct slice text, char out[11]);                                        /* 1957-03-12, 12.03.1957, 12/03/1957 (day first; month first where only that fits), 19570312 */

/* chart_stay.c */
struct stay { /* store_stay.body */
	uint32_t ident;
	struct slice visit, visit_assigner, cls, status, facility, unit, room, bed, text, since, attending, protected_as;
	enum fact_origin origin;
};
int stay_decode(struct slice body, struct stay *ret, struct err *e) MUST;
int stay_event(struct apply *p, const struct fact_group *g, uint32_t ident, uint64_t row, struct err *e) MUST;
int stay_recompute(struct apply *p, struct err *e) MUST; /* the touched persons */
int stay_expire(struct apply *p, struct err *e) MUST;
void stay_forget(struct chart *c);

/* chart_key.c */
struct key_ctx;
bool same_letters(struct slice a, struct slice b); /* but for the case of ASCII */
struct key_ctx *keys_new(struct arena *a, const struct stmts *s); /* NULL: arena full */
/* Gives every statement the number of the thing it speaks of; returns how many things, SIZE_MAX: arena full. */
size_t keys_group(struct key_ctx *k, struct stmts *s); /* s->v[i].group */
struct slice order_key(const struct key_ctx *k, const struct fact *f); /* the order that a medication order or an administration belongs to; empty: none */

/* chart_fold.c: pure */
struct fold {
	struct arena *a;
	int zone_minutes;
	struct chart_section *s; /* CHART_SECTIONS of them */
	struct key_ctx *k;
	struct chart_review *review, **last_review;
	bool failed;             /* arena full */
	struct scope *scopes;
	struct made { /* every item, in order of making */
		struct fact_item *it;
		int64_t time; /* to sort by */
		uint8_t section;
	} *made;
	size_t made_count, made_cap;
};
void fold_init(struct fold *x, struct arena *a, int zone_minutes, struct chart_section *sections);
void fold_sections(struct fold *x, const struct stmts *s); /* all but visits */
void fold_echoes(struct fold *x); /* chart_echo.c: what was captured here, and the EHR tells of */
void mistaken_review(struct fold *x, const struct stmts *all, const struct fact *patient); /* messages that name somebody else: chart_mistaken.c */
void fold_visits(struct fold *x, struct visits *v); /* after fold_sections; needs kept parts */
void fold_incomplete(struct fold *x, struct row *rows);    /* last */
enum chart_section_id section_of(const struct fact *f);
bool is_vital(const struct fact *f);
struct fact_item *item_new(struct fold *x, const struct stmt *said, const struct fact *f, const struct stmt *first, enum fact_state state); /* NULL: arena full */
void item_put(struct fold *x, struct fact_item *it, const struct stmt *said);
struct fact_item *items_of(struct fold *x, const struct stmt *s, size_t n, const struct stmt *but); /* as history: newest first, without repetitions */
const struct stmt *first_said(const struct stmt *s, size_t n);
struct fact *fact_merged(struct fold *x, const struct stmt *s, size_t n); /* later fields over earlier ones; "" takes away */
const struct fact *fact_shown(struct fold *x, const struct stmt *s, size_t n);
bool fact_same(const struct fact *a, const struct fact *b);
static inline bool fact_says(const struct fact *f, uint8_t field, const char *what)
{
	return slice_eq_str(fact_get(f, field), what);
}
void fold_result(struct fold *x, const struct stmt *s, size_t n); /* chart_result.c: statements of one thing in order of (time, row, index) */
void review_add(struct fold *x, const char *what, uint64_t entry, struct slice text);

/* chart_patient.c */
int patient_by_root(struct chart *c, uint32_t root, uint64_t end, struct arena *a, struct chart_patient **ret, struct err *e) MUST;

/* chart_search.c */
int row_of_item(struct slice id, uint64_t end, uint64_t *ret, uint32_t *ret_index); /* our item id; ERR_NOT_FOUND: it is none */
size_t name_word(struct slice name, uint8_t *key);     /* the same for a resource's name, "Observation/abc" */
int names_apply(struct apply *p, const struct fact_group *g, uint32_t ident, struct err *e) MUST;
size_t number_word(struct slice number, uint8_t *key); /* the index's word for a number; key holds WORD_BYTES_MAX + 8. 0: nothing in it */
int lookalike_words(struct chart *c, struct slice family, struct slice given, store_word_fn *fn, void *arg, struct err *e) MUST; /* those whose whole (folded) name is this or sounds so, in either order */
int lookalike_born(struct chart *c, struct slice birth, store_word_fn *fn, void *arg, struct err *e) MUST;

/* chart_lookalike.c, which says who is one */
int lookalike_count(struct chart *c, const struct header *h, uint32_t root, uint64_t end, struct arena *a, uint32_t *ret, struct err *e) MUST; /* at most 99 */
int lookalike_rows(struct chart_row *rows, bool by_unit, struct arena *a, struct err *e) MUST; /* by_unit: of two in one unit only; rows in order of units */

/* chart_census.c */
/* One line of census or search; y NULL: it is asked for. Strings in a; scratch is reset. */
int row_of_person(struct chart *c, uint32_t root, const struct stay *y, uint64_t end, struct arena *a, struct arena *scratch, struct chart_row *ret, struct err *e) MUST;

/* chart_feed.c */
int feed_decided(struct apply *p, const struct json_node *n, struct err *e) MUST; /* a feed retired, or expected again */
int feed_apply(struct chart *c, const struct chart_entry *en, const struct facts *f, struct err *e) MUST;
int feed_load(struct chart *c, struct err *e) MUST;
int feed_save(struct chart *c, struct err *e) MUST;
void feed_forget(struct chart *c);

/* chart_event.c */
int event_apply(struct apply *p, struct slice body, struct err *e) MUST;

/* chart_ecg*.c */
#define ECG_ASSIGNER "holdfast-ecg" /* of our numbers of recordings: the entry's */
enum { ECG_UNREADABLE = 1, ECG_REVIEW = 2, ECG_AUTO = 4 /* its own entry matched it */, ECG_BY_IDENTIFIERS = 8 /* ... and nobody has looked */, ECG_WEIGHS = STORE_ECG_WEIGHS /* its statements are urgent */ };
enum { ECG_TODO_UNREAD = 1, ECG_TODO_UNMATCHED = 2, ECG_TODO_REVIEW = 4, ECG_TODO_URGENT = 8 };
int ecg_apply(struct apply *p, const struct facts *f, struct err *e) MUST;
int ecg_act_apply(struct apply *p, struct slice body, struct err *e) MUST;
struct ecg_taken { /* as it is now, with what was done */
	struct arena *a;
	struct store_ecg s;
	struct chart_ecg *g;
};
int ecg_load(struct apply *p, uint64_t entry, struct ecg_taken *ret, struct err *e) MUST;
/* What stands in the patient's chart from this entry on. over: it stands for a whole strip: so long, and what is urgent in another minute of it; NULL: for itself. */
struct ecg_over {
	const char *seconds;
	const struct chart_ecg *urgent;
};
int ecg_put_row(struct apply *p, const struct store_ecg *s, const struct chart_ecg *g, const struct ecg_over *over, uint32_t ident, const char *title, bool gone, struct err *e) MUST;
void ecg_span(const struct chart *c, const struct chart_ecg *g, int64_t *ret_from, int64_t *ret_to);

/* chart_ecg_strip.c */
#define ECG_GROWS "strip" /* the title of a row by which a strip's one item only grows or moves: the timeline shows the newest of them */
struct strip_said {
	uint32_t ident;
	struct store_ecg_act act; /* entry 0: nobody has said anything of the strip */
};
int strip_follow(struct apply *p, const struct store_ecg *s, struct chart_ecg *g, struct strip_said *ret, struct err *e) MUST;
int strip_first(struct apply *p, struct slice strip, uint32_t ident, uint64_t *ret, struct err *e) MUST; /* the minute that stands for what is this one's of the strip; UINT64_MAX: none is */
/* After minute m (g) was stored: the rows of its strip. first: strip_first of before; was: how m was read before. all: said of the whole strip, or the minute has just come. */
struct strip_step {
	uint64_t first;
	enum chart_ecg_reading was;
	bool all, own; /* own: m had a person before */
};
int strip_show(struct apply *p, const struct ecg_taken *m, uint32_t ident, const struct strip_step *x, const char *title, struct err *e) MUST;
int ecg_decode(const struct store_ecg *s, struct arena *a, struct chart_ecg *ret, struct err *e) MUST; /* as its entry says, nothing done yet; slices are of s */
bool ecg_fold(struct chart_ecg *g, const struct json_node *act, uint64_t entry, int64_t time, struct slice by); /* pure; false: it has no effect */
void ecg_sort(const struct chart_ecg *g, bool matched, struct store_ecg *s); /* due, rank, reading, flags, last of its state */
struct slice ecg_user(struct slice source); /* "web/ada": "ada" */
struct slice ecg_act_name(const struct json_node *act);
int ecg_whose(struct apply *p, const struct chart_ecg *g, uint32_t *ret, struct err *e) MUST; /* 0: nobody can say without a person */
int ecg_compare(struct chart *c, const struct chart_ecg *g, uint32_t root, uint64_t end, struct arena *a, uint32_t *ret_agrees, uint32_t *ret_differs, struct err *e) MUST;

/* chart_capture*.c */
int groups_apply(struct apply *p, struct err *e) MUST; /* chart_apply.c: p->f, p->time and p->origin are set */
int captured_apply(struct apply *p, struct slice body, struct err *e) MUST;
int backload_act_apply(struct apply *p, struct slice body, struct err *e) MUST;
bool contacts_are(const struct apply *p, const struct fact_group *g); /* chart_contacts.c: a list that was imported, or taken away */
int contacts_note(struct apply *p, const struct fact_group *g, uint64_t row, struct err *e) MUST;
bool calls_are(const struct apply *p, const struct fact_group *g); /* chart_calls.c: a list of calls, or a mark on one */
int calls_note(struct apply *p, const struct fact_group *g, uint64_t row, struct err *e) MUST;

/* chart_time.c */
int times_apply(struct chart *c, uint64_t seq, int64_t t, struct err *e) MUST;
int times_save(struct chart *c, struct err *e) MUST;
int times_load(struct chart *c, struct err *e) MUST;
int times_of(struct chart *c, uint64_t seq, int64_t *ret, struct err *e) MUST;
int times_of_staged(struct chart *c, uint64_t seq, int64_t *ret, struct err *e) MUST; /* the writer's: the block that is filling, too */

#endif
