/* What is said of one beat in one lead, from four estimates of the same mark: of all leads and of this lead in the averaged beat, of all leads and of this lead in the beat itself.
 *
 * The heart has one onset and one end; a lead sees it a little later or earlier, and noise moves what is found in one lead of one beat far more than that. So the estimates are weighed:
 *   mark = A + a (B - A) + b (C - A) + c (D - A) + d
 * with A all leads averaged, B this lead averaged, C all leads in this beat, D this lead in this beat. The weights are a least-squares fit to the cardiologists' marks of the LUDB records of odd number
 * (src/ecg/DESIGN.md); those of even number and others were not looked at for it. With few leads there is no "all leads" to lean on, and the lead's own two are weighed alone.
 */
#include "measure_internal.h"

#include <math.h>

struct weights {
	enum me_mark mark;
	float lead, all_beat, lead_beat, shift; /* shift in samples */
};
static const struct weights many[] = {
	{ME_QRS_ON, 0.01f, 0.11f, 0.34f, -3.08f}, {ME_QRS_OFF, 0.50f, 0.44f, 0.21f, 1.71f}, {ME_T_OFF, 0.03f, 0.16f, 0.59f, 0.71f},
	{ME_P_ON, 0.46f, 0.18f, 0.51f, -2.12f}, {ME_P_OFF, 0.42f, -0.10f, 0.48f, -0.54f},
};
static const struct weights few[] = {
	{ME_QRS_ON, 0.5f, 0, 0.5f, -4.5f}, {ME_QRS_OFF, 0.5f, 0, 0.5f, 3.0f}, {ME_T_OFF, 0.5f, 0, 0.5f, -1.0f}, {ME_P_ON, 0.5f, 0, 0.5f, -4.5f}, {ME_P_OFF, 0.5f, 0, 0.5f, -1.0f},
};
#define MANY 6 /* leads */

/* What is more than 24 ms from where all leads have it says no more than what is 24 ms from it: another wave's edge was found. */
static float apart(int at, int all, bool lean)
{
	const int d = at - all;
	return (float)(!lean ? d : d < -MS(24) ? -MS(24) : d > MS(24) ? MS(24) : d);
}

float me_blend(const struct me_work *w, enum me_mark mark, int all, int lead, int all_beat, int lead_beat)
{
	const struct weights *t = w->good >= MANY ? many : few;
	size_t i = 0;
	while (i < ARRAY_LEN(many) && t[i].mark != mark)
		i++;
	assert(i < ARRAY_LEN(many));
	t += i;
	if (lead == ME_NONE || all == ME_NONE)
		return NAN;
	const bool lean = t == many + i;
	float at = (float)all + t->lead * apart(lead, all, lean) + t->shift;
	at += t->all_beat * apart(all_beat == ME_NONE ? all : all_beat, all, lean);
	at += t->lead_beat * apart(lead_beat == ME_NONE ? lead : lead_beat, all, lean);
	return at;
}
