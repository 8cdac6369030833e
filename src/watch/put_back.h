/* Between put_back*.c. */
#ifndef HOLDFAST_WATCH_PUT_BACK_H
#define HOLDFAST_WATCH_PUT_BACK_H

#include "watch_internal.h"

struct undo_change { /* one CHANGE, with its data */
	struct record *r;      /* CHANGE */
	struct place *data;    /* in the order of the log */
	size_t n, room;
	bool unkept, after;
	uint64_t after_size;
	int64_t after_mtime;
};

struct undo_file { /* one file that was there before, or one that was made */
	dev_t dev;
	ino_t ino;
	char *was;             /* its name before the sessions touched it */
	char *is;              /* its name now; NULL: it has none (deleted, or replaced) */
	bool made;             /* by the sessions: not there before */
	bool folder;
	bool lost;             /* deleted or replaced without ever being opened */
	bool nothing;          /* nothing of its content was changed: its name only */
	size_t *change;        /* indexes, oldest first */
	size_t changes, room;
};

struct undo {
	struct store s;
	int state, aside;      /* STATE, STATE/aside/ID */
	const char *id;
	struct watch_restore *o;
	uint64_t session[65536];
	size_t sessions;
	int64_t began, mono, wall; /* of the verdict */
	struct undo_change *change;
	size_t changes, change_room;
	struct undo_file *file;
	size_t files, file_room;
	bool known, full;      /* full: no memory */
	uint64_t asides;
};

int undo_read(struct undo *u, struct err *e) MUST;  /* put_back_read.c: the records, as files */
void undo_done(struct undo *u);
void undo_file(struct undo *u, struct undo_file *f); /* put_back_file.c: one of them, put back or said */
void undo_made(struct undo *u, struct undo_file *f);
void undo_folder(struct undo *u, struct undo_file *f);
void undo_say(struct undo *u, const char *action, const char *path, const char *key, const char *value, const char *why);

#endif
