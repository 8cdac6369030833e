/* A mailing: a row of the mail-house's file for each letter, counts for its manifest, and which persons had theirs.
 *
 * The file is CSV (RFC 4180): a header, then one row a letter, CR LF, comma; a field with a comma, quote or blank at an end stands in quotes. Its columns are for ever: new ones come behind. There is no public standard for it; what machines of mail-houses ask for is one row a piece, the address in parts, and an id
 * that comes back. person_id is opaque. data_elements and acquired_or_accessed are of use to who prints from a template of his own instead of the PDF. imb is the mail-house's to fill. person_language is what the person speaks, where it is said: language is what the letter is in. */
#include "notice_letter_internal.h"
#include "csv.h"
#include "seal.h"

#include <stdlib.h>

static const char *const columns[] = {"letter_id", "person_id", "template_id", "language", "addressee", "addressee_name", "first", "middle", "last", "suffix", "addr1", "addr2", "city", "state", "zip5", "zip4", "country", "address_source", "address_date", "ncoa_code", "enrol_code", "enrol_months", "enrol_deadline",
	"data_elements", "acquired_or_accessed", "state_addendum", "imb", "batch", "person_language"};

#define TALLIES_MAX 1024u
struct tally {
	char name[36];
	uint64_t n;
};
struct tallies {
	struct tally v[TALLIES_MAX];
	size_t n;
	uint64_t others; /* of more names than there is room for */
};
struct notice_mailing {
	const struct notice_incident *in;
	struct notice_style style;
	uint8_t key[16];
	uint8_t (*seen)[16];     /* fingerprints of person ids, 128 bits: two persons fall together once in 10^25 mailings of four million */
	size_t seen_n, seen_cap; /* cap: a power of two, at most half full */
	uint64_t letters, fallback, calculated, fates[NOTICE_FATES];
	struct tallies by_state, by_template, by_language, by_tongue, not_in; /* not_in: languages of persons whose letter is in the case's */
	struct notice_figure figure[NOTICE_FIGURES_MAX]; /* of the case: what letters print */
	size_t figures;
};

int notice_mailing_new(const struct notice_incident *in, const struct notice_style *s, struct notice_mailing **ret, struct err *e)
{
	struct notice_mailing *m = calloc(1, sizeof *m);
	if (m) {
		m->seen_cap = 1024;
		m->seen = calloc(m->seen_cap, sizeof *m->seen);
	}
	if (!m || !m->seen) {
		free(m);
		return err_set(e, ERR_MEMORY, NULL, "no memory for a mailing");
	}
	m->in = in;
	m->style = *s;
	seal_random(m->key, sizeof m->key);
	*ret = m;
	return 0;
}

void notice_mailing_free(struct notice_mailing *m)
{
	if (!m)
		return;
	free(m->seen);
	free(m);
}

/* ---- who had a letter ---- */

static bool none(const uint8_t f[16])
{
	static const uint8_t zero[16];
	return !memcmp(f, zero, 16);
}

static size_t slot(uint8_t (*seen)[16], size_t cap, const uint8_t f[16])
{
	uint64_t h;
	memcpy(&h, f, sizeof h);
	size_t i = (size_t)h & (cap - 1);
	while (!none(seen[i]) && memcmp(seen[i], f, 16))
		i = (i + 1) & (cap - 1);
	return i;
}

static int grow(struct notice_mailing *m, struct err *e)
{
	uint8_t (*more)[16] = calloc(m->seen_cap * 2, sizeof *more);
	if (!more)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a mailing of %llu persons", (unsigned long long)m->seen_n);
	for (size_t i = 0; i < m->seen_cap; i++)
		if (!none(m->seen[i]))
			memcpy(more[slot(more, m->seen_cap * 2, m->seen[i])], m->seen[i], 16);
	free(m->seen);
	m->seen = more;
	m->seen_cap *= 2;
	return 0;
}

/* 1: for the first time; 0: not. */
static int first_time(struct notice_mailing *m, struct slice id, struct err *e)
{
	uint8_t f[16];
	seal_fingerprint128(m->key, id, f);
	f[15] |= 1; /* never the empty slot */
	if (m->seen_n * 2 >= m->seen_cap) {
		int r = grow(m, e);
		if (r < 0)
			return r;
	}
	size_t i = slot(m->seen, m->seen_cap, f);
	if (!none(m->seen[i]))
		return 0;
	memcpy(m->seen[i], f, 16);
	m->seen_n++;
	return 1;
}

/* ---- rows ---- */

static const char *tongue(const struct notice_person *p, char code[4])
{
	const char *is = person_language_code(p->language, code);
	return is ? is : p->language == PERSON_LANGUAGE_OTHER ? "other" : "";
}

/* What stands in a field has no line breaks and no control characters: programs of mail-houses read lines. */
static void field(struct notice_mailing *m, struct buf *b, struct slice s, bool last)
{
	bool quote = csv_calculates(s);
	if (csv_calculates(s) && m)
		m->calculated++;
	for (size_t i = 0; i < s.n; i++)
		quote |= s.p[i] == ',' || s.p[i] == '"' || s.p[i] == ';';
	quote |= s.n && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
	if (quote)
		buf_u8(b, '"');
	if (csv_calculates(s))
		buf_u8(b, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_u8(b, '"');
		buf_u8(b, s.p[i] < 0x20 || s.p[i] == 0x7f ? ' ' : s.p[i]);
	}
	if (quote)
		buf_u8(b, '"');
	buf_str(b, last ? "\r\n" : ",");
}

void notice_mailing_head(struct buf *row)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		field(NULL, row, slice_str(columns[i]), i + 1 == ARRAY_LEN(columns));
}

/* "12345-6789" and "123456789" in two; what is no ZIP code of the United States stands whole in the first. */
static void zip_parts(struct slice zip, struct slice *five, struct slice *four)
{
	*five = zip;
	*four = SLICE_NULL;
	size_t digits = 0;
	for (size_t i = 0; i < zip.n; i++)
		digits += zip.p[i] >= '0' && zip.p[i] <= '9';
	if (digits == 9 && (zip.n == 9 || (zip.n == 10 && zip.p[5] == '-'))) {
		*five = slice_of(zip.p, 5);
		*four = slice_of(zip.p + zip.n - 4, 4);
	}
}

static void row_of(struct notice_mailing *m, const struct notice_person *p, const struct notice_letter *l, unsigned batch, struct arena *a, struct buf *b)
{
	const struct notice_incident *in = m->in;
	struct slice five, four, both[2] = {l->acquired, l->accessed}, all;
	zip_parts(p->zip, &five, &four);
	all = both[0].n && both[1].n ? slice_str(arena_printf(a, "%.*s; %.*s", SLICE_FMT(both[0]), SLICE_FMT(both[1]))) : both[0].n ? both[0] : both[1];
	bool offered = in->provider.n && !p->deceased;
	char code[4];
	struct slice to = l->to == NOTICE_FOR_GUARDIAN ? p->guardian : l->to == NOTICE_FOR_KIN ? p->kin : l->to == NOTICE_FOR_REPRESENTATIVE ? p->representative : SLICE_NULL;
	const struct slice v[ARRAY_LEN(columns)] = {slice_str(l->letter_id), p->id, slice_str(l->template_id), slice_str(notice_lang_name(l->lang)), slice_str(notice_addressee_word(l->to)), to, p->first, p->middle, p->last, p->suffix, p->addr1, p->addr2, p->city, p->state, five, four, p->country, p->address_source,
		p->address_date, p->ncoa_code, slice_str(l->code), offered ? in->months.value : SLICE_NULL, offered ? in->deadline : SLICE_NULL, all, slice_str(both[0].n && both[1].n ? "both" : both[0].n ? "acquired" : "accessed"), slice_str(l->place), SLICE_NULL, slice_str(arena_printf(a, "%u", batch)), slice_str(tongue(p, code))};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		field(m, b, v[i], i + 1 == ARRAY_LEN(v));
}

/* ---- counting ---- */

static void count(struct tallies *t, const char *name)
{
	size_t i = 0;
	while (i < t->n && strcmp(t->v[i].name, name))
		i++;
	if (i == TALLIES_MAX) {
		t->others++;
		return;
	}
	if (i == t->n) {
		size_t len = strlen(name);
		memcpy(t->v[i].name, name, len < sizeof t->v[i].name ? len : sizeof t->v[i].name - 1);
		t->n++;
	}
	t->v[i].n++;
}

static void count_letter(struct notice_mailing *m, const struct notice_person *p, const struct notice_letter *l)
{
	char place[36] = "unknown", code[4];
	const char *us = person_us_state(slice_starts(p->state, "US-") ? slice_of(p->state.p + 3, p->state.n - 3) : p->state);
	if (l->post.us && us)
		memcpy(place, (char[6]){'U', 'S', '-', us[0], us[1], 0}, 6);
	else if (p->country.n && p->country.n < sizeof place) {
		memcpy(place, p->country.p, p->country.n);
		place[p->country.n] = 0;
	}
	count(&m->by_state, place);
	count(&m->by_template, l->template_id);
	count(&m->by_language, notice_lang_name(l->lang));
	count(&m->by_tongue, *tongue(p, code) ? tongue(p, code) : "not-said");
	m->fallback += l->fallback;
	if (l->fallback)
		count(&m->not_in, m->style.lang >= 0 ? notice_lang_name((enum notice_lang)m->style.lang) : tongue(p, code));
}

/* What is of the case and not of one person: the manifest names it with its entry, so that a figure on paper can be followed to where it is from. */
static void note(struct notice_mailing *m, const struct notice_incident *in)
{
	const struct notice_figure all[] = {in->discovered, in->began, in->ended, in->total, in->months};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].value.n)
			m->figure[m->figures++] = all[i];
}

int notice_mailing_add(struct notice_mailing *m, const struct notice_person *p, unsigned batch, struct arena *a, struct buf *row, struct notice_letter *ret, struct err *e)
{
	int r = first_time(m, p->id, e);
	if (r < 0)
		return r;
	if (!r) {
		*ret = (struct notice_letter){.fate = NOTICE_DOUBLE};
		m->fates[NOTICE_DOUBLE]++;
		return 0;
	}
	r = notice_letter_make(m->in, p, &m->style, m->letters + 1, a, ret, e);
	if (r < 0)
		return r;
	m->fates[ret->fate]++;
	if (ret->fate != NOTICE_MAIL)
		return 0;
	if (!m->letters++)
		note(m, m->in);
	row_of(m, p, ret, batch, a, row);
	count_letter(m, p, ret);
	if (arena_code(a) || !buf_ok(row))
		return err_set(e, arena_code(a) ? arena_code(a) : buf_code(row), NULL, "no room for a letter's row");
	return 0;
}

uint64_t notice_mailing_letters(const struct notice_mailing *m)
{
	return m->letters;
}

uint64_t notice_mailing_fate(const struct notice_mailing *m, enum notice_fate f)
{
	return m->fates[f];
}

uint64_t notice_mailing_fallback(const struct notice_mailing *m, struct buf *ret_which)
{
	for (size_t i = 0; i < m->not_in.n; i++)
		buf_printf(ret_which, "%s%s %llu", i ? ", " : "", m->not_in.v[i].name, (unsigned long long)m->not_in.v[i].n);
	return m->fallback;
}

/* ---- the manifest ---- */

static int by_name(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static void put_tallies(struct jsonw *w, const char *key, const struct tallies *t)
{
	struct tally sorted[TALLIES_MAX];
	memcpy(sorted, t->v, t->n * sizeof *sorted);
	qsort(sorted, t->n, sizeof *sorted, by_name);
	jsonw_key(w, key);
	jsonw_obj(w);
	for (size_t i = 0; i < t->n; i++)
		jsonw_ku64(w, sorted[i].name, sorted[i].n);
	if (t->others)
		jsonw_ku64(w, "others", t->others);
	jsonw_obj_end(w);
}

const char *notice_substitute_form(uint64_t persons, const char **ret_citation)
{
	*ret_citation = !persons ? "" : persons < 10 ? "45 CFR 164.404(d)(2)(i)" : "45 CFR 164.404(d)(2)(ii)";
	return !persons ? "none" : persons < 10 ? "alternative written notice, telephone, or other means" : "90 days on the home page of the web site, or major print or broadcast media where these persons likely reside, with a toll-free number for at least 90 days";
}

static void put_not_mailed(const struct notice_mailing *m, struct jsonw *w)
{
	const char *citation, *form = notice_substitute_form(m->fates[NOTICE_NO_ADDRESS], &citation);
	jsonw_key(w, "not_mailed");
	jsonw_obj(w);
	for (unsigned f = NOTICE_MAIL + 1; f < NOTICE_FATES; f++)
		jsonw_ku64(w, notice_fate_word((enum notice_fate)f), m->fates[f]);
	jsonw_obj_end(w);
	jsonw_key(w, "substitute_notice");
	jsonw_obj(w);
	jsonw_ku64(w, "persons", m->fates[NOTICE_NO_ADDRESS]);
	jsonw_kstr(w, "form", form);
	jsonw_kstr(w, "citation", citation);
	jsonw_obj_end(w);
}

void notice_mailing_manifest(const struct notice_mailing *m, const char *sha256_hex, uint64_t bytes, bool bom, uint64_t pages, uint64_t files, const char *files_sha256, struct buf *ret)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "format", "holdfast-mailing-1");
	jsonw_kslice(&w, "case", m->in->name.value);
	jsonw_kslice(&w, "date", m->in->date);
	jsonw_ku64(&w, "count", m->letters);
	jsonw_kstr(&w, "sha256", sha256_hex);
	jsonw_ku64(&w, "bytes", bytes);
	jsonw_kstr(&w, "encoding", bom ? "UTF-8 with byte order mark" : "UTF-8");
	jsonw_ku64(&w, "pages", pages);
	jsonw_ku64(&w, "files", files);
	jsonw_kstr(&w, "files_sha256", files_sha256);
	jsonw_key(&w, "columns");
	jsonw_arr(&w);
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		jsonw_str(&w, columns[i]);
	jsonw_arr_end(&w);
	put_tallies(&w, "by_state", &m->by_state);
	put_tallies(&w, "by_template", &m->by_template);
	put_tallies(&w, "by_language", &m->by_language);
	put_tallies(&w, "by_person_language", &m->by_tongue);
	jsonw_ku64(&w, "language_not_in_the_case", m->fallback);
	jsonw_ku64(&w, "fields_with_apostrophe", m->calculated);
	put_not_mailed(m, &w);
	jsonw_key(&w, "figures");
	jsonw_arr(&w);
	for (size_t i = 0; i < m->figures; i++)
		notice_figure_json(&w, &m->figure[i]);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(ret, '\n');
}
