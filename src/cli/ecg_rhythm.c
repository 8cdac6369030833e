/* holdfast ecg rhythm [--json] FILE */
#include "ecg_cmd.h"

#include <inttypes.h>
#include <stdio.h>

static void number(struct jsonw *w, const char *key, double v, int digits) /* a plain decimal */
{
	char text[64];
	int n = snprintf(text, sizeof text, "%.*f", digits, v);
	jsonw_key(w, key);
	jsonw_raw(w, slice_of(text, (size_t)n));
}

static void rate(struct jsonw *w, const char *key, unsigned bpm) /* 0: could not be measured */
{
	jsonw_key(w, key);
	if (bpm)
		jsonw_u64(w, bpm);
	else
		jsonw_null(w);
}

static void episodes_json(struct jsonw *w, const struct ecg_rhythm_result *r)
{
	jsonw_key(w, "episodes");
	jsonw_arr(w);
	for (size_t i = 0; i < r->count; i++) {
		const struct ecg_episode *p = &r->episode[i];
		jsonw_obj(w);
		jsonw_kstr(w, "rhythm", ecg_rhythm_name(p->rhythm));
		jsonw_ku64(w, "start", p->start);
		jsonw_ku64(w, "end", p->end);
		jsonw_ku64(w, "confidence", p->confidence);
		jsonw_kbool(w, "over", p->over);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void beats_json(struct jsonw *w, const struct ecg_rhythm_result *r)
{
	jsonw_key(w, "beats");
	jsonw_obj(w);
	jsonw_ku64(w, "total", r->total);
	jsonw_ku64(w, "n", r->normal);
	jsonw_ku64(w, "s", r->s);
	jsonw_ku64(w, "v", r->v);
	jsonw_ku64(w, "f", r->f);
	jsonw_ku64(w, "q", r->q);
	jsonw_ku64(w, "couplets", r->couplets);
	jsonw_ku64(w, "runs", r->runs);
	jsonw_ku64(w, "longest_run", r->longest_run);
	jsonw_obj_end(w);
	jsonw_key(w, "rate");
	jsonw_obj(w);
	rate(w, "min_bpm", r->min_bpm);
	rate(w, "mean_bpm", r->mean_bpm);
	rate(w, "max_bpm", r->max_bpm);
	jsonw_ku64(w, "min_at", r->min_at);
	jsonw_ku64(w, "max_at", r->max_at);
	jsonw_ku64(w, "pauses", r->pauses);
	number(w, "longest_rr_s", r->longest_rr_s, 3);
	jsonw_ku64(w, "longest_rr_at", r->longest_rr_at);
	jsonw_obj_end(w);
}

static void hrv_json(struct jsonw *w, const struct ecg_hrv *h)
{
	jsonw_key(w, "hrv");
	if (!h->pairs) {
		jsonw_null(w);
		return;
	}
	jsonw_obj(w);
	number(w, "mean_nn_ms", h->mean_nn_ms, 1);
	number(w, "sdnn_ms", h->sdnn_ms, 1);
	if (h->sdann_ms > 0)
		number(w, "sdann_ms", h->sdann_ms, 1);
	number(w, "rmssd_ms", h->rmssd_ms, 1);
	number(w, "pnn50", h->pnn50, 1);
	jsonw_ku64(w, "pairs", h->pairs);
	jsonw_obj_end(w);
}

static void hours_json(struct jsonw *w, const struct ecg_rhythm_result *r)
{
	jsonw_key(w, "hours");
	jsonw_arr(w);
	for (size_t i = 0; i < r->hours; i++) {
		const struct ecg_hour *h = &r->hour[i];
		jsonw_obj(w);
		jsonw_ku64(w, "hour", i);
		jsonw_ku64(w, "beats", h->beats);
		jsonw_ku64(w, "s", h->s);
		jsonw_ku64(w, "v", h->v);
		jsonw_ku64(w, "f", h->f);
		jsonw_ku64(w, "q", h->q);
		jsonw_ku64(w, "pauses", h->pauses);
		rate(w, "min_bpm", h->min_bpm);
		rate(w, "mean_bpm", h->mean_bpm);
		rate(w, "max_bpm", h->max_bpm);
		number(w, "af_share", (double)h->af_share, 3);
		number(w, "noise_share", (double)h->noise_share, 3);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void quality_json(struct jsonw *w, const struct ecg *g, const struct ecg_rhythm_result *r)
{
	jsonw_key(w, "quality");
	jsonw_arr(w);
	for (unsigned c = 0; c < g->channels; c++) {
		const struct ecg_quality *q = &r->quality[c];
		if (!g->channel[c].ecg)
			continue;
		jsonw_obj(w);
		jsonw_kstr(w, "lead", g->channel[c].name);
		jsonw_ku64(w, "score", q->score);
		jsonw_kbool(w, "lead_off", q->lead_off);
		jsonw_kbool(w, "saturated", q->saturated);
		jsonw_kbool(w, "noisy", q->noisy);
		jsonw_kbool(w, "drifting", q->drifting);
		jsonw_kbool(w, "mains", q->mains);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static int show_json(const struct ecg *g, const struct ecg_rhythm_result *r, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, (size_t)1 << 30);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	number(&w, "rate_hz", g->rate, g->rate == (double)(uint64_t)g->rate ? 0 : 6);
	jsonw_ku64(&w, "samples", g->samples);
	episodes_json(&w, r);
	beats_json(&w, r);
	hrv_json(&w, &r->hrv);
	hours_json(&w, r);
	quality_json(&w, g, r);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(&b, '\n');
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "the answer is larger than is written");
	fwrite(b.p, 1, b.n, stdout);
	return 0;
}

static void clock_of(double seconds, char out[32])
{
	unsigned long s = (unsigned long)seconds;
	snprintf(out, 32, "%lu:%02lu:%02lu.%01u", s / 3600, s / 60 % 60, s % 60, (unsigned)((seconds - (double)s) * 10));
}

static void show_text(const struct ecg *g, const struct ecg_rhythm_result *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct ecg_episode *p = &r->episode[i];
		char from[32], to[32];
		clock_of((double)p->start / g->rate, from);
		clock_of((double)p->end / g->rate, to);
		printf("%s%s - %s  %-8s %s, confidence %u\n", p->over ? "    " : "", from, to, ecg_rhythm_name(p->rhythm), ecg_rhythm_text(p->rhythm), p->confidence);
	}
	printf("%" PRIu32 " beats: %" PRIu32 " normal, %" PRIu32 " supraventricular, %" PRIu32 " ventricular, %" PRIu32 " fusion, %" PRIu32 " paced or not known\n", r->total, r->normal, r->s, r->v, r->f, r->q);
	if (r->mean_bpm)
		printf("rate %u per minute, over eight beats %u to %u; longest interval %.2f s, %" PRIu32 " pauses\n", r->mean_bpm, r->min_bpm, r->max_bpm, r->longest_rr_s, r->pauses);
	if (r->hrv.pairs)
		printf("NN %.0f ms, SDNN %.0f, SDANN %.0f, RMSSD %.0f ms, pNN50 %.1f %%\n", (double)r->hrv.mean_nn_ms, (double)r->hrv.sdnn_ms, (double)r->hrv.sdann_ms, (double)r->hrv.rmssd_ms, (double)r->hrv.pnn50);
}

static int work(const struct cli_ecg *f, bool json, struct err *e)
{
	struct ecg_beats b;
	struct ecg_rhythm_result r;
	int code = ecg_detect(f->g, NULL, 0, f->a, &b, e);
	if (code == 0)
		code = ecg_classify(f->g, NULL, 0, f->a, &b, e);
	if (code == 0)
		code = ecg_rhythm(f->g, &b, f->a, &r, e);
	if (code < 0)
		return code;
	if (json)
		return show_json(f->g, &r, e);
	show_text(f->g, &r);
	return 0;
}

int ecg_rhythm_cmd(int argc, char **argv)
{
	static struct cli_args args;
	bool json = false, done;
	const struct cli_opt opts[] = {{"json", CLI_FLAG, &json, NULL, "one JSON object"}};
	int r = cli_parse(argc, argv, "ecg rhythm [--json] FILE", "Says the rhythm of a recording: episodes, classes of beats, rates, pauses, variability, hours, quality of each lead. For over-read by a clinician.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("ecg rhythm: name one file");
	struct err e = {0};
	struct cli_ecg f;
	if (cli_ecg_open(args.v[0], &f, &e) < 0)
		return cli_fail(&e);
	r = work(&f, json, &e);
	cli_ecg_close(&f);
	if (r < 0)
		err_in(&e, args.v[0]);
	return r < 0 ? cli_fail(&e) : 0;
}
