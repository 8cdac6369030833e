/* A catalogue's line: what parses is written again and parses to the same; paths, extents and attributes in it hold what they promise. Also lines of chunks made, and of the log. */
#include "vault_internal.h"

static void look_inside(const struct vault_line *l)
{
	struct slice rest = l->extents;
	struct vault_extent x;
	struct buf name, value;
	while (vault_extent_next(&rest, &x) > 0)
		assert(x.length && (x.pack || !x.offset));
	buf_init(&name, VAULT_LINE_MAX);
	buf_init(&value, VAULT_LINE_MAX);
	rest = l->xattrs;
	while (vault_xattr_next(&rest, &name, &value) > 0)
		assert(name.n);
	buf_done(&name);
	buf_done(&value);
	assert(l->node.path.n && l->node.path.p[0] == '/' && !memchr(l->node.path.p, 0, l->node.path.n));
	assert(vault_path_cmp(l->node.path, l->node.path) == 0 && vault_path_under(l->node.path, SLICE("/")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of(data, size);
	struct buf scratch, again, scratch2;
	struct vault_line l, m;
	struct vault_chunk c;
	struct cur log = cur_of(s);
	struct vault_log_entry en;
	buf_init(&scratch, 2 * VAULT_LINE_MAX);
	buf_init(&scratch2, 2 * VAULT_LINE_MAX);
	buf_init(&again, 4 * VAULT_LINE_MAX);
	if (!memchr(data ? data : (const uint8_t *)"", '\n', size) && vault_line_parse(s, &scratch, &l, NULL) == 0) {
		look_inside(&l);
		vault_line_write(&l, &again);
		assert(buf_ok(&again) && again.p[again.n - 1] == '\n');
		if (again.n <= VAULT_LINE_MAX) { /* what is written more strictly escaped may be longer than what came */
			assert(vault_line_parse(slice_of(again.p, again.n - 1), &scratch2, &m, NULL) == 0);
			assert(slice_eq(l.node.path, m.node.path) && slice_eq(l.node.link, m.node.link) && l.node.size == m.node.size && l.mtime_s == m.mtime_s && l.mtime_ns == m.mtime_ns);
			assert(slice_eq(l.extents, m.extents) && slice_eq(l.xattrs, m.xattrs) && vault_line_same_content(&l, &m));
		}
	}
	(void)!vault_chunk_parse(s, &c);
	while (vault_log_next(&log, &en) > 0)
		assert(en.kind.n && en.body.n);
	buf_done(&scratch);
	buf_done(&scratch2);
	buf_done(&again);
	return 0;
}
