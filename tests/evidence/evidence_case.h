/* What tests of readers share: text in, the fold's objects out, whole and byte by byte, which must be the same. */
#ifndef HOLDFAST_TEST_EVIDENCE_CASE_H
#define HOLDFAST_TEST_EVIDENCE_CASE_H

#include "evidence_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct evidence_fold *fold;
static struct evidence_fold_options fold_options;
static struct evidence_account account;
static struct evidence_source source;

static int reset(void **state)
{
	(void)state;
	source = (struct evidence_source){.name = "log"};
	fold_options = (struct evidence_fold_options){.from = EVIDENCE_NO_TIME, .to = EVIDENCE_NO_TIME};
	return 0;
}

static int drop(void **state)
{
	(void)state;
	evidence_fold_free(fold);
	fold = NULL;
	return 0;
}

static int64_t at(const char *t)
{
	int64_t r;
	assert_int_equal(time_parse(slice_str(t), 0, &r), 0);
	return r;
}

static int read_into(struct evidence_fold *f, struct slice bytes, size_t piece)
{
	uint32_t number;
	struct err e = {0};
	const struct evidence_out out = {evidence_fold_touch, evidence_fold_flow, f, evidence_fold_loose};
	assert_int_equal(evidence_fold_source(f, source.name, &number, &e), 0);
	struct evidence *v = evidence_new(&source, &out);
	int r = 0;
	assert_non_null(v);
	for (size_t i = 0; r == 0 && i < bytes.n; i += piece)
		r = evidence_feed(v, evidence_upto(evidence_from(bytes, i), piece), &e);
	if (r == 0)
		r = evidence_end(v, &account, &e);
	evidence_free(v);
	if (r == 0)
		evidence_fold_kind(f, account.dialect ? account.dialect : "");
	return r;
}

static void lines_of(struct evidence_fold *f, struct buf *out)
{
	struct err e = {0};
	struct jsonw w;
	assert_int_equal(evidence_fold_finish(f, &e), 0);
	for (size_t i = 0; i < evidence_fold_count(f); i++) {
		evidence_object_json(f, evidence_fold_at(f, i), out);
		buf_u8(out, '\n');
	}
	jsonw_init(&w, out);
	evidence_fold_flows_json(f, 100, &w);
	assert_true(buf_ok(out));
}

/* Reads it whole into `fold`, and by pieces of 1, 7 and 4096 bytes into others: the answers are the same. */
static int take(struct slice bytes)
{
	AUTO_BUF struct buf whole = {0}, parts = {0};
	static const size_t pieces[] = {1, 7, 4096};
	buf_init(&whole, (size_t)16 << 20);
	buf_init(&parts, (size_t)16 << 20);
	evidence_fold_free(fold);
	fold = evidence_fold_new(&fold_options);
	assert_non_null(fold);
	int r = read_into(fold, bytes, bytes.n + 1);
	if (r == 0)
		lines_of(fold, &whole);
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		struct evidence_fold *f = evidence_fold_new(&fold_options);
		assert_non_null(f);
		assert_int_equal(read_into(f, bytes, pieces[i]), r);
		if (r == 0) {
			buf_reset(&parts);
			lines_of(f, &parts);
			assert_string_equal(buf_cstr(&whole), buf_cstr(&parts));
		}
		evidence_fold_free(f);
	}
	return r;
}

static int take_text(const char *text)
{
	return take(slice_str(text));
}

static const struct evidence_object *object(const char *path)
{
	for (size_t i = 0; i < evidence_fold_count(fold); i++) {
		const struct evidence_object *o = evidence_fold_at(fold, i);
		if (slice_eq_str(o->path, path))
			return o;
	}
	return NULL;
}

static enum evidence_level level(const char *path)
{
	const struct evidence_object *o = object(path);
	return o ? o->level : EVIDENCE_NONE;
}

static bool because(const char *path, const char *word)
{
	const struct evidence_object *o = object(path);
	size_t n;
	for (uint32_t i = 0; o && i < o->reason_n; i++)
		if (evidence_find(o->reason[i], word, &n))
			return true;
	return false;
}

static bool is(struct slice s, const char *text)
{
	return slice_eq_str(s, text);
}

static inline void unused_by_some(void)
{
	(void)at, (void)take_text, (void)level, (void)because, (void)is, (void)reset, (void)drop;
}

#endif
