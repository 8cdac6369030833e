/* responder_lease: large files that are only read. So that reading them costs nothing, the kernel is told to ignore them; but that hides truncate(2), too, which opens nothing. Such a file has a read lease of ours (fcntl(2), F_SETLEASE) for as long as
 * it is ignored: the kernel makes whoever wants to change it wait (at most /proc/sys/fs/lease-break-time, 45 s) and sends us SIGIO. Who opens it for writing is asked about before that (on_open lets the lease go), so the one who waits is in truncate(2).
 *
 * SIGIO says nothing of the file: leases are few, and each is asked whether it is being broken. A file that can have no lease (another file system than the machine's own, someone who writes it) is not ignored: it is only slower. */
#include "responder.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOOK_AT_MAX 65536 /* threads of the machine that are looked at for who truncates */

void lease_open(struct responder *r)
{
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGIO);
	r->sigio = sigprocmask(SIG_BLOCK, &s, NULL) == 0 ? signalfd(-1, &s, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
}

static struct file *file_of(struct responder *r, const struct touched *x)
{
	struct file *f = x->file ? &r->file[x->file - 1] : NULL;
	return f && f->used && f->stamp == x->stamp && f->leased ? f : NULL;
}

void lease_end(struct responder *r, struct file *f)
{
	if (!f->leased)
		return;
	f->leased = false;
	if (f->ignored && !f->whole) {
		marks_ignore(&r->m, f->fd, false);
		f->ignored = false;
	}
	(void)!fcntl(f->fd, F_SETLEASE, F_UNLCK); /* last: whoever waits goes on */
}

bool lease_take(struct responder *r, struct file *f)
{
	if (f->leased)
		return true;
	if (r->sigio < 0 || f->fd < 0 || fcntl(f->fd, F_SETLEASE, F_RDLCK) < 0)
		return false;
	struct touched *x = &r->lease[r->lease_next];
	struct file *old = file_of(r, x);
	if (old)
		lease_end(r, old);
	f->leased = true;
	*x = (struct touched){.file = (uint32_t)(f - r->file) + 1, .stamp = f->stamp};
	r->lease_next = (r->lease_next + 1) % LEASES_MAX;
	return true;
}

/* ---- who truncates it ---- */

static bool has_to_do(struct responder *r, int32_t tid, const struct file *f)
{
	struct proc *p;
	struct session *s = who_is(r, tid, false, &p);
	return s && file_find(r, s, f->dev, f->ino);
}

static bool truncating(int32_t tid)
{
	int fd = -1;
	bool yes = proc_truncating(tid, &fd);
	if (fd >= 0)
		close(fd);
	return yes;
}

/* Of those who are in truncate(2) now, one whose session has to do with this file; else any. 0: nobody is. */
static int32_t truncator(struct responder *r, const struct file *f)
{
	DIR *d = opendir("/proc");
	int32_t any = 0, mine = 0;
	unsigned left = LOOK_AT_MAX;
	for (struct dirent *x; d && !mine && left && (x = readdir(d));) {
		char path[300];
		if (x->d_name[0] < '1' || x->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/task", x->d_name);
		DIR *tasks = opendir(path);
		for (struct dirent *t; tasks && !mine && left && (t = readdir(tasks)); left--) {
			int32_t tid = (int32_t)strtol(t->d_name, NULL, 10);
			if (tid <= 0 || !truncating(tid))
				continue;
			any = any ? any : tid;
			mine = has_to_do(r, tid, f) ? tid : 0;
		}
		if (tasks)
			closedir(tasks);
	}
	if (d)
		closedir(d);
	return mine ? mine : any;
}

static void broken(struct responder *r, struct file *f)
{
	int32_t tid = truncator(r, f);
	if (!tid || !truncate_asked(r, f, tid)) /* somebody who was not asked about opens it: what he writes will be */
		lease_end(r, f);
}

void lease_broken(struct responder *r)
{
	struct signalfd_siginfo si[8];
	while (read(r->sigio, si, sizeof si) > 0)
		;
	for (size_t i = 0; i < LEASES_MAX; i++) {
		struct file *f = file_of(r, &r->lease[i]);
		if (f && !f->breaking && fcntl(f->fd, F_GETLEASE) == F_UNLCK)
			broken(r, f);
	}
}

void lease_end_all(struct responder *r, dev_t dev, ino_t ino)
{
	for (size_t i = 0; i < LEASES_MAX && r->sigio >= 0; i++) {
		struct file *f = file_of(r, &r->lease[i]);
		if (f && f->ino == ino && f->dev == dev)
			lease_end(r, f);
	}
}
