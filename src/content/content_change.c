/* What one change did to one file, from what is kept of the two versions.
 *
 * Structure first: "known before, not known after" held for every damaged file of ten of thirteen types in our measurements, while a rise of entropy held for none of the packed ones (docx, pdf, jpg,
 * png, zip, gz look like noise when they are healthy). Entropy and blocks of noise count where the type is not packed: there they see what is encrypted in part, or every other 16 bytes. Words that
 * vanish out of a text are what gives base64 away.
 */
#include "content.h"

#include <math.h>

#define TYPES_MAX 64 /* numbers at and above are a later writer's: unknown */

void content_trait_of(const struct content_report *r, struct content_trait *ret)
{
	*ret = (struct content_trait){.type = r->type, .named = r->named, .state = r->state, .encrypted = r->encrypted, .size = r->f.size, .entropy = (float)r->f.entropy,
		.random_share = r->f.blocks ? (float)((double)r->f.random_blocks / (double)r->f.blocks) : 0, .word_share = (float)r->f.word_share};
}

bool content_textual(int type)
{
	switch (type) {
	case CONTENT_TEXT: case CONTENT_CSV: case CONTENT_JSON: case CONTENT_XML: case CONTENT_HTML: case CONTENT_HL7V2: case CONTENT_X12: case CONTENT_RTF: case CONTENT_MAIL:
		return true;
	default:
		return false;
	}
}

/* What holds other things, compressed or not, or is written to while it is in use: blocks of noise may come and go in it, and between two writes its structure need not hold. */
bool content_live(int type)
{
	switch (type) {
	case CONTENT_SQLITE: case CONTENT_MDB: case CONTENT_PST: case CONTENT_VMDISK: case CONTENT_EVTX: case CONTENT_MAIL: case CONTENT_TAR: case CONTENT_OLE2: case CONTENT_ELF: case CONTENT_PE:
		return true;
	default:
		return false;
	}
}

bool content_document(int type)
{
	switch (type) {
	case CONTENT_CSV: case CONTENT_HL7V2: case CONTENT_X12: case CONTENT_RTF: case CONTENT_PDF: case CONTENT_ZIP: case CONTENT_OOXML: case CONTENT_ODF: case CONTENT_OLE2: case CONTENT_JPEG:
	case CONTENT_TIFF: case CONTENT_JPEG2000: case CONTENT_DICOM: case CONTENT_SCP_ECG: case CONTENT_EDF: case CONTENT_MP3: case CONTENT_WAV: case CONTENT_MP4: case CONTENT_AVI: case CONTENT_SQLITE:
	case CONTENT_MAIL: case CONTENT_MDB: case CONTENT_PST: case CONTENT_VMDISK:
		return true;
	default:
		return false;
	}
}

/* Types that stand for each other under one name without anything being wrong: a docx is a zip, an xls may be HTML. */
static int family_of(int type)
{
	switch (type) {
	case CONTENT_ZIP: case CONTENT_OOXML: case CONTENT_ODF: case CONTENT_OLE2: case CONTENT_MDB:
		return 1;
	case CONTENT_TEXT: case CONTENT_CSV: case CONTENT_JSON: case CONTENT_XML: case CONTENT_HTML: case CONTENT_HL7V2: case CONTENT_X12: case CONTENT_RTF: case CONTENT_MAIL:
		return 2;
	case CONTENT_JPEG: case CONTENT_PNG: case CONTENT_GIF: case CONTENT_TIFF: case CONTENT_BMP: case CONTENT_WEBP: case CONTENT_JPEG2000: case CONTENT_DICOM:
		return 3;
	case CONTENT_MP3: case CONTENT_WAV: case CONTENT_MP4: case CONTENT_AVI:
		return 4;
	case CONTENT_GZIP: case CONTENT_BZIP2: case CONTENT_XZ: case CONTENT_ZSTD: case CONTENT_SEVENZIP: case CONTENT_RAR: case CONTENT_TAR:
		return 5;
	case CONTENT_PGP: case CONTENT_AGE: case CONTENT_GITCRYPT:
		return 6;
	default:
		return 100 + type;
	}
}

static bool is_named_type(int type)
{
	return type != CONTENT_UNKNOWN && type != CONTENT_EMPTY && type > 0 && type < TYPES_MAX;
}

bool content_knows(const struct content_trait *t)
{
	return is_named_type(t->type) && t->state != CONTENT_LOST;
}

/* A whole archive that is no smaller than the text that was put into it: text always gets smaller, noise never does. */
bool content_packs_nothing(const struct content_trait *b, const struct content_trait *a)
{
	int fa = family_of(a->type);
	return content_knows(b) && content_knows(a) && content_textual(b->type) && (fa == 1 || fa == 5) && b->size >= 256 && b->entropy < 6.5f && a->size >= b->size - b->size / 20;
}

bool content_disguised(const struct content_trait *b, const struct content_trait *a)
{
	int fb = family_of(b->type), fa = family_of(a->type);
	if (!content_knows(b) || !content_knows(a) || fa == fb || fa == 6 || a->named != CONTENT_UNKNOWN)
		return false;
	return fa == 1 || fa == 5 ? content_packs_nothing(b, a) || (!content_textual(b->type) && a->size >= b->size) : a->size >= b->size;
}

/* What uniform bytes of this length have at least, in bits a byte: short files cannot show all byte values. */
static double noise_floor(uint64_t n)
{
	if (n >= 4096)
		return 7.6;
	if (n >= 512)
		return 8 - 184 / (double)n - .2; /* the expected deficit is 255 / (2 n ln 2) */
	return log2((double)n) - .35 - (double)n / 400;
}

/* As even as uniform bytes are: sharper than the floor, for files long enough that healthy ones of plain types never come so near. */
static bool is_uniform(const struct content_trait *t)
{
	return t->size >= 1024 && t->entropy >= 8 - 184 / (double)t->size - .03;
}

/* What base64 of noise has at least. Of text it has less, since its letters do not come alike often: 5.77 at most in what people write; so a script that its owner packed into base64 is none. */
static double base64_floor(uint64_t n)
{
	return n < 256 ? 5.2 : 6 - 46 / (double)n - .12;
}

/* Base32 of noise, in lines or in one. Of text it has 4.89 at most. */
static bool is_base32(const struct content_trait *t)
{
	return t->entropy <= 5.12f && t->entropy >= (t->size < 256 ? 5 - 22 / (double)t->size - .05 : 4.93);
}

static bool no_words(const struct content_trait *t)
{
	bool base64 = t->entropy >= base64_floor(t->size) && (t->entropy <= 6.1f || t->state != CONTENT_VALID); /* Chinese that is whole has more */
	return t->size >= 64 && t->word_share <= .03f && (base64 || (t->entropy >= 3.6f && t->entropy <= 4.05f) || is_base32(t)); /* base64; hex */
}

/* As many letters as base64 or base85 of noise has, whatever stands around it: a mail's head, a JSON string, the punctuation of base85 itself (6.42). Chinese and the like have more. */
static bool is_encoded(const struct content_trait *t)
{
	return t->size >= 64 && content_textual(t->type) && t->word_share <= .15f && t->entropy >= base64_floor(t->size) && t->entropy <= 6.45f;
}

/* A text that became that, as long as the encoding of so many bytes is (no letters hold eight bits in less than 1.22 bytes; a translation into Chinese is as long as it was) and hardly longer: what it said before is
 * not there beside it. */
static bool text_encoded(const struct content_trait *b, const struct content_trait *a)
{
	return content_textual(b->type) && is_encoded(a) && b->size >= 32 && a->size >= b->size + b->size / 5 && a->size <= b->size * 11 / 5 + 1024 && a->entropy - b->entropy >= .7f && b->word_share >= .08f
	       && a->word_share <= .9f * b->word_share;
}

/* Something of its own format with text around (mail, a table, a message), where letters come much more alike than before: its fields are enciphered, and its grammar is not. */
bool content_fields_masked(const struct content_trait *b, const struct content_trait *a)
{
	return content_knows(b) && content_knows(a) && content_textual(b->type) && content_textual(a->type) && b->type != CONTENT_TEXT && b->size >= 128 && a->size >= b->size + b->size / 12 && a->size <= b->size * 11 / 5 && b->entropy <= 5.2f
	       && a->entropy >= 5.35f && a->entropy <= 6.05f && a->entropy - b->entropy >= .65f && a->word_share <= .85f * b->word_share && a->word_share >= .05f;
}

bool content_is_noise(const struct content_trait *t)
{
	if (t->size < 32)
		return false;
	if (t->size >= 4096 && t->random_share >= .6f)
		return true;
	return t->entropy >= noise_floor(t->size) || (content_textual(t->type) && no_words(t)) || (t->type == CONTENT_UNKNOWN && no_words(t) && t->entropy <= 6.3f);
}

/* Mail with attachments, FHIR and C-CDA with documents, RTF with pictures: base64 or hexadecimal within a grammar that holds is what these are made for. */
static bool may_enclose(const struct content_trait *t)
{
	switch (t->type) {
	case CONTENT_MAIL: case CONTENT_JSON: case CONTENT_XML: case CONTENT_HTML: case CONTENT_RTF: case CONTENT_HL7V2:
		return t->state == CONTENT_VALID;
	default:
		return false;
	}
}

bool content_is_opaque(const struct content_trait *t)
{
	return (!content_knows(t) || (content_textual(t->type) && !may_enclose(t))) && t->size > 0 && content_is_noise(t);
}

static bool is_constant(const struct content_trait *t)
{
	return t->size >= 16 && t->entropy < .02f;
}

/* Noise in part: the figures rose against the version before. Only where healthy bytes do not look like noise. */
static bool noise_rose(const struct content_trait *b, const struct content_trait *a)
{
	if (content_type_packed(b->type) || a->size < 48)
		return false;
	if (a->random_share - b->random_share >= .03f && b->random_share < .5f)
		return true;
	return a->entropy - b->entropy >= .4f && a->entropy >= 5.3f && (a->size >= 4096 || a->entropy >= noise_floor(a->size) - 1.0);
}

bool content_more_noise(const struct content_trait *b, const struct content_trait *a)
{
	if (a->size < 32 || content_is_noise(b))
		return false;
	return a->random_share - b->random_share >= .01f || a->entropy - b->entropy >= .4f || (content_textual(a->type) && !content_textual(b->type) && no_words(a));
}

bool content_grammar_lost(const struct content_trait *b, const struct content_trait *a)
{
	return a->type == CONTENT_TEXT && b->type != CONTENT_TEXT && b->type != CONTENT_CSV && content_textual(b->type);
}

bool content_unreadable(const struct content_trait *b, const struct content_trait *a)
{
	return content_knows(b) && content_textual(b->type) && !content_knows(a) && (a->type == CONTENT_UNKNOWN || content_textual(a->type)) && a->size > 0;
}

/* A text of the same length, and nothing in it that separates words any more (each byte changed alike); or no text any more, and less even than it was (a short key over and over). */
static bool text_masked(const struct content_trait *b, const struct content_trait *a)
{
	bool same_length = a->size >= b->size - b->size / 50 && a->size <= b->size + b->size / 50 + 64;
	if (!content_textual(b->type) || !same_length || a->size < 64 || b->word_share < .08f)
		return false;
	return a->word_share < .005f || (!content_knows(a) && a->entropy - b->entropy >= .8f && (a->word_share <= .7f * b->word_share || a->entropy >= 6.2f));
}

static bool words_vanished(const struct content_trait *b, const struct content_trait *a)
{
	if (text_masked(b, a))
		return true;
	if (text_encoded(b, a))
		return true;
	if (a->type == b->type && may_enclose(a)) /* a mailbox that got a large attachment */
		return false;
	return (content_textual(a->type) || a->type == CONTENT_UNKNOWN) && no_words(a)
	       && (!content_textual(b->type) || b->word_share >= 2 * a->word_share + .02f || (b->type == CONTENT_MAIL && a->type != CONTENT_MAIL)); /* a mail may be nearly all attachment; but it has a head */
}

/* Known before, and whole as something after. */
static enum content_change whole_after(const struct content_trait *b, const struct content_trait *a, bool renamed)
{
	int fb = family_of(b->type), fa = family_of(a->type);
	if (words_vanished(b, a))
		return CONTENT_CHANGE_NOISE;
	/* a few dozen bytes of noise can pass for text in some charset; their entropy is nothing that a text of that length has */
	if (fa == 2 && fb == 2 && a->size >= 48 && a->entropy - b->entropy >= 1 && a->entropy >= noise_floor(a->size) - .5)
		return CONTENT_CHANGE_NOISE;
	if (fa == 6 || (a->encrypted && !b->encrypted)) {
		if (fb == 6)
			return CONTENT_CHANGE_FINE;
		/* under its old name nobody's own tool puts an OpenPGP message; a password of its own format is another matter (docx -> OLE2, PDF -> PDF) */
		bool foreign = fa != fb && is_named_type(a->named) && family_of(a->named) != fa;
		return !renamed && foreign ? CONTENT_CHANGE_NOISE : CONTENT_CHANGE_SEALED;
	}
	if (a->type == b->type) {
		/* the frame is whole, what it holds is not: only where nothing of its kind is noise, and the length stayed */
		bool plain = !content_type_packed(b->type) && !content_live(b->type);
		bool same_length = a->size >= b->size - b->size / 100 && a->size <= b->size + b->size / 100 + 4096;
		bool more = (a->random_share - b->random_share >= .03f && b->random_share < .5f) || (a->entropy - b->entropy >= .4f && a->entropy >= noise_floor(a->size))
		            || (is_uniform(a) && b->entropy <= a->entropy - .1f) || (a->entropy - b->entropy >= 1 && a->entropy >= 7.2f);
		return plain && same_length && more && a->size >= 48 ? CONTENT_CHANGE_NOISE : CONTENT_CHANGE_FINE; /* a counter, a flag: in a few bytes each is another */
	}
	if (!renamed && fa == 2 && fb != 2 && a->size >= b->size && is_encoded(a)) /* base64 with words around it, of a file that was no text */
		return CONTENT_CHANGE_NOISE;
	if (!renamed && content_packs_nothing(b, a))
		return CONTENT_CHANGE_BROKEN;
	if (renamed || fa == fb || !is_named_type(a->named) || family_of(a->named) != fb)
		return CONTENT_CHANGE_FINE;
	if (fa == 2)
		return CONTENT_CHANGE_TURNED;
	/* a picture's header in front of what was a letter, and still is called one; but texts are packed under their names, or become spreadsheets */
	return fb != 2 || fa == 3 || fa == 4 || a->type == CONTENT_PDF ? CONTENT_CHANGE_BROKEN : CONTENT_CHANGE_FINE;
}

/* Known before, not known or not whole after. */
static enum content_change lost_after(const struct content_trait *b, const struct content_trait *a)
{
	bool shorter = a->size < b->size - b->size / 50, far_shorter = a->size < b->size / 2;
	bool header_stands = a->type == b->type || (is_named_type(a->type) && family_of(a->type) == family_of(b->type));
	if (words_vanished(b, a))
		return far_shorter ? CONTENT_CHANGE_CUT : CONTENT_CHANGE_NOISE;
	int fa = family_of(a->type);
	if ((fa == 3 || fa == 4) && a->type != b->type && a->size > b->size && a->entropy >= 7) /* a picture or film that is not whole, in the place of something else: its header was put in front */
		return CONTENT_CHANGE_NOISE;
	if (content_live(b->type) && header_stands) /* between two writes its structure need not hold, and what it holds changes: only a great change of it says something */
		return (a->random_share - b->random_share >= .3f && a->random_share >= .5f) || (content_is_noise(a) && !content_is_noise(b)) ? CONTENT_CHANGE_NOISE : CONTENT_CHANGE_TURNED;
	if (!content_type_packed(b->type)) {
		if (noise_rose(b, a) || (!header_stands && content_is_noise(a)))
			return far_shorter ? CONTENT_CHANGE_CUT : CONTENT_CHANGE_NOISE;
		if (content_textual(b->type) || content_live(b->type) || a->state != CONTENT_LOST)
			return CONTENT_CHANGE_TURNED;
		return shorter ? CONTENT_CHANGE_CUT : CONTENT_CHANGE_BROKEN;
	}
	if (!header_stands && (content_is_noise(a) || (a->type == CONTENT_UNKNOWN && a->entropy >= 7 && a->entropy >= b->entropy - .1f))) /* as packed as before, and of no type any more */
		return far_shorter ? CONTENT_CHANGE_CUT : CONTENT_CHANGE_NOISE;
	if (content_textual(a->type) && a->word_share > .05f) /* a pointer of Git LFS, a message in place of a picture */
		return CONTENT_CHANGE_TURNED;
	if (a->state != CONTENT_LOST && !is_named_type(a->named))
		return CONTENT_CHANGE_TURNED; /* a name that promises nothing holds something else now */
	return shorter ? CONTENT_CHANGE_CUT : CONTENT_CHANGE_BROKEN;
}

enum content_change content_change(const struct content_trait *b, const struct content_trait *a, bool renamed)
{
	if (a->torn || b->size == 0)
		return CONTENT_CHANGE_FINE;
	bool constant = is_constant(a) && !is_constant(b) && b->entropy >= .5f;
	if (a->size == 0 || constant) /* who rotates a log empties it; overwritten at its length is another matter */
		return content_knows(b) && (!content_textual(b->type) || (constant && a->size >= b->size)) ? CONTENT_CHANGE_WIPED : CONTENT_CHANGE_EMPTIED;
	if (!content_knows(b)) {
		/* nothing could be checked; but what had order (a database, a raw image of a device) has none any more */
		bool ordered = b->size >= 64 && b->entropy < 7.2f && b->random_share < .5f;
		if (content_knows(a) && !content_textual(a->type))
			return (a->type == CONTENT_PGP || a->type == CONTENT_AGE) && renamed ? CONTENT_CHANGE_SEALED : CONTENT_CHANGE_FINE;
		return ordered && a->size >= b->size - b->size / 10 && content_is_noise(a) && a->entropy - b->entropy >= .8f ? CONTENT_CHANGE_NOISE_WEAK : CONTENT_CHANGE_FINE;
	}
	return content_knows(a) ? whole_after(b, a, renamed) : lost_after(b, a);
}
