/* holdfast import FILE...: HL7 v2 in any line end, FHS/BHS batches, FHIR R4 bundles, NDJSON. Returns when the entries are durable, covered by the checkpoint and shown. */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What was in the files, and how much of it is new. */
enum what { MESSAGES, RESOURCES, ENVELOPES, FRAGMENTS, WHATS };
#define TAG_BITS 2 /* of a tag: what was sent under it */

struct importing {
	struct control *k;
	const char *file;
	uint64_t read[WHATS], fresh[WHATS], known[WHATS], bad_files, sent;
	struct batch_run *batch;
};

static int on_result(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	struct importing *im = arg;
	(r->duplicate ? im->known : im->fresh)[tag & ((1u << TAG_BITS) - 1)]++;
	return 0;
}

static enum what what_of(uint8_t kind)
{
	return kind == LEDGER_FHIR ? RESOURCES : kind == LEDGER_HL7V2_ENVELOPE ? ENVELOPES : kind == LEDGER_HL7V2_FRAGMENT ? FRAGMENTS : MESSAGES;
}

static int put(struct importing *im, uint8_t kind, uint8_t flags, struct slice body, bool dedupe, struct slice key, struct err *e)
{
	if (body.n > LEDGER_BODY_MAX)
		return err_set(e, ERR_LIMIT, im->file, "one message of %zu bytes: the most is %" PRIu64, body.n, LEDGER_BODY_MAX);
	struct control_append a = {.kind = kind, .flags = flags, .body = body, .dedupe = dedupe, .control_key = key};
	enum what what = what_of(kind);
	im->sent++;
	im->read[what]++;
	return control_append(im->k, &a, im->sent << TAG_BITS | what, on_result, im, e);
}

static int put_line(void *arg, const struct batch_line *l, struct err *e)
{
	struct importing *im = arg;
	return put(im, LEDGER_HL7V2_ENVELOPE, 0, l->line, true, slice_of(l->key, sizeof l->key), e);
}

static int import_hl7(struct importing *im, struct slice text, struct err *e)
{
	struct hl7_file f;
	struct hl7_piece p;
	uint64_t messages = 0, junk = 0;
	int r = 0;
	hl7_file_init(&f, text);
	batch_begin(im->batch);
	for (hl7_file_next(&f, &p); r == 0 && p.type != HL7_PIECE_END; hl7_file_next(&f, &p)) {
		if (p.type == HL7_PIECE_ENVELOPE) { /* stored when it is known what it belongs to */
			r = batch_line(im->batch, 0, p.bytes, put_line, im, e);
			continue;
		}
		r = batch_other(im->batch, p.bytes, put_line, im, e);
		if (r < 0)
			return r;
		if (p.type == HL7_PIECE_MESSAGE) {
			struct hl7_header h;
			uint8_t key[HL7_CONTROL_KEY];
			hl7_header_read(p.bytes, &h);
			r = put(im, LEDGER_HL7V2, 0, p.bytes, true, hl7_control_key(&h, key), e);
			messages++;
		} else {
			r = put(im, LEDGER_HL7V2_FRAGMENT, 0, p.bytes, true, SLICE_NULL, e);
			junk++;
		}
	}
	if (r == 0)
		r = batch_other(im->batch, SLICE_NULL, put_line, im, e);
	if (r < 0)
		return r;
	if (junk)
		cli_note("holdfast: %s: %" PRIu64 " piece%s without a message header kept as evidence", im->file, junk, junk == 1 ? "" : "s");
	if (!messages)
		return err_set(e, ERR_INPUT, im->file, "no HL7 v2 message in it");
	return 0;
}

/* Is every line a resource? Then it is NDJSON, however it is named; one object over many lines is one resource. */
static bool is_ndjson(struct slice text)
{
	struct slice rest = text, first = fhir_ndjson_next(&rest);
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	struct json_node *n;
	struct err quiet = {0};
	return rest.n && first.n < text.n && a && json_tree(first, a, &n, &quiet) == 0 && json_get(n, "resourceType") && slice_trim(rest).n;
}

static int import_json(struct importing *im, struct slice text, struct err *e)
{
	bool lines = is_ndjson(text);
	struct slice rest = text;
	uint64_t line = 0, bad = 0;
	while (rest.n) {
		struct slice one = lines ? fhir_ndjson_next(&rest) : rest;
		if (!lines)
			rest = SLICE_NULL;
		line++;
		if (!slice_trim(one).n)
			continue;
		AUTO_ARENA struct arena *a = arena_new((size_t)2 << 30);
		struct json_node *n;
		struct err why = {0};
		int r = a ? json_tree(one, a, &n, &why) : err_set(&why, ERR_MEMORY, NULL, "no memory");
		if (r == 0 && !json_get(n, "resourceType"))
			r = err_set(&why, ERR_INPUT, NULL, "a JSON object without resourceType: not FHIR");
		if (r < 0) {
			char place[4300];
			snprintf(place, sizeof place, lines ? "%s:line %" PRIu64 : "%s", im->file, line);
			err_in(&why, place);
			if (!lines || r != ERR_INPUT) {
				*e = why;
				return r;
			}
			cli_fail(&why);
			bad++;
			continue;
		}
		r = put(im, LEDGER_FHIR, 0, lines ? slice_trim(one) : one, true, SLICE_NULL, e);
		if (r < 0)
			return r;
	}
	return bad ? err_set(e, ERR_INPUT, im->file, "%" PRIu64 " line%s not taken", bad, bad == 1 ? "" : "s") : 0;
}

static bool looks_like_json(struct slice t)
{
	if (t.n >= 3 && !memcmp(t.p, "\xef\xbb\xbf", 3))
		t = slice_of(t.p + 3, t.n - 3);
	t = slice_trim(t);
	return t.n && t.p[0] == '{';
}

static int import_text(struct importing *im, struct slice text, struct err *e)
{
	if (hl7_looks_like(text))
		return import_hl7(im, text, e);
	if (looks_like_json(text))
		return import_json(im, text, e);
	return err_set(e, ERR_INPUT, im->file, text.n ? "neither HL7 v2 (no MSH, FHS or BHS) nor FHIR JSON: nothing taken from it" : "the file is empty: nothing taken from it");
}

static int import_file(struct importing *im, const char *path, struct err *e)
{
	im->file = path;
	AUTO_CLOSE int fd = !strcmp(path, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, path, "no such file") : err_sys(e, path, "cannot open");
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_sys(e, path, "cannot stat");
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, path, "a folder; name the files in it");
	if (S_ISREG(st.st_mode) && st.st_size > 0) {
		void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED)
			return err_sys(e, path, "cannot map");
		madvise(p, (size_t)st.st_size, MADV_SEQUENTIAL);
		int r = import_text(im, slice_of(p, (size_t)st.st_size), e);
		munmap(p, (size_t)st.st_size);
		return r;
	}
	AUTO_BUF struct buf text = {0}; /* a pipe, or an empty file */
	buf_init(&text, (size_t)4 << 30);
	for (;;) {
		uint8_t *p = buf_space(&text, 1 << 20);
		if (!p)
			return err_set(e, ERR_LIMIT, path, "more than 4 GiB through a pipe; import it as a file");
		ssize_t n = read(fd, p, 1 << 20);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, path, "cannot read");
		if (n == 0)
			break;
		buf_commit(&text, (size_t)n);
	}
	return import_text(im, buf_slice(&text), e);
}

/* "3 HL7 v2 messages, 1 batch line": of what there is none is not said. */
static void list(const uint64_t n[WHATS])
{
	static const char *const one[] = {"HL7 v2 message", "FHIR resource or bundle", "batch line", "fragment"};
	static const char *const more[] = {"HL7 v2 messages", "FHIR resources or bundles", "batch lines", "fragments"};
	const char *between = "";
	for (int i = 0; i < WHATS; i++)
		if (n[i]) {
			printf("%s%" PRIu64 " %s", between, n[i], n[i] == 1 ? one[i] : more[i]);
			between = ", ";
		}
}

static uint64_t sum(const uint64_t n[WHATS])
{
	uint64_t all = 0;
	for (int i = 0; i < WHATS; i++)
		all += n[i];
	return all;
}

static void report_words(const struct importing *im)
{
	uint64_t stored = sum(im->fresh);
	printf("%" PRIu64 " new %s%s", stored, stored == 1 ? "entry" : "entries", stored ? ": " : "");
	list(im->fresh);
	if (sum(im->known)) {
		printf("; there already, and not stored again: ");
		list(im->known);
	}
	printf("%s\n", im->bad_files ? "; some files were not taken, see above" : "");
}

static void report_json(const struct importing *im)
{
	printf("{\"messages\":%" PRIu64 ",\"resources\":%" PRIu64 ",\"envelopes\":%" PRIu64 ",\"fragments\":%" PRIu64 ",\"repeated\":%" PRIu64 ",\"entries\":%" PRIu64 ",\"badFiles\":%" PRIu64,
	       im->read[MESSAGES], im->read[RESOURCES], im->read[ENVELOPES], im->read[FRAGMENTS], sum(im->known), sum(im->fresh), im->bad_files);
	printf(",\"new\":{\"messages\":%" PRIu64 ",\"resources\":%" PRIu64 ",\"envelopes\":%" PRIu64 ",\"fragments\":%" PRIu64 "}}\n", im->fresh[MESSAGES], im->fresh[RESOURCES],
	       im->fresh[ENVELOPES], im->fresh[FRAGMENTS]);
}

int cmd_import(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL;
	bool json = false;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &json, NULL, "the counts as JSON"},
	};
	bool done;
	int r = cli_parse(argc, argv, "import --site DIR FILE...",
	                  "Stores HL7 v2 messages (any line end, FHS/BHS batches), FHIR R4 resources and bundles, and NDJSON. One message, one entry; a repeated message is counted, not stored again.\n"
	                  "Returns when all is durable, covered by the checkpoint, and shown by the chart. Works with and without a running daemon. '-' reads standard input.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (!args.n)
		return cli_usage("import: name at least one file");
	struct err e = {0};
	struct site s;
	static struct batch_run batch;
	struct importing im = {.batch = &batch};
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	if (control_open(&s, true, &im.k, &e) < 0) {
		site_close(&s);
		return cli_fail(&e);
	}
	int status = 0;
	for (size_t i = 0; i < args.n && status < 3; i++) {
		if (import_file(&im, args.v[i], &e) < 0) {
			int bad = cli_fail(&e); /* one bad file does not keep the others out */
			status = bad > status ? bad : status;
			im.bad_files++;
			e = (struct err){0};
		}
		if (cli_progress_wanted() && args.n > 1)
			fprintf(stderr, "\r%zu of %zu files", i + 1, args.n);
	}
	if (cli_progress_wanted() && args.n > 1)
		fputc('\n', stderr);
	if (control_flush(im.k, &e) < 0)
		status = cli_fail(&e);
	control_close(im.k);
	site_close(&s);
	if (json)
		report_json(&im);
	else
		report_words(&im);
	return status;
}
