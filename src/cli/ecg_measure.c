/* holdfast ecg measure [--json] [--beats] FILE */
#include "ecg_cmd.h"

#include <math.h>
#include <stdio.h>

/* ---- JSON ---- */

static void number(struct jsonw *w, const char *key, double v, int decimals)
{
	char text[40];
	jsonw_key(w, key);
	if (!isfinite(v)) {
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

static void values(struct jsonw *w, const struct named *n, size_t count)
{
	for (size_t i = 0; i < count; i++)
		number(w, n[i].key, n[i].v.conf ? (double)n[i].v.v * n[i].factor : NAN, n[i].decimals);
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

static void beats(struct jsonw *w, const struct ecg_measure *m, const struct ecg_lead_measure *l)
{
	jsonw_key(w, "beats");
	jsonw_arr(w);
	for (size_t i = 0; i < m->beats.count; i++) {
		const struct ecg_fiducials *f = &l->beat[i];
		jsonw_obj(w);
		number(w, "p_on", (double)f->p_on, 1);
		number(w, "p_peak", (double)f->p_peak, 1);
		number(w, "p_off", (double)f->p_off, 1);
		number(w, "qrs_on", (double)f->qrs_on, 1);
		number(w, "r_peak", (double)f->r_peak, 1);
		number(w, "qrs_off", (double)f->qrs_off, 1);
		number(w, "t_peak", (double)f->t_peak, 1);
		number(w, "t_off", (double)f->t_off, 1);
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

static void show_json(const struct ecg *g, const struct ecg_analysis *n, bool with_beats, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "status", "unconfirmed"); /* a program measured; nobody has read it */
	number(&w, "rate_hz", g->rate, 6);
	global(&w, &n->measure);
	jsonw_ku64(&w, "beats", n->measure.beats.count);
	jsonw_ku64(&w, "beats_averaged", n->measure.used);
	statements(&w, n);
	jsonw_key(&w, "leads");
	jsonw_arr(&w);
	for (unsigned i = 0; i < g->channels; i++)
		if (g->channel[i].ecg)
			lead(&w, &g->channel[i], &n->measure, &n->measure.lead[i], with_beats);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	buf_u8(b, '\n');
}

/* ---- words ---- */

static void word(const char *name, struct ecg_value v, const char *unit)
{
	if (v.conf)
		printf("  %-16s %7.0f %s\n", name, (double)v.v, unit);
	else
		printf("  %-16s %7s\n", name, "-");
}

static void show_words(const char *path, const struct ecg_analysis *n)
{
	const struct ecg_measure *m = &n->measure;
	printf("%s: unconfirmed, for over-read\n", path);
	if (n->long_record && m->beats.count && m->beats.rate > 0) {
		unsigned s = (unsigned)((double)m->beats.beat[0].at / m->beats.rate);
		printf("  values are of the first good minute, from %u:%02u:%02u; statements are of the whole record\n", s / 3600, s / 60 % 60, s % 60);
	}
	word("rate", m->rate_bpm, "/min");
	word("PR", m->pr_ms, "ms");
	word("QRS", m->qrs_ms, "ms");
	word("QT", m->qt_ms, "ms");
	word("QTc Bazett", m->qtc_bazett_ms, "ms");
	word("QTc Fridericia", m->qtc_fridericia_ms, "ms");
	word("QTc Framingham", m->qtc_framingham_ms, "ms");
	word("QTc Hodges", m->qtc_hodges_ms, "ms");
	word("P axis", m->p_axis_deg, "deg");
	word("QRS axis", m->qrs_axis_deg, "deg");
	word("T axis", m->t_axis_deg, "deg");
	for (size_t i = 0; i < n->statements; i++)
		printf("  %s (%s)\n", n->statement[i].text, n->statement[i].why);
}

int ecg_measure_cmd(int argc, char **argv)
{
	static struct cli_args args;
	bool json = false, with_beats = false, done;
	const struct cli_opt opts[] = {
		{"json", CLI_FLAG, &json, NULL, "one JSON object; null is: could not be measured"},
		{"beats", CLI_FLAG, &with_beats, NULL, "with --json: the marks of each beat in each lead, too"},
	};
	int r = cli_parse(argc, argv, "ecg measure [--json] [--beats] FILE", "Measures: rate, intervals, axes, amplitudes and ST of each lead, and statements for the one who reads the ECG.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("ecg measure: name one file");
	struct err e = {0};
	struct cli_ecg f;
	struct ecg_analysis n;
	if (cli_ecg_open(args.v[0], &f, &e) < 0)
		return cli_fail(&e);
	r = ecg_analyse(f.g, f.a, &n, &e);
	if (r == 0 && (json || with_beats)) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, (size_t)64 << 20);
		show_json(f.g, &n, with_beats, &b);
		r = buf_code(&b) ? err_set(&e, buf_code(&b), NULL, "what was measured is too much to print") : 0;
		fwrite(b.p, 1, r == 0 ? b.n : 0, stdout);
	} else if (r == 0) {
		show_words(args.v[0], &n);
	}
	cli_ecg_close(&f);
	return r < 0 ? cli_fail(&e) : 0;
}
