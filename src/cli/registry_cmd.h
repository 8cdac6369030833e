/* The verbs of `holdfast registry`, each in the file of its name. */
#ifndef HOLDFAST_CLI_REGISTRY_CMD_H
#define HOLDFAST_CLI_REGISTRY_CMD_H

#include "commands.h"
#include "registry.h"

int registry_import_cmd(int argc, char **argv);
int registry_imports_cmd(int argc, char **argv);
int registry_stats_cmd(int argc, char **argv);
int registry_top_cmd(int argc, char **argv);
int registry_diff_cmd(int argc, char **argv);
int registry_plot_cmd(int argc, char **argv);
int registry_show_cmd(int argc, char **argv);
int registry_draft_cmd(int argc, char **argv);

/* The store: --db FILE alone, or a site's (SITE/registry/registry.db), which is a cache of what the ledger says and is brought up to it first. registry_cmd_close whatever came of it. */
struct registry_opened {
	struct site s;
	bool site;
	struct registry *r;
};
#define REGISTRY_MEMORY ((size_t)1 << 30)
int registry_cmd_open(const char *site, const char *db, enum registry_mode mode, struct registry_opened *ret, struct err *e) MUST;
void registry_cmd_close(struct registry_opened *o);
/* Opened, loaded and closed again, for those who only count. */
int registry_cmd_load(const char *site, const char *db, struct arena *a, struct registry_all *ret, struct err *e) MUST;
int32_t registry_cmd_today(void);
/* What a case's own file (doc/notice.md) says that the portal's row of it would have: state, type of entity, type of breach (the first), each empty where it says nothing. In the arena. */
int registry_cmd_of_case(struct slice case_file, struct arena *a, struct slice *ret_state, struct slice *ret_entity, struct slice *ret_type, struct err *e) MUST;

/* Which rows: options that several verbs have. */
struct registry_asked {
	const char *site, *db, *as_of, *view, *source, *state, *type, *location, *entity;
	uint64_t year;
};
#define REGISTRY_ASKED_OPTS(q) \
	{"site", CLI_STRING, &(q).site, "DIR", "the site folder (or HOLDFAST_SITE)"}, {"db", CLI_STRING, &(q).db, "FILE", "a registry without a site"}, \
	{"year", CLI_NUMBER, &(q).year, "Y", "of submission (without it: all years)"}, {"as-of", CLI_STRING, &(q).as_of, "DATE", "as it was known on that day, month or year (without it: as it is known now)"}, \
	{"view", CLI_STRING, &(q).view, "V", "under-investigation, archive, or full: both, no incident twice (default)"}, {"source", CLI_STRING, &(q).source, "S", "ocr (default), wa-ag, other"}, \
	{"state", CLI_STRING, &(q).state, "ST", "only this state, two letters"}, {"type", CLI_STRING, &(q).type, "T", "only this type of breach, as the portal writes it"}, \
	{"location", CLI_STRING, &(q).location, "L", "only this location, among others that a row lists"}, {"entity", CLI_STRING, &(q).entity, "E", "only this type of entity"}
int registry_asked(const struct registry_asked *q, struct registry_question *ret) MUST; /* exit status 2 and said, or 0 */

void registry_put_warnings(struct jsonw *w, const struct registry_warning *v, size_t n); /* an array of sentences */
void registry_say_warnings(const struct registry_warning *v, size_t n);                   /* on stderr */
void registry_put_basis(struct jsonw *w, const struct registry_basis *b);                 /* source, view, as_of, lists */
void registry_say_basis(const struct registry_basis *b);                                  /* the line that each figure carries */
const char *registry_thousands(uint64_t n, char out[32]);                                 /* 14,691,739 */

#endif
