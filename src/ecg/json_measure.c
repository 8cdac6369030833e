/* What was measured, as JSON: the one place where its keys, their order and their decimals stand. */
#include "ecg_internal.h"

#include <math.h>
#include <stdio.h>

#define NUMBER_MOST 1e15 /* nothing that is measured comes near it, and text holds it */

void ecg_json_number(struct jsonw *w, const char *key, double v, int decimals)
{
	char text[48];
	jsonw_key(w, key);
	if (!isfinite(v) || fabs(v) > NUMBER_MOST) {
		jsonw_null(w);
		return;
	}
	snprintf(text, sizeof text, "%.*f", decimals, v);
	if (strchr(text, '.')) { /* 150.0 is 150 */
		char *end = text + strlen(text) - 1;
		while (*end == '0')
			*end-- = 0;
		if (*end == '.')
			*end = 0;
	}
	jsonw_raw(w, slice_str(strcmp(text, "-0") ? text : "0"));
}

struct named {
	const char *key;
	struct ecg_value v;
	double factor;
	int decimals;
};

/* Each value, then how sure each is (0: null). */
static void values(struct jsonw *w, const struct named *n, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ecg_json_number(w, n[i].key, n[i].v.conf ? (double)n[i].v.v * n[i].factor : (double)NAN, n[i].decimals);
	jsonw_key(w, "confidence");
	jsonw_obj(w);
	for (size_t i = 0; i < count; i++)
		jsonw_ku64(w, n[i].key, n[i].v.conf);
	jsonw_obj_end(w);
}

static void global(struct jsonw *w, const struct ecg_measure *m)
{
	const struct named n[] = {
		{"rate_bpm", m->rate_bpm, 1, 1}, {"rr_ms", m->rr_ms, 1, 1}, {"p_ms", m->p_ms, 1, 0}, {"pr_ms", m->pr_ms, 1, 0}, {"qrs_ms", m->qrs_ms, 1, 0}, {"qt_ms", m->qt_ms, 1, 0},
		{"qtc_bazett_ms", m->qtc_bazett_ms, 1, 0}, {"qtc_fridericia_ms", m->qtc_fridericia_ms, 1, 0}, {"qtc_framingham_ms", m->qtc_framingham_ms, 1, 0},
		{"qtc_hodges_ms", m->qtc_hodges_ms, 1, 0}, {"p_axis_deg", m->p_axis_deg, 1, 0}, {"qrs_axis_deg", m->qrs_axis_deg, 1, 0}, {"axis_deg", m->qrs_axis_deg, 1, 0},
		{"t_axis_deg", m->t_axis_deg, 1, 0},
	};
	values(w, n, ARRAY_LEN(n));
}

void ecg_json_fiducials(struct jsonw *w, const struct ecg_fiducials *f)
{
	ecg_json_number(w, "p_on", (double)f->p_on, 1);
	ecg_json_number(w, "p_peak", (double)f->p_peak, 1);
	ecg_json_number(w, "p_off", (double)f->p_off, 1);
	ecg_json_number(w, "qrs_on", (double)f->qrs_on, 1);
	ecg_json_number(w, "r_peak", (double)f->r_peak, 1);
	ecg_json_number(w, "qrs_off", (double)f->qrs_off, 1);
	ecg_json_number(w, "t_peak", (double)f->t_peak, 1);
	ecg_json_number(w, "t_off", (double)f->t_off, 1);
}

static void beats(struct jsonw *w, const struct ecg_measure *m, const struct ecg_lead_measure *l)
{
	jsonw_key(w, "beats");
	jsonw_arr(w);
	for (size_t i = 0; i < m->beats.count; i++) {
		jsonw_obj(w);
		ecg_json_fiducials(w, &l->beat[i]);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void lead(struct jsonw *w, const struct ecg_channel *c, const struct ecg_measure *m, const struct ecg_lead_measure *l, bool with_beats)
{
	const struct named n[] = {
		{"p_uv", l->p_uv, 1, 0}, {"q_uv", l->q_uv, 1, 0}, {"r_uv", l->r_uv, 1, 0}, {"s_uv", l->s_uv, 1, 0}, {"r2_uv", l->r2_uv, 1, 0}, {"s2_uv", l->s2_uv, 1, 0}, {"t_uv", l->t_uv, 1, 0},
		{"p_ms", l->p_ms, 1, 0}, {"pr_ms", l->pr_ms, 1, 0}, {"q_ms", l->q_ms, 1, 0}, {"r_ms", l->r_ms, 1, 0}, {"s_ms", l->s_ms, 1, 0}, {"qrs_ms", l->qrs_ms, 1, 0}, {"qt_ms", l->qt_ms, 1, 0},
		{"vat_ms", l->vat_ms, 1, 0}, {"j_mv", l->j_uv, 0.001, 3}, {"st_mv", l->st60_uv, 0.001, 3}, {"st80_mv", l->st80_uv, 0.001, 3}, {"st_slope_mv_s", l->st_slope_uv_s, 0.001, 3},
	};
	jsonw_obj(w);
	jsonw_kstr(w, "lead", c->name);
	values(w, n, ARRAY_LEN(n));
	jsonw_kbool(w, "t_inverted", l->t_inverted);
	jsonw_kbool(w, "t_biphasic", l->t_biphasic);
	if (with_beats && l->beat)
		beats(w, m, l);
	jsonw_obj_end(w);
}

static void statements(struct jsonw *w, const struct ecg_analysis *n)
{
	static const char *const weight[] = {"normal", "borderline", "abnormal", "urgent", "technical"};
	jsonw_kstr(w, "weight", weight[n->weight]);
	jsonw_key(w, "statements");
	jsonw_arr(w);
	for (size_t i = 0; i < n->statements; i++) {
		const struct ecg_statement *s = &n->statement[i];
		jsonw_obj(w);
		jsonw_kstr(w, "code", s->code);
		jsonw_kstr(w, "text", s->text);
		jsonw_kstr(w, "why", s->why);
		jsonw_ku64(w, "confidence", s->confidence);
		jsonw_kstr(w, "weight", weight[s->weight]);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

void ecg_json_measure(struct jsonw *w, const struct ecg *g, const struct ecg_analysis *n, unsigned with)
{
	const struct ecg_measure *m = &n->measure;
	jsonw_kstr(w, "status", "unconfirmed"); /* a program measured; nobody has read it */
	ecg_json_number(w, "rate_hz", g->rate, 6);
	global(w, m);
	jsonw_ku64(w, "beats", m->beats.count);
	jsonw_ku64(w, "beats_averaged", m->used);
	statements(w, n);
	jsonw_key(w, "leads");
	jsonw_arr(w);
	for (unsigned i = 0; m->lead && i < g->channels; i++)
		if (g->channel[i].ecg)
			lead(w, &g->channel[i], m, &m->lead[i], with & ECG_JSON_BEATS);
	jsonw_arr_end(w);
}
