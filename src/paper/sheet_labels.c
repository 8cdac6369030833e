/* Labels and wristbands. A label sheet is one that is sold everywhere: A4 with 3 x 10 labels of 70 x 29.7 mm (Herma 4456, Avery 3489), US letter with 3 x 10 of 2.625 x 1 inch (Avery 5160). Each label says who it is in letters, and the record number as
 * Code 128 and as Data Matrix; a wristband says it as QR and Code 128. The codes hold the record number as the site writes it and nothing else, so that any scanner that reads the hospital's own labels reads these. Letters of labels are not
 * made larger: the label is not. */
#include "libzint.h"

#include <math.h>
#include <stdio.h>

struct stock {
	double w, h, left, top, step_x, step_y, inset;
};
static const struct stock a4 = {70, 29.7, 0, 0, 70, 29.7, 4}, letter = {66.675, 25.4, 4.7625, 12.7, 69.85, 25.4, 2.5};

static bool codes(struct pad *p, struct slice number, enum code_kind k, struct code **ret)
{
	char text[128];
	struct code *c = arena_alloc(p->b->a, sizeof *c);
	if (!c || !number.n || number.n >= sizeof text)
		return false;
	snprintf(text, sizeof text, "%.*s", SLICE_FMT(number));
	if (libzint_code(k, text, p->b->a, c, p->e) < 0) { /* a number that Code 128 has no letters for: the words are there */
		if (p->e && p->e->code == ERR_SYSTEM)
			p->code = p->e->code;
		return false;
	}
	*ret = c;
	return true;
}

/* Bars of at least 0.25 mm (10 mil), and ten of them free on both sides: GS1 General Specifications 5.4.2 for Code 128. */
static double bars(struct pad *p, const struct code *c, double x, double y, double w, double h)
{
	double module = fmin(0.33, w / (c->wide + 20.0));
	pad_code(p, x + 10 * module, y, c->wide * module, h, c);
	return (c->wide + 20) * module;
}

static struct slice born(struct pad *p, const struct paper_person *w)
{
	struct slice day = say_day(p, w->birth), sex = say_sex(p, w->sex);
	return pad_printf(p, "%.*s  %.*s", SLICE_FMT(day), SLICE_FMT(sex));
}

static struct slice where(struct pad *p, const struct paper_person *w)
{
	return pad_printf(p, "%.*s %.*s %.*s", (int)(w->unit.n > 40 ? 40 : w->unit.n), (const char *)w->unit.p, (int)(w->room.n > 20 ? 20 : w->room.n), (const char *)w->room.p, (int)(w->bed.n > 20 ? 20 : w->bed.n), (const char *)w->bed.p);
}

static void one(struct pad *p, const struct stock *k, const struct paper_person *w, double x, double y, const struct code *line, const struct code *square)
{
	double in = k->inset, side = square ? 11.5 : 0, right = x + k->w - in, width = k->w - 2 * in - (square ? side + 2 : 0), at = y + in;
	pad_text(p, x + in, at + 2.6, 3.3, true, 0, SIDE_LEFT, width, say_name(p, w->family, w->given));
	pad_text(p, x + in, at + 6.0, 2.5, true, 0, SIDE_LEFT, width, born(p, w));
	pad_text(p, x + in, at + 9.3, 2.7, true, 0, SIDE_LEFT, width, w->number.n ? w->number : pad_word(p, W_NOT_RECEIVED));
	if (square)
		pad_code(p, right - side, at, side, side, square);
	double below = at + 10.6, high = k->h - 2 * in - 10.6 - 3.6;
	if (line)
		bars(p, line, x + in - 1, below, k->w - 2 * in + 2, high);
	struct slice place = where(p, w);
	pad_text(p, x + in, y + k->h - in - 1.0, 1.9, false, 0, SIDE_LEFT, k->w - 2 * in - 24, place);
	pad_text(p, x + in, y + k->h - in + 1.3, 1.7, w->lookalikes > 0, 0, SIDE_LEFT, k->w - 2 * in - 24, w->lookalikes ? pad_word(p, W_LOOKALIKE_SHORT) : pad_word(p, W_COLLECT_HERE));
	pad_number(p, right - 22, y + k->h - in + 1.3, 1.7);
}

void sheet_labels(struct pad *p, const struct paper_sheet *s)
{
	static const struct paper_person nobody;
	const struct stock *k = p->b->run.us ? &letter : &a4;
	const struct paper_person *w = s->who ? s->who : &nobody;
	struct code *line = NULL, *square = NULL;
	p->s = 1;
	if (!codes(p, w->number, CODE_128, &line))
		line = NULL;
	if (!codes(p, w->number, CODE_MATRIX, &square))
		square = NULL;
	for (int row = 0; row < 10; row++)
		for (int col = 0; col < 3; col++)
			one(p, k, w, k->left + col * k->step_x, k->top + row * k->step_y, line, square);
}

/* 25 x 200 mm, six of them on a page across, each with marks to cut along: the wrist, and spares. */
void sheet_wristbands(struct pad *p, const struct paper_sheet *s)
{
	static const struct paper_person nobody;
	const struct paper_person *w = s->who ? s->who : &nobody;
	struct code *line = NULL, *square = NULL;
	double x = (p->w - 200) / 2;
	p->s = 1;
	if (!codes(p, w->number, CODE_128, &line))
		line = NULL;
	if (!codes(p, w->number, CODE_QR, &square))
		square = NULL;
	for (int i = 0; i < 6; i++) {
		double y = 14 + i * 31.0;
		pad_frame(p, x, y, 200, 25, 0.12);
		if (square)
			pad_code(p, x + 14, y + 4, 17, 17, square);
		pad_text(p, x + 36, y + 8.2, 5.4, true, 0, SIDE_LEFT, 90, say_name(p, w->family, w->given));
		pad_text(p, x + 36, y + 14.4, 3.9, true, 0, SIDE_LEFT, 90, born(p, w));
		pad_text(p, x + 36, y + 19.9, 4.3, true, 0, SIDE_LEFT, 60, w->number.n ? w->number : pad_word(p, W_NOT_RECEIVED));
		struct slice allergy = w->allergies_said == PAPER_LISTED ? w->allergies : pad_word(p, w->allergies_said == PAPER_STATED_NONE ? W_STATED_NONE : W_NOT_RECEIVED), topic = pad_word(p, W_T_ALLERGIES);
		pad_text(p, x + 36, y + 23.6, 2.3, true, 0, SIDE_LEFT, 92, pad_printf(p, "%.*s: %.*s", SLICE_FMT(topic), (int)(allergy.n > 300 ? 300 : allergy.n), (const char *)allergy.p));
		if (line)
			bars(p, line, x + 130, y + 5, 58, 13);
		pad_number(p, x + 134, y + 22.5, 1.9);
	}
}
