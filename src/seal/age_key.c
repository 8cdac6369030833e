/* age's X25519 keys and their text: C2SP age.md, "The X25519 recipient type". */
#include <sodium.h>

#include "seal_internal.h"

#define HRP_IDENTITY "AGE-SECRET-KEY-"
#define HRP_RECIPIENT "age"

static void identity_public(struct age_identity *id)
{
	/* any 32 bytes are a secret: X25519 clamps them, and the base point is of large order, so this cannot fail */
	(void)crypto_scalarmult_curve25519_base(id->to.pub, id->secret);
}

void age_identity_new(struct age_identity *ret)
{
	(void)seal_algs(); /* libsodium chooses its implementation there */
	seal_random(ret->secret, sizeof(ret->secret));
	identity_public(ret);
}

void age_identity_of(const uint8_t secret[32], struct age_identity *ret)
{
	(void)seal_algs();
	memcpy(ret->secret, secret, sizeof(ret->secret));
	identity_public(ret);
}

int age_identity_parse(struct slice s, struct age_identity *ret, struct err *e)
{
	struct age_identity id;
	(void)seal_algs();
	if (bech32_get(slice_trim(s), HRP_IDENTITY, id.secret, sizeof(id.secret)) < 0) {
		seal_wipe(&id, sizeof(id));
		return err_set(e, ERR_INPUT, NULL, "this is no age identity: it should read AGE-SECRET-KEY-1 and 58 more capital letters and digits, without a typing error");
	}
	identity_public(&id);
	*ret = id;
	seal_wipe(&id, sizeof(id));
	return 0;
}

void age_identity_format(const struct age_identity *id, char out[80])
{
	_Static_assert(BECH32_SIZE(sizeof(HRP_IDENTITY) - 1, 32) <= 80, "an identity fits");
	bech32_put(HRP_IDENTITY, slice_of(id->secret, 32), out);
}

int age_recipient_parse(struct slice s, struct age_recipient *ret, struct err *e)
{
	uint8_t pub[32];
	if (bech32_get(slice_trim(s), HRP_RECIPIENT, pub, sizeof(pub)) < 0)
		return err_set(e, ERR_INPUT, NULL, "this is no age recipient: it should read age1 and 58 more small letters and digits, without a typing error");
	memcpy(ret->pub, pub, sizeof(pub));
	return 0;
}

void age_recipient_format(const struct age_recipient *r, char out[80])
{
	bech32_put(HRP_RECIPIENT, slice_of(r->pub, 32), out);
}
