/* libarchive, loaded when a packed file is first read and not before: with what it needs (libxml2, ICU, nettle) it is larger than this program, and most commands never see an archive. The functions that we use are defined here under their own
 * names, with the prototypes of its headers, and hand on: callers are written as ever. It is loaded in the caller's process, once, and used in children only: these are forked with it, and can open no library any more. */
#include "extract_internal.h"

#include "extract_archive.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define FUNCTIONS(X) \
	X(archive_read_new) X(archive_read_free) X(archive_read_support_filter_gzip) X(archive_read_support_filter_bzip2) X(archive_read_support_filter_compress) X(archive_read_support_filter_xz) X(archive_read_support_filter_lzma) \
	X(archive_read_support_filter_lz4) X(archive_read_support_filter_zstd) X(archive_read_support_filter_lzip) X(archive_read_support_filter_rpm) X(archive_read_support_filter_uu) X(archive_read_support_format_zip) X(archive_read_support_format_7zip) \
	X(archive_read_support_format_tar) X(archive_read_support_format_cpio) X(archive_read_support_format_iso9660) X(archive_read_support_format_rar) X(archive_read_support_format_rar5) X(archive_read_support_format_cab) \
	X(archive_read_support_format_lha) X(archive_read_support_format_ar) X(archive_read_support_format_xar) X(archive_read_support_format_raw) X(archive_read_support_format_empty) X(archive_read_open_memory) X(archive_read_open_fd) \
	X(archive_read_open) X(archive_read_next_header) X(archive_read_data) X(archive_read_has_encrypted_entries) X(archive_error_string) X(archive_format) X(archive_filter_count) X(archive_entry_pathname) X(archive_entry_pathname_utf8) X(archive_entry_filetype) \
	X(archive_entry_is_data_encrypted) X(archive_entry_is_metadata_encrypted) X(archive_entry_hardlink) X(archive_entry_size) X(archive_entry_size_is_set)

static struct {
#define X(f) __typeof__(f) *f;
	FUNCTIONS(X)
#undef X
} lib;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why[200]; /* empty: it is there */

static void load(void)
{
	void *l = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
	if (!l)
		snprintf(why, sizeof why, "libarchive (Debian: libarchive13) is not to be had");
#define X(f) \
	if (l && !why[0] && !(*(void **)&lib.f = dlsym(l, #f))) \
		snprintf(why, sizeof why, "libarchive has no " #f);
	FUNCTIONS(X)
#undef X
}

void extract_library_load(void)
{
	pthread_once(&once, load);
}

const char *extract_archive_missing(void)
{
	return why[0] ? why : NULL;
}

#define READ_NEW(f) \
	int f(struct archive *a) \
	{ \
		return lib.f(a); \
	}
READ_NEW(archive_read_free)
READ_NEW(archive_read_support_filter_gzip)
READ_NEW(archive_read_support_filter_bzip2)
READ_NEW(archive_read_support_filter_compress)
READ_NEW(archive_read_support_filter_xz)
READ_NEW(archive_read_support_filter_lzma)
READ_NEW(archive_read_support_filter_lz4)
READ_NEW(archive_read_support_filter_zstd)
READ_NEW(archive_read_support_filter_lzip)
READ_NEW(archive_read_support_filter_rpm)
READ_NEW(archive_read_support_filter_uu)
READ_NEW(archive_read_support_format_zip)
READ_NEW(archive_read_support_format_7zip)
READ_NEW(archive_read_support_format_tar)
READ_NEW(archive_read_support_format_cpio)
READ_NEW(archive_read_support_format_iso9660)
READ_NEW(archive_read_support_format_rar)
READ_NEW(archive_read_support_format_rar5)
READ_NEW(archive_read_support_format_cab)
READ_NEW(archive_read_support_format_lha)
READ_NEW(archive_read_support_format_ar)
READ_NEW(archive_read_support_format_xar)
READ_NEW(archive_read_support_format_raw)
READ_NEW(archive_read_support_format_empty)
READ_NEW(archive_read_has_encrypted_entries)
READ_NEW(archive_format)
READ_NEW(archive_filter_count)
#undef READ_NEW

struct archive *archive_read_new(void)
{
	return lib.archive_read_new();
}

int archive_read_open_memory(struct archive *a, const void *p, size_t n)
{
	return lib.archive_read_open_memory(a, p, n);
}

int archive_read_open_fd(struct archive *a, int fd, size_t block)
{
	return lib.archive_read_open_fd(a, fd, block);
}

int archive_read_open(struct archive *a, void *arg, archive_open_callback *o, archive_read_callback *r, archive_close_callback *c)
{
	return lib.archive_read_open(a, arg, o, r, c);
}

int archive_read_next_header(struct archive *a, struct archive_entry **ret)
{
	return lib.archive_read_next_header(a, ret);
}

la_ssize_t archive_read_data(struct archive *a, void *to, size_t n)
{
	return lib.archive_read_data(a, to, n);
}

const char *archive_error_string(struct archive *a)
{
	return lib.archive_error_string(a);
}

const char *archive_entry_pathname(struct archive_entry *x)
{
	return lib.archive_entry_pathname(x);
}

const char *archive_entry_pathname_utf8(struct archive_entry *x)
{
	return lib.archive_entry_pathname_utf8(x);
}

__LA_MODE_T archive_entry_filetype(struct archive_entry *x)
{
	return lib.archive_entry_filetype(x);
}

int archive_entry_is_data_encrypted(struct archive_entry *x)
{
	return lib.archive_entry_is_data_encrypted(x);
}

int archive_entry_is_metadata_encrypted(struct archive_entry *x)
{
	return lib.archive_entry_is_metadata_encrypted(x);
}

const char *archive_entry_hardlink(struct archive_entry *x)
{
	return lib.archive_entry_hardlink(x);
}

la_int64_t archive_entry_size(struct archive_entry *x)
{
	return lib.archive_entry_size(x);
}

int archive_entry_size_is_set(struct archive_entry *x)
{
	return lib.archive_entry_size_is_set(x);
}
