/* vault: files back to just before the infection. Deduplicating, sealed, append-only backup of file trees; restore; detection on the delta; stores for replicas.
 *
 * A snapshot is an entry of the ledger. What it names lies in SITE/vault: content packs, sealed to recovery alone; catalogue packs (paths, metadata, chunk lists, structure verdicts), sealed to
 * care and recovery; and caches that can be deleted at any time (index, log). Formats: doc/formats.md; how it works and why: DESIGN.md here.
 * Invariants
 *   - A pack is one age file of zstd frames, whole and fsynced before its entry is made; a snapshot's entry is made after the entries of all packs it needs. Killed at any instant, what has an entry is whole,
 *     and what has none is removed or ignored by the next backup.
 *   - Nothing on this machine but recovery opens content. Backup needs public recipients and the deduplication key only.
 *   - Restore writes no byte that did not verify, and no name that it did not finish: what is damaged is named.
 * The ledger is reached through struct vault_ledger alone, which the command fills in with the keeper's channel (or, on an agent, with HTTPS).
 */
#ifndef HOLDFAST_VAULT_H
#define HOLDFAST_VAULT_H

#include "base.h"
#include "content.h"
#include "ledger.h"
#include "seal.h"

/* ---- what the vault asks of whoever keeps the ledger ------------------------------------------------------------------ */

enum vault_class { VAULT_CONTENT = 1, VAULT_CATALOGUE = 2 }; /* period classes "files" (recovery only) and "catalogue" (care and recovery) */

struct vault_pack_info {
	char name[48];              /* "content-00000012.age" */
	int class;
	char period[SITE_PERIOD_MAX];
	char domain[64];            /* whose deduplication this pack belongs to: "site", or an agent's name */
	uint64_t size, plain;       /* of the age file; of the stream of chunks in it */
	uint8_t sha256[SEAL_HASH];  /* of the age file */
	uint64_t entry;             /* in the ledger, once it has one */
};
struct vault_ledger {
	void *arg;
	/* The recipient of this class's key now, made when it is not there; ret_period its name. */
	int (*recipient)(void *arg, int class, char ret_period[SITE_PERIOD_MAX], struct age_recipient *ret, struct err *e);
	/* A number for the next pack of this class, never given twice. */
	int (*pack_number)(void *arg, int class, uint64_t *ret, struct err *e);
	/* The pack stands durable under its name in SITE/vault: make its entry. Durable when it returns. */
	int (*pack)(void *arg, struct vault_pack_info *p, struct err *e);
	/* A snapshot's (or drill's, ...) entry: kind LEDGER_SNAPSHOT. Durable when it returns. ret_time: receive time, the only time that retention believes. */
	int (*snapshot)(void *arg, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e);
};

/* ---- backup --------------------------------------------------------------------------------------------------------- */

struct vault_keys { /* of one deduplication domain and period: HKDF of the site's (or agent's) deduplication key */
	uint8_t chunk_id[32]; /* HMAC-SHA-256 key */
	uint8_t gear[32];     /* seed of the gear table */
};

struct vault_progress {
	uint64_t files, bytes, new_bytes, files_total, bytes_total; /* totals 0: not known yet */
	const char *doing;
};
struct vault_backup_options {
	const char *source;            /* NAME: 1..63 of letters, digits, . _ - */
	const char *domain;            /* whose deduplication: NULL: "site"; an agent's name, of the same letters */
	const char *const *paths;
	size_t path_n;
	const char *const *exclude;    /* fnmatch patterns on the path below each root, or on the name */
	size_t exclude_n;
	bool one_file_system;
	unsigned reread_percent;       /* of unchanged files, read all the same, in rotation: for changes that hide. 1 is a good share; 0: none */
	const struct age_identity *older; /* care keys of before the last rotations: earlier catalogues may need them */
	size_t older_n;
	unsigned readers;              /* 0: by the machine */
	uint64_t memory_most;          /* 0: 48 MiB */
	void (*progress)(void *arg, const struct vault_progress *p);
	void *arg;
	/* What could not be read or changed meanwhile, a sentence with the path's printable form; NULL: not told. */
	void (*trouble)(void *arg, const char *sentence);
};
struct vault_snapshot { /* what its entry says */
	char id[24];          /* "s" and the entry's number: what people type */
	uint64_t seq;
	int64_t time;         /* receive time of the entry */
	char source[64], host[64];
	int64_t begun, ended; /* by the clock of the machine that was read */
	uint64_t files, dirs, others, bytes, new_bytes, stored_bytes, changed, added, removed, unreadable, torn /* changed while read */;
	bool whole;           /* nothing unreadable or torn */
	char verdict[12];     /* "clean", "damage" */
	bool accepted;        /* it was judged as damage, and an operator has said that it is right as it stands: "clean" now, why stands in reasons */
	struct buf reasons;   /* JSON array of strings */
	uint8_t root[SEAL_HASH]; /* SHA-256 over the catalogue's stream */
};
int vault_backup(int sitefd, const struct vault_ledger *l, const uint8_t dedupe[32], const struct age_identity *care /* NULL on an agent: its own last catalogue is a local cache */,
                 const struct vault_backup_options *o, struct vault_snapshot *ret, struct err *e) MUST;
void vault_snapshot_done(struct vault_snapshot *s);

/* An operator's word that a snapshot with a verdict of damage is right as it stands: the body of an entry of kind LEDGER_SNAPSHOT. */
#define VAULT_ACCEPT_MAX 4096
void vault_accept_body(const struct vault_snapshot *s, const char *by, const char *reason, struct buf *ret);

/* Brings SITE/vault/log up to the ledger: before vault_backup and vault_open, by whoever calls them. Needs the care key (ERR_DENIED). A site without SITE/vault has nothing to bring up. */
int vault_refresh(int sitefd, const struct site_keys *keys, struct err *e) MUST;

/* ---- reading back ------------------------------------------------------------------------------------------------------ */

struct vault; /* an open vault, for reading */
int vault_open(int sitefd, const struct site_keys *keys, const struct age_identity *recovery /* NULL: catalogues only */, struct vault **ret, struct err *e) MUST;
void vault_close(struct vault *v);

typedef int vault_snapshot_fn(void *arg, const struct vault_snapshot *s, struct err *e);
int vault_list(struct vault *v, const char *source /* NULL: all */, vault_snapshot_fn *fn, void *arg, struct err *e) MUST;
/* "s123", "latest" (with source, unless there is only one), or the newest at or before `before` (0: any). ERR_NOT_FOUND. */
int vault_find(struct vault *v, const char *id, const char *source, int64_t before, struct vault_snapshot *ret, struct err *e) MUST;

struct vault_node { /* one line of a catalogue */
	struct slice path;       /* absolute, raw bytes */
	struct slice link;       /* symlink's target, or the first path of a hard link */
	char type;               /* 'f' 'd' 'l' 'h' (hard link to an earlier path) 'p' 's' 'c' 'b' */
	uint32_t mode, uid, gid, rdev_major, rdev_minor;
	int64_t mtime, ctime;    /* ns */
	uint64_t size, ino;
	int content_type, content_state;
	bool torn, unreadable;
};
/* PATH as people give it, as it stands in a snapshot: absolute (from the current folder), without empty and "." names and without a slash at the end; where ".." stands in it, as the system resolves
 * it. NULL with errno; else the caller's to free. */
char *vault_path_normal(const char *path) MUST;
typedef int vault_node_fn(void *arg, const struct vault_node *n, struct err *e);
int vault_ls(struct vault *v, const struct vault_snapshot *s, struct slice under /* empty: all */, vault_node_fn *fn, void *arg, struct err *e) MUST;

struct vault_restore_options {
	struct slice path;       /* empty: all */
	bool (*want)(void *arg, struct slice path); /* NULL: all of them; else only these files, in folders made for them; not with clean */
	void *want_arg;
	bool clean;              /* each file's newest clean version; see vault_clean_point */
	bool overwrite;          /* also files that are newer than what would replace them */
	unsigned writers;        /* 0: by the machine */
	uint64_t memory_most;    /* 0: 48 MiB */
	void (*progress)(void *arg, const struct vault_progress *p);
	void (*missing)(void *arg, const char *sentence); /* a file that could not be restored whole, and why */
	void *arg;
};
struct vault_restored {
	uint64_t files, bytes, kept_newer, missing, already_there;
};
/* ERR_NO when something is missing; all else is there. Run again it goes on where it stopped. */
int vault_restore(struct vault *v, const struct vault_snapshot *s, const char *dest, const struct vault_restore_options *o, struct vault_restored *ret, struct err *e) MUST;

struct vault_check_report {
	uint64_t packs, pack_bytes, chunks, snapshots, faults;
	uint64_t erased; /* quarters of a class that an entry erased: what lay in them is not missed */
};
/* Every pack's size (quick) or SHA-256 against its entry; with data and recovery every chunk against its id; catalogues against their roots; nothing referred to that is not there. Faults: a sentence a line. */
int vault_check(struct vault *v, bool data, struct vault_check_report *ret, struct buf *ret_faults, struct err *e) MUST;

/* A drill: a random share of a snapshot restored into dest (an empty folder, the caller's to remove), read again and compared with the digests that the ledger names; and how long all of it would take.
 * Without recovery: a random share of the snapshot's packs read and compared with the ledger, so bytes are proven and opening is not. ERR_NO: something was missing. */
struct vault_drill_report {
	bool opened;
	uint64_t files, bytes, files_all, bytes_all, packs, pack_bytes, missing;
	double seconds, estimate_seconds; /* of this share; of everything */
};
int vault_drill(struct vault *v, const struct vault_snapshot *s, const char *dest, unsigned percent, const struct vault_restore_options *o /* writers, progress, missing, arg */,
                struct vault_drill_report *ret, struct err *e) MUST;
/* The entry that says so, for vault_ledger.snapshot. */
void vault_drill_body(const struct vault_snapshot *s, const struct vault_drill_report *d, unsigned percent, struct buf *ret);

/* ---- looking (mount*.c): SOURCE/SNAPSHOT/path as a read-only file system (FUSE). Nothing can be set-user-id, a device or executed in it, and only whoever mounted it sees it. Snapshots are those of now. ---- */

struct vault_mount_options {
	const struct vault_snapshot *only; /* its paths at the top; NULL: all snapshots */
	/* It is mounted and nothing was shown yet: negative takes it away again. */
	int (*ready)(void *arg, size_t snapshots, uint64_t newest, struct err *e);
	/* What is damaged, a sentence each, once; a path in it is printable. */
	void (*say)(void *arg, const char *sentence);
	void *arg;
};
/* Returns when somebody unmounts it, or at SIGINT, SIGTERM or SIGHUP, unmounted. Without recovery no file opens. ERR_SYSTEM: this machine or this user mounts nothing. What a damaged pack held gives an input/output error to whoever
 * reads it, and nothing else does: each pack is compared with the ledger first, and where it differs, chunk by chunk with the catalogue. Memory: under 64 MiB whatever the tree. */
int vault_mount(struct vault *v, const char *mountpoint, const struct vault_mount_options *o, struct err *e) MUST;

/* ---- judgement (vault_judge*.c): pure, over the delta of two catalogues ---------------------------------------------
 *
 * Backup tells the judge every file of the walk and of the catalogue before it, and keeps with each file's line what the judge says of that version (marks, marked). Marks go on with an untouched file
 * and are taken away when its structure holds again, so that damage adds up over snapshots: a file an hour is caught. The snapshot's entry keeps verdict, reasons and signs; signs of the newest
 * snapshot of the source come back in the history of the next. How it weighs, and from how many files on: vault_judge.c.
 */

enum { /* of one version of a file; numbers stand in catalogues. 0: nothing against it */
	VAULT_MARK_NOISE = 1,  /* was something that we know, and is noise under the same name (or base64 of noise, or noise in part) */
	VAULT_MARK_BROKEN = 2, /* was whole, and its structure does not hold; not noise by its figures (packed types look like noise anyway) */
	VAULT_MARK_WIPED = 4,  /* was something, and is empty, one byte value, or what many other files are now, too */
	VAULT_MARK_CUT = 8,    /* was whole, and is shorter and not */
	VAULT_MARK_COPY = 16,  /* new, looks enciphered, and stands for a file that is gone: x.docx -> x.docx.locked */
	VAULT_MARK_ORDER = 32, /* was of no type that we know, but ordered, and is noise */
	VAULT_MARKS_DAMAGE = 63, /* a version with any of these is not a clean one; the two below say nothing alone, and tell what belongs together when damage is found */
	VAULT_MARK_OPAQUE = 64, /* new, and looks enciphered */
	VAULT_MARK_EMPTIED = 128, /* a text that is empty now */
};

/* What a catalogue keeps of a file for this. */
struct vault_trait {
	union {
		struct {
			CONTENT_TRAIT
		};
		struct content_trait is; /* the same, for content_change */
	};
	bool onion;                      /* vault_note_onion of its first VAULT_NOTE_MAX bytes; false for larger files than that */
	bool hollow;                     /* as long as its size says, and one hole from end to end: it holds no data. From its places, not kept by itself */
	uint8_t head[8];                 /* hash of the whole content, keyed alike for every file of a source: the same note in many folders */
	uint8_t marks;                   /* VAULT_MARK_x of this version, as vault_judge_add gave them */
	int64_t marked;                  /* vault_history.now of the snapshot in which it got them; 0 without marks */
};
struct vault_change {
	struct slice path;
	char what;                       /* '+' new, '-' gone, '~' content changed, '=' untouched (before and after the same trait) */
	const struct vault_trait *before, *after; /* NULL where there is none */
	uint64_t new_bytes, known_bytes; /* of the content after: in new chunks; in chunks that were there before */
	uint64_t ino_before, ino_after;  /* 0: none. A rename keeps it */
	bool same_time;                  /* '~': its time of modification is as it was */
};
#define VAULT_SIGNS_MAX 2048             /* printable ASCII without quotes and backslashes, NUL included */
struct vault_history { /* of this source, from its earlier snapshots: newest first */
	struct vault_past {
		int64_t time;
		uint64_t files, changed, added, removed, bytes, new_bytes;
		bool damage;             /* its verdict: what was damaged says nothing about what is usual */
	} past[32];
	size_t n;
	bool first;                      /* nothing to compare with */
	int64_t now;                     /* begin of the snapshot that is judged */
	char signs[VAULT_SIGNS_MAX];     /* of the newest earlier snapshot; "" when there is none */
	int64_t accepted;                /* begin of the newest snapshot whose damage was accepted: what was marked until then counts for nothing; 0: none */
};
struct vault_judge;
#define VAULT_JUDGE_MEMORY_MAX ((size_t)8 << 20) /* whatever the count of files, however they are named */
struct vault_judge *vault_judge_new(const struct vault_history *h, const uint8_t key[16] /* for its tables: secret or random, so that names cannot be chosen against them */); /* NULL: no memory */
void vault_judge_free(struct vault_judge *j);
/* Every file (no folders or links), once; in the order of paths it sees most, but any order will do. What to keep with the version after goes to ret_marks and ret_marked (either may be NULL; 0 for '-'). */
void vault_judge_add(struct vault_judge *j, const struct vault_change *c, uint8_t *ret_marks, int64_t *ret_marked);
bool vault_trait_accept(struct vault_trait *t, int64_t accepted); /* damage that was marked until then is none. True: there was some */
struct vault_verdict {
	bool damage;
	struct buf reasons;              /* JSON array of sentences, strongest first; also what only deserves a look. No path is in it; names of notes and suffixes are shortened and printable */
	char signs[VAULT_SIGNS_MAX];     /* how damage shows in this snapshot, for vault_judge_file and the next judgement */
	uint64_t lost;                   /* files damaged in this delta: lost in place, or gone with an enciphered copy in their place */
	uint64_t standing;               /* files that were damaged before and still are */
	int64_t since;                   /* when the first of all these was damaged, as far as marks say (now, for this delta); 0: none */
};
void vault_judge_end(struct vault_judge *j, struct vault_verdict *ret); /* ret->reasons is made here and freed by vault_verdict_done */
void vault_verdict_done(struct vault_verdict *v);
/* Is this one file's change part of the damage? For whoever looks back (restore --clean, clean-point) at a source that is damaged now: asked for each change of the snapshots from `since` on, with the
 * verdict (damage and signs are enough) of the snapshot that the change led to. '~' and '=': the version after is not to be restored. '-': the file was taken away by the damage and is to come back.
 * '+': a damaged copy, or a note, to be left out. ret_reason (96 bytes): short, printable, no path. Of '-' and '+' in snapshots with a clean verdict (slow encryption) only what was recognised then. */
bool vault_judge_file(const struct vault_change *c, const struct vault_verdict *v, char ret_reason[96]);

/* Whether there is a v3 onion address ([a-z2-7]{56}.onion, also in UTF-16) in the first bytes of a file: ransom notes have one. */
#define VAULT_NOTE_MAX ((size_t)64 << 10)
bool vault_note_onion(struct slice s);

typedef int vault_damaged_fn(void *arg, struct slice path, const struct vault_snapshot *clean /* NULL: no clean version is kept */, const char *reason, struct err *e);
struct vault_clean_point {
	int64_t clean_until, first_damage; /* 0: none */
	uint64_t damaged;
};
int vault_clean_point(struct vault *v, const char *source, vault_damaged_fn *fn, void *arg, struct vault_clean_point *ret, struct err *e) MUST;

/* ---- agents (agent*.c, receive*.c): backup of other hosts -------------------------------------------------------------------------
 *
 * An agent has a credential and a folder of state, and no key that opens anything. It reads, checks, cuts, compresses and seals content packs as a backup on the site does, brings them, and brings a list: the lines of its
 * tree, as a difference to those of its last snapshot, sealed to care and recovery. The site opens the list, compares it with its own last catalogue, judges, writes the catalogue and makes the entry: so an agent that was taken
 * over may lie about what it reads today, and not about what it was yesterday. Protocol and files: DESIGN.md here, doc/formats.md. */

struct vault_recipient {
	char period[SITE_PERIOD_MAX];
	struct age_recipient to;
};
struct vault_credential {
	char agent[64], site[128], url[512], token[128];
	struct note_vkey log;                   /* the site's log: signs what is to be sealed to */
	uint8_t dedupe[32];                     /* seal_agent_key */
	struct vault_recipient files, catalogue; /* as of when it was made: later ones come signed */
	struct buf ca;                          /* PEM: who signed the server's certificate */
};
/* Pure. ret is to be given to vault_credential_done, also after a failure. */
int vault_credential_parse(struct slice text, struct vault_credential *ret, struct err *e) MUST;
void vault_credential_write(const struct vault_credential *c, struct buf *ret);
void vault_credential_done(struct vault_credential *c); /* wipes */

struct vault_standing { /* how the site stands to this agent and source */
	struct vault_recipient files, catalogue;
	bool has_base, lost;         /* lost: a pack of this agent's is not there any more */
	uint64_t base;               /* the newest snapshot of this source and agent */
	struct buf there, untold;    /* a bit for each number of this agent's content packs of the period: those that are there; those that no snapshot told of */
};
/* Pure: the site's answer. The recipients are signed by c->log. ret is to be given to vault_standing_done, also after a failure. */
int vault_standing_parse(struct slice json, const struct vault_credential *c, struct vault_standing *ret, struct err *e) MUST;
void vault_standing_done(struct vault_standing *s);

struct vault_upload {
	uint64_t number;             /* of a content pack; 0: the list */
	const char *period;          /* that it is sealed to */
	int fd;
	uint64_t size, plain;
	uint8_t sha256[SEAL_HASH];
};
/* How an agent reaches its site. Each call does what it says or fails; what was broken off is gone on with inside. */
struct vault_link {
	void *arg;
	int (*begin)(void *arg, const char *source, struct vault_standing *ret, struct err *e);
	int (*number)(void *arg, uint64_t *ret, struct err *e);
	int (*put)(void *arg, const struct vault_upload *u, struct err *e);  /* there, whole and entered (the list: there) when it returns */
	int (*snapshot)(void *arg, struct slice meta, const uint8_t list[SEAL_HASH], struct buf *ret_json, struct err *e);
};
/* Over HTTPS, to url (NULL: the credential's). */
int vault_link_https(const struct vault_credential *c, const char *url, struct vault_link *ret, struct err *e) MUST;
void vault_link_close(struct vault_link *l);
/* statefd: the agent's folder of state, made by the caller, 0700; one for each agent. What it lacks is read again. o->domain is not looked at. */
int vault_agent_backup(int statefd, const struct vault_credential *c, const struct vault_link *l, const struct vault_backup_options *o, struct vault_snapshot *ret, struct err *e) MUST;

/* The site's side: what the vault role does with it (serve.h, struct serve_vault), which holds catalogue keys and no other. */
struct vault_receive {
	int vaultfd, workfd;         /* SITE/vault; SITE/vault/in, in which it may write */
	const char *agent;
	const uint8_t *dedupe;       /* the agent's */
	const struct vault_ledger *ledger; /* pack is called with the pack in workfd, under its name: whoever fills it in gives it its place */
	int (*period)(void *arg, const char *period, struct age_identity *ret, struct err *e); /* of class catalogue */
	void *arg;
};
/* {"base","lost","packs","untold"}: members into an object that was begun. */
int vault_receive_standing(const struct vault_receive *v, const char *source, const char *files_period, struct jsonw *ret, struct err *e) MUST;
/* The list is whole at listfd; ret_json: what the agent is told: {"seq","time","body"}. The same again (the answer was lost) is no second snapshot. */
int vault_receive_snapshot(const struct vault_receive *v, int listfd, struct slice meta, struct buf *ret_json, struct err *e) MUST;
/* A line for workfd's log, which is SITE/vault/log by another hand; from: one past the last entry that it has. */
int vault_receive_note(int workfd, bool fresh, const char *kind, uint64_t seq, int64_t time, struct slice body, struct err *e) MUST;

/* ---- replicas (vault_replica*.c): copies of a site elsewhere, which this site cannot take back ------------------------------------ *
 *
 * A replica is a folder, a bucket or a web address that holds: heads/ (each a signed statement: the tree's size and root, how many packs, and the SHA-256 of every small file as of then), ledger/tile/ (full tiles),
 * packs/ and vault/ (sealed packs), files/PATH/SHA256 (everything small: checkpoint, partial tiles, sealed keys, the sealed tail, site.ini). doc/formats.md has it to the byte. Nothing in it opens without the recovery
 * shares. A head is put last, so whatever it speaks of is there. Reading it trusts no name: each byte is proven by the head's signature, by the tree under it, or by a SHA-256 that one of these names. */

#define VAULT_REPLICA_NAME_MAX 40
/* What opens a store; empty: not given. */
#define VAULT_CA_MAX (16u << 10)
struct vault_access {
	char endpoint[256], key[256], secret[256], session[2048], region[64]; /* S3 */
	char token[256];        /* HTTPS: bearer */
	char ca[VAULT_CA_MAX];  /* PEM: who must have signed the server's certificate; empty: the system's authorities */
	char resolve[512];      /* "HOST:PORT:ADDRESS[,ADDRESS]" (CURLOPT_RESOLVE): the host's name is not looked up */
	const char *system_ca;  /* PEM of the system's authorities, for a process that cannot read files; the caller's memory. NULL: they are read */
};
void vault_access_env(struct vault_access *a); /* AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, HOLDFAST_TOKEN */
void vault_access_over(struct vault_access *a, const struct vault_access *over); /* what `over` has counts */
int vault_access_read(struct slice text, struct vault_access *a, struct err *e) MUST; /* the same names, "NAME=VALUE" a line, as systemd's EnvironmentFile has them; others are passed over */

struct vault_replica { /* DIR/replicas/NAME.ini */
	char name[VAULT_REPLICA_NAME_MAX];
	char target[512];     /* a folder, https://..., s3://BUCKET/PREFIX */
	unsigned retain_days; /* S3 object lock, COMPLIANCE */
	unsigned every;       /* minutes between pushes */
	bool no_lock;         /* a bucket without object lock was said to be enough */
	int folderfd;         /* above 0: the target's folder, opened by somebody else, who may reach it */
	char vkey[NOTE_NAME_MAX + 64]; /* pull: the log's key, as it was given; empty: the first one that is seen counts */
	struct vault_access access; /* from NAME.token, NAME.ca, NAME.s3 beside it, and where those say nothing from the environment */
};
struct vault_replica_state { /* DIR/replicas/NAME.json: how the last try went, and the newest head that stands outside */
	int64_t tried, done;  /* done: the last that succeeded; 0: never */
	int64_t next;         /* when the daemon tries again; 0: not said */
	int64_t renewed;      /* when its locks were last made longer */
	uint64_t size, epoch;
	int64_t head_time;    /* when that head was made */
	char origin[NOTE_NAME_MAX + 1];
	bool ours;            /* it is this site's own head that stands there */
	char error[400];      /* of the last try; "" when it succeeded */
};
/* dirfd: the site's folder, or that of a replica. What r->access has is written down beside it. ERR_EXISTS, ERR_USAGE. Looks whether the target answers; makes a folder or a bucket that is not there. */
int vault_replica_add(int dirfd, const struct vault_replica *r, struct err *e) MUST;
int vault_replica_get(int dirfd, const char *name, struct vault_replica *ret, struct vault_replica_state *ret_state, struct err *e) MUST; /* ERR_NOT_FOUND */
typedef int vault_replica_fn(void *arg, const struct vault_replica *r, const struct vault_replica_state *st, struct err *e);
int vault_replica_each(int dirfd, vault_replica_fn *fn, void *arg, struct err *e) MUST; /* by name; none is 0 */

struct vault_replica_options {
	bool accept_epoch;   /* an operator has looked: take a head under a new name and key, also where it does not extend the last one */
	unsigned connections; /* to a network store, at a time; 0: 4 */
	unsigned retain_days; /* push: instead of what the replica says; 0: as it says */
	bool data;           /* status: read every byte; pull into a site: hash every pack that is there */
	void (*progress)(void *arg, const char *doing, uint64_t done, uint64_t total);
	void *arg;
};
struct vault_replica_report {
	uint64_t size, epoch, packs, vault_packs, objects, bytes; /* of the head; put or fetched now */
	uint64_t behind;      /* status: entries that this site has and the replica's head has not */
	uint64_t faults;      /* each a line in the buf */
	int64_t head_time;
	char origin[NOTE_NAME_MAX + 1];
	bool none;            /* status: no head yet */
	bool locked;          /* what is put stays until its retention ends */
	struct ledger_view_copy copy; /* rebuild: of the view, that charts were started from; parts 0: none */
	uint64_t views_removed, views_locked, views_refused; /* push: objects of old copies of the view: gone now; still under lock, the longest until views_until; not ours to remove */
	int64_t views_until;
};
/* SITE/outbox: the newest heads, signed, and all that is small in them: whoever has no key carries copies away from there. Needs keys that can sign and open. vault_outbox_lay, by the supervisor before: what a keeper in its
 * sandbox cannot read of the site. */
int vault_outbox_make(int sitefd, const struct site_keys *keys, struct err *e) MUST;
int vault_outbox_lay(int sitefd, struct err *e) MUST;
/* Where an object of a replica ("newest", "files/PATH/SHA256", "packs/care-00000001.age", ...) lies in a site: nothing that is not sealed or public has a name. false: there is no such object. */
struct vault_site_place {
	char path[256];     /* below SITE */
	uint64_t offset, n; /* n UINT64_MAX: to the end */
};
bool vault_site_object(const char *name, struct vault_site_place *ret);
int vault_site_open(int sitefd, const char *name, struct vault_site_place *ret, struct err *e) MUST; /* fd, and n is known; ERR_NOT_FOUND */

/* This site into its replica. keys: a new head is made first (vault_outbox_make); NULL: the newest that lies in the outbox is pushed, and no key is needed. ERR_NO: the replica holds something that this site's ledger does not extend (it is ahead, or it is another's, or the past was rewritten here): nothing was put. Faults (a
 * name that held other bytes; it was set aside, and ours put) come as lines and ERR_NO, everything else being there. Killed, the next push completes it. */
int vault_replica_push(int sitefd, const struct site_keys *keys, const struct vault_replica *r, const struct vault_replica_options *o, struct vault_replica_report *ret, struct buf *ret_faults,
                       struct err *e) MUST;
/* From the replica to here, each byte proven before it counts. dirfd a folder without a ledger: it becomes (or is) a replica in its own right, keeps the last head it saw and refuses one that does not extend it, and
 * signs what it accepted as a witness (keys/witness.key there, cosigned/ORIGIN-HASH/SIZE). dirfd the site that pushed: what is missing or damaged here comes back. dirfd another site: the copy lies in replicas/NAME/. */
int vault_replica_pull(int dirfd, const struct vault_replica *r, const struct vault_replica_options *o, struct vault_replica_report *ret, struct buf *ret_faults, struct err *e) MUST;
/* Looks: is its head signed, does our ledger extend it, is everything there that it speaks of. */
int vault_replica_status(int dirfd, const struct vault_replica *r, const struct vault_replica_options *o, struct vault_replica_report *ret, struct buf *ret_faults, struct err *e) MUST;

/* ---- witnesses (vault_witness.c): what others have seen of this log ------------------------------------------------------------- */

struct vault_witness {
	char by[96];                /* the token or store it came by */
	struct note_vkey vkey;
	struct tlog_checkpoint cp;
	int64_t time, cosigned;     /* when it came, by our clock; the witness's time */
	struct slice note, text;    /* the cosigned checkpoint; of it the text. In the caller's bytes */
};
typedef int vault_root_fn(void *arg, uint64_t at, uint8_t out[SEAL_HASH], struct err *e); /* of our first `at` entries */
/* Pure: what a witness sends: its vkey's line, then the checkpoint with both signatures. ERR_NO: not this log's, or not cosigned. */
int vault_cosigned_parse(struct slice text, const struct note_vkey *log, struct vault_witness *ret, struct err *e) MUST;
int vault_witness_parse(struct slice file, const struct note_vkey *log, struct vault_witness *ret, struct err *e) MUST;
/* By the keeper. size: published entries. Takes a cosignature in (ERR_DENIED: another key came by this way before); both leave SITE/ledger/ahead and say ERR_CORRUPT where the checkpoint, signed with the log's own key, is one
 * that this ledger does not lead to. ERR_NO: it binds us to nothing. */
int vault_witness_take(int sitefd, const struct note_vkey *log, struct slice sent, const char *by, uint64_t size, vault_root_fn *root, void *arg, int64_t now, struct err *e) MUST;
int vault_witness_seen(int sitefd, const struct note_vkey *log, struct slice note, const char *by, uint64_t size, vault_root_fn *root, void *arg, struct err *e) MUST;
/* Before anything is appended: ERR_CORRUPT when SITE/ledger/ahead speaks of this log. */
int vault_witness_ahead(int sitefd, const struct note_vkey *log, struct err *e) MUST;
typedef int vault_witness_fn(void *arg, const struct vault_witness *w, struct err *e);
int vault_witness_each(int sitefd, const struct note_vkey *log, vault_witness_fn *fn, void *arg, struct err *e) MUST;

/* The replica that a folder is: its newest head's signature, every tile under it, every pack and file of it, each byte. since: a kept checkpoint that it must extend; empty: none. Faults: a sentence a line, and ERR_NO. */
int vault_replica_verify(int dirfd, struct slice since, const struct vault_replica_options *o, struct vault_replica_report *ret, struct buf *ret_faults, struct err *e) MUST;
/* The state of a replica; next >= 0: with when the next try is, and (why not NULL) how this one failed before it got to the store, written down. */
void vault_replica_note(int dirfd, const char *name, const struct err *why, int64_t next, struct vault_replica_state *ret);
int vault_network_start(struct err *e) MUST; /* in a process that will not be able to read files: libcurl takes what it needs */

/* What the replicate role asks a store at the start: the checkpoint of its newest head. ERR_NOT_FOUND: none. */
int vault_replica_checkpoint(const struct vault_replica *r, struct buf *ret_note, struct err *e) MUST;
/* What witnesses that pulled from this store left in it: each in the form that they send. */
typedef int vault_handed_fn(void *arg, const char *who, struct slice sent, struct err *e);
int vault_replica_handed(const struct vault_replica *r, vault_handed_fn *fn, void *arg, struct err *e) MUST;

/* ---- retention (vault_erase.c): which quarters there are, and taking one away ------------------------------------------------------ *
 *
 * A snapshot lies in one period of class "files" and one of class "catalogue", which its entry names; no chunk is shared with another period. So a quarter that dies takes exactly the snapshots made in it, and the first backup of a
 * quarter stores everything anew. Times are the ledger's. What was erased is in no list any more, and `vault_find` says which entry erased it. */
struct vault_quarter {
	int class;                 /* RETAIN_FILES, RETAIN_CATALOGUE */
	uint32_t quarter;
	uint64_t packs, bytes, snapshots;
	uint8_t digest[SEAL_HASH]; /* SHA-256 over lines "NAME SHA256\n" of its packs, by name */
	char (*source)[64];        /* of its snapshots */
	size_t source_n;
	char newest_of[64];        /* a source whose newest snapshot lies here: this quarter must not die; "": none */
};
/* Of both classes, in order; free with vault_quarters_done. Call vault_refresh first. A site without a vault has none. */
int vault_quarters(int sitefd, struct vault_quarter **ret, size_t *ret_n, struct err *e) MUST;
void vault_quarters_done(struct vault_quarter *q, size_t n);
/* An entry has erased this quarter: its packs and caches here go. Killed, it is called again. ret_removed: files. */
int vault_erase_here(int sitefd, int class, uint32_t quarter, uint64_t *ret_removed, struct err *e) MUST;
/* And in a replica: every version of its keys and packs. ret_pending: what a lock keeps, until *ret_until. ERR_USAGE: nothing can be removed there (a web server). The newest head there should not speak of them any more: push first. */
struct vault_replica_erased {
	uint64_t removed, pending;
	int64_t until;
	bool waits; /* the newest sealed tail still holds some of it: until the log has gone on by some hundreds of entries */
};
int vault_replica_erase(int sitefd, const struct vault_replica *r, const struct retain_erasure *x, struct vault_replica_erased *ret, struct err *e) MUST;

/* A bare folder becomes the site again, but for its views. dest: new or empty, or one in which this was killed: then it goes on. identity: recovery. Which of several logs or epochs: origin (NULL: the one that the
 * store has had for longest, and what its key handed on to). On return the ledger is whole up to the head and its keys are back; nothing was signed yet. Then the caller begins a new epoch (ledger_epoch_begin),
 * and calls vault_rebuild_done: with that the folder is a site. */
struct vault_rebuild_options {
	const char *origin;
	bool no_vault;        /* not the backups of files: `replica pull` brings them later */
	/* A copy of the view, fetched before the packs, so that charts can be read while these come: the newest of this version (NULL: none is wanted). Its parts come to lie in DEST/copies under their names, one call of copy_part
	 * each; copy_end: all are there, proven against the signed head. What the ledger says of it is looked up when the ledger stands; where it names other bytes copy_drop is called, and ret->copy is empty. */
	const char *copy_version;
	int (*copy_begin)(void *arg, const struct ledger_view_copy *c, struct err *e);
	void (*copy_part)(void *arg);
	int (*copy_end)(void *arg, const struct ledger_view_copy *c, struct err *e);
	void (*copy_drop)(void *arg);
	void *copy_arg; /* of these four */
	/* Keys, settings and the authority are there, before charts: whoever serves them meanwhile needs certificates and accounts, and begins when DEST/rebuild.ini is there, which comes next. */
	int (*keys_back)(void *arg, struct slice site_ini, struct err *e);
	void (*progress)(void *arg, const char *doing, uint64_t done, uint64_t total); /* bytes */
	void *arg;
};
int vault_rebuild(const char *target, int destfd, const struct age_identity *identity, const struct vault_rebuild_options *o, struct site_keys *ret_keys, struct vault_replica_report *ret, struct buf *ret_notes,
                  struct err *e) MUST;
int vault_rebuild_done(int destfd, struct err *e) MUST;
bool vault_rebuild_stands(int destfd);                  /* vault_rebuild_done was reached, vault_rebuild_end was not: what is left is certificates and charts */
int vault_rebuild_end(int destfd, struct err *e) MUST;  /* all of it is back */

#endif
