/* Who is in which bed, and what must be known of them before one goes there. */
#include "paper_internal.h"

static struct slice notes_of(struct pad *p, const struct paper_bed *b)
{
	AUTO_BUF struct buf t = {0};
	const struct {
		bool on;
		enum word w;
	} marks[] = {{b->lookalike, W_LOOKALIKE_SHORT}, {b->is_protected, W_PROTECTED}, {b->test, W_TEST}, {b->deceased, W_DECEASED}, {b->incomplete, W_INCOMPLETE_SHORT}};
	buf_init(&t, 1 << 12);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (marks[i].on) {
			buf_str(&t, t.n ? " · " : "");
			buf_add_slice(&t, pad_word(p, marks[i].w));
		}
	return pad_dup(p, buf_slice(&t));
}

/* All silent feeds in one box: a census has other things to say, too. */
static void silent(struct pad *p, const struct paper_sheet *s)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < s->section_n; i++)
		for (size_t k = 0; k < s->section[i].source_n; k++) {
			const struct paper_source *x = &s->section[i].source[k];
			if (!x->silent)
				continue;
			buf_str(&b, b.n ? ", " : "");
			buf_add_slice(&b, SAY(p, W_SINCE_WHEN, x->feed, say_clock(p, x->silent_since), say_age(p, p->b->run.made - x->silent_since)));
		}
	if (b.n)
		part_note(p, SAY(p, W_SILENT_ALL, buf_slice(&b)), NOTE_LOUD);
}

void sheet_census(struct pad *p, const struct paper_sheet *s)
{
	static const struct column cols[] = {{W_ROOM, 15, 0}, {W_BED, 12, 0}, {W_C_NAME, 58, 0}, {W_BORN, 25, 0}, {W_SEX, 15, 0}, {W_NUMBER, 29, 0}, {W_C_ALERTS, 0, 0}, {W_C_NOTES, 34, 0}};
	struct table t;
	part_note(p, SAY(p, W_PATIENTS, say_count(p, s->bed_n)), NOTE_PLAIN);
	if (s->withheld)
		part_note(p, SAY(p, W_WITHHELD, say_count(p, s->withheld)), NOTE_LOUD);
	silent(p, s);
	if (!s->bed_n) {
		part_note(p, pad_word(p, W_EMPTY_UNIT), NOTE_PLAIN);
		return;
	}
	table_begin(&t, p, s->unit, cols, ARRAY_LEN(cols), 3.0);
	for (size_t i = 0; i < s->bed_n; i++) {
		const struct paper_bed *b = &s->bed[i];
		struct slice alerts = b->alerts;
		if (b->is_protected)
			alerts = SLICE_NULL;
		else if (!alerts.n || b->allergies_said != PAPER_LISTED) {
			struct slice w = pad_word(p, b->allergies_said == PAPER_STATED_NONE ? W_STATED_NONE : W_NOT_RECEIVED), topic = pad_word(p, W_T_ALLERGIES);
			if (b->allergies_said != PAPER_LISTED)
				alerts = alerts.n ? pad_printf(p, "%.*s: %.*s · %.*s", SLICE_FMT(topic), SLICE_FMT(w), (int)(alerts.n > 600 ? 600 : alerts.n), (const char *)alerts.p) : pad_printf(p, "%.*s: %.*s", SLICE_FMT(topic), SLICE_FMT(w));
		}
		const struct cell row[] = {
			{.text = b->room, .bold = true}, {.text = b->bed, .bold = true},
			{.text = b->is_protected ? pad_word(p, W_PROTECTED_BED) : say_name(p, b->family, b->given), .small = b->is_protected ? SLICE_NULL : b->attending, .bold = true},
			{.text = b->is_protected ? SLICE_NULL : say_day(p, b->birth)}, {.text = b->is_protected ? SLICE_NULL : say_sex(p, b->sex)}, {.text = b->is_protected ? SLICE_NULL : b->number}, {.text = alerts, .bold = b->allergies_said == PAPER_LISTED}, {.text = notes_of(p, b), .bold = true},
		};
		table_row(&t, row);
	}
	table_end(&t);
}
