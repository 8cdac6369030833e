/* hl7: HL7 v2.1 to v2.9, pure: bytes in, values or an error out; no socket, file, clock or log.
 *
 * Frames (MLLP release 1), messages (ER7, any delimiters, any line end), acknowledgements (HL7 v2.9 chapter 2.9, 2.13), message -> facts.
 * Rules that come from the field stand at the top of mllp.c, parse.c and ack.c, with their reasons in DESIGN.md, and are tested row by row.
 */
#ifndef HOLDFAST_HL7_H
#define HOLDFAST_HL7_H

#include "base.h"
#include "facts.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define HL7_MESSAGE_MAX (UINT64_C(72) << 20) /* bytes; 64 MB of content must pass */
#define HL7_SEGMENTS_MAX 200000
#define HL7_FIELDS_MAX 4000000

/* ---- MLLP frames: feed bytes, ask what came. --------------------------------------------------------------------------- */

enum hl7_frame_type {
	HL7_FRAME_NONE,     /* need more bytes */
	HL7_FRAME_MESSAGE,  /* one message (a frame with two MSH gives two of these) */
	HL7_FRAME_FRAGMENT, /* evidence: bytes that are no whole frame (a restarted sender's first half, bytes before VT such as an HTTP request, rest at EOF) */
	HL7_FRAME_COMMIT,   /* MLLP release 2 commit block (0x06 / 0x15): ignored */
	HL7_FRAME_ENVELOPE, /* FHS, BHS, BTS or FTS line of a batch in a frame, with what follows it up to the next header: stored, never acknowledged */
};
/* odd: of this frame and of the bytes between it and the one before. The frames do not depend on how the bytes are cut when fed. */
#define HL7_ODD_NO_VT 0x01       /* frame without start block that begins with MSH */
#define HL7_ODD_NO_CR 0x02       /* end block without CR */
#define HL7_ODD_SPLIT 0x04       /* several MSH in one frame */
#define HL7_ODD_NOISE 0x08       /* NULs, blank lines, empty frames or other bytes between frames */
#define HL7_ODD_DOUBLED 0x10     /* doubled VT or FS CR */
#define HL7_ODD_LINE_END 0x20    /* segments end in LF or CRLF */
struct hl7_frame {
	enum hl7_frame_type type;
	struct slice bytes; /* valid until the next hl7_mllp_feed / _next call; the message as it stood, without frame bytes */
	unsigned odd;
};
struct hl7_mllp {
	struct buf in;
	size_t max;
	size_t at;          /* consumed so far */
	size_t scanned;     /* looked through without finding an end */
	size_t end, after;  /* of a frame that is being handed out: its content ends, what follows it begins */
	int state;
	unsigned odd;       /* of the frame that is open and of what stood before it */
};
void hl7_mllp_init(struct hl7_mllp *m, size_t max /* bytes a frame may have */);
void hl7_mllp_done(struct hl7_mllp *m);
uint8_t *hl7_mllp_space(struct hl7_mllp *m, size_t want, size_t *ret_have); /* read into here, then _fed; NULL: frame larger than max (ERR_LIMIT for this peer), or no memory */
void hl7_mllp_fed(struct hl7_mllp *m, size_t n);
void hl7_mllp_next(struct hl7_mllp *m, struct hl7_frame *ret);              /* call until NONE */
/* Nothing has come for a while (the loop decides how long, some 200 ms): an FS that stands last, with no CR behind it, then ends its frame. Some senders never send the CR, and
 * wait for their answer. Call until NONE. */
void hl7_mllp_idle(struct hl7_mllp *m, struct hl7_frame *ret);
bool hl7_mllp_may_end(const struct hl7_mllp *m);                            /* such an FS stands there: set the timer */
void hl7_mllp_eof(struct hl7_mllp *m, struct hl7_frame *ret);               /* after the last byte: FRAGMENT or NONE; call until NONE */
void hl7_mllp_wrap(struct buf *out, struct slice message);                  /* VT message FS CR */

/* ---- messages ------------------------------------------------------------------------------------------------------------ */

struct hl7_span { /* into the message's bytes */
	uint32_t at, n;
};
struct hl7_segment {
	char id[4];      /* NUL-terminated; "" when the name is not three letters or digits: hl7_segment_name has it as it stands */
	uint32_t at, n;  /* the whole line without its end */
	uint32_t first;  /* index of field 1 in fields[] (for MSH/FHS/BHS field 1 is the separator itself) */
	uint32_t fields; /* how many */
};
struct hl7_delims {
	uint8_t field, comp, rep, esc, sub, trunc; /* 0: not given */
};
struct hl7_msg {
	struct slice raw;  /* as given */
	struct slice text; /* what at and n of segments and fields count in: raw, or its UTF-8 copy in the arena where raw could not be cut as bytes */
	struct hl7_delims d;
	struct hl7_segment *segments;
	uint32_t count;
	struct hl7_span *fields;
	uint32_t field_count;
	struct slice charset; /* MSH-18 first repetition */
	int encoding;         /* enum hl7_charset, decided once: MSH-18, then UTF-8 test, then the fallback (windows-1252) */
	bool copied;          /* text is such a copy (UTF-16, GB 18030, Big5, ISO 2022 and Shift-JIS Japanese: bytes of theirs look like delimiters) */
	bool utf8;            /* text is valid UTF-8 (ASCII is) and has no ISO 2022 escapes: what has no escape sequence is its own text */
	bool escapes;         /* the escape character occurs behind MSH-2 */
	struct hl7_span delims; /* MSH-1 and MSH-2 in text: never cut further */
};
enum hl7_problem_kind { HL7_P_NO_MSH, HL7_P_DELIMITERS, HL7_P_SEGMENT_NAME, HL7_P_LINE_END, HL7_P_CHARSET, HL7_P_ESCAPE, HL7_P_VALUE, HL7_P_LIMIT, HL7_P_BATCH_COUNT };
struct hl7_problem {
	enum hl7_problem_kind kind;
	char place[64]; /* "PID.7 repetition 1", "line 3", "offset 120" */
	char text[160]; /* no patient data */
};

/* Parse one message into the arena. A byte order mark, blanks and VT before the header are passed over. ERR_INPUT only when there is no readable MSH (or FHS/BHS): everything
 * else is a problem, not a failure. ERR_LIMIT: larger than HL7_MESSAGE_MAX, or the arena's limit. problems may be NULL; at most max are written, *ret_problems (may be NULL)
 * says how many. Past HL7_SEGMENTS_MAX or HL7_FIELDS_MAX the rest is not cut (problem HL7_P_LIMIT). Lines end in CR, LF or CRLF; where the header line ends in CR
 * alone, a lone LF that no "AAA|" follows is text. Blank lines are no segments. */
int hl7_parse(struct slice raw, struct arena *a, struct hl7_msg *ret, struct hl7_problem *problems, size_t max, size_t *ret_problems, struct err *e) MUST;

/* Where things are: SLICE_NULL when absent; present but empty has p != NULL and n == 0. Segments by name and occurrence from 0; fields, repetitions, components, subcomponents from 1.
 * MSH-1 and MSH-2 are never cut: they are their own only repetition, component and subcomponent. */
const struct hl7_segment *hl7_segment(const struct hl7_msg *m, const char *id, unsigned occurrence); /* NULL: none */
struct slice hl7_segment_name(const struct hl7_msg *m, const struct hl7_segment *s);
struct slice hl7_field(const struct hl7_msg *m, const struct hl7_segment *s, unsigned field); /* raw, whole with repetitions; s may be NULL */
struct slice hl7_rep(const struct hl7_msg *m, struct slice field, unsigned rep);
unsigned hl7_reps(const struct hl7_msg *m, struct slice field); /* 0 for an absent or empty field */
struct slice hl7_comp(const struct hl7_msg *m, struct slice rep, unsigned comp);
struct slice hl7_sub(const struct hl7_msg *m, struct slice comp, unsigned sub);
/* "MSH-9.2", "PID-3(2).4.1", "OBX[2]-5" (the second OBX; both brackets count from 1) : raw. Left out: the first repetition; no component: the whole repetition. SLICE_NULL for a bad path, too. */
struct slice hl7_get(const struct hl7_msg *m, const char *path);

/* To visit all parts of something, cut it in one pass (hl7_rep(m, f, 1..n) walks from the start each time, and a hostile field has millions):
 *     struct slice rest = field, rep;
 *     while (hl7_next_rep(m, &rest, &rep)) ...
 * An empty slice has one, empty, part; an absent one (p == NULL) none. */
bool hl7_next_part_slow(uint8_t delim, struct slice *rest, struct slice *ret); /* any length, nothing read past rest */
static inline bool hl7_next_part(const uint8_t *limit, uint8_t delim, struct slice *rest, struct slice *ret)
{
	if (!rest->p)
		return false;
#ifdef __SSE2__
	/* Nearly all parts are shorter than 16 bytes: one comparison, without a loop whose end nobody can predict. What is read past rest is still text. */
	if (__builtin_expect(limit - rest->p >= 16 && delim, 1)) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)rest->p);
		unsigned hit = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)delim)));
		size_t at = (size_t)__builtin_ctz(hit | 0x10000);
		if (at < rest->n && at < 16) {
			*ret = slice_of(rest->p, at);
			*rest = slice_of(rest->p + at + 1, rest->n - at - 1);
			return true;
		}
		if (rest->n <= 16) {
			*ret = *rest;
			*rest = SLICE_NULL;
			return true;
		}
	}
#endif
	return hl7_next_part_slow(delim, rest, ret);
}
static inline bool hl7_uncut(const struct hl7_msg *m, struct slice s) /* inside MSH-1 or MSH-2 */
{
	return (uintptr_t)s.p - (uintptr_t)(m->text.p + m->delims.at) < m->delims.n;
}
static inline bool hl7_next_rep(const struct hl7_msg *m, struct slice *rest, struct slice *ret)
{
	return hl7_next_part(m->text.p + m->text.n, hl7_uncut(m, *rest) ? 0 : m->d.rep, rest, ret);
}
static inline bool hl7_next_comp(const struct hl7_msg *m, struct slice *rest, struct slice *ret)
{
	return hl7_next_part(m->text.p + m->text.n, hl7_uncut(m, *rest) ? 0 : m->d.comp, rest, ret);
}
static inline bool hl7_next_sub(const struct hl7_msg *m, struct slice *rest, struct slice *ret)
{
	return hl7_next_part(m->text.p + m->text.n, hl7_uncut(m, *rest) ? 0 : m->d.sub, rest, ret);
}
#define HL7_WALK_DONE 3
/* Every subcomponent of a segment in one pass, for who reads everything: several times faster than three loops inside each other.
 *     struct hl7_walk w;
 *     for (hl7_walk_segment(&w, m, s); hl7_walk_next(&w);) ... w.value is field w.field, repetition w.rep, component w.comp, subcomponent w.sub ...
 * A field that is empty has one empty subcomponent; MSH-1 and MSH-2 come whole. */
struct hl7_walk {
	struct slice value;
	uint32_t field, rep, comp, sub;
	/* private */
	const uint8_t *p, *end, *block, *limit; /* the next value begins, the segment ends, 64 bytes that marks is of, the text ends */
	uint64_t marks;                         /* delimiters in the block that are not used up */
	uint32_t special;                       /* not 0: header fields still to come whole, or HL7_WALK_DONE */
	uint32_t opened_by;                     /* the delimiter before the next value (wide: a byte beside bytes that are read together stalls) */
	uint8_t d[4];                           /* field, repetition, component, subcomponent */
};
void hl7_walk_segment(struct hl7_walk *w, const struct hl7_msg *m, const struct hl7_segment *s);
bool hl7_walk_refill(struct hl7_walk *w); /* the next block with a delimiter in it; false: none before the end */
bool hl7_walk_whole(struct hl7_walk *w);
static inline bool hl7_walk_next(struct hl7_walk *w)
{
	if (__builtin_expect(w->special, 0))
		return hl7_walk_whole(w);
	bool field = w->opened_by == w->d[0], rep = w->opened_by == w->d[1], comp = w->opened_by == w->d[2];
	w->field += field;
	w->rep = field ? 1 : w->rep + rep;
	w->comp = (field | rep) ? 1 : w->comp + comp;
	w->sub = (field | rep | comp) ? 1 : w->sub + 1;
	const uint8_t *from = w->p;
	if (__builtin_expect(w->marks == 0, 0) && !hl7_walk_refill(w)) {
		w->value = slice_of(from, (size_t)(w->end - from));
		w->special = HL7_WALK_DONE;
		return true;
	}
	const uint8_t *to = w->block + __builtin_ctzll(w->marks);
	w->marks &= w->marks - 1;
	w->opened_by = *to;
	w->p = to + 1;
	w->value = slice_of(from, (size_t)(to - from));
	return true;
}

/* Unescape (\F\ \S\ \T\ \R\ \E\ \Xdd\ \.br\ \H\ \N\ \Cxxyy\ \Mxxyyzz\ ...) and decode to UTF-8, in the arena. HL7's "" stays as the two quotes.
 * Where raw is already its own text it is returned as it is, without copy. Always valid UTF-8, except that bytes of an escape that stands for control characters stay what they are. An
 * escape sequence that nobody knows is kept as it stands. SLICE_NULL: raw was, or the arena is used up (arena_code). raw must lie in m->text. */
struct slice hl7_text(const struct hl7_msg *m, struct slice raw, struct arena *a);

/* ---- character sets: raw bytes are kept as they came; this is for reading ---------------------------------------------------- */

enum hl7_charset { HL7_CS_ASCII, HL7_CS_UTF8, HL7_CS_8859_1, HL7_CS_8859_2, HL7_CS_8859_3, HL7_CS_8859_4, HL7_CS_8859_5, HL7_CS_8859_6, HL7_CS_8859_7, HL7_CS_8859_8, HL7_CS_8859_9,
	HL7_CS_8859_15, HL7_CS_GB18030, HL7_CS_BIG5, HL7_CS_ISO_IR_87 /* ISO-2022-JP */, HL7_CS_ISO_IR_14, HL7_CS_ISO_IR_159, HL7_CS_KSC5601, HL7_CS_UTF16LE, HL7_CS_UTF16BE, HL7_CS_CP1252,
	HL7_CS_8859_10, HL7_CS_8859_11, HL7_CS_8859_13, HL7_CS_8859_14, HL7_CS_8859_16, HL7_CS_CP1250, HL7_CS_CP1251, HL7_CS_KOI8R, HL7_CS_SJIS, HL7_CS_EUCJP, HL7_CS_COUNT };
const char *hl7_charset_name(int charset); /* IANA's preferred name in lower case: "utf-8", "iso-8859-1" ... */
/* A message in UTF-16 (BOM, or "M\0S\0H") cannot be split as bytes: hl7_parse does it on a converted copy in the arena, and says so in encoding. */
int hl7_charset_of(struct slice msh18); /* every spelling seen in the field; -1 unknown */
int hl7_charset_warm(struct err *e) MUST; /* opens every converter once (glibc gconv), before a sandbox closes the file system */
/* To UTF-8; undecodable bytes become U+FFFD. The converters are process-wide and opened at most once: not for two threads at a time. */
void hl7_decode(int charset, struct slice s, struct buf *out);

/* ---- acknowledgements --------------------------------------------------------------------------------------------------------- */

enum hl7_ack_mode { HL7_ACK_AUTO, HL7_ACK_ORIGINAL, HL7_ACK_ENHANCED, HL7_ACK_ALWAYS_AA };
enum hl7_ack_verdict { HL7_STORED, HL7_STORED_UNREADABLE, HL7_REFUSED /* policy */,
	HL7_REFUSED_TYPE /* MSH-9 */, HL7_REFUSED_PROCESSING /* MSH-11 */, HL7_REFUSED_VERSION /* MSH-12 */ };
/* The least reading that an acknowledgement needs: MSH alone. Works on any bytes. */
struct hl7_header {
	bool ok;                 /* MSH readable: delimiters, and the fields up to MSH-10 (which may be empty) within the first 64 KiB */
	struct hl7_delims d;
	struct slice sending_app, sending_fac, receiving_app, receiving_fac, time, type, control_id, processing, version, sequence, accept_ack, app_ack, charset, profile; /* raw */
	struct slice encoding;   /* MSH-2, raw */
	struct slice line;       /* the MSH line */
	int wide;                /* 0, or HL7_CS_UTF16LE or HL7_CS_UTF16BE: then the slices are UTF-16, and so is the answer */
};
void hl7_header_read(struct slice message, struct hl7_header *ret);
#define HL7_CONTROL_KEY 512
/* By what a sender's message is known again: MSH-3, MSH-4 and MSH-10, raw, with NUL between. Empty where there is no control id, or all is longer than anybody's is. */
struct slice hl7_control_key(const struct hl7_header *h, uint8_t out[HL7_CONTROL_KEY]);
/* Of a message that cannot be read as a whole (its reader dies on it) one that says only from whom it is, of what type, and whose: MSH-1 to 4, 7, 9, 12, 18 and PID-3 of its first PID, raw. False: MSH is not
 * readable, in UTF-16, or there is no PID-3 within the first MiB. */
bool hl7_whose(struct slice message, struct buf *out);
/* Writes nothing when the mode says that no acknowledgement is wanted. id and time make the answer: the same entry gives the same bytes again (time: the entry's receive time).
 * Copied field by field: MSH-1/2, 3<->5, 4<->6 as whole fields, MSH-9 ACK^trigger^ACK (>= 2.4, trigger only if present; before that ACK), MSH-11, MSH-12, MSH-18, MSH-21; MSA-2 = MSH-10 verbatim;
 * missing MSH-10: AE with ERR 101 per v2.5 chapter 2.15.5. The table of modes, MSH-15 and MSH-16 stands in ack.c. */
void hl7_ack_write(const struct hl7_header *h, enum hl7_ack_mode mode, enum hl7_ack_verdict v, const char *id, int64_t time, struct buf *out);
/* Enhanced mode with MSH-16 AL/SU (ER on error): the application acknowledgement that follows the commit one (with an id of its own). */
void hl7_ack_write_application(const struct hl7_header *h, enum hl7_ack_mode mode, enum hl7_ack_verdict v, const char *id, int64_t time, struct buf *out);

/* ---- files and batches: cut a file into messages and envelope lines ----------------------------------------------------------------- */

enum hl7_piece_type { HL7_PIECE_END, HL7_PIECE_MESSAGE, HL7_PIECE_ENVELOPE /* FHS BHS BTS FTS line */, HL7_PIECE_JUNK /* bytes before any header that are not blank */ };
struct hl7_file {
	struct slice text;
	size_t at;
	int wide; /* 0, HL7_CS_UTF16LE or HL7_CS_UTF16BE */
};
/* A message runs to (not over) the next MSH/envelope line and keeps the end of its last line; further blank lines and MLLP frame bytes are not part of it. A byte order mark is part
 * of what follows it. */
struct hl7_piece {
	enum hl7_piece_type type;
	struct slice bytes; /* as they stand in the file */
	size_t offset;
};
void hl7_file_init(struct hl7_file *f, struct slice text);
void hl7_file_next(struct hl7_file *f, struct hl7_piece *ret);
bool hl7_looks_like(struct slice text); /* does this file hold HL7 v2? (BOM, blank lines, VT before MSH/FHS/BHS are fine) */

/* ---- v2 -> facts ------------------------------------------------------------------------------------------------------------------- */

#define HL7_READER_VERSION 3 /* 2: says which universal id a patient number's assigner was stated with; 3: units with powers, names with &, XTN-4, SCH and RX out of place */
/* Never fails on content: what cannot be read is counted in problems, and a type not on the list sets uninterpreted. */
void hl7_facts(const struct hl7_msg *m, struct facts *ret);
/* Bytes of a document inside a message (FF_CONTENT_PLACE): decoded. */
int hl7_document(const struct hl7_msg *m, struct slice place, struct buf *ret, struct err *e) MUST;

/* ---- facts -> v2 ------------------------------------------------------------------------------------------------------------------- */

enum hl7_result {
	HL7_RESULT_PRELIMINARY, /* P: nobody has confirmed it; it is never sent as anything else */
	HL7_RESULT_FINAL,       /* F: signed */
	HL7_RESULT_CORRECTED,   /* C: signed or amended again after a final one went out, under the same filler number */
	HL7_RESULT_WITHDRAWN,   /* X, and each OBX W: what went out under this filler number was not this patient's, or is no result */
};
const char *hl7_result_code(enum hl7_result r); /* OBR-25, table 0123: "P" "F" "C" "X" */
/* A recording that was read, as ORU^R01. All text is UTF-8 and is escaped here; a value that is not there is not written, and no number ever stands for "could not be measured". */
struct hl7_oru {
	const char *version;               /* "2.3.1", "2.4", "2.5" or "2.5.1" */
	struct slice sending_app, sending_fac, receiving_app, receiving_fac;
	struct slice control_id;           /* at most HL7_CONTROL_ID_MAX bytes */
	int64_t time;                      /* MSH-7: the message's own, kept with it */
	const struct fact_ident *idents;   /* the current record number first; at least one */
	size_t ident_count;
	const struct fact *patient, *visit;/* FACT_PATIENT, FACT_VISIT; may be NULL */
	const struct fact *ecg, *result;   /* FACT_ECG; FACT_RESULT, whose components are the measurements, coded. result may be NULL */
	struct slice filler, filler_ns;    /* OBR-3: our number of it, the same in every version */
	enum hl7_result status;
	struct slice signer;               /* OBR-32, OBX-16; empty for a preliminary one */
	int64_t signed_at;                 /* OBR-22, OBX-14 */
	struct slice pdf;                  /* the printed report, as OBX of type ED; may be empty */
};
#define HL7_CONTROL_ID_MAX 20
/* ERR_USAGE: a version that is not written; ERR_INPUT: no identifier, or a control id that cannot be one. What was in ret stays in front. */
int hl7_oru_write(const struct hl7_oru *o, struct buf *ret, struct err *e) MUST;

/* ---- parts of messages that are written (write.c) ------------------------------------------------------------------------------------- */

/* Into a buffer, which fails once and stays failed: buf_ok at the end. Text is escaped (2.7): delimiters, line ends as \.br\, other control characters not at all; FACT_NULL says nothing: we do not delete what the receiver has. */
void hl7_put_text(struct buf *b, struct slice s);
void hl7_put_time(struct buf *b, struct slice iso);  /* ISO text of any precision, with its zone where it has one: 2026-11-22T03:12:05.250+01:00 -> 20261122031205.250+0100 */
void hl7_put_moment(struct buf *b, int64_t t);       /* ns; 0: nothing */
void hl7_put_ident(struct buf *b, struct slice value, struct slice assigner, struct slice type); /* CX */
void hl7_put_patient(struct buf *b, const struct fact_ident *idents, size_t count, const struct fact *patient); /* PID up to field 8, without its end; patient may be NULL */
void hl7_put_visit(struct buf *b, const struct fact *visit); /* PV1; NULL: nothing */
const char *hl7_class_code(struct slice cls);        /* table 0004; "U" where it is none of ours */
bool hl7_writes_version(const char *version);
struct hl7_head {
	const char *version;
	struct slice sending_app, sending_fac, receiving_app, receiving_fac, control_id;
	int64_t time;
	bool training;       /* MSH-11 T (table 0103), else P */
};
/* MSH. ERR_USAGE: a version that is not written; ERR_INPUT: a control id that cannot be one; then nothing is written. */
int hl7_put_head(struct buf *b, const struct hl7_head *h, const char *code, const char *event, const char *structure, struct err *e) MUST;

/* ---- acknowledgements that come back -------------------------------------------------------------------------------------------------- */

enum hl7_heard {
	HL7_HEARD_NOTHING,  /* no acknowledgement, or not one of this message: MSA-2 is another's, or is not there */
	HL7_HEARD_ACCEPTED, /* AA, CA: taken into safe storage (v2.9, 2.9.2): need not be sent again */
	HL7_HEARD_ERROR,    /* AE, CE: not taken; something in it, or at the receiver, has to be put right */
	HL7_HEARD_REJECTED, /* AR, CR: not taken, for another reason than its content (type, version, policy) */
};
struct hl7_answer {
	enum hl7_heard heard;
	char code[8];   /* MSA-1 */
	bool duplicate; /* of a refusal: because it is there already (table 0357: 205, duplicate key identifier) */
	char text[200]; /* MSA-3, else ERR-8, ERR-7, ERR-3.2: the receiver's words, cut, without control characters. They may name a patient: for the person who delivers, not for a log */
};
/* Reads what came back while control_id was in flight. MSA-2 fits only if it is that very text, byte for byte as it stood in MSH-10 (v2.9, 2.14.8.2): no blanks taken off, no letters folded. Any bytes are fine. */
void hl7_answer_read(struct slice message, struct slice control_id, struct hl7_answer *ret);

/* ---- show -------------------------------------------------------------------------------------------------------------------------- */

/* One JSON object: type, control_id, version, charset, encoding, segments as [id, field...] with repetitions, components and subcomponents nested and unescaped, problems[]. Shape in
 * holdfast-hl7(1). Escape sequences that nobody knows are added to the problems. */
void hl7_show_json(const struct hl7_msg *m, const struct hl7_problem *problems, size_t n, struct arena *a, struct jsonw *w);

/* A whole file as NDJSON, one message a line, with file, index (from 0) and offset first. Envelope lines and junk make no line: what is wrong with them stands in the problems of the
 * message before (before the first message: of the first). A file that holds bytes but no message gives one line of type "" with its problems; an empty one none. */
struct hl7_show {
	const char *name;
	struct hl7_file file;
	struct hl7_piece piece; /* the next one to look at */
	uint64_t messages;      /* shown so far */
	uint64_t unreadable;    /* messages that could not be parsed, and pieces of junk */
	uint64_t in_batch, batches, in_file, envelopes;
	bool batch_open, file_open;
};
void hl7_show_init(struct hl7_show *s, const char *name, struct slice text);
/* Appends the next line, '\n' included, to out: 1; at the end 0; or an error (ERR_MEMORY, ERR_LIMIT: out is full). */
int hl7_show_next(struct hl7_show *s, struct buf *out, struct err *e) MUST;

#endif
