/* Keys: what tells a person, as 64-bit hashes. */
#include "find_internal.h"

uint64_t key_pair(uint64_t a, uint64_t b)
{
	uint64_t lo = a < b ? a : b, hi = a < b ? b : a;
	return key_mix(lo * 3 + hi) | 1;
}

uint64_t key_with(uint64_t h, uint32_t value)
{
	return key_mix(h ^ (uint64_t)value * UINT64_C(0x9e3779b97f4a7c15)) | 1;
}

/* A byte of a number as it stands in its key; 0: no letter or digit, left out. 1: beyond ASCII, such a number has no key. */
static const uint8_t id_byte[256] = {
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
	['a'] = 'a', ['b'] = '8', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = '1', ['j'] = 'j', ['k'] = 'k', ['l'] = '1', ['m'] = 'm',
	['n'] = 'n', ['o'] = '0', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = '5', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = '2',
	['A'] = 'a', ['B'] = '8', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = '1', ['J'] = 'j', ['K'] = 'k', ['L'] = '1', ['M'] = 'm',
	['N'] = 'n', ['O'] = '0', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = '5', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = '2',
	[128 ... 255] = 1,
};

uint64_t key_id(struct slice s, size_t *ret_n, size_t *ret_digits)
{
	uint8_t out[KEY_ID_MAX + 1];
	size_t n = 0, digits = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i], k = id_byte[c];
		if (k == 1)
			return 0;
		out[n] = k;
		n += k != 0;
		if (n > KEY_ID_MAX)
			return 0;
		digits += c >= '0' && c <= '9';
	}
	if (ret_n)
		*ret_n = n;
	if (ret_digits)
		*ret_digits = digits;
	if (n < KEY_ID_MIN || digits == 0)
		return 0;
	return key_word(out, n) ^ UINT64_C(0x6964);
}

uint64_t key_email(struct slice s)
{
	s = slice_trim(s);
	const uint8_t *at = s.n ? memchr(s.p, '@', s.n) : NULL;
	if (!at || at == s.p || s.n > 254 || !memchr(at, '.', s.n - (size_t)(at - s.p)))
		return 0;
	return key_word(s.p, s.n) ^ UINT64_C(0x40);
}

uint32_t key_date(const struct person_date *d)
{
	return (uint32_t)d->year * 10000 + d->month * 100u + d->day;
}

uint32_t key_addr(struct slice house, struct slice zip)
{
	uint32_t h = 0, z = 0;
	size_t digits = 0;
	house = slice_trim(house);
	zip = slice_trim(zip);
	for (size_t i = 0; i < house.n && house.p[i] >= '0' && house.p[i] <= '9' && i < 6; i++)
		h = h * 10 + (house.p[i] - '0');
	for (size_t i = 0; i < zip.n && zip.p[i] >= '0' && zip.p[i] <= '9' && digits < 5; i++, digits++)
		z = z * 10 + (zip.p[i] - '0');
	if (h == 0 || digits < 4)
		return 0;
	uint32_t key = (uint32_t)key_mix((uint64_t)h << 32 | z);
	return key ? key : 1;
}

int kind_of_role(int role)
{
	switch (role) {
	case PERSON_ROLE_SSN: return KEY_SSN;
	case PERSON_ROLE_MRN: return KEY_MRN;
	case PERSON_ROLE_MEMBER: return KEY_MEMBER;
	case PERSON_ROLE_MBI: return KEY_MBI;
	case PERSON_ROLE_MEDICAID: return KEY_MEDICAID;
	case PERSON_ROLE_DL: return KEY_DL;
	case PERSON_ROLE_ACCOUNT: return KEY_ACCOUNT;
	case PERSON_ROLE_CARD: return KEY_CARD;
	case PERSON_ROLE_PHONE: return KEY_PHONE;
	case PERSON_ROLE_EMAIL: return KEY_EMAIL;
	case PERSON_ROLE_PASSPORT: return KEY_PASSPORT;
	case PERSON_ROLE_CLAIM:
	case PERSON_ROLE_VISIT:
	case PERSON_ROLE_TIN: return KEY_OTHER;
	default: return -1;
	}
}

/* What a number of this kind is when it stands in text: those that share KEY_OTHER are told by their labels. */
int kind_element(int kind)
{
	static const int8_t of[KEY_KINDS] = {
		[KEY_NAME] = PERSON_NAME, [KEY_NAME_DOB] = PERSON_NAME, [KEY_NAME_ADDR] = PERSON_NAME, [KEY_WORD_DOB] = -1, [KEY_SSN] = PERSON_SSN, [KEY_MRN] = PERSON_MRN, [KEY_MEMBER] = PERSON_INS,
		[KEY_MBI] = PERSON_MBI, [KEY_MEDICAID] = PERSON_MEDICAID, [KEY_DL] = PERSON_DL, [KEY_ACCOUNT] = PERSON_ACCOUNT, [KEY_CARD] = PERSON_CARD, [KEY_PHONE] = PERSON_PHONE, [KEY_EMAIL] = PERSON_EMAIL,
		[KEY_PASSPORT] = PERSON_PASSPORT, [KEY_OTHER] = -1,
	};
	return of[kind];
}

static bool letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Punctuation of all planes of Unicode that stands in names: the curly apostrophe and the hyphens are E2 80 xx in UTF-8; no letter begins so. */
static void words_of(struct slice s, size_t least, struct name_words *ret)
{
	AUTO_BUF struct buf folded = {0};
	struct slice f = s;
	bool ascii = true;
	ret->n = 0;
	if (s.n > 400)
		s.n = f.n = 400;
	for (size_t i = 0; i < s.n; i++)
		ascii &= s.p[i] < 0x80;
	if (!ascii) {
		buf_init(&folded, 4096);
		utf8_fold(&folded, s);
		f = buf_slice(&folded);
	}
	size_t out = 0;
	for (size_t i = 0; i < f.n && ret->n < ARRAY_LEN(ret->h);) {
		size_t from = i;
		while (i < f.n && (letter(f.p[i]) || (f.p[i] >= 0x80 && !(f.p[i] == 0xe2 && i + 1 < f.n && f.p[i + 1] == 0x80))))
			i++;
		size_t n = i - from;
		if (n == 0) {
			i += f.p[i] == 0xe2 && f.n - i >= 3 ? 3 : 1;
			continue;
		}
		if (n < least || n > 32 || out + n + 1 > sizeof ret->text)
			continue;
		ret->at[ret->n] = (uint8_t)out;
		ret->len[ret->n] = (uint8_t)n;
		for (size_t k = 0; k < n; k++)
			ret->text[out++] = (char)(f.p[from + k] < 0x80 ? f.p[from + k] | 0x20 : f.p[from + k]);
		ret->text[out++] = ' ';
		ret->h[ret->n] = key_word(f.p + from, n);
		ret->n++;
	}
	ret->text[out ? out - 1 : 0] = 0;
}

static uint64_t joined(const struct name_words *w, unsigned a, unsigned b)
{
	uint8_t both[64];
	memcpy(both, w->text + w->at[a], w->len[a]);
	memcpy(both + w->len[a], w->text + w->at[b], w->len[b]);
	return key_word(both, (size_t)w->len[a] + w->len[b]);
}

unsigned name_wholes(const struct name_words *w, uint64_t ret[NAME_WHOLES])
{
	unsigned n = 0;
	bool before = false;
	for (unsigned i = 0; i < w->n; i++) {
		bool now = name_sign((const uint8_t *)w->text + w->at[i], w->len[i]);
		if (now && w->len[i] >= 6)
			ret[n++] = w->h[i];
		if (now && before) {
			ret[n++] = joined(w, i - 1, i);
			ret[n++] = joined(w, i, i - 1);
		}
		before = now;
	}
	assert(n <= NAME_WHOLES);
	return n;
}

bool name_particle(const char *word, size_t n)
{
	static const char *const words[] = {"af", "al", "av", "bin", "da", "das", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du", "el", "ibn", "la", "las", "le", "los", "ten", "ter", "van", "von", "zu"};
	for (size_t i = 0; n < 6 && i < ARRAY_LEN(words); i++)
		if (words[i][0] == word[0] && strlen(words[i]) == n && memcmp(words[i], word, n) == 0)
			return true;
	return false;
}

void name_words(struct slice s, struct name_words *ret)
{
	words_of(s, 2, ret);
	if (!ret->n) /* "D": all that is known of the name */
		words_of(s, 1, ret);
}

void name_spelled(struct slice s, const struct name_words *w, uint64_t ret[8])
{
	static const struct {
		uint8_t small, large; /* behind C3: U+00C0 to U+00FF in UTF-8 */
		char as[3];
	} letters[] = {{0xA4, 0x84, "ae"}, {0xB6, 0x96, "oe"}, {0xBC, 0x9C, "ue"}, {0xB8, 0x98, "oe"}, {0xA5, 0x85, "aa"}};
	uint8_t text[512];
	size_t n = 0;
	bool any = false;
	struct name_words as;
	memset(ret, 0, 8 * sizeof *ret);
	if (!s.n || !memchr(s.p, 0xC3, s.n))
		return;
	for (size_t i = 0; i < s.n && n + 2 < sizeof text; i++) {
		size_t k = ARRAY_LEN(letters);
		if (s.p[i] == 0xC3 && i + 1 < s.n)
			for (k = 0; k < ARRAY_LEN(letters) && s.p[i + 1] != letters[k].small && s.p[i + 1] != letters[k].large; k++)
				continue;
		if (k == ARRAY_LEN(letters)) {
			text[n++] = s.p[i];
			continue;
		}
		memcpy(text + n, letters[k].as, 2);
		n += 2;
		i++;
		any = true;
	}
	if (!any)
		return;
	name_words(slice_of(text, n), &as);
	for (unsigned i = 0; i < w->n && as.n == w->n; i++)
		ret[i] = as.h[i] != w->h[i] ? as.h[i] : 0;
}
