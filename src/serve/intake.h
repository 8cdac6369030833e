/* intake: what its files share. One thread, one epoll, no files: bytes from strangers become K_APPEND frames, and the keeper's answers become acknowledgements. */
#ifndef HOLDFAST_INTAKE_H
#define HOLDFAST_INTAKE_H

#include "hl7.h"
#include "queue.h"
#include "role.h"

#include <openssl/ssl.h>

#define FLIGHT_BYTES ((size_t)16 << 20) /* on their way to the keeper: past this nobody is read */
#define FLIGHT_CONN 1024                /* messages of one connection on their way */
#define READ_SIZE ((size_t)64 << 10)
#define SMALL ((size_t)512 << 10)       /* a frame that has grown past this needs one of ... */
#define BIGS 4                          /* ... so many places: bounds memory at BIGS x 72 MiB, whoever connects */
#define BIG_PATIENCE (30 * TIME_SEC)    /* a place whose frame does not grow for this long is given to who waits */
#define HANDSHAKE (30 * TIME_SEC)
#define PAUSE_END (TIME_SEC / 10)       /* FS without CR ends the frame after this much silence */

enum source_kind { SRC_SUPERVISOR, SRC_KEEPER, SRC_LISTENER, SRC_CONN };
struct source { /* what epoll hands back points to one */
	enum source_kind kind;
};

struct listener {
	struct source src;
	struct role_listener *is;
	SSL_CTX *tls;
	bool listening;          /* asked of epoll */
	uint64_t connections, accepted, messages, fragments, duplicates, unreadable, odd, refused_tls, bytes;
	int64_t last;            /* receive time of the last message */
};

#define CONN_ANSWER 1 /* queue_entry.b: it is answered; above: the kind << 8 */

struct conn {
	struct source src;
	struct listener *l;
	int fd;
	uint32_t slot, gen;
	uint32_t events;
	SSL *ssl;
	bool handshaking, write_wants_read, read_wants_write;
	bool eof;                /* the peer sends nothing more; what it waits for is still answered */
	bool paused;             /* not read, for want of room somewhere */
	bool big, wants_big;
	bool dead, dirty;
	uint32_t in_flight;
	int64_t opened, last_read;
	struct hl7_mllp m;
	struct buf out;
	size_t out_at;
	struct held *batch;      /* NULL: not in a batch, as far as we know */
	struct conn *next, *next_dirty;
	char peer[64];
};

struct intake {
	struct role *r;
	int ep;
	struct source sup, keeper_src;
	struct chan keeper;      /* its out is for small frames of ours; entries go by the queue */
	uint32_t keeper_events;
	struct queue queue;
	struct listener *listeners;
	struct conn **conns;     /* by slot */
	uint32_t conn_count, conn_max, gens;
	struct conn *all, *dirty;
	uint32_t paused, bigs, wants_big, may_end;
	bool read_only;          /* that is why */
	bool refusing;           /* the disk is nearly full: no message is taken */
	bool hold;               /* send no entry until retry_at */
	int64_t retry_at;
	uint64_t blamed;         /* tag of the first message without an answer when the keeper last went away */
	unsigned blamed_times;   /* ... so many times in a row */
	bool changed;            /* listeners' figures, for status */
	int64_t told_at;
	int64_t accept_again;    /* out of descriptors: try later */
	bool stopping;
	size_t message_max;
};

/* conn */
void conn_accept(struct intake *in, struct listener *l);
void conn_event(struct intake *in, struct conn *c, uint32_t events);
void conn_read(struct intake *in, struct conn *c);
void conn_put_line(struct intake *in, struct conn *c, uint8_t flags, struct slice line, struct slice key); /* an envelope line; key empty: stored even if it is there already */
void conn_answer(struct intake *in, struct conn *c, struct slice ack); /* an acknowledgement, to be sent in one write at the end of the round */
void conn_flush(struct intake *in, struct conn *c);
void conn_close(struct intake *in, struct conn *c, const char *why);
void conn_timers(struct intake *in, int64_t now);
void conn_resume(struct intake *in);
void conn_sweep(struct intake *in);
void conn_interest(struct intake *in, struct conn *c);
bool intake_room(const struct intake *in);
struct conn *conn_of(struct intake *in, uint64_t a);

/* batch: intake_batch.c */
void batch_envelope(struct intake *in, struct conn *c, uint8_t flags, struct slice line);
void batch_other_frame(struct conn *c, struct slice bytes); /* a message or a fragment, before it is put */
void batch_close(struct conn *c);                         /* nothing more comes */

/* tls: nothing here opens a file */
int tls_context(const struct role_listener *l, SSL_CTX **ret, struct err *e) MUST;
SSL *tls_new(struct listener *l, int fd);
/* 1: done; 0: come again; below 0: refused, with why */
int tls_handshake(struct conn *c, char *why, size_t size);
/* bytes, 0: nothing now, ERR_NO: end, ERR_INPUT: broken */
ssize_t tls_read(struct conn *c, void *to, size_t n);
ssize_t tls_write(struct conn *c, const void *from, size_t n);
bool tls_pending(const struct conn *c);

#endif
