/* Outlook's .msg ([MS-OXMSG]): a message is a storage of an OLE2 file (extract_cfb.c). Each of its properties is a stream "__substg1.0_IIIITTTT", number and type of [MS-OXPROPS] in hexadecimal (001F text in UTF-16, 001E text in the message's code page,
 * 0102 bytes, 000D a storage); those of fixed length stand together in "__properties_version1.0". Recipients and attachments are storages of their own, and an attached message is a message in the attachment's storage.
 *
 * What is told: header lines, whatever else is text, the body in each of its forms; attachments are members, like those of a mail. */
#include "extract_cfb.h"
#include "extract_internal.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#define STREAM_MAX ((size_t)1 << 30)
#define PREFIX "__substg1.0_"

enum { TEXT = 0x001F, TEXT8 = 0x001E, BINARY = 0x0102, OBJECT = 0x000D, NUMBER = 0x0003, TIME = 0x0040, MANY = 0x1000 };
enum { ID_SUBJECT = 0x0037, ID_BODY = 0x1000, ID_RTF = 0x1009, ID_HTML = 0x1013, ID_DATA = 0x3701, ID_FILE_SHORT = 0x3704, ID_METHOD = 0x3705, ID_FILE = 0x3707, ID_SHOWN = 0x3001, ID_CODEPAGE_BODY = 0x3FDE, ID_CODEPAGE = 0x3FFD };

struct msg {
	struct extract_cfb *c;
	const struct extract_out *o;
	struct err *e;
	uint32_t storage;
	struct slice fixed;        /* its __properties_version1.0, behind the header */
	char codepage[24], body_codepage[24]; /* as charsets; "": not said */
	bool broken;
};

/* ---- properties ---- */

static bool is_property(const char *name, unsigned *ret_id, unsigned *ret_type)
{
	size_t n = strlen(PREFIX);
	char *end;
	if (strncasecmp(name, PREFIX, n) || strlen(name) < n + 8 || (name[n + 8] && name[n + 8] != '-'))
		return false;
	char hex[9] = {0};
	memcpy(hex, name + n, 8);
	unsigned long v = strtoul(hex, &end, 16);
	*ret_id = (unsigned)(v >> 16);
	*ret_type = (unsigned)(v & 0xffff);
	return !*end;
}

/* The value of a property of fixed length; false: it has none. */
static bool fixed(const struct msg *m, unsigned id, unsigned type, uint64_t *ret)
{
	struct cur c = cur_of(m->fixed);
	while (cur_left(&c) >= 16) {
		uint32_t tag = cur_u32le(&c);
		(void)cur_u32le(&c); /* flags */
		uint64_t v = cur_u64le(&c);
		if (tag == (id << 16 | type)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

/* A Windows code page as iconv calls it. */
static void charset_of(uint64_t page, char ret[24])
{
	static const struct {
		unsigned page;
		const char *name;
	} known[] = {{65001, "UTF-8"}, {20127, "US-ASCII"}, {20866, "KOI8-R"}, {21866, "KOI8-U"}, {50220, "ISO-2022-JP"}, {50221, "ISO-2022-JP"}, {50222, "ISO-2022-JP"}, {50225, "ISO-2022-KR"}, {51932, "EUC-JP"}, {51936, "GB18030"}, {936, "GB18030"}, {51949, "EUC-KR"}, {52936, "GB18030"}, {54936, "GB18030"}, {1200, "UTF-16LE"}};
	ret[0] = 0;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].page == page)
			snprintf(ret, 24, "%s", known[i].name);
	if (!ret[0] && page >= 28591 && page <= 28605)
		snprintf(ret, 24, "ISO-8859-%u", (unsigned)page - 28590);
	else if (!ret[0] && page >= 437 && page <= 1361)
		snprintf(ret, 24, "CP%u", (unsigned)page);
}

/* A stream's bytes; what breaks off is said once a message, and what there is of it is read. */
static int bytes_of(struct msg *m, uint32_t entry, struct buf *out)
{
	bool whole = extract_cfb_read(m->c, entry, out);
	if (!buf_ok(out))
		return err_set(m->e, buf_code(out), NULL, "a part of it is longer than is read");
	if (!whole && !m->broken)
		extract_tell(m->o, EXTRACT_BROKEN, "a message of Outlook's with parts that break off; what there is of them was told");
	m->broken |= !whole;
	return 0;
}

/* A text's characters, appended to out as UTF-8, without what stands at its ends. */
static int text_of(struct msg *m, uint32_t entry, unsigned type, struct buf *out)
{
	AUTO_BUF struct buf raw = {0}, b = {0};
	struct slice s;
	const char *page = m->codepage[0] ? m->codepage : m->body_codepage[0] ? m->body_codepage : NULL;
	buf_init(&raw, STREAM_MAX);
	buf_init(&b, 2 * STREAM_MAX);
	int r = bytes_of(m, entry, &raw);
	if (r == 0)
		r = extract_utf8(buf_slice(&raw), (type & 0xfff) == TEXT ? "UTF-16LE" : page, &b, &s, NULL, m->e);
	if (r < 0)
		return r;
	while (s.n && !s.p[s.n - 1])
		s.n--;
	buf_add_slice(out, slice_trim(s));
	return buf_ok(out) ? 0 : err_set(m->e, buf_code(out), NULL, "a part of it is longer than is read");
}

static uint32_t property(const struct msg *m, unsigned id, unsigned type)
{
	char name[EXTRACT_CFB_NAME];
	snprintf(name, sizeof name, PREFIX "%04X%04X", id, type);
	return extract_cfb_find(m->c, m->storage, name);
}

/* A text property by its number; nothing: it has none. */
static int text(struct msg *m, unsigned id, struct buf *out)
{
	uint32_t wide = property(m, id, TEXT), narrow = wide == EXTRACT_CFB_NONE ? property(m, id, TEXT8) : EXTRACT_CFB_NONE;
	return wide != EXTRACT_CFB_NONE ? text_of(m, wide, TEXT, out) : narrow != EXTRACT_CFB_NONE ? text_of(m, narrow, TEXT8, out) : 0;
}

/* head: the length of what stands before the properties: 32 bytes in the file's own message, 24 in one inside, 8 elsewhere. */
static int begin(struct msg *m, struct extract_cfb *c, const struct extract_out *o, uint32_t storage, unsigned head, struct arena *a, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	uint64_t page;
	*m = (struct msg){.c = c, .o = o, .e = e, .storage = storage};
	buf_init(&b, (size_t)16 << 20);
	uint32_t at = extract_cfb_find(c, storage, "__properties_version1.0");
	int r = at == EXTRACT_CFB_NONE ? 0 : bytes_of(m, at, &b);
	if (r < 0)
		return r;
	if (b.n > head) {
		m->fixed = arena_dup(a, slice_of(b.p + head, b.n - head));
		if (!m->fixed.p)
			return err_set(e, arena_code(a), NULL, "it has more properties than are read");
	}
	if (fixed(m, ID_CODEPAGE, NUMBER, &page))
		charset_of(page & UINT32_MAX, m->codepage);
	if (fixed(m, ID_CODEPAGE_BODY, NUMBER, &page))
		charset_of(page & UINT32_MAX, m->body_codepage);
	return 0;
}

/* ---- what is told ---- */

static const struct {
	unsigned id;
	const char *label; /* NULL: not told: said elsewhere, or a machine's */
} labels[] = {
	{0x0037, "Subject"}, {0x0C1A, "From"}, {0x0C1F, "From"}, {0x5D01, "From"}, {0x0042, "On behalf of"}, {0x0065, "On behalf of"}, {0x5D02, "On behalf of"}, {0x0E04, "To"}, {0x0E03, "Cc"}, {0x0E02, "Bcc"}, {0x3001, "Name"}, {0x3003, "Address"}, {0x39FE, "Address"}, {0x403D, NULL}, {0x403E, NULL},
	{0x3A06, "First name"}, {0x3A11, "Last name"}, {0x3A44, "Middle name"}, {0x3A05, "Suffix"}, {0x3A45, "Title"}, {0x3A08, "Phone"}, {0x3A1B, "Phone"}, {0x3A09, "Home phone"}, {0x3A2F, "Home phone"}, {0x3A1C, "Mobile phone"}, {0x3A1A, "Phone"}, {0x3A24, "Fax"}, {0x3A29, "Street"}, {0x3A27, "City"}, {0x3A28, "State"}, {0x3A2A, "ZIP"},
	{0x3A26, "Country"}, {0x3A15, "Address"}, {0x3A5D, "Home street"}, {0x3A59, "Home city"}, {0x3A5C, "Home state"}, {0x3A5B, "Home ZIP"}, {0x3A5A, "Home country"}, {0x3A16, "Company"}, {0x3A17, "Job title"}, {0x3A18, "Department"}, {0x3A0D, "Location"},
	{0x001A, NULL}, {0x003D, NULL}, {0x0040, NULL}, {0x0044, NULL}, {0x0064, NULL}, {0x0066, NULL}, {0x0070, NULL}, {0x0075, NULL}, {0x0077, NULL}, {0x007D, NULL}, {0x0C1E, NULL}, {0x0E1D, NULL}, {0x0E28, NULL}, {0x0E29, NULL}, {0x1000, NULL}, {0x1009, NULL}, {0x1013, NULL}, {0x1035, NULL}, {0x1039, NULL}, {0x1042, NULL}, {0x3002, NULL},
	{0x3703, NULL}, {0x3704, NULL}, {0x3707, NULL}, {0x370E, NULL}, {0x3712, NULL}, {0x3713, NULL},
};

static void line(struct buf *told, const char *label, struct slice s)
{
	if (!s.n)
		return;
	if (label)
		buf_printf(told, "%s: ", label);
	buf_add_slice(told, s);
	buf_u8(told, '\n');
}

static void when(const struct msg *m, unsigned id, const char *label, bool day, struct buf *told)
{
	const uint64_t of_1970 = UINT64_C(116444736000000000); /* in 100 ns since 1601 */
	uint64_t v;
	char out[32];
	if (!fixed(m, id, TIME, &v) || (v < of_1970 && !day) || v / 10000000 > UINT64_C(20000000000))
		return;
	int64_t s = (int64_t)(v / 10000000) - (int64_t)(of_1970 / 10000000) + (day ? 43200 : 0); /* a day is written as 11:59 of it in UTC, or as its beginning where it was written */
	if (s < -9000000000 || s > 9000000000)
		return;
	time_rfc3339(s * TIME_SEC, 0, out);
	line(told, label, slice_of(out, day ? 10 : strlen(out)));
}

/* Every text of a message or recipient that is not told elsewhere, with its name where it is known. Those of several values are streams "…-00000000" each. */
static int lines(struct msg *m, struct buf *told)
{
	int r = 0;
	for (uint32_t i = m->c->child[m->storage]; r == 0 && i != EXTRACT_CFB_NONE; i = m->c->next[i]) {
		char name[EXTRACT_CFB_NAME];
		unsigned id, type;
		const char *label = NULL;
		bool known = false;
		extract_cfb_name(m->c, i, name);
		if (extract_cfb_storage(m->c, i) || !is_property(name, &id, &type))
			continue;
		bool many = type & MANY && strchr(name, '-');
		if (!((type == TEXT || type == TEXT8) || (many && ((type & 0xfff) == TEXT || (type & 0xfff) == TEXT8))))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(labels) && !known; k++)
			if (labels[k].id == id) {
				known = true;
				label = labels[k].label;
			}
		if (known && !label)
			continue;
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 2 * STREAM_MAX);
		r = text_of(m, i, type, &b);
		if (r == 0 && !(id == 0x0C1F && slice_starts(buf_slice(&b), "/"))) /* an address within Exchange says nothing */
			line(told, label, buf_slice(&b));
	}
	return r;
}

static int recipients(struct msg *m, struct arena *a, struct buf *told)
{
	int r = 0;
	for (uint32_t i = m->c->child[m->storage]; r == 0 && i != EXTRACT_CFB_NONE; i = m->c->next[i]) {
		char name[EXTRACT_CFB_NAME];
		struct msg one;
		extract_cfb_name(m->c, i, name);
		if (strncasecmp(name, "__recip_version1.0_", 19) || !extract_cfb_storage(m->c, i))
			continue;
		r = begin(&one, m->c, m->o, i, 8, a, m->e);
		memcpy(one.codepage, m->codepage, sizeof one.codepage);
		if (r == 0)
			r = lines(&one, told);
	}
	return r;
}

/* ---- the body ---- */

static int html(struct msg *m)
{
	AUTO_BUF struct buf raw = {0}, b = {0};
	struct slice s;
	uint32_t at = property(m, ID_HTML, BINARY);
	buf_init(&raw, STREAM_MAX);
	buf_init(&b, 2 * STREAM_MAX);
	if (at == EXTRACT_CFB_NONE) {
		int r = text(m, ID_HTML, &raw);
		return r < 0 || !raw.n ? r : extract_html_text(buf_slice(&raw), m->o, m->e);
	}
	int r = bytes_of(m, at, &raw);
	if (r < 0 || !raw.n)
		return r;
	if (!m->body_codepage[0])
		return extract_html(buf_slice(&raw), m->o, m->e);
	r = extract_utf8(buf_slice(&raw), m->body_codepage, &b, &s, NULL, m->e);
	return r < 0 ? r : extract_html_text(s, m->o, m->e);
}

/* Compressed RTF ([MS-OXRTFCP]): u32 length from the next word on, u32 length of what comes out, "LZFu" or "MELA" (not compressed), u32 CRC. Then runs of eight, a bit each (the lowest first): 0 a byte as it is, 1 sixteen bits big-endian, where in the
 * last 4096 bytes (twelve bits) so many and two more (four bits) stand; where that is where the next byte goes, it ends. The window begins with what most RTF begins with. */
static bool unpack(struct slice s, struct buf *out)
{
	static const char begins[] = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
	uint8_t window[4096] = {0};
	size_t at = sizeof begins - 1;
	struct cur c = cur_of(s);
	(void)cur_u32le(&c);
	uint32_t size = cur_u32le(&c), kind = cur_u32le(&c);
	(void)cur_u32le(&c);
	if (kind == 0x414c454d) { /* MELA */
		buf_add_slice(out, slice_of(s.p + cur_offset(&c), cur_left(&c)));
		return cur_left(&c) >= size;
	}
	if (kind != 0x75465a4c)
		return false;
	memcpy(window, begins, at);
	for (unsigned bits = 1; cur_left(&c) && buf_ok(out);) {
		if (bits == 1)
			bits = 0x100u | cur_u8(&c);
		bool copied = bits & 1;
		bits >>= 1;
		if (!copied) {
			if (!cur_left(&c))
				return false;
			buf_u8(out, window[at++ % sizeof window] = cur_u8(&c));
			continue;
		}
		unsigned v = cur_u16be(&c), from = v >> 4, n = (v & 15) + 2;
		if (c.failed || from == at % sizeof window)
			return !c.failed && out->n >= size;
		while (n--)
			buf_u8(out, window[at++ % sizeof window] = window[from++ % sizeof window]);
	}
	return out->n >= size;
}

static int rtf(struct msg *m)
{
	AUTO_BUF struct buf raw = {0}, b = {0};
	uint32_t at = property(m, ID_RTF, BINARY);
	buf_init(&raw, STREAM_MAX);
	buf_init(&b, STREAM_MAX);
	int r = at == EXTRACT_CFB_NONE ? 0 : bytes_of(m, at, &raw);
	if (r < 0 || !raw.n)
		return r;
	if (!unpack(buf_slice(&raw), &b) && !m->broken) {
		extract_tell(m->o, EXTRACT_BROKEN, "a message whose formatted text breaks off or cannot be unpacked; what there is of it was told");
		m->broken = true;
	}
	if (!buf_ok(&b))
		return err_set(m->e, buf_code(&b), NULL, "its formatted text is longer than is read");
	r = extract_count(m->o, b.n, m->e);
	return r < 0 || !b.n ? r : extract_rtf(buf_slice(&b), m->o, m->e);
}

/* ---- attachments ---- */

static int message(struct extract_cfb *c, uint32_t storage, unsigned head, const struct extract_out *o, struct err *e);

static struct slice last_part(struct slice name)
{
	for (size_t i = name.n; i-- > 0;)
		if (name.p[i] == '/' || name.p[i] == '\\')
			return slice_of(name.p + i + 1, name.n - i - 1);
	return name;
}

/* A message, or an object of another program: its streams, each as what its bytes are. */
static int inside(struct msg *at, uint32_t storage, struct slice name)
{
	char path[EXTRACT_MEMBER_MAX];
	struct extract_out in;
	bool is_message = extract_cfb_find(at->c, storage, "__properties_version1.0") != EXTRACT_CFB_NONE;
	int r = extract_begin_member(at->o, name, is_message ? "message" : "object", path, &in, at->e);
	if (r == 0)
		r = extract_enter(&in, at->e);
	if (r != 0 || !at->o->walk)
		return r == ERR_NO ? 0 : r;
	at->o->walk->depth++;
	if (is_message)
		r = message(at->c, storage, 24, &in, at->e);
	for (uint32_t i = is_message ? EXTRACT_CFB_NONE : at->c->child[storage]; r == 0 && i != EXTRACT_CFB_NONE; i = at->c->next[i]) {
		AUTO_BUF struct buf b = {0};
		char own[EXTRACT_CFB_NAME];
		buf_init(&b, STREAM_MAX);
		if (extract_cfb_storage(at->c, i))
			continue;
		extract_cfb_name(at->c, i, own);
		r = bytes_of(at, i, &b);
		if (r == 0 && b.n)
			r = extract_member(&in, slice_str(own), buf_slice(&b), at->e);
	}
	at->o->walk->depth--;
	return r;
}

static int attachment(struct msg *at, unsigned number)
{
	AUTO_BUF struct buf name = {0}, b = {0};
	uint32_t data = property(at, ID_DATA, BINARY), object = property(at, ID_DATA, OBJECT);
	buf_init(&name, 65536);
	buf_init(&b, STREAM_MAX);
	int r = text(at, ID_FILE, &name);
	if (r == 0 && !name.n)
		r = text(at, ID_FILE_SHORT, &name);
	if (r == 0 && !name.n)
		r = text(at, ID_SHOWN, &name);
	if (r < 0)
		return r;
	if (!last_part(buf_slice(&name)).n) {
		buf_reset(&name);
		buf_printf(&name, "attachment %u", number);
	}
	struct slice own = last_part(buf_slice(&name));
	if (object != EXTRACT_CFB_NONE && extract_cfb_storage(at->c, object))
		return inside(at, object, own);
	if (data == EXTRACT_CFB_NONE) {
		extract_tell(at->o, EXTRACT_UNKNOWN, "an attachment of a message that is a reference to a file elsewhere, or has no content");
		return 0;
	}
	r = bytes_of(at, data, &b);
	return r < 0 ? r : extract_member(at->o, own, buf_slice(&b), at->e);
}

static int attachments(struct msg *m, struct arena *a)
{
	unsigned number = 0;
	int r = 0;
	for (uint32_t i = m->c->child[m->storage]; r == 0 && i != EXTRACT_CFB_NONE; i = m->c->next[i]) {
		char name[EXTRACT_CFB_NAME];
		struct msg one;
		extract_cfb_name(m->c, i, name);
		if (strncasecmp(name, "__attach_version1.0_", 20) || !extract_cfb_storage(m->c, i))
			continue;
		r = begin(&one, m->c, m->o, i, 8, a, m->e);
		memcpy(one.codepage, m->codepage, sizeof one.codepage);
		one.broken = m->broken;
		if (r == 0)
			r = attachment(&one, ++number);
		m->broken = one.broken;
	}
	return r;
}

/* ---- a message ---- */

static int message(struct extract_cfb *c, uint32_t storage, unsigned head, const struct extract_out *o, struct err *e)
{
	AUTO_BUF struct buf told = {0}, body = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct msg m;
	buf_init(&told, STREAM_MAX);
	buf_init(&body, 2 * STREAM_MAX);
	int r = a ? begin(&m, c, o, storage, head, a, e) : err_set(e, ERR_MEMORY, NULL, "no memory to read a message in");
	if (r == 0)
		r = lines(&m, &told);
	if (r == 0)
		r = recipients(&m, a, &told);
	if (r < 0)
		return r;
	when(&m, 0x0039, "Date", false, &told);
	when(&m, 0x0E06, "Received", false, &told);
	when(&m, 0x3A42, "Date of birth", true, &told);
	if (!buf_ok(&told))
		return err_set(e, buf_code(&told), NULL, "the header of a message is longer than is read");
	r = extract_put_text(o, buf_slice(&told), 0, e);
	if (r == 0)
		r = text(&m, ID_BODY, &body);
	if (r == 0)
		r = extract_put_layout(o, buf_slice(&body), 0, e);
	if (r == 0)
		r = html(&m);
	if (r == 0)
		r = rtf(&m);
	return r == 0 ? attachments(&m, a) : r;
}

/* By what stands in its root: a document that is attached to a message has its own names somewhere in the file. */
bool extract_is_msg(struct slice file)
{
	AUTO_ARENA struct arena *a = NULL;
	struct extract_cfb c;
	struct err e = {0};
	if (!memmem(file.p, file.n, "_\0_\0p\0r\0o\0p\0e\0r\0t\0i\0e\0s\0_", 23) || !(a = arena_new((size_t)256 << 20)))
		return false;
	return extract_cfb_open(&c, file, a, &e) == 0 && extract_cfb_find(&c, 0, "__properties_version1.0") != EXTRACT_CFB_NONE;
}

int extract_msg(struct slice file, const struct extract_out *o, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct extract_cfb c;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory to read a file in");
	int r = extract_cfb_open(&c, file, a, e);
	if (r < 0 && r != ERR_INPUT)
		return r;
	bool found = r == 0 && extract_cfb_find(&c, 0, "__properties_version1.0") != EXTRACT_CFB_NONE;
	if (found && c.broken)
		extract_tell(o, EXTRACT_BROKEN, "a message of Outlook's whose directory breaks off; what can be found in it was told");
	if (found)
		return message(&c, 0, 32, o, e);
	if (e)
		*e = (struct err){0};
	extract_tell(o, EXTRACT_BROKEN, "a message of Outlook's whose parts cannot be found; the runs of text in it were told");
	return extract_strings(file, o, e);
}
