/* Figures of a letter. The struct is defined in this file and nowhere else: a figure comes from one of the functions below, each takes the entry that it stands in, and what is printed has that entry's number behind it. */
#include "letter_internal.h"

#include <stdio.h>

struct figure {
	const struct gate_entry *from, *of; /* from: NULL, or the first of a run of entries that ends with of */
	enum { COUNT, BYTES, MOMENT, TYPED, PLAIN, WORD } how;
	uint64_t n;
	int64_t t;
	struct slice text;
};

static struct figure *make(struct arena *a, const struct gate_entry *of, int how)
{
	struct figure *f = of ? arena_alloc(a, sizeof *f) : NULL;
	if (f)
		*f = (struct figure){.of = of, .how = (__typeof__(f->how))how};
	return f;
}

fig figure_count(struct arena *a, const struct gate_entry *of, uint64_t n)
{
	struct figure *f = make(a, of, COUNT);
	if (f)
		f->n = n;
	return f;
}

fig figure_bytes(struct arena *a, const struct gate_entry *of, uint64_t n)
{
	struct figure *f = make(a, of, BYTES);
	if (f)
		f->n = n;
	return f;
}

fig figure_time(struct arena *a, const struct gate_entry *of, int64_t t)
{
	struct figure *f = t ? make(a, of, MOMENT) : NULL;
	if (f)
		f->t = t;
	return f;
}

static fig textual(struct arena *a, const struct gate_entry *of, struct slice s, int how)
{
	struct figure *f = s.n ? make(a, of, how) : NULL;
	if (f)
		f->text = s;
	return f;
}

fig figure_text(struct arena *a, const struct gate_entry *of, struct slice s)
{
	return textual(a, of, s, TYPED);
}

fig figure_plain(struct arena *a, const struct gate_entry *of, struct slice s)
{
	return textual(a, of, s, PLAIN);
}

fig figure_word(struct arena *a, const struct gate_entry *of, const char *key)
{
	return textual(a, of, slice_str(key), WORD);
}

fig figure_from(struct arena *a, const struct gate_entry *from, fig f)
{
	struct figure *n = f ? arena_alloc(a, sizeof *n) : NULL;
	if (n) {
		*n = *f;
		n->from = from && from->seq != f->of->seq ? from : NULL;
	}
	return n;
}

uint64_t figure_entry(fig f)
{
	return f->of->seq;
}

/* Thousands are set apart as the language does. */
static void put_number(struct buf *out, uint64_t n, const char *lang)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_str(out, strcmp(lang, "fr") ? "," : "\xe2\x80\xaf");
		buf_u8(out, (uint8_t)digits[i]);
	}
}

/* What people typed: one line, in quotation marks. */
static void put_typed(struct buf *out, struct slice s, const char *lang)
{
	buf_add_slice(out, letter_word("quote.a", lang));
	for (size_t i = 0; i < s.n; i++)
		buf_u8(out, s.p[i] < 0x20 ? ' ' : s.p[i]);
	buf_add_slice(out, letter_word("quote.b", lang));
}

void letter_time(int64_t t, const char *lang, int zone, struct buf *out)
{
	static const char *const en[12] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
	static const char *const fr[12] = {"janvier", "f\xc3\xa9vrier", "mars", "avril", "mai", "juin", "juillet", "ao\xc3\xbbt", "septembre", "octobre", "novembre", ("d\xc3\xa9" "cembre")};
	int y, mo, d, h, mi, s, off = zone < 0 ? -zone : zone;
	char shift[16] = "";
	time_civil(t + (int64_t)zone * 60 * TIME_SEC, &y, &mo, &d, &h, &mi, &s);
	if (zone)
		snprintf(shift, sizeof shift, off % 60 ? "%c%d:%02d" : "%c%d", zone < 0 ? '-' : '+', off / 60, off % 60);
	if (!strcmp(lang, "zh"))
		buf_printf(out, "%d\xe5\xb9\xb4%d\xe6\x9c\x88%d\xe6\x97\xa5 %02d:%02d:%02d\xef\xbc\x88UTC%s\xef\xbc\x89", y, mo, d, h, mi, s, shift);
	else if (!strcmp(lang, "fr"))
		buf_printf(out, "%d%s %s %d \xc3\xa0 %02d:%02d:%02d (UTC%s)", d, d == 1 ? "er" : "", fr[mo - 1], y, h, mi, s, shift);
	else
		buf_printf(out, "%d %s %d, %02d:%02d:%02d (UTC%s)", d, en[mo - 1], y, h, mi, s, shift);
}

void letter_figure_put(struct writing *w, fig f, struct buf *out)
{
	const char *lang = w->l->lang;
	switch (f->how) {
	case COUNT:
		put_number(out, f->n, lang);
		break;
	case BYTES:
		put_number(out, f->n, lang);
		buf_str(out, !strcmp(lang, "fr") ? f->n < 2 ? "\xc2\xa0octet" : "\xc2\xa0octets" : !strcmp(lang, "zh") ? " \xe5\xad\x97\xe8\x8a\x82" : f->n == 1 ? " byte" : " bytes");
		break;
	case MOMENT:
		letter_time(f->t, lang, w->l->zone_minutes, out);
		break;
	case TYPED:
		put_typed(out, f->text, lang);
		break;
	case PLAIN:
		buf_add_slice(out, f->text);
		break;
	case WORD: {
		char key[64];
		assert(f->text.n < sizeof key);
		memcpy(key, f->text.p, f->text.n);
		key[f->text.n] = 0;
		buf_add_slice(out, letter_word(key, lang));
		break;
	}
	}
	buf_str(out, "\xc2\xa0" PAPER_REF);
	if (f->from) {
		buf_printf(out, "[#%llu\xe2\x80\x93%llu]", (unsigned long long)f->from->seq, (unsigned long long)f->of->seq);
		letter_cite(w, f->from);
	} else {
		buf_printf(out, "[#%llu]", (unsigned long long)f->of->seq);
	}
	buf_str(out, PAPER_REF_END);
	letter_cite(w, f->of);
}
