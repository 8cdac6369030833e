/* What a person reads of a section of the summary: XHTML tables (R4 2.1.16). One line a thing, in the order of the items; nothing is said here that the
 * items do not say, and what the narrative says first is how old it is (DESIGN 8, rule 1). */
#include "fhir_internal.h"

#define ROWS_MAX 2000 /* of one section */

static void cell(struct buf *out, struct slice s)
{
	buf_str(out, "<td>");
	fhir_xhtml(out, slice_trim(s));
	buf_str(out, "</td>");
}

static void cell_buf(struct buf *out, struct buf *b)
{
	cell(out, buf_slice(b));
	buf_reset(b);
}

static void add(struct buf *b, const char *before, struct slice s)
{
	if (fhir_is_blank(s))
		return;
	if (b->n)
		buf_str(b, before);
	buf_add_slice(b, slice_trim(s));
}

/* 2026-11-22T03:12:00+01:00 -> 2026-11-22 03:12 +01:00 */
static void add_time(struct buf *b, struct slice iso)
{
	if (fhir_is_blank(iso))
		return;
	if (b->n)
		buf_u8(b, ' ');
	for (size_t i = 0; i < iso.n; i++)
		buf_u8(b, iso.p[i] == 'T' ? ' ' : iso.p[i]);
}

static void all(struct buf *b, const struct fact *t, uint8_t field)
{
	for (size_t i = 0, n = fact_count(t, field); i < n; i++)
		if (!fact_is_null(fact_nth(t, field, i)))
			add(b, ", ", fhir_shown(fact_nth(t, field, i)));
}

static struct slice unit_of(struct slice unit)
{
	return fact_part(unit, FC_DISPLAY).n ? fact_part(unit, FC_DISPLAY) : fhir_shown(unit);
}

static void add_value(struct buf *b, const struct fact *t)
{
	struct slice code = fhir_shown(fhir_value(t, FF_VALUE_CODE));
	buf_add_slice(b, fhir_value(t, FF_COMPARATOR));
	for (size_t i = 0, n = fact_count(t, FF_VALUE); i < n; i++) {
		struct slice v = fact_nth(t, FF_VALUE, i);
		if (!fact_is_null(v)) {
			if (i)
				buf_u8(b, ' ');
			buf_add_slice(b, v.n > 500 ? slice_of(v.p, utf8_valid_prefix(slice_of(v.p, 500))) : v);
		}
	}
	if (b->n == 0)
		add(b, "", code);
	add(b, " ", unit_of(fhir_value(t, FF_UNIT)));
	for (size_t i = 0, n = fact_count(t, FF_COMPONENT); i < n; i++) {
		struct slice piece[4] = {0}, rest = fact_nth(t, FF_COMPONENT, i);
		for (unsigned k = 0; k < 4 && rest.p; k++)
			piece[k] = slice_cut(rest, GS, &rest);
		add(b, "; ", fhir_shown(piece[0]));
		buf_u8(b, ' ');
		buf_add_slice(b, piece[1]);
		add(b, " ", unit_of(piece[2]));
	}
	if (b->n == 0)
		add(b, "", fhir_value(t, FF_ABSENT).n ? fhir_value(t, FF_ABSENT) : SLICE("no value"));
}

static void row_allergy(struct buf *out, const struct fact *t, struct buf *b)
{
	cell(out, fhir_shown(fhir_value(t, FF_CODE)));
	all(b, t, FF_REACTION);
	cell_buf(out, b);
	add(b, "", fhir_shown(fhir_value(t, FF_SEVERITY)));
	if (slice_eq_str(fhir_value(t, FF_CRITICALITY), "high"))
		add(b, ", ", SLICE("high risk"));
	cell_buf(out, b);
	add(b, "", fhir_value(t, FF_CLINICAL_STATUS));
	add(b, ", ", fhir_value(t, FF_VERIFICATION));
	cell_buf(out, b);
	add_time(b, fhir_value(t, FF_TIME));
	cell_buf(out, b);
}

static void row_problem(struct buf *out, const struct fact *t, struct buf *b)
{
	cell(out, fhir_shown(fhir_value(t, FF_CODE)));
	add(b, "", fhir_value(t, FF_CLINICAL_STATUS));
	add(b, ", ", fhir_value(t, FF_VERIFICATION));
	cell_buf(out, b);
	add_time(b, fhir_value(t, FF_TIME));
	cell_buf(out, b);
	add_time(b, fhir_value(t, FF_END));
	cell_buf(out, b);
}

static void row_medication(struct buf *out, const struct fact *t, struct buf *b)
{
	add(b, "", fhir_shown(fhir_value(t, FF_CODE)));
	add(b, " ", fhir_value(t, FF_STRENGTH));
	cell_buf(out, b);
	add(b, "", fhir_value(t, FF_DOSE));
	add(b, " - ", fhir_value(t, FF_DOSE_MAX));
	add(b, " ", unit_of(fhir_value(t, FF_DOSE_UNIT)));
	add(b, ", ", fhir_value(t, FF_RATE));
	cell_buf(out, b);
	cell(out, fhir_shown(fhir_value(t, FF_ROUTE)));
	add(b, "", fhir_value(t, FF_FREQUENCY));
	if (!fhir_is_blank(fhir_value(t, FF_PRN)))
		add(b, " ", SLICE("as needed"));
	for (size_t i = 0, n = fact_count(t, FF_TEXT); i < n && i < 20; i++)
		add(b, "; ", fact_nth(t, FF_TEXT, i));
	cell_buf(out, b);
	cell(out, fhir_value(t, FF_STATUS));
	add_time(b, fhir_value(t, FF_START));
	cell_buf(out, b);
}

static void row_result(struct buf *out, const struct fact *t, struct buf *b)
{
	add_time(b, fhir_value(t, FF_TIME));
	cell_buf(out, b);
	cell(out, fhir_shown(fhir_value(t, FF_CODE)));
	if (t->kind == FACT_RESULT)
		add_value(b, t);
	else
		for (size_t i = 0, n = fact_count(t, FF_TEXT); i < n && i < 20; i++)
			add(b, "; ", fact_nth(t, FF_TEXT, i));
	cell_buf(out, b);
	for (size_t i = 0, n = fact_count(t, FF_FLAG); i < n; i++)
		add(b, " ", fact_nth(t, FF_FLAG, i));
	cell_buf(out, b);
	cell(out, fhir_value(t, FF_RANGE));
	cell(out, fhir_value(t, FF_STATUS));
}

static void row_dated(struct buf *out, const struct fact *t, struct buf *b)
{
	struct slice time = fhir_value(t, FF_TIME);
	if (time.n == 0)
		time = fhir_value(t, FF_START).n ? fhir_value(t, FF_START) : fhir_value(t, FF_RECORDED);
	add_time(b, time);
	cell_buf(out, b);
	struct slice what = fhir_shown(fhir_value(t, FF_CODE));
	if (t->kind == FACT_DOCUMENT && fhir_value(t, FF_TITLE).n)
		what = fhir_value(t, FF_TITLE);
	if (what.n == 0)
		what = !fhir_is_blank(fhir_value(t, FF_TITLE)) ? fhir_value(t, FF_TITLE) : !fhir_is_blank(fhir_value(t, FF_CLASS)) ? fhir_value(t, FF_CLASS) : fhir_value(t, FF_PROTECTED);
	if (what.n == 0)
		what = fhir_shown(fhir_value(t, FF_ROLE)).n ? fhir_shown(fhir_value(t, FF_ROLE)) : fhir_shown(fhir_value(t, FF_CATEGORY));
	cell(out, what);
	add(b, "", fhir_value(t, FF_STATUS));
	cell_buf(out, b);
	AUTO_BUF struct buf name = {0};
	buf_init(&name, 8192);
	for (size_t i = 0, n = fact_count(t, FF_PERFORMER); i < n && i < 20; i++)
		add(b, ", ", fhir_person_text(fact_nth(t, FF_PERFORMER, i), &name));
	if (t->kind == FACT_VISIT)
		add(b, ", ", fhir_location_text(fhir_value(t, FF_LOCATION), &name));
	if (t->kind == FACT_IMMUNIZATION)
		add(b, ", lot ", fhir_value(t, FF_LOT));
	if (b->n == 0)
		add(b, "", fhir_value(t, FF_TEXT));
	cell_buf(out, b);
}

static const struct table {
	const char *category, *heads;
	void (*row)(struct buf *, const struct fact *, struct buf *);
} tables[] = {
	{"allergies", "Substance\0Reaction\0Severity\0Status\0Since\0", row_allergy},
	{"problems", "Problem\0Status\0Since\0Until\0", row_problem},
	{"medications", "Medication\0Dose\0Route\0Frequency\0Status\0Start\0", row_medication},
	{"results", "Time\0What\0Value\0Flag\0Range\0Status\0", row_result},
	{"vitals", "Time\0What\0Value\0Flag\0Range\0Status\0", row_result},
	{NULL, "Time\0What\0Status\0Details\0", row_dated},
};

static void as_of(struct buf *out, const struct fhir_section *s)
{
	char time[32];
	if (!s->as_of) {
		buf_str(out, "<p>Nothing has been received for this section. This does not mean that there is nothing.</p>");
		return;
	}
	buf_printf(out, "<p>Last received: %s</p>", time_rfc3339(s->as_of, 0, time));
}

void fhir_narrative(struct buf *out, const char *category, const struct fhir_section *s)
{
	buf_str(out, "<div xmlns=\"http://www.w3.org/1999/xhtml\">");
	if (s->state == FHIR_STATED_NONE) {
		struct slice said = SLICE_NULL;
		for (const struct fact_item *it = s->items; it && said.n == 0; it = it->next)
			if (it->fact->kind == FACT_SECTION)
				said = fhir_shown(fhir_value(it->fact, FF_CODE));
		buf_str(out, "<p>Stated by the source: ");
		if (said.n)
			fhir_xhtml(out, said);
		else
			buf_str(out, "none known");
		buf_str(out, "</p>");
	}
	as_of(out, s);
	if (s->state == FHIR_LIST) {
		const struct table *t = tables;
		while (t->category && strcmp(t->category, category) != 0)
			t++;
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 20);
		buf_str(out, "<table><thead><tr>");
		for (const char *h = t->heads; *h; h += strlen(h) + 1)
			buf_printf(out, "<th>%s</th>", h);
		buf_str(out, "</tr></thead><tbody>");
		unsigned rows = 0, more = 0;
		for (const struct fact_item *it = s->items; it; it = it->next) {
			if (it->state != FACT_CURRENT || it->fact->kind == FACT_SECTION)
				continue;
			if (rows == ROWS_MAX) {
				more++;
				continue;
			}
			rows++;
			buf_str(out, "<tr>");
			t->row(out, it->fact, &b);
			buf_str(out, "</tr>");
		}
		if (rows == 0)
			buf_str(out, "<tr><td>no current entry</td></tr>");
		buf_str(out, "</tbody></table>");
		if (more)
			buf_printf(out, "<p>and %u more, in the entries of this section</p>", more);
	}
	buf_str(out, "</div>");
}
