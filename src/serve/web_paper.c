/* GET /api/paper: a unit's or a patient's sheets as PDF, as `holdfast paper print` makes them. Charts are read here and values taken out of them; the role that has the fonts lays them out (ecg_role_sheets.c), which says how many pages they are; what is printed
 * is registered, and who looked at whom is an entry, before the same role is asked for the PDF. One at a time: a house that prints everything at once would keep wards waiting for their ECGs. */
#include "web_internal.h"

#include "paper.h"
#include "ward.h"

#include <stdio.h>

#define VALUES_MAX ((size_t)64 << 20)

struct printing {
	struct web_request *q;
	struct chart_moment at;
	struct ward_ask ask;
	struct paper_run run;
	struct ward_printed printed;
	struct buf values;
	char root[64];
	size_t sheets;
};

static int take(void *arg, const struct paper_sheet *s, struct err *e)
{
	struct printing *p = arg;
	paper_wire_sheet(s, &p->values);
	return buf_ok(&p->values) ? 0 : err_set(e, buf_code(&p->values), NULL, "that is too much for one print: take fewer sheets, or print patient by patient");
}

static const char *word(struct web_request *q, const char *name, const char *const *words, size_t n)
{
	const char *said = web_query(q, name);
	for (size_t i = 0; i < n; i++)
		if (!said || !*said || !strcmp(said, words[i]))
			return words[said && *said ? i : 0];
	web_error(q, 400, "input", "%s is not one of what it can be; the first is %s.", name, words[0]);
	return NULL;
}

/* What is asked for; false: answered. */
static bool read_ask(struct printing *p)
{
	static const char *const papers[] = {"a4", "letter"}, *const langs[] = {"en", "fr", "zh"}, *const sizes[] = {"0", "1"};
	struct web_request *q = p->q;
	struct err e = {0};
	const char *unit = web_query(q, "unit"), *patient = web_query(q, "patient"), *sheet = web_query(q, "sheet"), *paper, *lang, *large;
	if (!(paper = word(q, "paper", papers, 2)) || !(lang = word(q, "lang", langs, 3)) || !(large = word(q, "large", sizes, 2)))
		return false;
	bool has_unit = unit && *unit, has_patient = patient && *patient, calls = sheet && !strcmp(sheet, "calls");
	if (calls && !has_patient && !has_unit) /* lists of calls are the house's */
		p->ask.all = true;
	else if (has_unit == has_patient) {
		web_error(q, 400, "input", "Say whose: unit= or patient=.");
		return false;
	}
	if (ward_kinds(slice_str(sheet && *sheet ? sheet : has_unit ? "pack" : "summary,mar"), &p->ask, &e) < 0) {
		web_error(q, 400, "input", "sheet: %s.", e.text);
		return false;
	}
	p->ask.unit = has_unit ? unit : NULL;
	p->ask.list = calls && web_query(q, "list") && *web_query(q, "list") ? web_query(q, "list") : NULL;
	p->ask.patient = has_patient ? patient : NULL;
	p->ask.lang = lang;
	p->ask.now = time_now();
	p->ask.zone_minutes = q->web->role->zone_minutes;
	p->run = (struct paper_run){.lang = lang, .us = !strcmp(paper, "letter"), .large = !strcmp(large, "1"), .site = q->web->role->site_name, .zone_minutes = p->ask.zone_minutes, .made = p->ask.now};
	return true;
}

/* As `holdfast paper print`: the published checkpoint, where there is one. */
static void head(struct printing *p)
{
	AUTO_BUF struct buf note = {0}, root = {0};
	struct tlog_checkpoint at;
	struct err quiet = {0};
	buf_init(&note, 1 << 16);
	buf_init(&root, 128);
	p->run.entry = p->at.end ? p->at.end - 1 : 0;
	p->run.entry_time = p->at.time;
	if (file_read(p->q->web->role->sitefd, "ledger/checkpoint", 1 << 16, &note, &quiet) < 0 || tlog_checkpoint_parse(buf_slice(&note), &at, &quiet) < 0)
		return;
	base64_put(&root, slice_of(at.root, SEAL_HASH));
	snprintf(p->root, sizeof p->root, "%s", buf_cstr(&root));
	p->run.checkpoint = at.size;
	p->run.root = slice_str(p->root);
}

/* false: answered. */
static bool fill(struct printing *p, struct chart *c)
{
	struct web_request *q = p->q;
	struct chart_patient *who;
	struct err e = {0};
	if (web_moment(q, &p->at, &e) < 0)
		return false;
	p->ask.past = web_query(q, "at") != NULL;
	if (p->ask.patient) {
		if (web_patient_find(q, p->ask.patient, p->at, &who) < 0)
			return false;
		p->ask.open_protected = who->is_protected; /* it may be opened: that was asked just now */
		p->ask.patient = who->id;
	}
	head(p);
	paper_wire_run(&p->run, &p->values);
	int r = ward_sheets_to(c, p->at, &p->ask, &(struct ward_sink){.take = take, .arg = p, .count = &p->sheets}, &p->printed, &e);
	if (r < 0)
		web_fail(q, &e);
	return r == 0;
}

/* Laid out, registered, drawn. */
static int draw(struct printing *p, struct err *e)
{
	struct web_request *q = p->q;
	AUTO_BUF struct buf list = {0}, body = {0};
	struct jsonw w;
	char block[PAPER_BLOCK_MAX], options[96];
	uint64_t entry;
	buf_init(&list, (size_t)16 << 20);
	buf_init(&body, (size_t)16 << 20);
	int r = web_ecg_ask(q, ECG_ASK_SHEETS, SLICE("{}"), buf_slice(&p->values), SLICE_NULL, &list, e);
	if (r < 0)
		return r;
	jsonw_init(&w, &body);
	jsonw_obj(&w);
	jsonw_ku64(&w, "from", p->run.entry);
	jsonw_ku64(&w, "checkpoint", p->run.checkpoint);
	jsonw_key(&w, "sheets");
	jsonw_raw(&w, buf_slice(&list));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	r = buf_ok(&body) ? keeper_sheets(q->w->keeper, &q->who, buf_slice(&body), &entry, block, e) : err_set(e, buf_code(&body), NULL, "too many sheets for one print");
	if (r < 0)
		return r;
	snprintf(options, sizeof options, "{\"block\":\"%s\",\"entry\":%llu}", block, (unsigned long long)entry);
	return web_ecg_ask(q, ECG_ASK_SHEETS, slice_str(options), buf_slice(&p->values), SLICE_NULL, &q->out, e);
}

static void print(struct printing *p, struct chart *c)
{
	struct web_request *q = p->q;
	struct err e = {0};
	if (!fill(p, c))
		return;
	const char *what = web_query(q, "sheet");
	for (size_t i = 0; i < p->printed.patient_n; i++)
		if (web_audit(q, "print", p->printed.patients[i], what && *what ? what : p->ask.unit ? "pack" : "summary,mar", p->run.entry, NULL) < 0)
			return;
	if (draw(p, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	q->status = 200;
	q->content_type = "application/pdf";
	snprintf(q->disposition, sizeof q->disposition, "inline; filename=\"sheets.pdf\""); /* no name of anybody in a name of a file */
	snprintf(q->as_of, sizeof q->as_of, "%llu", (unsigned long long)p->run.entry);
}

void web_paper(struct web_request *q)
{
	if (!web_may(q, MAY_CENSUS | MAY_CHART))
		return;
	if (q->method != WEB_GET) { /* each is an entry: not for HEAD */
		q->allow = "GET";
		web_error(q, 405, "method", "Sheets are printed with GET.");
		return;
	}
	struct printing *p = arena_alloc(q->a, sizeof *p);
	struct chart *c = web_chart(q);
	if (!p || !c) {
		if (c)
			web_error(q, 503, "memory", "No memory.");
		return;
	}
	p->q = q;
	if (!read_ask(p))
		return;
	pthread_mutex_lock(&q->web->lock);
	bool mine = !q->web->printing;
	q->web->printing = true;
	pthread_mutex_unlock(&q->web->lock);
	if (!mine) {
		q->retry_after = 2;
		web_error(q, 503, "busy", "Somebody else's sheets are being printed. Ask again in a moment.");
		return;
	}
	buf_init(&p->values, VALUES_MAX);
	print(p, c);
	buf_done(&p->values);
	ward_printed_done(&p->printed);
	pthread_mutex_lock(&q->web->lock);
	q->web->printing = false;
	pthread_mutex_unlock(&q->web->lock);
}
