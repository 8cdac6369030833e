/* web_live: the strips that come in now, in the memory of the web role; what of them is kept as entries; who waits for more. live.h has the strip itself. */
#ifndef HOLDFAST_SERVE_WEB_LIVE_H
#define HOLDFAST_SERVE_WEB_LIVE_H

#include "live.h"
#include "web_internal.h"

#define LIVE_STRIPS_MAX 256
#define LIVE_STRIPS_EACH 32                  /* of one sender: a gateway brings a ward's */
#define LIVE_MEMORY_MAX ((size_t)192 << 20)  /* of samples */
#define LIVE_WAITERS_MAX 256                 /* requests that wait for samples, in the house */
#define LIVE_WAITERS_EACH 16                 /* ... of one session */
#define LIVE_WAIT_MAX 20000                  /* milliseconds */
#define LIVE_ANSWER_S 30                     /* seconds of samples in one answer */
#define LIVE_SILENT (5 * TIME_SEC)
#define LIVE_FORGET_SILENT (3600 * TIME_SEC) /* a silent one is ended */
#define LIVE_FORGET_ENDED (600 * TIME_SEC)   /* an ended one is no longer listed */
#define LIVE_OPENERS 64                      /* sessions that look at one strip; more are recorded more often */
#define LIVE_OPENING (60 * TIME_SEC)         /* who has not asked for so long opens it anew */

struct live_opener {
	uint8_t who[SEAL_HASH];
	int64_t seen;       /* monotonic */
	uint64_t of;        /* what was shown then: of a strip the entry by which it is known whose it is, of the list how often it changed */
};
struct live_strip {
	char id[24], by[USER_MAX];
	struct live_terms t;
	struct live_ring ring;
	int64_t start;              /* of sample 0 */
	int64_t last, last_wall;    /* when something came; last: monotonic, also of the beginning */
	int64_t full;               /* since when a stretch with a gap waits to be kept; 0: none does */
	int64_t ended_at;
	bool ended, said_silent, keeping;
	int64_t again;              /* after it could not be kept: not before */
	uint64_t entries, entry, entry_before; /* how many it has become, the newest two */
	uint64_t lost;              /* samples that the keeper refused for good */
	char trouble[160];          /* why nothing is kept at the moment; empty: it is */
	char secret[TOKEN_MAX + 1], address[64]; /* by which it is kept when the device is silent: never read by anybody else */
	bool is_token;
	struct live_opener opener[LIVE_OPENERS];
	struct live_strip *next;
};
struct live_waiter {
	void *connection;           /* NULL: free */
	const struct live_strip *s;
	int64_t until;
	uint8_t who[SEAL_HASH];
};
struct live_house {
	struct web *web;
	pthread_mutex_t lock;
	pthread_cond_t changed;     /* something was kept, or the house is closed */
	pthread_t thread;
	bool running, closed;
	struct keeper_client *keeper; /* the thread's */
	struct live_strip *strips;
	uint64_t before;            /* entries that stood in the ledger when the first strip with a key came: what is kept of any strip before is below */
	bool settled;               /* ... and the charts have them, or were waited for long enough */
	size_t count, memory;
	uint64_t changes;           /* of the list */
	struct live_waiter waiter[LIVE_WAITERS_MAX];
	struct live_opener opener[LIVE_OPENERS]; /* of the list */
};

/* What is said of a strip, as it was at one moment: the answer is written without the lock. */
struct live_view {
	char id[24], by[USER_MAX];
	struct live_terms t;
	uint64_t from, to, kept, entries, entry[2];
	int64_t start, last;
	const char *state;
	char trouble[160];
	const struct chart_row *row; /* whose it is, as the chart knows by its newest entry; NULL: unmatched */
	bool open;                   /* this person may see whose */
};

/* web_live.c, for web_live_stream.c */
/* This sender's own strip, with the lock held; NULL: answered, and it is not held. */
struct live_strip *live_own(struct web_request *q, const char *id);
void live_look(const struct live_strip *s, struct live_view *v); /* with the lock held */
/* A piece, with the lock held: as live_ring_add; what is due of the strip is kept. */
int live_take(struct web_request *q, struct live_strip *s, uint64_t at, struct slice bytes, struct err *e) MUST;
void live_told(struct web_request *q, const struct live_view *v, int status, bool twice);
void live_later(struct web_request *q, const struct err *e); /* a refusal, and when to come again */

/* With the lock held: */
struct live_strip *live_find(struct live_house *h, struct slice id);
int live_begin(struct live_house *h, const struct web_request *q, const struct live_terms *t, struct live_strip **ret, bool *ret_new, struct err *e) MUST;
void live_resume(struct live_house *h, struct live_strip *s, const struct chart_strip_kept *kept); /* a new one, that was kept so far by a web role before this one */
void live_name(const char *by, const char *key, char ret[24]); /* the id of a strip that has a key */
/* What is due of it is made durable; the lock is let go meanwhile. all: everything. ERR_BUSY: another thread is at it. */
int live_keep(struct live_house *h, struct live_strip *s, struct keeper_client *k, const struct keeper_who *who, bool all, struct err *e) MUST;
void live_wake(struct live_house *h, const struct live_strip *s);
bool live_park(struct live_house *h, const struct web_request *q, const struct live_strip *s, int64_t until, const uint8_t who[SEAL_HASH]);
/* Has this one looked within the last minute, at the same? Looking is to be recorded where not. */
bool live_opened(struct live_opener *o, const uint8_t who[SEAL_HASH], uint64_t of);
void live_opened_now(struct live_opener *o, const uint8_t who[SEAL_HASH], uint64_t of);
void live_tick(struct live_house *h, int64_t now); /* once a while: what falls silent is kept, what is over forgotten, who has waited long enough answered */

#endif
