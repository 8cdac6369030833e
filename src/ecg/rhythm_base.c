/* The base rhythm: a word for every moment of the record. Seconds that no lead can be read in are NOISE, long silence in a readable signal ASYS; between these each beat gets the word of its surroundings, and
 * runs of a word become an episode. */
#include "rhythm.h"

#include <math.h>

static void rates(const struct rhythm *r, float *rate, float *spread)
{
	const struct ecg_beats *b = r->b;
	/* the mean interval of the eight beats before and after that are no ectopic beats nor follow one; sums from the left, one in, one out */
	for (size_t i = 0; i < b->count; i++) {
		double sum = 0, squares = 0;
		unsigned n = 0;
		for (size_t j = i > 8 ? i - 7 : 1; j <= i + 8 && j < b->count; j++) {
			double v = rhythm_rr(r, j);
			char c = b->beat[j].class, d = b->beat[j - 1].class;
			if (v > 3 || v < 0.2 || c == 'V' || d == 'V' || c == 'S' || d == 'S' || c == 'F')
				continue;
			sum += v;
			squares += v * v;
			n++;
		}
		if (n < 3) { /* nothing but ectopy: the rate of all */
			size_t from = i > 8 ? i - 8 : 0, to = i + 8 < b->count ? i + 8 : b->count - 1;
			sum = (double)(b->beat[to].at - b->beat[from].at) / b->rate;
			n = (unsigned)(to - from);
			squares = n ? sum * sum / n : 0;
		}
		double mean = n ? sum / n : 0, var = n ? squares / n - mean * mean : 0;
		rate[i] = mean > 0 ? (float)(60 / mean) : 0;
		spread[i] = mean > 0 && var > 0 ? (float)(sqrt(var) / mean) : 0;
	}
}

/* Runs of `what` shorter than RHYTHM_SHORT_S become what stands before them. */
static void smooth(const struct rhythm *r, uint8_t *word)
{
	const struct ecg_beats *b = r->b;
	for (size_t i = 0, j; i < b->count; i = j) {
		for (j = i + 1; j < b->count && word[j] == word[i]; j++)
			;
		uint64_t end = j < b->count ? b->beat[j].at : b->beat[b->count - 1].at;
		bool rate_word = word[i] == ECG_RHYTHM_SR || word[i] == ECG_RHYTHM_SB || word[i] == ECG_RHYTHM_ST;
		if (i > 0 && rate_word && (double)(end - b->beat[i].at) < RHYTHM_SHORT_S * b->rate &&
			(word[i - 1] == ECG_RHYTHM_SR || word[i - 1] == ECG_RHYTHM_SB || word[i - 1] == ECG_RHYTHM_ST))
			memset(word + i, word[i - 1], j - i);
	}
}

static void words(const struct rhythm *r, uint8_t *word, const float *rate)
{
	const struct ecg_beats *b = r->b;
	uint8_t last = ECG_RHYTHM_SR;
	double slow = RHYTHM_SLOW, fast = RHYTHM_FAST;
	for (size_t i = 0; i < b->count; i++) {
		unsigned paced = 0, near = 0;
		for (size_t j = i > 4 ? i - 4 : 0; j <= i + 4 && j < b->count; j++, near++)
			paced += b->beat[j].paced;
		if (paced * 2 > near)
			word[i] = ECG_RHYTHM_PACED;
		else if (r->afl[i])
			word[i] = ECG_RHYTHM_AFL;
		else if (r->af[i])
			word[i] = ECG_RHYTHM_AF;
		else
			word[i] = rate[i] < slow ? ECG_RHYTHM_SB : rate[i] > fast ? ECG_RHYTHM_ST : ECG_RHYTHM_SR;
		if (i == 0 || word[i] != last) { /* hysteresis: once slow, it is slow until it is clearly not */
			slow = word[i] == ECG_RHYTHM_SB ? RHYTHM_SLOW + 2 : RHYTHM_SLOW;
			fast = word[i] == ECG_RHYTHM_ST ? RHYTHM_FAST - 2 : RHYTHM_FAST;
		}
		last = word[i];
	}
}

static uint8_t sure(const struct rhythm *r, size_t from, size_t to, uint8_t word)
{
	struct af_window w;
	size_t quality = 0;
	for (size_t i = from; i < to; i++)
		quality += r->b->beat[i].quality;
	quality /= to - from;
	af_look(r->b, (from + to) / 2, &r->shapes, true, &w);
	float c = word == ECG_RHYTHM_AF ? 60 + 18 * w.score : word == ECG_RHYTHM_AFL ? 70 : word == ECG_RHYTHM_PACED ? 85 : w.p > 0.5f ? 95 : w.p > 0.25f ? 80 : 60;
	if (word != ECG_RHYTHM_AF && word != ECG_RHYTHM_AFL && word != ECG_RHYTHM_PACED && w.score > 0)
		c = 50;
	c = c > 97 ? 97 : c < 40 ? 40 : c;
	if (to - from < 12)
		c *= 0.85f; /* of few beats little can be known */
	if (quality < 50)
		c *= 0.5f + (float)quality / 100;
	return (uint8_t)(c < 1 ? 1 : c);
}

/* One stretch that can be read, from its first to its last sample, beats i..j-1 in it. */
static void stretch(struct rhythm *r, const uint8_t *word, size_t i, size_t j, uint64_t start, uint64_t end)
{
	if (j - i < 3) {
		rhythm_add(r, ECG_RHYTHM_UNKNOWN, start, end, 30, false);
		return;
	}
	while (i < j) {
		size_t k = i + 1;
		while (k < j && word[k] == word[i])
			k++;
		uint64_t to = k < j ? r->b->beat[k].at : end;
		rhythm_add(r, word[i], start, to, sure(r, i, k, word[i]), false);
		start = to;
		i = k;
	}
}

static uint64_t second_begins(const struct rhythm *r, size_t s)
{
	return (uint64_t)((double)s * r->g->rate);
}

/* What interrupts: the next second from `at` on that is unreadable or flutters, or silence; its ends in samples. False: none before the end. */
static bool interruption(const struct rhythm *r, uint64_t at, size_t beat, uint64_t *from, uint64_t *to, enum ecg_rhythm *what)
{
	const struct ecg_beats *b = r->b;
	const uint64_t all = r->g->samples;
	size_t s = (size_t)((double)at / r->g->rate);
	while (s < r->seconds && second_begins(r, s + 1) <= at) /* a second of 257.3 samples begins a little before its 257.3: the one before it is over all the same */
		s++;
	while (s < r->seconds && !r->bad[s] && !r->vf[s])
		s++;
	uint64_t noise = s < r->seconds ? second_begins(r, s) : all, noise_end = noise;
	enum ecg_rhythm kind = s < r->seconds && r->vf[s] ? ECG_RHYTHM_VF : ECG_RHYTHM_NOISE;
	if (s < r->seconds) {
		while (s < r->seconds && (kind == ECG_RHYTHM_VF ? r->vf[s] : r->bad[s] && !r->vf[s]))
			s++;
		noise_end = s < r->seconds ? second_begins(r, s) : all;
	}
	/* silence between beats before that */
	for (size_t i = beat; i <= b->count; i++) {
		uint64_t last = i ? b->beat[i - 1].at : 0, next = i < b->count ? b->beat[i].at : all;
		last = last < at ? at : last;
		if (last >= noise)
			break;
		next = next < noise ? next : noise;
		if (next > last && (double)(next - last) >= RHYTHM_ASYSTOLE_S * r->g->rate) {
			*from = i ? last : at;
			*to = next;
			*what = ECG_RHYTHM_ASYSTOLE;
			return true;
		}
	}
	*from = noise < at ? at : noise;
	*to = noise_end;
	*what = kind;
	return noise < all;
}

void rhythm_base(struct rhythm *r)
{
	const struct ecg_beats *b = r->b;
	uint8_t *word = arena_alloc(r->a, b->count + 1);
	float *rate = arena_array(r->a, b->count + 1, sizeof *rate), *spread = arena_array(r->a, b->count + 1, sizeof *spread);
	if (!word || !rate || !spread) {
		r->full = true;
		return;
	}
	rates(r, rate, spread);
	words(r, word, rate);
	smooth(r, word);
	uint64_t at = 0, from, to;
	size_t i = 0;
	while (at < r->g->samples && !r->full) {
		enum ecg_rhythm what = ECG_RHYTHM_NOISE;
		bool more = interruption(r, at, i, &from, &to, &what);
		uint64_t end = more ? from : r->g->samples;
		size_t j = i;
		while (j < b->count && (b->beat[j].at < end || (more && what == ECG_RHYTHM_ASYSTOLE && b->beat[j].at == end)))
			j++;
		if (end > at)
			stretch(r, word, i, j, at, end);
		if (!more)
			break;
		bool silence = what == ECG_RHYTHM_ASYSTOLE;
		if (silence)
			what = rhythm_silence(r, from, to);
		uint8_t certain = what == ECG_RHYTHM_NOISE ? 80 : what == ECG_RHYTHM_UNKNOWN ? 30 : what == ECG_RHYTHM_ASYSTOLE ? 60 : silence ? 50 : 70;
		rhythm_add(r, what, from, to, certain, false);
		while (j < b->count && b->beat[j].at < to)
			j++;
		i = j;
		assert(to > at);
		at = to;
	}
}
