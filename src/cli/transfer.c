/* holdfast transfer candidates|make|link|list|sent|receipt|cancel|open: one patient's record for the hospital that takes them. One file a verb, and what they share. */
#include "transfer_cmd.h"

#include <stdlib.h>

static const struct cli_command verbs[] = {
	{"candidates", "who is in the house, intensive care first, what each needs, who has a transfer", transfer_candidates_cmd},
	{"make", "a patient's record in one sealed file", transfer_make_cmd},
	{"link", "the same as a SMART Health Link, where there is internet", transfer_link_cmd},
	{"list", "which transfers there are, and which of them nobody has confirmed", transfer_list_cmd},
	{"sent", "it has left: with whom, when", transfer_sent_cmd},
	{"receipt", "it has arrived, says the receiver", transfer_receipt_cmd},
	{"cancel", "it is not to be used", transfer_cancel_cmd},
	{"open", "open one and check every byte of it; needs no site", transfer_open_cmd},
};

/* ---- shared ---- */

int transfer_site_head(const struct site *s, char ret_vkey[256], struct tlog_checkpoint *ret, struct err *e)
{
	AUTO_BUF struct buf vkey = {0};
	AUTO_BUF struct buf note = {0};
	buf_init(&vkey, 255);
	buf_init(&note, 1 << 16);
	int r = file_read(s->fd, "ledger/vkey", 255, &vkey, e);
	if (r == 0)
		r = file_read(s->fd, "ledger/checkpoint", 1 << 16, &note, e);
	if (r == 0)
		r = tlog_checkpoint_parse(buf_slice(&note), ret, e);
	if (r == 0)
		snprintf(ret_vkey, 256, "%.*s", SLICE_FMT(slice_trim(buf_slice(&vkey))));
	return r;
}

int transfer_patient(struct chart *c, const char *id, bool protected_too, struct chart_moment at, struct arena *a, struct chart_patient **ret, struct err *e)
{
	int r = chart_patient(c, slice_str(id), at, a, ret, NULL, e);
	if (r == ERR_EXISTS)
		return err_set(e, r, "--patient", "several persons have this number: name one by our id (`holdfast chart search`)");
	if (r == 0)
		r = chart_judge(c, *ret, time_now(), a, e);
	if (r == 0 && (*ret)->is_protected && !protected_too)
		return err_set(e, ERR_DENIED, "--patient", "this record is protected: it leaves the house only with --include-protected and --reason, and both are recorded");
	return r;
}

static int on_entry(void *arg, uint64_t tag, const struct control_appended *is, struct err *e)
{
	(void)tag;
	(void)e;
	*(uint64_t *)arg = is->seq;
	return 0;
}

int transfer_enter(struct control *k, enum transfer_state what, const struct transfer_entry *n, uint64_t *ret_entry, struct err *e)
{
	AUTO_BUF struct buf body = {0};
	uint64_t entry = UINT64_MAX;
	buf_init(&body, 1 << 16);
	transfer_entry_put(what, n, &body);
	if (!buf_ok(&body))
		return err_set(e, ERR_INPUT, NULL, "too much was said of a transfer");
	const struct control_append a = {.kind = LEDGER_TRANSFER, .body = buf_slice(&body)};
	int r = control_append(k, &a, 1, on_entry, &entry, e);
	if (r == 0)
		r = control_flush(k, e);
	if (r == 0 && ret_entry)
		*ret_entry = entry;
	return r;
}

/* ---- what the ledger says of transfers: leaves say which entries are about them, and only those are opened ---- */

int transfer_log_of(struct site *s, struct transfer_log **ret, struct err *e)
{
	uint64_t *v = NULL;
	size_t n = 0;
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	struct transfer_log *log = NULL;
	struct ledger_entry en;
	int r = transfer_log_new(&log, e);
	if (r == 0)
		r = cli_ledger(s, true, &keys, &l, e);
	if (r == 0)
		r = cli_entries(l, LEDGER_KIND_BIT(LEDGER_TRANSFER), &v, &n, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = ledger_read(l, v[i], &en, e);
		if (r == 0 && !en.erased)
			r = transfer_log_take(log, en.seq, en.leaf.time, en.body, e);
		else if (r == ERR_ERASED)
			r = 0;
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	free(v);
	if (r < 0)
		transfer_log_free(log);
	else
		*ret = log;
	return r;
}

int cmd_transfer(int argc, char **argv)
{
	return cli_verbs(argc, argv, "transfer", "A patient's record in one file for the hospital that takes them, sealed to its key or to words; and what became of it.", verbs, ARRAY_LEN(verbs));
}
