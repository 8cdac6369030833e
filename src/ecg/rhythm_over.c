/* What lies over the base rhythm: pauses, runs of ectopic beats, bigeminy and trigeminy; and the counts. */
#include "rhythm.h"

static bool is(const struct ecg_beats *b, size_t i, char class)
{
	return i < b->count && b->beat[i].class == class;
}

/* From beat i, how many beats follow each other of this class without a hole. */
static size_t run_of(const struct rhythm *r, size_t i, char class)
{
	size_t n = 1;
	while (is(r->b, i + n, class) && rhythm_rr(r, i + n) < 2)
		n++;
	return n;
}

static void run(struct rhythm *r, size_t i, size_t n, struct ecg_rhythm_result *ret)
{
	const struct ecg_beats *b = r->b;
	char class = b->beat[i].class;
	if (n == 2 && class == 'V')
		ret->couplets++;
	if (n < 3)
		return;
	double seconds = (double)(b->beat[i + n - 1].at - b->beat[i].at) / b->rate, rate = 60 * (double)(n - 1) / seconds;
	unsigned sure = 0;
	for (size_t j = i; j < i + n; j++)
		sure += b->beat[j].confidence;
	sure /= (unsigned)n;
	enum ecg_rhythm what = class == 'S' ? ECG_RHYTHM_SVT : rate >= RHYTHM_FAST ? ECG_RHYTHM_VT : ECG_RHYTHM_IVR;
	if (class == 'S' && rate < RHYTHM_FAST)
		return;
	if (class == 'V') {
		ret->runs++;
		ret->longest_run = n > ret->longest_run ? (uint32_t)n : ret->longest_run;
	}
	rhythm_add(r, what, b->beat[i].at, i + n < b->count ? b->beat[i + n].at : r->g->samples, (uint8_t)sure, true);
}

/* A pattern that repeats: every period-th beat ventricular, the others not, three times at least. Returns the beats it holds, 0: none begins here. */
static size_t pattern(const struct ecg_beats *b, size_t i, size_t period)
{
	size_t n = 0;
	while (i + n < b->count && (n % period == 0) == (b->beat[i + n].class == 'V'))
		n++;
	n = n / period * period + (n % period == 1 ? 1 : 0); /* it may end with its V */
	return n >= 2 * period + 1 ? n : 0;
}

static void patterns(struct rhythm *r)
{
	const struct ecg_beats *b = r->b;
	for (size_t i = 0; i < b->count;) {
		if (b->beat[i].class != 'V') {
			i++;
			continue;
		}
		size_t two = pattern(b, i, 2), three = pattern(b, i, 3), n = two > three ? two : three;
		if (!n) {
			i++;
			continue;
		}
		size_t first = i ? i - 1 : 0, end = i + n < b->count ? i + n : b->count - 1;
		if (r->overs && r->over[r->overs - 1].end > b->beat[first].at && (r->over[r->overs - 1].rhythm == ECG_RHYTHM_BIGEMINY || r->over[r->overs - 1].rhythm == ECG_RHYTHM_TRIGEMINY))
			first = i;
		rhythm_add(r, two > three ? ECG_RHYTHM_BIGEMINY : ECG_RHYTHM_TRIGEMINY, b->beat[first].at, b->beat[end].at, n >= 4 * (two > three ? 2u : 3u) ? 90 : 75, true);
		i += n;
	}
}

/* In a pause nothing is as large as a QRS. A second that is: a beat that was not found, an electrode that moved. Half a second after the first beat is its T's. */
static bool still(const struct rhythm *r, uint64_t from, uint64_t to)
{
	const double rate = r->g->rate, end = (double)to / rate - 0.1;
	size_t s = (size_t)((double)from / rate + 0.5) + 1;
	for (; s < r->seconds && (double)(s + 1) <= end; s++)
		if (r->loud[s])
			return false;
	return true;
}

static void pauses(struct rhythm *r, struct ecg_rhythm_result *ret)
{
	const struct ecg_beats *b = r->b;
	for (size_t i = 1; i < b->count; i++) {
		double rr = rhythm_rr(r, i);
		if (rr <= ret->longest_rr_s && rr <= RHYTHM_PAUSE_S)
			continue;
		if (rhythm_bad(r, b->beat[i - 1].at, b->beat[i].at) || !still(r, b->beat[i - 1].at, b->beat[i].at)) /* a beat may hide there */
			continue;
		if (rr > ret->longest_rr_s) {
			ret->longest_rr_s = rr;
			ret->longest_rr_at = b->beat[i - 1].at;
		}
		if (rr > RHYTHM_PAUSE_S) {
			ret->pauses++;
			unsigned quality = b->beat[i - 1].quality < b->beat[i].quality ? b->beat[i - 1].quality : b->beat[i].quality;
			rhythm_add(r, ECG_RHYTHM_PAUSE, b->beat[i - 1].at, b->beat[i].at, (uint8_t)(quality > 90 ? 90 : quality < 20 ? 20 : quality), true);
		}
	}
}

void rhythm_over(struct rhythm *r, struct ecg_rhythm_result *ret)
{
	const struct ecg_beats *b = r->b;
	ret->total = (uint32_t)b->count;
	for (size_t i = 0; i < b->count; i++) {
		char c = b->beat[i].class;
		ret->normal += c == 'N';
		ret->s += c == 'S';
		ret->v += c == 'V';
		ret->f += c == 'F';
		ret->q += c == 'Q';
	}
	for (size_t i = 0; i < b->count;) {
		size_t n = b->beat[i].class == 'V' || b->beat[i].class == 'S' ? run_of(r, i, b->beat[i].class) : 1;
		run(r, i, n, ret);
		i += n;
	}
	patterns(r);
	pauses(r, ret);
}
