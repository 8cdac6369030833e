/* holdfast notice told: somebody outside was told of a breach. Nothing here sends anything: this is what shows that it was done, and when. */
#include "notice_cmd.h"

#include "notice.h"
#include "scope_cmd.h"

#include <string.h>

static bool known(const char *id)
{
	struct notice_rule r;
	for (size_t i = 0; notice_rule(i, &r); i++)
		if (slice_eq_str(r.id, id))
			return true;
	return false;
}

static int put(const char *name, const char *duty, const char *on, const char *reference, const char *proof, struct buf *b, struct err *e)
{
	struct jsonw w;
	uint8_t hash[SEAL_HASH];
	char hex[2 * SEAL_HASH + 1], who[64];
	int64_t t;
	if (!known(duty))
		return err_set(e, ERR_USAGE, duty, "is the id of no rule: holdfast notice duties shows those of a case");
	if (strlen(on) != 10 || time_parse(slice_str(on), 0, &t) < 0)
		return err_set(e, ERR_USAGE, "--on", "is no day: write 2026-11-22");
	if (t > time_now() + 14 * INT64_C(3600) * TIME_SEC)
		return err_set(e, ERR_USAGE, "--on", "is in the future: say it when it is done");
	int r = proof ? notice_hash(proof, hash, e) : 0;
	if (r < 0)
		return r;
	control_who(who);
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "told");
	jsonw_kstr(&w, "case", name);
	jsonw_kstr(&w, "duty", duty);
	jsonw_kstr(&w, "on", on);
	if (reference)
		jsonw_kstr(&w, "reference", reference);
	if (proof) {
		case_hex(hash, hex);
		jsonw_kstr(&w, "file", strrchr(proof, '/') ? strrchr(proof, '/') + 1 : proof);
		jsonw_kstr(&w, "sha256", hex);
	}
	jsonw_kstr(&w, "by", who);
	jsonw_obj_end(&w);
	return buf_ok(b) ? 0 : err_set(e, ERR_USAGE, NULL, "too long a reference");
}

int notice_told_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *on = NULL, *reference = NULL, *proof = NULL;
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"on", CLI_STRING, &on, "DAY", "when, where the site is: 2026-11-22"},
		{"reference", CLI_STRING, &reference, "TEXT", "the number that the authority gave it"},
		{"proof", CLI_STRING, &proof, "FILE", "what shows it (a receipt, a page, a clipping): its SHA-256 is entered, the file is yours to keep"},
	};
	int r = cli_parse(argc, argv, "notice told NAME DUTY --on DAY [--proof FILE] --site DIR", "That somebody was told, as an entry of the case: which duty (its id in notice duties), when, under which number, shown by what. It stops that duty's clock, and those of duties that run from it start.", opts,
	                  ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 2 || !on)
		return cli_usage("notice told: say the case's name, which duty, and --on the day");
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	struct case_opened o = {.site_open = false};
	uint64_t entry = 0;
	buf_init(&b, 1 << 14);
	r = put(args.v[0], args.v[1], on, reference, proof, &b, &e);
	if (r == 0)
		r = case_open(site, args.v[0], &o, &e);
	if (r == 0)
		r = control_notice_sign(o.k, NULL, buf_slice(&b), &entry, &e);
	case_close(&o);
	if (r < 0)
		return cli_fail(&e);
	printf("%s: %s told on %s, entry %llu\n", args.v[0], args.v[1], on, (unsigned long long)entry);
	return cli_flush();
}
