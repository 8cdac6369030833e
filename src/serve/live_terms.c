/* What a device says when it begins a strip, and the recording that a stretch of it becomes. */
#include "live.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what is said ---- */

static bool number(const struct json_node *n, double *ret)
{
	char text[40];
	if (!n || n->type != JSON_NUM || !num_is_decimal(n->value) || n->value.n >= sizeof text)
		return false;
	memcpy(text, n->value.p, n->value.n);
	text[n->value.n] = 0;
	*ret = strtod(text, NULL);
	return isfinite(*ret);
}

static bool text(const struct json_node *o, const char *member, char *out, size_t size)
{
	const struct json_node *n = json_path(o, member);
	struct slice s = n && n->type == JSON_STR ? slice_trim(n->value) : SLICE_NULL;
	if (n && n->type != JSON_STR && n->type != JSON_NULL)
		return false;
	if (s.n >= size || !utf8_valid(s))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

static bool lead_name(const struct json_node *n, char *out, size_t size)
{
	if (n->type != JSON_STR || !n->value.n || n->value.n >= size)
		return false;
	for (size_t i = 0; i < n->value.n; i++)
		if (n->value.p[i] <= ' ' || n->value.p[i] >= 0x7f)
			return false;
	memcpy(out, n->value.p, n->value.n);
	out[n->value.n] = 0;
	return true;
}

static int read_leads(const struct json_node *o, struct live_terms *t, struct err *e)
{
	const struct json_node *leads = json_get(o, "leads"), *uv = json_get(o, "uv"), *step = uv && uv->type == JSON_ARR ? uv->child : uv;
	if (!leads || leads->type != JSON_ARR || !leads->count || leads->count > LIVE_LEADS_MAX)
		return err_set(e, ERR_INPUT, "leads", "a strip has 1 to %d leads, named in a list", LIVE_LEADS_MAX);
	if (uv && uv->type == JSON_ARR && uv->count != leads->count)
		return err_set(e, ERR_INPUT, "uv", "that is one number, or one for each lead");
	for (const struct json_node *l = leads->child; l; l = l->next) {
		unsigned i = t->leads++;
		if (!lead_name(l, t->lead[i].name, sizeof t->lead[i].name))
			return err_set(e, ERR_INPUT, "leads", "a lead's name is 1 to 23 printable letters without blanks");
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(t->lead[k].name, t->lead[i].name))
				return err_set(e, ERR_INPUT, "leads", "two leads have the same name");
		if (!number(step, &t->lead[i].uv) || t->lead[i].uv < 1e-4 || t->lead[i].uv > 1000)
			return err_set(e, ERR_INPUT, "uv", "a step has 0.0001 to 1000 microvolts");
		if (uv->type == JSON_ARR)
			step = step->next;
	}
	return 0;
}

static bool read_texts(const struct json_node *o, struct live_terms *t)
{
	const struct {
		const char *member;
		char *to;
		size_t size;
	} all[] = {{"device", t->device, sizeof t->device}, {"key", t->key, sizeof t->key}, {"patient", t->patient, sizeof t->patient}, {"order", t->order, sizeof t->order}, {"urgency", t->urgency, sizeof t->urgency},
	           {"note", t->note, sizeof t->note}, {"claimed.id", t->id, sizeof t->id}, {"claimed.assigner", t->assigner, sizeof t->assigner}, {"claimed.family", t->family, sizeof t->family},
	           {"claimed.given", t->given, sizeof t->given}, {"claimed.birth", t->birth, sizeof t->birth}, {"claimed.sex", t->sex, sizeof t->sex}};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!text(o, all[i].member, all[i].to, all[i].size))
			return false;
	if (t->urgency[0] && strcmp(t->urgency, "stat") && strcmp(t->urgency, "urgent") && strcmp(t->urgency, "routine"))
		return false;
	return !t->birth[0] || fact_time_ns(slice_str(t->birth), 0) != INT64_MIN;
}

int live_terms_read(struct slice json, struct live_terms *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct live_terms t = {.start = INT64_MIN};
	struct json_node *o;
	double from;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = json_tree(json, a, &o, e);
	if (r < 0)
		return r;
	if (o->type != JSON_OBJ)
		return err_set(e, ERR_INPUT, NULL, "the body should be a JSON object");
	if ((r = read_leads(o, &t, e)) < 0)
		return r;
	if (!number(json_get(o, "rateHz"), &t.rate) || t.rate < LIVE_RATE_MIN || t.rate > LIVE_RATE_MAX)
		return err_set(e, ERR_INPUT, "rateHz", "that is a number from %.0f to %.0f", LIVE_RATE_MIN, LIVE_RATE_MAX);
	if (!read_texts(o, &t))
		return err_set(e, ERR_INPUT, NULL, "what is said of the strip (device, key, patient, order, urgency, note, claimed) cannot be right: something is too long, no text, no date, or the urgency is none of stat, urgent and routine");
	struct slice start = json_text(o, "start");
	if (start.n && (time_parse(start, 0, &t.start) < 0 || start.n < 16))
		return err_set(e, ERR_INPUT, "start", "that is a time such as 2026-11-22T03:12:00Z");
	const struct json_node *n = json_get(o, "from");
	if (n && (!number(n, &from) || from < 0 || from != floor(from) || from >= (double)LIVE_AT_MAX))
		return err_set(e, ERR_INPUT, "from", "that is the number of the first sample that will come");
	t.from = n ? (uint64_t)from : 0;
	*ret = t;
	return 0;
}

bool live_terms_same(const struct live_terms *a, const struct live_terms *b)
{
	struct live_terms x = *a, y = *b;
	x.start = y.start = 0;
	x.from = y.from = 0;
	bool leads = x.leads == y.leads && x.rate == y.rate;
	for (unsigned i = 0; leads && i < x.leads; i++)
		leads = !strcmp(x.lead[i].name, y.lead[i].name) && x.lead[i].uv == y.lead[i].uv;
	return leads && !strcmp(x.device, y.device) && !strcmp(x.key, y.key) && !strcmp(x.patient, y.patient) && !strcmp(x.order, y.order) && !strcmp(x.urgency, y.urgency) && !strcmp(x.note, y.note) && !strcmp(x.id, y.id) &&
	       !strcmp(x.assigner, y.assigner) && !strcmp(x.family, y.family) && !strcmp(x.given, y.given) && !strcmp(x.birth, y.birth) && !strcmp(x.sex, y.sex);
}

/* ---- a stretch as a recording ---- */

struct files { /* as the writer hands them out: samples, then header */
	struct buf file[2];
	char name[2][80];
	unsigned n;
};

static int begin(void *arg, struct slice name, struct err *e)
{
	struct files *f = arg;
	if (f->n == ARRAY_LEN(f->file) || name.n >= sizeof f->name[0])
		return err_set(e, ERR_SYSTEM, NULL, "a WFDB record has two files");
	memcpy(f->name[f->n], name.p, name.n);
	f->name[f->n][name.n] = 0;
	buf_init(&f->file[f->n], (size_t)64 << 20);
	f->n++;
	return 0;
}

static int bytes(void *arg, struct slice s, struct err *e)
{
	struct files *f = arg;
	struct buf *b = &f->file[f->n - 1];
	buf_add_slice(b, s);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "no memory for a stretch of a strip");
}

static int end(void *arg, struct err *e)
{
	(void)arg, (void)e;
	return 0;
}

static void record(const struct live_stretch *s, const char *start, struct ecg *g)
{
	g->format = ECG_WFDB;
	g->rate = s->terms->rate;
	g->samples = s->n;
	g->start = slice_str(start);
	g->channels = s->terms->leads;
	for (unsigned i = 0; i < g->channels; i++) {
		struct ecg_channel *c = &g->channel[i];
		*c = (struct ecg_channel){.lead = ecg_lead_parse(slice_str(s->terms->lead[i].name)), .label = slice_str(s->terms->lead[i].name), .unit = "uV", .ecg = true, .rate = g->rate, .samples = s->n,
		                          .scale = s->terms->lead[i].uv, .bits = 16, .s16 = s->lead[i]};
		memcpy(c->name, s->terms->lead[i].name, sizeof c->name);
	}
}

/* What the entry's line says. The key names strip and stretch. */
static int put_body(const struct live_stretch *s, const struct files *f, const char *key, struct buf *ret, struct err *e)
{
	const struct live_terms *t = s->terms;
	struct ecg_sent sent = {.key = slice_str(key), .by = slice_str(s->by), .via = SLICE("live"), .patient = slice_str(t->patient), .order = slice_str(t->order), .urgency = slice_str(t->urgency), .note = slice_str(t->note),
	                        .device = slice_str(t->device),
	                        .continues = (double)s->from < LIVE_FIRST_S * t->rate ? SLICE_NULL : slice_str(s->id)};
	sent.claimed = (struct ecg_person){.id = slice_str(t->id), .assigner = slice_str(t->assigner), .family = slice_str(t->family), .given = slice_str(t->given), .birth = slice_str(t->birth), .sex = slice_str(t->sex)};
	struct ecg_body b = {.files = 2, .name = {slice_str(f->name[1]), slice_str(f->name[0])}, .file = {buf_slice(&f->file[1]), buf_slice(&f->file[0])}};
	return ecg_body_put(&sent, &b, ret, e);
}

int live_body(const struct live_stretch *s, struct buf *ret, struct err *e)
{
	struct ecg *g = calloc(1, sizeof *g);
	struct files f = {.n = 0};
	const struct ecg_sink sink = {begin, bytes, end, &f};
	char start[32], name[64], key[80];
	if (!g)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	time_rfc3339(s->start + (int64_t)llrint((double)s->from / s->terms->rate * 1e3) * (TIME_SEC / 1000), 3, start);
	snprintf(name, sizeof name, "live_%.20s_%" PRIu64, s->id, s->from);
	snprintf(key, sizeof key, "live/%.20s/%" PRIu64 "-%" PRIu64, s->id, s->from, s->from + s->n);
	record(s, start, g);
	int r = ecg_write(g, NULL, ECG_WFDB, slice_str(name), &sink, e);
	if (r == 0)
		r = put_body(s, &f, key, ret, e);
	for (unsigned i = 0; i < f.n; i++)
		buf_done(&f.file[i]);
	free(g);
	return r;
}
