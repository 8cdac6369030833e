/* The file, but for its note. packet.h has the format. */
#include "packet_internal.h"

/* JSON between script tags: no '<' may stand in it (HTML, 13.2.5.4: "</script" and "<!--" end or change how it is read). */
static void put_json_safe(struct buf *out, struct slice json)
{
	for (size_t i = 0; i < json.n; i++) {
		if (json.p[i] == '<')
			buf_str(out, "\\u003c");
		else
			buf_u8(out, json.p[i]);
	}
}

static void put_base64(struct jsonw *w, const char *key, const uint8_t *p, size_t n)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 2 * PACKET_SEALED_MAX);
	base64_put(&b, slice_of(p, n));
	jsonw_kslice(w, key, buf_slice(&b));
}

static int put_about(const struct packet_about *a, const struct packet_key *key, const struct packet_key *apart, struct buf *out, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_ku64(&w, "v", 1);
	jsonw_kstr(&w, "site", a->site);
	jsonw_kstr(&w, "origin", a->origin);
	jsonw_kstr(&w, "vkey", a->vkey);
	jsonw_kstr(&w, "unit", a->unit);
	jsonw_ktime(&w, "made", a->made);
	jsonw_ktime(&w, "until", a->until);
	jsonw_ku64(&w, "entries", a->entries);
	if (a->entry_time)
		jsonw_ktime(&w, "entryTime", a->entry_time);
	jsonw_ku64(&w, "checkpoint", a->checkpoint);
	put_base64(&w, "root", a->root, sizeof a->root);
	jsonw_ku64(&w, "persons", a->persons);
	jsonw_ku64(&w, "leftOut", a->left_out);
	jsonw_ku64(&w, "apart", a->sealed_apart);
	jsonw_ki64(&w, "zoneMinutes", a->zone_minutes);
	if (a->drill)
		jsonw_kbool(&w, "drill", true);
	put_base64(&w, "key", key->sealed, key->sealed_n);
	if (apart)
		put_base64(&w, "apartKey", apart->sealed, apart->sealed_n);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "what a packet says of itself is too long");
	buf_str(out, "<script type=\"application/json\" id=\"packet\">");
	put_json_safe(out, buf_slice(&b));
	buf_str(out, "</script>\n");
	return 0;
}

static int put_part(struct packet_part *part, const struct packet_key *key, const char *id, struct buf *out, struct err *e)
{
	AUTO_BUF struct buf sealed = {0};
	struct slice plain;
	buf_init(&sealed, PACKET_MAX);
	int r = packet_part_end(part, &plain, e);
	if (r == 0)
		r = age_seal(&key->to, 1, plain, &sealed, e);
	if (r < 0)
		return r;
	buf_printf(out, "<script type=\"text/plain\" id=\"%s\">", id);
	base64_put(out, buf_slice(&sealed));
	buf_str(out, "</script>\n");
	return 0;
}

int packet_write_around(struct slice page, const struct packet_about *a, const struct packet_key *key, struct packet_part *data, const struct packet_key *apart_key, struct packet_part *apart, struct buf *ret, struct err *e)
{
	assert(!apart_key == !apart && !key->is_protected && (!apart_key || apart_key->is_protected));
	const uint8_t *place = page.n ? memmem(page.p, page.n, PACKET_PLACE, strlen(PACKET_PLACE)) : NULL;
	if (!place)
		return err_set(e, ERR_NOT_FOUND, NULL, "this program was built without the viewer, which packets are made of: build it with Node");
	size_t before = (size_t)(place - page.p), after = before + strlen(PACKET_PLACE);
	buf_add(ret, page.p, before);
	int r = put_about(a, key, apart_key, ret, e);
	if (r == 0)
		r = put_part(data, key, "packet-data", ret, e);
	if (r == 0 && apart)
		r = put_part(apart, apart_key, "packet-protected", ret, e);
	if (r < 0)
		return r;
	buf_add(ret, page.p + after, page.n - after);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "a packet would be larger than %zu MiB", PACKET_MAX >> 20);
}

int packet_write(const struct packet_about *a, const struct packet_key *key, struct packet_part *data, const struct packet_key *apart_key, struct packet_part *apart, struct buf *ret, struct err *e)
{
	return packet_write_around(packet_template(), a, key, data, apart_key, apart, ret, e);
}
