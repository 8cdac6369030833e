/* Programs that are not ours, for formats that they have read for decades: PDF by poppler's pdftotext and pdfdetach, Word, Excel and PowerPoint before 2007 by catdoc, Outlook's folders by readpst, pictures by tesseract. One run a file: the file on standard input,
 * text on a pipe, no network, no file but programs' own and one folder to write in where it needs one, memory and processor time bounded. Where a program is not installed that is said, and the file stays unread. */
#include "extract_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE_MAX ((size_t)64 << 20) /* of text */
#define SAID_MAX 4096u              /* of what it says on standard error */

struct job {
	const char *const *argv;
	const char *package;   /* Debian's, that has it */
	int in;
	const char *scratch;   /* NULL: it writes no file */
	size_t memory;
};

/* ---- the process ---- */

static bool refuse(scmp_filter_ctx ctx, const char *const *calls, size_t n)
{
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		int nr = seccomp_syscall_resolve_name(calls[i]);
		int done = nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), nr, 0);
		ok = done == 0 || done == -EEXIST || done == -EDOM;
	}
	return ok;
}

/* Nothing is done to another process: no signal (abort is one to itself), none by way of a descriptor's owner, no limits. */
static bool refuse_others(scmp_filter_ctx ctx)
{
	static const int commands[] = {F_SETOWN, F_SETOWN_EX, F_SETSIG};
	bool ok = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_NE, (uint64_t)getpid())) == 0 && seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_NE, 0)) == 0;
	for (size_t i = 0; ok && i < ARRAY_LEN(commands); i++)
		ok = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, (uint64_t)commands[i])) == 0;
	return ok;
}

/* No file is opened but to be read. */
static bool refuse_writing(scmp_filter_ctx ctx)
{
	bool ok = true;
	for (uint64_t how = O_WRONLY; ok && how <= O_RDWR; how++) {
		int at = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, how));
		int old = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, O_ACCMODE, how));
		ok = at == 0 && (old == 0 || old == -EDOM);
	}
	return ok;
}

static bool lock_in(const struct extract_limits *l, const struct job *j, uint64_t seconds)
{
	static const char *const refused[] = {"socket", "socketpair", "connect", "bind", "listen", "ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "bpf", "perf_event_open", "keyctl", "add_key", "request_key",
		"io_uring_setup", "userfaultfd", "init_module", "finit_module", "kexec_load", "reboot", "swapon", "open_by_handle_at", "mknod", "mknodat", "setuid", "setgid", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal", "pidfd_open", "pidfd_getfd"};
	/* what changes files: Landlock refuses it beyond the scratch folder, this refuses it to those who have none, on a kernel without Landlock, too */
	static const char *const changes[] = {"unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "mkdir", "mkdirat", "rmdir", "truncate", "creat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr",
		"fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "utimensat", "openat2"};
	struct rlimit none = {0, 0}, cpu = {seconds, seconds + 1}, file = {j->scratch ? (rlim_t)64 << 30 : SAID_MAX, j->scratch ? (rlim_t)64 << 30 : SAID_MAX}, files = {64, 64};
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &file);
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_NOFILE, &files);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	extract_shut_files(j->scratch, true);
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	bool ok = ctx && refuse(ctx, refused, ARRAY_LEN(refused)) && refuse_others(ctx) && (j->scratch || (refuse(ctx, changes, ARRAY_LEN(changes)) && refuse_writing(ctx)));
	ok = ok && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	struct rlimit memory = {j->memory > l->memory ? j->memory : l->memory, j->memory > l->memory ? j->memory : l->memory};
	setrlimit(RLIMIT_AS, &memory); /* last: the filter was made beside all that the caller has mapped */
	return ok;
}

_Noreturn static void become(const struct extract_limits *l, const struct job *j, int out, int said, uint64_t seconds)
{
	char *const environment[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"LC_ALL=C.UTF-8"}, (char[]){"HOME=/nonexistent"}, (char[]){"OMP_THREAD_LIMIT=1"}, NULL};
	int in = fcntl(j->in, F_DUPFD, 16);
	out = fcntl(out, F_DUPFD, 16);
	said = fcntl(said, F_DUPFD, 16);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_IGN); /* what it says beyond the first of it is lost, and no more */
	if (in < 0 || out < 0 || said < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(said, 2) < 0 || close_range(3, ~0u, 0) < 0)
		_exit(126);
	if (j->scratch && chdir(j->scratch) < 0)
		_exit(126);
	lseek(0, 0, SEEK_SET);
	if (!lock_in(l, j, seconds))
		_exit(126);
	union { /* execve does not write in them; its prototype is older than const */
		const char *const *from;
		char *const *to;
	} argv = {.from = j->argv};
	execve(j->argv[0], argv.to, environment);
	_exit(127);
}

struct running {
	pid_t pid;
	int out, said;
	int64_t left, patience, worked;
	bool late, done;
	int status;
};

static int start(struct running *x, const struct extract_limits *l, const struct job *j, struct err *e)
{
	int p[2];
	struct stat st;
	uint64_t seconds = l->seconds + (fstat(j->in, &st) == 0 ? (uint64_t)st.st_size >> 20 : 0);
	*x = (struct running){.out = -1, .said = memfd_create("said", MFD_CLOEXEC), .left = (int64_t)seconds * TIME_SEC, .patience = (int64_t)seconds * TIME_SEC};
	if (x->said < 0 || pipe2(p, O_CLOEXEC) < 0) {
		int r = err_sys(e, "extract", "no pipe to a program that reads files");
		if (x->said >= 0)
			close(x->said);
		return r;
	}
	x->pid = fork();
	if (x->pid == 0)
		become(l, j, p[1], x->said, seconds);
	close(p[1]);
	x->out = p[0];
	if (x->pid > 0)
		return 0;
	int r = err_sys(e, "extract", "no process for %s", j->argv[0]);
	close(x->out);
	close(x->said);
	return r;
}

/* Has it computed since it was last asked? How much it may compute is limited by the system (RLIMIT_CPU): one that is only kept waiting, on a machine that has a hundred other things to do, is not ended, and one that does nothing is. */
bool extract_works(pid_t pid, int64_t *worked)
{
	clockid_t clock;
	struct timespec t;
	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) < 0)
		return false;
	int64_t now = t.tv_sec * TIME_SEC + t.tv_nsec, since = now - *worked;
	*worked = now;
	return since > TIME_SEC / 100;
}

/* What it wrote: some bytes, 0 at the end or when it took too long. */
static size_t hear(struct running *x, uint8_t *to, size_t n)
{
	while (!x->done) {
		int64_t from = time_monotonic();
		struct pollfd p = {.fd = x->out, .events = POLLIN};
		int ready = x->left <= 0 ? 0 : poll(&p, 1, (int)(x->left / 1000000 < 60000 ? x->left / 1000000 + 1 : 60000));
		x->left -= time_monotonic() - from;
		if (ready == 0 && x->left <= 0 && extract_works(x->pid, &x->worked))
			x->left = x->patience;
		x->late = ready == 0 && x->left <= 0;
		if (x->late)
			break;
		if (ready <= 0)
			continue;
		ssize_t got = read(x->out, to, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		return (size_t)got;
	}
	x->done = true;
	return 0;
}

/* What it says is nothing to us. */
static void wait_for(struct running *x)
{
	uint8_t bytes[4096];
	while (hear(x, bytes, sizeof bytes))
		;
}

/* Ends it, waits for it; what it said goes to said, for us to look at and never to show. */
static void finish(struct running *x, bool leave, char said[SAID_MAX + 1])
{
	if (x->late || leave)
		kill(x->pid, SIGKILL);
	close(x->out);
	while (waitpid(x->pid, &x->status, 0) < 0 && errno == EINTR)
		;
	ssize_t n = pread(x->said, said, SAID_MAX, 0);
	said[n > 0 ? n : 0] = 0;
	close(x->said);
}

/* true: it ended well. Else what is to be said of the file is told. */
static bool ended_well(const struct running *x, const struct job *j, const struct extract_out *o, const char *said)
{
	const char *name = strrchr(j->argv[0], '/') + 1;
	int sig = WIFSIGNALED(x->status) ? WTERMSIG(x->status) : 0;
	if (!x->late && WIFEXITED(x->status) && WEXITSTATUS(x->status) == 0)
		return true;
	if (x->late || sig == SIGXCPU)
		extract_tell(o, EXTRACT_DIED, "%s took too long and was ended; what it told before stands", name);
	else if (sig == SIGABRT && strcasestr(said, "bad_alloc"))
		extract_tell(o, EXTRACT_DIED, "%s wanted more memory than it was given", name);
	else if (sig)
		extract_tell(o, EXTRACT_DIED, "%s was ended by signal %d (%s); what it told before stands", name, sig, sigabbrev_np(sig) ? sigabbrev_np(sig) : "?");
	else if (strcasestr(said, "password") || strcasestr(said, "encrypted"))
		extract_tell(o, EXTRACT_SEALED, "under a password");
	else if (strcasestr(said, "bad_alloc") || strcasestr(said, "out of memory"))
		extract_tell(o, EXTRACT_DIED, "%s wanted more memory than it was given", name);
	else
		extract_tell(o, EXTRACT_BROKEN, "%s cannot read it (exit status %d); what it told before stands", name, WEXITSTATUS(x->status));
	return false;
}

static bool installed(const struct job *j, const struct extract_out *o)
{
	if (access(j->argv[0], X_OK) == 0)
		return true;
	extract_tell(o, EXTRACT_MISSING, "%s is not installed (Debian: %s)", strrchr(j->argv[0], '/') + 1, j->package);
	return false;
}

/* ---- text, in parts that a form feed ends ---- */

struct parts {
	const struct extract_out *o;
	const char *what; /* "page", "sheet"; NULL: form feeds say nothing */
	unsigned n;
	bool any;         /* it said something */
	struct buf empty; /* numbers of parts without text: u32 each */
	extract_reader *reader;
};

static int part(struct parts *x, struct slice text, struct err *e)
{
	char name[32], path[EXTRACT_MEMBER_MAX];
	struct extract_out in = *x->o;
	int len = snprintf(name, sizeof name, "%s %u", x->what ? x->what : "", ++x->n);
	AUTO_BUF struct buf b = {0};
	struct slice utf8;
	if (!slice_trim(text).n && x->what) {
		buf_u32le(&x->empty, x->n);
		return 0;
	}
	int r = x->what ? extract_part(x->o, slice_of(name, (size_t)len), x->what, path, &in, e) : 0;
	buf_init(&b, 4 * PAGE_MAX);
	if (r == 0)
		r = extract_count(&in, text.n, e);
	if (r == 0)
		r = extract_utf8(text, NULL, &b, &utf8, NULL, e);
	if (r != 0)
		return r;
	return x->reader ? x->reader(utf8, &in, e) : extract_put_layout(&in, utf8, 0, e);
}

static int parts_add(struct parts *x, struct buf *b, bool end, struct err *e)
{
	size_t from = 0;
	int r = 0;
	while (r == 0 && from < b->n) {
		const uint8_t *ff = x->what ? memchr(b->p + from, '\f', b->n - from) : NULL;
		size_t n = ff ? (size_t)(ff - b->p) - from : b->n - from;
		if (!ff && !end && n < PAGE_MAX / 2)
			break;
		if (ff || end || n >= PAGE_MAX / 2)
			r = part(x, slice_of(b->p + from, n), e);
		from += n + (ff != NULL);
	}
	buf_drop(b, from < b->n ? from : b->n);
	return r;
}

/* Runs it; its text in parts. *ret_well: it ended well. */
static int told(const struct extract_out *o, const struct job *j, struct parts *x, bool *ret_well, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct running run;
	char said[SAID_MAX + 1];
	*ret_well = false;
	if (!installed(j, o))
		return 0;
	int r = start(&run, o->limits, j, e);
	if (r < 0)
		return r;
	buf_init(&b, PAGE_MAX);
	for (size_t got = 1; r == 0 && got;) {
		uint8_t *to = buf_space(&b, 65536);
		got = to ? hear(&run, to, 65536) : 0;
		if (got)
			buf_commit(&b, got);
		x->any |= got > 0;
		r = parts_add(x, &b, got == 0, e);
	}
	finish(&run, r != 0, said);
	if (r == 0)
		*ret_well = ended_well(&run, j, o, said);
	return r;
}

/* ---- pictures ---- */

static int ocr(const struct extract_out *o, int fd, struct err *e)
{
	const char *const argv[] = {"/usr/bin/tesseract", "stdin", "stdout", "-l", o->limits->ocr_lang ? o->limits->ocr_lang : "eng", NULL};
	struct job j = {argv, "tesseract-ocr", fd, NULL, (size_t)1 << 30};
	struct parts x = {.o = o};
	bool well;
	return told(o, &j, &x, &well, e);
}

/* A page of a PDF as a picture, and what is written on it. */
static int page_ocr(const struct extract_out *o, int fd, unsigned page, struct err *e)
{
	char number[16], name[32], path[EXTRACT_MEMBER_MAX], said[SAID_MAX + 1];
	const char *const argv[] = {"/usr/bin/pdftoppm", "-r", "200", "-gray", "-f", number, "-l", number, "-png", "-", NULL};
	struct job j = {argv, "poppler-utils", fd, NULL, 0};
	struct running run;
	struct extract_out in;
	AUTO_CLOSE int picture = memfd_create("page", MFD_CLOEXEC);
	uint8_t bytes[65536];
	snprintf(number, sizeof number, "%u", page);
	int len = snprintf(name, sizeof name, "page %u", page);
	int r = extract_part(o, slice_of(name, (size_t)len), "page", path, &in, e);
	if (r != 0 || !installed(&j, &in))
		return r;
	r = picture < 0 ? err_sys(e, "extract", "no memory for a page") : start(&run, o->limits, &j, e);
	if (r < 0)
		return r;
	for (size_t got; r == 0 && (got = hear(&run, bytes, sizeof bytes));)
		r = file_write_all(picture, slice_of(bytes, got), e, "memory");
	finish(&run, r != 0, said);
	if (r < 0 || !ended_well(&run, &j, &in, said))
		return r;
	return ocr(&in, picture, e);
}

static int page_unread(const struct extract_out *o, unsigned page, struct err *e)
{
	char name[32], path[EXTRACT_MEMBER_MAX];
	struct extract_out in;
	int len = snprintf(name, sizeof name, "page %u", page), r = extract_part(o, slice_of(name, (size_t)len), "page", path, &in, e);
	if (r == 0)
		extract_tell(&in, EXTRACT_PICTURE, "a page without text: what is on it is read with OCR only");
	return r;
}

/* ---- a folder of our own to unpack in: locked while it is used, so that what a killed process left in one is told from what another one is working with ---- */

#define SCRATCH_AT "/var/tmp"
static const char *const scratches[] = {"holdfast-pst-", "holdfast-pdf-"};
static pthread_once_t swept = PTHREAD_ONCE_INIT;

static void sweep(void)
{
	DIR *d = opendir(SCRATCH_AT);
	for (struct dirent *x; d && (x = readdir(d));) {
		struct stat st;
		if (strncmp(x->d_name, scratches[0], strlen(scratches[0])) && strncmp(x->d_name, scratches[1], strlen(scratches[1])))
			continue;
		AUTO_CLOSE int fd = openat(dirfd(d), x->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
			file_remove_tree(dirfd(d), x->d_name);
	}
	if (d)
		closedir(d);
}

/* dir: room for its path. Returns it opened and locked. */
static int scratch(unsigned kind, char dir[64], struct err *e)
{
	pthread_once(&swept, sweep);
	for (unsigned again = 0; again < 10; again++) {
		struct stat st;
		snprintf(dir, 64, SCRATCH_AT "/%sXXXXXX", scratches[kind]);
		if (!mkdtemp(dir))
			break;
		int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0)
			return fd;
		if (fd >= 0) /* somebody who sweeps was faster */
			close(fd);
	}
	return err_sys(e, SCRATCH_AT, "no folder to unpack a file in");
}

/* ---- Outlook's folders: into a folder of files, and these ---- */

static int pull_fd(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	const int *fd = arg;
	ssize_t got;
	while ((got = read(*fd, to, n)) < 0 && errno == EINTR)
		;
	if (got < 0)
		return err_sys(e, NULL, "its bytes cannot be read");
	*ret_got = (size_t)got;
	return 0;
}

static int one_file(const struct extract_out *o, int dir, const char *file, struct slice name, struct err *e)
{
	char path[EXTRACT_MEMBER_MAX];
	struct extract_out in;
	AUTO_BUF struct buf b = {0};
	AUTO_CLOSE int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	const struct extract_source s = {.pull = pull_fd, .arg = &fd, .counted = true};
	bool whole;
	if (fd < 0)
		return 0;
	buf_init(&b, (size_t)2 << 30);
	int r = extract_head(&s, o, &b, &whole, e);
	if (r != 0)
		return r;
	int type = extract_type(buf_slice(&b), whole, name);
	r = extract_begin_member(o, name, content_type_name(type), path, &in, e);
	if (r == 0)
		r = extract_enter(&in, e);
	if (r != 0)
		return r == ERR_NO ? 0 : r;
	o->walk->depth++;
	r = extract_needs_child(type) ? extract_apart(&in, type, name, fd, SLICE_NULL, e) : extract_stream(&s, &in, type, name, &b, e);
	o->walk->depth--;
	return r;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int folder(const struct extract_out *o, int at, const char *name, unsigned deep, struct err *e)
{
	struct dirent **v = NULL;
	AUTO_CLOSE int dir = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int n = dir < 0 ? -1 : scandirat(dir, ".", &v, NULL, by_name), r = 0;
	for (int i = 0; i < n; i++) {
		struct stat st;
		const char *x = v[i]->d_name;
		if (r == 0 && strcmp(x, ".") && strcmp(x, "..") && fstatat(dir, x, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (S_ISREG(st.st_mode) && st.st_size)
				r = one_file(o, dir, x, slice_str(x), e);
			else if (S_ISDIR(st.st_mode) && deep < 10) {
				char path[EXTRACT_MEMBER_MAX];
				struct extract_out in;
				r = extract_begin_member(o, slice_str(x), "folder", path, &in, e);
				r = r == 0 ? folder(&in, dir, x, deep + 1, e) : r;
			}
		}
		free(v[i]);
	}
	free(v);
	return r;
}

static int pst(const struct extract_out *o, int fd, struct err *e)
{
	char dir[64], said[SAID_MAX + 1];
	const char *const argv[] = {"/usr/bin/readpst", "-q", "-D", "-j", "0", "-e", "-o", dir, "/proc/self/fd/0", NULL}; /* -D: what was deleted, too; -e: a file each */
	struct job j = {argv, "pst-utils", fd, dir, 0};
	struct running run;
	if (!installed(&j, o))
		return 0;
	AUTO_CLOSE int at = scratch(0, dir, e);
	if (at < 0)
		return at;
	int r = start(&run, o->limits, &j, e);
	if (r == 0) {
		wait_for(&run);
		finish(&run, false, said);
		(void)ended_well(&run, &j, o, said);
		r = folder(o, AT_FDCWD, dir, 0, e);
	}
	file_remove_tree(AT_FDCWD, dir);
	return r;
}

/* ---- PDF: its pages, and the files that are attached to it ---- */

/* What pdfdetach says of them: "2 embedded files", then lines "1: list.csv". One that cannot be asked was told of with its pages. */
static int list_attached(const struct extract_out *o, int fd, struct buf *ret, struct err *e)
{
	static const char *const argv[] = {"/usr/bin/pdfdetach", "-list", "-enc", "UTF-8", "/proc/self/fd/0", NULL};
	const struct job j = {argv, "poppler-utils", fd, NULL, 0};
	struct running run;
	char said[SAID_MAX + 1];
	uint8_t bytes[4096];
	if (!installed(&j, o))
		return 0;
	int r = start(&run, o->limits, &j, e);
	if (r < 0)
		return r;
	for (size_t got; (got = hear(&run, bytes, sizeof bytes));)
		buf_add(ret, bytes, got);
	finish(&run, false, said);
	if (!buf_ok(ret))
		extract_tell(o, EXTRACT_LIMIT, "the names of the files that are attached to it are longer than is read");
	return 0;
}

/* One of them, under a name of our own: pdfdetach itself writes to whatever path the PDF says. */
static int one_attached(const struct extract_out *o, int fd, const char *dir, int at, uint64_t number, struct slice name, struct err *e)
{
	char n[24], path[64], said[SAID_MAX + 1];
	const char *const argv[] = {"/usr/bin/pdfdetach", "-save", n, "-o", path, "/proc/self/fd/0", NULL};
	const struct job j = {argv, "poppler-utils", fd, dir, 0};
	struct running run;
	snprintf(n, sizeof n, "%llu", (unsigned long long)number);
	snprintf(path, sizeof path, "%s/%s", dir, n);
	int r = start(&run, o->limits, &j, e);
	if (r < 0)
		return r;
	wait_for(&run);
	finish(&run, false, said);
	(void)ended_well(&run, &j, o, said);
	r = one_file(o, at, n, name, e);
	unlinkat(at, n, 0);
	return r;
}

static int attachments(const struct extract_out *o, int fd, struct err *e)
{
	AUTO_BUF struct buf list = {0};
	char dir[64];
	uint64_t n = 0, number;
	buf_init(&list, (size_t)1 << 20);
	int r = list_attached(o, fd, &list, e);
	struct slice rest = buf_slice(&list), line = slice_cut(rest, '\n', &rest), more;
	if (r < 0 || num_u64(slice_cut(line, ' ', &more), 1, UINT32_MAX, &n) < 0)
		return r;
	AUTO_CLOSE int at = scratch(1, dir, e);
	if (at < 0)
		return at;
	while (r == 0 && rest.n) {
		line = slice_cut(rest, '\n', &rest);
		struct slice id = slice_cut(line, ':', &more);
		if (num_u64(slice_trim(id), 1, n, &number) == 0)
			r = one_attached(o, fd, dir, at, number, slice_trim(more), e);
	}
	file_remove_tree(AT_FDCWD, dir);
	return r;
}

static int pdf(const struct extract_out *o, int fd, struct err *e)
{
	static const char *const argv[] = {"/usr/bin/pdftotext", "-enc", "UTF-8", "-layout", "-", "-", NULL}; /* -layout: what stands in one line of a form or table stays in one */
	struct job j = {argv, "poppler-utils", fd, NULL, 0};
	struct parts x = {.o = o, .what = "page"};
	bool well;
	buf_init(&x.empty, (size_t)64 << 20);
	int r = told(o, &j, &x, &well, e);
	struct cur c = cur_of(buf_slice(&x.empty));
	while (r == 0 && cur_left(&c)) {
		uint32_t page = cur_u32le(&c);
		r = o->limits->ocr ? page_ocr(o, fd, page, e) : page_unread(o, page, e);
	}
	buf_done(&x.empty);
	return r == 0 && well ? attachments(o, fd, e) : r;
}

/* ---- which ---- */

/* xls2csv takes a workbook for one of 1904's as soon as the record that says so is there, whatever it says, and Excel always writes it: every date would be told 1,462 days late. Where it says no ([MS-XLS] 2.4.77, Date1904 of 0), the record is given
 * a number in our copy that nobody looks at. */
static void not_1904(int fd)
{
	uint8_t sector[512];
	static const uint8_t begins[] = {0x09, 0x08, 0x10, 0x00, 0x00, 0x06, 0x05, 0x00}; /* BOF of a BIFF8 workbook's globals */
	for (off_t at = 512; at < (64 << 20) && pread(fd, sector, sizeof sector, at) > 8; at += 512) {
		if (memcmp(sector, begins, sizeof begins))
			continue;
		for (unsigned i = 0; i < 4096; i++) { /* records: number, length, u16 each */
			uint8_t r[6];
			if (pread(fd, r, sizeof r, at) != sizeof r || (r[0] == 0x0A && r[1] == 0))
				return;
			unsigned n = r[2] | (unsigned)r[3] << 8;
			if (r[0] == 0x22 && r[1] == 0 && n == 2 && !r[4] && !r[5]) {
				(void)!pwrite(fd, "\xDA\x00", 2, at);
				return;
			}
			at += 4 + (off_t)n;
		}
	}
}

static int office(const struct extract_out *o, enum extract_foreign kind, int fd, struct err *e)
{
	static const char *const doc[] = {"/usr/bin/catdoc", "-w", "-d", "utf-8", "/proc/self/fd/0", NULL};
	static const char *const xls[] = {"/usr/bin/xls2csv", "-d", "utf-8", "-f", "%Y-%m-%d", "-b", "\f", "/proc/self/fd/0", NULL};
	static const char *const ppt[] = {"/usr/bin/catppt", "-d", "utf-8", "/proc/self/fd/0", NULL};
	struct job j = {kind == EXTRACT_DOC ? doc : kind == EXTRACT_XLS ? xls : ppt, "catdoc", fd, NULL, 0};
	struct parts x = {.o = o, .what = kind == EXTRACT_XLS ? "sheet" : NULL, .reader = kind == EXTRACT_XLS ? extract_reader_of(CONTENT_CSV) : NULL};
	bool well;
	if (kind == EXTRACT_XLS)
		not_1904(fd);
	int r = told(o, &j, &x, &well, e);
	if (r == 0 && well && !x.any && kind == EXTRACT_XLS) /* it says so to nobody when it cannot make out what it is */
		extract_tell(o, EXTRACT_BROKEN, "xls2csv finds nothing in it");
	else if (r == 0 && well && !x.any) /* a scan that somebody put into a letter */
		extract_tell(o, EXTRACT_PICTURE, "a document without text: what pictures in it show was not read");
	return r;
}

int extract_program(struct extract_walk *w, const struct extract_out *o, enum extract_foreign kind, int fd, struct slice bytes, struct err *e)
{
	AUTO_CLOSE int m = fd < 0 ? memfd_create("member", MFD_CLOEXEC) : -1;
	(void)w;
	if (fd < 0) {
		int r = m < 0 ? err_sys(e, "extract", "no memory to hand a file over in") : file_write_all(m, bytes, e, "memory");
		if (r < 0)
			return r;
		fd = m;
	}
	switch (kind) {
	case EXTRACT_PDF: return pdf(o, fd, e);
	case EXTRACT_PST: return pst(o, fd, e);
	case EXTRACT_OCR: return ocr(o, fd, e);
	default: return office(o, kind, fd, e);
	}
}
