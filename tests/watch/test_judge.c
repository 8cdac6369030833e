/* The judge on stories: what is stopped, after how many files, and what must never be. */
#include "judge_world.h"

#include "content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MANY 12
static uint8_t text[MANY][9000], noise[MANY][9000], old_noise[MANY][9000];

static struct mem of(uint8_t *p)
{
	return (struct mem){p, sizeof text[0]};
}

static const char *path_of(size_t dir, size_t i, const char *suffix)
{
	static char p[4][128];
	static unsigned turn;
	char *s = p[turn++ & 3];
	snprintf(s, sizeof p[0], "/srv/share/%zu/letter%zu.txt%s", dir, i, suffix);
	return s;
}

static int set_up(void **state)
{
	static const char *const words[] = {"ward", "night", "the", "patient", "result", "of", "sodium", "normal", "follow", "review"};
	uint64_t seed = 99;
	for (size_t i = 0; i < MANY; i++) {
		size_t n = 0;
		while (n < sizeof text[i]) {
			const char *w = words[world_random(&seed) % 10];
			for (; *w && n < sizeof text[i]; w++)
				text[i][n++] = (uint8_t)*w;
			if (n < sizeof text[i])
				text[i][n++] = world_random(&seed) % 9 ? ' ' : '\n';
		}
		for (size_t k = 0; k < sizeof noise[i]; k++) {
			noise[i][k] = (uint8_t)(world_random(&seed) >> 24);
			old_noise[i][k] = (uint8_t)(world_random(&seed) >> 24);
		}
	}
	(void)state;
	return 0;
}

static struct world world_of(const struct watch_judge_config *c)
{
	struct world w = {.j = watch_judge_new(c), .who = {.session = 7, .pid = 300, .uid = 1000, .comm = "worker"}};
	assert_non_null(w.j);
	return w;
}

static void encrypt(struct world *w, size_t i)
{
	assert_int_equal(world_write(w, WATCH_CLOSED, path_of(0, i, ""), 100 + i, of(text[i]), of(noise[i])), WATCH_COUNTS);
}

static void third_is_stopped(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_false(world_ask(&w, WATCH_WRITING, path_of(0, i, ""), 100 + i, of(text[i])));
		encrypt(&w, i);
	}
	assert_false(world_verdict(&w));
	assert_true(world_ask(&w, WATCH_WRITING, path_of(0, 2, ""), 102, of(text[2])));
	assert_true(world_verdict(&w));
	assert_int_equal(w.v.number, 1);
	assert_int_equal(w.v.sessions[0], 7);
	assert_int_equal(w.v.session_count, 1);
	assert_int_equal(w.v.file_count, 2);
	assert_string_equal(w.v.file[0].path, path_of(0, 0, ""));
	assert_true(w.v.began <= w.v.mono_ns && w.v.began > 0);
	assert_non_null(strstr(w.v.reason[0], "2 files destroyed by one session"));
	assert_true(w.v.reason_count >= 3);
	assert_true(world_ask(&w, WATCH_OPENED, "/elsewhere/x", 999, of(text[3]))); /* it stands */
	assert_false(world_verdict(&w));                                           /* told once */
	watch_judge_free(w.j);
}

static void released_is_left_alone(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	encrypt(&w, 0);
	encrypt(&w, 1);
	assert_true(world_ask(&w, WATCH_WRITING, path_of(0, 2, ""), 102, of(text[2])));
	assert_true(world_verdict(&w));
	watch_judge_released(w.j, 7);
	for (size_t i = 2; i < MANY; i++) {
		assert_false(world_ask(&w, WATCH_WRITING, path_of(0, i, ""), 100 + i, of(text[i])));
		world_write(&w, WATCH_CLOSED, path_of(0, i, ""), 100 + i, of(text[i]), of(noise[i]));
	}
	assert_false(world_verdict(&w));
	watch_judge_free(w.j);
}

static void split_over_processes(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		w.who.session = 20 + i;
		encrypt(&w, i);
		watch_judge_ended(w.j, w.who.session);
		w.now += INT64_C(3600) * 1000000000;
	}
	w.who.session = 22;
	assert_true(world_ask(&w, WATCH_WRITING, path_of(0, 2, ""), 102, of(text[2])));
	assert_true(world_verdict(&w));
	assert_int_equal(w.v.session_count, 3);
	watch_judge_free(w.j);
}

static void others_are_not_stopped(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	w.who.session = 50; /* there before anything happened */
	assert_false(world_ask(&w, WATCH_OPENED, path_of(0, 9, ""), 109, of(text[9])));
	w.now += INT64_C(5000000000);
	w.who = (struct watch_who){.session = 7, .uid = 1000, .comm = "worker"};
	encrypt(&w, 0);
	encrypt(&w, 1);
	w.who = (struct watch_who){.session = 50, .uid = 1000, .comm = "editor"};
	assert_false(world_ask(&w, WATCH_WRITING, path_of(0, 9, ""), 109, of(text[9])));
	w.who = (struct watch_who){.session = 60, .uid = 1001, .comm = "worker"};
	assert_false(world_ask(&w, WATCH_WRITING, path_of(0, 9, ""), 109, of(text[9])));
	assert_false(world_verdict(&w));
	watch_judge_free(w.j);
}

static void whole_again_is_no_damage(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		encrypt(&w, 0);
		world_write(&w, WATCH_CLOSED, path_of(0, 0, ""), 100, of(noise[0]), of(text[1]));
	}
	assert_false(world_ask(&w, WATCH_WRITING, path_of(0, 2, ""), 102, of(text[2])));
	assert_false(world_verdict(&w));
	watch_judge_free(w.j);
}

/* order: the copy first, or the deletion; temp: the copy gets its name at the end. */
static void replaced_by_copies(void **state)
{
	(void)state;
	for (int order = 0; order < 3; order++) {
		struct world w = world_of(NULL);
		for (size_t i = 0; i < 2; i++) {
			const char *path = path_of(0, i, ""), *to = path_of(0, i, ".zzz"), *temp = path_of(5, i, ".tmp");
			if (order == 1)
				world_delete(&w, path, 100 + i, of(text[i]), false);
			world_new(&w, order == 2 ? temp : to, 500 + i, of(noise[i]));
			if (order != 1)
				world_delete(&w, path, 100 + i, of(text[i]), false);
			if (order == 2)
				world_rename(&w, temp, to, 500 + i, 0, unknown_bytes, of(noise[i]), true);
		}
		bool stopped = world_ask(&w, WATCH_OPENED, path_of(0, 2, ""), 102, of(text[2]));
		assert_true(stopped || order == 2);
		if (stopped) {
			assert_true(world_verdict(&w));
			assert_string_equal(w.v.file[0].path, path_of(0, 0, ""));
		}
		watch_judge_free(w.j);
	}
}

static void renamed_over(void **state)
{
	(void)state;
	for (int seen = 0; seen < 2; seen++) {
		struct world w = world_of(NULL);
		size_t i = 0;
		bool stopped = false;
		for (; i < MANY && !stopped; i++) {
			stopped = world_ask(&w, WATCH_OPENED, path_of(0, i, ""), 100 + i, of(text[i]));
			if (stopped)
				break;
			world_new(&w, path_of(0, i, ".tmp"), 500 + i, of(noise[i]));
			world_rename(&w, path_of(0, i, ".tmp"), path_of(0, i, ""), 500 + i, 100 + i, seen ? of(text[i]) : unknown_bytes, unknown_bytes, false);
		}
		assert_true(stopped);
		assert_true(i <= 3);
		watch_judge_free(w.j);
	}
}

static void a_canary_is_enough(void **state)
{
	static const char *const canaries[] = {"/srv/share/0/letter4.txt", NULL};
	struct watch_judge_config c = {.canaries = canaries};
	struct world w = world_of(&c);
	(void)state;
	assert_false(world_ask(&w, WATCH_OPENED, path_of(0, 4, ""), 104, of(text[4]))); /* who only opens it may be a backup */
	assert_true(world_ask(&w, WATCH_WRITING, path_of(0, 4, ""), 104, of(text[4])));
	assert_true(world_verdict(&w));
	assert_non_null(strstr(w.v.reason[1], "canary"));
	watch_judge_free(w.j);
}

static void a_note_makes_the_second_the_last(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	for (size_t d = 0; d < 3; d++) {
		char p[64];
		snprintf(p, sizeof p, "/srv/share/%zu/HOW_BACK.txt", d);
		world_new(&w, p, 700 + d, of(text[0]));
	}
	assert_false(world_ask(&w, WATCH_WRITING, path_of(0, 0, ""), 100, of(text[0])));
	encrypt(&w, 0);
	assert_true(world_ask(&w, WATCH_WRITING, path_of(0, 1, ""), 101, of(text[1])));
	assert_true(world_verdict(&w));
	assert_non_null(strstr(w.v.reason[w.v.reason_count - 1], "HOW_BACK.txt"));
	watch_judge_free(w.j);
}

static void ordinary_work(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		world_write(&w, WATCH_CLOSED, path_of(0, i, ""), 100 + i, of(text[i]), of(text[(i + 1) % MANY]));       /* saved */
		world_write(&w, WATCH_CLOSED, path_of(1, i, ".bin"), 200 + i, of(old_noise[i]), of(noise[i]));          /* noise before, noise after */
		world_new(&w, path_of(2, i, ".aes"), 300 + i, of(noise[i]));                                           /* a copy, the original stays */
		world_delete(&w, path_of(3, i, ""), 400 + i, of(text[i]), false);                                      /* thrown away */
		world_rename(&w, path_of(4, i, ""), path_of(4, i, ".bak"), 500 + i, 0, unknown_bytes, of(text[i]), false);
		assert_false(world_ask(&w, WATCH_WRITING, path_of(0, i, ""), 100 + i, of(text[i])));
		assert_false(world_verdict(&w));
		watch_judge_ended(w.j, w.who.session++);
	}
	watch_judge_free(w.j);
}

/* Thousands of sessions, folders and files, all guilty: nothing grows, and it still answers. */
static void much_of_everything(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	for (size_t i = 0; i < 9000; i++) {
		char p[300];
		snprintf(p, sizeof p, "/srv/%zu/%0200zu.txt", i % 5000, i);
		w.who.session = 1 + i / 2;
		w.who.uid = (uint32_t)i;
		snprintf(w.who.comm, sizeof w.who.comm, "c%zu", i);
		struct mem b = {text[i % MANY], 700}, a = {noise[i % MANY], 700};
		world_write(&w, WATCH_CLOSED, p, 1000 + i, b, a);
		world_verdict(&w);
	}
	w.who = (struct watch_who){.session = 700000, .uid = 5, .comm = "worker"};
	encrypt(&w, 0);
	encrypt(&w, 1);
	assert_true(world_ask(&w, WATCH_WRITING, path_of(0, 2, ""), 102, of(text[2])));
	watch_judge_free(w.j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(third_is_stopped), cmocka_unit_test(released_is_left_alone), cmocka_unit_test(split_over_processes), cmocka_unit_test(others_are_not_stopped),
		cmocka_unit_test(whole_again_is_no_damage), cmocka_unit_test(replaced_by_copies), cmocka_unit_test(renamed_over), cmocka_unit_test(a_canary_is_enough),
		cmocka_unit_test(a_note_makes_the_second_the_last), cmocka_unit_test(ordinary_work), cmocka_unit_test(much_of_everything),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
