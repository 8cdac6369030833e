/* gate_link: what a link is, checked, as JSON, and who may connect. */
#include "gate_internal.h"

#include <arpa/inet.h>

bool gate_name_ok(const char *s)
{
	size_t n = strnlen(s, GATE_NAME_MAX);
	for (size_t i = 0; i < n; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= '0' && s[i] <= '9') || (i && strchr("-_.", s[i]))))
			return false;
	return n > 0 && n < GATE_NAME_MAX;
}

int gate_address_parse(const char *text, bool *ret_six, uint8_t ret_ip[16], uint16_t *ret_port)
{
	char host[64];
	uint64_t port;
	const char *colon = strrchr(text, ':');
	if (!colon || num_u64(slice_str(colon + 1), 1, 65535, &port) < 0)
		return ERR_USAGE;
	size_t n = (size_t)(colon - text);
	const char *from = text;
	if (n >= 2 && text[0] == '[' && colon[-1] == ']') {
		from++;
		n -= 2;
	} else if (memchr(text, ':', n)) {
		return ERR_USAGE; /* IPv6 without brackets: nobody can say where the port begins */
	}
	if (n == 0 || n >= sizeof host)
		return ERR_USAGE;
	memcpy(host, from, n);
	host[n] = 0;
	memset(ret_ip, 0, 16);
	if (from == text && inet_pton(AF_INET, host, ret_ip) == 1)
		*ret_six = false;
	else if (from != text && inet_pton(AF_INET6, host, ret_ip) == 1)
		*ret_six = true;
	else
		return ERR_USAGE;
	*ret_port = (uint16_t)port;
	return 0;
}

static bool control_free(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

int gate_link_check(const struct gate_link *l, struct err *e)
{
	bool six;
	uint8_t ip[16];
	uint16_t port;
	if (!gate_name_ok(l->name))
		return err_set(e, ERR_USAGE, NULL, "a link's name has 1 to %d letters, digits, '-', '_' or '.'", GATE_NAME_MAX - 1);
	if (l->class[0] && !gate_name_ok(l->class))
		return err_set(e, ERR_USAGE, "--class", "a class has 1 to %d letters, digits, '-', '_' or '.'", GATE_NAME_MAX - 1);
	if (l->protocol != GATE_MLLP && l->protocol != GATE_TCP)
		return err_set(e, ERR_USAGE, "--protocol", "a link is mllp or tcp");
	if (gate_address_parse(l->listen, &six, ip, &port) < 0)
		return err_set(e, ERR_USAGE, "--listen", "an address is IP:PORT or [IP]:PORT, in numbers");
	if (gate_address_parse(l->to, &six, ip, &port) < 0)
		return err_set(e, ERR_USAGE, "--to", "an address is IP:PORT or [IP]:PORT, in numbers");
	if (!strcmp(l->listen, l->to))
		return err_set(e, ERR_USAGE, "--to", "a link does not lead to itself");
	if (l->types_n && l->protocol != GATE_MLLP)
		return err_set(e, ERR_USAGE, "--types", "an opaque link has no message types");
	const char *const texts[] = {l->owner, l->purpose, l->partner, l->contact};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!utf8_valid(slice_str(texts[i])) || !control_free(texts[i]))
			return err_set(e, ERR_USAGE, NULL, "owner, purpose, partner and contact are plain text");
	for (size_t i = 0; i < l->conditions; i++)
		if (!gate_name_ok(l->condition[i].name) || !l->condition[i].text[0] || !utf8_valid(slice_str(l->condition[i].text)) || !control_free(l->condition[i].text))
			return err_set(e, ERR_USAGE, "condition", "a condition is a name and plain words");
	return gate_tls_check(&l->tls, e);
}

static int net_parse(struct slice s, struct gate_net *ret)
{
	char host[64];
	struct slice bits, ip = slice_cut(s, '/', &bits);
	uint64_t n;
	struct gate_net x = {0};
	if (ip.n == 0 || ip.n >= sizeof host)
		return ERR_USAGE;
	memcpy(host, ip.p, ip.n);
	host[ip.n] = 0;
	if (inet_pton(AF_INET, host, x.bytes) == 1)
		x.bits = 32;
	else if (inet_pton(AF_INET6, host, x.bytes) == 1)
		x.bits = 128, x.six = true;
	else
		return ERR_USAGE;
	if (bits.p) {
		if (num_u64(bits, 0, x.bits, &n) < 0)
			return ERR_USAGE;
		x.bits = (uint8_t)n;
	}
	*ret = x;
	return 0;
}

int gate_allow_parse(struct gate_link *l, struct slice list, struct err *e)
{
	while (list.n) {
		struct slice one = slice_trim(slice_cut(list, ',', &list));
		if (l->allow_n == GATE_ALLOW_MAX)
			return err_set(e, ERR_USAGE, "--allow", "at most %d addresses", GATE_ALLOW_MAX);
		if (net_parse(one, &l->allow[l->allow_n]) < 0)
			return err_set(e, ERR_USAGE, "--allow", "an address is IP or IP/BITS");
		l->allow_n++;
	}
	return 0;
}

static bool type_ok(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9') || (i && s.p[i] == '^')))
			return false;
	return s.n >= 3 && s.n < 16;
}

int gate_types_parse(struct gate_link *l, struct slice list, struct err *e)
{
	while (list.n) {
		struct slice one = slice_trim(slice_cut(list, ',', &list));
		if (l->types_n == GATE_TYPES_MAX)
			return err_set(e, ERR_USAGE, "--types", "at most %d types", GATE_TYPES_MAX);
		if (!type_ok(one))
			return err_set(e, ERR_USAGE, "--types", "a type is as in MSH-9: ADT or ADT^A01");
		memcpy(l->types[l->types_n], one.p, one.n);
		l->types[l->types_n++][one.n] = 0;
	}
	return 0;
}

static bool within(const struct gate_net *n, const uint8_t *ip)
{
	size_t whole = n->bits / 8, rest = n->bits % 8;
	return memcmp(n->bytes, ip, whole) == 0 && (rest == 0 || ((n->bytes[whole] ^ ip[whole]) & (uint8_t)(0xff << (8 - rest))) == 0);
}

bool gate_allowed(const struct gate_link *l, bool six, const uint8_t ip[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (six && memcmp(ip, mapped, sizeof mapped) == 0) {
		six = false;
		ip += 12;
	}
	for (size_t i = 0; i < l->allow_n; i++)
		if (l->allow[i].six == six && within(&l->allow[i], ip))
			return true;
	return l->allow_n == 0;
}

static void put_net(struct jsonw *w, const struct gate_net *n)
{
	char ip[INET6_ADDRSTRLEN] = "", text[INET6_ADDRSTRLEN + 8];
	inet_ntop(n->six ? AF_INET6 : AF_INET, n->bytes, ip, sizeof ip);
	snprintf(text, sizeof text, "%s/%u", ip, n->bits);
	jsonw_str(w, text);
}

void gate_link_put(const struct gate_link *l, struct jsonw *w)
{
	jsonw_kstr(w, "name", l->name);
	jsonw_kslice_opt(w, "class", slice_str(l->class));
	jsonw_kslice_opt(w, "owner", slice_str(l->owner));
	jsonw_kslice_opt(w, "purpose", slice_str(l->purpose));
	jsonw_kstr(w, "direction", l->out ? "out" : "in");
	jsonw_kstr(w, "protocol", l->protocol == GATE_MLLP ? "mllp" : "tcp");
	jsonw_kstr(w, "listen", l->listen);
	jsonw_kstr(w, "to", l->to);
	if (l->allow_n) {
		jsonw_key(w, "allow");
		jsonw_arr(w);
		for (size_t i = 0; i < l->allow_n; i++)
			put_net(w, &l->allow[i]);
		jsonw_arr_end(w);
	}
	if (l->types_n) {
		jsonw_key(w, "types");
		jsonw_arr(w);
		for (size_t i = 0; i < l->types_n; i++)
			jsonw_str(w, l->types[i]);
		jsonw_arr_end(w);
	}
	if (l->rate)
		jsonw_ku64(w, "rate", l->rate);
	gate_tls_put(&l->tls, w);
	gate_terms_put(l, w);
}

static bool take(const struct json_node *n, const char *key, char *out, size_t size)
{
	struct slice s = json_text(n, key);
	if (s.n >= size || (s.n && memchr(s.p, 0, s.n)))
		return false;
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

static int each(const struct json_node *n, const char *key, struct gate_link *l, int (*one)(struct gate_link *, struct slice, struct err *), struct err *e)
{
	const struct json_node *list = json_get(n, key);
	int r = 0;
	for (const struct json_node *v = list ? list->child : NULL; v && r == 0; v = v->next)
		r = one(l, v->value, e);
	return r;
}

int gate_link_read(const struct json_node *n, struct gate_link *ret, struct err *e)
{
	struct gate_link l = {0};
	uint64_t rate = 0;
	struct slice way = json_text(n, "direction"), protocol = json_text(n, "protocol");
	if (!take(n, "name", l.name, sizeof l.name) || !take(n, "class", l.class, sizeof l.class) || !take(n, "owner", l.owner, sizeof l.owner) || !take(n, "purpose", l.purpose, sizeof l.purpose) ||
	    !take(n, "listen", l.listen, sizeof l.listen) || !take(n, "to", l.to, sizeof l.to) || !take(n, "partner", l.partner, sizeof l.partner) || !take(n, "contact", l.contact, sizeof l.contact))
		return err_set(e, ERR_INPUT, NULL, "a field of this link is too long");
	if (way.n && !slice_eq_str(way, "in") && !slice_eq_str(way, "out"))
		return err_set(e, ERR_INPUT, "--direction", "a link's direction is in or out");
	l.out = slice_eq_str(way, "out");
	l.protocol = slice_eq_str(protocol, "mllp") ? GATE_MLLP : slice_eq_str(protocol, "tcp") ? GATE_TCP : (enum gate_protocol)0;
	if (json_get(n, "rate") && num_u64(json_text(n, "rate"), 0, 1000000, &rate) < 0)
		return err_set(e, ERR_INPUT, "--rate", "a rate is messages a second");
	l.rate = (uint32_t)rate;
	int r = each(n, "allow", &l, gate_allow_parse, e);
	if (r == 0)
		r = each(n, "types", &l, gate_types_parse, e);
	if (r == 0)
		r = gate_terms_read(n, &l, e);
	if (r == 0)
		r = gate_tls_read(n, &l.tls, e);
	if (r == 0)
		r = gate_link_check(&l, e);
	if (r == 0)
		*ret = l;
	return r;
}
