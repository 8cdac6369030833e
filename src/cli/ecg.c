/* holdfast ecg VERB: one file a verb. */
#include "ecg_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a file and those beside it ---- */

static int remember(struct cli_ecg *f, void *p, size_t n, const char *name, struct err *e)
{
	if (f->maps == f->room) {
		size_t room = f->room ? f->room * 2 : 16;
		struct cli_ecg_map *more = room <= CLI_ECG_FILES_MAX ? arena_array(f->a, room, sizeof *more) : NULL;
		if (!more)
			return err_set(e, ERR_LIMIT, NULL, "the record has more files than are read here");
		if (f->maps)
			memcpy(more, f->map, f->maps * sizeof *more);
		f->map = more;
		f->room = room;
	}
	f->map[f->maps++] = (struct cli_ecg_map){p, n, arena_strdup(f->a, slice_str(name))};
	return 0;
}

static int map_file(struct cli_ecg *f, int dirfd, const char *path, struct slice *ret, struct err *e)
{
	struct stat st;
	for (size_t i = 0; i < f->maps; i++) /* segments may share a file */
		if (f->map[i].name && dirfd >= 0 && !strcmp(f->map[i].name, path)) {
			*ret = slice_of(f->map[i].p, f->map[i].n);
			return 0;
		}
	AUTO_CLOSE int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, path, "there is no such file") : err_sys(e, path, "cannot be opened");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, path, "is no file");
	*ret = slice_of("", 0);
	if (!st.st_size)
		return 0;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, path, "cannot be mapped");
	int r = remember(f, p, (size_t)st.st_size, dirfd >= 0 ? path : "", e);
	if (r < 0) {
		munmap(p, (size_t)st.st_size);
		return r;
	}
	*ret = slice_of(p, (size_t)st.st_size);
	return 0;
}

static int other(void *arg, struct slice name, struct slice *ret, struct err *e)
{
	struct cli_ecg *f = arg;
	char path[256];
	if (!name.n || name.n >= sizeof path || memchr(name.p, '/', name.n) || memchr(name.p, 0, name.n) || name.p[0] == '.')
		return err_set(e, ERR_INPUT, NULL, "a record's files lie beside its header: this name leads elsewhere");
	memcpy(path, name.p, name.n);
	path[name.n] = 0;
	return map_file(f, f->dirfd, path, ret, e);
}

int cli_ecg_open(const char *path, struct cli_ecg *f, struct err *e)
{
	const char *slash = strrchr(path, '/');
	AUTO_BUF struct buf dir = {0};
	struct slice file;
	*f = (struct cli_ecg){.dirfd = -1};
	buf_init(&dir, 8192);
	if (slash)
		buf_add(&dir, path, (size_t)(slash - path) + 1);
	buf_str(&dir, ".");
	f->a = arena_new(CLI_ECG_MEMORY);
	if (!f->a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = map_file(f, AT_FDCWD, path, &file, e);
	if (r == 0 && (f->dirfd = open(buf_cstr(&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		r = err_sys(e, path, "its folder cannot be opened");
	if (r == 0) {
		const struct ecg_files others = {other, f};
		r = ecg_open(file, slice_str(slash ? slash + 1 : path), &others, f->a, &f->g, e);
		if (r < 0)
			err_in(e, path);
	}
	if (r < 0)
		cli_ecg_close(f);
	return r;
}

void cli_ecg_close(struct cli_ecg *f)
{
	for (size_t i = 0; i < f->maps; i++)
		munmap(f->map[i].p, f->map[i].n);
	if (f->dirfd >= 0)
		close(f->dirfd);
	arena_free(f->a);
	*f = (struct cli_ecg){.dirfd = -1};
}

/* ---- verbs ---- */

static const struct {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{"info", "what a recording is: format, leads, rate, length, whose", ecg_info_cmd},
	{"convert", "a recording in another format", ecg_convert_cmd},
	{"import", "recordings into the ledger", ecg_import_cmd},
	{"send", "recordings to a site: they wait here while it is gone", ecg_send_cmd},
	{"live", "a recording as a live strip: a bedside simulator", ecg_live_cmd},
	{"deliver", "readings that were signed, back to the EHR: HL7 v2 or FHIR", ecg_deliver_cmd},
	{"list", "the recordings that wait to be read, and other lists", ecg_list_cmd},
	{"beats", "where the beats are, a line each", ecg_beats_cmd},
	{"rhythm", "episodes, classes, rates, pauses, variability, quality", ecg_rhythm_cmd},
	{"report", "on ECG paper, as PDF", ecg_report_cmd},
	{"measure", "rate, intervals, axes, ST, and statements for the reader", ecg_measure_cmd},
};

int cmd_ecg(int argc, char **argv)
{
	static struct cli_args args;
	bool done;
	for (int i = 1; i < argc; i++)
		for (size_t k = 0; k < ARRAY_LEN(verbs); k++)
			if (!strcmp(argv[i], verbs[k].name)) { /* the verb is the first word that is one; it need not stand first: options may stand before it */
				bool options_only = true;
				for (int j = 1; j < i; j++)
					options_only = options_only && argv[j][0] == '-';
				if (options_only) {
					memmove(argv + 2, argv + 1, (size_t)(i - 1) * sizeof *argv);
					argv[1] = (char *)(uintptr_t)verbs[k].name;
					return verbs[k].run(argc - 1, argv + 1);
				}
			}
	AUTO_BUF struct buf about = {0};
	buf_init(&about, 1 << 16);
	buf_str(&about, "Electrocardiograms, read from files of many makers. What is measured and stated is for over-read by a clinician: no diagnosis, no alarm.\n'holdfast ecg VERB --help' lists a verb's options; holdfast-ecg(1) is the manual.\n");
	for (size_t k = 0; k < ARRAY_LEN(verbs); k++)
		buf_printf(&about, "\n  %-10s %s", verbs[k].name, verbs[k].summary);
	int r = cli_parse(argc, argv, "ecg VERB ...", buf_cstr(&about), NULL, 0, &args, &done);
	if (r || done)
		return r;
	return args.n ? cli_usage("ecg: there is no verb '%s'; see holdfast ecg --help", args.v[0]) : cli_usage("ecg: say what is to be done; see holdfast ecg --help");
}
