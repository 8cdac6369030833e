/* Between the files of `holdfast backload` and `holdfast downtime`. */
#ifndef HOLDFAST_CLI_BACKLOAD_CMD_H
#define HOLDFAST_CLI_BACKLOAD_CMD_H

#include "commands.h"
#include "downtime.h"
#include "send.h"

#define BACKLOG_MEMORY ((size_t)2 << 30)
#define BACKLOG_NONE UINT32_MAX

/* What was captured and what became of it, as the ledger says. */
struct backlog_item {
	uint64_t entry;
	int64_t received, occurred;     /* ns */
	struct slice id, patient, line; /* line: the item's own, without a scan */
	struct slice number;            /* what the EHR knows it by: an order's own number, else the id */
	enum capture_kind kind;
	enum capture_owner owner;
	struct slice unit, by;
	bool withdraw, unreadable;
	struct backload b;
	enum backload_state counts;     /* as what it counts: backload_counts_as */
	uint32_t of, replaced_by, root; /* root: the first of its line of corrections */
	struct slice person;            /* our id of whom it is about, once backlog_persons has asked the charts */
	struct slice replaces, named;   /* named: what a cancel names; of a merge the record that goes */
	bool apart;                     /* of a merge: it is undone */
};
struct backlog {
	struct arena *a;
	struct backlog_item *items;     /* in the ledger's order */
	uint32_t n, room;
	uint32_t *by_id;                /* sorted */
	struct downtime downtime;
	struct slice proven[64];        /* destinations that de-duplicate, by name */
	unsigned proven_n;
	uint64_t head;                  /* entries that were looked at */
};
int backlog_load(struct site *s, struct backlog *ret, struct err *e) MUST;
void backlog_done(struct backlog *l);
struct backlog_item *backlog_find(const struct backlog *l, struct slice id_or_number);
void backlog_count(struct backlog *l); /* counts, anew, after acts */
bool backlog_proven(const struct backlog *l, const char *to);
int backlog_capture(const struct backlog_item *it, struct arena *a, struct capture *ret, struct err *e) MUST;
void backlog_balance(const struct backlog *l, int owner /* or -1: all */, struct downtime_balance *ret);

/* Whose each is, as the charts know them now. */
int backlog_persons(struct chart *c, struct backlog *l, struct err *e) MUST;
struct slice backlog_whose(const struct backlog_item *it); /* our id, else as the item names them */
/* The downtime note of each chart that was touched and has none yet, entered (k NULL: counted). by NULL: who runs the command; paper: where it is kept, or NULL. backlog_persons comes before. */
int downtime_notes(struct backlog *l, struct control *k, const char *by, const char *paper, const char *lang, uint32_t *ret, struct err *e) MUST;

/* An act: begun with its name, its item and who does it; entered durably, and applied. */
void backload_begin(struct jsonw *w, struct buf *b, const char *act, const struct backlog_item *it);
int backload_enter(struct control *k, const struct buf *body, struct backlog_item *it, struct err *e) MUST;
int backload_enter_soon(struct control *k, const struct buf *body, struct backlog_item *it, struct err *e) MUST; /* durable with the next one that is entered, or control_flush */
int backload_lock(const struct site *s, int *ret, struct err *e) MUST; /* two at a time would send each twice */

/* The filters that list, review and send have in common. */
struct backload_which {
	const char *owner, *unit, *state;
	struct cli_list items;
};
int backload_which_check(const struct backload_which *w, const struct backlog *l) MUST; /* 0, or says what is wrong and gives 2 */
bool backload_wanted(const struct backload_which *w, const struct backlog_item *it);
void backload_json(struct jsonw *w, const struct backlog_item *it);

/* The EHR's feed, since it was last looked at: acts "echo" for what shows a number of ours. ret: how many. */
int backload_scan(struct site *s, struct control *k, struct backlog *l, unsigned *ret, struct err *e) MUST;

/* What a merge is to the EHR. */
struct backload_merge {
	struct fact_ident stays, goes;
	const struct fact *patient, *prior; /* may be NULL */
	char moot[160];                     /* why the EHR need not be told; empty: it has to be */
};
/* it: of kind merge. ERR_NO: what a person has to do, as no message says it. The slices live in a. */
int backload_merge(const struct backlog *l, struct chart *c, const struct backlog_item *it, struct arena *a, struct backload_merge *ret, struct err *e) MUST;
bool backload_merge_holds(const struct backlog_item *it);

/* The way there. */
struct backload_way {
	const char *mllp, *name, *version, *application, *facility, *notes, *lang;
	struct send_to to;
	uint64_t wait;
};
#define BACKLOAD_WAY_OPTS(w) \
	{"to", CLI_STRING, &(w).mllp, "HOST:PORT", "where the EHR takes HL7 over MLLP"}, {"name", CLI_STRING, &(w).name, "NAME", "what the destination is called in the ledger: an EHR that moves stays the same (else its address)"}, \
	{"hl7", CLI_STRING, &(w).version, "V", "2.3.1, 2.4, 2.5 or 2.5.1 (as a rule)"}, {"application", CLI_STRING, &(w).application, "NAME", "of the receiver, for MSH-5"}, \
	{"facility", CLI_STRING, &(w).facility, "NAME", "of the receiver, for MSH-6"}, {"tls", CLI_FLAG, &(w).to.tls, NULL, "TLS, and the receiver's certificate is checked"}, \
	{"ca", CLI_STRING, &(w).to.ca, "FILE", "PEM of who signed it (else what the system trusts)"}, {"cert", CLI_STRING, &(w).to.cert, "FILE", "our own certificate, PEM, where the receiver wants one"}, \
	{"key", CLI_STRING, &(w).to.key, "FILE", "its key, PEM"}, {"unencrypted", CLI_FLAG, &(w).to.unencrypted, NULL, "in clear to another machine"}, {"wait", CLI_NUMBER, &(w).wait, "SECONDS", "for an acknowledgement (20)"}
#define BACKLOAD_NOTE_OPTS(w) \
	{"notes", CLI_STRING, &(w).notes, "HOW", "notes and sheets as mdm (documents, as a rule) or oru (results, for a receiver that takes no documents)"}, {"lang", CLI_STRING, &(w).lang, "L", "of the sentences that say how something came to be written down, and of the downtime note: en (as without it), fr or zh"}
int backload_way_check(struct backload_way *w, const char *verb) MUST; /* 0, or says what is wrong and gives 2 */

int backload_send_cmd(int argc, char **argv);
int backload_prove_cmd(int argc, char **argv);

#endif
