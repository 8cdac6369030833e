/* chart_store: what the chart asks of whatever keeps its rows. A list of named puts and questions, and one transaction around the entries of a commit.
 *
 * Nothing here knows medicine. A row's content is a blob that only the chart reads; the store knows numbers, intervals and words. Two implementations: chart_sqlite.c
 * (all the SQL there is) and chart_memory.c (tests run every story on both and compare). A third (PostgreSQL) needs only this page.
 *
 * Rules for both
 *   - Entry numbers are below STORE_OPEN. A thing that began with entry `from` and ended with entry `to` holds for a moment `end` (entries 0..end-1 are in) if and only if
 *     from < end && end <= to. STORE_OPEN: it has not ended.
 *   - Identifiers are numbered 1, 2, 3 ... in the order in which they were first seen, so the same ledger gives the same numbers. 0 is the house itself (master files).
 *   - A row of facts is numbered entry << STORE_GROUP_BITS | group, so numbers rise with entries and name them.
 *   - Slices handed to a callback live until it returns; a callback may not ask the same question again before it returns, unless it stops (returns 1) first: collect, then ask.
 *   - Callbacks return 0 to go on, 1 to stop (the question then returns 0), or a negative code, which is passed up.
 */
#ifndef HOLDFAST_CHART_STORE_H
#define HOLDFAST_CHART_STORE_H

#include "base.h"

#define STORE_OPEN ((uint64_t)INT64_MAX)
#define STORE_GROUP_BITS 20
#define STORE_GROUP_MAX ((1u << STORE_GROUP_BITS) - 1)
#define STORE_ENTRY_MAX ((UINT64_C(1) << (62 - STORE_GROUP_BITS)) - 1)

static inline uint64_t store_row_id(uint64_t entry, uint32_t group)
{
	return entry << STORE_GROUP_BITS | group;
}
static inline uint64_t store_row_entry(uint64_t row)
{
	return row >> STORE_GROUP_BITS;
}

struct store_ident {
	uint32_t id;
	uint8_t space; /* what kind of number it is: chart_identity.c */
	struct slice value, assigner, type;
	uint64_t first_entry;
	uint32_t first_index; /* among those first seen in that entry */
};

/* "child belongs to the person of parent". The ends as the message named them are kept for the un-merge. */
struct store_edge {
	uint64_t id;
	uint32_t child, parent, named_child, named_parent;
	uint8_t why, ended_by;
	int64_t time; /* when the sender says, ns */
	uint64_t from, to;
};

/* "what is said of this visit (or account) of the person of from_ident belongs to the person of to_ident" */
struct store_move {
	uint64_t id;
	uint8_t what;
	struct slice key;
	uint32_t from_ident, to_ident;
	uint64_t from, to;
};

struct store_row { /* one message's facts for one patient */
	uint64_t id;
	uint32_t ident;
	int64_t received, source_time; /* ns */
	uint8_t flags;
	struct slice blob;
};

struct store_stay { /* a person in a place */
	uint64_t id;
	uint32_t person; /* the root identifier */
	int64_t expires; /* receive time at which it ends by itself; INT64_MAX: never */
	uint64_t from, to;
	struct slice body;
};

struct store_review {
	uint64_t id;
	uint32_t ident, other;
	uint8_t what;
	uint64_t entry, since; /* since: where it began, for un-merges */
};

struct store_event {
	uint64_t entry;
	uint8_t kind;
	int64_t time;
	struct slice user, patient, what, reason, text;
};

/* A recording and how far it is: all but entry, received, origin, source and blob change with what people do to it. What is no fold but a worklist's business (due, rank) is here because lists are asked for by it. */
struct store_ecg {
	uint64_t entry, last;  /* last: the newest act that changed how it is read; entry while there is none */
	uint32_t ident;        /* whom it is of; 0: nobody knows yet */
	int64_t received;
	uint8_t origin, reading, flags;
	uint8_t due, rank;    /* due: bits, 0: on no list of things to be done; rank: what comes first there */
	struct slice source, strip, blob; /* strip: of which live strip it is a minute; empty: of none */
};
struct store_ecg_act {
	uint64_t ecg, entry;
	int64_t time;
	bool counts;           /* false: it came too late, or made no sense: shown, and nothing else */
	struct slice source, body;
};

/* An item that was captured: ident, state and replaced change with what is done about it, the rest does not. replaced: the entry that took its place (0: it stands). id .. body: as the item has them; body: its line. */
struct store_capture {
	uint64_t entry;
	uint32_t ident;        /* whom it is about; 0: nobody */
	uint8_t kind, owner, state, flags;
	int64_t occurred, received;
	uint64_t replaced;
	struct slice id, root, unit, patient, source, body;
};
struct store_capture_act {
	uint64_t capture, entry;
	int64_t time;
	bool counts;
	struct slice source, body;
};

enum { STORE_ECG_WEIGHS = 16 }; /* of store_ecg.flags, which the tables' index speaks of */
enum store_strip { STORE_STRIP_NEWEST /* first */, STORE_STRIP_OLDEST, STORE_STRIP_WEIGHS /* the oldest first, of those whose statements are urgent (STORE_ECG_WEIGHS) */ };

enum store_mark { STORE_MARK_VISIT = 1, STORE_MARK_SAFETY = 2, STORE_MARK_HOUSE = 3, STORE_MARK_APPOINTMENT = 4 /* under 0: rows with one, whoever has it */ };
enum store_kv { STORE_KV_META = 1, STORE_KV_FEED = 2, STORE_KV_COUNT = 3, STORE_KV_AUTHORITY = 4, STORE_KV_CONTACTS = 5, STORE_KV_CALLS = 6 };

struct store;

typedef int store_ident_fn(void *arg, const struct store_ident *i, struct err *e);
typedef int store_edge_fn(void *arg, const struct store_edge *x, struct err *e);
typedef int store_move_fn(void *arg, const struct store_move *m, struct err *e);
typedef int store_row_fn(void *arg, const struct store_row *r, struct err *e);
typedef int store_word_fn(void *arg, struct slice word, uint32_t ident, uint64_t entry, struct err *e);
typedef int store_stay_fn(void *arg, const struct store_stay *y, struct err *e);
typedef int store_review_fn(void *arg, const struct store_review *v, struct err *e);
typedef int store_event_fn(void *arg, const struct store_event *v, struct err *e);
typedef int store_ecg_fn(void *arg, const struct store_ecg *g, struct err *e);
typedef int store_ecg_act_fn(void *arg, const struct store_ecg_act *x, struct err *e);
typedef int store_capture_fn(void *arg, const struct store_capture *x, struct err *e);
typedef int store_capture_act_fn(void *arg, const struct store_capture_act *x, struct err *e);
typedef int store_count_fn(void *arg, uint8_t owner, uint8_t state, uint64_t count, struct err *e);
typedef int store_blob_fn(void *arg, struct slice key, struct slice blob, struct err *e);

struct chart_copy;
#define STORE_VIEW_VERSION 10 /* of the tables and what is in them: another one means "rebuild" */

struct store_ops {
	void (*close)(struct store *s);

	/* One transaction: what is put between begin and commit is there whole or not at all, and survives a crash of the program once commit returned. */
	int (*begin)(struct store *s, struct err *e);
	int (*commit)(struct store *s, struct err *e);
	void (*rollback)(struct store *s);
	/* A fresh, empty store beside the old one; bulk_end puts it in the old one's place, durable, with every index. Until then questions see only what they are documented to see in bulk:
	 * idents by number, edges, moves, marks, headers, stays, reviews, kv. rollback in bulk throws the fresh store away. */
	int (*bulk_begin)(struct store *s, struct err *e);
	int (*bulk_end)(struct store *s, struct err *e);
	/* The store's bytes as of the last commit, for reading from another thread while this one goes on (chart.h). NULL: it has none. Not in a transaction, nor in bulk. */
	int (*copy_open)(struct store *s, uint64_t entries, struct chart_copy **ret, struct err *e);
	/* A consistent look for several questions; ret_changed: another store has taken the old one's place since the last look. Nothing for the writer. */
	int (*look)(struct store *s, bool *ret_changed, struct err *e);
	void (*look_done)(struct store *s);

	/* -- puts: within begin .. commit -- */
	int (*put_ident)(struct store *s, const struct store_ident *i, struct err *e);
	int (*put_edge)(struct store *s, const struct store_edge *x, struct err *e);
	int (*end_edge)(struct store *s, uint64_t id, uint64_t to, uint8_t ended_by, struct err *e);
	int (*put_move)(struct store *s, const struct store_move *m, struct err *e);
	int (*end_move)(struct store *s, uint64_t id, uint64_t to, struct err *e);
	int (*put_row)(struct store *s, const struct store_row *r, struct err *e);
	int (*put_mark)(struct store *s, uint32_t ident, enum store_mark m, uint64_t row, struct err *e);
	int (*put_header)(struct store *s, uint32_t ident, uint64_t entry, struct slice blob, struct err *e); /* replaces the one of the same entry */
	int (*drop_headers)(struct store *s, uint32_t ident, struct err *e);
	int (*put_word)(struct store *s, struct slice word, uint32_t ident, uint64_t entry, struct err *e); /* the first entry stays */
	int (*put_stay)(struct store *s, const struct store_stay *y, struct err *e);
	int (*end_stay)(struct store *s, uint64_t id, uint64_t to, struct err *e); /* an empty interval is dropped */
	int (*renew_stay)(struct store *s, uint64_t id, int64_t expires, struct err *e);
	int (*put_review)(struct store *s, const struct store_review *v, struct err *e);
	int (*put_event)(struct store *s, const struct store_event *v, struct err *e);
	int (*put_times)(struct store *s, uint64_t block, int64_t first, struct slice blob, struct err *e); /* replaces */
	int (*put_ecg)(struct store *s, const struct store_ecg *g, struct err *e); /* replaces the one of the same entry */
	int (*put_ecg_act)(struct store *s, const struct store_ecg_act *x, struct err *e);
	int (*put_capture)(struct store *s, const struct store_capture *x, struct err *e); /* replaces the one of the same entry */
	int (*put_capture_act)(struct store *s, const struct store_capture_act *x, struct err *e);
	int (*put_kv)(struct store *s, enum store_kv space, struct slice key, struct slice value, struct err *e);

	/* -- questions -- */
	int (*ident)(struct store *s, uint32_t id, store_ident_fn *fn, void *arg, struct err *e);          /* ERR_NOT_FOUND */
	int (*idents_by_value)(struct store *s, struct slice value, store_ident_fn *fn, void *arg, struct err *e);  /* in order of id */
	int (*idents_of_assigner)(struct store *s, struct slice assigner, store_ident_fn *fn, void *arg, struct err *e); /* in order of id; dear: looks at all there are */
	int (*edge_up)(struct store *s, uint32_t child, uint64_t end, struct store_edge *ret, struct err *e);       /* ERR_NOT_FOUND: a root */
	int (*edges_down)(struct store *s, uint32_t parent, uint64_t end, store_edge_fn *fn, void *arg, struct err *e); /* in order of id */
	int (*edges_named)(struct store *s, uint32_t ident, store_edge_fn *fn, void *arg, struct err *e);           /* every edge, ended or not, that names ident at either end */
	int (*edges_open)(struct store *s, uint8_t why, store_edge_fn *fn, void *arg, struct err *e);               /* in order of id; dear, too */
	int (*moves)(struct store *s, uint32_t ident, uint64_t end, store_move_fn *fn, void *arg, struct err *e);   /* from or to ident, in order of id */
	int (*rows)(struct store *s, uint32_t ident, uint64_t from_row, uint64_t to_row, bool newest_first, store_row_fn *fn, void *arg, struct err *e); /* [from, to); in bulk dear: for its end */
	int (*row)(struct store *s, uint64_t id, store_row_fn *fn, void *arg, struct err *e);                       /* ERR_NOT_FOUND */
	int (*rows_of_entry)(struct store *s, uint64_t from_row, uint64_t to_row, store_row_fn *fn, void *arg, struct err *e); /* [from, to), whoever they are about, in order */
	int (*last_row)(struct store *s, uint32_t ident, uint64_t to_row, uint64_t *ret_id, int64_t *ret_received, struct err *e); /* ERR_NOT_FOUND; not in bulk */
	int (*count_rows)(struct store *s, uint32_t ident, uint64_t from_row, uint64_t to_row, uint64_t *ret, struct err *e);      /* not in bulk */
	int (*max_source_time)(struct store *s, uint32_t ident, int64_t *ret, struct err *e);                       /* INT64_MIN: no row; not in bulk */
	int (*marked)(struct store *s, uint32_t ident, enum store_mark m, uint64_t to_row, store_row_fn *fn, void *arg, struct err *e); /* the rows, in order */
	int (*header)(struct store *s, uint32_t ident, uint64_t end, struct buf *ret, struct err *e);               /* replaces ret; ERR_NOT_FOUND */
	int (*words)(struct store *s, struct slice from, struct slice below, uint32_t max, store_word_fn *fn, void *arg, struct err *e); /* [from, below) by word, then ident; not in bulk */
	int (*has_word)(struct store *s, struct slice word, uint32_t ident, uint64_t *ret_entry, struct err *e);    /* ERR_NOT_FOUND; not in bulk */
	int (*open_stay)(struct store *s, uint32_t person, store_stay_fn *fn, void *arg, struct err *e);            /* nothing called: none */
	int (*stay_of)(struct store *s, uint32_t person, uint64_t end, store_stay_fn *fn, void *arg, struct err *e);
	int (*stays)(struct store *s, uint64_t end, store_stay_fn *fn, void *arg, struct err *e);                   /* any order */
	int (*stays_due)(struct store *s, int64_t now, store_stay_fn *fn, void *arg, struct err *e);                /* open ones with expires <= now, in order of expires, id */
	int (*next_due)(struct store *s, int64_t *ret, struct err *e);                                              /* INT64_MAX: none */
	int (*reviews)(struct store *s, uint32_t ident, uint64_t end, store_review_fn *fn, void *arg, struct err *e); /* in order of id */
	int (*events)(struct store *s, uint8_t kind, struct slice who, uint64_t before, uint32_t max, store_event_fn *fn, void *arg, struct err *e); /* newest first; who: user or patient */
	int (*times)(struct store *s, uint64_t block, int64_t *ret_first, struct buf *ret, struct err *e);           /* ERR_NOT_FOUND */
	int (*times_before)(struct store *s, int64_t t, uint64_t *ret_block, struct err *e);                        /* last block whose first time is <= t; ERR_NOT_FOUND */
	/* recordings: seen in bulk, too */
	int (*ecg)(struct store *s, uint64_t entry, store_ecg_fn *fn, void *arg, struct err *e);                     /* ERR_NOT_FOUND */
	int (*ecgs)(struct store *s, uint64_t before, store_ecg_fn *fn, void *arg, struct err *e);                   /* entry < before, newest first */
	int (*ecgs_todo)(struct store *s, uint8_t rank, uint64_t entry, store_ecg_fn *fn, void *arg, struct err *e); /* due != 0, from (rank, entry) on in that order */
	int (*ecgs_of)(struct store *s, uint32_t ident, store_ecg_fn *fn, void *arg, struct err *e);                 /* newest first */
	int (*ecgs_strip)(struct store *s, struct slice strip, enum store_strip which, store_ecg_fn *fn, void *arg, struct err *e);
	int (*ecg_acts)(struct store *s, uint64_t ecg, store_ecg_act_fn *fn, void *arg, struct err *e);              /* in order of entry */
	/* what was captured: seen in bulk, too */
	int (*capture)(struct store *s, uint64_t entry, store_capture_fn *fn, void *arg, struct err *e);             /* ERR_NOT_FOUND */
	int (*capture_by_id)(struct store *s, struct slice id, store_capture_fn *fn, void *arg, struct err *e);      /* the first of that id; ERR_NOT_FOUND */
	int (*captures)(struct store *s, uint64_t from, bool newest_first, store_capture_fn *fn, void *arg, struct err *e); /* entry >= from in order, or entry < from, the newest first */
	int (*captures_of)(struct store *s, uint32_t ident, store_capture_fn *fn, void *arg, struct err *e);         /* in order of entry */
	int (*captures_root)(struct store *s, struct slice root, store_capture_fn *fn, void *arg, struct err *e);    /* in order of entry */
	int (*capture_counts)(struct store *s, store_count_fn *fn, void *arg, struct err *e);                        /* by owner and state, those that are not 0 */
	int (*capture_acts)(struct store *s, uint64_t capture, store_capture_act_fn *fn, void *arg, struct err *e);  /* in order of entry */
	int (*kv)(struct store *s, enum store_kv space, struct slice key, struct buf *ret, struct err *e);          /* replaces ret; ERR_NOT_FOUND */
	int (*all_kv)(struct store *s, enum store_kv space, store_blob_fn *fn, void *arg, struct err *e);           /* in order of key */
};

struct store {
	const struct store_ops *ops;
};

/* path NULL is the memory store's business only. write makes what is not there; without it ERR_NOT_FOUND. */
int store_sqlite_open(const char *path, bool write, struct store **ret, struct err *e) MUST;
int store_sqlite_drop(const char *path, struct err *e) MUST; /* chart.db and what SQLite keeps beside it */
int store_memory_open(struct store **ret, struct err *e) MUST;

#endif
