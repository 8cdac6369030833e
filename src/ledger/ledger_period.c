/* The keys of the quarters that packs are sealed to (seal.h, site_period_*), each opened once and kept. */
#include "ledger_internal.h"

#include <stdlib.h>

/* (year * 10 + quarter) * 100 + M, UTC; here with M 0, the quarter's first key */
uint32_t ledger_period_of(int64_t time)
{
	int y, mo, d, h, mi, s;
	time_civil(time, &y, &mo, &d, &h, &mi, &s);
	return ((uint32_t)y * 10 + (uint32_t)(mo - 1) / 3 + 1) * 100;
}

/* "care-2026Q3", "care-2026Q3r1" */
void ledger_period_name(uint32_t period, char out[SITE_PERIOD_MAX])
{
	site_period_join(PACK_CLASS, (int)(period / 1000), (int)(period / 100 % 10), (int)(period % 100), out);
}

int ledger_period_parse(struct slice s, uint32_t *ret)
{
	char name[SITE_PERIOD_MAX], class[SITE_PERIOD_MAX];
	int year, quarter, m;
	if (!s.n || s.n >= sizeof name || memchr(s.p, 0, s.n))
		return ERR_INPUT;
	memcpy(name, s.p, s.n);
	name[s.n] = 0;
	if (site_period_parts(name, class, &year, &quarter, &m, NULL) < 0 || strcmp(class, PACK_CLASS) || year < 1970 || year > 2262)
		return ERR_INPUT;
	*ret = (uint32_t)(year * 1000 + quarter * 100 + m);
	return 0;
}

/* The key in use for entries of this time: `key rotate` may have made another within the quarter. Looked up once a quarter, and after ledger_rekey. */
uint32_t ledger_period_in_use(struct ledger_periods *p, int64_t time)
{
	uint32_t base = ledger_period_of(time), now;
	char name[SITE_PERIOD_MAX];
	if (p->use_base == base)
		return p->use;
	site_period_current(p->sitefd, PACK_CLASS, time, name);
	p->use = ledger_period_parse(slice_str(name), &now) == 0 ? now : base;
	p->use_base = base;
	return p->use;
}

void ledger_periods_init(struct ledger_periods *p, int sitefd, const struct site_keys *k)
{
	memset(p, 0, sizeof *p);
	p->sitefd = sitefd;
	if (k) { /* all but the signing key, which is not needed here */
		p->keys.care = k->care;
		memcpy(p->keys.older, k->older, sizeof p->keys.older);
		p->keys.older_n = k->older_n;
		p->keys.recovery = k->recovery;
		p->keys.can_open = k->can_open;
	}
}

void ledger_periods_done(struct ledger_periods *p)
{
	if (p->have)
		seal_wipe(p->have, p->cap * sizeof *p->have);
	free(p->have);
	seal_wipe(p, sizeof *p);
}

static int grow(struct ledger_periods *p, struct err *e)
{
	size_t cap = p->cap ? p->cap * 2 : 8;
	struct ledger_period *more = calloc(cap, sizeof *more);
	if (!more)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a key");
	if (p->n) { /* copied by hand: realloc would leave keys behind */
		memcpy(more, p->have, p->n * sizeof *more);
		seal_wipe(p->have, p->n * sizeof *more);
	}
	free(p->have);
	p->have = more;
	p->cap = cap;
	return 0;
}

int ledger_period_get(struct ledger_periods *p, uint32_t period, struct age_identity *ret, struct err *e)
{
	char name[SITE_PERIOD_MAX];
	for (size_t i = 0; i < p->n; i++)
		if (p->have[i].period == period) {
			*ret = p->have[i].id;
			return 0;
		}
	int r = p->n == p->cap ? grow(p, e) : 0;
	ledger_period_name(period, name);
	if (r == 0)
		r = site_period_identity(p->sitefd, &p->keys, name, ret, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_CRYPTO, name, "the key of this quarter is not in keys/period: its bodies cannot be opened; copy it back from a replica");
	if (r == 0)
		p->have[p->n++] = (struct ledger_period){.period = period, .id = *ret};
	return r;
}

/* For writing; the key is made, durably, with its quarter's first pack. */
int ledger_period_recipient(struct ledger_periods *p, uint32_t period, struct age_recipient *ret, struct err *e)
{
	char name[SITE_PERIOD_MAX];
	ledger_period_name(period, name);
	return site_period_recipient(p->sitefd, &p->keys, name, true, ret, e);
}
