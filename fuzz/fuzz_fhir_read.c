/* Any bytes -> fhir_facts; whatever comes out is written again, as items and as an IPS document, and what was written is JSON by FHIR's rules. */
#include "../tests/fhir/json_rules.h"
#include "../tests/fhir/naive.h"

static void check(struct slice json, struct arena *a)
{
	struct json_node *n;
	struct err e;
	if (json_tree(json, a, &n, &e) != 0 || json_rule_broken(n))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct naive_person persons[64];
	if (size > 65536)
		return 0;
	struct arena *a = arena_new((size_t)64 << 20), *j = arena_new((size_t)64 << 20);
	struct slice text = slice_of(data, size), rest = text;
	struct facts f;
	struct err e;
	facts_init(&f, a);
	(void)fhir_looks_like(text);
	if (fhir_looks_like_ndjson(text))
		while (fhir_ndjson_next(&rest).n)
			;
	if (fhir_facts(text, "fuzz", &f, &e) == 0 && !f.failed && f.groups < 32) {
		struct naive n = {.a = a, .persons = persons, .entry = 1};
		memset(persons, 0, sizeof persons);
		naive_apply(&n, &f);
		struct buf b, doc;
		struct jsonw w;
		buf_init(&b, (size_t)32 << 20);
		buf_init(&doc, (size_t)1 << 20);
		for (size_t i = 0; i < n.count; i++) {
			struct fhir_person who = naive_who(&persons[i]);
			struct fhir_options o = {.zone_minutes = -210, .base = i % 2 ? "http://x/fhir" : NULL};
			for (const struct fact_item *it = persons[i].first; it; it = it->next) {
				struct slice place = fact_get(it->fact, FF_CONTENT_PLACE);
				if (place.n && fhir_document(text, place, &doc, &e) != 0 && e.code == ERR_NOT_FOUND)
					__builtin_trap(); /* a place that we gave leads somewhere */
				buf_reset(&doc);
				buf_reset(&b);
				jsonw_init(&w, &b);
				if (!fhir_write_item(&w, &who, it, &o))
					continue;
				jsonw_done(&w);
				arena_reset(j);
				if (buf_ok(&b))
					check(buf_slice(&b), j);
			}
			struct fhir_summary s = naive_summary(&n, &persons[i]);
			buf_reset(&b);
			jsonw_init(&w, &b);
			fhir_write_ips(&w, &s, &o);
			jsonw_done(&w);
			arena_reset(j);
			if (buf_ok(&b))
				check(buf_slice(&b), j);
		}
		buf_done(&doc);
		buf_done(&b);
	}
	arena_free(j);
	arena_free(a);
	return 0;
}
