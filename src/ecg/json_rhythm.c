/* The rhythm, as JSON: the one place where its keys, their order and their decimals stand. */
#include "ecg_internal.h"

#include <math.h>
#include <stdio.h>

/* As many decimals as are said, zeros too: what reads these by column sees columns. */
static void number(struct jsonw *w, const char *key, double v, int decimals)
{
	char text[64];
	jsonw_key(w, key);
	if (!isfinite(v) || fabs(v) > 1e15) {
		jsonw_null(w);
		return;
	}
	int n = snprintf(text, sizeof text, "%.*f", decimals, v);
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

static void episodes(struct jsonw *w, const struct ecg_rhythm_result *r, bool pages)
{
	jsonw_key(w, "episodes");
	jsonw_arr(w);
	for (size_t i = 0; i < r->count; i++) {
		const struct ecg_episode *p = &r->episode[i];
		jsonw_obj(w);
		jsonw_kstr(w, "rhythm", ecg_rhythm_name(p->rhythm));
		if (pages)
			jsonw_kstr(w, "text", ecg_rhythm_text(p->rhythm));
		jsonw_ku64(w, "start", p->start);
		jsonw_ku64(w, "end", p->end);
		jsonw_ku64(w, "confidence", p->confidence);
		jsonw_kbool(w, "over", p->over);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void beats(struct jsonw *w, const struct ecg_rhythm_result *r, bool pages)
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
	if (pages)
		jsonw_ku64(w, "pauses", r->pauses);
	jsonw_obj_end(w);
}

static void rates(struct jsonw *w, const struct ecg_rhythm_result *r)
{
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

static void hrv(struct jsonw *w, const struct ecg_hrv *h)
{
	jsonw_key(w, "hrv");
	if (!h->pairs) {
		jsonw_null(w);
		return;
	}
	jsonw_obj(w);
	number(w, "mean_nn_ms", (double)h->mean_nn_ms, 1);
	number(w, "sdnn_ms", (double)h->sdnn_ms, 1);
	if (h->sdann_ms > 0)
		number(w, "sdann_ms", (double)h->sdann_ms, 1);
	number(w, "rmssd_ms", (double)h->rmssd_ms, 1);
	number(w, "pnn50", (double)h->pnn50, 1);
	jsonw_ku64(w, "pairs", h->pairs);
	jsonw_obj_end(w);
}

static void hours(struct jsonw *w, const struct ecg_rhythm_result *r)
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

static void quality(struct jsonw *w, const struct ecg *g, const struct ecg_rhythm_result *r)
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

void ecg_json_rhythm(struct jsonw *w, const struct ecg *g, const struct ecg_rhythm_result *r, unsigned with)
{
	const bool pages = with & ECG_JSON_PAGES;
	number(w, "rate_hz", g->rate, g->rate == (double)(uint64_t)g->rate ? 0 : 6);
	jsonw_ku64(w, "samples", g->samples);
	episodes(w, r, pages);
	beats(w, r, pages);
	rates(w, r);
	hrv(w, &r->hrv);
	hours(w, r);
	quality(w, g, r);
}
