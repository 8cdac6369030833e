/* holdfast ecg beats [--lead N] FILE */
#include "ecg_cmd.h"

#include <inttypes.h>
#include <stdio.h>

static int show(const struct ecg *g, const unsigned *channel, struct arena *a, struct err *e)
{
	struct ecg_beats b;
	int r = ecg_detect(g, channel, channel ? 1 : 0, a, &b, e);
	if (r == 0)
		r = ecg_classify(g, channel, 1, a, &b, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < b.count; i++) {
		printf("%" PRIu64, b.beat[i].at);
		if (b.beat[i].confidence) /* 0: not classified */
			printf(",%c", b.beat[i].class);
		putchar('\n');
	}
	return 0;
}

int ecg_beats_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *lead = NULL;
	bool done;
	const struct cli_opt opts[] = {{"lead", CLI_STRING, &lead, "N", "the lead to look at, counted from 0, or its name; without it all ECG leads together"}};
	int r = cli_parse(argc, argv, "ecg beats [--lead N] FILE", "Finds the beats: a line each, the sample of its R wave (counted from 0) and, after a comma, its class.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("ecg beats: name one file");
	struct err e = {0};
	struct cli_ecg f;
	if (cli_ecg_open(args.v[0], &f, &e) < 0)
		return cli_fail(&e);
	uint64_t number = 0;
	unsigned channel = 0;
	if (lead) {
		if (num_u64(slice_str(lead), 0, ECG_CHANNELS_MAX, &number) < 0) {
			int found = -1;
			for (unsigned i = 0; i < f.g->channels; i++)
				if (found < 0 && slice_eq_nocase(slice_str(f.g->channel[i].name), lead))
					found = (int)i;
			number = found < 0 ? ECG_CHANNELS_MAX : (uint64_t)found;
		}
		channel = (unsigned)number;
	}
	if (lead && number >= f.g->channels) {
		cli_ecg_close(&f);
		return cli_usage("ecg beats: the recording has no lead '%s'; see holdfast ecg info", lead);
	}
	r = show(f.g, lead ? &channel : NULL, f.a, &e);
	cli_ecg_close(&f);
	return r < 0 ? cli_fail(&e) : 0;
}
