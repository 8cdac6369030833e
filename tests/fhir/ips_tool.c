/* ips_tool OUTDIR FILE... : each file (FHIR or HL7 v2) -> facts -> a naive chart; writes an IPS document a person (NAME.pN.ips.json, one with and one without
 * a base URL in turn) and every resource (NAME.resources.ndjson) into OUTDIR, and prints a line a file. Built and run by tests/fhir/validate.sh; no test by
 * itself, because it stands on two modules that may not include each other. "ips_tool --facts FILE" prints the facts, "--speed FILE..." MB/s of reading. */
#include "hl7.h"
#include "naive.h"

#include <fcntl.h>


static int load(const char *path, struct buf *b)
{
	struct err e = {0};
	char line[600];
	buf_init(b, FHIR_BODY_MAX);
	if (file_read(AT_FDCWD, path, FHIR_BODY_MAX, b, &e) == 0)
		return 0;
	fprintf(stderr, "%s\n", err_line(&e, line, sizeof line));
	return -1;
}

static int read_hl7(struct slice text, struct arena *a, struct naive *n, struct buf *dump)
{
	struct hl7_file file;
	struct hl7_piece piece;
	hl7_file_init(&file, text);
	for (hl7_file_next(&file, &piece); piece.type != HL7_PIECE_END; hl7_file_next(&file, &piece)) {
		if (piece.type != HL7_PIECE_MESSAGE)
			continue;
		struct hl7_msg m;
		struct err e;
		if (hl7_parse(piece.bytes, a, &m, NULL, 0, NULL, &e) != 0)
			continue;
		struct facts *f = arena_alloc(a, sizeof *f);
		facts_init(f, a);
		hl7_facts(&m, f);
		if (dump)
			facts_dump(f, dump);
		naive_apply(n, f);
	}
	return 0;
}

static int read_fhir(struct slice text, struct arena *a, struct naive *n, struct buf *dump)
{
	struct slice rest = text, one = text;
	bool lines = fhir_looks_like_ndjson(text);
	struct err e = {0};
	char line[600];
	while (!lines || (one = fhir_ndjson_next(&rest)).n) {
		struct facts *f = arena_alloc(a, sizeof *f);
		facts_init(f, a);
		if (fhir_facts(one, "ward gateway", f, &e) != 0) {
			fprintf(stderr, "%s\n", err_line(&e, line, sizeof line));
			return -1;
		}
		if (dump)
			facts_dump(f, dump);
		naive_apply(n, f);
		if (!lines)
			break;
	}
	return 0;
}

static void save(const char *dir, const char *name, const char *tail, const struct buf *b)
{
	char path[1024];
	struct err e;
	snprintf(path, sizeof path, "%s/%s%s", dir, name, tail);
	if (!buf_ok(b) || file_replace(AT_FDCWD, path, buf_slice(b), 0644, &e) != 0) {
		fprintf(stderr, "%s: not written\n", path);
		exit(3);
	}
}

static void write_out(const char *dir, const char *path, struct naive *n)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct buf b;
	struct jsonw w;
	buf_init(&b, (size_t)512 << 20);
	size_t resources = 0;
	for (size_t i = 0; i < n->count; i++) {
		struct fhir_person who = naive_who(&n->persons[i]);
		struct fhir_options o = {.zone_minutes = 60, .base = "https://holdfast.example/fhir"};
		for (const struct fact_item *it = n->persons[i].first; it; it = it->next) {
			jsonw_init(&w, &b);
			if (!fhir_write_item(&w, &who, it, &o))
				continue;
			jsonw_done(&w);
			buf_u8(&b, '\n');
			resources++;
		}
	}
	save(dir, name, ".resources.ndjson", &b);
	for (size_t i = 0; i < n->count; i++) {
		if (n->persons[i].ident_count == 0)
			continue;
		struct fhir_summary s = naive_summary(n, &n->persons[i]);
		struct fhir_options o = {.zone_minutes = -300, .base = i % 2 ? NULL : "https://holdfast.example/fhir"};
		char tail[64];
		buf_reset(&b);
		jsonw_init(&w, &b);
		fhir_write_ips(&w, &s, &o);
		jsonw_done(&w);
		snprintf(tail, sizeof tail, ".p%zu.ips.json", i + 1);
		save(dir, name, tail, &b);
	}
	printf("%s: %zu persons, %zu resources\n", name, n->count, resources);
	buf_done(&b);
}

/* What a server says of itself. */
static void write_server(const char *dir)
{
	static const char *const what[] = {"view", "print", "search", "export", "login", "login-failed", "logout", "break-glass", "raw"};
	struct buf b;
	struct jsonw w;
	buf_init(&b, (size_t)1 << 20);
	jsonw_init(&w, &b);
	fhir_write_capability(&w, "https://holdfast.example/fhir", "St. Elsewhere", "1.0", INT64_C(1795305600) * TIME_SEC);
	jsonw_done(&w);
	buf_u8(&b, '\n');
	jsonw_init(&w, &b);
	fhir_write_outcome(&w, "error", "not-found", "no such patient");
	jsonw_done(&w);
	for (size_t i = 0; i < ARRAY_LEN(what) * 2; i++) {
		bool full = i % 2;
		struct fhir_audit a = {.id = "a1", .time = INT64_C(1795305600) * TIME_SEC, .what = what[i / 2], .user = full ? "nurse.joy" : NULL, .role = full ? "clinician" : NULL, .patient_id = full ? "p1" : NULL,
			.reason = full ? "transfer" : NULL, .address = full ? "10.0.0.7" : NULL, .site = "St. Elsewhere", .query = full ? "name=doe" : NULL, .as_of_entry = full ? 12 : UINT64_MAX, .ok = full};
		buf_u8(&b, '\n');
		jsonw_init(&w, &b);
		fhir_write_audit(&w, &a);
		jsonw_done(&w);
	}
	save(dir, "server", ".ndjson", &b);
	buf_done(&b);
}

static int speed(int count, char **paths)
{
	double bytes = 0, seconds = 0;
	for (int i = 0; i < count; i++) {
		struct buf b;
		if (load(paths[i], &b) != 0)
			return 1;
		struct arena *a = arena_new((size_t)1 << 30);
		int64_t start = time_monotonic();
		int reps = 40;
		for (int k = 0; k < reps; k++) {
			struct facts f;
			struct err e;
			arena_reset(a);
			facts_init(&f, a);
			if (fhir_facts(buf_slice(&b), "speed", &f, &e) != 0)
				return 1;
		}
		double s = (double)(time_monotonic() - start) / 1e9;
		printf("%8.0f MB/s  %s (facts %.2f x the body)\n", (double)b.n * reps / s / 1e6, paths[i], (double)arena_used(a) / (double)b.n);
		bytes += (double)b.n * reps;
		seconds += s;
		arena_free(a);
		buf_done(&b);
	}
	printf("%8.0f MB/s all\n", bytes / seconds / 1e6);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "ips_tool OUTDIR FILE... | --facts FILE... | --speed FILE...\n");
		return 2;
	}
	if (strcmp(argv[1], "--speed") == 0)
		return speed(argc - 2, argv + 2);
	int code = 0;
	if (strcmp(argv[1], "--facts") != 0)
		write_server(argv[1]);
	for (int i = 2; i < argc; i++) {
		struct buf b, dump;
		if (load(argv[i], &b) != 0)
			return 1;
		struct arena *a = arena_new((size_t)1 << 30);
		struct naive n;
		naive_init(&n, a);
		buf_init(&dump, (size_t)512 << 20);
		bool facts_only = strcmp(argv[1], "--facts") == 0;
		struct slice text = buf_slice(&b);
		int one = fhir_looks_like(text) ? read_fhir(text, a, &n, facts_only ? &dump : NULL) : hl7_looks_like(text) ? read_hl7(text, a, &n, facts_only ? &dump : NULL) : 0;
		if (facts_only)
			fwrite(dump.p, 1, dump.n, stdout);
		else if (one == 0)
			write_out(argv[1], argv[i], &n);
		code = one ? 1 : code;
		buf_done(&dump);
		naive_done(&n);
		arena_free(a);
		buf_done(&b);
	}
	return code;
}
