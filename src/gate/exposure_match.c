/* Advisories against the inventory.
 *
 * What a device is made of (its model, its system, its software, what answered on its ports, its CPE names) are facets; equal facets of many devices are
 * compared once. A facet and a product fit by CPE, or by vendor and product name; then the version decides. The surest answer of each vulnerability stays. */
#include "exposure_internal.h"

#define BUCKETS 16384u

enum facet_kind { MODEL, SYSTEM, SOFTWARE, SERVICE, CPE };
static const char *const kind_names[] = {"model", "operating system", "software", "service", "CPE"};

struct holder {
	uint32_t device;
	struct holder *next;
};
struct facet {
	enum facet_kind kind;
	bool guess, has_cpe;
	struct slice vendor_text, product_text, version, key;
	struct words vendor, product;
	struct cpe cpe;
	const char *file;
	uint32_t line;
	struct holder *holders;
	struct facet *next, *bucket_next;
};
enum fit { NO_FIT, IN_PART, SAME };
struct hit {
	struct facet *f;
	enum fit fit;
	enum gate_in in;
	bool version_known;
	const char *why;
	struct hit *next;
};
struct prepared { /* a product of the advisory at hand */
	bool done;
	struct hit *hits;
};
struct matching {
	struct gate_exposure *x;
	struct gate_risk *risk; /* by device number - 1 */
	struct arena *scratch;
	struct facet *facets, *bucket[BUCKETS];
	struct err *e;
};

static int no_room(const struct matching *m, const struct arena *a)
{
	return err_set(m->e, arena_code(a) ? arena_code(a) : ERR_MEMORY, NULL, "there is no room to compare all devices with all advisories: read fewer of them at once");
}

/* ---- facets ---- */

static size_t letters_of(struct slice s);

static void one_spelling(struct words *w, bool vendor);

/* What a vendor calls itself, without the form of its company. */
static void vendor_words(struct words *w)
{
	static const char *const idle[] = {"inc", "corp", "corporation", "gmbh", "ag", "ltd", "limited", "llc", "co", "company", "sa", "se", "bv", "nv", "plc", "kg", "kgaa", "the", "and", "as", "ab", "oy", "spa", "srl", "sas", "pty", "incorporated", "group", "international"};
	size_t n = 0;
	for (size_t i = 0; i < w->n; i++) {
		bool drop = false;
		for (size_t k = 0; k < ARRAY_LEN(idle); k++)
			drop |= slice_eq_str(w->w[i], idle[k]);
		if (!drop)
			w->w[n++] = w->w[i];
	}
	if (n)
		w->n = n;
	one_spelling(w, true);
}

static void drop_front(struct words *w, size_t k)
{
	memmove(w->w, w->w + k, (w->n - k) * sizeof *w->w);
	w->n -= k;
	words_index(w);
}

/* How one maker is written in inventories and in advisories; the longer spelling before the one it begins with. */
static const struct {
	const char *words[4], *one;
} aliases[] = {{{"general", "electric"}, "ge"}, {{"ge", "healthcare"}, "ge"}, {{"ge", "medical", "systems"}, "ge"}, {{"ge", "medical"}, "ge"}, {{"gehealthcare"}, "ge"}, {{"gehc"}, "ge"}, {{"ge"}, "ge"}, {{"becton", "dickinson"}, "bd"}, {{"bbraun"}, "braun"},
	{{"b", "braun"}, "braun"}, {{"braun"}, "braun"}, {{"koninklijke", "philips"}, "philips"}, {{"royal", "philips"}, "philips"}, {{"siemens", "healthineers"}, "siemens"}, {{"siemens", "healthcare"}, "siemens"}, {{"siemens", "medical"}, "siemens"},
	{{"hewlett", "packard"}, "hp"}, {{"drager"}, "draeger"}, {{"microsoft"}, "microsoft"}, {{"ms"}, "microsoft"}};

/* How many of the words in front are such a spelling: 0, none. */
static size_t alias_of(const struct words *w, const char **ret)
{
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
		size_t k = 0;
		while (k < ARRAY_LEN(aliases[i].words) && aliases[i].words[k] && k < w->n && slice_eq_str(w->w[k], aliases[i].words[k]))
			k++;
		if (k && (k == ARRAY_LEN(aliases[i].words) || !aliases[i].words[k])) {
			*ret = aliases[i].one;
			return k;
		}
	}
	return 0;
}

/* A vendor is then that one word and no more; of a product's name the words in front are. */
static void one_spelling(struct words *w, bool vendor)
{
	const char *one;
	size_t k = alias_of(w, &one);
	if (!k)
		return;
	drop_front(w, k - 1);
	w->w[0] = slice_str(one);
	if (vendor)
		w->n = 1;
	words_index(w);
}

/* "Philips IntelliVue MX700" of vendor Philips is "IntelliVue MX700"; "GE Healthcare MUSE" of vendor GE is "MUSE". */
static void without_vendor(struct words *product, const struct words *vendor)
{
	const char *one;
	size_t k = alias_of(product, &one);
	if (k && vendor->n == 1 && slice_eq_str(vendor->w[0], one) && k < product->n) {
		drop_front(product, k);
		return;
	}
	k = 0;
	while (k < vendor->n && k + 1 < product->n && slice_eq(product->w[k], vendor->w[k]))
		k++;
	if (k)
		drop_front(product, k);
}

static struct slice vendor_of_system(struct slice os)
{
	static const struct {
		const char *in, *vendor;
	} makers[] = {{"windows", "Microsoft"}, {"ubuntu", "Canonical"}, {"red hat", "Red Hat"}, {"rhel", "Red Hat"}, {"centos", "CentOS"}, {"debian", "Debian"}, {"macos", "Apple"}, {"mac os", "Apple"}, {"vxworks", "Wind River"}, {"qnx", "BlackBerry"}, {"ios", "Apple"}, {"android", "Google"}};
	for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
		size_t n = strlen(makers[i].in);
		for (size_t k = 0; k + n <= os.n; k++)
			if (strncasecmp((const char *)os.p + k, makers[i].in, n) == 0)
				return slice_str(makers[i].vendor);
	}
	return SLICE_NULL;
}

static int facet_add(struct matching *m, uint32_t device, enum facet_kind kind, struct slice vendor, struct slice product, struct slice version, struct slice cpe, bool guess, const char *file, uint32_t line)
{
	if (!product.n && !cpe.n)
		return 0;
	char *key = arena_printf(m->x->a, "%d%d|%.*s|%.*s|%.*s|%.*s", kind, guess, SLICE_FMT(vendor), SLICE_FMT(product), SLICE_FMT(version), SLICE_FMT(cpe));
	struct holder *h = arena_alloc(m->x->a, sizeof *h);
	if (!key || !h)
		return no_room(m, m->x->a);
	uint32_t hash = UINT32_C(0x811C9DC5);
	for (const char *p = key; *p; p++)
		hash = (hash ^ (uint8_t)*p) * UINT32_C(0x01000193);
	struct facet **b = &m->bucket[(hash ^ hash >> 16) % BUCKETS], *f = *b;
	while (f && !slice_eq_str(f->key, key))
		f = f->bucket_next;
	h->device = device;
	if (!f) {
		f = arena_alloc(m->x->a, sizeof *f);
		if (!f)
			return no_room(m, m->x->a);
		*f = (struct facet){.kind = kind, .guess = guess, .vendor_text = vendor, .product_text = product, .version = version, .key = slice_str(key), .file = file, .line = line};
		if (words_of(m->x->a, vendor, &f->vendor, m->e) < 0 || words_of(m->x->a, product, &f->product, m->e) < 0)
			return no_room(m, m->x->a);
		vendor_words(&f->vendor);
		without_vendor(&f->product, &f->vendor);
		f->has_cpe = cpe.n && cpe_read(cpe, &f->cpe);
		if (f->has_cpe && !version.n && f->cpe.version[0])
			f->version = slice_str(arena_printf(m->x->a, "%s%s%s", f->cpe.version, f->cpe.update[0] ? " " : "", f->cpe.update));
		f->bucket_next = *b;
		*b = f;
		f->next = m->facets;
		m->facets = f;
	}
	h->next = f->holders;
	f->holders = h;
	return 0;
}

/* "IntelliVue MX800 SW L.01", "MUSE v9", "Archive Server version 7.1": the version that a name ends in, where the inventory has no other. */
static struct slice version_in_name(struct slice *name)
{
	static const char *const marks[] = {"sw", "software", "fw", "firmware", "version", "ver", "rev", "revision", "release", "v"};
	for (size_t i = name->n; i-- > 1;) {
		if (name->p[i - 1] != ' ')
			continue;
		struct slice tail = slice_of(name->p + i, name->n - i), word = slice_of(tail.p, letters_of(tail)), rest = slice_of(tail.p + word.n, tail.n - word.n);
		bool mark = false, digit = false;
		for (size_t k = 0; k < ARRAY_LEN(marks); k++)
			mark |= slice_eq_nocase(word, marks[k]);
		while (rest.n && strchr(" .:", rest.p[0] ? rest.p[0] : 'x'))
			rest = slice_of(rest.p + 1, rest.n - 1);
		for (size_t k = 0; k < rest.n; k++)
			digit |= rest.p[k] >= '0' && rest.p[k] <= '9';
		if (mark && digit && rest.n <= 40) {
			struct slice head = slice_trim(slice_of(name->p, i));
			while (head.n && (head.p[head.n - 1] == ',' || head.p[head.n - 1] == '-' || head.p[head.n - 1] == '('))
				head = slice_trim(slice_of(head.p, head.n - 1));
			if (!head.n)
				return SLICE_NULL;
			*name = head;
			return rest;
		}
	}
	return SLICE_NULL;
}

/* A name with its version, or the version that it ends in. */
static int named(struct matching *m, uint32_t device, enum facet_kind kind, struct slice vendor, const struct gate_said *s, struct slice version)
{
	struct slice name = s->value;
	if (!version.n)
		version = version_in_name(&name);
	return facet_add(m, device, kind, vendor, name, version, SLICE_NULL, s->guess && kind == SYSTEM, s->file, s->line);
}

static int facets_of(struct matching *m, const struct gate_device *d)
{
	uint32_t n = d->number - 1;
	const struct gate_said *model = gate_device_said(d, GATE_F_MODEL), *software = gate_device_said(d, GATE_F_SOFTWARE), *os = gate_device_said(d, GATE_F_OS);
	struct slice vendor = gate_device_text(d, GATE_F_VENDOR), version = gate_device_text(d, GATE_F_VERSION);
	struct slice system_vendor = os ? vendor_of_system(os->value) : SLICE_NULL; /* an unknown system may be the device's own name, written in that column */
	int r = 0;
	if (model)
		r = named(m, n, MODEL, vendor, model, software ? SLICE_NULL : version);
	if (r == 0 && software)
		r = named(m, n, SOFTWARE, vendor, software, version);
	if (r == 0 && os)
		r = named(m, n, SYSTEM, system_vendor.n ? system_vendor : vendor, os, gate_device_text(d, GATE_F_OS_VERSION));
	for (const struct gate_said *s = d->said; r == 0 && s; s = s->next)
		if (s->field == GATE_F_CPE)
			r = facet_add(m, n, CPE, SLICE_NULL, SLICE_NULL, SLICE_NULL, s->value, s->guess, s->file, s->line);
	for (const struct gate_port *p = d->ports; r == 0 && p; p = p->next)
		r = facet_add(m, n, SERVICE, SLICE_NULL, p->product, p->version, p->cpe, false, p->file, p->line);
	return r;
}

/* ---- does a product fit a facet ---- */

struct product_words {
	struct slice text; /* the product's name as it is written */
	struct words vendor, product, name;
	struct cpe cpe;
	bool has_cpe;
};

static bool same_vendor(const struct words *a, const struct words *b)
{
	if (!a->n || !b->n)
		return false;
	if (words_begin(a, b) || words_begin(b, a))
		return true;
	/* "Becton, Dickinson and Company (BD)" and "BD" */
	return (a->n == 1 && slice_eq(a->w[0], b->w[b->n - 1])) || (b->n == 1 && slice_eq(b->w[0], a->w[a->n - 1]));
}

static bool distinctive(const struct words *w)
{
	static const char *const common[] = {"system", "systems", "software", "server", "client", "monitor", "monitors", "monitoring", "patient", "infusion", "pump", "series", "device", "devices", "firmware", "version", "medical", "health",
		"healthcare", "workstation", "application", "platform", "module", "suite", "windows", "linux", "service", "manager", "central", "station", "network", "web", "clinical", "care", "data", "gateway", "controller", "for", "with", "edition"};
	for (size_t i = 0; i < w->n; i++) {
		bool plain = false, digit = false;
		for (size_t k = 0; k < ARRAY_LEN(common); k++)
			plain |= slice_eq_str(w->w[i], common[k]);
		for (size_t k = 0; k < w->w[i].n; k++)
			digit |= w->w[i].p[k] >= '0' && w->w[i].p[k] <= '9';
		if (!plain && (w->w[i].n >= 4 || (digit && w->w[i].n >= 3)))
			return true;
	}
	return false;
}

static bool slice_has_nocase(struct slice s, struct slice what)
{
	for (size_t i = 0; what.n && i + what.n <= s.n; i++)
		if (strncasecmp((const char *)s.p + i, (const char *)what.p, what.n) == 0)
			return true;
	return false;
}

static size_t letters_of(struct slice s)
{
	size_t k = 0;
	while (k < s.n && ((s.p[k] | 32) >= 'a' && (s.p[k] | 32) <= 'z'))
		k++;
	return k;
}

static bool same_letters(struct slice a, struct slice b, size_t n)
{
	return a.n >= n && b.n >= n && strncasecmp((const char *)a.p, (const char *)b.p, n) == 0;
}

/* "MX400": its letters are counted, its number read; no more than 6 digits and nothing after them. */
static bool model_number(struct slice s, size_t *ret_letters, unsigned *ret)
{
	size_t k = letters_of(s);
	*ret_letters = k;
	*ret = 0;
	if (!k || k == s.n || s.n - k > 6)
		return false;
	for (; k < s.n; k++) {
		if (s.p[k] < '0' || s.p[k] > '9')
			return false;
		*ret = *ret * 10 + (unsigned)(s.p[k] - '0');
	}
	return true;
}

/* "Vitaview monitors VX100 VX400-VX850": is one of the device's words between them, and another one of the family's name? */
static bool model_span(struct slice text, const struct words *device)
{
	struct slice rest = text;
	while (rest.n) {
		struct slice hi, piece = slice_cut(rest, ' ', &rest), lo = slice_cut(piece, '-', &hi);
		size_t a, b, c;
		unsigned from, to, at;
		while (hi.n && (hi.p[hi.n - 1] == ',' || hi.p[hi.n - 1] == ')'))
			hi.n--;
		if (!hi.n || !model_number(lo, &a, &from) || !model_number(hi, &b, &to) || a != b || !same_letters(lo, hi, a))
			continue;
		for (size_t i = 0; i < device->n; i++)
			if (model_number(device->w[i], &c, &at) && c == a && same_letters(lo, device->w[i], a) && at >= from && at <= to)
				for (size_t k = 0; k < device->n; k++)
					if (k != i && device->w[k].n >= 4 && letters_of(device->w[k]) == device->w[k].n && slice_has_nocase(text, device->w[k]))
						return true;
	}
	return false;
}

/* "Information Center iX (ICiX)" is what hospitals call "IC iX": all the device's words together are what stands in brackets. */
static bool acronym(struct slice text, const struct words *device)
{
	const uint8_t *open = text.n ? memchr(text.p, '(', text.n) : NULL, *close = open ? memchr(open, ')', (size_t)(text.p + text.n - open)) : NULL;
	if (!close || close - open < 4)
		return false;
	struct slice in = slice_of(open + 1, (size_t)(close - open - 1));
	size_t at = 0;
	for (size_t i = 0; i < device->n; i++) {
		struct slice w = device->w[i];
		if (w.n > in.n - at || strncasecmp((const char *)in.p + at, (const char *)w.p, w.n))
			return false;
		at += w.n;
	}
	return at == in.n;
}

static enum fit by_cpe(const struct product_words *p, const struct facet *f)
{
	if (!p->has_cpe || !f->has_cpe)
		return NO_FIT;
	bool part = !p->cpe.part[0] || !f->cpe.part[0] || !strcmp(p->cpe.part, f->cpe.part);
	return part && !strcmp(p->cpe.vendor, f->cpe.vendor) && !strcmp(p->cpe.product, f->cpe.product) ? SAME : NO_FIT;
}

static enum fit by_name(const struct product_words *p, const struct facet *f)
{
	if (!f->product.n)
		return NO_FIT;
	if (!p->product.n) { /* a product without branches: all that there is is its full name */
		struct words all = f->vendor;
		for (size_t i = 0; i < f->product.n && all.n < WORDS_MAX; i++)
			all.w[all.n++] = f->product.w[i];
		all.bloom |= f->product.bloom;
		if (words_equal(&all, &p->name) && f->vendor.n)
			return SAME;
		return f->vendor.n && words_within(&all, &p->name) && distinctive(&f->product) ? IN_PART : NO_FIT;
	}
	bool vendor = same_vendor(&f->vendor, &p->vendor);
	if (!vendor && f->kind == MODEL && f->vendor.n) /* most pairs: before anything is copied */
		return NO_FIT;
	struct words fp = f->product, pp = p->product;
	if (!vendor && p->vendor.n && fp.n > 1) { /* "Microsoft SQL Server" on a machine of another maker, "GE MUSE" where no maker is named */
		size_t before = fp.n;
		without_vendor(&fp, &p->vendor);
		vendor = fp.n < before;
	}
	if (words_equal(&fp, &pp))
		return vendor ? SAME : f->kind != MODEL && distinctive(&pp) ? IN_PART : NO_FIT;
	if (!vendor)
		return NO_FIT;
	if (model_span(p->text, &fp) || acronym(p->text, &fp))
		return IN_PART;
	if (words_within(&fp, &pp) && distinctive(&fp))
		return IN_PART;
	return words_within(&pp, &fp) && distinctive(&pp) ? IN_PART : NO_FIT;
}

/* "620 | 650 | 650c" where versions stand, and the device is an "Anaestation 650": models. */
static bool is_a_model(struct matching *m, struct slice stated, const struct facet *f)
{
	struct slice rest = stated;
	for (unsigned n = 0; rest.p && n < 64 && memchr(stated.p, '|', stated.n); n++) {
		struct words w;
		if (words_of(m->scratch, slice_cut(rest, '|', &rest), &w, NULL) == 0 && w.n && words_within(&w, &f->product))
			return true;
	}
	return false;
}

static enum gate_in version_of(struct matching *m, const struct gate_product *p, const struct product_words *w, const struct facet *f)
{
	struct slice stated = p->range.n ? p->range : p->version;
	char cpe[160];
	if (!stated.n && w->has_cpe && w->cpe.version[0]) {
		snprintf(cpe, sizeof cpe, "%s%s%s", w->cpe.version, w->cpe.update[0] ? " " : "", w->cpe.update);
		stated = slice_str(cpe);
	}
	if (!stated.n)
		return GATE_INSIDE; /* the product as such, in whatever version */
	if (is_a_model(m, stated, f))
		return GATE_INSIDE;
	if (!f->version.n)
		return gate_version_in(stated, SLICE("0")) == GATE_INSIDE && gate_version_in(stated, SLICE("999999999")) == GATE_INSIDE ? GATE_INSIDE : GATE_IN_UNKNOWN;
	return gate_version_in(stated, f->version);
}

static int clip(struct slice s, int max)
{
	size_t n = s.n < (size_t)max ? s.n : (size_t)max;
	return (int)utf8_valid_prefix(slice_of(s.p, n));
}

static const char *why(struct matching *m, const struct gate_product *p, const struct hit *h, bool cpe)
{
	const struct facet *f = h->f;
	struct slice stated = p->range.n ? p->range : p->version, has = f->product_text.n ? f->product_text : f->has_cpe ? slice_str(f->cpe.product) : SLICE_NULL;
	const char *version = !stated.n ? "in whatever version" : !f->version.n ? (h->in == GATE_INSIDE ? "all versions are meant" : "its version is not known") : h->in == GATE_INSIDE ? "its version is among those" : "its version cannot be compared with those";
	return exposure_printf(m->x, "%s%s '%.*s%s%.*s'%s%.*s (%s line %u) %s '%.*s'%s%.*s: %s%s", f->guess ? "the scanner's guess of the " : "", kind_names[f->kind], clip(f->vendor_text, 80), (const char *)f->vendor_text.p, f->vendor_text.n ? " " : "",
		clip(has, 120), (const char *)has.p, f->version.n ? " " : "", clip(f->version, 60), (const char *)f->version.p, f->file, f->line, cpe ? "has the CPE of" : h->fit == SAME ? "is" : "is in part the name of",
		clip(p->name, 160), (const char *)p->name.p, stated.n ? ", " : "", clip(stated, 100), (const char *)stated.p, version, p->on ? "; as part of another product, which was not looked for here" : "");
}

static int prepare(struct matching *m, const struct gate_product *p, struct prepared *out)
{
	struct product_words w = {0};
	out->done = true;
	if (words_of(m->scratch, p->vendor, &w.vendor, m->e) < 0 || words_of(m->scratch, p->product, &w.product, m->e) < 0 || words_of(m->scratch, p->name, &w.name, m->e) < 0)
		return no_room(m, m->scratch);
	w.text = p->product;
	vendor_words(&w.vendor);
	without_vendor(&w.product, &w.vendor);
	one_spelling(&w.name, false);
	w.has_cpe = p->cpe.n && cpe_read(p->cpe, &w.cpe);
	uint64_t bloom = w.product.bloom | w.name.bloom | w.vendor.bloom;
	for (struct facet *f = m->facets; f; f = f->next) {
		enum fit cpe = by_cpe(&w, f), fit = cpe;
		if (fit == NO_FIT && (f->product.bloom & bloom))
			fit = by_name(&w, f);
		enum gate_in in = fit != NO_FIT ? version_of(m, p, &w, f) : GATE_OUTSIDE;
		if (fit == NO_FIT || in == GATE_OUTSIDE)
			continue;
		struct hit *h = arena_alloc(m->scratch, sizeof *h);
		if (!h)
			return no_room(m, m->scratch);
		*h = (struct hit){.f = f, .fit = f->guess && fit == SAME ? IN_PART : fit, .in = in, .version_known = f->version.n > 0, .next = out->hits};
		h->why = why(m, p, h, cpe == SAME);
		if (p->on)
			h->fit = IN_PART;
		out->hits = h;
	}
	return 0;
}

/* ---- answers ---- */

static bool answer_of(enum gate_status s, const struct hit *h, enum gate_answer *ret)
{
	static const enum gate_answer exact[] = {[GATE_S_AFFECTED] = GATE_A_AFFECTED, [GATE_S_FIXED] = GATE_A_FIXED, [GATE_S_NOT_AFFECTED] = GATE_A_NOT_AFFECTED, [GATE_S_INVESTIGATED] = GATE_A_INVESTIGATED};
	if (h->fit == SAME && h->in == GATE_INSIDE) {
		*ret = exact[s];
		return true;
	}
	if (s == GATE_S_FIXED || s == GATE_S_NOT_AFFECTED)
		return false; /* it is not known to be this product or version: that it were safe would be a guess */
	*ret = h->in == GATE_IN_UNKNOWN && h->version_known && h->fit == SAME ? GATE_A_CANNOT_TELL : GATE_A_POSSIBLE;
	return true;
}

static int put(struct matching *m, uint32_t device, const struct gate_vuln *v, const struct gate_product *p, enum gate_answer a, const char *why_text)
{
	struct gate_risk *r = &m->risk[device];
	struct gate_finding *f = r->findings;
	if (f && f->vuln == v) { /* findings of one vulnerability come one after another: the newest is at the front */
		if (a < f->answer) {
			f->answer = a;
			f->product = p;
			f->why = why_text;
		}
		return 0;
	}
	if (m->x->findings == GATE_FINDINGS_MAX)
		return err_set(m->e, ERR_LIMIT, NULL, "more than %u findings: compare fewer devices or advisories at once", GATE_FINDINGS_MAX);
	f = arena_alloc(m->x->a, sizeof *f);
	if (!f)
		return no_room(m, m->x->a);
	*f = (struct gate_finding){a, v, p, why_text, r->findings};
	r->findings = f;
	m->x->findings++;
	return 0;
}

static int one_vuln(struct matching *m, const struct gate_advisory *adv, struct prepared *prep, const struct gate_vuln *v)
{
	for (size_t i = 0; i < v->status_n; i++) {
		const struct gate_product *p = v->status[i].product;
		struct prepared *k = &prep[p - adv->product];
		int r = k->done ? 0 : prepare(m, p, k);
		for (const struct hit *h = k->hits; r == 0 && h; h = h->next) {
			enum gate_answer a;
			if (answer_of(v->status[i].status, h, &a))
				for (const struct holder *o = h->f->holders; r == 0 && o; o = o->next)
					r = put(m, o->device, v, p, a, h->why);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int one_advisory(struct matching *m, const struct gate_advisory *adv)
{
	arena_reset(m->scratch);
	struct prepared *prep = arena_array(m->scratch, adv->product_n + 1, sizeof *prep);
	if (!prep)
		return no_room(m, m->scratch);
	for (size_t i = 0; i < adv->vuln_n; i++) {
		int r = one_vuln(m, adv, prep, &adv->vuln[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

int exposure_match(struct gate_exposure *x, struct gate_risk *by_number, struct err *e)
{
	AUTO_ARENA struct arena *scratch = arena_new((size_t)1 << 30);
	struct matching *m = calloc(1, sizeof *m);
	if (!scratch || !m) {
		free(m);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	*m = (struct matching){.x = x, .risk = by_number, .scratch = scratch, .e = e};
	int r = 0;
	for (size_t i = 0; r == 0 && i < x->inventory->n; i++)
		r = facets_of(m, x->inventory->device[i]);
	for (const struct gate_advisory *a = x->advisories->first; r == 0 && a; a = a->next)
		r = one_advisory(m, a);
	free(m);
	return r;
}
