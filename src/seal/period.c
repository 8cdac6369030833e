/* Period keys: one age identity a retention class and quarter, so that a quarter can be forgotten by destroying one key.
 *
 *	SITE/keys/period/CLASS-YYYYQN[rM].pub   the recipient; what is sealed needs only this. A second line, "check" and base64, is HMAC-SHA-256 of the name, LF and the recipient, under the
 *	                                    deduplication key: another's recipient put there would seal a quarter to him, or to nobody, and be noticed on the day of recovery
 *	SITE/keys/period/CLASS-YYYYQN[rM].age   the identity file, sealed to care and recovery, or to recovery alone
 *
 * The .pub is written first. So a crash leaves a .pub alone, to which nothing was sealed yet, and the pair is made anew; a .age alone is never a crash of ours
 * and is never overwritten.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seal_internal.h"

#define PERIOD_FILE_MAX 65536

struct paths {
	const char *name;
	char pub[128], age[128];
};

/* "care-2026Q3" or "care-2026Q3r12": a class of small letters and digits, so that it cannot be a path; one spelling for each key */
int site_period_parts(const char *name, char ret_class[SITE_PERIOD_MAX], int *ret_year, int *ret_quarter, int *ret_m, struct err *e)
{
	size_t n = strlen(name), whole = n;
	int m = 0;
	if (n < SITE_PERIOD_MAX && n > 2 && name[n - 1] >= '0' && name[n - 1] <= '9') { /* rM, no leading zero */
		size_t digits = name[n - 2] >= '0' && name[n - 2] <= '9' ? 2 : 1;
		if (name[n - digits - 1] == 'r' && name[n - digits] != '0') {
			m = digits == 2 ? (name[n - 2] - '0') * 10 + name[n - 1] - '0' : name[n - 1] - '0';
			n -= digits + 1;
		}
	}
	bool ok = n >= 8 && whole < SITE_PERIOD_MAX && name[n - 7] == '-' && name[n - 2] == 'Q' && name[n - 1] >= '1' && name[n - 1] <= '4';
	for (size_t i = 0; ok && i < n - 7; i++)
		ok = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9');
	int year = 0;
	for (size_t i = n - 6; ok && i < n - 2; i++) {
		ok = name[i] >= '0' && name[i] <= '9';
		year = year * 10 + (name[i] - '0');
	}
	if (!ok)
		return err_set(e, ERR_USAGE, NULL, "a period's name is like care-2026Q3");
	if (ret_class) {
		memcpy(ret_class, name, n - 7);
		ret_class[n - 7] = 0;
	}
	*ret_year = year;
	*ret_quarter = name[n - 1] - '0';
	*ret_m = m;
	return 0;
}

void site_period_join(const char *class, int year, int quarter, int m, char out[SITE_PERIOD_MAX])
{
	int n = m ? snprintf(out, SITE_PERIOD_MAX, "%s-%04dQ%dr%d", class, year, quarter, m) : snprintf(out, SITE_PERIOD_MAX, "%s-%04dQ%d", class, year, quarter);
	assert(n > 0 && n < SITE_PERIOD_MAX); /* classes are our own words */
}

static int name_paths(const char *name, struct paths *ret, struct err *e)
{
	int year, quarter, m;
	int r = site_period_parts(name, NULL, &year, &quarter, &m, e);
	if (r < 0)
		return r;
	ret->name = name;
	(void)snprintf(ret->pub, sizeof(ret->pub), "keys/period/%s.pub", name);
	(void)snprintf(ret->age, sizeof(ret->age), "keys/period/%s.age", name);
	return 0;
}

void site_period_name(const char *class, int64_t time, char out[SITE_PERIOD_MAX])
{
	int y, mo, d, h, mi, s;
	time_civil(time, &y, &mo, &d, &h, &mi, &s);
	site_period_join(class, y, (mo - 1) / 3 + 1, 0, out);
}

static bool exists(int sitefd, const char *path)
{
	struct stat st;
	return fstatat(sitefd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void site_period_current(int sitefd, const char *class, int64_t time, char out[SITE_PERIOD_MAX])
{
	int y, mo, d, h, mi, s;
	char name[SITE_PERIOD_MAX];
	struct paths p;
	time_civil(time, &y, &mo, &d, &h, &mi, &s);
	site_period_name(class, time, out);
	for (int m = 1; m <= SITE_PERIOD_M_MAX; m++) { /* a rotation makes them one after the other */
		site_period_join(class, y, (mo - 1) / 3 + 1, m, name);
		if (name_paths(name, &p, NULL) < 0 || !(exists(sitefd, p.pub) || exists(sitefd, p.age)))
			return;
		memcpy(out, name, SITE_PERIOD_MAX);
	}
}

static void check_line(const struct site_keys *k, const char *name, const struct age_recipient *to, struct buf *ret)
{
	AUTO_BUF struct buf what = {0};
	uint8_t mac[SEAL_HASH];
	char text[80];
	age_recipient_format(to, text);
	buf_init(&what, 256);
	buf_printf(&what, "%s\n%s", name, text);
	seal_hmac_sha256(slice_of(k->dedupe, sizeof(k->dedupe)), buf_slice(&what), mac);
	buf_str(ret, "check ");
	base64_put(ret, slice_of(mac, sizeof(mac)));
	buf_u8(ret, '\n');
}

static int put_pub(int sitefd, const struct paths *p, const struct site_keys *k, const struct age_recipient *to, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char text[80];
	age_recipient_format(to, text);
	buf_init(&b, 512);
	buf_printf(&b, "%s\n", text);
	if (k->can_dedupe)
		check_line(k, p->name, to, &b);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), p->pub, "no memory for a key");
	return file_replace(sitefd, p->pub, buf_slice(&b), 0600, e);
}

static int put_age(int sitefd, const char *path, const struct site_keys *k, bool care, const struct age_identity *id, struct err *e)
{
	struct age_recipient to[2] = {k->recovery, k->care.to};
	AUTO_BUF struct buf text = {0}, sealed = {0};
	buf_init_secret(&text, PERIOD_FILE_MAX);
	buf_init(&sealed, PERIOD_FILE_MAX);
	site_identity_text(id, &text);
	int r = seal_room(&text, "a key", e);
	if (r == 0)
		r = age_seal(to, care ? 2 : 1, buf_slice(&text), &sealed, e);
	return r == 0 ? file_replace(sitefd, path, buf_slice(&sealed), 0600, e) : r;
}

static int make(int sitefd, const struct site_keys *k, const struct paths *p, bool care, struct age_recipient *ret, struct err *e)
{
	struct age_identity id;
	if (care && !k->can_open) /* its public half is known only with it */
		return err_set(e, ERR_DENIED, p->pub, "a period key is made by the keeper, who holds the care key");
	int r = file_mkdir(sitefd, "keys/period", 0700, e);
	age_identity_new(&id);
	if (r == 0)
		r = file_sweep_temps(sitefd, "keys/period", e); /* what a kill left may be half a key */
	if (r == 0)
		r = put_pub(sitefd, p, k, &id.to, e);
	if (r == 0)
		r = put_age(sitefd, p->age, k, care, &id, e);
	if (r == 0)
		*ret = id.to;
	seal_wipe(&id, sizeof(id));
	return r;
}

/* Whose .pub is it? The sealed half says so to whoever can open it; otherwise the line that we wrote behind it. */
static int read_pub(int sitefd, const struct paths *p, const struct site_keys *k, struct age_recipient *ret, bool *ret_checked, struct err *e)
{
	AUTO_BUF struct buf b = {0}, want = {0};
	struct age_recipient to;
	buf_init(&b, PERIOD_FILE_MAX);
	buf_init(&want, 256);
	int r = file_read(sitefd, p->pub, PERIOD_FILE_MAX, &b, e);
	if (r < 0)
		return r;
	struct slice rest, first = slice_cut(buf_slice(&b), '\n', &rest);
	r = age_recipient_parse(slice_trim(first), &to, e);
	if (r < 0) {
		if (e) {
			e->code = ERR_CORRUPT;
			err_in(e, p->pub);
		}
		return ERR_CORRUPT;
	}
	*ret_checked = false;
	if (k->can_dedupe) {
		check_line(k, p->name, &to, &want);
		*ret_checked = buf_ok(&want) && slice_eq(slice_trim(rest), slice_trim(buf_slice(&want)));
	}
	*ret = to;
	return 0;
}

/* The .pub is lost or is not this key's: it can be told from the key, by who may open that. */
static int pub_from_key(int sitefd, const struct site_keys *k, const struct paths *p, const struct age_recipient *have, struct age_recipient *ret, struct err *e)
{
	struct age_identity id;
	int r = site_period_identity(sitefd, k, p->name, &id, e);
	if (r == 0 && (!have || memcmp(have->pub, id.to.pub, sizeof(have->pub))))
		r = put_pub(sitefd, p, k, &id.to, e);
	if (r == 0)
		*ret = id.to;
	seal_wipe(&id, sizeof(id));
	return r;
}

int site_period_recipient(int sitefd, const struct site_keys *k, const char *name, bool care, struct age_recipient *ret, struct err *e)
{
	struct paths p;
	struct age_recipient to;
	bool checked;
	int r = name_paths(name, &p, e);
	if (r < 0)
		return r;
	bool pub = exists(sitefd, p.pub), age = exists(sitefd, p.age);
	if (!age)
		return make(sitefd, k, &p, care, ret, e);
	if (!pub)
		return pub_from_key(sitefd, k, &p, NULL, ret, e);
	r = read_pub(sitefd, &p, k, &to, &checked, e);
	if (care && k->can_open)
		return pub_from_key(sitefd, k, &p, r == 0 ? &to : NULL, ret, e);
	if (r < 0)
		return r;
	if (k->can_dedupe && !checked)
		return err_set(e, ERR_CORRUPT, p.pub, "this site did not write this recipient: what is sealed to it could be opened by somebody else, or by nobody. Put the file back from a replica");
	*ret = to;
	return 0;
}

int site_period_open(int sitefd, const struct age_identity *with, const char *name, struct age_identity *ret, struct err *e)
{
	return site_period_open_any(sitefd, with, 1, name, ret, e);
}

int site_period_open_any(int sitefd, const struct age_identity *with, size_t n, const char *name, struct age_identity *ret, struct err *e)
{
	struct paths p;
	AUTO_BUF struct buf file = {0}, text = {0};
	buf_init(&file, PERIOD_FILE_MAX);
	buf_init_secret(&text, PERIOD_FILE_MAX);
	int r = name_paths(name, &p, e);
	if (r == 0)
		r = file_read(sitefd, p.age, PERIOD_FILE_MAX, &file, e);
	if (r < 0)
		return r;
	r = age_open(with, n, buf_slice(&file), &text, e);
	if (r == 0)
		r = site_identity_text_parse(buf_slice(&text), ret, e);
	if (r < 0 && e)
		err_in(e, p.age);
	return r;
}

int site_period_identity(int sitefd, const struct site_keys *k, const char *name, struct age_identity *ret, struct err *e)
{
	if (!k->can_open)
		return err_set(e, ERR_DENIED, name, "this needs the care key, which is not readable here");
	struct age_identity care[SITE_CARE_MAX];
	size_t n = site_care_all(k, care);
	int r = site_period_open_any(sitefd, care, n, name, ret, e);
	seal_wipe(care, sizeof(care));
	return r;
}

/* ---- forgetting one ---- */

int site_period_sha256(int sitefd, const char *name, uint8_t out[SEAL_HASH], struct err *e)
{
	struct paths p;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, PERIOD_FILE_MAX);
	int r = name_paths(name, &p, e);
	if (r == 0)
		r = file_read(sitefd, p.age, PERIOD_FILE_MAX, &b, e);
	if (r == 0)
		seal_sha256_once(buf_slice(&b), out);
	return r;
}

/* Random bytes over what it holds, flushed, before its name goes. 1: it was there. */
static int destroy_file(int sitefd, const char *path, struct err *e)
{
	AUTO_CLOSE int fd = openat(sitefd, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, path, "cannot be destroyed");
	if (fstat(fd, &st) < 0)
		return err_sys(e, path, "cannot be looked at");
	AUTO_BUF struct buf b = {0};
	buf_init(&b, PERIOD_FILE_MAX);
	size_t n = st.st_size > PERIOD_FILE_MAX ? PERIOD_FILE_MAX : (size_t)st.st_size;
	uint8_t *noise = n ? buf_space(&b, n) : NULL;
	if (n && !noise)
		return err_set(e, ERR_MEMORY, path, "no memory");
	int r = 0;
	if (n) {
		seal_random(noise, n);
		r = file_pwrite_all(fd, slice_of(noise, n), 0, e, path);
	}
	if (r == 0 && fsync(fd) < 0)
		r = err_sys(e, path, "what was written over it cannot be made durable");
	if (r == 0 && unlinkat(sitefd, path, 0) < 0 && errno != ENOENT)
		r = err_sys(e, path, "cannot be removed");
	return r < 0 ? r : 1;
}

int site_period_destroy(int sitefd, const char *name, struct err *e)
{
	struct paths p;
	int r = name_paths(name, &p, e);
	if (r < 0)
		return r;
	int age = destroy_file(sitefd, p.age, e); /* the secret first */
	if (age < 0)
		return age;
	int pub = destroy_file(sitefd, p.pub, e);
	if (pub < 0)
		return pub;
	if (!age && !pub)
		return 0;
	r = file_sync_dir(sitefd, "keys/period", e);
	return r < 0 ? r : 1;
}

int site_period_each(int sitefd, site_period_fn *fn, void *arg, struct err *e)
{
	int fd = openat(sitefd, "keys/period", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "keys/period", "cannot be listed");
	DIR *d = fdopendir(fd);
	if (!d) {
		r = err_sys(e, "keys/period", "cannot be listed");
		close(fd);
		return r;
	}
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		char name[SITE_PERIOD_MAX];
		int year, quarter, m;
		size_t n = strlen(en->d_name);
		if (n < 5 || n - 4 >= sizeof(name) || (strcmp(en->d_name + n - 4, ".age") && strcmp(en->d_name + n - 4, ".pub")))
			continue;
		memcpy(name, en->d_name, n - 4);
		name[n - 4] = 0;
		if (site_period_parts(name, NULL, &year, &quarter, &m, NULL) == 0)
			r = fn(arg, name, e);
	}
	closedir(d);
	return r;
}
