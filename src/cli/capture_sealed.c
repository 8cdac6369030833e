/* holdfast capture import of what a station exported: each bundle goes to the keeper as it is, which has the key that opens it; it says of each item what became of it. */
#include "capture_cmd.h"
#include "station.h"

#include <inttypes.h>

static void tell(const struct json_node *n, const char *file, bool json, struct capture_sealed_count *c)
{
	struct slice id = json_text(n, "id"), refused = json_text(n, "refused");
	const struct json_node *d = json_get(n, "duplicate");
	bool there = d && d->type == JSON_TRUE;
	c->refused += refused.n > 0;
	c->there += !refused.n && there;
	c->taken += !refused.n && !there;
	if (json) {
		AUTO_BUF struct buf b = {0};
		struct jsonw w;
		buf_init(&b, 1 << 16);
		jsonw_init(&w, &b);
		jsonw_obj(&w);
		jsonw_kslice_opt(&w, "id", id);
		if (refused.n) {
			jsonw_kstr(&w, "file", file);
			jsonw_kslice(&w, "item", json_text(n, "n"));
			jsonw_kslice(&w, "refused", refused);
		} else {
			uint64_t entry = 0;
			(void)!num_u64(json_text(n, "entry"), 0, UINT64_MAX, &entry);
			jsonw_ku64(&w, "entry", entry);
			jsonw_kbool(&w, "duplicate", there);
		}
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&b));
	} else if (!refused.n) {
		cli_slice(stdout, id);
		printf(": entry %.*s%s\n", SLICE_FMT(json_text(n, "entry")), there ? ", there already" : "");
	}
	if (refused.n)
		cli_note("holdfast: %s: item %.*s: %.*s", file, SLICE_FMT(json_text(n, "n")), SLICE_FMT(refused));
}

static int one(struct control *k, const char *file, struct slice bundle, bool json, struct capture_sealed_count *c, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	AUTO_BUF struct buf got = {0};
	struct json_node *n;
	buf_init(&got, (size_t)32 << 20);
	int r = a ? control_station_items(k, bundle, &got, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = json_tree(buf_slice(&got), a, &n, e);
	if (r < 0)
		return r;
	const struct json_node *items = json_get(n, "items"), *whole = json_get(n, "whole");
	for (const struct json_node *i = items ? items->child : NULL; i; i = i->next)
		tell(i, file, json, c);
	return whole && whole->type == JSON_FALSE ? err_set(e, ERR_FULL, NULL, "not all of it could be taken now; run it again, each is taken once") : 0;
}

int capture_sealed(struct control *k, const char *file, struct slice text, bool json, struct capture_sealed_count *c, struct err *e)
{
	int r = 0;
	while (r == 0 && text.n) {
		struct station_bundle b;
		struct slice rest = text;
		r = station_bundle_next(&rest, &b, e);
		if (r == 0)
			r = one(k, file, slice_of(text.p, text.n - rest.n), json, c, e);
		text = rest;
	}
	if (r < 0)
		err_in(e, file);
	return r;
}

bool capture_is_sealed(struct slice text)
{
	return station_bundle_is(text);
}
