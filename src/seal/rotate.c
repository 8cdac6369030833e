/* Rotation of the care key and of this quarter's period keys (DESIGN.md says what a stolen key opens, and what this does about it).
 *
 *	SITE/keys/rotate.next   the plan: lines, each ending in LF
 *	                        "holdfast-key-rotate-1"
 *	                        "care M"          the old care key becomes care-rM
 *	                        "at N"            entries in the ledger when it was planned
 *	                        "who TEXT", "reason TEXT"
 *	                        "period NAME"     1 to 4 of them: the keys to be made
 *	                        AGE-SECRET-KEY-1...   the new care key
 *
 * Valid if and only if these lines stand in this order and nothing else does. Steps, each durable before the next, and each the same when done again: the plan; care-rM.key and care-rM.age (the old key);
 * care.age, care.key (the new one; .age first, so that there is never a key in use that recovery cannot give back); the period keys, sealed to the new care key; the ledger's entry (the caller); the plan
 * removed. So at any kill care.key is the old or the new key, and the other one stands beside it in care-rM or in the plan.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seal_internal.h"

#define PLAN "keys/rotate.next"
#define HEAD "holdfast-key-rotate-1"
#define PLAN_MAX 4096

static int damaged(struct err *e)
{
	return err_set(e, ERR_CORRUPT, PLAN, "the plan of a rotation is damaged; with the daemon stopped, remove it and say `holdfast key rotate` again");
}

static bool line_ok(const char *s, size_t most)
{
	size_t n = strlen(s);
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return n <= most && utf8_valid(slice_str(s));
}

static int write_plan(int sitefd, const struct site_rotation *p, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char secret[80];
	buf_init_secret(&b, PLAN_MAX);
	buf_printf(&b, HEAD "\ncare %d\nat %llu\nwho %s\nreason %s\n", p->number, (unsigned long long)p->at, p->who, p->reason);
	for (size_t i = 0; i < p->period_n; i++)
		buf_printf(&b, "period %s\n", p->period[i]);
	age_identity_format(&p->care, secret);
	buf_printf(&b, "%s\n", secret);
	seal_wipe(secret, sizeof(secret));
	int r = seal_room(&b, "the plan of a rotation", e);
	return r == 0 ? file_replace(sitefd, PLAN, buf_slice(&b), 0600, e) : r;
}

/* The value behind "KEY ", or false. */
static bool field(struct cur *c, const char *key, struct slice *ret)
{
	struct slice line = cur_line(c), word = slice_cut(line, ' ', ret);
	return !c->failed && slice_eq_str(word, key) && line.n > word.n;
}

static bool text(struct cur *c, const char *key, char *out, size_t size)
{
	struct slice v;
	if (!field(c, key, &v) || v.n >= size || (v.n && memchr(v.p, 0, v.n)))
		return false;
	if (v.n)
		memcpy(out, v.p, v.n);
	out[v.n] = 0;
	return line_ok(out, size);
}

int site_rotation_read(int sitefd, struct site_rotation *ret, struct err *e)
{
	struct site_rotation p = {.number = 0};
	AUTO_BUF struct buf b = {0};
	uint64_t number = 0;
	buf_init_secret(&b, PLAN_MAX);
	int r = file_read(sitefd, PLAN, PLAN_MAX, &b, e);
	if (r < 0)
		return r;
	struct cur c = cur_of(buf_slice(&b));
	struct slice head = cur_line(&c), v;
	bool ok = slice_eq_str(head, HEAD) && field(&c, "care", &v) && num_u64(v, 1, SITE_CARE_OLDER, &number) == 0 && field(&c, "at", &v) && num_u64(v, 0, INT64_MAX, &p.at) == 0 &&
		text(&c, "who", p.who, sizeof(p.who)) && text(&c, "reason", p.reason, sizeof(p.reason));
	while (ok && cur_left(&c) && slice_starts(slice_of(c.p, cur_left(&c)), "period ")) {
		int year, quarter, m;
		ok = p.period_n < SITE_ROTATE_PERIODS && text(&c, "period", p.period[p.period_n], sizeof(p.period[0])) && site_period_parts(p.period[p.period_n], NULL, &year, &quarter, &m, NULL) == 0;
		p.period_n += ok;
	}
	ok = ok && p.period_n && age_identity_parse(cur_line(&c), &p.care, NULL) == 0 && cur_done(&c);
	p.number = (int)number;
	if (ok)
		*ret = p;
	seal_wipe(&p, sizeof(p));
	return ok ? 0 : damaged(e);
}

/* The name of the next key of a class: the quarter's first where there is none yet. */
static int next_name(int sitefd, const char *class, int64_t time, char out[SITE_PERIOD_MAX], struct err *e)
{
	struct stat st;
	char path[128];
	int year, quarter, m;
	site_period_current(sitefd, class, time, out);
	(void)snprintf(path, sizeof(path), "keys/period/%s.age", out);
	if (fstatat(sitefd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* nothing was sealed to it: the new care key will be among those that open it */
	int r = site_period_parts(out, NULL, &year, &quarter, &m, e);
	if (r == 0 && m == SITE_PERIOD_M_MAX)
		r = err_set(e, ERR_LIMIT, out, "the keys of this quarter were rotated %d times; wait for the next one", SITE_PERIOD_M_MAX);
	if (r == 0)
		site_period_join(class, year, quarter, m + 1, out);
	return r;
}

int site_rotation_plan(int sitefd, const struct site_keys *k, int64_t time, bool files, const char *who, const char *reason, uint64_t at, struct site_rotation *ret, struct err *e)
{
	static const char *const classes[SITE_ROTATE_PERIODS] = {"care", "catalogue", "view", "files"};
	struct site_rotation p = {.number = (int)k->older_n + 1, .at = at};
	struct stat st;
	int r = 0;
	if (!k->can_open)
		return err_set(e, ERR_DENIED, "keys/care.key", "a rotation needs the care key");
	if (!line_ok(reason, SITE_ROTATE_REASON))
		return err_set(e, ERR_USAGE, "--reason", "say why in one line of at most %d bytes: it stands in the ledger", SITE_ROTATE_REASON);
	if (!line_ok(who, sizeof(p.who) - 1))
		return err_set(e, ERR_USAGE, NULL, "this is no name of somebody");
	if (k->older_n == SITE_CARE_OLDER)
		return err_set(e, ERR_LIMIT, "keys", "the care key was rotated %d times; make a new site with a new recovery key, and fill it by restore", SITE_CARE_OLDER);
	if (fstatat(sitefd, PLAN, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, ERR_EXISTS, PLAN, "a rotation was begun and not finished: the daemon finishes it when it starts");
	for (size_t i = 0; r == 0 && i < (files ? SITE_ROTATE_PERIODS : SITE_ROTATE_PERIODS - 1); i++)
		r = next_name(sitefd, classes[i], time, p.period[p.period_n++], e);
	(void)snprintf(p.who, sizeof(p.who), "%s", who);
	(void)snprintf(p.reason, sizeof(p.reason), "%s", reason);
	age_identity_new(&p.care);
	if (r == 0)
		r = write_plan(sitefd, &p, e);
	if (r == 0)
		*ret = p;
	seal_wipe(&p, sizeof(p));
	return r;
}

static int put_identity(int sitefd, const char *key, const char *sealed, const struct age_identity *id, const struct age_recipient *recovery, struct err *e)
{
	AUTO_BUF struct buf plain = {0}, age = {0};
	buf_init_secret(&plain, PLAN_MAX);
	buf_init(&age, 65536);
	site_identity_text(id, &plain);
	int r = seal_room(&plain, "a key", e);
	if (r == 0)
		r = age_seal(recovery, 1, buf_slice(&plain), &age, e);
	if (r == 0)
		r = file_replace(sitefd, sealed, buf_slice(&age), 0600, e);
	return r == 0 ? file_replace(sitefd, key, buf_slice(&plain), 0600, e) : r;
}

static int change_care(int sitefd, const struct site_rotation *p, struct site_keys *k, struct err *e)
{
	char key[64], sealed[64];
	if (seal_equal(k->care.secret, p->care.secret, sizeof(k->care.secret)))
		return 0; /* a life before this one came so far */
	site_care_path(p->number, "key", key);
	site_care_path(p->number, "age", sealed);
	int r = put_identity(sitefd, key, sealed, &k->care, &k->recovery, e);
	if (r == 0)
		r = put_identity(sitefd, "keys/care.key", "keys/care.age", &p->care, &k->recovery, e);
	if (r < 0)
		return r;
	assert(k->older_n < SITE_CARE_OLDER); /* the plan's number says so */
	memmove(k->older + 1, k->older, k->older_n * sizeof(*k->older));
	k->older[0] = k->care;
	k->older_n++;
	k->care = p->care;
	return 0;
}

int site_rotation_carry(int sitefd, const struct site_rotation *p, struct site_keys *k, struct err *e)
{
	struct age_recipient to;
	if (!k->can_open)
		return err_set(e, ERR_DENIED, "keys/care.key", "a rotation needs the care key");
	int r = file_sweep_temps(sitefd, "keys", e);
	if (r == 0)
		r = change_care(sitefd, p, k, e);
	for (size_t i = 0; r == 0 && i < p->period_n; i++)
		r = site_period_recipient(sitefd, k, p->period[i], !slice_starts(slice_str(p->period[i]), "files-"), &to, e);
	return r;
}

int site_rotation_end(int sitefd, struct err *e)
{
	if (unlinkat(sitefd, PLAN, 0) < 0)
		return err_sys(e, PLAN, "cannot be removed");
	return file_sync_dir(sitefd, "keys", e);
}
