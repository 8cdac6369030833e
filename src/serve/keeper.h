/* keeper: what its files share. The keeper is one thread and one loop:
 *
 *   read all channels -> stage every append, answer everything into the channels' out buffers -> one ledger_commit -> only now send
 *
 * so that no answer leaves before what it speaks of is durable, whatever the request was. Beside it run the ledger's housekeeping and one thread for
 * Argon2id (password.c), which takes a tenth of a second and 64 MiB and must not stall the commits of a whole hospital. */
#ifndef HOLDFAST_KEEPER_H
#define HOLDFAST_KEEPER_H

#include "cutter.h"
#include "role.h"

#include <sys/uio.h>

enum chan_kind { CH_INTAKE = 1, CH_WEB = 2, CH_CLIENT = 4, CH_CONTROL = 8, CH_SCRIBE = 16, CH_VAULTS = 32 /* brings CH_VAULT, as CH_WEB brings CH_CLIENT */, CH_VAULT = 64, CH_COPY_MAIN = 128 /* brings CH_COPY */, CH_COPY = 256 /* replicate */, CH_GATE = 512 /* the relay */, CH_CUTTER = 1024, CH_PACKETS = 2048 /* brings CH_PACKET */, CH_PACKET = 4096 /* the packets role */ };

struct kchan {
	struct chan c;
	enum chan_kind kind;
	uint64_t id;          /* never used again: what outstanding work remembers */
	uint32_t uid;         /* CH_CONTROL: who */
	bool dropping;        /* after ERR_FULL, until K_RETRY */
	bool dead;            /* to be freed at the end of this round */
	bool last_words;      /* closed by us for what it said: what it asked before that is answered yet */
	bool sends;           /* a command that brings captured items back (keeper_downtime.c) */
	bool replaced;        /* another one has come in its place */
	uint32_t events;      /* asked of epoll */
	int64_t progress_at;  /* monotonic: when it last sent a byte of a big frame */
	struct kchan *next;
};

struct staged { /* appended in this round: goes to the scribe without being read back */
	uint64_t seq, size;
	int64_t time;
	uint8_t kind, flags;
	char source[LEDGER_SOURCE_MAX + 1];
	struct slice body; /* in a channel's in buffer; p == NULL: made by the keeper, read it back */
};

struct waiting { /* K_WAIT and K_FHIR with wait */
	uint64_t chan, tag, size;
	uint8_t what;
	int64_t until; /* monotonic; 0: for ever */
	bool stored;   /* K_FHIR: answer with this */
	uint64_t seq;
	int64_t time;
	bool duplicate;
};

#define ROUND_READ ((size_t)2 << 20) /* bytes taken from one channel a round */
#define STAGED_MAX 65536
#define WAITING_MAX 4096
#define OUT_MAX ((size_t)2 << 20)    /* answers piled up: read no more from this channel */

struct feed { /* the scribe */
	struct kchan *ch;
	bool hello, pinned;
	uint64_t next;       /* entry to send next */
	uint64_t applied;    /* what it has committed */
	uint64_t end;        /* rebuild: entries of the new view; else CHART_NOW */
	bool rebuilding, pin_after;
	uint64_t by_chan, by_tag; /* who asked for the rebuild; 0: we did */
	int64_t told_at, lost_at;
	int64_t level_at;    /* monotonic: when the view last had all */
	int64_t pace_at;     /* monotonic, and what was applied then: by which its pace is judged */
	uint64_t pace_from;
	struct err failed;   /* what it said before it exited */
	bool unreadable;     /* failed is ours: the ledger could not be read back */
	bool follow;         /* let a pinned view go when it comes */
	size_t erased;       /* rebuilding: quarters of messages that were erased when it began */
	bool force_rebuild;  /* asked for while there was no scribe */
	uint64_t force_to;
};

struct copy_state { /* of the view (keeper_copy.c) */
	bool running;
	uint64_t by_chan, by_tag; /* who asked; 0: the scribe did */
	char period[SITE_PERIOD_MAX];
	struct ledger_view_copy made;
	uint64_t plain, size;
};

#define ALARMS_MAX 64
struct alarm_state {
	char id[96];
	bool open;          /* an entry says that it was raised, and none that it has gone */
	bool seen;          /* it is so now */
	int64_t raised_at;  /* monotonic */
};

#define VAULT_SOURCES_MAX 4096
#define VAULT_RECENT 64
struct vault_source { /* what the last snapshot of a source said */
	char source[64], domain[64], host[64], verdict[16]; /* domain: whose it is: "site", or an agent's name */
	uint64_t seq, files, bytes, new_bytes;
	int64_t time, damage_since; /* damage_since: 0: its verdict is clean */
	char reasons[2048];         /* a JSON array */
	uint8_t hash[SEAL_HASH];    /* of the entry's body: the same one again is no new entry */
};
struct vault_entered {
	char name[48];
	uint8_t sha256[SEAL_HASH];
	uint64_t seq;
};
struct vault_state {
	struct vault_source *sources;
	size_t source_count;
	struct vault_entered recent[VAULT_RECENT]; /* the newest packs: who asks twice gets the same answer */
	size_t recent_count;                       /* ever; the newest is at (recent_count - 1) % VAULT_RECENT */
	uint64_t entered[2];                       /* per class: one past the highest number that has an entry */
	uint64_t next[2], reserved[2];             /* numbers given from memory, below what is durably taken; reserved 0: not looked up yet */
	uint64_t packs, bytes;
};

struct accounts;
struct sessions;
struct passwords;

struct keeper {
	struct role *r;
	struct site_keys keys;
	struct ledger *l;
	int ep;
	struct kchan *chans;
	uint64_t ids;
	struct staged *staged;
	size_t staged_count;
	struct waiting *waiting;
	size_t waiting_count;
	struct feed feed;
	struct accounts *accounts;
	struct links *links;     /* NULL: none */
	struct stations *stations; /* keeper_station.c */
	struct keeper_packets *packets; /* keeper_packet.c */
	struct keeper_captures *captures; /* NULL: none */
	struct sessions *sessions;
	struct passwords *passwords;
	bool full;               /* ordinary entries are refused: the reserve is reached */
	int64_t full_since;
	bool force_publish;
	struct kchan *big;       /* the one channel that may be in the middle of a big frame */
	struct buf roles, shares, alarms, listeners; /* JSON from the supervisor and from intake */
	int64_t verified;        /* when all was last verified; 0: never */
	char shares_rule[16];    /* "2/3": any two of three shares open the recovery key; empty: not looked up yet */
	struct quarantined {
		uint64_t entry;
		bool silent; /* the scribe died on reading whose it is: it gets no byte of it */
	} *quarantined;
	size_t quarantined_count;
	int64_t started, disk_at;
	uint64_t disk_free, disk_total, not_recorded;
	uint64_t test_chan, test_tag;
	struct err broken;       /* the ledger takes nothing more: what ends the keeper */
	struct err upkeep;       /* packs or checkpoints cannot be written at the moment; entries still are */
	int64_t upkeep_since;
	uint64_t learn_next, learn_end; /* control ids that the table of seen messages may lack */
	struct batch_run learn_batch;
	struct alarm_state alarm[ALARMS_MAX];
	size_t alarm_count;
	int64_t alarms_at, alarms_from;              /* monotonic */
	int64_t clock_base, clock_step, clock_at;    /* wall less monotonic; the last jump, and when */
	struct buf silent;                           /* names (str) of the feeds that the scribe holds for silent */
	uint8_t config[SEAL_HASH];                   /* of the settings that the last config entry has */
	struct vault_state vault;
	struct keeper_gate *gate; /* NULL: there is no link */
	struct keeper_watch *watch; /* NULL: no sensor was heard of */
	struct letter_job *letter; /* one is being made */
	struct keeper_results *results; /* of cases, which somebody looks at; NULL: nobody has */
	struct keeper_cutter *cutter; /* NULL: nothing was ever to be cut beside the relay */
	int64_t rotated;         /* when keys were last rotated; 0: never */
	uint64_t rotated_seq;
	struct copy_state copy;
	struct heads *heads;
	int64_t asking;              /* monotonic: until then only replicate is heard, and nothing is appended; 0: all are */
	bool told;                   /* that we are ready */
	struct ledger_retain retain;
	uint64_t *retain_seq;    /* entries of kind retention */
	size_t retain_n;
	bool retain_lost;        /* not all of them are known */
	int64_t repack_at;       /* monotonic: keeper_repack again; 0: nothing is to be done */
	size_t view_erased;      /* quarters of messages that were erased before the view was last made: when more are, it is made anew */
	bool stopping;
	bool reading;            /* the ledger is open for reading alone: reading_why */
	bool restoring;          /* the site is being rebuilt: reading, and there is no ledger (l is NULL) */
	struct looked {          /* who looks meanwhile */
		uint64_t size;
		bool dirty;
		struct keeper_restoring {
			bool running, proving; /* the rebuild is at work; it proves what it has fetched */
			uint64_t done, total;
			uint32_t left;         /* seconds; VIEW_LEFT_UNKNOWN */
		} pace;
	} looked;
	struct err reading_why;
};

/* ---- channels ---- */
struct kchan *keeper_chan_add(struct keeper *k, int fd, enum chan_kind kind);
void keeper_chan_drop(struct keeper *k, struct kchan *ch, const char *why); /* why NULL: nothing worth saying */
struct kchan *keeper_chan_find(struct keeper *k, uint64_t id);              /* NULL: gone */
size_t reply_begin(struct kchan *ch, uint64_t tag);
void reply_end(struct kchan *ch, size_t at);
void reply_ok(struct kchan *ch, uint64_t tag);
void reply_err(struct kchan *ch, uint64_t tag, const struct err *e);
int keeper_dispatch(struct keeper *k, struct kchan *ch, const struct frame *f); /* below 0: this channel may not say that */

/* ---- appending ---- */
/* By the keeper itself: not refused at the reserve. */
int keeper_record(struct keeper *k, uint8_t kind, const char *source, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e) MUST;
/* The same, of what is accepted once: *ret_duplicate says that the very same is there as entry *ret_seq. ERR_EXISTS: its id is there with other bytes. */
int keeper_take(struct keeper *k, uint8_t kind, const char *source, struct slice body, uint64_t *ret_seq, bool *ret_duplicate, struct err *e) MUST;
void op_append(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_retry(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_wait(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_catch_up(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_fhir(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_identity(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_audit(struct keeper *k, struct kchan *ch, const struct frame *f);
void keeper_learn(struct keeper *k); /* a few of the control ids that an unclean stop took out of the table */
void keeper_waits(struct keeper *k); /* answer those that have come true */
void keeper_room(struct keeper *k, bool full);

/* ---- the scribe ---- */
void feed_attach(struct keeper *k, struct kchan *ch);
void feed_lost(struct keeper *k);
int feed_frame(struct keeper *k, const struct frame *f);
void feed_send(struct keeper *k); /* what it does not have yet, as far as it takes it */
void op_rebuild(struct keeper *k, struct kchan *ch, const struct frame *f);
void feed_erased(struct keeper *k); /* a quarter of messages was erased: the view is made without it */
void feed_follow(struct keeper *k);
bool feed_hopeless(const struct keeper *k);
bool feed_more(const struct keeper *k);
void op_view_copy(struct keeper *k, struct kchan *ch, const struct frame *f);
int copy_frame(struct keeper *k, const struct frame *f); /* what the scribe says of copies */
void copy_lost(struct keeper *k);
void keeper_quarantine(struct keeper *k, uint64_t entry, uint32_t deaths);
bool keeper_is_quarantined(const struct keeper *k, uint64_t entry, bool *ret_silent);
int keeper_may_downtime(uint8_t kind, struct slice body, struct err *e) MUST; /* an entry of kind downtime or backload that a command hands in: keeper_downtime.c */
int keeper_may_calls(struct slice body, struct err *e) MUST;
void keeper_quarantine_note(struct keeper *k, uint64_t entry, bool lifted);
#define QUARANTINE_MAX 10000

/* ---- how far the view is (keeper_view.c) ---- */
void keeper_view_look(struct keeper *k);
void keeper_view(const struct keeper *k, struct keeper_view *ret);
void keeper_view_put(const struct keeper *k, struct jsonw *w); /* "view":{...} */

/* ---- reading ---- */
void op_raw(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_entry(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_checkpoint(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_status(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_listeners(struct keeper *k, struct kchan *ch, const struct frame *f);
void keeper_put_alarms(struct keeper *k, struct jsonw *w); /* objects, into an array */
void op_selftest(struct keeper *k, struct kchan *ch, const struct frame *f);

/* ---- alarms and settings as entries (keeper_alarm.c) ---- */
void keeper_alarms(struct keeper *k);
void keeper_alarm_note(struct keeper *k, struct slice id, bool open); /* from the cache, or an entry of an earlier life */
void keeper_config(struct keeper *k, struct slice hash, struct slice text, bool whole);

/* ---- the vault (keeper_vault.c) ---- */
void op_vault_key(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_vault_number(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_vault_pack(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_vault_snapshot(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_vault_entries(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_agent(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_agent_number(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_agent_pack(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_agent_snapshot(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_agent_key(struct keeper *k, struct kchan *ch, const struct frame *f);
bool keeper_agent_name_ok(const char *name);
int keeper_agent_speaker(struct keeper *k, struct kchan *ch, struct cur *c, char ret_name[64], struct err *e) MUST; /* reads `who`: whose token it is */
/* An entry of kind snapshot or vault-pack, written now or found in the ledger: what it means for numbers, status and alarms. */
void keeper_vault_note(struct keeper *k, uint8_t kind, uint64_t seq, int64_t time, struct slice body, const struct json_node *n);
void keeper_vault_save(const struct keeper *k, struct jsonw *w);             /* one object, for the cache of accounts.c */
void keeper_vault_load(struct keeper *k, const struct json_node *n);
void keeper_vault_forget(struct keeper *k);
void keeper_vault_status(const struct keeper *k, struct jsonw *w);           /* one object */
void keeper_vault_alarms(const struct keeper *k, struct jsonw *w);           /* objects, into an array */
void keeper_vault_rest(struct keeper *k);                                    /* a clean stop */
uint64_t keeper_reserve(const struct keeper *k);

/* ---- rotation of keys (keeper_keys.c) ---- */
void op_key_rotate(struct keeper *k, struct kchan *ch, const struct frame *f);
void keeper_keys_resume(struct keeper *k); /* what a kill left */
void keeper_keys_note(struct keeper *k, uint64_t seq, int64_t time, const struct json_node *n);
/* ---- heads and witnesses (keeper_head.c) ---- */
int heads_start(struct keeper *k, struct err *e) MUST;
int heads_fd(const struct keeper *k);
void heads_done(struct keeper *k);
void heads_stop(struct keeper *k);
void op_head(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_cosign(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_seen(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_asked(struct keeper *k, struct kchan *ch, const struct frame *f);

/* ---- retention (keeper_retain.c) ---- */
void op_retention(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_kept(struct keeper *k, struct kchan *ch, const struct frame *f);
size_t keeper_erased_quarters(const struct keeper *k); /* of messages */
bool keeper_key_erased(const struct keeper *k, const char *period);
void keeper_repack(struct keeper *k); /* packs that still hold an erased body are written anew */
void keeper_retain_open(struct keeper *k); /* after the accounts: entries are read, and keys that an entry erased are destroyed where they stand */
void keeper_retain_done(struct keeper *k);
void keeper_retain_note(struct keeper *k, uint64_t seq);
int keeper_retain_alive(const struct keeper *k, const char *period, struct err *e) MUST; /* ERR_DENIED: it was erased */
void keeper_retain_forget(struct keeper *k);
void keeper_retain_save(const struct keeper *k, struct jsonw *w);
void keeper_retain_load(struct keeper *k, const struct json_node *n);

/* ---- while the site is being rebuilt (keeper_looked.c) ---- */
int looked_open(struct keeper *k, struct err *e) MUST;   /* restoring: what a kill tore is cut off */
int looked_add(struct keeper *k, uint8_t kind, const char *source, struct slice body, struct err *e) MUST; /* ERR_FULL: it cannot be noted */
const char *looked_when(const char *text, char *out, size_t size); /* text, and when it was: the entry will be later */
int looked_commit(struct keeper *k, struct err *e) MUST; /* durable, before anybody is answered */
int looked_enter(struct keeper *k, struct err *e) MUST;  /* the ledger is there: what was noted becomes entries, once each */
void looked_pace(struct keeper *k, struct cur *c);       /* R_RESTORING */
void looked_status(struct keeper *k, struct jsonw *w);   /* fields of an object that is open */

/* ---- accounts (accounts.c) ---- */
void accounts_seal(struct keeper *k); /* keys/accounts.age, for heads: people sign in before a rebuilt ledger is back */
int accounts_open_restoring(struct keeper *k, struct err *e) MUST;
struct account {
	char user[USER_MAX], role[24], hash[128], person[40]; /* person: of role patient, as the chart names them */
	bool disabled, must_change;
	int64_t created, last_login;
};
struct token {
	char id[24], role[24], user[USER_MAX], label[64];
	uint8_t hash[SEAL_HASH];
	bool revoked;
	int64_t created;
};
int accounts_open(struct keeper *k, struct err *e) MUST;
void accounts_close(struct keeper *k);
struct account *accounts_user(struct keeper *k, const char *user);
struct token *accounts_token(struct keeper *k, const char *token);
bool accounts_agent(struct keeper *k, const char *name); /* is there a token in use of the backup agent of that name? */
/* One account entry, and what it means here. secret: stays out of what the scribe gets. */
int accounts_change(struct keeper *k, const char *what, const char *user, const char *role, const char *by, const char *reason, const char *hash, bool must_change, const char *person, struct err *e) MUST;
int accounts_token_new(struct keeper *k, const char *role, const char *user, const char *label, const char *by, char ret_token[TOKEN_MAX], struct err *e) MUST;
int accounts_token_revoke(struct keeper *k, const char *id, const char *by, struct err *e) MUST;
void accounts_json(struct keeper *k, struct buf *ret);
void accounts_each(const struct keeper *k, void (*fn)(void *arg, const struct account *u), void *arg);
void accounts_save(struct keeper *k, bool always); /* the cache: only ever behind, never wrong */
void accounts_touch(struct keeper *k); /* the cache is behind */
void accounts_redact(struct slice body, struct buf *ret);
bool account_name_ok(const char *user);

/* ---- sessions (sessions.c, login.c) ---- */
#define KEEPER_SHARED ((size_t)4 << 20)
struct asker { /* who stands behind a request of the web role, or of a command */
	char user[USER_MAX], role[24], address[64], person[40];
	uint32_t may;
	bool is_token, must_change, command;
	struct session *session;
};
int sessions_open(struct keeper *k, struct err *e) MUST;
/* Reads `who` off the frame (control channels have none: it is the peer). ERR_DENIED: nobody we know. need: MAY_x that must all be there. */
int asker_read(struct keeper *k, struct kchan *ch, struct cur *c, uint32_t need, struct asker *ret, struct err *e) MUST;
bool session_glass_open(const struct session *s, const char *patient);
bool session_take_ecg(struct session *s);
bool session_take_raw(struct session *s); /* false: it has had enough for now */
void sessions_end_of(struct keeper *k, const char *user, const struct session *but);
size_t sessions_count(struct keeper *k);
void op_login(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_check(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_logout(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_password(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_break_glass(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_glass(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_user_add(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_user_disable(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_user_list(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_token_create(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_token_revoke(struct keeper *k, struct kchan *ch, const struct frame *f);

int keeper_audit_entry(struct keeper *k, const struct asker *who, const char *what, const char *patient, const char *query, uint64_t as_of, uint64_t *ret_seq, struct err *e) MUST;

/* ---- Argon2id beside the loop (password.c) ---- */
struct password_job {
	enum { JOB_LOGIN, JOB_CHANGE, JOB_USER_ADD, JOB_SIGN, JOB_GATE } what;
	uint64_t chan, tag;
	char user[USER_MAX], role[24], by[USER_MAX], address[64], person[40];
	char hash[128];         /* to compare with; empty: only make one */
	char secret[256], fresh[256];
	bool known;             /* the user exists and is not disabled */
	bool one_time;
	uint8_t session[32];    /* JOB_CHANGE, JOB_SIGN: whose */
	uint8_t *act, kind;     /* JOB_SIGN: what is to be stored (one_time: and waited for), as an entry of which kind; freed with the job */
	size_t act_n;
	bool matched;           /* result */
	char made[128];         /* result: hash of fresh */
	struct password_job *next;
};
int passwords_start(struct keeper *k, struct err *e) MUST;
int passwords_fd(const struct keeper *k);
/* Takes the job; ERR_BUSY: too many are waiting. */
int passwords_ask(struct keeper *k, struct password_job *j, struct err *e) MUST;
void passwords_done(struct keeper *k, void (*each)(struct keeper *k, struct password_job *j));
void login_done(struct keeper *k, struct password_job *j);

/* ---- what was captured, and numbers given out (keeper_capture.c) ---- */
/* Before an entry of kind capture or downtime is written: whether it may be. ERR_NO: of a capture, these very bytes are entry *ret_same; of a downtime, the step does not follow from what stands. ERR_EXISTS: that id is there with other bytes, or that key was given out. */
int keeper_capture_check(struct keeper *k, uint8_t kind, struct slice body, bool ours, uint64_t *ret_same, struct err *e) MUST; /* ours: made by the keeper itself */
void keeper_capture_merge(struct keeper *k, uint64_t seq, int64_t time, const char *source, struct slice decision); /* the item of a merge, beside it */
void op_capture(struct keeper *k, struct kchan *ch, const struct frame *f);
void keeper_capture_source(struct slice body, char out[LEDGER_SOURCE_MAX + 1]);
void keeper_capture_note(struct keeper *k, uint8_t kind, uint64_t seq, int64_t time, struct slice body); /* written now, or found in the ledger */
void keeper_capture_save(const struct keeper *k, struct jsonw *w);
bool keeper_capture_load(struct keeper *k, const struct json_node *n); /* false: of a version that did not know of downtimes: read again from the ledger */
void keeper_capture_forget(struct keeper *k);
/* The downtime that runs, or ran last, and a person's word on it and on captured items (keeper_downtime.c). */
struct downtime;
const struct downtime *keeper_downtime(const struct keeper *k);
void keeper_downtime_put(const struct downtime *d, bool exact, struct jsonw *w); /* an object; exact: to be read again */
bool keeper_downtime_load(const struct json_node *n, struct downtime *ret);
void op_sending(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_downtime(struct keeper *k, struct kchan *ch, const struct frame *f);

/* ---- recordings (keeper_ecg.c) ---- */
void keeper_store_for_web(struct keeper *k, struct kchan *ch, uint64_t tag, const struct asker *who, uint8_t kind, const char *way, struct slice body, bool dedupe, bool wait);
void keeper_source(const struct asker *who, const char *way, char out[]); /* "WAY/NAME", at most LEDGER_SOURCE_MAX; out holds one more */
void op_ecg(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_ecg_act(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_ecg_body(struct keeper *k, struct kchan *ch, const struct frame *f);
/* A signature of somebody who has signed in: an entry of that kind, stored once the password has been looked at beside the loop. The channel is answered then. ERR_LIMIT: too many tries. */
int keeper_ask_password(struct keeper *k, struct kchan *ch, uint64_t tag, const struct asker *who, const char *secret, uint8_t kind, struct slice body, bool wait, struct err *e) MUST;
void sign_answer(struct keeper *k, struct kchan *ch, struct password_job *j);

/* ---- partner links (keeper_gate.c) ---- */
void keeper_gate_note(struct keeper *k, uint8_t kind, uint64_t seq, int64_t time, struct slice body);
void keeper_gate_save(const struct keeper *k, struct jsonw *w);
void keeper_gate_load(struct keeper *k, const struct json_node *root);
int keeper_gate_open(struct keeper *k, uint64_t upto, struct err *e) MUST; /* what waits, of entries that the cache speaks of */
void keeper_gate_forget(struct keeper *k);
void keeper_gate_attach(struct keeper *k, struct kchan *ch);
void keeper_gate_lost(struct keeper *k, const struct kchan *ch);
void keeper_gate_committed(struct keeper *k); /* durable: the relay may be told */
void keeper_gate_tick(struct keeper *k);
void keeper_gate_alarms(const struct keeper *k, struct jsonw *w); /* objects, into an array */
void op_gate(struct keeper *k, struct kchan *ch, const struct frame *f);
int keeper_gate_person(struct keeper *k, struct kchan *ch, uint64_t tag, const char *user, const char *role, const struct json_node *n, struct err *e) MUST; /* who signed in for this one request */
int gate_sign_ask(struct keeper *k, struct kchan *ch, uint64_t tag, const struct json_node *n, struct err *e) MUST; /* keeper_gate_sign.c; 1: it waits for the password, 0: none was given */
void gate_sign_answer(struct keeper *k, struct kchan *ch, struct password_job *j);
void op_gate_web(struct keeper *k, struct kchan *ch, const struct frame *f);
void keeper_gate_status(const struct keeper *k, struct jsonw *w); /* one object */

/* ---- what is ordered of a file server's sensor, and what it said (keeper_watch.c) ---- */
void op_watch(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_said(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_packet(struct keeper *k, struct kchan *ch, const struct frame *f); /* keeper_packet.c */
void keeper_packets_put(const struct keeper *k, struct jsonw *w); /* an array: the newest of each unit; for the board, and the cache of accounts.c */
void keeper_packets_load(struct keeper *k, const struct json_node *list);
void keeper_packets_state_put(const struct keeper *k, struct jsonw *w);   /* an object: what the role that makes them cannot do */
void keeper_packets_alarms(const struct keeper *k, struct jsonw *w);      /* objects, into an array */
void keeper_packets_forget(struct keeper *k);
void op_registry_next(struct keeper *k, struct kchan *ch, const struct frame *f); /* keeper_registry.c */
void op_registry_add(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_scope_ask(struct keeper *k, struct kchan *ch, const struct frame *f); /* keeper_scope.c */
void op_scope_say(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_notice(struct keeper *k, struct kchan *ch, const struct frame *f); /* keeper_notice.c */
struct scope_case;
int keeper_scope_case(struct keeper *k, struct slice name, struct scope_case **ret, struct err *e) MUST; /* out of the entries; the caller frees it. ERR_NOT_FOUND */
void op_notice_sign(struct keeper *k, struct kchan *ch, const struct frame *f);
int keeper_notice_signed(struct keeper *k, const struct scope_case *c, struct jsonw *w, struct err *e) MUST; /* "sets": the newest of each kind that was made of the case, and who has signed for it; "signed": other files by their hash; "signers": who may */
void op_scope_see(struct keeper *k, struct kchan *ch, const struct frame *f); /* keeper_result.c */
int keeper_result_tick(struct keeper *k); /* in how many ms again: files of a run are being proven */
void keeper_results_free(struct keeper *k);
void op_scan(struct keeper *k, struct kchan *ch, const struct frame *f); /* keeper_scan.c */
int keeper_may_scan(struct slice body, const char *by /* NULL: a command's word */, struct err *e) MUST;
int keeper_may_scope(struct slice body, struct err *e) MUST;
void op_sheets(struct keeper *k, struct kchan *ch, const struct frame *f); /* keeper_sheets.c */
int keeper_transfer_sign(struct keeper *k, const struct json_node *n, const struct asker *who, struct buf *ret_note, struct err *e) MUST; /* keeper_transfer.c */
int keeper_may_transfer(struct keeper *k, struct slice body, struct err *e) MUST;

/* ---- wards' PCs (keeper_station.c) ---- */
void op_station(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_station_items(struct keeper *k, struct kchan *ch, const struct frame *f);
void keeper_station_note(struct keeper *k, int64_t time, const struct json_node *n); /* an entry of kind station */
void keeper_station_item(struct keeper *k, struct slice id);                         /* an item that is in the ledger */
void keeper_station_save(const struct keeper *k, struct jsonw *w);                   /* an array, for the cache of accounts.c */
void keeper_station_load(struct keeper *k, const struct json_node *list);
void keeper_station_forget(struct keeper *k);
void keeper_watch_tick(struct keeper *k);
void keeper_watch_forget(struct keeper *k);
void keeper_watch_note(struct keeper *k, const struct json_node *n, int64_t time); /* what the sensor said, now or in an earlier life */
void keeper_watch_save(const struct keeper *k, struct jsonw *w);                  /* one array */
void keeper_watch_load(struct keeper *k, const struct json_node *list);
void keeper_watch_alarms(const struct keeper *k, struct jsonw *w);                /* objects, into an array */
void op_gate_hold(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_gate_next(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_gate_sent(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_gate_refused(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_gate_told(struct keeper *k, struct kchan *ch, const struct frame *f);
struct gate_asker { /* who asks for something to be done with links, addresses or the host */
	char user[USER_MAX], role[24];
	bool person;
};
struct gate_element;
/* Of links that are cut, or will be until their reopening is durable. At most room. */
size_t keeper_gate_elements(struct keeper *k, struct gate_element *out, size_t room);
bool keeper_gate_alarm(const struct keeper *k, char *out, size_t size);
void keeper_gate_proven(struct keeper *k, uint64_t tag); /* the cutter has answered */

/* ---- letters for pages (keeper_letter.c) ---- */
int keeper_letter_begin(struct keeper *k, struct kchan *ch, uint64_t tag, const char *link, const struct json_node *n, struct err *e) MUST; /* its answer follows. ERR_BUSY: another one is being made */
int keeper_letter_tick(struct keeper *k); /* a piece of it; in how many milliseconds it wants to go on */
void keeper_letter_forget(struct keeper *k);

/* ---- cuts in the kernel (keeper_cutter.c) ---- */
bool keeper_cutter_note(struct keeper *k, const struct json_node *act, int64_t time); /* true: it was of this */
void keeper_cutter_save(const struct keeper *k, struct jsonw *w);
void keeper_cutter_load(struct keeper *k, const struct json_node *root);
void keeper_cutter_forget(struct keeper *k);
void keeper_cutter_attach(struct keeper *k, struct kchan *ch);
void keeper_cutter_lost(struct keeper *k, const struct kchan *ch);
void keeper_cutter_tell(struct keeper *k);      /* now: all that is to be cut */
void keeper_cutter_later(struct keeper *k);     /* something leaves the list when this round is durable */
void keeper_cutter_committed(struct keeper *k);
void keeper_cutter_tick(struct keeper *k, int64_t now);
uint64_t keeper_cutter_prove(struct keeper *k, const struct gate_element *v, size_t n); /* 0: there is nobody who could; else keeper_gate_proven follows, with this */
bool keeper_cutter_says(const struct keeper *k, const struct gate_element *x, enum cut_found *ret, uint64_t *ret_packets); /* false: it was not in the last probe */
const char *keeper_cutter_why(const struct keeper *k);
bool keeper_cutter_able(const struct keeper *k);
bool keeper_cutter_asks(struct slice what);
int keeper_cutter_ask(struct keeper *k, struct kchan *ch, uint64_t tag, const struct json_node *n, const struct gate_asker *who, const char *reason, struct err *e) MUST;
bool keeper_cutter_alarm(const struct keeper *k, char *out, size_t size);
/* Of a plan: nothing of it is said to the cutter, or recorded, but where it says so. */
struct gate_addresses;
bool keeper_cutter_has(const struct keeper *k, const struct gate_element *x);   /* is this address cut? */
bool keeper_cutter_never(const struct keeper *k, const struct gate_element *x); /* is it an administrator's? */
bool keeper_cutter_isolated(const struct keeper *k);
int keeper_cutter_cut(struct keeper *k, const struct gate_element *x, const struct gate_asker *who, const char *reason, struct err *e) MUST; /* 1: it was not cut before; 0: it was */
int keeper_cutter_free(struct keeper *k, const struct gate_element *x, const struct gate_asker *who, const char *reason, struct err *e) MUST; /* recorded; it leaves the list when that is durable */
int keeper_cutter_from(struct keeper *k, const struct json_node *n, const struct gate_addresses *members, const struct gate_addresses *admins, struct err *e) MUST; /* ERR_NO: who says so would be cut off (n's "from"). members NULL: by the island as it stands */
bool keeper_cutter_isolate(struct keeper *k, const struct json_node *island);   /* with its members and admins; NULL: as the island stands. false: it is isolated already */
int keeper_cutter_record(struct keeper *k, const char *what, const struct gate_element *x, const struct gate_asker *who, const char *reason, struct err *e) MUST; /* of an address; x NULL: of the host, with how its isolation stands */
int keeper_cutter_record_island(struct keeper *k, const struct json_node *island, const struct gate_asker *who, const char *reason, struct err *e) MUST;
int keeper_cutter_end(struct keeper *k, const struct gate_asker *who, const char *reason, struct err *e) MUST; /* of the isolation, signed by two: recorded; in force when that is durable */
void keeper_cutter_put_proven(struct keeper *k, const struct gate_addresses *v, bool host, bool proven, struct jsonw *w); /* "addresses" and, of the host, "proof"; the proofs are recorded */
void op_cutter_have(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_cutter_proven(struct keeper *k, struct kchan *ch, const struct frame *f);

/* ---- links to one recording (keeper_link.c) ---- */
void keeper_link_note(struct keeper *k, const struct json_node *act);
void keeper_link_save(const struct keeper *k, struct jsonw *w);
void keeper_link_load(struct keeper *k, const struct json_node *list);
void keeper_link_forget(struct keeper *k);
void op_link(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_link_revoke(struct keeper *k, struct kchan *ch, const struct frame *f);
void op_link_open(struct keeper *k, struct kchan *ch, const struct frame *f);

#endif
