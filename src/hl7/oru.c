/* facts -> v2: a recording that was read, as ORU^R01 (v2.5.1 chapter 7.3.1; the segments of 2.3.1 and 2.4 are its beginnings).
 *
 *   MSH  8  9 ORU^R01^ORU_R01 (2.3.1: ORU^R01)  10 as given  11 P  12 the version  18 UNICODE UTF-8
 *   PID  3  every identifier with its assigner (HD: namespace, or &universal id&type) and type   5 every name as the chart has it   7 birth   8 sex
 *   PV1  2  class   3 where   19 visit number; left out where no visit is known
 *   ORC  1 RE   2 placer   3 filler   5 IP (preliminary) CM (final, corrected) CA (withdrawn)
 *   OBR  2 placer   3 filler   4 11524-6 EKG study (LN)   7 recorded   22 signed   24 EC   25 P F C X   32 who signed
 *   OBX  NM a measurement: LOINC, UCUM. What could not be measured has no OBX
 *        TX 18844-1 EKG impression, a statement each, OBX-4 its number
 *        ED 11524-6, the printed report: ^application^pdf^Base64^...
 *        11 P F C, W where it is withdrawn; 14 when it was signed; 16 by whom
 *   NTE  behind the last OBX: the reader's comment and each addendum
 *
 * A withdrawn one has a single OBX that says so, with status W ("post original as wrong, e.g. transmitted for wrong patient", table 0085), and none of the values that were wrong. */
#include "hl7_internal.h"

#include <stdio.h>

#define IDENTS_MAX 20
#define FRACTION 4 /* digits of a second that a TS has */

const char *hl7_result_code(enum hl7_result r)
{
	static const char *const codes[] = {[HL7_RESULT_PRELIMINARY] = "P", [HL7_RESULT_FINAL] = "F", [HL7_RESULT_CORRECTED] = "C", [HL7_RESULT_WITHDRAWN] = "X"};
	return codes[r];
}

static const char *observed(enum hl7_result r)
{
	return r == HL7_RESULT_WITHDRAWN ? "W" : hl7_result_code(r);
}

/* ---- fields ---- */

/* Text, escaped (2.7): delimiters, line ends as \.br\, other control characters not at all. FACT_NULL says nothing here: we do not delete what the receiver has. */
static void text(struct buf *b, struct slice s)
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

static void bar(struct buf *b, int n)
{
	while (n-- > 0)
		buf_u8(b, '|');
}

/* ISO text of any precision as DTM: 2026-11-22T03:12:05.250+01:00 -> 20261122031205.250+0100 */
static void iso(struct buf *b, struct slice s)
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

static void moment(struct buf *b, int64_t t)
{
	char rfc[32];
	if (t)
		iso(b, slice_str(time_rfc3339(t, 0, rfc)));
}

/* HD in subcomponents. */
static void assigner(struct buf *b, struct slice a)
{
	bool oid = slice_starts(a, "urn:oid:"), uuid = slice_starts(a, "urn:uuid:");
	if (oid || uuid) {
		size_t at = oid ? 8 : 9;
		buf_u8(b, '&');
		text(b, slice_of(a.p + at, a.n - at));
		buf_str(b, oid ? "&ISO" : "&UUID");
	} else if (a.n && (memchr(a.p, ':', a.n) && memchr(a.p, '/', a.n))) {
		buf_u8(b, '&');
		text(b, a);
		buf_str(b, "&URI");
	} else {
		text(b, a);
	}
}

static void ident(struct buf *b, struct slice value, struct slice by, struct slice type)
{
	text(b, value);
	if (!by.n && !type.n)
		return;
	buf_str(b, "^^^");
	assigner(b, by);
	if (type.n) {
		buf_u8(b, '^');
		text(b, type);
	}
}

/* ---- the patient ---- */

static void identifiers(struct buf *b, const struct hl7_oru *o)
{
	size_t n = 0;
	for (size_t i = 0; i < o->ident_count && n < IDENTS_MAX; i++) {
		const struct fact_ident *x = &o->idents[i];
		if (!x->value.n || (i && slice_starts(x->assigner, "urn:fhir:"))) /* a name that some FHIR server has for its record: nobody else's business */
			continue;
		if (n++)
			buf_u8(b, '~');
		ident(b, x->value, x->assigner, x->type);
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
			text(b, fact_part(name, (unsigned)order[k]));
		}
		buf_printf(b, "^^%s", name_type(fact_part(name, FN_USE)));
		if (fact_part(name, FN_SCRIPT).n) {
			buf_u8(b, '^');
			text(b, fact_part(name, FN_SCRIPT));
		}
	}
}

static const char *sex(const struct fact *p)
{
	struct slice s = p ? fact_get(p, FF_SEX) : SLICE_NULL;
	return slice_eq_str(s, "male") ? "M" : slice_eq_str(s, "female") ? "F" : slice_eq_str(s, "other") ? "O" : slice_eq_str(s, "unknown") ? "U" : "";
}

static void put_patient(struct buf *b, const struct hl7_oru *o)
{
	buf_str(b, "PID|1||");
	identifiers(b, o);
	bar(b, 2);
	names(b, o->patient);
	bar(b, 2);
	if (o->patient)
		iso(b, fact_get(o->patient, FF_BIRTH));
	buf_printf(b, "|%s\r", sex(o->patient));
}

static const char *class_code(struct slice s)
{
	static const char *const classes[][2] = {{"inpatient", "I"}, {"outpatient", "O"}, {"emergency", "E"}, {"preadmit", "P"}, {"recurring", "R"}, {"obstetrics", "B"}};
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (slice_eq_str(s, classes[i][0]))
			return classes[i][1];
	return "U"; /* PV1-2 is required (3.4.3.2) */
}

static void put_visit(struct buf *b, const struct fact *v)
{
	static const int parts[] = {FL_UNIT, FL_ROOM, FL_BED, FL_FACILITY};
	if (!v)
		return;
	struct slice place = fact_get(v, FF_LOCATION), number = fact_get(v, FF_VISIT);
	buf_printf(b, "PV1|1|%s|", class_code(fact_get(v, FF_CLASS)));
	for (size_t i = 0; i < ARRAY_LEN(parts) && place.n && !fact_is_null(place); i++) {
		if (i)
			buf_u8(b, '^');
		text(b, fact_part(place, (unsigned)parts[i]));
	}
	if (number.n && !fact_is_null(number)) {
		bar(b, 16);
		ident(b, fact_part(number, FI_VALUE), fact_part(number, FI_ASSIGNER), fact_part(number, FI_TYPE));
	}
	buf_u8(b, '\r');
}

/* ---- the order ---- */

static void numbers(struct buf *b, const struct hl7_oru *o)
{
	struct slice placer = fact_get(o->ecg, FF_PLACER);
	if (placer.n && !fact_is_null(placer)) {
		text(b, fact_part(placer, FI_VALUE));
		if (fact_part(placer, FI_ASSIGNER).n) { /* EI: its namespace is a component of its own */
			buf_u8(b, '^');
			text(b, fact_part(placer, FI_ASSIGNER));
		}
	}
	buf_u8(b, '|');
	text(b, o->filler);
	if (o->filler_ns.n) {
		buf_u8(b, '^');
		text(b, o->filler_ns);
	}
}

static void put_order(struct buf *b, const struct hl7_oru *o)
{
	static const char *const states[] = {[HL7_RESULT_PRELIMINARY] = "IP", [HL7_RESULT_FINAL] = "CM", [HL7_RESULT_CORRECTED] = "CM", [HL7_RESULT_WITHDRAWN] = "CA"};
	buf_str(b, "ORC|RE|");
	numbers(b, o);
	buf_printf(b, "||%s\rOBR|1|", states[o->status]);
	numbers(b, o);
	buf_str(b, "|11524-6^EKG study^LN|||");
	iso(b, fact_get(o->ecg, FF_TIME));
	bar(b, 15);
	moment(b, o->signed_at);
	buf_printf(b, "||EC|%s", hl7_result_code(o->status));
	if (o->signer.n) {
		bar(b, 7);
		text(b, o->signer); /* NDL.1 is a CNN in subcomponents: its first, the id, is what we know */
	}
	buf_u8(b, '\r');
}

/* ---- observations ---- */

struct writing {
	const struct hl7_oru *o;
	struct buf *b;
	unsigned n;
};

static void begin(struct writing *w, const char *type)
{
	buf_printf(w->b, "OBX|%u|%s|", ++w->n, type);
}

/* after OBX-5: unit, and behind it what each OBX says of itself */
static void end(struct writing *w, struct slice unit)
{
	buf_u8(w->b, '|');
	if (unit.n) {
		text(w->b, unit);
		buf_str(w->b, "^^UCUM");
	}
	buf_printf(w->b, "|||||%s", observed(w->o->status));
	if (w->o->signed_at || w->o->signer.n) {
		bar(w->b, 3);
		moment(w->b, w->o->signed_at);
		if (w->o->signer.n) {
			bar(w->b, 2);
			text(w->b, w->o->signer);
		}
	}
	buf_u8(w->b, '\r');
}

static void measurement(struct writing *w, struct slice component)
{
	struct slice rest, code = slice_cut(component, 0x1d, &rest), value = slice_cut(rest, 0x1d, &rest), unit = slice_cut(rest, 0x1d, &rest);
	if (!num_is_decimal(value))
		return;
	begin(w, "NM");
	text(w->b, fact_part(code, FC_CODE));
	buf_u8(w->b, '^');
	text(w->b, fact_part(code, FC_DISPLAY));
	buf_u8(w->b, '^');
	text(w->b, fact_part(code, FC_SYSTEM));
	buf_str(w->b, "||");
	text(w->b, value);
	end(w, unit);
}

static void statement(struct writing *w, struct slice said, unsigned number)
{
	begin(w, "TX");
	buf_printf(w->b, "18844-1^EKG impression^LN|%u|", number);
	text(w->b, said);
	end(w, SLICE_NULL);
}

static void printed(struct writing *w)
{
	if (!w->o->pdf.n)
		return;
	begin(w, "ED");
	buf_str(w->b, "11524-6^EKG study^LN||^application^pdf^Base64^");
	base64_put(w->b, w->o->pdf);
	end(w, SLICE_NULL);
}

static void notes(struct buf *b, const struct fact *ecg)
{
	for (size_t i = 0, n = fact_count(ecg, FF_TEXT); i < n; i++) {
		buf_printf(b, "NTE|%zu||", i + 1);
		text(b, fact_nth(ecg, FF_TEXT, i));
		buf_u8(b, '\r');
	}
}

static void put_observations(struct buf *b, const struct hl7_oru *o)
{
	struct writing w = {.o = o, .b = b};
	if (o->status == HL7_RESULT_WITHDRAWN) {
		statement(&w, SLICE("Withdrawn: what was sent under this number is not a result of this patient."), 1);
		return;
	}
	for (size_t i = 0, n = o->result ? fact_count(o->result, FF_COMPONENT) : 0; i < n; i++)
		measurement(&w, fact_nth(o->result, FF_COMPONENT, i));
	unsigned number = 0;
	if (o->status == HL7_RESULT_PRELIMINARY)
		statement(&w, SLICE("UNCONFIRMED: stated by a program, read by nobody yet."), ++number);
	for (size_t i = 0, n = fact_count(o->ecg, FF_STATEMENT); i < n; i++)
		statement(&w, fact_part(fact_nth(o->ecg, FF_STATEMENT, i), 1), ++number);
	printed(&w);
	notes(b, o->ecg);
}

/* ---- the message ---- */

static bool control_id_ok(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || memchr("|^~\\&", s.p[i], 5))
			return false;
	return s.n && s.n <= HL7_CONTROL_ID_MAX;
}

static void put_head(struct buf *b, const struct hl7_oru *o)
{
	const struct slice who[] = {o->sending_app, o->sending_fac, o->receiving_app, o->receiving_fac};
	buf_str(b, "MSH|^~\\&");
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		buf_u8(b, '|');
		text(b, who[i]);
	}
	buf_u8(b, '|');
	moment(b, o->time);
	buf_printf(b, "||ORU^R01%s|%.*s|P|%s", strcmp(o->version, "2.3.1") ? "^ORU_R01" : "", SLICE_FMT(o->control_id), o->version);
	bar(b, 6);
	buf_str(b, "UNICODE UTF-8\r");
}

int hl7_oru_write(const struct hl7_oru *o, struct buf *ret, struct err *e)
{
	static const char *const versions[] = {"2.3.1", "2.4", "2.5", "2.5.1"};
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		known = known || !strcmp(o->version, versions[i]);
	if (!known)
		return err_set(e, ERR_USAGE, NULL, "results are written as HL7 2.3.1, 2.4, 2.5 or 2.5.1");
	if (!o->ident_count || !o->idents[0].value.n)
		return err_set(e, ERR_INPUT, NULL, "the patient has no identifier that the receiver could know");
	if (!control_id_ok(o->control_id))
		return err_set(e, ERR_INPUT, NULL, "a control id has 1 to %d visible characters and no delimiter", HL7_CONTROL_ID_MAX);
	assert(o->status != HL7_RESULT_FINAL || o->signer.n); /* unconfirmed is never final */
	assert(o->status != HL7_RESULT_CORRECTED || o->signer.n);
	put_head(ret, o);
	put_patient(ret, o);
	put_visit(ret, o->visit);
	put_order(ret, o);
	put_observations(ret, o);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the message would be larger than may be sent");
}
