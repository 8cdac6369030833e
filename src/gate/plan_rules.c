/* The isolation plan for the hospital's own firewalls: as nftables rules for a router between the groups, and as a plain table for everything else.
 *
 * What is not of the island stays away from it whoever began to talk, connections that stand included: each pair that talks goes on to the next chain, and
 * whatever else has an end in a group is dropped. Groups are sets of address ranges without overlaps: where prefixes lie within each other, the longer one's
 * addresses are taken out of the shorter one's, as the plan itself judges. */
#include "plan_internal.h"

struct area { /* first and last address */
	uint8_t lo[16], hi[16];
	unsigned bits;
	size_t group;
};

static int in_order(const void *a, const void *b)
{
	const struct area *x = a, *y = b;
	int c = memcmp(x->lo, y->lo, 16);
	if (c || x->bits != y->bits)
		return c ? c : x->bits > y->bits ? 1 : -1;
	return (x->group > y->group) - (x->group < y->group);
}

static void area_of(struct area *a, const uint8_t address[16], unsigned bits, size_t group)
{
	*a = (struct area){.bits = bits, .group = group};
	for (unsigned i = 0; i < 128; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);
		a->lo[i / 8] |= i < bits ? address[i / 8] & bit : 0;
		a->hi[i / 8] |= i < bits ? address[i / 8] & bit : bit;
	}
}

/* One more or one less; false: there is none. */
static bool step(uint8_t a[16], int by)
{
	for (int i = 15; i >= 0; i--) {
		a[i] = (uint8_t)(a[i] + by);
		if (a[i] != (by > 0 ? 0 : 0xFF))
			return true;
	}
	return false;
}

static bool is_four(const uint8_t a[16])
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	return memcmp(a, mapped, sizeof mapped) == 0;
}

static void put_address(const uint8_t a[16], bool four, struct buf *out)
{
	if (four)
		buf_printf(out, "%u.%u.%u.%u", a[12], a[13], a[14], a[15]);
	else
		for (int i = 0; i < 16; i += 2)
			buf_printf(out, "%s%x", i ? ":" : "", (unsigned)(a[i] << 8 | a[i + 1]));
}

/* A name of a file in a line of rules: it may not end that line. */
static void put_name(struct slice s, struct buf *out)
{
	s = slice_of(s.p, utf8_valid_prefix(slice_of(s.p, s.n < 80 ? s.n : 80)));
	for (size_t i = 0; i < s.n; i++) {
		bool c1 = s.p[i] == 0xC2 && i + 1 < s.n && s.p[i + 1] < 0xA0; /* a control character of two bytes */
		buf_u8(out, s.p[i] < ' ' || s.p[i] == 0x7F || c1 ? ' ' : s.p[i]);
		i += c1;
	}
}

struct ranges {
	struct area *a;
	size_t n;
};

/* Prefixes of the groups, and the addresses of hosts that are in a group by their name or by the inventory. */
static int collect(const struct gate_plan *p, struct ranges *r, struct err *e)
{
	size_t room = p->prefixes;
	for (size_t g = 0; g < p->n; g++)
		for (const struct member *m = p->group[g].hosts; m; m = m->next)
			for (const struct gate_said *s = m->risk->device->said; s; s = s->next)
				room += s->field == GATE_F_ADDRESS;
	r->a = calloc(room + 1, sizeof *r->a);
	if (!r->a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the rules");
	for (size_t i = 0; i < p->prefixes; i++)
		area_of(&r->a[r->n++], p->prefix[i].address, p->prefix[i].bits, p->prefix[i].group);
	for (size_t g = 0; g < p->n; g++)
		for (const struct member *m = p->group[g].hosts; m; m = m->next)
			for (const struct gate_said *s = m->risk->device->said; s; s = s->next) {
				uint8_t address[16];
				unsigned bits;
				if (s->field != GATE_F_ADDRESS || !address_bytes(s->value, address, &bits) || bits != 128)
					continue;
				const struct prefix *of = plan_longest(p, address, 129);
				if (!of || of->group != g) /* else its prefix has it */
					area_of(&r->a[r->n++], address, 128, g);
			}
	qsort(r->a, r->n, sizeof *r->a, in_order);
	return 0;
}

/* What of an area no longer prefix takes: called for each piece. What lies within it follows it in the order. */
static void pieces(const struct ranges *r, size_t i, void (*put)(const uint8_t lo[16], const uint8_t hi[16], void *arg), void *arg)
{
	const struct area *x = &r->a[i];
	uint8_t at[16], before[16];
	bool more = true;
	memcpy(at, x->lo, 16);
	for (size_t k = i + 1; more && k < r->n && memcmp(r->a[k].lo, x->hi, 16) <= 0; k++) {
		if (memcmp(r->a[k].hi, at, 16) < 0)
			continue; /* within one that was taken out already */
		memcpy(before, r->a[k].lo, 16);
		if (memcmp(before, at, 16) > 0 && step(before, -1))
			put(at, before, arg);
		memcpy(at, r->a[k].hi, 16);
		more = step(at, 1) && memcmp(at, x->hi, 16) <= 0;
	}
	if (more)
		put(at, x->hi, arg);
}

struct putting {
	struct buf *out;
	bool four, table;
	struct slice name;
	size_t n;
};

static void put_range(const uint8_t lo[16], const uint8_t hi[16], void *arg)
{
	struct putting *q = arg;
	if (is_four(lo) != is_four(hi) || is_four(lo) != q->four)
		return;
	if (q->table) {
		buf_str(q->out, "member\t");
		put_name(q->name, q->out);
		buf_u8(q->out, '\t');
	} else {
		buf_str(q->out, q->n ? ",\n\t\t\t" : "\t\telements = { ");
	}
	q->n++;
	put_address(lo, q->four, q->out);
	if (memcmp(lo, hi, 16)) {
		buf_u8(q->out, '-');
		put_address(hi, q->four, q->out);
	}
	buf_str(q->out, q->table ? "\n" : "");
}

static void set_of(const struct gate_plan *p, const struct ranges *r, size_t g, bool four, struct buf *out)
{
	struct putting q = {.out = out, .four = four};
	buf_str(out, "\t# ");
	put_name(p->group[g].name, out);
	buf_printf(out, "\n\tset g%zu_%d {\n\t\ttype %s\n\t\tflags interval\n", g + 1, four ? 4 : 6, four ? "ipv4_addr" : "ipv6_addr");
	for (size_t i = 0; i < r->n; i++)
		if (r->a[i].group == g)
			pieces(r, i, put_range, &q);
	buf_str(out, q.n ? " }\n\t}\n" : "\t}\n");
}

static void nft(const struct gate_plan *p, const struct ranges *r, struct buf *out)
{
	buf_str(out, "# The isolation plan, for a router between the groups: nft -f FILE carries it out, nft delete table inet holdfast_plan takes it back.\n"
	             "table inet holdfast_plan\ndelete table inet holdfast_plan\ntable inet holdfast_plan {\n");
	for (size_t g = 0; g < p->n; g++) {
		set_of(p, r, g, true, out);
		set_of(p, r, g, false, out);
	}
	buf_str(out, "\tchain forward {\n\t\ttype filter hook forward priority -10; policy accept;\n");
	for (size_t g = 0; g < p->n; g++)
		for (size_t k = 0; k < p->n; k++)
			if (plan_talk(p, g, k))
				buf_printf(out, "\t\tip saddr @g%zu_4 ip daddr @g%zu_4 accept\n\t\tip6 saddr @g%zu_6 ip6 daddr @g%zu_6 accept\n", g + 1, k + 1, g + 1, k + 1);
	for (size_t g = 0; g < p->n; g++)
		buf_printf(out, "\t\tip saddr @g%zu_4 counter drop\n\t\tip daddr @g%zu_4 counter drop\n\t\tip6 saddr @g%zu_6 counter drop\n\t\tip6 daddr @g%zu_6 counter drop\n", g + 1, g + 1, g + 1, g + 1);
	buf_str(out, "\t}\n}\n");
}

static void pair(const char *what, struct slice a, struct slice b, struct buf *out)
{
	buf_printf(out, "%s\t", what);
	put_name(a, out);
	buf_u8(out, '\t');
	put_name(b, out);
	buf_u8(out, '\n');
}

static void table(const struct gate_plan *p, const struct ranges *r, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++)
		for (int four = 1; four >= 0; four--) {
			struct putting q = {.out = out, .four = four, .table = true, .name = p->group[r->a[i].group].name};
			pieces(r, i, put_range, &q);
		}
	for (size_t g = 0; g < p->n; g++)
		for (size_t k = 0; k < p->n; k++)
			if (plan_talk(p, g, k))
				pair("allow", p->group[g].name, p->group[k].name, out);
	for (size_t g = 0; g < p->n; g++) {
		pair("deny", p->group[g].name, SLICE("*"), out);
		pair("deny", SLICE("*"), p->group[g].name, out);
	}
	for (size_t g = 0; g < p->n; g++)
		for (const struct item *l = p->group[g].links; l; l = l->next)
			pair("cut-link", p->group[g].name, l->s, out);
}

int gate_plan_rules(const struct gate_plan *p, enum gate_rules kind, struct buf *out, struct err *e)
{
	struct ranges r = {0};
	if (!gate_plan_sound(p))
		return err_set(e, ERR_INPUT, NULL, "the plan is not sound: rules are made of a plan without errors only");
	int code = collect(p, &r, e);
	if (code == 0)
		(kind == GATE_RULES_NFT ? nft : table)(p, &r, out);
	free(r.a);
	return code;
}
