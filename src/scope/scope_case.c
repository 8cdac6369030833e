/* A case out of its entries. */
#include "scope.h"

#include <stdlib.h>

struct scope_case *scope_case_new(struct slice name, size_t memory)
{
	struct scope_case *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->a = arena_new(memory);
	c->discovered = c->from = c->to = INT64_MIN;
	c->name = c->a ? arena_dup(c->a, name) : SLICE_NULL;
	if (!c->name.p) {
		scope_case_free(c);
		return NULL;
	}
	return c;
}

void scope_case_free(struct scope_case *c)
{
	if (!c)
		return;
	free(c->input);
	free(c->word);
	free(c->pair);
	free(c->run);
	free(c->estimate);
	free(c->facts);
	free(c->sent);
	arena_free(c->a);
	free(c);
}

bool scope_case_exists(const struct scope_case *c)
{
	return c->from != INT64_MIN;
}

static struct slice keep(struct scope_case *c, struct slice s)
{
	return s.n ? arena_dup(c->a, s) : SLICE_NULL;
}

/* Room for one more at the end of a growing array: 16, then double. NULL: no memory. */
static void *more(void *pv, size_t *n, size_t size)
{
	void **v = pv;
	if (*n == 0 || (*n >= 16 && !(*n & (*n - 1)))) {
		void *m = reallocarray(*v, *n ? *n * 2 : 16, size);
		if (!m)
			return NULL;
		*v = m;
	}
	return (char *)*v + (*n)++ * size;
}

static bool add_input(struct scope_case *c, uint64_t entry, int64_t time, const struct scope_act *a)
{
	struct scope_input *in = more(&c->input, &c->input_n, sizeof *in);
	uint64_t *part = arena_array(c->a, a->parts ? a->parts : 1, sizeof *part);
	if (!in || !part)
		return false;
	if (a->parts)
		memcpy(part, a->part, a->parts * sizeof *part);
	*in = (struct scope_input){.what = a->what, .file = keep(c, a->file), .root = keep(c, a->root), .by = keep(c, a->by), .size = a->size, .sha256 = keep(c, a->sha256), .part = part, .parts = a->parts, .reference = a->reference,
	                           .entry = entry, .time = time};
	return true;
}

static bool add(struct scope_case *c, uint64_t entry, int64_t time, const struct scope_act *a)
{
	switch (a->what) {
	case SCOPE_NEW:
		c->title = keep(c, a->title);
		c->hosts = keep(c, a->hosts);
		c->accounts = keep(c, a->accounts);
		c->by = keep(c, a->by);
		c->from = a->from;
		c->to = a->to;
		c->discovered = a->discovered;
		c->entry = entry;
		c->opened = time;
		return true;
	case SCOPE_EVIDENCE:
	case SCOPE_CONTENT:
	case SCOPE_PERSONS:
		return add_input(c, entry, time, a);
	case SCOPE_PAIR: {
		struct scope_pair *p = more(&c->pair, &c->pair_n, sizeof *p);
		if (p)
			*p = (struct scope_pair){entry, time, keep(c, a->by), keep(c, a->a), keep(c, a->b), a->same, a->open};
		return p != NULL;
	}
	case SCOPE_RUN:
	case SCOPE_ESTIMATE:
	case SCOPE_FACTS: {
		struct scope_run *r = a->what == SCOPE_RUN ? more(&c->run, &c->run_n, sizeof *r) : a->what == SCOPE_FACTS ? more(&c->facts, &c->facts_n, sizeof *r) : more(&c->estimate, &c->estimate_n, sizeof *r);
		if (r)
			*r = (struct scope_run){entry, time, keep(c, a->by), keep(c, a->json)};
		return r != NULL;
	}
	default: {
		struct scope_word *w = more(&c->word, &c->word_n, sizeof *w);
		if (w)
			*w = (struct scope_word){a->what, entry, time, keep(c, a->by), keep(c, a->subject), keep(c, a->text), keep(c, a->outcome)};
		return w != NULL;
	}
	}
}

int scope_case_add(struct scope_case *c, uint64_t entry, int64_t time, struct slice body, uint64_t *ret_unreadable, struct err *e)
{
	AUTO_ARENA struct arena *scratch = arena_new((size_t)8 << 20);
	struct scope_act a;
	struct err quiet = {0};
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory for an entry of a case");
	if (scope_act_get(body, scratch, &a, &quiet) < 0) {
		if (ret_unreadable)
			++*ret_unreadable;
		return 0;
	}
	if (!slice_eq(a.name, c->name))
		return 0;
	if (a.what == SCOPE_NEW && scope_case_exists(c))
		return err_set(e, ERR_EXISTS, NULL, "a case of this name was opened twice; the first one counts");
	if (a.what != SCOPE_NEW && !scope_case_exists(c))
		return 0;
	if (!add(c, entry, time, &a) || arena_code(c->a))
		return err_set(e, arena_code(c->a) ? arena_code(c->a) : ERR_MEMORY, NULL, "no memory for the case");
	c->last_entry = entry;
	return 0;
}

int scope_case_pair(const struct scope_case *c, struct slice a, struct slice b)
{
	for (size_t i = c->pair_n; i-- > 0;) {
		const struct scope_pair *p = &c->pair[i];
		if ((slice_eq(p->a, a) && slice_eq(p->b, b)) || (slice_eq(p->a, b) && slice_eq(p->b, a)))
			return p->open ? 0 : p->same ? 1 : -1;
	}
	return 0;
}

const struct scope_word *scope_case_factor(const struct scope_case *c, const char *factor)
{
	for (size_t i = c->word_n; i-- > 0;)
		if (c->word[i].what == SCOPE_ASSESS && slice_eq_str(c->word[i].subject, factor))
			return &c->word[i];
	return NULL;
}
