/* An OLE2 file ([MS-CFB]: storages and streams in sectors) as a tree of names, over memory. Nothing of it is believed: chains that lead nowhere or in circles end where they do, and each entry hangs in the tree once. */
#ifndef HOLDFAST_EXTRACT_CFB_H
#define HOLDFAST_EXTRACT_CFB_H

#include "base.h"

#define EXTRACT_CFB_NONE UINT32_MAX
#define EXTRACT_CFB_NAME 32u /* units of UTF-16, its end with them */

struct extract_cfb {
	struct slice file;
	unsigned shift;            /* of a sector's size: 9 or 12 */
	uint32_t sectors;          /* that the file has room for */
	const uint32_t *fat;       /* where the sectors of the allocation table are */
	uint32_t fats;
	uint32_t small;            /* what is shorter than this lies in small sectors */
	struct slice dir, mini;    /* the directory; what small sectors are parts of */
	struct slice mini_fat;     /* how those are chained */
	uint32_t entries;
	uint32_t *child, *next;    /* of a storage its first, of an entry its next sibling; EXTRACT_CFB_NONE. In the order of their numbers */
	uint64_t left;             /* bytes that are still read: streams share no sectors, so all of them together are no longer than the file */
	bool broken;               /* the directory or a table breaks off: there may be more than is seen */
	struct arena *a;
};

/* The tree, put together in a: valid as long as it and the file. ERR_INPUT: it is no such file, or its directory cannot be found; ERR_LIMIT, ERR_MEMORY: the arena. */
int extract_cfb_open(struct extract_cfb *c, struct slice file, struct arena *a, struct err *e) MUST;
bool extract_cfb_storage(const struct extract_cfb *c, uint32_t entry); /* or the root, which is entry 0 */
void extract_cfb_name(const struct extract_cfb *c, uint32_t entry, char ret[EXTRACT_CFB_NAME]); /* as ASCII, '?' for what is none; "" */
uint32_t extract_cfb_find(const struct extract_cfb *c, uint32_t storage, const char *name);   /* EXTRACT_CFB_NONE */
/* A stream's bytes, appended. false: it breaks off, and out has what there is (or out is full: buf_ok says which). */
bool extract_cfb_read(struct extract_cfb *c, uint32_t entry, struct buf *out);

#endif
