/* Is a transfer as it was signed? Note first, then the manifest that it names, then each file that the manifest names, at the place where it must stand. */
#include "transfer_internal.h"

#include <stdio.h>

struct tar {
	struct slice all;
	uint64_t at;
	struct buf *faults;
	size_t bad;
};

static void fault(struct tar *t, struct slice name, const char *what)
{
	t->bad++;
	if (t->faults)
		buf_printf(t->faults, "%.*s: %s\n", SLICE_FMT(name), what);
}

/* One of the two files that every transfer begins with. */
static int first_file(struct tar *t, const char *name, uint64_t max, int64_t *ret_made, struct slice *ret, struct err *e)
{
	struct slice said;
	uint64_t size;
	int64_t made;
	if (t->all.n - t->at < TAR_BLOCK)
		return transfer_bad(e, "it ends before its manifest does");
	if (!transfer_header_read(slice_of(t->all.p + t->at, TAR_BLOCK), &said, &size, &made) || !slice_eq_str(said, name))
		return transfer_bad(e, "it does not begin with " TRANSFER_MANIFEST " and " TRANSFER_NOTE);
	if (size > max || transfer_padded(size) > t->all.n - t->at - TAR_BLOCK)
		return transfer_bad(e, "it ends before its manifest does");
	*ret = slice_of(t->all.p + t->at + TAR_BLOCK, (size_t)size);
	*ret_made = made;
	t->at += TAR_BLOCK + transfer_padded(size);
	return 0;
}

static bool zeros(struct slice all, uint64_t from, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (all.p[from + i])
			return false;
	return true;
}

static void look(struct tar *t, struct transfer_file *f, int64_t made)
{
	uint8_t header[TAR_BLOCK], hash[SEAL_HASH];
	uint64_t room = t->all.n - t->at, need = TAR_BLOCK + transfer_padded(f->size);
	if (room < need) {
		fault(t, f->name, "is not there, or not whole");
		t->at = t->all.n;
		return;
	}
	f->bytes = slice_of(t->all.p + t->at + TAR_BLOCK, (size_t)f->size);
	transfer_header(f->name, f->size, made, header);
	seal_sha256_once(f->bytes, hash);
	if (memcmp(header, t->all.p + t->at, TAR_BLOCK) != 0)
		fault(t, f->name, "does not stand where it should, under its name");
	else if (memcmp(hash, f->sha256, SEAL_HASH) != 0)
		fault(t, f->name, "differs from what was signed");
	else if (!zeros(t->all, t->at + TAR_BLOCK + f->size, transfer_padded(f->size) - f->size))
		fault(t, f->name, "has something behind it");
	t->at += need;
}

static void look_at_end(struct tar *t)
{
	if (t->bad)
		return; /* what stands where is not known then */
	if (t->all.n - t->at != 2 * TAR_BLOCK)
		fault(t, SLICE("the end"), t->all.n - t->at < 2 * TAR_BLOCK ? "is not there" : "has something behind it that is in no manifest");
	else if (!zeros(t->all, t->at, 2 * TAR_BLOCK))
		fault(t, SLICE("the end"), "holds something that is in no manifest");
}

static int read_manifest(struct tar *t, const int64_t made[2], struct arena *a, struct transfer *x, struct err *e)
{
	uint8_t hash[SEAL_HASH];
	uint64_t m = transfer_padded(x->manifest.n) - x->manifest.n, n = transfer_padded(x->note.n) - x->note.n;
	seal_sha256_once(x->manifest, hash);
	if (x->manifest.n != x->seal.bytes || memcmp(hash, x->seal.sha256, SEAL_HASH) != 0)
		return transfer_changed(e, "its manifest is not the one that was signed");
	if (made[0] != x->seal.made || made[1] != x->seal.made || !zeros(t->all, TAR_BLOCK + x->manifest.n, m) || !zeros(t->all, t->at - n, n))
		return transfer_changed(e, "what stands around its manifest");
	int r = transfer_manifest_read(x->manifest, a, x, e);
	if (r < 0)
		return r;
	if (strcmp(x->about.id, x->seal.id) != 0 || x->about.made != x->seal.made || x->about.until != x->seal.until || x->about.entries != x->seal.entries || !slice_eq_str(x->about.vkey, x->seal.vkey))
		return transfer_bad(e, "its manifest and its note do not speak of the same");
	return 0;
}

int transfer_check(struct slice tar, const struct note_vkey *vkey, struct arena *a, struct transfer *ret, struct buf *faults, struct err *e)
{
	struct tar t = {.all = tar, .faults = faults};
	struct transfer x = {.n = 0};
	struct err other = {.code = 0};
	int64_t made[2];
	int r = tar.n > TRANSFER_MAX ? transfer_bad(e, "it is larger than a transfer can be") : 0;
	if (r == 0)
		r = first_file(&t, TRANSFER_MANIFEST, TRANSFER_MANIFEST_MAX, &made[0], &x.manifest, e);
	if (r == 0)
		r = first_file(&t, TRANSFER_NOTE, 4096, &made[1], &x.note, e);
	if (r < 0)
		return r;
	int signer = transfer_note_read(x.note, vkey, &x.seal, &x.signer, &other);
	if (signer < 0 && signer != ERR_NO) {
		if (e)
			*e = other;
		return signer;
	}
	r = read_manifest(&t, made, a, &x, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < x.n; i++)
		look(&t, &x.files[i], x.about.made);
	look_at_end(&t);
	if (t.bad)
		return err_set(e, ERR_CRYPTO, NULL, "this transfer was changed after it was made: %zu of its %zu files are not as they were signed; do not go by it, ask the sender for another", t.bad, x.n);
	*ret = x;
	if (signer < 0 && e)
		*e = other;
	return signer;
}

const struct transfer_file *transfer_find(const struct transfer *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (slice_eq_str(t->files[i].name, name))
			return &t->files[i];
	return NULL;
}

int transfer_identities(struct slice text, struct age_identity ret[TRANSFER_KEYS_MAX], size_t *ret_n, struct err *e)
{
	size_t n = 0, line = 0;
	while (text.n) {
		struct slice one = slice_trim(slice_cut(text, '\n', &text));
		char place[32];
		line++;
		if (!one.n || one.p[0] == '#')
			continue;
		if (n == TRANSFER_KEYS_MAX)
			return err_set(e, ERR_LIMIT, NULL, "a key file has at most %d keys", TRANSFER_KEYS_MAX);
		int r = age_identity_parse(one, &ret[n], e);
		if (r < 0) {
			snprintf(place, sizeof place, "line %zu", line);
			err_in(e, place);
			seal_wipe(ret, sizeof *ret * TRANSFER_KEYS_MAX);
			return r;
		}
		n++;
	}
	*ret_n = n;
	return n ? 0 : err_set(e, ERR_INPUT, NULL, "there is no key in it: it reads AGE-SECRET-KEY-1..., as age-keygen writes it");
}
