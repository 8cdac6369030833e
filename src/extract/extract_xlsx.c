/* SpreadsheetML (ECMA-376, part 1, 18): sheets as they come, a row at a time; of the workbook only the shared strings and the formats of cells are kept.
 *
 * A number is told as a person would read it: one whose format is a date's as ISO 8601, one whose format is nothing but zeros, dashes and brackets ("000-00-0000", "00000") with these, since a number is how Excel keeps an SSN or a ZIP that begins
 * with zero; others as they are stored, without the ends that binary fractions leave. */
#include "extract_flow.h"
#include "extract_office.h"
#include "extract_xml.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define STRINGS_MAX ((size_t)512 << 20)
#define FORMATS_MAX 65536u
#define SHEETS_MAX  4096u
#define FORMAT_MAX  24u

enum format { FORMAT_NONE, FORMAT_DATE, FORMAT_TIME, FORMAT_ZEROS };

struct code { /* a format that the workbook defines */
	uint32_t id;
	enum format is;
	char zeros[FORMAT_MAX];
};

struct sheet {
	char name[64], id[24], part[128];
};

struct extract_book {
	struct buf strings, ends;   /* texts one behind the other; where each ends, u32 in 8 bytes: u64 */
	struct code *codes;
	size_t codes_n;
	uint16_t *styles;           /* of each cell style: its number format */
	size_t styles_n;
	struct sheet *sheets;
	size_t sheets_n;
	bool from_1904;
};

struct extract_book *extract_book_new(void)
{
	struct extract_book *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	buf_init(&b->strings, STRINGS_MAX);
	buf_init(&b->ends, STRINGS_MAX);
	b->codes = calloc(FORMATS_MAX, sizeof *b->codes);
	b->styles = calloc(FORMATS_MAX, sizeof *b->styles);
	b->sheets = calloc(SHEETS_MAX, sizeof *b->sheets);
	if (b->codes && b->styles && b->sheets)
		return b;
	extract_book_free(b);
	return NULL;
}

void extract_book_free(struct extract_book *b)
{
	if (!b)
		return;
	buf_done(&b->strings);
	buf_done(&b->ends);
	free(b->codes);
	free(b->styles);
	free(b->sheets);
	free(b);
}

/* ---- shared strings ---- */

struct strings {
	struct extract_book *b;
	struct err *e;
	int code;
	unsigned text, phonetic;
};

static void strings_start(void *arg, const char *name, const char **atts)
{
	struct strings *x = arg;
	x->text += !strcmp(name, "t");
	x->phonetic += !strcmp(name, "rPh"); /* how it is read aloud: no part of the value */
}

static void strings_end(void *arg, const char *name)
{
	struct strings *x = arg;
	x->text -= !strcmp(name, "t") && x->text;
	x->phonetic -= !strcmp(name, "rPh") && x->phonetic;
	if (strcmp(name, "si"))
		return;
	buf_u64le(&x->b->ends, x->b->strings.n);
	if (!buf_ok(&x->b->ends) || !buf_ok(&x->b->strings))
		x->code = err_set(x->e, ERR_LIMIT, NULL, "its shared strings are longer than is read");
}

static void strings_text(void *arg, struct slice s)
{
	struct strings *x = arg;
	if (x->text && !x->phonetic)
		buf_add_slice(&x->b->strings, s);
}

int extract_book_strings(struct extract_book *b, const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	static const struct extract_xml_taker taker = {strings_start, strings_end, strings_text, NULL};
	struct strings x = {.b = b, .e = e};
	return extract_xml_parse(s, &taker, &x, &x.code, o, e);
}

static uint64_t end_at(const struct extract_book *b, size_t i)
{
	struct cur c = cur_of(slice_of(b->ends.p + 8 * i, 8));
	return cur_u64le(&c);
}

static struct slice shared(const struct extract_book *b, size_t i)
{
	if (i >= b->ends.n / 8)
		return SLICE_NULL;
	uint64_t from = i ? end_at(b, i - 1) : 0;
	return slice_of(b->strings.p + from, (size_t)(end_at(b, i) - from));
}

/* ---- formats ---- */

static enum format format_of(const char *code, char zeros[FORMAT_MAX])
{
	bool date = false, time = false, only_zeros = true, zero = false;
	size_t n = 0;
	for (const char *p = code; *p && *p != ';'; p++) {
		if (*p == '"') { /* as it stands */
			only_zeros = false;
			for (p++; *p && *p != '"'; p++)
				;
			if (!*p)
				break;
			continue;
		}
		if (*p == '[') { /* a colour, a country, a condition, or a time that runs on: [h] */
			time |= (p[1] | 32) == 'h' || (p[1] | 32) == 's' || ((p[1] | 32) == 'm' && (p[2] == ']' || (p[2] | 32) == 'm'));
			for (; *p && *p != ']'; p++)
				;
			if (!*p)
				break;
			continue;
		}
		char c = *p == '\\' || *p == '_' || *p == '*' ? *++p : *p;
		bool as_is = p > code && p[-1] == '\\';
		if (!c)
			break;
		if (!as_is) {
			date |= (c | 32) == 'd' || (c | 32) == 'y' || ((c | 32) == 'm' && !time);
			time |= (c | 32) == 'h' || (c | 32) == 's';
		}
		zero |= c == '0';
		if ((c == '0' || c == '-' || c == ' ' || c == '(' || c == ')' || c == '.' || c == '/') && n + 1 < FORMAT_MAX && !(c == '.' && !as_is))
			zeros[n++] = c;
		else
			only_zeros = false;
	}
	zeros[n] = 0;
	if (only_zeros && zero && n > 1)
		return FORMAT_ZEROS;
	return date && !strstr(code, "General") ? FORMAT_DATE : time ? FORMAT_TIME : FORMAT_NONE;
}

static enum format format_by_id(const struct extract_book *b, uint32_t id, const char **ret_zeros)
{
	for (size_t i = 0; i < b->codes_n; i++)
		if (b->codes[i].id == id) {
			*ret_zeros = b->codes[i].zeros;
			return b->codes[i].is;
		}
	/* 18.8.30: what every program knows */
	if ((id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 54) || id == 57 || id == 58)
		return FORMAT_DATE;
	return (id >= 18 && id <= 21) || (id >= 45 && id <= 47) || (id >= 32 && id <= 35) ? FORMAT_TIME : FORMAT_NONE;
}

struct styles {
	struct extract_book *b;
	int code;
	bool cells;
};

static uint32_t u32_att(const char **atts, const char *name)
{
	const char *v = extract_xml_att(atts, name);
	uint64_t n = 0;
	return v && num_u64(slice_str(v), 0, UINT32_MAX, &n) == 0 ? (uint32_t)n : 0;
}

static void styles_start(void *arg, const char *name, const char **atts)
{
	struct styles *x = arg;
	struct extract_book *b = x->b;
	const char *code = extract_xml_att(atts, "formatCode");
	if (!strcmp(name, "numFmt") && code && b->codes_n < FORMATS_MAX) {
		struct code *c = &b->codes[b->codes_n++];
		c->id = u32_att(atts, "numFmtId");
		c->is = format_of(code, c->zeros);
	} else if (!strcmp(name, "cellXfs"))
		x->cells = true;
	else if (!strcmp(name, "xf") && x->cells && b->styles_n < FORMATS_MAX)
		b->styles[b->styles_n++] = (uint16_t)u32_att(atts, "numFmtId");
}

static void styles_end(void *arg, const char *name)
{
	struct styles *x = arg;
	if (!strcmp(name, "cellXfs"))
		x->cells = false;
}

static void no_text(void *arg, struct slice s)
{
}

int extract_book_styles(struct extract_book *b, const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	static const struct extract_xml_taker taker = {styles_start, styles_end, no_text, NULL};
	struct styles x = {.b = b};
	return extract_xml_parse(s, &taker, &x, &x.code, o, e);
}

/* ---- the workbook ---- */

static void copy(char *out, size_t size, const char *s)
{
	size_t n = s ? strnlen(s, size - 1) : 0;
	while (n && s[n] && ((uint8_t)s[n] & 0xC0) == 0x80)
		n--;
	if (n)
		memcpy(out, s, n);
	out[n] = 0;
}

static void book_start(void *arg, const char *name, const char **atts)
{
	struct styles *x = arg;
	struct extract_book *b = x->b;
	if (!strcmp(name, "workbookPr")) {
		const char *v = extract_xml_att(atts, "date1904");
		b->from_1904 = v && (!strcmp(v, "1") || !strcmp(v, "true"));
	} else if (!strcmp(name, "sheet") && b->sheets_n < SHEETS_MAX) {
		struct sheet *s = &b->sheets[b->sheets_n++];
		copy(s->name, sizeof s->name, extract_xml_att(atts, "name"));
		for (const char **a = atts; *a; a += 2) /* r:id, and not sheetId */
			if (strchr(*a, ':') && !strcmp(extract_xml_local(*a), "id"))
				copy(s->id, sizeof s->id, a[1]);
	}
}

static void no_end(void *arg, const char *name)
{
}

int extract_book_sheets(struct extract_book *b, const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	static const struct extract_xml_taker taker = {book_start, no_end, no_text, NULL};
	struct styles x = {.b = b};
	return extract_xml_parse(s, &taker, &x, &x.code, o, e);
}

static void target_start(void *arg, const char *name, const char **atts)
{
	struct styles *x = arg;
	const char *id = extract_xml_att(atts, "Id"), *to = extract_xml_att(atts, "Target");
	for (size_t i = 0; id && to && i < x->b->sheets_n; i++)
		if (!strcmp(x->b->sheets[i].id, id))
			copy(x->b->sheets[i].part, sizeof x->b->sheets[i].part, *to == '/' ? to + 1 : to);
}

int extract_book_targets(struct extract_book *b, const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	static const struct extract_xml_taker taker = {target_start, no_end, no_text, NULL};
	struct styles x = {.b = b};
	return extract_xml_parse(s, &taker, &x, &x.code, o, e);
}

struct slice extract_book_sheet_name(const struct extract_book *b, struct slice part, char out[64])
{
	for (size_t i = 0; i < b->sheets_n; i++) {
		struct slice own = slice_str(b->sheets[i].part);
		if (own.n && part.n >= own.n && !memcmp(part.p + part.n - own.n, own.p, own.n) && b->sheets[i].name[0])
			return slice_str(b->sheets[i].name);
	}
	const uint8_t *slash = part.n ? memrchr(part.p, '/', part.n) : NULL;
	struct slice name = slash ? slice_of(slash + 1, (size_t)(part.p + part.n - slash - 1)) : part;
	name.n = name.n > 4 && name.n - 4 < 63 ? name.n - 4 : name.n < 63 ? name.n : 63;
	memcpy(out, name.p, name.n);
	return slice_of(out, name.n);
}

/* ---- a sheet ---- */

struct cells {
	struct extract_book *b;
	struct extract_flow f;
	struct buf value;     /* of v, or of an inline string's t */
	unsigned text, phonetic;
	char type;            /* 's' shared, 'i' inline or formula's string, 'n' number, 'b' truth, 'd' ISO 8601, 'e' error */
	uint32_t style;
	uint64_t column, row; /* where the next cell stands */
	struct buf around;    /* headers and footers of its pages */
};

/* "AB12": 27. No such reference: the next column. */
static uint64_t column_of(const char *ref, uint64_t next)
{
	uint64_t n = 0;
	for (; ref && *ref >= 'A' && *ref <= 'Z' && n < 100000; ref++)
		n = n * 26 + (uint64_t)(*ref - 'A' + 1);
	return n && n <= EXTRACT_COLUMNS_MAX ? n - 1 : next;
}

static bool around_pages(const char *name) /* oddHeader, evenFooter, firstHeader ... */
{
	size_t n = strlen(name);
	return n > 6 && (!strcmp(name + n - 6, "Header") || !strcmp(name + n - 6, "Footer")) && strcmp(name, "headerFooter");
}

static void cells_start(void *arg, const char *name, const char **atts)
{
	struct cells *x = arg;
	if (!strcmp(name, "row")) {
		const char *r = extract_xml_att(atts, "r");
		uint64_t n;
		x->column = 0;
		x->row = r && num_u64(slice_str(r), 1, UINT32_MAX, &n) == 0 && n > x->row ? n : x->row + 1;
	} else if (!strcmp(name, "c")) {
		const char *t = extract_xml_att(atts, "t");
		uint64_t at = column_of(extract_xml_att(atts, "r"), x->column);
		for (; x->column < at; x->column++)
			extract_flow_cell(&x->f);
		x->type = !t ? 'n' : !strcmp(t, "s") ? 's' : !strcmp(t, "inlineStr") || !strcmp(t, "str") ? 'i' : *t;
		x->style = u32_att(atts, "s");
		buf_reset(&x->value);
	} else if (!strcmp(name, "v") || !strcmp(name, "t"))
		x->text++;
	else if (!strcmp(name, "rPh"))
		x->phonetic++;
	else if (around_pages(name))
		x->text++;
}

/* Days since the workbook's day 0 as a date; 1900 was no leap year, and is one in Excel (18.17.4.1). */
static void put_date(struct cells *x, double v)
{
	char out[32];
	int y, mo, d, h, mi, s;
	double days = floor(v), rest = v - days;
	int64_t seconds = (int64_t)(rest * 86400 + 0.5);
	int64_t zero = x->b->from_1904 ? time_from_civil(1904, 1, 1, 0, 0, 0) : time_from_civil(1899, 12, v < 60 ? 31 : 30, 0, 0, 0);
	time_civil(zero + ((int64_t)days * 86400 + seconds) * TIME_SEC, &y, &mo, &d, &h, &mi, &s);
	int n = seconds ? snprintf(out, sizeof out, "%04d-%02d-%02d %02d:%02d:%02d", y, mo, d, h, mi, s) : snprintf(out, sizeof out, "%04d-%02d-%02d", y, mo, d);
	extract_flow_text(&x->f, slice_of(out, (size_t)n));
}

static void put_zeros(struct cells *x, uint64_t v, const char *zeros)
{
	char out[64], digits[32];
	size_t places = 0, n = 0, k = 0;
	for (const char *p = zeros; *p; p++)
		places += *p == '0';
	int have = snprintf(digits, sizeof digits, "%0*llu", (int)places, (unsigned long long)v);
	for (; k + places < (size_t)have; k++) /* more digits than places: in front, as Excel shows them */
		out[n++] = digits[k];
	for (const char *p = zeros; *p && n + 1 < sizeof out; p++)
		out[n++] = *p == '0' ? digits[k++] : *p;
	extract_flow_text(&x->f, slice_of(out, n));
}

static void put_number(struct cells *x)
{
	const char *s = buf_cstr(&x->value), *zeros = "";
	char *stop, out[48];
	double v = strtod(s, &stop);
	enum format is = x->style < x->b->styles_n ? format_by_id(x->b, x->b->styles[x->style], &zeros) : FORMAT_NONE;
	if (stop == s || *stop || !isfinite(v)) {
		extract_flow_text(&x->f, buf_slice(&x->value));
		return;
	}
	if (is == FORMAT_DATE && v >= 0 && v < 2958466)
		put_date(x, v);
	else if (is == FORMAT_TIME && v >= 0 && v < 1) {
		int64_t t = (int64_t)(v * 86400 + 0.5);
		int n = snprintf(out, sizeof out, "%02d:%02d:%02d", (int)(t / 3600), (int)(t / 60 % 60), (int)(t % 60));
		extract_flow_text(&x->f, slice_of(out, (size_t)n));
	} else if (is == FORMAT_TIME && v >= 1 && v < 2958466)
		put_date(x, v);
	else if (is == FORMAT_ZEROS && v >= 0 && v < 1e15 && v == floor(v))
		put_zeros(x, (uint64_t)v, zeros);
	else if (strpbrk(s, "eE.") && fabs(v) < 1e15) { /* 1.23456789E8, 0.10000000000000001 */
		int n = snprintf(out, sizeof out, v == floor(v) ? "%.0f" : "%.15g", v);
		extract_flow_text(&x->f, slice_of(out, (size_t)n));
	} else
		extract_flow_text(&x->f, buf_slice(&x->value));
}

static void cell_ends(struct cells *x)
{
	uint64_t i;
	if (x->type == 's') {
		if (num_u64(slice_trim(buf_slice(&x->value)), 0, UINT32_MAX, &i) == 0)
			extract_flow_text(&x->f, shared(x->b, (size_t)i));
	} else if (x->type == 'n' && x->value.n)
		put_number(x);
	else
		extract_flow_text(&x->f, buf_slice(&x->value));
	buf_reset(&x->value);
	if (x->column < EXTRACT_COLUMNS_MAX)
		extract_flow_cell(&x->f);
	x->column++;
}

static void cells_end(void *arg, const char *name)
{
	struct cells *x = arg;
	if (!strcmp(name, "c"))
		cell_ends(x);
	else if (!strcmp(name, "row")) {
		x->f.row = x->row - 1; /* rows that are left out are empty */
		extract_flow_row(&x->f);
	} else if (!strcmp(name, "v") || !strcmp(name, "t"))
		x->text -= x->text > 0;
	else if (!strcmp(name, "rPh"))
		x->phonetic -= x->phonetic > 0;
	else if (around_pages(name)) {
		x->text -= x->text > 0;
		buf_add_slice(&x->around, buf_slice(&x->value));
		buf_u8(&x->around, '\n');
		buf_reset(&x->value);
	}
}

static void cells_text(void *arg, struct slice s)
{
	struct cells *x = arg;
	if (x->text && !x->phonetic)
		buf_add_slice(&x->value, s);
}

int extract_book_sheet(struct extract_book *b, struct slice part, const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	static const struct extract_xml_taker taker = {cells_start, cells_end, cells_text, NULL};
	char path[EXTRACT_MEMBER_MAX], name[64];
	struct extract_out in;
	struct cells x = {.b = b};
	int r = extract_part(o, extract_book_sheet_name(b, part, name), "sheet", path, &in, e);
	if (r == 0)
		r = extract_flow_init(&x.f, &in, true, e);
	if (r != 0)
		return r;
	buf_init(&x.value, (size_t)1 << 20); /* Excel's most is 32,767 characters */
	buf_init(&x.around, (size_t)1 << 16);
	extract_flow_table(&x.f, true);
	r = extract_xml_parse(s, &taker, &x, &x.f.code, &in, e);
	int told = extract_flow_done(&x.f);
	if (r == 0 && told == 0)
		r = extract_put_text(&in, buf_slice(&x.around), 0, e);
	buf_done(&x.value);
	buf_done(&x.around);
	return r ? r : told;
}
