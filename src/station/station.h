/* station: a ward's PC. It keeps the unit's packets, shows and prints them while the core is gone, and takes what the ward writes down until the core has it.
 *
 * The folder (0700, of whoever runs the station; doc/formats.md has each byte)
 *     DIR/station.json       the station's two private keys (Ed25519 to sign, age to open), what machine it was made on, and, once it is enrolled, the site's answer
 *     DIR/queue              what was written down here, append-only: captured items, and downtime numbers that were given out. Never shortened
 *     DIR/sent               up to which record of it the core has said "it is durable here"
 *     DIR/refused            what the core did not take, and why, a line each
 *     DIR/discarded          why this folder writes nothing any more (below); absent: it does
 *     DIR/persons            who may write here: a name and the Argon2id of a PIN, a line each
 *     DIR/packets/           the newest packets, NAME-TIME.html, each verified before it got its name; pack: the newest pack to print, sealed to the station
 *     DIR/bad/               what came and did not verify
 *     DIR/contact            when the core was last heard, and what went wrong since
 * and outside of it, the witness: a small file in the state folder of whoever runs it (or --witness), which knows how far the queue is.
 *
 * An item's id is the station's key, "-", and the number of its record: W3K7-000123. The key was given out once, by the core; so two stations have no id in common, unless one is a copy of the other. Therefore the counter is bound to
 * the machine: to its /etc/machine-id (salted), to the queue file's own inode, and to the witness, which is durable with the next number before that number is used. A folder that was copied, restored or put back to an older state
 * does not fit one of them, and discards its key for ever: it writes nothing more, says why, and still delivers what it holds, which the core takes once. What none of that can see is a whole disk or virtual machine that was copied
 * or put back together with its witness. That the core sees, where both come to it: it knows the highest number that it has, and says so, and of two items under one id it takes the first and says so loudly of the second.
 *
 * Nothing is said to be saved before its record is fsynced. What the core has is known by its answer alone; sent again it is there once (the same id, the same bytes). So a kill at any moment loses nothing and doubles nothing.
 *
 * What travels (station_bundle.c) is the same over the network and on a stick: items sealed to the site (age), behind a note that the station's key signs. Nobody but the core reads it, and the core knows whose it is.
 *
 * Reads and writes files; the network is station_core's alone (libcurl); what is pure is said to be.
 */
#ifndef HOLDFAST_STATION_H
#define HOLDFAST_STATION_H

#include "base.h"
#include "downtime.h"
#include "packet.h"
#include "seal.h"

#define STATION_NAME_MAX 64
#define STATION_KEY_MAX 12
#define STATION_UNIT_MAX 64
#define STATION_ITEM_MAX CAPTURE_MAX          /* bytes of one item; scans are brought to the core's page */
#define STATION_QUEUE_MAX ((uint64_t)1 << 30) /* bytes of one queue: some million items */
#define STATION_BUNDLE_ITEMS 5000             /* of one bundle; a file holds as many bundles as it takes */
#define STATION_BUNDLE_MAX ((size_t)16 << 20) /* bytes of one bundle */
#define STATION_NUMBERS_MAX 10000             /* downtime numbers of one station */
#define STATION_FILE_MAX ((size_t)512 << 20)

/* ---- what a station says of itself, and what the site answers: notes (C2SP signed-note); pure ---------------------------------------------- */

struct station_request {
	char name[STATION_NAME_MAX + 1], unit[STATION_UNIT_MAX + 1], machine[2 * SEAL_HASH + 1]; /* machine: a salted hash, hex */
	struct note_vkey vkey;
	struct age_recipient to;
	int64_t made; /* whole seconds */
};
/* Signed by the station's own key: whoever brings it has that key. ERR_INPUT, ERR_CRYPTO. */
int station_request_parse(struct slice note, struct station_request *ret, struct err *e) MUST;

struct station_answer {
	char key[STATION_KEY_MAX + 1], name[STATION_NAME_MAX + 1], unit[STATION_UNIT_MAX + 1];
	uint64_t numbers;            /* downtime numbers 1 .. numbers of that key are the station's */
	struct note_vkey station;    /* whose answer this is */
	struct note_vkey vkey;       /* of the site's log, which signs this and every packet */
	struct age_recipient to;     /* of the site: what the station writes down is sealed to it */
	int64_t made;
};
int station_answer_text(const struct station_answer *a, struct buf *ret, struct err *e) MUST; /* the text that the site's log signs */
/* vkey: the site's, as somebody brought it; NULL: by the key that it names itself, which says nothing of who made it. ERR_INPUT, ERR_CRYPTO; ERR_NO: by another key. */
int station_answer_parse(struct slice note, const struct note_vkey *vkey, struct station_answer *ret, struct err *e) MUST;

/* ---- the folder ------------------------------------------------------------------------------------------------------------------------------ */

struct station {
	char place[4096], witness[4096]; /* for sentences, and the witness's path */
	int dir;                         /* its folder */
	struct station_request is;
	struct note_signer sign;
	struct age_identity open;
	uint8_t salt[16];
	bool enrolled, trusts;           /* trusts: packets are verified by `vkey`: the answer's, or one that somebody named (station_trust) */
	struct note_vkey vkey;
	struct station_answer site;
	struct buf answer;               /* as it came */
	char discarded[320];             /* why it writes nothing any more; empty: it does */
	/* the queue */
	int queue;
	char queue_id[33];               /* drawn when it was made */
	uint64_t at;                     /* bytes of it that were read */
	uint64_t records, items, numbers; /* so far; the next record is records + 1 */
};
/* Makes the folder and its keys, durably. ERR_EXISTS: there is a station already. witness NULL: where it is by itself. */
int station_new(const char *dir, const char *witness, const char *name, const char *unit, struct err *e) MUST;
int station_open(const char *dir, const char *witness, struct station **ret, struct err *e) MUST; /* ERR_NOT_FOUND: no station is there. A discarded one opens. */
void station_close(struct station *s);
int station_look(struct station *s, struct err *e) MUST; /* what other processes did in the folder since: records, and whether it was discarded */
int station_request_note(const struct station *s, struct buf *ret, struct err *e) MUST; /* to be brought to the site */
/* The site's answer, durably. ERR_EXISTS: it is enrolled already; ERR_NO: the answer is another station's, or not by vkey. */
int station_join(struct station *s, struct slice answer, const struct note_vkey *vkey, struct err *e) MUST;
/* A station that is not enrolled verifies and keeps packets all the same, by this key; it writes nothing down. DIR/vkey, durable. ERR_NO: it is enrolled with a site of another key, or was told another one before. */
int station_trust(struct station *s, const struct note_vkey *vkey, struct err *e) MUST;

/* An item: one line of JSON. Without an id it gets the next one, and "recorded" where it has none; with one of its own it is kept once. Durable when it returns 0; *ret_duplicate: the same bytes are there already. ret_line gets the line as it
 * is kept. ERR_INPUT: it is no item; ERR_EXISTS: that id is there with other bytes; ERR_DENIED: not enrolled, or discarded; ERR_FULL. */
int station_put(struct station *s, struct slice line, struct buf *ret_line, bool *ret_duplicate, struct err *e) MUST;
/* The next downtime number, durable before it is shown. ERR_FULL: all are used. */
int station_number(struct station *s, char ret[DOWNTIME_NUMBER_MAX], struct err *e) MUST;

struct station_record {
	uint64_t n;        /* from 1 */
	bool is_number;    /* a downtime number, not an item */
	bool is_void;      /* a number that a crash used up; never handed out */
	struct slice bytes;
};
/* Records (from, ...], in order, as far as they stand now. fn's negative answer ends it; ERR_NO ends it well. */
typedef int station_record_fn(void *arg, const struct station_record *r, struct err *e);
int station_each(struct station *s, uint64_t from, station_record_fn *fn, void *arg, struct err *e) MUST;
int station_sent(const struct station *s, uint64_t *ret, struct err *e) MUST;      /* the core has all records up to this */
int station_sent_set(struct station *s, uint64_t n, struct err *e) MUST;           /* never goes back */
int station_refused_add(struct station *s, struct slice line, struct err *e) MUST; /* what the core did not take */
int station_refused(const struct station *s, struct buf *ret, struct err *e) MUST;
int station_discard(struct station *s, const char *why, struct err *e) MUST;

/* ---- what travels ----------------------------------------------------------------------------------------------------------------------------- */

/* Items of the queue behind `from`, as bundles one behind the other. most: items; 0: all. *ret_to: the last record that is in it, or was looked at; *ret_items: how many. Nothing to bring: no bytes. */
int station_export(struct station *s, uint64_t from, uint64_t most, struct buf *ret, uint64_t *ret_to, uint64_t *ret_items, struct err *e) MUST;

struct station_bundle {
	char key[STATION_KEY_MAX + 1], queue[33];
	int64_t made;
	uint64_t first, last, items, bytes; /* numbers of its first and last item; bytes: of the sealed part */
	uint8_t sha256[SEAL_HASH];
	struct slice note, sealed;
};
/* The next bundle of a file; *rest is what follows. Nothing is verified yet: the key says whose it would be. Pure. */
int station_bundle_next(struct slice *rest, struct station_bundle *ret, struct err *e) MUST;
bool station_bundle_is(struct slice file); /* does it begin as one? */
int station_bundle_verify(const struct station_bundle *b, const struct note_vkey *vkey, struct err *e) MUST; /* of that station. ERR_CRYPTO */
/* What was sealed, opened: each item. ERR_INPUT: not what it says it is. Pure. */
int station_bundle_items(const struct station_bundle *b, struct slice plain, station_record_fn *fn, void *arg, struct err *e) MUST;

/* ---- packets ------------------------------------------------------------------------------------------------------------------------------------ */

/* Verified against the site's key, and kept under a name of its own, durably; all but the newest `keep` are removed. ERR_NO: an older one, or the same, of this unit is there already. What does not verify is put aside in DIR/bad, and the error says why (ERR_INPUT, ERR_CRYPTO; e is not NULL). */
int station_packet_keep(struct station *s, struct slice file, unsigned keep, struct packet_seal *ret, struct err *e) MUST;
struct station_packet {
	char name[3 * PACKET_UNIT_MAX + 64];
	int64_t made, until;
	uint64_t bytes;
};
#define STATION_PACKETS_MAX 64
int station_packets(const struct station *s, struct station_packet ret[STATION_PACKETS_MAX], size_t *ret_n, struct err *e) MUST; /* of the station's unit, newest first */
/* The one of that name, read and verified again. ERR_NOT_FOUND. */
int station_packet_read(const struct station *s, const char *name, struct buf *ret, struct packet_seal *ret_seal, struct err *e) MUST;
/* The newest one whose signature fits, read again and verified again. ERR_NOT_FOUND. */
int station_packet_newest(const struct station *s, struct buf *ret, struct packet_seal *ret_seal, struct err *e) MUST;

/* The pack: a PDF sealed to the stations of a unit, behind a note that the site's log signs. */
struct station_pack {
	char unit[PACKET_UNIT_MAX + 1];
	int64_t made;
	uint64_t bytes;
	uint8_t sha256[SEAL_HASH];
	struct slice sealed;
};
int station_pack_text(const struct station_pack *p, struct buf *ret, struct err *e) MUST;
int station_pack_parse(struct slice file, const struct note_vkey *vkey, struct station_pack *ret, struct err *e) MUST; /* ERR_INPUT, ERR_CRYPTO */
int station_pack_keep(struct station *s, struct slice file, struct err *e) MUST; /* ERR_NO: it is there already, or older */
int station_pack_open(const struct station *s, struct buf *ret_pdf, int64_t *ret_made, struct err *e) MUST; /* ERR_NOT_FOUND: there is none */

/* ---- persons -------------------------------------------------------------------------------------------------------------------------------------- */

#define STATION_PIN_MIN 6
int station_person_set(struct station *s, const char *name, struct slice pin, struct err *e) MUST; /* new, or with another PIN */
bool station_person_ok(const struct station *s, const char *name, struct slice pin); /* as slow for who is not there */
int station_persons(const struct station *s, struct buf *ret_names, struct err *e) MUST; /* a line each */

/* ---- contact ------------------------------------------------------------------------------------------------------------------------------------- */

struct station_contact { /* 0: never */
	int64_t heard;      /* the core last answered, or the folder last had something new */
	int64_t tried, printed;
	char trouble[320];  /* of the last try; empty: none */
	char etag[80];
};
int station_contact_read(const struct station *s, struct station_contact *ret, struct err *e) MUST; /* none yet: zeros */
int station_contact_write(struct station *s, const struct station_contact *c, struct err *e) MUST;

/* ---- HTTP on the loopback: one request a connection; pure (station_http.c) -------------------------------------------------------------------------- */

#define STATION_HEAD_MAX ((size_t)16 << 10)
struct station_http {
	char method[8], path[256], query[512], host[128], origin[256], cookie[512], csrf[64], type[128];
	bool has_origin, site_cross; /* Sec-Fetch-Site says that another site's page asks */
	uint64_t length;   /* of the body */
	size_t head;       /* bytes of the head */
};
/* 1: the head is whole (the body is length bytes behind it); 0: more is needed; ERR_INPUT, ERR_LIMIT: no request that is answered here. */
int station_http_read(struct slice in, struct station_http *ret) MUST;
/* Is it asked by a page of this very address (or no page at all), at this very address? */
bool station_http_own(const struct station_http *q, uint16_t port);

#endif
