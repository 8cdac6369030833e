/* Bytes of packs for a mount. A pack is compared with the ledger before the first byte of it is shown, as a restore does: whoever has a public recipient can make a pack that opens. One that does not
 * fit still shows what can be proven: content chunk by chunk, each by its keyed id, which catalogues that fit name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "mount_internal.h"

int mount_reader_init(struct mount_reader *r, struct vault *v, struct err *e)
{
	const struct vault_known_pack *all;
	*r = (struct mount_reader){.v = v};
	for (size_t i = 0; i < MOUNT_PROOFS; i++)
		buf_init(&r->proofs[i].chunks, (VAULT_PACK_PLAIN_MAX / VAULT_CHUNK_MIN) * sizeof(struct vault_chunk));
	r->pack_state = calloc(vault_log_packs(v->log, &all) + 1, 1);
	return r->pack_state ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a mount");
}

void mount_reader_done(struct mount_reader *r)
{
	for (size_t i = 0; i < MOUNT_SETS; i++)
		for (size_t k = 0; k < MOUNT_WAYS; k++)
			if (r->blocks[i][k].p) {
				seal_wipe(r->blocks[i][k].p, MOUNT_BLOCK);
				free(r->blocks[i][k].p);
			}
	for (size_t i = 0; i < MOUNT_PROOFS; i++)
		buf_done(&r->proofs[i].chunks);
	free(r->pack_state);
	seal_wipe(r, sizeof *r);
}

/* ---- is a pack what the ledger names ---- */

static bool hash_fd(int fd, struct seal_sha256 *sha, uint8_t *piece, uint8_t out[SEAL_HASH], uint64_t *ret_size)
{
	ssize_t n;
	uint64_t size = 0;
	seal_sha256_begin(sha);
	while ((n = read(fd, piece, MOUNT_BLOCK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		seal_sha256_add(sha, slice_of(piece, (size_t)n));
		size += (uint64_t)n;
	}
	seal_sha256_end(sha, out);
	*ret_size = size;
	return true;
}

static bool fits(struct mount_reader *r, const struct vault_known_pack *k, char why[160])
{
	char name[48];
	uint8_t got[SEAL_HASH], *piece = malloc(MOUNT_BLOCK);
	struct seal_sha256 *sha = seal_sha256_new();
	uint64_t size = 0;
	bool ok = false;
	vault_pack_name(k->class, k->number, name);
	int fd = openat(r->v->vaultfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (!piece || !sha)
		snprintf(why, 160, "there is no memory to check it");
	else if (fd < 0)
		snprintf(why, 160, "%s", errno == ENOENT ? "it is missing" : "it cannot be opened");
	else if (!hash_fd(fd, sha, piece, got, &size))
		snprintf(why, 160, "it cannot be read");
	else if (size != k->size)
		snprintf(why, 160, "it has %llu bytes and not %llu", (unsigned long long)size, (unsigned long long)k->size);
	else if (!seal_equal(got, k->sha256, SEAL_HASH))
		snprintf(why, 160, "its bytes are not those that the ledger names");
	else
		ok = true;
	if (fd >= 0)
		close(fd);
	seal_sha256_free(sha);
	free(piece);
	return ok;
}

bool mount_pack_fits(struct mount_reader *r, int class, uint64_t number)
{
	const struct vault_known_pack *all, *k = vault_log_pack(r->v->log, class, number);
	(void)vault_log_packs(r->v->log, &all);
	if (!k)
		return false;
	uint8_t *state = &r->pack_state[k - all];
	if (*state == 0) {
		char why[160], name[48], say[400];
		*state = fits(r, k, why) ? 1 : 2;
		if (*state == 2 && r->say) {
			vault_pack_name(class, number, name);
			snprintf(say, sizeof say, "vault/%s is damaged: %s; %s", name, why, class == VAULT_CONTENT ? "what it held and cannot be proven gives an input/output error, all else is shown" : "snapshots whose catalogue is not whole without it are not shown");
			r->say(r->arg, say);
		}
	}
	return *state == 1;
}

/* ---- blocks ---- */

static struct mount_block *block_slot(struct mount_reader *r, int class, uint64_t pack, uint64_t number, bool *ret_hit)
{
	uint64_t mixed = (pack * 2 + (uint64_t)class) * UINT64_C(0x9E3779B97F4A7C15) + number;
	struct mount_block *set = r->blocks[mixed % MOUNT_SETS], *oldest = &set[0];
	*ret_hit = true;
	for (size_t i = 0; i < MOUNT_WAYS; i++) {
		struct mount_block *b = &set[i];
		if (b->n && b->class == class && b->pack == pack && b->number == number)
			return b;
		if (b->used < oldest->used)
			oldest = b;
	}
	*ret_hit = false;
	return oldest;
}

static struct vault_packs *packs_of(struct mount_reader *r, int class)
{
	return class == VAULT_CATALOGUE ? r->v->catalogues : r->v->contents;
}

int mount_span(struct mount_reader *r, int class, uint64_t pack, uint64_t offset, struct slice *ret, struct err *e)
{
	const struct vault_known_pack *k = vault_log_pack(r->v->log, class, pack);
	uint64_t number = offset / MOUNT_BLOCK, from = number * MOUNT_BLOCK;
	bool hit;
	if (!k || offset >= k->plain)
		return err_set(e, ERR_CORRUPT, NULL, "a place in a pack that the ledger does not name");
	struct mount_block *b = block_slot(r, class, pack, number, &hit);
	if (!hit) {
		struct vault_extent x = {.pack = pack, .offset = from, .length = k->plain - from < MOUNT_BLOCK ? k->plain - from : MOUNT_BLOCK};
		b->n = 0;
		if (!b->p && !(b->p = malloc(MOUNT_BLOCK)))
			return err_set(e, ERR_MEMORY, NULL, "no memory for a mount");
		int code = vault_packs_read(packs_of(r, class), class, &x, b->p, e);
		if (code < 0)
			return code;
		b->class = class;
		b->pack = pack;
		b->number = number;
		b->n = (size_t)x.length;
	}
	b->used = ++r->clock;
	*ret = slice_of(b->p + (offset - from), b->n - (size_t)(offset - from));
	return 0;
}

/* ---- a damaged pack: its chunks, one by one ---- */

struct collect {
	struct mount_proof *p;
	uint64_t bytes;
};

static int collect_chunk(void *arg, const struct vault_chunk *c, struct err *e)
{
	struct collect *x = arg;
	if (c->class != VAULT_CONTENT || c->at.pack != x->p->pack)
		return 0;
	buf_add(&x->p->chunks, c, sizeof *c);
	x->bytes += c->at.length;
	return buf_ok(&x->p->chunks) ? 0 : err_set(e, buf_code(&x->p->chunks), NULL, "no memory for a pack's chunks");
}

static int note_place(void *arg, const struct vault_extent *x, struct err *e)
{
	return mount_pack_fits(arg, VAULT_CATALOGUE, x->pack) ? 0 : err_set(e, ERR_CORRUPT, NULL, "a catalogue pack is damaged");
}

static bool places_fit(struct mount_reader *r, const struct buf *places)
{
	struct slice rest = buf_slice(places);
	struct vault_extent x;
	int code;
	while ((code = vault_extent_next(&rest, &x)) > 0)
		if (note_place(r, &x, NULL) < 0)
			return false;
	return code == 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct vault_chunk *x = a, *y = b;
	return x->at.offset < y->at.offset ? -1 : x->at.offset > y->at.offset;
}

/* Backups that came behind the pack's entry named what they put into it. Lists that are not proven themselves prove nothing. */
static void collect_chunks(struct mount_reader *r, const struct vault_known_pack *k, struct mount_proof *p)
{
	struct collect x = {.p = p};
	size_t n = vault_log_snapshots(r->v->log);
	for (size_t i = 0; i < n && x.bytes < k->plain; i++) {
		struct vault_body b;
		size_t before = p->chunks.n;
		int code = vault_log_snapshot(r->v->log, i, &b, NULL);
		if (code == 0 && b.s.seq > k->entry && !strcmp(b.domain, vault_log_string(r->v->log, k->domain)) && places_fit(r, &b.chunks) && vault_cat_chunks(r->v->catalogues, &b, collect_chunk, &x, NULL) < 0)
			p->chunks.n = before; /* a list that ends badly */
		vault_body_done(&b);
	}
	if (p->chunks.n)
		qsort(p->chunks.p, p->chunks.n / sizeof(struct vault_chunk), sizeof(struct vault_chunk), by_offset);
}

static struct mount_proof *proof_of(struct mount_reader *r, uint64_t pack)
{
	struct mount_proof *oldest = &r->proofs[0];
	const struct vault_known_pack *k = vault_log_pack(r->v->log, VAULT_CONTENT, pack);
	r->clock++;
	for (size_t i = 0; i < MOUNT_PROOFS; i++) {
		struct mount_proof *p = &r->proofs[i];
		if (p->used && p->pack == pack) {
			p->used = r->clock;
			return p;
		}
		if (p->used < oldest->used)
			oldest = p;
	}
	buf_reset(&oldest->chunks);
	oldest->pack = pack;
	oldest->used = r->clock;
	oldest->keyed = k && r->v->has_dedupe && vault_keys_of_domain(r->v->dedupe, vault_log_string(r->v->log, k->domain), vault_log_string(r->v->log, k->period), &oldest->keys, NULL) == 0;
	if (oldest->keyed)
		collect_chunks(r, k, oldest);
	return oldest;
}

static int find_chunk(const struct mount_proof *p, uint64_t offset, struct vault_chunk *ret)
{
	size_t from = 0, to = p->chunks.n / sizeof *ret;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		memcpy(ret, p->chunks.p + mid * sizeof *ret, sizeof *ret);
		if (offset < ret->at.offset)
			to = mid;
		else if (offset - ret->at.offset >= ret->at.length)
			from = mid + 1;
		else
			return 0;
	}
	return ERR_NOT_FOUND;
}

static int prove(struct mount_reader *r, uint64_t pack, uint64_t offset, uint8_t *out, size_t n, struct err *e)
{
	struct mount_proof *p = proof_of(r, pack);
	uint8_t *chunk = malloc(VAULT_CHUNK_MAX);
	int code = chunk ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a mount");
	while (code == 0 && n) {
		struct vault_chunk c;
		uint8_t id[VAULT_ID];
		if (find_chunk(p, offset, &c) < 0) {
			code = err_set(e, ERR_CORRUPT, NULL, "this place of a damaged pack cannot be proven");
			break;
		}
		code = vault_packs_read(r->v->contents, VAULT_CONTENT, &c.at, chunk, e);
		if (code < 0)
			break;
		vault_chunk_id(&p->keys, slice_of(chunk, (size_t)c.at.length), id);
		if (!seal_equal(id, c.id, sizeof id)) {
			code = err_set(e, ERR_CORRUPT, NULL, "a chunk of a damaged pack is not what the catalogue names");
			break;
		}
		size_t skip = (size_t)(offset - c.at.offset), take = (size_t)c.at.length - skip < n ? (size_t)c.at.length - skip : n;
		memcpy(out, chunk + skip, take);
		out += take;
		offset += take;
		n -= take;
	}
	free(chunk);
	return code;
}

int mount_content(struct mount_reader *r, uint64_t pack, uint64_t offset, void *out, size_t n, struct err *e)
{
	uint8_t *to = out;
	if (!mount_pack_fits(r, VAULT_CONTENT, pack))
		return prove(r, pack, offset, to, n, e);
	while (n) {
		struct slice s;
		int code = mount_span(r, VAULT_CONTENT, pack, offset, &s, e);
		if (code < 0)
			return code;
		size_t take = s.n < n ? s.n : n;
		memcpy(to, s.p, take);
		to += take;
		offset += take;
		n -= take;
	}
	return 0;
}
