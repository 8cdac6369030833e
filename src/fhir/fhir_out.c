/* Composites of facts -> R4 data types. The rules that a validator checks are kept here once: the formats of date, dateTime, instant, decimal, code and uri
 * (R4 2.24.0.1), the value sets of names, addresses and telecoms, and that nothing empty is ever written. */
#include "fhir_internal.h"

#define AS_SENT "urn:holdfast:fhir:as-sent" /* extension: the time as the sender wrote it, where R4 wants more than that */
#define ABSENT_REASON "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
#define V2_0203 "http://terminology.hl7.org/CodeSystem/v2-0203"

struct slice fhir_value(const struct fact *t, uint8_t field)
{
	struct slice s = fact_get(t, field);
	return fact_is_null(s) ? SLICE_NULL : s;
}

bool fhir_is_blank(struct slice s)
{
	return slice_trim(s).n == 0 || fact_is_null(s);
}

/* ---- strings, codes ---- */

bool fhir_out_string(struct fhir_out *x, const char *key, struct slice s)
{
	if (fhir_is_blank(s))
		return false;
	jsonw_kslice(x->w, key, slice_trim(s));
	return true;
}

/* R4 code: no blanks at the ends, no two together: [^\s]+(\s[^\s]+)* */
static void code_value(struct jsonw *w, const char *key, struct slice s)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	s = slice_trim(s);
	for (size_t i = 0; i < s.n; i++) {
		bool blank = s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\n';
		if (!blank)
			buf_u8(&b, s.p[i]);
		else if (b.n && b.p[b.n - 1] != ' ')
			buf_u8(&b, ' ');
	}
	jsonw_kslice_opt(w, key, buf_slice(&b));
}

static void coding(struct jsonw *w, struct slice code, struct slice display, struct slice system)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	jsonw_obj(w);
	const char *uri = fhir_is_blank(system) ? NULL : fhir_system_uri(system, &b);
	if (uri)
		jsonw_kstr(w, "system", uri);
	if (!fhir_is_blank(code))
		code_value(w, "code", code);
	if (!fhir_is_blank(display))
		jsonw_kslice(w, "display", slice_trim(display));
	jsonw_obj_end(w);
}

void fhir_out_concept(struct jsonw *w, struct slice c)
{
	jsonw_obj(w);
	struct slice first = fact_part(c, FC_CODE), second = fact_part(c, FC_ALT_CODE), d1 = fact_part(c, FC_DISPLAY), d2 = fact_part(c, FC_ALT_DISPLAY), text = fact_part(c, FC_TEXT);
	bool one = !fhir_is_blank(first), two = !fhir_is_blank(second);
	if (one || two) {
		jsonw_key(w, "coding");
		jsonw_arr(w);
		if (one)
			coding(w, first, d1, fact_part(c, FC_SYSTEM));
		if (two)
			coding(w, second, d2, fact_part(c, FC_ALT_SYSTEM));
		jsonw_arr_end(w);
	}
	if (fhir_is_blank(text))
		text = !fhir_is_blank(d1) ? d1 : d2;
	if (!fhir_is_blank(text))
		jsonw_kslice(w, "text", slice_trim(text));
	jsonw_obj_end(w);
}

static bool concept_blank(struct slice c)
{
	static const uint8_t parts[] = {FC_CODE, FC_DISPLAY, FC_ALT_CODE, FC_ALT_DISPLAY, FC_TEXT};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!fhir_is_blank(fact_part(c, parts[i])))
			return false;
	return true;
}

bool fhir_out_code(struct fhir_out *x, const char *key, struct slice code)
{
	if (fact_is_null(code) || concept_blank(code))
		return false;
	jsonw_key(x->w, key);
	fhir_out_concept(x->w, code);
	return true;
}

static bool code_item(struct jsonw *w, struct slice code)
{
	if (fact_is_null(code) || concept_blank(code))
		return false;
	fhir_out_concept(w, code);
	return true;
}

bool fhir_out_codes(struct fhir_out *x, const char *key, uint8_t field)
{
	return fhir_out_list(x, key, field, code_item);
}

void fhir_out_fixed(struct jsonw *w, const char *key, const char *system, const char *code, const char *display)
{
	if (key)
		jsonw_key(w, key);
	jsonw_obj(w);
	jsonw_key(w, "coding");
	jsonw_arr(w);
	jsonw_obj(w);
	jsonw_kstr(w, "system", system);
	jsonw_kstr(w, "code", code);
	if (display)
		jsonw_kstr(w, "display", display);
	jsonw_obj_end(w);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

void fhir_out_absent(struct jsonw *w, const char *reason)
{
	jsonw_obj(w);
	jsonw_key(w, "extension");
	jsonw_arr(w);
	jsonw_obj(w);
	jsonw_kstr(w, "url", ABSENT_REASON);
	jsonw_kstr(w, "valueCode", reason);
	jsonw_obj_end(w);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

/* An empty array is an error in JSON FHIR, and whether a value is something only its writer knows: so the values are written aside until one is. */
bool fhir_out_list(struct fhir_out *x, const char *key, uint8_t field, bool (*value)(struct jsonw *, struct slice))
{
	AUTO_BUF struct buf b = {0};
	bool any = false;
	buf_init(&b, x->w->b->max);
	for (unsigned i = 0; i < x->t->count; i++) {
		if (x->t->values[i].id != field)
			continue;
		if (any) {
			value(x->w, x->t->values[i].v);
			continue;
		}
		struct jsonw probe;
		buf_reset(&b);
		jsonw_init(&probe, &b);
		if (!value(&probe, x->t->values[i].v) || !buf_ok(&b))
			continue;
		jsonw_key(x->w, key);
		jsonw_arr(x->w);
		jsonw_raw(x->w, buf_slice(&b));
		any = true;
	}
	if (any)
		jsonw_arr_end(x->w);
	return any;
}

/* ---- times ---- */

struct when {
	char text[96];
	bool changed; /* more was written than the sender said */
};

static bool zone_ok(struct slice z) /* R4: Z, or up to 14:00 */
{
	if (z.n == 1)
		return z.p[0] == 'Z';
	if (z.n != 6)
		return false;
	int hours = (z.p[1] - '0') * 10 + (z.p[2] - '0'), minutes = (z.p[4] - '0') * 10 + (z.p[5] - '0');
	return hours < 14 || (hours == 14 && minutes == 0);
}

static void default_zone(int minutes, char out[8])
{
	int m = minutes < 0 ? -minutes : minutes;
	if (m > 14 * 60)
		m = 0;
	if (m == 0)
		snprintf(out, 8, "Z");
	else
		snprintf(out, 8, "%c%02d:%02d", minutes < 0 ? '-' : '+', m / 60 % 24, m % 60);
}

/* facts' time text -> R4. The text was checked (fact_time_fhir takes it), so its shape is known. */
static bool make_time(struct slice iso, enum fhir_time_kind kind, int zone_minutes, struct when *ret)
{
	char checked[48], zone[8];
	if (iso.n == 0 || iso.n > 64 || fact_is_null(iso) || fact_time_fhir(iso, checked).n == 0)
		return false;
	const uint8_t *t = memchr(iso.p, 'T', iso.n);
	struct slice date = t ? slice_of(iso.p, (size_t)(t - iso.p)) : iso, clock = t ? slice_of(t + 1, iso.n - date.n - 1) : SLICE_NULL, sent_zone = SLICE_NULL;
	for (size_t i = 0; i < clock.n; i++)
		if (clock.p[i] == 'Z' || clock.p[i] == '+' || clock.p[i] == '-') {
			sent_zone = slice_of(clock.p + i, clock.n - i);
			clock.n = i;
			break;
		}
	default_zone(zone_minutes, zone);
	ret->changed = false;
	if (kind == FHIR_DATE || (kind == FHIR_DATETIME && clock.n == 0)) {
		ret->changed = kind == FHIR_DATE && clock.n > 0;
		snprintf(ret->text, sizeof ret->text, "%.*s", SLICE_FMT(date));
		return true;
	}
	if (sent_zone.n && !zone_ok(sent_zone)) { /* a zone that R4 does not have: the same moment in UTC */
		int64_t ns = fact_time_ns(iso, 0);
		char utc[32];
		if (ns == INT64_MIN)
			return false;
		snprintf(ret->text, sizeof ret->text, "%s", time_rfc3339(ns, 0, utc));
		return ret->changed = true;
	}
	const char *month = date.n == 4 ? "-01-01" : date.n == 7 ? "-01" : "";
	const char *rest = clock.n == 0 ? "00:00:00" : clock.n == 2 ? ":00:00" : clock.n == 5 ? ":00" : "";
	snprintf(ret->text, sizeof ret->text, "%.*s%sT%.*s%s%.*s", SLICE_FMT(date), month, SLICE_FMT(clock), rest, sent_zone.n ? (int)sent_zone.n : (int)strlen(zone),
		sent_zone.n ? (const char *)sent_zone.p : zone);
	ret->changed = *month || *rest || sent_zone.n == 0;
	return true;
}

bool fhir_out_time(struct fhir_out *x, const char *key, struct slice iso, enum fhir_time_kind kind)
{
	struct when when;
	if (!make_time(iso, kind, x->o ? x->o->zone_minutes : 0, &when))
		return false;
	jsonw_kstr(x->w, key, when.text);
	if (!when.changed)
		return true;
	char beside[64];
	snprintf(beside, sizeof beside, "_%s", key);
	jsonw_key(x->w, beside);
	jsonw_obj(x->w);
	jsonw_key(x->w, "extension");
	jsonw_arr(x->w);
	jsonw_obj(x->w);
	jsonw_kstr(x->w, "url", AS_SENT);
	jsonw_kslice(x->w, "valueString", iso);
	jsonw_obj_end(x->w);
	jsonw_arr_end(x->w);
	jsonw_obj_end(x->w);
	return true;
}

static bool is_time(struct slice iso)
{
	struct when when;
	return make_time(iso, FHIR_DATETIME, 0, &when);
}

bool fhir_out_period(struct fhir_out *x, const char *key, struct slice start, struct slice end)
{
	bool from = is_time(start), to = is_time(end);
	/* per-1: the start is not after the end. A sender's mistake there must not cost both. */
	if (from && to) {
		int64_t a = fact_time_ns(start, x->o ? x->o->zone_minutes : 0), b = fact_time_ns(end, x->o ? x->o->zone_minutes : 0);
		if (a != INT64_MIN && b != INT64_MIN && b < a && end.n >= 10)
			to = false;
	}
	if (!from && !to)
		return false;
	jsonw_key(x->w, key);
	jsonw_obj(x->w);
	if (from)
		fhir_out_time(x, "start", start, FHIR_DATETIME);
	if (to)
		fhir_out_time(x, "end", end, FHIR_DATETIME);
	jsonw_obj_end(x->w);
	return true;
}

bool fhir_out_when(struct fhir_out *x, const char *prefix, struct slice start, struct slice end)
{
	char key[64];
	if (is_time(end)) {
		snprintf(key, sizeof key, "%sPeriod", prefix);
		if (fhir_out_period(x, key, start, end))
			return true;
	}
	snprintf(key, sizeof key, "%sDateTime", prefix);
	return fhir_out_time(x, key, start, FHIR_DATETIME);
}

/* ---- numbers ---- */

/* R4 2.24.0.1: a decimal may have one ("1e3"). What has a bad one is left as it is. */
static struct slice without_exponent(struct slice s)
{
	const uint8_t *e = s.n ? memchr(s.p, 'e', s.n) : NULL;
	if (!e && s.n)
		e = memchr(s.p, 'E', s.n);
	if (!e)
		return s;
	const uint8_t *p = e + 1, *end = s.p + s.n;
	if (p < end && (*p == '+' || *p == '-'))
		p++;
	size_t digits = (size_t)(end - p);
	for (const uint8_t *d = p; d < end; d++)
		if (*d < '0' || *d > '9')
			return s;
	return digits && digits <= 3 ? slice_of(s.p, (size_t)(e - s.p)) : s;
}

bool fhir_decimal(struct slice s, struct buf *out)
{
	s = slice_trim(s);
	buf_reset(out);
	if (s.n && s.p[0] == '+')
		s = slice_of(s.p + 1, s.n - 1);
	bool negative = s.n && s.p[0] == '-';
	struct slice digits = negative ? slice_of(s.p + 1, s.n - 1) : s;
	if (digits.n == 0 || digits.n > 40)
		return false;
	/* ".5", "007" and "5." are numbers to people and none to JSON: the same digits in its spelling */
	while (digits.n > 1 && digits.p[0] == '0' && digits.p[1] >= '0' && digits.p[1] <= '9')
		digits = slice_of(digits.p + 1, digits.n - 1);
	if (digits.n > 1 && digits.p[digits.n - 1] == '.')
		digits.n--;
	if (negative)
		buf_u8(out, '-');
	if (digits.p[0] == '.')
		buf_u8(out, '0');
	buf_add_slice(out, digits);
	return buf_ok(out) && num_is_decimal(without_exponent(buf_slice(out)));
}

void fhir_out_quantity_body(struct fhir_out *x, struct slice value, struct slice unit, struct slice comparator)
{
	AUTO_BUF struct buf number = {0}, b = {0};
	buf_init(&number, 256);
	buf_init(&b, 8192);
	jsonw_obj(x->w);
	if (fhir_decimal(value, &number)) {
		jsonw_key(x->w, "value");
		jsonw_dec(x->w, buf_slice(&number));
	}
	const char *sign = fhir_word("<\0<=\0>=\0>\0", slice_trim(comparator));
	if (sign)
		jsonw_kstr(x->w, "comparator", sign);
	struct slice code = fact_part(unit, FC_CODE), display = fact_part(unit, FC_DISPLAY);
	if (fhir_is_blank(display))
		display = !fhir_is_blank(fact_part(unit, FC_TEXT)) ? fact_part(unit, FC_TEXT) : code;
	if (!fact_is_null(unit) && !fhir_is_blank(display)) {
		jsonw_kslice(x->w, "unit", slice_trim(display));
		const char *uri = fhir_is_blank(fact_part(unit, FC_SYSTEM)) ? NULL : fhir_system_uri(fact_part(unit, FC_SYSTEM), &b);
		if (uri && !fhir_is_blank(code)) { /* qty-3: a code only with its system */
			jsonw_kstr(x->w, "system", uri);
			code_value(x->w, "code", code);
		}
	}
	jsonw_obj_end(x->w);
}

bool fhir_out_quantity(struct fhir_out *x, const char *key, struct slice value, struct slice unit, struct slice comparator)
{
	AUTO_BUF struct buf number = {0};
	buf_init(&number, 256);
	if (fact_is_null(value) || !fhir_decimal(value, &number))
		return false;
	jsonw_key(x->w, key);
	fhir_out_quantity_body(x, value, unit, comparator);
	return true;
}

/* ---- identifiers ---- */

static bool is_type_code(struct slice type)
{
	for (size_t i = 0; i < type.n; i++)
		if (!((type.p[i] >= 'A' && type.p[i] <= 'Z') || (type.p[i] >= '0' && type.p[i] <= '9')))
			return false;
	return type.n >= 1 && type.n <= 8;
}

void fhir_out_ident_parts(struct jsonw *w, struct slice value, struct slice assigner, struct slice type, struct slice id, struct slice idtype)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	jsonw_obj(w);
	if (!fhir_is_blank(type)) {
		jsonw_key(w, "type");
		jsonw_obj(w);
		if (is_type_code(type)) {
			jsonw_key(w, "coding");
			jsonw_arr(w);
			jsonw_obj(w);
			jsonw_kstr(w, "system", V2_0203);
			jsonw_kslice(w, "code", type);
			jsonw_obj_end(w);
			jsonw_arr_end(w);
		} else
			jsonw_kslice(w, "text", slice_trim(type));
		jsonw_obj_end(w);
	}
	const char *uri = fhir_assigner_uri(assigner, id, idtype, type, &b);
	if (uri)
		jsonw_kstr(w, "system", uri);
	jsonw_kslice(w, "value", slice_trim(value));
	if (uri && strncmp(uri, "urn:holdfast:assigner:", 22) == 0 && !fhir_is_blank(assigner)) {
		jsonw_key(w, "assigner");
		jsonw_obj(w);
		jsonw_kslice(w, "display", slice_trim(assigner));
		jsonw_obj_end(w);
	}
	jsonw_obj_end(w);
}

void fhir_out_ident(struct jsonw *w, struct slice ident)
{
	fhir_out_ident_parts(w, fact_part(ident, FI_VALUE), fact_part(ident, FI_ASSIGNER), fact_part(ident, FI_TYPE), fact_part(ident, FI_ASSIGNER_ID), fact_part(ident, FI_ASSIGNER_IDTYPE));
}

/* ids that we made up for what came without any are ours alone */
static bool ident_hidden(struct slice ident)
{
	return fhir_is_blank(fact_part(ident, FI_VALUE)) || fact_is_null(ident) || slice_eq_str(fact_part(ident, FI_ASSIGNER), "urn:holdfast:content");
}

static bool ident_seen(const struct fact *t, unsigned upto, struct slice ident)
{
	for (unsigned i = 0; i < upto; i++) {
		uint8_t id = t->values[i].id;
		if ((id == FF_ID || id == FF_PLACER || id == FF_FILLER) && slice_eq(t->values[i].v, ident))
			return true;
	}
	return false;
}

bool fhir_out_idents(struct fhir_out *x)
{
	bool any = false;
	for (unsigned i = 0; i < x->t->count; i++) {
		struct slice v = x->t->values[i].v;
		uint8_t field = x->t->values[i].id;
		if ((field != FF_ID && field != FF_PLACER && field != FF_FILLER) || ident_hidden(v) || ident_seen(x->t, i, v))
			continue;
		if (!any) {
			jsonw_key(x->w, "identifier");
			jsonw_arr(x->w);
			any = true;
		}
		struct slice type = fact_part(v, FI_TYPE);
		/* an ID that is the placer's or filler's number again carries no type of its own: its field says what it is */
		if (type.n == 0 && field != FF_ID)
			type = field == FF_PLACER ? SLICE("PLAC") : SLICE("FILL");
		else if (type.n == 0 && slice_eq(v, fact_get(x->t, FF_PLACER)))
			type = SLICE("PLAC");
		else if (type.n == 0 && slice_eq(v, fact_get(x->t, FF_FILLER)))
			type = SLICE("FILL");
		fhir_out_ident_parts(x->w, fact_part(v, FI_VALUE), fact_part(v, FI_ASSIGNER), type, fact_part(v, FI_ASSIGNER_ID), fact_part(v, FI_ASSIGNER_IDTYPE));
	}
	if (any)
		jsonw_arr_end(x->w);
	return any;
}

/* ---- people ---- */

static void add_word(struct buf *b, struct slice s)
{
	if (fhir_is_blank(s))
		return;
	if (b->n)
		buf_u8(b, ' ');
	buf_add_slice(b, slice_trim(s));
}

static bool in(uint32_t cp, uint32_t first, uint32_t last)
{
	return cp - first <= last - first;
}

/* Han, kana, Hangul, Bopomofo: by the first letter. */
static bool is_east_asian(struct slice s)
{
	size_t len;
	s = slice_trim(s);
	uint32_t cp = s.n ? utf8_get(s, &len) : 0;
	return in(cp, 0x3005, 0x3007) || in(cp, 0x3041, 0x318e) || in(cp, 0x31a0, 0x31bf) || in(cp, 0x31f0, 0x31ff) || in(cp, 0x3400, 0x4dbf) || in(cp, 0x4e00, 0x9fff) || in(cp, 0x1100, 0x11ff) ||
	       in(cp, 0xac00, 0xd7a3) || in(cp, 0xf900, 0xfaff) || in(cp, 0xff66, 0xff9f) || in(cp, 0xffa0, 0xffdc) || in(cp, 0x1b000, 0x1b16f) || in(cp, 0x20000, 0x323af);
}

/* Written in these scripts the family name comes first in Chinese, Japanese and Korean; the same name in Latin letters is written as the rest of the house writes names. */
static void add_name(struct buf *b, struct slice family, struct slice given, struct slice middle)
{
	bool family_first = is_east_asian(family) && (is_east_asian(given) || fhir_is_blank(given));
	if (family_first)
		add_word(b, family);
	add_word(b, given);
	add_word(b, middle);
	if (!family_first)
		add_word(b, family);
}

struct slice fhir_person_text(struct slice p, struct buf *b)
{
	buf_reset(b);
	if (fact_is_null(p))
		return SLICE_NULL;
	add_word(b, fact_part(p, FP_PREFIX));
	add_name(b, fact_part(p, FP_FAMILY), fact_part(p, FP_GIVEN), SLICE_NULL);
	add_word(b, fact_part(p, FP_SUFFIX));
	if (fhir_is_blank(fact_part(p, FP_FAMILY)) && fhir_is_blank(fact_part(p, FP_GIVEN))) {
		buf_reset(b);
		add_word(b, fact_part(p, FP_TEXT));
		if (b->n == 0)
			add_word(b, fact_part(p, FP_ID));
	}
	return buf_slice(b);
}

struct slice fhir_name_text(struct slice n, struct buf *b)
{
	buf_reset(b);
	if (fact_is_null(n))
		return SLICE_NULL;
	add_word(b, fact_part(n, FN_PREFIX));
	add_name(b, fact_part(n, FN_FAMILY), fact_part(n, FN_GIVEN), fact_part(n, FN_MIDDLE));
	add_word(b, fact_part(n, FN_SUFFIX));
	if (fhir_is_blank(fact_part(n, FN_FAMILY)) && fhir_is_blank(fact_part(n, FN_GIVEN))) {
		buf_reset(b);
		add_word(b, fact_part(n, FN_TEXT));
	}
	return buf_slice(b);
}

struct slice fhir_location_text(struct slice l, struct buf *b)
{
	static const uint8_t parts[] = {FL_FACILITY, FL_BUILDING, FL_FLOOR, FL_UNIT, FL_ROOM, FL_BED};
	buf_reset(b);
	if (fact_is_null(l))
		return SLICE_NULL;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct slice s = fact_part(l, parts[i]);
		if (fhir_is_blank(s))
			continue;
		if (b->n)
			buf_str(b, ", ");
		buf_add_slice(b, slice_trim(s));
	}
	if (b->n == 0)
		add_word(b, fact_part(l, FL_TEXT));
	return buf_slice(b);
}

void fhir_out_person_value(struct jsonw *w, struct slice p, const char *type)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	struct slice id = fact_part(p, FP_ID), text = fhir_person_text(p, &b);
	jsonw_obj(w);
	if (type && (!fhir_is_blank(id) || !fhir_is_blank(fact_part(p, FP_FAMILY))) && !slice_eq_str(fact_part(p, FP_ROLE), "patient"))
		jsonw_kstr(w, "type", type);
	if (!fhir_is_blank(id)) {
		jsonw_key(w, "identifier");
		fhir_out_ident_parts(w, id, fact_part(p, FP_ASSIGNER), SLICE_NULL, SLICE_NULL, SLICE_NULL);
	}
	if (text.n)
		jsonw_kslice(w, "display", text);
	jsonw_obj_end(w);
}

bool fhir_out_person(struct fhir_out *x, const char *key, struct slice p, const char *type)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	if (fact_is_null(p) || (fhir_person_text(p, &b).n == 0 && fhir_is_blank(fact_part(p, FP_ID))))
		return false;
	jsonw_key(x->w, key);
	fhir_out_person_value(x->w, p, type);
	return true;
}

static const char name_uses[] = "usual\0official\0temp\0nickname\0anonymous\0old\0maiden\0";

/* A list of given names: the first as it stands (it may have blanks), the others one by one. */
static void given_names(struct jsonw *w, struct slice given, struct slice middle)
{
	if (fhir_is_blank(given) && fhir_is_blank(middle))
		return;
	jsonw_key(w, "given");
	jsonw_arr(w);
	if (!fhir_is_blank(given))
		jsonw_slice(w, slice_trim(given));
	struct slice rest = middle;
	while (rest.p) {
		struct slice one = slice_cut(rest, ' ', &rest);
		if (!fhir_is_blank(one))
			jsonw_slice(w, slice_trim(one));
	}
	jsonw_arr_end(w);
}

static void one_in_array(struct jsonw *w, const char *key, struct slice s)
{
	if (fhir_is_blank(s))
		return;
	jsonw_key(w, key);
	jsonw_arr(w);
	jsonw_slice(w, slice_trim(s));
	jsonw_arr_end(w);
}

bool fhir_out_name_value(struct jsonw *w, struct slice n)
{
	static const struct fhir_pair scripts[] = {{"I", "IDE"}, {"P", "SYL"}, {"A", "ABC"}};
	struct slice family = fact_part(n, FN_FAMILY), given = fact_part(n, FN_GIVEN), text = fact_part(n, FN_TEXT);
	if (fact_is_null(n) || (fhir_is_blank(family) && fhir_is_blank(given) && fhir_is_blank(text)))
		return false;
	jsonw_obj(w);
	const char *script = FHIR_MAP(scripts, fact_part(n, FN_SCRIPT)), *use = fhir_word(name_uses, fact_part(n, FN_USE));
	if (script) {
		jsonw_key(w, "extension");
		jsonw_arr(w);
		jsonw_obj(w);
		jsonw_kstr(w, "url", "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation");
		jsonw_kstr(w, "valueCode", script);
		jsonw_obj_end(w);
		jsonw_arr_end(w);
	}
	if (use)
		jsonw_kstr(w, "use", use);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	if (fhir_is_blank(text))
		text = fhir_name_text(n, &b);
	if (!fhir_is_blank(text))
		jsonw_kslice(w, "text", slice_trim(text));
	if (!fhir_is_blank(family))
		jsonw_kslice(w, "family", slice_trim(family));
	given_names(w, given, fact_part(n, FN_MIDDLE));
	one_in_array(w, "prefix", fact_part(n, FN_PREFIX));
	one_in_array(w, "suffix", fact_part(n, FN_SUFFIX));
	jsonw_obj_end(w);
	return true;
}

/* HL7 tables 0190 and 0201 beside FHIR's own words. */
static const struct fhir_pair address_uses[] = {{"home", "home"}, {"work", "work"}, {"temp", "temp"}, {"old", "old"}, {"billing", "billing"}, {"H", "home"}, {"HP", "home"}, {"P", "home"}, {"L", "home"}, {"B", "work"},
	{"O", "work"}, {"C", "temp"}, {"BA", "old"}, {"M", "home"}, {"BI", "billing"}, {"HV", "home"}};
static const struct fhir_pair telecom_uses[] = {{"home", "home"}, {"work", "work"}, {"temp", "temp"}, {"old", "old"}, {"mobile", "mobile"}, {"PRN", "home"}, {"WPN", "work"}, {"ORN", "home"}, {"VHN", "temp"}, {"PRS", "mobile"},
	{"EMR", "home"}, {"ASN", "work"}, {"BPN", "mobile"}, {"H", "home"}, {"HP", "home"}, {"WP", "work"}, {"MC", "mobile"}};
static const struct fhir_pair telecom_systems[] = {{"phone", "phone"}, {"fax", "fax"}, {"email", "email"}, {"pager", "pager"}, {"url", "url"}, {"sms", "sms"}, {"other", "other"}, {"PH", "phone"}, {"CP", "phone"}, {"SAT", "phone"},
	{"FX", "fax"}, {"BP", "pager"}, {"Internet", "email"}, {"X.400", "email"}, {"MD", "other"}, {"TDD", "other"}, {"TTY", "other"}};

bool fhir_out_address_value(struct jsonw *w, struct slice a)
{
	static const struct {
		uint8_t part;
		const char *key;
	} parts[] = {{FA_CITY, "city"}, {FA_STATE, "state"}, {FA_POSTAL, "postalCode"}, {FA_COUNTRY, "country"}};
	bool any = false;
	if (fact_is_null(a))
		return false;
	for (unsigned i = 0; i <= FA_TEXT; i++)
		any = any || (i != FA_USE && !fhir_is_blank(fact_part(a, i)));
	if (!any)
		return false;
	jsonw_obj(w);
	const char *use = FHIR_MAP(address_uses, fact_part(a, FA_USE));
	if (use)
		jsonw_kstr(w, "use", use);
	if (!fhir_is_blank(fact_part(a, FA_TEXT)))
		jsonw_kslice(w, "text", slice_trim(fact_part(a, FA_TEXT)));
	if (!fhir_is_blank(fact_part(a, FA_LINE)) || !fhir_is_blank(fact_part(a, FA_LINE2))) {
		jsonw_key(w, "line");
		jsonw_arr(w);
		for (unsigned i = FA_LINE; i <= FA_LINE2; i++)
			if (!fhir_is_blank(fact_part(a, i)))
				jsonw_slice(w, slice_trim(fact_part(a, i)));
		jsonw_arr_end(w);
	}
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!fhir_is_blank(fact_part(a, parts[i].part)))
			jsonw_kslice(w, parts[i].key, slice_trim(fact_part(a, parts[i].part)));
	jsonw_obj_end(w);
	return true;
}

bool fhir_out_telecom_value(struct jsonw *w, struct slice t)
{
	if (fact_is_null(t) || fhir_is_blank(fact_part(t, FT_VALUE)))
		return false;
	const char *system = FHIR_MAP(telecom_systems, fact_part(t, FT_SYSTEM)), *use = FHIR_MAP(telecom_uses, fact_part(t, FT_USE));
	jsonw_obj(w);
	jsonw_kstr(w, "system", system ? system : "other"); /* cpt-2: a value needs a system */
	jsonw_kslice(w, "value", slice_trim(fact_part(t, FT_VALUE)));
	if (use)
		jsonw_kstr(w, "use", use);
	jsonw_obj_end(w);
	return true;
}

/* ---- notes, references ---- */

/* One more note; the first opens the list. */
static void note(struct jsonw *w, bool *any, const char *label, struct slice s)
{
	if (fhir_is_blank(s))
		return;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 65536);
	if (label)
		buf_printf(&b, "%s: ", label);
	buf_add_slice(&b, slice_trim(s));
	if (!*any) {
		jsonw_key(w, "note");
		jsonw_arr(w);
		*any = true;
	}
	jsonw_obj(w);
	jsonw_kslice(w, "text", buf_slice(&b));
	jsonw_obj_end(w);
}

/* Notes, and behind them what R4 has no element for on this resource. */
void fhir_out_notes_and(struct fhir_out *x, const uint8_t *fields, const char *const *labels, size_t count)
{
	bool any = false;
	for (unsigned i = 0; i < x->t->count; i++)
		if (x->t->values[i].id == FF_TEXT && !(x->said.p && x->t->values[i].v.p == x->said.p))
			note(x->w, &any, NULL, x->t->values[i].v);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0, n = fact_count(x->t, fields[i]); k < n; k++) {
			struct slice v = fact_nth(x->t, fields[i], k), shown = v;
			AUTO_BUF struct buf b = {0};
			buf_init(&b, 65536);
			for (size_t at = 0; at < v.n; at++)
				buf_u8(&b, v.p[at] == FACT_US || v.p[at] == GS ? ' ' : v.p[at]); /* composites as words */
			if (buf_ok(&b))
				shown = buf_slice(&b);
			note(x->w, &any, labels[i], shown);
		}
	if (any)
		jsonw_arr_end(x->w);
}

void fhir_out_notes(struct fhir_out *x)
{
	fhir_out_notes_and(x, NULL, NULL, 0);
}

void fhir_out_id(struct jsonw *w, const char *id)
{
	char clean[65];
	size_t n = 0;
	for (; n < 64 && id[n]; n++) {
		char c = id[n];
		bool good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
		clean[n] = good ? c : '-';
	}
	clean[n] = 0;
	jsonw_str(w, clean);
}

void fhir_out_reference(struct jsonw *w, const struct fhir_doc *doc, const char *type, const char *id)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	if (doc && doc->urns)
		fhir_uuid(&b, type, slice_str(id), slice_str(doc->origin));
	else
		buf_printf(&b, "%s/%s", type, id);
	jsonw_kslice(w, "reference", buf_slice(&b));
}

void fhir_out_subject(struct fhir_out *x, const char *key)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	if (!x->p)
		return;
	jsonw_key(x->w, key);
	jsonw_obj(x->w);
	fhir_out_reference(x->w, x->doc, "Patient", x->p->id);
	struct slice name = x->p->demographics ? fhir_name_text(fact_get(x->p->demographics->fact, FF_NAME), &b) : SLICE_NULL;
	if (name.n)
		jsonw_kslice(x->w, "display", name);
	jsonw_obj_end(x->w);
}

static const char *linked(const struct fhir_out *x, uint8_t kind, struct slice ident)
{
	return x->o && x->o->links && x->o->links->id_of ? x->o->links->id_of(x->o->links->arg, kind, ident) : NULL;
}

/* The item that this ident names, by our id where somebody can tell it; else by its number. */
static bool ident_reference(struct fhir_out *x, const char *key, uint8_t kind, const char *type, struct slice ident, bool array)
{
	const char *id = fhir_is_blank(ident) ? NULL : linked(x, kind, ident);
	if (!id && ident_hidden(ident))
		return false;
	jsonw_key(x->w, key);
	if (array)
		jsonw_arr(x->w);
	jsonw_obj(x->w);
	if (id)
		fhir_out_reference(x->w, x->doc, type, id);
	else
		jsonw_kstr(x->w, "type", type);
	if (!ident_hidden(ident)) {
		jsonw_key(x->w, "identifier");
		fhir_out_ident(x->w, ident);
	}
	jsonw_obj_end(x->w);
	if (array)
		jsonw_arr_end(x->w);
	return true;
}

bool fhir_out_encounter(struct fhir_out *x, const char *key)
{
	return ident_reference(x, key, FACT_VISIT, "Encounter", fhir_value(x->t, FF_VISIT), false);
}

bool fhir_out_request_ref(struct fhir_out *x, const char *key, uint8_t kind, const char *type, bool array)
{
	return ident_reference(x, key, kind, type, fhir_value(x->t, FF_GROUP), array);
}

/* ---- the head of every resource ---- */

static void tag(struct jsonw *w, const char *system, const char *code, const char *display)
{
	jsonw_obj(w);
	jsonw_kstr(w, "system", system);
	jsonw_kstr(w, "code", code);
	jsonw_kstr(w, "display", display);
	jsonw_obj_end(w);
}

static void tags(struct fhir_out *x)
{
	static const struct {
		const char *code, *display;
	} origins[] = {[FACT_FED] = {"fed", "Fed by a source system"}, [FACT_CAPTURED] = {"captured", "Captured during downtime"}, [FACT_RESTORED] = {"restored", "Restored"}, [FACT_PARTNER] = {"partner", "From a partner"}},
	  states[] = {[FACT_CURRENT] = {"current", "Current"}, [FACT_REPLACED] = {"replaced", "Replaced: history"}, [FACT_DELETED] = {"deleted", "Deleted by its sender: history"}, [FACT_IN_ERROR] = {"in-error", "Entered in error"}};
	jsonw_key(x->w, "tag");
	jsonw_arr(x->w);
	tag(x->w, "urn:holdfast:origin", origins[x->it->origin].code, origins[x->it->origin].display);
	if (x->it->state != FACT_CURRENT)
		tag(x->w, "urn:holdfast:state", states[x->it->state].code, states[x->it->state].display);
	if (x->it->incomplete)
		tag(x->w, "urn:holdfast:state", "incomplete", "Part of the message could not be read");
	if (x->it->captured || x->it->captured_differs) /* what was captured here and came back in the EHR's feed */
		tag(x->w, "urn:holdfast:captured", x->it->captured_differs ? "differs" : "first", x->it->captured_differs ? "Differs from what was captured here" : "Captured here first");
	jsonw_arr_end(x->w);
}

static void security(struct fhir_out *x)
{
	if (fhir_is_blank(fhir_value(x->t, FF_PROTECTED)))
		return;
	jsonw_key(x->w, "security");
	jsonw_arr(x->w);
	tag(x->w, "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "R", "restricted");
	jsonw_arr_end(x->w);
}

void fhir_out_head(struct fhir_out *x, const char *type)
{
	struct jsonw *w = x->w;
	jsonw_kstr(w, "resourceType", type);
	if (!x->it)
		return;
	if (x->it->id[0]) {
		jsonw_key(w, "id");
		fhir_out_id(w, x->it->id);
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 16384);
	char number[32], time[32];
	jsonw_key(w, "meta");
	jsonw_obj(w);
	if (!fhir_is_blank(x->it->source_time)) {
		jsonw_key(w, "extension");
		jsonw_arr(w);
		jsonw_obj(w);
		jsonw_kstr(w, "url", "urn:holdfast:fhir:source-time");
		jsonw_kslice(w, "valueString", x->it->source_time);
		jsonw_obj_end(w);
		jsonw_arr_end(w);
	}
	snprintf(number, sizeof number, "%llu", (unsigned long long)x->it->entry);
	jsonw_kstr(w, "versionId", number);
	if (x->it->received)
		jsonw_kstr(w, "lastUpdated", time_rfc3339(x->it->received, 3, time));
	if (x->it->feed.n)
		fhir_urn(&b, "urn:holdfast:feed:", x->it->feed);
	buf_printf(&b, "#%s", number);
	jsonw_kslice(w, "source", buf_slice(&b));
	security(x);
	tags(x);
	jsonw_obj_end(w);
}

/* ---- stable names ---- */

void fhir_uuid(struct buf *out, const char *salt, struct slice a, struct slice c)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_printf(&b, "%s|", salt);
	buf_add_slice(&b, a);
	buf_u8(&b, '|');
	buf_add_slice(&b, c);
	char hex[33];
	fhir_content_hash(buf_slice(&b), hex);
	hex[12] = '8'; /* RFC 9562: version 8, our own way to make it; variant 10 */
	hex[16] = "89ab"[(hex[16] >= 'a' ? hex[16] - 'a' + 10 : hex[16] - '0') & 3];
	buf_printf(out, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}
