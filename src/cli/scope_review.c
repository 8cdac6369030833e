/* review.ndjson of a case's run: grey pairs with what both records say, for whoever looks at them. A pair a line, the likeliest first:
 *   {"a":RECORD,"b":RECORD,"weight":3.1,"probability":0.4123,"why":[{"field":"dob","is":"but for a slip","weight":3.0}, ...]}
 *   RECORD: {"record": its name, as `scope case pair` takes it,"person","who","file","offset","member"?,"values":{role: value, ...},"elements":[...],"records": of that person,"sources":[files of that person],"more"?: how many of them are not named}
 * grey.csv has the same pairs in the same order, without what the records say. */
#include "scope_result.h"

#define SOURCES_MAX 20
#define VALUE_MAX 400 /* of what somebody reads on a screen */

static void put_values(struct jsonw *w, const struct survey *f, uint32_t record)
{
	int role;
	jsonw_key(w, "values");
	jsonw_obj(w);
	for (int column = 0;; column++) {
		struct slice v = survey_record_value(f, record, column, &role);
		char word[16];
		if (role < 0)
			break;
		if (!v.n)
			continue;
		jsonw_kslice(w, person_role_word(role, word), v.n > VALUE_MAX ? slice_of(v.p, utf8_valid_prefix(slice_of(v.p, VALUE_MAX))) : v);
	}
	jsonw_obj_end(w);
}

static void put_elements(struct jsonw *w, uint32_t set)
{
	jsonw_key(w, "elements");
	jsonw_arr(w);
	for (int el = 0; el < PERSON_ELEMENTS_N; el++)
		if (set & PERSON_BIT(el))
			jsonw_str(w, person_element_word(el));
	jsonw_arr_end(w);
}

/* Rows of the exposure are by the person's id. */
static bool row_of(const struct scope_exposure *x, struct slice person, struct scope_row *ret)
{
	size_t lo = 0, hi = scope_exposure_rows(x);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		scope_exposure_row(x, mid, ret);
		int d = slice_cmp(ret->person, person);
		if (d == 0)
			return true;
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static void put_sources(struct jsonw *w, const struct scope_exposure *x, struct slice person)
{
	struct scope_row row;
	bool is = row_of(x, person, &row);
	jsonw_key(w, "sources");
	jsonw_arr(w);
	for (size_t i = 0; is && i < row.n && i < SOURCES_MAX; i++) {
		struct scope_place p;
		scope_exposure_place(x, row.first + i, &p);
		jsonw_slice(w, p.path);
	}
	jsonw_arr_end(w);
	if (is && row.n > SOURCES_MAX)
		jsonw_ku64(w, "more", row.n - SOURCES_MAX);
}

static void put_record(struct jsonw *w, struct survey *f, struct slice name, struct slice person, uint32_t record)
{
	struct survey_record r;
	struct survey_person p = {0};
	survey_record(f, record, &r);
	jsonw_obj(w);
	jsonw_kslice(w, "record", name);
	jsonw_kslice(w, "person", person);
	jsonw_kstr(w, "who", r.who);
	jsonw_kslice(w, "file", r.object->path);
	jsonw_ku64(w, "offset", r.offset);
	if (r.member)
		jsonw_ku64(w, "member", r.member);
	put_values(w, f, record);
	put_elements(w, r.elements);
	jsonw_ku64(w, "records", survey_stranger(f, r.number, &p) ? p.records : 0);
	put_sources(w, survey_exposure(f), person);
	jsonw_obj_end(w);
}

static void put_number(struct jsonw *w, const char *key, double v, int decimals)
{
	char text[32];
	snprintf(text, sizeof text, "%.*f", decimals, v);
	jsonw_key(w, key);
	jsonw_dec(w, slice_str(text));
}

/* "last the same +9.1; dob but for a slip -3.0": the field's name has no blanks, the weight is behind the last one. */
static void put_why(struct jsonw *w, struct slice why)
{
	jsonw_key(w, "why");
	jsonw_arr(w);
	while (why.n) {
		struct slice one = slice_trim(slice_cut(why, ';', &why)), is, field = slice_cut(one, ' ', &is);
		size_t at = is.n;
		while (at && is.p[at - 1] != ' ')
			at--;
		if (!at)
			continue;
		struct slice weight = slice_of(is.p + at, is.n - at);
		if (weight.n && weight.p[0] == '+')
			weight = slice_of(weight.p + 1, weight.n - 1);
		jsonw_obj(w);
		jsonw_kslice(w, "field", field);
		jsonw_kslice(w, "is", slice_of(is.p, at - 1));
		jsonw_key(w, "weight");
		jsonw_dec(w, weight);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

int result_review_line(struct survey *f, size_t i, struct buf *ret, struct err *e)
{
	struct survey_grey g;
	struct jsonw w;
	int r = survey_grey(f, i, &g, e);
	if (r < 0)
		return r;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_key(&w, "a");
	put_record(&w, f, g.a, g.pa, g.ra);
	jsonw_key(&w, "b");
	put_record(&w, f, g.b, g.pb, g.rb);
	put_number(&w, "weight", (double)g.weight, 1);
	put_number(&w, "probability", (double)g.probability, 4);
	put_why(&w, g.why);
	jsonw_obj_end(&w);
	return 0;
}
