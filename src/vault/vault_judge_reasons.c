/* Sentences for somebody at hour three. No path is ever in them: suffixes and the base names of notes only, shortened and printable. */
#include "vault_judge_internal.h"

#include <stdio.h>

struct said {
	struct jsonw w;
	struct buf one;
};

static void number(struct buf *b, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_u8(b, ',');
		buf_u8(b, (uint8_t)digits[i]);
	}
}

/* A small printf of our own: %n a number with thousands apart (uint64_t), %s text, %p n files: "1 file", "12 files". */
static void put(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	for (const char *p = fmt; *p; p++) {
		if (*p != '%') {
			buf_u8(b, (uint8_t)*p);
			continue;
		}
		p++;
		if (*p == 's') {
			buf_str(b, va_arg(ap, const char *));
			continue;
		}
		uint64_t n = va_arg(ap, uint64_t);
		number(b, n);
		if (*p == 'p')
			buf_str(b, n == 1 ? " file" : " files");
	}
	va_end(ap);
}

static void say(struct said *s)
{
	jsonw_slice(&s->w, buf_slice(&s->one));
	buf_reset(&s->one);
}

/* ": 120 ooxml, 60 pdf, 31 others" of the types most of which were lost. */
static void put_types(struct buf *b, const uint64_t of[JUDGE_TYPES])
{
	bool told[JUDGE_TYPES] = {false};
	uint64_t rest = 0;
	for (unsigned k = 0; k < 6; k++) {
		size_t best = JUDGE_TYPES;
		for (size_t t = 0; t < JUDGE_TYPES; t++)
			if (!told[t] && of[t] && (best == JUDGE_TYPES || of[t] > of[best]))
				best = t;
		if (best == JUDGE_TYPES)
			break;
		told[best] = true;
		put(b, k ? ", %n %s" : ": %n %s", of[best], content_type_name((int)best));
	}
	for (size_t t = 0; t < JUDGE_TYPES; t++)
		rest += told[t] ? 0 : of[t];
	if (rest)
		put(b, ", %n others", rest);
}

static void say_lost(struct said *s, const struct vault_judge *j, const struct judge_weighed *w)
{
	const uint64_t *k = j->c.in_place;
	uint64_t structure = k[JUDGE_NOISE] + k[JUDGE_BROKEN] + k[JUDGE_CUT] + k[JUDGE_NOISE_WEAK];
	if (structure) {
		put(&s->one, "%n of %p that changed lost their structure or turned into noise", structure, j->c.changed);
		if (w->replaced + w->scrambled == 0)
			put_types(&s->one, j->c.lost);
		say(s);
	}
	if (w->unreadable) {
		put(&s->one, "%n of %p that changed were texts and cannot be read any more", w->unreadable, j->c.changed);
		say(s);
	}
	if (w->disordered) {
		put(&s->one, "%p have the same bytes as before in another order, and no grammar any more", w->disordered);
		say(s);
	}
	if (w->replaced) {
		put(&s->one, "%p gone, with a copy that looks enciphered in their place", w->replaced);
		put_types(&s->one, j->c.lost);
		say(s);
	}
	if (w->scrambled) {
		put(&s->one, "%p gone, and as many that look enciphered came in the same folders under other names, of sizes that fit", w->scrambled);
		say(s);
	}
	if (w->suffix) {
		buf_str(&s->one, "new suffix ");
		judge_printable(&s->one, slice_of(w->suffix->text, w->suffix->text_n), 32);
		put(&s->one, " on %p, in the place of files of %n types", w->suffix->extra, (uint64_t)__builtin_popcountll(w->suffix->types));
		say(s);
	}
	if (w->alike) {
		put(&s->one, "%p overwritten with one and the same text", w->alike);
		say(s);
	}
	if (k[JUDGE_WIPED]) {
		put(&s->one, "%p emptied or overwritten with one byte value", k[JUDGE_WIPED]);
		say(s);
	}
}

static void say_note(struct said *s, const struct vault_judge *j, const struct judge_weighed *w)
{
	const struct judge_top_entry *e = w->note ? w->note : w->name;
	if (!e)
		return;
	put(&s->one, w->note ? "the same new file " : "a new file named ");
	judge_printable(&s->one, slice_of(e->text, e->text_n), 48);
	put(&s->one, " in %n folders that were there before%s", w->note_dirs, e->onion ? "; it holds an onion address, as ransom notes do" : "");
	if (e->fits && j->note_family)
		put(&s->one, "; notes of this name are known from ransomware");
	say(s);
}

static void say_family(struct said *s, const struct vault_judge *j, const struct judge_weighed *w, bool damage)
{
	const struct content_known *k = j->family && (j->family_copies || damage) ? j->family : damage || w->note ? j->note_family : NULL;
	if (!k || (k == j->note_family && !(k->strength >= CONTENT_KNOWN_STRONG || w->note_counts)))
		return;
	buf_str(&s->one, k->kind == CONTENT_KNOWN_NOTE ? "the name of a new file is known from notes of " : "the suffix ");
	if (k->kind != CONTENT_KNOWN_NOTE) {
		judge_printable(&s->one, k->value, 32);
		buf_str(&s->one, " is known from ");
	}
	judge_printable(&s->one, k->family, 40);
	if (k->kind != CONTENT_KNOWN_NOTE)
		put(&s->one, j->h.first ? " (%p that look enciphered)" : " (%p in the place of others)", j->family_copies);
	say(s);
}

static void say_gone(struct said *s, const struct vault_judge *j, const struct judge_weighed *w)
{
	if (w->mass_gone && w->gone_type >= 0)
		put(&s->one, "%n of %n %s files are gone, and nothing stands in their place", w->gone_n, w->gone_of, content_type_name(w->gone_type));
	else if (w->mass_gone)
		put(&s->one, "%n of %p gone, and nothing stands in their place", w->gone_n, w->gone_of);
	else if (w->still_gone)
		put(&s->one, "%p taken away earlier are still gone", j->then.gone_n);
	else
		return;
	say(s);
}

static void say_standing(struct said *s, const struct vault_judge *j, const struct judge_weighed *w)
{
	if (!w->standing)
		return;
	char when[32] = "";
	put(&s->one, "%p damaged in earlier snapshots still %s", w->standing, w->standing == 1 ? "is" : "are");
	if (j->c.standing_since)
		put(&s->one, ", the first since %s", time_rfc3339(j->c.standing_since, 0, when));
	say(s);
}

/* What only deserves a look. */
static void say_look(struct said *s, const struct vault_judge *j, const struct judge_weighed *w, bool damage)
{
	const struct judge_counts *c = &j->c;
	if (c->pair[PAIR_SEALED]) {
		put(&s->one, "%p gone, with a copy sealed by a known tool or a password in their place (OpenPGP, age, ...)", c->pair[PAIR_SEALED]);
		say(s);
	}
	if (w->unusual) {
		put(&s->one, "%p changed or went; usual here are %n (median of %n snapshots)", c->changed + c->removed, (uint64_t)(w->usual + .5), (uint64_t)w->past_n);
		say(s);
	}
	if (w->gathered) {
		put(&s->one, "%n of %p gone; what came or grew is large enough to hold them (an archive, a mailbox, a database)", w->gone_n, w->gone_of);
		say(s);
	}
	if (w->mail_gone && !w->mass_gone) {
		put(&s->one, "%n of %n mail files are gone, as when a mailbox is tidied", w->mail_gone, j->c.of_before[CONTENT_MAIL]);
		say(s);
	}
	if (c->locked) {
		put(&s->one, "%p in a work tree of git locked by git-crypt", c->locked);
		say(s);
	}
	if (w->folder_gone && !w->mass_gone) {
		put(&s->one, "%p gone with their whole folders", c->removed);
		say(s);
	}
	if (c->programs >= 20) {
		put(&s->one, "%n programs and libraries were replaced by whole ones, as an upgrade does", c->programs);
		say(s);
	}
	if (c->pair[PAIR_CONVERTED] >= 20) {
		put(&s->one, "%p converted or packed: the originals are gone, and whole files of other types stand in their place", c->pair[PAIR_CONVERTED]);
		say(s);
	}
	if (c->pair[PAIR_RENAMED] >= 20) {
		put(&s->one, "%p have other names, with their content as it was", c->pair[PAIR_RENAMED]);
		say(s);
	}
	if (!damage && c->in_place[JUDGE_TURNED] >= 3) {
		put(&s->one, "%p hold something else than their names or their past say, but can be read", c->in_place[JUDGE_TURNED]);
		say(s);
	}
	if (c->reordered >= 20 && !damage) {
		put(&s->one, "%n texts have the same bytes as before in another order, as when lists are sorted", c->reordered);
		say(s);
	}
	if (c->in_place[JUDGE_HOLLOW]) {
		put(&s->one, "%p hold no data any more, under the size and time that they had, as a cloud client leaves what it keeps online only (restore --clean gives back what was in them)", c->in_place[JUDGE_HOLLOW]);
		say(s);
	}
	if (w->emptied) {
		put(&s->one, "%p of text emptied", w->emptied);
		say(s);
	}
	if (c->opaque_new > w->replaced + w->scrambled && c->opaque_new - w->replaced - w->scrambled >= 20) {
		put(&s->one, "%n new files look enciphered or packed by a tool that is not known here, and no file is missing for them", c->opaque_new - w->replaced - w->scrambled);
		say(s);
	}
	if (c->new_lost >= 3) {
		put(&s->one, "%n new files are not whole", c->new_lost);
		say(s);
	}
}

void judge_reasons(const struct vault_judge *j, const struct judge_weighed *w, bool damage, struct buf *out)
{
	struct said s = {0};
	buf_init(&s.one, 4096);
	jsonw_init(&s.w, out);
	jsonw_arr(&s.w);
	if (j->h.first) {
		put(&s.one, "first backup of this source: there is nothing to compare it with");
		say(&s);
		say_family(&s, j, w, damage);
	}
	say_lost(&s, j, w);
	say_note(&s, j, w);
	say_family(&s, j, w, damage && !j->h.first);
	say_gone(&s, j, w);
	say_standing(&s, j, w);
	say_look(&s, j, w, damage);
	jsonw_arr_end(&s.w);
	buf_done(&s.one);
}
