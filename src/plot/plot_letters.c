/* How wide a text is, where it breaks, and how numbers are written. Widths are those of DejaVu Sans, which is wider than what browsers choose for sans-serif: what fits by this table fits on the page. */
#include "plot_internal.h"

#include <math.h>
#include <stdio.h>

static double letter(uint32_t c)
{
	static const uint16_t width[] = {317, 400, 459, 837, 636, 950, 779, 274, 390, 390, 500, 837, 317, 360, 317, 336, 636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 336, 336, 837, 837, 837, 530,
		1000, 684, 686, 698, 770, 631, 575, 774, 751, 294, 294, 655, 557, 862, 748, 787, 603, 787, 694, 634, 610, 731, 684, 988, 685, 610, 685, 390, 336, 390, 837, 500,
		500, 612, 634, 549, 634, 615, 352, 634, 633, 277, 277, 579, 277, 974, 633, 611, 634, 634, 411, 520, 392, 633, 591, 817, 591, 591, 524, 636, 336, 636, 837};
	if (c >= 32 && c < 127)
		return width[c - 32] / 1000.0;
	if (c == 0xa0 || c == 0xb7 || c == 0x2019)
		return 0.38;
	return c == 0x202f ? 0.2 : c < 0x20 ? 0 : c >= 0xc0 && c < 0x180 ? 0.65 : c == 0x2013 ? 0.5 : 1;
}

double plot_measure(struct slice s, double size, bool bold)
{
	double w = 0;
	size_t len;
	for (size_t i = 0; i < s.n; i += len)
		w += letter(utf8_get(slice_of(s.p + i, s.n - i), &len));
	return w * size * (bold ? 1.1 : 1);
}

/* Chinese breaks between any two characters but before those that close or stop. */
static bool is_wide(uint32_t c)
{
	return c >= 0x2e80 && c < 0xfe00;
}
static bool stays_with_former(uint32_t c)
{
	return c == 0x3001 || c == 0x3002 || c == 0x300b || c == 0x300d || c == 0x3011 || (c >= 0xff00 && c <= 0xff20 && c != 0xff08) || c == 0xff5d;
}

/* The longest part of s that fits: its length, and in *skip that of the blank after it. At least one character. */
static size_t fits(double width, double size, bool bold, struct slice s, size_t *skip)
{
	double w = 0, unit = size * (bold ? 1.1 : 1);
	size_t len, best = 0, after = 0;
	uint32_t before = 0;
	for (size_t i = 0; i < s.n; i += len) {
		uint32_t c = utf8_get(slice_of(s.p + i, s.n - i), &len);
		if (c == ' ') {
			best = i;
			after = len;
		} else if (i && !stays_with_former(c) && (is_wide(c) || is_wide(before)) && before != ' ' && before != 0xff08 && before != 0x300a) {
			best = i;
			after = 0;
		}
		w += letter(c) * unit;
		if (w > width && i) {
			*skip = best ? after : 0;
			return best ? best : i;
		}
		before = c;
	}
	*skip = 0;
	return s.n;
}

unsigned plot_rows(double width, double size, bool bold, struct slice s)
{
	unsigned n = 0;
	for (size_t skip; s.n; n++) {
		size_t k = fits(width, size, bold, s, &skip);
		s = slice_of(s.p + k + skip, s.n - k - skip);
	}
	return n;
}

double plot_wrap(struct plot *p, double x, double y, double width, double size, bool bold, uint32_t colour, struct slice s)
{
	for (size_t skip; s.n; y += size * 1.4) {
		size_t k = fits(width, size, bold, s, &skip);
		plot_text(p, x, y, PLOT_START, size, bold, colour, slice_of(s.p, k));
		s = slice_of(s.p + k + skip, s.n - k - skip);
	}
	return y;
}

struct slice plot_cut(struct plot *p, double width, double size, bool bold, struct slice s)
{
	double unit = size * (bold ? 1.1 : 1), w = unit;
	size_t len, fit = 0;
	if (plot_measure(s, size, bold) <= width)
		return s;
	for (size_t i = 0; i < s.n; i += len) {
		w += letter(utf8_get(slice_of(s.p + i, s.n - i), &len)) * unit;
		if (w > width)
			break;
		fit = i + len;
	}
	struct slice kept = slice_trim(slice_of(s.p, fit));
	char *text = plot_room(p, kept.n + 4, 1);
	if (!text)
		return SLICE_NULL;
	if (kept.n)
		memcpy(text, kept.p, kept.n);
	memcpy(text + kept.n, "…", 4);
	return slice_str(text);
}

/* ---- numbers ---- */

const char *plot_number(const char *lang, double value, char out[32])
{
	char digits[24];
	const char *between = !strcmp(lang, "fr") ? "\u202f" : ",";
	int n = snprintf(digits, sizeof digits, "%.0f", value > 0 ? fmin(value, 9e15 - 1) : 0), at = 0;
	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			for (const char *b = between; *b; b++)
				out[at++] = *b;
		out[at++] = digits[i];
	}
	out[at] = 0;
	return out;
}

/* Three digits at most, cut: 13,429,834 is 13.4 and not more. */
static void cut_to(double v, char mark, char out[24])
{
	unsigned places = v < 10 ? 2 : v < 100 ? 1 : 0;
	double unit = places == 2 ? 100 : places == 1 ? 10 : 1;
	uint64_t whole = (uint64_t)floor(v * unit + 1e-6);
	uint64_t u = (uint64_t)unit, rest = whole % u;
	if (!rest)
		(void)snprintf(out, 24, "%llu", (unsigned long long)(whole / u));
	else if (places == 2 && rest % 10 == 0)
		(void)snprintf(out, 24, "%llu%c%llu", (unsigned long long)(whole / u), mark, (unsigned long long)(rest / 10));
	else
		(void)snprintf(out, 24, "%llu%c%0*llu", (unsigned long long)(whole / u), mark, (int)places, (unsigned long long)rest);
}

const char *plot_short(const char *lang, double value, char out[32])
{
	bool chinese = !strcmp(lang, "zh");
	struct { double of; const char *unit; } west[] = {{1e9, " bn"}, {1e6, " M"}, {1e3, " k"}}, east[] = {{1e8, "亿"}, {1e4, "万"}, {1e18, ""}};
	char text[24];
	for (unsigned i = 0; i < 3; i++) {
		double of = chinese ? east[i].of : west[i].of;
		if (value < of || (!chinese && i == 2 && value < 1e4))
			continue;
		const char *unit = chinese ? east[i].unit : i == 0 && !strcmp(lang, "fr") ? " Md" : west[i].unit;
		double v = value / of;
		if (v >= 1000) /* 1340万: four digits are usual there */
			(void)snprintf(text, sizeof text, "%.0f", floor(v));
		else
			cut_to(v, !strcmp(lang, "fr") ? ',' : '.', text);
		(void)snprintf(out, 32, "%s%s", text, unit);
		return out;
	}
	return plot_number(lang, value, out);
}
