/* What the files of the isolation plan share. */
#ifndef HOLDFAST_GATE_PLAN_INTERNAL_H
#define HOLDFAST_GATE_PLAN_INTERNAL_H

#include "exposure_internal.h"

struct member {
	const struct gate_risk *risk;
	struct member *next;
};
struct item { /* a line of text in a list */
	struct slice s;
	struct slice reason;
	uint32_t line;
	struct item *next;
};
struct group {
	struct slice name;
	bool island, island_said, holdfast, administrators;
	const char *why;
	struct item *prefixes, *names, *links, *talks;
	struct member *hosts;
	size_t hosts_n;
};
struct prefix {
	uint8_t address[16];
	unsigned bits;
	uint16_t group;
	struct slice text;
	uint32_t line;
};
struct check {
	bool error;
	const char *what, *text;
	struct check *next;
};
struct gate_plan {
	struct arena *a;
	const char *file;
	struct group group[GATE_GROUPS_MAX];
	size_t n;
	struct prefix *prefix;
	size_t prefixes;
	struct check *checks, *checks_last;
	size_t checks_n, checks_more, errors;
	struct member *ungrouped;
	size_t ungrouped_n;
	uint8_t talk[GATE_GROUPS_MAX][GATE_GROUPS_MAX / 8];
	bool from_inventory;
};

bool plan_talk(const struct gate_plan *p, size_t a, size_t b); /* a group talks within itself */

const struct prefix *plan_longest(const struct gate_plan *p, const uint8_t address[16], unsigned shorter_than); /* that holds it; NULL: none */

#endif
