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
