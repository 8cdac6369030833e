/* Documents: TXA (9.6.1) with its OBX, and files (ED, RP) or long texts inside results.
 *
 * A DOCUMENT carries its text up to CONTENT_MAX; its place in the message always, so that hl7_document can hand out the bytes:
 *   "OBX n"      the file in the n-th OBX of the message, counted from 1 (ED's data decoded; base64 in a text field, too)
 *   "OBX n/r"    ... in its r-th repetition
 *   "OBX n-m"    the text of the n-th to the m-th OBX, as lines; where several observations make one text, each begins with its name. Or the one file whose base64 these OBX hold in pieces
 *                (some senders cut it in lines of 76, some every 32 or 64 thousand) */
#include "facts_internal.h"

#define CONTENT_MAX (64u << 10)

static bool is_type(struct slice type, const char *two)
{
	type = fx_trim(type);
	return type.n == 2 && !memcmp(type.p, two, 2);
}

static bool is_file(struct slice type)
{
	return is_type(type, "ED") || is_type(type, "RP");
}

static bool is_text(struct slice type)
{
	return fx_trim(type).n == 0 || is_type(type, "TX") || is_type(type, "FT") || is_type(type, "ST");
}

/* ---- what the bytes are ---- */

/* The first characters of files in base64. */
static const struct {
	const char *begins, *type;
} magic[] = {
	{"JVBERi0", "application/pdf"}, {"/9j/", "image/jpeg"}, {"iVBORw0KGgo", "image/png"}, {"R0lGOD", "image/gif"}, {"SUkqA", "image/tiff"},
	{"TU0AK", "image/tiff"}, {"e1xydGY", "application/rtf"}, {"PD94bWw", "application/xml"},
};

static const char *type_by_magic(struct slice data)
{
	while (data.n && data.p[0] <= ' ') {
		data.p++;
		data.n--;
	}
	for (size_t i = 0; i < ARRAY_LEN(magic); i++)
		if (slice_starts(data, magic[i].begins))
			return magic[i].type;
	return NULL;
}

/* ED-3 (table 0291), or what stands in ED-2 in its place */
static const struct fx_word subtypes[] = {
	{"PDF", "application/pdf"},  {"JPEG", "image/jpeg"},    {"JPG", "image/jpeg"}, {"PNG", "image/png"},      {"GIF", "image/gif"},
	{"TIFF", "image/tiff"},    {"TIF", "image/tiff"},       {"BMP", "image/bmp"},
	{"DICOM", "application/dicom"}, {"HTML", "text/html"},  {"HTM", "text/html"},  {"RTF", "application/rtf"}, {"XML", "application/xml"},
	{"SGML", "text/sgml"},    {"TEXT", "text/plain"},      {"TXT", "text/plain"},
	{"PLAIN", "text/plain"},     {"TX", "text/plain"},      {"FT", "text/plain"},  {"ZIP", "application/zip"},
	{"DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}, {"DOC", "application/msword"}, {"MSWORD", "application/msword"},
	{"BASIC", "audio/basic"},
	{"x-hl7-cda-level-one", "application/xml"}, {"CDA", "application/xml"},
};

struct file {
	struct slice type, subtype, data; /* raw */
	enum { AS_TEXT, BASE64, HEX } coding;
};

/* ED: application ^ type ^ subtype ^ encoding ^ data. Senders leave components out, so the encoding is looked for, and the data stand behind it. */
static void read_ed(const struct fx *x, struct slice rep, struct file *ret)
{
	struct slice c[5];
	unsigned n = fx_cut(x, rep, x->comp, c, 5);
	*ret = (struct file){.type = c[1], .subtype = c[2], .data = n == 5 ? c[4] : c[n - 1]};
	for (unsigned i = 0; i + 1 < n; i++) {
		bool base64 = fx_is(c[i], "Base64"), hex = fx_is(c[i], "Hex");
		if (!base64 && !hex && !(i == 3 && fx_is(c[i], "A")))
			continue;
		ret->coding = base64 ? BASE64 : hex ? HEX : AS_TEXT;
		ret->data = c[i + 1];
		return;
	}
	if (type_by_magic(ret->data))
		ret->coding = BASE64;
}

static struct slice lower(struct fx *x, struct slice a, struct slice b)
{
	uint8_t *to = fx_room(x, a.n + b.n + 1);
	if (!to)
		return SLICE_NULL;
	memcpy(to, a.p, a.n);
	to[a.n] = '/';
	memcpy(to + a.n + 1, b.p, b.n);
	for (size_t i = 0; i < a.n + b.n + 1; i++)
		to[i] |= to[i] >= 'A' && to[i] <= 'Z' ? 0x20 : 0;
	return slice_of(to, a.n + b.n + 1);
}

/* The type that is said; else what the bytes look like. */
static struct slice content_type(struct fx *x, struct slice type, struct slice subtype, struct slice data)
{
	const char *known = FX_LOOKUP(subtypes, subtype);
	if (!known)
		known = FX_LOOKUP(subtypes, type);
	if (!known)
		known = type_by_magic(data);
	if (known)
		return slice_str(known);
	struct slice t = fx_part(x, type), s = fx_part(x, subtype);
	if (t.n && memchr(t.p, '/', t.n))
		return t;
	if (t.n && s.n)
		return lower(x, t, s);
	return data.n ? SLICE("application/octet-stream") : SLICE_NULL;
}

/* ---- places and sizes ---- */

static void put_place(struct fx *x, struct fact *t, uint32_t from, uint32_t to, unsigned rep)
{
	char s[40];
	if (to > from)
		snprintf(s, sizeof s, "OBX %u-%u", from, to);
	else if (rep > 1)
		snprintf(s, sizeof s, "OBX %u/%u", from, rep);
	else
		snprintf(s, sizeof s, "OBX %u", from);
	fx_put(x, t, FF_CONTENT_PLACE, arena_dup(x->f->a, slice_str(s)));
}

static void put_size(struct fx *x, struct fact *t, size_t n)
{
	char s[24];
	snprintf(s, sizeof s, "%zu", n);
	fx_put(x, t, FF_CONTENT_SIZE, arena_dup(x->f->a, slice_str(s)));
}

static size_t decoded_size(struct fx *x, const struct file *f)
{
	if (f->coding == AS_TEXT)
		return fx_line(x, f->data).n;
	struct slice s = x->m->escapes && f->data.n && memchr(f->data.p, x->m->d.esc, f->data.n) ? fx_line(x, f->data) : f->data;
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] > ' ' && s.p[i] != '=';
	return f->coding == HEX ? n / 2 : n / 4 * 3 + n % 4 * 3 / 4;
}

/* ---- text of several OBX ---- */

static struct slice display(struct slice code)
{
	static const uint8_t parts[] = {FC_DISPLAY, FC_TEXT, FC_ALT_DISPLAY, FC_CODE};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (fact_part(code, parts[i]).n)
			return fact_part(code, parts[i]);
	return SLICE_NULL;
}

/* Lines of the text OBX among segments first..last; with headings when there is more than one observation among them. False: there is no text OBX. */
static bool text_of(struct fx *x, uint32_t first, uint32_t last, struct buf *out)
{
	const struct hl7_segment *s, *before = NULL;
	bool headings = false;
	size_t start = out->n;
	for (uint32_t i = first; i <= last; i++) {
		s = &x->m->segments[i];
		if (fx_name(s) != SEG('O', 'B', 'X') || !is_text(fx_seg_field(x, s, 2)))
			continue;
		headings |= before && !slice_eq(fx_seg_field(x, before, 3), fx_seg_field(x, s, 3));
		before = s;
	}
	before = NULL;
	for (uint32_t i = first; i <= last; i++) {
		s = &x->m->segments[i];
		if (fx_name(s) != SEG('O', 'B', 'X') || !is_text(fx_seg_field(x, s, 2)))
			continue;
		if (headings && (!before || !slice_eq(fx_seg_field(x, before, 3), fx_seg_field(x, s, 3)))) {
			buf_str(out, before ? "\n" : "");
			buf_add_slice(out, display(fx_code(x, fx_seg_field(x, s, 3))));
			buf_u8(out, '\n');
		}
		before = s;
		struct slice rest = fx_seg_field(x, s, 5), rep;
		if (rest.n == 0)
			buf_u8(out, '\n'); /* a blank line is part of a text */
		while (rest.n && fx_next_rep(x, &rest, &rep)) {
			buf_add_slice(out, fx_line(x, rep));
			buf_u8(out, '\n');
		}
	}
	if (!out->failed && out->n > start)
		out->n--; /* the last line's end */
	return before != NULL;
}

/* Text, its size and its place in t. The OBX of segments first..last are the from-th and following of the message. */
static void put_text(struct fx *x, struct fact *t, uint32_t first, uint32_t last, uint32_t from, uint32_t to)
{
	AUTO_BUF struct buf out = {0};
	buf_init(&out, HL7_MESSAGE_MAX);
	text_of(x, first, last, &out);
	if (!buf_ok(&out)) {
		x->f->failed = true;
		return;
	}
	fx_put_lit(x, t, FF_CONTENT_TYPE, "text/plain");
	if (out.n && out.n <= CONTENT_MAX) {
		struct slice s = arena_dup(x->f->a, buf_slice(&out));
		x->f->failed |= !s.p;
		fx_put(x, t, FF_CONTENT, s);
	}
	if (from)
		put_place(x, t, from, to, 1);
	put_size(x, t, out.n);
}

/* ---- files in OBX-5 ---- */

static const char *document_state(struct slice obx11)
{
	obx11 = fx_trim(obx11);
	if (obx11.n != 1)
		return NULL;
	switch (obx11.p[0]) {
	case 'P': case 'R': case 'S': case 'I': return "preliminary";
	case 'D': case 'W': case 'X': return "entered-in-error";
	default: return "current";
	}
}

static struct fact *document_of_obx(struct fx *x)
{
	struct fact *t = fx_add(x, FACT_DOCUMENT);
	bool results = x->type->family == FX_RESULT || x->type->family == FX_LAB;
	struct slice code = fx_code(x, fx_field(x, 3));
	fx_put(x, t, FF_GROUP, results ? x->report_key : x->order_key);
	fx_put_visit(x, t);
	fx_put(x, t, FF_TITLE, results && display(x->report_code).n ? display(x->report_code) : display(code));
	fx_put(x, t, FF_CODE, code);
	fx_put_str(x, t, FF_STATUS, document_state(fx_field(x, 11)));
	fx_put_field(x, t, FF_STATUS_RAW, 11, fx_text);
	if (fx_is(fx_field(x, 11), "D"))
		fx_put_lit(x, t, FF_ACTION, "delete");
	fx_put(x, t, FF_TIME, fx_has(x, 14) ? fx_time(x, fx_field(x, 14)) : results ? x->report_time : SLICE_NULL);
	fx_put_reps(x, t, FF_AUTHOR, 16, fx_person);
	fx_put_field(x, t, FF_SET, 1, fx_text);
	return t;
}

static void put_file(struct fx *x, struct fact *t, const struct file *f, unsigned rep)
{
	fx_put(x, t, FF_CONTENT_TYPE, content_type(x, f->type, f->subtype, f->coding == BASE64 ? f->data : SLICE_NULL));
	put_place(x, t, x->obx, x->obx, rep);
	put_size(x, t, decoded_size(x, f));
}

/* RP: pointer ^ application ^ type ^ subtype */
static void put_pointer(struct fx *x, struct fact *t, struct slice rep)
{
	struct slice c[4];
	fx_cut(x, rep, x->comp, c, 4);
	fx_put(x, t, FF_URL, fx_part(x, c[0]));
	fx_put(x, t, FF_CONTENT_TYPE, content_type(x, c[2], c[3], SLICE_NULL));
}

/* Base64 in a text field, as senders do that cannot make an ED. */
static bool hidden_file(struct slice value)
{
	return value.n > 1000 && type_by_magic(value) != NULL && !memchr(value.p, ' ', value.n < 200 ? value.n : 200);
}

/* ---- a file in pieces ---- */

static bool base64_only(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=' || c == ' '))
			return false;
	}
	return s.n > 0;
}

/* What of an OBX could be a piece of a file in base64; empty: nothing. */
static struct slice piece_of(const struct fx *x, const struct hl7_segment *s)
{
	struct slice value = fx_seg_field(x, s, 5), type = fx_seg_field(x, s, 2);
	if (value.n == 0 || fx_null(value) || is_type(type, "RP") || (x->rep >= 0 && memchr(value.p, x->rep, value.n)))
		return SLICE_NULL;
	if (!is_type(type, "ED"))
		return value;
	struct file f;
	read_ed(x, value, &f);
	return f.coding == BASE64 ? f.data : SLICE_NULL;
}

/* The last of the OBX that hold, from this one on, one file: it begins as files do, and those behind are of the same code and type and nothing but base64. */
static uint32_t file_run(const struct fx *x, uint32_t first)
{
	const struct hl7_segment *s = &x->m->segments[first];
	struct slice type = fx_trim(fx_seg_field(x, s, 2)), code = fx_seg_field(x, s, 3), begin = piece_of(x, s);
	uint32_t last = first;
	size_t total = begin.n;
	if (begin.n < 32 || !type_by_magic(begin))
		return first;
	for (uint32_t i = first + 1; i < x->m->count; i++) {
		const struct hl7_segment *o = &x->m->segments[i];
		if (fx_name(o) != SEG('O', 'B', 'X') || !slice_eq(fx_trim(fx_seg_field(x, o, 2)), type) || !slice_eq(fx_seg_field(x, o, 3), code))
			break;
		struct slice more = piece_of(x, o);
		if (!base64_only(more) || type_by_magic(more))
			break;
		total += more.n;
		last = i;
	}
	return last > first && total > 1000 && base64_only(begin) ? last : first;
}

/* The pieces are one base64 that was cut anywhere, or each was encoded by itself: then one before the last ends in "=". */
static bool each_by_itself(const struct fx *x, uint32_t first, uint32_t last)
{
	for (uint32_t i = first; i < last; i++) {
		struct slice s = fx_trim(piece_of(x, &x->m->segments[i]));
		if (s.n && s.p[s.n - 1] == '=')
			return true;
	}
	return false;
}

static size_t size_of_pieces(const struct fx *x, uint32_t first, uint32_t last)
{
	bool each = each_by_itself(x, first, last);
	size_t size = 0, n = 0;
	for (uint32_t i = first; i <= last; i++) {
		struct slice s = piece_of(x, &x->m->segments[i]);
		for (size_t k = 0; k < s.n; k++)
			n += s.p[k] > ' ' && s.p[k] != '=';
		if (each || i == last) {
			size += n / 4 * 3 + n % 4 * 3 / 4;
			n = 0;
		}
	}
	return size;
}

/* Each repetition a document; the first goes into one that waits for its content. */
static void files(struct fx *x, struct fact *into)
{
	struct slice rest = fx_field(x, 5), rep;
	bool pointer = is_type(fx_field(x, 2), "RP"), ed = is_type(fx_field(x, 2), "ED");
	unsigned n = 0;
	for (struct slice all = rest; all.p;) {
		n++;
		rep = slice_cut(all, (uint8_t)(x->rep < 0 ? 0 : x->rep), &all);
		if (!rep.n || fx_null(rep))
			continue;
		struct fact *t = into ? into : document_of_obx(x);
		into = NULL;
		if (pointer) {
			put_pointer(x, t, rep);
			continue;
		}
		struct file f = {.data = rep, .coding = BASE64};
		if (ed)
			read_ed(x, rep, &f);
		put_file(x, t, &f, n);
		if (n >= FX_DETAILS_MAX)
			break;
	}
}

/* ---- where documents come from ---- */

/* The last OBX of the text that begins here: while they are text and belong to the same OBR or TXA. */
static uint32_t text_end(struct fx *x, uint32_t *ret_count)
{
	uint32_t last = x->at, count = 1;
	bool broken = false;
	for (uint32_t i = x->at + 1; i < x->m->count; i++) {
		const struct hl7_segment *s = &x->m->segments[i];
		if (!s->id[0]) { /* a line that is no segment: some sender broke its text there */
			broken = true;
			continue;
		}
		if (fx_name(s) != SEG('O', 'B', 'X') || !is_text(fx_seg_field(x, s, 2)) || hidden_file(fx_seg_field(x, s, 5)))
			break;
		last = i;
		count++;
	}
	if (broken)
		fx_lost(x);
	*ret_count = count;
	return last;
}

/* OBX of a narrative report: its text is one document, titled as the report. */
static void narrative(struct fx *x)
{
	uint32_t count, last = text_end(x, &count);
	struct fact *t = x->document;
	if (t && fact_get(t, FF_CONTENT_PLACE).n)
		t = NULL; /* text again behind a file or a note: a second part */
	if (!t) {
		t = document_of_obx(x);
		x->document = t;
		if (x->report_code.n) {
			fx_drop(t, FF_CODE);
			fx_put(x, t, FF_CODE, x->report_code);
		}
		if (x->report && fact_get(x->report, FF_CATEGORY).n)
			fx_put(x, t, FF_CATEGORY, fact_get(x->report, FF_CATEGORY));
		if (x->report && !fact_get(t ? t : x->report, FF_AUTHOR).n)
			fx_put(x, t, FF_AUTHOR, fact_get(x->report, FF_PERFORMER));
	}
	put_text(x, t, x->at, last, x->obx, x->obx + count - 1);
	x->note = t;
	x->obx += count - 1;
	x->skip_to = last + 1;
}

/* A part of the document that TXA speaks of, beside what it has already. */
static struct fact *part_of_txa(struct fx *x)
{
	struct slice id = fact_get(x->document, FF_ID);
	struct fact *part = document_of_obx(x);
	fx_drop(part, FF_GROUP);
	fx_put(x, part, FF_GROUP, id);
	fx_put(x, part, FF_PARENT, id);
	return part;
}

static void file_in_pieces(struct fx *x, uint32_t last)
{
	struct fact *t = x->type->family == FX_DOCUMENT ? x->document : NULL;
	if (t)
		t = fact_get(t, FF_CONTENT_PLACE).n || fact_get(t, FF_URL).n ? part_of_txa(x) : t;
	else
		t = document_of_obx(x);
	struct file f = {.coding = BASE64};
	uint32_t from = x->obx;
	f.data = piece_of(x, x->s);
	if (is_file(fx_field(x, 2)))
		read_ed(x, fx_field(x, 5), &f);
	fx_put(x, t, FF_CONTENT_TYPE, content_type(x, f.type, f.subtype, f.data));
	x->obx += last - x->at;
	put_place(x, t, from, x->obx, 1);
	put_size(x, t, size_of_pieces(x, x->at, last));
	x->note = t;
	x->skip_to = last + 1;
}

static void body_of_txa(struct fx *x)
{
	struct slice type = fx_field(x, 2);
	struct fact *t = x->document;
	bool taken = fact_get(t, FF_CONTENT_PLACE).n || fact_get(t, FF_URL).n;
	if (is_file(type) || hidden_file(fx_field(x, 5))) {
		if (!taken) {
			files(x, t);
			return;
		}
		/* a second file, or one beside a text: a part of the same document */
		struct slice id = fact_get(t, FF_ID);
		struct fact *before = x->g ? x->g->last : NULL;
		x->report_key = id;
		files(x, NULL);
		for (struct fact *part = before ? before->next : NULL; part; part = part->next) {
			fx_drop(part, FF_GROUP);
			fx_put(x, part, FF_GROUP, id);
			fx_put(x, part, FF_PARENT, id);
		}
		x->note = t;
		return;
	}
	uint32_t count, last = text_end(x, &count);
	if (taken)
		t = part_of_txa(x);
	put_text(x, t, x->at, last, x->obx, x->obx + count - 1);
	x->note = t;
	x->obx += count - 1;
	x->skip_to = last + 1;
}

bool fx_obx_document(struct fx *x)
{
	struct slice type = fx_field(x, 2), value = fx_field(x, 5);
	bool file = is_file(type), text = is_text(type);
	if (!file && !text)
		return false;
	bool of_txa = x->type->family == FX_DOCUMENT && x->document;
	uint32_t last = file_run(x, x->at);
	if (last > x->at && (!of_txa || fx_budget(x))) {
		file_in_pieces(x, last);
		return true;
	}
	if (of_txa) {
		if (!fx_budget(x))
			return true;
		body_of_txa(x);
		return true;
	}
	if (file || hidden_file(value)) {
		if (value.n && !fx_null(value))
			files(x, NULL);
		else
			x->note = document_of_obx(x); /* only its status: announced, or taken back */
		return true;
	}
	if (!x->narrative || is_type(type, "ST") || !fx_trim(type).n)
		return false;
	narrative(x);
	return true;
}

/* ---- TXA ---- */

/* Tables 0271 and 0273. What is obsolete or cancelled is that whatever else is said. */
static const struct fx_word availability[] = {{"OB", "superseded"}, {"CA", "entered-in-error"}};
static const struct fx_word completion[] = {{"DI", "preliminary"}, {"DO", "preliminary"}, {"IN", "preliminary"}, {"IP", "preliminary"},
	{"PA", "preliminary"}, {"AU", "current"}, {"LA", "current"}};

static void put_document_status(struct fx *x, struct fact *t)
{
	const char *state = x->type->status; /* T11: cancelled */
	if (!state)
		state = FX_LOOKUP(availability, fx_comp(x, fx_field(x, 19), 1));
	if (!state)
		state = FX_LOOKUP(completion, fx_comp(x, fx_field(x, 17), 1));
	fx_put_str(x, t, FF_STATUS, state ? state : "current");
	struct slice raw[2] = {fx_part(x, fx_comp(x, fx_field(x, 17), 1)), fx_part(x, fx_comp(x, fx_field(x, 19), 1))};
	fx_put(x, t, FF_STATUS_RAW, fx_words(x, raw, 2, ' '));
}

/* Table 0272: V very restricted, R restricted, U usual */
static void put_confidentiality(struct fx *x, struct fact *t)
{
	struct slice code = fx_comp(x, fx_field(x, 18), 1);
	if (fx_is(code, "V") || fx_is(code, "R"))
		fx_put(x, t, FF_PROTECTED, fx_part(x, code));
}

/* TXA: 2 type, 4 activity, 5 provider, 6 origination, 7 transcribed, 9 originator, 11 transcriptionist, 12 number, 13 parent, 14 placer's order,
 * 15 filler's, 16 file name, 17 completion, 18 confidentiality, 19 availability, 21 reason of change, 22 signed by, 25 title (2.8) */
void fx_txa(struct fx *x)
{
	if (!x->patients)
		return;
	struct fact *t = x->document = fx_add(x, FACT_DOCUMENT);
	x->details = 0;
	struct slice key;
	fx_order_keys(x, fx_field(x, 14), fx_field(x, 15), false, &key);
	x->order_key = SLICE_NULL;
	struct slice id = fx_has(x, 12) ? fx_ei(x, fx_field(x, 12)) : SLICE_NULL;
	fx_put(x, t, FF_ID, id);
	fx_put_field(x, t, FF_PARENT, 13, fx_ei);
	fx_put(x, t, FF_PLACER, x->placer);
	fx_put(x, t, FF_FILLER, x->filler);
	fx_put_visit(x, t);
	const char *verb = x->type->action; /* T05 T06 appends, T09 T10 replaces, T11 delete */
	if (verb && !strcmp(verb, "delete"))
		fx_put_str(x, t, FF_ACTION, verb);
	else if (fx_has(x, 13))
		fx_put_str(x, t, FF_RELATION, verb);
	struct slice code = fx_code(x, fx_field(x, 2)), title = fx_has(x, 25) ? fx_text(x, fx_field(x, 25)) : SLICE_NULL;
	fx_put(x, t, FF_TITLE, title.n ? title : display(code));
	fx_put(x, t, FF_CODE, code);
	put_document_status(x, t);
	fx_put_field(x, t, FF_TIME, fx_has(x, 4) ? 4 : 6, fx_time);
	fx_put_field(x, t, FF_RECORDED, fx_has(x, 7) ? 7 : 6, fx_time);
	fx_put_reps(x, t, FF_AUTHOR, fx_has(x, 9) ? 9 : 5, fx_person);
	fx_put_first(x, t, FF_ENTERER, 11, fx_person);
	fx_put_reps(x, t, FF_PERFORMER, 22, fx_person);
	put_confidentiality(x, t);
	fx_put_field(x, t, FF_TEXT, 21, fx_text);
	if (!id.n && !fx_has(x, 16) && !key.n)
		fx_problem(x); /* a document that nothing later can correct */
}

/* ---- the bytes ---- */

struct place {
	uint64_t from, to, rep;
};

static bool read_place(struct slice s, struct place *ret)
{
	if (!slice_starts(s, "OBX "))
		return false;
	struct slice rest = slice_of(s.p + 4, s.n - 4), second;
	*ret = (struct place){.rep = 1};
	bool range = memchr(rest.p ? rest.p : (const uint8_t *)"", '-', rest.n) != NULL;
	struct slice first = slice_cut(rest, range ? '-' : '/', &second);
	if (num_u64(first, 1, HL7_SEGMENTS_MAX, &ret->from) < 0)
		return false;
	ret->to = ret->from;
	if (!second.p)
		return true;
	return num_u64(second, 1, HL7_FIELDS_MAX, range ? &ret->to : &ret->rep) == 0 && ret->to >= ret->from;
}

/* The segment that is the n-th OBX. */
static bool find_obx(const struct hl7_msg *m, uint64_t n, uint32_t *ret)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (fx_name(&m->segments[i]) == SEG('O', 'B', 'X') && --n == 0) {
			*ret = i;
			return true;
		}
	return false;
}

static int put_decoded(struct fx *x, const struct file *f, struct buf *ret, struct err *e)
{
	size_t before = ret->n;
	struct slice s = fx_line(x, f->data);
	int r = 0;
	if (x->f->failed)
		return err_set(e, ERR_LIMIT, "OBX-5", "the document is larger than a message may be");
	if (f->coding == BASE64) {
		r = base64_get_loose(ret, s);
	} else if (f->coding == HEX) {
		uint8_t *to = buf_space(ret, s.n / 2);
		r = !to ? buf_code(ret) : hex_get(to, s.n / 2, slice_of(s.p, s.n & ~(size_t)1));
		if (r == 0)
			buf_commit(ret, s.n / 2);
	} else {
		buf_add_slice(ret, s);
	}
	if (r == 0 && buf_ok(ret))
		return 0;
	if (!buf_ok(ret))
		return err_set(e, buf_code(ret), "OBX-5", "no room for the document's bytes");
	ret->n = before;
	return err_set(e, ERR_INPUT, "OBX-5",
	"the document's %s cannot be decoded; the message itself has the bytes as they came", f->coding == HEX ? "hex" : "base64");
}

static int put_pieces(struct fx *x, uint32_t first, uint32_t last, struct buf *ret, struct err *e)
{
	AUTO_BUF struct buf all = {0};
	size_t before = ret->n;
	bool each = each_by_itself(x, first, last);
	buf_init(&all, HL7_MESSAGE_MAX);
	for (uint32_t i = first; i <= last && !each; i++)
		buf_add_slice(&all, piece_of(x, &x->m->segments[i]));
	if (!buf_ok(&all))
		return err_set(e, buf_code(&all), "OBX-5", "no room for the document's bytes");
	int r = each ? 0 : base64_get_loose(ret, buf_slice(&all));
	for (uint32_t i = first; each && i <= last && r == 0; i++)
		r = base64_get_loose(ret, piece_of(x, &x->m->segments[i]));
	if (!buf_ok(ret))
		return err_set(e, buf_code(ret), "OBX-5", "no room for the document's bytes");
	if (r == 0)
		return 0;
	ret->n = before;
	return err_set(e, ERR_INPUT, "OBX-5", "the document's base64, which is in several OBX, cannot be decoded; the message itself has the bytes as they came");
}

static int document(struct fx *x, const struct place *p, struct buf *ret, struct err *e)
{
	uint32_t first = 0, last = 0;
	if (!find_obx(x->m, p->from, &first) || !find_obx(x->m, p->to, &last))
		return err_set(e, ERR_NOT_FOUND, NULL, "the message has no such OBX segment");
	const struct hl7_segment *s = &x->m->segments[first];
	struct slice type = fx_seg_field(x, s, 2), rest = fx_seg_field(x, s, 5), rep = rest;
	if (p->to == p->from && (is_file(type) || hidden_file(rest))) {
		for (uint64_t n = p->rep; n; n--) {
			if (!rest.p)
				return err_set(e, ERR_NOT_FOUND, NULL, "OBX-5 has no such repetition");
			rep = slice_cut(rest, (uint8_t)(x->rep < 0 ? 0 : x->rep), &rest);
		}
		struct file f = {.data = rep, .coding = BASE64};
		if (is_file(type))
			read_ed(x, rep, &f);
		return put_decoded(x, &f, ret, e);
	}
	if (last > first && file_run(x, first) == last)
		return put_pieces(x, first, last, ret, e);
	size_t before = ret->n;
	if (!text_of(x, first, last, ret))
		return err_set(e, ERR_NOT_FOUND, NULL, "there is neither a file nor a text in these OBX segments");
	if (buf_ok(ret) && !x->f->failed)
		return 0;
	ret->n = before;
	return err_set(e, ERR_LIMIT, NULL, "no room for the document's text");
}

int hl7_document(const struct hl7_msg *m, struct slice place, struct buf *ret, struct err *e)
{
	struct place p;
	if (!read_place(place, &p))
		return err_set(e, ERR_INPUT, NULL, "not the place of a document: OBX n, OBX n/r or OBX n-m");
	AUTO_ARENA struct arena *a = arena_new((size_t)HL7_MESSAGE_MAX * 4);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	struct facts f;
	struct fx x;
	facts_init(&f, a);
	fx_init(&x, m, &f);
	return document(&x, &p, ret, e);
}
