/* What a command may hand in of a downtime: that it began and moved on, and what was done to bring captured items back. Whether it fits what stands is decided where it is folded (downtime/backload_fold.c, downtime_fold.c): an entry that
 * does not has no effect. */
#include "downtime.h"
#include "keeper.h"

#define ACT_MAX ((size_t)64 << 10)
#define BODY_MAX ((size_t)4 << 20) /* with the message's bytes */

int keeper_may_downtime(uint8_t kind, struct slice body, struct err *e)
{
	static const char *const states[] = {"begin", "advance", "close", "block", NULL};
	static const char *const acts[] = {"reviewed", "refused", "made", "sending", "not-sent", "unknown", "answer", "echo", "resolved", "reopened", NULL}, *const tests[] = {"deduplicates", "not-proven", NULL};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct slice rest, line = slice_cut(body, '\n', &rest);
	struct json_node *n;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (line.n > ACT_MAX || body.n > BODY_MAX)
		return err_set(e, ERR_LIMIT, NULL, "what is entered of a downtime is at most %zu bytes", BODY_MAX);
	int r = json_tree(line, a, &n, e);
	if (r < 0)
		return r;
	struct slice what = json_text(n, kind == LEDGER_DOWNTIME ? "what" : "act");
	bool known = false;
	for (const char *const *w = kind == LEDGER_DOWNTIME ? states : acts; *w; w++)
		known = known || slice_eq_str(what, *w);
	if (kind == LEDGER_BACKLOAD && !known)
		for (const char *const *w = tests; *w; w++)
			known = known || (slice_eq_str(what, *w) && json_text(n, "to").n);
	else if (kind == LEDGER_BACKLOAD)
		known = json_text(n, "item").n > 0;
	if (rest.n && !slice_eq_str(what, "made"))
		known = false; /* bytes behind the line are a message's */
	return known ? 0 : err_set(e, ERR_DENIED, NULL, "no such entry of a downtime is a command's");
}
