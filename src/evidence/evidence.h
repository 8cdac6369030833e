/* evidence: which objects (files, messages, patients' records) somebody touched, how, when and from where, out of whatever was recorded: logs of file servers, hosts, networks and web servers, copying tools' own logs, audit messages of
 * clinical systems.
 *
 * A *touch* has four levels, and a record never says more than it proves:
 *   listed    the name was seen, nothing was opened (a folder was read, attributes were asked for)
 *   opened    a handle was had, or the object was renamed, written or deleted; nothing says that its content was read
 *   accessed  the content was read on the host itself, or access to it was granted and used
 *   acquired  the content was handed to another machine, or put where it was to be carried away
 * An open is not a read: a listing by an SMB client opens every file of the folder. So opens count as opens, and what proves a read is said in the reason of each touch.
 *
 * Readers are pure: bytes in, touches out; no file, clock or log. They stream: of a log of any size they hold what is needed to join its records, within stated limits. What they are is told by content, never by a file's name.
 * evidence_fold makes one line an object of what any number of readers found. The same fold serves the command and a case.
 */
#ifndef HOLDFAST_EVIDENCE_H
#define HOLDFAST_EVIDENCE_H

#include "base.h"

#define EVIDENCE_LINE_MAX (1u << 20)            /* bytes of a line; longer: the rest is passed over and counted as damaged */
#define EVIDENCE_DOCUMENT_MAX ((size_t)256 << 20) /* bytes of one JSON value or XML event that has to be seen whole */
#define EVIDENCE_HEAD (64u << 10)               /* what is looked at to tell what it is */
#define EVIDENCE_PATH_MAX 8192u                 /* bytes of an object's path; longer ones are cut and said to be */
#define EVIDENCE_NO_TIME INT64_MIN

enum evidence_level { EVIDENCE_NONE, EVIDENCE_LISTED, EVIDENCE_OPENED, EVIDENCE_ACCESSED, EVIDENCE_ACQUIRED };
const char *evidence_level_word(enum evidence_level level);

/* What a file of evidence is. The word (evidence_kind_word) stands in output and in entries. */
enum evidence_kind {
	EVIDENCE_UNKNOWN,   /* "unknown": nothing in it is understood */
	EVIDENCE_EMPTY,     /* "empty" */
	EVIDENCE_SAMBA,     /* "samba": vfs_full_audit, in smbd's own log or by syslog */
	EVIDENCE_AUDITD,    /* "auditd": the Linux audit log, raw or by ausearch -i */
	EVIDENCE_WINDOWS,   /* "windows": events of the Security log as XML */
	EVIDENCE_EVTX,      /* "evtx": the same, binary */
	EVIDENCE_ZEEK,      /* "zeek": conn, smb_files, smb_mapping, ftp, http, files; TSV or JSON */
	EVIDENCE_WEB,       /* "web": access logs of web servers */
	EVIDENCE_COPY,      /* "copy": a copying tool's own log or queue: rclone, WinSCP, FileZilla, MEGAsync */
	EVIDENCE_LISTING,   /* "listing": what an archive or a folder of the intruder holds */
	EVIDENCE_FHIR,      /* "fhir": AuditEvent */
	EVIDENCE_ATNA,      /* "atna": AuditMessage of DICOM PS3.15 A.5 (RFC 3881) */
	EVIDENCE_HOLDFAST,  /* "holdfast": what watch and gate print */
	EVIDENCE_NAS,       /* "nas": OneFS' protocol audit (PowerScale, Isilon), by syslog or as JSON */
	EVIDENCE_FTP,       /* "ftp": what servers of FTP and SFTP say that they sent: xferlog, vsftpd, FileZilla Server, OpenSSH */
	EVIDENCE_KINDS
};
const char *evidence_kind_word(enum evidence_kind kind);

/* One touch as a reader hands it out. Slices are valid during the call only. Text is as it was written, maybe no UTF-8. */
struct evidence_touch {
	struct slice path;      /* never empty */
	struct slice host;      /* where the object lies, where the record says */
	struct slice who, from; /* account, and address or name of the machine it was done from; empty: not said */
	struct slice reason;    /* a sentence: what in the record proves this level */
	struct slice other;     /* the other name of a rename; empty */
	int64_t time;           /* ns UTC by the source's corrected clock, or EVIDENCE_NO_TIME */
	uint64_t bytes;         /* of content that this record says were moved; 0 with has_bytes false */
	uint64_t record;        /* line, or record number, in the source, from 1 */
	enum evidence_level level;
	uint8_t confidence;     /* percent that this level is right */
	bool has_bytes;
	bool folder;            /* known to be a folder */
	bool windows;           /* names compare without case, and backslash is the separator */
	bool renamed_to, renamed_from; /* `other` is the later, or the earlier, name of path */
};
/* Bytes that were seen moving between two machines, whatever they were. */
struct evidence_flow {
	struct slice from, to; /* addresses: bytes went from here to there */
	struct slice service;  /* "smb", "443/tcp" */
	int64_t time;
	uint64_t bytes, record;
};

/* How a source is to be understood. Zeroes are the defaults. */
struct evidence_source {
	const char *name;       /* for messages and output: the file's name */
	struct slice host;      /* the host it is from, where its records do not say */
	int zone_minutes;       /* of stamps without a zone, east of UTC */
	int64_t skew;           /* ns that its clock was ahead: taken off every stamp */
	int64_t near;           /* ns UTC: a time near its records, for stamps without a year; 0: the year is not known, and such stamps are no times */
	const char *prefix;     /* Samba's full_audit:prefix ("%u|%I|%m|%S"); NULL: told from what stands there */
	const char *const *own; /* addresses of the host itself: what they read over the network was read on the host; ends with NULL. NULL: none */
};

/* Records of an event that the source does not hold whole: a log that was rotated in the middle of it goes on in another file. */
struct evidence_loose {
	struct slice key;       /* what all records of the event have in common */
	struct slice lines;     /* its records here, a line each */
	struct slice who, from; /* as other records of this source have it; empty: not said */
	uint64_t record;
	bool head;              /* among them is the one that says what was done */
};

struct evidence_out {
	MUST int (*touch)(void *arg, const struct evidence_touch *t); /* other than 0 ends the reading with that code */
	MUST int (*flow)(void *arg, const struct evidence_flow *f);   /* may be NULL */
	void *arg;
	MUST int (*loose)(void *arg, const struct evidence_source *src, const struct evidence_loose *x); /* NULL: what is not whole is told as far as it goes */
};

/* What a source turned out to be. */
struct evidence_account {
	enum evidence_kind kind;
	const char *dialect;        /* "smbd's own log", "rclone"; a constant */
	const char *clock;          /* where its times are from: a constant sentence */
	uint64_t records, touches;  /* records that were read (lines, events), touches that came out */
	uint64_t damaged;           /* records that could not be understood though they should have been */
	uint64_t first_damaged;     /* number of the first of those */
	uint64_t failed;            /* operations that the record says were refused or failed: no touch */
	uint64_t untimed;           /* touches without a time */
	uint64_t unjoined;          /* records whose partner (a handle's name, a path) was not found in this source */
	uint64_t bytes;             /* read of the source, after decompression */
	int64_t first, last;        /* of all records that have a time; EVIDENCE_NO_TIME */
	bool zone_assumed, year_assumed, compressed;
	bool short_end;             /* it ends in the middle of something */
};

struct evidence;
/* NULL: no memory. src and what it points to outlive the reader. */
struct evidence *evidence_new(const struct evidence_source *src, const struct evidence_out *out);
/* The next bytes; end with evidence_end. A code: the callback's, ERR_MEMORY, ERR_LIMIT (a document that has to be seen whole is too long). Damage inside of a source is no error but counted. */
int evidence_feed(struct evidence *v, struct slice bytes, struct err *e) MUST;
/* The end of the source: what waits for its partner is handed out, and *ret says what it was. ERR_INPUT: nothing in it is understood. */
int evidence_end(struct evidence *v, struct evidence_account *ret, struct err *e) MUST;
void evidence_free(struct evidence *v);
/* All of it at once. */
int evidence_read(struct slice bytes, const struct evidence_source *src, const struct evidence_out *out, struct evidence_account *ret, struct err *e) MUST;

/* ---- one line an object ---------------------------------------------------------------------------------------------- */

#define EVIDENCE_NAMES_MAX 8    /* of accounts, machines and reasons kept an object; more are counted */
#define EVIDENCE_SOURCES_MAX 1024
#define EVIDENCE_OBJECTS_MAX (1u << 26)

/* A folder as the logs name it, and where it lies now. Names of a drive or server (a backslash in them) compare without case. */
struct evidence_root {
	const char *from, *to;
};
struct evidence_fold_options {
	int64_t from, to;  /* window in ns UTC, both ends inside of it; EVIDENCE_NO_TIME: open at that end */
	const struct evidence_root *roots;
	size_t roots_n;
	size_t memory;     /* bytes; 0: 4 GiB */
};

/* Bytes of sources of one dialect add up (a log in parts); of different ones the larger counts (they saw the same flow). */
struct evidence_object {
	struct slice path;      /* where it lies: as it was written, or mapped by a root */
	struct slice logged;    /* as it was written, where a root mapped it; else empty */
	struct slice host;
	struct slice who[EVIDENCE_NAMES_MAX], from[EVIDENCE_NAMES_MAX], reason[EVIDENCE_NAMES_MAX]; /* the first of each is of the strongest touch */
	uint32_t who_n, from_n, reason_n; /* beyond the maximum: how many there were is not kept, only that there were (more_*) */
	bool more_who, more_from, more_reason;
	struct slice was, became;         /* earlier and later name, where it was renamed in the window */
	int64_t first, last;              /* EVIDENCE_NO_TIME: not known. With a window both lie in it */
	uint64_t bytes, count;            /* count: touches */
	uint32_t first_source, last_source;
	uint64_t first_record, last_record;
	uint64_t sources;                 /* bit n: a touch came from source n; bit 63 for all beyond */
	enum evidence_level level;
	uint8_t confidence;               /* percent */
	bool has_bytes, folder, windows, untimed;
};

struct evidence_fold;
struct evidence_fold *evidence_fold_new(const struct evidence_fold_options *o); /* NULL: no memory. o and what it points to outlive it */
void evidence_fold_free(struct evidence_fold *f);
/* The next source: its name and kind are kept by number. Touches and flows that follow are its own. ERR_LIMIT: more than EVIDENCE_SOURCES_MAX. */
int evidence_fold_source(struct evidence_fold *f, const char *name, uint32_t *ret, struct err *e) MUST;
/* To be given to evidence_new as the callbacks; arg is the fold. Events that one source begins and another ends are put together by evidence_fold_finish. */
int evidence_fold_touch(void *fold, const struct evidence_touch *t) MUST;
int evidence_fold_flow(void *fold, const struct evidence_flow *f) MUST;
int evidence_fold_loose(void *fold, const struct evidence_source *src, const struct evidence_loose *x) MUST;
uint64_t evidence_fold_joined(const struct evidence_fold *f); /* after evidence_fold_finish: events whose records stood in several sources */
void evidence_fold_kind(struct evidence_fold *f, const char *dialect); /* what the current source is (evidence_account.dialect): after evidence_end; bytes of the same dialect add up */
/* Joins what no single source can (renames, folders, what was seen leaving) and sorts by path, then host. Then the objects can be had. */
int evidence_fold_finish(struct evidence_fold *f, struct err *e) MUST;
size_t evidence_fold_count(const struct evidence_fold *f);
const struct evidence_object *evidence_fold_at(const struct evidence_fold *f, size_t i); /* valid until the next call, its slices as long as the fold; from one thread at a time */
const char *evidence_fold_source_name(const struct evidence_fold *f, uint32_t source);
const char *evidence_fold_source_dialect(const struct evidence_fold *f, uint32_t source); /* as evidence_fold_kind was told; "" */
/* The line of an object in JSON, without a line feed: path, host, touch, first, last, who, from, bytes, reason, confidence, and what traces it. Unknown is null. */
void evidence_object_json(const struct evidence_fold *f, const struct evidence_object *o, struct buf *out);
/* What was seen leaving: an array of {from, to, service, bytes, flows, first, last}, most bytes first, at most `max`. */
void evidence_fold_flows_json(const struct evidence_fold *f, size_t max, struct jsonw *w);
size_t evidence_fold_flow_count(const struct evidence_fold *f); /* pairs of machines, by service and source */
uint64_t evidence_fold_outside(const struct evidence_fold *f); /* touches that lay outside of the window */

/* "A/B" with RFC 3339 times or dates (without a zone in zone_minutes); an end left out, or "..", is open. Both ends are inside: one in whole days, minutes or seconds includes the whole of it. ERR_USAGE. */
int evidence_window(struct slice text, int zone_minutes, int64_t *ret_from, int64_t *ret_to, struct err *e) MUST;
int evidence_zone(struct slice text, int *ret_minutes) MUST; /* "+01:00", "-0500", "Z"; ERR_INPUT */

/* The name under which an object is compared, appended to out: separators made one, "." and doubled separators gone, for Windows' names without case, share prefixes of the kernel (\??\, \\?\) gone. */
void evidence_path_key(struct slice path, bool windows, struct buf *out);
bool evidence_path_windows(struct slice path); /* a drive letter, a backslash at the front: it is written in Windows' manner */

#endif
