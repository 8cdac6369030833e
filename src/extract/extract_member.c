/* What is inside a file: found by its bytes, counted, handed to its reader. */
#include "extract_internal.h"

#include <sys/mman.h>
#include <unistd.h>

#define ARENA_MAX ((size_t)256 << 20) /* of one reader */
#define TEXT_MAX  ((size_t)1 << 30)

/* ---- limits ---- */

int extract_stop(const struct extract_out *o, const char *why, struct err *e)
{
	if (!o->walk->stopped)
		extract_tell(o, EXTRACT_LIMIT, "%s", why);
	o->walk->stopped = true;
	return err_set(e, ERR_LIMIT, NULL, "%s", why);
}

int extract_count(const struct extract_out *o, uint64_t bytes, struct err *e)
{
	struct extract_walk *w = o->walk;
	const struct extract_limits *l = o->limits;
	if (!w)
		return 0;
	w->out = w->out + bytes < w->out ? UINT64_MAX : w->out + bytes;
	if (w->out > l->bytes_out)
		return extract_stop(o, "more is packed in this file than is unpacked from one", e);
	if (w->out > EXTRACT_RATIO_FREE && w->out / l->ratio >= w->in)
		return extract_stop(o, "it unpacks to so many times its size that nobody packed it to be read", e);
	return 0;
}

static int count_member(const struct extract_out *o, struct err *e)
{
	return !o->walk || o->walk->members++ < o->limits->members ? 0 : extract_stop(o, "more files are packed in this one than are read from one", e);
}

/* ---- by type ---- */

/* Readers of text are handed UTF-8. */
static int read_text(const struct extract_out *o, extract_reader *reader, struct slice bytes, const char *charset, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct slice text;
	buf_init(&b, TEXT_MAX);
	int r = extract_utf8(bytes, charset, &b, &text, NULL, e);
	if (r < 0)
		return r;
	struct extract_out as = *o;
	if (!b.n)
		as.base += (uint64_t)(text.p - bytes.p);
	return reader(text, &as, e);
}

static int outline(const struct extract_out *o, enum extract_foreign kind, struct slice bytes, struct err *e)
{
	return o->walk && o->walk->foreign ? o->walk->foreign(o->walk, o, kind, -1, bytes, e) : 0;
}

static int ole2(const struct extract_out *o, struct slice bytes, struct err *e)
{
	/* its directory's names are UTF-16LE */
	static const struct {
		const char *name;
		size_t n;
		int kind;
	} streams[] = {{"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e", 31, -1}, {"W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t", 23, EXTRACT_DOC}, {"W\0o\0r\0k\0b\0o\0o\0k", 15, EXTRACT_XLS}, {"P\0o\0w\0e\0r\0P\0o\0i\0n\0t\0 \0D\0o\0c", 27, EXTRACT_PPT}, {"B\0o\0o\0k\0\0\0\0\0", 12, EXTRACT_XLS}};
	if (extract_is_msg(bytes))
		return extract_msg(bytes, o, e);
	for (size_t i = 0; i < ARRAY_LEN(streams); i++)
		if (memmem(bytes.p, bytes.n, streams[i].name, streams[i].n)) {
			if (streams[i].kind >= 0)
				return outline(o, (enum extract_foreign)streams[i].kind, bytes, e);
			extract_tell(o, EXTRACT_SEALED, "an Office document under a password");
			return 0;
		}
	if (memmem(bytes.p, bytes.n, "_\0_\0s\0u\0b\0s\0t\0g\0001\0.\0000", 21))
		return extract_msg(bytes, o, e);
	extract_tell(o, EXTRACT_UNKNOWN, "an OLE2 file that is no document known here; the runs of text in it were told");
	return extract_strings(bytes, o, e);
}

static int picture(const struct extract_out *o, int type, struct slice bytes, struct err *e)
{
	if (o->limits->ocr)
		return outline(o, EXTRACT_OCR, bytes, e);
	extract_tell(o, EXTRACT_PICTURE, "a picture (%s): what is written in it is read with OCR only", content_type_name(type));
	return 0;
}

static int told_as_strings(const struct extract_out *o, int type, struct slice bytes, struct err *e)
{
	extract_tell(o, EXTRACT_UNKNOWN, type == CONTENT_UNKNOWN ? "no type that is known here%s; the runs of text in it were told" : "nobody reads %s here; the runs of text in it were told", type == CONTENT_UNKNOWN ? "" : content_type_name(type));
	return extract_strings(bytes, o, e);
}

bool extract_needs_child(int type)
{
	switch (type) {
	case CONTENT_ZIP: case CONTENT_OOXML: case CONTENT_ODF: case CONTENT_GZIP: case CONTENT_BZIP2: case CONTENT_XZ: case CONTENT_ZSTD: case CONTENT_SEVENZIP: case CONTENT_RAR: case CONTENT_TAR: case CONTENT_SQLITE: case CONTENT_XML:
		return true;
	default:
		return false;
	}
}

/* In the child, or (a member that came with a mail) in one that is made for it. */
static int with_library(const struct extract_out *o, int type, struct slice name, struct slice bytes, struct err *e)
{
	if (!o->walk)
		return 0;
	if (!o->walk->apart)
		return extract_apart(o, type, name, -1, bytes, e);
	return extract_library(o, type, name, -1, bytes, e);
}

static int by_type(const struct extract_out *o, int type, struct slice name, struct slice bytes, const char *charset, struct err *e)
{
	extract_reader *reader = extract_reader_of(type);
	if (extract_needs_child(type))
		return with_library(o, type, name, bytes, e);
	if (reader)
		return content_textual(type) && type != CONTENT_RTF && type != CONTENT_HTML && type != CONTENT_MAIL && type != CONTENT_HL7V2 ? read_text(o, reader, bytes, charset, e) : reader(bytes, o, e);
	switch (type) {
	case CONTENT_EMPTY: return 0;
	case CONTENT_PDF: return outline(o, EXTRACT_PDF, bytes, e);
	case CONTENT_OLE2: return ole2(o, bytes, e);
	case CONTENT_PST: return outline(o, EXTRACT_PST, bytes, e);
	case CONTENT_JPEG: case CONTENT_PNG: case CONTENT_GIF: case CONTENT_TIFF: case CONTENT_BMP: case CONTENT_WEBP: case CONTENT_JPEG2000: return picture(o, type, bytes, e);
	case CONTENT_PGP: case CONTENT_AGE: case CONTENT_GITCRYPT: extract_tell(o, EXTRACT_SEALED, "encrypted (%s)", content_type_name(type)); return 0;
	case CONTENT_ELF: case CONTENT_PE: case CONTENT_JAVA: case CONTENT_FONT: return extract_strings(bytes, o, e); /* programs: no reader would find more */
	case CONTENT_TEXT: case CONTENT_CSV: case CONTENT_JSON: case CONTENT_HL7V2: case CONTENT_X12: return read_text(o, extract_text, bytes, charset, e);
	default: return told_as_strings(o, type, bytes, e);
	}
}

int extract_typed(const struct extract_out *o, int type, struct slice name, struct slice bytes, const char *charset, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(ARENA_MAX);
	struct extract_out own = *o;
	struct err why = {0};
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory to read a file in");
	own.a = a;
	int r = by_type(&own, type, name, bytes, charset, &why);
	if (r == 0)
		return 0;
	if (!o->walk || o->walk->stopped || o->walk->taker_failed) {
		if (e)
			*e = why;
		return r;
	}
	/* the reader's own: of this member, and the next one is read */
	extract_tell(o, r == ERR_LIMIT || r == ERR_MEMORY ? EXTRACT_LIMIT : EXTRACT_BROKEN, "%.150s", why.text[0] ? why.text : "it could not be read");
	return 0;
}

int extract_bytes(const struct extract_out *o, int type, struct slice name, struct slice bytes, struct err *e)
{
	return extract_typed(o, type, name, bytes, NULL, e);
}

int extract_enter(const struct extract_out *o, struct err *e)
{
	int r = count_member(o, e);
	if (r < 0 || !o->walk)
		return r;
	if (o->walk->depth + 1 < o->limits->depth)
		return 0;
	extract_tell(o, EXTRACT_LIMIT, "files are packed in files more than %u deep: what is in this one was not read", o->limits->depth);
	return ERR_NO;
}

int extract_member(const struct extract_out *o, struct slice name, struct slice bytes, struct err *e)
{
	char path[EXTRACT_MEMBER_MAX];
	struct extract_out in;
	int type = extract_type(slice_of(bytes.p, bytes.n < EXTRACT_HEAD ? bytes.n : EXTRACT_HEAD), bytes.n <= EXTRACT_HEAD, name);
	int r = extract_begin_member(o, name, content_type_name(type), path, &in, e);
	if (r != 0 || !o->walk)
		return r;
	r = extract_enter(&in, e);
	if (r == 0)
		r = extract_count(&in, bytes.n, e);
	if (r != 0)
		return r == ERR_NO ? 0 : r;
	o->walk->depth++;
	r = extract_bytes(&in, type, name, bytes, e);
	o->walk->depth--;
	return r;
}
