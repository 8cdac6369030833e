/* Packets and units' keys from outside. First byte (mod 3): 0 a file as it comes; 1 a note's text put under a page and signed, then damaged at a place that the bytes choose; 2 a key's file. */
#include "packet_internal.h"

#include <stdlib.h>

static void signer(struct note_signer *k)
{
	struct err e;
	static const char key[] = "PRIVATE+KEY+fuzz.example/log+4921c2ab+AWZ1enppbmcga2V5IG9mIHRoZSBzZWFsIHJvb20uLi4u"; /* the seeds' */
	if (note_signer_parse(SLICE(key), k, &e) < 0)
		abort();
}

static void file(struct slice s)
{
	struct packet_seal got;
	struct note_signer k;
	struct err e = {.code = 0};
	signer(&k);
	struct buf pages;
	buf_init(&pages, 1 << 20);
	int o = packet_open(s, SLICE("lusab-babad-gutih-tugad-mudof-sakat"), &pages, &e);
	if (o < 0 && (e.code != o || !e.text[0]))
		abort();
	buf_done(&pages);
	int r = packet_verify(s, NULL, &got, &e);
	if (r < 0 && (e.code != r || !e.text[0]))
		abort();
	if (r == 0 && (got.bytes >= s.n || got.until <= got.made || got.until - got.made > PACKET_HOURS_MAX * 3600 * TIME_SEC))
		abort();
	int own = packet_verify(s, &k.v, &got, &e);
	if ((r < 0 && own == 0) || (r == 0 && own != 0 && own != ERR_NO))
		abort();
}

static void made(struct slice s)
{
	struct cur c = cur_of(s);
	uint32_t at = cur_u32le(&c), bit = cur_u8(&c), n = cur_u8(&c);
	struct slice body = cur_take(&c, n), text = cur_take(&c, cur_left(&c));
	struct note_signer k;
	struct packet_seal got;
	struct err e;
	struct buf b, note;
	signer(&k);
	buf_init(&b, 1 << 20);
	buf_init(&note, 1 << 16);
	buf_add_slice(&b, body);
	if (note_sign(&k, text, &note, &e) == 0 && packet_end(&b, buf_slice(&note), &e) == 0 && packet_verify(buf_slice(&b), &k.v, &got, &e) == 0) {
		b.p[at % b.n] ^= (uint8_t)(1u << bit % 8);
		if (packet_verify(buf_slice(&b), &k.v, &got, &e) == 0)
			abort();
	}
	buf_done(&b);
	buf_done(&note);
}

static void key(struct slice s)
{
	struct packet_key k;
	struct err e;
	if (packet_key_parse(s, &k, &e) == 0 && (!k.sealed_n || k.sealed_n > PACKET_SEALED_MAX || packet_unit_check(slice_str(k.unit), &e) < 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct slice rest = slice_of(data + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		file(rest);
		break;
	case 1:
		made(rest);
		break;
	default:
		key(rest);
		break;
	}
	return 0;
}
