/* Which unit's packet is made next, and the folder where they lie. */
#include "packet_role.h"
#include "serve_test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define S TIME_SEC
static const struct packet_pace pace = {.every = 300 * S, .least = 60 * S};

static struct packet_unit unit(const char *name, int64_t made)
{
	struct packet_unit u = {.listed = true, .has = made > 0, .made = made, .made_wall = made};
	snprintf(u.unit, sizeof u.unit, "%s", name);
	return u;
}

static void when(void **state)
{
	(void)state;
	struct packet_unit u = unit("3W", 0);
	assert_int_equal(packet_due(&u, &pace), 0); /* there is none: now */
	u = unit("3W", 1000 * S);
	assert_int_equal(packet_due(&u, &pace), 1300 * S);
	u.changed = true;
	assert_int_equal(packet_due(&u, &pace), 1060 * S);
	u.keyed = 1000 * S; /* the words are as old as the packet */
	assert_int_equal(packet_due(&u, &pace), 1060 * S);
	u.keyed++;
	assert_int_equal(packet_due(&u, &pace), 0);
	u.not_before = 1010 * S;
	assert_int_equal(packet_due(&u, &pace), 1010 * S);
	u.listed = false;
	assert_true(packet_due(&u, &pace) == INT64_MAX);
	const struct packet_pace slow = {.every = 60 * S, .least = 3600 * S}; /* a change never makes it wait */
	u = unit("3W", 1000 * S);
	u.changed = true;
	assert_int_equal(packet_due(&u, &slow), 1060 * S);
}

static void order(void **state)
{
	(void)state;
	struct packet_unit v[] = {unit("A", 1000 * S), unit("B", 900 * S), unit("C", 0), unit("D", 1200 * S)};
	assert_null(packet_next(v, 0, &pace, 0));
	assert_string_equal(packet_next(v, 4, &pace, 1250 * S)->unit, "C"); /* none at all */
	v[2] = unit("C", 1250 * S);
	assert_string_equal(packet_next(v, 4, &pace, 1300 * S)->unit, "B"); /* the oldest */
	v[1].died = true;
	assert_string_equal(packet_next(v, 4, &pace, 1300 * S)->unit, "A");
	v[0] = unit("A", 1300 * S);
	assert_string_equal(packet_next(v, 4, &pace, 1300 * S)->unit, "B");
	packet_made(&v[1], 1300 * S);
	assert_false(v[1].died);
	assert_null(packet_next(v, 4, &pace, 1300 * S));
}

/* One that fails keeps no other waiting, and is tried again after a pause that grows. */
static void failures(void **state)
{
	(void)state;
	struct packet_unit v[] = {unit("A", 0), unit("B", 0)};
	int64_t now = 10 * S, wall = 5000 * S;
	struct packet_unit *u = packet_next(v, 2, &pace, now);
	packet_failed(u, &pace, now, wall, "the disk is full");
	assert_string_equal(u->why, "the disk is full");
	assert_int_equal(u->not_before, now + 60 * S);
	struct packet_unit *other = packet_next(v, 2, &pace, now);
	assert_ptr_not_equal(u, other);
	packet_made(other, now);
	assert_null(packet_next(v, 2, &pace, now));
	int64_t last = 0;
	for (int i = 0; i < 8; i++) {
		now = u->not_before;
		assert_ptr_equal(packet_next(&v[u - v], 1, &pace, now), u);
		packet_failed(u, &pace, now, wall + (i + 1) * S, "still");
		assert_true(u->not_before - now >= last && u->not_before - now <= pace.every);
		last = u->not_before - now;
	}
	assert_int_equal(last, pace.every);
	assert_int_equal(u->failing_since, wall); /* since it began */
	packet_made(u, now);
	assert_int_equal(u->failing_since, 0);
	assert_int_equal(u->not_before, 0);
	assert_int_equal(packet_due(u, &pace), now + pace.every);
}

/* ---- the folder ---- */

struct folder {
	char dir[64];
	int site;
	struct packet_kept k;
};

static void folder_make(struct folder *f)
{
	struct err e = {0};
	snprintf(f->dir, sizeof f->dir, "/tmp/hf-packets-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->site = file_open_dir(AT_FDCWD, f->dir, &e);
	assert_true(f->site >= 0);
	assert_int_equal(file_mkdir(f->site, "packets/made", 0755, &e), 0);
	assert_int_equal(packet_kept_open(f->site, &f->k, &e), 0);
}

static void folder_done(struct folder *f)
{
	close(f->k.fd);
	close(f->site);
	file_remove_tree(AT_FDCWD, f->dir);
}

static bool lies(const struct folder *f, const char *path)
{
	return faccessat(f->site, path, F_OK, 0) == 0;
}

static void put_whole(void **state)
{
	(void)state;
	struct folder f;
	struct err e = {0};
	AUTO_BUF struct buf got = {0};
	buf_init(&got, 1 << 20);
	folder_make(&f);
	assert_int_equal(packet_kept_begin(&f.k, "MED 1", 1000, &e), 0);
	assert_true(lies(&f, "packets/made/MED%201.html.new"));
	assert_false(lies(&f, "packets/made/MED%201.html"));
	assert_int_equal(packet_kept_end(&f.k, SLICE("one"), &e), 0);
	assert_false(lies(&f, "packets/made/MED%201.html.new"));
	assert_int_equal(file_read(f.site, "packets/made/MED%201.html", 1 << 20, &got, &e), 0);
	assert_true(slice_eq_str(buf_slice(&got), "one")); /* what was taken beyond it is given back */
	assert_int_equal(packet_kept_begin(&f.k, "MED 1", 0, &e), 0);
	packet_kept_drop(&f.k);
	assert_false(lies(&f, "packets/made/MED%201.html.new"));
	buf_reset(&got);
	assert_int_equal(file_read(f.site, "packets/made/MED%201.html", 1 << 20, &got, &e), 0);
	assert_true(slice_eq_str(buf_slice(&got), "one"));
	packet_kept_drop(&f.k); /* nothing is begun: fine */
	folder_done(&f);
}

/* What a process left says in the middle of which it ended; nothing else is touched. */
static void swept(void **state)
{
	(void)state;
	struct folder f;
	struct err e = {0};
	struct packet_unit v[] = {unit("3W", 0), unit("ICU", 0)};
	folder_make(&f);
	assert_int_equal(packet_kept_begin(&f.k, "ICU", 100, &e), 0);
	close(f.k.temp_fd);
	f.k.temp_fd = -1;
	assert_int_equal(file_replace(f.site, "packets/made/3W.html", SLICE("x"), 0644, &e), 0);
	assert_int_equal(packet_kept_sweep(&f.k, v, 2, &e), 0);
	assert_false(v[0].died);
	assert_true(v[1].died);
	assert_false(lies(&f, "packets/made/ICU.html.new"));
	assert_true(lies(&f, "packets/made/3W.html"));
	folder_done(&f);
}

/* No room, a file of another kind in the way: said before anything is signed, and nothing of it stays. */
static void no_room(void **state)
{
	(void)state;
	struct folder f;
	struct err e = {0};
	folder_make(&f);
	assert_true(packet_kept_begin(&f.k, "3W", (uint64_t)INT64_MAX / 2, &e) < 0);
	assert_true(e.text[0]);
	assert_false(lies(&f, "packets/made/3W.html.new"));
	assert_int_equal(f.k.temp_fd, -1);
	assert_int_equal(symlinkat("/etc/passwd", f.k.fd, "3W.html.new"), 0);
	assert_true(packet_kept_begin(&f.k, "3W", 10, &e) < 0); /* no link is followed */
	assert_int_equal(f.k.temp_fd, -1);
	folder_done(&f);
}

/* What does not verify is none. */
static void strange(void **state)
{
	(void)state;
	struct folder f;
	struct err e = {0};
	struct packet_unit u = unit("3W", 0);
	struct note_signer s;
	AUTO_BUF struct buf vkey = {0}, got = {0};
	struct packet_seal seal;
	buf_init(&vkey, 1024);
	buf_init(&got, 1 << 20);
	folder_make(&f);
	assert_int_equal(note_signer_new("holdfast/x", &s, &e), 0);
	note_vkey_format(&s.v, &vkey);
	packet_kept_load(&f.k, &s.v, &u, 10 * S, 10 * S);
	assert_false(u.has);
	assert_int_equal(file_replace(f.site, "packets/made/3W.html", SLICE("<html>no packet</html>"), 0644, &e), 0);
	packet_kept_load(&f.k, &s.v, &u, 10 * S, 10 * S);
	assert_false(u.has);
	assert_int_equal(file_mkdir(f.site, "ledger", 0755, &e), 0);
	assert_int_equal(file_replace(f.site, "ledger/vkey", buf_slice(&vkey), 0644, &e), 0);
	assert_true(packet_kept_read(f.site, "3W", &got, &seal, &e) < 0);
	assert_int_equal(packet_kept_read(f.site, "4E", &got, &seal, &e), ERR_NOT_FOUND);
	folder_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(when), cmocka_unit_test(order), cmocka_unit_test(failures), cmocka_unit_test(put_whole), cmocka_unit_test(swept), cmocka_unit_test(no_room), cmocka_unit_test(strange)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
