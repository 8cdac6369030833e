/* holdfast key check SHARE: one holder's share tested without joining it with another. */
#include "key.h"

/* The first entry of the ledger (kind site) keeps a salted hash of each share: "shares":[{"index":1,"hash":"hex"}...]. */
static int known_share(struct site *s, const struct share *sh, bool *ret, struct err *e)
{
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	AUTO_ARENA struct arena *a = arena_new(16 << 20);
	int r = cli_ledger(s, true, &keys, &l, e);
	if (r < 0)
		return r;
	struct ledger_entry en;
	r = ledger_read(l, 0, &en, e);
	struct json_node *root = NULL;
	if (r == 0)
		r = json_tree(en.body, a, &root, e);
	if (r == 0) {
		uint8_t want[SEAL_HASH], have[SEAL_HASH];
		share_hash(sh, want);
		*ret = false;
		const struct json_node *list = json_get(root, "shares");
		for (const struct json_node *n = list ? list->child : NULL; n; n = n->next)
			if (hex_get(have, sizeof have, json_text(n, "hash")) == 0 && seal_equal(want, have, sizeof have))
				*ret = true;
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	return r;
}

/* That it was tested, and when: what a drill asks (drill/drill.h). Who may not write in the ledger has tested it all the same. */
static void record(struct site *s, const struct share *sh)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct control *k = NULL;
	struct err e = {0};
	char who[64];
	control_who(who);
	buf_init(&b, 4096);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "share-tested");
	jsonw_ku64(&w, "index", (uint64_t)sh->index);
	jsonw_ku64(&w, "of", (uint64_t)sh->n);
	jsonw_kstr(&w, "by", who);
	jsonw_obj_end(&w);
	const struct control_append a = {.kind = LEDGER_DRILL, .body = buf_slice(&b)};
	int r = control_open(s, true, &k, &e);
	if (r == 0)
		r = control_append(k, &a, 1, NULL, NULL, &e);
	if (r == 0)
		r = control_flush(k, &e);
	control_close(k);
	if (r < 0)
		cli_note("holdfast: the ledger does not know of this test: %s", e.text);
}

int key_check(const struct key_options *o)
{
	struct err e = {0};
	struct share sh;
	bool known = false;
	int r = cli_share(o->args->v[1], &sh, &e);
	if (r < 0)
		return cli_fail(&e);
	if (o->site) {
		struct site s;
		if (cli_site(o->site, &s, &e) < 0)
			return cli_fail(&e);
		r = known_share(&s, &sh, &known, &e);
		if (r == 0 && known)
			record(&s, &sh);
		site_close(&s);
		if (r < 0)
			return cli_fail(&e);
	}
	if (o->json)
		printf("{\"readable\":true,\"index\":%d,\"of\":%d,\"needed\":%d,\"belongs\":%s}\n", sh.index, sh.n, sh.k, o->site ? known ? "true" : "false" : "null");
	else
		printf("share %d of %d (any %d open the recovery key): readable%s\n", sh.index, sh.n, sh.k,
		       o->site ? known ? ", and this site's" : ", but NOT of this site" : "; give --site to test that it belongs");
	seal_wipe(&sh, sizeof sh);
	return o->site && !known ? 1 : 0;
}
