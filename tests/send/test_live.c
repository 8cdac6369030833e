/* A device's end of a live strip, against scripted answers: what counts as taken, when it begins again, and that "kept" never goes back. */
#include "send_internal.h"

#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

static struct {
	long status;
	const char *text;
	enum send_said none;
	char target[200], body[600];
} script;

static long answer(void *arg, const char *target, struct slice body, struct buf *out, struct send_answer *why)
{
	snprintf(script.target, sizeof script.target, "%s", target);
	snprintf(script.body, sizeof script.body, "%.*s", SLICE_FMT(body));
	why->said = script.none;
	if (!script.status)
		err_set(&why->why, ERR_BUSY, NULL, "cannot be reached");
	buf_str(out, script.text);
	return script.status;
}

static const struct send_way way = {.ask = answer};

static struct send_live strip(void)
{
	return (struct send_live){.way = &way, .terms = SLICE("{\"leads\":[\"II\"]}")};
}

static void says(long status, const char *text)
{
	script.status = status;
	script.text = text;
	script.none = SEND_LATER;
}

#define TAKEN(to, kept) "{\"id\":\"0123456789abcdef\",\"to\":" #to ",\"kept\":" #kept ",\"start\":\"2026-11-22T03:12:00.000Z\",\"state\":\"live\",\"entries\":2}"

static void begun_again(void **state)
{
	struct send_live l = strip();
	struct err e = {0};
	says(201, TAKEN(0, 0));
	assert_int_equal(send_live_begin(&l, &e), SEND_LIVE_TAKEN);
	assert_string_equal(script.target, "/api/live");
	assert_string_equal(script.body, "{\"leads\":[\"II\"],\"from\":0}");
	says(200, TAKEN(500, 250));
	assert_int_equal(send_live_piece(&l, 250, SLICE("ab"), &e), SEND_LIVE_TAKEN);
	assert_string_equal(script.target, "/api/live/0123456789abcdef?at=250");
	assert_true(l.kept == 250 && l.to == 500 && l.entries == 2);
	says(404, "{\"error\":{\"code\":\"not-found\",\"text\":\"begin it again\"}}");
	assert_int_equal(send_live_piece(&l, 500, SLICE("ab"), &e), SEND_LIVE_GONE);
	assert_false(l.begun);
	says(201, TAKEN(250, 250));
	assert_int_equal(send_live_begin(&l, &e), SEND_LIVE_TAKEN);
	assert_string_equal(script.body, "{\"leads\":[\"II\"],\"start\":\"2026-11-22T03:12:00.000Z\",\"from\":250}"); /* the same time, and from where nothing is kept */
	says(200, TAKEN(100, 100));
	assert_int_equal(send_live_end(&l, &e), SEND_LIVE_TAKEN);
	assert_string_equal(script.target, "/api/live/0123456789abcdef/end");
	assert_int_equal(l.kept, 250); /* what was durable once is */
}

static void worth_of_answers(void **state)
{
	static const struct {
		long status;
		const char *text;
		enum send_live_said want;
	} all[] = {
		{200, "<html>please sign in to the guest network</html>", SEND_LIVE_LATER}, {200, "{}", SEND_LIVE_LATER}, {200, "{\"id\":\"../x\",\"to\":1,\"kept\":1,\"start\":\"2026\"}", SEND_LIVE_LATER},
		{200, "{\"id\":\"a\",\"to\":1,\"kept\":2,\"start\":\"2026\"}", SEND_LIVE_LATER}, {200, "{\"id\":\"a\",\"to\":1,\"kept\":-2,\"start\":\"2026\"}", SEND_LIVE_LATER}, {404, "nothing here", SEND_LIVE_LATER},
		{404, "{\"error\":{\"text\":\"no such strip\"}}", SEND_LIVE_GONE}, {409, "{\"error\":{\"text\":\"other samples\"}}", SEND_LIVE_OTHER}, {409, "proxy", SEND_LIVE_LATER},
		{400, "{\"error\":{\"text\":\"half a sample\"}}", SEND_LIVE_OTHER}, {401, "{\"error\":{\"text\":\"x\"}}", SEND_LIVE_STOP}, {403, "{\"error\":{\"text\":\"not with this role\"}}", SEND_LIVE_STOP},
		{429, "{\"error\":{\"text\":\"too many strips\"}}", SEND_LIVE_LATER}, {503, "{\"error\":{\"text\":\"busy\"}}", SEND_LIVE_LATER}, {502, "bad gateway", SEND_LIVE_LATER}};
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct send_live l = strip();
		struct err e = {0};
		says(201, TAKEN(0, 0));
		assert_int_equal(send_live_begin(&l, &e), SEND_LIVE_TAKEN);
		says(all[i].status, all[i].text);
		assert_int_equal(send_live_piece(&l, 0, SLICE("ab"), &e), all[i].want);
		assert_true(e.text[0]);
		assert_int_equal(l.kept, 0);
		struct send_live fresh = strip();
		assert_int_not_equal(send_live_begin(&fresh, &e), SEND_LIVE_OTHER); /* terms that are refused are refused for good */
		assert_false(fresh.begun);
	}
	struct send_live l = strip();
	struct err e = {0};
	says(0, "");
	assert_int_equal(send_live_begin(&l, &e), SEND_LIVE_LATER);
	script.none = SEND_STOP; /* the certificate */
	assert_int_equal(send_live_begin(&l, &e), SEND_LIVE_STOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(begun_again), cmocka_unit_test(worth_of_answers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
