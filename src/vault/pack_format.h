/* pack_format: numbers of a pack's format, for who writes and who reads it (pack.c describes it). */
#ifndef HOLDFAST_VAULT_PACK_FORMAT_H
#define HOLDFAST_VAULT_PACK_FORMAT_H

#define PADDING_MAGIC 0x184D2A50U /* a skippable frame of zstd (RFC 8878, 3.1.2) */
#define TABLE_MAGIC 0x184D2A5EU   /* the one that zstd's seekable format uses */
#define SEEKABLE_MAGIC 0x8F92EAB1U
#define TABLE_ENTRY 8  /* u32 sealed, u32 plain */
#define TABLE_FOOTER 9 /* u32 count, u8 descriptor, u32 SEEKABLE_MAGIC */
#define TABLE_FIXED (8 + TABLE_FOOTER)

#endif
