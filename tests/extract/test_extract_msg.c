/* Outlook's .msg: messages put together here as [MS-CFB] and [MS-OXMSG] say, read whole, cut off anywhere and with any byte of their tables changed. HF_TEST_MSG=FILE: where the first of them is left, for another program to look at. */
#include "pieces.h"

#include <endian.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- an OLE2 file: entries with names, storages by number; 512-byte sectors, what is below 4096 bytes in the mini stream ---- */

struct box {
	struct {
		char name[32];
		unsigned of; /* its storage; the root is 0 */
		bool storage;
		struct buf b;
	} v[80];
	unsigned n;
};

static unsigned put(struct box *x, unsigned of, const char *name, const void *p, size_t n) /* p NULL: a storage */
{
	assert_true(x->n < ARRAY_LEN(x->v));
	unsigned i = x->n++;
	snprintf(x->v[i].name, sizeof x->v[i].name, "%s", name);
	x->v[i].of = of;
	x->v[i].storage = !p;
	buf_init(&x->v[i].b, 1 << 20);
	if (p)
		buf_add(&x->v[i].b, p, n);
	return i;
}

static void box_begin(struct box *x)
{
	*x = (struct box){.n = 0};
	put(x, 0, "Root Entry", NULL, 0);
}

static void u32_set(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, 4);
}

static uint32_t pad(struct buf *b, size_t to) /* to a whole sector; how many it has then */
{
	while (b->n % to)
		buf_u8(b, 0);
	return (uint32_t)(b->n / to);
}

static void chain(uint32_t *fat, uint32_t from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		fat[from + i] = i + 1 < n ? from + i + 1 : 0xfffffffe;
}

/* Sectors: large streams, the mini stream, its table, the directory, and last the table itself. */
static void box_write(struct box *x, struct buf *out)
{
	AUTO_BUF struct buf body = {0}, mini = {0}, dir = {0};
	static uint32_t fat[4096], minis[4096];
	uint32_t at = 0, small = 0;
	memset(fat, 0xff, sizeof fat);
	memset(minis, 0xff, sizeof minis);
	buf_init(&body, 1 << 22);
	buf_init(&mini, 1 << 20);
	buf_init(&dir, 1 << 20);
	for (unsigned i = 0; i < x->n; i++) {
		uint8_t e[128] = {0};
		size_t len = strlen(x->v[i].name);
		for (size_t k = 0; k < len; k++)
			e[2 * k] = (uint8_t)x->v[i].name[k];
		e[64] = (uint8_t)(2 * len + 2);
		e[66] = i == 0 ? 5 : x->v[i].storage ? 1 : 2;
		e[67] = 1;
		u32_set(e + 68, UINT32_MAX);
		u32_set(e + 72, UINT32_MAX);
		u32_set(e + 76, UINT32_MAX);
		for (unsigned k = x->n; k-- > 1;) /* the storage's first child, and each one's next one as its right sibling */
			if (x->v[k].of == i && x->v[i].storage)
				u32_set(e + 76, k);
		for (unsigned k = x->n; i && k-- > i + 1;)
			if (x->v[k].of == x->v[i].of)
				u32_set(e + 72, k);
		size_t n = x->v[i].b.n;
		if (!x->v[i].storage) {
			u32_set(e + 116, n >= 4096 ? at : n ? small : 0xfffffffe);
			u32_set(e + 120, (uint32_t)n);
			if (n >= 4096) {
				buf_add_slice(&body, buf_slice(&x->v[i].b));
				uint32_t end = pad(&body, 512);
				chain(fat, at, end - at);
				at = end;
			} else if (n) {
				buf_add_slice(&mini, buf_slice(&x->v[i].b));
				uint32_t end = pad(&mini, 64);
				chain(minis, small, end - small);
				small = end;
			}
		}
		buf_add(&dir, e, sizeof e);
		buf_done(&x->v[i].b);
	}
	uint32_t mini_at = at, mini_n = (uint32_t)mini.n;
	buf_add_slice(&body, buf_slice(&mini));
	uint32_t end = pad(&body, 512), table = end;
	chain(fat, at, end - at);
	buf_add(&body, minis, (small + 127) / 128 * 512);
	end = pad(&body, 512);
	chain(fat, table, end - table);
	u32_set(dir.p + 116, mini_at);
	u32_set(dir.p + 120, mini_n);
	uint32_t dir_at = end;
	buf_add_slice(&body, buf_slice(&dir));
	end = pad(&body, 512);
	chain(fat, dir_at, end - dir_at);
	uint32_t fats = 1;
	while (end + fats > fats * 128)
		fats++;
	for (uint32_t i = 0; i < fats; i++)
		fat[end + i] = 0xfffffffd;
	uint8_t head[512] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};
	head[24] = 0x3e;
	head[26] = 3;
	head[28] = 0xfe;
	head[29] = 0xff;
	head[30] = 9;
	head[32] = 6;
	u32_set(head + 44, fats);
	u32_set(head + 48, dir_at);
	u32_set(head + 56, 4096);
	u32_set(head + 60, table);
	u32_set(head + 64, dir_at - table);
	u32_set(head + 68, 0xfffffffe);
	memset(head + 76, 0xff, sizeof head - 76);
	for (uint32_t i = 0; i < fats; i++)
		u32_set(head + 76 + 4 * (size_t)i, end + i);
	buf_add(out, head, sizeof head);
	buf_add_slice(out, buf_slice(&body));
	buf_add(out, fat, fats * 512u);
	assert_true(buf_ok(out) && end + fats < ARRAY_LEN(fat));
}

/* ---- messages ---- */

static void wide(struct box *x, unsigned of, unsigned id, const char *utf8)
{
	AUTO_BUF struct buf b = {0};
	char name[32];
	struct slice s = slice_str(utf8);
	buf_init(&b, 1 << 20);
	while (s.n) {
		size_t n;
		uint32_t c = utf8_get(s, &n);
		assert_true(c < 0x10000);
		buf_u8(&b, (uint8_t)c);
		buf_u8(&b, (uint8_t)(c >> 8));
		s = slice_of(s.p + n, s.n - n);
	}
	snprintf(name, sizeof name, "__substg1.0_%04X001F", id);
	put(x, of, name, b.p ? b.p : (const void *)"", b.n);
}

static void bytes(struct box *x, unsigned of, unsigned tag, const void *p, size_t n)
{
	char name[32];
	snprintf(name, sizeof name, "__substg1.0_%08X", tag);
	put(x, of, name, p, n);
}

struct value {
	uint32_t tag;
	uint64_t v;
};

static void fixed(struct box *x, unsigned of, size_t head, const struct value *v, size_t n)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	for (size_t i = 0; i < head; i++)
		buf_u8(&b, 0);
	for (size_t i = 0; i < n; i++) {
		buf_u32le(&b, v[i].tag);
		buf_u32le(&b, 6);
		buf_u64le(&b, v[i].v);
	}
	put(x, of, "__properties_version1.0", b.p, b.n);
}

/* [MS-OXRTFCP] 4.1 and 4.2 */
static const uint8_t hello[] = {0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0, 0x0a, 0, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0};
static const uint8_t crossing[] = {0x1a, 0, 0, 0, 0x1c, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0, 0x04, 0x20, 0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0};
static const char list[] = "last,first,dob,mrn\nBerg,Ida,1971-02-03,M55512\n";

static void a_letter(struct buf *out)
{
	static struct box x;
	box_begin(&x);
	static const struct value said[] = {{0x00390040, UINT64_C(116444736000000000) + UINT64_C(1656633600) * 10000000}, {0x3FFD0003, 1252}};
	fixed(&x, 0, 32, said, ARRAY_LEN(said));
	wide(&x, 0, 0x001A, "IPM.Note");
	wide(&x, 0, 0x0037, "Discharge of Łukasz Żak");
	wide(&x, 0, 0x0C1A, "Records Desk");
	wide(&x, 0, 0x0C1F, "/O=HOSPITAL/CN=DESK");
	wide(&x, 0, 0x5D01, "desk@hospital.example");
	wide(&x, 0, 0x1000, "Please see to Mr. Żak, MRN N7001234, before noon.\r\n");
	bytes(&x, 0, 0x10090102, hello, sizeof hello);
	bytes(&x, 0, 0x8012001E, "Room 12, Fran\xe7ois", 17); /* a property that nobody has a name for, in the code page */
	unsigned to = put(&x, 0, "__recip_version1.0_#00000000", NULL, 0);
	wide(&x, to, 0x3001, "Dr. Adaeze Obi");
	wide(&x, to, 0x39FE, "obi@hospital.example");
	unsigned a = put(&x, 0, "__attach_version1.0_#00000000", NULL, 0);
	wide(&x, a, 0x3707, "C:\\Users\\desk\\list.csv");
	bytes(&x, a, 0x37010102, list, sizeof list - 1);
	static char letter[9000];
	memset(letter, ' ', sizeof letter);
	memcpy(letter, "A long letter about Rosa Quintero", 33);
	memcpy(letter + sizeof letter - 4, "end.", 4);
	a = put(&x, 0, "__attach_version1.0_#00000001", NULL, 0);
	wide(&x, a, 0x3704, "letter.txt");
	bytes(&x, a, 0x37010102, letter, sizeof letter);
	a = put(&x, 0, "__attach_version1.0_#00000002", NULL, 0); /* a message in the message */
	wide(&x, a, 0x3001, "Fwd: labs");
	unsigned inner = put(&x, a, "__substg1.0_3701000D", NULL, 0);
	static const struct value page[] = {{0x3FDE0003, 28592}};
	fixed(&x, inner, 24, page, 1);
	wide(&x, inner, 0x0037, "labs");
	bytes(&x, inner, 0x10130102, "<p>Pan\xed Dvo\xf8\xe1kov\xe1</p>", 21);
	unsigned deep = put(&x, inner, "__attach_version1.0_#00000000", NULL, 0);
	bytes(&x, deep, 0x37010102, "PID note of Hugo Reyes\n", 23);
	a = put(&x, 0, "__attach_version1.0_#00000003", NULL, 0); /* a link, and nothing else */
	wide(&x, a, 0x3707, "plan.docx");
	a = put(&x, 0, "__attach_version1.0_#00000004", NULL, 0); /* another program's object, with the names of a document's streams */
	wide(&x, a, 0x3001, "Sheet");
	unsigned object = put(&x, a, "__substg1.0_3701000D", NULL, 0);
	put(&x, object, "WordDocument", "text in an object\n", 18);
	box_write(&x, out);
}

static void read_bytes(struct pieces *x, struct slice s, unsigned depth)
{
	struct extract_limits l;
	struct extract_report r;
	struct err e = {0};
	AUTO_CLOSE int fd = memfd_create("msg", MFD_CLOEXEC);
	extract_limits_default(&l);
	l.depth = depth;
	buf_init(&x->b, (size_t)16 << 20);
	assert_int_equal(file_write_all(fd, s, &e, "memory"), 0);
	assert_int_equal(extract_file(fd, SLICE("a.msg"), &l, pieces_take, pieces_trouble, x, &r, &e), 0);
	assert_true(buf_ok(&x->b));
}

static void a_message(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	struct pieces x = {0};
	buf_init(&b, 1 << 22);
	a_letter(&b);
	if (getenv("HF_TEST_MSG")) {
		FILE *f = fopen(getenv("HF_TEST_MSG"), "w");
		assert_non_null(f);
		assert_int_equal(fwrite(b.p, 1, b.n, f), b.n);
		fclose(f);
	}
	read_bytes(&x, buf_slice(&b), 8);
	static const char begins[] =
		"text [Subject: Discharge of Łukasz Żak\nFrom: Records Desk\nFrom: desk@hospital.example\nRoom 12, François\nName: Dr. Adaeze Obi\nAddress: obi@hospital.example\nDate: 2022-07-01T00:00:00Z\n]\n"
		"text [Please see to Mr. Żak, MRN N7001234, before noon.]\ntext [hello world]\n"
		"member list.csv\nrecord \nfield last last [Berg]\nfield first first [Ida]\nfield dob dob [1971-02-03]\nfield mrn mrn [M55512]\n"
		"member letter.txt\ntext [A long letter about Rosa Quintero   ";
	static const char ends[] = "   end.]\n"
		"member Fwd: labs\ntext [Subject: labs\n]\ntext [Paní Dvořáková\n]\nmember attachment 1\ntext [PID note of Hugo Reyes\n]\n"
		"trouble unknown\nmember Sheet\nmember WordDocument\ntext [text in an object\n]\n";
	size_t n = strlen(buf_cstr(&x.b));
	assert_memory_equal(buf_cstr(&x.b), begins, sizeof begins - 1);
	assert_true(n > sizeof ends);
	assert_string_equal(buf_cstr(&x.b) + n - (sizeof ends - 1), ends);
	pieces_done(&x);
}

/* A contact, all in a code page; a text of several values; a birthday; formatted text that repeats itself. */
static void a_contact(void **state)
{
	(void)state;
	static struct box x;
	AUTO_BUF struct buf b = {0};
	struct pieces got = {0};
	buf_init(&b, 1 << 22);
	box_begin(&x);
	static const struct value said[] = {{0x3FFD0003, 1251}, {0x3A420040, UINT64_C(116444736000000000) + (UINT64_C(34128000) + 43140) * 10000000}}; /* 31 January 1971, 11:59 */
	fixed(&x, 0, 32, said, ARRAY_LEN(said));
	bytes(&x, 0, 0x3A06001E, "\xc8\xe2\xe0\xed", 4);
	bytes(&x, 0, 0x3A11001E, "\xc8\xe2\xe0\xed\xee\xe2", 6);
	wide(&x, 0, 0x3A09, "(512) 555-0199");
	put(&x, 0, "__substg1.0_8054101F-00000000", "a\0b\0c\0\0", 8);
	bytes(&x, 0, 0x10090102, crossing, sizeof crossing);
	box_write(&x, &b);
	read_bytes(&got, buf_slice(&b), 8);
	assert_string_equal(buf_cstr(&got.b), "text [First name: Иван\nLast name: Иванов\nHome phone: (512) 555-0199\nabc\nDate of birth: 1971-01-31\n]\ntext [WXYZWXYZWXYZWXYZWXYZ]\n");
	pieces_done(&got);
}

/* Messages in messages end where files in files do. */
static void a_deep_one(void **state)
{
	(void)state;
	static struct box x;
	AUTO_BUF struct buf b = {0};
	struct pieces got = {0};
	unsigned of = 0;
	buf_init(&b, 1 << 22);
	box_begin(&x);
	for (unsigned i = 0; i < 12; i++) {
		char said[32];
		snprintf(said, sizeof said, "letter %u", i);
		fixed(&x, of, i ? 24 : 32, NULL, 0);
		wide(&x, of, 0x0037, said);
		of = put(&x, of, "__attach_version1.0_#00000000", NULL, 0);
		wide(&x, of, 0x3001, "inner");
		of = put(&x, of, "__substg1.0_3701000D", NULL, 0);
	}
	box_write(&x, &b);
	read_bytes(&got, buf_slice(&b), 4);
	assert_non_null(strstr(buf_cstr(&got.b), "letter 3"));
	assert_null(strstr(buf_cstr(&got.b), "letter 4"));
	pieces_has(&got, "trouble limit\n");
	pieces_done(&got);
}

/* Wherever it is cut off, and whatever its header, directory and tables say, it is read as far as it goes and that is said. */
static void damaged_ones(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	assert_non_null(a);
	buf_init(&b, 1 << 22);
	a_letter(&b);
	for (size_t n = 0; n < b.n; n += n < 512 ? 61 : 509) {
		struct pieces x = {0};
		struct extract_out o = pieces_out(&x);
		struct err e = {0};
		arena_reset(a);
		o.a = a;
		buf_init(&x.b, (size_t)16 << 20);
		assert_int_equal(extract_msg(slice_of(b.p, n), &o, &e), 0);
		assert_true(x.troubles > 0 || n + 512 > b.n); /* the last sector's end is numbers of sectors that are not there */
		pieces_done(&x);
	}
	for (size_t at = 0; at < b.n; at++) {
		static const uint8_t other[] = {0, 1, 0x7f, 0xff};
		bool table = at < 80 || at + 512 > b.n || (at + 5632 > b.n && at % 128 >= 64); /* the header, the table, and what the directory's tree is made of */
		for (size_t k = 0; table && k < ARRAY_LEN(other); k += 1 + at % 2) {
			struct pieces x = {0};
			struct extract_out o = pieces_out(&x);
			struct err e = {0};
			arena_reset(a);
			o.a = a;
			uint8_t was = b.p[at];
			b.p[at] = other[k];
			buf_init(&x.b, (size_t)16 << 20);
			assert_int_equal(extract_msg(buf_slice(&b), &o, &e), 0);
			b.p[at] = was;
			pieces_done(&x);
		}
	}
}

/* What is an OLE2 file and no message, and what breaks off in the middle of its formatted text. */
static void others(void **state)
{
	(void)state;
	static struct box x;
	AUTO_BUF struct buf b = {0};
	struct pieces got = {0};
	buf_init(&b, 1 << 22);
	box_begin(&x);
	fixed(&x, 0, 32, NULL, 0);
	bytes(&x, 0, 0x10090102, crossing, sizeof crossing - 4);
	box_write(&x, &b);
	assert_true(extract_is_msg(buf_slice(&b)));
	read_bytes(&got, buf_slice(&b), 8);
	pieces_has(&got, "trouble broken\n");
	pieces_done(&got);
	buf_reset(&b);
	box_begin(&x);
	unsigned in = put(&x, 0, "Attached", NULL, 0);
	fixed(&x, in, 32, NULL, 0); /* a message somewhere in another program's document does not make it one */
	box_write(&x, &b);
	assert_false(extract_is_msg(buf_slice(&b)));
	assert_false(extract_is_msg(slice_of(b.p, 700)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_message), cmocka_unit_test(a_contact), cmocka_unit_test(a_deep_one), cmocka_unit_test(damaged_ones), cmocka_unit_test(others)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
