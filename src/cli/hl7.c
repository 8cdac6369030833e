/* holdfast hl7 show FILE...: NDJSON, one message a line. */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#define PROBLEMS_MAX 256

struct showing {
	const char *file;
	struct buf out, object;
	uint64_t index;
	bool bad;
	/* A message is shown when the next one begins: what the pieces after it say (a batch's count, stray bytes) is told with it. Pieces before the first message are told with that one; with no message at all, alone. */
	struct hl7_piece held;
	bool holding;
	struct hl7_problem pending[32];
	size_t pending_count;
	uint64_t in_batch, in_file_batches;
};

static void pend(struct showing *s, enum hl7_problem_kind kind, size_t offset, const char *text)
{
	if (s->pending_count == ARRAY_LEN(s->pending))
		return;
	struct hl7_problem *p = &s->pending[s->pending_count++];
	p->kind = kind;
	snprintf(p->place, sizeof p->place, "offset %zu", offset);
	snprintf(p->text, sizeof p->text, "%s", text);
}

static void put_head(struct showing *s, size_t offset)
{
	struct jsonw w;
	jsonw_init(&w, &s->out);
	buf_str(&s->out, "{\"file\":");
	jsonw_str(&w, s->file);
	buf_printf(&s->out, ",\"index\":%" PRIu64 ",\"offset\":%zu,", s->index++, offset);
}

static int put_line(struct showing *s, struct err *e)
{
	buf_u8(&s->out, '\n');
	if (!buf_ok(&s->out))
		return err_set(e, ERR_LIMIT, s->file, "this message is too large to show");
	fwrite(s->out.p, 1, s->out.n, stdout);
	buf_reset(&s->out);
	return 0;
}

/* Something that is no message: type "" and its problems. */
static int show_unreadable(struct showing *s, size_t offset, const struct err *why, struct err *e)
{
	struct jsonw w;
	put_head(s, offset);
	buf_str(&s->out, "\"type\":\"\",\"control_id\":\"\",\"version\":\"\",\"charset\":\"\",\"segments\":[],\"problems\":");
	jsonw_init(&w, &s->out);
	jsonw_arr(&w);
	for (size_t i = 0; i < s->pending_count; i++) {
		jsonw_obj(&w);
		jsonw_kstr(&w, "place", s->pending[i].place);
		jsonw_kstr(&w, "text", s->pending[i].text);
		jsonw_obj_end(&w);
	}
	if (why) {
		jsonw_obj(&w);
		jsonw_kstr(&w, "place", why->place);
		jsonw_kstr(&w, "text", why->text);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	buf_u8(&s->out, '}');
	s->pending_count = 0;
	s->bad = true;
	return put_line(s, e);
}

static int show_message(struct showing *s, const struct hl7_piece *p, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)2 << 30);
	struct hl7_problem *problems = a ? arena_array(a, PROBLEMS_MAX + ARRAY_LEN(s->pending), sizeof *problems) : NULL;
	if (!problems)
		return err_set(e, ERR_MEMORY, s->file, "no memory");
	size_t n = 0;
	struct hl7_msg m;
	struct err why = {0};
	if (hl7_parse(p->bytes, a, &m, problems, PROBLEMS_MAX, &n, &why) < 0)
		return show_unreadable(s, p->offset, &why, e);
	if (n > PROBLEMS_MAX)
		n = PROBLEMS_MAX;
	for (size_t i = 0; i < s->pending_count; i++)
		problems[n++] = s->pending[i];
	s->pending_count = 0;
	struct jsonw w;
	buf_reset(&s->object);
	jsonw_init(&w, &s->object);
	hl7_show_json(&m, problems, n, a, &w);
	put_head(s, p->offset);
	if (s->object.n < 2 || !buf_ok(&s->object))
		return err_set(e, ERR_LIMIT, s->file, "this message is too large to show");
	buf_add(&s->out, s->object.p + 1, s->object.n - 1); /* the object without its brace: file, index and offset stand first */
	return put_line(s, e);
}

/* BTS-1 and FTS-1 say how many there should have been (HL7 v2.9 chapter 2.10.3). */
static void check_envelope(struct showing *s, const struct hl7_piece *p)
{
	bool bts = slice_starts(p->bytes, "BTS"), fts = slice_starts(p->bytes, "FTS");
	if (slice_starts(p->bytes, "BHS"))
		s->in_batch = 0;
	if ((!bts && !fts) || p->bytes.n < 5)
		return;
	struct slice rest, first = slice_cut(slice_of(p->bytes.p + 4, p->bytes.n - 4), p->bytes.p[3], &rest);
	uint64_t said;
	if (num_u64(slice_trim(first), 0, UINT64_MAX, &said) == 0) {
		char text[120];
		uint64_t have = bts ? s->in_batch : s->in_file_batches;
		if (said != have) {
			snprintf(text, sizeof text, "%s-1 says %" PRIu64 " %s, %" PRIu64 " stand here", bts ? "BTS" : "FTS", said, bts ? "messages" : "batches", have);
			pend(s, HL7_P_BATCH_COUNT, p->offset, text);
		}
	}
	if (bts) {
		s->in_file_batches++;
		s->in_batch = 0;
	}
}

static int show_file(const char *path, struct showing *s, struct err *e)
{
	AUTO_BUF struct buf text;
	buf_init(&text, (size_t)4 << 30);
	int r = file_read(AT_FDCWD, strcmp(path, "-") ? path : "/dev/stdin", (size_t)4 << 30, &text, e);
	if (r < 0)
		return r;
	s->file = path;
	s->index = s->in_batch = s->in_file_batches = 0;
	s->holding = false;
	struct hl7_file f;
	struct hl7_piece p;
	hl7_file_init(&f, buf_slice(&text));
	for (hl7_file_next(&f, &p); p.type != HL7_PIECE_END; hl7_file_next(&f, &p)) {
		r = 0;
		if (p.type == HL7_PIECE_MESSAGE) {
			s->in_batch++;
			if (s->holding)
				r = show_message(s, &s->held, e);
			s->held = p;
			s->holding = true;
		} else if (p.type == HL7_PIECE_ENVELOPE) {
			check_envelope(s, &p);
		} else {
			pend(s, HL7_P_NO_MSH, p.offset, "bytes that belong to no message");
			s->bad = true;
		}
		if (r < 0)
			return r;
	}
	if (s->holding) {
		s->holding = false;
		return show_message(s, &s->held, e);
	}
	if (!s->pending_count)
		pend(s, HL7_P_NO_MSH, 0, text.n ? "no MSH segment: not an HL7 v2 message" : "the file is empty");
	return s->pending_count ? show_unreadable(s, text.n, NULL, e) : 0;
}

int cmd_hl7(int argc, char **argv)
{
	static struct cli_args args;
	static struct showing s;
	bool json = true;
	const struct cli_opt opts[] = {{"json", CLI_FLAG, &json, NULL, "NDJSON on stdout (always so)"}};
	bool done;
	int r = cli_parse(argc, argv, "hl7 show [--json] FILE...", "Shows HL7 v2 messages as NDJSON, one a line: every segment, field, repetition, component, unescaped, and what is wrong.\n'-' reads standard input.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (args.n < 2 || strcmp(args.v[0], "show"))
		return cli_usage("hl7: say 'show FILE...'");
	struct err e = {0};
	buf_init(&s.out, (size_t)1 << 30);
	buf_init(&s.object, (size_t)1 << 30);
	int status = 0;
	for (size_t i = 1; i < args.n; i++) {
		if (show_file(args.v[i], &s, &e) < 0) {
			int bad = cli_fail(&e);
			status = bad > status ? bad : status;
			e = (struct err){0};
		}
		if (s.bad && status == 0) /* shown, with its problem; the status says that some input was bad */
			status = 1;
		s.bad = false;
	}
	buf_done(&s.out);
	buf_done(&s.object);
	return status;
}
