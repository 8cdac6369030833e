/* holdfast notice sign, ready: nothing goes out before two different people have signed for exactly these bytes. A signature is an entry, made by the account whose token is given. */
#include "notice_cmd.h"
#include "notice.h"
#include "scope_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define SIGNATURES_MAX 100000

int notice_hash(const char *path, uint8_t ret[SEAL_HASH], struct err *e)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct seal_sha256 *h = fd < 0 ? NULL : seal_sha256_new();
	uint8_t *block = h ? malloc((size_t)1 << 20) : NULL;
	ssize_t n = 0;
	int r = fd < 0 ? err_sys(e, path, "cannot be opened") : !block ? err_set(e, ERR_MEMORY, NULL, "no memory") : 0;
	if (r == 0) {
		seal_sha256_begin(h);
		while ((n = read(fd, block, (size_t)1 << 20)) > 0 || (n < 0 && errno == EINTR))
			if (n > 0)
				seal_sha256_add(h, slice_of(block, (size_t)n));
		seal_sha256_end(h, ret);
		if (n < 0)
			r = err_sys(e, path, "cannot be read");
	}
	free(block);
	seal_sha256_free(h);
	return r;
}

static int sign_one(struct control *k, const char *name, const char *path, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	uint8_t hash[SEAL_HASH];
	char hex[2 * SEAL_HASH + 1];
	uint64_t entry;
	int r = notice_hash(path, hash, e);
	if (r < 0)
		return r;
	case_hex(hash, hex);
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	buf_init(&b, 1 << 14);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "case", name);
	jsonw_kstr(&w, "file", base);
	jsonw_kstr(&w, "sha256", hex);
	jsonw_obj_end(&w);
	r = buf_ok(&b) ? control_notice_sign(k, getenv("HOLDFAST_TOKEN"), buf_slice(&b), &entry, e) : err_set(e, ERR_USAGE, NULL, "too long a name");
	if (r == 0)
		printf("%s: signed, sha256 %s, entry %" PRIu64 "\n", path, hex, entry);
	return r;
}

int notice_sign_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool done;
	const struct cli_opt opts[] = {{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"}};
	int r = cli_parse(argc, argv, "notice sign NAME FILE... --site DIR",
	                  "Signs for files that were made for a case (the manifest of a mailing, a form): for exactly their bytes. By the person whose token is in HOLDFAST_TOKEN, of role privacy, owner or admin. Nothing is sent, and nothing is ready before two\n"
	                  "different people have signed.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n < 2)
		return cli_usage("notice sign: say the case's name, and which files");
	struct err e = {0};
	struct case_opened o;
	r = case_open(site, args.v[0], &o, &e);
	for (size_t i = 1; r == 0 && i < args.n; i++)
		r = sign_one(o.k, args.v[0], args.v[i], &e);
	case_close(&o);
	return r < 0 ? cli_fail(&e) : cli_flush();
}

/* ---- who signed ---- */

struct signatures {
	struct arena *a;
	const char *name; /* of the case */
	struct notice_signature *v;
	uint64_t *entry;
	size_t n;
};

static int read_one(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct signatures *g = arg;
	AUTO_ARENA struct arena *scratch = arena_new(1 << 20);
	struct json_node *n;
	struct err quiet = {0};
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (json_tree(en->body, scratch, &n, &quiet) < 0 || !slice_eq_str(json_text(n, "what"), "signed") || !slice_eq_str(json_text(n, "case"), g->name))
		return 0;
	if (g->n == SIGNATURES_MAX)
		return err_set(e, ERR_LIMIT, NULL, "more signatures than are looked at");
	struct notice_signature *s = &g->v[g->n];
	if (hex_get(s->of, sizeof s->of, json_text(n, "sha256")) < 0)
		return 0;
	s->who = arena_dup(g->a, json_text(n, "by"));
	if (!s->who.p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	g->entry[g->n++] = en->seq;
	return 0;
}

static int say_one(const struct signatures *g, const char *path, bool json, bool *all, struct err *e)
{
	uint8_t hash[SEAL_HASH];
	char hex[2 * SEAL_HASH + 1];
	unsigned people = 0;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	int r = notice_hash(path, hash, e);
	if (r < 0)
		return r;
	case_hex(hash, hex);
	bool ready = notice_signed(hash, g->v, g->n, &people);
	*all &= ready;
	buf_init(&b, (size_t)16 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "file", path);
	jsonw_kstr(&w, "sha256", hex);
	jsonw_kbool(&w, "ready", ready);
	jsonw_ku64(&w, "people", people);
	jsonw_key(&w, "signed");
	jsonw_arr(&w);
	for (size_t i = 0; i < g->n; i++)
		if (!memcmp(g->v[i].of, hash, sizeof hash)) {
			jsonw_obj(&w);
			jsonw_kslice(&w, "by", g->v[i].who);
			jsonw_ku64(&w, "entry", g->entry[i]);
			jsonw_obj_end(&w);
		}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	if (json) {
		printf("%s\n", buf_cstr(&b));
		return 0;
	}
	printf("%s: %s", path, ready ? "READY, signed by" : people ? "NOT READY, one more person has to sign; signed by" : "NOT READY, nobody has signed");
	for (size_t i = 0; i < g->n; i++)
		if (!memcmp(g->v[i].of, hash, sizeof hash)) {
			printf(" ");
			cli_slice(stdout, g->v[i].who);
			printf(" (entry %" PRIu64 ")", g->entry[i]);
		}
	printf("\n");
	return 0;
}

int notice_ready_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false, done, all = true;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, "NDJSON on stdout, a file a line"},
	};
	int r = cli_parse(argc, argv, "notice ready NAME FILE... --site DIR", "Whether two different people have signed for exactly these bytes, and who has. Exit status 1: not all of them are ready.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n < 2)
		return cli_usage("notice ready: say the case's name, and which files");
	struct err e = {0};
	struct site s;
	struct signatures g = {.name = args.v[0], .a = arena_new((size_t)64 << 20), .v = calloc(SIGNATURES_MAX, sizeof *g.v), .entry = calloc(SIGNATURES_MAX, sizeof *g.entry)};
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = g.a && g.v && g.entry ? case_each(&s, LEDGER_KIND_BIT(LEDGER_NOTICE), read_one, &g, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 1; r == 0 && i < args.n; i++)
		r = say_one(&g, args.v[i], json, &all, &e);
	arena_free(g.a);
	free(g.v);
	free(g.entry);
	site_close(&s);
	int out = cli_flush();
	return r < 0 ? cli_fail(&e) : out ? out : all ? 0 : 1;
}
