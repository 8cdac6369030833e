/* Office documents are zips whose entries say by their names what they are: which part goes to which reader. What holds neither text nor data (styles, themes, settings) is passed over; anything that is not known by its name is a member like
 * any other, so that what was embedded, and pictures, are read or told. */
#include "extract_archive.h"
#include "extract_office.h"
#include "extract_xml.h"

#define MANIFEST_MAX ((size_t)4 << 20)

enum document { NO_DOCUMENT, OOXML, ODF };

enum part { PART_SKIP, PART_FLOW, PART_BODY, PART_SHEET, PART_XML, PART_ODF, PART_ODF_BODY, PART_MEMBER, PART_BOOK };

static bool has(struct slice s, const char *word)
{
	return memmem(s.p, s.n, word, strlen(word)) != NULL;
}

static bool ends(struct slice s, const char *suffix)
{
	size_t n = strlen(suffix);
	return s.n >= n && slice_eq_nocase(slice_of(s.p + s.n - n, n), suffix);
}

static enum part of_ooxml(struct slice n)
{
	static const char *const skip[] = {"[Content_Types].xml", "_rels/", "/theme/", "/styles.xml", "/settings.xml", "/fontTable.xml", "/webSettings.xml", "/numbering.xml", "stylesWithEffects", "calcChain.xml", "printerSettings", "/slideLayouts/", "/slideMasters/", "/presProps.xml",
		"/viewProps.xml", "/tableStyles.xml", "/presentation.xml", "xl/metadata.xml", "/handoutMasters/", "/notesMasters/", "/commentAuthors.xml", "docProps/thumbnail", "xl/tables/", "/fonts/", "vmlDrawing", "/changesInfos/", "/revisionInfo.xml", "/colors", "/style"};
	static const char *const flow[] = {"word/header", "word/footer", "word/footnotes", "word/endnotes", "word/comments", "ppt/slides/", "ppt/notesSlides/", "ppt/comments/", "xl/comments", "xl/threadedComments/", "/drawings/", "/diagrams/", "word/glossary/document"};
	if (slice_eq_str(n, "xl/sharedStrings.xml") || slice_eq_str(n, "xl/styles.xml") || slice_eq_str(n, "xl/workbook.xml"))
		return PART_BOOK;
	for (size_t i = 0; i < ARRAY_LEN(skip); i++)
		if (has(n, skip[i]))
			return PART_SKIP;
	if (!ends(n, ".xml"))
		return PART_MEMBER;
	if (slice_starts(n, "word/document"))
		return PART_BODY;
	if (slice_starts(n, "xl/worksheets/") || slice_starts(n, "xl/chartsheets/") || slice_starts(n, "xl/dialogsheets/") || slice_starts(n, "xl/macrosheets/"))
		return PART_SHEET;
	for (size_t i = 0; i < ARRAY_LEN(flow); i++)
		if (has(n, flow[i]))
			return PART_FLOW;
	return PART_XML;
}

static enum part of_odf(struct slice n)
{
	static const char *const skip[] = {"mimetype", "META-INF/", "settings.xml", "Configurations", "Thumbnails/", "layout-cache", "manifest.rdf", "accelerator"};
	for (size_t i = 0; i < ARRAY_LEN(skip); i++)
		if (slice_starts(n, skip[i]))
			return PART_SKIP;
	if (slice_eq_str(n, "content.xml"))
		return PART_ODF_BODY;
	if (ends(n, "content.xml") || ends(n, "styles.xml"))
		return PART_ODF;
	return ends(n, ".xml") ? PART_XML : PART_MEMBER;
}

/* ---- the first pass: what it is, and what other parts refer to ---- */

struct looked {
	enum document is;
	bool sealed;
	bool types, manifest, content, office, binary;
};

static int read_manifest(struct archive *a, const struct extract_out *o, struct looked *l, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct extract_entry entry = {.a = a, .o = o};
	size_t got = 1;
	buf_init(&b, MANIFEST_MAX);
	while (got) {
		uint8_t *to = buf_space(&b, 16384);
		if (!to)
			return 0;
		int r = extract_entry_pull(&entry, to, 16384, &got, e);
		if (r < 0)
			return r;
		buf_commit(&b, got);
	}
	l->sealed = has(buf_slice(&b), "encryption-data");
	return 0;
}

static int look(const struct extract_out *o, struct extract_packed *p, struct looked *l, struct err *e)
{
	AUTO_BUF struct buf names = {0};
	struct archive_entry *x;
	struct archive *a = extract_archive_open(o, p, EXTRACT_OFFICE);
	int r = 0;
	buf_init(&names, 4 * EXTRACT_MEMBER_MAX);
	if (!a)
		return 0;
	while (r == 0 && archive_read_next_header(a, &x) == ARCHIVE_OK) {
		struct slice n = extract_entry_name(x, &names);
		l->types |= slice_eq_str(n, "[Content_Types].xml");
		l->office |= slice_starts(n, "word/") || slice_starts(n, "xl/") || slice_starts(n, "ppt/");
		l->binary |= slice_eq_str(n, "xl/workbook.bin");
		l->content |= slice_eq_str(n, "content.xml");
		if (slice_eq_str(n, "META-INF/manifest.xml")) {
			l->manifest = true;
			r = read_manifest(a, o, l, e);
		}
	}
	archive_read_free(a);
	l->is = l->types && l->office ? OOXML : l->manifest && l->content ? ODF : NO_DOCUMENT;
	return r;
}

typedef int book_reader(struct extract_book *b, const struct extract_source *s, const struct extract_out *o, struct err *e);

/* One part that sheets need, wherever in the zip it stands. */
static int read_book(const struct extract_out *o, struct extract_packed *p, struct extract_book *b, const char *name, book_reader *reader, struct err *e)
{
	AUTO_BUF struct buf names = {0};
	struct archive_entry *x;
	struct archive *a = extract_archive_open(o, p, EXTRACT_OFFICE);
	int r = 0;
	buf_init(&names, 4 * EXTRACT_MEMBER_MAX);
	while (a && r == 0 && archive_read_next_header(a, &x) == ARCHIVE_OK) {
		if (!slice_eq_str(extract_entry_name(x, &names), name))
			continue;
		struct extract_entry entry = {.a = a, .o = o};
		const struct extract_source s = {.pull = extract_entry_pull, .arg = &entry, .counted = true};
		r = reader(b, &s, o, e);
		break;
	}
	if (a)
		archive_read_free(a);
	return r;
}

/* ---- the second: each part to its reader ---- */

static struct slice short_name(struct slice n)
{
	const uint8_t *slash = n.n ? memrchr(n.p, '/', n.n) : NULL;
	struct slice s = slash ? slice_of(slash + 1, (size_t)(n.p + n.n - slash - 1)) : n;
	return ends(s, ".xml") ? slice_of(s.p, s.n - 4) : s;
}

static int one_part(const struct extract_out *o, struct archive *a, struct archive_entry *x, struct slice name, enum part is, struct extract_book *b, struct err *e)
{
	char path[EXTRACT_MEMBER_MAX];
	struct extract_out in = *o;
	AUTO_ARENA struct arena *own = arena_new((size_t)256 << 20);
	struct extract_entry entry = {.a = a, .o = &in};
	const struct extract_source s = {.pull = extract_entry_pull, .arg = &entry, .counted = true};
	int r = 0;
	if (!own)
		return err_set(e, ERR_MEMORY, NULL, "no memory to read a document in");
	if (is == PART_MEMBER)
		return extract_archive_member(o, a, x, name, e);
	if (is == PART_SHEET)
		return extract_book_sheet(b, name, &s, o, e);
	if (is != PART_BODY && is != PART_ODF_BODY)
		r = extract_part(o, short_name(name), "part", path, &in, e);
	in.a = own;
	if (r != 0)
		return r;
	switch (is) {
	case PART_BODY: case PART_FLOW: return extract_flow_xml(&s, &in, e);
	case PART_ODF: case PART_ODF_BODY: return extract_odf_xml(&s, &in, e);
	default: return extract_xml_stream(&s, &in, e);
	}
}

static int parts(const struct extract_out *o, struct extract_packed *p, enum document d, struct extract_book *b, struct err *e)
{
	AUTO_BUF struct buf names = {0};
	struct archive_entry *x;
	struct archive *a = extract_archive_open(o, p, EXTRACT_OFFICE);
	int r = 0, at = ARCHIVE_OK;
	buf_init(&names, 4 * EXTRACT_MEMBER_MAX);
	while (a && r == 0 && ((at = archive_read_next_header(a, &x)) == ARCHIVE_OK || at == ARCHIVE_WARN)) {
		struct slice n = extract_entry_name(x, &names);
		enum part is = d == ODF ? of_odf(n) : of_ooxml(n);
		if (archive_entry_filetype(x) != AE_IFREG || is == PART_SKIP || is == PART_BOOK)
			continue;
		if (archive_entry_is_data_encrypted(x) == 1)
			is = PART_MEMBER;
		r = one_part(o, a, x, n, is, b, e);
	}
	if (a && r == 0 && at != ARCHIVE_EOF)
		extract_tell(o, EXTRACT_BROKEN, "its structure breaks off; what came before was read");
	if (a)
		archive_read_free(a);
	return r;
}

int extract_office(const struct extract_out *o, struct extract_packed *p, struct err *e)
{
	struct looked l = {.is = NO_DOCUMENT};
	int r = look(o, p, &l, e);
	if (r != 0 || l.is == NO_DOCUMENT)
		return r;
	if (l.sealed) {
		extract_tell(o, EXTRACT_SEALED, "under a password");
		return 1;
	}
	struct extract_book *b = extract_book_new();
	if (!b)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a workbook");
	if (l.binary)
		extract_tell(o, EXTRACT_UNKNOWN, "a workbook in binary form (.xlsb): the runs of text in it were told, its numbers were not");
	if (l.is == OOXML)
		r = read_book(o, p, b, "xl/workbook.xml", extract_book_sheets, e);
	if (r == 0 && l.is == OOXML)
		r = read_book(o, p, b, "xl/_rels/workbook.xml.rels", extract_book_targets, e);
	if (r == 0 && l.is == OOXML)
		r = read_book(o, p, b, "xl/styles.xml", extract_book_styles, e);
	if (r == 0 && l.is == OOXML)
		r = read_book(o, p, b, "xl/sharedStrings.xml", extract_book_strings, e);
	if (r == 0)
		r = parts(o, p, l.is, b, e);
	extract_book_free(b);
	return r == 0 ? 1 : r;
}
