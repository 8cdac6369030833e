/* What retention, hold and erase share: the state as the ledger says it, what would happen to each quarter, and carrying out what was decided. */
#include "retain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- open ---- */

static int add_care(void *arg, uint32_t quarter, struct err *e)
{
	struct retain_open *o = arg;
	uint64_t first, end;
	if (ledger_retain_erased(&o->state, RETAIN_CARE, quarter))
		return 0;
	struct vault_quarter *more = reallocarray(o->q, o->q_n + 1, sizeof *more);
	if (!more)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the quarters");
	o->q = more;
	o->q[o->q_n] = (struct vault_quarter){.class = RETAIN_CARE, .quarter = quarter};
	int r = ledger_quarter_span(o->l, quarter, &first, &end, &o->q[o->q_n].packs, &o->q[o->q_n].bytes, o->q[o->q_n].digest, e);
	o->q_n += r == 0;
	return r;
}

int retain_refresh(struct retain_open *o, struct err *e)
{
	struct ledger_options lo = {.write = false};
	ledger_free(o->l);
	o->l = NULL;
	ledger_retain_done(&o->state);
	vault_quarters_done(o->q, o->q_n);
	o->q = NULL;
	o->q_n = 0;
	int r = ledger_open(o->s.fd, &o->keys, &lo, &o->l, NULL, e);
	if (r == 0)
		r = ledger_retain_read(o->l, 0, &o->state, e);
	if (r == 0)
		r = vault_refresh(o->s.fd, &o->keys, e);
	if (r == 0)
		r = vault_quarters(o->s.fd, &o->q, &o->q_n, e);
	if (r == 0)
		r = ledger_each_quarter(o->l, add_care, o, e);
	if (r == 0)
		o->now = ledger_last_time(o->l);
	return r;
}

int retain_open(const char *site, struct retain_open *ret, struct err *e)
{
	*ret = (struct retain_open){.now = 0};
	ret->s.fd = -1;
	control_who(ret->who);
	int r = cli_site(site, &ret->s, e);
	if (r == 0) {
		(void)!seal_lock_memory(&ret->keys, sizeof ret->keys, NULL);
		r = site_keys_open(ret->s.fd, &ret->keys, e);
	}
	if (r == 0 && !ret->keys.can_open)
		r = err_set(e, ERR_DENIED, "keys/care.key", "what is kept for how long stands in the ledger, and this user may not open it: run this as root or the site's owner");
	if (r == 0)
		r = retain_refresh(ret, e);
	if (r < 0)
		retain_close(ret);
	return r;
}

void retain_close(struct retain_open *o)
{
	ledger_free(o->l);
	o->l = NULL;
	ledger_retain_done(&o->state);
	vault_quarters_done(o->q, o->q_n);
	o->q = NULL;
	o->q_n = 0;
	site_keys_wipe(&o->keys);
	if (o->s.fd >= 0)
		site_close(&o->s);
	o->s.fd = -1;
}

/* ---- what would happen ---- */

const char *retain_fate_name(enum retain_fate f)
{
	static const char *const names[] = {"kept", "later", "due", "held", "current", "erased"};
	return names[f];
}

/* The rule that keeps it longest: of the class, or of a source whose snapshots lie there; a source without a rule of its own goes by the class's. */
static const struct retain_rule *rule_of(const struct retain_open *o, const struct vault_quarter *q, int64_t *ret_due)
{
	const struct retain_rule *general = ledger_retain_rule(&o->state, q->class, ""), *longest = NULL;
	*ret_due = INT64_MAX;
	for (size_t i = 0; i < q->source_n || (i == 0 && !q->source_n); i++) {
		const struct retain_rule *own = q->source_n ? ledger_retain_rule(&o->state, q->class, q->source[i]) : NULL, *r = own ? own : general;
		int64_t due = r ? ledger_retain_due(q->quarter, r->keep) : INT64_MAX;
		if (due == INT64_MAX) {
			*ret_due = INT64_MAX;
			return r;
		}
		if (!longest || due > *ret_due) {
			longest = r;
			*ret_due = due;
		}
	}
	return longest;
}

static const struct vault_quarter *contents_of(const struct retain_open *o, uint32_t quarter)
{
	for (size_t i = 0; i < o->q_n; i++)
		if (o->q[i].class == RETAIN_FILES && o->q[i].quarter == quarter)
			return &o->q[i];
	return NULL;
}

void retain_judge(const struct retain_open *o, const struct vault_quarter *q, struct retain_line *ret)
{
	char t[32];
	*ret = (struct retain_line){.q = q, .due = INT64_MAX};
	const struct retain_erasure *x = ledger_retain_erased(&o->state, q->class, q->quarter);
	if (x) {
		ret->fate = FATE_ERASED;
		snprintf(ret->why, sizeof ret->why, "erased by entry %llu of %s", (unsigned long long)x->seq, time_rfc3339(x->time, 0, t));
		return;
	}
	ret->rule = rule_of(o, q, &ret->due);
	ret->hold = ledger_retain_held(&o->state, q->class, q->quarter, (const char *const *)NULL, 0);
	for (size_t i = 0; !ret->hold && i < q->source_n; i++) {
		const char *one = q->source[i];
		ret->hold = ledger_retain_held(&o->state, q->class, q->quarter, &one, 1);
	}
	if (ret->due == INT64_MAX) {
		ret->fate = FATE_KEPT;
		snprintf(ret->why, sizeof ret->why, "no rule ends it");
	} else if (q->quarter >= ledger_quarter_of(o->now)) {
		ret->fate = FATE_CURRENT;
		snprintf(ret->why, sizeof ret->why, "the quarter in which the ledger stands");
	} else if (ret->due > o->now || ret->due > time_now()) { /* this machine's clock can only make it later */
		ret->fate = FATE_LATER;
	} else if (ret->hold) {
		ret->fate = FATE_HELD;
		snprintf(ret->why, sizeof ret->why, "hold h%llu: %.200s", (unsigned long long)ret->hold->seq, ret->hold->reason);
	} else if (q->newest_of[0]) {
		ret->fate = FATE_HELD;
		snprintf(ret->why, sizeof ret->why, "the newest snapshot of %s lies here", q->newest_of);
	} else if (q->class == RETAIN_CATALOGUE && contents_of(o, q->quarter)) {
		ret->fate = FATE_HELD;
		snprintf(ret->why, sizeof ret->why, "the contents of this quarter are still kept");
	} else {
		ret->fate = FATE_DUE;
	}
}

/* ---- deciding ---- */

void retain_put_head(struct jsonw *w, const char *what, const char *who, const char *reason)
{
	jsonw_obj(w);
	jsonw_ku64(w, "v", 1);
	jsonw_kstr(w, "what", what);
	jsonw_kstr(w, "who", who);
	jsonw_kstr(w, "reason", reason);
}

static void put_hash(struct jsonw *w, const char *key, const uint8_t sha[SEAL_HASH])
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 80);
	hex_put(&b, slice_of(sha, SEAL_HASH));
	jsonw_kslice(w, key, buf_slice(&b));
}

struct keys_of {
	int sitefd, class;
	uint32_t quarter;
	struct jsonw *w;
	size_t n;
	char seen[RETAIN_KEYS][SITE_PERIOD_MAX];
};

static int put_key(void *arg, const char *name, struct err *e)
{
	struct keys_of *k = arg;
	char class[SITE_PERIOD_MAX];
	uint8_t sha[SEAL_HASH];
	int year, quarter, m;
	if (site_period_parts(name, class, &year, &quarter, &m, NULL) < 0)
		return 0;
	bool view = k->class == RETAIN_CARE && !strcmp(class, "view"); /* a copy of the view holds what all quarters say */
	if (!view && ((uint32_t)(year * 10 + quarter) != k->quarter || strcmp(class, ledger_retain_class_name(k->class))))
		return 0;
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->seen[i], name))
			return 0;
	int r = site_period_sha256(k->sitefd, name, sha, e);
	if (r == ERR_NOT_FOUND) /* a .pub alone: nothing was sealed to it */
		memset(sha, 0, sizeof sha);
	else if (r < 0)
		return r;
	if (k->n == RETAIN_KEYS)
		return err_set(e, ERR_LIMIT, name, "more keys of one quarter than %d", RETAIN_KEYS);
	snprintf(k->seen[k->n++], SITE_PERIOD_MAX, "%s", name);
	jsonw_obj(k->w);
	jsonw_kstr(k->w, "name", name);
	put_hash(k->w, "sha256", sha);
	jsonw_obj_end(k->w);
	return 0;
}

int retain_put_keys(struct retain_open *o, struct jsonw *w, int class, uint32_t quarter, struct err *e)
{
	struct keys_of *k = calloc(1, sizeof *k);
	if (!k)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	*k = (struct keys_of){.sitefd = o->s.fd, .class = class, .quarter = quarter, .w = w};
	jsonw_key(w, "keys");
	jsonw_arr(w);
	int r = site_period_each(o->s.fd, put_key, k, e);
	jsonw_arr_end(w);
	free(k);
	return r;
}

int retain_erase(struct retain_open *o, struct control *c, const struct vault_quarter *q, const char *rule, uint64_t rule_entry, int64_t due, const char *reason, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char quarter[16];
	struct retain_care care = {0};
	if (q->class == RETAIN_CARE) {
		int made = retain_care_kept(o, c, q->quarter, &care, e);
		if (made < 0)
			return made;
	}
	buf_init(&b, (size_t)4 << 20);
	ledger_quarter_format(q->quarter, quarter);
	jsonw_init(&w, &b);
	retain_put_head(&w, "erase", o->who, reason);
	jsonw_kstr(&w, "class", ledger_retain_class_name(q->class));
	jsonw_kstr(&w, "quarter", quarter);
	int r = retain_put_keys(o, &w, q->class, q->quarter, e);
	jsonw_key(&w, "packs");
	jsonw_obj(&w);
	jsonw_ku64(&w, "count", q->packs);
	jsonw_ku64(&w, "bytes", q->bytes);
	put_hash(&w, "digest", q->digest);
	jsonw_obj_end(&w);
	if (q->class == RETAIN_CARE) {
		jsonw_ku64(&w, "first", care.first);
		jsonw_ku64(&w, "end", care.end);
		jsonw_ku64(&w, "erased", care.erased);
		jsonw_ku64(&w, "persons", care.persons);
		jsonw_ku64(&w, "gone", care.gone);
		jsonw_key(&w, "kept");
		jsonw_obj(&w);
		jsonw_ku64(&w, "from", care.from);
		jsonw_ku64(&w, "to", care.to);
		jsonw_ku64(&w, "entries", care.kept);
		jsonw_ku64(&w, "active", care.active);
		jsonw_obj_end(&w);
	} else {
		jsonw_ku64(&w, "snapshots", q->snapshots);
	}
	jsonw_key(&w, "sources");
	jsonw_arr(&w);
	for (size_t i = 0; i < q->source_n; i++)
		jsonw_str(&w, q->source[i]);
	jsonw_arr_end(&w);
	if (rule) {
		jsonw_kstr(&w, "rule", rule);
		jsonw_ku64(&w, "ruleEntry", rule_entry);
		jsonw_ktime(&w, "due", due);
	}
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (r == 0)
		r = buf_ok(&b) ? control_retention(c, buf_slice(&b), ret_seq, ret_time, e) : err_set(e, buf_code(&b), NULL, "the entry would be too long");
	if (r == 0 && q->class == RETAIN_CARE)
		r = control_rebuild(c, UINT64_MAX, NULL, NULL, e); /* the keeper has begun it: wait until no chart shows any of it */
	return r;
}

/* ---- carrying out ---- */

static const struct retain_receipt *last_receipt(const struct retain_open *o, uint64_t erasure, const char *copy)
{
	for (size_t i = 0; i < o->state.receipt_n; i++)
		if (o->state.receipt[i].erasure == erasure && !strcmp(o->state.receipt[i].copy, copy))
			return &o->state.receipt[i];
	return NULL;
}

struct outcome {
	const char *copy, *where, *why;
	bool done;
	uint64_t destroyed, pending;
	int64_t until;
};

/* An entry only where it says something new: a timer that asks each night does not fill the ledger. */
static int enter_receipt(struct retain_open *o, struct control *c, uint64_t erasure, const struct outcome *x, struct err *e)
{
	const struct retain_receipt *last = last_receipt(o, erasure, x->copy);
	uint64_t seq;
	int64_t time;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	if (last && !last->done == !x->done && !x->destroyed && last->pending == x->pending && last->until / TIME_SEC == x->until / TIME_SEC && !strncmp(last->why, x->why, sizeof last->why - 1))
		return 0;
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "v", 1);
	jsonw_kstr(&w, "what", "receipt");
	jsonw_kstr(&w, "who", o->who);
	jsonw_ku64(&w, "erasure", erasure);
	jsonw_kstr(&w, "copy", x->copy);
	jsonw_kstr(&w, "where", x->where);
	jsonw_ku64(&w, "destroyed", x->destroyed);
	jsonw_ku64(&w, "pending", x->pending);
	if (x->until)
		jsonw_ktime(&w, "until", x->until);
	jsonw_kbool(&w, "done", x->done);
	if (x->why[0])
		jsonw_kstr(&w, "why", x->why);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return buf_ok(&b) ? control_retention(c, buf_slice(&b), &seq, &time, e) : err_set(e, buf_code(&b), NULL, "no memory");
}

/* Sealed copies of its keys in the outbox, from which copies are fed: named by their SHA-256. */
static int clear_outbox(struct retain_open *o, const struct retain_erasure *x, uint64_t *destroyed, struct err *e)
{
	struct stat st;
	int r = 0;
	if (fstatat(o->s.fd, "outbox", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < x->key_n; i++) {
		AUTO_BUF struct buf hex = {0};
		char path[96];
		buf_init(&hex, 80);
		hex_put(&hex, slice_of(x->key[i].sha256, SEAL_HASH));
		snprintf(path, sizeof path, "outbox/%s", buf_cstr(&hex));
		if (unlinkat(o->s.fd, path, 0) == 0)
			(*destroyed)++;
		else if (errno != ENOENT)
			r = err_sys(e, path, "cannot be removed");
	}
	return r;
}

/* 1: something is left. */
static int erase_here(struct retain_open *o, struct control *c, const struct retain_erasure *x, struct err *e)
{
	struct outcome out = {.copy = "here", .where = o->s.path, .why = "", .done = true};
	const struct retain_receipt *last = last_receipt(o, x->seq, "here");
	int r = 0;
	for (size_t i = 0; r >= 0 && i < x->key_n; i++) /* the keeper has done it with the entry; a key that came back goes too */
		r = site_period_destroy(o->s.fd, x->key[i].name, e);
	char why[300] = "";
	if (r >= 0 && x->class == RETAIN_CARE)
		r = retain_care_here(o, c, x, &out.destroyed, why, e);
	else if (r >= 0)
		r = vault_erase_here(o->s.fd, x->class, x->quarter, &out.destroyed, e);
	out.done = !why[0];
	out.why = why;
	if (r == 0)
		r = clear_outbox(o, x, &out.destroyed, e);
	if (r < 0)
		return r;
	if (!last)
		out.destroyed += x->key_n;
	if (!(last && last->done && out.done && !out.destroyed))
		r = enter_receipt(o, c, x->seq, &out, e);
	return r < 0 ? r : !out.done;
}

struct copies {
	struct retain_open *o;
	struct control *c;
	size_t open;
	int failed;
	struct err why;
};

/* First a head that speaks of none of it, then taking it away. */
static int erase_copy(struct copies *k, const struct vault_replica *r, const struct retain_erasure *x, bool *pushed, struct err *e)
{
	struct outcome out = {.copy = r->name, .where = r->target, .why = ""};
	struct vault_replica_options po = {.retain_days = 0};
	struct vault_replica_report rep;
	struct vault_replica_erased done = {0};
	struct err why = {0};
	char line[300] = "";
	AUTO_BUF struct buf faults = {0};
	buf_init(&faults, 1 << 20);
	int c = *pushed ? 0 : vault_replica_push(k->o->s.fd, &k->o->keys, r, &po, &rep, &faults, &why);
	if (c == ERR_NO && faults.n) /* everything of ours is there all the same */
		c = 0;
	*pushed |= c == 0;
	if (c == 0)
		c = vault_replica_erase(k->o->s.fd, r, x, &done, &why);
	out.destroyed = done.removed;
	out.pending = done.pending;
	out.until = done.until;
	out.done = c == 0 && !done.pending && !done.waits;
	if (c < 0)
		snprintf(line, sizeof line, "%.250s", why.text);
	else if (done.pending)
		snprintf(line, sizeof line, "locked in the bucket");
	else if (done.waits)
		snprintf(line, sizeof line, "its newest sealed tail still holds some of it, until some hundreds of entries more have come");
	out.why = line;
	k->open += !out.done;
	return enter_receipt(k->o, k->c, x->seq, &out, e);
}

static int each_copy(void *arg, const struct vault_replica *r, const struct vault_replica_state *st, struct err *e)
{
	struct copies *k = arg;
	bool pushed = false;
	int c = 0;
	(void)st;
	for (size_t i = 0; c == 0 && i < k->o->state.erasure_n; i++) {
		const struct retain_erasure *x = &k->o->state.erasure[i];
		const struct retain_receipt *last = last_receipt(k->o, x->seq, r->name);
		if (last && last->done)
			continue;
		if (last && last->until > time_now()) { /* nobody can do anything before */
			k->open++;
			continue;
		}
		c = erase_copy(k, r, x, &pushed, e);
	}
	return c;
}

int retain_carry_out(struct retain_open *o, struct control *c, size_t *ret_open, struct err *e)
{
	struct copies k = {.o = o, .c = c};
	int r = retain_refresh(o, e);
	for (size_t i = 0; r == 0 && i < o->state.erasure_n; i++)
		if ((r = erase_here(o, c, &o->state.erasure[i], e)) > 0) {
			k.open++;
			r = 0;
		}
	if (r == 0)
		r = retain_refresh(o, e);
	if (r == 0 && o->state.erasure_n)
		r = vault_replica_each(o->s.fd, each_copy, &k, e);
	if (r == 0)
		r = retain_refresh(o, e);
	*ret_open = k.open;
	return r;
}
