/* Whom to call when the directory is gone: one table a group, the first number large enough to be dialled from at arm's length. And lists of calls that have to be made. */
#include "paper_internal.h"

#include <math.h>

#define DIAL 4.2 /* mm */

static const enum word groups[PAPER_CONTACT_GROUPS] = {W_G_ON_CALL, W_G_PLACES, W_G_STAFF, W_G_NEIGHBOURS, W_G_PARTNERS, W_G_SUPPLIERS, W_G_AUTHORITIES, W_G_REGULATORS, W_G_POLICE, W_G_INSURERS, W_G_OTHERS};

static void add(struct buf *b, const char *between, struct slice s)
{
	if (s.n) {
		buf_str(b, b->n ? between : "");
		buf_add_slice(b, s);
	}
}

/* A number is read in one piece: it is not broken at its blanks. */
static struct slice whole(struct pad *p, struct slice number)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 12);
	for (size_t i = 0; i < number.n; i++) {
		if (number.p[i] == ' ')
			buf_str(&b, "\u00a0");
		else
			buf_u8(&b, number.p[i]);
	}
	return b.n ? pad_dup(p, buf_slice(&b)) : SLICE_NULL;
}

static struct slice labelled(struct pad *p, enum word w, struct slice number)
{
	return number.n ? SAY(p, w, whole(p, number)) : SLICE_NULL;
}

/* The one that is dialled first: the telephone, or what there is instead of it, which then says what it is. */
static struct slice first_of(struct pad *p, const struct paper_contact *c)
{
	return c->phone.n ? c->phone : c->mobile.n ? c->mobile : c->pager.n ? labelled(p, W_PAGER, c->pager) : c->phone2;
}

static struct slice others_of(struct pad *p, const struct paper_contact *c)
{
	AUTO_BUF struct buf b = {0};
	struct slice first = first_of(p, c);
	buf_init(&b, 1 << 14);
	if (c->phone2.p != first.p)
		add(&b, " · ", whole(p, c->phone2));
	if (c->mobile.p != first.p)
		add(&b, " · ", labelled(p, W_MOBILE, c->mobile));
	if (c->phone.n || c->mobile.n)
		add(&b, " · ", labelled(p, W_PAGER, c->pager));
	add(&b, " · ", labelled(p, W_FAX, c->fax));
	return pad_dup(p, buf_slice(&b));
}

static struct slice when_of(struct pad *p, const struct paper_contact *c)
{
	if (!c->from.n && !c->to.n)
		return SLICE_NULL;
	if (c->from.n == 5 && c->to.n == 5)
		return SAY(p, W_DAILY, c->from, c->to);
	return !c->to.n ? SAY(p, W_FROM_DATE, say_when(p, c->from)) : !c->from.n ? SAY(p, W_UNTIL, say_when(p, c->to)) : SAY(p, W_FROM_TO, say_when(p, c->from), say_when(p, c->to));
}

static void row_of(struct table *t, struct pad *p, const struct paper_contact *c)
{
	AUTO_BUF struct buf reach = {0}, note = {0}, who = {0};
	buf_init(&reach, 1 << 14);
	buf_init(&note, 1 << 14);
	buf_init(&who, 1 << 14);
	add(&reach, "", c->email);
	add(&reach, " · ", c->address);
	if (c->now)
		add(&note, "", pad_word(p, W_ON_CALL_NOW));
	add(&note, " · ", when_of(p, c));
	struct slice name = c->name.n ? c->name : c->role.n ? c->role : c->unit, first = first_of(p, c);
	if (first.n)
		first = whole(p, first);
	double room = t->x[2] - t->x[1] - 2, wide = first.n ? pad_width(p, DIAL, true, first) : 0, size = wide > room ? fmax(DIAL * room / wide, 2.6) : DIAL;
	if (c->name.n)
		add(&who, "", c->role);
	if (!slice_eq(name, c->unit))
		add(&who, " · ", c->unit);
	const struct cell cells[] = {
		{.text = name, .small = pad_dup(p, buf_slice(&who)), .bold = true},
		{.text = first.n ? first : reach.n ? SLICE_NULL : pad_word(p, W_NO_NUMBER), .bold = first.n > 0, .size = first.n ? size : 0},
		{.text = others_of(p, c), .small = pad_dup(p, buf_slice(&reach))},
		{.text = pad_dup(p, buf_slice(&note)), .small = c->note, .bold = c->now},
	};
	table_row(t, cells);
}

void sheet_contacts(struct pad *p, const struct paper_sheet *s)
{
	static const struct column cols[] = {{W_C_NAME, 46, 0}, {W_PHONE, 46, 0}, {W_OTHER_NUMBERS, 0, 0}, {W_WHEN_NOTES, 34, 0}};
	struct table t;
	bool on_call = s->contact_n && s->contact[0].group == PAPER_ON_CALL;
	if (!s->contact_n)
		part_note(p, pad_word(p, W_NO_CONTACTS), NOTE_LOUD);
	if (on_call)
		part_note(p, pad_word(p, W_WHO_NOW), NOTE_PLAIN);
	for (size_t i = 0; i < s->contact_n;) {
		enum paper_contact_group g = s->contact[i].group;
		assert(g < PAPER_CONTACT_GROUPS);
		pad_room(p, 34 * p->s); /* no heading alone at the foot of a page */
		part_heading(p, pad_word(p, groups[g]));
		table_begin(&t, p, pad_word(p, groups[g]), cols, ARRAY_LEN(cols), 2.9);
		for (; i < s->contact_n && s->contact[i].group == g; i++)
			row_of(&t, p, &s->contact[i]);
		if (i == s->contact_n)
			table_blank(&t, 4, 10 * p->s); /* somebody will find a number that is not here */
		table_end(&t);
	}
	if (s->contact_more)
		part_note(p, SAY(p, W_MORE, say_count(p, s->contact_more)), NOTE_BOLD);
	if (!s->contact_n) {
		table_begin(&t, p, SLICE_NULL, cols, ARRAY_LEN(cols), 2.9);
		table_blank(&t, 18, 10 * p->s);
		table_end(&t);
	}
}

/* ---- calls: the same values, and room to write what became of each ---- */

static void call_row(struct table *t, struct pad *p, const struct paper_contact *c)
{
	AUTO_BUF struct buf other = {0};
	struct slice first = first_of(p, c);
	buf_init(&other, 1 << 14);
	add(&other, "", others_of(p, c));
	add(&other, " · ", c->email);
	if (first.n)
		first = whole(p, first);
	double room = t->x[2] - t->x[1] - 2, wide = first.n ? pad_width(p, DIAL, true, first) : 0, size = wide > room ? fmax(DIAL * room / wide, 2.6) : DIAL;
	struct slice when = c->from.n ? say_when(p, c->from) : SLICE_NULL;
	const struct cell cells[] = {
		{.text = c->name, .small = c->role, .bold = true},
		{.text = first.n ? first : c->email.n ? SLICE_NULL : pad_word(p, W_NO_NUMBER), .small = pad_dup(p, buf_slice(&other)), .bold = first.n > 0, .size = first.n ? size : 0},
		{.text = when.n ? when : c->address, .small = when.n ? c->address : SLICE_NULL},
		{.text = c->note},
		{.text = SLICE_NULL},
	};
	table_row(t, cells);
}

void sheet_calls(struct pad *p, const struct paper_sheet *s)
{
	static const struct column cols[] = {{W_C_NAME, 58, 0}, {W_PHONE, 50, 0}, {W_C_APPOINTMENT, 0, 0}, {W_C_SO_FAR, 42, 0}, {W_C_CALL_DONE, 62, 0}};
	struct table t;
	part_note(p, pad_word(p, s->contact_n ? W_CALLS_BACK : W_NO_CALLS), s->contact_n ? NOTE_PLAIN : NOTE_BOLD);
	if (s->withheld)
		part_note(p, SAY(p, W_WITHHELD, say_count(p, s->withheld)), NOTE_BOLD);
	table_begin(&t, p, s->unit, cols, ARRAY_LEN(cols), 2.9);
	for (size_t i = 0; i < s->contact_n; i++)
		call_row(&t, p, &s->contact[i]);
	table_blank(&t, 3, 10 * p->s);
	table_end(&t);
	if (s->contact_more)
		part_note(p, SAY(p, W_MORE, say_count(p, s->contact_more)), NOTE_BOLD);
}
