/* Copies of the view: a file's name, and the entry that names its bytes. First byte even: a name; odd: a body. */
#include "ledger_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ledger_view_copy c;
	struct ledger_view_part *part;
	unsigned n;
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0) {
		char name[512], again[LEDGER_VIEW_NAME_MAX];
		if (size - 1 >= sizeof name)
			return 0;
		if (size > 1)
			memcpy(name, data + 1, size - 1);
		name[size - 1] = 0;
		if (ledger_view_name_read(name, &c, &n)) {
			assert(n >= 1 && n <= c.parts && c.parts <= LEDGER_VIEW_PARTS_MAX && c.version[0]);
			ledger_view_name(&c, n, again);
			assert(!strcmp(name, again)); /* one copy, one name */
		}
		return 0;
	}
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	if (a && ledger_view_body_read(slice_of(data + 1, size - 1), a, &c, &part, NULL) == 0) {
		AUTO_BUF struct buf b = {0};
		struct ledger_view_copy d;
		struct ledger_view_part *same;
		buf_init(&b, (size_t)4 << 20);
		ledger_view_body_put(&c, "view-2026Q4", 1, part, &b);
		assert(buf_ok(&b) && ledger_view_body_read(buf_slice(&b), a, &d, &same, NULL) == 0);
		assert(ledger_view_same(&c, &d) && !memcmp(part, same, c.parts * sizeof *part));
	}
	return 0;
}
