/* Parse-only speed of hl7: every message of a dump parsed, and every field, repetition, component and subcomponent visited, for some seconds.
 *
 *   bench_parse dump FILE...      the messages of these files, each behind its length (u32, little endian), to standard output
 *   bench_parse run DUMP SECONDS  one line: messages a second, MB a second, parts visited in one round, bytes in those parts
 *   bench_parse text DUMP SECONDS the same, and the text of each subcomponent made as well (escapes resolved, UTF-8)
 *   bench_parse cut DUMP SECONDS  hl7_parse alone
 */
#include "hl7.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int dump(int argc, char **argv)
{
	struct err e = {0};
	for (int i = 2; i < argc; i++) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, (size_t)1 << 30);
		if (file_read(AT_FDCWD, argv[i], (size_t)1 << 30, &b, &e) < 0)
			return 1;
		struct hl7_file f;
		struct hl7_piece p;
		hl7_file_init(&f, buf_slice(&b));
		for (hl7_file_next(&f, &p); p.type != HL7_PIECE_END; hl7_file_next(&f, &p)) {
			struct slice s = p.bytes;
			if (slice_starts(s, "\xEF\xBB\xBF")) /* the peer knows no byte order mark */
				s = slice_of(s.p + 3, s.n - 3);
			uint32_t n = htole32((uint32_t)s.n);
			if (p.type != HL7_PIECE_MESSAGE || s.n < 20) /* "MSH|^~" of the malformed files: the peer throws */
				continue;
			fwrite(&n, 4, 1, stdout);
			fwrite(s.p, 1, s.n, stdout);
		}
	}
	return 0;
}

struct visited {
	uint64_t parts, bytes;
};

static void visit(const struct hl7_msg *m, struct arena *a, bool text, struct visited *v)
{
	struct hl7_walk w;
	for (uint32_t i = 0; i < m->count; i++)
		for (hl7_walk_segment(&w, m, &m->segments[i]); hl7_walk_next(&w);) {
			v->parts++;
			v->bytes += text ? hl7_text(m, w.value, a).n : w.value.n;
		}
}

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "dump") == 0)
		return dump(argc, argv);
	if (argc != 4)
		return 2;
	bool text = strcmp(argv[1], "text") == 0, cut = strcmp(argv[1], "cut") == 0;
	struct err e = {0};
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 30);
	if (file_read(AT_FDCWD, argv[2], (size_t)1 << 30, &b, &e) < 0)
		return 1;
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	int64_t begin = time_monotonic(), until = begin + (int64_t)(strtod(argv[3], NULL) * 1e9), now;
	uint64_t messages = 0, bytes = 0;
	struct visited v;
	do {
		v = (struct visited){0, 0};
		for (size_t i = 0; i + 4 <= b.n;) {
			uint32_t n;
			memcpy(&n, b.p + i, 4);
			n = le32toh(n);
			struct hl7_msg m;
			arena_reset(a);
			if (hl7_parse(slice_of(b.p + i + 4, n), a, &m, NULL, 0, NULL, &e) < 0)
				return 1;
			if (!cut)
				visit(&m, a, text, &v);
			messages++;
			bytes += n;
			i += 4 + n;
		}
		now = time_monotonic();
	} while (now < until);
	double s = (double)(now - begin) / 1e9;
	printf("%.0f messages/s  %.1f MB/s  %" PRIu64 " parts  %" PRIu64 " bytes\n", (double)messages / s, (double)bytes / s / 1e6, v.parts, v.bytes);
	return 0;
}
