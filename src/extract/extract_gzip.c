/* gzip (RFC 1952) by zlib itself: what libarchive makes of it is lost where it is cut off, up to a whole block; here what came before is read. Members one behind the other are one. In the child. */
#include "extract_archive.h"

#include <zlib.h>

struct unzipping {
	const struct extract_out *o;
	const struct extract_source *from;
	z_stream z;
	uint8_t in[65536];
	bool ended, over, told;
};

static int more_in(struct unzipping *x, struct err *e)
{
	size_t got = 0;
	int r = x->from->pull(x->from->arg, x->in, sizeof x->in, &got, e);
	x->z.next_in = x->in;
	x->z.avail_in = (uInt)got;
	x->over = got == 0;
	return r;
}

static void broken(struct unzipping *x)
{
	if (!x->told)
		extract_tell(x->o, EXTRACT_BROKEN, "it cannot be unpacked to its end; what came before was read");
	x->told = x->ended = true;
}

static int pull(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct unzipping *x = arg;
	x->z.next_out = to;
	x->z.avail_out = (uInt)n;
	while (!x->ended && x->z.avail_out == n) {
		int r = x->z.avail_in || x->over ? 0 : more_in(x, e);
		if (r < 0)
			return r;
		if (!x->z.avail_in && x->over) {
			broken(x);
			break;
		}
		int z = inflate(&x->z, Z_NO_FLUSH);
		if (z == Z_STREAM_END) { /* another member, or padding */
			r = x->z.avail_in ? 0 : more_in(x, e);
			if (r < 0)
				return r;
			if (!x->z.avail_in || x->z.next_in[0] != 0x1F || inflateReset(&x->z) != Z_OK)
				x->ended = true;
		} else if (z != Z_OK && z != Z_BUF_ERROR)
			broken(x);
	}
	*ret_got = n - x->z.avail_out;
	return 0;
}

int extract_gzip(const struct extract_out *o, struct slice name, const struct extract_source *from, struct err *e)
{
	struct unzipping *x = arena_alloc(o->a, sizeof *x);
	if (!x || inflateInit2(&x->z, 16 + 15) != Z_OK)
		return err_set(e, ERR_MEMORY, NULL, "no memory to unpack in");
	x->o = o;
	x->from = from;
	const struct extract_source s = {.pull = pull, .arg = x, .counted = true};
	int r = extract_single(o, name, &s, e);
	inflateEnd(&x->z);
	return r;
}
