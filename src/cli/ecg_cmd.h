/* What the subcommands of `holdfast ecg` share. */
#ifndef HOLDFAST_CLI_ECG_CMD_H
#define HOLDFAST_CLI_ECG_CMD_H

#include "commands.h"
#include "ecg.h"

struct cli_ecg { /* a recording that was opened from a file; the files stay mapped until it is closed */
	struct ecg *g;
	struct arena *a;
	struct cli_ecg_map {
		void *p;
		size_t n;
		const char *name;
	} *map; /* in the arena */
	size_t maps, room;
	int dirfd;
};
#define CLI_ECG_FILES_MAX 16384
#define CLI_ECG_MEMORY ((size_t)2 << 30)
int cli_ecg_open(const char *path, struct cli_ecg *ret, struct err *e) MUST; /* errors name the file */
void cli_ecg_close(struct cli_ecg *f);

/* A sender's token: out of the file, or HOLDFAST_TOKEN where path is NULL. */
int cli_ecg_token(const char *path, char *out, size_t size, struct err *e) MUST;

int ecg_info_cmd(int argc, char **argv);
int ecg_beats_cmd(int argc, char **argv);
int ecg_rhythm_cmd(int argc, char **argv);
int ecg_measure_cmd(int argc, char **argv);
int ecg_report_cmd(int argc, char **argv);
int ecg_convert_cmd(int argc, char **argv);
int ecg_import_cmd(int argc, char **argv);
int ecg_list_cmd(int argc, char **argv);
int ecg_send_cmd(int argc, char **argv);
int ecg_live_cmd(int argc, char **argv);
int ecg_deliver_cmd(int argc, char **argv);

#endif
