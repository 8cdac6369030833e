/* Bodies of the vault's entries: JSON objects in one line, ASCII where nobody named anything otherwise.
 *
 * vault-pack   {"pack":"content-00000012.age","class":"content","period":"files-2026Q4","domain":"site","size":bytes of the age file,"plain":bytes of the stream,"sha256":hex of the age file}
 * snapshot     {"v":1,"source","host","domain","begun","ended": ns of the machine's clock as strings,"roots":[paths, escaped as in a catalogue],
 *               "files","dirs","others","bytes","new_bytes","stored_bytes","changed","added","removed","unreadable","torn","whole",
 *               "verdict":"clean"|"damage","reasons":[sentences],"signs":text of the judge (vault_judge_signs.c),"root":hex SHA-256 of the catalogue's stream,"files_period","catalogue_period",
 *               "catalogue_size": bytes of that stream,"list":"PACK:OFFSET+LENGTH,..." (in catalogue packs) where the stream's list lies,"list_size","chunks": where the chunks made are listed,"chunks_size"}
 * "list" and "chunks" are at most a few places: those streams are written behind one another and never deduplicated.
 * Valid if and only if it is an object of at most VAULT_BODY_MAX bytes with a source, a domain, a root, both periods and places that parse. Members that are not known are passed over.
 */
#include "vault_internal.h"

/* ---- small things ---- */

bool vault_name_ok(struct slice s)
{
	if (s.n == 0 || s.n > VAULT_NAME_MAX || s.p[0] == '.' || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= 'A' && s.p[i] <= 'Z') && !(s.p[i] >= '0' && s.p[i] <= '9') && !memchr("._-", s.p[i], 3))
			return false;
	return true;
}

void vault_snapshot_id(uint64_t seq, char out[24])
{
	(void)snprintf(out, 24, "s%llu", (unsigned long long)seq);
}

static int wrong(struct err *e, const char *what)
{
	return err_set(e, ERR_CORRUPT, NULL, "the body of %s is not what we write", what);
}

static bool text(struct slice v, char *out, size_t size)
{
	if (v.n >= size || memchr(v.n ? (const char *)v.p : "", 0, v.n))
		return false;
	if (v.n)
		memcpy(out, v.p, v.n);
	out[v.n] = 0;
	return true;
}

static bool name(struct slice v, char *out, size_t size)
{
	return vault_name_ok(v) && text(v, out, size);
}

/* ---- vault-pack ---- */

void vault_pack_body_write(const struct vault_pack_info *p, struct buf *ret)
{
	struct jsonw w;
	char hex[2 * SEAL_HASH + 1];
	struct buf h;
	buf_init(&h, sizeof(hex));
	hex_put(&h, slice_of(p->sha256, SEAL_HASH));
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "pack", p->name);
	jsonw_kstr(&w, "class", p->class == VAULT_CATALOGUE ? "catalogue" : "content");
	jsonw_kstr(&w, "period", p->period);
	jsonw_kstr(&w, "domain", p->domain);
	jsonw_ku64(&w, "size", p->size);
	jsonw_ku64(&w, "plain", p->plain);
	jsonw_kslice(&w, "sha256", buf_slice(&h));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&h))
		ret->failed = ret->no_memory = true;
	buf_done(&h);
}

/* One member of an object with plain values: its key, and its value as JSON_STR or JSON_NUM or whatever begins. 1, 0 at the object's end, negative. */
static int member(struct json *j, char key[32], enum json_type *ret)
{
	enum json_type t = json_next(j);
	if (t == JSON_OBJ_END)
		return json_next(j) == JSON_END ? 0 : ERR_CORRUPT;
	if (t != JSON_KEY)
		return ERR_CORRUPT;
	if (!text(j->value, key, 32))
		key[0] = 0; /* longer than any of ours */
	*ret = json_next(j);
	return *ret == JSON_BAD ? ERR_CORRUPT : 1;
}

static bool u64(const struct json *j, enum json_type t, uint64_t *ret)
{
	return t == JSON_NUM && num_u64(j->value, 0, INT64_MAX, ret) == 0;
}

static bool pack_member(struct json *j, const char *key, enum json_type t, struct vault_pack_info *p)
{
	uint64_t number;
	if (!strcmp(key, "pack"))
		return t == JSON_STR && vault_pack_parse(j->value, &p->class, &number) == 0 && text(j->value, p->name, sizeof(p->name));
	if (!strcmp(key, "period"))
		return t == JSON_STR && name(j->value, p->period, sizeof(p->period));
	if (!strcmp(key, "domain"))
		return t == JSON_STR && name(j->value, p->domain, sizeof(p->domain));
	if (!strcmp(key, "size"))
		return u64(j, t, &p->size);
	if (!strcmp(key, "plain"))
		return u64(j, t, &p->plain);
	if (!strcmp(key, "sha256"))
		return t == JSON_STR && hex_get(p->sha256, SEAL_HASH, j->value) == 0;
	return json_skip(j, t) == 0;
}

int vault_pack_body_parse(struct slice body, struct vault_pack_info *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = body.n <= 4096 ? arena_new(64 << 10) : NULL;
	if (!a)
		return body.n <= 4096 ? err_set(e, ERR_MEMORY, NULL, "no memory for a vault pack's entry") : wrong(e, "a vault pack's entry");
	struct vault_pack_info p = {0};
	struct json j;
	char key[32];
	enum json_type t;
	int r;
	json_init(&j, body, a, NULL);
	if (json_next(&j) != JSON_OBJ)
		return wrong(e, "a vault pack's entry");
	while ((r = member(&j, key, &t)) > 0)
		if (!pack_member(&j, key, t, &p))
			return wrong(e, "a vault pack's entry");
	if (r < 0 || !p.name[0] || !p.period[0] || !p.domain[0] || p.size == 0)
		return wrong(e, "a vault pack's entry");
	*ret = p;
	return 0;
}

/* ---- snapshot ---- */

struct count {
	const char *key;
	size_t at; /* in struct vault_body */
};
#define COUNT(k) {#k, offsetof(struct vault_body, s.k)}
static const struct count counts[] = {
	COUNT(files), COUNT(dirs), COUNT(others), COUNT(bytes), COUNT(new_bytes), COUNT(stored_bytes), COUNT(changed), COUNT(added), COUNT(removed), COUNT(unreadable), COUNT(torn),
	{"catalogue_size", offsetof(struct vault_body, catalogue_size)}, {"list_size", offsetof(struct vault_body, list_size)}, {"chunks_size", offsetof(struct vault_body, chunks_size)},
};

static void ktime(struct jsonw *w, const char *key, int64_t t)
{
	char n[24];
	(void)snprintf(n, sizeof(n), "%lld", (long long)t);
	jsonw_kstr(w, key, n); /* a string: nanoseconds do not fit in the numbers of most JSON readers */
}

static void karray(struct jsonw *w, const char *key, const struct buf *array)
{
	jsonw_key(w, key);
	jsonw_raw(w, array->n ? buf_slice(array) : SLICE("[]"));
}

static void body_counts(struct jsonw *w, const struct vault_body *b)
{
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		uint64_t v;
		memcpy(&v, (const uint8_t *)b + counts[i].at, sizeof(v));
		jsonw_ku64(w, counts[i].key, v);
	}
}

void vault_body_write(const struct vault_body *b, struct buf *ret)
{
	struct jsonw w;
	struct buf hex;
	buf_init(&hex, 2 * SEAL_HASH);
	hex_put(&hex, slice_of(b->s.root, SEAL_HASH));
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_ku64(&w, "v", 1);
	jsonw_kstr(&w, "source", b->s.source);
	jsonw_kstr(&w, "host", b->s.host);
	jsonw_kstr(&w, "domain", b->domain);
	ktime(&w, "begun", b->s.begun);
	ktime(&w, "ended", b->s.ended);
	karray(&w, "roots", &b->roots);
	body_counts(&w, b);
	jsonw_kbool(&w, "whole", b->s.whole);
	jsonw_kstr(&w, "verdict", b->s.verdict);
	karray(&w, "reasons", &b->s.reasons);
	jsonw_kstr(&w, "signs", b->signs);
	jsonw_kslice(&w, "root", buf_slice(&hex));
	jsonw_kstr(&w, "files_period", b->files_period);
	jsonw_kstr(&w, "catalogue_period", b->catalogue_period);
	jsonw_kslice(&w, "list", buf_slice(&b->list));
	jsonw_kslice(&w, "chunks", buf_slice(&b->chunks));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&hex))
		ret->failed = ret->no_memory = true;
	buf_done(&hex);
}

static bool extents(struct slice v, struct buf *ret)
{
	struct slice rest = v;
	struct vault_extent x;
	int r;
	while ((r = vault_extent_next(&rest, &x)) > 0)
		if (x.pack == 0)
			return false;
	buf_reset(ret);
	buf_add_slice(ret, v);
	return r == 0 && buf_ok(ret);
}

/* An array of strings, kept as it is written: checked to its end, so that it can be handed out again. */
static bool array(struct json *j, enum json_type t, struct slice whole, struct buf *ret)
{
	size_t from = j->start;
	if (t != JSON_ARR)
		return false;
	while ((t = json_next(j)) == JSON_STR)
		;
	if (t != JSON_ARR_END)
		return false;
	buf_reset(ret);
	buf_add(ret, whole.p + from, j->start + 1 - from);
	return buf_ok(ret);
}

static bool time_of(const struct json *j, enum json_type t, int64_t *ret)
{
	return t == JSON_STR && num_i64(j->value, INT64_MIN, INT64_MAX, ret) == 0;
}

static bool body_name(struct json *j, const char *key, enum json_type t, struct vault_body *b, bool *ret_ours)
{
	struct {
		const char *key;
		char *out;
		size_t size;
	} names[] = {{"source", b->s.source, sizeof(b->s.source)}, {"domain", b->domain, sizeof(b->domain)}, {"files_period", b->files_period, sizeof(b->files_period)},
		{"catalogue_period", b->catalogue_period, sizeof(b->catalogue_period)}};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(key, names[i].key)) {
			*ret_ours = true;
			return t == JSON_STR && name(j->value, names[i].out, names[i].size);
		}
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		if (!strcmp(key, counts[i].key)) {
			uint64_t v;
			*ret_ours = true;
			if (!u64(j, t, &v))
				return false;
			memcpy((uint8_t *)b + counts[i].at, &v, sizeof(v));
			return true;
		}
	*ret_ours = false;
	return true;
}

static bool body_member(struct json *j, const char *key, enum json_type t, struct slice whole, struct vault_body *b, bool *has_root)
{
	bool ours, ok = body_name(j, key, t, b, &ours);
	if (ours || !ok)
		return ok;
	if (!strcmp(key, "host"))
		return t == JSON_STR && text(j->value, b->s.host, sizeof(b->s.host));
	if (!strcmp(key, "verdict"))
		return t == JSON_STR && (slice_eq_str(j->value, "clean") || slice_eq_str(j->value, "damage")) && text(j->value, b->s.verdict, sizeof(b->s.verdict));
	if (!strcmp(key, "signs"))
		return t == JSON_STR && text(j->value, b->signs, sizeof(b->signs));
	if (!strcmp(key, "begun"))
		return time_of(j, t, &b->s.begun);
	if (!strcmp(key, "ended"))
		return time_of(j, t, &b->s.ended);
	if (!strcmp(key, "reasons"))
		return array(j, t, whole, &b->s.reasons);
	if (!strcmp(key, "roots"))
		return array(j, t, whole, &b->roots);
	if (!strcmp(key, "list"))
		return t == JSON_STR && extents(j->value, &b->list);
	if (!strcmp(key, "chunks"))
		return t == JSON_STR && extents(j->value, &b->chunks);
	if (!strcmp(key, "root"))
		return *has_root = t == JSON_STR && hex_get(b->s.root, SEAL_HASH, j->value) == 0;
	if (!strcmp(key, "whole")) {
		b->s.whole = t == JSON_TRUE;
		return t == JSON_TRUE || t == JSON_FALSE;
	}
	if (!strcmp(key, "v"))
		return t == JSON_NUM && slice_eq_str(j->value, "1");
	return json_skip(j, t) == 0;
}

int vault_body_parse(struct slice body, struct vault_body *ret, struct err *e)
{
	*ret = (struct vault_body){0};
	buf_init(&ret->s.reasons, VAULT_BODY_MAX);
	buf_init(&ret->list, VAULT_BODY_MAX);
	buf_init(&ret->chunks, VAULT_BODY_MAX);
	buf_init(&ret->roots, VAULT_BODY_MAX);
	if (body.n > VAULT_BODY_MAX)
		return wrong(e, "a snapshot's entry");
	AUTO_ARENA struct arena *a = arena_new(body.n + (64 << 10));
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a snapshot's entry");
	struct json j;
	char key[32];
	enum json_type t;
	bool has_root = false;
	int r;
	json_init(&j, body, a, NULL);
	if (json_next(&j) != JSON_OBJ)
		return wrong(e, "a snapshot's entry");
	while ((r = member(&j, key, &t)) > 0)
		if (!body_member(&j, key, t, body, ret, &has_root))
			return wrong(e, "a snapshot's entry");
	if (r < 0 || !has_root || !ret->s.source[0] || !ret->domain[0] || !ret->files_period[0] || !ret->catalogue_period[0] || !ret->s.verdict[0])
		return wrong(e, "a snapshot's entry");
	return 0;
}

void vault_snapshot_done(struct vault_snapshot *s)
{
	buf_done(&s->reasons);
}

void vault_body_done(struct vault_body *b)
{
	vault_snapshot_done(&b->s);
	buf_done(&b->list);
	buf_done(&b->chunks);
	buf_done(&b->roots);
}

/* ---- roots ---- */

int vault_roots_parse(struct slice json, struct buf *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(json.n + (64 << 10));
	struct json j;
	enum json_type t;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a snapshot's entry");
	json_init(&j, json, a, NULL);
	if (json_next(&j) != JSON_ARR)
		return wrong(e, "a snapshot's entry");
	while ((t = json_next(&j)) == JSON_STR) {
		if (vault_unescape(ret, j.value) < 0)
			return wrong(e, "a snapshot's entry");
		buf_u8(ret, 0);
	}
	if (t != JSON_ARR_END)
		return wrong(e, "a snapshot's entry");
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no memory for a snapshot's entry");
}

bool vault_roots_have(struct slice roots, struct slice path)
{
	for (size_t at = 0; at < roots.n;) {
		size_t n = strnlen((const char *)roots.p + at, roots.n - at);
		if (vault_path_under(path, slice_of(roots.p + at, n)))
			return true;
		at += n + 1;
	}
	return false;
}
