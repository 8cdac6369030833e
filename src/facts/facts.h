/* facts: the vocabulary between wire formats and the chart, and nothing else.
 *
 * A reader (HL7 v2, FHIR, later ECG and downtime forms) turns one entry's body into groups: one group a patient named in it, in message order, plus at most
 * one group without a patient (staff, beds). A group holds the identifier the facts were sent under and a list of facts. A fact is a kind and tagged values;
 * every value is UTF-8 text. Facts are a function of (bytes, reader version): no clock, no site data, no order of arrival goes in.
 *
 * Values
 *   - A composite value is its parts joined by US (0x1f), trailing empty parts dropped: see the part lists below. Text from outside never holds C0 controls
 *     other than TAB and LF (facts_text drops or maps them), so parts cannot be forged.
 *   - FACT_NULL (the one byte 0x18) is HL7's "" and FHIR's stated deletion: delete what stands there. An absent field says nothing ("empty leaves alone").
 *   - Times are ISO 8601 text with the precision and zone as sent: 2026, 2026-11, 2026-11-22, 2026-11-22T03:12, ...T03:12:05.250+01:00. Never invented digits,
 *     so HL7's precision of one hour is 2026-11-22T03, which FHIR does not have: who writes FHIR asks fact_time_fhir.
 *   - Decimals stand as written.
 *   - Codes are FACT_CODE composites; the original text is kept even when there is no code.
 * A field may repeat (names, identifiers, telecoms): order is as sent, and a repeating field replaces the whole list when it is present at all.
 */
#ifndef HOLDFAST_FACTS_H
#define HOLDFAST_FACTS_H

#include "base.h"

#define FACTS_VERSION 1 /* of this vocabulary; readers have versions of their own */

#define FACT_US 0x1f
#define FACT_NULL "\x18"

/* kind number, id, name */
#define FACT_KINDS(X)                                                                                                                        \
	X(1, PATIENT, "patient")           /* demographics of the group's patient */                                                         \
	X(2, IDENTITY, "identity")         /* merge, move, link ...: ACTION with OTHER/VISIT/ACCOUNT */                                      \
	X(3, VISIT, "visit")               /* an encounter event */                                                                          \
	X(4, ALLERGY, "allergy")                                                                                                             \
	X(5, PROBLEM, "problem")           /* problem list and diagnoses */                                                                  \
	X(6, MED_ORDER, "medication-order") /* also a home medication (CATEGORY "statement") */                                              \
	X(7, MED_ADMIN, "medication-administration")                                                                                         \
	X(8, MED_DISPENSE, "medication-dispense")                                                                                            \
	X(9, RESULT, "result")             /* one observation, vital sign or answer */                                                       \
	X(10, REPORT, "report")            /* the panel or report that results belong to */                                                  \
	X(11, DOCUMENT, "document")                                                                                                          \
	X(12, ORDER, "order")              /* any order that is no medication order */                                                       \
	X(13, APPOINTMENT, "appointment")                                                                                                    \
	X(14, CONTACT, "contact")          /* next of kin, guarantor, emergency contact */                                                   \
	X(15, CARE_TEAM, "care-team")      /* attending, referring, admitting, primary care ... */                                           \
	X(16, IMMUNIZATION, "immunization")                                                                                                  \
	X(17, PROCEDURE, "procedure")                                                                                                        \
	X(18, STAFF, "staff")              /* master file: a person who works here */                                                        \
	X(19, LOCATION, "location")        /* master file: unit, room, bed */                                                                \
	X(20, SECTION, "section")          /* what is said of a whole section: CATEGORY "allergies|problems|medications|...", STATUS "none|unknown|withheld|replaced" */ \
	X(21, FLAG, "flag")                /* code status, isolation, precautions, VIP or protected record */                                \
	X(22, COVERAGE, "coverage")        /* insurance, for registration sheets */                                                          \
	X(23, GENERIC, "generic")          /* a FHIR resource type we keep whole but do not interpret: CODE its type, ID its id */ \
	X(24, ECG, "ecg")                  /* an electrocardiogram: TIME its start, ID the entry that holds it, STATEMENT and MEASURE what was read out of it */

enum fact_kind {
#define X(n, id, name) FACT_##id = n,
	FACT_KINDS(X)
#undef X
	FACT_KIND_COUNT = 25
};
const char *fact_kind_name(uint8_t kind);

/* Fields, shared by all kinds. number, id, name, shape. Shapes: text, time, code, name, person, location, address, telecom, ident, quantity. */
#define FACT_FIELDS(X)                                                                                                                       \
	X(1, ID, "id", ident)              /* its key in the sender's world: filler/placer number, AL1/IAM unique id, FHIR logical id */      \
	X(2, PLACER, "placer", ident)                                                                                                         \
	X(3, FILLER, "filler", ident)                                                                                                         \
	X(4, GROUP, "group", ident)        /* ORC-4, ORC-8 parent, panel: what it belongs to (RESULT -> REPORT's ID) */                       \
	X(5, VISIT, "visit", ident)        /* visit number (PV1-19), else absent */                                                           \
	X(6, ACCOUNT, "account", ident)    /* PID-18 */                                                                                       \
	X(7, ACTION, "action", text)       /* see FACT_ACT_ below */                                                                          \
	X(8, STATUS, "status", text)       /* normalised, see each kind below */                                                              \
	X(9, STATUS_RAW, "status-raw", text) /* as sent (OBX-11, ORC-1/5, TXA-17/19 ...) */                                                   \
	X(10, CODE, "code", code)                                                                                                             \
	X(11, CATEGORY, "category", code)                                                                                                     \
	X(12, TIME, "time", time)          /* clinical: observed, given, onset, appointment start, document activity */                       \
	X(13, END, "end", time)                                                                                                               \
	X(14, RECORDED, "recorded", time)  /* entered, reported, transcribed */                                                               \
	X(15, VALUE, "value", text)        /* RESULT: as written; TYPE says how to read it */                                                 \
	X(16, TYPE, "type", text)          /* NM ST TX FT CE SN DT TM TS ED RP NA ... or FHIR's value[x] name */                              \
	X(17, VALUE_CODE, "value-code", code)                                                                                                 \
	X(18, UNIT, "unit", code)                                                                                                             \
	X(19, RANGE, "range", text)        /* reference range as written */                                                                   \
	X(20, FLAG, "flag", text)          /* OBX-8: H L HH LL A AA N ...; may repeat */                                                      \
	X(21, COMPARATOR, "comparator", text) /* < <= > >= from SN or text */                                                                 \
	X(22, TEXT, "text", text)          /* NTE comments, narrative, instructions; may repeat, one line each */                             \
	X(23, SPECIMEN, "specimen", code)                                                                                                     \
	X(24, BODY_SITE, "body-site", code)                                                                                                   \
	X(25, METHOD, "method", code)                                                                                                         \
	X(26, ROUTE, "route", code)                                                                                                           \
	X(27, DOSE, "dose", text)          /* amount as written */                                                                            \
	X(28, DOSE_MAX, "dose-max", text)                                                                                                     \
	X(29, DOSE_UNIT, "dose-unit", code)                                                                                                   \
	X(30, RATE, "rate", text)          /* with unit, as written */                                                                        \
	X(31, FREQUENCY, "frequency", text) /* TQ1-3 / RXE-1.2 as written: Q6H, BID, Q4H PRN */                                               \
	X(32, PRN, "prn", text)            /* "yes" or the reason */                                                                          \
	X(33, DURATION, "duration", text)                                                                                                     \
	X(34, FORM, "form", code)                                                                                                             \
	X(35, STRENGTH, "strength", text)                                                                                                     \
	X(36, LOT, "lot", text)                                                                                                               \
	X(37, EXPIRY, "expiry", time)                                                                                                         \
	X(38, MANUFACTURER, "manufacturer", code)                                                                                             \
	X(39, REASON, "reason", code)                                                                                                         \
	X(40, REACTION, "reaction", code)                                                                                                     \
	X(41, SEVERITY, "severity", code)                                                                                                     \
	X(42, CRITICALITY, "criticality", text) /* low high unable-to-assess */                                                               \
	X(43, VERIFICATION, "verification", text) /* confirmed unconfirmed refuted entered-in-error provisional differential */               \
	X(44, CLINICAL_STATUS, "clinical-status", text) /* active inactive resolved recurrence relapse remission */                           \
	X(45, PERFORMER, "performer", person) /* who gave, observed, resulted, signed; may repeat */                                          \
	X(46, AUTHOR, "author", person)    /* who ordered, wrote */                                                                           \
	X(47, ENTERER, "enterer", person)                                                                                                     \
	X(48, ROLE, "role", code)          /* CARE_TEAM, CONTACT */                                                                           \
	X(49, PRIORITY, "priority", text)  /* stat urgent asap routine; as written otherwise */                                               \
	X(50, LOCATION, "location", location)                                                                                                 \
	X(51, PRIOR_LOCATION, "prior-location", location)                                                                                     \
	X(52, CLASS, "class", text)        /* VISIT: inpatient outpatient emergency preadmit recurring obstetrics virtual home other */       \
	X(53, SERVICE, "service", code)                                                                                                       \
	X(54, START, "start", time)        /* VISIT admit; MED_ORDER first dose */                                                            \
	X(55, DISPOSITION, "disposition", code)                                                                                               \
	X(56, EXPECTED, "expected", time)  /* expected admission or discharge */                                                              \
	X(57, NAME, "name", name)          /* may repeat */                                                                                   \
	X(58, BIRTH, "birth", time)                                                                                                           \
	X(59, SEX, "sex", text)            /* male female other unknown */                                                                    \
	X(60, DECEASED, "deceased", text)  /* yes no */                                                                                       \
	X(61, DECEASED_TIME, "deceased-time", time)                                                                                           \
	X(62, ADDRESS, "address", address) /* may repeat */                                                                                   \
	X(63, TELECOM, "telecom", telecom) /* may repeat */                                                                                   \
	X(64, MARITAL, "marital", code)                                                                                                       \
	X(65, LANGUAGE, "language", code)                                                                                                     \
	X(66, RACE, "race", code)                                                                                                             \
	X(67, ETHNICITY, "ethnicity", code)                                                                                                   \
	X(68, RELIGION, "religion", code)                                                                                                     \
	X(69, MULTIPLE, "multiple", text)  /* birth order, or yes/no */                                                                       \
	X(70, MOTHER, "mother", ident)     /* PID-21 */                                                                                       \
	X(71, OTHER, "other", ident)       /* IDENTITY: the id merged away, linked, swapped with ...; may repeat */                           \
	X(72, OTHER_VISIT, "other-visit", ident)                                                                                              \
	X(73, OTHER_ACCOUNT, "other-account", ident)                                                                                          \
	X(74, PROTECTED, "protected", text) /* VIP, restricted, psychiatric, ... as sent, when it is a marking */                             \
	X(75, TITLE, "title", text)                                                                                                           \
	X(76, CONTENT_TYPE, "content-type", text) /* DOCUMENT: application/pdf, text/plain ... */                                             \
	X(77, CONTENT, "content", text)    /* inline text of a document (<= 64 KiB, else only its place) */                                   \
	X(78, CONTENT_PLACE, "content-place", text) /* "OBX 3" or "entry.4.resource": where in the entry's body the bytes stand */             \
	X(79, CONTENT_SIZE, "content-size", text) /* decoded bytes */                                                                         \
	X(80, PARENT, "parent", ident)     /* replaced/addended document, parent order */                                                     \
	X(81, RELATION, "relation", text)  /* replaces appends */                                                                             \
	X(82, URL, "url", text)                                                                                                               \
	X(83, SET, "set", text)            /* position in the message (OBX-1, AL1-1): part of a key only when nothing better is there */      \
	X(84, SUB, "sub", text)            /* OBX-4 */                                                                                        \
	X(85, RESOURCE, "resource", text)  /* FHIR "Type/id" it came as, for stable ids and references */                                     \
	X(86, QUANTITY, "quantity", text)  /* dispensed or ordered amount */                                                                  \
	X(87, REFILLS, "refills", text)                                                                                                       \
	X(88, DEVICE, "device", text)                                                                                                         \
	X(89, DURATION_MIN, "duration-min", text) /* APPOINTMENT minutes */                                                                   \
	X(90, RESOURCE_NAME, "resource-name", text) /* APPOINTMENT: AIG/AIS what */                                                           \
	X(91, ALIAS, "alias", name)                                                                                                           \
	X(92, ACTIVE, "active", text)      /* yes no */                                                                                       \
	X(93, COMPONENT, "component", text) /* RESULT: FHIR component: code parts, GS 0x1d, value, GS, unit parts [GS value[x] name, value code, flag, range, absent reason]; may repeat */ \
	X(94, POLICY, "policy", text)      /* COVERAGE number */                                                                              \
	X(95, PAYER, "payer", text)                                                                                                           \
	X(96, PENDING_LOCATION, "pending-location", location)   /* where the patient is to go: PV1-42 */                                      \
	X(97, TEMPORARY_LOCATION, "temporary-location", location) /* where the patient is for now, the bed being kept: PV1-11 */ \
	X(98, ABSENT, "absent", text)      /* RESULT: why there is no value (FHIR dataAbsentReason) */ \
	X(99, STATEMENT, "statement", text) /* ECG: code US text US confidence US weight (normal borderline abnormal urgent technical) US why; may repeat */ \
	X(100, MEASURE, "measure", text)   /* ECG: name with its unit ("qt_ms") US value US confidence; may repeat. What could not be measured is not there */ \
	X(101, STATED, "stated", text)     /* ECG: the same, as the device says */                                                            \
	X(102, CHANNEL, "channel", text)   /* ECG: name US samples a second US samples US unit US filter US "ecg" where it is one; may repeat */ \
	X(103, WARNING, "warning", text)   /* ECG: what was odd in the file; may repeat */                                                    \
	X(104, NOTE, "note", text)         /* ECG: second from the start, or nothing US text US "statement" where the device interprets; may repeat */ \
	X(105, SECONDS, "seconds", text)   /* ECG: how long it is */                                                                          \
	X(106, VIA, "via", text)           /* ECG: upload device import home fhir live */                                                     \
	X(107, PATIENT_ID, "patient-id", text) /* ECG: our id of the person whom the sender named */                                          \
	X(108, WEIGHT, "weight", text)     /* ECG: the worst of its statements */                                                             \
	X(109, REVIEW, "review", text)     /* ECG: "yes": somebody asked for a second look */

enum fact_field_id {
#define X(n, id, name, shape) FF_##id = n,
	FACT_FIELDS(X)
#undef X
	FF_COUNT = 110
};
const char *fact_field_name(uint8_t id);

/* Parts of composites, by index. */
enum { FC_CODE, FC_DISPLAY, FC_SYSTEM, FC_ALT_CODE, FC_ALT_DISPLAY, FC_ALT_SYSTEM, FC_TEXT };            /* code. SYSTEM: as sent (LN, SCT, I10, or a URI) */
enum { FN_FAMILY, FN_GIVEN, FN_MIDDLE, FN_PREFIX, FN_SUFFIX, FN_USE, FN_SCRIPT, FN_TEXT };               /* name. MIDDLE may hold several, blank separated; USE: official usual maiden nickname anonymous old temp; SCRIPT: I P A */
enum { FP_ID, FP_FAMILY, FP_GIVEN, FP_PREFIX, FP_SUFFIX, FP_ASSIGNER, FP_ROLE, FP_TEXT };                /* person */
enum { FL_UNIT, FL_ROOM, FL_BED, FL_FACILITY, FL_BUILDING, FL_FLOOR, FL_STATUS, FL_TEXT };               /* location */
enum { FA_LINE, FA_LINE2, FA_CITY, FA_STATE, FA_POSTAL, FA_COUNTRY, FA_USE, FA_TEXT };                   /* address */
enum { FT_SYSTEM, FT_VALUE, FT_USE };                                                                    /* telecom: phone fax email pager url sms other */
enum { FI_VALUE, FI_ASSIGNER, FI_TYPE, FI_ASSIGNER_ID, FI_ASSIGNER_IDTYPE };                             /* ident: ASSIGNER is the namespace (CX.4.1) or URI; TYPE table 0203 */

/* ACTION values */
/* PATIENT:  "" from a registration message (ADT, FHIR Patient): these are the demographics now. mention: the message only named the patient (PID of a result, an order, a document);
 *           it makes a patient known of whom nothing else is, and never overwrites or deletes what a registration message said.
 * IDENTITY: merge (OTHER, and with it whoever is the same person, into the group's id), move-id (the OTHER identifiers alone go to the group's person: A43), move-visit, move-account (from OTHER to the group's id: VISIT/ACCOUNT), change-visit, change-account
 *           (OTHER_VISIT -> VISIT), link, unlink, unmerge, change-id (OTHER becomes the group's id), delete.
 * VISIT:    admit register preadmit transfer discharge update swap leave return class-change track-out track-in
 *           cancel-admit cancel-register cancel-preadmit cancel-transfer cancel-discharge cancel-leave cancel-return cancel-track-out cancel-track-in
 *           pending-admit pending-transfer pending-discharge cancel-pending-admit cancel-pending-transfer cancel-pending-discharge delete consult cancel-consult
 *           mention: as for PATIENT: PV1 of a message that is no visit event. Never moves anybody; without anything else it is where the patient was last heard of.
 * others:   snapshot (one of a full list: the list of this kind, and CATEGORY's code where it has one, replaces), add, update, delete, "" (as the status says).
 * STATUS values
 *   RESULT/REPORT: registered preliminary final corrected amended appended cancelled entered-in-error unknown, results-without-verification = preliminary
 *   MED_ORDER/ORDER: active on-hold cancelled completed stopped entered-in-error draft unknown (FHIR R4 request status)
 *   MED_ADMIN: completed not-done in-progress stopped entered-in-error unknown · DOCUMENT: current superseded entered-in-error preliminary
 *   APPOINTMENT: proposed pending booked arrived fulfilled cancelled noshow entered-in-error · IMMUNIZATION: completed not-done entered-in-error
 *   VISIT: planned arrived in-progress onleave finished cancelled unknown (which moves nobody) */

struct fact_value {
	uint8_t id; /* FF_x */
	struct slice v;
};
struct fact {
	uint8_t kind;
	uint16_t count, cap;
	struct fact_value *values;
	struct fact *next;
};
struct fact_ident {
	struct slice value, assigner, type;
};
#define FACT_IDENTS_MAX 64
/* "The authority that we call `name` is the one that the world calls `id`": one HD with its namespace and its universal id both valued (HL7 v2 2.A.33; DICOM PS3.3 10.14 says in words that the two
 * shall refer to the same entity). Both as they would stand as an assigner, were they alone. It is said of who gives numbers to patients only. */
struct fact_authority {
	struct slice name, id;
};
#define FACT_AUTHORITIES_MAX 32 /* different ones of one message; what is more is a problem */
struct fact_group {
	struct fact_ident id;           /* what the facts hang on for ever; value empty: no patient in it (master files) or none that could be read */
	struct fact_ident *also;        /* the other identifiers sent with it, in order */
	uint16_t also_count;
	bool incomplete;                /* part of the message could not be read: the chart shows it */
	struct fact *first, *last;
	struct fact_group *next;
};
struct facts { /* what one entry's body says */
	struct arena *a;
	struct fact_group *first, *last;
	struct fact_authority *authorities; /* each pair once; not part of any group, and not kept with one */
	uint16_t authority_count;
	struct fact_group **index;      /* private to facts_group: messages with very many patients */
	uint32_t groups, index_size;
	/* of the message */
	struct slice type;              /* "ADT^A01", "ORU^R01", "Bundle/transaction", "Patient" */
	struct slice control_id;
	struct slice feed;              /* who speaks: MSH-3 and MSH-4 joined by "@", or the FHIR channel's name */
	struct slice time;              /* MSH-7 / Bundle.timestamp, ISO text */
	struct slice event_time;        /* EVN-2/6 */
	bool test;                      /* MSH-11 = T or D: training data: stored, shown as such, never mixed with production */
	bool uninterpreted;             /* type not on our list: stored and counted */
	uint32_t problems;              /* values that could not be read */
	bool failed;                    /* arena limit reached: treat as uninterpreted */
};

void facts_init(struct facts *f, struct arena *a);
/* The group of this identifier: the one it has in f already (same value and assigner), or a new one at the end. NULL only when the arena is full; every
 * function below takes a NULL group or fact, sets f->failed and does nothing, so that a reader checks f->failed once at its end. */
struct fact_group *facts_group(struct facts *f, struct fact_ident id);
/* Another identifier of the same patient. What is there already (also as the group's own id) is not added again; past FACT_IDENTS_MAX it is a problem. */
void facts_also(struct facts *f, struct fact_group *g, struct fact_ident id);
void facts_authority(struct facts *f, struct slice name, struct slice id);
struct fact *facts_add(struct facts *f, struct fact_group *g, uint8_t kind);
/* Values: empty slices are not stored. facts_put keeps the slice as it is (it must outlive f or live in its arena). */
void facts_put(struct facts *f, struct fact *t, uint8_t field, struct slice v);
void facts_put_str(struct facts *f, struct fact *t, uint8_t field, const char *s);
/* The parts joined; a part of one slice alone is not copied. A US inside a part becomes a blank. */
void facts_put_parts(struct facts *f, struct fact *t, uint8_t field, const struct slice *parts, size_t n);
/* The same without storing it in a fact: for readers that need the composite twice. Empty when all parts are (or the arena is full). */
struct slice facts_join(struct facts *f, const struct slice *parts, size_t n);
/* UTF-8 text made safe: C0 controls but TAB and LF dropped (CR alone becomes LF), 0x7f dropped; returns s itself when it is clean. */
struct slice facts_text(struct facts *f, struct slice s);

struct slice fact_get(const struct fact *t, uint8_t field);                 /* first value, SLICE_NULL when absent */
struct slice fact_nth(const struct fact *t, uint8_t field, size_t n);
size_t fact_count(const struct fact *t, uint8_t field);                    /* t NULL (there was no room for the fact): 0, and as empty for fact_get and fact_nth */
struct slice fact_part(struct slice composite, unsigned part);              /* part of a composite; SLICE_NULL past the end, and of FACT_NULL, which has none */
bool fact_is_null(struct slice v);
int64_t fact_time_ns(struct slice iso, int default_zone_minutes);           /* INT64_MIN when it is none; the start of the period it names */
/* The time as FHIR R4 dateTime allows it: the longest valid beginning of it (its date, where it has no seconds or no zone). out holds 48 bytes. Empty when it is none. */
struct slice fact_time_fhir(struct slice iso, char out[48]);

/* All of f as text for people and tests: one fact a line, "group kind field=value field=value"; parts joined by ^, FACT_NULL as "". */
void facts_dump(const struct facts *f, struct buf *out);

/* One group as bytes, for the chart's store. Version byte first; valid if and only if decode accepts it. The layout stands in facts_code.c. Every decoded
 * group encodes to the same bytes again. The decoded values are slices of blob, which must outlive ret. */
void facts_encode_group(const struct facts *f, const struct fact_group *g, struct buf *ret);
int facts_decode_group(struct slice blob, struct arena *a, struct facts *ret, struct err *e) MUST; /* ret: one group, message fields filled */

/* ---- items: a fact as the chart folds it, with where it comes from. What pages, FHIR resources, packets and paper are made of. ------------------- */

enum fact_origin { FACT_FED, FACT_CAPTURED, FACT_RESTORED, FACT_PARTNER };          /* told apart at a glance, everywhere */
enum fact_state { FACT_CURRENT, FACT_REPLACED, FACT_DELETED, FACT_IN_ERROR };        /* of an item; the last three are shown as history only */

struct fact_item {
	const struct fact *fact;
	char id[48];               /* stable FHIR id: same ledger, same id */
	uint64_t entry;            /* the ledger entry that said it */
	int64_t received;          /* our receive time of that entry, ns */
	struct slice feed;         /* who said it */
	struct slice source_time;  /* when they say it was said (MSH-7, EVN-2), ISO text; may be empty */
	enum fact_origin origin;
	enum fact_state state;
	bool incomplete;           /* part of that message could not be read */
	bool captured_differs;     /* it was captured here, and the EHR says something else of it: both are shown */
	uint64_t captured;         /* of a fed one: the entry under which it was captured here first; 0: it was not */
	struct fact_item *history; /* what it replaced, newest first */
	struct fact_item *next;
};

#endif
