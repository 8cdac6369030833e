/* A site's keys (SITE/keys; the list is in seal.h). Texts that other programs read as well: an identity file is what age-keygen writes, a signing key is what
 * Go's note package writes. The folder is made under another name and renamed, so a site has all its keys or none.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seal_internal.h"

#define KEY_TEXT_MAX 4096
#define KEY_FILE_MAX 65536 /* a sealed key */
#define NEW "keys.new"

/* ---- texts ---- */

void site_identity_text(const struct age_identity *id, struct buf *ret)
{
	char pub[80], secret[80];
	age_recipient_format(&id->to, pub);
	age_identity_format(id, secret);
	buf_printf(ret, "# public key: %s\n%s\n", pub, secret);
	seal_wipe(secret, sizeof(secret));
}

/* One identity, among comments and empty lines. */
int site_identity_text_parse(struct slice text, struct age_identity *ret, struct err *e)
{
	struct slice rest = text, key = SLICE_NULL;
	while (rest.n) {
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (key.p)
			return err_set(e, ERR_CORRUPT, NULL, "there is more than one key in this file");
		key = line;
	}
	int r = age_identity_parse(key, ret, e);
	return r == ERR_INPUT ? (e ? (e->code = ERR_CORRUPT) : ERR_CORRUPT) : r;
}

static void recipient_text(const struct age_recipient *to, struct buf *ret)
{
	char pub[80];
	age_recipient_format(to, pub);
	buf_printf(ret, "%s\n", pub);
}

static void signer_text(const struct note_signer *k, struct buf *ret)
{
	note_signer_format(k, ret);
	buf_str(ret, "\n");
}

static void dedupe_text(const uint8_t key[32], struct buf *ret)
{
	hex_put(ret, slice_of(key, 32));
	buf_str(ret, "\n");
}

/* ---- files ---- */

static int put_file(int sitefd, const char *path, const struct buf *text, struct err *e)
{
	int r = seal_room(text, "a key", e);
	if (r < 0)
		return r;
	return file_replace(sitefd, path, buf_slice(text), 0600, e);
}

static int put_sealed(int sitefd, const char *path, const struct age_recipient *to, size_t n, const struct buf *text, struct err *e)
{
	AUTO_BUF struct buf sealed = {0};
	buf_init(&sealed, KEY_FILE_MAX);
	int r = seal_room(text, "a key", e);
	if (r == 0)
		r = age_seal(to, n, buf_slice(text), &sealed, e);
	return r == 0 ? put_file(sitefd, path, &sealed, e) : r;
}

/* NAME.key and, sealed to recovery, NAME.age */
static int put_pair(int sitefd, const char *name, const struct age_recipient *recovery, const struct buf *text, struct err *e)
{
	char path[64];
	(void)snprintf(path, sizeof(path), NEW "/%s.key", name);
	int r = put_file(sitefd, path, text, e);
	(void)snprintf(path, sizeof(path), NEW "/%s.age", name);
	return r == 0 ? put_sealed(sitefd, path, recovery, 1, text, e) : r;
}

static int put_all(int sitefd, const struct site_keys *k, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, KEY_TEXT_MAX);
	recipient_text(&k->recovery, &b);
	int r = put_file(sitefd, NEW "/recovery.pub", &b, e);
	if (r == 0) {
		buf_reset(&b);
		signer_text(&k->signing, &b);
		r = put_pair(sitefd, "signing", &k->recovery, &b, e);
	}
	if (r == 0) {
		buf_reset(&b);
		site_identity_text(&k->care, &b);
		r = put_pair(sitefd, "care", &k->recovery, &b, e);
	}
	if (r == 0) {
		buf_reset(&b);
		dedupe_text(k->dedupe, &b);
		r = put_pair(sitefd, "dedupe", &k->recovery, &b, e);
	}
	return r;
}

/* ---- making them ---- */

static int no_keys_yet(int sitefd, struct err *e)
{
	struct stat st;
	if (fstatat(sitefd, "keys", &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, ERR_EXISTS, "keys", "this site has keys already; they are never overwritten");
	return errno == ENOENT ? 0 : err_sys(e, "keys", "cannot be looked at");
}

static int make_folder(int sitefd, struct err *e)
{
	int r = file_mkdir(sitefd, NEW "/period", 0700, e);
	if (r == 0 && fchmodat(sitefd, NEW, 0700, 0) < 0) /* it may be left from an attempt that was killed */
		r = err_sys(e, NEW, "cannot be closed to others");
	return r == 0 ? file_sweep_temps(sitefd, NEW, e) : r;
}

static int give_name(int sitefd, struct err *e)
{
	if (renameat(sitefd, NEW, sitefd, "keys") < 0) {
		if (errno == ENOTEMPTY || errno == EEXIST)
			return err_set(e, ERR_EXISTS, "keys", "this site has keys already; they are never overwritten");
		return err_sys(e, "keys", "cannot be made");
	}
	return file_sync_dir(sitefd, ".", e);
}

int site_keys_create(int sitefd, const char *origin, int k, int n, struct share *ret_shares, struct site_keys *ret, struct err *e)
{
	struct site_keys keys = {.can_sign = true, .can_open = true, .can_dedupe = true};
	struct age_identity recovery;
	struct share shares[SHARE_MAX];
	int r = no_keys_yet(sitefd, e);
	if (r == 0)
		r = note_signer_new(origin, &keys.signing, e);
	age_identity_new(&keys.care);
	seal_random(keys.dedupe, sizeof(keys.dedupe));
	age_identity_new(&recovery);
	keys.recovery = recovery.to;
	if (r == 0) /* first of all: a wrong K/N leaves nothing behind */
		r = share_split(slice_of(recovery.secret, sizeof(recovery.secret)), k, n, shares, e);
	seal_wipe(&recovery, sizeof(recovery)); /* from here on it is in the shares only */
	if (r == 0)
		r = make_folder(sitefd, e);
	if (r == 0)
		r = put_all(sitefd, &keys, e);
	if (r == 0)
		r = give_name(sitefd, e);
	if (r == 0) {
		memcpy(ret_shares, shares, (size_t)n * sizeof(*shares));
		*ret = keys;
	}
	seal_wipe(shares, sizeof(shares));
	site_keys_wipe(&keys);
	return r;
}

/* ---- opening them ---- */

/* 1: it is not there; 2: it is not for us. */
static int get_file(int sitefd, const char *path, struct buf *ret, struct err *e)
{
	struct err why = {.code = 0};
	buf_reset(ret);
	int r = file_read(sitefd, path, KEY_FILE_MAX, ret, &why);
	if (r == ERR_NOT_FOUND)
		return 1;
	if (r == ERR_SYSTEM && (why.sys_errno == EACCES || why.sys_errno == EPERM))
		return 2;
	if (r < 0 && e)
		*e = why;
	return r;
}

static int in_file(struct err *e, const char *path, int r)
{
	if (r < 0 && e) {
		e->code = ERR_CORRUPT;
		err_in(e, path);
	}
	return r < 0 ? ERR_CORRUPT : 0;
}

static int dedupe_parse(struct slice text, uint8_t out[32], struct err *e)
{
	return hex_get(out, 32, slice_trim(text)) == 0 ? 0 : err_set(e, ERR_CORRUPT, NULL, "this should be 64 hexadecimal digits");
}

/* Care keys of before: care-r1.key is the oldest. What a rotation that was killed left twice counts once. */
static int open_older(int sitefd, struct site_keys *k, struct buf *b, struct err *e)
{
	struct age_identity found[SITE_CARE_OLDER];
	size_t n = 0;
	int r = 0;
	for (int m = 1; r == 0 && m <= SITE_CARE_OLDER; m++) {
		char path[64];
		site_care_path(m, "key", path);
		r = get_file(sitefd, path, b, e);
		if (r == 0)
			r = in_file(e, path, site_identity_text_parse(buf_slice(b), &found[n], e));
		if (r == 0 && !seal_equal(found[n].secret, k->care.secret, sizeof(k->care.secret)))
			n++;
	}
	k->older_n = n;
	for (size_t i = 0; i < n; i++)
		k->older[i] = found[n - 1 - i];
	seal_wipe(found, sizeof(found));
	return r < 0 ? r : 0;
}

void site_care_path(int m, const char *end, char out[64])
{
	(void)snprintf(out, 64, "keys/care-r%d.%s", m, end);
}

size_t site_care_all(const struct site_keys *k, struct age_identity ret[SITE_CARE_MAX])
{
	ret[0] = k->care;
	memcpy(ret + 1, k->older, k->older_n * sizeof(*ret));
	return 1 + k->older_n;
}

static int open_private(int sitefd, struct site_keys *k, struct buf *b, struct err *e)
{
	int r = get_file(sitefd, "keys/signing.key", b, e);
	if (r == 0) {
		r = in_file(e, "keys/signing.key", note_signer_parse(buf_slice(b), &k->signing, e));
		k->can_sign = r == 0;
	}
	if (r < 0)
		return r;
	r = get_file(sitefd, "keys/care.key", b, e);
	if (r == 0) {
		r = in_file(e, "keys/care.key", site_identity_text_parse(buf_slice(b), &k->care, e));
		k->can_open = r == 0;
		if (r == 0)
			r = open_older(sitefd, k, b, e);
	}
	if (r < 0)
		return r;
	r = get_file(sitefd, "keys/dedupe.key", b, e);
	if (r == 0) {
		r = in_file(e, "keys/dedupe.key", dedupe_parse(buf_slice(b), k->dedupe, e));
		k->can_dedupe = r == 0;
	}
	return r < 0 ? r : 0;
}

int site_keys_open(int sitefd, struct site_keys *ret, struct err *e)
{
	struct site_keys k = {.can_sign = false};
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, KEY_FILE_MAX);
	int r = get_file(sitefd, "keys/recovery.pub", &b, e);
	if (r == 1)
		r = err_set(e, ERR_NOT_FOUND, "keys/recovery.pub", "the site's public recovery key is missing; put it back from a copy of the site (age-keygen -y makes it of the key that the shares give)");
	else if (r == 2)
		r = err_set(e, ERR_DENIED, "keys/recovery.pub", "you may not read it; run this as the site's owner or as root");
	else if (r == 0)
		r = in_file(e, "keys/recovery.pub", age_recipient_parse(buf_slice(&b), &k.recovery, e));
	if (r == 0)
		r = open_private(sitefd, &k, &b, e);
	if (r == 0)
		*ret = k;
	site_keys_wipe(&k);
	return r;
}

void site_keys_wipe(struct site_keys *k)
{
	seal_wipe(k, sizeof(*k));
}

/* ---- bringing them back from the shares ---- */

static int recover_one(int sitefd, const char *name, const struct age_identity *recovery, struct err *e)
{
	char sealed[64], open[64];
	AUTO_BUF struct buf file = {0}, text = {0};
	buf_init(&file, KEY_FILE_MAX);
	buf_init_secret(&text, KEY_FILE_MAX);
	(void)snprintf(sealed, sizeof(sealed), "keys/%s.age", name);
	(void)snprintf(open, sizeof(open), "keys/%s.key", name);
	int r = file_read(sitefd, sealed, KEY_FILE_MAX, &file, e);
	if (r == 0) {
		r = age_open(recovery, 1, buf_slice(&file), &text, e);
		if (r < 0 && e)
			err_in(e, sealed);
	}
	return r == 0 ? file_replace(sitefd, open, buf_slice(&text), 0600, e) : r;
}

int site_keys_recover(int sitefd, const struct age_identity *recovery, struct site_keys *ret, struct err *e)
{
	static const char *const names[] = {"signing", "care", "dedupe"};
	int r = file_sweep_temps(sitefd, "keys", e);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++)
		r = recover_one(sitefd, names[i], recovery, e);
	for (int m = 1; r == 0 && m <= SITE_CARE_OLDER; m++) {
		char path[64], name[32];
		struct stat st;
		site_care_path(m, "age", path);
		if (fstatat(sitefd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			break;
		(void)snprintf(name, sizeof(name), "care-r%d", m);
		r = recover_one(sitefd, name, recovery, e);
	}
	return r == 0 ? site_keys_open(sitefd, ret, e) : r;
}

int seal_agent_key(const uint8_t dedupe[32], const char *agent, uint8_t ret[32], struct err *e)
{
	char info[128];
	int n = snprintf(info, sizeof(info), "holdfast-agent-1 %s", agent);
	assert(n > 0 && (size_t)n < sizeof(info)); /* a name has at most 63 bytes */
	return seal_hkdf_sha256(slice_of(dedupe, 32), SLICE_NULL, slice_of(info, (size_t)n), ret, 32, e);
}
