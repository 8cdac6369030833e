/* Messages as JSON, for people and programs that have no HL7 reader. The shape is stated in holdfast-hl7(1), and tests hold it to that page.
 *
 * Nesting rule: an array says by its depth alone what it is. Depth 1 in a segment: repetitions; depth 2: components; depth 3: subcomponents. A value stands as a string at the
 * first depth where nothing more is to be cut. So "Doe" is "Doe"; "Doe^John" is [["Doe","John"]]; "a~b" is ["a","b"]; "a&b" is [[["a","b"]]].
 * (Collapsing a single repetition would make Doe^John and Doe~John the same; nesting everything would make "1" into [[["1"]]].)
 */
#include "hl7_internal.h"

#include <inttypes.h>

#define ESCAPE_PROBLEMS_MAX 100
#define PROBLEMS_MAX 256

struct show {
	const struct hl7_msg *m;
	struct jsonw *w;
	struct arena *a;
	struct buf text;
	struct hl7_problem *problems; /* of escapes: ESCAPE_PROBLEMS_MAX */
	size_t count;
	uint64_t more; /* that found no room */
	const struct hl7_segment *segment;
	uint32_t line;
	unsigned field;
};

static void tell_escapes(struct show *s, unsigned unknown)
{
	if (s->count == ESCAPE_PROBLEMS_MAX || !s->problems) {
		s->more++;
		return;
	}
	struct hl7_problem *p = &s->problems[s->count++];
	p->kind = HL7_P_ESCAPE;
	snprintf(p->place, sizeof p->place, "%s.%u in segment %u", s->segment->id[0] ? s->segment->id : "field", s->field, s->line);
	snprintf(p->text, sizeof p->text, "%u escape character%s that begin%s nothing we know, left as %s", unknown, unknown == 1 ? "" : "s", unknown == 1 ? "s" : "",
	         unknown == 1 ? "it stands" : "they stand");
}

/* An absent value and an empty buffer have no address. */
static struct slice or_empty(struct slice s)
{
	return s.p ? s : SLICE("");
}

/* A text that found no memory must not pass for an empty one. */
static void give_up_with(struct show *s, const struct buf *b)
{
	if (!buf_ok(b)) {
		s->w->b->failed = true;
		s->w->b->no_memory = b->no_memory;
	}
}

static void put_text(struct show *s, struct slice raw)
{
	if (hl7_text_is_plain(s->m, raw)) {
		jsonw_slice(s->w, or_empty(raw));
		return;
	}
	unsigned unknown;
	buf_reset(&s->text);
	hl7_text_put(s->m, raw, &s->text, &unknown);
	if (unknown)
		tell_escapes(s, unknown);
	give_up_with(s, &s->text);
	jsonw_slice(s->w, or_empty(buf_slice(&s->text)));
}

static bool has(struct slice s, uint8_t delim)
{
	return delim && s.n && memchr(s.p, delim, s.n);
}

static void put_component(struct show *s, struct slice comp)
{
	if (!has(comp, s->m->d.sub)) {
		put_text(s, comp);
		return;
	}
	struct slice one;
	jsonw_arr(s->w);
	while (hl7_next_sub(s->m, &comp, &one))
		put_text(s, one);
	jsonw_arr_end(s->w);
}

static void put_repetition(struct show *s, struct slice rep)
{
	if (!has(rep, s->m->d.comp) && !has(rep, s->m->d.sub)) {
		put_text(s, rep);
		return;
	}
	struct slice one;
	jsonw_arr(s->w);
	while (hl7_next_comp(s->m, &rep, &one))
		put_component(s, one);
	jsonw_arr_end(s->w);
}

static void put_field(struct show *s, struct slice field)
{
	const struct hl7_delims *d = &s->m->d;
	if (hl7_uncut(s->m, field) || (!has(field, d->rep) && !has(field, d->comp) && !has(field, d->sub))) {
		put_text(s, field);
		return;
	}
	struct slice one;
	jsonw_arr(s->w);
	while (hl7_next_rep(s->m, &field, &one))
		put_repetition(s, one);
	jsonw_arr_end(s->w);
}

static void put_segments(struct show *s)
{
	jsonw_key(s->w, "segments");
	jsonw_arr(s->w);
	for (uint32_t i = 0; i < s->m->count; i++) {
		s->segment = &s->m->segments[i];
		s->line = i + 1;
		s->field = 0;
		jsonw_arr(s->w);
		if (s->segment->id[0])
			jsonw_str(s->w, s->segment->id);
		else
			put_text(s, hl7_segment_name(s->m, s->segment));
		for (unsigned f = 1; f <= s->segment->fields; f++) {
			s->field = f;
			put_field(s, hl7_field(s->m, s->segment, f));
		}
		jsonw_arr_end(s->w);
	}
	jsonw_arr_end(s->w);
}

static void put_problem(struct jsonw *w, const char *place, const char *text)
{
	jsonw_obj(w);
	jsonw_kstr(w, "place", place);
	jsonw_kstr(w, "text", text);
	jsonw_obj_end(w);
}

/* "ADT^A01" whatever the delimiters; "ACK" where there is no trigger. */
static void put_type(struct show *s)
{
	struct slice nine = hl7_rep(s->m, hl7_field(s->m, &s->m->segments[0], 9), 1);
	struct slice code = hl7_comp(s->m, nine, 1), trigger = hl7_comp(s->m, nine, 2);
	AUTO_BUF struct buf b = {0};
	unsigned unknown;
	buf_init(&b, SIZE_MAX / 2);
	hl7_text_put(s->m, code, &b, &unknown);
	if (trigger.n) {
		buf_u8(&b, '^');
		hl7_text_put(s->m, trigger, &b, &unknown);
	}
	give_up_with(s, &b);
	jsonw_kslice(s->w, "type", or_empty(buf_slice(&b)));
}

static void put_header_text(struct show *s, const char *key, struct slice raw)
{
	AUTO_BUF struct buf b = {0};
	unsigned unknown;
	buf_init(&b, SIZE_MAX / 2);
	hl7_text_put(s->m, raw, &b, &unknown);
	give_up_with(s, &b);
	jsonw_kslice(s->w, key, or_empty(buf_slice(&b)));
}

static void put_members(const struct hl7_msg *m, const struct hl7_problem *problems, size_t n, struct arena *a, struct jsonw *w)
{
	struct show s = {.m = m, .w = w, .a = a};
	s.problems = arena_array(a, ESCAPE_PROBLEMS_MAX, sizeof *s.problems);
	if (!s.problems) {
		w->b->failed = true;
		w->b->no_memory = arena_code(a) == ERR_MEMORY;
	}
	buf_init(&s.text, SIZE_MAX / 2);
	const struct hl7_segment *msh = &m->segments[0];
	bool is_msh = strcmp(msh->id, "MSH") == 0;
	if (is_msh)
		put_type(&s);
	else
		jsonw_kstr(w, "type", "");
	put_header_text(&s, "control_id", is_msh ? hl7_field(m, msh, 10) : SLICE_NULL);
	put_header_text(&s, "version", is_msh ? hl7_comp(m, hl7_field(m, msh, 12), 1) : SLICE_NULL);
	put_header_text(&s, "charset", m->charset);
	jsonw_kstr(w, "encoding", hl7_charset_name(m->encoding));
	put_segments(&s);
	jsonw_key(w, "problems");
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++)
		put_problem(w, problems[i].place, problems[i].text);
	for (size_t i = 0; i < s.count; i++)
		put_problem(w, s.problems[i].place, s.problems[i].text);
	if (s.more) {
		char text[120];
		snprintf(text, sizeof text, "%" PRIu64 " more fields with escape characters that begin nothing we know", s.more);
		put_problem(w, "message", text);
	}
	jsonw_arr_end(w);
	buf_done(&s.text);
}

void hl7_show_json(const struct hl7_msg *m, const struct hl7_problem *problems, size_t n, struct arena *a, struct jsonw *w)
{
	jsonw_obj(w);
	put_members(m, problems, n, a, w);
	jsonw_obj_end(w);
}

/* ---- a whole file ---------------------------------------------------------------------------------------------------------------------- */

/* Problems of one line: those of the parser, and before and behind them what the pieces around the message say. */
struct problem_list {
	struct hl7_problem v[PROBLEMS_MAX];
	size_t n;
};

static void problem(struct problem_list *l, enum hl7_problem_kind kind, size_t offset, const char *text)
{
	if (l->n == PROBLEMS_MAX)
		return;
	struct hl7_problem *p = &l->v[l->n++];
	p->kind = kind;
	snprintf(p->place, sizeof p->place, "offset %zu", offset);
	snprintf(p->text, sizeof p->text, "%.159s", text);
}

/* BTS-1 and FTS-1 say how many there should have been (HL7 v2.9 chapter 2.10.3, 2.15.2, 2.15.6). */
static void check_count(struct problem_list *l, const struct hl7_show *show, size_t header, const char *what, uint64_t have)
{
	const struct hl7_piece *p = &show->piece;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	size_t n = p->offset + p->bytes.n - header;
	struct slice head = slice_of(show->file.text.p + header, n < 512 ? n : 512), rest;
	if (show->file.wide)
		hl7_decode(show->file.wide, head, &b);
	else
		buf_add_slice(&b, head);
	struct slice s = slice_trim(buf_slice(&b)), number;
	if (s.n < 5)
		return;
	number = slice_trim(slice_cut(slice_of(s.p + 4, s.n - 4), s.p[3], &rest));
	uint64_t said;
	char text[160];
	if (number.n == 0)
		return;
	if (num_u64(number, 0, UINT64_MAX, &said) < 0) {
		snprintf(text, sizeof text, "%.3s-1 is no number of %s", (const char *)s.p, what);
		problem(l, HL7_P_BATCH_COUNT, p->offset, text);
	} else if (said != have) {
		snprintf(text, sizeof text, "%.3s-1 says %" PRIu64 " %s, here stand %" PRIu64, (const char *)s.p, said, what, have);
		problem(l, HL7_P_BATCH_COUNT, p->offset, text);
	}
}

static void look_at_envelope(struct hl7_show *s, struct problem_list *l)
{
	const struct hl7_piece *p = &s->piece;
	size_t header;
	switch (hl7_first_line(&s->file, p->offset, &header)) {
	case HL7_LINE_FHS:
		if (s->file_open)
			problem(l, HL7_P_BATCH_COUNT, p->offset, "FHS before the FTS of the file before");
		s->file_open = true;
		s->batches = 0;
		break;
	case HL7_LINE_BHS:
		if (s->batch_open) {
			problem(l, HL7_P_BATCH_COUNT, p->offset, "BHS before the BTS of the batch before");
			s->batches++;
		}
		s->batch_open = true;
		s->in_batch = 0;
		break;
	case HL7_LINE_BTS:
		if (!s->batch_open)
			problem(l, HL7_P_BATCH_COUNT, p->offset, "BTS without BHS");
		check_count(l, s, header, "messages", s->in_batch);
		s->batches++;
		s->batch_open = false;
		s->in_batch = 0;
		break;
	case HL7_LINE_FTS:
		if (s->batch_open) {
			problem(l, HL7_P_BATCH_COUNT, p->offset, "FTS before the BTS of the last batch");
			s->batches++;
		}
		check_count(l, s, header, "batches", s->batches);
		s->file_open = s->batch_open = false;
		s->batches = 0;
		break;
	default:
		break;
	}
}

static void look_at_end(struct hl7_show *s, struct problem_list *l)
{
	if (s->batch_open)
		problem(l, HL7_P_BATCH_COUNT, s->piece.offset, "the file ends inside a batch: no BTS");
	if (s->file_open)
		problem(l, HL7_P_BATCH_COUNT, s->piece.offset, "the file ends without FTS");
	s->batch_open = s->file_open = false;
	if (s->envelopes && s->messages == 0 && s->in_file == 0)
		problem(l, HL7_P_NO_MSH, 0, "envelope lines only, and no message");
}

/* Look at pieces that are no message, up to the next one that is. */
static void look_around(struct hl7_show *s, struct problem_list *l)
{
	for (; s->piece.type != HL7_PIECE_MESSAGE && s->piece.type != HL7_PIECE_END; hl7_file_next(&s->file, &s->piece)) {
		if (s->piece.type == HL7_PIECE_ENVELOPE) {
			s->envelopes++;
			look_at_envelope(s, l);
		} else {
			s->unreadable++;
			problem(l, HL7_P_NO_MSH, s->piece.offset, "bytes that belong to no message: no MSH at the start of a line");
		}
	}
	if (s->piece.type == HL7_PIECE_END)
		look_at_end(s, l);
}

void hl7_show_init(struct hl7_show *s, const char *name, struct slice text)
{
	*s = (struct hl7_show){.name = name};
	hl7_file_init(&s->file, text);
	hl7_file_next(&s->file, &s->piece);
}

static void put_head(const struct hl7_show *s, size_t offset, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kstr(w, "file", s->name);
	jsonw_ku64(w, "index", s->messages);
	jsonw_ku64(w, "offset", offset);
}

/* What cannot be read as a message keeps the same keys. */
static void put_unreadable(const struct problem_list *l, struct jsonw *w)
{
	static const char *const keys[] = {"type", "control_id", "version", "charset", "encoding"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		jsonw_kstr(w, keys[i], "");
	jsonw_key(w, "segments");
	jsonw_arr(w);
	jsonw_arr_end(w);
	jsonw_key(w, "problems");
	jsonw_arr(w);
	for (size_t i = 0; i < l->n; i++)
		put_problem(w, l->v[i].place, l->v[i].text);
	jsonw_arr_end(w);
}

static int show_message(struct hl7_show *s, const struct hl7_piece *p, struct problem_list *l, struct jsonw *w, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(8 * p->bytes.n + ((size_t)64 << 20)); /* segments and fields at their limits, and a UTF-8 copy */
	struct hl7_msg m;
	struct err why = {0};
	size_t n = 0;
	if (!a)
		return err_set(e, ERR_MEMORY, s->name, "no memory");
	int r = hl7_parse(p->bytes, a, &m, l->v + l->n, PROBLEMS_MAX - l->n, &n, &why);
	l->n += n;
	look_around(s, l);
	put_head(s, p->offset, w);
	if (r == ERR_MEMORY)
		return err_set(e, r, s->name, "no memory to read the message at offset %zu", p->offset);
	if (r < 0) {
		s->unreadable++;
		problem(l, HL7_P_NO_MSH, p->offset, why.text);
		put_unreadable(l, w);
	} else {
		put_members(&m, l->v, l->n, a, w);
	}
	return 0;
}

int hl7_show_next(struct hl7_show *s, struct buf *out, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct problem_list *l = a ? arena_alloc(a, sizeof *l) : NULL;
	if (!l)
		return err_set(e, ERR_MEMORY, s->name, "no memory");
	struct jsonw w;
	jsonw_init(&w, out);
	if (s->messages == 0)
		look_around(s, l);
	struct hl7_piece p = s->piece;
	if (p.type == HL7_PIECE_END && (s->messages || !l->n))
		return 0;
	if (p.type == HL7_PIECE_END) {
		put_head(s, 0, &w);
		put_unreadable(l, &w);
	} else {
		hl7_file_next(&s->file, &s->piece);
		s->in_batch++;
		s->in_file++;
		int r = show_message(s, &p, l, &w, e);
		if (r < 0)
			return r;
	}
	s->messages++; /* or the one line that stands for none */
	jsonw_obj_end(&w);
	buf_u8(out, '\n');
	return buf_ok(out) ? 1 : err_set(e, buf_code(out) == ERR_MEMORY ? ERR_MEMORY : ERR_LIMIT, s->name, "the message at offset %zu is too large to show", p.offset);
}
