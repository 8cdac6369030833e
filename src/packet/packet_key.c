/* Keys of units, in SITE/packets/keys. A file is a line of JSON: {"v":1,"unit","protected":bool,"to":"age1...","sealed": base64 of an age file under the passphrase,"made"}. It is valid if and only if it is that,
 * its name is packet_file_name of its unit, and sealed is at most PACKET_SEALED_MAX bytes. There is no secret in it that the passphrase does not guard. */
#include "packet_internal.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#define KEYS "packets/keys"
#define NAME_SIZE (3 * PACKET_UNIT_MAX + 32)

void packet_file_name(const char *unit, const char *suffix, char *out, size_t size)
{
	size_t n = 0;
	for (const char *p = unit; *p && n + 4 < size; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '-' || *p == '_';
		int k = plain ? snprintf(out + n, size - n, "%c", *p) : snprintf(out + n, size - n, "%%%02X", (unsigned)(uint8_t)*p);
		n += (size_t)k;
	}
	assert(n + strlen(suffix) < size); /* a unit's name was checked, and the callers have room for it */
	memcpy(out + n, suffix, strlen(suffix) + 1);
}

static void name_of(const char *unit, bool is_protected, char out[NAME_SIZE])
{
	packet_file_name(unit, is_protected ? ".protected.key" : ".key", out, NAME_SIZE);
}

int packet_key_new(struct slice unit, bool is_protected, struct slice passphrase, int64_t now, struct packet_key *ret, struct err *e)
{
	struct packet_key k = {.is_protected = is_protected, .made = now / TIME_SEC * TIME_SEC};
	struct age_identity id;
	char text[80];
	AUTO_BUF struct buf sealed = {0};
	buf_init(&sealed, PACKET_SEALED_MAX);
	int r = packet_unit_check(unit, e);
	if (r == 0)
		r = packet_passphrase_check(passphrase, e);
	if (r < 0)
		return r;
	age_identity_new(&id);
	age_identity_format(&id, text);
	r = age_seal_scrypt(passphrase, PACKET_SCRYPT_LOG_N, slice_str(text), &sealed, e);
	if (r == 0) {
		memcpy(k.unit, unit.p, unit.n);
		k.to = id.to;
		memcpy(k.sealed, sealed.p, sealed.n);
		k.sealed_n = sealed.n;
		*ret = k;
	}
	seal_wipe(&id, sizeof id);
	seal_wipe(text, sizeof text);
	return r;
}

int packet_key_save(int sitefd, const struct packet_key *k, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	AUTO_BUF struct buf sealed = {0};
	struct jsonw w;
	char to[80], name[NAME_SIZE], path[NAME_SIZE + sizeof KEYS + 1];
	buf_init(&b, 1 << 14);
	buf_init(&sealed, 1 << 12);
	age_recipient_format(&k->to, to);
	base64_put(&sealed, slice_of(k->sealed, k->sealed_n));
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "v", 1);
	jsonw_kstr(&w, "unit", k->unit);
	jsonw_kbool(&w, "protected", k->is_protected);
	jsonw_kstr(&w, "to", to);
	jsonw_kslice(&w, "sealed", buf_slice(&sealed));
	jsonw_ktime(&w, "made", k->made);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(&b, '\n');
	name_of(k->unit, k->is_protected, name);
	snprintf(path, sizeof path, KEYS "/%s", name);
	int r = buf_ok(&b) && buf_ok(&sealed) ? file_mkdir(sitefd, KEYS, 0755, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	return r < 0 ? r : file_replace(sitefd, path, buf_slice(&b), 0644, e);
}

int packet_key_parse(struct slice text, struct packet_key *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 16);
	AUTO_BUF struct buf sealed = {0};
	struct packet_key k = {.sealed_n = 0};
	struct json_node *n;
	buf_init(&sealed, PACKET_SEALED_MAX);
	int r = a ? json_tree(text, a, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	struct slice unit = json_text(n, "unit");
	const struct json_node *p = json_get(n, "protected");
	if (!slice_eq_str(json_text(n, "v"), "1") || !p || (p->type != JSON_TRUE && p->type != JSON_FALSE) || time_parse(json_text(n, "made"), 0, &k.made) < 0)
		return err_set(e, ERR_CORRUPT, NULL, "this is no key of a unit");
	r = packet_unit_check(unit, e);
	if (r == 0)
		r = age_recipient_parse(json_text(n, "to"), &k.to, e);
	if (r == 0)
		r = base64_get(&sealed, json_text(n, "sealed"));
	if (r < 0 || !sealed.n)
		return err_set(e, ERR_CORRUPT, NULL, "this is no key of a unit");
	k.is_protected = p->type == JSON_TRUE;
	memcpy(k.unit, unit.p, unit.n);
	memcpy(k.sealed, sealed.p, sealed.n);
	k.sealed_n = sealed.n;
	*ret = k;
	return 0;
}

int packet_key_load(int sitefd, const char *unit, bool is_protected, struct packet_key *ret, struct err *e)
{
	char name[NAME_SIZE], path[NAME_SIZE + sizeof KEYS + 1];
	struct packet_key k;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 14);
	int r = packet_unit_check(slice_str(unit), e);
	if (r < 0)
		return r;
	name_of(unit, is_protected, name);
	snprintf(path, sizeof path, KEYS "/%s", name);
	r = file_read(sitefd, path, 1 << 14, &b, e);
	if (r == 0)
		r = packet_key_parse(buf_slice(&b), &k, e);
	if (r == 0 && (strcmp(k.unit, unit) || k.is_protected != is_protected))
		r = err_set(e, ERR_CORRUPT, NULL, "this is another unit's key");
	if (r < 0 && r != ERR_NOT_FOUND)
		err_in(e, path);
	if (r == 0)
		*ret = k;
	return r;
}

int packet_key_each(int sitefd, packet_unit_fn *fn, void *arg, struct err *e)
{
	struct err none = {0};
	int fd = file_open_dir(sitefd, KEYS, &none), r = 0;
	if (fd == ERR_NOT_FOUND)
		return 0; /* no unit has words yet, which is nothing to be said in *e */
	if (fd < 0) {
		*e = none;
		return fd;
	}
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, KEYS, "cannot be listed");
	}
	struct err broken = {0};
	for (struct dirent *x; r == 0 && (x = readdir(d));) {
		struct packet_key k;
		struct err why = {0};
		char name[NAME_SIZE];
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 14);
		size_t n = strlen(x->d_name);
		if (n < 5 || x->d_name[0] == '.' || strcmp(x->d_name + n - 4, ".key"))
			continue;
		int c = file_read(dirfd(d), x->d_name, 1 << 14, &b, &why);
		if (c == 0)
			c = packet_key_parse(buf_slice(&b), &k, &why);
		if (c < 0) { /* the others are not kept waiting for it */
			err_in(&why, x->d_name);
			broken = broken.code ? broken : why;
			continue;
		}
		name_of(k.unit, k.is_protected, name);
		if (!k.is_protected && !strcmp(name, x->d_name))
			r = fn(arg, &k, e);
	}
	closedir(d);
	if (r < 0 || !broken.code)
		return r;
	if (e)
		*e = broken;
	return broken.code;
}
