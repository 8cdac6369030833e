/* tar (POSIX.1-2001 ustar, GNU, v7): headers of 512 bytes with a sum of their own, each as far behind the last as that one's size says; two empty
 * blocks end it. */
#include "content_internal.h"

struct tar {
	uint64_t members;
	bool zero;
};

static bool octal(const uint8_t *p, size_t n, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;
	if (p[0] & 0x80) { /* GNU: base 256 */
		for (i = 1; i < n; i++)
			v = v << 8 | p[i];
		*ret = v;
		return p[0] == 0x80 && !(v >> 60);
	}
	while (i < n && (p[i] == ' ' || p[i] == 0))
		i++;
	for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	*ret = v;
	return i == n || p[i] == ' ' || p[i] == 0;
}

static bool sum_fits(const uint8_t *p)
{
	uint64_t said;
	unsigned sum = 8 * ' ';
	int signed_sum = 8 * ' ';
	for (size_t i = 0; i < 512; i++)
		if (i < 148 || i >= 156) {
			sum += p[i];
			signed_sum += (int8_t)p[i]; /* Sun's old tar */
		}
	return octal(p + 148, 8, &said) && (said == sum || (int64_t)said == signed_sum) && sum != 8 * ' ';
}

static bool all_zero(const uint8_t *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static void header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct tar *t = STATE_OF(c, struct tar);
	uint64_t size = 0;
	if (all_zero(p, n)) {
		if (t->zero)
			walk_done(c);
		else
			walk_want(c, 512, header);
		t->zero = true;
		return;
	}
	if (t->zero || !sum_fits(p) || !octal(p + 124, 12, &size)) {
		walk_lost(c, "tar: no header at byte %llu", (unsigned long long)(c->w.at - 512));
		return;
	}
	t->members++;
	if (memchr("123456", p[156], 6)) /* links, devices, directories have no data, whatever their size says */
		size = 0;
	if (p[156] == 'S' && p[482]) { /* GNU's sparse map goes on */
		walk_give_up(c, CONTENT_TAR);
		return;
	}
	walk_skip(c, (size + 511) / 512 * 512, 512, header);
}

static bool sniff(struct content_checker *c, struct slice h)
{
	uint64_t size;
	return h.n >= 512 && h.p[0] && (HEAD_IS(h, 257, "ustar") || c->r.named == CONTENT_TAR) && sum_fits(h.p) && octal(h.p + 124, 12, &size);
}

static void begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct tar));
	walk_want(c, 512, header);
}

static void end(struct content_checker *c)
{
	if (walk_between(c)) /* without the empty blocks; every tar reads it */
		walk_done(c);
	else
		walk_truncated(c);
}

const struct content_format format_tar = {CONTENT_TAR, sniff, begin, end};
