/* statements: what the measured values say, in neutral words for the clinician who reads the ECG over. Private to the room.
 *
 * A statement is a code, a text, the values it rests on, and how sure the rule is. Rules are those of the AHA/ACCF/HRS recommendations of 2007-2009 (part II the list, III conduction,
 * IV ST, T and QT, V hypertrophy, VI ischaemia) where they can be told from numbers. None is a diagnosis; each is to be confirmed.
 */
#ifndef HOLDFAST_ECG_STATEMENTS_H
#define HOLDFAST_ECG_STATEMENTS_H

#include "ecg_internal.h"

#define ST_MAX 64

struct st { /* what the rules look at, and what they have said */
	const struct ecg *g;
	const struct ecg_analysis *n;
	const struct ecg_measure *m;
	const struct ecg_lead_measure *lead[ECG_LEAD_COUNT]; /* NULL: not in the record, or not measurable */
	bool man, woman;       /* neither: not known */
	int age;               /* years, -1: not known */
	bool paced, lbbb, rbbb, preexcited; /* said by then: later rules hold back */
	bool unscaled;         /* leads do not belong together: what rests on size in one lead against another, or on millivolts, is withheld */
	bool lvh, anterior_q;
	struct ecg_statement said[ST_MAX];
	size_t count;
};

/* text and why as for printf. confidence is cut to 1..100. */
void st_say(struct st *s, const char *code, enum ecg_weight weight, int confidence, const char *text, const char *why, ...) PRINTF_LIKE(6, 7);
bool st_said(const struct st *s, const char *code);

float st_r(const struct ecg_lead_measure *l);    /* the higher of R and R', microvolts; 0 for none, or no lead */
float st_s(const struct ecg_lead_measure *l);    /* the depth of the deepest of Q, S, S', as a positive number */
float st_size(const struct ecg_lead_measure *l); /* peak to peak */
int st_least(int a, int b);

void st_begin(struct st *s, const struct ecg *g, const struct ecg_analysis *n);
void st_technical(struct st *s);
void st_rhythm(struct st *s);
void st_conduction(struct st *s);
void st_size_of_chambers(struct st *s);
void st_repolarisation(struct st *s);

/* All of it: statements in order of weight, and the worst weight. */
int st_all(const struct ecg *g, struct ecg_analysis *n, struct arena *a, struct err *e) MUST;

#endif
