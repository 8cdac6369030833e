/* The end of support of operating systems: support.tsv, put into the program when it is built. Its own text says what its lines mean and where they are from. */
#include "exposure_internal.h"

__asm__(".section .rodata\n"
        "hf_gate_support:\n.incbin \"" HF_SUPPORT "\"\nhf_gate_support_end:\n.byte 0\n.previous\n");
extern const uint8_t hf_gate_support[] __attribute__((visibility("hidden"))), hf_gate_support_end[] __attribute__((visibility("hidden")));

#define DAY (INT64_C(86400) * TIME_SEC)

struct row {
	struct slice system, words, without, end, paid, unless, source;
};

static bool row_of(struct slice line, struct row *r)
{
	if (!line.n || line.p[0] == '#')
		return false;
	r->system = slice_cut(line, '\t', &line);
	r->words = slice_cut(line, '\t', &line);
	r->without = slice_cut(line, '\t', &line);
	r->end = slice_cut(line, '\t', &line);
	r->paid = slice_cut(line, '\t', &line);
	r->unless = slice_cut(line, '\t', &line);
	r->source = slice_trim(line);
	return true;
}

/* A number of the table fits a longer one: 18.04 and 18.04.6, 7 and 7.9. */
static bool word_fits(struct slice want, struct slice have)
{
	if (slice_eq(want, have))
		return true;
	bool number = want.n && want.p[0] >= '0' && want.p[0] <= '9' && want.p[want.n - 1] <= '9';
	return number && have.n > want.n && memcmp(have.p, want.p, want.n) == 0 && have.p[want.n] == '.';
}

static bool all_there(struct slice want, const struct words *w)
{
	while (want.n) {
		struct slice one = slice_cut(want, ' ', &want);
		bool there = false;
		for (size_t i = 0; i < w->n && !there; i++)
			there = word_fits(one, w->w[i]);
		if (!there)
			return false;
	}
	return true;
}

static bool row_fits(const struct row *r, const struct words *w)
{
	for (struct slice no = r->without; no.n;) {
		struct slice one = slice_cut(no, ' ', &no);
		if (words_have(w, one))
			return false;
	}
	for (struct slice alt = r->words; alt.n;)
		if (all_there(slice_cut(alt, ';', &alt), w))
			return true;
	return false;
}

/* Of Windows' own numbers: 6.1.7601 is nt6.1, 10.0.19045.3803 is b19045; the "10.0" of servers and of Windows 11 says nothing by itself. */
static void windows_number(struct words *w, char nt[16], char build[16])
{
	for (size_t i = 0; i < w->n; i++) {
		struct slice s = w->w[i], rest, b;
		struct slice major = slice_cut(s, '.', &rest), minor = slice_cut(rest, '.', &b);
		uint64_t x, y, z;
		if (!minor.n || num_u64(major, 4, 10, &x) < 0 || num_u64(minor, 0, 9, &y) < 0)
			continue;
		b = slice_cut(b, '.', &(struct slice){0});
		if (x == 10 && num_u64(b, 10000, 99999, &z) == 0)
			snprintf(build, 16, "b%u", (unsigned)z);
		else if (x < 10 && (b.n || (x >= 5 && x <= 6 && y <= 3)))
			snprintf(nt, 16, "nt%u.%u", (unsigned)x, (unsigned)y);
		if (x == 10 && b.n)
			w->w[i] = SLICE("build"); /* else "windows 10" would fit every Windows since */
	}
	for (size_t i = 0; i < w->n; i++) { /* "build 19045", "19045.3803", "OS version 19045" */
		uint64_t z;
		struct slice b = slice_cut(w->w[i], '.', &(struct slice){0});
		if (!build[0] && b.n == 5 && num_u64(b, 10240, 29999, &z) == 0)
			snprintf(build, 16, "b%u", (unsigned)z);
	}
}

static int64_t date(struct slice s)
{
	int64_t t = 0;
	return s.n && time_parse(s, 0, &t) == 0 ? t : 0;
}

static enum gate_support_state state_of(const struct row *r, int64_t today)
{
	int64_t end = date(r->end), paid = date(r->paid), day = today - (today % DAY + DAY) % DAY;
	if (day > end)
		return paid && day <= paid ? GATE_SUPPORT_PAID : GATE_SUPPORT_ENDED;
	return end - day <= EXPOSURE_SOON_DAYS * DAY ? GATE_SUPPORT_ENDING : GATE_SUPPORTED;
}

struct gate_support gate_support_of(struct slice os, struct slice version, int64_t today)
{
	struct gate_support none = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 18);
	char nt[16] = "", build[16] = "";
	struct words w, v;
	struct row r;
	if (!a || !os.n || words_of(a, os, &w, NULL) < 0 || words_of(a, version, &v, NULL) < 0)
		return none;
	for (size_t i = 0; i < v.n && w.n < WORDS_MAX - 3; i++)
		w.w[w.n++] = v.w[i];
	for (size_t i = 0; i < w.n && w.n < WORDS_MAX - 2; i++)
		if (slice_eq_str(w.w[i], "win")) {
			w.w[i] = SLICE("windows");
		} else if (slice_eq_str(w.w[i], "or")) {
			return none; /* "Windows 7 or Windows Server 2008": whoever wrote it did not know */
		}
	if (words_have(&w, SLICE("windows")))
		windows_number(&w, nt, build);
	if (nt[0] && w.n < WORDS_MAX)
		w.w[w.n++] = slice_str(nt);
	if (build[0] && w.n < WORDS_MAX)
		w.w[w.n++] = slice_str(build);
	// cppcheck-suppress comparePointers ; both are ends of one file that the assembler put in (.incbin)
	struct slice rest = slice_of(hf_gate_support, (size_t)(hf_gate_support_end - hf_gate_support));
	while (rest.n) {
		if (!row_of(slice_cut(rest, '\n', &rest), &r) || !row_fits(&r, &w))
			continue;
		return (struct gate_support){state_of(&r, today), r.system, r.end, r.paid, r.unless, r.source, NULL};
	}
	return none;
}
