/* Character sets of HL7 v2 (table 0211, chapter 2.15.9.18) and how senders really spell them.
 *
 * Raw bytes are kept as they came; this file is for reading only. UTF-8, UTF-16, ISO 8859-1 and windows-1252 are decoded here. The other single-byte sets come from
 * glibc's iconv once, as tables of 128 characters; the multi-byte ones go through iconv each time. ISO 2022 (Japanese hospitals) is followed here, because
 * HL7 writes its shifts in three ways (ESC $ B, \M2442\, and none at all at line ends), and its double bytes go through iconv's EUC-JP.
 *
 * ISO 8859-1 is read as windows-1252, like browsers do: the two differ only where 8859-1 has control codes, and senders that say 8859/1 put
 * typographic quotes and the euro sign there.
 */
#include "hl7_internal.h"

#include "conv.h"

#include <errno.h>
#include <iconv.h>

static const struct set {
	const char *name;  /* IANA */
	const char *iconv; /* NULL: decoded here */
	bool single;       /* one byte a character: becomes a table */
	bool hides;        /* bytes below 0x80 may be half of a character */
} sets[HL7_CS_COUNT] = {
	[HL7_CS_ASCII] = {"us-ascii", NULL, false, false},
	[HL7_CS_UTF8] = {"utf-8", NULL, false, false},
	[HL7_CS_8859_1] = {"iso-8859-1", NULL, false, false},
	[HL7_CS_8859_2] = {"iso-8859-2", "ISO-8859-2", true, false},
	[HL7_CS_8859_3] = {"iso-8859-3", "ISO-8859-3", true, false},
	[HL7_CS_8859_4] = {"iso-8859-4", "ISO-8859-4", true, false},
	[HL7_CS_8859_5] = {"iso-8859-5", "ISO-8859-5", true, false},
	[HL7_CS_8859_6] = {"iso-8859-6", "ISO-8859-6", true, false},
	[HL7_CS_8859_7] = {"iso-8859-7", "ISO-8859-7", true, false},
	[HL7_CS_8859_8] = {"iso-8859-8", "ISO-8859-8", true, false},
	[HL7_CS_8859_9] = {"iso-8859-9", "ISO-8859-9", true, false},
	[HL7_CS_8859_10] = {"iso-8859-10", "ISO-8859-10", true, false},
	[HL7_CS_8859_11] = {"iso-8859-11", "ISO-8859-11", true, false},
	[HL7_CS_8859_13] = {"iso-8859-13", "ISO-8859-13", true, false},
	[HL7_CS_8859_14] = {"iso-8859-14", "ISO-8859-14", true, false},
	[HL7_CS_8859_15] = {"iso-8859-15", "ISO-8859-15", true, false},
	[HL7_CS_8859_16] = {"iso-8859-16", "ISO-8859-16", true, false},
	[HL7_CS_GB18030] = {"gb18030", "GB18030", false, true},
	[HL7_CS_BIG5] = {"big5", "BIG5-HKSCS", false, true},
	[HL7_CS_ISO_IR_87] = {"iso-2022-jp", "EUC-JP", false, true},
	[HL7_CS_ISO_IR_14] = {"iso-ir-14", "EUC-JP", false, true},
	[HL7_CS_ISO_IR_159] = {"iso-ir-159", "EUC-JP", false, true},
	[HL7_CS_KSC5601] = {"ks_c_5601-1987", "CP949", false, false}, /* second bytes below 0x80 are letters only */
	[HL7_CS_UTF16LE] = {"utf-16le", NULL, false, true},
	[HL7_CS_UTF16BE] = {"utf-16be", NULL, false, true},
	[HL7_CS_CP1252] = {"windows-1252", NULL, false, false},
	[HL7_CS_CP1250] = {"windows-1250", "CP1250", true, false},
	[HL7_CS_CP1251] = {"windows-1251", "CP1251", true, false},
	[HL7_CS_KOI8R] = {"koi8-r", "KOI8-R", true, false},
	[HL7_CS_SJIS] = {"shift_jis", "CP932", false, true},
	[HL7_CS_EUCJP] = {"euc-jp", "EUC-JP", false, false},
};

/* The one state that hl7 keeps for the process: converters, opened at most once, because opening reads files and a sandbox forbids that. */
static struct {
	iconv_t open[HL7_CS_COUNT];
	uint8_t state[HL7_CS_COUNT]; /* 0 not tried, 1 ready, 2 not to be had */
	uint16_t table[HL7_CS_COUNT][128];
} conv;

const char *hl7_charset_name(int charset)
{
	return charset >= 0 && charset < HL7_CS_COUNT ? sets[charset].name : "unknown";
}

bool hl7_charset_hides_delimiters(int charset)
{
	return sets[charset].hides;
}

/* ---- names ------------------------------------------------------------------------------------------------------------------- */

/* Names without case, blanks and punctuation, and without a leading "UNICODE", "ISOIR" kept: "8859/1", "ISO 8859-1", "iso8859_1" are one. */
static const struct {
	const char *name;
	int16_t charset;
} names[] = {
	{"ASCII", HL7_CS_ASCII}, {"USASCII", HL7_CS_ASCII}, {"ANSIX341968", HL7_CS_ASCII}, {"ISOIR6", HL7_CS_ASCII}, {"IR6", HL7_CS_ASCII}, {"ISO646", HL7_CS_ASCII},
	{"UTF8", HL7_CS_UTF8}, {"UNICODE", HL7_CS_UTF8}, {"UNICODEUTF8", HL7_CS_UTF8}, {"ISOIR192", HL7_CS_UTF8}, {"IR192", HL7_CS_UTF8}, {"ISO10646", HL7_CS_UTF8}, {"CP65001", HL7_CS_UTF8},
	{"UTF16", HL7_CS_UTF16LE}, {"UTF16LE", HL7_CS_UTF16LE}, {"UTF16BE", HL7_CS_UTF16BE}, {"UNICODEUTF16", HL7_CS_UTF16LE}, {"UNICODEUTF16LE", HL7_CS_UTF16LE},
	{"UNICODEUTF16BE", HL7_CS_UTF16BE}, {"UCS2", HL7_CS_UTF16LE},
	{"LATIN1", HL7_CS_8859_1}, {"ISOIR100", HL7_CS_8859_1}, {"LATIN2", HL7_CS_8859_2}, {"ISOIR101", HL7_CS_8859_2}, {"LATIN3", HL7_CS_8859_3}, {"ISOIR109", HL7_CS_8859_3},
	{"LATIN4", HL7_CS_8859_4}, {"ISOIR110", HL7_CS_8859_4}, {"CYRILLIC", HL7_CS_8859_5}, {"ISOIR144", HL7_CS_8859_5}, {"ARABIC", HL7_CS_8859_6}, {"ISOIR127", HL7_CS_8859_6},
	{"GREEK", HL7_CS_8859_7}, {"ISOIR126", HL7_CS_8859_7}, {"HEBREW", HL7_CS_8859_8}, {"ISOIR138", HL7_CS_8859_8}, {"LATIN5", HL7_CS_8859_9}, {"ISOIR148", HL7_CS_8859_9},
	{"LATIN6", HL7_CS_8859_10}, {"ISOIR157", HL7_CS_8859_10}, {"TIS620", HL7_CS_8859_11}, {"ISOIR166", HL7_CS_8859_11}, {"CP874", HL7_CS_8859_11}, {"LATIN9", HL7_CS_8859_15},
	{"ISOIR203", HL7_CS_8859_15},
	{"GB18030", HL7_CS_GB18030}, {"GB180302000", HL7_CS_GB18030}, {"GB180302005", HL7_CS_GB18030}, {"GB180302022", HL7_CS_GB18030}, {"GBK", HL7_CS_GB18030}, {"GB2312", HL7_CS_GB18030},
	{"GB231280", HL7_CS_GB18030}, {"ISOIR58", HL7_CS_GB18030}, {"CP936", HL7_CS_GB18030}, {"EUCCN", HL7_CS_GB18030},
	{"BIG5", HL7_CS_BIG5}, {"BIG5HKSCS", HL7_CS_BIG5}, {"CP950", HL7_CS_BIG5},
	{"ISOIR87", HL7_CS_ISO_IR_87}, {"JISX0208", HL7_CS_ISO_IR_87}, {"JISX0202", HL7_CS_ISO_IR_87}, {"JAS2020", HL7_CS_ISO_IR_87}, {"ISO2022JP", HL7_CS_ISO_IR_87}, {"JIS", HL7_CS_ISO_IR_87},
	{"ISOIR14", HL7_CS_ISO_IR_14}, {"ISOIR13", HL7_CS_ISO_IR_14}, {"JISX0201", HL7_CS_ISO_IR_14}, {"ISOIR159", HL7_CS_ISO_IR_159}, {"JISX0212", HL7_CS_ISO_IR_159},
	{"KSX1001", HL7_CS_KSC5601}, {"KSC5601", HL7_CS_KSC5601}, {"KSC56011987", HL7_CS_KSC5601}, {"ISOIR149", HL7_CS_KSC5601}, {"EUCKR", HL7_CS_KSC5601}, {"CP949", HL7_CS_KSC5601},
	{"UHC", HL7_CS_KSC5601},
	{"CP1252", HL7_CS_CP1252}, {"WINDOWS1252", HL7_CS_CP1252}, {"ANSI", HL7_CS_CP1252}, {"1252", HL7_CS_CP1252}, {"CP1250", HL7_CS_CP1250}, {"WINDOWS1250", HL7_CS_CP1250},
	{"CP1251", HL7_CS_CP1251}, {"WINDOWS1251", HL7_CS_CP1251}, {"KOI8R", HL7_CS_KOI8R}, {"SHIFTJIS", HL7_CS_SJIS}, {"SJIS", HL7_CS_SJIS}, {"CP932", HL7_CS_SJIS}, {"WINDOWS31J", HL7_CS_SJIS},
	{"EUCJP", HL7_CS_EUCJP},
};
static const int8_t parts_of_8859[17] = {-1, HL7_CS_8859_1, HL7_CS_8859_2, HL7_CS_8859_3, HL7_CS_8859_4, HL7_CS_8859_5, HL7_CS_8859_6, HL7_CS_8859_7, HL7_CS_8859_8, HL7_CS_8859_9, HL7_CS_8859_10,
	HL7_CS_8859_11, -1, HL7_CS_8859_13, HL7_CS_8859_14, HL7_CS_8859_15, HL7_CS_8859_16};

/* "88591", "885915": what is behind the 8859. A year behind the part ("8859/1-1987") is no matter. */
static int part_of_8859(const char *digits)
{
	unsigned n = 0, v = 0;
	for (; digits[n] >= '0' && digits[n] <= '9'; n++)
		v = n < 2 ? v * 10 + (unsigned)(digits[n] - '0') : v;
	if (digits[n] || n == 0)
		return -1;
	if (n > 2) /* 8859/1-1987: one digit and a year; 8859/15-1999: two and a year */
		v = n == 5 ? (unsigned)(digits[0] - '0') : n == 6 ? v : 0;
	return v < ARRAY_LEN(parts_of_8859) ? parts_of_8859[v] : -1;
}

int hl7_charset_of(struct slice msh18)
{
	char key[24] = "";
	size_t n = 0;
	for (size_t i = 0; i < msh18.n; i++) {
		uint8_t c = msh18.p[i];
		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
			if (n == sizeof key - 1)
				return -1;
			key[n++] = (char)c;
		}
	}
	key[n] = 0;
	const char *k = strncmp(key, "ISO8859", 7) == 0 ? key + 3 : strncmp(key, "ISOIEC8859", 10) == 0 ? key + 6 : key;
	if (strncmp(k, "8859", 4) == 0)
		return part_of_8859(k + 4);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(key, names[i].name) == 0)
			return names[i].charset;
	return -1;
}

/* ---- decoding --------------------------------------------------------------------------------------------------------------------- */

static void put(struct buf *out, uint32_t cp)
{
	uint8_t u[4];
	size_t n = utf8_put(cp, u);
	if (n)
		buf_add(out, u, n);
	else
		buf_add(out, "\xEF\xBF\xBD", 3);
}

static const uint16_t c1_of_1252[32] = {0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178};

/* Converters are shared by all threads: these and what is done with one stand between conv_lock and conv_unlock. */
static bool open_set(int cs)
{
	if (conv.state[cs] == 0) {
		conv.open[cs] = iconv_open("UTF-8", sets[cs].iconv);
		conv.state[cs] = conv.open[cs] == (iconv_t)-1 ? 2 : 1;
	}
	return conv.state[cs] == 1;
}

/* Fill the table of a single-byte set: each high byte through iconv. */
static bool table_set(int cs)
{
	if (conv.state[cs] != 0)
		return conv.state[cs] == 1;
	iconv_t cd = iconv_open("UTF-8", sets[cs].iconv);
	if (cd == (iconv_t)-1) {
		conv.state[cs] = 2;
		return false;
	}
	for (int i = 0; i < 128; i++) {
		char in = (char)(0x80 + i), out[8], *pi = &in, *po = out;
		size_t ni = 1, no = sizeof out, used;
		iconv(cd, NULL, NULL, NULL, NULL);
		uint32_t cp = 0xFFFD;
		if (iconv(cd, &pi, &ni, &po, &no) != (size_t)-1 && no < sizeof out)
			cp = utf8_get(slice_of(out, sizeof out - no), &used);
		conv.table[cs][i] = (uint16_t)cp;
	}
	iconv_close(cd);
	conv.state[cs] = 1;
	return true;
}

static bool table_there(int cs)
{
	conv_lock();
	bool there = table_set(cs);
	conv_unlock();
	return there;
}

static bool open_there(int cs)
{
	conv_lock();
	bool there = open_set(cs);
	conv_unlock();
	return there;
}

int hl7_charset_warm(struct err *e)
{
	for (int cs = 0; cs < HL7_CS_COUNT; cs++)
		if (sets[cs].iconv && !(sets[cs].single ? table_there(cs) : open_there(cs)))
			return err_set(e, ERR_SYSTEM, sets[cs].name, "the C library has no converter for this character set: install the gconv modules of glibc");
	return 0;
}

static void decode_utf8(struct slice s, struct buf *out)
{
	while (s.n) {
		size_t good = utf8_valid_prefix(s), bad;
		buf_add(out, s.p, good);
		s = slice_of(s.p + good, s.n - good);
		if (s.n == 0)
			return;
		put(out, utf8_get(s, &bad));
		s = slice_of(s.p + bad, s.n - bad);
	}
}

static void decode_utf16(struct slice s, bool little, struct buf *out)
{
	uint32_t high = 0;
	for (size_t i = 0; i + 1 < s.n; i += 2) {
		uint32_t u = little ? s.p[i] | (uint32_t)s.p[i + 1] << 8 : s.p[i + 1] | (uint32_t)s.p[i] << 8;
		bool low = u >= 0xDC00 && u < 0xE000;
		if (high && low) {
			put(out, 0x10000 + ((high - 0xD800) << 10) + (u - 0xDC00));
			high = 0;
			continue;
		}
		if (high)
			put(out, 0xFFFD);
		high = u >= 0xD800 && u < 0xDC00 ? u : 0;
		if (!high)
			put(out, low ? 0xFFFD : u);
	}
	if (high || s.n % 2)
		put(out, 0xFFFD);
}

static void decode_single(int cs, struct slice s, struct buf *out)
{
	bool have = sets[cs].single && table_there(cs);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c < 0x80)
			buf_u8(out, c);
		else if (have)
			put(out, conv.table[cs][c - 0x80]);
		else if (cs == HL7_CS_8859_1 || cs == HL7_CS_CP1252)
			put(out, c < 0xA0 ? c1_of_1252[c - 0x80] : c);
		else
			put(out, 0xFFFD);
	}
}

static void decode_shared(int cs, struct slice s, struct buf *out)
{
	bool have = open_set(cs), fresh = true;
	iconv_t cd = conv.open[cs];
	while (s.n && buf_ok(out)) {
		size_t plain = 0;
		while (fresh && plain < s.n && s.p[plain] < 0x80)
			plain++;
		buf_add(out, s.p, plain);
		s = slice_of(s.p + plain, s.n - plain);
		if (s.n == 0)
			return;
		char *in = (char *)(uintptr_t)s.p, text[1024], *to = text; /* iconv does not write to its input */
		size_t left = s.n, room = sizeof text;
		int why = EILSEQ;
		if (have) {
			if (fresh)
				iconv(cd, NULL, NULL, NULL, NULL);
			why = iconv(cd, &in, &left, &to, &room) == (size_t)-1 ? errno : 0;
			if (why != E2BIG)
				iconv(cd, NULL, NULL, &to, &room); /* Big5-HKSCS holds a letter back until it knows that no accent follows */
			buf_add(out, text, sizeof text - room);
			s = slice_of(s.p + (s.n - left), left);
		}
		fresh = why != E2BIG;
		if (fresh && s.n) { /* one byte is bad; what follows may be good again */
			put(out, 0xFFFD);
			s = slice_of(s.p + 1, s.n - 1);
		}
	}
}

static void decode_multi(int cs, struct slice s, struct buf *out)
{
	conv_lock();
	decode_shared(cs, s, out);
	conv_unlock();
}

void hl7_decode(int charset, struct slice s, struct buf *out)
{
	if (charset < 0 || charset >= HL7_CS_COUNT)
		charset = HL7_CS_ASCII;
	struct hl7_2022 st = {HL7_G0_ASCII, -1};
	switch (charset) {
	case HL7_CS_UTF8:
		decode_utf8(s, out);
		break;
	case HL7_CS_UTF16LE:
	case HL7_CS_UTF16BE:
		decode_utf16(s, charset == HL7_CS_UTF16LE, out);
		break;
	case HL7_CS_ISO_IR_87:
	case HL7_CS_ISO_IR_14:
	case HL7_CS_ISO_IR_159:
		hl7_2022_decode(&st, charset, s, out);
		break;
	default:
		if (sets[charset].iconv && !sets[charset].single)
			decode_multi(charset, s, out);
		else
			decode_single(charset, s, out);
	}
}

int hl7_decodes(int charset, struct slice s)
{
	AUTO_BUF struct buf out = {0};
	buf_init(&out, s.n < SIZE_MAX / 4 ? 3 * s.n + 64 : SIZE_MAX / 2);
	hl7_decode(charset, s, &out);
	if (!buf_ok(&out))
		return buf_code(&out);
	return out.n == 0 || !memmem(out.p, out.n, "\xEF\xBF\xBD", 3);
}

/* ---- ISO 2022 ------------------------------------------------------------------------------------------------------------------------ */

size_t hl7_2022_switch(struct hl7_2022 *st, struct slice s)
{
	static const struct {
		const char *seq;
		int g0, g1; /* -1: leave as it is */
	} switches[] = {
		/* HL7 v2.9 chapter 2.7.2; ECMA-35 for the rest */
		{"(B", HL7_G0_ASCII, -1}, {"(J", HL7_G0_ASCII, -1}, {"(I", HL7_G0_KANA, -1}, {"$@", HL7_G0_JIS_X_0208, -1}, {"$B", HL7_G0_JIS_X_0208, -1}, {"$(B", HL7_G0_JIS_X_0208, -1},
		{"$(D", HL7_G0_JIS_X_0212, -1}, {")I", -1, HL7_G1_KANA}, {"-A", -1, HL7_CS_8859_1}, {"-B", -1, HL7_CS_8859_2}, {"-C", -1, HL7_CS_8859_3}, {"-D", -1, HL7_CS_8859_4},
		{"-L", -1, HL7_CS_8859_5}, {"-G", -1, HL7_CS_8859_6}, {"-F", -1, HL7_CS_8859_7}, {"-H", -1, HL7_CS_8859_8}, {"-M", -1, HL7_CS_8859_9}, {"-T", -1, HL7_CS_8859_11},
		{"-b", -1, HL7_CS_8859_15}, {"$)A", -1, HL7_CS_GB18030}, {"$)C", -1, HL7_CS_KSC5601},
	};
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		if (!slice_starts(s, switches[i].seq))
			continue;
		if (switches[i].g0 >= 0)
			st->g0 = (uint8_t)switches[i].g0;
		if (switches[i].g1 != -1)
			st->g1 = switches[i].g1;
		return strlen(switches[i].seq);
	}
	return 0;
}

/* A run of bytes 0x21 to 0x7e in a Japanese G0, as the EUC-JP that means the same. */
static void decode_g0(uint8_t g0, struct slice s, struct buf *out)
{
	size_t width = g0 == HL7_G0_KANA ? 1 : 2;
	while (s.n >= width) {
		uint8_t euc[3 * 128];
		size_t n = 0, i = 0;
		for (; i + width <= s.n && n + 3 <= sizeof euc; i += width) {
			if (g0 != HL7_G0_JIS_X_0208)
				euc[n++] = g0 == HL7_G0_KANA ? 0x8E : 0x8F;
			for (size_t k = 0; k < width; k++)
				euc[n++] = s.p[i + k] | 0x80;
		}
		decode_multi(HL7_CS_EUCJP, slice_of(euc, n), out);
		s = slice_of(s.p + i, s.n - i);
	}
	if (s.n)
		put(out, 0xFFFD);
}

static void decode_g1(int g1, int base, struct slice s, struct buf *out)
{
	int cs = g1 >= 0 ? g1 : base;
	bool japanese = cs == HL7_CS_ISO_IR_87 || cs == HL7_CS_ISO_IR_14 || cs == HL7_CS_ISO_IR_159;
	if (g1 != HL7_G1_KANA && !japanese) {
		hl7_decode(cs, s, out);
		return;
	}
	for (size_t i = 0; i < s.n; i++) { /* JIS X 0201: half-width katakana in the high half */
		uint8_t euc[2] = {0x8E, s.p[i]};
		if (s.p[i] >= 0xA1 && s.p[i] <= 0xDF)
			decode_multi(HL7_CS_EUCJP, slice_of(euc, 2), out);
		else
			put(out, 0xFFFD);
	}
}

void hl7_2022_decode(struct hl7_2022 *st, int base, struct slice s, struct buf *out)
{
	while (s.n) {
		size_t n = 0;
		if (s.p[0] == ESC) {
			size_t k = hl7_2022_switch(st, slice_of(s.p + 1, s.n - 1));
			if (k) {
				s = slice_of(s.p + 1 + k, s.n - 1 - k);
				continue;
			}
			buf_u8(out, s.p[n++]); /* an escape sequence of some other kind: as it stands */
		} else if (s.p[0] >= 0x80) {
			/* a character of a multi-byte set may end in a low byte: give it all up to the next ESC when G0 is ASCII */
			bool low = st->g0 == HL7_G0_ASCII && (st->g1 >= 0 || (st->g1 == -1 && base != HL7_CS_ISO_IR_87 && base != HL7_CS_ISO_IR_14 && base != HL7_CS_ISO_IR_159));
			while (n < s.n && s.p[n] != ESC && (low || s.p[n] >= 0x80))
				n++;
			decode_g1(st->g1, base, slice_of(s.p, n), out);
		} else if (st->g0 == HL7_G0_ASCII || s.p[0] <= ' ' || s.p[0] == 0x7f) {
			while (n < s.n && s.p[n] < 0x80 && s.p[n] != ESC && (st->g0 == HL7_G0_ASCII || s.p[n] <= ' ' || s.p[n] == 0x7f))
				n++;
			buf_add(out, s.p, n);
		} else {
			while (n < s.n && s.p[n] > ' ' && s.p[n] < 0x7f)
				n++;
			decode_g0(st->g0, slice_of(s.p, n), out);
		}
		s = slice_of(s.p + n, s.n - n);
		if (!buf_ok(out))
			return;
	}
}
