/* keeper_gate: the inside of keeper_gate*.c: how a link stands in the keeper, and what these files call of each other. */
#ifndef HOLDFAST_KEEPER_GATE_H
#define HOLDFAST_KEEPER_GATE_H

#include "keeper.h"
#include "cutter.h"
#include "gate.h"
#include "keeper_gate_watch.h"

#define HELD_MAX 250000            /* messages that wait, of all links: past it senders wait */
#define KEYS_MAX 1024              /* of a link: by which repetitions are known */
#define KEYS_SAVED 64
#define SKIPPED_MAX 256            /* of a link, that are listed; all are in the ledger */
#define ASKED_MAX 64
#define RELAY_PATIENCE (8 * TIME_SEC) /* links are cut meanwhile: a late proof is better than none */
#define REASON_MAX 2000
#define GATE_IDS_TEXT 1024
#define LISTEN_EVERY (60 * TIME_SEC)  /* how often the relay is asked what has passed */

struct held {
	uint64_t seq;
	int64_t time;
	bool ok, test;
	char type[16], control_id[64], sender[64]; /* sender: MSH-3 */
};
struct klink {
	struct gate_link l;
	struct gate_standing st;
	struct held *held;             /* by seq */
	size_t held_n, held_cap;
	struct {
		uint64_t seq;              /* of the first that waits, which the far side does not take; 0: none, or nobody has tried since */
		int64_t since;
		uint64_t times;
		char code[8];              /* empty: it did not answer */
	} refused;
	uint64_t *skipped;             /* entries of kind gate-sent: a ring */
	uint64_t skipped_n;            /* ever */
	uint64_t drain_first, drain_last, drained; /* sent of this queue so far, since it was last empty */
	uint8_t (*keys)[GATE_KEY];     /* ring */
	uint64_t key_count;
	uint64_t bytes, messages, since_bytes; /* as the relay last said, and before it what its predecessors said */
	uint64_t bytes_before, messages_before;
	int64_t last;
	char ids[GATE_IDS_TEXT];       /* of the last messages that passed, newest first: JSON as the relay said it */
	bool listening;
	char problem[96];
	char tls_why[160];       /* of the last handshake that the relay refused since it began, and how many */
	uint64_t tls_refused;
	struct gate_certs certs, certs_before; /* as the relay last said, and what its predecessors had seen */
	uint64_t odd;            /* bytes outside of frames, since the relay began */
	int64_t proof_at;              /* 0: none */
	uint8_t method;                /* PROOF_x */
	char proof[400];
	struct gate_traffic *traffic;  /* NULL: nothing is known yet */
	int zone;                      /* of its hours: minutes east of UTC */
	bool shut;                     /* LIMITED, and outside of its hours */
	uint32_t met;                  /* bit i: condition i is met, since it was last cut */
	bool closed;                   /* what the cutter is told: cut, or not durably reopened */
	char probe[100];               /* what the relay found, until the cutter has said what it found */
	uint8_t nft;                   /* CUT_x + 1, of the worst of its elements; 0: it was not asked, or has none */
	bool through;                  /* a probe passed */
	char stopped[160];
};
enum { PROOF_NONE, PROOF_RELAY, PROOF_NFT };
static const char *const methods[] = {"none", "relay", "relay+nft"};
struct asked { /* a command waits for what the relay says */
	uint64_t tag, chan, chan_tag;
	enum { ASKED_LIST, ASKED_CUT, ASKED_PROBE } what;
	int64_t until;
	char name[GATE_NAME_MAX], class[GATE_NAME_MAX]; /* which links; both empty: all */
	uint32_t moved;
	char plan[GATE_NAME_MAX];      /* of a plan that is carried out: what it cuts, and nothing else is meant */
	struct buf *said;              /* of that plan: what was done, as JSON; kg_answer_asked frees it */
	bool recorded, told;           /* told: the relay has answered */
	uint64_t nft;                  /* the cutter is asked: its tag; 0: it is not, or has answered */
	bool proven;                   /* it has answered */
};
struct keeper_gate {
	struct klink **links;
	size_t count;
	uint64_t held;                 /* of all links */
	uint64_t from;                 /* the cache: entries from here on are read again for what waits */
	struct kchan *ch;              /* the relay; NULL: it is not there */
	struct buf later;              /* answers to it, until what they speak of is durable */
	uint64_t tags;
	struct asked asked[ASKED_MAX];
	size_t asked_n;
	int64_t ticked;
	struct gate_watch watch;
	struct kplan **plans;          /* keeper_plan.c */
	size_t plan_n;
	bool reopened;                 /* in this round: what is on its way to be durable */
	bool keys_stale, keys_looked;  /* a key may have lost its link; that was looked at since the start */
};

struct act {
	const char *what, *by, *role, *reason;
	const char *first; /* step: whose was the first signature */
	const char *condition, *evidence; /* condition: which, and by what it is known */
	bool met;
};

/* keeper_gate.c */
struct keeper_gate *kg_gate(struct keeper *k);
struct klink *kg_find(struct keeper *k, struct slice name);
struct klink *kg_find_or_make(struct keeper *k, const struct gate_link *l);
void kg_copy_text(char *out, size_t size, struct slice s);
struct slice kg_after_line(struct slice body, struct slice *ret_line);
bool kg_truth(const struct json_node *n, const char *key);
void kg_drop_link(struct keeper *k, struct klink *x);
bool kg_note_condition(struct klink *x, struct slice name, bool met);
const struct gate_condition *kg_unmet(const struct klink *x);
void kg_put_link_frame(struct keeper *k, struct buf *out, const struct klink *x); /* with the key of its certificate, for the relay alone */
void kg_put_state_frame(struct buf *out, const struct klink *x);
int kg_record_act(struct keeper *k, const struct klink *x, const struct act *a, struct err *e);

/* keeper_gate_ask.c */
int kg_advance(struct keeper *k, struct klink *x, int64_t expires, const struct gate_asker *who, const char *reason, struct gate_standing *ret_before, struct err *e) MUST; /* GATE_SIGNED, GATE_MOVED; recorded, in force when that is durable */

/* keeper_plan.c: isolation plans by name */
bool kg_plan_asks(struct slice what);
int kg_plan_ask(struct keeper *k, struct kchan *ch, uint64_t tag, const struct json_node *n, const struct gate_asker *who, const char *reason, struct err *e) MUST;
bool kg_plan_note(struct keeper *k, uint64_t seq, int64_t time, const struct json_node *n); /* true: it was of a plan */
void kg_plans_save(const struct keeper *k, struct jsonw *w);
void kg_plans_load(struct keeper *k, const struct json_node *list);
void kg_plans_forget(struct keeper_gate *g);
bool kg_plan_has(const struct keeper *k, const char *plan, const struct klink *x); /* is this link one that the plan cuts? */
size_t kg_plan_elements(struct keeper *k, const char *plan, struct gate_element *out, size_t room); /* addresses of it that are cut */
void kg_plan_answer(struct keeper *k, struct kchan *to, const struct asked *a, bool proven);

/* keeper_gate_queue.c */
bool kg_held_add(struct keeper *k, struct klink *x, const struct held *h);
bool kg_held_drop(struct keeper *k, struct klink *x, uint64_t seq);
void kg_skipped_add(struct klink *x, uint64_t seq);
uint64_t kg_skipped_first(const struct klink *x);
void kg_key_add(struct klink *x, const uint8_t key[GATE_KEY]);
bool kg_stuck(const struct klink *x);
const char *kg_stuck_text(const struct klink *x, char *out, size_t size);
void kg_do_queue(struct kchan *ch, uint64_t tag, const struct klink *x);
void kg_do_refused(struct keeper *k, struct kchan *ch, uint64_t tag, const struct klink *x);
int kg_do_turn(struct keeper *k, struct klink *x, const struct json_node *n, bool skip, const struct gate_asker *who, const char *reason, struct err *e);

/* keeper_gate_shown.c */
void kg_put_moment(struct jsonw *w, const char *key, int64_t t);
bool kg_chosen(const struct klink *x, const char *name, const char *class);
void kg_put_shown(const struct klink *x, struct jsonw *w); /* a link as `gate list` and pages have it */
void kg_answer_asked(struct keeper *k, const struct asked *a, bool relay);
void kg_ask_relay(struct keeper *k, struct kchan *ch, uint64_t tag, struct asked *a);

/* keeper_gate_certs.c */
void kg_certs_all(const struct klink *x, struct gate_certs *ret);
void kg_certs_keep(struct klink *x); /* the relay that said them has gone */
void kg_put_certs(const struct klink *x, struct jsonw *w); /* a field of a link as it is shown */
void kg_certs_alarms(const struct keeper *k, struct jsonw *w); /* objects, into an array */

/* link_keys.c */
int link_key_store(struct keeper *k, const char *cert, struct slice key, struct err *e) MUST; /* durable when it returns */
int link_key_load(struct keeper *k, const char *cert, struct buf *ret) MUST; /* ERR_NOT_FOUND; ret is made by it, and wiped by its owner */
void link_keys_sweep(struct keeper *k); /* those that no link names */

/* keeper_gate_traffic.c */
struct gate_traffic *kg_traffic_of(struct klink *x);
void kg_look_at_traffic(struct keeper *k);
void kg_read_counts(struct keeper *k);

#endif
