/* Who is named in a document, and how: asked for every name that several bear and for every hit of a number, so it is looked up and not searched for. */
#include "find_internal.h"

#include <stdlib.h>

bool present_begin(struct present *p, size_t most)
{
	size_t n = 16;
	p->mask = 0;
	if (!most)
		return true;
	while (n < most * 2)
		n *= 2;
	if (n > p->cap) {
		free(p->slot);
		p->slot = calloc(n, sizeof *p->slot);
		p->cap = p->slot ? n : 0;
		if (!p->slot)
			return false;
	} else {
		memset(p->slot, 0, n * sizeof *p->slot);
	}
	p->mask = n - 1;
	return true;
}

static size_t place(const struct present *p, uint32_t person)
{
	size_t i = (size_t)(person * UINT64_C(0x9e3779b97f4a7c15) >> 32) & p->mask;
	while (p->slot[i].person && p->slot[i].person != person + 1)
		i = (i + 1) & p->mask;
	return i;
}

void present_add(struct present *p, uint32_t person, unsigned how)
{
	if (person == FIND_NOBODY || !p->mask)
		return;
	struct present_slot *s = &p->slot[place(p, person)];
	s->person = person + 1;
	s->how |= how;
}

unsigned present_how(const struct present *p, uint32_t person)
{
	return p->mask && person != FIND_NOBODY ? p->slot[place(p, person)].how : 0;
}
