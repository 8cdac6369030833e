/* downtime: what wards write down while the EHR is away, under which numbers, and how it gets back into the EHR exactly once. Pure: bytes and values in, facts, messages and decisions out; no store, no socket, no clock.
 *
 * A captured item (ledger kind 43, "capture") is one line of JSON, strict UTF-8, at most CAPTURE_MAX bytes; of a scanned sheet the file's bytes follow the line. The same line goes through POST /api/capture, `holdfast capture import`, a
 * station's queue and its sealed file. It is what a person said, at the time at which it happened, and is never changed: a later item with "replaces" takes its place, and both stay.
 *
 *   {"v":1,"id":"W3K7-000123","unit":"3W","patient":"4711","kind":"vitals","occurred":"2026-11-22T03:12","by":"a.keller","on_behalf_of":"Dr. Roy","values":{...}}
 *
 *   id            the key of the station (4 to 12 of A-Z 2-9), "-", its counter (1 to 12 digits); others may bring ids of another shape, of at most CAPTURE_ID_MAX letters, digits and - . _ : /. Accepted once: the same id
 *                 with the same bytes is the old entry, with other bytes it is refused and said.
 *   unit          the ward that it was written down on; at most 64 bytes
 *   patient       whom it is about: a record number, NUMBER@ASSIGNER, an id of ours (p4711), or a downtime number (below). Absent for what is about nobody (a bed)
 *   identifiers   two or more of recordNumber birth family given visit wristband: what was compared with the patient before it was written. Where people type (the page, a station) items that change care (medications, orders,
 *                 results, specimens, allergies) are refused without two of them, but for one that says "unidentified":true with a downtime number; what comes as a file is taken without, and marked
 *   kind          below
 *   occurred      when it happened, ISO 8601 with the precision that is known; without a zone: the site's. Not in the future by more than 5 minutes of the receiver's clock (flagged, never refused)
 *   recorded      when it was written down; absent: when it was received
 *   by            who wrote it: a user's name. From the API it is the session's and may not be another; on_behalf_of: who did it or ordered it, where that is another person (a runner, a reading back by telephone)
 *   replaces      the id of the item that this one corrects; with "withdraw":true it only takes it back
 *   sheet         the number of the paper sheet that it was copied from
 *   reason        free text: why late, why withdrawn
 *   values        by kind. Amounts are decimals as written ("1.50" stays); text at most 4,000 bytes a field, a note 64 KiB. Names are taken in other spellings too (capture_fields.c: sbp, heart_rate), and stand in struct capture under
 *                 these; a name that nobody knows is kept and shown as text, and counted, so that a typing error does not lose a dose
 *
 *   registration  family given middle birth sex address phone nextOfKin mother(a number) newborn unresponsive estimatedAge description class(inpatient emergency outpatient) bed reason
 *   admit         class bed(UNIT^ROOM^BED) attending reason          transfer  bed from          discharge  disposition to          cancel  of(the id of an admit, transfer or discharge)
 *   vitals        systolic diastolic pulse respiration temperature(and temperatureUnit Cel or [degF]) spo2 oxygen(l/min) pain gcs weight(kg) height(cm) glucose(and glucoseUnit mg/dL or mmol/L) position site
 *   given         drug code system dose unit route site order(placer or filler number) lot witness scheduled(the time it was due) paper(true: given on paper, entered later)
 *   held          drug code system order scheduled why
 *   order         category(medication laboratory imaging nursing diet other) what code system dose unit route frequency start until priority orderedBy readBack(true where it came by telephone) number(ours)  stop(the number of an order)
 *   result        test code system value unit range flag specimen(number) order calledBy calledTo readBack(true) critical(true) status(P or F)
 *   note          title text                                        allergy   substance code system reaction severity criticality statedNone(true)
 *   specimen      number what test order state(collected sent received resulted delivered lost) to
 *   sheet         number page(which of them this is; absent: all in one) pages of(kind of sheet)   (the scan: bytes behind the line)
 *   merge         op(merge unmerge) of entry                        made of a registrar's decision (capture_of_merge), and taken from nobody: patient is the record that stays, of the one that went into it or was taken out of it
 *
 * Owners (R19: who enters it after an outage): registration, admit, transfer, discharge, cancel, merge: registration. given, held, order of medication: pharmacy. result, specimen, order laboratory: laboratory. order imaging: imaging. All else: nursing.
 *
 * Sources: SAFER Guides, Contingency Planning and Patient Identification; HL7 v2.5.1 chapters 2, 3, 4, 7, 9; notes of the wards' practice in doc/downtime.md.
 */
#ifndef HOLDFAST_DOWNTIME_H
#define HOLDFAST_DOWNTIME_H

#include "base.h"
#include "facts.h"

struct hl7_msg; /* hl7.h */
struct json_node;
struct downtime;

/* ---- a captured item ---- */

#define CAPTURE_MAX ((size_t)256 << 10)
#define CAPTURE_SCAN_MAX ((size_t)32 << 20)
#define CAPTURE_ID_MAX 64

#define CAPTURE_KINDS(X)                                                                                                         \
	X(REGISTRATION, "registration") X(ADMIT, "admit") X(TRANSFER, "transfer") X(DISCHARGE, "discharge") X(CANCEL, "cancel")      \
	X(VITALS, "vitals") X(GIVEN, "given") X(HELD, "held") X(ORDER, "order") X(RESULT, "result") X(NOTE, "note")                  \
	X(ALLERGY, "allergy") X(SPECIMEN, "specimen") X(SHEET, "sheet") X(MERGE, "merge")
enum capture_kind {
#define X(id, name) CAPTURE_##id,
	CAPTURE_KINDS(X)
#undef X
	CAPTURE_KIND_COUNT
};
const char *capture_kind_name(enum capture_kind k);

enum capture_owner { OWNER_REGISTRATION, OWNER_PHARMACY, OWNER_LABORATORY, OWNER_IMAGING, OWNER_NURSING, OWNER_COUNT };
const char *capture_owner_name(enum capture_owner o); /* "registration" "pharmacy" "laboratory" "imaging" "nursing" */

enum { CAPTURE_BY_NUMBER = 1, CAPTURE_BY_BIRTH = 2, CAPTURE_BY_FAMILY = 4, CAPTURE_BY_GIVEN = 8, CAPTURE_BY_VISIT = 16, CAPTURE_BY_WRISTBAND = 32 };
struct capture {
	enum capture_kind kind;
	struct slice id, unit, patient, occurred, recorded, by, on_behalf_of, replaces, sheet, reason;
	bool withdraw, unidentified;
	unsigned identifiers;           /* how many of the known words it names */
	unsigned identifiers_seen;      /* CAPTURE_BY_x */
	unsigned unknown;               /* names that no item of its kind has: kept among values as text */
	struct slice unknown_name;      /* the first of them */
	const struct json_node *values; /* an object of text, true and false under the names above (amounts are text as written); a pressure of "120/80" stands as two */
	struct slice scan;              /* of a sheet: the bytes behind the line */
};
/* Reads and checks a line (and what is behind it). All slices lie in body or a. ERR_INPUT with the place ("values.dose") and a sentence. */
int capture_read(struct slice body, struct arena *a, struct capture *ret, struct err *e) MUST;
enum capture_owner capture_owner(const struct capture *c);
#define CAPTURE_MERGE_ID "MERGE-" /* and the entry of the decision: an id that nobody may hand in */
/* What somebody decided on two records (ledger kind identity, its line read) as an item that takes it back to the EHR, one line, appended. Only while a downtime runs, or where one of the two names is a downtime number: at other times the
 * EHR is where records are merged. by: who, where the decision does not say it. ERR_NO: none is made of it. */
int capture_of_merge(const struct downtime *d, const struct json_node *decision, uint64_t entry, int64_t time, struct slice by, struct buf *ret, struct err *e) MUST;
bool capture_changes_care(const struct capture *c);  /* two identifiers are asked for */
bool capture_is_medication(const struct capture *c); /* an order of one */

/* What it says, as facts. Their ids are of CAPTURE_ASSIGNER; of an item that takes another one's place they are those of the first of that line, so that the chart folds it as a correction. Orders are known by their number, which
 * has no assigner, as the EHR's echo of it may have any. CAPTURE_READER is stored with the view.
 * Times that have a time of day and no zone get zone_minutes, and those without seconds :00, or FHIR would show the day alone (R4 2.24.0.1 dateTime: "seconds may be zero-filled"); the line has them as they were written. */
#define CAPTURE_READER "capture 1"
#define DOWNTIME_ASSIGNER "DOWNTIME" /* of downtime numbers, as identifiers of patients */
#define CAPTURE_ASSIGNER "holdfast-capture"
struct capture_of { /* what the item alone does not know */
	struct fact_ident patient;    /* the identifier that its facts hang on; value empty: as the item names it (capture_patient) */
	struct slice root;            /* id of the first item of the line of replacements that it belongs to; empty: what it replaces, or itself */
	bool corrects;                /* it stands in the place of another one */
	bool gone;                    /* it was taken back: its facts, as deletions */
	enum capture_kind of;         /* of a cancel: the kind of the item that it names (CAPTURE_CANCEL: not known) */
};
int capture_facts(const struct capture *c, const struct capture_of *of, int zone_minutes, struct facts *ret, struct err *e) MUST;
/* Whom it names: NUMBER@ASSIGNER in its parts, a downtime number under DOWNTIME_ASSIGNER, anything else a number of nobody's. */
void capture_patient(const struct capture *c, struct fact_ident *ret);

/* ---- doses ---- */

/* What is known of one drug of one patient: fed and captured alike, whoever says it. */
struct dose_said {
	int64_t time;               /* given at; INT64_MIN: unknown */
	struct slice drug, code, system, order, by, source; /* source: who says so, as shown */
	struct slice atc;           /* its code of the ATC; empty: not said */
	struct slice scheduled;     /* the time it was due, as written; empty: not said */
	bool captured, held;
};
enum dose_verdict { DOSE_CLEAR, DOSE_GIVEN_BEFORE /* the same order or drug within the window */, DOSE_SAME_SLOT /* the dose of this scheduled time is given */, DOSE_ALLERGY, DOSE_UNKNOWN /* the feed of administrations is stale or never came */, DOSE_SAME_CLASS /* another drug of the same chemical subgroup of the ATC within the window */ };
struct dose_answer {
	enum dose_verdict verdict;
	const struct dose_said *which;  /* the one that speaks against it */
	int64_t apart;                  /* ns between the two */
	bool classes;                   /* of all of them an ATC code was said, so that classes were compared; false: "not checked" */
};
/* window_ns: how near two doses of one drug may be (0: 30 minutes; a caller that knows the order takes half of its interval). Drugs are compared by code, by order number, by name and by the ingredients in it (dose.c says which names are one); atc: the code of what is to be given, empty: not known. Allergies are the caller's: DOSE_ALLERGY is its word. A warning is shown before it is written down and answered by a person; it never stops a capture. */
void dose_check(const struct capture *c, struct slice atc, int64_t occurred, const struct dose_said *said, size_t n, int64_t window_ns, bool feed_stale, struct dose_answer *ret);
bool dose_same_name(struct slice a, struct slice b); /* one of the two names begins with the other's first word, as a word; or they have an ingredient in common */
bool dose_is_atc(struct slice system);               /* a code system that is the ATC, as senders call it */
bool dose_same_class(struct slice a, struct slice b); /* codes of the ATC that agree to the chemical subgroup, five letters */
int64_t dose_interval(struct slice frequency); /* ns between two doses, of "Q6H", "BID", "daily"; 0: it says none */

/* ---- downtime numbers ----
 *
 * A block is a range of numbers that was given to one station (or unit, for paper) once: kind 44, {"what":"block","key","unit","first","count","machine"}. A number is shown as KEY-NNNNNC: the station's key, five digits or more, a
 * check letter (ISO 7064 MOD 37,36 over key and digits), so that one that was copied wrongly from paper is seen. "machine" is what the block is bound to; a station whose own record does not fit (copied, rolled back to an older
 * state) gives the block up whole and asks for another, or prints none. */
#define DOWNTIME_NUMBER_MAX 32
#define DOWNTIME_BLOCK_MAX 100000 /* numbers of one block */
struct downtime_block {
	char key[13], machine[65];
	uint64_t first, count;
};
int downtime_number(const struct downtime_block *b, uint64_t n, char ret[DOWNTIME_NUMBER_MAX], struct err *e) MUST; /* ERR_FULL: the block is used up */
int downtime_number_check(struct slice s, struct downtime_block *ret_key_only, uint64_t *ret_n, struct err *e) MUST;  /* ERR_INPUT: which letter does not fit */

/* ---- the way back ----
 *
 * States of a downtime (kind 44, {"what":"begin" or "advance" or "close","state","unit"?,"reason","by"}): down -> read-only -> write -> closed. Closing needs a balance without open or unknown items.
 *
 * What is done about an item is kind 45: {"act":..., "item": its id, "by": who, ...}, folded in the ledger's order by backload_apply. An act that does not fit what stands has no effect.
 *   reviewed      its owner has looked at it                                   refused       its owner does not send it: reason
 *   made          to, controlId, order (ORC-2), sha256, then LF and the message's bytes: durable before the first of them goes out, and the same for every retry. From here on the outcome is unknown
 *   sending       controlId: the same bytes are about to go out once more
 *   not-sent      controlId: not one byte went out after all; counts only where that was the only try
 *   unknown       controlId, why: bytes may have gone out, and no answer to them came. Open: never sent again by itself but to a destination proven to de-duplicate
 *   answer        controlId, ack (AA AE AR CA CE CR), text; duplicate: true where a refusal says that it was there already (ERR-3 205)
 *   echo          entry: the EHR's own feed showed our number there. What went out is filed; what did not was entered by somebody: already there
 *   resolved      as: filed | already_there | refused | superseded, reason: a person's word
 *   reopened      reason: a person's word that it is not there. What was refused gets a new message; of an unknown one the same bytes go out again
 *   reconciled    of a dose: a person has compared it with the EHR's record of doses (decidedBy); its state stays what it is
 * and of a destination, without an item: deduplicates  to, how: it was tested, and answered the same message twice as one (cli/backload_prove.c) */
enum backload_state { BACK_OPEN, BACK_REVIEWED, BACK_SENT_UNKNOWN, BACK_FILED, BACK_ALREADY_THERE, BACK_REFUSED, BACK_SUPERSEDED };
const char *backload_state_name(enum backload_state s); /* "open" "reviewed" "unknown" "filed" "already_there" "refused" "superseded" */
struct backload { /* begins as zeros */
	enum backload_state state;
	char control_id[21], ack[4], to[256]; /* MSH-10: 20 characters at most (2.5.1, table of MSH) */
	uint64_t made;      /* entry that holds the bytes; 0: none */
	unsigned tries;     /* of these bytes */
	unsigned messages;  /* made of it so far, this one too */
	bool reconciled;    /* of a dose: compared by a person with the EHR's record */
	bool reviewed, went, person; /* seen by its owner; bytes of it may have gone out before the try that is under way; a person's word settled it */
	uint64_t echo;      /* entry of the feed that showed it; 0: none */
	char why[256];      /* the last refusal, doubt or person's reason, cut */
};
/* act: the first line; entry: its number. false: it has no effect as things stand (said in the act's place on the page, never lost). */
bool backload_apply(struct backload *b, const struct json_node *act, uint64_t entry);
/* Whether nothing more is to be done about it: filed, already there, refused, superseded. */
bool backload_settled(enum backload_state s);
/* What an item counts as, given what took its place: one that never went out and was replaced is superseded; so is a withdrawal of what never went out, once nothing can be of it there any more.
 * replaced: another item names it in "replaces"; of: how the item stands that this one replaces (NULL: none). */
enum backload_state backload_counts_as(const struct backload *b, bool replaced, bool withdraw, const enum backload_state *of);

struct downtime_balance {
	uint64_t items, filed, already_there, refused, superseded, unknown, open; /* items is the sum of the others */
};

/* The message of an item: ADT (A01 A02 A03 A04 A11 A12 A13 A08 A40), OMG or ORM^O01, ORU^R01, RDE^O11, RAS^O17, MDM^T02; EVN-2 recorded, EVN-6 occurred, ORC-10 who entered and ORC-12 who ordered, our number in ORC-2. Text UTF-8, escaped. */
struct backload_message {
	const char *version;    /* "2.3.1" "2.4" "2.5" "2.5.1" */
	struct slice sending_app, sending_fac, receiving_app, receiving_fac;
	struct slice control_id;/* from our own range, never used twice: HF + the site's key + counter */
	int64_t time;           /* MSH-7 */
	int zone_minutes;
	const struct fact_ident *idents; /* of the patient as the chart knows them now; the downtime number among them */
	size_t ident_count;
	const struct fact *patient, *visit; /* may be NULL */
	struct slice number;    /* ORC-2, OBR-2, TXA-12 ...: the item's id; of a correction, the id under which the EHR has what it corrects */
	int64_t received;       /* when we had it: the time at which it was written down, where the item does not say */
	const struct capture *of; /* what its "replaces" or "cancel" names; NULL: none */
	bool training;          /* of a drill: MSH-11 T */
	bool notes_as_results;  /* notes and sheets as ORU^R01 instead of MDM^T02: for a receiver that takes no documents */
	const char *lang;       /* of the sentences on how it came to be written down: "en" (NULL), "fr", "zh" */
	struct fact_ident prior;/* of a merge: the number that goes (MRG-1); idents then has the one that stays, alone */
	const struct fact *prior_patient; /* whose name goes with it; may be NULL */
	bool corrects;          /* what it replaces is in the EHR: it is corrected or taken back there. A withdrawal has no other message */
};
int backload_message(const struct capture *c, const struct backload_message *m, struct buf *ret, struct err *e) MUST; /* ERR_NO: an item of this kind needs no message (specimen, sheet), and is filed by its owner's word */
/* Sentences and words that go with it, in "en" (NULL, or any other), "fr" or "zh" (backload_words.c). */
enum backload_word { BW_WRITTEN_DOWN, BW_BY, BW_FOR, BW_UNIT, BW_FROM_SHEET, BW_HAPPENED, BW_STOP, BW_REASON, BW_YES, BW_SHEET, BW_PAGE, BW_PAGES, BW_SCANNED, BW_TOO_LARGE, BW_NOTE_TITLE, BW_NOTE_FROM, BW_NOTE_TO, BW_NOTE_ITEMS_1, BW_NOTE_ITEMS,
	BW_NOTE_TIMES, BW_NOTE_BY, BW_NOTE_SHEETS, BW_NOTE_KEPT, BW_AND, BW_MORE, BW_COUNT };
bool backload_lang_known(const char *lang);
const char *backload_word(const char *lang, enum backload_word w);
const char *backload_kind_word(const char *lang, enum capture_kind k);
const char *backload_label(const char *lang, const char *name); /* of a value; NULL: its own name */
/* The numbers in a message of the EHR's feed that may be ours: ORC-2, ORC-4, OBR-2, TXA-12, TXA-13, IAM-7 and PV1-50 where they are under sending_app, or have no authority and the form of an item's id; which of them are items of this
 * site, its ledger knows. Each once; slices of m. A message of sending_app's own (sent back by an engine) has none. ret_n at most max. */
void backload_echo(const struct hl7_msg *m, struct slice sending_app, struct slice *ret, size_t max, size_t *ret_n);
/* Whether a message of the EHR's feed says that the number `goes` is now `stays` (A18 A30 A34 A36 A40: MRG-1 and PID-3, numbers alone): our merge, done there by whomever. */
bool backload_echo_merge(const struct hl7_msg *m, struct slice sending_app, struct slice stays, struct slice goes);
#define BACKLOAD_APPLICATION "HOLDFAST" /* MSH-3, and the authority of our numbers */

/* ---- the states of a downtime ---- */

enum downtime_state { DOWNTIME_NONE, DOWNTIME_DOWN, DOWNTIME_READ_ONLY, DOWNTIME_WRITE, DOWNTIME_CLOSED };
const char *downtime_state_name(enum downtime_state s); /* "none" "down" "read-only" "write" "closed" */
bool downtime_state_of(struct slice name, enum downtime_state *ret);
#define DOWNTIME_UNITS_MAX 200
struct downtime { /* the one that is running, or ran last; begins as zeros */
	enum downtime_state state;
	uint64_t entry;     /* that began it */
	uint64_t closed;    /* that closed the one before, or this one; 0: none was */
	int64_t since, at;  /* when it began; when it came to the state it is in; ns */
	uint32_t units;     /* 0: the whole house */
	char unit[DOWNTIME_UNITS_MAX][65];
	char reason[256], by[65];
};
/* Kind 44, "begin" (unit, reason, by), "advance" (state) and "close". A second "begin" while one runs adds its unit. false: no effect: of another kind, back, or over a state. */
bool downtime_apply(struct downtime *d, const struct json_node *act, uint64_t entry, int64_t time);
/* Whether an act fits what stands: 0 where downtime_apply would take it; ERR_NO with why not, and what can be done. A begin by the whole house while one of units runs widens it. */
int downtime_fits(const struct downtime *d, const struct json_node *act, struct err *e) MUST;
bool downtime_running(const struct downtime *d);

#endif
