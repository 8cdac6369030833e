/* JSON's readers: files of values (extract_json.c), FHIR bundles (extract_bundle.c), FHIR resources (extract_fhir.c). */
#ifndef HOLDFAST_EXTRACT_JSON_H
#define HOLDFAST_EXTRACT_JSON_H

#include "extract_internal.h"

#define EXTRACT_JSON_PATH 160

struct json_reader {
	const struct extract_out *o;
	struct slice file;
	struct arena *a;      /* of the value that is read; reset between them */
	struct err *e;
	char path[EXTRACT_JSON_PATH]; /* where we are: "Patient.name.family" */
	size_t path_n;
};
/* Appends ".key"; the length to put back afterwards. What is too long is cut. */
size_t extract_json_enter(struct json_reader *x, struct slice key);
uint64_t extract_json_place(const struct json_reader *x, const struct json_node *n); /* where its value stands in the file */
/* A leaf as a field, or as text where it is some; TRUE, FALSE and NULL are nothing. */
int extract_json_tell(struct json_reader *x, int role, int who, const struct json_node *leaf) MUST;

int extract_json_record(struct json_reader *x, const struct json_node *value) MUST;   /* one value that is no FHIR resource */
int extract_fhir_resource(struct json_reader *x, const struct json_node *r) MUST;     /* without its RECORD */
int extract_fhir_bundle(struct json_reader *x, struct slice bundle) MUST;
/* *ret: the tree of one value, in x->a; 1: it is too large or no JSON, which was told, and its text, too. */
int extract_json_tree(struct json_reader *x, struct slice value, struct json_node **ret) MUST;

#endif
