/* /api/station: a ward's PC brings what was written down there (POST, one bundle of station.h), and fetches the pack that it prints when we are gone (GET /api/station/pack/UNIT). Both sides are sealed: what goes out to the stations of
 * that unit, what comes in to the site's care key, which the keeper has. Nothing is opened here. */
#include "packet.h"
#include "web_internal.h"

#include <stdio.h>

#define PACK_MAX ((size_t)128 << 20)

static void items(struct web_request *q)
{
	struct err e = {0};
	if (!web_may(q, MAY_STATION))
		return;
	if (q->method != WEB_POST) {
		q->allow = "POST";
		web_error(q, 405, "method", "A station brings its items with POST.");
		return;
	}
	if (!q->body.n) {
		web_error(q, 400, "input", "The body is one bundle, as `holdfast station export` makes them.");
		return;
	}
	if (keeper_station_items(q->w->keeper, &q->who, buf_slice(&q->body), &q->out, &e) < 0)
		web_fail(q, &e);
	else
		web_json(q, 200);
}

static void pack(struct web_request *q, const char *unit)
{
	char name[3 * PACKET_UNIT_MAX + 16], path[3 * PACKET_UNIT_MAX + 32];
	uint8_t hash[SEAL_HASH];
	AUTO_BUF struct buf hex = {0};
	struct err e = {0};
	if (!web_may(q, MAY_STATION))
		return;
	if (q->method != WEB_GET && q->method != WEB_HEAD) {
		web_error(q, 405, "method", "A pack is fetched with GET.");
		return;
	}
	int r = packet_unit_check(slice_str(unit), &e);
	packet_file_name(unit, ".pack", name, sizeof name);
	snprintf(path, sizeof path, "packets/%s", name);
	if (r == 0)
		r = file_read(q->web->role->sitefd, path, PACK_MAX, &q->out, &e);
	if (r == ERR_NOT_FOUND)
		err_set(&e, r, NULL, "there is no pack of this unit: `holdfast station pack` makes them");
	if (r < 0) {
		buf_reset(&q->out);
		web_fail(q, &e);
		return;
	}
	const char *given = web_header(q, "If-None-Match");
	seal_sha256_once(buf_slice(&q->out), hash);
	buf_init(&hex, 128);
	hex_put(&hex, slice_of(hash, 16));
	snprintf(q->etag, sizeof q->etag, "\"%.32s\"", buf_cstr(&hex));
	if (given && strstr(given, q->etag)) {
		buf_reset(&q->out);
		web_json(q, 304);
		return;
	}
	q->content_type = "application/octet-stream";
	q->status = 200;
}

void web_station(struct web_request *q, const char *rest)
{
	if (!*rest)
		items(q);
	else if (!strncmp(rest, "/pack/", 6) && rest[6])
		pack(q, rest + 6);
	else
		web_error(q, 404, "not-found", "Nothing is here.");
}
