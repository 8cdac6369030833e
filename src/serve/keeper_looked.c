/* keeper_looked: who looks at charts while the site is being rebuilt. There is no ledger yet, so each sign-in and each look is a line in a file of its own, durable before anybody is answered as an entry would be; when the new
 * epoch has begun the lines become its entries, once each, before anything else is appended.
 *
 *   SITE/rebuild.looked   lines: kind TAB source TAB body LF          what will be an entry (kind as in a leaf, a number)
 *                                "enter" TAB entry LF                 the ledger is there: the lines before become entries from that number on
 *
 * A line without its LF was told to nobody. After a kill in the middle of entering the entries from that number on are compared with the lines, in their order, and the rest is entered. Empty: nothing is left to be done.
 * The file is opened by the supervisor; a keeper in its sandbox reaches no name beside it. */
#include "keeper.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOKED "rebuild.looked"
#define LOOKED_MAX ((uint64_t)64 << 20)

const char *looked_when(const char *text, char *out, size_t size)
{
	char t[32];
	snprintf(out, size, "during the rebuild, at %s%s%.1000s", time_rfc3339(time_now(), 3, t), text && *text ? ": " : "", text ? text : "");
	return out;
}

static int read_all(struct keeper *k, struct buf *ret, struct err *e)
{
	struct stat st;
	buf_init(ret, LOOKED_MAX + FRAME_SMALL);
	if (fstat(k->r->lookedfd, &st) < 0)
		return err_sys(e, LOOKED, "cannot be looked at");
	if (st.st_size == 0)
		return 0;
	uint8_t *p = (uint64_t)st.st_size <= LOOKED_MAX + FRAME_SMALL ? buf_space(ret, (size_t)st.st_size) : NULL;
	int r = p ? file_pread_all(k->r->lookedfd, p, (size_t)st.st_size, 0, e, LOOKED) : err_set(e, ERR_LIMIT, LOOKED, "it is longer than we make it");
	if (r == 0)
		buf_commit(ret, (size_t)st.st_size);
	return r;
}

/* As far as whole lines go. */
static size_t whole(struct slice s)
{
	const uint8_t *lf = s.n ? memrchr(s.p, '\n', s.n) : NULL;
	return lf ? (size_t)(lf + 1 - s.p) : 0;
}

int looked_open(struct keeper *k, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	if (k->r->lookedfd < 0)
		return err_set(e, ERR_SYSTEM, LOOKED, "it was not handed over");
	int r = read_all(k, &b, e);
	k->looked.size = whole(buf_slice(&b));
	if (r == 0 && k->looked.size < b.n && ftruncate(k->r->lookedfd, (off_t)k->looked.size))
		r = err_sys(e, LOOKED, "cannot be cut");
	return r;
}

int looked_add(struct keeper *k, uint8_t kind, const char *source, struct slice body, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_SMALL + 256);
	if ((kind != LEDGER_AUDIT && kind != LEDGER_SESSION) || (body.n && memchr(body.p, '\n', body.n)))
		return err_set(e, ERR_BUSY, "rebuild", "%s", k->reading_why.text);
	buf_printf(&b, "%u\t%s\t", kind, source);
	buf_add_slice(&b, body);
	buf_u8(&b, '\n');
	if (!buf_ok(&b) || k->looked.size + b.n > LOOKED_MAX)
		return err_set(e, ERR_FULL, LOOKED, "the list of who looked is full");
	if (file_write_all(k->r->lookedfd, buf_slice(&b), e, LOOKED) < 0) { /* it is opened for appending */
		(void)!ftruncate(k->r->lookedfd, (off_t)k->looked.size);
		return err_set(e, ERR_FULL, LOOKED, "who looks cannot be noted");
	}
	k->looked.size += b.n;
	k->looked.dirty = true;
	return 0;
}

int looked_commit(struct keeper *k, struct err *e)
{
	if (k->looked.dirty && fdatasync(k->r->lookedfd) < 0)
		return err_sys(e, LOOKED, "cannot be made durable");
	k->looked.dirty = false;
	return 0;
}

/* ---- the ledger is there ---- */

struct noted {
	uint8_t kind;
	char source[LEDGER_SOURCE_MAX + 1];
	struct slice body;
};

static bool next_line(struct slice *rest, struct noted *ret, uint64_t *ret_from)
{
	while (rest->n) {
		struct slice line = slice_cut(*rest, '\n', rest), kind = slice_cut(line, '\t', &line);
		uint64_t n;
		if (slice_eq_str(kind, "enter")) {
			(void)!num_u64(line, 0, UINT64_MAX - 1, ret_from);
			continue;
		}
		struct slice source = slice_cut(line, '\t', &line);
		if (num_u64(kind, 0, UINT8_MAX, &n) < 0 || (n != LEDGER_AUDIT && n != LEDGER_SESSION) || source.n > LEDGER_SOURCE_MAX || !line.n)
			continue;
		ret->kind = (uint8_t)n;
		snprintf(ret->source, sizeof ret->source, "%.*s", SLICE_FMT(source));
		ret->body = line;
		return true;
	}
	return false;
}

/* From where on they are entered: said in the file before the first one is. */
static int begin_entering(struct keeper *k, size_t size, uint64_t *from, struct err *e)
{
	char line[40];
	*from = ledger_size(k->l);
	int n = snprintf(line, sizeof line, "enter\t%" PRIu64 "\n", *from);
	if (ftruncate(k->r->lookedfd, (off_t)size))
		return err_sys(e, LOOKED, "cannot be cut");
	int r = file_write_all(k->r->lookedfd, slice_of(line, (size_t)n), e, LOOKED);
	return r == 0 && fdatasync(k->r->lookedfd) ? err_sys(e, LOOKED, "cannot be made durable") : r;
}

static bool entered_as(struct keeper *k, uint64_t seq, const struct noted *n)
{
	struct ledger_entry en;
	return ledger_read(k->l, seq, &en, NULL) == 0 && !en.erased && en.leaf.kind == n->kind && slice_eq(en.body, n->body);
}

static int enter_rest(struct keeper *k, struct slice lines, uint64_t seq, uint64_t *ret_n, struct err *e)
{
	uint64_t from, size = ledger_size(k->l);
	struct noted n;
	int r = 0;
	while (r == 0 && next_line(&lines, &n, &from)) {
		bool there = false;
		for (; !there && seq < size; seq++) /* what an earlier start entered comes in this order */
			there = entered_as(k, seq, &n);
		if (!there && (r = keeper_record(k, n.kind, n.source, n.body, NULL, NULL, e)) == 0)
			++*ret_n;
		if (k->staged_count > 1000 && r == 0) {
			r = ledger_commit(k->l, e);
			k->staged_count = 0;
		}
	}
	if (r == 0 && ledger_size(k->l) > ledger_durable(k->l))
		r = ledger_commit(k->l, e);
	k->staged_count = 0; /* the scribe gets them from the ledger */
	return r;
}

int looked_enter(struct keeper *k, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	uint64_t from = UINT64_MAX, entered = 0;
	struct noted n;
	struct err why = {0};
	if (k->r->lookedfd < 0)
		return 0;
	int r = read_all(k, &b, &why);
	struct slice lines = slice_of(b.p, whole(buf_slice(&b))), look = lines;
	if (r == 0 && !lines.n)
		return ftruncate(k->r->lookedfd, 0) ? err_sys(e, LOOKED, "cannot be emptied") : 0;
	while (next_line(&look, &n, &from))
		;
	if (r == 0 && (from == UINT64_MAX || from > ledger_size(k->l)))
		r = begin_entering(k, lines.n, &from, &why);
	if (r == 0)
		r = enter_rest(k, lines, from, &entered, &why);
	if (r == 0 && (ftruncate(k->r->lookedfd, 0) || fsync(k->r->lookedfd)))
		r = err_sys(&why, LOOKED, "cannot be emptied");
	if (r == ERR_FULL || (r < 0 && k->broken.code == 0 && r != ERR_SYSTEM)) { /* it stays for the next start; nobody waits for it */
		role_log(k->r, "who looked during the rebuild is not entered yet, and stays in %s: %s", LOOKED, why.text);
		return 0;
	}
	if (r < 0 && e)
		*e = why;
	if (r == 0)
		role_log(k->r, "%" PRIu64 " sign-ins and looks of the time of the rebuild were entered in the ledger", entered);
	return r;
}

/* ---- how far the rebuild is ---- */

void looked_pace(struct keeper *k, struct cur *c)
{
	struct keeper_restoring p = {.running = cur_u8(c), .proving = cur_u8(c), .done = cur_u64le(c), .total = cur_u64le(c), .left = cur_u32le(c)};
	if (cur_done(c) && k->restoring)
		k->looked.pace = p;
}

void looked_status(struct keeper *k, struct jsonw *w)
{
	const struct keeper_restoring *p = &k->looked.pace;
	jsonw_kbool(w, "running", p->running);
	jsonw_kstr(w, "doing", p->proving ? "proving" : "fetching");
	jsonw_ku64(w, "done", p->done);
	jsonw_ku64(w, "total", p->total);
	if (p->left != VIEW_LEFT_UNKNOWN)
		jsonw_ku64(w, "secondsLeft", p->left);
}
