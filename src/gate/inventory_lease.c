/* Leases: what a DHCP server gave to whom.
 *
 * ISC dhcpd.leases (dhcpd.leases(5)): a journal, the last block of an address counts.   lease 10.1.2.3 { binding state active; hardware ethernet 00:..; client-hostname "x"; }
 *   dhcpd.conf's   host x { hardware ethernet 00:..; fixed-address 10.1.2.3; }   are read too.
 * Kea memfile: CSV with a header; a journal too. state 0 assigned; valid_lifetime 0: given back. A comma within is "&#x2c".
 * dnsmasq: "EXPIRY MAC ADDRESS NAME CLIENT-ID" a line, "*" unknown; after a line "duid ..." those of IPv6, whose second word is no MAC. */
#include "exposure_internal.h"

struct lease {
	struct slice address, mac, name;
	uint32_t line, order;
	bool active;
};
struct leases {
	struct lease *l;
	size_t n, room;
};

static int keep(struct leases *k, struct lease l, struct err *e)
{
	if (k->n == k->room) {
		size_t room = k->room ? k->room * 2 : 1024;
		struct lease *p = room > 8u << 20 ? NULL : realloc(k->l, room * sizeof *p);
		if (!p)
			return err_set(e, room > 8u << 20 ? ERR_LIMIT : ERR_MEMORY, NULL, "more leases than are read here");
		k->l = p;
		k->room = room;
	}
	l.order = (uint32_t)k->n;
	k->l[k->n++] = l;
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct lease *x = a, *y = b;
	int c = slice_cmp(x->address, y->address);
	return c ? c : x->order < y->order ? -1 : 1;
}

static int by_order(const void *a, const void *b)
{
	const struct lease *x = a, *y = b;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The last of each address, if it is in force, in the order of the file. */
static int take_all(struct gate_inventory *v, const char *file, struct leases *k, struct err *e)
{
	size_t n = 0, over = 0;
	int r = 0;
	if (k->n)
		qsort(k->l, k->n, sizeof *k->l, by_address);
	for (size_t i = 0; i < k->n; i++) {
		bool last = i + 1 == k->n || !slice_eq(k->l[i].address, k->l[i + 1].address) || !k->l[i].address.n;
		over += last && !k->l[i].active;
		if (last && k->l[i].active)
			k->l[n++] = k->l[i];
	}
	if (n)
		qsort(k->l, n, sizeof *k->l, by_order);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct gate_device *d = inv_begin(v, e);
		r = d ? inv_addresses(v, d, k->l[i].address, file, k->l[i].line, e) : ERR_MEMORY;
		if (r == 0)
			r = inv_macs(v, d, k->l[i].mac, file, k->l[i].line, e);
		if (r == 0)
			r = inv_say(v, d, GATE_F_NAME, SLICE_NULL, k->l[i].name, false, file, k->l[i].line, e);
		if (r == 0)
			r = inv_add(v, d, e);
	}
	if (r == 0 && over)
		r = inv_note(v, file, 0, e, "%zu leases are free, expired or given back: left out", over);
	free(k->l);
	return r;
}

/* ---- ISC ---- */

static struct slice word(struct slice *s)
{
	*s = slice_trim(*s);
	size_t i = 0;
	if (!s->n)
		return SLICE_NULL;
	if (s->p[0] == '"') {
		const uint8_t *q = memchr(s->p + 1, '"', s->n - 1);
		struct slice w = q ? slice_of(s->p + 1, (size_t)(q - s->p) - 1) : slice_of(s->p + 1, s->n - 1);
		*s = q ? slice_of(q + 1, (size_t)(s->p + s->n - q) - 1) : SLICE_NULL;
		return w;
	}
	while (i < s->n && !strchr(" \t\r\n;{", s->p[i] ? s->p[i] : '.'))
		i++;
	struct slice w = slice_of(s->p, i);
	*s = slice_of(s->p + i, s->n - i);
	return w;
}

bool isc_looks(struct slice t)
{
	struct slice rest = t;
	for (int i = 0; rest.p && i < 2000; i++) {
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
		if (!line.n || line.p[0] == '#')
			continue;
		bool lease = slice_starts(line, "lease ") || slice_starts(line, "host ");
		if (lease && memchr(line.p, '{', line.n))
			return true;
		if (memchr(line.p, ',', line.n) && i < 5 && !memchr(line.p, ';', line.n))
			return false;
	}
	return false;
}

/* One statement of a block: up to ';'. */
static void isc_statement(struct slice s, struct lease *l)
{
	struct slice first = word(&s);
	if (slice_eq_str(first, "hardware")) {
		struct slice kind = word(&s);
		if (slice_eq_str(kind, "ethernet") || slice_eq_str(kind, "token-ring"))
			l->mac = word(&s);
	} else if (slice_eq_str(first, "client-hostname") || (slice_eq_str(first, "ddns-hostname") && !l->name.n))
		l->name = word(&s);
	else if (slice_eq_str(first, "fixed-address"))
		l->address = word(&s);
	else if (slice_eq_str(first, "binding") && slice_eq_str(word(&s), "state"))
		l->active = slice_eq_str(word(&s), "active");
	else if (slice_eq_str(first, "abandoned"))
		l->active = false;
}

int inv_isc(struct gate_inventory *v, const char *file, struct slice text, struct err *e)
{
	struct leases k = {0};
	struct lease l = {0};
	bool in = false;
	uint32_t n = 1;
	int r = 0;
	for (struct slice rest = text; r == 0 && rest.p; n++) {
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
		while (r == 0 && line.n && line.p[0] != '#') {
			if (!in) {
				struct slice s = line, kind = word(&s), name = word(&s);
				bool lease = slice_eq_str(kind, "lease"), host = slice_eq_str(kind, "host");
				const uint8_t *open = memchr(line.p, '{', line.n);
				if ((!lease && !host) || !open)
					break;
				l = (struct lease){.active = true, .line = n};
				*(lease ? &l.address : &l.name) = name;
				in = true;
				line = slice_of(open + 1, (size_t)(line.p + line.n - open) - 1);
			} else {
				size_t i = 0;
				for (bool quoted = false; i < line.n && (quoted || (line.p[i] != ';' && line.p[i] != '}')); i++)
					quoted ^= line.p[i] == '"';
				if (i)
					isc_statement(slice_of(line.p, i), &l);
				if (i < line.n && line.p[i] == '}') {
					in = false;
					r = keep(&k, l, e);
				}
				line = i < line.n ? slice_of(line.p + i + 1, line.n - i - 1) : SLICE_NULL;
			}
			line = slice_trim(line);
		}
	}
	if (r < 0) {
		free(k.l);
		return r;
	}
	r = take_all(v, file, &k, e);
	return r == 0 && in ? inv_note(v, file, l.line, e, "the file ends within a lease: it was left out") : r;
}

/* ---- Kea ---- */

static struct slice kea_text(struct slice s)
{
	return slice_cut(s, '&', &(struct slice){0}); /* "&#x2c": a name with a comma is none */
}

int inv_kea(struct gate_inventory *v, const char *file, struct slice text, struct err *e)
{
	struct leases k = {0};
	struct csv c;
	struct slice f[CSV_FIELDS_MAX];
	size_t n, at[5];
	static const char *const want[5] = {"address", "hwaddr", "hostname", "state", "valid_lifetime"};
	int r = 0;
	csv_init(&c, text, ',', v->a);
	if (!csv_row(&c, f, &n))
		return err_set(e, ERR_INPUT, file, "the file has no header");
	for (size_t w = 0; w < ARRAY_LEN(want); w++) {
		at[w] = SIZE_MAX;
		for (size_t i = 0; i < n; i++)
			if (slice_eq_str(f[i], want[w]))
				at[w] = i;
	}
	while (r == 0 && csv_row(&c, f, &n)) {
		struct slice g[5];
		for (size_t w = 0; w < ARRAY_LEN(want); w++)
			g[w] = at[w] < n ? f[at[w]] : SLICE_NULL;
		bool active = (!g[3].n || slice_eq_str(g[3], "0")) && !slice_eq_str(g[4], "0");
		r = keep(&k, (struct lease){.address = g[0], .mac = g[1], .name = kea_text(g[2]), .active = active, .line = c.row_line}, e);
	}
	if (r < 0) {
		free(k.l);
		return r;
	}
	return take_all(v, file, &k, e);
}

/* ---- dnsmasq ---- */

static bool digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

bool dnsmasq_looks(struct slice t)
{
	char text[64];
	struct slice line = slice_trim(slice_cut(t, '\n', &t));
	if (slice_starts(line, "duid "))
		return true;
	struct slice when = word(&line), mac = word(&line), address = word(&line);
	return digits(when) && mac.n && address_text(address, text);
}

int inv_dnsmasq(struct gate_inventory *v, const char *file, struct slice text, struct err *e)
{
	struct leases k = {0};
	bool six = false;
	uint32_t n = 1;
	int r = 0;
	for (struct slice rest = text; r == 0 && rest.p; n++) {
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
		if (slice_starts(line, "duid ")) {
			six = true;
			continue;
		}
		struct slice when = word(&line), mac = word(&line), address = word(&line), name = word(&line);
		char text_of[64];
		if (!when.n)
			continue;
		if (!digits(when) || !address_text(address, text_of))
			r = inv_note(v, file, n, e, "this line is no lease: left out");
		else
			r = keep(&k, (struct lease){.address = address, .mac = six ? SLICE_NULL : mac, .name = slice_eq_str(name, "*") ? SLICE_NULL : name, .active = true, .line = n}, e);
	}
	if (r < 0) {
		free(k.l);
		return r;
	}
	return take_all(v, file, &k, e);
}
