/* A book's values as bytes: who reads charts has no fonts, and who has fonts reads no charts (serve/web_paper.c). Between processes of one program, and never kept: no version.
 *
 * The run, then sheets to the end. A structure is its members in the order of the tables below: a slice or a string as varint length and bytes, a number as varint (signed: zigzag), bool one byte 0 or 1, a double 8 bytes little-endian (finite, or the one NaN), a list as
 * varint count and its elements, what may lack as 0, or 1 and the structure. Valid if and only if each value is in its range and the bytes end with a sheet. */
#include "paper_internal.h"

#include <math.h>

enum member { M_SLICE, M_STRING, M_INT, M_I64, M_U64, M_U32, M_SIZE, M_BOOL, M_ENUM, M_DOUBLE, M_LIST, M_MAYBE };
struct shape;
struct field {
	uint8_t is;
	uint16_t at, count_at;   /* count_at: of a list, where its length is */
	uint16_t below;          /* of an enum */
	const struct shape *of;
};
struct shape {
	size_t size;
	const struct field *field;
	size_t n;
};
#define SHAPE(name, type) static const struct shape name##_shape = {sizeof(struct type), name##_fields, ARRAY_LEN(name##_fields)}
#define F(kind, type, name) {M_##kind, offsetof(struct type, name), 0, 0, NULL}
#define E(type, name, end) {M_ENUM, offsetof(struct type, name), 0, end, NULL}
#define LIST(type, name, count, shape) {M_LIST, offsetof(struct type, name), offsetof(struct type, count), 0, &shape}
#define MAYBE(type, name, shape) {M_MAYBE, offsetof(struct type, name), 0, 0, &shape}

#define P paper_person
static const struct field person_fields[] = {F(STRING, P, id), F(SLICE, P, family), F(SLICE, P, given), F(SLICE, P, birth), F(SLICE, P, sex), F(SLICE, P, number), F(SLICE, P, assigner), F(SLICE, P, visit), F(SLICE, P, unit), F(SLICE, P, room), F(SLICE, P, bed),
	F(SLICE, P, facility), F(SLICE, P, attending), F(SLICE, P, since), E(P, allergies_said, PAPER_NOT_RECEIVED + 1), F(SLICE, P, allergies), F(SLICE, P, alerts), F(U32, P, lookalikes), F(BOOL, P, test), F(BOOL, P, deceased), F(BOOL, P, incomplete), F(BOOL, P, is_protected)};
#undef P
SHAPE(person, paper_person);
#define P paper_source
static const struct field source_fields[] = {F(SLICE, P, feed), F(SLICE, P, as_of), F(I64, P, as_of_time), F(I64, P, received), E(P, origin, PAPER_PARTNER + 1), F(BOOL, P, silent), F(I64, P, silent_since)};
#undef P
SHAPE(source, paper_source);
#define P paper_item
static const struct field item_fields[] = {F(SLICE, P, when), F(SLICE, P, what), F(SLICE, P, detail), F(SLICE, P, by), F(SLICE, P, was), F(SLICE, P, flag), E(P, origin, PAPER_PARTNER + 1), F(U64, P, entry), F(BOOL, P, incomplete), F(BOOL, P, doubtful)};
#undef P
SHAPE(item, paper_item);
#define P paper_section
static const struct field section_fields[] = {E(P, topic, PAPER_TOPICS), E(P, said, PAPER_NOT_RECEIVED + 1), LIST(P, source, source_n, source_shape), F(I64, P, received), F(BOOL, P, incomplete), LIST(P, item, n, item_shape), F(SIZE, P, more)};
#undef P
SHAPE(section, paper_section);
#define P paper_dose
static const struct field dose_fields[] = {F(SLICE, P, at), F(SLICE, P, dose), F(SLICE, P, by), F(SLICE, P, reason), F(I64, P, time), F(BOOL, P, given), E(P, origin, PAPER_PARTNER + 1), F(U64, P, entry)};
#undef P
SHAPE(dose, paper_dose);
#define P paper_order
static const struct field order_fields[] = {F(SLICE, P, name), F(SLICE, P, dose), F(SLICE, P, route), F(SLICE, P, frequency), F(SLICE, P, prn), F(SLICE, P, start), F(SLICE, P, end), F(SLICE, P, number), F(SLICE, P, note), F(SLICE, P, status), F(BOOL, P, stopped), F(BOOL, P, held),
	F(BOOL, P, proposed), F(BOOL, P, is_prn), F(BOOL, P, incomplete), F(BOOL, P, no_order), E(P, origin, PAPER_PARTNER + 1), F(U64, P, entry), LIST(P, dose_list, dose_n, dose_shape), MAYBE(P, last, dose_shape), MAYBE(P, last_not, dose_shape)};
#undef P
SHAPE(order, paper_order);
#define P paper_value
static const struct field value_fields[] = {F(SLICE, P, when), F(SLICE, P, text), F(SLICE, P, flag), F(SLICE, P, was), F(DOUBLE, P, number), F(I64, P, time), E(P, origin, PAPER_PARTNER + 1), F(U64, P, entry), F(BOOL, P, preliminary)};
#undef P
SHAPE(value, paper_value);
#define P paper_series
static const struct field series_fields[] = {F(SLICE, P, name), F(SLICE, P, unit), F(SLICE, P, range), F(DOUBLE, P, low), F(DOUBLE, P, high), LIST(P, value, n, value_shape)};
#undef P
SHAPE(series, paper_series);
#define P paper_bed
static const struct field bed_fields[] = {F(SLICE, P, room), F(SLICE, P, bed), F(SLICE, P, family), F(SLICE, P, given), F(SLICE, P, birth), F(SLICE, P, sex), F(SLICE, P, number), F(SLICE, P, attending), F(SLICE, P, since), F(SLICE, P, alerts), E(P, allergies_said, PAPER_NOT_RECEIVED + 1),
	F(BOOL, P, lookalike), F(BOOL, P, is_protected), F(BOOL, P, test), F(BOOL, P, incomplete), F(BOOL, P, deceased), F(BOOL, P, free)};
#undef P
SHAPE(bed, paper_bed);
#define P paper_contact
static const struct field contact_fields[] = {E(P, group, PAPER_CONTACT_GROUPS), F(SLICE, P, name), F(SLICE, P, role), F(SLICE, P, unit), F(SLICE, P, phone), F(SLICE, P, phone2), F(SLICE, P, mobile), F(SLICE, P, pager), F(SLICE, P, fax), F(SLICE, P, email), F(SLICE, P, address), F(SLICE, P, note),
	F(SLICE, P, from), F(SLICE, P, to), F(BOOL, P, now)};
#undef P
SHAPE(contact, paper_contact);
#define P paper_sheet
static const struct field sheet_fields[] = {E(P, kind, PAPER_KINDS), F(SLICE, P, unit), F(SLICE, P, facility), MAYBE(P, who, person_shape), LIST(P, section, section_n, section_shape), LIST(P, order, order_n, order_shape), LIST(P, series, series_n, series_shape), LIST(P, bed, bed_n, bed_shape),
	F(SIZE, P, withheld), LIST(P, contact, contact_n, contact_shape), F(SIZE, P, contact_more)};
#undef P
SHAPE(sheet, paper_sheet);
#define P paper_run
static const struct field run_fields[] = {F(STRING, P, lang), F(BOOL, P, us), F(BOOL, P, large), F(STRING, P, site), F(INT, P, zone_minutes), F(I64, P, made), F(U64, P, entry), F(I64, P, entry_time), F(U64, P, checkpoint), F(SLICE, P, root), F(SLICE, P, notice)};
#undef P
SHAPE(run, paper_run);

/* ---- out ---- */

static void put_bytes(struct buf *b, struct slice s)
{
	buf_varint(b, s.n);
	buf_add_slice(b, s);
}

static void put_signed(struct buf *b, int64_t v)
{
	buf_varint(b, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

static void put_double(struct buf *b, double v)
{
	uint64_t bits;
	v = isfinite(v) ? v : NAN;
	memcpy(&bits, &v, sizeof bits);
	buf_u64le(b, isnan(v) ? UINT64_C(0x7ff8000000000000) : bits);
}

/* Shapes hold shapes three deep and no further: the tables say so. */
static void put(struct buf *b, const struct shape *of, const void *from)
{
	for (size_t i = 0; i < of->n; i++) {
		const struct field *f = &of->field[i];
		const uint8_t *at = (const uint8_t *)from + f->at;
		const void *list;
		size_t n;
		switch ((enum member)f->is) {
		case M_SLICE:
			put_bytes(b, *(const struct slice *)(const void *)at);
			break;
		case M_STRING:
			put_bytes(b, slice_str(*(const char *const *)(const void *)at));
			break;
		case M_INT:
			put_signed(b, *(const int *)(const void *)at);
			break;
		case M_I64:
			put_signed(b, *(const int64_t *)(const void *)at);
			break;
		case M_U64:
			buf_varint(b, *(const uint64_t *)(const void *)at);
			break;
		case M_U32:
		case M_ENUM:
			buf_varint(b, *(const uint32_t *)(const void *)at);
			break;
		case M_SIZE:
			buf_varint(b, *(const size_t *)(const void *)at);
			break;
		case M_BOOL:
			buf_u8(b, *(const bool *)(const void *)at);
			break;
		case M_DOUBLE:
			put_double(b, *(const double *)(const void *)at);
			break;
		case M_LIST:
			memcpy(&list, at, sizeof list);
			memcpy(&n, (const uint8_t *)from + f->count_at, sizeof n);
			buf_varint(b, n);
			for (size_t k = 0; k < n; k++)
				put(b, f->of, (const uint8_t *)list + k * f->of->size);
			break;
		case M_MAYBE:
			memcpy(&list, at, sizeof list);
			buf_u8(b, list != NULL);
			if (list)
				put(b, f->of, list);
			break;
		}
	}
}

void paper_wire_run(const struct paper_run *r, struct buf *ret)
{
	put(ret, &run_shape, r);
}

void paper_wire_sheet(const struct paper_sheet *s, struct buf *ret)
{
	put(ret, &sheet_shape, s);
}

/* ---- in ---- */

struct taking {
	struct cur c;
	struct arena *a;
	bool bad, full;
};

static uint64_t number(struct taking *t, uint64_t most)
{
	uint64_t v = cur_varint(&t->c);
	t->bad |= v > most;
	return v > most ? 0 : v;
}

static int64_t signed_number(struct taking *t)
{
	uint64_t v = cur_varint(&t->c);
	return (int64_t)(v >> 1 ^ (0 - (v & 1)));
}

static struct slice bytes(struct taking *t)
{
	uint64_t n = number(t, cur_left(&t->c));
	struct slice s = cur_take(&t->c, (size_t)n);
	return s.n ? s : SLICE_NULL;
}

static double real(struct taking *t)
{
	uint64_t bits = cur_u64le(&t->c);
	double v;
	memcpy(&v, &bits, sizeof v);
	t->bad |= isinf(v) || (isnan(v) && bits != UINT64_C(0x7ff8000000000000));
	return isfinite(v) ? v : NAN;
}

static bool flag(struct taking *t)
{
	uint8_t v = cur_u8(&t->c);
	t->bad |= v > 1;
	return v == 1;
}

static void *room(struct taking *t, size_t n, size_t size)
{
	void *v = arena_array(t->a, n, size);
	t->full |= !v;
	return v;
}

static void take(struct taking *t, const struct shape *of, void *to);

/* An element is a byte at least: a count that is larger than what is left is none. */
static void take_list(struct taking *t, const struct field *f, void *to)
{
	size_t n = (size_t)number(t, cur_left(&t->c));
	void *v = n ? room(t, n, f->of->size) : NULL;
	for (size_t k = 0; v && k < n && !t->bad && !t->c.failed && !t->full; k++)
		take(t, f->of, (uint8_t *)v + k * f->of->size);
	n = v ? n : 0;
	memcpy((uint8_t *)to + f->at, &v, sizeof v);
	memcpy((uint8_t *)to + f->count_at, &n, sizeof n);
}

static void take(struct taking *t, const struct shape *of, void *to)
{
	for (size_t i = 0; i < of->n && !t->bad && !t->c.failed && !t->full; i++) {
		const struct field *f = &of->field[i];
		uint8_t *at = (uint8_t *)to + f->at;
		void *one = NULL;
		switch ((enum member)f->is) {
		case M_SLICE:
			*(struct slice *)(void *)at = bytes(t);
			break;
		case M_STRING:
			one = arena_strdup(t->a, bytes(t));
			t->full |= !one;
			memcpy(at, &one, sizeof one);
			break;
		case M_INT:
			*(int *)(void *)at = (int)(signed_number(t) % (24 * 60)); /* the one there is: minutes of a zone */
			break;
		case M_I64:
			*(int64_t *)(void *)at = signed_number(t);
			break;
		case M_U64:
			*(uint64_t *)(void *)at = cur_varint(&t->c);
			break;
		case M_U32:
			*(uint32_t *)(void *)at = (uint32_t)number(t, UINT32_MAX);
			break;
		case M_ENUM:
			*(uint32_t *)(void *)at = (uint32_t)number(t, f->below - 1u);
			break;
		case M_SIZE:
			*(size_t *)(void *)at = (size_t)number(t, SIZE_MAX);
			break;
		case M_BOOL:
			*(bool *)(void *)at = flag(t);
			break;
		case M_DOUBLE:
			*(double *)(void *)at = real(t);
			break;
		case M_LIST:
			take_list(t, f, to);
			break;
		case M_MAYBE:
			one = flag(t) ? room(t, 1, f->of->size) : NULL;
			if (one)
				take(t, f->of, one);
			memcpy(at, &one, sizeof one);
			break;
		}
	}
}

static int check(const struct taking *t, struct err *e)
{
	if (t->full)
		return err_set(e, arena_code(t->a), NULL, "no room for what is to be printed");
	return t->bad || t->c.failed ? err_set(e, ERR_INPUT, NULL, "what is to be printed cannot be read") : 0;
}

int paper_wire_each(struct slice all, struct arena *a, struct paper_run *ret_run, int (*fn)(void *arg, const struct paper_sheet *s, struct err *e), void *arg, struct err *e)
{
	struct taking t = {.c = cur_of(all), .a = a};
	static const char *const langs[] = {"en", "fr", "zh"};
	struct paper_run run = {0};
	take(&t, &run_shape, &run);
	int r = check(&t, e);
	bool known = false;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(langs); i++)
		known |= !strcmp(run.lang, langs[i]);
	if (r == 0 && !known)
		r = err_set(e, ERR_INPUT, NULL, "a language that is not known");
	if (r < 0)
		return r;
	*ret_run = run;
	while (r == 0 && cur_left(&t.c)) {
		struct paper_sheet s = {0};
		take(&t, &sheet_shape, &s);
		r = check(&t, e);
		if (r == 0)
			r = fn(arg, &s, e);
	}
	return r;
}

struct building {
	struct paper_book *b;
	struct paper_run *run;
};

static int add(void *arg, const struct paper_sheet *s, struct err *e)
{
	struct building *k = arg;
	int r = k->b ? 0 : paper_book_new(k->run, &k->b, e);
	return r < 0 ? r : paper_book_add(k->b, s, e);
}

int paper_wire_book(struct slice all, struct arena *a, struct paper_book **ret, struct err *e)
{
	struct paper_run run;
	struct building k = {.run = &run};
	int r = paper_wire_each(all, a, &run, add, &k, e);
	if (r == 0 && !k.b)
		r = err_set(e, ERR_INPUT, NULL, "nothing is to be printed");
	if (r < 0)
		paper_book_free(k.b);
	else
		*ret = k.b;
	return r;
}
