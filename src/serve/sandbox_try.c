/* sandbox_try: inside a role, after its sandbox is locked, what somebody who took the role over would try first. Compiled into the program because it has to
 * run in the real role; reached only when the daemon was started for it (serve --self-test). Each try undoes what it did where it was not refused. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int closed(int fd)
{
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int try_open(const struct role *r, const char *path, int flags)
{
	return closed(openat(r->sitefd, path, flags | O_CLOEXEC));
}
static int try_care_key(const struct role *r) { return try_open(r, "keys/care.key", O_RDONLY); }
static int try_signing_key(const struct role *r) { return try_open(r, "keys/signing.key", O_RDONLY); }
static int try_tls_key(const struct role *r) { return try_open(r, "tls/web.key", O_RDONLY); }
static int try_checkpoint(const struct role *r) { return try_open(r, "ledger/checkpoint", O_WRONLY); }
static int try_wal(const struct role *r) { return try_open(r, "wal", O_RDONLY | O_DIRECTORY); }
static int try_view_read(const struct role *r) { return try_open(r, "view", O_RDONLY | O_DIRECTORY); }

static int try_view_write(const struct role *r)
{
	return try_open(r, "view/chart.db", O_RDWR);
}

static int try_make(const struct role *r)
{
	int fd = openat(r->sitefd, "sandbox-was-off", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		unlinkat(r->sitefd, "sandbox-was-off", 0);
	return closed(fd);
}

static int try_vault_write(const struct role *r)
{
	return closed(openat(r->sitefd, "vault/in/sandbox-was-off", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

/* Names in vault itself: the vault role may make some, and take none away. */
static int try_vault_take(const struct role *r)
{
	int n = unlinkat(r->sitefd, "vault/in", AT_REMOVEDIR);
	if (n == 0)
		(void)!mkdirat(r->sitefd, "vault/in", 02700);
	return n == 0 || errno == ENOTEMPTY ? 0 : -1;
}

static int try_packs(const struct role *r) { return try_open(r, "packs", O_RDONLY | O_DIRECTORY); }
static int try_create(const struct role *r, const char *path)
{
	int fd = openat(r->sitefd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		unlinkat(r->sitefd, path, 0);
	return closed(fd);
}
static int try_pack_write(const struct role *r) { return try_create(r, "packs/sandbox-was-off"); }
static int try_outbox(const struct role *r) { return try_create(r, "outbox/sandbox-was-off"); }
static int try_packets_write(const struct role *r) { return try_create(r, "packets/made/sandbox-was-off"); }
static int try_packet_key(const struct role *r) { return try_create(r, "packets/sandbox-was-off"); }
static int try_replicas(const struct role *r) { return try_open(r, "replicas", O_RDONLY | O_DIRECTORY); }

/* Port 9 is nobody's replica. Refused by the kernel's own rule, not by an empty port. */
static int try_socket(int (*use)(int fd, const struct sockaddr *a, socklen_t n))
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	int r = use(fd, (const struct sockaddr *)&a, sizeof a), why = errno;
	close(fd);
	errno = why;
	return r < 0 && why == ECONNREFUSED ? 0 : r;
}
static int try_connect(const struct role *r) { return try_socket(connect); }
static int try_listen(const struct role *r) { return try_socket(bind); }
static int try_inet(const struct role *r) { return closed(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
static int try_unix(const struct role *r) { return closed(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
static int try_packet(const struct role *r) { return closed(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)); }

static int try_fork(const struct role *r)
{
	pid_t p = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (p == 0)
		_exit(0);
	if (p > 0)
		waitpid(p, NULL, 0);
	return p > 0 ? 0 : -1;
}

/* A path that is not there: a system that would run programs says so. */
static int try_exec(const struct role *r)
{
	char *none[] = {NULL};
	execve("/nothing/here", none, none);
	return errno == ENOENT ? 0 : -1;
}

static int try_memory(const struct role *r)
{
	char mine = 0;
	struct iovec to = {&mine, 1}, from = {(void *)(uintptr_t)&frame_max, 1};
	return process_vm_readv(getppid(), &to, 1, &from, 1, 0) < 0 ? -1 : 0;
}

static int try_signal(const struct role *r)
{
	return (int)syscall(SYS_kill, getppid(), 0);
}

static int try_code(const struct role *r)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	munmap(p, 4096);
	return 0;
}

#define BIT(id) (1u << (id))
#define ALL (BIT(ROLE_INTAKE) | BIT(ROLE_KEEPER) | BIT(ROLE_SCRIBE) | BIT(ROLE_WEB) | BIT(ROLE_VAULT) | BIT(ROLE_REPLICATE) | BIT(ROLE_ECG) | BIT(ROLE_GATE) | BIT(ROLE_CUTTER) | BIT(ROLE_PACKETS))
static const struct {
	const char *what;
	int (*run)(const struct role *r);
	unsigned roles; /* that must not be able to */
} tries[] = {
	{"read keys/care.key", try_care_key, ALL & ~BIT(ROLE_KEEPER)},
	{"read keys/signing.key", try_signing_key, ALL & ~BIT(ROLE_KEEPER)},
	{"read tls/web.key", try_tls_key, ALL},
	{"write ledger/checkpoint", try_checkpoint, ALL & ~BIT(ROLE_KEEPER)},
	{"list wal", try_wal, ALL & ~BIT(ROLE_KEEPER)},
	{"list view", try_view_read, BIT(ROLE_INTAKE) | BIT(ROLE_KEEPER) | BIT(ROLE_VAULT) | BIT(ROLE_REPLICATE) | BIT(ROLE_ECG) | BIT(ROLE_GATE) | BIT(ROLE_CUTTER)},
	{"write view/chart.db", try_view_write, ALL & ~BIT(ROLE_SCRIBE)},
	{"make a file in the site folder", try_make, ALL},
	{"take a name out of vault", try_vault_take, ALL},
	{"write in vault/in", try_vault_write, ALL & ~BIT(ROLE_VAULT)},
	{"write in packets/made", try_packets_write, ALL & ~BIT(ROLE_PACKETS)},
	{"make a unit's key", try_packet_key, ALL},
	{"list packs", try_packs, BIT(ROLE_INTAKE) | BIT(ROLE_SCRIBE) | BIT(ROLE_VAULT) | BIT(ROLE_ECG) | BIT(ROLE_GATE) | BIT(ROLE_CUTTER) | BIT(ROLE_PACKETS)},
	{"make a pack", try_pack_write, ALL & ~BIT(ROLE_KEEPER)},
	{"make a file in outbox", try_outbox, ALL & ~BIT(ROLE_KEEPER)},
	{"list replicas", try_replicas, ALL & ~BIT(ROLE_KEEPER)},
	{"connect to a port of no replica", try_connect, ALL & ~(BIT(ROLE_GATE) | BIT(ROLE_CUTTER))},
	{"listen on a port", try_listen, ALL & ~(BIT(ROLE_GATE) | BIT(ROLE_CUTTER))},
	{"socket AF_INET", try_inet, ALL & ~(BIT(ROLE_REPLICATE) | BIT(ROLE_GATE) | BIT(ROLE_CUTTER))},
	{"socket AF_UNIX", try_unix, ALL},
	{"socket AF_PACKET", try_packet, ALL},
	{"fork", try_fork, ALL},
	{"run a program", try_exec, ALL},
	{"read the supervisor's memory", try_memory, ALL},
	{"signal the supervisor", try_signal, ALL},
	{"memory that is written and run", try_code, ALL},
};

void sandbox_try(const struct role *r, struct buf *ret_json)
{
	struct jsonw w;
	jsonw_init(&w, ret_json);
	jsonw_arr(&w);
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		if (!(tries[i].roles & BIT(r->id)))
			continue;
		errno = 0;
		bool ok = tries[i].run(r) == 0;
		int why = ok ? 0 : errno;
		jsonw_obj(&w);
		jsonw_kstr(&w, "try", tries[i].what);
		/* only a refusal counts: a path that is not there proves nothing */
		jsonw_kbool(&w, "denied", !ok && (why == EPERM || why == EACCES));
		jsonw_ki64(&w, "errno", why);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_done(&w);
}
