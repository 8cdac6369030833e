/* Opening chart.db, so that reading works beside the writer, after it, and from another uid.
 *
 * The file is in WAL mode with a persistent WAL (SQLITE_FCNTL_PERSIST_WAL): chart.db-wal and -shm stay when the writer closes, so a reader who may not
 * write in the folder finds what SQLite needs:
 *   writer alive           the reader takes its place in the shared index, read-only;
 *   closed cleanly         the same files, all of the WAL already in chart.db;
 *   killed                 SQLite sees that nobody keeps the index and reads the WAL into memory of its own: every committed transaction is there.
 * Where there is no -wal (a view copied from elsewhere) nothing committed can be outside chart.db, and only then it is opened with immutable=1. Whether a -wal has
 * appeared since is asked again at every look, before anything is believed.
 * A rebuild renames a new file over the old one. A reader keeps the old one open, whole, and sees at its next look that the inode is another.
 */
#include "chart_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SNAPSHOT_PATIENCE (5 * TIME_SEC)

int sql_fail(sqlite3 *db, int rc, struct err *e, const char *doing)
{
	int sys = db ? sqlite3_system_errno(db) : 0;
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return err_set(e, ERR_MEMORY, "view", "no memory while %s", doing);
	case SQLITE_FULL:
		return err_set(e, ERR_FULL, "view", "the disk is full while %s", doing);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(e, ERR_BUSY, "view", "another process holds the view while %s", doing);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(e, ERR_CORRUPT, "view", "the view is damaged (%s): rebuild it with 'holdfast view rebuild'", sqlite3_errstr(rc));
	default:
		if (sys == ENOSPC || sys == EDQUOT)
			return err_set(e, ERR_FULL, "view", "the disk is full while %s", doing);
		return err_set(e, ERR_SYSTEM, "view", "%s: %s", doing, sqlite3_errstr(rc));
	}
}

int sql_exec(sqlite3 *db, const char *text, struct err *e, const char *doing)
{
	int rc = sqlite3_exec(db, text, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : sql_fail(db, rc, e, doing);
}

void sql_finalize(struct sqlite_store *s)
{
	for (size_t i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(s->st[i]);
		s->st[i] = NULL;
	}
}

/* SQLite's URI form escapes what would end the path. */
static char *uri_of(const char *path, const char *query)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	buf_str(&b, "file:");
	for (const char *p = path; *p; p++) {
		if (*p == '%' || *p == '?' || *p == '#')
			buf_printf(&b, "%%%02X", (unsigned char)*p);
		else
			buf_u8(&b, (uint8_t)*p);
	}
	buf_str(&b, query);
	char *uri = buf_ok(&b) ? strdup(buf_cstr(&b)) : NULL;
	buf_done(&b);
	return uri;
}

static bool has_wal(const char *path)
{
	char wal[4200];
	int n = snprintf(wal, sizeof wal, "%s-wal", path);
	struct stat st;
	return n > 0 && (size_t)n < sizeof wal && stat(wal, &st) == 0;
}

void sql_pragmas(sqlite3 *db, bool bulk)
{
	/* Failing pragmas change speed, not answers; what the answers need is checked below. */
	sqlite3_exec(db, "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF;", NULL, NULL, NULL);
	sqlite3_exec(db, bulk ? "PRAGMA cache_size=-196608" : "PRAGMA cache_size=-65536", NULL, NULL, NULL);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
}

static int number_of(sqlite3 *db, const char *pragma, int64_t *ret)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, pragma, -1, &st, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*ret = sqlite3_column_int64(st, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(st);
	return rc;
}

static int check_version(struct sqlite_store *s, struct err *e)
{
	int64_t version = 0, app = 0;
	int rc = number_of(s->db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK)
		rc = number_of(s->db, "PRAGMA application_id", &app);
	if (rc != SQLITE_OK)
		return sql_fail(s->db, rc, e, "opening the view");
	if (!s->write && !app && !version) /* empty: somebody is making it at this moment, or it was emptied */
		return err_set(e, ERR_NOT_FOUND, "view", "there is no view yet: make it with 'holdfast view rebuild'");
	if (app != SQLITE_VIEW_APP || version != SQLITE_VIEW_VERSION)
		return err_set(e, ERR_CORRUPT, "view", "the view is of another version (%lld, this program writes %d): rebuild it with 'holdfast view rebuild'", (long long)version, SQLITE_VIEW_VERSION);
	return 0;
}

static int persist_wal(sqlite3 *db)
{
	int on = 1;
	return sqlite3_file_control(db, NULL, SQLITE_FCNTL_PERSIST_WAL, &on);
}

static int connect_writer(struct sqlite_store *s, struct err *e)
{
	int rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return sql_fail(s->db, rc, e, "opening the view for writing");
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, 10000);
	int64_t version = 0, pages = 0;
	sqlite3_exec(s->db, "PRAGMA page_size=8192", NULL, NULL, NULL);
	rc = number_of(s->db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK)
		rc = number_of(s->db, "PRAGMA page_count", &pages);
	if (rc != SQLITE_OK)
		return sql_fail(s->db, rc, e, "opening the view");
	int r = sql_exec(s->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=2000; PRAGMA journal_size_limit=67108864;", e, "opening the view");
	if (r < 0)
		return r;
	rc = persist_wal(s->db);
	if (rc != SQLITE_OK)
		return sql_fail(s->db, rc, e, "keeping the view's WAL");
	sql_pragmas(s->db, false);
	if (pages == 0 || version == 0) {
		char head[160];
		snprintf(head, sizeof head, "BEGIN IMMEDIATE; PRAGMA application_id=%d; PRAGMA user_version=%d;", SQLITE_VIEW_APP, SQLITE_VIEW_VERSION);
		r = sql_exec(s->db, head, e, "making the view");
		if (r == 0)
			r = sql_exec(s->db, sql_schema, e, "making the view");
		if (r == 0)
			r = sql_exec(s->db, sql_indexes, e, "making the view");
		if (r == 0)
			r = sql_exec(s->db, "COMMIT", e, "making the view");
		if (r < 0)
			return r;
	}
	return check_version(s, e);
}

static int connect_reader(struct sqlite_store *s, struct err *e)
{
	s->immutable = false;
	for (int attempt = 0;; attempt++) {
		bool wal = has_wal(s->path);
		char *uri = uri_of(s->path, wal ? "?mode=ro" : "?mode=ro&immutable=1");
		if (!uri)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		int rc = sqlite3_open_v2(uri, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
		free(uri);
		if (rc == SQLITE_OK) {
			sqlite3_extended_result_codes(s->db, 1);
			sqlite3_busy_timeout(s->db, 5000);
			/* the schema and the versions in one snapshot: it is taken here or not at all (see take_snapshot) */
			rc = sqlite3_exec(s->db, "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
		}
		if (rc == SQLITE_OK && wal == has_wal(s->path)) {
			s->immutable = !wal;
			break;
		}
		/* In the instant in which a rebuilt view takes the old one's place its -wal is not there yet, or not readable yet. */
		if (attempt == 40) {
			int r = rc == SQLITE_OK ? err_set(e, ERR_BUSY, "view", "the view is being replaced: try again") : sql_fail(s->db, rc, e, "opening the view");
			sqlite3_close(s->db);
			s->db = NULL;
			return r;
		}
		sqlite3_close(s->db);
		s->db = NULL;
		usleep(25000);
	}
	sql_pragmas(s->db, false);
	int r = check_version(s, e);
	sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	return r;
}

int sql_connect(struct sqlite_store *s, struct err *e)
{
	struct stat st;
	if (!s->write && stat(s->path, &st) < 0)
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, "view", "there is no view yet: import something, or 'holdfast view rebuild'") : err_sys(e, "view", "cannot look at the view");
	if (!s->write) { /* before opening: if it is replaced in between, the next look sees it */
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
	int r = s->write ? connect_writer(s, e) : connect_reader(s, e);
	if (r < 0 && s->db) {
		sqlite3_close(s->db);
		s->db = NULL;
	}
	return r;
}

/* One snapshot from here on. A reader that may not write the WAL's index (the web role, by design) can meet the writer in two moments that SQLite does not wait out for it, as it does for others
 * (3.40.1, wal.c), and then says "readonly":
 *   SQLITE_READONLY_RECOVERY   the index's two headers differ, because a commit came between our reading the one and the other; by the time we ask for the writer's lock it is free again, and SQLite
 *                              takes that for an index that nobody looks after (walIndexReadHdr)
 *   SQLITE_READONLY_CANTINIT   the WAL is begun again: the header says so already, the read marks are still those of the old one (walRestartHdr, walTryBeginRead)
 * Both are over within microseconds. 200 wards reading met them a few times in an hour. */
static int take_snapshot(sqlite3_stmt *q)
{
	for (int64_t until = time_monotonic() + SNAPSHOT_PATIENCE;; usleep(1000)) {
		int rc = sqlite3_step(q);
		sqlite3_reset(q);
		if (rc == SQLITE_ROW || rc == SQLITE_DONE)
			return SQLITE_OK;
		if ((rc & 0xff) != SQLITE_READONLY || time_monotonic() > until)
			return rc;
	}
}

/* The reader's look: the file is still the one in place, and everything until look_done is one snapshot. */
int sql_look(struct store *base, bool *ret_changed, struct err *e)
{
	struct sqlite_store *s = (struct sqlite_store *)base;
	bool changed = false;
	if (s->write || s->looking) {
		*ret_changed = false;
		return 0;
	}
	struct stat st;
	bool there = stat(s->path, &st) == 0;
	if (!s->db || (there && (st.st_dev != s->dev || st.st_ino != s->ino)) || (s->immutable && has_wal(s->path))) {
		sql_finalize(s);
		sqlite3_close(s->db);
		s->db = NULL;
		int r = sql_connect(s, e);
		if (r < 0)
			return r;
		changed = true;
	}
	sqlite3_stmt *q = sql_get(s, SQL_LOOK, e);
	sqlite3_stmt *first = sql_get(s, SQL_SNAPSHOT, e);
	if (!q || !first)
		return e ? e->code : ERR_SYSTEM;
	int r = sql_run(s, q, e);
	if (r < 0)
		return r;
	int rc = take_snapshot(first);
	if (rc != SQLITE_OK) {
		r = sql_fail(s->db, rc, e, "reading the view");
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return r;
	}
	s->looking = true;
	*ret_changed = changed;
	return 0;
}

void sql_look_done(struct store *base)
{
	struct sqlite_store *s = (struct sqlite_store *)base;
	if (!s->looking)
		return;
	s->looking = false;
	sqlite3_stmt *q = sql_get(s, SQL_COMMIT, NULL);
	if (q)
		sqlite3_step(q), sqlite3_reset(q);
}
