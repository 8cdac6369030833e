/* holdfast packet make --site S --unit U -o FILE.html, or --all -o FOLDER: reads the charts, seals the unit's pages, and has the file signed, which is an entry before anybody has it. */
#include "packet_cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

struct make_job {
	const char *site, *unit, *out, *file, *apart_file;
	uint64_t hours;
	bool all, json;
	struct site s;
	struct chart *c;
	struct control *k;
	int outfd;
	struct jsonw w;
	struct buf json_out;
	size_t made;
};

static int ask_keeper(void *arg, struct slice json, struct buf *ret_note, struct err *e)
{
	struct make_job *j = arg;
	return control_packet(j->k, json, ret_note, e);
}

static void say(struct make_job *j, const char *unit, const char *name, const struct serve_packet_made *m)
{
	char until[32];
	j->made++;
	if (j->json) {
		jsonw_obj(&j->w);
		jsonw_kstr(&j->w, "unit", unit);
		jsonw_kstr(&j->w, "file", name);
		jsonw_ku64(&j->w, "bytes", m->bytes);
		jsonw_ku64(&j->w, "entries", m->entries);
		jsonw_ku64(&j->w, "persons", m->persons);
		jsonw_ku64(&j->w, "protectedLeftOut", m->left_out);
		jsonw_ku64(&j->w, "protectedApart", m->sealed_apart);
		jsonw_ktime(&j->w, "made", m->made);
		jsonw_ktime(&j->w, "validUntil", m->until);
		jsonw_kstr(&j->w, "sha256", m->sha256);
		jsonw_obj_end(&j->w);
		return;
	}
	cli_note("%s: unit %s, %" PRIu32 " patients, valid until %s", name, unit, m->persons, time_rfc3339(m->until, 0, until));
	if (m->left_out)
		cli_note("%" PRIu32 " protected %s not in it: `holdfast packet key --protected` makes second words for those", m->left_out, m->left_out == 1 ? "record is" : "records are");
	if (m->sealed_apart)
		cli_note("%" PRIu32 " protected %s in it under the second words", m->sealed_apart, m->sealed_apart == 1 ? "record is" : "records are");
}

static int one(struct make_job *j, const char *unit, int dirfd, const char *name, struct err *e)
{
	AUTO_BUF struct buf file = {0};
	struct serve_packet_made made;
	buf_init(&file, PACKET_MAX);
	const struct serve_packet p = {.chart = j->c, .sitefd = j->s.fd, .zone_minutes = j->s.zone_minutes, .hours = (int)j->hours, .drill = j->s.drill, .site_name = j->s.name, .unit = unit, .sign = ask_keeper, .arg = j};
	int r = serve_packet_make(&p, &file, &made, e);
	if (r == 0)
		r = name ? file_replace(dirfd, name, buf_slice(&file), 0644, e) : file_write_all(STDOUT_FILENO, buf_slice(&file), e, "standard output");
	if (r == 0)
		say(j, unit, name ? name : "-", &made);
	return r;
}

static int one_of_all(void *arg, const struct packet_key *k, struct err *e)
{
	struct make_job *j = arg;
	char name[3 * PACKET_UNIT_MAX + 32];
	packet_file_name(k->unit, ".html", name, sizeof name);
	return one(j, k->unit, j->outfd, name, e);
}

static int all(struct make_job *j, struct err *e)
{
	int r = file_mkdir(AT_FDCWD, j->out, 0755, e);
	if (r < 0)
		return r;
	j->outfd = file_open_dir(AT_FDCWD, j->out, e);
	if (j->outfd < 0)
		return j->outfd;
	r = packet_key_each(j->s.fd, one_of_all, j, e);
	close(j->outfd);
	if (r == 0 && !j->made)
		return err_set(e, ERR_NOT_FOUND, "--all", "no unit has words yet: `holdfast packet key --site DIR --unit UNIT` makes them");
	return r;
}

/* --passphrase-file: the unit's first key is made with it. A unit that has one keeps it: its words are on paper somewhere. */
static int key_from(struct make_job *j, const char *path, bool is_protected, struct err *e)
{
	struct packet_key old;
	AUTO_BUF struct buf pass = {0};
	buf_init_secret(&pass, 4096);
	int r = packet_passphrase_read(path, &pass, e);
	if (r < 0)
		return r;
	r = packet_key_load(j->s.fd, j->unit, is_protected, &old, e);
	if (r == ERR_NOT_FOUND)
		return packet_key_make(&j->s, j->k, j->unit, is_protected, buf_slice(&pass), e);
	if (r < 0)
		return r;
	AUTO_BUF struct buf secret = {0};
	buf_init_secret(&secret, 256);
	if (age_open_scrypt(buf_slice(&pass), PACKET_SCRYPT_LOG_N, slice_of(old.sealed, old.sealed_n), &secret, e) < 0)
		return err_set(e, ERR_CRYPTO, path, "the unit %s has other words than these; leave the option out, or make new ones with `holdfast packet key --replace`", j->unit);
	return 0;
}

static int make(struct make_job *j, struct err *e)
{
	int r = cli_site(j->site, &j->s, e);
	if (r < 0)
		return r;
	r = cli_chart(&j->s, &j->c, &j->k, e);
	if (r == 0 && !j->k)
		r = control_open_bare(&j->s, &j->k, e);
	if (r == 0 && j->file)
		r = key_from(j, j->file, false, e);
	if (r == 0 && j->apart_file)
		r = key_from(j, j->apart_file, true, e);
	if (r == 0)
		r = j->all ? all(j, e) : one(j, j->unit, AT_FDCWD, strcmp(j->out, "-") ? j->out : NULL, e);
	control_close(j->k);
	chart_close(j->c);
	site_close(&j->s);
	return r;
}

int packet_make_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct make_job j = {.hours = PACKET_HOURS_MAX};
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &j.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"unit", CLI_STRING, &j.unit, "UNIT", "the unit, as the census names it"},
		{"all", CLI_FLAG, &j.all, NULL, "every unit that has words; -o is a folder then"},
		{"output", CLI_STRING, &j.out, "FILE", "where to; '-' for standard output"},
		{"hours", CLI_NUMBER, &j.hours, "N", "valid for so many hours, 1 to 24 (as without it)"},
		{"passphrase-file", CLI_STRING, &j.file, "FILE", "a unit that has no words yet gets the file's first line"},
		{"protected-passphrase-file", CLI_STRING, &j.apart_file, "FILE", "the same for protected records, which go in apart then"},
		{"json", CLI_FLAG, &j.json, NULL, "say what was made as JSON"},
	};
	int r = cli_parse(argc, argv, "packet make --site DIR (--unit UNIT | --all) -o FILE.html", "A unit's charts in one HTML file, sealed to the unit's words. It opens by double click on a PC with no network. That it was made is an entry.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n || !j.out || !j.unit == !j.all)
		return cli_usage("packet make: say --unit UNIT or --all, and -o");
	if (j.hours < 1 || j.hours > PACKET_HOURS_MAX)
		return cli_usage("packet make: --hours is 1 to %d", PACKET_HOURS_MAX);
	if (j.all && (j.file || j.apart_file || !strcmp(j.out, "-")))
		return cli_usage("packet make: --all makes a folder of files, each for its unit's own words");
	buf_init(&j.json_out, 1 << 22);
	jsonw_init(&j.w, &j.json_out);
	if (j.json && j.all)
		jsonw_arr(&j.w);
	r = make(&j, &e);
	if (r == 0 && j.json) {
		if (j.all)
			jsonw_arr_end(&j.w);
		fprintf(!strcmp(j.out, "-") ? stderr : stdout, "%s\n", buf_cstr(&j.json_out));
	}
	buf_done(&j.json_out);
	return r < 0 ? cli_fail(&e) : 0;
}
