/* gate_count: of the messages that passed, how many of which type, and the control ids of the last: what letters and the watch over traffic (keeper_gate_watch.c) are made from. */
#include "gate_role.h"

/* As it is shown; what is kept while messages pass is as it came. */
static void readable(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = s.p[i] >= ' ' && s.p[i] < 0x7f ? (char)s.p[i] : '?';
	out[n] = 0;
}

static size_t type_of(struct gate_counted *c, struct slice type)
{
	char name[sizeof c->type[0].name];
	size_t i = 0;
	if (c->types && slice_eq_str(type, c->type[c->type_last].name)) /* mostly it is what came before */
		return c->type_last;
	readable(name, sizeof name, type);
	while (i < c->types && strcmp(c->type[i].name, name))
		i++;
	if (i == c->types && i < GATE_TYPES_MAX) {
		memcpy(c->type[i].name, i + 1 < GATE_TYPES_MAX ? name : "other", i + 1 < GATE_TYPES_MAX ? sizeof name : sizeof "other");
		c->types++;
	}
	return i < GATE_TYPES_MAX ? i : GATE_TYPES_MAX - 1;
}

void count_message(struct glink *g, const struct gate_message *m, int64_t now)
{
	struct gate_counted *c = &g->counted;
	struct gate_id *id = &c->id[c->ids_n++ % GATE_IDS];
	g->messages++;
	g->last = now;
	id->n = (uint8_t)(m->control_id.n < sizeof id->text ? m->control_id.n : sizeof id->text);
	if (id->n)
		memcpy(id->text, m->control_id.p, id->n);
	c->type_last = (uint8_t)type_of(c, m->ok ? m->type : SLICE_NULL);
	c->type[c->type_last].n++;
}

void count_put(const struct glink *g, struct jsonw *w)
{
	const struct gate_counted *c = &g->counted;
	jsonw_key(w, "ids");
	jsonw_arr(w);
	for (uint64_t n = c->ids_n, i = 0; i < GATE_IDS && i < n; i++) {
		const struct gate_id *id = &c->id[(n - 1 - i) % GATE_IDS];
		char text[sizeof id->text + 1];
		readable(text, sizeof text, slice_of(id->text, id->n));
		jsonw_str(w, text);
	}
	jsonw_arr_end(w);
	jsonw_key(w, "types");
	jsonw_obj(w);
	for (size_t i = 0; i < c->types; i++)
		jsonw_ku64(w, c->type[i].name[0] ? c->type[i].name : "none", c->type[i].n);
	jsonw_obj_end(w);
}
