/* What commands have in common by which somebody decides something: feed, quarantine, identity. */
#include "cli_internal.h"

int cli_reason_given(const struct cli_decision *d, const char *command, const char *verb)
{
	return d->reason && *d->reason ? 0 : cli_usage("%s %s: --reason is missing; it is recorded", command, verb);
}

void cli_decision_why(const struct cli_decision *d, struct jsonw *w)
{
	jsonw_kstr(w, "reason", d->reason);
	if (d->by)
		jsonw_kstr(w, "by", d->by);
}

int cli_decision_enter(struct control *k, enum ledger_kind kind, const struct buf *body, struct err *e)
{
	const struct control_append a = {.kind = kind, .body = buf_slice(body)};
	int r = control_append(k, &a, 1, NULL, NULL, e);
	return r < 0 ? r : control_flush(k, e);
}
