/* Packets are verified before they have a name here, and again before they are shown; the newest stay. */
#include "station_test.h"

#include <dirent.h>

#define MADE (INT64_C(1795392000) * TIME_SEC)

static void packet(const struct note_signer *by, const char *unit, int64_t made, struct buf *file)
{
	struct packet_seal s = {.made = made, .until = made + 3600 * TIME_SEC, .entries = 7};
	struct err e = {0};
	AUTO_BUF struct buf text = {0}, note = {0}, vkey = {0};
	buf_init(&text, 4096);
	buf_init(&note, 8192);
	buf_init(&vkey, 512);
	buf_str(file, "<!doctype html><p>a unit's pages</p>\n");
	note_vkey_format(&by->v, &vkey);
	snprintf(s.vkey, sizeof s.vkey, "%s", buf_cstr(&vkey));
	snprintf(s.unit, sizeof s.unit, "%s", unit);
	s.bytes = file->n;
	seal_sha256_once(buf_slice(file), s.sha256);
	assert_int_equal(packet_seal_text(&s, &text, &e), 0);
	assert_int_equal(note_sign(by, buf_slice(&text), &note, &e), 0);
	assert_int_equal(packet_end(file, buf_slice(&note), &e), 0);
}

static int keep(struct world *w, const struct note_signer *by, const char *unit, int64_t made, int flip)
{
	AUTO_BUF struct buf file = {0};
	struct packet_seal seal;
	struct err e = {0};
	buf_init(&file, 1 << 16);
	packet(by, unit, made, &file);
	if (flip >= 0)
		file.p[flip] ^= 1;
	return station_packet_keep(w->s, buf_slice(&file), 2, &seal, &e);
}

static size_t aside(const struct world *w)
{
	char path[256];
	size_t n = 0;
	snprintf(path, sizeof path, "%s/bad", w->dir);
	DIR *d = opendir(path);
	assert_non_null(d);
	for (const struct dirent *x; (x = readdir(d));)
		n += x->d_name[0] != '.';
	closedir(d);
	return n;
}

static size_t there(const struct world *w, struct station_packet v[STATION_PACKETS_MAX])
{
	struct err e = {0};
	size_t n;
	assert_int_equal(station_packets(w->s, v, &n, &e), 0);
	return n;
}

static void kept(void **state)
{
	struct world *w = *state;
	struct station_packet v[STATION_PACKETS_MAX];
	assert_int_equal(there(w, v), 0);
	assert_int_equal(keep(w, &w->site, "3W", MADE, -1), 0);
	assert_int_equal(keep(w, &w->site, "3W", MADE, -1), ERR_NO);
	assert_int_equal(keep(w, &w->site, "3W", MADE - 60 * TIME_SEC, -1), ERR_NO); /* an old one, played again */
	assert_int_equal(keep(w, &w->site, "3W", MADE + 60 * TIME_SEC, -1), 0);
	assert_int_equal(keep(w, &w->site, "3W", MADE + 120 * TIME_SEC, -1), 0);
	assert_int_equal(there(w, v), 2);
	assert_true(v[0].made == MADE + 120 * TIME_SEC && v[1].made == MADE + 60 * TIME_SEC);
	assert_int_equal(aside(w), 0);
}

static void refused(void **state)
{
	struct world *w = *state;
	struct station_packet v[STATION_PACKETS_MAX];
	struct note_signer other;
	struct err e = {0};
	assert_int_equal(note_signer_new("gabriel", &other, &e), 0);
	assert_int_equal(keep(w, &w->site, "3W", MADE, -1), 0);
	assert_int_equal(keep(w, &w->site, "3W", MADE + TIME_SEC, 10), ERR_CRYPTO);
	assert_true(aside(w) > 0);
	assert_int_equal(keep(w, &w->site, "ICU", MADE + TIME_SEC, -1), ERR_INPUT);
	assert_int_equal(keep(w, &other, "3W", MADE + TIME_SEC, -1), ERR_CRYPTO); /* whole, and another's */
	assert_int_equal(there(w, v), 1);
	assert_true(v[0].made == MADE);
}

/* What was changed where it lies is not shown: the one before it is. */
static void damaged(void **state)
{
	struct world *w = *state;
	struct station_packet v[STATION_PACKETS_MAX];
	struct packet_seal seal;
	struct err e = {0};
	char path[512];
	AUTO_BUF struct buf file = {0};
	buf_init(&file, PACKET_MAX);
	assert_int_equal(station_packet_newest(w->s, &file, &seal, &e), ERR_NOT_FOUND);
	assert_int_equal(keep(w, &w->site, "3W", MADE, -1), 0);
	assert_int_equal(keep(w, &w->site, "3W", MADE + TIME_SEC, -1), 0);
	assert_int_equal(there(w, v), 2);
	snprintf(path, sizeof path, "%s/packets/%s", w->dir, v[0].name);
	AUTO_CLOSE int fd = open(path, O_WRONLY);
	assert_int_equal(station_packet_read(w->s, v[0].name, &file, &seal, &e), 0);
	assert_true(seal.made == MADE + TIME_SEC);
	buf_reset(&file);
	assert_int_equal(pwrite(fd, "X", 1, 20), 1);
	assert_int_equal(station_packet_read(w->s, v[0].name, &file, &seal, &e), ERR_CRYPTO);
	assert_int_equal(file.n, 0); /* nothing of it is handed out */
	static const char *const no[] = {"", ".", "..", "../vkey", "pack", "nothing.html"};
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_int_equal(station_packet_read(w->s, no[i], &file, &seal, &e), ERR_NOT_FOUND);
	assert_int_equal(station_packet_read(w->s, v[1].name, &file, &seal, &e), 0);
	assert_true(seal.made == MADE);
	buf_reset(&file);
	assert_int_equal(station_packet_newest(w->s, &file, &seal, &e), 0);
	assert_true(seal.made == MADE);
	snprintf(path, sizeof path, "%s/packets/%s", w->dir, v[1].name);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(station_packet_newest(w->s, &file, &seal, &e), ERR_CRYPTO);
}

static void told(void **state)
{
	struct world *w = *state;
	struct station_packet v[STATION_PACKETS_MAX];
	struct note_signer other;
	struct err e = {0};
	assert_int_equal(note_signer_new("other", &other, &e), 0);
	assert_int_equal(station_trust(w->s, &w->site.v, &e), 0);
	assert_int_equal(station_trust(w->s, &other.v, &e), ERR_NO);
	snprintf(w->dir, sizeof w->dir, "%s/plain", w->top);
	assert_int_equal(station_new(w->dir, w->witness, "plain", "3W", &e), 0);
	again(w);
	assert_int_equal(keep(w, &w->site, "3W", MADE, -1), ERR_DENIED);
	assert_int_equal(station_trust(w->s, &w->site.v, &e), 0);
	again(w);
	assert_int_equal(keep(w, &w->site, "3W", MADE, -1), 0);
	assert_int_equal(keep(w, &other, "3W", MADE + TIME_SEC, -1), ERR_CRYPTO);
	assert_int_equal(there(w, v), 1);
	AUTO_BUF struct buf note = {0};
	buf_init(&note, 8192);
	w->site = other;
	answer_for(w, "W3K9", &note);
	assert_int_equal(station_join(w->s, buf_slice(&note), NULL, &e), ERR_NO); /* another site's answer */
	assert_false(w->s->enrolled);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_make, world_end)
int main(void)
{
	const struct CMUnitTest tests[] = {T(kept), T(refused), T(damaged), T(told)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
