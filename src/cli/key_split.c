/* holdfast key split IDENTITY_FILE: new shares of a key, for when a holder has gone or the rule shall be another. The old shares go on opening it: they have to be collected. */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int rule_of(const char *text, int *k, int *n, struct err *e)
{
	struct slice right, left = slice_cut(slice_str(text), '/', &right);
	uint64_t a, b;
	if (num_u64(left, 1, SHARE_MAX, &a) < 0 || num_u64(right, 1, SHARE_MAX, &b) < 0 || a > b || (a == 1 && b != 1))
		return err_set(e, ERR_USAGE, "--shares", "say K/N such as 2/3: at most %d shares, any K of which open the key", SHARE_MAX);
	*k = (int)a;
	*n = (int)b;
	return 0;
}

/* Never over a file that is there: it may be the last share of something else. */
static int put(const char *path, const struct share *sh, const char *name, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	buf_init_secret(&text, 1 << 16);
	share_format(sh, name, &text);
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? err_set(e, ERR_EXISTS, path, "a share of that name is there already and is not overwritten") : err_sys(e, path, "cannot write the share");
	int r = buf_ok(&text) ? file_write_all(fd, buf_slice(&text), e, path) : err_set(e, ERR_MEMORY, path, "no memory");
	if (r == 0 && fsync(fd) < 0)
		r = err_sys(e, path, "cannot make the share durable");
	if (r < 0)
		unlink(path);
	return r;
}

struct splitting {
	const char *dir;
	char name[128], file[128];
	int k, n;
	struct share shares[SHARE_MAX];
	char paths[SHARE_MAX][4600];
	int written;
};

static int put_all(struct splitting *p, struct err *e)
{
	int r = 0;
	for (int i = 0; r == 0 && i < p->n; i++) {
		int len = snprintf(p->paths[i], sizeof p->paths[i], "%s/%s-share-%d-of-%d.txt", p->dir, p->file, i + 1, p->n);
		r = len < (int)sizeof p->paths[i] ? put(p->paths[i], &p->shares[i], p->name, e) : err_set(e, ERR_LIMIT, p->dir, "the path is too long");
		p->written += r == 0;
	}
	if (r == 0)
		r = file_sync_dir(AT_FDCWD, p->dir, e);
	for (int i = 0; r < 0 && i < p->written; i++) /* all or none */
		unlink(p->paths[i]);
	return r;
}

/* As init names them: the site's name, without what a path would not take. */
static void name_file(struct splitting *p)
{
	size_t n = 0;
	for (const char *c = p->name; *c && n < sizeof p->file - 1; c++, n++)
		p->file[n] = *c == '/' || (uint8_t)*c < 0x20 || *c == 0x7f || (n == 0 && *c == '.') ? '-' : *c;
	p->file[n] = 0;
}

static int look_at_site(const char *site, const struct age_identity *id, struct splitting *p, struct err *e)
{
	struct site s;
	struct site_keys keys = {0};
	int r = cli_site(site, &s, e);
	if (r < 0)
		return r;
	snprintf(p->name, sizeof p->name, "%s", s.name);
	r = site_keys_open(s.fd, &keys, e);
	if (r == 0 && !seal_equal(keys.recovery.pub, id->to.pub, sizeof id->to.pub))
		r = err_set(e, ERR_NO, s.path, "this key is not the site's recovery key");
	site_keys_wipe(&keys);
	site_close(&s);
	return r;
}

static int tell(const struct splitting *p, bool json)
{
	if (!json) {
		for (int i = 0; i < p->n; i++)
			printf("%s\n", p->paths[i]);
		cli_note("%d shares, any %d of which open the key. Print each, give it to its holder, test it with `holdfast key check`, and delete the files. The shares of earlier sets open it as before: collect and destroy them.", p->n,
		         p->k);
		return 0;
	}
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	buf_init(&out, 1 << 20);
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "needed", (uint64_t)p->k);
	jsonw_key(&w, "shares");
	jsonw_arr(&w);
	for (int i = 0; i < p->n; i++)
		jsonw_str(&w, p->paths[i]);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&out));
	return 0;
}

int key_split(const struct key_options *o)
{
	static struct splitting p;
	struct err e = {0};
	struct age_identity id;
	struct cli_list none = {.n = 0};
	bool has;
	p = (struct splitting){.dir = o->out ? o->out : ".", .k = 2, .n = 3, .name = "recovery-key"};
	if (o->rule && rule_of(o->rule, &p.k, &p.n, &e) < 0)
		return cli_fail(&e);
	int r = cli_recovery(o->args->v[1], &none, &id, &has, &e);
	if (r == 0 && o->site)
		r = look_at_site(o->site, &id, &p, &e);
	if (r == 0 && o->out)
		r = file_mkdir(AT_FDCWD, o->out, 0700, &e);
	if (r == 0)
		r = share_split(slice_of(id.secret, sizeof id.secret), p.k, p.n, p.shares, &e);
	seal_wipe(&id, sizeof id);
	name_file(&p);
	if (r == 0)
		r = put_all(&p, &e);
	seal_wipe(p.shares, sizeof p.shares);
	return r < 0 ? cli_fail(&e) : tell(&p, o->json);
}
