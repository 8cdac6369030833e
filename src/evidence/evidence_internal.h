/* What the readers of evidence share: the source as it is read, stamps, a map from words to words, the parts of formats. */
#ifndef HOLDFAST_EVIDENCE_INTERNAL_H
#define HOLDFAST_EVIDENCE_INTERNAL_H

#include "evidence.h"

/* How one kind of source is read. A reader has `line` (text) or `bytes` (anything else); both get what belongs together as it stands in the source. */
struct evidence_reader {
	enum evidence_kind kind;
	int (*probe)(struct slice head);                         /* how sure, 0..100; head is the first EVIDENCE_HEAD bytes or all */
	MUST int (*line)(struct evidence *v, struct slice line); /* without its end */
	MUST int (*bytes)(struct evidence *v, struct slice bytes);
	MUST int (*end)(struct evidence *v);                     /* may be NULL */
	void (*done)(struct evidence *v);                        /* frees v->state; may be NULL: free() */
	size_t state;                                            /* bytes of v->state, zeroed */
};
extern const struct evidence_reader evidence_onefs, evidence_samba, evidence_auditd, evidence_syslog, evidence_evtx, evidence_winxml, evidence_zeek, evidence_web, evidence_iis,
	evidence_rclone, evidence_winscp, evidence_filezilla, evidence_xml, evidence_atna, evidence_mega, evidence_listing, evidence_jsons, evidence_ftp, evidence_cloud;

struct evidence {
	const struct evidence_source *src;
	struct evidence_out out;
	const struct evidence_reader *reader;
	void *state;
	struct evidence_account account;
	struct err *e;       /* of the call that runs */
	struct buf head;     /* until the reader is known */
	struct buf line;     /* a line that is not at its end yet */
	struct buf wide;     /* UTF-16 made UTF-8 */
	struct buf whole;    /* a JSON value or an XML event that is not at its end yet */
	struct arena *a;     /* of one record: reset before each */
	void *inflate;       /* gzip */
	uint64_t record;     /* number of the line or record that is read */
	uint8_t odd[4];      /* bytes of a character of two that is cut */
	uint8_t odd_n;
	uint8_t width;       /* 1: bytes; 2: UTF-16LE; 3: UTF-16BE; 0: not known yet */
	bool started;        /* the first bytes told gzip and width */
	uint8_t held;        /* of those bytes, in line */
	bool skipping;       /* in a line that was too long */
	int depth;           /* of the JSON splitter */
	bool in_string, escaped;
	bool begun;          /* of the XML splitter: an element has begun at the front of `whole` */
	const char *begun_name;
	size_t search;       /* and its search goes on here */
	uint64_t at_line;    /* for splitters: line number of where it stands */
};

/* Hands a touch on, with the source's host where it has none; counts. */
int evidence_put(struct evidence *v, struct evidence_touch *t) MUST;
int evidence_put_flow(struct evidence *v, struct evidence_flow *f) MUST;
void evidence_damaged(struct evidence *v);
void evidence_saw(struct evidence *v, int64_t t); /* a record's time, for first and last */
int64_t evidence_skewed(const struct evidence *v, int64_t t);
bool evidence_own(const struct evidence *v, struct slice address); /* of the host itself, as the source says */
bool evidence_loopback(struct slice address);
bool evidence_is_address(struct slice s); /* IPv4 or IPv6, maybe mapped, maybe with a zone */

/* Lines out of bytes, for readers of lines. */
int evidence_lines(struct evidence *v, struct slice bytes, bool end) MUST;
/* Splits a stream of JSON into its objects (those of a top array one by one) and calls `each` with the text of each. */
int evidence_split_json(struct evidence *v, struct slice bytes, int (*each)(struct evidence *v, struct slice text)) MUST;
/* Finds each <name ...>...</name> in a stream and calls `each` with it. Names are compared without a prefix. */
int evidence_split_xml(struct evidence *v, struct slice bytes, const char *const *names, int (*each)(struct evidence *v, struct slice text)) MUST;

/* What the source is made of: gzip (evidence_gzip.c), characters of one byte or two. */
int evidence_start(struct evidence *v) MUST;
int evidence_feed_plain(struct evidence *v, struct slice s) MUST;
int evidence_gzip_start(struct evidence *v) MUST;
int evidence_gzip(struct evidence *v, struct slice bytes) MUST;
void evidence_gzip_end(struct evidence *v);
void evidence_gzip_done(struct evidence *v); /* nothing to be done is fine */

/* ---- stamps: without a zone they are taken in the source's; *at moves over what was read. EVIDENCE_NO_TIME: there is no such stamp ---- */
int64_t evidence_time_syslog(struct evidence *v, struct slice s, size_t *at); /* "Nov 21 23:03:39", "21 nov. 23:03:39", "11月 21 23:03:39", RFC 3339 */
int64_t evidence_time_clf(struct evidence *v, struct slice s);                /* "11/Jul/2018:08:41:28 +0300" */
int64_t evidence_time_any(struct evidence *v, struct slice s);                /* RFC 3339 and its kin, "2026/11/21 23:03:35.867510", "21.11.2026 23:03:39" */
int64_t evidence_time_epoch(struct slice s);                                  /* "1521911754.600639" */
int evidence_month(struct slice word);                                        /* 1..12 in the usual languages, 0: none */
int64_t evidence_local(struct evidence *v, int64_t utc_if_local);             /* a stamp that was read as if in UTC */

/* ---- a map from a key to a number, keys copied ---- */
struct evidence_map {
	struct arena *a;
	struct evidence_map_slot {
		struct slice key;
		uint64_t hash;
		uint64_t value; /* 0: no such key */
	} *v;
	size_t n, cap;
};
int evidence_map_init(struct evidence_map *m, size_t memory) MUST;
void evidence_map_done(struct evidence_map *m);
uint64_t evidence_map_get(const struct evidence_map *m, struct slice key);
int evidence_map_put(struct evidence_map *m, struct slice key, uint64_t value) MUST; /* ERR_LIMIT, ERR_MEMORY. value 0 forgets */
uint64_t evidence_hash(struct slice s);

/* ---- small readers of text ---- */
bool evidence_find(struct slice s, const char *word, size_t *at); /* the first place of word */
bool evidence_find_nocase(struct slice s, const char *word, size_t *at);
struct slice evidence_value(struct slice s, const char *key); /* of key=value or key="value", blank-separated; SLICE_NULL: none */
bool evidence_ends_nocase(struct slice s, const char *tail);
struct slice evidence_between(struct slice s, const char *left, const char *right); /* the first such; SLICE_NULL */
struct slice evidence_from(struct slice s, size_t at);
struct slice evidence_upto(struct slice s, size_t n);
struct slice evidence_base(struct slice path); /* the last part of a path, of either manner */
/* A tool's name in a command: what it says of what is done with the files it reads. NULL: nothing. *ret_sends: it carries to another machine; else it packs. */
const char *evidence_tool(struct slice exe_or_name, bool *ret_sends);
const char *evidence_web_shell(struct slice path); /* a word of why a path looks like a web shell's; NULL */

/* A request to a web server, out of a log of any form. */
struct evidence_web {
	struct slice method, uri, status, bytes; /* bytes: of the answer, "-" or empty where not said */
	struct slice who, from, host;
	int64_t time;
};
int evidence_web_put(struct evidence *v, const struct evidence_web *w) MUST;

/* ---- what JSON and XML objects say, one function a kind; 1: it was one of theirs ---- */
int evidence_json_zeek(struct evidence *v, const struct json_node *n) MUST;
int evidence_json_web(struct evidence *v, const struct json_node *n) MUST;
int evidence_json_fhir(struct evidence *v, const struct json_node *n) MUST;
int evidence_json_holdfast(struct evidence *v, const struct json_node *n) MUST;
int evidence_json_copy(struct evidence *v, const struct json_node *n) MUST;
int evidence_json_onefs(struct evidence *v, const struct json_node *n) MUST;
int evidence_json_windows(struct evidence *v, const struct json_node *n) MUST;
int evidence_samba_line(struct evidence *v, struct slice line) MUST; /* needs samba's state; see samba.c */
int evidence_ftp_line(struct evidence *v, struct slice line, bool *ret_ours) MUST; /* needs the state of evidence_ftp */
bool evidence_samba_record(struct slice line); /* looks like one of full_audit's */

/* ---- an event of Windows' Security log, from binary or XML or JSON alike ---- */
#define EVIDENCE_WIN_FIELDS 64
#define EVIDENCE_WIN_DEEP 32
struct evidence_win {
	struct {
		struct slice name, value;
	} field[EVIDENCE_WIN_FIELDS];
	size_t n;
	struct slice id, time, record, computer, provider, keywords, event_name;
	/* while it is built: the elements that are open, the name of the Data that is read */
	struct slice open[EVIDENCE_WIN_DEEP], data;
	int depth;
};
struct evidence_win_state {
	bool ready;
	struct evidence_map handles; /* host, process, handle: path */
	struct evidence_map logons;  /* host, logon: address */
	struct evidence_map checked; /* host, logon, name: address that 5145 named */
	struct slice *kept;
	size_t kept_n, kept_cap;
	struct buf key;
	void *parser;                /* expat's, of XML */
	struct evidence_win *win;    /* the event that is built, of XML */
	struct buf text;
};
/* What a reader of the form calls; slices live until the event is done. Names of elements without a prefix. */
void evidence_win_open(struct evidence_win *w, struct slice name);
void evidence_win_attr(struct evidence_win *w, struct slice name, struct slice value);
void evidence_win_text(struct evidence_win *w, struct slice value);
void evidence_win_close(struct evidence_win *w);
void evidence_win_put(struct evidence_win *w, struct slice name, struct slice value); /* more than EVIDENCE_WIN_FIELDS are left out */
int evidence_win_event(struct evidence *v, struct evidence_win_state *s, struct evidence_win *w) MUST;
void evidence_win_done(struct evidence_win_state *s);

/* The state of the reader of JSON, which holds what any of its kinds joins. */
struct evidence_json_state {
	struct evidence_map counted;
	struct evidence_win_state win;
	bool ready;
};

#endif
