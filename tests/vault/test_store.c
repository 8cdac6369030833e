/* Object stores: a folder that never overwrites, a listing from a server that may lie, a web server that breaks off, and the one version that is right. */
#include "vault_store.h"
#include "said.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];

static int setup(void **state)
{
	snprintf(dir, sizeof dir, "/tmp/holdfast-store-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static int teardown(void **state)
{
	return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void test_names(void **state)
{
	static const char *const good[] = {"a", "heads/0001-2-ab", "ledger/tile/0/x001/000.p/7", "a.b/..c", "A-Z_0"};
	static const char *const bad[] = {"", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "a b", "a\nb", "a\\b", "\xc3\xa9", "a%2f", "a?b"};
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(vault_object_name_ok(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(vault_object_name_ok(bad[i]));
	char most[VAULT_OBJECT_MAX + 2];
	memset(most, 'a', sizeof most);
	most[VAULT_OBJECT_MAX] = 0;
	assert_true(vault_object_name_ok(most));
	most[VAULT_OBJECT_MAX] = 'a';
	most[VAULT_OBJECT_MAX + 1] = 0;
	assert_false(vault_object_name_ok(most));
	struct err er;
	assert_int_equal(vault_target_kind("/mnt/x", &er), VAULT_FOLDER);
	assert_int_equal(vault_target_kind("relative", &er), VAULT_FOLDER);
	assert_int_equal(vault_target_kind("https://h/x", &er), VAULT_HTTPS);
	assert_int_equal(vault_target_kind("http://127.0.0.1:80/x", &er), VAULT_HTTPS);
	assert_int_equal(vault_target_kind("s3://bucket", &er), VAULT_S3);
	assert_int_equal(vault_target_kind("s3://bucket/a/b", &er), VAULT_S3);
	static const char *const wrong[] = {"", "http://example.org/x", "http://127.0.0.1.evil.org/", "s3://", "s3://x", "s3://UPPER", "s3://bucket/../x", "ftp://x/y"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(vault_target_kind(wrong[i], &er), ERR_USAGE);
}

static int put(struct vault_store *s, const char *name, const char *text, struct err *e)
{
	uint8_t sha[SEAL_HASH];
	struct vault_bytes b = VAULT_BYTES(slice_str(text));
	seal_sha256_once(b.mem, sha);
	return s->ops->put(s, name, &b, sha, e);
}

static int read_text(struct vault_store *s, const char *name, const char *should, struct buf *ret, struct err *e)
{
	uint8_t sha[SEAL_HASH];
	seal_sha256_once(slice_str(should), sha);
	buf_reset(ret);
	return vault_store_read_hash(s, name, 1 << 20, sha, ret, e);
}

struct names {
	unsigned n;
	char all[1024];
};

static int take(void *arg, const struct vault_object *o, struct err *e)
{
	struct names *n = arg;
	n->n++;
	size_t at = strlen(n->all);
	snprintf(n->all + at, sizeof n->all - at, "%s ", o->name);
	return 0;
}

static void test_folder(void **state)
{
	struct vault_store *s;
	struct vault_store_options o = {.write = true}, look = {0};
	struct buf b;
	char path[128];
	buf_init(&b, 1 << 20);
	snprintf(path, sizeof path, "%s/none", dir);
	FAILS(vault_store_open(path, &look, &s, e), ERR_NOT_FOUND, "mounted");
	snprintf(path, sizeof path, "%s/a/b", dir);
	OK(vault_store_open(path, &o, &s, e));
	struct err er;
	assert_int_equal(put(s, "packs/x", "one", &er), 1);
	assert_int_equal(put(s, "packs/x", "one", &er), 0);
	FAILS(put(s, "packs/x", "two", e), ERR_EXISTS, "damaged or changed");
	FAILS(put(s, "packs/x", "onelonger", e), ERR_EXISTS, "damaged or changed");
	OK(read_text(s, "packs/x", "one", &b, e));
	assert_true(slice_eq_str(buf_slice(&b), "one"));
	FAILS(read_text(s, "packs/x", "two", &b, e), ERR_CORRUPT, "not what it should be");
	FAILS(read_text(s, "packs/none", "two", &b, e), ERR_NOT_FOUND, "no such");
	/* out of the way, kept, and the name is free */
	OK(s->ops->aside(s, "packs/x", e));
	assert_int_equal(put(s, "packs/x", "two", &er), 1);
	assert_int_equal(put(s, "packs/xy", "three", &er), 1);
	assert_int_equal(put(s, "files/a/b", "", &er), 1);
	struct names n = {0};
	OK(s->ops->list(s, "packs/x", take, &n, e));
	assert_int_equal(n.n, 2);
	memset(&n, 0, sizeof n);
	OK(s->ops->list(s, "", take, &n, e));
	assert_int_equal(n.n, 3); /* what was set aside is no object */
	struct vault_object obj;
	OK(s->ops->head(s, "packs/xy", &obj, e));
	assert_int_equal(obj.size, 5);
	/* links and pipes are nothing of ours */
	char link[256];
	snprintf(link, sizeof link, "%s/packs/link", path);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	snprintf(link, sizeof link, "%s/packs/pipe", path);
	assert_int_equal(mkfifo(link, 0600), 0);
	assert_true(s->ops->get(s, "packs/link", "", 0, 100, NULL, NULL, &er) < 0);
	assert_true(s->ops->get(s, "packs/pipe", "", 0, 100, NULL, NULL, &er) < 0);
	/* a stretch of a file, and a range of an object */
	int fd = memfd_create("x", MFD_CLOEXEC);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	struct vault_bytes part = {.fd = fd, .offset = 2, .size = 5};
	uint8_t sha[SEAL_HASH];
	OK(vault_bytes_sha256(&part, sha, e));
	assert_int_equal(s->ops->put(s, "part", &part, sha, &er), 1);
	OK(read_text(s, "part", "23456", &b, e));
	/* the right one into a file; a wrong one leaves it empty */
	OK(vault_store_copy(s, "part", 5, sha, fd, e));
	assert_int_equal(lseek(fd, 0, SEEK_END), 5);
	sha[0] ^= 1;
	FAILS(vault_store_copy(s, "part", 5, sha, fd, e), ERR_CORRUPT, "not what it should be");
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	close(fd);
	vault_store_close(s);
	buf_done(&b);
}

/* ---- listings ---- */

struct listed {
	unsigned n, deleted;
	struct vault_object last;
	char key[1100];
};

static int take_listed(void *arg, struct slice key, bool deleted, const struct vault_object *o, struct err *e)
{
	struct listed *l = arg;
	l->n++;
	l->deleted += deleted;
	l->last = *o;
	snprintf(l->key, sizeof l->key, "%.*s", SLICE_FMT(key));
	return 0;
}

static int read_listing(const char *xml, struct listed *l, struct vault_listing_more *more, struct err *e)
{
	memset(l, 0, sizeof *l);
	return vault_listing_read(slice_str(xml), take_listed, l, more, e);
}

static void test_listing(void **state)
{
	struct buf b;
	struct listed l;
	struct vault_listing_more more;
	buf_init(&b, 1 << 20);
	OK(file_read(AT_FDCWD, "tests/data/vault/listing-rgw.xml", 1 << 20, &b, e));
	OK(read_listing(buf_cstr(&b), &l, &more, e));
	assert_int_equal(l.n, 3);
	assert_int_equal(l.deleted, 1);
	assert_string_equal(l.key, "site/packs/care-00000002.age");
	assert_string_equal(l.last.version, "Xm-x7S");
	assert_false(l.last.has_md5); /* of an upload in parts it is none */
	assert_true(l.last.time > 0);
	assert_true(more.truncated);
	assert_string_equal(more.key, "site/packs/care-00000002.age");
	assert_string_equal(more.version, "Xm-x7S");
	static const char *const bad[] = {
		"", "text", "<a>", "<L><Version><Key>a</Key></Version></L>", "<L><Version><Key>a</Key><Size>x</Size></Version></L>", "<L><Version><Size>1</Size></Version></L>",
		"<L><Version><Key>a%2</Key><Size>1</Size></Version></L>", "<L><Version><Key>a%zz</Key><Size>1</Size></Version></L>", "<L><IsTruncated>true</IsTruncated></L>",
		"<!DOCTYPE L [<!ENTITY a \"aaaa\">]><L><Version><Key>&a;</Key><Size>1</Size></Version></L>", "<L><Version><Key>a</Key><Size>-1</Size></Version></L>",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		FAILS(read_listing(bad[i], &l, &more, e), ERR_INPUT, "listing");
	/* too deep, too long */
	buf_reset(&b);
	for (int i = 0; i < 100; i++)
		buf_str(&b, "<a>");
	FAILS(read_listing(buf_cstr(&b), &l, &more, e), ERR_INPUT, "levels");
	buf_reset(&b);
	buf_str(&b, "<L><Version><Key>");
	for (int i = 0; i < 5000; i++)
		buf_str(&b, "a");
	buf_str(&b, "</Key><Size>1</Size></Version></L>");
	FAILS(read_listing(buf_cstr(&b), &l, &more, e), ERR_INPUT, "too long");
	/* unknown elements are passed over, with an Owner whose ID is not a VersionId */
	OK(read_listing("<s:L xmlns:s='x'><New><Key>n</Key></New><s:Version><s:Owner><s:Key>o</s:Key></s:Owner><s:Key>k</s:Key><s:Size>3</s:Size></s:Version></s:L>", &l, &more, e));
	assert_string_equal(l.key, "k");
	char code[64];
	assert_true(vault_listing_error(SLICE("<?xml?><Error><Code>NoSuchKey</Code></Error>"), code));
	assert_string_equal(code, "NoSuchKey");
	assert_false(vault_listing_error(SLICE("<Error><Code>No such\x1b[2J</Code>"), code));
	assert_false(vault_listing_error(SLICE("<Error><Code>"), code));
	buf_done(&b);
}

/* ---- a web server that has bad days ---- */

struct server {
	int fd, port;
	unsigned refuse, cut; /* answers 503 so often first; then breaks off in the middle so often */
	unsigned asked;
	bool ranges;
	pthread_t thread;
};
static const char page[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static void answer(struct server *s, int c)
{
	char in[4096], out[512];
	ssize_t n = read(c, in, sizeof in - 1);
	if (n <= 0)
		return;
	in[n] = 0;
	s->asked++;
	const char *range = strstr(in, "Range: bytes=");
	size_t from = 0, to = sizeof page - 2;
	if (range && s->ranges) {
		from = strtoul(range + 13, NULL, 10);
		const char *dash = strchr(range + 13, '-');
		if (dash && dash[1] >= '0' && dash[1] <= '9')
			to = strtoul(dash + 1, NULL, 10);
		if (to > sizeof page - 2)
			to = sizeof page - 2;
	}
	if (s->refuse) {
		s->refuse--;
		snprintf(out, sizeof out, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy");
	} else if (strncmp(in, "GET /r/x ", 9)) {
		snprintf(out, sizeof out, "HTTP/1.1 404 None\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	} else {
		size_t len = to - from + 1, give = s->cut ? len / 2 : len;
		snprintf(out, sizeof out, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%.*s", range && s->ranges ? "206 Part" : "200 OK", len, (int)give, page + from);
		if (s->cut)
			s->cut--;
	}
	ssize_t w = write(c, out, strlen(out));
	(void)w;
}

static void *serve(void *arg)
{
	struct server *s = arg;
	for (;;) {
		int c = accept(s->fd, NULL, NULL);
		if (c < 0)
			return NULL;
		answer(s, c);
		close(c);
	}
}

static void server_start(struct server *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof a;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(s->fd, 8), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &n), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	close(s->fd);
	pthread_join(s->thread, NULL);
}

static int into(void *arg, struct slice piece, struct err *e)
{
	struct buf *b = arg;
	if (!piece.p)
		buf_reset(b);
	buf_add_slice(b, piece);
	return 0;
}

static void test_web(void **state)
{
	struct server s = {.refuse = 1, .cut = 1};
	struct vault_store *st;
	struct buf b;
	char url[64];
	buf_init(&b, 4096);
	server_start(&s);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/r/", s.port);
	OK(vault_store_open(url, NULL, &st, e));
	OK(read_text(st, "x", page, &b, e)); /* after a 503 and one that broke off: whole, and not the half twice */
	assert_int_equal(b.n, sizeof page - 1);
	assert_int_equal(s.asked, 3);
	for (int ranges = 0; ranges < 2; ranges++) { /* also from a server that knows no ranges */
		s.ranges = ranges;
		buf_reset(&b);
		OK(st->ops->get(st, "x", "", 10, 5, into, &b, e));
		assert_true(slice_eq_str(buf_slice(&b), "abcde"));
		buf_reset(&b);
		OK(st->ops->get(st, "x", "", 30, 100, into, &b, e));
		assert_true(slice_eq_str(buf_slice(&b), "uvwxyz"));
		FAILS(vault_store_read_hash(st, "x", 10, (const uint8_t *)page, &b, e), ERR_CORRUPT, "not what it should be"); /* larger than it may be */
	}
	FAILS(read_text(st, "y", "", &b, e), ERR_NOT_FOUND, "no such file");
	FAILS(put(st, "x", "z", e), ERR_USAGE, "read only");
	FAILS(read_text(st, "x", "something else", &b, e), ERR_CORRUPT, "not what it should be");
	vault_store_close(st);
	server_stop(&s);
	FAILS(vault_store_open("https://user:secret@h/x", NULL, &st, e), ERR_USAGE, "HOLDFAST_TOKEN");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test_setup_teardown(test_folder, setup, teardown),
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_web),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
