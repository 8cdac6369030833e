/* Places in packs, as text, and the names of packs.
 *
 * PACK:OFFSET+LENGTH, decimal without leading zeros; OFFSET and LENGTH in bytes of the stream that a pack decompresses to; several with commas between. PACK 0 is a hole of LENGTH zeros, and
 * its OFFSET is 0. Valid if and only if LENGTH is at least 1 and, for a pack, OFFSET + LENGTH is at most VAULT_PACK_PLAIN_MAX; a hole is at most 2^62 bytes.
 */
#include "vault_internal.h"

#define HOLE_MAX (UINT64_C(1) << 62)

static bool number(struct cur *c, uint64_t *ret)
{
	const uint8_t *from = c->p;
	uint64_t v = 0;
	while (c->p < c->end && *c->p >= '0' && *c->p <= '9') {
		if (v > (UINT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (uint64_t)(*c->p++ - '0');
	}
	*ret = v;
	return c->p > from && (*from != '0' || c->p == from + 1);
}

int vault_extent_next(struct slice *rest, struct vault_extent *ret)
{
	if (rest->n == 0)
		return 0;
	struct cur c = cur_of(*rest);
	struct vault_extent x;
	if (!number(&c, &x.pack) || cur_u8(&c) != ':' || !number(&c, &x.offset) || cur_u8(&c) != '+' || !number(&c, &x.length) || x.length == 0)
		return ERR_CORRUPT;
	if (x.pack ? x.offset > VAULT_PACK_PLAIN_MAX || x.length > VAULT_PACK_PLAIN_MAX - x.offset : x.offset != 0 || x.length > HOLE_MAX)
		return ERR_CORRUPT;
	if (cur_left(&c) && (cur_u8(&c) != ',' || cur_left(&c) == 0))
		return ERR_CORRUPT;
	*rest = slice_of(c.p, cur_left(&c));
	*ret = x;
	return 1;
}

/* By hand: a catalogue of a million files is a million of these. */
static void decimal(struct buf *b, uint64_t v)
{
	char d[20];
	size_t n = sizeof(d);
	do
		d[--n] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	buf_add(b, d + n, sizeof(d) - n);
}

void vault_extent_put(struct buf *b, const struct vault_extent *x)
{
	if (b->n && b->p[b->n - 1] != '=' && b->p[b->n - 1] != '\n')
		buf_u8(b, ',');
	decimal(b, x->pack);
	buf_u8(b, ':');
	decimal(b, x->offset);
	buf_u8(b, '+');
	decimal(b, x->length);
}

void vault_pack_name(int class, uint64_t number, char out[48])
{
	(void)snprintf(out, 48, "%s-%08llu.age", class == VAULT_CATALOGUE ? "catalogue" : "content", (unsigned long long)number);
}

int vault_pack_parse(struct slice name, int *ret_class, uint64_t *ret_number)
{
	struct slice number, rest, class = slice_cut(name, '-', &rest);
	int which = slice_eq_str(class, "content") ? VAULT_CONTENT : slice_eq_str(class, "catalogue") ? VAULT_CATALOGUE : 0;
	char again[48];
	uint64_t v;
	number = slice_cut(rest, '.', &rest);
	if (!which || !number.p || num_u64(number, 1, UINT32_MAX, &v) < 0)
		return ERR_INPUT;
	vault_pack_name(which, v, again);
	if (!slice_eq_str(name, again))
		return ERR_INPUT;
	*ret_class = which;
	*ret_number = v;
	return 0;
}
