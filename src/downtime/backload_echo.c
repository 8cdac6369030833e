/* Our numbers in what the EHR sends: it has taken what we sent, or somebody has typed it from paper with its number. */
#include "backload_internal.h"

#define NUMBERS_MAX 64 /* of one patient in one message */

struct looking {
	const struct hl7_msg *m;
	struct slice app, *ret;
	size_t max, n;
};

static bool has_id_form(struct slice s)
{
	struct slice counter, key = slice_cut(s, '-', &counter);
	if (key.n < 4 || key.n > 12 || counter.n < 1 || counter.n > 12)
		return false;
	for (size_t i = 0; i < key.n; i++)
		if (!(key.p[i] >= 'A' && key.p[i] <= 'Z') && !(key.p[i] >= '2' && key.p[i] <= '9'))
			return false;
	for (size_t i = 0; i < counter.n; i++)
		if (counter.p[i] < '0' || counter.p[i] > '9')
			return false;
	return true;
}

static void add(struct looking *x, struct slice number, struct slice authority)
{
	if (!number.n || number.n > CAPTURE_ID_MAX || x->n == x->max || !(authority.n ? slice_eq(authority, x->app) : has_id_form(number)))
		return;
	for (size_t i = 0; i < x->n; i++)
		if (slice_eq(x->ret[i], number))
			return;
	x->ret[x->n++] = number;
}

/* The first repetition: 1 the number; its authority in component at, of an HD the namespace. */
static void look(struct looking *x, const struct hl7_segment *s, unsigned field, unsigned at)
{
	struct slice rep = hl7_rep(x->m, hl7_field(x->m, s, field), 1);
	add(x, hl7_comp(x->m, rep, 1), hl7_sub(x->m, hl7_comp(x->m, rep, at), 1));
}

void backload_echo(const struct hl7_msg *m, struct slice sending_app, struct slice *ret, size_t max, size_t *ret_n)
{
	static const struct {
		const char *segment;
		uint8_t field, authority;
	} places[] = {{"ORC", 2, 2}, {"ORC", 4, 2}, {"OBR", 2, 2}, {"TXA", 12, 2}, {"TXA", 13, 2}, {"IAM", 7, 2}, {"PV1", 50, 4}};
	struct looking x = {.m = m, .app = sending_app, .ret = ret, .max = max};
	if (!slice_eq(hl7_comp(m, hl7_get(m, "MSH-3"), 1), sending_app)) /* not our own, sent back by an engine */
		for (uint32_t i = 0; i < m->count; i++)
			for (size_t k = 0; k < ARRAY_LEN(places); k++)
				if (!strcmp(m->segments[i].id, places[k].segment))
					look(&x, &m->segments[i], places[k].field, places[k].authority);
	*ret_n = x.n;
}

static bool names(const struct hl7_msg *m, const char *id, unsigned field, struct slice number)
{
	for (uint32_t i = 0; i < m->count; i++) {
		if (strcmp(m->segments[i].id, id))
			continue;
		struct slice all = hl7_field(m, &m->segments[i], field);
		for (unsigned k = 1; k <= NUMBERS_MAX; k++) {
			struct slice rep = hl7_rep(m, all, k);
			if (!rep.n)
				break;
			if (slice_eq(hl7_comp(m, rep, 1), number))
				return true;
		}
	}
	return false;
}

bool backload_echo_merge(const struct hl7_msg *m, struct slice sending_app, struct slice stays, struct slice goes)
{
	static const char *const events[] = {"A18", "A30", "A34", "A36", "A40", NULL};
	return stays.n && goes.n && !slice_eq(hl7_comp(m, hl7_get(m, "MSH-3"), 1), sending_app) && bl_is(hl7_comp(m, hl7_get(m, "MSH-9"), 2), events) && names(m, "MRG", 1, goes) && names(m, "PID", 3, stays);
}
