/* holdfast ecg rhythm [--json] FILE */
#include "ecg_cmd.h"

#include <inttypes.h>
#include <stdio.h>

static int show_json(const struct ecg *g, const struct ecg_rhythm_result *r, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, (size_t)1 << 30);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	ecg_json_rhythm(&w, g, r, 0);
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
