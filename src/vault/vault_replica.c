/* What pushing, pulling, looking and rebuilding share; and where a site writes down its replicas:
 *
 *   DIR/replicas/NAME.ini    "target = ...", "retain = DAYS", "every = MINUTES", "lock = yes|no", and, where it was given, "vkey = ..." (pull: whose log it must be), a line each
 *   DIR/replicas/NAME.token  HTTPS: the bearer token. Mode 0600
 *   DIR/replicas/NAME.ca     HTTPS: PEM of the authority that must have signed the server's certificate
 *   DIR/replicas/NAME.s3     "AWS_ACCESS_KEY_ID=..." and the like, a line each. Mode 0600
 *   DIR/outside/NAME.json    how the last try went (struct vault_replica_state); a cache for status. In a folder that is no site: DIR/replicas/NAME.json
 */
#include "vault_replica.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- names and settings ---- */

static bool name_ok(const char *name)
{
	size_t n = strlen(name);
	if (n == 0 || n >= VAULT_REPLICA_NAME_MAX || name[0] == '.' || name[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '-' || name[i] == '_' || name[i] == '.'))
			return false;
	return true;
}

static void path_of(const char *name, const char *end, char out[128])
{
	snprintf(out, 128, "replicas/%s.%s", name, end);
}

/* The states are in a folder of their own in a site: the role that writes them must not write where the targets stand. */
static void state_path(int dirfd, const char *name, char out[128])
{
	struct stat st;
	bool own = fstatat(dirfd, "outside", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
	snprintf(out, 128, "%s/%s.json", own ? "outside" : "replicas", name);
}

/* What only its owner may read is not there for anybody else: the store will say that it wants it. */
static int read_access(int dirfd, const char *name, struct vault_access *ret, struct err *e)
{
	static const char *const ends[] = {"token", "ca", "s3"};
	vault_access_env(ret);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		AUTO_BUF struct buf b = {0};
		char path[128];
		path_of(name, ends[i], path);
		buf_init_secret(&b, VAULT_CA_MAX - 1);
		int r = file_read(dirfd, path, VAULT_CA_MAX - 1, &b, e);
		if (r == ERR_NOT_FOUND || (r == ERR_SYSTEM && errno == EACCES) || r == ERR_DENIED)
			continue;
		struct slice s = slice_trim(buf_slice(&b));
		if (r == 0 && i == 0 && (s.n >= sizeof ret->token || (s.n && memchr(s.p, 0, s.n))))
			r = err_set(e, ERR_INPUT, path, "it is no token");
		if (r == 0 && i == 0 && s.n) {
			memcpy(ret->token, s.p, s.n);
			ret->token[s.n] = 0;
		}
		if (r == 0 && i == 1 && b.n)
			memcpy(ret->ca, b.p, b.n);
		if (r == 0 && i == 2)
			r = vault_access_read(buf_slice(&b), ret, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_access(int dirfd, const char *name, const struct vault_access *a, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char path[128];
	const struct {
		const char *name, *value;
	} s3[] = {{"AWS_ENDPOINT_URL", a->endpoint}, {"AWS_ACCESS_KEY_ID", a->key}, {"AWS_SECRET_ACCESS_KEY", a->secret}, {"AWS_SESSION_TOKEN", a->session}, {"AWS_REGION", a->region}};
	int r = 0;
	buf_init_secret(&b, 8192);
	for (size_t i = 0; i < ARRAY_LEN(s3); i++)
		if (s3[i].value[0])
			buf_printf(&b, "%s=%s\n", s3[i].name, s3[i].value);
	path_of(name, "s3", path);
	if (b.n)
		r = file_replace(dirfd, path, buf_slice(&b), 0600, e);
	path_of(name, "token", path);
	if (r == 0 && a->token[0])
		r = file_replace(dirfd, path, slice_str(a->token), 0600, e);
	path_of(name, "ca", path);
	if (r == 0 && a->ca[0])
		r = file_replace(dirfd, path, slice_str(a->ca), 0644, e);
	return r;
}

static int parse_ini(int dirfd, const char *name, struct vault_replica *r, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char path[128];
	r->retain_days = 30;
	r->every = 60;
	path_of(name, "ini", path);
	buf_init(&b, 8192);
	int c = file_read(dirfd, path, 8192, &b, e);
	if (c == ERR_NOT_FOUND)
		return err_set(e, ERR_NOT_FOUND, name, "there is no replica of this name; `holdfast replica add %s TARGET` makes one, `holdfast replica list` shows what there is", name);
	if (c < 0)
		return c;
	snprintf(r->name, sizeof r->name, "%s", name);
	for (struct slice rest = buf_slice(&b); rest.n;) {
		struct slice value, line = slice_cut(rest, '\n', &rest), key = slice_trim(slice_cut(line, '=', &value));
		uint64_t n = 0;
		value = slice_trim(value);
		if (key.n == 0 || key.p[0] == '#')
			continue;
		bool ok = true;
		if (slice_eq_str(key, "target") && value.n && value.n < sizeof r->target) {
			memcpy(r->target, value.p, value.n);
			r->target[value.n] = 0;
		} else if (slice_eq_str(key, "retain") && num_u64(value, 1, 36500, &n) == 0) {
			r->retain_days = (unsigned)n;
		} else if (slice_eq_str(key, "every") && num_u64(value, 1, 60 * 24 * 366, &n) == 0) {
			r->every = (unsigned)n;
		} else if (slice_eq_str(key, "vkey") && value.n < sizeof r->vkey) {
			if (value.n)
				memcpy(r->vkey, value.p, value.n);
			r->vkey[value.n] = 0;
		} else if (slice_eq_str(key, "lock")) {
			r->no_lock = slice_eq_str(value, "no");
		} else {
			ok = false;
		}
		if (!ok)
			return err_set(e, ERR_INPUT, path, "'%.*s' does not belong here: target, retain (days), every (minutes), lock (yes or no), vkey", key.n < 40 ? (int)key.n : 40, (const char *)key.p);
	}
	if (!r->target[0])
		return err_set(e, ERR_INPUT, path, "it names no target");
	return 0;
}

static int read_ini(int dirfd, const char *name, struct vault_replica *ret, struct err *e)
{
	struct vault_replica *x = calloc(1, sizeof *x);
	if (!x)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int code = parse_ini(dirfd, name, x, e);
	if (code == 0)
		code = read_access(dirfd, name, &x->access, e);
	if (code == 0)
		*ret = *x;
	seal_wipe(x, sizeof *x);
	free(x);
	return code;
}

static void get_text(const struct json_node *root, const char *key, char *out, size_t size)
{
	struct slice s = json_text(root, key);
	size_t n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

/* A state that does not read is none: it is a cache. */
void replica_state_get(int dirfd, const char *name, struct vault_replica_state *ret)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 18);
	struct json_node *root;
	char path[128];
	memset(ret, 0, sizeof *ret);
	buf_init(&b, 65536);
	state_path(dirfd, name, path);
	if (!a || file_read(dirfd, path, 65536, &b, NULL) < 0 || json_tree(buf_slice(&b), a, &root, NULL) < 0)
		return;
	(void)!num_i64(json_text(root, "tried"), 0, INT64_MAX, &ret->tried);
	(void)!num_i64(json_text(root, "done"), 0, INT64_MAX, &ret->done);
	(void)!num_i64(json_text(root, "next"), 0, INT64_MAX, &ret->next);
	(void)!num_i64(json_text(root, "renewed"), 0, INT64_MAX, &ret->renewed);
	(void)!num_i64(json_text(root, "headTime"), 0, INT64_MAX, &ret->head_time);
	(void)!num_u64(json_text(root, "size"), 0, INT64_MAX, &ret->size);
	(void)!num_u64(json_text(root, "epoch"), 0, 1000, &ret->epoch);
	const struct json_node *ours = json_get(root, "ours");
	ret->ours = ours && ours->type == JSON_TRUE;
	get_text(root, "origin", ret->origin, sizeof ret->origin);
	get_text(root, "error", ret->error, sizeof ret->error);
}

int replica_state_put(int dirfd, const char *name, const struct vault_replica_state *st, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char path[128];
	buf_init(&b, 65536);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ki64(&w, "tried", st->tried);
	jsonw_ki64(&w, "done", st->done);
	jsonw_ki64(&w, "next", st->next);
	jsonw_ki64(&w, "renewed", st->renewed);
	jsonw_ki64(&w, "headTime", st->head_time);
	jsonw_ku64(&w, "size", st->size);
	jsonw_ku64(&w, "epoch", st->epoch);
	jsonw_kbool(&w, "ours", st->ours);
	jsonw_kstr(&w, "origin", st->origin);
	jsonw_kstr(&w, "error", st->error);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(&b, '\n');
	state_path(dirfd, name, path);
	int r = buf_ok(&b) ? file_replace(dirfd, path, buf_slice(&b), 0644, e) : err_set(e, buf_code(&b), NULL, "no memory");
	struct stat dir;
	char folder[128];
	snprintf(folder, sizeof folder, "%.*s", (int)(strchr(path, '/') - path), path);
	if (r == 0 && geteuid() == 0 && fstatat(dirfd, folder, &dir, AT_SYMLINK_NOFOLLOW) == 0) /* by root's command; the role that pushes by itself goes on with it */
		(void)!fchownat(dirfd, path, dir.st_uid, dir.st_gid, AT_SYMLINK_NOFOLLOW);
	return r;
}

void vault_replica_note(int dirfd, const char *name, const struct err *why, int64_t next, struct vault_replica_state *ret)
{
	replica_state_get(dirfd, name, ret);
	if (next < 0)
		return;
	ret->next = next;
	if (why) {
		ret->tried = time_now();
		err_line(why, ret->error, sizeof ret->error);
	}
	int kept = replica_state_put(dirfd, name, ret, NULL);
	(void)kept; /* a cache */
}

int vault_replica_get(int dirfd, const char *name, struct vault_replica *ret, struct vault_replica_state *ret_state, struct err *e)
{
	if (!name_ok(name))
		return err_set(e, ERR_USAGE, name, "a replica's name has 1 to %d letters, digits, '-', '_' or '.'", VAULT_REPLICA_NAME_MAX - 1);
	int r = read_ini(dirfd, name, ret, e);
	if (r == 0 && ret_state)
		replica_state_get(dirfd, name, ret_state);
	return r;
}

int vault_replica_add(int dirfd, const struct vault_replica *r, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char path[128];
	struct stat st;
	struct vault_store *s = NULL;
	struct note_vkey v;
	struct vault_access with;
	struct vault_store_options o = {.retain_days = r->retain_days, .write = true, .no_lock = r->no_lock, .access = &with};
	if (!name_ok(r->name))
		return err_set(e, ERR_USAGE, r->name, "a replica's name has 1 to %d letters, digits, '-', '_' or '.'", VAULT_REPLICA_NAME_MAX - 1);
	path_of(r->name, "ini", path);
	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, ERR_EXISTS, r->name, "there is a replica of this name; take another, or edit %s", path);
	if (strpbrk(r->target, "\r\n"))
		return err_set(e, ERR_USAGE, r->name, "a target has no line ends");
	int c = vault_target_kind(r->target, e), kind = c;
	if (c < 0)
		return c;
	if (r->vkey[0] && (c = note_vkey_parse(slice_str(r->vkey), &v, e)) < 0)
		return c;
	if (kind == VAULT_S3 && !r->no_lock && r->every < 60)
		return err_set(e, ERR_USAGE, r->name, "of what changes all the time one head an hour goes under lock: --every 60 or more");
	vault_access_env(&with);
	vault_access_over(&with, &r->access);
	c = vault_store_open(r->target, &o, &s, e); /* it answers, and can be written where it is ours to write */
	seal_wipe(&with, sizeof with);
	if (c < 0)
		return c;
	vault_store_close(s);
	buf_init(&b, 8192);
	buf_printf(&b, "target = %s\nretain = %u\nevery = %u\nlock = %s\n", r->target, r->retain_days, r->every, r->no_lock ? "no" : "yes");
	if (r->vkey[0])
		buf_printf(&b, "vkey = %s\n", r->vkey);
	c = file_mkdir(dirfd, "replicas", 0755, e);
	if (c == 0)
		c = write_access(dirfd, r->name, &r->access, e);
	return c == 0 ? file_replace(dirfd, path, buf_slice(&b), 0644, e) : c;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

int vault_replica_each(int dirfd, vault_replica_fn *fn, void *arg, struct err *e)
{
	char (*names)[VAULT_REPLICA_NAME_MAX] = NULL;
	size_t n = 0, cap = 0;
	int fd = openat(dirfd, "replicas", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "replicas", "cannot be listed");
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, "replicas", "cannot be listed");
	}
	int r = 0;
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		size_t len = strlen(en->d_name);
		if (len < 5 || strcmp(en->d_name + len - 4, ".ini") || len - 4 >= VAULT_REPLICA_NAME_MAX)
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 16;
			void *more = reallocarray(names, cap, sizeof *names);
			if (!more) {
				r = err_set(e, ERR_MEMORY, NULL, "no memory");
				break;
			}
			names = more;
		}
		memcpy(names[n], en->d_name, len - 4);
		names[n][len - 4] = 0;
		n += name_ok(names[n]);
	}
	closedir(d);
	if (n)
		qsort(names, n, sizeof *names, by_name);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct vault_replica rep;
		struct vault_replica_state st;
		r = vault_replica_get(dirfd, names[i], &rep, &st, e);
		if (r == 0)
			r = fn(arg, &rep, &st, e);
	}
	free(names);
	return r;
}

/* ---- talk ---- */

static void lock(const struct replica_work *w)
{
	if (w->lock)
		pthread_mutex_lock(w->lock);
}

static void unlock(const struct replica_work *w)
{
	if (w->lock)
		pthread_mutex_unlock(w->lock);
}

static void __attribute__((format(printf, 3, 0))) say(struct replica_work *w, bool fault, const char *fmt, va_list ap)
{
	char line[900];
	vsnprintf(line, sizeof line, fmt, ap);
	lock(w);
	w->rep->faults += fault;
	if (w->faults && w->rep->faults <= 1000)
		buf_printf(w->faults, "%s\n", line);
	unlock(w);
}

void replica_fault(struct replica_work *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(w, true, fmt, ap);
	va_end(ap);
}

static void remark(struct replica_work *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void remark(struct replica_work *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(w, false, fmt, ap);
	va_end(ap);
}

void replica_count(struct replica_work *w, uint64_t bytes)
{
	lock(w);
	w->rep->objects++;
	w->rep->bytes += bytes;
	unlock(w);
}

void replica_progress(const struct replica_work *w, const char *doing, uint64_t done, uint64_t total)
{
	if (w->o && w->o->progress)
		w->o->progress(w->o->arg, doing, done, total);
}

int replica_says_no(const struct vault_store *s, const struct replica_head *theirs, const char *why, struct err *e)
{
	return err_set(e, ERR_NO, s->where, "%s (its head: %s, %" PRIu64 " entries, epoch %" PRIu64 ")", why, theirs->cp.origin, theirs->cp.size, theirs->epoch);
}

/* ---- putting ---- */

int replica_put(struct replica_work *w, struct vault_store *s, const char *name, const struct vault_bytes *b, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	int r = s->ops->put(s, name, b, sha256, e);
	if (r == ERR_EXISTS && s->ops->aside) {
		if (w->forked)
			remark(w, "%s/%s: what the old epoch went on with was set aside under aside/", s->where, name);
		else
			replica_fault(w, "%s/%s: it held other bytes than it should: damaged or changed there. They were set aside under aside/, and the right ones put in their place", s->where, name);
		r = s->ops->aside(s, name, e);
		if (r == 0)
			r = s->ops->put(s, name, b, sha256, e);
	}
	if (r == 1)
		replica_count(w, b->size);
	return r < 0 ? r : 0;
}

/* A pack, or records of packs, that were written anew because a body was erased: the tree proves that the new bytes are the ones that count. Where a name has one version the old bytes are destroyed, and not set aside: they hold what was
 * erased. In a bucket they are older versions, which vault_replica_erase takes away, or waits for. */
int replica_put_over(struct replica_work *w, struct vault_store *s, const char *name, const struct vault_bytes *b, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	int r = s->ops->put(s, name, b, sha256, e);
	if (r == ERR_EXISTS && s->ops->remove) {
		struct vault_object o = {.version = ""};
		int64_t until;
		snprintf(o.name, sizeof o.name, "%s", name);
		r = s->ops->remove(s, &o, &until, e);
		if (r == 0)
			r = s->ops->put(s, name, b, sha256, e);
	}
	if (r == 1)
		replica_count(w, b->size);
	return r < 0 ? r : 0;
}

/* What a reader that cannot list begins with, and what makes the folder a log that any tlog client reads. */
int replica_pointers(struct vault_store *s, const struct replica_head *h, struct slice vkey, struct slice checkpoint, struct err *e)
{
	if (!s->ops->replace)
		return 0;
	int r = s->ops->replace(s, "ledger/vkey", vkey, e);
	if (r == 0)
		r = s->ops->replace(s, "ledger/checkpoint", checkpoint, e);
	return r == 0 ? s->ops->replace(s, "newest", buf_slice(&h->note), e) : r;
}

/* ---- what a store has ---- */

struct replica_names {
	struct vault_object *o; /* sorted by name; several of one name with the sizes of its versions */
	size_t n, cap;
};

static int take_object(void *arg, const struct vault_object *o, struct err *e)
{
	struct replica_names *ns = arg;
	if (ns->n == ns->cap) {
		size_t cap = ns->cap ? 2 * ns->cap : 1024;
		void *more = reallocarray(ns->o, cap, sizeof *ns->o);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		ns->o = more;
		ns->cap = cap;
	}
	ns->o[ns->n++] = *o;
	return 0;
}

static int by_object(const void *a, const void *b)
{
	return strcmp(((const struct vault_object *)a)->name, ((const struct vault_object *)b)->name);
}

int replica_names_read(struct vault_store *s, const char *prefix, struct replica_names **ret, struct err *e)
{
	*ret = NULL;
	if (!s->ops->list)
		return 0;
	struct replica_names *n = calloc(1, sizeof *n);
	if (!n)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = s->ops->list(s, prefix, take_object, n, e);
	if (r < 0) {
		replica_names_free(n);
		return r;
	}
	if (n->n)
		qsort(n->o, n->n, sizeof *n->o, by_object);
	*ret = n;
	return 0;
}

static const struct vault_object *first_of(const struct replica_names *n, const char *name)
{
	size_t lo = 0, hi = n->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (strcmp(n->o[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n->n && !strcmp(n->o[lo].name, name) ? &n->o[lo] : NULL;
}

const struct vault_object *replica_names_nth(const struct replica_names *n, const char *name, size_t i)
{
	const struct vault_object *o = n ? first_of(n, name) : NULL;
	if (!o || (size_t)(n->o + n->n - o) <= i || strcmp(o[i].name, name))
		return NULL;
	return o + i;
}

bool replica_names_known(const struct replica_names *n, const char *name)
{
	return first_of(n, name) != NULL;
}

bool replica_names_has(const struct replica_names *n, const char *name, uint64_t size)
{
	for (const struct vault_object *o = first_of(n, name); o && o < n->o + n->n && !strcmp(o->name, name); o++)
		if (o->size == size)
			return true;
	return false;
}

int replica_names_each(const struct replica_names *n, int (*fn)(void *arg, const struct vault_object *o, struct err *e), void *arg, struct err *e)
{
	int r = 0;
	for (size_t i = 0; n && r == 0 && i < n->n; i++)
		r = fn(arg, &n->o[i], e);
	return r;
}

void replica_names_free(struct replica_names *n)
{
	if (!n)
		return;
	free(n->o);
	free(n);
}

/* ---- a head's tree ---- */

static int take_version(void *arg, const struct vault_object *o, struct err *e)
{
	struct replica_tree *t = arg;
	if (strcmp(o->name, t->name) || t->n >= 1000)
		return 0;
	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 8;
		void *more = reallocarray(t->version, cap, sizeof *t->version);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		t->version = more;
		t->cap = cap;
	}
	memcpy(t->version[t->n++], o->version, sizeof o->version);
	return 0;
}

static int into_buf(void *arg, struct slice piece, struct err *e)
{
	struct buf *b = arg;
	if (!piece.p)
		buf_reset(b);
	buf_add_slice(b, piece);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "it is larger than it may be");
}

/* A tile that the head names among its files has one right content. Another lies under its name: first the newest, then all versions, oldest first. */
static int candidate(void *arg, const char *path, unsigned turn, size_t most, struct buf *ret, struct err *e)
{
	struct replica_tree *t = arg;
	char name[VAULT_OBJECT_MAX + 1], full[VAULT_OBJECT_MAX + 1];
	snprintf(full, sizeof full, "ledger/%s", path);
	const struct replica_file *f = replica_head_find(t->h, full);
	if (f) {
		replica_file_name(f, name);
		return turn ? err_set(e, ERR_NOT_FOUND, path, "no other") : vault_store_read_hash(t->s, name, most, f->sha256, ret, e);
	}
	if (turn == 0) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, most);
		if (t->ahead && replica_ahead_take(t->ahead, full, ret) == 0)
			return 0;
		int r = t->s->ops->get(t->s, full, "", 0, most + 1, into_buf, &b, e);
		buf_add_slice(ret, buf_slice(&b));
		if (r != ERR_NOT_FOUND || t->s->kind != VAULT_S3)
			return r;
		return ERR_LIMIT; /* a delete marker lies over it: the versions below are asked for next */
	}
	if (t->s->kind != VAULT_S3)
		return err_set(e, ERR_NOT_FOUND, path, "no other");
	if (turn == 1 || strcmp(t->name, full)) {
		t->n = 0;
		snprintf(t->name, sizeof t->name, "%s", full);
		int r = t->s->ops->list(t->s, full, take_version, t, e);
		if (r < 0)
			return r;
	}
	if (turn > t->n)
		return err_set(e, ERR_NOT_FOUND, path, "no other");
	return t->s->ops->get(t->s, full, t->version[t->n - turn], 0, most, into_buf, ret, e);
}

int replica_tree_open(struct replica_tree *t, struct vault_store *s, const struct replica_head *h, struct err *e)
{
	memset(t, 0, sizeof *t);
	t->s = s;
	t->h = h;
	int r = ledger_trust_new(&h->cp, candidate, t, &t->t, e);
	if (r < 0)
		err_in(e, s->where);
	return r;
}

void replica_tree_done(struct replica_tree *t)
{
	ledger_trust_free(t->t);
	free(t->version);
	memset(t, 0, sizeof *t);
}

/* ---- packs ---- */

struct checking {
	struct replica_tree *t;
	replica_pack_fn *fn;
	void *arg;
	const char *why;
};

/* Is its leaf in the tree? Then its SHA-256 is the one that was logged. */
static int proven(struct replica_tree *t, const struct ledger_pack_ref *p, struct err *e)
{
	struct slice leaf;
	uint8_t mine[LEDGER_LEAF_MAX];
	int r = ledger_trust_leaf(t->t, p->entry, &leaf, e);
	if (r == 0 && !slice_eq(leaf, slice_of(mine, ledger_leaf_encode(&p->leaf, mine))))
		r = err_set(e, ERR_CORRUPT, "packs/records", "the record of %s is not the entry that the ledger has", p->name);
	return r;
}

struct records {
	struct vault_store *s;
	struct replica_tree *t; /* NULL: not proven */
	uint64_t chunk, packs;
};

/* One object of records: every one of them must read, and, where there is a tree, be in it. */
static int right_records(void *arg, struct slice bytes, struct err *e)
{
	const struct records *c = arg;
	uint64_t first = c->chunk * REPLICA_RECORDS + 1, n = bytes.n / LEDGER_PACK_RECORD;
	if (bytes.n % LEDGER_PACK_RECORD || first + n - 1 > c->packs)
		return err_set(e, ERR_CORRUPT, "packs/records", "it has the wrong length");
	for (uint64_t i = 0; i < n; i++) {
		struct ledger_pack_ref p;
		int r = ledger_pack_record_read(slice_of(bytes.p + i * LEDGER_PACK_RECORD, LEDGER_PACK_RECORD), first + i, &p, e);
		if (r == 0 && c->t)
			r = proven(c->t, &p, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_records(struct vault_store *s, const struct replica_head *h, struct records *c, struct buf *b, struct err *e)
{
	char name[VAULT_OBJECT_MAX + 1];
	buf_reset(b);
	if ((c->chunk + 1) * REPLICA_RECORDS <= h->packs) {
		snprintf(name, sizeof name, "packs/records/%05" PRIu64, c->chunk);
		return vault_store_read(s, name, REPLICA_RECORDS * LEDGER_PACK_RECORD, right_records, c, b, e);
	}
	const struct replica_file *f = replica_head_find(h, "packs/records");
	if (!f)
		return err_set(e, ERR_CORRUPT, h->name, "it speaks of packs, and has no records of them");
	replica_file_name(f, name);
	int r = vault_store_read_hash(s, name, REPLICA_RECORDS * LEDGER_PACK_RECORD, f->sha256, b, e);
	if (r == 0 && b->n != (h->packs % REPLICA_RECORDS) * LEDGER_PACK_RECORD)
		r = err_set(e, ERR_CORRUPT, h->name, "it has another number of records than of packs");
	return r == 0 ? right_records(c, buf_slice(b), e) : r;
}

static int each(struct vault_store *s, const struct replica_head *h, struct replica_tree *t, uint64_t from, replica_pack_fn *fn, void *arg, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct records c = {.s = s, .t = t, .packs = h->packs};
	uint64_t next = 0; /* entry */
	buf_init(&b, REPLICA_RECORDS * LEDGER_PACK_RECORD);
	for (uint64_t k = from; k <= h->packs; k++) {
		struct ledger_pack_ref p;
		if (k == from || (k - 1) % REPLICA_RECORDS == 0) {
			c.chunk = (k - 1) / REPLICA_RECORDS;
			int r = read_records(s, h, &c, &b, e);
			if (r < 0)
				return r;
		}
		struct slice record = slice_of(b.p + (k - 1) % REPLICA_RECORDS * LEDGER_PACK_RECORD, LEDGER_PACK_RECORD);
		int r = ledger_pack_record_read(record, k, &p, e);
		if (r == 0 && (p.entry >= h->cp.size || (k > from && p.first != next)))
			r = err_set(e, ERR_CORRUPT, "packs/records", "the packs do not follow each other at %s", p.name);
		if (r == 0)
			r = fn(arg, &p, record, e);
		if (r < 0)
			return r;
		next = p.first + p.count;
	}
	return 0;
}

int replica_each_pack(struct replica_tree *t, uint64_t from, replica_pack_fn *fn, void *arg, struct err *e)
{
	return each(t->s, t->h, t, from, fn, arg, e);
}

int replica_each_record(struct vault_store *s, const struct replica_head *h, uint64_t from, replica_pack_fn *fn, void *arg, struct err *e)
{
	return each(s, h, NULL, from, fn, arg, e);
}

/* ---- packs of the vault: "SHA256 SIZE NAME" LF, sorted by name ---- */

int replica_list_parse(struct slice text, replica_vault_fn *fn, void *arg, struct err *e)
{
	struct cur c = cur_of(text);
	char last[VAULT_OBJECT_MAX + 1] = "";
	while (cur_left(&c)) {
		struct slice line = cur_line(&c), rest, hex = slice_cut(line, ' ', &rest), size = slice_cut(rest, ' ', &rest);
		uint8_t sha[SEAL_HASH];
		uint64_t n;
		char name[VAULT_OBJECT_MAX + 1];
		if (c.failed || hex_get(sha, SEAL_HASH, hex) < 0 || num_u64(size, 0, REPLICA_FILE_MAX, &n) < 0 || rest.n < 7 || rest.n > VAULT_OBJECT_MAX || memcmp(rest.p, "vault/", 6))
			return err_set(e, ERR_CORRUPT, "vault/list", "line %zu does not read", cur_offset(&c));
		memcpy(name, rest.p, rest.n);
		name[rest.n] = 0;
		if (strlen(name) != rest.n || !vault_object_name_ok(name) || strchr(name + 6, '/') || strcmp(last, name) >= 0 || rest.n < 10 || strcmp(name + rest.n - 4, ".age"))
			return err_set(e, ERR_CORRUPT, "vault/list", "it names something that is no pack, or is out of order");
		memcpy(last, name, rest.n + 1);
		int r = fn(arg, name, n, sha, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int replica_each_vault(struct vault_store *s, const struct replica_head *h, replica_vault_fn *fn, void *arg, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char name[VAULT_OBJECT_MAX + 1];
	const struct replica_file *f = replica_head_find(h, "vault/list");
	if (!f)
		return 0;
	buf_init(&b, VAULT_SMALL_MAX);
	replica_file_name(f, name);
	int r = vault_store_read_hash(s, name, VAULT_SMALL_MAX, f->sha256, &b, e);
	return r == 0 ? replica_list_parse(buf_slice(&b), fn, arg, e) : r;
}
