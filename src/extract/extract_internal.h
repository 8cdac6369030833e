/* Between the files of extract.
 *
 * Who reads what, and where. extract_bytes (extract_member.c) finds the type of what it is handed and calls the reader. Our own readers run where they are called. What a library decodes runs in the child (extract_apart.c): in the caller's
 * process extract_bytes starts one, in the child it goes on in place, so that a zip in a zip is one child. What a foreign program decodes (extract_program.c) is run by the caller's process only: the child hands such a member back. */
#ifndef HOLDFAST_EXTRACT_INTERNAL_H
#define HOLDFAST_EXTRACT_INTERNAL_H

#include "content.h"
#include "extract.h"

/* ---- what readers call (extract_out.c). Texts have to be UTF-8: a reader of text is handed UTF-8 (extract_bytes sees to it), the others turn with extract_utf8. A code other than 0 is handed on at once. ---- */

int extract_put_text(const struct extract_out *o, struct slice text, uint64_t offset, struct err *e) MUST; /* of any length: it is told in parts; nothing but blanks: not told */
int extract_put_field(const struct extract_out *o, int role, int who, struct slice name, struct slice value, uint64_t offset, struct err *e) MUST; /* trimmed; empty: not told; a value too long for one piece is told as text */
int extract_put_record(const struct extract_out *o, struct slice number, uint64_t offset, struct err *e) MUST;
void extract_tell(const struct extract_out *o, enum extract_trouble_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4); /* of o->member; never content */

/* A file inside the file (an attachment, a BLOB, an entry): its MEMBER piece, its type by its bytes and name, its reader with an arena of its own; depth, members and bytes are counted. name: its own, as it stands there; only ever told, never a path that is opened. */
int extract_member(const struct extract_out *o, struct slice name, struct slice bytes, struct err *e) MUST;
/* The MEMBER piece alone, and what to hand on with: *ret is o with the member "…/name", or of a part of the same file (a sheet, a table, a page: what) "…#name". The path is put together in path, which has to live as long, and is cut there. */
#define EXTRACT_MEMBER_MAX 4096u
int extract_begin_member(const struct extract_out *o, struct slice name, const char *type, char path[EXTRACT_MEMBER_MAX], struct extract_out *ret, struct err *e) MUST;
int extract_part(const struct extract_out *o, struct slice name, const char *what, char path[EXTRACT_MEMBER_MAX], struct extract_out *ret, struct err *e) MUST;

/* ---- charsets (extract_charset.c) ---- */

/* Raw text as UTF-8. charset: its name (any that iconv knows, case and "cs" spelling as in MIME), or NULL: guessed by BOM, zeros, validity, and how letters stand beside each other. ret_charset, may be NULL: what it was taken for (static).
 * Without its BOM. What is UTF-8 already is not copied: *ret is a slice of raw then (out is left empty). Bytes that are no character become U+FFFD. ERR_MEMORY, ERR_LIMIT: out is full. */
int extract_utf8(struct slice raw, const char *charset, struct buf *out, struct slice *ret, const char **ret_charset, struct err *e) MUST;
const char *extract_charset_guess(struct slice raw); /* "UTF-8", "UTF-16LE", "windows-1252" ...; never NULL */
void extract_charset_load(void);                     /* iconv's tables, before the child shuts itself in */

/* ---- the walk: one for a file, in the caller's process and in its child each ---- */

enum extract_foreign { EXTRACT_PDF, EXTRACT_DOC, EXTRACT_XLS, EXTRACT_PPT, EXTRACT_PST, EXTRACT_OCR, EXTRACT_FOREIGN_N };

struct extract_walk {
	unsigned depth;         /* of what is being read */
	uint64_t members, out;  /* so far: files inside, bytes decoded */
	uint64_t in;            /* size of the file */
	bool stopped;           /* a limit of the whole file was reached, and it was told: ERR_LIMIT goes up to the top and is none there */
	bool apart;             /* this is the child */
	/* hand a member to a foreign program (in the child: back to the caller) */
	int (*foreign)(struct extract_walk *w, const struct extract_out *o, enum extract_foreign kind, struct slice bytes, struct err *e);
	int fd;                 /* in the child: where answers go */
};

int extract_strings(struct slice file, const struct extract_out *o, struct err *e) MUST; /* the runs of text in what is no text: ASCII, UTF-8, UTF-16LE */

/* The readers of what is whole in memory, by type (extract_readers.c): text types are handed UTF-8. NULL: there is none. */
extract_reader *extract_reader_of(int type);
/* Type by bytes and name (extract_type.c). */
int extract_type(struct slice head, bool whole, struct slice name);
/* What extract_member does, without its MEMBER piece: o->member is what is read. */
int extract_bytes(const struct extract_out *o, int type, struct slice name, struct slice bytes, struct err *e) MUST;

/* Bytes that come in order, and cannot be had again. */
struct extract_source {
	int (*pull)(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e); /* as many as there are, at least 1; 0: the end. Below 0: what came is all */
	void *arg;
};

#endif
