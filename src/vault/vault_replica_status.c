/* Looks at a replica: its newest head, whether our ledger extends it, and whether all is there that it speaks of; with `data`, whether each byte is right. */
#include "vault_replica.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct look {
	struct vault_store *s;
	struct replica_work w;
	struct replica_head h;
	struct replica_tree tree;
	struct replica_names *there;
	bool data;
};

static bool stops(int r)
{
	return r == ERR_SYSTEM || r == ERR_MEMORY || r == ERR_FULL;
}

/* One object that the head speaks of. */
static int check(struct look *l, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	struct err why = {0};
	if (l->there && !replica_names_has(l->there, name, size)) {
		replica_fault(&l->w, "%s/%s: %s", l->s->where, name, replica_names_known(l->there, name) ? "it has another size than it should: damaged or changed there" : "it is missing");
		return 0;
	}
	if (!l->data)
		return 0;
	AUTO_CLOSE int fd = memfd_create("holdfast-look", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(e, name, "cannot be read");
	int r = vault_store_copy(l->s, name, size, sha256, fd, &why);
	if (stops(r)) {
		if (e)
			*e = why;
		return r;
	}
	if (r < 0)
		replica_fault(&l->w, "%s: %s", why.place[0] ? why.place : name, why.text);
	l->w.rep->objects++;
	l->w.rep->bytes += size;
	return 0;
}

static int check_pack(void *arg, const struct ledger_pack_ref *ref, struct slice record, struct err *e)
{
	struct look *l = arg;
	char name[VAULT_OBJECT_MAX + 1];
	snprintf(name, sizeof name, "packs/%s", ref->name);
	replica_progress(&l->w, "packs", ref->number, l->h.packs);
	return check(l, name, ref->size, ref->sha256, e);
}

static int check_vault(void *arg, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	struct look *l = arg;
	l->w.rep->vault_packs++;
	return check(l, name, size, sha256, e);
}

/* A walk that ends early because something of it is wrong is a fault, too. */
static int as_fault(struct look *l, int r, struct err *why, struct err *e)
{
	char line[700];
	if (r < 0 && stops(r)) {
		if (e)
			*e = *why;
		return r;
	}
	if (r < 0)
		replica_fault(&l->w, "%s", err_line(why, line, sizeof line));
	return 0;
}

static int names(struct look *l, const char *prefix, struct err *e)
{
	replica_names_free(l->there);
	return replica_names_read(l->s, prefix, &l->there, e);
}

static int check_tiles(struct look *l, struct err *e)
{
	struct err why = {0};
	int r = 0;
	for (uint64_t n = 0; l->data && r == 0 && ledger_tile_width(LEDGER_TILE_ENTRIES, n, l->h.cp.size); n++) {
		struct slice bytes;
		r = as_fault(l, ledger_trust_bundle(l->tree.t, n, &bytes, &why), &why, e);
		if (n % 256 == 0)
			replica_progress(&l->w, "tiles", n, l->h.cp.size >> 8);
	}
	return r;
}

static int check_all(struct look *l, struct err *e)
{
	struct err why = {0};
	int r = as_fault(l, replica_tree_open(&l->tree, l->s, &l->h, &why), &why, e);
	if (r < 0 || !l->tree.t)
		return r;
	r = check_tiles(l, e);
	if (r == 0)
		r = names(l, "packs/", e);
	if (r == 0)
		r = as_fault(l, replica_each_pack(&l->tree, 1, check_pack, l, &why), &why, e);
	if (r == 0)
		r = names(l, "vault/", e);
	if (r == 0)
		r = as_fault(l, replica_each_vault(l->s, &l->h, check_vault, l, &why), &why, e);
	if (r == 0)
		r = names(l, "files/", e);
	for (size_t i = 0; r == 0 && i < l->h.n; i++) {
		char name[VAULT_OBJECT_MAX + 1];
		if (!strncmp(l->h.file[i].path, REPLICA_VIEW, strlen(REPLICA_VIEW)))
			continue;
		replica_file_name(&l->h.file[i], name);
		r = check(l, name, l->h.file[i].size, l->h.file[i].sha256, e);
	}
	return r;
}

/* The site's own keys and tree, where dirfd is a site. */
static int own(struct look *l, int dirfd, struct note_vkey key[LEDGER_EPOCHS_MAX + 1], size_t *ret_n, struct tlog_checkpoint *ret, struct err *e)
{
	AUTO_BUF struct buf note = {0};
	struct note_vkey v;
	size_t n = 0;
	struct ledger_epoch *past = calloc(LEDGER_EPOCHS_MAX, sizeof *past);
	AUTO_CLOSE int fd = file_open_dir(dirfd, "ledger", e);
	buf_init(&note, 1 << 16);
	int r = fd < 0 ? fd : past ? ledger_published_head(fd, &v, ret, &note, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = ledger_epochs(fd, past, &n, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		key[i] = past[i].vkey;
	free(past);
	if (r == 0) {
		key[n] = v;
		*ret_n = n + 1;
	}
	return r;
}

static int compare(struct look *l, int dirfd, const struct tlog_checkpoint *mine, struct err *e)
{
	static const struct ledger_options reader;
	struct ledger *lg = NULL;
	uint8_t root[SEAL_HASH];
	if (l->h.cp.size > mine->size) {
		replica_fault(&l->w, "%s: it is ahead of this site, with %" PRIu64 " entries against %" PRIu64 ": entries were lost here, or this is an old copy of the site", l->s->where, l->h.cp.size, mine->size);
		return 0;
	}
	l->w.rep->behind = mine->size - l->h.cp.size;
	int r = ledger_open(dirfd, NULL, &reader, &lg, NULL, e);
	if (r == 0)
		r = ledger_root(lg, l->h.cp.size, root, e);
	if (r == 0 && memcmp(root, l->h.cp.root, SEAL_HASH))
		replica_fault(&l->w, "%s: this site's ledger does not extend what it has seen: the past was rewritten here, or there", l->s->where);
	ledger_free(lg);
	return r;
}

static int look(struct look *l, int dirfd, struct err *e)
{
	struct note_vkey key[LEDGER_EPOCHS_MAX + 1];
	struct replica_trust t = {.key = key};
	struct tlog_checkpoint mine;
	struct stat st;
	bool site = fstatat(dirfd, "site.ini", &st, 0) == 0;
	struct replica_head other;
	replica_head_init(&other);
	int r = site ? own(l, dirfd, key, &t.n, &mine, e) : 0;
	if (r == 0)
		r = replica_newest(l->s, &t, &l->h, &other, e);
	bool foreign = other.name[0] != 0;
	if (r == ERR_NOT_FOUND && foreign) { /* a copy of somebody else's site */
		l->h = other;
		replica_head_init(&other);
		site = false;
		r = 0;
	}
	replica_head_done(&other);
	if (r == ERR_NOT_FOUND) {
		l->w.rep->none = true;
		return 0;
	}
	if (r < 0)
		return r;
	struct vault_replica_report *rep = l->w.rep;
	rep->size = l->h.cp.size;
	rep->epoch = l->h.epoch;
	rep->head_time = l->h.time;
	rep->packs = l->h.packs;
	snprintf(rep->origin, sizeof rep->origin, "%s", l->h.cp.origin);
	if (site)
		r = compare(l, dirfd, &mine, e);
	return r == 0 ? check_all(l, e) : r;
}

int vault_replica_status(int dirfd, const struct vault_replica *r, const struct vault_replica_options *o, struct vault_replica_report *ret, struct buf *ret_faults, struct err *e)
{
	struct look l = {.data = o && o->data};
	struct vault_store_options so = {.access = &r->access};
	memset(ret, 0, sizeof *ret);
	replica_head_init(&l.h);
	l.w = (struct replica_work){.o = o, .rep = ret, .faults = ret_faults};
	int c = vault_store_open(r->target, &so, &l.s, e);
	if (c == 0)
		c = look(&l, dirfd, e);
	replica_tree_done(&l.tree);
	replica_names_free(l.there);
	replica_head_done(&l.h);
	vault_store_close(l.s);
	if (c == 0 && ret->faults)
		c = err_set(e, ERR_NO, r->name, "the replica has %" PRIu64 " fault%s", ret->faults, ret->faults == 1 ? "" : "s");
	return c;
}

/* ---- a folder by itself ---- */

static int extends_kept(struct look *l, struct slice since, struct err *e)
{
	struct slice text;
	uint64_t mask;
	struct tlog_checkpoint cp;
	uint8_t root[SEAL_HASH];
	struct err why = {0};
	int r = note_verify(since, &l->h.vkey, 1, &text, &mask, NULL, &why);
	if (r == 0)
		r = tlog_checkpoint_parse(text, &cp, &why);
	if (r == 0 && cp.size > l->h.cp.size)
		r = err_set(&why, ERR_NO, "--since", "the kept checkpoint has %" PRIu64 " entries, and this replica only %" PRIu64, cp.size, l->h.cp.size);
	if (r == 0)
		r = ledger_trust_root(l->tree.t, cp.size, root, &why);
	if (r == 0 && memcmp(root, cp.root, SEAL_HASH))
		r = err_set(&why, ERR_NO, "--since", "this replica does not extend the kept checkpoint: it is another history");
	return as_fault(l, r, &why, e);
}

int vault_replica_verify(int dirfd, struct slice since, const struct vault_replica_options *o, struct vault_replica_report *ret, struct buf *ret_faults, struct err *e)
{
	struct look l = {.data = true};
	struct vault_store_options so = {0};
	memset(ret, 0, sizeof *ret);
	replica_head_init(&l.h);
	l.w = (struct replica_work){.o = o, .rep = ret, .faults = ret_faults};
	int c = vault_folder_open_at(dirfd, "this replica", &so, &l.s, e);
	if (c == 0)
		c = replica_newest(l.s, NULL, &l.h, NULL, e);
	if (c == 0) {
		ret->size = l.h.cp.size;
		ret->epoch = l.h.epoch;
		ret->head_time = l.h.time;
		ret->packs = l.h.packs;
		snprintf(ret->origin, sizeof ret->origin, "%s", l.h.cp.origin);
		c = check_all(&l, e);
	}
	if (c == 0 && since.n && l.tree.t)
		c = extends_kept(&l, since, e);
	replica_tree_done(&l.tree);
	replica_names_free(l.there);
	replica_head_done(&l.h);
	vault_store_close(l.s);
	if (c == 0 && ret->faults)
		c = err_set(e, ERR_NO, NULL, "the replica has %" PRIu64 " fault%s", ret->faults, ret->faults == 1 ? "" : "s");
	return c;
}

/* ---- what the daemon asks ---- */

static int open_target(const struct vault_replica *r, struct vault_store **ret, struct err *e)
{
	struct vault_store_options so = {.access = &r->access};
	return r->folderfd > 0 ? vault_folder_open_at(r->folderfd, r->target, &so, ret, e) : vault_store_open(r->target, &so, ret, e);
}

int vault_replica_checkpoint(const struct vault_replica *r, struct buf *ret_note, struct err *e)
{
	struct vault_store *s = NULL;
	struct replica_head h;
	char name[VAULT_OBJECT_MAX + 1];
	replica_head_init(&h);
	int c = open_target(r, &s, e);
	if (c == 0)
		c = replica_newest(s, NULL, &h, NULL, e);
	const struct replica_file *f = c == 0 ? replica_head_find(&h, "ledger/checkpoint") : NULL;
	if (c == 0 && !f)
		c = err_set(e, ERR_NOT_FOUND, h.name, "it names no checkpoint");
	if (c == 0) {
		replica_file_name(f, name);
		c = vault_store_read_hash(s, name, 1 << 16, f->sha256, ret_note, e);
	}
	replica_head_done(&h);
	vault_store_close(s);
	return c;
}

struct handed {
	struct vault_store *s;
	vault_handed_fn *fn;
	void *arg;
	size_t n;
	char (*name)[VAULT_OBJECT_MAX + 1];
};

#define HANDED_MAX 64
static int note_name(void *arg, const struct vault_object *o, struct err *e)
{
	struct handed *h = arg;
	if (h->n < HANDED_MAX)
		memcpy(h->name[h->n++], o->name, sizeof o->name);
	return 0;
}

static int into_buf(void *arg, struct slice piece, struct err *e)
{
	struct buf *b = arg;
	if (!piece.p)
		buf_reset(b);
	buf_add_slice(b, piece);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "it is larger than it may be");
}

int vault_replica_handed(const struct vault_replica *r, vault_handed_fn *fn, void *arg, struct err *e)
{
	struct handed h = {.fn = fn, .arg = arg, .name = calloc(HANDED_MAX, sizeof *h.name)};
	int c = h.name ? open_target(r, &h.s, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (c == 0 && h.s->kind == VAULT_FOLDER) /* a bucket is written by whoever has its key: a witness with that would be none */
		c = h.s->ops->list(h.s, "witness/", note_name, &h, e);
	for (size_t i = 0; c == 0 && i < h.n; i++) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 16);
		if (h.s->ops->get(h.s, h.name[i], "", 0, 1 << 16, into_buf, &b, NULL) == 0)
			c = fn(arg, h.name[i], buf_slice(&b), e);
	}
	vault_store_close(h.s);
	free(h.name);
	return c;
}
