/* What stands in facts, as people read it on paper: words of codes, times in the site's zone, sections with their sources. */
#include "ward_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct slice fill_get(const struct fact *f, uint8_t field)
{
	struct slice s = fact_get(f, field);
	return fact_is_null(s) ? SLICE_NULL : s;
}

struct slice fill_code(struct slice code)
{
	static const uint8_t parts[] = {FC_DISPLAY, FC_TEXT, FC_ALT_DISPLAY, FC_CODE};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (fact_part(code, parts[i]).n)
			return fact_part(code, parts[i]);
	return SLICE_NULL;
}

struct slice fill_dup(struct fill *x, const struct buf *b)
{
	struct slice s = b->n ? arena_dup(x->a, buf_slice(b)) : SLICE_NULL;
	x->failed |= !buf_ok(b) || (b->n && !s.p);
	return s;
}

void *fill_array(struct fill *x, size_t n, size_t size)
{
	void *p = arena_array(x->a, n ? n : 1, size);
	x->failed |= !p;
	return p;
}

struct slice fill_join(struct fill *x, const char *between, const struct slice *v, size_t n)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 20);
	for (size_t i = 0; i < n; i++)
		if (v[i].n) {
			buf_str(&b, b.n ? between : "");
			buf_add_slice(&b, v[i]);
		}
	return fill_dup(x, &b);
}

struct slice fill_person(struct fill *x, struct slice p)
{
	struct slice family = fact_part(p, FP_FAMILY), given = fact_part(p, FP_GIVEN);
	if (!p.n || fact_is_null(p))
		return SLICE_NULL;
	if (family.n)
		return JOIN(x, " ", given, family);
	return fact_part(p, FP_TEXT).n ? fact_part(p, FP_TEXT) : fact_part(p, FP_ID);
}

/* A date stays one, and so does an hour; the rest is moved to the site's zone, without seconds. */
struct slice fill_time(struct fill *x, struct slice iso)
{
	if (iso.n <= 10 || fact_is_null(iso))
		return fact_is_null(iso) ? SLICE_NULL : iso;
	int64_t t = fact_time_ns(iso, x->q->zone_minutes);
	int y, mo, d, h, mi, s;
	if (t == INT64_MIN)
		return iso;
	time_civil(t + (int64_t)x->q->zone_minutes * 60 * TIME_SEC, &y, &mo, &d, &h, &mi, &s);
	char *text = iso.n < 16 ? arena_printf(x->a, "%04d-%02d-%02dT%02d", y, mo, d, h) : arena_printf(x->a, "%04d-%02d-%02dT%02d:%02d", y, mo, d, h, mi);
	x->failed |= !text;
	return slice_str(text);
}

double fill_number(struct slice s)
{
	char text[64], *end;
	s = slice_trim(s);
	if (!s.n || s.n >= sizeof text || !((s.p[0] >= '0' && s.p[0] <= '9') || s.p[0] == '-' || s.p[0] == '.'))
		return NAN;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	double v = strtod(text, &end);
	return *end || !isfinite(v) ? NAN : v;
}

/* ---- whose it is ---- */

static void put_names(struct fill *x, enum chart_section_id id, struct buf *b)
{
	for (const struct fact_item *it = x->p->s[id].items; it; it = it->next) {
		struct slice sure = fill_get(it->fact, FF_VERIFICATION), what = fill_code(fill_get(it->fact, FF_CODE)), clinical = fill_get(it->fact, FF_CLINICAL_STATUS);
		if (it->state != FACT_CURRENT || !what.n || slice_eq_nocase(sure, "refuted") || slice_eq_nocase(clinical, "inactive") || slice_eq_nocase(clinical, "resolved"))
			continue;
		buf_str(b, b->n ? ", " : "");
		buf_add_slice(b, what);
	}
}

static enum paper_said said(enum fhir_section_state s)
{
	return s == FHIR_LIST ? PAPER_LISTED : s == FHIR_STATED_NONE ? PAPER_STATED_NONE : PAPER_NOT_RECEIVED;
}

void fill_person_of(struct fill *x, struct paper_person *ret)
{
	const struct chart_patient *p = x->p;
	const struct fact *d = p->demographics ? p->demographics->fact : NULL, *v = p->visit ? p->visit->fact : NULL;
	struct slice name = d ? fill_get(d, FF_NAME) : SLICE_NULL;
	AUTO_BUF struct buf allergies = {0}, flags = {0};
	buf_init(&allergies, 1 << 16);
	buf_init(&flags, 1 << 16);
	put_names(x, CHART_ALLERGIES, &allergies);
	put_names(x, CHART_FLAGS, &flags);
	struct slice middle = fact_part(name, FN_MIDDLE), given = fact_part(name, FN_GIVEN);
	*ret = (struct paper_person){
		.id = p->id, .family = fact_part(name, FN_FAMILY).n ? fact_part(name, FN_FAMILY) : fact_part(name, FN_TEXT), .given = middle.n ? JOIN(x, " ", given, middle) : given,
		.birth = d ? fill_get(d, FF_BIRTH) : SLICE_NULL, .sex = d ? fill_get(d, FF_SEX) : SLICE_NULL, .number = p->ident_count ? p->idents[0].value : SLICE_NULL, .assigner = p->ident_count ? p->idents[0].assigner : SLICE_NULL,
		.visit = v ? fact_part(fill_get(v, FF_VISIT), FI_VALUE) : SLICE_NULL, .unit = p->place.unit, .room = p->place.room, .bed = p->place.bed, .facility = p->place.facility,
		.since = v ? fill_time(x, fill_get(v, FF_START)) : SLICE_NULL, .allergies_said = said(p->s[CHART_ALLERGIES].state), .allergies = fill_dup(x, &allergies), .alerts = fill_dup(x, &flags),
		.lookalikes = p->lookalikes, .test = p->test, .deceased = d && slice_eq_str(fill_get(d, FF_DECEASED), "yes"), .incomplete = p->incomplete, .is_protected = p->is_protected,
	};
	for (const struct fact_item *it = p->s[CHART_CARE_TEAM].items; it; it = it->next)
		if (it->state == FACT_CURRENT && slice_eq_str(fact_part(fill_get(it->fact, FF_ROLE), FC_CODE), "attending"))
			ret->attending = fill_person(x, fill_get(it->fact, FF_PERFORMER).n ? fill_get(it->fact, FF_PERFORMER) : fill_get(it->fact, FF_NAME));
}

/* ---- items ---- */

/* Parts of a panel: "120 mmHg; 80 mmHg" with their names. A component is code, value, unit, cut by 0x1d (facts.h). */
static struct slice components(struct fill *x, const struct fact *f)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < fact_count(f, FF_COMPONENT); i++) {
		struct slice rest, code = slice_cut(fact_nth(f, FF_COMPONENT, i), 0x1d, &rest), value = slice_cut(rest, 0x1d, &rest), unit = slice_cut(rest, 0x1d, &rest);
		buf_printf(&b, "%s%.*s %.*s%s%.*s", b.n ? "; " : "", SLICE_FMT(fill_code(code)), SLICE_FMT(value), unit.n ? " " : "", SLICE_FMT(fill_code(unit)));
	}
	return fill_dup(x, &b);
}

static struct slice value_of(struct fill *x, const struct fact *f)
{
	struct slice v = fill_get(f, FF_VALUE), code = fill_code(fill_get(f, FF_VALUE_CODE)), parts = components(x, f);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 16);
	buf_add_slice(&b, fill_get(f, FF_COMPARATOR));
	buf_add_slice(&b, v.n ? v : code);
	struct slice unit = fill_code(fill_get(f, FF_UNIT));
	return JOIN(x, " ", fill_dup(x, &b), b.n ? unit : SLICE_NULL, parts);
}

static struct slice dose_of(struct fill *x, const struct fact *f)
{
	struct slice d = fill_get(f, FF_DOSE), max = fill_get(f, FF_DOSE_MAX), unit = fill_code(fill_get(f, FF_DOSE_UNIT)), rate = fill_get(f, FF_RATE);
	struct slice amount = max.n && !slice_eq(d, max) ? JOIN(x, "–", d, max) : d;
	return JOIN(x, " ", amount, amount.n ? unit : SLICE_NULL, rate);
}

/* What it said before, where that is another value. */
static struct slice was(struct fill *x, const struct fact_item *it)
{
	if (!it->history)
		return SLICE_NULL;
	struct slice now = value_of(x, it->fact), before = value_of(x, it->history->fact);
	return before.n && !slice_eq(now, before) ? before : SLICE_NULL;
}

static struct slice severity(struct fill *x, const struct fact *f)
{
	struct slice c = fill_get(f, FF_SEVERITY), known = paper_term(x->q->lang, fact_part(c, FC_CODE));
	return slice_eq(known, fact_part(c, FC_CODE)) ? fill_code(c) : known;
}

/* "PRN" and why, where the frequency does not say so itself ("Q4H PRN"). */
static struct slice if_needed(struct fill *x, const struct fact *f)
{
	struct slice why = fill_get(f, FF_PRN), often = fill_get(f, FF_FREQUENCY);
	if (!why.n)
		return SLICE_NULL;
	if (slice_eq_nocase(why, "yes"))
		why = SLICE_NULL;
	return often.n >= 3 && slice_eq_nocase(slice_of(often.p + often.n - 3, 3), "PRN") ? why : JOIN(x, " ", SLICE("PRN"), why);
}

static struct slice detail_of(struct fill *x, const struct fact_item *it)
{
	const struct fact *f = it->fact;
	const char *lang = x->q->lang;
	struct slice said_status = fill_get(f, FF_STATUS), status = paper_term(lang, said_status), verified = fill_get(f, FF_VERIFICATION), sure = slice_eq_nocase(verified, "confirmed") ? SLICE_NULL : paper_term(lang, verified);
	struct slice clinical = paper_term(lang, fill_get(f, FF_CLINICAL_STATUS)), range = fill_get(f, FF_RANGE), intent = fact_part(fill_get(f, FF_TYPE), 0);
	switch (f->kind) {
	case FACT_ALLERGY:
		return JOIN(x, " · ", fill_code(fill_get(f, FF_REACTION)), severity(x, f), paper_term(lang, fill_get(f, FF_CRITICALITY)), sure, slice_eq_str(fill_get(f, FF_CLINICAL_STATUS), "active") ? SLICE_NULL : clinical);
	case FACT_PROBLEM:
		return JOIN(x, " · ", clinical, sure, fill_get(f, FF_TEXT));
	case FACT_MED_ORDER:
		return JOIN(x, " · ", dose_of(x, f), fill_code(fill_get(f, FF_ROUTE)), fill_get(f, FF_FREQUENCY), if_needed(x, f), status,
		            slice_eq_str(intent, "order") ? SLICE_NULL : paper_term(lang, intent), fill_get(f, FF_TEXT));
	case FACT_RESULT:
		return JOIN(x, " · ", value_of(x, f), range.n ? JOIN(x, "", SLICE("["), range, SLICE("]")) : SLICE_NULL, fill_get(f, FF_ABSENT), slice_eq_str(said_status, "final") || slice_eq_str(said_status, "corrected") ? SLICE_NULL : status, fill_get(f, FF_TEXT));
	case FACT_CONTACT:
		return JOIN(x, " · ", fill_code(fill_get(f, FF_ROLE)), fact_part(fill_get(f, FF_TELECOM), FT_VALUE));
	case FACT_CARE_TEAM:
		return paper_term(lang, fill_code(fill_get(f, FF_ROLE)));
	case FACT_MED_ADMIN:
		return JOIN(x, " · ", dose_of(x, f), fill_code(fill_get(f, FF_ROUTE)), slice_eq_str(said_status, "completed") ? SLICE_NULL : status, fill_code(fill_get(f, FF_REASON)), fill_get(f, FF_TEXT));
	case FACT_APPOINTMENT:
		return JOIN(x, " · ", status, fact_part(fill_get(f, FF_LOCATION), FL_TEXT), fill_get(f, FF_RESOURCE_NAME), fill_code(fill_get(f, FF_REASON)));
	default:
		return JOIN(x, " · ", value_of(x, f), status, paper_term(lang, fill_get(f, FF_PRIORITY)), fill_code(fill_get(f, FF_SPECIMEN)), fill_get(f, FF_TEXT));
	}
}

static struct slice what_of(struct fill *x, const struct fact *f)
{
	struct slice name = fill_get(f, FF_NAME), what = fill_code(fill_get(f, FF_CODE));
	if (f->kind == FACT_CARE_TEAM && fill_get(f, FF_PERFORMER).n)
		return fill_person(x, fill_get(f, FF_PERFORMER));
	if (name.n && (f->kind == FACT_CONTACT || f->kind == FACT_CARE_TEAM))
		return fact_part(name, FN_FAMILY).n ? JOIN(x, ", ", fact_part(name, FN_FAMILY), fact_part(name, FN_GIVEN)) : fact_part(name, FN_TEXT);
	if (!what.n)
		what = fill_get(f, FF_TITLE);
	return what.n ? what : slice_str(fact_kind_name(f->kind)); /* never blank */
}

static void item(struct fill *x, const struct fact_item *it, struct paper_item *ret)
{
	const struct fact *f = it->fact;
	struct slice sure = fill_get(f, FF_VERIFICATION), at = fill_get(f, FF_TIME).n ? fill_get(f, FF_TIME) : fill_get(f, FF_START).n ? fill_get(f, FF_START) : fill_get(f, FF_RECORDED);
	*ret = (struct paper_item){.when = fill_time(x, at), .what = what_of(x, f), .detail = detail_of(x, it), .by = fill_person(x, f->kind == FACT_CARE_TEAM ? SLICE_NULL : fill_get(f, FF_PERFORMER).n ? fill_get(f, FF_PERFORMER) : fill_get(f, FF_AUTHOR)), .was = was(x, it),
	                           .flag = fill_get(f, FF_FLAG), .origin = (enum paper_origin)it->origin, .entry = it->entry, .incomplete = it->incomplete, .doubtful = slice_eq_nocase(sure, "refuted")};
}

bool fill_open_order(const struct fact_item *it)
{
	static const char *const done[] = {"completed", "cancelled", "stopped", "entered-in-error"};
	struct slice s = fill_get(it->fact, FF_STATUS);
	for (size_t i = 0; i < ARRAY_LEN(done); i++)
		if (slice_eq_str(s, done[i]))
			return false;
	return it->state == FACT_CURRENT;
}

static bool shown(enum paper_topic topic, const struct fact_item *it)
{
	return it->state == FACT_CURRENT && (topic == PAPER_OPEN_ORDERS || topic == PAPER_MEDICATIONS ? fill_open_order(it) : true);
}

static int64_t as_of(const struct fill *x, struct slice iso)
{
	int64_t t = iso.n ? fact_time_ns(iso, x->q->zone_minutes) : INT64_MIN;
	return t == INT64_MIN ? 0 : t;
}

static void sources(struct fill *x, const struct chart_section *s, struct paper_section *ret)
{
	size_t n = 0, i = 0;
	for (const struct chart_source *k = s->sources; k; k = k->next)
		n++;
	struct paper_source *v = fill_array(x, n, sizeof *v);
	if (!v)
		return;
	for (const struct chart_source *k = s->sources; k; k = k->next)
		v[i++] = (struct paper_source){.feed = k->feed, .as_of = fill_time(x, k->source_time), .as_of_time = as_of(x, k->source_time), .received = k->received, .origin = (enum paper_origin)k->origin, .silent = x->p->judged && k->state == CHART_STALE, .silent_since = k->last_time};
	ret->source = v;
	ret->source_n = n;
}

void fill_section(struct fill *x, enum chart_section_id id, enum paper_topic topic, size_t max, struct paper_section *ret)
{
	const struct chart_section *s = &x->p->s[id];
	size_t n = 0, i = 0;
	*ret = (struct paper_section){.topic = topic, .said = said(s->state), .received = s->received, .incomplete = s->incomplete};
	sources(x, s, ret);
	for (const struct fact_item *it = s->items; it; it = it->next)
		n += shown(topic, it);
	struct paper_item *v = fill_array(x, n < max ? n : max, sizeof *v);
	for (const struct fact_item *it = s->items; it && v && i < max; it = it->next)
		if (shown(topic, it))
			item(x, it, &v[i++]);
	ret->item = v;
	ret->n = v ? i : 0;
	ret->more = n - i;
}
