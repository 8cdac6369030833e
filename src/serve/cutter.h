/* cutter: what its files share. See cutter.c. */
#ifndef HOLDFAST_CUTTER_H
#define HOLDFAST_CUTTER_H

#include "gate.h"
#include "role.h"

/* What became of the probe of an element. */
enum cut_found { CUT_NOT = 0 /* it is not in force */, CUT_STOPPED /* the probe did not leave this host; or there is nothing to try, and it is in force */, CUT_NO_WAY /* in force; this host has no route there */, CUT_THROUGH /* in force, and the probe passed */ };
#define CUT_ABLE_NFT 1
#define CUT_ABLE_KILL 2

struct probe {
	struct gate_element to; /* FAR; or what of an address is tried */
	enum cut_found found;
};
/* Connect to all of them at once; a try that waits longer than the patience has not passed. */
void probe_all(struct probe *p, size_t n);

/* A batch of nfnetlink, and its answers. 0, or what the kernel refused it for: a negative errno. */
int batch_say(int fd, struct slice batch, size_t answers);

/* Sockets that the list cuts are ended. How many; below 0: errno, negative. */
int sockets_end(int fd, const struct gate_element *v, size_t n);

#endif
