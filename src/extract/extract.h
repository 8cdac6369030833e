/* extract: what a file says, as text and as fields, whatever its format and however deep it is packed.
 *
 * A file's bytes in, *pieces* out, in the order in which they stand: running text, or one field whose meaning the format itself states (PID-5 is a name; NM109 behind NM1*IL a member's number; a CSV's column "DOB"). Whoever takes
 * the pieces (find: identifiers and persons) needs to know no format.
 *
 * What is in a file is a stranger's. Our own readers (text, CSV, HL7 v2, X12, JSON and FHIR, RTF, HTML, MIME, DICOM headers) are bounded cursors over memory; everything that a library or a foreign program decodes (archives by
 * libarchive, XML by expat, SQLite, PDF by pdftotext, PST by readpst, pictures by tesseract) runs one file a child: no network, no other files, memory and time bounded, seccomp. What could not be read, or not to its end,
 * is said for each file and member (extract_trouble), never left out in silence.
 *
 * Bombs: depth, members, bytes out of one file and the ratio of bytes out to bytes in are bounded (extract_limits); reaching one is a trouble like any other.
 */
#ifndef HOLDFAST_EXTRACT_H
#define HOLDFAST_EXTRACT_H

#include "base.h"
#include "person.h"

#define EXTRACT_PIECE_MAX ((size_t)1 << 20) /* bytes of one piece of text: longer ones come in parts that end at a line or a blank, and the parts overlap by nothing */

enum extract_kind {
	EXTRACT_TEXT,   /* running text, UTF-8 */
	EXTRACT_FIELD,  /* one value of a record: role and who say what it is */
	EXTRACT_RECORD, /* a record (row, message, claim, resource) begins; what follows until the next one is about the same person unless `who` says otherwise. text: the record's own number, where it has one */
	EXTRACT_MEMBER, /* a member (of an archive, a mail, a workbook: a sheet) begins; text: its name */
};

struct extract_piece {
	enum extract_kind kind;
	int role;            /* of FIELD: PERSON_ROLE_x */
	int who;             /* of FIELD: PERSON_SUBJECT ... */
	struct slice name;   /* of FIELD: what the format calls it: "PID-5.1", "Patient.birthDate", "NM109", "Date of Birth"; of MEMBER: its type, as content_type_name has it, or "sheet", "page" ...; "" elsewhere */
	struct slice text;   /* UTF-8; what is no UTF-8 in the file was turned into it */
	uint64_t offset;     /* where it begins: in the file's own bytes for a plain file (in its text as UTF-8, where it had to be turned), in the member's decoded bytes otherwise; in a sheet the number of the row */
	struct slice member; /* the path inside the file, "" for the file itself: "2022/scans.zip/letter.docx"; a sheet, part or table behind '#': "book.xlsx#Sheet1" */
};

/* Slices live during the call. A code other than 0 ends the reading and is handed back. */
typedef int extract_fn(void *arg, const struct extract_piece *p, struct err *e);

/* What was not read, or not whole: once a file or member. */
enum extract_trouble_kind {
	EXTRACT_BROKEN,    /* its structure does not hold; what came before was told */
	EXTRACT_SEALED,    /* a password or a key is needed */
	EXTRACT_UNKNOWN,   /* no type that is known here; text in it was told as text when there is any */
	EXTRACT_PICTURE,   /* a picture, or a page without text: ask for OCR */
	EXTRACT_LIMIT,     /* a limit was reached */
	EXTRACT_DIED,      /* the child was ended: memory, time, or a call that is not allowed */
	EXTRACT_MISSING,   /* the program or library that reads this is not installed */
	EXTRACT_UNREADABLE /* the system would not hand out its bytes */
};
struct extract_trouble {
	enum extract_trouble_kind kind;
	struct slice member;
	char why[160]; /* a sentence; never content */
};
typedef void extract_trouble_fn(void *arg, const struct extract_trouble *t);

struct extract_limits {
	unsigned depth;        /* archives in archives: 8 */
	uint64_t members;      /* of one file: 1,000,000 */
	uint64_t bytes_out;    /* decoded from one file: 64 GiB */
	uint64_t ratio;        /* bytes out for each byte in, beyond the first 64 MiB: 1,000 */
	unsigned seconds;      /* of one child: 120, and one more for each 4 MiB of its file */
	size_t memory;         /* of one child: 1 GiB */
	bool ocr;              /* pictures and pages without text through tesseract: about two seconds a page */
	const char *ocr_lang;  /* "eng", "eng+fra"; NULL: eng */
	bool day_first;        /* dates in lists that could be read both ways */
};
void extract_limits_default(struct extract_limits *ret);

/* ---- one file (extract.c) ---- */

struct extract_report {
	int type;              /* CONTENT_x of the file itself, by its bytes */
	uint64_t size;         /* of the file */
	uint64_t bytes_out;    /* of text and fields that were told */
	uint64_t members, pieces, records, troubles;
	uint8_t sha256[32];    /* of the file's bytes */
};

/* Reads the file behind fd from its beginning (it need not be seekable; it is read and not mapped: one that shrinks is a short file). name: its name, for what its suffix promises. Thread-safe; one call uses one child at a time, and a foreign
 * program beside it.
 * 0: read, whatever troubles there were (trouble was called for each). An ERR_ code: fn's own, or ERR_SYSTEM, ERR_MEMORY. */
int extract_file(int fd, struct slice name, const struct extract_limits *l, extract_fn *fn, extract_trouble_fn *trouble, void *arg, struct extract_report *ret, struct err *e) MUST;

/* NULL, or a sentence: what the readers of strangers' bytes are not kept from on this kernel, though they should be. For whoever begins to read, to say once. */
const char *extract_open_to(void);

/* ---- readers by themselves, each over memory, each fuzzed; what they have in common ---- */

struct extract_out {
	extract_fn *fn;
	extract_trouble_fn *trouble;
	void *arg;
	struct slice member;
	struct arena *a;            /* for what has to be put together; reset between records */
	const struct extract_limits *limits;
	uint64_t base;              /* added to offsets */
	struct extract_walk *walk;  /* extract's own: for what is inside. NULL: a reader by itself; members are named and not gone into */
};
typedef int extract_reader(struct slice file, const struct extract_out *o, struct err *e);

extract_reader extract_hl7v2;   /* messages, batches and files of them, with or without MLLP bytes */
extract_reader extract_fhir;    /* a resource, a Bundle, NDJSON of them; JSON that is none: each member by its name (person_role_of_column) */
extract_reader extract_x12;     /* 837P/I/D, 835, 834, 270/271, 276/277; others: NM1, DMG, REF, N3, N4 by themselves */
extract_reader extract_ccda;    /* C-CDA and other HL7 CDA; in the child */
extract_reader extract_csv;     /* with or without a header; any separator */
extract_reader extract_dicom;   /* the header's elements, to the pixels */
extract_reader extract_text;    /* any charset */
extract_reader extract_html, extract_rtf, extract_xml, extract_mail;
/* In the child, over a descriptor of its own: */
int extract_sqlite(int fd, const struct extract_out *o, struct err *e) MUST; /* each table as records, columns by their names */

#endif
