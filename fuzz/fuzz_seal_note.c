/* Signed notes, verifier keys and signing keys from outside. First byte (mod 4): 0 a note; 1 a verifier key; 2 a signing key; 3 a text that we sign and cosign, and
 * then damage at a place that the bytes choose. */
#include "seal_internal.h"

static void keys(struct note_signer *log, struct note_signer *witness)
{
	struct err e;
	/* the keys of the seeds */
	static const char log_key[] = "PRIVATE+KEY+fuzz.example/log+4921c2ab+AWZ1enppbmcga2V5IG9mIHRoZSBzZWFsIHJvb20uLi4u";
	static const char witness_key[] = "PRIVATE+KEY+fuzz.example/witness+dafc7cd9+BGZ1enppbmcga2V5IG9mIHRoZSBzZWFsIHJvb20uLi4u";
	if (note_signer_parse(SLICE(log_key), log, &e) < 0 || note_signer_parse(SLICE(witness_key), witness, &e) < 0)
		abort();
}

static void note(struct slice s)
{
	struct note_signer log, witness;
	struct err e = {.code = 0};
	struct slice text;
	uint64_t mask = 0, times[2];
	keys(&log, &witness);
	struct note_vkey v[2] = {log.v, witness.v};
	int r = note_verify(s, v, 2, &text, &mask, times, &e);
	if (r == 0 && (mask == 0 || text.n == 0 || text.p[text.n - 1] != '\n' || text.p != s.p || text.n >= s.n))
		abort();
	if (r < 0 && (e.code != r || !e.text[0]))
		abort();
}

static void vkey(struct slice s)
{
	struct note_vkey v, again;
	struct err e;
	struct buf b;
	buf_init(&b, 1024);
	if (note_vkey_parse(s, &v, &e) == 0) {
		note_vkey_format(&v, &b);
		if (!buf_ok(&b) || note_vkey_parse(buf_slice(&b), &again, &e) < 0 || again.id != v.id || memcmp(again.pub, v.pub, 32) != 0)
			abort();
	}
	buf_done(&b);
}

static void signer(struct slice s)
{
	struct note_signer k, again;
	struct err e;
	struct buf b;
	buf_init(&b, 1024);
	if (note_signer_parse(s, &k, &e) == 0) {
		note_signer_format(&k, &b);
		if (!buf_ok(&b) || note_signer_parse(buf_slice(&b), &again, &e) < 0 || memcmp(&again, &k, sizeof(k)) != 0)
			abort();
	}
	buf_done(&b);
}

static void sign(struct slice s)
{
	struct note_signer log, witness;
	struct cur c = cur_of(s);
	uint32_t at = cur_u32le(&c), bit = cur_u8(&c);
	struct slice text = cur_take(&c, cur_left(&c)), got;
	struct err e;
	uint64_t mask, times[2];
	struct buf b, line;
	buf_init(&b, 1 << 22);
	buf_init(&line, 4096);
	keys(&log, &witness);
	struct note_vkey v[2] = {log.v, witness.v};
	if (note_sign(&log, text, &b, &e) == 0) {
		if (note_cosign(&witness, buf_slice(&b), 1700000000, &line, &e) < 0)
			abort();
		buf_add_slice(&b, buf_slice(&line));
		if (note_verify(buf_slice(&b), v, 2, &got, &mask, times, &e) < 0 || mask != 3 || times[1] != 1700000000 || !slice_eq(got, text))
			abort();
		if (at % b.n < text.n) { /* in the text: both signatures cover each bit of it */
			b.p[at % b.n] ^= (uint8_t)(1u << bit % 8);
			if (note_verify(buf_slice(&b), v, 2, &got, &mask, times, &e) == 0)
				abort();
		}
	}
	buf_done(&b);
	buf_done(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct slice rest = slice_of(data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		note(rest);
		break;
	case 1:
		vkey(rest);
		break;
	case 2:
		signer(rest);
		break;
	case 3:
		sign(rest);
		break;
	default:
		break;
	}
	return 0;
}
