/* A source of evidence as it is fed: decompressed, made UTF-8, told what it is by its beginning, and given to the reader of that. */
#include "evidence_internal.h"

#include <stdlib.h>

static const struct evidence_reader *const readers[] = {
	&evidence_evtx, &evidence_jsons, &evidence_winxml, &evidence_atna, &evidence_xml, &evidence_zeek, &evidence_iis, &evidence_samba, &evidence_onefs, &evidence_auditd, &evidence_web, &evidence_cloud, &evidence_rclone, &evidence_winscp, &evidence_filezilla, &evidence_ftp, &evidence_mega, &evidence_listing, &evidence_syslog,
};

static const char *const kind_words[EVIDENCE_KINDS] = {"unknown", "empty", "samba", "auditd", "windows", "evtx", "zeek", "web", "copy", "listing", "fhir", "atna", "holdfast", "nas", "ftp"};
static const char *const level_words[] = {"none", "listed", "opened", "accessed", "acquired"};

const char *evidence_kind_word(enum evidence_kind kind)
{
	return (unsigned)kind < EVIDENCE_KINDS ? kind_words[kind] : "unknown";
}

const char *evidence_level_word(enum evidence_level level)
{
	return (unsigned)level < ARRAY_LEN(level_words) ? level_words[level] : "none";
}

struct evidence *evidence_new(const struct evidence_source *src, const struct evidence_out *out)
{
	struct evidence *v = calloc(1, sizeof *v);
	if (!v)
		return NULL;
	v->src = src;
	v->out = *out;
	v->a = arena_new(EVIDENCE_DOCUMENT_MAX * 4);
	v->account.first = v->account.last = EVIDENCE_NO_TIME;
	buf_init(&v->head, EVIDENCE_HEAD);
	buf_init(&v->line, EVIDENCE_LINE_MAX);
	buf_init(&v->wide, (size_t)64 << 20);
	buf_init(&v->whole, EVIDENCE_DOCUMENT_MAX);
	if (!v->a) {
		evidence_free(v);
		return NULL;
	}
	return v;
}

void evidence_free(struct evidence *v)
{
	if (!v)
		return;
	if (v->state) {
		if (v->reader && v->reader->done)
			v->reader->done(v);
		free(v->state);
	}
	evidence_gzip_done(v);
	buf_done(&v->head);
	buf_done(&v->line);
	buf_done(&v->wide);
	buf_done(&v->whole);
	arena_free(v->a);
	free(v);
}

/* ---- what readers hand on ---- */

int64_t evidence_skewed(const struct evidence *v, int64_t t)
{
	int64_t r;
	if (t == EVIDENCE_NO_TIME || __builtin_sub_overflow(t, v->src->skew, &r))
		return EVIDENCE_NO_TIME;
	return r;
}

void evidence_saw(struct evidence *v, int64_t t)
{
	if (t == EVIDENCE_NO_TIME)
		return;
	if (v->account.first == EVIDENCE_NO_TIME || t < v->account.first)
		v->account.first = t;
	if (v->account.last == EVIDENCE_NO_TIME || t > v->account.last)
		v->account.last = t;
}

void evidence_damaged(struct evidence *v)
{
	if (!v->account.damaged++)
		v->account.first_damaged = v->record;
}

int evidence_put(struct evidence *v, struct evidence_touch *t)
{
	if (arena_code(v->a) == ERR_MEMORY) /* one of its parts is missing */
		return ERR_MEMORY;
	if (!t->path.n)
		return 0;
	if (!t->host.n)
		t->host = v->src->host;
	if (!t->record)
		t->record = v->record;
	if (!t->windows)
		t->windows = evidence_path_windows(t->path);
	t->path = evidence_upto(t->path, EVIDENCE_PATH_MAX);
	v->account.touches++;
	v->account.untimed += t->time == EVIDENCE_NO_TIME;
	return v->out.touch(v->out.arg, t);
}

int evidence_put_flow(struct evidence *v, struct evidence_flow *f)
{
	if (!f->record)
		f->record = v->record;
	return v->out.flow ? v->out.flow(v->out.arg, f) : 0;
}

bool evidence_own(const struct evidence *v, struct slice address)
{
	if (slice_starts(address, "::ffff:"))
		address = evidence_from(address, 7);
	for (const char *const *o = v->src->own; o && *o; o++)
		if (slice_eq_nocase(address, *o))
			return true;
	return false;
}

/* ---- lines ---- */

static int one_line(struct evidence *v, struct slice line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	v->record++;
	arena_reset(v->a);
	return v->reader->line(v, line);
}

/* A line that goes on past the maximum is read as far as it goes, and the rest of it passed over. */
static int long_line(struct evidence *v, struct slice more, bool ends)
{
	if (v->skipping) {
		v->skipping = !ends;
		return 0;
	}
	size_t room = EVIDENCE_LINE_MAX - v->line.n, take = more.n < room ? more.n : room;
	buf_add(&v->line, more.p, take);
	if (!buf_ok(&v->line))
		return err_set(v->e, buf_code(&v->line), v->src->name, "no memory for a line");
	if (take == more.n && !ends)
		return 0;
	int r = one_line(v, buf_slice(&v->line));
	if (take < more.n) {
		evidence_damaged(v);
		v->skipping = !ends;
	}
	buf_reset(&v->line);
	return r;
}

int evidence_lines(struct evidence *v, struct slice bytes, bool end)
{
	int r = 0;
	while (r == 0 && bytes.n) {
		struct slice rest, line = slice_cut(bytes, '\n', &rest);
		bool ends = rest.p != NULL;
		r = ends && !v->line.n && !v->skipping && line.n <= EVIDENCE_LINE_MAX ? one_line(v, line) : long_line(v, line, ends);
		bytes = rest;
	}
	if (r == 0 && end && v->line.n) {
		r = one_line(v, buf_slice(&v->line));
		buf_reset(&v->line);
	}
	return r;
}

/* ---- what it is ---- */

static const struct evidence_reader *best(struct slice head)
{
	const struct evidence_reader *found = NULL;
	int sure = 0;
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		int s = readers[i]->probe(head);
		if (s > sure) {
			sure = s;
			found = readers[i];
		}
	}
	return found;
}

static int give(struct evidence *v, struct slice bytes)
{
	return v->reader->line ? evidence_lines(v, bytes, false) : v->reader->bytes(v, bytes);
}

static int decide(struct evidence *v)
{
	struct slice head = buf_slice(&v->head);
	v->reader = best(head);
	if (!v->reader)
		return 0;
	v->account.kind = v->reader->kind;
	if (v->reader->state) {
		v->state = calloc(1, v->reader->state);
		if (!v->state)
			return err_set(v->e, ERR_MEMORY, v->src->name, "no memory");
	}
	return give(v, head);
}

static int text(struct evidence *v, struct slice s)
{
	v->account.bytes += s.n;
	if (!v->reader && v->head.n < EVIDENCE_HEAD) {
		struct slice now = evidence_upto(s, EVIDENCE_HEAD - v->head.n);
		buf_add_slice(&v->head, now);
		if (!buf_ok(&v->head))
			return err_set(v->e, ERR_MEMORY, v->src->name, "no memory");
		s = evidence_from(s, now.n);
		if (v->head.n < EVIDENCE_HEAD)
			return 0;
		int r = decide(v);
		if (r)
			return r;
	}
	return v->reader && s.n ? give(v, s) : 0;
}

/* ---- UTF-16, as PowerShell and the Event Viewer write it ---- */

static void wide_char(struct buf *b, const uint8_t *p, bool big, uint32_t *high)
{
	uint32_t c = big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
	uint8_t u[4];
	if (*high && c >= 0xDC00 && c < 0xE000)
		c = 0x10000 + ((*high - 0xD800) << 10) + (c - 0xDC00);
	*high = 0;
	if (c >= 0xD800 && c < 0xDC00) {
		*high = c;
		return;
	}
	size_t n = utf8_put(c, u);
	n ? buf_add(b, u, n) : buf_str(b, "\xef\xbf\xbd");
}

static int wide(struct evidence *v, struct slice s)
{
	int r = 0;
	while (r == 0 && s.n) {
		struct slice now = evidence_upto(s, 1u << 20);
		uint32_t high = v->odd_n >= 2 ? v->odd[0] | (uint32_t)v->odd[1] << 8 : 0;
		uint8_t left = v->odd_n & 1 ? v->odd[2] : 0;
		bool odd = v->odd_n & 1;
		buf_reset(&v->wide);
		for (size_t i = 0; i < now.n;) {
			uint8_t two[2] = {left, 0};
			if (!odd)
				two[0] = now.p[i++];
			if (i == now.n) {
				left = two[0];
				odd = true;
				break;
			}
			two[1] = now.p[i++];
			odd = false;
			wide_char(&v->wide, two, v->width == 3, &high);
		}
		v->odd[0] = (uint8_t)high;
		v->odd[1] = (uint8_t)(high >> 8);
		v->odd[2] = left;
		v->odd_n = (uint8_t)((high ? 2 : 0) | (odd ? 1 : 0));
		if (!buf_ok(&v->wide))
			return err_set(v->e, buf_code(&v->wide), v->src->name, "no memory");
		r = text(v, buf_slice(&v->wide));
		s = evidence_from(s, now.n);
	}
	return r;
}

/* Two bytes a character: by the mark, or because every other byte of the first eight is 0 (no text and no log has such). */
static uint8_t width_of(struct slice s, size_t *skip)
{
	*skip = 0;
	if (s.n >= 2 && s.p[0] == 0xff && s.p[1] == 0xfe)
		return (uint8_t)(*skip = 2);
	if (s.n >= 2 && s.p[0] == 0xfe && s.p[1] == 0xff) {
		*skip = 2;
		return 3;
	}
	if (s.n >= 3 && s.p[0] == 0xef && s.p[1] == 0xbb && s.p[2] == 0xbf)
		*skip = 3;
	else if (s.n >= 8 && s.p[0] && !s.p[1] && s.p[2] && !s.p[3] && s.p[4] && !s.p[5] && s.p[6] && !s.p[7])
		return 2;
	else if (s.n >= 8 && !s.p[0] && s.p[1] && !s.p[2] && s.p[3] && !s.p[4] && s.p[5] && !s.p[6] && s.p[7])
		return 3;
	return 1;
}

int evidence_feed_plain(struct evidence *v, struct slice s)
{
	if (!v->width) {
		size_t skip;
		v->width = width_of(s, &skip);
		s = evidence_from(s, skip);
	}
	return v->width == 1 ? text(v, s) : wide(v, s);
}

/* Where a code came without a sentence: who took a touch has none, and maps have none. */
static int said(const struct evidence *v, int code, struct err *e)
{
	if (code == 0 || !e || e->text[0])
		return code;
	return err_set(e, code, v->src->name, "%s", code == ERR_MEMORY ? "no memory to read it" : code == ERR_LIMIT ? "more is in it than is kept at once" : "it cannot be read on");
}

static int feed(struct evidence *v, struct slice bytes)
{
	/* the first bytes tell gzip and UTF-16: they are held until there are eight of them */
	if (!v->started) {
		buf_add_slice(&v->line, evidence_upto(bytes, 8 - v->line.n));
		bytes = evidence_from(bytes, v->line.n - v->held);
		if (!buf_ok(&v->line))
			return buf_code(&v->line);
		v->held = (uint8_t)v->line.n;
		if (v->line.n < 8)
			return 0;
		int r = evidence_start(v);
		if (r)
			return r;
	}
	if (!bytes.n)
		return 0;
	return v->inflate ? evidence_gzip(v, bytes) : evidence_feed_plain(v, bytes);
}

int evidence_feed(struct evidence *v, struct slice bytes, struct err *e)
{
	v->e = e;
	return said(v, feed(v, bytes), e);
}

int evidence_start(struct evidence *v)
{
	uint8_t first[8] = {0};
	size_t n = v->held;
	v->started = true;
	memcpy(first, v->line.p ? v->line.p : (const uint8_t *)"", v->line.p ? n : 0);
	buf_reset(&v->line);
	struct slice s = slice_of(first, n);
	if (n >= 3 && first[0] == 0x1f && first[1] == 0x8b && first[2] == 8) {
		int r = evidence_gzip_start(v);
		return r ? r : evidence_gzip(v, s);
	}
	return n ? evidence_feed_plain(v, s) : 0;
}

int evidence_end(struct evidence *v, struct evidence_account *ret, struct err *e)
{
	int r = 0;
	v->e = e;
	if (!v->started)
		r = evidence_start(v);
	if (r == 0 && v->inflate)
		evidence_gzip_end(v);
	if (r == 0 && !v->reader && v->head.n < EVIDENCE_HEAD && v->head.n)
		r = decide(v);
	if (r == 0 && v->reader && v->reader->line)
		r = evidence_lines(v, SLICE_NULL, true);
	if (r == 0 && v->whole.n)
		v->account.short_end = true;
	if (r == 0 && v->reader && v->reader->end)
		r = v->reader->end(v);
	if (r)
		return said(v, r, e);
	if (!v->account.bytes)
		v->account.kind = EVIDENCE_EMPTY;
	else if (!v->reader || (v->account.records == 0 && v->account.touches == 0)) /* readers count the head of a log, too: one without a record is no unknown one */
		v->account.kind = EVIDENCE_UNKNOWN;
	*ret = v->account;
	if (v->account.kind == EVIDENCE_UNKNOWN)
		return err_set(e, ERR_INPUT, v->src->name, "nothing in it is understood as evidence: holdfast-scope(1) lists what can be read; export it as one of those");
	return 0;
}

int evidence_read(struct slice bytes, const struct evidence_source *src, const struct evidence_out *out, struct evidence_account *ret, struct err *e)
{
	struct evidence *v = evidence_new(src, out);
	int r = v ? evidence_feed(v, bytes, e) : err_set(e, ERR_MEMORY, src->name, "no memory");
	if (r == 0)
		r = evidence_end(v, ret, e);
	evidence_free(v);
	return r;
}
