/* The trace, the measurements, the paper and the file of a recording. The keeper gives its bytes when the look is recorded, the ecg role makes of them what is wanted; web parses none of it. */
#include "web_internal.h"
#include "ecg.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- the role, and what it died on ---- */

#define DIED_MAX 256
#define DIED_OFTEN 2

/* Which recordings the role died on, by what they are: after the second time they are not given to it again while this process lives. */
static struct died {
	uint8_t hash[SEAL_HASH];
	unsigned n;
} died[DIED_MAX];
static size_t died_next;
static pthread_mutex_t died_lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned died_on(const uint8_t hash[SEAL_HASH], bool again)
{
	unsigned n = 0;
	pthread_mutex_lock(&died_lock);
	struct died *x = NULL;
	for (size_t i = 0; i < DIED_MAX; i++)
		if (died[i].n && !memcmp(died[i].hash, hash, SEAL_HASH))
			x = &died[i];
	if (again && !x) {
		x = &died[died_next++ % DIED_MAX];
		*x = (struct died){.n = 0};
		memcpy(x->hash, hash, SEAL_HASH);
	}
	if (x)
		n = again ? ++x->n : x->n;
	pthread_mutex_unlock(&died_lock);
	return n;
}

int web_ecg_ask(struct web_request *q, enum ecg_asked what, struct slice options, struct slice body, struct slice before, struct buf *ret, struct err *e)
{
	uint8_t hash[SEAL_HASH];
	bool dead;
	seal_sha256_once(body, hash);
	if (died_on(hash, false) >= DIED_OFTEN)
		return err_set(e, ERR_CORRUPT, NULL, "the program has died on this recording twice, and does not try it again; its file is here as it came");
	if (before.n > (size_t)LEDGER_BODY_MAX - body.n)
		before = SLICE_NULL;
	int r = ecg_ask(q->w->ecg, what, options, body, before, ret, &dead, e);
	if (dead) {
		unsigned n = died_on(hash, true);
		role_log(q->web->role, "web: the ecg role died on a recording%s", n >= DIED_OFTEN ? " for the second time: it is not given to it again" : "");
	}
	return r;
}

/* ---- which one, and what of it ---- */

struct show {
	struct web_request *q;
	struct chart_ecg *g;
	uint64_t entry;
	struct buf body, options;
	enum { BY_STAFF, BY_LINK, BY_HOME } by;
	const char *token;   /* BY_LINK */
	char printed_by[USER_MAX + 16];
};

static int take_body_link(struct show *x, const char *part, struct buf *ret)
{
	struct web_request *q = x->q;
	struct err e = {0};
	struct keeper_link_opened o;
	struct chart *c = web_chart(q);
	int r = c ? keeper_link_open(q->w->keeper, x->token, q->address, part, &o, ret, &e) : ERR_BUSY;
	if (c && r < 0)
		web_link_fail(q, &e);
	if (r < 0)
		return r;
	r = chart_ecg(c, o.ecg, q->a, &x->g, &e);
	if (r < 0)
		web_fail(q, &e);
	x->entry = o.ecg;
	snprintf(x->printed_by, sizeof x->printed_by, "link %s", o.id);
	return r;
}

static int take_body(struct show *x, const char *what, const char *part, uint64_t entry, struct buf *ret)
{
	struct web_request *q = x->q;
	struct err e = {0};
	char query[64];
	if (x->by == BY_LINK) { /* it came first: only then is known which one it is */
		assert(ret == &x->body);
		return 0;
	}
	snprintf(query, sizeof query, "ecg/%" PRIu64 "/%.30s", entry, part);
	buf_init(ret, (size_t)LEDGER_BODY_MAX);
	int r = keeper_ecg_body(q->w->keeper, &q->who, entry, what, x->g->patient ? x->g->patient->id : NULL, query, ret, &e);
	if (r < 0)
		web_fail(q, &e);
	return r;
}

static void not_made(struct web_request *q, const struct err *e)
{
	buf_reset(&q->out);
	if (e->code == ERR_CORRUPT || e->code == ERR_SYSTEM || e->code == ERR_BUSY || e->code == ERR_MEMORY)
		web_error(q, e->code == ERR_CORRUPT ? 500 : 503, e->code == ERR_CORRUPT ? "died" : "busy", "It cannot be shown: %s.", e->text);
	else
		web_fail(q, e);
}

/* A decimal of the query, as a member of the options. */
static void option_number(struct show *x, struct jsonw *w, const char *name)
{
	const char *v = web_query(x->q, name);
	if (v && num_is_decimal(slice_str(v)) && strlen(v) < 20)
		jsonw_kstr(w, name, v);
}

static void option_text(struct show *x, struct jsonw *w, const char *name)
{
	const char *v = web_query(x->q, name);
	if (v && utf8_valid(slice_str(v)))
		jsonw_kslice(w, name, slice_of(v, strnlen(v, 100)));
}

/* An entry's bytes never change, nor what this program makes of them: who shows the tag of it has just that, and is not looking anew. Through a link every look is told. */
static bool has_it(struct show *x, const char *part)
{
	struct web_request *q = x->q;
	AUTO_BUF struct buf of = {0};
	if (x->by == BY_LINK)
		return false;
	buf_init(&of, FRAME_SMALL + 1024);
	buf_printf(&of, "%s %" PRId64 " %" PRId64 " %" PRIu64 " %s ", q->web->role->origin, q->web->started, x->g->received, x->entry, part);
	buf_add_slice(&of, buf_slice(&x->options));
	return buf_ok(&of) && web_same(q, buf_slice(&of));
}

static void made(struct show *x, enum ecg_asked what, const char *part, const char *audit)
{
	struct web_request *q = x->q;
	struct err e = {0};
	if (has_it(x, part))
		return;
	if (take_body(x, audit, part, x->entry, &x->body) < 0) {
		q->etag[0] = 0;
		return;
	}
	if (web_ecg_ask(q, what, buf_slice(&x->options), buf_slice(&x->body), SLICE_NULL, &q->out, &e) < 0) {
		q->etag[0] = 0;
		not_made(q, &e);
	} else {
		web_json(q, 200);
	}
}

/* ---- wave, analysis ---- */

static void wave(struct show *x)
{
	struct jsonw w;
	const char *leads = web_query(x->q, "leads");
	struct slice rest = slice_str(leads);
	jsonw_init(&w, &x->options);
	jsonw_obj(&w);
	option_number(x, &w, "from");
	option_number(x, &w, "seconds");
	jsonw_key(&w, "leads");
	jsonw_arr(&w);
	for (int i = 0; rest.n && i < ECG_CHANNELS_MAX; i++) {
		struct slice one = slice_trim(slice_cut(rest, ',', &rest));
		if (one.n && one.n < 24 && utf8_valid(one))
			jsonw_slice(&w, one);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	made(x, ECG_ASK_WAVE, "wave", "view");
}

static void analysis(struct show *x)
{
	made(x, ECG_ASK_ANALYSIS, "analysis", "view");
}

/* ---- the file ---- */

/* A name for what is saved: letters, digits and a few signs. */
static void save_as(struct web_request *q, struct slice name, const char *end)
{
	char safe[120];
	size_t n = 0;
	for (size_t i = 0; i < name.n && n < 80; i++) {
		uint8_t c = name.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
		safe[n++] = plain ? (char)c : '_';
	}
	safe[n] = 0;
	snprintf(q->disposition, sizeof q->disposition, "attachment; filename=\"%s%s\"", safe, end);
}

static void file(struct show *x)
{
	struct web_request *q = x->q;
	struct ecg_body b;
	struct err e = {0};
	const char *part = web_query(q, "part");
	if (take_body(x, "export", "file", x->entry, &x->body) < 0)
		return;
	if (ecg_body_read(buf_slice(&x->body), q->a, &b, &e) < 0) { /* not even its line: as it is */
		buf_add_slice(&q->out, buf_slice(&x->body));
		b = (struct ecg_body){.name = {SLICE("entry")}, .files = 1};
	} else if (b.files > 1 && !part) {
		buf_add_slice(&q->out, buf_slice(&x->body));
		q->content_type = "application/vnd.holdfast.ecg";
	} else {
		size_t i = 0;
		while (part && i < b.files && !slice_eq_str(b.name[i], part))
			i++;
		if (i == b.files) {
			web_error(q, 404, "not-found", "The recording has no file of that name.");
			return;
		}
		buf_add_slice(&q->out, b.file[i]);
		b.name[0] = b.name[i];
	}
	q->status = 200;
	if (!q->content_type)
		q->content_type = "application/octet-stream";
	save_as(q, b.name[0], b.files > 1 && !part ? ".ecg" : "");
}

static void converted(struct show *x)
{
	static const struct {
		const char *to, *type, *end;
	} formats[] = {{"scp", "application/octet-stream", ".scp"}, {"aecg", "application/xml", ".xml"}, {"dicom", "application/dicom", ".dcm"}, {"edf", "application/octet-stream", ".edf"}, {"fhir", "application/fhir+json", ".json"},
	               {"csv", "text/csv", ".csv"}};
	struct web_request *q = x->q;
	struct err e = {0};
	struct jsonw w;
	const char *to = web_query(q, "to");
	size_t i = 0;
	char name[40];
	while (i < ARRAY_LEN(formats) && (!to || strcmp(to, formats[i].to)))
		i++;
	if (i == ARRAY_LEN(formats)) {
		web_error(q, 400, "input", "An ECG is given as scp, aecg, dicom, edf, fhir or csv.");
		return;
	}
	snprintf(name, sizeof name, "ecg-%" PRIu64, x->entry);
	jsonw_init(&w, &x->options);
	jsonw_obj(&w);
	jsonw_kstr(&w, "to", formats[i].to);
	jsonw_kstr(&w, "name", name);
	jsonw_obj_end(&w);
	if (take_body(x, "export", formats[i].to, x->entry, &x->body) < 0)
		return;
	if (web_ecg_ask(q, ECG_ASK_CONVERT, buf_slice(&x->options), buf_slice(&x->body), SLICE_NULL, &q->out, &e) < 0) {
		not_made(q, &e);
		return;
	}
	q->status = 200;
	q->content_type = formats[i].type;
	save_as(q, slice_str(name), formats[i].end);
}

/* ---- paper ---- */

static void put_patient(struct jsonw *w, const struct chart_row *p)
{
	AUTO_BUF struct buf b = {0};
	jsonw_key(w, "patient");
	jsonw_arr(w);
	if (p) {
		buf_init(&b, 1 << 12);
		buf_printf(&b, "%.*s, %.*s", SLICE_FMT(p->name_family), SLICE_FMT(p->name_given));
		jsonw_slice(w, buf_slice(&b));
		buf_reset(&b);
		buf_printf(&b, "born %.*s, %.*s", (int)(p->birth.n > 10 ? 10 : p->birth.n), (const char *)p->birth.p, SLICE_FMT(p->sex));
		jsonw_slice(w, buf_slice(&b));
		buf_reset(&b);
		buf_printf(&b, "%.*s%s%.*s", SLICE_FMT(p->number), p->assigner.n ? " @ " : "", SLICE_FMT(p->assigner));
		jsonw_slice(w, buf_slice(&b));
		buf_reset(&b);
		if (p->place.unit.n)
			buf_printf(&b, "%.*s %.*s", SLICE_FMT(p->place.unit), SLICE_FMT(p->place.bed));
		if (b.n)
			jsonw_slice(w, buf_slice(&b));
	}
	jsonw_arr_end(w);
	if (p)
		jsonw_kslice(w, "patientId", p->number);
}

static void put_sign(struct jsonw *w, struct slice by, int64_t at, struct slice text)
{
	char t[32];
	jsonw_obj(w);
	jsonw_kslice(w, "by", by);
	jsonw_kstr(w, "time", time_rfc3339(at, 0, t));
	jsonw_kslice(w, "text", text);
	jsonw_obj_end(w);
}

static void put_signs(struct jsonw *w, const struct chart_ecg *g)
{
	AUTO_BUF struct buf b = {0};
	const struct json_node *list = g->stands ? json_get(g->stands, "statements") : NULL;
	buf_init(&b, 1 << 16);
	jsonw_key(w, "signs");
	jsonw_arr(w);
	for (const struct json_node *s = list ? list->child : NULL; s; s = s->next) {
		buf_add_slice(&b, json_text(s, "text"));
		buf_u8(&b, '\n');
	}
	if (g->stands) {
		buf_add_slice(&b, json_text(g->stands, "comment"));
		put_sign(w, g->signed_by, g->signed_at, slice_trim(buf_slice(&b)));
	}
	for (const struct chart_ecg_act *x = g->stands ? g->acts : NULL; x; x = x->next)
		if (x->counts && slice_eq_str(x->act, "addend") && x->time >= g->signed_at)
			put_sign(w, x->by, x->time, json_text(x->node, "text"));
	jsonw_arr_end(w);
}

/* "1234 entries, root ...": what a printed sheet can be held against. */
static void put_checkpoint(struct web_request *q, struct jsonw *w)
{
	AUTO_BUF struct buf note = {0}, text = {0};
	struct tlog_checkpoint cp;
	struct err quiet = {0};
	buf_init(&note, 1 << 16);
	buf_init(&text, 256);
	if (keeper_checkpoint(q->w->keeper, &note, &quiet) < 0 || tlog_checkpoint_parse(buf_slice(&note), &cp, NULL) < 0)
		return;
	buf_printf(&text, "%" PRIu64 " entries, root ", cp.size);
	base64_put(&text, slice_of(cp.root, sizeof cp.root));
	jsonw_kslice_opt(w, "checkpoint", buf_slice(&text));
}

static void put_options(struct show *x)
{
	struct web_request *q = x->q;
	struct jsonw w;
	char entry[40], t[32], printed[140];
	static const char *const numbers[] = {"speed", "gain", "low", "high", "mains", "from"};
	snprintf(entry, sizeof entry, "entry %" PRIu64, x->entry);
	snprintf(printed, sizeof printed, "%s %s", time_rfc3339(time_now(), 0, t), x->printed_by);
	jsonw_init(&w, &x->options);
	jsonw_obj(&w);
	option_text(x, &w, "layout");
	option_text(x, &w, "paper");
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		option_number(x, &w, numbers[i]);
	put_patient(&w, x->g->patient);
	jsonw_kstr(&w, "entry", entry);
	put_checkpoint(q, &w);
	jsonw_kstr(&w, "printed", printed);
	jsonw_kstr(&w, "site", q->web->role->site_name);
	put_signs(&w, x->g);
	jsonw_obj_end(&w);
}

/* The one to compare with: of the same patient, or it is not drawn beside this one. */
static int take_before(struct show *x, struct buf *ret)
{
	const char *v = web_query(x->q, "before");
	uint64_t n;
	struct chart_ecg *g;
	if (!v || !*v || x->by != BY_STAFF)
		return 0;
	if (num_u64(slice_str(v), 0, UINT64_MAX - 1, &n) < 0 || web_ecg_find(x->q, n, &g) < 0) {
		if (!x->q->status)
			web_error(x->q, 400, "input", "'before' is the number of an earlier ECG.");
		return ERR_INPUT;
	}
	if (!g->patient || !x->g->patient || strcmp(g->patient->id, x->g->patient->id) != 0) {
		web_error(x->q, 400, "input", "The ECG to compare with is not the same patient's.");
		return ERR_INPUT;
	}
	return take_body(x, "print", "before", n, ret);
}

static void report(struct show *x)
{
	struct web_request *q = x->q;
	struct err e = {0};
	AUTO_BUF struct buf before = {0};
	if (take_before(x, &before) < 0)
		return;
	put_options(x);
	if (take_body(x, "print", "report", x->entry, &x->body) < 0)
		return;
	if (web_ecg_ask(q, ECG_ASK_REPORT, buf_slice(&x->options), buf_slice(&x->body), buf_slice(&before), &q->out, &e) < 0) {
		not_made(q, &e);
		return;
	}
	q->status = 200;
	q->content_type = "application/pdf";
	snprintf(q->disposition, sizeof q->disposition, "inline; filename=\"ecg-%" PRIu64 ".pdf\"", x->entry);
}

void web_ecg_show(struct web_request *q, uint64_t entry, const char *what)
{
	static const struct {
		const char *name;
		void (*fn)(struct show *x);
	} parts[] = {{"wave", wave}, {"analysis", analysis}, {"report.pdf", report}, {"file", file}, {"convert", converted}};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct show x = {.q = q, .entry = entry};
		if (strcmp(what, parts[i].name))
			continue;
		if (web_ecg_find(q, entry, &x.g) < 0)
			return;
		snprintf(x.printed_by, sizeof x.printed_by, "%s", q->session.user);
		buf_init(&x.options, FRAME_SMALL);
		parts[i].fn(&x);
		buf_done(&x.body);
		buf_done(&x.options);
		return;
	}
	web_error(q, 404, "not-found", "Nothing is here.");
}

/* ---- for who is no staff ---- */

static void show_part(struct show *x, const char *what)
{
	buf_init(&x->options, FRAME_SMALL);
	if (!strcmp(what, "wave"))
		wave(x);
	else if (!strcmp(what, "analysis"))
		analysis(x);
	else
		report(x);
	buf_done(&x->body);
	buf_done(&x->options);
}

void web_ecg_show_link(struct web_request *q, const char *token, const char *what)
{
	struct show x = {.q = q, .by = BY_LINK, .token = token};
	if (strcmp(what, "wave") && strcmp(what, "analysis") && strcmp(what, "report.pdf")) {
		web_error(q, 404, "not-found", "Nothing is here.");
		return;
	}
	buf_init(&x.body, (size_t)LEDGER_BODY_MAX);
	if (take_body_link(&x, what, &x.body) < 0)
		buf_done(&x.body);
	else
		show_part(&x, what);
}

void web_ecg_show_home(struct web_request *q, struct chart_ecg *g, const char *what)
{
	struct show x = {.q = q, .by = BY_HOME, .g = g, .entry = g->entry};
	snprintf(x.printed_by, sizeof x.printed_by, "%s", q->session.user);
	show_part(&x, what);
}
