/* The files below paths, in an order that does not depend on the file system. */
#ifndef HOLDFAST_CLI_SCOPE_WALK_H
#define HOLDFAST_CLI_SCOPE_WALK_H

#include "cli_internal.h"

struct walk_file {
	char *path;        /* as given, and below a folder: folder/name/... */
	uint64_t size;
	size_t same;       /* an earlier file with the same bytes, or its own index */
};
struct walk_trouble {
	char *path;
	const char *why;   /* ours */
	int sys_errno;     /* or 0 */
};
struct walk {
	struct walk_file *file;
	size_t files, file_cap;
	struct walk_trouble *trouble;
	size_t troubles, trouble_cap;
	uint64_t bytes;
};

/* Adds a file, or a folder with all below it. Symbolic links, sockets, pipes and devices below a folder are not read and are told as troubles; what is named itself is followed. ERR_MEMORY. */
int scope_walk_add(struct walk *w, const char *path, struct err *e) MUST;
/* Finds files with the same bytes: those of one size are hashed (SHA-256), by up to threads threads. A file that cannot be read is left as it is: whoever reads it says so. ERR_MEMORY. */
int scope_walk_same(struct walk *w, unsigned threads, struct err *e) MUST;
void scope_walk_done(struct walk *w);

#endif
