/* A pack, SITE/packs/care-NNNNNNNN.age: an age v1 file to the key of its quarter. Inside, so that `age -d | zstd -d` is all one needs:
 *
 *   zstd frames, each independent, with its content size in its header. Plaintext: entries as in ledger_entry.c, whole ones, about 256 KiB a frame; an entry longer
 *     than that has a frame of its own. All frames together: the entries first .. first + count - 1, without a gap.
 *   a skippable frame, magic 0x184D2A50, of 16 + 8 n bytes: "HFPACK1" and a zero byte, n as u32, zero as u32, then for each of the n frames above the number of its
 *     first entry as u64. Little-endian, as in zstd's own formats
 *   the seek table of the Zstandard Seekable Format 0.1.0 (a skippable frame, magic 0x184D2A5E) over all n + 1 frames before it, without checksums: age has them
 *
 * The pack closes at 32 MiB of plaintext, after 60 s, at the end of a quarter, or when the quarter's key is rotated. The entry that tells its name, size and SHA-256 is in a later pack, mostly the next.
 * It is written under a name ending in .tmp, fsynced, renamed, and the directory fsynced; then its entry is appended. It never changes afterwards, unless a body in it is erased: then it is written anew
 * (ledger_repack.c), and in the place of that entry stands what is left of it.
 */
#include "ledger_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#define PACK_TMP_END ".tmp"
#define ZSTD_LEVEL 1 /* 785 MB/s a core; 3 packs HL7 v2 a tenth smaller at half the speed */

struct ledger_pack_maker {
	int packfd, fd;
	char name[PACK_NAME_MAX], tmp[PACK_NAME_MAX + 4];
	struct ledger_pack_info info;
	struct age_writer *age;
	struct seal_sha256 *sha;
	ZSTD_CCtx *z;
	struct buf plain, packed, out; /* the open frame; a frame compressed; pieces of the file on their way to it */
	uint64_t frame_first, offset;
	struct ledger_pack_frame *frame;
	size_t n, cap;
};

void ledger_pack_name(uint64_t number, char out[PACK_NAME_MAX])
{
	snprintf(out, PACK_NAME_MAX, PACK_CLASS "-%08" PRIu64 ".age", number);
}

bool ledger_pack_name_parse(const char *name, uint64_t *ret)
{
	struct slice s = slice_str(name);
	const size_t head = sizeof PACK_CLASS, tail = 4;
	if (!slice_starts(s, PACK_CLASS "-") || s.n < head + 8 + tail || memcmp(s.p + s.n - tail, ".age", tail))
		return false;
	struct slice digits = slice_of(s.p + head, s.n - head - tail);
	return !(digits.n > 8 && digits.p[0] == '0') && num_u64(digits, 1, UINT64_MAX, ret) == 0;
}

/* ---- the body of a pack's entry ---- */

void ledger_pack_body_put(struct buf *out, const struct ledger_pack_info *p)
{
	struct jsonw w;
	char name[PACK_NAME_MAX], period[SITE_PERIOD_MAX];
	AUTO_BUF struct buf hex = {0};
	buf_init(&hex, 80);
	hex_put(&hex, slice_of(p->sha256, SEAL_HASH));
	if (!buf_ok(&hex)) { /* no half a statement: the caller sees that out has failed */
		out->failed = out->no_memory = true;
		return;
	}
	ledger_pack_name(p->number, name);
	ledger_period_name(p->period, period);
	jsonw_init(&w, out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "pack", name);
	jsonw_kslice(&w, "sha256", buf_slice(&hex));
	jsonw_ku64(&w, "size", p->size);
	jsonw_ku64(&w, "first", p->first);
	jsonw_ku64(&w, "count", p->count);
	jsonw_ku64(&w, "plain", p->plain);
	jsonw_kstr(&w, "period", period);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

int ledger_pack_body_parse(struct slice body, struct ledger_pack_info *ret, struct err *e)
{
	struct ledger_pack_info p = {0};
	struct json_node *o;
	char name[PACK_NAME_MAX];
	AUTO_ARENA struct arena *a = arena_new(1 << 16);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = json_tree(body, a, &o, e);
	if (r < 0)
		return r == ERR_MEMORY ? r : err_set(e, ERR_CORRUPT, NULL, "the body of a pack's entry is not JSON");
	struct slice n = json_text(o, "pack");
	if (n.n < sizeof name) {
		memcpy(name, n.p ? (const char *)n.p : "", n.n);
		name[n.n] = 0;
	} else {
		name[0] = 0;
	}
	if (!ledger_pack_name_parse(name, &p.number) || hex_get(p.sha256, SEAL_HASH, json_text(o, "sha256")) < 0 ||
	    num_u64(json_text(o, "size"), 1, INT64_MAX, &p.size) < 0 || num_u64(json_text(o, "first"), 0, INT64_MAX, &p.first) < 0 ||
	    num_u64(json_text(o, "count"), 1, INT64_MAX, &p.count) < 0 || num_u64(json_text(o, "plain"), 1, INT64_MAX, &p.plain) < 0 ||
	    ledger_period_parse(json_text(o, "period"), &p.period) < 0)
		return err_set(e, ERR_CORRUPT, NULL, "the body of a pack's entry lacks something, or says something impossible");
	*ret = p;
	return 0;
}

/* ---- writing ---- */

void ledger_pack_maker_beside(struct ledger_pack_maker *m)
{
	snprintf(m->name + strlen(m->name), sizeof m->name - strlen(m->name), PACK_NEW_END);
}

/* age hands out pieces of 64 KiB; they are gathered so that the file is written in few calls. */
#define OUT_PIECE ((size_t)1 << 20)

static int flush_out(struct ledger_pack_maker *m, struct err *e)
{
	if (!buf_ok(&m->out))
		return err_set(e, buf_code(&m->out), m->tmp, "no memory for a pack");
	seal_sha256_add(m->sha, buf_slice(&m->out));
	m->info.size += m->out.n;
	int r = file_write_all(m->fd, buf_slice(&m->out), e, m->tmp);
	buf_reset(&m->out);
	return r;
}

static int sink(void *arg, struct slice piece, struct err *e)
{
	struct ledger_pack_maker *m = arg;
	buf_add_slice(&m->out, piece);
	return m->out.n >= OUT_PIECE || !buf_ok(&m->out) ? flush_out(m, e) : 0;
}

int ledger_pack_maker_new(int packfd, uint64_t number, uint64_t first, uint32_t period, const struct age_recipient *to, struct ledger_pack_maker **ret, struct err *e)
{
	struct ledger_pack_maker *m = calloc(1, sizeof *m);
	if (!m)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a pack");
	m->packfd = packfd;
	m->fd = -1;
	m->info = (struct ledger_pack_info){.number = number, .first = first, .period = period};
	ledger_pack_name(number, m->name);
	snprintf(m->tmp, sizeof m->tmp, "%s" PACK_TMP_END, m->name);
	buf_init_secret(&m->plain, PACK_FRAME_PLAIN_MAX + PACK_FRAME);
	buf_init(&m->packed, ZSTD_COMPRESSBOUND(PACK_FRAME_PLAIN_MAX + PACK_FRAME));
	buf_init(&m->out, 4 * OUT_PIECE + (16 << 20));
	int r = 0;
	if (!(m->sha = seal_sha256_new()) || !(m->z = ZSTD_createCCtx()))
		r = err_set(e, ERR_MEMORY, NULL, "no memory for a pack");
	if (r == 0 && (m->fd = openat(packfd, m->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)) < 0)
		r = err_sys(e, m->tmp, "cannot make a pack");
	if (r == 0) {
		ZSTD_CCtx_setParameter(m->z, ZSTD_c_compressionLevel, ZSTD_LEVEL);
		seal_sha256_begin(m->sha);
		r = age_writer_new(to, 1, sink, m, &m->age, e);
	}
	if (r < 0) {
		ledger_pack_maker_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

void ledger_pack_maker_free(struct ledger_pack_maker *m)
{
	if (!m)
		return;
	if (m->fd >= 0) {
		close(m->fd);
		unlinkat(m->packfd, m->tmp, 0);
	}
	age_writer_free(m->age);
	seal_sha256_free(m->sha);
	ZSTD_freeCCtx(m->z);
	buf_done(&m->plain);
	buf_done(&m->packed);
	buf_done(&m->out);
	free(m->frame);
	free(m);
}

static int frame_add(struct ledger_pack_maker *m, struct ledger_pack_frame f, struct err *e)
{
	if (m->n == PACK_FRAMES_MAX)
		return err_set(e, ERR_LIMIT, m->tmp, "a pack of more than %d frames", PACK_FRAMES_MAX);
	if (m->n == m->cap) {
		struct ledger_pack_frame *more = reallocarray(m->frame, m->cap ? m->cap * 2 : 256, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, m->tmp, "no memory for a pack");
		m->frame = more;
		m->cap = m->cap ? m->cap * 2 : 256;
	}
	m->frame[m->n++] = f;
	return 0;
}

static int end_frame(struct ledger_pack_maker *m, struct err *e)
{
	if (m->plain.n == 0)
		return 0;
	size_t bound = ZSTD_compressBound(m->plain.n);
	buf_reset(&m->packed);
	uint8_t *to = buf_space(&m->packed, bound);
	if (!to)
		return err_set(e, buf_code(&m->packed), m->tmp, "no memory for a pack");
	size_t n = ZSTD_compress2(m->z, to, bound, m->plain.p, m->plain.n);
	if (ZSTD_isError(n))
		return err_set(e, ERR_MEMORY, m->tmp, "compression failed: %s", ZSTD_getErrorName(n)); /* the only way it can, with room for the bound */
	int r = frame_add(m, (struct ledger_pack_frame){.first = m->frame_first, .offset = m->offset, .packed = (uint32_t)n, .plain = (uint32_t)m->plain.n}, e);
	if (r == 0)
		r = age_write(m->age, slice_of(to, n), e);
	m->offset += n;
	buf_reset(&m->plain);
	return r;
}

/* text: exactly one entry. */
int ledger_pack_maker_add(struct ledger_pack_maker *m, uint64_t seq, struct slice text, struct err *e)
{
	assert(seq == m->info.first + m->info.count);
	int r = 0;
	if (m->plain.n && (m->plain.n >= PACK_FRAME || text.n > PACK_FRAME))
		r = end_frame(m, e);
	if (r < 0)
		return r;
	if (m->plain.n == 0)
		m->frame_first = seq;
	buf_add_slice(&m->plain, text);
	if (!buf_ok(&m->plain))
		return err_set(e, buf_code(&m->plain), m->tmp, "no memory for a pack");
	m->info.count++;
	m->info.plain += text.n;
	return m->plain.n >= PACK_FRAME ? end_frame(m, e) : 0;
}

uint64_t ledger_pack_maker_plain(const struct ledger_pack_maker *m)
{
	return m->info.plain;
}

static void put_tables(const struct ledger_pack_maker *m, struct buf *b)
{
	uint32_t own = (uint32_t)(16 + 8 * m->n);
	buf_u32le(b, PACK_INDEX_MAGIC);
	buf_u32le(b, own);
	buf_add(b, PACK_INDEX_WORD, 8);
	buf_u32le(b, (uint32_t)m->n);
	buf_u32le(b, 0);
	for (size_t i = 0; i < m->n; i++)
		buf_u64le(b, m->frame[i].first);
	buf_u32le(b, PACK_SEEK_MAGIC);
	buf_u32le(b, (uint32_t)(8 * (m->n + 1) + 9));
	for (size_t i = 0; i < m->n; i++) {
		buf_u32le(b, m->frame[i].packed);
		buf_u32le(b, m->frame[i].plain);
	}
	buf_u32le(b, own + 8);
	buf_u32le(b, 0);
	buf_u32le(b, (uint32_t)m->n + 1);
	buf_u8(b, 0);
	buf_u32le(b, PACK_SEEK_END);
}

static int finish(struct ledger_pack_maker *m, struct err *e)
{
	AUTO_BUF struct buf tables = {0};
	buf_init(&tables, 64 + 24 * PACK_FRAMES_MAX);
	int r = end_frame(m, e);
	if (r < 0)
		return r;
	put_tables(m, &tables);
	if (!buf_ok(&tables))
		return err_set(e, buf_code(&tables), m->tmp, "no memory for a pack");
	if ((r = age_write(m->age, buf_slice(&tables), e)) < 0 || (r = age_writer_end(m->age, e)) < 0 || (r = flush_out(m, e)) < 0)
		return r;
	if (fsync(m->fd))
		return err_sys(e, m->tmp, "cannot make a pack durable");
	return 0;
}

/* Durable under its name when this returns 0. After a failure the maker can only be freed, and the pack made again from the segments. */
int ledger_pack_maker_end(struct ledger_pack_maker *m, struct ledger_pack_info *ret, struct err *e)
{
	int r = finish(m, e);
	if (r < 0)
		return r;
	if (renameat(m->packfd, m->tmp, m->packfd, m->name))
		return err_sys(e, m->name, "cannot put a pack in its place");
	close(m->fd);
	m->fd = -1;
	if ((r = file_sync_dir(m->packfd, ".", e)) < 0)
		return r;
	seal_sha256_end(m->sha, m->info.sha256);
	*ret = m->info;
	return 0;
}
