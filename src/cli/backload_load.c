/* What was captured, and what became of each item: read from the ledger itself, so that it is the same with and without a view, and after a rebuild.
 *
 * Only bundles of leaves that hold such entries are looked at (ledger_scan_kinds), only such entries are opened, and each once: of what was done about an item the line is kept until all items are known. */
#include "backload_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ITEMS_MAX 5000000
#define LOCK "run/backload.lock"

/* ---- items ---- */

static struct backlog_item *room_for(struct backlog *l)
{
	if (l->n == l->room) {
		uint32_t room = l->room ? 2 * l->room : 1024;
		struct backlog_item *more = l->room < ITEMS_MAX ? reallocarray(l->items, room, sizeof *more) : NULL;
		if (!more)
			return NULL;
		l->items = more;
		l->room = room;
	}
	return &l->items[l->n];
}

static struct slice kept(struct backlog *l, struct slice s)
{
	return s.n ? arena_dup(l->a, s) : SLICE_NULL;
}

int backlog_capture(const struct backlog_item *it, struct arena *a, struct capture *ret, struct err *e)
{
	return capture_read(it->line, a, ret, e);
}

static int add_item(struct backlog *l, const struct ledger_entry *en, int zone, struct arena *scratch, struct err *e)
{
	struct slice scan, line = slice_cut(en->body, '\n', &scan);
	struct backlog_item *it = room_for(l);
	struct capture c;
	struct err quiet = {0};
	if (!it)
		return err_set(e, ERR_LIMIT, NULL, "more was captured than is looked at at once");
	*it = (struct backlog_item){.entry = en->seq, .received = en->leaf.time, .occurred = en->leaf.time, .of = BACKLOG_NONE, .replaced_by = BACKLOG_NONE, .root = l->n, .line = kept(l, line)};
	if (capture_read(en->body, scratch, &c, &quiet) < 0) { /* of a newer version: it is not sent, and not forgotten */
		it->unreadable = true;
		it->kind = CAPTURE_KIND_COUNT;
		it->owner = OWNER_NURSING;
		it->id = slice_str(arena_printf(l->a, "entry-%llu", (unsigned long long)en->seq));
	} else {
		struct slice number = c.kind == CAPTURE_ORDER ? slice_trim(json_text(c.values, "number")) : SLICE_NULL;
		int64_t at = fact_time_ns(c.occurred, zone);
		it->occurred = at == INT64_MIN ? en->leaf.time : at;
		it->id = kept(l, c.id);
		it->number = number.n ? kept(l, number) : it->id;
		it->patient = kept(l, c.patient);
		it->unit = kept(l, c.unit);
		it->by = kept(l, c.by);
		it->replaces = kept(l, c.replaces);
		it->named = c.kind == CAPTURE_CANCEL || c.kind == CAPTURE_MERGE ? kept(l, slice_trim(json_text(c.values, "of"))) : SLICE_NULL;
		it->apart = c.kind == CAPTURE_MERGE && !slice_eq_str(json_text(c.values, "op"), "merge");
		it->kind = c.kind;
		it->owner = capture_owner(&c);
		it->withdraw = c.withdraw;
	}
	l->n++;
	return arena_code(l->a) ? err_set(e, arena_code(l->a), NULL, "more was captured than fits in memory at once") : 0;
}

/* ---- by id ---- */

static const struct backlog *sorting; /* qsort has no argument for it */

static int by_id(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	int c = slice_cmp(sorting->items[a].id, sorting->items[b].id);
	return c ? c : a < b ? -1 : a > b;
}

static int sort_items(struct backlog *l, struct err *e)
{
	l->by_id = calloc(l->n ? l->n : 1, sizeof *l->by_id);
	if (!l->by_id)
		return err_set(e, ERR_MEMORY, NULL, "no memory for what was captured");
	for (uint32_t i = 0; i < l->n; i++)
		l->by_id[i] = i;
	sorting = l;
	qsort(l->by_id, l->n, sizeof *l->by_id, by_id);
	return 0;
}

static struct backlog_item *with_id(const struct backlog *l, struct slice id)
{
	uint32_t lo = 0, hi = l->n;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = slice_cmp(l->items[l->by_id[mid]].id, id);
		if (c == 0 && (mid == 0 || slice_cmp(l->items[l->by_id[mid - 1]].id, id) != 0))
			return &l->items[l->by_id[mid]];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

struct backlog_item *backlog_find(const struct backlog *l, struct slice id)
{
	struct backlog_item *it = id.n ? with_id(l, id) : NULL;
	for (uint32_t i = 0; id.n && !it && i < l->n; i++)
		if (l->items[i].kind == CAPTURE_ORDER && slice_eq(l->items[i].number, id))
			it = &l->items[i];
	return it;
}

/* Which stands in whose place. The later one of two that name the same counts. */
static void link_items(struct backlog *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		struct backlog_item *it = &l->items[i], *of = it->replaces.n ? with_id(l, it->replaces) : NULL;
		if (!of || of == it)
			continue;
		it->of = (uint32_t)(of - l->items);
		of->replaced_by = i;
	}
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t at = i;
		for (uint32_t steps = 0; l->items[at].of != BACKLOG_NONE && steps < l->n && steps < 1000; steps++) /* a ring of ids ends somewhere */
			at = l->items[at].of;
		l->items[i].root = at;
	}
}

void backlog_count(struct backlog *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		l->items[i].counts = l->items[i].b.state;
	for (uint32_t i = 0; i < l->n; i++) {
		struct backlog_item *it = &l->items[i];
		const enum backload_state *of = it->of == BACKLOG_NONE ? NULL : &l->items[it->of].counts;
		it->counts = backload_counts_as(&it->b, it->replaced_by != BACKLOG_NONE, it->withdraw, of);
	}
}

/* ---- acts ---- */

bool backlog_proven(const struct backlog *l, const char *to)
{
	for (unsigned i = 0; i < l->proven_n; i++)
		if (slice_eq_str(l->proven[i], to))
			return true;
	return false;
}

/* Of a destination: the newest test counts. */
static bool destination(struct backlog *l, const struct json_node *n)
{
	struct slice act = json_text(n, "act"), to = json_text(n, "to");
	bool proven = slice_eq_str(act, "deduplicates");
	if ((!proven && !slice_eq_str(act, "not-proven")) || !to.n)
		return false;
	unsigned left = 0;
	for (unsigned i = 0; i < l->proven_n; i++)
		if (!slice_eq(l->proven[i], to))
			l->proven[left++] = l->proven[i];
	l->proven_n = left;
	if (proven && l->proven_n < ARRAY_LEN(l->proven))
		l->proven[l->proven_n++] = kept(l, to);
	return true;
}

/* What was done, until every item is known that it may be about. */
struct said {
	uint64_t entry;
	int64_t time;
	struct slice line;
	bool downtime;
};
struct acts {
	struct said *v;
	size_t n, room;
};

static int keep_act(struct backlog *l, struct acts *acts, const struct ledger_entry *en, struct err *e)
{
	struct slice rest, line = slice_cut(en->body, '\n', &rest);
	if (acts->n == acts->room) {
		size_t room = acts->room ? 2 * acts->room : 1024;
		struct said *more = reallocarray(acts->v, room, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, NULL, "no memory for what was done about captured items");
		acts->v = more;
		acts->room = room;
	}
	acts->v[acts->n++] = (struct said){.entry = en->seq, .time = en->leaf.time, .line = kept(l, line), .downtime = en->leaf.kind == LEDGER_DOWNTIME};
	return arena_code(l->a) ? err_set(e, arena_code(l->a), NULL, "more was done about captured items than fits in memory at once") : 0;
}

static void apply(struct backlog *l, const struct said *s, struct arena *scratch)
{
	struct json_node *n;
	if (json_tree(s->line, scratch, &n, NULL) < 0)
		return;
	if (s->downtime) {
		(void)downtime_apply(&l->downtime, n, s->entry, s->time);
		return;
	}
	if (destination(l, n))
		return;
	struct backlog_item *it = with_id(l, json_text(n, "item"));
	if (it)
		(void)backload_apply(&it->b, n, s->entry);
}

static int read_all(struct backlog *l, struct ledger *led, int zone, struct acts *acts, struct arena *scratch, struct err *e)
{
	uint64_t *v = NULL;
	size_t n = 0;
	int r = cli_entries(led, LEDGER_KIND_BIT(LEDGER_CAPTURE) | LEDGER_KIND_BIT(LEDGER_DOWNTIME) | LEDGER_KIND_BIT(LEDGER_BACKLOAD), &v, &n, e);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct ledger_entry en;
		r = ledger_read(led, v[i], &en, e);
		if (r == ERR_ERASED) { /* what it was about is no longer anybody's */
			r = 0;
			continue;
		}
		arena_reset(scratch);
		if (r == 0)
			r = en.leaf.kind == LEDGER_CAPTURE ? add_item(l, &en, zone, scratch, e) : keep_act(l, acts, &en, e);
	}
	free(v);
	return r;
}

static int load(struct backlog *l, struct ledger *led, int zone, struct err *e)
{
	AUTO_ARENA struct arena *scratch = arena_new(2 * CAPTURE_MAX + ((size_t)64 << 20));
	struct acts acts = {0};
	int r = scratch ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = read_all(l, led, zone, &acts, scratch, e);
	if (r == 0)
		r = sort_items(l, e);
	if (r == 0)
		link_items(l);
	for (size_t i = 0; i < acts.n && r == 0; i++) {
		arena_reset(scratch);
		apply(l, &acts.v[i], scratch);
	}
	free(acts.v);
	return r;
}

int backlog_load(struct site *s, struct backlog *ret, struct err *e)
{
	struct backlog l = {.a = arena_new(BACKLOG_MEMORY)};
	struct site_keys keys = {0};
	struct ledger *led = NULL;
	int r = l.a ? cli_ledger(s, true, &keys, &led, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0) {
		l.head = ledger_size(led);
		r = load(&l, led, s->zone_minutes, e);
	}
	ledger_free(led);
	site_keys_wipe(&keys);
	if (r < 0) {
		backlog_done(&l);
		return r;
	}
	backlog_count(&l);
	*ret = l;
	return 0;
}

void backlog_done(struct backlog *l)
{
	free(l->items);
	free(l->by_id);
	arena_free(l->a);
	*l = (struct backlog){0};
}

void backlog_balance(const struct backlog *l, int owner, struct downtime_balance *ret)
{
	*ret = (struct downtime_balance){0};
	for (uint32_t i = 0; i < l->n; i++) {
		const struct backlog_item *it = &l->items[i];
		if (owner >= 0 && (int)it->owner != owner)
			continue;
		uint64_t *const of[] = {[BACK_OPEN] = &ret->open, [BACK_REVIEWED] = &ret->open, [BACK_SENT_UNKNOWN] = &ret->unknown, [BACK_FILED] = &ret->filed, [BACK_ALREADY_THERE] = &ret->already_there, [BACK_REFUSED] = &ret->refused,
			[BACK_SUPERSEDED] = &ret->superseded};
		ret->items++;
		++*of[it->counts];
	}
}

/* ---- entering ---- */

void backload_begin(struct jsonw *w, struct buf *b, const char *act, const struct backlog_item *it)
{
	char who[64];
	control_who(who);
	jsonw_init(w, b);
	jsonw_obj(w);
	jsonw_kstr(w, "act", act);
	if (it)
		jsonw_kslice(w, "item", it->id);
	jsonw_kstr(w, "by", who);
}

static int on_result(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	if (arg)
		*(struct control_appended *)arg = *r;
	return 0;
}

static int put(struct control *k, const struct buf *body, struct backlog_item *it, bool now, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct slice rest, line = slice_cut(buf_slice(body), '\n', &rest);
	const struct control_append in = {.kind = LEDGER_BACKLOAD, .body = buf_slice(body)};
	struct control_appended is = {0};
	struct json_node *n;
	if (!a || !buf_ok(body))
		return err_set(e, a ? buf_code(body) : ERR_MEMORY, NULL, "no room for what is entered");
	int r = control_append(k, &in, 1, on_result, now ? &is : NULL, e);
	if (r == 0 && now)
		r = control_flush(k, e);
	if (r == 0 && it)
		r = json_tree(line, a, &n, e);
	if (r == 0 && it)
		(void)backload_apply(&it->b, n, is.seq);
	return r;
}

int backload_enter(struct control *k, const struct buf *body, struct backlog_item *it, struct err *e)
{
	return put(k, body, it, true, e);
}

int backload_enter_soon(struct control *k, const struct buf *body, struct backlog_item *it, struct err *e)
{
	return put(k, body, it, false, e);
}

int backload_lock(const struct site *s, int *ret, struct err *e)
{
	if (mkdirat(s->fd, "run", 0750) < 0 && errno != EEXIST)
		return err_sys(e, s->path, "its folder run cannot be made");
	*ret = openat(s->fd, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*ret < 0)
		return err_sys(e, LOCK, "cannot be opened: captured items are sent by the site's owner");
	int r = file_lock(*ret, false, e);
	return r == ERR_BUSY ? err_set(e, r, NULL, "another one works on this site's captured items already") : r;
}
