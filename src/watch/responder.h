/* The responder's own: between responder*.c. One thread, one loop; nothing in it waits for another process but the copying of pre-images from the file that is about to change. */
#ifndef HOLDFAST_WATCH_RESPONDER_H
#define HOLDFAST_WATCH_RESPONDER_H

#include "client.h"

#define SESSIONS_MAX 2048
#define WRITERS_MAX 64
#define FRESH_MAX 16       /* of a session's newest files a descriptor is kept, for the judge */
#define TOUCHED_MAX 32     /* written by a session and perhaps still open */
#define FILES_MAX 32768    /* files known at a time; the one not seen for longest goes */
#define FILE_BUCKETS 65536
#define PLACES_MAX 65536
#define WAITING_MAX 4096
#define PROCS_MAX 8192
#define STANDING_MAX 64
#define UNNAMED_MAX 256
#define LEASES_MAX 1024    /* large files that are only read; past it the oldest is followed again, which is slower */
#define LOST_TO_ASK 2      /* so many files lost or not yet judged, and the next one waits for the judge */
#define JUDGE_HUNG (2 * TIME_SEC)
#define TICK (100 * 1000000)
#define BUSY (10 * 1000000) /* so long after the last question more are to be expected */
#define GATHER (2 * 1000000) /* so long names wait to be read, and to be told to the judge, while there is other work */
#define RESPONDER_OUT_MAX (4u << 20)

struct session {
	uint64_t number;           /* 0: free */
	int32_t key;               /* sid; pid where each process is a session */
	uint64_t start;            /* of the leader or process; 0: it had gone when first seen */
	bool by_process, deny_only, one_client;
	struct watch_who who;
	int32_t writer[WRITERS_MAX]; /* pids that changed something */
	size_t writers;
	uint32_t unjudged, counted;
	uint32_t standing;         /* one past its index, 0: no verdict */
	bool released;
	int64_t seen, sought;      /* when its client was last looked for */
	int64_t lost;              /* when it last removed or replaced what was there before */
	struct touched {
		uint32_t file;         /* one past its index */
		uint64_t stamp;
	} fresh[FRESH_MAX], touched[TOUCHED_MAX]; /* made, and written, last */
	size_t fresh_next, touched_next;
};

struct user_seen { /* what one user's sessions did lately: work can be split over sessions */
	uint32_t uid, unjudged, counted;
	uint64_t program;          /* of who lost something last */
	int64_t at;
};
#define USERS_MAX 256
#define CLIENTS_MAX 512
#define USER_MEMORY (600 * TIME_SEC)

struct file { /* what one session has to do with one file */
	bool used;
	uint64_t stamp;            /* grows; for forgetting, and so that an index is not taken for another file's */
	struct session *s;
	uint64_t session;          /* s->number; another: the session's place was given away */
	dev_t dev;
	ino_t ino;
	int fd;                    /* of an event: it pins the inode; -1 */
	char *path;
	uint64_t number;           /* of its change in the store; 0: nothing kept yet */
	struct stat st;            /* as it was */
	struct timespec opened;    /* when it had been written last, as we first saw it */
	struct timespec told;      /* its ctime when the judge was last told of it */
	struct granted {           /* how it stood when a write of it was let go last; at: when that was, 0: it has been done */
		int64_t at, size;
		struct timespec ctim;
	} granted;
	bool fresh, was_read, writable, wronly, wrote, dirty, whole, unkept, ignored, asked, gone, leased, breaking; /* breaking: somebody waits for our lease on it, and we for its pre-image (asking whether it has a writer would end that lease) */
	uint32_t judging;          /* feeds without an opinion */
	struct place *place;       /* by offset */
	size_t places, room;
	uint64_t saved;            /* bytes */
	uint64_t next_write, run, ahead; /* where the last write ended; how much was written up to there without a gap; how far copying was begun */
	uint32_t next_ino, next_path; /* one past the next index in the chain */
	int64_t mono;
};

struct waiting { /* an event that is not answered yet, or (fd < 0) a copy that nobody waits for */
	bool used;
	int fd;
	bool keep_fd;              /* it became the file's */
	int32_t pid;
	uint32_t file;             /* one past its index, 0: none */
	uint64_t stamp;            /* of the file */
	struct session *s;
	uint64_t from, to;         /* still to be copied */
	uint64_t ask;              /* tag of the question, 0: none pending */
	int64_t asked, deadline;
	bool stop, writes;
	uint32_t lease;            /* one past the index of the file whose lease is let go with the answer, 0: none */
	uint64_t lease_stamp;
};

struct standing { /* a verdict that was not released */
	char id[WATCH_ID_MAX];
	uint64_t number;           /* the judge's */
	uint64_t in[WATCH_SESSIONS_MAX]; /* numbers of sessions */
	size_t ins;
	int64_t settle;            /* when to note how its files were left; 0: done */
	int64_t began;             /* of the judge; 0: not known */
	char client[64];           /* whose it is; all that comes from there is denied; "": not known */
};

/* Processors that are kept from sleeping deeply while questions come fast (responder_awake.c). */
struct awake {
	int fd;                    /* of the kernel's file, -1: there is none, or it is not wanted */
	int32_t latency;           /* what is asked for, microseconds */
	bool held;
	int64_t since;             /* the window in which questions are counted */
	unsigned questions;
	int running;               /* /proc/loadavg, -1: not to be had */
	int processors;
	bool room;                 /* nobody else wanted a processor when that was looked at last */
	int credit;                /* of looking for the next question instead of sleeping: looking in vain costs it */
	int64_t room_at, poor_at, window, looked; /* looked: how long of this window, the answers included */
};

struct responder {
	const struct responder_start *o;
	const struct watch_config *c;
	struct proc_rules rules;
	struct marks m;
	struct store store;
	struct session session[SESSIONS_MAX];
	size_t session_top;
	struct file *file;         /* FILES_MAX */
	struct user_seen user[USERS_MAX];
	uint32_t by_ino[FILE_BUCKETS], by_path[FILE_BUCKETS];
	struct touched lease[LEASES_MAX]; /* a ring */
	size_t lease_next;
	int sigio;                 /* a lease is being broken; -1: there are none */
	uint32_t file_hand;        /* where to look for one to forget */
	struct unnamed {
		uint32_t file;         /* one past its index */
		uint64_t stamp;
		int fd;                /* -1: the file has it */
	} unnamed[UNNAMED_MAX];    /* made lately: the queue of names says how they are called */
	size_t unnameds;
	uint64_t stamps, asks;
	struct waiting waiting[WAITING_MAX];
	size_t waiting_count, waiting_top;
	struct proc_seen {
		struct proc p;
		struct session *s;
		uint64_t session;
		int64_t at;            /* 0: nobody's */
		int syscall;           /* /proc/TID/syscall, or -1 */
	} *proc;                   /* PROCS_MAX, by tid */
	struct folder_seen {
		uint8_t fid[136];
		size_t n;
		char path[WATCH_PATH_MAX];
	} *folder;                 /* 64 */
	struct standing standing[STANDING_MAX];
	size_t standings;
	struct denied {
		int32_t key;
		uint64_t start;
		char id[WATCH_ID_MAX];
		char client[64];
	} denied[STANDING_MAX];    /* from before a restart */
	size_t denieds;
	struct buf out;            /* lines on their way to the supervisor */
	struct buf batch;          /* names on their way to the judge */
	int64_t batch_at;          /* since when */
	int64_t last_perm;         /* when somebody last opened or wrote */
	struct awake awake;
	bool names_empty, said_ready;
	int64_t happened_at;       /* when the queue of names was emptied last */
	struct buf in;
	struct arena *arena;
	int64_t oldest_ask;        /* when the oldest unanswered feed or question was sent; 0: none */
	uint64_t in_flight;
	int inotify, poll;         /* poll: an epoll(7) of all that is waited for: while every file that is made wakes us, going through a list of descriptors each time costs more than the answer */
	bool listening, told_out, more; /* listening: to names, too; told_out: that lines wait for room in the pipe; more: of the kernel's questions may be there */
	int64_t heard;             /* when the judge said anything last */
	bool judge_gone, lost_lines, store_full;
	uint64_t last_id;
	struct stopped {
		int32_t pid;
		uint64_t start;
		char id[WATCH_ID_MAX]; /* for which verdict */
	} stopped[1024];           /* lately: each is written down once */
	size_t stopped_next;
	int forks;                 /* client_forks_open's; -1: nobody is denied; -2: it cannot be had */
	int64_t held_at;           /* when judge_held last looked */
	struct stopping later;     /* writers whose company is still to be looked for: that reads all of /proc, and is done for many at once */
	char later_id[WATCH_ID_MAX];
	int64_t later_at, wide_at; /* when; 0: nothing is due. When it was done last */
	struct client_note client[CLIENTS_MAX]; /* what Samba said of its processes, lately */
	size_t client_next;
};

/* responder_awake.c */
void awake_open(struct awake *a, bool wanted);
void awake_asked(struct awake *a, int64_t now); /* questions came */
void awake_end(struct awake *a);                /* none came for a while */
int64_t awake_may_look(struct awake *a, int64_t now);            /* so long the next question may be looked for before sleeping, nanoseconds; 0: not at all */
void awake_looked(struct awake *a, int64_t from, int64_t to, bool found);

/* responder_client.c */
void client_find(struct responder *r, struct session *s); /* a file server's process: whose work it does */
bool client_is_denied(const struct responder *r, const char *which); /* NULL: anybody */
int client_forks_open(void);           /* a socket that tells of each process that is made; -1: this kernel, or container, has none */
void client_forks(struct responder *r);
void client_await(struct responder *r, const struct session *s); /* for its name, shortly */
bool client_read(struct responder *r); /* true: nobody is at the other end any more */

/* responder_files.c */
struct file *file_find(struct responder *r, struct session *s, dev_t dev, ino_t ino);
struct file *file_once(struct responder *r, const struct session *s, dev_t dev, ino_t ino); /* also one whose name has gone */
struct file *file_writer(struct responder *r, dev_t dev, ino_t ino); /* any session's that has it open for writing */
struct file *file_by_path(struct responder *r, const char *path, const struct session *first);
struct file *file_new(struct responder *r, struct session *s, const struct stat *st, int fd); /* takes fd; NULL: no memory */
struct file *file_fresh(struct responder *r, struct session *s, const struct stat *st, int fd); /* made by the session, its name to follow; takes fd. There has to be room in unnamed */
void file_named(struct responder *r, const struct session *s, ino_t ino, const char *path);     /* the name that follows */
char *file_name_now(const struct file *f);                                                    /* for the judge, who is told before it came; it is not written into f, since it may be a later one already. To be freed */
void file_name_rest(struct responder *r);                                                     /* those that it did not follow for */
void file_pin_fresh(struct responder *r, struct file *f, int fd);                            /* among the session's newest; takes fd */
void file_let_go(struct file *f);                                                             /* a fresh one that was removed: its room on the disk is not kept */
void file_drop(struct responder *r, struct file *f);
bool file_renamed(struct responder *r, struct file *f, const char *to);
void file_folder_renamed(struct responder *r, const char *from, const char *to);
void file_forget_change(struct responder *r, struct file *f); /* what was kept is no longer this entry's: the next write begins anew */
int file_begin(struct responder *r, struct file *f, uint32_t flags);      /* its CHANGE record, if there is none yet */
/* Copies at most `step` bytes of [*from, to); true: all of it is kept (or cannot be). */
bool file_keep(struct responder *r, struct file *f, uint64_t *from, uint64_t to, uint64_t step);
void file_cannot(struct responder *r, struct file *f, const char *why);   /* its pre-image is not (all) there: said, and written down */
void file_keep_ahead(struct responder *r, struct file *f, uint64_t from, uint64_t to); /* [from, to) is about to be written, and kept */
void file_after(struct responder *r, struct file *f);                     /* how it is now, as a record */
bool file_layout(struct responder *r, struct file *f, bool before, struct wire *w); /* false: not known */
void file_is_whole(struct responder *r, struct file *f);
void file_store_failed(struct responder *r, const struct err *e); /* said once, until it works again */

/* responder_lease.c */
void lease_open(struct responder *r);
bool lease_take(struct responder *r, struct file *f); /* false: it cannot be had */
void lease_end(struct responder *r, struct file *f);  /* and what it allowed: the file is followed again */
void lease_end_all(struct responder *r, dev_t dev, ino_t ino);
void lease_broken(struct responder *r);               /* SIGIO came */

/* responder_names.c */
void responder_names(struct responder *r);

/* responder_judge.c */
void judge_feed(struct responder *r, struct session *s, struct file *f, enum watch_op op, int64_t mono);
void judge_name(struct responder *r, struct session *s, enum watch_op op, const char *path, const char *to, bool folder, struct file *f, struct file *replaced);
uint64_t judge_ask(struct responder *r, struct session *s, struct file *f, enum watch_op op); /* tag; 0: nobody to ask */
void judge_granted(struct file *f, const struct stat *now); /* somebody is about to be let go who writes it */
void judge_held(struct responder *r, int64_t now); /* twice a second: what is kept open and was written */
void judge_flush(struct responder *r);
void judge_read(struct responder *r);
void judge_tell(struct responder *r, enum wire_kind kind, uint64_t session);

/* responder_act.c */
void act_verdict(struct responder *r, const struct watch_verdict *v);
void act_join(struct responder *r, struct session *s);
void act_company(struct responder *r, struct session *s, const struct proc *p); /* a new session: was its process stopped with a writer? */
void act_process(struct responder *r, struct session *s, int32_t pid); /* one more process of a session that has a verdict */
void act_released(struct responder *r);
void act_settle(struct responder *r, int64_t now);
void act_load(struct responder *r);
void act_known(struct responder *r, struct session *s);                /* a new session: was it denied before a restart? */

/* responder.c */
struct session *session_by_number(struct responder *r, uint64_t number);
struct session *who_is(struct responder *r, int32_t tid, bool long_gone, struct proc **ret);
struct user_seen *user_of(struct responder *r, uint32_t uid);
void session_wrote(struct responder *r, struct session *s, int32_t pid, const struct file *f);
void waiting_answer(struct responder *r, struct waiting *w, bool allow);
void say(struct responder *r, const struct buf *line);
void say_alarm(struct responder *r, const char *event, const char *what, const char *path);
struct waiting *waiting_new(struct responder *r);
bool truncate_asked(struct responder *r, struct file *f, int32_t tid); /* who waits in truncate(2) for the lease of f, which is let go once its bytes are kept; false: nobody who is asked about */
bool lost_lately(const struct session *s); /* it removed or replaced something: what it makes may stand for that */
void overflow(struct responder *r);
void flush_lines(struct responder *r);
bool waiting_step(struct responder *r, struct waiting *w, int64_t now); /* true: it is answered */
void happened(struct responder *r);  /* the queue of names is emptied */
bool perm_read(struct responder *r); /* what the kernel asks; true: there may be more */
bool perm_look(struct responder *r, int64_t until); /* the same, looked for until then; false: nothing came */

#endif
