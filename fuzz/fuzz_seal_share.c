/* What people type: recovery shares, and age keys. First byte (mod 5): 0 a share's text; 1 an age identity; 2 an age recipient; 3 an identity file; 4 two shares made
 * of the bytes as they are, to be joined. */
#include "seal_internal.h"

static void share(struct slice s)
{
	struct share a, b;
	struct err e = {.code = 0};
	struct buf text;
	buf_init(&text, 1 << 16);
	if (share_parse(s, &a, &e) == 0) {
		uint8_t h1[SEAL_HASH], h2[SEAL_HASH];
		share_format(&a, "name", &text);
		if (!buf_ok(&text) || share_parse(buf_slice(&text), &b, &e) < 0 || memcmp(&a, &b, sizeof(a)) != 0)
			abort();
		share_hash(&a, h1);
		share_hash(&b, h2);
		if (memcmp(h1, h2, sizeof(h1)) != 0)
			abort();
	} else if (!e.text[0]) {
		abort();
	}
	buf_done(&text);
}

static void identity(struct slice s)
{
	struct age_identity id;
	struct err e;
	char text[80];
	if (age_identity_parse(s, &id, &e) == 0) {
		age_identity_format(&id, text);
		if (!slice_eq_str(slice_trim(s), text))
			abort();
	}
}

static void recipient(struct slice s)
{
	struct age_recipient to;
	struct err e;
	char text[80];
	if (age_recipient_parse(s, &to, &e) == 0) {
		age_recipient_format(&to, text);
		if (!slice_eq_str(slice_trim(s), text))
			abort();
	}
}

static void identity_file(struct slice s)
{
	struct age_identity id;
	struct err e;
	int r = site_identity_text_parse(s, &id, &e);
	if (r < 0 && r != ERR_CORRUPT)
		abort();
}

static void join(struct slice s)
{
	struct share two[2];
	struct err e = {.code = 0};
	struct buf secret;
	if (s.n < sizeof(two))
		return;
	memcpy(two, s.p, sizeof(two));
	buf_init(&secret, 64);
	int r = share_join(two, 2, &secret, &e);
	if (r < 0 && (secret.n || !e.text[0]))
		abort();
	buf_done(&secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct slice rest = slice_of(data + 1, size - 1);
	switch (data[0] % 5) {
	case 0:
		share(rest);
		break;
	case 1:
		identity(rest);
		break;
	case 2:
		recipient(rest);
		break;
	case 3:
		identity_file(rest);
		break;
	case 4:
		join(rest);
		break;
	default:
		break;
	}
	return 0;
}
