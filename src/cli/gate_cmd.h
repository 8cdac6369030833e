/* Verbs of holdfast gate; each in the file of its name. */
#ifndef HOLDFAST_CLI_GATE_CMD_H
#define HOLDFAST_CLI_GATE_CMD_H

#include "commands.h"
#include "gate.h"

int gate_exposure_cmd(int argc, char **argv);
int gate_link_cmd(int argc, char **argv); /* gate_link.c: add, list, cut, advance, probe, queue */
int gate_plan_cmd(int argc, char **argv);

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
int gate_files_judge(struct gate_files *f, struct err *e) MUST; /* reads all of it into f->x */
void gate_files_done(struct gate_files *f);
void gate_lines(struct slice text); /* to stdout, what would drive a terminal made visible */

#endif
