/* `holdfast retention`, `hold` and `erase`: what they share. */
#ifndef HOLDFAST_CLI_RETAIN_H
#define HOLDFAST_CLI_RETAIN_H

#include "commands.h"
#include "ledger.h"
#include "vault.h"

struct retain_open {
	struct site s;
	struct site_keys keys;
	struct ledger *l;
	struct ledger_retain state;
	struct vault_quarter *q; /* of files and catalogues, and of messages that were not erased */
	size_t q_n;
	int64_t now;             /* the ledger's time: of its newest entry */
	char who[64];
};
/* The site, its keys, the ledger, what its entries say of retention, and the quarters of the vault. */
int retain_open(const char *site, struct retain_open *ret, struct err *e) MUST;
void retain_close(struct retain_open *o);
/* The same ledger, read on: after entries were made. */
int retain_refresh(struct retain_open *o, struct err *e) MUST;

enum retain_fate { FATE_KEPT /* no rule says otherwise */, FATE_LATER /* not yet */, FATE_DUE, FATE_HELD /* due, and something stands against it */, FATE_CURRENT, FATE_ERASED };
struct retain_line {
	const struct vault_quarter *q;
	enum retain_fate fate;
	const struct retain_rule *rule; /* NULL: none */
	int64_t due;                    /* INT64_MAX: never */
	const struct retain_hold *hold;
	char why[300];
};
void retain_judge(const struct retain_open *o, const struct vault_quarter *q, struct retain_line *ret);
const char *retain_fate_name(enum retain_fate f);

/* Carrying out erasures whose entries stand: packs here, the outbox, every replica; receipts as entries. c: the keeper. ret_open: copies in which something is left that can be tried again. */
int retain_carry_out(struct retain_open *o, struct control *c, size_t *ret_open, struct err *e) MUST;
/* One erasure's entry. */
int retain_erase(struct retain_open *o, struct control *c, const struct vault_quarter *q, const char *rule, uint64_t rule_entry, int64_t due, const char *reason, uint64_t *ret_seq, int64_t *ret_time, struct err *e) MUST;
/* Messages (retain_care.c). What is to outlive the quarter becomes entries of kind kept. */
struct retain_care {
	uint64_t first, end, from, to, kept, erased, active, persons, gone;
};
int retain_care_kept(struct retain_open *o, struct control *c, uint32_t quarter, struct retain_care *ret, struct err *e) MUST;
int retain_care_preview(struct retain_open *o, uint32_t quarter, bool json, struct err *e) MUST; /* printed */
/* The body of one entry (retain_entry.c), by order. c NULL: say what would be done (printed). */
int retain_entry(struct retain_open *o, struct control *c, uint64_t entry, const char *reason, uint64_t *ret_seq, int64_t *ret_time, struct err *e) MUST;
int retain_open_chart(const struct retain_open *o, struct chart **ret, struct err *e) MUST; /* ERR_NO: there is no view */
uint64_t retain_in_use_since(const struct retain_open *o, struct err *e); /* the entry since which somebody's chart is in use; UINT64_MAX with e set: it cannot be told */
int retain_put_keys(struct retain_open *o, struct jsonw *w, int class, uint32_t quarter, struct err *e) MUST; /* the array of those that die; quarter 0: of copies of the view alone */
/* What lies beside the ledger: copies of the view, torn tails. why: what still holds some of it, or "". */
int retain_care_here(struct retain_open *o, struct control *c, const struct retain_erasure *x, uint64_t *destroyed, char why[300], struct err *e) MUST;
void retain_put_head(struct jsonw *w, const char *what, const char *who, const char *reason); /* an object is begun, and has these */

#endif
