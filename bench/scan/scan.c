/* bench/scan/run builds this. One core, bytes from memory, CPU time, nothing printed but the rate:
 *   scan rules FILE...              src/find without persons
 *   scan persons PERSONS.csv FILE   src/find with a list of persons
 *   scan records [PERSONS.csv] -- FILE...  the same of files as scope scan reads them: src/extract tells what they are and hands on their fields
 *   scan hyperscan PATTERNS FILE... hyperscan's block mode over the same bytes, all patterns of the file at once (a line each; i before a tab: without case) */
#include "extract.h"
#include "find.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_HS
#include <hs/hs.h>
#endif

static double cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct slice map(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
	void *m = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	return slice_of(m, (size_t)st.st_size);
}

static void told(const char *what, const char *file, size_t n, double s, uint64_t hits)
{
	const char *base = strrchr(file, '/');
	printf("%-10s %-12s %7.1f MB %8.3f s %7.0f MB/s %6.1f hits/KB\n", what, base ? base + 1 : file, (double)n / 1e6, s, (double)n / 1e6 / s, (double)hits * 1024 / (double)n);
}

static int on_hit(void *arg, const struct find_hit *h, struct err *e)
{
	++*(uint64_t *)arg;
	return 0;
}

/* In pieces of a mebibyte that end at a line, as they come from extract. */
static void find_one(const char *what, const struct find_population *p, const char *path)
{
	const struct find_options o = {.this_year = 2026};
	struct slice s = map(path);
	struct err e = {0};
	uint64_t hits = 0;
	struct find *f = find_new(p, &o, on_hit, NULL, &hits);
	int r = f ? find_file(f, SLICE("x"), &e) : -1;
	double from = cpu();
	for (size_t at = 0; r == 0 && at < s.n;) {
		size_t most = s.n - at < (1 << 20) ? s.n - at : 1 << 20;
		const uint8_t *feed = at + most < s.n ? memrchr(s.p + at, '\n', most) : NULL;
		size_t n = feed ? (size_t)(feed - (s.p + at)) + 1 : most;
		r = find_text(f, slice_of(s.p + at, n), at, &e);
		at += n;
	}
	if (r == 0)
		r = find_end(f, &e);
	told(what, path, s.n, cpu() - from, hits);
	find_free(f);
	if (r < 0)
		exit(1);
}

static int on_piece(void *arg, const struct extract_piece *p, struct err *e)
{
	struct find *f = arg;
	switch (p->kind) {
	case EXTRACT_TEXT: return find_text(f, p->text, p->offset, e);
	case EXTRACT_FIELD: return find_field(f, p->role, p->who, p->text, p->offset, e);
	case EXTRACT_RECORD: return find_record(f, p->member, e);
	case EXTRACT_MEMBER: return find_member(f, p->member, e);
	}
	return 0;
}

static void on_trouble(void *arg, const struct extract_trouble *t)
{
	(void)arg;
	fprintf(stderr, "%s\n", t->why);
}

/* All files together, by what kind they are: their folder's name. */
static void find_files(const char *what, const struct find_population *p, char **path, int n)
{
	const struct find_options o = {.this_year = 2026};
	struct extract_limits l;
	struct err e = {0};
	uint64_t hits = 0, bytes = 0;
	struct find *f = find_new(p, &o, on_hit, NULL, &hits);
	double from = cpu();
	extract_limits_default(&l);
	for (int i = 0; f && i < n; i++) {
		struct extract_report r = {0};
		int fd = open(path[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0 || find_file(f, SLICE("x"), &e) < 0 || extract_file(fd, slice_str(path[i]), &l, on_piece, on_trouble, f, &r, &e) < 0 || find_end(f, &e) < 0) {
			fprintf(stderr, "%s: %s\n", path[i], e.text);
			exit(1);
		}
		bytes += r.size;
		close(fd);
	}
	told(what, path[0], bytes, cpu() - from, hits);
	find_free(f);
}

#ifdef WITH_HS
static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	++*(uint64_t *)arg;
	return 0;
}

static int hyperscan(int argc, char **argv)
{
	static char line[512][1024];
	const char *pattern[512];
	unsigned flags[512], ids[512], n = 0;
	hs_compile_error_t *why;
	hs_database_t *db;
	hs_scratch_t *scratch = NULL;
	FILE *f = fopen(argv[2], "re");
	if (!f)
		return 1;
	while (n < 512 && fgets(line[n], sizeof line[n], f)) {
		char *s = line[n];
		s[strcspn(s, "\n")] = 0;
		if (!*s || *s == '#')
			continue;
		flags[n] = HS_FLAG_DOTALL;
		if (s[0] == 'i' && s[1] == '\t') {
			flags[n] |= HS_FLAG_CASELESS;
			s += 2;
		}
		pattern[n] = s;
		ids[n] = n;
		n++;
	}
	fclose(f);
	double from = cpu();
	if (hs_compile_multi(pattern, flags, ids, n, HS_MODE_BLOCK, NULL, &db, &why) != HS_SUCCESS) {
		fprintf(stderr, "pattern %d: %s\n", why->expression, why->message);
		return 1;
	}
	printf("hyperscan  %u patterns compiled in %.2f s\n", n, cpu() - from);
	if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS)
		return 1;
	for (int i = 3; i < argc; i++) {
		struct slice s = map(argv[i]);
		uint64_t hits = 0;
		from = cpu();
		for (size_t at = 0; at < s.n; at += 1 << 20)
			hs_scan(db, (const char *)s.p + at, (unsigned)(s.n - at < (1 << 20) ? s.n - at : 1 << 20), 0, scratch, on_match, &hits);
		told("hyperscan", argv[i], s.n, cpu() - from, hits);
	}
	return 0;
}
#endif

int main(int argc, char **argv)
{
	struct err e = {0};
	if (argc > 2 && !strcmp(argv[1], "rules")) {
		for (int i = 2; i < argc; i++)
			find_one("rules", NULL, argv[i]);
		return 0;
	}
	bool records = argc > 3 && !strcmp(argv[1], "records");
	if (records && !strcmp(argv[2], "--")) {
		find_files("records", NULL, argv + 3, argc - 3);
		return 0;
	}
	if (argc > 3 && (records || !strcmp(argv[1], "persons"))) {
		struct timespec a, b;
		uint64_t rows;
		struct find_population *p = find_population_new(2026, false);
		clock_gettime(CLOCK_MONOTONIC, &a);
		double from = cpu();
		if (!p || find_population_csv(p, map(argv[2]), 2, &rows, &e) < 0 || find_population_seal(p, 2, &e) < 0) {
			fprintf(stderr, "%s\n", e.text);
			return 1;
		}
		clock_gettime(CLOCK_MONOTONIC, &b);
		printf("persons    %u, %llu rows, %llu keys, %zu MiB, made in %.2f s (CPU %.2f s)\n", find_population_persons(p), (unsigned long long)rows, (unsigned long long)find_population_keys(p), find_population_memory(p) >> 20,
			(double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9, cpu() - from);
		for (int i = 3, end; i < argc; i = records ? end : i + 1) {
			i += records && !strcmp(argv[i], "--");
			for (end = i; records && end < argc && strcmp(argv[end], "--"); end++)
				continue;
			if (records)
				find_files("records", p, argv + i, end - i);
			else
				find_one("persons", p, argv[i]);
		}
		find_population_free(p);
		return 0;
	}
#ifdef WITH_HS
	if (argc > 3 && !strcmp(argv[1], "hyperscan"))
		return hyperscan(argc, argv);
#endif
	fprintf(stderr, "usage: scan rules FILE... | persons PERSONS.csv FILE... | hyperscan PATTERNS FILE...\n");
	return 2;
}
