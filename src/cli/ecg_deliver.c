/* holdfast ecg deliver: readings that were signed, back to an EHR that can be reached again: as ORU^R01 over MLLP, or as a FHIR transaction.
 *
 * The bytes are an entry of the ledger before the first of them goes out, under a control id that is a function of the ledger's origin, the destination and the version. Killed at any moment, the next run finds what is open, and
 * sends those very bytes again; a receiver that has them already answers as it did. What is due when stands in chart_ecg_deliver.c. */
#include "ecg_deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK "deliver.lock"
#define TRIES 3          /* of the same bytes in one run, while nothing is answered; --tries */
#define ROUNDS 4         /* an open one, a withdrawal, a correction: more is never due of one recording at once */
#define PAGE 200
#define DUE_MAX 1000000

struct waiting {
	uint64_t ecg, order;
};
struct run {
	struct deliver d;
	const char *mllp, *fhir, *token_file;
	uint64_t entry, tries;
	bool tls, dry, json, one;
	int64_t since;   /* INT64_MIN: from the beginning */
	struct send_to way;
	struct send_line *line;
	struct waiting *v;
	size_t n, room, delivered, refused, unknown;
	int status;
};

/* ---- what is due ---- */

static const struct chart_ecg_delivery *last_of(const struct chart_ecg_delivery *list, struct slice to)
{
	const struct chart_ecg_delivery *last = NULL;
	for (; list; list = list->next)
		if (slice_eq(list->to, to) && list->state == CHART_DELIVERED)
			last = list;
	return last;
}

/* Whom the last delivered one spoke of, as persons stand now: merged ones are one. */
static int same_person(struct run *x, const struct chart_ecg *g, const struct chart_ecg_delivery *last, struct arena *a, bool *ret, struct err *e)
{
	struct chart_patient *p;
	struct chart_moment now;
	*ret = true;
	if (!last || !g->patient)
		return 0;
	int r = chart_now(x->d.chart, &now, e);
	if (r == 0)
		r = chart_patient(x->d.chart, last->patient, now, a, &p, NULL, e);
	if (r == ERR_NOT_FOUND) { /* erased since */
		*ret = slice_eq_str(last->patient, g->patient->id);
		return 0;
	}
	if (r == 0)
		*ret = !strcmp(p->replaced_by[0] ? p->replaced_by : p->id, g->patient->id);
	return r;
}

static int due_of(struct run *x, const struct chart_ecg *g, struct arena *a, struct chart_ecg_due *ret, struct err *e)
{
	struct chart_ecg_delivery *list;
	bool same;
	int r = chart_ecg_deliveries(g, a, &list, e);
	if (r == 0)
		r = same_person(x, g, last_of(list, slice_str(x->d.to)), a, &same, e);
	if (r == 0)
		chart_ecg_due(g, list, slice_str(x->d.to), same, x->one, x->d.preliminary, ret);
	if (r == 0 && (ret->what == CHART_DUE_FINAL || ret->what == CHART_DUE_PRELIMINARY) && !last_of(list, slice_str(x->d.to)) && deliver_made(g, ret) < x->since)
		ret->what = CHART_DUE_NOTHING; /* this destination never heard of it, and is not to be told of what was before */
	return r;
}

static int note(struct run *x, uint64_t ecg, uint64_t order, struct err *e)
{
	if (x->n == x->room) {
		size_t room = x->room ? 2 * x->room : 256;
		struct waiting *more = room <= DUE_MAX ? realloc(x->v, room * sizeof *more) : NULL;
		if (!more)
			return err_set(e, room > DUE_MAX ? ERR_LIMIT : ERR_MEMORY, NULL, "more is due than one run holds");
		x->v = more;
		x->room = room;
	}
	x->v[x->n++] = (struct waiting){ecg, order};
	return 0;
}

static int gather(struct run *x, struct err *e)
{
	struct chart_ecgs_ask q = {.list = CHART_ECG_LIST_ALL, .before = CHART_NOW, .max = PAGE};
	int r = 0;
	do {
		AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
		struct chart_ecg *g = NULL;
		struct chart_ecg_due due;
		r = a ? chart_ecgs(x->d.chart, &q, a, &g, &q.before, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
		for (; r == 0 && g; g = g->next) {
			r = due_of(x, g, a, &due, e);
			if (r == 0 && due.what != CHART_DUE_NOTHING)
				r = note(x, g->entry, due.version, e);
		}
	} while (r == 0 && q.before != CHART_NOW);
	return r;
}

static int by_order(const void *pa, const void *pb)
{
	const struct waiting *a = pa, *b = pb;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* ---- the ledger ---- */

static int on_result(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	(void)tag;
	(void)e;
	*(struct control_appended *)arg = *r;
	return 0;
}

/* Durable, and in the view, when it returns. */
static int enter(struct run *x, struct slice body, struct err *e)
{
	struct control_appended is;
	struct control_append a = {.kind = LEDGER_ECG_ACT, .body = body, .dedupe = true};
	int r = control_append(x->d.k, &a, 1, on_result, &is, e);
	return r < 0 ? r : control_flush(x->d.k, e);
}

static void head(struct jsonw *w, const char *act, const struct run *x, uint64_t ecg, const char *control_id)
{
	jsonw_obj(w);
	jsonw_kstr(w, "act", act);
	jsonw_ku64(w, "ecg", ecg);
	jsonw_kstr(w, "to", x->d.to);
	jsonw_kstr(w, "controlId", control_id);
}

static int enter_bytes(struct run *x, const struct deliver_message *m, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	uint8_t hash[SEAL_HASH];
	char who[64], hex[2 * SEAL_HASH + 1];
	struct jsonw w;
	buf_init(&body, (size_t)4 << 20);
	control_who(who);
	seal_sha256_once(buf_slice(&m->bytes), hash);
	for (size_t i = 0; i < SEAL_HASH; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	jsonw_init(&w, &body);
	head(&w, "delivering", x, m->ecg, m->control_id);
	jsonw_ku64(&w, "version", m->version);
	jsonw_kstr(&w, "status", m->status);
	jsonw_kstr(&w, "patient", m->patient);
	jsonw_kstr(&w, "user", who);
	jsonw_kstr(&w, "sha256", hex);
	jsonw_kslice(&w, "message", buf_slice(&m->bytes));
	jsonw_obj_end(&w);
	return buf_ok(&body) ? enter(x, buf_slice(&body), e) : err_set(e, buf_code(&body), NULL, "the message is larger than is delivered at once");
}

static int enter_answer(struct run *x, const struct deliver_message *m, const struct send_heard *h, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	struct jsonw w;
	bool good = h->outcome == SEND_TAKEN;
	buf_init(&body, 1 << 16);
	jsonw_init(&w, &body);
	head(&w, good ? "delivered" : "delivery-refused", x, m->ecg, m->control_id);
	jsonw_kstr(&w, "ack", h->ack);
	if (!good && h->text[0])
		jsonw_kstr(&w, "text", h->text);
	jsonw_obj_end(&w);
	return enter(x, buf_slice(&body), e);
}

/* What went out, or was about to: from the ledger, and whole. */
static int same_bytes(struct run *x, const struct chart_ecg_delivery *of, struct deliver_message *m, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	struct ledger_entry en;
	struct json_node *n;
	uint8_t hash[SEAL_HASH], want[SEAL_HASH];
	int r = a ? cli_ledger(x->d.site, true, &keys, &l, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = ledger_read(l, of->entry, &en, e);
	if (r == 0 && en.erased)
		r = err_set(e, ERR_ERASED, NULL, "what was sent under %.*s was erased", SLICE_FMT(of->control_id));
	if (r == 0)
		r = json_tree(en.body, a, &n, e);
	if (r == 0) {
		buf_add_slice(&m->bytes, json_text(n, "message"));
		seal_sha256_once(buf_slice(&m->bytes), hash);
		if (!m->bytes.n || hex_get(want, sizeof want, json_text(n, "sha256")) < 0 || memcmp(hash, want, sizeof hash) != 0)
			r = err_set(e, ERR_CORRUPT, NULL, "entry %" PRIu64 " does not hold what it says was sent", of->entry);
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	snprintf(m->control_id, sizeof m->control_id, "%.*s", SLICE_FMT(of->control_id));
	snprintf(m->patient, sizeof m->patient, "%.*s", SLICE_FMT(of->patient));
	m->status = slice_eq_str(of->status, "X") ? "X" : slice_eq_str(of->status, "P") ? "P" : slice_eq_str(of->status, "C") ? "C" : "F";
	m->version = of->version;
	return r;
}

/* ---- what is said ---- */

static void tell(struct run *x, const struct deliver_message *m, const char *state, const struct send_heard *h)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	if (!x->json) {
		printf("ECG %" PRIu64 " to %s: %s (%s, %s", m->ecg, x->d.to, state, m->control_id, !strcmp(m->status, "X") ? "withdrawn" : !strcmp(m->status, "C") ? "corrected" : !strcmp(m->status, "P") ? "preliminary" : "final");
		printf(h && h->ack[0] ? ", %s)" : ")", h ? h->ack : "");
		if (h && h->text[0]) {
			printf(": ");
			cli_slice(stdout, slice_str(h->text));
		}
		printf("\n");
	} else {
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_ku64(&w, "ecg", m->ecg);
		jsonw_kstr(&w, "to", x->d.to);
		jsonw_kstr(&w, "controlId", m->control_id);
		jsonw_kstr(&w, "status", m->status);
		jsonw_kstr(&w, "state", state);
		if (h && h->ack[0])
			jsonw_kstr(&w, "ack", h->ack);
		if (h && h->text[0])
			jsonw_kstr(&w, "text", h->text);
		if (h && h->strays)
			jsonw_ku64(&w, "strays", h->strays);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
	}
	if (h && h->strays)
		cli_note("holdfast: %u acknowledgement%s came that %s not of this message, and count for nothing", h->strays, h->strays == 1 ? "" : "s", h->strays == 1 ? "is" : "are");
	fflush(stdout);
}

static void rest(uint64_t ms)
{
	struct timespec ts = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000 * 1000000)};
	(void)nanosleep(&ts, NULL);
}

/* ---- one ---- */

/* The same bytes until something is answered, or nothing is often enough. */
static void exchange(struct run *x, const struct deliver_message *m, struct send_heard *h)
{
	unsigned strays = 0;
	bool went = false;
	for (unsigned n = 0; n < x->tries; n++) {
		char line[700];
		if (n)
			rest(send_pause_ms(n - 1, 0));
		send_line_message(x->line, buf_slice(&m->bytes), slice_str(m->control_id), h);
		strays += h->strays;
		went = went || h->outcome == SEND_UNKNOWN;
		if (h->outcome == SEND_TAKEN || h->outcome == SEND_NOT_TAKEN)
			break;
		if (h->outcome == SEND_NOT_SENT && !went)
			break;
		cli_note("holdfast: %s%s", err_line(&h->why, line, sizeof line), n + 1 < x->tries ? "; the same bytes go out once more" : "");
	}
	if (h->outcome == SEND_NOT_SENT && went)
		h->outcome = SEND_UNKNOWN;
	h->strays = strays;
}

/* 1: taken, and more may be due; 0: nothing more of this one; negative: the run ends. */
static int send_one(struct run *x, struct deliver_message *m, bool again, struct err *e)
{
	struct send_heard h = {.raw = NULL};
	char what[200];
	int r = send_line_ready(x->line, e);
	if (r < 0)
		return r; /* before the entry: nothing is open that never went out */
	if (!again)
		r = enter_bytes(x, m, e);
	if (r < 0)
		return r;
	snprintf(what, sizeof what, "ecg %" PRIu64 " to %.100s", m->ecg, x->d.to);
	cli_record(x->d.site, &x->d.k, "export", m->patient, what, m->ecg);
	exchange(x, m, &h);
	if (h.outcome == SEND_UNKNOWN || h.outcome == SEND_NOT_SENT) {
		x->unknown++;
		tell(x, m, "unknown", &h);
		*e = h.why;
		return e->code ? e->code : ERR_BUSY;
	}
	r = enter_answer(x, m, &h, e);
	if (r < 0)
		return r;
	bool good = h.outcome == SEND_TAKEN;
	x->delivered += good;
	x->refused += !good;
	tell(x, m, good ? "delivered" : "refused", &h);
	return good;
}

static int deliver_one(struct run *x, uint64_t entry, struct err *e)
{
	int r = 1;
	for (int round = 0; round < ROUNDS && r == 1; round++) {
		AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
		struct deliver_message m = {.ecg = entry};
		struct chart_ecg_due due;
		struct chart_ecg *g;
		buf_init(&m.bytes, SEND_MESSAGE_MAX);
		r = a ? chart_ecg(x->d.chart, entry, a, &g, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
		if (r == 0)
			r = due_of(x, g, a, &due, e);
		if (r < 0 || due.what == CHART_DUE_NOTHING) {
			buf_done(&m.bytes);
			if (r == 0 && x->one && round == 0)
				r = deliver_not_due(&x->d, g, a, e);
			return r;
		}
		r = due.what == CHART_DUE_SAME ? same_bytes(x, due.of, &m, e) : deliver_make(&x->d, g, &due, a, &m, e);
		if (r == 0 && x->dry)
			tell(x, &m, "due", NULL);
		else if (r == 0)
			r = send_one(x, &m, due.what == CHART_DUE_SAME, e);
		buf_done(&m.bytes);
	}
	return r < 0 ? r : 0;
}

/* One whose message cannot be made keeps no other from going out; a receiver that is gone does. */
static bool goes_on(int r)
{
	return r == ERR_INPUT || r == ERR_NOT_FOUND || r == ERR_ERASED || r == ERR_CORRUPT || r == ERR_LIMIT || r == ERR_NO;
}

static void deliver_all(struct run *x)
{
	size_t i = 0;
	for (; i < x->n; i++) {
		struct err e = {0};
		int r = deliver_one(x, x->v[i].ecg, &e);
		if (r == 0)
			continue;
		char place[40];
		snprintf(place, sizeof place, "ECG %" PRIu64, x->v[i].ecg);
		if (goes_on(r))
			err_in(&e, place);
		int status = cli_fail(&e);
		if (r == ERR_BUSY || r == ERR_CRYPTO || r == ERR_DENIED)
			status = 1; /* the receiver's no, and not a failure of ours */
		x->status = status > x->status ? status : x->status;
		if (!goes_on(r))
			break;
	}
	if (x->refused)
		x->status = x->status > 1 ? x->status : 1;
	size_t left = x->n - i - (i < x->n && x->unknown ? 1 : 0);
	if (!x->json && !x->dry)
		printf("%zu delivered, %zu refused, %zu unknown, %zu waiting\n", x->delivered, x->refused, x->unknown, left);
}

/* ---- the command ---- */

static int check(struct run *x, const char *since, const struct cli_args *args)
{
	if (args->n)
		return cli_usage("ecg deliver takes no argument '%s'", args->v[0]);
	if (!x->mllp == !x->fhir)
		return cli_usage("ecg deliver: give one of --to HOST:PORT and --fhir URL");
	if (x->fhir && (x->tls || x->way.unencrypted || x->way.cert || x->way.key))
		return cli_usage("ecg deliver: --tls, --cert, --key and --unencrypted are for --to");
	if (x->mllp && !x->tls && (x->way.ca || x->way.cert || x->way.key))
		return cli_usage("ecg deliver: certificates are for --tls");
	if (x->mllp && (x->token_file || x->d.patient_system))
		return cli_usage("ecg deliver: --token-file and --patient-system are for --fhir");
	if (x->tries < 1 || x->tries > 100)
		return cli_usage("ecg deliver: --tries is a number from 1 to 100");
	if (since && x->one)
		return cli_usage("ecg deliver: --since is for all of them, --entry names one");
	if (since && time_parse(slice_str(since), 0, &x->since) < 0)
		return cli_usage("ecg deliver: --since is a time such as 2026-11-22T03:12:00Z, or a date");
	if (strlen(x->d.to) > 200)
		return cli_usage("ecg deliver: the destination's name is longer than 200 bytes");
	return 0;
}

/* Two at a time would send each twice. */
static int lock(struct run *x, int *ret, struct err *e)
{
	if (mkdirat(x->d.site->fd, "run", 0750) < 0 && errno != EEXIST)
		return err_sys(e, x->d.site->path, "its folder run cannot be made");
	*ret = openat(x->d.site->fd, "run/" LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*ret < 0)
		return err_sys(e, "run/" LOCK, "cannot be opened: results are delivered by the site's owner");
	int r = file_lock(*ret, false, e);
	return r == ERR_BUSY ? err_set(e, r, NULL, "another one delivers from this site already") : r;
}

static int begin(struct run *x, struct err *e)
{
	int r = x->mllp ? send_mllp_open(&x->way, &x->line, e) : send_fhir_open(&x->way, &x->line, e);
	if (r == 0)
		r = cli_chart(x->d.site, &x->d.chart, &x->d.k, e);
	if (r == 0 && !x->d.k)
		r = control_open(x->d.site, true, &x->d.k, e);
	if (r == 0)
		r = control_catch_up(x->d.k, e);
	if (r == 0 && chart_pinned(x->d.chart))
		r = err_set(e, ERR_BUSY, NULL, "the charts stand at an earlier moment (view rebuild --to): what was delivered since cannot be seen");
	if (r == 0 && x->one)
		r = note(x, x->entry, 0, e);
	else if (r == 0)
		r = gather(x, e);
	if (r == 0 && x->n)
		qsort(x->v, x->n, sizeof *x->v, by_order);
	return r;
}

static int work(struct run *x)
{
	AUTO_CLOSE int fd = -1;
	struct err e = {0};
	int r = lock(x, &fd, &e);
	if (r == 0)
		r = begin(x, &e);
	if (r == 0)
		deliver_all(x);
	else
		x->status = cli_fail(&e);
	fflush(stdout);
	send_line_close(x->line);
	control_close(x->d.k);
	chart_close(x->d.chart);
	free(x->v);
	return x->status;
}

int ecg_deliver_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct run x = {.d = {.version = "2.5.1"}, .entry = UINT64_MAX, .tries = TRIES, .since = INT64_MIN};
	const char *site = NULL, *since = NULL;
	uint64_t wait = 30;
	char token[300];
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"to", CLI_STRING, &x.mllp, "HOST:PORT", "as ORU^R01 over MLLP"},
		{"fhir", CLI_STRING, &x.fhir, "URL", "as a transaction to a FHIR server"},
		{"entry", CLI_NUMBER, &x.entry, "N", "this recording alone; also one that was refused before"},
		{"since", CLI_STRING, &since, "TIME", "of what this destination never heard of only what was signed (preliminary: received) since then"},
		{"preliminary", CLI_FLAG, &x.d.preliminary, NULL, "also what is matched and nobody has read, as preliminary; once signed it goes as final"},
		{"name", CLI_STRING, &x.d.to, "NAME", "what the destination is called in the ledger: an EHR that moves stays the same (else its address)"},
		{"with-pdf", CLI_FLAG, &x.d.with_pdf, NULL, "with the printed report"},
		{"hl7", CLI_STRING, &x.d.version, "V", "2.3.1, 2.4, 2.5 or 2.5.1 (as a rule)"},
		{"application", CLI_STRING, &x.d.application, "NAME", "of the receiver, for MSH-5"},
		{"facility", CLI_STRING, &x.d.facility, "NAME", "of the receiver, for MSH-6"},
		{"tls", CLI_FLAG, &x.tls, NULL, "TLS, and the receiver's certificate is checked"},
		{"ca", CLI_STRING, &x.way.ca, "FILE", "PEM of who signed it (else what the system trusts)"},
		{"cert", CLI_STRING, &x.way.cert, "FILE", "our own certificate, PEM, where the receiver wants one"},
		{"key", CLI_STRING, &x.way.key, "FILE", "its key, PEM"},
		{"unencrypted", CLI_FLAG, &x.way.unencrypted, NULL, "in clear to another machine"},
		{"token-file", CLI_STRING, &x.token_file, "FILE", "bearer token for --fhir (or HOLDFAST_TOKEN)"},
		{"patient-system", CLI_STRING, &x.d.patient_system, "URI", "what the FHIR server calls the assigner of our record numbers"},
		{"wait", CLI_NUMBER, &wait, "SECONDS", "for an acknowledgement (30)"},
		{"tries", CLI_NUMBER, &x.tries, "N", "how often the same bytes go out while nothing is answered (3)"},
		{"dry-run", CLI_FLAG, &x.dry, NULL, "say what is due, and send nothing"},
		{"json", CLI_FLAG, &x.json, NULL, "a JSON object a message"},
	};
	int r = cli_parse(argc, argv, "ecg deliver --site DIR --to HOST:PORT [--tls] | --fhir URL [--entry N | --since TIME] [--preliminary] [--with-pdf] [--json]",
	                  "Sends what was read and signed back to an EHR, in the order of signing, one at a time: once as final, each later version as corrected, and withdraws what was sent of the wrong patient. What is sent is an entry\n"
	                  "of the ledger before the first byte goes out; where no answer comes its outcome is unknown, and the next run sends the same bytes again. Unconfirmed readings are not sent without --preliminary. Works with and without a running daemon.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	x.one = x.entry != UINT64_MAX;
	x.way.to = x.mllp ? x.mllp : x.fhir;
	x.way.tls = x.tls;
	x.way.wait_s = wait < 1 ? 1 : wait > 600 ? 600 : (unsigned)wait;
	x.d.fhir = x.fhir != NULL;
	if (!x.d.to)
		x.d.to = x.way.to ? x.way.to : "";
	if ((r = check(&x, since, &args)))
		return r;
	struct err e = {0};
	struct site s;
	if (x.fhir && (x.token_file || getenv("HOLDFAST_TOKEN"))) {
		if (cli_ecg_token(x.token_file, token, sizeof token, &e) < 0)
			return cli_fail(&e);
		x.way.token = token;
	}
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	x.d.site = &s;
	r = work(&x);
	seal_wipe(token, sizeof token);
	site_close(&s);
	return r;
}
