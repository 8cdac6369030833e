/* watch_put_back: first what the sessions made is set aside, so that names are free; then folders get their names back; then files, the last touched first. */
#include "put_back.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int open_aside(struct undo *u, struct err *e)
{
	char path[2 * WATCH_ID_MAX];
	snprintf(path, sizeof path, "aside/%.31s", u->id);
	if (u->o->dry_run)
		return 0;
	int r = file_mkdir(u->state, path, 0700, e);
	u->aside = r < 0 ? r : file_open_dir(u->state, path, e);
	return u->aside < 0 ? u->aside : 0;
}

static void note_restored(struct undo *u)
{
	char path[2 * WATCH_ID_MAX];
	snprintf(path, sizeof path, "restored/%.31s", u->id);
	(void)!mkdirat(u->state, "restored", 0700);
	int fd = openat(u->state, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		close(fd);
}

int watch_put_back(const char *state, const char *id, struct watch_restore *o, struct err *e)
{
	if (!id_valid(id))
		return err_set(e, ERR_USAGE, NULL, "'%.40s' is no verdict's id: they are a w and a number, as `watch list` prints them", id);
	AUTO_CLOSE int fd = state_open(state, false, e);
	struct undo *u = fd < 0 ? NULL : calloc(1, sizeof *u);
	if (!u)
		return fd < 0 ? fd : err_set(e, ERR_MEMORY, NULL, "no memory");
	u->id = id;
	u->o = o;
	u->state = fd;
	u->aside = -1;
	int r = store_open(&u->s, fd, 0, e);
	if (r == 0) {
		r = undo_read(u, e);
		if (r == 0)
			r = open_aside(u, e);
		for (size_t i = u->files; r == 0 && i-- > 0;)
			if (u->file[i].made)
				undo_made(u, &u->file[i]);
		for (size_t i = u->files; r == 0 && i-- > 0;)
			if (u->file[i].folder)
				undo_folder(u, &u->file[i]);
		for (size_t i = u->files; r == 0 && i-- > 0;)
			if (!u->file[i].made && !u->file[i].folder)
				undo_file(u, &u->file[i]);
		if (r == 0 && !o->dry_run && !o->failed)
			note_restored(u);
		undo_done(u);
		store_close(&u->s);
	}
	if (u->aside >= 0)
		close(u->aside);
	free(u);
	return r;
}
