/* A FHIR Bundle: whose entries are whose.
 *
 * A Bundle may be gigabytes, so its entries are found by the pull reader and read one at a time. Entries of one patient are told behind each other as one record, the Patient first: by what they refer to (subject, patient,
 * beneficiary ...), and without such a reference by there being no other patient in it. What is about nobody here (a practitioner, a payer) has records of its own. */
#include "extract_json.h"

#include <stdlib.h>

#define ENTRIES_MAX ((size_t)8 << 20)

struct entry {
	struct slice resource, id, url, about; /* slices of the file; about: what it refers to as its patient */
	uint32_t patient;                      /* index of the entry that is the patient; NOBODY */
	uint32_t order;
	bool is_patient;
};
#define NOBODY UINT32_MAX

struct entries {
	struct entry *v;
	size_t n, cap;
	uint32_t *patients; /* indices, sorted by key */
	size_t patient_n;
};

/* The last part of a reference: what "Patient/7", "urn:uuid:7" and "https://x/Patient/7/_history/2" have in common. */
static struct slice key_of(struct slice ref)
{
	struct slice cut = SLICE("/_history/");
	const uint8_t *h = ref.n > cut.n ? memmem(ref.p, ref.n, cut.p, cut.n) : NULL;
	if (h)
		ref.n = (size_t)(h - ref.p);
	for (size_t i = ref.n; i > 0; i--)
		if (ref.p[i - 1] == '/' || ref.p[i - 1] == ':' || ref.p[i - 1] == '#')
			return slice_of(ref.p + i, ref.n - i);
	return ref;
}

static struct slice string_here(struct json *j, enum json_type t, struct slice text)
{
	/* as it stands: references have nothing to unescape */
	return t == JSON_STR && j->value.p >= text.p && j->value.p <= text.p + text.n ? j->value : SLICE_NULL;
}

static bool refers_to_patient(struct slice key)
{
	static const char *const keys[] = {"subject", "patient", "beneficiary", "individual", "for", "subscriber"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (slice_eq_str(key, keys[i]))
			return true;
	return false;
}

/* The resource's type, id and patient, from its own members. */
static void look(struct slice r, struct arena *a, struct entry *ret)
{
	struct json j;
	struct err why = {0};
	arena_reset(a);
	json_init(&j, r, a, &why);
	if (json_next(&j) != JSON_OBJ)
		return;
	while (json_next(&j) == JSON_KEY) {
		struct slice key = j.value;
		enum json_type t = json_next(&j);
		if (slice_eq_str(key, "resourceType"))
			ret->is_patient = t == JSON_STR && slice_eq_str(j.value, "Patient");
		else if (slice_eq_str(key, "id"))
			ret->id = string_here(&j, t, r);
		if (t == JSON_OBJ && refers_to_patient(key) && (!ret->about.p || slice_eq_str(key, "subject") || slice_eq_str(key, "patient"))) {
			int depth = 1;
			while (depth > 0 && (t = json_next(&j)) != JSON_BAD && t != JSON_END) {
				bool reference = depth == 1 && t == JSON_KEY && slice_eq_str(j.value, "reference");
				depth += t == JSON_OBJ || t == JSON_ARR ? 1 : t == JSON_OBJ_END || t == JSON_ARR_END ? -1 : 0;
				if (reference) {
					t = json_next(&j);
					struct slice ref = string_here(&j, t, r);
					if (ref.p && (memmem(ref.p, ref.n, "Patient/", 8) || slice_starts(ref, "urn:")))
						ret->about = ref;
				}
			}
			continue;
		}
		if (json_skip(&j, t) < 0)
			return;
	}
}

static struct entry *add(struct entries *b)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 64;
		struct entry *v = cap > ENTRIES_MAX ? NULL : realloc(b->v, cap * sizeof *v);
		if (!v)
			return NULL;
		b->v = v;
		b->cap = cap;
	}
	b->v[b->n] = (struct entry){.patient = NOBODY, .order = (uint32_t)b->n};
	return &b->v[b->n++];
}

/* One element of Bundle.entry: its fullUrl and its resource. */
static int one_entry(struct json *j, struct slice text, struct entries *b, struct arena *a)
{
	struct entry *x = add(b);
	if (!x)
		return ERR_LIMIT;
	for (enum json_type t; (t = json_next(j)) != JSON_OBJ_END;) {
		if (t != JSON_KEY)
			return ERR_INPUT;
		struct slice key = j->value;
		t = json_next(j);
		size_t start = j->start;
		if (slice_eq_str(key, "fullUrl"))
			x->url = string_here(j, t, text);
		bool resource = slice_eq_str(key, "resource") && t == JSON_OBJ;
		if (json_skip(j, t) < 0)
			return ERR_INPUT;
		if (resource) {
			x->resource = slice_of(text.p + start, cur_offset(&j->c) - start);
			look(x->resource, a, x);
		}
	}
	if (!x->resource.p)
		b->n--;
	return 0;
}

static int entries_of(struct slice text, struct entries *b, struct arena *keys, struct arena *a)
{
	struct json j;
	struct err why = {0};
	json_init(&j, text, keys, &why);
	if (json_next(&j) != JSON_OBJ)
		return ERR_INPUT;
	for (enum json_type t; (t = json_next(&j)) != JSON_OBJ_END;) {
		if (t != JSON_KEY)
			return ERR_INPUT;
		bool entry = slice_eq_str(j.value, "entry");
		t = json_next(&j);
		if (!entry || t != JSON_ARR) {
			if (json_skip(&j, t) < 0)
				return ERR_INPUT;
			continue;
		}
		while ((t = json_next(&j)) != JSON_ARR_END) {
			int r = t == JSON_OBJ ? one_entry(&j, text, b, a) : json_skip(&j, t);
			if (r < 0)
				return r;
			arena_reset(keys);
		}
	}
	return 0;
}

/* ---- who is whose ---- */

static int by_key(const void *a, const void *b, void *arg)
{
	const struct entry *v = arg;
	const struct entry *x = &v[*(const uint32_t *)a], *y = &v[*(const uint32_t *)b];
	int c = slice_cmp(key_of(x->url.n ? x->url : x->id), key_of(y->url.n ? y->url : y->id));
	return c ? c : x->order < y->order ? -1 : 1;
}

static int by_patient(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	uint32_t p = x->patient, q = y->patient;
	if (p != q)
		return p < q ? -1 : 1;
	if (x->is_patient != y->is_patient)
		return x->is_patient ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static uint32_t find(const struct entries *b, struct slice about)
{
	struct slice key = key_of(about);
	size_t lo = 0, hi = b->patient_n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct entry *x = &b->v[b->patients[mid]];
		int c = slice_cmp(key_of(x->url.n ? x->url : x->id), key);
		if (c == 0)
			return b->patients[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = 0; i < b->patient_n && i < 64; i++) /* an id that is not the end of its address */
		if (slice_eq(b->v[b->patients[i]].id, key))
			return b->patients[i];
	return NOBODY;
}

static int assign(struct entries *b)
{
	b->patients = calloc(b->n ? b->n : 1, sizeof *b->patients);
	if (!b->patients)
		return ERR_MEMORY;
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].is_patient)
			b->patients[b->patient_n++] = (uint32_t)i;
	qsort_r(b->patients, b->patient_n, sizeof *b->patients, by_key, b->v);
	for (size_t i = 0; i < b->n; i++) {
		struct entry *x = &b->v[i];
		if (x->is_patient)
			x->patient = (uint32_t)i;
		else if (x->about.n)
			x->patient = find(b, x->about);
		else if (b->patient_n == 1)
			x->patient = b->patients[0];
	}
	return 0;
}

static int tell(struct json_reader *x, const struct entries *b)
{
	int r = 0;
	for (size_t i = 0; i < b->n && r == 0; i++) {
		const struct entry *n = &b->v[i];
		struct json_node *tree;
		uint64_t at = (uint64_t)(n->resource.p - x->file.p);
		if (i == 0 || n->patient == NOBODY || n->patient != b->v[i - 1].patient)
			r = extract_put_record(x->o, n->patient == NOBODY && n->about.n ? key_of(n->about) : n->id, at, x->e);
		if (r == 0)
			r = extract_json_tree(x, n->resource, &tree);
		if (r == 0)
			r = extract_fhir_resource(x, tree);
		else if (r == 1)
			r = 0;
	}
	return r;
}

int extract_fhir_bundle(struct json_reader *x, struct slice bundle)
{
	AUTO_ARENA struct arena *keys = arena_new((size_t)8 << 20), *a = arena_new((size_t)64 << 20);
	struct entries b = {0};
	if (!keys || !a)
		return err_set(x->e, ERR_MEMORY, NULL, "no memory to read a bundle in");
	int broken = entries_of(bundle, &b, keys, a), r;
	if (b.n && !b.v[b.n - 1].resource.p)
		b.n--; /* where it broke off */
	r = assign(&b);
	if (r == 0) {
		if (b.n)
			qsort(b.v, b.n, sizeof *b.v, by_patient);
		r = tell(x, &b);
	} else {
		r = err_set(x->e, r, NULL, "no memory to read a bundle in");
	}
	if (r == 0 && broken) {
		struct slice last = SLICE_NULL;
		for (size_t i = 0; i < b.n; i++)
			if (b.v[i].resource.p >= last.p)
				last = b.v[i].resource;
		const uint8_t *from = last.p ? last.p + last.n : bundle.p;
		extract_tell(x->o, broken == ERR_LIMIT ? EXTRACT_LIMIT : EXTRACT_BROKEN, "a bundle in it cannot be read to its end; what is left was read as text");
		r = extract_put_text(x->o, slice_of(from, (size_t)(bundle.p + bundle.n - from)), (uint64_t)(from - x->file.p), x->e);
	}
	free(b.patients);
	free(b.v);
	return r;
}
