/* The store: one SQLite file, of format 1. application_id 0x48465247 ("HFRG"), user_version 1.
 *
 *   import       id, source, view, as_of_from: numbers of the enums; as_of, newest, oldest: days since 1970, NULL: none; rows, unread; file; sha256 (unique); entry (NULL: none), time (ns); warnings (JSON)
 *   revision     id, incident; the row's cells as they are shown; persons, submitted ... NULL: not said; associate NULL, 0, 1. Never changed once written
 *   description  revision, text: apart, so that figures do not read it
 *   seen         import, line, revision, view, raw (NULL: as it is shown): every row of every import
 *   merge        import, from_incident, into_incident, why
 *   perhaps      the same, of what is not sure. Not there before something is
 *
 * Written by registry_add alone, an import a transaction: a rollback journal and synchronous=FULL, so that it is there whole after a power cut, or as it was before. */
#include "registry_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define APPLICATION 0x48465247
#define FORMAT 1

static const char schema[] =
	"CREATE TABLE import(id INTEGER PRIMARY KEY, source INT NOT NULL, view INT NOT NULL, as_of_from INT NOT NULL, as_of INT, newest INT, oldest INT, rows INT NOT NULL, unread INT NOT NULL, file TEXT NOT NULL, sha256 BLOB NOT NULL UNIQUE, entry INT, time INT NOT NULL, warnings TEXT NOT NULL);"
	"CREATE TABLE revision(id INTEGER PRIMARY KEY, incident INT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, entity_type TEXT NOT NULL, persons INT, submitted INT, type TEXT NOT NULL, location TEXT NOT NULL, associate INT, aware INT, notified INT, began INT, ended INT);"
	"CREATE TABLE description(revision INTEGER PRIMARY KEY, text TEXT NOT NULL);"
	"CREATE TABLE seen(import INT NOT NULL, line INT NOT NULL, revision INT NOT NULL, view INT NOT NULL, raw BLOB, PRIMARY KEY(import, line)) WITHOUT ROWID;"
	"CREATE TABLE merge(import INT NOT NULL, from_incident INT NOT NULL, into_incident INT NOT NULL, why TEXT NOT NULL);"
	"PRAGMA application_id = 1212568135; PRAGMA user_version = 1;";

void registry_stmt_cleanup(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}

int registry_done(struct registry *r, int rc, struct err *e)
{
	if (rc == SQLITE_DONE || rc == SQLITE_OK || rc == SQLITE_ROW)
		return 0;
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(e, ERR_BUSY, r->path, "somebody else writes in it; try again");
	case SQLITE_FULL:
		return err_set(e, ERR_FULL, r->path, "the disk is full: nothing of this import was kept");
	case SQLITE_NOMEM:
		return err_set(e, ERR_MEMORY, r->path, "no memory");
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return err_set(e, ERR_DENIED, r->path, "it may not be written");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(e, ERR_CORRUPT, r->path, "it is damaged, or no registry: import the lists again into a new file");
	default:
		return err_set(e, ERR_SYSTEM, r->path, "%s", sqlite3_errmsg(r->db));
	}
}

int registry_exec(struct registry *r, const char *sql, struct err *e)
{
	return registry_done(r, sqlite3_exec(r->db, sql, NULL, NULL, NULL), e);
}

int registry_prepare(struct registry *r, const char *sql, sqlite3_stmt **ret, struct err *e)
{
	return registry_done(r, sqlite3_prepare_v2(r->db, sql, -1, ret, NULL), e);
}

void registry_bind(sqlite3_stmt *s, int i, struct slice v)
{
	sqlite3_bind_text64(s, i, v.n ? (const char *)v.p : "", v.n, SQLITE_STATIC, SQLITE_UTF8);
}

void registry_bind_day(sqlite3_stmt *s, int i, int32_t day)
{
	if (day == REGISTRY_NO_DAY)
		sqlite3_bind_null(s, i);
	else
		sqlite3_bind_int(s, i, day);
}

static int number(struct registry *r, const char *sql, int64_t *ret, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	int c = registry_prepare(r, sql, &s, e), rc;
	if (c < 0)
		return c;
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(s, 0);
	return rc == SQLITE_ROW ? 0 : registry_done(r, rc == SQLITE_DONE ? SQLITE_CORRUPT : rc, e);
}

static int check(struct registry *r, bool made, struct err *e)
{
	int64_t app = 0, version = 0, tables = 0;
	int c = number(r, "PRAGMA application_id", &app, e);
	if (c == 0)
		c = number(r, "PRAGMA user_version", &version, e);
	if (c == 0)
		c = number(r, "SELECT count(*) FROM sqlite_schema", &tables, e);
	if (c == 0 && app == 0 && version == 0 && tables == 0 && made) {
		c = registry_exec(r, "BEGIN IMMEDIATE", e);
		if (c == 0)
			c = registry_exec(r, schema, e);
		if (c == 0)
			c = registry_exec(r, "COMMIT", e);
		return c;
	}
	if (c < 0)
		return c;
	if (app != APPLICATION)
		return err_set(e, ERR_CORRUPT, r->path, "%s", tables ? "it is a database, and no registry" : "there is nothing in it yet: holdfast registry import comes first");
	return version == FORMAT ? 0 : err_set(e, ERR_CORRUPT, r->path, "it was written by a later version of holdfast (format %lld)", (long long)version);
}

int registry_open(const char *path, enum registry_mode mode, struct registry **ret, struct err *e)
{
	struct registry *r = calloc(1, sizeof *r);
	bool memory = !strcmp(path, ":memory:");
	if (!r || !(r->path = strdup(path))) {
		free(r);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	r->write = mode == REGISTRY_WRITE;
	/* who reads may have to roll back what a killed import left: where the file may be written it is opened so */
	int flags = r->write || memory ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : access(path, W_OK) == 0 ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, c = 0;
	if (!r->write && !memory && access(path, F_OK) < 0)
		c = err_set(e, ERR_NOT_FOUND, path, "there is no registry: holdfast registry import makes it");
	else if (sqlite3_open_v2(path, &r->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		c = err_set(e, ERR_SYSTEM, path, "cannot open: %s", r->db ? sqlite3_errmsg(r->db) : "no memory");
	if (c == 0) {
		sqlite3_busy_timeout(r->db, 10000);
		sqlite3_extended_result_codes(r->db, 1);
		c = registry_exec(r, "PRAGMA trusted_schema=OFF; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456; PRAGMA page_size=16384", e);
	}
	if (c == 0)
		c = check(r, r->write || memory, e);
	if (c < 0) {
		registry_close(r);
		return c;
	}
	*ret = r;
	return 0;
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	sqlite3_close(r->db);
	free(r->path);
	free(r);
}

/* ---- loading ---- */

static struct slice text(sqlite3_stmt *s, int i, struct arena *a, bool *bad)
{
	const void *p = sqlite3_column_blob(s, i);
	int n = sqlite3_column_bytes(s, i);
	struct slice v = n > 0 && p ? arena_dup(a, slice_of(p, (size_t)n)) : SLICE_NULL;
	*bad |= n > 0 && !v.p;
	return v;
}

static int32_t day(sqlite3_stmt *s, int i)
{
	if (sqlite3_column_type(s, i) == SQLITE_NULL)
		return REGISTRY_NO_DAY;
	int64_t v = sqlite3_column_int64(s, i);
	return v < -100000 || v > 200000 ? REGISTRY_NO_DAY : (int32_t)v;
}

static int count(struct registry *r, const char *sql, size_t *ret, struct err *e)
{
	int64_t n = 0;
	int c = number(r, sql, &n, e);
	if (c == 0 && (n < 0 || n > 50000000))
		return err_set(e, ERR_CORRUPT, r->path, "it is damaged: import the lists again into a new file");
	*ret = (size_t)n;
	return c;
}

static int no_room(struct registry *r, struct arena *a, struct err *e)
{
	return err_set(e, arena_code(a) ? arena_code(a) : ERR_MEMORY, r->path, "no room for all that is in it");
}

static int broken(struct registry *r, struct err *e)
{
	return err_set(e, ERR_CORRUPT, r->path, "it is damaged: its parts do not fit each other. Import the lists again into a new file");
}

static int load_imports(struct registry *r, struct arena *a, struct registry_all *all, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	bool bad = false;
	size_t n;
	int c = count(r, "SELECT count(*) FROM import", &n, e), rc = SQLITE_DONE;
	if (c == 0)
		c = registry_prepare(r, "SELECT id, source, view, as_of_from, as_of, newest, oldest, rows, unread, file, sha256, entry, time, warnings FROM import ORDER BY ifnull(as_of, -100000), id", &s, e);
	if (c < 0)
		return c;
	if (!(all->import = arena_array(a, n + 1, sizeof *all->import)))
		return no_room(r, a, e);
	while (all->import_n < n && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct registry_import *i = &all->import[all->import_n++];
		*i = (struct registry_import){.id = (uint32_t)sqlite3_column_int64(s, 0), .source = (enum registry_source)(sqlite3_column_int(s, 1) % REGISTRY_SOURCES), .view = (enum registry_view)(sqlite3_column_int(s, 2) & 3), .as_of_from = (enum registry_as_of)sqlite3_column_int(s, 3), .as_of = day(s, 4), .newest = day(s, 5), .oldest = day(s, 6),
			.rows = (uint32_t)sqlite3_column_int64(s, 7), .unread = (uint32_t)sqlite3_column_int64(s, 8), .file = text(s, 9, a, &bad), .entry = sqlite3_column_type(s, 11) == SQLITE_NULL ? UINT64_MAX : (uint64_t)sqlite3_column_int64(s, 11), .time = sqlite3_column_int64(s, 12), .warnings = text(s, 13, a, &bad)};
		if (sqlite3_column_bytes(s, 10) == 32)
			memcpy(i->sha256, sqlite3_column_blob(s, 10), 32);
		if ((int)i->source < 0)
			i->source = REGISTRY_OTHER;
	}
	return bad ? no_room(r, a, e) : registry_done(r, rc, e);
}

/* The same words again and again (states, types, locations): kept once, as far as a small table holds them, so that who counts compares places before letters, and memory is touched once. */
struct words {
	struct slice v[512];
};

static struct slice word(sqlite3_stmt *s, int i, struct words *w, struct arena *a, bool *bad)
{
	const uint8_t *p = sqlite3_column_blob(s, i);
	int n = sqlite3_column_bytes(s, i);
	uint32_t h = (uint32_t)n;
	if (n <= 0 || !p)
		return SLICE_NULL;
	for (int k = 0; k < n; k++)
		h = (h ^ p[k]) * 16777619u;
	struct slice *kept = &w->v[(h ^ h >> 16) % ARRAY_LEN(w->v)], is = slice_of(p, (size_t)n);
	if (!slice_eq(*kept, is)) {
		*kept = arena_dup(a, is);
		*bad |= !kept->p;
	}
	return *kept;
}

static struct registry_revision revision_of(sqlite3_stmt *s, struct words *w, struct arena *a, bool *bad)
{
	bool persons = sqlite3_column_type(s, 5) != SQLITE_NULL, associate = sqlite3_column_type(s, 9) != SQLITE_NULL;
	return (struct registry_revision){.incident = (uint32_t)sqlite3_column_int64(s, 1),
		.row = {.name = text(s, 2, a, bad), .state = word(s, 3, w, a, bad), .entity_type = word(s, 4, w, a, bad), .persons = persons ? (uint64_t)sqlite3_column_int64(s, 5) : 0, .persons_known = persons, .submitted = day(s, 6), .type = word(s, 7, w, a, bad),
			.location = word(s, 8, w, a, bad), .associate_known = associate, .associate = associate && sqlite3_column_int(s, 9) != 0, .aware = day(s, 10), .notified = day(s, 11), .began = day(s, 12), .ended = day(s, 13)}};
}

/* Rows come by id; by incident is wanted, and ids in order within one. id: of each row as it came. place: of each id, UINT32_MAX where there is none. Most stand where they belong, so they are moved in place and not copied. */
static int by_incident(struct registry *r, struct arena *a, struct registry_all *all, const uint32_t *id, uint32_t *place, struct err *e)
{
	struct registry_revision *v = all->revision;
	uint32_t *next = arena_array(a, all->incidents + 2u, sizeof *next), *to = arena_array(a, all->revision_n + 1, sizeof *to);
	if (!next || !to)
		return no_room(r, a, e);
	for (size_t i = 0; i < all->revision_n; i++)
		next[v[i].incident + 1]++;
	for (uint32_t i = 1; i <= all->incidents + 1; i++)
		next[i] += next[i - 1];
	for (size_t i = 0; i < all->revision_n; i++)
		place[id[i]] = to[i] = next[v[i].incident]++;
	for (uint32_t i = 0; i < all->revision_n; i++)
		while (to[i] != i) {
			uint32_t k = to[i];
			struct registry_revision there = v[k];
			v[k] = v[i];
			v[i] = there;
			to[i] = to[k];
			to[k] = k;
		}
	return 0;
}

static int load_revisions(struct registry *r, struct arena *a, struct registry_all *all, uint32_t **ret_place, size_t *ret_ids, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	bool bad = false;
	size_t n = 0, top = 0;
	int c = count(r, "SELECT count(*) FROM revision", &n, e), rc = SQLITE_DONE;
	if (c == 0)
		c = count(r, "SELECT ifnull(max(id), 0) FROM revision", &top, e);
	if (c == 0)
		c = registry_prepare(r, "SELECT id, incident, name, state, entity_type, persons, submitted, type, location, associate, aware, notified, began, ended FROM revision ORDER BY id", &s, e);
	if (c < 0)
		return c;
	uint32_t *place = arena_array(a, top + 1, sizeof *place), *id = arena_array(a, n + 1, sizeof *id);
	struct words *words = arena_alloc(a, sizeof *words);
	all->revision = arena_array(a, n + 1, sizeof *all->revision);
	if (!place || !id || !words || !all->revision)
		return no_room(r, a, e);
	memset(place, 0xff, (top + 1) * sizeof *place);
	while (all->revision_n < n && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		int64_t is = sqlite3_column_int64(s, 0), incident = sqlite3_column_int64(s, 1);
		size_t i = all->revision_n++;
		if (is < 1 || (uint64_t)is > top || incident < 1 || incident > 50000000)
			return broken(r, e);
		id[i] = (uint32_t)is;
		all->revision[i] = revision_of(s, words, a, &bad);
		all->incidents = all->revision[i].incident > all->incidents ? all->revision[i].incident : all->incidents;
	}
	*ret_place = place;
	*ret_ids = top;
	c = bad ? no_room(r, a, e) : registry_done(r, rc, e);
	return c < 0 ? c : by_incident(r, a, all, id, place, e);
}

static int load_seen(struct registry *r, struct arena *a, struct registry_all *all, const uint32_t *place, size_t ids, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	size_t n;
	int c = count(r, "SELECT count(*) FROM seen", &n, e);
	if (c == 0)
		c = registry_prepare(r, "SELECT revision, view FROM seen WHERE import = ?1 ORDER BY line", &s, e);
	if (c < 0)
		return c;
	if (!(all->seen = arena_array(a, n + 1, sizeof *all->seen)))
		return no_room(r, a, e);
	for (uint32_t i = 0; i < all->import_n; i++) {
		int rc = SQLITE_DONE;
		sqlite3_reset(s);
		sqlite3_bind_int64(s, 1, all->import[i].id);
		while (all->seen_n < n && (rc = sqlite3_step(s)) == SQLITE_ROW) {
			int64_t id = sqlite3_column_int64(s, 0);
			if (id < 1 || (uint64_t)id > ids || place[id] == UINT32_MAX)
				return broken(r, e);
			all->seen[all->seen_n++] = (struct registry_seen){i, place[id], (uint8_t)(sqlite3_column_int(s, 1) & 3)};
		}
		c = registry_done(r, rc, e);
		if (c < 0)
			return c;
	}
	return 0;
}

static int load_merges(struct registry *r, struct arena *a, struct registry_all *all, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	bool bad = false;
	size_t n;
	int64_t guesses = 0;
	int c = number(r, "SELECT count(*) FROM sqlite_schema WHERE name = 'perhaps'", &guesses, e), rc = SQLITE_DONE;
	if (c == 0)
		c = count(r, guesses ? "SELECT (SELECT count(*) FROM merge) + (SELECT count(*) FROM perhaps)" : "SELECT count(*) FROM merge", &n, e);
	if (c == 0)
		c = registry_prepare(r, guesses ? "SELECT import, from_incident, into_incident, why, 0 FROM merge UNION ALL SELECT import, from_incident, into_incident, why, 1 FROM perhaps ORDER BY 1, 2, 3" : "SELECT import, from_incident, into_incident, why, 0 FROM merge ORDER BY 1, 2, 3", &s, e);
	if (c < 0)
		return c;
	if (!(all->merge = arena_array(a, n + 1, sizeof *all->merge)))
		return no_room(r, a, e);
	while (all->merge_n < n && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		int64_t from = sqlite3_column_int64(s, 1), into = sqlite3_column_int64(s, 2);
		uint32_t i = 0;
		while (i < all->import_n && all->import[i].id != sqlite3_column_int64(s, 0))
			i++;
		if (i == all->import_n || from < 1 || into < 1 || from > all->incidents || into > all->incidents)
			return broken(r, e);
		all->merge[all->merge_n++] = (struct registry_merge){i, (uint32_t)from, (uint32_t)into, sqlite3_column_int(s, 4) != 0, text(s, 3, a, &bad)};
	}
	return bad ? no_room(r, a, e) : registry_done(r, rc, e);
}

int registry_imports(struct registry *r, struct arena *a, struct registry_all *ret, struct err *e)
{
	struct registry_all all = {0};
	int c = load_imports(r, a, &all, e);
	if (c == 0)
		*ret = all;
	return c;
}

int registry_load(struct registry *r, struct arena *a, struct registry_all *ret, struct err *e)
{
	struct registry_all all = {0};
	uint32_t *place = NULL;
	size_t ids = 0;
	bool own = sqlite3_get_autocommit(r->db);
	int c = own ? registry_exec(r, "BEGIN", e) : 0; /* one state of it, whoever writes meanwhile */
	if (c == 0)
		c = load_imports(r, a, &all, e);
	if (c == 0)
		c = load_revisions(r, a, &all, &place, &ids, e);
	if (c == 0)
		c = load_seen(r, a, &all, place, ids, e);
	if (c == 0)
		c = load_merges(r, a, &all, e);
	if (own)
		sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL);
	if (c == 0)
		*ret = all;
	return c;
}

/* The id of a revision: ids are given in order, places by incident; so it is looked for by what load orders by. */
static int id_at(struct registry *r, size_t place, int64_t *ret, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	int c = registry_prepare(r, "SELECT id FROM revision ORDER BY incident, id LIMIT 1 OFFSET ?1", &s, e), rc;
	if (c < 0)
		return c;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)place);
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(s, 0);
	return rc == SQLITE_ROW ? 0 : rc == SQLITE_DONE ? err_set(e, ERR_NOT_FOUND, r->path, "there is no such revision") : registry_done(r, rc, e);
}

int registry_description(struct registry *r, const struct registry_all *all, size_t revision, struct arena *a, struct slice *ret, struct slice *ret_raw, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	struct slice d, raw;
	bool bad = false;
	int64_t id = 0;
	if (revision >= all->revision_n)
		return err_set(e, ERR_NOT_FOUND, r->path, "there is no such revision");
	int c = id_at(r, revision, &id, e), rc;
	if (c == 0)
		c = registry_prepare(r, "SELECT (SELECT text FROM description WHERE revision = ?1), (SELECT raw FROM seen WHERE revision = ?1 AND raw IS NOT NULL ORDER BY import LIMIT 1)", &s, e);
	if (c < 0)
		return c;
	sqlite3_bind_int64(s, 1, id);
	rc = sqlite3_step(s);
	if (rc != SQLITE_ROW)
		return registry_done(r, rc == SQLITE_DONE ? SQLITE_CORRUPT : rc, e);
	d = text(s, 0, a, &bad);
	raw = text(s, 1, a, &bad);
	if (bad)
		return no_room(r, a, e);
	*ret = d;
	*ret_raw = raw;
	return 0;
}

int registry_has(struct registry *r, const uint8_t sha256[32], bool *ret, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	int c = registry_prepare(r, "SELECT 1 FROM import WHERE sha256 = ?1", &s, e), rc;
	if (c < 0)
		return c;
	sqlite3_bind_blob(s, 1, sha256, 32, SQLITE_STATIC);
	rc = sqlite3_step(s);
	*ret = rc == SQLITE_ROW;
	return registry_done(r, rc, e);
}

int registry_last_entry(struct registry *r, uint64_t *ret, struct err *e)
{
	int64_t v = -1;
	int c = number(r, "SELECT ifnull(max(entry), -1) FROM import", &v, e);
	if (c == 0)
		*ret = v < 0 ? UINT64_MAX : (uint64_t)v;
	return c;
}

int registry_companion(struct registry *r, enum registry_view view, int month, int32_t *ret, struct err *e)
{
	AUTO_STMT sqlite3_stmt *s = NULL;
	int c = registry_prepare(r, "SELECT max(as_of) FROM import WHERE source = 0 AND view <> ?1 AND as_of BETWEEN ?2 AND ?3", &s, e), rc;
	if (c < 0)
		return c;
	int32_t first = registry_day(month / 12, month % 12 + 1, 1);
	sqlite3_bind_int(s, 1, (int)view);
	sqlite3_bind_int(s, 2, first);
	sqlite3_bind_int(s, 3, first + time_days_in_month(month / 12, month % 12 + 1) - 1);
	rc = sqlite3_step(s);
	*ret = rc == SQLITE_ROW ? day(s, 0) : REGISTRY_NO_DAY;
	return registry_done(r, rc, e);
}
