/* control: a command's way to the keeper; between control.c and control_open.c. */
#ifndef HOLDFAST_CONTROL_H
#define HOLDFAST_CONTROL_H

#include "queue.h"

struct control {
	struct site site;      /* its folder is our own descriptor */
	struct chan ch;
	struct queue q;
	uint64_t tags;         /* of requests that are not appends: from REQUEST_TAG on */
	uint64_t upto;         /* one past the last entry that was answered */
	bool private, bare, hold;
	struct err refused;    /* an entry was not taken, and those behind it were not either: no more are sent, and what is asked beside that is answered */
	int lifeline, lockfd;  /* private: the supervisor we started, and what it holds */
	int pid;
	bool gone;             /* the channel broke and could not be made again */
	unsigned deaths;       /* of keepers since one last answered */
};
#define REQUEST_TAG (UINT64_C(1) << 62)
#define PING_TAG (UINT64_C(1) << 63)

int control_connect(struct control *c, struct err *e) MUST; /* once; ERR_BUSY: nobody listens */
int control_status_keeper(struct control *c, struct buf *ret_json, struct err *e) MUST;
int control_again(struct control *c, struct err *e) MUST;   /* the keeper died: wait for its successor (10 s) */

#endif
