/* holdfast vault check: is all of it there, and is it what the ledger says. */
#include "vault_cmd.h"

#include <inttypes.h>

static void put_json(const struct vault_check_report *rep, const struct buf *faults, bool opened, int r)
{
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	buf_init(&out, 64 << 20);
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	jsonw_kbool(&w, "ok", r == 0);
	jsonw_ku64(&w, "packs", rep->packs);
	jsonw_ku64(&w, "pack_bytes", rep->pack_bytes);
	jsonw_ku64(&w, "chunks", rep->chunks);
	jsonw_ku64(&w, "snapshots", rep->snapshots);
	jsonw_kbool(&w, "opened", opened);
	if (rep->erased)
		jsonw_ku64(&w, "erasedQuarters", rep->erased);
	cli_put_faults(&w, faults);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&out));
}

int vault_cmd_check(struct vault_cmd *c)
{
	struct err e = {0};
	struct vault_open o;
	struct vault_check_report rep = {0};
	AUTO_BUF struct buf faults = {0};
	buf_init(&faults, 32 << 20);
	if ((c->identity || c->shares.n) && !c->data)
		return cli_usage("vault check: a recovery key is for --data, which opens every pack");
	if (vault_cmd_open(c, &o, &e) < 0)
		return cli_fail(&e);
	int r = vault_check(o.v, c->data, &rep, &faults, &e);
	bool opened = o.has_recovery;
	vault_cmd_close(&o);
	if (r < 0 && !faults.n)
		return cli_fail(&e);
	if (c->json)
		put_json(&rep, &faults, opened, r);
	else if (r == 0)
		printf("whole: %" PRIu64 " packs of %" PRIu64 " bytes, %" PRIu64 " snapshots%s", rep.packs, rep.pack_bytes, rep.snapshots,
		       !c->data ? "; sizes and catalogues checked, --data reads every byte" : opened ? "; every chunk opened and compared" : "; every byte of the packs is what the ledger says; opening them is not proven without a key");
	if (!c->json && r == 0 && rep.erased)
		printf("; %" PRIu64 " quarters were erased by entries, and are not missed (holdfast erase status)\n", rep.erased);
	else if (!c->json && r == 0)
		putchar('\n');
	return cli_verdict(r, &faults, c->json);
}
