/* Events of Windows and of NAS heads as JSON: evtx_dump's and wevtutil-like {"Event":{"System":..,"EventData":..}}, winlogbeat's {"winlog":{"event_data":..}}; and what PowerScale's isi_audit_viewer prints ({"payload":{"eventType":"read",...}}; Dell, "File system auditing"). */
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

/* milliseconds since 1970; names are \ifs\... */
static int isilon(struct evidence *v, const struct json_node *n, const struct json_node *p)
{
	struct slice type = json_text(p, "eventType"), name = json_text(p, "fileName"), user = json_text(p, "userName"), ms = json_text(n, "timestamp"), status = json_text(p, "ntStatus");
	const struct json_node *folder = json_get(p, "isDirectory");
	uint64_t t;
	struct evidence_touch x = {.path = name, .who = user.n ? user : json_text(p, "userSID"), .from = json_text(p, "clientIPAddr"), .confidence = 90, .time = EVIDENCE_NO_TIME, .windows = true};
	if (num_u64(ms, 0, UINT64_C(9000000000000), &t) == 0)
		x.time = evidence_skewed(v, (int64_t)t * 1000000);
	v->account.kind = EVIDENCE_WINDOWS;
	v->account.dialect = "PowerScale audit";
	v->account.clock = "milliseconds of the node's clock, UTC";
	v->account.records++;
	evidence_saw(v, x.time);
	if (status.n && !slice_eq_str(status, "0")) {
		v->account.failed++;
		return 0;
	}
	x.folder = folder && folder->type == JSON_TRUE;
	if (slice_eq_nocase(type, "read") && !x.folder) {
		bool own = evidence_own(v, x.from);
		x.level = own ? EVIDENCE_ACCESSED : EVIDENCE_ACQUIRED;
		x.reason = own ? SLICE("it was read by the file server itself") : SLICE("it was read over the network of a file server that has no other readers");
		struct slice bytes = json_text(p, "bytesRead");
		x.has_bytes = bytes.n && num_u64(bytes, 0, UINT64_MAX, &x.bytes) == 0;
	} else if (x.folder || slice_eq_nocase(type, "get_security")) {
		x.level = EVIDENCE_LISTED;
		x.reason = SLICE("its attributes or the folder were looked at");
	} else if (slice_eq_nocase(type, "logon") || slice_eq_nocase(type, "logoff") || slice_eq_nocase(type, "tree_connect")) {
		return 0;
	} else {
		x.level = EVIDENCE_OPENED;
		x.reason = slice_eq_nocase(type, "create") || slice_eq_nocase(type, "close") || slice_eq_nocase(type, "open") ? SLICE("it was opened or closed; no read is in this record") : SLICE("it was written, renamed or deleted");
	}
	return evidence_put(v, &x);
}

int evidence_json_windows(struct evidence *v, const struct json_node *n)
{
	struct evidence_json_state *s = v->state;
	const struct json_node *payload = json_get(n, "payload");
	if (payload && json_text(payload, "eventType").n && json_text(payload, "clientIPAddr").p) {
		int r = isilon(v, n, payload);
		return r ? r : 1;
	}
	struct evidence_win *w = arena_alloc(v->a, sizeof *w);
	if (!w)
		return ERR_MEMORY;
	if (!an_event(n, w))
		return 0;
	v->account.kind = EVIDENCE_WINDOWS;
	int r = evidence_win_event(v, &s->win, w);
	return r ? r : 1;
}
