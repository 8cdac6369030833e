/* A station in a folder of its own, enrolled by a site that is two keys. */
#ifndef STATION_TEST_H
#define STATION_TEST_H

#include "station_internal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
	char top[64], dir[160], witness[160];
	struct note_signer site;
	struct age_identity care;
	struct station *s;
};
#define ITEM "{\"unit\":\"3W\",\"patient\":\"4711\",\"kind\":\"vitals\",\"occurred\":\"2026-11-22T03:12\",\"by\":\"a.keller\",\"values\":{\"pulse\":72}}"

static inline void answer_for(struct world *w, const char *key, struct buf *note)
{
	struct err e = {0};
	struct station_answer a = {.numbers = 3, .station = w->s->is.vkey, .vkey = w->site.v, .to = w->care.to, .made = INT64_C(1795392000) * TIME_SEC};
	AUTO_BUF struct buf text = {0};
	buf_init(&text, 4096);
	snprintf(a.key, sizeof a.key, "%s", key);
	snprintf(a.name, sizeof a.name, "%s", w->s->is.name);
	snprintf(a.unit, sizeof a.unit, "%s", w->s->is.unit);
	assert_int_equal(station_answer_text(&a, &text, &e), 0);
	assert_int_equal(note_sign(&w->site, buf_slice(&text), note, &e), 0);
}

static inline void again(struct world *w)
{
	struct err e = {0};
	station_close(w->s);
	w->s = NULL;
	int r = station_open(w->dir, w->witness, &w->s, &e);
	if (r < 0)
		print_error("%s: %s\n", e.place, e.text);
	assert_int_equal(r, 0);
}

static inline int world_make(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct err e = {0};
	AUTO_BUF struct buf note = {0};
	buf_init(&note, 8192);
	snprintf(w->top, sizeof w->top, "/tmp/hf-station-XXXXXX");
	assert_non_null(mkdtemp(w->top));
	snprintf(w->dir, sizeof w->dir, "%s/st", w->top);
	snprintf(w->witness, sizeof w->witness, "%s/witness", w->top);
	age_identity_new(&w->care);
	assert_int_equal(note_signer_new("gabriel", &w->site, &e), 0);
	int r = station_new(w->dir, w->witness, "desk", "3W", &e);
	if (r == ERR_NOT_FOUND || r == ERR_SYSTEM) {
		print_error("%s: %s\n", e.place, e.text);
		exit(77); /* a machine without /etc/machine-id can be no station */
	}
	assert_int_equal(r, 0);
	again(w);
	answer_for(w, "W3K7", &note);
	assert_int_equal(station_join(w->s, buf_slice(&note), &w->site.v, &e), 0);
	*state = w;
	return 0;
}

static inline int world_end(void **state)
{
	struct world *w = *state;
	station_close(w->s);
	file_remove_tree(AT_FDCWD, w->top);
	free(w);
	return 0;
}

static inline int put(struct world *w, const char *item, char id[64], bool *there, struct err *e)
{
	AUTO_BUF struct buf line = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	buf_init(&line, STATION_ITEM_MAX);
	int r = station_put(w->s, slice_str(item), &line, there, e);
	if (r == 0) {
		assert_int_equal(json_tree(buf_slice(&line), a, &n, e), 0);
		snprintf(id, 64, "%.*s", SLICE_FMT(json_text(n, "id")));
	}
	return r;
}

static inline void puts_one(struct world *w, const char *id)
{
	struct err e = {0};
	char got[64];
	bool there;
	int r = put(w, ITEM, got, &there, &e);
	if (r < 0)
		print_error("%s: %s\n", e.place, e.text);
	assert_int_equal(r, 0);
	assert_string_equal(got, id);
	assert_false(there);
}

#endif
