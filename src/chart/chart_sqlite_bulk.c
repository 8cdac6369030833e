/* Rebuilds. The new view is made beside the old one as chart.db.new, without journal and without syncing, and takes the old one's place whole.
 *
 * Tables whose keys arrive in no order (fact_at by identifier, word by word) would grow at random places. Their rows wait here and go in sorted, a batch at a
 * time, so that each page is touched once a batch; a batch is bounded, so memory is, however long the ledger.
 *
 * Taking the place, in this order, because SQLite would read a left-over -wal into whatever file has the name:
 *   1. the new file is complete and fsynced (not in WAL mode yet)
 *   2. the old file gets all of its WAL (so that it is whole without it), its -wal and -shm are unlinked; readers who have them open keep them
 *   3. rename, fsync of the folder
 *   4. opened again, WAL mode
 * Killed before 3 the old view is there, after 3 the new one. A reader that comes between finds no -wal and waits, or reads the whole file (chart_sqlite_open.c).
 */
#include "chart_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_MAX (1u << 20)               /* rows of fact_at that wait: 24 MiB */
#define WORD_MAX (1u << 19)             /* words that wait: 12 MiB ... */
#define WORD_BYTES (UINT64_C(16) << 20) /* ... and their bytes */

struct at {
	uint32_t ident;
	uint64_t id;
	int64_t source_time;
};
struct word {
	uint32_t at, n, ident;
	uint64_t entry;
};
struct sql_bulk {
	struct at *at;
	size_t at_count;
	struct word *word;
	size_t word_count;
	struct buf bytes;
};

static void free_sorter(struct sqlite_store *s)
{
	if (!s->sorter)
		return;
	free(s->sorter->at);
	free(s->sorter->word);
	buf_done(&s->sorter->bytes);
	free(s->sorter);
	s->sorter = NULL;
}

static int cmp_at(const void *pa, const void *pb)
{
	const struct at *a = pa, *b = pb;
	if (a->ident != b->ident)
		return a->ident < b->ident ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int flush_at(struct sqlite_store *s, struct err *e)
{
	struct sql_bulk *k = s->sorter;
	sqlite3_stmt *st = sql_get(s, SQL_PUT_AT, e);
	if (!st)
		return e ? e->code : ERR_SYSTEM;
	qsort(k->at, k->at_count, sizeof *k->at, cmp_at);
	for (size_t i = 0; i < k->at_count; i++) {
		sqlite3_bind_int64(st, 1, k->at[i].ident);
		sqlite3_bind_int64(st, 2, (int64_t)k->at[i].id);
		sqlite3_bind_int64(st, 3, k->at[i].source_time);
		int r = sql_run(s, st, e);
		if (r < 0)
			return r;
	}
	k->at_count = 0;
	return 0;
}

static int cmp_word(const void *pa, const void *pb, void *arg)
{
	const struct word *a = pa, *b = pb;
	const uint8_t *bytes = arg;
	int r = slice_cmp(slice_of(bytes + a->at, a->n), slice_of(bytes + b->at, b->n));
	if (r)
		return r;
	if (a->ident != b->ident)
		return a->ident < b->ident ? -1 : 1;
	return a->entry < b->entry ? -1 : a->entry > b->entry;
}

static int flush_words(struct sqlite_store *s, struct err *e)
{
	struct sql_bulk *k = s->sorter;
	sqlite3_stmt *st = sql_get(s, SQL_PUT_WORD, e);
	if (!st)
		return e ? e->code : ERR_SYSTEM;
	qsort_r(k->word, k->word_count, sizeof *k->word, cmp_word, k->bytes.p);
	for (size_t i = 0; i < k->word_count; i++) {
		sqlite3_bind_blob64(st, 1, k->bytes.p + k->word[i].at, k->word[i].n, SQLITE_STATIC);
		sqlite3_bind_int64(st, 2, k->word[i].ident);
		sqlite3_bind_int64(st, 3, (int64_t)k->word[i].entry);
		int r = sql_run(s, st, e);
		if (r < 0)
			return r;
	}
	k->word_count = 0;
	buf_reset(&k->bytes);
	return 0;
}

int sql_bulk_settle(struct sqlite_store *s, struct err *e)
{
	return s->sorter->at_count ? flush_at(s, e) : 0;
}

int sql_bulk_at(struct sqlite_store *s, uint32_t ident, uint64_t id, int64_t source_time, struct err *e)
{
	struct sql_bulk *k = s->sorter;
	k->at[k->at_count++] = (struct at){ident, id, source_time};
	return k->at_count == AT_MAX ? flush_at(s, e) : 0;
}

int sql_bulk_word(struct sqlite_store *s, struct slice word, uint32_t ident, uint64_t entry, struct err *e)
{
	struct sql_bulk *k = s->sorter;
	if (k->word_count == WORD_MAX || k->bytes.n + word.n > WORD_BYTES) {
		int r = flush_words(s, e);
		if (r < 0)
			return r;
	}
	k->word[k->word_count++] = (struct word){(uint32_t)k->bytes.n, (uint32_t)word.n, ident, entry};
	buf_add_slice(&k->bytes, word);
	return buf_ok(&k->bytes) ? 0 : err_set(e, buf_code(&k->bytes), "view", "no memory for the words of a rebuild");
}

int sql_bulk_begin(struct store *base, struct err *e)
{
	struct sqlite_store *s = (struct sqlite_store *)base;
	assert(s->write && !s->bulk && !s->in_transaction);
	AUTO_BUF struct buf name = {0};
	buf_init(&name, 1 << 16);
	buf_printf(&name, "%s.new", s->path);
	free(s->bulk_path);
	s->bulk_path = strdup(buf_cstr(&name));
	struct sql_bulk *k = calloc(1, sizeof *k);
	if (!s->bulk_path || !k) {
		free(k);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	s->sorter = k;
	buf_init(&k->bytes, WORD_BYTES + 4096);
	k->at = malloc(AT_MAX * sizeof *k->at);
	k->word = malloc(WORD_MAX * sizeof *k->word);
	if (!k->at || !k->word) {
		free_sorter(s);
		return err_set(e, ERR_MEMORY, NULL, "no memory for a rebuild");
	}
	if (unlink(s->bulk_path) < 0 && errno != ENOENT) {
		free_sorter(s);
		return err_sys(e, "view", "cannot remove an unfinished rebuild");
	}
	sql_finalize(s);
	s->old = s->db;
	s->db = NULL;
	s->bulk = true;
	int rc = sqlite3_open_v2(s->bulk_path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	int r = rc == SQLITE_OK ? 0 : sql_fail(s->db, rc, e, "making a new view");
	if (r == 0) {
		char head[320];
		snprintf(head, sizeof head, "PRAGMA page_size=8192; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; PRAGMA secure_delete=OFF; PRAGMA application_id=%d; PRAGMA user_version=%d;",
		         SQLITE_VIEW_APP, SQLITE_VIEW_VERSION);
		sql_pragmas(s->db, true);
		r = sql_exec(s->db, head, e, "making a new view");
	}
	if (r == 0)
		r = sql_exec(s->db, sql_schema, e, "making a new view");
	if (r == 0)
		r = sql_exec(s->db, "BEGIN", e, "making a new view");
	if (r < 0)
		sql_bulk_drop(s);
	else
		s->in_transaction = true;
	return r;
}

/* The unfinished one goes, the old one is as it was. */
void sql_bulk_drop(struct sqlite_store *s)
{
	if (!s->bulk)
		return;
	sql_finalize(s);
	sqlite3_close(s->db);
	s->db = s->old;
	s->old = NULL;
	s->bulk = s->in_transaction = false;
	free_sorter(s);
	if (s->bulk_path)
		unlink(s->bulk_path);
}

static int finish_file(struct sqlite_store *s, struct err *e)
{
	int r = flush_at(s, e);
	if (r == 0)
		r = flush_words(s, e);
	if (r == 0)
		r = sql_exec(s->db, sql_indexes, e, "making the new view's indexes");
	if (r == 0)
		r = sql_exec(s->db, "COMMIT", e, "finishing the new view");
	if (r < 0)
		return r;
	s->in_transaction = false;
	sql_finalize(s);
	int rc = sqlite3_close(s->db);
	s->db = NULL;
	if (rc != SQLITE_OK)
		return sql_fail(NULL, rc, e, "closing the new view");
	AUTO_CLOSE int fd = open(s->bulk_path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_sys(e, "view", "cannot make the new view durable");
	struct stat st; /* whoever may read the old view may read the new one */
	if (stat(s->path, &st) == 0 && (fchmod(fd, st.st_mode & 07777) < 0 || (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) < 0)))
		return err_sys(e, "view", "cannot give the new view the old one's owner and mode");
	return 0;
}

static int unlink_beside(const char *path, const char *what, struct err *e)
{
	AUTO_BUF struct buf name = {0};
	buf_init(&name, 1 << 16);
	buf_printf(&name, "%s%s", path, what);
	return unlink(buf_cstr(&name)) < 0 && errno != ENOENT ? err_sys(e, "view", "cannot remove the old view's %s", what) : 0;
}

static int retire_old(struct sqlite_store *s, struct err *e)
{
	/* TRUNCATE waits for readers (each looks for milliseconds); what cannot be had in the time is an error, and the old view stays. */
	int rc = sqlite3_wal_checkpoint_v2(s->old, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (rc != SQLITE_OK)
		return sql_fail(s->old, rc, e, "retiring the old view");
	rc = sqlite3_close(s->old);
	s->old = NULL;
	if (rc != SQLITE_OK)
		return sql_fail(NULL, rc, e, "closing the old view");
	int r = unlink_beside(s->path, "-wal", e);
	return r < 0 ? r : unlink_beside(s->path, "-shm", e);
}

static int sync_folder(const char *path, struct err *e)
{
	AUTO_BUF struct buf dir = {0};
	buf_init(&dir, 1 << 16);
	const char *slash = strrchr(path, '/');
	buf_add(&dir, slash ? path : ".", slash ? (size_t)(slash - path) + (slash == path) : 1);
	return file_sync_dir(AT_FDCWD, buf_cstr(&dir), e);
}

int sql_bulk_end(struct store *base, struct err *e)
{
	struct sqlite_store *s = (struct sqlite_store *)base;
	assert(s->bulk);
	int r = finish_file(s, e);
	if (r == 0)
		r = retire_old(s, e);
	if (r == 0 && rename(s->bulk_path, s->path) < 0)
		r = err_sys(e, "view", "cannot put the new view in place");
	if (r == 0)
		r = sync_folder(s->path, e);
	if (r < 0) {
		sql_finalize(s);
		sqlite3_close(s->db);
		s->db = s->old;
		s->old = NULL;
		unlink(s->bulk_path);
	}
	s->bulk = s->in_transaction = false;
	free_sorter(s);
	if (!s->db) {
		struct err again = {0};
		int o = sql_connect(s, &again);
		if (r == 0 && o < 0) {
			if (e)
				*e = again;
			r = o;
		}
	}
	return r;
}
