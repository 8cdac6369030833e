/* CSAF 2.0 advisories (OASIS, 3.2; of 2.1 the `metrics` that took the place of `scores`), and CISA's list of exploited vulnerabilities (KEV).
 *
 * product_tree gives products: full_product_names, the leaves of branches (which inherit vendor, product_name, product_version or product_version_range from the
 * branches above), and relationships, which make a product of two. vulnerabilities[].product_status says of product ids what
 * they are. An id that nobody defined is left out. The tree is read in memory of its own; what is needed later is copied. */
#include "exposure_internal.h"

#define PRODUCTS_MAX 200000u
#define STATUS_MAX 1000000u

struct reading {
	struct gate_advisories *s;
	struct gate_advisory *v;
	struct gate_product *p; /* room for all */
	size_t n, room;
	const struct gate_product **by_id;
	struct err *e;
	int code;
};

struct gate_advisories *gate_advisories_new(size_t limit)
{
	struct gate_advisories *s = calloc(1, sizeof *s);
	if (s && !(s->a = arena_new(limit))) {
		free(s);
		return NULL;
	}
	return s;
}

void gate_advisories_free(struct gate_advisories *s)
{
	if (!s)
		return;
	arena_free(s->a);
	free(s);
}

static struct slice keep(struct reading *r, struct slice x)
{
	if (!x.n || r->code)
		return SLICE_NULL;
	size_t n = x.n < 2048 ? x.n : 2048;
	struct slice c = arena_dup(r->s->a, slice_of(x.p, x.n < 2048 ? n : utf8_valid_prefix(slice_of(x.p, n))));
	if (!c.p)
		r->code = err_set(r->e, arena_code(r->s->a), NULL, "there is no room for all the advisories: read fewer at once");
	return c;
}

static void *room(struct reading *r, size_t n, size_t size)
{
	void *p = r->code ? NULL : arena_array(r->s->a, n ? n : 1, size);
	if (!p && r->code == 0)
		r->code = err_set(r->e, arena_code(r->s->a), NULL, "there is no room for all the advisories: read fewer at once");
	return p;
}

/* ---- products ---- */

struct inherited {
	struct slice vendor, product, version, range;
};

static size_t count_products(const struct json_node *n)
{
	size_t c = json_get(n, "product_id") && json_get(n, "name") ? 1 : 0;
	for (const struct json_node *k = n->child; k; k = k->next)
		if (k->type == JSON_OBJ || k->type == JSON_ARR)
			c += count_products(k); /* as deep as JSON_DEPTH_MAX */
	return c;
}

static void take_product(struct reading *r, const struct json_node *n, const struct inherited *up)
{
	struct slice id = json_text(n, "product_id");
	if (!id.n || r->code || r->n == r->room)
		return;
	r->p[r->n++] = (struct gate_product){.id = keep(r, id), .name = keep(r, json_text(n, "name")), .vendor = up->vendor, .product = up->product, .version = up->version, .range = up->range,
		.cpe = keep(r, json_text(n, "product_identification_helper.cpe"))};
}

static void branch(struct reading *r, const struct json_node *b, struct inherited up)
{
	struct slice category = json_text(b, "category"), name = json_text(b, "name");
	if (slice_eq_str(category, "vendor"))
		up.vendor = keep(r, name);
	else if (slice_eq_str(category, "product_name"))
		up.product = keep(r, name);
	else if (slice_eq_str(category, "product_version")) {
		up.version = keep(r, name);
		up.range = SLICE_NULL;
	} else if (slice_eq_str(category, "product_version_range")) {
		up.range = keep(r, name);
		up.version = SLICE_NULL;
	} else if (slice_eq_str(category, "service_pack") || slice_eq_str(category, "patch_level")) {
		if (up.version.n && !r->code) {
			char *both = arena_printf(r->s->a, "%.*s %.*s", SLICE_FMT(up.version), (int)(name.n < 200 ? name.n : 200), (const char *)name.p);
			up.version = slice_str(both);
		}
	}
	const struct json_node *product = json_get(b, "product"), *more = json_get(b, "branches");
	if (product)
		take_product(r, product, &up);
	for (const struct json_node *k = more && more->type == JSON_ARR ? more->child : NULL; k && !r->code; k = k->next)
		branch(r, k, up);
}

static int by_id(const void *a, const void *b)
{
	const struct gate_product *x = *(const struct gate_product *const *)a, *y = *(const struct gate_product *const *)b;
	return slice_cmp(x->id, y->id);
}

static const struct gate_product *find_product(const struct reading *r, struct slice id)
{
	size_t lo = 0, hi = r->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = slice_cmp(r->by_id[mid]->id, id);
		if (c == 0)
			return r->by_id[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static void index_products(struct reading *r)
{
	r->by_id = room(r, r->n, sizeof *r->by_id);
	for (size_t i = 0; !r->code && i < r->n; i++)
		r->by_id[i] = &r->p[i];
	if (!r->code && r->n)
		qsort(r->by_id, r->n, sizeof *r->by_id, by_id);
}

/* A relationship's product has no branches of its own: what it is is its component's, and where it runs is the other's. */
static void relationships(struct reading *r, const struct json_node *list)
{
	index_products(r);
	size_t known = r->n;
	for (const struct json_node *k = list && list->type == JSON_ARR ? list->child : NULL; k && !r->code; k = k->next) {
		struct reading look = *r;
		look.n = known;
		const struct gate_product *c = find_product(&look, json_text(k, "product_reference")), *on = find_product(&look, json_text(k, "relates_to_product_reference"));
		const struct json_node *full = json_get(k, "full_product_name");
		if (!full || !c || !on || r->n == r->room)
			continue;
		struct inherited up = {c->vendor, c->product, c->version, c->range};
		take_product(r, full, &up);
		struct gate_product *p = &r->p[r->n - 1];
		p->component = c;
		p->on = on;
		if (!p->cpe.n)
			p->cpe = c->cpe;
	}
	index_products(r);
}

static void products(struct reading *r, const struct json_node *tree)
{
	size_t n = tree ? count_products(tree) : 0;
	if (n > PRODUCTS_MAX) {
		r->code = err_set(r->e, ERR_LIMIT, NULL, "more products than are read here");
		return;
	}
	r->room = n;
	r->p = room(r, n, sizeof *r->p);
	const struct json_node *list = json_get(tree, "full_product_names"), *branches = json_get(tree, "branches");
	for (const struct json_node *k = list && list->type == JSON_ARR ? list->child : NULL; k && !r->code; k = k->next)
		take_product(r, k, &(struct inherited){0});
	for (const struct json_node *k = branches && branches->type == JSON_ARR ? branches->child : NULL; k && !r->code; k = k->next)
		branch(r, k, (struct inherited){0});
	if (!r->code)
		relationships(r, json_get(tree, "relationships"));
}

/* ---- vulnerabilities ---- */

static const struct {
	const char *name;
	enum gate_status status;
} statuses[] = {{"known_affected", GATE_S_AFFECTED}, {"first_affected", GATE_S_AFFECTED}, {"last_affected", GATE_S_AFFECTED}, {"fixed", GATE_S_FIXED}, {"first_fixed", GATE_S_FIXED},
	{"known_not_affected", GATE_S_NOT_AFFECTED}, {"under_investigation", GATE_S_INVESTIGATED}};

static void product_status(struct reading *r, struct gate_vuln *v, const struct json_node *status)
{
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		const struct json_node *l = json_get(status, statuses[i].name);
		n += l && l->type == JSON_ARR ? l->count : 0;
	}
	if (n > STATUS_MAX) {
		r->code = err_set(r->e, ERR_LIMIT, NULL, "more products in one vulnerability than are read here");
		return;
	}
	v->status = room(r, n, sizeof *v->status);
	for (size_t i = 0; !r->code && i < ARRAY_LEN(statuses); i++) {
		const struct json_node *l = json_get(status, statuses[i].name);
		for (const struct json_node *k = l && l->type == JSON_ARR ? l->child : NULL; k; k = k->next) {
			const struct gate_product *p = k->type == JSON_STR ? find_product(r, k->value) : NULL;
			if (p)
				v->status[v->status_n++] = (struct gate_status_of){statuses[i].status, p};
		}
	}
}

static bool has_part(struct slice vector, const char *part)
{
	return vector.n && memmem(vector.p, vector.n, part, strlen(part));
}

/* The highest base score that is there; v4 before v3 before v2 when there are several of one product. */
static void score(struct reading *r, struct gate_vuln *v, const struct json_node *holder)
{
	static const char *const kinds[] = {"cvss_v4", "cvss_v3", "cvss_v2"};
	for (size_t i = 0; i < ARRAY_LEN(kinds) && !r->code; i++) {
		const struct json_node *c = json_get(holder, kinds[i]);
		struct slice base = json_text(c, "baseScore"), vector = json_text(c, "vectorString");
		int more = 0;
		if (!c || !base.n)
			continue;
		v->remote |= has_part(vector, "AV:N") && (has_part(vector, "PR:N") || has_part(vector, "Au:N"));
		if (v->score.n && (!gate_version_compare(base, v->score, &more) || more <= 0))
			return;
		v->score = keep(r, base);
		v->vector = keep(r, vector);
		v->severity = keep(r, json_text(c, "baseSeverity"));
		return;
	}
}

static void scores(struct reading *r, struct gate_vuln *v, const struct json_node *n)
{
	const struct json_node *s = json_get(n, "scores"), *m = json_get(n, "metrics");
	for (const struct json_node *k = s && s->type == JSON_ARR ? s->child : NULL; k; k = k->next)
		score(r, v, k);
	for (const struct json_node *k = m && m->type == JSON_ARR ? m->child : NULL; k; k = k->next)
		score(r, v, json_get(k, "content"));
}

/* "Exploited in the wild" in words; "no known public exploitation" is the usual other sentence, so only what CSAF means by it and no denial counts. */
static void threats(struct gate_vuln *v, const struct json_node *list)
{
	for (const struct json_node *k = list && list->type == JSON_ARR ? list->child : NULL; k; k = k->next) {
		struct slice d = json_text(k, "details");
		if (!slice_eq_str(json_text(k, "category"), "exploit_status") || !d.n || d.n > 4096)
			continue;
		bool active = memmem(d.p, d.n, "ctively exploited", 17) || memmem(d.p, d.n, "xploited in the wild", 20) || memmem(d.p, d.n, "Exploited:Yes", 13);
		bool denied = memmem(d.p, d.n, "No known", 8) || memmem(d.p, d.n, "no known", 8) || memmem(d.p, d.n, "not been", 8) || memmem(d.p, d.n, "not ", 4);
		v->exploited |= active && !denied;
	}
}

/* What can be done goes before that nothing is going to be. */
static int remedy_rank(const struct json_node *n)
{
	static const char *const order[] = {"vendor_fix", "workaround", "mitigation", "optional_patch", "fix_planned", "none_available", "no_fix_planned"};
	struct slice category = json_text(n, "category");
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (slice_eq_str(category, order[i]))
			return (int)i;
	return (int)ARRAY_LEN(order);
}

static void vulnerability(struct reading *r, struct gate_vuln *v, const struct json_node *n)
{
	v->advisory = r->v;
	v->cve = keep(r, json_text(n, "cve"));
	if (!v->cve.n)
		v->cve = keep(r, json_text(n, "ids.0.text"));
	v->title = keep(r, json_text(n, "title"));
	v->cwe = keep(r, json_text(n, json_get(n, "cwes") ? "cwes.0.id" : "cwe.id"));
	const struct json_node *fix = json_get(n, "remediations"), *best = NULL;
	for (const struct json_node *k = fix && fix->type == JSON_ARR ? fix->child : NULL; k; k = k->next)
		if (!best || remedy_rank(k) < remedy_rank(best))
			best = k;
	v->remedy = keep(r, json_text(best, "details"));
	scores(r, v, n);
	threats(v, json_get(n, "threats"));
	if (!r->code)
		product_status(r, v, json_get(n, "product_status"));
}

static int fill(struct reading *r, const struct json_node *root)
{
	const struct json_node *list = json_get(root, "vulnerabilities");
	struct gate_advisory *v = r->v;
	v->id = keep(r, json_text(root, "document.tracking.id"));
	v->title = keep(r, json_text(root, "document.title"));
	v->publisher = keep(r, json_text(root, "document.publisher.name"));
	v->released = keep(r, json_text(root, "document.tracking.current_release_date"));
	v->version = keep(r, json_text(root, "document.tracking.version"));
	products(r, json_get(root, "product_tree"));
	size_t n = list && list->type == JSON_ARR ? list->count : 0;
	v->vuln = room(r, n, sizeof *v->vuln);
	for (const struct json_node *k = n ? list->child : NULL; k && !r->code; k = k->next)
		vulnerability(r, &v->vuln[v->vuln_n++], k);
	v->product = r->p;
	v->product_n = r->n;
	return r->code;
}

/* The same advisory in a newer version takes the place of the older one. */
static struct gate_advisory *same_advisory(const struct gate_advisories *s, const struct gate_advisory *v)
{
	for (struct gate_advisory *k = s->first; k; k = k->next)
		if (v->id.n && slice_eq(k->id, v->id) && slice_eq(k->publisher, v->publisher))
			return k;
	return NULL;
}

static void take(struct gate_advisories *s, struct gate_advisory *v)
{
	struct gate_advisory *old = same_advisory(s, v);
	if (old) {
		s->superseded++;
		if (slice_cmp(old->released, v->released) < 0) { /* RFC 3339 in one zone: as text; else the later in the alphabet, which is said */
			struct gate_advisory *next = old->next;
			*old = *v;
			old->next = next;
			for (size_t i = 0; i < old->vuln_n; i++)
				old->vuln[i].advisory = old;
		}
		return;
	}
	if (s->last)
		s->last->next = v;
	else
		s->first = v;
	s->last = v;
	s->n++;
}

int gate_advisory_read(struct gate_advisories *s, const char *file, struct slice text, struct err *e)
{
	if (text.n > GATE_FILE_MAX)
		return err_set(e, ERR_LIMIT, file, "it is longer than an advisory that is read here");
	AUTO_ARENA struct arena *scratch = arena_new(text.n * 24 + (1 << 20));
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	struct json_node *root;
	int code = json_tree(text, scratch, &root, e);
	if (code < 0) {
		err_in(e, file);
		return code;
	}
	struct slice v = json_text(root, "document.csaf_version");
	if (!slice_starts(v, "2."))
		return err_set(e, ERR_INPUT, file, "this is no CSAF 2 advisory: document.csaf_version is not 2.0");
	struct reading r = {.s = s, .e = e};
	char *name = arena_strdup(s->a, slice_str(file));
	r.v = room(&r, 1, sizeof *r.v);
	if (!name || r.code)
		return r.code ? r.code : err_set(e, arena_code(s->a), NULL, "there is no room for all the advisories");
	r.v->file = name;
	code = fill(&r, root);
	if (code == 0)
		take(s, r.v);
	return code;
}

/* ---- KEV ---- */

static int kev_order(const void *a, const void *b)
{
	return slice_cmp(((const struct gate_kev *)a)->cve, ((const struct gate_kev *)b)->cve);
}

const struct gate_kev *kev_find(const struct gate_advisories *s, struct slice cve)
{
	struct gate_kev key = {.cve = cve};
	return s->kev_n && cve.n ? bsearch(&key, s->kev, s->kev_n, sizeof key, kev_order) : NULL;
}

static int kev_take(struct gate_advisories *s, struct gate_kev *k, size_t n, const char *file, struct err *e)
{
	struct gate_kev *all = arena_array(s->a, n + s->kev_n + 1, sizeof *all);
	if (!all)
		return err_set(e, arena_code(s->a), file, "there is no room for the list");
	for (size_t i = 0; i < n; i++) {
		all[i] = (struct gate_kev){arena_dup(s->a, k[i].cve), k[i].since.n ? arena_dup(s->a, k[i].since) : SLICE_NULL, k[i].ransomware};
		if (!all[i].cve.p || (k[i].since.n && !all[i].since.p))
			return err_set(e, arena_code(s->a), file, "there is no room for the list");
	}
	if (s->kev_n)
		memcpy(all + n, s->kev, s->kev_n * sizeof *all);
	s->kev = all;
	s->kev_n += n;
	qsort(s->kev, s->kev_n, sizeof *s->kev, kev_order);
	return 0;
}

static int kev_json(struct gate_advisories *s, const char *file, struct slice text, struct arena *scratch, struct err *e)
{
	struct json_node *root;
	int r = json_tree(text, scratch, &root, e);
	const struct json_node *list = r == 0 ? json_get(root, "vulnerabilities") : NULL;
	if (r < 0) {
		err_in(e, file);
		return r;
	}
	if (!list || list->type != JSON_ARR)
		return err_set(e, ERR_INPUT, file, "this is no KEV list: it has no vulnerabilities");
	struct gate_kev *k = arena_array(scratch, list->count + 1, sizeof *k);
	size_t n = 0;
	if (!k)
		return err_set(e, arena_code(scratch), file, "there is no room for the list");
	for (const struct json_node *v = list->child; v; v = v->next) {
		struct slice cve = json_text(v, "cveID");
		if (cve.n)
			k[n++] = (struct gate_kev){cve, json_text(v, "dateAdded"), slice_eq_nocase(json_text(v, "knownRansomwareCampaignUse"), "known")};
	}
	return kev_take(s, k, n, file, e);
}

static int kev_csv(struct gate_advisories *s, const char *file, struct slice text, struct arena *scratch, struct err *e)
{
	struct csv c;
	struct slice f[CSV_FIELDS_MAX];
	size_t n, rows = 0, at[3] = {SIZE_MAX, SIZE_MAX, SIZE_MAX}, k_n = 0;
	static const char *const want[3] = {"cveid", "dateadded", "knownransomwarecampaignuse"};
	csv_init(&c, text, csv_separator(slice_cut(text, '\n', &(struct slice){0})), scratch);
	if (!csv_row(&c, f, &n))
		return err_set(e, ERR_INPUT, file, "the file is empty");
	for (size_t i = 0; i < n; i++) {
		char key[64];
		csv_key(f[i], key);
		for (size_t w = 0; w < 3; w++)
			if (!strcmp(key, want[w]))
				at[w] = i;
	}
	if (at[0] == SIZE_MAX)
		return err_set(e, ERR_INPUT, file, "this is no KEV list: no column cveID");
	for (size_t i = 0; i < text.n; i++)
		rows += text.p[i] == '\n';
	struct gate_kev *k = arena_array(scratch, rows + 2, sizeof *k);
	if (!k)
		return err_set(e, arena_code(scratch), file, "there is no room for the list");
	while (csv_row(&c, f, &n)) {
		if (at[0] >= n || !f[at[0]].n)
			continue;
		k[k_n++] = (struct gate_kev){f[at[0]], at[1] < n ? f[at[1]] : SLICE_NULL, at[2] < n && slice_eq_nocase(f[at[2]], "known")};
	}
	return kev_take(s, k, k_n, file, e);
}

int gate_kev_read(struct gate_advisories *s, const char *file, struct slice text, struct err *e)
{
	if (text.n > GATE_FILE_MAX)
		return err_set(e, ERR_LIMIT, file, "it is longer than a KEV list that is read here");
	AUTO_ARENA struct arena *scratch = arena_new(text.n * 90 + (1 << 20)); /* a row of a letter has a struct of its own */
	struct slice t;
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = csv_utf8(text, scratch, &t, e);
	if (r < 0)
		return r;
	struct slice first = slice_trim(t);
	return first.n && first.p[0] == '{' ? kev_json(s, file, t, scratch, e) : kev_csv(s, file, t, scratch, e);
}
