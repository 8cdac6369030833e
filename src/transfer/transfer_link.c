/* A SMART Health Link and the file behind it (HL7 SMART Health Cards and Links 1.0.0, "SMART Health Links").
 *
 * The link is "shlink:/" and base64url of {"url","exp"?,"flag":"U","key","label"?,"v":1}. Flag U: one GET of the url gives the file, so that any web server can hold it. The file is a compact JWE (RFC 7516, 7.1):
 *   base64url of {"alg":"dir","enc":"A256GCM","cty":"application/fhir+json","zip":"DEF"}  "."  (no encrypted key)  "."  base64url of the IV  "."  of the ciphertext  "."  of the tag
 * with the first part as it stands as associated data, and the content deflated (RFC 1951) before. */
#include "transfer_internal.h"

#include <stdio.h>
#include <zlib.h>

#define CONTENT_MAX ((size_t)64 << 20)

/* RFC 4648, 5, without padding. */
static void base64url_put(struct buf *out, struct slice s)
{
	size_t from = out->n;
	base64_put(out, s);
	if (!buf_ok(out))
		return;
	while (out->n > from && out->p[out->n - 1] == '=')
		out->n--;
	for (size_t i = from; i < out->n; i++)
		out->p[i] = out->p[i] == '+' ? '-' : out->p[i] == '/' ? '_' : out->p[i];
}

static int deflated(struct slice s, struct buf *ret, struct err *e)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)s.p, .avail_in = (uInt)s.n}; /* zlib's own type; it reads */
	if (deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a link");
	uLong most = deflateBound(&z, (uLong)s.n);
	uint8_t *to = buf_space(ret, most);
	int r = Z_OK;
	if (to) {
		z.next_out = to;
		z.avail_out = (uInt)most;
		r = deflate(&z, Z_FINISH);
		assert(r == Z_STREAM_END); /* there is room: deflateBound */
		buf_commit(ret, most - z.avail_out);
	}
	deflateEnd(&z);
	return to ? 0 : err_set(e, buf_code(ret), NULL, "no memory for a link");
}

static int jwe(const uint8_t key[32], struct slice fhir, struct buf *ret, struct err *e)
{
	static const char header[] = "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"cty\":\"application/fhir+json\",\"zip\":\"DEF\"}";
	static const uint8_t iv[12]; /* this key is used once: the counter of seal_aead_seal is 0 */
	AUTO_BUF struct buf plain = {0}, sealed = {0}, first = {0};
	buf_init_secret(&plain, CONTENT_MAX);
	buf_init(&sealed, CONTENT_MAX + 16);
	buf_init(&first, 256);
	base64url_put(&first, SLICE(header));
	int r = deflated(fhir, &plain, e);
	if (r < 0)
		return r;
	struct seal_aead *a = seal_aead_new(key);
	uint8_t *to = buf_space(&sealed, plain.n + 16);
	r = a && to ? seal_aead_seal(a, 0, buf_slice(&first), buf_slice(&plain), to, e) : err_set(e, ERR_MEMORY, NULL, "no memory for a link");
	seal_aead_free(a);
	if (r < 0)
		return r;
	buf_add_slice(ret, buf_slice(&first));
	buf_str(ret, "..");
	base64url_put(ret, slice_of(iv, sizeof iv));
	buf_str(ret, ".");
	base64url_put(ret, slice_of(to, plain.n));
	buf_str(ret, ".");
	base64url_put(ret, slice_of(to + plain.n, 16));
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no memory for a link");
}

static size_t characters(struct slice s)
{
	size_t n = 0, len;
	for (; s.n; n++) {
		(void)utf8_get(s, &len);
		s = slice_of(s.p + len, s.n - len);
	}
	return n;
}

static int link_check(const struct transfer_link *l, struct slice fhir, struct err *e)
{
	if (!slice_starts(l->url, "https://") || l->url.n > TRANSFER_LINK_URL_MAX || l->url.n < 12)
		return err_set(e, ERR_INPUT, NULL, "the address of a link's file begins with https:// and has at most %d characters", TRANSFER_LINK_URL_MAX);
	for (size_t i = 0; i < l->url.n; i++)
		if (l->url.p[i] <= ' ' || l->url.p[i] >= 0x7f || strchr("\"<>\\^`{|}", l->url.p[i]))
			return err_set(e, ERR_INPUT, NULL, "the address of a link's file has a character that an address cannot have");
	if (!utf8_valid(l->label) || characters(l->label) > TRANSFER_LINK_LABEL_MAX)
		return err_set(e, ERR_INPUT, NULL, "a link's label has at most %d characters", TRANSFER_LINK_LABEL_MAX);
	return fhir.n && fhir.n <= CONTENT_MAX ? 0 : err_set(e, ERR_LIMIT, NULL, "what a link leads to has at most %zu MiB", CONTENT_MAX >> 20);
}

int transfer_link(const struct transfer_link *l, const uint8_t key[32], struct slice fhir, struct buf *ret_jwe, struct buf *ret_link, struct err *e)
{
	AUTO_BUF struct buf json = {0}, text = {0};
	struct jsonw w;
	int r = link_check(l, fhir, e);
	if (r == 0)
		r = jwe(key, fhir, ret_jwe, e);
	if (r < 0)
		return r;
	buf_init_secret(&json, 4096);
	buf_init_secret(&text, 64);
	base64url_put(&text, slice_of(key, 32));
	jsonw_init(&w, &json);
	jsonw_obj(&w);
	jsonw_kslice(&w, "url", l->url);
	if (l->expires)
		jsonw_ki64(&w, "exp", l->expires / TIME_SEC);
	jsonw_kstr(&w, "flag", "U");
	jsonw_kslice(&w, "key", buf_slice(&text));
	jsonw_kslice_opt(&w, "label", l->label);
	jsonw_ku64(&w, "v", 1);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_str(ret_link, "shlink:/");
	base64url_put(ret_link, buf_slice(&json));
	return buf_ok(&json) && buf_ok(ret_link) ? 0 : err_set(e, ERR_LIMIT, NULL, "the link is too long");
}
