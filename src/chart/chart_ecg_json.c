/* Recordings as JSON: doc/api.md has the shape. */
#include "chart_internal.h"

#include <stdio.h>

static const char *const readings[] = {[CHART_ECG_UNREAD] = "unread", [CHART_ECG_READING] = "reading", [CHART_ECG_SIGNED] = "signed", [CHART_ECG_AMENDED] = "amended", [CHART_ECG_REJECTED] = "rejected"};

static void opt(struct jsonw *w, const char *key, struct slice s) /* null where there is nothing */
{
	jsonw_key(w, key);
	if (s.n && !fact_is_null(s))
		jsonw_slice(w, s);
	else
		jsonw_null(w);
}

static void number(struct jsonw *w, const char *key, struct slice s)
{
	jsonw_key(w, key);
	if (s.n && num_is_decimal(s))
		jsonw_raw(w, s);
	else
		jsonw_null(w);
}

/* ---- who ---- */

/* withheld: a protected record that was not opened: the bed, and no more, as in the census. */
static void put_patient(struct jsonw *w, const struct chart_row *p, bool withheld)
{
	jsonw_obj(w);
	jsonw_kstr(w, "id", p->id);
	AUTO_BUF struct buf name = {0};
	buf_init(&name, 1 << 16);
	if (withheld) {
		opt(w, "unit", p->place.unit);
		opt(w, "bed", p->place.bed);
		jsonw_kbool(w, "isProtected", true);
		return;
	}
	buf_add_slice(&name, p->name_family);
	if (p->name_family.n && p->name_given.n)
		buf_str(&name, ", ");
	buf_add_slice(&name, p->name_given);
	jsonw_kslice(w, "name", buf_slice(&name));
	opt(w, "birth", p->birth.n > 10 ? slice_of(p->birth.p, 10) : p->birth);
	opt(w, "sex", p->sex);
	opt(w, "recordNumber", p->number);
	jsonw_kslice_opt(w, "assigner", p->assigner);
	opt(w, "unit", p->place.unit);
	opt(w, "bed", p->place.bed);
	jsonw_kbool(w, "isProtected", p->is_protected);
}

void chart_json_who(struct jsonw *w, const struct chart_row *p, bool withheld)
{
	put_patient(w, p, withheld);
	jsonw_obj_end(w);
}

static void put_said(struct jsonw *w, const char *key, const struct fact *t)
{
	jsonw_key(w, key);
	if (!t) {
		jsonw_null(w);
		return;
	}
	jsonw_obj(w);
	jsonw_kslice_opt(w, "id", fact_part(fact_get(t, FF_ID), FI_VALUE));
	jsonw_kslice_opt(w, "assigner", fact_part(fact_get(t, FF_ID), FI_ASSIGNER));
	jsonw_kslice_opt(w, "family", fact_part(fact_get(t, FF_NAME), FN_FAMILY));
	jsonw_kslice_opt(w, "given", fact_part(fact_get(t, FF_NAME), FN_GIVEN));
	jsonw_kslice_opt(w, "birth", fact_get(t, FF_BIRTH));
	jsonw_kslice_opt(w, "sex", fact_get(t, FF_SEX));
	jsonw_obj_end(w);
}

/* ---- findings ---- */

static void put_statements(struct jsonw *w, const struct chart_ecg *g)
{
	const struct json_node *list = g->stands ? json_get(g->stands, "statements") : NULL;
	jsonw_key(w, "statements");
	jsonw_arr(w);
	for (size_t i = 0, n = g->stands || g->masked ? 0 : fact_count(g->fact, FF_STATEMENT); i < n; i++) {
		struct slice s = fact_nth(g->fact, FF_STATEMENT, i);
		jsonw_obj(w);
		jsonw_kslice(w, "code", fact_part(s, 0));
		jsonw_kslice(w, "text", fact_part(s, 1));
		number(w, "confidence", fact_part(s, 2));
		jsonw_kslice(w, "weight", fact_part(s, 3));
		jsonw_kslice_opt(w, "why", fact_part(s, 4));
		jsonw_obj_end(w);
	}
	for (const struct json_node *x = list && !g->masked ? list->child : NULL; x; x = x->next) {
		jsonw_obj(w);
		jsonw_kslice_opt(w, "code", json_text(x, "code"));
		jsonw_kslice(w, "text", json_text(x, "text"));
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static struct slice measure(const struct chart_ecg *g, const char *key)
{
	const struct json_node *own = g->stands ? json_get(json_get(g->stands, "measures"), key) : NULL;
	if (own)
		return own->type == JSON_NUM ? own->value : SLICE_NULL;
	for (size_t i = 0, n = fact_count(g->fact, FF_MEASURE); i < n; i++)
		if (slice_eq_str(fact_part(fact_nth(g->fact, FF_MEASURE, i), 0), key))
			return fact_part(fact_nth(g->fact, FF_MEASURE, i), 1);
	return SLICE_NULL;
}

static void put_measures(struct jsonw *w, const struct chart_ecg *g)
{
	static const char *const keys[] = {"rate_bpm", "rr_ms", "p_ms", "pr_ms", "qrs_ms", "qt_ms", "qtc_bazett_ms", "qtc_fridericia_ms", "qtc_framingham_ms", "qtc_hodges_ms", "p_axis_deg", "qrs_axis_deg", "t_axis_deg"};
	jsonw_key(w, "measures");
	jsonw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		number(w, keys[i], g->masked ? SLICE_NULL : measure(g, keys[i]));
	jsonw_obj_end(w);
}

/* ---- the file ---- */

static size_t leads(const struct chart_ecg *g)
{
	size_t n = 0;
	for (size_t i = 0, count = fact_count(g->fact, FF_CHANNEL); i < count; i++)
		n += slice_eq_str(fact_part(fact_nth(g->fact, FF_CHANNEL, i), 5), "ecg");
	return n;
}

static struct slice recorded(const struct chart_ecg *g)
{
	struct slice t = fact_get(g->fact, FF_TIME);
	return t.n ? t : fact_get(g->fact, FF_RECORDED);
}

static void put_strip(struct jsonw *w, const struct chart_ecg *g)
{
	if (!g->strip.id.n)
		return;
	jsonw_key(w, "strip");
	jsonw_obj(w);
	jsonw_kslice(w, "id", g->strip.id);
	if (g->strip.entries) {
		jsonw_ku64(w, "entries", g->strip.entries);
		jsonw_ku64(w, "newest", g->strip.newest);
		jsonw_ktime(w, "from", g->strip.from);
		jsonw_ktime(w, "to", g->strip.to);
	}
	jsonw_obj_end(w);
}

static void put_head(struct jsonw *w, const struct chart_ecg *g)
{
	struct slice device = fact_get(g->fact, FF_DEVICE);
	jsonw_ku64(w, "entry", g->entry);
	jsonw_ktime(w, "received", g->received);
	opt(w, "recorded", recorded(g));
	opt(w, "format", fact_get(g->fact, FF_TYPE));
	opt(w, "device", fact_part(device, 0).n ? fact_part(device, 0) : fact_part(device, 1));
	jsonw_ku64(w, "leads", leads(g));
	number(w, "seconds", fact_get(g->fact, FF_SECONDS));
	number(w, "rateHz", fact_get(g->fact, FF_RATE));
	opt(w, "via", fact_get(g->fact, FF_VIA));
	put_strip(w, g);
	jsonw_kslice(w, "by", g->by);
	if (g->unreadable) {
		struct slice why = fact_get(g->fact, FF_WARNING);
		jsonw_kslice(w, "unreadable", why.n ? why : SLICE("it could not be read"));
	}
}

static void put_row(struct jsonw *w, const struct chart_ecg *g, bool outside)
{
	put_head(w, g);
	jsonw_key(w, "patient");
	if (g->patient) {
		put_patient(w, g->patient, g->masked);
		jsonw_obj_end(w);
	} else {
		jsonw_null(w);
	}
	put_said(w, "claimed", g->masked ? NULL : g->claimed ? g->claimed : g->file);
	jsonw_kstr(w, "match", g->patient ? "matched" : "unmatched");
	opt(w, "matchedBy", !g->patient ? SLICE_NULL : g->by_identifiers ? slice_eq_str(fact_get(g->fact, FF_VIA), "home") ? SLICE("account") : SLICE("identifiers") : g->matched_by);
	if (!outside)
		jsonw_ku64(w, "candidates", g->candidates);
	jsonw_kslice(w, "urgency", g->urgency);
	opt(w, "weight", g->masked ? SLICE_NULL : fact_get(g->fact, FF_WEIGHT));
	put_statements(w, g);
	put_measures(w, g);
	jsonw_kstr(w, "reading", readings[g->reading]);
	opt(w, "signedBy", g->signed_by);
	jsonw_key(w, "signedAt");
	if (g->signed_by.n) {
		char t[32];
		jsonw_str(w, time_rfc3339(g->signed_at, 3, t));
	} else {
		jsonw_null(w);
	}
	jsonw_kbool(w, "review", g->review);
	opt(w, "order", g->order);
	jsonw_ku64(w, "basis", g->basis);
	if (g->masked)
		jsonw_kbool(w, "masked", true);
}

/* ---- detail ---- */

static void put_acts(struct jsonw *w, const struct chart_ecg *g)
{
	static const char *const own[] = {"ecg", "act", "by", "time", "entry", "sha256"};
	jsonw_key(w, "acts");
	jsonw_arr(w);
	for (const struct chart_ecg_act *x = g->acts; x; x = x->next) {
		jsonw_obj(w);
		jsonw_ku64(w, "entry", x->entry);
		jsonw_ktime(w, "time", x->time);
		jsonw_kslice(w, "by", x->by);
		jsonw_kslice(w, "act", x->act);
		if (!x->counts)
			jsonw_kbool(w, "late", true); /* it came too late, or was not possible: without effect */
		for (const struct json_node *n = x->node->child; n; n = n->next) {
			bool ours = false;
			for (size_t i = 0; i < ARRAY_LEN(own); i++)
				ours = ours || slice_eq_str(n->key, own[i]);
			if (ours || n->type == JSON_NULL)
				continue;
			jsonw_key_slice(w, n->key);
			jsonw_raw(w, n->raw);
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_shares(struct jsonw *w, const struct chart_ecg *g)
{
	jsonw_key(w, "shares");
	jsonw_arr(w);
	for (const struct chart_ecg_act *x = g->acts; x; x = x->next) {
		if (!slice_eq_str(x->act, "share") || !x->counts)
			continue;
		struct slice id = json_text(x->node, "id");
		const struct chart_ecg_act *revoked = NULL, *opened = NULL;
		uint64_t n = 0;
		for (const struct chart_ecg_act *y = x->next; y; y = y->next) {
			if (!slice_eq(json_text(y->node, "id"), id))
				continue;
			if (slice_eq_str(y->act, "share-revoke"))
				revoked = y;
			if (slice_eq_str(y->act, "share-open") && !json_text(y->node, "what").n) { /* the page; what it loads afterwards is recorded, too */
				opened = y;
				n++;
			}
		}
		jsonw_obj(w);
		jsonw_kslice(w, "id", id);
		jsonw_kslice_opt(w, "for", json_text(x->node, "for"));
		jsonw_ktime(w, "created", x->time);
		jsonw_kslice(w, "by", x->by);
		opt(w, "expires", json_text(x->node, "expires"));
		jsonw_kbool(w, "revoked", revoked != NULL);
		jsonw_ku64(w, "opened", n);
		if (opened)
			jsonw_ktime(w, "lastOpened", opened->time);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

/* Where it was sent, the newest first. */
static void put_deliveries(struct jsonw *w, const struct chart_ecg *g)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 24);
	struct chart_ecg_delivery *list = NULL, *turned = NULL;
	jsonw_key(w, "deliveries");
	jsonw_arr(w);
	if (a && chart_ecg_deliveries(g, a, &list, NULL) < 0)
		list = NULL;
	for (struct chart_ecg_delivery *next; list; list = next) {
		next = list->next;
		list->next = turned;
		turned = list;
	}
	for (; turned; turned = turned->next) {
		jsonw_obj(w);
		jsonw_kslice(w, "to", turned->to);
		jsonw_ktime(w, "time", turned->time);
		jsonw_ku64(w, "entry", turned->entry);
		jsonw_kslice(w, "controlId", turned->control_id);
		jsonw_kslice_opt(w, "status", turned->status);
		jsonw_kstr(w, "state", chart_delivery_word(turned->state));
		opt(w, "ack", turned->ack);
		if (turned->answered)
			jsonw_ktime(w, "answered", turned->answered);
		jsonw_kslice_opt(w, "text", turned->text);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_device_words(struct jsonw *w, const struct chart_ecg *g)
{
	jsonw_key(w, "stated");
	jsonw_obj(w);
	for (size_t i = 0, n = fact_count(g->fact, FF_STATED); i < n; i++) {
		struct slice s = fact_nth(g->fact, FF_STATED, i);
		jsonw_key_slice(w, fact_part(s, 0));
		jsonw_dec(w, fact_part(s, 1));
	}
	jsonw_obj_end(w);
	jsonw_key(w, "deviceStatements");
	jsonw_arr(w);
	for (size_t i = 0, n = fact_count(g->fact, FF_NOTE); i < n; i++)
		if (slice_eq_str(fact_part(fact_nth(g->fact, FF_NOTE, i), 2), "statement"))
			jsonw_slice(w, fact_part(fact_nth(g->fact, FF_NOTE, i), 1));
	jsonw_arr_end(w);
	jsonw_key(w, "notes");
	jsonw_arr(w);
	for (size_t i = 0, n = fact_count(g->fact, FF_NOTE); i < n; i++) {
		struct slice s = fact_nth(g->fact, FF_NOTE, i);
		if (fact_part(s, 2).n)
			continue;
		jsonw_obj(w);
		number(w, "atSeconds", fact_part(s, 0));
		jsonw_kslice(w, "text", fact_part(s, 1));
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_key(w, "warnings");
	jsonw_arr(w);
	for (size_t i = 0, n = fact_count(g->fact, FF_WARNING); i < n; i++)
		jsonw_slice(w, fact_nth(g->fact, FF_WARNING, i));
	/* A clock that is slow cannot be told from a recording that came late; one that is fast can. A zone that was not said may be half a day off. */
	int64_t at = fact_time_ns(recorded(g), 0);
	if (at != INT64_MIN && at > g->received + 15 * 3600 * TIME_SEC)
		jsonw_str(w, "by its own clock it was recorded after it came here: the device's clock is wrong");
	jsonw_arr_end(w);
}

static void put_channels(struct jsonw *w, const struct chart_ecg *g)
{
	jsonw_key(w, "channels");
	jsonw_arr(w);
	for (size_t i = 0, n = fact_count(g->fact, FF_CHANNEL); i < n; i++) {
		struct slice s = fact_nth(g->fact, FF_CHANNEL, i);
		jsonw_obj(w);
		jsonw_kslice(w, "name", fact_part(s, 0));
		number(w, "rateHz", fact_part(s, 1));
		number(w, "samples", fact_part(s, 2));
		jsonw_kslice(w, "unit", fact_part(s, 3));
		opt(w, "filter", fact_part(s, 4));
		jsonw_kbool(w, "ecg", fact_part(s, 5).n > 0);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_bits(struct jsonw *w, const char *key, uint32_t bits)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {{CHART_ECG_NUMBER, "recordNumber"}, {CHART_ECG_BIRTH, "birth"}, {CHART_ECG_FAMILY, "family"}, {CHART_ECG_GIVEN, "given"}, {CHART_ECG_SEX, "sex"}, {CHART_ECG_ORDER, "order"}};
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (bits & names[i].bit)
			jsonw_str(w, names[i].name);
	jsonw_arr_end(w);
}

static void put_draft(struct jsonw *w, const struct chart_ecg *g)
{
	jsonw_key(w, "draft");
	if (!g->draft || g->reading != CHART_ECG_READING) {
		jsonw_null(w);
		return;
	}
	static const char *const parts[] = {"statements", "measures", "comment"};
	jsonw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (json_get(g->draft, parts[i])) {
			jsonw_key(w, parts[i]);
			jsonw_raw(w, json_get(g->draft, parts[i])->raw);
		}
	jsonw_kslice(w, "by", g->drafted_by);
	jsonw_ktime(w, "time", g->drafted_at);
	jsonw_obj_end(w);
}

static void put_detail(struct jsonw *w, const struct chart_ecg *g, const struct chart_ecg *previous, const struct chart_ecg_candidate *candidates)
{
	opt(w, "start", fact_get(g->fact, FF_TIME));
	put_said(w, "fromFile", g->file);
	opt(w, "diary", fact_get(g->fact, FF_TEXT));
	opt(w, "comment", g->stands ? json_text(g->stands, "comment") : SLICE_NULL);
	put_acts(w, g);
	put_device_words(w, g);
	put_channels(w, g);
	jsonw_key(w, "previous");
	jsonw_arr(w);
	for (; previous; previous = previous->next) {
		jsonw_obj(w);
		jsonw_ku64(w, "entry", previous->entry);
		opt(w, "recorded", recorded(previous));
		jsonw_ktime(w, "received", previous->received);
		jsonw_kstr(w, "reading", readings[previous->reading]);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_key(w, "candidates");
	jsonw_arr(w);
	for (; candidates; candidates = candidates->next) {
		put_patient(w, candidates->row, candidates->withheld);
		put_bits(w, "agrees", candidates->agrees);
		put_bits(w, "differs", candidates->differs);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	put_shares(w, g);
	put_deliveries(w, g);
	put_draft(w, g);
}

/* For somebody outside who was given a link: what was recorded and how it was read; not what people of the house did with it, nor what else there is. */
void chart_json_ecg_shared(struct jsonw *w, const struct chart_ecg *g)
{
	jsonw_obj(w);
	put_row(w, g, true);
	opt(w, "start", fact_get(g->fact, FF_TIME));
	opt(w, "comment", g->stands ? json_text(g->stands, "comment") : SLICE_NULL);
	put_device_words(w, g);
	put_channels(w, g);
	jsonw_key(w, "addenda");
	jsonw_arr(w);
	for (const struct chart_ecg_act *x = g->stands ? g->acts : NULL; x; x = x->next)
		if (x->counts && slice_eq_str(x->act, "addend") && x->time >= g->signed_at)
			jsonw_slice(w, json_text(x->node, "text"));
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

void chart_json_ecg(struct jsonw *w, const struct chart_ecg *g, bool detail, const struct chart_ecg *previous, const struct chart_ecg_candidate *candidates)
{
	jsonw_obj(w);
	put_row(w, g, false);
	bool sent = false;
	for (const struct chart_ecg_act *x = g->acts; x && !detail && !sent; x = x->next)
		sent = x->counts && slice_eq_str(x->act, "delivering");
	if (detail)
		put_detail(w, g, previous, candidates);
	else if (sent)
		put_deliveries(w, g);
	jsonw_obj_end(w);
}
