/* Text that was spoiled on its way, put right.
 *
 * What is met: UTF-8 that was read as cp1252 or Latin-1 and saved again ("â€™" for U+2019), also twice; such text squeezed through an old code page, which left "?" for what that does not have (0x83 is its "â": "Children\x83??s"; "\x83?\x9d" closes a quotation), and all that again over cp1252
 * ("â€™???s"); U+FFFD, also as the three letters that its bytes are in cp437. What a "?" was cannot be known from the bytes: it was a quotation mark, an apostrophe or a dash, and which is told by what stands around it. The row's own bytes are kept beside (registry_row.raw). */
#include "registry_internal.h"

#define ROUNDS 3           /* of one text read wrongly: more has not been seen */
#define LONGEST 16384u     /* code points of a cell that are looked at: descriptions end at 4,000 */

/* What cp1252 has where Latin-1 has control characters (WHATWG; the five that are not assigned stay). */
static const uint16_t high[32] = {0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178};

/* The byte that this character is in cp1252 or Latin-1; -1: none. */
static int byte_of(uint32_t cp)
{
	if (cp < 0x100)
		return (int)cp;
	for (int i = 0; i < 32; i++)
		if (high[i] == cp)
			return 0x80 + i;
	return -1;
}

#define RAW 0x40000000u /* a byte that was no UTF-8, on top of its value */

struct text {
	uint32_t *v;
	size_t n;
	bool changed;
};

static bool get(struct slice s, struct arena *a, struct text *t)
{
	size_t most = s.n < LONGEST ? s.n : LONGEST;
	t->v = arena_array(a, most + 1, sizeof *t->v);
	t->n = 0;
	if (!t->v)
		return false;
	while (s.n && t->n < most) {
		size_t len, ok = utf8_valid_prefix(slice_of(s.p, s.n < 4 ? s.n : 4));
		uint32_t cp = utf8_get(s, &len);
		if (!ok) {
			cp = RAW | s.p[0];
			len = 1;
		}
		t->v[t->n++] = cp;
		s = slice_of(s.p + len, s.n - len);
	}
	return s.n == 0;
}

/* Runs of characters that are bytes of one UTF-8 character, read as that. */
static bool once(struct text *t)
{
	size_t k = 0;
	bool any = false;
	for (size_t i = 0; i < t->n;) {
		uint8_t b[4] = {0};
		size_t n = 0, want = 0;
		for (; n < 4 && i + n < t->n; n++) {
			int c = t->v[i + n] < 0x80 ? -1 : t->v[i + n] & RAW ? (int)(t->v[i + n] & 0xff) : byte_of(t->v[i + n]);
			if (c < 0x80)
				break;
			b[n] = (uint8_t)c;
			if (n == 0)
				want = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 0;
			if (n + 1 >= want)
				break;
		}
		size_t len = 0;
		if (want > 1 && n + 1 == want && utf8_valid(slice_of(b, want))) {
			t->v[k++] = utf8_get(slice_of(b, want), &len);
			i += want;
			any = true;
		} else
			t->v[k++] = t->v[i++];
	}
	t->n = k;
	return any;
}

static bool letter(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= 0xc0 && c < 0x2000 && c != 0xd7 && c != 0xf7);
}

/* Without blanks at the ends, no-break spaces among them. */
static struct slice trim(struct slice s)
{
	for (struct slice before = SLICE_NULL; before.n != s.n;) {
		before = s = slice_trim(s);
		if (s.n >= 2 && s.p[0] == 0xc2 && s.p[1] == 0xa0)
			s = slice_of(s.p + 2, s.n - 2);
		if (s.n >= 2 && s.p[s.n - 2] == 0xc2 && s.p[s.n - 1] == 0xa0)
			s.n -= 2;
	}
	return s;
}

static bool question(const struct text *t, size_t i)
{
	return i < t->n && t->v[i] == '?';
}

static bool close_mark(const struct text *t, size_t i)
{
	return i < t->n && (t->v[i] == 0x9d || t->v[i] == (RAW | 0x9d));
}

/* How many characters from i are what is left of a mark; 0: none. */
static size_t remains(const struct text *t, size_t i, bool *closing)
{
	uint32_t c = t->v[i];
	size_t n = 0;
	*closing = false;
	if (c == 0xfffd) {
		for (n = 1; i + n < t->n && t->v[i + n] == 0xfffd && n < 9;)
			n++;
		if (n == 1 && question(t, i + 1) && question(t, i + 2))
			n = 3;
		else if (n == 1 && question(t, i + 1) && close_mark(t, i + 2)) {
			*closing = true;
			n = 3;
		}
		return n;
	}
	if (c == (RAW | 0x8b)) { /* EF BF BD through cp437, three times over at times */
		while (i + n + 2 < t->n && t->v[i + n] == (RAW | 0x8b) && t->v[i + n + 1] == (RAW | 0xa8) && t->v[i + n + 2] == (RAW | 0xab) && n < 9)
			n += 3;
		return n;
	}
	if (c == (RAW | 0x83) || c == 0x83 || c == 0x192 || c == 0xe2) { /* cp437's and Latin-1's a with circumflex, which E2 is; also after 0x83 was read as cp1252 */
		if (question(t, i + 1) && close_mark(t, i + 2)) {
			*closing = true;
			return 3;
		}
		return question(t, i + 1) && question(t, i + 2) ? 3 : 0;
	}
	if (c == 0x2019 && question(t, i + 1) && question(t, i + 2) && question(t, i + 3)) {
		*closing = close_mark(t, i + 4);
		return *closing ? 5 : 4;
	}
	return 0;
}

static uint32_t guess(uint32_t before, uint32_t after, uint32_t after_that, bool closing)
{
	if (closing)
		return 0x201d;
	bool from = letter(before), to = letter(after), alone = to && !letter(after_that);
	if ((from && to) || (alone && before == ' ')) /* 'n: a word's rest */
		return 0x2019;
	if (!from && to)
		return 0x201c;
	if (!from && !to)
		return 0x2013;
	return 0x2019; /* drivers' license */
}

static bool marks(struct text *t)
{
	size_t k = 0;
	bool any = false;
	for (size_t i = 0; i < t->n;) {
		bool closing;
		if (t->v[i] == '?' && i + 1 < t->n && t->v[i + 1] == (RAW | 0xff)) { /* a no-break space: "?" and cp437's */
			t->v[k++] = ' ';
			i += 2;
			any = true;
			continue;
		}
		size_t n = t->v[i] < 0x80 ? 0 : remains(t, i, &closing);
		if (!n) {
			t->v[k++] = t->v[i++];
			continue;
		}
		uint32_t before = k ? t->v[k - 1] : 0, after = i + n < t->n ? t->v[i + n] : 0, after_that = i + n + 1 < t->n ? t->v[i + n + 1] : 0;
		t->v[k++] = guess(before, after, after_that, closing);
		i += n;
		any = true;
	}
	t->n = k;
	return any;
}

static struct slice put(const struct text *t, struct arena *a)
{
	uint8_t *out = arena_raw(a, 4 * t->n + 4);
	size_t n = 0;
	if (!out)
		return SLICE_NULL;
	for (size_t i = 0; i < t->n; i++) {
		uint32_t c = t->v[i];
		if (c & RAW)
			c = (c & 0xff) < 0xa0 ? high[(c & 0xff) - 0x80] : c & 0xff;
		if (c >= 0x80 && c < 0xa0)
			continue; /* a control character is no letter of anything */
		n += utf8_put(c, out + n);
	}
	return slice_of(out, n);
}

static bool ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

struct slice registry_cell(struct slice s, struct arena *a, bool *changed)
{
	struct text t;
	if (ascii(s))
		return s;
	bool valid = utf8_valid(s);
	if (!get(s, a, &t)) /* longer than anything that was ever seen: as it stands, if that is text */
		return valid ? s : slice_of(s.p, utf8_valid_prefix(s));
	if (valid)
		s = trim(s);
	bool any = !valid;
	for (int i = 0; i < ROUNDS; i++) {
		if (!once(&t))
			break;
		any = true;
	}
	any |= marks(&t);
	if (!any)
		return s;
	struct slice out = put(&t, a);
	if (!out.p)
		return valid ? s : SLICE_NULL;
	*changed = true;
	return trim(out);
}

struct slice registry_repair(struct slice s, struct arena *a)
{
	bool changed = false;
	return registry_cell(s, a, &changed);
}

/* ---- names to compare ---- */

/* Words that come and go between two wordings of one name. */
static bool passing(const uint8_t *w, size_t n)
{
	static const char *const words[] = {"inc", "llc", "llp", "lp", "ltd", "pc", "pa", "pllc", "plc", "corp", "corporation", "incorporated", "company", "co", "the", "and", "of", "dba", "aka", "md", "do", "dds", "dmd"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i]) == n && !memcmp(words[i], w, n))
			return true;
	return false;
}

struct slice registry_name_key(struct slice name, struct arena *a)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	utf8_fold(&b, slice_of(name.p, name.n < 2000 ? name.n : 2000));
	uint8_t *out = arena_raw(a, b.n + 1);
	size_t n = 0;
	if (buf_code(&b) == ERR_MEMORY)
		(void)!arena_raw(a, SIZE_MAX); /* cannot be: the arena's code says that something is missing */
	if (!out || !buf_ok(&b))
		return name;
	for (size_t i = 0; i < b.n;) {
		uint8_t w[256];
		size_t k = 0;
		for (; i < b.n && k < sizeof w; i++) {
			uint8_t c = b.p[i];
			bool in_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
			if (in_word)
				w[k++] = c;
			else if (c == '.' || c == '\'' || (c == '/' && (k == 1 || (k == 2 && b.p[i - 2] == '/'))) || c == 0xe2) { /* L.L.C., d/b/a, Children's: one word (E2: marks of U+2000..) */
				if (c == 0xe2 && i + 2 < b.n) {
					bool apostrophe = b.p[i + 1] == 0x80 && (b.p[i + 2] == 0x99 || b.p[i + 2] == 0x98);
					i += 2;
					if (!apostrophe && k) {
						i++;
						break;
					}
				}
			} else if (c >= 0x80)
				w[k++] = c;
			else if (k) {
				i++;
				break;
			}
		}
		if (!k || passing(w, k))
			continue;
		if (n)
			out[n++] = ' ';
		memcpy(out + n, w, k);
		n += k;
	}
	return n ? slice_of(out, n) : name;
}

/* Pairs of letters that both have (Dice), and whether one begins with the other or is within it. */
unsigned registry_name_alike(struct slice a, struct slice b)
{
	static const size_t most = 512;
	if (a.n > b.n) {
		struct slice t = a;
		a = b;
		b = t;
	}
	if (slice_eq(a, b))
		return 1000;
	if (a.n < 2 || b.n > most)
		return 0;
	if (a.n >= 8 && memmem(b.p, b.n, a.p, a.n))
		return 900;
	uint64_t used[8] = {0};
	size_t both = 0;
	for (size_t i = 0; i + 1 < a.n; i++)
		for (size_t k = 0; k + 1 < b.n; k++)
			if (!(used[k / 64] >> (k % 64) & 1) && a.p[i] == b.p[k] && a.p[i + 1] == b.p[k + 1]) {
				used[k / 64] |= UINT64_C(1) << (k % 64);
				both++;
				break;
			}
	return (unsigned)(2000 * both / (a.n + b.n - 2));
}
