/* serve and the vault meet here: what the vault role asks of the vault (serve.h, struct serve_vault). */
#include "cli.h"
#include "cli_internal.h"
#include "vault.h"

static int standing(int vaultfd, int workfd, const char *agent, const char *source, const char *files_period, struct jsonw *ret, struct err *e)
{
	const struct vault_receive v = {.vaultfd = vaultfd, .workfd = workfd, .agent = agent};
	return vault_receive_standing(&v, source, files_period, ret, e);
}

/* ---- struct vault_ledger over what the role gives ---- */

struct receiving {
	const struct serve_vault_keeper *k;
};

static int recipient(void *arg, int class, char ret_period[SITE_PERIOD_MAX], struct age_recipient *ret, struct err *e)
{
	const struct receiving *x = arg;
	return class == VAULT_CATALOGUE ? x->k->recipient(x->k->arg, ret_period, ret, e) : err_set(e, ERR_USAGE, NULL, "content is sealed by agents");
}

static int pack_number(void *arg, int class, uint64_t *ret, struct err *e)
{
	const struct receiving *x = arg;
	(void)class;
	return x->k->number(x->k->arg, ret, e);
}

static int pack(void *arg, struct vault_pack_info *p, struct err *e)
{
	const struct receiving *x = arg;
	const struct control_vault_pack q = {.name = p->name, .period = p->period, .domain = p->domain, .class = p->class, .size = p->size, .plain = p->plain, .sha256 = p->sha256};
	return x->k->pack(x->k->arg, &q, &p->entry, e);
}

static int snapshot(void *arg, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	const struct receiving *x = arg;
	return x->k->snapshot(x->k->arg, body, ret_seq, ret_time, e);
}

static int period(void *arg, const char *name, struct age_identity *ret, struct err *e)
{
	const struct receiving *x = arg;
	return x->k->period(x->k->arg, name, ret, e);
}

static int receive(int vaultfd, int workfd, int listfd, const char *agent, const uint8_t dedupe[32], struct slice meta, const struct serve_vault_keeper *k, struct buf *ret_json, struct err *e)
{
	struct receiving x = {k};
	const struct vault_ledger l = {.arg = &x, .recipient = recipient, .pack_number = pack_number, .pack = pack, .snapshot = snapshot};
	const struct vault_receive v = {.vaultfd = vaultfd, .workfd = workfd, .agent = agent, .dedupe = dedupe, .ledger = &l, .period = period, .arg = &x};
	return vault_receive_snapshot(&v, listfd, meta, ret_json, e);
}

const struct serve_vault *cli_serve_vault(void)
{
	static const struct serve_vault ops = {.standing = standing, .snapshot = receive, .note = vault_receive_note};
	return &ops;
}
