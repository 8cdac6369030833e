/* holdfast packet verify FILE [--vkey KEY]: is every byte as it was signed? Needs no site and no words. */
#include "packet_cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

/* The key itself, or a file that holds it (SITE/ledger/vkey). */
static int read_vkey(const char *given, struct note_vkey *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	if (note_vkey_parse(slice_trim(slice_str(given)), ret, e) == 0)
		return 0;
	if (access(given, F_OK) != 0)
		return err_set(e, ERR_USAGE, "--vkey", "'%.100s' is neither a verifier key (NAME+HEX+BASE64) nor a file that holds one, such as SITE/ledger/vkey", given);
	int r = file_read(AT_FDCWD, given, 4096, &b, e);
	if (r == 0)
		r = note_vkey_parse(slice_trim(buf_slice(&b)), ret, e);
	if (r < 0)
		err_in(e, given);
	return r;
}

static void put_json(const struct packet_seal *s, bool known, bool expired)
{
	AUTO_BUF struct buf b = {0};
	AUTO_BUF struct buf hex = {0};
	struct jsonw w;
	buf_init(&b, 1 << 14);
	buf_init(&hex, 128);
	hex_put(&hex, slice_of(s->sha256, SEAL_HASH));
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kbool(&w, "whole", true);
	jsonw_kbool(&w, "makerVerified", known);
	jsonw_kstr(&w, "signedBy", s->vkey);
	jsonw_kstr(&w, "unit", s->unit);
	jsonw_ktime(&w, "made", s->made);
	jsonw_ktime(&w, "validUntil", s->until);
	jsonw_kbool(&w, "expired", expired);
	jsonw_ku64(&w, "entries", s->entries);
	jsonw_kslice(&w, "sha256", buf_slice(&hex));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	printf("%s\n", buf_cstr(&b));
}

static void say(const char *path, const struct packet_seal *s, bool known, bool expired)
{
	char made[32], until[32];
	struct note_vkey v;
	struct err quiet;
	int r = note_vkey_parse(slice_str(s->vkey), &v, &quiet);
	assert(r == 0); /* packet_verify has read it */
	printf("%s: whole. Unit %s, made %s from %" PRIu64 " entries, valid until %s%s.\n", path, s->unit, time_rfc3339(s->made, 0, made), s->entries, time_rfc3339(s->until, 0, until), expired ? ": EXPIRED" : "");
	if (known)
		printf("signed by %s, the key that you named\n", v.name);
	else
		printf("it says that it is signed by %s\nMAKER NOT VERIFIED: anybody can sign with a key of their own; --vkey with the site's key (SITE/ledger/vkey) tells\n", s->vkey);
}

static int verify(const char *path, const char *key, bool json, struct err *e)
{
	AUTO_BUF struct buf file = {0};
	struct packet_seal s;
	struct note_vkey v;
	buf_init(&file, PACKET_MAX);
	int r = key ? read_vkey(key, &v, e) : 0;
	if (r == 0)
		r = file_read(AT_FDCWD, path, PACKET_MAX, &file, e);
	if (r < 0)
		return r;
	r = packet_verify(buf_slice(&file), key ? &v : NULL, &s, e);
	if (r < 0) {
		err_in(e, path);
		return r;
	}
	bool expired = time_now() > s.until;
	if (json)
		put_json(&s, key != NULL, expired);
	else
		say(path, &s, key != NULL, expired);
	return 0;
}

int packet_verify_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *key = NULL;
	bool json = false, done;
	struct err e = {0};
	const struct cli_opt opts[] = {
		{"vkey", CLI_STRING, &key, "KEY", "the site's verifier key, or a file that holds it (SITE/ledger/vkey)"},
		{"json", CLI_FLAG, &json, NULL, "one JSON document on stdout"},
	};
	int r = cli_parse(argc, argv, "packet verify FILE [--vkey KEY]", "Exit 0: every byte is as it was signed, and with --vkey by that key. Exit 1: it is not. Without --vkey nothing is known of who made it, and that is said.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("packet verify: name one file");
	return verify(args.v[0], key, json, &e) < 0 ? cli_fail(&e) : 0;
}
