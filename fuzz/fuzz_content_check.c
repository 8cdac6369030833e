/* Any bytes under any name, in pieces whose sizes the input chooses: the checker neither reads outside them nor contradicts itself: however they are
 * cut, it says the same. */
#include "content.h"

#include <stdlib.h>

static const char *const names[] = {
	"", "a.pdf", "a.docx", "a.txt", "a.csv", "a.json", "a.xml", "a.hl7", "a.dcm", "a.tar", "a.gpg", "a.scp", "a.mp4", "a.eml", "a.html", "a.exe"};

static void run(struct content_checker *c, const char *name, struct slice s, unsigned pieces, bool hint, struct content_report *ret)
{
	size_t piece = pieces ? pieces : 1;
	content_begin(c, slice_str(name), hint ? s.n : 0);
	while (s.n) {
		size_t n = s.n < piece ? s.n : piece;
		uint8_t *exact = malloc(n); /* so that one byte too many is seen */
		if (!exact)
			abort();
		memcpy(exact, s.p, n);
		content_add(c, slice_of(exact, n));
		free(exact);
		s = slice_of(s.p + n, s.n - n);
		piece = piece * 3 % 251 + 1;
	}
	content_end(c, ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct content_checker *c;
	struct content_report a, b;
	if (!c && !(c = content_new()))
		abort();
	if (n < 2)
		return 0;
	struct slice s = slice_of(p + 2, n - 2);
	const char *name = names[p[0] % ARRAY_LEN(names)];
	bool hint = p[0] & 0x80;
	run(c, name, s, (unsigned)s.n + 1, hint, &a);
	run(c, name, s, p[1], hint, &b);
	if (a.type != b.type || a.state != b.state || a.encrypted != b.encrypted || a.appended != b.appended || memcmp(&a.f, &b.f, sizeof a.f) != 0)
		abort();
	if (a.state == CONTENT_LOST ? !a.why[0] : a.why[0])
		abort();
	if (a.f.size != s.n || a.type < 0 || a.type > CONTENT_JAVA || !(a.f.entropy >= 0 && a.f.entropy <= 8) ||
		!(a.f.text_share >= 0 && a.f.text_share <= 1) || !(a.f.word_share >= 0 && a.f.word_share <= 1))
		abort();
	content_begin(c, slice_str(name), 0); /* holes */
	content_add(c, s);
	content_add_zeros(c, (uint64_t)p[1] << (p[0] & 15));
	content_end(c, &b);
	return 0;
}
