/* holdfast station new|join|person|capture|number|export: what is done at the PC by hand. */
#include "station_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- new, join ---- */

static int default_name(char out[STATION_NAME_MAX + 1])
{
	char host[STATION_NAME_MAX + 1] = "";
	if (gethostname(host, sizeof host - 1) < 0 || !*host)
		return -1;
	snprintf(out, STATION_NAME_MAX + 1, "%s", host);
	return 0;
}

int station_new_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct station_where at = {0};
	const char *unit = NULL, *name = NULL, *out = NULL;
	char host[STATION_NAME_MAX + 1];
	struct station *s = NULL;
	struct err e = {0};
	AUTO_BUF struct buf note = {0};
	bool done;
	const struct cli_opt opts[] = {
		STATION_WHERE(at),
		{"unit", CLI_STRING, &unit, "UNIT", "the unit, as the census names it"},
		{"name", CLI_STRING, &name, "NAME", "what people call this PC (its host name)"},
		{"output", CLI_STRING, &out, "FILE", "the request; '-' for standard output, without it DIR.request"},
	};
	int r = cli_parse(argc, argv, "station new --dir DIR --unit UNIT [--name NAME] [-o REQUEST]", "Makes a station in an empty folder: its keys, bound to this machine, and the request that the site answers (`station enrol`). No secret is in the request.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n || !at.dir || !unit)
		return cli_usage("station new: say --dir DIR and --unit UNIT");
	if (!name && default_name(host) < 0)
		return cli_usage("station new: this machine has no name: say --name");
	char path[4200];
	size_t len = strlen(at.dir);
	while (len > 1 && at.dir[len - 1] == '/')
		len--;
	snprintf(path, sizeof path, "%.*s.request", (int)len, at.dir);
	buf_init(&note, 8192);
	r = station_new(at.dir, at.witness, name ? name : host, unit, &e);
	if (r == 0)
		r = station_at(&at, &s, &e);
	if (r == 0)
		r = station_request_note(s, &note, &e);
	if (r == 0)
		r = out && !strcmp(out, "-") ? file_write_all(1, buf_slice(&note), &e, "standard output") : file_replace(AT_FDCWD, out ? out : path, buf_slice(&note), 0644, &e);
	station_close(s);
	if (r == 0)
		cli_note("station %s of unit %s is made. Its request is in %s: bring it to the site's machine, `holdfast station enrol` answers it", name ? name : host, unit, out ? out : path);
	return r < 0 ? cli_fail(&e) : 0;
}

int station_join_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct station_where at = {0};
	const char *vkey = NULL;
	struct note_vkey v;
	struct station *s = NULL;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	AUTO_BUF struct buf key = {0};
	bool done;
	const struct cli_opt opts[] = {
		STATION_WHERE(at),
		{"vkey", CLI_STRING, &vkey, "KEY", "the site's key, or a file that holds it (SITE/ledger/vkey): the answer must be signed by it"},
	};
	int r = cli_parse(argc, argv, "station join --dir DIR [--vkey KEY] ANSWER", "Takes the site's answer: from now on this station verifies packets by the site's key, and may write.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("station join: say --dir DIR and the answer's file");
	buf_init(&b, 8192);
	buf_init(&key, 512);
	r = station_at(&at, &s, &e);
	if (r == 0 && vkey)
		r = station_vkey(vkey, &v, &e);
	if (r == 0)
		r = file_read(AT_FDCWD, args.v[0], 8192, &b, &e);
	if (r == 0)
		r = station_join(s, buf_slice(&b), vkey ? &v : NULL, &e);
	if (r == 0) {
		note_vkey_format(&s->site.vkey, &key);
		cli_note("this is station %s of unit %s", s->site.key, s->is.unit);
		if (!vkey)
			cli_note("SITE NOT VERIFIED: the answer names the key %s. Compare it with SITE/ledger/vkey at the site, or join with --vkey", buf_cstr(&key));
	}
	station_close(s);
	return r < 0 ? cli_fail(&e) : 0;
}

/* ---- person ---- */

int station_person_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct station_where at = {0};
	const char *file = NULL;
	struct station *s = NULL;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	bool done;
	const struct cli_opt opts[] = {
		STATION_WHERE(at),
		{"pin-file", CLI_STRING, &file, "FILE", "its first line is the PIN, six characters or more; '-' is standard input"},
	};
	int r = cli_parse(argc, argv, "station person --dir DIR [--pin-file FILE NAME]", "Somebody who may write at this station, with a PIN; the same name again gets another PIN. Without a name: who they are.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n > 1 || (args.n == 1) != (file != NULL))
		return cli_usage("station person: say NAME and --pin-file, or neither");
	buf_init_secret(&b, (size_t)1 << 20);
	r = station_at(&at, &s, &e);
	if (r == 0 && !args.n) {
		r = station_persons(s, &b, &e);
		if (r == 0)
			fputs(buf_cstr(&b), stdout);
	} else if (r == 0) {
		struct slice rest;
		r = file_read(AT_FDCWD, strcmp(file, "-") ? file : "/dev/stdin", 4096, &b, &e);
		if (r == 0)
			r = station_person_set(s, args.v[0], slice_trim(slice_cut(buf_slice(&b), '\n', &rest)), &e);
		if (r == 0)
			cli_note("%s may write at this station", args.v[0]);
	}
	station_close(s);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

/* ---- capture ---- */

struct taking {
	struct station *s;
	bool json;
	size_t taken, there, refused;
};

static int put(struct taking *t, const char *file, size_t at, struct slice line, struct err *e)
{
	AUTO_BUF struct buf kept = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 20);
	struct err why = {0};
	struct json_node *n;
	bool there;
	buf_init(&kept, STATION_ITEM_MAX);
	int r = station_put(t->s, line, &kept, &there, &why);
	if (r == ERR_SYSTEM || r == ERR_FULL || r == ERR_MEMORY || r == ERR_DENIED) { /* nothing more will go */
		*e = why;
		return r;
	}
	if (r < 0) {
		char said[640];
		t->refused++;
		cli_note("holdfast: %s: item %zu: %s", file, at, err_line(&why, said, sizeof said));
		return 0;
	}
	t->taken += !there;
	t->there += there;
	if (a && json_tree(buf_slice(&kept), a, &n, NULL) == 0)
		printf(t->json ? "{\"id\":\"%.*s\",\"duplicate\":%s}\n" : "%.*s%s\n", SLICE_FMT(json_text(n, "id")), t->json ? there ? "true" : "false" : there ? ": here already" : "");
	return 0;
}

static int put_list(struct taking *t, const char *file, const struct json_node *n, struct err *e)
{
	int r = 0;
	for (size_t at = 1; r == 0 && n; n = n->next, at++)
		r = put(t, file, at, n->raw, e);
	return r;
}

/* One item, an array of them, or one a line; as `capture import` takes them. */
static int take_file(struct taking *t, const char *file, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	struct json_node *root;
	struct err quiet = {0};
	buf_init(&b, (size_t)256 << 20);
	int r = a ? file_read(AT_FDCWD, strcmp(file, "-") ? file : "/dev/stdin", (size_t)256 << 20, &b, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	struct slice text = buf_slice(&b);
	if (json_tree(text, a, &root, &quiet) == 0)
		return root->type == JSON_ARR ? put_list(t, file, root->child, e) : put(t, file, 1, text, e);
	for (size_t at = 1; r == 0 && text.n; at++) {
		struct slice line = slice_trim(slice_cut(text, '\n', &text));
		if (line.n)
			r = put(t, file, at, line, e);
	}
	return r;
}

int station_capture_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct station_where at = {0};
	struct taking t = {.taken = 0};
	struct err e = {0};
	int status = 0;
	bool done;
	const struct cli_opt opts[] = {
		STATION_WHERE(at),
		{"json", CLI_FLAG, &t.json, NULL, "a JSON object an item"},
	};
	int r = cli_parse(argc, argv, "station capture --dir DIR [--json] FILE...", "Takes items from files, as the loopback's page does: each gets its id here, and is durable before that is said. An item that brings an id of its own is kept once.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (!args.n)
		return cli_usage("station capture: name at least one file");
	r = station_at(&at, &t.s, &e);
	for (size_t i = 0; r == 0 && i < args.n; i++)
		r = take_file(&t, args.v[i], &e);
	if (r < 0)
		status = cli_fail(&e);
	if (t.s)
		cli_note("holdfast: %zu taken, %zu here already, %zu refused", t.taken, t.there, t.refused);
	station_close(t.s);
	int flushed = cli_flush();
	return status ? status : t.refused ? 1 : flushed;
}

/* ---- number ---- */

int station_number_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct station_where at = {0};
	char number[DOWNTIME_NUMBER_MAX];
	struct station *s = NULL;
	struct err e = {0};
	bool json = false, done;
	const struct cli_opt opts[] = {
		STATION_WHERE(at),
		{"json", CLI_FLAG, &json, NULL, "as JSON"},
	};
	int r = cli_parse(argc, argv, "station number --dir DIR", "The next downtime number of this station, for somebody who has none. It is never given out again, here or elsewhere.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("station number: takes no argument");
	r = station_at(&at, &s, &e);
	if (r == 0)
		r = station_number(s, number, &e);
	station_close(s);
	if (r < 0)
		return cli_fail(&e);
	printf(json ? "{\"number\":\"%s\"}\n" : "%s\n", number);
	return cli_flush();
}

/* ---- export ---- */

int station_export_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct station_where at = {0};
	const char *out = NULL;
	struct station *s = NULL;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	uint64_t from = 0, to = 0, items = 0;
	bool all = false, json = false, done;
	const struct cli_opt opts[] = {
		STATION_WHERE(at),
		{"output", CLI_STRING, &out, "FILE", "where to; '-' for standard output"},
		{"all", CLI_FLAG, &all, NULL, "what the site has, too: for a site that lost something"},
		{"json", CLI_FLAG, &json, NULL, "what was written, as JSON"},
	};
	int r = cli_parse(argc, argv, "station export --dir DIR -o FILE", "What was written down here and the site has not said it has, sealed to the site and signed by the station: for a stick. `holdfast capture import` takes it, each item once, however often it is brought.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n || !out)
		return cli_usage("station export: say -o FILE");
	buf_init(&b, STATION_FILE_MAX);
	r = station_at(&at, &s, &e);
	if (r == 0 && !all)
		r = station_sent(s, &from, &e);
	if (r == 0)
		r = station_export(s, from, 0, &b, &to, &items, &e);
	if (r == 0 && items)
		r = strcmp(out, "-") ? file_replace(AT_FDCWD, out, buf_slice(&b), 0600, &e) : file_write_all(1, buf_slice(&b), &e, "standard output");
	if (r == 0 && json && strcmp(out, "-"))
		printf("{\"station\":\"%s\",\"items\":%" PRIu64 ",\"bytes\":%zu}\n", s->site.key, items, items ? b.n : (size_t)0);
	if (r == 0 && !items)
		cli_note("the site has all that was written down here: no file was made");
	else if (r == 0)
		cli_note("%" PRIu64 " items of station %s are in %s: bring it to the site, `holdfast capture import` takes it", items, s->site.key, out);
	station_close(s);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
