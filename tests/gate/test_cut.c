/* What is cut with a link, the list and its texts for nftables, counts read back, who ends an isolation; sock_diag's answers, whole, short and lying. */
#include "gate.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct gate_link link_of(bool out, enum gate_protocol p, const char *listen, const char *to)
{
	struct gate_link l = {.out = out, .protocol = p, .name = "x"};
	snprintf(l.listen, sizeof l.listen, "%s", listen);
	snprintf(l.to, sizeof l.to, "%s", to);
	return l;
}

static void test_link(void **state)
{
	static const struct {
		bool out;
		enum gate_protocol protocol;
		const char *listen, *to, *want;
	} rows[] = {
		{true, GATE_MLLP, "10.0.0.1:2575", "10.9.0.2:2575", "1 10.9.0.2:2575|"},                      /* our own senders are still heard */
		{true, GATE_TCP, "10.0.0.1:104", "[2001:db8::1]:104", "1 [2001:db8::1]:104|"},
		{false, GATE_MLLP, "10.0.0.1:2575", "10.1.0.2:2575", "2 10.0.0.1:2575|"},                     /* the far side is our own engine */
		{false, GATE_TCP, "0.0.0.0:22000", "10.1.0.2:22", "2 port 22000|"},
		{false, GATE_TCP, "[::]:22000", "10.1.0.2:22", "2 port 22000|"},
		{true, GATE_MLLP, "10.0.0.1:2575", "127.0.0.1:2575", ""},                                     /* loopback is the relay's alone */
		{true, GATE_TCP, "127.0.0.1:1", "[::1]:2", ""},
		{true, GATE_TCP, "127.9.9.9:1", "[::ffff:127.0.0.1]:2", ""},
		{true, GATE_MLLP, "127.0.0.1:1", "[::ffff:10.9.0.2]:99", "1 10.9.0.2:99|"},                   /* on the wire it is IPv4 */
		{true, GATE_MLLP, "127.0.0.1:1", "nonsense", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct gate_link l = link_of(rows[i].out, rows[i].protocol, rows[i].listen, rows[i].to);
		struct gate_element v[2];
		char all[200] = "", one[64];
		size_t n = gate_link_elements(&l, v);
		for (size_t k = 0; k < n; k++) {
			gate_element_text(&v[k], one);
			snprintf(all + strlen(all), sizeof all - strlen(all), "%u %s|", v[k].kind, one);
		}
		assert_string_equal(all, rows[i].want);
	}
}

static struct gate_element el(uint8_t kind, const char *text, uint16_t port)
{
	struct gate_element x = {0};
	if (kind == GATE_OWN_PORT)
		x.kind = kind;
	else
		assert_int_equal(gate_element_parse(text, kind, &x), 0);
	x.port = port;
	return x;
}

static void test_parse(void **state)
{
	static const struct {
		const char *text, *want;
		uint8_t kind;
	} good[] = {{"10.1.2.3", "10.1.2.3", GATE_ADDRESS}, {"2001:DB8::0:1", "2001:db8::1", GATE_ADDRESS}, {"10.1.2.3/8", "10.0.0.0/8", GATE_MEMBER}, {"10.1.2.3", "10.1.2.3", GATE_MEMBER}, {"2001:db8::ff/33", "2001:db8::/33", GATE_MEMBER},
	            {"0.0.0.0/0", "0.0.0.0/0", GATE_MEMBER}};
	static const char *const bad[] = {"", "10.1.2", "10.1.2.3/33", "10.1.2.3/", "10.1.2.3/-1", "x", "2001:db8::/129", "10.1.2.3 ", "10.1.2.3;flush ruleset"};
	struct gate_element x;
	char text[64];
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(gate_element_parse(good[i].text, good[i].kind, &x), 0);
		gate_element_text(&x, text);
		assert_string_equal(text, good[i].want);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(gate_element_parse(bad[i], GATE_MEMBER, &x), ERR_USAGE);
	assert_int_equal(gate_element_parse("10.0.0.0/8", GATE_ADDRESS, &x), ERR_USAGE); /* one at a time */
}

static void test_wire(void **state)
{
	struct gate_element v[] = {el(GATE_FAR, "10.9.0.2", 5000), el(GATE_MEMBER, "2001:db8::/32", 0), el(GATE_OWN_PORT, "", 8443)}, got;
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		gate_element_put(&v[i], &b);
	assert_int_equal(b.n, ARRAY_LEN(v) * GATE_ELEMENT);
	struct cur c = cur_of(buf_slice(&b));
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		assert_true(gate_element_get(&c, &got));
		assert_int_equal(gate_element_compare(&got, &v[i]), 0);
	}
	assert_true(cur_done(&c));
	for (size_t n = 0; n < GATE_ELEMENT; n++) { /* short */
		c = cur_of(slice_of(b.p, n));
		assert_false(gate_element_get(&c, &got));
	}
	const struct {
		size_t at;
		uint8_t value;
	} lies[] = {{0, 0}, {0, 6}, {1, 2}, {2, 33}};
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		uint8_t copy[GATE_ELEMENT];
		memcpy(copy, b.p, sizeof copy);
		copy[lies[i].at] = lies[i].value;
		c = cur_of(slice_of(copy, sizeof copy));
		assert_false(gate_element_get(&c, &got));
	}
	buf_done(&b);
}

/* A batch in words: "+far4 0a09000200001388 " with what the kernel would read in each key. */
static void say_batch(struct slice in, struct buf *out, size_t *ret_messages)
{
	while (in.n) {
		struct nlmsghdr h;
		assert_true(in.n >= sizeof h);
		memcpy(&h, in.p, sizeof h);
		assert_in_range(h.nlmsg_len, sizeof h + sizeof(struct nfgenmsg), in.n);
		assert_int_equal(h.nlmsg_len % 4, 0);
		struct slice body = slice_of(in.p + sizeof h + sizeof(struct nfgenmsg), h.nlmsg_len - sizeof h - sizeof(struct nfgenmsg));
		in = slice_of(in.p + h.nlmsg_len, in.n - h.nlmsg_len);
		if (h.nlmsg_type == NFNL_MSG_BATCH_BEGIN || h.nlmsg_type == NFNL_MSG_BATCH_END) {
			assert_int_equal(body.n, 0);
			buf_str(out, h.nlmsg_type == NFNL_MSG_BATCH_BEGIN ? "[" : "]");
			continue;
		}
		const bool add = h.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM);
		assert_true(add || h.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELSETELEM));
		assert_true(h.nlmsg_flags & NLM_F_ACK);
		++*ret_messages;
		while (body.n) {
			struct nlattr a;
			memcpy(&a, body.p, sizeof a);
			assert_in_range(a.nla_len, sizeof a, body.n);
			const char *p = (const char *)body.p + sizeof a;
			if (a.nla_type == NFTA_SET_ELEM_LIST_TABLE)
				assert_string_equal(p, "t");
			else if (a.nla_type == NFTA_SET_ELEM_LIST_SET)
				buf_printf(out, "%c%s", add ? '+' : '-', p);
			else /* NFTA_LIST_ELEM, NFTA_SET_ELEM_KEY, NFTA_DATA_VALUE, each within the other */
				for (struct slice list = slice_of(body.p + sizeof a, a.nla_len - sizeof a); list.n;) {
					struct nlattr e, v;
					memcpy(&e, list.p, sizeof e);
					memcpy(&v, list.p + 2 * sizeof e, sizeof v);
					assert_int_equal(e.nla_type & NLA_TYPE_MASK, NFTA_LIST_ELEM);
					assert_in_range(v.nla_len, sizeof v + 1, e.nla_len - 2 * sizeof e);
					buf_u8(out, ' ');
					for (size_t i = 0; i < v.nla_len - sizeof v; i++)
						buf_printf(out, "%02x", list.p[3 * sizeof e + i]);
					list = slice_of(list.p + e.nla_len, list.n - e.nla_len);
				}
			body = slice_of(body.p + NLA_ALIGN(a.nla_len), body.n - NLA_ALIGN(a.nla_len));
		}
	}
}

/* The text, and behind it the batch in words. */
static const char *change(struct gate_element *have, size_t have_n, struct gate_element *want, size_t want_n, struct buf *out)
{
	struct buf batch;
	size_t seen = 0;
	buf_init(&batch, 1 << 20);
	have_n = gate_elements_sort(have, have_n);
	want_n = gate_elements_sort(want, want_n);
	buf_reset(out);
	gate_table_change("t", have, have_n, want, want_n, out);
	const size_t messages = gate_table_elements("t", have, have_n, want, want_n, &batch);
	say_batch(buf_slice(&batch), out, &seen);
	assert_int_equal(messages, seen);
	buf_done(&batch);
	buf_u8(out, 0);
	assert_true(buf_ok(out));
	return (const char *)out->p;
}

static void test_change(void **state)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	struct gate_element a = el(GATE_FAR, "10.9.0.2", 5000), b = el(GATE_FAR, "10.9.0.3", 5000), six = el(GATE_FAR, "fd09::2", 6001), addr = el(GATE_ADDRESS, "10.8.0.7", 0), own = el(GATE_OWN_PORT, "", 8443),
	                    m = el(GATE_MEMBER, "10.8.0.0/16", 0), here = {.kind = GATE_HERE, .port = 7004};
	assert_string_equal(change((struct gate_element[]){a, own}, 2, (struct gate_element[]){own, a, a}, 3, &out), "");
	assert_string_equal(change((struct gate_element[]){a}, 1, (struct gate_element[]){a, b, six, addr, here}, 5, &out),
	                    "[+far4 0a09000313880000+far6 fd09000000000000000000000000000217710000+hereany 1b5c+addr4 0a080007]");
	assert_string_equal(change((struct gate_element[]){a, b}, 2, (struct gate_element[]){b, six}, 2, &out), "[-far4 0a09000213880000+far6 fd09000000000000000000000000000217710000]");
	assert_string_equal(change((struct gate_element[]){a, own}, 2, (struct gate_element[]){a}, 1, &out), "[-own 20fb]");
	/* the island has a table of its own, and who is of it is not cut here */
	assert_string_equal(change((struct gate_element[]){a}, 1, (struct gate_element[]){a, m}, 2, &out), "");
	/* nothing is cut any more: no table, whatever else is on the list */
	assert_string_equal(change((struct gate_element[]){a, own, m}, 3, (struct gate_element[]){own, m}, 2, &out), "add table inet t\ndelete table inet t\n");
	/* from nothing: rules and empty sets, and what they hold */
	const char *whole = change((struct gate_element[]){own}, 1, (struct gate_element[]){a, own}, 2, &out);
	assert_true(!strncmp(whole, "add table inet t\ndelete table inet t\ntable inet t {\n", 51));
	assert_null(strstr(whole, "elements = "));
	const size_t n = strlen(whole);
	const char *batch = "[+far4 0a09000213880000+own 20fb]";
	assert_string_equal(whole + n - strlen(batch), batch);
	assert_null(strstr(whole, "fwd")); /* a word of nft's own */
	assert_null(strstr(whole, "ct state"));
	/* in one transaction, where what is in force is not known */
	struct gate_element both[] = {a, own};
	buf_reset(&out);
	gate_table_whole("t", both, gate_elements_sort(both, 2), &out);
	buf_u8(&out, 0);
	assert_true(!strncmp((const char *)out.p, "add table inet t\ndelete table inet t\ntable inet t {\n", 51));
	assert_non_null(strstr((const char *)out.p, "elements = { 10.9.0.2 . 5000 }"));
	assert_non_null(strstr((const char *)out.p, "elements = { 8443 }"));
	buf_done(&out);
}

/* More than one message holds: each attribute's length has sixteen bits. */
static void test_many(void **state)
{
	static struct gate_element v[2500];
	struct buf batch, out;
	size_t seen = 0;
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		v[i] = el(GATE_FAR, "fd09::2", 1);
		v[i].port = (uint16_t)(1 + i);
	}
	const size_t n = gate_elements_sort(v, ARRAY_LEN(v));
	assert_int_equal(n, ARRAY_LEN(v));
	buf_init(&batch, 1 << 20);
	buf_init(&out, 1 << 20);
	assert_int_equal(gate_table_elements("t", NULL, 0, v, n, &batch), 3);
	say_batch(buf_slice(&batch), &out, &seen);
	assert_int_equal(seen, 3);
	size_t keys = 0;
	for (size_t i = 0; i < out.n; i++)
		keys += out.p[i] == ' ';
	assert_int_equal(keys, ARRAY_LEN(v));
	buf_done(&batch);
	buf_done(&out);
}

static void test_island(void **state)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	struct gate_element v[] = {el(GATE_FAR, "10.9.0.2", 5000), el(GATE_MEMBER, "10.8.0.0/16", 0), el(GATE_MEMBER, "fd08::/64", 0), el(GATE_OWN_PORT, "", 8443)};
	size_t n = gate_elements_sort(v, ARRAY_LEN(v));
	gate_island_whole("t", false, v, n, &out);
	buf_u8(&out, 0);
	assert_string_equal((char *)out.p, "add table inet t_island\ndelete table inet t_island\n");
	buf_reset(&out);
	gate_island_whole("t", true, v, n, &out);
	buf_u8(&out, 0);
	assert_non_null(strstr((char *)out.p, "elements = { 10.8.0.0/16 }"));
	assert_non_null(strstr((char *)out.p, "elements = { fd08::/64 }"));
	assert_null(strstr((char *)out.p, "10.9.0.2"));
	buf_done(&out);
	char a[GATE_TABLE_MAX], b[GATE_TABLE_MAX];
	gate_table_name("ward.example/holdfast", a);
	gate_table_name("other.example/holdfast", b);
	assert_string_not_equal(a, b);
	assert_true(!strncmp(a, "holdfast_", 9) && strlen(a) == 17);
}

#define COUNTS "{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\"}}, {\"table\": {\"family\": \"inet\", \"name\": \"t\"}}, {\"counter\": {\"name\": \"outside\", \"packets\": 12, \"bytes\": 720}}," \
	"{\"set\": {\"name\": \"far4\", \"elem\": [{\"elem\": {\"val\": {\"concat\": [\"10.9.0.2\", 5000]}, \"counter\": {\"packets\": 3, \"bytes\": 180}}}]}}," \
	"{\"set\": {\"name\": \"far6\", \"elem\": [{\"elem\": {\"val\": {\"concat\": [\"fd09::2\", 6001]}, \"counter\": {\"packets\": 1, \"bytes\": 80}}}]}}," \
	"{\"set\": {\"name\": \"hereany\", \"elem\": [{\"elem\": {\"val\": 7004, \"counter\": {\"packets\": 5, \"bytes\": 1}}}]}}," \
	"{\"set\": {\"name\": \"addr4\", \"elem\": [{\"elem\": {\"val\": \"10.8.0.7\", \"counter\": {\"packets\": 9, \"bytes\": 2}}}]}}," \
	"{\"set\": {\"name\": \"own\", \"elem\": [8443]}}, {\"chain\": {\"name\": \"out\"}}, {\"rule\": {\"chain\": \"out\"}}]}"

static void test_counts(void **state)
{
	struct gate_counts c;
	struct err e = {0};
	assert_int_equal(gate_counts_read(SLICE(COUNTS), &c, &e), 0);
	assert_int_equal(c.n, 4);
	assert_int_equal(c.rules, 2);
	assert_true(c.outside == 12);
	const struct {
		struct gate_element x;
		uint64_t packets;
	} rows[] = {{el(GATE_FAR, "10.9.0.2", 5000), 3}, {el(GATE_FAR, "fd09::2", 6001), 1}, {{.kind = GATE_HERE, .port = 7004}, 5}, {el(GATE_ADDRESS, "10.8.0.7", 0), 9}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct gate_count *f = gate_count_find(&c, &rows[i].x);
		assert_non_null(f);
		assert_true(f->packets == rows[i].packets);
	}
	struct gate_element other = el(GATE_FAR, "10.9.0.2", 5001);
	assert_null(gate_count_find(&c, &other));
	free(c.v);
	/* an element without its count is no proof */
	assert_int_equal(gate_counts_read(SLICE("{\"nftables\":[{\"set\":{\"name\":\"far4\",\"elem\":[{\"concat\":[\"10.9.0.2\",5000]}]}}]}"), &c, &e), ERR_INPUT);
	assert_int_equal(gate_counts_read(SLICE("{\"nftables\":[{\"set\":{\"name\":\"far4\",\"elem\":[{\"elem\":{\"val\":{\"concat\":[\"10.9.0\",5000]},\"counter\":{\"packets\":1,\"bytes\":1}}}]}}]}"), &c, &e), ERR_INPUT);
	assert_true(gate_counts_read(SLICE("{"), &c, &e) < 0);
}

/* ---- sock_diag ---- */

static void put_socket(struct buf *b, uint8_t family, const char *local, uint16_t lport, const char *remote, uint16_t rport)
{
	struct inet_diag_msg m = {.idiag_family = family, .id = {.idiag_sport = htons(lport), .idiag_dport = htons(rport)}};
	struct nlmsghdr h = {.nlmsg_len = sizeof h + sizeof m, .nlmsg_type = SOCK_DIAG_BY_FAMILY};
	struct gate_element x;
	const char *const text[] = {local, remote};
	uint8_t *const to[] = {(uint8_t *)m.id.idiag_src, (uint8_t *)m.id.idiag_dst};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(gate_element_parse(text[i], GATE_ADDRESS, &x), 0);
		memcpy(to[i], x.ip, 16);
	}
	buf_add(b, &h, sizeof h);
	buf_add(b, &m, sizeof m);
}

static void test_diag(void **state)
{
	struct gate_element v[] = {el(GATE_FAR, "10.9.0.2", 5000), el(GATE_FAR, "fd09::2", 6001), el(GATE_HERE, "10.8.0.1", 7001), {.kind = GATE_HERE, .port = 7004}, el(GATE_ADDRESS, "10.8.0.7", 0), el(GATE_OWN_PORT, "", 8443)};
	size_t n = gate_elements_sort(v, ARRAY_LEN(v));
	static const struct {
		uint8_t family;
		const char *local;
		uint16_t lport;
		const char *remote;
		uint16_t rport;
		bool cut;
	} rows[] = {
		{AF_INET, "10.9.0.1", 40000, "10.9.0.2", 5000, true},
		{AF_INET, "10.9.0.1", 40000, "10.9.0.2", 5001, false},
		{AF_INET6, "fd09::1", 40000, "fd09::2", 6001, true},
		{AF_INET6, "::ffff:10.9.0.1", 40000, "::ffff:10.9.0.2", 5000, true},
		{AF_INET, "10.8.0.1", 7001, "10.8.0.2", 50000, true},
		{AF_INET, "10.8.0.1", 7004, "10.8.0.2", 50000, true},
		{AF_INET6, "fd08::1", 7004, "fd08::2", 50000, true},
		{AF_INET, "10.8.0.1", 445, "10.8.0.7", 50000, true},
		{AF_INET, "10.8.0.1", 8443, "10.8.0.7", 50000, false}, /* Holdfast's own page */
		{AF_INET, "127.0.0.1", 7004, "127.0.0.1", 50000, false},
		{AF_INET, "10.9.0.2", 5000, "10.9.0.9", 1, true},      /* the far side is of this host */
	};
	struct buf b;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		put_socket(&b, rows[i].family, rows[i].local, rows[i].lport, rows[i].remote, rows[i].rport);
	struct slice rest = buf_slice(&b);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct gate_socket s;
		int error = 1;
		assert_int_equal(gate_diag_next(&rest, &s, &error), 1);
		assert_int_equal(s.remote_port, rows[i].rport);
		assert_int_equal(gate_socket_cut(v, n, &s), rows[i].cut);
		/* what is asked to be ended names the socket as the kernel did */
		struct buf q;
		buf_init(&q, 1024);
		gate_diag_end(&q, &s, 7);
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
		assert_int_equal(q.n, sizeof h + sizeof r);
		memcpy(&h, q.p, sizeof h);
		memcpy(&r, q.p + sizeof h, sizeof r);
		assert_int_equal(h.nlmsg_type, 21); /* SOCK_DESTROY */
		assert_int_equal(r.sdiag_family, rows[i].family);
		assert_int_equal(ntohs(r.id.idiag_dport), rows[i].rport);
		buf_done(&q);
	}
	assert_int_equal(rest.n, 0);
	/* every shorter message is none, and its lengths are not believed */
	for (size_t k = 0; k < sizeof(struct nlmsghdr) + sizeof(struct inet_diag_msg); k++) {
		struct gate_socket s;
		int error;
		struct slice cut = slice_of(b.p, k);
		assert_int_equal(gate_diag_next(&cut, &s, &error), ERR_INPUT);
	}
	buf_done(&b);
}

static void test_diag_answers(void **state)
{
	static const struct {
		int32_t error;
		int want;
	} rows[] = {{0, 0}, {-ENOENT, -ENOENT}, {-EPERM, -EPERM}, {5, -EIO}, {INT32_MIN, -EIO}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t m[sizeof(struct nlmsghdr) + 4];
		struct nlmsghdr h = {.nlmsg_len = sizeof m, .nlmsg_type = NLMSG_ERROR};
		struct gate_socket s;
		int error = 99;
		memcpy(m, &h, sizeof h);
		memcpy(m + sizeof h, &rows[i].error, 4);
		struct slice in = slice_of(m, sizeof m);
		assert_int_equal(gate_diag_next(&in, &s, &error), 2);
		assert_int_equal(error, rows[i].want);
	}
	struct nlmsghdr done = {.nlmsg_len = sizeof done, .nlmsg_type = NLMSG_DONE};
	struct slice in = slice_of((uint8_t *)&done, sizeof done);
	struct gate_socket s;
	int error;
	assert_int_equal(gate_diag_next(&in, &s, &error), 3);
}

static void test_isolation(void **state)
{
	struct gate_isolation s = {.on = true, .since = 5};
	struct err e = {0};
	const int64_t now = INT64_C(1790000000) * TIME_SEC;
	assert_int_equal(gate_isolation_end(&s, NULL, "command", now, &s, &e), ERR_DENIED);
	assert_int_equal(gate_isolation_end(&s, "nora", "clinician", now, &s, &e), ERR_DENIED);
	assert_int_equal(gate_isolation_end(&s, "ada", "security", now, &s, &e), GATE_SIGNED);
	assert_true(s.on);
	assert_int_equal(gate_isolation_end(&s, "Ada", "security", now + 1, &s, &e), ERR_DENIED);
	assert_int_equal(gate_isolation_end(&s, "bob", "owner", now + GATE_SPAN + 1, &s, &e), GATE_SIGNED); /* the first has ended: this one is it */
	assert_string_equal(s.first, "bob");
	assert_int_equal(gate_isolation_end(&s, "ada", "admin", now + GATE_SPAN + 2, &s, &e), GATE_MOVED);
	assert_false(s.on);
	assert_int_equal(gate_isolation_end(&s, "ada", "admin", now, &s, &e), ERR_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_link), cmocka_unit_test(test_parse), cmocka_unit_test(test_wire), cmocka_unit_test(test_change), cmocka_unit_test(test_many), cmocka_unit_test(test_island), cmocka_unit_test(test_counts),
	                                   cmocka_unit_test(test_diag), cmocka_unit_test(test_diag_answers), cmocka_unit_test(test_isolation)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
