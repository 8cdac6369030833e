/* Finding things in a parsed message: segment, field, repetition, component, subcomponent (HL7 v2.9 chapter 2.5, 2.6). */
#include "hl7_internal.h"

const struct hl7_segment *hl7_segment(const struct hl7_msg *m, const char *id, unsigned occurrence)
{
	size_t n = strlen(id);
	if (n != 3)
		return NULL;
	for (uint32_t i = 0; i < m->count; i++)
		if (memcmp(m->segments[i].id, id, 4) == 0 && occurrence-- == 0)
			return &m->segments[i];
	return NULL;
}

struct slice hl7_segment_name(const struct hl7_msg *m, const struct hl7_segment *s)
{
	struct slice rest, line = slice_of(m->text.p + s->at, s->n);
	return slice_cut(line, m->d.field, &rest);
}

struct slice hl7_field(const struct hl7_msg *m, const struct hl7_segment *s, unsigned field)
{
	if (!s || field == 0 || field > s->fields)
		return SLICE_NULL;
	struct hl7_span f = m->fields[s->first + field - 1];
	return slice_of(m->text.p + f.at, f.n);
}

bool hl7_next_part_slow(uint8_t delim, struct slice *rest, struct slice *ret)
{
	if (!rest->p)
		return false;
	*ret = delim ? slice_cut(*rest, delim, rest) : *rest;
	if (!delim)
		*rest = SLICE_NULL;
	return true;
}

/* The nth part, from 1. */
static struct slice part(const struct hl7_msg *m, uint8_t delim, struct slice s, unsigned n)
{
	struct slice rest = s, one;
	while (n && hl7_next_part(m->text.p + m->text.n, delim, &rest, &one))
		if (--n == 0)
			return one;
	return SLICE_NULL;
}

struct slice hl7_rep(const struct hl7_msg *m, struct slice field, unsigned rep)
{
	return part(m, hl7_uncut(m, field) ? 0 : m->d.rep, field, rep);
}

unsigned hl7_reps(const struct hl7_msg *m, struct slice field)
{
	unsigned n = 0;
	struct slice rest = field, one;
	while (field.n && hl7_next_rep(m, &rest, &one))
		n++;
	return n;
}

struct slice hl7_comp(const struct hl7_msg *m, struct slice rep, unsigned comp)
{
	return part(m, hl7_uncut(m, rep) ? 0 : m->d.comp, rep, comp);
}

struct slice hl7_sub(const struct hl7_msg *m, struct slice comp, unsigned sub)
{
	return part(m, hl7_uncut(m, comp) ? 0 : m->d.sub, comp, sub);
}

/* A number from 1 up to 9 digits at *p. */
static bool number(const char **p, unsigned *ret)
{
	unsigned v = 0, digits = 0;
	for (; **p >= '0' && **p <= '9' && digits < 9; (*p)++, digits++)
		v = v * 10 + (unsigned)(**p - '0');
	*ret = v;
	return digits && v;
}

static bool bracketed(const char **p, char open, char close, unsigned *ret)
{
	*ret = 1;
	if (**p != open)
		return true;
	(*p)++;
	if (!number(p, ret) || **p != close)
		return false;
	(*p)++;
	return true;
}

struct slice hl7_get(const struct hl7_msg *m, const char *path)
{
	if (strnlen(path, 4) < 4)
		return SLICE_NULL;
	char id[4] = {path[0], path[1], path[2], 0};
	const char *p = path + 3;
	unsigned nth, field, rep, n;
	if (!bracketed(&p, '[', ']', &nth) || (*p != '-' && *p != '.'))
		return SLICE_NULL;
	p++;
	if (!number(&p, &field) || !bracketed(&p, '(', ')', &rep))
		return SLICE_NULL;
	struct slice s = hl7_rep(m, hl7_field(m, hl7_segment(m, id, nth - 1), field), rep);
	for (int depth = 0; *p; depth++) {
		if (depth == 2 || *p++ != '.' || !number(&p, &n))
			return SLICE_NULL;
		s = depth == 0 ? hl7_comp(m, s, n) : hl7_sub(m, s, n);
	}
	return s;
}
