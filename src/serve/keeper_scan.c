/* keeper_scan: pages of paper that came back and that nobody could place yet, and what became of them. What a page shows nobody here looks at: its line is checked, its picture was made by the role that decodes. */
#include "keeper.h"
#include "ward.h"

int keeper_may_scan(struct slice body, const char *by, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct ward_scan s;
	int r = a ? ward_scan_read(body, false, a, &s, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && by && !slice_eq_str(s.by, by))
		r = err_set(e, ERR_DENIED, "by", "what is said of a page is said by who has signed in");
	return r;
}

void op_scan(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	int r = asker_read(k, ch, &c, MAY_CAPTURE, &who, &e);
	bool wait = cur_u8(&c);
	struct slice body = cur_take(&c, cur_left(&c));
	if (c.failed) {
		keeper_chan_drop(k, ch, "a bad page");
		return;
	}
	if (r == 0)
		r = keeper_may_scan(body, who.user, &e);
	if (r < 0)
		reply_err(ch, f->tag, &e);
	else
		keeper_store_for_web(k, ch, f->tag, &who, LEDGER_SCAN, "web", body, true, wait);
}
