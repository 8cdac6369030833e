/* Landlock for those who read strangers' files: which files they can reach. Debian 12's <linux/landlock.h> stops at ABI 2, so the kernel's numbers stand here (include/uapi/linux/landlock.h of Linux 6.12). A kernel without it leaves seccomp alone,
 * under which a reader opens no file anyway; of programs that are not ours it is then the only thing that is missing, and doc/scope.md says so. */
#include "extract_internal.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LL_CREATE_RULESET 444
#define LL_ADD_RULE 445
#define LL_RESTRICT_SELF 446
#define LL_VERSION 1u
#define LL_RULE_PATH_BENEATH 1

enum {
	FS_EXECUTE = 1 << 0,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_ABI1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,     /* ABI 2 */
	FS_TRUNCATE = 1 << 14,  /* ABI 3 */
	FS_IOCTL_DEV = 1 << 15, /* ABI 5 */
	NET_BOTH = 3,           /* ABI 4: bind and connect */
	SCOPE_BOTH = 3,         /* ABI 6: abstract sockets and signals */
};

struct ruleset {
	uint64_t fs, net, scoped;
};
struct path_rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

static void allow(int rules, const char *path, uint64_t rights)
{
	struct path_rule p = {.allowed = rights, .parent = open(path, O_PATH | O_CLOEXEC)};
	if (p.parent < 0)
		return; /* not on this host */
	if (syscall(LL_ADD_RULE, rules, LL_RULE_PATH_BENEATH, &p, 0) < 0) { /* rights of folders alone, on a file */
		p.allowed &= FS_EXECUTE | FS_READ_FILE | (1 << 1) | FS_TRUNCATE;
		syscall(LL_ADD_RULE, rules, LL_RULE_PATH_BENEATH, &p, 0);
	}
	close(p.parent);
}

const char *extract_open_to(void)
{
	return syscall(LL_CREATE_RULESET, NULL, 0, LL_VERSION) >= 1 ? NULL : "this kernel has no Landlock: a program that is not ours (pdftotext, catdoc, tesseract) and that a file takes over could read other files of yours, and those that unpack (readpst, pdfdetach) could change them; it could send them nowhere";
}

void extract_shut_files(const char *scratch, bool programs)
{
	static const char *const needed[] = {"/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/poppler", "/etc/catdocrc", "/var/cache/fontconfig", "/etc/alternatives"};
	long abi = syscall(LL_CREATE_RULESET, NULL, 0, LL_VERSION);
	struct ruleset rs = {.fs = FS_ABI1};
	if (abi < 1)
		return;
	rs.fs |= (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
	rs.net = abi >= 4 ? NET_BOTH : 0;
	rs.scoped = abi >= 6 ? SCOPE_BOTH : 0;
	int rules = (int)syscall(LL_CREATE_RULESET, &rs, abi >= 6 ? sizeof rs : abi >= 4 ? 2 * sizeof rs.fs : sizeof rs.fs, 0);
	if (rules < 0)
		return;
	for (size_t i = 0; programs && i < ARRAY_LEN(needed); i++)
		allow(rules, needed[i], FS_EXECUTE | FS_READ_FILE | FS_READ_DIR);
	if (programs)
		allow(rules, "/dev/null", FS_READ_FILE | (1 << 1));
	if (programs)
		allow(rules, "/proc/self/fd/0", FS_READ_FILE); /* the file that it reads: some open it by that name */
	if (scratch)
		allow(rules, scratch, rs.fs & ~(uint64_t)(FS_EXECUTE | FS_IOCTL_DEV));
	syscall(LL_RESTRICT_SELF, rules, 0);
	close(rules);
}
