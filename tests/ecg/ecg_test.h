/* ecg_test: what the tests of this room share: files with those beside them, records made of text. */
#ifndef HOLDFAST_TESTS_ECG_TEST_H
#define HOLDFAST_TESTS_ECG_TEST_H

#include "ecg.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define ECG_TEST_FILES 40
struct ecg_test { /* a record and all it stands on */
	struct arena *a;
	struct ecg *g;
	char dir[4096];
	struct {
		char name[128];
		struct buf b;
	} file[ECG_TEST_FILES];
	size_t files;
	struct err e;
};

static inline const char *ecg_corpus(void)
{
	const char *c = getenv("HOLDFAST_CORPUS");
	return c && *c ? c : "../shared/corpus";
}

static inline bool ecg_corpus_here(const char *below)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/ecg/%s", ecg_corpus(), below);
	return access(path, R_OK) == 0;
}

/* The files that a test makes up come first; then those of dir. */
static inline int ecg_test_get(void *arg, struct slice name, struct slice *ret, struct err *e)
{
	struct ecg_test *t = arg;
	char path[4400], file[128];
	snprintf(file, sizeof file, "%.*s", SLICE_FMT(name));
	for (size_t i = 0; i < t->files; i++)
		if (!strcmp(t->file[i].name, file)) {
			*ret = buf_slice(&t->file[i].b);
			return 0;
		}
	if (!t->dir[0])
		return err_set(e, ERR_NOT_FOUND, file, "there is no such file");
	snprintf(path, sizeof path, "%s/%s", t->dir, file);
	assert(t->files < ECG_TEST_FILES);
	buf_init(&t->file[t->files].b, (size_t)1 << 30);
	int r = file_read(AT_FDCWD, path, (size_t)1 << 30, &t->file[t->files].b, e);
	if (r < 0)
		return r;
	snprintf(t->file[t->files].name, sizeof t->file[t->files].name, "%s", file);
	*ret = buf_slice(&t->file[t->files++].b);
	return 0;
}

static inline void ecg_test_init(struct ecg_test *t, const char *dir)
{
	memset(t, 0, sizeof *t);
	t->a = arena_new((size_t)1 << 30);
	snprintf(t->dir, sizeof t->dir, "%s", dir ? dir : "");
}

static inline void ecg_test_add(struct ecg_test *t, const char *name, const void *p, size_t n)
{
	assert(t->files < ECG_TEST_FILES);
	snprintf(t->file[t->files].name, sizeof t->file[t->files].name, "%s", name);
	buf_init(&t->file[t->files].b, (size_t)1 << 30);
	buf_add(&t->file[t->files++].b, p, n);
}

static inline int ecg_test_open(struct ecg_test *t, const char *name)
{
	struct slice file;
	const struct ecg_files others = {ecg_test_get, t};
	int r = ecg_test_get(t, slice_str(name), &file, &t->e);
	return r < 0 ? r : ecg_open(file, slice_str(name), &others, t->a, &t->g, &t->e);
}

static inline void ecg_test_done(struct ecg_test *t)
{
	for (size_t i = 0; i < t->files; i++)
		buf_done(&t->file[i].b);
	arena_free(t->a);
}

/* A file of the corpus: "formats/edf/x.edf". */
static inline int ecg_test_corpus(struct ecg_test *t, const char *path)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	snprintf(dir, sizeof dir, "%s/ecg/%.*s", ecg_corpus(), (int)(slash - path), path);
	ecg_test_init(t, dir);
	return ecg_test_open(t, slash + 1);
}

static inline bool ecg_warned(const struct ecg *g, const char *word)
{
	return g->warnings && memmem(g->warnings->p, g->warnings->n, word, strlen(word));
}

static inline bool ecg_noted(const struct ecg *g, const char *word)
{
	for (const struct ecg_note *n = g->notes; n; n = n->next)
		if (memmem(n->text.p, n->text.n, word, strlen(word)))
			return true;
	return false;
}

#endif
