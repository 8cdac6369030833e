/* sandbox_seccomp: which system calls a role may make. Everything not listed fails with EPERM: a library that probes for something goes on without it, and
 * one list a role can be read at a glance. New executable memory, programs, sockets and tracing are on no list. */
#include "sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* What any of our processes needs once it runs. */
static const char *const common[] = {
	"read", "write", "readv", "writev", "pread64", "pwrite64", "recvmsg", "sendmsg", "recvfrom", "sendto", "close", "fstat", "lseek", "munmap", "mremap", "madvise", "brk", "futex",
	"futex_waitv", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "eventfd2", "clock_gettime", "clock_getres", "clock_nanosleep", "gettimeofday", "time", "nanosleep",
	"getrandom", "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "exit", "exit_group", "fcntl", "dup",
	"sched_yield", "sched_getaffinity", "rseq", "set_robust_list", "restart_syscall", "getrusage", "sysinfo", "membarrier", "uname", "shutdown", "mlock", "mlock2", "munlock", "getrlimit", "newfstatat",
};
static const char *const intake[] = {"accept4", "setsockopt", "getsockopt", "getpeername", "getsockname"};
static const char *const keeper[] = {
	"openat", "mkdirat", "mkdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "linkat", "fsync", "fdatasync", "sync_file_range", "ftruncate", "fallocate", "fadvise64", "getdents64", "fstatfs", "statfs",
	"statx", "fchmod", "fchmodat", "flock", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "utimensat", "copy_file_range", "accept4", "getsockopt", "umask", "readahead", "msync", "memfd_create",
};
/* SQLite: its own files in SITE/view, locks, and a look at the path's parts. */
static const char *const scribe[] = {
	"openat", "open", "stat", "lstat", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "unlink", "unlinkat", "rename", "renameat", "renameat2", "ftruncate", "fallocate", "fadvise64", "fsync", "fdatasync",
	"getdents64", "fchmod", "fchown", "mkdir", "mkdirat", "rmdir", "utimensat", "statfs", "fstatfs", "statx", "sync_file_range", "umask", "readahead",
};
static const char *const web[] = {
	"openat", "open", "stat", "lstat", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "statx", "fstatfs", "statfs", "fadvise64", "readahead", "accept4", "accept", "setsockopt", "getsockopt", "getpeername",
	"getsockname", "sendfile", "pipe2", "socketpair", "select", "pselect6", "sched_getparam", "sched_getscheduler", "sched_setscheduler", "prlimit64", "getdents64", "set_tid_address", "ioctl", "sendmmsg",
};
/* Files of its own, and channels to the keeper. */
static const char *const vault[] = {
	"openat", "mkdirat", "unlinkat", "renameat", "renameat2", "linkat", "fsync", "fdatasync", "sync_file_range", "ftruncate", "fallocate", "fadvise64", "getdents64", "fstatfs", "statfs", "statx", "fchmod",
	"faccessat", "faccessat2", "readlinkat", "utimensat", "socketpair", "set_tid_address", "umask", "readahead",
};
/* Files of the site to read, of a folder to write, and connections out; sockets of three families by the rule below. */
static const char *const replicate[] = {
	"openat", "mkdirat", "unlinkat", "renameat", "renameat2", "linkat", "fsync", "fdatasync", "syncfs", "ftruncate", "fallocate", "fadvise64", "getdents64", "fstatfs", "statfs", "statx", "access", "faccessat", "faccessat2",
	"readlink", "readlinkat", "utimensat", "umask", "readahead", "memfd_create", "connect", "setsockopt", "getsockopt", "getpeername", "getsockname", "socketpair", "sendmmsg", "select", "pselect6", "pipe2", "prlimit64",
	"set_tid_address", "fchmod",
};
/* The view and units' keys to read, a folder to write, a channel to the keeper. */
static const char *const packets[] = {
	"openat", "open", "stat", "lstat", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "statx", "fstatfs", "statfs", "fadvise64", "readahead", "getdents64", "unlinkat", "renameat", "renameat2", "fsync",
	"fdatasync", "ftruncate", "fallocate", "fchmod", "umask", "socketpair", "set_tid_address", "prlimit64",
};
/* A timer for those that take too long; fonts, which Landlock alone lets it read, and which pango asks for in a thread. */
static const char *const ecg[] = {"setitimer", "set_tid_address", "openat", "open", "stat", "lstat", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "getdents64", "statfs", "fstatfs", "statx", "fadvise64"};
/* Sockets of TCP, both ways; the rule below says of which families. What passes in bulk goes from one to the other by a pipe. */
static const char *const gate[] = {"accept4", "bind", "listen", "connect", "setsockopt", "getsockopt", "getpeername", "getsockname", "pipe2", "splice"};
/* Netlink, and a probe of TCP: it connects and listens nowhere. libnftables opens its socket anew when it was interrupted. */
static const char *const cutter[] = {"connect", "bind", "setsockopt", "getsockopt", "getsockname", "select", "pselect6"};
#if SANDBOX_SANITIZED
/* The sanitizer's runtime maps and protects its own memory, reads its own map, and says what it found. */
static const char *const sanitizer[] = {"openat", "open", "readlink", "readlinkat", "prctl", "getdents64", "prlimit64", "arch_prctl", "personality", "stat"};
#endif

struct filter {
	scmp_filter_ctx ctx;
	const char *failed; /* the call whose rule was refused */
};

static void allow(struct filter *f, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);
		if (nr == __NR_SCMP_ERROR) /* this libseccomp does not know it: then nothing here calls it by that name either */
			continue;
		int r = seccomp_rule_add(f->ctx, SCMP_ACT_ALLOW, nr, 0);
		if (r < 0 && r != -EEXIST && r != -EDOM)
			f->failed = names[i];
	}
}

static void allow_if(struct filter *f, const char *name, struct scmp_arg_cmp arg)
{
	int nr = seccomp_syscall_resolve_name(name);
	if (nr == __NR_SCMP_ERROR || seccomp_rule_add_array(f->ctx, SCMP_ACT_ALLOW, nr, 1, &arg) < 0)
		f->failed = name;
}

static void rules(struct filter *f, const struct role *r)
{
	allow(f, common, ARRAY_LEN(common));
	if (r->id == ROLE_INTAKE)
		allow(f, intake, ARRAY_LEN(intake));
	else if (r->id == ROLE_KEEPER)
		allow(f, keeper, ARRAY_LEN(keeper));
	else if (r->id == ROLE_SCRIBE)
		allow(f, scribe, ARRAY_LEN(scribe));
	else if (r->id == ROLE_WEB)
		allow(f, web, ARRAY_LEN(web));
	else if (r->id == ROLE_VAULT)
		allow(f, vault, ARRAY_LEN(vault));
	else if (r->id == ROLE_ECG)
		allow(f, ecg, ARRAY_LEN(ecg));
	else if (r->id == ROLE_PACKETS)
		allow(f, packets, ARRAY_LEN(packets));
	else if (r->id == ROLE_REPLICATE) {
		allow(f, replicate, ARRAY_LEN(replicate));
		allow_if(f, "socket", SCMP_A0(SCMP_CMP_EQ, AF_INET));
		allow_if(f, "socket", SCMP_A0(SCMP_CMP_EQ, AF_INET6));
	}
	else if (r->id == ROLE_GATE) {
		allow(f, gate, ARRAY_LEN(gate));
		allow_if(f, "socket", SCMP_A0(SCMP_CMP_EQ, AF_INET));
		allow_if(f, "socket", SCMP_A0(SCMP_CMP_EQ, AF_INET6));
	}
	else if (r->id == ROLE_CUTTER) {
		allow(f, cutter, ARRAY_LEN(cutter));
		allow_if(f, "socket", SCMP_A0(SCMP_CMP_EQ, AF_INET));
		allow_if(f, "socket", SCMP_A0(SCMP_CMP_EQ, AF_INET6));
		allow_if(f, "socket", SCMP_A0(SCMP_CMP_EQ, AF_NETLINK));
	}
#if SANDBOX_SANITIZED
	allow(f, sanitizer, ARRAY_LEN(sanitizer));
#endif
	/* memory that is written is never run */
	allow_if(f, "mmap", SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	allow_if(f, "mprotect", SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* glibc names the memory of its heaps and threads */
	allow_if(f, "prctl", SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
#ifdef PR_SET_VMA
	allow_if(f, "prctl", SCMP_A0(SCMP_CMP_EQ, PR_SET_VMA));
#endif
	if (r->id == ROLE_WEB || r->id == ROLE_KEEPER || r->id == ROLE_SCRIBE || r->id == ROLE_VAULT || r->id == ROLE_REPLICATE || r->id == ROLE_ECG || r->id == ROLE_PACKETS) {
		/* threads, never processes; clone3's flags lie in memory where a filter cannot look, and glibc falls back to clone when it "does not exist" */
		allow_if(f, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
		int nr = seccomp_syscall_resolve_name("clone3");
		if (nr != __NR_SCMP_ERROR)
			(void)seccomp_rule_add(f->ctx, SCMP_ACT_ERRNO(ENOSYS), nr, 0);
	}
}

void sandbox_seccomp(const struct role *r, struct sandbox_report *rep)
{
	struct filter f = {.ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))};
	const char *why = NULL;
	if (!f.ctx) {
		why = "seccomp: no filter can be made";
	} else {
		rules(&f, r);
		/* all threads, should a library have made one */
		if (f.failed || seccomp_attr_set(f.ctx, SCMP_FLTATR_CTL_TSYNC, 1) < 0 || seccomp_load(f.ctx) < 0)
			why = f.failed ? f.failed : "seccomp: the kernel refuses the filter";
		seccomp_release(f.ctx);
	}
	rep->seccomp = !why;
	if (why)
		snprintf(rep->note + strlen(rep->note), sizeof rep->note - strlen(rep->note), "%s%s", rep->note[0] ? "; " : "", why);
}
