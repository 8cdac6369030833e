/* R4 data types -> composites of facts (R4 2.24 datatypes). Text is cleaned (facts_text) and lives in the body or in the facts' arena. */
#include "fhir_internal.h"

/* What stands in the body stays there; what the JSON reader unescaped lives in an arena that will be reset, and is copied. */
struct slice fhir_keep(struct fhir_reader *r, struct slice s)
{
	s = slice_trim(s);
	if (s.n == 0)
		return SLICE_NULL;
	uintptr_t p = (uintptr_t)s.p, from = (uintptr_t)r->text.p;
	if (p < from || p >= from + r->text.n) {
		s = arena_dup(r->f->a, s);
		if (!s.p) {
			r->f->failed = true;
			return SLICE_NULL;
		}
	}
	return facts_text(r->f, s);
}

struct slice fhir_keep_buf(struct fhir_reader *r, const struct buf *b)
{
	struct slice s = slice_trim(buf_slice(b));
	return s.n ? fhir_keep(r, s) : SLICE_NULL;
}

struct slice fhir_text(struct fhir_reader *r, const struct json_node *n)
{
	if (!n)
		return SLICE_NULL;
	switch (n->type) {
	case JSON_STR: return fhir_keep(r, n->value);
	case JSON_NUM: return n->value;
	case JSON_TRUE: return SLICE("true");
	case JSON_FALSE: return SLICE("false");
	default: return SLICE_NULL;
	}
}

struct slice fhir_field(struct fhir_reader *r, const struct json_node *obj, const char *key)
{
	return fhir_text(r, json_get(obj, key));
}

void fhir_put_text(struct fhir_reader *r, struct fact *t, uint8_t field, const struct json_node *n)
{
	EACH(v, n)
		facts_put(r->f, t, field, fhir_text(r, v));
}

/* date, dateTime, instant: as written when it is one. Seconds without a zone occur; they are kept as sent, and the writer says which zone it assumed. */
struct slice fhir_time(struct fhir_reader *r, const struct json_node *n)
{
	if (!n || n->type != JSON_STR)
		return SLICE_NULL;
	char out[48];
	struct slice s = fhir_keep(r, n->value);
	if (s.n && fact_time_fhir(s, out).n)
		return s;
	r->f->problems++;
	return SLICE_NULL;
}

void fhir_put_time(struct fhir_reader *r, struct fact *t, uint8_t field, const struct json_node *n)
{
	facts_put(r->f, t, field, fhir_time(r, n));
}

/* ---- codes ---- */

static bool is_object(const struct json_node *n)
{
	return n && n->type == JSON_OBJ;
}

/* A name that only this house knows goes out as a urn of ours; what was read here and comes back means that name again. */
static struct slice house_name(struct fhir_reader *r, struct slice system, const char *prefix)
{
	size_t skip = strlen(prefix);
	AUTO_BUF struct buf b = {0};
	if (!slice_starts(system, prefix) || system.n == skip)
		return system;
	buf_init(&b, 1 << 16);
	for (size_t i = skip; i < system.n; i++) {
		uint8_t c = system.p[i];
		if (c == '%' && i + 2 < system.n && hex_get(&c, 1, slice_of(system.p + i + 1, 2)) == 0)
			i += 2;
		if (c < ' ' || c == 0x7f) /* never of our making; and some of them have a meaning in composites */
			return system;
		buf_u8(&b, c);
	}
	return buf_ok(&b) && utf8_valid(buf_slice(&b)) ? fhir_keep_buf(r, &b) : system;
}

struct slice fhir_house_name(struct fhir_reader *r, struct slice system)
{
	return house_name(r, system, "urn:holdfast:assigner:");
}

struct slice fhir_code(struct fhir_reader *r, const struct json_node *n)
{
	struct slice part[7] = {0};
	if (!is_object(n)) {
		part[FC_TEXT] = fhir_text(r, n);
		return facts_join(r->f, part, 7);
	}
	const struct json_node *coding = json_get(n, "coding");
	if (!coding && (json_get(n, "code") || json_get(n, "display")))
		coding = n; /* a Coding stands where a CodeableConcept would */
	unsigned at = 0;
	EACH(c, coding) {
		struct slice code = fhir_field(r, c, "code"), display = fhir_field(r, c, "display"), system = house_name(r, fhir_field(r, c, "system"), "urn:holdfast:codesystem:");
		if ((code.n == 0 && display.n == 0) || at == 2)
			continue;
		part[at * 3 + FC_CODE] = code;
		part[at * 3 + FC_DISPLAY] = display;
		part[at * 3 + FC_SYSTEM] = system;
		at++;
	}
	part[FC_TEXT] = fhir_field(r, n, "text");
	if (slice_eq(part[FC_TEXT], part[FC_DISPLAY]))
		part[FC_TEXT] = SLICE_NULL;
	return facts_join(r->f, part, 7);
}

void fhir_put_code(struct fhir_reader *r, struct fact *t, uint8_t field, const struct json_node *n)
{
	EACH(c, n)
		facts_put(r->f, t, field, fhir_code(r, c));
}

struct slice fhir_shown(struct slice code)
{
	static const uint8_t order[] = {FC_TEXT, FC_DISPLAY, FC_ALT_DISPLAY, FC_CODE, FC_ALT_CODE};
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		struct slice s = fact_part(code, order[i]);
		if (!fhir_is_blank(s))
			return s;
	}
	return SLICE_NULL;
}

struct slice fhir_code_text(struct fhir_reader *r, const struct json_node *n)
{
	return fhir_shown(fhir_code(r, fhir_first(n)));
}

struct slice fhir_raw_code(const struct json_node *n)
{
	n = fhir_first(n);
	if (!is_object(n))
		return n && n->type == JSON_STR ? slice_trim(n->value) : SLICE_NULL;
	EACH(c, json_get(n, "coding"))
		if (json_text(c, "code").n)
			return slice_trim(json_text(c, "code"));
	return slice_trim(json_text(n, json_get(n, "code") ? "code" : "text"));
}

bool fhir_contains(struct slice s, const char *part)
{
	return s.n > 0 && memmem(s.p, s.n, part, strlen(part)) != NULL;
}

bool fhir_has_code(const struct json_node *concepts, const char *system_part, const char *code)
{
	EACH(n, concepts)
		EACH(c, json_get(n, "coding"))
			if (slice_eq_str(json_text(c, "code"), code) && (!system_part || (fhir_contains(json_text(c, "system"), system_part))))
				return true;
	return false;
}

const struct json_node *fhir_extension(const struct json_node *obj, const char *url_end)
{
	size_t n = strlen(url_end);
	EACH(x, json_get(obj, "extension")) {
		struct slice url = json_text(x, "url");
		if (url.n >= n && memcmp(url.p + url.n - n, url_end, n) == 0)
			return x;
	}
	return NULL;
}

/* ---- identifiers ---- */

/* What has no system is known to the feed alone, and so is a system that is no name at all. */
bool fhir_identifier_parts(struct fhir_reader *r, const struct json_node *n, struct fact_ident *ret)
{
	*ret = (struct fact_ident){.value = fhir_field(r, n, "value"), .assigner = fhir_house_name(r, fhir_field(r, n, "system")), .type = fhir_keep(r, fhir_raw_code(json_get(n, "type")))};
	if (ret->value.n == 0)
		return false;
	if (ret->assigner.n == 0)
		ret->assigner = r->feed_assigner;
	return true;
}

struct slice fhir_identifier(struct fhir_reader *r, const struct json_node *n)
{
	struct fact_ident id;
	if (!fhir_identifier_parts(r, n, &id))
		return SLICE_NULL;
	return facts_join(r->f, (const struct slice[]){id.value, id.assigner, id.type}, 3);
}

/* ---- names, addresses, telecoms ---- */

/* All values of a list of strings from the nth on, with sep between. */
static struct slice joined(struct fhir_reader *r, const struct json_node *list, unsigned from, const char *sep)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	unsigned i = 0;
	EACH(v, list) {
		struct slice s = fhir_text(r, v);
		if (i++ < from || s.n == 0)
			continue;
		if (b.n)
			buf_str(&b, sep);
		buf_add_slice(&b, s);
	}
	if (!buf_ok(&b))
		r->f->problems++;
	return fhir_keep_buf(r, &b);
}

static struct slice first_text(struct fhir_reader *r, const struct json_node *list)
{
	return fhir_text(r, fhir_first(list));
}

struct slice fhir_name(struct fhir_reader *r, const struct json_node *n)
{
	static const struct fhir_pair scripts[] = {{"IDE", "I"}, {"SYL", "P"}, {"ABC", "A"}};
	if (!is_object(n))
		return SLICE_NULL;
	struct slice part[8] = {
		[FN_FAMILY] = joined(r, json_get(n, "family"), 0, " "), /* DSTU2: a list */
		[FN_GIVEN] = first_text(r, json_get(n, "given")),
		[FN_MIDDLE] = joined(r, json_get(n, "given"), 1, " "),
		[FN_PREFIX] = joined(r, json_get(n, "prefix"), 0, " "),
		[FN_SUFFIX] = joined(r, json_get(n, "suffix"), 0, " "),
		[FN_USE] = fhir_field(r, n, "use"),
		[FN_TEXT] = fhir_field(r, n, "text"),
	};
	const char *script = FHIR_MAP(scripts, json_text(fhir_extension(n, "iso21090-EN-representation"), "valueCode"));
	part[FN_SCRIPT] = slice_str(script);
	if (part[FN_FAMILY].n == 0 && part[FN_GIVEN].n == 0 && part[FN_TEXT].n == 0)
		return SLICE_NULL;
	return facts_join(r->f, part, 8);
}

struct slice fhir_address(struct fhir_reader *r, const struct json_node *n)
{
	if (!is_object(n))
		return SLICE_NULL;
	AUTO_BUF struct buf second = {0};
	buf_init(&second, 4096);
	buf_add_slice(&second, joined(r, json_get(n, "line"), 1, ", "));
	struct slice district = fhir_field(r, n, "district");
	if (district.n) {
		if (second.n)
			buf_str(&second, ", ");
		buf_add_slice(&second, district);
	}
	struct slice part[8] = {
		[FA_LINE] = first_text(r, json_get(n, "line")),
		[FA_LINE2] = fhir_keep_buf(r, &second),
		[FA_CITY] = fhir_field(r, n, "city"),
		[FA_STATE] = fhir_field(r, n, "state"),
		[FA_POSTAL] = fhir_field(r, n, "postalCode"),
		[FA_COUNTRY] = fhir_field(r, n, "country"),
		[FA_TEXT] = fhir_field(r, n, "text"),
	};
	bool any = false;
	for (unsigned i = 0; i < 8; i++)
		any = any || part[i].n;
	part[FA_USE] = fhir_field(r, n, "use");
	return any ? facts_join(r->f, part, 8) : SLICE_NULL;
}

struct slice fhir_telecom(struct fhir_reader *r, const struct json_node *n)
{
	struct slice value = fhir_field(r, n, "value");
	if (value.n == 0)
		return SLICE_NULL;
	if (slice_starts(value, "tel:"))
		value = slice_of(value.p + 4, value.n - 4);
	else if (slice_starts(value, "mailto:"))
		value = slice_of(value.p + 7, value.n - 7);
	return facts_join(r->f, (const struct slice[]){fhir_field(r, n, "system"), value, fhir_field(r, n, "use")}, 3);
}

/* ---- quantities ---- */

struct slice fhir_unit(struct fhir_reader *r, const struct json_node *q)
{
	struct slice part[3] = {[FC_CODE] = fhir_field(r, q, "code"), [FC_DISPLAY] = fhir_field(r, q, "unit"), [FC_SYSTEM] = fhir_field(r, q, "system")};
	if (part[FC_CODE].n == 0) { /* a unit without a code is its own name */
		part[FC_CODE] = part[FC_DISPLAY];
		part[FC_SYSTEM] = SLICE_NULL;
	}
	return facts_join(r->f, part, 3);
}

static void add_quantity(struct fhir_reader *r, struct buf *b, const struct json_node *q)
{
	struct slice value = fhir_field(r, q, "value"), unit = fhir_field(r, q, "unit");
	if (unit.n == 0)
		unit = fhir_field(r, q, "code");
	buf_add_slice(b, fhir_field(r, q, "comparator"));
	buf_add_slice(b, value);
	if (value.n && unit.n)
		buf_u8(b, ' ');
	buf_add_slice(b, unit);
}

struct slice fhir_quantity_text(struct fhir_reader *r, const struct json_node *q)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	add_quantity(r, &b, q);
	return fhir_keep_buf(r, &b);
}

/* "3.5 - 5.1 mmol/L", ">= 3", "<= 5" */
struct slice fhir_range_text(struct fhir_reader *r, const struct json_node *range)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	const struct json_node *low = json_get(range, "low"), *high = json_get(range, "high");
	struct slice lv = fhir_field(r, low, "value"), hv = fhir_field(r, high, "value");
	if (lv.n && hv.n) {
		buf_add_slice(&b, lv);
		buf_str(&b, " - ");
		add_quantity(r, &b, high);
	} else if (lv.n) {
		buf_str(&b, ">= ");
		add_quantity(r, &b, low);
	} else if (hv.n) {
		buf_str(&b, "<= ");
		add_quantity(r, &b, high);
	}
	return fhir_keep_buf(r, &b);
}

/* "1:128", "5 mg:1 mL"; a denominator of 1 without a unit is a plain quantity. */
struct slice fhir_ratio_text(struct fhir_reader *r, const struct json_node *ratio)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	add_quantity(r, &b, json_get(ratio, "numerator"));
	if (b.n && json_get(ratio, "denominator")) {
		buf_u8(&b, ':');
		add_quantity(r, &b, json_get(ratio, "denominator"));
	}
	return fhir_keep_buf(r, &b);
}

/* ---- times that come in several shapes, notes ---- */

void fhir_put_line(struct fhir_reader *r, struct fact *t, const char *label, struct slice s)
{
	if (s.n == 0)
		return;
	if (s.n > FHIR_NOTE_MAX) {
		s.n = FHIR_NOTE_MAX;
		s.n = utf8_valid_prefix(s);
		r->f->problems++;
	}
	if (!label) {
		facts_put(r->f, t, FF_TEXT, s);
		return;
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FHIR_NOTE_MAX + 256);
	buf_str(&b, label);
	buf_str(&b, ": ");
	buf_add_slice(&b, s);
	facts_put(r->f, t, FF_TEXT, fhir_keep_buf(r, &b));
}

void fhir_put_notes(struct fhir_reader *r, struct fact *t, const struct json_node *notes)
{
	EACH(n, notes)
		fhir_put_line(r, t, NULL, is_object(n) ? fhir_field(r, n, "text") : fhir_text(r, n));
}

static const struct json_node *shaped(const struct json_node *obj, const char *prefix, const char *shape)
{
	char key[64];
	snprintf(key, sizeof key, "%s%s", prefix, shape);
	return json_get(obj, key);
}

void fhir_put_when(struct fhir_reader *r, struct fact *t, uint8_t start, uint8_t end, const struct json_node *obj, const char *prefix)
{
	const struct json_node *n;
	if ((n = shaped(obj, prefix, "DateTime")) || (n = shaped(obj, prefix, "Date")) || (n = shaped(obj, prefix, "Instant")))
		fhir_put_time(r, t, start, n);
	else if ((n = shaped(obj, prefix, "Period"))) {
		fhir_put_time(r, t, start, json_get(n, "start"));
		if (end)
			fhir_put_time(r, t, end, json_get(n, "end"));
	} else if ((n = shaped(obj, prefix, "Timing"))) {
		EACH(event, json_get(n, "event")) {
			fhir_put_time(r, t, start, event);
			break;
		}
	} else if ((n = shaped(obj, prefix, "Age")))
		fhir_put_line(r, t, prefix, fhir_quantity_text(r, n));
	else if ((n = shaped(obj, prefix, "Range")))
		fhir_put_line(r, t, prefix, fhir_range_text(r, n));
	else if ((n = shaped(obj, prefix, "String")))
		fhir_put_line(r, t, prefix, fhir_text(r, n));
}
