/* Any bytes as a file of evidence, told by their content. The first byte chooses the size of pieces: what comes out is the same whole and in pieces, is within its limits, and folds. */
#include "evidence_internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
	uint64_t hash, touches;
	struct evidence_fold *fold;
};

static void mix(uint64_t *h, const void *p, size_t n)
{
	*h = (*h ^ evidence_hash(slice_of(p, n))) * UINT64_C(0x9E3779B97F4A7C15);
}

static int touch(void *arg, const struct evidence_touch *t)
{
	struct sum *s = arg;
	const struct slice *v[] = {&t->path, &t->host, &t->who, &t->from, &t->reason, &t->other};
	assert(t->path.n && t->path.n <= EVIDENCE_PATH_MAX);
	assert(t->level > EVIDENCE_NONE && t->level <= EVIDENCE_ACQUIRED && t->confidence <= 100 && t->reason.n);
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		mix(&s->hash, v[i]->p, v[i]->n);
	mix(&s->hash, &t->time, sizeof t->time);
	mix(&s->hash, &t->bytes, sizeof t->bytes);
	mix(&s->hash, &t->record, sizeof t->record);
	s->touches++;
	return s->fold ? evidence_fold_touch(s->fold, t) : 0;
}

static int flow(void *arg, const struct evidence_flow *f)
{
	struct sum *s = arg;
	mix(&s->hash, f->to.p, f->to.n);
	return s->fold ? evidence_fold_flow(s->fold, f) : 0;
}

static int loose(void *arg, const struct evidence_source *src, const struct evidence_loose *x)
{
	struct sum *s = arg;
	mix(&s->hash, x->lines.p, x->lines.n);
	return s->fold ? evidence_fold_loose(s->fold, src, x) : 0;
}

static int read_by(struct slice bytes, size_t piece, struct sum *s, struct evidence_account *a)
{
	static const char *const own[] = {"10.0.0.7", NULL};
	const struct evidence_source src = {.name = "log", .near = INT64_C(1795302219) * TIME_SEC, .zone_minutes = 60, .own = own};
	const struct evidence_out out = {touch, flow, s, loose};
	struct err e = {0};
	int r = 0;
	struct evidence *v = evidence_new(&src, &out);
	assert(v);
	for (size_t i = 0; r == 0 && i < bytes.n; i += piece)
		r = evidence_feed(v, evidence_upto(evidence_from(bytes, i), piece), &e);
	if (r == 0)
		r = evidence_end(v, a, &e);
	evidence_free(v);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct evidence_fold_options o = {.from = EVIDENCE_NO_TIME, .to = EVIDENCE_NO_TIME, .memory = (size_t)256 << 20};
	struct evidence_account a = {0}, b = {0};
	AUTO_BUF struct buf line = {0};
	struct err e = {0};
	uint32_t number;
	if (!size || size > 1u << 18)
		return 0;
	struct slice bytes = slice_of(data + 1, size - 1);
	struct sum whole = {.fold = evidence_fold_new(&o)}, parts = {0};
	assert(whole.fold && evidence_fold_source(whole.fold, "log", &number, &e) == 0);
	int r = read_by(bytes, bytes.n + 1, &whole, &a), again = read_by(bytes, 1 + data[0] * 7u, &parts, &b);
	assert(r == again && whole.hash == parts.hash && whole.touches == parts.touches);
	if (r == 0) {
		assert(a.touches == whole.touches && a.records == b.records && a.damaged == b.damaged && a.failed == b.failed && a.kind == b.kind);
		evidence_fold_kind(whole.fold, a.dialect ? a.dialect : "");
		assert(evidence_fold_finish(whole.fold, &e) == 0);
		buf_init(&line, (size_t)64 << 20);
		for (size_t i = 0; i < evidence_fold_count(whole.fold); i++)
			evidence_object_json(whole.fold, evidence_fold_at(whole.fold, i), &line);
	}
	evidence_fold_free(whole.fold);
	return 0;
}
