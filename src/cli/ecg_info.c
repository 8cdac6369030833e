/* holdfast ecg info FILE... */
#include "ecg_cmd.h"

static void show(const char *path, const struct ecg *g, bool json)
{
	if (!json) {
		printf("%s: %s, %u channels, %g Hz, %.3f s\n", path, ecg_format_name(g->format), g->channels, g->rate, (double)g->samples / g->rate);
		return;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "format", ecg_format_name(g->format));
	jsonw_key(&w, "leads");
	jsonw_arr(&w);
	for (unsigned i = 0; i < g->channels; i++)
		jsonw_str(&w, g->channel[i].name);
	jsonw_arr_end(&w);
	jsonw_ku64(&w, "samples", g->samples);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
}

int ecg_info_cmd(int argc, char **argv)
{
	static struct cli_args args;
	bool json = false, done;
	const struct cli_opt opts[] = {{"json", CLI_FLAG, &json, NULL, "a JSON object a line"}};
	int r = cli_parse(argc, argv, "ecg info [--json] FILE...", "Says what a recording is.", opts, ARRAY_LEN(opts), &args, &done), status = 0;
	if (r || done)
		return r;
	if (!args.n)
		return cli_usage("ecg info: name a file");
	for (size_t i = 0; i < args.n; i++) {
		struct err e = {0};
		struct cli_ecg f;
		if (cli_ecg_open(args.v[i], &f, &e) < 0) {
			int failed = cli_fail(&e);
			status = failed > status ? failed : status;
			continue;
		}
		show(args.v[i], f.g, json);
		cli_ecg_close(&f);
	}
	return status;
}
