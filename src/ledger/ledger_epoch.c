/* Epochs. Ending one and beginning the next touches keys/, ledger/vkey, ledger/checkpoint and the tree, and a machine may stop between any two. So the new key and what was asked for are written down first:
 *
 *   SITE/keys/epoch.next   "holdfast-epoch 1" LF, number LF, the new signing key (PRIVATE+KEY+...) LF, the reason LF. Mode 0600
 *
 * and everything after that can be done again until it is done: keep the old vkey and head under ledger/epochs/N, seal the new key to recovery and put it in place, publish the same tree under the new name, append
 * the first entry, remove epoch.next. Whoever opens the site's ledger for writing looks for the file first (ledger_epoch_resume).
 *
 *   SITE/ledger/epochs/N/vkey, checkpoint   as they stood when epoch N ended
 *   SITE/ledger/epochs/N/next               a signed note: "holdfast-epoch-v1" LF, the old origin LF, size LF, root in base64 LF, the new vkey LF; signed by the new key, and by the old one unless it was lost
 */
#include "ledger_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT "keys/epoch.next"
#define NEXT_HEAD "holdfast-epoch 1"
#define NOTE_HEAD "holdfast-epoch-v1"
#define REASON_MAX 400

struct epoch_plan {
	uint64_t number; /* of the epoch that begins */
	struct note_signer signer;
	char reason[REASON_MAX + 1];
};

static void path_of(uint64_t number, const char *what, char out[64])
{
	snprintf(out, 64, "epochs/%" PRIu64 "/%s", number, what);
}

/* ---- what is kept of past ones ---- */

static int read_vkey(int dirfd, const char *path, struct note_vkey *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	int r = file_read(dirfd, path, 4096, &b, e);
	return r == 0 ? note_vkey_parse(slice_trim(buf_slice(&b)), ret, e) : r;
}

/* The note that hands on: its lines must be those of the head, its signature that of the key that it names. */
static int read_next(int dirfd, struct ledger_epoch *ep, struct err *e)
{
	AUTO_BUF struct buf b = {0}, want = {0};
	char path[64];
	struct slice text, rest;
	uint64_t mask = 0;
	path_of(ep->number, "next", path);
	buf_init(&b, 1 << 16);
	buf_init(&want, 4096);
	int r = file_read(dirfd, path, 1 << 16, &b, e);
	if (r < 0)
		return r;
	/* the vkey is the fifth line */
	rest = buf_slice(&b);
	struct slice line = SLICE_NULL;
	for (int i = 0; i < 5 && rest.n; i++)
		line = slice_cut(rest, '\n', &rest);
	r = note_vkey_parse(line, &ep->next, e);
	const struct note_vkey keys[2] = {ep->next, ep->vkey};
	if (r == 0)
		r = note_verify(buf_slice(&b), keys, 2, &text, &mask, NULL, e);
	if (r < 0)
		return r;
	buf_str(&want, NOTE_HEAD "\n");
	tlog_checkpoint_put(&want, &ep->last);
	note_vkey_format(&ep->next, &want);
	buf_u8(&want, '\n');
	if (!(mask & 1) || !buf_ok(&want) || !slice_eq(text, buf_slice(&want)))
		return err_set(e, ERR_CORRUPT, path, "it does not hand on from the head that is kept beside it");
	ep->handed_on = mask >> 1 & 1;
	return 0;
}

static int read_epoch(int dirfd, uint64_t number, struct ledger_epoch *ret, struct err *e)
{
	struct ledger_epoch ep = {.number = number};
	AUTO_BUF struct buf note = {0};
	char path[64];
	struct slice text;
	uint64_t mask;
	buf_init(&note, 1 << 16);
	path_of(number, "vkey", path);
	int r = read_vkey(dirfd, path, &ep.vkey, e);
	if (r < 0)
		return r;
	path_of(number, "checkpoint", path);
	r = file_read(dirfd, path, 1 << 16, &note, e);
	if (r == 0)
		r = note_verify(buf_slice(&note), &ep.vkey, 1, &text, &mask, NULL, e);
	if (r == 0)
		r = tlog_checkpoint_parse(text, &ep.last, e);
	if (r == 0)
		r = read_next(dirfd, &ep, e);
	if (r == 0)
		*ret = ep;
	return r;
}

int ledger_epochs(int dirfd, struct ledger_epoch ret[LEDGER_EPOCHS_MAX], size_t *ret_n, struct err *e)
{
	struct stat st;
	size_t n = 0;
	for (;; n++) {
		char path[64];
		path_of(n + 1, "next", path); /* written last */
		if (fstatat(dirfd, path, &st, 0)) {
			if (errno == ENOENT || errno == ENOTDIR)
				break;
			return err_sys(e, path, "cannot be looked at");
		}
		if (n == LEDGER_EPOCHS_MAX)
			return err_set(e, ERR_LIMIT, "ledger/epochs", "there are more than %d", LEDGER_EPOCHS_MAX);
		int r = read_epoch(dirfd, n + 1, &ret[n], e);
		if (r == 0 && n && (memcmp(&ret[n - 1].next.pub, &ret[n].vkey.pub, sizeof ret[n].vkey.pub) || ret[n].last.size <= ret[n - 1].last.size))
			r = err_set(e, ERR_CORRUPT, NULL, "it does not follow the epoch before it");
		if (r < 0) {
			path_of(n + 1, "", path);
			err_in(e, "ledger");
			return r == ERR_SYSTEM || r == ERR_MEMORY ? r : err_set(e, ERR_CORRUPT, path, "what is kept of this epoch is damaged; copy it back from a replica");
		}
	}
	*ret_n = n;
	return 0;
}

/* ---- the plan ---- */

static int write_plan(int sitefd, const struct epoch_plan *p, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, 8192);
	buf_printf(&b, NEXT_HEAD "\n%" PRIu64 "\n", p->number);
	note_signer_format(&p->signer, &b);
	buf_printf(&b, "\n%s\n", p->reason);
	return buf_ok(&b) ? file_replace(sitefd, NEXT, buf_slice(&b), 0600, e) : err_set(e, buf_code(&b), NULL, "no memory");
}

static int read_plan(int sitefd, struct epoch_plan *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, 8192);
	int r = file_read(sitefd, NEXT, 8192, &b, e);
	if (r < 0)
		return r;
	struct cur c = cur_of(buf_slice(&b));
	struct slice head = cur_line(&c), number = cur_line(&c), key = cur_line(&c), reason = cur_line(&c);
	if (c.failed || !slice_eq_str(head, NEXT_HEAD) || num_u64(number, 2, LEDGER_EPOCHS_MAX + 1, &ret->number) < 0 || reason.n > REASON_MAX || note_signer_parse(key, &ret->signer, NULL) < 0)
		return err_set(e, ERR_CORRUPT, NEXT, "it is damaged; with the daemon stopped, remove it and say `holdfast ledger epoch` again");
	if (reason.n)
		memcpy(ret->reason, reason.p, reason.n);
	ret->reason[reason.n] = 0;
	return 0;
}

/* ---- doing it, each step so that it can be done again ---- */

static bool same_key(const struct note_vkey *a, const struct note_vkey *b)
{
	return !strcmp(a->name, b->name) && !memcmp(a->pub, b->pub, sizeof a->pub);
}

/* The old vkey and head, and the note that hands on, while the old ones still stand. */
static int keep_old(int dirfd, const struct epoch_plan *p, const struct site_keys *keys, struct err *e)
{
	AUTO_BUF struct buf vkey = {0}, note = {0}, text = {0}, next = {0}, again = {0};
	struct ledger_epoch ep = {.number = p->number - 1};
	char path[64];
	struct stat st;
	buf_init(&vkey, 4096);
	buf_init(&note, 1 << 16);
	buf_init(&text, 4096);
	buf_init(&next, 8192);
	buf_init(&again, 16384);
	path_of(ep.number, "next", path);
	if (fstatat(dirfd, path, &st, 0) == 0)
		return 0;
	int r = ledger_published_head(dirfd, &ep.vkey, &ep.last, &note, e);
	if (r < 0)
		return r;
	path_of(ep.number, "", path);
	r = file_mkdir(dirfd, path, 0755, e);
	note_vkey_format(&ep.vkey, &vkey);
	buf_u8(&vkey, '\n');
	buf_str(&text, NOTE_HEAD "\n");
	tlog_checkpoint_put(&text, &ep.last);
	note_vkey_format(&p->signer.v, &text);
	buf_u8(&text, '\n');
	if (r == 0)
		r = note_sign(&p->signer, buf_slice(&text), &next, e);
	if (r == 0 && keys->can_sign && same_key(&keys->signing.v, &ep.vkey)) { /* its signature line goes behind ours */
		r = note_sign(&keys->signing, buf_slice(&text), &again, e);
		if (r == 0)
			buf_add(&next, again.p + text.n + 1, again.n - text.n - 1);
	}
	if (r == 0 && !(buf_ok(&vkey) && buf_ok(&text) && buf_ok(&next)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	path_of(ep.number, "vkey", path);
	if (r == 0)
		r = file_replace(dirfd, path, buf_slice(&vkey), 0644, e);
	path_of(ep.number, "checkpoint", path);
	if (r == 0)
		r = file_replace(dirfd, path, buf_slice(&note), 0644, e);
	path_of(ep.number, "next", path);
	return r == 0 ? file_replace(dirfd, path, buf_slice(&next), 0644, e) : r; /* last: with it, the epoch is a past one */
}

static int new_key(int sitefd, const struct epoch_plan *p, const struct site_keys *keys, struct err *e)
{
	AUTO_BUF struct buf text = {0}, sealed = {0};
	buf_init_secret(&text, 4096);
	buf_init(&sealed, 1 << 16);
	note_signer_format(&p->signer, &text);
	buf_u8(&text, '\n');
	int r = age_seal(&keys->recovery, 1, buf_slice(&text), &sealed, e);
	if (r == 0 && !(buf_ok(&text) && buf_ok(&sealed)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = file_replace(sitefd, "keys/signing.age", buf_slice(&sealed), 0600, e);
	return r == 0 ? file_replace(sitefd, "keys/signing.key", buf_slice(&text), 0600, e) : r;
}

/* The same tree under the new name. */
static int new_head(int dirfd, const struct epoch_plan *p, const struct ledger_epoch *old, struct err *e)
{
	AUTO_BUF struct buf vkey = {0}, text = {0}, note = {0};
	struct tlog_checkpoint k = old->last, now;
	struct note_vkey v;
	buf_init(&vkey, 4096);
	buf_init(&text, 4096);
	buf_init(&note, 1 << 16);
	if (ledger_published_head(dirfd, &v, &now, &note, NULL) == 0 && same_key(&v, &p->signer.v))
		return 0; /* it stands, and may have grown */
	buf_reset(&note);
	memcpy(k.origin, p->signer.v.name, sizeof k.origin);
	tlog_checkpoint_put(&text, &k);
	note_vkey_format(&p->signer.v, &vkey);
	buf_u8(&vkey, '\n');
	int r = note_sign(&p->signer, buf_slice(&text), &note, e);
	if (r == 0 && !(buf_ok(&vkey) && buf_ok(&text) && buf_ok(&note)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = file_replace(dirfd, "vkey", buf_slice(&vkey), 0644, e);
	return r == 0 ? file_replace(dirfd, "checkpoint", buf_slice(&note), 0644, e) : r;
}

static void first_body(struct buf *b, const struct epoch_plan *p, const struct ledger_epoch *old)
{
	AUTO_BUF struct buf root = {0}, vkey = {0};
	struct jsonw w;
	buf_init(&root, 64);
	buf_init(&vkey, 4096);
	base64_put(&root, slice_of(old->last.root, SEAL_HASH));
	note_vkey_format(&old->vkey, &vkey);
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "origin", p->signer.v.name);
	jsonw_kstr(&w, "version", HOLDFAST_VERSION);
	jsonw_ku64(&w, "epoch", p->number);
	jsonw_kstr(&w, "reason", p->reason);
	jsonw_key(&w, "previous");
	jsonw_obj(&w);
	jsonw_kstr(&w, "origin", old->last.origin);
	jsonw_ku64(&w, "size", old->last.size);
	jsonw_kslice(&w, "root", buf_slice(&root));
	jsonw_kslice(&w, "vkey", buf_slice(&vkey));
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

static int first_entry(int sitefd, const struct epoch_plan *p, const struct site_keys *keys, const struct ledger_epoch *old, struct err *e)
{
	struct ledger *l = NULL;
	struct ledger_options o = {.write = true, .single_thread = true};
	AUTO_BUF struct buf body = {0};
	uint64_t seq;
	int64_t time;
	buf_init(&body, 1 << 16);
	int r = ledger_open(sitefd, keys, &o, &l, NULL, e);
	if (r < 0)
		return r;
	if (ledger_size(l) == old->last.size) {
		first_body(&body, p, old);
		r = buf_ok(&body) ? ledger_append(l, LEDGER_SITE, 0, "site", buf_slice(&body), false, &seq, &time, e) : err_set(e, buf_code(&body), NULL, "no memory");
		if (r == 0)
			r = ledger_commit(l, e);
	}
	if (r == 0)
		return ledger_close(l, e);
	ledger_free(l);
	return r;
}

static int carry_out(int sitefd, const struct epoch_plan *p, struct site_keys *keys, struct ledger_epoch *ended, struct err *e)
{
	struct ledger_epoch *past = calloc(LEDGER_EPOCHS_MAX, sizeof *past);
	size_t n = 0;
	AUTO_CLOSE int dirfd = file_open_dir(sitefd, "ledger", e);
	int r = dirfd < 0 ? dirfd : past ? keep_old(dirfd, p, keys, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = ledger_epochs(dirfd, past, &n, e);
	if (r == 0 && (n != p->number - 1 || !same_key(&past[n - 1].next, &p->signer.v)))
		r = err_set(e, ERR_CORRUPT, NEXT, "it does not follow the epochs that are kept");
	if (r == 0)
		r = new_key(sitefd, p, keys, e);
	if (r == 0) {
		keys->signing = p->signer;
		keys->can_sign = true;
		r = new_head(dirfd, p, &past[n - 1], e);
	}
	if (r == 0)
		r = first_entry(sitefd, p, keys, &past[n - 1], e);
	if (r == 0 && unlinkat(sitefd, NEXT, 0))
		r = err_sys(e, NEXT, "cannot be removed");
	if (r == 0)
		r = file_sync_dir(sitefd, "keys", e);
	if (r == 0 && ended)
		*ended = past[n - 1];
	free(past);
	return r;
}

/* "NAME-e2": a name of its own, and one sees whose. */
static int next_origin(const char *old, uint64_t number, char out[NOTE_NAME_MAX + 1], struct err *e)
{
	size_t n = strlen(old), digits = n;
	while (digits && old[digits - 1] >= '0' && old[digits - 1] <= '9')
		digits--;
	if (number > 2 && digits < n && digits >= 2 && old[digits - 1] == 'e' && old[digits - 2] == '-')
		n = digits - 2;
	int len = snprintf(out, NOTE_NAME_MAX + 1, "%.*s-e%" PRIu64, (int)n, old, number);
	return len > 0 && len <= NOTE_NAME_MAX ? 0 : err_set(e, ERR_LIMIT, NULL, "the log's name is too long for another epoch");
}

/* All that was acknowledged is under the old head before it is kept. Where it is already (a rebuild), nothing more is signed with the old key: another witness may have seen the old epoch go on differently. */
static int close_old(int sitefd, const struct site_keys *keys, struct err *e)
{
	struct ledger *l = NULL;
	struct ledger_options o = {.write = true, .single_thread = true};
	int next, r = ledger_open(sitefd, keys, &o, &l, NULL, e);
	if (r == 0 && ledger_published(l) < ledger_size(l))
		r = ledger_tick(l, true, &next, e);
	if (r == 0 && ledger_published(l) < ledger_size(l))
		r = err_set(e, ERR_BUSY, "ledger/checkpoint", "what was acknowledged cannot be published");
	ledger_free(l);
	return r;
}

int ledger_epoch_begin(int sitefd, const struct site_keys *keys, const char *reason, struct site_keys *ret_keys, struct ledger_epoch *ended, struct err *e)
{
	struct epoch_plan p = {0};
	struct site_keys now = *keys;
	char origin[NOTE_NAME_MAX + 1];
	struct stat st;
	size_t n = 0;
	if (!reason || !*reason || strlen(reason) > REASON_MAX || !utf8_valid(slice_str(reason)) || strpbrk(reason, "\r\n\t"))
		return err_set(e, ERR_USAGE, "--reason", "say why, in one line of at most %d bytes: it stands in the ledger", REASON_MAX);
	if (fstatat(sitefd, NEXT, &st, 0) == 0)
		return err_set(e, ERR_EXISTS, NEXT, "an epoch was begun and not finished; start the daemon, or say `holdfast ledger epoch --resume`");
	int r = close_old(sitefd, keys, e);
	struct ledger_epoch *past = calloc(LEDGER_EPOCHS_MAX, sizeof *past);
	AUTO_CLOSE int dirfd = r == 0 ? file_open_dir(sitefd, "ledger", e) : -1;
	if (r == 0)
		r = dirfd < 0 ? dirfd : past ? ledger_epochs(dirfd, past, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	free(past);
	if (r == 0 && n == LEDGER_EPOCHS_MAX)
		r = err_set(e, ERR_LIMIT, "ledger/epochs", "there have been %d", LEDGER_EPOCHS_MAX);
	p.number = n + 2;
	if (r == 0)
		r = next_origin(keys->signing.v.name, p.number, origin, e);
	if (r == 0)
		r = note_signer_new(origin, &p.signer, e);
	snprintf(p.reason, sizeof p.reason, "%s", reason);
	if (r == 0)
		r = write_plan(sitefd, &p, e);
	if (r == 0)
		r = carry_out(sitefd, &p, &now, ended, e);
	if (r == 0)
		*ret_keys = now;
	seal_wipe(&p, sizeof p);
	site_keys_wipe(&now);
	return r;
}

int ledger_epoch_resume(int sitefd, struct site_keys *keys, struct err *e)
{
	struct epoch_plan p = {0};
	int r = read_plan(sitefd, &p, e);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r == 0)
		r = carry_out(sitefd, &p, keys, NULL, e);
	seal_wipe(&p, sizeof p);
	return r == 0 ? 1 : r;
}
