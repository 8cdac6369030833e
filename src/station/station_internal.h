/* station: between its files. */
#ifndef HOLDFAST_STATION_INTERNAL_H
#define HOLDFAST_STATION_INTERNAL_H

#include "station.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define STATION_FILE "station.json"

/* A line "WORD value LF" off the text. The cursor fails where there is none. */
struct slice station_line(struct cur *c, const char *word);
void station_line_text(struct cur *c, const char *word, char *out, size_t size);   /* fails when too long or empty */
void station_line_number(struct cur *c, const char *word, uint64_t max, uint64_t *ret);
void station_line_time(struct cur *c, const char *word, int64_t *ret);
void station_line_vkey(struct cur *c, const char *word, struct note_vkey *ret);
void station_line_to(struct cur *c, const char *word, struct age_recipient *ret);
/* The note at the beginning of what is in hand, up to the end of its one signature line; what follows it is *rest. */
int station_note_split(struct slice all, struct slice *ret_text, struct slice *ret_note, struct slice *rest, struct err *e) MUST;
/* Signed by v, in one signature, and the text is this one. */
int station_note_check(struct slice note, struct slice text, const struct note_vkey *v, struct err *e) MUST;
bool station_word_ok(struct slice s, size_t max);                   /* 1 to max bytes of UTF-8 without control characters or blanks around it */
void station_put_vkey(struct buf *b, const char *word, const struct note_vkey *v);
void station_put_to(struct buf *b, const char *word, const struct age_recipient *to);

int station_save(struct station *s, struct err *e) MUST;            /* station.json */
bool station_same_key(const struct note_vkey *a, const struct note_vkey *b);
int station_machine(const uint8_t salt[16], char ret[2 * SEAL_HASH + 1], struct err *e) MUST;

int station_discarded(struct station *s, struct err *e) MUST;       /* reads DIR/discarded */
int station_queue_make(struct station *s, struct err *e) MUST;      /* with its witness, when the station is enrolled */
int station_queue_open(struct station *s, struct err *e) MUST;      /* reads it, and judges whether it is the one that it was */
int station_queue_add(struct station *s, bool is_number, struct slice bytes, struct err *e) MUST; /* under the lock */
int station_queue_lock(struct station *s, struct err *e) MUST;      /* the fd of the lock; and what others added is read */
int station_queue_find(struct station *s, struct slice id, struct buf *ret_line, struct err *e) MUST; /* ERR_NOT_FOUND */

struct station_witness {
	char queue[33];
	uint64_t inode, next; /* next: the number that may be in use already */
};
int station_witness_path(const char *given, const char *id, char *out, size_t size, struct err *e) MUST;
int station_witness_folder(const struct station *s, struct err *e) MUST; /* made where it is not there */
int station_witness_read(const struct station *s, struct station_witness *ret, struct err *e) MUST; /* ERR_NOT_FOUND */
int station_witness_write(const struct station *s, const struct station_witness *w, struct err *e) MUST;

#endif
