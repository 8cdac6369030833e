/* The message that takes a captured item back into the EHR. What each family says stands in its file:
 *
 *   registration admit transfer discharge cancel   ADT A04 or A01 (inpatient), A01, A02, A03, A11 A12 A13        backload_adt.c
 *   merge                                          ADT A40                                                      backload_adt.c
 *   allergy                                        ADT A60 (2.4 and later)                                      backload_adt.c
 *   given held                                     RAS O17 (2.3.1: O01)                                         backload_pharmacy.c
 *   order of medication                            RDE O11 (2.3.1: O01)                                         backload_pharmacy.c
 *   order of anything else                         OMG O19 (2.3.1: ORM O01)                                     backload_order.c
 *   vitals result specimen                         ORU R01                                                      backload_result.c
 *   note sheet                                     MDM T02, T10 as a correction, T11 as a withdrawal            backload_document.c
 *                                                  or, for a receiver that takes no documents, ORU R01          backload_result.c
 *
 * What is known of when and who has a field of its own: EVN-2, ORC-9, RXA-22, TXA-7 when it was written down; EVN-6, RXA-3, OBR-7, OBX-14, TXA-4 when it happened; EVN-5, ORC-10, TXA-11 who wrote it; ORC-12, RXA-10, OBX-16, TXA-9
 * who ordered it or did it. How it came to be written down (in downtime, by whom for whom, from which sheet) is said in words, too, for the people who read it there.
 *
 * Our number stands in ORC-2 and OBR-2, TXA-12, IAM-7, PV1-50. A correction of what was filed goes out under the number of what it corrects, with the control code or the status that says so; so does a withdrawal. An administration names
 * its order in ORC-3 and as parent in ORC-8: a pharmacy that looks for it by either finds it. */
#include "backload_internal.h"

/* ---- fields ---- */

void bl_segment(struct bl *w, const char *id)
{
	buf_str(w->b, id);
	w->at = 0;
}

void bl_to(struct bl *w, unsigned field)
{
	assert(field >= w->at);
	for (; w->at < field; w->at++)
		buf_u8(w->b, '|');
}

void bl_end(struct bl *w)
{
	buf_u8(w->b, '\r');
}

void bl_field(struct bl *w, unsigned field, struct slice text)
{
	if (!text.n)
		return;
	bl_to(w, field);
	hl7_put_text(w->b, text);
}

/* ---- values ---- */

struct slice bl_value(const struct bl *w, const char *name)
{
	return slice_trim(json_text(w->c->values, name));
}

bool bl_yes(const struct bl *w, const char *name)
{
	const struct json_node *n = json_get(w->c->values, name);
	return n && (n->type == JSON_TRUE || (n->type == JSON_STR && slice_eq_nocase(n->value, "true")));
}

bool bl_is(struct slice s, const char *const *words)
{
	for (; *words; words++)
		if (slice_eq_nocase(s, *words))
			return true;
	return false;
}

static bool has_zone(struct slice iso)
{
	for (size_t i = 11; i < iso.n; i++)
		if (iso.p[i] == 'Z' || iso.p[i] == '+' || iso.p[i] == '-')
			return true;
	return false;
}

void bl_time(struct bl *w, struct slice iso)
{
	int z = w->m->zone_minutes, of = z < 0 ? -z : z;
	hl7_put_time(w->b, iso);
	if (iso.n > 11 && !has_zone(iso))
		buf_printf(w->b, "%c%02d%02d", z < 0 ? '-' : '+', of / 60, of % 60);
}

void bl_occurred(struct bl *w)
{
	bl_time(w, w->c->occurred);
}

void bl_recorded(struct bl *w)
{
	if (w->c->recorded.n)
		bl_time(w, w->c->recorded);
	else
		hl7_put_moment(w->b, w->m->received);
}

void bl_number(struct bl *w, struct slice number)
{
	hl7_put_text(w->b, number);
	buf_u8(w->b, '^');
	hl7_put_text(w->b, w->m->sending_app);
}

/* Table 0396 has short names for what others say as a URI. */
static struct slice system_name(struct slice s)
{
	static const char *const names[][2] = {{"http://loinc.org", "LN"}, {"loinc", "LN"}, {"http://snomed.info/sct", "SCT"}, {"snomed", "SCT"}, {"http://www.nlm.nih.gov/research/umls/rxnorm", "RXNORM"}, {"rxnorm", "RXNORM"},
		{"http://www.whocc.no/atc", "ATC"}, {"http://hl7.org/fhir/sid/icd-10", "I10"}, {"http://hl7.org/fhir/sid/ndc", "NDC"}, {"http://hl7.org/fhir/sid/cvx", "CVX"}};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq_nocase(s, names[i][0]))
			return slice_str(names[i][1]);
	return s;
}

void bl_coded(struct bl *w, struct slice code, struct slice text, struct slice system)
{
	hl7_put_text(w->b, code);
	if (!text.n && !system.n)
		return;
	buf_u8(w->b, '^');
	hl7_put_text(w->b, text);
	if (code.n && system.n) {
		buf_u8(w->b, '^');
		hl7_put_text(w->b, system_name(system));
	}
}

void bl_person(struct bl *w, struct slice who)
{
	bool name = memchr(who.p ? who.p : (const uint8_t *)"", ' ', who.n) != NULL;
	for (size_t i = 0; i < who.n; i++)
		name = name || who.p[i] >= 0x80;
	if (name)
		buf_u8(w->b, '^'); /* XCN.2: nobody's id */
	hl7_put_text(w->b, who);
}

void bl_place(struct bl *w, struct slice bed)
{
	struct slice rest = bed;
	if (bed.n && !memchr(bed.p, '^', bed.n)) { /* a bed alone is one of the item's unit */
		hl7_put_text(w->b, w->c->unit);
		buf_str(w->b, "^^");
	}
	for (unsigned i = 0; rest.n && i < 4; i++) {
		if (i)
			buf_u8(w->b, '^');
		hl7_put_text(w->b, slice_cut(rest, '^', &rest));
	}
}

struct slice bl_doer(const struct bl *w)
{
	return w->c->on_behalf_of.n ? w->c->on_behalf_of : w->c->by;
}

/* ---- segments that several have ---- */

int bl_head(struct bl *w, const char *code, const char *event, const char *structure, struct err *e)
{
	const struct backload_message *m = w->m;
	const struct hl7_head h = {.version = m->version, .sending_app = m->sending_app, .sending_fac = m->sending_fac, .receiving_app = m->receiving_app, .receiving_fac = m->receiving_fac, .control_id = m->control_id, .time = m->time, .training = m->training};
	return hl7_put_head(w->b, &h, code, event, structure, e);
}

/* EVN: 1 event (kept for those who still look there), 2 recorded, 5 who entered it, and for whom, 6 occurred */
void bl_event(struct bl *w, const char *event)
{
	bl_segment(w, "EVN");
	bl_field(w, 1, slice_str(event));
	bl_to(w, 2);
	bl_recorded(w);
	bl_to(w, 5);
	bl_person(w, w->c->by);
	if (w->c->on_behalf_of.n && !w->old) { /* 2.3.1 has one */
		buf_u8(w->b, '~');
		bl_person(w, w->c->on_behalf_of);
	}
	bl_to(w, 6);
	bl_occurred(w);
	bl_end(w);
}

void bl_patient(struct bl *w)
{
	hl7_put_patient(w->b, w->m->idents, w->m->ident_count, w->m->patient);
	buf_u8(w->b, '\r');
}

/* Which visit, and not where: where the patient lies now is not where he lay then, and a receiver may move him by it. PV1-2 is required (3.4.3.2). */
void bl_visit(struct bl *w, bool needed)
{
	const struct fact *v = w->m->visit;
	struct slice number = v ? fact_get(v, FF_VISIT) : SLICE_NULL;
	bool numbered = number.n && !fact_is_null(number);
	if (!numbered && !needed)
		return;
	bl_segment(w, "PV1");
	bl_field(w, 1, SLICE("1"));
	bl_field(w, 2, slice_str(hl7_class_code(v ? fact_get(v, FF_CLASS) : SLICE_NULL)));
	if (numbered) {
		bl_to(w, 19);
		hl7_put_ident(w->b, fact_part(number, FI_VALUE), fact_part(number, FI_ASSIGNER), fact_part(number, FI_TYPE));
	}
	bl_end(w);
}

struct slice bl_placed(const struct bl *w)
{
	struct slice by = bl_value(w, "orderedBy");
	return by.n ? by : bl_doer(w);
}

/* ORC: 1 control, 2 placer, 3 filler, 4 group, 5 status, 7 when (until 2.4), 8 parent, 9 entered at, 10 entered by, 12 ordered by, 15 effective, 16 why, 30 how it was ordered (from 2.5 on) */
void bl_orc(struct bl *w, const struct bl_orc *o)
{
	bl_segment(w, "ORC");
	bl_field(w, 1, slice_str(o->control));
	bl_to(w, 2);
	bl_number(w, o->placer);
	bl_field(w, 3, o->filler);
	if (o->group.n) {
		bl_to(w, 4);
		bl_number(w, o->group);
	}
	bl_field(w, 5, slice_str(o->status));
	if (o->timing && !w->tq1) {
		bl_to(w, 7);
		bl_timing(w, false);
	}
	bl_field(w, 8, o->parent); /* EIP.1: whether the placer's or the filler's is not said */
	bl_to(w, 9);
	bl_recorded(w);
	bl_to(w, 10);
	bl_person(w, w->c->by);
	if (o->ordered_by.n) {
		bl_to(w, 12);
		bl_person(w, o->ordered_by);
	}
	struct slice start = o->timing ? bl_value(w, "start") : SLICE_NULL;
	bl_to(w, 15); /* of an order: from when on */
	if (start.n)
		bl_time(w, start);
	else
		bl_occurred(w);
	if (w->c->reason.n) {
		bl_to(w, 16);
		buf_u8(w->b, '^');
		hl7_put_text(w->b, w->c->reason);
	}
	if (w->tq1 && o->mode)
		bl_field(w, 30, slice_str(o->mode));
	bl_end(w);
}

static const char *priority_code(struct slice s)
{
	static const char *const codes[][2] = {{"stat", "S"}, {"asap", "A"}, {"urgent", "U"}, {"routine", "R"}};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (slice_eq_nocase(s, codes[i][0]))
			return codes[i][1];
	return NULL;
}

static void priority(struct bl *w)
{
	struct slice s = bl_value(w, "priority");
	const char *code = priority_code(s);
	hl7_put_text(w->b, code ? slice_str(code) : s);
}

/* TQ1: 3 how often, 7 from, 8 until, 9 priority. TQ: ^how often^^from^until^priority */
void bl_timing(struct bl *w, bool segment)
{
	struct slice often = bl_value(w, "frequency"), start = bl_value(w, "start"), until = bl_value(w, "until");
	char part = segment ? '&' : '^';
	if (segment) {
		bl_segment(w, "TQ1");
		bl_field(w, 1, SLICE("1"));
	} else {
		buf_u8(w->b, '^');
	}
	if (often.n) {
		if (segment)
			bl_to(w, 3);
		if (segment && memchr(often.p, ' ', often.n)) /* words are no code */
			buf_u8(w->b, (uint8_t)part);
		hl7_put_text(w->b, often);
	}
	if (segment)
		bl_to(w, 7);
	else
		buf_str(w->b, "^^");
	bl_time(w, start.n ? start : w->c->occurred);
	if (segment)
		bl_to(w, 8);
	else
		buf_u8(w->b, '^');
	bl_time(w, until);
	if (segment)
		bl_to(w, 9);
	else
		buf_u8(w->b, '^');
	priority(w);
	if (segment)
		bl_end(w);
}

/* ---- how it came to be written down ---- */

static void word(struct buf *b, const char *before, struct slice s)
{
	if (!s.n)
		return;
	buf_str(b, before);
	buf_add_slice(b, s);
}

/* calledBy -> Called by */
static void label(const struct bl *w, struct buf *b, const char *name)
{
	const char *word = backload_label(w->m->lang, name);
	if (word) {
		buf_str(b, word);
		return;
	}
	for (const char *p = name; *p; p++) {
		bool capital = *p >= 'A' && *p <= 'Z';
		if (capital)
			buf_u8(b, ' ');
		buf_u8(b, (uint8_t)(p == name ? *p & ~32 : capital ? *p | 32 : *p));
	}
}

void bl_said(struct bl *w, struct buf *ret, const char *const *more)
{
	const struct capture *c = w->c;
	const char *lang = w->m->lang;
	buf_str(ret, backload_word(lang, BW_WRITTEN_DOWN));
	word(ret, backload_word(lang, BW_BY), c->by);
	word(ret, backload_word(lang, BW_FOR), c->on_behalf_of);
	word(ret, backload_word(lang, BW_UNIT), c->unit);
	word(ret, backload_word(lang, BW_FROM_SHEET), c->sheet);
	word(ret, backload_word(lang, BW_HAPPENED), c->occurred);
	buf_str(ret, backload_word(lang, BW_STOP));
	word(ret, backload_word(lang, BW_REASON), c->reason);
	for (; more && *more; more++) {
		const struct json_node *n = json_get(c->values, *more);
		bool says = bl_yes(w, *more);
		if (!says && (!n || (n->type != JSON_STR && n->type != JSON_NUM) || !n->value.n))
			continue;
		buf_u8(ret, ' ');
		label(w, ret, *more);
		buf_str(ret, ": ");
		buf_add_slice(ret, says ? slice_str(backload_word(lang, BW_YES)) : n->value);
		buf_u8(ret, '.');
	}
	for (const struct json_node *n = c->values->child; n; n = n->next)
		if (n->raw.n) /* of a name that nobody knows: it kept its bytes (capture_read) */
			buf_printf(ret, " %.*s: %.*s.", SLICE_FMT(n->key), SLICE_FMT(n->value));
}

void bl_note(struct bl *w, unsigned set, const char *const *more)
{
	AUTO_BUF struct buf said = {0};
	buf_init(&said, CAPTURE_MAX);
	bl_said(w, &said, more);
	buf_printf(w->b, "NTE|%u||", set);
	hl7_put_text(w->b, buf_slice(&said));
	bl_end(w);
}

/* ---- the message ---- */

static int by_kind(struct bl *w, struct err *e)
{
	switch (w->c->kind) {
	case CAPTURE_REGISTRATION:
	case CAPTURE_ADMIT:
	case CAPTURE_TRANSFER:
	case CAPTURE_DISCHARGE:
	case CAPTURE_CANCEL:
	case CAPTURE_MERGE:
		return bl_adt(w, e);
	case CAPTURE_ALLERGY:
		return bl_allergy(w, e);
	case CAPTURE_GIVEN:
	case CAPTURE_HELD:
		return bl_dose(w, e);
	case CAPTURE_ORDER:
		return capture_owner(w->c) == OWNER_PHARMACY ? bl_medication(w, e) : bl_order(w, e);
	case CAPTURE_VITALS:
		return bl_vitals(w, e);
	case CAPTURE_RESULT:
		return bl_result(w, e);
	case CAPTURE_SPECIMEN:
		return bl_specimen(w, e);
	case CAPTURE_NOTE:
	case CAPTURE_SHEET:
		return bl_document(w, e);
	case CAPTURE_KIND_COUNT:
		break;
	}
	return err_set(e, ERR_NO, NULL, "there is no message for an item of this kind");
}

int backload_message(const struct capture *c, const struct backload_message *m, struct buf *ret, struct err *e)
{
	struct capture as = *c;
	if (c->withdraw && m->of) { /* what is taken back is named by what it said */
		as.values = m->of->values;
		as.occurred = m->of->occurred;
	}
	struct bl w = {.c = &as, .m = m, .b = ret, .old = !strcmp(m->version, "2.3.1"), .tq1 = !strcmp(m->version, "2.5") || !strcmp(m->version, "2.5.1")};
	if (!m->ident_count || !m->idents[0].value.n)
		return err_set(e, ERR_INPUT, NULL, "the patient has no identifier that the receiver could know");
	assert(!c->withdraw || m->corrects); /* what never went out is not taken back */
	int r = by_kind(&w, e);
	if (r < 0)
		return r;
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the message would be larger than may be sent");
}
