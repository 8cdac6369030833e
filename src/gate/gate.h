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
 *   LIMITED      as OPEN, for the types and at the rate that the link's limits say; the other way those types and acknowledgements
 *   OPEN         everything that is a frame passes (opaque: every byte); acknowledgements are the far side's own
 *
 * What must always be true
 *   - A state that nobody knows is CUT: it is number 0, and whatever cannot be read is that.
 *   - Whoever may act on links may cut, alone, and is asked for a reason but never held up for one. A step up needs two different accounts of role security, owner or admin; the first signature waits for the second, by name, and ends.
 *   - A step up has an end, at which the link falls back to the state it came from, by itself. Any step may fall back at any time.
 *   - What we acknowledge is durable first, is sent in order, and is never dropped: only its own acceptance by the far side, or a person by name and reason, takes it out of the queue. AR is never said.
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
#define GATE_CONDITIONS_MAX 16
#define GATE_CONDITION_MAX 240           /* bytes of a condition's words */
#define GATE_HOURS_MAX 4
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
struct gate_condition { /* what must be true before a step up is signed for */
	char name[GATE_NAME_MAX], text[GATE_CONDITION_MAX];
	enum gate_state before; /* of the step to this state, and those after it; GATE_CUT: of every step */
};
struct gate_hours { /* of the site's clock */
	uint8_t days;           /* bit 0: Monday ... bit 6: Sunday */
	uint16_t from, to;      /* minutes of the day, [from, to), to at most 1440 */
};
#define GATE_CA_MAX 4096                 /* bytes of PEM: a partner's authority and one that signed it */
#define GATE_CERT_MAX 8192               /* our own certificate and those that signed it */
#define GATE_KEY_PEM_MAX ((size_t)16384) /* its key: never part of a link, of an entry or of a cache (serve/link_keys.c) */
struct gate_tls { /* TLS 1.2 or later, on either side by itself. Who the other one is: by the fingerprint of its certificate, or by who signed that */
	bool listen, to;        /* the near side speaks TLS to us; we speak TLS to the far side */
	char client_pin[65], client_ca[GATE_CA_MAX]; /* one of them, or none: whoever connects shows a certificate. SHA-256 in lower case; PEM */
	char pin[65], ca[GATE_CA_MAX];               /* one of them, where to is set */
	char cert[GATE_CERT_MAX]; /* our own, for a far side that asks for one: PEM, what signed it behind it; empty: none is shown */
	char name[128];         /* with ca: the name in the far side's certificate; empty: the address it is connected to */
};
struct gate_link {
	char name[GATE_NAME_MAX], class[GATE_NAME_MAX], owner[64], purpose[128];
	char partner[96], contact[128]; /* for letters: whom it leads to; whom a partner asks about it */
	char listen[64], to[64];     /* IP:PORT, [IP]:PORT */
	bool out;                    /* direction: we -> partner; else partner -> us. Who connects is the near side of the listener either way */
	enum gate_protocol protocol;
	struct gate_net allow[GATE_ALLOW_MAX];
	uint8_t allow_n;             /* 0: everybody who reaches the listener */
	char types[GATE_TYPES_MAX][16]; /* LIMITED: "ADT" or "ADT^A01" */
	uint8_t types_n;             /* 0: every type */
	uint32_t rate;               /* LIMITED, and the queue when it drains: messages a second; 0: no limit */
	struct gate_hours hours[GATE_HOURS_MAX]; /* LIMITED: when it is as OPEN; else it is as QUARANTINED */
	uint8_t hours_n;             /* 0: always */
	struct gate_condition condition[GATE_CONDITIONS_MAX];
	uint8_t conditions;
	struct gate_tls tls;
	bool auto_cut;               /* what is unusual (gate_rhythm) cuts it, and does not only alarm */
};
bool gate_name_ok(const char *s); /* of a link, a class, a plan: 1 to GATE_NAME_MAX - 1 letters, digits, and behind the first '-', '_', '.' */
/* Whole and sane: names of letters, digits, '-', '_', '.'; addresses that are numbers; another listener than it is sent to. ERR_USAGE. */
int gate_link_check(const struct gate_link *l, struct err *e) MUST;
int gate_allow_parse(struct gate_link *l, struct slice list, struct err *e) MUST; /* "10.1.2.0/24,2001:db8::1" */
int gate_types_parse(struct gate_link *l, struct slice list, struct err *e) MUST; /* "ADT,ORU^R01" */
int gate_hours_parse(struct gate_link *l, struct slice list, struct err *e) MUST; /* "Mon-Fri 08:00-18:00, Sat 09:00-12:00" */
int gate_pin_parse(char ret[65], struct slice text, const char *place, struct err *e) MUST; /* 64 hex digits, as openssl prints them or plain, "sha256:" before them or not */
/* "NAME: words", or "NAME before STATE: words". */
int gate_condition_parse(struct gate_link *l, struct slice text, struct err *e) MUST;
/* Is it within the link's hours at this time (wall clock)? *ret_change: when that is next otherwise; GATE_NEVER: never. */
bool gate_within_hours(const struct gate_link *l, int64_t now, int zone_minutes, int64_t *ret_change);
bool gate_link_same(const struct gate_link *a, const struct gate_link *b);
int gate_address_parse(const char *text, bool *ret_six, uint8_t ret_ip[16], uint16_t *ret_port); /* 0, or ERR_USAGE */
bool gate_allowed(const struct gate_link *l, bool six, const uint8_t ip[16]);    /* an IPv4 address in IPv6's clothes is taken for itself */
/* The fields of one object (the caller opens and closes it), and back. ERR_INPUT. */
void gate_link_put(const struct gate_link *l, struct jsonw *w);
int gate_link_read(const struct json_node *n, struct gate_link *ret, struct err *e) MUST;
void gate_standing_put(const struct gate_standing *s, struct jsonw *w);
void gate_standing_read(const struct json_node *n, struct gate_standing *ret);   /* what does not read is CUT */

/* A file of links (gate_config.c says its form). All of it or nothing: ERR_INPUT names file and line. */
#define GATE_CONFIG_MAX ((size_t)4 << 20)
struct gate_config {
	struct gate_link *link;
	struct buf *key; /* of each link: the key of its certificate, wiped by gate_config_done; empty: it has none */
	size_t n;
};
struct gate_config_files { /* who opens the files that it names */
	int (*read)(void *arg, const char *name, struct buf *ret /* initialized, and a secret's where it is one */, struct err *e);
	void *arg;
};
/* files NULL: it may name none. */
int gate_config_read(struct slice text, const char *file, const struct gate_config_files *files, struct gate_config *ret, struct err *e) MUST;
void gate_config_done(struct gate_config *c);

/* ---- frames, as the relay sees them ----------------------------------------------------------------------------------------- */

/* MLLP release 1 and nothing else: VT, bytes, FS CR. Bytes that are in no frame are dropped and counted. */
struct gate_frames {
	size_t odd;      /* bytes outside of frames, so far */
	size_t scanned;  /* of the frame that has begun */
};
/* One frame off the front of in. 1: it is ret, with its VT, FS and CR, and *ret_used bytes are done with (junk before it included); 0: more is needed (*ret_used may be junk to drop); ERR_LIMIT: it is longer than GATE_FRAME_MAX. */
int gate_frame_next(struct gate_frames *f, struct slice in, struct slice *ret, size_t *ret_used);

struct gate_message { /* the little that the relay reads of a message; slices into it */
	bool ok;                 /* it has an MSH that reads, and no VT or FS inside of it: a far side that is tolerant of frames would read another message there, which nobody looked at */
	bool test;               /* MSH-11 is T */
	bool answer;             /* an acknowledgement or response: MSA right behind MSH (SFT, UAC), or MSH-9 is ACK and there is an MSA */
	struct slice type;       /* MSH-9 as it stands, at most its first two components */
	struct slice control_id; /* MSH-10 */
	struct slice sender;     /* MSH-3: the sending application, as it stands */
	struct slice answer_code, answer_to; /* MSA-1, MSA-2 */
};
void gate_message_read(struct slice frame /* with or without VT, FS, CR */, struct gate_message *ret);
#define GATE_KEY 16
bool gate_blank(struct slice frame);             /* a frame with nothing in it but blanks */
/* What a far side owes for a message that was queued, by MSH-15 and MSH-16 (v2.5.1, 2.9.2): an answer; one only where it is refused; or nothing, as for NE and NE, an acknowledgement, and the lines of a batch without its messages.
 * Of a batch in one frame the most that one of its messages is owed. */
enum gate_owed { GATE_OWED_ANSWER, GATE_OWED_ERRORS, GATE_OWED_NOTHING };
enum gate_owed gate_owed(struct slice content);
/* Is this the answer to that content? Of a batch its messages are answered one by one: a refusal of any of them is one of the batch, and it is taken when the last that is owed an answer is. */
struct slice gate_answer_id(struct slice content); /* what names the answer that ends it */
enum gate_answers { GATE_ANSWERS_NOT, GATE_ANSWERS_PART, GATE_ANSWERS_IT };
enum gate_answers gate_answers(struct slice content, const struct gate_message *answer);
/* By what a message is known again: MSH-10 and every byte. */
void gate_message_key(struct slice content, struct slice control_id, uint8_t ret[GATE_KEY]);

enum gate_way { GATE_PASS, GATE_WAIT /* not in this state: our own messages are queued, a partner's connection is refused */, GATE_NOT /* not of a kind that LIMITED lets pass */ };
/* May a message (an opaque link: bytes; m NULL) of the link's own direction pass in this state? */
enum gate_way gate_passes(const struct gate_link *l, enum gate_state s, const struct gate_message *m);
/* The other way: answers in every state in which messages pass; in LIMITED also messages of the types that its limits let pass. m->answer: the caller has made sure that it answers something (gate_asked_take). */
bool gate_passes_back(const struct gate_link *l, enum gate_state s, const struct gate_message *m);
/* What has gone to the far side of one connection and has no answer yet: an MSA alone makes no answer, or whoever sits behind a one-way link could send what he likes with an MSA in it. Zeros: nothing. Each message has at most one
 * accept acknowledgement (CA, CE, CR) and one application acknowledgement or response, which ends it (v2.9, 2.9.2 and 2.9.3). Beyond GATE_ASKED_MAX the oldest are forgotten. */
#define GATE_ASKED_MAX 16384u
struct gate_asked {
	uint64_t *key;           /* in order; 0: answered. Bit 0: it has had its accept acknowledgement */
	size_t first, n, room;   /* key[first .. n): those before are answered */
};
int gate_asked_add(struct gate_asked *a, struct slice control_id) MUST;      /* ERR_MEMORY */
bool gate_asked_take(struct gate_asked *a, const struct gate_message *m) MUST; /* is it an answer to one of them? */
void gate_asked_done(struct gate_asked *a);
/* A refusal that keeps the message where it is: MSA AE, or CE where MSH-15 asks for a commit acknowledgement; never AR. */
void gate_refusal(struct slice message, const char *why, int64_t now, struct buf *ret);
/* What the far side's answer to a queued message means for it. Only the first lets it leave the queue. */
enum gate_verdict {
	GATE_TAKEN,   /* AA, CA */
	GATE_LATER,   /* AE, CE, and whatever is no code: offered again after a pause that grows */
	GATE_PERSON   /* AR, CR: the same bytes would be rejected again; it stays the first and waits for somebody's word */
};
enum gate_verdict gate_verdict_of(struct slice code /* MSA-1 */);
int64_t gate_pause(unsigned refusals);           /* before it is offered again: 1 s, doubled each time, at most GATE_PAUSE_MAX */
#define GATE_PAUSE_MAX (INT64_C(60) * TIME_SEC)
/* The acknowledgement of a message that is durable here, as its sender asks for one (hl7_ack_write, HL7_ACK_AUTO): AA, or CA in enhanced mode; AE, or CE, with an ERR where its header does not read or has no control id that an AA
 * could name, although it is kept like any other. Where MSH-15 asks for no commit answer and MSH-16 for the application's (AL, SU), AA, as in original mode: its sender waits for nothing else (v2.5.1, 2.9.2 and 2.9.3), and the application's
 * own word comes when the link is open again, to nobody. Nothing for what is itself an acknowledgement, for the lines of a batch, and where neither is asked for. Of a batch in one frame each message is answered. */
void gate_accepted(struct slice message, int64_t now, struct buf *ret);

/* ---- the cutter: what a cut does beside the relay ------------------------------------------------------------------------------
 *
 * Texts for nftables and bytes for sock_diag, made here and judged here; the process that speaks them to the kernel is serve/cutter.c. What is cut is always said whole, as a sorted list of elements; what
 * has to change follows from the list before. An address is cut while any link to it is cut.
 *
 * Tables (inet, ours alone): TABLE for links and addresses, TABLE_island while the host is isolated. Both act before everybody else's chains, connections that stand included: TCP is answered with a reset,
 * all else is dropped. A reset without payload is let out, or nobody would learn that he was cut. Loopback is never cut: whoever can use it is already here. */

enum gate_cut_kind {
	GATE_FAR = 1,   /* a partner's address and port: nothing passes to or from it, of this host's or through it */
	GATE_HERE,      /* a listener of ours: nothing comes in to it. ip all zero: on every address */
	GATE_ADDRESS,   /* a whole address: nothing, but for Holdfast's own ports */
	GATE_MEMBER,    /* of the island: what still talks to this host when it is isolated; bits count */
	GATE_OWN_PORT   /* Holdfast's own: open to an address that is cut, and in isolation */
};
struct gate_element {
	uint8_t kind, six, bits; /* bits: GATE_MEMBER */
	uint8_t ip[16];          /* the first 4 where six is 0 */
	uint16_t port;           /* 0: none */
};
#define GATE_ELEMENT 22      /* bytes of one on a channel */
#define GATE_ELEMENTS_MAX (2 * GATE_LINKS_MAX + 4096)
#define GATE_TABLE_MAX 48
int gate_element_compare(const void *a, const void *b);
size_t gate_elements_sort(struct gate_element *v, size_t n);                     /* in order, each once; how many are left */
const struct gate_element *gate_element_find(const struct gate_element *v, size_t n, const struct gate_element *what);
void gate_element_put(const struct gate_element *x, struct buf *b);
bool gate_element_get(struct cur *c, struct gate_element *ret) MUST;            /* false: no such kind, or too short */
void gate_element_text(const struct gate_element *x, char ret[64]);             /* "10.1.2.3:5000", "[2001:db8::1]:5000", "10.0.0.0/8", "port 5000" */
int gate_element_parse(const char *text, uint8_t kind, struct gate_element *ret); /* IP or IP/BITS (GATE_MEMBER alone). ERR_USAGE */
bool gate_loopback(bool six, const uint8_t ip[16]);
/* What is cut with this link: where we connect to the partner, his address and port; where he connects to us, our listener. Loopback is none. */
size_t gate_link_elements(const struct gate_link *l, struct gate_element ret[2]);

void gate_table_name(const char *origin, char ret[GATE_TABLE_MAX]);             /* of this site: two on one host do not undo each other's cuts */
/* The whole table (and without elements of FAR, HERE or ADDRESS: none), in place of what is there; one transaction. Lists are sorted. */
void gate_table_whole(const char *table, const struct gate_element *v, size_t n, struct buf *out);
/* From have to want: the table comes, with nothing in its sets, or goes; nothing where that stays. One transaction. */
void gate_table_change(const char *table, const struct gate_element *have, size_t have_n, const struct gate_element *want, size_t want_n, struct buf *out);
/* And what its sets hold: a batch for a socket of NETLINK_NETFILTER, another transaction. How many answers there will be, each a message that gate_diag_next reads as 2; 0: nothing changes, and nothing is put. */
size_t gate_table_elements(const char *table, const struct gate_element *have, size_t have_n, const struct gate_element *want, size_t want_n, struct buf *out);
void gate_island_whole(const char *table, bool isolated, const struct gate_element *v, size_t n, struct buf *out);

struct gate_count { /* what was stopped at an element */
	struct gate_element of;
	uint64_t packets, bytes;
};
struct gate_counts {
	struct gate_count *v; /* FAR, HERE and ADDRESS, sorted; on the heap */
	size_t n, rules;      /* rules: and chains: were any taken away? */
	uint64_t outside;     /* packets at the island's counter */
};
/* The answer of `list table` as JSON. ERR_INPUT. */
int gate_counts_read(struct slice json, struct gate_counts *ret, struct err *e) MUST;
const struct gate_count *gate_count_find(const struct gate_counts *c, const struct gate_element *what);

/* sock_diag (linux/inet_diag.h): established sockets, asked for and ended. */
struct gate_socket {
	bool six;
	uint8_t local[16], remote[16]; /* an IPv4 address in IPv6's clothes is shown as itself: mapped */
	bool mapped;
	uint16_t local_port, remote_port;
	uint8_t id[48];                /* as the kernel names it: struct inet_diag_sockid */
};
void gate_diag_ask(struct buf *out, bool six, uint32_t seq);                     /* all TCP sockets that could carry a byte */
void gate_diag_end(struct buf *out, const struct gate_socket *s, uint32_t seq);  /* SOCK_DESTROY, with an answer */
/* One message off the front. 1: a socket; 2: an answer to gate_diag_end, *ret_error is 0 or a negative errno; 0: nothing of interest; 3: the list is at its end; ERR_INPUT: it does not read. */
int gate_diag_next(struct slice *in, struct gate_socket *ret, int *ret_error);
/* Is it one that the list cuts? own: ports that stay open to addresses (sorted list holds them as GATE_OWN_PORT). */
bool gate_socket_cut(const struct gate_element *v, size_t n, const struct gate_socket *s);

/* ---- isolation of the host, and a cut of an address: on by one, off by two -------------------------------------------------------------------------------- */

struct gate_isolation {
	bool on;
	int64_t since;
	char first[GATE_WHO_MAX]; /* has signed for its end */
	int64_t first_until;
};
/* 1: signed by the first; 2: it has ended. Below 0 as gate_decide. */
int gate_isolation_end(const struct gate_isolation *s, const char *account, const char *role, int64_t now, struct gate_isolation *ret, struct err *e) MUST;

/* ---- a kept isolation plan: what is cut together (gate_cuts.c) ---------------------------------------------------------------------- */

#define GATE_PLANS_MAX 64u
#define GATE_CUTS_NAMES_MAX GATE_LINKS_MAX
#define GATE_CUTS_ADDRESSES_MAX 512u
#define GATE_CUTS_MEMBERS_MAX 2048u
#define GATE_CUTS_ADMINS_MAX 64u
struct gate_names {
	const char **v; /* sorted, each once */
	size_t n;
};
struct gate_addresses {
	struct gate_element *v; /* sorted, each once */
	size_t n;
};
struct gate_cuts { /* all of it lives in the arena that it was read into */
	struct gate_names links, classes, keep; /* keep: links that go on, also where their class or all are cut */
	struct gate_addresses addresses;        /* GATE_ADDRESS */
	struct gate_addresses members, admins;  /* GATE_MEMBER: who still talks to this host, where isolate is set; none: as the island stands (gate island) */
	bool all, isolate;
};
/* From JSON (gate_cuts.c says its form). ERR_USAGE: it cuts nothing, contradicts itself, or a name or an address does not read. */
int gate_cuts_read(const struct json_node *n, struct arena *a, struct gate_cuts *ret, struct err *e) MUST;
void gate_cuts_put(const struct gate_cuts *c, struct jsonw *w); /* one object */
bool gate_cuts_link(const struct gate_cuts *c, const struct gate_link *l); /* does it cut this link? */
bool gate_names_have(const struct gate_names *names, const char *name);
bool gate_element_holds(const struct gate_element *v, size_t n, const struct gate_element *x); /* is x within one of these networks (GATE_MEMBER)? */

/* ---- what is usual on a link, and what is not (gate_rhythm.c) ------------------------------------------------------------------ */

#define GATE_WEEKS 8u
#define GATE_UNUSUAL_TEXT 400
#define GATE_KIND_LEAST 5u /* messages of a kind that never was: fewer are somebody's trial */
struct gate_hour { /* what passed in an hour, or so far */
	uint64_t messages, bytes;
	struct gate_hour_type { char name[16]; uint64_t n; } type[GATE_TYPES_MAX];
	uint8_t types;
};
struct gate_slot { /* an hour of the week, in the last weeks: a ring */
	uint32_t messages[GATE_WEEKS], kib[GATE_WEEKS];
	uint32_t n; /* ever */
};
struct gate_rhythm { /* 12 kB a link, whatever it carries. Zeros: nothing is known */
	struct gate_slot slot[168];
	struct gate_hour_type type[GATE_TYPES_MAX]; /* that ever passed */
	uint8_t types;
	uint64_t hours;
	int64_t first;
};
enum gate_unusual { GATE_USUAL = 0, GATE_MANY, GATE_LARGE, GATE_KIND, GATE_SILENT };
/* An hour that began at `at` is over. Hours are the site's clock's. */
void gate_rhythm_add(struct gate_rhythm *r, int64_t at, int zone_minutes, const struct gate_hour *h);
/* Of the hour that began at `began`, as far as it has come by now. ret is written where it is unusual: what is, and against what. */
enum gate_unusual gate_rhythm_judge(const struct gate_rhythm *r, const char *link, int64_t began, int64_t now, int zone_minutes, const struct gate_hour *h, char ret[GATE_UNUSUAL_TEXT]);

/* ---- until when certificates of a link count (gate_certs.c) ---------------------------------------------------------------------
 *
 * A certificate that has ended closes a link in the middle of a day, and nobody has done anything. What is in certificates is read where TLS is spoken (serve/gate_ends.c); here is what is known of them, and what is said of one
 * that ends soon: 30, 14, 7 and 1 days before, and when it has ended, each a step of its own, so that each is an alarm of its own. */

#define GATE_CERTS_MAX 12u
#define GATE_CERT_NAME 64
#define GATE_CERT_ID 17 /* the first 16 hex digits of SHA-256 of the certificate (DER), and a NUL */
enum gate_cert_of { GATE_CERT_OURS, GATE_CERT_CLIENT_CA, GATE_CERT_CA, GATE_CERT_NEAR, GATE_CERT_FAR }; /* as the link has it: the first three; as it was shown in the last handshake: NEAR whoever connects, FAR what is connected to */
struct gate_cert {
	enum gate_cert_of of;
	bool pinned;           /* NEAR, FAR: the link names it by its fingerprint, and takes it past its end */
	char id[GATE_CERT_ID], name[GATE_CERT_NAME]; /* name: of the subject, for people */
	int64_t until;         /* ns UTC */
	char signer_id[GATE_CERT_ID], signer[GATE_CERT_NAME]; /* of those that signed it and go with it, the first to end */
	int64_t signer_until;  /* 0: there is none */
};
struct gate_certs {
	struct gate_cert v[GATE_CERTS_MAX];
	size_t n;
};
const char *gate_cert_of_name(enum gate_cert_of of); /* "ours" "client-ca" "ca" "near" "far" */
/* In the place of the one before it: of the first three there is one each, of those that are shown one a name. Of too many that are shown the oldest gives way. */
void gate_certs_note(struct gate_certs *t, const struct gate_cert *c);
void gate_certs_put(const struct gate_certs *t, struct jsonw *w);             /* an array */
void gate_certs_read(const struct json_node *list, struct gate_certs *ret);   /* what does not read is left out; NULL: none */
/* What the relay says now, over what its predecessors said: the link's own are the newest relay's word, once it has said something; those that were shown stay, but one that nobody has shown since it ended 30 days ago is forgotten. */
void gate_certs_merge(const struct gate_certs *before, const struct gate_certs *said, int64_t now, struct gate_certs *ret);

struct gate_cert_end { /* one that ends: a certificate, or what signed it */
	enum gate_cert_of of; /* what signed NEAR is CLIENT_CA, what signed FAR is CA */
	bool pinned, signer;
	char id[GATE_CERT_ID], name[GATE_CERT_NAME];
	int64_t until;
};
size_t gate_certs_ends(const struct gate_certs *t, struct gate_cert_end ret[2 * GATE_CERTS_MAX]);
#define GATE_CERT_FAR_AWAY (-1)
int gate_cert_step(int64_t until, int64_t now); /* 30, 14, 7, 1: it ends within so many days; 0: it has ended; GATE_CERT_FAR_AWAY */
#define GATE_CERT_TEXT 400
/* links: those that it is of, for a sentence; link: one of them, for a command. */
void gate_cert_say(const struct gate_cert_end *c, const char *links, const char *link, int64_t now, char ret_reason[GATE_CERT_TEXT], char ret_next[GATE_CERT_TEXT]);

/* ==== letters: what the ledger says of a link, for partners, regulators and insurers ======================================
 *
 * Pure: entries in, blocks of text out. A letter prints no figure that is not a struct figure (letter_internal.h), and those are made from an entry alone: each carries its number, and stands with it on the page. The words
 * around them are letters.tsv, in English, French and Chinese, and have no digit. What no entry says is a blank that names who has to fill it in. */

struct gate_entry { /* of the ledger */
	uint64_t seq;
	int64_t time;          /* received, ns UTC */
	struct slice kind, source;
	uint8_t commit[32];    /* its leaf's commitment to the body */
};
enum gate_letter_kind { GATE_LETTER_CUT, GATE_LETTER_CONDITIONS, GATE_LETTER_ASSURANCE, GATE_LETTER_KINDS };
enum gate_letter_to { GATE_TO_PARTNER, GATE_TO_REGULATOR, GATE_TO_INSURER, GATE_TO_COUNT };
int gate_letter_kind_parse(const char *name); /* "cut" "conditions" "assurance"; -1 */
int gate_letter_to_parse(const char *name);   /* "partner" "regulator" "insurer"; -1 */
const char *gate_letter_lang(const char *name); /* "en" "fr" "zh"; NULL: none of ours */

struct gate_dossier; /* what entries say of one link, and of the house around it */
struct gate_dossier *gate_dossier_new(const char *link);
void gate_dossier_free(struct gate_dossier *d);
bool gate_dossier_wants(struct slice kind);   /* is there anything in entries of this kind for it? */
/* In the order of the ledger. body: empty where it was erased. An entry that does not read is passed over: it says nothing. ERR_MEMORY, ERR_LIMIT. */
int gate_dossier_add(struct gate_dossier *d, const struct gate_entry *en, struct slice body, struct err *e) MUST;

struct gate_letter {
	enum gate_letter_kind kind;
	enum gate_letter_to to;
	const char *lang;       /* of gate_letter_lang */
	const char *hospital;
	int64_t now;
	int zone_minutes;       /* of the times that are printed */
	const char *origin, *root, *witnesses; /* of the checkpoint; witnesses: names with commas, or empty */
	uint64_t size, checkpoint; /* entries that were read; entries that the checkpoint covers */
};
struct paper_letter;
/* All of it lives in a. ERR_NOT_FOUND: there is no such link; ERR_NO: a notice of a cut of a link that was never cut. */
int gate_letter_write(const struct gate_dossier *d, const struct gate_letter *l, struct arena *a, struct paper_letter *ret, struct err *e) MUST;

/* ==== exposure: which devices there are, what is known to be weak in them, and whom that puts at risk ==================
 *
 * Pure: bytes in, values out. An inventory is what files say of devices, every statement with its file and line. Records of one device are
 * joined by MAC; else by address where the names agree, or where one side has no name and nothing speaks against it (which is said). Whatever
 * contradicts is kept, both of it, and said in a note. Nothing is ever "not affected" for want of knowledge: the answer is then that it could
 * not be told. */

#define GATE_FILE_MAX ((size_t)256 << 20)
#define GATE_DEVICES_MAX 200000u
#define GATE_RECORDS_MAX 200u
#define GATE_NOTES_MAX 10000u     /* what is past it is counted */
#define GATE_FINDINGS_MAX 1000000u

enum gate_field {
	GATE_F_NAME, GATE_F_ADDRESS, GATE_F_MAC, GATE_F_VENDOR, GATE_F_MODEL, GATE_F_OS, GATE_F_OS_VERSION, GATE_F_SOFTWARE, GATE_F_VERSION, GATE_F_CPE,
	GATE_F_UNIT, GATE_F_USE, GATE_F_OWNER, GATE_F_BEDS, GATE_F_GROUP, GATE_F_NIC /* who made the network card: a MAC's prefix */, GATE_F_OTHER, GATE_FIELDS
};

struct gate_said { /* one statement */
	enum gate_field field;
	bool guess;          /* a scanner's guess: never a ground for an exact match */
	struct slice column; /* GATE_F_OTHER: what the file calls it */
	struct slice value;  /* UTF-8; addresses and MACs in one spelling */
	const char *file;
	uint32_t line;
	struct gate_said *next;
};
struct gate_port { /* open when it was scanned */
	uint16_t port;
	bool tcp;
	struct slice service, product, version, cpe;
	const char *file;
	uint32_t line;
	struct gate_port *next;
};
struct gate_device {
	uint32_t number; /* from 1, in the order of reading */
	struct gate_said *said;
	struct gate_port *ports;
	bool by_address; /* records were joined by an address alone */
	uint32_t records; /* how many were joined: at most GATE_RECORDS_MAX, what is past it is noted */
	struct gate_said *said_last;
	struct gate_port *ports_last;
};
struct gate_note { /* a conflict, or something that was left out */
	const char *file;
	uint32_t line;
	const char *text;
	struct gate_note *next;
};
struct gate_index;
struct gate_inventory {
	struct arena *a;
	struct gate_device **device;
	size_t n, room;
	struct gate_note *notes, *notes_last;
	size_t notes_n, notes_more;
	struct gate_index *index;
};
struct gate_inventory *gate_inventory_new(size_t limit); /* bytes it may take; NULL: no memory */
void gate_inventory_free(struct gate_inventory *v);
/* Tells by itself what it is: nmap -oX, ISC dhcpd.leases or dhcpd.conf, Kea lease CSV, dnsmasq leases, or CSV with a header line (comma, semicolon, tab or
 * bar; UTF-8, UTF-16 or Latin-1; column names in English, French or Chinese, unknown ones are kept). ERR_INPUT: none of them. text may go afterwards. */
int gate_inventory_read(struct gate_inventory *v, const char *file, struct slice text, struct err *e) MUST;
const struct gate_said *gate_device_said(const struct gate_device *d, enum gate_field f); /* the first that is no guess, else the first; NULL: nothing was said */
struct slice gate_device_text(const struct gate_device *d, enum gate_field f);
const char *gate_field_name(enum gate_field f);

/* Versions: runs of digits and of letters. Numbers compare as numbers, 1.0 is 1.0.0; alpha, beta, rc, pre, preview, dev stand before the release, service packs,
 * patches, updates and other letters after it. False: they cannot be compared (no number in one of them, or a letter stands where a number does). */
bool gate_version_compare(struct slice a, struct slice b, int *ret);
enum gate_in { GATE_OUTSIDE, GATE_INSIDE, GATE_IN_UNKNOWN };
/* A range as advisories write it: "vers:SCHEME/CONSTRAINT|..." or words ("<=3.1", "3.0 and prior", "2.0 through 3.1", "all versions"). Words that are not
 * understood, and versions that do not compare, are GATE_IN_UNKNOWN. */
enum gate_in gate_version_in(struct slice range, struct slice version);

struct gate_product { /* of an advisory */
	struct slice id, name, vendor, product, version, range, cpe;
	const struct gate_product *component, *on; /* a relationship: this one, in or on that one */
};
enum gate_status { GATE_S_AFFECTED, GATE_S_FIXED, GATE_S_NOT_AFFECTED, GATE_S_INVESTIGATED };
struct gate_status_of {
	enum gate_status status;
	const struct gate_product *product;
};
struct gate_vuln {
	struct slice cve, title, cwe, score, severity, vector, remedy;
	bool remote;     /* reachable over the network without an account: AV:N and PR:N (CVSS v2: Au:N) */
	bool exploited;  /* by the advisory's own word or the KEV list */
	bool ransomware; /* KEV: used by ransomware */
	struct slice exploited_since;
	struct gate_status_of *status;
	size_t status_n;
	const struct gate_advisory *advisory;
};
struct gate_advisory {
	const char *file;
	struct slice id, title, publisher, released, version;
	struct gate_product *product;
	struct gate_vuln *vuln;
	size_t product_n, vuln_n;
	struct gate_advisory *next;
};
struct gate_kev;
struct gate_advisories {
	struct arena *a;
	struct gate_advisory *first, *last;
	size_t n, superseded; /* the same id and publisher again: the newer release stays */
	struct gate_kev *kev;
	size_t kev_n;
};
struct gate_advisories *gate_advisories_new(size_t limit);
void gate_advisories_free(struct gate_advisories *s);
int gate_advisory_read(struct gate_advisories *s, const char *file, struct slice text, struct err *e) MUST; /* CSAF 2.0 (and 2.1's metrics) */
int gate_kev_read(struct gate_advisories *s, const char *file, struct slice text, struct err *e) MUST;      /* CISA's list of exploited vulnerabilities, JSON or CSV: in any order with the advisories */

enum gate_answer { /* of a vulnerability for a device, the surest first */
	GATE_A_AFFECTED,     /* exactly this product, and the version is one of those */
	GATE_A_FIXED,        /* exactly, and the advisory calls this version fixed */
	GATE_A_NOT_AFFECTED, /* exactly, and the advisory says so */
	GATE_A_INVESTIGATED,
	GATE_A_POSSIBLE,     /* vendor and product fit, the version is not known, or the name fits in part */
	GATE_A_CANNOT_TELL   /* the product fits and its versions could not be compared */
};
struct gate_finding {
	enum gate_answer answer;
	const struct gate_vuln *vuln;
	const struct gate_product *product;
	const char *why;
	struct gate_finding *next;
};
enum gate_support_state { GATE_SUPPORT_UNKNOWN, GATE_SUPPORTED, GATE_SUPPORT_ENDING /* within 180 days */, GATE_SUPPORT_PAID /* only who pays for it */, GATE_SUPPORT_ENDED };
struct gate_support {
	enum gate_support_state state;
	struct slice system, end, paid_end, unless, source; /* of the table; unless: what would change the answer and was not said */
	const struct gate_said *said; /* what it was judged by */
};
#define GATE_TERMS_MAX 16
struct gate_term {
	int points;
	const char *why;
};
struct gate_risk {
	const struct gate_device *device;
	struct gate_finding *findings;
	struct gate_support support;
	int care, danger, risk; /* care 1..10 times danger 0..10 */
	struct gate_term term[GATE_TERMS_MAX];
	bool term_danger[GATE_TERMS_MAX];
	size_t terms;
	size_t count[6]; /* findings by answer */
};
struct gate_exposure {
	struct arena *a;
	struct gate_risk *risk; /* highest first */
	size_t n, findings;
	int64_t today;
	const struct gate_inventory *inventory;
	const struct gate_advisories *advisories;
};
/* advisories may be NULL. Both must outlive the result. today: nanoseconds, its date counts. */
int gate_exposure_judge(const struct gate_inventory *v, const struct gate_advisories *s, int64_t today, size_t limit, struct gate_exposure **ret, struct err *e) MUST;
void gate_exposure_free(struct gate_exposure *x);
void gate_exposure_json(const struct gate_exposure *x, struct jsonw *w); /* one object */
void gate_exposure_text(const struct gate_exposure *x, struct buf *out); /* for people; may hold control characters of the files */
const char *gate_answer_name(enum gate_answer a);
/* The end of support of an operating system as it is written anywhere ("Windows XP SP3", "Windows 10 Enterprise LTSC 2019", "10.0.17763" with os Windows). */
struct gate_support gate_support_of(struct slice os, struct slice version, int64_t today);

/* ---- isolation plan: groups cut together, and who still talks to whom ("clinical island") ---- */

#define GATE_GROUPS_MAX 512u
#define GATE_PREFIXES_MAX 65536u
struct gate_plan;
/* groups: CSV with group and address (an address, a prefix, a device's name, or "link NAME" for a partner link), reason, and if wanted island (yes, no) and
 * talks_to (names of groups). SLICE_NULL: the inventory's group column, else its units, make the groups. Without an island column the wards, laboratories,
 * pharmacy, Holdfast and administrators are known by their names, and that is said. own, administrators: addresses that must never be cut off. */
int gate_plan_make(const struct gate_exposure *x, const char *file, struct slice groups, const struct slice *own, size_t own_n, const struct slice *administrators,
	size_t administrators_n, struct gate_plan **ret, struct err *e) MUST;
void gate_plan_free(struct gate_plan *p);
bool gate_plan_sound(const struct gate_plan *p); /* nothing of its own would be cut off, no prefix is in two groups, no host on both sides */
void gate_plan_json(const struct gate_plan *p, struct jsonw *w);
void gate_plan_text(const struct gate_plan *p, struct buf *out);
/* For the hospital's own firewalls: NFT for nft -f on a router between the groups; TABLE has lines of member GROUP RANGE, allow FROM TO, deny FROM TO (* is everybody;
 * the first line that fits counts) and cut-link GROUP LINK, with tabs. ERR_INPUT: the plan is not sound. */
enum gate_rules { GATE_RULES_NFT, GATE_RULES_TABLE };
int gate_plan_rules(const struct gate_plan *p, enum gate_rules kind, struct buf *out, struct err *e) MUST;
/* ==== end of exposure ==== */

#endif
