/* supervisor: what its files share. */
#ifndef HOLDFAST_SUPERVISOR_H
#define HOLDFAST_SUPERVISOR_H

#include "role.h"
#include "sandbox.h"
#include "site.h"

struct sup_role {
	bool wanted, ready, was_ready, stopping;
	pid_t pid;            /* 0: not running */
	int chan;
	int64_t started, due; /* monotonic: when it was started, when to start it again */
	int64_t since;        /* wall clock */
	unsigned restarts, quick; /* quick: deaths in a row soon after the start */
	int64_t yields_since; /* scribe, monotonic: it lets everybody else go first (scribe_pace.c); 0: it does not */
	struct sandbox_report report;
	struct err fatal;     /* what it said before it exited */
	uint64_t given[ROLES]; /* channels to the others that this process was given */
};

#define PAIRS 10
struct sup_pair { /* two roles whose channel was closed though neither has died */
	bool broken;
	unsigned times;        /* in a row */
	int64_t due, made;     /* monotonic: when to make a new one; when one was last made for this */
};

#define BLAME_MAX 16
struct supervisor {
	struct site site;
	struct owners own;
	struct role_listener mllp[SITE_LISTENERS_MAX], web, gate; /* gate: no listener, but the site's certificate for MLLP and its key; empty where they cannot be read */
	size_t mllp_count;
	struct sup_role roles[ROLES];
	struct sup_pair pair[PAIRS];
	int lockfd, controlfd, sigfd, lifeline;
	int shared[ROLES];        /* memory that outlives the role */
	struct progress_page *progress;
	uint32_t flags;           /* START_x */
	uint32_t admin_gid;
	bool ready, stopping, told_ready;
	int64_t stop_at;          /* monotonic: when stopping began */
	int64_t told_at;          /* when the keeper was last told how the roles are */
	struct {
		uint64_t entry;
		unsigned deaths;
	} blame[BLAME_MAX];
	size_t blamed;
	struct buf tested[ROLES]; /* self-test answers */
	uint64_t test_tag;
	bool testing;
	int64_t test_until;
	uint8_t replicas[SEAL_HASH]; /* settings that replicate was started with */
	int64_t replicas_at;         /* when they were looked at */
	struct err failure;       /* why it all ends; code 0: because it was asked to */
	struct restoring {        /* the site is being rebuilt (sup_restore.c) */
		bool on, leaving;     /* leaving: the ledger is back; the roles of before are ending */
		int64_t told_at, left_at;
		struct serve_options o;
	} restoring;
	struct err reading;       /* why charts are only shown and nothing is taken in; code 0: it is not so */
};

void sup_log(const char *fmt, ...) PRINTF_LIKE(1, 2);
int sup_bind(struct supervisor *s, const struct serve_options *o, struct err *e) MUST;
int sup_run(struct supervisor *s, struct err *e) MUST;
void sup_done(struct supervisor *s);
void sup_init(struct supervisor *s);

int sup_start_role(struct supervisor *s, enum role_id id, struct err *e) MUST;
extern const enum role_id sup_pairs[PAIRS][2];    /* who talks to whom */
int sup_join(struct supervisor *s, enum role_id id, enum role_id other, struct err *e) MUST; /* a fresh channel between two that run */
void sup_channel(struct supervisor *s, enum role_id id, struct slice payload); /* a role says that a channel of its is closed */
void sup_reconnect(struct supervisor *s);         /* make those anew that are due */
int64_t sup_reconnect_due(const struct supervisor *s); /* monotonic; INT64_MAX: none is */
bool sup_running(const struct supervisor *s, enum role_id id);
void sup_blame(struct supervisor *s, int status); /* the scribe died: was it an entry? */
void sup_watch(struct supervisor *s);             /* does the scribe hang on one? */
/* A site that is being rebuilt (sup_restore.c): only charts are served, and full service begins by itself when its ledger is back. */
int sup_restore_open(struct supervisor *s, const struct serve_options *o, struct err *e) MUST; /* waits for what a rebuild that has just begun brings first */
void sup_restore_look(struct supervisor *s);
int sup_looked(const struct supervisor *s, bool make); /* SITE/rebuild.looked for the keeper; -1: there is none */
void sup_looked_done(const struct supervisor *s);      /* an empty one goes */
int sup_listen(struct supervisor *s, struct err *e) MUST; /* feeds: the sockets were bound, and nobody was let in */
int sup_set_right(struct supervisor *s, struct err *e) MUST;
void sup_full(struct supervisor *s);                   /* the roles of a daemon */
/* The replicate role (sup_replicas.c): wanted where a site has replicas; started again when their settings change, or when a folder that was missing is there. */
void sup_replicas_look(struct supervisor *s);
int sup_replicas_pass(struct supervisor *s, struct err *e) MUST;
void sup_tell_keeper(struct supervisor *s);       /* roles, shares and alarms for status */
void sup_tell_config(struct supervisor *s);       /* the settings, which it may not read itself, for the ledger */
void sup_test_all(struct supervisor *s, uint64_t tag);
void sup_tested(struct supervisor *s, enum role_id id, struct slice json);

void notify(const char *state); /* sd_notify(3) without libsystemd */

#endif
