/* What happens in the synthetic hospital, hour by hour. */
#include "simulate_internal.h"

#include <stdlib.h>

#define PEOPLE_MAX 4000000u
#define HEAP_MAX (UINT64_C(1) << 24)

/* ---- the calendar ---------------------------------------------------------------------------------------------------------- */

static bool earlier(const struct sim_event *a, const struct sim_event *b)
{
	return a->time != b->time ? a->time < b->time : a->number < b->number;
}

static void push(struct simulation *s, struct sim_event ev)
{
	if (s->heap_count == s->heap_cap) {
		size_t cap = s->heap_cap ? s->heap_cap * 2 : 4096;
		struct sim_event *h = cap <= HEAP_MAX ? realloc(s->heap, cap * sizeof *h) : NULL;
		if (!h) {
			s->failed = true;
			return;
		}
		s->heap = h;
		s->heap_cap = cap;
	}
	ev.number = ++s->event_number;
	size_t i = s->heap_count++;
	while (i && earlier(&ev, &s->heap[(i - 1) / 2])) {
		s->heap[i] = s->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	s->heap[i] = ev;
}

void sim_plan(struct simulation *s, uint8_t kind, int64_t time, uint32_t person, uint32_t a, uint32_t b)
{
	push(s, (struct sim_event){.time = time, .kind = kind, .person = person, .visit = s->people[person].visit, .a = a, .b = b});
}

void sim_plan_free(struct simulation *s, uint8_t kind, int64_t time, uint32_t person, uint32_t a, uint32_t b)
{
	push(s, (struct sim_event){.time = time, .kind = kind, .person = person, .a = a, .b = b});
}

bool sim_pop(struct simulation *s, struct sim_event *ret)
{
	if (!s->heap_count)
		return false;
	*ret = s->heap[0];
	struct sim_event last = s->heap[--s->heap_count];
	size_t i = 0;
	for (;;) {
		size_t c = 2 * i + 1;
		if (c >= s->heap_count)
			break;
		if (c + 1 < s->heap_count && earlier(&s->heap[c + 1], &s->heap[c]))
			c++;
		if (!earlier(&s->heap[c], &last))
			break;
		s->heap[i] = s->heap[c];
		i = c;
	}
	s->heap[i] = last;
	return true;
}

/* ---- people ------------------------------------------------------------------------------------------------------------------ */

static uint32_t mrn_of(uint32_t n)
{
	uint32_t body = 100000 + n, sum = 0, m = body;
	for (int i = 0; m; i++, m /= 10)
		sum += m % 10 * (i % 2 ? 1 : 3);
	return body * 10 + (10 - sum % 10) % 10; /* a check digit, as real numbers have */
}

uint32_t sim_person_new(struct simulation *s)
{
	if (s->people_count == s->people_cap) {
		uint32_t cap = s->people_cap ? s->people_cap * 2 : 4096;
		struct sim_person *p = cap <= PEOPLE_MAX ? realloc(s->people, cap * sizeof *p) : NULL;
		if (!p) {
			s->failed = true;
			return s->people_count ? s->people_count - 1 : 0;
		}
		s->people = p;
		s->people_cap = cap;
	}
	uint32_t n = s->people_count++;
	struct sim_person *p = &s->people[n];
	struct sim_rng *r = &s->rng;
	*p = (struct sim_person){.mrn = mrn_of(n), .bed = -1};
	p->script = (uint8_t)sim_pick_script(r);
	p->sex = sim_chance(r, 520) ? 'F' : 'M';
	p->family = (uint16_t)sim_pick_family(r, p->script);
	p->given = (uint16_t)sim_pick_given(r, p->script, p->sex);
	p->given2 = (uint16_t)(sim_chance(r, 500) ? sim_pick_given(r, p->script, p->sex) : 0);
	p->street = (uint16_t)sim_below(r, 12);
	int64_t years = sim_chance(r, 120) ? (int64_t)sim_below(r, 18) : (int64_t)(30 + sim_below(r, 40) + sim_below(r, 26));
	p->birth = (int32_t)(s->start / SIM_DAY - years * 365 - (int64_t)sim_below(r, 365));
	p->allergy = (uint16_t)(sim_chance(r, 150) ? 0 : sim_chance(r, 550) ? 1 : 2 + sim_below(r, sim_allergy_count - 2));
	p->allergy2 = (uint16_t)(sim_chance(r, 100) ? 2 + sim_below(r, sim_allergy_count - 2) : 0);
	if (p->allergy2 == p->allergy)
		p->allergy2 = 0;
	p->problem = (uint16_t)sim_below(r, sim_problem_count - 2);
	p->problem2 = (uint16_t)(sim_chance(r, 600) ? sim_below(r, sim_problem_count - 2) : p->problem);
	p->attending = (uint32_t)sim_below(r, SIM_DOCTORS);
	p->sick = (uint8_t)(sim_below(r, 5) + (sim_chance(r, 150) ? 4 : 0));
	p->lab = (struct sim_labs){.na = (float)sim_normal(r, 139, 3), .k = (float)sim_normal(r, 4.2, 0.45), .crea = (float)(sim_normal(r, 0.95, 0.2) + p->sick * 0.09), .hb = (float)sim_normal(r, 12.8 - p->sick * 0.25, 1.4),
	                           .wbc = (float)(sim_normal(r, 7.5, 1.8) + p->sick * 0.7), .plt = (float)sim_normal(r, 245, 60), .crp = (float)(sim_below(r, 40) / 10.0 + p->sick * p->sick * 2.2), .glucose = (float)sim_normal(r, 112, 22),
	                           .lactate = (float)(sim_normal(r, 1.2, 0.2) + p->sick * 0.12), .troponin = (float)(sim_below(r, 13) + (sim_chance(r, 60) ? 180 : 0))};
	if (n && sim_chance(r, 18)) { /* twins and namesakes of somebody who came lately: what look-alike warnings are for */
		uint32_t other = n - 1 - (uint32_t)sim_below(r, n < 60 ? n : 60);
		const struct sim_person *o = &s->people[other];
		p->script = o->script;
		p->family = o->family;
		p->birth = sim_chance(r, 600) ? o->birth : o->birth + 365;
		p->sex = o->sex;
		p->given = sim_chance(r, 400) ? o->given : (uint16_t)sim_pick_given(r, p->script, p->sex);
		p->twin = other + 1;
	}
	return n;
}

static void walk_labs(struct simulation *s, struct sim_labs *l)
{
	struct sim_rng *r = &s->rng;
	l->na += (float)sim_normal(r, (139 - l->na) * 0.1, 1.2);
	l->k += (float)sim_normal(r, (4.2 - l->k) * 0.15, 0.2);
	l->crea += (float)sim_normal(r, (1.0 - l->crea) * 0.05, 0.05);
	l->hb += (float)sim_normal(r, (12.5 - l->hb) * 0.03, 0.25);
	l->wbc += (float)sim_normal(r, (8.0 - l->wbc) * 0.1, 0.8);
	l->plt += (float)sim_normal(r, (240 - l->plt) * 0.05, 14);
	l->crp += (float)sim_normal(r, (6.0 - l->crp) * 0.2, 4);
	l->glucose += (float)sim_normal(r, (115 - l->glucose) * 0.3, 18);
	l->lactate += (float)sim_normal(r, (1.2 - l->lactate) * 0.3, 0.2);
	l->troponin += (float)sim_normal(r, (9 - l->troponin) * 0.25, 2);
	float *const all[] = {&l->na, &l->k, &l->crea, &l->hb, &l->wbc, &l->plt, &l->crp, &l->glucose, &l->lactate, &l->troponin};
	static const float low[] = {115, 2.2f, 0.4f, 5, 0.6f, 15, 0.3f, 38, 0.4f, 2};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (*all[i] < low[i])
			*all[i] = low[i];
}

/* ---- places -------------------------------------------------------------------------------------------------------------------- */

static int32_t free_bed(struct simulation *s, int unit /* -1: any ward */)
{
	uint32_t at = (uint32_t)sim_below(&s->rng, s->bed_count);
	for (uint32_t i = 0; i < s->bed_count; i++) {
		const struct sim_bed *b = &s->beds[(at + i) % s->bed_count];
		if (b->person < 0 && (unit < 0 ? b->unit != 3 : b->unit == unit))
			return (int32_t)((at + i) % s->bed_count);
	}
	return -1;
}

static void put_in_bed(struct simulation *s, uint32_t person, int32_t bed)
{
	struct sim_person *p = &s->people[person];
	if (p->bed >= 0) {
		s->beds[p->bed].person = -1;
		s->occupied--;
	}
	p->bed = bed;
	if (bed >= 0) {
		s->beds[bed].person = (int32_t)person;
		s->occupied++;
	}
}

/* ---- stays ------------------------------------------------------------------------------------------------------------------------- */

static void start_drug(struct simulation *s, uint32_t person, uint16_t drug)
{
	struct sim_person *p = &s->people[person];
	for (unsigned i = 0; i < p->order_count; i++)
		if (p->orders[i].active && p->orders[i].drug == drug)
			return;
	if (p->order_count == SIM_ORDERS)
		return;
	p->orders[p->order_count] = (struct sim_order){.number = (uint32_t)++s->order_number, .drug = drug, .active = true, .prn = sim_drugs[drug].prn, .started = s->now};
	sim_say_drug(s, person, p->order_count++, "NW");
}

static void stop_drug(struct simulation *s, uint32_t person, unsigned slot)
{
	struct sim_person *p = &s->people[person];
	if (slot >= p->order_count || !p->orders[slot].active)
		return;
	p->orders[slot].active = false;
	sim_say_drug(s, person, slot, "DC");
}

static void begin_stay(struct simulation *s, uint32_t person, uint8_t kind)
{
	struct sim_person *p = &s->people[person];
	p->kind = kind;
	p->visit = (uint32_t)++s->visit_number;
	p->admitted = s->now;
	p->order_count = 0;
	p->on_leave = false;
}

static void plan_inpatient(struct simulation *s, uint32_t person)
{
	struct sim_person *p = &s->people[person];
	struct sim_rng *r = &s->rng;
	unsigned drugs = 3 + (unsigned)sim_below(r, 4);
	for (unsigned i = 0; i < drugs; i++)
		start_drug(s, person, (uint16_t)sim_below(r, sim_drug_count));
	int64_t stay = (int64_t)(sim_normal(r, 4.2, 2.2) * 24.0) * SIM_HOUR;
	if (stay < 10 * SIM_HOUR)
		stay = 10 * SIM_HOUR + (int64_t)sim_below(r, 30) * SIM_HOUR;
	sim_plan(s, SIM_EV_DISCHARGE, s->now + stay + (int64_t)sim_below(r, 3600) * TIME_SEC, person, 0, 0);
	sim_plan(s, SIM_EV_VITALS, s->now + (int64_t)sim_below(r, 3600) * TIME_SEC, person, 0, 0);
	sim_plan(s, SIM_EV_LAB_ORDER, s->now + (int64_t)sim_below(r, 7200) * TIME_SEC, person, 0, 0);
	sim_plan(s, SIM_EV_ROUND, (s->now / SIM_HOUR + 1) * SIM_HOUR + (int64_t)sim_below(r, 2400) * TIME_SEC, person, 0, 0);
	sim_plan(s, SIM_EV_NOTE, s->now + sim_between(r, 3600, 40000) * TIME_SEC, person, 0, 0);
	if (sim_chance(r, 350))
		sim_plan(s, SIM_EV_TRANSFER, s->now + sim_between(r, 2 * 3600, 70 * 3600) * TIME_SEC, person, 0, 0);
	if (sim_chance(r, 300))
		sim_plan(s, SIM_EV_REPORT, s->now + sim_between(r, 7200, 90000) * TIME_SEC, person, 0, 0);
	if (sim_chance(r, 40))
		sim_plan(s, SIM_EV_ALLERGY, s->now + sim_between(r, 7200, 90000) * TIME_SEC, person, 0, 0);
	if (sim_chance(r, 60))
		sim_plan(s, SIM_EV_LEAVE, s->now + sim_between(r, 20 * 3600, 50 * 3600) * TIME_SEC, person, 0, 0);
	if (sim_chance(r, 30))
		sim_plan(s, SIM_EV_VACCINE, s->now + sim_between(r, 20 * 3600, 60 * 3600) * TIME_SEC, person, 0, 0);
	for (unsigned i = 0, n = (unsigned)sim_below(r, 3); i < n; i++)
		sim_plan(s, SIM_EV_UPDATE, s->now + sim_between(r, 1800, 80 * 3600) * TIME_SEC, person, 0, 0);
	if (p->order_count && sim_chance(r, 300))
		sim_plan(s, SIM_EV_STOP_DRUG, s->now + sim_between(r, 20 * 3600, 60 * 3600) * TIME_SEC, person, (uint32_t)sim_below(r, p->order_count), 0);
	if (sim_chance(r, 400))
		sim_plan(s, SIM_EV_NEW_DRUG, s->now + sim_between(r, 10 * 3600, 60 * 3600) * TIME_SEC, person, (uint32_t)sim_below(r, sim_drug_count), 0);
}

static void admit(struct simulation *s, uint32_t person)
{
	struct sim_person *p = &s->people[person];
	int32_t twins = p->twin ? s->people[p->twin - 1].bed : -1; /* families lie together, and chance would bring too few of them */
	int32_t bed = free_bed(s, twins >= 0 ? (int)s->beds[twins].unit : -1);
	if (bed < 0 && twins >= 0)
		bed = free_bed(s, -1);
	if (bed < 0 || p->visit || p->dead_number)
		return;
	begin_stay(s, person, SIM_INPATIENT);
	put_in_bed(s, person, bed);
	sim_say_adt(s, "A01", person, NULL, true);
	if (sim_chance(&s->rng, 8)) { /* admitted by mistake */
		sim_plan(s, SIM_EV_CANCEL_ADMIT, s->now + 15 * SIM_MINUTE, person, 0, 0);
		return;
	}
	plan_inpatient(s, person);
}

static uint32_t someone(struct simulation *s)
{
	if (s->people_count > 50 && sim_chance(&s->rng, 350)) {
		uint32_t n = (uint32_t)sim_below(&s->rng, s->people_count);
		if (!s->people[n].visit && !s->people[n].dead_number)
			return n;
	}
	return sim_person_new(s);
}

/* Rates follow the hospital's size; each arrival plans the next. */
static int64_t gap(struct simulation *s, double per_bed_day)
{
	double a_day = per_bed_day * (double)s->bed_count;
	int64_t mean = (int64_t)((double)SIM_DAY / (a_day < 0.5 ? 0.5 : a_day));
	int h = (int)(s->now / SIM_HOUR % 24);
	if (h < 6)
		mean *= 3; /* nights are quiet */
	return mean / 4 + (int64_t)sim_below(&s->rng, (uint64_t)(mean * 3 / 2) + 1);
}

static void end_stay(struct simulation *s, uint32_t person, const char *event)
{
	struct sim_person *p = &s->people[person];
	sim_say_adt(s, event, person, NULL, false);
	uint32_t visit = p->visit;
	int32_t bed = p->bed;
	uint8_t kind = p->kind;
	put_in_bed(s, person, -1);
	p->visit = 0;
	p->kind = SIM_NONE;
	if (!strcmp(event, "A03") && kind == SIM_INPATIENT && sim_chance(&s->rng, 12))
		sim_plan_free(s, SIM_EV_CANCEL_DISCHARGE, s->now + 25 * SIM_MINUTE, person, visit, (uint32_t)bed);
}

static void ed_arrival(struct simulation *s)
{
	uint32_t n = someone(s);
	sim_plan_free(s, SIM_EV_ED_ARRIVAL, s->now + gap(s, 0.48), 0, 0, 0);
	if (s->people[n].visit || s->people[n].dead_number)
		return;
	begin_stay(s, n, SIM_EMERGENCY);
	int32_t bed = free_bed(s, 3);
	if (bed >= 0)
		put_in_bed(s, n, bed);
	sim_say_adt(s, "A04", n, NULL, true);
	sim_say_vitals(s, n);
	if (sim_chance(&s->rng, 700))
		sim_plan(s, SIM_EV_LAB_ORDER, s->now + 10 * SIM_MINUTE, n, 1, 0);
	if (sim_chance(&s->rng, 15)) /* registered twice at the door: a merge will follow */
		sim_plan_free(s, SIM_EV_MERGE, s->now + sim_between(&s->rng, 2400, 40000) * TIME_SEC, n, 0, 0);
	sim_plan(s, SIM_EV_ED_END, s->now + sim_between(&s->rng, 3600, 6 * 3600) * TIME_SEC, n, 0, 0);
}

static void ed_end(struct simulation *s, uint32_t n)
{
	struct sim_person *p = &s->people[n];
	int32_t ward = sim_chance(&s->rng, 280) ? free_bed(s, -1) : -1;
	if (ward < 0) {
		end_stay(s, n, "A03");
		return;
	}
	char from[64];
	sim_place(s, p->bed, from);
	p->kind = SIM_INPATIENT;
	p->admitted = s->now;
	put_in_bed(s, n, ward);
	sim_say_adt(s, "A06", n, from, true);
	plan_inpatient(s, n);
}

static void merge(struct simulation *s, uint32_t n)
{
	struct sim_person *p = &s->people[n];
	if (p->dead_number)
		return;
	uint32_t twin = sim_person_new(s);
	p = &s->people[n];
	struct sim_person *q = &s->people[twin];
	uint32_t mrn = q->mrn;
	*q = *p; /* the same person under another number, registered in haste */
	q->mrn = mrn;
	q->bed = -1;
	q->given2 = 0;
	q->order_count = 0;
	q->visit = (uint32_t)++s->visit_number;
	q->kind = SIM_OUTPATIENT;
	q->dead_number = false;
	sim_say_adt(s, "A04", twin, NULL, false);
	sim_say_vitals(s, twin);
	s->people[twin].visit = 0;
	s->people[twin].kind = SIM_NONE;
	s->people[twin].dead_number = true;
	sim_say_merge(s, n, twin);
}

static void lab_order(struct simulation *s, const struct sim_event *ev)
{
	struct sim_person *p = &s->people[ev->person];
	uint32_t order = (uint32_t)++s->order_number, panel = (uint32_t)(sim_chance(&s->rng, 400) ? 0 : sim_chance(&s->rng, 500) ? 1 : 2 + sim_below(&s->rng, 3));
	sim_say_lab_order(s, ev->person, order, panel);
	bool preliminary = sim_chance(&s->rng, 250);
	sim_plan(s, preliminary ? SIM_EV_LAB_RESULT : SIM_EV_LAB_FINAL, s->now + sim_between(&s->rng, 1500, 5400) * TIME_SEC, ev->person, order, panel);
	if (p->kind == SIM_INPATIENT)
		sim_plan(s, SIM_EV_LAB_ORDER, s->now + sim_between(&s->rng, 4, 14) * SIM_HOUR, ev->person, 0, 0);
}

static void round_of_drugs(struct simulation *s, uint32_t n)
{
	struct sim_person *p = &s->people[n];
	int h = (int)(s->now / SIM_HOUR % 24);
	for (unsigned i = 0; i < p->order_count; i++) {
		struct sim_order *o = &p->orders[i];
		if (!o->active || p->on_leave)
			continue;
		if (o->prn ? sim_chance(&s->rng, 50) : (sim_drugs[o->drug].hours >> h & 1) != 0)
			sim_say_given(s, n, i, !o->prn && sim_chance(&s->rng, 30));
	}
	sim_plan(s, SIM_EV_ROUND, (s->now / SIM_HOUR + 1) * SIM_HOUR + (int64_t)sim_below(&s->rng, 2400) * TIME_SEC, n, 0, 0);
}

static void transfer(struct simulation *s, uint32_t n)
{
	struct sim_person *p = &s->people[n];
	char from[64];
	if (sim_chance(&s->rng, 120)) { /* two patients change places */
		uint32_t at = (uint32_t)sim_below(&s->rng, s->bed_count);
		for (uint32_t i = 0; i < s->bed_count; i++) {
			struct sim_bed *b = &s->beds[(at + i) % s->bed_count];
			if (b->person >= 0 && (uint32_t)b->person != n && s->people[b->person].kind == SIM_INPATIENT && p->bed >= 0) {
				uint32_t other = (uint32_t)b->person;
				int32_t mine = p->bed, theirs = s->people[other].bed;
				s->beds[mine].person = (int32_t)other;
				s->beds[theirs].person = (int32_t)n;
				p->bed = theirs;
				s->people[other].bed = mine;
				sim_say_swap(s, n, other);
				return;
			}
		}
	}
	int32_t to = free_bed(s, -1), before = p->bed;
	if (to < 0 || before < 0)
		return;
	sim_place(s, before, from);
	put_in_bed(s, n, to);
	sim_say_adt(s, "A02", n, from, false);
	if (sim_chance(&s->rng, 40))
		sim_plan(s, SIM_EV_CANCEL_TRANSFER, s->now + 20 * SIM_MINUTE, n, (uint32_t)before, 0);
}

static void happen(struct simulation *s, const struct sim_event *ev)
{
	uint32_t n = ev->person;
	struct sim_person *p = &s->people[n];
	struct sim_rng *r = &s->rng;
	switch ((enum sim_event_kind)ev->kind) {
	case SIM_EV_ADMIT:
		admit(s, someone(s));
		sim_plan_free(s, SIM_EV_ADMIT, s->now + gap(s, s->occupied * 100 < s->bed_count * 78 ? 0.16 : 0.05), 0, 0, 0);
		break;
	case SIM_EV_ED_ARRIVAL: ed_arrival(s); break;
	case SIM_EV_ED_END: ed_end(s, n); break;
	case SIM_EV_OUTPATIENT: {
		uint32_t who = someone(s);
		sim_plan_free(s, SIM_EV_OUTPATIENT, s->now + gap(s, 2.8), 0, 0, 0);
		if (s->people[who].visit || s->people[who].dead_number)
			break;
		uint32_t number = (uint32_t)++s->order_number;
		int64_t when = s->now + sim_between(r, 1, 30) * SIM_DAY;
		sim_say_appointment(s, who, number, when, "S12");
		if (sim_chance(r, 100))
			sim_plan_free(s, SIM_EV_APPOINT_MOVE, s->now + sim_between(r, 1, 20) * SIM_HOUR, who, number, 0);
		else if (sim_chance(r, 60))
			sim_plan_free(s, SIM_EV_APPOINT_CANCEL, s->now + sim_between(r, 1, 20) * SIM_HOUR, who, number, 0);
		break;
	}
	case SIM_EV_APPOINT: break;
	case SIM_EV_APPOINT_MOVE: sim_say_appointment(s, n, ev->a, s->now + sim_between(r, 2, 30) * SIM_DAY, "S13"); break;
	case SIM_EV_APPOINT_CANCEL: sim_say_appointment(s, n, ev->a, s->now + SIM_DAY, "S15"); break;
	case SIM_EV_VITALS:
		if (!p->on_leave)
			sim_say_vitals(s, n);
		sim_plan(s, SIM_EV_VITALS, s->now + (p->sick > 6 ? SIM_HOUR : 4 * SIM_HOUR) + (int64_t)sim_below(r, 1200) * TIME_SEC, n, 0, 0);
		break;
	case SIM_EV_LAB_ORDER: lab_order(s, ev); break;
	case SIM_EV_LAB_RESULT:
		walk_labs(s, &p->lab);
		sim_say_lab(s, n, ev->a, ev->b, 'P');
		sim_plan(s, SIM_EV_LAB_CORRECT, s->now + sim_between(r, 600, 3000) * TIME_SEC, n, ev->a, ev->b | 0x100);
		break;
	case SIM_EV_LAB_FINAL:
		walk_labs(s, &p->lab);
		sim_say_lab(s, n, ev->a, ev->b, 'F');
		if (sim_chance(r, 25))
			sim_plan(s, SIM_EV_LAB_CORRECT, s->now + sim_between(r, 1800, 9000) * TIME_SEC, n, ev->a, ev->b);
		break;
	case SIM_EV_LAB_CORRECT: sim_say_lab(s, n, ev->a, ev->b & 0xff, ev->b & 0x100 ? 'F' : 'C'); break;
	case SIM_EV_ROUND: round_of_drugs(s, n); break;
	case SIM_EV_TRANSFER: transfer(s, n); break;
	case SIM_EV_CANCEL_TRANSFER:
		if (s->beds[ev->a].person < 0) {
			put_in_bed(s, n, (int32_t)ev->a);
			sim_say_adt(s, "A12", n, NULL, false);
		}
		break;
	case SIM_EV_SWAP: break;
	case SIM_EV_DISCHARGE:
		for (unsigned i = 0; i < p->order_count && s->slot_count + 4 < ARRAY_LEN(s->slots); i++)
			stop_drug(s, n, i);
		sim_say_note(s, n, true);
		end_stay(s, n, "A03");
		break;
	case SIM_EV_CANCEL_DISCHARGE:
		if (!p->visit && !p->dead_number && s->beds[ev->b].person < 0) {
			p->visit = ev->a;
			p->kind = SIM_INPATIENT;
			put_in_bed(s, n, (int32_t)ev->b);
			sim_say_adt(s, "A13", n, NULL, true);
			sim_plan(s, SIM_EV_DISCHARGE, s->now + SIM_DAY, n, 0, 0);
			sim_plan(s, SIM_EV_VITALS, s->now + SIM_HOUR, n, 0, 0);
		}
		break;
	case SIM_EV_CANCEL_ADMIT: end_stay(s, n, "A11"); break;
	case SIM_EV_LEAVE:
		p->on_leave = true;
		sim_say_adt(s, "A21", n, NULL, false);
		sim_plan(s, SIM_EV_RETURN, s->now + sim_between(r, 4, 20) * SIM_HOUR, n, 0, 0);
		break;
	case SIM_EV_RETURN:
		p->on_leave = false;
		sim_say_adt(s, "A22", n, NULL, false);
		break;
	case SIM_EV_UPDATE: sim_say_adt(s, sim_chance(r, 300) ? "A31" : "A08", n, NULL, true); break;
	case SIM_EV_ALLERGY:
		p->allergy = (uint16_t)(2 + sim_below(r, sim_allergy_count - 2));
		sim_say_adt(s, "A08", n, NULL, true);
		break;
	case SIM_EV_NOTE:
		sim_say_note(s, n, false);
		sim_plan(s, SIM_EV_NOTE, s->now + sim_between(r, 10, 24) * SIM_HOUR, n, 0, 0);
		break;
	case SIM_EV_REPORT: sim_say_report(s, n, (uint32_t)++s->order_number); break;
	case SIM_EV_MERGE: merge(s, n); break;
	case SIM_EV_VACCINE: sim_say_vaccine(s, n); break;
	case SIM_EV_NEW_DRUG: start_drug(s, n, (uint16_t)ev->a); break;
	case SIM_EV_STOP_DRUG: stop_drug(s, n, ev->a); break;
	}
}

/* ---- the outside -------------------------------------------------------------------------------------------------------------------- */

static int make_beds(struct simulation *s, uint64_t beds)
{
	s->beds = calloc(beds, sizeof *s->beds);
	if (!s->beds)
		return ERR_MEMORY;
	uint64_t made = 0, share = 0;
	for (size_t u = 0; u < sim_unit_count; u++) {
		share += sim_units[u].share;
		uint64_t until = u + 1 == sim_unit_count ? beds : beds * share / 1000;
		for (uint64_t i = 0; made < until; i++, made++)
			s->beds[made] = (struct sim_bed){.unit = (uint8_t)u, .room = (uint8_t)(1 + i / 2 % 99), .letter = (char)('A' + i % 2 + i / 198 * 2), .person = -1};
	}
	s->bed_count = (uint32_t)beds;
	return 0;
}

int simulation_new(uint64_t beds, uint64_t seed, int64_t start, struct simulation **ret, struct err *e)
{
	if (beds < 4 || beds > 5000)
		return err_set(e, ERR_USAGE, "--beds", "%llu beds: from 4 to 5000", (unsigned long long)beds);
	struct simulation *s = calloc(1, sizeof *s);
	if (!s || make_beds(s, beds) < 0) {
		simulation_free(s);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	buf_init(&s->out, 64 << 20);
	s->rng.s = seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
	s->start = s->now = start;
	s->visit_number = 10000000 + seed % 1000000;
	s->order_number = 1000 + seed % 1000;
	/* the house as it stands when we come in: three beds of four are taken within the first half hour of the stream */
	for (uint64_t i = 0; i < beds * 3 / 4; i++)
		sim_plan_free(s, SIM_EV_ADMIT + 100, start + (int64_t)(i + 1) * 1800 * TIME_SEC / (int64_t)(beds + 1), 0, 0, 0);
	sim_plan_free(s, SIM_EV_ADMIT, start + SIM_HOUR, 0, 0, 0);
	sim_plan_free(s, SIM_EV_ED_ARRIVAL, start + 5 * SIM_MINUTE, 0, 0, 0);
	sim_plan_free(s, SIM_EV_OUTPATIENT, start + 7 * SIM_MINUTE, 0, 0, 0);
	*ret = s;
	return 0;
}

void simulation_free(struct simulation *s)
{
	if (!s)
		return;
	free(s->people);
	free(s->beds);
	free(s->heap);
	buf_done(&s->out);
	free(s);
}

static void take_event(struct simulation *s)
{
	struct sim_event ev;
	if (!sim_pop(s, &ev)) {
		s->failed = true;
		return;
	}
	if (ev.time > s->now)
		s->now = ev.time;
	if (ev.kind == SIM_EV_ADMIT + 100) { /* of the first census */
		admit(s, sim_person_new(s));
		return;
	}
	if (ev.visit && s->people[ev.person].visit != ev.visit)
		return; /* they went home before it could happen */
	happen(s, &ev);
}

int simulation_next(struct simulation *s, struct simulate_message *ret, struct err *e)
{
	while (s->slot_at == s->slot_count) {
		s->slot_at = s->slot_count = 0;
		buf_reset(&s->out);
		if (s->master_at < sim_master_count(s))
			sim_say_master(s, s->master_at++);
		else
			take_event(s);
		if (s->failed)
			return err_set(e, ERR_MEMORY, "simulate", "the synthetic hospital has outgrown its memory");
	}
	const struct sim_message_slot *m = &s->slots[s->slot_at++];
	*ret = (struct simulate_message){.bytes = slice_of(s->out.p + m->at, m->n), .control_id = slice_of(s->out.p + m->id_at, m->id_n), .patient = m->patient, .barrier = m->barrier, .time = m->time};
	return 0;
}
