/* judge_weigh: what a change of one file is worth, in points. Two strong ones are enough; what ordinary programs do now and then is worth so little that many are needed. content_change says what happened; here stands how sure that is. */
#include "judge_internal.h"

#define P(k, p) ((struct weight){.kind = (k), .points = (p), .type = b->t.type})

bool weigh_opaque(const struct seen *s)
{
	return !s->zlib && content_is_opaque(&s->t);
}

bool weigh_shut(const struct seen *s)
{
	return s->t.encrypted || s->t.type == CONTENT_PGP || s->t.type == CONTENT_AGE || s->t.type == CONTENT_SEVENZIP || weigh_opaque(s);
}

/* As long as it was, but for what a cipher adds: a header, a key, an authentication tag. */
static bool same_length(const struct seen *b, const struct seen *a)
{
	return a->t.size + a->t.size / 100 + 64 >= b->t.size && a->t.size <= b->t.size + b->t.size / 100 + 4096;
}

static struct weight noise(const struct seen *b, const struct seen *a, bool open)
{
	if (a->t.type == CONTENT_GITCRYPT || a->zlib)
		return P(MARK_NONE, 0);
	/* half of something packed that is still being written */
	if (open && a->t.type != CONTENT_UNKNOWN && content_type_packed(a->t.type) && a->t.type != b->t.type)
		return P(MARK_NONE, 0);
	return P(content_textual(b->t.type) && content_textual(a->t.type) ? MARK_WORDS : MARK_NOISE, POINTS_STRONG);
}

static struct weight broken(const struct seen *b, const struct seen *a, bool open)
{
	if (!b->whole || !a->whole)
		return P(MARK_NONE, 0);
	if (open) /* whoever writes in several steps leaves it like this for a moment; withdrawn when it is whole again */
		return P(MARK_BROKEN, content_type_packed(b->t.type) && b->t.size == a->t.size ? 4 : 0);
	return P(MARK_BROKEN, content_type_packed(b->t.type) && same_length(b, a) ? POINTS_STRONG : 5);
}

/* A document in a zip that asks for a password: no office program writes that, they have containers of their own. */
static struct weight locked(const struct seen *b, const struct seen *a)
{
	if (a->t.type == CONTENT_GITCRYPT)
		return P(MARK_NONE, 0);
	bool foreign = (b->t.type == CONTENT_OOXML || b->t.type == CONTENT_ODF) && (a->t.type == CONTENT_ZIP || a->t.type == CONTENT_OOXML);
	return P(MARK_LOCKED, foreign ? POINTS_STRONG : 5);
}

/* A database whose beginning stands, and a fifth of whose pages are none any more. */
static bool pages_lost(const struct seen *b, const struct seen *a)
{
	return a->t.type == CONTENT_SQLITE && b->pages && a->pages >= b->pages && b->sound * 10 >= b->pages * 9 && (b->pages - b->sound) + b->pages / 5 < a->pages - a->sound;
}

struct weight weigh_in_place(const struct seen *b, const struct seen *a, bool open)
{
	if (b->t.size < 32)
		return P(MARK_NONE, 0);
	if (pages_lost(b, a))
		return P(MARK_BROKEN, POINTS_STRONG);
	switch (content_change(&b->t, &a->t, false)) {
	case CONTENT_CHANGE_NOISE:
		return noise(b, a, open);
	case CONTENT_CHANGE_NOISE_WEAK:
		return b->t.entropy < 1 || a->zlib ? P(MARK_NONE, 0) : P(MARK_ORDER, same_length(b, a) && b->t.entropy < 6.5f ? 8 : 4);
	case CONTENT_CHANGE_BROKEN:
		return broken(b, a, open);
	case CONTENT_CHANGE_SEALED:
		return open ? P(MARK_NONE, 0) : locked(b, a);
	case CONTENT_CHANGE_WIPED:
		if (a->t.size == 0) /* (what empties logs empties texts, and those count for nothing; withdrawn when it is filled again) */
			return P(MARK_WIPED, open ? 0 : b->whole && b->t.named == b->t.type ? POINTS_STRONG : 5);
		return P(MARK_WIPED, open ? 2 : 8);
	case CONTENT_CHANGE_CUT:
		return P(MARK_CUT, open || !b->whole || !a->whole ? 0 : 2);
	default:
		return !open && content_unreadable(&b->t, &a->t) && same_length(b, a) && b->t.type != CONTENT_MAIL ? P(MARK_WORDS, 6) : P(MARK_NONE, 0);
	}
}

#define UNIFORM 331   /* noise is below it */
#define PLAIN_LEAST 512 /* of what has order, however little */

/* One stretch of it, or pieces here and there, are noise now and were none, or are other noise; what stands before and behind it is as it was. The file as a whole may look like before: its beginning and end stand, and the figures of all of it hardly moved. Nobody
 * edits a text, a recording or an image like that; and what is packed nobody changes at its old length within, since it has sums and lengths elsewhere in the file. */
struct weight weigh_stretch(const struct seen *b, const struct seen *a, const struct stretch *s, bool open)
{
	const uint64_t n = s->to - s->from;
	const bool replaced = s->differ * 50 >= n * 49, uniform = s->chi_after < UNIFORM;
	if (!b->whole || !a->whole || !content_knows(&b->t) || a->zlib)
		return P(MARK_NONE, 0);
	if (!open && s->backwards && s->differ >= 32)
		return P(MARK_BROKEN, POINTS_STRONG);
	/* every byte is another, the length is the same, and what its name promises and it was it is not: a key laid over it, however short */
	const bool nothing = a->t.type == CONTENT_UNKNOWN || (content_textual(a->t.type) && !content_textual(b->t.type));
	if (!open && nothing && b->t.type == b->t.named && s->from == 0 && s->blocks * STRETCH_PIECE >= n - n / 5 && n >= 512)
		return P(MARK_BROKEN, POINTS_STRONG);
	if (content_live(b->t.type) && a->t.type != CONTENT_UNKNOWN)
		return P(MARK_NONE, 0);
	if (!content_type_packed(b->t.type) && s->blocks >= 2 && s->piece_chi_after < UNIFORM && s->piece_chi_before >= PLAIN_LEAST && b->t.entropy >= 1)
		return P(content_textual(b->t.type) ? MARK_WORDS : MARK_NOISE, POINTS_STRONG);
	if (!replaced)
		return P(MARK_NONE, 0);
	if (content_textual(b->t.type) && b->t.type != CONTENT_MAIL && n >= 16 && s->controls * 32 > n && s->high * 4 > n && (n < 64 || uniform))
		return P(MARK_WORDS, POINTS_STRONG);
	if (!content_type_packed(b->t.type) && !content_textual(b->t.type) && n >= 256 && uniform && s->chi_before >= PLAIN_LEAST && b->t.entropy >= 1)
		return P(MARK_NOISE, POINTS_STRONG);
	if (!open && content_type_packed(b->t.type) && n >= 512 && uniform && s->from >= 16 && s->to + 8 <= b->t.size)
		return P(MARK_BROKEN, POINTS_STRONG);
	return P(MARK_NONE, 0);
}

/* Enciphered bytes are as many as the original's and a little; a third more in base64, twice as many in hexadecimal. */
static bool size_fits(uint64_t b, uint64_t a)
{
	uint64_t base64 = b / 3 * 4;
	return (a >= b && a - b <= 4096 + b / 100) || (a >= base64 && a <= base64 + b / 40 + 256) || (a >= b * 2 && a <= b * 2 + b / 40 + 256);
}

static bool tool_made_it(const struct content_known *tool, const struct seen *b, const struct seen *a)
{
	switch (tool->kind) {
	case CONTENT_KNOWN_PACKER: /* a text gets smaller, noise does not */
		return content_textual(b->t.type) ? a->t.size < b->t.size - b->t.size / 8 : a->t.size <= b->t.size + b->t.size / 100 + 256;
	case CONTENT_KNOWN_IMAGE: case CONTENT_KNOWN_AUDIO: case CONTENT_KNOWN_VIDEO: case CONTENT_KNOWN_DATA:
		return !size_fits(b->t.size, a->t.size);
	default:
		return false;
	}
}

struct weight weigh_pair(const struct seen *b, const struct seen *a, enum kin kin, struct slice new_base)
{
	enum content_change c = content_change(&b->t, &a->t, true);
	bool by_name = kin == KIN_NAME;
	if (b->t.size < 32 || a->zlib)
		return P(MARK_NONE, 0);
	if (c != CONTENT_CHANGE_NOISE && c != CONTENT_CHANGE_NOISE_WEAK && !(c == CONTENT_CHANGE_BROKEN && by_name && b->whole && a->whole && same_length(b, a)))
		return P(MARK_NONE, 0);
	const struct content_known *tool = content_known_tool(new_base), *family = content_known_suffix(new_base);
	if (tool && tool->kind == CONTENT_KNOWN_SEALER)
		return P(MARK_REPLACED, 4);
	if (tool && (!by_name || tool_made_it(tool, b, a))) /* what packs names its work after what it packed */
		return P(MARK_NONE, 0);
	bool fits = size_fits(b->t.size, a->t.size);
	if (family && family->strength >= CONTENT_KNOWN_STRONG)
		return P(MARK_REPLACED, POINTS_STRONG + 4);
	if (by_name)
		return P(MARK_REPLACED, c == CONTENT_CHANGE_NOISE_WEAK ? 8 : POINTS_STRONG);
	if (!fits)
		return P(MARK_NONE, 0);
	if (a->t.size - b->t.size > 1040 && a->t.size < b->t.size + b->t.size / 3) /* sizes meet by chance */
		return P(MARK_NONE, 0);
	return kin == KIN_FOLDER ? P(MARK_REPLACED, POINTS_STRONG) : P(MARK_AWAY, 1); /* into another folder: who moves what he found into quarantine does that, too */
}
