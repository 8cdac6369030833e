/* The isolation plan: which groups keep talking in the clinical island, what is cut from what, and what is wrong with the plan.
 *
 * Rule: a group talks within itself; groups of the island talk to each other; talks_to adds a pair; everything else is cut, partner links among it. The
 * longest prefix decides where an address belongs; a prefix that stands in two groups alike is an error, because nobody can say which. */
#include "plan_internal.h"

#define CHECKS_MAX 2000u
#define ITEMS_MAX 4096u
#define WEAK 5 /* danger from which on a device of the island is named */

static int no_room(const struct gate_plan *p, struct err *e)
{
	return err_set(e, arena_code(p->a) ? arena_code(p->a) : ERR_MEMORY, NULL, "there is no room for the plan");
}

static void found(struct gate_plan *p, bool error, const char *what, const char *fmt, ...) PRINTF_LIKE(4, 5);
static void found(struct gate_plan *p, bool error, const char *what, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	p->errors += error;
	if (p->checks_n == CHECKS_MAX) {
		p->checks_more++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	struct slice s = slice_str(text);
	struct check *c = arena_alloc(p->a, sizeof *c);
	char *copy = c ? arena_strdup(p->a, slice_of(s.p, utf8_valid_prefix(s))) : NULL;
	if (!copy) {
		p->checks_more++;
		return;
	}
	*c = (struct check){error, what, copy, NULL};
	if (p->checks_last)
		p->checks_last->next = c;
	else
		p->checks = c;
	p->checks_last = c;
	p->checks_n++;
}

static int clip(struct slice s)
{
	return (int)utf8_valid_prefix(slice_of(s.p, s.n < 80 ? s.n : 80));
}
#define CLIP(s) clip(s), (const char *)(s).p

/* ---- groups ---- */

static bool named(const struct words *w, const char *list)
{
	for (struct slice l = slice_str(list); l.n;)
		if (words_have(w, slice_cut(l, ' ', &l)))
			return true;
	return false;
}

/* What a name says by itself, when no column does. */
static void known_by_name(struct gate_plan *p, struct group *g)
{
	struct words w;
	if (words_of(p->a, g->name, &w, NULL) < 0)
		return;
	g->holdfast = named(&w, "holdfast");
	g->administrators = named(&w, "administrators administrator admin admins administrateurs 管理员");
	bool in = g->holdfast || g->administrators || named(&w, "ward wards icu nicu picu lab labs laboratory laboratories pharmacy emergency theatre theatres nursing soins urgences labo laboratoire pharmacie 病区 检验 检验科 药房 急诊");
	if (!g->island_said) {
		g->island = in;
		g->why = in ? "its name says so; no column did" : "nothing says that care needs it in the island";
	}
}

static int group_of(struct gate_plan *p, struct slice name, struct group **ret, struct err *e)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->group[i].name.n == name.n && strncasecmp((const char *)p->group[i].name.p, (const char *)name.p, name.n) == 0) {
			*ret = &p->group[i];
			return 0;
		}
	if (p->n == GATE_GROUPS_MAX)
		return err_set(e, ERR_LIMIT, p->file, "more than %u groups", GATE_GROUPS_MAX);
	struct group *g = &p->group[p->n];
	*g = (struct group){.name = arena_dup(p->a, name)};
	if (!g->name.p)
		return no_room(p, e);
	p->n++;
	*ret = g;
	return 0;
}

static int list_add(struct gate_plan *p, struct item **list, struct slice s, struct slice reason, uint32_t line, struct err *e)
{
	struct item *i = arena_alloc(p->a, sizeof *i);
	if (!i)
		return no_room(p, e);
	*i = (struct item){arena_dup(p->a, s), reason.n ? arena_dup(p->a, reason) : SLICE_NULL, line, NULL};
	if (!i->s.p || (reason.n && !i->reason.p))
		return no_room(p, e);
	size_t n = 0;
	for (; *list; list = &(*list)->next)
		if (++n == ITEMS_MAX)
			return err_set(e, ERR_LIMIT, p->file, "more than %u names or links in one group: use prefixes", ITEMS_MAX);
	*list = i;
	return 0;
}

static int prefix_add(struct gate_plan *p, const struct group *g, struct slice text, uint32_t line, struct err *e)
{
	struct prefix x = {.group = (uint16_t)(g - p->group), .line = line};
	bool ok = address_bytes(text, x.address, &x.bits);
	assert(ok);
	if (p->prefixes == GATE_PREFIXES_MAX)
		return err_set(e, ERR_LIMIT, p->file, "more than %u addresses and prefixes", GATE_PREFIXES_MAX);
	x.text = arena_dup(p->a, text);
	if (!x.text.p)
		return no_room(p, e);
	p->prefix[p->prefixes++] = x;
	return 0;
}

enum column { C_GROUP, C_ADDRESS, C_REASON, C_ISLAND, C_TALKS, C_LINK, C_OTHER };
static enum column column_of(struct slice s)
{
	static const struct {
		const char *key;
		enum column c;
	} keys[] = {{"group", C_GROUP}, {"groupe", C_GROUP}, {"zone", C_GROUP}, {"分组", C_GROUP}, {"address", C_ADDRESS}, {"prefix", C_ADDRESS}, {"addressprefix", C_ADDRESS}, {"host", C_ADDRESS}, {"name", C_ADDRESS}, {"adresse", C_ADDRESS}, {"network", C_ADDRESS}, {"subnet", C_ADDRESS}, {"cidr", C_ADDRESS}, {"ip", C_ADDRESS}, {"member", C_ADDRESS}, {"地址", C_ADDRESS},
		{"reason", C_REASON}, {"why", C_REASON}, {"motif", C_REASON}, {"raison", C_REASON}, {"原因", C_REASON}, {"island", C_ISLAND}, {"ilot", C_ISLAND}, {"talksto", C_TALKS}, {"talks", C_TALKS}, {"allow", C_TALKS}, {"link", C_LINK}, {"partner", C_LINK}};
	char key[64];
	csv_key(s, key);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!strcmp(keys[i].key, key))
			return keys[i].c;
	return C_OTHER;
}

static int row_island(struct gate_plan *p, struct group *g, struct slice s, uint32_t line)
{
	static const char *const yes[] = {"yes", "y", "true", "1", "oui", "in", "是"}, *const no[] = {"no", "n", "false", "0", "non", "out", "否"};
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		bool in = slice_eq_nocase(s, yes[i]), out = slice_eq_nocase(s, no[i]);
		if (!in && !out)
			continue;
		if (g->island_said && g->island != in)
			found(p, true, "contradiction", "line %u: group %.*s is in the island and is not: the first counts", line, CLIP(g->name));
		else
			g->island = in;
		g->island_said = true;
		g->why = "the groups file says so";
		return 0;
	}
	found(p, true, "not understood", "line %u: island is '%.*s', and neither yes nor no", line, CLIP(s));
	return 0;
}

static int row_talks(struct gate_plan *p, struct group *g, struct slice s, uint32_t line, struct err *e)
{
	int r = 0;
	for (unsigned n = 0; r == 0 && s.n && n < 64; n++) {
		size_t k = 0;
		while (k < s.n && s.p[k] != ';' && s.p[k] != ',' && s.p[k] != '|')
			k++;
		struct slice one = slice_trim(slice_of(s.p, k));
		s = k < s.n ? slice_of(s.p + k + 1, s.n - k - 1) : SLICE_NULL;
		if (one.n)
			r = list_add(p, &g->talks, one, SLICE_NULL, line, e);
	}
	return r;
}

static int one_row(struct gate_plan *p, const enum column *c, const struct slice *f, size_t n, uint32_t line, struct err *e)
{
	struct slice v[C_OTHER] = {0};
	struct group *g;
	uint8_t address[16];
	unsigned bits;
	for (size_t i = 0; i < n; i++)
		if (c[i] != C_OTHER && !v[c[i]].n)
			v[c[i]] = f[i];
	if (!v[C_GROUP].n) {
		found(p, true, "no group", "line %u has no group: it was left out", line);
		return 0;
	}
	int r = group_of(p, v[C_GROUP], &g, e);
	if (r == 0 && v[C_ISLAND].n)
		r = row_island(p, g, v[C_ISLAND], line);
	if (r == 0 && v[C_TALKS].n)
		r = row_talks(p, g, v[C_TALKS], line, e);
	if (r == 0 && v[C_LINK].n)
		r = list_add(p, &g->links, v[C_LINK], v[C_REASON], line, e);
	struct slice a = v[C_ADDRESS];
	if (r < 0 || !a.n)
		return r;
	if (slice_starts(a, "link ") || slice_starts(a, "link:"))
		return list_add(p, &g->links, slice_trim(slice_of(a.p + 5, a.n - 5)), v[C_REASON], line, e);
	if (address_bytes(a, address, &bits))
		return prefix_add(p, g, a, line, e);
	if (memchr(a.p, '/', a.n))
		found(p, true, "not understood", "line %u: '%.*s' is no prefix", line, CLIP(a));
	return list_add(p, &g->names, a, v[C_REASON], line, e);
}

static int read_groups(struct gate_plan *p, struct slice raw, struct err *e)
{
	struct slice text, field[CSV_FIELDS_MAX];
	enum column c[CSV_FIELDS_MAX];
	struct csv csv;
	size_t n, cols;
	bool group = false;
	int r = csv_utf8(raw, p->a, &text, e);
	if (r < 0)
		return r;
	csv_init(&csv, text, csv_separator(slice_cut(text, '\n', &(struct slice){0})), p->a);
	if (!csv_row(&csv, field, &cols))
		return err_set(e, ERR_INPUT, p->file, "the file is empty");
	for (size_t i = 0; i < cols; i++) {
		c[i] = column_of(field[i]);
		group |= c[i] == C_GROUP;
	}
	if (!group)
		return err_set(e, ERR_INPUT, p->file, "no column 'group' in its header: it should be like group,address,reason");
	while (r == 0 && csv_row(&csv, field, &n))
		r = one_row(p, c, field, n < cols ? n : cols, csv.row_line, e);
	return r == 0 && csv.no_room ? no_room(p, e) : r;
}

/* ---- where an address belongs ---- */

static int longest_first(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	if (x->bits != y->bits)
		return x->bits > y->bits ? -1 : 1;
	int c = memcmp(x->address, y->address, 16);
	return c ? c : x->line < y->line ? -1 : x->line > y->line;
}

static void mask(uint8_t a[16], unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		a[i / 8] &= (uint8_t)~(0x80 >> i % 8);
}

/* The first prefix of exactly this length that holds the address; the runs of one length lie one after another. */
static const struct prefix *in_run(const struct prefix *run, size_t n, const uint8_t address[16])
{
	uint8_t a[16];
	size_t lo = 0, hi = n;
	memcpy(a, address, 16);
	mask(a, run->bits);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (memcmp(run[mid].address, a, 16) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && memcmp(run[lo].address, a, 16) == 0 ? &run[lo] : NULL;
}

const struct prefix *plan_longest(const struct gate_plan *p, const uint8_t address[16], unsigned shorter_than)
{
	for (size_t i = 0; i < p->prefixes;) {
		size_t k = i;
		while (k < p->prefixes && p->prefix[k].bits == p->prefix[i].bits)
			k++;
		const struct prefix *x = p->prefix[i].bits < shorter_than ? in_run(p->prefix + i, k - i, address) : NULL;
		if (x)
			return x;
		i = k;
	}
	return NULL;
}

static void overlaps(struct gate_plan *p)
{
	for (size_t i = 0; i < p->prefixes && p->checks_n < CHECKS_MAX; i++) {
		const struct prefix *x = &p->prefix[i], *y;
		if (i && x->bits == x[-1].bits && memcmp(x->address, x[-1].address, 16) == 0) {
			if (x->group != x[-1].group)
				found(p, true, "overlap", "%.*s is in group %.*s (line %u) and in group %.*s (line %u): nobody can say which", CLIP(x->text), CLIP(p->group[x[-1].group].name), x[-1].line,
					CLIP(p->group[x->group].name), x->line);
			continue;
		}
		y = plan_longest(p, x->address, x->bits);
		if (y && y->group != x->group)
			found(p, false, "overlap", "%.*s of group %.*s lies in %.*s of group %.*s: the longer prefix counts", CLIP(x->text), CLIP(p->group[x->group].name), CLIP(y->text), CLIP(p->group[y->group].name));
	}
}

static bool named_host(const struct item *i, const struct gate_device *d)
{
	for (const struct gate_said *s = d->said; s; s = s->next)
		if (s->field == GATE_F_NAME && s->value.n == i->s.n && strncasecmp((const char *)s->value.p, (const char *)i->s.p, i->s.n) == 0)
			return true;
	return false;
}

static int host_in(struct gate_plan *p, struct group *g, const struct gate_risk *r, struct err *e)
{
	for (const struct member *m = g->hosts; m; m = m->risk == r ? m->next : NULL) /* it may only be the newest */
		if (m->risk == r)
			return 0;
	struct member *m = arena_alloc(p->a, sizeof *m);
	if (!m)
		return no_room(p, e);
	*m = (struct member){r, g->hosts};
	g->hosts = m;
	g->hosts_n++;
	return 0;
}

bool plan_talk(const struct gate_plan *p, size_t a, size_t b)
{
	return a == b || (p->talk[a][b / 8] >> b % 8 & 1);
}

static struct slice called(const struct gate_device *d)
{
	struct slice s = gate_device_text(d, GATE_F_NAME);
	s = s.n ? s : gate_device_text(d, GATE_F_ADDRESS);
	return s.n ? s : gate_device_text(d, GATE_F_MAC);
}

/* All groups of a host; more than one that may not talk to each other: it is a bridge between them. */
static int place(struct gate_plan *p, const struct gate_risk *r, struct err *e)
{
	size_t in[8], n = 0;
	const struct gate_device *d = r->device;
	for (const struct gate_said *s = d->said; s; s = s->next) {
		uint8_t a[16];
		unsigned bits;
		const struct prefix *x = s->field == GATE_F_ADDRESS && address_bytes(s->value, a, &bits) ? plan_longest(p, a, 129) : NULL;
		bool again = !x;
		for (size_t i = 0; i < n; i++)
			again |= x && in[i] == x->group;
		if (!again && n < ARRAY_LEN(in))
			in[n++] = x->group;
	}
	for (size_t g = 0; g < p->n && n < ARRAY_LEN(in); g++) {
		bool hit = false;
		for (const struct item *i = p->group[g].names; i && !hit; i = i->next)
			hit = named_host(i, d);
		if (p->from_inventory) {
			struct slice said = gate_device_text(d, GATE_F_GROUP);
			said = said.n ? said : gate_device_text(d, GATE_F_UNIT);
			hit |= said.n == p->group[g].name.n && strncasecmp((const char *)said.p, (const char *)p->group[g].name.p, said.n) == 0;
		}
		for (size_t i = 0; i < n; i++)
			hit &= in[i] != g;
		if (hit)
			in[n++] = g;
	}
	for (size_t i = 0; i < n; i++) {
		int code = host_in(p, &p->group[in[i]], r, e);
		if (code < 0)
			return code;
		if (i && !plan_talk(p, in[0], in[i]))
			found(p, true, "bridge", "%.*s is in group %.*s and in group %.*s, which are cut from each other: it would join them", CLIP(called(d)), CLIP(p->group[in[0]].name), CLIP(p->group[in[i]].name));
	}
	if (n)
		return 0;
	struct member *m = arena_alloc(p->a, sizeof *m);
	if (!m)
		return no_room(p, e);
	*m = (struct member){r, p->ungrouped};
	p->ungrouped = m;
	p->ungrouped_n++;
	return 0;
}

/* ---- who talks, and what is wrong ---- */

static void set_talk(struct gate_plan *p, size_t a, size_t b)
{
	p->talk[a][b / 8] |= (uint8_t)(1 << b % 8);
	p->talk[b][a / 8] |= (uint8_t)(1 << a % 8);
}

static void talks(struct gate_plan *p)
{
	bool any = false;
	for (size_t i = 0; i < p->n; i++) {
		known_by_name(p, &p->group[i]);
		any |= p->group[i].island;
	}
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < i; k++)
			if (p->group[i].island && p->group[k].island)
				set_talk(p, i, k);
	for (size_t i = 0; i < p->n; i++)
		for (const struct item *t = p->group[i].talks; t; t = t->next) {
			size_t k = 0;
			while (k < p->n && (p->group[k].name.n != t->s.n || strncasecmp((const char *)p->group[k].name.p, (const char *)t->s.p, t->s.n) != 0))
				k++;
			if (k == p->n)
				found(p, true, "unknown group", "line %u: %.*s talks to %.*s, which is no group", t->line, CLIP(p->group[i].name), CLIP(t->s));
			else {
				if (p->group[i].island != p->group[k].island)
					found(p, false, "opening", "line %u: %.*s and %.*s may talk, and one of them is outside of the island: it is open there", t->line, CLIP(p->group[i].name), CLIP(p->group[k].name));
				set_talk(p, i, k);
			}
		}
	if (!any)
		found(p, true, "no island", "no group is in the island: everything would be cut from everything");
}

static void reachable(struct gate_plan *p, const struct slice *list, size_t n, const char *whose)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t a[16];
		unsigned bits;
		if (!address_bytes(list[i], a, &bits)) {
			found(p, true, "not understood", "'%.*s' is no address", CLIP(list[i]));
			continue;
		}
		const struct prefix *x = plan_longest(p, a, bits + 1);
		if (!x)
			found(p, true, "cut off", "%s address %.*s is in no group: the plan would cut it off", whose, CLIP(list[i]));
		else if (!p->group[x->group].island)
			found(p, true, "cut off", "%s address %.*s is in group %.*s, which is not in the island: the plan would cut it off", whose, CLIP(list[i]), CLIP(p->group[x->group].name));
	}
}

static void members(struct gate_plan *p, size_t own_n, size_t administrators_n)
{
	bool holdfast = own_n > 0, administrators = administrators_n > 0;
	for (size_t i = 0; i < p->n; i++) {
		const struct group *g = &p->group[i];
		bool any = g->hosts_n || g->links || g->prefixes;
		for (size_t k = 0; !any && k < p->prefixes; k++)
			any = p->prefix[k].group == i;
		if (!any)
			found(p, false, "empty", "group %.*s has no address, no host and no link", CLIP(g->name));
		for (const struct item *t = g->names; t; t = t->next) {
			bool hit = false;
			for (const struct member *m = g->hosts; m && !hit; m = m->next)
				hit = named_host(t, m->risk->device);
			if (!hit)
				found(p, false, "unknown host", "line %u: '%.*s' is no address, and no device of that name is in the inventory", t->line, CLIP(t->s));
		}
		holdfast |= g->holdfast && any;
		administrators |= g->administrators && any;
		if ((g->holdfast || g->administrators) && !g->island)
			found(p, true, "cut off", "group %.*s is not in the island: the plan would cut it off", CLIP(g->name));
		for (const struct member *m = g->island ? g->hosts : NULL; m; m = m->next)
			if (m->risk->danger >= WEAK)
				found(p, false, "weak inside", "%.*s in group %.*s has danger %d of 10: think of taking it out of the island", CLIP(called(m->risk->device)), CLIP(g->name), m->risk->danger);
	}
	if (!holdfast)
		found(p, false, "own address", "where Holdfast is was not said: give --own ADDRESS or a group holdfast");
	if (!administrators)
		found(p, false, "administrators", "where the administrators are was not said: give --admin ADDRESS or a group administrators");
	for (const struct member *m = p->ungrouped; m; m = m->next)
		found(p, false, "no group", "%.*s is in no group: it would be cut from everything", CLIP(called(m->risk->device)));
}

static int groups_from_inventory(struct gate_plan *p, const struct gate_exposure *x, struct err *e)
{
	p->from_inventory = true;
	for (size_t i = 0; i < x->n; i++) {
		const struct gate_device *d = x->risk[i].device;
		struct slice said = gate_device_text(d, GATE_F_GROUP);
		struct group *g;
		said = said.n ? said : gate_device_text(d, GATE_F_UNIT);
		int r = said.n ? group_of(p, said, &g, e) : 0;
		for (const struct gate_said *s = said.n ? d->said : NULL; r == 0 && s; s = s->next)
			if (s->field == GATE_F_ADDRESS)
				r = prefix_add(p, g, s->value, s->line, e);
		if (r < 0)
			return r;
	}
	return p->n ? 0 : err_set(e, ERR_INPUT, NULL, "no groups: the inventory has no column 'group' or 'unit', and no --groups file was given");
}

void gate_plan_free(struct gate_plan *p)
{
	if (!p)
		return;
	arena_free(p->a);
	free(p->prefix);
	free(p);
}

int gate_plan_make(const struct gate_exposure *x, const char *file, struct slice groups, const struct slice *own, size_t own_n, const struct slice *administrators,
	size_t administrators_n, struct gate_plan **ret, struct err *e)
{
	struct gate_plan *p = calloc(1, sizeof *p);
	if (p) {
		p->a = arena_new((size_t)512 << 20);
		p->prefix = calloc(GATE_PREFIXES_MAX, sizeof *p->prefix);
	}
	if (!p || !p->a || !p->prefix) {
		gate_plan_free(p);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	p->file = file ? arena_strdup(p->a, slice_str(file)) : NULL;
	int r = groups.p ? read_groups(p, groups, e) : groups_from_inventory(p, x, e);
	if (r == 0) {
		if (p->prefixes)
			qsort(p->prefix, p->prefixes, sizeof *p->prefix, longest_first);
		talks(p);
		overlaps(p);
		for (size_t i = x->n; r == 0 && i-- > 0;) /* lists grow at the front: the highest risk ends up first */
			r = place(p, &x->risk[i], e);
	}
	if (r < 0) {
		gate_plan_free(p);
		return r;
	}
	reachable(p, own, own_n, "Holdfast's own");
	reachable(p, administrators, administrators_n, "an administrator's");
	members(p, own_n, administrators_n);
	*ret = p;
	return 0;
}

bool gate_plan_sound(const struct gate_plan *p)
{
	return p->errors == 0;
}

/* ---- said ---- */

static void json_hosts(struct jsonw *w, const char *key, const struct member *m)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (; m; m = m->next) {
		jsonw_obj(w);
		jsonw_ku64(w, "device", m->risk->device->number);
		jsonw_kslice(w, "name", called(m->risk->device));
		jsonw_kslice_opt(w, "address", gate_device_text(m->risk->device, GATE_F_ADDRESS));
		jsonw_ku64(w, "risk", (uint64_t)m->risk->risk);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void json_items(struct jsonw *w, const char *key, const struct item *i)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (; i; i = i->next)
		jsonw_slice(w, i->s);
	jsonw_arr_end(w);
}

static void json_group(const struct gate_plan *p, size_t i, struct jsonw *w)
{
	const struct group *g = &p->group[i];
	jsonw_obj(w);
	jsonw_kslice(w, "group", g->name);
	jsonw_kbool(w, "island", g->island);
	jsonw_kstr(w, "because", g->why);
	jsonw_key(w, "prefixes");
	jsonw_arr(w);
	for (size_t k = 0; k < p->prefixes; k++)
		if (p->prefix[k].group == i)
			jsonw_slice(w, p->prefix[k].text);
	jsonw_arr_end(w);
	json_items(w, "links_cut", g->links);
	for (int cut = 0; cut < 2; cut++) {
		jsonw_key(w, cut ? "cut_from" : "talks_to");
		jsonw_arr(w);
		for (size_t k = 0; k < p->n; k++)
			if (k != i && plan_talk(p, i, k) == !cut)
				jsonw_slice(w, p->group[k].name);
		jsonw_arr_end(w);
	}
	json_hosts(w, "hosts", g->hosts);
	jsonw_obj_end(w);
}

void gate_plan_json(const struct gate_plan *p, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kbool(w, "sound", gate_plan_sound(p));
	jsonw_key(w, "groups");
	jsonw_arr(w);
	for (size_t i = 0; i < p->n; i++)
		json_group(p, i, w);
	jsonw_arr_end(w);
	json_hosts(w, "no_group", p->ungrouped);
	jsonw_key(w, "checks");
	jsonw_arr(w);
	for (const struct check *c = p->checks; c; c = c->next) {
		jsonw_obj(w);
		jsonw_kstr(w, "level", c->error ? "error" : "warning");
		jsonw_kstr(w, "check", c->what);
		jsonw_kstr(w, "text", c->text);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_ku64(w, "checks_left_out", p->checks_more);
	jsonw_obj_end(w);
}

static void names(const struct gate_plan *p, size_t i, bool cut, struct buf *out)
{
	size_t n = 0;
	for (size_t k = 0; k < p->n; k++)
		if (k != i && plan_talk(p, i, k) == !cut) {
			buf_str(out, n++ ? ", " : "");
			buf_add_slice(out, p->group[k].name);
		}
	if (!n)
		buf_str(out, cut ? "no other group" : "nobody else");
}

void gate_plan_text(const struct gate_plan *p, struct buf *out)
{
	for (int island = 1; island >= 0; island--) {
		buf_str(out, island ? "Clinical island: these groups keep talking to each other, and to nobody else\n" : "\nOutside of it: cut from the island and from each other\n");
		for (size_t i = 0; i < p->n; i++) {
			const struct group *g = &p->group[i];
			if (g->island != island)
				continue;
			buf_str(out, "  ");
			buf_add_slice(out, g->name);
			buf_printf(out, "  %zu hosts (%s)\n    talks to   ", g->hosts_n, g->why);
			names(p, i, false, out);
			buf_str(out, "\n    cut from   ");
			names(p, i, true, out);
			buf_str(out, ", and everything that is in no group\n");
			for (const struct item *l = g->links; l; l = l->next) {
				buf_str(out, "    link cut   ");
				buf_add_slice(out, l->s);
				buf_str(out, l->reason.n ? "  " : "");
				buf_add_slice(out, l->reason);
				buf_u8(out, '\n');
			}
		}
	}
	buf_printf(out, "\nIn no group: %zu hosts\n\nChecks\n", p->ungrouped_n);
	for (const struct check *c = p->checks; c; c = c->next)
		buf_printf(out, "  %-7s  %s\n", c->error ? "ERROR" : "warning", c->text);
	if (p->checks_more)
		buf_printf(out, "  and %zu more\n", p->checks_more);
	if (!p->checks_n)
		buf_str(out, "  nothing found\n");
	buf_str(out, gate_plan_sound(p) ? "\nThe plan is sound.\n" : "\nThe plan is NOT sound: see the errors.\n");
}
