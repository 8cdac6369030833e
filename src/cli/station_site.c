/* holdfast station enrol|list|revoke: the site's side. */
#include "station_cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

static int ask(const char *site, const struct buf *q, struct buf *ret, struct err *e)
{
	struct site s;
	struct control *k = NULL;
	int r = cli_site(site, &s, e);
	if (r < 0)
		return r;
	r = buf_ok(q) ? control_open_bare(&s, &k, e) : err_set(e, buf_code(q), NULL, "too long to ask");
	if (r == 0)
		r = control_station(k, buf_slice(q), ret, e);
	control_close(k);
	site_close(&s);
	return r;
}

/* ---- enrol ---- */

struct enrolling {
	const char *site, *out;
	uint64_t numbers;
	bool json;
};

static void answer_name(const struct enrolling *j, const char *request, size_t n, char *out, size_t size)
{
	size_t len = strlen(request);
	if (j->out && n == 1)
		snprintf(out, size, "%s", j->out);
	else if (len > 8 && !strcmp(request + len - 8, ".request"))
		snprintf(out, size, "%.*s.answer", (int)(len - 8), request);
	else
		snprintf(out, size, "%s.answer", request);
}

static int enrol_one(const struct enrolling *j, const char *path, size_t n, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf note = {0}, q = {0}, got = {0};
	char out[4200], number[24];
	struct json_node *x;
	struct jsonw w;
	buf_init(&note, 8192);
	buf_init(&q, 1 << 15);
	buf_init(&got, 1 << 16);
	int r = a ? file_read(AT_FDCWD, path, 8192, &note, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	snprintf(number, sizeof number, "%" PRIu64, j->numbers);
	jsonw_init(&w, &q);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "enrol");
	jsonw_kslice(&w, "request", buf_slice(&note));
	jsonw_kstr(&w, "numbers", number);
	jsonw_obj_end(&w);
	r = ask(j->site, &q, &got, e);
	if (r == 0)
		r = json_tree(buf_slice(&got), a, &x, e);
	if (r < 0) {
		err_in(e, path);
		return r;
	}
	answer_name(j, path, n, out, sizeof out);
	struct slice answer = json_text(x, "answer");
	r = strcmp(out, "-") ? file_replace(AT_FDCWD, out, answer, 0644, e) : file_write_all(1, answer, e, "standard output");
	if (r < 0)
		return r;
	if (j->json && strcmp(out, "-"))
		printf("{\"key\":\"%.*s\",\"name\":", SLICE_FMT(json_text(x, "key")));
	if (j->json && strcmp(out, "-")) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 14);
		jsonw_init(&w, &b);
		jsonw_slice(&w, json_text(x, "name"));
		printf("%s,\"unit\":", buf_cstr(&b));
		buf_reset(&b);
		jsonw_init(&w, &b);
		jsonw_slice(&w, json_text(x, "unit"));
		printf("%s,\"answer\":", buf_cstr(&b));
		buf_reset(&b);
		jsonw_init(&w, &b);
		jsonw_str(&w, out);
		printf("%s}\n", buf_cstr(&b));
	} else {
		cli_note("%.*s (unit %.*s) is station %.*s; its answer is in %s", SLICE_FMT(json_text(x, "name")), SLICE_FMT(json_text(x, "unit")), SLICE_FMT(json_text(x, "key")), out);
	}
	return 0;
}

int station_enrol_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct enrolling j = {.numbers = 200};
	int status = 0;
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &j.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"output", CLI_STRING, &j.out, "FILE", "the answer to one request; without it REQUEST's name with .answer"},
		{"numbers", CLI_NUMBER, &j.numbers, "N", "downtime numbers that the station may give out (200)"},
		{"json", CLI_FLAG, &j.json, NULL, "a JSON object a station"},
	};
	int r = cli_parse(argc, argv, "station enrol --site DIR [-o ANSWER] REQUEST...", "Answers the requests that `station new` made on wards' PCs: each gets its key, its numbers, and what to seal to. The same request again gets the same key. An entry each.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (!args.n || (j.out && args.n != 1))
		return cli_usage("station enrol: name the requests; -o is for one of them");
	if (j.numbers < 1 || j.numbers > STATION_NUMBERS_MAX)
		return cli_usage("station enrol: --numbers is from 1 to %d", STATION_NUMBERS_MAX);
	for (size_t i = 0; i < args.n; i++) {
		struct err e = {0};
		if (enrol_one(&j, args.v[i], args.n, &e) < 0) {
			int bad = cli_fail(&e);
			status = bad > status ? bad : status;
		}
	}
	return status;
}

/* ---- list ---- */

static void print_one(const struct json_node *n)
{
	struct slice heard = json_text(n, "heard"), doubled = json_text(n, "doubled");
	const struct json_node *revoked = json_get(n, "revoked");
	cli_cell(stdout, json_text(n, "key"), 9);
	cli_cell(stdout, json_text(n, "unit"), 12);
	cli_cell(stdout, json_text(n, "name"), 20);
	printf("last item %-8.*s heard %.*s%s", SLICE_FMT(json_text(n, "last")), heard.n ? (int)heard.n : 5, heard.n ? (const char *)heard.p : "never", revoked && revoked->type == JSON_TRUE ? "  REVOKED" : "");
	if (!slice_eq_str(doubled, "0"))
		printf("  %.*s ITEMS SAID SOMETHING ELSE UNDER AN ID THAT WAS THERE: is its folder a copy?", SLICE_FMT(doubled));
	putchar('\n');
}

int station_list_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false, done;
	AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
	AUTO_BUF struct buf q = {0}, got = {0};
	struct json_node *x;
	struct err e = {0};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, "one JSON document"},
	};
	int r = cli_parse(argc, argv, "station list --site DIR [--json]", "Which stations there are: key, unit, name, the highest number of an item that is here, and when each last brought something.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("station list: takes no argument");
	buf_init(&q, 256);
	buf_init(&got, (size_t)8 << 20);
	buf_str(&q, "{\"do\":\"list\"}");
	if (ask(site, &q, &got, &e) < 0)
		return cli_fail(&e);
	if (json)
		printf("%s\n", buf_cstr(&got));
	else if (!a || json_tree(buf_slice(&got), a, &x, &e) < 0)
		return cli_fail(&e);
	else
		for (const struct json_node *n = json_get(x, "stations") ? json_get(x, "stations")->child : NULL; n; n = n->next)
			print_one(n);
	return cli_flush();
}

int station_revoke_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *reason = NULL;
	bool json = false, done;
	AUTO_BUF struct buf q = {0}, got = {0};
	struct jsonw w;
	struct err e = {0};
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"reason", CLI_STRING, &reason, "TEXT", "why: it is recorded"},
		{"json", CLI_FLAG, &json, NULL, "the entry as JSON"},
	};
	int r = cli_parse(argc, argv, "station revoke --site DIR --reason TEXT KEY", "Nothing more is taken from the station of this key, by whatever way. What it has brought stays. Its token is revoked with `holdfast token revoke`.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1 || !reason)
		return cli_usage("station revoke: say which (its key), and --reason");
	buf_init(&q, 1 << 14);
	buf_init(&got, 4096);
	jsonw_init(&w, &q);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "revoke");
	jsonw_kstr(&w, "key", args.v[0]);
	jsonw_kstr(&w, "reason", reason);
	jsonw_obj_end(&w);
	if (ask(site, &q, &got, &e) < 0)
		return cli_fail(&e);
	if (json)
		printf("%s\n", buf_cstr(&got));
	else
		cli_note("station %s is revoked", args.v[0]);
	return cli_flush();
}
