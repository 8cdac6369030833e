/* The ledger's speed on one disk, beside what that disk can do and beside SQLite.
 *
 *   bench_ledger commit DIR BATCH SECONDS [thread|inline]  messages of 1.5 kB, looked up (same body? same control id?), appended and committed BATCH at a time, all work
 *                                                          behind them included; latencies are of find_same + control_seen + append + commit + tick
 *   bench_ledger disk DIR BATCH SECONDS                    the limit: as many bytes written to a preallocated file and fdatasynced, nothing else
 *   bench_ledger sqlite DIR BATCH SECONDS                  the peer: SQLite, journal_mode=WAL, synchronous=FULL, one row a message with a hash chain over them
 *   bench_ledger read DIR ENTRIES SIZE                     writes ENTRIES of SIZE bytes, then: scan leaves, scan bodies, read at random, verify, verify bodies, open
 * DIR is on the disk to be measured; what is written there goes away again.
 */
#include "ledger.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int r, const struct err *e)
{
	char line[640];
	if (r >= 0)
		return;
	fprintf(stderr, "bench_ledger: %s\n", e ? err_line(e, line, sizeof line) : "failed");
	exit(1);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

/* ---- messages: an ORU of about `size` bytes, numbers and names from a generator, so that it compresses as real ones do (about 1 : 4) ---- */

static uint64_t random_state = 88172645463325252u;
static uint64_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static void message(struct buf *b, uint64_t n, size_t size)
{
	static const char *const names[] = {"Mueller", "Garcia", "Smith", "Nguyen", "Wang", "Kowalski", "Haddad", "Okafor"};
	static const char *const tests[] = {"2345-7^Glucose", "2160-0^Creatinine", "2823-3^Potassium", "2951-2^Sodium", "718-7^Hemoglobin", "6690-2^Leukocytes", "1988-5^CRP", "777-3^Platelets"};
	buf_reset(b);
	buf_printf(b, "MSH|^~\\&|LAB|HOSP|EHR|HOSP|20261122%06u||ORU^R01^ORU_R01|%" PRIu64 "|P|2.5.1\rPID|1||%07u^^^HOSP^MR||%s^%c%c||19%02u%02u%02u|F\rPV1|1|I|W%u^%u^%u\rOBR|1||%u|24323-8^CMP\r",
	           (unsigned)(rnd() % 235959), n, (unsigned)(rnd() % 1500000), names[rnd() % 8], (char)('A' + rnd() % 26), (char)('A' + rnd() % 26), (unsigned)(rnd() % 99),
	           (unsigned)(1 + rnd() % 12), (unsigned)(1 + rnd() % 28), (unsigned)(rnd() % 20), (unsigned)(rnd() % 30), (unsigned)(rnd() % 3), (unsigned)rnd() % 1000000);
	for (unsigned i = 1; b->n < size; i++)
		buf_printf(b, "OBX|%u|NM|%s^LN||%u.%u|mmol/L|%u-%u|%s|||F|||2026112212%02u\r", i, tests[rnd() % 8], (unsigned)(rnd() % 200), (unsigned)(rnd() % 10), (unsigned)(rnd() % 10),
		           (unsigned)(10 + rnd() % 100), rnd() % 5 ? "N" : "H", (unsigned)(rnd() % 60));
	b->n = size;
}

/* Making messages costs more than storing them: so a pool of them is made beforehand, and only the control id and one number are new each time. */
#define POOL 4096
#define POOL_SIZE 1500
static uint8_t *pool;

static void pool_make(void)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	pool = malloc((size_t)POOL * POOL_SIZE);
	for (uint64_t i = 0; i < POOL; i++) {
		message(&b, UINT64_C(1000000000), POOL_SIZE);
		memcpy(pool + i * POOL_SIZE, b.p, POOL_SIZE);
	}
	buf_done(&b);
}

static struct slice pool_message(uint64_t n)
{
	uint8_t *p = pool + n % POOL * POOL_SIZE, *id = memmem(p, 120, "ORU_R01|", 8) + 8;
	for (int i = 9; i >= 0; i--, n /= 10)
		id[i] = (uint8_t)('0' + n % 10);
	return slice_of(p, POOL_SIZE);
}

/* ---- figures ---- */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

struct times {
	int64_t *t;
	size_t n, cap;
};

static void took(struct times *t, int64_t ns)
{
	if (t->n == t->cap)
		t->t = realloc(t->t, (t->cap = t->cap ? t->cap * 2 : 1 << 16) * sizeof *t->t);
	t->t[t->n++] = ns;
}

static double ms(const struct times *t, double q)
{
	return (double)t->t[(size_t)(q * (double)(t->n - 1))] / 1e6;
}

static double cpu(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void report(const char *what, unsigned batch, struct times *t, double seconds, double cpu_s)
{
	qsort(t->t, t->n, sizeof *t->t, by_size);
	printf("%-8s batch %3u: %8.0f commits/s %9.0f entries/s   p50 %.3f p99 %.3f p99.9 %.3f max %.1f ms   %.2f us CPU an entry\n", what, batch, (double)t->n / seconds,
	       (double)t->n * batch / seconds, ms(t, .5), ms(t, .99), ms(t, .999), ms(t, 1), cpu_s * 1e6 / ((double)t->n * batch));
	free(t->t);
}

/* ---- the ledger ---- */

struct bench {
	char path[256];
	int fd;
	struct site_keys keys;
	struct share share;
};

static void site_make(struct bench *b, const char *dir)
{
	struct err e = {0};
	snprintf(b->path, sizeof b->path, "%s/bench-ledger-XXXXXX", dir);
	if (!mkdtemp(b->path) || (b->fd = open(b->path, O_RDONLY | O_DIRECTORY)) < 0)
		exit(1);
	must(site_keys_create(b->fd, "bench.example/log", 1, 1, &b->share, &b->keys, &e), &e);
	must(ledger_create(b->fd, &b->keys, &e), &e);
}

static void site_remove(struct bench *b)
{
	close(b->fd);
	nftw(b->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void bench_commit(const char *dir, unsigned batch, double seconds, bool single_thread)
{
	struct bench b;
	struct err e = {0};
	struct ledger *l;
	struct times t = {0};
	uint64_t n = 0;
	int next;
	pool_make();
	site_make(&b, dir);
	struct ledger_options o = {.write = true, .single_thread = single_thread, .reserve = UINT64_C(256) << 20};
	must(ledger_open(b.fd, &b.keys, &o, &l, NULL, &e), &e);
	int64_t begin = time_monotonic(), spent = 0;
	double cpu0 = cpu();
	while (spent < (int64_t)(seconds * 1e9)) {
		int64_t at = 0;
		for (unsigned i = 0; i < batch; i++) {
			char control[40];
			struct slice body = pool_message(n++);
			int len = snprintf(control, sizeof control, "LAB\x1f%" PRIu64, n);
			int64_t from = time_monotonic();
			if (ledger_find_same(l, body, NULL, NULL, NULL) == 0 || ledger_control_seen(l, slice_of(control, (size_t)len)))
				exit(1);
			must(ledger_append(l, LEDGER_HL7V2, 0, "mllp/lab", body, true, NULL, NULL, &e), &e);
			at += time_monotonic() - from;
		}
		int64_t from = time_monotonic();
		must(ledger_commit(l, &e), &e);
		must(ledger_tick(l, false, &next, &e), &e);
		at += time_monotonic() - from;
		took(&t, at);
		spent += at;
	}
	report(single_thread ? "inline" : "ledger", batch, &t, (double)spent / 1e9, cpu() - cpu0);
	int64_t closing = time_monotonic();
	must(ledger_close(l, &e), &e);
	if (getenv("BENCH_VERBOSE"))
		printf("         %" PRIu64 " entries; wall %.2f s, closing %.2f s\n", n, (double)(closing - begin) / 1e9, (double)(time_monotonic() - closing) / 1e9);
	site_remove(&b);
}

/* ---- the disk ---- */

static void bench_disk(const char *dir, unsigned batch, double seconds)
{
	char path[300];
	struct times t = {0};
	size_t size = (batch * 1640 + 4095) / 4096 * 4096, room = (size_t)256 << 20; /* what a commit of the ledger writes */
	uint8_t *p = aligned_alloc(4096, size > 1 << 20 ? size : 1 << 20);
	snprintf(path, sizeof path, "%s/bench-disk", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	memset(p, 0, 1 << 20);
	for (size_t at = 0; at < room; at += 1 << 20)
		if (pwrite(fd, p, 1 << 20, (off_t)at) < 0)
			exit(1);
	fsync(fd);
	memset(p, 7, size);
	int64_t begin = time_monotonic(), now = begin;
	double cpu0 = cpu();
	for (size_t at = 0; now - begin < (int64_t)(seconds * 1e9); at = at + 2 * size > room ? 0 : at + size) {
		int64_t from = now;
		if (pwrite(fd, p, size, (off_t)at) < 0 || fdatasync(fd))
			exit(1);
		now = time_monotonic();
		took(&t, now - from);
	}
	report("disk", batch, &t, (double)(now - begin) / 1e9, cpu() - cpu0);
	close(fd);
	unlink(path);
	free(p);
}

/* ---- SQLite ---- */

static void sql(sqlite3 *db, const char *s)
{
	if (sqlite3_exec(db, s, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "bench_ledger: %s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

static void bench_sqlite(const char *dir, unsigned batch, double seconds)
{
	char path[300], file[340];
	sqlite3 *db;
	sqlite3_stmt *put;
	struct times t = {0};
	uint8_t chain[2][SEAL_HASH] = {{0}};
	uint64_t n = 0;
	snprintf(path, sizeof path, "%s/bench-sqlite-XXXXXX", dir);
	if (!mkdtemp(path))
		exit(1);
	snprintf(file, sizeof file, "%s/db", path);
	if (sqlite3_open(file, &db) != SQLITE_OK)
		exit(1);
	sql(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE log(seq INTEGER PRIMARY KEY, chain BLOB, time INTEGER, body BLOB)");
	sqlite3_prepare_v2(db, "INSERT INTO log VALUES(?,?,?,?)", -1, &put, NULL);
	pool_make();
	int64_t spent = 0;
	double cpu0 = cpu();
	while (spent < (int64_t)(seconds * 1e9)) {
		int64_t at = 0;
		for (unsigned i = 0; i < batch; i++) {
			struct slice body = pool_message(n++);
			int64_t from = time_monotonic();
			if (i == 0)
				sql(db, "BEGIN");
			seal_sha256_once(body, chain[1]);
			seal_sha256_once(slice_of(chain, sizeof chain), chain[0]);
			sqlite3_bind_int64(put, 1, (sqlite3_int64)n);
			sqlite3_bind_blob(put, 2, chain[0], SEAL_HASH, SQLITE_STATIC);
			sqlite3_bind_int64(put, 3, from);
			sqlite3_bind_blob(put, 4, body.p, (int)body.n, SQLITE_STATIC);
			if (sqlite3_step(put) != SQLITE_DONE)
				exit(1);
			sqlite3_reset(put);
			at += time_monotonic() - from;
		}
		int64_t from = time_monotonic();
		sql(db, "COMMIT");
		at += time_monotonic() - from;
		took(&t, at);
		spent += at;
	}
	report("sqlite", batch, &t, (double)spent / 1e9, cpu() - cpu0);
	sqlite3_finalize(put);
	sqlite3_close(db);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- reading ---- */

static int count_one(void *arg, const struct ledger_entry *en, struct err *e)
{
	*(uint64_t *)arg += en->body.n;
	return 0;
}

static void speed(const char *what, uint64_t n, uint64_t size, int64_t from, double cpu0)
{
	double s = (double)(time_monotonic() - from) / 1e9;
	printf("%-22s %9.0f entries/s  %7.0f MB/s of bodies  %.2f us CPU an entry\n", what, (double)n / s, (double)(n * size) / s / 1e6, (cpu() - cpu0) * 1e6 / (double)n);
}

static void bench_read(const char *dir, uint64_t n, size_t size)
{
	struct bench b;
	struct err e = {0};
	struct ledger *l;
	struct buf body;
	struct buf faults;
	uint64_t bytes = 0;
	struct ledger_verify_report rep;
	site_make(&b, dir);
	struct ledger_options o = {.write = true, .reserve = UINT64_C(64) << 20};
	must(ledger_open(b.fd, &b.keys, &o, &l, NULL, &e), &e);
	buf_init(&body, 1 << 24);
	int64_t from = time_monotonic();
	double c = cpu();
	for (uint64_t i = 0; i < n; i++) {
		message(&body, i, size);
		must(ledger_append(l, LEDGER_HL7V2, 0, "mllp/lab", buf_slice(&body), true, NULL, NULL, &e), &e);
		if (i % 256 == 255 || i + 1 == n) {
			must(ledger_commit(l, &e), &e);
			must(ledger_tick(l, false, NULL, &e), &e);
		}
	}
	must(ledger_close(l, &e), &e);
	speed("write, 256 a commit", n, size, from, c);
	from = time_monotonic();
	must(ledger_open(b.fd, &b.keys, &o, &l, NULL, &e), &e);
	printf("%-22s %.1f ms\n", "open for writing", (double)(time_monotonic() - from) / 1e6);
	must(ledger_close(l, &e), &e);
	o.write = false;
	from = time_monotonic();
	must(ledger_open(b.fd, &b.keys, &o, &l, NULL, &e), &e);
	printf("%-22s %.1f ms\n", "open for reading", (double)(time_monotonic() - from) / 1e6);
	from = time_monotonic(), c = cpu();
	must(ledger_scan(l, 0, n, false, count_one, &bytes, &e), &e);
	speed("scan leaves", n, 0, from, c);
	from = time_monotonic(), c = cpu();
	must(ledger_scan(l, 0, n, true, count_one, &bytes, &e), &e);
	if (bytes / size < n * 9 / 10)
		exit(1);
	speed("scan bodies", n, size, from, c);
	from = time_monotonic(), c = cpu();
	for (int i = 0; i < 2000; i++) {
		struct ledger_entry en;
		must(ledger_read(l, rnd() % n, &en, &e), &e);
	}
	speed("read at random", 2000, size, from, c);
	from = time_monotonic(), c = cpu();
	for (int i = 0; i < 2000; i++) {
		buf_reset(&body);
		must(ledger_prove(l, rnd() % n, &body, &e), &e);
	}
	speed("prove at random", 2000, 0, from, c);
	ledger_free(l);
	buf_init(&faults, 1 << 20);
	from = time_monotonic(), c = cpu();
	must(ledger_verify(b.fd, &b.keys, NULL, &rep, &faults, &e), &e);
	speed("verify", rep.entries, size, from, c);
	from = time_monotonic(), c = cpu();
	must(ledger_verify(b.fd, &b.keys, &(struct ledger_verify_options){.bodies = true}, &rep, &faults, &e), &e);
	speed("verify with bodies", rep.entries, size, from, c);
	printf("%-22s %.3f of the bodies' bytes\n", "packs", (double)rep.pack_bytes / (double)(n * size));
	buf_done(&faults);
	buf_done(&body);
	site_remove(&b);
}

int main(int argc, char **argv)
{
	if (argc >= 5 && !strcmp(argv[1], "commit"))
		bench_commit(argv[2], (unsigned)strtoul(argv[3], NULL, 10), strtod(argv[4], NULL), argc > 5 && !strcmp(argv[5], "inline"));
	else if (argc == 5 && !strcmp(argv[1], "disk"))
		bench_disk(argv[2], (unsigned)strtoul(argv[3], NULL, 10), strtod(argv[4], NULL));
	else if (argc == 5 && !strcmp(argv[1], "sqlite"))
		bench_sqlite(argv[2], (unsigned)strtoul(argv[3], NULL, 10), strtod(argv[4], NULL));
	else if (argc == 5 && !strcmp(argv[1], "read"))
		bench_read(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
	else
		return 2;
	return 0;
}
