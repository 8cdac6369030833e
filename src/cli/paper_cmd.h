/* Between the files of `holdfast paper`. */
#ifndef HOLDFAST_CLI_PAPER_CMD_H
#define HOLDFAST_CLI_PAPER_CMD_H

#include "commands.h"
#include "ward.h"

struct paper_options {
	const char *site, *unit, *patient, *sheet, *out, *paper, *lang, *reason, *by, *to, *as_of, *list;
	const char *page, *occurred;
	bool all, large, protected_too, open, unfiled, untyped, json;
	const struct cli_args *args;
};
/* The register, and what is known of scans, as of now. Both are the caller's. */
int paper_read(struct site *s, struct ward_register **ret, struct ward_scans **ret_scans, struct err *e) MUST;
int paper_left(struct site *s, size_t *ret_unfiled, size_t *ret_untyped, struct err *e) MUST; /* how much a person has yet to do: pages, sheets */
int paper_scan(const struct paper_options *o);    /* FILE...: pages to their sheets */
int paper_unfiled(const struct paper_options *o); /* the pages that nobody could place; with untyped the sheets that nobody has typed */
int paper_file(const struct paper_options *o);    /* one page to a sheet, by hand */
int paper_show(const struct paper_options *o);    /* its picture */
int paper_settle(const struct paper_options *o, enum ward_scan_what what); /* dropped, typed */
int paper_print(const struct paper_options *o);
int paper_list(const struct paper_options *o);
int paper_act(const struct paper_options *o, enum ward_state s);

#endif
