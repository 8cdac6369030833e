/* DICOM (PS3.5, PS3.6, PS3.10): what a header says of persons, up to the pixels.
 *
 * Files with their 128 bytes and meta group, and bare data sets; implicit and explicit VR, little and big endian (what the first element looks like is believed more than the transfer syntax that is named); a deflated data set is told as
 * unread. Sequences are walked through flat: their elements come like any others. Text is turned by Specific Character Set. Pixels, waves and overlays are passed over: that they are there makes the file a recording of the patient.
 * An encapsulated document is a member. Private elements (odd groups) are told where they are text: names of persons as such, the rest as OTHER. */
#include "extract_internal.h"
#include "extract_values.h"

#include <stdio.h>

#define R(x) PERSON_ROLE_##x
#define TAG(g, e) ((uint32_t)(g) << 16 | (e))
#define UNDEFINED UINT32_MAX
#define DEPTH_MAX 64

struct element {
	uint32_t tag;
	char vr[3];
	uint8_t role, who;
};
#define SUB PERSON_SUBJECT
#define PRO PERSON_PROVIDER_WHO
/* The VR is for implicit encodings. Sorted by tag. */
static const struct element elements[] = {
	{TAG(0x0008, 0x0012), "DA", R(SERVICE_DATE), SUB}, {TAG(0x0008, 0x0020), "DA", R(SERVICE_DATE), SUB}, {TAG(0x0008, 0x0021), "DA", R(SERVICE_DATE), SUB}, {TAG(0x0008, 0x0022), "DA", R(SERVICE_DATE), SUB}, {TAG(0x0008, 0x0023), "DA", R(SERVICE_DATE), SUB},
	{TAG(0x0008, 0x002A), "DT", R(SERVICE_DATE), SUB}, {TAG(0x0008, 0x0050), "SH", R(VISIT), SUB}, {TAG(0x0008, 0x0080), "LO", R(ASSIGNER), SUB}, {TAG(0x0008, 0x0081), "ST", R(ASSIGNER), SUB}, {TAG(0x0008, 0x0090), "PN", 0, PRO}, {TAG(0x0008, 0x0092), "ST", R(ADDRESS), PRO},
	{TAG(0x0008, 0x0094), "SH", R(PHONE), PRO}, {TAG(0x0008, 0x009C), "PN", 0, PRO}, {TAG(0x0008, 0x1030), "LO", R(TREATMENT), SUB}, {TAG(0x0008, 0x103E), "LO", R(TREATMENT), SUB}, {TAG(0x0008, 0x1040), "LO", R(ASSIGNER), SUB}, {TAG(0x0008, 0x1048), "PN", 0, PRO}, {TAG(0x0008, 0x1050), "PN", 0, PRO},
	{TAG(0x0008, 0x1060), "PN", 0, PRO}, {TAG(0x0008, 0x1070), "PN", 0, PERSON_STAFF}, {TAG(0x0008, 0x1080), "LO", R(DIAGNOSIS), SUB}, {TAG(0x0008, 0x4000), "LT", R(NOTE), SUB},
	{TAG(0x0010, 0x0010), "PN", 0, SUB}, {TAG(0x0010, 0x0020), "LO", R(MRN), SUB}, {TAG(0x0010, 0x0021), "LO", R(ASSIGNER), SUB}, {TAG(0x0010, 0x0030), "DA", R(DOB), SUB}, {TAG(0x0010, 0x0040), "CS", R(SEX), SUB}, {TAG(0x0010, 0x1000), "LO", R(MRN), SUB}, {TAG(0x0010, 0x1001), "PN", 0, SUB},
	{TAG(0x0010, 0x1005), "PN", R(MAIDEN), SUB}, {TAG(0x0010, 0x1010), "AS", R(OTHER), SUB}, {TAG(0x0010, 0x1040), "LO", R(ADDRESS), SUB}, {TAG(0x0010, 0x1060), "PN", R(MAIDEN), PERSON_KIN}, {TAG(0x0010, 0x1090), "LO", R(MRN), SUB}, {TAG(0x0010, 0x2000), "LO", R(DIAGNOSIS), SUB},
	{TAG(0x0010, 0x2110), "LO", R(DIAGNOSIS), SUB}, {TAG(0x0010, 0x2150), "LO", R(COUNTRY), SUB}, {TAG(0x0010, 0x2152), "LO", R(COUNTY), SUB}, {TAG(0x0010, 0x2154), "SH", R(PHONE), SUB}, {TAG(0x0010, 0x2155), "LT", R(PHONE), SUB}, {TAG(0x0010, 0x2160), "SH", R(RACE), SUB},
	{TAG(0x0010, 0x2180), "SH", R(OTHER), SUB}, {TAG(0x0010, 0x21B0), "LT", R(NOTE), SUB}, {TAG(0x0010, 0x21F0), "LO", R(OTHER), SUB}, {TAG(0x0010, 0x2297), "PN", 0, PERSON_KIN}, {TAG(0x0010, 0x4000), "LT", R(NOTE), SUB},
	{TAG(0x0018, 0x0010), "LO", R(MEDICATION), SUB}, {TAG(0x0018, 0x1030), "LO", R(TREATMENT), SUB}, {TAG(0x0018, 0x4000), "LT", R(NOTE), SUB}, {TAG(0x0020, 0x0010), "SH", R(VISIT), SUB}, {TAG(0x0020, 0x4000), "LT", R(NOTE), SUB}, {TAG(0x0032, 0x1032), "PN", 0, PRO}, {TAG(0x0032, 0x1033), "LO", R(ASSIGNER), SUB},
	{TAG(0x0032, 0x1060), "LO", R(TREATMENT), SUB}, {TAG(0x0032, 0x1070), "LO", R(MEDICATION), SUB}, {TAG(0x0032, 0x4000), "LT", R(NOTE), SUB}, {TAG(0x0038, 0x0010), "LO", R(VISIT), SUB}, {TAG(0x0038, 0x0020), "DA", R(SERVICE_DATE), SUB}, {TAG(0x0038, 0x0030), "DA", R(SERVICE_DATE), SUB},
	{TAG(0x0038, 0x0050), "LO", R(TREATMENT), SUB}, {TAG(0x0038, 0x0060), "LO", R(VISIT), SUB}, {TAG(0x0038, 0x0300), "LO", R(OTHER), SUB}, {TAG(0x0038, 0x0400), "LO", R(ADDRESS), SUB}, {TAG(0x0038, 0x0500), "LO", R(DIAGNOSIS), SUB}, {TAG(0x0038, 0x4000), "LT", R(NOTE), SUB},
	{TAG(0x0040, 0x0002), "DA", R(SERVICE_DATE), SUB}, {TAG(0x0040, 0x0006), "PN", 0, PRO}, {TAG(0x0040, 0x0007), "LO", R(TREATMENT), SUB}, {TAG(0x0040, 0x0244), "DA", R(SERVICE_DATE), SUB}, {TAG(0x0040, 0x0254), "LO", R(TREATMENT), SUB}, {TAG(0x0040, 0x0280), "ST", R(NOTE), SUB},
	{TAG(0x0040, 0x1002), "LO", R(DIAGNOSIS), SUB}, {TAG(0x0040, 0x1010), "PN", 0, PERSON_ANYBODY}, {TAG(0x0040, 0x1400), "LT", R(NOTE), SUB}, {TAG(0x0040, 0x2001), "LO", R(DIAGNOSIS), SUB}, {TAG(0x0040, 0x2008), "PN", 0, PERSON_STAFF}, {TAG(0x0040, 0x2010), "SH", R(PHONE), PERSON_STAFF},
	{TAG(0x0040, 0x2016), "LO", R(OTHER), SUB}, {TAG(0x0040, 0x2017), "LO", R(OTHER), SUB}, {TAG(0x0040, 0x2400), "LT", R(NOTE), SUB}, {TAG(0x0040, 0xA075), "PN", 0, PRO}, {TAG(0x0040, 0xA123), "PN", 0, PERSON_ANYBODY}, {TAG(0x0040, 0xA160), "UT", R(NOTE), SUB},
	{TAG(0x0042, 0x0010), "ST", R(OTHER), SUB}, {TAG(0x0070, 0x0006), "ST", R(NOTE), SUB}, {TAG(0x0070, 0x0084), "PN", 0, PERSON_STAFF}, {TAG(0x4008, 0x0102), "PN", 0, PERSON_STAFF}, {TAG(0x4008, 0x010A), "PN", 0, PERSON_STAFF}, {TAG(0x4008, 0x010B), "ST", R(NOTE), SUB}, {TAG(0x4008, 0x010C), "PN", 0, PRO},
	{TAG(0x4008, 0x0114), "PN", 0, PRO}, {TAG(0x4008, 0x0115), "LT", R(DIAGNOSIS), SUB}};

struct reader {
	const struct extract_out *o;
	struct err *e;
	struct slice file;
	struct cur c;
	bool big, implicit;
	int unknown_depth;    /* inside an element of VR UN of undefined length: implicit VR there (PS3.5 6.2.2) */
	const char *charset;  /* NULL: ASCII, or guessed */
	bool escapes;         /* ISO 2022 with 94x94 sets in G1 */
	struct slice modality, document_type;
	bool recording, told;
};

static const struct element *element_of(uint32_t tag)
{
	size_t lo = 0, hi = ARRAY_LEN(elements);
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (elements[mid].tag == tag)
			return &elements[mid];
		if (elements[mid].tag < tag)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* ---- values ---- */

/* PS3.3 C.12.1.1.2 */
static void character_set(struct reader *x, struct slice v)
{
	static const struct {
		char defined[16], charset[16];
		bool escapes;
	} sets[] = {{"ISO_IR 100", "ISO-8859-1"}, {"ISO_IR 101", "ISO-8859-2"}, {"ISO_IR 109", "ISO-8859-3"}, {"ISO_IR 110", "ISO-8859-4"}, {"ISO_IR 144", "ISO-8859-5"}, {"ISO_IR 127", "ISO-8859-6"}, {"ISO_IR 126", "ISO-8859-7"}, {"ISO_IR 138", "ISO-8859-8"},
		{"ISO_IR 148", "ISO-8859-9"}, {"ISO_IR 203", "ISO-8859-15"}, {"ISO_IR 166", "TIS-620"}, {"ISO_IR 13", "SHIFT_JIS"}, {"ISO_IR 192", "UTF-8"}, {"GB18030", "GB18030"}, {"GBK", "GBK"}, {"ISO 2022 IR 87", "ISO-2022-JP-2"}, {"ISO 2022 IR 159", "ISO-2022-JP-2"},
		{"ISO 2022 IR 149", "EUC-KR", true}, {"ISO 2022 IR 58", "EUC-CN", true}, {"ISO 2022 IR 100", "ISO-8859-1", true}, {"ISO 2022 IR 101", "ISO-8859-2", true}, {"ISO 2022 IR 144", "ISO-8859-5", true}, {"ISO 2022 IR 126", "ISO-8859-7", true}, {"ISO 2022 IR 13", "SHIFT_JIS"}};
	struct slice rest = v, one;
	while (rest.p) { /* the last that is known: one of several bytes stands behind one of one */
		one = slice_trim(slice_cut(rest, '\\', &rest));
		for (size_t i = 0; i < ARRAY_LEN(sets); i++)
			if (slice_eq_str(one, sets[i].defined)) {
				x->charset = sets[i].charset;
				x->escapes = sets[i].escapes;
			}
	}
}

/* A value's text, without its padding. b: where it is put when it had to be turned. */
static int decoded(struct reader *x, struct slice v, struct buf *b, struct slice *ret)
{
	AUTO_BUF struct buf plain = {0};
	while (v.n && (v.p[v.n - 1] == 0 || v.p[v.n - 1] == ' '))
		v.n--;
	buf_init(&plain, v.n + 16);
	buf_init(b, v.n * 4 + 65536);
	if (x->escapes && memchr(v.p ? v.p : (const uint8_t *)"", 0x1B, v.n)) {
		for (size_t i = 0; i < v.n; i++)
			if (v.p[i] == 0x1B) /* ESC, intermediates, final */
				for (i++; i < v.n && v.p[i] >= 0x20 && v.p[i] < 0x30; i++)
					;
			else
				buf_u8(&plain, v.p[i]);
		v = buf_slice(&plain);
	}
	struct slice text;
	int r = extract_utf8(v, x->charset, b, &text, NULL, x->e);
	if (r == 0 && text.p >= plain.p && plain.p && text.p <= plain.p + plain.n) { /* a slice of what goes away */
		buf_reset(b);
		buf_add_slice(b, text);
		text = buf_slice(b);
	}
	if (r == 0)
		*ret = text;
	return r;
}

static int tell(struct reader *x, uint32_t tag, int role, int who, struct slice v, uint64_t at)
{
	char name[16];
	if (!v.n || (role == R(OTHER) && v.n <= 2))
		return 0;
	if (role == R(NOTE))
		return extract_put_text(x->o, v, at, x->e);
	int n = snprintf(name, sizeof name, "(%04x,%04x)", tag >> 16, tag & 0xffff);
	return extract_put_field(x->o, extract_value_role(role, v), who, slice_of(name, (size_t)n), v, at, x->e);
}

/* PN: up to three writings parted by =, each family^given^middle^prefix^suffix */
static int person(struct reader *x, uint32_t tag, int role, int who, struct slice v, uint64_t at)
{
	static const uint8_t roles[] = {R(LAST), R(FIRST), R(MIDDLE), R(PREFIX), R(SUFFIX)};
	struct slice rest = v, writing;
	int r = 0;
	while (rest.p && r == 0) {
		writing = slice_cut(rest, '=', &rest);
		bool whole = !memchr(writing.p, '^', writing.n); /* "Ann O'Hara", as some enter it */
		struct slice parts = writing, part;
		for (size_t i = 0; parts.p && i < ARRAY_LEN(roles) && r == 0; i++) {
			part = slice_cut(parts, '^', &parts);
			bool two = whole && (memchr(part.p, ' ', part.n) || memchr(part.p, ',', part.n));
			r = tell(x, tag, two ? R(NAME) : i == 0 && role ? role : roles[i], who, part, at + (uint64_t)(part.p - v.p));
		}
	}
	return r;
}

static bool is_text_vr(const char *vr)
{
	return strstr("LO SH ST LT UT UC PN AS DA DT CS", vr) != NULL;
}

static bool is_one_text(const char *vr) /* a backslash is a letter */
{
	return !strcmp(vr, "ST") || !strcmp(vr, "LT") || !strcmp(vr, "UT");
}

static bool printable(struct slice v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 && v.p[i] != '\r' && v.p[i] != '\n' && v.p[i] != '\t' && v.p[i] != 0x1B && !(v.p[i] == 0 && i + 1 == v.n))
			return false;
	return v.n > 2;
}

static bool numeric(struct slice v) /* numbers, times, UIDs: of a standard element that is not on the list, nobody's data */
{
	for (size_t i = 0; i < v.n; i++)
		if (!(v.p[i] >= '0' && v.p[i] <= '9') && !strchr(".+-\\: eE", v.p[i]) && v.p[i])
			return false;
	return true;
}

static int value(struct reader *x, uint32_t tag, const char *vr, struct slice v)
{
	AUTO_BUF struct buf b = {0};
	const struct element *known = element_of(tag);
	uint64_t at = (uint64_t)(v.p - x->file.p);
	struct slice text = SLICE_NULL, rest, one;
	if (tag == TAG(0x0008, 0x0005))
		character_set(x, v);
	if (tag == TAG(0x0008, 0x0060))
		x->modality = slice_trim(v);
	if (tag == TAG(0x0042, 0x0012))
		x->document_type = slice_trim(v);
	if (!known && (tag >> 16 & 1) == 0 && (!strcmp(vr, "CS") || !strcmp(vr, "DA") || !strcmp(vr, "DT") || !strcmp(vr, "AS"))) /* codes and dates of machines */
		return 0;
	if (!known && !is_text_vr(vr) && !((!strcmp(vr, "UN") || !strcmp(vr, "??")) && v.n <= 65536 && printable(v)))
		return 0;
	if (!known && (tag >> 16 & 1) == 0 && (tag == TAG(0x0008, 0x0005) || (!strcmp(vr, "??") && numeric(v))))
		return 0;
	if (tag >> 16 <= 2 || v.n > (size_t)64 << 20)
		return 0;
	int r = decoded(x, v, &b, &text);
	bool turned = b.n > 0;
	for (rest = text; rest.p && r == 0;) {
		one = is_one_text(vr) ? text : slice_cut(rest, '\\', &rest);
		uint64_t here = turned ? at : at + (uint64_t)(one.p - v.p);
		if (!strcmp(vr, "PN"))
			r = person(x, tag, known ? known->role : 0, known ? known->who : PERSON_ANYBODY, one, here);
		else
			r = tell(x, tag, known ? known->role : R(OTHER), known ? known->who : SUB, one, here);
		if (is_one_text(vr))
			break;
	}
	return r;
}

static int document(struct reader *x, struct slice v)
{
	char name[32] = "document";
	size_t n = strlen(name);
	struct slice sub;
	slice_cut(x->document_type, '/', &sub);
	if (sub.n && sub.n < 12) {
		name[n++] = '.';
		for (size_t i = 0; i < sub.n; i++)
			name[n++] = (char)((sub.p[i] | 32) >= 'a' && (sub.p[i] | 32) <= 'z' ? sub.p[i] | 32 : '_');
	}
	return extract_member(x->o, slice_of(name, n), v, x->e);
}

/* ---- elements ---- */

static uint16_t u16(struct reader *x)
{
	return x->big ? cur_u16be(&x->c) : cur_u16le(&x->c);
}

static uint32_t u32(struct reader *x)
{
	return x->big ? cur_u32be(&x->c) : cur_u32le(&x->c);
}

static bool is_vr(const uint8_t *p)
{
	return p[0] >= 'A' && p[0] <= 'Z' && p[1] >= 'A' && p[1] <= 'Z';
}

/* The next element's head. False: there is none that is whole. */
static bool head(struct reader *x, uint32_t *tag, char vr[3], uint32_t *n)
{
	static const char *const wide[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"};
	uint32_t group = u16(x);
	*tag = group << 16 | u16(x);
	memcpy(vr, "??", 3);
	if (group == 0xFFFE) {
		*n = u32(x);
		return !x->c.failed;
	}
	if (x->implicit || x->unknown_depth) {
		const struct element *known = element_of(*tag);
		if (known)
			memcpy(vr, known->vr, 3);
		*n = u32(x);
		return !x->c.failed;
	}
	struct slice two = cur_take(&x->c, 2);
	if (x->c.failed || !is_vr(two.p))
		return false;
	memcpy(vr, two.p, 2);
	bool is_wide = false;
	for (size_t i = 0; i < ARRAY_LEN(wide); i++)
		is_wide |= !memcmp(vr, wide[i], 2);
	if (is_wide)
		u16(x);
	*n = is_wide ? u32(x) : u16(x);
	return !x->c.failed;
}

/* Data that is no text: pixels end the header, overlays and waves are passed over. */
static bool is_recording(uint32_t tag)
{
	return tag == TAG(0x7FE0, 0x0010) || tag == TAG(0x7FE0, 0x0008) || tag == TAG(0x7FE0, 0x0009) || tag == TAG(0x5400, 0x1010);
}

static int told_recording(struct reader *x)
{
	if (x->told || !x->recording)
		return 0;
	x->told = true;
	struct slice what = x->modality.n && x->modality.n <= 16 && utf8_valid(x->modality) ? x->modality : SLICE("DICOM");
	return extract_put_field(x->o, R(RECORDING), SUB, SLICE("(0008,0060)"), what, x->modality.n ? (uint64_t)(x->modality.p - x->file.p) : 0, x->e);
}

static int data_set(struct reader *x)
{
	int r = 0;
	uint64_t open = 0; /* sequences and items without a length, which something has to end */
	while (r == 0 && cur_left(&x->c) >= 8) {
		uint32_t tag, n;
		char vr[3];
		if (!head(x, &tag, vr, &n)) {
			extract_tell(x->o, EXTRACT_BROKEN, "its elements end at byte %zu; what came before was read", cur_offset(&x->c));
			open = 0;
			break;
		}
		open -= open > 0 && (tag == TAG(0xFFFE, 0xE0DD) || tag == TAG(0xFFFE, 0xE00D));
		if (tag == TAG(0xFFFE, 0xE0DD))
			x->unknown_depth -= x->unknown_depth > 0;
		open += n == UNDEFINED && !is_recording(tag);
		if (tag >> 16 == 0xFFFE)
			continue; /* items and what ends them: what is in them comes next */
		if (is_recording(tag)) {
			x->recording = true;
			if (tag >> 16 == 0x7FE0 || n == UNDEFINED) {
				open = 0; /* what stands behind the pixels is not looked at */
				break;
			}
		}
		if (n == UNDEFINED && strcmp(vr, "SQ") != 0) {
			x->unknown_depth += !strcmp(vr, "UN") && x->unknown_depth < DEPTH_MAX;
			continue;
		}
		if (!strcmp(vr, "SQ") || n == UNDEFINED) {
			x->unknown_depth += x->unknown_depth > 0 && n == UNDEFINED;
			continue;
		}
		/* in implicit encodings a sequence of known length begins with an item */
		if (!strcmp(vr, "??") && n >= 8 && cur_left(&x->c) >= 8 && !memcmp(x->c.p, x->big ? "\xFF\xFE\xE0\x00" : "\xFE\xFF\x00\xE0", 4))
			continue;
		struct slice v = cur_take(&x->c, n);
		if (!v.p && n) {
			extract_tell(x->o, EXTRACT_BROKEN, "it is cut off in an element; what came before was read");
			open = 0;
			break;
		}
		if (tag == TAG(0x0042, 0x0011) && v.n)
			r = document(x, v);
		else if (v.n && !is_recording(tag))
			r = value(x, tag, vr, v);
	}
	if (r == 0 && open)
		extract_tell(x->o, EXTRACT_BROKEN, "it is cut off in a sequence; what came before was read");
	return r ? r : told_recording(x);
}

/* ---- files ---- */

/* Which encoding do the first bytes of a data set have? */
static bool guess(struct reader *x, struct slice s)
{
	if (s.n < 8)
		return false;
	x->implicit = !is_vr(s.p + 4);
	uint16_t little = (uint16_t)(s.p[0] | s.p[1] << 8), large = (uint16_t)(s.p[0] << 8 | s.p[1]);
	x->big = little > 0x0100 && large <= 0x0100;
	return little <= 0x7FE0 || large <= 0x7FE0;
}

/* The meta group: explicit little endian, to its end. *ret_deflated: what follows is packed. */
static void meta(struct reader *x, bool *ret_deflated)
{
	*ret_deflated = false;
	while (cur_left(&x->c) >= 8 && x->c.p[0] == 2 && x->c.p[1] == 0) {
		uint32_t tag, n;
		char vr[3];
		if (!head(x, &tag, vr, &n))
			return;
		struct slice v = cur_take(&x->c, n);
		while (v.n && (v.p[v.n - 1] == 0 || v.p[v.n - 1] == ' '))
			v.n--;
		if (tag == TAG(0x0002, 0x0010))
			*ret_deflated = slice_eq_str(v, "1.2.840.10008.1.2.1.99");
	}
}

int extract_dicom(struct slice file, const struct extract_out *o, struct err *e)
{
	struct reader x = {.o = o, .e = e, .file = file, .c = cur_of(file)};
	bool deflated = false;
	if (!file.n)
		return 0;
	if (file.n >= 132 && !memcmp(file.p + 128, "DICM", 4)) {
		(void)cur_take(&x.c, 132);
		meta(&x, &deflated);
	}
	if (deflated) {
		extract_tell(o, EXTRACT_MISSING, "a deflated DICOM data set is not read");
		return 0;
	}
	if (!guess(&x, slice_of(x.c.p, cur_left(&x.c)))) {
		extract_tell(o, EXTRACT_BROKEN, "no element of DICOM stands where its data set begins");
		return 0;
	}
	int r = extract_put_record(o, SLICE_NULL, cur_offset(&x.c), e);
	return r ? r : data_set(&x);
}
