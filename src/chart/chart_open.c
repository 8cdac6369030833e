/* Opening and closing, the counters that are committed with every transaction, and the look that every question takes first. */
#include "chart_internal.h"

#include <stdlib.h>
#include <sys/random.h>

#define STATE_VERSION 1

int chart_no_memory(struct arena *a, struct err *e)
{
	int code = a ? arena_code(a) : ERR_MEMORY;
	return code == ERR_LIMIT ? err_set(e, ERR_LIMIT, NULL, "the answer needs more memory than it may have") : err_set(e, ERR_MEMORY, NULL, "no memory");
}

int chart_grow(struct arena *a, void **v, size_t n, size_t *cap, size_t size, struct err *e)
{
	if (n < *cap)
		return 0;
	const size_t more = *cap ? 2 * *cap : 128;
	void *x = arena_array(a, more, size);
	if (!x)
		return chart_no_memory(a, e);
	if (n)
		memcpy(x, *v, n * size);
	*v = x;
	*cap = more;
	return 0;
}

/* ---- hashes: SipHash-2-4 (Aumasson, Bernstein 2012) under a key of this process, so that nobody outside can choose collisions ------------ */

#define ROTL(x, b) ((x) << (b) | (x) >> (64 - (b)))
#define SIP_ROUND                                                                                                                                \
	do {                                                                                                                                         \
		v0 += v1, v1 = ROTL(v1, 13) ^ v0, v0 = ROTL(v0, 32);                                                                                     \
		v2 += v3, v3 = ROTL(v3, 16) ^ v2;                                                                                                        \
		v0 += v3, v3 = ROTL(v3, 21) ^ v0;                                                                                                        \
		v2 += v1, v1 = ROTL(v1, 17) ^ v2, v2 = ROTL(v2, 32);                                                                                     \
	} while (0)

uint64_t chart_hash(const struct chart *c, int key, uint64_t seed, struct slice s)
{
	uint64_t k0 = c->secret[2 * key] ^ seed, k1 = c->secret[2 * key + 1];
	uint64_t v0 = k0 ^ UINT64_C(0x736f6d6570736575), v1 = k1 ^ UINT64_C(0x646f72616e646f6d), v2 = k0 ^ UINT64_C(0x6c7967656e657261), v3 = k1 ^ UINT64_C(0x7465646279746573), m;
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		memcpy(&m, s.p + i, 8);
		v3 ^= m;
		SIP_ROUND;
		SIP_ROUND;
		v0 ^= m;
	}
	m = (uint64_t)s.n << 56;
	for (unsigned k = 0; i < s.n; i++, k += 8)
		m |= (uint64_t)s.p[i] << k;
	v3 ^= m;
	SIP_ROUND;
	SIP_ROUND;
	v0 ^= m;
	v2 ^= 0xff;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	return v0 ^ v1 ^ v2 ^ v3;
}

/* ---- counters ------------------------------------------------------------------------------------------------------------------------------ */

static int state_save(struct chart *c, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1024);
	buf_u8(&b, STATE_VERSION);
	buf_varint(&b, c->staged);
	buf_u64be(&b, (uint64_t)c->last_time);
	buf_u8(&b, c->pinned);
	buf_u32be(&b, (uint32_t)c->zone_minutes);
	buf_varint(&b, c->idents);
	buf_varint(&b, c->persons);
	buf_varint(&b, c->edges);
	buf_varint(&b, c->moves);
	buf_varint(&b, c->stays);
	buf_varint(&b, c->reviews);
	buf_varint(&b, c->aparts);
	buf_varint(&b, c->spoken);
	buf_varint(&b, c->weak);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "no memory");
	return ASK(c, put_kv, STORE_KV_META, SLICE("state"), buf_slice(&b), e);
}

static int state_load(struct chart *c, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1024);
	int r = ASK(c, kv, STORE_KV_META, SLICE("state"), &b, e);
	if (r == ERR_NOT_FOUND) {
		c->applied = c->staged = c->spoken = 0;
		c->last_time = 0;
		c->pinned = false;
		c->idents = 0;
		c->persons = c->edges = c->moves = c->stays = c->reviews = c->aparts = c->weak = 0;
		return 0;
	}
	if (r < 0)
		return r;
	struct cur in = cur_of(buf_slice(&b));
	uint8_t version = cur_u8(&in);
	uint64_t applied = cur_varint(&in);
	int64_t last_time = (int64_t)cur_u64be(&in);
	bool pinned = cur_u8(&in);
	int32_t zone = (int32_t)cur_u32be(&in);
	uint64_t idents = cur_varint(&in);
	uint64_t persons = cur_varint(&in), edges = cur_varint(&in), moves = cur_varint(&in), stays = cur_varint(&in), reviews = cur_varint(&in), aparts = cur_varint(&in);
	uint64_t spoken = cur_left(&in) ? cur_varint(&in) : applied; /* a view that was made before this was kept */
	uint64_t weak = cur_left(&in) ? cur_varint(&in) : 0;
	if (!cur_done(&in) || version != STATE_VERSION || idents > UINT32_MAX)
		return err_set(e, ERR_CORRUPT, "view", "the view's own record is damaged: rebuild it with 'holdfast view rebuild'");
	c->applied = c->staged = applied;
	c->spoken = spoken < applied ? spoken : applied;
	c->last_time = last_time;
	c->pinned = pinned;
	c->zone_minutes = zone;
	c->idents = (uint32_t)idents;
	c->persons = persons, c->edges = edges, c->moves = moves, c->stays = stays, c->reviews = reviews, c->aparts = aparts, c->weak = weak;
	return 0;
}

/* What the view was made by. Empty: nothing in it yet. */
static int readers_check(struct chart *c, const struct chart_options *o, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 12);
	int r = ASK(c, kv, STORE_KV_META, SLICE("readers"), &b, e);
	if (r < 0 && r != ERR_NOT_FOUND)
		return r;
	free(c->readers);
	c->readers = strdup(r == 0 ? buf_cstr(&b) : o->readers ? o->readers : "");
	if (!c->readers)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && o->readers && o->keep && c->applied > 0 && strcmp(c->readers, o->readers)) {
		c->readers_next = strdup(o->readers);
		return c->readers_next ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	if (r == 0 && o->readers && c->applied > 0 && strcmp(c->readers, o->readers))
		return err_set(e, ERR_CORRUPT, "view", "the view was made by other readers (%s, this program has %s): rebuild it with 'holdfast view rebuild'", c->readers, o->readers);
	if (o->readers && (r == ERR_NOT_FOUND || c->applied == 0) && strcmp(c->readers, o->readers)) {
		free(c->readers);
		c->readers = strdup(o->readers);
		if (!c->readers)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	return 0;
}

/* ---- caches ---------------------------------------------------------------------------------------------------------------------------------- */

static void caches_forget(struct chart *c)
{
	free(c->state), c->state = NULL;
	for (size_t i = 0; i < c->chunks; i++)
		free(c->chunk[i]);
	free(c->chunk), c->chunk = NULL, c->chunks = 0;
	free(c->table), c->table = NULL, c->table_size = 0;
	stay_forget(c);
	feed_forget(c);
	authority_forget(c);
	buf_reset(&c->times);
	c->epoch++;
}

/* What the writer has to know before it goes on: after opening, after a failure, after a rebuild. */
static int writer_load(struct chart *c, struct err *e)
{
	caches_forget(c);
	int r = state_load(c, e);
	if (r == 0)
		r = feed_load(c, e);
	if (r == 0)
		r = authority_load(c, e);
	if (r == 0)
		r = times_load(c, e);
	if (r == 0)
		r = ASK(c, next_due, &c->next_due, e);
	return r;
}

/* ---- open, close -------------------------------------------------------------------------------------------------------------------------------- */

static int open_store(struct chart *c, const char *path, const struct chart_options *o, struct err *e)
{
	if (o->memory)
		return store_memory_open(&c->store, e);
	int r = store_sqlite_open(path, o->write, &c->store, e);
	if (r == ERR_CORRUPT && o->write && o->rebuild) {
		r = store_sqlite_drop(path, e);
		if (r == 0)
			r = store_sqlite_open(path, true, &c->store, e);
	}
	return r;
}

static int open_rest(struct chart *c, const struct chart_options *o, struct err *e)
{
	c->look_arena = arena_new(CHART_SCRATCH_MAX);
	c->site_name = strdup(o->site_name ? o->site_name : "");
	if (!c->look_arena || !c->site_name)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (c->write) {
		c->scratch = arena_new(CHART_SCRATCH_MAX);
		if (!c->scratch)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		int r = writer_load(c, e);
		return r < 0 ? r : readers_check(c, o, e);
	}
	bool changed;
	int r = ASK(c, look, &changed, e);
	if (r == 0)
		r = state_load(c, e);
	if (r == 0)
		r = readers_check(c, o, e);
	ASK0(c, look_done);
	return r;
}

int chart_open(const char *path, const struct chart_options *o, struct chart **ret, struct err *e)
{
	struct chart *c = calloc(1, sizeof *c);
	if (!c)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	c->write = o->write || o->memory;
	c->zone_minutes = o->zone_minutes;
	c->alive = o->alive;
	c->alive_arg = o->arg;
	c->epoch = 1;
	c->next_due = INT64_MAX;
	buf_init(&c->times, 1 << 16);
	buf_init(&c->blob, (size_t)256 << 20);
	if (getrandom(c->secret, sizeof c->secret, 0) != (ssize_t)sizeof c->secret)
		for (size_t i = 0; i < ARRAY_LEN(c->secret); i++)
			c->secret[i] = (uint64_t)time_monotonic() * UINT64_C(0x9e3779b97f4a7c15) + i + (uint64_t)(uintptr_t)c;
	int r = open_store(c, path, o, e);
	if (r == 0)
		r = open_rest(c, o, e);
	if (r == ERR_CORRUPT && o->write && o->rebuild && c->store && !o->memory) {
		/* opened, but what it holds is another version's: the same as damaged */
		ASK0(c, close);
		c->store = NULL;
		arena_free(c->scratch), c->scratch = NULL;
		arena_free(c->look_arena), c->look_arena = NULL;
		free(c->site_name), c->site_name = NULL;
		r = store_sqlite_drop(path, e);
		if (r == 0)
			r = open_store(c, path, o, e);
		if (r == 0)
			r = open_rest(c, o, e);
	}
	if (r < 0) {
		chart_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

void chart_close(struct chart *c)
{
	if (!c)
		return;
	if (c->store) {
		if (c->in_transaction || c->bulk)
			ASK0(c, rollback);
		ASK0(c, look_done);
		ASK0(c, close);
	}
	caches_forget(c);
	arena_free(c->scratch);
	arena_free(c->look_arena);
	buf_done(&c->times);
	buf_done(&c->blob);
	free(c->site_name);
	free(c->readers);
	free(c->readers_next);
	free(c);
}

bool chart_stale(const struct chart *c)
{
	return c->readers_next != NULL;
}

const char *chart_readers(struct chart *c)
{
	return c->readers ? c->readers : "";
}

/* ---- looks: what questions see ---------------------------------------------------------------------------------------------------------------------- */

int chart_look(struct chart *c, struct err *e)
{
	assert(!c->looking); /* no question asks another one through the face */
	bool changed = false;
	if (!c->write) {
		int r = ASK(c, look, &changed, e);
		if (r < 0)
			return r;
		r = state_load(c, e);
		if (r < 0) {
			ASK0(c, look_done);
			return r;
		}
		c->generation += changed;
	}
	arena_reset(c->look_arena);
	c->looking = true;
	return 0;
}

void chart_look_done(struct chart *c)
{
	c->looking = false;
	if (!c->write)
		ASK0(c, look_done);
}

uint64_t chart_end(struct chart *c, struct chart_moment at)
{
	return at.end < c->applied ? at.end : c->applied;
}

/* ---- the transaction --------------------------------------------------------------------------------------------------------------------------------- */

int chart_begin(struct chart *c, struct err *e)
{
	assert(c->write);
	if (c->in_transaction || c->bulk)
		return 0;
	if (c->readers_next)
		return err_set(e, ERR_USAGE, "view", "a view of other readers is not written to: it is made anew first");
	int r = ASK(c, begin, e);
	c->in_transaction = r == 0;
	return r;
}

/* A failed transaction is as if it had never begun: the caller goes on from chart_applied. */
static void abort_transaction(struct chart *c)
{
	ASK0(c, rollback);
	c->in_transaction = c->bulk = false;
	if (writer_load(c, NULL) < 0)
		c->failed = true;
}

int chart_give_up(struct chart *c, int r)
{
	abort_transaction(c);
	return r;
}

static int save_all(struct chart *c, struct err *e)
{
	int r = times_save(c, e);
	if (r == 0)
		r = feed_save(c, e);
	if (r == 0)
		r = ASK(c, put_kv, STORE_KV_META, SLICE("readers"), slice_str(c->readers), e);
	return r < 0 ? r : state_save(c, e);
}

int chart_commit(struct chart *c, struct err *e)
{
	assert(c->write);
	if (c->failed)
		return err_set(e, ERR_SYSTEM, "view", "the view could not be written before: open it again");
	if (c->bulk)
		return 0; /* seen when chart_bulk(false) has put it in place */
	if (!c->in_transaction)
		return 0;
	int r = save_all(c, e);
	if (r == 0)
		r = ASK(c, commit, e);
	if (r < 0)
		return chart_give_up(c, r);
	c->in_transaction = false;
	c->applied = c->staged;
	return 0;
}

uint64_t chart_applied(struct chart *c)
{
	if (c->write)
		return c->bulk ? c->staged : c->applied;
	struct err e;
	if (chart_look(c, &e) == 0)
		chart_look_done(c);
	return c->applied;
}

static int bulk_on(struct chart *c, struct err *e)
{
	int r = chart_commit(c, e);
	if (r < 0)
		return r;
	r = ASK(c, bulk_begin, e);
	if (r < 0)
		return r;
	c->bulk = true;
	r = writer_load(c, e); /* of the fresh one: all zero */
	c->next_due = INT64_MAX;
	return r < 0 ? chart_give_up(c, r) : 0;
}

static int bulk_off(struct chart *c, struct err *e)
{
	if (c->readers_next) { /* the one that stood till now was another's */
		free(c->readers);
		c->readers = c->readers_next;
		c->readers_next = NULL;
	}
	int r = save_all(c, e);
	if (r == 0)
		r = ASK(c, bulk_end, e);
	if (r < 0)
		return chart_give_up(c, r);
	c->bulk = false;
	c->generation++;
	return writer_load(c, e);
}

int chart_bulk(struct chart *c, bool on, struct err *e)
{
	assert(c->write);
	if (c->failed)
		return err_set(e, ERR_SYSTEM, "view", "the view could not be written before: open it again");
	if (on == c->bulk)
		return 0;
	return on ? bulk_on(c, e) : bulk_off(c, e);
}

int chart_copy_open(struct chart *c, struct chart_copy **ret, struct err *e)
{
	assert(c->write && !c->in_transaction && !c->bulk);
	if (c->failed || !c->store->ops->copy_open)
		return err_set(e, ERR_USAGE, "view", "this view cannot be copied");
	return ASK(c, copy_open, c->applied, ret, e);
}

void chart_version(const char *readers, char ret[CHART_VERSION_MAX])
{
	snprintf(ret, CHART_VERSION_MAX, "v%d.%s", STORE_VIEW_VERSION, readers);
	for (char *p = ret; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')))
			*p = '.';
}

int chart_pin(struct chart *c, bool pinned, struct err *e)
{
	int r = chart_begin(c, e);
	if (r < 0)
		return r;
	c->pinned = pinned;
	return chart_commit(c, e);
}

bool chart_pinned(struct chart *c)
{
	if (!c->write) {
		struct err e;
		if (chart_look(c, &e) == 0)
			chart_look_done(c);
	}
	return c->pinned;
}

uint64_t chart_person_count(struct chart *c)
{
	if (!c->write) {
		struct err e;
		if (chart_look(c, &e) == 0)
			chart_look_done(c);
	}
	return c->persons;
}
