/* holdfast ecg live: plays a recording to a site as it would come from a bed, piece by piece in its own time. A simulator, for drills and tests; what it does when the server goes is what a device should do: it keeps what the
 * server has not called kept, and sends it again. */
#include "ecg_cmd.h"
#include "send.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#define LEADS_MAX 16
#define PIECE_BYTES ((size_t)60 << 10) /* what a server takes at once */
#define PAUSE_MOST 2000                /* milliseconds between tries */

struct playing {
	const char *to, *token_file, *ca, *leads, *device, *key, *patient, *birth, *speed_text;
	uint64_t piece_ms, drop, seconds, give_up;
	bool json;
	double speed;
	struct cli_ecg f;
	unsigned channel[LEADS_MAX], channels, shift[LEADS_MAX];
	uint64_t samples, total;  /* of the recording; to be sent */
	size_t piece;             /* samples */
	struct send_way way;
	struct send_live live;
	struct buf terms;
	uint64_t dropped, other;
	int status;
};

/* ---- which samples ---- */

static bool wanted(const struct playing *p, const char *name)
{
	struct slice rest = slice_str(p->leads);
	if (!p->leads)
		return true;
	while (rest.n)
		if (slice_eq_nocase(slice_trim(slice_cut(rest, ',', &rest)), name))
			return true;
	return false;
}

/* Sixteen bits hold what a step of 2^shift makes of it. */
static unsigned shift_of(const struct ecg *g, unsigned channel)
{
	int32_t v[4096];
	int64_t most = 0;
	unsigned shift = 0;
	for (uint64_t at = 0; at < g->channel[channel].samples; at += ARRAY_LEN(v)) {
		ecg_read(g, channel, at, ARRAY_LEN(v), v);
		for (size_t i = 0; i < ARRAY_LEN(v); i++)
			if (v[i] != ECG_GAP && llabs((int64_t)v[i] - g->channel[channel].baseline) > most)
				most = llabs((int64_t)v[i] - g->channel[channel].baseline);
	}
	while (most >> shift > INT16_MAX)
		shift++;
	return shift;
}

static int choose(struct playing *p, struct err *e)
{
	const struct ecg *g = p->f.g;
	for (unsigned i = 0; i < g->channels && p->channels < LEADS_MAX; i++)
		if (g->channel[i].ecg && g->channel[i].rate == g->rate && !strcmp(g->channel[i].unit, "uV") && wanted(p, g->channel[i].name)) {
			p->shift[p->channels] = shift_of(g, i);
			p->channel[p->channels++] = i;
		}
	if (!p->channels)
		return err_set(e, ERR_INPUT, NULL, "the recording has no such ECG lead");
	p->samples = g->samples;
	p->total = p->seconds ? (uint64_t)((double)p->seconds * g->rate) : g->samples;
	p->piece = (size_t)fmax(1, g->rate * (double)p->piece_ms / 1000);
	if (p->piece * p->channels * 2 > PIECE_BYTES)
		p->piece = PIECE_BYTES / (2 * p->channels);
	return p->samples ? 0 : err_set(e, ERR_INPUT, NULL, "the recording has no samples");
}

/* One lead of samples [at, at + n) of the strip: the recording again and again. */
static void lead(const struct playing *p, unsigned i, uint64_t at, size_t n, uint8_t *out)
{
	const struct ecg_channel *c = &p->f.g->channel[p->channel[i]];
	static int32_t v[PIECE_BYTES / 2];
	for (size_t k = 0; k < n;) {
		uint64_t from = (at + k) % p->samples;
		size_t run = p->samples - from < n - k ? (size_t)(p->samples - from) : n - k;
		ecg_read(p->f.g, p->channel[i], from, run, v + k);
		k += run;
	}
	for (size_t k = 0; k < n; k++) {
		int64_t d = v[k] == ECG_GAP ? 0 : (int64_t)v[k] - c->baseline;
		if (c->scale < 0)
			d = -d;
		uint16_t le = htole16(v[k] == ECG_GAP ? (uint16_t)ECG_GAP16 : (uint16_t)(int16_t)(d < 0 ? -(-d >> p->shift[i]) : d >> p->shift[i]));
		memcpy(out + (k * p->channels + i) * 2, &le, 2);
	}
}

/* ---- what is said ---- */

static void decimal(struct jsonw *w, double v)
{
	char text[48];
	snprintf(text, sizeof text, "%.9f", v);
	jsonw_raw(w, slice_str(text));
}

static int say_terms(struct playing *p, struct err *e)
{
	const struct ecg *g = p->f.g;
	struct jsonw w;
	struct slice at, number = slice_cut(slice_str(p->patient), '@', &at);
	uint8_t r[8];
	jsonw_init(&w, &p->terms);
	jsonw_obj(&w);
	jsonw_key(&w, "leads");
	jsonw_arr(&w);
	for (unsigned i = 0; i < p->channels; i++)
		jsonw_str(&w, g->channel[p->channel[i]].name);
	jsonw_arr_end(&w);
	jsonw_key(&w, "uv");
	jsonw_arr(&w);
	for (unsigned i = 0; i < p->channels; i++)
		decimal(&w, fabs(g->channel[p->channel[i]].scale) * (double)(1u << p->shift[i]));
	jsonw_arr_end(&w);
	jsonw_key(&w, "rateHz");
	decimal(&w, g->rate);
	jsonw_kstr(&w, "device", p->device ? p->device : "holdfast ecg live");
	if (!p->key)
		seal_random(r, sizeof r);
	AUTO_BUF struct buf key = {0};
	buf_init(&key, 256);
	if (p->key)
		buf_str(&key, p->key);
	else
		hex_put(&key, slice_of(r, sizeof r)); /* so that begun again it is the same strip */
	jsonw_kslice(&w, "key", buf_slice(&key));
	if (p->patient) {
		jsonw_key(&w, "claimed");
		jsonw_obj(&w);
		jsonw_kslice(&w, "id", number);
		jsonw_kslice_opt(&w, "assigner", at);
		jsonw_kstr(&w, "birth", p->birth);
		jsonw_obj_end(&w);
	}
	jsonw_obj_end(&w);
	p->live.terms = buf_slice(&p->terms);
	return buf_ok(&p->terms) && buf_ok(&key) ? 0 : err_set(e, ERR_LIMIT, NULL, "what is said of the strip is too long");
}

static void told(const struct playing *p, const char *what)
{
	const struct send_live *l = &p->live;
	if (p->json)
		printf("{\"%s\":\"%s\",\"to\":%" PRIu64 ",\"kept\":%" PRIu64 ",\"entries\":%" PRIu64 ",\"dropped\":%" PRIu64 "}\n", what, l->id, l->to, l->kept, l->entries, p->dropped);
	else
		printf("%s %s: sent to sample %" PRIu64 ", kept to %" PRIu64 " in %" PRIu64 " ECG%s%s\n", what, l->id, l->to, l->kept, l->entries, l->entries == 1 ? "" : "s", p->dropped ? ", pieces left out on purpose" : "");
	fflush(stdout);
}

/* ---- in its time ---- */

static void rest(double seconds)
{
	if (seconds <= 0)
		return;
	struct timespec ts = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
	(void)nanosleep(&ts, NULL);
}

static bool left_out(const struct playing *p, uint64_t at)
{
	return p->drop && (at / p->piece) % p->drop == p->drop - 1;
}

/* One try at what comes next. *at moves on where it was taken, or back to what has to be sent again. */
static enum send_live_said step(struct playing *p, uint64_t *at, struct err *e)
{
	static uint8_t piece[PIECE_BYTES];
	enum send_live_said s;
	uint64_t kept = p->live.kept;
	if (!p->live.begun) {
		if ((s = send_live_begin(&p->live, e)) == SEND_LIVE_TAKEN) {
			*at = *at > p->live.kept ? p->live.kept : *at;
			told(p, "strip");
		}
		return s;
	}
	if (*at >= p->total)
		return send_live_end(&p->live, e);
	size_t n = p->piece - (size_t)(*at % p->piece); /* always the same pieces, wherever it goes on from */
	n = p->total - *at < n ? (size_t)(p->total - *at) : n;
	for (unsigned i = 0; i < p->channels; i++)
		lead(p, i, *at, n, piece);
	s = send_live_piece(&p->live, *at, slice_of(piece, n * p->channels * 2), e);
	if (s == SEND_LIVE_OTHER) {
		cli_note("holdfast: the piece at sample %" PRIu64 " was not taken: %s", *at, e->text);
		p->other++;
	}
	if (s == SEND_LIVE_TAKEN || s == SEND_LIVE_OTHER)
		*at += n;
	if (s == SEND_LIVE_TAKEN && p->live.kept != kept && p->json)
		told(p, "kept");
	return s;
}

static int play(struct playing *p, struct err *e)
{
	uint64_t at = 0, tries = 0;
	int64_t begun = time_monotonic(), gone = 0;
	for (;;) {
		while (p->live.begun && at < p->total && left_out(p, at)) {
			at += p->piece - at % p->piece;
			p->dropped++;
		}
		bool ends = p->live.begun && at >= p->total;
		double due = (double)(at < p->total ? at + p->piece : p->total) / p->f.g->rate / p->speed; /* a piece can go when its last sample was taken */
		if (p->live.begun)
			rest(due - (double)(time_monotonic() - begun) / 1e9);
		*e = (struct err){0};
		enum send_live_said s = step(p, &at, e);
		if (s == SEND_LIVE_STOP)
			return e->code < 0 ? e->code : ERR_DENIED;
		if (s == SEND_LIVE_TAKEN && ends)
			return 0;
		if (s != SEND_LIVE_LATER) {
			gone = 0;
			tries = 0;
			continue;
		}
		if (!gone) {
			gone = time_monotonic();
			cli_note("holdfast: %s; it is tried again, and what was not kept is sent again", e->text);
		}
		if (time_monotonic() - gone > (int64_t)p->give_up * TIME_SEC)
			return e->code < 0 ? e->code : ERR_BUSY;
		rest((double)(100 << (tries < 5 ? tries++ : 5) > PAUSE_MOST ? PAUSE_MOST : 100 << tries) / 1000);
	}
}

/* ---- the command ---- */

static int check(struct playing *p, const struct cli_args *args)
{
	char *end;
	int64_t day;
	if (args->n != 1)
		return cli_usage("ecg live: name one recording");
	if (!p->to)
		return cli_usage("ecg live: --to is missing: where it is to go");
	if (!p->patient != !p->birth)
		return cli_usage("ecg live: --patient and --birth belong together: two identifiers say whose a strip is, one does not");
	if (p->birth && (strlen(p->birth) != 10 || time_parse(slice_str(p->birth), 0, &day) < 0))
		return cli_usage("ecg live: --birth is a date such as 1957-03-12");
	p->speed = p->speed_text ? strtod(p->speed_text, &end) : 1;
	if (p->speed_text && (!num_is_decimal(slice_str(p->speed_text)) || p->speed < 0.1 || p->speed > 1000))
		return cli_usage("ecg live: --speed is a number from 0.1 to 1000");
	if (p->piece_ms < 10 || p->piece_ms > 10000)
		return cli_usage("ecg live: --piece is 10 to 10000 milliseconds");
	if (p->drop == 1)
		return cli_usage("ecg live: --drop 1 would leave out all; 2 leaves out every other piece");
	return 0;
}

static int run(struct playing *p, const char *path, struct err *e)
{
	char token[300];
	int r = cli_ecg_open(path, &p->f, e);
	if (r == 0)
		r = choose(p, e);
	if (r == 0)
		r = say_terms(p, e);
	if (r == 0)
		r = cli_ecg_token(p->token_file, token, sizeof token, e);
	if (r == 0)
		r = send_way_open(p->to, token, p->ca, &p->way, e);
	seal_wipe(token, sizeof token);
	if (r < 0)
		return r;
	p->live.way = &p->way;
	r = play(p, e);
	if (r == 0)
		told(p, "ended");
	return r;
}

int ecg_live_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct playing p; /* one: it has a command's arguments */
	bool done;
	p = (struct playing){.piece_ms = 500, .give_up = 120, .f.dirfd = -1};
	const struct cli_opt opts[] = {
		{"to", CLI_STRING, &p.to, "URL", "https://HOST[:PORT] of the site"},
		{"token-file", CLI_STRING, &p.token_file, "FILE", "holds the token (`holdfast token create --role ecg-send`); without it HOLDFAST_TOKEN"},
		{"ca", CLI_STRING, &p.ca, "FILE", "certificate that the server's is checked against; without it those of this system"},
		{"leads", CLI_STRING, &p.leads, "L,L", "only these of the recording"},
		{"device", CLI_STRING, &p.device, "NAME", "what the strip is shown as"},
		{"key", CLI_STRING, &p.key, "TEXT", "names the strip: begun again with the same it is the same one"},
		{"patient", CLI_STRING, &p.patient, "MRN[@ASSIGNER]", "whose it is; with --birth, for one identifier is not enough"},
		{"birth", CLI_STRING, &p.birth, "YYYY-MM-DD", "the patient's date of birth"},
		{"seconds", CLI_NUMBER, &p.seconds, "N", "so long, the recording again and again; without it once"},
		{"speed", CLI_STRING, &p.speed_text, "X", "so many times faster than it was recorded"},
		{"piece", CLI_NUMBER, &p.piece_ms, "MS", "of the recording in one request (500)"},
		{"drop", CLI_NUMBER, &p.drop, "N", "leave out every Nth piece, for drills: the site shows a gap"},
		{"give-up", CLI_NUMBER, &p.give_up, "SECONDS", "after the server has been gone for so long (120)"},
		{"json", CLI_FLAG, &p.json, NULL, "a JSON object a line"},
	};
	int r = cli_parse(argc, argv, "ecg live --to https://HOST[:PORT] --token-file F [--ca FILE] [--leads L,L] [--speed X] [--seconds N] [--drop N] [--patient MRN --birth DATE] FILE",
	                  "Plays a recording to a site as a live strip, as a device at a bed would send it: a simulator for drills and tests. When the server is gone it waits, begins the strip again and sends what was not kept.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if ((r = check(&p, &args)))
		return r;
	struct err e = {0};
	buf_init(&p.terms, 1 << 16);
	r = run(&p, args.v[0], &e);
	int status = r < 0 ? cli_fail(&e) : p.other ? 1 : 0;
	send_way_close(&p.way);
	buf_done(&p.terms);
	cli_ecg_close(&p.f);
	return status;
}
