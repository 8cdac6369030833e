/* put_back_read: what the sessions of a verdict did, from the log, as a list of files with what each was before.
 *
 * Counted are changes since the verdict's beginning, and those up to ten minutes before it that were never judged clean: the first file of an attack may be one that no check knows. It may also be one that a check takes for whole (letters for
 * other letters), so of the last three seconds before it those that were judged clean are counted, too. Two passes: sessions and the beginning
 * first, then everything. Names are followed forwards, so that at the end each file has the name it had and the name it has. */
#include "put_back.h"

#include <stdlib.h>
#include <unistd.h>

#define EARLIER (600 * TIME_SEC)
#define JUST_BEFORE (3 * TIME_SEC)
#define THINGS_MAX 4000000

static int find_verdict(void *arg, const struct record *r, const struct place *data)
{
	struct undo *u = arg;
	(void)data;
	if (r->kind != RECORD_VERDICT || strcmp(r->text, u->id))
		return 0;
	if (!u->known) {
		u->mono = r->mono;
		u->wall = r->wall;
		u->began = (int64_t)r->length;
	}
	u->known = true;
	if (u->sessions < ARRAY_LEN(u->session))
		u->session[u->sessions++] = r->session;
	return 0;
}

static bool concerned(const struct undo *u, uint64_t session)
{
	for (size_t i = 0; i < u->sessions; i++)
		if (u->session[i] == session)
			return true;
	return false;
}

/* list: the address of a pointer to things of this size; it is as it was where there is no room for one more. */
static bool grow(void *list, size_t *room, size_t n, size_t size)
{
	if (n < *room)
		return true;
	void *was;
	memcpy(&was, list, sizeof was);
	size_t more = *room ? *room * 2 : 64;
	void *is = more <= THINGS_MAX ? calloc(more, size) : NULL;
	if (!is)
		return false;
	if (n)
		memcpy(is, was, n * size);
	free(was);
	memcpy(list, &is, sizeof is);
	*room = more;
	return true;
}

static struct undo_change *change_of(struct undo *u, uint64_t number)
{
	size_t low = 0, high = u->changes; /* numbers grow along the log */
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (u->change[mid].r->number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low < u->changes && u->change[low].r->number == number ? &u->change[low] : NULL;
}

static struct undo_file *file_of_inode(struct undo *u, dev_t dev, ino_t ino)
{
	for (size_t i = u->files; ino && i-- > 0;)
		if (u->file[i].ino == ino && u->file[i].dev == dev && u->file[i].is)
			return &u->file[i];
	return NULL;
}

static struct undo_file *file_of_name(struct undo *u, const char *path)
{
	for (size_t i = u->files; i-- > 0;)
		if (u->file[i].is && !strcmp(u->file[i].is, path))
			return &u->file[i];
	return NULL;
}

static struct undo_file *add_file(struct undo *u, const char *path, dev_t dev, ino_t ino)
{
	char *was = strdup(path), *is = strdup(path);
	if (!was || !is || !grow(&u->file, &u->file_room, u->files, sizeof *u->file)) {
		u->full = true;
		free(was);
		free(is);
		return NULL;
	}
	u->file[u->files] = (struct undo_file){.dev = dev, .ino = ino, .was = was, .is = is, .nothing = true};
	return &u->file[u->files++];
}

static void add_change(struct undo *u, const struct record *r)
{
	bool more = grow(&u->change, &u->change_room, u->changes, sizeof *u->change);
	struct record *copy = malloc(sizeof *copy + r->extra.n);
	struct undo_file *f = file_of_inode(u, r->dev, r->ino);
	if (!f)
		f = add_file(u, r->path, r->dev, r->ino);
	if (!more || !copy || !f || f->made) {
		u->full |= !more || !copy;
		free(copy);
		return;
	}
	*copy = *r;
	if (r->extra.n)
		memcpy(copy + 1, r->extra.p, r->extra.n);
	copy->extra = slice_of(copy + 1, r->extra.n);
	u->change[u->changes] = (struct undo_change){.r = copy};
	if (!grow(&f->change, &f->room, f->changes, sizeof *f->change)) {
		u->full = true;
		free(copy);
		return;
	}
	f->change[f->changes++] = u->changes++;
	f->nothing = false;
}

static void add_data(struct undo *u, const struct record *r, const struct place *data)
{
	struct undo_change *c = change_of(u, r->number);
	if (!c || !grow(&c->data, &c->room, c->n, sizeof *c->data)) {
		u->full |= c != NULL;
		return;
	}
	c->data[c->n++] = *data;
}

static void lose_name(struct undo_file *f)
{
	free(f->is);
	f->is = NULL;
}

static void on_create(struct undo *u, const struct record *r)
{
	struct undo_file *f = file_of_name(u, r->path);
	if (f)
		lose_name(f); /* its deletion was seen by nobody */
	bool link = r->links > 1 && !(r->flags & RECORD_FOLDER); /* one more name of a file that was there: what happens to its content is that file's */
	f = add_file(u, r->path, link ? 0 : r->dev, link ? 0 : r->ino);
	if (!f)
		return;
	f->made = true;
	f->folder = r->flags & RECORD_FOLDER;
}

/* A name went, with a file that is perhaps not in the list yet. */
static void on_gone(struct undo *u, const char *path, uint64_t number)
{
	const struct undo_change *c = number ? change_of(u, number) : NULL;
	struct undo_file *f = c ? file_of_inode(u, c->r->dev, c->r->ino) : file_of_name(u, path);
	if (!f)
		f = add_file(u, path, 0, 0);
	if (!f)
		return;
	if (!f->made && !f->changes)
		f->lost = true;
	lose_name(f);
}

static void on_rename(struct undo *u, const struct record *r)
{
	struct undo_file *over = file_of_name(u, r->path2);
	if (r->flags & RECORD_REPLACED || over)
		on_gone(u, r->path2, r->number);
	struct undo_file *f = file_of_name(u, r->path);
	bool linked = false;
	if (!f && r->ino) {
		struct stat st;
		f = file_of_inode(u, r->dev, r->ino);
		linked = f && stat(f->is, &st) == 0 && st.st_ino == f->ino && st.st_dev == f->dev;
		f = linked ? NULL : f; /* it has that name still: this is another one of the same file */
	}
	if (!f)
		f = add_file(u, r->path, linked ? 0 : r->dev, linked ? 0 : r->ino);
	char *to = f ? strdup(r->path2) : NULL;
	if (!to) {
		u->full = true;
		return;
	}
	f->folder |= r->flags & RECORD_FOLDER;
	free(f->is);
	f->is = to;
	if (!f->folder)
		return;
	size_t n = strlen(r->path);
	for (size_t i = 0; i < u->files; i++) {
		struct undo_file *x = &u->file[i];
		char *moved;
		if (!x->is || strncmp(x->is, r->path, n) || x->is[n] != '/')
			continue;
		if (asprintf(&moved, "%s%s", r->path2, x->is + n) < 0) {
			u->full = true;
			return;
		}
		free(x->is);
		x->is = moved;
	}
}

static int take(void *arg, const struct record *r, const struct place *data)
{
	struct undo *u = arg;
	struct undo_change *c;
	if (u->full)
		return ERR_MEMORY;
	if (r->kind == RECORD_CLEAN) {
		c = change_of(u, r->number);
		if (c && c->r->mono < u->began - JUST_BEFORE)
			c->n = 0, c->after = false, c->r->kind = RECORD_CLEAN; /* an edit like any other */
		return 0;
	}
	if (!concerned(u, r->session) || (r->mono < u->began - EARLIER && r->kind != RECORD_DATA))
		return 0;
	switch (r->kind) {
	case RECORD_CHANGE:
		add_change(u, r);
		break;
	case RECORD_DATA:
		add_data(u, r, data);
		break;
	case RECORD_UNKEPT:
		if ((c = change_of(u, r->number)))
			c->unkept = true;
		break;
	case RECORD_AFTER:
		if ((c = change_of(u, r->number))) {
			c->after = true;
			c->after_size = r->size;
			c->after_mtime = r->mtime;
		}
		break;
	case RECORD_CREATE:
		if (r->mono >= u->began - EARLIER)
			on_create(u, r);
		break;
	case RECORD_RENAME:
		on_rename(u, r);
		break;
	case RECORD_DELETE:
		if (!(r->flags & RECORD_FOLDER))
			on_gone(u, r->path, r->number);
		break;
	default:
		break;
	}
	return 0;
}

int undo_read(struct undo *u, struct err *e)
{
	int r = store_each(&u->s, find_verdict, u, e);
	if (r >= 0 && !u->known)
		return err_set(e, ERR_NOT_FOUND, NULL, "no verdict %s is known here", u->id);
	if (r >= 0)
		r = store_each(&u->s, take, u, e);
	return u->full ? err_set(e, ERR_MEMORY, NULL, "no memory, or more than %d changes", THINGS_MAX) : r < 0 ? r : 0;
}

void undo_done(struct undo *u)
{
	for (size_t i = 0; i < u->changes; i++) {
		free(u->change[i].r);
		free(u->change[i].data);
	}
	for (size_t i = 0; i < u->files; i++) {
		free(u->file[i].was);
		free(u->file[i].is);
		free(u->file[i].change);
	}
	free(u->change);
	free(u->file);
}
