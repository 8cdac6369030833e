/* The arena: blocks in a list, each used from the front.
 *
 * The limit counts what was asked for (rounded up to 16), so that it means the same whatever the blocks are. The first block has
 * FIRST bytes and stays over arena_reset: with one message in it at a time the arena asks malloc for nothing. Later ones double up to LAST;
 * what does not fit well in a block gets one of its own behind the current one, which goes on being filled.
 *
 * In the address sanitizer's build everything not handed out is poisoned, with a gap behind each piece. */
#include "base_internal.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define GAP 16
#define POISON(p, n) __asan_poison_memory_region(p, n)
#define UNPOISON(p, n) __asan_unpoison_memory_region(p, n)
#else
#define GAP 0
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define FIRST ((size_t)16 << 10)
#define LAST ((size_t)1 << 20)

struct block {
	struct block *older;
	size_t size;
	_Alignas(16) uint8_t bytes[];
};

struct arena {
	uint8_t *p, *end; /* free part of the current block */
	struct block *current, *first;
	size_t limit, used, next_size;
	int code;
};

static struct block *block_new(size_t size)
{
	struct block *b = malloc(sizeof *b + size);
	if (!b)
		return NULL;
	b->older = NULL;
	b->size = size;
	POISON(b->bytes, size);
	return b;
}

static void block_free(struct block *b)
{
	UNPOISON(b->bytes, b->size);
	free(b);
}

static void fill_from(struct arena *a, struct block *b)
{
	a->current = b;
	a->p = b->bytes;
	a->end = b->bytes + b->size;
}

struct arena *arena_new(size_t limit)
{
	struct arena *a = malloc(sizeof *a);
	if (!a)
		return NULL;
	struct block *b = block_new(FIRST);
	if (!b) {
		free(a);
		return NULL;
	}
	*a = (struct arena){.first = b, .limit = limit < PTRDIFF_MAX / 2 ? limit : PTRDIFF_MAX / 2, .next_size = 2 * FIRST};
	fill_from(a, b);
	return a;
}

static void free_later_blocks(struct arena *a)
{
	for (struct block *b = a->current, *older; b; b = older) {
		older = b->older;
		if (b != a->first)
			block_free(b);
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	free_later_blocks(a);
	block_free(a->first);
	free(a);
}

void arena_cleanup(struct arena **a)
{
	arena_free(*a);
	*a = NULL;
}

void arena_reset(struct arena *a)
{
	free_later_blocks(a);
	a->first->older = NULL;
	POISON(a->first->bytes, a->first->size);
	fill_from(a, a->first);
	a->used = 0;
	a->next_size = 2 * FIRST;
	a->code = 0;
}

static void *no(struct arena *a, int code)
{
	a->code = code;
	return NULL;
}

/* The current block is too short for take bytes. */
static void *take_from_new(struct arena *a, size_t take)
{
	bool alone = take > a->next_size / 4;
	struct block *b = block_new(alone ? take : a->next_size);
	if (!b)
		return NULL;
	if (alone) {
		b->older = a->current->older;
		a->current->older = b;
		return b->bytes;
	}
	b->older = a->current;
	fill_from(a, b);
	if (a->next_size < LAST)
		a->next_size *= 2;
	a->p += take;
	return b->bytes;
}

void *arena_raw(struct arena *a, size_t n)
{
	if (n > a->limit - a->used)
		return no(a, ERR_LIMIT);
	size_t round = (n + 15) & ~(size_t)15, take = round + GAP;
	if (take == 0)
		take = round = 16; /* an empty piece has an address of its own, too */
	void *p;
	if (__builtin_expect((size_t)(a->end - a->p) >= take, 1)) {
		p = a->p;
		a->p += take;
	} else {
		p = take_from_new(a, take);
		if (!p)
			return no(a, ERR_MEMORY);
	}
	a->used = round < a->limit - a->used ? a->used + round : a->limit;
	UNPOISON(p, n);
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p = arena_raw(a, n);
	if (p && n)
		memset(p, 0, n);
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;
	if (!num_mul(count, size, &n))
		return no(a, ERR_LIMIT);
	return arena_alloc(a, n);
}

char *arena_strdup(struct arena *a, struct slice s)
{
	if (s.n == SIZE_MAX)
		return no(a, ERR_LIMIT);
	char *p = arena_raw(a, s.n + 1);
	if (!p)
		return NULL;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = 0;
	return p;
}

struct slice arena_dup(struct arena *a, struct slice s)
{
	void *p = arena_raw(a, s.n);
	if (!p)
		return SLICE_NULL;
	if (s.n)
		memcpy(p, s.p, s.n);
	return slice_of(p, s.n);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n < 0)
		return no(a, ERR_LIMIT);
	char *p = arena_raw(a, (size_t)n + 1);
	if (!p)
		return NULL;
	if ((size_t)n < sizeof small) {
		memcpy(p, small, (size_t)n + 1);
		return p;
	}
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

int arena_code(const struct arena *a)
{
	return a->code;
}
