/* send: store and forward. Recordings of a cart, a ward or a device wait in a folder while the server is gone, and reach it exactly once.
 *
 * The folder
 *     DIR/TIME-RANDOM.ecg    one recording that waits: a body as an entry of kind ecg has (ecg.h), whose line says also what was typed of it. 0600, whole and fsynced with its folder before anybody hears "queued".
 *                            TIME is nanoseconds since 1970 in 20 digits, so that the oldest goes first.
 *     DIR/refused/           what the server does not take, under the same name, and beside it NAME.why: the server's sentence
 *     DIR/send.lock          held by the one that delivers;  DIR/put.lock: by the one that puts something in
 * The line's "key" is SHA-256 over the files and 16 random bytes that are drawn once, when the recording is put in. What is sent twice, because an answer was lost or a process was killed, is one entry: the server gives the
 * old one for bytes that it has. So a kill at any moment loses nothing and doubles nothing: a file leaves the folder after the server's durable answer alone.
 *
 * Relies on: a local file system with rename and fsync. Patient data lies in the folder in clear, readable by its owner alone: a cart has no key to seal it to.
 */
#ifndef HOLDFAST_SEND_H
#define HOLDFAST_SEND_H

#include "base.h"
#include "ecg.h"

#define SEND_WAITING_MAX 100000           /* recordings in one folder */
#define SEND_BODY_MAX ((size_t)79 << 20)  /* of one recording with its line: what a server takes at once */

/* ---- the folder ---- */

struct send_queue;
int send_queue_open(const char *dir, struct send_queue **ret, struct err *e) MUST; /* made (0700) where it is not there */
void send_queue_close(struct send_queue *q);
/* Durable when it returns 0. what: key, by and via are not looked at. ret_name may be NULL. ERR_FULL: the disk is full, nothing was put in; ERR_LIMIT: too large, or too many wait. */
int send_queue_put(struct send_queue *q, const struct ecg_sent *what, const struct ecg_body *files, char ret_name[64], struct err *e) MUST;
int send_queue_counts(struct send_queue *q, size_t *ret_waiting, size_t *ret_refused, struct err *e) MUST;

/* ---- the way ---- */

enum send_said {
	SEND_STORED,  /* the server has it, durably */
	SEND_REFUSED, /* it will never take it: `why` says the server's sentence */
	SEND_LATER,   /* not now: it is gone, busy, or what answered is no Holdfast */
	SEND_STOP,    /* not with this token, or the certificate is not the server's: nothing will go until somebody looks */
};
struct send_answer {
	enum send_said said;
	uint64_t entry;   /* stored */
	bool duplicate;
	unsigned wait_s;  /* later: how long the server asks us to wait; 0: it does not */
	bool reached;     /* later: something answered */
	struct err why;   /* all but stored */
};
struct send_way {
	/* One recording: head is the JSON line, body the whole. Fills ret. */
	void (*post)(void *arg, const struct ecg_body *b, struct slice body, struct send_answer *ret);
	void *arg;
	/* Any POST below the address: the status; 0 where there was no answer, and then *why says how to go on. */
	long (*ask)(void *arg, const char *target, struct slice body, struct buf *answer, struct send_answer *why);
	/* Any GET below the address, unless it is what `etag` says (304); etag: what is here, may be empty, and on 200 what was fetched. Status and *why as of ask. */
	long (*get)(void *arg, const char *target, char etag[80], struct buf *answer, struct send_answer *why);
};
/* HTTPS with the server's certificate checked against ca (a PEM file; NULL: the system's); http:// to the loopback alone. There is no way to leave the check out. */
int send_way_open(const char *to, const char *token, const char *ca, struct send_way *ret, struct err *e) MUST;
void send_way_close(struct send_way *w);
/* What an answer means; pure. status 0: there was none. */
void send_judge(long status, struct slice text, struct send_answer *ret);
/* What is asked for a recording: "/api/ecg?key=...&name=..."; pure. ERR_INPUT: its line does not read. */
int send_target(struct slice head, struct buf *ret, struct err *e) MUST;

/* ---- a live strip ---- */

/* A device's end of /api/live: it keeps what is not durable over there, and sends it again from "kept" on when the server has forgotten the strip. */
struct send_live {
	const struct send_way *way;
	struct slice terms;       /* JSON object without start and from: leads, rateHz, uv, device, key, ... */
	char id[40], start[40];   /* empty: not begun */
	bool begun;
	uint64_t to, kept, entries; /* as the server said last; kept never goes back */
};
enum send_live_said {
	SEND_LIVE_TAKEN, /* or it was there already */
	SEND_LIVE_OTHER, /* it will not take this piece: `why` says its sentence */
	SEND_LIVE_GONE,  /* it knows no such strip any more: begin again, and send from `kept` */
	SEND_LIVE_LATER, /* not now */
	SEND_LIVE_STOP,  /* not with this token or certificate, or not such a strip */
};
enum send_live_said send_live_begin(struct send_live *l, struct err *why);
enum send_live_said send_live_piece(struct send_live *l, uint64_t at, struct slice bytes, struct err *why);
enum send_live_said send_live_end(struct send_live *l, struct err *why);

/* ---- delivering ---- */

struct send_result {
	size_t stored, duplicates, refused, waiting;
	bool unreachable; /* it ended because the server cannot be reached */
	unsigned wait_s;
};
/* Called for each that was stored or refused, after it has left the queue. */
typedef void send_told(void *arg, const char *name, struct slice file, const struct send_answer *a);
/* Everything that waits, the oldest first, until nothing waits or the server is gone. ERR_BUSY: another one delivers from this folder. ERR_DENIED, ERR_CRYPTO: SEND_STOP's sentence. What was done stands in ret in all cases. */
int send_deliver(struct send_queue *q, const struct send_way *w, send_told *told, void *arg, struct send_result *ret, struct err *e) MUST;
/* The pause before try number n, in milliseconds: from 1 s, doubled up to a minute, with up to a quarter more from `dice` so that the carts of a house do not come all at once. */
uint64_t send_pause_ms(unsigned n, uint32_t dice);

/* ---- to an EHR that is back ---------------------------------------------------------------------------------------------------------
 *
 * One message in flight, and what became of it: taken, not taken, or unknown. Unknown is an answer of its own: bytes may have gone out, and the receiver may have taken them. Only the very same bytes may then be sent
 * again, so the caller has them durable before it calls. Nothing is kept here. */

enum send_outcome {
	SEND_TAKEN,     /* acknowledged: AA or CA with our control id; of FHIR a transaction-response in which all is done */
	SEND_NOT_TAKEN, /* AE, AR, CE, CR with our control id; of FHIR a refusal with an OperationOutcome */
	SEND_UNKNOWN,   /* no answer, half of one, or one to something else */
	SEND_NOT_SENT,  /* not one byte of it went out: the receiver cannot be reached, or is not who it should be */
};
struct send_heard {
	enum send_outcome outcome;
	char ack[16];    /* MSA-1, or the HTTP status */
	char text[200];  /* the receiver's words; they may name a patient */
	bool duplicate;  /* not taken: because it is there already (hl7_answer) */
	struct buf *raw; /* set by the caller, may be NULL: gets the acknowledgement as it came */
	unsigned strays; /* acknowledgements of something else that came meanwhile: late, doubled, mistaken; they count for nothing */
	struct err why;  /* unknown, not sent */
};
struct send_to {
	const char *to;            /* HOST:PORT, or a FHIR server's base URL */
	bool here_only;            /* of a drill: any other machine is refused */
	bool tls, unencrypted;     /* MLLP: with TLS; in clear beyond this machine, which somebody has to say */
	const char *ca, *cert, *key, *token; /* PEM files; ca NULL: the system's. token: FHIR, may be NULL */
	unsigned wait_s;           /* for an answer */
};
#define SEND_MESSAGE_MAX ((size_t)3 << 20)
struct send_line;
int send_mllp_open(const struct send_to *to, struct send_line **ret, struct err *e) MUST; /* connects with send_line_ready */
int send_fhir_open(const struct send_to *to, struct send_line **ret, struct err *e) MUST;
void send_line_close(struct send_line *l);
/* A connection, where the protocol has one that stays. An error: nothing was sent. */
int send_line_ready(struct send_line *l, struct err *e) MUST;
/* message: one HL7 v2 message (without frame), or a FHIR transaction. After anything but an answer the connection is closed: what comes late comes to nobody. */
void send_line_message(struct send_line *l, struct slice message, struct slice control_id, struct send_heard *ret);
/* What a FHIR server's answer means; pure. status 0: there was none. */
void send_fhir_judge(long status, struct slice text, struct send_heard *ret);

#endif
