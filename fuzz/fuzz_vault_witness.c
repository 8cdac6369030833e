/* What a witness sends and leaves, what a site's object is called, and settings of a store: nothing that is not signed by both is taken, and no name leads out of what is sealed or public. */
#include "vault_replica.h"

#include <stdlib.h>

static struct note_vkey log_key;

static void look_at(struct slice all)
{
	struct vault_witness w;
	if (vault_cosigned_parse(all, &log_key, &w, NULL) == 0)
		assert(w.vkey.alg == 4 && !strcmp(w.cp.origin, log_key.name) && w.note.p >= all.p && w.note.p + w.note.n <= all.p + all.n && w.text.n <= w.note.n);
	if (vault_witness_parse(all, &log_key, &w, NULL) == 0)
		assert(w.by[0] && w.note.p >= all.p && w.note.p + w.note.n <= all.p + all.n && w.text.n <= w.note.n);
}

static void name(struct slice all)
{
	static const char *const below[] = {"outbox/", "packs/care-", "packs/index", "vault/content-", "vault/catalogue-", "ledger/tile/", "ledger/vkey", "ledger/checkpoint", "view/"};
	char text[VAULT_OBJECT_MAX + 40];
	struct vault_site_place p;
	bool ok = false;
	if (all.n >= sizeof text)
		return;
	memcpy(text, all.p, all.n);
	text[all.n] = 0;
	if (!vault_site_object(text, &p))
		return;
	for (size_t i = 0; i < ARRAY_LEN(below); i++)
		ok |= !strncmp(p.path, below[i], strlen(below[i]));
	assert(ok && !strstr(p.path, "..") && !strstr(p.path, ".key") && !strstr(p.path, "chart.db") && p.path[0] != '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char key[] = "holdfast/g-3f3ae624+65c39caf+AQeLX0pZkWtrvXujEJS+luiCxCzLhDKIBfSUmAgqA/mR"; /* of the seeds */
	static struct vault_access a;
	if (!log_key.alg)
		assert(note_vkey_parse(slice_str(key), &log_key, NULL) == 0);
	struct slice all = slice_of(data, size);
	look_at(all);
	if (all.n)
		name(all);
	(void)!vault_access_read(all, &a, NULL);
	return 0;
}
