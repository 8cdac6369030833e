/* Owner, attributes, mode, ACLs, times, in this order: a change of owner takes setuid bits and capabilities away, a mode changes what an ACL grants, and whatever is written changes the time. */
#include "restore_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACL "system.posix_acl_"

int meta_mtime_cmp(const struct stat *st, const struct vault_line *l)
{
	if (st->st_mtim.tv_sec != l->mtime_s)
		return st->st_mtim.tv_sec < l->mtime_s ? -1 : 1;
	return st->st_mtim.tv_nsec == (long)l->mtime_ns ? 0 : st->st_mtim.tv_nsec < (long)l->mtime_ns ? -1 : 1;
}

/* Refused to somebody who is not root: said once, and no failure. */
static bool not_ours_to_set(int why)
{
	return geteuid() != 0 && (why == EPERM || why == EACCES);
}

struct target { /* a descriptor, or a name that must not be followed */
	int fd;
	char path[320];
};

static int set_xattr(const struct target *t, const char *name, struct slice v)
{
	static const uint8_t nothing[1];
	return t->fd >= 0 ? fsetxattr(t->fd, name, v.n ? v.p : nothing, v.n, 0) : lsetxattr(t->path, name, v.n ? v.p : nothing, v.n, 0);
}

static bool listed(const struct vault_line *l, const char *name)
{
	AUTO_BUF struct buf n = {0}, v = {0};
	struct slice rest = l->xattrs;
	buf_init(&n, 1024);
	buf_init(&v, VAULT_XATTR_MAX);
	while (vault_xattr_next(&rest, &n, &v) == 1)
		if (slice_eq_str(buf_slice(&n), name))
			return true;
	return false;
}

/* What somebody set meanwhile on a file or folder that stays. */
static void remove_others(const struct target *t, const struct vault_line *l)
{
	char *names = malloc(65536);
	ssize_t n = names && t->fd >= 0 ? flistxattr(t->fd, names, 65536) : -1;
	for (char *p = names; n > 0 && p < names + n; p += strlen(p) + 1)
		if (strncmp(p, "security.selinux", 16) && !listed(l, p))
			(void)!fremovexattr(t->fd, p);
	free(names);
}

static int set_xattrs(const struct target *t, const struct vault_line *l, bool acls, struct meta_result *ret, struct err *e)
{
	AUTO_BUF struct buf name = {0}, value = {0};
	struct slice rest = l->xattrs;
	int r;
	buf_init(&name, 1024);
	buf_init(&value, VAULT_XATTR_MAX);
	while ((r = vault_xattr_next(&rest, &name, &value)) == 1) {
		if (slice_starts(buf_slice(&name), ACL) != acls)
			continue;
		if (set_xattr(t, buf_cstr(&name), buf_slice(&value)) == 0)
			continue;
		if (not_ours_to_set(errno)) {
			ret->attributes = true;
			continue;
		}
		return err_sys(e, NULL, "restored, but its attribute %.80s cannot be set", buf_cstr(&name));
	}
	return r < 0 ? err_set(e, ERR_CORRUPT, NULL, "restored, but its attributes are not what we write") : 0;
}

static int set_owner(const struct target *t, const struct vault_line *l, struct meta_result *ret, struct err *e)
{
	int r = t->fd >= 0 ? fchown(t->fd, l->node.uid, l->node.gid) : lchown(t->path, l->node.uid, l->node.gid);
	if (r == 0)
		return 0;
	if (!not_ours_to_set(errno))
		return err_sys(e, NULL, "restored, but it cannot be given to user %u, group %u", l->node.uid, l->node.gid);
	/* the group alone may be one of ours */
	r = t->fd >= 0 ? fchown(t->fd, (uid_t)-1, l->node.gid) : lchown(t->path, (uid_t)-1, l->node.gid);
	ret->owner = r < 0 || l->node.uid != geteuid();
	return 0;
}

/* A file that could not be given to its owner must not become setuid to us. */
static mode_t mode_of(const struct vault_line *l, const struct meta_result *m)
{
	return l->node.mode & (m->owner ? 01777 : 07777);
}

/* 0, or -1 and errno. */
static int set_flags(int fd, uint32_t flags, uint32_t mask)
{
	int now = 0;
	if (ioctl(fd, FS_IOC_GETFLAGS, &now) < 0)
		return -1;
	int want = (int)(((uint32_t)now & ~mask) | (flags & mask));
	return want == now ? 0 : ioctl(fd, FS_IOC_SETFLAGS, &want);
}

void meta_flags(int fd, const struct vault_line *l, struct meta_result *ret)
{
	if (l->flags && set_flags(fd, l->flags, VAULT_FLAGS) < 0)
		ret->attributes = true; /* not ours to set, or another file system */
}

bool meta_unlock(int dirfd, const char *name, uint32_t *ret_was)
{
	int now = 0, fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool was = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &now) == 0 && (uint32_t)now & VAULT_FLAGS_LOCK && set_flags(fd, 0, VAULT_FLAGS_LOCK) == 0;
	*ret_was = (uint32_t)now & VAULT_FLAGS_LOCK;
	if (fd >= 0)
		close(fd);
	return was;
}

void meta_lock(int dirfd, const char *name, uint32_t was)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		(void)!set_flags(fd, was, VAULT_FLAGS_LOCK);
		close(fd);
	}
}

int meta_apply(int fd, const struct vault_line *l, struct meta_result *ret, struct err *e)
{
	struct target t = {.fd = fd};
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = l->mtime_s, .tv_nsec = l->mtime_ns}};
	if (l->flags & VAULT_FLAGS_LOCK)
		(void)!set_flags(fd, 0, VAULT_FLAGS_LOCK); /* restored before, and locked */
	remove_others(&t, l);
	int r = set_owner(&t, l, ret, e);
	if (r == 0)
		r = set_xattrs(&t, l, false, ret, e);
	if (r == 0 && fchmod(fd, mode_of(l, ret)) < 0)
		r = err_sys(e, NULL, "restored, but its mode cannot be set");
	if (r == 0)
		r = set_xattrs(&t, l, true, ret, e);
	if (futimens(fd, times) < 0 && r == 0)
		r = err_sys(e, NULL, "restored, but its time cannot be set");
	return r;
}

int meta_apply_link(int dirfd, const char *name, const struct vault_line *l, struct meta_result *ret, struct err *e)
{
	struct target t = {.fd = -1};
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = l->mtime_s, .tv_nsec = l->mtime_ns}};
	snprintf(t.path, sizeof t.path, "/proc/self/fd/%d/%s", dirfd, name);
	int r = set_owner(&t, l, ret, e);
	if (r == 0)
		r = set_xattrs(&t, l, false, ret, e);
	/* a link has no mode of its own; a fifo, socket or device is nobody's but ours while it has its temporary name */
	if (r == 0 && l->node.type != 'l' && fchmodat(dirfd, name, mode_of(l, ret), 0) < 0)
		r = err_sys(e, NULL, "restored, but its mode cannot be set");
	if (r == 0 && l->node.type != 'l')
		r = set_xattrs(&t, l, true, ret, e);
	if (utimensat(dirfd, name, times, AT_SYMLINK_NOFOLLOW) < 0 && r == 0)
		r = err_sys(e, NULL, "restored, but its time cannot be set");
	return r;
}
