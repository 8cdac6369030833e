/* keeper_view: how far the view is, for whoever shows charts: a chart that lacks the last hour, and does not say so, is worse than none.
 *
 * A view that follows has what the ledger has, a moment later. It is behind when that has not been so for LATE, or when more is missing than a moment explains; it is being rebuilt, and readers have the one before it (or none); it is
 * pinned to an entry; or nobody writes it. How long it takes still is judged by the pace since it began. */
#include "keeper.h"

#define LATE (10 * TIME_SEC)
#define MANY 5000               /* entries: more than come within a moment */
#define DOWN (5 * TIME_SEC)     /* a scribe that dies is back before that */
#define PACE_AFTER (TIME_SEC / 2)

/* Each round. */
void keeper_view_look(struct keeper *k)
{
	struct feed *fd = &k->feed;
	if (fd->rebuilding || (fd->hello && fd->applied < ledger_durable(k->l)))
		return;
	fd->level_at = fd->pace_at = time_monotonic();
	fd->pace_from = fd->applied;
}

void keeper_view(const struct keeper *k, struct keeper_view *ret)
{
	const struct feed *fd = &k->feed;
	if (k->restoring) {
		const struct keeper_restoring *p = &k->looked.pace;
		*ret = (struct keeper_view){.state = VIEW_RESTORING, .done = p->done, .total = p->total, .left = p->left, .read_only = true};
		return;
	}
	int64_t now = time_monotonic(), spent = now - fd->pace_at;
	struct keeper_view v = {.state = VIEW_FOLLOWS, .done = fd->applied, .total = ledger_durable(k->l), .left = VIEW_LEFT_UNKNOWN, .read_only = k->reading};
	if (fd->rebuilding) {
		v.state = VIEW_REBUILDING;
		v.total = fd->end;
	} else if (!fd->hello) {
		v.state = now - fd->lost_at > DOWN ? VIEW_DOWN : VIEW_FOLLOWS;
	} else if (fd->pinned) {
		v.state = VIEW_PINNED;
	} else if (v.done < v.total && (now - fd->level_at > LATE || v.total - v.done > MANY)) {
		v.state = VIEW_BEHIND;
	}
	if (v.done > v.total)
		v.done = v.total;
	if ((v.state == VIEW_REBUILDING || v.state == VIEW_BEHIND) && spent > PACE_AFTER && v.done > fd->pace_from) {
		double left = (double)spent * (double)(v.total - v.done) / (double)(v.done - fd->pace_from) / (double)TIME_SEC;
		v.left = left < 1e8 ? (uint32_t)left + 1 : VIEW_LEFT_UNKNOWN;
	}
	*ret = v;
}

void keeper_view_put(const struct keeper *k, struct jsonw *w)
{
	static const char *const states[] = {[VIEW_FOLLOWS] = "following", [VIEW_BEHIND] = "behind", [VIEW_REBUILDING] = "rebuilding", [VIEW_PINNED] = "pinned", [VIEW_DOWN] = "down", [VIEW_RESTORING] = "restoring"};
	struct keeper_view v;
	uint64_t durable = k->restoring ? 0 : ledger_durable(k->l), applied = k->feed.applied;
	keeper_view(k, &v);
	jsonw_key(w, "view");
	jsonw_obj(w);
	jsonw_ku64(w, "applied", applied);
	jsonw_ku64(w, "behind", durable > applied ? durable - applied : 0);
	jsonw_kbool(w, "pinned", k->feed.pinned);
	jsonw_kbool(w, "rebuilding", k->feed.rebuilding);
	jsonw_kstr(w, "state", states[v.state]);
	jsonw_ku64(w, "done", v.done);
	jsonw_ku64(w, "total", v.total);
	if (v.left != VIEW_LEFT_UNKNOWN)
		jsonw_ku64(w, "secondsLeft", v.left);
	jsonw_obj_end(w);
}
