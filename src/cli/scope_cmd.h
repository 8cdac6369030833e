/* The verbs of `holdfast scope`, each in the file of its name. */
#ifndef HOLDFAST_CLI_SCOPE_CMD_H
#define HOLDFAST_CLI_SCOPE_CMD_H

#include "commands.h"
#include "scope.h"
#include "survey.h"

int scope_evidence_cmd(int argc, char **argv);
int scope_text_cmd(int argc, char **argv);
int scope_scan_cmd(int argc, char **argv);
int scope_link_cmd(int argc, char **argv);
int scope_case_cmd(int argc, char **argv);

/* ---- scope case VERB NAME ---- */

int scope_case_new_cmd(int argc, char **argv);
int scope_case_list_cmd(int argc, char **argv);
int scope_case_evidence_cmd(int argc, char **argv);
int scope_case_content_cmd(int argc, char **argv);
int scope_case_persons_cmd(int argc, char **argv);
int scope_case_question_cmd(int argc, char **argv);
int scope_case_assess_cmd(int argc, char **argv);
int scope_case_decide_cmd(int argc, char **argv);
int scope_case_pair_cmd(int argc, char **argv);
int scope_case_facts_cmd(int argc, char **argv);
int scope_case_run_cmd(int argc, char **argv);
int scope_case_status_cmd(int argc, char **argv);
int scope_case_export_cmd(int argc, char **argv);

/* Limits as they are when nobody says anything else; what this kernel does not keep readers from is said here, once a command. */
struct extract_limits;
void scope_limits(struct extract_limits *ret);

/* Each entry of some kinds (LEDGER_KIND_BIT of each, or-ed), in order, opened; erased ones are passed over. */
typedef int case_entry_fn(void *arg, const struct ledger_entry *en, struct err *e);
int case_each(struct site *s, uint64_t kinds, case_entry_fn *fn, void *arg, struct err *e) MUST;
/* The case out of the ledger. ERR_NOT_FOUND: there is none of this name. */
int case_load(struct site *s, const char *name, struct scope_case **ret, struct err *e) MUST;
/* The site, one of its cases, and the keeper, for a command that says something of it. case_close whatever came of it. */
struct case_opened {
	struct site s;
	struct scope_case *c;
	struct control *k;
	bool site_open;
};
int case_open(const char *site, const char *name, struct case_opened *ret, struct err *e) MUST;
void case_close(struct case_opened *o);
/* An act, durable on return. by NULL: who runs the command. */
int case_enter(struct control *k, struct scope_act *a, const char *by, uint64_t *ret_entry, struct err *e) MUST;
/* The patients whom the site's charts know as of a moment (NULL: now), written to fd as a list that scope case persons takes: CSV, a row for each wording. */
struct scope_charts {
	uint64_t persons, rows, tests, more; /* tests: test patients, who are not in it; more: persons of whom more wordings are known than are listed */
	uint64_t end;                        /* entries before this one were taken into account */
};
int scope_charts(const char *site, const char *as_of, int fd, struct scope_charts *ret, struct err *e) MUST;
#define CASE_VAULT "vault:" /* before a source's name, where a case's content is not a folder */
/* What the vault kept of a source around the window, of the touched files only, taken out below a folder of our own: up to two folders, for survey_root.to. */
struct case_taken {
	char dir[2][4300];
	unsigned n;
};
int case_take(const char *site, const struct scope_case *c, struct slice source, const struct evidence_fold *touched, const char *identity, const struct cli_list *shares, const char *work, struct case_taken *ret, struct err *e) MUST;
void case_hex(const uint8_t hash[SEAL_HASH], char out[2 * SEAL_HASH + 1]);

#endif
