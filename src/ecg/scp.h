/* SCP-ECG (EN 1064, ISO 11073-91064): what its reader, its Huffman coder and its writer share. Private to this room.
 *
 * A record, all little-endian:
 *   u16 CRC (CCITT, from 0xFFFF, of all that follows)   u32 length of the record   sections
 * A section:
 *   u16 CRC (of the rest of the section)   u16 id   u32 length with this header   u8 section version   u8 protocol version (14 = 1.4)   6 reserved ("SCPECG" in section 0)   body
 * Section 0 comes first, at offset 6. Its body: one pointer of 10 bytes a section: u16 id, u32 length (0: absent), u32 place, counted from 1.
 */
#ifndef HOLDFAST_ECG_SCP_H
#define HOLDFAST_ECG_SCP_H

#include "ecg_internal.h"

#define SCP_SECTIONS 13        /* 0..12; those above are for other uses or the vendor's */
#define SCP_DEFAULT_TABLE 19999
#define SCP_TABLES_MAX 32
#define SCP_CODES_MAX 4096     /* of all tables together */
#define SCP_NO_VALUE 29999     /* a duration that was not measured */
#define SCP_NOT_THERE 29998    /* ... the wave is not there */
#define SCP_NO_AXIS 999

uint16_t scp_crc(struct slice s);

/* ---- Huffman (section 2) ---- */

struct scp_code {
	int16_t base;          /* the value, or with mode 0 the table to go on with, from 1 */
	uint8_t prefix, total; /* bits of the code; with what follows it, a signed number that is added */
	bool value;            /* mode switch 1 */
};
struct scp_table {
	uint16_t quick[1024];  /* by the next 10 bits: code + 1; 0: longer than that, or none */
	size_t root;           /* of the codes of more than 10 bits, in scp_tables.trie; 0: there are none */
};
struct scp_tables {
	struct scp_code *code;
	struct scp_table *table;
	int32_t *trie;         /* pairs, one entry a bit: above 0 where the next pair is, below 0 minus (code + 1), 0 none */
	unsigned longest;      /* bits of a code with what follows it */
	unsigned tables;       /* 0: not compressed, 16 bits a sample */
	bool standard;         /* the table that the standard prints */
};
/* body: of section 2, p NULL where there is none. ERR_INPUT: no such tables. */
int scp_tables_read(struct slice body, struct arena *a, struct scp_tables *ret, struct err *e) MUST;
/* Samples of one lead as they stand there (differences not yet summed up), at most max; how many there were. Each lead begins with the first table. */
size_t scp_decode(const struct scp_tables *t, struct slice data, int16_t *out, size_t max);
void scp_sum(int16_t *x, size_t n, unsigned difference); /* undo first or second differences; modulo 65536, as writers with 16-bit arithmetic need it */
/* The standard's table. Appends bits, filled up with zeros to a whole byte. */
void scp_encode(struct buf *to, const int16_t *x, size_t n);

/* ---- leads (section 3, table of lead codes; the same numbers as ISO 11073-10101 part 2 and DICOM CID 3001) ---- */

const char *scp_lead_name(unsigned id, char out[24]); /* "lead 200" for those without a name, "" for 0: not said */
unsigned scp_lead_id(enum ecg_lead l);                /* 0: has none */

#endif
