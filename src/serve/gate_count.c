/* gate_count: of the messages that passed, how many of which type, and the control ids of the last: what letters and the watch over traffic (keeper_gate_watch.c) are made from. */
#include "gate_role.h"

static void keep(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = s.p[i] >= ' ' && s.p[i] < 0x7f ? (char)s.p[i] : '?';
	out[n] = 0;
}

void count_message(struct glink *g, const struct gate_message *m)
{
	struct gate_counted *c = &g->counted;
	char name[16];
	size_t i = 0;
	g->messages++;
	g->last = time_now();
	keep(c->ids[c->ids_n++ % GATE_IDS], sizeof c->ids[0], m->control_id);
	keep(name, sizeof name, m->ok ? m->type : SLICE_NULL);
	while (i < c->types && strcmp(c->type[i].name, name))
		i++;
	if (i == c->types && i < GATE_TYPES_MAX) {
		memcpy(c->type[i].name, i + 1 < GATE_TYPES_MAX ? name : "other", i + 1 < GATE_TYPES_MAX ? sizeof name : sizeof "other");
		c->types++;
	}
	c->type[i < GATE_TYPES_MAX ? i : GATE_TYPES_MAX - 1].n++;
}

void count_put(const struct glink *g, struct jsonw *w)
{
	const struct gate_counted *c = &g->counted;
	jsonw_key(w, "ids");
	jsonw_arr(w);
	for (uint64_t n = c->ids_n, i = 0; i < GATE_IDS && i < n; i++)
		jsonw_str(w, c->ids[(n - 1 - i) % GATE_IDS]);
	jsonw_arr_end(w);
	jsonw_key(w, "types");
	jsonw_obj(w);
	for (size_t i = 0; i < c->types; i++)
		jsonw_ku64(w, c->type[i].name[0] ? c->type[i].name : "none", c->type[i].n);
	jsonw_obj_end(w);
}
