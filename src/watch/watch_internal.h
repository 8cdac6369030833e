/* What the files of watch share. */
#ifndef HOLDFAST_WATCH_INTERNAL_H
#define HOLDFAST_WATCH_INTERNAL_H

#include "watch.h"

#include <stdatomic.h>
#include <sys/stat.h>

/* ---- store: one log of records, in segments (store.c has the format) ----------------------------------------------------- */

enum record_kind { /* numbers stand on disk */
	RECORD_RUN = 1,       /* path: boot id; mono and wall are one instant */
	RECORD_CHANGE = 2,    /* a file as it was before session did something to it: number, file, meta, path */
	RECORD_DATA = 3,      /* of change number: bytes at offset (length of them; they follow) */
	RECORD_AFTER = 4,     /* of change number: as the session left it: size, mtime */
	RECORD_CLEAN = 5,     /* change number was judged to lose nothing */
	RECORD_CREATE = 6,    /* session made path */
	RECORD_RENAME = 7,    /* path -> path2; number: the change that holds what was replaced, 0: nothing kept */
	RECORD_DELETE = 8,    /* number: the change that holds what was deleted, 0: nothing kept */
	RECORD_VERDICT = 9,   /* text: id; offset: number of its judge; length: began; path: a line of JSON (list); one a session */
	RECORD_STOP = 10,     /* text: id; pid, start */
	RECORD_FROZEN = 11,   /* text: id; path: the cgroup.freeze or freezer.state that was written */
	RECORD_DENY = 12,     /* text: id; session */
	RECORD_UNKEPT = 13,   /* of change number: not (all) kept: too large, or no room */
};
enum record_flag {
	RECORD_FOLDER = 1,
	RECORD_WHOLE = 2,     /* all of the file's bytes follow as DATA */
	RECORD_REPLACED = 4,  /* RENAME: `to` was there before */
	RECORD_LOOK = 16,     /* VERDICT: odd, nobody is stopped; its pre-images are not held */
	RECORD_READ = 8,      /* it was opened, not changed: its content was kept when its last name went */
};
#define RECORD_TEXT_MAX 64
#define RECORD_EXTRA_MAX (64u << 10) /* extended attributes of one file */
#define RECORD_DATA_MAX (1u << 20)

struct record {
	uint32_t kind, flags;
	uint64_t number, session;
	int64_t mono, wall;
	uint64_t dev, ino, size, offset, length;
	uint32_t mode, uid, gid, links;
	int64_t mtime, atime;
	int32_t pid;
	uint64_t start;
	char text[RECORD_TEXT_MAX];
	char path[WATCH_PATH_MAX], path2[WATCH_PATH_MAX];
	struct slice extra; /* xattrs: name NUL u32 length value, one after another */
};

struct place { /* where bytes of a change lie */
	uint64_t offset, length; /* in the file */
	uint32_t segment;
	uint64_t at;             /* in the segment */
};

#define SEGMENT_SESSIONS 256
struct segment {
	uint32_t number;
	int fd;                 /* read and write of the last one, read of others; -1: opened when needed */
	uint64_t size;
	uint64_t live;          /* changes begun in it that are not judged clean */
	uint64_t sessions[SEGMENT_SESSIONS];
	size_t session_count;   /* more than fit: SEGMENT_SESSIONS, and counted as everybody's */
};
#define SEGMENTS_MAX 256
struct kept { /* a change whose pre-image lies in the store */
	uint64_t number, session;
	uint32_t segment;
	bool clean;
};
struct store {
	int dir;                /* STATE/log */
	uint64_t max, used, segment_max;
	struct segment seg[SEGMENTS_MAX];
	size_t count;
	struct kept *kept;      /* open hashing by number; a power of two */
	size_t kept_size, kept_used;
	uint64_t last_number, last_session;
	int state;              /* the caller's */
	struct buf out;         /* records on their way; kept, so that nothing is allocated while a writer waits */
	size_t soon;            /* bytes of it that were put earlier */
	uint8_t *step;          /* RECORD_DATA_MAX */
	uint64_t forgotten;     /* changes that had to go before they were judged clean, since asked last */
	uint64_t held[WATCH_SESSIONS_MAX * 8]; /* sessions of verdicts: never forgotten before the rest */
	size_t held_count;
};

/* state: the folder. max 0: for reading. What a crash left behind a whole record is not looked at. */
int store_open(struct store *s, int state, uint64_t max, struct err *e) MUST;
void store_close(struct store *s);
/* Appends; data (may be empty) goes behind it. *ret (may be NULL): where the data lies. */
int store_put(struct store *s, const struct record *r, struct slice data, struct place *ret, struct err *e) MUST;
/* The same for what may be lost when we are killed within milliseconds (that a file was made): it goes to the file with the next store_put, or with store_flush. */
int store_put_soon(struct store *s, const struct record *r, struct err *e) MUST;
int store_flush(struct store *s, struct err *e) MUST;
void store_clean(struct store *s, uint64_t number);  /* the change may go first */
void store_hold(struct store *s, uint64_t session);  /* the session's may go last */
int store_fd(struct store *s, uint32_t segment) MUST; /* of a segment; stays the store's. -1: gone */
int store_sync(struct store *s);
/* Every record, oldest first. data: where its bytes lie (length 0: none). fn returns non-zero to stop. */
typedef int store_fn(void *arg, const struct record *r, const struct place *data);
int store_each(struct store *s, store_fn *fn, void *arg, struct err *e) MUST;
void record_encode(const struct record *r, struct buf *b);
int record_decode(struct slice meta, struct record *ret) MUST;
int64_t store_read(struct store *s, const struct place *p, uint64_t from, void *out, size_t n); /* of a place's bytes */

/* ---- processes ------------------------------------------------------------------------------------------------------------ */

enum proc_class {
	PROC_ORDINARY,
	PROC_OWN,       /* ours, pid 1, the site's daemon, our ancestors: neither stopped nor denied */
	PROC_DENY_ONLY, /* a file server, or on the never-stop list: never stopped */
};
struct proc {
	int32_t tid, pid, ppid, sid, pgid;
	uint64_t start, leader_start; /* of pid and of the session's leader (0: it has gone), in clock ticks since boot */
	uint32_t uid;
	char comm[16];
	uint64_t program; /* hash of its file and its first argument (the script of an interpreter) */
	bool foreign;     /* ... which root does not own */
	enum proc_class class;
	bool serves;    /* many in one process session: each process is a session of its own */
	bool one_client; /* ... and that process is one client's (smbd) */
};
struct proc_rules {
	int32_t own[WATCH_NAMES_MAX * 2]; /* PROC_OWN */
	size_t owns;
	const char *const *names; /* PROC_DENY_ONLY, besides those built in */
	size_t name_count;
	dev_t dev;                /* our own program: root's runs of it are ours (watch restore) */
	ino_t ino;
};
void proc_rules_init(struct proc_rules *r, const struct watch_config *c); /* with pid 1, us and our ancestors */
int proc_read(int32_t tid, const struct proc_rules *r, struct proc *ret) MUST; /* ERR_NOT_FOUND: it has gone */
int proc_start(int32_t pid, uint64_t *ret) MUST;
int64_t proc_started(uint64_t start);                          /* a start time as CLOCK_MONOTONIC */
bool proc_alike(int32_t a, int32_t b);                         /* the same program with the same arguments: forked, not executed */
bool proc_kin(const struct proc *a, const struct proc *b);     /* the same, of one user in one cgroup, and told what to do */
bool proc_exe_name(int32_t pid, char *out, size_t size);       /* the last part of its program's path, when root owns it */

enum access { ACCESS_UNKNOWN, ACCESS_READ, ACCESS_WRITE, ACCESS_READ_WRITE, ACCESS_TRUNCATE };
/* What the open(2) that it waits in asks for. *fd: -1, or what an earlier call for this thread left there: it saves two calls; the caller's to close. */
enum access proc_opening(int32_t tid, int *fd);
enum touch { TOUCH_UNKNOWN, TOUCH_READ, TOUCH_WRITE, TOUCH_TO_END };
/* What the call that it waits in does to a file. */
enum touch proc_touching(int32_t tid, int *fd);

bool proc_truncating(int32_t tid, int *fd); /* it is in truncate(2) */

struct stopping { /* who is to be stopped */
	int32_t writer[64];
	size_t writers;
	const struct proc_rules *rules; /* who is not */
	bool alone;                     /* nobody but the writers */
	bool kin;                       /* their work is split over sessions: also who is the same program with the same arguments, of the same user in the same cgroup, wherever it was started */
};
typedef void stop_fn(void *arg, int32_t pid, uint64_t start);
#define STOP_MAX 512
/* SIGSTOP by pidfd: the writers, what descends from them, who works with them. before is called for each just before its signal. Returns how many. */
size_t proc_stop(const struct stopping *s, stop_fn *before, void *arg);
bool proc_signal(int32_t pid, uint64_t start, int sig);        /* by pidfd, if it still is that one */
/* The pid's cgroup, when nobody is in it but those of whom `stopped` says so, and no other group below; never ours nor that of pid 1. path: the file written. */
bool proc_freeze(int32_t pid, bool (*stopped)(void *arg, int32_t pid), void *arg, char path[WATCH_PATH_MAX]);
bool proc_thaw(const char *path);

/* ---- marks ---------------------------------------------------------------------------------------------------------------- */

struct root { /* of a watched folder */
	int fd;
	int32_t fsid[2];
	dev_t dev;
};
struct marks {
	int perm, names; /* the groups; -1: none. That a file was closed after writing perm says, too, of marked files only: of one that is just being made nobody need know. (Not a third group with marks on files: the kernel, asking perm, holds on to every group
	                  * that has a mark on that file, so one who is killed could close that group only after perm, which he closes after it: nobody would ever go on.) */
	enum watch_mode mode;
	struct root root[WATCH_PATHS_MAX];
	size_t roots;
	dev_t not_dev[2];        /* folders that are never marked */
	ino_t not_ino[2];
	size_t nots;
	uint64_t folders;        /* marked so far */
	struct buf pending;      /* paths of folders that are still to be marked, each with its NUL; the last is the next */
	bool full;               /* the kernel refused more marks */
};
int marks_open(struct marks *m, const struct watch_config *c, struct err *e) MUST;
void marks_close(struct marks *m);
/* A folder and all below it: the first few at once, the rest is pending: nobody who waits for an answer waits for a large tree. A folder is marked first and then listed, so nothing that is made in it is missed. */
#define MARKS_STEP 64
int marks_add(struct marks *m, const char *path, struct err *e) MUST;
int marks_step(struct marks *m, size_t folders, struct err *e) MUST; /* so many of those that are pending */
void marks_ignore(struct marks *m, int fd, bool on);     /* reads and writes of this file are of no interest (opening still is) */
void marks_closing(struct marks *m, int fd);             /* to be told when it is closed after writing; until its inode leaves memory */
bool marks_no_writer(int fd);                             /* nobody has it open for writing: the kernel says */
/* What an event's handle names (fid: fsid and handle): opened with O_PATH, which raises no event. Negative: it has gone, or is on no watched file system. */
int marks_by_handle(struct marks *m, const void *fid, size_t n) MUST;
/* The number of the inode that it names; left as they are when that cannot be told. */
void marks_inode(struct marks *m, const void *fid, size_t n, dev_t *ret_dev, ino_t *ret_ino);
/* The path of a folder by its handle as events give it. */
bool marks_path(struct marks *m, const void *fid, size_t n, char out[WATCH_PATH_MAX]);

/* ---- between responder and judge ---------------------------------------------------------------------------------------------- */

#define WIRE_MAX (60u << 10)
#define WIRE_FDS 8
#define WIRE_PLACES 1024

enum wire_kind { WIRE_FEED = 1, WIRE_ASK = 2, WIRE_RELEASED = 3, WIRE_ENDED = 4, WIRE_OPINION = 5, WIRE_ANSWER = 6, WIRE_VERDICT = 7 };

struct layout { /* bytes of a file made of the file as it is and of what was kept of it */
	bool known;
	uint64_t size;
	int base;                      /* index of a descriptor; -1: none */
	struct layout_place {
		uint64_t offset, length, at;
		int32_t fd;                /* index */
	} *place;                      /* by offset, none over another */
	size_t places;
};
struct wire { /* a change on its way */
	enum wire_kind kind;
	uint64_t tag;                  /* number of the change, or of the question */
	struct watch_change c;         /* before and after are not used: the layouts are */
	struct layout before, after;
	int fd[WIRE_FDS];
	size_t fds;
};
void wire_put(const struct wire *w, struct buf *b);  /* appends one message: several fit in a packet when at most the last one has descriptors */
/* Takes one message off c. Strings and places live in a. */
int wire_get(struct cur *c, struct arena *a, struct wire *ret) MUST;
void wire_put_verdict(const struct watch_verdict *v, struct buf *b);
int wire_get_verdict(struct cur *c, struct arena *a, struct watch_verdict *ret) MUST;
struct answer {
	uint64_t tag;
	bool stop;
	int opinion;
};
void wire_put_answer(enum wire_kind kind, const struct answer *x, struct buf *b);
int64_t layout_read(const struct layout *l, const int *fd, uint64_t offset, void *out, size_t n);
int wire_send(int sock, struct slice packet, const int *fds, size_t n); /* 0; 1: would wait; negative: the other end has gone */
int wire_recv(int sock, struct buf *ret, int fds[WIRE_FDS], size_t *ret_n); /* the same */

bool judge_lock_in(void); /* no user, no files, no calls but those of a reader; false: it cannot be had */
/* The judge's process: never returns. */
_Noreturn void judge_main(int sock, const struct watch_judge_config *c);

/* ---- the responder ---------------------------------------------------------------------------------------------------------------- */

struct heart { /* shared with the supervisor */
	_Atomic uint64_t beat;
	_Atomic int32_t judge;      /* pid */
	_Atomic bool ready;
	_Atomic int64_t whole;      /* CLOCK_MONOTONIC: until then no event is missing */
	_Atomic int64_t lost_since; /* from then on some are; 0: none, or it is being looked at */
};
struct responder_start {
	const struct watch_config *c;
	int state;            /* the folder */
	int events;           /* pipe: lines of JSON to the supervisor */
	int judge;            /* socket */
	int clients;          /* pipe: struct client_note; -1: none */
	struct heart *heart;
	int32_t own[8];       /* our processes */
	size_t owns;
	bool again;           /* it died before */
};
_Noreturn void responder_main(const struct responder_start *s);

/* ---- what changed while nobody looked (rescan.c) ------------------------------------------------------------------------------ */

/* Every file of the watched folders that was changed since (CLOCK_REALTIME) is looked at again: whether it holds what its name says. In a process of its own, which ends by itself; its lines of JSON come out of *ret_fd. why: of the event. */
pid_t rescan_start(const struct watch_config *c, const char *why, int64_t since, int *ret_fd);

/* ---- events: lines of JSON -------------------------------------------------------------------------------------------------------- */

int state_open(const char *path, bool make, struct err *e) MUST; /* the state folder */
bool id_valid(const char *id);

#endif
