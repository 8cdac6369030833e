/* holdfast packet key --site S --unit U: makes the words, shows them once, and keeps what packets need: the public half, and the private half sealed to the words. */
#include "packet_cmd.h"

#include <stdlib.h>

struct key_job {
	const char *site, *unit, *file;
	bool is_protected, replace, json;
};

int packet_key_make(const struct site *s, struct control *k, const char *unit, bool is_protected, struct slice passphrase, struct err *e)
{
	AUTO_BUF struct buf q = {0};
	AUTO_BUF struct buf none = {0};
	struct packet_key key;
	struct jsonw w;
	buf_init(&q, 4096);
	buf_init(&none, 4096);
	int r = packet_key_new(slice_str(unit), is_protected, passphrase, time_now(), &key, e);
	if (r < 0)
		return r;
	jsonw_init(&w, &q);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "key");
	jsonw_kstr(&w, "unit", unit);
	jsonw_kbool(&w, "protected", is_protected);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	r = control_packet(k, buf_slice(&q), &none, e);
	return r < 0 ? r : packet_key_save(s->fd, &key, e);
}

static int may_make(const struct site *s, const struct key_job *j, struct err *e)
{
	struct packet_key old;
	char t[32];
	int r = packet_key_load(s->fd, j->unit, j->is_protected, &old, e);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r == 0 && !j->replace)
		return err_set(e, ERR_EXISTS, j->unit, "this unit has words since %.10s; --replace makes new ones, and the old ones then open old packets only", time_rfc3339(old.made, 0, t));
	return r;
}

static void say(const struct key_job *j, const char *words)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init_secret(&b, 4096);
	if (!j->json) {
		if (words[0])
			printf("%s\n", words);
		cli_note("These %s open %s of the unit %s. %sThey are kept nowhere: write them down for the unit now.", words[0] ? "six words" : "words of the file", j->is_protected ? "the protected records in the packets" : "the packets", j->unit, words[0] ? "" : "(Not shown.) ");
		return;
	}
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "unit", j->unit);
	jsonw_kbool(&w, "protected", j->is_protected);
	if (words[0])
		jsonw_kstr(&w, "words", words);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	printf("%s\n", buf_cstr(&b));
}

static int make(const struct key_job *j, struct err *e)
{
	struct site s;
	struct control *k = NULL;
	char words[PACKET_WORDS_SIZE] = "";
	AUTO_BUF struct buf given = {0};
	buf_init_secret(&given, 4096);
	int r = cli_site(j->site, &s, e);
	if (r < 0)
		return r;
	r = may_make(&s, j, e);
	if (r == 0 && j->file)
		r = packet_passphrase_read(j->file, &given, e);
	if (r == 0 && !j->file)
		packet_words(words);
	if (r == 0)
		r = control_open_bare(&s, &k, e);
	if (r == 0)
		r = packet_key_make(&s, k, j->unit, j->is_protected, j->file ? buf_slice(&given) : slice_str(words), e);
	if (r == 0)
		say(j, words);
	seal_wipe(words, sizeof words);
	control_close(k);
	site_close(&s);
	return r;
}

int packet_key_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct key_job j = {0};
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &j.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"unit", CLI_STRING, &j.unit, "UNIT", "the unit, as the census names it"},
		{"passphrase-file", CLI_STRING, &j.file, "FILE", "its first line instead of words that are made: at least 10 bytes"},
		{"protected", CLI_FLAG, &j.is_protected, NULL, "the second words, for protected records; without them those are in no packet"},
		{"replace", CLI_FLAG, &j.replace, NULL, "new words for a unit that has some"},
		{"json", CLI_FLAG, &j.json, NULL, "one JSON document on stdout"},
	};
	int r = cli_parse(argc, argv, "packet key --site DIR --unit UNIT [--protected] [--replace] [--passphrase-file FILE]", "Makes the six words that open a unit's packets and shows them once. That they were made is an entry.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n || !j.unit)
		return cli_usage("packet key: say --unit UNIT");
	return make(&j, &e) < 0 ? cli_fail(&e) : 0;
}
