/* The bytes of a document inside a body: a walk with the pull reader along the path that the fact gives, building nothing on the way. */
#include "fhir_internal.h"

#define DOCUMENT_STRINGS_MAX (FHIR_BODY_MAX + (1 << 20)) /* a base64 string with escaped slashes is copied once */

/* The reader stands behind the first token t of a value: move to the member or element step of it. */
static int enter(struct json *j, enum json_type *t, struct slice step)
{
	uint64_t index = 0;
	bool number = num_u64(step, 0, FHIR_ENTRIES_MAX, &index) == 0;
	if (*t == JSON_OBJ) {
		for (;;) {
			enum json_type k = json_next(j);
			if (k != JSON_KEY)
				return j->code ? j->code : ERR_NOT_FOUND;
			if (slice_eq(j->value, step)) {
				*t = json_next(j);
				return j->code;
			}
			int code = json_skip(j, JSON_KEY);
			if (code)
				return code;
		}
	}
	if (*t != JSON_ARR || !number)
		return ERR_NOT_FOUND;
	for (;;) {
		*t = json_next(j);
		if (*t == JSON_ARR_END || *t == JSON_BAD)
			return j->code ? j->code : ERR_NOT_FOUND;
		if (index-- == 0)
			return 0;
		int code = json_skip(j, *t);
		if (code)
			return code;
	}
}

int fhir_document(struct slice text, struct slice place, struct buf *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(DOCUMENT_STRINGS_MAX);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a document");
	struct json j;
	json_init(&j, text, a, e);
	enum json_type t = json_next(&j);
	struct slice rest = place;
	if (slice_eq_str(place, "resource"))
		rest = SLICE_NULL; /* a body that is one resource: all of it */
	else if (slice_starts(place, "resource."))
		rest = slice_of(place.p + 9, place.n - 9);
	while (rest.p) {
		struct slice step = slice_cut(rest, '.', &rest);
		int code = enter(&j, &t, step);
		if (code == ERR_NOT_FOUND)
			return err_set(e, ERR_NOT_FOUND, NULL, "the body has nothing at that place");
		if (code)
			return code;
	}
	size_t start = j.start;
	if (t == JSON_OBJ) {
		int code = json_skip(&j, t);
		if (code)
			return code;
		buf_add(ret, text.p + start, cur_offset(&j.c) - start);
		return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the document is larger than its reader allows");
	}
	if (t != JSON_STR)
		return err_set(e, j.code ? j.code : ERR_INPUT, NULL, "at that place of the body stands no document");
	int code = base64_get_loose(ret, j.value);
	return code ? err_set(e, code, NULL, code == ERR_INPUT ? "the document is not base64" : "the document is larger than its reader allows") : 0;
}
