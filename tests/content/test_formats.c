/* Formats made by hand, field by field after their standards: whole, and with one thing wrong. */
#include "content_test.h"

#include "content_internal.h"

static void text_field(struct buf *b, const char *s, size_t n)
{
	size_t len = strlen(s);
	buf_add(b, s, len);
	for (; len < n; len++)
		buf_u8(b, ' ');
}

static void put16(struct buf *b, uint16_t v)
{
	buf_u8(b, (uint8_t)v);
	buf_u8(b, (uint8_t)(v >> 8));
}

static void zeros(struct buf *b, size_t n)
{
	while (n--)
		buf_u8(b, 0);
}

static void put32(struct buf *b, size_t at, uint32_t v)
{
	v = htole32(v);
	memcpy(b->p + at, &v, 4);
}

/* Whole it is valid; with the byte at `at` changed, and cut before its end, it is lost. */
static void both_ways(int line, const char *name, struct buf *b, int type, size_t at)
{
	struct content_report r = check_buf(name, b);
	if (r.type != type || r.state != CONTENT_VALID)
		fail_msg("line %d: %s: %s, state %d: %s", line, name, content_type_name(r.type), r.state, r.why);
	for (size_t piece = 1; piece < 40; piece += 19)
		assert_valid(check_pieces(name, buf_slice(b), piece), type);
	if (at) {
		b->p[at] ^= 0x55;
		r = check_buf(name, b);
		if (r.state == CONTENT_VALID && r.type == type)
			fail_msg("line %d: %s is valid with a wrong byte at %zu", line, name, at);
		b->p[at] ^= 0x55;
	}
	size_t n = b->n;
	b->n -= b->n / 3;
	r = check_buf(name, b);
	if (r.state == CONTENT_VALID && r.type == type)
		fail_msg("line %d: %s is valid when it is cut off", line, name);
	b->n = n;
}
#define BOTH(name, b, type, at) both_ways(__LINE__, name, b, type, at)
#define NEW_BUF(b)             \
	AUTO_BUF struct buf b; \
	buf_init(&b, BYTES_MOST)

static void scp_ecg(void **state)
{
	NEW_BUF(b);
	zeros(&b, 6);
	zeros(&b, 2); /* section 0: CRC, number, length, versions, reserved */
	put16(&b, 0);
	buf_u32le(&b, 136);
	buf_add(&b, "\x0d\x0dSCPECG", 8);
	for (unsigned i = 0; i < 12; i++) {
		put16(&b, (uint16_t)i);
		buf_u32le(&b, i == 0 ? 136 : i == 1 ? 600 : 0);
		buf_u32le(&b, i == 0 ? 7 : i == 1 ? 143 : 0);
	}
	words(&b, 600);
	put32(&b, 2, (uint32_t)b.n);
	uint16_t crc = sum_crc_ccitt(0xFFFF, b.p + 2, b.n - 2);
	b.p[0] = (uint8_t)crc;
	b.p[1] = (uint8_t)(crc >> 8);
	BOTH("a.scp", &b, CONTENT_SCP_ECG, 500);
}

static void edf(void **state)
{
	NEW_BUF(b);
	text_field(&b, "0", 8);
	text_field(&b, "X X X X", 80);
	text_field(&b, "Startdate 01-JAN-2026", 80);
	buf_str(&b, "01.01.2600.00.00");
	text_field(&b, "768", 8);
	text_field(&b, "EDF+C", 44);
	text_field(&b, "10", 8);
	text_field(&b, "1", 8);
	text_field(&b, "2", 4);
	for (int i = 0; i < 2; i++)
		text_field(&b, "lead", 16);
	for (int i = 0; i < 2; i++)
		text_field(&b, "electrode", 80);
	for (int i = 0; i < 2; i++)
		text_field(&b, "mV", 8);
	for (int i = 0; i < 8; i++)
		text_field(&b, i % 4 < 2 ? "-100" : "100", 8);
	for (int i = 0; i < 2; i++)
		text_field(&b, "", 80);
	for (int i = 0; i < 2; i++)
		text_field(&b, "250", 8);
	for (int i = 0; i < 2; i++)
		text_field(&b, "", 32);
	assert_int_equal(b.n, 768);
	for (unsigned i = 0; i < 10 * 2 * 250; i++)
		buf_u16be(&b, (uint16_t)(i * 13 % 1000 << 8 | 1));
	BOTH("a.edf", &b, CONTENT_EDF, 253);
	noise(b.p + 2000, b.n - 2000, 1); /* samples that became noise */
	assert_lost(check_buf("a.edf", &b), CONTENT_EDF);
}

static void element(struct buf *b, unsigned group, unsigned number, const char *vr, const void *p, size_t n)
{
	put16(b, (uint16_t)group);
	put16(b, (uint16_t)number);
	if (!vr)
		buf_u32le(b, (uint32_t)n);
	else {
		buf_str(b, vr);
		put16(b, (uint16_t)n);
	}
	buf_add(b, p, n);
}

static void dicom(void **state)
{
	static const uint8_t sequence[] = {0x40, 0, 0x75, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF, 8, 0, 0, 1, 2, 0, 0,
		0, 'A', ' ', 0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0};
	uint8_t pixels[6000];
	for (size_t i = 0; i < sizeof pixels; i++)
		pixels[i] = (uint8_t)(i % 91);
	for (int kind = 0; kind < 3; kind++) {
		NEW_BUF(b);
		const char *vr = kind == 1
			? "CS"
			: NULL; /* 0: no preamble, implicit; 1: no preamble, explicit; 2: preamble, implicit by its transfer syntax */
		if (kind == 2) {
			zeros(&b, 128);
			buf_str(&b, "DICM");
			element(&b, 2, 0x10, "UI", "1.2.840.10008.1.2\0", 18);
		}
		element(&b, 8, 5, vr, "ISO_IR 100", 10);
		element(&b, 8, 0x60, vr, "CT", 2);
		element(&b, 0x10, 0x10, vr ? "PN" : NULL, "DOE^JOHN", 8);
		element(&b, 0x10, 0x20, vr ? "LO" : NULL, "12", 2);
		element(&b, 0x10, 0x40, vr ? "CS" : NULL, "M ", 2);
		size_t patient = b.n;
		if (!vr)
			buf_add(&b, sequence, sizeof sequence);
		if (vr) {
			buf_add(&b, "\xE0\x7F\x10\0OW\0\0", 8);
			buf_u32le(&b, sizeof pixels);
			buf_add(&b, pixels, sizeof pixels);
		} else
			element(&b, 0x7FE0, 0x10, NULL, pixels, sizeof pixels);
		BOTH("a.dcm", &b, CONTENT_DICOM, patient + 4);
		zeros(&b, 700);
		struct content_report r = check_buf("a.dcm", &b);
		assert_valid(r, CONTENT_DICOM);
		assert_false(r.appended);
		b.n -= 700;
		noise(b.p + 4096, 1800, 2); /* pixels that became noise: the last block, not whole, but most of it */
		noise(b.p + 5896, b.n - 5896, 3);
		assert_int_equal(b.n > 6144 ? check_buf("a.dcm", &b).state : CONTENT_LOST, CONTENT_LOST);
	}
}

static void program_headers(void **state)
{
	NEW_BUF(e); /* ELF: header, a section of data, the table of two */
	buf_add(&e,
		"\x7F"
		"ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3E\0\1\0\0\0",
		24);
	zeros(&e, 16);
	buf_add(&e, "\x40\x02\0\0\0\0\0\0\0\0\0\0\x40\0\0\0\0\0\x40\0\2\0\1\0", 24); /* table at 576, two entries of 64 */
	assert_int_equal(e.n, 64);
	words(&e, 512);
	zeros(&e, 64);
	size_t section = e.n;
	zeros(&e, 64);
	put32(&e, section + 4, 1);
	put32(&e, section + 24, 64);
	put32(&e, section + 32, 512);
	BOTH("a.so", &e, CONTENT_ELF, 58);
	put32(&e, section + 32, 100000); /* a section behind the end */
	assert_lost(check_buf("a.so", &e), CONTENT_ELF);

	NEW_BUF(p); /* PE */
	buf_add(&p, "MZ\x90\0\3\0\0\0\4\0", 10);
	zeros(&p, 50);
	buf_u32le(&p, 64);
	buf_add(&p, "PE\0\0\x64\x86\1\0", 8);
	zeros(&p, 12);
	put16(&p, 28);
	put16(&p, 0x22);
	zeros(&p, 28);
	buf_add(&p, ".text\0\0\0", 8);
	zeros(&p, 8);
	buf_u32le(&p, 300);
	buf_u32le(&p, 512);
	zeros(&p, 16);
	zeros(&p, 512 - p.n);
	words(&p, 300);
	BOTH("a.exe", &p, CONTENT_PE, 65);

	NEW_BUF(j); /* Java */
	buf_add(&j, "\xCA\xFE\xBA\xBE\0\0\0\x34\0\4\1\0\4Main\7\0\1\5\0\0\0\0\0\0\0\1\0\x21\0\2\0\0\0\0\0\0", 36);
	j.p[9] = 5; /* a long takes two */
	BOTH("A.class", &j, CONTENT_JAVA, 17);
}

static void chunk(struct buf *b, const char *name, const void *p, size_t n)
{
	buf_str(b, name);
	buf_u32le(b, (uint32_t)n);
	buf_add(b, p, n);
}

static void riff_and_boxes(void **state)
{
	NEW_BUF(w);
	uint8_t data[900];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i % 50);
	buf_str(&w, "RIFF");
	buf_u32le(&w, 4 + 8 + 900);
	buf_str(&w, "WEBP");
	chunk(&w, "VP8 ", data, 900);
	BOTH("a.webp", &w, CONTENT_WEBP, 12);

	NEW_BUF(a);
	buf_str(&a, "RIFF");
	buf_u32le(&a, 4 + 12 + 8 + 900 + 8 + 16);
	buf_str(&a, "AVI LIST");
	buf_u32le(&a, 4 + 8 + 900);
	buf_str(&a, "movi");
	chunk(&a, "00dc", data, 900);
	chunk(&a, "idx1", data, 16);
	BOTH("a.avi", &a, CONTENT_AVI, 28);

	NEW_BUF(m);
	buf_u32be(&m, 16);
	buf_str(&m, "ftypisom");
	buf_u32be(&m, 0);
	buf_u32be(&m, 8 + 8 + 20);
	buf_str(&m, "moov");
	buf_u32be(&m, 8 + 20);
	buf_str(&m, "mvhd");
	buf_add(&m, data, 20);
	buf_u32be(&m, 8 + 700);
	buf_str(&m, "mdat");
	buf_add(&m, data, 700);
	BOTH("a.mp4", &m, CONTENT_MP4, 27);
	BOTH("a.mov", &m, CONTENT_MP4, 52);

	NEW_BUF(s);
	for (int i = 0; i < 12; i++) { /* 128 kbit/s, 44.1 kHz: 417 bytes a frame */
		buf_add(&s, "\xFF\xFB\x90\0", 4);
		buf_add(&s, data, 413);
	}
	assert_valid(check_buf("a.mp3", &s), CONTENT_MP3);
	noise(s.p + 2000, 1000, 1);
	assert_lost(check_buf("a.mp3", &s), CONTENT_MP3);
}

static void tiff_and_bmp(void **state)
{
	NEW_BUF(t);
	static const struct {
		uint16_t tag, type;
		uint32_t count, value;
	} entries[] = {{256, 3, 1, 100}, {257, 3, 1, 100}, {258, 3, 1, 8}, {259, 3, 1, 1}, {262, 3, 1, 1}, {273, 4, 1, 8}, {278, 4, 1, 100},
		{279, 4, 1, 10000}};
	buf_add(&t, "II\x2A\0", 4);
	buf_u32le(&t, 8 + 10000);
	for (size_t i = 0; i < 10000; i++)
		buf_u8(&t, (uint8_t)(i % 77));
	put16(&t, ARRAY_LEN(entries));
	size_t at = t.n;
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		put16(&t, entries[i].tag);
		put16(&t, entries[i].type);
		buf_u32le(&t, entries[i].count);
		buf_u32le(&t, entries[i].value);
	}
	buf_u32le(&t, 0);
	BOTH("a.tif", &t, CONTENT_TIFF, at + 3);
	noise(t.p + 4000, 5000, 1);
	assert_lost(check_buf("a.tif", &t), CONTENT_TIFF);

	NEW_BUF(m);
	buf_str(&m, "BM");
	buf_u32le(&m, 54 + 30000);
	buf_u32le(&m, 0);
	buf_u32le(&m, 54);
	buf_u32le(&m, 40);
	buf_u32le(&m, 100);
	buf_u32le(&m, 100);
	buf_u32le(&m, 1 | 24 << 16);
	zeros(&m, 24);
	for (size_t i = 0; i < 30000; i++)
		buf_u8(&m, (uint8_t)(i % 7));
	BOTH("a.bmp", &m, CONTENT_BMP, 20);
	noise(m.p + 8192, 4096, 1);
	assert_lost(check_buf("a.bmp", &m), CONTENT_BMP);
}

static void gif(void **state)
{
	NEW_BUF(g);
	buf_add(&g, "GIF89a\1\0\1\0\x80\0\0\0\0\0\xFF\xFF\xFF!\xF9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2", 38);
	for (int i = 0; i < 4; i++) {
		buf_u8(&g, 200);
		words(&g, 200);
	}
	buf_add(&g, "\0;", 2);
	BOTH("a.gif", &g, CONTENT_GIF, 19);
	BOTH("a.gif", &g, CONTENT_GIF, 38 + 201 * 4);
}

static void fonts(void **state)
{
	NEW_BUF(f);
	buf_add(&f, "\0\1\0\0\0\2\0\x20\0\1\0\0", 12);
	uint32_t sum = 0;
	NEW_BUF(t);
	words(&t, 400);
	for (size_t i = 0; i < 400; i += 4)
		sum += be32(t.p + i);
	for (unsigned i = 0; i < 2; i++) {
		buf_str(&f, i ? "glyf" : "cmap");
		buf_u32be(&f, sum);
		buf_u32be(&f, 44 + 400 * i);
		buf_u32be(&f, 400);
	}
	buf_add(&f, t.p, 400);
	buf_add(&f, t.p, 400);
	BOTH("a.ttf", &f, CONTENT_FONT, 600);
}

static void archives(void **state)
{
	NEW_BUF(z); /* 7z */
	uint8_t head[32] = "7z\xBC\xAF\x27\x1C\0\4";
	NEW_BUF(d);
	words(&d, 700);
	memcpy(head + 12, &(uint64_t){htole64(500)}, 8);
	memcpy(head + 20, &(uint64_t){htole64(200)}, 8);
	memcpy(head + 28, &(uint32_t){htole32(sum_crc32(0, d.p + 500, 200))}, 4);
	memcpy(head + 8, &(uint32_t){htole32(sum_crc32(0, head + 12, 20))}, 4);
	buf_add(&z, head, 32);
	buf_add(&z, d.p, 700);
	BOTH("a.7z", &z, CONTENT_SEVENZIP, 600);
	BOTH("a.7z", &z, CONTENT_SEVENZIP, 13);
	assert_false(check_buf("a.7z", &z).encrypted);
	memcpy(d.p + 590, "\x24\x06\xF1\x07\x01", 5); /* AES among the coders of its directory */
	memcpy(head + 28, &(uint32_t){htole32(sum_crc32(0, d.p + 500, 200))}, 4);
	memcpy(head + 8, &(uint32_t){htole32(sum_crc32(0, head + 12, 20))}, 4);
	buf_reset(&z);
	buf_add(&z, head, 32);
	buf_add(&z, d.p, 700);
	BOTH("a.7z", &z, CONTENT_SEVENZIP, 600);
	assert_true(check_buf("a.7z", &z).encrypted);

	NEW_BUF(r); /* RAR 5: main header, end of archive */
	buf_add(&r, "Rar!\x1A\7\1\0", 8);
	buf_u32le(&r, sum_crc32(0, "\3\1\0\0", 4));
	buf_add(&r, "\3\1\0\0", 4);
	buf_u32le(&r, sum_crc32(0, "\3\5\0\0", 4));
	buf_add(&r, "\3\5\0\0", 4);
	BOTH("a.rar", &r, CONTENT_RAR, 14);
}

static void databases_and_logs(void **state)
{
	NEW_BUF(m); /* Jet 4 */
	buf_add(&m, "\0\1\0\0Standard Jet DB\0\1", 21);
	zeros(&m, 4096 - m.n);
	for (unsigned i = 0; i < 6; i++) {
		buf_u8(&m, (uint8_t)(i % 5 + 1));
		buf_u8(&m, 1);
		words(&m, 4094);
	}
	BOTH("a.mdb", &m, CONTENT_MDB, 8192);

	NEW_BUF(e); /* EVTX: one chunk with 1,000 bytes of records */
	buf_add(&e, "ElfFile\0", 8);
	zeros(&e, 120);
	e.p[42] = 1;
	put32(&e, 124, sum_crc32(0, e.p, 120));
	zeros(&e, 4096 - e.n);
	size_t at = e.n;
	buf_add(&e, "ElfChnk\0", 8);
	zeros(&e, 504);
	words(&e, 1000);
	zeros(&e, 65536 - 1512);
	put32(&e, at + 48, 1512);
	put32(&e, at + 52, sum_crc32(0, e.p + at + 512, 1000));
	put32(&e, at + 124, sum_crc32(sum_crc32(0, e.p + at, 120), e.p + at + 128, 384));
	BOTH("a.evtx", &e, CONTENT_EVTX, at + 700);
	BOTH("a.evtx", &e, CONTENT_EVTX, at + 50);

	NEW_BUF(q); /* headers only: never more than unchecked */
	buf_add(&q, "QFI\xFB\0\0\0\3", 8);
	zeros(&q, 12);
	buf_u32be(&q, 16);
	zeros(&q, 2000);
	assert_report(check_buf("a.qcow2", &q), CONTENT_VMDISK, CONTENT_UNCHECKED);
}

/* ---- zip and PDF, the corners --------------------------------------------------------------------------------------------------- */

static void zip_entry(struct buf *b, struct buf *dir, const char *name, unsigned flags, const void *data, uint32_t n)
{
	uint32_t at = (uint32_t)b->n;
	for (int k = 0; k < 2; k++) {
		struct buf *to = k ? dir : b;
		buf_add(to, k ? "PK\1\2\x14\0" : "PK\3\4", k ? 6 : 4);
		put16(to, 20);
		put16(to, (uint16_t)flags);
		put16(to, 0);
		buf_u32le(to, 0);
		buf_u32le(to, sum_crc32(0, data, n));
		buf_u32le(to, n);
		buf_u32le(to, n);
		put16(to, (uint16_t)strlen(name));
		zeros(to, k ? 12 : 2);
		if (k)
			buf_u32le(to, at);
		buf_str(to, name);
		if (!k)
			buf_add(to, data, n);
	}
}

static void zip_end(struct buf *b, struct buf *dir, unsigned count, uint32_t wrong)
{
	uint32_t at = (uint32_t)b->n + wrong;
	buf_add(b, dir->p, dir->n);
	buf_add(b, "PK\5\6\0\0\0\0", 8);
	put16(b, (uint16_t)count);
	put16(b, (uint16_t)count);
	buf_u32le(b, (uint32_t)dir->n);
	buf_u32le(b, at);
	put16(b, 0);
}

static void zips(void **state)
{
	uint8_t raw[300];
	noise(raw, sizeof raw, 9);
	for (int kind = 0; kind < 6; kind++) {
		NEW_BUF(b);
		NEW_BUF(d);
		zip_entry(&b, &d, "a", kind == 1 ? 1 : 0, raw, sizeof raw);
		zip_entry(&b, &d, "b", 0, raw, 100);
		if (kind == 2)
			buf_str(&b, "something between, as APK signatures are");
		if (kind == 3)
			d.p[46] = 'x'; /* another name in the directory */
		zip_end(&b, &d, kind == 4 ? 3 : 2, kind == 5 ? 7 : 0);
		struct content_report r = check_buf("a.zip", &b);
		assert_report(r, CONTENT_ZIP, kind < 3 ? CONTENT_VALID : CONTENT_LOST);
		assert_int_equal(r.encrypted, kind == 1);
	}
	NEW_BUF(b); /* none at all */
	NEW_BUF(d);
	zip_end(&b, &d, 0, 0);
	assert_valid(check_buf("a.zip", &b), CONTENT_ZIP);
}

/* Sums and directory right, and what is text by its name is noise: who enciphers wrote it. Under a password ODF is like that but for its manifest. */
static void zip_of_noise(void **state)
{
	uint8_t raw[900];
	static const char text[] = "<?xml version=\"1.0\"?><Types><Default Extension=\"xml\"/><Default Extension=\"rels\"/> and so on, more than a hundred and twenty-eight bytes of what everybody can read</Types>";
	static const uint8_t odt[] = "application/vnd.oasis.opendocument.text";
	noise(raw, sizeof raw, 11);
	for (int kind = 0; kind < 5; kind++) {
		NEW_BUF(b);
		NEW_BUF(d);
		const uint8_t *xml = (const uint8_t *)text;
		if (kind == 0 || kind == 1) { /* a letter; one of noise */
			zip_entry(&b, &d, "[Content_Types].xml", 0, kind ? raw : xml, kind ? sizeof raw : sizeof text - 1);
			zip_entry(&b, &d, "_rels/.rels", 0, kind ? raw : xml, kind ? sizeof raw : sizeof text - 1);
			zip_entry(&b, &d, "word/media/image1.png", 0, raw, sizeof raw);
		} else if (kind == 2) { /* keys that somebody packed */
			zip_entry(&b, &d, "a.key", 0, raw, sizeof raw);
			zip_entry(&b, &d, "b.bin", 0, raw, sizeof raw);
			zip_entry(&b, &d, "c.txt", 0, xml, sizeof text - 1);
		} else {
			zip_entry(&b, &d, "mimetype", 0, odt, sizeof odt - 1);
			zip_entry(&b, &d, "content.xml", 0, raw, sizeof raw);
			zip_entry(&b, &d, "META-INF/manifest.xml", 0, kind == 4 ? raw : xml, kind == 4 ? sizeof raw : sizeof text - 1);
		}
		zip_end(&b, &d, 3, 0);
		static const int types[] = {CONTENT_OOXML, CONTENT_OOXML, CONTENT_ZIP, CONTENT_ODF, CONTENT_ODF};
		assert_report(check_buf("a.bin", &b), types[kind], kind == 1 || kind == 4 ? CONTENT_LOST : CONTENT_VALID);
	}
}

/* A PDF of three objects; kinds: 0 right, 1 encrypted with noise for a stream, 2 startxref is wrong, 3 an entry is wrong, 4 no endobj, 5 two
 * revisions, 6 length wrong, 7 noise between objects */
static void pdf_of(struct buf *b, int kind)
{
	size_t at[4], xref;
	uint8_t raw[200];
	buf_str(b, "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n");
	at[1] = b->n;
	buf_str(b, "1 0 obj\n<< /Type /Catalog /Pages 2 0 R /T (a \\) b (c) endobj) >>\nendobj\n");
	at[2] = b->n;
	buf_str(b, kind == 4 ? "2 0 obj\n<< /Type /Pages /Count 0 >>\nendXbj\n" : "2 0 obj\n<< /Type /Pages /Count 0 >>\nendobj\n");
	if (kind == 7) {
		noise(raw, sizeof raw, 3);
		buf_add(b, raw, sizeof raw);
	}
	at[3] = b->n;
	buf_str(b,
		kind == 1           ? "3 0 obj\n<< /Filter /FlateDecode /Length 200 >>\nstream\n"
			: kind == 6 ? "3 0 obj\n<< /Length 20 >>\nstream\n"
				    : "3 0 obj\n<< /Length 200 >>\nstream\n");
	noise(raw, sizeof raw, 4);
	buf_add(b, raw, sizeof raw);
	buf_str(b, "\nendstream\nendobj\n");
	xref = b->n;
	buf_str(b, "xref\n0 4\n0000000000 65535 f \n");
	for (int i = 1; i < 4; i++)
		buf_printf(b, "%010zu 00000 n \n", at[i] + (kind == 3 && i == 2 ? 5 : 0));
	buf_printf(b, "trailer\n<< /Size 4 /Root 1 0 R%s >>\nstartxref\n%zu\n%%%%EOF\n", kind == 1 ? " /Encrypt 9 0 R" : "",
		kind == 2 ? xref + 9 : xref);
	if (kind == 5) {
		size_t again = b->n;
		buf_str(b, "2 0 obj\n<< /Type /Pages /Count 1 >>\nendobj\n");
		xref = b->n;
		buf_printf(b, "xref\n2 1\n%010zu 00000 n \ntrailer\n<< /Size 4 /Prev 1 >>\nstartxref\n%zu\n%%%%EOF\n", again, xref);
	}
}

static void pdfs(void **state)
{
	for (int kind = 0; kind < 8; kind++) {
		NEW_BUF(b);
		pdf_of(&b, kind);
		struct content_report r = check_buf("a.pdf", &b);
		if (r.type != CONTENT_PDF || r.state != (kind == 0 || kind == 1 || kind == 5 ? CONTENT_VALID : CONTENT_LOST))
			fail_msg("kind %d: state %d: %s", kind, r.state, r.why);
		assert_int_equal(r.encrypted, kind == 1);
		NEW_BUF(moved); /* a printer's header in front, offsets as they were */
		buf_str(&moved, "\x1b%-12345X@PJL ENTER LANGUAGE=PDF\n");
		buf_add_slice(&moved, buf_slice(&b));
		assert_int_equal(check_buf("a.pdf", &moved).state, r.state);
	}
}

static void pgp(void **state)
{
	NEW_BUF(b); /* session key by passphrase, then data in parts (RFC 4880 4.2.2.4) */
	buf_add(&b, "\xC3\x04\4\x09\0\x08", 6);
	buf_add(&b, "\xD2\xE9", 2); /* 512 bytes */
	words(&b, 512);
	buf_u8(&b, 100);
	words(&b, 100);
	struct content_report r = check_buf("a.gpg", &b);
	assert_valid(r, CONTENT_PGP);
	assert_true(r.encrypted);
	b.n -= 50;
	assert_lost(check_buf("a.gpg", &b), CONTENT_PGP);
}

/* ---- holes, memory ------------------------------------------------------------------------------------------------------------------ */

static void holes(void **state)
{
	NEW_BUF(t);
	struct content_report a, b;
	uint8_t nothing[50000] = {0};
	words(&t, 5000);
	content_begin(checker, SLICE("a.dat"), 0);
	content_add(checker, buf_slice(&t));
	content_add_zeros(checker, sizeof nothing);
	content_add(checker, buf_slice(&t));
	content_end(checker, &a);
	content_begin(checker, SLICE("a.dat"), 0);
	content_add(checker, buf_slice(&t));
	content_add(checker, slice_of(nothing, sizeof nothing));
	content_add(checker, buf_slice(&t));
	content_end(checker, &b);
	assert_int_equal(a.type, b.type);
	assert_memory_equal(&a.f, &b.f, sizeof a.f);

	/* 100 TB of hole, behind whatever began: what looks at each byte gives up, and does not keep anybody waiting */
	const struct slice begins[] = {SLICE("text behind which nothing comes\n"), SLICE("GIF89a\1\0\1\0\0\0\0\0\0\0\0\0"),
		SLICE("%PDF-1.4\n1 0 obj\n("), SLICE("\x1f\x8b\x08\0\0\0\0\0\0\0\0"), SLICE("BZh91AY&SY\0\0\0\0\0\0\0\0")};
	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		int64_t from = time_monotonic();
		content_begin(checker, SLICE("disk.img"), 0);
		content_add(checker, begins[i]);
		content_add_zeros(checker, UINT64_C(100) << 40);
		content_end(checker, &a);
		assert_int_equal(a.f.size, (UINT64_C(100) << 40) + begins[i].n);
		assert_int_not_equal(a.state, CONTENT_VALID);
		assert_true(time_monotonic() - from < 20 * TIME_SEC);
	}
}

static void a_hole_in_a_box(void **state) /* what is passed over is passed over in holes too */
{
	struct content_report r;
	static const uint8_t head[] = "\0\0\0\x10"
				      "ftypisom\0\0\0\0\0\0\0\x01"
				      "mdat\0\0\x01\0\0\0\0\0";
	content_begin(checker, SLICE("a.mp4"), 0);
	content_add(checker, slice_of(head, sizeof head - 1));
	content_add_zeros(checker, (UINT64_C(1) << 40) - 16);
	content_add(checker, SLICE("\0\0\0\x08moov"));
	content_end(checker, &r);
	assert_valid(r, CONTENT_MP4);
	assert_false(r.appended);
}

static void memory(void **state)
{
	assert_true(sizeof(struct content_checker) <= CONTENT_MEMORY_MAX);
}

static void figures(void **state)
{
	NEW_BUF(b);
	uint8_t raw[16384];
	noise(raw, sizeof raw, 7);
	buf_add(&b, raw, sizeof raw);
	words(&b, 16384);
	struct content_report r = check_buf("a.dat", &b);
	assert_int_equal(r.f.blocks, 8);
	assert_int_equal(r.f.random_blocks, 4);
	buf_reset(&b);
	words(&b, 16384);
	r = check_buf("a.txt", &b);
	assert_int_equal(r.f.random_blocks, 0);
	assert_true(r.f.text_share > 0.999 && r.f.word_share > 0.1 && r.f.entropy < 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(scp_ecg), cmocka_unit_test(edf), cmocka_unit_test(dicom),
		cmocka_unit_test(program_headers), cmocka_unit_test(riff_and_boxes), cmocka_unit_test(tiff_and_bmp), cmocka_unit_test(gif),
		cmocka_unit_test(fonts), cmocka_unit_test(archives), cmocka_unit_test(databases_and_logs), cmocka_unit_test(zips), cmocka_unit_test(zip_of_noise),
		cmocka_unit_test(pdfs), cmocka_unit_test(pgp), cmocka_unit_test(holes), cmocka_unit_test(a_hole_in_a_box), cmocka_unit_test(memory),
		cmocka_unit_test(figures)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
