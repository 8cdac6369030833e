/* Packed files, for those of extract that read them: libarchive's headers, and one way through the entries. */
#ifndef HOLDFAST_EXTRACT_ARCHIVE_H
#define HOLDFAST_EXTRACT_ARCHIVE_H

#include "extract_internal.h"

#include <archive.h>
#include <archive_entry.h>

const char *extract_archive_missing(void); /* NULL: libarchive is there */

/* Where an archive's bytes are: a descriptor, memory, or a stream (read once, from where it stands). */
struct extract_packed {
	int fd; /* below 0: bytes, or s */
	struct slice bytes;
	const struct extract_source *s;
	const struct extract_out *o;
	uint8_t block[65536]; /* of s */
};
/* Opened for a pass through its entries; NULL: it could not be, which was told. Offices: zip alone, by its directory. Single: one file that is packed by itself, whatever it is: an archive whose first bytes are zeros is an empty one to
 * libarchive, and what a disk or a database begins with would be passed over. */
enum extract_archive_kind { EXTRACT_ANY, EXTRACT_OFFICE, EXTRACT_SINGLE };
struct archive *extract_archive_open(const struct extract_out *o, struct extract_packed *p, enum extract_archive_kind kind);
struct slice extract_entry_name(struct archive_entry *x, struct buf *b); /* UTF-8, whatever it was written in */

/* Office documents (extract_office.c): 1 when the entries' names say that it is one, and it was read; 0: it is none; below 0 as ever. */
int extract_office(const struct extract_out *o, struct extract_packed *p, struct err *e) MUST;

/* An entry as a member: its type, its reader. */
int extract_archive_member(const struct extract_out *o, struct archive *a, struct archive_entry *x, struct slice name, struct err *e) MUST;

int extract_single(const struct extract_out *o, struct slice name, const struct extract_source *s, struct err *e) MUST; /* what is packed by itself, unpacked by s */
int extract_gzip(const struct extract_out *o, struct slice name, const struct extract_source *from, struct err *e) MUST;

/* One entry's bytes as they are unpacked. */
struct extract_entry {
	struct archive *a;
	const struct extract_out *o; /* what it is told to that it broke off; NULL: to nobody yet */
	bool broken, sealed;
};
int extract_entry_pull(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e); /* arg: struct extract_entry */

#endif
