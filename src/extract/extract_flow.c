/* Running text and tables. */
#include "extract_flow.h"
#include "extract_values.h"

#define CELLS_MAX  ((size_t)16 << 20) /* of a row */
#define KEPT_ROWS  20u                /* a header stands among the first rows of a table, under a title or two */

int extract_flow_init(struct extract_flow *f, const struct extract_out *o, bool sheet, struct err *e)
{
	*f = (struct extract_flow){.o = o, .e = e, .sheet = sheet, .a = arena_new((size_t)32 << 20)};
	buf_init(&f->text, 4 * EXTRACT_PIECE_MAX);
	buf_init(&f->cells, CELLS_MAX);
	buf_init(&f->ends, 4 * EXTRACT_COLUMNS_MAX + 16);
	buf_init(&f->kept, 4 * CELLS_MAX);
	return f->a ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory to read a document in");
}

/* A buffer that failed hands out nothing, and has forgotten it when it was emptied: before that. */
static bool held(struct extract_flow *f, const struct buf *b)
{
	if (f->code == 0 && !buf_ok(b))
		f->code = err_set(f->e, buf_code(b), NULL, buf_code(b) == ERR_MEMORY ? "no memory to read a document in" : "a row or a paragraph is longer than is read");
	return buf_ok(b);
}

/* ---- text ---- */

static void tell_text(struct extract_flow *f)
{
	(void)held(f, &f->text);
	if (f->code == 0)
		f->code = extract_put_text(f->o, buf_slice(&f->text), f->from, f->e);
	f->from += f->text.n;
	buf_reset(&f->text);
}

static void add_text(struct extract_flow *f, struct slice s)
{
	while (s.n && f->code == 0) {
		size_t n = s.n < EXTRACT_PIECE_MAX ? s.n : EXTRACT_PIECE_MAX;
		while (n < s.n && n > 1 && (s.p[n] & 0xC0) == 0x80)
			n--;
		if (f->text.n + n > EXTRACT_PIECE_MAX)
			tell_text(f);
		buf_add(&f->text, s.p, n);
		s = slice_of(s.p + n, s.n - n);
	}
}

void extract_flow_text(struct extract_flow *f, struct slice s)
{
	if (f->code)
		return;
	if (!f->tables) {
		add_text(f, s);
		return;
	}
	if (s.n > CELLS_MAX - f->cells.n) /* a row of more is no row: what is too much goes to the text */
		add_text(f, s);
	else
		buf_add_slice(&f->cells, s);
}

void extract_flow_blank(struct extract_flow *f, char c)
{
	struct buf *b = f->tables ? &f->cells : &f->text;
	size_t begin = 0;
	if (f->tables && f->ends.n) { /* of this cell */
		struct cur k = cur_of(slice_of(f->ends.p + f->ends.n - 4, 4));
		begin = cur_u32le(&k);
	}
	if (b->n <= begin)
		return;
	uint8_t last = b->p[b->n - 1];
	if (last == '\n' || (last == '\t' && c != '\n') || (last == ' ' && c == ' '))
		return;
	if (last == ' ')
		b->n--;
	buf_u8(b, f->tables && c == '\t' ? ' ' : (uint8_t)c);
	if (!f->tables && c == '\n' && b->n > EXTRACT_PIECE_MAX / 4)
		tell_text(f);
}

/* ---- rows ---- */

struct row {
	struct slice cells;
	const uint8_t *ends;
	size_t n;
};

static uint32_t end_of(const struct row *r, size_t i)
{
	struct cur k = cur_of(slice_of(r->ends + 4 * i, 4));
	return cur_u32le(&k);
}

static struct slice cell(const struct row *r, size_t i)
{
	uint32_t from = i ? end_of(r, i - 1) : 0;
	return slice_trim(slice_of(r->cells.p + from, end_of(r, i) - from));
}

static bool is_value(struct slice s) /* more digits than letters: no column is called so */
{
	size_t digits = 0, letters = 0;
	for (size_t i = 0; i < s.n; i++) {
		digits += s.p[i] >= '0' && s.p[i] <= '9';
		letters += (s.p[i] | 32) >= 'a' || s.p[i] >= 0x80;
	}
	return digits > letters || memchr(s.p, '@', s.n);
}

static bool is_header(const struct row *r)
{
	unsigned known = 0, filled = 0;
	for (size_t i = 0; i < r->n; i++) {
		struct slice s = cell(r, i);
		if (!s.n)
			continue;
		filled++;
		if (s.n > 80 || is_value(s))
			return false;
		known += extract_value_column(s, NULL) != PERSON_ROLE_OTHER;
	}
	return known >= 2 && known * 5 >= filled;
}

static void take_header(struct extract_flow *f, const struct row *r)
{
	f->column = arena_array(f->a, r->n ? r->n : 1, sizeof *f->column);
	for (size_t i = 0; f->column && i < r->n; i++) {
		struct slice s = arena_dup(f->a, cell(r, i));
		f->column[i].name = s;
		f->column[i].role = extract_value_column(s, &f->column[i].who);
	}
	f->columns = f->column ? r->n : 0;
	f->header = f->column ? 1 : -1;
}

static void tell_fields(struct extract_flow *f, const struct row *r, uint64_t number)
{
	struct slice id = SLICE_NULL;
	bool any = false;
	for (size_t i = 0; i < r->n; i++) {
		any |= cell(r, i).n > 0;
		if (i < f->columns && f->column[i].role == PERSON_ROLE_ID && !id.n)
			id = cell(r, i);
	}
	if (!any)
		return;
	f->code = extract_put_record(f->o, id, number, f->e);
	for (size_t i = 0; i < r->n && f->code == 0; i++) {
		const struct extract_column *c = i < f->columns ? &f->column[i] : NULL;
		f->code = extract_put_field(f->o, c ? extract_value_role(c->role, cell(r, i)) : PERSON_ROLE_OTHER, c ? c->who : PERSON_SUBJECT, c ? c->name : SLICE_NULL, cell(r, i), number, f->e);
	}
}

/* A row whose columns nobody knows: a line of text. */
static void tell_line(struct extract_flow *f, const struct row *r, uint64_t number)
{
	bool any = false;
	for (size_t i = 0; i < r->n; i++)
		any |= cell(r, i).n > 0;
	if (!any)
		return;
	for (size_t i = 0; i < r->n; i++) {
		add_text(f, i ? SLICE("\t") : SLICE_NULL);
		add_text(f, cell(r, i));
	}
	add_text(f, SLICE("\n"));
	if (!f->sheet)
		return;
	if (f->code == 0)
		f->code = extract_put_record(f->o, SLICE_NULL, number, f->e);
	f->from = number;
	tell_text(f);
}

static void tell_row(struct extract_flow *f, const struct row *r, uint64_t number)
{
	if (f->header > 0) {
		tell_text(f);
		if (f->code == 0)
			tell_fields(f, r, number);
	} else
		tell_line(f, r, number);
}

/* What was kept until the columns are known: rows of u64 number, u32 cells, u32 bytes, the ends, the texts. What stands above a header is its title. */
static void tell_kept(struct extract_flow *f)
{
	struct cur c = cur_of(held(f, &f->kept) ? buf_slice(&f->kept) : SLICE_NULL);
	int header = f->header;
	f->header = -1;
	while (cur_left(&c) && f->code == 0) {
		struct row r;
		uint64_t number = cur_u64le(&c);
		r.n = cur_u32le(&c);
		uint32_t bytes = cur_u32le(&c);
		r.ends = cur_take(&c, 4 * r.n).p;
		r.cells = cur_take(&c, bytes);
		assert(!c.failed);
		tell_line(f, &r, number);
	}
	f->header = header;
	buf_reset(&f->kept);
	f->kept_rows = 0;
}

static void take_row(struct extract_flow *f, const struct row *r)
{
	f->row++;
	if (f->header == 0 && is_header(r)) {
		tell_kept(f);
		take_header(f, r);
		return;
	}
	if (f->header != 0) {
		tell_row(f, r, f->row);
		return;
	}
	buf_u64le(&f->kept, f->row);
	buf_u32le(&f->kept, (uint32_t)r->n);
	buf_u32le(&f->kept, (uint32_t)r->cells.n);
	buf_add(&f->kept, r->ends, 4 * r->n);
	buf_add_slice(&f->kept, r->cells);
	f->kept_rows++;
	if (f->kept_rows < KEPT_ROWS && f->kept.n < CELLS_MAX)
		return;
	tell_kept(f);
	f->header = -1;
}

/* ---- tables ---- */

static void end_table(struct extract_flow *f)
{
	tell_kept(f);
	if (f->header > 0 && !f->sheet && f->code == 0) /* what stands below a list is not about its last row */
		f->code = extract_put_record(f->o, SLICE_NULL, f->from, f->e);
	f->header = 0;
	f->columns = 0;
	arena_reset(f->a);
}

void extract_flow_table(struct extract_flow *f, bool begins)
{
	if (begins) {
		if (f->tables++ == 0) {
			extract_flow_blank(f, '\n');
			buf_reset(&f->cells);
			buf_reset(&f->ends);
			f->row = f->sheet ? f->row : 0;
			if (!f->sheet)
				f->tables = 1;
		}
		return;
	}
	if (!f->tables)
		return;
	if (f->tables == 1) {
		extract_flow_row(f);
		end_table(f);
	}
	f->tables--;
}

void extract_flow_cell(struct extract_flow *f)
{
	if (f->tables != 1) {
		extract_flow_blank(f, f->tables ? ' ' : '\t');
		return;
	}
	if (f->ends.n < 4 * EXTRACT_COLUMNS_MAX)
		buf_u32le(&f->ends, (uint32_t)f->cells.n);
	else
		extract_flow_blank(f, ' ');
}

void extract_flow_row(struct extract_flow *f)
{
	if (f->tables != 1) {
		extract_flow_blank(f, f->tables ? ' ' : '\n');
		return;
	}
	size_t last = 0;
	(void)(held(f, &f->cells) && held(f, &f->ends));
	if (f->ends.n) {
		struct cur k = cur_of(slice_of(f->ends.p + f->ends.n - 4, 4));
		last = cur_u32le(&k);
	}
	if (f->cells.n > last) /* text behind the last cell's end */
		extract_flow_cell(f);
	const struct row r = {f->cells.p ? buf_slice(&f->cells) : SLICE(""), f->ends.p, f->ends.n / 4};
	if (r.n && f->code == 0)
		take_row(f, &r);
	buf_reset(&f->cells);
	buf_reset(&f->ends);
}

int extract_flow_done(struct extract_flow *f)
{
	while (f->tables)
		extract_flow_table(f, false);
	tell_text(f);
	(void)(held(f, &f->text) && held(f, &f->cells) && held(f, &f->ends) && held(f, &f->kept));
	buf_done(&f->text);
	buf_done(&f->cells);
	buf_done(&f->ends);
	buf_done(&f->kept);
	arena_free(f->a);
	return f->code;
}
