/* Where chunks go: which are known (index on disk, and those on their way in memory), the pack that is being filled, and what happens when it is full.
 *
 * A chunk is reserved when it is first asked for (pending without a place), has a place when its frame was stored, and goes to the index when its pack has its entry: so the index never names
 * a pack that the ledger does not. Memory: the pending chunks of one pack and of the units in flight.
 */
#include <fcntl.h>
#include <unistd.h>

#include "backup_internal.h"

struct pending {
	uint8_t id[VAULT_ID];
	uint32_t pack, offset, length; /* pack 0: reserved */
	uint32_t used;
};

#define SLOTS_FIRST ((size_t)1 << 12)
#define PLACED_MOST ((size_t)1 << 16) /* chunks of a pack: a million tiny files are no reason for much memory */
#define SLOTS_MAX ((size_t)1 << 22)

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for a backup");
}

/* ---- the pending table ---- */

static struct pending *slot_of(struct pending *slots, size_t n, const uint8_t *id)
{
	uint64_t h;
	memcpy(&h, id + 8, 8); /* keyed already: nobody aims at a slot */
	for (size_t i = (size_t)h & (n - 1);; i = (i + 1) & (n - 1))
		if (!slots[i].used || !memcmp(slots[i].id, id, VAULT_ID))
			return &slots[i];
}

/* Again with n slots, without what has its place in pack `drop` (0: none): that went to the index. */
static int rehash(struct depot *s, size_t n, uint64_t drop, struct err *e)
{
	struct pending *more = calloc(n, sizeof(*more));
	if (!more)
		return no_memory(e);
	size_t used = 0;
	for (size_t i = 0; i < s->slot_n; i++)
		if (s->slots[i].used && !(drop && s->slots[i].pack == drop)) {
			*slot_of(more, n, s->slots[i].id) = s->slots[i];
			used++;
		}
	free(s->slots);
	s->slots = more;
	s->slot_n = n;
	s->slot_used = used;
	return 0;
}

static int reserve(struct depot *s, const uint8_t *id, struct err *e)
{
	if (s->slot_used * 3 >= s->slot_n * 2) {
		if (s->slot_n == SLOTS_MAX)
			return err_set(e, ERR_LIMIT, NULL, "too many chunks on their way at once");
		int r = rehash(s, s->slot_n * 2, 0, e);
		if (r < 0)
			return r;
	}
	struct pending *p = slot_of(s->slots, s->slot_n, id);
	memcpy(p->id, id, VAULT_ID);
	p->used = 1;
	s->slot_used++;
	return 0;
}

/* ---- opening ---- */

/* Which packs are there? A pack that is missing or shorter than the ledger says is not referred to again: what it held is stored anew. */
static int look_at_packs(struct depot *s, struct err *e)
{
	const struct vault_known_pack *packs;
	size_t n = vault_log_packs(s->log, &packs);
	for (size_t i = 0; i < n; i++)
		if (packs[i].class == s->class && packs[i].number >= s->ok_n)
			s->ok_n = packs[i].number + 1;
	s->ok = calloc(s->ok_n / 8 + 1, 1);
	if (!s->ok)
		return no_memory(e);
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		char name[48];
		if (packs[i].class != s->class || strcmp(vault_log_string(s->log, packs[i].domain), s->info.domain) != 0)
			continue;
		vault_pack_name(s->class, packs[i].number, name);
		if (fstatat(s->packsfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != packs[i].size)
			s->any_lost = true;
		else if (!strcmp(vault_log_string(s->log, packs[i].period), s->info.period))
			s->ok[packs[i].number / 8] |= (uint8_t)(1U << packs[i].number % 8);
	}
	return 0;
}

bool depot_pack_ok(const struct depot *s, uint64_t number)
{
	return number < s->ok_n && (s->ok[number / 8] >> number % 8 & 1);
}

/* A pack of this run: it has its entry. */
static int now_ok(struct depot *s, uint64_t number, struct err *e)
{
	if (number >= s->ok_n) {
		uint64_t n = number + 1024;
		uint8_t *more = realloc(s->ok, n / 8 + 1);
		if (!more)
			return no_memory(e);
		memset(more + s->ok_n / 8 + 1, 0, n / 8 - s->ok_n / 8);
		s->ok = more;
		s->ok_n = n;
	}
	s->ok[number / 8] |= (uint8_t)(1U << number % 8);
	return 0;
}

int depot_open(struct depot *s, int packsfd, int vaultfd, int class, const struct vault_ledger *l, const struct vault_log *log, const uint8_t dedupe[32], const char *domain, struct spool *made,
               struct err *e)
{
	*s = (struct depot){.class = class, .vaultfd = vaultfd, .packsfd = packsfd, .ledger = l, .log = log, .made = made};
	s->info.class = class;
	(void)snprintf(s->info.domain, sizeof(s->info.domain), "%s", domain);
	buf_init(&s->placed, SLOTS_MAX * sizeof(struct vault_placed));
	buf_init(&s->landing.placed, SLOTS_MAX * sizeof(struct vault_placed));
	buf_init(&s->frame, VAULT_FRAME_MAX);
	int r = l->recipient(l->arg, class, s->info.period, &s->to, e);
	if (r == 0)
		r = vault_keys_derive(dedupe, domain, s->info.period, &s->keys, e);
	if (r == 0)
		r = vault_gear_init(&s->gear, &s->keys, e);
	if (r == 0)
		r = rehash(s, SLOTS_FIRST, 0, e);
	if (r == 0)
		r = look_at_packs(s, e);
	if (r == 0)
		r = vault_index_open(vaultfd, domain, s->info.period, &s->keys, &s->index, e);
	if (r == 0 && (!(s->z = vault_compressor_new(3)) || !(s->sealed = malloc(VAULT_FRAME_SEALED_MAX))))
		r = no_memory(e);
	return r;
}

void depot_done(struct depot *s)
{
	if (s->landing.flies)
		pthread_join(s->landing.thread, NULL); /* durable or not, without an entry it counts for nothing */
	buf_done(&s->landing.placed);
	vault_pack_abandon(s->writer);
	vault_index_free(s->index);
	vault_compressor_free(s->z);
	free(s->sealed);
	free(s->slots);
	free(s->ok);
	buf_done(&s->placed);
	buf_done(&s->frame);
	seal_wipe(s, sizeof(*s));
}

/* ---- bringing the index up to date ---- */

#define BATCH 4096

struct catching {
	struct depot *s;
	struct vault_placed *batch;
	size_t n;
};

static int add_batch(struct catching *c, struct err *e)
{
	int r = vault_index_add(c->s->index, c->batch, c->n, e);
	c->n = 0;
	return r;
}

static int catch_chunk(void *arg, const struct vault_chunk *chunk, struct err *e)
{
	struct catching *c = arg;
	if (chunk->class != c->s->class)
		return 0;
	struct vault_placed *p = &c->batch[c->n++];
	memcpy(p->id, chunk->id, VAULT_ID);
	p->at = chunk->at;
	return c->n == BATCH ? add_batch(c, e) : 0;
}

/* Snapshots of this domain and period behind the stamp. A list that does not read is passed over: its chunks are stored again where needed. */
static int catch_snapshots(struct depot *s, struct vault_packs *packs, struct catching *c, uint64_t *ret_last, struct err *e)
{
	uint64_t stamp = vault_index_stamp(s->index);
	for (size_t i = 0, n = vault_log_snapshots(s->log); i < n; i++) {
		struct vault_body b;
		struct err why = {0};
		int r = vault_log_snapshot(s->log, i, &b, e);
		if (r == 0 && !strcmp(b.domain, s->info.domain) && !strcmp(s->class == VAULT_CONTENT ? b.files_period : b.catalogue_period, s->info.period)) {
			if (packs && b.s.seq > stamp)
				r = vault_cat_chunks(packs, &b, catch_chunk, c, &why);
			*ret_last = b.s.seq;
		}
		vault_body_done(&b);
		if (r == ERR_MEMORY || r == ERR_SYSTEM || r == ERR_FULL) {
			if (e)
				*e = why.code ? why : *e;
			return r;
		}
	}
	return add_batch(c, e);
}

static bool behind(uint64_t entry, uint64_t snapshot) /* 0: there is none */
{
	return snapshot == 0 || entry > snapshot;
}

/* Chunks in packs that have an entry but that no snapshot tells of, because their backup was killed: told of by this one. */
static int tell_orphan(void *arg, const struct vault_placed *p, struct err *e)
{
	const struct catching *c = arg;
	const struct vault_known_pack *k = vault_log_pack(c->s->log, c->s->class, p->at.pack);
	return k && behind(k->entry, vault_index_stamp(c->s->index)) ? depot_tell(c->s, p->id, &p->at, e) : 0;
}

static bool has_orphans(const struct depot *s, uint64_t last)
{
	const struct vault_known_pack *packs;
	for (size_t i = 0, n = vault_log_packs(s->log, &packs); i < n; i++)
		if (packs[i].class == s->class && behind(packs[i].entry, last) && !strcmp(vault_log_string(s->log, packs[i].domain), s->info.domain) &&
		    !strcmp(vault_log_string(s->log, packs[i].period), s->info.period))
			return true;
	return false;
}

int depot_catch_up(struct depot *s, struct vault_packs *packs, struct err *e)
{
	struct catching c = {.s = s, .batch = calloc(BATCH, sizeof(*c.batch))};
	uint64_t last = 0;
	if (!c.batch)
		return no_memory(e);
	int r = catch_snapshots(s, packs, &c, &last, e);
	if (r == 0 && has_orphans(s, last) && vault_index_stamp(s->index) == last)
		r = vault_index_each(s->index, tell_orphan, &c, e);
	free(c.batch);
	return r;
}

struct untold {
	struct depot *s;
	struct slice bits;
};

static int tell_untold(void *arg, const struct vault_placed *p, struct err *e)
{
	const struct untold *u = arg;
	uint64_t n = p->at.pack;
	return n / 8 < u->bits.n && (u->bits.p[n / 8] >> n % 8 & 1) && depot_pack_ok(u->s, n) ? depot_tell(u->s, p->id, &p->at, e) : 0;
}

int depot_away(struct depot *s, struct slice there, struct slice untold, bool lost, struct err *e)
{
	free(s->ok);
	s->ok = malloc(there.n + 1);
	if (!s->ok)
		return no_memory(e);
	if (there.n)
		memcpy(s->ok, there.p, there.n);
	s->ok[there.n] = 0;
	s->ok_n = 8 * (uint64_t)there.n;
	s->any_lost = lost;
	return untold.n ? vault_index_each(s->index, tell_untold, &(struct untold){s, untold}, e) : 0;
}

int depot_end(struct depot *s, uint64_t stamp, struct err *e)
{
	struct vault_index *ix = s->index;
	s->index = NULL;
	return vault_index_close(ix, stamp, e);
}

/* ---- asking, placing ---- */

int depot_ask(struct depot *s, const uint8_t id[VAULT_ID], size_t length, struct vault_extent *ret, struct err *e)
{
	const struct pending *p = slot_of(s->slots, s->slot_n, id);
	if (p->used) {
		*ret = (struct vault_extent){.pack = p->pack, .offset = p->offset, .length = p->length};
		return p->pack ? DEPOT_KNOWN : DEPOT_PENDING;
	}
	int r = vault_index_find(s->index, id, ret, e);
	if (r < 0 || (r > 0 && ret->length == length && depot_pack_ok(s, ret->pack)))
		return r;
	r = reserve(s, id, e);
	return r < 0 ? r : DEPOT_NEW;
}

bool depot_placed(const struct depot *s, const uint8_t id[VAULT_ID], struct vault_extent *ret)
{
	const struct pending *p = slot_of(s->slots, s->slot_n, id);
	struct err ignored;
	if (p->used && p->pack) {
		*ret = (struct vault_extent){.pack = p->pack, .offset = p->offset, .length = p->length};
		return true;
	}
	return !p->used && vault_index_find(s->index, id, ret, &ignored) > 0 && depot_pack_ok(s, ret->pack);
}

/* A line for the list of chunks made. */
int depot_tell(struct depot *s, const uint8_t id[VAULT_ID], const struct vault_extent *at, struct err *e)
{
	char text[128];
	struct buf b = {.p = (uint8_t *)text, .cap = sizeof(text) - 1, .max = sizeof(text) - 1};
	buf_str(&b, s->class == VAULT_CONTENT ? "c " : "k ");
	hex_put(&b, slice_of(id, VAULT_ID));
	buf_printf(&b, " %llu:%llu+%llu\n", (unsigned long long)at->pack, (unsigned long long)at->offset, (unsigned long long)at->length);
	assert(buf_ok(&b));
	return spool_add(s->made, buf_slice(&b), e);
}

int depot_place(struct depot *s, const uint8_t id[VAULT_ID], const struct vault_extent *at, struct err *e)
{
	struct pending *p = slot_of(s->slots, s->slot_n, id);
	assert(p->used && p->pack == 0);
	p->pack = (uint32_t)at->pack;
	p->offset = (uint32_t)at->offset;
	p->length = (uint32_t)at->length;
	struct vault_placed placed = {.at = *at};
	memcpy(placed.id, id, VAULT_ID);
	buf_add(&s->placed, &placed, sizeof(placed));
	return buf_ok(&s->placed) ? depot_tell(s, id, at, e) : no_memory(e);
}

/* ---- packs ---- */

static int begin_pack(struct depot *s, struct err *e)
{
	int r = s->ledger->pack_number(s->ledger->arg, s->class, &s->number, e);
	if (r < 0)
		return r;
	if (s->number == 0 || s->number > UINT32_MAX)
		return err_set(e, ERR_LIMIT, NULL, "no more numbers for packs");
	vault_pack_name(s->class, s->number, s->info.name);
	return vault_pack_create(s->vaultfd, &s->info, &s->to, &s->writer, e);
}

/* The disk takes a pack's last pages and says so: in a thread, while the next pack is filled. */
static void *land(void *arg)
{
	struct depot_landing *l = arg;
	l->code = vault_pack_finish(l->writer, &l->info, &l->err);
	return NULL;
}

/* It is there: its entry, and then the index. */
static int entered(struct depot *s, struct err *e)
{
	struct depot_landing *l = &s->landing;
	int r = l->code;
	if (r < 0 && e)
		*e = l->err;
	if (r == 0)
		r = s->ledger->pack(s->ledger->arg, &l->info, e);
	if (r == 0)
		r = now_ok(s, l->number, e);
	if (r == 0)
		r = vault_index_add(s->index, (void *)l->placed.p, l->placed.n / sizeof(struct vault_placed), e);
	if (r == 0)
		r = rehash(s, s->slot_n, l->number, e);
	buf_reset(&l->placed);
	if (r == 0) {
		s->stored += l->info.size;
		s->packs++;
	}
	return r;
}

/* The one that is on its way, if any. */
static int landed(struct depot *s, struct err *e)
{
	if (!s->landing.flies)
		return 0;
	pthread_join(s->landing.thread, NULL);
	s->landing.flies = false;
	return entered(s, e);
}

/* The pack before has its entry first: entries stand in the order of numbers, and no more than two packs' chunks wait in memory. */
static int finish_pack(struct depot *s, struct err *e)
{
	struct depot_landing *l = &s->landing;
	int r = landed(s, e);
	if (r < 0)
		return r; /* the writer is still there to be abandoned */
	struct buf empty = l->placed;
	l->placed = s->placed;
	s->placed = empty;
	l->writer = s->writer;
	l->number = s->number;
	s->writer = NULL;
	l->flies = pthread_create(&l->thread, NULL, land, l) == 0;
	if (l->flies)
		return 0;
	land(l); /* no thread: then here */
	return entered(s, e);
}

static int room_for(struct depot *s, size_t plain, size_t sealed, struct err *e)
{
	int r = 0;
	if (s->writer && (!vault_pack_room(s->writer, plain, sealed) || s->placed.n >= PLACED_MOST * sizeof(struct vault_placed)))
		r = finish_pack(s, e);
	if (r == 0 && !s->writer)
		r = begin_pack(s, e);
	return r;
}

int depot_frame(struct depot *s, struct slice sealed, size_t plain, struct vault_extent *ret, struct err *e)
{
	int r = room_for(s, plain, sealed.n, e);
	if (r < 0)
		return r;
	ret->pack = s->number;
	ret->length = plain;
	return vault_pack_add(s->writer, sealed, plain, &ret->offset, e);
}

/* There was room for the largest frame when it began, and places in it were given out already: it goes into this pack. */
static int end_frame(struct depot *s, struct err *e)
{
	uint64_t offset;
	if (s->frame.n == 0)
		return 0;
	size_t n = vault_frame_make(s->z, buf_slice(&s->frame), s->sealed);
	int r = vault_pack_add(s->writer, slice_of(s->sealed, n), s->frame.n, &offset, e);
	buf_reset(&s->frame);
	return r;
}

int depot_append(struct depot *s, struct slice bytes, struct vault_extent *ret, struct err *e)
{
	int r = 0;
	assert(bytes.n && bytes.n <= VAULT_CHUNK_MAX);
	if (s->frame.n + bytes.n > VAULT_FRAME_MAX)
		r = end_frame(s, e);
	if (r == 0 && s->frame.n == 0)
		r = room_for(s, VAULT_FRAME_MAX, VAULT_FRAME_SEALED_MAX, e);
	if (r < 0)
		return r;
	*ret = (struct vault_extent){.pack = s->number, .offset = vault_pack_written(s->writer) + s->frame.n, .length = bytes.n};
	buf_add_slice(&s->frame, bytes);
	return buf_ok(&s->frame) ? 0 : no_memory(e);
}

int depot_close_pack(struct depot *s, struct err *e)
{
	int r = end_frame(s, e);
	if (r == 0 && s->writer)
		r = finish_pack(s, e);
	return r == 0 ? landed(s, e) : r;
}
