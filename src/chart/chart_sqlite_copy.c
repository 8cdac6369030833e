/* The view's file as of one commit, read while the writer goes on.
 *
 * SQLite's own ways of copying (backup, VACUUM INTO) write a second file as large as the first, in clear. A reader of a WAL database whose log has been moved into the file altogether takes read mark 0: it looks at the file
 * alone, and as long as it holds that mark nothing is moved from the log into the file (sqlite.org/walformat.html, "WAL-Index ... Locks"; walTryBeginRead and walCheckpoint in wal.c). So between two commits the writer moves the
 * log into the file, a second connection begins to read, and from then on the bytes of the file are those of that commit, however much is committed meanwhile: all of it stays in the log. They are read through SQLite's
 * own file handle: a descriptor of our own, closed, would take every lock of this process with it (POSIX). */
#include "chart.h"
#include "chart_sqlite.h"

#include <stdlib.h>
#include <unistd.h>

#define TRIES 50 /* of 10 ms: a reader that looks at an earlier commit holds the log back for milliseconds */

struct chart_copy {
	sqlite3 *db;
	sqlite3_file *file;
	uint64_t size, entries;
};

/* All of the log is in the file. ERR_BUSY: somebody reads an older commit. */
static int settle(struct sqlite_store *s, struct err *e)
{
	for (int i = 0; i < TRIES; i++) {
		int log = -1, moved = -1;
		int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &log, &moved);
		if (rc == SQLITE_OK && log == moved)
			return 0;
		if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
			return sql_fail(s->db, rc, e, "preparing a copy of the view");
		usleep(10000);
	}
	return err_set(e, ERR_BUSY, "view", "somebody reads the view as it was before; a copy is made later");
}

static int hold(struct sqlite_store *s, struct chart_copy *k, struct err *e)
{
	int rc = sqlite3_open_v2(s->path, &k->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	int on = 1;
	if (rc == SQLITE_OK)
		rc = sqlite3_file_control(k->db, NULL, SQLITE_FCNTL_PERSIST_WAL, &on); /* this one's end is not the log's */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(k->db, "PRAGMA wal_autocheckpoint=0; BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_file_control(k->db, "main", SQLITE_FCNTL_FILE_POINTER, &k->file);
	sqlite3_int64 size = 0;
	if (rc == SQLITE_OK)
		rc = k->file->pMethods->xFileSize(k->file, &size);
	k->size = (uint64_t)size;
	return rc == SQLITE_OK ? 0 : sql_fail(k->db, rc, e, "beginning a copy of the view");
}

int sql_copy_open(struct store *base, uint64_t entries, struct chart_copy **ret, struct err *e)
{
	struct sqlite_store *s = (struct sqlite_store *)base;
	assert(s->write && !s->bulk && !s->in_transaction);
	struct chart_copy *k = calloc(1, sizeof *k);
	if (!k)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	k->entries = entries;
	int r = settle(s, e);
	if (r == 0)
		r = hold(s, k, e);
	if (r < 0) {
		chart_copy_close(k);
		return r;
	}
	*ret = k;
	return 0;
}

uint64_t chart_copy_size(const struct chart_copy *k)
{
	return k->size;
}

uint64_t chart_copy_entries(const struct chart_copy *k)
{
	return k->entries;
}

int chart_copy_read(const struct chart_copy *k, void *out, size_t n, uint64_t offset, struct err *e)
{
	uint8_t *to = out;
	while (n > 0) {
		int piece = n < 1 << 20 ? (int)n : 1 << 20;
		int rc = k->file->pMethods->xRead(k->file, to, piece, (sqlite3_int64)offset);
		if (rc != SQLITE_OK)
			return sql_fail(NULL, rc, e, "copying the view");
		to += piece;
		offset += (uint64_t)piece;
		n -= (size_t)piece;
	}
	return 0;
}

void chart_copy_close(struct chart_copy *k)
{
	if (!k)
		return;
	sqlite3_close(k->db); /* ends its reading */
	free(k);
}
