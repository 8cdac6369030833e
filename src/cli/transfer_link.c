/* holdfast transfer link: the patient's IPS as a SMART Health Link. A file for a web server that the receiver reaches, and the link, which holds the key: where there is no internet, a link is dead, and `transfer make` is the way. */
#include "transfer_cmd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct link_job {
	const char *site, *patient, *url, *out, *label, *expires, *receiver, *reason, *by;
	bool protected_too, json;
	struct site s;
	struct chart *c;
	struct control *k;
	struct gather g;
	char id[TRANSFER_ID_MAX], name[64], who[64];
	struct buf ips, jwe, link; /* secret */
};

static int entered(struct link_job *j, enum transfer_state what, const char *sha256, const char *reason, struct err *e)
{
	const struct gather *g = &j->g;
	char to[TRANSFER_LINK_URL_MAX + 16];
	snprintf(to, sizeof to, "shlink %.*s", TRANSFER_LINK_URL_MAX, j->url);
	struct transfer_entry n = {.id = slice_str(j->id), .by = slice_str(j->by ? j->by : j->who), .reason = slice_str(reason)};
	if (what == TRANSFER_BEGUN || what == TRANSFER_MADE) {
		n.patient = slice_str(g->p->id);
		n.unit = g->p->place.unit;
		n.receiver = slice_str(j->receiver);
		n.to = slice_str(to);
		n.sha256 = slice_str(sha256);
		n.entries = g->at.end;
		n.is_protected = g->is_protected;
	}
	return transfer_enter(j->k, what, &n, what == TRANSFER_BEGUN ? &j->g.begun : NULL, e);
}

static int make(struct link_job *j, int64_t expires, struct err *e)
{
	struct gather *g = &j->g;
	uint8_t key[32], tail[12], hash[SEAL_HASH];
	AUTO_BUF struct buf url = {0}, hex = {0};
	buf_init(&url, 1024);
	buf_init(&hex, 128);
	seal_random(key, sizeof key);
	seal_random(tail, sizeof tail); /* the address is not to be guessed: who has the file and not the link has nothing, and need not have the file */
	hex_put(&hex, slice_of(tail, sizeof tail));
	snprintf(j->name, sizeof j->name, "%.40s.jwe", buf_cstr(&hex));
	size_t n = strlen(j->url);
	buf_printf(&url, "%s%s%s", j->url, n && j->url[n - 1] == '/' ? "" : "/", j->name);
	const struct transfer_link l = {.url = buf_slice(&url), .label = slice_str(j->label), .expires = expires};
	int r = gather_ips(g, &j->ips, e);
	if (r == 0)
		r = transfer_link(&l, key, buf_slice(&j->ips), &j->jwe, &j->link, e);
	seal_wipe(key, sizeof key);
	if (r < 0)
		return r;
	seal_sha256_once(buf_slice(&j->jwe), hash);
	buf_reset(&hex);
	hex_put(&hex, slice_of(hash, sizeof hash));
	r = entered(j, TRANSFER_MADE, buf_cstr(&hex), j->reason, e);
	if (r == 0)
		r = file_mkdir(AT_FDCWD, j->out, 0755, e);
	AUTO_CLOSE int fd = r == 0 ? file_open_dir(AT_FDCWD, j->out, e) : -1;
	if (r == 0)
		r = fd < 0 ? fd : file_replace(fd, j->name, buf_slice(&j->jwe), 0644, e);
	return r;
}

static void say(struct link_job *j)
{
	if (!j->json) {
		printf("%s\n", buf_cstr(&j->link));
		cli_note("%s: put %s/%s to %s. Whoever has the link reads the record: hand it over as you would the record.", j->id, j->out, j->name, j->url);
		return;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init_secret(&b, 1 << 14);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "id", j->id);
	jsonw_kstr(&w, "file", j->name);
	jsonw_kslice(&w, "link", buf_slice(&j->link));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	printf("%s\n", buf_cstr(&b));
}

static int run(struct link_job *j, struct err *e)
{
	struct gather *g = &j->g;
	struct err quiet;
	int64_t expires = 0;
	int r = cli_site(j->site, &j->s, e);
	if (r < 0)
		return r;
	control_who(j->who);
	g->s = &j->s;
	buf_init_secret(&j->ips, TRANSFER_FILE_MAX);
	buf_init(&j->jwe, TRANSFER_FILE_MAX);
	buf_init_secret(&j->link, 8192);
	if (j->expires && (time_parse(slice_str(j->expires), j->s.zone_minutes, &expires) < 0 || expires <= time_now()))
		r = err_set(e, ERR_USAGE, "--exp", "a time to come, such as 2026-11-29T12:00, in the site's zone");
	if (r == 0)
		r = gather_init(g, e);
	if (r == 0)
		r = cli_chart(&j->s, &j->c, &j->k, e);
	g->c = j->c;
	if (r == 0 && !j->k)
		r = control_open(&j->s, true, &j->k, e);
	if (r == 0)
		r = chart_now(j->c, &g->at, e);
	if (r == 0)
		r = transfer_patient(j->c, j->patient, j->protected_too, g->at, g->a, &g->p, e);
	if (r == 0) {
		g->is_protected = g->p->is_protected;
		cli_record(&j->s, &j->k, "export", g->p->id, g->is_protected ? j->reason : "SMART Health Link", g->at.end ? g->at.end - 1 : 0);
		r = entered(j, TRANSFER_BEGUN, NULL, j->reason, e);
	}
	if (r == 0) {
		transfer_id_put(g->begun, j->id);
		r = make(j, expires, e);
		if (r < 0 && entered(j, TRANSFER_CANCELLED, NULL, e->text[0] ? e->text : "it could not be made", &quiet) < 0)
			cli_note("holdfast: %s was begun, and that there is no file of it could not be entered", j->id);
	}
	if (r == 0 && entered(j, TRANSFER_WRITTEN, NULL, NULL, &quiet) < 0)
		cli_note("holdfast: the file of %s is there, and that could not be entered", j->id);
	if (r == 0)
		say(j);
	fflush(stdout);
	buf_wipe_done(&j->ips);
	buf_done(&j->jwe);
	buf_wipe_done(&j->link);
	gather_done(g);
	control_close(j->k);
	chart_close(j->c);
	site_close(&j->s);
	return r;
}

int transfer_link_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct link_job j;
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &j.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"patient", CLI_STRING, &j.patient, "ID", "our id or a record number"},
		{"url", CLI_STRING, &j.url, "BASE", "where the file will be reached: https://..."},
		{"output", CLI_STRING, &j.out, "DIR", "the folder that the file is written into"},
		{"label", CLI_STRING, &j.label, "TEXT", "shown to who opens the link: nothing of the patient belongs there"},
		{"exp", CLI_STRING, &j.expires, "TIME", "until when; without it the link says nothing of that"},
		{"receiver", CLI_STRING, &j.receiver, "NAME", "for whom"},
		{"reason", CLI_STRING, &j.reason, "TEXT", "why: it is recorded"},
		{"by", CLI_STRING, &j.by, "NAME", "who decided, when it is not you"},
		{"include-protected", CLI_FLAG, &j.protected_too, NULL, "a protected record, too; needs --reason"},
		{"json", CLI_FLAG, &j.json, NULL, "one JSON document on stdout"},
	};
	int r = cli_parse(argc, argv, "transfer link --site DIR --patient ID --url BASE -o DIR [--label TEXT] [--exp TIME]", "The patient's IPS as a SMART Health Link: an encrypted file for a web server, and the link that opens it, on stdout. For where there is internet on both sides.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n || !j.patient || !j.url || !j.out)
		return cli_usage("transfer link: say --patient ID, --url BASE and -o DIR");
	if (j.protected_too && (!j.reason || !*j.reason))
		return cli_usage("transfer link: --include-protected needs --reason; it is recorded");
	r = run(&j, &e);
	return r < 0 ? cli_fail(&e) : 0;
}
