/* DICOM: explicit and implicit, little and big endian, sequences, character sets, private elements, where it stops. */
#include "pieces.h"

struct made {
	struct buf b;
	bool big, implicit;
};

static void n16(struct made *m, unsigned v)
{
	buf_u16be(&m->b, (uint16_t)(m->big ? v : (v & 0xff) << 8 | v >> 8));
}

static void n32(struct made *m, uint32_t v)
{
	m->big ? buf_u32be(&m->b, v) : buf_u32le(&m->b, v);
}

static void bytes(struct made *m, unsigned group, unsigned element, const char *vr, const void *v, size_t n)
{
	n16(m, group);
	n16(m, element);
	if (m->implicit) {
		n32(m, (uint32_t)(n + n % 2));
	} else {
		buf_add(&m->b, vr, 2);
		if (strstr("OB OW SQ UN UT", vr)) {
			n16(m, 0);
			n32(m, (uint32_t)(n + n % 2));
		} else
			n16(m, (unsigned)(n + n % 2));
	}
	buf_add(&m->b, v, n);
	if (n % 2)
		buf_u8(&m->b, ' ');
}

static void el(struct made *m, unsigned group, unsigned element, const char *vr, const char *v)
{
	bytes(m, group, element, vr, v, strlen(v));
}

static void mark(struct made *m, unsigned element, uint32_t n) /* items and what ends them */
{
	n16(m, 0xFFFE);
	n16(m, element);
	n32(m, n);
}

static void begin(struct made *m, const char *syntax)
{
	uint8_t zero[128] = {0};
	bool big = m->big, implicit = m->implicit;
	buf_init(&m->b, (size_t)1 << 20);
	buf_add(&m->b, zero, sizeof zero);
	buf_str(&m->b, "DICM");
	m->big = m->implicit = false;
	el(m, 2, 0x10, "UI", syntax);
	m->big = big;
	m->implicit = implicit;
}

static void patient(struct made *m)
{
	el(m, 0x0008, 0x0020, "DA", "20200102");
	el(m, 0x0008, 0x0050, "SH", "ACC77");
	el(m, 0x0008, 0x0060, "CS", "CT");
	el(m, 0x0008, 0x0090, "PN", "Doc^Dan^^Dr");
	el(m, 0x0010, 0x0010, "PN", "O'Hara^Ann^Marie^^Jr");
	el(m, 0x0010, 0x0020, "LO", "M1");
	el(m, 0x0010, 0x0030, "DA", "19640307");
	el(m, 0x0010, 0x0040, "CS", "F");
	/* other patient ids: a sequence of known length, an item of undefined length */
	n16(m, 0x0010);
	n16(m, 0x1002);
	if (!m->implicit) {
		buf_str(&m->b, "SQ");
		n16(m, 0);
	}
	n32(m, 8 + 8 + 4 + 8);
	mark(m, 0xE000, UINT32_MAX);
	el(m, 0x0010, 0x0020, "LO", "OLD5");
	mark(m, 0xE00D, 0);
	el(m, 0x0010, 0x1040, "LO", "1 Main St, Salem");
	el(m, 0x0010, 0x4000, "LT", "Call 978-555-0100 \\ ask for Tom");
	bytes(m, 0x7FE0, 0x0010, "OW", "\1\2\3\4\0\0\0\0", 8);
	el(m, 0x7FE0, 0x0012, "LO", "behind the pixels");
}

static const char want[] = "field service_date (0008,0020) [20200102]\nfield visit (0008,0050) [ACC77]\nfield last@provider (0008,0090) [Doc]\nfield prefix@provider (0008,0090) [Dr]\nfield last (0010,0010) [O'Hara]\nfield first (0010,0010) [Ann]\n"
	"field middle (0010,0010) [Marie]\nfield suffix (0010,0010) [Jr]\nfield mrn (0010,0020) [M1]\nfield dob (0010,0030) [19640307]\nfield sex (0010,0040) [F]\nfield mrn (0010,0020) [OLD5]\nfield address (0010,1040) [1 Main St, Salem]\n"
	"text [Call 978-555-0100 \\ ask for Tom]\nfield recording (0008,0060) [CT]\n";

static void encodings(void **state)
{
	static const struct {
		const char *syntax;
		bool big, implicit;
	} all[] = {{"1.2.840.10008.1.2.1", false, false}, {"1.2.840.10008.1.2", false, true}, {"1.2.840.10008.1.2.2", true, false}, {"1.2.840.10008.1.2.4.50", false, false}};
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct pieces x = {.places = true};
		struct made m = {.big = all[i].big, .implicit = all[i].implicit};
		begin(&m, all[i].syntax);
		patient(&m);
		pieces_read(&x, extract_dicom, buf_slice(&m.b));
		pieces_has(&x, want);
		assert_int_equal(x.troubles, 0);
		assert_int_equal(x.records, 1);
		assert_null(strstr(buf_cstr(&x.b), "behind"));
		pieces_done(&x);
		/* the same without preamble and meta group */
		pieces_read(&x, extract_dicom, slice_of(m.b.p + 132 + 8 + (strlen(all[i].syntax) + 1) / 2 * 2, m.b.n - (132 + 8 + (strlen(all[i].syntax) + 1) / 2 * 2)));
		pieces_has(&x, want);
		pieces_done(&x);
		/* cut off anywhere: no fault, and what came before is told */
		for (size_t n = 0; n < m.b.n; n++) {
			pieces_read(&x, extract_dicom, slice_of(m.b.p, n));
			pieces_done(&x);
		}
		buf_done(&m.b);
	}
}

static void charsets(void **state)
{
	static const struct {
		const char *set, *name, *family, *given;
	} all[] = {{"ISO_IR 100", "Buc^J\xe9r\xf4me", "Buc", "J\xc3\xa9r\xc3\xb4me"}, {"ISO_IR 192", "Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe4\xb8\x9c", "\xe7\x8e\x8b", "\xe5\xb0\x8f\xe4\xb8\x9c"}, {"GB18030", "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "\xe7\x8e\x8b", "\xe5\xb0\x8f\xe4\xb8\x9c"},
		{"\\ISO 2022 IR 87", "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "\xe5\xb1\xb1\xe7\x94\xb0", "\xe5\xa4\xaa\xe9\x83\x8e"}, {"\\ISO 2022 IR 149", "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "\xe6\xb4\xaa", "\xe5\x90\x89\xe6\xb4\x9e"}}; /* PS3.5 annexes H to K */
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		char line[200];
		struct pieces x = {0};
		struct made m = {0};
		begin(&m, "1.2.840.10008.1.2.1");
		el(&m, 0x0008, 0x0005, "CS", all[i].set);
		el(&m, 0x0010, 0x0010, "PN", all[i].name);
		pieces_read(&x, extract_dicom, buf_slice(&m.b));
		snprintf(line, sizeof line, "field last (0010,0010) [%s]\nfield first (0010,0010) [%s]\n", all[i].family, all[i].given);
		pieces_has(&x, line);
		pieces_done(&x);
		buf_done(&m.b);
	}
}

static void others(void **state)
{
	struct pieces x = {0};
	struct made m = {0};
	begin(&m, "1.2.840.10008.1.2.1");
	el(&m, 0x0009, 0x0010, "LO", "ACME 1.0");
	el(&m, 0x0009, 0x1001, "PN", "Wu^Su");
	el(&m, 0x0009, 0x1002, "UN", "MRN 4711 in the clear");
	el(&m, 0x0010, 0x0010, "PN", "Ann O'Hara"); /* as some enter it */
	el(&m, 0x0042, 0x0012, "LO", "application/pdf");
	bytes(&m, 0x0042, 0x0011, "OB", "%PDF-1.4 and so on", 18);
	pieces_read(&x, extract_dicom, buf_slice(&m.b));
	pieces_has(&x, "field last@anybody (0009,1001) [Wu]\nfield other (0009,1002) [MRN 4711 in the clear]\nfield name (0010,0010) [Ann O'Hara]\n");
	assert_non_null(strstr(buf_cstr(&x.b), "member document"));
	pieces_done(&x);
	buf_done(&m.b);
	begin(&m, "1.2.840.10008.1.2.1.99");
	buf_str(&m.b, "\x4b\x4c\x4a packed");
	pieces_read(&x, extract_dicom, buf_slice(&m.b));
	pieces_has(&x, "trouble missing\n");
	pieces_done(&x);
	buf_done(&m.b);
}

/* One that a machine wrote. */
static void real(void **state)
{
	const char *corpus = getenv("HOLDFAST_CORPUS");
	AUTO_BUF struct buf b = {0};
	struct err e = {0};
	struct pieces x = {0};
	char path[512];
	if (!corpus)
		skip();
	snprintf(path, sizeof path, "%s/ecg/formats/dicom/sbj123.dcm", corpus);
	buf_init(&b, (size_t)16 << 20);
	if (file_read(-100, path, (size_t)16 << 20, &b, &e) < 0)
		skip();
	pieces_read(&x, extract_dicom, buf_slice(&b));
	assert_non_null(strstr(buf_cstr(&x.b), "field recording "));
	assert_non_null(strstr(buf_cstr(&x.b), "field mrn (0010,0020)"));
	assert_int_equal(x.troubles, 0);
	pieces_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(encodings), cmocka_unit_test(charsets), cmocka_unit_test(others), cmocka_unit_test(real)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
