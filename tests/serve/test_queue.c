/* The queue to the keeper against a model: whatever is sent, answered and sent again, every entry arrives whole, in order, until it is answered. */
#include "serve_test.h"
#include "queue.h"

static uint32_t dice(uint32_t *s, uint32_t n)
{
	*s = *s * 1664525u + 1013904223u;
	return (*s >> 8) % n;
}

/* Bodies follow from their number. */
static size_t body_size(uint64_t i)
{
	return i % 97 == 13 ? 700000 : i % 31 == 5 ? 0 : (size_t)(i * 37 % 3000);
}
static void body_fill(uint64_t i, uint8_t *p, size_t n)
{
	for (size_t k = 0; k < n; k++)
		p[k] = (uint8_t)(i * 31 + k);
}

static void add(struct queue *q, uint64_t i, uint8_t *scratch)
{
	struct err e;
	char key[32];
	size_t n = body_size(i);
	body_fill(i, scratch, n);
	snprintf(key, sizeof key, "key-%llu", (unsigned long long)i);
	struct queue_entry en = {.kind = 1, .flags = 2, .options = 1, .listener = 5, .key = slice_str(i % 2 ? key : ""), .body = slice_of(scratch, n), .a = i};
	assert_int_equal(queue_add(q, &en, &e), 0);
}

static void check(const struct frame *f, uint64_t i, uint8_t *scratch)
{
	struct cur c = cur_of(f->payload);
	char key[32];
	assert_int_equal(f->type, FRAME_K_APPEND);
	assert_int_equal(f->tag, i + 1);
	assert_int_equal(cur_u8(&c), 1);
	assert_int_equal(cur_u8(&c), 2);
	assert_int_equal(cur_u8(&c), 1);
	assert_int_equal(cur_u16le(&c), 5);
	struct slice k = frame_get_str(&c);
	snprintf(key, sizeof key, "key-%llu", (unsigned long long)i);
	assert_true(slice_eq_str(k, i % 2 ? key : ""));
	size_t n = body_size(i);
	body_fill(i, scratch, n);
	assert_true(slice_eq(cur_take(&c, cur_left(&c)), slice_of(scratch, n)));
}

static void test_model(void **state)
{
	uint8_t *scratch = malloc(1 << 20);
	for (uint32_t seed = 1; seed <= 12; seed++) {
		uint32_t s = seed;
		struct queue q;
		struct chan far = {.fd = -1};
		int fd[2] = {-1, -1};
		uint64_t added = 0, answered = 0, arrived = 0;
		queue_init(&q);
		while (answered < 600) {
			if (fd[0] < 0 || dice(&s, 60) == 0) { /* the keeper dies: half of something may be on the way */
				if (fd[0] >= 0) {
					close(fd[0]);
					chan_done(&far);
				}
				assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
				chan_init(&far, fd[1]);
				assert_int_equal(fd_nonblock(fd[1]), 0);
				queue_rewind(&q);
				arrived = answered;
			}
			for (uint32_t n = dice(&s, 12); n && added < 700; n--)
				add(&q, added++, scratch);
			int r = dice(&s, 4) ? queue_write(&q, fd[0]) : queue_write_part(&q, fd[0]);
			assert_true(r >= 0);
			while (dice(&s, 3) && chan_read(&far, 1 + dice(&s, 300000)) > 0)
				;
			struct frame f;
			while (chan_next(&far, &f) == 1)
				check(&f, arrived++, scratch);
			chan_compact(&far);
			while (answered < arrived && dice(&s, 3)) {
				struct queue_item *it = queue_head(&q);
				assert_non_null(it);
				assert_int_equal(it->a, answered);
				assert_int_equal(it->tag, answered + 1);
				size_t n = body_size(answered);
				body_fill(answered, scratch, n);
				assert_true(slice_eq(queue_body(it), slice_of(scratch, n)));
				queue_pop(&q);
				answered++;
			}
		}
		if (added == answered)
			assert_int_equal(q.bytes, 0);
		close(fd[0]);
		chan_done(&far);
		queue_done(&q);
	}
	free(scratch);
}

/* What could not be answered is not sent in between: after a refusal only the frame that was begun is ended. */
static void test_part(void **state)
{
	struct queue q;
	int fd[2], small = 4096;
	uint8_t *scratch = calloc(1, 1 << 20);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	queue_init(&q);
	add(&q, 13, scratch); /* 700,000 bytes */
	add(&q, 14, scratch);
	assert_int_equal(queue_write(&q, fd[0]), 0);
	assert_true(q.part > 0);
	size_t got = 0;
	for (int r = 0; r != 1;) {
		ssize_t n = recv(fd[1], scratch, 1 << 20, MSG_DONTWAIT);
		got += n > 0 ? (size_t)n : 0;
		r = queue_write_part(&q, fd[0]);
		assert_true(r >= 0);
	}
	for (ssize_t n; (n = recv(fd[1], scratch, 1 << 20, MSG_DONTWAIT)) > 0;)
		got += (size_t)n;
	assert_int_equal(got, FRAME_HEAD + 7 + 6 + 700000);
	assert_int_equal(q.sent, 1);
	assert_int_equal(q.part, 0);
	close(fd[0]);
	close(fd[1]);
	queue_done(&q);
	free(scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_model), cmocka_unit_test(test_part)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
