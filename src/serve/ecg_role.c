/* The ecg role: recordings parsed, measured and drawn for web. What came from strangers' devices is opened here and in the scribe, and nowhere else: no key, no file but fonts, no network, a limit of memory and of time for each
 * question. A recording that kills it takes nobody else's with it: it is started again, whoever stood in line asks again, and web remembers which one it was.
 *
 * Questions (E_ASK): options are a JSON object
 *   check     -                                                              -> JSON: format, leads, seconds, rateHz, start, warnings
 *   wave      from, seconds, leads ["I", ...]                                -> JSON of doc/api.md
 *   analysis  -                                                              -> JSON of doc/api.md
 *   report    layout paper speed gain low high mains from patient [lines] patientId entry checkpoint printed site signs [{by role time text}] drill -> PDF
 *   convert   to, name                                                       -> the file
 *   letter    paper; the body is a letter (letter_json.h)                    -> PDF
 *   scan      page; the body is a file of scanned pages (scan.h)             -> what is on that page, its codes and its picture
 *   sheets    the body is a book of sheets (paper.h)                        -> JSON: kind, patient, unit, pages of each; with block and entry of their registration -> PDF
 */
#include "role.h"

#include "ecg_role.h"
#include "letter_json.h"
#include "paper.h"
#include "scan.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define CLIENTS_MAX 256
#define MEMORY ((size_t)1 << 30)        /* of one question's arena */
#define ADDRESSES ((rlim_t)4 << 30)     /* of the whole process */
#define SECONDS 30                      /* of one question; a day of three leads takes one */
#define ANSWER_MAX ((size_t)FRAME_BODY - FRAME_SMALL)
#define READ_MOST ((size_t)4 << 20)

struct ecg_role {
	struct role *r;
	struct chan *client[CLIENTS_MAX];
	size_t clients;
};

/* ---- one question ---- */

static int convert(const struct ecg *g, const struct json_node *o, struct arena *a, struct buf *ret, struct err *e)
{
	struct ecg_analysis n = {.statements = 0};
	struct err quiet = {0};
	enum ecg_format to = ecg_format_parse(json_text(o, "to"));
	const struct ecg_sink sink = {ecg_sink_begin, ecg_sink_bytes, ecg_sink_end, ret};
	if (to == ECG_UNKNOWN || to == ECG_WFDB) /* that one is two files */
		return err_set(e, ERR_USAGE, "to", "an ECG is given as scp, aecg, dicom, edf, fhir or csv");
	bool measured = ecg_analyse(g, a, &n, &quiet) == 0;
	return ecg_write(g, measured ? &n : NULL, to, json_text(o, "name"), &sink, e);
}

static int letter(const struct json_node *o, struct slice body, struct arena *a, struct buf *ret, struct err *e)
{
	struct paper_letter p;
	struct json_node *n;
	unsigned pages;
	int r = json_tree(body, a, &n, e);
	if (r == 0)
		r = letter_read(n, a, &p, e);
	if (r < 0)
		return r;
	p.us = slice_eq_str(json_text(o, "paper"), "letter");
	return paper_pdf(&p, ret, &pages, e);
}

static int keep(void *arg, struct slice piece, struct err *e)
{
	struct buf *b = arg;
	buf_add_slice(b, piece);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "this letter would be too long");
}

/* A mailing of one. */
static int post(struct slice body, struct arena *a, struct buf *ret, struct err *e)
{
	struct paper_mail *m = NULL;
	struct paper_post p;
	struct json_node *n;
	unsigned pages;
	int r = json_tree(body, a, &n, e);
	if (r == 0)
		r = post_read(n, a, &p, e);
	if (r == 0)
		r = paper_mail_new("Letter", keep, ret, &m, e);
	if (r == 0)
		r = paper_mail_add(m, &p, &pages, e);
	if (r == 0)
		r = paper_mail_end(m, e);
	paper_mail_free(m);
	return r;
}

static int answer(enum ecg_asked what, const struct json_node *o, struct slice body, struct slice before, struct arena *a, struct buf *ret, struct err *e)
{
	struct ecg_body b;
	struct ecg *g;
	if (what == ECG_ASK_LETTER)
		return letter(o, body, a, ret, e);
	if (what == ECG_ASK_POST)
		return post(body, a, ret, e);
	if (what == ECG_ASK_SHEETS)
		return ecg_role_sheets(o, body, a, ret, e);
	if (what == ECG_ASK_SCAN) {
		uint64_t page;
		if (num_u64(json_text(o, "page"), 1, SCAN_PAGES_MAX, &page) < 0)
			return err_set(e, ERR_INPUT, "page", "a file has pages from 1 to %u", SCAN_PAGES_MAX);
		return scan_read(body, (unsigned)page, ret, e);
	}
	int r = ecg_body_read(body, a, &b, e);
	if (r == 0)
		r = ecg_body_open(&b, a, &g, e);
	if (r < 0)
		return r;
	switch (what) {
	case ECG_ASK_CHECK:
		return ecg_role_check(g, ret, e);
	case ECG_ASK_WAVE:
		return ecg_role_wave(g, o, a, ret, e);
	case ECG_ASK_ANALYSIS:
		return ecg_role_analysis(g, a, ret, e);
	case ECG_ASK_REPORT:
		return ecg_role_report(g, o, before, a, ret, e);
	case ECG_ASK_CONVERT:
		return convert(g, o, a, ret, e);
	case ECG_ASK_LETTER:
	case ECG_ASK_SHEETS:
	case ECG_ASK_SCAN:
	case ECG_ASK_POST:
		break;
	}
	return err_set(e, ERR_INPUT, NULL, "a bad request");
}

static void set_timer(int seconds)
{
	struct itimerval t = {.it_value = {.tv_sec = seconds}};
	(void)setitimer(ITIMER_REAL, &t, NULL); /* SIGALRM ends the process: nothing of ours has to be put away */
}

static int asked(struct slice payload, struct buf *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(MEMORY);
	struct cur c = cur_of(payload);
	struct json_node *o;
	enum ecg_asked what = (enum ecg_asked)cur_u8(&c);
	struct slice options = frame_get_blob(&c), body = frame_get_blob(&c), before = frame_get_blob(&c);
	if (!cur_done(&c))
		return err_set(e, ERR_INPUT, NULL, "a bad request");
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = json_tree(options.n ? options : SLICE("{}"), a, &o, e);
	return r < 0 ? r : answer(what, o, body, before, a, ret, e);
}

static int send_all(struct chan *c)
{
	int r;
	while ((r = chan_write(c)) == 0) {
		struct pollfd p = {.fd = c->fd, .events = POLLOUT};
		if (poll(&p, 1, 10000) == 0)
			return ERR_NO;
	}
	return r < 0 ? ERR_NO : 0;
}

static int reply(struct chan *c, const struct frame *f)
{
	AUTO_BUF struct buf out = {0};
	struct err e = {0};
	buf_init(&out, ANSWER_MAX);
	frame_end(&c->out, frame_begin(&c->out, FRAME_E_BEGUN, f->tag));
	if (send_all(c) < 0)
		return ERR_NO;
	set_timer(SECONDS);
	int r = asked(f->payload, &out, &e);
	set_timer(0);
	if (r == 0 && !buf_ok(&out))
		r = err_set(&e, buf_code(&out), NULL, "the answer is longer than may be");
	if (r < 0) {
		frame_err(&c->out, FRAME_K_REPLY, f->tag, r, &e);
	} else {
		size_t at = frame_begin(&c->out, FRAME_K_REPLY, f->tag);
		buf_u32le(&c->out, 0);
		buf_add_slice(&c->out, buf_slice(&out));
		frame_end(&c->out, at);
	}
	return send_all(c);
}

/* ---- web's channels ---- */

static int serve(struct chan *c)
{
	struct frame f;
	int n = chan_read(c, READ_MOST);
	while (n >= 0 && (n = chan_next(c, &f)) == 1)
		n = f.type == FRAME_E_ASK ? reply(c, &f) : ERR_INPUT;
	chan_compact(c);
	return n < 0 ? n : 0;
}

static void drop(struct ecg_role *v, size_t i)
{
	chan_done(v->client[i]);
	free(v->client[i]);
	v->client[i] = v->client[--v->clients];
}

static void take_clients(struct ecg_role *v, int fd, bool *ret_gone)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_HEAD + FRAME_SMALL + 64);
	for (;;) {
		struct frame f;
		int n = packet_recv(fd, &b, &f, false);
		if (n == 0)
			return;
		int got = n > 0 && f.type == FRAME_K_CLIENT ? frame_take_fd(&f, 0) : -1;
		if (n > 0)
			frame_close_fds(&f);
		if (got < 0) {
			*ret_gone = true;
			return;
		}
		struct chan *c = v->clients < CLIENTS_MAX && fd_nonblock(got) == 0 ? calloc(1, sizeof *c) : NULL;
		if (!c) {
			close(got);
			continue;
		}
		chan_init(c, got);
		v->client[v->clients++] = c;
	}
}

static int loop(struct ecg_role *v)
{
	struct role *r = v->r;
	uint64_t gone = 0; /* which main channel of web has ended */
	for (;;) {
		struct pollfd p[2 + CLIENTS_MAX] = {{.fd = r->sup, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
		pthread_mutex_lock(&r->peer_lock);
		uint64_t count = r->peer_count[ROLE_WEB];
		p[1].fd = count != gone ? r->peer[ROLE_WEB] : -1;
		pthread_mutex_unlock(&r->peer_lock);
		size_t n = v->clients;
		for (size_t i = 0; i < n; i++)
			p[2 + i] = (struct pollfd){.fd = v->client[i]->fd, .events = POLLIN};
		if (poll(p, (nfds_t)(2 + n), 60000) < 0 && errno != EINTR)
			return ERR_SYSTEM;
		for (size_t i = n; i-- > 0;)
			if (p[2 + i].revents && serve(v->client[i]) < 0)
				drop(v, i);
		if (p[1].fd >= 0 && p[1].revents) {
			bool ended = false;
			take_clients(v, p[1].fd, &ended);
			if (ended) {
				gone = count;
				role_lost(r, ROLE_WEB);
			}
		}
		if (p[0].revents) {
			int stop = role_take(r, NULL, NULL);
			if (stop != 0)
				return stop;
		}
	}
}

/* Drawing maps its libraries the first time: that is done here, before the sandbox, and no more than that. Landlock binds the thread that asks for it and what it starts afterwards; pango asks fontconfig in threads,
 * and one that was begun before would stand outside. A host without them draws nothing, and says so when it is asked. */
int ecg_role_prepare(struct role *r, struct err *e)
{
	struct err quiet = {0};
	(void)r;
	(void)e;
	(void)!nice(10); /* feeds and wards first */
	(void)!ecg_report_load(&quiet);
	(void)!paper_load_codes(&quiet);
	(void)!scan_load(&quiet);
	return 0;
}

/* A page that nobody sees, so that the first one that somebody waits for finds the fonts read. In the sandbox: see above. */
static void warm_up(void)
{
	static const char header[] = "warm 1 100 200\nwarm.dat 16 200 16 0 0 0 0 II\n";
	static const uint8_t samples[400];
	struct ecg_body b = {.files = 2, .name = {SLICE("warm.hea"), SLICE("warm.dat")}, .file = {slice_of(header, sizeof header - 1), slice_of(samples, sizeof samples)}};
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	AUTO_BUF struct buf pdf = {0};
	struct ecg_report o = {.layout = ECG_RHYTHM, .patient = {SLICE("Warm, Up 1957-03-12")}, .patient_id = SLICE("0"), .entry = SLICE("entry 0"), .site = SLICE("site")};
	struct err quiet = {0};
	struct ecg *g;
	buf_init(&pdf, (size_t)16 << 20);
	if (a && ecg_body_open(&b, a, &g, &quiet) == 0)
		(void)!ecg_report(g, NULL, &o, &pdf, &quiet);
}

int ecg_role_main(struct role *r)
{
	struct ecg_role *v = calloc(1, sizeof *v);
	if (!v)
		return 3;
	v->r = r;
	signal(SIGALRM, SIG_DFL);
#if !defined(__SANITIZE_ADDRESS__)
	struct rlimit most = {ADDRESSES, ADDRESSES};
	(void)!setrlimit(RLIMIT_AS, &most);
#endif
	warm_up();
	int n = loop(v);
	return n == 1 ? 0 : 3;
}
