/* gate_cut: what is cut, as a sorted list of elements, and as text for nftables. See gate.h for the tables; a chain may not be named fwd, which is a word of nft's own. */
#include "gate_internal.h"

#include <arpa/inet.h>
#include <stdlib.h>

int gate_element_compare(const void *a, const void *b)
{
	const struct gate_element *x = a, *y = b;
	int r = x->kind != y->kind ? x->kind < y->kind ? -1 : 1 : x->six != y->six ? x->six < y->six ? -1 : 1 : memcmp(x->ip, y->ip, sizeof x->ip);
	if (r == 0 && x->bits != y->bits)
		r = x->bits < y->bits ? -1 : 1;
	return r ? r : x->port < y->port ? -1 : x->port > y->port;
}

size_t gate_elements_sort(struct gate_element *v, size_t n)
{
	size_t left = 0;
	if (n)
		qsort(v, n, sizeof *v, gate_element_compare);
	for (size_t i = 0; i < n; i++)
		if (left == 0 || gate_element_compare(&v[left - 1], &v[i]))
			v[left++] = v[i];
	return left;
}

const struct gate_element *gate_element_find(const struct gate_element *v, size_t n, const struct gate_element *what)
{
	return n ? bsearch(what, v, n, sizeof *v, gate_element_compare) : NULL;
}

void gate_element_put(const struct gate_element *x, struct buf *b)
{
	buf_u8(b, x->kind);
	buf_u8(b, x->six);
	buf_u8(b, x->bits);
	buf_add(b, x->ip, sizeof x->ip);
	buf_u8(b, (uint8_t)(x->port & 0xff));
	buf_u8(b, (uint8_t)(x->port >> 8));
	buf_u8(b, 0);
}

bool gate_element_get(struct cur *c, struct gate_element *ret)
{
	struct gate_element x = {.kind = cur_u8(c), .six = cur_u8(c), .bits = cur_u8(c)};
	struct slice ip = cur_take(c, sizeof x.ip);
	uint8_t low = cur_u8(c), high = cur_u8(c);
	(void)cur_u8(c);
	if (c->failed || x.kind < GATE_FAR || x.kind > GATE_OWN_PORT || x.six > 1 || x.bits > (x.six ? 128 : 32))
		return false;
	memcpy(x.ip, ip.p, sizeof x.ip);
	x.port = (uint16_t)(low | high << 8);
	*ret = x;
	return true;
}

static bool any(const uint8_t ip[16])
{
	static const uint8_t none[16];
	return !memcmp(ip, none, sizeof none);
}

void gate_element_text(const struct gate_element *x, char ret[64])
{
	char ip[INET6_ADDRSTRLEN] = "?";
	inet_ntop(x->six ? AF_INET6 : AF_INET, x->ip, ip, sizeof ip);
	if (x->kind == GATE_OWN_PORT || (x->kind == GATE_HERE && any(x->ip)))
		snprintf(ret, 64, "port %u", x->port);
	else if (x->kind == GATE_MEMBER && x->bits < (x->six ? 128 : 32))
		snprintf(ret, 64, "%s/%u", ip, x->bits);
	else if (x->kind == GATE_MEMBER || x->kind == GATE_ADDRESS)
		snprintf(ret, 64, "%s", ip);
	else
		snprintf(ret, 64, x->six ? "[%s]:%u" : "%s:%u", ip, x->port);
}

int gate_element_parse(const char *text, uint8_t kind, struct gate_element *ret)
{
	char host[64];
	struct gate_element x = {.kind = kind};
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t bits;
	if (n == 0 || n >= sizeof host || (slash && kind != GATE_MEMBER))
		return ERR_USAGE;
	memcpy(host, text, n);
	host[n] = 0;
	x.six = strchr(host, ':') != NULL;
	if (inet_pton(x.six ? AF_INET6 : AF_INET, host, x.ip) != 1)
		return ERR_USAGE;
	if (kind == GATE_MEMBER) {
		x.bits = x.six ? 128 : 32;
		if (slash && num_u64(slice_str(slash + 1), 0, x.bits, &bits) < 0)
			return ERR_USAGE;
		if (slash)
			x.bits = (uint8_t)bits;
		for (unsigned i = x.bits; i < 128; i++) /* what does not count is zero: nft wants it so */
			x.ip[i / 8] &= (uint8_t)~(0x80u >> (i % 8));
	}
	*ret = x;
	return 0;
}

bool gate_loopback(bool six, const uint8_t ip[16])
{
	static const uint8_t one[16] = {[15] = 1}, mapped[12] = {[10] = 0xff, [11] = 0xff};
	return six ? !memcmp(ip, one, 16) || (!memcmp(ip, mapped, 12) && ip[12] == 127) : ip[0] == 127;
}

static size_t element_of(const char *address, uint8_t kind, struct gate_element *ret)
{
	bool six;
	struct gate_element x = {.kind = kind};
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (gate_address_parse(address, &six, x.ip, &x.port) < 0 || gate_loopback(six, x.ip))
		return 0;
	if (six && !memcmp(x.ip, mapped, sizeof mapped)) { /* on the wire it is IPv4 */
		memmove(x.ip, x.ip + 12, 4);
		memset(x.ip + 4, 0, 12);
		six = false;
	}
	x.six = six;
	if (any(x.ip) && kind != GATE_HERE)
		return 0;
	if (any(x.ip))
		x.six = 0;
	*ret = x;
	return 1;
}

size_t gate_link_elements(const struct gate_link *l, struct gate_element ret[2])
{
	size_t n = 0;
	if (l->out)
		n += element_of(l->to, GATE_FAR, &ret[n]); /* our own senders are still heard at the listener, or refused by the relay */
	else /* the far side is ours, and others have business with it */
		n += element_of(l->listen, GATE_HERE, &ret[n]);
	return n;
}

void gate_table_name(const char *origin, char ret[GATE_TABLE_MAX])
{
	uint32_t h = 2166136261u; /* FNV-1a */
	for (; *origin; origin++)
		h = (h ^ (uint8_t)*origin) * 16777619u;
	snprintf(ret, GATE_TABLE_MAX, "holdfast_%08x", h);
}

/* ---- text ---- */

const struct gate_set gate_sets[GATE_SETS] = {
	{"far4", "ipv4_addr . inet_service", GATE_FAR, 0, false},
	{"far6", "ipv6_addr . inet_service", GATE_FAR, 1, false},
	{"here4", "ipv4_addr . inet_service", GATE_HERE, 0, false},
	{"here6", "ipv6_addr . inet_service", GATE_HERE, 1, false},
	{"hereany", "inet_service", GATE_HERE, -1, true},
	{"addr4", "ipv4_addr", GATE_ADDRESS, 0, false},
	{"addr6", "ipv6_addr", GATE_ADDRESS, 1, false},
	{"own", "inet_service", GATE_OWN_PORT, -1, false},
};

size_t gate_set_of(const struct gate_element *x)
{
	for (size_t i = 0; i < GATE_SETS; i++)
		if (gate_sets[i].kind == x->kind && (gate_sets[i].six < 0 || gate_sets[i].six == x->six) && (x->kind != GATE_HERE || gate_sets[i].wild == any(x->ip)))
			return i;
	return GATE_SETS;
}

static void put_value(const struct gate_element *x, struct buf *out)
{
	char ip[INET6_ADDRSTRLEN] = "0.0.0.0";
	inet_ntop(x->six ? AF_INET6 : AF_INET, x->ip, ip, sizeof ip);
	if (x->kind == GATE_OWN_PORT || (x->kind == GATE_HERE && any(x->ip)))
		buf_printf(out, "%u", x->port);
	else if (x->kind == GATE_MEMBER)
		buf_printf(out, "%s/%u", ip, x->bits);
	else if (x->kind == GATE_ADDRESS)
		buf_printf(out, "%s", ip);
	else
		buf_printf(out, "%s . %u", ip, x->port);
}

/* "A, B": those of v that lie in set s and not in but; how many. */
static size_t put_values(size_t s, const struct gate_element *v, size_t n, const struct gate_element *but, size_t but_n, struct buf *out)
{
	size_t many = 0;
	for (size_t i = 0; i < n; i++)
		if (gate_set_of(&v[i]) == s && !gate_element_find(but, but_n, &v[i])) {
			buf_str(out, many++ ? ", " : "");
			put_value(&v[i], out);
		}
	return many;
}

bool gate_table_wanted(const struct gate_element *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].kind <= GATE_ADDRESS)
			return true;
	return false;
}

#define PORTS "meta l4proto { tcp, udp, sctp, dccp } "
#define OWN_REPLY "tcp sport @own tcp flags & (syn | ack) != syn accept\n"
/* RST without payload, with and without the timestamps of a connection that stood. */
#define RESETS \
	"tcp flags & rst == rst ip length { 40, 52 } accept\n" \
	"tcp flags & rst == rst ip6 length { 20, 32 } accept\n"
#define STOP "chain stop {\nmeta l4proto tcp reject with tcp reset\ndrop\n}\n"

static void replace_table(const char *table, struct buf *out)
{
	/* what is not there cannot be deleted: so it is made before */
	buf_printf(out, "add table inet %s\ndelete table inet %s\n", table, table);
}

/* The set is looked up last in each rule: what its element counts is what was stopped. */
static void put_table(const char *table, const struct gate_element *v, size_t n, struct buf *out)
{
	buf_printf(out, "table inet %s {\n", table);
	for (size_t s = 0; s < GATE_SETS; s++) {
		buf_printf(out, "set %s {\ntype %s\n%s", gate_sets[s].name, gate_sets[s].type, gate_sets[s].kind == GATE_OWN_PORT ? "" : "counter\n");
		size_t at = out->n;
		buf_str(out, "elements = { ");
		if (put_values(s, v, n, NULL, 0, out))
			buf_str(out, " }\n");
		else
			out->n = at;
		buf_str(out, "}\n");
	}
	buf_str(out, STOP
	        "chain out {\ntype filter hook output priority -310; policy accept;\n" RESETS
	        PORTS "ip daddr . th dport @far4 goto stop\n"
	        PORTS "ip6 daddr . th dport @far6 goto stop\n"
	        OWN_REPLY
	        "ip daddr @addr4 goto stop\n"
	        "ip6 daddr @addr6 goto stop\n"
	        "}\n"
	        "chain in {\ntype filter hook input priority -310; policy accept;\niif \"lo\" accept\n" /* the resets that chain out gives our own sockets come this way */
	        PORTS "ip saddr . th sport @far4 goto stop\n"
	        PORTS "ip6 saddr . th sport @far6 goto stop\n"
	        PORTS "ip daddr . th dport @here4 goto stop\n"
	        PORTS "ip6 daddr . th dport @here6 goto stop\n"
	        PORTS "th dport @hereany goto stop\n"
	        "tcp dport @own accept\n"
	        "ip saddr @addr4 goto stop\n"
	        "ip6 saddr @addr6 goto stop\n"
	        "}\n"
	        "chain through {\ntype filter hook forward priority -310; policy accept;\n"
	        PORTS "ip daddr . th dport @far4 goto stop\n"
	        PORTS "ip6 daddr . th dport @far6 goto stop\n"
	        PORTS "ip saddr . th sport @far4 goto stop\n"
	        PORTS "ip6 saddr . th sport @far6 goto stop\n"
	        "ip daddr @addr4 goto stop\nip saddr @addr4 goto stop\n"
	        "ip6 daddr @addr6 goto stop\nip6 saddr @addr6 goto stop\n"
	        "}\n}\n");
}

void gate_table_whole(const char *table, const struct gate_element *v, size_t n, struct buf *out)
{
	replace_table(table, out);
	if (gate_table_wanted(v, n))
		put_table(table, v, n, out);
}

void gate_table_change(const char *table, const struct gate_element *have, size_t have_n, const struct gate_element *want, size_t want_n, struct buf *out)
{
	const bool has = gate_table_wanted(want, want_n);
	if (gate_table_wanted(have, have_n) == has)
		return;
	replace_table(table, out);
	if (has)
		put_table(table, NULL, 0, out);
}

void gate_island_whole(const char *table, bool isolated, const struct gate_element *v, size_t n, struct buf *out)
{
	char name[GATE_TABLE_MAX + 8];
	snprintf(name, sizeof name, "%s_island", table);
	replace_table(name, out);
	if (!isolated)
		return;
	buf_printf(out, "table inet %s {\ncounter outside {\n}\n", name);
	for (int six = 0; six < 2; six++) {
		size_t many = 0, at;
		buf_printf(out, "set member%c {\ntype ipv%c_addr\nflags interval\nauto-merge\n", six ? '6' : '4', six ? '6' : '4');
		at = out->n;
		buf_str(out, "elements = { ");
		for (size_t i = 0; i < n; i++)
			if (v[i].kind == GATE_MEMBER && v[i].six == six) {
				buf_str(out, many++ ? ", " : "");
				put_value(&v[i], out);
			}
		if (many)
			buf_str(out, " }\n");
		else
			out->n = at;
		buf_str(out, "}\n");
	}
	buf_str(out, "set own {\ntype inet_service\n");
	size_t at = out->n;
	buf_str(out, "elements = { ");
	if (put_values(GATE_SETS - 1, v, n, NULL, 0, out))
		buf_str(out, " }\n");
	else
		out->n = at;
	buf_str(out, "}\n" STOP
	        "chain out {\ntype filter hook output priority -309; policy accept;\noif \"lo\" accept\n" RESETS
	        "ip daddr @member4 accept\nip6 daddr @member6 accept\n" OWN_REPLY
	        /* without neighbours nobody of the island is found by IPv6 */
	        "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept\n"
	        "counter name \"outside\" goto stop\n}\n"
	        "chain in {\ntype filter hook input priority -309; policy accept;\niif \"lo\" accept\n"
	        "ip saddr @member4 accept\nip6 saddr @member6 accept\ntcp dport @own accept\n"
	        "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept\n"
	        "counter name \"outside\" goto stop\n}\n"
	        "chain through {\ntype filter hook forward priority -309; policy accept;\n"
	        "ip saddr @member4 ip daddr @member4 accept\nip6 saddr @member6 ip6 daddr @member6 accept\n"
	        "counter name \"outside\" goto stop\n}\n}\n");
}

/* ---- counts ---- */

static bool value_of(const struct json_node *val, size_t s, struct gate_element *ret)
{
	const struct json_node *pair = json_get(val, "concat");
	struct slice ip = pair && pair->child ? pair->child->value : val->value, port = pair && pair->child && pair->child->next ? pair->child->next->value : val->value;
	struct gate_element x = {.kind = gate_sets[s].kind, .six = gate_sets[s].six > 0};
	char text[64];
	uint64_t n;
	if (gate_sets[s].wild || pair) {
		if (num_u64(port, 0, 65535, &n) < 0)
			return false;
		x.port = (uint16_t)n;
	}
	if (!gate_sets[s].wild) {
		if (ip.n == 0 || ip.n >= sizeof text)
			return false;
		memcpy(text, ip.p, ip.n);
		text[ip.n] = 0;
		if (inet_pton(x.six ? AF_INET6 : AF_INET, text, x.ip) != 1)
			return false;
	}
	*ret = x;
	return true;
}

static int count_of(const struct json_node *n, size_t s, struct gate_count *ret)
{
	const struct json_node *elem = json_get(n, "elem"), *counter = json_get(elem, "counter"), *val = json_get(elem, "val");
	struct gate_count c = {0};
	if (!val || !counter || !value_of(val, s, &c.of) || num_u64(json_text(counter, "packets"), 0, UINT64_MAX, &c.packets) < 0 || num_u64(json_text(counter, "bytes"), 0, UINT64_MAX, &c.bytes) < 0)
		return ERR_INPUT;
	*ret = c;
	return 0;
}

static int by_element(const void *a, const void *b)
{
	return gate_element_compare(&((const struct gate_count *)a)->of, &((const struct gate_count *)b)->of);
}

int gate_counts_read(struct slice json, struct gate_counts *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct json_node *root;
	struct gate_count *v = NULL;
	size_t n = 0, room = 0;
	int r = a ? json_tree(json, a, &root, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	*ret = (struct gate_counts){0};
	const struct json_node *list = json_get(root, "nftables");
	for (const struct json_node *x = list ? list->child : NULL; x && r == 0; x = x->next) {
		const struct json_node *set = json_get(x, "set"), *counter = json_get(x, "counter"), *elem = json_get(set, "elem");
		size_t s = 0;
		ret->rules += json_get(x, "rule") || json_get(x, "chain");
		if (counter && slice_eq_str(json_text(counter, "name"), "outside")) {
			(void)!num_u64(json_text(counter, "packets"), 0, UINT64_MAX, &ret->outside);
		}
		while (s < GATE_SETS && !slice_eq_str(json_text(set, "name"), gate_sets[s].name))
			s++;
		if (s == GATE_SETS || gate_sets[s].kind == GATE_OWN_PORT)
			continue;
		for (const struct json_node *el = elem ? elem->child : NULL; el && r == 0; el = el->next) {
			if (n == room) {
				struct gate_count *p = reallocarray(v, room ? 2 * room : 64, sizeof *p);
				if (!p || n >= GATE_ELEMENTS_MAX) {
					free(p ? p : v);
					return err_set(e, ERR_MEMORY, NULL, "too many counts");
				}
				v = p;
				room = room ? 2 * room : 64;
			}
			r = count_of(el, s, &v[n]);
			n += r == 0;
		}
	}
	if (r < 0) {
		free(v);
		return err_set(e, ERR_INPUT, NULL, "nftables' counts do not read");
	}
	if (n)
		qsort(v, n, sizeof *v, by_element);
	ret->v = v;
	ret->n = n;
	return 0;
}

const struct gate_count *gate_count_find(const struct gate_counts *c, const struct gate_element *what)
{
	struct gate_count x = {.of = *what};
	return c->n ? bsearch(&x, c->v, c->n, sizeof x, by_element) : NULL;
}

/* ---- isolation ---- */

int gate_isolation_end(const struct gate_isolation *s, const char *account, const char *role, int64_t now, struct gate_isolation *ret, struct err *e)
{
	struct gate_isolation n = *s;
	if (!s->on)
		return err_set(e, ERR_NO, NULL, "this host is not isolated");
	if (!account || !account[0])
		return err_set(e, ERR_DENIED, NULL, "the end of this is signed by two people: sign in, or give a token of a person's account (holdfast token create --user NAME) in HOLDFAST_TOKEN");
	if (!gate_may_sign(role))
		return err_set(e, ERR_DENIED, NULL, "the role %s may not sign for the end of this: security, owner and admin may", role && role[0] ? role : "of nobody");
	if (strlen(account) >= GATE_WHO_MAX)
		return err_set(e, ERR_USAGE, NULL, "this account's name is too long");
	if (n.first[0] && now >= n.first_until)
		n.first[0] = 0;
	if (!n.first[0]) {
		snprintf(n.first, sizeof n.first, "%s", account);
		n.first_until = now + GATE_SPAN;
		*ret = n;
		return GATE_SIGNED;
	}
	if (slice_eq_nocase(slice_str(n.first), account))
		return err_set(e, ERR_DENIED, NULL, "%s has signed for this: the second signature is another person's", n.first);
	*ret = (struct gate_isolation){.since = now};
	return GATE_MOVED;
}
