/* gate_role: what the relay's files share. The relay holds sockets and nothing else: no key, no file. What it knows of links the keeper has told it; a link that it was told nothing of has no listener. */
#ifndef HOLDFAST_GATE_ROLE_H
#define HOLDFAST_GATE_ROLE_H

#include "gate.h"
#include "role.h"

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
	int64_t since;
};
struct conn {
	struct glink *g;
	struct side near, far;
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
enum drain_phase { DRAIN_IDLE, DRAIN_ASKED, DRAIN_READY /* has a message to send */, DRAIN_SENT /* waits for the answer */, DRAIN_TELL /* the answer is to be recorded */, DRAIN_TOLD };
struct drain { /* what waits in the ledger, one message after the other */
	struct side far;
	enum drain_phase phase;
	uint64_t tag, seq;
	struct buf frame, id;
	char code[8];
	unsigned tries;
	int64_t due, sent_at; /* monotonic */
};
#define RECENT_MAX 1024
struct glink {
	struct gate_link l;
	struct gate_standing st;
	int lfd;
	struct node node;
	int64_t listen_due;
	char why[96];          /* why it does not listen; empty: it does, or should not */
	struct conn *conns;
	size_t conn_count, holds;
	bool live;             /* out, mllp: nothing that may pass waits any more */
	struct drain d;
	uint8_t (*recent)[GATE_KEY];
	size_t recent_n;
	uint64_t bytes, bytes_cut, messages, odd, refused;
	int64_t last;          /* wall clock: of a message */
	double bucket;
	int64_t bucket_at;
};
struct relay {
	struct role *r;
	int ep;
	struct chan keeper;    /* fd -1: none at the moment */
	struct node keeper_node, sup_node;
	bool said_ready;
	struct glink **links;
	size_t link_count;
	struct hold *holds, **holds_end;
	struct conn *graves;   /* freed at the end of a round: epoll may still name them */
	uint64_t tags;
	int64_t ticked;
	bool throttled;        /* somebody waits for a rate */
};

/* gate_role.c */
struct glink *relay_link(struct relay *r, struct slice name);
void relay_apply(struct relay *r, struct glink *g, const struct gate_standing *st);
bool relay_holds(const struct glink *g);                       /* out, mllp: what it may not send it keeps */
bool relay_listens(const struct glink *g);                     /* should its listener be open? */
int64_t relay_now(void);
void relay_watch(struct relay *r, struct side *s, uint32_t want);

/* gate_conn.c */
void pass_accept(struct relay *r, struct glink *g);
void pass_event(struct relay *r, struct conn *c, bool near, uint32_t events);
void pass_reset(struct relay *r, struct conn *c);              /* RST to both */
void pass_accepted(struct relay *r, struct hold *h);           /* it is durable */
void pass_tick(struct relay *r, struct glink *g, int64_t now);
void pass_go_on(struct relay *r, struct glink *g);             /* what a rate held back */
void side_init(struct side *s, enum node_kind kind, void *of);
void side_close(struct relay *r, struct side *s, bool reset);
int side_connect(struct relay *r, struct side *s, const char *to);
int side_read(struct side *s);                                 /* 1: something, 0: nothing, below 0: the end or an error */
int side_send(struct relay *r, struct side *s, struct slice bytes);
int side_flush(struct relay *r, struct side *s);

/* gate_drain.c */
void drain_stop(struct relay *r, struct glink *g);
void drain_go(struct relay *r, struct glink *g, int64_t now);
void drain_event(struct relay *r, struct glink *g, uint32_t events);
void drain_reply(struct relay *r, struct glink *g, int code, struct cur *c);
void drain_keeper_lost(struct glink *g);
/* gate_probe.c */
void relay_tell(struct relay *r, uint64_t tag, bool probe);

#endif
