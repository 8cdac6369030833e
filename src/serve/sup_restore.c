/* sup_restore: a daemon on a site that `holdfast rebuild` is at work in. Charts come first there (a copy of the view), hours of feeds may wait for the ledger; so web and a keeper without a ledger begin at once, and everything else
 * when the rebuild has begun the new epoch. We hold SITE/lock all the time: the rebuild, which then has charts to bring up to date, asks us for that as any command does.
 *
 *   rebuild             there is a rebuild, going on or broken off
 *   rebuild.ini         the settings; by then there are certificates and accounts (rebuild.accounts), too
 *   rebuild.progress    one line: what it does, done, total, seconds left ("-": not known); the rebuild holds a lock on it
 *   site.ini            the ledger is proven and its new epoch begun
 */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOKED "rebuild.looked"
#define PROGRESS "rebuild.progress"
#define TELL_EVERY (TIME_SEC / 2)
#define LEAVE_MOST (3 * TIME_SEC) /* whoever is being answered gets that answer */

static bool there(int dirfd, const char *name)
{
	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int sup_restore_open(struct supervisor *s, const struct serve_options *o, struct err *e)
{
	bool told = false;
	for (;;) {
		int r = site_open_restoring(o->site, &s->site, e);
		if (r == 0 && s->site.drill)
			return err_set(e, ERR_USAGE, s->site.path, "this is a drill's own copy of a site: it is served to nobody");
		if (r == 0) {
			s->restoring.on = s->site.restoring;
			s->restoring.o = *o;
			return 0;
		}
		AUTO_CLOSE int fd = r == ERR_NOT_FOUND ? open(o->site, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
		if (fd < 0 || !there(fd, "rebuild"))
			return r;
		if (!told)
			sup_log("%s: a rebuild has begun there; waiting for its keys and certificates", o->site);
		told = true;
		usleep(200000);
	}
}

int sup_looked(const struct supervisor *s, bool make)
{
	return openat(s->site.fd, LOOKED, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
}

void sup_looked_done(const struct supervisor *s)
{
	struct stat st;
	if (fstatat(s->site.fd, LOOKED, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
		unlinkat(s->site.fd, LOOKED, 0);
}

/* ---- how far it is ---- */

static uint64_t number(struct slice s)
{
	uint64_t n;
	return num_u64(s, 0, INT64_MAX, &n) == 0 ? n : 0;
}

static void tell(struct supervisor *s)
{
	char line[200];
	AUTO_BUF struct buf b = {0};
	AUTO_CLOSE int fd = openat(s->site.fd, PROGRESS, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : pread(fd, line, sizeof line, 0);
	struct slice rest = slice_of(line, n > 0 ? (size_t)n : 0);
	rest = slice_cut(rest, '\n', &(struct slice){0});
	struct slice doing = slice_cut(rest, '\t', &rest), done = slice_cut(rest, '\t', &rest), total = slice_cut(rest, '\t', &rest), left = slice_cut(rest, '\t', &rest);
	bool running = fd >= 0 && file_lock(fd, false, NULL) == ERR_BUSY;
	uint64_t seconds = number(left);
	buf_init(&b, 64);
	buf_u8(&b, running);
	buf_u8(&b, slice_starts(doing, "entries"));
	buf_u64le(&b, number(done));
	buf_u64le(&b, number(total));
	buf_u32le(&b, left.n && left.p[0] != '-' && seconds < VIEW_LEFT_UNKNOWN ? (uint32_t)seconds : VIEW_LEFT_UNKNOWN);
	(void)!packet_send(s->roles[ROLE_KEEPER].chan, FRAME_R_RESTORING, 0, buf_slice(&b), NULL, 0, false);
}

/* ---- the ledger is back ---- */

static void leave(struct supervisor *s)
{
	s->restoring.leaving = true;
	s->restoring.left_at = time_monotonic();
	sup_log("the ledger of %s is back: full service begins", s->site.path);
	for (int i = ROLE_INTAKE; i < ROLES; i++) {
		struct sup_role *r = &s->roles[i];
		r->wanted = false;
		if (r->pid <= 0)
			continue;
		r->stopping = true;
		if (r->chan < 0 || packet_send(r->chan, FRAME_R_STOP, 0, SLICE_NULL, NULL, 0, false) < 0)
			kill(r->pid, SIGKILL);
	}
}

static int begin_full(struct supervisor *s, struct err *e)
{
	struct site now;
	int r = site_open(s->site.path, &now, e);
	if (r < 0)
		return r;
	site_close(&s->site);
	s->site = now;
	if (!s->restoring.o.sandbox_off)
		r = sup_set_right(s, e);
	if (r == 0)
		r = sup_listen(s, e);
	if (r < 0)
		return r;
	s->restoring.on = s->restoring.leaving = s->told_ready = false;
	s->flags &= ~(uint32_t)START_RESTORING;
	for (int i = ROLE_INTAKE; i < ROLES; i++)
		s->roles[i].was_ready = s->roles[i].ready = false;
	sup_full(s);
	return 0;
}

void sup_restore_look(struct supervisor *s)
{
	struct err e = {0};
	bool any = false;
	if (s->stopping)
		return;
	for (int i = ROLE_INTAKE; i < ROLES; i++)
		any |= s->roles[i].pid > 0;
	if (s->restoring.leaving) {
		for (int i = ROLE_INTAKE; i < ROLES && time_monotonic() - s->restoring.left_at > LEAVE_MOST; i++)
			if (s->roles[i].pid > 0)
				kill(s->roles[i].pid, SIGKILL);
		if (!any && begin_full(s, &e) < 0)
			s->failure = e;
		return;
	}
	if (there(s->site.fd, "site.ini")) {
		leave(s);
		return;
	}
	if (time_monotonic() - s->restoring.told_at < TELL_EVERY)
		return;
	s->restoring.told_at = time_monotonic();
	if (!s->restoring.o.sandbox_off && owners_give_view(s->site.fd, &s->own, &e) < 0)
		sup_log("view: %s", e.text);
	if (s->roles[ROLE_KEEPER].ready && s->roles[ROLE_KEEPER].chan >= 0)
		tell(s);
}
