/* Pictures of pages: made smaller, turned, made grey, and whether anything is on one. */
#include "scan_internal.h"

#include <stdlib.h>

int picture_new(struct picture *ret, unsigned w, unsigned h, unsigned channels, struct err *e)
{
	if (!w || !h || w > SCAN_SIDE_MAX || h > SCAN_SIDE_MAX || (uint64_t)w * h > SCAN_PIXELS_MAX)
		return err_set(e, ERR_LIMIT, NULL, "a page of %u x %u pixels is not read: at most %u on a side, and %llu in all", w, h, SCAN_SIDE_MAX, (unsigned long long)SCAN_PIXELS_MAX);
	uint8_t *p = malloc((size_t)w * h * channels);
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a page of %u x %u pixels", w, h);
	*ret = (struct picture){.w = w, .h = h, .channels = channels, .p = p};
	return 0;
}

void picture_done(struct picture *p)
{
	free(p->p);
	*p = (struct picture){0};
}

/* ITU-R BT.601, as everything that made the JPEG weighs them. */
int picture_grey(const struct picture *p, struct picture *ret, struct err *e)
{
	struct picture g;
	int r = picture_new(&g, p->w, p->h, 1, e);
	if (r < 0)
		return r;
	size_t n = (size_t)p->w * p->h;
	if (p->channels == 1) {
		memcpy(g.p, p->p, n);
	} else {
		for (size_t i = 0; i < n; i++)
			g.p[i] = (uint8_t)((77 * p->p[3 * i] + 150 * p->p[3 * i + 1] + 29 * p->p[3 * i + 2]) >> 8);
	}
	*ret = g;
	return 0;
}

/* Of a row of them: where pixel x of the small one begins in the large one. */
static unsigned edge(unsigned x, unsigned small, unsigned large)
{
	return (unsigned)((uint64_t)x * large / small);
}

int picture_reduce(const struct picture *p, unsigned w, unsigned h, struct picture *ret, struct err *e)
{
	struct picture s;
	unsigned ch = p->channels;
	assert(w && h && w <= p->w && h <= p->h);
	int r = picture_new(&s, w, h, ch, e);
	if (r < 0)
		return r;
	for (unsigned y = 0; y < h; y++) {
		unsigned y0 = edge(y, h, p->h), y1 = edge(y + 1, h, p->h);
		for (unsigned x = 0; x < w; x++) {
			unsigned x0 = edge(x, w, p->w), x1 = edge(x + 1, w, p->w);
			for (unsigned c = 0; c < ch; c++) {
				uint64_t sum = 0;
				for (unsigned yy = y0; yy < y1; yy++)
					for (unsigned xx = x0; xx < x1; xx++)
						sum += p->p[((size_t)yy * p->w + xx) * ch + c];
				s.p[((size_t)y * w + x) * ch + c] = (uint8_t)(sum / ((uint64_t)(y1 - y0) * (x1 - x0)));
			}
		}
	}
	*ret = s;
	return 0;
}

int picture_fit(const struct picture *p, unsigned side, struct picture *ret, struct err *e)
{
	unsigned longer = p->w > p->h ? p->w : p->h;
	if (longer <= side)
		return picture_reduce(p, p->w, p->h, ret, e);
	unsigned w = (unsigned)((uint64_t)p->w * side / longer), h = (unsigned)((uint64_t)p->h * side / longer);
	return picture_reduce(p, w ? w : 1, h ? h : 1, ret, e);
}

int picture_turn(const struct picture *p, unsigned degrees, struct picture *ret, struct err *e)
{
	struct picture t;
	unsigned ch = p->channels, w = p->w, h = p->h;
	bool side = degrees == 90 || degrees == 270;
	int r = picture_new(&t, side ? h : w, side ? w : h, ch, e);
	if (r < 0)
		return r;
	for (unsigned y = 0; y < h; y++)
		for (unsigned x = 0; x < w; x++) {
			unsigned nx = degrees == 90 ? h - 1 - y : degrees == 180 ? w - 1 - x : degrees == 270 ? y : x;
			unsigned ny = degrees == 90 ? x : degrees == 180 ? h - 1 - y : degrees == 270 ? w - 1 - x : y;
			memcpy(t.p + ((size_t)ny * t.w + nx) * ch, p->p + ((size_t)y * w + x) * ch, ch);
		}
	*ret = t;
	return 0;
}

int picture_twice(const struct picture *g, struct picture *ret, struct err *e)
{
	struct picture t;
	assert(g->channels == 1);
	int r = picture_new(&t, 2 * g->w, 2 * g->h, 1, e);
	if (r < 0)
		return r;
	for (unsigned y = 0; y < t.h; y++) {
		/* the centre of a small one lies a quarter of a pixel from those of the nearest large ones */
		unsigned near_y = y / 2, far_y = y % 2 ? (near_y + 1 < g->h ? near_y + 1 : near_y) : near_y ? near_y - 1 : 0;
		for (unsigned x = 0; x < t.w; x++) {
			unsigned near_x = x / 2, far_x = x % 2 ? (near_x + 1 < g->w ? near_x + 1 : near_x) : near_x ? near_x - 1 : 0;
			const uint8_t *a = g->p + (size_t)near_y * g->w, *b = g->p + (size_t)far_y * g->w;
			t.p[(size_t)y * t.w + x] = (uint8_t)((9 * a[near_x] + 3 * a[far_x] + 3 * b[near_x] + b[far_x] + 8) / 16);
		}
	}
	*ret = t;
	return 0;
}

/* A marker or a blue pen is a colour; the tint of paper and the noise of a camera are not: fewer than one pixel in a thousand differ by more than this between their parts. */
#define TINT 40

bool picture_is_grey(const struct picture *p)
{
	size_t n = (size_t)p->w * p->h, coloured = 0;
	for (size_t i = 0; p->channels == 3 && i < n; i++) {
		const uint8_t *c = p->p + 3 * i;
		int most = c[0] > c[1] ? c[0] : c[1], least = c[0] < c[1] ? c[0] : c[1];
		most = most > c[2] ? most : c[2];
		least = least < c[2] ? least : c[2];
		coloured += most - least > TINT;
	}
	return coloured * 1000 < n;
}

/* Paper and nothing else: the darkest and the lightest of its squares of about a millimetre are nearly alike. Means, so that noise is not writing; the edge is left out, where a scanner shows its lid. A weak pencil makes a
 * difference of more than this: what may be writing is not called blank. Neither is a page without any grain: a picture that could not be decoded leaves one as white as that. */
#define BLANK_DIFFERENCE 10

bool picture_is_blank(const struct picture *g)
{
	AUTO_PICTURE struct picture s = {0};
	struct err quiet = {0};
	unsigned longer = g->w > g->h ? g->w : g->h, side = 280;
	if (longer < side || picture_fit(g, side, &s, &quiet) < 0 || s.w < 16 || s.h < 16)
		return false;
	int least = 255, most = 0;
	size_t same = 0, n = (size_t)g->w * g->h;
	while (same < n && g->p[same] == g->p[0])
		same++;
	for (unsigned y = s.h / 16; y < s.h - s.h / 16; y++)
		for (unsigned x = s.w / 16; x < s.w - s.w / 16; x++) {
			int v = s.p[(size_t)y * s.w + x];
			least = v < least ? v : least;
			most = v > most ? v : most;
		}
	return same < n && most > 96 && most - least <= BLANK_DIFFERENCE;
}

/* A photograph's light falls off to one side: each square of it is compared with the lightest and the darkest near it. */
void picture_clear(struct picture *g)
{
	enum { SQUARE = 32 };
	unsigned w = (g->w + SQUARE - 1) / SQUARE, h = (g->h + SQUARE - 1) / SQUARE;
	uint8_t *low = malloc((size_t)w * h), *high = malloc((size_t)w * h);
	for (unsigned i = 0; low && high && i < w * h; i++)
		low[i] = 255, high[i] = 0;
	for (unsigned y = 0; low && high && y < g->h; y++)
		for (unsigned x = 0; x < g->w; x++) {
			uint8_t v = g->p[(size_t)y * g->w + x], *l = &low[y / SQUARE * w + x / SQUARE], *t = &high[y / SQUARE * w + x / SQUARE];
			*l = v < *l ? v : *l;
			*t = v > *t ? v : *t;
		}
	for (unsigned y = 0; low && high && y < g->h; y++)
		for (unsigned x = 0; x < g->w; x++) {
			unsigned cy = y / SQUARE, cx = x / SQUARE;
			int least = 255, most = 0;
			for (unsigned yy = cy ? cy - 1 : 0; yy <= cy + 1 && yy < h; yy++)
				for (unsigned xx = cx ? cx - 1 : 0; xx <= cx + 1 && xx < w; xx++) {
					least = low[yy * w + xx] < least ? low[yy * w + xx] : least;
					most = high[yy * w + xx] > most ? high[yy * w + xx] : most;
				}
			uint8_t *v = &g->p[(size_t)y * g->w + x];
			*v = most - least < 48 ? 255 : (uint8_t)((*v - least) * 255 / (most - least));
		}
	free(low);
	free(high);
}
