/* One message: what it is (MSH, EVN), and the walk over its segments. What each type means stands in the table types[]; what a segment means, in
 * the file of its subject.
 *
 * The walk is one pass, linear in the message whatever its content: looking ahead stops at the next segment of the same kind, and what was taken
 * is skipped. */
#include "facts_internal.h"

/* ---- the list of types ---- */

/* ADT: the visit's action and status (chapter 3.3), and what becomes of identities */
#define ADT(event, action, status) {"ADT", event, FX_ADT, FX_ID_NONE, action, status}
#define WHO(event, identity) {"ADT", event, FX_ADT, identity, NULL, NULL}
#define OF(code, event, family) {code, event, family, FX_ID_NONE, NULL, NULL}
#define SIU(event, action, status) {"SIU", event, FX_SCHEDULE, FX_ID_NONE, action, status}
#define MDM(event, action, status) {"MDM", event, FX_DOCUMENT, FX_ID_NONE, action, status}
static const struct fx_type types[] = { /* sorted: it is searched by halves */
	ADT("A01", "admit", "in-progress"),
	ADT("A02", "transfer", "in-progress"),
	ADT("A03", "discharge", "finished"),
	ADT("A04", "register", "in-progress"),
	ADT("A05", "preadmit", "planned"),
	ADT("A06", "class-change", "in-progress"),
	ADT("A07", "class-change", "in-progress"),
	ADT("A08", "update", NULL),
	ADT("A09", "track-out", NULL),
	ADT("A10", "track-in", NULL),
	ADT("A11", "cancel-admit", "cancelled"),
	ADT("A12", "cancel-transfer", "in-progress"),
	ADT("A13", "cancel-discharge", "in-progress"),
	ADT("A14", "pending-admit", "planned"),
	ADT("A15", "pending-transfer", NULL),
	ADT("A16", "pending-discharge", NULL),
	ADT("A17", "swap", "in-progress"),
	WHO("A18", FX_ID_MERGE),
	OF("ADT", "A20", FX_MASTER),
	ADT("A21", "leave", "onleave"),
	ADT("A22", "return", "in-progress"),
	ADT("A23", "delete", "cancelled"),
	WHO("A24", FX_ID_LINK),
	ADT("A25", "cancel-pending-discharge", NULL),
	ADT("A26", "cancel-pending-transfer", NULL),
	ADT("A27", "cancel-pending-admit", "cancelled"),
	WHO("A28", FX_ID_NONE),
	WHO("A29", FX_ID_DELETE),
	WHO("A30", FX_ID_MERGE),
	WHO("A31", FX_ID_NONE),
	ADT("A32", "cancel-track-in", NULL),
	ADT("A33", "cancel-track-out", NULL),
	WHO("A34", FX_ID_MERGE),
	WHO("A35", FX_ID_CHANGE_ACCOUNT),
	WHO("A36", FX_ID_MERGE),
	WHO("A37", FX_ID_UNLINK),
	ADT("A38", "cancel-preadmit", "cancelled"),
	WHO("A39", FX_ID_MERGE),
	WHO("A40", FX_ID_MERGE),
	WHO("A41", FX_ID_CHANGE_ACCOUNT),
	WHO("A42", FX_ID_CHANGE_VISIT),
	WHO("A43", FX_ID_MOVE_IDS),
	WHO("A44", FX_ID_MOVE_ACCOUNT),
	WHO("A45", FX_ID_MOVE_VISIT),
	WHO("A46", FX_ID_CHANGE_ID),
	WHO("A47", FX_ID_CHANGE_ID),
	WHO("A48", FX_ID_CHANGE_ALT),
	WHO("A49", FX_ID_CHANGE_ACCOUNT),
	WHO("A50", FX_ID_CHANGE_VISIT),
	WHO("A51", FX_ID_CHANGE_ALT_VISIT),
	ADT("A52", "cancel-leave", "in-progress"),
	ADT("A53", "cancel-return", "onleave"),
	ADT("A54", "update", NULL),
	ADT("A55", "update", NULL),
	WHO("A60", FX_ID_NONE),
	ADT("A61", "consult", NULL),
	ADT("A62", "cancel-consult", NULL),
	OF("BAR", "P01", FX_FINANCE), OF("BAR", "P02", FX_FINANCE), OF("BAR", "P05", FX_FINANCE), OF("BAR", "P06", FX_FINANCE),
	OF("BAR", "P10", FX_FINANCE), OF("BAR", "P12", FX_FINANCE),
	OF("DFT", "P03", FX_FINANCE), OF("DFT", "P11", FX_FINANCE),
	MDM("T01", NULL, NULL), MDM("T02", NULL, NULL), MDM("T03", NULL, NULL), MDM("T04", NULL, NULL), MDM("T05", "appends", NULL),
	MDM("T06", "appends", NULL), MDM("T07", NULL, NULL), MDM("T08", NULL, NULL),
	MDM("T09", "replaces", NULL), MDM("T10", "replaces", NULL), MDM("T11", "delete", "entered-in-error"),
	OF("MFN", "M01", FX_MASTER), OF("MFN", "M02", FX_MASTER), OF("MFN", "M05", FX_MASTER),
	OF("OMD", "O03", FX_ORDER), OF("OMG", "O19", FX_ORDER), OF("OMI", "O23", FX_ORDER), OF("OML", "O21", FX_ORDER), OF("OML", "O33", FX_ORDER),
	OF("OML", "O35", FX_ORDER), OF("OMN", "O07", FX_ORDER),
	OF("OMP", "O09", FX_PHARMACY), OF("OMS", "O05", FX_ORDER), OF("ORM", "O01", FX_ORDER),
	OF("ORU", "R01", FX_RESULT), OF("ORU", "R03", FX_RESULT), OF("ORU", "R30", FX_RESULT), OF("ORU", "R31", FX_RESULT), OF("ORU", "R32", FX_RESULT),
	OF("ORU", "R40", FX_RESULT),
	OF("OUL", "R21", FX_RESULT), OF("OUL", "R22", FX_LAB), OF("OUL", "R23", FX_LAB), OF("OUL", "R24", FX_LAB),
	OF("PGL", "PC6", FX_PROBLEM), OF("PGL", "PC7", FX_PROBLEM), OF("PGL", "PC8", FX_PROBLEM), OF("PPR", "PC1", FX_PROBLEM),
	OF("PPR", "PC2", FX_PROBLEM), OF("PPR", "PC3", FX_PROBLEM),
	OF("RAS", "O01", FX_PHARMACY), OF("RAS", "O17", FX_PHARMACY), OF("RDE", "O01", FX_PHARMACY), OF("RDE", "O11", FX_PHARMACY),
	OF("RDE", "O25", FX_PHARMACY), OF("RDS", "O01", FX_PHARMACY), OF("RDS", "O13", FX_PHARMACY),
	OF("RGV", "O01", FX_PHARMACY), OF("RGV", "O15", FX_PHARMACY),
	SIU("S12", NULL, "booked"), SIU("S13", NULL, "booked"), SIU("S14", NULL, "booked"), SIU("S15", NULL, "cancelled"), SIU("S16", NULL, "cancelled"),
	SIU("S17", "delete", "entered-in-error"),
	SIU("S18", NULL, "booked"), SIU("S19", NULL, "booked"), SIU("S20", NULL, "booked"), SIU("S21", NULL, "booked"), SIU("S22", NULL, "booked"),
	SIU("S23", NULL, "booked"), SIU("S24", NULL, "booked"), SIU("S26", NULL, "noshow"),
	OF("VXU", "V04", FX_VACCINE),
};
static const struct fx_type other_type = {"", "", FX_OTHER, FX_ID_NONE, NULL, NULL}, envelope_type = {"", "", FX_NOTHING, FX_ID_NONE, NULL, NULL};

/* What version 2.1 sent without an event, and what is missing since: the event that a message of this code has. */
static const struct fx_word default_events[] = {{"ORU", "R01"}, {"ORM", "O01"}, {"VXU", "V04"}};

static uint64_t key3(const uint8_t *code, const uint8_t *event)
{
	return (uint64_t)SEG(code[0], code[1], code[2]) << 24 | SEG(event[0], event[1], event[2]);
}

static const struct fx_type *find_type(struct slice code, struct slice event)
{
	if (code.n != 3 || event.n != 3)
		return &other_type;
	uint64_t want = key3(code.p, event.p);
	size_t lo = 0, hi = ARRAY_LEN(types);
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		uint64_t key = key3((const uint8_t *)types[mid].code, (const uint8_t *)types[mid].trigger);
		if (key == want)
			return &types[mid];
		if (key < want)
			lo = mid + 1;
		else
			hi = mid;
	}
	return &other_type;
}

/* ---- header ---- */

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* What is in the message: controls other than line ends and tabs, double quotes. One pass, sixteen bytes at a time. */
static void look_through(struct slice s, bool *ret_controls, bool *ret_quotes)
{
	bytes16 controls = {0}, quotes = {0}, v;
	size_t i = 0;
	uint64_t c[2], q[2];
#define LOOK()                                                                                                                         \
	do {                                                                                                                               \
		controls |= (bytes16)((bytes16)((v - 9 > 1) & (v < 0x20) & (v != '\r')) | (v == 0x7f)); /* v - 9 > 1: neither TAB nor LF */      \
		quotes |= (bytes16)(v == '"');                                                                                                 \
	} while (0)
	for (; s.n - i >= 16; i += 16) {
		memcpy(&v, s.p + i, 16);
		LOOK();
	}
	memset(&v, ' ', 16);
	if (s.n > i)
		memcpy(&v, s.p + i, s.n - i);
	LOOK();
#undef LOOK
	memcpy(c, &controls, 16);
	memcpy(q, &quotes, 16);
	*ret_controls = (c[0] | c[1]) != 0;
	*ret_quotes = (q[0] | q[1]) != 0;
}

void fx_init(struct fx *x, const struct hl7_msg *m, struct facts *f)
{
	*x = (struct fx){.m = m, .f = f, .type = &other_type, .comp = m->d.comp ? m->d.comp : -1, .sub = m->d.sub ? m->d.sub : -1, .rep = m->d.rep ? m->d.rep : -1};
	look_through(m->text, &x->controls, &x->quotes);
	/* fields are their own text when nothing in the message is escaped and no control stands in it but the line ends */
	x->clean = m->utf8 && !x->controls;
	x->plain = x->clean && !m->escapes;
	x->end = m->text.p + m->text.n;
}

static struct slice hd_name(struct fx *x, unsigned field)
{
	struct slice raw = fx_field(x, field), name = fx_part(x, fx_comp(x, raw, 1));
	return name.n ? name : fx_part(x, fx_comp(x, raw, 2));
}

/* MSH-3 and MSH-4 joined by "@". */
static struct slice feed_of(struct fx *x)
{
	struct slice app = hd_name(x, 3), facility = hd_name(x, 4);
	if (!facility.n)
		return app;
	uint8_t *to = fx_room(x, app.n + 1 + facility.n);
	if (!to)
		return SLICE_NULL;
	if (app.n)
		memcpy(to, app.p, app.n);
	to[app.n] = '@';
	memcpy(to + app.n + 1, facility.p, facility.n);
	return slice_of(to, app.n + 1 + facility.n);
}

static struct slice type_name(struct fx *x, struct slice code, struct slice event)
{
	if (!event.n)
		return code;
	uint8_t *to = fx_room(x, code.n + 1 + event.n);
	if (!to)
		return SLICE_NULL;
	if (code.n)
		memcpy(to, code.p, code.n);
	to[code.n] = '^';
	memcpy(to + code.n + 1, event.p, event.n);
	return slice_of(to, code.n + 1 + event.n);
}

/* MSH-9: code ^ event ^ structure. The event may be missing: then EVN-1 has it, or the structure, or there is only one. */
static void read_type(struct fx *x)
{
	struct slice raw = fx_field(x, 9), code = fx_part(x, fx_comp(x, raw, 1)), event = fx_part(x, fx_comp(x, raw, 2)),
		structure = fx_part(x, fx_comp(x, raw, 3));
	if (!event.n && x->evn)
		event = fx_part(x, fx_seg_field(x, x->evn, 1));
	if (!event.n && structure.n == 7 && code.n == 3 && !memcmp(structure.p, code.p, 3))
		event = slice_of(structure.p + 4, 3);
	if (!event.n)
		event = slice_str(FX_LOOKUP(default_events, code));
	x->f->type = type_name(x, code, event);
	x->type = find_type(code, event);
	x->f->uninterpreted = x->type->family == FX_OTHER;
}

/* "+01:00" of MSH-7, for all times of the message that have none. */
static void keep_zone(struct fx *x)
{
	struct slice t = x->f->time;
	if (t.n > 1 && t.p[t.n - 1] == 'Z') {
		x->zone[0] = 'Z';
		x->zone_n = 1;
	} else if (t.n > 16 && (t.p[t.n - 6] == '+' || (t.p[t.n - 6] == '-' && t.p[t.n - 3] == ':'))) {
		memcpy(x->zone, t.p + t.n - 6, 6);
		x->zone_n = 6;
	}
	memset(x->time_memo, 0, sizeof x->time_memo); /* read before the zone was known */
}

static const struct hl7_segment *find_evn(const struct hl7_msg *m)
{
	for (uint32_t i = 1; i < m->count && i < 8; i++)
		if (fx_name(&m->segments[i]) == SEG('E', 'V', 'N'))
			return &m->segments[i];
	return NULL;
}

/* EVN: 2 recorded, 6 occurred */
static void read_event_time(struct fx *x)
{
	struct slice occurred = fx_seg_field(x, x->evn, 6), recorded = fx_seg_field(x, x->evn, 2), t = SLICE_NULL;
	if (occurred.n)
		t = fx_time(x, occurred);
	if ((!t.n || fact_is_null(t)) && recorded.n)
		t = fx_time(x, recorded);
	x->f->event_time = fact_is_null(t) ? SLICE_NULL : t;
}

static void read_header(struct fx *x)
{
	x->s = &x->m->segments[0];
	x->evn = find_evn(x->m);
	x->f->feed = feed_of(x);
	struct slice time = fx_has(x, 7) ? fx_time(x, fx_field(x, 7)) : SLICE_NULL;
	x->f->time = fact_is_null(time) ? SLICE_NULL : time;
	keep_zone(x);
	if (fx_name(x->s) != SEG('M', 'S', 'H')) { /* FHS, BHS: an envelope says nothing of patients */
		x->f->type = slice_str(x->s->id);
		x->type = &envelope_type;
		return;
	}
	x->f->control_id = fx_part(x, fx_field(x, 10));
	read_type(x);
	struct slice mode = fx_trim(fx_comp(x, fx_field(x, 11), 1));
	x->f->test = mode.n == 1 && (mode.p[0] == 'T' || mode.p[0] == 'D');
	read_event_time(x);
}

/* ---- building ---- */

struct fact_group *fx_group(struct fx *x)
{
	return x->g ? x->g : facts_group(x->f, (struct fact_ident){0});
}

struct fact *fx_add(struct fx *x, uint8_t kind)
{
	struct fact *t = facts_add(x->f, fx_group(x), kind);
	x->note = t;
	return t;
}

void fx_put_visit(struct fx *x, struct fact *t)
{
	fx_put(x, t, FF_VISIT, x->visit);
}

void fx_lost(struct fx *x)
{
	x->f->problems++;
	if (x->g)
		x->g->incomplete = true;
}

/* ---- the walk ---- */

static void finish_patient(struct fx *x)
{
	fx_identity_flush(x);
	fx_visit_finish(x);
	fx_clinical_finish(x);
}

static void begin_patient(struct fx *x)
{
	finish_patient(x);
	x->orc = x->early_route = NULL;
	x->order = x->report = x->document = x->given = NULL;
	x->order_key = x->report_key = x->report_time = x->report_code = x->placer = x->filler = x->replaced = SLICE_NULL;
	x->result_category = NULL;
	x->narrative = x->no_order = false;
	x->details = 0;
	fx_pid(x);
	fx_identity_patient(x);
	if (x->sch)
		fx_sch(x);
}

/* Whether this ORC of an ORU stands behind its OBR, as some senders put it: the next of OBR and OBX is an OBX. */
static bool behind_its_obr(const struct fx *x)
{
	if (x->type->family == FX_LAB)
		return true;
	if (!x->report || x->orc)
		return false;
	for (uint32_t i = x->at + 1; i < x->m->count; i++) {
		uint32_t name = fx_name(&x->m->segments[i]);
		if (name == SEG('O', 'B', 'X'))
			return true;
		if (name == SEG('O', 'B', 'R') || name == SEG('O', 'R', 'C') || name == SEG('P', 'I', 'D'))
			return false;
	}
	return false;
}

static void result_orc(struct fx *x)
{
	if (behind_its_obr(x)) {
		fx_orc_of_report(x);
		return;
	}
	x->orc = x->s;
	x->report = NULL;
	x->report_key = SLICE_NULL;
	x->note = NULL;
	x->order = x->given = NULL;
	x->early_route = NULL;
	x->encoded = x->routed = x->timed = x->mixed = x->no_order = false;
}

/* Medication in a message of results: no structure of the standard has it there, and pharmacies that have only an ORU to send do it all the same. */
static bool is_medication(uint32_t name)
{
	return name == SEG('R', 'X', 'O') || name == SEG('R', 'X', 'E') || name == SEG('R', 'X', 'D') || name == SEG('R', 'X', 'G') || name == SEG('R', 'X', 'A');
}

/* ORC, OBR and what hangs on them, by the family of the message. */
static void order_segment(struct fx *x, uint32_t name)
{
	enum fx_family family = x->type->family;
	bool results = family == FX_RESULT || family == FX_LAB, orders = family == FX_ORDER || family == FX_PHARMACY || family == FX_PROBLEM /* 12.3.1: PPR has the orders of its problems */,
		  pharmacy = orders || family == FX_VACCINE;
	if (!x->patients)
		return;
	switch (name) {
	case SEG('O', 'R', 'C'):
		if (results)
			result_orc(x);
		else if (pharmacy)
			fx_orc(x);
		else if (family == FX_DOCUMENT)
			x->orc = x->s;
		return;
	case SEG('O', 'B', 'R'):
		if (results)
			fx_obr_result(x);
		else if (family == FX_ORDER || family == FX_PROBLEM)
			fx_obr_order(x);
		return;
	case SEG('S', 'P', 'M'):
		if (results || family == FX_ORDER)
			fx_spm(x);
		return;
	default: break;
	}
	if (results && is_medication(name) && !x->order && !x->given)
		fx_order_keys(x, SLICE_NULL, SLICE_NULL, false, &x->order_key);
	if (!pharmacy && !(results && (x->order || x->given || is_medication(name))))
		return;
	switch (name) {
	case SEG('T', 'Q', '1'): fx_tq1(x); break;
	case SEG('O', 'D', 'S'): fx_ods(x); break;
	case SEG('R', 'X', 'O'): fx_rxo(x); break;
	case SEG('R', 'X', 'E'): fx_rxe(x); break;
	case SEG('R', 'X', 'D'): fx_rxd(x); break;
	case SEG('R', 'X', 'G'): fx_rxg(x); break;
	case SEG('R', 'X', 'A'): fx_rxa(x); break;
	case SEG('R', 'X', 'R'): fx_rxr(x); break;
	case SEG('R', 'X', 'C'): fx_rxc(x); break;
	default: break;
	}
}

static void master_segment(struct fx *x, uint32_t name)
{
	switch (name) {
	case SEG('M', 'F', 'I'): fx_mfi(x); break;
	case SEG('M', 'F', 'E'): fx_mfe(x); break;
	case SEG('S', 'T', 'F'): fx_stf(x); break;
	case SEG('P', 'R', 'A'): fx_pra(x); break;
	case SEG('L', 'O', 'C'): fx_loc(x); break;
	case SEG('N', 'P', 'U'): fx_npu(x); break;
	default: break;
	}
}

/* Role and participation segments belong to what they stand behind: a person's care team only behind the person or the visit. */
static bool keeps_place(uint32_t name)
{
	return name == SEG('R', 'O', 'L') || name == SEG('P', 'R', 'T') || name == SEG('A', 'R', 'V');
}

static bool is_about_person(uint32_t name)
{
	return name == SEG('P', 'I', 'D') || name == SEG('P', 'D', '1') || name == SEG('P', 'V', '1') || name == SEG('P', 'V', '2');
}

/* What any interpreted message about a patient may carry. */
static void patient_segment(struct fx *x, uint32_t name)
{
	switch (name) {
	case SEG('P', 'D', '1'): fx_pd1(x); break;
	case SEG('N', 'K', '1'): fx_nk1(x); break;
	case SEG('G', 'T', '1'): fx_gt1(x); break;
	case SEG('I', 'N', '1'): fx_in1(x); break;
	case SEG('A', 'R', 'V'): fx_arv(x); break;
	case SEG('R', 'O', 'L'):
		if (x->about_person)
			fx_rol(x);
		break;
	case SEG('P', 'R', 'T'):
		if (x->about_person)
			fx_prt(x);
		break;
	case SEG('M', 'R', 'G'): fx_mrg(x); break;
	case SEG('A', 'L', '1'): fx_al1(x); break;
	case SEG('I', 'A', 'M'): fx_iam(x); break;
	case SEG('D', 'G', '1'): fx_dg1(x); break;
	case SEG('P', 'R', 'B'): fx_prb(x); break;
	case SEG('P', 'R', '1'): fx_pr1(x); break;
	case SEG('T', 'X', 'A'): fx_txa(x); break;
	case SEG('A', 'I', 'S'): fx_ais(x); break;
	case SEG('A', 'I', 'G'): fx_aig(x); break;
	case SEG('A', 'I', 'L'): fx_ail(x); break;
	case SEG('A', 'I', 'P'): fx_aip(x); break;
	case SEG('S', 'C', 'H'): fx_sch(x); break;
	case SEG('N', 'T', 'E'): fx_nte(x); break;
	case SEG('D', 'S', 'C'): /* continued in another message, which we do not join */
		if (fx_has(x, 1))
			fx_lost(x);
		break;
	default: order_segment(x, name); break;
	}
}

static void segment(struct fx *x)
{
	uint32_t name = fx_name(x->s);
	enum fx_family family = x->type->family;
	x->obx += name == SEG('O', 'B', 'X');
	if (!keeps_place(name))
		x->about_person = is_about_person(name);
	if (name == SEG('P', 'I', 'D')) {
		begin_patient(x);
	} else if (name == SEG('P', 'V', '1')) {
		fx_pv1(x);
		x->note = x->patient;
	} else if (family == FX_MASTER) {
		master_segment(x, name);
	} else if (family == FX_OTHER) {
		return; /* not on the list: who and where, no more */
	} else if (!x->s->id[0]) {
		fx_lost(x); /* a line that is no segment: the rest of somebody's text, most often */
	} else if (name == SEG('O', 'B', 'X')) {
		fx_obx(x);
	} else if (name == SEG('P', 'V', '2')) {
		fx_pv2(x);
	} else if (x->patients || name == SEG('S', 'C', 'H') || x->sch) {
		patient_segment(x, name);
	}
}

static bool names_anybody(const struct facts *f)
{
	for (const struct fact_group *g = f->first; g; g = g->next)
		if (g->id.value.n)
			return true;
	return false;
}

/* A message whose type promises a patient and that has none says nothing we could keep. */
static void check_whole(struct fx *x)
{
	enum fx_family family = x->type->family;
	if (x->sch && !x->appointment_count)
		fx_sch(x);
	if (!x->patients && family != FX_MASTER && family != FX_OTHER && family != FX_NOTHING && !x->sch) {
		x->f->problems++;
		x->f->uninterpreted = true;
	}
	if (x->patients && !names_anybody(x->f))
		x->f->uninterpreted = true; /* a person without any number: in no chart, so it must be seen in the counts */
	if (family == FX_MASTER && !x->f->first)
		x->f->uninterpreted = true; /* a master file of things that we do not keep */
	if (x->m->count >= HL7_SEGMENTS_MAX || x->m->field_count >= HL7_FIELDS_MAX)
		for (struct fact_group *g = x->f->first; g; g = g->next)
			g->incomplete = true;
	if (x->f->failed)
		x->f->uninterpreted = true;
}

void hl7_facts(const struct hl7_msg *m, struct facts *ret)
{
	struct fx x;
	fx_init(&x, m, ret);
	if (m->count == 0)
		return;
	read_header(&x);
	if (x.type->family != FX_NOTHING)
		for (x.at = 1; x.at < m->count; x.at++) {
			x.s = &m->segments[x.at];
			if (x.at >= x.skip_to)
				segment(&x);
		}
	finish_patient(&x);
	x.s = &m->segments[0];
	check_whole(&x);
}
