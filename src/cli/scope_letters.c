/* What would be written to whom, counted while persons.ndjson is written: how many letters, to whom they are addressed, by where people live, and who has none and why. By the letters' own rules (notice_letter_make), on the day of discovery: whether somebody is a
 * minor is said on the day of the letters, which may come later. No name is kept, only in which lines of the file a few of each kind stand. */
#include "scope_result.h"

#include "notice.h"

#include <stdlib.h>

#define EXAMPLES 5
#define TOS (NOTICE_FOR_ESTATE + 1)

struct result_letters {
	struct arena *a;
	struct notice_incident in;
	char day[16];
	uint64_t lines, letters, fate[NOTICE_FATES], without; /* without: their language is not said */
	uint64_t lang[PERSON_LANGUAGES_MOST], other; /* by person_language; other: one that is not known by a name */
	struct kind {
		uint64_t n, line[EXAMPLES];
	} kind[TOS][2];
	struct result_place place[400];
	size_t places;
};

struct result_letters *result_letters_new(int64_t on)
{
	struct result_letters *l = calloc(1, sizeof *l);
	if (!l || !(l->a = arena_new((size_t)4 << 20))) {
		free(l);
		return NULL;
	}
	int y, mo, d, h, mi, s;
	time_civil(on, &y, &mo, &d, &h, &mi, &s);
	snprintf(l->day, sizeof l->day, "%04d-%02d-%02d", y, mo, d);
	l->in.date = slice_str(l->day);
	return l;
}

void result_letters_free(struct result_letters *l)
{
	if (l)
		arena_free(l->a);
	free(l);
}

static void count_kind(struct result_letters *l, const struct notice_letter *made)
{
	struct kind *k = &l->kind[made->to][made->quiet];
	if (k->n < EXAMPLES)
		k->line[k->n] = l->lines;
	k->n++;
}

size_t result_count_place(struct result_place *v, size_t room, size_t *n, const char *place)
{
	size_t i = 0;
	while (i < *n && strcmp(v[i].place, place))
		i++;
	if (i == room)
		i--; /* (there are fewer places in the world) */
	if (i == *n) {
		snprintf(v[i].place, sizeof v[i].place, "%s", place);
		++*n;
	}
	v[i].persons++;
	return i;
}

int result_letters_add(struct result_letters *l, struct slice line, const char *place, struct err *e)
{
	const struct notice_style style = {.lang = -1, .data_only = true};
	struct notice_person p;
	struct notice_letter made;
	arena_reset(l->a);
	int r = notice_person_read(line, l->a, &p, e);
	if (r == 0)
		r = notice_letter_make(&l->in, &p, &style, 0, l->a, &made, e);
	if (r < 0)
		return r;
	l->fate[made.fate]++;
	if (made.fate == NOTICE_MAIL) {
		l->letters++;
		count_kind(l, &made);
		result_count_place(l->place, ARRAY_LEN(l->place), &l->places, place);
		if (p.language >= 0 && p.language < PERSON_LANGUAGES_MOST)
			l->lang[p.language]++;
		else if (p.language == PERSON_LANGUAGE_OTHER)
			l->other++;
		else
			l->without++;
	}
	l->lines++;
	return 0;
}

static void put_kinds(struct jsonw *w, const struct result_letters *l)
{
	jsonw_key(w, "kinds");
	jsonw_arr(w);
	for (int to = 0; to < TOS; to++)
		for (int quiet = 0; quiet < 2; quiet++) {
			const struct kind *k = &l->kind[to][quiet];
			if (!k->n)
				continue;
			jsonw_obj(w);
			jsonw_kstr(w, "to", notice_addressee_word((enum notice_addressee)to));
			jsonw_kbool(w, "quiet", quiet);
			jsonw_ku64(w, "letters", k->n);
			jsonw_key(w, "lines");
			jsonw_arr(w);
			for (uint64_t i = 0; i < k->n && i < EXAMPLES; i++)
				jsonw_u64(w, k->line[i]);
			jsonw_arr_end(w);
			jsonw_obj_end(w);
		}
	jsonw_arr_end(w);
}

void result_letters_json(struct jsonw *w, const struct result_letters *l)
{
	char code[4];
	jsonw_key(w, "letters");
	jsonw_obj(w);
	jsonw_kstr(w, "day", l->day);
	jsonw_ku64(w, "letters", l->letters);
	jsonw_key(w, "not");
	jsonw_obj(w);
	for (int f = NOTICE_MAIL + 1; f < NOTICE_FATES; f++)
		if (l->fate[f])
			jsonw_ku64(w, notice_fate_word((enum notice_fate)f), l->fate[f]);
	jsonw_obj_end(w);
	jsonw_key(w, "languages");
	jsonw_obj(w);
	for (int i = 0; i < PERSON_LANGUAGES_MOST; i++)
		if (l->lang[i])
			jsonw_ku64(w, person_language_code(i, code), l->lang[i]);
	if (l->other)
		jsonw_ku64(w, "other", l->other);
	if (l->without)
		jsonw_ku64(w, "not-said", l->without);
	jsonw_obj_end(w);
	jsonw_key(w, "places");
	jsonw_obj(w);
	for (size_t i = 0; i < l->places; i++)
		jsonw_ku64(w, l->place[i].place, l->place[i].persons);
	jsonw_obj_end(w);
	put_kinds(w, l);
	jsonw_obj_end(w);
}
