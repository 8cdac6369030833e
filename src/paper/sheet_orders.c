/* What is asked for and not done yet, with room to say that it is. */
#include "paper_internal.h"

void sheet_orders(struct pad *p, const struct paper_sheet *s)
{
	static const struct column cols[] = {{W_C_WHEN, 25, 0}, {W_C_WHAT, 0, 0}, {W_C_STATUS, 30, 0}, {W_C_ORIGIN, 20, 0}, {W_C_DONE, 42, 0}}, open[] = {{W_DATE_TIME, 25, 0}, {W_ORDER_TEXT, 0, 0}, {W_ORDERED_BY, 30, 0}, {W_NOTED_BY, 26, 0}, {W_C_DONE, 42, 0}};
	struct table t;
	for (size_t i = 0; i < s->section_n; i++) {
		const struct paper_section *x = &s->section[i];
		part_section(p, x);
		if (!x->n)
			continue;
		table_begin(&t, p, say_topic(p, x->topic), cols, ARRAY_LEN(cols), 2.75);
		for (size_t k = 0; k < x->n; k++) {
			const struct paper_item *it = &x->item[k];
			const struct cell row[] = {{.text = it->when.n ? say_when(p, it->when) : pad_word(p, W_NOT_STATED)}, {.text = it->what, .small = it->by, .bold = true}, {.text = it->detail}, {.text = pad_printf(p, "%.*s #%llu", SLICE_FMT(say_mark(it->origin)), (unsigned long long)it->entry)}, {.text = SLICE_NULL}};
			table_row(&t, row);
		}
		table_end(&t);
		if (x->more)
			part_note(p, SAY(p, W_MORE, say_count(p, x->more)), NOTE_BOLD);
	}
	part_heading(p, pad_word(p, W_NEW_ORDERS));
	table_begin(&t, p, SLICE_NULL, open, ARRAY_LEN(open), 2.6);
	table_blank(&t, 6, 11 * p->s);
	table_end(&t);
}
