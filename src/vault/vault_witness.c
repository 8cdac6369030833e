/* What witnesses handed back: cosignatures of this site's checkpoints (C2SP tlog-cosignature), and the proof, should one come, that somebody has seen more of this log than stands here.
 *
 *   SITE/ledger/witness/ID   "holdfast witness v1" LF
 *                            "by NAME" LF         the token, or the store, that it came by; ID is the first 8 bytes of its SHA-256, in hex
 *                            "vkey NAME+HEX8+BASE64" LF   type 0x04; the first one that came by this way counts for ever
 *                            "time NS" LF         when it came here
 *                            the checkpoint as it was cosigned, a signed note
 *   SITE/ledger/ahead        a checkpoint under the log's present key that this ledger does not lead to. While it is there nothing is appended under this name: `holdfast ledger epoch` begins the next
 *
 * What is sent (POST /replica/cosign): the vkey's line, then the note. Everything is public. */
#include "vault_replica.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DIR_WITNESS "ledger/witness"
#define AHEAD "ledger/ahead"
#define FIRST "holdfast witness v1"
#define WITNESS_MAX ((size_t)64 << 10)

/* Pure: what was sent, or what lies behind the head of a file. */
int vault_cosigned_parse(struct slice text, const struct note_vkey *log, struct vault_witness *ret, struct err *e)
{
	struct slice rest, line = slice_cut(text, '\n', &rest), note_text;
	struct note_vkey keys[2];
	uint64_t mask, times[2];
	struct vault_witness w = {.note = rest};
	if (text.n > WITNESS_MAX || note_vkey_parse(line, &w.vkey, e) < 0 || w.vkey.alg != 4)
		return err_set(e, ERR_INPUT, "cosignature", "it does not begin with a witness's key (type 4)");
	keys[0] = *log;
	keys[1] = w.vkey;
	int r = note_verify(rest, keys, 2, &note_text, &mask, times, e);
	if (r == 0 && !(mask & 1))
		r = err_set(e, ERR_NO, "cosignature", "it is of a checkpoint that this log's present key did not sign");
	if (r == 0 && !(mask & 2))
		r = err_set(e, ERR_NO, "cosignature", "the witness's own signature is missing");
	if (r == 0)
		r = tlog_checkpoint_parse(note_text, &w.cp, e);
	if (r == 0 && strcmp(w.cp.origin, log->name))
		r = err_set(e, ERR_NO, "cosignature", "it is of another log");
	if (r < 0)
		return r;
	w.text = note_text;
	w.cosigned = (int64_t)(times[1] < (uint64_t)(INT64_MAX / TIME_SEC) ? times[1] : (uint64_t)(INT64_MAX / TIME_SEC)) * TIME_SEC;
	*ret = w;
	return 0;
}

static bool take_word(struct slice *s, const char *word, struct slice *ret)
{
	struct slice rest, line = slice_cut(*s, '\n', &rest), value, key = slice_cut(line, ' ', &value);
	*s = rest;
	*ret = value;
	return slice_eq_str(key, word) && value.n;
}

static bool printable(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}

/* Pure: a file of SITE/ledger/witness. */
int vault_witness_parse(struct slice file, const struct note_vkey *log, struct vault_witness *ret, struct err *e)
{
	struct slice rest, first = slice_cut(file, '\n', &rest), by, vkey, time;
	int64_t t;
	if (!slice_eq_str(first, FIRST) || !take_word(&rest, "by", &by) || by.n >= sizeof ret->by || !printable(by))
		return err_set(e, ERR_INPUT, DIR_WITNESS, "it does not read as what a witness left");
	if (!take_word(&rest, "vkey", &vkey) || !take_word(&rest, "time", &time) || num_i64(time, 0, INT64_MAX, &t) < 0)
		return err_set(e, ERR_INPUT, DIR_WITNESS, "it does not read as what a witness left");
	AUTO_BUF struct buf sent = {0};
	buf_init(&sent, WITNESS_MAX);
	buf_add_slice(&sent, vkey);
	buf_u8(&sent, '\n');
	buf_add_slice(&sent, rest);
	if (!buf_ok(&sent))
		return err_set(e, buf_code(&sent), DIR_WITNESS, "it is too large");
	int r = vault_cosigned_parse(buf_slice(&sent), log, ret, e);
	if (r < 0)
		return r;
	size_t text = ret->text.n;
	ret->note = rest; /* as it stands in the file, not in our copy */
	ret->text = slice_of(rest.p, text);
	memcpy(ret->by, by.p, by.n);
	ret->by[by.n] = 0;
	ret->time = t;
	return 0;
}

static void path_of(const char *by, char out[64])
{
	uint8_t sha[SEAL_HASH];
	seal_sha256_once(slice_str(by), sha);
	int n = snprintf(out, 64, DIR_WITNESS "/");
	for (int i = 0; i < 8; i++)
		n += snprintf(out + n, 64 - (size_t)n, "%02x", sha[i]);
}

static int read_one(int sitefd, const char *path, const struct note_vkey *log, struct buf *b, struct vault_witness *ret, struct err *e)
{
	buf_init(b, WITNESS_MAX);
	int r = file_read(sitefd, path, WITNESS_MAX, b, e);
	return r == 0 ? vault_witness_parse(buf_slice(b), log, ret, e) : r;
}

static int write_one(int sitefd, const char *path, const char *by, const struct vault_witness *w, int64_t now, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, WITNESS_MAX);
	buf_printf(&b, FIRST "\nby %s\nvkey ", by);
	note_vkey_format(&w->vkey, &b);
	buf_printf(&b, "\ntime %" PRId64 "\n", now);
	buf_add_slice(&b, w->note);
	int r = file_mkdir(sitefd, DIR_WITNESS, 0755, e);
	if (r == 0 && !buf_ok(&b))
		r = err_set(e, buf_code(&b), DIR_WITNESS, "it is too large");
	return r == 0 ? file_replace(sitefd, path, buf_slice(&b), 0644, e) : r;
}

static int is_ahead(int sitefd, const struct tlog_checkpoint *cp, uint64_t size, const uint8_t root[SEAL_HASH], struct slice note, const char *by, struct err *e)
{
	if (cp->size <= size && !memcmp(root, cp->root, SEAL_HASH))
		return 0;
	int r = file_replace(sitefd, AHEAD, note, 0644, e);
	if (r < 0)
		return r;
	return cp->size > size ? err_set(e, ERR_CORRUPT, AHEAD,
	                                 "%s has seen %" PRIu64 " entries of this log and only %" PRIu64 " stand here: entries were lost, or this is an old copy of the site. Nothing is appended under this name any more. Rebuild from the "
	                                 "copy (holdfast rebuild), or go on with what is here under a new one: holdfast ledger epoch --site DIR --reason TEXT",
	                                 by, cp->size, size)
	                       : err_set(e, ERR_CORRUPT, AHEAD,
	                                 "%s has seen another history of this log, up to entry %" PRIu64 ": the past was rewritten here. Nothing is appended under this name any more. Rebuild from the copy (holdfast rebuild), or go on with "
	                                 "what is here under a new one: holdfast ledger epoch --site DIR --reason TEXT",
	                                 by, cp->size);
}

int vault_witness_seen(int sitefd, const struct note_vkey *log, struct slice note, const char *by, uint64_t size, vault_root_fn *root, void *arg, struct err *e)
{
	struct slice text;
	uint64_t mask;
	struct tlog_checkpoint cp;
	uint8_t mine[SEAL_HASH] = {0};
	int r = note_verify(note, log, 1, &text, &mask, NULL, e);
	if (r == 0)
		r = tlog_checkpoint_parse(text, &cp, e);
	if (r == 0 && strcmp(cp.origin, log->name))
		r = ERR_NO;
	if (r < 0) /* an earlier epoch's, another log's, or made up: nothing that binds us */
		return r == ERR_MEMORY ? r : err_set(e, ERR_NO, "checkpoint", "this log's present key did not sign it");
	if (cp.size <= size)
		r = root(arg, cp.size, mine, e);
	return r == 0 ? is_ahead(sitefd, &cp, size, mine, note, by, e) : r;
}

int vault_witness_take(int sitefd, const struct note_vkey *log, struct slice sent, const char *by, uint64_t size, vault_root_fn *root, void *arg, int64_t now, struct err *e)
{
	struct vault_witness w, old;
	AUTO_BUF struct buf b = {0};
	char path[64];
	if (strlen(by) >= sizeof w.by || !printable(slice_str(by)))
		return err_set(e, ERR_INPUT, "cosignature", "whoever brings it has no name");
	int r = vault_cosigned_parse(sent, log, &w, e);
	if (r == 0)
		r = vault_witness_seen(sitefd, log, w.note, by, size, root, arg, e);
	if (r < 0)
		return r;
	path_of(by, path);
	r = read_one(sitefd, path, log, &b, &old, e);
	if (r == 0 && memcmp(old.vkey.pub, w.vkey.pub, sizeof w.vkey.pub))
		return err_set(e, ERR_DENIED, path, "by this way another witness came before: if the replica was made anew, give it a token of its own");
	if (r == 0 && (old.cp.size > w.cp.size || old.cosigned > w.cosigned))
		return 0; /* a late one */
	return write_one(sitefd, path, by, &w, now, e); /* what does not read, or is of an earlier epoch, is replaced */
}

int vault_witness_ahead(int sitefd, const struct note_vkey *log, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct slice text;
	uint64_t mask;
	struct tlog_checkpoint cp;
	buf_init(&b, WITNESS_MAX);
	int r = file_read(sitefd, AHEAD, WITNESS_MAX, &b, e);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r == 0)
		r = note_verify(buf_slice(&b), log, 1, &text, &mask, NULL, e);
	if (r == 0)
		r = tlog_checkpoint_parse(text, &cp, e);
	if (r == ERR_NO || r == ERR_INPUT || r == ERR_CRYPTO) { /* of the epoch before: done with */
		unlinkat(sitefd, AHEAD, 0);
		return 0;
	}
	return r < 0 ? r
	             : err_set(e, ERR_CORRUPT, AHEAD,
	                       "a copy or witness has seen more of this log, or another history of it, than stands here: its head has %" PRIu64 " entries. Nothing is appended under this name any more. Rebuild from the copy (holdfast "
	                       "rebuild), or go on with what is here under a new name: holdfast ledger epoch --site DIR --reason TEXT",
	                       cp.size);
}

int vault_witness_each(int sitefd, const struct note_vkey *log, vault_witness_fn *fn, void *arg, struct err *e)
{
	int fd = openat(sitefd, DIR_WITNESS, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return errno == ENOENT ? 0 : err_sys(e, DIR_WITNESS, "cannot be listed");
	}
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		AUTO_BUF struct buf b = {0};
		struct vault_witness w;
		char path[64];
		if (strlen(en->d_name) != 16)
			continue;
		snprintf(path, sizeof path, DIR_WITNESS "/%.16s", en->d_name);
		if (read_one(sitefd, path, log, &b, &w, NULL) == 0) /* of an earlier epoch, or damaged: says nothing */
			r = fn(arg, &w, e);
	}
	closedir(d);
	return r;
}
