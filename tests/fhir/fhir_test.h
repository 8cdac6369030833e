/* What the tests of fhir share: cmocka, files, golden comparison (HOLDFAST_GOLDEN=write writes them anew), reading into facts. */
#ifndef TESTS_FHIR_FHIR_TEST_H
#define TESTS_FHIR_FHIR_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_rules.h"
#include "naive.h"

#include <fcntl.h>
#include <ftw.h>

#define DATA HF_SOURCE_DIR "/tests/data/fhir/"

static inline void load(const char *path, struct buf *b)
{
	struct err e;
	buf_init(b, FHIR_BODY_MAX);
	if (file_read(AT_FDCWD, path, FHIR_BODY_MAX, b, &e) != 0)
		fail_msg("%s: %s", path, e.text);
}

static inline void golden(const char *name, struct slice got)
{
	char path[512];
	struct err e;
	snprintf(path, sizeof path, DATA "%s", name);
	const char *mode = getenv("HOLDFAST_GOLDEN");
	if (mode && strcmp(mode, "write") == 0) {
		assert_int_equal(file_replace(AT_FDCWD, path, got, 0644, &e), 0);
		return;
	}
	struct buf want;
	load(path, &want);
	struct slice a = buf_slice(&want), b = got;
	for (unsigned line = 1; a.n || b.n; line++) {
		struct slice x = slice_cut(a, '\n', &a), y = slice_cut(b, '\n', &b);
		if (!slice_eq(x, y))
			fail_msg("%s:%u\n  expected %.*s\n  got      %.*s", name, line, SLICE_FMT(x), SLICE_FMT(y));
	}
	buf_done(&want);
}

static inline void read_text(struct slice text, struct facts *f, struct arena *a)
{
	struct err e = {0};
	facts_init(f, a);
	if (fhir_facts(text, "ward gateway", f, &e) != 0)
		fail_msg("not read: %s %s", e.place, e.text);
	assert_false(f->failed);
}

#define READ(f, a, lit) read_text(SLICE(lit), f, a)

static inline const struct fact *find_fact(const struct facts *f, uint8_t kind, unsigned n)
{
	for (const struct fact_group *g = f->first; g; g = g->next)
		for (const struct fact *t = g->first; t; t = t->next)
			if (t->kind == kind && n-- == 0)
				return t;
	return NULL;
}

static inline void assert_slice(struct slice s, const char *want)
{
	if (!slice_eq_str(s, want))
		fail_msg("expected \"%s\", got \"%.*s\"", want, SLICE_FMT(s));
}

/* One item as JSON, parsed again. */
static inline struct json_node *write_one(struct arena *a, const struct fhir_person *p, const struct fact_item *it, const struct fhir_options *o)
{
	struct buf *b = arena_alloc(a, sizeof *b);
	struct jsonw w;
	struct json_node *n;
	struct err e;
	buf_init(b, (size_t)64 << 20);
	jsonw_init(&w, b);
	if (!fhir_write_item(&w, p, it, o)) {
		buf_done(b);
		return NULL;
	}
	jsonw_done(&w);
	struct slice kept = arena_dup(a, buf_slice(b));
	buf_done(b);
	assert_int_equal(json_tree(kept, a, &n, &e), 0);
	const char *broken = json_rule_broken(n);
	if (broken)
		fail_msg("%s in %.*s", broken, SLICE_FMT(kept));
	return n;
}

static inline void assert_json(const struct json_node *n, const char *path, const char *want)
{
	const struct json_node *at = json_path(n, path);
	if (!at)
		fail_msg("%s: absent in %.*s", path, SLICE_FMT(n->raw));
	struct slice s = at->type == JSON_STR || at->type == JSON_NUM ? at->value : at->raw;
	if (!slice_eq_str(s, want))
		fail_msg("%s: expected %s, got %.*s", path, want, SLICE_FMT(s));
}

static inline void assert_no_json(const struct json_node *n, const char *path)
{
	if (json_path(n, path))
		fail_msg("%s: should not be there: %.*s", path, SLICE_FMT(n->raw));
}

/* Every file of the FHIR corpus; 77 where there is none. */
static void (*each_corpus_file)(const char *path);
static unsigned corpus_files;
static bool corpus_absent;

static inline int each_corpus_entry(const char *path, const struct stat *st, int type, struct FTW *w)
{
	size_t n = strlen(path);
	if (type == FTW_F && n > 5 && strcmp(path + n - 5, ".json") == 0) {
		corpus_files++;
		each_corpus_file(path);
	}
	return 0;
}

static inline bool corpus(void (*f)(const char *path))
{
	const char *root = getenv("HOLDFAST_CORPUS");
	char path[512];
	snprintf(path, sizeof path, "%s/fhir", root ? root : HF_SOURCE_DIR "/../shared/corpus");
	each_corpus_file = f;
	corpus_files = 0;
	nftw(path, each_corpus_entry, 16, FTW_PHYS);
	corpus_absent = corpus_files == 0;
	if (corpus_absent)
		printf("skipped: no corpus at %s\n", path);
	return !corpus_absent;
}

/* The status of a program whose other tests passed: skipped, where the corpus was asked for and is not there. */
static inline int finish(int failed)
{
	return failed ? failed : corpus_absent ? 77 : 0;
}

#endif
