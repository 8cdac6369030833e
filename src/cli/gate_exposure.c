/* holdfast gate exposure: which devices are at risk, and whose care with them. Needs no site. */
#include "gate_cmd.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#define ROOM ((size_t)2 << 30)
#define DEPTH_MAX 4 /* CISA's repository is folders by kind and year */

static int read_file(const char *path, struct buf *b, struct err *e)
{
	buf_init(b, GATE_FILE_MAX);
	return file_read(AT_FDCWD, strcmp(path, "-") ? path : "/dev/stdin", GATE_FILE_MAX, b, e);
}

/* In a folder a file that is no advisory is said and passed over; one that was named has to be one. */
static int advisory_file(struct gate_files *f, const char *path, bool named, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	int r = read_file(path, &b, e);
	if (r == 0)
		r = gate_advisory_read(f->s, path, buf_slice(&b), e);
	if (r != ERR_INPUT || named)
		return r;
	char line[640];
	cli_note("left out: %s", err_line(e, line, sizeof line));
	*e = (struct err){0};
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int advisory_path(struct gate_files *f, const char *path, int depth, struct err *e)
{
	struct stat st;
	struct dirent **list = NULL;
	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return advisory_file(f, path, depth == 0, e);
	if (depth == DEPTH_MAX)
		return 0;
	int n = scandir(path, &list, NULL, by_name), r = n < 0 ? err_sys(e, path, "cannot read the folder") : 0;
	for (int i = 0; i < n; i++) {
		char name[4096];
		size_t len = strlen(list[i]->d_name);
		bool json = len > 5 && !strcmp(list[i]->d_name + len - 5, ".json");
		bool fits = (size_t)snprintf(name, sizeof name, "%s/%s", path, list[i]->d_name) < sizeof name;
		bool folder = fits && list[i]->d_name[0] != '.' && lstat(name, &st) == 0 && S_ISDIR(st.st_mode);
		if (r == 0 && fits && (folder || (json && list[i]->d_name[0] != '.' && S_ISREG(st.st_mode))))
			r = advisory_path(f, name, depth + 1, e);
		free(list[i]);
	}
	free(list);
	return r;
}

static int read_all(struct gate_files *f, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < f->inventory.n; i++) {
		AUTO_BUF struct buf b = {0};
		r = read_file(f->inventory.v[i], &b, e);
		if (r == 0)
			r = gate_inventory_read(f->v, f->inventory.v[i], buf_slice(&b), e);
	}
	for (size_t i = 0; r == 0 && i < f->advisories.n; i++)
		r = advisory_path(f, f->advisories.v[i], 0, e);
	if (r == 0 && f->kev) {
		AUTO_BUF struct buf b = {0};
		r = read_file(f->kev, &b, e);
		if (r == 0)
			r = gate_kev_read(f->s, f->kev, buf_slice(&b), e);
	}
	return r;
}

int gate_files_judge(struct gate_files *f, struct err *e)
{
	int64_t today = time_now();
	if (!f->inventory.n)
		return err_set(e, ERR_USAGE, NULL, "say --inventory FILE...: which devices there are");
	if (f->today && time_parse(slice_str(f->today), 0, &today) < 0)
		return err_set(e, ERR_USAGE, NULL, "--today: '%s' is no date: like 2026-11-22", f->today);
	f->v = gate_inventory_new(ROOM);
	f->s = gate_advisories_new(ROOM);
	if (!f->v || !f->s)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = read_all(f, e);
	return r == 0 ? gate_exposure_judge(f->v, f->advisories.n ? f->s : NULL, today, ROOM, &f->x, e) : r;
}

void gate_files_done(struct gate_files *f)
{
	gate_exposure_free(f->x);
	gate_advisories_free(f->s);
	gate_inventory_free(f->v);
}

void gate_lines(struct slice text)
{
	while (text.n) {
		cli_slice(stdout, slice_cut(text, '\n', &text));
		putchar('\n');
	}
}

int gate_exposure_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct gate_files f;
	bool json = false, done;
	const struct cli_opt opts[] = {GATE_FILES_OPTS(f), {"json", CLI_FLAG, &json, NULL, "JSON on stdout"}};
	int r = cli_parse(argc, argv, "gate exposure --inventory FILE... [--advisories FILE|DIR...] [--kev FILE] [--today DATE] [--json]",
	                  "Lists the devices of an inventory by the care that is at risk: what advisories say of them, whose system has no updates any more, what answers.\nNothing is called safe for want of knowledge.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n)
		return cli_usage("gate exposure: files are given by --inventory, --advisories and --kev");
	struct err e = {0};
	AUTO_BUF struct buf out = {0};
	buf_init(&out, ROOM);
	r = gate_files_judge(&f, &e);
	if (r == 0 && json) {
		struct jsonw w;
		jsonw_init(&w, &out);
		gate_exposure_json(f.x, &w);
		jsonw_done(&w);
		buf_u8(&out, '\n');
	} else if (r == 0)
		gate_exposure_text(f.x, &out);
	if (r == 0 && !buf_ok(&out))
		r = err_set(&e, buf_code(&out), NULL, "there is no room for the answer: read fewer files at once");
	if (r == 0)
		json ? (void)fwrite(out.p, 1, out.n, stdout) : gate_lines(buf_slice(&out));
	gate_files_done(&f);
	return r < 0 ? cli_fail(&e) : cli_flush();
}
