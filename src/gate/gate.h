/* gate: links to partners: what each is, how it stands, who may change that, and what passes in which state.
 *
 * Pure: values in, values or a refusal in words out; no socket, file, clock or log. The relay that carries the bytes is a role of serve (serve/gate_role.c: sockets, no key, no file); what was decided, and what waits, are
 * entries that the keeper writes and folds (serve/keeper_gate.c).
 *
 * States, from closed to open. A step goes to the next one and never further:
 *   CUT          nothing passes. A partner's connection is refused at TCP, so that its engine keeps what it has; what we send is taken, made durable, acknowledged and queued
 *   QUARANTINED  as CUT, while evidence is gathered
 *   TEST         messages marked as tests (MSH-11 T) pass, and nothing else; of an opaque link nothing
 *   ONE-WAY      messages (opaque: bytes) pass in the link's own direction; the other way acknowledgements alone (opaque: nothing)
 *   LIMITED      as OPEN, for the types and at the rate that the link's limits say
 *   OPEN         everything that is a frame passes (opaque: every byte); acknowledgements are the far side's own
 *
 * What must always be true
 *   - A state that nobody knows is CUT: it is number 0, and whatever cannot be read is that.
 *   - Whoever may act on links may cut, alone, and is asked for a reason but never held up for one. A step up needs two different accounts of role security, owner or admin; the first signature waits for the second, by name, and ends.
 *   - A step up has an end, at which the link falls back to the state it came from, by itself. Any step may fall back at any time.
 *   - What we acknowledge is durable first, is sent in order, and is never dropped; AR is never said.
 */
#ifndef HOLDFAST_GATE_H
#define HOLDFAST_GATE_H

#include "base.h"

/* ---- states ------------------------------------------------------------------------------------------------------------------ */

enum gate_state { GATE_CUT = 0, GATE_QUARANTINED, GATE_TEST, GATE_ONE_WAY, GATE_LIMITED, GATE_OPEN, GATE_STATES };
const char *gate_state_name(enum gate_state s);       /* "CUT" ...; "CUT" for a number that is none */
enum gate_state gate_state_parse(struct slice name);  /* what is not one of the names is CUT */

#define GATE_WHO_MAX 64
#define GATE_SPAN (INT64_C(24) * 3600 * TIME_SEC)     /* of a step, and of a first signature, where nothing else is said */
#define GATE_NEVER INT64_MAX                          /* only for the step to OPEN */

struct gate_standing {
	enum gate_state state, back; /* back: where it falls when it ends */
	int64_t since, expires;      /* wall clock; expires 0: it has no end */
	char first[GATE_WHO_MAX];    /* who has signed for the next step; empty: nobody */
	int64_t first_until, first_expires; /* until when that counts; which end it asked for */
};

enum gate_event_kind { GATE_EV_CUT, GATE_EV_ADVANCE, GATE_EV_FALL, GATE_EV_TIME };
struct gate_event {
	enum gate_event_kind kind;
	int64_t now;
	const char *account, *role;  /* ADVANCE: who signs. account NULL or empty: nobody who is known */
	int64_t expires;             /* ADVANCE: when the step is to end; 0: GATE_SPAN from now; GATE_NEVER */
	const char *unmet;           /* ADVANCE: a condition of the link that is not met; NULL: all are */
	enum gate_state to;          /* FALL */
};
enum gate_decision { GATE_SAME = 0 /* nothing changes */, GATE_SIGNED = 1 /* the first of two */, GATE_MOVED = 2 };
/* What the event makes of s. Below 0: refused, e says why (ERR_DENIED: who; ERR_NO: a condition, or there is no further step; ERR_USAGE: the end that was asked for); ret is not written. */
int gate_decide(const struct gate_standing *s, const struct gate_event *ev, struct gate_standing *ret, struct err *e) MUST;
bool gate_may_sign(const char *role);                 /* security, owner, admin */
/* "1h", "30m", "7d", "90s", "never", or a time: when that is. ERR_USAGE. */
int gate_until_parse(struct slice text, int64_t now, int zone_minutes, int64_t *ret, struct err *e) MUST;

/* ---- links ------------------------------------------------------------------------------------------------------------------- */

#define GATE_LINKS_MAX 4096
#define GATE_NAME_MAX 40
#define GATE_TYPES_MAX 32
#define GATE_ALLOW_MAX 32
#define GATE_FRAME_MAX ((size_t)2 << 20) /* bytes of one message; more closes the connection */
#define GATE_FRAME_SECONDS 60            /* from a frame's first byte to its last */
#define GATE_CONNECT_SECONDS 10
#define GATE_ANSWER_SECONDS 30           /* for the far side's acknowledgement of a message from the queue; then it is sent again on a new connection */
#define GATE_IDLE_SECONDS (7 * 24 * 3600) /* links are silent at night: TCP keep-alive finds the dead ones */

enum gate_protocol { GATE_MLLP = 1, GATE_TCP };
struct gate_net { /* an address and how many of its first bits count */
	uint8_t bytes[16];
	uint8_t bits;
	bool six;
};
struct gate_link {
	char name[GATE_NAME_MAX], class[GATE_NAME_MAX], owner[64], purpose[128];
	char listen[64], to[64];     /* IP:PORT, [IP]:PORT */
	bool out;                    /* direction: we -> partner; else partner -> us. Who connects is the near side of the listener either way */
	enum gate_protocol protocol;
	struct gate_net allow[GATE_ALLOW_MAX];
	uint8_t allow_n;             /* 0: everybody who reaches the listener */
	char types[GATE_TYPES_MAX][16]; /* LIMITED: "ADT" or "ADT^A01" */
	uint8_t types_n;             /* 0: every type */
	uint32_t rate;               /* LIMITED, and the queue when it drains: messages a second; 0: no limit */
};
/* Whole and sane: names of letters, digits, '-', '_', '.'; addresses that are numbers; another listener than it is sent to. ERR_USAGE. */
int gate_link_check(const struct gate_link *l, struct err *e) MUST;
int gate_allow_parse(struct gate_link *l, struct slice list, struct err *e) MUST; /* "10.1.2.0/24,2001:db8::1" */
int gate_types_parse(struct gate_link *l, struct slice list, struct err *e) MUST; /* "ADT,ORU^R01" */
int gate_address_parse(const char *text, bool *ret_six, uint8_t ret_ip[16], uint16_t *ret_port); /* 0, or ERR_USAGE */
bool gate_allowed(const struct gate_link *l, bool six, const uint8_t ip[16]);    /* an IPv4 address in IPv6's clothes is taken for itself */
/* The fields of one object (the caller opens and closes it), and back. ERR_INPUT. */
void gate_link_put(const struct gate_link *l, struct jsonw *w);
int gate_link_read(const struct json_node *n, struct gate_link *ret, struct err *e) MUST;
void gate_standing_put(const struct gate_standing *s, struct jsonw *w);
void gate_standing_read(const struct json_node *n, struct gate_standing *ret);   /* what does not read is CUT */

/* ---- frames, as the relay sees them ----------------------------------------------------------------------------------------- */

/* MLLP release 1 and nothing else: VT, bytes, FS CR. Bytes that are in no frame are dropped and counted. */
struct gate_frames {
	size_t odd;      /* bytes outside of frames, so far */
	size_t scanned;  /* of the frame that has begun */
};
/* One frame off the front of in. 1: it is ret, with its VT, FS and CR, and *ret_used bytes are done with (junk before it included); 0: more is needed (*ret_used may be junk to drop); ERR_LIMIT: it is longer than GATE_FRAME_MAX. */
int gate_frame_next(struct gate_frames *f, struct slice in, struct slice *ret, size_t *ret_used);

struct gate_message { /* the little that the relay reads of a message; slices into it */
	bool ok;                 /* it has an MSH that reads */
	bool test;               /* MSH-11 is T */
	bool answer;             /* it has an MSA: an acknowledgement */
	struct slice type;       /* MSH-9 as it stands, at most its first two components */
	struct slice control_id; /* MSH-10 */
	struct slice answer_code, answer_to; /* MSA-1, MSA-2 */
};
void gate_message_read(struct slice frame /* with or without VT, FS, CR */, struct gate_message *ret);
#define GATE_KEY 16
/* By what a message is known again: MSH-10 and every byte. */
void gate_message_key(struct slice content, struct slice control_id, uint8_t ret[GATE_KEY]);

enum gate_way { GATE_PASS, GATE_WAIT /* not in this state: our own messages are queued, a partner's connection is refused */, GATE_NOT /* not of a kind that LIMITED lets pass */ };
/* May a message (an opaque link: bytes; m NULL) of the link's own direction pass in this state? */
enum gate_way gate_passes(const struct gate_link *l, enum gate_state s, const struct gate_message *m);
/* The other way: acknowledgements in every state in which messages pass. */
bool gate_passes_back(const struct gate_link *l, enum gate_state s, const struct gate_message *m);
/* A refusal that keeps the message where it is: MSA AE, never AR. */
void gate_refusal(struct slice message, const char *why, int64_t now, struct buf *ret);
/* The acknowledgement of a message that is durable here: AA, or CA where the sender asks for one in MSH-15. */
void gate_accepted(struct slice message, int64_t now, struct buf *ret);

/* ---- the cutter: nftables, elsewhere ---------------------------------------------------------------------------------------- */

struct gate_address {
	bool six;
	uint8_t ip[16];   /* the first 4 where six is false */
	uint16_t port;    /* 0: all */
};
/* What a cut does beside the relay. Filled in by whoever has it; without it the proof is the relay's alone, and says so. Each returns 0 or a code and waits for nothing but the kernel. */
struct gate_cutter {
	void *arg;
	int (*add)(void *arg, const struct gate_address *a, size_t n, struct err *e);      /* nothing passes to or from these */
	int (*remove)(void *arg, const struct gate_address *a, size_t n, struct err *e);
	int (*kill)(void *arg, const struct gate_address *a, size_t n, uint32_t *ret_killed, struct err *e); /* established sockets */
	int (*probe)(void *arg, const struct gate_address *a, bool *ret_blocked, uint64_t *ret_packets, struct err *e);
};

#endif
