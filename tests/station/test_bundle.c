/* What travels: whole or not at all, by whom it says, and nothing of a patient beside the seal. Requests and answers; packs; requests on the loopback. */
#include "station_test.h"

static void export_all(struct world *w, struct buf *file, uint64_t want)
{
	struct err e = {0};
	uint64_t to, items;
	assert_int_equal(station_export(w->s, 0, 0, file, &to, &items, &e), 0);
	assert_int_equal(items, want);
}

struct got {
	size_t n;
	uint64_t last;
};

static int count(void *arg, const struct station_record *x, struct err *e)
{
	struct got *g = arg;
	g->n++;
	g->last = x->n;
	return 0;
}

static int opened(struct world *w, struct slice file, struct got *g)
{
	struct station_bundle b;
	struct err e = {0};
	AUTO_BUF struct buf plain = {0};
	buf_init(&plain, STATION_FILE_MAX);
	while (file.n) {
		int r = station_bundle_next(&file, &b, &e);
		if (r == 0)
			r = station_bundle_verify(&b, &w->s->is.vkey, &e);
		buf_reset(&plain);
		if (r == 0)
			r = age_open(&w->care, 1, b.sealed, &plain, &e);
		if (r == 0)
			r = station_bundle_items(&b, buf_slice(&plain), count, g, &e);
		if (r < 0)
			return r;
	}
	return 0;
}

static void whole(void **state)
{
	struct world *w = *state;
	struct got g = {0};
	struct err e = {0};
	uint64_t to, items;
	char number[DOWNTIME_NUMBER_MAX];
	AUTO_BUF struct buf file = {0};
	AUTO_BUF struct buf none = {0};
	buf_init(&file, STATION_FILE_MAX);
	buf_init(&none, STATION_FILE_MAX);
	puts_one(w, "W3K7-000001");
	assert_int_equal(station_number(w->s, number, &e), 0);
	puts_one(w, "W3K7-000003");
	export_all(w, &file, 2);
	assert_true(station_bundle_is(buf_slice(&file)));
	assert_null(memmem(file.p, file.n, "4711", 4));
	assert_int_equal(opened(w, buf_slice(&file), &g), 0);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.last, 3);
	assert_int_equal(station_export(w->s, 3, 0, &none, &to, &items, &e), 0);
	assert_true(items == 0 && none.n == 0 && to == 3);
	assert_int_equal(station_export(w->s, 0, 1, &none, &to, &items, &e), 0);
	assert_true(items == 1 && to == 1);
}

static void changed(void **state)
{
	struct world *w = *state;
	AUTO_BUF struct buf file = {0};
	buf_init(&file, STATION_FILE_MAX);
	puts_one(w, "W3K7-000001");
	export_all(w, &file, 1);
	for (size_t i = 0; i < file.n; i++) {
		struct got g = {0};
		file.p[i] ^= 1 << i % 8;
		assert_true(opened(w, buf_slice(&file), &g) < 0);
		assert_int_equal(g.n, 0);
		file.p[i] ^= 1 << i % 8;
	}
	for (size_t n = 1; n < file.n; n++) {
		struct got g = {0};
		assert_true(opened(w, slice_of(file.p, n), &g) < 0);
	}
	struct note_signer other;
	struct station_bundle b;
	struct err e = {0};
	struct slice rest = buf_slice(&file);
	assert_int_equal(note_signer_new(w->s->sign.v.name, &other, &e), 0);
	assert_int_equal(station_bundle_next(&rest, &b, &e), 0);
	assert_int_equal(station_bundle_verify(&b, &other.v, &e), ERR_CRYPTO);
}

static void several(void **state)
{
	struct world *w = *state;
	struct got g = {0};
	AUTO_BUF struct buf file = {0};
	buf_init(&file, STATION_FILE_MAX);
	puts_one(w, "W3K7-000001");
	export_all(w, &file, 1);
	puts_one(w, "W3K7-000002");
	export_all(w, &file, 2); /* behind it */
	assert_int_equal(opened(w, buf_slice(&file), &g), 0);
	assert_int_equal(g.n, 3);
}

static void lies(void **state)
{
	struct station_bundle b = {.first = 1, .last = 2, .items = 2};
	struct got g = {0};
	struct err e = {0};
	(void)state;
	assert_int_equal(station_bundle_items(&b, SLICE("item 1 1\na\nitem 2 1\nb\n"), count, &g, &e), 0);
	static const char *const bad[] = {"item 1 1\na\n", "item 2 1\na\nitem 1 1\nb\n", "item 1 1\na\nitem 2 9\nb\n", "item 1 1\na\nitem 3 1\nb\n", "item 1 1\na\nitem 2 1\nb", "item 1 1\na\nitem 2 1\nb\nitem 2 1\nc\n", "item 1 0\n\nitem 2 1\nb\n", "thing 1 1\na\n", "item 1 18446744073709551616\n", ""};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(station_bundle_items(&b, slice_str(bad[i]), count, &g, &e), ERR_INPUT);
}

static void enrolment(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	struct station_request q;
	struct station_answer a;
	struct note_signer other;
	AUTO_BUF struct buf note = {0};
	AUTO_BUF struct buf answer = {0};
	buf_init(&note, 8192);
	buf_init(&answer, 8192);
	assert_int_equal(station_request_note(w->s, &note, &e), 0);
	assert_int_equal(station_request_parse(buf_slice(&note), &q, &e), 0);
	assert_string_equal(q.name, "desk");
	assert_string_equal(q.unit, "3W");
	assert_null(memmem(note.p, note.n, "PRIVATE", 7));
	for (size_t i = 0; i < note.n; i++) {
		note.p[i] ^= 2;
		assert_true(station_request_parse(buf_slice(&note), &q, &e) < 0);
		note.p[i] ^= 2;
	}
	answer_for(w, "W3K7", &answer);
	assert_int_equal(station_answer_parse(buf_slice(&answer), &w->site.v, &a, &e), 0);
	assert_int_equal(a.numbers, 3);
	assert_int_equal(note_signer_new("gabriel", &other, &e), 0);
	assert_int_equal(station_answer_parse(buf_slice(&answer), &other.v, &a, &e), ERR_NO);
	for (size_t i = 0; i < answer.n; i++) {
		answer.p[i] ^= 2;
		assert_true(station_answer_parse(buf_slice(&answer), &w->site.v, &a, &e) < 0);
		answer.p[i] ^= 2;
	}
}

static void make_pack(struct world *w, const char *unit, int64_t made, const struct age_recipient *to, struct buf *file)
{
	struct station_pack p = {.made = made};
	struct err e = {0};
	AUTO_BUF struct buf sealed = {0}, text = {0};
	buf_init(&sealed, 1 << 16);
	buf_init(&text, 4096);
	snprintf(p.unit, sizeof p.unit, "%s", unit);
	assert_int_equal(age_seal(to, 1, SLICE("%PDF-1.7 of the unit"), &sealed, &e), 0);
	p.bytes = sealed.n;
	seal_sha256_once(buf_slice(&sealed), p.sha256);
	assert_int_equal(station_pack_text(&p, &text, &e), 0);
	assert_int_equal(note_sign(&w->site, buf_slice(&text), file, &e), 0);
	buf_add_slice(file, buf_slice(&sealed));
}

static void packs(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	const int64_t at = INT64_C(1795392000) * TIME_SEC;
	int64_t made;
	AUTO_BUF struct buf file = {0}, pdf = {0}, other = {0}, sealed_to_other = {0};
	struct age_identity somebody;
	age_identity_new(&somebody);
	buf_init(&file, 1 << 20);
	buf_init(&other, 1 << 20);
	buf_init(&sealed_to_other, 1 << 20);
	buf_init(&pdf, 1 << 20);
	assert_int_equal(station_pack_open(w->s, &pdf, &made, &e), ERR_NOT_FOUND);
	make_pack(w, "3W", at, &w->s->is.to, &file);
	for (size_t i = 0; i < file.n; i++) {
		struct station_pack p;
		file.p[i] ^= 4;
		assert_true(station_pack_parse(buf_slice(&file), &w->site.v, &p, &e) < 0);
		file.p[i] ^= 4;
	}
	assert_int_equal(station_pack_keep(w->s, buf_slice(&file), &e), 0);
	assert_int_equal(station_pack_keep(w->s, buf_slice(&file), &e), ERR_NO);
	assert_int_equal(station_pack_open(w->s, &pdf, &made, &e), 0);
	assert_string_equal(buf_cstr(&pdf), "%PDF-1.7 of the unit");
	assert_true(made == at);
	make_pack(w, "ICU", at + TIME_SEC, &w->s->is.to, &other);
	assert_int_equal(station_pack_keep(w->s, buf_slice(&other), &e), ERR_INPUT);
	make_pack(w, "3W", at + TIME_SEC, &somebody.to, &sealed_to_other);
	assert_int_equal(station_pack_keep(w->s, buf_slice(&sealed_to_other), &e), 0);
	assert_true(station_pack_open(w->s, &pdf, &made, &e) < 0);
}

static int http(const char *text, struct station_http *q)
{
	return station_http_read(slice_str(text), q);
}

static void loopback(void **state)
{
	struct station_http q;
	(void)state;
	assert_int_equal(http("GET /api/status?a=b HTTP/1.1\r\nHost: 127.0.0.1:8123\r\nCookie: s=1\r\n\r\n", &q), 1);
	assert_string_equal(q.method, "GET");
	assert_string_equal(q.path, "/api/status");
	assert_string_equal(q.query, "a=b");
	assert_string_equal(q.cookie, "s=1");
	assert_true(station_http_own(&q, 8123));
	assert_false(station_http_own(&q, 8124));
	assert_int_equal(http("POST / HTTP/1.1\r\nHost: localhost:8123\r\nContent-Length: 12\r\nOrigin: http://localhost:8123\r\n\r\n", &q), 1);
	assert_int_equal(q.length, 12);
	assert_true(station_http_own(&q, 8123));
	/* a page of somebody else's: another name for our address, another origin, another site */
	assert_int_equal(http("GET / HTTP/1.1\r\nHost: evil.example:8123\r\n\r\n", &q), 1);
	assert_false(station_http_own(&q, 8123));
	assert_int_equal(http("POST / HTTP/1.1\r\nHost: localhost:8123\r\nOrigin: http://evil.example\r\n\r\n", &q), 1);
	assert_false(station_http_own(&q, 8123));
	assert_int_equal(http("POST / HTTP/1.1\r\nHost: localhost:8123\r\nOrigin: null\r\n\r\n", &q), 1);
	assert_false(station_http_own(&q, 8123));
	assert_int_equal(http("GET / HTTP/1.1\r\nHost: localhost:8123\r\nSec-Fetch-Site: cross-site\r\n\r\n", &q), 1);
	assert_false(station_http_own(&q, 8123));
	assert_int_equal(http("POST / HTTP/1.1\r\nHost: localhost:8123\r\nOrigin: http://127.0.0.1:8123\r\n\r\n", &q), 1);
	assert_false(station_http_own(&q, 8123)); /* another name of ours is another origin */
	static const char *const bad[] = {"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/2\r\nHost: a\r\n\r\n", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	                                  "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\r\n\r\n"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (http(bad[i], &q) >= 0)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(http("GET / HTTP/1.1\r\nHost: a\r\n", &q), 0);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_str(&b, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	while (b.n < STATION_HEAD_MAX + 10)
		buf_str(&b, "aaaaaaaaaaaaaaaa");
	assert_int_equal(station_http_read(buf_slice(&b), &q), ERR_LIMIT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_make, world_end)
int main(void)
{
	const struct CMUnitTest tests[] = {T(whole), T(changed), T(several), T(lies), T(enrolment), T(packs), T(loopback)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
