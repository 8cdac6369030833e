/* The growing buffer. */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max)
{
	/* one byte more than cap is always allocated, for the NUL of buf_cstr */
	*b = (struct buf){.max = max < PTRDIFF_MAX ? max : PTRDIFF_MAX - 1};
}

void buf_init_secret(struct buf *b, size_t max)
{
	buf_init(b, max);
	b->secret = true;
}

static void give_back(struct buf *b)
{
	if (b->secret && b->p)
		explicit_bzero(b->p, b->cap + 1);
	free(b->p);
}

void buf_done(struct buf *b)
{
	give_back(b);
	*b = (struct buf){0};
}

void buf_wipe_done(struct buf *b)
{
	b->secret = true;
	buf_done(b);
}

void buf_cleanup(struct buf *b)
{
	buf_done(b);
}

static bool fail(struct buf *b, bool no_memory)
{
	b->failed = true;
	b->no_memory = no_memory;
	return false;
}

/* realloc may leave a copy of a secret behind, so that one moves by hand. */
static uint8_t *move_to(struct buf *b, size_t cap)
{
	if (!b->secret)
		return realloc(b->p, cap + 1);
	uint8_t *p = malloc(cap + 1);
	if (!p)
		return NULL;
	if (b->n)
		memcpy(p, b->p, b->n);
	give_back(b);
	return p;
}

bool buf_grow(struct buf *b, size_t n)
{
	if (b->failed)
		return false;
	size_t need;
	if (!num_add(b->n, n, &need) || need > b->max)
		return fail(b, false);
	if (b->p && need <= b->cap)
		return true;
	size_t cap = b->cap < 64 ? 64 : b->cap + b->cap / 2 + 64; /* half more: linear cost, and freed pieces can be used again */
	if (cap < need)
		cap = need;
	if (cap > b->max)
		cap = b->max;
	uint8_t *p = move_to(b, cap);
	if (!p)
		return fail(b, true);
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_varint(struct buf *b, uint64_t v)
{
	uint8_t out[10];
	size_t n = 0;
	while (v >= 0x80) {
		out[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	out[n++] = (uint8_t)v;
	buf_add(b, out, n);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	for (size_t room = 128;;) {
		char *to = (char *)buf_space(b, room <= b->max - b->n ? room : b->max - b->n);
		if (!to)
			return;
		room = b->cap - b->n;
		va_list ap;
		va_start(ap, fmt);
		int wanted = vsnprintf(to, room + 1, fmt, ap); /* + 1: the NUL has its own place */
		va_end(ap);
		if (wanted < 0) { /* only an encoding error or a result beyond INT_MAX */
			fail(b, false);
			return;
		}
		if ((size_t)wanted <= room) {
			b->n += (size_t)wanted;
			return;
		}
		room = (size_t)wanted;
		if (!buf_space(b, room)) /* at the maximum: fail, not a shorter text */
			return;
	}
}

void buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->n);
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

const char *buf_cstr(struct buf *b)
{
	if (b->failed || !b->p)
		return "";
	b->p[b->n] = 0;
	return (const char *)b->p;
}
