/* A file of links: any bytes are links that are whole and are read back as they were written, or a sentence with a place. */
#include "gate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void again(const struct gate_link *l)
{
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct jsonw w;
	struct json_node *tree;
	struct gate_link back;
	struct err e;
	int64_t change;
	if (gate_link_check(l, &e) < 0 || !a)
		abort();
	buf_init(&b, 1 << 18);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	gate_link_put(l, &w);
	jsonw_obj_end(&w);
	if (json_tree(buf_slice(&b), a, &tree, &e) < 0 || gate_link_read(tree, &back, &e) < 0 || !gate_link_same(l, &back))
		abort();
	if (!gate_within_hours(l, INT64_C(1790000000) * TIME_SEC, 60, &change) && change <= INT64_C(1790000000) * TIME_SEC)
		abort();
}

/* A file that a link names: what its name says, and too much of it where the name is long. */
static int pretend(void *arg, const char *name, struct buf *ret, struct err *e)
{
	(void)arg;
	if (!strcmp(name, "none"))
		return err_set(e, ERR_NOT_FOUND, name, "there is no such file");
	buf_str(ret, name[0] == 'k' ? "-----BEGIN PRIVATE KEY-----" : "-----BEGIN CERTIFICATE-----");
	for (size_t i = strlen(name); i > 8; i--)
		buf_str(ret, name);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), name, "too long");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct gate_config c = {0};
	struct err e = {0};
	const struct gate_config_files files = {.read = pretend};
	if (gate_config_read(slice_of(data, n), "file", &files, &c, &e) < 0) {
		if (!e.text[0] || !e.place[0] || c.link)
			abort();
		return 0;
	}
	for (size_t i = 0; i < c.n; i++)
		again(&c.link[i]);
	gate_config_done(&c);
	return 0;
}
