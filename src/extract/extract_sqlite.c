/* SQLite: each table as a list, its columns by their names, BLOBs that are files as members.
 *
 * The library reads through a file system of ours that knows one descriptor and can neither write nor open anything: so there is no journal, no lock, no temporary file, and nothing for a hostile schema to reach. What it says of write-ahead
 * logging (file format 2) is read as if it did not: the log beside a database is a file of its own, and the database without it is as it was at its last checkpoint. Views, triggers and virtual tables are not run. In the child. */
#include "extract_csv.h"
#include "extract_values.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLES_MAX 4096
#define BLOB_MAX ((size_t)256 << 20)

/* ---- a file that can be read ---- */

struct handle {
	sqlite3_file base;
	int fd;
};

static int h_close(sqlite3_file *f)
{
	return SQLITE_OK;
}

static int h_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	struct handle *h = (struct handle *)f;
	uint8_t *p = to;
	int have = 0;
	while (have < n) {
		ssize_t got = pread(h->fd, p + have, (size_t)(n - have), at + have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return SQLITE_IOERR_READ;
		if (got == 0)
			break;
		have += (int)got;
	}
	if (have < n)
		memset(p + have, 0, (size_t)(n - have));
	/* bytes 18 and 19: 2 is write-ahead logging, which would ask for shared memory */
	for (sqlite3_int64 i = 18; i < 20; i++)
		if (i >= at && i < at + have && p[i - at] == 2)
			p[i - at] = 1;
	return have < n ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int h_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	return SQLITE_READONLY;
}

static int h_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return SQLITE_READONLY;
}

static int h_number(sqlite3_file *f, int n) /* sync, lock, unlock */
{
	return SQLITE_OK;
}

static int h_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	struct stat st;
	if (fstat(((struct handle *)f)->fd, &st) < 0)
		return SQLITE_IOERR_FSTAT;
	*ret = st.st_size;
	return SQLITE_OK;
}

static int h_reserved(sqlite3_file *f, int *ret)
{
	*ret = 0;
	return SQLITE_OK;
}

static int h_control(sqlite3_file *f, int op, void *arg)
{
	return SQLITE_NOTFOUND;
}

static int h_sector(sqlite3_file *f)
{
	return 4096;
}

static int h_traits(sqlite3_file *f)
{
	return SQLITE_IOCAP_IMMUTABLE;
}

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	static const sqlite3_io_methods methods = {.iVersion = 1, .xClose = h_close, .xRead = h_read, .xWrite = h_write, .xTruncate = h_truncate, .xSync = h_number, .xFileSize = h_size, .xLock = h_number, .xUnlock = h_number,
		.xCheckReservedLock = h_reserved, .xFileControl = h_control, .xSectorSize = h_sector, .xDeviceCharacteristics = h_traits};
	struct handle *h = (struct handle *)f;
	*h = (struct handle){.base.pMethods = NULL, .fd = -1};
	if (!(flags & SQLITE_OPEN_MAIN_DB))
		return SQLITE_CANTOPEN;
	h->base.pMethods = &methods;
	h->fd = *(const int *)v->pAppData;
	if (ret_flags)
		*ret_flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
	return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync)
{
	return SQLITE_IOERR_DELETE;
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *ret)
{
	*ret = 0;
	return SQLITE_OK;
}

static int v_path(sqlite3_vfs *v, const char *name, int n, char *out)
{
	sqlite3_snprintf(n, out, "%s", name);
	return SQLITE_OK;
}

static int v_random(sqlite3_vfs *v, int n, char *out)
{
	memset(out, 0, (size_t)n); /* names of temporary files, of which there are none */
	return n;
}

static int v_sleep(sqlite3_vfs *v, int us)
{
	return 0;
}

static int v_time(sqlite3_vfs *v, double *ret)
{
	*ret = 2440587.5; /* no clock: what a generated column makes of it is nobody's data */
	return SQLITE_OK;
}

static int v_error(sqlite3_vfs *v, int n, char *out)
{
	return 0;
}

/* ---- tables ---- */

struct reader {
	sqlite3 *db;
	const struct extract_out *o;
	struct err *e;
	struct slice *field;
};

/* Text is text, a BLOB of a known type a member, one that is UTF-8 text, others a trouble once a table. */
static int blob(struct reader *x, const struct extract_out *o, const struct list *l, int column, struct slice v, struct slice *ret, bool *opaque)
{
	char name[128];
	*ret = SLICE_NULL;
	if (utf8_valid(v) && !memchr(v.p, 0, v.n)) {
		*ret = v;
		return 0;
	}
	int type = extract_type(v, true, SLICE_NULL);
	if (type == CONTENT_UNKNOWN || type == CONTENT_TEXT || v.n > BLOB_MAX) {
		*opaque = true;
		return extract_strings(v, o, x->e);
	}
	struct slice c = l->columns[column].name;
	int n = snprintf(name, sizeof name, "%.*s", c.n < 100 ? (int)c.n : 100, (const char *)c.p);
	return extract_member(o, slice_of(name, (size_t)n), v, x->e);
}

static int row(struct reader *x, const struct extract_out *o, struct list *l, sqlite3_stmt *s, int columns, uint64_t number, bool *opaque)
{
	int r = 0;
	bool blobs = false;
	for (int i = 0; i < columns; i++) {
		int type = sqlite3_column_type(s, i);
		const void *p = NULL;
		blobs |= type == SQLITE_BLOB;
		if (type != SQLITE_NULL && type != SQLITE_BLOB)
			p = sqlite3_column_text(s, i);
		x->field[i] = p ? slice_trim(slice_of(p, (size_t)sqlite3_column_bytes(s, i))) : SLICE_NULL;
		if (p && !utf8_valid(x->field[i]))
			x->field[i].n = utf8_valid_prefix(x->field[i]);
	}
	r = extract_list_row(l, x->field, (size_t)columns, NULL, NULL, number, x->e);
	for (int i = 0; i < columns && blobs && r == 0; i++)
		if (sqlite3_column_type(s, i) == SQLITE_BLOB) {
			struct slice text;
			r = blob(x, o, l, i, slice_of(sqlite3_column_blob(s, i), (size_t)sqlite3_column_bytes(s, i)), &text, opaque);
			if (r == 0 && text.n)
				r = extract_put_field(o, extract_value_role(l->columns[i].role, text), l->columns[i].who, l->columns[i].name, text, number, x->e);
		}
	return r;
}

static int rows(struct reader *x, const struct extract_out *o, sqlite3_stmt *s)
{
	struct list l;
	int columns = sqlite3_column_count(s), r, step = SQLITE_DONE;
	bool opaque = false;
	if (columns <= 0 || columns > EXTRACT_COLUMNS_MAX)
		return 0;
	extract_list_init(&l, o);
	for (int i = 0; i < columns; i++) {
		x->field[i] = slice_str(sqlite3_column_name(s, i));
		x->field[i].n = utf8_valid_prefix(x->field[i]);
	}
	r = extract_list_header(&l, x->field, (size_t)columns, x->e);
	for (uint64_t n = 0; r == 0 && (step = sqlite3_step(s)) == SQLITE_ROW; n++)
		r = row(x, o, &l, s, columns, n, &opaque);
	extract_list_done(&l);
	if (r == 0 && step != SQLITE_DONE)
		extract_tell(o, EXTRACT_BROKEN, "a table cannot be read to its end (%s); the rows before were", sqlite3_errstr(sqlite3_errcode(x->db)));
	if (r == 0 && opaque)
		extract_tell(o, EXTRACT_UNKNOWN, "values in it are bytes of no type that is known here; the runs of text in them were told");
	return r;
}

static int table(struct reader *x, const char *name)
{
	char path[EXTRACT_MEMBER_MAX];
	struct extract_out part;
	sqlite3_stmt *s = NULL;
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", name);
	int r = sql ? extract_part(x->o, slice_str(name), "table", path, &part, x->e) : err_set(x->e, ERR_MEMORY, NULL, "no memory to read a database in");
	if (r == 0) {
		if (sqlite3_prepare_v2(x->db, sql, -1, &s, NULL) == SQLITE_OK)
			r = rows(x, &part, s);
		else
			extract_tell(&part, EXTRACT_BROKEN, "a table cannot be read (%s)", sqlite3_errstr(sqlite3_errcode(x->db)));
	}
	sqlite3_finalize(s);
	sqlite3_free(sql);
	return r;
}

/* Only to read, and only what a SELECT of a table needs: a schema is a stranger's. */
static int allowed(void *arg, int action, const char *a, const char *b, const char *c, const char *d)
{
	return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ? SQLITE_OK : SQLITE_DENY;
}

static int tables(struct reader *x)
{
	char *names[TABLES_MAX];
	size_t n = 0, more = 0;
	sqlite3_stmt *s = NULL;
	int r = 0, step = SQLITE_ERROR;
	if (sqlite3_prepare_v2(x->db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY rowid", -1, &s, NULL) == SQLITE_OK)
		while ((step = sqlite3_step(s)) == SQLITE_ROW) {
			const char *name = (const char *)sqlite3_column_text(s, 0);
			if (n < TABLES_MAX && name && (names[n] = strdup(name)))
				n++;
			else
				more++;
		}
	if (step != SQLITE_DONE)
		extract_tell(x->o, step == SQLITE_NOTADB ? EXTRACT_SEALED : EXTRACT_BROKEN, step == SQLITE_NOTADB ? "a database that is encrypted, or none" : "a database whose tables cannot be listed (%s)", sqlite3_errstr(sqlite3_errcode(x->db)));
	sqlite3_finalize(s);
	if (more)
		extract_tell(x->o, EXTRACT_LIMIT, "%zu of its tables were not read", more);
	for (size_t i = 0; i < n; i++) {
		if (r == 0)
			r = table(x, names[i]);
		free(names[i]);
	}
	return r;
}

int extract_sqlite(int fd, const struct extract_out *o, struct err *e)
{
	char vfs_name[40];
	int r = 0;
	snprintf(vfs_name, sizeof vfs_name, "holdfast-extract-%p", (void *)&fd); /* one each: two threads may read two databases */
	sqlite3_vfs vfs = {.iVersion = 1, .szOsFile = sizeof(struct handle), .mxPathname = 64, .zName = vfs_name, .pAppData = &fd, .xOpen = v_open, .xDelete = v_delete, .xAccess = v_access, .xFullPathname = v_path, .xRandomness = v_random,
		.xSleep = v_sleep, .xCurrentTime = v_time, .xGetLastError = v_error};
	struct reader x = {.o = o, .e = e, .field = calloc(EXTRACT_COLUMNS_MAX, sizeof *x.field)};
	if (!x.field || sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) {
		free(x.field);
		return err_set(e, ERR_MEMORY, NULL, "no memory to read a database in");
	}
	if (sqlite3_open_v2("db", &x.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_PRIVATECACHE, vfs_name) == SQLITE_OK) {
		sqlite3_db_config(x.db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(x.db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		sqlite3_db_config(x.db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
		sqlite3_db_config(x.db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
		sqlite3_limit(x.db, SQLITE_LIMIT_ATTACHED, 0);
		sqlite3_limit(x.db, SQLITE_LIMIT_EXPR_DEPTH, 100);
		sqlite3_set_authorizer(x.db, allowed, NULL);
		r = tables(&x);
	} else {
		extract_tell(o, EXTRACT_BROKEN, "a database that cannot be opened");
	}
	sqlite3_close(x.db);
	sqlite3_vfs_unregister(&vfs);
	free(x.field);
	return r;
}
