/* The medication administration record: what was given in the last 24 hours, when each drug was last given and by whom, and room to sign for the next 48. A line of the grid is a day of twelve times two hours from the even hour in which it is
 * printed; the heavy line in it is midnight. Due times are not worked out: a frequency as it is written ("Q6H", "3x/d") is read by people, and a wrong hour on paper is given at that hour. */
#include "paper_internal.h"

#include <math.h>

#define COLUMNS 12
#define HOUR (3600 * TIME_SEC)

struct grid {
	double drug, past, label, x0, step; /* left edges; x0: of the first column; step: of a column */
	int64_t from;                       /* UTC ns of its first hour */
	int hour;                           /* of the site's day */
};

static void geometry(struct pad *p, struct grid *g)
{
	int y, mo, d, h, mi, s;
	int64_t zone = (int64_t)p->b->run.zone_minutes * 60 * TIME_SEC;
	time_civil(p->b->run.made + zone, &y, &mo, &d, &h, &mi, &s);
	g->hour = h - h % 2;
	g->from = time_from_civil(y, mo, d, g->hour, 0, 0) - zone;
	g->drug = p->left;
	g->past = p->left + 86;
	g->label = g->past + 52;
	g->x0 = g->label + 15;
	g->step = (p->right - g->x0) / COLUMNS;
}

static void grid_head(struct pad *p)
{
	struct grid g;
	geometry(p, &g);
	double h = 8.2 * p->s;
	pad_fill(p, p->left, p->y, p->right - p->left, h, 0.9);
	pad_text(p, g.drug + 1, p->y + 3.2 * p->s, 2.3, true, 0, SIDE_LEFT, g.past - g.drug - 2, pad_word(p, W_DRUG));
	pad_text(p, g.past + 1, p->y + 3.2 * p->s, 2.3, true, 0, SIDE_LEFT, g.label - g.past - 2, pad_word(p, W_PAST_24));
	pad_text(p, g.label + 1, p->y + 3.2 * p->s, 2.1, true, 0, SIDE_LEFT, p->right - g.label - 2, pad_word(p, W_NEXT_48));
	for (int i = 0; i < COLUMNS; i++)
		pad_text(p, g.x0 + (i + 0.5) * g.step, p->y + 7.0 * p->s, 2.3, true, 0, SIDE_MIDDLE, g.step - 0.6, pad_printf(p, "%02d–%02d", (g.hour + 2 * i) % 24, (g.hour + 2 * i + 2) % 24));
	pad_line(p, p->left, p->y + h, p->right, p->y + h, 0.3, 0);
	p->y += h;
}

static void grid_lines(struct pad *p, const struct grid *g, double y, double h)
{
	int midnight = (24 - g->hour) / 2;
	for (int k = 0; k < 2; k++) {
		double top = y + k * h / 2;
		struct slice day = say_clock(p, g->from + k * 24 * HOUR);
		pad_words(p, g->label + 0.7, top + 0.6, 1.9, false, 0.1, g->x0 - g->label - 1, 2, day, true);
		if (k)
			pad_line(p, g->label, top, p->right, top, 0.12, 0.3);
		for (int i = 0; i <= COLUMNS; i++)
			pad_line(p, g->x0 + i * g->step, top, g->x0 + i * g->step, top + h / 2, i == midnight && i && i < COLUMNS ? 0.55 : 0.12, i == midnight ? 0 : 0.4);
	}
	pad_line(p, g->past, y, g->past, y + h, 0.12, 0.4);
	pad_line(p, g->label, y, g->label, y + h, 0.3, 0);
	pad_line(p, p->left, y + h, p->right, y + h, 0.25, 0.1);
}

/* ---- what a row says ---- */

static void add(struct buf *b, const char *between, struct slice s)
{
	if (!s.n)
		return;
	buf_str(b, b->n ? between : "");
	buf_add_slice(b, s);
}

static struct slice how(struct pad *p, const struct paper_order *o)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	add(&b, " · ", o->dose);
	add(&b, " · ", o->route);
	add(&b, " · ", o->frequency);
	if (o->is_prn) {
		add(&b, " · ", pad_word(p, W_IF_NEEDED));
		add(&b, ": ", slice_eq_nocase(o->prn, "yes") ? SLICE_NULL : o->prn);
	}
	return pad_dup(p, buf_slice(&b));
}

static struct slice more(struct pad *p, const struct paper_order *o)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	if (o->start.n)
		add(&b, " · ", SAY(p, W_FROM_DATE, say_when(p, o->start)));
	if (o->end.n)
		add(&b, " · ", SAY(p, W_UNTIL, say_when(p, o->end)));
	if (o->number.n)
		add(&b, " · ", SAY(p, W_ORDER_NO, o->number));
	add(&b, " · ", pad_printf(p, "%.*s #%llu", SLICE_FMT(say_mark(o->origin)), (unsigned long long)o->entry));
	if (o->incomplete)
		add(&b, " · ", pad_word(p, W_INCOMPLETE_SHORT));
	add(&b, " · ", o->note);
	return pad_dup(p, buf_slice(&b));
}

static struct slice last(struct pad *p, const struct paper_order *o)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	if (!o->last)
		return pad_word(p, W_NEVER_GIVEN);
	buf_add_slice(&b, pad_word(p, W_LAST_GIVEN));
	buf_str(&b, " ");
	buf_add_slice(&b, say_when(p, o->last->at));
	if (p->b->run.made > o->last->time)
		add(&b, ", ", SAY(p, W_BEFORE_PRINT, say_age(p, p->b->run.made - o->last->time)));
	add(&b, ", ", o->last->dose);
	add(&b, ", ", o->last->by);
	add(&b, " ", say_mark(o->last->origin));
	return pad_dup(p, buf_slice(&b));
}

static struct slice not_given(struct pad *p, const struct paper_dose *d)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	buf_str(&b, "✕ ");
	buf_add_slice(&b, say_when(p, d->at));
	add(&b, " ", pad_word(p, W_NOT_GIVEN));
	add(&b, ": ", d->reason);
	add(&b, ", ", d->by);
	add(&b, " ", say_mark(d->origin));
	return pad_dup(p, buf_slice(&b));
}

static struct slice past(struct pad *p, const struct paper_order *o)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	for (size_t i = o->dose_n; i--;) { /* the newest first: where the list is cut, it is the oldest that go */
		const struct paper_dose *d = &o->dose_list[i];
		if (b.n)
			buf_u8(&b, '\n');
		if (!d->given) {
			buf_add_slice(&b, not_given(p, d));
			continue;
		}
		buf_add_slice(&b, say_mark(d->origin));
		buf_u8(&b, ' ');
		buf_add_slice(&b, say_when(p, d->at));
		buf_u8(&b, ' ');
		buf_add_slice(&b, pad_word(p, W_GIVEN));
		add(&b, " ", d->dose);
		add(&b, ", ", d->by);
	}
	struct slice s = b.n ? arena_dup(p->b->a, buf_slice(&b)) : SLICE_NULL;
	p->b->failed |= !buf_ok(&b);
	return s;
}

static struct slice state(struct pad *p, const struct paper_order *o)
{
	return o->stopped ? pad_word(p, W_STOPPED) : o->held ? pad_word(p, W_HELD) : o->proposed ? pad_word(p, W_PROPOSED) : o->no_order ? pad_word(p, W_NO_ORDER) : SLICE_NULL;
}

static double drug(struct pad *p, const struct grid *g, const struct paper_order *o, double y, bool draw)
{
	double from = y, x = g->drug + 1, w = g->past - g->drug - 2;
	struct slice st = state(p, o);
	bool tight = pad_lines(p, 2.8) < 18; /* large letters below a head with every warning: what is cut short stands in the chart, and when it was last given is not cut */
	if (st.n) {
		double sw = pad_width(p, 2.5, true, st) + 2;
		if (draw) {
			pad_frame(p, x, y + 0.4, sw, 3.6 * p->s, 0.4);
			pad_text(p, x + 1, y + 3.1 * p->s, 2.5, true, 0, SIDE_LEFT, 0, st);
		}
		y += 4.4 * p->s;
	}
	y += pad_words(p, x, y, 3.3, true, 0, w, tight ? 2 : 3, o->name, draw);
	y += pad_words(p, x, y, 2.8, false, 0, w, tight ? 1 : 3, how(p, o), draw);
	y += pad_words(p, x, y, 2.1, false, 0.15, w, tight ? 1 : 4, more(p, o), draw);
	y += pad_words(p, x, y, 2.55, true, 0, w, 3, last(p, o), draw);
	if (o->last_not)
		y += pad_words(p, x, y, 2.55, true, 0, w, tight ? 1 : 2, not_given(p, o->last_not), draw);
	return y - from;
}

static void row(struct pad *p, const struct grid *g, const struct paper_order *o)
{
	struct slice before = past(p, o);
	double w = g->label - g->past - 2, h = fmax(drug(p, g, o, 0, false), pad_words(p, 0, 0, 2.2, false, 0, w, pad_lines(p, 2.2), before, false));
	h = fmax(h + 2, 17 * p->s);
	pad_room(p, h);
	drug(p, g, o, p->y + 0.6, true);
	pad_words(p, g->past + 1, p->y + 0.8, 2.2, false, 0, w, pad_lines(p, 2.2), before, true);
	grid_lines(p, g, p->y, h);
	if (o->stopped) {
		pad_hatch(p, g->x0, p->y + 1, p->right - g->x0, h - 2);
		double sw = pad_width(p, 4, true, pad_word(p, W_STOPPED)) + 6;
		pad_fill(p, (g->x0 + p->right - sw) / 2, p->y + h / 2 - 3.4 * p->s, sw, 6.6 * p->s, 1);
		pad_text(p, (g->x0 + p->right) / 2, p->y + h / 2 + 1.4 * p->s, 4, true, 0, SIDE_MIDDLE, 0, pad_word(p, W_STOPPED));
	}
	p->y += h;
}

/* ---- the sheet ---- */

static void rows(struct pad *p, const struct paper_sheet *s, bool prn, enum word title)
{
	struct grid g;
	bool any = false;
	for (size_t i = 0; i < s->order_n; i++)
		any |= s->order[i].is_prn == prn;
	if (!any)
		return;
	pad_room(p, 40 * p->s);
	part_heading(p, pad_word(p, title));
	geometry(p, &g);
	grid_head(p);
	p->again = grid_head;
	for (size_t i = 0; i < s->order_n; i++)
		if (s->order[i].is_prn == prn)
			row(p, &g, &s->order[i]);
	p->again = NULL;
	p->y += 2;
}

static void new_orders(struct pad *p, unsigned n)
{
	struct grid g;
	double h = 17 * p->s;
	pad_room(p, 16 * p->s + 2 * h);
	part_heading(p, pad_word(p, W_NEW_ORDERS));
	geometry(p, &g);
	grid_head(p);
	p->again = grid_head;
	for (unsigned i = 0; i < n; i++) {
		pad_room(p, h);
		static const enum word lines[] = {W_DRUG, W_DOSE, W_FREQUENCY, W_ORDERED_BY};
		for (size_t k = 0; k < ARRAY_LEN(lines); k++) {
			double y = p->y + (3.4 + (double)k * 3.9) * p->s, used = pad_text(p, g.drug + 1, y, 1.9, false, 0.25, SIDE_LEFT, 30, pad_word(p, lines[k]));
			pad_dash(p, g.drug + 2 + used, g.past - 1.5, y + 0.5);
		}
		grid_lines(p, &g, p->y, h);
		p->y += h;
	}
	p->again = NULL;
	p->y += 3;
}

static void double_dose(struct pad *p)
{
	double w = p->right - p->left, h = pad_words(p, 0, 0, 2.7, true, 0, w - 12, 2, pad_word(p, W_DOUBLE_DOSE), false) + 6.5 * p->s;
	pad_room(p, h + 2);
	pad_frame(p, p->left, p->y, w, h, 0.5);
	double used = pad_words(p, p->left + 2, p->y + 1, 2.7, true, 0, w - 12, 2, pad_word(p, W_DOUBLE_DOSE), true);
	pad_text(p, p->left + 2, p->y + used + 4.4 * p->s, 3, false, 0, SIDE_LEFT, w - 4, pad_word(p, W_TICKED));
	p->y += h + 2;
}

static void signatures(struct pad *p)
{
	double w = (p->right - p->left) / 4, h = 13 * p->s;
	pad_room(p, h + 6 * p->s);
	pad_text(p, p->left, p->y + 3 * p->s, 2.3, true, 0, SIDE_LEFT, 0, pad_word(p, W_SIGNATURES));
	p->y += 4 * p->s;
	for (int i = 0; i < 4; i++) {
		pad_frame(p, p->left + i * w, p->y, w, h / 2, 0.12);
		pad_frame(p, p->left + i * w, p->y + h / 2, w, h / 2, 0.12);
	}
	p->y += h + 2;
}

void sheet_mar(struct pad *p, const struct paper_sheet *s)
{
	double_dose(p);
	for (size_t i = 0; i < s->section_n; i++)
		part_section(p, &s->section[i]);
	rows(p, s, false, W_SCHEDULED);
	rows(p, s, true, W_PRN);
	new_orders(p, 4);
	signatures(p);
	part_note(p, pad_word(p, W_DUE), NOTE_PLAIN);
}
