/* process_stop: who is stopped with a writer, and how.
 *
 * The writers themselves; what descends from them; the processes of their job (process group), unless that holds the session's leader or one of ours: then the job is a shell's or a scheduler's, and others' work is in it;
 * the whole session, when its leader is a writer; and the parents that a writer was forked from without becoming another program. Where the work is split over sessions, who is the same program told the same things, too: the one
 * that starts them has left them behind. The login shell, the terminal and the program that started us go on. */
#include "watch_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALL_MAX 65536

struct one {
	struct proc p;
	bool writer, stop;
};
struct all {
	struct one *v;
	size_t n;
};

bool proc_signal(int32_t pid, uint64_t start, int sig)
{
	AUTO_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	uint64_t now;
	/* the descriptor is of whoever has the number now; whether that is who was meant is seen after */
	return fd >= 0 && proc_start(pid, &now) == 0 && now == start && syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) == 0;
}

static void read_all(struct all *a, const struct stopping *s)
{
	DIR *d = opendir("/proc");
	for (struct dirent *en; d && a->n < ALL_MAX && (en = readdir(d));) {
		int32_t pid = en->d_name[0] >= '1' && en->d_name[0] <= '9' ? (int32_t)strtol(en->d_name, NULL, 10) : 0;
		struct one *o = &a->v[a->n];
		if (pid <= 0 || proc_read(pid, s->rules, &o->p) < 0)
			continue;
		o->writer = o->stop = false;
		for (size_t i = 0; i < s->writers; i++)
			o->writer |= s->writer[i] == pid;
		o->stop = o->writer;
		a->n++;
	}
	if (d)
		closedir(d);
}

static struct one *find(struct all *a, int32_t pid)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].p.pid == pid)
			return &a->v[i];
	return NULL;
}

static bool job_is_mixed(struct all *a, int32_t pgid)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct one *o = &a->v[i];
		if (o->p.pgid == pgid && !o->writer && (o->p.class != PROC_ORDINARY || o->p.pid == o->p.sid))
			return true;
	}
	return pgid <= 1;
}

static void with_writer(struct all *a, const struct one *w, bool kin)
{
	bool job = !job_is_mixed(a, w->p.pgid);
	struct one *leader = find(a, w->p.sid);
	for (size_t i = 0; i < a->n; i++) {
		struct one *o = &a->v[i];
		o->stop |= (job && o->p.pgid == w->p.pgid) || (leader && leader->writer && o->p.sid == w->p.sid);
	}
	for (size_t i = 0; kin && i < a->n; i++)
		a->v[i].stop |= !a->v[i].stop && a->v[i].p.program == w->p.program && proc_kin(&a->v[i].p, &w->p);
	struct one *p = find(a, w->p.ppid);
	for (int deep = 0; p && deep < 32 && p->p.class == PROC_ORDINARY && p->p.sid == w->p.sid && proc_alike(p->p.pid, w->p.pid); deep++) {
		p->stop = true;
		p = find(a, p->p.ppid);
	}
}

static void descendants(struct all *a)
{
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < a->n; i++) {
			struct one *o = &a->v[i], *p = o->stop ? NULL : find(a, o->p.ppid);
			if (p && p->stop && p->p.class == PROC_ORDINARY)
				o->stop = more = true;
		}
	}
}

static bool may_stop(const struct proc *p)
{
	return p->class == PROC_ORDINARY && !p->serves && p->pid > 1 && p->pid != getpid();
}

size_t proc_stop(const struct stopping *s, stop_fn *before, void *arg)
{
	size_t done = 0;
	/* first those that write: the rest takes a look around */
	for (size_t i = 0; i < s->writers; i++) {
		struct proc p;
		if (proc_read(s->writer[i], s->rules, &p) < 0 || !may_stop(&p))
			continue;
		before(arg, p.pid, p.start);
		done += proc_signal(p.pid, p.start, SIGSTOP);
	}
	struct all a = {.v = s->alone ? NULL : calloc(ALL_MAX, sizeof *a.v)};
	if (!a.v)
		return done;
	read_all(&a, s);
	for (size_t i = 0, n = a.n; i < n; i++)
		if (a.v[i].writer && may_stop(&a.v[i].p)) /* a file server's job is everybody's */
			with_writer(&a, &a.v[i], s->kin);
	for (size_t i = 0; i < a.n; i++)
		if (a.v[i].writer && !may_stop(&a.v[i].p))
			a.v[i].stop = false;
	descendants(&a);
	for (size_t i = 0; i < a.n && done < STOP_MAX; i++) {
		const struct one *o = &a.v[i];
		if (!o->stop || o->writer || !may_stop(&o->p))
			continue;
		before(arg, o->p.pid, o->p.start);
		done += proc_signal(o->p.pid, o->p.start, SIGSTOP);
	}
	free(a.v);
	return done;
}

/* ---- the freezer of a cgroup, v2 or v1 ---- */

static bool write_word(const char *path, const char *word)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd >= 0 && write(fd, word, strlen(word)) == (ssize_t)strlen(word);
}

/* All of it, or nothing: a list that is cut short would leave somebody out. */
static ssize_t slurp_list(const char *path, char *out, size_t size)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	for (ssize_t got = 1; fd >= 0 && got > 0 && n + 1 < size; n += got > 0 ? (size_t)got : 0)
		got = read(fd, out + n, size - 1 - n);
	out[n] = 0;
	return fd >= 0 && n + 1 < size ? (ssize_t)n : -1;
}

/* The folder of the pid's cgroup that can be frozen. */
static bool cgroup_of(int32_t pid, bool v2, char out[WATCH_PATH_MAX])
{
	char path[64], text[8192];
	snprintf(path, sizeof path, "/proc/%d/cgroup", (int)pid);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
	if (n <= 0)
		return false;
	text[n] = 0;
	for (char *line = text; line && *line;) {
		char *end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		char *of = v2 ? (strncmp(line, "0::", 3) ? NULL : line + 3) : strstr(line, ":freezer:");
		if (of) {
			const char *where = v2 ? of : of + strlen(":freezer:");
			const char *base = !v2 ? "/sys/fs/cgroup/freezer" : access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
			return strcmp(where, "/") && snprintf(out, WATCH_PATH_MAX, "%s%s", base, where) < WATCH_PATH_MAX;
		}
		line = end;
	}
	return false;
}

/* Nobody but those who are stopped already, and no group below: a freezer holds still whatever is in it. */
static bool alone_in(const char *dir, bool (*stopped)(void *arg, int32_t pid), void *arg)
{
	char path[WATCH_PATH_MAX + 16], text[65536];
	struct dirent *en = NULL;
	DIR *d = opendir(dir);
	while (d && (en = readdir(d)) && (en->d_type != DT_DIR || en->d_name[0] == '.'))
		;
	bool below = !d || en;
	if (d)
		closedir(d);
	snprintf(path, sizeof path, "%s/cgroup.procs", dir);
	ssize_t n = below ? -1 : slurp_list(path, text, sizeof text);
	if (n <= 0)
		return false;
	for (char *p = text, *end; *p; p = end + (*end == '\n')) {
		long one = strtol(p, &end, 10);
		if (end == p || !stopped(arg, (int32_t)one))
			return false;
	}
	return true;
}

bool proc_freeze(int32_t pid, bool (*stopped)(void *arg, int32_t pid), void *arg, char path[WATCH_PATH_MAX])
{
	for (int v2 = 1; v2 >= 0; v2--) {
		char mine[WATCH_PATH_MAX], init[WATCH_PATH_MAX], dir[WATCH_PATH_MAX];
		if (!cgroup_of(pid, v2, dir) || (cgroup_of(getpid(), v2, mine) && slice_starts(slice_str(mine), dir)) || (cgroup_of(1, v2, init) && slice_starts(slice_str(init), dir)))
			continue;
		if (alone_in(dir, stopped, arg) && snprintf(path, WATCH_PATH_MAX, "%s/%s", dir, v2 ? "cgroup.freeze" : "freezer.state") < WATCH_PATH_MAX && write_word(path, v2 ? "1" : "FROZEN"))
			return true;
	}
	return false;
}

bool proc_thaw(const char *path)
{
	if (strncmp(path, "/sys/fs/cgroup/", 15) || strstr(path, "/../"))
		return false;
	const char *name = strrchr(path, '/') + 1;
	return !strcmp(name, "cgroup.freeze") ? write_word(path, "0") : !strcmp(name, "freezer.state") && write_word(path, "THAWED");
}
