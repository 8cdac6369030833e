/* site_create: a new site. site.ini is written last: a folder without it is no site, so an init that was broken off cannot be taken for one. */
#include "fhir.h"
#include "hl7.h"
#include "role.h"
#include "sandbox.h"
#include "site.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct creating {
	const struct site_init *o;
	const char *name;
	char origin[NOTE_NAME_MAX + 1];
	char path[4096];      /* absolute */
	char shares_dir[4096];
	int fd;
	bool made_folder, made_shares_dir;
	struct site_keys keys;
	struct share shares[SHARE_MAX];
	char share_paths[SHARE_MAX][4600];
	int shares_written;
};

/* ---- taking back what a failed init made ---- */

static void take_back(struct creating *c)
{
	for (int i = 0; i < c->shares_written; i++)
		unlink(c->share_paths[i]);
	static const char *const ours[] = {"keys", "keys.new", "tls", "ledger", "wal", "packs", "vault", "replicas", "outbox", "outside", "scope", "packets", "view", "copies", "run", "lock", SHARES_WRITTEN, "site.ini"};
	for (size_t i = 0; c->fd >= 0 && i < ARRAY_LEN(ours); i++)
		file_remove_tree(c->fd, ours[i]);
	if (c->made_shares_dir)
		rmdir(c->shares_dir);
	if (c->made_folder)
		rmdir(c->path);
}

/* ---- the folder ---- */

static int is_empty(int fd, const char *path, struct err *e)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	if (!d) {
		if (copy >= 0)
			close(copy);
		return err_sys(e, path, "cannot be listed");
	}
	int r = 0;
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		if (!strcmp(en->d_name, ".") || !strcmp(en->d_name, ".."))
			continue;
		struct stat st;
		bool site = fstatat(fd, "site.ini", &st, AT_SYMLINK_NOFOLLOW) == 0;
		r = err_set(e, ERR_EXISTS, path, site ? "there is a site in it already" : "the folder is not empty; name one that is new or empty");
	}
	closedir(d);
	return r;
}

static int open_folder(struct creating *c, const char *path, struct err *e)
{
	if (mkdir(path, 0755) == 0)
		c->made_folder = true;
	else if (errno != EEXIST)
		return err_sys(e, path, "cannot make the folder");
	c->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->fd < 0)
		return err_sys(e, path, "cannot open the folder");
	char *real = realpath(path, NULL);
	if (!real || strlen(real) >= sizeof c->path - 64) {
		free(real);
		return err_set(e, ERR_LIMIT, path, "its full path is too long");
	}
	memcpy(c->path, real, strlen(real) + 1);
	free(real);
	if (!c->made_folder) {
		int r = is_empty(c->fd, path, e);
		if (r < 0) {
			close(c->fd);
			c->fd = -1; /* nothing in it is ours to take back */
		}
		return r;
	}
	if (fchmod(c->fd, 0755) < 0)
		return err_sys(e, path, "cannot set the folder's mode");
	return 0;
}

/* "holdfast/st-mary-1a2b3c4d": a name for the log that no other site has; no blank, no plus (C2SP signed-note). */
static void make_origin(struct creating *c)
{
	char slug[41] = "";
	size_t n = 0;
	AUTO_BUF struct buf folded = {0};
	buf_init(&folded, 1024);
	utf8_fold(&folded, slice_str(c->name));
	for (size_t i = 0; i < folded.n && n < sizeof slug - 1; i++) {
		uint8_t ch = folded.p[i];
		bool plain = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');
		if (plain)
			slug[n++] = (char)ch;
		else if (n && slug[n - 1] != '-')
			slug[n++] = '-';
	}
	while (n && slug[n - 1] == '-')
		n--;
	slug[n] = 0;
	uint8_t r[4];
	seal_random(r, sizeof r);
	snprintf(c->origin, sizeof c->origin, "holdfast/%s-%02x%02x%02x%02x", n ? slug : "site", r[0], r[1], r[2], r[3]);
}

/* ---- shares ---- */

static void share_path(struct creating *c, int i)
{
	char name[128];
	size_t n = 0;
	for (const char *p = c->name; *p && n < sizeof name - 1; p++)
		name[n] = *p == '/' || (uint8_t)*p < 0x20 || *p == 0x7f || (n == 0 && *p == '.') ? '-' : *p, n++;
	name[n] = 0;
	snprintf(c->share_paths[i], sizeof c->share_paths[i], "%s/%s-share-%d-of-%d.txt", c->shares_dir, name, c->shares[i].index, c->shares[i].n);
}

static int put_share(struct creating *c, int i, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	buf_init_secret(&text, 1 << 16);
	share_format(&c->shares[i], c->name, &text);
	share_path(c, i);
	const char *path = c->share_paths[i];
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? err_set(e, ERR_EXISTS, path, "a share of that name is there already, of another site or of one made before; it is not overwritten. Take the old shares away, or say another folder with --shares-dir") : err_sys(e, path, "cannot write the share");
	c->shares_written = i + 1;
	int r = buf_ok(&text) ? file_write_all(fd, buf_slice(&text), e, path) : err_set(e, ERR_MEMORY, path, "no memory");
	if (r == 0 && fsync(fd) < 0)
		r = err_sys(e, path, "cannot make the share durable");
	return r;
}

static int put_shares(struct creating *c, int n, struct err *e)
{
	AUTO_BUF struct buf where = {0};
	buf_init(&where, 1 << 17);
	int r = 0;
	for (int i = 0; r == 0 && i < n; i++) {
		r = put_share(c, i, e);
		buf_printf(&where, "%s\n", c->share_paths[i]);
	}
	if (r == 0)
		r = file_sync_dir(AT_FDCWD, c->shares_dir, e);
	if (r == 0)
		r = file_replace(c->fd, SHARES_WRITTEN, buf_slice(&where), 0644, e);
	return r;
}

void site_shares_left(int sitefd, struct buf *ret_json)
{
	AUTO_BUF struct buf text = {0};
	struct err e;
	struct jsonw w;
	buf_init(&text, 1 << 17);
	jsonw_init(&w, ret_json);
	jsonw_arr(&w);
	if (file_read(sitefd, SHARES_WRITTEN, 1 << 17, &text, &e) == 0) {
		struct slice rest = buf_slice(&text);
		while (rest.n) {
			struct slice line = slice_cut(rest, '\n', &rest);
			char path[4600];
			if (line.n == 0 || line.n >= sizeof path)
				continue;
			memcpy(path, line.p, line.n);
			path[line.n] = 0;
			if (access(path, F_OK) == 0)
				jsonw_str(&w, path);
		}
	}
	jsonw_arr_end(&w);
	jsonw_done(&w);
}

/* ---- ledger and view ---- */

static void site_entry(const struct creating *c, int n, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "name", c->name);
	jsonw_kstr(&w, "origin", c->origin);
	jsonw_kstr(&w, "version", HOLDFAST_VERSION);
	jsonw_ku64(&w, "epoch", 1);
	jsonw_ku64(&w, "needed", (uint64_t)c->shares[0].k);
	jsonw_key(&w, "shares");
	jsonw_arr(&w);
	for (int i = 0; i < n; i++) {
		uint8_t h[SEAL_HASH];
		char hex[2 * SEAL_HASH + 1];
		share_hash(&c->shares[i], h);
		for (size_t k = 0; k < sizeof h; k++)
			snprintf(hex + 2 * k, 3, "%02x", h[k]);
		jsonw_obj(&w);
		jsonw_ku64(&w, "index", (uint64_t)c->shares[i].index);
		jsonw_kstr(&w, "hash", hex);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

static int first_entry(struct creating *c, int n, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	buf_init(&body, 1 << 16);
	site_entry(c, n, &body);
	int r = ledger_create(c->fd, &c->keys, e);
	if (r < 0)
		return r;
	struct ledger *l = NULL;
	struct ledger_options o = {.write = true, .segment_size = UINT64_C(8) << 20}; /* the first one; a feed makes larger ones */
	r = ledger_open(c->fd, &c->keys, &o, &l, NULL, e);
	if (r < 0)
		return r;
	uint64_t seq;
	int64_t t;
	r = ledger_append(l, LEDGER_SITE, 0, "site", buf_slice(&body), false, &seq, &t, e);
	if (r == 0)
		r = ledger_commit(l, e);
	if (r == 0)
		r = ledger_close(l, e);
	else
		ledger_free(l);
	return r;
}

static int empty_view(struct creating *c, struct err *e)
{
	char path[4200];
	int r = file_mkdir(c->fd, "view", 0750, e);
	if (r == 0)
		r = file_mkdir(c->fd, "copies", 0750, e);
	if (r < 0)
		return r;
	snprintf(path, sizeof path, "%s/view/chart.db", c->path);
	mode_t old = umask(027); /* patients in clear */
	struct chart *ch = NULL;
	struct chart_options o = {.write = true, .site_name = c->name, .readers = SERVE_READERS};
	r = chart_open(path, &o, &ch, e);
	if (r == 0)
		chart_close(ch);
	umask(old);
	return r;
}

static int settings(struct creating *c, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	buf_printf(&b,
	           "# Settings of this site; holdfast-site.ini(5) explains each one. Restart the daemon after a change.\n"
	           "[site]\n"
	           "name = %s\n"
	           "# the log's own name, in every checkpoint: never change it\n"
	           "origin = %s\n"
	           "# minutes east of UTC, for times that a sender writes without a zone\n"
	           "zone = %d\n"
	           "%s"
	           "\n"
	           "[http]\n"
	           "# browsers and FHIR clients, HTTPS; an address of this host lets the wards in\n"
	           "address = " SITE_HTTP_DEFAULT "\n"
	           "\n"
	           "# One section a feed; its name stands in every entry that comes by it.\n"
	           "[listener adt]\n"
	           "address = 127.0.0.1:2575\n"
	           "tls = no\n"
	           "ack = auto\n"
	           "\n"
	           "# From other hosts: TLS, both sides with certificates.\n"
	           "#[listener lab]\n"
	           "#address = 0.0.0.0:2576\n"
	           "#tls = yes\n"
	           "#ca = tls/partners.crt\n"
	           "#allow = lab-engine.example.org, sha256:0011...\n"
	           "\n"
	           "[limits]\n"
	           "#reserve-mib = 1024\n",
	           c->name, c->origin, c->o->zone_minutes, c->o->drill ? "# a drill's copy: it reaches no other machine, and what it sends says that it is of a drill\ndrill = yes\n" : "");
	if (c->o->reserve_mib)
		buf_printf(&b, "reserve-mib = %u\n", c->o->reserve_mib);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), "site.ini", "the name is too long");
	return file_replace(c->fd, "site.ini", buf_slice(&b), 0644, e);
}

int site_make_vault(int sitefd, struct err *e)
{
	if (mkdirat(sitefd, "replicas", 0755) < 0 && errno != EEXIST)
		return err_sys(e, "replicas", "cannot make the folder");
	if (mkdirat(sitefd, "outbox", 0750) < 0 && errno != EEXIST)
		return err_sys(e, "outbox", "cannot make the folder");
	if (mkdirat(sitefd, "outside", 0755) < 0 && errno != EEXIST)
		return err_sys(e, "outside", "cannot make the folder");
	if (mkdirat(sitefd, "scope", 0700) < 0 && errno != EEXIST) /* the keeper is let into it before there is a case */
		return err_sys(e, "scope", "cannot make the folder");
	if (mkdirat(sitefd, "packets", 0755) < 0 && errno != EEXIST) /* units' keys: no secret in them that their words do not guard */
		return err_sys(e, "packets", "cannot make the folder");
	if (mkdirat(sitefd, "packets/made", 0755) < 0 && errno != EEXIST && errno != EACCES) /* (whose packets is, and what to do, owners_give says) */
		return err_sys(e, "packets/made", "cannot make the folder");
	struct stat st;
	if (fstatat(sitefd, "vault", &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
		return err_set(e, ERR_EXISTS, "vault", "something else than a folder is in its place");
	if (mkdirat(sitefd, "vault", 0750) < 0 && errno != EEXIST)
		return err_sys(e, "vault", "cannot make the folder");
	if (fstatat(sitefd, "vault/in", &st, AT_SYMLINK_NOFOLLOW) == 0) /* what agents bring */
		return S_ISDIR(st.st_mode) ? 0 : err_set(e, ERR_EXISTS, "vault/in", "something else than a folder is in its place");
	if (faccessat(sitefd, "vault", W_OK | X_OK, AT_EACCESS) < 0 && errno == EACCES)
		return 0; /* whose it is, and what to do, owners_give says */
	if ((mkdirat(sitefd, "vault/in", 0700) < 0 && errno != EEXIST) || fchmodat(sitefd, "vault/in", 02700, 0) < 0) /* packs keep the folder's group, which may look whether they are there */
		return err_sys(e, "vault/in", "cannot make the folder");
	return file_sync_dir(sitefd, ".", e);
}

static int make_lock(struct creating *c, struct err *e)
{
	AUTO_CLOSE int fd = openat(c->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "lock", "cannot make it");
	return file_mkdir(c->fd, "run", 0755, e);
}

static int check_input(struct creating *c, const struct site_init *o, struct err *e)
{
	struct slice n = slice_str(c->name);
	if (n.n == 0 || n.n >= 100 || !utf8_valid(n))
		return err_set(e, ERR_USAGE, "--name", "a site's name has 1 to 99 bytes of UTF-8");
	for (size_t i = 0; i < n.n; i++)
		if (n.p[i] < 0x20 || n.p[i] == 0x7f)
			return err_set(e, ERR_USAGE, "--name", "control characters do not go into a name");
	if (slice_trim(n).n != n.n)
		return err_set(e, ERR_USAGE, "--name", "a name does not begin or end in a blank");
	const char *dir = o->shares_dir && *o->shares_dir ? o->shares_dir : ".";
	if (mkdir(dir, 0700) == 0)
		c->made_shares_dir = true;
	char *real = realpath(dir, NULL);
	if (!real)
		return err_sys(e, dir, "the recovery shares cannot go there");
	int r = strlen(real) < sizeof c->shares_dir ? 0 : err_set(e, ERR_LIMIT, dir, "the path is too long");
	if (r == 0)
		memcpy(c->shares_dir, real, strlen(real) + 1);
	free(real);
	return r;
}

/* Shares in that folder that are not this site's: of two sets in one place somebody takes the wrong ones to the safe. */
static size_t other_shares(const struct creating *c, int n)
{
	DIR *d = opendir(c->shares_dir);
	size_t others = 0;
	for (struct dirent *en; d && (en = readdir(d));) {
		size_t len = strlen(en->d_name);
		bool ours = false;
		for (int i = 0; i < n && !ours; i++)
			ours = !strcmp(strrchr(c->share_paths[i], '/') + 1, en->d_name);
		others += !ours && len > 4 && !strcmp(en->d_name + len - 4, ".txt") && strstr(en->d_name, "-share-") && strstr(en->d_name, "-of-");
	}
	if (d)
		closedir(d);
	return others;
}

static void tell(const struct creating *c, int k, int n, struct buf *talk)
{
	size_t others = other_shares(c, n);
	buf_printf(talk, "Site \"%s\" is made in %s.\nIts log is %s.\n", c->name, c->path, c->origin);
	buf_printf(talk, "Recovery shares (any %d of %d open the recovery key; nothing else on this machine can):\n", k, n);
	for (int i = 0; i < n; i++)
		buf_printf(talk, "  %s\n", c->share_paths[i]);
	if (others)
		buf_printf(talk, "In that folder lie %zu other shares, of another site or of one made before: they do not open this one. Keep them apart.\n", others);
	buf_str(talk, "Print each, give it to its holder, test it with `holdfast key check`, and delete the file: status complains until they are gone.\n");
	buf_printf(talk, "Next: holdfast user add NAME --role admin --site %s, then holdfast serve --site %s\n", c->path, c->path);
}

static int create(struct creating *c, const char *path, struct err *e)
{
	int k = c->o->n ? c->o->k : 2, n = c->o->n ? c->o->n : 3;
	struct owners own;
	make_origin(c);
	int r = open_folder(c, path, e);
	size_t inside = strlen(c->path);
	if (r == 0 && !strncmp(c->shares_dir, c->path, inside) && (!c->shares_dir[inside] || c->shares_dir[inside] == '/'))
		r = err_set(e, ERR_USAGE, "--shares-dir", "nothing of the recovery key may lie in the site itself: name another folder");
	if (r == 0)
		r = site_keys_create(c->fd, c->origin, k, n, c->shares, &c->keys, e);
	if (r == 0)
		r = tls_make(c->fd, c->name, &c->keys.recovery, e);
	if (r == 0)
		r = first_entry(c, n, e);
	if (r == 0)
		r = empty_view(c, e);
	if (r == 0)
		r = make_lock(c, e);
	if (r == 0)
		r = site_make_vault(c->fd, e);
	if (r == 0) {
		uint64_t given;
		char first[128];
		owners_default(&own);
		r = owners_give(c->fd, &own, &given, first, e);
	}
	if (r == 0)
		r = put_shares(c, n, e);
	if (r == 0)
		r = settings(c, e);
	return r == 0 ? file_sync_dir(c->fd, ".", e) : r;
}

int site_create(const char *path, const struct site_init *o, struct buf *ret_talk, struct err *e)
{
	struct creating *c = calloc(1, sizeof *c);
	if (!c)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	c->o = o;
	c->fd = -1;
	c->name = o->name && *o->name ? o->name : "Hospital";
	mode_t old = umask(022);
	int r = check_input(c, o, e);
	if (r == 0) {
		r = create(c, path, e);
		if (r == 0)
			tell(c, c->shares[0].k, c->shares[0].n, ret_talk);
		else
			take_back(c);
	}
	umask(old);
	if (c->fd >= 0)
		close(c->fd);
	seal_wipe(c, sizeof *c);
	free(c);
	return r;
}
