/* holdfast simulate: a believable, seeded, synthetic hospital. */
#include "commands.h"
#include "simulate.h"

static void progress(void *arg, uint64_t sent, double per_second)
{
	if (cli_progress_wanted())
		fprintf(stderr, "\r%llu messages, %.0f/s ", (unsigned long long)sent, per_second);
}

int cmd_simulate(int argc, char **argv)
{
	static struct cli_args args;
	struct simulate_options o = {.beds = 500, .seed = 1};
	const char *rate = NULL;
	bool json = false;
	const struct cli_opt opts[] = {
		{"to", CLI_STRING, &o.to, "A:P", "send over MLLP to this address"},
		{"beds", CLI_NUMBER, &o.beds, "N", "beds of the hospital (default 500)"},
		{"seed", CLI_NUMBER, &o.seed, "N", "the same seed gives the same hospital and messages (default 1)"},
		{"count", CLI_NUMBER, &o.count, "N", "stop after this many messages (default: without end; with --out: 10000)"},
		{"rate", CLI_STRING, &rate, "R", "messages a second; 0 or absent: as fast as they are acknowledged"},
		{"live", CLI_FLAG, &o.live, NULL, "as a real day goes: what is past at once, then by the clock"},
		{"connections", CLI_NUMBER, &o.connections, "N", "connections; each patient's messages stay in order on one (default 1)"},
		{"start", CLI_STRING, &o.start, "TIME", "clinical time of the first message (default: now; with --out: 2026-01-05T00:00:00Z)"},
		{"out", CLI_STRING, &o.out, "FILE", "write ER7 messages to a file instead ('-': standard output)"},
		{"acked", CLI_STRING, &o.acked, "FILE", "append the control id of each positively acknowledged message"},
		{"json", CLI_FLAG, &json, NULL, "the counts as JSON"},
	};
	bool done;
	int r = cli_parse(argc, argv, "simulate --to A:P | --out FILE [--beds N] [--seed N] [--count N] [--rate R]",
	                  "Sends a synthetic hospital: admissions, transfers, discharges, cancels, merges, swaps, orders, results with corrections, medication rounds, appointments, documents.\nEvery person in it is invented.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("simulate takes no argument '%s'", args.v[0]);
	if (!o.to == !o.out)
		return cli_usage("simulate: give one of --to and --out");
	if (rate && num_u64(slice_str(rate), 0, 1000000, &o.rate) < 0)
		return cli_usage("--rate: '%s' is not a whole number of messages a second", rate);
	o.progress = progress;
	struct simulate_result res = {0};
	struct err e = {0};
	r = simulate_run(&o, &res, &e);
	if (cli_progress_wanted())
		fputc('\n', stderr);
	if (json)
		printf("{\"sent\":%llu,\"acknowledged\":%llu,\"refused\":%llu,\"seconds\":%.3f}\n", (unsigned long long)res.sent, (unsigned long long)res.acked, (unsigned long long)res.refused, res.seconds);
	else if (r == 0 && o.to)
		printf("%llu messages sent, %llu acknowledged, %llu refused, in %.1f s\n", (unsigned long long)res.sent, (unsigned long long)res.acked, (unsigned long long)res.refused, res.seconds);
	return r < 0 ? cli_fail(&e) : 0;
}
