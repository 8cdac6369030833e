/* holdfast hl7 show FILE...: NDJSON, one message a line. */
#include "commands.h"

#include <fcntl.h>

static int show_file(const char *path, bool *ret_bad, struct err *e)
{
	AUTO_BUF struct buf text = {0}, line = {0};
	buf_init(&text, (size_t)4 << 30);
	buf_init(&line, (size_t)2 << 30);
	int r = file_read(AT_FDCWD, strcmp(path, "-") ? path : "/dev/stdin", (size_t)4 << 30, &text, e);
	if (r < 0)
		return r;
	struct hl7_show s;
	hl7_show_init(&s, path, buf_slice(&text));
	while ((r = hl7_show_next(&s, &line, e)) > 0) {
		fwrite(line.p, 1, line.n, stdout);
		buf_reset(&line);
	}
	if (r < 0)
		err_in(e, path);
	else if (!s.messages && !s.unreadable)
		return err_set(e, ERR_INPUT, path, text.n ? "no HL7 v2 message in it" : "the file is empty");
	if (s.unreadable) /* shown, with its problem; the status says that some input was bad */
		*ret_bad = true;
	return r;
}

int cmd_hl7(int argc, char **argv)
{
	static struct cli_args args;
	bool json = true, done, bad = false;
	const struct cli_opt opts[] = {{"json", CLI_FLAG, &json, NULL, "NDJSON on stdout (always so)"}};
	int r = cli_parse(argc, argv, "hl7 show [--json] FILE...", "Shows HL7 v2 messages as NDJSON, one a line: every segment, field, repetition, component, unescaped, and what is wrong.\n'-' reads standard input.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n < 2 || strcmp(args.v[0], "show"))
		return cli_usage("hl7: say 'show FILE...'");
	int status = 0;
	for (size_t i = 1; i < args.n; i++) {
		struct err e = {0};
		if (show_file(args.v[i], &bad, &e) < 0) {
			int failed = cli_fail(&e);
			status = failed > status ? failed : status;
		}
	}
	return status ? status : bad ? 1 : 0;
}
