/* sandbox_user: a user per role, and folders that belong to them.
 *
 *   SITE           root 0755    site.ini, lock, run/, tls/ stay root's (the supervisor alone reads the TLS keys and passes them as data)
 *   SITE/keys      keeper 0700
 *   SITE/wal       keeper 0700
 *   SITE/packs     keeper 0750
 *   SITE/ledger    keeper 0755  public by nature: no patient data
 *   SITE/view      scribe:view 2750  patient data in clear: web is in the group, nobody else
 * A site made by an ordinary user belongs to that user alone, and all roles run as that user: Landlock and seccomp are then what keeps them apart. */
#include "sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void user(const char *name, uint32_t fixed, uint32_t *uid, uint32_t *gid)
{
	const struct passwd *p = getpwnam(name);
	*uid = p && p->pw_uid ? p->pw_uid : fixed;
	*gid = p && p->pw_uid ? p->pw_gid : fixed;
}

void owners_default(struct owners *o)
{
	*o = (struct owners){.separate = geteuid() == 0};
	for (int i = 0; i < ROLES; i++) {
		o->uid[i] = geteuid();
		o->gid[i] = getegid();
	}
	o->view_gid = getegid();
	if (!o->separate)
		return;
	user("hf-intake", UID_INTAKE, &o->uid[ROLE_INTAKE], &o->gid[ROLE_INTAKE]);
	user("hf-keeper", UID_KEEPER, &o->uid[ROLE_KEEPER], &o->gid[ROLE_KEEPER]);
	user("hf-scribe", UID_SCRIBE, &o->uid[ROLE_SCRIBE], &o->gid[ROLE_SCRIBE]);
	user("hf-web", UID_WEB, &o->uid[ROLE_WEB], &o->gid[ROLE_WEB]);
	const struct group *g = getgrnam("hf-view");
	o->view_gid = g && g->gr_gid ? g->gr_gid : GID_VIEW;
}

int owners_of_site(int sitefd, struct owners *o, struct err *e)
{
	struct stat st;
	owners_default(o);
	if (fstat(sitefd, &st) < 0)
		return err_sys(e, "site folder", "cannot be looked at");
	if (st.st_uid == 0 && geteuid() == 0)
		return 0;
	if (geteuid() != 0 && geteuid() != st.st_uid)
		return err_set(e, ERR_DENIED, "site folder", "it belongs to user %u; only that user, root, or the group holdfast by way of a running daemon may do this", (unsigned)st.st_uid);
	o->separate = false;
	for (int i = 0; i < ROLES; i++) {
		o->uid[i] = st.st_uid;
		o->gid[i] = st.st_gid;
	}
	o->view_gid = st.st_gid;
	return 0;
}

/* Every file below, without following links. depth: our trees are shallow (ledger/tile/entries/x001/x234/067); deeper is none of ours. */
static int give_tree(int dirfd, const char *name, uint32_t uid, uint32_t gid, int depth, struct err *e)
{
	if (depth > 12)
		return err_set(e, ERR_LIMIT, name, "folders nested deeper than Holdfast makes them");
	AUTO_CLOSE int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, name, "cannot open");
	struct stat st;
	if (fstat(fd, &st) == 0 && (st.st_uid != uid || st.st_gid != gid) && fchown(fd, uid, gid) < 0)
		return err_sys(e, name, "cannot be given to user %u", (unsigned)uid);
	int dupfd = dup(fd);
	DIR *d = dupfd >= 0 ? fdopendir(dupfd) : NULL;
	if (!d) {
		if (dupfd >= 0)
			close(dupfd);
		return err_sys(e, name, "cannot be listed");
	}
	int r = 0;
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		if (!strcmp(en->d_name, ".") || !strcmp(en->d_name, ".."))
			continue;
		if (fstatat(fd, en->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = errno == ENOENT ? 0 : err_sys(e, en->d_name, "cannot be looked at");
		else if (S_ISDIR(st.st_mode))
			r = give_tree(fd, en->d_name, uid, gid, depth + 1, e);
		else if ((st.st_uid != uid || st.st_gid != gid) && fchownat(fd, en->d_name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
			r = err_sys(e, en->d_name, "cannot be given to user %u", (unsigned)uid);
	}
	closedir(d);
	return r;
}

int owners_give(int sitefd, const struct owners *o, struct err *e)
{
	if (!o->separate)
		return 0;
	const struct {
		const char *name;
		uint32_t uid, gid;
		mode_t mode;
	} own[] = {
		{"keys", o->uid[ROLE_KEEPER], o->gid[ROLE_KEEPER], 0700},
		{"wal", o->uid[ROLE_KEEPER], o->gid[ROLE_KEEPER], 0700},
		{"packs", o->uid[ROLE_KEEPER], o->gid[ROLE_KEEPER], 0750},
		{"ledger", o->uid[ROLE_KEEPER], o->gid[ROLE_KEEPER], 0755},
		{"view", o->uid[ROLE_SCRIBE], o->view_gid, 02750},
	};
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		struct stat st;
		if (fstatat(sitefd, own[i].name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue;
			return err_sys(e, own[i].name, "cannot be looked at");
		}
		/* Looking at each file takes long where there are a million tiles: the folder itself tells whether it was given already, and is given last. */
		if (st.st_uid == own[i].uid && st.st_gid == own[i].gid && (st.st_mode & 07777) == own[i].mode)
			continue;
		int r = give_tree(sitefd, own[i].name, own[i].uid, own[i].gid, 0, e);
		if (r < 0)
			return r;
		if (fchmodat(sitefd, own[i].name, own[i].mode, 0) < 0)
			return err_sys(e, own[i].name, "cannot be closed to others");
	}
	return 0;
}

int sandbox_user(int sitefd, uint32_t uid, uint32_t gid, const uint32_t *groups, size_t group_count, bool change_root, struct sandbox_report *r, struct err *e)
{
	if (geteuid() != 0) {
		r->user = false;
		r->uid = geteuid();
		return 0;
	}
	gid_t list[4];
	assert(group_count <= ARRAY_LEN(list));
	for (size_t i = 0; i < group_count; i++)
		list[i] = groups[i];
	/* The role's root is the site: the way to it may lead through folders that its user cannot enter, and nothing else is its business. */
	if (change_root && (fchdir(sitefd) < 0 || chroot(".") < 0))
		return err_sys(e, "site folder", "cannot make it the root of a role");
	if (change_root && chdir("/") < 0)
		return err_sys(e, "site folder", "cannot enter it");
	if (setgroups(group_count, list) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return err_sys(e, NULL, "cannot become user %u", (unsigned)uid);
	if (uid != 0 && (setuid(0) == 0 || geteuid() != uid || getegid() != gid))
		return err_set(e, ERR_SYSTEM, NULL, "user %u could become root again: the system does not drop privileges", (unsigned)uid);
	r->user = uid != 0;
	r->uid = uid;
	return 0;
}

void sandbox_limits(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none); /* a core of the keeper would hold keys, one of scribe patients */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
