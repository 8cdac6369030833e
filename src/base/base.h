/* base: what every room of the house stands on.
 *
 * Bytes and cursors, memory with limits, errors with a place and a sentence, checked numbers, time, text, JSON, files.
 * Nothing here knows about patients, ledgers or networks. Nothing here logs, and nothing here keeps global state.
 *
 * Conventions of the whole house
 *   - Fallible functions return 0 or a negative ERR_ code; the sentence is in a struct err that the caller owns.
 *   - Outputs are named ret_x and are written only on success.
 *   - A slice never owns memory. Text is UTF-8 unless a name says otherwise.
 *   - Time is int64_t nanoseconds since 1970-01-01T00:00:00Z.
 * The symbols of base start with their subject (err_, slice_, cur_, buf_, arena_, num_, time_, utf8_, json_, file_ ...).
 */
#ifndef HOLDFAST_BASE_H
#define HOLDFAST_BASE_H

#include <assert.h>
#include <endian.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#define MUST __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- errors ------------------------------------------------------------------------------------------------------- */

enum err_code {
	ERR_OK = 0,
	ERR_NO = -1,        /* the answer is "no": verification failed, nothing found       exit 1, HTTP 404 */
	ERR_INPUT = -2,     /* bytes from outside are not what they should be               exit 1, HTTP 400 */
	ERR_USAGE = -3,     /* the command or request was wrong                             exit 2, HTTP 400 */
	ERR_SYSTEM = -4,    /* the operating system failed us; sys_errno says how           exit 3, HTTP 500 */
	ERR_MEMORY = -5,    /* no memory                                                    exit 3, HTTP 503 */
	ERR_LIMIT = -6,     /* a stated maximum was reached                                 exit 1, HTTP 413 */
	ERR_CRYPTO = -7,    /* a key does not open it, or a signature or MAC does not fit   exit 1, HTTP 403 */
	ERR_NOT_FOUND = -8, /* no such entry, patient, file                                 exit 1, HTTP 404 */
	ERR_DENIED = -9,    /* not allowed                                                  exit 1, HTTP 403 */
	ERR_BUSY = -10,     /* somebody else holds it                                       exit 3, HTTP 503 */
	ERR_FULL = -11,     /* the disk is (nearly) full                                    exit 3, HTTP 507 */
	ERR_CORRUPT = -12,  /* what we once wrote is not what we read                       exit 1, HTTP 500 */
	ERR_EXISTS = -13,   /* it is there already                                          exit 1, HTTP 409 */
	ERR_ERASED = -14,   /* it was there, and was erased; the sentence says by whom      exit 1, HTTP 410 */
};

struct err {
	int code;        /* ERR_x, 0 when clear */
	int sys_errno;   /* for ERR_SYSTEM, else 0 */
	char place[192]; /* "file:offset", "segment OBX 3 field 5", "listener lab"; never patient data */
	char text[384];  /* a sentence that says what is wrong and what to do; never patient data */
};

/* Fill e (may be NULL) and return code, so that one writes: return err_set(e, ERR_INPUT, "x:12", "..."). place may be NULL. */
int err_set(struct err *e, int code, const char *place, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The same for a failed system call: takes errno, appends its text, returns ERR_SYSTEM (ERR_FULL for ENOSPC/EDQUOT, ERR_MEMORY for ENOMEM).
 * errno is as before afterwards. What is too long for place or text is cut between characters. */
int err_sys(struct err *e, const char *place, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Put more place in front: "file.hl7" + "12" -> "file.hl7:12". */
void err_in(struct err *e, const char *place);
/* "place: text", or "text", cut to size. Returns out. */
const char *err_line(const struct err *e, char *out, size_t size);
int err_exit(int code); /* the exit status of the table above */
int err_http(int code); /* the HTTP status of the table above */

/* ---- slices: a view of bytes somebody else owns --------------------------------------------------------------------- */

struct slice {
	const uint8_t *p;
	size_t n;
};

#define SLICE(lit) ((struct slice){(const uint8_t *)(lit), sizeof(lit) - 1})
#define SLICE_NULL ((struct slice){NULL, 0})
#define SLICE_FMT(s) (int)(s).n, (const char *)(s).p /* for "%.*s"; short text only, and never patient data into an error */

static inline struct slice slice_of(const void *p, size_t n)
{
	return (struct slice){(const uint8_t *)p, n};
}

/* NULL gives the empty slice. */
static inline struct slice slice_str(const char *s)
{
	return s ? slice_of(s, strlen(s)) : SLICE_NULL;
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_eq_str(struct slice a, const char *s)
{
	return slice_eq(a, slice_str(s));
}

bool slice_same_nocase(struct slice a, const char *s);
static inline bool slice_eq_nocase(struct slice a, const char *s) /* ASCII only. Asked word by word down a list: most differ in their first byte by more than its case */
{
	return !(a.n && (a.p[0] ^ (uint8_t)*s) & ~0x20) && slice_same_nocase(a, s);
}

static inline bool slice_starts(struct slice a, const char *prefix)
{
	struct slice s = slice_str(prefix);
	return a.n >= s.n && (s.n == 0 || memcmp(a.p, s.p, s.n) == 0);
}

int slice_cmp(struct slice a, struct slice b); /* bytewise, shorter first when equal so far: below 0, 0, above 0 */
struct slice slice_trim(struct slice a);       /* ASCII blanks (space, tab, CR, LF, VT, FF) off both ends */

/* Cut at the first byte c: returns what stands before it, leaves what follows in *rest (empty with p == NULL when there was no c). */
static inline struct slice slice_cut(struct slice a, uint8_t c, struct slice *rest)
{
	const uint8_t *hit = a.n ? (const uint8_t *)memchr(a.p, c, a.n) : NULL;
	if (!hit) {
		*rest = SLICE_NULL;
		return a;
	}
	size_t before = (size_t)(hit - a.p);
	*rest = slice_of(hit + 1, a.n - before - 1);
	return slice_of(a.p, before);
}

/* ---- the one bounded cursor. It knows its end, fails once and stays failed, and knows its offset. --------------------
 *
 * A read past the end returns 0 (or the empty slice with p == NULL), sets failed and moves the end to where the cursor stands: so every
 * later read fails too, whatever its size, and cur_offset still says where the first one failed. */

struct cur {
	const uint8_t *begin, *p, *end;
	bool failed;
};

static inline struct cur cur_of(struct slice s)
{
	/* an empty slice may have p == NULL; a cursor never has, so that its pointers can be subtracted and sliced */
	static const uint8_t nothing[1];
	const uint8_t *p = s.p ? s.p : nothing;
	return (struct cur){p, p, p + s.n, false};
}

static inline size_t cur_left(const struct cur *c)
{
	return (size_t)(c->end - c->p);
}

static inline size_t cur_offset(const struct cur *c)
{
	return (size_t)(c->p - c->begin);
}

static inline void cur_fail(struct cur *c) /* for readers built on it: what stands here is wrong */
{
	c->failed = true;
	c->end = c->p;
}

static inline bool cur_has(struct cur *c, size_t n) /* n bytes are there; else the cursor fails */
{
	if (__builtin_expect(cur_left(c) >= n, 1))
		return true;
	cur_fail(c);
	return false;
}

static inline uint8_t cur_u8(struct cur *c)
{
	return cur_has(c, 1) ? *c->p++ : 0;
}

#define CUR_FIXED(name, type, from_file)                                                                                               \
	static inline type name(struct cur *c)                                                                                             \
	{                                                                                                                                  \
		type v;                                                                                                                        \
		if (!cur_has(c, sizeof v))                                                                                                     \
			return 0;                                                                                                                  \
		memcpy(&v, c->p, sizeof v);                                                                                                    \
		c->p += sizeof v;                                                                                                              \
		return from_file(v);                                                                                                           \
	}
CUR_FIXED(cur_u16be, uint16_t, be16toh)
CUR_FIXED(cur_u32be, uint32_t, be32toh)
CUR_FIXED(cur_u64be, uint64_t, be64toh)
CUR_FIXED(cur_u16le, uint16_t, le16toh)
CUR_FIXED(cur_u32le, uint32_t, le32toh)
CUR_FIXED(cur_u64le, uint64_t, le64toh)
#undef CUR_FIXED

uint64_t cur_varint(struct cur *c); /* LEB128 in its shortest form, at most 10 bytes; anything else fails */

static inline struct slice cur_take(struct cur *c, size_t n)
{
	if (c->failed || !cur_has(c, n))
		return SLICE_NULL;
	c->p += n;
	return slice_of(c->p - n, n);
}

struct slice cur_line(struct cur *c); /* moves over the next LF and returns what stood before it; fails when there is none */

/* At the end and never failed. */
static inline bool cur_done(const struct cur *c)
{
	return c->p == c->end && !c->failed;
}

/* ---- growing buffer with a stated maximum. Fails once and stays failed; check buf_ok once at the end. -----------------
 *
 * n <= cap <= max always, and there is room for a NUL behind the last byte. A buffer that failed hands out nothing, so that cut-off
 * bytes go nowhere. What is added must not point into the buffer itself. */

struct buf {
	uint8_t *p;
	size_t n, cap, max;
	bool failed;
	bool no_memory; /* it failed for want of memory and not at its maximum */
	bool secret;    /* wipe what growing and freeing leave behind */
};

void buf_init(struct buf *b, size_t max);
void buf_init_secret(struct buf *b, size_t max); /* memory is wiped whenever it is given back: growing, buf_done, cleanup */
void buf_done(struct buf *b);      /* frees; the struct can be used again after buf_init */
void buf_wipe_done(struct buf *b); /* the same, wiped first: for secrets (use buf_init_secret where it may have grown) */
bool buf_grow(struct buf *b, size_t n); /* the slow path of buf_space: room for n more, or failed */

/* Empty again and no longer failed; keeps the memory. */
static inline void buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = b->no_memory = false;
}

static inline bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

/* 0, or why it failed: ERR_LIMIT or ERR_MEMORY. */
static inline int buf_code(const struct buf *b)
{
	return !b->failed ? 0 : b->no_memory ? ERR_MEMORY : ERR_LIMIT;
}

static inline struct slice buf_slice(const struct buf *b) /* the empty slice when failed */
{
	return b->failed ? SLICE_NULL : slice_of(b->p, b->n);
}

/* n writable bytes at the end (NULL: failed); count them in with buf_commit. Asking ahead also reserves. */
static inline uint8_t *buf_space(struct buf *b, size_t n)
{
	if (__builtin_expect(b->failed || n > b->cap - b->n || !b->p, 0) && !buf_grow(b, n))
		return NULL;
	return b->p + b->n;
}

static inline void buf_commit(struct buf *b, size_t n)
{
	assert(!b->failed && n <= b->cap - b->n);
	b->n += n;
}

static inline void buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	uint8_t *to = buf_space(b, n);
	if (!to)
		return;
	memcpy(to, p, n);
	b->n += n;
}

static inline void buf_add_slice(struct buf *b, struct slice s)
{
	buf_add(b, s.p, s.n);
}

static inline void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static inline void buf_u8(struct buf *b, uint8_t v)
{
	uint8_t *to = buf_space(b, 1);
	if (to) {
		*to = v;
		b->n++;
	}
}

#define BUF_FIXED(name, type, to_file)                                                                                                 \
	static inline void name(struct buf *b, type v)                                                                                     \
	{                                                                                                                                  \
		v = to_file(v);                                                                                                                \
		buf_add(b, &v, sizeof v);                                                                                                      \
	}
BUF_FIXED(buf_u16be, uint16_t, htobe16)
BUF_FIXED(buf_u32be, uint32_t, htobe32)
BUF_FIXED(buf_u64be, uint64_t, htobe64)
BUF_FIXED(buf_u32le, uint32_t, htole32)
BUF_FIXED(buf_u64le, uint64_t, htole64)
#undef BUF_FIXED

void buf_varint(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_drop(struct buf *b, size_t n); /* remove n bytes from the front; n <= b->n */
const char *buf_cstr(struct buf *b);    /* NUL-terminated view until the next change; "" when failed */

/* ---- arena: one a message, request or report, with a byte limit ------------------------------------------------------- */

struct arena;
struct arena *arena_new(size_t limit); /* NULL: no memory */
void arena_free(struct arena *a);      /* NULL is fine */
void arena_reset(struct arena *a);     /* everything goes, the first block stays */
void *arena_alloc(struct arena *a, size_t n) MUST;              /* 16-aligned, zeroed; NULL at the limit */
void *arena_raw(struct arena *a, size_t n) MUST;                /* the same without the zeroing, for callers that write before they read */
void *arena_array(struct arena *a, size_t count, size_t size) MUST; /* checked product */
char *arena_strdup(struct arena *a, struct slice s) MUST;       /* NUL-terminated copy */
struct slice arena_dup(struct arena *a, struct slice s) MUST;   /* p == NULL: failed */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST;
size_t arena_used(const struct arena *a);                       /* bytes counted against the limit */
int arena_code(const struct arena *a);                          /* after a NULL: ERR_LIMIT or ERR_MEMORY; else 0 */

/* ---- numbers -------------------------------------------------------------------------------------------------------- */

bool num_add(size_t a, size_t b, size_t *ret); /* false on overflow */
bool num_mul(size_t a, size_t b, size_t *ret);
/* Whole slice must be the number, decimal, no sign for u64, one '-' or '+' for i64, leading zeros allowed; else ERR_INPUT. Outside [min,max]: ERR_LIMIT. */
int num_u64(struct slice s, uint64_t min, uint64_t max, uint64_t *ret) MUST;
int num_i64(struct slice s, int64_t min, int64_t max, int64_t *ret) MUST;
bool num_is_decimal(struct slice s); /* JSON's number grammar without exponent, with an optional leading '+'/'.5' refused */

/* ---- time ----------------------------------------------------------------------------------------------------------- */

#define TIME_SEC INT64_C(1000000000)
int64_t time_now(void);       /* wall clock, ns UTC */
int64_t time_monotonic(void); /* ns */
/* RFC 3339 with Z; frac = 0, 3, 6 or 9 digits. out holds at least 32 bytes. */
const char *time_rfc3339(int64_t t, int frac, char out[32]);
/* RFC 3339 ('T', 't' or a blank between), or a date, or date and hh:mm; without a zone it is taken as zone_minutes east of UTC. Digits of a
 * second past the ninth are dropped, and second 60 is the next minute's 0. Not such a time: ERR_INPUT. Years 1..9999 are understood, but what
 * does not fit in int64 nanoseconds (before 1677-09-21T00:12:44Z, after 2262-04-11T23:47:16Z) is ERR_LIMIT: "9999-12-31" is one of those. */
int time_parse(struct slice s, int zone_minutes, int64_t *ret) MUST;
void time_civil(int64_t t, int *y, int *mo, int *d, int *h, int *mi, int *s); /* UTC */
int64_t time_from_civil(int y, int mo, int d, int h, int mi, int s);          /* UTC, no range check of the parts; saturates */
int time_days_in_month(int y, int mo);

/* ---- text ----------------------------------------------------------------------------------------------------------- */

bool utf8_valid(struct slice s);          /* RFC 3629: no overlong forms, surrogates, or anything above U+10FFFF */
size_t utf8_valid_prefix(struct slice s); /* how many bytes from the start are whole valid characters */
/* The next character, or U+FFFD for one maximal part of a broken one (Unicode 15, 3.9, U+FFFD substitution); *len says how many bytes; s is not empty. */
uint32_t utf8_get(struct slice s, size_t *len);
size_t utf8_put(uint32_t cp, uint8_t out[4]); /* 0 for surrogates and > 10FFFF */
/* Fold for searching: lower case; Latin and Greek letters without accents, precomposed or not; ligatures and letters of their own as they
 * are typed without the key (ss, ae, oe, o, l, d, th, i); Cyrillic io as ie, Greek final sigma as sigma; full-width ASCII as ASCII; others
 * kept. Invalid bytes become U+FFFD. Folding what is folded changes nothing. */
void utf8_fold(struct buf *out, struct slice s);
void base64_put(struct buf *out, struct slice s);                  /* RFC 4648 with padding */
/* These leave out as it was on failure: ERR_INPUT, or buf_code(out). */
int base64_get(struct buf *out, struct slice s) MUST;              /* strict: canonical, padded; no blanks */
int base64_get_loose(struct buf *out, struct slice s) MUST;        /* blanks and line ends skipped, padding optional, spare bits ignored: for HL7 ED and FHIR */
void hex_put(struct buf *out, struct slice s);
int hex_get(uint8_t *out, size_t n, struct slice s) MUST;          /* exactly 2n digits */

/* ---- JSON: a pull reader that keeps numbers as written (FHIR: 1.50 is not 1.5) ---------------------------------------- */

enum json_type { JSON_END, JSON_OBJ, JSON_OBJ_END, JSON_ARR, JSON_ARR_END, JSON_KEY, JSON_STR, JSON_NUM, JSON_TRUE, JSON_FALSE, JSON_NULL, JSON_BAD };

#define JSON_DEPTH_MAX 96

struct json {
	struct cur c;
	struct arena *a;        /* unescaped strings live here */
	struct slice value;     /* of the last KEY, STR (unescaped UTF-8) or NUM (as written) */
	size_t start;           /* offset of the last token */
	int depth;
	uint8_t stack[JSON_DEPTH_MAX];
	uint8_t state;
	int code;               /* 0, or ERR_x once JSON_BAD was returned */
	struct err *e;
};

/* One text; a UTF-8 BOM is skipped. Strictly RFC 8259. Invalid UTF-8, lone surrogates, second top values and trailing bytes are JSON_BAD with
 * *e set (ERR_INPUT; ERR_LIMIT for depth and arena; place "offset N"). After JSON_BAD and JSON_END the same is returned again. A string that
 * has no escape is a slice of the text. Repeated keys in an object are legal JSON and come as they stand. */
void json_init(struct json *j, struct slice text, struct arena *a, struct err *e);
enum json_type json_next(struct json *j);
int json_skip(struct json *j, enum json_type t) MUST; /* t was just returned: skip the whole value that it begins (for KEY: the key's value). A code when it is bad */

/* The same text as a tree in the arena, for those who need to look around (a FHIR resource). Object keys keep their order. */
struct json_node {
	enum json_type type; /* OBJ, ARR, STR, NUM, TRUE, FALSE, NULL */
	struct slice key;    /* in an object */
	struct slice value;  /* STR unescaped, NUM as written */
	struct slice raw;    /* the bytes of the whole value in the text */
	struct json_node *child, *next;
	uint32_t count; /* children */
};
int json_tree(struct slice text, struct arena *a, struct json_node **ret, struct err *e) MUST;
const struct json_node *json_get(const struct json_node *obj, const char *key);        /* the first of that name; NULL: absent or obj is NULL or not an object */
const struct json_node *json_path(const struct json_node *n, const char *dotted);      /* "name.0.family" */
struct slice json_text(const struct json_node *obj, const char *dotted);               /* STR or NUM value at the path, else SLICE_NULL */

/* Writer. Misuse (a key outside an object, unbalanced end) asserts: it is our own bug. */
struct jsonw {
	struct buf *b;
	int depth;
	uint8_t stack[JSON_DEPTH_MAX];
	bool first, after_key;
};
void jsonw_init(struct jsonw *w, struct buf *b); /* one value; init again for the next line of NDJSON */
void jsonw_done(const struct jsonw *w);          /* asserts that the value is complete */
void jsonw_obj(struct jsonw *w);
void jsonw_obj_end(struct jsonw *w);
void jsonw_arr(struct jsonw *w);
void jsonw_arr_end(struct jsonw *w);
void jsonw_key(struct jsonw *w, const char *key);
void jsonw_key_slice(struct jsonw *w, struct slice key);
void jsonw_str(struct jsonw *w, const char *s);
void jsonw_slice(struct jsonw *w, struct slice s); /* invalid UTF-8 becomes U+FFFD; control characters are escaped */
void jsonw_u64(struct jsonw *w, uint64_t v);
void jsonw_i64(struct jsonw *w, int64_t v);
void jsonw_dec(struct jsonw *w, struct slice number_as_written); /* a string when it is no JSON number */
void jsonw_bool(struct jsonw *w, bool v);
void jsonw_null(struct jsonw *w);
void jsonw_raw(struct jsonw *w, struct slice json); /* one value, already JSON */
/* key + value in one; the _opt forms write nothing for an empty slice or NULL */
void jsonw_kstr(struct jsonw *w, const char *key, const char *s);
void jsonw_kslice(struct jsonw *w, const char *key, struct slice s);
void jsonw_kslice_opt(struct jsonw *w, const char *key, struct slice s);
void jsonw_ku64(struct jsonw *w, const char *key, uint64_t v);
void jsonw_ki64(struct jsonw *w, const char *key, int64_t v);
void jsonw_kbool(struct jsonw *w, const char *key, bool v);
void jsonw_ktime(struct jsonw *w, const char *key, int64_t t); /* RFC 3339, milliseconds */

/* ---- files: durable means fsynced, with its directory ------------------------------------------------------------------ */

int file_write_all(int fd, struct slice s, struct err *e, const char *place) MUST;
int file_pwrite_all(int fd, struct slice s, uint64_t offset, struct err *e, const char *place) MUST;
int file_pread_all(int fd, void *out, size_t n, uint64_t offset, struct err *e, const char *place) MUST; /* short file: ERR_CORRUPT */
int file_read(int dirfd, const char *path, size_t max, struct buf *ret, struct err *e) MUST; /* appends; ERR_NOT_FOUND, ERR_LIMIT. dirfd may be AT_FDCWD */
/* Write to a temporary name beside it (".NAME.16 hex digits.tmp"), fsync, rename over, fsync the directory: after a crash there is the old or
 * the new file, whole. The umask applies to mode. On failure the temporary file is gone; after a kill it may stay: file_sweep_temps. When only
 * the last step fails the new file is in place but the error says that it is not known to be durable. A character device or a pipe, also
 * behind a symbolic link (/dev/null, /dev/stdout), is written into and stays; any other link is replaced, not followed. */
int file_replace(int dirfd, const char *path, struct slice s, mode_t mode, struct err *e) MUST;
/* Unlink what killed file_replaces left in this directory. Only for whoever alone writes in it (holds its lock). */
int file_sweep_temps(int dirfd, const char *path, struct err *e) MUST;
/* A file, or a folder with all below it (at most 12 deep: what we made ourselves). Follows no link; what cannot be removed stays. */
void file_remove_tree(int dirfd, const char *name);
int file_sync_dir(int dirfd, const char *path, struct err *e) MUST;
int file_mkdir(int dirfd, const char *path, mode_t mode, struct err *e) MUST; /* with parents; existing is fine; each new one durable. ERR_EXISTS: a non-directory is in the way */
int file_open_dir(int dirfd, const char *path, struct err *e) MUST;           /* fd or negative; ERR_NOT_FOUND */
int file_lock(int fd, bool wait, struct err *e) MUST;                         /* open file description lock, whole file, exclusive; ERR_BUSY (also: a signal ended the wait) */
int file_free_bytes(int dirfd, uint64_t *ret, struct err *e) MUST;

/* cleanup attributes: AUTO_CLOSE int fd = -1; */
void file_close_cleanup(int *fd);
void buf_cleanup(struct buf *b);
void arena_cleanup(struct arena **a);
#define AUTO_CLOSE __attribute__((cleanup(file_close_cleanup)))
#define AUTO_BUF __attribute__((cleanup(buf_cleanup)))
#define AUTO_ARENA __attribute__((cleanup(arena_cleanup)))

#endif
