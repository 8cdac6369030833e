/* What the files of the v2 -> facts mapping share (facts_*.c). All of it works on one struct fx, which lives for one message.
 *
 *   facts_map.c       the message: header, list of types, the walk over its segments
 *   facts_value.c     data types: text, codes, names, persons, places, identifiers ...
 *   facts_time.c      ... and times
 *   facts_patient.c   PID PD1 NK1 GT1 IN1 ROL PRT ARV
 *   facts_identity.c  MRG and the events that change who is whom
 *   facts_visit.c     PV1 PV2 and the visit events
 *   facts_clinical.c  AL1 IAM DG1 PRB PR1
 *   facts_order.c     ORC OBR TQ1 ODS: orders
 *   facts_pharmacy.c  RXO RXE RXD RXG RXA RXR RXC
 *   facts_result.c    OBR OBX SPM of results, NTE
 *   facts_document.c  TXA, documents inside OBX, hl7_document
 *   facts_schedule.c  SCH and its resources
 *   facts_master.c    MFI MFE STF PRA LOC NPU
 *
 * Conventions. A reader of a data type takes raw bytes of the message and returns text: the empty slice for nothing, FACT_NULL for HL7's "" (two
 * quotes alone). Inside a composite "" counts as nothing, unless there is nothing else: then the whole is FACT_NULL. fx_put and its like store
 * nothing for nothing. */
#ifndef HOLDFAST_HL7_FACTS_INTERNAL_H
#define HOLDFAST_HL7_FACTS_INTERNAL_H

#include "hl7.h"

/* Segment names as numbers, so that the walk is one switch. */
#define SEG(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))
static inline uint32_t fx_name(const struct hl7_segment *s)
{
	return SEG((uint8_t)s->id[0], (uint8_t)s->id[1], (uint8_t)s->id[2]);
}

enum fx_family {
	FX_OTHER, /* not on the list: patient and visit are read, the message is counted as uninterpreted */
	FX_ADT,
	FX_ORDER,    /* ORM OMG OML OMI OMD OMS OMN */
	FX_RESULT,   /* ORU */
	FX_LAB,      /* OUL: a specimen's results; ORC follows OBR */
	FX_PHARMACY, /* RDE RDS RGV RAS OMP */
	FX_SCHEDULE,
	FX_DOCUMENT,
	FX_VACCINE,
	FX_MASTER,
	FX_PROBLEM,
	FX_FINANCE, /* BAR DFT: patient, visit, diagnoses, procedures, insurance; charges are left */
	FX_NOTHING, /* acknowledgements and envelopes: nothing to interpret */
};

enum fx_identity { FX_ID_NONE, FX_ID_MERGE, FX_ID_MOVE_IDS, FX_ID_MOVE_ACCOUNT, FX_ID_MOVE_VISIT,
	FX_ID_CHANGE_ID, FX_ID_CHANGE_ALT, FX_ID_CHANGE_ACCOUNT, FX_ID_CHANGE_VISIT,
	FX_ID_CHANGE_ALT_VISIT, FX_ID_LINK, FX_ID_UNLINK, FX_ID_DELETE };

struct fx_type {
	char code[4], trigger[4];
	uint8_t family;
	uint8_t identity;   /* enum fx_identity */
	const char *action; /* of the VISIT (ADT), the DOCUMENT (MDM) or the APPOINTMENT (SIU); NULL: none */
	const char *status;
};

struct fx_ident { /* CX, EI: as a group's id, and as a composite */
	struct fact_ident id;
	struct slice composite;
	struct slice named, universal, universal_type; /* CX: its assigner's HD as it stands */
};

struct fx_memo {
	struct slice raw, value;
};

struct fx_stated { /* "no known allergies" */
	const char *status; /* NULL: nothing was said */
	struct slice code;
	bool unknown, listed; /* listed: something real is on the list */
};

struct fx {
	const struct hl7_msg *m;
	struct facts *f;
	const struct fx_type *type;
	int comp, sub, rep; /* delimiters; -1: not given */
	const uint8_t *end; /* of the message's text */
	bool plain;         /* every field is its own text: no escapes, no controls, UTF-8 */
	bool clean;         /* ... but for escapes */
	bool controls;      /* some byte is a control other than a line end or a tab */
	bool quotes;        /* a double quote is somewhere in it, so there may be a "" */
	uint8_t *room, *room_end; /* free bytes for built strings */
	char zone[8];       /* MSH-7's, "+01:00", for times that have none */
	uint8_t zone_n;
	struct fx_memo time_memo[2], person_memo;
	uint8_t time_turn;

	const struct hl7_segment *s; /* at hand */
	uint32_t at;                 /* its index */
	uint32_t skip_to;            /* segments before this index are done already */
	uint32_t obx;                /* OBX seen so far, this one included */

	/* the patient at hand */
	struct fact_group *g;
	struct fact *patient;
	struct slice account, visit; /* composites */
	struct fact *visit_fact;
	uint8_t visit_class;         /* first letter of PV1-2 */
	struct fact *note;           /* what an NTE belongs to; NULL: nothing */
	const struct hl7_segment *mrg;
	struct fact_group *link_to;  /* A24, A37: the first patient */
	const struct hl7_segment *evn;
	bool about_person;           /* the last segment was of the person or the visit: what ROL and PRT stand behind */
	struct fx_stated stated[3];  /* of allergies, problems, medications: held back until the list is known to be empty */
	bool patients;               /* some PID was read */

	/* the order at hand */
	const struct hl7_segment *orc;
	struct fact *order;          /* ORDER, MED_ORDER or MED_DISPENSE */
	struct slice order_key, placer, filler; /* composites */
	struct slice replaced;       /* key of the order that the RP before this RO replaces */
	bool encoded;                /* RXE was read: what RXO, its RXR, RXC and TQ1 said is overridden */
	bool routed, timed, mixed;   /* an RXR, TQ1, RXC was read since then */
	bool no_order;               /* this ORC stands for "no known medications" */
	uint32_t details;            /* segments that added to the fact at hand: fx_budget */
	const struct hl7_segment *early_route; /* an RXR in front of what it is of */
	struct fact *given;          /* the first MED_ADMIN or IMMUNIZATION since the last ORC or RXR */

	/* the report at hand */
	struct fact *report;
	struct slice report_key, report_time, report_code;
	const char *result_category;
	bool narrative;              /* this OBR's observations are one text */
	struct fact *document;

	/* held back until the patient is known (SIU: SCH stands before PID) */
	const struct hl7_segment *sch;
	uint32_t sch_at;
	struct fact *appointments[8]; /* one a patient */
	unsigned appointment_count;
	struct slice master_action;  /* MFE-1 of the record at hand */
	const char *master_verb;
};

/* ---- fields ---- */

static inline struct slice fx_seg_field(const struct fx *x, const struct hl7_segment *s, unsigned n)
{
	if (!s || n == 0 || n > s->fields)
		return SLICE_NULL;
	struct hl7_span span = x->m->fields[s->first + n - 1];
	return slice_of(x->m->text.p + span.at, span.n);
}
static inline struct slice fx_field(const struct fx *x, unsigned n)
{
	return fx_seg_field(x, x->s, n);
}
static inline bool fx_has(const struct fx *x, unsigned n)
{
	return fx_field(x, n).n != 0;
}
/* The first delim at or behind p, else end. Eight bytes at a time; where the message goes on behind end they may be looked at, too. */
static inline const uint8_t *fx_find(const struct fx *x, const uint8_t *p, const uint8_t *end, int delim)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t pattern = ones * (uint8_t)delim;
	if (delim < 0)
		return end;
	while (p < end && x->end - p >= 8) {
		uint64_t w;
		memcpy(&w, p, 8);
		w = le64toh(w) ^ pattern;
		uint64_t hit = (w - ones) & ~w & (ones << 7); /* the lowest is exact */
		if (hit) {
			p += __builtin_ctzll(hit) / 8;
			return p < end ? p : end;
		}
		p += 8;
	}
	if (p >= end)
		return end;
	while (p < end && *p != delim)
		p++;
	return p;
}
static inline bool fx_null(struct slice raw)
{
	return raw.n == 2 && raw.p[0] == '"' && raw.p[1] == '"';
}
static inline struct slice fx_trim(struct slice s)
{
	while (s.n && s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}
/* Cut at every delim: at most max parts, the others are the empty slice; returns how many there are. What is past max is left out. */
unsigned fx_cut(const struct fx *x, struct slice raw, int delim, struct slice *out, unsigned max);
/* The n-th part, from 1, raw. */
struct slice fx_nth(const struct fx *x, struct slice raw, int delim, unsigned n);
static inline struct slice fx_comp(const struct fx *x, struct slice raw, unsigned n)
{
	return fx_nth(x, raw, x->comp, n);
}
/* The next repetition that has something in it and is no "": call with *rest = field. */
bool fx_next_rep(const struct fx *x, struct slice *rest, struct slice *ret);
struct slice fx_first_rep(const struct fx *x, struct slice field);

/* ---- data types ---- */

typedef struct slice fx_reader(struct fx *x, struct slice raw);

struct slice fx_line(struct fx *x, struct slice raw);   /* free text: blanks kept */
fx_reader fx_text;      /* ST, IS, ID, NM as written: blanks off, "" -> FACT_NULL */
fx_reader fx_part;      /* the same as part of a composite: "" is nothing */
fx_reader fx_word_of;   /* a coded field as one word: its code, else its text */
fx_reader fx_saying;    /* a coded field as text for people: its text, else its code */
fx_reader fx_code;      /* CE, CWE, CNE, CF, IS, ID -> code */
fx_reader fx_time;      /* TS, DTM, DT -> ISO 8601 */
fx_reader fx_birth;     /* the same; the time of day only of a newborn */
fx_reader fx_name_xpn;  /* XPN, PN -> name */
fx_reader fx_person;    /* XCN, CN -> person */
fx_reader fx_person_ndl; /* NDL, or XCN where senders put it -> person */
fx_reader fx_place;     /* PL -> location */
fx_reader fx_address;   /* XAD, AD -> address */
fx_reader fx_id;        /* CX, CK, EI -> ident */
fx_reader fx_org;       /* XON: the organisation's name */
fx_reader fx_quantity;  /* CQ, CP, MO: number and unit, as text */
void fx_put_telecom(struct fx *x, struct fact *t, struct slice raw, const char *use); /* XTN, TN; use: what the field means when the value does not say */
bool fx_is_power(struct slice base, struct slice exponent); /* of a unit: 10 and 3/uL */
struct slice fx_unit(struct fx *x, struct slice raw);  /* as fx_code; a power with an unescaped ^ is one unit */
bool fx_ident(struct fx *x, struct slice raw, struct fx_ident *ret);       /* CX or CK; false: no identifier in it */
bool fx_names_something_else(struct slice type);                          /* table 0203: an account, a visit, a licence ... */
void fx_authority(struct fx *x, const struct fx_ident *i); /* a patient's number: what it says of who gave it */
bool fx_ident_ei(struct fx *x, struct slice raw, struct fx_ident *ret);    /* EI: the assigner in components 2 to 4 */
fx_reader fx_ei;
fx_reader fx_code_in;    /* a code that is one component, its parts in subcomponents */

/* ---- building ---- */

void fx_init(struct fx *x, const struct hl7_msg *m, struct facts *f); /* delimiters and text; no header, no type */

uint8_t *fx_room(struct fx *x, size_t n); /* n bytes of the arena; NULL: failed is set */
struct slice fx_join(struct fx *x, const struct slice *parts, size_t n);           /* a composite */
struct slice fx_words(struct fx *x, const struct slice *parts, size_t n, char between); /* what there is of them, between put between */
static inline void fx_put(struct fx *x, struct fact *t, uint8_t field, struct slice v)
{
	if (v.n && t && t->count < t->cap)
		t->values[t->count++] = (struct fact_value){field, v};
	else if (v.n)
		facts_put(x->f, t, field, v);
}
#define fx_put_lit(x, t, field, literal) fx_put(x, t, field, SLICE(literal))
static inline void fx_put_str(struct fx *x, struct fact *t, uint8_t field, const char *s)
{
	if (s)
		fx_put(x, t, field, slice_str(s));
}
/* Field n of the segment at hand, read by r; _reps: each repetition ("" alone deletes the list). Nothing when it is empty. */
static inline void fx_put_field(struct fx *x, struct fact *t, uint8_t field, unsigned n, fx_reader *r)
{
	struct slice raw = fx_field(x, n);
	if (raw.n)
		fx_put(x, t, field, r(x, raw));
}
void fx_put_first(struct fx *x, struct fact *t, uint8_t field, unsigned n, fx_reader *r); /* the first repetition only */
void fx_put_reps(struct fx *x, struct fact *t, uint8_t field, unsigned n, fx_reader *r);
void fx_put_new(struct fx *x, struct fact *t, uint8_t field, struct slice v);    /* not the same value twice */
void fx_put_absent(struct fx *x, struct fact *t, uint8_t field, struct slice v); /* only where t has no such field yet */
void fx_drop(struct fact *t, uint8_t field);                                     /* what was put there so far goes */
struct fact *fx_add(struct fx *x, uint8_t kind); /* to the patient at hand (or the group without one); NTEs belong to it now */
void fx_put_visit(struct fx *x, struct fact *t); /* VISIT, when known */
struct fact_group *fx_group(struct fx *x);       /* the patient at hand, or the group without one */
/* A value that could not be read. */
static inline void fx_problem(struct fx *x)
{
	x->f->problems++;
}
/* A clinical statement that could not be read: its patient shows "incomplete", too. */
void fx_lost(struct fx *x);

/* Segments that add to one fact look through what it holds already. So that a hostile message costs no more than linear time, there are at most
 * this many of them; false: no more. */
#define FX_DETAILS_MAX 1000
bool fx_budget(struct fx *x);

bool fx_is(struct slice s, const char *word); /* ASCII, case ignored, blanks around it ignored */
/* A two-column table: the value of s, or NULL. */
struct fx_word {
	const char *from, *to;
};
const char *fx_lookup(const struct fx_word *table, size_t n, struct slice s);
#define FX_LOOKUP(table, s) fx_lookup(table, ARRAY_LEN(table), s)

/* ---- segments: each reads x->s ---- */

void fx_pid(struct fx *x), fx_pd1(struct fx *x), fx_nk1(struct fx *x), fx_gt1(struct fx *x), fx_in1(struct fx *x),
	fx_rol(struct fx *x), fx_prt(struct fx *x), fx_arv(struct fx *x);
void fx_flag(struct fx *x, unsigned field, const char *id, const char *category, bool visit); /* a marking: PD1-12, PV1-16 ... */
void fx_mrg(struct fx *x);
void fx_identity_flush(struct fx *x); /* the MRG held back until its PV1 was seen */
void fx_identity_patient(struct fx *x); /* a PID was read: links, deletions */
void fx_pv1(struct fx *x), fx_pv2(struct fx *x);
void fx_visit_finish(struct fx *x);   /* a visit event without PV1 is one still */
void fx_al1(struct fx *x), fx_iam(struct fx *x), fx_dg1(struct fx *x), fx_prb(struct fx *x), fx_pr1(struct fx *x);
void fx_clinical_finish(struct fx *x); /* "none" is said only where no list contradicts it */
bool fx_says_no_medications(struct fx *x, struct slice code);
void fx_orc(struct fx *x), fx_obr_order(struct fx *x), fx_tq1(struct fx *x), fx_ods(struct fx *x);
void fx_order_keys(struct fx *x, struct slice placer, struct slice filler, bool filler_first, struct slice *ret_key); /* sets x->placer, x->filler */
void fx_put_order_keys(struct fx *x, struct fact *t, struct slice key);
void fx_put_timing(struct fx *x, struct fact *t, struct slice tq); /* TQ: ORC-7, OBR-27, RXE-1, SCH-11 */
const char *fx_priority(struct slice s);
void fx_put_specimen(struct fx *x, struct fact *t); /* OBR-15 */
void fx_rxo(struct fx *x), fx_rxe(struct fx *x), fx_rxd(struct fx *x), fx_rxg(struct fx *x), fx_rxa(struct fx *x), fx_rxr(struct fx *x), fx_rxc(struct fx *x);
void fx_obr_result(struct fx *x), fx_orc_of_report(struct fx *x), fx_obx(struct fx *x), fx_spm(struct fx *x), fx_nte(struct fx *x);
bool fx_obx_document(struct fx *x);  /* takes the OBX at hand (and those that belong to it) when it is a document or a part of one */
void fx_txa(struct fx *x);
bool fx_obr_is_narrative(struct fx *x);
void fx_sch(struct fx *x), fx_ais(struct fx *x), fx_aig(struct fx *x), fx_ail(struct fx *x), fx_aip(struct fx *x);
void fx_mfi(struct fx *x), fx_mfe(struct fx *x), fx_stf(struct fx *x), fx_pra(struct fx *x), fx_loc(struct fx *x), fx_npu(struct fx *x);

#endif
