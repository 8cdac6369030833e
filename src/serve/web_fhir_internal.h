/* The FHIR API's inside: a search as it was asked, what was found, and who writes it. The files: web_fhir.c routes, web_fhir_take.c takes bundles and lines in, web_fhir_plan.c looks up what their entries mean, web_fhir_change.c and web_fhir_patch.c change by address, web_fhir_links.c knows what an identifier names, web_fhir_search.c asks, web_fhir_match.c compares a written resource with
 * a parameter, web_fhir_bundle.c pages and sorts, web_fhir_read.c reads one thing and runs the operations. */
#ifndef HOLDFAST_WEB_FHIR_INTERNAL_H
#define HOLDFAST_WEB_FHIR_INTERNAL_H

#include "web_internal.h"

#define COUNT_DEFAULT 50
#define COUNT_MAX 1000
#define SCAN_PERSONS 400 /* looked through for one page of a search without a patient */

#define PARAMS_MAX 32
#define SORT_MAX 4
#define INCLUDES_MAX 8
struct param {
	const char *name, *modifier, *value, *type; /* value as it came, with its escapes; type "token", "date" ... */
	int zone_minutes;                           /* of the site: for dates without one */
	bool chosen;                                /* who it names was found by chart_patient: nothing to compare */
};
struct given { /* for the links: what was taken, as it was written */
	const char *name, *value;
};
struct query {
	struct web_request *q;
	const struct fhir_type_info *info;
	struct param p[PARAMS_MAX];
	size_t n;
	struct param who[PARAMS_MAX]; /* of the patient: patient.identifier=..., as parameters of Patient */
	size_t who_n;
	struct given given[2 * PARAMS_MAX];
	size_t given_n;
	uint64_t count, offset, cursor;
	const char *sort, *patient, *elements, *since, *types;
	const char *include[INCLUDES_MAX]; /* parameters whose references are followed, besides the patient's */
	size_t include_n;
	bool summary_count, include_patient, strict, bad, counted;
};

struct hit {
	struct slice json;
	const struct chart_patient *person; /* for _include */
	int64_t sort;
	struct slice sort_text;
	size_t order;
	const char *mode;
};
struct hits {
	struct hit *v;
	size_t n, cap;
};

struct web_fhir_place { /* where a search parameter looks: the first path that is there counts, several are alternatives */
	const char *name, *paths[8];
};
extern const struct web_fhir_place web_fhir_places[];
extern const size_t web_fhir_place_count;

bool web_fhir_follows(const struct fhir_type_info *info, const char *name); /* _include=TYPE:NAME leads to what is served here */
struct web_links; /* which item an identifier names, of one patient */
struct web_links *web_fhir_links(struct web_request *q, const struct chart_patient *p, struct fhir_links *ret); /* NULL: no memory; the references are then made by identifier */
bool web_fhir_modifier_ok(const struct param *p);
bool web_fhir_value_ok(const struct param *p, int zone_minutes);
/* The next of "a,b\\,c": unescaped, in the arena. false: no more */
bool web_fhir_alternative(struct arena *a, struct slice *rest, struct slice *ret);
const char *web_fhir_strip(const char *reference); /* what stands after the last slash */
bool web_fhir_add_items(struct web_request *q, const struct chart_patient *p, const char *type, const struct query *x, int64_t since, struct hits *h);
bool web_fhir_add_patient(struct web_request *q, const struct chart_patient *p, const struct query *x, const char *mode, struct hits *h);
bool web_fhir_hit(struct web_request *q, struct hits *h, struct hit hit);
bool web_fhir_matches(const struct query *x, const struct json_node *res);
bool web_fhir_may_open(struct web_request *q, const struct chart_patient *p);
bool web_fhir_note(struct web_request *q, const char *patient, struct chart_moment at);
bool web_fhir_query(struct web_request *q, const struct fhir_type_info *info, struct query *x);
const struct fhir_type_info *web_fhir_type(const char *type, size_t n);
struct chart *web_fhir_chart(struct web_request *q, struct chart_moment *ret);
struct fhir_options web_fhir_options(struct web_request *q, char *base, size_t size);
struct fhir_person web_fhir_person(struct web_request *q, const struct chart_patient *p);
struct slice web_fhir_written(struct web_request *q, struct buf *b);
void web_fhir_answer(struct query *x, const char *below, struct chart_moment at, struct hits *h, uint64_t total, uint64_t next_cursor);
bool web_fhir_store(struct web_request *q, struct keeper_stored *ret); /* the body; false: answered */
/* web_fhir_change.c */
int web_fhir_find(struct web_request *q, const char *type, const char *id, struct chart_moment at, struct chart_patient **ret_p, const struct fact_item **ret_it, struct err *e) MUST; /* by our id, or by the sender's */
typedef const char *web_fhir_patient_fn(void *arg, struct slice ref, bool *ret_many);
const char *web_fhir_whose(struct web_request *q, const struct json_node *res, struct chart_moment at, web_fhir_patient_fn *elsewhere, void *arg, bool *ret_many);
bool web_fhir_same_address(struct web_request *q, const char *type, const char *id, const struct json_node *res); /* false: answered, and so the others */
bool web_fhir_same_thing(struct web_request *q, const char *type, struct slice id, const char *found);
bool web_fhir_may_update(struct web_request *q, const char *type, const char *id, const struct json_node *res, const char *whose, uint64_t *ret_version);
bool web_fhir_version_matches(struct web_request *q, struct slice have, uint64_t version);
bool web_fhir_stands(struct web_request *q, const char *type, const char *id, struct chart_moment at, uint64_t entry); /* what the chart has of it now is what this entry said */
bool web_fhir_look_again(struct web_request *q, struct chart_moment *ret); /* the chart after what was just stored */
void web_fhir_show_changed(struct web_request *q, const char *type, const char *id, struct chart_moment at, bool applied);
const char *web_fhir_why_kept(const char *type); /* of what is never deleted */
bool web_fhir_deletable(struct web_request *q, const char *type, const char *id, struct chart_moment at, const char **ret_item, const char **ret_patient, bool *ret_gone, struct err *e);
/* How many answer to a condition (two are several), and the one's id. patient: ours, whose it would be; "": of nobody who is here, so none; NULL: not known, everybody's. false: answered */
bool web_fhir_count(struct web_request *q, struct slice type, struct slice criteria, const char *patient, size_t *ret, char *ret_id, size_t size);
size_t web_fhir_people_with(struct web_request *q, struct chart_moment at, const char *identifier, const char **ret_id); /* "system|value": the persons with that very number */
const char *web_fhir_decoded(struct arena *a, struct slice s); /* percent-encoding undone */
void web_fhir_create(struct web_request *q, const char *type);
void web_fhir_update_where(struct web_request *q, const char *type, const char *criteria);
void web_fhir_delete_where(struct web_request *q, const char *type, const char *criteria);
/* web_fhir_patch.c */
struct web_fhir_patched {
	const char *id;     /* ours */
	struct slice after; /* p NULL: it is so already */
	uint64_t version;   /* of what it was applied to */
};
bool web_fhir_patched(struct web_request *q, const char *type, const char *id, struct slice patch, struct slice if_match, struct web_fhir_patched *ret);
void web_fhir_put_patched(struct buf *b, const char *type, const struct web_fhir_patched *x, struct slice patch);
bool web_fhir_is_patch(struct web_request *q, struct slice content_type);
void web_fhir_patch(struct web_request *q, const char *type, const char *id);
void web_fhir_patch_where(struct web_request *q, const char *type, const char *criteria);
/* web_fhir_plan.c: turns of those who look and then store, and what the entries of a bundle mean */
bool web_fhir_turn(struct web_request *q); /* false: answered */
void web_fhir_turn_said(struct web_request *q, const struct keeper_stored *st);
void web_fhir_turn_over(struct web_request *q);
enum web_fhir_does { WEB_FHIR_CREATE, WEB_FHIR_THERE, WEB_FHIR_UPDATE, WEB_FHIR_PATCH, WEB_FHIR_DELETE, WEB_FHIR_ASK, WEB_FHIR_REFUSED };
struct web_fhir_entry { /* what one entry means */
	enum web_fhir_does does;
	bool says;             /* has to be written down with the body */
	bool looked, unlooked; /* id was found by a search; its ifNoneExist was not looked at */
	bool existed, gone;
	const char *type, *id, *item, *patient; /* item: our id of what is deleted, whose patient is; NULL: nobody here has it */
	uint64_t version;
	struct slice criteria, none, patch, outcome;
	struct web_fhir_patched patched;
	int status;            /* refused: with this, and outcome */
};
struct web_fhir_plan {
	struct web_fhir_entry *v;
	size_t n;
	bool says, stores; /* something has to be written down beside; something has to be stored at all */
};
struct web_fhir_plan *web_fhir_plan(struct web_request *q, const struct json_node *entries, bool transaction); /* NULL: answered */
bool web_fhir_with_plan(struct web_request *q, const struct json_node *entries, const struct web_fhir_plan *plan, bool again, struct slice *ret);
bool web_fhir_prefers(struct web_request *q); /* true: out is what Prefer: return= asks for instead of the resource */
void web_fhir_begin_deletions(struct buf *b);
void web_fhir_put_deletion(struct buf *b, const char *type, const char *item, const char *patient);
void web_fhir_update(struct web_request *q, const char *type, const char *id);
void web_fhir_delete(struct web_request *q, const char *type, const char *id);
void web_fhir_read_version(struct web_request *q, const char *type, const char *id, const char *version);
void web_fhir_history(struct web_request *q, const char *type, const char *id);
void web_fhir_take(struct web_request *q);  /* a bundle or a resource at /fhir */
void web_fhir_lines(struct web_request *q); /* NDJSON */
bool web_fhir_may_audit(struct web_request *q);
void web_fhir_read_audit(struct web_request *q, const char *id);
void web_fhir_binary(struct web_request *q, const char *id);
void web_fhir_bundle(struct query *x, const char *below, struct chart_moment at, const struct hits *h, size_t from, size_t to, uint64_t total, uint64_t next_cursor);
void web_fhir_everything(struct web_request *q, const char *id);
void web_fhir_ok(struct web_request *q, int status);
void web_fhir_read_item(struct web_request *q, const char *type, const char *id);
void web_fhir_read_patient(struct web_request *q, const char *id);
void web_fhir_search(struct web_request *q, const struct fhir_type_info *info);
void web_fhir_summary(struct web_request *q, const char *id);
void web_fhir_too_large(struct web_request *q);

void web_fhir_version(struct web_request *q, uint64_t entry, int64_t received); /* ETag and Last-Modified */

#endif
