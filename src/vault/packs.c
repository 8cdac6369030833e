/* All packs of a site, for reading: the key of each period is opened once, and the packs used last stay open. */
#include <fcntl.h>
#include <unistd.h>

#include "vault_internal.h"

#define OPEN_PACKS 4
#define PERIODS_MAX 512 /* 128 quarters of two classes, and agents share them */

struct period {
	char name[SITE_PERIOD_MAX];
	struct age_identity id;
};
struct open_pack {
	struct vault_pack *pack;
	int class;
	uint64_t number, used;
};
struct vault_packs {
	int sitefd, vaultfd;
	const struct vault_log *log;
	struct age_identity with[SITE_CARE_MAX];
	size_t with_n;
	vault_period_fn *key; /* NULL: the sealed key of the site, opened with `with` */
	void *key_arg;
	struct period *periods;
	size_t period_n;
	struct open_pack open[OPEN_PACKS];
	uint64_t clock;
};

int vault_packs_new(int sitefd, const struct vault_log *log, const struct age_identity *with, struct vault_packs **ret, struct err *e)
{
	struct vault_packs *p = calloc(1, sizeof(*p));
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory for reading packs");
	p->sitefd = sitefd;
	p->log = log;
	p->with[p->with_n++] = *with;
	p->vaultfd = file_open_dir(sitefd, "vault", e);
	if (p->vaultfd < 0) {
		int r = p->vaultfd;
		vault_packs_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

void vault_packs_also(struct vault_packs *p, const struct age_identity *ids, size_t n)
{
	assert(n <= ARRAY_LEN(p->with) - p->with_n);
	if (n)
		memcpy(p->with + p->with_n, ids, n * sizeof(*ids));
	p->with_n += n;
}

int vault_packs_new_asking(int vaultfd, const struct vault_log *log, vault_period_fn *key, void *arg, struct vault_packs **ret, struct err *e)
{
	struct vault_packs *p = calloc(1, sizeof(*p));
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory for reading packs");
	p->sitefd = -1;
	p->log = log;
	p->key = key;
	p->key_arg = arg;
	p->vaultfd = fcntl(vaultfd, F_DUPFD_CLOEXEC, 3);
	if (p->vaultfd < 0) {
		int r = err_sys(e, "vault", "cannot be kept open");
		vault_packs_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

void vault_packs_free(struct vault_packs *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < OPEN_PACKS; i++)
		vault_pack_close(p->open[i].pack);
	if (p->periods)
		seal_wipe(p->periods, p->period_n * sizeof(*p->periods));
	free(p->periods);
	if (p->vaultfd >= 0)
		close(p->vaultfd);
	seal_wipe(p, sizeof(*p));
	free(p);
}

static int period_key(struct vault_packs *p, const char *name, const struct age_identity **ret, struct err *e)
{
	for (size_t i = 0; i < p->period_n; i++)
		if (!strcmp(p->periods[i].name, name)) {
			*ret = &p->periods[i].id;
			return 0;
		}
	if (p->period_n == PERIODS_MAX)
		return err_set(e, ERR_LIMIT, NULL, "more period keys than %d", PERIODS_MAX);
	/* not realloc: it would leave keys behind in memory that is given back */
	struct period *more = calloc(p->period_n + 1, sizeof(*more)), *old = p->periods;
	if (!more)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a period's key");
	int r = p->key ? p->key(p->key_arg, name, &more[p->period_n].id, e) : site_period_open_any(p->sitefd, p->with, p->with_n, name, &more[p->period_n].id, e);
	if (r < 0) {
		free(more);
		return r;
	}
	memcpy(more[p->period_n].name, name, strlen(name) + 1);
	if (old) {
		memcpy(more, old, p->period_n * sizeof(*more));
		seal_wipe(old, p->period_n * sizeof(*old));
		free(old);
	}
	p->periods = more;
	*ret = &more[p->period_n++].id;
	return 0;
}

static int open_one(struct vault_packs *p, int class, uint64_t number, struct vault_pack **ret, struct err *e)
{
	const struct vault_known_pack *k = vault_log_pack(p->log, class, number);
	const struct age_identity *id;
	char name[48];
	vault_pack_name(class, number, name);
	if (!k)
		return err_set(e, ERR_NOT_FOUND, name, "the ledger names no such pack");
	int r = period_key(p, vault_log_string(p->log, k->period), &id, e);
	return r < 0 ? r : vault_pack_open(p->vaultfd, name, id, ret, e);
}

int vault_packs_get(struct vault_packs *p, int class, uint64_t number, struct vault_pack **ret, struct err *e)
{
	struct open_pack *oldest = &p->open[0];
	p->clock++;
	for (size_t i = 0; i < OPEN_PACKS; i++) {
		struct open_pack *o = &p->open[i];
		if (o->pack && o->class == class && o->number == number) {
			o->used = p->clock;
			*ret = o->pack;
			return 0;
		}
		if (o->used < oldest->used)
			oldest = o;
	}
	struct vault_pack *pack;
	int r = open_one(p, class, number, &pack, e);
	if (r < 0)
		return r;
	vault_pack_close(oldest->pack);
	*oldest = (struct open_pack){.pack = pack, .class = class, .number = number, .used = p->clock};
	*ret = pack;
	return 0;
}

int vault_packs_read(struct vault_packs *p, int class, const struct vault_extent *x, void *out, struct err *e)
{
	struct vault_pack *pack;
	assert(x->pack != 0);
	int r = vault_packs_get(p, class, x->pack, &pack, e);
	if (r == 0)
		r = vault_pack_read(pack, out, (size_t)x->length, x->offset, e);
	if (r < 0 && e && !strstr(e->place, ".age")) {
		char name[48];
		vault_pack_name(class, x->pack, name);
		err_in(e, name);
	}
	return r;
}
