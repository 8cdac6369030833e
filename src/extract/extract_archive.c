/* Files with files in them: zip, 7z, tar, cpio, iso, rar, cab, lha, ar, and what is packed by itself (gzip, bzip2, xz, zstd, lz4, compress), in each other to the depth that is allowed. In the child. Nothing is ever written: a member's name is
 * told, and what it would have been on a disk ("../../etc/passwd", a link) does not matter. */
#include "extract_archive.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_MAX ((size_t)1 << 30)

/* ---- opening ---- */

static la_ssize_t read_stream(struct archive *a, void *arg, const void **ret)
{
	struct extract_packed *p = arg;
	size_t got = 0;
	(void)a;
	*ret = p->block;
	int r = p->s->pull(p->s->arg, p->block, sizeof p->block, &got, NULL);
	if (r == 0 && p->s->counted)
		r = extract_count(p->o, got, NULL);
	return r < 0 ? -1 : (la_ssize_t)got;
}

static void support(struct archive *a, enum extract_archive_kind kind)
{
	if (kind != EXTRACT_SINGLE)
		archive_read_support_format_zip(a);
	if (kind == EXTRACT_OFFICE)
		return;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_compress(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_rpm(a);
	archive_read_support_format_empty(a);
	archive_read_support_format_raw(a); /* what is packed by itself */
	if (kind == EXTRACT_SINGLE)
		return;
	archive_read_support_format_7zip(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_cpio(a);
	archive_read_support_format_iso9660(a);
	archive_read_support_format_rar(a);
	archive_read_support_format_rar5(a);
	archive_read_support_format_cab(a);
	archive_read_support_format_lha(a);
	archive_read_support_format_ar(a);
	archive_read_support_format_xar(a);
}

struct archive *extract_archive_open(const struct extract_out *o, struct extract_packed *p, enum extract_archive_kind kind)
{
	const char *missing = extract_archive_missing();
	struct archive *a = missing ? NULL : archive_read_new();
	p->o = o;
	if (missing)
		extract_tell(o, EXTRACT_MISSING, "%s", missing);
	if (!a)
		return NULL;
	support(a, kind);
	if (p->fd >= 0)
		lseek(p->fd, 0, SEEK_SET);
	int r = p->fd >= 0 ? archive_read_open_fd(a, p->fd, 65536) : p->s ? archive_read_open(a, p, NULL, read_stream, NULL) : archive_read_open_memory(a, p->bytes.p, p->bytes.n);
	if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
		return a;
	extract_tell(o, EXTRACT_BROKEN, "its structure does not hold, or it is packed in a way that is not known here");
	archive_read_free(a);
	return NULL;
}

struct slice extract_entry_name(struct archive_entry *x, struct buf *b)
{
	const char *n = archive_entry_pathname_utf8(x);
	struct slice s = slice_str(n), ret;
	if (!s.n)
		s = slice_str(archive_entry_pathname(x));
	buf_reset(b);
	if (s.n > EXTRACT_MEMBER_MAX)
		s.n = EXTRACT_MEMBER_MAX;
	return utf8_valid(s) ? s : extract_utf8(s, NULL, b, &ret, NULL, NULL) == 0 ? ret : SLICE("?");
}

/* ---- an entry ---- */

static void tell_break(const struct extract_entry *x)
{
	if (x->broken)
		extract_tell(x->o, x->sealed ? EXTRACT_SEALED : EXTRACT_BROKEN, "%s", x->sealed ? "under a password" : "it cannot be unpacked to its end; what came before was read");
}

int extract_entry_pull(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct extract_entry *x = arg;
	(void)e;
	la_ssize_t got = x->broken ? 0 : archive_read_data(x->a, to, n);
	if (got < 0) {
		const char *why = archive_error_string(x->a);
		x->sealed = why && (strcasestr(why, "encrypt") || strcasestr(why, "passphrase"));
		x->broken = true;
		if (x->o)
			tell_break(x);
		got = 0;
	}
	*ret_got = (size_t)got;
	return 0;
}

static bool is_archive(int type)
{
	return extract_needs_child(type) && type != CONTENT_XML && type != CONTENT_SQLITE;
}

/* Its bytes from its first on: in windows, as a whole, or through another library as they come. */
static int content_of(const struct extract_source *s, const struct extract_out *o, int type, struct slice name, struct buf *b, bool whole, struct err *e)
{
	struct extract_joined j = {buf_slice(b), s};
	const struct extract_source all = {.pull = extract_joined_pull, .arg = &j, .counted = s->counted};
	if (type == CONTENT_XML && !whole)
		return extract_xml_stream(&all, o, e);
	if (!is_archive(type) || type == CONTENT_ZIP || type == CONTENT_OOXML || type == CONTENT_ODF || type == CONTENT_SEVENZIP) /* those are read by the directory at their end */
		return extract_stream(s, o, type, name, b, e);
	return extract_archive(o, type, name, -1, SLICE_NULL, &all, e);
}

int extract_archive_member(const struct extract_out *o, struct archive *a, struct archive_entry *x, struct slice name, struct err *e)
{
	char path[EXTRACT_MEMBER_MAX];
	struct extract_out in = *o;
	AUTO_BUF struct buf b = {0};
	struct extract_entry entry = {.a = a};
	const struct extract_source s = {.pull = extract_entry_pull, .arg = &entry, .counted = true};
	bool whole = false;
	buf_init(&b, BUFFER_MAX);
	if (archive_entry_is_data_encrypted(x) == 1 || archive_entry_is_metadata_encrypted(x) == 1) {
		int r = extract_begin_member(o, name, "sealed", path, &in, e);
		if (r == 0)
			extract_tell(&in, EXTRACT_SEALED, "under a password");
		return r;
	}
	int r = extract_head(&s, o, &b, &whole, e);
	if (r != 0)
		return r;
	int type = extract_type(buf_slice(&b), whole, name);
	r = extract_begin_member(o, name, content_type_name(type), path, &in, e);
	entry.o = &in;
	if (r == 0)
		tell_break(&entry); /* its first bytes were read before its type, and so its name, could be told */
	if (r == 0)
		r = extract_enter(&in, e);
	if (r != 0)
		return r == ERR_NO ? 0 : r;
	o->walk->depth++;
	r = content_of(&s, &in, type, name, &b, whole, e);
	o->walk->depth--;
	return r;
}

/* ---- the entries ---- */

/* "letters.txt" of "letters.txt.gz". */
static struct slice without_suffix(struct slice name)
{
	const uint8_t *slash = name.n ? memrchr(name.p, '/', name.n) : NULL, *dot = name.n ? memrchr(name.p, '.', name.n) : NULL;
	struct slice own = slash ? slice_of(slash + 1, (size_t)(name.p + name.n - slash - 1)) : name;
	if (slice_eq_nocase(slice_of(own.p + (own.n > 4 ? own.n - 4 : 0), own.n > 4 ? 4 : own.n), ".tgz"))
		return own;
	return dot && dot > own.p ? slice_of(own.p, (size_t)(dot - own.p)) : own;
}

/* One file that was packed by itself: a member by its own name, unless it is an archive, whose members are told as of this file ("x.tar.gz"). */
int extract_single(const struct extract_out *o, struct slice name, const struct extract_source *s, struct err *e)
{
	char path[EXTRACT_MEMBER_MAX];
	struct extract_out in = *o;
	AUTO_BUF struct buf b = {0};
	bool whole;
	buf_init(&b, BUFFER_MAX);
	int r = extract_head(s, o, &b, &whole, e);
	if (r != 0)
		return r;
	struct slice own = without_suffix(name);
	int type = extract_type(buf_slice(&b), whole, own);
	if (type != CONTENT_TAR) {
		r = extract_begin_member(o, own, content_type_name(type), path, &in, e);
		if (r == 0)
			r = extract_enter(&in, e);
	}
	if (r != 0)
		return r == ERR_NO ? 0 : r;
	o->walk->depth++;
	r = content_of(s, &in, type, own, &b, whole, e);
	o->walk->depth--;
	return r;
}

static int entries(const struct extract_out *o, struct archive *a, struct slice name, struct err *e)
{
	AUTO_BUF struct buf names = {0};
	struct archive_entry *x;
	unsigned again = 0, told = 0;
	buf_init(&names, 4 * EXTRACT_MEMBER_MAX);
	for (;;) {
		int r = archive_read_next_header(a, &x);
		if (r == ARCHIVE_EOF && !told && archive_filter_count(a) > 1)
			extract_tell(o, EXTRACT_UNKNOWN, "it unpacks to zeros, like an archive of nothing: what stands behind them was not read");
		if (r == ARCHIVE_EOF)
			return 0;
		if (r == ARCHIVE_RETRY && again++ < 10)
			continue;
		if (r == ARCHIVE_FATAL || r == ARCHIVE_FAILED || r == ARCHIVE_RETRY) {
			const char *why = archive_error_string(a);
			bool sealed = archive_read_has_encrypted_entries(a) == 1 || (why && (strcasestr(why, "encrypt") || strcasestr(why, "passphrase")));
			extract_tell(o, sealed ? EXTRACT_SEALED : EXTRACT_BROKEN, "%s", sealed ? "under a password" : told ? "its structure breaks off; what came before was read" : "its structure does not hold");
			return 0;
		}
		if (archive_entry_filetype(x) != AE_IFREG && archive_entry_filetype(x) != 0) /* folders, links, devices: names alone */
			continue;
		if (archive_entry_hardlink(x))
			continue;
		bool raw = archive_format(a) == ARCHIVE_FORMAT_RAW;
		struct slice own = raw ? without_suffix(name) : extract_entry_name(x, &names);
		told++;
		r = extract_archive_member(o, a, x, own, e);
		if (r != 0)
			return r;
	}
}

static int pull_packed(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct extract_packed *p = arg;
	if (p->s) {
		int r = p->s->pull(p->s->arg, to, n, ret_got, e);
		return r == 0 && p->s->counted ? extract_count(p->o, *ret_got, e) : r;
	}
	if (p->fd < 0) {
		n = n < p->bytes.n ? n : p->bytes.n;
		if (n)
			memcpy(to, p->bytes.p, n);
		p->bytes = slice_of(p->bytes.p + n, p->bytes.n - n);
		*ret_got = n;
		return 0;
	}
	ssize_t got;
	while ((got = read(p->fd, to, n)) < 0 && errno == EINTR)
		;
	*ret_got = got > 0 ? (size_t)got : 0;
	return got < 0 ? err_sys(e, NULL, "its bytes cannot be read") : 0;
}

static int single(const struct extract_out *o, struct slice name, struct extract_packed *p, struct err *e)
{
	struct archive_entry *x;
	struct archive *a = extract_archive_open(o, p, EXTRACT_SINGLE);
	if (!a)
		return 0;
	struct extract_entry entry = {.a = a, .o = o};
	const struct extract_source s = {.pull = extract_entry_pull, .arg = &entry, .counted = true};
	int r = archive_read_next_header(a, &x);
	if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
		r = extract_single(o, name, &s, e);
	else if (r == ARCHIVE_EOF)
		r = 0;
	else {
		extract_tell(o, EXTRACT_BROKEN, "its structure does not hold");
		r = 0;
	}
	archive_read_free(a);
	return r;
}

static int gzip(const struct extract_out *o, struct slice name, struct extract_packed *p, struct err *e)
{
	const struct extract_source s = {.pull = pull_packed, .arg = p};
	p->o = o;
	if (p->fd >= 0)
		lseek(p->fd, 0, SEEK_SET);
	return extract_gzip(o, name, &s, e);
}

int extract_archive(const struct extract_out *o, int type, struct slice name, int fd, struct slice bytes, const struct extract_source *s, struct err *e)
{
	struct extract_packed *p = arena_raw(o->a, sizeof *p);
	if (!p)
		return err_set(e, arena_code(o->a), NULL, "no memory to unpack in");
	p->fd = fd;
	p->bytes = bytes;
	p->s = s;
	if (!s && (type == CONTENT_ZIP || type == CONTENT_OOXML || type == CONTENT_ODF)) {
		int r = extract_office(o, p, e);
		if (r != 0)
			return r == 1 ? 0 : r;
	}
	if (type == CONTENT_GZIP)
		return gzip(o, name, p, e);
	if (type == CONTENT_BZIP2 || type == CONTENT_XZ || type == CONTENT_ZSTD)
		return single(o, name, p, e);
	struct archive *a = extract_archive_open(o, p, EXTRACT_ANY);
	if (!a)
		return 0;
	int r = entries(o, a, name, e);
	archive_read_free(a);
	return r;
}
