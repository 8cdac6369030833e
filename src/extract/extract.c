/* One file: what it is, who reads it, and what came of it. */
#include "extract_internal.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

void extract_limits_default(struct extract_limits *ret)
{
	*ret = (struct extract_limits){.depth = 8, .members = 1000000, .bytes_out = UINT64_C(64) << 30, .ratio = 1000, .seconds = 120, .memory = (size_t)1 << 30};
}

struct reading {
	extract_fn *fn;
	extract_trouble_fn *trouble;
	void *arg;
	struct extract_report r;
	struct extract_walk w;
	int fd;
	uint64_t at;        /* bytes that were read of it */
	EVP_MD_CTX *digest;
	int sys_errno;      /* why it could not be read to its end; 0: it was */
};

/* What the caller is told, counted. */
static int count_piece(void *arg, const struct extract_piece *p, struct err *e)
{
	struct reading *x = arg;
	x->r.pieces++;
	x->r.members += p->kind == EXTRACT_MEMBER;
	x->r.records += p->kind == EXTRACT_RECORD;
	x->r.bytes_out += p->kind == EXTRACT_TEXT || p->kind == EXTRACT_FIELD ? p->text.n : 0;
	int r = x->fn(x->arg, p, e);
	x->w.taker_failed |= r != 0;
	return r;
}

static void count_trouble(void *arg, const struct extract_trouble *t)
{
	struct reading *x = arg;
	x->r.troubles++;
	x->trouble(x->arg, t);
}

/* Bytes of the file in order, each of them hashed once. What cannot be read ends it, as its end would: the error is kept. */
static int pull_file(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct reading *x = arg;
	ssize_t got;
	(void)e;
	while ((got = read(x->fd, to, n)) < 0 && errno == EINTR)
		;
	if (got < 0)
		x->sys_errno = errno;
	*ret_got = got > 0 ? (size_t)got : 0;
	x->at += *ret_got;
	EVP_DigestUpdate(x->digest, to, *ret_got);
	return 0;
}

/* The rest of the file, for its hash and size, and *into when it is given. */
static void pull_rest(struct reading *x, struct buf *into)
{
	uint8_t block[65536] __attribute__((uninitialized)); /* filled by reading */
	size_t got = 1;
	while (got) {
		(void)pull_file(x, block, sizeof block, &got, NULL);
		if (into)
			buf_add(into, block, got);
	}
}

/* A child and programs are handed a descriptor that can be sought in: the file itself, or what came of a pipe. */
static int by_descriptor(struct reading *x, const struct extract_out *o, int type, struct slice name, struct buf *head, struct err *e)
{
	struct stat st;
	bool regular = fstat(x->fd, &st) == 0 && S_ISREG(st.st_mode);
	bool program = type == CONTENT_PDF || type == CONTENT_PST;
	pull_rest(x, regular ? NULL : head);
	x->w.in = x->at;
	if (!regular && !buf_ok(head))
		return err_set(e, buf_code(head), NULL, "what comes out of a pipe is held in memory, and is too long for that: read it from a file");
	int fd = regular ? x->fd : -1;
	if (regular)
		lseek(fd, 0, SEEK_SET);
	if (program)
		return extract_program(&x->w, o, type == CONTENT_PDF ? EXTRACT_PDF : EXTRACT_PST, fd, buf_slice(head), e);
	return extract_apart(o, type, name, fd, buf_slice(head), e);
}

static int whole(struct reading *x, const struct extract_out *o, struct slice name, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	const struct extract_source s = {.pull = pull_file, .arg = x};
	struct stat st;
	bool all;
	x->w.in = fstat(x->fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
	buf_init(&b, (size_t)2 << 30);
	int r = extract_head(&s, o, &b, &all, e);
	if (r < 0)
		return r;
	int type = x->r.type = extract_type(buf_slice(&b), all, name);
	if (extract_needs_child(type) || type == CONTENT_PDF || type == CONTENT_PST)
		return by_descriptor(x, o, type, name, &b, e);
	r = extract_stream(&s, o, type, name, &b, e);
	if (r == 0)
		pull_rest(x, NULL); /* nothing, but where a reader left off */
	return r;
}

int extract_file(int fd, struct slice name, const struct extract_limits *l, extract_fn *fn, extract_trouble_fn *trouble, void *arg, struct extract_report *ret, struct err *e)
{
	struct reading x = {.fn = fn, .trouble = trouble, .arg = arg, .fd = fd, .w = {.foreign = extract_program}};
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	const struct extract_out o = {.fn = count_piece, .trouble = count_trouble, .arg = &x, .member = SLICE(""), .a = a, .limits = l, .walk = &x.w};
	unsigned n = 0;
	x.digest = EVP_MD_CTX_new();
	if (!a || !x.digest || EVP_DigestInit_ex(x.digest, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(x.digest);
		return err_set(e, ERR_MEMORY, NULL, "no memory to read a file in");
	}
	(void)lseek(fd, 0, SEEK_SET); /* a pipe has one beginning */
	int r = whole(&x, &o, name, e);
	if (r != 0 && x.w.stopped && !x.w.taker_failed) {
		pull_rest(&x, NULL);
		r = 0;
	}
	if (r == 0 && x.sys_errno)
		extract_tell(&o, EXTRACT_UNREADABLE, "the system does not hand out its bytes beyond the first %llu: %s", (unsigned long long)x.at, strerrordesc_np(x.sys_errno));
	x.r.size = x.at;
	EVP_DigestFinal_ex(x.digest, x.r.sha256, &n);
	EVP_MD_CTX_free(x.digest);
	if (r == 0)
		*ret = x.r;
	return r;
}
