/* The packets role: which unit's packet is made next (packet_due.c, pure), and the folder where the newest of each lies (packet_kept.c). */
#ifndef HOLDFAST_PACKET_ROLE_H
#define HOLDFAST_PACKET_ROLE_H

#include "packet.h"
#include "role.h"

#define PACKET_UNITS_MAX 1024

struct packet_pace {
	int64_t every, least; /* ns: at least so often; because something changed, at most so often */
};

struct packet_unit { /* one that has words. Times are of the monotonic clock where nothing else is said */
	char unit[PACKET_UNIT_MAX + 1];
	bool listed;              /* it has them still */
	int64_t keyed;            /* wall clock: when its words were made */
	bool has;                 /* a packet that verifies lies there ... */
	int64_t made, made_wall;  /* ... made then ... */
	uint64_t entries, bytes;  /* ... of these entries of the ledger, so large */
	bool marked;              /* ... by this process, when its charts had this mark */
	uint8_t mark[SEAL_HASH], mark_now[SEAL_HASH];
	bool changed;             /* its charts are others than the packet shows */
	bool died;                /* the role ended in the middle of making it: others first */
	unsigned fails;           /* in a row */
	int64_t not_before;
	int64_t failing_since;    /* wall clock; 0: it is not */
	char why[200];
};

/* When it is to be made: at once (<= now), or later. */
int64_t packet_due(const struct packet_unit *u, const struct packet_pace *p);
/* The one to make now: of those that are due the one that has none, then the oldest; one in the middle of which the role ended comes last. NULL: none is due. */
struct packet_unit *packet_next(struct packet_unit *v, size_t n, const struct packet_pace *p, int64_t now);
void packet_failed(struct packet_unit *u, const struct packet_pace *p, int64_t now, int64_t wall, const char *why);
/* bytes, entries, made_wall and mark are the caller's to set before. */
void packet_made(struct packet_unit *u, int64_t now);

/* ---- SITE/packets/made: UNIT.html, and UNIT.html.new while it is made ---- */

struct packet_kept {
	int fd;
	char name[3 * PACKET_UNIT_MAX + 32], temp[3 * PACKET_UNIT_MAX + 40];
	int temp_fd; /* -1: none is begun */
};
int packet_kept_open(int sitefd, struct packet_kept *ret, struct err *e) MUST;
/* Of each file that a process left unfinished: its unit, as far as one of v has that name, died is set; the file is removed. */
int packet_kept_sweep(struct packet_kept *k, struct packet_unit *v, size_t n, struct err *e) MUST;
/* What lies there for u; one that does not verify by vkey, or is another unit's, is none. Sets has, made, made_wall, entries, bytes. */
void packet_kept_load(struct packet_kept *k, const struct note_vkey *vkey, struct packet_unit *u, int64_t now, int64_t wall);
/* The bytes on the disk are taken first: a disk that is full says so before a packet is signed, and the file that is begun says what was being made should this process end. ERR_FULL ... */
int packet_kept_begin(struct packet_kept *k, const char *unit, uint64_t bytes, struct err *e) MUST;
int packet_kept_end(struct packet_kept *k, struct slice file, struct err *e) MUST; /* durable, and whole, under the unit's name */
void packet_kept_drop(struct packet_kept *k);
/* A packet of the folder as whoever hands it out wants it: verified, this unit's. ERR_NOT_FOUND. */
int packet_kept_read(int sitefd, const char *unit, struct buf *ret, struct packet_seal *ret_seal, struct err *e) MUST;

#endif
