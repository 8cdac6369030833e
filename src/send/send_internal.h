#ifndef HOLDFAST_SEND_INTERNAL_H
#define HOLDFAST_SEND_INTERNAL_H

#include "send.h"

#define SEND_NAME 64
struct send_queue {
	int dir, refused;   /* folders */
	int send_lock;      /* open, and locked while we deliver */
	bool locked;
	char place[300];    /* for sentences */
};
struct send_list {
	char (*name)[SEND_NAME];
	size_t n, room;
};
int send_list_read(int dirfd, const char *place, struct send_list *ret, struct err *e) MUST; /* sorted; to be freed with send_list_done */
void send_list_done(struct send_list *l);

bool send_this_machine(const char *host); /* by its name or loopback address */
bool send_address_ok(const char *to); /* https, or http to this machine */

/* A way to an EHR (mllp.c, fhir.c). */
struct send_line {
	int (*ready)(struct send_line *l, struct err *e);
	void (*message)(struct send_line *l, struct slice message, struct slice control_id, struct send_heard *ret);
	void (*close)(struct send_line *l);
};

#endif
