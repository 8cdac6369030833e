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
int extract_put_layout(const struct extract_out *o, struct slice text, uint64_t offset, struct err *e) MUST; /* the same of text as it is printed (extract_table.c): rows of lists in it as records, behind the text */
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

/* ---- the walk: one for a file, in the caller's process and in its child each (extract_member.c) ---- */

#define EXTRACT_HEAD       65536u                 /* bytes that a type is told from */
#define EXTRACT_RATIO_FREE (UINT64_C(64) << 20)   /* unpacked from anything, however small */

enum extract_foreign { EXTRACT_PDF, EXTRACT_DOC, EXTRACT_XLS, EXTRACT_PPT, EXTRACT_PST, EXTRACT_OCR, EXTRACT_FOREIGN_N };

struct extract_walk {
	unsigned depth;         /* of what is being read */
	uint64_t members, out;  /* so far: files inside, bytes decoded */
	uint64_t in;            /* size of the file */
	bool stopped;           /* a limit of the whole file was reached, and it was told: ERR_LIMIT goes up to the top and is none there */
	bool taker_failed;      /* so did a code of the caller's own function, which is one there */
	bool apart;             /* this is the child */
	/* hand a member to a foreign program: its bytes, or fd. In the child: back to the caller */
	int (*foreign)(struct extract_walk *w, const struct extract_out *o, enum extract_foreign kind, int fd, struct slice bytes, struct err *e);
	void *telling;          /* in the child: what waits to be sent */
};

int extract_count(const struct extract_out *o, uint64_t bytes, struct err *e) MUST; /* bytes decoded; ERR_LIMIT: no more is to be read of the file */
int extract_enter(const struct extract_out *o, struct err *e) MUST;                 /* a member is begun: ERR_NO: it is too deep, which was told; ERR_LIMIT as above */
int extract_stop(const struct extract_out *o, const char *why, struct err *e);

/* The readers of what is whole in memory, by type (extract_readers.c): text types are handed UTF-8. NULL: there is none. */
extract_reader *extract_reader_of(int type);
int extract_type(struct slice head, bool whole, struct slice name); /* CONTENT_x by bytes and name (extract_type.c); CONTENT_TAR: whatever else libarchive reads */
bool extract_needs_child(int type);
/* What extract_member does, without its MEMBER piece: o->member is what is read. What is wrong with the bytes is told; a code is the caller's own, or a limit of the whole file. */
int extract_bytes(const struct extract_out *o, int type, struct slice name, struct slice bytes, struct err *e) MUST;
int extract_typed(const struct extract_out *o, int type, struct slice name, struct slice bytes, const char *charset /* NULL: guess */, struct err *e) MUST;
int extract_strings(struct slice file, const struct extract_out *o, struct err *e) MUST; /* the runs of text in what is no text: ASCII, UTF-8, UTF-16LE */
extract_reader extract_msg;                                                                /* Outlook's .msg, as it stands in the file */
bool extract_is_msg(struct slice file);
extract_reader extract_html_text;                                                          /* extract_html, of what is UTF-8 whatever it says */

/* Bytes that come in order, and cannot be had again (extract_stream.c). */
struct extract_source {
	int (*pull)(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e); /* as many as there are, at least 1; 0: the end. Below 0: what came is all */
	void *arg;
	bool counted; /* they are unpacked, and count */
};
/* What was looked at already, and then the rest: a source's arg, with extract_joined_pull. */
struct extract_joined {
	struct slice first;
	const struct extract_source *rest;
};
int extract_joined_pull(void *joined, uint8_t *to, size_t n, size_t *ret_got, struct err *e);
int extract_head(const struct extract_source *s, const struct extract_out *o, struct buf *b, bool *ret_whole, struct err *e) MUST;
int extract_stream(const struct extract_source *s, const struct extract_out *o, int type, struct slice name, struct buf *b /* what came already */, struct err *e) MUST;

/* ---- the child, and what runs in it ---- */

/* Reads in a child of its own: fd (not below 0), or the bytes. */
int extract_apart(const struct extract_out *o, int type, struct slice name, int fd, struct slice bytes, struct err *e) MUST;
int extract_library(const struct extract_out *o, int type, struct slice name, int fd, struct slice bytes, struct err *e) MUST; /* in the child */
int extract_archive(const struct extract_out *o, int type, struct slice name, int fd, struct slice bytes, const struct extract_source *s, struct err *e) MUST;
int extract_xml_stream(const struct extract_source *s, const struct extract_out *o, struct err *e) MUST;
void extract_library_load(void); /* before the child shuts itself in, in the caller's process: once */

/* ---- programs that are not ours (extract_program.c) ---- */

int extract_program(struct extract_walk *w, const struct extract_out *o, enum extract_foreign kind, int fd, struct slice bytes, struct err *e) MUST;
bool extract_works(pid_t pid, int64_t *worked); /* whether the process used the processor since *worked, which is brought up to date */
void extract_shut_files(const char *scratch, bool programs); /* Landlock, where the kernel has it: nothing, or what programs need to run, and one folder to write in */

/* ---- what the child says (extract_wire.c): frames of u32 length, u8 kind, body; integers little-endian. Nothing of it is believed ---- */

enum extract_frame { EXTRACT_FRAME_MEMBER = 'm', EXTRACT_FRAME_PIECE = 'p', EXTRACT_FRAME_TROUBLE = 't', EXTRACT_FRAME_FOREIGN = 'f', EXTRACT_FRAME_DATA = 'd', EXTRACT_FRAME_RUN = 'r', EXTRACT_FRAME_END = 'z' };
#define EXTRACT_FRAME_HEAD 5u
#define EXTRACT_FRAME_MAX  (EXTRACT_PIECE_MAX + EXTRACT_MEMBER_MAX + 64)
#define EXTRACT_NAME_MAX   4096u /* of a field */
void extract_wire_piece(struct buf *b, const struct extract_piece *p);
void extract_wire_trouble(struct buf *b, const struct extract_trouble *t);
void extract_wire_frame(struct buf *b, enum extract_frame kind, struct slice body);
/* A frame's body as what it is; the member is told by frames of its own. ERR_INPUT: it is none that the child writes. */
int extract_wire_piece_get(struct slice body, struct slice member, struct extract_piece *ret) MUST;
int extract_wire_trouble_get(struct slice body, struct slice member, struct extract_trouble *ret) MUST;

#endif
