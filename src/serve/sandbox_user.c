/* sandbox_user: a user per role, and folders that belong to them.
 *
 *   SITE           root 0755    site.ini, lock, run/, tls/ stay root's (the supervisor alone reads the TLS keys and passes them as data)
 *   SITE/keys      keeper 0700
 *   SITE/wal       keeper 0700
 *   SITE/packs     keeper:sealed 2750  closed packs: sealed; web hands them to replicas, replicate pushes them
 *   SITE/outbox    keeper:sealed 2750  heads and small files for replicas: sealed or public
 *   SITE/outside   replicate 0755      how pushes went
 *   SITE/scope     keeper 0700  what runs of cases found, in clear: written by root's commands, handed out to who may by the keeper
 *   SITE/ledger    keeper 0755  public by nature: no patient data
 *   SITE/vault     vault:sealed 2750  packs are written by root's commands and by the vault role (for agents), which Landlock lets make names here, and neither write nor remove; the keeper looks whether they are there
 *   SITE/vault/in  vault 0700    what agents are bringing
 *   SITE/packets   root 0755     units' keys, which hold no secret that the units' words do not guard, and what is printed when the site is silent, sealed
 *   SITE/packets/made packets 0755  wards' packets: sealed to the units' words, for whoever serves them to wards' PCs
 *   SITE/view      scribe:view 2750  patient data in clear: web and packets are in the group, nobody else
 * A site made by an ordinary user belongs to that user alone, and all roles run as that user: Landlock and seccomp are then what keeps them apart. */
#include "sandbox.h"
#include "site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
	o->view_gid = o->sealed_gid = getegid();
	if (!o->separate)
		return;
	user("hf-intake", UID_INTAKE, &o->uid[ROLE_INTAKE], &o->gid[ROLE_INTAKE]);
	user("hf-keeper", UID_KEEPER, &o->uid[ROLE_KEEPER], &o->gid[ROLE_KEEPER]);
	user("hf-scribe", UID_SCRIBE, &o->uid[ROLE_SCRIBE], &o->gid[ROLE_SCRIBE]);
	user("hf-web", UID_WEB, &o->uid[ROLE_WEB], &o->gid[ROLE_WEB]);
	user("hf-vault", UID_VAULT, &o->uid[ROLE_VAULT], &o->gid[ROLE_VAULT]);
	user("hf-ecg", UID_ECG, &o->uid[ROLE_ECG], &o->gid[ROLE_ECG]);
	user("hf-gate", UID_GATE, &o->uid[ROLE_GATE], &o->gid[ROLE_GATE]);
	user("hf-cutter", UID_CUTTER, &o->uid[ROLE_CUTTER], &o->gid[ROLE_CUTTER]);
	user("hf-packets", UID_PACKETS, &o->uid[ROLE_PACKETS], &o->gid[ROLE_PACKETS]);
	user("hf-replicate", UID_REPLICATE, &o->uid[ROLE_REPLICATE], &o->gid[ROLE_REPLICATE]);
	const struct group *g = getgrnam("hf-view");
	o->view_gid = g && g->gr_gid ? g->gr_gid : GID_VIEW;
	g = getgrnam("hf-sealed");
	o->sealed_gid = g && g->gr_gid ? g->gr_gid : GID_SEALED;
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
	o->view_gid = o->sealed_gid = st.st_gid;
	return 0;
}

/* ---- what belongs to whom, set right ---- */

#define DEPTH_MAX 12 /* our trees are shallow (ledger/tile/entries/x001/x234/067); deeper is none of ours */

struct giving {
	const char *top;       /* keys, wal, ... */
	uint32_t uid, gid;
	mode_t add;            /* what a copy made under a strict umask may lack: for files; folders get x where they get r */
	bool all;              /* every file below; else what lies in the folder itself, and every file of a subfolder that is not its owner's */
	uint64_t given;
	char first[128];       /* of those that were given */
};

static void place_of(const struct giving *g, const char *path, char out[192])
{
	snprintf(out, 192, "%s%s%.150s", g->top, *path ? "/" : "", path);
}

/* One file or folder by a descriptor of itself: no name is looked up twice, no link is followed, and a file that has a second name (outside the site?) is none that we made. */
static int give_one(struct giving *g, int fd, const struct stat *st, const char *path, struct err *e)
{
	char place[192], self[40];
	place_of(g, path, place);
	if (S_ISREG(st->st_mode) && st->st_nlink > 1)
		return err_set(e, ERR_DENIED, place, "it belongs to user %u and has a second name (a hard link), so it is not given to user %u; copy it, put the copy in its place, and try again", (unsigned)st->st_uid, (unsigned)g->uid);
	if (fchownat(fd, "", g->uid, g->gid, AT_EMPTY_PATH) < 0)
		return err_sys(e, place, "belongs to user %u and cannot be given to user %u", (unsigned)st->st_uid, (unsigned)g->uid);
	mode_t add = g->add | (S_ISDIR(st->st_mode) ? (g->add & 0444) >> 2 : 0), want = (st->st_mode & 07777) | add;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if (strcmp(path, "seen.idx") && want != (st->st_mode & 07777) && chmod(self, want) < 0)
		return err_sys(e, place, "its mode cannot be set");
	if (!g->given++)
		snprintf(g->first, sizeof g->first, "%.127s", place);
	return 0;
}

static int give_tree(struct giving *g, int dirfd, const char *name, const char *path, int depth, struct err *e)
{
	char place[192];
	place_of(g, path, place);
	if (depth > DEPTH_MAX)
		return err_set(e, ERR_LIMIT, place, "folders nested deeper than Holdfast makes them");
	AUTO_CLOSE int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, place, "cannot be looked at");
	if (fstat(fd, &st) < 0)
		return err_sys(e, place, "cannot be looked at");
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return 0; /* a link, or a socket in run/: not ours to give */
	bool wrong = st.st_uid != g->uid || st.st_gid != g->gid;
	if (S_ISDIR(st.st_mode) && (depth < 1 || wrong || g->all)) {
		AUTO_CLOSE int in = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *d = in >= 0 ? fdopendir(in) : NULL;
		if (!d)
			return err_sys(e, place, "cannot be listed");
		in = -1; /* NOLINT(clang-analyzer-deadcode.DeadStores): it is d's now; the cleanup looks */
		int r = 0;
		for (struct dirent *en; r == 0 && (en = readdir(d));) {
			char below[192];
			if (!strcmp(en->d_name, ".") || !strcmp(en->d_name, ".."))
				continue;
			snprintf(below, sizeof below, "%.100s%s%.80s", path, *path ? "/" : "", en->d_name);
			r = give_tree(g, fd, en->d_name, below, depth + 1, e);
		}
		closedir(d);
		if (r < 0)
			return r;
	}
	/* a folder last: while it is not its owner's, what lies in it was not looked through to the end */
	return wrong ? give_one(g, fd, &st, path, e) : 0;
}

/* Not root: nothing can be given, but it can be said what is in the way before a role dies of it. */
static int all_ours(int sitefd, const char *name, struct err *e)
{
	struct stat st;
	AUTO_CLOSE int fd = openat(sitefd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	char place[192];
	int r = 0;
	snprintf(place, sizeof place, "%s", name);
	if (!d)
		r = fstatat(sitefd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? err_sys(e, place, "cannot be looked at") : ERR_DENIED;
	else
		fd = -1; /* NOLINT(clang-analyzer-deadcode.DeadStores): it is d's now; the cleanup looks */
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		if (fstatat(dirfd(d), en->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISLNK(st.st_mode) || !strcmp(en->d_name, "..") || st.st_uid == geteuid())
			continue;
		if (faccessat(dirfd(d), en->d_name, S_ISDIR(st.st_mode) ? R_OK | W_OK | X_OK : R_OK | W_OK, AT_EACCESS) == 0)
			continue;
		if (strcmp(en->d_name, "."))
			snprintf(place, sizeof place, "%s/%.150s", name, en->d_name);
		r = ERR_DENIED;
	}
	if (d)
		closedir(d);
	return r == ERR_DENIED ? err_set(e, ERR_DENIED, place, "it belongs to user %u, and user %u may not read and write it; let root run `chown -R %u` on the site folder (or this command, which sets it right)",
	                                 (unsigned)st.st_uid, (unsigned)geteuid(), (unsigned)geteuid())
	                       : r;
}

/* Units' keys: root's, for web and packets to read. */
static int open_keys(int sitefd, struct err *e)
{
	if ((fchmodat(sitefd, "packets", 0755, 0) < 0 || fchmodat(sitefd, "packets/keys", 0755, 0) < 0) && errno != ENOENT)
		return err_sys(e, "packets", "it cannot be opened to the users that the roles run as (mode 0755)");
	AUTO_CLOSE int fd = openat(sitefd, "packets/keys", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d)
		return 0; /* no unit has words */
	fd = -1; /* NOLINT(clang-analyzer-deadcode.DeadStores): it is d's now; the cleanup looks */
	int r = 0;
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		AUTO_CLOSE int file = openat(dirfd(d), en->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		struct stat st;
		if (file >= 0 && fstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && fchmod(file, 0644) < 0)
			r = err_sys(e, "packets/keys", "a unit's key cannot be opened to the users that the roles run as (mode 0644)");
	}
	closedir(d);
	return r;
}

/* Made under a strict umask, the copy's own folder is closed to the roles, and what everybody may see of a site is closed with it. */
static int open_folder(int sitefd, struct giving *g, struct err *e)
{
	struct stat st;
	if (fstat(sitefd, &st) < 0)
		return err_sys(e, "site folder", "cannot be looked at");
	if ((st.st_mode & 0011) == 0011)
		return 0;
	if (fchmod(sitefd, (st.st_mode & 07777) | 0755) < 0 || (fchmodat(sitefd, "run", 0755, 0) < 0 && errno != ENOENT) || fchmodat(sitefd, "site.ini", 0644, 0) < 0)
		return err_sys(e, "site folder", "it is closed to the users that the roles run as, and cannot be opened to them (mode 0755)");
	if (!g->given++)
		snprintf(g->first, sizeof g->first, "the folder itself");
	return open_keys(sitefd, e);
}

/* A view may be deleted, folder and all, and so may its copies: they are made again. */
static int view_folder(int sitefd, const struct owners *o, const char *name, uint32_t gid, struct err *e)
{
	if (mkdirat(sitefd, name, 0750) < 0)
		return errno == EEXIST ? 0 : err_sys(e, name, "cannot make the folder");
	bool give = geteuid() == 0 && (fchownat(sitefd, name, o->uid[ROLE_SCRIBE], gid, AT_SYMLINK_NOFOLLOW) < 0 || (o->separate && fchmodat(sitefd, name, 02750, 0) < 0));
	return give ? err_sys(e, name, "cannot be given to who writes it") : 0;
}

/* Of a site that is being rebuilt: charts for web; all else is the rebuild's. */
int owners_give_view(int sitefd, const struct owners *o, struct err *e)
{
	struct giving g = {.top = "view", .uid = o->uid[ROLE_SCRIBE], .gid = o->view_gid, .add = 0640, .all = true};
	if (geteuid() != 0 || !o->separate)
		return 0;
	int r = give_tree(&g, sitefd, "view", "", 0, e);
	return r == 0 && fchmodat(sitefd, "view", 02750, 0) < 0 && errno != ENOENT ? err_sys(e, "view", "cannot be closed to others") : r;
}

int owners_give(int sitefd, const struct owners *o, uint64_t *ret_given, char ret_first[128], struct err *e)
{
	const struct {
		const char *name;
		enum role_id role;
		mode_t mode, add;
		bool all;
	} own[] = {
		{"keys", ROLE_KEEPER, 0700, 0600, true},
		{"wal", ROLE_KEEPER, 0700, 0600, true},
		{"packs", ROLE_KEEPER, 02750, 0640, true},
		{"outbox", ROLE_KEEPER, 02750, 0640, true},
		{"outside", ROLE_REPLICATE, 0755, 0644, true},
		{"scope", ROLE_KEEPER, 0700, 0600, true},
		{"ledger", ROLE_KEEPER, 0755, 0644, false}, /* a million tiles: looking at each takes long */
		{"view", ROLE_SCRIBE, 02750, 0640, true},
		{"copies", ROLE_SCRIBE, 02750, 0640, true},
		{"vault", ROLE_VAULT, 02750, 0640, false},
		{"packets/made", ROLE_PACKETS, 0755, 0644, true},
		/* of an ordinary user's site; of root's these stay root's */
		{"run", ROLE_SUPERVISOR, 0755, 0600, true},
		{"tls", ROLE_SUPERVISOR, 0755, 0600, true},
		{"packets", ROLE_SUPERVISOR, 0755, 0644, true},
		{"lock", ROLE_SUPERVISOR, 0600, 0600, true},
		{"site.ini", ROLE_SUPERVISOR, 0644, 0600, true},
		{SHARES_WRITTEN, ROLE_SUPERVISOR, 0644, 0600, true},
	};
	struct giving g = {0};
	struct stat ini;
	/* (init gives its new folders away before there is a site.ini) */
	bool is_site = fstatat(sitefd, "site.ini", &ini, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(ini.st_mode);
	int r = geteuid() == 0 && o->separate && is_site ? open_folder(sitefd, &g, e) : 0;
	if (r == 0 && is_site)
		r = view_folder(sitefd, o, "view", o->view_gid, e);
	if (r == 0 && is_site)
		r = view_folder(sitefd, o, "copies", o->separate ? o->sealed_gid : o->gid[ROLE_SCRIBE], e);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(own); i++) {
		bool of_root = own[i].role == ROLE_SUPERVISOR;
		struct stat st;
		if (geteuid() != 0) {
			r = all_ours(sitefd, own[i].name, e);
			continue;
		}
		bool sealed = !strcmp(own[i].name, "vault") || !strcmp(own[i].name, "packs") || !strcmp(own[i].name, "outbox") || !strcmp(own[i].name, "copies"); /* what those may see who may see what is sealed */
		if (o->separate && of_root)
			continue;
		g.top = own[i].name;
		g.uid = o->uid[own[i].role];
		g.gid = !strcmp(own[i].name, "view") ? o->view_gid : sealed ? o->sealed_gid : o->gid[own[i].role];
		g.add = own[i].add;
		g.all = own[i].all;
		r = give_tree(&g, sitefd, own[i].name, "", 0, e);
		if (r == 0 && o->separate && fstatat(sitefd, own[i].name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 07777) != own[i].mode &&
		    fchmodat(sitefd, own[i].name, own[i].mode, 0) < 0)
			r = err_sys(e, own[i].name, "cannot be closed to others");
	}
	*ret_given = g.given;
	memcpy(ret_first, g.first, sizeof g.first);
	return r;
}

int site_give_result(const struct site *s, const char *folder, struct err *e)
{
	struct owners o;
	int r = geteuid() == 0 ? owners_of_site(s->fd, &o, e) : 0;
	if (r < 0 || geteuid() != 0)
		return r;
	struct giving g = {.top = folder, .uid = o.uid[ROLE_KEEPER], .gid = o.gid[ROLE_KEEPER], .add = 0600, .all = true};
	return give_tree(&g, s->fd, folder, "", 0, e);
}

int owners_give_folder(int fd, uint32_t uid, uint32_t gid, struct err *e)
{
	struct giving g = {.top = "replica", .uid = uid, .gid = gid};
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_sys(e, "replica", "cannot be looked at");
	return st.st_uid == uid ? 0 : give_tree(&g, fd, ".", "", 0, e); /* who writes into one that was given leaves it so (vault_store_folder.c) */
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

/* Whoever is not root, or was given a bounded set, has it or has not: nothing is gained here. */
void sandbox_keep_net_admin(bool before)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {0};
	const uint32_t one = 1u << CAP_NET_ADMIN;
	if (before) {
		for (unsigned cap = 0; cap <= 63; cap++) /* while CAP_SETPCAP is ours */
			if (cap != CAP_NET_ADMIN)
				prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		return;
	}
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &h, d) < 0)
		return;
	uint32_t has = d[0].permitted & one;
	d[0] = d[1] = (struct __user_cap_data_struct){0};
	d[0].effective = d[0].permitted = has;
	(void)!syscall(SYS_capset, &h, d);
}

void sandbox_limits(void)
{
	struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none); /* a core of the keeper would hold keys, one of scribe patients */
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
