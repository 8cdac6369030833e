/* One file's change, looked back at by the signs of its snapshot; and the onion address in a note. */
#include "vault_judge_internal.h"

#include <stdio.h>

static bool say(char out[96], const char *text)
{
	if (out)
		snprintf(out, 96, "%s", text);
	return true;
}

static bool has_sign_suffix(const struct judge_signs *s, struct slice base)
{
	for (size_t i = 0; i < s->suffix_n; i++) {
		size_t n = s->suffix[i].n;
		if (n && base.n > n && memcmp(base.p + base.n - n, s->suffix[i].p, n) == 0)
			return true;
	}
	return false;
}

static bool in_list(const uint64_t *list, size_t n, uint64_t v)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == v)
			return true;
	return false;
}

static bool is_note(const struct judge_signs *s, const struct vault_trait *t, struct slice base)
{
	if (t->size == 0 || t->size > VAULT_NOTE_MAX)
		return false;
	for (size_t i = 0; i < s->note_n; i++)
		if (memcmp(s->note[i], t->head, 8) == 0)
			return true;
	return in_list(s->note_name, s->note_name_n, judge_plain_hash(base) | 1) && !content_is_opaque(&t->is) && (content_textual(t->type) || t->type == CONTENT_UNKNOWN || t->onion);
}

static bool marked(uint8_t marks, char out[96])
{
	if (marks & VAULT_MARK_COPY)
		return say(out, "an enciphered copy in the place of a file that is gone");
	if (marks & (VAULT_MARK_NOISE | VAULT_MARK_ORDER))
		return say(out, "its content turned into noise");
	if (marks & VAULT_MARK_WIPED)
		return say(out, "emptied or overwritten");
	if (marks & VAULT_MARK_CUT)
		return say(out, "cut short");
	return marks & VAULT_MARK_BROKEN ? say(out, "its structure is lost") : false;
}

/* Or too small for noise to be told. Only where copies of that kind were found. */
static bool enciphered_in_part(const struct vault_trait *t)
{
	if (t->type != CONTENT_UNKNOWN)
		return content_is_opaque(&t->is);
	return content_is_opaque(&t->is) || (t->size > 0 && t->size < 32) || t->random_share >= .1f || t->entropy >= 7;
}

static bool came(const struct vault_change *c, const struct vault_verdict *v, const struct judge_signs *s, char out[96])
{
	struct slice base = judge_name_of(c->path).base;
	if (marked(c->after->marks & VAULT_MARKS_DAMAGE, out))
		return true;
	if (in_list(s->copy, s->copy_n, judge_plain_hash(c->path) | 1))
		return say(out, "an enciphered copy in the place of a file that is gone");
	if (!v->damage)
		return false;
	if (has_sign_suffix(s, base))
		return say(out, "a copy under the suffix of this damage");
	if (is_note(s, c->after, base))
		return say(out, "a note left with the damage");
	if ((s->replaced || s->scrambled) && enciphered_in_part(c->after))
		return say(out, "new with the damage, and looks enciphered");
	if ((s->replaced || s->scrambled || (s->in_place && (content_is_noise(&c->after->is) || content_type_packed(c->after->type)))) && c->after->state == CONTENT_LOST)
		return say(out, "new with the damage, and not whole");
	if (s->sealed && (c->after->type == CONTENT_PGP || c->after->type == CONTENT_AGE || c->after->encrypted))
		return say(out, "sealed with the damage");
	return false;
}

/* A text of which a part, however small, is none any more; or that says less than it did, at its old length. Each of these happens by itself now and then: another charset, a crash, a typing error. */
static bool less_of_a_text(const struct vault_trait *b, const struct vault_trait *a)
{
	if (content_unreadable(&b->is, &a->is))
		return true;
	if (!content_knows(&b->is) || !content_knows(&a->is) || !content_textual(b->type) || !content_textual(a->type) || (a->type == CONTENT_MAIL && b->type == CONTENT_MAIL))
		return false;
	bool length = a->size >= b->size - b->size / 50 && a->size <= b->size + b->size / 50;
	bool grammar = b->type != CONTENT_TEXT && a->type != b->type && a->named == b->type && a->type != CONTENT_CSV && (a->type != CONTENT_TEXT || a->size == b->size);
	bool words = length && a->size >= 64 && b->word_share >= .08f && a->word_share <= .6f * b->word_share;
	return grammar || words || (a->size >= 64 && a->entropy - b->entropy >= .4f && a->entropy >= 5.3f);
}

/* Pixels, samples and pages at their old length, of which some are noise now: too few for a block of it. */
static bool plain_with_more_noise(const struct vault_trait *b, const struct vault_trait *a)
{
	bool raw = b->type == CONTENT_DICOM || b->type == CONTENT_TIFF || b->type == CONTENT_BMP || b->type == CONTENT_WAV || b->type == CONTENT_EDF || b->type == CONTENT_SCP_ECG;
	if (!content_knows(&b->is) || a->type != b->type || a->size != b->size || content_textual(b->type) || content_type_packed(b->type))
		return false;
	return a->entropy - b->entropy >= (raw ? .1f : .4f);
}

/* In a snapshot with damage: also what its own class cannot show. */
static bool changed_with_damage(const struct vault_change *c, const struct judge_signs *s, char out[96])
{
	const struct vault_trait *b = c->before, *a = c->after;
	enum judge_class k = judge_classify(b, a, false);
	for (size_t i = 0; i < s->note_n; i++)
		if (memcmp(s->note[i], a->head, 8) == 0)
			return say(out, "overwritten with the same text as others");
	if (k == JUDGE_EMPTIED && s->emptied_since)
		return say(out, "emptied or overwritten");
	if (k == JUDGE_SEALED && s->sealed)
		return say(out, "sealed with the damage");
	if (!s->in_place || a->torn || a->size == 0)
		return false;
	if (!content_knows(&b->is) && !content_knows(&a->is) && c->known_bytes * 20 < a->size && content_is_noise(&a->is) && a->size >= b->size && a->size - b->size <= 8192)
		return say(out, "rewritten whole with the damage; its type cannot be checked");
	if (!content_knows(&b->is) && content_more_noise(&b->is, &a->is)) /* by itself this is too little; where files around it were enciphered it is one of them */
		return say(out, "partly turned into noise with the damage; its type cannot be checked");
	if (s->all && !content_knows(&b->is) && a->type != b->type && a->size >= b->size)
		return say(out, "another thing than it was, since the damage");
	if (s->all && b->size < 64 && a->size >= b->size && a->size <= b->size + 1040)
		return say(out, "too small to be told from noise, and changed with all around it");
	if (content_packs_nothing(&b->is, &a->is) || (content_knows(&b->is) && content_textual(b->type) && content_type_packed(a->type) && a->size >= b->size))
		return say(out, "an archive that is as large as the text it took the place of, since the damage");
	if (less_of_a_text(b, a) || content_fields_masked(&b->is, &a->is))
		return say(out, "a text that can no longer be read, or not all of it, since the damage");
	if (content_knows(&b->is) && a->type == b->type && a->size == b->size && a->random_share - b->random_share >= .1f)
		return say(out, "partly turned into noise with the damage");
	if (content_knows(&b->is) && !content_textual(b->type) && a->size >= b->size && (!content_knows(&a->is) || (a->type != b->type && (b->type == a->named || a->named == CONTENT_UNKNOWN)))) /* also what may be caught between two writes: not when all around it was written over */
		return say(out, "no longer whole, or not what it was, since the damage");
	if (plain_with_more_noise(b, a))
		return say(out, "partly turned into noise with the damage");
	if (content_knows(&b->is) && b->type == CONTENT_MAIL && (a->type != CONTENT_MAIL ? a->size >= b->size / 2 : s->all && a->size >= b->size + b->size / 5 && a->size <= b->size * 2 + 4096))
		return say(out, "a mail that is none, or another one, since the damage");
	if (s->order && judge_reordered(c))
		return say(out, "its bytes stand in another order since the damage");
	if (content_type_packed(b->type) && a->type == b->type && a->size == b->size)
		return say(out, "changed in place, at its length, with the damage");
	return false;
}

bool vault_judge_file(const struct vault_change *c, const struct vault_verdict *v, char ret_reason[96])
{
	struct judge_signs s;
	if (ret_reason)
		ret_reason[0] = 0;
	judge_signs_read(v->signs, &s);
	switch (c->what) {
	case '+':
		return came(c, v, &s, ret_reason);
	case '-':
		if (c->before->marks & VAULT_MARKS_DAMAGE || has_sign_suffix(&s, judge_name_of(c->path).base))
			return false; /* a damaged copy that was cleared away */
		if (in_list(s.original, s.original_n, judge_plain_hash(c->path) | 1))
			return say(ret_reason, "gone, with an enciphered copy in its place");
		if (v->damage && (s.replaced || s.scrambled || s.gone || s.sealed))
			return say(ret_reason, s.gone && !s.replaced && !s.scrambled ? "gone with many others" : "gone in the snapshot of the damage");
		return false;
	case '~':
		if (judge_hollowed(c))
			return say(ret_reason, "holds no data any more: kept online only, or its blocks were taken away");
		return marked(c->after->marks & VAULT_MARKS_DAMAGE, ret_reason) || (v->damage && changed_with_damage(c, &s, ret_reason));
	default:
		return marked(c->after->marks & VAULT_MARKS_DAMAGE, ret_reason);
	}
}

/* ---- [a-z2-7]{56}.onion: the address of a service of version 3 (Tor rend-spec-v3, 6: base32 of key, checksum and version) ---- */

static bool is_base32(uint8_t c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '2' && c <= '7');
}

/* A dot stands at i: is "onion" behind it, and an address before it, every step-th byte? */
static bool onion_at(struct slice s, size_t i, size_t step)
{
	static const char end[] = "onion";
	for (size_t k = 0; end[k]; k++)
		if (i + (k + 1) * step >= s.n || (s.p[i + (k + 1) * step] | 0x20) != end[k])
			return false;
	size_t run = 0;
	while (run < 56 && i >= (run + 1) * step && is_base32(s.p[i - (run + 1) * step]))
		run++;
	return run == 56;
}

bool vault_note_onion(struct slice s)
{
	if (s.n > VAULT_NOTE_MAX)
		s.n = VAULT_NOTE_MAX;
	if (s.n < 62)
		return false;
	/* from dot to dot: every byte of every small file passes here. UTF-16 has every character on one side of its pairs */
	for (const uint8_t *dot = s.p; (dot = memchr(dot, '.', s.n - (size_t)(dot - s.p))); dot++)
		if (onion_at(s, (size_t)(dot - s.p), 1) || onion_at(s, (size_t)(dot - s.p), 2))
			return true;
	return false;
}
