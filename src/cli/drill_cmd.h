/* Between the files of `holdfast drill`.
 *
 * Who does what: drill_run.c starts a worker and waits for it. The worker looks (drill_look.c), does what needs the network (restore, replicas), then gives the network up, copies charts into a site of its own (drill_copy.c) and plays
 * the day on it (drill_play.c) with this program's own commands (drill_step.c), its receiver beside it (drill_sink.c). All that it makes lies in memory that is nobody's but the worker's and its children's: a file system that is
 * mounted in a name space of theirs. It goes with them, however they end. */
#ifndef HOLDFAST_CLI_DRILL_CMD_H
#define HOLDFAST_CLI_DRILL_CMD_H

#include "commands.h"
#include "drill.h"

#define DRILL_PLACE "run/drill" /* in the site's folder: where it is mounted, or what it is where nothing can be mounted */

struct drill_options {
	const char *site, *out, *lang, *paper, *identity, *words, *by;
	struct cli_list units, shares;
	bool json, text;
};
/* A patient who is in the house, as the site's charts have it. */
struct drill_person {
	char id[32], number[200], birth[16]; /* number: NUMBER@ASSIGNER */
	uint32_t counts[CHART_SECTIONS];     /* of what the EHR has said */
	uint8_t states[CHART_SECTIONS];
	size_t unit;
};
struct drill_run {
	const struct drill_options *o;
	struct drill *d;
	struct site s;
	struct chart *c;
	struct chart_moment at;
	char place[4200], copy[4300]; /* the folder; the copy's site in it */
	bool apart, cut;              /* in memory of its own; without a network */
	struct drill_person *persons;
	size_t persons_n, withheld;
	uint64_t head;                /* entries of the site's ledger */
	uint16_t port;                /* of the receiver */
	int sink_pid, sink_in, sink_out;
};

/* One of this program's commands, with a time limit; argv without the program's name, NULL at its end. Its standard output is appended to out (may be NULL), the last line of what it says on standard error goes to said.
 * The exit status, 124 past the time, 125 where it could not be started or died. */
int drill_step(const struct drill_run *x, const char *const *argv, struct buf *out, char said[DRILL_ABOUT_MAX]);
#define DRILL_STEP(x, out, said, ...) drill_step(x, (const char *const[]){__VA_ARGS__, NULL}, out, said)

int drill_look(struct drill_run *x, struct err *e) MUST;      /* what the ledger and the folder say: the checks after DRILL_REHEARSED_LAST, and who is there */
void drill_outside(struct drill_run *x);                       /* restore, rebuild, replicas: with the network */
int drill_copy(struct drill_run *x, struct err *e) MUST;      /* ERR_NO: it was done, and failed: the checks say so */
void drill_play(struct drill_run *x);
void drill_words_tried(struct drill_run *x);

/* The receiver: takes whatever comes, acknowledges it, and counts. */
struct drill_heard {
	uint64_t messages, distinct, not_training;
};
int drill_sink_start(struct drill_run *x, struct err *e) MUST;
int drill_sink_end(struct drill_run *x, struct drill_heard *ret, struct err *e) MUST;

int drill_run_cmd(int argc, char **argv);
int drill_list_cmd(int argc, char **argv);

#endif
