/* holdfast station ...: a ward's PC. One file a verb, or a few that belong together. */
#include "station_cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const struct cli_command verbs[] = {
	{"new", "at the PC: makes the station and its request", station_new_cmd},
	{"enrol", "at the site: answers requests", station_enrol_cmd},
	{"join", "at the PC: takes the site's answer", station_join_cmd},
	{"person", "at the PC: who may write there, each with a PIN", station_person_cmd},
	{"run", "at the PC: fetches packets, serves them to this PC, brings what was written down, prints", station_run_cmd},
	{"capture", "at the PC: takes items from files", station_capture_cmd},
	{"number", "at the PC: the next downtime number", station_number_cmd},
	{"export", "at the PC: what the site does not have, in one sealed file", station_export_cmd},
	{"status", "at the PC: the newest packet, what waits, what went wrong", station_status_cmd},
	{"list", "at the site: which stations there are, and when each was heard", station_list_cmd},
	{"revoke", "at the site: nothing more is taken from a station", station_revoke_cmd},
	{"pack", "at the site: what a unit's stations print when the site is silent", station_pack_cmd},
};

int station_at(const struct station_where *w, struct station **ret, struct err *e)
{
	const char *dir = w->dir ? w->dir : getenv("HOLDFAST_STATION");
	if (!dir || !*dir)
		return err_set(e, ERR_USAGE, "--dir", "say which station: --dir DIR, or HOLDFAST_STATION");
	return station_open(dir, w->witness, ret, e);
}

int station_vkey(const char *given, struct note_vkey *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	if (note_vkey_parse(slice_trim(slice_str(given)), ret, e) == 0)
		return 0;
	if (access(given, F_OK) != 0)
		return err_set(e, ERR_USAGE, "--vkey", "'%.100s' is neither a verifier key (NAME+HEX+BASE64) nor a file that holds one, such as SITE/ledger/vkey", given);
	int r = file_read(AT_FDCWD, given, 4096, &b, e);
	if (r == 0)
		r = note_vkey_parse(slice_trim(buf_slice(&b)), ret, e);
	if (r < 0)
		err_in(e, given);
	return r;
}

int cmd_station(int argc, char **argv)
{
	return cli_verbs(argc, argv, "station", "A ward's PC that goes on without the site: it keeps the unit's packets, shows and prints them, and takes what is written down until the site has it.", verbs, ARRAY_LEN(verbs));
}
