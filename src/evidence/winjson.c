/* Events of Windows and of NAS heads that write them so as JSON: evtx_dump's and wevtutil-like {"Event":{"System":..,"EventData":..}}; winlogbeat's {"winlog":{"event_data":..}} and, before version 7, {"event_id":..,"event_data":..}; and the fields beside each other, as NXLog
 * (im_msvistalog) and Azure's SecurityEvent have them. */
#include "evidence_internal.h"

static struct slice scalar(const struct json_node *n)
{
	if (n && n->type == JSON_OBJ) /* {"#text": 4663, "#attributes": {}} */
		n = json_get(n, "#text");
	if (n && n->type == JSON_ARR) /* ["Audit Failure"] */
		n = n->child;
	return n && (n->type == JSON_STR || n->type == JSON_NUM) ? n->value : SLICE_NULL;
}

static struct slice first_of(const struct json_node *n, const char *const *names)
{
	struct slice s = SLICE_NULL;
	for (size_t i = 0; names[i] && !s.n; i++)
		s = scalar(json_get(n, names[i]));
	return s;
}

static void data(struct evidence_win *w, const struct json_node *n)
{
	for (const struct json_node *c = n && n->type == JSON_OBJ ? n->child : NULL; c; c = c->next) {
		struct slice value = scalar(c);
		if (value.n) /* a table's row has a column for each field of any event: the empty ones are not to fill the room */
			evidence_win_put(w, c->key, value);
	}
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
	b = json_get(n, "event_data");
	if (b && b->type == JSON_OBJ && json_get(n, "event_id")) {
		w->id = scalar(json_get(n, "event_id"));
		w->record = scalar(json_get(n, "record_number"));
		w->computer = scalar(json_get(n, "computer_name"));
		w->time = json_text(n, "@timestamp");
		w->provider = scalar(json_get(n, "source_name"));
		w->keywords = scalar(json_get(n, "keywords"));
		data(w, b);
		return w->id.n > 0;
	}
	/* flat: what names an object, or joins to what does (a logon, a handle's end) */
	static const char *const tells[] = {"ObjectName", "RelativeTargetName", "ShareName", "HandleId", "TargetLogonId", NULL};
	if (json_get(n, "EventID") && first_of(n, tells).n) {
		static const char *const times[] = {"TimeCreated", "SystemTime", "TimeGenerated", "@timestamp", "timestamp", "time", "EventTime", NULL}, *const hosts[] = {"Computer", "Hostname", "SVMName", "host", NULL}, *const records[] = {"EventRecordID", "EventRecordId", "RecordNumber", NULL};
		w->time = first_of(n, times);
		w->computer = first_of(n, hosts);
		w->id = scalar(json_get(n, "EventID"));
		w->record = first_of(n, records);
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
