/* A recording handed in: by a person, a cart, a device. It is looked at first, so that somebody who sends a letter hears it at once; whatever is readable at all is stored, and answered when it is durable. */
#include "web_internal.h"
#include "ecg.h"

#include <stdio.h>

#define CONTENT_OWN "application/vnd.holdfast.ecg" /* several files as one body (ecg.h) */

static struct slice text(struct web_request *q, const char *name, size_t max, bool *bad)
{
	const char *v = web_query(q, name);
	struct slice s = v ? slice_trim(slice_str(v)) : SLICE_NULL;
	if (s.n > max || !utf8_valid(s))
		*bad = true;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 && s.p[i] != '\n' && s.p[i] != '\t')
			*bad = true;
	return s;
}

static bool read_query(struct web_request *q, struct ecg_sent *s)
{
	bool bad = false;
	s->key = text(q, "key", 200, &bad);
	s->patient = text(q, "patient", 40, &bad);
	s->order = text(q, "order", 100, &bad);
	s->urgency = text(q, "urgency", 10, &bad);
	s->note = text(q, "note", 4000, &bad);
	s->recorded = text(q, "recorded", 40, &bad);
	s->claimed.id = text(q, "id", 100, &bad);
	s->claimed.assigner = text(q, "assigner", 200, &bad);
	s->claimed.family = text(q, "family", 200, &bad);
	s->claimed.given = text(q, "given", 200, &bad);
	s->claimed.birth = text(q, "birth", 10, &bad);
	s->claimed.sex = text(q, "sex", 10, &bad);
	bool at = s->claimed.id.n && memchr(s->claimed.id.p, '@', s->claimed.id.n);
	if (at && !s->claimed.assigner.n) /* 4711@HOSP, as everywhere else */
		s->claimed.id = slice_cut(s->claimed.id, '@', &s->claimed.assigner);
	if (s->urgency.n && !slice_eq_str(s->urgency, "stat") && !slice_eq_str(s->urgency, "urgent") && !slice_eq_str(s->urgency, "routine"))
		bad = true;
	if (s->claimed.birth.n && fact_time_ns(s->claimed.birth, 0) == INT64_MIN)
		bad = true;
	return !bad;
}

static int files_of(struct web_request *q, struct ecg_body *ret, struct err *e)
{
	const char *type = web_header(q, "Content-Type"), *name = web_query(q, "name");
	if (type && !strncasecmp(type, "multipart/", 10))
		return err_set(e, ERR_INPUT, NULL, "this is a form with the file somewhere in it: send the file itself as the body (curl --data-binary @FILE), its name as ?name=");
	if (type && !strncmp(type, CONTENT_OWN, sizeof CONTENT_OWN - 1))
		return ecg_body_read(buf_slice(&q->body), q->a, ret, e);
	if (!q->body.n)
		return err_set(e, ERR_INPUT, NULL, "the file is empty");
	const char *base = name ? strrchr(name, '/') : NULL;
	*ret = (struct ecg_body){.files = 1, .name = {slice_str(name && *name ? (base ? base + 1 : name) : "ecg")}, .file = {buf_slice(&q->body)}};
	return 0;
}

/* A cart that can only print sends its paper: nothing can be measured in it, but it is the only one there is. */
static bool is_paper(const struct ecg_body *files)
{
	return files->files == 1 && slice_starts(files->file[0], "%PDF-");
}

/* Is it one at all? Where nobody can say (the role is down, or died on it) it is stored: a recording that was hard to get is not lost for our troubles. */
static bool is_ecg(struct web_request *q, struct slice body)
{
	AUTO_BUF struct buf said = {0};
	struct err e = {0};
	buf_init(&said, 1 << 16);
	int r = web_ecg_ask(q, ECG_ASK_CHECK, SLICE_NULL, body, SLICE_NULL, &said, &e);
	if (r != ERR_INPUT)
		return true;
	web_error(q, 400, "input", "It was not stored: %s", e.text);
	return false;
}

/* Bytes that were here stay as they were told then; who says more of them now hears that it was not added. */
static const char *not_added(const struct chart_ecg *g, const struct ecg_sent *said)
{
	bool claims = said->claimed.id.n || said->claimed.family.n || said->claimed.birth.n, differs = said->patient.n ? !g->patient || !slice_eq_str(said->patient, g->patient->id) : claims && !g->patient;
	if (claims && g->patient && said->claimed.id.n)
		differs = differs || !slice_eq(said->claimed.id, g->patient->number);
	return differs ? "This recording was here before. Whose you say it is was not added to it: match it to its patient." : NULL;
}

static void stored(struct web_request *q, const struct keeper_stored *s, const struct ecg_sent *said)
{
	static const char *const readings[] = {[CHART_ECG_UNREAD] = "unread", [CHART_ECG_READING] = "reading", [CHART_ECG_SIGNED] = "signed", [CHART_ECG_AMENDED] = "amended", [CHART_ECG_REJECTED] = "rejected"};
	struct chart *c = s->applied || s->duplicate ? web_chart(q) : NULL;
	struct chart_ecg *g;
	struct err quiet = {0};
	struct jsonw w;
	buf_reset(&q->out);
	q->status = q->retry_after = 0;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entry", s->seq);
	jsonw_ktime(&w, "time", s->time);
	jsonw_kbool(&w, "duplicate", s->duplicate);
	if (c && chart_ecg(c, s->seq, q->a, &g, &quiet) == 0) {
		jsonw_kslice_opt(&w, "format", fact_get(g->fact, FF_TYPE));
		jsonw_kstr(&w, "match", g->patient ? "matched" : "unmatched");
		jsonw_kstr(&w, "reading", readings[g->reading]);
		if (g->unreadable)
			jsonw_kbool(&w, "unreadable", true);
		const char *note = s->duplicate ? not_added(g, said) : NULL;
		if (note)
			jsonw_kstr(&w, "note", note);
	}
	jsonw_obj_end(&w);
	web_json(q, s->duplicate ? 200 : 201);
}

int web_ecg_take(struct web_request *q, struct ecg_sent *s, struct keeper_stored *ret)
{
	struct ecg_body files;
	struct err e = {0};
	AUTO_BUF struct buf body = {0};
	struct ecg_sent query = {.key = SLICE_NULL};
	bool home = slice_eq_str(s->via, "home");
	if (!read_query(q, &query)) {
		web_error(q, 400, "input", "What is said of the recording (name, patient, id, birth, order, urgency, note) cannot be right: something is too long, or no date, or the urgency is none of stat, urgent and routine.");
		return ERR_INPUT;
	}
	s->key = query.key;
	s->note = query.note;
	s->recorded = query.recorded;
	if (!home) { /* at home it is the account that says whose it is, and a clinic how urgent */
		s->patient = query.patient;
		s->order = query.order;
		s->urgency = query.urgency;
		s->claimed = query.claimed;
	}
	buf_init(&body, (size_t)LEDGER_BODY_MAX);
	if (files_of(q, &files, &e) < 0 || ecg_body_put(s, &files, &body, &e) < 0) {
		web_fail(q, &e);
		return e.code;
	}
	if (!is_paper(&files) && !is_ecg(q, buf_slice(&body)))
		return ERR_INPUT;
	int r = keeper_ecg(q->w->keeper, &q->who, buf_slice(&body), true, ret, &e);
	if (r < 0)
		web_fail(q, &e);
	else {
		buf_reset(&q->out);
		q->status = q->retry_after = 0;
	}
	return r;
}

void web_ecg_post(struct web_request *q)
{
	struct ecg_sent sent = {.via = SLICE("upload"), .by = slice_str(q->session.user)};
	struct keeper_stored s;
	if (!web_may(q, MAY_ECG_SEND))
		return;
	if (q->session.is_token)
		sent.via = SLICE("device");
	if (web_ecg_take(q, &sent, &s) == 0)
		stored(q, &s, &sent);
}
