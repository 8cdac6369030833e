/* What a bed's line shows beside the name: the newest vital signs and the orders that are still open. It is taken from the page of the patient, so that the list can never say another thing than the chart. */
#include "chart_internal.h"

#define BEDSIDE_SCRATCH ((size_t)512 << 20)

static int keep(struct arena *a, struct slice *to, struct slice s, struct err *e)
{
	if (!s.n || fact_is_null(s))
		return 0;
	*to = arena_dup(a, s);
	return to->p ? 0 : chart_no_memory(a, e);
}

static struct slice in_words(struct slice code)
{
	struct slice s = fact_part(code, FC_DISPLAY);
	if (!s.n)
		s = fact_part(code, FC_TEXT);
	return s.n ? s : fact_part(code, FC_CODE);
}

/* The parts of a pair such as a blood pressure, "120/80": COMPONENT is code, GS, value, GS, unit ... */
static int pair_value(const struct fact *f, struct arena *a, struct chart_vital *v, struct err *e)
{
	char text[64] = "";
	size_t n = 0, count = 0;
	for (unsigned i = 0; i < f->count && count < 3; i++) {
		if (f->values[i].id != FF_COMPONENT)
			continue;
		struct slice rest, value, unit;
		slice_cut(f->values[i].v, 0x1d, &rest);
		value = slice_cut(rest, 0x1d, &rest);
		unit = slice_cut(rest, 0x1d, &rest);
		if (!value.n || value.n > 12)
			return 0;
		if (count++ == 0 && keep(a, &v->unit, fact_part(unit, FC_CODE).n ? fact_part(unit, FC_CODE) : in_words(unit), e) < 0)
			return e->code;
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s", n ? "/" : "", SLICE_FMT(value));
	}
	return keep(a, &v->value, slice_of(text, n), e);
}

static bool same_kind(const struct chart_vital *v, struct slice code, struct slice name)
{
	return v->code.n && code.n ? slice_eq(v->code, code) : slice_eq(v->name, name);
}

/* One of each kind, the newest; items come newest first. */
static int take_vital(struct chart_bedside *b, const struct fact_item *it, struct arena *a, struct err *e)
{
	const struct fact *f = it->fact;
	struct slice code = fact_part(fact_get(f, FF_CODE), FC_CODE), name = in_words(fact_get(f, FF_CODE)), value = fact_get(f, FF_VALUE);
	if (it->state != FACT_CURRENT || f->kind != FACT_RESULT || fact_says(f, FF_STATUS, "entered-in-error") || b->count == ARRAY_LEN(b->vitals))
		return 0;
	for (size_t i = 0; i < b->count; i++)
		if (same_kind(&b->vitals[i], code, name))
			return 0;
	struct chart_vital v = {.received = it->received};
	int r = value.n > 40 ? 0 : keep(a, &v.value, value, e);
	if (r == 0)
		r = keep(a, &v.unit, fact_part(fact_get(f, FF_UNIT), FC_CODE).n ? fact_part(fact_get(f, FF_UNIT), FC_CODE) : in_words(fact_get(f, FF_UNIT)), e);
	if (r == 0 && !v.value.n)
		r = pair_value(f, a, &v, e);
	if (r < 0 || !v.value.n || !name.n)
		return r;
	if ((r = keep(a, &v.code, code, e)) < 0 || (r = keep(a, &v.name, name, e)) < 0 || (r = keep(a, &v.flag, fact_get(f, FF_FLAG), e)) < 0 || (r = keep(a, &v.time, fact_get(f, FF_TIME), e)) < 0)
		return r;
	b->vitals[b->count++] = v;
	return 0;
}

static bool is_open(const struct fact_item *it)
{
	static const char *const open[] = {"active", "on-hold", "draft", "unknown"};
	struct slice s = fact_get(it->fact, FF_STATUS);
	bool yes = !s.n;
	for (size_t i = 0; i < ARRAY_LEN(open); i++)
		yes |= slice_eq_str(s, open[i]);
	return yes && it->state == FACT_CURRENT;
}

/* Somebody waits for a result of it: an order, still open, for a diagnostic service. Which those are is said by its section (HL7 table 0074, FHIR's categories), else by its specimen, else by its code (LOINC names
 * observations). A diet, a consult, physiotherapy or a dressing has none of these, or another section. */
static bool is_diagnostic(const struct fact *f)
{
	static const char *const services[] = {"AU", "BG", "BLB", "CG", "CH", "CP", "CT", "CTH", "CUS", "EC", "EN", "GE", "HM", "IMG", "IMM", "LAB", "MB", "MCB", "MYC", "NMR", "NMS", "OSL", "OUS", "PAR", "PF", "RAD", "RUS", "RX", "SP", "SR", "TX",
		"VR", "VUS", "XRC", "laboratory", "imaging", "radiology", "pathology", "108252007", "363679005"};
	struct slice category = fact_part(fact_get(f, FF_CATEGORY), FC_CODE), system = fact_part(fact_get(f, FF_CODE), FC_SYSTEM), other = fact_part(fact_get(f, FF_CODE), FC_ALT_SYSTEM);
	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		if (slice_eq_nocase(category, services[i]))
			return true;
	if (category.n)
		return false;
	return fact_get(f, FF_SPECIMEN).n || slice_eq_str(system, "LN") || slice_eq_str(other, "LN") || slice_eq_str(system, "http://loinc.org") || slice_eq_str(other, "http://loinc.org");
}

static bool same_number(const struct fact *a, const struct fact *b)
{
	struct slice pa = fact_part(fact_get(a, FF_PLACER), FI_VALUE), pb = fact_part(fact_get(b, FF_PLACER), FI_VALUE), fa = fact_part(fact_get(a, FF_FILLER), FI_VALUE), fb = fact_part(fact_get(b, FF_FILLER), FI_VALUE);
	return (pa.n && slice_eq(pa, pb)) || (fa.n && slice_eq(fa, fb));
}

/* Its result is here, though nobody has said that the order is done. Where several orders have one number, the report's code says which it answers. */
static bool is_reported(const struct chart_patient *p, const struct fact_item *order)
{
	static const char *const done[] = {"final", "corrected", "amended", "appended", "cancelled"};
	bool shared = false;
	for (const struct fact_item *it = p->s[CHART_ORDERS].items; it; it = it->next)
		shared |= it != order && it->state == FACT_CURRENT && same_number(it->fact, order->fact);
	for (const struct fact_item *it = p->s[CHART_REPORTS].items; it; it = it->next) {
		bool said = false;
		for (size_t i = 0; i < ARRAY_LEN(done); i++)
			said |= slice_eq_str(fact_get(it->fact, FF_STATUS), done[i]);
		if (said && it->state == FACT_CURRENT && same_number(it->fact, order->fact) &&
		    (!shared || slice_eq(fact_part(fact_get(it->fact, FF_CODE), FC_CODE), fact_part(fact_get(order->fact, FF_CODE), FC_CODE))))
			return true;
	}
	return false;
}

int chart_bedside(struct chart *c, struct chart_row *row, struct chart_moment at, struct arena *a, struct err *e)
{
	AUTO_ARENA struct arena *own = arena_new(BEDSIDE_SCRATCH);
	struct chart_bedside *b = arena_alloc(a, sizeof *b);
	struct chart_patient *p;
	if (!own || !b)
		return chart_no_memory(a, e);
	int r = chart_patient(c, slice_str(row->id), at, own, &p, NULL, e);
	if (r < 0)
		return r;
	const struct chart_section *vitals = &p->s[CHART_VITALS], *orders = &p->s[CHART_ORDERS];
	*b = (struct chart_bedside){.vitals_state = vitals->state, .orders_state = orders->state};
	for (const struct fact_item *it = vitals->items; it && r == 0; it = it->next)
		r = take_vital(b, it, a, e);
	for (const struct fact_item *it = orders->items; it; it = it->next)
		if (is_open(it)) {
			b->open_orders++;
			b->awaited_results += is_diagnostic(it->fact) && !is_reported(p, it);
		}
	if (r == 0)
		row->bedside = b;
	return r;
}
