/* age files from outside. First byte (mod 3): 0 as it is; 1 with the header's MAC set right for the file key of our seeds, so that odd but well-formed headers get
 * as far as the payload; 2 the rest is a plaintext that we seal, damage at one place that the bytes choose, and must not be able to open. */
#include "seal_internal.h"

static const uint8_t secret[32] = "fuzzing key of the seal room....";
static const uint8_t file_key[AGE_FILE_KEY] = "fuzzing file key";

static void read_in_pieces(struct slice file, const struct age_identity *id, struct slice whole)
{
	struct buf again;
	struct err e = {.code = 0};
	buf_init(&again, whole.n + 1);
	int r = age_open(id, 1, file, &again, &e); /* a second time: the same */
	if (r < 0 || !slice_eq(buf_slice(&again), whole))
		abort();
	buf_done(&again);
}

static void open_it(struct slice file, const struct age_identity *id)
{
	struct buf plain;
	struct err e = {.code = 0};
	buf_init(&plain, 1 << 22);
	int r = age_open(id, 1, file, &plain, &e);
	if (r == 0)
		read_in_pieces(file, id, buf_slice(&plain));
	else if (plain.n || e.code != r || !e.text[0])
		abort(); /* nothing given out, and a sentence */
	r = age_open_scrypt(SLICE("passphrase"), 6, file, &plain, &e);
	(void)r;
	buf_done(&plain);
}

static void set_mac(struct slice file, const struct age_identity *id)
{
	struct age_header h;
	struct err e;
	bool more;
	if (age_header_parse(file, &h, &more, &e) == 0) {
		struct buf b;
		uint8_t mac[SEAL_HASH], *copy = malloc(file.n);
		if (!copy || age_header_mac(file_key, slice_of(file.p, h.signed_n), mac, &e) < 0)
			abort();
		memcpy(copy, file.p, file.n);
		buf_init(&b, 64);
		age_b64_put(&b, slice_of(mac, sizeof(mac)));
		memcpy(copy + h.signed_n + 1, b.p, b.n);
		open_it(slice_of(copy, file.n), id);
		buf_done(&b);
		free(copy);
	}
	age_header_done(&h);
}

static void damage(struct slice s, const struct age_identity *id)
{
	struct cur c = cur_of(s);
	uint32_t at = cur_u32le(&c), bit = cur_u8(&c), cut = cur_u8(&c);
	struct slice plain = cur_take(&c, cur_left(&c));
	struct buf file, got;
	struct err e;
	buf_init(&file, 1 << 22);
	buf_init(&got, 1 << 22);
	if (age_seal(&id->to, 1, plain, &file, &e) < 0 || age_open(id, 1, buf_slice(&file), &got, &e) < 0 || !slice_eq(buf_slice(&got), plain))
		abort();
	buf_reset(&got);
	if (cut & 1)
		file.n -= at % file.n + 1;
	else
		file.p[at % file.n] ^= (uint8_t)(1u << bit % 8);
	if (age_open(id, 1, buf_slice(&file), &got, &e) == 0 || got.n)
		abort();
	buf_done(&file);
	buf_done(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct age_identity id;
	if (size == 0)
		return 0;
	age_identity_of(secret, &id);
	struct slice rest = slice_of(data + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		open_it(rest, &id);
		break;
	case 1:
		set_mac(rest, &id);
		break;
	case 2:
		damage(rest, &id);
		break;
	default:
		break;
	}
	return 0;
}
