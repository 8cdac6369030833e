/* What was erased of the messages, and what was kept of it.
 *
 * A quarter of care packs dies with its keys; the packs stay, as noise whose SHA-256 is still in the tree. Entries of kind kept, made before, hold what has to outlive the quarter: what Holdfast wrote of itself, bodies that a chart in
 * use rests on, and numbers of identifiers that live on. The erasure's entry says between which entries those stand. So whoever meets a pack whose key is gone asks here: is there an entry that says so, and what was kept?
 *
 * SITE/packs/retention remembers where the entries of kind retention stand, so that nobody has to look at all leaves of a large ledger. A cache, in the clear, written by who writes the ledger:
 *
 *   holdfast-retention 1 UPTO COMMITMENT LF     all entries below UPTO were looked at; COMMITMENT (hex) is that of entry UPTO - 1, so that it is not believed of another ledger
 *   SEQ LF                                      rising
 *
 * An entry about retention may itself lie in an erased quarter; then it was kept, and the erasure that kept it is newer. So the newest are read first.
 */
#include "ledger_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CACHE "retention"
#define CACHE_MAGIC "holdfast-retention 1 "
#define CACHE_MAX ((size_t)RETAIN_MOST * 24 * 4)
#define CACHE_EVERY 65536 /* leaves looked at before it is written again though nothing was found */
#define ITEMS_MAX ((size_t)64 << 20)

struct item {
	uint64_t seq, entry; /* entry: the one of kind kept */
	uint32_t at, n;
	bool whole;
};
struct said { /* an entry of kind retention */
	uint64_t seq;
	int64_t time;
	struct slice body; /* p == NULL: not read yet */
};
struct ledger_erased {
	struct ledger_retain state;
	struct said *said;
	size_t said_n, said_cap, taken; /* taken: of them, into state */
	uint64_t upto, saved;
	struct item *item; /* by seq; of one seq the newest alone */
	size_t item_n, item_cap;
	struct buf body;
	uint64_t body_of; /* + 1; 0: none */
	struct arena *a;
};

void ledger_erased_free(struct ledger_erased *x)
{
	if (!x)
		return;
	ledger_retain_done(&x->state);
	free(x->said);
	free(x->item);
	buf_wipe_done(&x->body);
	arena_free(x->a);
	free(x);
}

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for what was erased");
}

/* ---- kept bodies: pure ---- */

int ledger_kept_next(struct cur *c, struct ledger_kept *ret, struct err *e)
{
	struct ledger_entry en;
	int r = ledger_entry_any(c, &en, e);
	if (r == 0)
		*ret = (struct ledger_kept){.seq = en.seq, .whole = !en.erased, .en = en, .rest = en.rest};
	return r;
}

bool ledger_outlives(uint8_t kind)
{
	switch (kind) {
	case LEDGER_HL7V2:
	case LEDGER_HL7V2_ENVELOPE:
	case LEDGER_HL7V2_FRAGMENT:
	case LEDGER_FHIR:
	case LEDGER_OTHER:
	case LEDGER_IDENTITY:
	case LEDGER_SESSION: /* who signed in, and broke which glass */
	case LEDGER_AUDIT:   /* who looked at whom */
	case LEDGER_PACK:    /* stands in packs/index, in the clear */
	case LEDGER_REPACK:
	case LEDGER_KEPT:    /* its items are looked at one by one */
	case LEDGER_ECG:
	case LEDGER_ECG_ACT:
	case LEDGER_GATE_HELD:
	case LEDGER_SHEET:   /* whose sheet it was */
	case LEDGER_CAPTURE:
	case LEDGER_SCAN:
	case LEDGER_BACKLOAD:
	case LEDGER_TRANSFER: /* who went where */
	case LEDGER_CALLS:    /* who was to be called */
		return false;
	default: /* and what a later version writes */
		return true;
	}
}

int ledger_kept_check(struct ledger *l, struct slice body, uint64_t first, uint64_t end, uint64_t *ret_n, struct err *e)
{
	struct cur c = cur_of(body);
	uint64_t next = 0, n = 0;
	while (!cur_done(&c)) {
		struct ledger_kept k;
		struct ledger_leaf leaf;
		int r = ledger_kept_next(&c, &k, e);
		if (r < 0)
			return r;
		if (k.seq < next || k.seq >= end || k.seq >= ledger_size(l))
			return err_set(e, ERR_INPUT, NULL, "entry %" PRIu64 " does not stand where it should in what is kept", k.seq);
		next = k.seq + 1;
		if (!k.whole)
			continue;
		n += k.seq >= first;
		if ((r = ledger_read_leaf(l, k.seq, &leaf, e)) < 0)
			return r;
		ledger_commitment(k.en.salt, k.en.body, l->sha, k.en.leaf.commit);
		if (k.en.leaf.kind != leaf.kind || k.en.leaf.flags != leaf.flags || k.en.leaf.time != leaf.time || k.en.leaf.size != leaf.size || memcmp(k.en.leaf.commit, leaf.commit, SEAL_HASH) ||
		    strcmp(k.en.leaf.source, leaf.source))
			return err_set(e, ERR_INPUT, NULL, "entry %" PRIu64 " is not kept as its leaf says", k.seq);
	}
	if (ret_n)
		*ret_n = n;
	return 0;
}

/* ---- where entries about retention stand ---- */

static int note(struct ledger_erased *x, uint64_t seq, int64_t time, struct err *e)
{
	if (x->said_n == x->said_cap) {
		size_t cap = x->said_cap ? 2 * x->said_cap : 64;
		struct said *more = reallocarray(x->said, cap, sizeof *more);
		if (!more)
			return no_memory(e);
		x->said = more;
		x->said_cap = cap;
	}
	x->said[x->said_n++] = (struct said){.seq = seq, .time = time};
	return 0;
}

/* Whatever is wrong with the cache, it is as if there were none. */
static void load_cache(struct ledger *l, struct ledger_erased *x)
{
	AUTO_BUF struct buf b = {0};
	struct ledger_leaf leaf;
	struct cur c;
	uint8_t commit[SEAL_HASH];
	uint64_t upto, last = 0;
	buf_init(&b, CACHE_MAX);
	if (file_read(l->packfd, CACHE, CACHE_MAX, &b, NULL) < 0)
		return;
	c = cur_of(buf_slice(&b));
	struct slice rest, line = cur_line(&c);
	if (c.failed || !slice_starts(line, CACHE_MAGIC))
		return;
	struct slice number = slice_cut(slice_of(line.p + strlen(CACHE_MAGIC), line.n - strlen(CACHE_MAGIC)), ' ', &rest);
	if (num_u64(number, 1, INT64_MAX, &upto) < 0 || hex_get(commit, SEAL_HASH, rest) < 0 || upto > ledger_size(l) || ledger_read_leaf(l, upto - 1, &leaf, NULL) < 0 || memcmp(leaf.commit, commit, SEAL_HASH))
		return;
	while (!cur_done(&c)) {
		uint64_t seq;
		line = cur_line(&c);
		if (c.failed || num_u64(line, last, upto - 1, &seq) < 0 || ledger_read_leaf(l, seq, &leaf, NULL) < 0 || leaf.kind != LEDGER_RETENTION || note(x, seq, leaf.time, NULL) < 0) {
			x->said_n = 0;
			return;
		}
		last = seq + 1;
	}
	x->upto = x->saved = upto;
}

static void save_cache(struct ledger *l, struct ledger_erased *x)
{
	AUTO_BUF struct buf b = {0};
	struct ledger_leaf leaf;
	if (!l->write || x->upto == 0 || x->upto > l->durable || ledger_read_leaf(l, x->upto - 1, &leaf, NULL) < 0)
		return;
	buf_init(&b, CACHE_MAX);
	buf_printf(&b, CACHE_MAGIC "%" PRIu64 " ", x->upto);
	hex_put(&b, slice_of(leaf.commit, SEAL_HASH));
	buf_u8(&b, '\n');
	for (size_t i = 0; i < x->said_n; i++)
		buf_printf(&b, "%" PRIu64 "\n", x->said[i].seq);
	if (buf_ok(&b) && file_replace(l->packfd, CACHE, buf_slice(&b), 0644, NULL) == 0)
		x->saved = x->upto;
}

struct finding {
	struct ledger_erased *x;
};

static int find(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct finding *f = arg;
	return en->leaf.kind == LEDGER_RETENTION ? note(f->x, en->seq, en->leaf.time, e) : 0;
}

/* ---- what was kept ---- */

static int by_seq(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return x->entry > y->entry ? -1 : x->entry < y->entry; /* the newest first */
}

static void settle(struct ledger_erased *x)
{
	size_t n = 0;
	if (x->item_n)
		qsort(x->item, x->item_n, sizeof *x->item, by_seq);
	for (size_t i = 0; i < x->item_n; i++)
		if (n == 0 || x->item[n - 1].seq != x->item[i].seq)
			x->item[n++] = x->item[i];
	x->item_n = n;
}

static const struct item *item_of(const struct ledger_erased *x, uint64_t seq)
{
	size_t lo = 0, hi = x->item_n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (x->item[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < x->item_n && x->item[lo].seq == seq ? &x->item[lo] : NULL;
}

static int load_items(struct ledger_erased *x, uint64_t entry, struct slice body, struct err *e)
{
	struct cur c = cur_of(body);
	while (!cur_done(&c)) {
		struct ledger_kept k;
		size_t at = cur_offset(&c);
		int r = ledger_kept_next(&c, &k, e);
		if (r < 0)
			return r;
		if (x->item_n == x->item_cap) {
			size_t cap = x->item_cap ? 2 * x->item_cap : 256;
			struct item *more = cap <= ITEMS_MAX ? reallocarray(x->item, cap, sizeof *more) : NULL;
			if (!more)
				return no_memory(e);
			x->item = more;
			x->item_cap = cap;
		}
		x->item[x->item_n++] = (struct item){.seq = k.seq, .entry = entry, .at = (uint32_t)at, .n = (uint32_t)(cur_offset(&c) - at), .whole = k.whole};
	}
	return 0;
}

/* Of one erasure. An entry of kind kept whose own quarter was erased since then is passed over: the erasure of that one took on what it held. */
static int load_kept(struct ledger *l, struct ledger_erased *x, uint64_t from, uint64_t to, struct err *e)
{
	int r = 0;
	for (uint64_t seq = from; r == 0 && seq < to && seq < ledger_size(l); seq++) {
		struct ledger_leaf leaf;
		struct ledger_entry en;
		r = ledger_read_leaf(l, seq, &leaf, e);
		if (r < 0 || leaf.kind != LEDGER_KEPT)
			continue;
		struct err why = {0};
		r = ledger_read_plain(l, seq, &en, &why);
		if (r == 0)
			r = load_items(x, seq, en.body, e);
		else if (r == ERR_CRYPTO || r == ERR_ERASED)
			r = 0;
		else if (e)
			*e = why;
	}
	settle(x);
	return r;
}

static int item_read(struct ledger *l, struct ledger_erased *x, const struct item *it, struct slice *ret, struct err *e)
{
	if (x->body_of != it->entry + 1) {
		struct ledger_entry en;
		x->body_of = 0;
		buf_reset(&x->body);
		int r = ledger_read_plain(l, it->entry, &en, e);
		if (r < 0)
			return r;
		buf_add_slice(&x->body, en.body);
		if (!buf_ok(&x->body))
			return no_memory(e);
		x->body_of = it->entry + 1;
	}
	if (it->at > x->body.n || it->n > x->body.n - it->at)
		return err_set(e, ERR_CORRUPT, NULL, "what was kept of entry %" PRIu64 " is cut off", it->seq);
	*ret = slice_of(x->body.p + it->at, it->n);
	return 0;
}

/* ---- reading what is said ---- */

static int take_said(struct ledger *l, struct ledger_erased *x, struct said *s, struct slice body, struct err *e)
{
	struct ledger_retain trial = {0};
	int r = 0;
	if (ledger_retain_take(&trial, s->seq, s->time, body, NULL) == 0 && trial.erasure_n && trial.erasure[0].class == RETAIN_CARE)
		r = load_kept(l, x, trial.erasure[0].kept_from, trial.erasure[0].kept_to, e);
	ledger_retain_done(&trial);
	if (r < 0)
		return r;
	s->body = arena_dup(x->a, body.n ? body : SLICE(" "));
	return s->body.p ? 0 : no_memory(e);
}

/* 1: it could be read now. */
static int try_said(struct ledger *l, struct ledger_erased *x, struct said *s, struct err *e)
{
	struct ledger_entry en;
	const struct item *it;
	struct slice text;
	AUTO_BUF struct buf own = {0};
	int r = ledger_read_plain(l, s->seq, &en, e);
	buf_init(&own, LEDGER_BODY_MAX);
	if (r == ERR_CRYPTO || r == ERR_ERASED) {
		if (!(it = item_of(x, s->seq)) || !it->whole)
			return 0;
		r = item_read(l, x, it, &text, e);
		struct cur c = cur_of(text);
		if (r == 0)
			r = ledger_entry_next(&c, &en, e);
	}
	if (r < 0)
		return r;
	buf_add_slice(&own, en.body); /* what it says may lead to other entries */
	if (!buf_ok(&own))
		return no_memory(e);
	r = take_said(l, x, s, buf_slice(&own), e);
	return r < 0 ? r : 1;
}

static int read_all(struct ledger *l, struct ledger_erased *x, struct err *e)
{
	size_t left = x->said_n - x->taken;
	for (bool on = true; left && on;) {
		on = false;
		for (size_t i = x->said_n; i-- > x->taken;) {
			if (x->said[i].body.p)
				continue;
			int r = try_said(l, x, &x->said[i], e);
			if (r < 0)
				return r;
			left -= (size_t)r;
			on |= r;
		}
	}
	for (size_t i = x->taken; i < x->said_n; i++)
		if (!x->said[i].body.p)
			return err_set(e, ERR_CRYPTO, NULL, "entry %" PRIu64 " about retention cannot be opened: the key of its quarter is not there, and no entry says that it was erased; copy the key back from a replica", x->said[i].seq);
	for (; x->taken < x->said_n; x->taken++) {
		struct err why = {0};
		const struct said *s = &x->said[x->taken];
		if (ledger_retain_take(&x->state, s->seq, s->time, s->body, &why) == ERR_MEMORY)
			return no_memory(e);
	}
	return 0;
}

static int refresh(struct ledger *l, struct err *e)
{
	struct ledger_erased *x = l->erased;
	if (!x) {
		x = calloc(1, sizeof *x);
		if (!x || !(x->a = arena_new((size_t)512 << 20))) {
			free(x);
			return no_memory(e);
		}
		buf_init_secret(&x->body, LEDGER_BODY_MAX);
		l->erased = x;
		load_cache(l, x);
	}
	struct finding f = {x};
	uint64_t size = ledger_durable(l);
	size_t before = x->said_n;
	int r = x->upto < size ? ledger_scan(l, x->upto, size, false, find, &f, e) : 0;
	if (r < 0) {
		x->said_n = before;
		return r;
	}
	if (x->upto < size)
		x->upto = size;
	if (x->said_n != before || x->upto - x->saved >= CACHE_EVERY)
		save_cache(l, x);
	return read_all(l, x, e);
}

int ledger_retain_read(struct ledger *l, uint64_t from, struct ledger_retain *s, struct err *e)
{
	int r = refresh(l, e);
	for (size_t i = 0; r == 0 && i < l->erased->said_n; i++) {
		const struct said *x = &l->erased->said[i];
		struct err why = {0};
		if (x->seq >= from && ledger_retain_take(s, x->seq, x->time, x->body, &why) == ERR_MEMORY)
			r = no_memory(e);
	}
	return r;
}

/* ---- answers ---- */

static const struct retain_erasure *erasure_of(const struct ledger_erased *x, uint32_t period)
{
	return ledger_retain_erased(&x->state, RETAIN_CARE, period / 100);
}

static int sentence(const struct retain_erasure *er, uint64_t seq, struct err *e)
{
	char q[16], t[32];
	if (er->one)
		return err_set(e, ERR_ERASED, NULL, "the body of entry %" PRIu64 " was erased: entry %" PRIu64 " of %s, by %s: %.120s", seq, er->seq, time_rfc3339(er->time, 0, t), er->who[0] ? er->who : "?", er->reason);
	ledger_quarter_format(er->quarter, q);
	return err_set(e, ERR_ERASED, NULL, "the body of entry %" PRIu64 " was erased with the messages of %s: entry %" PRIu64 " of %s, by %s: %.120s", seq, q, er->seq, time_rfc3339(er->time, 0, t), er->who[0] ? er->who : "?", er->reason);
}

int ledger_erased_period(struct ledger *l, uint32_t period, uint64_t seq, struct err *e)
{
	struct err why = {0};
	const struct retain_erasure *er = l->erased ? erasure_of(l->erased, period) : NULL;
	if (!er) {
		int r = refresh(l, &why);
		if (r == ERR_MEMORY && e)
			*e = why;
		if (r < 0)
			return r == ERR_MEMORY ? r : ERR_NO; /* the caller says what is wrong with the key */
		er = erasure_of(l->erased, period);
	}
	return er ? sentence(er, seq, e) : ERR_NO;
}

int ledger_erased_covers(struct ledger *l, uint64_t seq, struct err *e)
{
	for (size_t i = 0; l->erased && i < l->erased->state.erasure_n; i++) {
		const struct retain_erasure *er = &l->erased->state.erasure[i];
		if (er->class == RETAIN_CARE && seq >= er->first && seq < er->end)
			return sentence(er, seq, e);
	}
	return ERR_NO;
}

bool ledger_erased_quarter(const struct ledger *l, uint32_t period)
{
	return l->erased && erasure_of(l->erased, period);
}

int ledger_erased_known(struct ledger *l, struct err *e)
{
	return refresh(l, e);
}

int ledger_erased_get(struct ledger *l, uint64_t seq, struct buf *room, struct ledger_entry *ret, struct err *e)
{
	const struct item *it = item_of(l->erased, seq);
	struct ledger_entry en = {.seq = seq, .erased = true};
	struct slice text = SLICE_NULL;
	buf_reset(room);
	int r = it ? item_read(l, l->erased, it, &text, e) : 0;
	if (r == 0)
		buf_add_slice(room, text);
	if (r < 0 || !buf_ok(room))
		return r < 0 ? r : no_memory(e);
	struct cur c = cur_of(buf_slice(room));
	if (it && (r = ledger_entry_any(&c, &en, e)) < 0)
		return r;
	*ret = en;
	return en.erased ? ERR_ERASED : 0;
}

int ledger_erased_now(struct ledger *l, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(l->open_pack); i++) {
		ledger_pack_free(l->open_pack[i].pack);
		l->open_pack[i] = (struct ledger_open_pack){0};
	}
	ledger_pack_free(l->scanned.pack);
	l->scanned = (struct ledger_open_pack){0};
	if (l->periods.have)
		seal_wipe(l->periods.have, l->periods.cap * sizeof *l->periods.have);
	l->periods.n = 0;
	int r = refresh(l, e);
	for (size_t i = 0; r == 0 && l->write && l->cur && i < l->erased->state.erasure_n; i++)
		if (l->erased->state.erasure[i].class == RETAIN_CARE && l->cur->holds && l->cur->first < l->erased->state.erasure[i].end)
			l->cur->used = l->cur->size; /* no further record goes there: it falls free when all of it is safe, and its key with it */
	return r;
}

/* ---- quarters, by the catalogue of packs ---- */

static int record_at(struct ledger *l, uint64_t k, struct ledger_pack_info *ret, struct err *e)
{
	uint8_t record[PACK_RECORD];
	return ledger_packs_get(&l->packs, k, ret, NULL, record, e);
}

/* The first pack of this quarter or a later one; n + 1: none. */
static int first_of(struct ledger *l, uint32_t quarter, uint64_t *ret, struct err *e)
{
	uint64_t lo = 1, hi = l->packs.n + 1;
	while (lo < hi) {
		struct ledger_pack_info info;
		uint64_t mid = lo + (hi - lo) / 2;
		int r = record_at(l, mid, &info, e);
		if (r < 0)
			return r;
		if (info.period / 100 < quarter)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret = lo;
	return 0;
}

int ledger_quarter_span(struct ledger *l, uint32_t quarter, uint64_t *ret_first, uint64_t *ret_end, uint64_t *ret_packs, uint64_t *ret_bytes, uint8_t ret_digest[SEAL_HASH], struct err *e)
{
	uint64_t k, packs = 0, bytes = 0, first = 0, end = 0;
	struct seal_sha256 *h = seal_sha256_new();
	int r = h ? ledger_packs_refresh(&l->packs, e) : no_memory(e);
	if (r == 0)
		r = first_of(l, quarter, &k, e);
	if (r == 0)
		seal_sha256_begin(h);
	for (; r == 0 && k <= l->packs.n; k++) {
		struct ledger_pack_info info;
		char line[160], name[PACK_NAME_MAX];
		AUTO_BUF struct buf hex = {0};
		r = record_at(l, k, &info, e);
		if (r < 0 || info.period / 100 != quarter)
			break;
		if (!packs++)
			first = info.first;
		end = info.first + info.count;
		bytes += info.size;
		buf_init(&hex, 80);
		hex_put(&hex, slice_of(info.sha256, SEAL_HASH));
		ledger_pack_name(info.number, name);
		snprintf(line, sizeof line, "%s %s\n", name, buf_cstr(&hex));
		seal_sha256_add(h, slice_str(line));
	}
	uint8_t digest[SEAL_HASH];
	if (r == 0)
		seal_sha256_end(h, digest);
	seal_sha256_free(h);
	if (r < 0)
		return r;
	if (!packs)
		return err_set(e, ERR_NOT_FOUND, NULL, "no messages lie in this quarter");
	*ret_first = first;
	*ret_end = end;
	if (ret_packs)
		*ret_packs = packs;
	if (ret_bytes)
		*ret_bytes = bytes;
	if (ret_digest)
		memcpy(ret_digest, digest, SEAL_HASH);
	return 0;
}

int ledger_each_quarter(struct ledger *l, ledger_quarter_fn *fn, void *arg, struct err *e)
{
	uint64_t k = 1;
	int r = ledger_packs_refresh(&l->packs, e);
	while (r == 0 && k <= l->packs.n) {
		struct ledger_pack_info info;
		r = record_at(l, k, &info, e);
		if (r == 0)
			r = fn(arg, info.period / 100, e);
		if (r == 0)
			r = first_of(l, info.period / 100 + 1, &k, e);
	}
	return r;
}

/* Segments as they lie there: what is to be gone must be gone from the disk. */
uint64_t ledger_tail_begin(const struct ledger *l)
{
	struct ledger_wal_set w;
	uint64_t first = UINT64_MAX;
	if (l->walfd < 0 || ledger_wal_load(l->walfd, &w, NULL) < 0)
		return 0;
	for (size_t i = 0; i < w.n; i++)
		if (w.seg[i]->holds && w.seg[i]->first < first)
			first = w.seg[i]->first;
	ledger_wal_set_done(&w);
	return first;
}
