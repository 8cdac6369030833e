/* holdfast ecg info FILE... */
#include "ecg_cmd.h"

#include <math.h>

static const char *decimal(double v, char out[40])
{
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(out, 40, "%.*g", digits, v);
		if (strtod(out, NULL) == v)
			break;
	}
	return out;
}

static void knumber(struct jsonw *w, const char *key, double v)
{
	char text[40];
	jsonw_key(w, key);
	if (isfinite(v))
		jsonw_raw(w, slice_str(decimal(v, text)));
	else
		jsonw_null(w);
}

static void knull_or(struct jsonw *w, const char *key, struct slice s)
{
	jsonw_key(w, key);
	if (s.n)
		jsonw_slice(w, s);
	else
		jsonw_null(w);
}

static void json_person(struct jsonw *w, const struct ecg_person *p)
{
	jsonw_key(w, "patient");
	jsonw_obj(w);
	jsonw_kslice_opt(w, "id", p->id);
	jsonw_kslice_opt(w, "assigner", p->assigner);
	jsonw_kslice_opt(w, "family", p->family);
	jsonw_kslice_opt(w, "given", p->given);
	jsonw_kslice_opt(w, "birth", p->birth);
	jsonw_kslice_opt(w, "sex", p->sex);
	jsonw_kslice_opt(w, "age", p->age);
	jsonw_kslice_opt(w, "height_cm", p->height_cm);
	jsonw_kslice_opt(w, "weight_kg", p->weight_kg);
	jsonw_obj_end(w);
}

static void json_channels(struct jsonw *w, const struct ecg *g)
{
	jsonw_key(w, "channels");
	jsonw_arr(w);
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_channel *c = &g->channel[i];
		jsonw_obj(w);
		jsonw_kstr(w, "name", c->name);
		jsonw_kslice(w, "label", c->label);
		jsonw_kbool(w, "ecg", c->ecg);
		jsonw_kstr(w, "unit", c->unit);
		knumber(w, "rate_hz", c->rate);
		jsonw_ku64(w, "samples", c->samples);
		jsonw_ku64(w, "bits", c->bits);
		knumber(w, strcmp(c->unit, "uV") ? "resolution" : "resolution_uv", fabs(c->scale));
		jsonw_kslice_opt(w, "filter", c->filter);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void json_stretches(struct jsonw *w, const struct ecg *g)
{
	jsonw_key(w, "stretches");
	jsonw_arr(w);
	for (size_t i = 0; i < (g->stretches ? g->stretch_count : 1); i++) {
		jsonw_obj(w);
		jsonw_ku64(w, "first", g->stretches ? g->stretches[i].first : 0);
		jsonw_ku64(w, "count", g->stretches ? g->stretches[i].count : g->samples);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void json_said(struct jsonw *w, const struct ecg *g)
{
	jsonw_key(w, "stated");
	jsonw_obj(w);
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		knumber(w, s->key, s->value);
	jsonw_obj_end(w);
	jsonw_key(w, "notes");
	jsonw_arr(w);
	for (const struct ecg_note *n = g->notes; n; n = n->next) {
		jsonw_obj(w);
		if (n->timed) {
			knumber(w, "at_s", n->at_s);
			knumber(w, "duration_s", n->duration_s);
		}
		if (n->channel >= 0 && (unsigned)n->channel < g->channels)
			jsonw_kstr(w, "lead", g->channel[n->channel].name);
		jsonw_kslice_opt(w, "code", n->code);
		jsonw_kslice(w, "text", n->text);
		jsonw_kbool(w, "statement", n->statement);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_ku64(w, "marks", g->mark_count);
}

static void json_lines(struct jsonw *w, const char *key, const struct buf *lines)
{
	struct slice rest = lines ? buf_slice(lines) : SLICE_NULL;
	jsonw_key(w, key);
	jsonw_arr(w);
	while (rest.n)
		jsonw_slice(w, slice_cut(rest, '\n', &rest));
	jsonw_arr_end(w);
}

static void json_names(struct jsonw *w, const struct ecg *g)
{
	jsonw_key(w, "leads");
	jsonw_arr(w);
	for (unsigned i = 0; i < g->channels; i++)
		jsonw_str(w, g->channel[i].name);
	jsonw_arr_end(w);
}

static void show_json(struct buf *b, const char *path, const struct ecg *g)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "file", path);
	jsonw_kstr(&w, "format", ecg_format_name(g->format));
	knull_or(&w, "version", g->version);
	json_names(&w, g);
	knumber(&w, "rate_hz", g->rate);
	jsonw_ku64(&w, "samples", g->samples);
	knumber(&w, "seconds", (double)g->samples / g->rate);
	knull_or(&w, "start", g->start);
	json_person(&w, &g->person);
	jsonw_kslice_opt(&w, "maker", g->maker);
	jsonw_kslice_opt(&w, "device", g->device);
	jsonw_kslice_opt(&w, "serial", g->serial);
	jsonw_kslice_opt(&w, "software", g->software);
	jsonw_kslice_opt(&w, "site", g->site);
	jsonw_kslice_opt(&w, "order", g->order);
	jsonw_kslice_opt(&w, "study", g->study);
	jsonw_kslice_opt(&w, "physician", g->physician);
	jsonw_kslice_opt(&w, "indication", g->indication);
	jsonw_kslice_opt(&w, "medication", g->medication);
	json_channels(&w, g);
	json_stretches(&w, g);
	json_said(&w, g);
	jsonw_key(&w, "median");
	if (g->median) {
		jsonw_obj(&w);
		json_names(&w, g->median);
		knumber(&w, "rate_hz", g->median->rate);
		jsonw_ku64(&w, "samples", g->median->samples);
		jsonw_obj_end(&w);
	} else {
		jsonw_null(&w);
	}
	json_lines(&w, "warnings", g->warnings);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(b, '\n');
}

/* ---- for people ---- */

static void line(const char *what, struct slice s)
{
	if (!s.n)
		return;
	printf("  %-12s", what);
	cli_slice(stdout, s);
	putchar('\n');
}

static void show_person(const struct ecg_person *p)
{
	AUTO_BUF struct buf b = {0};
	const struct slice parts[] = {p->id, p->family, p->given, p->birth, p->sex, p->age};
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (parts[i].n) {
			buf_str(&b, b.n ? ", " : "");
			buf_add_slice(&b, parts[i]);
		}
	line("patient", buf_slice(&b));
}

static void show_channels(const struct ecg *g)
{
	char rate[40];
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_channel *c = &g->channel[i];
		printf("  channel %-3u %-12s %s Hz, %llu samples, %.6g %s a step%s", i, c->name, decimal(c->rate, rate), (unsigned long long)c->samples, fabs(c->scale), c->unit[0] ? c->unit : "(no unit)", c->ecg ? "" : ", no ECG");
		if (c->filter.n) {
			printf(", filter ");
			cli_slice(stdout, c->filter);
		}
		putchar('\n');
	}
}

static void show_notes(const struct ecg *g)
{
	unsigned n = 0;
	char number[40];
	for (const struct ecg_stated *s = g->stated; s; s = s->next)
		printf("  %-12s%s %s\n", s == g->stated ? "stated" : "", s->key, decimal(s->value, number));
	for (const struct ecg_note *t = g->notes; t && n < 40; t = t->next, n++) {
		printf("  %-12s", n ? "" : "notes");
		if (t->timed)
			printf("%.3f s: ", t->at_s);
		cli_slice(stdout, t->text);
		putchar('\n');
		if (n == 39 && t->next)
			printf("  %-12s(more: --json has them all)\n", "");
	}
}

static void show_text(const char *path, const struct ecg *g)
{
	char rate[40];
	printf("%s: %s", path, ecg_format_name(g->format));
	if (g->version.n) {
		putchar(' ');
		cli_slice(stdout, g->version);
	}
	printf(", %u channels, %s Hz, %llu samples, %.3f s\n", g->channels, decimal(g->rate, rate), (unsigned long long)g->samples, (double)g->samples / g->rate);
	line("start", g->start);
	show_person(&g->person);
	line("maker", g->maker);
	line("device", g->device);
	line("serial", g->serial);
	line("software", g->software);
	line("site", g->site);
	line("order", g->order);
	line("study", g->study);
	line("physician", g->physician);
	line("indication", g->indication);
	line("medication", g->medication);
	show_channels(g);
	for (size_t i = 0; i < g->stretch_count; i++)
		printf("  %-12s%.3f s to %.3f s\n", i ? "" : "recorded", (double)g->stretches[i].first / g->rate, (double)(g->stretches[i].first + g->stretches[i].count) / g->rate);
	show_notes(g);
	if (g->mark_count)
		printf("  %-12s%zu beats are marked in the file\n", "marks", g->mark_count);
	if (g->median)
		printf("  %-12s%u leads, %llu samples at %s Hz\n", "median beat", g->median->channels, (unsigned long long)g->median->samples, decimal(g->median->rate, rate));
	struct slice rest = g->warnings ? buf_slice(g->warnings) : SLICE_NULL;
	while (rest.n)
		line("warning", slice_cut(rest, '\n', &rest));
}

int ecg_info_cmd(int argc, char **argv)
{
	static struct cli_args args;
	bool json = false, done;
	const struct cli_opt opts[] = {{"json", CLI_FLAG, &json, NULL, "a JSON object a line"}};
	int r = cli_parse(argc, argv, "ecg info [--json] FILE...", "Says what a recording is: its format, leads, rate and length, whose it is, and what was odd about the file.", opts, ARRAY_LEN(opts), &args, &done), status = 0;
	if (r || done)
		return r;
	if (!args.n)
		return cli_usage("ecg info: name a file");
	for (size_t i = 0; i < args.n; i++) {
		struct err e = {0};
		struct cli_ecg f;
		AUTO_BUF struct buf b = {0};
		if (cli_ecg_open(args.v[i], &f, &e) < 0) {
			int failed = cli_fail(&e);
			status = failed > status ? failed : status;
			continue;
		}
		buf_init(&b, (size_t)256 << 20);
		if (!json)
			show_text(args.v[i], f.g);
		else
			show_json(&b, args.v[i], f.g);
		fwrite(b.p ? b.p : (const uint8_t *)"", 1, b.n, stdout);
		cli_ecg_close(&f);
	}
	r = cli_flush();
	return r > status ? r : status;
}
