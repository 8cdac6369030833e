/* Frames, streams and packets: what is broken is refused before a byte of it is kept. */
#include "serve_test.h"

static void pair(int type, int fd[2])
{
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fd), 0);
}

static void test_heads(void **state)
{
	static const struct {
		const char *what;
		uint32_t n;
		uint16_t type, zero;
		bool ok;
	} rows[] = {
		{"empty", 0, FRAME_R_GO, 0, true},
		{"longer than its type allows", 1, FRAME_R_GO, 0, false},
		{"as long as its type allows", FRAME_BODY, FRAME_K_APPEND, 0, true},
		{"one more", FRAME_BODY + 1, FRAME_K_APPEND, 0, false},
		{"no such type", 0, 9999, 0, false},
		{"type 0", 0, 0, 0, false},
		{"zero is not zero", 0, FRAME_R_GO, 1, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_BUF struct buf b = {0};
		struct frame f;
		buf_init(&b, 64);
		buf_u32le(&b, rows[i].n);
		buf_u8(&b, (uint8_t)rows[i].type);
		buf_u8(&b, (uint8_t)(rows[i].type >> 8));
		buf_u8(&b, (uint8_t)rows[i].zero);
		buf_u8(&b, 0);
		buf_u64le(&b, 7);
		if (frame_head(buf_slice(&b), &f) != rows[i].ok)
			fail_msg("%s", rows[i].what);
		assert_false(frame_head(slice_of(b.p, b.n - 1), &f));
	}
}

static void test_fields(void **state)
{
	AUTO_BUF struct buf b = {0};
	char text[8];
	buf_init(&b, 1 << 20);
	frame_str(&b, "seven..");
	frame_str(&b, "eight...");
	frame_str_slice(&b, slice_of("a\0b", 3));
	frame_blob(&b, SLICE("blob"));
	struct cur c = cur_of(buf_slice(&b));
	frame_get_text(&c, text, sizeof text);
	assert_string_equal(text, "seven..");
	frame_get_text(&c, text, sizeof text); /* does not fit: the cursor fails, and stays failed */
	assert_true(c.failed);
	assert_string_equal(text, "");
	c = cur_of(buf_slice(&b));
	(void)frame_get_str(&c), (void)frame_get_str(&c);
	frame_get_text(&c, text, sizeof text); /* a NUL would hide what follows it */
	assert_true(c.failed);
	c = cur_of(buf_slice(&b));
	for (int i = 0; i < 3; i++)
		(void)frame_get_str(&c);
	assert_true(slice_eq_str(frame_get_blob(&c), "blob"));
	assert_true(cur_done(&c));
	assert_int_equal(frame_get_blob(&c).n, 0);
	assert_true(c.failed);
	/* a code from the other side that is none of ours becomes one */
	struct err e;
	buf_reset(&b);
	frame_str(&b, "here");
	frame_str(&b, "why");
	c = cur_of(buf_slice(&b));
	assert_int_equal(frame_get_err(&c, -4711, &e), ERR_SYSTEM);
	assert_string_equal(e.text, "why");
}

/* However a stream is cut into reads, the frames are the same. */
static void test_stream(void **state)
{
	int fd[2];
	struct chan from;
	AUTO_BUF struct buf all = {0};
	buf_init(&all, 1 << 24);
	for (unsigned i = 0; i < 300; i++) {
		size_t at = frame_begin(&all, FRAME_K_REPLY, i);
		for (unsigned k = 0; k < i * 7; k++)
			buf_u8(&all, (uint8_t)(i + k));
		frame_end(&all, at);
	}
	for (size_t step = 1; step < 70000; step = step * 3 + 1) {
		pair(SOCK_STREAM, fd);
		chan_init(&from, fd[0]);
		assert_int_equal(fd_nonblock(fd[0]), 0);
		unsigned seen = 0;
		for (size_t at = 0; at < all.n || seen < 300;) {
			size_t n = all.n - at < step ? all.n - at : step;
			if (n) {
				ssize_t put = send(fd[1], all.p + at, n, MSG_DONTWAIT);
				if (put > 0)
					at += (size_t)put;
			}
			assert_true(chan_read(&from, SIZE_MAX / 4) >= 0);
			struct frame f;
			int r;
			while ((r = chan_next(&from, &f)) == 1) {
				assert_int_equal(f.tag, seen);
				assert_int_equal(f.payload.n, seen * 7);
				for (size_t k = 0; k < f.payload.n; k++)
					assert_int_equal(f.payload.p[k], (uint8_t)(seen + k));
				seen++;
			}
			assert_int_equal(r, 0);
			chan_compact(&from);
		}
		close(fd[1]);
		assert_int_equal(chan_read(&from, 1 << 16), ERR_NO);
		chan_done(&from);
	}
}

static void test_stream_refuses(void **state)
{
	int fd[2];
	struct chan c;
	struct frame f;
	pair(SOCK_STREAM, fd);
	chan_init(&c, fd[0]);
	/* a length of 4 GB: refused at its head, and no memory is asked for */
	assert_int_equal(send(fd[1], "\xff\xff\xff\xff\x40\0\0\0\0\0\0\0\0\0\0\0", 16, 0), 16);
	assert_int_equal(chan_read(&c, 1 << 16), 1);
	assert_false(chan_big(&c));
	assert_int_equal(chan_next(&c, &f), ERR_INPUT);
	assert_true(c.in.cap < (1 << 20));
	close(fd[1]);
	chan_done(&c);
}

static void test_packets(void **state)
{
	int fd[2], pass[2], extra[PACKET_FDS];
	AUTO_BUF struct buf b = {0};
	struct frame f;
	buf_init(&b, FRAME_HEAD + FRAME_SMALL + 64);
	pair(SOCK_SEQPACKET, fd);
	pair(SOCK_STREAM, pass);
	assert_int_equal(packet_recv(fd[1], &b, &f, false), 0);
	assert_int_equal(packet_send(fd[0], FRAME_R_PEER, 9, SLICE("x"), &pass[0], 1, true), 0);
	assert_int_equal(packet_recv(fd[1], &b, &f, true), 1);
	assert_int_equal(f.type, FRAME_R_PEER);
	assert_int_equal(f.tag, 9);
	int got = frame_take_fd(&f, 0);
	assert_true(got >= 0);
	assert_int_equal(frame_take_fd(&f, 0), -1); /* only once */
	assert_int_equal(frame_take_fd(&f, 3), -1);
	assert_int_equal(write(got, "!", 1), 1); /* and it is the one that was sent */
	char c;
	assert_int_equal(read(pass[1], &c, 1), 1);
	close(got);
	/* descriptors that nobody takes are closed */
	for (size_t i = 0; i < PACKET_FDS; i++)
		extra[i] = pass[0];
	assert_int_equal(packet_send(fd[0], FRAME_R_GO, 0, SLICE_NULL, extra, PACKET_FDS, true), 0);
	assert_int_equal(packet_recv(fd[1], &b, &f, true), 1);
	assert_int_equal(f.fd_count, PACKET_FDS);
	int one = f.fds[2];
	frame_close_fds(&f);
	assert_int_equal(fcntl(one, F_GETFD), -1);
	/* what is no frame of ours */
	assert_int_equal(send(fd[0], "hello", 5, 0), 5);
	assert_int_equal(packet_recv(fd[1], &b, &f, true), ERR_INPUT);
	assert_int_equal(send(fd[0], "\1\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0", 16, 0), 16); /* says one byte, brings none */
	assert_int_equal(packet_recv(fd[1], &b, &f, true), ERR_INPUT);
	close(fd[0]);
	assert_int_equal(packet_recv(fd[1], &b, &f, true), ERR_NO);
	close(fd[1]);
	close(pass[0]);
	close(pass[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads), cmocka_unit_test(test_fields), cmocka_unit_test(test_stream), cmocka_unit_test(test_stream_refuses), cmocka_unit_test(test_packets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
