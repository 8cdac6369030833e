/* The checker over files: what it says of them, how fast, and what it says of copies damaged as ransomware does it.
 *
 *   bench_content scan      <list     a line a file: state, type, what the name promises, size, reason, path
 *   bench_content damage    <list     the share of files of each type whose damage is told, by pattern
 *   bench_content time      <list     ns a byte by type, of one core, bytes in memory
 *   bench_content magic     <list     the same files through libmagic (when built with -DWITH_MAGIC): time, and where its name for a type is another
 * list: paths, each ended by NUL. */
#include "content.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_MAGIC
#include <magic.h>
#endif

#define FILE_MOST ((size_t)64 << 20)
#define TYPES     64

static const char *const states[] = {"unchecked", "valid", "LOST"};

static double cpu_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static size_t load(const char *path, uint8_t *to)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	size_t n = 0;
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size <= FILE_MOST)
		for (ssize_t r; n < FILE_MOST && (r = read(fd, to + n, FILE_MOST - n)) > 0;)
			n += (size_t)r;
	close(fd);
	return n;
}

static void check(struct content_checker *c, const char *path, const uint8_t *p, size_t n, struct content_report *ret)
{
	content_begin(c, slice_str(path), n);
	for (size_t i = 0; i < n; i += 262144)
		content_add(c, slice_of(p + i, n - i < 262144 ? n - i : 262144));
	content_end(c, ret);
}

/* ---- damage ------------------------------------------------------------------------------------------------------------------- */

static uint64_t seed = 88172645463325252u;

static void noise(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		seed += UINT64_C(0x9E3779B97F4A7C15);
		uint64_t z = seed;
		z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
		z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
		p[i] = (uint8_t)(z ^ z >> 31);
	}
}

enum { WHOLE, STRIPES, STRIPES_KEPT, SIXTEEN, HEAD_KEPT, FIRST_KIB, LAST_QUARTER, BASE64, APPENDED, CUT, PATTERNS };
static const char *const pattern_names[PATTERNS] = {
	"whole", "4K/64K", "4K/64K+32K", "16/32", "4K kept", "first 1K", "last 1/4", "base64", "whole+tag", "cut 2/3"};

static size_t damage(int pattern, const uint8_t *p, size_t n, uint8_t *to)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	memcpy(to, p, n);
	switch (pattern) {
	case WHOLE:
		noise(to, n);
		return n;
	case STRIPES:
		for (size_t i = 0; i < n; i += 65536)
			noise(to + i, n - i < 4096 ? n - i : 4096);
		return n;
	case STRIPES_KEPT:
		for (size_t i = 32768; i < n; i += 65536)
			noise(to + i, n - i < 4096 ? n - i : 4096);
		return n > 32768 + 256 ? n : 0;
	case SIXTEEN:
		for (size_t i = 0; i < n; i += 32)
			noise(to + i, n - i < 16 ? n - i : 16);
		return n;
	case HEAD_KEPT:
		if (n < 4096 + 64)
			return 0;
		noise(to + 4096, n - 4096);
		return n;
	case FIRST_KIB:
		noise(to, n < 1024 ? n : 1024);
		return n;
	case LAST_QUARTER:
		noise(to + n - n / 4, n / 4);
		return n >= 1024 ? n : 0;
	case BASE64: {
		size_t o = 0;
		uint8_t r[3];
		for (size_t i = 0; i < n && o + 4 < FILE_MOST * 2; i += 3) {
			noise(r, 3);
			uint32_t v = (uint32_t)r[0] << 16 | (uint32_t)r[1] << 8 | r[2];
			for (int k = 18; k >= 0; k -= 6)
				to[o++] = (uint8_t)letters[v >> k & 63];
		}
		return o;
	}
	case APPENDED: /* whole, with a note of the key behind it */
		noise(to, n);
		noise(to + n, 512);
		return n + 512;
	default:
		return n >= 1024 ? n * 2 / 3 : 0;
	}
}

/* ---- runs ---------------------------------------------------------------------------------------------------------------------- */

struct tally {
	uint64_t files, bytes, lost, valid, unchecked, tried[PATTERNS], told[PATTERNS], changed[PATTERNS];
	double seconds;
};
static struct tally tally[TYPES];

static void scan_one(const char *path, const struct content_report *r)
{
	printf("%s\t%s\t%s\t%llu\t%s%s%s\t%s\n", states[r->state], content_type_name(r->type), content_type_name(r->named),
		(unsigned long long)r->f.size, r->why, r->encrypted ? " (encrypted)" : "", r->appended ? " (appended)" : "", path);
}

static void damage_one(struct content_checker *c, const char *path, const uint8_t *p, size_t n, const struct content_report *before, uint8_t *work)
{
	struct tally *t = &tally[before->type];
	if (before->state != CONTENT_VALID || t->files > 400)
		return;
	t->files++;
	for (int k = 0; k < PATTERNS; k++) {
		struct content_report r;
		size_t m = damage(k, p, n, work);
		if (!m)
			continue;
		check(c, path, work, m, &r);
		t->tried[k]++;
		t->told[k] += r.state == CONTENT_LOST;
		t->changed[k] += r.state != CONTENT_LOST && r.type != before->type;
		if (getenv("SHOW") && r.state != CONTENT_LOST && r.type == before->type && k != CUT)
			printf("missed %s %s %s\n", pattern_names[k], content_type_name(r.type), path);
	}
}

static void time_one(struct content_checker *c, const char *path, const uint8_t *p, size_t n, const struct content_report *r)
{
	struct tally *t = &tally[r->type];
	struct content_report again;
	double best = 1e9;
	for (int round = 0; round < 2; round++) {
		double from = cpu_now();
		check(c, path, p, n, &again);
		double took = cpu_now() - from;
		best = took < best ? took : best;
	}
	t->files++;
	t->bytes += n;
	t->seconds += best;
}

static void damage_table(void)
{
	printf("%-10s %5s", "type", "files");
	for (int k = 0; k < PATTERNS; k++)
		printf(" %11s", pattern_names[k]);
	printf("\n");
	for (int i = 0; i < TYPES; i++) {
		if (!tally[i].files)
			continue;
		printf("%-10s %5llu", content_type_name(i), (unsigned long long)tally[i].files);
		for (int k = 0; k < PATTERNS; k++) {
			double n = (double)tally[i].tried[k];
			if (n > 0)
				printf("   %4.0f %4.0f", 100 * (double)tally[i].told[k] / n,
					100 * (double)(tally[i].told[k] + tally[i].changed[k]) / n);
			else
				printf("      -    -");
		}
		printf("\n");
	}
	printf("two figures each: %% LOST, %% LOST or of another type than before\n");
}

static void time_table(const char *who)
{
	double seconds = 0, bytes = 0, files = 0;
	for (int i = 0; i < TYPES; i++) {
		struct tally *t = &tally[i];
		if (!t->files)
			continue;
		seconds += t->seconds;
		bytes += (double)t->bytes;
		files += (double)t->files;
		printf("%-10s %7llu files %12llu bytes  %7.2f ns/byte\n", content_type_name(i), (unsigned long long)t->files,
			(unsigned long long)t->bytes, t->seconds * 1e9 / (double)(t->bytes ? t->bytes : 1));
	}
	printf("%s: %.0f files, %.0f bytes, %.2f s, %.2f ns/byte\n", who, files, bytes, seconds, seconds * 1e9 / (bytes > 0 ? bytes : 1));
}

#ifdef WITH_MAGIC
static const struct {
	const char *mime;
	int type;
} mimes[] = {{"application/pdf", CONTENT_PDF}, {"application/zip", CONTENT_ZIP}, {"application/java-archive", CONTENT_ZIP},
	{"application/vnd.openxml", CONTENT_OOXML}, {"application/vnd.oasis", CONTENT_ODF}, {"application/x-ole", CONTENT_OLE2},
	{"application/msword", CONTENT_OLE2}, {"application/vnd.ms-", CONTENT_OLE2}, {"application/gzip", CONTENT_GZIP},
	{"application/x-bzip2", CONTENT_BZIP2}, {"application/x-xz", CONTENT_XZ}, {"application/zstd", CONTENT_ZSTD},
	{"application/x-7z", CONTENT_SEVENZIP}, {"application/x-rar", CONTENT_RAR}, {"application/x-tar", CONTENT_TAR}, {"image/jpeg", CONTENT_JPEG},
	{"image/png", CONTENT_PNG}, {"image/gif", CONTENT_GIF}, {"image/tiff", CONTENT_TIFF}, {"image/bmp", CONTENT_BMP},
	{"image/webp", CONTENT_WEBP}, {"image/jp2", CONTENT_JPEG2000}, {"application/dicom", CONTENT_DICOM}, {"audio/x-wav", CONTENT_WAV},
	{"video/mp4", CONTENT_MP4}, {"audio/mpeg", CONTENT_MP3}, {"video/x-msvideo", CONTENT_AVI}, {"application/vnd.sqlite3", CONTENT_SQLITE},
	{"application/x-sqlite3", CONTENT_SQLITE}, {"application/x-object", CONTENT_ELF}, {"application/x-sharedlib", CONTENT_ELF},
	{"application/x-executable", CONTENT_ELF}, {"application/x-pie", CONTENT_ELF}, {"application/x-dosexec", CONTENT_PE},
	{"application/vnd.microsoft.portable", CONTENT_PE}, {"application/pgp", CONTENT_PGP}, {"application/json", CONTENT_JSON},
	{"text/xml", CONTENT_XML}, {"image/svg", CONTENT_XML}, {"text/html", CONTENT_HTML}, {"text/csv", CONTENT_CSV}, {"text/rtf", CONTENT_RTF},
	{"message/rfc822", CONTENT_MAIL}, {"text/", CONTENT_TEXT}, {"font/", CONTENT_FONT}, {"application/vnd.ms-opentype", CONTENT_FONT},
	{"application/x-java-applet", CONTENT_JAVA}};

static void magic_one(magic_t m, const char *path, const uint8_t *p, size_t n, const struct content_report *r)
{
	static uint64_t same, other;
	double from = cpu_now();
	const char *mime = magic_buffer(m, p, n);
	double took = cpu_now() - from;
	struct tally *t = &tally[r->type];
	int type = CONTENT_UNKNOWN;
	for (size_t i = 0; mime && type == CONTENT_UNKNOWN && i < ARRAY_LEN(mimes); i++)
		if (strncmp(mime, mimes[i].mime, strlen(mimes[i].mime)) == 0)
			type = mimes[i].type;
	t->files++;
	t->bytes += n;
	t->seconds += took;
	if (type != r->type)
		printf("other\t%s\t%s\t%s\n", content_type_name(r->type), mime ? mime : "?", path);
	same += type == r->type;
	other += type != r->type;
}
#endif

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "scan";
	uint8_t *p = malloc(FILE_MOST), *work = malloc(FILE_MOST * 2);
	struct content_checker *c = content_new();
	char *path = NULL;
	size_t cap = 0;
	ssize_t len;
	bool damages = strcmp(what, "damage") == 0, times = strcmp(what, "time") == 0, magics = strcmp(what, "magic") == 0;
	if (!p || !work || !c)
		return 3;
#ifdef WITH_MAGIC
	magic_t m = magic_open(MAGIC_MIME_TYPE);
	if (!m || magic_load(m, NULL) != 0)
		return 3;
#endif
	while ((len = getdelim(&path, &cap, 0, stdin)) > 0) {
		struct content_report r;
		size_t n = load(path, p);
		if (!n || (damages && n > (16 << 20)))
			continue;
		check(c, path, p, n, &r);
		if (damages)
			damage_one(c, path, p, n, &r, work);
		else if (times)
			time_one(c, path, p, n, &r);
#ifdef WITH_MAGIC
		else if (magics)
			magic_one(m, path, p, n, &r);
#endif
		else
			scan_one(path, &r);
	}
	if (damages)
		damage_table();
	else if (times || magics)
		time_table(what);
	content_free(c);
	return 0;
}
