/* JSON: one value, or many behind each other (NDJSON, with or without line feeds), each a FHIR resource, a Bundle of them or anything else.
 *
 * A member is what its name says it is (person_role_of_column), by itself or behind the name of what it stands in: "first" in "name", "number" in "ssn". A record is an object that names somebody by itself; where the outermost does not,
 * the objects in its arrays are looked at in the same way, so that {"patients": [{...}, {...}]} is two records and a patient with a list of visits is one.
 * Arrays are read element by element: a file may be larger than memory. What is no JSON is told as text from the line on which it begins. */
#include "extract_json.h"
#include "extract_values.h"

#define VALUE_ROOM ((size_t)512 << 20) /* of one record's tree */

/* ---- where the next value ends ---- */

/* Behind the value that begins at p: brackets counted, strings passed over. The end where it is not closed. */
static const uint8_t *value_end(const uint8_t *p, const uint8_t *end)
{
	size_t depth = 0;
	for (; p < end; p++) {
		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				if (*p == '\\')
					p++;
			if (p >= end)
				return end;
		} else if (*p == '{' || *p == '[') {
			depth++;
			continue;
		} else if (*p == '}' || *p == ']') {
			depth -= depth > 0;
		} else {
			if (!depth && (*p <= ' ' || *p == ','))
				return p;
			continue;
		}
		if (!depth)
			return p + 1;
	}
	return end;
}

/* ---- telling ---- */

size_t extract_json_enter(struct json_reader *x, struct slice key)
{
	size_t back = x->path_n, n = key.n;
	if (back && x->path_n < sizeof x->path)
		x->path[x->path_n++] = '.';
	if (n > sizeof x->path - x->path_n)
		n = utf8_valid_prefix(slice_of(key.p, sizeof x->path - x->path_n));
	if (n)
		memcpy(x->path + x->path_n, key.p, n);
	x->path_n += n;
	return back;
}

uint64_t extract_json_place(const struct json_reader *x, const struct json_node *n)
{
	return (uint64_t)(n->raw.p - x->file.p) + (n->type == JSON_STR);
}

int extract_json_tell(struct json_reader *x, int role, int who, const struct json_node *leaf)
{
	if (leaf->type != JSON_STR && leaf->type != JSON_NUM)
		return 0;
	struct slice v = leaf->value;
	if (!v.n || (role == PERSON_ROLE_OTHER && v.n <= 2))
		return 0;
	if (role == PERSON_ROLE_NOTE || (role == PERSON_ROLE_OTHER && v.n > 60 && memchr(v.p, ' ', v.n)))
		return extract_put_text(x->o, v, extract_json_place(x, leaf), x->e);
	return extract_put_field(x->o, extract_value_role(role, v), who, slice_of(x->path, x->path_n), v, extract_json_place(x, leaf), x->e);
}

int extract_json_tree(struct json_reader *x, struct slice value, struct json_node **ret)
{
	struct err why = {0};
	arena_reset(x->a);
	int r = json_tree(value, x->a, ret, &why);
	if (r == 0)
		return 0;
	if (r == ERR_MEMORY)
		return err_set(x->e, r, NULL, "no memory to read JSON in");
	extract_tell(x->o, r == ERR_LIMIT ? EXTRACT_LIMIT : EXTRACT_BROKEN, r == ERR_LIMIT ? "a value in it is nested too deep or too large; it was read as text" : "it is not JSON to its end; what is not was read as text");
	r = extract_put_text(x->o, value, (uint64_t)(value.p - x->file.p), x->e);
	return r ? r : 1;
}

/* ---- values that are not FHIR ---- */

/* What the members of an object stand in. */
struct within {
	struct slice key;
	int role, who;
};

static int role_of(const struct within *in, struct slice key, int *ret_who)
{
	int who = PERSON_SUBJECT, role = person_role_of_column(key, &who);
	if (who == PERSON_SUBJECT)
		who = in->who;
	if (in->key.n && in->key.n + key.n < 90) {
		char both[100];
		memcpy(both, in->key.p, in->key.n);
		both[in->key.n] = ' ';
		memcpy(both + in->key.n + 1, key.p, key.n);
		int w = PERSON_SUBJECT, b = person_role_of_column(slice_of(both, in->key.n + 1 + key.n), &w);
		/* "name" in "insurance" is the insurer's; "id" in "member" is the member's number; but "dob" in "subscriber" needs no help */
		if (b != PERSON_ROLE_OTHER && (role == PERSON_ROLE_OTHER || role == PERSON_ROLE_ID || (role == PERSON_ROLE_NAME && b != PERSON_ROLE_NAME)))
			role = b;
		if (w != PERSON_SUBJECT)
			who = w;
	}
	if (role == PERSON_ROLE_OTHER && in->role != PERSON_ROLE_OTHER) {
		static const char *const values[] = {"value", "number", "text", "code", "display", "description", "no", "num", "id"};
		for (size_t i = 0; i < ARRAY_LEN(values); i++)
			if (slice_eq_nocase(key, values[i]))
				role = in->role;
	}
	*ret_who = who;
	return role;
}

static bool names_somebody(int role)
{
	switch (role) {
	case PERSON_ROLE_NAME: case PERSON_ROLE_LAST: case PERSON_ROLE_FIRST: case PERSON_ROLE_DOB: case PERSON_ROLE_SSN: case PERSON_ROLE_MRN: case PERSON_ROLE_MEMBER: case PERSON_ROLE_MBI:
	case PERSON_ROLE_MEDICAID: case PERSON_ROLE_EMAIL: case PERSON_ROLE_PHONE: case PERSON_ROLE_STREET: case PERSON_ROLE_ADDRESS: case PERSON_ROLE_CLAIM: case PERSON_ROLE_VISIT: case PERSON_ROLE_USER:
	case PERSON_ROLE_ACCOUNT: case PERSON_ROLE_CARD: case PERSON_ROLE_DL: case PERSON_ROLE_PASSPORT: return true;
	default: return false;
	}
}

/* Does the object, or an object in it that is in no array, name somebody? */
static bool is_somebody(const struct json_node *obj, struct within in, unsigned depth)
{
	for (const struct json_node *n = obj->child; n; n = n->next) {
		int who, role = role_of(&in, n->key, &who);
		if ((n->type == JSON_STR || n->type == JSON_NUM) && n->value.n && names_somebody(role))
			return true;
		if (n->type == JSON_OBJ && depth < 8 && is_somebody(n, (struct within){n->key, role, who}, depth + 1))
			return true;
	}
	return false;
}

static int tell_all(struct json_reader *x, const struct json_node *n, struct within in)
{
	int r = 0;
	for (const struct json_node *c = n->child; c && r == 0; c = c->next) {
		bool member = n->type == JSON_OBJ;
		int who = in.who, role = member ? role_of(&in, c->key, &who) : in.role;
		size_t back = x->path_n;
		if (member)
			extract_json_enter(x, c->key);
		if (c->type == JSON_OBJ || c->type == JSON_ARR)
			r = tell_all(x, c, member ? (struct within){c->key, role, who} : in);
		else
			r = extract_json_tell(x, role, who, c);
		x->path_n = back;
	}
	return r;
}

/* The record's own number: a member of its own that is one. */
static struct slice number_of(const struct json_node *obj)
{
	for (const struct json_node *n = obj->child; n; n = n->next)
		if ((n->type == JSON_STR || n->type == JSON_NUM) && person_role_of_column(n->key, NULL) == PERSON_ROLE_ID)
			return n->value;
	return SLICE_NULL;
}

static int records(struct json_reader *x, const struct json_node *n, struct within in)
{
	int r = 0;
	if (json_text(n, "resourceType").n && n->type == JSON_OBJ) {
		r = extract_put_record(x->o, json_text(n, "id"), extract_json_place(x, n), x->e);
		return r ? r : extract_fhir_resource(x, n);
	}
	bool whole = n->type == JSON_OBJ && is_somebody(n, in, 0);
	if (n->type != JSON_OBJ && n->type != JSON_ARR)
		return extract_json_tell(x, in.role, in.who, n);
	if (whole) {
		r = extract_put_record(x->o, number_of(n), extract_json_place(x, n), x->e);
		return r ? r : tell_all(x, n, in);
	}
	for (const struct json_node *c = n->child; c && r == 0; c = c->next) {
		int who = in.who, role;
		size_t back = x->path_n;
		struct within deeper = in;
		if (n->type == JSON_OBJ) {
			role = role_of(&in, c->key, &who);
			deeper = (struct within){c->key, role, who};
			extract_json_enter(x, c->key);
		}
		r = records(x, c, deeper);
		x->path_n = back;
	}
	return r;
}

int extract_json_record(struct json_reader *x, const struct json_node *value)
{
	x->path_n = 0;
	return records(x, value, (struct within){SLICE_NULL, PERSON_ROLE_OTHER, PERSON_SUBJECT});
}

/* ---- files ---- */

static int by_tree(struct json_reader *x, struct slice value)
{
	struct json_node *n;
	int r = extract_json_tree(x, value, &n);
	return r == 1 ? 0 : r < 0 ? r : extract_json_record(x, n);
}

static bool is_bundle(struct slice value)
{
	static const char key[] = "\"resourceType\"";
	struct slice head = value.n > 65536 ? slice_of(value.p, 65536) : value;
	const uint8_t *at = head.p;
	/* somewhere before its entries; a Bundle that says it behind them is read as a tree */
	while ((at = memmem(at, (size_t)(head.p + head.n - at), key, sizeof key - 1))) {
		at += sizeof key - 1;
		const uint8_t *p = at;
		while (p < head.p + head.n && (*p <= ' ' || *p == ':'))
			p++;
		if (head.p + head.n - p >= 8 && !memcmp(p, "\"Bundle\"", 8))
			return true;
		return false;
	}
	return false;
}

/* A large array, by itself or in an object: element by element. */
static int by_element(struct json_reader *x, struct slice value)
{
	AUTO_ARENA struct arena *keys = arena_new((size_t)1 << 20);
	struct err why = {0};
	struct json j;
	int r = 0;
	if (!keys)
		return err_set(x->e, ERR_MEMORY, NULL, "no memory to read JSON in");
	json_init(&j, value, keys, &why);
	bool arrays = false;
	for (size_t depth = 0; r == 0;) {
		arena_reset(keys);
		enum json_type t = json_next(&j);
		size_t start = j.start;
		if (t == JSON_END)
			return 0;
		if (t == JSON_BAD) {
			extract_tell(x->o, EXTRACT_BROKEN, "it is not JSON to its end; what is not was read as text");
			return start < value.n ? extract_put_text(x->o, slice_of(value.p + start, value.n - start), (uint64_t)(value.p - x->file.p) + start, x->e) : 0;
		}
		if (t == JSON_KEY || (depth == 0 && !arrays && t == JSON_OBJ)) {
			depth += t == JSON_OBJ;
			continue;
		}
		if (t == JSON_ARR && !arrays) {
			arrays = true;
			continue;
		}
		if (t == JSON_ARR_END || t == JSON_OBJ_END) {
			arrays = arrays && t == JSON_OBJ_END;
			continue;
		}
		if (json_skip(&j, t) < 0) {
			extract_tell(x->o, EXTRACT_BROKEN, "it is not JSON to its end; what is not was read as text");
			return extract_put_text(x->o, slice_of(value.p + start, value.n - start), (uint64_t)(value.p - x->file.p) + start, x->e);
		}
		struct slice one = slice_of(value.p + start, cur_offset(&j.c) - start);
		r = is_bundle(one) ? extract_fhir_bundle(x, one) : by_tree(x, one);
	}
	return r;
}

#define TREE_MAX ((size_t)4 << 20) /* larger ones are read element by element */

/* Is it one value a line? Then a line that is broken costs that line only. */
static bool is_lines(const uint8_t *p, const uint8_t *end)
{
	unsigned lines = 0, whole = 0;
	while (p < end && lines < 16) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p)), *stop = lf ? lf : end;
		struct slice line = slice_trim(slice_of(p, (size_t)(stop - p)));
		if (line.n) {
			bool closed = (*p == '{' || *p == '[') && line.n > 2 && value_end(line.p, line.p + line.n) == line.p + line.n && (line.p[line.n - 1] | 0x20) == '}';
			lines++;
			whole += closed;
			if (closed && lines == 1)
				whole++;
		}
		p = lf ? lf + 1 : end;
	}
	return whole >= 2;
}

static int one_value(struct json_reader *x, struct slice value)
{
	x->path_n = 0;
	return is_bundle(value) ? extract_fhir_bundle(x, value) : value.n > TREE_MAX ? by_element(x, value) : by_tree(x, value);
}

int extract_fhir(struct slice file, const struct extract_out *o, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(VALUE_ROOM);
	struct json_reader x = {.o = o, .file = file, .a = a, .e = e};
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory to read JSON in");
	struct slice text = file.n >= 3 && !memcmp(file.p, "\xEF\xBB\xBF", 3) ? slice_of(file.p + 3, file.n - 3) : file;
	const uint8_t *p = text.p, *end = text.p + text.n;
	bool lines = text.n && is_lines(p, end);
	int r = 0;
	while (r == 0) {
		while (p < end && (*p <= ' ' || *p == ',')) /* RFC 7464 puts a record separator before each */
			p++;
		if (p == end)
			break;
		const uint8_t *lf = lines ? memchr(p, '\n', (size_t)(end - p)) : NULL, *next = lines ? lf ? lf : end : value_end(p, end);
		if (next == p)
			next = p + 1;
		r = one_value(&x, slice_of(p, (size_t)(next - p)));
		p = next;
	}
	return r;
}
