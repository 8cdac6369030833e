/* OLE2 compound file ([MS-CFB]): header of 512 bytes with the first 109 FAT sector numbers; FAT sectors, each entry a sector number below the file's
 * own or a mark; a directory of 128-byte entries. Valid if and only if every FAT sector that the header names has only such entries, no sector is the
 * successor of two, the directory's chain can be followed and its first entry is the root, and the file has the sectors that the FAT says are in use.
 * Streams have no sums of their own: what is damaged inside one is not seen here. */
#include "content_internal.h"

#define DIFAT        109u
#define FAT_KEPT     (STATE_MAX / 4 - 16384) /* sectors of which links are kept: 56 MiB of 512-byte sectors; beyond, entries are still looked at */
#define END_OF_CHAIN UINT32_C(0xFFFFFFFE)
#define SECTOR_MAX   UINT32_C(0xFFFFFFFA)

struct ole2 {
	unsigned shift;
	uint32_t fat_n, dir_at, difat_n, next, n_kept;
	uint32_t in_use;    /* highest sector that another follows, plus one */
	uint32_t sector;    /* the one that comes next */
	uint32_t dir_entry; /* entries seen in the first directory sector */
	uint32_t fat_sector[DIFAT];
	uint8_t order[DIFAT]; /* of the FAT sectors, by place in the file */
	unsigned order_n, order_i;
	bool root_seen, encrypted;
	uint32_t fat[FAT_KEPT];
};
_Static_assert(sizeof(struct ole2) <= STATE_MAX, "fits the state");

static void sector(struct content_checker *c, const uint8_t *p, size_t n);

static void to_next(struct content_checker *c, uint64_t first)
{
	struct ole2 *o = STATE_OF(c, struct ole2);
	uint64_t size = UINT64_C(1) << o->shift;
	uint32_t target = UINT32_MAX;
	if (o->order_i < o->order_n)
		target = o->fat_sector[o->order[o->order_i]];
	if (!o->root_seen && o->dir_at < target && o->dir_at >= o->sector)
		target = o->dir_at;
	if (target == UINT32_MAX) {
		walk_skip(c, WALK_FOREVER, 0, sector);
		return;
	}
	uint64_t skip = (uint64_t)(target - o->sector) * size;
	o->sector = target;
	walk_skip(c, first + skip, (size_t)size, sector);
}

static void fat_sector(struct content_checker *c, unsigned which, const uint8_t *p, size_t n)
{
	struct ole2 *o = STATE_OF(c, struct ole2);
	uint64_t base = (uint64_t)which * (n / 4);
	for (size_t i = 0; i < n / 4; i++) {
		uint32_t v = le32(p + 4 * i);
		if (v > SECTOR_MAX && v < UINT32_C(0xFFFFFFFC)) {
			walk_lost(c, "ole2: FAT sector at byte %llu has an entry that is none", (unsigned long long)(c->w.at - n));
			return;
		}
		if (base + i < FAT_KEPT)
			o->fat[base + i] = v;
		if (v <= SECTOR_MAX && base + i >= o->in_use) /* (some writers fill up with ends of chains) */
			o->in_use = (uint32_t)(base + i + 1);
	}
	if (base + n / 4 > o->n_kept && base + n / 4 <= FAT_KEPT)
		o->n_kept = (uint32_t)(base + n / 4);
}

static bool name_is(const uint8_t *p, const char *name) /* UTF-16LE, with its length behind it */
{
	size_t n = strlen(name);
	if (le16(p + 64) != 2 * n + 2)
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[2 * i] != (uint8_t)name[i] || p[2 * i + 1])
			return false;
	return true;
}

static void directory(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct ole2 *o = STATE_OF(c, struct ole2);
	o->root_seen = true;
	for (size_t i = 0; i + 128 <= n; i += 128) {
		unsigned type = p[i + 66], len = le16(p + i + 64);
		bool fine = type == 0 || (type <= 5 && len <= 64 && len % 2 == 0 && p[i + 67] <= 1);
		if (!fine || (i == 0 && type != 5)) {
			walk_lost(c, "ole2: no directory entry at byte %llu", (unsigned long long)c->w.at - n + i);
			return;
		}
		o->encrypted |= type == 2 && (name_is(p + i, "EncryptedPackage") || name_is(p + i, "EncryptionInfo"));
	}
}

static void sector(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct ole2 *o = STATE_OF(c, struct ole2);
	if (o->order_i < o->order_n && o->fat_sector[o->order[o->order_i]] == o->sector) {
		fat_sector(c, o->order[o->order_i], p, n);
		o->order_i++;
	} else
		directory(c, p, n);
	o->sector++;
	if (c->w.mode != WALK_LOST)
		to_next(c, 0);
}

static void header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct ole2 *o = STATE_OF(c, struct ole2);
	unsigned major = le16(p + 26);
	o->shift = le16(p + 30);
	o->fat_n = le32(p + 44);
	o->dir_at = le32(p + 48);
	o->difat_n = le32(p + 72);
	if (le16(p + 28) != 0xFFFE || (o->shift != 9 && o->shift != 12) || (major != 3 && major != 4) || o->dir_at > SECTOR_MAX) {
		walk_lost(c, "ole2: its header is none");
		return;
	}
	for (unsigned i = 0; i < DIFAT && i < o->fat_n; i++) {
		o->fat_sector[i] = le32(p + 76 + 4 * i);
		if (o->fat_sector[i] > SECTOR_MAX) {
			walk_lost(c, "ole2: its header names no sector for part %u of the FAT", i);
			return;
		}
		unsigned k = o->order_n++;
		for (; k && o->fat_sector[o->order[k - 1]] > o->fat_sector[i]; k--)
			o->order[k] = o->order[k - 1];
		o->order[k] = (uint8_t)i;
	}
	to_next(c, o->shift == 12 ? 4096 - 512 : 0); /* the header fills a sector */
}

/* Each sector has one predecessor at most, and successors exist. */
static void chains(struct content_checker *c)
{
	static const uint8_t bit[8] = {1, 2, 4, 8, 16, 32, 64, 128};
	struct ole2 *o = STATE_OF(c, struct ole2);
	uint8_t *seen = c->gather;                    /* not in use any more: a bit a sector */
	uint64_t sectors = (c->size - 1) >> o->shift; /* behind the header; the last may be cut short */
	memset(seen, 0, FAT_KEPT / 8);
	for (uint32_t i = 0; i < o->n_kept; i++) {
		uint32_t v = o->fat[i];
		if (v > SECTOR_MAX)
			continue;
		if (v >= sectors + 1) {
			walk_lost(c, "%s: sector %u goes on behind the file's end", v < o->n_kept ? "truncated: ole2" : "ole2", (unsigned)i);
			return;
		}
		if (v < FAT_KEPT && seen[v / 8] & bit[v % 8]) {
			walk_lost(c, "ole2: sector %u follows two others", (unsigned)v);
			return;
		}
		if (v < FAT_KEPT)
			seen[v / 8] |= bit[v % 8];
	}
	if (o->in_use > sectors + 1)
		walk_lost(c, "truncated: ole2 has %llu sectors, its FAT %u", (unsigned long long)sectors, (unsigned)o->in_use);
}
_Static_assert(FAT_KEPT / 8 <= GATHER_MAX, "the bits fit");

static void end(struct content_checker *c)
{
	struct ole2 *o = STATE_OF(c, struct ole2);
	c->r.encrypted = o->encrypted;
	if (o->order_i < o->order_n || !o->root_seen) {
		walk_truncated(c);
		return;
	}
	chains(c);
	if (c->w.mode != WALK_LOST)
		walk_done(c);
}

static bool sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 512 && HEAD_IS(h, 0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
}

static void begin(struct content_checker *c)
{
	content_state_new(c, offsetof(struct ole2, fat));
	walk_want(c, 512, header);
}

const struct content_format format_ole2 = {CONTENT_OLE2, sniff, begin, end};
