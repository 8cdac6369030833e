/* Verbs of holdfast gate; each in the file of its name. */
#ifndef HOLDFAST_CLI_GATE_CMD_H
#define HOLDFAST_CLI_GATE_CMD_H

#include "commands.h"
#include "gate.h"

int gate_exposure_cmd(int argc, char **argv);
int gate_link_cmd(int argc, char **argv); /* gate_link.c: verbs of links */
int gate_island_cmd(int argc, char **argv); /* gate_island.c: free, island, isolate */
int gate_plan_cmd(int argc, char **argv);
int gate_plans_cmd(int argc, char **argv); /* gate_plans.c: plan save, list, show, carry-out, undo, remove */
bool gate_plans_verb(const char *name);    /* is it one of those? */
int gate_cut_address(const char *site, const char *address, const char *reason, bool json);
void gate_put_list(struct jsonw *w, const char *key, const struct cli_list *l); /* an array; one value may be several with commas, "none" is none */
void gate_put_from(struct jsonw *w); /* "from": where the terminal is that this was typed at */
int gate_letter_cmd(int argc, char **argv);
void gate_show_link(const struct json_node *n); /* a line, and what is wrong with it */
bool gate_proof_bad(struct slice result);       /* a proof says that what is cut is not */
void gate_sign_in(struct jsonw *w);             /* name and password of who signs, where there is no token and a terminal to ask at */

/* What is asked of links, to the daemon or the site, by whoever HOLDFAST_TOKEN says. */
int gate_ask(const char *site, const struct buf *question, struct buf *ret, struct err *e) MUST;

/* Verbs that share a file and its options: each option says which of them it is of. */
struct gate_verb {
	const char *name, *usage, *about;
	unsigned bit;
};
struct gate_opt {
	unsigned of;
	struct cli_opt opt;
};
#define GATE_OPTS_MAX 56
/* The arguments of the verb argv[1], which is one of verbs; *ret is its bit. Returns as cli_parse does. */
int gate_verb_parse(int argc, char **argv, const struct gate_verb *verbs, size_t verb_n, const struct gate_opt *all, size_t n, struct cli_args *args, unsigned *ret, bool *done);

/* What exposure and plan read alike. */
struct gate_files {
	struct cli_list inventory, advisories;
	const char *kev, *today;
	struct gate_inventory *v;
	struct gate_advisories *s;
	struct gate_exposure *x;
};
#define GATE_FILES_OPTS(f) \
	{"inventory", CLI_LIST, &(f).inventory, "FILE", "devices: CSV, nmap -oX, leases of ISC dhcpd, Kea or dnsmasq"}, \
	{"advisories", CLI_LIST, &(f).advisories, "PATH", "CSAF 2.0 advisories: files, or folders of them"}, \
	{"kev", CLI_STRING, &(f).kev, "FILE", "CISA's list of exploited vulnerabilities, JSON or CSV"}, {"today", CLI_STRING, &(f).today, "DATE", "the day to judge by: today"}
int gate_plan_of(struct gate_files *f, const char *groups, const struct cli_list *own, const struct cli_list *admin, struct gate_plan **ret, struct err *e) MUST;
int gate_files_judge(struct gate_files *f, struct err *e) MUST; /* reads all of it into f->x */
void gate_files_done(struct gate_files *f);
void gate_lines(struct slice text); /* to stdout, what would drive a terminal made visible */

#endif
