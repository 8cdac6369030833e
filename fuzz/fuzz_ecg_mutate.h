/* Changing XML and JSON so that most of what comes out is still XML or JSON: bytes turned at random are refused by the parser nearly always, and what stands behind it would see little.
 * Half of the changes are inside one text, attribute or string; a quarter delete, double or move a whole element or value; the rest are libFuzzer's own, anywhere. */
#ifndef HOLDFAST_FUZZ_ECG_MUTATE_H
#define HOLDFAST_FUZZ_ECG_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

static inline uint32_t fuzz_next(uint32_t *s) /* a sequence by Marsaglia: the seed is all it depends on */
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	*s ^= *s << 5;
	return *s;
}

static inline bool fuzz_mark(uint8_t c)
{
	return memchr("<>\"{}[],:", c, 9) != NULL;
}

/* In place of [from, to) of data there stands p[0..n). Nothing happens where there is no room. */
static inline size_t fuzz_splice(uint8_t *data, size_t size, size_t max, size_t from, size_t to, const uint8_t *p, size_t n)
{
	if (size - (to - from) + n > max)
		return size;
	memmove(data + from + n, data + to, size - to);
	if (n)
		memcpy(data + from, p, n);
	return size - (to - from) + n;
}

static inline size_t fuzz_inside(uint8_t *data, size_t size, size_t max, uint32_t *s)
{
	uint8_t piece[256];
	size_t at = fuzz_next(s) % size, from = at, to = at;
	while (from && !fuzz_mark(data[from - 1]) && at - from < 100)
		from--;
	while (to < size && !fuzz_mark(data[to]) && to - at < 100)
		to++;
	memcpy(piece, data + from, to - from);
	size_t n = LLVMFuzzerMutate(piece, to - from, sizeof piece);
	for (size_t i = 0; i < n; i++)
		if (piece[i] == '<' || piece[i] == '&' || piece[i] == '"' || piece[i] == '\\' || piece[i] < ' ')
			piece[i] = '0' + piece[i] % 10;
	return fuzz_splice(data, size, max, from, to, piece, n);
}

/* The element or value that begins at or behind `at`: its end, 0 where there is none. */
static inline size_t fuzz_whole(const uint8_t *data, size_t size, size_t *at)
{
	size_t depth = 0, i = *at;
	while (i + 1 < size && data[i] != '{' && data[i] != '[' && (data[i] != '<' || data[i + 1] == '/' || data[i + 1] == '?' || data[i + 1] == '!'))
		i++;
	*at = i;
	bool xml = i + 1 < size && data[i] == '<';
	for (; i + 1 < size; i++) {
		uint8_t c = data[i], next = data[i + 1];
		if (xml ? c == '<' && next != '/' : c == '{' || c == '[')
			depth++;
		else if (depth && (xml ? (c == '<' && next == '/') || (c == '/' && next == '>') : c == '}' || c == ']') && --depth == 0) {
			while (xml && i < size && data[i] != '>')
				i++;
			return i < size ? i + 1 : 0;
		}
	}
	return 0;
}

static inline size_t fuzz_move(uint8_t *data, size_t size, size_t max, uint32_t *s)
{
	static uint8_t piece[4096];
	size_t from = fuzz_next(s) % size, to = fuzz_whole(data, size, &from), n = to - from;
	if (!to || n > sizeof piece)
		return size;
	memcpy(piece, data + from, n);
	switch (fuzz_next(s) % 3) {
	case 0: return fuzz_splice(data, size, max, from, to, NULL, 0);
	case 1: return fuzz_splice(data, size, max, to, to, piece, n);
	}
	size_t there = fuzz_next(s) % size;
	if (!fuzz_whole(data, size, &there))
		return size;
	return fuzz_splice(data, size, max, there, there, piece, n);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	uint32_t s = seed * UINT32_C(2654435761) | 1;
	fuzz_next(&s);
	uint32_t how = fuzz_next(&s) % 8;
	if (!size || how < 2)
		return LLVMFuzzerMutate(data, size, max);
	size_t n = how < 4 ? fuzz_move(data, size, max, &s) : fuzz_inside(data, size, max, &s);
	return n ? n : LLVMFuzzerMutate(data, size, max);
}

#endif
