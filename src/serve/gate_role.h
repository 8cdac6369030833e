/* gate_role: what the relay's files share. The relay holds sockets, and the key of the site's certificate for MLLP as intake does: no other key, no file. What it knows of links the keeper has told it; a link that it was told nothing of has no listener. */
#ifndef HOLDFAST_GATE_ROLE_H
#define HOLDFAST_GATE_ROLE_H

#include "gate.h"
#include "role.h"

#include <openssl/ssl.h>

enum node_kind { NODE_KEEPER, NODE_SUP, NODE_LISTEN, NODE_NEAR, NODE_FAR, NODE_DRAIN };
struct node { /* what epoll hands back */
	enum node_kind kind;
	void *of;
};

struct side { /* one socket of a connection */
	int fd; /* -1: none */
	struct node node;
	struct buf in, out;
	size_t out_at;
	struct gate_frames frames;
	int64_t frame_since; /* monotonic: a frame has begun; 0: none */
	uint32_t events;
	bool connecting, eof, paused, watched;
	int pipe_in, pipe_out; /* gate_pipe.c: what is on its way to this side; -1: there is none */
	size_t piped;        /* bytes that lie in it */
	unsigned bulk, thin; /* reads of a whole buffer from this side; of little, into its pipe */
	bool parked;         /* it has ended both ways, and what it sent last waits for the other side */
	bool shut;           /* that the other side ended was passed on to this one */
	SSL *ssl;            /* NULL: plain */
	bool shaking, write_wants_read, read_wants_write, heard; /* shaking: nothing of it passes before it has shown who it is; heard: something has come */
	int64_t since;
};
struct conn {
	struct glink *g;
	struct side near, far;
	struct gate_asked asked; /* of the far side, where only answers come back */
	size_t holds;        /* messages on their way to the ledger */
	bool dead;
	struct conn *next, *prev;
};
struct hold {
	uint64_t tag;
	struct conn *c;      /* NULL: it has gone, and nobody is answered */
	struct glink *g;
	struct buf head;     /* the message, for its acknowledgement */
	struct hold *next;
};
enum drain_phase { DRAIN_IDLE, DRAIN_ASKED, DRAIN_READY /* has a message to send */, DRAIN_SENT /* waits for the answer */, DRAIN_PERSON /* rejected: waits for somebody's word */, DRAIN_TELL /* the answer is to be recorded */, DRAIN_TOLD };
struct drain { /* what waits in the ledger, one message after the other */
	struct side far;
	enum drain_phase phase;
	uint64_t tag, seq;
	struct buf frame;
	char code[8];
	unsigned tries;
	bool unsaid;          /* that it is refused, the keeper does not know yet */
	enum gate_owed owed;  /* what the far side owes for it */
	struct slice id;      /* of frame: by which its answer is known */
	int64_t due, sent_at; /* monotonic */
};
#define RECENT_MAX 1024
#define GATE_CONNS_MAX 256  /* of one link */
#define GATE_CROWDED_SHOWN (600 * TIME_SEC)
#define GATE_IDS 8          /* control ids of the last messages that passed: for letters */
struct glink {
	struct glink *gone_next, *ending_next;
	bool ending;           /* of relay.ending */
	struct gate_link l;
	struct gate_standing st;
	int lfd;
	struct node node;
	int64_t listen_due;
	uint64_t crowded;      /* connections that were ended because the link has as many as it may */
	int64_t crowded_at;    /* wall clock: the last of them */
	uint64_t unended;      /* messages whose end did not come in time */
	int64_t unended_at;    /* wall clock: the last of them */
	char why[96];          /* why it does not listen; empty: it does, or should not */
	EVP_PKEY *own_key;     /* of l.tls.cert */
	SSL_CTX *tls_near, *tls_far; /* NULL: plain, or (tls_bad) it cannot be set up, and then that side has no connection */
	char tls_bad[96];      /* why it cannot be set up; empty: it can */
	char tls_when[16];     /* of the certificate that was looked at last and does not count now: the day */
	char tls_why[160];     /* of the last handshake that was refused */
	uint64_t tls_refused;
	struct gate_certs certs; /* until when they count: those of l.tls, and those that were shown */
	struct conn *conns;
	size_t conn_count, holds;
	bool live;             /* out, mllp: nothing that may pass waits any more */
	struct drain d;
	uint8_t (*recent)[GATE_KEY];
	size_t recent_n;
	uint64_t bytes, bytes_cut, messages, odd, refused;
	int64_t last;          /* wall clock: of a message */
	struct gate_counted {  /* gate_count.c */
		struct gate_id { uint8_t n, text[63]; } id[GATE_IDS]; /* control ids, as they came, ring; the newest is at (ids_n - 1) % GATE_IDS */
		uint64_t ids_n;
		struct gate_type { char name[16]; uint64_t n; } type[GATE_TYPES_MAX]; /* the last place: all others */
		uint8_t types, type_last; /* type_last: of the last message, if there was one */
	} counted;
	double bucket;
	int64_t bucket_at;
};
struct relay {
	struct role *r;
	int ep;
	struct chan keeper;    /* fd -1: none at the moment */
	struct node keeper_node, sup_node;
	uint32_t keeper_events; /* what epoll looks for at the keeper's end */
	bool said_ready;
	struct glink **links;
	size_t link_count, link_at; /* link_at: the last that was asked for */
	struct glink *ending;  /* whose state is another one: what goes on under the one before is to end */
	struct hold *holds, **holds_end;
	struct glink *gone;    /* links that were removed: what is under way may name them, so they stay until the process ends */
	struct conn *graves;   /* freed at the end of a round: epoll may still name them */
	uint64_t tags;
	int64_t ticked;
	unsigned pipes;        /* that are open */
	int64_t wall;          /* wall clock of this round of the loop; 0: nobody has asked yet */
	bool throttled;        /* somebody waits for a rate */
	EVP_PKEY *key;         /* the site's own certificate for MLLP, as intake has it; NULL: there is none */
	X509 *cert;
	STACK_OF(X509) *chain;
};

/* gate_role.c */
struct glink *relay_link(struct relay *r, struct slice name);
bool relay_holds(const struct glink *g);                       /* out, mllp: what it may not send it keeps */
bool relay_listens(const struct glink *g);                     /* should its listener be open? */
int64_t relay_now(void);
int64_t relay_wall(struct relay *r);                           /* wall clock, looked at once a round of the loop */
void relay_watch(struct relay *r, struct side *s, uint32_t want);

/* gate_conn.c */
void pass_accept(struct relay *r, struct glink *g);
void pass_event(struct relay *r, struct conn *c, bool near, uint32_t events);
void pass_reset(struct relay *r, struct conn *c);              /* RST to both */
void pass_accepted(struct relay *r, struct hold *h);           /* it is durable */
void pass_tick(struct relay *r, struct glink *g, int64_t now);
void pass_go_on(struct relay *r, struct glink *g);             /* what a rate held back */
void side_init(struct side *s, enum node_kind kind, void *of);
void side_hang_up(struct relay *r, struct side *s, bool reset); /* the socket alone */
void side_close(struct relay *r, struct side *s, bool reset);  /* and its memory */
int side_connect(struct relay *r, struct side *s, const struct glink *g); /* to the far side */
uint32_t side_wants(const struct side *s, bool reading); /* what epoll is asked for */
size_t side_waits(const struct side *s);                       /* bytes that it has not taken yet */
int side_read(struct side *s);                                 /* 1: something, 0: nothing, below 0: the end or an error */
int side_send(struct relay *r, struct side *s, struct slice bytes);
int side_flush(struct relay *r, struct side *s);

/* gate_pipe.c */
void pipe_close(struct relay *r, struct side *s);
void pipe_learn(struct relay *r, struct side *from, struct side *to, bool full); /* something was read, a whole buffer or less: a pipe, if that goes on */
int pipe_fill(struct side *from, struct side *to);             /* as side_read */
int pipe_flush(struct relay *r, struct side *s);               /* as side_flush */

/* gate_drain.c */
void drain_stop(struct relay *r, struct glink *g);
void drain_go(struct relay *r, struct glink *g, int64_t now);
void drain_event(struct relay *r, struct glink *g, uint32_t events);
void drain_reply(struct relay *r, struct glink *g, int code, struct cur *c);
void drain_keeper_lost(struct glink *g);
void drain_turn(struct relay *r, struct glink *g, uint64_t seq, bool skip); /* a person has said so */
/* gate_tls.c: certificates and keys come as data; no file is opened */
void relay_tls_own(struct relay *r, struct role_listener *l);  /* takes the site's certificate and key, and wipes what they were read from */
void relay_tls_key(struct glink *g, struct slice pem);         /* of our own certificate on this link; empty: it is not here */
void relay_tls_set(struct relay *r, struct glink *g);          /* anew, as g->l says */
int relay_tls_begin(struct side *s, SSL_CTX *ctx, bool accept);
int relay_tls_shake(struct glink *g, struct side *s);          /* 1: done; 0: it waits; below 0: refused, counted and said */
ssize_t relay_tls_read(struct side *s, void *to, size_t n);    /* 0: not now; ERR_NO: the end; other below 0: an error */
ssize_t relay_tls_write(struct side *s, const void *from, size_t n);
int relay_tls_half(struct side *s);                            /* we send nothing more */
void relay_tls_late(struct glink *g, bool near);               /* one took too long */
void relay_tls_end(struct side *s, bool orderly);
/* gate_ends.c */
void relay_ends_set(struct glink *g);                          /* anew, as g->l says */
void relay_ends_shown(struct glink *g, SSL *ssl);              /* a handshake is over, and was taken */
/* gate_count.c */
void count_message(struct glink *g, const struct gate_message *m, int64_t now); /* one has passed; wall clock */
void count_put(const struct glink *g, struct jsonw *w);
/* gate_probe.c */
void relay_tell(struct relay *r, uint64_t tag, bool probe);

#endif
