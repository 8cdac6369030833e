/* holdfast ecg send: store and forward for carts, wards and devices. A recording is first durable in a folder of this machine, then delivered; while the server is gone it waits. */
#include "ecg_cmd.h"
#include "send.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TOKEN_FILE_MAX 4096
#define LOOK_MS 500 /* how soon --follow sees what somebody else put in */
#define WAIT_MOST 30 /* seconds that one run waits, when the server asks for it */

struct sending {
	const char *to, *token_file, *ca, *queue, *patient, *birth, *order, *urgency, *note;
	bool flush, follow, json;
	struct send_queue *q;
	struct send_way way;
	int status; /* the worst so far */
};

static void worst(struct sending *s, int status)
{
	s->status = status > s->status ? status : s->status;
}

/* ---- into the folder ---- */

static void told_queued(struct sending *s, const char *path, const char *name)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	if (!s->json) {
		cli_note("%s: queued", path);
		return;
	}
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "file", path);
	jsonw_kstr(&w, "queued", name);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
}

static void sent_of(const struct sending *s, struct ecg_sent *ret)
{
	struct slice at;
	struct slice number = slice_cut(slice_str(s->patient), '@', &at);
	*ret = (struct ecg_sent){.order = slice_str(s->order), .urgency = slice_str(s->urgency), .note = slice_str(s->note), .claimed = {.id = number, .assigner = at, .birth = slice_str(s->birth)}};
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* A format that this program does not know may be one that the server knows: the bytes go as they are, and the server says. */
static int put_plain(struct sending *s, const char *path, char name[64], struct err *e)
{
	AUTO_BUF struct buf bytes = {0};
	struct ecg_sent sent;
	struct stat st;
	buf_init(&bytes, SEND_BODY_MAX);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, path, "is no file");
	int r = file_read(AT_FDCWD, path, SEND_BODY_MAX, &bytes, e);
	if (r == 0 && !bytes.n)
		r = err_set(e, ERR_INPUT, path, "the file is empty");
	if (r < 0)
		return r;
	struct ecg_body b = {.files = 1, .name = {slice_str(base_name(path))}, .file = {buf_slice(&bytes)}};
	sent_of(s, &sent);
	return send_queue_put(s->q, &sent, &b, name, e);
}

static int put_record(struct sending *s, const char *path, const struct cli_ecg *f, char name[64], struct err *e)
{
	struct ecg_body b = {.files = f->maps};
	struct ecg_sent sent;
	if (f->maps > ECG_BODY_FILES_MAX)
		return err_set(e, ERR_LIMIT, path, "the record has %zu files; %d go at once", f->maps, ECG_BODY_FILES_MAX);
	for (size_t k = 0; k < f->maps; k++) {
		b.name[k] = slice_str(k == 0 ? base_name(path) : f->map[k].name);
		b.file[k] = slice_of(f->map[k].p, f->map[k].n);
	}
	sent_of(s, &sent);
	return send_queue_put(s->q, &sent, &b, name, e);
}

static int put_one(struct sending *s, const char *path, struct err *e)
{
	struct cli_ecg f;
	struct err why = {0};
	char name[64];
	size_t n = strlen(path);
	int r = cli_ecg_open(path, &f, &why);
	bool header = n > 4 && !strcmp(path + n - 4, ".hea"); /* its samples lie in other files: alone it is nothing */
	if (r == 0) {
		r = put_record(s, path, &f, name, e);
		cli_ecg_close(&f);
	} else if (!header && (r == ERR_INPUT || r == ERR_LIMIT)) {
		r = put_plain(s, path, name, e);
	} else {
		*e = why;
	}
	if (r == 0)
		told_queued(s, path, name);
	return r;
}

/* ---- and on ---- */

static void told_sent(void *arg, const char *name, struct slice file, const struct send_answer *a)
{
	struct sending *s = arg;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	if (a->said == SEND_REFUSED)
		worst(s, 1);
	if (!s->json && a->said == SEND_STORED)
		printf("%.*s: entry %" PRIu64 "%s\n", SLICE_FMT(file), a->entry, a->duplicate ? ", there already" : "");
	else if (!s->json)
		cli_note("holdfast: %.*s: not taken: %s It is set aside in %s/refused", SLICE_FMT(file), a->why.text, s->queue);
	if (s->json) {
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kslice(&w, "file", file);
		jsonw_kstr(&w, "name", name);
		if (a->said == SEND_STORED) {
			jsonw_ku64(&w, "entry", a->entry);
			jsonw_kbool(&w, "duplicate", a->duplicate);
		} else {
			jsonw_kstr(&w, "refused", a->why.text);
		}
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
	}
	fflush(stdout);
}

static void rest(uint64_t ms)
{
	struct timespec ts = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000 * 1000000)};
	(void)nanosleep(&ts, NULL);
}

static void say_waiting(struct sending *s, size_t waiting, const char *why)
{
	if (s->json)
		printf("{\"waiting\":%zu}\n", waiting);
	else
		printf("queued: %zu waiting\n", waiting);
	if (why[0])
		cli_note("holdfast: %s", why);
	fflush(stdout);
}

/* Once through what waits. 0 also when the server is gone: the recordings are safe, and that is what was asked. */
static int deliver(struct sending *s, struct err *e)
{
	struct send_result d;
	int64_t until = time_monotonic() + WAIT_MOST * TIME_SEC;
	int r;
	for (;;) {
		*e = (struct err){0};
		r = send_deliver(s->q, &s->way, told_sent, s, &d, e);
		if (r < 0 || !d.waiting || !d.wait_s || time_monotonic() + d.wait_s * TIME_SEC > until)
			break;
		rest(d.wait_s * UINT64_C(1000)); /* more than it takes at once: it said when to come again */
	}
	char line[700];
	if (r == ERR_BUSY) {
		size_t waiting = 0, refused = 0;
		struct err quiet = {0};
		if (send_queue_counts(s->q, &waiting, &refused, &quiet) < 0)
			return cli_fail(e);
		say_waiting(s, waiting, err_line(e, line, sizeof line));
		return 0;
	}
	if (d.waiting || s->flush || s->json)
		say_waiting(s, d.waiting, d.waiting && r == 0 && e->code ? err_line(e, line, sizeof line) : "");
	return r < 0 ? cli_fail(e) : 0;
}

/* Until somebody ends it. What the server does not take now is tried again after growing pauses, and so is a token or a certificate that is refused: somebody may put it right. */
static int follow(struct sending *s)
{
	unsigned tries = 0;
	size_t said = SIZE_MAX;
	for (;;) {
		struct err e = {0};
		struct send_result d;
		char line[700];
		int r = send_deliver(s->q, &s->way, told_sent, s, &d, &e);
		if (r < 0 && r != ERR_DENIED && r != ERR_CRYPTO && r != ERR_BUSY)
			return cli_fail(&e);
		if (r == 0 && !d.waiting) {
			tries = 0;
			said = SIZE_MAX;
			rest(LOOK_MS);
			continue;
		}
		if (d.stored)
			tries = 0;
		if (r == ERR_BUSY ? said != SIZE_MAX - 1 : d.waiting != said)
			cli_note("holdfast: %s%s", err_line(&e, line, sizeof line), r == ERR_BUSY ? "; this one waits for it to end" : "; it is tried again");
		said = r == ERR_BUSY ? SIZE_MAX - 1 : d.waiting;
		uint32_t dice;
		seal_random(&dice, sizeof dice);
		uint64_t pause = r == ERR_BUSY ? 2000 : send_pause_ms(tries++, dice), asked = d.wait_s * UINT64_C(1000);
		rest(pause > asked ? pause : asked);
	}
}

/* ---- the command ---- */

int cli_ecg_token(const char *path, char *out, size_t size, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, TOKEN_FILE_MAX);
	if (!path) {
		const char *env = getenv("HOLDFAST_TOKEN");
		if (!env || strlen(env) >= size)
			return err_set(e, ERR_USAGE, NULL, "--token-file is missing, and HOLDFAST_TOKEN is not set");
		memcpy(out, env, strlen(env) + 1);
		return 0;
	}
	int r = file_read(AT_FDCWD, path, TOKEN_FILE_MAX, &b, e);
	struct slice t = slice_trim(buf_slice(&b));
	if (r == 0 && (!t.n || t.n >= size))
		r = err_set(e, ERR_USAGE, path, "what it holds is no token: it is the one line that `holdfast token create` prints");
	if (r == 0) {
		memcpy(out, t.p, t.n);
		out[t.n] = 0;
	}
	return r;
}

static int check(const struct sending *s, const struct cli_args *args)
{
	int64_t day;
	if (!s->queue)
		return cli_usage("ecg send: --queue is missing: the folder in which recordings wait");
	if (!args->n && !s->flush && !s->follow)
		return cli_usage("ecg send: name at least one file, or say --flush or --follow");
	if (!s->to && (s->flush || s->follow))
		return cli_usage("ecg send: --to is missing: where they are to go");
	if (!s->patient != !s->birth)
		return cli_usage("ecg send: --patient and --birth belong together: two identifiers say whose a recording is, one does not");
	if (s->birth && (strlen(s->birth) != 10 || time_parse(slice_str(s->birth), 0, &day) < 0))
		return cli_usage("ecg send: --birth is a date such as 1957-03-12");
	if (s->urgency && strcmp(s->urgency, "stat") && strcmp(s->urgency, "urgent") && strcmp(s->urgency, "routine"))
		return cli_usage("ecg send: --urgency is stat, urgent or routine");
	return 0;
}

static int open_way(struct sending *s, struct err *e)
{
	char token[300];
	int r = cli_ecg_token(s->token_file, token, sizeof token, e);
	if (r == 0)
		r = send_way_open(s->to, token, s->ca, &s->way, e);
	seal_wipe(token, sizeof token);
	return r;
}

static void work(struct sending *s, const struct cli_args *args)
{
	struct err e = {0};
	for (size_t i = 0; i < args->n; i++) { /* first all of them safe here, before anything is asked of a network */
		if (put_one(s, args->v[i], &e) < 0)
			worst(s, cli_fail(&e));
		e = (struct err){0};
	}
	fflush(stdout);
	if (!s->to) {
		size_t waiting, refused;
		if (send_queue_counts(s->q, &waiting, &refused, &e) < 0)
			worst(s, cli_fail(&e));
		else
			say_waiting(s, waiting, "");
		return;
	}
	if (open_way(s, &e) < 0)
		worst(s, cli_fail(&e));
	else
		worst(s, s->follow ? follow(s) : deliver(s, &e));
}

int ecg_send_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct sending s = {.to = NULL};
	bool done;
	const struct cli_opt opts[] = {
		{"to", CLI_STRING, &s.to, "URL", "https://HOST[:PORT] of the site; without it recordings are only queued"},
		{"token-file", CLI_STRING, &s.token_file, "FILE", "holds the token (`holdfast token create --role ecg-send`); without it HOLDFAST_TOKEN"},
		{"ca", CLI_STRING, &s.ca, "FILE", "certificate that the server's is checked against; without it those of this system"},
		{"queue", CLI_STRING, &s.queue, "DIR", "where recordings wait; it is made"},
		{"patient", CLI_STRING, &s.patient, "MRN[@ASSIGNER]", "whose they are; with --birth, for one identifier is not enough"},
		{"birth", CLI_STRING, &s.birth, "YYYY-MM-DD", "the patient's date of birth"},
		{"order", CLI_STRING, &s.order, "N", "number of the order they were recorded for"},
		{"urgency", CLI_STRING, &s.urgency, "WORD", "stat, urgent or routine"},
		{"note", CLI_STRING, &s.note, "TEXT", "what is to be said with them"},
		{"flush", CLI_FLAG, &s.flush, NULL, "deliver what waits"},
		{"follow", CLI_FLAG, &s.follow, NULL, "stay, and deliver what is put into the folder"},
		{"json", CLI_FLAG, &s.json, NULL, "a JSON object a recording"},
	};
	int r = cli_parse(argc, argv, "ecg send --to https://HOST[:PORT] --token-file F [--ca FILE] --queue DIR [FILE... [--patient MRN --birth DATE] [--order N] [--urgency U] [--note T]] [--flush | --follow]",
	                  "Recordings from a cart, a ward or a device to a site. Each is first written durably into DIR, then delivered, exactly once; while the server is gone they wait there (exit 0, \"queued: N waiting\"), and the next\n"
	                  "run or --follow delivers them. What the server refuses is set aside in DIR/refused with its sentence. The server's certificate is always checked.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if ((r = check(&s, &args)))
		return r;
	struct err e = {0};
	if (send_queue_open(s.queue, &s.q, &e) < 0)
		return cli_fail(&e);
	work(&s, &args);
	fflush(stdout);
	send_way_close(&s.way);
	send_queue_close(s.q);
	return s.status;
}
