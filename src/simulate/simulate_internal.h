/* The synthetic hospital's inside: people, places, orders, and a calendar of what happens next. */
#ifndef HOLDFAST_SIMULATE_INTERNAL_H
#define HOLDFAST_SIMULATE_INTERNAL_H

#include "base.h"
#include "simulate.h"

#define SIM_HOUR (3600 * TIME_SEC)
#define SIM_MINUTE (60 * TIME_SEC)
#define SIM_DAY (24 * SIM_HOUR)

/* ---- chance: splitmix64, so that the same seed gives the same hospital everywhere ---------------------------------------- */
struct sim_rng {
	uint64_t s;
};
uint64_t sim_next(struct sim_rng *r);
uint64_t sim_below(struct sim_rng *r, uint64_t n);          /* 0..n-1 */
bool sim_chance(struct sim_rng *r, unsigned per_mille);
int64_t sim_between(struct sim_rng *r, int64_t a, int64_t b); /* a..b */
double sim_normal(struct sim_rng *r, double mean, double sd); /* sum of uniforms: the same bits on every machine */

/* ---- people ------------------------------------------------------------------------------------------------------------- */
struct sim_labs { /* a slowly walking state, so that trends look like trends */
	float na, k, crea, hb, wbc, plt, crp, glucose, lactate, troponin;
};
struct sim_order {
	uint32_t number;
	uint16_t drug;
	bool active, prn;
	int64_t started, last_given;
};
#define SIM_ORDERS 10
struct sim_person {
	uint32_t mrn;
	uint16_t family, given, given2, street, allergy, allergy2, problem, problem2; /* indexes into the pools; allergy 0: none stated, 1: no known allergies */
	uint8_t script;  /* which pool of names */
	char sex;        /* M F */
	int32_t birth;   /* days since 1970 */
	uint32_t visit;  /* current visit number, 0: none */
	int32_t bed;     /* index, -1: none */
	uint8_t kind;    /* enum sim_visit */
	bool dead_number, on_leave; /* merged away */
	uint32_t attending;
	int64_t admitted;
	struct sim_labs lab;
	struct sim_order orders[SIM_ORDERS];
	uint8_t order_count, sick; /* 0 well .. 9 critically ill */
	uint32_t twin; /* index + 1 of a twin or a person with a confusable name */
};
enum sim_visit { SIM_NONE, SIM_INPATIENT, SIM_EMERGENCY, SIM_OUTPATIENT };

struct sim_bed {
	uint8_t unit;
	uint8_t room, letter;
	int32_t person; /* index, -1: empty */
};
struct sim_unit {
	const char *code, *name;
	unsigned share; /* per mille of all beds */
};
struct sim_drug {
	const char *rxnorm, *name, *dose, *unit, *form, *route, *freq;
	uint32_t hours; /* bit h: given at that hour */
	bool prn;
};
struct sim_test {
	const char *loinc, *name, *unit, *range;
	float low, high;
	int decimals;
};
struct sim_coded {
	const char *code, *name, *system;
};
extern const struct sim_unit sim_units[];
extern const size_t sim_unit_count;
extern const struct sim_drug sim_drugs[];
extern const size_t sim_drug_count;
extern const struct sim_coded sim_allergies[], sim_reactions[], sim_problems[];
extern const size_t sim_allergy_count, sim_reaction_count, sim_problem_count;
/* simulate_names.c. script: a country's names (1: France, 3: China). What is made of two parts is put together in out; any number names somebody. */
#define SIM_NAME 64
unsigned sim_pick_script(struct sim_rng *r);
unsigned sim_pick_family(struct sim_rng *r, unsigned script);
unsigned sim_pick_given(struct sim_rng *r, unsigned script, char sex);
const char *sim_family(unsigned script, unsigned i, char out[SIM_NAME]);
const char *sim_given(unsigned script, char sex, unsigned i, char out[SIM_NAME]);
const char *sim_street(unsigned i);
const char *sim_doctor_family(unsigned i);
const char *sim_doctor_given(unsigned i);
#define SIM_DOCTORS 48

/* ---- what happens next: a heap of events by time, then by number ------------------------------------------------------------ */
enum sim_event_kind {
	SIM_EV_ADMIT, SIM_EV_ED_ARRIVAL, SIM_EV_ED_END, SIM_EV_OUTPATIENT, SIM_EV_VITALS, SIM_EV_LAB_ORDER, SIM_EV_LAB_RESULT, SIM_EV_LAB_FINAL, SIM_EV_LAB_CORRECT, SIM_EV_ROUND, SIM_EV_TRANSFER,
	SIM_EV_CANCEL_TRANSFER, SIM_EV_SWAP, SIM_EV_DISCHARGE, SIM_EV_CANCEL_DISCHARGE, SIM_EV_CANCEL_ADMIT, SIM_EV_LEAVE, SIM_EV_RETURN, SIM_EV_UPDATE, SIM_EV_ALLERGY, SIM_EV_NOTE, SIM_EV_REPORT, SIM_EV_MERGE,
	SIM_EV_APPOINT, SIM_EV_APPOINT_MOVE, SIM_EV_APPOINT_CANCEL, SIM_EV_VACCINE, SIM_EV_NEW_DRUG, SIM_EV_STOP_DRUG,
};
struct sim_event {
	int64_t time;
	uint64_t number;
	uint32_t person, visit; /* visit: the event is void when the person's visit is another one by then; 0: always */
	uint32_t a, b;          /* event's own */
	uint8_t kind;
};

struct sim_message_slot { /* a message that waits to be handed out */
	size_t at, n;
	size_t id_at, id_n;
	uint64_t patient;
	bool barrier;
	int64_t time;
};

struct simulation {
	struct sim_rng rng;
	struct sim_person *people;
	uint32_t people_count, people_cap;
	struct sim_bed *beds;
	uint32_t bed_count, occupied;
	struct sim_event *heap;
	size_t heap_count, heap_cap;
	uint64_t event_number, control, order_number, visit_number, document_number;
	int64_t now, start;
	struct buf out;
	struct sim_message_slot slots[64];
	unsigned slot_at, slot_count;
	uint32_t master_at; /* master file messages still to send come first */
	struct arena *a;
	bool failed;
};

void sim_plan(struct simulation *s, uint8_t kind, int64_t time, uint32_t person, uint32_t a, uint32_t b); /* tied to the person's visit */
void sim_plan_free(struct simulation *s, uint8_t kind, int64_t time, uint32_t person, uint32_t a, uint32_t b);
bool sim_pop(struct simulation *s, struct sim_event *ret);

/* ---- messages: each appends one message to s->out and one slot --------------------------------------------------------------- */
uint32_t sim_person_new(struct simulation *s);
void sim_say_adt(struct simulation *s, const char *event, uint32_t person, const char *prior_place, bool full);
void sim_say_swap(struct simulation *s, uint32_t a, uint32_t b);
void sim_say_merge(struct simulation *s, uint32_t survivor, uint32_t gone);
void sim_say_vitals(struct simulation *s, uint32_t person);
void sim_say_lab_order(struct simulation *s, uint32_t person, uint32_t order, uint32_t panel);
void sim_say_lab(struct simulation *s, uint32_t person, uint32_t order, uint32_t panel, char status);
void sim_say_drug(struct simulation *s, uint32_t person, unsigned slot, const char *control);
void sim_say_given(struct simulation *s, uint32_t person, unsigned slot, bool refused);
void sim_say_note(struct simulation *s, uint32_t person, bool pdf);
void sim_say_report(struct simulation *s, uint32_t person, uint32_t order);
void sim_say_appointment(struct simulation *s, uint32_t person, uint32_t number, int64_t when, const char *event);
void sim_say_vaccine(struct simulation *s, uint32_t person);
void sim_say_master(struct simulation *s, uint32_t n); /* the n-th master file message */
uint32_t sim_master_count(const struct simulation *s);
size_t sim_place(const struct simulation *s, int32_t bed, char out[64]);
#define SIM_PANELS 5

#endif
