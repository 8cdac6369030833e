/* Between the files of `holdfast station run`. */
#ifndef HOLDFAST_CLI_STATION_RUN_H
#define HOLDFAST_CLI_STATION_RUN_H

#include "station_cmd.h"

struct station_job {
	struct station_where at;
	struct station *s;
	const char *unit, *vkey, *core, *token_file, *ca, *from, *printer, *command, *listen;
	int64_t every, print_after; /* ns; print_after 0: never by itself */
	unsigned keep;
	bool once, json;
};
/* One contact with the core, over HTTPS or a folder: packet and pack fetched, the queue brought. What came of it stands in DIR/contact. 0, or an exit status. Blocks: called in a process of its own. */
int station_contact(struct station_job *j);
/* The newest pack, to the printer or the command. Blocks: likewise. 0, or an exit status. */
int station_print(struct station_job *j);

/* The loopback: pages and the capture API (station_page.c). */
struct station_page;
int station_page_open(struct station_job *j, struct station_page **ret, struct err *e) MUST;
void station_page_close(struct station_page *p);
void station_page_poll(struct station_page *p, int timeout_ms); /* serves what is there, for at most so long */
/* What one request is answered: pure but for the station's folder. The whole answer, head and body. */
struct station_sessions;
struct station_sessions *station_sessions_new(uint16_t port);
/* The page of this loopback (viewer/dist/station.html), put into the program when it is built; empty without it. */
struct slice station_face(void);
void station_answer(struct station *s, struct station_sessions *of, const struct station_http *q, struct slice body, struct buf *out);

#endif
