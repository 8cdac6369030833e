/* keeper_vault: what the vault asks of the ledger's one writer: recipients of the quarter's keys, numbers for packs, and the entries of packs and snapshots (doc/formats.md, section 8).
 *
 * Asked over run/control, and only by root and the site's owner: who is merely in the group holdfast may run a hospital, but not say what its backups are. Packs are written by the command, which
 * reads the trees; the keeper looks that a pack is there with its size, and enters the SHA-256 that its maker computed. Hashing 32 MiB here would hold up every feed for 30 ms a pack, and prove
 * little: whoever may ask this may write the file as well. `vault check` reads the bytes.
 *
 * Numbers are taken from SITE/keys/vault-numbers in blocks, durably before one is given out, so that no number is given twice, whatever dies: a pack is found by its name for ten years.
 * What the last snapshot of each source said is kept for status and alarms, in the cache of accounts.c, and is found again in the ledger. */
#include "keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define NUMBERS "keys/vault-numbers"
#define BLOCK 64
#define NUMBER_MAX UINT64_C(99999999)
#define CONTENT 1
#define CATALOGUE 2

static const char *const class_names[] = {"content", "catalogue"}, *const periods[] = {"files", "catalogue"};

/* Who may speak of backups; class: CONTENT or CATALOGUE. */
static int may(const struct keeper *k, const struct kchan *ch, int class, struct err *e)
{
	if (ch->uid != 0 && ch->uid != k->r->owner_uid)
		return err_set(e, ERR_DENIED, NULL, "what goes into the vault is said by root or the site's owner");
	return class == CONTENT || class == CATALOGUE ? 0 : err_set(e, ERR_INPUT, NULL, "the vault has no packs of class %d", class);
}

/* ---- numbers ---- */

/* "content-00000012.age": its class and number; false: not such a name. */
static bool name_read(struct slice name, int *ret_class, uint64_t *ret_number)
{
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(class_names[i]);
		if (name.n != n + 13 || memcmp(name.p, class_names[i], n) || name.p[n] != '-' || memcmp(name.p + n + 9, ".age", 4))
			continue;
		for (size_t d = 0; d < 8; d++)
			if (name.p[n + 1 + d] < '0' || name.p[n + 1 + d] > '9')
				return false;
		*ret_class = i + 1;
		return num_u64(slice_of(name.p + n + 1, 8), 1, NUMBER_MAX, ret_number) == 0;
	}
	return false;
}

/* No file of numbers: above all that has an entry, and all that lies in the folders (a restored copy may lack the file). */
static void look_in(struct keeper *k, const char *path)
{
	int fd = openat(k->r->sitefd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *en; (en = readdir(d));) {
		int class;
		uint64_t n;
		if (name_read(slice_str(en->d_name), &class, &n) && k->vault.next[class - 1] <= n)
			k->vault.next[class - 1] = n + 1;
	}
	closedir(d);
}

static void numbers_open(struct keeper *k)
{
	struct vault_state *v = &k->vault;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	if (v->reserved[0])
		return;
	struct slice rest = file_read(k->r->sitefd, NUMBERS, 4096, &b, NULL) == 0 ? buf_slice(&b) : SLICE_NULL;
	bool got[2] = {false, false};
	while (rest.n) {
		struct slice line = slice_cut(rest, '\n', &rest), value, word = slice_cut(line, ' ', &value);
		for (int i = 0; i < 2; i++)
			got[i] |= slice_eq_str(word, class_names[i]) && num_u64(value, 1, NUMBER_MAX + BLOCK, &v->next[i]) == 0;
	}
	for (int i = 0; i < 2; i++) {
		uint64_t least = v->entered[i] > 1 ? v->entered[i] : 1;
		if (v->next[i] < least)
			v->next[i] = least;
	}
	if (!got[0] || !got[1]) {
		look_in(k, "vault");
		look_in(k, "vault/new");
	}
	for (int i = 0; i < 2; i++)
		v->reserved[i] = v->next[i];
}

static int numbers_reserve(struct keeper *k, int i, struct err *e)
{
	struct vault_state *v = &k->vault;
	char text[128];
	uint64_t want[2] = {v->reserved[0], v->reserved[1]};
	want[i] = v->next[i] + BLOCK;
	int n = snprintf(text, sizeof text, "%s %llu\n%s %llu\n", class_names[0], (unsigned long long)want[0], class_names[1], (unsigned long long)want[1]);
	int r = file_replace(k->r->sitefd, NUMBERS, slice_of(text, (size_t)n), 0600, e);
	if (r == 0)
		v->reserved[i] = want[i];
	return r;
}

/* At a clean stop what was taken and not given is given back, or every short-lived keeper would cost a block. */
void keeper_vault_rest(struct keeper *k)
{
	struct vault_state *v = &k->vault;
	char text[128];
	if (!v->reserved[0] || (v->reserved[0] == v->next[0] && v->reserved[1] == v->next[1]))
		return;
	int n = snprintf(text, sizeof text, "%s %llu\n%s %llu\n", class_names[0], (unsigned long long)v->next[0], class_names[1], (unsigned long long)v->next[1]);
	if (file_replace(k->r->sitefd, NUMBERS, slice_of(text, (size_t)n), 0600, NULL) == 0)
		memcpy(v->reserved, v->next, sizeof v->reserved);
}

static int next_number(struct keeper *k, int class, uint64_t *ret, struct err *e)
{
	struct vault_state *v = &k->vault;
	struct statvfs st;
	int i = class - 1;
	/* a pack needs room for itself above what feeds and views may use to the last */
	if (fstatvfs(k->r->sitefd, &st) == 0 && (uint64_t)st.f_bavail * st.f_frsize < keeper_reserve(k) + (UINT64_C(64) << 20))
		return err_set(e, ERR_FULL, "vault", "the disk of the site is nearly full, and what is left is kept for the ledger; make room, then run this again");
	numbers_open(k);
	if (v->next[i] > NUMBER_MAX)
		return err_set(e, ERR_LIMIT, "vault", "the vault has used all its numbers for packs");
	int r = v->next[i] >= v->reserved[i] ? numbers_reserve(k, i, e) : 0;
	if (r == 0)
		*ret = v->next[i]++;
	return r;
}

/* ---- what entries mean ---- */

static void text(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : 0; /* what does not fit is not ours */
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

static struct vault_source *source_slot(struct vault_state *v, struct slice name)
{
	for (size_t i = 0; i < v->source_count; i++)
		if (slice_eq_str(name, v->sources[i].source))
			return &v->sources[i];
	if (!name.n || name.n >= sizeof v->sources[0].source || v->source_count == VAULT_SOURCES_MAX)
		return NULL;
	struct vault_source *p = reallocarray(v->sources, v->source_count + 1, sizeof *p);
	if (!p)
		return NULL;
	v->sources = p;
	p += v->source_count++;
	*p = (struct vault_source){0};
	text(p->source, sizeof p->source, name);
	return p;
}

static uint64_t number(const struct json_node *n, const char *key)
{
	uint64_t v;
	return num_u64(json_text(n, key), 0, UINT64_MAX, &v) == 0 ? v : 0;
}

static void source_read(struct vault_source *s, const struct json_node *n)
{
	const struct json_node *why = json_get(n, "reasons");
	struct slice domain = json_text(n, "domain");
	text(s->domain, sizeof s->domain, domain.n ? domain : SLICE("site")); /* of caches from before there were agents */
	text(s->host, sizeof s->host, json_text(n, "host"));
	text(s->verdict, sizeof s->verdict, json_text(n, "verdict"));
	s->files = number(n, "files");
	s->bytes = number(n, "bytes");
	s->new_bytes = number(n, "new_bytes");
	text(s->reasons, sizeof s->reasons, why && why->type == JSON_ARR ? why->raw : SLICE_NULL);
}

static void snapshot_note(struct vault_state *v, uint64_t seq, int64_t time, struct slice body, const struct json_node *n)
{
	char id[24];
	if (slice_eq_str(json_text(n, "what"), "accept")) { /* of the newest one: no alarm any more */
		struct vault_source *a = source_slot(v, json_text(n, "source"));
		snprintf(id, sizeof id, "s%llu", a ? (unsigned long long)a->seq : 0);
		if (a && a->seq && slice_eq_str(json_text(n, "snapshot"), id)) {
			snprintf(a->verdict, sizeof a->verdict, "clean");
			a->damage_since = 0;
		}
		return;
	}
	/* no "what": a snapshot; else a drill, which changes nothing that status shows */
	struct vault_source *s = !json_get(n, "what") ? source_slot(v, json_text(n, "source")) : NULL;
	if (!s)
		return;
	source_read(s, n);
	s->seq = seq;
	s->time = time;
	seal_sha256_once(body, s->hash);
	if (strcmp(s->verdict, "damage"))
		s->damage_since = 0;
	else if (!s->damage_since)
		s->damage_since = time;
}

static void pack_note(struct vault_state *v, uint64_t seq, const struct json_node *n)
{
	struct slice name = json_text(n, "pack");
	int class;
	uint64_t no;
	if (!name_read(name, &class, &no))
		return;
	struct vault_entered *x = &v->recent[v->recent_count++ % VAULT_RECENT];
	*x = (struct vault_entered){.seq = seq};
	text(x->name, sizeof x->name, name);
	(void)!hex_get(x->sha256, sizeof x->sha256, json_text(n, "sha256"));
	if (v->entered[class - 1] <= no)
		v->entered[class - 1] = no + 1;
	v->packs++;
	v->bytes += number(n, "size");
}

void keeper_vault_note(struct keeper *k, uint8_t kind, uint64_t seq, int64_t time, struct slice body, const struct json_node *n)
{
	if (kind == LEDGER_SNAPSHOT)
		snapshot_note(&k->vault, seq, time, body, n);
	else
		pack_note(&k->vault, seq, n);
}

void keeper_vault_forget(struct keeper *k)
{
	free(k->vault.sources);
	k->vault = (struct vault_state){0};
}

/* ---- the cache ---- */

static void put_hash(struct jsonw *w, const char *key, const uint8_t hash[SEAL_HASH])
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 128);
	hex_put(&b, slice_of(hash, SEAL_HASH));
	jsonw_kslice(w, key, buf_slice(&b));
}

static void put_source(struct jsonw *w, const struct vault_source *s)
{
	jsonw_kstr(w, "source", s->source);
	jsonw_kstr(w, "domain", s->domain);
	jsonw_kstr(w, "host", s->host);
	jsonw_ku64(w, "seq", s->seq);
	jsonw_ku64(w, "files", s->files);
	jsonw_ku64(w, "bytes", s->bytes);
	jsonw_ku64(w, "new_bytes", s->new_bytes);
	jsonw_kstr(w, "verdict", s->verdict);
	jsonw_key(w, "reasons");
	jsonw_raw(w, slice_str(s->reasons[0] ? s->reasons : "[]"));
}

void keeper_vault_save(const struct keeper *k, struct jsonw *w)
{
	const struct vault_state *v = &k->vault;
	jsonw_obj(w);
	jsonw_ku64(w, "packs", v->packs);
	jsonw_ku64(w, "bytes", v->bytes);
	for (int i = 0; i < 2; i++)
		jsonw_ku64(w, class_names[i], v->entered[i]);
	jsonw_key(w, "sources");
	jsonw_arr(w);
	for (size_t i = 0; i < v->source_count; i++) {
		jsonw_obj(w);
		put_source(w, &v->sources[i]);
		jsonw_ki64(w, "time", v->sources[i].time);
		jsonw_ki64(w, "damageSince", v->sources[i].damage_since);
		put_hash(w, "hash", v->sources[i].hash);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_key(w, "recent");
	jsonw_arr(w);
	size_t have = v->recent_count < VAULT_RECENT ? v->recent_count : VAULT_RECENT;
	for (size_t i = v->recent_count - have; i < v->recent_count; i++) {
		const struct vault_entered *x = &v->recent[i % VAULT_RECENT];
		jsonw_obj(w);
		jsonw_kstr(w, "name", x->name);
		put_hash(w, "sha256", x->sha256);
		jsonw_ku64(w, "seq", x->seq);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static int64_t signed_number(const struct json_node *n, const char *key)
{
	int64_t v;
	return num_i64(json_text(n, key), INT64_MIN, INT64_MAX, &v) == 0 ? v : 0;
}

void keeper_vault_load(struct keeper *k, const struct json_node *n)
{
	struct vault_state *v = &k->vault;
	if (!n)
		return;
	v->packs = number(n, "packs");
	v->bytes = number(n, "bytes");
	for (int i = 0; i < 2; i++)
		v->entered[i] = number(n, class_names[i]);
	const struct json_node *list = json_get(n, "sources");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next) {
		struct vault_source *s = source_slot(v, json_text(x, "source"));
		if (!s)
			continue;
		source_read(s, x);
		s->seq = number(x, "seq");
		s->time = signed_number(x, "time");
		s->damage_since = signed_number(x, "damageSince");
		(void)!hex_get(s->hash, sizeof s->hash, json_text(x, "hash"));
	}
	list = json_get(n, "recent");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next) {
		struct vault_entered *r = &v->recent[v->recent_count++ % VAULT_RECENT];
		*r = (struct vault_entered){.seq = number(x, "seq")};
		text(r->name, sizeof r->name, json_text(x, "name"));
		(void)!hex_get(r->sha256, sizeof r->sha256, json_text(x, "sha256"));
	}
}

/* ---- status and alarms ---- */

void keeper_vault_status(const struct keeper *k, struct jsonw *w)
{
	const struct vault_state *v = &k->vault;
	char id[24];
	jsonw_obj(w);
	jsonw_ku64(w, "packs", v->packs);
	jsonw_ku64(w, "bytes", v->bytes);
	jsonw_key(w, "sources");
	jsonw_arr(w);
	for (size_t i = 0; i < v->source_count; i++) {
		snprintf(id, sizeof id, "s%llu", (unsigned long long)v->sources[i].seq);
		jsonw_obj(w);
		jsonw_kstr(w, "id", id);
		jsonw_ktime(w, "time", v->sources[i].time);
		put_source(w, &v->sources[i]);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

/* Counts and kinds of damage, never a file's name: a board hangs on a wall, and files are named for patients. */
void keeper_vault_alarms(const struct keeper *k, struct jsonw *w)
{
	for (size_t i = 0; i < k->vault.source_count; i++) {
		const struct vault_source *s = &k->vault.sources[i];
		char id[80], what[96], reason[200], next[160], t[32];
		if (!s->damage_since)
			continue;
		snprintf(id, sizeof id, "damage-%.63s", s->source);
		snprintf(what, sizeof what, "files of %.63s are damaged", s->source);
		snprintf(reason, sizeof reason, "the newest snapshot, s%llu of %s, shows files that are no longer what they were: encrypted, destroyed or deleted", (unsigned long long)s->seq, time_rfc3339(s->time, 0, t));
		snprintf(next, sizeof next, "holdfast vault clean-point --source %.63s names them and the last clean time; isolate the host first", s->source);
		jsonw_obj(w);
		jsonw_kstr(w, "id", id);
		jsonw_kstr(w, "severity", "alarm");
		jsonw_ktime(w, "since", s->damage_since);
		jsonw_kstr(w, "what", what);
		jsonw_kstr(w, "reason", reason);
		jsonw_kstr(w, "next", next);
		jsonw_obj_end(w);
	}
}

/* ---- requests ---- */

void op_vault_key(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	struct age_recipient to;
	char name[SITE_PERIOD_MAX];
	int class = cur_u8(&c), r = cur_done(&c) ? may(k, ch, class, &e) : err_set(&e, ERR_INPUT, NULL, "a bad request");
	if (r == 0) {
		int64_t now = time_now(), last = ledger_last_time(k->l); /* the ledger's own time: it never goes back */
		site_period_current(k->r->sitefd, periods[class - 1], now > last ? now : last, name);
		r = site_period_recipient(k->r->sitefd, &k->keys, name, class == CATALOGUE, &to, &e);
	}
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	frame_str(&ch->c.out, name);
	buf_add(&ch->c.out, to.pub, sizeof to.pub);
	reply_end(ch, at);
}

static void answer_number(struct kchan *ch, uint64_t tag, int r, uint64_t n, const struct err *e)
{
	if (r < 0) {
		reply_err(ch, tag, e);
		return;
	}
	size_t at = reply_begin(ch, tag);
	buf_u64le(&ch->c.out, n);
	reply_end(ch, at);
}

void op_vault_number(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	uint64_t n = 0;
	int class = cur_u8(&c), r = cur_done(&c) ? may(k, ch, class, &e) : err_set(&e, ERR_INPUT, NULL, "a bad request");
	if (r == 0)
		r = next_number(k, class, &n, &e);
	answer_number(ch, f->tag, r, n, &e);
}

struct pack_request {
	char name[48], period[SITE_PERIOD_MAX], domain[64];
	int class;
	uint64_t number, size, plain;
	struct slice sha256;
};

static bool word_ok(const char *s)
{
	for (const char *p = s; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("._-", *p)))
			return false;
	return *s;
}

static int pack_read(struct keeper *k, struct cur *c, struct pack_request *p, struct err *e)
{
	char path[80];
	struct stat st;
	int named;
	frame_get_text(c, p->name, sizeof p->name);
	p->class = cur_u8(c);
	frame_get_text(c, p->period, sizeof p->period);
	frame_get_text(c, p->domain, sizeof p->domain);
	p->size = cur_u64le(c);
	p->plain = cur_u64le(c);
	p->sha256 = cur_take(c, SEAL_HASH);
	if (!cur_done(c) || !name_read(slice_str(p->name), &named, &p->number) || named != p->class || !word_ok(p->period) || !word_ok(p->domain))
		return err_set(e, ERR_INPUT, NULL, "this is not how a pack is entered");
	int alive = keeper_retain_alive(k, p->period, e);
	if (alive < 0)
		return alive;
	numbers_open(k);
	if (p->number >= k->vault.reserved[p->class - 1])
		return err_set(e, ERR_INPUT, p->name, "this number was never given");
	snprintf(path, sizeof path, "vault/%s", p->name);
	if (fstatat(k->r->sitefd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, path, "the pack is not there");
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != p->size)
		return err_set(e, ERR_INPUT, path, "the pack has %lld bytes, and was said to have %llu", (long long)st.st_size, (unsigned long long)p->size);
	return 0;
}

static void pack_body(const struct pack_request *p, struct buf *b)
{
	struct jsonw w;
	uint8_t sha[SEAL_HASH];
	memcpy(sha, p->sha256.p, sizeof sha);
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "pack", p->name);
	jsonw_kstr(&w, "class", class_names[p->class - 1]);
	jsonw_kstr(&w, "period", p->period);
	jsonw_kstr(&w, "domain", p->domain);
	jsonw_ku64(&w, "size", p->size);
	jsonw_ku64(&w, "plain", p->plain);
	put_hash(&w, "sha256", sha);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

struct speaker { /* who says what goes into the vault */
	char source[LEDGER_SOURCE_MAX + 1]; /* of the entry */
	char agent[64];                     /* empty: root or the site's owner, on this machine */
};

static struct speaker of_control(const struct kchan *ch)
{
	struct speaker s = {.agent = ""};
	snprintf(s.source, sizeof s.source, ch->uid == 0 ? "command/root" : "command/%u", ch->uid);
	return s;
}

/* Durable and staged for this round's commit; what it means takes effect here at once. */
static int enter(struct keeper *k, const char *source, uint8_t kind, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct json_node *n;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = json_tree(body, a, &n, e);
	if (r < 0)
		return r;
	r = keeper_record(k, kind, source, body, ret_seq, ret_time, e);
	if (r < 0)
		return r;
	keeper_vault_note(k, kind, *ret_seq, *ret_time, body, n);
	accounts_touch(k);
	return 0;
}

/* The same pack again, because the keeper died between entering it and saying so. 1: ret_seq is its entry. */
static int entered_already(const struct keeper *k, const struct pack_request *p, uint64_t *ret_seq, struct err *e)
{
	const struct vault_state *v = &k->vault;
	for (size_t i = 0; i < VAULT_RECENT && i < v->recent_count; i++)
		if (!strcmp(v->recent[i].name, p->name)) {
			if (memcmp(v->recent[i].sha256, p->sha256.p, SEAL_HASH))
				return err_set(e, ERR_EXISTS, p->name, "a pack of this name and other bytes has an entry already");
			*ret_seq = v->recent[i].seq;
			return 1;
		}
	return 0;
}

static void answer_pack(struct keeper *k, struct kchan *ch, const struct frame *f, struct cur *c, const struct speaker *s, int r, struct err *e)
{
	struct pack_request p = {0};
	AUTO_BUF struct buf body = {0};
	uint64_t seq = 0;
	int64_t time = 0;
	buf_init(&body, FRAME_SMALL);
	if (r == 0)
		r = pack_read(k, c, &p, e);
	if (r == 0 && s->agent[0] && strcmp(s->agent, p.domain) != 0)
		r = err_set(e, ERR_DENIED, p.name, "an agent's packs are in its own name");
	if (r == 0 && !s->agent[0])
		r = may(k, ch, p.class, e);
	if (r == 0)
		r = entered_already(k, &p, &seq, e);
	if (r == 0) {
		pack_body(&p, &body);
		r = buf_ok(&body) ? enter(k, s->source, LEDGER_VAULT_PACK, buf_slice(&body), &seq, &time, e) : err_set(e, buf_code(&body), NULL, "no memory");
	}
	answer_number(ch, f->tag, r, seq, e);
}

void op_vault_pack(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct speaker s = of_control(ch);
	struct err e = {0};
	answer_pack(k, ch, f, &c, &s, 0, &e);
}

#define AGENT_SOURCES_MAX 64

/* A source belongs to whoever made it first: nobody else goes on with its history. */
static int source_ok(const struct keeper *k, const char *source, const char *domain, struct err *e)
{
	size_t own = 0;
	for (size_t i = 0; i < k->vault.source_count; i++) {
		const struct vault_source *s = &k->vault.sources[i];
		own += !strcmp(s->domain, domain);
		if (!strcmp(s->source, source))
			return !strcmp(s->domain, domain) ? 0
			       : !strcmp(s->domain, "site") ? err_set(e, ERR_EXISTS, source, "a source of this name is backed up on the site's own machine; take another --source")
			                                    : err_set(e, ERR_EXISTS, source, "a source of this name belongs to the agent %s; take another --source", s->domain);
	}
	return own >= AGENT_SOURCES_MAX && strcmp(domain, "site") != 0 ? err_set(e, ERR_LIMIT, source, "an agent has at most %d sources", AGENT_SOURCES_MAX) : 0;
}

/* 1: the same body again; ret_seq and ret_time are those of its entry. */
static int snapshot_ok(const struct keeper *k, const struct speaker *who, struct slice body, struct arena *a, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct json_node *n;
	uint8_t hash[SEAL_HASH];
	char source[64], domain[64];
	int r = json_tree(body, a, &n, e);
	if (r < 0)
		return r;
	struct slice what = json_text(n, "what"), of = json_text(n, "domain");
	text(source, sizeof source, json_text(n, "source"));
	text(domain, sizeof domain, of.n ? of : SLICE("site"));
	if (what.n && !who->agent[0])
		return slice_eq_str(what, "drill") || (slice_eq_str(what, "accept") && word_ok(source)) ? 0 : err_set(e, ERR_INPUT, NULL, "an entry of the vault is a snapshot, a drill or an acceptance");
	if (what.n || (who->agent[0] && strcmp(who->agent, domain) != 0))
		return err_set(e, ERR_DENIED, NULL, "an agent's snapshots are in its own name");
	if (!word_ok(source))
		return err_set(e, ERR_INPUT, NULL, "a source's name is 1 to 63 letters, digits, dots, hyphens and underscores");
	static const char *const periods_of[] = {"files_period", "catalogue_period"};
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(periods_of); i++) {
		char period[SITE_PERIOD_MAX];
		text(period, sizeof period, json_text(n, periods_of[i]));
		r = keeper_retain_alive(k, period, e);
	}
	if (r < 0)
		return r;
	seal_sha256_once(body, hash);
	for (size_t i = 0; i < k->vault.source_count; i++)
		if (!strcmp(k->vault.sources[i].source, source) && seal_equal(k->vault.sources[i].hash, hash, sizeof hash)) {
			*ret_seq = k->vault.sources[i].seq;
			*ret_time = k->vault.sources[i].time;
			return 1;
		}
	return source_ok(k, source, domain, e);
}

static void answer_snapshot(struct keeper *k, struct kchan *ch, const struct frame *f, struct slice body, const struct speaker *s, int r, struct err *e)
{
	uint64_t seq = 0;
	int64_t time = 0;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	if (r == 0)
		r = a ? snapshot_ok(k, s, body, a, &seq, &time, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = enter(k, s->source, LEDGER_SNAPSHOT, body, &seq, &time, e);
	if (r < 0) {
		reply_err(ch, f->tag, e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_u64le(&ch->c.out, seq);
	buf_u64le(&ch->c.out, (uint64_t)time);
	reply_end(ch, at);
}

void op_vault_snapshot(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct speaker s = of_control(ch);
	struct err e = {0};
	answer_snapshot(k, ch, f, f->payload, &s, may(k, ch, CONTENT, &e), &e);
}

/* ---- the same for an agent ---- */

static int of_agent(struct keeper *k, struct kchan *ch, struct cur *c, struct speaker *ret, struct err *e)
{
	*ret = (struct speaker){.agent = ""};
	int r = keeper_agent_speaker(k, ch, c, ret->agent, e);
	snprintf(ret->source, sizeof ret->source, "agent/%.40s", ret->agent);
	return r;
}

void op_agent_number(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct speaker s;
	struct err e = {0};
	uint64_t n = 0;
	int r = of_agent(k, ch, &c, &s, &e), class = cur_u8(&c);
	if (r == 0 && (!cur_done(&c) || (class != CONTENT && class != CATALOGUE)))
		r = err_set(&e, ERR_INPUT, NULL, "a bad request");
	if (r == 0)
		r = next_number(k, class, &n, &e);
	answer_number(ch, f->tag, r, n, &e);
}

void op_agent_pack(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct speaker s;
	struct err e = {0};
	int r = of_agent(k, ch, &c, &s, &e);
	answer_pack(k, ch, f, &c, &s, r, &e);
}

void op_agent_snapshot(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct speaker s;
	struct err e = {0};
	int r = of_agent(k, ch, &c, &s, &e);
	answer_snapshot(k, ch, f, cur_take(&c, cur_left(&c)), &s, r, &e);
}
