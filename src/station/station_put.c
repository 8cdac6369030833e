/* What is written down here: an item gets its id and its time, or keeps those that it brings; a downtime number is the next of the station's own. */
#include "station_internal.h"

#include <unistd.h>

static int may_write(const struct station *s, struct err *e)
{
	if (!s->enrolled)
		return err_set(e, ERR_DENIED, s->place, "this station is not enrolled: `holdfast station enrol` on the site's machine answers its request");
	if (s->discarded[0])
		return err_set(e, ERR_DENIED, s->place, "this station writes nothing any more: %s. Make a new one (`holdfast station new`) in an empty folder; what this one holds is still brought to the site", s->discarded);
	return 0;
}

static void put_members(struct jsonw *w, const struct json_node *n, const char *id)
{
	char now[32];
	jsonw_obj(w);
	if (id)
		jsonw_kstr(w, "id", id);
	for (const struct json_node *i = n->child; i; i = i->next) {
		if (id && slice_eq_str(i->key, "id"))
			continue;
		jsonw_key_slice(w, i->key);
		jsonw_raw(w, i->raw);
	}
	if (id && !json_get(n, "recorded"))
		jsonw_kstr(w, "recorded", time_rfc3339(time_now(), 0, now));
	jsonw_obj_end(w);
}

/* One line: blanks between what was said become spaces; inside of texts they are escaped. */
static int one_line(const struct json_node *n, const char *id, struct buf *out, struct err *e)
{
	struct jsonw w;
	jsonw_init(&w, out);
	put_members(&w, n, id);
	for (size_t i = 0; buf_ok(out) && i < out->n; i++)
		if (out->p[i] == '\n' || out->p[i] == '\r' || out->p[i] == '\t')
			out->p[i] = ' ';
	return buf_ok(out) ? 0 : err_set(e, buf_code(out), NULL, "the item is larger than an item may be");
}

/* KEY-digits is the station's own to give: one who brings such an id has it from here. */
static bool own_form(const struct station *s, struct slice id)
{
	size_t n = strlen(s->site.key);
	return id.n > n && !memcmp(id.p, s->site.key, n) && id.p[n] == '-';
}

static int add(struct station *s, const struct json_node *n, struct arena *a, struct buf *ret_line, bool *ret_duplicate, struct err *e)
{
	AUTO_BUF struct buf line = {0};
	AUTO_BUF struct buf there = {0};
	struct capture c;
	char id[40];
	struct slice given = json_text(n, "id");
	buf_init(&line, STATION_ITEM_MAX);
	buf_init(&there, STATION_ITEM_MAX);
	snprintf(id, sizeof id, "%s-%06" PRIu64, s->site.key, s->records + 1);
	int r = one_line(n, given.n ? NULL : id, &line, e);
	if (r == 0)
		r = capture_read(buf_slice(&line), a, &c, e);
	if (r == 0 && c.scan.n)
		r = err_set(e, ERR_INPUT, NULL, "a scan is brought to the site's own page");
	if (r < 0)
		return r;
	*ret_duplicate = false;
	if (given.n) {
		r = station_queue_find(s, c.id, &there, e);
		if (r == 0 && !slice_eq(buf_slice(&there), buf_slice(&line)))
			return err_set(e, ERR_EXISTS, "id", "an item of this id is here already and says something else. Nothing of it was changed: to correct it, send a new item that names it in \"replaces\"");
		*ret_duplicate = r == 0;
		if (r == ERR_NOT_FOUND && own_form(s, given))
			return err_set(e, ERR_INPUT, "id", "ids of this form are given by this station: leave it out");
		if (r < 0 && r != ERR_NOT_FOUND)
			return r;
	}
	r = *ret_duplicate ? 0 : station_queue_add(s, false, buf_slice(&line), e);
	if (r == 0)
		buf_add_slice(ret_line, buf_slice(&line));
	return r;
}

int station_put(struct station *s, struct slice line, struct buf *ret_line, bool *ret_duplicate, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	struct json_node *n;
	int r = may_write(s, e);
	if (r == 0 && line.n > STATION_ITEM_MAX)
		r = err_set(e, ERR_LIMIT, NULL, "the item is larger than an item may be");
	if (r == 0)
		r = a ? json_tree(line, a, &n, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && n->type != JSON_OBJ)
		r = err_set(e, ERR_INPUT, NULL, "an item is a JSON object");
	if (r < 0)
		return r;
	AUTO_CLOSE int lock = station_queue_lock(s, e);
	if (lock < 0)
		return lock;
	r = may_write(s, e); /* it may have been found out just now */
	return r < 0 ? r : add(s, n, a, ret_line, ret_duplicate, e);
}

int station_number(struct station *s, char ret[DOWNTIME_NUMBER_MAX], struct err *e)
{
	struct downtime_block b = {.first = 1, .count = s->site.numbers};
	char number[DOWNTIME_NUMBER_MAX];
	int r = may_write(s, e);
	if (r < 0)
		return r;
	AUTO_CLOSE int lock = station_queue_lock(s, e);
	if (lock < 0)
		return lock;
	snprintf(b.key, sizeof b.key, "%s", s->site.key);
	r = may_write(s, e);
	if (r == 0 && s->numbers >= s->site.numbers)
		r = err_set(e, ERR_FULL, s->place, "the station's %" PRIu64 " downtime numbers are used up: use those of the unit's paper block, or make a new station", s->site.numbers);
	if (r == 0)
		r = downtime_number(&b, s->numbers + 1, number, e);
	if (r == 0)
		r = station_queue_add(s, true, slice_str(number), e);
	if (r == 0)
		memcpy(ret, number, sizeof number);
	return r;
}
