/* What sheets share: the head with whose it is, the foot with what it was made from, headings of sections with their age. */
#include "paper_internal.h"

#include <math.h>

#define QR_MM 17.0
#define BESIDE 21.0 /* what the QR code and its words take of the head */

/* ---- the head ---- */

struct flow {
	struct pad *p;
	double x, y, right, left, row;
	bool draw;
};

/* A value with its name above it; the next row where there is no room. */
static void field(struct flow *f, enum word name, struct slice v, bool large)
{
	struct pad *p = f->p;
	double size = large ? 3.9 : 3.1, w = fmax(pad_width(p, 1.9, false, pad_word(p, name)), pad_width(p, size, true, v)) + 4.5;
	w = fmin(w, f->right - f->left);
	if (f->x > f->left && f->x + w > f->right + 3) {
		f->x = f->left;
		f->y += f->row;
	}
	if (f->draw) {
		pad_text(p, f->x, f->y + 2.1 * p->s, 1.9, false, 0.25, SIDE_LEFT, w - 1, pad_word(p, name));
		pad_text(p, f->x, f->y + 6.3 * p->s, size, true, 0, SIDE_LEFT, w - 1, v);
	}
	f->x += w;
}

static double warning(struct pad *p, double y, double width, struct slice s, bool draw)
{
	double h = pad_words(p, p->left + 8, y + 0.8, 2.8, true, 0, width - 10, 4, s, draw) + 1.9;
	if (draw) {
		pad_hatch(p, p->left, y, 6, h);
		pad_frame(p, p->left, y, width, h, 0.45);
	}
	return h + 1;
}

/* All of them in one box: a head that takes half of the page helps nobody. */
static double warnings(struct pad *p, double y, double width, const struct paper_person *w, bool draw)
{
	const struct slice said[] = {w->is_protected ? pad_word(p, W_PROTECTED) : SLICE_NULL, w->lookalikes ? SAY(p, W_LOOKALIKE, say_count(p, w->lookalikes)) : SLICE_NULL, w->test ? pad_word(p, W_TEST) : SLICE_NULL, w->deceased ? pad_word(p, W_DECEASED) : SLICE_NULL,
	                             w->incomplete ? pad_word(p, W_INCOMPLETE) : SLICE_NULL};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 14);
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		if (said[i].n) {
			buf_str(&b, b.n ? "  ·  " : "");
			buf_add_slice(&b, said[i]);
		}
	return b.n ? warning(p, y, width, pad_dup(p, buf_slice(&b)), draw) : 0;
}

static struct slice allergies(struct pad *p, const struct paper_person *w)
{
	struct slice t = pad_word(p, W_T_ALLERGIES), v = w->allergies_said == PAPER_LISTED ? w->allergies : pad_word(p, w->allergies_said == PAPER_STATED_NONE ? W_STATED_NONE : W_NOT_RECEIVED);
	return w->alerts.n ? pad_printf(p, "%.*s: %.*s  ·  %.*s", SLICE_FMT(t), (int)(v.n > 800 ? 800 : v.n), (const char *)v.p, (int)(w->alerts.n > 400 ? 400 : w->alerts.n), (const char *)w->alerts.p)
	                   : pad_printf(p, "%.*s: %.*s", SLICE_FMT(t), (int)(v.n > 800 ? 800 : v.n), (const char *)v.p);
}

static struct slice place_of(struct pad *p, const struct paper_person *w)
{
	if (!w->unit.n)
		return pad_word(p, W_NOT_RECEIVED);
	return pad_printf(p, "%.*s%s%.*s%s%.*s", (int)(w->unit.n > 60 ? 60 : w->unit.n), (const char *)w->unit.p, w->room.n ? " · " : "", (int)(w->room.n > 40 ? 40 : w->room.n), (const char *)w->room.p, w->bed.n ? " · " : "",
	                  (int)(w->bed.n > 40 ? 40 : w->bed.n), (const char *)w->bed.p);
}

static double person(struct pad *p, double y, double width, const struct paper_person *w, bool draw)
{
	double from = y;
	y += pad_words(p, p->left, y, 6.0, true, 0, width, 2, say_name(p, w->family, w->given), draw) + 0.4;
	struct flow f = {.p = p, .x = p->left, .left = p->left, .right = p->left + width, .y = y, .row = 7.4 * p->s, .draw = draw};
	field(&f, W_BORN, say_day(p, w->birth), true);
	field(&f, W_SEX, say_sex(p, w->sex), true);
	field(&f, W_NUMBER, w->number.n ? w->number : pad_word(p, W_NOT_RECEIVED), true);
	field(&f, W_BED, place_of(p, w), true);
	if (w->visit.n)
		field(&f, W_VISIT, w->visit, false);
	if (w->attending.n)
		field(&f, W_ATTENDING, w->attending, false);
	if (w->since.n)
		field(&f, W_SINCE, say_when(p, w->since), false);
	y = f.y + f.row + 0.6;
	y += pad_words(p, p->left, y, 3.0, true, 0, width, 3, allergies(p, w), draw) + 0.9;
	y += warnings(p, y, width, w, draw);
	return y - from;
}

/* An empty form has room for a label, or for what would stand on it. */
static double nobody(struct pad *p, double y, bool draw)
{
	double w = 74, h = 31, x = p->left;
	if (draw) {
		pad_frame(p, x, y, w, h, 0.2);
		pad_text(p, x + 2, y + 3.4 * p->s, 2.1, false, 0.4, SIDE_LEFT, w - 4, pad_word(p, W_LABEL_HERE));
		static const enum word lines[] = {W_FAMILY_NAME, W_GIVEN_NAME, W_BIRTH_DATE, W_DOWNTIME_NO};
		double right = p->right - BESIDE - 6 * p->s; /* the sheet's number is wider than its code */
		for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
			double at = y + 6 + (double)i * 7.6;
			double used = pad_text(p, x + w + 4, at, 2.3, false, 0.15, SIDE_LEFT, 44, pad_word(p, lines[i]));
			pad_dash(p, x + w + 5 + used, right, at + 0.6);
		}
		pad_words(p, x, y + h + 1, 2.1, false, 0.2, right - x, 2, pad_word(p, W_WRITE_ID), true);
	}
	return h + 5 * p->s;
}

static double head(struct pad *p, const struct leaf *l, const char *number, const struct code *qr, unsigned page, unsigned pages, bool draw)
{
	const struct paper_run *run = &p->b->run;
	double y = 8, width = p->right - p->left - BESIDE, qx = p->right - QR_MM;
	struct slice site = slice_str(run->site);
	if (draw) {
		double used = pad_text(p, p->left, y + 3.2 * p->s, 3.6, true, 0, SIDE_LEFT, width * 0.62, say_kind(p, l->kind));
		struct slice unit = l->unit.n && !l->has_who ? l->unit : SLICE_NULL;
		pad_text(p, p->left + width, y + 3.2 * p->s, 2.5, false, 0.15, SIDE_RIGHT, width - used - 3, unit.n ? pad_printf(p, "%.*s · %.*s", (int)(site.n > 120 ? 120 : site.n), (const char *)site.p, (int)(unit.n > 60 ? 60 : unit.n), (const char *)unit.p) : site);
		pad_code(p, qx, y, QR_MM, QR_MM, qr);
		pad_text(p, p->right, y + QR_MM + 2.7 * p->s, 2.2, true, 0, SIDE_RIGHT, BESIDE + 12, slice_str(number));
		pad_text(p, p->right, y + QR_MM + 5.9 * p->s, 2.4, true, 0, SIDE_RIGHT, BESIDE + 12, SAY(p, W_PAGE, say_count(p, page), say_count(p, pages)));
	}
	y += 5.4 * p->s;
	if (run->notice.n)
		y += warning(p, y, width, run->notice, draw);
	if (l->has_who)
		y += person(p, y, width, &l->who, draw);
	else if (paper_kind_is_form(l->kind))
		y += nobody(p, y, draw);
	else if (l->unit.n)
		y += pad_words(p, p->left, y, 6.0, true, 0, width, 1, l->unit, draw) + 0.6;
	y = fmax(y, 8 + QR_MM + 7.2 * p->s);
	if (draw)
		pad_line(p, p->left, y, p->right, y, 0.6, 0);
	return y + 2.5;
}

double part_head_height(struct pad *p, const struct leaf *l)
{
	return head(p, l, "", NULL, 1, 1, false);
}

void part_head(struct pad *p, const struct leaf *l, const char *number, const struct code *qr, unsigned page, unsigned pages)
{
	(void)head(p, l, number, qr, page, pages, true);
}

/* ---- the foot ---- */

void part_foot(struct pad *p, const struct leaf *l, const char *number)
{
	const struct paper_run *run = &p->b->run;
	double y = p->bottom + 2, size = 2.05, step = 2.9 * p->s, w = p->right - p->left;
	struct slice made = say_time(p, run->made, false), got = say_time(p, run->entry_time, true), from = SLICE_NULL, under = pad_word(p, W_NO_CHECKPOINT);
	if (!paper_kind_is_form(l->kind) && l->kind != PAPER_CONTACTS) {
		from = SAY(p, W_FROM_ENTRY, say_count(p, run->entry), got);
		if (run->checkpoint)
			under = SAY(p, W_CHECKPOINT, say_count(p, run->checkpoint), run->root);
	}
	pad_line(p, p->left, y, p->right, y, 0.25, 0);
	made = SAY(p, W_MADE, made);
	pad_text(p, p->left, y + step, size, true, 0, SIDE_LEFT, w, from.n ? pad_printf(p, "%.*s · %.*s · %.*s", SLICE_FMT(made), SLICE_FMT(from), SLICE_FMT(pad_word(p, W_OTHER_OLD))) : made);
	if (!from.n)
		return;
	pad_text(p, p->left, y + 2 * step, size, false, 0.15, SIDE_LEFT, w, under);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 12);
	buf_add_slice(&b, pad_word(p, W_ORIGIN));
	for (int o = PAPER_FED; o <= PAPER_PARTNER; o++) {
		buf_str(&b, "  ");
		buf_add_slice(&b, say_mark((enum paper_origin)o));
		buf_u8(&b, ' ');
		buf_add_slice(&b, say_origin(p, (enum paper_origin)o));
	}
	pad_text(p, p->left, y + 3 * step, size, false, 0, SIDE_LEFT, w, buf_slice(&b));
}

/* ---- sections ---- */

void part_heading(struct pad *p, struct slice title)
{
	pad_room(p, 16 * p->s);
	p->y += 1.2;
	pad_text(p, p->left, p->y + 3.6 * p->s, 3.5, true, 0, SIDE_LEFT, p->right - p->left, title);
	p->y += 5.2 * p->s;
}

void part_note(struct pad *p, struct slice text, enum note how)
{
	bool loud = how == NOTE_LOUD;
	double inset = loud ? 8 : 0, w = p->right - p->left - inset - (loud ? 2 : 0), h = pad_words(p, 0, 0, 2.7, how != NOTE_PLAIN, 0, w, 6, text, false);
	pad_room(p, h + 3);
	if (loud) {
		pad_hatch(p, p->left, p->y, 6, h + 1.8);
		pad_frame(p, p->left, p->y, p->right - p->left, h + 1.8, 0.45);
	}
	pad_words(p, p->left + inset, p->y + 0.8, 2.7, how != NOTE_PLAIN, 0, w, 6, text, true);
	p->y += h + 3;
}

/* "■ LAB@EAST: as of 22 Nov 14:02 · received 22 Nov 14:02:11 · 6 min old when printed" */
static struct slice source_line(struct pad *p, const struct paper_source *x)
{
	struct slice mark = say_mark(x->origin), got = say_time(p, x->received, true), age = say_age(p, p->b->run.made - (x->as_of_time && x->as_of_time < x->received ? x->as_of_time : x->received));
	struct slice received = SAY(p, W_RECEIVED, got), old = SAY(p, W_OLD, age);
	int feed = (int)(x->feed.n > 80 ? 80 : x->feed.n);
	if (!x->as_of.n)
		return pad_printf(p, "%.*s %.*s: %.*s · %.*s", SLICE_FMT(mark), feed, (const char *)x->feed.p, SLICE_FMT(received), SLICE_FMT(old));
	struct slice as_of = SAY(p, W_AS_OF, say_when(p, x->as_of));
	return pad_printf(p, "%.*s %.*s: %.*s · %.*s · %.*s", SLICE_FMT(mark), feed, (const char *)x->feed.p, SLICE_FMT(as_of), SLICE_FMT(received), SLICE_FMT(old));
}

void part_section(struct pad *p, const struct paper_section *s)
{
	pad_room(p, 24 * p->s);
	p->y += 0.8;
	struct slice title = say_topic(p, s->topic);
	double used = pad_text(p, p->left, p->y + 3.6 * p->s, 3.5, true, 0, SIDE_LEFT, 80, title);
	if (s->said != PAPER_LISTED) {
		struct slice word = pad_word(p, s->said == PAPER_STATED_NONE ? W_STATED_NONE : W_NOT_RECEIVED), why = pad_word(p, s->said == PAPER_STATED_NONE ? W_STATED_NONE_LONG : W_NOT_RECEIVED_LONG);
		double x = p->left + used + 3, w = pad_width(p, 3.0, true, word);
		pad_frame(p, x, p->y + 0.2, w + 3, 4.6 * p->s, s->said == PAPER_NOT_RECEIVED ? 0.5 : 0.25);
		pad_text(p, x + 1.5, p->y + 3.5 * p->s, 3.0, true, 0, SIDE_LEFT, 0, word);
		pad_text(p, x + w + 5, p->y + 3.5 * p->s, 2.4, false, 0.1, SIDE_LEFT, p->right - x - w - 5, why);
	}
	p->y += 5.4 * p->s;
	for (size_t i = 0; i < s->source_n && i < 4; i++) {
		const struct paper_source *x = &s->source[i];
		pad_room(p, 4 * p->s);
		pad_text(p, p->left, p->y + 2.1 * p->s, 2.15, false, 0.12, SIDE_LEFT, p->right - p->left, source_line(p, x));
		p->y += 3.0 * p->s;
		if (x->silent)
			part_note(p, SAY(p, W_SILENT, x->feed, say_clock(p, x->silent_since), say_age(p, p->b->run.made - x->silent_since)), NOTE_LOUD);
	}
	if (s->incomplete)
		part_note(p, pad_word(p, W_INCOMPLETE), NOTE_LOUD);
	p->y += 0.6;
}
