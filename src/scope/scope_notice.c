/* A case as the file that duties, letters and forms are made from (doc/notice.md). Each figure carries the entry it stands in. */
#include "scope.h"

/* What the case itself knows is never taken from what somebody typed. */
static bool ours(struct slice key)
{
	static const char *const keys[] = {"name", "window", "discovered", "persons", "total", "elements", "acquired", "entries", "deceased", "combinations"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (slice_eq_str(key, keys[i]))
			return true;
	return false;
}

static void put_typed(struct jsonw *w, const struct json_node *typed)
{
	for (const struct json_node *v = typed ? typed->child : NULL; v; v = v->next)
		if (!ours(v->key)) {
			jsonw_key_slice(w, v->key);
			jsonw_raw(w, v->raw);
		}
}

static uint64_t number(const struct json_node *n, const char *key)
{
	uint64_t v = 0;
	return num_u64(json_text(n, key), 0, UINT64_MAX - 1, &v) == 0 ? v : 0;
}

/* Where one more or less may live nobody knows: so each place has the whole of what is unsure. */
static void put_persons(struct jsonw *w, const struct json_node *run)
{
	const struct json_node *t = json_get(run, "totals"), *places = json_get(run, "places");
	uint64_t all = number(t, "persons"), low = number(t, "low"), high = number(t, "high"), less = all > low ? all - low : 0, more = high > all ? high - all : 0;
	jsonw_key(w, "persons");
	jsonw_obj(w);
	for (const struct json_node *p = places ? places->child : NULL; p; p = p->next) {
		uint64_t n = 0;
		if (num_u64(p->value, 0, UINT64_MAX / 4, &n) < 0)
			continue;
		jsonw_key_slice(w, p->key);
		if (!less && !more) {
			jsonw_u64(w, n);
			continue;
		}
		jsonw_obj(w);
		jsonw_ku64(w, "low", n > less ? n - less : 0);
		jsonw_ku64(w, "high", n + more);
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
	jsonw_key(w, "total"); /* of all places: not the sum of what each may have */
	jsonw_obj(w);
	jsonw_ku64(w, "low", low);
	jsonw_ku64(w, "high", high);
	jsonw_obj_end(w);
}

static bool put_elements(struct jsonw *w, const struct json_node *run)
{
	const struct json_node *el = json_get(run, "elements");
	bool acquired = false;
	jsonw_key(w, "elements");
	jsonw_arr(w);
	for (const struct json_node *v = el ? el->child : NULL; v; v = v->next) {
		jsonw_slice(w, v->key);
		acquired |= number(v, "acquired") > 0;
	}
	jsonw_arr_end(w);
	return acquired;
}

/* The first day of something that entries say was done: letters where rule is NULL, else who was told under a rule whose id begins so. */
static const struct scope_sent *first_done(const struct scope_case *c, const char *rule)
{
	const struct scope_sent *best = NULL;
	for (size_t i = 0; i < c->sent_n; i++) {
		const struct scope_sent *s = &c->sent[i];
		struct slice day = s->told ? s->on : s->first;
		if (s->told != (rule != NULL) || !day.n || (rule && !slice_starts(s->duty, rule)))
			continue;
		if (!best || slice_cmp(day, best->told ? best->on : best->first) < 0)
			best = s;
	}
	return best;
}

struct slice scope_case_notified(const struct scope_case *c, struct arena *a)
{
	struct json_node *n = NULL;
	const struct scope_sent *letters = first_done(c, NULL);
	struct slice s = c->facts_n && json_tree(c->facts[c->facts_n - 1].json, a, &n, NULL) == 0 ? json_text(n, "notified") : SLICE_NULL;
	if (!s.n)
		return letters ? letters->first : SLICE_NULL;
	for (size_t i = 0; i < 10; i++)
		if (s.n < 10 || (i == 4 || i == 7 ? s.p[i] != '-' : s.p[i] < '0' || s.p[i] > '9'))
			return SLICE_NULL;
	return slice_of(s.p, 10);
}

/* Days that clocks of other duties run from, where nobody typed them and an entry shows them. */
static const struct {
	const char *key, *rule;
} done_days[] = {{"notified", NULL}, {"hhs_notified", "us-hipaa-ocr-"}, {"incident_notified", "eu-nis2-72h"}};

static void put_done(struct jsonw *w, const struct scope_case *c, const struct json_node *typed)
{
	for (size_t i = 0; i < ARRAY_LEN(done_days); i++) {
		const struct scope_sent *s = json_get(typed, done_days[i].key) ? NULL : first_done(c, done_days[i].rule);
		if (s)
			jsonw_kslice(w, done_days[i].key, s->told ? s->on : s->first);
	}
}

static void put_entries(struct jsonw *w, const struct scope_case *c, const struct scope_run *run, const struct scope_run *facts, const struct json_node *typed)
{
	static const char *const of_case[] = {"name", "window", "discovered"}, *const of_run[] = {"persons", "combinations", "elements", "acquired", "total", "deceased"}, *const of_facts[] = {"entity", "letter", "months"};
	jsonw_key(w, "entries");
	jsonw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(of_case); i++)
		jsonw_ku64(w, of_case[i], c->entry);
	for (size_t i = 0; i < ARRAY_LEN(of_run); i++)
		jsonw_ku64(w, of_run[i], run->entry);
	for (size_t i = 0; facts && i < ARRAY_LEN(of_facts); i++)
		jsonw_ku64(w, of_facts[i], facts->entry);
	for (size_t i = 0; i < ARRAY_LEN(done_days); i++) {
		const struct scope_sent *s = first_done(c, done_days[i].rule);
		if (json_get(typed, done_days[i].key))
			jsonw_ku64(w, done_days[i].key, facts->entry);
		else if (s)
			jsonw_ku64(w, done_days[i].key, s->entry);
	}
	jsonw_obj_end(w);
}

int scope_case_notice(const struct scope_case *c, struct buf *ret, struct err *e)
{
	if (!c->run_n)
		return err_set(e, ERR_NOT_FOUND, NULL, "nothing was found yet: holdfast scope case run comes first");
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	const struct scope_run *run = &c->run[c->run_n - 1], *facts = c->facts_n ? &c->facts[c->facts_n - 1] : NULL;
	struct json_node *found, *typed = NULL;
	struct jsonw w;
	char t[32];
	int r = a ? json_tree(run->json, a, &found, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && facts)
		r = json_tree(facts->json, a, &typed, e);
	if (r < 0)
		return r;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kslice(&w, "name", c->title.n ? c->title : c->name);
	if (c->discovered != INT64_MIN) {
		time_rfc3339(c->discovered, 0, t);
		if (!strcmp(t + 10, "T00:00:00Z"))
			t[10] = 0; /* a date was said */
		jsonw_kstr(&w, "discovered", t);
	}
	jsonw_key(&w, "window");
	jsonw_obj(&w);
	jsonw_kstr(&w, "from", time_rfc3339(c->from, 0, t));
	jsonw_kstr(&w, "to", time_rfc3339(c->to, 0, t));
	jsonw_obj_end(&w);
	put_persons(&w, found);
	if (json_get(found, "combinations")) { /* of each place: which classes of data stand together, and for how many */
		jsonw_key(&w, "combinations");
		jsonw_raw(&w, json_get(found, "combinations")->raw);
	}
	jsonw_kbool(&w, "acquired", put_elements(&w, found));
	jsonw_ku64(&w, "deceased", number(found, "deceased"));
	put_typed(&w, typed);
	put_done(&w, c, typed);
	put_entries(&w, c, run, facts, typed);
	jsonw_obj_end(&w);
	buf_u8(ret, '\n');
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the case is too large");
}
