/* Between the verbs of `holdfast watch`. */
#ifndef HOLDFAST_CLI_WATCH_CMD_H
#define HOLDFAST_CLI_WATCH_CMD_H

#include "cli_internal.h"
#include "watch.h"

struct watch_cmd {
	const struct cli_args *args;
	const char *site, *state, *act, *preimages, *best, *samba_audit;
	struct cli_list path, never_stop, canary;
	bool json, freeze, cut_client, limited_queue, let_sleep, dry_run, force;
	struct site s;         /* open, when site or HOLDFAST_SITE is given */
	bool has_site;
	char folder[4200];     /* of the records */
};
/* Fills in folder, and the site where there is one. for_id: the folder that knows this verdict, among those where a `watch run` ever was; NULL: as the options say. */
int watch_cmd_open(struct watch_cmd *c, const char *for_id, struct err *e) MUST;
void watch_cmd_close(struct watch_cmd *c);
void watch_cmd_remember(const struct watch_cmd *c); /* the folder, for later commands that do not name it */

/* watch_ledger.c: a process that makes entries of what is said. Acting never waits for it. */
int watch_ledger_start(const struct site *s, bool cut_clients, int *ret_pid, struct err *e) MUST; /* returns where lines are written to */
void watch_ledger_stop(int fd, int pid);
void watch_client_heard(struct control *k, struct slice json); /* watch_client.c: an SMB client is cut at the gate, or let in again */
int watch_ledger_one(const struct site *s, struct slice json, struct err *e) MUST; /* one entry, durable on return */

/* watch_orders.c: a process that carries out what is ordered over the web: release and put back, of one verdict. */
int watch_orders_start(const struct site *s, const char *state, int *ret_pid, struct err *e) MUST;
void watch_orders_stop(int pid);

int watch_cmd_run(struct watch_cmd *c);
int watch_cmd_release(struct watch_cmd *c);
int watch_cmd_restore(struct watch_cmd *c);
int watch_cmd_list(struct watch_cmd *c);

#endif
