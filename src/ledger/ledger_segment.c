/* The write-ahead segment, SITE/wal/NNNNNNNN.seg. Pure: bytes in, values out; ledger_wal.c does the reading and writing. Numbers are big-endian.
 *
 * Page 0 (4096 bytes), written and fdatasynced before the file gets its name:
 *   0   8  magic "HFWALSG1"
 *   8   8  number: the N of the file's name, never used twice in a site
 *   16 16  id: random, new each time the file is used again
 *   32  8  size of the whole file in bytes, a multiple of 4096
 *   40  4  k: length of the key file
 *   44  k  key file: an age v1 file to the care and the recovery key. Its text: "holdfast-segment NUMBER ID KEY" LF, id and key in hex. KEY: AES-256-GCM, 32 bytes
 *   ..     zeros to the end of the page
 *
 * Then records, each at the beginning of a page:
 *   0   4  magic "HFW1"
 *   4   4  n: length of the plaintext, 1..
 *   8  16  id of the segment
 *   24  8  counter: the nonce is four zero bytes and this; begins at a random multiple of 65536 each time the segment is opened for writing, so that neither a crash nor
 *          a machine set back to a snapshot brings a nonce twice
 *   32  8  batch: number of the commit, one more than the last; all records of one commit carry the same
 *   40  8  sequence number of the first entry
 *   48  4  number of entries
 *   52  4  left: how many records of the same batch follow this one
 *   56  n  AES-256-GCM of the plaintext; the 56 bytes before are its associated data
 *   ..  16 tag
 *   ..     zeros to the end of the page
 * The plaintext is entries as in ledger_entry.c, whole, in order, without a gap.
 *
 * A record is valid if and only if its id is the segment's and its tag fits. A batch counts only if all its records are valid: a commit is whole or never was. What stands behind the last valid record is zeros, or what an earlier use left (another
 * id), or a torn tail. Records begin on pages of their own so that no page which holds something acknowledged is ever written again, so that a write never has
 * to read a page first, and so that recovery can look for a record behind a damaged one at few places.
 */
#include "ledger_internal.h"

#include <inttypes.h>
#include <stdio.h>

static const char head_magic[8] = "HFWALSG1";
static const char record_magic[4] = "HFW1";

void ledger_segment_head_put(uint8_t page[WAL_PAGE], const struct ledger_segment_head *h)
{
	assert(h->key_file.n <= WAL_PAGE - 44);
	memset(page, 0, WAL_PAGE);
	memcpy(page, head_magic, 8);
	put_u64(page + 8, h->number);
	memcpy(page + 16, h->id, WAL_ID);
	put_u64(page + 32, h->size);
	put_u32(page + 40, (uint32_t)h->key_file.n);
	memcpy(page + 44, h->key_file.p, h->key_file.n);
}

int ledger_segment_head_parse(struct slice page, struct ledger_segment_head *ret, struct err *e)
{
	struct cur c = cur_of(page);
	struct ledger_segment_head h = {0};
	struct slice magic = cur_take(&c, 8);
	h.number = cur_u64be(&c);
	struct slice id = cur_take(&c, WAL_ID);
	h.size = cur_u64be(&c);
	h.key_file = cur_take(&c, cur_u32be(&c));
	if (c.failed || page.n != WAL_PAGE || memcmp(magic.p, head_magic, 8))
		return err_set(e, ERR_CORRUPT, NULL, "this is not the first page of a write-ahead segment");
	while (cur_left(&c))
		if (cur_u8(&c))
			return err_set(e, ERR_CORRUPT, NULL, "the first page of a write-ahead segment is damaged");
	if (h.size < 2 * WAL_PAGE || h.size % WAL_PAGE || h.size > WAL_SEGMENT_MAX)
		return err_set(e, ERR_CORRUPT, NULL, "the size in the first page of a write-ahead segment is impossible");
	memcpy(h.id, id.p, WAL_ID);
	*ret = h;
	return 0;
}

void ledger_segment_key_put(struct buf *out, const struct ledger_segment_head *h, const uint8_t key[32])
{
	buf_printf(out, "holdfast-segment %" PRIu64 " ", h->number);
	hex_put(out, slice_of(h->id, WAL_ID));
	buf_u8(out, ' ');
	hex_put(out, slice_of(key, 32));
	buf_u8(out, '\n');
}

/* The key is bound to its segment: another segment's key file copied here is refused. */
int ledger_segment_key_parse(struct slice text, const struct ledger_segment_head *h, uint8_t ret_key[32], struct err *e)
{
	struct cur c = cur_of(text);
	struct slice rest, line = cur_line(&c);
	uint64_t number;
	uint8_t id[WAL_ID];
	struct slice word = slice_cut(line, ' ', &rest);
	if (!cur_done(&c) || !slice_eq_str(word, "holdfast-segment"))
		return err_set(e, ERR_CORRUPT, NULL, "the key of a write-ahead segment does not read as one");
	word = slice_cut(rest, ' ', &rest);
	if (num_u64(word, 0, UINT64_MAX, &number) < 0 || number != h->number || hex_get(id, WAL_ID, slice_cut(rest, ' ', &rest)) < 0 || memcmp(id, h->id, WAL_ID))
		return err_set(e, ERR_CORRUPT, NULL, "the key in a write-ahead segment belongs to another segment");
	if (hex_get(ret_key, 32, rest) < 0)
		return err_set(e, ERR_CORRUPT, NULL, "the key of a write-ahead segment does not read as one");
	return 0;
}

void ledger_record_head_put(uint8_t out[WAL_RECORD_HEAD], const struct ledger_record_head *h)
{
	memcpy(out, record_magic, 4);
	put_u32(out + 4, h->plain);
	memcpy(out + 8, h->id, WAL_ID);
	put_u64(out + 24, h->counter);
	put_u64(out + 32, h->batch);
	put_u64(out + 40, h->first);
	put_u32(out + 48, h->count);
	put_u32(out + 52, h->left);
}

/* false: no record of the segment with this id begins here. It may still be a torn one: only the tag says. */
bool ledger_record_head_parse(struct slice bytes, const uint8_t id[WAL_ID], struct ledger_record_head *ret)
{
	struct cur c = cur_of(bytes);
	struct ledger_record_head h = {0};
	struct slice magic = cur_take(&c, 4);
	h.plain = cur_u32be(&c);
	struct slice own = cur_take(&c, WAL_ID);
	h.counter = cur_u64be(&c);
	h.batch = cur_u64be(&c);
	h.first = cur_u64be(&c);
	h.count = cur_u32be(&c);
	h.left = cur_u32be(&c);
	if (c.failed || memcmp(magic.p, record_magic, 4) || memcmp(own.p, id, WAL_ID))
		return false;
	memcpy(h.id, own.p, WAL_ID);
	*ret = h;
	return true;
}

/* Bytes of the file that a record takes. */
uint64_t ledger_record_size(uint64_t plain)
{
	return (WAL_RECORD_HEAD + plain + WAL_TAG + WAL_PAGE - 1) / WAL_PAGE * WAL_PAGE;
}

/* NNNNNNNN.seg: at least eight digits, no more zeros in front than those. */
bool ledger_segment_name_parse(const char *name, uint64_t *ret)
{
	struct slice s = slice_str(name), digits = slice_of(s.p, s.n > 4 ? s.n - 4 : 0);
	return digits.n >= 8 && digits.n <= 20 && !(digits.n > 8 && digits.p[0] == '0') && !memcmp(s.p + digits.n, ".seg", 4) &&
	       num_u64(digits, 1, UINT64_MAX, ret) == 0;
}
