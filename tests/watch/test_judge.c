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
	/* an hour later nobody is held back for what others did; what he does is seen at once */
	w.who.session = 22;
	assert_false(world_ask(&w, WATCH_WRITING, path_of(0, 2, ""), 102, of(text[2])));
	encrypt(&w, 2);
	assert_true(world_verdict(&w));
	assert_int_equal(w.v.session_count, 3);
	/* and now the next one is not let in, for as long as it is the same program */
	w.who.session = 23;
	assert_true(world_ask(&w, WATCH_WRITING, path_of(0, 3, ""), 103, of(text[3])));
	watch_judge_free(w.j);
}

/* A session of its own for each file, hundreds of them, one after another: the third is held, and all that come; more than a verdict holds make another. */
static void hundreds_of_processes(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		w.who.session = 100 + i;
		encrypt(&w, i);
	}
	for (size_t i = 2; i < 700; i++) {
		w.who.session = 100 + i;
		assert_true(world_ask(&w, WATCH_OPENED, path_of(0, i, ""), 100 + i, of(text[2])));
		world_verdict(&w);
		bool in = false;
		for (size_t k = 0; k < w.v.session_count; k++)
			in |= w.v.sessions[k] == 100 + i;
		assert_true(in);
	}
	assert_int_equal(w.v.number, 3);
	watch_judge_free(w.j);
}

/* Beside an attack: another program of the same user in the same folder, begun a moment later, goes on; what nobody installed is held. */
static void beside_an_attack(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	w.who.program = 5;
	encrypt(&w, 0);
	encrypt(&w, 1);
	w.who = (struct watch_who){.session = 60, .uid = 1000, .comm = "worker", .program = 6};
	assert_false(world_ask(&w, WATCH_WRITING, path_of(0, 2, ""), 102, of(text[2])));
	assert_int_equal(world_write(&w, WATCH_CLOSED, path_of(0, 2, ""), 102, of(text[2]), of(text[3])), WATCH_CLEAN);
	assert_false(world_verdict(&w));
	w.who = (struct watch_who){.session = 61, .uid = 1000, .comm = "editor", .program = 7, .foreign = true};
	assert_true(world_ask(&w, WATCH_WRITING, path_of(0, 3, ""), 103, of(text[3])));
	assert_true(world_verdict(&w));
	w.who = (struct watch_who){.session = 62, .uid = 1000, .comm = "x", .program = 8};
	encrypt(&w, 4); /* it does what the others did */
	assert_true(world_verdict(&w));
	assert_int_equal(w.v.session_count, 3);
	watch_judge_free(w.j);
}

/* The sensor was started anew in the middle: who worked before that is heard of for the first time now, and is no part of it; who came up with it is. */
static void known_by_their_age(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	w.now = 3600 * INT64_C(1000000000);
	w.who.program = 5;
	w.who.started = w.now - 7 * INT64_C(1000000000);
	encrypt(&w, 0);
	encrypt(&w, 1);
	w.who = (struct watch_who){.session = 60, .uid = 1000, .comm = "editor", .program = 6, .foreign = true, .started = w.now - 1800 * INT64_C(1000000000)};
	assert_false(world_ask(&w, WATCH_WRITING, path_of(0, 2, ""), 102, of(text[2])));
	assert_false(world_verdict(&w));
	w.who = (struct watch_who){.session = 61, .uid = 1000, .comm = "worker", .program = 7, .foreign = true, .started = w.now};
	assert_true(world_ask(&w, WATCH_WRITING, path_of(0, 3, ""), 103, of(text[3])));
	assert_true(world_verdict(&w));
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

/* One program, one user (force user), many machines: what one of them does says nothing of the others, and it stays the same one when it connects again. */
static void clients_are_told_apart(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	w.who = (struct watch_who){.session = 30, .pid = 30, .uid = 8, .comm = "smbd", .client = "10.0.0.2"};
	encrypt(&w, 0);
	w.who = (struct watch_who){.session = 31, .pid = 31, .uid = 8, .comm = "smbd", .client = "10.0.0.2"}; /* connected again */
	encrypt(&w, 1);
	w.who = (struct watch_who){.session = 40, .pid = 40, .uid = 8, .comm = "smbd", .client = "10.0.0.3"};
	assert_false(world_ask(&w, WATCH_WRITING, path_of(0, 2, ""), 102, of(text[2])));
	assert_int_equal(world_write(&w, WATCH_CLOSED, path_of(0, 2, ""), 102, of(text[2]), of(text[3])), WATCH_CLEAN);
	assert_false(world_verdict(&w));
	w.who = (struct watch_who){.session = 32, .pid = 32, .uid = 8, .comm = "smbd", .client = "10.0.0.2", .user = "erna"};
	assert_true(world_ask(&w, WATCH_WRITING, path_of(0, 4, ""), 104, of(text[4])));
	assert_true(world_verdict(&w));
	assert_string_equal(w.v.who.client, "10.0.0.2");
	assert_non_null(strstr(w.v.reason[0], "from one client"));
	w.who = (struct watch_who){.session = 41, .pid = 41, .uid = 8, .comm = "smbd", .client = "10.0.0.3"};
	assert_false(world_ask(&w, WATCH_WRITING, path_of(0, 5, ""), 105, of(text[5])));
	watch_judge_free(w.j);
}

/* A database damaged behind its beginning: its pages are none any more. Rows that move are no damage. */
static void pages_of_a_database(void **state)
{
	static uint8_t db[3][60 * 1024];
	(void)state;
	memset(db[0], 0, sizeof db[0]);
	memcpy(db[0], "SQLite format 3", 16);
	memcpy(db[0] + 16, "\x04\x00\x01\x01\x00\x40\x20\x20\x00\x00\x00\x02\x00\x00\x00\x3c", 16);
	for (size_t page = 1; page < 60; page++) {
		uint8_t *p = db[0] + page * 1024;
		memcpy(p, page % 7 ? (const uint8_t *)"\x0d\x00\x00\x00\x04\x02\x00\x00" : (const uint8_t *)"\x00\x00\x00\x05\x41\x41\x41\x41", 8);
		memcpy(p + 512, text[page % MANY], 512);
	}
	memcpy(db[1], db[0], sizeof db[0]);
	memcpy(db[2], db[0], sizeof db[0]);
	for (size_t i = 0; i < sizeof db[0] / 3; i++)
		db[1][sizeof db[0] / 3 + i] ^= noise[i % MANY][i % sizeof noise[0]];
	for (size_t page = 1; page < 60; page++)
		memcpy(db[2] + page * 1024 + 512, text[(page + 5) % MANY] + 100, 512);
	for (int damaged = 0; damaged < 2; damaged++) {
		struct world w = world_of(NULL);
		for (size_t i = 0; i < 2; i++)
			world_write(&w, WATCH_CLOSED, path_of(0, i, ".sqlite"), 100 + i, (struct mem){db[0], sizeof db[0]}, (struct mem){db[damaged ? 1 : 2], sizeof db[0]});
		assert_int_equal(world_ask(&w, WATCH_WRITING, path_of(0, 2, ".sqlite"), 102, (struct mem){db[0], sizeof db[0]}), damaged);
		watch_judge_free(w.j);
	}
}

/* Removed and renamed in masses: said once, and again at ten times as many, and nobody is stopped. */
static void crowds_are_said(void **state)
{
	struct world w = world_of(NULL);
	(void)state;
	for (size_t i = 0; i < 1500; i++) {
		world_delete(&w, path_of(i % 7, i, ""), 100 + i, i % 2 ? of(text[i % MANY]) : unknown_bytes, false);
		assert_false(world_verdict(&w));
		assert_int_equal(w.looks, i >= 399 ? 2 : i >= 39 ? 1 : 0);
	}
	assert_true(w.look.look && w.look.session_count == 1 && w.look.sessions[0] == 7);
	assert_non_null(strstr(w.look.reason[0], "400 files removed by one session"));
	assert_non_null(strstr(w.look.reason[1], "200 of them it had read before"));
	for (size_t i = 0; i < 60; i++) {
		world_rename(&w, path_of(0, i, ""), path_of(0, i, ".old"), 5000 + i, 0, unknown_bytes, of(text[i % MANY]), false);
		w.now += i == 30 ? INT64_C(61000000000) : 0; /* a pause begins anew */
		assert_false(world_verdict(&w));
	}
	assert_int_equal(w.looks, 2);
	for (size_t i = 60; i < 80; i++)
		world_rename(&w, path_of(0, i, ""), path_of(0, i, ".old"), 5000 + i, 0, unknown_bytes, of(text[i % MANY]), false);
	assert_false(world_verdict(&w));
	assert_int_equal(w.looks, 3);
	assert_non_null(strstr(w.look.reason[0], "40 files renamed"));
	watch_judge_free(w.j);
}

/* Into another folder, as a quarantine does: a few a minute for days stop nobody, two dozen at once do. */
static void taken_away(void **state)
{
	(void)state;
	for (int fast = 0; fast < 2; fast++) {
		struct world w = world_of(NULL);
		bool stopped = false;
		for (size_t i = 0; i < 100 && !stopped; i++) {
			world_new(&w, path_of(90, i, ".q"), 5000 + i, of(noise[i % MANY]));
			world_delete(&w, path_of(i % 5, i, ""), 100 + i, of(text[i % MANY]), false);
			w.now += fast ? 0 : INT64_C(20000000000);
			stopped = world_verdict(&w);
		}
		assert_int_equal(stopped, fast);
		watch_judge_free(w.j);
	}
}

/* Emptied: what has a structure that its name promises is nobody's log, and the third is asked about; logs are emptied every night, and so is what was copied before; what is filled again was not lost; of other texts the fourth is asked about. */
static void emptied(void **state)
{
	struct world w = world_of(NULL);
	static const struct mem none = {(const uint8_t *)"", 0};
	static uint8_t wav[44 + 2000] = {'R', 'I', 'F', 'F', 0xf4, 0x07, 0, 0, 'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0, 'd', 'a', 't', 'a', 0xd0, 0x07};
	for (size_t i = 44; i < sizeof wav; i++)
		wav[i] = (uint8_t)(i & 1 ? 0 : i * i / 64);
	const struct mem sound = {wav, sizeof wav};
	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		assert_false(world_ask(&w, WATCH_TRUNCATED, path_of(0, i, ".log"), 100 + i, of(text[i])));
		world_write(&w, WATCH_CLOSED, path_of(0, i, ".log"), 100 + i, of(text[i]), none);
	}
	for (size_t i = 0; i < MANY; i++) { /* copied, emptied */
		world_new(&w, path_of(4, i, ".1"), 400 + i, of(text[i]));
		assert_false(world_ask(&w, WATCH_TRUNCATED, path_of(4, i, ""), 500 + i, of(text[i])));
		world_write(&w, WATCH_CLOSED, path_of(4, i, ""), 500 + i, of(text[i]), none);
	}
	for (size_t i = 0; i < MANY; i++) { /* emptied, closed, filled */
		assert_false(world_ask(&w, WATCH_TRUNCATED, path_of(1, i, ".wav"), 200 + i, sound));
		assert_int_equal(world_write(&w, WATCH_CLOSED, path_of(1, i, ".wav"), 200 + i, sound, none), WATCH_COUNTS);
		world_write(&w, WATCH_CLOSED, path_of(1, i, ".wav"), 200 + i, sound, sound);
	}
	assert_false(world_verdict(&w));
	for (size_t i = 0; i < 2; i++) {
		assert_false(world_ask(&w, WATCH_TRUNCATED, path_of(2, i, ".wav"), 300 + i, sound));
		assert_int_equal(world_write(&w, WATCH_CLOSED, path_of(2, i, ".wav"), 300 + i, sound, none), WATCH_COUNTS);
	}
	assert_true(world_ask(&w, WATCH_TRUNCATED, path_of(2, 2, ".wav"), 302, sound));
	assert_true(world_verdict(&w));
	watch_judge_free(w.j);
	for (int slowly = 0; slowly < 2; slowly++) {
		w = world_of(NULL);
		for (size_t i = 0; i < 3; i++) {
			assert_false(world_ask(&w, WATCH_TRUNCATED, path_of(i, i, ""), 600 + i, of(text[i])));
			assert_int_equal(world_write(&w, WATCH_CLOSED, path_of(i, i, ""), 600 + i, of(text[i]), none), WATCH_COUNTS);
			w.now += slowly ? INT64_C(400) * 1000000000 : 0;
		}
		assert_int_equal(world_ask(&w, WATCH_TRUNCATED, path_of(3, 3, ""), 603, of(text[3])), !slowly);
		watch_judge_free(w.j);
	}
}

/* One stretch in the middle is noise: of a text, of something with order and no checks of its own, of what is packed. What people change in the middle is none. */
static void a_stretch(void **state)
{
	static uint8_t is[3][3 * 8192], was[3 * 8192];
	static const uint8_t wav[44] = {'R', 'I', 'F', 'F', 0xf8, 0x5f, 0, 0, 'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0, 'd', 'a', 't', 'a', 0xd4, 0x5f};
	static const char *const name[] = {"", ".hl7.txt", ".wav"};
	(void)state;
	for (size_t kind = 0; kind < 3; kind++) {
		const size_t n = kind == 0 ? 9000 : kind == 1 ? 300 : sizeof was, from = kind == 1 ? 200 : 4000, length = kind == 1 ? 40 : 900;
		for (size_t i = 0; i < n; i++)
			was[i] = kind == 2 ? (uint8_t)(i & 1 ? i / 97 % 5 : i * i / 640) : text[0][i];
		if (kind == 2)
			memcpy(was, wav, sizeof wav);
		memcpy(is[0], was, n); /* noise */
		memcpy(is[0] + from, noise[1], length);
		memcpy(is[1], was, n); /* other words, other samples */
		for (size_t i = 0; i < length; i++)
			is[1][from + i] = kind == 2 ? (uint8_t)(i & 1 ? i / 90 % 5 : i * i / 700) : text[1][i];
		memcpy(is[2], was, n); /* a few bytes of anything */
		memcpy(is[2] + from, noise[1], 8);
		for (int how = 0; how < 3; how++) {
			struct world w = world_of(NULL);
			for (size_t i = 0; i < 2; i++)
				world_write(&w, WATCH_CLOSED, path_of(0, i, name[kind]), 100 + i, (struct mem){was, n}, (struct mem){is[how], n});
			assert_int_equal(world_ask(&w, WATCH_WRITING, path_of(0, 2, name[kind]), 102, of(text[2])), how == 0);
			watch_judge_free(w.j);
		}
	}
}

/* Put under a password one by one, or all in one archive, and removed: said at the third, and nobody is stopped. What anybody can unpack is not said. */
static void locked_and_removed(void **state)
{
	static uint8_t zip[2][200];
	(void)state;
	for (int locked = 0; locked < 2; locked++) {
		static const uint8_t one[] = {'P', 'K', 3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'a', 'P', 'K', 1, 2, 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'a', 'P', 'K', 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 47, 0, 0, 0, 31, 0, 0, 0, 0, 0};
		uint8_t *z = zip[locked];
		memcpy(z, one, sizeof one);
		z[6] = z[31 + 8] = (uint8_t)locked;
		for (int each = 0; each < 2; each++) {
			struct world w = world_of(NULL);
			for (size_t i = 0; i < 4; i++) {
				world_ask(&w, WATCH_OPENED, path_of(0, i, ""), 100 + i, of(text[i]));
				if (each || !i)
					world_new(&w, path_of(0, i, each ? ".zip" : ".all"), 200 + i, (struct mem){z, sizeof one});
				world_delete(&w, path_of(0, i, ""), 100 + i, of(text[i]), false);
			}
			assert_false(world_verdict(&w));
			assert_int_equal(w.looks, locked);
			if (locked)
				assert_non_null(strstr(w.look.reason[0], "3 files read and removed"));
			watch_judge_free(w.j);
		}
	}
}

/* A session, a program and a folder of its own for each file: the third is the last, if they are of one minute. */
static void names_of_their_own(void **state)
{
	(void)state;
	for (int slowly = 0; slowly < 2; slowly++) {
		struct world w = world_of(NULL);
		for (size_t i = 0; i < 3; i++) {
			w.who.session++;
			w.who.program = 1000 + i;
			w.now += slowly ? INT64_C(50) * 1000000000 : 0;
			assert_false(world_ask(&w, WATCH_WRITING, path_of(i, i, ""), 100 + i, of(text[i])));
			assert_int_equal(world_write(&w, WATCH_CLOSED, path_of(i, i, ""), 100 + i, of(text[i]), of(noise[i])), WATCH_COUNTS);
			assert_int_equal(world_verdict(&w), i == 2 && !slowly);
		}
		watch_judge_free(w.j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(third_is_stopped), cmocka_unit_test(released_is_left_alone), cmocka_unit_test(split_over_processes), cmocka_unit_test(hundreds_of_processes), cmocka_unit_test(beside_an_attack), cmocka_unit_test(known_by_their_age), cmocka_unit_test(others_are_not_stopped),
		cmocka_unit_test(whole_again_is_no_damage), cmocka_unit_test(replaced_by_copies), cmocka_unit_test(renamed_over), cmocka_unit_test(a_canary_is_enough),
		cmocka_unit_test(a_note_makes_the_second_the_last), cmocka_unit_test(ordinary_work), cmocka_unit_test(much_of_everything), cmocka_unit_test(clients_are_told_apart), cmocka_unit_test(crowds_are_said), cmocka_unit_test(taken_away), cmocka_unit_test(pages_of_a_database), cmocka_unit_test(emptied), cmocka_unit_test(a_stretch), cmocka_unit_test(locked_and_removed), cmocka_unit_test(names_of_their_own),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
