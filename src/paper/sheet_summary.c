/* A patient's chart on a page or two: one section after the other, each a list, stated none or not received, with its age. */
#include "paper_internal.h"

void sheet_summary(struct pad *p, const struct paper_sheet *s)
{
	static const struct column cols[] = {{W_C_WHEN, 25, 0}, {W_C_WHAT, 78, 0}, {W_C_DETAIL, 0, 0}, {W_C_ORIGIN, 20, 0}};
	for (size_t i = 0; i < s->section_n; i++) {
		const struct paper_section *x = &s->section[i];
		struct table t;
		part_section(p, x);
		if (!x->n)
			continue;
		table_begin(&t, p, say_topic(p, x->topic), cols, ARRAY_LEN(cols), 2.75);
		for (size_t k = 0; k < x->n; k++) {
			const struct paper_item *it = &x->item[k];
			struct slice flag = say_flag(p, it->flag), what = it->what;
			if (flag.n)
				what = pad_printf(p, "%.*s  %.*s", (int)(what.n > 900 ? 900 : what.n), (const char *)what.p, SLICE_FMT(flag));
			struct slice entry = pad_printf(p, "%.*s #%llu", SLICE_FMT(say_mark(it->origin)), (unsigned long long)it->entry), was = it->was.n ? SAY(p, W_WAS, it->was) : SLICE_NULL;
			if (it->incomplete)
				was = was.n ? pad_printf(p, "%.*s · %.*s", SLICE_FMT(was), SLICE_FMT(pad_word(p, W_INCOMPLETE_SHORT))) : pad_word(p, W_INCOMPLETE_SHORT);
			const struct cell row[] = {{.text = it->when.n ? say_when(p, it->when) : pad_word(p, W_NOT_STATED)}, {.text = what, .small = was, .bold = true}, {.text = it->detail, .small = it->by}, {.text = entry}};
			table_row(&t, row);
		}
		table_end(&t);
		if (x->more)
			part_note(p, SAY(p, W_MORE, say_count(p, x->more)), NOTE_BOLD);
	}
	if (!s->section_n)
		part_note(p, pad_word(p, W_NO_SECTIONS), NOTE_LOUD);
}
