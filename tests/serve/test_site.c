/* site.ini line by line, addresses, and a site that is made whole or not at all. */
#include "serve_test.h"
#include "hl7.h"
#include "site.h"

#define GOOD "[site]\nname = H\norigin = holdfast/h\n"

static void test_ini(void **state)
{
	static const struct {
		const char *text, *place; /* NULL: fine */
	} rows[] = {
		{GOOD, NULL},
		{"\xef\xbb\xbf" GOOD, NULL},
		{"# c\r\n; c\r\n\r\n[site]\r\n  name=H  \r\n\torigin =x\r\n", NULL},
		{GOOD "zone = -300\n", NULL},
		{GOOD "zone = 900\n", "site.ini:4"},
		{GOOD "zone = \n", "site.ini:4"},
		{GOOD "colour = red\n", "site.ini:4"},
		{GOOD "name = again\n", "site.ini:4"},
		{"name = H\n", "site.ini:1"},
		{GOOD "[sites]\n", "site.ini:4"},
		{GOOD "[http\n", "site.ini:4"},
		{GOOD "nonsense\n", "site.ini:4"},
		{"[site]\nname = H\n", "site.ini"},
		{GOOD "[http]\naddress = 0.0.0.0:8443\n", NULL},
		{GOOD "[http]\naddress = 0.0.0.0:8443\nplain = yes\n", "site.ini"},
		{GOOD "[http]\naddress = example.org:80\n", "site.ini:5"},
		{GOOD "[http]\ncert = a\n", "site.ini"},
		{GOOD "[http]\ncert = a\nkey = b\n", NULL},
		{GOOD "[listener a]\naddress = 127.0.0.1:1\n", NULL},
		{GOOD "[listener a]\n", "site.ini: listener a"},
		{GOOD "[listener a b]\n", "site.ini:4"},
		{GOOD "[listener ]\n", "site.ini:4"},
		{GOOD "[listener \xc3\xa4]\n", "site.ini:4"},
		{GOOD "[listener a]\naddress = 127.0.0.1:1\n[listener a]\n", "site.ini:6"},
		{GOOD "[listener a]\naddress = 127.0.0.1:1\ntls = maybe\n", "site.ini:6"},
		{GOOD "[listener a]\naddress = 127.0.0.1:1\ntls = no\n", NULL},
		{GOOD "[listener a]\naddress = 10.0.0.1:1\ntls = no\n", "site.ini: listener a"},
		{GOOD "[listener a]\naddress = 10.0.0.1:1\ntls = no\nunencrypted = accept\n", NULL},
		{GOOD "[listener a]\naddress = 10.0.0.1:1\ntls = no\nunencrypted = yes\n", "site.ini:7"},
		{GOOD "[listener a]\naddress = 127.0.0.1:1\ntls = no\nallow = x\n", "site.ini: listener a"},
		{GOOD "[listener a]\naddress = 127.0.0.1:1\nack = ALWAYS-aa\n", NULL},
		{GOOD "[listener a]\naddress = 127.0.0.1:1\nack = never\n", "site.ini:6"},
		{GOOD "[limits]\nconnections = 0\n", "site.ini:5"},
		{GOOD "[limits]\nconnections = 50\nmessage-mib = 72\nreserve-mib = 64\n", NULL},
		{GOOD "[limits]\nmessage-mib = 73\n", "site.ini:5"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static struct site s;
		struct err e = {0};
		s = (struct site){.fd = -1};
		int r = site_ini_parse(slice_str(rows[i].text), &s, &e);
		if ((r == 0) != !rows[i].place || (r < 0 && strcmp(e.place, rows[i].place) != 0))
			fail_msg("row %zu: %d %s %s", i, r, e.place, e.text);
	}
	static struct site s;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_str(&b, GOOD "[listener lab]\naddress = [::1]:2576\nallow = ");
	for (int i = 0; i < 11; i++)
		buf_printf(&b, "sha256:%064d,", i); /* longer than the lines that libinih takes */
	buf_str(&b, "\nack = enhanced");
	assert_int_equal(site_ini_parse(buf_slice(&b), &s, &e), 0);
	assert_int_equal(s.listener_count, 1);
	assert_true(s.listeners[0].tls && s.listeners[0].client_cert);
	assert_int_equal(strlen(s.listeners[0].allow), 11 * 72);
	assert_int_equal(s.listeners[0].ack, HL7_ACK_ENHANCED);
	assert_int_equal(site_ini_parse(slice_of("[site]\nname = a\0b\n", 18), &s, &e), ERR_INPUT);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *a;
		bool ok, loopback;
	} rows[] = {
		{"127.0.0.1:80", true, true}, {"127.9.9.9:0", true, true}, {"localhost:80", true, true}, {"[::1]:80", true, true}, {"0.0.0.0:80", true, false}, {"[::]:80", true, false}, {":80", true, false}, {"*:80", true, false},
		{"128.0.0.1:80", true, false}, {"127.0.0.1", false, false}, {"127.0.0.1:", false, false}, {"127.0.0.1:65536", false, false}, {"127.0.0.1:-1", false, false}, {"::1:80", false, false}, {"[::1:80", false, false},
		{"host:80", false, false}, {"", false, false}, {"127.0.0.1:80 ", false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sockaddr_storage a;
		socklen_t n;
		struct err e;
		if ((site_address(rows[i].a, &a, &n, &e) == 0) != rows[i].ok || site_loopback(rows[i].a) != rows[i].loopback)
			fail_msg("%s", rows[i].a);
	}
}

static size_t files_in(const char *dir)
{
	char cmd[128];
	size_t n = 0;
	snprintf(cmd, sizeof cmd, "%s", dir);
	DIR *d = opendir(cmd);
	for (struct dirent *en; d && (en = readdir(d));)
		n += strcmp(en->d_name, ".") && strcmp(en->d_name, "..");
	if (d)
		closedir(d);
	return n;
}

static void test_create(void **state)
{
	char dir[] = "/tmp/hf-site-XXXXXX", path[64], other[64];
	AUTO_BUF struct buf talk = {0};
	struct err e = {0};
	assert_non_null(mkdtemp(dir));
	buf_init(&talk, 1 << 16);
	snprintf(path, sizeof path, "%s/site", dir);
	struct site_init o = {.name = "St. \xc3\x84nne/Care", .k = 2, .n = 3, .shares_dir = dir};
	assert_int_equal(site_create(path, &o, &talk, &e), 0);
	assert_int_equal(files_in(dir), 4);
	struct site s;
	assert_int_equal(site_open(path, &s, &e), 0);
	assert_string_equal(s.name, o.name);
	assert_true(slice_starts(slice_str(s.origin), "holdfast/st-anne-care-"));
	assert_int_equal(s.listener_count, 1);
	/* nothing of the recovery key: no identity but the care key lies anywhere in it */
	AUTO_BUF struct buf left = {0};
	buf_init(&left, 1 << 16);
	site_shares_left(s.fd, &left);
	assert_non_null(strstr(buf_cstr(&left), "share-3-of-3.txt"));
	snprintf(other, sizeof other, "%s/St. \xc3\x84nne-Care-share-2-of-3.txt", dir);
	struct stat st;
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(unlink(other), 0);
	buf_reset(&left);
	site_shares_left(s.fd, &left);
	assert_null(strstr(buf_cstr(&left), "share-2-of-3.txt"));
	site_close(&s);
	/* over a site, over a folder with something in it: refused, and nothing is touched */
	assert_int_equal(site_create(path, &o, &talk, &e), ERR_EXISTS);
	assert_int_equal(site_create(dir, &o, &talk, &e), ERR_EXISTS);
	assert_int_equal(files_in(dir), 3);
	assert_int_equal(site_open(path, &s, &e), 0);
	site_close(&s);
	/* a share of that name is there: it may open another site. What was made before that was seen is gone again */
	snprintf(other, sizeof other, "%s/site2", dir);
	assert_int_equal(site_create(other, &o, &talk, &e), ERR_EXISTS);
	assert_int_equal(access(other, F_OK), -1);
	assert_int_equal(files_in(dir), 3);
	/* an empty folder of somebody's stays when the site in it cannot be made */
	assert_int_equal(mkdir(other, 0755), 0);
	assert_int_equal(site_create(other, &o, &talk, &e), ERR_EXISTS);
	assert_int_equal(files_in(other), 0);
	assert_int_equal(access(other, F_OK), 0);
	struct site_init wrong = {.name = "x", .k = 5, .n = 3, .shares_dir = dir};
	assert_true(site_create(other, &wrong, &talk, &e) < 0);
	wrong = (struct site_init){.name = "a\nb", .k = 2, .n = 3, .shares_dir = dir};
	assert_int_equal(site_create(other, &wrong, &talk, &e), ERR_USAGE);
	wrong = (struct site_init){.name = "y", .k = 2, .n = 3, .shares_dir = "/nowhere/at/all"};
	assert_true(site_create(other, &wrong, &talk, &e) < 0);
	assert_int_equal(files_in(other), 0);
	/* shares of another site in the same folder: said, and not counted as its own */
	struct site_init second = {.name = "Second", .k = 2, .n = 2, .shares_dir = dir};
	buf_reset(&talk);
	assert_int_equal(site_create(other, &second, &talk, &e), 0);
	assert_non_null(strstr(buf_cstr(&talk), "2 other shares")); /* one of the first site's three was taken away above */
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ini), cmocka_unit_test(test_addresses), cmocka_unit_test(test_create)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
