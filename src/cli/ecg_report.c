/* holdfast ecg report FILE... -o OUT.pdf: on ECG paper. Several files: OUT is a folder, and one that cannot be read does not stop the others. */
#include "ecg_cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct job {
	struct ecg_report o;
	const char *out, *before;
	bool folder;
	struct cli_ecg old; /* the ECG to compare with */
	struct ecg_analysis old_analysis;
};

#define PDF_MAX ((size_t)256 << 20)

static int write_out(const struct job *j, const char *path, const struct buf *pdf, struct err *e)
{
	if (!j->folder && !strcmp(j->out, "-"))
		return file_write_all(STDOUT_FILENO, buf_slice(pdf), e, "standard output");
	if (!j->folder)
		return file_replace(AT_FDCWD, j->out, buf_slice(pdf), 0600, e);
	AUTO_BUF struct buf to = {0};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
	buf_init(&to, 8192);
	buf_printf(&to, "%s/%.*s.pdf", j->out, (int)(dot && dot != name ? (size_t)(dot - name) : strlen(name)), name);
	struct stat st;
	if (fstatat(AT_FDCWD, buf_cstr(&to), &st, 0) == 0) { /* x.scp and x.xml of one folder */
		buf_reset(&to);
		buf_printf(&to, "%s/%s.pdf", j->out, name);
	}
	return file_replace(AT_FDCWD, buf_cstr(&to), buf_slice(pdf), 0600, e);
}

static int one(struct job *j, const char *path, bool layout_given, struct err *e)
{
	struct cli_ecg f;
	struct ecg_analysis n;
	AUTO_BUF struct buf pdf = {0};
	buf_init(&pdf, PDF_MAX);
	int r = cli_ecg_open(path, &f, e);
	if (r < 0)
		return r;
	struct ecg_report o = j->o;
	r = ecg_analyse(f.g, f.a, &n, e);
	if (r == 0 && !layout_given && n.long_record)
		o.layout = ECG_HOLTER;
	if (r == 0)
		r = ecg_report(f.g, &n, &o, &pdf, e);
	if (r < 0)
		err_in(e, path);
	else
		r = write_out(j, path, &pdf, e);
	cli_ecg_close(&f);
	return r;
}

static int numbers(const char *name, const char *text, double *ret)
{
	char *end;
	if (!text)
		return 0;
	double v = strtod(text, &end);
	if (end == text || *end || !(v > 0) || v > 1000)
		return cli_usage("ecg report: --%s: '%s' is no such number", name, text);
	*ret = v;
	return 0;
}

static int settings(struct job *j, const char *layout, const char *paper, const char *speed, const char *gain, const char *filter, const char *mains)
{
	char low[32] = "", high[32] = "";
	if (layout && (j->o.layout = ecg_layout_parse(slice_str(layout))) == ECG_LAYOUT_COUNT)
		return cli_usage("ecg report: --layout is 3x4+1, 3x4, 3x4+3, 6x2, 6x2+1, 12x1, rhythm or holter");
	if (paper && strcmp(paper, "a4") && strcmp(paper, "letter"))
		return cli_usage("ecg report: --paper is a4 or letter");
	j->o.letter = paper && !strcmp(paper, "letter");
	const char *dash = filter ? strchr(filter, '-') : NULL;
	if (filter && (!dash || (size_t)(dash - filter) >= sizeof low || strlen(dash + 1) >= sizeof high))
		return cli_usage("ecg report: --filter is LOW-HIGH in Hz, such as 0.5-40, -40 or 0.5-");
	if (filter) {
		memcpy(low, filter, (size_t)(dash - filter));
		memcpy(high, dash + 1, strlen(dash + 1));
	}
	int r = numbers("speed", speed, &j->o.speed);
	r = r ? r : numbers("gain", gain, &j->o.gain);
	r = r ? r : numbers("mains", mains, &j->o.mains);
	r = r ? r : numbers("filter", low[0] ? low : NULL, &j->o.low);
	return r ? r : numbers("filter", high[0] ? high : NULL, &j->o.high);
}

int ecg_report_cmd(int argc, char **argv)
{
	static struct cli_args args;
	static struct job j;
	const char *layout = NULL, *paper = NULL, *speed = NULL, *gain = NULL, *filter = NULL, *mains = NULL, *id = NULL;
	bool done;
	const struct cli_opt opts[] = {
		{"output", CLI_STRING, &j.out, "OUT", "the PDF, '-' for standard output; with several files a folder"},
		{"layout", CLI_STRING, &layout, "L", "3x4+1 (as without it), 3x4, 3x4+3, 6x2, 6x2+1, 12x1, rhythm, holter (as without it for a long record)"},
		{"paper", CLI_STRING, &paper, "P", "a4 (as without it) or letter, landscape"},
		{"speed", CLI_STRING, &speed, "MM", "mm/s: 25"},
		{"gain", CLI_STRING, &gain, "MM", "mm/mV: 10"},
		{"filter", CLI_STRING, &filter, "LOW-HIGH", "Hz, of what is drawn (stated on the page); measurements are of the signal as recorded"},
		{"mains", CLI_STRING, &mains, "HZ", "take 50 or 60 Hz out of what is drawn"},
		{"before", CLI_STRING, &j.before, "FILE", "an earlier ECG of the same person: differences, and a page of it"},
		{"patient-id", CLI_STRING, &id, "ID", "instead of the one in the file"},
	};
	int r = cli_parse(argc, argv, "ecg report FILE... -o OUT.pdf [--layout L] [--paper a4|letter] ...", "Draws ECGs on ECG paper, to the millimetre. Unconfirmed: for over-read by a clinician.", opts, ARRAY_LEN(opts), &args, &done), status = 0;
	if (r || done)
		return r;
	if (!args.n || !j.out)
		return cli_usage("ecg report: say which FILE, and -o OUT.pdf");
	r = settings(&j, layout, paper, speed, gain, filter, mains);
	if (r)
		return r;
	struct stat st;
	struct err e = {0};
	j.folder = args.n > 1 || (stat(j.out, &st) == 0 && S_ISDIR(st.st_mode));
	if (j.folder && file_mkdir(AT_FDCWD, j.out, 0700, &e) < 0)
		return cli_fail(&e);
	j.o.patient_id = slice_str(id);
	if (j.before && (cli_ecg_open(j.before, &j.old, &e) < 0 || ecg_analyse(j.old.g, j.old.a, &j.old_analysis, &e) < 0))
		return cli_fail(&e);
	if (j.before) {
		j.o.before = j.old.g;
		j.o.before_analysis = &j.old_analysis;
	}
	for (size_t i = 0; i < args.n; i++) {
		e = (struct err){0};
		if (cli_progress_wanted() && args.n > 1)
			fprintf(stderr, "\r%zu of %zu", i + 1, args.n);
		if (one(&j, args.v[i], layout != NULL, &e) < 0) {
			int failed = cli_fail(&e);
			status = failed > status ? failed : status;
		}
	}
	if (cli_progress_wanted() && args.n > 1)
		fprintf(stderr, "\n");
	if (j.before)
		cli_ecg_close(&j.old);
	return status;
}
