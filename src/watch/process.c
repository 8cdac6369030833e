/* process: who waits in a system call, and in which one, by /proc. Everything read here may change the moment after; a pid is only trusted together with its start time. */
#include "watch_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Serving many, or everybody's way in: stopping one stops more than who does wrong, and an smbd that is stopped keeps the locks that others wait for. */
static const char *const deny_only[] = {
	"smbd", "nmbd", "winbindd", "ctdbd", "nfsd", "ksmbd", "ksmbd.mountd", "rpc.mountd", "ganesha.nfsd", "sshd", "systemd", "systemd-journald", "systemd-udevd", "systemd-logind", "dbus-daemon", "rsyslogd", "init",
	"dockerd", "containerd", "containerd-shim-runc-v2", "libvirtd", "virtiofsd", "glusterfsd", "ceph-osd", "auditd", "postgres", "mysqld", "mariadbd",
};
static const char *const serving[] = {"smbd", "nfsd", "ksmbd", "ganesha.nfsd"};

static ssize_t slurp(const char *path, char *out, size_t size)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, out, size - 1);
	out[n > 0 ? n : 0] = 0;
	return n;
}

static ssize_t slurp_of(int32_t pid, const char *what, char *out, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
	return slurp(path, out, size);
}

/* The fields of /proc/PID/stat behind the name, which may hold anything: field[0] is the state, field 3 of proc(5). */
static bool stat_fields(int32_t pid, char comm[16], unsigned long long field[20])
{
	char text[1024];
	if (slurp_of(pid, "stat", text, sizeof text) <= 0)
		return false;
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	if (!open || !close || close < open)
		return false;
	if (comm) {
		size_t n = (size_t)(close - open - 1);
		memset(comm, 0, 16);
		memcpy(comm, open + 1, n < 15 ? n : 15);
	}
	if (close[1] != ' ' || !close[2])
		return false;
	field[0] = (unsigned char)close[2];
	char *p = close + 3;
	for (int i = 1; i < 20; i++) {
		char *end;
		field[i] = strtoull(p, &end, 10);
		if (end == p)
			return false;
		p = end;
	}
	return true;
}

int proc_start(int32_t pid, uint64_t *ret)
{
	unsigned long long f[20];
	if (pid <= 0 || !stat_fields(pid, NULL, f))
		return ERR_NOT_FOUND;
	*ret = f[19];
	return 0;
}

int64_t proc_started(uint64_t start)
{
	struct timespec boot, mono;
	const long ticks = sysconf(_SC_CLK_TCK);
	if (ticks <= 0 || clock_gettime(CLOCK_BOOTTIME, &boot) < 0 || clock_gettime(CLOCK_MONOTONIC, &mono) < 0)
		return 0;
	const int64_t slept = (boot.tv_sec - mono.tv_sec) * TIME_SEC + boot.tv_nsec - mono.tv_nsec;
	return (int64_t)(start / (uint64_t)ticks) * TIME_SEC + (int64_t)(start % (uint64_t)ticks) * (TIME_SEC / ticks) - slept;
}

bool proc_exe_name(int32_t pid, char *out, size_t size)
{
	char path[64], link[WATCH_PATH_MAX];
	struct stat st;
	snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
	ssize_t n = readlink(path, link, sizeof link - 1);
	if (n <= 0 || stat(path, &st) < 0 || st.st_uid != 0)
		return false;
	link[n] = 0;
	const char *name = strrchr(link, '/');
	snprintf(out, size, "%s", name ? name + 1 : link);
	return true;
}

static bool named(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] && !strcmp(name, list[i]))
			return true;
	return false;
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;
	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3;
	return h;
}

/* What it is: its file, and what it was told to be (the script of an interpreter, the verb of a tool; after an option one word more). Words that are files change from one start to the next: two words, no more. */
static uint64_t program_of(int32_t pid, const struct stat *exe)
{
	char text[1024];
	uint64_t h = mix(mix(0xcbf29ce484222325, &exe->st_dev, sizeof exe->st_dev), &exe->st_ino, sizeof exe->st_ino);
	ssize_t n = slurp_of(pid, "cmdline", text, sizeof text);
	char *end = text + (n > 0 ? n : 0), *word = n > 0 ? text + strlen(text) + 1 : end;
	for (int i = 0; i < 2 && word < end; i++, word += strlen(word) + 1) {
		h = mix(h, word, strlen(word) + 1);
		if (word[0] != '-')
			break;
	}
	return h | 1;
}

static void class_of(struct proc *p, const struct proc_rules *r)
{
	char path[64], name[256];
	struct stat st;
	p->class = PROC_ORDINARY;
	for (size_t i = 0; i < r->owns; i++)
		if (r->own[i] == p->pid)
			p->class = PROC_OWN;
	if (p->class == PROC_OWN)
		return;
	snprintf(path, sizeof path, "/proc/%d/exe", (int)p->pid);
	bool program = stat(path, &st) == 0;
	if (program) {
		p->program = program_of(p->pid, &st);
		p->foreign = st.st_uid != 0;
	}
	if (program && p->uid == 0 && st.st_ino == r->ino && st.st_dev == r->dev) {
		p->class = PROC_OWN;
		return;
	}
	/* a program's name is what root put at its path; what a process calls itself counts only where it is a thread of the kernel */
	bool kernel = !program && (p->ppid == 2 || p->pid == 2);
	if (kernel)
		snprintf(name, sizeof name, "%s", p->comm);
	else if (!program || !proc_exe_name(p->pid, name, sizeof name))
		return;
	p->one_client = !kernel && !strcmp(name, "smbd");
	p->serves = named(name, serving, ARRAY_LEN(serving));
	if (kernel || named(name, deny_only, ARRAY_LEN(deny_only)) || named(name, r->names, r->name_count))
		p->class = PROC_DENY_ONLY;
}

int proc_read(int32_t tid, const struct proc_rules *r, struct proc *ret)
{
	unsigned long long f[20];
	char text[2048];
	unsigned fsuid;
	struct proc p = {.tid = tid};
	if (tid <= 0 || slurp_of(tid, "status", text, sizeof text) <= 0)
		return ERR_NOT_FOUND;
	const char *tgid = strstr(text, "\nTgid:"), *uid = strstr(text, "\nUid:");
	if (!tgid || !uid)
		return ERR_NOT_FOUND;
	p.pid = (int32_t)strtol(tgid + 6, NULL, 10);
	p.uid = (uint32_t)strtoul(uid + 5, NULL, 10);
	if (!stat_fields(p.pid, p.comm, f))
		return ERR_NOT_FOUND;
	p.ppid = (int32_t)f[1];
	p.pgid = (int32_t)f[2];
	p.sid = (int32_t)f[3];
	if (p.sid < 0) /* ended, and being taken off the list of processes just now: the kernel knows its group and its session no more (proc(5) has -1) */
		return ERR_NOT_FOUND;
	p.start = f[19];
	if (p.sid == p.pid)
		p.leader_start = p.start;
	else if (p.sid <= 0 || proc_start(p.sid, &p.leader_start) < 0)
		p.leader_start = 0;
	class_of(&p, r);
	if (sscanf(uid + 5, /* NOLINT(cert-err34-c): the kernel's own numbers */ "%*u %*u %*u %u", &fsuid) == 1)
		p.uid = fsuid; /* as whom it touches files: a file server is root and takes on its client's user */
	*ret = p;
	return 0;
}

void proc_rules_init(struct proc_rules *r, const struct watch_config *c)
{
	struct stat st;
	unsigned long long f[20];
	*r = (struct proc_rules){.names = c->never_stop, .name_count = c->never_stop_count};
	if (stat("/proc/self/exe", &st) == 0) {
		r->dev = st.st_dev;
		r->ino = st.st_ino;
	}
	r->own[r->owns++] = 1;
	for (size_t i = 0; i < c->keep_count; i++)
		r->own[r->owns++] = c->keep[i];
	for (int32_t pid = getpid(), deep = 0; pid > 1 && deep < 40 && r->owns < ARRAY_LEN(r->own) - 8; deep++) {
		r->own[r->owns++] = pid;
		if (!stat_fields(pid, NULL, f))
			break;
		pid = (int32_t)f[1];
	}
}

static bool same_file(int32_t a, int32_t b, const char *what)
{
	char ta[4096], tb[4096];
	ssize_t na = slurp_of(a, what, ta, sizeof ta), nb = slurp_of(b, what, tb, sizeof tb);
	return na > 0 && na == nb && memcmp(ta, tb, (size_t)na) == 0;
}

bool proc_kin(const struct proc *a, const struct proc *b)
{
	char text[4096];
	ssize_t n = slurp_of(b->pid, "cmdline", text, sizeof text);
	/* without an argument it is any shell of that user */
	return a->uid == b->uid && a->program == b->program && a->class == PROC_ORDINARY && n > 0 && strlen(text) + 1 < (size_t)n && proc_alike(a->pid, b->pid) && same_file(a->pid, b->pid, "cgroup");
}

bool proc_alike(int32_t a, int32_t b)
{
	char pa[64], pb[64];
	struct stat sa, sb;
	snprintf(pa, sizeof pa, "/proc/%d/exe", (int)a);
	snprintf(pb, sizeof pb, "/proc/%d/exe", (int)b);
	return stat(pa, &sa) == 0 && stat(pb, &sb) == 0 && sa.st_ino == sb.st_ino && sa.st_dev == sb.st_dev && same_file(a, b, "cmdline");
}

/* ---- the call that it waits in -------------------------------------------------------------------------------------------- */

/* "NR 0xa 0xb ...", or "running" (a worker of io_uring, a thread of the kernel). Numbers are those of a 64-bit process; a 32-bit one's come out as some other call, and what we do not know
 * here is taken for the worst: no number that is harmless here opens or writes there while it raises such an event. */
static bool syscall_of(int32_t tid, int *fd, long *nr, unsigned long long arg[6])
{
	char text[256], path[64];
	/* a descriptor is of one thread for good: when that has ended it says so, whoever has its number now */
	ssize_t n = *fd >= 0 ? pread(*fd, text, sizeof text - 1, 0) : -1;
	if (n <= 0) {
		if (*fd >= 0)
			close(*fd);
		snprintf(path, sizeof path, "/proc/%d/syscall", (int)tid);
		*fd = open(path, O_RDONLY | O_CLOEXEC);
		n = *fd >= 0 ? pread(*fd, text, sizeof text - 1, 0) : -1;
	}
	if (n <= 0 || text[0] < '0' || text[0] > '9')
		return false;
	text[n] = 0;
	char *p;
	*nr = strtol(text, &p, 10);
	for (int i = 0; i < 6; i++)
		arg[i] = strtoull(p, &p, 0);
	return true;
}

static enum access by_flags(unsigned long long flags)
{
	if (flags & O_TRUNC)
		return ACCESS_TRUNCATE;
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return ACCESS_READ;
	case O_WRONLY:
		return ACCESS_WRITE;
	default:
		return ACCESS_READ_WRITE;
	}
}

enum access proc_opening(int32_t tid, int *fd)
{
	long nr;
	unsigned long long a[6];
	if (!syscall_of(tid, fd, &nr, a))
		return ACCESS_UNKNOWN;
	switch (nr) {
#ifdef SYS_open
	case SYS_open:
		return by_flags(a[1]);
	case SYS_creat:
		return ACCESS_TRUNCATE;
#endif
	case SYS_openat:
		return by_flags(a[2]);
	case SYS_openat2: {
		struct open_how how;
		struct iovec to = {&how, sizeof how}, from = {(void *)(uintptr_t)a[2], sizeof how};
		/* (another thread may change it behind our back: then the first write is seen all the same, only O_TRUNC is not. So a truncating open is believed, and any other kept whole where it can be) */
		return process_vm_readv(tid, &to, 1, &from, 1, 0) == (ssize_t)sizeof how && (how.flags & O_ACCMODE) == O_RDONLY && !(how.flags & O_TRUNC) ? ACCESS_READ : ACCESS_UNKNOWN;
	}
	case SYS_execve:
#ifdef SYS_execveat
	case SYS_execveat:
#endif
#ifdef SYS_uselib
	case SYS_uselib:
#endif
		return ACCESS_READ;
	default:
		return ACCESS_UNKNOWN;
	}
}

bool proc_truncating(int32_t tid, int *fd)
{
	long nr;
	unsigned long long a[6];
	return syscall_of(tid, fd, &nr, a) && nr == SYS_truncate;
}

enum touch proc_touching(int32_t tid, int *fd)
{
	long nr;
	unsigned long long a[6];
	if (!syscall_of(tid, fd, &nr, a))
		return TOUCH_UNKNOWN;
	switch (nr) {
	case SYS_read:
	case SYS_pread64:
	case SYS_readv:
	case SYS_preadv:
#ifdef SYS_preadv2
	case SYS_preadv2:
#endif
#ifdef SYS_readahead
	case SYS_readahead:
#endif
	case SYS_execve:
		return TOUCH_READ;
	case SYS_write:
	case SYS_pwrite64:
	case SYS_writev:
	case SYS_pwritev:
#ifdef SYS_pwritev2
	case SYS_pwritev2:
#endif
		return TOUCH_WRITE;
	case SYS_mmap:
		/* a shared mapping that is read-only now can be made writable later without a word (mprotect): who may write is taken to write */
		return (a[3] & MAP_TYPE) == MAP_SHARED || (a[3] & MAP_TYPE) == MAP_SHARED_VALIDATE ? (a[2] & PROT_WRITE ? TOUCH_WRITE : TOUCH_UNKNOWN) : TOUCH_READ;
	case SYS_truncate:
	case SYS_ftruncate:
	case SYS_fallocate: /* collapsing moves all that is behind */
		return TOUCH_TO_END;
	default:
		return TOUCH_UNKNOWN;
	}
}
