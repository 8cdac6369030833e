/* vault_store: where copies lie that this machine cannot take back: a folder, an S3 bucket under object lock, a web server.
 *
 * A store holds objects: a name and bytes that never change. Names are relative paths of letters, digits and . _ - with single slashes, none of its parts "." or "..", at most 200 bytes.
 * What a name should hold is never believed: whoever reads says which bytes are the right ones (a SHA-256, or a check of its own), and gets those or an error. In a bucket anyone with the write key can
 * lay a newer version over a name, but not remove an older one while it is locked: so a reader looks at every version until one is right, and never at "the latest" alone.
 * One store, one thread. Network stores try again (five times, 0.2 to 5 s apart) what may have been bad luck, wait at most 10 s for a connection and 60 s for a byte, and check certificates.
 */
#ifndef HOLDFAST_VAULT_STORE_H
#define HOLDFAST_VAULT_STORE_H

#include "vault.h"

#define VAULT_OBJECT_MAX 200
#define VAULT_VERSION_MAX 128
#define VAULT_SMALL_MAX ((size_t)64 << 20) /* an object that is read into memory */

enum vault_store_kind { VAULT_FOLDER = 1, VAULT_HTTPS, VAULT_S3 };

struct vault_object { /* one version of one object */
	char name[VAULT_OBJECT_MAX + 1];
	char version[VAULT_VERSION_MAX + 1]; /* "": this store keeps one */
	uint8_t md5[16];                     /* of its bytes, where has_md5 */
	bool has_md5, latest;
	uint64_t size;
	int64_t time;                        /* when the store got it, by the store's clock; 0: not said */
};
typedef int vault_object_fn(void *arg, const struct vault_object *o, struct err *e); /* below 0 ends the listing and is passed up */
/* The bytes in their order. A piece without p: the connection broke, and they come again from the beginning. */
typedef int vault_store_sink(void *arg, struct slice piece, struct err *e);

struct vault_bytes { /* what is put: memory, or a stretch of a file */
	struct slice mem;  /* fd < 0 */
	int fd;
	uint64_t offset, size;
	unsigned lock_days; /* S3: locked for so long, and not for as long as everything else; 0: as everything else */
	bool lazy;  /* of many small ones: durable only after `sync` */
	bool fresh; /* the caller has listed the store and knows that this name is new: it is not looked for */
};
#define VAULT_BYTES(s) ((struct vault_bytes){.mem = (s), .fd = -1, .size = (s).n})

struct vault_store;
struct vault_store_ops {
	/* Whole, durable, or not at all. 1: written. 0: these very bytes are there. ERR_EXISTS: the name holds others, and this store has one version only: nothing was changed. */
	int (*put)(struct vault_store *s, const char *name, const struct vault_bytes *b, const uint8_t sha256[SEAL_HASH], struct err *e);
	/* Bytes [offset, offset + n) into sink (fewer when it ends before). version "": the newest. ERR_NOT_FOUND. */
	int (*get)(struct vault_store *s, const char *name, const char *version, uint64_t offset, uint64_t n, vault_store_sink *sink, void *arg, struct err *e);
	/* Every version of every object whose name begins so; a name's versions newest first. NULL: this store cannot list. */
	int (*list)(struct vault_store *s, const char *prefix, vault_object_fn *fn, void *arg, struct err *e);
	int (*head)(struct vault_store *s, const char *name, struct vault_object *ret, struct err *e); /* the newest version; ERR_NOT_FOUND */
	/* The few names that may change (what a reader that cannot list begins with, and what makes a folder a tlog). NULL: this store has none, which loses nothing. */
	int (*replace)(struct vault_store *s, const char *name, struct slice bytes, struct err *e);
	/* What lies under the name is not ours: out of the way, kept under aside/. NULL: not needed, versions do it. */
	int (*aside)(struct vault_store *s, const char *name, struct err *e);
	/* What was put lazily is durable when it returns: before a head speaks of it. NULL: it is anyhow. */
	int (*sync)(struct vault_store *s, struct err *e);
	/* Of copies of the view alone, which are caches: the object goes. NULL: this store lets go of nothing. */
	int (*drop)(struct vault_store *s, const char *name, struct err *e);
	/* Keep this version locked for `days` from now (0: retain_days). NULL: this store has no locks. */
	int (*renew)(struct vault_store *s, const struct vault_object *o, unsigned days, struct err *e);
	/* Takes this version away for good. ERR_BUSY: a lock keeps it until *ret_until (0: it does not say). NULL: nothing can be taken away here. */
	int (*remove)(struct vault_store *s, const struct vault_object *o, int64_t *ret_until, struct err *e);
	void (*close)(struct vault_store *s);
};
struct vault_store {
	const struct vault_store_ops *ops;
	enum vault_store_kind kind;
	char where[512]; /* for people: never a secret */
	unsigned retain_days;
};

struct vault_store_options {
	const struct vault_access *access; /* NULL: the environment */
	unsigned retain_days; /* S3: COMPLIANCE retention of what is put; 0: 30 */
	bool write;           /* a folder is made when it is not there */
	bool no_lock;         /* S3: a bucket without object lock is taken all the same, and said to be one */
};
/* target: a folder, "https://HOST/PATH" ("http://" on a loopback address only), "s3://BUCKET/PREFIX" (endpoint, keys and region from AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
 * AWS_SESSION_TOKEN, AWS_REGION). Looks whether it is there: ERR_NOT_FOUND, ERR_DENIED, ERR_SYSTEM with a sentence. */
int vault_store_open(const char *target, const struct vault_store_options *o, struct vault_store **ret, struct err *e) MUST;
void vault_store_close(struct vault_store *s); /* NULL is fine */
bool vault_object_name_ok(const char *name);
int vault_target_kind(const char *target, struct err *e) MUST; /* enum vault_store_kind, or an error that says what a target looks like; touches nothing */

/* ---- reading what must be right ---------------------------------------------------------------------------------------- */

/* Is this what the name should hold? 0: yes; ERR_CORRUPT: no, try another version; else passed up. */
typedef int vault_right_fn(void *arg, struct slice bytes, struct err *e);
/* The version that is right, at most `most` bytes. ERR_NOT_FOUND: no such name; ERR_CORRUPT: it is there, and no version of it is right. */
int vault_store_read(struct vault_store *s, const char *name, size_t most, vault_right_fn *right, void *arg, struct buf *ret, struct err *e) MUST;
int vault_store_read_hash(struct vault_store *s, const char *name, size_t most, const uint8_t sha256[SEAL_HASH], struct buf *ret, struct err *e) MUST;
/* The same for what is too large for memory: into fd, from its beginning. fd is left empty when none is right. */
int vault_store_copy(struct vault_store *s, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], int fd, struct err *e) MUST;

/* ---- between the stores' files ---------------------------------------------------------------------------------------- */

int vault_folder_open(const char *path, const struct vault_store_options *o, struct vault_store **ret, struct err *e) MUST;
int vault_folder_open_at(int fd, const char *where, const struct vault_store_options *o, struct vault_store **ret, struct err *e) MUST; /* fd stays the caller's */
int vault_https_open(const char *url, const struct vault_store_options *o, struct vault_store **ret, struct err *e) MUST;
int vault_s3_open(const char *target, const struct vault_store_options *o, struct vault_store **ret, struct err *e) MUST;
int vault_https_post(struct vault_store *s, const char *name, struct slice body, struct err *e) MUST; /* an https store */
int vault_bytes_sha256(const struct vault_bytes *b, uint8_t out[SEAL_HASH], struct err *e) MUST;
int vault_bytes_read(const struct vault_bytes *b, uint64_t at, void *out, size_t n, struct err *e) MUST; /* exactly n */

/* ListObjectVersions' answer (S3 API), pure: feed it whole. Elements that we do not know are passed over; a document type, and more than 64 levels, are refused. Names are given to fn as they stand, decoded. */
struct vault_listing_more {
	bool truncated;
	char key[1024 + 1], version[VAULT_VERSION_MAX + 1]; /* where to go on */
};
#define VAULT_LISTING_MAX ((size_t)8 << 20)
/* key: the object's whole key, before any prefix is taken off; deleted: a delete marker, whose size is 0. */
typedef int vault_listing_fn(void *arg, struct slice key, bool deleted, const struct vault_object *o, struct err *e);
int vault_listing_read(struct slice xml, vault_listing_fn *fn, void *arg, struct vault_listing_more *ret, struct err *e) MUST;
/* The <Code> of an S3 error answer; false: it has none. */
bool vault_listing_error(struct slice xml, char code[64]);

#endif
