/* What the tests of agents share: an agent and its site in one process. The link between them carries nothing over a network and does what the vault role does with it (src/serve/vault_role.c): what is brought is compared with
 * its SHA-256, gets its name in SITE/vault, then its entry. */
#ifndef HOLDFAST_AGENT_TEST_H
#define HOLDFAST_AGENT_TEST_H

#include "vault/vault_test.h"

#include "agent_internal.h"

#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"

struct agent {
	struct site *s;
	struct vault_credential c;
	struct vault_link link;
	struct vault_ledger ledger; /* the site's, for what it receives */
	char state[160];
	int statefd, workfd, listfd;
	uint8_t list_sha[SEAL_HASH];
	uint64_t packs, lists, list_bytes, fail_put; /* fail_put: the n-th pack is not taken, 0: all are */
	bool keep_begun;                            /* the answer to the snapshot is lost once */
};

static inline int agent_log(struct agent *a, struct err *e)
{
	struct buf b;
	buf_init(&b, 64 << 20);
	int r = file_read(a->s->vaultfd, "log", 64 << 20, &b, e);
	if (r == ERR_NOT_FOUND) {
		buf_str(&b, VAULT_LOG_HEAD);
		r = 0;
	}
	if (r == 0)
		r = file_replace(a->workfd, "log", buf_slice(&b), 0600, e);
	buf_done(&b);
	return r;
}

static inline int agent_period(void *arg, const char *period, struct age_identity *ret, struct err *e)
{
	struct agent *a = arg;
	assert(!strncmp(period, "catalogue-", 10)); /* the site hands out no other */
	return site_period_open(a->s->fd, &a->s->keys.care, period, ret, e);
}

static inline int agent_in_pack(void *arg, struct vault_pack_info *p, struct err *e)
{
	struct agent *a = arg;
	if (linkat(a->workfd, p->name, a->s->vaultfd, p->name, 0) < 0)
		return err_sys(e, p->name, "cannot be linked");
	int r = test_pack(a->s, p, e);
	(void)unlinkat(a->workfd, p->name, 0);
	return r;
}

static inline int agent_in_number(void *arg, int class, uint64_t *ret, struct err *e)
{
	return test_pack_number(((struct agent *)arg)->s, class, ret, e);
}
static inline int agent_in_recipient(void *arg, int class, char ret_period[SITE_PERIOD_MAX], struct age_recipient *ret, struct err *e)
{
	return test_recipient(((struct agent *)arg)->s, class, ret_period, ret, e);
}
static inline int agent_in_snapshot(void *arg, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	return test_snapshot(((struct agent *)arg)->s, body, ret_seq, ret_time, e);
}

static inline struct vault_receive agent_receive(struct agent *a)
{
	a->ledger = (struct vault_ledger){.arg = a, .recipient = agent_in_recipient, .pack_number = agent_in_number, .pack = agent_in_pack, .snapshot = agent_in_snapshot};
	return (struct vault_receive){.vaultfd = a->s->vaultfd, .workfd = a->workfd, .agent = a->c.agent, .dedupe = a->c.dedupe, .ledger = &a->ledger, .period = agent_period, .arg = a};
}

static inline void recipients_note(struct site *s, struct buf *ret)
{
	struct buf text;
	char period[SITE_PERIOD_MAX], to[80];
	struct age_recipient r;
	buf_init(&text, 4096);
	OK(test_recipient(s, VAULT_CONTENT, period, &r, e));
	age_recipient_format(&r, to);
	buf_printf(&text, "holdfast recipients 1\n%s\nfiles %s %s\n", s->keys.signing.v.name, period, to);
	OK(test_recipient(s, VAULT_CATALOGUE, period, &r, e));
	age_recipient_format(&r, to);
	buf_printf(&text, "catalogue %s %s\n", period, to);
	OK(note_sign(&s->keys.signing, buf_slice(&text), ret, e));
	buf_done(&text);
}

static inline int standing_json(struct agent *a, const char *source, struct slice note, struct buf *ret, struct err *why)
{
	struct vault_receive v = agent_receive(a);
	struct jsonw w;
	char period[SITE_PERIOD_MAX];
	struct age_recipient r;
	OK(test_recipient(a->s, VAULT_CONTENT, period, &r, e));
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kslice(&w, "recipients", note);
	int code = vault_receive_standing(&v, source, period, &w, why);
	if (code < 0)
		return code;
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return 0;
}

static inline int agent_begin(void *arg, const char *source, struct vault_standing *ret, struct err *e)
{
	struct agent *a = arg;
	struct buf note, json;
	buf_init(&note, 8192);
	buf_init(&json, 1 << 20);
	recipients_note(a->s, &note);
	int r = agent_log(a, e);
	if (r == 0)
		r = standing_json(a, source, buf_slice(&note), &json, e);
	if (r == 0)
		r = vault_standing_parse(buf_slice(&json), &a->c, ret, e);
	buf_done(&note);
	buf_done(&json);
	return r;
}

static inline int agent_number(void *arg, uint64_t *ret, struct err *e)
{
	return test_pack_number(((struct agent *)arg)->s, VAULT_CONTENT, ret, e);
}

static inline int copy_checked(const struct vault_upload *u, int to, struct err *e)
{
	struct buf b;
	uint8_t sum[SEAL_HASH];
	buf_init(&b, 64 << 20);
	uint8_t *p = buf_space(&b, (size_t)u->size + 1);
	int r = p ? file_pread_all(u->fd, p, (size_t)u->size, 0, e, "upload") : ERR_MEMORY;
	if (r == 0) {
		seal_sha256_once(slice_of(p, (size_t)u->size), sum);
		r = memcmp(sum, u->sha256, sizeof sum) ? err_set(e, ERR_INPUT, NULL, "the SHA-256 differs") : file_pwrite_all(to, slice_of(p, (size_t)u->size), 0, e, "upload");
	}
	buf_done(&b);
	return r == 0 && fsync(to) < 0 ? err_sys(e, "upload", "fsync") : r;
}

static inline int agent_put(void *arg, const struct vault_upload *u, struct err *e)
{
	struct agent *a = arg;
	if (u->number == 0) {
		if (ftruncate(a->listfd, 0) < 0)
			return err_sys(e, "list", "cannot be emptied");
		memcpy(a->list_sha, u->sha256, SEAL_HASH);
		a->lists++;
		a->list_bytes = u->size;
		return copy_checked(u, a->listfd, e);
	}
	if (++a->packs == a->fail_put)
		return err_set(e, ERR_SYSTEM, NULL, "the network is gone");
	struct vault_pack_info p = {.class = VAULT_CONTENT, .size = u->size, .plain = u->plain};
	vault_pack_name(VAULT_CONTENT, u->number, p.name);
	snprintf(p.period, sizeof p.period, "%s", u->period);
	snprintf(p.domain, sizeof p.domain, "%s", a->c.agent);
	memcpy(p.sha256, u->sha256, SEAL_HASH);
	int fd = openat(a->s->vaultfd, p.name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, p.name, "cannot be made");
	int r = copy_checked(u, fd, e);
	close(fd);
	return r == 0 ? test_pack(a->s, &p, e) : r;
}

static inline int agent_snapshot(void *arg, struct slice meta, const uint8_t list[SEAL_HASH], struct buf *ret_json, struct err *e)
{
	struct agent *a = arg;
	struct vault_receive v = agent_receive(a);
	assert(!memcmp(list, a->list_sha, SEAL_HASH));
	int r = agent_log(a, e);
	if (r == 0)
		r = vault_receive_snapshot(&v, a->listfd, meta, ret_json, e);
	if (r == 0 && a->keep_begun) { /* its answer got lost: the same is asked again */
		a->keep_begun = false;
		buf_reset(ret_json);
		r = agent_log(a, e);
		if (r == 0)
			r = vault_receive_snapshot(&v, a->listfd, meta, ret_json, e);
	}
	return r;
}

static inline void agent_open(struct agent *a, struct site *s, const char *name)
{
	char period[SITE_PERIOD_MAX];
	memset(a, 0, sizeof *a);
	a->s = s;
	snprintf(a->c.agent, sizeof a->c.agent, "%s", name);
	snprintf(a->c.site, sizeof a->c.site, "Ward");
	snprintf(a->c.url, sizeof a->c.url, "https://127.0.0.1:1");
	snprintf(a->c.token, sizeof a->c.token, "hft_abc_def");
	a->c.log = s->keys.signing.v;
	buf_init(&a->c.ca, 1 << 16);
	buf_str(&a->c.ca, CERTIFICATE);
	OK(seal_agent_key(s->keys.dedupe, name, a->c.dedupe, e));
	OK(test_recipient(s, VAULT_CONTENT, period, &a->c.files.to, e));
	snprintf(a->c.files.period, sizeof a->c.files.period, "%s", period);
	OK(test_recipient(s, VAULT_CATALOGUE, period, &a->c.catalogue.to, e));
	snprintf(a->c.catalogue.period, sizeof a->c.catalogue.period, "%s", period);
	snprintf(a->state, sizeof a->state, "%.100s/state-%s", s->path, name);
	OK(file_mkdir(AT_FDCWD, a->state, 0700, e));
	a->statefd = open(a->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OK(file_mkdir(s->vaultfd, "in", 0700, e));
	a->workfd = openat(s->vaultfd, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	a->listfd = openat(a->workfd, "list", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(a->statefd >= 0 && a->workfd >= 0 && a->listfd >= 0);
	a->link = (struct vault_link){.arg = a, .begin = agent_begin, .number = agent_number, .put = agent_put, .snapshot = agent_snapshot};
}

static inline void agent_close(struct agent *a)
{
	close(a->statefd);
	close(a->workfd);
	close(a->listfd);
	vault_credential_done(&a->c);
}

static inline int agent_backup_as(struct agent *a, const char *source, struct vault_snapshot *ret, struct err *e)
{
	const char *paths[] = {a->s->tree};
	struct vault_backup_options o = {.source = source, .paths = paths, .path_n = 1, .readers = 2};
	return vault_agent_backup(a->statefd, &a->c, &a->link, &o, ret, e);
}

#endif
