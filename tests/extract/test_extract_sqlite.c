/* SQLite: tables as lists, BLOBs, write-ahead logging, hostile schemas, what is cut off. */
#include "pieces.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static void make(const char *sql)
{
	sqlite3 *db;
	char *why = NULL;
	snprintf(path, sizeof path, "/tmp/hf-extract-sqlite-%d.db", (int)getpid());
	unlink(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

static void read_it(struct pieces *x)
{
	struct err e = {0};
	struct extract_out o = pieces_out(x);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	buf_init(&x->b, (size_t)16 << 20);
	assert_int_equal(extract_sqlite(fd, &o, &e), 0);
	close(fd);
}

static void done(struct pieces *x)
{
	char wal[80];
	pieces_done(x);
	unlink(path);
	snprintf(wal, sizeof wal, "%s-wal", path);
	unlink(wal);
	snprintf(wal, sizeof wal, "%s-shm", path);
	unlink(wal);
}

static void tables(void **state)
{
	struct pieces x = {0};
	make("CREATE TABLE patients(id INTEGER PRIMARY KEY, last_name TEXT, dob TEXT, ssn INTEGER, photo BLOB); INSERT INTO patients VALUES(7,'O''Hara','1964-03-07',123456789,NULL),(8,'Lee',NULL,NULL,CAST('Su Lee' AS BLOB));"
		"CREATE TABLE \"odd \"\" name\"(mrn, note); INSERT INTO \"odd \"\" name\" VALUES('M1','Call 978-555-0100');"
		"CREATE VIEW v AS SELECT * FROM patients; CREATE TRIGGER t AFTER INSERT ON patients BEGIN SELECT 1; END; CREATE TABLE empty_one(a)");
	read_it(&x);
	pieces_has(&x, "member patients\nrecord 7\nfield id id [7]\nfield last last_name [O'Hara]\nfield dob dob [1964-03-07]\nfield ssn ssn [123456789]\nrecord 8\nfield photo photo [Su Lee]\nmember odd \" name\nfield mrn mrn [M1]\ntext [Call 978-555-0100]\nmember empty_one\n");
	assert_int_equal(x.records, 3);
	assert_int_equal(x.troubles, 0);
	done(&x);
}

static void logged(void **state) /* in WAL mode, as most programs leave it: the header says so, and it is read as it is */
{
	struct pieces x = {0};
	make("PRAGMA journal_mode=WAL; CREATE TABLE p(mrn TEXT, last TEXT); INSERT INTO p VALUES('M1','Lee'); PRAGMA wal_checkpoint(TRUNCATE)");
	read_it(&x);
	pieces_has(&x, "field mrn mrn [M1]\nfield last last [Lee]\n");
	done(&x);
}

static void many(void **state) /* more than one page: read through our own file system to the last */
{
	struct pieces x = {0};
	make("CREATE TABLE p(mrn TEXT, last TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<5000) INSERT INTO p SELECT 'M'||i, 'Name'||i FROM n");
	read_it(&x);
	assert_int_equal(x.records, 5000);
	pieces_has(&x, "field mrn mrn [M5000]\n");
	pieces_done(&x);
	/* cut in its middle: what can be read is, and the rest is said */
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2), 0);
	read_it(&x);
	assert_true(x.troubles > 0);
	assert_true(x.records < 5000);
	done(&x);
}

static void nothing(void **state)
{
	struct pieces x = {0};
	make("CREATE TABLE p(a)");
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "no database at all, this is", 27, 0), 27);
	close(fd);
	read_it(&x);
	assert_true(x.troubles > 0);
	assert_int_equal(x.records, 0);
	done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(tables), cmocka_unit_test(logged), cmocka_unit_test(many), cmocka_unit_test(nothing)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
