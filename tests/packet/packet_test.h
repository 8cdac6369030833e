/* A small packet, made with a page of this test's own. */
#ifndef PACKET_TEST_H
#define PACKET_TEST_H

#include "packet_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MADE (INT64_C(1795392000) * TIME_SEC) /* 2026-11-23T00:00:00Z */
#define WORDS "lusab-babad-gutih-tugad-mudof-sakat"
static const char page[] = "<!doctype html><body><!--holdfast-packet--><script>1</script></body>\n";

static inline void key_for(const char *unit, bool is_protected, const char *words, struct packet_key *ret)
{
	struct err e = {0};
	assert_int_equal(packet_key_new(slice_str(unit), is_protected, slice_str(words), MADE, ret, &e), 0);
}

static inline void signer_for(const char *name, struct note_signer *ret)
{
	struct err e = {0};
	assert_int_equal(note_signer_new(name, ret, &e), 0);
}

static inline void part_of(const char *path, const char *json, struct packet_part **ret)
{
	struct err e = {0};
	assert_int_equal(packet_part_new(ret, &e), 0);
	assert_int_equal(packet_part_add(*ret, path, slice_str(json), &e), 0);
}

static inline void sign_as(const struct note_signer *k, const char *unit, struct buf *file)
{
	struct err e = {0};
	AUTO_BUF struct buf vkey = {0};
	AUTO_BUF struct buf text = {0};
	AUTO_BUF struct buf note = {0};
	struct packet_seal s = {.made = MADE, .until = MADE + 24 * 3600 * TIME_SEC, .entries = 4711, .bytes = file->n};
	buf_init(&vkey, 512);
	buf_init(&text, 4096);
	buf_init(&note, 4096);
	note_vkey_format(&k->v, &vkey);
	snprintf(s.vkey, sizeof s.vkey, "%s", buf_cstr(&vkey));
	snprintf(s.unit, sizeof s.unit, "%s", unit);
	seal_sha256_once(buf_slice(file), s.sha256);
	assert_int_equal(packet_seal_text(&s, &text, &e), 0);
	assert_int_equal(note_sign(k, buf_slice(&text), &note, &e), 0);
	assert_int_equal(packet_end(file, buf_slice(&note), &e), 0);
}

static inline void small_packet(const struct packet_key *key, const struct packet_key *apart_key, const struct note_signer *k, struct buf *ret)
{
	struct err e = {0};
	struct packet_part *data, *apart = NULL;
	const struct packet_about a = {.site = "St </script><!-- Gabriel", .origin = k->v.name, .unit = key->unit, .vkey = "v", .made = MADE, .until = MADE + 24 * 3600 * TIME_SEC, .entries = 4711, .entry_time = MADE - TIME_SEC, .persons = 1, .zone_minutes = 60};
	part_of("/api/census", "{\"patients\":[]}", &data);
	assert_int_equal(packet_part_add(data, "/api/patient/p1", SLICE("{\"id\":\"p1\"}"), &e), 0);
	if (apart_key)
		part_of("/api/patient/p2", "{\"id\":\"p2\"}", &apart);
	assert_int_equal(packet_write_around(slice_str(page), &a, key, data, apart_key, apart, ret, &e), 0);
	packet_part_free(data);
	packet_part_free(apart);
	sign_as(k, key->unit, ret);
}

#endif
