/* Events of Windows and of NAS heads that write them so as JSON: evtx_dump's and wevtutil-like {"Event":{"System":..,"EventData":..}}, winlogbeat's {"winlog":{"event_data":..}}; and the fields beside each other. */
#include "evidence_internal.h"

static struct slice scalar(const struct json_node *n)
{
	if (n && n->type == JSON_OBJ) /* {"#text": 4663, "#attributes": {}} */
		n = json_get(n, "#text");
	return n && (n->type == JSON_STR || n->type == JSON_NUM) ? n->value : SLICE_NULL;
}

static void data(struct evidence_win *w, const struct json_node *n)
{
	for (const struct json_node *c = n && n->type == JSON_OBJ ? n->child : NULL; c; c = c->next)
		evidence_win_put(w, c->key, scalar(c));
}

static bool an_event(const struct json_node *n, struct evidence_win *w)
{
	const struct json_node *e = json_get(n, "Event"), *s = json_get(e, "System"), *b = json_get(n, "winlog");
	if (s && s->type == JSON_OBJ) {
		w->id = scalar(json_get(s, "EventID"));
		w->record = scalar(json_get(s, "EventRecordID"));
		w->computer = scalar(json_get(s, "Computer"));
		w->keywords = scalar(json_get(s, "Keywords"));
		w->time = json_text(s, "TimeCreated.#attributes.SystemTime");
		w->provider = json_text(s, "Provider.#attributes.Name");
		data(w, json_get(e, "EventData"));
		return true;
	}
	if (b && b->type == JSON_OBJ) {
		w->id = scalar(json_get(b, "event_id"));
		w->record = scalar(json_get(b, "record_id"));
		w->computer = scalar(json_get(b, "computer_name"));
		w->time = json_text(n, "@timestamp");
		w->provider = scalar(json_get(b, "provider_name"));
		w->keywords = slice_eq_str(json_text(n, "event.outcome"), "failure") ? SLICE("Audit Failure") : SLICE_NULL;
		data(w, json_get(b, "event_data"));
		return w->id.n > 0;
	}
	/* flat, as shippers make it: the fields beside each other */
	if (json_get(n, "EventID") && (json_get(n, "ObjectName") || json_get(n, "RelativeTargetName"))) {
		static const char *const times[] = {"TimeCreated", "SystemTime", "@timestamp", "timestamp", "time", "EventTime", NULL}, *const hosts[] = {"Computer", "Hostname", "SVMName", "host", NULL};
		for (size_t i = 0; times[i] && !w->time.n; i++)
			w->time = scalar(json_get(n, times[i]));
		for (size_t i = 0; hosts[i] && !w->computer.n; i++)
			w->computer = scalar(json_get(n, hosts[i]));
		w->id = scalar(json_get(n, "EventID"));
		w->record = scalar(json_get(n, "EventRecordID"));
		w->keywords = scalar(json_get(n, "Keywords"));
		data(w, n);
		return true;
	}
	return false;
}

int evidence_json_windows(struct evidence *v, const struct json_node *n)
{
	struct evidence_json_state *s = v->state;
	struct evidence_win *w = arena_alloc(v->a, sizeof *w);
	if (!w)
		return ERR_MEMORY;
	if (!an_event(n, w))
		return 0;
	v->account.kind = EVIDENCE_WINDOWS;
	int r = evidence_win_event(v, &s->win, w);
	return r ? r : 1;
}
