/* Keys of a deduplication domain and period, the ids that they make, and digests.
 *
 * HKDF-SHA-256 (RFC 5869) of the site's (or agent's) deduplication key, no salt, info "holdfast-vault-1 chunk-id DOMAIN PERIOD" and "holdfast-vault-1 gear DOMAIN PERIOD", 32 bytes each.
 * A chunk's id is HMAC-SHA-256 under the first, its first 16 bytes. A file's digest is the same over the byte 'D' and SHA-256 over the
 * ids of its chunks in order; a file without a chunk (empty, or all hole) has none.
 */
#include "vault_internal.h"

static int derive(const uint8_t dedupe[32], const char *what, const char *domain, const char *period, uint8_t out[32], struct err *e)
{
	char info[256];
	int n = snprintf(info, sizeof(info), "holdfast-vault-1 %s %s %s", what, domain, period);
	assert(n > 0 && (size_t)n < sizeof(info));
	return seal_hkdf_sha256(slice_of(dedupe, 32), SLICE_NULL, slice_str(info), out, 32, e);
}

int vault_keys_derive(const uint8_t dedupe[32], const char *domain, const char *period, struct vault_keys *ret, struct err *e)
{
	struct vault_keys k;
	int r = derive(dedupe, "chunk-id", domain, period, k.chunk_id, e);
	if (r == 0)
		r = derive(dedupe, "gear", domain, period, k.gear, e);
	if (r == 0)
		*ret = k;
	seal_wipe(&k, sizeof(k));
	return r;
}

int vault_keys_of_domain(const uint8_t site_dedupe[32], const char *domain, const char *period, struct vault_keys *ret, struct err *e)
{
	uint8_t own[32];
	if (!strcmp(domain, VAULT_SITE_DOMAIN))
		return vault_keys_derive(site_dedupe, domain, period, ret, e);
	int r = seal_agent_key(site_dedupe, domain, own, e);
	if (r == 0)
		r = vault_keys_derive(own, domain, period, ret, e);
	seal_wipe(own, sizeof(own));
	return r;
}

void vault_chunk_id(const struct vault_keys *k, struct slice chunk, uint8_t out[VAULT_ID])
{
	uint8_t mac[SEAL_HASH];
	seal_hmac_sha256(slice_of(k->chunk_id, sizeof(k->chunk_id)), chunk, mac);
	memcpy(out, mac, VAULT_ID);
}

void vault_chunk_ids(const struct vault_keys *k, const struct slice *chunks, size_t n, uint8_t (*out)[VAULT_ID])
{
	uint8_t macs[VAULT_IDS][SEAL_HASH];
	assert(n <= VAULT_IDS);
	seal_hmac_sha256_many(slice_of(k->chunk_id, sizeof(k->chunk_id)), chunks, n, macs);
	for (size_t i = 0; i < n; i++)
		memcpy(out[i], macs[i], VAULT_ID);
}

void vault_digest(const struct vault_keys *k, const uint8_t ids_sha256[SEAL_HASH], uint8_t out[VAULT_DIGEST])
{
	uint8_t text[1 + SEAL_HASH] = {'D'}, mac[SEAL_HASH];
	memcpy(text + 1, ids_sha256, SEAL_HASH);
	seal_hmac_sha256(slice_of(k->chunk_id, sizeof(k->chunk_id)), slice_of(text, sizeof(text)), mac);
	memcpy(out, mac, VAULT_DIGEST);
}
