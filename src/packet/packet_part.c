/* The pages of a packet, compressed as they come: a gzip stream of lines PATH TAB JSON LF. gzip because browsers undo it by themselves (DecompressionStream), which they do of nothing that is better. */
#include "packet_internal.h"

#include <stdlib.h>
#include <zlib.h>

struct packet_part {
	z_stream z;
	struct buf out;
	uint64_t taken;
	bool ended;
};

int packet_part_new(struct packet_part **ret, struct err *e)
{
	struct packet_part *p = calloc(1, sizeof *p);
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a packet");
	buf_init(&p->out, PACKET_MAX);
	/* level 4: of charts in JSON it leaves a fifth more than level 9 in a quarter of its time */
	if (deflateInit2(&p->z, 4, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(p);
		return err_set(e, ERR_MEMORY, NULL, "no memory for a packet");
	}
	*ret = p;
	return 0;
}

void packet_part_free(struct packet_part *p)
{
	if (!p)
		return;
	deflateEnd(&p->z);
	buf_wipe_done(&p->out);
	free(p);
}

static int push(struct packet_part *p, struct slice s, int flush, struct err *e)
{
	assert(!p->ended && s.n <= PACKET_PART_MAX);
	if (s.n > PACKET_PART_MAX - p->taken)
		return err_set(e, ERR_LIMIT, NULL, "a packet's pages are more than %zu MiB", PACKET_PART_MAX >> 20);
	p->taken += s.n;
	p->z.next_in = (Bytef *)(uintptr_t)s.p; /* zlib's own type; it reads */
	p->z.avail_in = (uInt)s.n;
	int r;
	do {
		uint8_t *to = buf_space(&p->out, 65536);
		if (!to)
			return err_set(e, buf_code(&p->out), NULL, "a packet would be larger than %zu MiB", PACKET_MAX >> 20);
		p->z.next_out = to;
		p->z.avail_out = 65536;
		r = deflate(&p->z, flush);
		assert(r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR);
		buf_commit(&p->out, 65536 - p->z.avail_out);
	} while (flush == Z_FINISH ? r != Z_STREAM_END : p->z.avail_in || !p->z.avail_out);
	return 0;
}

int packet_part_add(struct packet_part *p, const char *path, struct slice json, struct err *e)
{
	assert(!strpbrk(path, "\t\n") && !(json.n && memchr(json.p, '\n', json.n)));
	const struct slice pieces[] = {slice_str(path), SLICE("\t"), json, SLICE("\n")};
	int r = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(pieces); i++)
		r = push(p, pieces[i], Z_NO_FLUSH, e);
	return r;
}

int packet_part_end(struct packet_part *p, struct slice *ret, struct err *e)
{
	int r = push(p, SLICE_NULL, Z_FINISH, e);
	if (r < 0)
		return r;
	p->ended = true;
	*ret = buf_slice(&p->out);
	return 0;
}
