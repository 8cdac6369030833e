/* keeper_gate_watch: see its header. An hour is counted by differences of what the relay says, so that neither its restarts nor ours make a flood of what had passed before. */
#include "keeper_gate_watch.h"

#include <stdio.h>

#define HOUR (INT64_C(3600) * TIME_SEC)

static void read_hour(const struct json_node *n, struct gate_hour *ret)
{
	const struct json_node *types = json_get(n, "types");
	*ret = (struct gate_hour){.messages = 0};
	(void)!num_u64(json_text(n, "messages"), 0, UINT64_MAX / 4, &ret->messages);
	(void)!num_u64(json_text(n, "bytes"), 0, UINT64_MAX / 4, &ret->bytes);
	for (const struct json_node *v = types ? types->child : NULL; v && ret->types < GATE_TYPES_MAX; v = v->next) {
		struct gate_hour_type *t = &ret->type[ret->types];
		if (v->key.n >= sizeof t->name || num_u64(v->value, 0, UINT64_MAX / 4, &t->n) < 0)
			continue;
		memcpy(t->name, v->key.p, v->key.n);
		t->name[v->key.n] = 0;
		ret->types++;
	}
}

static uint64_t since(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now; /* a relay that was started again counts from nothing */
}

static uint64_t *of_type(struct gate_hour *h, const char *name)
{
	size_t i = 0;
	while (i < h->types && strcmp(h->type[i].name, name))
		i++;
	if (i == GATE_TYPES_MAX)
		return NULL;
	if (i == h->types)
		memcpy(h->type[h->types++].name, name, strlen(name) + 1);
	return &h->type[i].n;
}

void traffic_told(struct gate_traffic *t, const struct json_node *said)
{
	struct gate_hour now;
	read_hour(said, &now);
	if (t->heard) { /* what there was before we came is not of this hour */
		t->hour.messages += since(now.messages, t->relay.messages);
		t->hour.bytes += since(now.bytes, t->relay.bytes);
		for (size_t i = 0; i < now.types; i++) {
			uint64_t *before = of_type(&t->relay, now.type[i].name), *sum = of_type(&t->hour, now.type[i].name);
			if (sum)
				*sum += since(now.type[i].n, before ? *before : 0);
		}
	}
	t->relay = now;
	t->heard = true;
}

bool traffic_judge(struct gate_traffic *t, const char *link, const struct gate_watch *w, int64_t now, int zone, bool open)
{
	enum gate_unusual was = t->what, is = gate_rhythm_judge(&t->rhythm, link, w->began, now, zone, &t->hour, t->text);
	if (is == GATE_SILENT && (!open || !w->whole))
		is = GATE_USUAL; /* a link that is cut is silent */
	if (is == GATE_USUAL && was != GATE_USUAL && was != GATE_SILENT && w->began == t->said)
		return false; /* what was said of this hour stands until its end */
	t->what = is;
	t->said = w->began;
	return is != GATE_USUAL && is != was;
}

void traffic_put(const struct gate_traffic *t, const char *link, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kstr(w, "name", link);
	jsonw_ku64(w, "messages", t->hour.messages);
	jsonw_ku64(w, "bytes", t->hour.bytes);
	jsonw_key(w, "types");
	jsonw_obj(w);
	for (size_t i = 0; i < t->hour.types; i++)
		if (t->hour.type[i].n)
			jsonw_ku64(w, t->hour.type[i].name, t->hour.type[i].n);
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

void traffic_learn(struct gate_traffic *t, const struct json_node *said, int64_t from, int zone)
{
	struct gate_hour h;
	read_hour(said, &h);
	gate_rhythm_add(&t->rhythm, from, zone, &h);
}

int64_t watch_hour(int64_t now, int zone)
{
	int64_t shift = (int64_t)zone * 60 * TIME_SEC, local = now + shift;
	return local - (local % HOUR + HOUR) % HOUR - shift;
}

void watch_saved(struct gate_watch *w, uint64_t seq)
{
	w->count[w->counts++ % COUNTS_MAX] = seq;
}
