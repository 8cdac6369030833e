/* sandbox_landlock: which files a role can reach, whatever its user may. Debian 12's <linux/landlock.h> stops at ABI 2, so the kernel's numbers stand here
 * (include/uapi/linux/landlock.h of Linux 6.12), and what this kernel knows is asked at run time. */
#include "sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LL_CREATE_RULESET 444
#define LL_ADD_RULE 445
#define LL_RESTRICT_SELF 446
#define LL_VERSION 1u
#define LL_RULE_PATH_BENEATH 1
#define LL_RULE_NET_PORT 2

enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_FIFO = 1 << 10,
	FS_MAKE_BLOCK = 1 << 11,
	FS_MAKE_SYM = 1 << 12,
	FS_ABI1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,    /* ABI 2 */
	FS_TRUNCATE = 1 << 14, /* ABI 3 */
	FS_IOCTL_DEV = 1 << 15, /* ABI 5 */
	NET_BIND = 1 << 0,     /* ABI 4 */
	NET_CONNECT = 1 << 1,
	SCOPE_ABSTRACT_UNIX = 1 << 0, /* ABI 6 */
	SCOPE_SIGNAL = 1 << 1,
};
#define FS_READ (FS_READ_FILE | FS_READ_DIR)
#define FS_OWN (FS_READ | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_REFER | FS_TRUNCATE)

struct ruleset {
	uint64_t fs, net, scoped;
};
struct path_rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

struct port_rule {
	uint64_t allowed, port;
};

struct allowance {
	enum role_id role;
	const char *path;
	uint64_t rights;
};
/* The whole list of what any role may reach. intake: nothing. */
static const struct allowance allowances[] = {
	{ROLE_KEEPER, "keys", FS_OWN},
	{ROLE_KEEPER, "wal", FS_OWN},
	{ROLE_KEEPER, "packs", FS_OWN},
	{ROLE_KEEPER, "ledger", FS_OWN},
	{ROLE_KEEPER, "vault", FS_READ},
	{ROLE_KEEPER, "replicas", FS_READ},
	{ROLE_KEEPER, "outside", FS_READ},
	{ROLE_KEEPER, "outbox", FS_OWN},
	{ROLE_KEEPER, "scope", FS_READ}, /* what runs of cases found: handed out a page at a time (keeper_result.c) */
	{ROLE_SCRIBE, "view", FS_OWN},
	{ROLE_SCRIBE, "copies", FS_OWN},
	{ROLE_VAULT, "vault", FS_READ | FS_MAKE_REG | FS_REFER}, /* new names, by link; nothing that stands there is written, renamed or removed */
	{ROLE_VAULT, "vault/in", FS_OWN},
	{ROLE_WEB, "view", FS_READ},
	{ROLE_WEB, "ledger", FS_READ},
	{ROLE_WEB, "packs", FS_READ},
	{ROLE_WEB, "packets", FS_READ},
	{ROLE_WEB, "vault", FS_READ},
	{ROLE_WEB, "outbox", FS_READ},
	{ROLE_WEB, "copies", FS_READ},
	{ROLE_PACKETS, "view", FS_READ},
	{ROLE_PACKETS, "ledger", FS_READ},
	{ROLE_PACKETS, "packets", FS_READ},
	{ROLE_PACKETS, "packets/made", FS_OWN},
	{ROLE_REPLICATE, "ledger", FS_READ},
	{ROLE_REPLICATE, "packs", FS_READ},
	{ROLE_REPLICATE, "vault", FS_READ},
	{ROLE_REPLICATE, "outbox", FS_READ},
	{ROLE_REPLICATE, "copies", FS_READ},
	{ROLE_REPLICATE, "outside", FS_OWN},
	{ROLE_ECG, "/usr/share/fonts", FS_READ}, /* a name in any script is drawn, or somebody is taken for somebody else; nothing of the site */
	{ROLE_ECG, "/usr/local/share/fonts", FS_READ},
	{ROLE_ECG, "/usr/share/fontconfig", FS_READ},
	{ROLE_ECG, "/etc/fonts", FS_READ},
	{ROLE_ECG, "/var/cache/fontconfig", FS_READ},
};

/* Replicas: the folders that the supervisor has opened, and the ports of the network stores. Addresses cannot be told apart here; names are looked up before the sandbox is locked, and none after. */
static int allow_replicas(const struct role *r, const struct ruleset *rs, int fd, char *why, size_t why_size)
{
	for (size_t i = 0; i < r->replica_count; i++) {
		struct path_rule p = {.allowed = FS_OWN & rs->fs, .parent = r->replicas[i].folderfd};
		struct port_rule n = {.allowed = NET_CONNECT, .port = replicate_port(&r->replicas[i])};
		if ((p.parent > 0 && syscall(LL_ADD_RULE, fd, LL_RULE_PATH_BENEATH, &p, 0) < 0) || (n.port && rs->net && syscall(LL_ADD_RULE, fd, LL_RULE_NET_PORT, &n, 0) < 0)) {
			snprintf(why, why_size, "Landlock rule for replica %s failed (errno %d)", r->replicas[i].name, errno);
			return -1;
		}
	}
	return 0;
}

static int restrict_to(const struct role *r, const struct ruleset *rs, size_t rs_size, char *why, size_t why_size)
{
	int fd = (int)syscall(LL_CREATE_RULESET, rs, rs_size, 0);
	if (fd < 0) {
		snprintf(why, why_size, "Landlock refuses the rule set (errno %d)", errno);
		return -1;
	}
	int bad = 0;
	for (size_t i = 0; i < ARRAY_LEN(allowances) && !bad; i++) {
		const struct allowance *a = &allowances[i];
		if (a->role != r->id || (r->restoring && strcmp(a->path, "view"))) /* of a site that is being rebuilt: charts, and what was opened for us */
			continue;
		struct path_rule p = {.allowed = a->rights & rs->fs, .parent = openat(r->sitefd, a->path, O_PATH | O_DIRECTORY | O_CLOEXEC)};
		if (p.parent < 0 && errno == ENOENT && (a->path[0] == '/' || !strcmp(a->path, "scope")))
			continue; /* no such fonts on this host; a site of an earlier version that can only be read has no cases' results */
		if (p.parent < 0 || syscall(LL_ADD_RULE, fd, LL_RULE_PATH_BENEATH, &p, 0) < 0) {
			snprintf(why, why_size, "Landlock rule for %s failed (errno %d)", a->path, errno);
			bad = -1;
		}
		if (p.parent >= 0)
			close(p.parent);
	}
	if (!bad)
		bad = allow_replicas(r, rs, fd, why, why_size);
	if (!bad && syscall(LL_RESTRICT_SELF, fd, 0) < 0) {
		snprintf(why, why_size, "Landlock cannot be switched on (errno %d)", errno);
		bad = -1;
	}
	close(fd);
	return bad;
}

unsigned sandbox_threads(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/task");
	for (const struct dirent *x; d && (x = readdir(d));)
		n += x->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

/* Landlock binds the thread that asks, and those that it starts afterwards: one that runs already would keep what the role has given up. */
static bool alone(unsigned n, struct sandbox_report *rep)
{
	if (n <= 1)
		return true;
	snprintf(rep->note + strlen(rep->note), sizeof rep->note - strlen(rep->note), "%s%u threads began before Landlock and are not bound by it", rep->note[0] ? "; " : "", n - 1);
	return false;
}

void sandbox_landlock(const struct role *r, unsigned threads, struct sandbox_report *rep)
{
	long abi = syscall(LL_CREATE_RULESET, NULL, 0, LL_VERSION);
	if (abi < 1) {
		snprintf(rep->note + strlen(rep->note), sizeof rep->note - strlen(rep->note), "%sthis kernel has no Landlock (errno %d)", rep->note[0] ? "; " : "", errno);
		return;
	}
	struct ruleset rs = {.fs = FS_ABI1};
	size_t size = sizeof rs.fs;
	if (abi >= 2)
		rs.fs |= FS_REFER;
	if (abi >= 3)
		rs.fs |= FS_TRUNCATE;
	if (abi >= 5)
		rs.fs |= FS_IOCTL_DEV;
	if (abi >= 4 && (r->id == ROLE_GATE || r->id == ROLE_CUTTER)) /* which ports there are changes while they run: they are seccomp's sockets of TCP, and no file */
		size = sizeof rs.fs + sizeof rs.net;
	else if (abi >= 4) {
		rs.net = NET_BIND | NET_CONNECT;
		size = sizeof rs.fs + sizeof rs.net;
	}
	if (abi >= 6) {
		rs.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
		size = sizeof rs;
	}
	char why[128];
	rep->landlock_abi = (int)abi;
	const bool whole = SANDBOX_SANITIZED || alone(threads, rep); /* ThreadSanitizer has a thread of its own */
	const bool bound = restrict_to(r, &rs, size, why, sizeof why) == 0;
	rep->landlock = bound && whole;
	if (!bound)
		snprintf(rep->note + strlen(rep->note), sizeof rep->note - strlen(rep->note), "%s%s", rep->note[0] ? "; " : "", why);
	else if (abi < 4) /* seccomp refuses sockets all the same */
		snprintf(rep->note + strlen(rep->note), sizeof rep->note - strlen(rep->note), "%sLandlock ABI %ld: files only, no rule on TCP", rep->note[0] ? "; " : "", abi);
}
