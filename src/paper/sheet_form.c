/* Forms to be written on. Of a patient who is known the head carries who it is; else there is room for a label and for what would stand on one. */
#include "paper_internal.h"

#include <math.h>

/* From line to line. Whoever needs larger print writes larger, too, but not by as much. */
static double step_of(const struct pad *p)
{
	return 8.2 * sqrt(p->s);
}

/* A box stays with what it stands for: no line ends between them. */
static struct slice boxes(struct pad *p, enum word w)
{
	struct slice s = pad_word(p, w);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 12);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ' && i >= 3 && !memcmp(s.p + i - 3, "\u2610", 3))
			buf_str(&b, "\u00a0");
		else
			buf_u8(&b, s.p[i]);
	}
	return pad_dup(p, buf_slice(&b));
}

/* A question and lines behind and below it to write on. */
static void ask(struct pad *p, enum word w, unsigned lines)
{
	struct slice s = boxes(p, w);
	double step = step_of(p), width = p->right - p->left, used = pad_width(p, 2.7, false, s);
	pad_room(p, step * lines + 1);
	if (used > width * 0.8) {
		p->y += pad_words(p, p->left, p->y + 2.2, 2.7, false, 0, width, 3, s, true) + 2.2;
	} else {
		p->y += step;
		pad_text(p, p->left, p->y - 1, 2.7, false, 0, SIDE_LEFT, 0, s);
		pad_dash(p, p->left + used + 2, p->right, p->y);
		lines--;
	}
	for (; lines; lines--) {
		p->y += step;
		pad_dash(p, p->left, p->right, p->y);
	}
}

/* Two short questions side by side. */
static void ask_two(struct pad *p, enum word a, enum word b)
{
	double step = step_of(p), half = (p->right - p->left) / 2;
	pad_room(p, step);
	p->y += step;
	const enum word w[] = {a, b};
	for (int i = 0; i < 2; i++) {
		double x = p->left + i * half, used = pad_text(p, x, p->y - 1, 2.7, false, 0, SIDE_LEFT, half - 30, pad_word(p, w[i]));
		pad_dash(p, x + used + 2, x + half - 3, p->y);
	}
}

static void tell(struct pad *p, enum word w)
{
	struct slice s = boxes(p, w);
	double h = pad_words(p, 0, 0, 2.8, false, 0, p->right - p->left, 6, s, false);
	pad_room(p, h + 4.4);
	pad_words(p, p->left, p->y + 3.4, 2.8, false, 0, p->right - p->left, 6, s, true);
	p->y += h + 4.4;
}

static void filled(struct pad *p, const struct column *cols, size_t n, double high)
{
	struct table t;
	table_begin(&t, p, SLICE_NULL, cols, n, 2.6);
	double row = high * sqrt(p->s), room = p->bottom - p->y - 4.2 * step_of(p);
	table_blank(&t, (unsigned)fmax(4, floor(room / row)), row);
	table_end(&t);
}

static void signs(struct pad *p)
{
	ask(p, W_SIGNED, 2);
	ask(p, W_ENTERED, 1);
}

/* What is left of a page is to be written on as well. */
static void rest(struct pad *p, double keep)
{
	double lines = floor((p->bottom - p->y - keep) / step_of(p)) - 1;
	if (lines >= 2)
		ask(p, W_NOTE_TEXT, (unsigned)fmin(lines, 8));
}

static void registration(struct pad *p)
{
	ask_two(p, W_ARRIVED, W_ARRIVED_BY);
	tell(p, W_SEX_BOXES);
	ask(p, W_ADDRESS, 2);
	ask_two(p, W_PHONE, W_KIN);
	ask(p, W_REASON, 3);
	ask(p, W_ALLERGY_BOXES, 2);
	tell(p, W_TWO_IDS);
	ask(p, W_UNRESPONSIVE, 3);
	ask(p, W_NEWBORN, 2);
	ask(p, W_BED_GIVEN, 1);
	rest(p, 3.2 * step_of(p));
	signs(p);
}

static void vitals(struct pad *p)
{
	static const struct column cols[] = {{W_DATE_TIME, 34, 0}, {W_TEMPERATURE, 0, 0}, {W_PULSE, 0, 0}, {W_RESPIRATION, 0, 0}, {W_PRESSURE, 26, 0}, {W_SATURATION, 0, 0}, {W_OXYGEN, 0, 0}, {W_AWARE, 0, 0}, {W_PAIN, 0, 0}, {W_INTAKE, 0, 0}, {W_URINE, 0, 0}, {W_INITIALS, 24, 0}};
	filled(p, cols, ARRAY_LEN(cols), 8.5);
	signs(p);
}

static void mar(struct pad *p)
{
	static const struct column cols[] = {{W_DRUG, 62, 0}, {W_DOSE, 34, 0}, {W_FREQUENCY, 24, 0}, {W_ORDERED_BY, 24, 0}, {W_TIME_GIVEN, 0, 0}, {W_TIME_GIVEN, 0, 0}, {W_TIME_GIVEN, 0, 0}, {W_TIME_GIVEN, 0, 0}, {W_TIME_GIVEN, 0, 0}, {W_TIME_GIVEN, 0, 0}};
	ask(p, W_ALLERGY_BOXES, 1);
	p->y += 3;
	filled(p, cols, ARRAY_LEN(cols), 12);
	signs(p);
}

static void orders(struct pad *p)
{
	static const struct column cols[] = {{W_DATE_TIME, 26, 0}, {W_ORDER_TEXT, 0, 0}, {W_ORDERED_BY, 32, 0}, {W_NOTED_BY, 30, 0}};
	ask(p, W_ALLERGY_BOXES, 1);
	tell(p, W_VERBAL);
	p->y += 1;
	filled(p, cols, ARRAY_LEN(cols), 12);
	signs(p);
}

static void notes(struct pad *p)
{
	static const struct column cols[] = {{W_DATE_TIME, 28, 0}, {W_NOTE_TEXT, 0, 0}};
	filled(p, cols, ARRAY_LEN(cols), 9.5);
	signs(p);
}

static void requisition(struct pad *p)
{
	ask_two(p, W_SPECIMEN, W_COLLECTED);
	tell(p, W_URGENT);
	tell(p, W_TEST_BOXES);
	ask(p, W_TESTS, 3);
	ask(p, W_REASON, 2);
	ask(p, W_CALL_TO, 1);
	signs(p);
	p->y += 3;
	part_heading(p, pad_word(p, W_LAB_PART));
	ask_two(p, W_RECEIVED_AT, W_RESULTED_AT);
	ask(p, W_RESULT, 4);
	rest(p, 1.2 * step_of(p));
	ask(p, W_TOLD_TO, 1);
}

static void transfer(struct pad *p)
{
	ask(p, W_TO_WHERE, 2);
	ask(p, W_TRANSPORT, 2);
	ask(p, W_DIAGNOSIS, 3);
	ask(p, W_STATE_NOW, 4);
	ask(p, W_RUNNING, 4);
	ask(p, W_ALLERGY_BOXES, 1);
	ask(p, W_WISHES, 1);
	tell(p, W_GOES_ALONG);
	tell(p, W_TWO_IDS);
	rest(p, 2.2 * step_of(p));
	ask(p, W_SIGNED, 1);
	ask(p, W_RECEIVED_BY, 1);
}

void sheet_form(struct pad *p, const struct paper_sheet *s)
{
	static void (*const forms[PAPER_KINDS])(struct pad *) = {[PAPER_REGISTRATION] = registration, [PAPER_VITALS] = vitals, [PAPER_MAR_FORM] = mar, [PAPER_ORDERS_FORM] = orders, [PAPER_NOTES] = notes, [PAPER_LAB_REQUISITION] = requisition, [PAPER_TRANSFER] = transfer};
	assert(s->kind < PAPER_KINDS && forms[s->kind]);
	forms[s->kind](p);
}
