/* What travels: bundles of items, one behind the other in a file, or one in a request.
 *
 *   a signed note, its text these lines, each once, in this order:
 *     holdfast-station-items 1
 *     station KEY
 *     queue HEX                  32 digits, drawn when the station's queue was made
 *     made TIME
 *     first N                    numbers of the first and the last item in the station's queue
 *     last N
 *     items N
 *     bytes N                    of the age file that follows
 *     sha256 HEX                 of it, lower case
 *   an age v1 file of that many bytes, whose one recipient is the site's (care key at the time of the enrolment), of
 *     items, each "item " N " " BYTES LF, BYTES bytes, LF
 * The note is signed by the station's key, with one signature. Whoever has the file learns the station, times and counts, and nothing of a patient. */
#include "station_internal.h"

#define FIRST "holdfast-station-items 1"

/* ---- made ---- */

struct making {
	struct station *s;
	struct buf plain, *out;
	uint64_t first, last, items, most, taken, to;
};

static int close_bundle(struct making *m, struct err *e)
{
	AUTO_BUF struct buf sealed = {0};
	AUTO_BUF struct buf text = {0};
	uint8_t hash[SEAL_HASH];
	char made[32];
	if (!m->items)
		return 0;
	buf_init(&sealed, 2 * STATION_BUNDLE_MAX);
	buf_init(&text, 4096);
	int r = buf_ok(&m->plain) ? age_seal(&m->s->site.to, 1, buf_slice(&m->plain), &sealed, e) : err_set(e, buf_code(&m->plain), NULL, "too much for one bundle");
	if (r < 0)
		return r;
	seal_sha256_once(buf_slice(&sealed), hash);
	buf_printf(&text, FIRST "\nstation %s\nqueue %s\nmade %s\nfirst %" PRIu64 "\nlast %" PRIu64 "\nitems %" PRIu64 "\nbytes %zu\nsha256 ", m->s->site.key, m->s->queue_id, time_rfc3339(time_now() / TIME_SEC * TIME_SEC, 0, made), m->first, m->last, m->items, sealed.n);
	hex_put(&text, slice_of(hash, sizeof hash));
	buf_u8(&text, '\n');
	r = buf_ok(&text) ? note_sign(&m->s->sign, buf_slice(&text), m->out, e) : err_set(e, buf_code(&text), NULL, "too long");
	buf_add_slice(m->out, buf_slice(&sealed));
	seal_wipe(m->plain.p, m->plain.n);
	buf_reset(&m->plain);
	m->items = 0;
	return r == 0 && !buf_ok(m->out) ? err_set(e, buf_code(m->out), NULL, "more than one file takes") : r;
}

static int pack(void *arg, const struct station_record *x, struct err *e)
{
	struct making *m = arg;
	int r = 0;
	if (m->most && m->taken == m->most)
		return ERR_NO;
	m->to = x->n;
	if (x->is_number)
		return 0;
	if (m->items == STATION_BUNDLE_ITEMS || (m->items && m->plain.n + x->bytes.n + 64 > STATION_BUNDLE_MAX))
		r = close_bundle(m, e);
	if (!m->items)
		m->first = x->n;
	m->last = x->n;
	m->items++;
	m->taken++;
	buf_printf(&m->plain, "item %" PRIu64 " %zu\n", x->n, x->bytes.n);
	buf_add_slice(&m->plain, x->bytes);
	buf_u8(&m->plain, '\n');
	return r;
}

int station_export(struct station *s, uint64_t from, uint64_t most, struct buf *ret, uint64_t *ret_to, uint64_t *ret_items, struct err *e)
{
	struct making m = {.s = s, .out = ret, .most = most, .to = from};
	if (!s->enrolled)
		return err_set(e, ERR_DENIED, s->place, "this station is not enrolled, and holds nothing");
	buf_init_secret(&m.plain, STATION_BUNDLE_MAX + STATION_ITEM_MAX + 4096);
	int r = station_each(s, from, pack, &m, e);
	if (r == 0)
		r = close_bundle(&m, e);
	buf_done(&m.plain);
	if (r == 0) {
		*ret_to = m.to;
		*ret_items = m.taken;
	}
	return r;
}

/* ---- read ---- */

bool station_bundle_is(struct slice file)
{
	return slice_starts(file, FIRST "\n");
}

int station_bundle_next(struct slice *rest, struct station_bundle *ret, struct err *e)
{
	struct station_bundle b = {.made = 0};
	struct slice text, after;
	int r = station_note_split(*rest, &text, &b.note, &after, e);
	if (r < 0)
		return r;
	struct cur c = cur_of(text);
	bool begins = slice_eq_str(cur_line(&c), FIRST);
	station_line_text(&c, "station", b.key, sizeof b.key);
	station_line_text(&c, "queue", b.queue, sizeof b.queue);
	station_line_time(&c, "made", &b.made);
	station_line_number(&c, "first", INT64_MAX, &b.first);
	station_line_number(&c, "last", INT64_MAX, &b.last);
	station_line_number(&c, "items", STATION_BUNDLE_ITEMS, &b.items);
	station_line_number(&c, "bytes", 2 * STATION_BUNDLE_MAX, &b.bytes);
	struct slice hash = station_line(&c, "sha256");
	if (!begins || !cur_done(&c) || hex_get(b.sha256, sizeof b.sha256, hash) < 0 || !b.items || b.last < b.first)
		return err_set(e, ERR_INPUT, NULL, "this is no file of a station: `holdfast station export` makes one");
	if (b.bytes > after.n)
		return err_set(e, ERR_INPUT, NULL, "the file ends too early: it was not copied whole");
	b.sealed = slice_of(after.p, (size_t)b.bytes);
	*rest = slice_of(after.p + b.bytes, after.n - (size_t)b.bytes);
	*ret = b;
	return 0;
}

int station_bundle_verify(const struct station_bundle *b, const struct note_vkey *vkey, struct err *e)
{
	uint8_t hash[SEAL_HASH];
	struct slice text, note, rest;
	int r = station_note_split(b->note, &text, &note, &rest, e);
	if (r == 0)
		r = station_note_check(note, text, vkey, e);
	if (r < 0)
		return r;
	seal_sha256_once(b->sealed, hash);
	return seal_equal(hash, b->sha256, sizeof hash) ? 0 : err_set(e, ERR_CRYPTO, NULL, "its bytes are not those that the station signed: it was changed on the way");
}

int station_bundle_items(const struct station_bundle *b, struct slice plain, station_record_fn *fn, void *arg, struct err *e)
{
	struct cur c = cur_of(plain);
	struct station_record x = {.n = 0};
	uint64_t items = 0, last = 0, bytes;
	while (cur_left(&c)) {
		struct slice rest, more, line = cur_line(&c);
		bool ok = !c.failed && slice_eq_str(slice_cut(line, ' ', &rest), "item") && num_u64(slice_cut(rest, ' ', &more), b->first, b->last, &x.n) == 0 && num_u64(more, 1, STATION_ITEM_MAX, &bytes) == 0;
		x.bytes = ok ? cur_take(&c, (size_t)bytes) : SLICE_NULL;
		if (!ok || x.n <= last || cur_u8(&c) != '\n' || c.failed || ++items > b->items)
			return err_set(e, ERR_INPUT, NULL, "what the station sealed is not what its note says");
		last = x.n;
		int r = fn(arg, &x, e);
		if (r < 0)
			return r;
	}
	return items == b->items && last == b->last ? 0 : err_set(e, ERR_INPUT, NULL, "what the station sealed is not what its note says");
}
