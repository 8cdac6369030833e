/* What vault makes of a change of one file: what content says of the two versions (content_change.c), and what only a catalogue knows. */
#include "vault_judge_internal.h"

#include <math.h>

static bool is_constant(const struct vault_trait *t)
{
	return t->size >= 16 && t->entropy < .02f;
}

/* Zeros that were written take room, and writing sets the time; who frees room for what a server keeps takes care of neither. */
bool judge_hollowed(const struct vault_change *c)
{
	return c->what == '~' && c->same_time && c->after->hollow && !c->before->hollow && c->after->size == c->before->size && !c->after->torn;
}

/* The same bytes as often, at the same length: turned round, or its blocks exchanged. A few that are other ones show in a short file's entropy. */
bool judge_reordered(const struct vault_change *c)
{
	const struct vault_trait *b = c->before, *a = c->after;
	return content_knows(&b->is) && content_textual(b->type) && content_knows(&a->is) && content_textual(a->type) && a->size == b->size && a->size >= 64 && c->known_bytes * 20 <= a->size
	       && fabsf(a->entropy - b->entropy) < .0015f;
}

uint8_t judge_mark(enum judge_class c)
{
	switch (c) {
	case JUDGE_NOISE:
		return VAULT_MARK_NOISE;
	case JUDGE_NOISE_WEAK:
		return VAULT_MARK_ORDER;
	case JUDGE_BROKEN:
		return VAULT_MARK_BROKEN;
	case JUDGE_CUT:
		return VAULT_MARK_CUT;
	case JUDGE_WIPED:
		return VAULT_MARK_WIPED;
	case JUDGE_EMPTIED: case JUDGE_HOLLOW:
		return VAULT_MARK_EMPTIED;
	default:
		return 0;
	}
}

/* A damaged version that changes again (encrypted a second time, in two strokes) is as damaged as before, until it is whole. */
uint8_t judge_marks_after(const struct vault_trait *b, const struct vault_trait *a, enum judge_class c)
{
	uint8_t m = judge_mark(c);
	if (a->torn)
		return b->marks;
	if (!(b->marks & VAULT_MARKS_DAMAGE))
		return m;
	bool whole = content_knows(&a->is) && !content_is_opaque(&a->is) && a->type != CONTENT_PGP && a->type != CONTENT_AGE;
	bool wiped = (b->marks & VAULT_MARK_WIPED) && a->size > 0 && !is_constant(a) && !content_is_opaque(&a->is);
	bool ordered = (b->marks & (VAULT_MARK_ORDER | VAULT_MARK_COPY)) && content_is_noise(&b->is) && a->state != CONTENT_LOST && !content_is_noise(&a->is) && a->entropy < 7;
	return whole || wiped || ordered ? m : (b->marks & VAULT_MARKS_DAMAGE) | m;
}
