/* A packet's pages, opened with its unit's words as the browser opens them: what a drill proves. Nothing is said of who made the file: that is packet_verify's. */
#include "packet_internal.h"

#include <zlib.h>

#define ABOUT_OPEN "<script type=\"application/json\" id=\"packet\">"
#define DATA_OPEN "<script type=\"text/plain\" id=\"packet-data\">"
#define CLOSE "</script>"

static int no_packet(struct err *e, const char *why)
{
	return err_set(e, ERR_INPUT, NULL, "this is no packet, or not a whole one: %s", why);
}

/* What stands between a tag and its end. The page before it cannot hold the tag: it is cut where the template has its place. */
static struct slice between(struct slice file, const char *open)
{
	size_t n = strlen(open);
	const uint8_t *from = file.n ? memmem(file.p, file.n, open, n) : NULL;
	if (!from)
		return SLICE_NULL;
	from += n;
	const uint8_t *to = memmem(from, file.n - (size_t)(from - file.p), CLOSE, strlen(CLOSE));
	return to ? slice_of(from, (size_t)(to - from)) : SLICE_NULL;
}

static int identity_of(struct slice file, struct slice words, struct age_identity *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf sealed = {0};
	AUTO_BUF struct buf secret = {0};
	struct json_node *about;
	struct slice json = between(file, ABOUT_OPEN);
	buf_init(&sealed, PACKET_SEALED_MAX);
	buf_init_secret(&secret, 256);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (!json.n || json.n > 1 << 16 || json_tree(json, a, &about, e) < 0 || base64_get(&sealed, json_text(about, "key")) < 0)
		return no_packet(e, "what it says of itself cannot be read");
	int r = age_open_scrypt(words, PACKET_SCRYPT_LOG_N, buf_slice(&sealed), &secret, e);
	if (r < 0)
		return r == ERR_MEMORY ? r : err_set(e, ERR_CRYPTO, NULL, "these words do not open it");
	return age_identity_parse(buf_slice(&secret), ret, e);
}

/* RFC 1952, one member, to its end. */
static int expand(struct slice zipped, struct buf *ret, struct err *e)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)zipped.p, .avail_in = (uInt)zipped.n}; /* zlib's own type; it reads */
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a packet's pages");
	int r = Z_OK;
	while (r == Z_OK) {
		uint8_t *to = buf_space(ret, 65536);
		if (!to)
			break;
		z.next_out = to;
		z.avail_out = 65536;
		r = inflate(&z, Z_NO_FLUSH);
		buf_commit(ret, 65536 - z.avail_out);
	}
	bool whole = r == Z_STREAM_END && z.avail_in == 0;
	inflateEnd(&z);
	if (!buf_ok(ret))
		return err_set(e, buf_code(ret), NULL, "a packet's pages are more than this takes");
	return whole ? 0 : no_packet(e, "its pages do not unpack");
}

int packet_open(struct slice file, struct slice words, struct buf *ret, struct err *e)
{
	struct age_identity id;
	AUTO_BUF struct buf sealed = {0};
	AUTO_BUF struct buf zipped = {0};
	if (file.n > PACKET_MAX)
		return err_set(e, ERR_LIMIT, NULL, "it is larger than any packet");
	struct slice data = between(file, DATA_OPEN);
	buf_init(&sealed, PACKET_MAX);
	buf_init_secret(&zipped, PACKET_MAX);
	if (!data.n)
		return no_packet(e, "it holds no pages");
	int r = identity_of(file, words, &id, e);
	if (r == 0 && base64_get_loose(&sealed, data) < 0)
		r = buf_ok(&sealed) ? no_packet(e, "its pages cannot be read") : err_set(e, buf_code(&sealed), NULL, "no memory for a packet");
	if (r == 0)
		r = age_open(&id, 1, buf_slice(&sealed), &zipped, e);
	if (r == 0)
		r = expand(buf_slice(&zipped), ret, e);
	seal_wipe(&id, sizeof id);
	return r;
}

bool packet_page_next(struct slice *rest, struct slice *ret_path, struct slice *ret_json)
{
	if (!rest->n)
		return false;
	const uint8_t *tab = memchr(rest->p, '\t', rest->n), *end = memchr(rest->p, '\n', rest->n);
	if (!tab || !end || tab > end)
		return false;
	*ret_path = slice_of(rest->p, (size_t)(tab - rest->p));
	*ret_json = slice_of(tab + 1, (size_t)(end - tab) - 1);
	*rest = slice_of(end + 1, rest->n - (size_t)(end - rest->p) - 1);
	return true;
}
