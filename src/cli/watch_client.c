/* watch_client: an SMB client that was denied is cut at the gate, too (watch run --cut-client), and let in again when what he did is released. By the process that makes entries: a stop waits for none of it. */
#include "watch_cmd.h"

#include "gate.h"

#include <stdlib.h>

#define CUT_MOST 256

static struct {
	char id[40], client[64];
} cuts[CUT_MOST];
static size_t cut_count;

static void ask(struct control *k, const char *what, const char *address, const char *id)
{
	AUTO_BUF struct buf b = {0}, ret = {0};
	struct jsonw w;
	struct err e = {0};
	char reason[80], line[640];
	snprintf(reason, sizeof reason, "watch %s", id);
	buf_init(&b, 4096);
	buf_init(&ret, (size_t)1 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", what);
	jsonw_kstr(&w, "who", "watch");
	jsonw_kstr(&w, "address", address);
	jsonw_kstr(&w, "reason", reason);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (control_gate(k, NULL, buf_slice(&b), &ret, &e) < 0)
		cli_note("holdfast: %s is not %s at the gate: %s", address, !strcmp(what, "cut-address") ? "cut" : "let in", err_line(&e, line, sizeof line));
}

static void copy(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	if (n)
		memcpy(out, s.p, n);
	out[n] = 0;
}

static void denied(struct control *k, const char *id, const char *client)
{
	struct gate_element x;
	if (gate_element_parse(client, GATE_ADDRESS, &x) < 0)
		return;
	for (size_t i = 0; i < cut_count; i++)
		if (!strcmp(cuts[i].id, id) && !strcmp(cuts[i].client, client))
			return;
	if (serve_own_address(x.six, x.ip)) {
		cli_note("holdfast: %s is this host: it is not cut at the gate", client);
		return;
	}
	if (cut_count < CUT_MOST) { /* past it they are cut, and let in by hand */
		snprintf(cuts[cut_count].id, sizeof cuts[0].id, "%s", id);
		snprintf(cuts[cut_count++].client, sizeof cuts[0].client, "%s", client);
	}
	ask(k, "cut-address", client, id);
}

/* Let in only when nothing else that he did stands against him. */
static void released(struct control *k, const char *id)
{
	for (size_t i = cut_count; i-- > 0;) {
		char client[sizeof cuts[0].client];
		bool others = false;
		if (strcmp(cuts[i].id, id))
			continue;
		memcpy(client, cuts[i].client, sizeof client);
		cuts[i] = cuts[--cut_count];
		for (size_t n = 0; n < cut_count; n++)
			others |= !strcmp(cuts[n].client, client);
		if (!others)
			ask(k, "free-address", client, id);
	}
}

void watch_client_heard(struct control *k, struct slice json)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	char id[40], client[64];
	if (!a || json_tree(json, a, &n, NULL) < 0)
		return;
	copy(id, sizeof id, json_text(n, "id"));
	copy(client, sizeof client, json_text(n, "client"));
	if (slice_eq_str(json_text(n, "event"), "denied") && client[0])
		denied(k, id, client);
	else if (slice_eq_str(json_text(n, "event"), "released"))
		released(k, id);
}
