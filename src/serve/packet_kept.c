/* packet_kept: SITE/packets/made, where the newest packet of each unit lies: UNIT.html (packet.h), put there whole by a rename, for web, and for whoever shares the folder with wards' PCs. UNIT.html.new is one that is being made.
 * The packets role alone writes here. */
#include "packet_role.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MADE "packets/made"
#define TEMP ".new"
#define SPARE ((uint64_t)64 << 10) /* of a packet that grew since the last one */

int packet_kept_open(int sitefd, struct packet_kept *ret, struct err *e)
{
	int fd = file_open_dir(sitefd, MADE, e);
	if (fd < 0)
		return fd;
	*ret = (struct packet_kept){.fd = fd, .temp_fd = -1};
	return 0;
}

static bool left_of(const char *name, const struct packet_unit *u)
{
	char of[3 * PACKET_UNIT_MAX + 40];
	packet_file_name(u->unit, ".html" TEMP, of, sizeof of);
	return !strcmp(name, of);
}

int packet_kept_sweep(struct packet_kept *k, struct packet_unit *v, size_t n, struct err *e)
{
	int fd = openat(k->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		int r = err_sys(e, MADE, "cannot be listed");
		if (fd >= 0)
			close(fd);
		return r;
	}
	for (struct dirent *x; (x = readdir(d));) {
		size_t len = strlen(x->d_name);
		if (len < strlen(TEMP) || strcmp(x->d_name + len - strlen(TEMP), TEMP))
			continue;
		for (size_t i = 0; i < n; i++)
			v[i].died |= left_of(x->d_name, &v[i]);
		(void)unlinkat(k->fd, x->d_name, 0);
	}
	closedir(d);
	return 0;
}

static int read_seal(int dirfd, const char *path, const char *unit, const struct note_vkey *vkey, struct buf *file, struct packet_seal *ret, struct err *e)
{
	struct packet_seal s;
	size_t before = file->n;
	int r = file_read(dirfd, path, PACKET_MAX, file, e);
	if (r == 0)
		r = packet_verify(slice_of(file->p + before, file->n - before), vkey, &s, e);
	if (r == 0 && strcmp(s.unit, unit))
		r = err_set(e, ERR_CORRUPT, path, "this is another unit's packet");
	if (r == 0)
		*ret = s;
	return r;
}

void packet_kept_load(struct packet_kept *k, const struct note_vkey *vkey, struct packet_unit *u, int64_t now, int64_t wall)
{
	AUTO_BUF struct buf file = {0};
	struct packet_seal s;
	struct err quiet = {0};
	char name[3 * PACKET_UNIT_MAX + 32];
	packet_file_name(u->unit, ".html", name, sizeof name);
	buf_init(&file, PACKET_MAX);
	u->has = read_seal(k->fd, name, u->unit, vkey, &file, &s, &quiet) == 0 && s.made <= wall; /* (made later than now: a clock was set; it is made anew) */
	if (!u->has)
		return;
	u->made = now - (wall - s.made);
	u->made_wall = s.made;
	u->entries = s.entries;
	u->bytes = s.bytes;
}

int packet_kept_begin(struct packet_kept *k, const char *unit, uint64_t bytes, struct err *e)
{
	assert(k->temp_fd < 0);
	packet_file_name(unit, ".html", k->name, sizeof k->name);
	packet_file_name(unit, ".html" TEMP, k->temp, sizeof k->temp);
	k->temp_fd = openat(k->fd, k->temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (k->temp_fd < 0)
		return err_sys(e, k->temp, "cannot be written in " MADE);
	int r = posix_fallocate(k->temp_fd, 0, (off_t)(bytes + SPARE));
	if (r == 0 || r == EOPNOTSUPP || r == EINVAL) /* a file system that cannot say */
		return 0;
	errno = r;
	r = err_sys(e, k->temp, "no room for it in " MADE);
	packet_kept_drop(k);
	return r;
}

void packet_kept_drop(struct packet_kept *k)
{
	if (k->temp_fd < 0)
		return;
	close(k->temp_fd);
	k->temp_fd = -1;
	(void)unlinkat(k->fd, k->temp, 0);
}

int packet_kept_end(struct packet_kept *k, struct slice file, struct err *e)
{
	int r = file_pwrite_all(k->temp_fd, file, 0, e, k->temp);
	if (r == 0 && (ftruncate(k->temp_fd, (off_t)file.n) < 0 || fsync(k->temp_fd) < 0))
		r = err_sys(e, k->temp, "cannot be made durable in " MADE);
	if (r == 0 && renameat(k->fd, k->temp, k->fd, k->name) < 0)
		r = err_sys(e, k->name, "cannot be put in the old one's place in " MADE);
	if (r < 0) {
		packet_kept_drop(k);
		return r;
	}
	close(k->temp_fd);
	k->temp_fd = -1;
	return file_sync_dir(k->fd, ".", e);
}

int packet_kept_read(int sitefd, const char *unit, struct buf *ret, struct packet_seal *ret_seal, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	struct note_vkey vkey;
	char name[3 * PACKET_UNIT_MAX + 32], path[sizeof name + sizeof MADE];
	buf_init(&text, 4096);
	int r = file_read(sitefd, "ledger/vkey", 4096, &text, e);
	if (r == 0)
		r = note_vkey_parse(slice_trim(buf_slice(&text)), &vkey, e);
	if (r < 0)
		return r;
	packet_file_name(unit, ".html", name, sizeof name);
	snprintf(path, sizeof path, MADE "/%s", name);
	return read_seal(sitefd, path, unit, &vkey, ret, ret_seal, e);
}
