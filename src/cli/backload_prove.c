/* holdfast backload prove: whether a destination sees that it gets the same message twice.
 *
 * What can be seen from outside is its acknowledgement, and nothing else. A harmless message (ADT^A08, MSH-11 T: training, of a patient that exists nowhere) goes out twice, byte for byte, more than a second apart, then once more under
 * another control id:
 *
 *   the second is refused as a duplicate (error 205 of table 0357)                                        proven
 *   the second gets the first one's acknowledgement again, byte for byte, and the third another one        proven: it kept the first answer, and knew the message by its control id
 *   all three are the same but for the control id                                                         not proven: its acknowledgements have neither a time nor an id of their own, and a new one looks like a kept one
 *   the second gets a new acknowledgement                                                                  not proven: it may have taken it twice
 *
 * That it recognises a repetition within seconds does not say for how long it remembers, and one test does not outlive a change of its configuration: the newest test counts, and who resends days later tests again. What was found is an
 * entry of the ledger. */
#include "backload_cmd.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct heard {
	struct send_heard h;
	struct buf raw;
	char id[HL7_CONTROL_ID_MAX + 1];
};

static void message(const struct site *s, const struct backload_way *w, const char *id, int64_t time, struct buf *b)
{
	buf_str(b, "MSH|^~\\&|" BACKLOAD_APPLICATION "|");
	hl7_put_text(b, slice_str(s->name));
	buf_u8(b, '|');
	hl7_put_text(b, slice_str(w->application));
	buf_u8(b, '|');
	hl7_put_text(b, slice_str(w->facility));
	buf_u8(b, '|');
	hl7_put_moment(b, time);
	buf_printf(b, "||ADT^A08%s|%s|T|%s||||||UNICODE UTF-8\rEVN|A08|", strcmp(w->version, "2.3.1") ? "^ADT_A01" : "", id, w->version);
	hl7_put_moment(b, time);
	buf_str(b, "\rPID|1||HOLDFAST-TEST^^^" BACKLOAD_APPLICATION "||TEST^HOLDFAST^^^^^S\rPV1|1|N\r");
}

static void wait_over_a_second(void)
{
	struct timespec ts = {.tv_sec = 1, .tv_nsec = 200000000};
	(void)nanosleep(&ts, NULL);
}

static int ask(const struct site *s, const struct backload_way *w, struct send_line *line, int64_t time, struct heard *x, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	buf_init(&x->raw, 1 << 20);
	message(s, w, x->id, time, &b);
	x->h.raw = &x->raw;
	int r = send_line_ready(line, e);
	if (r < 0)
		return r;
	send_line_message(line, buf_slice(&b), slice_str(x->id), &x->h);
	if (x->h.outcome != SEND_UNKNOWN && x->h.outcome != SEND_NOT_SENT)
		return 0;
	*e = x->h.why;
	return e->code ? e->code : ERR_BUSY;
}

/* The same but for the control id? */
static bool alike(const struct heard *a, const struct heard *b)
{
	struct slice x = buf_slice(&a->raw), y = buf_slice(&b->raw);
	size_t i = 0, k = 0, n = strlen(a->id), m = strlen(b->id);
	while (i < x.n && k < y.n) {
		if (x.n - i >= n && y.n - k >= m && !memcmp(x.p + i, a->id, n) && !memcmp(y.p + k, b->id, m)) {
			i += n;
			k += m;
		} else if (x.p[i++] != y.p[k++]) {
			return false;
		}
	}
	return i == x.n && k == y.n;
}

static const char *judge(const struct heard v[3], bool *ret_proven)
{
	*ret_proven = true;
	if (v[0].h.outcome != SEND_TAKEN) {
		*ret_proven = false;
		return "it does not take the test message";
	}
	if (v[1].h.outcome == SEND_NOT_TAKEN && v[1].h.duplicate)
		return "it refused the repetition as a duplicate";
	bool same = v[0].raw.n && v[1].h.outcome == SEND_TAKEN && slice_eq(buf_slice(&v[0].raw), buf_slice(&v[1].raw));
	if (same && !alike(&v[0], &v[2]))
		return "it gave its first acknowledgement again";
	*ret_proven = false;
	return same ? "its acknowledgements have neither a time nor an id of their own: a new one cannot be told from a kept one" : "it acknowledged the repetition as if it were a new message";
}

static int enter(struct control *k, const struct backload_way *w, const struct heard *x, bool proven, const char *how, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw j;
	buf_init(&b, 1 << 16);
	backload_begin(&j, &b, proven ? "deduplicates" : "not-proven", NULL);
	jsonw_kstr(&j, "to", w->name);
	jsonw_kstr(&j, "how", how);
	jsonw_kstr(&j, "controlId", x->id);
	jsonw_obj_end(&j);
	return backload_enter(k, &b, NULL, e);
}

static int prove(struct site *s, struct backload_way *w, struct control *k, struct send_line *line, struct heard v[3], bool *ret_proven, const char **ret_how, struct err *e)
{
	int64_t now = time_now();
	int r = 0;
	for (int i = 0; i < 3 && r == 0; i++) {
		if (i)
			wait_over_a_second();
		snprintf(v[i].id, sizeof v[i].id, "HFT%013llX%c", (unsigned long long)(now / 1000000) & 0xfffffffffffff, i == 2 ? 'B' : 'A');
		r = ask(s, w, line, now, &v[i], e);
	}
	if (r < 0)
		return r;
	*ret_how = judge(v, ret_proven);
	return enter(k, w, &v[0], *ret_proven, *ret_how, e);
}

int backload_prove_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct backload_way w = {.version = "2.5.1", .wait = 20};
	struct heard v[3] = {0};
	const char *site = NULL, *how = "";
	bool json = false, done, proven = false;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		BACKLOAD_WAY_OPTS(w),
		{"json", CLI_FLAG, &json, NULL, "as JSON"},
	};
	int r = cli_parse(argc, argv, "backload prove --site DIR --to HOST:PORT [--json]",
	                  "Sends a harmless test message twice, byte for byte, and looks at what is acknowledged. A destination that is seen to recognise the repetition gets an item whose outcome is unknown again by itself; any other never does.", opts,
	                  ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("backload prove takes no argument '%s'", args.v[0]);
	if ((r = backload_way_check(&w, "prove")))
		return r;
	AUTO_CLOSE int fd = -1;
	struct err e = {0};
	struct site s;
	struct control *k = NULL;
	struct send_line *line = NULL;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	w.to.here_only = s.drill;
	r = backload_lock(&s, &fd, &e);
	if (r == 0)
		r = send_mllp_open(&w.to, &line, &e);
	if (r == 0)
		r = control_open(&s, true, &k, &e);
	if (r == 0)
		r = prove(&s, &w, k, line, v, &proven, &how, &e);
	if (r == 0) {
		AUTO_BUF struct buf b = {0};
		struct jsonw j;
		buf_init(&b, 1 << 16);
		jsonw_init(&j, &b);
		jsonw_obj(&j);
		jsonw_kstr(&j, "to", w.name);
		jsonw_kbool(&j, "deduplicates", proven);
		jsonw_kstr(&j, "how", how);
		jsonw_obj_end(&j);
		if (json)
			printf("%s\n", buf_cstr(&b));
		else
			printf("%s: %s: %s\n", w.name, proven ? "de-duplicates" : "NOT proven to de-duplicate", how);
	}
	send_line_close(line);
	control_close(k);
	for (int i = 0; i < 3; i++)
		buf_done(&v[i].raw);
	site_close(&s);
	if (r < 0) {
		int status = cli_fail(&e);
		return r == ERR_BUSY || r == ERR_CRYPTO ? 1 : status;
	}
	return proven ? 0 : 1;
}
