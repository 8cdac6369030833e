/* An import as an entry: a line of JSON, and the file's bytes behind it, so that everything can be made again from entries.
 *
 *   {"v":1,"what":"import","source":"ocr","view":"archive","as_of":"2024-10-08","as_of_from":4,"file":"archive.csv","sha256":HEX,"rows":5590,"today":"2026-11-23","by":WHO[,"map":TEXT]} LF bytes
 *
 * view, as_of and today are what the list was read with, so that reading it again gives the same. */
#include "registry_internal.h"

#include <stdio.h>

int registry_entry_put(const struct registry_entry *x, struct buf *out, struct err *e)
{
	struct jsonw w;
	char t[16];
	jsonw_init(&w, out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "v", 1);
	jsonw_kstr(&w, "what", "import");
	jsonw_kstr(&w, "source", registry_source_word(x->source));
	jsonw_kstr(&w, "view", registry_view_word(x->view));
	if (x->as_of != REGISTRY_NO_DAY)
		jsonw_kstr(&w, "as_of", registry_day_text(x->as_of, t));
	jsonw_ku64(&w, "as_of_from", (uint64_t)x->as_of_from);
	jsonw_kslice(&w, "file", x->file);
	jsonw_key(&w, "sha256");
	AUTO_BUF struct buf hex = {0};
	buf_init(&hex, 128);
	hex_put(&hex, slice_of(x->sha256, 32));
	jsonw_slice(&w, buf_slice(&hex));
	jsonw_ku64(&w, "rows", x->rows);
	if (x->today != REGISTRY_NO_DAY)
		jsonw_kstr(&w, "today", registry_day_text(x->today, t));
	jsonw_kslice(&w, "by", x->by);
	jsonw_kslice_opt(&w, "map", x->map);
	jsonw_obj_end(&w);
	buf_u8(out, '\n');
	buf_add_slice(out, x->bytes);
	return buf_ok(out) ? 0 : err_set(e, buf_code(out), NULL, "the list is too large for an entry");
}

static int wrong(struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, NULL, "an entry about a registry's import has no %s that can be read", what);
}

int registry_entry_get(struct slice body, struct arena *a, struct registry_entry *ret, struct err *e)
{
	struct registry_entry x = {.as_of = REGISTRY_NO_DAY, .today = REGISTRY_NO_DAY};
	struct json_node *n;
	struct slice rest, line = slice_cut(body, '\n', &rest);
	uint64_t v;
	if (!rest.p || line.n > (1 << 20))
		return wrong(e, "first line");
	int r = json_tree(line, a, &n, e);
	if (r < 0)
		return r;
	if (num_u64(json_text(n, "v"), 1, 1, &v) < 0 || !slice_eq_str(json_text(n, "what"), "import"))
		return wrong(e, "version");
	int source = registry_source_parse(json_text(n, "source")), view = registry_view_parse(json_text(n, "view"));
	if (source < 0 || view < 0)
		return wrong(e, "source or view");
	x.source = (enum registry_source)source;
	x.view = (enum registry_view)view;
	if (json_get(n, "as_of") && registry_day_parse(json_text(n, "as_of"), false, &x.as_of) < 0)
		return wrong(e, "day");
	if (num_u64(json_text(n, "as_of_from"), 0, REGISTRY_AS_OF_NEWEST, &v) < 0)
		return wrong(e, "day");
	x.as_of_from = (enum registry_as_of)v;
	if (json_get(n, "today") && registry_day_parse(json_text(n, "today"), false, &x.today) < 0)
		return wrong(e, "day");
	if (hex_get(x.sha256, 32, json_text(n, "sha256")) < 0)
		return wrong(e, "SHA-256");
	if (num_u64(json_text(n, "rows"), 0, REGISTRY_ROWS_MAX, &x.rows) < 0)
		return wrong(e, "number of rows");
	x.file = json_text(n, "file");
	x.by = json_text(n, "by");
	x.map = json_text(n, "map");
	x.bytes = rest;
	*ret = x;
	return 0;
}

int registry_entry_list(const struct registry_entry *x, struct arena *a, struct registry_list *ret, struct err *e)
{
	char *file = arena_strdup(a, x->file);
	struct registry_map *m = NULL;
	int r = file ? 0 : err_set(e, arena_code(a), NULL, "no memory");
	if (r == 0 && x->map.n)
		r = registry_map_read(x->map, a, &m, e);
	const struct registry_read_options o = {.file = file, .map = m, .view = x->view, .as_of = x->as_of_from == REGISTRY_AS_OF_GIVEN ? x->as_of : REGISTRY_NO_DAY, .today = x->today};
	if (r == 0)
		r = registry_read(x->bytes, &o, a, ret, e);
	if (r < 0)
		return r;
	ret->as_of = x->as_of;
	ret->as_of_from = x->as_of_from;
	return 0;
}
