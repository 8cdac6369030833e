/* Whom to call when the directory is gone. */
#include "paper_internal.h"

void sheet_contacts(struct pad *p, const struct paper_sheet *s)
{
	static const struct column cols[] = {{W_GROUP, 28, 0}, {W_C_NAME, 46, 0}, {W_ROLE, 36, 0}, {W_PHONE, 34, 0}, {W_C_NOTES, 0, 0}};
	struct table t;
	if (!s->contact_n)
		part_note(p, pad_word(p, W_NO_CONTACTS), NOTE_LOUD);
	table_begin(&t, p, SLICE_NULL, cols, ARRAY_LEN(cols), 2.8);
	for (size_t i = 0; i < s->contact_n; i++) {
		const struct paper_contact *c = &s->contact[i];
		const struct cell row[] = {{.text = c->group}, {.text = c->name, .bold = true}, {.text = c->role}, {.text = c->phone, .bold = true}, {.text = c->note}};
		table_row(&t, row);
	}
	table_blank(&t, s->contact_n ? 4 : 18, 10 * p->s);
	table_end(&t);
}
