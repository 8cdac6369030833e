/* drill: what a drill looked at, how each of it went, and the one page that says so.
 *
 * A drill is a list of checks. Each passed, passed with a warning, failed, or was not done; what was not tested is "not done" and never counts as passed. The score is how many passed, of all there are: a site cannot score better by
 * leaving something out. Pure: who runs the checks is `holdfast drill` (cli/drill_run.c); the sentences in all languages stand in drill_words.c.
 *
 * The entry (kind drill, doc/formats.md) is the JSON of drill_put, one line. It names units and feeds, never a patient.
 */
#ifndef HOLDFAST_DRILL_H
#define HOLDFAST_DRILL_H

#include "base.h"

enum drill_result { DRILL_NOT_DONE, DRILL_PASS, DRILL_WARN, DRILL_FAIL };
const char *drill_result_name(enum drill_result r); /* "not done" "pass" "warn" "fail" */

/* What is looked at. Those up to REHEARSED_LAST are done in the drill itself; the others are found in the ledger and the folder of the site. */
#define DRILL_CHECKS(X)                                                                                                                                                                                       \
	X(COPY, "copy") X(CUT_OFF, "cut-off") X(PACKET_OPENED, "packet-opened") X(FIRST_CHART, "first-chart") X(WORDS, "words") X(PAPER, "paper") X(CAPTURES, "captures") X(BALANCE, "balance") X(RESTORE, "restore") \
	X(REBUILD, "rebuild") X(FEEDS, "feeds") X(PACKETS, "packets") X(REPLICAS, "replicas") X(SHARES, "shares") X(FORMS, "forms") X(CONTACTS, "contacts") X(NUMBERS, "numbers")
enum drill_check_name {
#define X(id, name) DRILL_##id,
	DRILL_CHECKS(X)
#undef X
	DRILL_CHECK_COUNT
};
#define DRILL_REHEARSED_LAST DRILL_REBUILD
const char *drill_check_name(enum drill_check_name n);
int drill_check_parse(struct slice name) MUST; /* -1 */

/* Why: a sentence with places for what was found. */
enum drill_why {
	DRILL_WHY_NOT_REACHED, /* something before it failed */
	DRILL_WHY_FAILED,      /* {a}: in the words of what failed */
	DRILL_WHY_COPY_SAME, DRILL_WHY_COPY_DIFFERS, DRILL_WHY_NOBODY,
	DRILL_WHY_CUT_KERNEL, DRILL_WHY_CUT_ADDRESS, DRILL_WHY_CUT_OPEN,
	DRILL_WHY_OPENED, DRILL_WHY_FIRST,
	DRILL_WHY_WORDS_OPEN, DRILL_WHY_WORDS_WRONG, DRILL_WHY_WORDS_NOT_GIVEN,
	DRILL_WHY_PRINTED,
	DRILL_WHY_CAPTURED, DRILL_WHY_CAPTURED_OTHER,
	DRILL_WHY_BALANCE_ZERO, DRILL_WHY_BALANCE_OPEN,
	DRILL_WHY_RESTORED, DRILL_WHY_RESTORE_BYTES, DRILL_WHY_RESTORE_LAST, DRILL_WHY_RESTORE_NONE,
	DRILL_WHY_REBUILT, DRILL_WHY_REBUILD_NOT,
	DRILL_WHY_FEEDS_FRESH, DRILL_WHY_FEEDS_SILENT, DRILL_WHY_FEEDS_NONE,
	DRILL_WHY_PACKETS_NEW, DRILL_WHY_PACKETS_OLD, DRILL_WHY_PACKETS_MISSING,
	DRILL_WHY_REPLICA_NEAR, DRILL_WHY_REPLICA_FAR, DRILL_WHY_REPLICA_NONE,
	DRILL_WHY_SHARES_TESTED, DRILL_WHY_SHARES_SOME, DRILL_WHY_SHARES_NEVER,
	DRILL_WHY_FORMS_PRINTED, DRILL_WHY_FORMS_MISSING,
	DRILL_WHY_CONTACTS_NEW, DRILL_WHY_CONTACTS_OLD, DRILL_WHY_CONTACTS_NONE,
	DRILL_WHY_NUMBERS_OUT, DRILL_WHY_NUMBERS_MISSING,
	DRILL_WHY_COUNT
};

#define DRILL_ABOUT_MAX 300
struct drill_check {
	enum drill_result result;
	enum drill_why why;
	bool has_value, has_limit;
	double value, limit;         /* seconds; of captures and balance: items */
	uint64_t n, of;              /* for the sentence */
	uint64_t entry;              /* of the ledger, where the newest of it stands; 0: none */
	char about[DRILL_ABOUT_MAX]; /* a unit, a feed, a replica, or a program's sentence */
};
#define DRILL_UNITS_MAX 64
struct drill {
	int64_t begun;               /* ns */
	double seconds;              /* how long it took */
	char site[128], by[64];
	char unit[DRILL_UNITS_MAX][81];
	size_t units;
	struct drill_check check[DRILL_CHECK_COUNT];
	uint64_t entry;              /* its own; 0: not entered yet */
};
void drill_set(struct drill *d, enum drill_check_name n, enum drill_result r, enum drill_why why, const char *about /* may be NULL */, uint64_t count, uint64_t of);
void drill_value(struct drill *d, enum drill_check_name n, double value, double limit /* negative: none */);
void drill_counts(const struct drill *d, unsigned ret[4]); /* by enum drill_result; of them ret[DRILL_PASS] is the score */

/* One JSON object: {"what":"drill","time","site","by","units":[...],"seconds","score","of","text":"9 of 17","checks":[{"name","result","value"?,"limit"?,"unit"?,"entry"?,"about"?,"code","why"}],"entry"?}. why is English; code, about, n and of make it in any language. */
void drill_put(const struct drill *d, struct jsonw *w);
/* Reads it again, as an old or a foreign ledger holds it: checks of another version are left out. ERR_INPUT: no such entry. */
int drill_read(struct slice json, struct drill *ret, struct err *e) MUST;

/* lang: "en" "fr" "zh". */
const char *drill_title(const char *lang, enum drill_check_name n);
const char *drill_result_word(const char *lang, enum drill_result r);
void drill_sentence(const char *lang, const struct drill_check *c, struct buf *ret);
void drill_span(const char *lang, double seconds, struct buf *ret); /* "12 min" */

/* The page: text of 78 columns, or a PDF (A4, or US letter). checkpoint: entries under the newest one. ERR_SYSTEM: cairo is not installed. */
struct drill_page {
	const char *lang;
	bool us;
	int zone_minutes;
};
void drill_text(const struct drill *d, const struct drill_page *p, struct buf *ret);
int drill_pdf(const struct drill *d, const struct drill_page *p, struct buf *ret, unsigned *ret_pages, struct err *e) MUST;

#endif
