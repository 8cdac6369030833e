/* Figures: a histogram of every block of 4,096 bytes, and what can be read from it alone.
 *
 * Text is counted whole, since its check is made of these counts. Of types that are packed one block in four is counted and stands for the other
 * three: their bytes look alike anywhere, and counting is what this reader spends most on. */
#include "content_internal.h"

#include <math.h>

#define SAMPLE 4u

static bool is_word(unsigned b) /* what separates words and fields */
{
	return b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == ',' || b == ';' || b == '|' || b == '^' || b == '~' || b == ':' || b == '"' ||
		b == '<' || b == '>' || b == '.' || b == '(' || b == ')' || b == '{' || b == '}';
}

/* Controls that no text has. Not among them: what prints (tab to CR, BS, ESC), NUL (of its own), 0x1A (the end of a file in DOS), 0x1C (MLLP) */
static bool is_wrong(unsigned b)
{
	return (b >= 1 && b <= 6) || (b >= 0x0E && b <= 0x19) || b == 0x1D || b == 0x1E || b == 0x1F || b == 0x7F;
}

/* All ones where a byte is of a class, so that counting them is adding and masking. */
static uint32_t wrong[128], word[128], print[128], following[128], lead[3][128], never[128]; /* the last three: of bytes over 127, less 128 */

static uint32_t mask(bool is)
{
	return is ? UINT32_MAX : 0;
}

__attribute__((constructor)) static void make_classes(void)
{
	for (unsigned b = 0; b < 128; b++) {
		unsigned hi = b + 128;
		wrong[b] = mask(is_wrong(b));
		word[b] = mask(is_word(b));
		print[b] = mask((b >= 0x20 && b < 0x7F) || (b >= 8 && b <= 13) || b == 0x1B);
		following[b] = mask(hi < 0xC0);
		lead[0][b] = mask(hi >= 0xC2 && hi < 0xE0);
		lead[1][b] = mask(hi >= 0xE0 && hi < 0xF0);
		lead[2][b] = mask(hi >= 0xF0 && hi < 0xF5);
		never[b] = mask(hi == 0xC0 || hi == 0xC1 || hi >= 0xF5);
	}
}

static unsigned sum(const uint32_t h[128], const uint32_t m[128])
{
	uint32_t n = 0;
	for (unsigned i = 0; i < 128; i++)
		n += h[i] & m[i];
	return n;
}

void noise_of(const uint32_t h[256], struct noise *ret)
{
	struct noise z = {0};
	const uint32_t *hi = h + 128;
	uint32_t kinds = 0, high = 0;
	for (unsigned b = 0; b < 256; b++)
		z.squares += (uint64_t)h[b] * h[b];
	for (unsigned b = 0; b < 128; b++)
		kinds += h[b] && wrong[b];
	for (unsigned b = 0; b < 128; b++)
		high += hi[b];
	z.kinds = kinds;
	z.high = high;
	z.controls = sum(h, wrong);
	z.words = sum(h, word);
	z.printable = sum(h, print);
	if (high) {
		unsigned follow = sum(hi, following), expected = sum(hi, lead[0]) + 2 * sum(hi, lead[1]) + 3 * sum(hi, lead[2]);
		z.bad_utf8 = sum(hi, never) + (follow > expected ? follow - expected : expected - follow);
	}
	z.nul = h[0];
	*ret = z;
}

/* Chi-square of n uniform bytes has 255 degrees of freedom; 330.5 is its 99.9 % point. Below it Shannon's entropy of 4,096 bytes is over 7.94 bits
 * (deficit ~ chi / (2 n ln 2)). */
bool noise_is_random(const struct noise *z, size_t n)
{
	return n >= 1024 && (double)z->squares * 256 / (double)n - (double)n < 330.5;
}

/* Random bytes have 27 in 256 of these controls, of nearly every kind; text has one or two kinds, or none. Half random (16 of every 32 bytes) still
 * shows every kind in a block. */
bool noise_is_noisy(const struct noise *z, size_t n)
{
	if (z->nul * 16 > n) /* a table of numbers */
		return false;
	if (z->bad_utf8 * 128 <= n) /* UTF-8, whatever it says; but for noise of which each byte was written as a character: two in three over 127, and all controls */
		return z->high * 2 > n && z->controls * 32 > n && z->kinds >= (n >= 512 ? 20 : n >= 128 ? 4 : 2);
	if (n >= 512)
		return z->kinds >= 12 && z->controls * 64 > n;
	if (n >= 64)
		return z->kinds >= 4 && z->controls * 32 > n && z->high * 8 > n;
	return z->kinds >= 2 && z->controls * 24 > n && z->high * 4 > n && z->bad_utf8 > 1;
}

static void count(struct block_counts *b, const uint8_t *p, size_t n);

void counts_of(struct slice s, uint32_t h[256])
{
	struct block_counts b = {0};
	count(&b, s.p, s.n);
	for (size_t i = 0; i < 256; i++)
		h[i] = b.h[0][i] + b.h[1][i] + b.h[2][i] + b.h[3][i];
}

static void block_end(struct content_checker *c)
{
	struct block_counts *b = &c->block;
	struct noise z;
	uint32_t h[256];
	if (!b->n)
		return;
	for (size_t i = 0; i < 256; i++)
		h[i] = b->h[0][i] + b->h[1][i] + b->h[2][i] + b->h[3][i];
	noise_of(h, &z);
	for (size_t i = 0; i < 256; i++)
		c->total[i] += h[i];
	c->counted_bytes += b->n;
	c->text_bytes += z.printable + (z.kinds < 3 && (z.bad_utf8 <= 6 || z.high * 3 < b->n) ? z.high : 0);
	c->word_bytes += z.words;
	bool random = noise_is_random(&z, b->n);
	uint64_t i = (c->r.f.size - 1) / BLOCK;
	if (i < RANDOM_MAP)
		c->random_map[i / 8] = (uint8_t)((c->random_map[i / 8] & ((1u << i % 8) - 1)) | (unsigned)random << i % 8);
	c->counted += b->n == BLOCK;
	c->random += b->n == BLOCK && random;
	if (c->is_text)
		text_block(c, h, b->n);
	memset(b, 0, sizeof *b);
}

static void count(struct block_counts *b, const uint8_t *p, size_t n)
{
	for (; n >= 8; n -= 8, p += 8) {
		uint64_t v = le64(p);
		if (v == (v << 8 | v >> 56)) { /* one byte eight times: counting it singly would wait for itself (databases are half zeros) */
			b->h[0][v & 255] += 8;
			continue;
		}
		b->h[0][v & 255]++;
		b->h[1][v >> 8 & 255]++;
		b->h[2][v >> 16 & 255]++;
		b->h[3][v >> 24 & 255]++;
		b->h[0][v >> 32 & 255]++;
		b->h[1][v >> 40 & 255]++;
		b->h[2][v >> 48 & 255]++;
		b->h[3][v >> 56]++;
	}
	for (; n; n--)
		b->h[0][*p++]++;
}

void figures_add(struct content_checker *c, struct slice s)
{
	while (s.n) {
		uint64_t at = c->r.f.size;
		size_t n = BLOCK - (size_t)(at % BLOCK);
		if (n > s.n)
			n = s.n;
		if (!c->sampled || at / BLOCK % SAMPLE == 0) {
			count(&c->block, s.p, n);
			c->block.n += n;
		}
		c->r.f.size += n;
		if (c->r.f.size % BLOCK == 0)
			block_end(c);
		s.p += n;
		s.n -= n;
	}
}

void figures_add_zeros(struct content_checker *c, uint64_t n)
{
	static const uint8_t zeros[BLOCK];
	size_t first = (size_t)(-c->r.f.size % BLOCK);
	if (first > n)
		first = (size_t)n;
	figures_add(c, slice_of(zeros, first));
	n -= first;
	uint64_t whole = n / BLOCK;
	for (uint64_t i = c->r.f.size / BLOCK, end = i + whole < RANDOM_MAP ? i + whole : RANDOM_MAP; i < end; i++)
		c->random_map[i / 8] &= (uint8_t)((1u << i % 8) - 1);
	c->r.f.size += whole * BLOCK;
	c->total[0] += whole * BLOCK;
	c->counted_bytes += whole * BLOCK;
	c->counted += whole;
	figures_add(c, slice_of(zeros, (size_t)(n % BLOCK)));
}

void figures_end(struct content_checker *c)
{
	struct content_figures *f = &c->r.f;
	block_end(c);
	f->blocks = f->size / BLOCK;
	double n = (double)c->counted_bytes;
	if (!c->counted_bytes)
		return;
	f->random_blocks = c->counted ? (uint64_t)((double)f->blocks * (double)c->random / (double)c->counted + 0.5) : 0;
	for (size_t i = 0; i < 256; i++)
		if (c->total[i])
			f->entropy -= (double)c->total[i] / n * log2((double)c->total[i] / n);
	f->entropy = f->entropy < 0 ? 0 : f->entropy;
	f->text_share = (double)c->text_bytes / n;
	f->word_share = (double)c->word_bytes / n;
}

bool raw_holds(struct content_checker *c, const char *what, bool tables, uint64_t from, uint64_t to)
{
	uint64_t first = (from + BLOCK - 1) / BLOCK, end = (to < c->size ? to / BLOCK : (c->size + BLOCK - 2048) / BLOCK), random = 0,
		 first_random = 0;
	unsigned runs = 0;
	bool before = false;
	if (c->sampled || first >= end)
		return true;
	if (end > RANDOM_MAP)
		end = RANDOM_MAP;
	for (uint64_t i = first; i < end; i++) {
		bool now = c->random_map[i / 8] >> i % 8 & 1;
		if (now && !random++)
			first_random = i;
		runs += now && !before;
		before = now;
	}
	if (!random || random * 32 < end - first || (tables && runs <= (end - first) / 64 && random * 2 < end - first))
		return true;
	walk_lost(c, "%s: %llu blocks of its %s are noise, the first at byte %llu", content_type_name(c->r.type), (unsigned long long)random, what,
		(unsigned long long)first_random * BLOCK);
	return false;
}

/* Intermittent encryption: runs of noise of one length at one distance from each other, and other bytes between. Embedded pictures and archives lie
 * anywhere. */
bool figures_striped(const struct content_checker *c, uint64_t *ret_first, uint64_t *ret_period)
{
	uint64_t blocks = c->r.f.size / BLOCK, runs = 0, fitting = 0, start = 0, last_start = 0, last_len = 0, period = 0;
	bool before = false;
	if (c->sampled || c->random < 4 || c->random * 4 > c->counted * 3)
		return false;
	if (blocks > RANDOM_MAP)
		blocks = RANDOM_MAP;
	for (uint64_t i = 0; i <= blocks; i++) {
		bool now = i < blocks && c->random_map[i / 8] >> i % 8 & 1;
		if (now && !before)
			start = i;
		if (!now && before) { /* a run is over */
			uint64_t distance = start - last_start, len = i - start;
			if (!runs++)
				*ret_first = start * BLOCK;
			else {
				fitting += distance == period && len == last_len;
				period = distance;
			}
			last_start = start;
			last_len = len;
		}
		before = now;
	}
	*ret_period = period * BLOCK;
	return runs >= 4 && (fitting + 2) * 10 >= runs * 9;
}

/* Behind the first block nothing but noise. */
bool figures_all_random(const struct content_checker *c)
{
	uint64_t blocks = c->r.f.size / BLOCK;
	return !c->sampled && blocks >= 4 && c->random + 1 >= c->counted;
}
