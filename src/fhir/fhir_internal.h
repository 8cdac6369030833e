/* fhir, inside: the reader's state, data types both ways, code tables. Nothing here leaves the folder. */
#ifndef HOLDFAST_FHIR_INTERNAL_H
#define HOLDFAST_FHIR_INTERNAL_H

#include "fhir.h"

/* What one body may hold. Past a limit the rest is left out and counted in facts.problems; the body itself is in the ledger. */
#define FHIR_ENTRIES_MAX 200000
#define FHIR_BUNDLES_DEEP 4               /* a bundle in a bundle in ... */
#define FHIR_SCRATCH_MAX (UINT64_C(256) << 20) /* the tree of one resource */
#define FHIR_INLINE_MAX (64 * 1024)       /* a document's text kept in the fact itself */
#define FHIR_NOTE_MAX (64 * 1024)         /* one TEXT line */
#define FHIR_GENERIC_MAX (8 * 1024)       /* the narrative of a type that we do not interpret */
#define FHIR_PART_OF_MAX 5                /* Location.partOf: bed, room, ward, building, site */

#define GS 0x1d /* between the pieces of FF_COMPONENT */

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

struct fhir_entry { /* one resource of the body */
	struct slice full_url, type, id, raw;
	struct slice base;        /* the server in full_url ("https://x/fhir"); empty when it is none */
	struct slice method, url; /* request.method and request.url of a transaction */
	struct slice extension;   /* request.extension, as it stands: whose a thing is that is deleted */
	struct slice own;         /* the entry's own extension: FHIR_INSTEAD_OF */
	struct slice bundle_type; /* of a bundle */
	uint32_t scope, parent;   /* which bundle, and the entry that bundle stands in (own index: none) */
	uint32_t number;          /* position in that bundle's entry array */
	bool bundle;              /* a bundle in the bundle: only its entries are read */
	bool walked;              /* its entry array has been */
	bool listed;              /* named by a section of the document's Composition */
	bool named;               /* its id is one that our server looked up: FHIR_INSTEAD_OF */
	bool settled;             /* not read: it was there already, or was refused, or something else says what became of it */
	uint8_t busy;             /* being resolved: a reference that comes back to it is not followed */
	struct fact *fact;        /* what it became */
	struct fact_group *group; /* Patient: its group */
	struct fact_group *owner; /* others: whom they were about */
	struct slice visit;       /* Encounter: the ident of its visit */
	struct slice person;      /* Practitioner, Organization ...: as a person composite */
	bool visit_done, person_done;
	const struct json_node *tree;     /* in aside, when generation is the reader's */
	uint32_t generation;
};

struct fhir_link { /* a report or panel and one of its members, tied when all facts are there */
	uint32_t member;
	struct slice group;
	bool strong; /* a report's claim beats a panel's */
};

struct fhir_reader {
	struct facts *f;
	struct slice text;
	struct slice timestamp, identifier; /* of the outermost bundle; identifier as JSON */
	struct slice sub;                 /* id of the contained resource that is being read */
	struct slice feed_assigner;       /* "urn:fhir:FEED" */
	struct arena *scratch, *aside;    /* the tree of the resource at hand; of those that it refers to */
	uint32_t generation;              /* of aside */
	size_t aside_budget;              /* bytes of other resources that may still be parsed */
	struct fhir_entry *entries;
	uint32_t count, cap;
	uint32_t *by_url, *by_ref;        /* sorted, so that nobody can make collisions */
	struct fhir_entry *at;            /* the resource at hand */
	const struct json_node *resource; /* its tree (references to "#x" look here) */
	struct fact_group *only, *nobody; /* the only patient; the group without one */
	bool document;
	uint32_t patients;
	struct fhir_link *links;
	uint32_t link_count, link_cap;
	uint32_t interpreted, generic;
};

struct fhir_target { /* what a reference leads to; node NULL: not in this body */
	const struct json_node *node;
	struct fhir_entry *entry; /* NULL for contained */
	struct slice type, id;    /* as far as the reference says */
};

/* One or many: R4 says where an array stands, senders do not always. */
static inline const struct json_node *fhir_first(const struct json_node *n)
{
	return !n || n->type == JSON_NULL ? NULL : n->type == JSON_ARR ? n->child : n;
}
static inline const struct json_node *fhir_after(const struct json_node *n, const struct json_node *at)
{
	return n->type == JSON_ARR ? at->next : NULL;
}
#define EACH(var, list) for (const struct json_node *var##_list = (list), *var = fhir_first(var##_list); var; var = fhir_after(var##_list, var))

/* fhir_index.c: the entries of a body, and which of them a reference names */
int fhir_index_body(struct fhir_reader *r, struct err *e) MUST;
struct fhir_target fhir_resolve(struct fhir_reader *r, const struct json_node *reference);
void fhir_aside_next(struct fhir_reader *r); /* between two resources: nobody holds a node of another one */
struct fhir_entry *fhir_find(struct fhir_reader *r, struct slice reference, bool *ret_ambiguous);
bool fhir_split_ref(struct slice reference, struct slice *ret_type, struct slice *ret_id, struct slice *ret_base); /* "[base/]Type/id[/_history/n]" */
const struct json_node *fhir_contained(struct fhir_reader *r, struct slice hash_id);

/* fhir_types.c: data types -> composites. All give SLICE_NULL for what is absent or not of that shape. Results live in the facts' arena or the text. */
struct slice fhir_keep(struct fhir_reader *r, struct slice s);
struct slice fhir_text(struct fhir_reader *r, const struct json_node *n);    /* a primitive as text */
struct slice fhir_field(struct fhir_reader *r, const struct json_node *obj, const char *key);
struct slice fhir_time(struct fhir_reader *r, const struct json_node *n);
struct slice fhir_code(struct fhir_reader *r, const struct json_node *n);    /* CodeableConcept, Coding or a string */
struct slice fhir_code_text(struct fhir_reader *r, const struct json_node *n); /* what a person reads of it */
struct slice fhir_raw_code(const struct json_node *n);                       /* the first coding's code, or the primitive, not cleaned: for tables */
bool fhir_contains(struct slice s, const char *part);                        /* an empty slice contains nothing */
bool fhir_has_code(const struct json_node *concept, const char *system_part, const char *code);
struct slice fhir_identifier(struct fhir_reader *r, const struct json_node *n); /* ident composite */
bool fhir_identifier_parts(struct fhir_reader *r, const struct json_node *n, struct fact_ident *ret);
struct slice fhir_house_name(struct fhir_reader *r, struct slice system); /* Identifier.system as an assigner: of a urn that Holdfast makes of a bare name, the name */
struct slice fhir_name(struct fhir_reader *r, const struct json_node *n);
struct slice fhir_address(struct fhir_reader *r, const struct json_node *n);
struct slice fhir_telecom(struct fhir_reader *r, const struct json_node *n);
struct slice fhir_unit(struct fhir_reader *r, const struct json_node *quantity);
struct slice fhir_quantity_text(struct fhir_reader *r, const struct json_node *quantity);
struct slice fhir_range_text(struct fhir_reader *r, const struct json_node *range);
struct slice fhir_ratio_text(struct fhir_reader *r, const struct json_node *ratio);
struct slice fhir_keep_buf(struct fhir_reader *r, const struct buf *b);       /* trimmed copy */
void fhir_put_code(struct fhir_reader *r, struct fact *t, uint8_t field, const struct json_node *n); /* one or many */
void fhir_put_time(struct fhir_reader *r, struct fact *t, uint8_t field, const struct json_node *n);
void fhir_put_text(struct fhir_reader *r, struct fact *t, uint8_t field, const struct json_node *n);
/* prefix + "DateTime" or "Period" -> start and end fields; "Age" "Range" "String" -> a TEXT line */
void fhir_put_when(struct fhir_reader *r, struct fact *t, uint8_t start, uint8_t end, const struct json_node *obj, const char *prefix);
void fhir_put_line(struct fhir_reader *r, struct fact *t, const char *label, struct slice s); /* a TEXT line "label: s" */
void fhir_put_notes(struct fhir_reader *r, struct fact *t, const struct json_node *notes);     /* Annotation */
const struct json_node *fhir_extension(const struct json_node *obj, const char *url_end);

/* fhir_people.c: references to people, organisations, places */
struct slice fhir_person(struct fhir_reader *r, const struct json_node *reference, struct slice role);
void fhir_put_person(struct fhir_reader *r, struct fact *t, uint8_t field, const struct json_node *references, const char *inner);
struct slice fhir_protection(struct fhir_reader *r, const struct json_node *n); /* of meta.security: what protects it, FACT_NULL when it says that nothing does, empty when it says nothing */
struct slice fhir_location(struct fhir_reader *r, const struct json_node *reference);
struct slice fhir_location_of(struct fhir_reader *r, const struct json_node *location);
struct slice fhir_reference_text(struct fhir_reader *r, const struct json_node *reference);
struct fact_group *fhir_patient_group(struct fhir_reader *r, const struct json_node *reference);
int fhir_read_patients(struct fhir_reader *r); /* every Patient first: others hang on them */
void fhir_read_staff(struct fhir_reader *r, struct fact_group *g, const struct json_node *n);
void fhir_read_place(struct fhir_reader *r, struct fact_group *g, const struct json_node *n);

void fhir_modernise(struct json_node *n); /* fhir_older.c: DSTU2, STU3 and R5 in R4's words, in place */

/* fhir_read.c */
struct slice fhir_item_ident(struct fhir_reader *r, const struct fhir_entry *en);           /* what FF_ID is for it */
struct slice fhir_ref_ident(struct fhir_reader *r, const struct json_node *reference);      /* the same for what a reference names, in this body or not */
bool fhir_in_document(const struct fhir_reader *r, const struct fhir_entry *en);
/* By what id, and in whose world, an entry is known: its server's, its UUID, its document's label, this feed's, or a hash of its bytes. */
void fhir_entry_name(struct fhir_reader *r, const struct fhir_entry *en, struct slice *ret_id, struct slice *ret_assigner);
struct slice fhir_visit_of(struct fhir_reader *r, const struct fhir_entry *en, const struct json_node *encounter);
struct slice fhir_visit_ident(struct fhir_reader *r, const struct json_node *reference);
struct slice fhir_place(struct fhir_reader *r, const char *tail);                           /* "entry.4.resource.content.0" */
struct fact *fhir_fact(struct fhir_reader *r, struct fact_group *g, uint8_t kind);          /* with ID, RESOURCE, SET */
uint32_t fhir_in_order(const struct fhir_reader *r, uint32_t i); /* which entry is to be read as the ith */
void fhir_link_member(struct fhir_reader *r, const struct json_node *reference, struct slice group, bool strong);
/* "no known ..." codes and texts become a SECTION fact; true: it was one. */
bool fhir_said_nothing(struct fhir_reader *r, struct fact_group *g, const char *category, const struct json_node *concept, bool in_error);
void fhir_put_section(struct fhir_reader *r, struct fact_group *g, const char *category, const char *status, struct slice code);

typedef void fhir_read_fn(struct fhir_reader *r, struct fact_group *g, const struct json_node *n);
fhir_read_fn fhir_read_allergy, fhir_read_condition, fhir_read_immunization, fhir_read_procedure, fhir_read_flag, fhir_read_consent, fhir_read_medication_request,
	fhir_read_medication_statement, fhir_read_administration, fhir_read_dispense, fhir_read_observation, fhir_read_report, fhir_read_document, fhir_read_binary, fhir_read_composition,
	fhir_read_encounter, fhir_read_appointment, fhir_read_service_request, fhir_read_care_team, fhir_read_related, fhir_read_coverage, fhir_read_generic;

/* fhir_xhtml.c */
void fhir_xhtml_text(struct buf *out, struct slice xhtml); /* what a person reads of a narrative */

/* ---- codes (fhir_codes.c) ------------------------------------------------------------------------------------------------ */

struct fhir_pair {
	const char *from, *to;
};
const char *fhir_map(const struct fhir_pair *map, size_t n, struct slice from); /* NULL: not there */
#define FHIR_MAP(map, s) fhir_map(map, ARRAY_LEN(map), s)
/* Is s one of the blank-separated words? Then that word (static), else NULL. */
const char *fhir_word(const char *words, struct slice s);
/* A code system as sent (LN, SCT, HL70001, an OID, a URI) as the URI that FHIR uses. Returns a static string or text put in b; NULL: none. */
const char *fhir_system_uri(struct slice system, struct buf *b);
const char *fhir_assigner_uri(struct slice assigner, struct slice id, struct slice idtype, struct slice type, struct buf *b);
/* What "no known ..." codes say of a section: "none", "unknown" or NULL. */
const char *fhir_no_known(const char *category, struct slice system, struct slice code);
const char *fhir_no_known_text(const char *category, struct slice text);

/* ---- writing ------------------------------------------------------------------------------------------------------------- */

struct fhir_doc { /* a resource inside a document: self-contained, with what IPS asks for beyond R4 */
	const char *origin;
	bool urns; /* references are urn:uuid, because there is no server whose URLs they could be */
};
struct fhir_out {
	struct jsonw *w;
	const struct fhir_person *p;
	const struct fact_item *it;
	const struct fact *t;
	const struct fhir_options *o;
	const struct fhir_doc *doc; /* NULL: not inside a document */
	struct slice said; /* a TEXT value that is written in a place of its own, and is no note then */
};

enum fhir_time_kind { FHIR_DATE, FHIR_DATETIME, FHIR_INSTANT };

/* fhir_out.c: composites -> data types. Each writes key and value, and returns false (nothing written) when there is nothing to write. */
bool fhir_out_code(struct fhir_out *x, const char *key, struct slice code);
void fhir_out_concept(struct jsonw *w, struct slice code); /* the value alone */
bool fhir_out_codes(struct fhir_out *x, const char *key, uint8_t field);
void fhir_out_fixed(struct jsonw *w, const char *key, const char *system, const char *code, const char *display); /* a CodeableConcept of one coding */
bool fhir_out_time(struct fhir_out *x, const char *key, struct slice iso, enum fhir_time_kind kind);
bool fhir_out_period(struct fhir_out *x, const char *key, struct slice start, struct slice end);
bool fhir_out_when(struct fhir_out *x, const char *prefix, struct slice start, struct slice end); /* prefixDateTime or prefixPeriod */
bool fhir_decimal(struct slice written, struct buf *out); /* as a JSON number, digits as written */
bool fhir_out_quantity(struct fhir_out *x, const char *key, struct slice value, struct slice unit, struct slice comparator);
void fhir_out_quantity_body(struct fhir_out *x, struct slice value, struct slice unit, struct slice comparator);
void fhir_out_ident(struct jsonw *w, struct slice ident); /* the value alone */
void fhir_out_ident_parts(struct jsonw *w, struct slice value, struct slice assigner, struct slice type, struct slice id, struct slice idtype);
bool fhir_out_idents(struct fhir_out *x);                 /* "identifier": [ID*, PLACER, FILLER] */
bool fhir_out_person(struct fhir_out *x, const char *key, struct slice person, const char *type);
void fhir_out_person_value(struct jsonw *w, struct slice person, const char *type);
bool fhir_out_name_value(struct jsonw *w, struct slice name);
bool fhir_out_address_value(struct jsonw *w, struct slice address);
bool fhir_out_telecom_value(struct jsonw *w, struct slice telecom);
bool fhir_out_list(struct fhir_out *x, const char *key, uint8_t field, bool (*value)(struct jsonw *, struct slice));
void fhir_out_notes(struct fhir_out *x);                 /* "note": the TEXT lines */
void fhir_out_notes_and(struct fhir_out *x, const uint8_t *fields, const char *const *labels, size_t count); /* and "label: value" of these fields */
bool fhir_out_string(struct fhir_out *x, const char *key, struct slice s);
void fhir_out_subject(struct fhir_out *x, const char *key);
bool fhir_out_encounter(struct fhir_out *x, const char *key);
bool fhir_out_request_ref(struct fhir_out *x, const char *key, uint8_t kind, const char *type, bool array);
void fhir_out_absent(struct jsonw *w, const char *reason); /* {"extension":[data-absent-reason]} */
void fhir_out_head(struct fhir_out *x, const char *type);  /* resourceType, id, meta */
void fhir_out_id(struct jsonw *w, const char *id);
void fhir_out_reference(struct jsonw *w, const struct fhir_doc *doc, const char *type, const char *id); /* "reference": ... */
struct slice fhir_person_text(struct slice person, struct buf *b);
struct slice fhir_location_text(struct slice location, struct buf *b);
struct slice fhir_name_text(struct slice name, struct buf *b);
struct slice fhir_shown(struct slice code); /* of a code composite, what a person reads */
struct slice fhir_value(const struct fact *t, uint8_t field); /* fact_get, but FACT_NULL is nothing */
bool fhir_is_blank(struct slice s);
void fhir_urn(struct buf *b, const char *prefix, struct slice name); /* prefix + name, url-encoded */
void fhir_uuid(struct buf *b, const char *salt, struct slice a, struct slice c); /* urn:uuid: a name-based version 8 UUID */
struct slice fhir_content_hash(struct slice raw, char out[33]);

typedef void fhir_write_fn(struct fhir_out *x);
fhir_write_fn fhir_write_allergy, fhir_write_condition, fhir_write_immunization, fhir_write_procedure, fhir_write_flag, fhir_write_medication_request, fhir_write_medication_statement,
	fhir_write_administration, fhir_write_dispense, fhir_write_observation, fhir_write_report, fhir_write_document, fhir_write_encounter, fhir_write_appointment, fhir_write_service_request,
	fhir_write_care_team, fhir_write_related, fhir_write_coverage, fhir_write_basic, fhir_write_practitioner, fhir_write_location, fhir_write_list;
void fhir_write_patient_with(struct jsonw *w, const struct fhir_person *p, const struct fhir_options *o, const struct fact_item *contacts, const struct fhir_doc *doc);
bool fhir_write_item_with(struct jsonw *w, const struct fhir_person *p, const struct fact_item *it, const struct fhir_options *o, const struct fhir_doc *doc);
/* The body of a resource that says "none known" or "no information" of allergies, problems, medications, immunizations or procedures. said: the sender's own code for it. */
void fhir_write_absent_body(struct fhir_out *x, const char *category, bool known_none, struct slice said);
void fhir_out_location(struct fhir_out *x, const char *key, struct slice location); /* a reference by display */

/* fhir_narrative.c: what a person reads of a section, as XHTML */
void fhir_narrative(struct buf *out, const char *category, const struct fhir_section *s);

#endif
