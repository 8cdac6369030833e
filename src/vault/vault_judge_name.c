/* Names of files, taken apart and made printable. */
#include "vault_judge_internal.h"

struct judge_name judge_name_of(struct slice path)
{
	const uint8_t *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
	if (!slash)
		return (struct judge_name){SLICE_NULL, path};
	size_t n = (size_t)(slash - path.p);
	return (struct judge_name){slice_of(path.p, n), slice_of(slash + 1, path.n - n - 1)};
}

struct slice judge_suffix(struct slice base)
{
	const uint8_t *dot = base.n > 1 ? memrchr(base.p + 1, '.', base.n - 1) : NULL;
	size_t n = dot ? (size_t)(base.p + base.n - dot) : 0;
	return n > 1 && n <= JUDGE_SUFFIX_MAX ? slice_of(dot, n) : SLICE_NULL;
}

void judge_printable(struct buf *out, struct slice s, size_t most)
{
	size_t n = s.n < most ? s.n : most;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = s.p[i];
		if (c > 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '<' && c != '>')
			buf_u8(out, c);
		else if (c == ' ' && i && i + 1 < s.n)
			buf_u8(out, c);
		else
			buf_printf(out, "\\x%02x", c);
	}
	if (n < s.n)
		buf_str(out, "...");
}

uint64_t judge_plain_hash(struct slice s)
{
	static const uint8_t key[16] = "holdfast.judge.1";
	return seal_fingerprint(key, s);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool judge_ends_nocase(struct slice s, struct slice end)
{
	if (end.n > s.n)
		return false;
	for (size_t i = 0; i < end.n; i++)
		if (lower(s.p[s.n - end.n + i]) != lower(end.p[i]))
			return false;
	return true;
}
