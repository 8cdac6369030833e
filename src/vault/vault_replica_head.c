/* The head of a replica: what was there, and all that is not proven by the tree. A signed note (C2SP signed-note) with the log's own key; its first line holds a blank, so it is never taken for a checkpoint.
 *
 *   holdfast head v1
 *   vkey NAME+HEX8+BASE64          the key that signs this
 *   epoch N
 *   time NS                        when it was made, ns since 1970, by the site's clock
 *   size N                         of the tree
 *   root BASE64
 *   packs K                        packs/care-00000001.age to -K are there, with their records in packs/records/
 *   file SHA256 SIZE PATH          as many as there are, sorted by path: bytes of a file of the site's folder, as of now, in files/PATH/SHA256
 *
 * Valid if and only if exactly these lines, each once but the last, and the signature is the named key's. Name in the store: heads/EEEE-SSSSSSSSSSSSSSSSSSSS-IIIIIIIIIIIIIIII, epoch and size in decimal, and the
 * first 8 bytes of the SHA-256 of the note in hex. */
#include "vault_replica.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST "holdfast head v1"
#define OTHERS_MAX 200 /* heads that are looked at in vain */

void replica_head_init(struct replica_head *h)
{
	memset(h, 0, sizeof *h);
	buf_init(&h->note, REPLICA_HEAD_MAX);
}

void replica_head_done(struct replica_head *h)
{
	free(h->file);
	buf_done(&h->note);
	memset(h, 0, sizeof *h);
}

/* Folders of a site that are copied, and in them nothing that opens anything. */
bool replica_path_ok(const char *path)
{
	static const char *const plain[] = {"site.ini", "ledger/vkey", "ledger/checkpoint", "keys/recovery.pub", "keys/signing.age", "keys/care.age", "keys/dedupe.age", "keys/accounts.age", "tls/ca.crt", "tls/ca.age", "vault/list", "packs/records"};
	struct ledger_view_copy c;
	unsigned part;
	if (!strncmp(path, REPLICA_VIEW, strlen(REPLICA_VIEW)))
		return ledger_view_name_read(path + strlen(REPLICA_VIEW), &c, &part);
	static const char *const below[] = {"ledger/epochs/", "ledger/tile/", "keys/period/", "wal/"};
	if (!vault_object_name_ok(path) || strlen(path) > VAULT_OBJECT_MAX - 6 - 1 - 2 * SEAL_HASH)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (!strcmp(path, plain[i]))
			return true;
	size_t n = strlen(path);
	uint64_t m;
	if (!strncmp(path, "keys/care-r", 11) && n > 15 && n <= 17 && !strcmp(path + n - 4, ".age")) /* care keys of before rotations */
		return path[11] != '0' && num_u64(slice_of((const uint8_t *)path + 11, n - 15), 1, SITE_CARE_OLDER, &m) == 0;
	for (size_t i = 0; i < ARRAY_LEN(below); i++)
		if (!strncmp(path, below[i], strlen(below[i])))
			return i != 2 ? i != 3 || ledger_tail_name_ok(path + 4) : n > 4 && (!strcmp(path + n - 4, ".age") || !strcmp(path + n - 4, ".pub"));
	return false;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct replica_file *)a)->path, ((const struct replica_file *)b)->path);
}

int replica_head_add(struct replica_head *h, const char *path, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	if (h->n == REPLICA_FILES_MAX)
		return err_set(e, ERR_LIMIT, path, "a head names at most %d files", REPLICA_FILES_MAX);
	if (h->n == h->cap) {
		size_t cap = h->cap ? 2 * h->cap : 64;
		struct replica_file *more = reallocarray(h->file, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		h->file = more;
		h->cap = cap;
	}
	struct replica_file *f = &h->file[h->n++];
	memset(f, 0, sizeof *f);
	snprintf(f->path, sizeof f->path, "%s", path);
	f->size = size;
	memcpy(f->sha256, sha256, SEAL_HASH);
	return 0;
}

const struct replica_file *replica_head_find(const struct replica_head *h, const char *path)
{
	size_t lo = 0, hi = h->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(h->file[mid].path, path);
		if (c == 0)
			return &h->file[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

void replica_file_name(const struct replica_file *f, char out[VAULT_OBJECT_MAX + 1])
{
	size_t n = (size_t)snprintf(out, VAULT_OBJECT_MAX + 1, "files/%s/", f->path);
	for (size_t i = 0; i < SEAL_HASH; i++)
		n += (size_t)snprintf(out + n, VAULT_OBJECT_MAX + 1 - n, "%02x", f->sha256[i]);
}

static void name_head(struct replica_head *h)
{
	uint8_t sha[SEAL_HASH];
	seal_sha256_once(buf_slice(&h->note), sha);
	size_t n = (size_t)snprintf(h->name, sizeof h->name, "heads/%04" PRIu64 "-%020" PRIu64 "-", h->epoch, h->cp.size);
	for (size_t i = 0; i < 8; i++)
		n += (size_t)snprintf(h->name + n, sizeof h->name - n, "%02x", sha[i]);
}

int replica_head_sign(struct replica_head *h, const struct note_signer *k, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	buf_init(&text, REPLICA_HEAD_MAX);
	if (h->n)
		qsort(h->file, h->n, sizeof *h->file, by_path);
	h->vkey = k->v;
	buf_str(&text, FIRST "\nvkey ");
	note_vkey_format(&h->vkey, &text);
	buf_printf(&text, "\nepoch %" PRIu64 "\ntime %" PRId64 "\nsize %" PRIu64 "\nroot ", h->epoch, h->time, h->cp.size);
	base64_put(&text, slice_of(h->cp.root, SEAL_HASH));
	buf_printf(&text, "\npacks %" PRIu64 "\n", h->packs);
	for (size_t i = 0; i < h->n; i++) {
		buf_str(&text, "file ");
		hex_put(&text, slice_of(h->file[i].sha256, SEAL_HASH));
		buf_printf(&text, " %" PRIu64 " %s\n", h->file[i].size, h->file[i].path);
	}
	buf_reset(&h->note);
	int r = buf_ok(&text) ? note_sign(k, buf_slice(&text), &h->note, e) : err_set(e, buf_code(&text), NULL, "a head is too large");
	if (r == 0 && !buf_ok(&h->note))
		r = err_set(e, buf_code(&h->note), NULL, "a head is too large");
	if (r == 0)
		name_head(h);
	return r;
}

/* ---- reading ---- */

static bool word(struct cur *c, const char *name, struct slice *ret)
{
	struct slice line = cur_line(c);
	size_t n = strlen(name);
	if (c->failed || line.n <= n + 1 || memcmp(line.p, name, n) || line.p[n] != ' ')
		return false;
	*ret = slice_of(line.p + n + 1, line.n - n - 1);
	return true;
}

static bool number(struct cur *c, const char *name, uint64_t most, uint64_t *ret)
{
	struct slice v;
	return word(c, name, &v) && !(v.n > 1 && v.p[0] == '0') && num_u64(v, 0, most, ret) == 0;
}

static bool hash64(struct slice s, uint8_t out[SEAL_HASH])
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 64);
	if (base64_get(&b, s) < 0 || b.n != SEAL_HASH)
		return false;
	memcpy(out, b.p, SEAL_HASH);
	return true;
}

static int one_file(struct slice line, struct replica_head *h, struct err *e)
{
	struct slice rest, word1 = slice_cut(line, ' ', &rest), hex = slice_cut(rest, ' ', &rest), size = slice_cut(rest, ' ', &rest);
	uint8_t sha[SEAL_HASH];
	uint64_t n;
	char path[VAULT_OBJECT_MAX + 1];
	if (!slice_eq_str(word1, "file") || hex_get(sha, SEAL_HASH, hex) < 0 || num_u64(size, 0, REPLICA_FILE_MAX, &n) < 0 || rest.n == 0 || rest.n > VAULT_OBJECT_MAX)
		return err_set(e, ERR_INPUT, "head", "a line of it does not read");
	memcpy(path, rest.p, rest.n);
	path[rest.n] = 0;
	if (strlen(path) != rest.n || !replica_path_ok(path))
		return err_set(e, ERR_INPUT, "head", "it names a file that has no place in a replica");
	if (h->n && strcmp(h->file[h->n - 1].path, path) >= 0)
		return err_set(e, ERR_INPUT, "head", "its files are not in order");
	return replica_head_add(h, path, n, sha, e);
}

/* Pure: the lines of a head, without its signature. h was initialised. */
int replica_head_text(struct slice text, struct replica_head *h, struct err *e)
{
	struct cur c = cur_of(text);
	struct slice v;
	uint64_t time;
	if (!slice_eq_str(cur_line(&c), FIRST) || !word(&c, "vkey", &v) || note_vkey_parse(v, &h->vkey, NULL) < 0 || h->vkey.alg != 1 || !number(&c, "epoch", LEDGER_EPOCHS_MAX + 1, &h->epoch) || h->epoch == 0 ||
	    !number(&c, "time", INT64_MAX, &time) || !number(&c, "size", INT64_MAX, &h->cp.size) || !word(&c, "root", &v) || !hash64(v, h->cp.root) || !number(&c, "packs", UINT64_C(1) << 40, &h->packs))
		return err_set(e, ERR_INPUT, "head", "it does not read as one");
	h->time = (int64_t)time;
	memcpy(h->cp.origin, h->vkey.name, sizeof h->cp.origin);
	while (cur_left(&c)) {
		int r = one_file(cur_line(&c), h, e);
		if (r < 0)
			return r;
	}
	return c.failed ? err_set(e, ERR_INPUT, "head", "it ends within a line") : 0;
}

int replica_head_parse(struct slice note, struct replica_head *ret, struct err *e)
{
	struct note_vkey v;
	struct slice text, line;
	uint64_t mask;
	struct cur c = cur_of(note);
	replica_head_init(ret);
	if (note.n > REPLICA_HEAD_MAX || !slice_eq_str(cur_line(&c), FIRST) || !word(&c, "vkey", &line) || note_vkey_parse(line, &v, NULL) < 0)
		return err_set(e, ERR_INPUT, "head", "it does not read as one");
	int r = note_verify(note, &v, 1, &text, &mask, NULL, e);
	if (r == 0)
		r = replica_head_text(text, ret, e);
	buf_add_slice(&ret->note, note);
	if (r == 0 && !buf_ok(&ret->note))
		r = err_set(e, buf_code(&ret->note), NULL, "no memory");
	if (r == 0)
		name_head(ret);
	if (r < 0)
		replica_head_done(ret);
	return r;
}

/* ---- the newest in a store ---- */

struct names {
	char (*name)[VAULT_OBJECT_MAX + 1];
	size_t n, cap;
};

static int take_name(void *arg, const struct vault_object *o, struct err *e)
{
	struct names *ns = arg;
	if (strlen(o->name) != 6 + 4 + 1 + 20 + 1 + 16 || (ns->n && !strcmp(ns->name[ns->n - 1], o->name)))
		return 0;
	if (ns->n == ns->cap) {
		size_t cap = ns->cap ? 2 * ns->cap : 256;
		void *more = reallocarray(ns->name, cap, sizeof *ns->name);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		ns->name = more;
		ns->cap = cap;
	}
	memcpy(ns->name[ns->n++], o->name, strlen(o->name) + 1);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	return strcmp(b, a);
}

struct judging {
	const char *name; /* NULL: "newest" */
	struct replica_head h;
};

/* A head is right when its signature is, and its name is its own. */
static int right_head(void *arg, struct slice bytes, struct err *e)
{
	struct judging *j = arg;
	int r = replica_head_parse(bytes, &j->h, e);
	if (r == 0 && j->name && strcmp(j->name, j->h.name)) {
		replica_head_done(&j->h);
		r = ERR_INPUT;
	}
	return r == ERR_MEMORY ? r : r < 0 ? err_set(e, ERR_CORRUPT, j->name, "it is no head that somebody signed") : 0;
}

static int read_head(struct vault_store *s, const char *name, struct replica_head *ret, struct err *e)
{
	struct judging j = {.name = strcmp(name, "newest") ? name : NULL};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, REPLICA_HEAD_MAX);
	int r = vault_store_read(s, name, REPLICA_HEAD_MAX, right_head, &j, &b, e);
	if (r == 0)
		*ret = j.h;
	return r;
}

static bool trusted(const struct replica_trust *t, const struct note_vkey *v)
{
	if (t && t->origin)
		return !strcmp(t->origin, v->name);
	if (!t || t->n == 0)
		return true;
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->key[i].name, v->name) && !memcmp(t->key[i].pub, v->pub, sizeof v->pub))
			return true;
	return false;
}

static bool newer(const struct replica_head *a, const struct replica_head *b)
{
	if (a->epoch != b->epoch)
		return a->epoch > b->epoch;
	return a->cp.size != b->cp.size ? a->cp.size > b->cp.size : a->time > b->time;
}

/* h becomes *best when it is newer; what is not kept is freed. */
static void keep_newer(struct replica_head *best, struct replica_head *h)
{
	if (best && (!best->name[0] || newer(h, best))) {
		struct replica_head old = *best;
		*best = *h;
		*h = old;
	}
	replica_head_done(h);
}

static int newest_listed(struct vault_store *s, const struct replica_trust *t, struct replica_head *best, struct replica_head *other, struct err *e)
{
	struct names ns = {0};
	unsigned vain = 0;
	int r = s->ops->list(s, "heads/", take_name, &ns, e);
	if (r == 0 && ns.n)
		qsort(ns.name, ns.n, sizeof *ns.name, newest_first);
	for (size_t i = 0; r == 0 && i < ns.n; i++) {
		struct replica_head h;
		if (best->name[0] && strncmp(ns.name[i], best->name, 31)) /* of a smaller tree or an earlier epoch */
			break;
		if (i && !strcmp(ns.name[i], ns.name[i - 1]))
			continue;
		int one = read_head(s, ns.name[i], &h, e);
		if (one == 0 && trusted(t, &h.vkey))
			keep_newer(best, &h);
		else if (one == 0)
			keep_newer(other, &h), vain++;
		else if (one == ERR_CORRUPT || one == ERR_NOT_FOUND)
			vain++;
		else
			r = one;
		if (r == 0 && vain > OTHERS_MAX)
			r = err_set(e, ERR_NO, s->where, "there are hundreds of heads in it that this site did not sign: somebody else writes there. Give it a prefix or bucket of its own");
	}
	free(ns.name);
	return r;
}

int replica_newest(struct vault_store *s, const struct replica_trust *t, struct replica_head *ret, struct replica_head *ret_other, struct err *e)
{
	struct replica_head best, other;
	int r;
	replica_head_init(&best);
	replica_head_init(&other);
	if (s->ops->list) {
		r = newest_listed(s, t, &best, &other, e);
	} else {
		struct replica_head h;
		r = read_head(s, "newest", &h, e);
		if (r == 0)
			keep_newer(trusted(t, &h.vkey) ? &best : &other, &h);
	}
	if (r == 0 && ret_other) {
		*ret_other = other;
		replica_head_init(&other);
	}
	if (r == 0 && !best.name[0])
		r = err_set(e, ERR_NOT_FOUND, s->where, "there is no replica in it yet");
	if (r == 0)
		*ret = best;
	else
		replica_head_done(&best);
	replica_head_done(&other);
	return r;
}

/* ---- the oldest ---- */

struct oldest {
	struct vault_store *s;
	struct names seen; /* of those that were no heads */
	char name[VAULT_OBJECT_MAX + 1];
	int64_t time;
};

static int take_older(void *arg, const struct vault_object *o, struct err *e)
{
	struct oldest *l = arg;
	if (strlen(o->name) != 6 + 4 + 1 + 20 + 1 + 16 || (l->name[0] && o->time >= l->time))
		return 0;
	for (size_t i = 0; i < l->seen.n; i++)
		if (!strcmp(l->seen.name[i], o->name))
			return 0;
	snprintf(l->name, sizeof l->name, "%s", o->name);
	l->time = o->time;
	return 0;
}

int replica_oldest(struct vault_store *s, struct replica_head *ret, struct err *e)
{
	struct oldest l = {.s = s};
	if (!s->ops->list)
		return read_head(s, "newest", ret, e);
	int r;
	do {
		l.name[0] = 0;
		r = s->ops->list(s, "heads/", take_older, &l, e);
		if (r == 0 && !l.name[0])
			r = err_set(e, ERR_NOT_FOUND, s->where, "there is no replica in it");
		if (r < 0)
			break;
		r = read_head(s, l.name, ret, e);
		if (r == ERR_CORRUPT || r == ERR_NOT_FOUND) {
			struct vault_object o = {0};
			memcpy(o.name, l.name, sizeof l.name);
			r = l.seen.n < OTHERS_MAX ? take_name(&l.seen, &o, e) : err_set(e, ERR_NO, s->where, "there are hundreds of heads in it that nobody signed");
			if (r == 0)
				r = 1;
		}
	} while (r == 1);
	free(l.seen.name);
	return r;
}
