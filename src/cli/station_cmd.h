/* Between the files of `holdfast station`. */
#ifndef HOLDFAST_CLI_STATION_CMD_H
#define HOLDFAST_CLI_STATION_CMD_H

#include "commands.h"
#include "station.h"

/* At the site. */
int station_enrol_cmd(int argc, char **argv);
int station_list_cmd(int argc, char **argv);
int station_revoke_cmd(int argc, char **argv);
int station_pack_cmd(int argc, char **argv);
/* At the station. */
int station_new_cmd(int argc, char **argv);
int station_join_cmd(int argc, char **argv);
int station_person_cmd(int argc, char **argv);
int station_capture_cmd(int argc, char **argv);
int station_number_cmd(int argc, char **argv);
int station_export_cmd(int argc, char **argv);
int station_run_cmd(int argc, char **argv);
int station_status_cmd(int argc, char **argv);

struct station_where { /* which station: of each verb at one */
	const char *dir, *witness;
};
#define STATION_WHERE(w) \
	{"dir", CLI_STRING, &(w).dir, "DIR", "the station's folder (or HOLDFAST_STATION)"}, {"witness", CLI_STRING, &(w).witness, "FILE", "its witness, where it is not in the usual place"}
int station_at(const struct station_where *w, struct station **ret, struct err *e) MUST;
void station_put_status(struct station *s, struct jsonw *w); /* one object: what `status` and the loopback say */
int station_vkey(const char *given, struct note_vkey *ret, struct err *e) MUST; /* the key itself, or a file that holds it */

#endif
