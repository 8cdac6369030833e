/* A small transfer, made with a key of this test's own. */
#ifndef TRANSFER_TEST_H
#define TRANSFER_TEST_H

#include "transfer_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MADE (INT64_C(1795392000) * TIME_SEC) /* 2026-11-23T00:00:00Z */
#define HOUR (3600 * TIME_SEC)

struct small { /* what one is made of; a test changes some of it */
	struct note_signer key;
	char vkey[256];
	struct transfer_about about;
	struct transfer_file files[4];
	size_t n;
	struct transfer_seal seal;
	struct buf manifest, text, note, tar;
};

static inline void small_init(struct small *s)
{
	struct err e = {0};
	AUTO_BUF struct buf vkey = {0};
	*s = (struct small){.n = 4};
	assert_int_equal(note_signer_new("holdfast/st-gabriel", &s->key, &e), 0);
	buf_init(&vkey, 256);
	note_vkey_format(&s->key.v, &vkey);
	snprintf(s->vkey, sizeof s->vkey, "%s", buf_cstr(&vkey));
	s->about = (struct transfer_about){.id = "T4711", .vkey = slice_str(s->vkey), .origin = SLICE("holdfast/st-gabriel"), .site = SLICE("St. Gabriel"), .by = SLICE("dr.lee"), .receiver = SLICE("University Hospital"), .made = MADE, .until = MADE + 48 * HOUR,
	                                   .entries = 4711, .entry_time = MADE - TIME_SEC, .checkpoint = 4700, .zone_minutes = 60, .patient = {.id = SLICE("p12"), .family = SLICE("Grey"), .given = SLICE("Ada"), .number = SLICE("9001"), .assigner = SLICE("STG")}};
	s->files[0] = (struct transfer_file){.name = SLICE("ips.json"), .type = SLICE("application/fhir+json"), .title = SLICE("IPS"), .entry = UINT64_MAX, .bytes = SLICE("{\"resourceType\":\"Bundle\"}")};
	s->files[1] = (struct transfer_file){.name = SLICE("summary.pdf"), .type = SLICE("application/pdf"), .title = SLICE("Summary"), .entry = UINT64_MAX, .bytes = SLICE("%PDF-1.5 short")};
	s->files[2] = (struct transfer_file){.name = SLICE("ecg/12/a.dat"), .type = SLICE("application/octet-stream"), .title = SLICE("ECG"), .entry = 12, .bytes = SLICE_NULL};
	s->files[3] = (struct transfer_file){.name = SLICE("documents/01-9.txt"), .type = SLICE("text/plain"), .title = SLICE("Note"), .entry = 9, .bytes = SLICE("a letter")};
	buf_init(&s->manifest, TRANSFER_MANIFEST_MAX + 4096);
	buf_init(&s->text, 4096);
	buf_init(&s->note, 1 << 16);
	buf_init(&s->tar, TRANSFER_MAX);
}

static inline void small_done(struct small *s)
{
	buf_done(&s->manifest);
	buf_done(&s->text);
	buf_done(&s->note);
	buf_done(&s->tar);
}

/* The note over the manifest as it is now, and the tar. */
static inline void small_end(struct small *s)
{
	struct err e = {0};
	s->seal = (struct transfer_seal){.made = s->about.made, .until = s->about.until, .entries = s->about.entries, .bytes = s->manifest.n};
	snprintf(s->seal.vkey, sizeof s->seal.vkey, "%s", s->vkey);
	snprintf(s->seal.id, sizeof s->seal.id, "%s", s->about.id);
	seal_sha256_once(buf_slice(&s->manifest), s->seal.sha256);
	buf_reset(&s->text);
	buf_reset(&s->note);
	buf_reset(&s->tar);
	assert_int_equal(transfer_seal_text(&s->seal, &s->text, &e), 0);
	assert_int_equal(note_sign(&s->key, buf_slice(&s->text), &s->note, &e), 0);
	assert_int_equal(transfer_tar(s->about.made, buf_slice(&s->manifest), buf_slice(&s->note), s->files, s->n, &s->tar, &e), 0);
}

static inline void small_make(struct small *s)
{
	struct err e = {0};
	small_init(s);
	assert_int_equal(transfer_manifest(&s->about, s->files, s->n, &s->manifest, &e), 0);
	small_end(s);
}

static inline int checked(struct slice tar, const struct note_vkey *v)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 24);
	struct transfer t;
	struct err e = {0};
	int r = transfer_check(tar, v, a, &t, NULL, &e);
	if (r < 0 && (e.code != r || !e.text[0]))
		fail_msg("%d is said without a sentence", r);
	return r;
}

#endif
