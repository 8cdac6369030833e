/* The folder and what answers mean, without a network: what is put in is durable and has a key of its own; a recording leaves after the server's answer alone; a refused one does not stop the others. */
#include "send_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];
static struct send_queue *q;

static int up(void **state)
{
	snprintf(dir, sizeof dir, "/tmp/hf-send-XXXXXX");
	assert_non_null(mkdtemp(dir));
	return send_queue_open(dir, &q, NULL);
}

static int down(void **state)
{
	send_queue_close(q);
	char cmd[128];
	snprintf(cmd, sizeof cmd, "%s", dir);
	file_remove_tree(AT_FDCWD, cmd);
	return 0;
}

static void put(const char *name, const char *bytes)
{
	const struct ecg_sent sent = {.note = SLICE("after stairs & lift"), .urgency = SLICE("stat"), .claimed = {.id = SLICE("1001"), .assigner = SLICE("HOSP"), .birth = SLICE("1957-03-12")}};
	const struct ecg_body b = {.files = 1, .name = {slice_str(name)}, .file = {slice_str(bytes)}};
	struct err e = {0};
	assert_int_equal(send_queue_put(q, &sent, &b, NULL, &e), 0);
}

/* A server that we play: what it says to the nth, and what it was asked. */
struct played {
	const char *script; /* a letter a recording: S stored, D duplicate, R refused, L later, G gone, X stop */
	size_t n;
	char key[16][80];
	char file[16][32];
};

static void play(void *arg, const struct ecg_body *b, struct slice body, struct send_answer *ret)
{
	struct played *p = arg;
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	assert_true(p->n < strlen(p->script) && p->n < 16);
	assert_int_equal(json_tree(b->head, a, &n, NULL), 0);
	snprintf(p->key[p->n], sizeof *p->key, "%.*s", SLICE_FMT(json_text(n, "key")));
	snprintf(p->file[p->n], sizeof *p->file, "%.*s", SLICE_FMT(b->name[0]));
	char c = p->script[p->n++];
	*ret = (struct send_answer){.said = c == 'S' || c == 'D' ? SEND_STORED : c == 'R' ? SEND_REFUSED : c == 'X' ? SEND_STOP : SEND_LATER, .entry = 7, .duplicate = c == 'D', .reached = c != 'G'};
	if (c != 'S' && c != 'D')
		err_set(&ret->why, c == 'X' ? ERR_DENIED : c == 'R' ? ERR_INPUT : ERR_BUSY, NULL, "it says %c", c);
}

static struct send_result run(struct played *p, int want)
{
	const struct send_way w = {play, p};
	struct send_result d;
	struct err e = {0};
	p->n = 0;
	assert_int_equal(send_deliver(q, &w, NULL, NULL, &d, &e), want);
	return d;
}

static void counts(size_t waiting, size_t refused)
{
	size_t w, r;
	assert_int_equal(send_queue_counts(q, &w, &r, NULL), 0);
	assert_int_equal(w, waiting);
	assert_int_equal(r, refused);
}

static void oldest_first_and_gone_after_the_answer(void **state)
{
	struct played p = {.script = "SDS"};
	put("a.scp", "one");
	put("b.scp", "two");
	put("c.scp", "three");
	counts(3, 0);
	struct send_result d = run(&p, 0);
	assert_int_equal(d.stored, 3);
	assert_int_equal(d.duplicates, 1);
	assert_int_equal(d.waiting, 0);
	assert_string_equal(p.file[0], "a.scp");
	assert_string_equal(p.file[2], "c.scp");
	counts(0, 0);
}

static void the_key_is_made_once(void **state)
{
	struct played p = {.script = "G"}, again = {.script = "SS"};
	put("a.scp", "one");
	run(&p, 0);
	send_queue_close(q);
	assert_int_equal(send_queue_open(dir, &q, NULL), 0);
	put("a.scp", "one"); /* somebody put it in twice: that is two */
	run(&again, 0);
	assert_string_equal(p.key[0], again.key[0]);
	assert_string_not_equal(again.key[0], again.key[1]);
	assert_int_equal(strlen(p.key[0]), 64);
}

static void refused_does_not_stop_the_others(void **state)
{
	struct played p = {.script = "RS"};
	AUTO_BUF struct buf why = {0};
	struct send_list l;
	char path[200];
	put("letter.txt", "Dear colleague");
	put("b.scp", "two");
	struct send_result d = run(&p, 0);
	assert_int_equal(d.refused, 1);
	assert_int_equal(d.stored, 1);
	counts(0, 1);
	assert_int_equal(send_list_read(q->refused, "", &l, NULL), 0);
	snprintf(path, sizeof path, "%s/refused/%s.why", dir, l.name[0]);
	buf_init(&why, 1000);
	assert_int_equal(file_read(AT_FDCWD, path, 1000, &why, NULL), 0);
	assert_string_equal(buf_cstr(&why), "it says R\n");
	send_list_done(&l);
}

static void a_server_that_is_gone_is_asked_once(void **state)
{
	struct played p = {.script = "G"}, busy = {.script = "LLL"}, stop = {.script = "X"};
	for (int i = 0; i < 5; i++)
		put("a.scp", "one");
	struct send_result d = run(&p, 0);
	assert_true(d.unreachable && d.waiting == 5 && p.n == 1);
	run(&busy, 0); /* it answers, and does not take them: not all five are tried */
	assert_int_equal(busy.n, 3);
	run(&stop, ERR_DENIED);
	assert_int_equal(stop.n, 1);
	counts(5, 0);
}

static void one_that_it_does_not_take_now_stops_no_other(void **state)
{
	struct played p = {.script = "LSS"};
	put("a.scp", "one");
	put("b.scp", "two");
	put("c.scp", "three");
	struct send_result d = run(&p, 0);
	assert_int_equal(d.stored, 2);
	assert_int_equal(d.waiting, 1);
}

static void two_do_not_collide(void **state)
{
	struct send_queue *other;
	struct played p = {.script = "S"};
	const struct send_way w = {play, &p};
	struct send_result d;
	struct err e = {0};
	put("a.scp", "one");
	assert_int_equal(send_queue_open(dir, &other, NULL), 0);
	run(&p, 0); /* holds the folder from now on */
	p.n = 0;
	assert_int_equal(send_deliver(other, &w, NULL, NULL, &d, &e), ERR_BUSY);
	assert_int_equal(p.n, 0);
	send_queue_close(other);
}

static void damaged_is_kept_and_said(void **state)
{
	struct played p = {.script = "S"};
	char path[200];
	AUTO_CLOSE int fd = -1;
	struct send_list l;
	put("a.scp", "one");
	put("b.scp", "two");
	assert_int_equal(send_list_read(q->dir, "", &l, NULL), 0);
	snprintf(path, sizeof path, "%s/%s", dir, l.name[0]);
	send_list_done(&l);
	fd = open(path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "{\"ecg\":1", 8), 8);
	struct send_result d = run(&p, 0);
	assert_int_equal(d.stored, 1);
	assert_int_equal(d.refused, 1);
	counts(0, 1);
}

static void strangers_files_are_left_alone(void **state)
{
	struct played p = {.script = ""};
	char path[200];
	snprintf(path, sizeof path, "%s/notes.txt", dir);
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	run(&p, 0);
	assert_int_equal(access(path, F_OK), 0);
}

static void private(void **state)
{
	struct send_list l;
	struct stat st;
	put("a.scp", "one");
	assert_int_equal(send_list_read(q->dir, "", &l, NULL), 0);
	assert_int_equal(fstatat(q->dir, l.name[0], &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	send_list_done(&l);
}

static void what_an_answer_means(void **state)
{
	static const struct {
		long status;
		const char *text;
		enum send_said want;
	} t[] = {
		{201, "{\"entry\":12,\"duplicate\":false}", SEND_STORED},
		{200, "{\"entry\":12,\"duplicate\":true}", SEND_STORED},
		{200, "<html>Welcome to the hotel</html>", SEND_LATER}, /* a sign-in page says 200, and stores nothing */
		{200, "{}", SEND_LATER},
		{400, "{\"error\":{\"code\":\"input\",\"text\":\"It was not stored: no ECG\"}}", SEND_REFUSED},
		{400, "Bad Request", SEND_LATER}, /* a proxy's word sets no recording aside */
		{413, "{\"error\":{\"code\":\"limit\",\"text\":\"too large\"}}", SEND_REFUSED},
		{401, "", SEND_STOP},
		{403, "{\"error\":{\"code\":\"denied\",\"text\":\"no\"}}", SEND_STOP},
		{404, "{\"error\":{\"code\":\"not-found\",\"text\":\"Nothing is here.\"}}", SEND_LATER},
		{429, "{\"error\":{\"code\":\"rate\",\"text\":\"Too many\"}}", SEND_LATER},
		{503, "{\"error\":{\"code\":\"busy\",\"text\":\"being started\"}}", SEND_LATER},
		{507, "{\"error\":{\"code\":\"full\",\"text\":\"disk\"}}", SEND_LATER},
		{502, "", SEND_LATER},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct send_answer a = {.said = SEND_LATER};
		send_judge(t[i].status, slice_str(t[i].text), &a);
		assert_int_equal(a.said, t[i].want);
		assert_true((a.said == SEND_STORED) == (a.entry == 12));
	}
}

static void what_is_asked(void **state)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	assert_int_equal(send_target(SLICE("{\"ecg\":1,\"files\":[{\"name\":\"a b.scp\",\"size\":3}],\"key\":\"k\",\"claimed\":{\"id\":\"1&2\",\"birth\":\"1957-03-12\"},\"note\":\"ü\"}"), &b, NULL), 0);
	assert_string_equal(buf_cstr(&b), "/api/ecg?key=k&name=a%20b.scp&note=%C3%BC&id=1%262&birth=1957-03-12");
	buf_reset(&b);
	assert_int_equal(send_target(SLICE("{\"ecg\":1}"), &b, NULL), ERR_INPUT);
}

static void in_clear_only_to_ourselves(void **state)
{
	static const char *const bad[] = {"http://10.0.0.5", "http://127.0.0.1.evil.example", "http://localhost.example", "ftp://127.0.0.1", "https://", "https:///x", "https://a@b", "https://a?x=1", "127.0.0.1:80", ""};
	static const char *const good[] = {"http://127.0.0.1:8080", "http://[::1]:8080/", "http://localhost", "https://site.example:8443"};
	struct send_way w;
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(send_way_open(bad[i], "hft_x", NULL, &w, &e), ERR_USAGE);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(send_way_open(good[i], "hft_x", NULL, &w, &e), 0);
		send_way_close(&w);
	}
	assert_int_equal(send_way_open(good[0], "a\r\nX: y", NULL, &w, &e), ERR_USAGE);
}

static void pauses_grow(void **state)
{
	assert_int_equal(send_pause_ms(0, 0), 1000);
	assert_int_equal(send_pause_ms(3, 0), 8000);
	assert_int_equal(send_pause_ms(1000, 0), 60000);
	assert_true(send_pause_ms(1000, UINT32_MAX) <= 75000);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
		T(oldest_first_and_gone_after_the_answer), T(the_key_is_made_once), T(refused_does_not_stop_the_others), T(a_server_that_is_gone_is_asked_once), T(one_that_it_does_not_take_now_stops_no_other),
		T(two_do_not_collide), T(damaged_is_kept_and_said), T(strangers_files_are_left_alone), T(private), cmocka_unit_test(what_an_answer_means), cmocka_unit_test(what_is_asked),
		cmocka_unit_test(in_clear_only_to_ourselves), cmocka_unit_test(pauses_grow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
