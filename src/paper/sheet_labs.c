/* Results of the laboratory: each analyte with its newest value, those before it, and a line of how it went. */
#include "paper_internal.h"

#include <math.h>

#define BEFORE 3       /* values beside the newest */
#define TREND_MM 34.0
#define TREND_HIGH 8.0

/* One line through the values that are numbers, by time; the range is a grey band, the newest a disc. Nothing for fewer than two. */
static void trend(struct pad *p, const struct paper_series *s, double x, double y, double w, double h)
{
	double low = INFINITY, high = -INFINITY;
	int64_t first = INT64_MAX, last = INT64_MIN;
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct paper_value *v = &s->value[i];
		if (isnan(v->number) || v->time == INT64_MIN)
			continue;
		low = fmin(low, v->number);
		high = fmax(high, v->number);
		first = v->time < first ? v->time : first;
		last = v->time > last ? v->time : last;
		n++;
	}
	if (n < 2 || last <= first)
		return;
	if (!isnan(s->low))
		low = fmin(low, s->low);
	if (!isnan(s->high))
		high = fmax(high, s->high);
	double span = high > low ? high - low : 1;
#define AT_Y(v) (y + h - ((v) - low) / span * h)
#define AT_X(t) (x + (double)((t) - first) / (double)(last - first) * w)
	if (!isnan(s->low) || !isnan(s->high)) {
		double top = isnan(s->high) ? high : s->high, bottom = isnan(s->low) ? low : s->low;
		pad_fill(p, x - 1, AT_Y(top), w + 2, fmax(0.2, AT_Y(bottom) - AT_Y(top)), 0.87);
	}
	double px = 0, py = 0;
	bool begun = false, newest = true;
	for (size_t i = 0; i < s->n; i++) { /* newest first: from the right to the left */
		const struct paper_value *v = &s->value[i];
		if (isnan(v->number) || v->time == INT64_MIN)
			continue;
		double nx = AT_X(v->time), ny = AT_Y(v->number);
		if (begun)
			pad_line(p, px, py, nx, ny, 0.3, 0);
		pad_disc(p, nx, ny, newest ? 0.8 : 0.4);
		px = nx;
		py = ny;
		begun = true;
		newest = false;
	}
#undef AT_X
#undef AT_Y
}

static struct slice value_text(struct pad *p, const struct paper_value *v)
{
	struct slice flag = say_flag(p, v->flag);
	return flag.n ? pad_printf(p, "%.*s  %.*s", (int)(v->text.n > 400 ? 400 : v->text.n), (const char *)v->text.p, SLICE_FMT(flag)) : v->text;
}

static struct slice value_small(struct pad *p, const struct paper_value *v)
{
	struct slice when = v->when.n ? say_when(p, v->when) : pad_word(p, W_NOT_STATED), s = pad_printf(p, "%.*s %.*s", SLICE_FMT(say_mark(v->origin)), SLICE_FMT(when));
	if (v->preliminary)
		s = pad_printf(p, "%.*s · %.*s", SLICE_FMT(s), SLICE_FMT(pad_word(p, W_PRELIMINARY)));
	if (v->was.n) {
		struct slice was = SAY(p, W_WAS, v->was);
		s = pad_printf(p, "%.*s · %.*s", SLICE_FMT(s), SLICE_FMT(was));
	}
	return s;
}

void sheet_labs(struct pad *p, const struct paper_sheet *s)
{
	static const struct column cols[] = {{W_C_TEST, 40, 0}, {W_C_NEWEST, 38, 0}, {W_C_BEFORE, 0, 0}, {W_C_RANGE, 22, 0}, {W_C_TREND, TREND_MM + 4, 0}};
	static const struct column phoned[] = {{W_DATE_TIME, 25, 0}, {W_TESTS, 45, 0}, {W_RESULT, 0, 0}, {W_TOLD_TO, 48, 0}};
	struct table t;
	for (size_t i = 0; i < s->section_n; i++)
		part_section(p, &s->section[i]);
	if (s->series_n)
		table_begin(&t, p, pad_word(p, W_LABS), cols, ARRAY_LEN(cols), 2.75);
	for (size_t i = 0; i < s->series_n; i++) {
		const struct paper_series *x = &s->series[i];
		AUTO_BUF struct buf before = {0};
		buf_init(&before, 1 << 16);
		for (size_t k = 1; k < x->n && k <= BEFORE; k++) {
			struct slice small = value_small(p, &x->value[k]), text = value_text(p, &x->value[k]);
			buf_printf(&before, "%s%.*s  (%.*s)", k > 1 ? "\n" : "", SLICE_FMT(text), SLICE_FMT(small));
		}
		struct slice older = before.n ? arena_dup(p->b->a, buf_slice(&before)) : SLICE_NULL;
		double high = TREND_HIGH + 2;
		pad_room(p, high + 2);
		double top = p->y;
		const struct cell row[] = {{.text = x->name, .small = x->unit, .bold = true}, {.text = x->n ? value_text(p, &x->value[0]) : SLICE_NULL, .small = x->n ? value_small(p, &x->value[0]) : SLICE_NULL, .bold = true}, {.text = SLICE_NULL, .small = older}, {.text = x->range}, {.text = x->n > 1 ? SLICE(" \n \n ") : SLICE_NULL}};
		unsigned page = p->leaf->pages;
		table_row(&t, row);
		if (p->leaf->pages != page)
			top = p->y - high; /* it went to the next page */
		double h = fmin(TREND_HIGH, p->y - top - 2);
		trend(p, x, t.x[4] + 2.5, top + 1, t.x[5] - t.x[4] - 5, h);
	}
	if (s->series_n)
		table_end(&t);
	part_heading(p, pad_word(p, W_PHONED));
	table_begin(&t, p, SLICE_NULL, phoned, ARRAY_LEN(phoned), 2.6);
	table_blank(&t, 4, 9 * p->s);
	table_end(&t);
}
