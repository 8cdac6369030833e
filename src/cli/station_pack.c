/* holdfast station pack: what a unit's stations print when the site is silent. A PDF as `paper print` makes it, sealed to the stations of the unit and signed by the log, in SITE/packets, from where stations fetch it, and in a folder for
 * those that have none of our network. The PDF is never written in clear: another process of this program draws it into a pipe. */
#include "paper_cmd.h"
#include "station_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PDF_MAX ((size_t)100 << 20)
#define STATIONS_MAX 2000

struct packing {
	const char *site, *unit, *sheet, *lang, *out;
	bool all, json;
	struct site s;
	const struct json_node *stations;
	size_t made;
};

static bool usable(const struct json_node *n, const char *unit)
{
	const struct json_node *revoked = json_get(n, "revoked");
	return slice_eq_str(json_text(n, "unit"), unit) && !(revoked && revoked->type == JSON_TRUE);
}

static int draw(const struct packing *p, const char *unit, struct buf *pdf, struct err *e)
{
	int fds[2], status = 0;
	uint8_t *to;
	ssize_t n = 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, NULL, "no pipe");
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return err_sys(e, NULL, "cannot start another process");
	}
	if (pid == 0) {
		const struct paper_options o = {.site = p->s.path, .unit = unit, .sheet = p->sheet, .lang = p->lang, .out = "-", .reason = "the pack of the unit's stations"};
		dup2(fds[1], 1);
		_exit(paper_print(&o));
	}
	close(fds[1]);
	while ((to = buf_space(pdf, 1 << 16)) && ((n = read(fds[0], to, 1 << 16)) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0)
			buf_commit(pdf, (size_t)n);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!buf_ok(pdf))
		return err_set(e, buf_code(pdf), unit, "its pack is larger than %zu MiB", PDF_MAX >> 20);
	return n < 0 || !WIFEXITED(status) || WEXITSTATUS(status) || !pdf->n ? err_set(e, ERR_SYSTEM, unit, "its pack could not be drawn; what is said above says why") : 0;
}

static int recipients(const struct packing *p, const char *unit, struct age_recipient *to, size_t *ret_n, struct err *e)
{
	size_t n = 0;
	int r = 0;
	for (const struct json_node *x = p->stations; r == 0 && x; x = x->next)
		if (usable(x, unit) && n < STATIONS_MAX)
			r = age_recipient_parse(json_text(x, "to"), &to[n++], e);
	*ret_n = n;
	return r;
}

/* Not held open: the process that draws needs the ledger, too. */
static int ask(struct packing *p, struct slice q, struct buf *got, struct err *e)
{
	struct control *k = NULL;
	int r = control_open_bare(&p->s, &k, e);
	if (r == 0)
		r = control_station(k, q, got, e);
	control_close(k);
	return r;
}

static int sign(struct packing *p, const char *unit, struct slice sealed, struct buf *file, struct err *e)
{
	AUTO_BUF struct buf q = {0}, got = {0}, hex = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 18);
	struct json_node *n;
	struct jsonw w;
	uint8_t hash[SEAL_HASH];
	char bytes[24];
	buf_init(&q, 4096);
	buf_init(&got, 1 << 16);
	buf_init(&hex, 128);
	seal_sha256_once(sealed, hash);
	hex_put(&hex, slice_of(hash, sizeof hash));
	snprintf(bytes, sizeof bytes, "%zu", sealed.n);
	jsonw_init(&w, &q);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", "pack");
	jsonw_kstr(&w, "unit", unit);
	jsonw_kstr(&w, "bytes", bytes);
	jsonw_kslice(&w, "sha256", buf_slice(&hex));
	jsonw_obj_end(&w);
	int r = a ? ask(p, buf_slice(&q), &got, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = json_tree(buf_slice(&got), a, &n, e);
	if (r < 0)
		return r;
	buf_add_slice(file, json_text(n, "note"));
	buf_add_slice(file, sealed);
	return buf_ok(file) ? 0 : err_set(e, buf_code(file), unit, "too large");
}

static int one(struct packing *p, const char *unit, struct err *e)
{
	static struct age_recipient to[STATIONS_MAX];
	AUTO_BUF struct buf pdf = {0}, sealed = {0}, file = {0};
	char name[3 * PACKET_UNIT_MAX + 16], path[3 * PACKET_UNIT_MAX + 32];
	size_t n = 0;
	buf_init_secret(&pdf, PDF_MAX);
	buf_init(&sealed, PDF_MAX + ((size_t)4 << 20));
	buf_init(&file, PDF_MAX + ((size_t)8 << 20));
	int r = recipients(p, unit, to, &n, e);
	if (r == 0 && !n)
		r = err_set(e, ERR_NOT_FOUND, unit, "no station of this unit is enrolled; `holdfast station list` shows those there are");
	if (r == 0)
		r = draw(p, unit, &pdf, e);
	if (r == 0)
		r = age_seal(to, n, buf_slice(&pdf), &sealed, e);
	if (r == 0)
		r = sign(p, unit, buf_slice(&sealed), &file, e);
	packet_file_name(unit, ".pack", name, sizeof name);
	snprintf(path, sizeof path, "packets/%s", name);
	if (r == 0)
		r = file_mkdir(p->s.fd, "packets", 0755, e);
	if (r == 0)
		r = file_replace(p->s.fd, path, buf_slice(&file), 0644, e); /* sealed: whoever reads it opens nothing */
	if (r == 0 && p->out) {
		AUTO_CLOSE int dir = file_open_dir(AT_FDCWD, p->out, e);
		r = dir < 0 ? dir : file_replace(dir, name, buf_slice(&file), 0644, e);
	}
	if (r < 0)
		return r;
	p->made++;
	if (p->json)
		printf("{\"file\":\"%s\",\"bytes\":%zu,\"stations\":%zu}\n", name, file.n, n);
	else
		cli_note("%s: a pack for %zu stations", unit, n);
	return 0;
}

static int each(struct packing *p, struct err *e)
{
	int r = 0;
	for (const struct json_node *x = p->stations; r == 0 && x; x = x->next) {
		char unit[STATION_UNIT_MAX + 1];
		snprintf(unit, sizeof unit, "%.*s", SLICE_FMT(json_text(x, "unit")));
		bool before = false;
		for (const struct json_node *y = p->stations; y != x; y = y->next)
			before = before || usable(y, unit);
		if (!before && usable(x, unit))
			r = one(p, unit, e);
	}
	return r == 0 && !p->made ? err_set(e, ERR_NOT_FOUND, "--all", "no station is enrolled yet: `holdfast station new` on a ward's PC begins it") : r;
}

int station_pack_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct packing p = {.sheet = "census,summary,mar"};
	AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
	AUTO_BUF struct buf got = {0};
	struct json_node *n;
	struct err e = {0};
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &p.site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"unit", CLI_STRING, &p.unit, "UNIT", "the unit"},
		{"all", CLI_FLAG, &p.all, NULL, "every unit that has a station"},
		{"sheet", CLI_STRING, &p.sheet, "KINDS", "as of `paper print` (census,summary,mar)"},
		{"lang", CLI_STRING, &p.lang, "LANG", "en, fr or zh"},
		{"output", CLI_STRING, &p.out, "FOLDER", "a copy there, too: a share or a stick"},
		{"json", CLI_FLAG, &p.json, NULL, "a JSON object a pack"},
	};
	int r = cli_parse(argc, argv, "station pack --site DIR (--unit UNIT | --all)", "The paper that a unit's stations print by themselves when the site is silent: sealed to them, signed by the site, fetched with the packets. Its sheets are registered, as those of `paper print` are.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n || !p.unit == !p.all)
		return cli_usage("station pack: say --unit UNIT or --all");
	buf_init(&got, (size_t)8 << 20);
	r = a ? cli_site(p.site, &p.s, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return cli_fail(&e);
	r = ask(&p, SLICE("{\"do\":\"list\"}"), &got, &e);
	if (r == 0)
		r = json_tree(buf_slice(&got), a, &n, &e);
	if (r == 0)
		p.stations = json_get(n, "stations") ? json_get(n, "stations")->child : NULL;
	if (r == 0)
		r = p.all ? each(&p, &e) : one(&p, p.unit, &e);
	site_close(&p.s);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
