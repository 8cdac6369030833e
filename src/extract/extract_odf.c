/* OpenDocument: text (paragraphs, notes, tables) and sheets, whose cells are told as they are stored (a date as ISO 8601, a number as written) where that says more than what is shown. */
#include "extract_flow.h"
#include "extract_office.h"
#include "extract_xml.h"

struct odf {
	const struct extract_out *o;
	struct err *e;
	struct extract_flow f;
	struct extract_out sheet;      /* what a sheet is told to */
	struct extract_flow of_sheet;
	char path[EXTRACT_MEMBER_MAX];
	bool spreadsheet, in_sheet;
	int code;
	unsigned text;                 /* inside of p or h */
	unsigned tables;
	char value[64];                /* of the cell: what is stored */
	bool shown;                    /* the cell had text */
	unsigned long repeat;          /* of the cell */
};

static struct extract_flow *flow(struct odf *x)
{
	return x->in_sheet ? &x->of_sheet : &x->f;
}

static void note(struct odf *x)
{
	if (!x->code)
		x->code = flow(x)->code;
}

static void begin_sheet(struct odf *x, const char *name)
{
	static const struct slice unnamed = {(const uint8_t *)"sheet", 5};
	x->code = extract_part(x->o, name && *name ? slice_str(name) : unnamed, "sheet", x->path, &x->sheet, x->e);
	if (x->code == 0)
		x->code = extract_flow_init(&x->of_sheet, &x->sheet, true, x->e);
	if (x->code)
		return;
	x->in_sheet = true;
	extract_flow_table(&x->of_sheet, true);
}

static unsigned long number(const char *s, unsigned long most)
{
	uint64_t v;
	return s && num_u64(slice_str(s), 1, UINT32_MAX, &v) == 0 ? v > most ? most : (unsigned long)v : 1;
}

static void begin_cell(struct odf *x, const char **atts)
{
	static const char *const stored[] = {"date-value", "time-value", "string-value"};
	x->value[0] = 0;
	x->shown = false;
	x->repeat = number(extract_xml_att(atts, "number-columns-repeated"), 1024);
	for (size_t i = 0; i < ARRAY_LEN(stored) && !x->value[0]; i++) {
		const char *v = extract_xml_att(atts, stored[i]);
		size_t n = v ? strnlen(v, sizeof x->value - 1) : 0;
		if (n)
			memcpy(x->value, v, n);
		x->value[n] = 0;
	}
	if (x->value[0]) { /* a date as it is stored; what is shown of it would be the same once more */
		struct slice v = slice_str(x->value);
		if (v.n > 10 && v.p[10] == 'T' && slice_eq_str(slice_of(v.p + 10, v.n - 10), "T00:00:00"))
			v.n = 10;
		extract_flow_text(flow(x), v);
	}
}

static void end_cell(struct odf *x)
{
	for (unsigned long i = 0; i < x->repeat && i < (x->shown || x->value[0] ? 64u : 1024u); i++)
		extract_flow_cell(flow(x));
	x->repeat = 1;
	x->value[0] = 0;
}

static void start(void *arg, const char *name, const char **atts)
{
	struct odf *x = arg;
	struct extract_flow *f = flow(x);
	if (!strcmp(name, "spreadsheet"))
		x->spreadsheet = true;
	else if (!strcmp(name, "table") && extract_xml_att(atts, "name") && x->spreadsheet && !x->in_sheet)
		begin_sheet(x, extract_xml_att(atts, "name"));
	else if (!strcmp(name, "table"))
		extract_flow_table(f, true);
	else if (!strcmp(name, "table-cell") || !strcmp(name, "covered-table-cell"))
		begin_cell(x, atts);
	else if (!strcmp(name, "p") || !strcmp(name, "h")) {
		if (x->text++ == 0 && x->shown)
			extract_flow_blank(f, '\n');
	} else if (!strcmp(name, "tab"))
		extract_flow_blank(f, '\t');
	else if (!strcmp(name, "line-break"))
		extract_flow_blank(f, '\n');
	else if (!strcmp(name, "s"))
		extract_flow_text(f, SLICE(" "));
	else if (!strcmp(name, "a")) {
		const char *to = extract_xml_att(atts, "href");
		if (to && !strncmp(to, "mailto:", 7)) {
			extract_flow_text(f, slice_str(to + 7));
			extract_flow_blank(f, ' ');
		}
	}
	note(x);
}

static void end(void *arg, const char *name)
{
	struct odf *x = arg;
	struct extract_flow *f = flow(x);
	if (!strcmp(name, "p") || !strcmp(name, "h")) {
		x->text -= x->text > 0;
		x->shown = true;
		extract_flow_blank(f, '\n');
	} else if (!strcmp(name, "table-cell") || !strcmp(name, "covered-table-cell"))
		end_cell(x);
	else if (!strcmp(name, "table-row"))
		extract_flow_row(f);
	else if (!strcmp(name, "table")) {
		bool of_sheet = x->in_sheet && f->tables == 1;
		extract_flow_table(f, false);
		if (of_sheet) {
			x->in_sheet = false;
			int r = extract_flow_done(&x->of_sheet);
			x->code = x->code ? x->code : r;
		}
	}
	note(x);
}

static void text(void *arg, struct slice s)
{
	struct odf *x = arg;
	if (!x->text || (x->value[0] && flow(x)->tables))
		return;
	extract_flow_text(flow(x), s);
	note(x);
}

int extract_odf_xml(const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	static const struct extract_xml_taker taker = {start, end, text, NULL};
	struct odf *x = arena_alloc(o->a, sizeof *x);
	if (!x)
		return err_set(e, arena_code(o->a), NULL, "no memory to read a document in");
	x->o = o;
	x->e = e;
	x->repeat = 1;
	int r = extract_flow_init(&x->f, o, false, e);
	if (r == 0)
		r = extract_xml_parse(s, &taker, x, &x->code, o, e);
	if (x->in_sheet) {
		int told = extract_flow_done(&x->of_sheet);
		r = r ? r : told;
	}
	int told = extract_flow_done(&x->f);
	return r ? r : told;
}
