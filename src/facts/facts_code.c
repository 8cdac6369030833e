/* One group of facts as bytes: what the chart's store keeps in a row.
 *
 *   byte     1 (the version of this layout)
 *   byte     bit 0 test, 1 uninterpreted, 2 incomplete, 3 failed; others 0
 *   varint   problems (at most 2^32-1)
 *   text x5  type, control id, feed, time, event time     text: varint length, bytes
 *   text x3  the group's id: value, assigner, type
 *   varint   other identifiers (at most FACT_IDENTS_MAX), each text x3
 *   varint   facts, varint values of all facts together
 *   a fact:  byte kind (1..FACT_KIND_COUNT-1), varint values (at most 65535);
 *   a value: byte field (1..FF_COUNT-1), text (not empty)
 *   and nothing behind it. Varints are LEB128 in their shortest form.
 *
 * The counts stand in front so that decoding takes two pieces of memory; they are believed only as far as the bytes that follow could hold them.
 * Whether the text is UTF-8 and clean is the reader's promise and is not looked at again here. */
#include "facts.h"

enum { FLAG_TEST = 1, FLAG_UNINTERPRETED = 2, FLAG_INCOMPLETE = 4, FLAG_FAILED = 8, FLAGS_ALL = 15 };
#define FACT_MIN 2  /* bytes of the smallest fact */
#define VALUE_MIN 3 /* and value */
#define VARINT_MAX 10

/* ---- encode: the size is bounded first, so that the bytes go down without a check each ---- */

static size_t ident_bound(struct fact_ident id)
{
	return id.value.n + id.assigner.n + id.type.n + 3 * VARINT_MAX;
}

static size_t bound(const struct facts *f, const struct fact_group *g, uint64_t *ret_facts, uint64_t *ret_values)
{
	size_t n = 2 + VARINT_MAX * 9 + f->type.n + f->control_id.n + f->feed.n + f->time.n + f->event_time.n + ident_bound(g->id);
	for (unsigned i = 0; i < g->also_count; i++)
		n += ident_bound(g->also[i]);
	uint64_t facts = 0, values = 0;
	for (const struct fact *t = g->first; t; t = t->next) {
		facts++;
		values += t->count;
		n += 1 + VARINT_MAX;
		for (unsigned i = 0; i < t->count; i++)
			n += 1 + VARINT_MAX + t->values[i].v.n; /* slices of memory that exists: cannot overflow by itself, only by repeating one slice 2^40 times */
	}
	*ret_facts = facts;
	*ret_values = values;
	return n;
}

static inline uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static inline uint8_t *put_text(uint8_t *p, struct slice s)
{
	p = put_varint(p, s.n);
	if (s.n)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

static uint8_t *put_ident(uint8_t *p, struct fact_ident id)
{
	p = put_text(p, id.value);
	p = put_text(p, id.assigner);
	return put_text(p, id.type);
}

void facts_encode_group(const struct facts *f, const struct fact_group *g, struct buf *ret)
{
	uint64_t facts, values;
	uint8_t *start = buf_space(ret, bound(f, g, &facts, &values)), *p = start;
	if (!start)
		return;
	*p++ = FACTS_VERSION;
	*p++ = (uint8_t)((f->test ? FLAG_TEST : 0) | (f->uninterpreted ? FLAG_UNINTERPRETED : 0)
		| (g->incomplete ? FLAG_INCOMPLETE : 0) | (f->failed ? FLAG_FAILED : 0));
	p = put_varint(p, f->problems);
	p = put_text(p, f->type);
	p = put_text(p, f->control_id);
	p = put_text(p, f->feed);
	p = put_text(p, f->time);
	p = put_text(p, f->event_time);
	p = put_ident(p, g->id);
	p = put_varint(p, g->also_count);
	for (unsigned i = 0; i < g->also_count; i++)
		p = put_ident(p, g->also[i]);
	p = put_varint(p, facts);
	p = put_varint(p, values);
	for (const struct fact *t = g->first; t; t = t->next) {
		*p++ = t->kind;
		p = put_varint(p, t->count);
		for (unsigned i = 0; i < t->count; i++) {
			*p++ = t->values[i].id;
			p = put_text(p, t->values[i].v);
		}
	}
	buf_commit(ret, (size_t)(p - start));
}

/* ---- decode ---- */

static inline uint64_t get_varint(struct cur *c)
{
	if (__builtin_expect(c->p < c->end && *c->p < 0x80, 1))
		return *c->p++;
	return cur_varint(c);
}

static inline struct slice get_text(struct cur *c)
{
	uint64_t n = get_varint(c);
	if (n == 0)
		return SLICE_NULL;
	return n <= SIZE_MAX ? cur_take(c, (size_t)n) : (cur_fail(c), SLICE_NULL);
}

static struct fact_ident get_ident(struct cur *c)
{
	struct slice value = get_text(c), assigner = get_text(c), type = get_text(c);
	return (struct fact_ident){value, assigner, type};
}

static int bad(const struct cur *c, struct err *e, const char *what)
{
	char place[40];
	snprintf(place, sizeof place, "offset %zu", cur_offset(c));
	return err_set(e, ERR_CORRUPT, place, "stored facts are damaged (%s); rebuild the view from the ledger: holdfast view rebuild", what);
}

static int decode_also(struct cur *c, struct arena *a, struct fact_group *g, struct err *e)
{
	uint64_t n = get_varint(c);
	if (n > FACT_IDENTS_MAX)
		return bad(c, e, "too many identifiers");
	if (n == 0)
		return 0;
	g->also = arena_array(a, FACT_IDENTS_MAX, sizeof *g->also); /* so that facts_also may go on from any count */
	if (!g->also)
		return err_set(e, arena_code(a), NULL, "no room to read stored facts");
	for (; g->also_count < n; g->also_count++)
		g->also[g->also_count] = get_ident(c);
	return 0;
}

static int decode_facts(struct cur *c, struct arena *a, struct fact_group *g, struct err *e)
{
	uint64_t facts = get_varint(c), values = get_varint(c);
	if (c->failed || facts > cur_left(c) / FACT_MIN || values > cur_left(c) / VALUE_MIN)
		return bad(c, e, "counts larger than what follows");
	if (facts == 0)
		return values ? bad(c, e, "values without facts") : 0;
	struct fact *t = arena_array(a, (size_t)facts, sizeof *t);
	struct fact_value *v = arena_array(a, (size_t)values, sizeof *v);
	if (!t || !v)
		return err_set(e, arena_code(a), NULL, "no room to read stored facts");
	g->first = t;
	g->last = t + (facts - 1);
	for (uint64_t i = 0; i < facts; i++, t++) {
		t->kind = cur_u8(c);
		uint64_t n = get_varint(c);
		if (t->kind == 0 || t->kind >= FACT_KIND_COUNT || n > values || n > UINT16_MAX)
			return bad(c, e, "a fact");
		t->count = t->cap = (uint16_t)n;
		t->values = v;
		t->next = i + 1 < facts ? t + 1 : NULL;
		values -= n;
		for (; n; n--, v++) {
			v->id = cur_u8(c);
			v->v = get_text(c);
			if (v->v.n == 0 || v->id == 0 || v->id >= FF_COUNT)
				return bad(c, e, "a value");
		}
	}
	return values ? bad(c, e, "values that belong to no fact") : 0;
}

int facts_decode_group(struct slice blob, struct arena *a, struct facts *ret, struct err *e)
{
	struct cur c = cur_of(blob);
	if (cur_u8(&c) != FACTS_VERSION)
		return bad(&c, e, "a version this program does not know");
	uint8_t flags = cur_u8(&c);
	uint64_t problems = get_varint(&c);
	if (flags & ~FLAGS_ALL || problems > UINT32_MAX)
		return bad(&c, e, "flags");
	struct facts f = {.a = a, .groups = 1, .problems = (uint32_t)problems};
	f.test = flags & FLAG_TEST;
	f.uninterpreted = flags & FLAG_UNINTERPRETED;
	f.failed = flags & FLAG_FAILED;
	f.type = get_text(&c);
	f.control_id = get_text(&c);
	f.feed = get_text(&c);
	f.time = get_text(&c);
	f.event_time = get_text(&c);
	struct fact_group *g = arena_alloc(a, sizeof *g);
	if (!g)
		return err_set(e, arena_code(a), NULL, "no room to read stored facts");
	g->incomplete = flags & FLAG_INCOMPLETE;
	g->id = get_ident(&c);
	int r = decode_also(&c, a, g, e);
	if (r == 0)
		r = decode_facts(&c, a, g, e);
	if (r < 0)
		return r;
	if (!cur_done(&c))
		return bad(&c, e, c.failed ? "cut off" : "bytes behind the end");
	f.first = f.last = g;
	*ret = f;
	return 0;
}
