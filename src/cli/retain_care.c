/* Erasing a quarter of messages. What must outlive it is copied out of it first, as entries of kind kept: what Holdfast wrote of itself, and what chart_erase.c says that charts in use and persons who live on need. Only then comes the
 * entry that erases; the keeper destroys the keys with it, those of all copies of the view too, and makes the view anew. Killed before that entry nothing has happened; killed behind it, `retention apply` goes on. */
#include "chart.h"
#include "retain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOKS 5 /* at a house in which somebody is admitted each time */

struct care {
	struct retain_open *o;
	struct control *c; /* NULL: only looking */
	uint32_t quarter;
	uint64_t first, end;
	uint64_t *extra; /* what earlier erasures kept in entries that lie here */
	size_t extra_n, extra_cap;
	struct chart_erasing x;
	struct arena *a;
	struct buf body, rest;
	uint64_t last;                 /* seq of the newest item in body, + 1 */
	size_t born_at;
	uint64_t from, to;             /* entries of kind kept */
	uint64_t kept, inside;         /* items; of them within [first, end) */
};

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for what is to be kept");
}

/* ---- what earlier erasures kept, and put where it would die now ---- */

static bool in_erased(const struct retain_open *o, uint64_t seq)
{
	for (size_t i = 0; i < o->state.erasure_n; i++)
		if (o->state.erasure[i].class == RETAIN_CARE && seq >= o->state.erasure[i].first && seq < o->state.erasure[i].end)
			return true;
	return false;
}

static int note_items(struct care *k, struct slice body, bool numbers, struct err *e)
{
	struct cur c = cur_of(body);
	while (!cur_done(&c)) {
		struct ledger_kept item;
		int r = ledger_kept_next(&c, &item, e);
		if (r < 0)
			return r;
		if (!in_erased(k->o, item.seq) || (numbers && (item.whole || item.seq >= k->first)))
			continue; /* of an erasure that did not come about; or not asked for */
		if (k->extra_n == k->extra_cap) {
			size_t cap = k->extra_cap ? 2 * k->extra_cap : 256;
			uint64_t *more = reallocarray(k->extra, cap, sizeof *more);
			if (!more)
				return no_memory(e);
			k->extra = more;
			k->extra_cap = cap;
		}
		k->extra[k->extra_n++] = item.seq;
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static int find_extra(struct care *k, struct err *e)
{
	int r = 0;
	size_t n = 0;
	for (uint64_t seq = k->first; r == 0 && seq < k->end; seq++) {
		struct ledger_leaf leaf;
		struct ledger_entry en;
		r = ledger_read_leaf(k->o->l, seq, &leaf, e);
		if (r < 0 || leaf.kind != LEDGER_KEPT)
			continue;
		r = ledger_read(k->o->l, seq, &en, e);
		if (r == 0)
			r = note_items(k, en.body, false, e);
	}
	/* numbers that earlier erasures left, wherever those lie: whose person does not live on after this one loses its number, too */
	for (size_t i = 0; r == 0 && i < k->o->state.erasure_n; i++) {
		const struct retain_erasure *x = &k->o->state.erasure[i];
		for (uint64_t seq = x->kept_from; r == 0 && x->class == RETAIN_CARE && seq < x->kept_to; seq++) {
			struct ledger_leaf leaf;
			struct ledger_entry en;
			r = ledger_read_leaf(k->o->l, seq, &leaf, e);
			if (r < 0 || leaf.kind != LEDGER_KEPT)
				continue;
			r = ledger_read(k->o->l, seq, &en, e);
			if (r == 0)
				r = note_items(k, en.body, true, e);
			else if (r == ERR_ERASED) /* the erasure of its quarter took on what it held */
				r = 0;
		}
	}
	if (k->extra_n)
		qsort(k->extra, k->extra_n, sizeof *k->extra, by_number);
	for (size_t i = 0; i < k->extra_n; i++)
		if (n == 0 || k->extra[n - 1] != k->extra[i])
			k->extra[n++] = k->extra[i];
	k->extra_n = n;
	return r;
}

/* ---- what the charts say ---- */

/* The quarter before the one in which the ledger stands, and this one: who something came for since then has a chart in use. */
static int64_t in_use_since(int64_t now)
{
	uint32_t q = ledger_quarter_of(now);
	for (int i = 0; i < 2; i++)
		q = q % 10 == 1 ? q - 10 + 3 : q - 1;
	return ledger_quarter_end(q);
}

int retain_open_chart(const struct retain_open *o, struct chart **ret, struct err *e)
{
	char path[4200];
	struct chart_options co = {.zone_minutes = o->s.zone_minutes, .site_name = o->s.name, .readers = serve_readers()};
	snprintf(path, sizeof path, "%s/view/chart.db", o->s.path);
	int r = chart_open(path, &co, ret, e);
	return r == ERR_NOT_FOUND ? err_set(e, ERR_NO, NULL, "there is no view to see from whose charts are in use: `holdfast view rebuild` first") : r;
}

uint64_t retain_in_use_since(const struct retain_open *o, struct err *e)
{
	uint64_t seq;
	return ledger_at_time(o->l, in_use_since(o->now) - 1, &seq, e) < 0 ? UINT64_MAX : seq;
}

static int look(struct care *k, struct err *e)
{
	struct chart *c = NULL;
	struct chart_erasing_options xo = {.from = k->first, .to = k->end, .extra = k->extra, .extra_n = k->extra_n};
	uint64_t known = ledger_size(k->o->l);
	chart_erasing_done(&k->x);
	arena_reset(k->a);
	xo.active_since = retain_in_use_since(k->o, e);
	int r = xo.active_since == UINT64_MAX ? e->code : 0;
	if (xo.active_since < k->end)
		xo.active_since = k->end; /* by order, of a young quarter: what lies in it makes no chart one in use */
	if (r == 0)
		r = retain_open_chart(k->o, &c, e);
	if (r == 0 && chart_pinned(c))
		r = err_set(e, ERR_NO, NULL, "the view was made up to a chosen entry and stays there, so it cannot tell whose charts are in use: `holdfast view rebuild` first");
	if (r == 0)
		r = chart_erasing(c, &xo, k->a, &k->x, e);
	chart_close(c);
	if (r == 0 && k->x.applied < known && k->c)
		r = err_set(e, ERR_BUSY, NULL, "the view is behind the ledger (%llu of %llu entries), so it cannot tell whose charts are in use: try again when it has caught up", (unsigned long long)k->x.applied,
		            (unsigned long long)known);
	return r;
}

/* ---- copying out ---- */

static int flush(struct care *k, struct err *e)
{
	uint64_t seq;
	int64_t time;
	if (!k->body.n && buf_ok(&k->body))
		return 0;
	int r = buf_ok(&k->body) ? control_kept(k->c, buf_slice(&k->body), &seq, &time, e) : err_set(e, buf_code(&k->body), NULL, "what is to be kept of one entry is too long");
	buf_reset(&k->body);
	if (r == 0 && !k->to)
		k->from = seq;
	if (r == 0)
		k->to = seq + 1;
	return r;
}

static bool stays(const struct care *k, const struct ledger_entry *en)
{
	return !en->erased && (ledger_outlives(en->leaf.kind) || (k->x.keep_n && bsearch(&en->seq, k->x.keep, k->x.keep_n, sizeof *k->x.keep, by_number)));
}

static int one(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct care *k = arg;
	while (k->born_at < k->x.born_n && k->x.born[k->born_at].entry < en->seq)
		k->born_at++;
	size_t n = 0;
	while (k->born_at + n < k->x.born_n && k->x.born[k->born_at + n].entry == en->seq)
		n++;
	bool whole = stays(k, en);
	if (!whole && !n && !(en->erased && en->rest.n)) /* a number that was left, and is not any more: the newest word counts */
		return 0;
	uint64_t room = en->body.n + 4096;
	if (k->body.n && k->body.n + room > LEDGER_KEPT_BODY) {
		int r = flush(k, e);
		if (r < 0)
			return r;
	}
	if (whole) {
		ledger_kept_put(&k->body, en);
		k->kept++;
		k->inside += en->seq >= k->first;
	} else {
		buf_reset(&k->rest);
		if (n)
			chart_born_put(&k->rest, &k->x.born[k->born_at], n);
		ledger_kept_rest(&k->body, en->seq, buf_slice(&k->rest));
	}
	return buf_ok(&k->body) && buf_ok(&k->rest) ? 0 : err_set(e, ERR_LIMIT, NULL, "entry %llu is too long to be kept", (unsigned long long)en->seq);
}

static int copy_out(struct care *k, struct err *e)
{
	int r = 0;
	k->born_at = 0;
	k->from = k->to = k->kept = k->inside = 0;
	buf_reset(&k->body);
	for (size_t i = 0; r == 0 && i < k->extra_n; i++)
		r = ledger_scan(k->o->l, k->extra[i], k->extra[i] + 1, true, one, k, e);
	if (r == 0)
		r = ledger_scan(k->o->l, k->first, k->end, true, one, k, e);
	return r == 0 ? flush(k, e) : r;
}

/* Did somebody come in meanwhile whose messages were not copied out? */
static bool same_as(const uint64_t *before, size_t before_n, const struct chart_erasing *now)
{
	for (size_t i = 0; i < now->keep_n; i++)
		if (!before_n || !bsearch(&now->keep[i], before, before_n, sizeof *before, by_number))
			return false;
	return true;
}

static int prepare(struct care *k, struct err *e)
{
	uint64_t *before = NULL;
	size_t before_n = 0;
	int r = look(k, e);
	for (int i = 0; r == 0; i++) {
		if (i && same_as(before, before_n, &k->x))
			break;
		if (i == LOOKS) {
			r = err_set(e, ERR_BUSY, NULL, "each time it was looked at, somebody had come in whose messages lie in this quarter: try again at a quieter hour");
			break;
		}
		r = copy_out(k, e);
		free(before);
		before = k->x.keep;
		before_n = k->x.keep_n;
		k->x.keep = NULL;
		k->x.keep_n = 0;
		if (r == 0)
			r = control_catch_up(k->c, e);
		if (r == 0)
			r = ledger_refresh(k->o->l, e);
		if (r == 0)
			r = look(k, e);
	}
	free(before);
	return r;
}

static int begin(struct care *k, struct retain_open *o, struct control *c, uint32_t quarter, struct err *e)
{
	*k = (struct care){.o = o, .c = c, .quarter = quarter};
	buf_init_secret(&k->body, LEDGER_BODY_MAX);
	buf_init(&k->rest, (size_t)1 << 20);
	if (!(k->a = arena_new((size_t)2 << 30)))
		return no_memory(e);
	int r = c ? control_catch_up(c, e) : 0;
	if (r == 0)
		r = ledger_refresh(o->l, e);
	if (r == 0)
		r = ledger_quarter_span(o->l, quarter, &k->first, &k->end, NULL, NULL, NULL, e);
	return r == 0 ? find_extra(k, e) : r;
}

static void done(struct care *k)
{
	chart_erasing_done(&k->x);
	arena_free(k->a);
	free(k->extra);
	buf_done(&k->body);
	buf_done(&k->rest);
}

/* ---- for who decides ---- */

struct counts {
	const struct care *k;
	uint64_t entries, messages, stay;
};

static int count_one(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct counts *n = arg;
	bool own = ledger_outlives(en->leaf.kind) || en->leaf.kind == LEDGER_PACK || en->leaf.kind == LEDGER_REPACK || en->leaf.kind == LEDGER_KEPT;
	(void)e;
	n->entries++;
	n->messages += !own;
	n->stay += !own && stays(n->k, en);
	return 0;
}

int retain_care_preview(struct retain_open *o, uint32_t quarter, bool json, struct err *e)
{
	struct care k;
	struct counts n = {.k = &k};
	char q[16];
	ledger_quarter_format(quarter, q);
	int r = begin(&k, o, NULL, quarter, e);
	if (r == 0)
		r = look(&k, e);
	if (r == 0)
		r = ledger_scan(o->l, k.first, k.end, false, count_one, &n, e);
	if (r == 0 && json) {
		AUTO_BUF struct buf out = {0};
		struct jsonw w;
		buf_init(&out, 1 << 20);
		jsonw_init(&w, &out);
		jsonw_obj(&w);
		jsonw_kstr(&w, "class", "care");
		jsonw_kstr(&w, "quarter", q);
		jsonw_ku64(&w, "entries", n.entries);
		jsonw_ku64(&w, "erased", n.messages - n.stay);
		jsonw_ku64(&w, "kept", n.stay);
		jsonw_ku64(&w, "persons", k.x.persons);
		jsonw_ku64(&w, "gone", k.x.gone);
		jsonw_ku64(&w, "inUse", k.x.active);
		jsonw_ku64(&w, "inHouse", k.x.inside);
		jsonw_key(&w, "chartsInUse");
		jsonw_arr(&w);
		for (size_t i = 0; i < k.x.listed_n; i++) {
			jsonw_obj(&w);
			jsonw_kstr(&w, "id", k.x.listed[i].id);
			jsonw_kbool(&w, "inHouse", k.x.listed[i].inside);
			jsonw_obj_end(&w);
		}
		jsonw_arr_end(&w);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&out));
	} else if (r == 0) {
		printf("would erase care of %s: %llu of %llu entries, about %llu persons, of %llu of whom nothing remains\n", q, (unsigned long long)(n.messages - n.stay), (unsigned long long)n.entries,
		       (unsigned long long)k.x.persons, (unsigned long long)k.x.gone);
		printf("would keep %llu messages: %llu for %llu charts in use (%llu persons in the house), the rest because they say who is whom; and what Holdfast wrote of itself\n", (unsigned long long)n.stay,
		       (unsigned long long)k.x.kept_active, (unsigned long long)k.x.active, (unsigned long long)k.x.inside);
		for (size_t i = 0; i < k.x.listed_n; i++)
			printf("  %-16s %s\n", k.x.listed[i].id, k.x.listed[i].inside ? "in the house" : "something came this quarter or the last");
		if (k.x.listed_n == CHART_ERASING_LISTED)
			printf("  and others\n");
	}
	done(&k);
	return r;
}

/* ---- the entry ---- */

int retain_care_kept(struct retain_open *o, struct control *c, uint32_t quarter, struct retain_care *ret, struct err *e)
{
	struct care k;
	int r = begin(&k, o, c, quarter, e);
	if (r == 0)
		r = prepare(&k, e);
	if (r == 0)
		*ret = (struct retain_care){.first = k.first, .end = k.end, .from = k.from, .to = k.to, .kept = k.kept, .erased = k.end - k.first - k.inside, .active = k.x.kept_active, .persons = k.x.persons, .gone = k.x.gone};
	done(&k);
	return r;
}

/* ---- what lies beside the ledger ---- */

typedef bool doomed_fn(int fd, const char *name, const void *arg);

static int drop(int sitefd, const char *folder, doomed_fn *doomed, const void *arg, uint64_t *destroyed, struct err *e)
{
	int fd = openat(sitefd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, folder, "cannot be listed");
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, folder, "cannot be listed");
	}
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		if (!doomed(fd, en->d_name, arg))
			continue;
		if (unlinkat(fd, en->d_name, 0) == 0)
			(*destroyed)++;
		else if (errno != ENOENT)
			r = err_sys(e, folder, "cannot be removed");
	}
	closedir(d);
	return r;
}

/* Sealed copies of the view hold what was erased; their keys are gone, so they are noise. */
static bool is_old_copy(int fd, const char *name, const void *arg)
{
	struct ledger_view_copy v;
	unsigned part;
	(void)fd;
	return ledger_view_name_read(name, &v, &part) && v.record < *(const uint64_t *)arg;
}

/* Tails that a crash tore off, of before. */
static bool is_old_tail(int fd, const char *name, const void *arg)
{
	struct stat st;
	return name[0] != '.' && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_mtim.tv_sec < *(const int64_t *)arg / TIME_SEC;
}

struct shown {
	struct ledger *l;
	bool found;
};

static bool is_erased(void *arg, uint64_t seq)
{
	struct shown *s = arg;
	struct ledger_entry en;
	struct err e = {0};
	return s->found |= ledger_read(s->l, seq, &en, &e) == ERR_ERASED;
}

/* Does a chart still show it? */
static int shows(struct retain_open *o, const struct retain_erasure *x, bool *ret, struct err *e)
{
	struct chart *c = NULL;
	struct shown s = {.l = o->l};
	int r = retain_open_chart(o, &c, e);
	if (r == 0)
		r = chart_rows_among(c, x->first, x->end, is_erased, &s, e);
	chart_close(c);
	*ret = s.found;
	return r == ERR_NO ? 0 : r; /* no view, nothing in it */
}

int retain_care_here(struct retain_open *o, struct control *c, const struct retain_erasure *x, uint64_t *destroyed, char why[300], struct err *e)
{
	bool found = false;
	why[0] = 0;
	int64_t end = x->one ? x->time : ledger_quarter_end(x->quarter);
	int r = drop(o->s.fd, "copies", is_old_copy, &x->seq, destroyed, e);
	if (r == 0)
		r = drop(o->s.fd, "wal/torn", is_old_tail, &end, destroyed, e);
	if (r == 0)
		r = shows(o, x, &found, e);
	if (r == 0 && found) { /* whoever erased it was stopped before the view was made anew */
		r = control_rebuild(c, UINT64_MAX, NULL, NULL, e);
		if (r == 0)
			r = shows(o, x, &found, e);
	}
	if (r < 0)
		return r;
	if (found)
		snprintf(why, 300, "the view still shows it: `holdfast view rebuild`");
	else if (ledger_tail_begin(o->l) < x->end)
		snprintf(why, 300, "a segment of wal/ still holds some of it, until some hundreds of entries more have come");
	return 0;
}
