/* serve: the processes (DESIGN 6) and the one way in for commands. It only wires: what is true of patients or ledgers is decided in the rooms below.
 *
 * `holdfast serve` is a small supervisor that re-executes this program once per role (intake, keeper, scribe, web, replicate), introduces them by socketpairs, passes each what it
 * may have (descriptors, keys as data) and restarts it when it dies. Roles speak frames of serve_internal.h. A command that needs to write or to be answered by the keeper uses struct control:
 * it takes SITE/lock and runs the same keeper and scribe for its own lifetime, or, where the lock is held, asks over SITE/run/control.
 */
#ifndef HOLDFAST_SERVE_H
#define HOLDFAST_SERVE_H

#include "base.h"
#include "chart.h"
#include "ledger.h"
#include "seal.h"

/* ---- the site folder ---------------------------------------------------------------------------------------------------- */

/* SITE/site.ini: [site] name, origin, zone (minutes east of UTC); [http] address, plain, cert, key; [listener NAME] for MLLP: address, tls, client-cert, allow (certificate names or fingerprints), ca, cert, key,
 * ack auto|original|enhanced|always-AA, unencrypted; [limits] reserve-mib, connections, message-mib; [packets] minutes, least-seconds. site.c holds the list, holdfast-site.ini(5) explains it. Unknown names are an error with the line. */
struct site_listener {
	char name[40], address[80];
	bool tls, client_cert;
	bool unencrypted;     /* plain MLLP beyond loopback was said to be accepted */
	int ack;              /* enum hl7_ack_mode */
	char allow[1024];     /* certificate names or "sha256:" fingerprints, comma separated; empty: any that our CA (or ca file) signed */
	char ca[256];         /* PEM file of who signs the clients' certificates, from the site folder; empty: our CA */
	char cert[256], key[256]; /* PEM files of our own, from the site folder; empty: those that init made */
};
#define SITE_LISTENERS_MAX 32
struct site_limits {
	uint32_t connections;  /* MLLP connections at a time, all listeners: default 1000 */
	uint32_t message_mib;  /* largest message: default and most 72 */
	uint32_t packet_minutes; /* ward packets are made anew at least so often: 1 to 60, default 5; 0: the daemon makes none */
	uint32_t packet_seconds; /* ... and because a chart of the unit changed at most so often: 1 to 3600, default 60 */
};
struct site {
	char path[4096];
	int fd;               /* the folder */
	char name[128], origin[NOTE_NAME_MAX + 1];
	int zone_minutes;
	char http[80];
	bool plain;
	struct site_listener listeners[SITE_LISTENERS_MAX];
	size_t listener_count;
	uint64_t reserve;     /* bytes of disk kept; 0: default 1 GiB */
	struct site_limits limits;
	bool drill;           /* a drill's copy of a site: what it sends says so (MSH-11 T) and reaches this machine alone; so do its packets and sheets */
	bool restoring;       /* site_open_restoring: its ledger is being fetched and proven; charts can be read, and nothing else */
	struct site_listener web; /* name "http", the address of http, and files of its own certificate */
};
struct site_init {
	const char *name;       /* NULL: "Hospital" */
	int k, n;               /* recovery shares, default 2 of 3 */
	const char *shares_dir; /* NULL: the current folder */
	bool drill;             /* a drill's: site.ini says so */
	int zone_minutes;
	unsigned reserve_mib;   /* 0: what a site keeps as a rule */
};
/* Makes the folder (must be absent or empty), keys, shares in shares_dir (NAME-share-1-of-3.txt ..., mode 0600; nothing of the recovery key stays in the site), CA + TLS keys (the CA key is sealed to recovery at once),
 * ledger with its first entry (kind site: origin, salted hash of each share), empty view. A failure leaves nothing behind. Owned by the role users when root. talk: what to tell the person. */
int site_create(const char *path, const struct site_init *o, struct buf *ret_talk, struct err *e) MUST;
int site_open(const char *path, struct site *ret, struct err *e) MUST;
void site_close(struct site *s);
/* The name of the site, of the text of a site.ini. */
int site_ini_name(struct slice ini, char ret[128], struct err *e) MUST;
/* A site, or a folder in which `holdfast rebuild` is at work and has charts already (restoring is set): for who only reads charts. */
int site_open_restoring(const char *path, struct site *ret, struct err *e) MUST;
/* Server certificates and keys of its own for this host, from the site's authority, whose key only recovery opens: after a rebuild, and before the old ones expire. */
int site_tls_renew(int sitefd, const char *site_name, const struct age_identity *recovery, struct err *e) MUST;
/* SITE/lock for the life of the descriptor: nobody else writes meanwhile. fd or negative; ERR_BUSY: a daemon or another command has it. */
int site_lock(int sitefd, struct err *e) MUST;
/* When all of the ledger was last verified with success, for status: SITE/run/verified, whose time is the file's. Who may not write there leaves no note. */
void site_note_verified(const struct site *s, uint64_t size);

/* ---- running ------------------------------------------------------------------------------------------------------------ */

struct serve_options {
	const char *site;
	const char *http;        /* A:P, overrides site.ini; NULL: as there; port 0: any free one, told on stderr */
	const char *mllp[SITE_LISTENERS_MAX]; /* [NAME=]A:P, replaces the listeners of site.ini */
	size_t mllp_count;
	bool plain;              /* plain HTTP and MLLP, on loopback addresses only */
	bool self_test;          /* roles accept the sandbox self-test (control_self_test) */
	bool sandbox_off;        /* for tests and debuggers: status screams */
};
int serve_run(const struct serve_options *o, struct err *e) MUST; /* until SIGTERM/SIGINT; sd_notify READY when all roles are up; a clean stop publishes the checkpoint */
/* The program was re-executed as a role: argv[1] is "--role". Called first in main; -1 when it is not. */
int serve_role_main(int argc, char **argv);

/* ---- commands ask the keeper ----------------------------------------------------------------------------------------------- */

struct control;
/* may_start false never starts a keeper: ERR_BUSY when no daemon runs. Neither lock nor answer within 10 s: ERR_SYSTEM (exit 3). */
int control_open(const struct site *s, bool may_start, struct control **ret, struct err *e) MUST;
/* The same for entries that no chart shows (backups): a keeper of our own comes without a scribe and without a program started anew, which is most of what a short command costs. The view has these
 * entries when somebody next opens it. To be called before any thread is started. */
int control_open_bare(const struct site *s, struct control **ret, struct err *e) MUST;
void control_close(struct control *c); /* a private keeper closes its ledger cleanly: the checkpoint covers its entries */
bool control_private(const struct control *c); /* we run the keeper ourselves */

struct control_append {
	uint8_t kind, flags;
	struct slice body;
	bool dedupe;           /* the same bytes again: no new entry. Of an envelope line: the same bytes under the same control_key */
	struct slice control_key; /* HL7 v2: sender and control id, for the reused-id flag; envelope lines: what struct batch_run gives; may be empty */
};
struct control_appended {
	uint64_t seq;
	int64_t time;
	bool duplicate;
};
/* Many in flight: control_append sends, results come in order through fn, at the latest in control_flush, which returns when all are durable, shown by the view and covered by the published checkpoint. */
typedef int control_result_fn(void *arg, uint64_t tag, const struct control_appended *r, struct err *e);
int control_append(struct control *c, const struct control_append *a, uint64_t tag, control_result_fn *fn, void *arg, struct err *e) MUST;
int control_flush(struct control *c, struct err *e) MUST;
int control_flush_bare(struct control *c, struct err *e) MUST; /* the same for entries that no chart shows: without waiting for the view */

/* By what an envelope line (FHS, BHS, BTS, FTS) of a file is known again. Its own bytes are not enough: "BTS|2" ends many batches. So it is the line, and the message beside it: the one that an
 * FHS or BHS leads to, the one that a BTS or FTS comes after, with the envelope lines in between. That is the same however much of the file was stored before, and the same when lines
 * were added at the file's end. Lines are held until what follows them is known; fn gets them in their order. */
#define BATCH_RUN_MAX 1024 /* envelope lines in a row; where there are more, the next ones count as a run of their own */
struct batch_run {
	struct batch_line {
		uint8_t hash[SEAL_HASH], key[SEAL_HASH];
		uint64_t id;    /* the caller's */
		struct slice line; /* the caller's, may be empty when it was only hashed */
		bool leads;     /* FHS, BHS */
	} lines[BATCH_RUN_MAX];
	size_t n;
	uint8_t before[SEAL_HASH]; /* hash of the message before the run; zeros: there is none */
};
typedef int batch_line_fn(void *arg, const struct batch_line *l, struct err *e);
void batch_begin(struct batch_run *b);                                                                        /* a new file */
int batch_line(struct batch_run *b, uint64_t id, struct slice line, batch_line_fn *fn, void *arg, struct err *e) MUST;
/* Anything else than an envelope line, or (SLICE_NULL) the end of the file. */
int batch_other(struct batch_run *b, struct slice message, batch_line_fn *fn, void *arg, struct err *e) MUST;
/* Over a connection, where nobody knows what comes next and when: hands out what is held (call it behind a BTS or FTS, whose keys do not depend on what follows). Further lines have the keys they would have
 * had anyway. */
int batch_now(struct batch_run *b, batch_line_fn *fn, void *arg, struct err *e) MUST;

/* Somebody looks at patients' data by a command: an audit entry (kind audit, source cli, the person is the system's user), durable when it returns; show nothing before. *ret_entry UINT64_MAX: not recorded,
 * because even the reserve of the disk is full; show it all the same, and say so. */
struct control_view {
	const char *what;       /* "view" "search" "export" "raw" */
	const char *patient_id; /* NULL: none */
	const char *query;      /* NULL: none */
	uint64_t as_of_entry;   /* head of what is shown */
};
int control_view(struct control *c, const struct control_view *v, uint64_t *ret_entry, struct err *e) MUST;
/* An account entry's body as it may be shown: without password and token hashes. */
void serve_account_redact(struct slice body, struct buf *ret);

/* Rebuild: fn is called with progress (entries done, total). to = CHART_NOW: all, and the view follows again; else it stays at that entry (inclusive). */
int control_rebuild(struct control *c, uint64_t to, void (*progress)(void *arg, uint64_t done, uint64_t total), void *arg, struct err *e) MUST;
/* Catch the view up with the ledger (what a crash left behind); nothing when it is pinned. */
/* Captured items are worked on from now on: until this one is closed nobody takes one from it over the page. What was said before is in the ledger when it returns. */
int control_sends(struct control *c, struct err *e) MUST;
int control_catch_up(struct control *c, struct err *e) MUST;
/* A sealed copy of the view in SITE/copies, with its entry; the last two are kept. Only root and the site's owner. */
struct control_copied {
	uint64_t entries, record, plain, size;
};
int control_view_copy(struct control *c, struct control_copied *ret, struct err *e) MUST;
int control_status(struct control *c, struct buf *ret_json, struct err *e) MUST; /* roles, sandbox, feeds, disk ... one JSON object */
#define SERVE_ROLES "admin, clinician, registrar, privacy, security, owner, auditor, device, api, replica, ecg-send, patient"
#define PATIENT_ROLE "patient" /* an account at home: one person's, sees what it has sent itself, and nothing else */
#define AGENT_ROLE "agent" /* of a token whose label is the agent's name: may bring backups, and nothing else */
bool serve_role_known(const char *role);
int control_user_add(struct control *c, const char *user, const char *role, const char *password /* NULL: make a one-time one */, char ret_password[64], struct err *e) MUST;
/* Of the role patient: person is whom the chart names so. */
int control_patient_add(struct control *c, const char *user, const char *person, char ret_password[64], struct err *e) MUST;
int control_user_disable(struct control *c, const char *user, const char *reason, struct err *e) MUST;
int control_user_list(struct control *c, struct buf *ret_json, struct err *e) MUST;
int control_token_create(struct control *c, const char *role /* or */, const char *user, const char *label, char ret_token[128], struct err *e) MUST;
/* What each role could do that it must not: {"intake":[{"try","denied","errno"}],...}. ERR_DENIED unless the daemon was started with self_test. */
int control_self_test(struct control *c, struct buf *ret_json, struct err *e) MUST;
int control_token_revoke(struct control *c, const char *token_id, struct err *e) MUST;

/* Partner links (keeper_gate.c, doc/formats.md): json says what is asked; token: of the person who asks, or NULL. ret: JSON, of a queue NDJSON. */
bool serve_own_address(bool six, const uint8_t ip[16]); /* of this host */
/* A link's own certificate and its private key, both PEM: is it a pair, readable without a passphrase, and not out of date? ERR_USAGE. */
int serve_link_key_check(struct slice cert, struct slice key, struct err *e) MUST;
/* What root wrote into a folder of SITE/scope, to the keeper, which hands it out; of others' sites nothing has to be given. */
int site_give_result(const struct site *s, const char *folder /* scope/NAME */, struct err *e) MUST;
/* Whoever's token it is signs for the bytes of a file (sha256 in hex) of a case's notices: an entry, durable when it returns. ERR_DENIED: no person of role privacy, owner or admin. */
int control_notice_sign(struct control *c, const char *token, struct slice json, uint64_t *ret_entry, struct err *e) MUST;
int control_gate(struct control *c, const char *token, struct slice json, struct buf *ret, struct err *e) MUST;
/* What a letter about a link (gate.h) is made of, out of the ledger, for the command and for the keeper: the same entries and the same head. Steps in order: scan until 1, head, read until 1, write. What a letter cites is part of
 * the checkpoint that it names; where something newer bears on it, whoever makes it gives the next one a moment (LETTER_PUBLISHED_WITHIN) before it takes the head. */
struct gate_dossier;
struct gate_letter;
struct paper_letter;
#define LETTER_PUBLISHED_WITHIN (3 * TIME_SEC)
struct letter_gather {
	uint64_t at, end;      /* leaves */
	uint64_t *seqs, newest; /* entries that bear on it */
	size_t n, cap, next;
	uint64_t size;         /* entries that it is made of are below it */
	struct gate_dossier *d;
	struct tlog_checkpoint head;
	char root[64], witnesses[512]; /* of head: base64; names with commas */
};
int letter_gather_begin(struct letter_gather *g, const char *link, uint64_t end, struct err *e) MUST; /* of the entries below end */
void letter_gather_done(struct letter_gather *g);
int letter_gather_scan(struct letter_gather *g, struct ledger *l, uint64_t most, struct err *e) MUST; /* at most so many leaves; 1: all are seen */
bool letter_gather_covered(const struct letter_gather *g, const struct ledger *l);                    /* does the published checkpoint cover what bears on it? */
int letter_gather_head(struct letter_gather *g, struct ledger *l, struct err *e) MUST;
int letter_gather_read(struct letter_gather *g, struct ledger *l, size_t most, struct err *e) MUST;   /* at most so many bodies; 1: all are read */
/* l has kind, to and lang; all else of it is filled in, and ret is as of gate_letter_write: it lives in a and in g. */
int letter_gather_write(const struct letter_gather *g, struct gate_letter *l, const char *hospital, int zone_minutes, struct arena *a, struct paper_letter *ret, struct err *e) MUST;
/* The sensor of a file server asks what is ordered of it, and says what came of it (keeper_watch.c). */
int control_watch(struct control *c, struct slice json, struct buf *ret, struct err *e) MUST;

/* ---- stations (station.h): enrolled, revoked, listed; and what they bring, one bundle, each item once ------------------------ */

int control_station(struct control *c, struct slice json, struct buf *ret, struct err *e) MUST;
int control_station_items(struct control *c, struct slice bundle, struct buf *ret, struct err *e) MUST;

/* ---- ward packets (packet.h): made from the charts here, signed and entered by the keeper ----------------------------------- */

int control_packet(struct control *c, struct slice json, struct buf *ret_note, struct err *e) MUST;
typedef int serve_packet_sign(void *arg, struct slice json, struct buf *ret_note, struct err *e);
struct serve_packet { /* for whom, and who signs */
	struct chart *chart;
	int sitefd, zone_minutes, hours; /* hours: valid for, 1..PACKET_HOURS_MAX */
	bool drill;                      /* it says on each page that it is a drill's */
	bool known;                      /* there is, or was, such a unit: one in which nobody is gets a packet that says so */
	const char *site_name, *unit;
	serve_packet_sign *sign;
	void *arg;
};
struct serve_packet_made {
	uint64_t entries, bytes; /* bytes: of the file */
	uint32_t persons, left_out, sealed_apart;
	int64_t made, until;
	char sha256[2 * SEAL_HASH + 1]; /* of what is signed: doc/formats.md */
};
/* The unit's packet as of now, whole. Its keys are in SITE/packets/keys; without the second one protected records are left out. ERR_NOT_FOUND: no such unit, or no key (place "key"). */
int serve_packet_make(const struct serve_packet *p, struct buf *ret, struct serve_packet_made *ret_made, struct err *e) MUST;

/* ---- the vault's side of the ledger (vault.h, struct vault_ledger). Only root and the site's owner: ERR_DENIED. */
int control_vault_key(struct control *c, int class, char ret_period[SITE_PERIOD_MAX], struct age_recipient *ret, struct err *e) MUST; /* class: enum vault_class */
int control_vault_number(struct control *c, int class, uint64_t *ret, struct err *e) MUST; /* ERR_FULL: the disk's reserve is reached */
struct control_vault_pack {
	const char *name, *period, *domain;
	int class;
	uint64_t size, plain;
	const uint8_t *sha256;
};
int control_vault_pack(struct control *c, const struct control_vault_pack *p, uint64_t *ret_seq, struct err *e) MUST;
int control_vault_snapshot(struct control *c, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e) MUST; /* body: a JSON object, at most 4 MiB */

/* ---- keys and retention. Only root and the site's owner: ERR_DENIED. */
struct control_rotated {
	uint64_t seq;
	int64_t time;
	struct age_recipient care;
	char period[SITE_ROTATE_PERIODS][SITE_PERIOD_MAX];
	size_t period_n;
};
int control_key_rotate(struct control *c, bool files, const char *reason, struct control_rotated *ret, struct err *e) MUST;

/* ---- sealed copies of the view, opened (view_copy.c): after a rebuild, and to compare one with the ledger ---------------------- */

void view_copy_version(char ret[LEDGER_VIEW_VERSION_MAX]); /* what this program can use */
int view_copy_find(int copiesfd /* SITE/copies */, struct ledger_view_copy *ret, struct err *e) MUST; /* the newest that it can use, whole by its names; ERR_NOT_FOUND */
#define VIEW_KEYS_MAX 64
/* The keys that open copies, with the recovery key, or (recovery NULL) with those of the site. The caller wipes them. */
int view_copy_keys(int sitefd, const struct site_keys *keys, const struct age_identity *recovery, struct age_identity *ret, size_t max, size_t *ret_n, struct err *e) MUST;
/* Opens the parts of c, which lie in srcfd or come to lie there, into fd, an empty file. Helpers work while the caller brings the next part; ids stay the caller's. */
struct view_opener;
int view_opener_new(int srcfd, const struct ledger_view_copy *c, const struct age_identity *ids, size_t n, int fd, struct view_opener **ret, struct err *e) MUST;
void view_opener_part(struct view_opener *o);                         /* the next part is there, whole */
int view_opener_end(struct view_opener *o, struct err *e) MUST;       /* all are there: waits until they are open */
void view_opener_free(struct view_opener *o);                         /* NULL is fine */
const char *serve_readers(void);                                      /* "hl7 1 fhir 1": versions of what turns bodies into facts */
/* One body of kind retention (doc/formats.md, 8) as an entry: a rule, a hold, a lift, an erasure (whose keys are destroyed before this returns), a receipt. ERR_DENIED names the hold that stands against it. */
int control_retention(struct control *c, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e) MUST;
/* What is to outlive a quarter of messages that is about to be erased, as an entry of kind kept: each item must be what its leaf says. */
int control_kept(struct control *c, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e) MUST;
void control_who(char out[64]); /* as entries name whoever runs this command */

/* ---- what agents on other hosts bring (vault_role.c) ------------------------------------------------------------------------------
 *
 * The vault role sees the vault through this alone, so that what it asks of it is one short list, and tests put another in its place. main fills it in (serve_vault_use), in the command and in every role. Without it there
 * is no vault role, and /vault answers 503. */

struct serve_vault_keeper { /* the keeper, for one agent */
	void *arg;
	int (*recipient)(void *arg, char ret_period[SITE_PERIOD_MAX], struct age_recipient *ret, struct err *e); /* of class catalogue, now */
	int (*period)(void *arg, const char *period, struct age_identity *ret, struct err *e);                    /* of class catalogue */
	int (*number)(void *arg, uint64_t *ret, struct err *e);                                                   /* of class catalogue */
	int (*pack)(void *arg, const struct control_vault_pack *p, uint64_t *ret_seq, struct err *e);             /* stands in SITE/vault/in under its name: gets its place, then its entry */
	int (*snapshot)(void *arg, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e);
};
struct serve_vault {
	int (*standing)(int vaultfd, int workfd, const char *agent, const char *source, const char *files_period, struct jsonw *ret, struct err *e);
	int (*snapshot)(int vaultfd, int workfd, int listfd, const char *agent, const uint8_t dedupe[32], struct slice meta, const struct serve_vault_keeper *k, struct buf *ret_json, struct err *e);
	int (*note)(int workfd, bool fresh, const char *kind, uint64_t seq, int64_t time, struct slice body, struct err *e);
};
void serve_vault_use(const struct serve_vault *v);

/* Status without a daemon: what can be read from the folder (ledger head, view, disk, keys, share files still lying about). */
int serve_status_offline(const struct site *s, struct buf *ret_json, struct err *e) MUST;

#endif
