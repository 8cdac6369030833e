/* The verbs of `holdfast vault`, a file each, and what they share. */
#ifndef HOLDFAST_CLI_VAULT_CMD_H
#define HOLDFAST_CLI_VAULT_CMD_H

#include "commands.h"
#include "vault.h"

struct vault_cmd {
	const struct cli_args *args; /* [0] is the verb */
	struct cli_list shares, exclude;
	const char *site, *source, *before, *identity, *to, *agent, *state, *reason;
	uint64_t reread, threads, percent;
	bool json, data, clean, overwrite, one_file_system, charts;
};
int vault_cmd_backup(struct vault_cmd *c);
int vault_cmd_agent(struct vault_cmd *c); /* backup --agent */
int vault_cmd_list(struct vault_cmd *c);
int vault_cmd_ls(struct vault_cmd *c);
int vault_cmd_check(struct vault_cmd *c);
int vault_cmd_restore(struct vault_cmd *c);
int vault_cmd_clean_point(struct vault_cmd *c);
int vault_cmd_mount(struct vault_cmd *c);
int vault_cmd_drill(struct vault_cmd *c);
int vault_cmd_accept(struct vault_cmd *c);

struct vault_open {
	struct site s;
	struct site_keys keys;
	struct age_identity recovery;
	bool has_recovery;
	struct vault *v;
	char *path; /* what was asked for, as it stands in a snapshot; NULL: all */
};
/* The site, its keys, its log brought up to the ledger, and the vault for reading. What cannot be brought up is said on stderr: readable beats complete. */
int vault_cmd_open(struct vault_cmd *c, struct vault_open *ret, struct err *e) MUST;
void vault_cmd_close(struct vault_open *o);
void vault_cmd_record(struct vault_open *o, const char *query, uint64_t as_of); /* that somebody takes contents out is an entry, before they see any; no thread may run yet */
/* struct vault_ledger over the keeper's channel. Calls may come from any thread. */
struct vault_channel;
int vault_channel_open(const struct site *s, struct vault_channel **ret, struct vault_ledger *ret_ledger, struct err *e) MUST;
bool vault_channel_daemon(const struct vault_channel *c); /* a daemon runs: do not get in its way */
struct control *vault_channel_control(struct vault_channel *c);
void vault_channel_close(struct vault_channel *c);
/* "SNAP[:PATH]": the snapshot, and the path (empty: all), which lives as long as o. */
int vault_cmd_snapshot(struct vault_cmd *c, struct vault_open *o, const char *what, struct vault_snapshot *ret, struct slice *ret_path, struct err *e) MUST;
int vault_cmd_path(struct vault_open *o, const char *path, struct slice *ret, struct err *e) MUST;
void vault_cmd_put_snapshot(struct jsonw *w, const struct vault_snapshot *s); /* members but the id */
void vault_cmd_progress(void *arg, const struct vault_progress *p);           /* to a terminal; arg: struct vault_bar */
struct vault_bar {
	int64_t begun, told;
	bool shown;
};
void vault_cmd_backup_options(const struct vault_cmd *c, struct vault_bar *bar, struct vault_backup_options *ret);
void vault_cmd_print_backup(const struct vault_snapshot *s, bool json);
void vault_cmd_progress_end(struct vault_bar *b);
void vault_cmd_say(void *arg, const char *sentence);                          /* a sentence on stderr; arg may be NULL, or the bar that stands in its line */
const char *vault_cmd_size(uint64_t bytes, char out[32]);
/* Lists are greedy: "--shares A B DEST". Positionals that are missing are the last values of --shares that are no files. */
void vault_cmd_take_back(struct vault_cmd *c, struct cli_args *args, size_t want);

#endif
