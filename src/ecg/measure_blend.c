/* What is said of one beat in one lead, from four estimates of the same mark: of all leads and of this lead in the averaged beat, of all leads and of this lead in the beat itself.
 *
 * The heart has one onset and one end; a lead sees it a little later or earlier, and noise moves what is found in one lead of one beat far more than that. So the estimates are weighed:
 *   mark = A + a (B - A) + b (C - A) + c (D - A) + d
 * with A all leads averaged, B this lead averaged, C all leads in this beat, D this lead in this beat. The weights are a least-squares fit to the cardiologists' marks of the LUDB records of odd number
 * (DESIGN.md); those of even number and others were not looked at for it. With few leads there is no "all leads" to lean on, and the lead's own two are weighed alone.
 */
#include "measure_internal.h"

#include <math.h>

struct weights {
	enum me_mark mark;
	float lead, all_beat, lead_beat, shift; /* shift in samples */
};
static const struct weights many[] = {
	{ME_QRS_ON, 0.16f, -0.10f, 0.29f, -3.3f}, {ME_QRS_OFF, 0.33f, 0.32f, 0.13f, 1.25f}, {ME_T_OFF, 0.25f, 0.0f, 0.30f, -0.8f},
	{ME_P_ON, 0.42f, 0.2f, 0.15f, -1.3f}, {ME_P_OFF, 0.3f, 0.0f, 0.25f, -1.3f},
};
static const struct weights few[] = {
	{ME_QRS_ON, 0.5f, 0, 0.5f, -4.5f}, {ME_QRS_OFF, 0.5f, 0, 0.5f, 3.0f}, {ME_T_OFF, 0.5f, 0, 0.5f, -5.0f}, {ME_P_ON, 0.5f, 0, 0.5f, 0}, {ME_P_OFF, 0.5f, 0, 0.5f, -2.0f},
};
#define MANY 6 /* leads */

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
	float at = (float)all + t->lead * (float)(lead - all) + t->shift;
	at += t->all_beat * (float)((all_beat == ME_NONE ? all : all_beat) - all);
	at += t->lead_beat * (float)((lead_beat == ME_NONE ? lead : lead_beat) - all);
	return at;
}
