/* A log that was rotated and compressed (gzip, RFC 1952; several members one after the other are one stream). What comes out is handed on piece by piece, so that its size is no matter. */
#include "evidence_internal.h"

#include <stdlib.h>
#include <zlib.h>

#define PIECE (256u << 10)

struct inflater {
	z_stream z;
	bool between; /* a member is at its end */
	bool dead;    /* damaged: nothing more comes out */
	uint8_t piece[PIECE];
};

int evidence_gzip_start(struct evidence *v)
{
	struct inflater *g = calloc(1, sizeof *g);
	if (!g || inflateInit2(&g->z, 16 + MAX_WBITS) != Z_OK) {
		free(g);
		return err_set(v->e, ERR_MEMORY, v->src->name, "no memory");
	}
	v->inflate = g;
	v->account.compressed = true;
	return 0;
}

int evidence_gzip(struct evidence *v, struct slice bytes)
{
	struct inflater *g = v->inflate;
	int r = 0;
	while (r == 0 && !g->dead && bytes.n) {
		uInt give = bytes.n > PIECE ? PIECE : (uInt)bytes.n;
		g->z.next_in = (Bytef *)(uintptr_t)bytes.p;
		g->z.avail_in = give;
		if (g->between && inflateReset(&g->z) != Z_OK)
			g->dead = true;
		g->between = false;
		int z = Z_OK;
		do {
			g->z.next_out = g->piece;
			g->z.avail_out = PIECE;
			z = inflate(&g->z, Z_NO_FLUSH);
			if (PIECE - g->z.avail_out)
				r = evidence_feed_plain(v, slice_of(g->piece, PIECE - g->z.avail_out));
		} while (r == 0 && z == Z_OK && (g->z.avail_in || !g->z.avail_out));
		if (z == Z_STREAM_END)
			g->between = true;
		else if (z != Z_OK && z != Z_BUF_ERROR) {
			g->dead = true;
			evidence_damaged(v);
		}
		bytes = evidence_from(bytes, give - g->z.avail_in);
		/* zeroes after the last member are padding */
		while (g->between && bytes.n && !bytes.p[0])
			bytes = evidence_from(bytes, 1);
	}
	return r;
}

void evidence_gzip_end(struct evidence *v)
{
	struct inflater *g = v->inflate;
	if (!g->between)
		v->account.short_end = true;
}

void evidence_gzip_done(struct evidence *v)
{
	struct inflater *g = v->inflate;
	if (!g)
		return;
	(void)inflateEnd(&g->z);
	free(g);
	v->inflate = NULL;
}
