/* fhir: FHIR R4 (4.0.1) JSON, pure: resources and bundles -> facts, items -> resources, and the IPS document.
 *
 * Reading keeps numbers as written, tolerates a BOM, resolves references inside a bundle (fullUrl, urn:uuid, relative, contained), and never fails on content that is JSON: what it
 * does not interpret becomes FACT_GENERIC and is counted. Writing gives resources that pass the R4 structure rules: dateTime with zone and seconds where R4 demands them
 * (zone_minutes is used when the sender gave none, and the original text is kept in an extension), required fields always there, codes from required value sets mapped.
 */
#ifndef HOLDFAST_FHIR_H
#define HOLDFAST_FHIR_H

#include "base.h"
#include "facts.h"

#define FHIR_READER_VERSION 2 /* 2: identifiers of all that has some; entries that are named by others */
#define FHIR_BODY_MAX (UINT64_C(64) << 20)
#define FHIR_WHOSE "urn:holdfast:fhir:whose" /* extension of Bundle.entry.request: the patient of what is deleted, a Reference */
/* extension of Bundle.entry: valueUnsignedInt is the position of another entry of the bundle, of which this one says what it means (our server looked it up before it wrote both down).
 * request PUT without a resource: that entry's resource is the one of request.url. GET: it was not made, because request.url is there. DELETE, and PUT with a resource: this, instead of it.
 * No request: nothing became of it. */
#define FHIR_INSTEAD_OF "urn:holdfast:fhir:instead-of"
#define FHIR_PATCHED "urn:holdfast:fhir:patch" /* extension of Bundle.entry.request: the JSON Patch, as it was sent, that made the resource: an Attachment */

/* ---- in -------------------------------------------------------------------------------------------------------------- */

bool fhir_looks_like(struct slice text); /* a JSON object with resourceType near its start */
/* A resource or a bundle of any type (transaction, batch, document, searchset, collection, a searchset wrapping a document). ERR_INPUT: not JSON, or no resourceType.
 * Patients are grouped by their first identifier of type MR, else the first identifier (value + system), else by the logical id and the server in fullUrl, or "urn:fhir:FEED" where none stands there.
 * also = the others; the logical id is one of them, except in documents, where it is a label and not a number of anybody. Past a limit: 0, and ret->failed.
 * feed: the channel's name (goes into facts.feed and into identifiers that have no system). What each resource becomes stands in doc/fhir.md. */
int fhir_facts(struct slice text, const char *feed, struct facts *ret, struct err *e) MUST;
/* NDJSON: cut into lines; each is a resource of its own. Blank lines are passed over; empty with p == NULL: no more. */
struct slice fhir_ndjson_next(struct slice *rest);
bool fhir_looks_like_ndjson(struct slice text); /* the first two lines are objects of their own, the first a resource */
/* The bytes of a document inside a body (FF_CONTENT_PLACE), decoded from base64; a place that is a resource gives that resource's JSON as it stands. ERR_NOT_FOUND, ERR_INPUT, ERR_LIMIT. */
int fhir_document(struct slice text, struct slice place, struct buf *ret, struct err *e) MUST;

/* A resource after a JSON Patch (RFC 6902), added to ret; all operations or none. What they do not touch stays as it stood, byte for byte. ERR_INPUT: no JSON, or no patch. ERR_NOT_FOUND: a path leads to nothing.
 * ERR_NO: a test of it fails. ERR_LIMIT: more than 1000 operations, or too large or deep what they make. */
int fhir_patch(struct slice resource, struct slice patch, struct buf *ret, struct err *e) MUST;

/* ---- out ------------------------------------------------------------------------------------------------------------- */

struct fhir_person { /* the patient a resource is about, as the chart knows it */
	const char *id;                       /* our Patient id */
	const struct fact_ident *idents;      /* all, current first */
	size_t ident_count;
	const struct fact_item *demographics; /* folded PATIENT fact; NULL: only identifiers are known */
	const char *replaced_by;              /* set when this id was merged away: Patient.link replaced-by, active false */
	const char *const *replaces;          /* ids merged into this one */
	size_t replaces_count;
};
/* What only the chart knows: which item an identifier names. NULL where nobody can tell: references are then made by identifier, which is valid and loses nothing. */
struct fhir_links {
	void *arg;
	/* The id (fact_item.id) of this patient's item of that kind which has this ident composite as FF_VISIT (FACT_VISIT) or FF_ID, FF_PLACER or FF_FILLER (the others); NULL: none. */
	const char *(*id_of)(void *arg, uint8_t kind, struct slice ident);
	/* The ids of the RESULT items whose FF_GROUP is this report's FF_ID: at most max; returns how many. May be NULL. */
	size_t (*members)(void *arg, const struct fact_item *report, const char **ret, size_t max);
};
struct fhir_options {
	int zone_minutes;
	const char *base;      /* "https://host:port/fhir" for fullUrls; NULL: relative, and urn:uuid in documents */
	int64_t last_updated;  /* of the person: Patient.meta.lastUpdated is the later of this and the demographics' receive time; 0: none */
	const struct fhir_links *links; /* may be NULL */
};

/* The resource type an item becomes ("Observation"); NULL when none. */
const char *fhir_type(const struct fact_item *it);
void fhir_write_patient(struct jsonw *w, const struct fhir_person *p, const struct fhir_options *o);
/* One resource with meta (versionId = entry, lastUpdated = received, source = "urn:holdfast:feed:NAME#entry", tag origin and state), id, subject. Writes nothing and returns false when fhir_type is NULL.
 * p may be NULL for what is about no patient (STAFF, LOCATION). A PATIENT item is written as fhir_write_patient writes it. */
bool fhir_write_item(struct jsonw *w, const struct fhir_person *p, const struct fact_item *it, const struct fhir_options *o);

/* A recording that was read, for another FHIR server: a transaction of a DiagnosticReport and an Observation with the measurements as components, each a conditional update by our number of the recording, so that the same again,
 * and a later version, meet what stands there. Its subject is a conditional reference by the patient's first identifier: a server that does not know the patient, or knows two, refuses the whole. Deterministic for the same input. */
struct fhir_ecg {
	const char *origin;            /* of our ledger: identifiers are "urn:holdfast:ecg:ORIGIN" and the number */
	uint64_t number;
	struct slice control_id;       /* Bundle.identifier */
	const uint8_t *uuid;           /* 16 bytes of the caller's that make the fullUrls */
	int64_t time, signed_at;
	struct fact_ident patient;
	struct slice patient_system;   /* how that server names the patient's assigner; empty: as we do (doc/fhir.md) */
	const char *status;            /* "final", "corrected", "entered-in-error" */
	const struct fact *ecg, *result; /* FACT_ECG; FACT_RESULT, may be NULL */
	struct slice signer, pdf;
};
int fhir_ecg_bundle(const struct fhir_ecg *g, const struct fhir_options *o, struct buf *ret, struct err *e) MUST; /* ERR_INPUT: no identifier with an assigner */

enum fhir_section_state { FHIR_LIST, FHIR_STATED_NONE, FHIR_NOT_RECEIVED };
struct fhir_section {
	enum fhir_section_state state;
	const struct fact_item *items; /* linked by next; state FACT_CURRENT ones are shown */
	int64_t as_of;                 /* newest receive time; 0: never */
};
struct fhir_summary { /* what an IPS is made of */
	struct fhir_person person;
	struct fhir_section allergies, problems, medications, results, vitals, immunizations, procedures, documents, care_team, contacts, encounters, flags;
	uint64_t entry;        /* as of this entry */
	int64_t time;          /* ... and time */
	const char *site_name; /* Composition.author / custodian */
	const char *checkpoint_origin;
};
/* IPS document Bundle (hl7.org/fhir/uv/ips, 2.0.0 / 1.1.0 compatible): Composition 60591-5 first, the three required sections always there with emptyReason or absent/unknown codes, narratives (div),
 * every referenced resource in the bundle, Bundle.identifier and timestamp. Deterministic for the same input. */
void fhir_write_ips(struct jsonw *w, const struct fhir_summary *s, const struct fhir_options *o);
void fhir_write_outcome(struct jsonw *w, const char *severity, const char *code, const char *text); /* OperationOutcome */
struct fhir_search_param { const char *name, *type; };
struct fhir_type_info { const char *type; const struct fhir_search_param *params; size_t count; };
extern const struct fhir_type_info fhir_types[]; /* what we serve; the search layer and the CapabilityStatement share it */
extern const size_t fhir_type_count;
bool fhir_deletes(const char *type); /* may one be deleted by its address? Not a person, a visit, a document's bytes, the record of who looked */
void fhir_write_capability(struct jsonw *w, const char *base, const char *name, const char *version, int64_t date); /* instantiates the IPS server statement */
struct fhir_audit { /* AuditEvent of a view, print, sign-in, break-glass (BALP / ATNA codes) */
	const char *id;
	int64_t time;
	const char *what;      /* "view" "print" "search" "export" "login" "login-failed" "logout" "break-glass" "raw" */
	const char *user, *role, *patient_id, *reason, *address, *site, *query;
	uint64_t as_of_entry;  /* what view was shown: its head; UINT64_MAX: now without number */
	bool ok;
};
void fhir_write_audit(struct jsonw *w, const struct fhir_audit *a);
/* Narrative-safe text: escapes & < > " for XHTML. */
void fhir_xhtml(struct buf *out, struct slice text);

#endif
