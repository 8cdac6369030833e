/* What the files of this module share. */
#ifndef HOLDFAST_PACKET_INTERNAL_H
#define HOLDFAST_PACKET_INTERNAL_H

#include "packet.h"

#define PACKET_PLACE "<!--holdfast-packet-->"
#define PACKET_NOTE_OPEN "<!--holdfast-packet-note\n"
#define PACKET_NOTE_CLOSE "-->\n"
#define PACKET_NOTE_MAX 2048 /* bytes from PACKET_NOTE_OPEN to the file's end */
#define PACKET_FIRST_LINE "holdfast-packet-v1"

/* What was compressed; the part can only be freed afterwards. */
int packet_part_end(struct packet_part *p, struct slice *ret, struct err *e) MUST;
/* The template's two halves, around PACKET_PLACE. Apart from packet_write so that tests have a page of their own. */
int packet_write_around(struct slice page, const struct packet_about *a, const struct packet_key *key, struct packet_part *data, const struct packet_key *apart_key, struct packet_part *apart, struct buf *ret, struct err *e) MUST;

#endif
