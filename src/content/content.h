/* content: what a file is, and whether it is still what it says it is.
 *
 * A checker is fed a file's bytes once, in order, while somebody else reads it (a backup, a scan), and says at the end which type the bytes have and whether the type's own structure holds: a zip
 * whose directory is found and agrees with its entries, a JPEG whose markers can be walked to the end, a PDF whose startxref leads to a table, a PNG whose chunks' CRCs fit, a gzip whose trailer
 * fits, DICOM whose elements can be walked, JSON, HL7 v2, XML and CSV whose grammar holds. A magic number alone is never "valid": what encrypts files often leaves headers standing.
 * Pure: no file, clock or log; bounded memory (CONTENT_MEMORY_MAX a checker, whatever the file's size); no allocation grows with hostile lengths. Foreign parsers (text out of PDF and the like) are not here yet.
 *
 * The verdict is about structure, never about intent: a file encrypted by its owner (gpg, age, a password-protected docx) has a type of its own (CONTENT_PGP, CONTENT_AGE, CONTENT_OLE2 with
 * encryption) and is VALID as that. Judging a change is the caller's (vault, watch): valid before and CONTENT_LOST or another type after is what "structure lost" means.
 */
#ifndef HOLDFAST_CONTENT_H
#define HOLDFAST_CONTENT_H

#include "base.h"

/* Numbers stand in catalogues: they are for ever. name: what people and catalogues read. packed: its healthy bytes look random already, so that entropy says nothing. */
#define CONTENT_TYPES(X)                                                                                                         \
	X(0, EMPTY, "empty", false)                                                                                              \
	X(1, UNKNOWN, "unknown", false)   /* no type that we know; its figures still are there */                                \
	X(2, TEXT, "text", false)         /* UTF-8, 8859/x or UTF-16 text of no finer type */                                    \
	X(3, CSV, "csv", false)                                                                                                  \
	X(4, JSON, "json", false)         /* also NDJSON */                                                                      \
	X(5, XML, "xml", false)           /* also SVG, C-CDA, aECG; HTML is HTML */                                              \
	X(6, HTML, "html", false)                                                                                                \
	X(7, HL7V2, "hl7v2", false)       /* also batches */                                                                     \
	X(8, X12, "x12", false)                                                                                                  \
	X(9, RTF, "rtf", false)                                                                                                  \
	X(10, PDF, "pdf", true)                                                                                                  \
	X(11, ZIP, "zip", true)                                                                                                  \
	X(12, OOXML, "ooxml", true)       /* docx, xlsx, pptx */                                                                 \
	X(13, ODF, "odf", true)                                                                                                  \
	X(14, OLE2, "ole2", false)        /* doc, xls, ppt, msg, encrypted ooxml */                                              \
	X(15, GZIP, "gzip", true)                                                                                                \
	X(16, BZIP2, "bzip2", true)                                                                                              \
	X(17, XZ, "xz", true)                                                                                                    \
	X(18, ZSTD, "zstd", true)                                                                                                \
	X(19, SEVENZIP, "7z", true)                                                                                              \
	X(20, RAR, "rar", true)                                                                                                  \
	X(21, TAR, "tar", false)                                                                                                 \
	X(22, JPEG, "jpeg", true)                                                                                                \
	X(23, PNG, "png", true)                                                                                                  \
	X(24, GIF, "gif", true)                                                                                                  \
	X(25, TIFF, "tiff", false)                                                                                               \
	X(26, BMP, "bmp", false)                                                                                                 \
	X(27, WEBP, "webp", true)                                                                                                \
	X(28, JPEG2000, "jp2", true)                                                                                             \
	X(29, DICOM, "dicom", false)                                                                                             \
	X(30, SCP_ECG, "scp-ecg", false)                                                                                         \
	X(31, EDF, "edf", false)                                                                                                 \
	X(32, MP3, "mp3", true)                                                                                                  \
	X(33, WAV, "wav", false)                                                                                                 \
	X(34, MP4, "mp4", true)           /* ISO base media: mp4, mov, heic */                                                   \
	X(35, AVI, "avi", true)                                                                                                  \
	X(36, SQLITE, "sqlite", false)                                                                                           \
	X(37, ELF, "elf", false)                                                                                                 \
	X(38, PE, "pe", false)                                                                                                   \
	X(39, PGP, "pgp", true)           /* binary packets or ASCII armour */                                                   \
	X(40, AGE, "age", true)                                                                                                  \
	X(41, MAIL, "mail", false)        /* eml, mbox */                                                                        \
	X(42, EVTX, "evtx", false)                                                                                               \
	X(43, MDB, "mdb", false)          /* Access, Jet and ACE */                                                              \
	X(44, PST, "pst", false)                                                                                                 \
	X(45, VMDISK, "vm-disk", false)   /* qcow2, vmdk, vhdx, vdi: header and its copies */                                    \
	X(46, FONT, "font", true)                                                                                                \
	X(47, JAVA, "java-class", false)                                                                                         \
	X(48, GITCRYPT, "git-crypt", true)  /* a file that git-crypt holds locked, under its own name */

enum content_type {
#define X(n, id, name, packed) CONTENT_##id = n,
	CONTENT_TYPES(X)
#undef X
};
const char *content_type_name(int type);     /* "unknown" for numbers that are not in the list */
int content_type_parse(struct slice name) MUST; /* -1: none */
bool content_type_packed(int type);

enum content_state { /* numbers stand in catalogues */
	CONTENT_UNCHECKED = 0, /* UNKNOWN and EMPTY; or a type whose structure this reader cannot check to the end */
	CONTENT_VALID = 1,     /* the type's structure holds from the beginning to the end */
	CONTENT_LOST = 2,      /* it begins, or by its name ought to begin, as a type whose structure does not hold */
};

/* Entropy and its like, over blocks of 4 KiB, for what has no checkable structure, and as a second signal. */
struct content_figures {
	uint64_t size;
	uint64_t blocks;         /* whole blocks of 4,096 bytes */
	uint64_t random_blocks;  /* whose bytes cannot be told from uniform ones (chi-square below the 99.9 % point, and Shannon over 7.9 bits) */
	double entropy;          /* bits a byte over the whole file, 0..8 */
	double text_share;       /* share of bytes that are printable text, UTF-8 included */
	double word_share;       /* share of bytes that are blanks, line ends, tabs, commas, pipes ...: what base64 of an encrypted file has not */
};

struct content_report {
	int type;                /* CONTENT_x by the bytes themselves */
	int state;               /* CONTENT_UNCHECKED, _VALID, _LOST */
	int named;               /* what the file's name promises (by its suffix), CONTENT_UNKNOWN when nothing */
	bool encrypted;          /* encrypted by its own format: PGP, age, encrypted zip entries, encrypted PDF or Office */
	bool appended;           /* valid, and more than a little stands behind its end */
	char why[96];            /* for LOST: a short reason with an offset; never content. "" otherwise */
	struct content_figures f;
};

#define CONTENT_MEMORY_MAX ((size_t)1 << 20) /* of one checker, at any time */

struct content_checker;
/* name: the file's name or path, for what its suffix promises; may be empty. Allocates once; reusable by content_begin. */
struct content_checker *content_new(void); /* NULL: no memory */
void content_free(struct content_checker *c);
void content_begin(struct content_checker *c, struct slice name, uint64_t size_hint /* 0: unknown */);
void content_add(struct content_checker *c, struct slice s); /* in order; a hole's zeros may be told by content_add_zeros */
void content_add_zeros(struct content_checker *c, uint64_t n);
void content_end(struct content_checker *c, struct content_report *ret);

/* ---- one file's change (content_change.c) ------------------------------------------------------------------------------ */

/* What is kept of one version of a file, to be held against another. The figures' two decimals are enough. */
#define CONTENT_TRAIT                                                                                                          \
	int type, named, state;                                                                                                  \
	bool encrypted;                                                                                                          \
	bool torn;                               /* could not be read to the end: is no evidence */                              \
	uint64_t size;                                                                                                           \
	float entropy, random_share, word_share; /* random_share: random_blocks / blocks, 0 when it has no whole block */
struct content_trait {
	CONTENT_TRAIT
};
void content_trait_of(const struct content_report *r, struct content_trait *ret);

enum content_change {
	CONTENT_CHANGE_FINE,       /* whole after it, or nothing can be said */
	CONTENT_CHANGE_TURNED,     /* readable text now, where something else was; a text whose grammar broke; a live database between two states: look */
	CONTENT_CHANGE_SEALED,     /* whole as something that people encrypt with: OpenPGP, age, a password of its own format */
	CONTENT_CHANGE_NOISE,      /* was known, is noise */
	CONTENT_CHANGE_NOISE_WEAK, /* was nothing that can be checked, but ordered, and is noise */
	CONTENT_CHANGE_BROKEN,     /* was whole, is as long or longer, and its structure does not hold */
	CONTENT_CHANGE_CUT,        /* was whole, is shorter and not */
	CONTENT_CHANGE_WIPED,      /* a document that is empty or one byte value now */
	CONTENT_CHANGE_EMPTIED,    /* the same of text or of what cannot be checked: logs are emptied every night */
};
/* The content under one name, or of a copy that stands for a file that is gone (renamed). Never by the state after alone: healthy files of half of all types look like noise. */
enum content_change content_change(const struct content_trait *before, const struct content_trait *after, bool renamed);
bool content_is_noise(const struct content_trait *t);  /* by its figures alone: uniform bytes, or text without words (base64, hex) */
bool content_is_opaque(const struct content_trait *t); /* noise, and no type of which its structure holds */
bool content_knows(const struct content_trait *t);     /* a type that was recognised and is not lost */
bool content_document(int type);                       /* what people keep, and programs do not throw away by themselves */
bool content_textual(int type);
bool content_live(int type);                           /* written to while it is in use, or holds other things: blocks of noise may come and go in it */
/* Whole as something that has nothing to do with what it was, and its new name does not say so: a picture's header in front, base64 in a line of JSON. */
bool content_disguised(const struct content_trait *before, const struct content_trait *after);
bool content_packs_nothing(const struct content_trait *before, const struct content_trait *after); /* a whole archive, as large as the text that was there */
bool content_fields_masked(const struct content_trait *before, const struct content_trait *after); /* the grammar stands, what it holds is none of anybody's words */
bool content_unreadable(const struct content_trait *before, const struct content_trait *after);    /* a text before, none after */
bool content_grammar_lost(const struct content_trait *before, const struct content_trait *after);  /* JSON, XML, HL7: plain text now */
bool content_more_noise(const struct content_trait *before, const struct content_trait *after);    /* a little: only where other signs are there */

/* ---- known families and tools (content_known.c; data: families.tsv) ----------------------------------------------------- */

enum content_known_kind {
	CONTENT_KNOWN_SUFFIX, CONTENT_KNOWN_NOTE, CONTENT_KNOWN_PACKER, CONTENT_KNOWN_SEALER, CONTENT_KNOWN_IMAGE, CONTENT_KNOWN_AUDIO, CONTENT_KNOWN_VIDEO, CONTENT_KNOWN_DATA, CONTENT_KNOWN_KINDS
};
enum content_known_strength { CONTENT_KNOWN_WEAK = 1, CONTENT_KNOWN_MEDIUM, CONTENT_KNOWN_STRONG };
struct content_known {
	enum content_known_kind kind;
	struct slice value, family;
	enum content_known_strength strength;
};
/* base: a name without its folder. */
const struct content_known *content_known_suffix(struct slice base); /* the longest that fits; NULL: none */
const struct content_known *content_known_note(struct slice base);
const struct content_known *content_known_tool(struct slice base);
size_t content_known_count(void);

#endif
