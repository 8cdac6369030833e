/* A group of facts as the chart stores it, with any values in any fields (facts_decode_group takes all of them): every item can be written, in and out of
 * a document, and is JSON by FHIR's rules. */
#include "../tests/fhir/json_rules.h"
#include "fhir.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct facts f;
	struct err e;
	facts_init(&f, a);
	if (size < 65536 && facts_decode_group(slice_of(data, size), a, &f, &e) == 0) {
		struct buf b;
		struct jsonw w;
		buf_init(&b, (size_t)16 << 20);
		unsigned number = 0;
		for (const struct fact *t = f.first->first; t; t = t->next) {
			struct fact_item it = {.fact = t, .entry = number, .received = TIME_SEC * number, .feed = f.feed, .source_time = f.time, .origin = number % 4, .state = number / 4 % 4, .incomplete = number & 1};
			snprintf(it.id, sizeof it.id, "f%u", number++);
			struct fhir_person who = {.id = "p1", .idents = &f.first->id, .ident_count = 1, .demographics = t->kind == FACT_PATIENT ? &it : NULL};
			struct fhir_options o = {.zone_minutes = (int)(number * 37 % 1700) - 850};
			struct fhir_section one = {.state = FHIR_LIST, .items = &it, .as_of = 1};
			struct fhir_summary s = {.person = who, .allergies = one, .results = one, .medications = one, .contacts = one, .encounters = one};
			for (int round = 0; round < 2; round++) {
				buf_reset(&b);
				jsonw_init(&w, &b);
				if (round == 0 && !fhir_write_item(&w, &who, &it, &o))
					continue;
				if (round == 1)
					fhir_write_ips(&w, &s, &o);
				jsonw_done(&w);
				struct arena *j = arena_new((size_t)64 << 20);
				struct json_node *n;
				if (buf_ok(&b) && (json_tree(buf_slice(&b), j, &n, &e) != 0 || json_rule_broken(n)))
					__builtin_trap();
				arena_free(j);
			}
			if (number > 64)
				break;
		}
		buf_done(&b);
	}
	arena_free(a);
	return 0;
}
