/* What JSON FHIR forbids whatever the type (R4 2.6.2): an empty object, array or string, and null outside of arrays of primitives. */
#ifndef TESTS_FHIR_JSON_RULES_H
#define TESTS_FHIR_JSON_RULES_H

#include "base.h"

static inline const char *json_rule_broken(const struct json_node *n)
{
	/* an explicit stack: the tree is as deep as JSON_DEPTH_MAX */
	const struct json_node *stack[JSON_DEPTH_MAX + 1];
	size_t depth = 0;
	for (;;) {
		if ((n->type == JSON_OBJ || n->type == JSON_ARR) && !n->child)
			return n->type == JSON_OBJ ? "an empty object" : "an empty array";
		if (n->type == JSON_STR && slice_trim(n->value).n == 0)
			return "an empty string";
		if (n->type == JSON_NULL)
			return "a null";
		if (n->child) {
			if (depth > JSON_DEPTH_MAX)
				return "too deep";
			stack[depth++] = n;
			n = n->child;
			continue;
		}
		while (!n->next) {
			if (depth == 0)
				return NULL;
			n = stack[--depth];
			if (depth == 0)
				return NULL;
		}
		n = n->next;
	}
}

#endif
