/* What all stores have in common: names, targets, and the reading of the one version that is right. */
#include "vault_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)
#define VERSIONS_MAX 1000 /* of one name: more is an attack, and the error says so */

bool vault_object_name_ok(const char *name)
{
	size_t n = strlen(name);
	if (n == 0 || n > VAULT_OBJECT_MAX)
		return false;
	for (size_t part = 0, i = 0; i <= n; i++) {
		char c = name[i];
		if (c == '/' || c == 0) {
			size_t len = i - part;
			if (len == 0 || (len == 1 && name[part] == '.') || (len == 2 && name[part] == '.' && name[part + 1] == '.'))
				return false;
			part = i + 1;
		} else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-')) {
			return false;
		}
	}
	return true;
}

static bool loopback(struct slice url) /* "http://127.0.0.1:9/x" and the like */
{
	static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		size_t n = strlen(hosts[i]);
		if (slice_starts(url, hosts[i]) && (url.n == n || url.p[n] == '/' || url.p[n] == ':'))
			return true;
	}
	return false;
}

int vault_target_kind(const char *target, struct err *e)
{
	struct slice t = slice_str(target);
	if (slice_starts(t, "s3://")) {
		struct slice rest, bucket = slice_cut(slice_of(t.p + 5, t.n - 5), '/', &rest);
		bool ok = bucket.n >= 3 && bucket.n <= 63 && rest.n <= 512;
		for (size_t i = 0; ok && i < bucket.n; i++)
			ok = (bucket.p[i] >= 'a' && bucket.p[i] <= 'z') || (bucket.p[i] >= '0' && bucket.p[i] <= '9') || bucket.p[i] == '-' || bucket.p[i] == '.';
		while (rest.n && rest.p[rest.n - 1] == '/')
			rest.n--;
		char prefix[VAULT_OBJECT_MAX + 1];
		if (rest.n && rest.n <= VAULT_OBJECT_MAX) {
			memcpy(prefix, rest.p, rest.n);
			prefix[rest.n] = 0;
		}
		return ok && (rest.n == 0 || (rest.n <= VAULT_OBJECT_MAX && vault_object_name_ok(prefix))) ? VAULT_S3 : err_set(e, ERR_USAGE, target, "an object store is written s3://BUCKET/PREFIX, with the bucket's name as S3 has it and a prefix of letters, digits, . _ - and /");
	}
	if (slice_starts(t, "https://") && t.n > 8)
		return VAULT_HTTPS;
	if (loopback(t))
		return VAULT_HTTPS;
	if (slice_starts(t, "http://"))
		return err_set(e, ERR_USAGE, target, "a replica is read over https:// (http:// only from this machine itself)");
	for (size_t i = 0; i + 2 < t.n; i++)
		if (t.p[i] == ':' && t.p[i + 1] == '/' && t.p[i + 2] == '/')
			return err_set(e, ERR_USAGE, target, "say a folder, https://... or s3://BUCKET/PREFIX");
	return t.n ? VAULT_FOLDER : err_set(e, ERR_USAGE, NULL, "say a folder, https://... or s3://BUCKET/PREFIX");
}

int vault_store_open(const char *target, const struct vault_store_options *o, struct vault_store **ret, struct err *e)
{
	static const struct vault_store_options none;
	int kind = vault_target_kind(target, e);
	if (!o)
		o = &none;
	if (kind < 0)
		return kind;
	int r = kind == VAULT_S3 ? vault_s3_open(target, o, ret, e) : kind == VAULT_HTTPS ? vault_https_open(target, o, ret, e) : vault_folder_open(target, o, ret, e);
	if (r == 0)
		(*ret)->retain_days = o->retain_days ? o->retain_days : 30;
	return r;
}

void vault_store_close(struct vault_store *s)
{
	if (s)
		s->ops->close(s);
}

/* ---- what opens a store ---- */

static bool access_field(struct vault_access *a, struct slice name, char **ret, size_t *ret_size)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} fields[] = {
		{"AWS_ENDPOINT_URL", a->endpoint, sizeof a->endpoint}, {"AWS_ACCESS_KEY_ID", a->key, sizeof a->key}, {"AWS_SECRET_ACCESS_KEY", a->secret, sizeof a->secret},
		{"AWS_SESSION_TOKEN", a->session, sizeof a->session}, {"AWS_REGION", a->region, sizeof a->region}, {"HOLDFAST_TOKEN", a->token, sizeof a->token},
	};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (slice_eq_str(name, fields[i].name)) {
			*ret = fields[i].to;
			*ret_size = fields[i].size;
			return true;
		}
	return false;
}

void vault_access_env(struct vault_access *a)
{
	static const char *const names[] = {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "HOLDFAST_TOKEN"};
	memset(a, 0, sizeof *a);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *v = getenv(names[i]);
		char *to;
		size_t size;
		if (v && access_field(a, slice_str(names[i]), &to, &size) && strlen(v) < size) /* one that is too long is as good as none: the store refuses */
			memcpy(to, v, strlen(v) + 1);
	}
	const char *region = getenv("AWS_DEFAULT_REGION");
	if (!a->region[0] && region && strlen(region) < sizeof a->region)
		memcpy(a->region, region, strlen(region) + 1);
}

void vault_access_over(struct vault_access *a, const struct vault_access *over)
{
	const struct {
		char *to;
		const char *from;
		size_t size;
	} fields[] = {
		{a->endpoint, over->endpoint, sizeof a->endpoint}, {a->key, over->key, sizeof a->key}, {a->secret, over->secret, sizeof a->secret}, {a->session, over->session, sizeof a->session},
		{a->region, over->region, sizeof a->region}, {a->token, over->token, sizeof a->token}, {a->ca, over->ca, sizeof a->ca}, {a->resolve, over->resolve, sizeof a->resolve},
	};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fields[i].from[0])
			memcpy(fields[i].to, fields[i].from, fields[i].size);
	if (over->system_ca)
		a->system_ca = over->system_ca;
}

int vault_access_read(struct slice text, struct vault_access *a, struct err *e)
{
	while (text.n) {
		struct slice value, line = slice_trim(slice_cut(text, '\n', &text)), name;
		char *to;
		size_t size;
		if (slice_starts(line, "export "))
			line = slice_of(line.p + 7, line.n - 7);
		name = slice_trim(slice_cut(line, '=', &value));
		value = slice_trim(value);
		if (line.n == 0 || line.p[0] == '#' || !access_field(a, name, &to, &size))
			continue;
		if (value.n >= 2 && (value.p[0] == '"' || value.p[0] == '\'') && value.p[value.n - 1] == value.p[0])
			value = slice_of(value.p + 1, value.n - 2);
		if (value.n >= size || (value.n && memchr(value.p, 0, value.n)))
			return err_set(e, ERR_INPUT, NULL, "%.*s is too long", (int)name.n, (const char *)name.p);
		if (value.n)
			memcpy(to, value.p, value.n);
		to[value.n] = 0;
	}
	return 0;
}

/* ---- what is put ---- */

int vault_bytes_read(const struct vault_bytes *b, uint64_t at, void *out, size_t n, struct err *e)
{
	assert(at <= b->size && n <= b->size - at);
	if (b->fd >= 0)
		return file_pread_all(b->fd, out, n, b->offset + at, e, NULL);
	if (n)
		memcpy(out, b->mem.p + at, n);
	return 0;
}

int vault_bytes_sha256(const struct vault_bytes *b, uint8_t out[SEAL_HASH], struct err *e)
{
	if (b->fd < 0) {
		seal_sha256_once(b->mem, out);
		return 0;
	}
	struct seal_sha256 *h = seal_sha256_new();
	uint8_t *piece = malloc(PIECE);
	int r = h && piece ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		seal_sha256_begin(h);
	for (uint64_t at = 0; r == 0 && at < b->size;) {
		size_t n = b->size - at < PIECE ? (size_t)(b->size - at) : PIECE;
		if ((r = vault_bytes_read(b, at, piece, n, e)) == 0)
			seal_sha256_add(h, slice_of(piece, n));
		at += n;
	}
	if (r == 0)
		seal_sha256_end(h, out);
	seal_sha256_free(h);
	free(piece);
	return r;
}

/* ---- the version that is right ---- */

struct versions {
	const char *name;
	struct vault_object *v;
	size_t n, cap;
};

static int take_version(void *arg, const struct vault_object *o, struct err *e)
{
	struct versions *vs = arg;
	if (strcmp(o->name, vs->name)) /* "x" is also the beginning of "x1" */
		return 0;
	if (vs->n == VERSIONS_MAX)
		return err_set(e, ERR_LIMIT, o->name, "there are more than %d versions of it: somebody is filling this store; have its owner remove the newest ones", VERSIONS_MAX);
	if (vs->n == vs->cap) {
		size_t cap = vs->cap ? 2 * vs->cap : 8;
		struct vault_object *more = reallocarray(vs->v, cap, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		vs->v = more;
		vs->cap = cap;
	}
	vs->v[vs->n++] = *o;
	return 0;
}

static int no_version_right(struct vault_store *s, const char *name, size_t n, struct err *e)
{
	char place[VAULT_OBJECT_MAX + 520];
	snprintf(place, sizeof place, "%s/%s", s->where, name);
	if (n > 1)
		return err_set(e, ERR_CORRUPT, place, "none of its %zu versions is what it should be", n);
	return err_set(e, ERR_CORRUPT, place, "it is not what it should be: it was damaged or changed there");
}

typedef int try_fn(void *arg, const char *version, struct err *e); /* 0: it was right; ERR_CORRUPT, ERR_LIMIT, ERR_NOT_FOUND: try another */

static bool try_on(int r)
{
	return r == ERR_CORRUPT || r == ERR_LIMIT || r == ERR_NOT_FOUND;
}

/* The newest first, since it nearly always is the one; then, oldest first, all others. */
static int each_version(struct vault_store *s, const char *name, try_fn *try, void *arg, struct err *e)
{
	struct versions vs = {.name = name};
	int r = try(arg, "", e);
	if (!try_on(r) || s->kind != VAULT_S3)
		return r == ERR_CORRUPT || r == ERR_LIMIT ? no_version_right(s, name, 1, e) : r;
	r = s->ops->list(s, name, take_version, &vs, e);
	bool found = false;
	for (size_t i = vs.n; r == 0 && !found && i-- > 0;) {
		int t = try(arg, vs.v[i].version, e);
		if (t < 0 && !try_on(t))
			r = t;
		found = t == 0;
	}
	if (r == 0 && !found)
		r = vs.n ? no_version_right(s, name, vs.n, e) : err_set(e, ERR_NOT_FOUND, name, "%s has no such object", s->where);
	free(vs.v);
	return r;
}

struct reading {
	struct vault_store *s;
	const char *name;
	size_t most;
	vault_right_fn *right;
	void *arg;
	struct buf *ret;
	size_t begin;
};

static int into_buf(void *arg, struct slice piece, struct err *e)
{
	struct buf *b = arg;
	if (!piece.p)
		buf_reset(b);
	buf_add_slice(b, piece);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "it is larger than it may be");
}

static int try_read(void *arg, const char *version, struct err *e)
{
	struct reading *g = arg;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, g->most);
	int r = g->s->ops->get(g->s, g->name, version, 0, g->most + 1, into_buf, &b, e);
	if (r == 0)
		r = g->right(g->arg, buf_slice(&b), e);
	if (r == 0)
		buf_add_slice(g->ret, buf_slice(&b));
	return r == 0 && !buf_ok(g->ret) ? err_set(e, ERR_MEMORY, NULL, "no memory") : r;
}

int vault_store_read(struct vault_store *s, const char *name, size_t most, vault_right_fn *right, void *arg, struct buf *ret, struct err *e)
{
	struct reading g = {.s = s, .name = name, .most = most, .right = right, .arg = arg, .ret = ret};
	return each_version(s, name, try_read, &g, e);
}

static int right_hash(void *arg, struct slice bytes, struct err *e)
{
	uint8_t h[SEAL_HASH];
	seal_sha256_once(bytes, h);
	return memcmp(h, arg, SEAL_HASH) ? err_set(e, ERR_CORRUPT, NULL, "its SHA-256 is another") : 0;
}

int vault_store_read_hash(struct vault_store *s, const char *name, size_t most, const uint8_t sha256[SEAL_HASH], struct buf *ret, struct err *e)
{
	uint8_t want[SEAL_HASH];
	memcpy(want, sha256, SEAL_HASH);
	return vault_store_read(s, name, most, right_hash, want, ret, e);
}

struct copying {
	struct vault_store *s;
	const char *name;
	uint64_t size, at;
	const uint8_t *want;
	int fd;
	struct seal_sha256 *h;
};

static int into_file(void *arg, struct slice piece, struct err *e)
{
	struct copying *c = arg;
	if (!piece.p) {
		c->at = 0;
		seal_sha256_begin(c->h);
		return 0;
	}
	if (piece.n > c->size - c->at)
		return err_set(e, ERR_LIMIT, c->name, "it is larger than it should be");
	seal_sha256_add(c->h, piece);
	int r = file_pwrite_all(c->fd, piece, c->at, e, c->name);
	c->at += piece.n;
	return r;
}

static int try_copy(void *arg, const char *version, struct err *e)
{
	struct copying *c = arg;
	uint8_t got[SEAL_HASH];
	c->at = 0;
	if (ftruncate(c->fd, 0))
		return err_sys(e, c->name, "cannot begin the copy");
	seal_sha256_begin(c->h);
	int r = c->s->ops->get(c->s, c->name, version, 0, c->size + 1, into_file, c, e);
	seal_sha256_end(c->h, got);
	if (r == 0 && (c->at != c->size || memcmp(got, c->want, SEAL_HASH)))
		r = err_set(e, ERR_CORRUPT, c->name, "its SHA-256 is another");
	if (r < 0 && ftruncate(c->fd, 0))
		return err_sys(e, c->name, "cannot take back a copy that was wrong");
	return r;
}

int vault_store_copy(struct vault_store *s, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], int fd, struct err *e)
{
	struct copying c = {.s = s, .name = name, .size = size, .want = sha256, .fd = fd, .h = seal_sha256_new()};
	int r = c.h ? each_version(s, name, try_copy, &c, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	seal_sha256_free(c.h);
	return r;
}
