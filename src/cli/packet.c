/* holdfast packet key|make|verify: a unit's charts in one file that opens with no network. One file a verb. */
#include "packet_cmd.h"

#include <fcntl.h>

static const struct cli_command verbs[] = {
	{"key", "the words that open a unit's packets", packet_key_cmd},
	{"make", "a packet of a unit, or of every unit that has words", packet_make_cmd},
	{"verify", "is a packet as it was made, and by whom", packet_verify_cmd},
};

int packet_passphrase_read(const char *path, struct buf *ret, struct err *e)
{
	AUTO_BUF struct buf all = {0};
	struct slice rest;
	buf_init_secret(&all, 4096);
	int r = file_read(AT_FDCWD, path, 4096, &all, e);
	if (r < 0)
		return r;
	struct slice line = slice_cut(buf_slice(&all), '\n', &rest);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	r = packet_passphrase_check(line, e);
	if (r < 0) {
		err_in(e, path);
		return r;
	}
	buf_add_slice(ret, line);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), path, "too long");
}

int cmd_packet(int argc, char **argv)
{
	return cli_verbs(argc, argv, "packet", "A unit's charts in one HTML file: it opens by double click on a PC with no network, with the unit's words.", verbs, ARRAY_LEN(verbs));
}
