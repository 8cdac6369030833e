/* The checks of a drill: set, counted, written and read. */
#include "drill.h"

#include <math.h>
#include <stdlib.h>

static const char *const names[] = {
#define X(id, name) [DRILL_##id] = name,
	DRILL_CHECKS(X)
#undef X
};
static const char *const results[] = {[DRILL_NOT_DONE] = "not done", [DRILL_PASS] = "pass", [DRILL_WARN] = "warn", [DRILL_FAIL] = "fail"};

const char *drill_result_name(enum drill_result r)
{
	return results[r];
}

const char *drill_check_name(enum drill_check_name n)
{
	return names[n];
}

int drill_check_parse(struct slice name)
{
	for (int i = 0; i < DRILL_CHECK_COUNT; i++)
		if (slice_eq_str(name, names[i]))
			return i;
	return -1;
}

void drill_set(struct drill *d, enum drill_check_name n, enum drill_result r, enum drill_why why, const char *about, uint64_t count, uint64_t of)
{
	struct drill_check *c = &d->check[n];
	c->result = r;
	c->why = why;
	c->n = count;
	c->of = of;
	struct slice s = slice_str(about ? about : "");
	if (s.n >= sizeof c->about)
		s.n = sizeof c->about - 1;
	s.n = utf8_valid_prefix(s);
	if (s.n)
		memcpy(c->about, s.p, s.n);
	c->about[s.n] = 0;
}

void drill_value(struct drill *d, enum drill_check_name n, double value, double limit)
{
	struct drill_check *c = &d->check[n];
	c->has_value = true;
	c->value = value < 0 ? 0 : value; /* a clock that was set back */
	c->has_limit = limit >= 0;
	c->limit = limit;
}

void drill_counts(const struct drill *d, unsigned ret[4])
{
	memset(ret, 0, 4 * sizeof *ret);
	for (int i = 0; i < DRILL_CHECK_COUNT; i++)
		ret[d->check[i].result]++;
}

static bool in_items(enum drill_check_name n)
{
	return n == DRILL_CAPTURES || n == DRILL_BALANCE;
}

static void put_number(struct jsonw *w, const char *key, double v)
{
	char text[40];
	snprintf(text, sizeof text, v == floor(v) && fabs(v) < 1e15 ? "%.0f" : "%.3f", v);
	jsonw_key(w, key);
	jsonw_raw(w, slice_str(text));
}

static void put_check(const struct drill *d, enum drill_check_name n, struct jsonw *w)
{
	const struct drill_check *c = &d->check[n];
	AUTO_BUF struct buf why = {0};
	buf_init(&why, 1 << 14);
	drill_sentence("en", c, &why);
	jsonw_obj(w);
	jsonw_kstr(w, "name", names[n]);
	jsonw_kstr(w, "result", results[c->result]);
	if (c->has_value)
		put_number(w, "value", c->value);
	if (c->has_limit)
		put_number(w, "limit", c->limit);
	if (c->has_value || c->has_limit)
		jsonw_kstr(w, "unit", in_items(n) ? "items" : "s");
	if (c->entry)
		jsonw_ku64(w, "entry", c->entry);
	if (c->about[0])
		jsonw_kstr(w, "about", c->about);
	jsonw_ku64(w, "n", c->n);
	jsonw_ku64(w, "of", c->of);
	jsonw_ku64(w, "code", (uint64_t)c->why);
	jsonw_kslice(w, "why", buf_slice(&why));
	jsonw_obj_end(w);
}

void drill_put(const struct drill *d, struct jsonw *w)
{
	unsigned count[4];
	char text[40];
	drill_counts(d, count);
	snprintf(text, sizeof text, "%u of %u", count[DRILL_PASS], (unsigned)DRILL_CHECK_COUNT);
	jsonw_obj(w);
	jsonw_kstr(w, "what", "drill");
	jsonw_ktime(w, "time", d->begun);
	jsonw_kstr(w, "site", d->site);
	jsonw_kstr(w, "by", d->by);
	jsonw_key(w, "units");
	jsonw_arr(w);
	for (size_t i = 0; i < d->units; i++)
		jsonw_str(w, d->unit[i]);
	jsonw_arr_end(w);
	put_number(w, "seconds", round(d->seconds * 1000) / 1000);
	jsonw_ku64(w, "score", count[DRILL_PASS]);
	jsonw_ku64(w, "of", DRILL_CHECK_COUNT);
	jsonw_kstr(w, "text", text);
	jsonw_key(w, "checks");
	jsonw_arr(w);
	for (int i = 0; i < DRILL_CHECK_COUNT; i++)
		put_check(d, (enum drill_check_name)i, w);
	jsonw_arr_end(w);
	if (d->entry)
		jsonw_ku64(w, "entry", d->entry);
	jsonw_obj_end(w);
}

/* ---- reading ---- */

static void copy(char *out, size_t size, struct slice s)
{
	if (s.n >= size)
		s.n = size - 1;
	s.n = utf8_valid_prefix(s);
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
}

static bool number(const struct json_node *n, const char *key, double *ret)
{
	char text[48], *end = NULL;
	struct slice s = json_text(n, key);
	if (!s.n || s.n >= sizeof text)
		return false;
	copy(text, sizeof text, s);
	double v = strtod(text, &end);
	if (*end || !isfinite(v) || v < 0 || v > 1e15)
		return false;
	*ret = v;
	return true;
}

static void read_check(const struct json_node *n, struct drill *d)
{
	int at = drill_check_parse(json_text(n, "name"));
	uint64_t code = DRILL_WHY_COUNT;
	struct slice result = json_text(n, "result");
	if (at < 0 || num_u64(json_text(n, "code"), 0, DRILL_WHY_COUNT - 1, &code) < 0)
		return;
	struct drill_check c = {.why = (enum drill_why)code};
	for (int i = 0; i < 4; i++)
		if (slice_eq_str(result, results[i]))
			c.result = (enum drill_result)i;
	c.has_value = number(n, "value", &c.value);
	c.has_limit = number(n, "limit", &c.limit);
	(void)!num_u64(json_text(n, "n"), 0, UINT64_MAX, &c.n);
	(void)!num_u64(json_text(n, "of"), 0, UINT64_MAX, &c.of);
	(void)!num_u64(json_text(n, "entry"), 0, UINT64_MAX, &c.entry);
	copy(c.about, sizeof c.about, json_text(n, "about"));
	d->check[at] = c;
}

int drill_read(struct slice json, struct drill *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 22);
	struct json_node *root;
	struct drill d = {.begun = 0};
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = json_tree(json, a, &root, e);
	if (r < 0)
		return r;
	const struct json_node *checks = json_get(root, "checks"), *units = json_get(root, "units");
	if (!slice_eq_str(json_text(root, "what"), "drill") || !checks || checks->type != JSON_ARR || time_parse(json_text(root, "time"), 0, &d.begun) < 0)
		return err_set(e, ERR_INPUT, NULL, "this is no drill");
	copy(d.site, sizeof d.site, json_text(root, "site"));
	copy(d.by, sizeof d.by, json_text(root, "by"));
	(void)!number(root, "seconds", &d.seconds);
	for (const struct json_node *n = units && units->type == JSON_ARR ? units->child : NULL; n && d.units < DRILL_UNITS_MAX; n = n->next)
		if (n->type == JSON_STR)
			copy(d.unit[d.units++], sizeof d.unit[0], n->value);
	for (const struct json_node *n = checks->child; n; n = n->next)
		read_check(n, &d);
	*ret = d;
	return 0;
}
