/* What the commands share: options, output, the site. */
#ifndef HOLDFAST_CLI_INTERNAL_H
#define HOLDFAST_CLI_INTERNAL_H

#include "base.h"
#include "chart.h"
#include "cli.h"
#include "fhir.h"
#include "hl7.h"
#include "ledger.h"
#include "seal.h"
#include "serve.h"

#include <stdio.h>

/* One option of a command. Options may stand before or after other arguments; "--" ends them; "--name=value" and "--name value" are the same; "-o" is "--output". */
enum cli_opt_kind { CLI_FLAG /* bool * */, CLI_STRING /* const char ** */, CLI_NUMBER /* uint64_t * */, CLI_LIST /* struct cli_list *: every value up to the next option */, CLI_EACH /* struct cli_list *: one value each time it is given */ };
struct cli_list {
	const char *v[256];
	size_t n;
};
struct cli_opt {
	const char *name; /* without the dashes */
	enum cli_opt_kind kind;
	void *out;
	const char *value; /* its value's name in the help text; NULL for flags */
	const char *help;
};
struct cli_command {
	const char *name;    /* "ledger" */
	const char *summary; /* one line */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};
/* A command of verbs: runs the one that argv[1] names, else lists them. about: what the command is for. */
int cli_verbs(int argc, char **argv, const char *command, const char *about, const struct cli_command *verbs, size_t n);
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

struct cli_args {
	const char *v[65536];
	size_t n;
};
/* Parses; --help prints usage and help to stdout and sets *ret_done (exit 0). Wrong usage is said on stderr: returns 2. args gets the positionals. */
int cli_parse(int argc, char **argv, const char *usage, const char *about, const struct cli_opt *opts, size_t n, struct cli_args *args, bool *ret_done) MUST;

int cli_fail(const struct err *e);                                    /* says "holdfast: place: text" on stderr; returns the exit status */
int cli_usage(const char *fmt, ...) PRINTF_LIKE(1, 2);                 /* says it; returns 2 */
void cli_note(const char *fmt, ...) PRINTF_LIKE(1, 2);                 /* talk, to stderr */
bool cli_progress_wanted(void);                                        /* stderr is a terminal */
int cli_flush(void);                                                   /* stdout; a broken pipe is quiet, a full disk is exit 3 */
/* --site, or HOLDFAST_SITE, or an error that names both. */
int cli_site(const char *opt, struct site *ret, struct err *e) MUST;
int cli_site_charts(const char *opt, struct site *ret, struct err *e) MUST; /* or a folder that is being rebuilt, whose charts can be read: ret->restoring */
#define CLI_PROGRESS "rebuild.progress"
#define CLI_SEEN "rebuild.seen" /* who looked at charts before there was a ledger to enter it in: a line each, time TAB user TAB what TAB patient TAB query */
/* The recovery key, from --identity FILE or --shares F...; *ret_has false where neither was given. The caller wipes it. '-' is standard input. */
int cli_recovery(const char *identity, const struct cli_list *shares, struct age_identity *ret, bool *ret_has, struct err *e) MUST;
int cli_share(const char *path, struct share *ret, struct err *e) MUST;                                   /* one share's file; the caller wipes it */
int cli_join(const char *const *paths, size_t n, struct age_identity *ret, struct err *e) MUST;           /* the key that these shares give */
/* Read-only. keys_needed false: leaves, heads and proofs need none, and a copy of SITE/ledger alone will do; then keys may come back empty. */
int cli_ledger(struct site *s, bool keys_needed, struct site_keys *keys, struct ledger **ret, struct err *e) MUST;
/* The numbers of the durable entries of these kinds (LEDGER_KIND_BIT of each), in order; the caller frees them. */
int cli_entries(struct ledger *l, uint64_t kinds, uint64_t **ret, size_t *ret_n, struct err *e) MUST;
/* The view for reading, brought up to the ledger first where that can be done (nobody holds the lock, not pinned). */
int cli_chart(struct site *s, struct chart **ret, struct control **ret_keeper /* NULL where none was needed; to be closed */, struct err *e) MUST;
/* An audit entry for what is about to be shown, durable on return; *keeper is opened where it is NULL. What cannot be recorded is shown all the same, and said loudly on stderr (DESIGN 4). */
void cli_record(const struct site *s, struct control **keeper, const char *what, const char *patient_id, const char *query, uint64_t as_of_entry);
int cli_moment(struct chart *c, const struct site *s, const char *as_of, struct chart_moment *ret, struct err *e) MUST; /* NULL: now; "#SEQ"; a time */
void cli_slice(FILE *f, struct slice s); /* to a terminal: control characters are made visible */
/* Compares the newest sealed copy of the view with the ledger, says and records it. ERR_NO: they differ, and it was said. */
int cli_view_check(struct site *s, struct control *k, bool json, struct err *e) MUST;
/* What a check found, a line each: as a list in JSON; and the last words of a check, with its exit status. */
void cli_put_faults(struct jsonw *w, const struct buf *faults);
int cli_verdict(int r, struct buf *faults, bool json);
/* A decision that somebody makes, with why, that becomes an entry. */
struct cli_decision {
	const char *site, *reason, *by;
};
#define CLI_DECISION_OPTS(d) \
	{"site", CLI_STRING, &(d).site, "DIR", "the site folder (or HOLDFAST_SITE)"}, {"reason", CLI_STRING, &(d).reason, "TEXT", "why: it is recorded"}, \
	{"by", CLI_STRING, &(d).by, "NAME", "who decided, when it is not you"}
int cli_reason_given(const struct cli_decision *d, const char *command, const char *verb) MUST;                          /* or says that it is missing; returns 2 */
void cli_decision_why(const struct cli_decision *d, struct jsonw *w);                                                      /* its last members */
int cli_decision_enter(struct control *k, enum ledger_kind kind, const struct buf *body, struct err *e) MUST;             /* durable on return */
/* Text in columns of a terminal: counts characters, not bytes (wide CJK counts 2). */
void cli_cell(FILE *f, struct slice s, int width);

#endif
