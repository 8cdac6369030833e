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

const char *hl7_result_code(enum hl7_result r)
{
	static const char *const codes[] = {[HL7_RESULT_PRELIMINARY] = "P", [HL7_RESULT_FINAL] = "F", [HL7_RESULT_CORRECTED] = "C", [HL7_RESULT_WITHDRAWN] = "X"};
	return codes[r];
}

static const char *observed(enum hl7_result r)
{
	return r == HL7_RESULT_WITHDRAWN ? "W" : hl7_result_code(r);
}

static void bar(struct buf *b, int n)
{
	while (n-- > 0)
		buf_u8(b, '|');
}

/* ---- the order ---- */

static void numbers(struct buf *b, const struct hl7_oru *o)
{
	struct slice placer = fact_get(o->ecg, FF_PLACER);
	if (placer.n && !fact_is_null(placer)) {
		hl7_put_text(b, fact_part(placer, FI_VALUE));
		if (fact_part(placer, FI_ASSIGNER).n) { /* EI: its namespace is a component of its own */
			buf_u8(b, '^');
			hl7_put_text(b, fact_part(placer, FI_ASSIGNER));
		}
	}
	buf_u8(b, '|');
	hl7_put_text(b, o->filler);
	if (o->filler_ns.n) {
		buf_u8(b, '^');
		hl7_put_text(b, o->filler_ns);
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
	hl7_put_time(b, fact_get(o->ecg, FF_TIME));
	bar(b, 15);
	hl7_put_moment(b, o->signed_at);
	buf_printf(b, "||EC|%s", hl7_result_code(o->status));
	if (o->signer.n) {
		bar(b, 7);
		hl7_put_text(b, o->signer); /* NDL.1 is a CNN in subcomponents: its first, the id, is what we know */
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
		hl7_put_text(w->b, unit);
		buf_str(w->b, "^^UCUM");
	}
	buf_printf(w->b, "|||||%s", observed(w->o->status));
	if (w->o->signed_at || w->o->signer.n) {
		bar(w->b, 3);
		hl7_put_moment(w->b, w->o->signed_at);
		if (w->o->signer.n) {
			bar(w->b, 2);
			hl7_put_text(w->b, w->o->signer);
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
	hl7_put_text(w->b, fact_part(code, FC_CODE));
	buf_u8(w->b, '^');
	hl7_put_text(w->b, fact_part(code, FC_DISPLAY));
	buf_u8(w->b, '^');
	hl7_put_text(w->b, fact_part(code, FC_SYSTEM));
	buf_str(w->b, "||");
	hl7_put_text(w->b, value);
	end(w, unit);
}

static void statement(struct writing *w, struct slice said, unsigned number)
{
	begin(w, "TX");
	buf_printf(w->b, "18844-1^EKG impression^LN|%u|", number);
	hl7_put_text(w->b, said);
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
		hl7_put_text(b, fact_nth(ecg, FF_TEXT, i));
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

int hl7_oru_write(const struct hl7_oru *o, struct buf *ret, struct err *e)
{
	const struct hl7_head h = {.version = o->version, .sending_app = o->sending_app, .sending_fac = o->sending_fac, .receiving_app = o->receiving_app, .receiving_fac = o->receiving_fac, .control_id = o->control_id, .time = o->time};
	if (!o->ident_count || !o->idents[0].value.n)
		return err_set(e, ERR_INPUT, NULL, "the patient has no identifier that the receiver could know");
	assert(o->status != HL7_RESULT_FINAL || o->signer.n); /* unconfirmed is never final */
	assert(o->status != HL7_RESULT_CORRECTED || o->signer.n);
	int r = hl7_put_head(ret, &h, "ORU", "R01", "ORU_R01", e);
	if (r < 0)
		return r;
	hl7_put_patient(ret, o->idents, o->ident_count, o->patient);
	buf_u8(ret, '\r');
	hl7_put_visit(ret, o->visit);
	put_order(ret, o);
	put_observations(ret, o);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the message would be larger than may be sent");
}
