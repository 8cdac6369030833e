/* Where a command gets the recovery key from: an age identity file, or enough shares. It is in memory for this one command only. */
#include "cli_internal.h"

#include <fcntl.h>

static int from_file(const char *path, struct age_identity *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, 1 << 16);
	int r = file_read(AT_FDCWD, strcmp(path, "-") ? path : "/dev/stdin", 1 << 16, &b, e);
	if (r < 0)
		return r;
	struct slice rest = buf_slice(&b);
	while (rest.n) { /* as age-keygen writes it: comments, then the key */
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
		if (!line.n || line.p[0] == '#')
			continue;
		r = age_identity_parse(line, ret, e);
		if (r < 0)
			err_in(e, path);
		return r;
	}
	return err_set(e, ERR_INPUT, path, "there is no key in it; it should hold a line AGE-SECRET-KEY-1..., as `holdfast key join` prints it");
}

int cli_share(const char *path, struct share *ret, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	buf_init_secret(&text, 1 << 16);
	int r = file_read(AT_FDCWD, strcmp(path, "-") ? path : "/dev/stdin", 1 << 16, &text, e);
	if (r == 0) {
		r = share_parse(buf_slice(&text), ret, e);
		if (r < 0)
			err_in(e, path);
	}
	return r;
}

int cli_join(const char *const *paths, size_t n, struct age_identity *ret, struct err *e)
{
	struct share shares[SHARE_MAX];
	AUTO_BUF struct buf secret = {0};
	size_t have = 0;
	int r = 0;
	buf_init_secret(&secret, 256);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct share sh;
		r = cli_share(paths[i], &sh, e);
		bool again = false;
		for (size_t j = 0; r == 0 && j < have; j++) /* the same share named twice is one share */
			again |= shares[j].index == sh.index && !memcmp(shares[j].set, sh.set, sizeof sh.set) && shares[j].len == sh.len && !memcmp(shares[j].data, sh.data, sh.len);
		if (r == 0 && !again && have == ARRAY_LEN(shares))
			r = err_set(e, ERR_LIMIT, paths[i], "a set has at most %d shares", SHARE_MAX);
		if (r == 0 && !again)
			shares[have++] = sh;
		seal_wipe(&sh, sizeof sh);
	}
	if (r == 0)
		r = share_join(shares, have, &secret, e);
	if (r == 0 && secret.n != sizeof ret->secret)
		r = err_set(e, ERR_INPUT, NULL, "these shares join to %zu bytes, and a recovery key has %zu: they are shares of something else", secret.n, sizeof ret->secret);
	if (r == 0)
		age_identity_of(secret.p, ret);
	seal_wipe(shares, sizeof shares);
	return r;
}

int cli_recovery(const char *identity, const struct cli_list *shares, struct age_identity *ret, bool *ret_has, struct err *e)
{
	*ret_has = identity || shares->n;
	if (identity && shares->n)
		return err_set(e, ERR_USAGE, NULL, "give --identity or --shares, not both");
	if (!*ret_has)
		return 0;
	(void)!seal_lock_memory(ret, sizeof *ret, NULL); /* of one short command */
	return identity ? from_file(identity, ret, e) : cli_join(shares->v, shares->n, ret, e);
}
