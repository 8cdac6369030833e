/* rescan: what changed while nobody looked: the kernel's queue of events was full, or the responder was killed. What was destroyed then has no pre-image and no session; but it can be said, file by file.
 *
 * Two processes. The finder (root, lowest priority) walks the watched folders and reads what was changed since: by the time of its inode, which no ordinary program sets. The checker is locked in like the judge and gets names and bytes
 * by a socket, because whoever wrote them may have meant them for us. One file:
 *   to the checker    u32 length of the name  u64 size  name  bytes
 *   back              u8: 0 nothing to say, 1 damaged
 * A checker that dies at a file counts that file as damaged and is replaced. */
#include "watch_internal.h"

#include "content.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARGIN TIME_SEC                  /* the time of an inode is that of the last tick */
#define FILE_MAX_SIZE (UINT64_C(64) << 20)
#define LISTED_MAX 64
#define PATIENCE (300 * TIME_SEC)        /* then it is said how far it came */
#define PENDING_MAX ((size_t)64 << 20)
#define PIECE (256u << 10)

struct finder {
	const struct watch_config *c;
	int64_t since, until;
	int checker;             /* socket; -1: none */
	pid_t pid;
	uint64_t changed, checked, damaged, large;
	struct buf list;         /* of damaged files, each with its NUL */
	uint64_t listed;
	struct stat not[2];
	size_t nots;
	bool late;
};

static bool write_all(int fd, const void *p, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t w = write(fd, (const char *)p + done, n - done);
		if (w <= 0)
			return false;
		done += (size_t)w;
	}
	return true;
}

static bool read_all(int fd, void *p, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t r = read(fd, (char *)p + done, n - done);
		if (r <= 0)
			return false;
		done += (size_t)r;
	}
	return true;
}

/* ---- the checker ---- */

static uint8_t judged(const struct content_report *r)
{
	struct content_trait t;
	content_trait_of(r, &t);
	return r->state == CONTENT_LOST || (r->named != CONTENT_UNKNOWN && r->named != r->type && content_is_opaque(&t));
}

static _Noreturn void check(int sock)
{
	static char name[WATCH_PATH_MAX];
	uint8_t *room = malloc(PIECE);
	struct content_checker *c = content_new();
	if (!room || !c || !judge_lock_in())
		_exit(3);
	for (;;) {
		uint32_t n;
		uint64_t size;
		struct content_report r;
		if (!read_all(sock, &n, sizeof n) || !read_all(sock, &size, sizeof size) || n >= sizeof name || !read_all(sock, name, n))
			_exit(0);
		content_begin(c, slice_of(name, n), size);
		while (size) {
			size_t piece = size < PIECE ? (size_t)size : PIECE;
			if (!read_all(sock, room, piece))
				_exit(0);
			content_add(c, slice_of(room, piece));
			size -= piece;
		}
		content_end(c, &r);
		uint8_t answer = judged(&r);
		if (!write_all(sock, &answer, 1))
			_exit(0);
	}
}

static bool start_checker(struct finder *f)
{
	int sock[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) < 0)
		return false;
	f->pid = fork();
	if (f->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		int fd = fcntl(sock[1], F_DUPFD_CLOEXEC, 3);
		if (fd != 3 && dup3(fd, 3, O_CLOEXEC) < 0)
			_exit(3);
		(void)!syscall(SYS_close_range, 4u, ~0u, 0u);
		(void)!syscall(SYS_close_range, 0u, 2u, 0u);
		check(3);
	}
	close(sock[1]);
	if (f->pid < 0) {
		close(sock[0]);
		return false;
	}
	f->checker = sock[0];
	return true;
}

static void end_checker(struct finder *f)
{
	if (f->checker >= 0)
		close(f->checker);
	if (f->pid > 0) {
		kill(f->pid, SIGKILL);
		waitpid(f->pid, NULL, 0);
	}
	f->checker = -1;
	f->pid = -1;
}

/* ---- the finder ---- */

/* Exactly size bytes: what the file no longer has is told as zeros. */
static bool hand_over(struct finder *f, int fd, const char *name, uint64_t size)
{
	static uint8_t room[PIECE];
	uint32_t n = (uint32_t)strlen(name);
	uint8_t answer;
	if (!write_all(f->checker, &n, sizeof n) || !write_all(f->checker, &size, sizeof size) || !write_all(f->checker, name, n))
		return false;
	for (uint64_t at = 0; at < size;) {
		size_t piece = size - at < PIECE ? (size_t)(size - at) : PIECE;
		ssize_t got = pread(fd, room, piece, (off_t)at);
		if (got < (ssize_t)piece)
			memset(room + (got > 0 ? got : 0), 0, piece - (size_t)(got > 0 ? got : 0));
		if (!write_all(f->checker, room, piece))
			return false;
		at += piece;
	}
	if (!read_all(f->checker, &answer, 1))
		return false;
	f->damaged += answer;
	if (answer && f->listed < LISTED_MAX) {
		buf_add(&f->list, name, n + 1);
		f->listed++;
	}
	return true;
}

static void look_at(struct finder *f, int dir, const char *name, const char *path)
{
	struct stat st;
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOATIME);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return;
	if ((uint64_t)st.st_size > FILE_MAX_SIZE) {
		f->large++;
		return;
	}
	if (f->checker < 0 && !start_checker(f))
		return;
	f->checked++;
	if (hand_over(f, fd, path, (uint64_t)st.st_size))
		return;
	end_checker(f); /* it died of this file */
	f->damaged++;
	if (f->listed < LISTED_MAX) {
		buf_add(&f->list, path, strlen(path) + 1);
		f->listed++;
	}
}

static bool left_out(const struct finder *f, const struct stat *st)
{
	for (size_t i = 0; i < f->nots; i++)
		if (f->not[i].st_dev == st->st_dev && f->not[i].st_ino == st->st_ino)
			return true;
	return false;
}

static void one_folder(struct finder *f, const char *path, dev_t dev, struct buf *pending)
{
	struct stat st;
	char at[WATCH_PATH_MAX];
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
	DIR *d = fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == dev && !left_out(f, &st) ? fdopendir(fd) : NULL;
	if (!d && fd >= 0)
		close(fd);
	for (struct dirent *en; d && !f->late && (en = readdir(d));) {
		if (!strcmp(en->d_name, ".") || !strcmp(en->d_name, "..") || fstatat(dirfd(d), en->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || snprintf(at, sizeof at, "%s/%s", path, en->d_name) >= (int)sizeof at)
			continue;
		if (S_ISDIR(st.st_mode)) {
			buf_add(pending, at, strlen(at) + 1);
		} else if (S_ISREG(st.st_mode) && (int64_t)st.st_ctim.tv_sec * TIME_SEC + st.st_ctim.tv_nsec >= f->since) {
			f->changed++;
			look_at(f, dirfd(d), en->d_name, at);
		}
		f->late = time_monotonic() > f->until;
	}
	if (d)
		closedir(d);
}

static void whole_tree(struct finder *f, const char *top)
{
	AUTO_BUF struct buf pending = {0};
	struct stat st;
	char at[WATCH_PATH_MAX];
	buf_init(&pending, PENDING_MAX);
	if (stat(top, &st) < 0 || strlen(top) >= sizeof at)
		return;
	buf_add(&pending, top, strlen(top) + 1);
	while (pending.n && buf_ok(&pending) && !f->late) {
		size_t from = pending.n - 1;
		while (from && pending.p[from - 1])
			from--;
		memcpy(at, pending.p + from, pending.n - from);
		pending.n = from;
		one_folder(f, at, st.st_dev, &pending);
	}
	f->late |= !buf_ok(&pending);
}

static void report(struct finder *f, const char *why, int out)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, LISTED_MAX * 6 * (WATCH_PATH_MAX + 8) + 4096);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "event", "rescanned");
	jsonw_ki64(&w, "mono_ns", time_monotonic());
	jsonw_kstr(&w, "why", why);
	jsonw_ktime(&w, "since", f->since);
	jsonw_ku64(&w, "changed", f->changed);
	jsonw_ku64(&w, "checked", f->checked);
	jsonw_ku64(&w, "too_large", f->large);
	jsonw_ku64(&w, "damaged", f->damaged);
	if (f->late)
		jsonw_kbool(&w, "complete", false);
	jsonw_key(&w, "files");
	jsonw_arr(&w);
	for (size_t i = 0; i < f->list.n; i += strlen((const char *)f->list.p + i) + 1)
		jsonw_str(&w, (const char *)f->list.p + i);
	jsonw_arr_end(&w);
	jsonw_kstr(&w, "what", f->damaged ? "files that were changed while nobody looked do not hold what their names say: compare them with the vault" : "files that were changed while nobody looked hold what their names say; what was removed meanwhile is not known");
	jsonw_obj_end(&w);
	buf_u8(&b, '\n');
	if (buf_ok(&b))
		(void)!write_all(out, b.p, b.n);
}

pid_t rescan_start(const struct watch_config *c, const char *why, int64_t since, int *ret_fd)
{
	int p[2];
	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		const struct sched_param normal = {0};
		struct finder f = {.c = c, .since = since - MARGIN, .until = time_monotonic() + PATIENCE, .checker = -1, .pid = -1};
		(void)!sched_setscheduler(0, SCHED_OTHER, &normal);
		(void)!nice(19);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
		buf_init(&f.list, (LISTED_MAX + 1) * WATCH_PATH_MAX);
		f.nots += stat(c->state, &f.not[f.nots]) == 0;
		f.nots += c->exempt && stat(c->exempt, &f.not[f.nots]) == 0;
		for (size_t i = 0; i < c->path_count; i++)
			whole_tree(&f, c->path[i]);
		end_checker(&f);
		report(&f, why, p[1]);
		_exit(0);
	}
	close(p[1]);
	if (pid < 0) {
		close(p[0]);
		return -1;
	}
	(void)!fcntl(p[0], F_SETFL, O_NONBLOCK);
	*ret_fd = p[0];
	return pid;
}
