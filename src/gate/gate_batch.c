/* gate_batch: what comes to and leaves the sets of the table, as messages of nfnetlink (linux/netfilter/nfnetlink.h, nf_tables.h): one batch, all of it or nothing. As text a thousand elements took nftables seven milliseconds to
 * understand; these take the kernel one. */
#include "gate_internal.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stddef.h>

#define TOGETHER 1000u /* elements of a message: an attribute is below 64 KiB */
#define KEY_MAX 20

static size_t message_begin(struct buf *out, uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
	const size_t at = out->n;
	const struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)};
	const struct nfgenmsg g = {.nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(resource)};
	buf_add(out, &h, sizeof h);
	buf_add(out, &g, sizeof g);
	return at;
}

static void message_end(struct buf *out, size_t at)
{
	const uint32_t n = (uint32_t)(out->n - at);
	if (buf_ok(out))
		memcpy(out->p + at + offsetof(struct nlmsghdr, nlmsg_len), &n, sizeof n);
}

static size_t nest(struct buf *out, uint16_t type)
{
	const size_t at = out->n;
	const struct nlattr a = {.nla_type = (uint16_t)(type | NLA_F_NESTED)};
	buf_add(out, &a, sizeof a);
	return at;
}

static void nest_end(struct buf *out, size_t at)
{
	const uint16_t n = (uint16_t)(out->n - at);
	assert(out->n - at <= UINT16_MAX);
	if (buf_ok(out))
		memcpy(out->p + at + offsetof(struct nlattr, nla_len), &n, sizeof n);
}

static void attribute(struct buf *out, uint16_t type, const void *p, size_t n)
{
	static const uint8_t none[NLA_ALIGNTO];
	const struct nlattr a = {.nla_len = (uint16_t)(sizeof a + n), .nla_type = type};
	buf_add(out, &a, sizeof a);
	buf_add(out, p, n);
	buf_add(out, none, NLA_ALIGN(n) - n);
}

/* As the set's type says: address, port, or both, each beginning at a multiple of four. */
static size_t key_of(const struct gate_element *x, const struct gate_set *s, uint8_t ret[KEY_MAX])
{
	const uint16_t port = htons(x->port);
	size_t n = s->six < 0 ? 0 : s->six ? 16 : 4;
	memset(ret, 0, KEY_MAX);
	memcpy(ret, x->ip, n);
	if (s->kind == GATE_ADDRESS)
		return n;
	memcpy(ret + n, &port, sizeof port);
	return n ? n + 4 : sizeof port;
}

/* Those of v that lie in set s and not in but. How many messages. */
static size_t put_set(struct buf *out, uint16_t type, const char *table, size_t s, const struct gate_element *v, size_t n, const struct gate_element *but, size_t but_n)
{
	const struct gate_set *set = &gate_sets[s];
	size_t messages = 0, at = 0, list = 0, in = 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t key[KEY_MAX];
		if (gate_set_of(&v[i]) != s || gate_element_find(but, but_n, &v[i]))
			continue;
		if (!in++) {
			at = message_begin(out, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), (uint16_t)(NLM_F_ACK | (type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0)), NFPROTO_INET, 0);
			attribute(out, NFTA_SET_ELEM_LIST_TABLE, table, strlen(table) + 1);
			attribute(out, NFTA_SET_ELEM_LIST_SET, set->name, strlen(set->name) + 1);
			list = nest(out, NFTA_SET_ELEM_LIST_ELEMENTS);
			messages++;
		}
		const size_t element = nest(out, NFTA_LIST_ELEM), whole = nest(out, NFTA_SET_ELEM_KEY);
		attribute(out, NFTA_DATA_VALUE, key, key_of(&v[i], set, key));
		nest_end(out, whole);
		nest_end(out, element);
		if (in == TOGETHER) {
			nest_end(out, list);
			message_end(out, at);
			in = 0;
		}
	}
	if (in) {
		nest_end(out, list);
		message_end(out, at);
	}
	return messages;
}

size_t gate_table_elements(const char *table, const struct gate_element *have, size_t have_n, const struct gate_element *want, size_t want_n, struct buf *out)
{
	size_t messages = 0, from = out->n;
	const bool had = gate_table_wanted(have, have_n);
	if (!gate_table_wanted(want, want_n))
		return 0; /* there is no table any more */
	message_end(out, message_begin(out, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
	for (size_t s = 0; s < GATE_SETS; s++) { /* first what is cut, then what is not any more */
		messages += put_set(out, NFT_MSG_NEWSETELEM, table, s, want, want_n, have, had ? have_n : 0);
		if (had)
			messages += put_set(out, NFT_MSG_DELSETELEM, table, s, have, have_n, want, want_n);
	}
	message_end(out, message_begin(out, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
	if (!messages)
		out->n = from;
	return messages;
}
