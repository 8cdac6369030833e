/* Lists that commands write for people and other programs: whole under their name, or not there.
 *
 * A list is written beside its name (".NAME.tmp"), made durable, and put in place. The file beside it is locked while it is written: what a killed command left there is nobody's, and the next one that writes the same list takes it over; two that
 * write one list at the same time do not mix, the second is told so. What stands under the name and is no regular file (/dev/null, a pipe) is written into and stays. */
#ifndef HOLDFAST_CLI_OUT_H
#define HOLDFAST_CLI_OUT_H

#include "base.h"

struct cli_out {
	int fd, dirfd;               /* dirfd < 0: nothing is put in place */
	char name[256], temp[300];
};
#define CLI_OUT_NONE ((struct cli_out){.fd = -1, .dirfd = -1})

/* dirfd: where path begins, or AT_FDCWD. path NULL or "-": standard output. ERR_BUSY: somebody else is writing it. */
int cli_out_open(struct cli_out *o, int dirfd, const char *path, struct err *e) MUST;
/* Durable and in place. When only the last step fails the list is there, and the error says that its folder is not known to be durable. */
int cli_out_close(struct cli_out *o, struct err *e) MUST;
int cli_out_whole(int dirfd, const char *path, struct slice s, struct err *e) MUST; /* one that is in memory: all of the above */
void cli_out_done(struct cli_out *o); /* what is not closed is taken away; freeing one that is CLI_OUT_NONE is fine */

#endif
