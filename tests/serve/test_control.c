/* What a command asks of the keeper, and a keeper that takes its time: late, in pieces, together, after something that nobody waits for any more. The other end is played here. */
#include "serve_test.h"

#include "control.h"

#include <pthread.h>

struct play { /* the keeper's part: told after so many milliseconds, each in one write */
	int fd;
	struct {
		int after_ms;
		uint64_t done, total; /* a word of progress; total 0: none */
		bool old;             /* an answer to something that was asked earlier */
		bool answer;
		int code;
		const char *text;
	} say[4];
	size_t count;
	uint64_t asked_to;
};

static void *keeper(void *arg)
{
	struct play *p = arg;
	struct chan c;
	struct frame f;
	chan_init(&c, p->fd);
	while (chan_next(&c, &f) != 1)
		if (chan_read(&c, 4096) < 0)
			return NULL;
	struct cur cu = cur_of(f.payload);
	uint64_t tag = f.tag;
	if (f.type != FRAME_K_REBUILD)
		return NULL;
	p->asked_to = cur_u64le(&cu);
	for (size_t i = 0; i < p->count; i++) {
		usleep((useconds_t)p->say[i].after_ms * 1000);
		if (p->say[i].total) {
			size_t at = frame_begin(&c.out, FRAME_K_PROGRESS, tag);
			buf_u64le(&c.out, p->say[i].done);
			buf_u64le(&c.out, p->say[i].total);
			frame_end(&c.out, at);
		}
		if (p->say[i].old) {
			size_t at = frame_begin(&c.out, FRAME_K_REPLY, tag - 1);
			buf_u32le(&c.out, (uint32_t)ERR_CORRUPT);
			frame_str(&c.out, "");
			frame_str(&c.out, "not yours");
			frame_end(&c.out, at);
		}
		struct err e = {.code = p->say[i].code};
		if (p->say[i].answer && e.code) {
			snprintf(e.text, sizeof e.text, "%s", p->say[i].text);
			frame_err(&c.out, FRAME_K_REPLY, tag, e.code, &e);
		} else if (p->say[i].answer) {
			size_t at = frame_begin(&c.out, FRAME_K_REPLY, tag);
			buf_u32le(&c.out, 0);
			frame_end(&c.out, at);
		}
		if (chan_write(&c) != 1)
			return NULL;
	}
	usleep(800000); /* it stays: the answer is not found because the channel ended */
	chan_done(&c);
	return p;
}

struct heard {
	unsigned words;
	uint64_t done, total;
};

static void progress(void *arg, uint64_t done, uint64_t total)
{
	struct heard *h = arg;
	h->words++;
	h->done = done;
	h->total = total;
}

/* Returns what the rebuild returned; ret_ms: when. */
static int rebuild(struct play *p, struct heard *h, int *ret_ms, struct err *e)
{
	int fd[2];
	struct control c = {.tags = REQUEST_TAG + 5, .lifeline = -1, .lockfd = -1};
	pthread_t t;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	chan_init(&c.ch, fd[0]);
	assert_int_equal(fd_nonblock(fd[0]), 0);
	queue_init(&c.q);
	p->fd = fd[1];
	assert_int_equal(pthread_create(&t, NULL, keeper, p), 0);
	int64_t begin = time_monotonic();
	int r = control_rebuild(&c, 41, progress, h, e);
	*ret_ms = (int)((time_monotonic() - begin) / 1000000);
	chan_done(&c.ch);
	queue_done(&c.q);
	pthread_join(t, NULL);
	assert_int_equal(p->asked_to, 41);
	return r;
}

/* More than the second for which one wait lasts. */
static void test_late(void **state)
{
	struct play p = {.say = {{.after_ms = 1200, .answer = true}}, .count = 1};
	struct heard h = {0};
	struct err e = {0};
	int ms;
	assert_int_equal(rebuild(&p, &h, &ms, &e), 0);
	assert_in_range(ms, 1100, 1900);
	assert_int_equal(h.words, 0);
}

static void test_late_no(void **state)
{
	struct play p = {.say = {{.after_ms = 10, .done = 3, .total = 42}, {.after_ms = 1150, .old = true, .done = 9, .total = 42}, {.after_ms = 50, .answer = true, .code = ERR_BUSY, .text = "the view is being rebuilt already"}}, .count = 3};
	struct heard h = {0};
	struct err e = {0};
	int ms;
	assert_int_equal(rebuild(&p, &h, &ms, &e), ERR_BUSY);
	assert_string_equal(e.text, "the view is being rebuilt already");
	assert_int_equal(h.words, 2);
	assert_int_equal(h.done, 9);
	assert_in_range(ms, 1150, 2100);
}

/* The last word of progress and the answer behind it come in one piece: nobody waits for more. */
static void test_together(void **state)
{
	struct play p = {.say = {{.after_ms = 1100, .done = 42, .total = 42, .answer = true}}, .count = 1};
	struct heard h = {0};
	struct err e = {0};
	int ms;
	assert_int_equal(rebuild(&p, &h, &ms, &e), 0);
	assert_int_equal(h.words, 1);
	assert_int_equal(h.done, 42);
	assert_int_equal(h.total, 42);
	if (ms > 1800)
		fail_msg("the answer was there after 1100 ms, and was read after %d", ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_late), cmocka_unit_test(test_late_no), cmocka_unit_test(test_together)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
