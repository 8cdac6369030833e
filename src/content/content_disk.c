/* Event logs, mail stores, Access, disks of virtual machines.
 *
 *   EVTX    file header with CRC32 of 120 bytes; chunks of 64 KiB: signature and CRC32 of the header's two parts, CRC32 of the records ([MS-EVEN6];
 * libevtx's description) MDB     Jet and ACE: page 0 with its name; every page of 2,048 or 4,096 bytes begins with a type byte (mdbtools HACKING);
 * encoded databases show noise there and are told apart by their first page PST     header: magic, CRC of its first 471 bytes ([MS-PST] 2.2.2.6),
 * size that it says; pages are not walked qcow2, vmdk, vhdx, vdi, vhd: headers that make sense, and VHDX' two headers; what the guest has on them is
 * its own */
#include "content_internal.h"

struct evtx {
	uint32_t crc, want;
	uint64_t chunks, said;
	uint8_t head[512];
};

static void evtx_chunk(struct content_checker *c, const uint8_t *p, size_t n);

static size_t evtx_records(struct content_checker *c, struct slice s)
{
	struct evtx *e = STATE_OF(c, struct evtx);
	e->crc = sum_crc32(e->crc, s.p, s.n);
	return s.n;
}

static void evtx_records_over(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct evtx *e = STATE_OF(c, struct evtx);
	uint32_t free_at = le32(e->head + 48);
	if (e->crc != le32(e->head + 52)) {
		walk_lost(c, "evtx: the CRC of records before byte %llu does not fit", (unsigned long long)c->w.at);
		return;
	}
	walk_skip(c, 65536 - free_at, 512, evtx_chunk);
}

static void evtx_chunk(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct evtx *e = STATE_OF(c, struct evtx);
	if (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0) { /* room that was never written */
		walk_skip(c, 65536 - n, 512, evtx_chunk);
		return;
	}
	uint32_t crc = sum_crc32(sum_crc32(0, p, 120), p + 128, 384);
	uint32_t free_at = le32(p + 48);
	if (memcmp(p, "ElfChnk", 8) != 0 || crc != le32(p + 124) || free_at < 512 || free_at > 65536) {
		walk_lost(c, "evtx: no chunk at byte %llu", (unsigned long long)(c->w.at - n));
		return;
	}
	e->chunks++;
	e->crc = 0;
	memcpy(e->head, p, sizeof e->head);
	walk_feed(c, free_at - 512, evtx_records, 0, evtx_records_over);
}

static void evtx_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct evtx *e = STATE_OF(c, struct evtx);
	e->said = le16(p + 42);
	if (sum_crc32(0, p, 120) != le32(p + 124) && !(le32(p + 120) & 1)) /* a log that was open is dirty: its header lags */
		walk_lost(c, "evtx: the header's CRC does not fit");
	else
		walk_skip(c, 4096 - 128, 512, evtx_chunk);
}

static bool evtx_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 128 && HEAD_IS(h, 0, "ElfFile");
}

static void evtx_begin(struct content_checker *c)
{
	content_state_new(c, offsetof(struct evtx, head));
	walk_want(c, 128, evtx_header);
}

static void evtx_end(struct content_checker *c)
{
	const struct evtx *e = STATE_OF(c, struct evtx);
	if (walk_between(c) && e->chunks >= (e->said ? 1 : 0))
		walk_done(c);
	else
		walk_truncated(c);
}

const struct content_format format_evtx = {CONTENT_EVTX, evtx_sniff, evtx_begin, evtx_end};

/* ---- Access ------------------------------------------------------------------------------------------------------------------------ */

struct mdb {
	uint64_t size, page;
	bool encoded;
};

static void mdb_page(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct mdb *m = STATE_OF(c, struct mdb);
	bool fine = p[0] <= 5 && (p[1] == 1 || p[0] == 0 || p[1] == 0);
	m->page++;
	if (!fine && m->page == 2)
		m->encoded = c->r.encrypted = true;
	if (!fine && !m->encoded)
		walk_lost(c, "mdb: no page at byte %llu", (unsigned long long)(c->w.at - 2));
	else
		walk_skip(c, m->size - 2, 2, mdb_page);
}

static void mdb_start(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct mdb *m = STATE_OF(c, struct mdb);
	m->size = p[20] == 0 ? 2048 : 4096;
	m->page = 1;
	walk_skip(c, m->size - n, 2, mdb_page);
}

static bool mdb_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 32 && (HEAD_IS(h, 0, "\0\1\0\0Standard Jet DB\0") || HEAD_IS(h, 0, "\0\1\0\0Standard ACE DB\0"));
}

static void mdb_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct mdb));
	walk_want(c, 32, mdb_start);
}

static void mdb_end(struct content_checker *c)
{
	if (walk_between(c))
		walk_done(c);
	else
		walk_truncated(c);
}

const struct content_format format_mdb = {CONTENT_MDB, mdb_sniff, mdb_begin, mdb_end};

/* ---- headers only --------------------------------------------------------------------------------------------------------------------- */

static uint32_t pst_crc(const uint8_t *p, size_t n) /* [MS-PST] 5.3: CRC-32 that begins with 0 and is not inverted */
{
	return ~sum_crc32(UINT32_MAX, p, n);
}

static void pst_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	bool wide = le16(p + 10) >= 23;
	uint64_t said = wide ? le64(p + 184) : le32(p + 168);
	if (pst_crc(p + 8, 471) != le32(p + 4))
		walk_lost(c, "pst: the header's CRC does not fit");
	else if (c->hint && said > c->hint)
		walk_lost(c, "truncated: pst says %llu bytes", (unsigned long long)said);
	else
		walk_give_up(c, CONTENT_PST);
}

static bool pst_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 580 && HEAD_IS(h, 0, "!BDN") && HEAD_IS(h, 8, "SM");
}

static void pst_begin(struct content_checker *c)
{
	content_state_new(c, 1);
	walk_want(c, 580, pst_header);
}

const struct content_format format_pst = {CONTENT_PST, pst_sniff, pst_begin, NULL};

static bool vmdisk_sniff(struct content_checker *c, struct slice h)
{
	if (h.n < 512)
		return false;
	if (HEAD_IS(h, 0, "QFI\xFB"))
		return be32(h.p + 4) >= 1 && be32(h.p + 4) <= 3 && be32(h.p + 20) >= 9 && be32(h.p + 20) <= 21;
	if (HEAD_IS(h, 0, "KDMV"))
		return le32(h.p + 4) >= 1 && le32(h.p + 4) <= 3;
	return HEAD_IS(h, 0, "vhdxfile") || HEAD_IS(h, 0, "conectix") || (HEAD_IS(h, 64, "\x7F\x10\xDA\xBE"));
}

struct vmdisk {
	unsigned copies, good;
};

static void vhdx_copy(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct vmdisk *v = STATE_OF(c, struct vmdisk);
	v->copies++;
	v->good += memcmp(p, "head", 4) == 0;
	if (v->copies < 2)
		walk_skip(c, 65536 - n, 8, vhdx_copy);
	else if (!v->good)
		walk_lost(c, "vm-disk: neither of VHDX' headers is there");
	else
		walk_give_up(c, CONTENT_VMDISK);
}

static void vmdisk_other(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_give_up(c, CONTENT_VMDISK);
}

static void vmdisk_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct vmdisk));
	if (c->head[0] == 'v')
		walk_skip(c, 65536, 8, vhdx_copy);
	else
		walk_want(c, 512, vmdisk_other);
}

const struct content_format format_vmdisk = {CONTENT_VMDISK, vmdisk_sniff, vmdisk_begin, NULL};
