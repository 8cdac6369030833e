/* What every v2 message that we write begins with: MSH, PID, PV1, and how a value becomes a field. Versions 2.3.1, 2.4, 2.5 and 2.5.1, whose segments differ at their ends alone.
 *
 *   MSH  3-6 as given   7   8   9 code^event^structure (2.3.1: code^event)   10 as given   11 P, or T of a drill   12 the version   18 UNICODE UTF-8
 *   PID  3  every identifier with its assigner (HD: namespace, or &universal id&type) and type   5 every name as the chart has it   7 birth   8 sex
 *   PV1  2  class   3 where   19 visit number; left out where no visit is known */
#include "hl7_internal.h"

#define IDENTS_MAX 20
#define FRACTION 4 /* digits of a second that a TS has */

/* Text, escaped (2.7): delimiters, line ends as \.br\, other control characters not at all. FACT_NULL says nothing here: we do not delete what the receiver has. */
void hl7_put_text(struct buf *b, struct slice s)
{
	if (slice_eq_str(s, FACT_NULL))
		return;
	for (size_t i = 0; i < s.n; i++) {
		static const char marks[] = "|^~\\&", names[] = "FSRET";
		uint8_t c = s.p[i];
		const char *mark = c ? memchr(marks, c, sizeof marks - 1) : NULL;
		if (mark)
			buf_printf(b, "\\%c\\", names[mark - marks]);
		else if (c == '\n')
			buf_str(b, "\\.br\\");
		else if (c == '\t')
			buf_u8(b, ' ');
		else if (c >= 0x20 && c != 0x7f)
			buf_u8(b, c);
	}
}

/* ISO text of any precision as DTM: 2026-11-22T03:12:05.250+01:00 -> 20261122031205.250+0100 */
void hl7_put_time(struct buf *b, struct slice s)
{
	size_t fraction = 0;
	if (slice_eq_str(s, FACT_NULL))
		return;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool zone = i > 10 && (c == '+' || c == '-');
		if (c == 'Z' && i > 10) {
			buf_str(b, "+0000");
		} else if (zone || c == '.') {
			fraction = c == '.';
			buf_u8(b, c);
		} else if (c >= '0' && c <= '9') {
			if (!fraction || fraction++ <= FRACTION)
				buf_u8(b, c);
		}
	}
}

void hl7_put_moment(struct buf *b, int64_t t)
{
	char rfc[32];
	if (t)
		hl7_put_time(b, slice_str(time_rfc3339(t, 0, rfc)));
}

/* HD in subcomponents. */
static void assigner(struct buf *b, struct slice a)
{
	bool oid = slice_starts(a, "urn:oid:"), uuid = slice_starts(a, "urn:uuid:");
	if (oid || uuid) {
		size_t at = oid ? 8 : 9;
		buf_u8(b, '&');
		hl7_put_text(b, slice_of(a.p + at, a.n - at));
		buf_str(b, oid ? "&ISO" : "&UUID");
	} else if (a.n && (memchr(a.p, ':', a.n) && memchr(a.p, '/', a.n))) {
		buf_u8(b, '&');
		hl7_put_text(b, a);
		buf_str(b, "&URI");
	} else {
		hl7_put_text(b, a);
	}
}

void hl7_put_ident(struct buf *b, struct slice value, struct slice by, struct slice type)
{
	hl7_put_text(b, value);
	if (!by.n && !type.n)
		return;
	buf_str(b, "^^^");
	assigner(b, by);
	if (type.n) {
		buf_u8(b, '^');
		hl7_put_text(b, type);
	}
}

/* ---- the patient ---- */

static void identifiers(struct buf *b, const struct fact_ident *v, size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count && n < IDENTS_MAX; i++) {
		const struct fact_ident *x = &v[i];
		if (!x->value.n || (i && slice_starts(x->assigner, "urn:fhir:"))) /* a name that some FHIR server has for its record: nobody else's business */
			continue;
		if (n++)
			buf_u8(b, '~');
		hl7_put_ident(b, x->value, x->assigner, x->type);
	}
}

static const char *name_type(struct slice use)
{
	static const char *const uses[][2] = {{"official", "L"}, {"usual", "D"}, {"maiden", "M"}, {"nickname", "N"}, {"anonymous", "S"}, {"old", "C"}, {"temp", "TEMP"}};
	for (size_t i = 0; i < ARRAY_LEN(uses); i++)
		if (slice_eq_str(use, uses[i][0]))
			return uses[i][1];
	return "";
}

static void names(struct buf *b, const struct fact *p)
{
	static const int order[] = {FN_FAMILY, FN_GIVEN, FN_MIDDLE, FN_SUFFIX, FN_PREFIX};
	for (size_t i = 0, n = p ? fact_count(p, FF_NAME) : 0; i < n; i++) {
		struct slice name = fact_nth(p, FF_NAME, i);
		if (i)
			buf_u8(b, '~');
		for (size_t k = 0; k < ARRAY_LEN(order); k++) {
			if (k)
				buf_u8(b, '^');
			hl7_put_text(b, fact_part(name, (unsigned)order[k]));
		}
		buf_printf(b, "^^%s", name_type(fact_part(name, FN_USE)));
		if (fact_part(name, FN_SCRIPT).n) {
			buf_u8(b, '^');
			hl7_put_text(b, fact_part(name, FN_SCRIPT));
		}
	}
}

static const char *sex(const struct fact *p)
{
	struct slice s = p ? fact_get(p, FF_SEX) : SLICE_NULL;
	return slice_eq_str(s, "male") ? "M" : slice_eq_str(s, "female") ? "F" : slice_eq_str(s, "other") ? "O" : slice_eq_str(s, "unknown") ? "U" : "";
}

void hl7_put_patient(struct buf *b, const struct fact_ident *idents, size_t count, const struct fact *patient)
{
	buf_str(b, "PID|1||");
	identifiers(b, idents, count);
	buf_str(b, "||");
	names(b, patient);
	buf_str(b, "||");
	if (patient)
		hl7_put_time(b, fact_get(patient, FF_BIRTH));
	buf_printf(b, "|%s", sex(patient));
}

const char *hl7_class_code(struct slice s)
{
	static const char *const classes[][2] = {{"inpatient", "I"}, {"outpatient", "O"}, {"emergency", "E"}, {"preadmit", "P"}, {"recurring", "R"}, {"obstetrics", "B"}};
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (slice_eq_str(s, classes[i][0]))
			return classes[i][1];
	return "U"; /* PV1-2 is required (3.4.3.2) */
}

void hl7_put_visit(struct buf *b, const struct fact *v)
{
	static const int parts[] = {FL_UNIT, FL_ROOM, FL_BED, FL_FACILITY};
	if (!v)
		return;
	struct slice place = fact_get(v, FF_LOCATION), number = fact_get(v, FF_VISIT);
	buf_printf(b, "PV1|1|%s|", hl7_class_code(fact_get(v, FF_CLASS)));
	for (size_t i = 0; i < ARRAY_LEN(parts) && place.n && !fact_is_null(place); i++) {
		if (i)
			buf_u8(b, '^');
		hl7_put_text(b, fact_part(place, (unsigned)parts[i]));
	}
	if (number.n && !fact_is_null(number)) {
		buf_str(b, "||||||||||||||||");
		hl7_put_ident(b, fact_part(number, FI_VALUE), fact_part(number, FI_ASSIGNER), fact_part(number, FI_TYPE));
	}
	buf_u8(b, '\r');
}

/* ---- MSH ---- */

bool hl7_writes_version(const char *version)
{
	static const char *const versions[] = {"2.3.1", "2.4", "2.5", "2.5.1"};
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		if (!strcmp(version, versions[i]))
			return true;
	return false;
}

static bool control_id_ok(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || memchr("|^~\\&", s.p[i], 5))
			return false;
	return s.n && s.n <= HL7_CONTROL_ID_MAX;
}

int hl7_put_head(struct buf *b, const struct hl7_head *h, const char *code, const char *event, const char *structure, struct err *e)
{
	const struct slice who[] = {h->sending_app, h->sending_fac, h->receiving_app, h->receiving_fac};
	if (!hl7_writes_version(h->version))
		return err_set(e, ERR_USAGE, NULL, "messages are written as HL7 2.3.1, 2.4, 2.5 or 2.5.1");
	if (!control_id_ok(h->control_id))
		return err_set(e, ERR_INPUT, NULL, "a control id has 1 to %d visible characters and no delimiter", HL7_CONTROL_ID_MAX);
	buf_str(b, "MSH|^~\\&");
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		buf_u8(b, '|');
		hl7_put_text(b, who[i]);
	}
	buf_u8(b, '|');
	hl7_put_moment(b, h->time);
	buf_printf(b, "||%s^%s", code, event);
	if (strcmp(h->version, "2.3.1"))
		buf_printf(b, "^%s", structure);
	buf_printf(b, "|%.*s|%c|%s||||||UNICODE UTF-8\r", SLICE_FMT(h->control_id), h->training ? 'T' : 'P', h->version);
	return 0;
}
