/* What a drill needs the network or the recovery key for: a backup that comes back, the newest copy of the ledger elsewhere, and a site made again from it. Done before the network is given up. */
#include "drill_cmd.h"
#include "vault.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define REPLICA_PASS 3600.0
#define REPLICA_WARN 86400.0
#define REBUILD_MAX (8 * 3600.0) /* usable within 8 hours: ONC SAFER Guides, Contingency Planning */
#define RESTORE_ARGS 64

static bool have_key(const struct drill_run *x)
{
	return x->o->identity || x->o->shares.n;
}

/* argv of a command that may be given the recovery key. */
static void with_key(const struct drill_run *x, const char **v, size_t *n)
{
	if (x->o->identity) {
		v[(*n)++] = "--identity";
		v[(*n)++] = x->o->identity;
	} else if (x->o->shares.n) {
		v[(*n)++] = "--shares";
		for (size_t i = 0; i < x->o->shares.n && i < SHARE_MAX; i++)
			v[(*n)++] = x->o->shares.v[i];
	}
}

static const struct json_node *answer(const struct buf *out, struct arena *a)
{
	struct json_node *n = NULL;
	return json_tree(slice_trim(buf_slice(out)), a, &n, NULL) == 0 ? n : NULL;
}

static uint64_t u64_of(const struct json_node *n, const char *key)
{
	uint64_t v = 0;
	(void)!num_u64(json_text(n, key), 0, UINT64_MAX, &v);
	return v;
}

static bool true_of(const struct json_node *n, const char *key)
{
	const struct json_node *v = json_get(n, key);
	return v && v->type == JSON_TRUE;
}

static double seconds_of(const struct json_node *n, const char *key)
{
	char text[48];
	snprintf(text, sizeof text, "%.*s", SLICE_FMT(json_text(n, key)));
	return strtod(text, NULL);
}

/* ---- files ---- */

static void restore(struct drill_run *x)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 22);
	AUTO_BUF struct buf out = {0};
	char said[DRILL_ABOUT_MAX];
	const char *v[RESTORE_ARGS] = {"vault", "drill", "--site", x->s.path, "--json", "--to", x->place};
	size_t n = 7;
	buf_init(&out, 1 << 20);
	with_key(x, v, &n);
	v[n] = NULL;
	int status = drill_step(x, v, &out, said);
	const struct json_node *j = a ? answer(&out, a) : NULL;
	struct drill_check *c = &x->d->check[DRILL_RESTORE];
	if (!j) {
		if (strstr(said, "no snapshot")) /* there is nothing: that is a result, and no failure of the drill */
			drill_set(x->d, DRILL_RESTORE, DRILL_NOT_DONE, DRILL_WHY_RESTORE_NONE, NULL, 0, 0);
		else
			drill_set(x->d, DRILL_RESTORE, DRILL_FAIL, DRILL_WHY_FAILED, said, 0, 0);
		return;
	}
	if (status) {
		drill_set(x->d, DRILL_RESTORE, DRILL_FAIL, DRILL_WHY_FAILED, said, 0, 0);
	} else if (true_of(j, "opened")) {
		drill_set(x->d, DRILL_RESTORE, DRILL_PASS, DRILL_WHY_RESTORED, NULL, u64_of(j, "files"), u64_of(j, "files_all"));
		drill_value(x->d, DRILL_RESTORE, seconds_of(j, "seconds"), -1);
	} else if (c->why != DRILL_WHY_RESTORE_LAST) {
		drill_set(x->d, DRILL_RESTORE, DRILL_WARN, DRILL_WHY_RESTORE_BYTES, NULL, u64_of(j, "packs"), 0);
	}
	if (c->why != DRILL_WHY_RESTORE_LAST)
		c->entry = u64_of(j, "entry");
}

/* ---- copies elsewhere ---- */

struct newest {
	char name[64], target[4096];
	int64_t head;
	uint64_t size;
};

static int take(void *arg, const struct vault_replica *r, const struct vault_replica_state *st, struct err *e)
{
	struct newest *n = arg;
	(void)e;
	if (st->done && st->head_time > n->head) {
		snprintf(n->name, sizeof n->name, "%s", r->name);
		snprintf(n->target, sizeof n->target, "%s", r->target);
		n->head = st->head_time;
		n->size = st->size;
	}
	return 0;
}

static void replicas(struct drill_run *x, struct newest *n)
{
	char said[DRILL_ABOUT_MAX];
	struct err e = {0};
	if (vault_replica_each(x->s.fd, take, n, &e) < 0) {
		drill_set(x->d, DRILL_REPLICAS, DRILL_FAIL, DRILL_WHY_FAILED, e.text, 0, 0);
		return;
	}
	if (!n->head) {
		drill_set(x->d, DRILL_REPLICAS, DRILL_FAIL, DRILL_WHY_REPLICA_NONE, NULL, 0, 0);
		return;
	}
	int status = DRILL_STEP(x, NULL, said, "replica", "status", n->name, "--site", x->s.path);
	double age = (double)(time_now() - n->head) / (double)TIME_SEC;
	uint64_t behind = x->head > n->size ? x->head - n->size : 0;
	if (status)
		drill_set(x->d, DRILL_REPLICAS, DRILL_FAIL, DRILL_WHY_FAILED, said, 0, 0);
	else if (age <= REPLICA_PASS || !behind)
		drill_set(x->d, DRILL_REPLICAS, DRILL_PASS, DRILL_WHY_REPLICA_NEAR, n->name, behind, x->head);
	else
		drill_set(x->d, DRILL_REPLICAS, age <= REPLICA_WARN ? DRILL_WARN : DRILL_FAIL, DRILL_WHY_REPLICA_FAR, n->name, behind, x->head);
	drill_value(x->d, DRILL_REPLICAS, age, REPLICA_PASS);
}

/* ---- the site, from such a copy ---- */

static void rebuild(struct drill_run *x, const struct newest *from)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 22);
	AUTO_BUF struct buf out = {0};
	char said[DRILL_ABOUT_MAX], to[4400];
	const char *v[RESTORE_ARGS] = {"rebuild", "--from", from->target, "--no-vault", "--json"};
	size_t n = 5;
	buf_init(&out, 1 << 20);
	if (!from->head || !have_key(x)) {
		drill_set(x->d, DRILL_REBUILD, DRILL_NOT_DONE, DRILL_WHY_REBUILD_NOT, NULL, 0, 0);
		return;
	}
	snprintf(to, sizeof to, "%s/rebuilt", x->place);
	v[n++] = to; /* before the shares, which take all that follows them */
	with_key(x, v, &n);
	v[n] = NULL;
	int status = drill_step(x, v, &out, said);
	const struct json_node *j = status == 0 && a ? answer(&out, a) : NULL;
	int fd = file_open_dir(AT_FDCWD, x->place, NULL);
	if (fd >= 0) {
		file_remove_tree(fd, "rebuilt");
		close(fd);
	}
	if (!j) {
		drill_set(x->d, DRILL_REBUILD, DRILL_FAIL, DRILL_WHY_FAILED, said, 0, 0);
		return;
	}
	double first = (double)u64_of(j, "firstChartMs") / 1000;
	drill_set(x->d, DRILL_REBUILD, first > REBUILD_MAX ? DRILL_FAIL : DRILL_PASS, DRILL_WHY_REBUILT, from->name, 0, 0);
	drill_value(x->d, DRILL_REBUILD, first, REBUILD_MAX);
}

void drill_outside(struct drill_run *x)
{
	static struct newest n;
	n = (struct newest){.head = 0};
	restore(x);
	replicas(x, &n);
	rebuild(x, &n);
}
