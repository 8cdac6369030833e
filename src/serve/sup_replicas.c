/* sup_replicas: what replicate is given: settings and credentials of each replica as data, and the folders that it may write in, opened by us, who may reach them. A folder is given to replicate's user when it is another's:
 * it holds nothing but the replica. */
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_EVERY (10 * TIME_SEC)

static bool is_folder(const struct vault_replica *v)
{
	return !strstr(v->target, "://");
}

struct looking {
	struct seal_sha256 *h;
	size_t n;
};

static int look(void *arg, const struct vault_replica *v, const struct vault_replica_state *st, struct err *e)
{
	struct looking *l = arg;
	struct stat dir;
	AUTO_BUF struct buf b = {0};
	buf_init_secret(&b, FRAME_SMALL);
	role_replica_encode(v, st, &b);
	buf_u8(&b, is_folder(v) && stat(v->target, &dir) == 0 && S_ISDIR(dir.st_mode));
	seal_sha256_add(l->h, buf_slice(&b));
	l->n++;
	return 0;
}

void sup_replicas_look(struct supervisor *s)
{
	struct sup_role *r = &s->roles[ROLE_REPLICATE];
	uint8_t now[SEAL_HASH];
	if (s->lifeline >= 0 || s->stopping || (s->replicas_at && time_monotonic() - s->replicas_at < LOOK_EVERY))
		return;
	s->replicas_at = time_monotonic();
	struct looking l = {.h = seal_sha256_new()};
	struct err e = {0};
	if (!l.h)
		return;
	seal_sha256_begin(l.h);
	int c = vault_replica_each(s->site.fd, look, &l, &e);
	seal_sha256_end(l.h, now);
	seal_sha256_free(l.h);
	if (c < 0 || !memcmp(now, s->replicas, sizeof now)) {
		if (c < 0)
			sup_log("the replicas' settings do not read, and what was read before counts: %s: %s", e.place, e.text);
		return;
	}
	memcpy(s->replicas, now, sizeof now);
	r->wanted = l.n > 0;
	if (r->pid > 0 && !r->stopping) { /* it begins anew with what is true now, or not at all */
		r->stopping = true;
		if (r->chan < 0 || packet_send(r->chan, FRAME_R_STOP, 0, SLICE_NULL, NULL, 0, false) < 0)
			kill(r->pid, SIGKILL);
	}
}

/* -1: it cannot be had now; the role says so, and tries again. */
static int open_folder(struct supervisor *s, const struct vault_replica *v)
{
	struct err e = {0};
	int fd = open(v->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && s->own.separate && owners_give_folder(fd, s->own.uid[ROLE_REPLICATE], s->own.gid[ROLE_REPLICATE], &e) < 0) {
		sup_log("replica %s: its folder cannot be given to the role that pushes (%s: %s); `holdfast replica push`, as root, does it instead (holdfast-replicate.timer)", v->name, e.place, e.text);
		close(fd);
		fd = -1;
	}
	return fd;
}

struct passing {
	struct supervisor *s;
	size_t n;
};

static int pass(void *arg, const struct vault_replica *v, const struct vault_replica_state *st, struct err *e)
{
	struct passing *p = arg;
	AUTO_BUF struct buf b = {0};
	if (p->n++ >= SITE_REPLICAS_MAX)
		return 0;
	buf_init_secret(&b, FRAME_SMALL);
	role_replica_encode(v, st, &b);
	AUTO_CLOSE int fd = is_folder(v) ? open_folder(p->s, v) : -1;
	return packet_send(p->s->roles[ROLE_REPLICATE].chan, FRAME_R_REPLICA, 0, buf_slice(&b), &fd, fd >= 0, true) < 0 ? err_sys(e, "replicate", "does not take its replicas") : 0;
}

int sup_replicas_pass(struct supervisor *s, struct err *e)
{
	struct passing p = {.s = s};
	return vault_replica_each(s->site.fd, pass, &p, e);
}
