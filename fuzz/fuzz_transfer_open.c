/* Transfers from outside. First byte (mod 4): 0 a tar as it comes; 1 a manifest put into a tar whose note is right, with one empty file behind it; 2 a note's text, signed, over a small manifest; 3 an entry of kind transfer, twice. */
#include "transfer_internal.h"

#include <stdlib.h>

static const char manifest[] = "{\"format\":\"holdfast-transfer\",\"version\":1,\"id\":\"T1\",\"site\":\"s\",\"origin\":\"o\",\"key\":\"fuzz.example/log+4921c2ab+AXoQyg1GVT1kp3AM65QuJcU2MGCuAgu0XQ96zUfpq/Xc\",\"made\":\"2026-11-23T00:00:00Z\",\"validUntil\":\"2026-11-24T00:00:00Z\",\"patient\":{\"id\":\"p\"},\"zoneMinutes\":0,"
                               "\"entries\":1,\"checkpoint\":{\"entries\":0,\"root\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"},\"leftOut\":{\"ecgs\":0,\"documents\":0},\"files\":[]}\n";

static void signer(struct note_signer *k)
{
	struct err e;
	static const char key[] = "PRIVATE+KEY+fuzz.example/log+4921c2ab+AWZ1enppbmcga2V5IG9mIHRoZSBzZWFsIHJvb20uLi4u"; /* the seeds' */
	if (note_signer_parse(SLICE(key), k, &e) < 0)
		abort();
}

static void tar(struct slice s)
{
	struct arena *a = arena_new(1 << 24);
	struct transfer t;
	struct note_signer k;
	struct buf faults, again;
	struct err e = {.code = 0};
	if (!a)
		return;
	signer(&k);
	buf_init(&faults, 1 << 20);
	buf_init(&again, 1 << 22);
	int r = transfer_check(s, NULL, a, &t, &faults, &e);
	if (r < 0 && (e.code != r || !e.text[0]))
		abort();
	if (r == 0) { /* what verifies is made of its parts, byte for byte */
		if (transfer_tar(t.about.made, t.manifest, t.note, t.files, t.n, &again, &e) < 0 || !slice_eq(buf_slice(&again), s) || faults.n)
			abort();
		for (size_t i = 0; i < t.n; i++)
			if (!transfer_name_ok(t.files[i].name) || t.files[i].bytes.n != t.files[i].size)
				abort();
	}
	arena_reset(a);
	int own = transfer_check(s, &k.v, a, &t, NULL, &e);
	if ((r < 0 && own == 0) || (r == 0 && own != 0 && own != ERR_NO))
		abort();
	buf_done(&faults);
	buf_done(&again);
	arena_free(a);
}

static void made(struct slice m, struct slice text)
{
	struct note_signer k;
	struct transfer_seal s = {.made = INT64_C(1795392000) * TIME_SEC, .until = INT64_C(1795478400) * TIME_SEC, .entries = 1, .bytes = m.n, .id = "T1"};
	struct buf vkey, words, note, b;
	struct err e;
	const struct transfer_file file = {.name = SLICE("a")};
	signer(&k);
	buf_init(&vkey, 256);
	buf_init(&words, 1 << 16);
	buf_init(&note, 1 << 18);
	buf_init(&b, 1 << 22);
	note_vkey_format(&k.v, &vkey);
	memcpy(s.vkey, vkey.p, vkey.n);
	seal_sha256_once(m, s.sha256);
	if (!text.n && transfer_seal_text(&s, &words, &e) < 0)
		abort();
	if (note_sign(&k, text.n ? text : buf_slice(&words), &note, &e) == 0 && transfer_tar(s.made, m, buf_slice(&note), &file, 1, &b, &e) == 0)
		tar(buf_slice(&b));
	buf_done(&vkey);
	buf_done(&words);
	buf_done(&note);
	buf_done(&b);
}

static void entry(struct slice s)
{
	struct transfer_log *l;
	struct err e;
	uint64_t of;
	if (transfer_log_new(&l, &e) < 0)
		return;
	int ok = transfer_entry_check(s, &of, &e);
	if (transfer_log_take(l, 7, 1, s, &e) < 0 || transfer_log_take(l, 8, 2, s, &e) < 0)
		abort();
	if (ok < 0 && (transfer_log_count(l) || transfer_log_odd(l) != 2))
		abort();
	for (size_t i = 0; i < transfer_log_count(l); i++)
		if (transfer_log_find(l, transfer_log_row(l, i)->entry) != transfer_log_row(l, i))
			abort();
	transfer_log_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size || size > 1 << 20)
		return 0;
	struct slice rest = slice_of(data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		tar(rest);
		break;
	case 1:
		made(rest, SLICE_NULL);
		break;
	case 2:
		made(SLICE(manifest), rest);
		break;
	default:
		entry(rest);
	}
	return 0;
}
