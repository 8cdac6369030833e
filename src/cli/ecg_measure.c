/* holdfast ecg measure [--json] [--beats] FILE */
#include "ecg_cmd.h"

#include <stdio.h>

static void show_json(const struct ecg *g, const struct ecg_analysis *n, bool with_beats, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	ecg_json_measure(&w, g, n, with_beats ? ECG_JSON_BEATS : 0);
	jsonw_obj_end(&w);
	buf_u8(b, '\n');
}

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
