/* holdfast ecg convert FILE --to F -o OUT: what is written stands under a name of its own until it is whole and on the disk; then it takes OUT's place. */
#include "ecg_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct target {
	int dirfd, fd; /* fd STDOUT_FILENO: no file */
	bool terminal; /* to standard output */
	const char *only; /* the one file's name; NULL: the writer's */
	char *name[4], *temp[4]; /* of its own */
	size_t files;
};

static int begin(void *arg, struct slice name, struct err *e)
{
	struct target *t = arg;
	uint64_t r;
	if (t->terminal)
		return t->files++ ? err_set(e, ERR_USAGE, NULL, "this format has several files, which standard output cannot hold: name a file") : 0;
	if (t->files == ARRAY_LEN(t->name) || (t->only && t->files))
		return err_set(e, ERR_USAGE, NULL, "this format has more files than were named");
	if (getrandom(&r, sizeof r, 0) != sizeof r)
		return err_sys(e, NULL, "no random number");
	char *final = t->only ? strdup(t->only) : strndup((const char *)name.p, name.n), *temp = NULL;
	if (!final || asprintf(&temp, ".%.200s.%016llx.tmp", final, (unsigned long long)r) < 0) {
		free(final);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	t->name[t->files] = final;
	t->temp[t->files++] = temp;
	t->fd = openat(t->dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (t->fd < 0)
		return err_sys(e, final, "cannot be written");
	return 0;
}

static int bytes(void *arg, struct slice s, struct err *e)
{
	struct target *t = arg;
	if (t->terminal) {
		if (fwrite(s.p, 1, s.n, stdout) != s.n)
			return err_sys(e, NULL, "standard output cannot be written");
		return 0;
	}
	return file_write_all(t->fd, s, e, t->name[t->files - 1]);
}

static int end(void *arg, struct err *e)
{
	struct target *t = arg;
	if (t->terminal)
		return 0;
	int r = fsync(t->fd) < 0 ? err_sys(e, t->name[t->files - 1], "cannot be put on the disk") : 0;
	if (close(t->fd) < 0 && r == 0)
		r = err_sys(e, t->name[t->files - 1], "cannot be put on the disk");
	t->fd = -1;
	return r;
}

/* All files take their places, or none where something failed before. */
static int finish(struct target *t, int r, struct err *e)
{
	if (t->fd >= 0)
		close(t->fd);
	for (size_t i = 0; i < t->files && !t->terminal; i++) {
		if (r == 0 && renameat(t->dirfd, t->temp[i], t->dirfd, t->name[i]) < 0)
			r = err_sys(e, t->name[i], "cannot be put in its place");
		if (r < 0)
			unlinkat(t->dirfd, t->temp[i], 0);
		free(t->name[i]);
		free(t->temp[i]);
	}
	if (r == 0 && !t->terminal && fsync(t->dirfd) < 0)
		r = err_sys(e, NULL, "the folder cannot be put on the disk");
	return r;
}

/* OUT's folder and the record's name: its last part without the extension. */
static int open_target(const char *out, enum ecg_format to, struct target *t, struct slice *ret_name, struct err *e)
{
	const char *slash = strrchr(out, '/'), *last = slash ? slash + 1 : out;
	AUTO_BUF struct buf dir = {0};
	buf_init(&dir, 8192);
	*t = (struct target){.dirfd = -1, .fd = -1, .terminal = !strcmp(out, "-")};
	*ret_name = SLICE("ecg");
	if (t->terminal)
		return to == ECG_WFDB ? err_set(e, ERR_USAGE, NULL, "a WFDB record is two files, which standard output cannot hold: name its .hea file") : 0;
	if (!*last || !strcmp(last, ".") || !strcmp(last, "..") || strlen(last) > 240)
		return err_set(e, ERR_USAGE, out, "is no name of a file");
	if (slash)
		buf_add(&dir, out, (size_t)(slash - out) + 1);
	buf_str(&dir, ".");
	t->dirfd = open(buf_cstr(&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dirfd < 0)
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, out, "there is no such folder") : err_sys(e, out, "its folder cannot be opened");
	struct stat st;
	if (fstatat(t->dirfd, last, &st, 0) == 0 && !S_ISREG(st.st_mode)) {
		close(t->dirfd);
		t->dirfd = -1;
		return err_set(e, ERR_USAGE, out, "is there already, and no file that could be replaced");
	}
	const char *dot = strrchr(last, '.');
	*ret_name = dot && dot > last && (to != ECG_WFDB || !strcasecmp(dot, ".hea")) ? slice_of(last, (size_t)(dot - last)) : slice_str(last);
	t->only = to == ECG_WFDB ? NULL : last;
	return 0;
}

static int convert(const char *path, enum ecg_format to, const char *out, bool plain, struct err *e)
{
	struct cli_ecg f;
	struct target t;
	struct slice name;
	struct ecg_analysis n;
	struct err none = {0}; /* what cannot be measured (no ECG in it) is written without */
	int r = cli_ecg_open(path, &f, e);
	if (r < 0)
		return r;
	r = open_target(out, to, &t, &name, e);
	if (r == 0) {
		const struct ecg_sink sink = {begin, bytes, end, &t};
		bool measured = !plain && to != ECG_CSV && ecg_analyse(f.g, f.a, &n, &none) == 0;
		r = ecg_write(f.g, measured ? &n : NULL, to, name, &sink, e);
		if (r < 0 && !e->place[0])
			err_in(e, path);
		r = finish(&t, r, e);
		if (t.dirfd >= 0)
			close(t.dirfd);
	}
	if (r == 0 && f.g->warning_count)
		cli_note("%s: read with %u warnings; holdfast ecg info names them", path, f.g->warning_count);
	cli_ecg_close(&f);
	return r;
}

int ecg_convert_cmd(int argc, char **argv)
{
	static struct cli_args args;
	const char *to = NULL, *out = NULL;
	bool done, plain = false;
	const struct cli_opt opts[] = {
		{"to", CLI_STRING, &to, "FORMAT", "scp, aecg, dicom, edf, wfdb, fhir or csv"},
		{"output", CLI_STRING, &out, "OUT", "the file to write, '-' for standard output; wfdb: its .hea, the .dat goes beside it"},
		{"plain", CLI_FLAG, &plain, NULL, "without what Holdfast measures and states"},
	};
	int r = cli_parse(argc, argv, "ecg convert FILE --to FORMAT -o OUT [--plain]",
		"Writes a recording in another format: its samples, what the file says, and what Holdfast measures and states of it, marked as such and unconfirmed.\nAn existing OUT is replaced, once the new one is whole.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n != 1)
		return cli_usage("ecg convert: name one file");
	if (!to || !out)
		return cli_usage("ecg convert: say --to FORMAT and -o OUT");
	enum ecg_format format = ecg_format_parse(slice_str(to));
	if (!format)
		return cli_usage("ecg convert: there is no format '%s'", to);
	struct err e = {0};
	if (convert(args.v[0], format, out, plain, &e) < 0)
		return cli_fail(&e);
	return cli_flush();
}
