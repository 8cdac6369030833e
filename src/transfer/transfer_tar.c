/* The tar of a transfer: plain files with one spelling of their header (POSIX.1-2017, pax, "ustar Interchange Format"):
 *
 *   offset  size
 *        0   100  name, NUL to the end
 *      100     8  mode "0000600" NUL
 *      108     8  uid "0000000" NUL
 *      116     8  gid "0000000" NUL
 *      124    12  size, 11 octal digits, NUL
 *      136    12  mtime, 11 octal digits, NUL: when the transfer was made
 *      148     8  checksum, 6 octal digits, NUL, blank: the sum of the header's bytes with these eight as blanks
 *      156     1  "0": a plain file
 *      157   100  NUL
 *      257     8  "ustar" NUL "00"
 *      265    80  NUL: no names of owners, no device, no prefix
 *      345   167  NUL
 * The bytes follow, filled with NUL to the next 512; behind the last file 1024 NUL, and nothing more. */
#include "transfer_internal.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t transfer_padded(uint64_t size)
{
	return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

bool transfer_name_ok(struct slice name)
{
	unsigned folders = 0;
	bool begins = true;
	if (!name.n || name.n > TRANSFER_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (c == '/' ? begins || ++folders > 2 : !letter && (begins || (c != '.' && c != '-' && c != '_')))
			return false;
		begins = c == '/';
	}
	return !begins;
}

static void octal(uint8_t *to, size_t digits, uint64_t v)
{
	for (size_t i = digits; i-- > 0; v >>= 3)
		to[i] = (uint8_t)('0' + (v & 7));
}

void transfer_header(struct slice name, uint64_t size, int64_t made, uint8_t ret[TAR_BLOCK])
{
	unsigned sum = 0;
	assert(name.n <= TRANSFER_NAME_MAX && size < (UINT64_C(1) << 33) && made >= 0);
	memset(ret, 0, TAR_BLOCK);
	memcpy(ret, name.p, name.n);
	memcpy(ret + 100, "0000600", 7);
	memcpy(ret + 108, "0000000", 7);
	memcpy(ret + 116, "0000000", 7);
	octal(ret + 124, 11, size);
	octal(ret + 136, 11, (uint64_t)(made / TIME_SEC));
	memset(ret + 148, ' ', 8);
	ret[156] = '0';
	memcpy(ret + 257, "ustar\0" "00", 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += ret[i];
	octal(ret + 148, 6, sum);
	ret[154] = 0;
}

static bool octal_get(const uint8_t *p, size_t digits, uint64_t *ret)
{
	uint64_t v = 0;
	for (size_t i = 0; i < digits; i++) {
		if (p[i] < '0' || p[i] > '7')
			return false;
		v = v << 3 | (uint64_t)(p[i] - '0');
	}
	*ret = v;
	return true;
}

bool transfer_header_read(struct slice block, struct slice *ret_name, uint64_t *ret_size, int64_t *ret_made)
{
	uint8_t again[TAR_BLOCK];
	uint64_t size, seconds;
	if (block.n != TAR_BLOCK || !octal_get(block.p + 124, 11, &size) || !octal_get(block.p + 136, 11, &seconds))
		return false;
	struct slice name = slice_of(block.p, strnlen((const char *)block.p, 100));
	if (!transfer_name_ok(name))
		return false;
	transfer_header(name, size, (int64_t)seconds * TIME_SEC, again);
	if (memcmp(again, block.p, TAR_BLOCK) != 0)
		return false;
	*ret_name = name;
	*ret_size = size;
	*ret_made = (int64_t)seconds * TIME_SEC;
	return true;
}

static void put(struct buf *to, struct slice name, struct slice bytes, int64_t made)
{
	static const uint8_t nothing[TAR_BLOCK];
	uint8_t header[TAR_BLOCK];
	transfer_header(name, bytes.n, made, header);
	buf_add(to, header, sizeof header);
	buf_add_slice(to, bytes);
	buf_add(to, nothing, (size_t)(transfer_padded(bytes.n) - bytes.n));
}

int transfer_tar(int64_t made, struct slice manifest, struct slice note, const struct transfer_file *files, size_t n, struct buf *ret, struct err *e)
{
	static const uint8_t end[2 * TAR_BLOCK];
	put(ret, SLICE(TRANSFER_MANIFEST), manifest, made);
	put(ret, SLICE(TRANSFER_NOTE), note, made);
	for (size_t i = 0; i < n; i++)
		put(ret, files[i].name, files[i].bytes, made);
	buf_add(ret, end, sizeof end);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "a transfer would be larger than %zu MiB", TRANSFER_MAX >> 20);
}

void transfer_sums(const struct transfer_file *files, size_t n, struct buf *ret)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t hash[SEAL_HASH];
		seal_sha256_once(files[i].bytes, hash);
		hex_put(ret, slice_of(hash, sizeof hash));
		buf_printf(ret, "  %.*s\n", SLICE_FMT(files[i].name));
	}
}
