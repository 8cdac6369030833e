/* The words of the synthetic hospital: HL7 v2.5.1 messages with the fields that real senders fill, about 0.5 to 2 kB each. */
#include "simulate_internal.h"

#include <stdio.h>

#define CR "\r"
static const char facility[] = "STGABRIEL";
static const char assigner[] = "STGABRIEL&2.16.840.1.113883.19.7&ISO";

/* YYYYMMDDHHMMSS */
static void put_time(struct buf *b, int64_t t)
{
	int y, mo, d, h, mi, s;
	time_civil(t, &y, &mo, &d, &h, &mi, &s);
	buf_printf(b, "%04d%02d%02d%02d%02d%02d", y, mo, d, h, mi, s);
}

static void put_date(struct buf *b, int32_t days)
{
	int y, mo, d, h, mi, s;
	time_civil((int64_t)days * SIM_DAY, &y, &mo, &d, &h, &mi, &s);
	buf_printf(b, "%04d%02d%02d", y, mo, d);
}

static struct sim_message_slot *begin(struct simulation *s, const char *app, const char *type, uint64_t patient)
{
	assert(s->slot_count < ARRAY_LEN(s->slots));
	struct sim_message_slot *m = &s->slots[s->slot_count++];
	struct buf *b = &s->out;
	*m = (struct sim_message_slot){.at = b->n, .patient = patient, .time = s->now};
	buf_printf(b, "MSH|^~\\&|%s|%s|HOLDFAST|%s|", app, facility, facility);
	put_time(b, s->now);
	buf_printf(b, "||%s|", type);
	m->id_at = b->n;
	buf_printf(b, "S%010llu", (unsigned long long)++s->control);
	m->id_n = b->n - m->id_at;
	buf_str(b, "|P|2.5.1|||AL|NE||UNICODE UTF-8" CR);
	return m;
}

static void end(struct simulation *s, struct sim_message_slot *m)
{
	m->n = s->out.n - m->at;
	if (!buf_ok(&s->out))
		s->failed = true;
}

static void put_doctor(struct buf *b, unsigned i)
{
	buf_printf(b, "D%04u^%s^%s^^^Dr.^^^%s^L", 1000 + i, sim_doctor_family(i), sim_doctor_given(i), facility);
}

size_t sim_place(const struct simulation *s, int32_t bed, char out[64])
{
	if (bed < 0) {
		out[0] = 0;
		return 0;
	}
	const struct sim_bed *p = &s->beds[bed];
	int n = snprintf(out, 64, "%s^%u%02u^%c^%s", sim_units[p->unit].code, p->unit + 1u, p->room, p->letter, facility);
	return n > 0 && n < 64 ? (size_t)n : 0;
}

static void put_pid(struct simulation *s, const struct sim_person *p, bool full)
{
	struct buf *b = &s->out;
	buf_printf(b, "PID|1||%07u^^^%s^MR", p->mrn, assigner);
	if (full)
		buf_printf(b, "~9%02u-%05u^^^NATIONAL^SS", p->mrn % 97, p->mrn % 100000);
	char room[2][SIM_NAME];
	const char *family = sim_family(p->script, p->family, room[0]), *given = sim_given(p->script, p->sex, p->given, room[1]);
	buf_printf(b, "||%s^%s", family, given);
	if (p->given2 && p->script != 3)
		buf_printf(b, "^%s", sim_given(p->script, p->sex, p->given2, room[1]));
	buf_str(b, p->script != 3 && p->given2 ? "^^^^L||" : "^^^^^L||");
	put_date(b, p->birth);
	buf_printf(b, "|%c", p->sex);
	if (full)
		buf_printf(b, "||2106-3|%s^^%s^^%05u^^H||^PRN^PH^^^555^%07u~^NET^Internet^p%u@example.org||%s|%c|||||", sim_street(p->street), p->script == 1 ? "Versailles" : "Springfield", p->mrn % 99999, p->mrn % 10000000,
		           p->mrn, p->script == 1 ? "fr" : p->script == 3 ? "zh" : "en", p->mrn % 3 ? 'M' : 'S');
	buf_str(b, CR);
}

static void put_pv1(struct simulation *s, const struct sim_person *p, const char *prior, bool full)
{
	struct buf *b = &s->out;
	char place[64];
	static const char classes[] = {[SIM_NONE] = 'O', [SIM_INPATIENT] = 'I', [SIM_EMERGENCY] = 'E', [SIM_OUTPATIENT] = 'O'};
	if (sim_place(s, p->bed, place) == 0)
		snprintf(place, sizeof place, "%s^^^%s", p->kind == SIM_EMERGENCY ? "ED" : "OPD", facility);
	buf_printf(b, "PV1|1|%c|%s|R||%s|", classes[p->kind], place, prior ? prior : "");
	put_doctor(b, p->attending);
	buf_str(b, "||");
	if (full)
		put_doctor(b, (p->attending + 11) % SIM_DOCTORS);
	buf_printf(b, "|%s|||||||||V%08u^^^%s^VN", p->bed >= 0 && s->beds[p->bed].unit >= 9 && s->beds[p->bed].unit <= 11 ? "SUR" : "MED", p->visit, facility);
	if (full) {
		buf_str(b, "|||||||||||||||||||||||||");
		put_time(b, p->admitted);
	}
	buf_str(b, CR);
}

static void put_allergy(struct simulation *s, unsigned set, unsigned allergy)
{
	const struct sim_coded *a = &sim_allergies[allergy];
	buf_printf(&s->out, "AL1|%u|DA|%s^%s^%s|%s|%s" CR, set, a->code, a->name, a->system, allergy == 1 ? "" : allergy % 2 ? "SV" : "MO", allergy == 1 ? "" : sim_reactions[allergy % sim_reaction_count].name);
}

void sim_say_adt(struct simulation *s, const char *event, uint32_t person, const char *prior, bool full)
{
	struct sim_person *p = &s->people[person];
	struct buf *b = &s->out;
	char type[40];
	/* HL7 v2.5.1 table 0354: several events share a structure */
	static const char *const shared[][2] = {{"A04", "A01"}, {"A08", "A01"}, {"A13", "A01"}, {"A11", "A09"}, {"A12", "A09"}, {"A21", "A21"}, {"A22", "A21"}, {"A31", "A05"}};
	const char *structure = event;
	for (size_t i = 0; i < ARRAY_LEN(shared); i++)
		if (!strcmp(event, shared[i][0]))
			structure = shared[i][1];
	snprintf(type, sizeof type, "ADT^%s^ADT_%s", event, structure);
	struct sim_message_slot *m = begin(s, "EHR", type, person);
	buf_printf(b, "EVN|%s|", event);
	put_time(b, s->now);
	buf_str(b, "||||");
	put_time(b, s->now - 60 * TIME_SEC);
	buf_str(b, CR);
	put_pid(s, p, full);
	if (full) {
		char room[2][SIM_NAME];
		buf_printf(b, "PD1||||D%04u^%s^%s" CR, 1000 + (p->mrn % SIM_DOCTORS), sim_doctor_family(p->mrn % SIM_DOCTORS), sim_doctor_given(p->mrn % SIM_DOCTORS));
		buf_printf(b, "NK1|1|%s^%s|SPO^Spouse^HL70063||^PRN^PH^^^555^%07u" CR, sim_family(p->script, p->family, room[0]), sim_given(p->script, p->sex == 'F' ? 'M' : 'F', p->given + 5, room[1]), (p->mrn * 7) % 10000000);
	}
	put_pv1(s, p, prior, full);
	if (full && p->kind == SIM_INPATIENT)
		buf_printf(b, "PV2|||^%s" CR, sim_problems[p->problem].name);
	if (full && p->allergy)
		put_allergy(s, 1, p->allergy);
	if (full && p->allergy > 1 && p->allergy2 > 1)
		put_allergy(s, 2, p->allergy2);
	if (full) {
		buf_printf(b, "DG1|1||%s^%s^%s||", sim_problems[p->problem].code, sim_problems[p->problem].name, sim_problems[p->problem].system);
		put_time(b, p->admitted);
		buf_str(b, "|A" CR);
		if (p->problem2 != p->problem)
			buf_printf(b, "DG1|2||%s^%s^%s|||W" CR, sim_problems[p->problem2].code, sim_problems[p->problem2].name, sim_problems[p->problem2].system);
	}
	end(s, m);
}

void sim_say_swap(struct simulation *s, uint32_t x, uint32_t y)
{
	struct sim_message_slot *m = begin(s, "EHR", "ADT^A17^ADT_A17", x);
	m->barrier = true;
	buf_str(&s->out, "EVN|A17|");
	put_time(&s->out, s->now);
	buf_str(&s->out, CR);
	put_pid(s, &s->people[x], false);
	put_pv1(s, &s->people[x], NULL, false);
	put_pid(s, &s->people[y], false);
	put_pv1(s, &s->people[y], NULL, false);
	end(s, m);
}

void sim_say_merge(struct simulation *s, uint32_t survivor, uint32_t gone)
{
	struct sim_message_slot *m = begin(s, "EHR", "ADT^A40^ADT_A39", survivor);
	const struct sim_person *g = &s->people[gone];
	char room[2][SIM_NAME];
	m->barrier = true;
	buf_str(&s->out, "EVN|A40|");
	put_time(&s->out, s->now);
	buf_str(&s->out, CR);
	put_pid(s, &s->people[survivor], true);
	buf_printf(&s->out, "MRG|%07u^^^%s^MR||||||%s^%s" CR, g->mrn, assigner, sim_family(g->script, g->family, room[0]), sim_given(g->script, g->sex, g->given, room[1]));
	end(s, m);
}

static void put_orc(struct simulation *s, const char *control, const char *kind, uint32_t order, const char *status, const struct sim_person *p)
{
	buf_printf(&s->out, "ORC|%s|%s%08u^EHR|%s%08u^LAB||%s||||", control, kind, order, kind, order, status);
	put_time(&s->out, s->now);
	buf_str(&s->out, "|||");
	put_doctor(&s->out, p->attending);
	buf_str(&s->out, CR);
}

/* One numeric OBX with its flag. */
static void put_obx(struct simulation *s, unsigned set, const struct sim_test *t, double v, char status)
{
	struct buf *b = &s->out;
	const char *flag = v < t->low * 0.8 ? "LL" : v < t->low ? "L" : v > t->high * 1.5 ? "HH" : v > t->high ? "H" : "N";
	buf_printf(b, "OBX|%u|NM|%s^%s^LN||%.*f|%s^%s^UCUM|%s|%s|||%c|||", set, t->loinc, t->name, t->decimals, v, t->unit, t->unit, t->range, flag, status);
	put_time(b, s->now - 20 * SIM_MINUTE);
	buf_str(b, CR);
}

static const struct sim_test vitals[] = {
	{"8867-4", "Heart rate", "/min", "50-100", 50, 100, 0},          {"9279-1", "Respiratory rate", "/min", "12-20", 12, 20, 0},
	{"59408-5", "Oxygen saturation by pulse oximetry", "%", "94-100", 94, 100, 0}, {"8310-5", "Body temperature", "Cel", "36.0-37.8", 36, 37.8f, 1},
	{"8480-6", "Systolic blood pressure", "mm[Hg]", "100-140", 100, 140, 0}, {"8462-4", "Diastolic blood pressure", "mm[Hg]", "60-90", 60, 90, 0},
};

void sim_say_vitals(struct simulation *s, uint32_t person)
{
	struct sim_person *p = &s->people[person];
	struct sim_message_slot *m = begin(s, "MONITOR", "ORU^R01^ORU_R01", person);
	double ill = p->sick;
	put_pid(s, p, false);
	put_pv1(s, p, NULL, false);
	buf_printf(&s->out, "OBR|1|||85353-1^Vital signs^LN|||");
	put_time(&s->out, s->now);
	buf_str(&s->out, "|||||||||||||||||||F" CR);
	double sys = sim_normal(&s->rng, 128 - ill * 2, 12);
	const double v[] = {sim_normal(&s->rng, 74 + ill * 3, 7), sim_normal(&s->rng, 15 + ill * 0.7, 1.5), sim_normal(&s->rng, 97.3 - ill * 0.5, 1.0), sim_normal(&s->rng, 36.8 + ill * 0.12, 0.35), sys, sys * 0.6};
	for (unsigned i = 0; i < ARRAY_LEN(vitals); i++) {
		double x = i == 2 && v[i] > 100 ? 100 : v[i];
		put_obx(s, i + 1, &vitals[i], x, 'F');
	}
	end(s, m);
}

static const struct {
	const char *code, *name;
	unsigned count;
	struct sim_test tests[8];
} panels[SIM_PANELS] = {
	{"24323-8", "Comprehensive metabolic panel", 6,
     {{"2951-2", "Sodium", "mmol/L", "135-145", 135, 145, 0}, {"2823-3", "Potassium", "mmol/L", "3.5-5.1", 3.5f, 5.1f, 1}, {"2160-0", "Creatinine", "mg/dL", "0.6-1.2", 0.6f, 1.2f, 2}, {"2345-7", "Glucose", "mg/dL", "70-110", 70, 110, 0},
      {"2075-0", "Chloride", "mmol/L", "98-107", 98, 107, 0}, {"3094-0", "Urea nitrogen", "mg/dL", "7-20", 7, 20, 0}}},
	{"58410-2", "CBC panel", 4,
     {{"718-7", "Hemoglobin", "g/dL", "12.0-16.0", 12, 16, 1}, {"6690-2", "Leukocytes", "10*3/uL", "4.0-10.0", 4, 10, 1}, {"777-3", "Platelets", "10*3/uL", "150-400", 150, 400, 0}, {"4544-3", "Hematocrit", "%", "36-48", 36, 48, 0}}},
	{"1988-5", "C reactive protein", 1, {{"1988-5", "C reactive protein", "mg/L", "<5.0", 0, 5, 1}}},
	{"67151-1", "Troponin T high sensitivity", 1, {{"67151-1", "Troponin T.cardiac", "ng/L", "<14", 0, 14, 0}}},
	{"2524-7", "Lactate", 1, {{"2524-7", "Lactate", "mmol/L", "0.5-2.0", 0.5f, 2, 1}}},
};

void sim_say_lab_order(struct simulation *s, uint32_t person, uint32_t order, uint32_t panel)
{
	struct sim_person *p = &s->people[person];
	struct sim_message_slot *m = begin(s, "EHR", "OML^O21^OML_O21", person);
	put_pid(s, p, false);
	put_pv1(s, p, NULL, false);
	put_orc(s, "NW", "L", order, "SC", p);
	buf_printf(&s->out, "OBR|1|L%08u^EHR||%s^%s^LN|||", order, panels[panel].code, panels[panel].name);
	put_time(&s->out, s->now);
	buf_str(&s->out, "|||||||||");
	put_doctor(&s->out, p->attending);
	buf_printf(&s->out, "|||||||||||^^^^^%s" CR, p->sick > 6 ? "S" : "R");
	end(s, m);
}

void sim_say_lab(struct simulation *s, uint32_t person, uint32_t order, uint32_t panel, char status)
{
	struct sim_person *p = &s->people[person];
	struct sim_message_slot *m = begin(s, "LAB", "ORU^R01^ORU_R01", person);
	struct buf *b = &s->out;
	const struct sim_labs *l = &p->lab;
	put_pid(s, p, false);
	put_pv1(s, p, NULL, false);
	put_orc(s, "RE", "L", order, status == 'P' ? "IP" : "CM", p);
	buf_printf(b, "OBR|1|L%08u^EHR|L%08u^LAB|%s^%s^LN|||", order, order, panels[panel].code, panels[panel].name);
	put_time(b, s->now - 40 * SIM_MINUTE);
	buf_str(b, "||||||||BLD^Blood^HL70487|");
	put_doctor(b, p->attending);
	buf_str(b, "||||||");
	put_time(b, s->now);
	buf_printf(b, "||LAB|%c" CR, status);
	double wrong = status == 'C' ? 1.12 : 1.0;
	double values[8] = {0};
	switch (panel) {
	case 0:
		values[0] = l->na;
		values[1] = l->k * wrong;
		values[2] = l->crea;
		values[3] = l->glucose;
		values[4] = l->na - 37;
		values[5] = l->crea * 14;
		break;
	case 1:
		values[0] = l->hb * wrong;
		values[1] = l->wbc;
		values[2] = l->plt;
		values[3] = l->hb * 3 * wrong;
		break;
	case 2:
		values[0] = l->crp * wrong;
		break;
	case 3:
		values[0] = l->troponin * wrong;
		break;
	default:
		values[0] = l->lactate * wrong;
	}
	unsigned count = status == 'P' && panels[panel].count > 2 ? panels[panel].count - 2 : panels[panel].count;
	for (unsigned i = 0; i < count; i++)
		put_obx(s, i + 1, &panels[panel].tests[i], values[i], status == 'C' && i == (panel == 0 ? 1u : 0u) ? 'C' : status == 'P' ? 'P' : 'F');
	if (status == 'C')
		buf_str(b, "NTE|1|L|Corrected: specimen was re-run after a mix-up of tubes. The earlier value is withdrawn." CR);
	end(s, m);
}

void sim_say_drug(struct simulation *s, uint32_t person, unsigned slot, const char *control)
{
	struct sim_person *p = &s->people[person];
	const struct sim_order *o = &p->orders[slot];
	const struct sim_drug *d = &sim_drugs[o->drug];
	struct buf *b = &s->out;
	struct sim_message_slot *m = begin(s, "PHARM", "RDE^O11^RDE_O11", person);
	bool stop = !strcmp(control, "DC");
	put_pid(s, p, false);
	put_pv1(s, p, NULL, false);
	buf_printf(b, "ORC|%s|M%08u^EHR|M%08u^PHARM||%s||||", control, o->number, o->number, stop ? "DC" : "IP");
	put_time(b, s->now);
	buf_str(b, "|||");
	put_doctor(b, p->attending);
	buf_str(b, CR);
	buf_printf(b, "RXE|^%s^^", d->freq);
	put_time(b, o->started);
	buf_printf(b, "|%s^%s^RXNORM|%s||%s|%s^%s^RXNORM-FORM|^Give with care to allergies" CR, d->rxnorm, d->name, d->dose, d->unit, d->form, d->form);
	buf_printf(b, "TQ1|1||%s||||", d->freq);
	put_time(b, o->started);
	buf_printf(b, "||R" CR "RXR|%s^%s^HL70162" CR, d->route, d->route);
	end(s, m);
}

void sim_say_given(struct simulation *s, uint32_t person, unsigned slot, bool refused)
{
	struct sim_person *p = &s->people[person];
	struct sim_order *o = &p->orders[slot];
	const struct sim_drug *d = &sim_drugs[o->drug];
	struct buf *b = &s->out;
	char room[2][SIM_NAME];
	struct sim_message_slot *m = begin(s, "PHARM", "RAS^O17^RAS_O17", person);
	unsigned nurse = (unsigned)(p->bed >= 0 ? s->beds[p->bed].unit * 3 : 0) + (unsigned)((s->now / (8 * SIM_HOUR)) % 3);
	put_pid(s, p, false);
	put_pv1(s, p, NULL, false);
	buf_printf(b, "ORC|RE|M%08u^EHR|M%08u^PHARM||CM" CR, o->number, o->number);
	buf_printf(b, "RXA|0|%llu|", (unsigned long long)(s->control % 97 + 1));
	put_time(b, s->now);
	buf_str(b, "|");
	put_time(b, s->now);
	buf_printf(b, "|%s^%s^RXNORM|%s|%s||00|N%04u^%s^%s^^^RN||||||||%s||%s" CR, d->rxnorm, d->name, refused ? "0" : d->dose, d->unit, 2000 + nurse, sim_family(0, nurse * 5 + 2, room[0]), sim_given(0, 'F', nurse * 3, room[1]),
	           refused ? "00^Patient refused^NIP002" : "", refused ? "RE" : "CP");
	buf_printf(b, "RXR|%s^%s^HL70162" CR, d->route, d->route);
	if (!refused)
		o->last_given = s->now;
	end(s, m);
}

/* The smallest honest PDF: one page, Helvetica, the text. Offsets are computed, so that readers open it without repair. */
static void put_pdf(struct buf *out, const char *title, const char *text)
{
	size_t base = out->n, at[6];
	char stream[600];
	int n = snprintf(stream, sizeof stream, "BT /F1 16 Tf 72 770 Td (%s) Tj /F1 11 Tf 0 -28 Td (%s) Tj ET", title, text);
	buf_str(out, "%PDF-1.4\n");
	static const char *const objects[] = {"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
	                                      "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>", NULL,
	                                      "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"};
	for (int i = 0; i < 5; i++) {
		at[i] = out->n - base;
		buf_printf(out, "%d 0 obj\n", i + 1);
		if (objects[i])
			buf_str(out, objects[i]);
		else
			buf_printf(out, "<</Length %d>>\nstream\n%s\nendstream", n, stream);
		buf_str(out, "\nendobj\n");
	}
	at[5] = out->n - base;
	buf_str(out, "xref\n0 6\n0000000000 65535 f \n");
	for (int i = 0; i < 5; i++)
		buf_printf(out, "%010zu 00000 n \n", at[i]);
	buf_printf(out, "trailer<</Size 6/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", at[5]);
}

void sim_say_note(struct simulation *s, uint32_t person, bool pdf)
{
	struct sim_person *p = &s->people[person];
	struct buf *b = &s->out;
	struct sim_message_slot *m = begin(s, "DOCS", "MDM^T02^MDM_T02", person);
	uint64_t number = ++s->document_number;
	static const char *const notes[] = {"Slept well, no pain at rest. Mobilised to the chair with help of one. Appetite fair.", "Short of breath on the stairs; crackles at both bases. Diuretic increased, weigh daily.",
	                                    "Wound dry and clean. Drain 40 ml. Plan: remove drain tomorrow if below 30 ml.", "Family informed about the plan. Consent for the procedure signed and in the chart.",
	                                    "Confused in the evening, oriented after reassurance. Falls precautions in place."};
	buf_str(b, "EVN|T02|");
	put_time(b, s->now);
	buf_str(b, CR);
	put_pid(s, p, false);
	put_pv1(s, p, NULL, false);
	buf_printf(b, "TXA|1|%s|%s|", pdf ? "DS^Discharge summary" : "PN^Progress note", pdf ? "AP" : "TX");
	put_time(b, s->now);
	buf_str(b, "|");
	put_doctor(b, p->attending);
	buf_printf(b, "|||||||DOC%08llu^DOCS|||||AU||AV" CR, (unsigned long long)number);
	const char *text = notes[sim_below(&s->rng, ARRAY_LEN(notes))];
	if (pdf) {
		AUTO_BUF struct buf raw = {0};
		buf_init(&raw, 1 << 14);
		put_pdf(&raw, "Discharge summary", text);
		buf_str(b, "OBX|1|ED|18842-5^Discharge summary^LN||DOCS^application^pdf^Base64^");
		base64_put(b, buf_slice(&raw));
		buf_str(b, "||||||F" CR);
	} else {
		buf_printf(b, "OBX|1|TX|11506-3^Progress note^LN||%s||||||F" CR "OBX|2|TX|11506-3^Progress note^LN||%s||||||F" CR, text, notes[sim_below(&s->rng, ARRAY_LEN(notes))]);
	}
	end(s, m);
}

void sim_say_report(struct simulation *s, uint32_t person, uint32_t order)
{
	struct sim_person *p = &s->people[person];
	struct buf *b = &s->out;
	struct sim_message_slot *m = begin(s, "RAD", "ORU^R01^ORU_R01", person);
	put_pid(s, p, false);
	put_pv1(s, p, NULL, false);
	buf_printf(b, "ORC|RE|R%08u^EHR|R%08u^RAD||CM" CR "OBR|1|R%08u^EHR|R%08u^RAD|36643-5^XR Chest 2 Views^LN|||", order, order, order, order);
	put_time(b, s->now - SIM_HOUR);
	buf_str(b, "|||||||||");
	put_doctor(b, p->attending);
	buf_str(b, "||||||");
	put_time(b, s->now);
	buf_str(b, "||RAD|F" CR);
	static const char *const found[] = {"Heart size normal. No focal consolidation, no effusion.", "Cardiomegaly with pulmonary venous congestion. Small bilateral effusions.", "Right lower lobe consolidation, in keeping with pneumonia."};
	buf_printf(b, "OBX|1|FT|36643-5^XR Chest 2 Views^LN||FINDINGS:\\.br\\%s\\.br\\IMPRESSION: see above.||||||F" CR, found[sim_below(&s->rng, ARRAY_LEN(found))]);
	end(s, m);
}

void sim_say_appointment(struct simulation *s, uint32_t person, uint32_t number, int64_t when, const char *event)
{
	struct sim_person *p = &s->people[person];
	struct buf *b = &s->out;
	char type[40];
	snprintf(type, sizeof type, "SIU^%s^SIU_S12", event);
	struct sim_message_slot *m = begin(s, "SCHED", type, person);
	buf_printf(b, "SCH|A%07u^SCHED|A%07u^SCHED|||||ROUTINE^Routine visit|FOLLOWUP^Follow-up|20|min|^^20^", number, number);
	put_time(b, when);
	buf_str(b, "^");
	put_time(b, when + 20 * SIM_MINUTE);
	buf_str(b, "|||||");
	put_doctor(b, p->attending);
	buf_printf(b, "|||||||||%s" CR, !strcmp(event, "S15") ? "Cancelled" : "Booked");
	put_pid(s, p, true);
	buf_str(b, "PV1|1|O|OPD^^^STGABRIEL" CR "RGS|1|A" CR "AIS|1|A|FOLLOWUP^Follow-up visit|");
	put_time(b, when);
	buf_str(b, CR "AIP|1|A|");
	put_doctor(b, p->attending);
	buf_str(b, CR "AIL|1|A|OPD^12^^STGABRIEL" CR);
	end(s, m);
}

void sim_say_vaccine(struct simulation *s, uint32_t person)
{
	struct sim_person *p = &s->people[person];
	struct buf *b = &s->out;
	struct sim_message_slot *m = begin(s, "EHR", "VXU^V04^VXU_V04", person);
	put_pid(s, p, false);
	buf_printf(b, "ORC|RE||I%08llu^EHR" CR "RXA|0|1|", (unsigned long long)++s->order_number);
	put_time(b, s->now);
	buf_str(b, "|");
	put_time(b, s->now);
	buf_printf(b, "|141^Influenza, seasonal, injectable^CVX|0.5|mL^mL^UCUM||00^New immunization record^NIP001|N2001^Harris^Carol|||||L%05llu|20270630|SKB^GlaxoSmithKline^MVX|||CP|A" CR "RXR|IM^Intramuscular^HL70162|LD^Left Deltoid^HL70163" CR,
	           (unsigned long long)(s->order_number % 99991));
	end(s, m);
}

uint32_t sim_master_count(const struct simulation *s)
{
	return (s->bed_count + 49) / 50 + 1;
}

void sim_say_master(struct simulation *s, uint32_t n)
{
	struct buf *b = &s->out;
	if (n == 0) {
		struct sim_message_slot *m = begin(s, "EHR", "MFN^M02^MFN_M02", 0);
		m->barrier = true;
		buf_str(b, "MFI|PRA^Practitioner master file^HL70175||UPD|||NE" CR);
		for (unsigned i = 0; i < SIM_DOCTORS; i++) {
			buf_printf(b, "MFE|MAD|||D%04u|CWE" CR "STF|D%04u|D%04u^^^%s|%s^%s^^^Dr.|P|||A||MED^Medicine|^WPN^PH^^^555^01%05u" CR, 1000 + i, 1000 + i, 1000 + i, facility, sim_doctor_family(i), sim_doctor_given(i), i * 37);
		}
		end(s, m);
		return;
	}
	struct sim_message_slot *m = begin(s, "EHR", "MFN^M05^MFN_M05", 0);
	m->barrier = true;
	buf_str(b, "MFI|LOC^Location master file^HL70175||UPD|||NE" CR);
	for (uint32_t i = (n - 1) * 50; i < n * 50 && i < s->bed_count; i++) {
		char place[64];
		sim_place(s, (int32_t)i, place);
		buf_printf(b, "MFE|MAD|||%s|PL" CR "LOC|%s|%s|B" CR, place, place, sim_units[s->beds[i].unit].name);
	}
	end(s, m);
}
