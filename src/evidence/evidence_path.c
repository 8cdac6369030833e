/* Names of objects as they are compared. Windows' names compare without case (simple folding of Latin, Greek and Cyrillic letters, close to what NTFS' upcase table does for them), others to the byte. */
#include "evidence_internal.h"

bool evidence_path_windows(struct slice p)
{
	if (p.n >= 2 && p.p[0] == '\\')
		return true;
	return p.n >= 3 && p.p[1] == ':' && ((p.p[0] | 32) >= 'a' && (p.p[0] | 32) <= 'z') && (p.p[2] == '\\' || p.p[2] == '/');
}

static uint32_t simple_lower(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
		return c + 32;
	if (c >= 0x400 && c <= 0x40F)
		return c + 80;
	if (c >= 0x100 && c <= 0x137)
		return c | 1;
	return c;
}

static struct slice without_prefix(struct slice p)
{
	static const char *const kernel[] = {"\\??\\UNC\\", "\\\\?\\UNC\\", "\\??\\", "\\\\?\\", "\\\\.\\"};
	for (size_t i = 0; i < ARRAY_LEN(kernel); i++)
		if (slice_starts(p, kernel[i])) {
			size_t n = strlen(kernel[i]);
			return i < 2 ? evidence_from(p, n - 1) : evidence_from(p, n); /* of \\?\UNC\server one backslash stays: the key has single ones */
		}
	return p;
}

static void put_lower(struct buf *out, struct slice part)
{
	for (size_t i = 0; i < part.n;) {
		size_t len;
		uint8_t u[4];
		uint32_t c = utf8_get(evidence_from(part, i), &len);
		if (c == 0xFFFD) /* bytes of another charset stay as they are */
			buf_add(out, part.p + i, len);
		else
			buf_add(out, u, utf8_put(simple_lower(c), u));
		i += len;
	}
}

void evidence_path_key(struct slice path, bool windows, struct buf *out)
{
	size_t base = out->n;
	if (windows)
		path = without_prefix(path);
	bool rooted = path.n && (path.p[0] == '/' || (windows && path.p[0] == '\\'));
	for (size_t i = 0; i < path.n;) {
		while (i < path.n && (path.p[i] == '/' || (windows && path.p[i] == '\\')))
			i++;
		size_t k = i;
		while (k < path.n && path.p[k] != '/' && !(windows && path.p[k] == '\\'))
			k++;
		struct slice part = slice_of(path.p + i, k - i);
		i = k;
		if (!part.n || slice_eq_str(part, "."))
			continue;
		if (slice_eq_str(part, "..")) { /* up: the last part goes, and never what stood in out before */
			while (buf_ok(out) && out->n > base && out->p[out->n - 1] != '/')
				out->n--;
			if (buf_ok(out) && out->n > base)
				out->n--;
			continue;
		}
		if (rooted || (buf_ok(out) && out->n > base))
			buf_u8(out, '/');
		windows ? put_lower(out, part) : buf_add_slice(out, part);
	}
	if (buf_ok(out) && out->n == base)
		buf_u8(out, '/');
}
