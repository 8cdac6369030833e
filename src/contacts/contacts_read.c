/* A file -> a list of contacts, and back. */
#include "contacts_internal.h"

static int times_of(struct contact_rows *x, const struct contact_row *l, struct contact *ret)
{
	const int64_t day = 86400 * TIME_SEC;
	struct contact_point a = {0}, b = {0};
	bool from = l->at[COL_FROM].n > 0, to = l->at[COL_TO].n > 0;
	int r = from ? contact_point_of(x, l, COL_FROM, &a) : 0;
	if (r == 0 && to)
		r = contact_point_of(x, l, COL_TO, &b);
	if (r < 0 || (!from && !to))
		return r;
	if (from && a.daily && !to)
		return contact_row_wrong(x, l, COL_TO, "from a time of every day, and until when?");
	if (to && b.daily && (!from || (!a.daily && a.date_only)))
		return contact_row_wrong(x, l, COL_FROM, "until a time of every day, and from when?");
	if (from && to && a.daily && !b.daily)
		return contact_row_wrong(x, l, COL_FROM, "an hour of every day, until a date: write both as dates, or both as hours");
	if (to && b.date_only)
		b.local += day; /* "until the 23rd": all of it */
	if (from && to && !a.daily && b.daily) { /* 23 November 18:00 to 08:00: the next 08:00 */
		b.daily = false;
		b.local = a.local - a.local % day + (int64_t)b.minutes * 60 * TIME_SEC;
		b.local += b.local <= a.local ? day : 0;
	}
	if (from && to && !a.daily && b.local <= a.local)
		return contact_row_wrong(x, l, COL_TO, "not after the time in the column before it");
	if (from && a.daily && a.minutes == b.minutes)
		return 0; /* all day */
	if (from)
		r = contact_point_text(x, &a, &ret->from);
	return r == 0 && to ? contact_point_text(x, &b, &ret->to) : r;
}

static int contact_of(struct contact_rows *x, const struct contact_row *l, struct contact *ret)
{
	struct contact c = {.name = l->at[COL_NAME], .role = l->at[COL_ROLE], .unit = l->at[COL_UNIT], .phone = l->at[COL_PHONE], .phone2 = l->at[COL_PHONE2], .mobile = l->at[COL_MOBILE], .pager = l->at[COL_PAGER], .fax = l->at[COL_FAX],
	                    .email = l->at[COL_EMAIL], .address = l->at[COL_ADDRESS], .note = l->at[COL_NOTE], .line = l->number};
	int named = contact_row_name(x, l, &c.name);
	if (named < 0)
		return named;
	if (!c.name.n && !c.role.n && !c.unit.n)
		return contact_row_wrong(x, l, COL_NAME, "who is it? Name, role and unit are all empty");
	int r = times_of(x, l, &c), k = x->category >= 0 ? x->category : l->at[COL_FROM].n || l->at[COL_TO].n ? CONTACT_ON_CALL : CONTACT_STAFF;
	if (r == 0 && l->at[COL_CATEGORY].n) {
		k = contact_category_parse(l->at[COL_CATEGORY]);
		if (k < 0)
			return contact_row_wrong(x, l, COL_CATEGORY, "no such category: staff, on-call, unit, partner, neighbour, regulator, police, insurer, supplier, authority or other");
	}
	c.category = (enum contact_category)k;
	*ret = c;
	return r;
}

int contacts_read(struct slice file, int category, struct arena *a, struct contacts *ret, struct err *e)
{
	struct contact_rows *x = arena_alloc(a, sizeof *x);
	struct contacts out = {0};
	if (!x)
		return err_set(e, arena_code(a), NULL, "no memory");
	x->category = category;
	int r = contact_rows_read(x, file, a, e);
	if (r == 0 && !x->n)
		r = err_set(e, ERR_INPUT, NULL, "there is a header and no contact under it; to take a list away there is `holdfast contacts remove`");
	if (r < 0)
		return r;
	out.v = arena_array(a, x->n, sizeof *out.v);
	if (!out.v)
		return contact_rows_no_room(x);
	for (size_t i = 0; i < x->n && r == 0; i++) {
		struct contact *c = &out.v[i];
		r = contact_of(x, &x->line[i], c);
		out.unreachable += r == 0 && !c->phone.n && !c->phone2.n && !c->mobile.n && !c->pager.n && !c->fax.n && !c->email.n && !c->address.n;
	}
	if (r == 0)
		r = contact_rows_ignored(x, &out.ignored);
	if (r < 0)
		return r;
	out.n = x->n;
	*ret = out;
	return 0;
}

/* ---- back ---- */

void contacts_csv_head(struct buf *out)
{
	buf_str(out, "category,name,role,unit,phone,phone2,mobile,pager,fax,email,address,from,to,note\r\n");
}

/* What a spreadsheet would take for a formula, also in full width (＝＋－＠). +33 1 and -15 are numbers that people dial: of those with a sign only what has more than digits and their marks in it. */
static bool formula(struct slice s)
{
	static const char signs[] = "=@\t\r", dialled[] = "0123456789 ()./-+*#";
	if (s.n >= 3 && s.p[0] == 0xef && s.p[1] == 0xbc && memchr("\x9d\x8b\x8d\xa0", s.p[2], 4))
		return true;
	if (!s.n || (s.p[0] != '+' && s.p[0] != '-'))
		return s.n && memchr(signs, s.p[0], sizeof signs - 1);
	for (size_t i = 1; i < s.n; i++)
		if (!memchr(dialled, s.p[i], sizeof dialled - 1))
			return true;
	return false;
}

bool contacts_marked(struct slice s)
{
	size_t k = 0;
	while (k < s.n && s.p[k] == '\'')
		k++;
	return k && formula(slice_of(s.p + k, s.n - k));
}

/* Quoted where it has to be; before a formula, and before what looks as if that had been done, an apostrophe: taken away again when the list is read. */
static void field(struct buf *out, struct slice s, bool last)
{
	bool quote = s.n && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
	for (size_t i = 0; i < s.n && !quote; i++)
		quote = s.p[i] == '"' || s.p[i] == ',' || s.p[i] == ';' || s.p[i] == '\t' || s.p[i] == '|' || s.p[i] == '\n' || s.p[i] == '\r';
	if (quote)
		buf_u8(out, '"');
	if (formula(s) || contacts_marked(s))
		buf_u8(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		buf_u8(out, s.p[i]);
		if (s.p[i] == '"')
			buf_u8(out, '"');
	}
	buf_str(out, quote ? "\"" : "");
	buf_str(out, last ? "\r\n" : ",");
}

void contacts_csv_line(struct buf *out, const struct contact *c)
{
	const struct slice v[] = {slice_str(contact_category_name(c->category)), c->name, c->role, c->unit, c->phone, c->phone2, c->mobile, c->pager, c->fax, c->email, c->address, c->from, c->to, c->note};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		field(out, v[i], i + 1 == ARRAY_LEN(v));
}
