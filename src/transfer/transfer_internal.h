/* What the files of this module share. */
#ifndef HOLDFAST_TRANSFER_INTERNAL_H
#define HOLDFAST_TRANSFER_INTERNAL_H

#include "transfer.h"

#define TRANSFER_FIRST_LINE "holdfast-transfer-v1"
#define TRANSFER_MANIFEST "manifest.json"
#define TRANSFER_NOTE "manifest.note"
#define TAR_BLOCK 512u

/* The header of a plain file; made: whole seconds, in ns, from 1970 to 2242 (11 octal digits). */
void transfer_header(struct slice name, uint64_t size, int64_t made, uint8_t ret[TAR_BLOCK]);
/* What a header says, of one that transfer_header makes of it: else false. */
bool transfer_header_read(struct slice block, struct slice *ret_name, uint64_t *ret_size, int64_t *ret_made);
uint64_t transfer_padded(uint64_t size);

/* The manifest's values, checked; they stand in the arena. */
int transfer_manifest_read(struct slice text, struct arena *a, struct transfer *ret, struct err *e) MUST;
/* The note: its text and its signature, by vkey or (NULL) by the key that it names. As transfer_check. */
int transfer_note_read(struct slice note, const struct note_vkey *vkey, struct transfer_seal *ret, struct note_vkey *ret_signer, struct err *e) MUST;
int transfer_bad(struct err *e, const char *why);     /* ERR_INPUT */
int transfer_changed(struct err *e, const char *why); /* ERR_CRYPTO */

#endif
