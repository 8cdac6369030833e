/* Evidence in JSON of any kind: one object a line, objects one after the other, or an array of them. Each object is asked of every kind whether it is theirs. */
#include "evidence_internal.h"

static int each(struct evidence *v, struct slice text)
{
	struct evidence_json_state *s = v->state;
	struct json_node *n;
	struct err e = {0};
	static int (*const kinds[])(struct evidence *v, const struct json_node *n) = {evidence_json_fhir, evidence_json_windows, evidence_json_onefs, evidence_json_zeek, evidence_json_copy, evidence_json_holdfast, evidence_json_web};
	int r = 0;
	arena_reset(v->a);
	if (!s->ready) {
		s->ready = true;
		r = evidence_map_init(&s->counted, (size_t)256 << 20);
	}
	if (r)
		return r;
	r = json_tree(text, v->a, &n, &e);
	if (r == ERR_MEMORY)
		return r;
	if (r) {
		evidence_damaged(v);
		return 0;
	}
	const struct json_node *within = json_get(n, "_index") ? json_get(n, "_source") : NULL; /* {"_index":..,"_source":{..}}: as it comes out of Elasticsearch */
	const struct json_node *record = within && within->type == JSON_OBJ ? within : n;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(kinds); i++)
		r = kinds[i](v, record);
	return r == 1 ? 0 : r;
}

static int bytes(struct evidence *v, struct slice s)
{
	return evidence_split_json(v, s, each);
}

static void done(struct evidence *v)
{
	struct evidence_json_state *s = v->state;
	evidence_map_done(&s->counted);
	evidence_win_done(&s->win);
}

/* An object, or an array of them; or lines with a little in front of one ("[0: Fri Jan 23 16:17:03 2015] {"). */
static int probe(struct slice head)
{
	struct slice s = slice_trim(head), rest;
	if (s.n && s.p[0] == '[')
		s = slice_trim(evidence_from(s, 1));
	if (s.n > 1 && s.p[0] == '{') {
		s = slice_trim(evidence_from(s, 1));
		return s.n && (s.p[0] == '"' || s.p[0] == '}') ? 92 : 0;
	}
	struct slice line = slice_cut(slice_trim(head), '\n', &rest);
	size_t at, end;
	if (slice_starts(line, "Record ") && slice_starts(slice_trim(rest), "{")) /* evtx_dump, which puts the number of each before it */
		return 90;
	return evidence_find(evidence_upto(line, 200), "] {\"", &at) && evidence_find(line, "\":", &end) ? 80 : 0;
}

const struct evidence_reader evidence_jsons = {.kind = EVIDENCE_UNKNOWN, .probe = probe, .bytes = bytes, .done = done, .state = sizeof(struct evidence_json_state)};
