/* watch: sees files being destroyed while it happens, stops who does it, and puts them back.
 *
 * Two halves that meet in struct watch_change.
 *   JUDGE   (judge*.c) pure: no file, clock, log or system call. Fed with changes, it says whether somebody destroys files, and whether the next step must not happen.
 *   SENSOR  (the rest) fanotify marks, the responder, the store of pre-images, stopping, release, putting back.
 *
 * Processes of watch_run: the caller, who supervises and hands out events; the responder (root, alone holds the fanotify groups, parses nothing that a file holds, answers every permission event within a
 * stated time whatever the judge does); the judge (no user, no files but descriptors that the responder gives it, seccomp). Who kills or hangs the judge gets his files allowed, pre-images kept, and an alarm raised;
 * who kills or hangs the responder gets it replaced by the caller, who never leaves a file service waiting.
 *
 * Times here are CLOCK_MONOTONIC nanoseconds (mono_ns), so that a clock that is set changes no verdict. Wall time stands beside them where people read.
 */
#ifndef HOLDFAST_WATCH_H
#define HOLDFAST_WATCH_H

#include "base.h"

/* ======================================================================================================================
 * The judge
 * ====================================================================================================================== */

/* Who does it. A session is a number that the sensor gives, never used twice in one run: the processes of one setsid(2) session (told apart by its leader's start time), threads and forked workers included; for a file
 * server that serves many (smbd) the one process, which is one client. Work can be split over sessions: the judge counts by session, and by uid and directory. */
struct watch_who {
	uint64_t session;
	int32_t pid;
	uint32_t uid;
	char comm[16];    /* as the process calls itself: to be shown, never to be trusted */
	uint64_t program; /* the program and what it was told to be: its file and first argument; 0: not known, then comm stands for it */
	bool foreign;     /* its file is not root's: nobody installed it */
	int64_t started;  /* CLOCK_MONOTONIC, when the session's leader was (or the process, where each is one); 0: not known */
	char client[64];  /* address of the SMB client, where it is known; else "" */
	char user[64];    /* name that the client gave, where Samba says it (watch_config.samba_audit); else "". To be shown: nothing is judged by it */
};

enum watch_op {
	WATCH_OPENED = 1,   /* a file that has content is opened for writing; before: not yet known */
	WATCH_WRITING = 2,  /* its first write since it was opened is about to happen: before = after = as it is now. Only watch_judge_before gets this one */
	WATCH_WROTE = 3,    /* a range was written, the file is still open: offset, length; before and after are as of now. Not every write is told: at least one before the session goes on to another file */
	WATCH_CLOSED = 4,   /* closed after writing: before as it was when it was opened, after as it is */
	WATCH_CREATED = 5,  /* a new name, of a file or a folder (folder is set); after: empty as a rule */
	WATCH_RENAMED = 6,  /* path -> to; where `to` was there, it is gone: replaced_* say which, and before is ITS content where it could be kept (the session had opened it), after that of the file which has the name now */
	WATCH_DELETED = 7,  /* before: where it could be kept (the session had opened it) */
	WATCH_TRUNCATED = 8 /* to nothing, on opening (O_TRUNC); before: as it was */
};

/* The bytes of a file, to be read at any offset while the call lasts, not longer. read: bytes read (short only at the end), negative: it cannot be read (taken to be unknown). Several passes are fine; the whole
 * file may be large, and the writer waits for the answer to watch_judge_before: look at what is needed. */
struct watch_bytes {
	bool known;
	uint64_t size; /* also when the bytes are not known */
	int64_t (*read)(void *arg, uint64_t offset, void *out, size_t n);
	void *arg;
};

struct watch_change {
	int64_t mono_ns; /* never decreases from one change to the next by much: two groups of events meet (milliseconds) */
	struct watch_who who;
	enum watch_op op;
	bool folder;              /* the name is a folder's */
	bool was_read;            /* DELETED, RENAMED: this session had opened the file for reading (what is replaced, when something is) */
	bool fresh;               /* the file was made by this very session: whatever happens to it destroys nothing */
	const char *path;         /* absolute; bytes, not always UTF-8 */
	const char *to;           /* RENAMED: the new name; else NULL */
	uint64_t dev, ino;        /* the file; 0, 0: not known */
	uint64_t replaced_dev, replaced_ino; /* RENAMED over another; else 0, 0 */
	uint64_t offset, length;  /* WROTE, WRITING */
	struct watch_bytes before, after;
};

#define WATCH_REASONS_MAX 12
#define WATCH_REASON_MAX 160
#define WATCH_FILES_MAX 64    /* named in a verdict; file_count says how many there are */
#define WATCH_SESSIONS_MAX 256
#define WATCH_PATH_MAX 4096

struct watch_verdict {
	bool look;                /* odd, and nothing more: to be said, nobody is to be stopped (files removed or renamed in masses) */
	uint64_t number;          /* 1, 2, ... of this judge; the same when more is said about the same */
	int64_t mono_ns;          /* of the change that settled it */
	int64_t began;            /* mono_ns of the first change that counts: the files' state before it is the clean one */
	struct watch_who who;     /* who made the change that settled it */
	uint64_t sessions[WATCH_SESSIONS_MAX]; /* all that took part, who.session first */
	size_t session_count;
	char reason[WATCH_REASONS_MAX][WATCH_REASON_MAX]; /* sentences that a person at night can act on; names of families, numbers, types; never content */
	size_t reason_count;
	struct watch_verdict_file {
		uint64_t session, dev, ino;
		char path[WATCH_PATH_MAX]; /* as it was called before */
	} *file;                  /* the judge's, good until its next call */
	size_t file_count, file_named; /* all of them; how many file[] holds, at most WATCH_FILES_MAX */
};

struct watch_judge_config {
	const char *const *canaries; /* paths that nobody has reason to change; NULL-terminated, or NULL */
};

struct watch_judge;
/* Memory is bounded: WATCH_JUDGE_MEMORY_MAX whatever is fed; what is oldest and counts for nothing is forgotten first. */
#define WATCH_JUDGE_MEMORY_MAX ((size_t)64 << 20)
struct watch_judge *watch_judge_new(const struct watch_judge_config *c /* NULL: none of it */); /* NULL: no memory. What the config points at is copied or used until free: keep it */
void watch_judge_free(struct watch_judge *j);

enum watch_opinion {
	WATCH_CLEAN = 0,   /* nothing was lost by it: its pre-image is among the first to be forgotten */
	WATCH_DOUBT = 1,   /* something looks odd, or cannot be told yet (still open, not known) */
	WATCH_COUNTS = 2,  /* it counts against who did it */
};
/* One change, after it happened. Says what it thinks of this one. */
enum watch_opinion watch_judge_feed(struct watch_judge *j, const struct watch_change *c);

/* The next verdict that was not handed out yet; true: *ret is one. A verdict is handed out again, with the same number, when sessions were added to it. Ask until false after each feed and before. */
bool watch_judge_verdict(struct watch_judge *j, struct watch_verdict *ret);

/* About to happen, and waiting for the answer: WRITING, TRUNCATED, OPENED, or (who reads files one by one to replace them) any op with the file that is opened. true: stop it now. A session that a standing verdict
 * names is stopped whatever it is about to do to a file with content. It may settle a verdict: ask for it. */
bool watch_judge_before(struct watch_judge *j, const struct watch_change *about);

/* A person said that this session does right (release): it is never named again, what counted against it counts no more, for the directory neither. */
void watch_judge_released(struct watch_judge *j, uint64_t session);
/* The session's last process ended. What it did still counts for uid and directory. */
void watch_judge_ended(struct watch_judge *j, uint64_t session);

/* ======================================================================================================================
 * The sensor
 * ====================================================================================================================== */

enum watch_act { WATCH_OBSERVE, WATCH_STOP, WATCH_DENY };
enum watch_mode {
	WATCH_MODE_PRE_CONTENT,  /* Linux 6.14: every write is seen before it happens, by range */
	WATCH_MODE_OPEN,         /* Linux 5.1 (Debian 12): opening is seen before it happens: pre-image and stop at open */
	WATCH_MODE_NOTIFY,       /* permission events are missing: seen after it happened; the stop is late and pre-images are only of what was read */
};
const char *watch_mode_name(enum watch_mode m); /* "pre-content" "open" "notify": what the ready event says */

#define WATCH_PATHS_MAX 64
#define WATCH_NAMES_MAX 64
#define WATCH_PREIMAGES_DEFAULT (UINT64_C(2) << 30)
#define WATCH_PREIMAGES_MIN (UINT64_C(16) << 20)
#define WATCH_WHOLE_MAX (UINT64_C(1) << 20)      /* a file up to this size is kept whole at its first write; of a larger one the ranges about to be written */
#define WATCH_BUDGET_NS (INT64_C(50) * 1000000)  /* how long an event waits for a judge that is busy with others */
#define WATCH_SUSPECT_NS (INT64_C(1000) * 1000000) /* how long one of a session does against which something counts already, and any for a judge that says nothing */

struct watch_config {
	const char *path[WATCH_PATHS_MAX]; /* folders to watch, with all below them on the same file system */
	size_t path_count;
	const char *state;                 /* the folder of pre-images and records (for a site SITE/watch); made 0700 where it is missing; never watched */
	const char *exempt;                /* another folder that is never watched (the site), or NULL */
	enum watch_act act;
	enum watch_mode best;              /* use nothing better than this: PRE_CONTENT as a rule; others are for tests */
	bool limited_queue;                /* the kernel's own limit for queues of events (fs.fanotify.max_queued_events) instead of none: for tests of what happens when they are full */
	bool let_sleep;                    /* leave the processors' idle states alone: else they are kept from the deep ones (/dev/cpu_dma_latency) while more than some thousand questions a second are answered, which halves what a copy of small files costs */
	bool freeze;                       /* stop: freeze the cgroup, too, where one holds nobody else */
	uint64_t preimages;                /* bytes kept at most; 0: WATCH_PREIMAGES_DEFAULT */
	const char *never_stop[WATCH_NAMES_MAX]; /* names of programs that are only ever denied, besides those built in (smbd, nfsd, sshd, systemd ...) */
	size_t never_stop_count;
	int32_t keep[WATCH_NAMES_MAX];     /* pids that are never touched at all, besides pid 1, our own and our ancestors: the site's daemon */
	size_t keep_count;
	struct watch_judge_config judge;
	const char *samba_audit;           /* a log of Samba's vfs full_audit, or a socket to be made for syslog (client.c): tells the names of users; NULL: addresses only */
	/* A line of JSON without its line end, in the caller's process: ready, verdict, stopped, denied, overflow, alarm, released, lost, ... (doc/formats.md). Called as soon as it is known; the responder never waits for it. */
	void (*event)(void *arg, struct slice json);
	void *arg;
};

/* Until SIGTERM or SIGINT (0), or until it cannot go on. Needs root. Stopped processes stay stopped when it ends: release works without it. To be called in a process without threads. */
int watch_run(const struct watch_config *c, struct err *e) MUST;

/* What may be done about a verdict. All of them work while watch_run goes on, and without it, from the records in the state folder alone. id: "w" and digits, as the events say. */
#define WATCH_ID_MAX 32

/* Continue what was stopped, thaw, lift the denial: at once, here, and told to the running sensor, which from then on leaves the session alone. *ret_count: processes that were continued. */
int watch_release(const char *state, const char *id, uint64_t *ret_count, struct err *e) MUST;

struct watch_restore {
	bool dry_run;
	bool force;               /* also over what somebody else changed after the stop: what is there is kept aside, as ever */
	/* A line of JSON for each file: {"path","action":"put-back"|"rename-back"|"recreate"|"set-aside"|"left"|"vault","from",...,"kept",...}. May be NULL. */
	void (*line)(void *arg, struct slice json);
	void *arg;
	uint64_t put_back, set_aside, left, vault, failed; /* out: files whose bytes and names are as before; kept aside because they were not there before; proposed and not done; not ours to give back; could not be done */
};
/* Every file that the verdict's sessions changed since it began is put back as it was (bytes, name, owner, mode, times, xattrs and with them ACLs), and what stood there is kept in STATE/aside/ID. Doing it twice changes nothing more. */
int watch_put_back(const char *state, const char *id, struct watch_restore *r, struct err *e) MUST;

/* The verdicts in the records, oldest first, a line of JSON each: {"id","time","mono_ns","began","act","state":"observed"|"stopped"|"denied"|"released","pids","reasons","files",...,"restored"}. */
int watch_list(const char *state, void (*line)(void *arg, struct slice json), void *arg, struct err *e) MUST;

#endif
