/* keeper_transfer: what a command may enter of a transfer, and the signature under its manifest. What is signed is a text of our own making (transfer.h), which no checkpoint and no packet's note can be, of a transfer whose beginning is in the
 * ledger: so nothing leaves under the log's key of which the ledger does not say for whom it was meant. */
#include "sessions.h"
#include "transfer.h"

#define CLOCK_APART (600 * TIME_SEC) /* the same machine's: a large record is gathered within it */

static int begun(struct keeper *k, uint64_t entry, struct err *e)
{
	struct ledger_leaf leaf;
	if (entry >= ledger_durable(k->l))
		return err_set(e, ERR_NOT_FOUND, NULL, "there is no transfer of this number");
	int r = ledger_read_leaf(k->l, entry, &leaf, e);
	return r == 0 && leaf.kind != LEDGER_TRANSFER ? err_set(e, ERR_NOT_FOUND, NULL, "there is no transfer of this number") : r;
}

int keeper_may_transfer(struct keeper *k, struct slice body, struct err *e)
{
	uint64_t of;
	int r = transfer_entry_check(body, &of, e);
	return r < 0 || of == UINT64_MAX ? r : begun(k, of, e);
}

int keeper_transfer_sign(struct keeper *k, const struct json_node *n, const struct asker *who, struct buf *ret_note, struct err *e)
{
	struct transfer_seal s = {.made = 0};
	AUTO_BUF struct buf vkey = {0}, text = {0};
	uint64_t entry;
	buf_init(&vkey, sizeof s.vkey - 1);
	buf_init(&text, 4096);
	if (!who->command)
		return err_set(e, ERR_DENIED, NULL, "transfers are made by a command on this machine");
	note_vkey_format(&k->keys.signing.v, &vkey);
	snprintf(s.vkey, sizeof s.vkey, "%s", buf_cstr(&vkey));
	int r = transfer_id_get(json_text(n, "id"), &entry, e);
	if (r == 0)
		r = begun(k, entry, e);
	if (r < 0)
		return r;
	transfer_id_put(entry, s.id);
	bool ok = buf_ok(&vkey) && num_u64(json_text(n, "bytes"), 1, TRANSFER_MANIFEST_MAX, &s.bytes) == 0 && num_u64(json_text(n, "entries"), 0, ledger_size(k->l), &s.entries) == 0 && time_parse(json_text(n, "made"), 0, &s.made) == 0 &&
	          time_parse(json_text(n, "until"), 0, &s.until) == 0 && hex_get(s.sha256, SEAL_HASH, json_text(n, "sha256")) == 0;
	int64_t off = ok ? s.made - time_now() : 0;
	if (!ok || off > CLOCK_APART || off < -CLOCK_APART)
		return err_set(e, ERR_INPUT, NULL, "that is no transfer to sign");
	r = transfer_seal_text(&s, &text, e);
	return r == 0 ? note_sign(&k->keys.signing, buf_slice(&text), ret_note, e) : r;
}
