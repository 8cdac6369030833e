/* Sequence sets of an aECG series to channels.
 *
 * A set is a time sequence (head and increment) and sequences of digits that run beside it. Sets of one series may follow each other (the same leads, later), stand beside each other (other leads, at another
 * time: 2.5 s columns) or both: every sequence is a piece of its lead at its place in time, and where a lead has no piece it was not recorded. */
#include "aecg.h"

#include <math.h>
#include <stdlib.h>

#define APART_S 3600.0 /* what begins so long after the rest ended is another recording */
#define PIECES_MAX 65536u

struct piece {
	const struct xml_node *value; /* origin and scale */
	struct slice code, label, unit;
	double rate, scale, at_s;
	int32_t baseline;
	uint64_t first, n;
	const int16_t *s16;
	const int32_t *s32;
	uint8_t bits;
	uint32_t order, channel;
};
struct set_time {
	double rate, at_s;
};
struct waves {
	struct ecg *g;
	struct err *e;
	struct buf numbers; /* of the sequence that is being read: int32_t */
	struct piece *piece;
	uint32_t pieces, left_out;
};

double aecg_seconds(struct slice value, struct slice unit)
{
	double v;
	if (!ecg_number(value, &v))
		return NAN;
	if (slice_eq_nocase(unit, "ms"))
		return v / 1e3;
	if (slice_eq_nocase(unit, "us"))
		return v / 1e6;
	if (slice_eq_nocase(unit, "min"))
		return v * 60;
	return v;
}

/* ---- time ---- */

/* Half of the last digit as written, in seconds: how far a rounded increment may be from what was meant. */
static double half_digit(struct slice s, struct slice unit)
{
	double d = 0.5;
	bool point = false;
	for (size_t i = 0; i < s.n && (point || s.p[i] != 'e'); i++) {
		if (point)
			d /= 10;
		point = point || s.p[i] == '.';
	}
	return slice_eq_nocase(unit, "ms") ? d / 1e3 : slice_eq_nocase(unit, "us") ? d / 1e6 : d;
}

/* 0.0027778 s is 360 a second, written with as many digits as its writer liked; 0.003 s is not 333. */
static double rate_of(struct slice value, struct slice unit)
{
	double s = aecg_seconds(value, unit), half = half_digit(value, unit);
	if (!(s > 0) || !isfinite(1 / s))
		return NAN;
	double rate = 1 / s, whole = floor(rate + 0.5);
	if (whole >= 1 && fabs(whole - rate) < 9e-4 * rate && fabs(1 / whole - s) <= half + 1e-12 * s)
		return whole;
	double fine = floor(rate * 1e6 + 0.5) / 1e6;
	return fine > 0 && fabs(fine - rate) <= 1e-9 * rate ? fine : rate;
}

/* Times that are listed one by one: only where they are evenly spaced. */
static bool listed_time(const struct xml_node *value, double *at, double *rate)
{
	const struct xml_node *scale = xml_child(value, "scale");
	struct slice rest = xml_text(value, "digits");
	double unit = aecg_seconds(xml_attr(scale, "value"), xml_attr(scale, "unit")), origin = aecg_seconds(xml_attr(xml_child(value, "origin"), "value"), xml_attr(xml_child(value, "origin"), "unit"));
	double first = 0, last = 0, step = 0, v;
	size_t n = 0;
	if (!(unit > 0))
		return false;
	for (; rest.n; n++) {
		size_t k = 0;
		while (k < rest.n && rest.p[k] > ' ')
			k++;
		if (!ecg_number(slice_of(rest.p, k), &v))
			return false;
		if (n == 1)
			step = v - last;
		if (n == 0)
			first = v;
		else if (fabs(v - last - step) > 1e-9)
			return false;
		last = v;
		rest = slice_trim(slice_of(rest.p + k, rest.n - k));
	}
	*at = (isfinite(origin) ? origin : 0) + first * unit;
	*rate = floor(1e6 / (step * unit) + 0.5) / 1e6;
	return n > 1 && step > 0;
}

static bool set_time(const struct xml_node *set, struct aecg_clock *clock, bool first_set, struct set_time *ret)
{
	for (const struct xml_node *c = xml_child(set, "component"); c; c = xml_next(c)) {
		const struct xml_node *seq = xml_child(c, "sequence"), *value = xml_child(seq, "value"), *head = xml_child(value, "head"), *inc = xml_child(value, "increment");
		struct slice code = xml_attr(xml_child(seq, "code"), "code"), h = xml_attr(head, "value");
		bool absolute = slice_eq_str(code, "TIME_ABSOLUTE");
		int64_t ns = 0;
		if (!absolute && !slice_eq_str(code, "TIME_RELATIVE"))
			continue;
		*ret = (struct set_time){.rate = rate_of(xml_attr(inc, "value"), xml_attr(inc, "unit"))};
		double at = aecg_seconds(h, xml_attr(head, "unit"));
		bool listed = !inc && !absolute && listed_time(value, &at, &ret->rate);
		if (!(ret->rate >= 0.001) || ret->rate > ECG_RATE_MAX)
			continue;
		if (absolute && aecg_ns(h, &ns)) {
			if (!clock->absolute && first_set) {
				clock->absolute = true;
				clock->zero_ns = ns;
				clock->head = h;
			}
			ret->at_s = clock->absolute ? (double)(ns - clock->zero_ns) / 1e9 : 0;
			return true;
		}
		if (!absolute && (listed || isfinite(at))) {
			if (!clock->relative && first_set) {
				clock->relative = true;
				clock->zero_s = at;
			}
			ret->at_s = clock->relative ? at - clock->zero_s : 0;
			return true;
		}
		ret->at_s = 0; /* an increment without a beginning */
		return true;
	}
	return false;
}

/* ---- digits ---- */

static bool blank(uint8_t c)
{
	return c <= ' ' || c == ',' || c == ';';
}

/* Whole numbers between blanks; false where something else stands. One pass, nothing allocated for a number. */
static bool whole_numbers(struct slice s, int32_t *out, size_t *ret_n)
{
	struct cur c = cur_of(s); /* whose pointers are never NULL */
	const uint8_t *p = c.p, *end = c.end;
	size_t n = 0;
	for (;;) {
		while (p < end && blank(*p))
			p++;
		if (p == end)
			break;
		bool minus = *p == '-';
		p += minus || *p == '+';
		const uint8_t *from = p;
		uint64_t v = 0;
		for (; p < end && (uint8_t)(*p - '0') < 10 && p - from < 11; p++)
			v = v * 10 + (uint8_t)(*p - '0');
		if (p == from || v > INT32_MAX || (p < end && !blank(*p)))
			return false;
		out[n++] = minus ? -(int32_t)v : (int32_t)v;
	}
	*ret_n = n;
	return true;
}

static struct slice token(struct slice *s)
{
	size_t i = 0, n = 0;
	while (i < s->n && blank(s->p[i]))
		i++;
	while (i + n < s->n && !blank(s->p[i + n]))
		n++;
	struct slice t = slice_of(s->p + i, n);
	*s = slice_of(s->p + i + n, s->n - i - n);
	return t;
}

static bool no_number(struct slice t)
{
	return slice_eq_nocase(t, "NaN") || slice_eq_nocase(t, "NA") || slice_eq_nocase(t, "null");
}

/* Decimals and holes: rare, so slower. All become whole numbers of a step that is 10^-decimals of the scale. */
static bool odd_numbers(struct slice s, int32_t *out, size_t *ret_n, unsigned *ret_decimals)
{
	unsigned decimals = 0;
	size_t n = 0;
	double v, power = 1;
	for (struct slice rest = s, t = token(&rest); t.n; t = token(&rest)) {
		const uint8_t *point = memchr(t.p, '.', t.n);
		size_t d = point ? (size_t)(t.p + t.n - point - 1) : 0;
		while (d && point[d] == '0')
			d--;
		decimals = d > decimals ? (d > 6 ? 6 : (unsigned)d) : decimals;
	}
	for (unsigned i = 0; i < decimals; i++)
		power *= 10;
	for (struct slice rest = s, t = token(&rest); t.n; t = token(&rest)) {
		if (no_number(t)) {
			out[n++] = ECG_GAP;
			continue;
		}
		if (!ecg_number(t, &v) || !(fabs(v * power) < INT32_MAX))
			return false;
		out[n++] = (int32_t)floor(v * power + 0.5);
	}
	*ret_n = n;
	*ret_decimals = decimals;
	return true;
}

static uint8_t bits_of(int32_t low, int32_t high)
{
	uint8_t bits = 16;
	while (bits < 31 && (low <= -(INT32_C(1) << (bits - 1)) || high >= INT32_C(1) << (bits - 1)))
		bits++;
	return bits == 31 ? 32 : bits;
}

/* Numbers into the arena, as narrow as they are. */
static bool keep(struct ecg *g, const int32_t *v, size_t n, struct piece *p)
{
	int32_t low = 0, high = 0;
	for (size_t i = 0; i < n; i++) {
		low = v[i] < low && v[i] != ECG_GAP ? v[i] : low;
		high = v[i] > high ? v[i] : high;
	}
	p->n = n;
	p->bits = bits_of(low, high);
	bool narrow = p->bits == 16;
	void *to = arena_array(g->a, n + 1, narrow ? sizeof *p->s16 : sizeof *p->s32);
	if (!to)
		return false;
	if (narrow) {
		int16_t *s = to;
		for (size_t i = 0; i < n; i++)
			s[i] = v[i] == ECG_GAP ? ECG_GAP16 : (int16_t)v[i];
		p->s16 = s;
	} else {
		memcpy(to, v, n * sizeof *v);
		p->s32 = to;
	}
	return true;
}

/* ---- pieces ---- */

/* Microvolts in one of a unit; 0: it is no voltage. */
static double microvolts(struct slice unit)
{
	struct ecg_channel c = {0};
	ecg_unit(&c, unit, 1);
	return !strcmp(c.unit, "uV") ? c.scale : 0;
}

/* origin + scale * digit = (sample - baseline) * scale, with whole samples and a whole baseline: where the origin is no multiple of the scale, in finer steps. */
static void place_origin(struct waves *w, struct piece *p, int32_t *v, size_t n)
{
	static const int finer[] = {1, 2, 4, 5, 8, 10, 20, 25, 50, 100, 200, 1000};
	const struct xml_node *o = xml_child(p->value, "origin");
	double origin = 0, from = microvolts(xml_attr(o, "unit")), to = microvolts(p->unit);
	if (!ecg_number(xml_attr(o, "value"), &origin) || origin == 0)
		return;
	if (from > 0 && to > 0 && from != to)
		origin = origin * from / to;
	int32_t most = 1;
	for (size_t i = 0; i < n; i++)
		if (v[i] != ECG_GAP && abs(v[i]) > most)
			most = abs(v[i]);
	for (size_t k = 0; k < ARRAY_LEN(finer); k++) {
		double b = -origin / p->scale * finer[k];
		if (fabs(b) > 1e9 || (double)most * finer[k] > 1e9)
			break;
		if (fabs(b - floor(b + 0.5)) > 1e-6 * (fabs(b) > 1 ? fabs(b) : 1))
			continue;
		p->baseline = (int32_t)floor(b + 0.5);
		p->scale /= finer[k];
		for (size_t i = 0; finer[k] > 1 && i < n; i++)
			v[i] = v[i] == ECG_GAP ? v[i] : v[i] * finer[k];
		return;
	}
	ecg_warn(w->g, "the origin of a lead is no multiple of its scale: its values are shifted by less than one step");
	double b = floor(-origin / p->scale + 0.5);
	p->baseline = fabs(b) < 1e9 ? (int32_t)b : 0;
}

static int piece_read(struct waves *w, const struct xml_node *seq, struct set_time t)
{
	const struct xml_node *code = xml_child(seq, "code"), *value = xml_child(seq, "value"), *scale = xml_child(value, "scale"), *digits = xml_child(value, "digits");
	struct piece p = {.value = value, .code = xml_attr(code, "code"), .rate = t.rate, .at_s = t.at_s, .unit = xml_attr(scale, "unit"), .scale = 1, .order = w->pieces};
	unsigned decimals = 0;
	size_t n;
	char place[48];
	if (!digits) {
		w->left_out++;
		return 0;
	}
	p.label = ecg_lead_parse(p.code) == ECG_LEAD_OTHER && xml_attr(code, "displayName").n ? xml_attr(code, "displayName") : p.code;
	if (scale && (!ecg_number(xml_attr(scale, "value"), &p.scale) || p.scale == 0))
		return err_set(w->e, ERR_INPUT, NULL, "the scale of a lead is no number");
	buf_reset(&w->numbers);
	int32_t *v = (int32_t *)(void *)buf_space(&w->numbers, (digits->text.n / 2 + 2) * sizeof *v);
	if (!v)
		return err_set(w->e, buf_code(&w->numbers), NULL, "no room for the samples");
	snprintf(place, sizeof place, "line %u", digits->line);
	if (!whole_numbers(digits->text, v, &n) && !odd_numbers(digits->text, v, &n, &decimals))
		return err_set(w->e, ERR_INPUT, place, "a lead's digits hold something that is no number");
	for (; decimals; decimals--)
		p.scale /= 10;
	place_origin(w, &p, v, n);
	if (!n) {
		ecg_warn(w->g, "a lead without samples was left out");
		return 0;
	}
	if (w->pieces == PIECES_MAX)
		return err_set(w->e, ERR_LIMIT, NULL, "more pieces of leads than are read here");
	if (!keep(w->g, v, n, &p))
		return err_set(w->e, arena_code(w->g->a), NULL, "no room for the samples");
	/* the list doubles: the old one stays behind in the arena */
	if (!(w->pieces & (w->pieces - 1))) {
		struct piece *more = arena_array(w->g->a, w->pieces ? 2 * (size_t)w->pieces : 1, sizeof *more);
		if (!more)
			return err_set(w->e, arena_code(w->g->a), NULL, "no room for the leads");
		if (w->pieces)
			memcpy(more, w->piece, w->pieces * sizeof *more);
		w->piece = more;
	}
	w->piece[w->pieces++] = p;
	return 0;
}

/* ---- pieces to channels ---- */

static int by_time(const void *x, const void *y)
{
	const struct piece *a = x, *b = y;
	return a->first != b->first ? (a->first < b->first ? -1 : 1) : a->order < b->order ? -1 : a->order > b->order;
}


static int channel_of(struct waves *w, const struct piece *first, struct slice filter)
{
	struct ecg_channel *c = ecg_channel_add(w->g, first->label, w->e);
	if (!c)
		return w->e && w->e->code ? w->e->code : ERR_LIMIT;
	c->rate = first->rate;
	ecg_unit(c, first->unit, first->scale);
	if (!first->unit.n) /* SLIST_INT, or a scale without unit: numbers of a lead, of nobody knows what size */
		c->ecg = c->lead != ECG_LEAD_OTHER;
	c->baseline = first->baseline;
	c->bits = first->bits;
	c->filter = filter;
	return 0;
}

static bool same_lead(const struct piece *a, const struct piece *b)
{
	return slice_eq(a->code, b->code) && slice_eq(a->label, b->label) && a->rate == b->rate && a->scale == b->scale && a->baseline == b->baseline && slice_eq(a->unit, b->unit);
}

/* Numbers the leads in the order of the file; first of each piece in samples of its rate. */
static int number_leads(struct waves *w, struct slice filter, struct aecg_clock *clock)
{
	double earliest = INFINITY, latest;
	uint32_t head[ECG_CHANNELS_MAX];
	for (uint32_t i = 0; i < w->pieces; i++)
		earliest = w->piece[i].at_s < earliest ? w->piece[i].at_s : earliest;
	earliest = earliest < 0 && earliest > -APART_S ? earliest : 0; /* sets that are not in order of time */
	if (earliest < 0) {
		clock->zero_ns += (int64_t)floor(earliest * 1e9);
		clock->zero_s += earliest;
		clock->head = SLICE_NULL;
	}
	latest = 0;
	for (uint32_t i = 0; i < w->pieces; i++) {
		struct piece *p = &w->piece[i];
		double at = p->at_s - earliest;
		if (at < 0 || at > latest + APART_S) {
			p->channel = UINT32_MAX;
			w->left_out++;
			continue;
		}
		double end = at + (double)p->n / p->rate;
		latest = end > latest ? end : latest;
		p->first = (uint64_t)floor(at * p->rate + 0.5);
		uint32_t k = 0;
		while (k < w->g->channels && !same_lead(&w->piece[head[k]], p))
			k++;
		if (k == w->g->channels) {
			int r = channel_of(w, p, filter);
			if (r < 0)
				return r;
			head[k] = i;
		}
		p->channel = k;
	}
	return 0;
}

/* A channel of one piece that begins with the record is that piece. */
static int lay_out(struct waves *w, uint32_t channel)
{
	struct ecg_channel *c = &w->g->channel[channel];
	uint64_t end = 0;
	uint32_t mine = 0, last = 0;
	for (uint32_t i = 0; i < w->pieces; i++) {
		struct piece *p = &w->piece[i];
		if (p->channel != channel)
			continue;
		if (p->first < end) { /* lies over what is there already */
			/* heads are rounded to samples: what begins a sample too early follows without a gap */
			if (end - p->first > 1) {
				p->channel = UINT32_MAX;
				w->left_out++;
				continue;
			}
			p->first = end;
		}
		end = p->first + p->n;
		mine++;
		last = i;
		c->bits = p->bits > c->bits ? p->bits : c->bits;
	}
	c->samples = end;
	if (mine == 1 && w->piece[last].first == 0) {
		c->s16 = w->piece[last].s16;
		c->s32 = w->piece[last].s32;
		return 0;
	}
	int32_t *all = arena_array(w->g->a, end + 1, sizeof *all);
	if (!all)
		return err_set(w->e, arena_code(w->g->a), NULL, "no room for the samples");
	for (uint64_t i = 0; i < end; i++)
		all[i] = ECG_GAP;
	for (uint32_t i = 0; i < w->pieces; i++) {
		const struct piece *p = &w->piece[i];
		if (p->channel != channel)
			continue;
		for (uint64_t k = 0; k < p->n; k++)
			all[p->first + k] = p->s32 ? p->s32[k] : p->s16[k] == ECG_GAP16 ? ECG_GAP : p->s16[k];
	}
	c->s32 = all;
	return 0;
}

int aecg_waves(struct ecg *g, const struct xml_node *series, struct slice filter, struct aecg_clock *clock, struct err *e)
{
	AUTO_BUF struct buf numbers = {0};
	struct waves w = {.g = g, .e = e};
	bool first = true;
	int r = 0;
	buf_init(&w.numbers, (size_t)1 << 31);
	for (const struct xml_node *c = xml_child(series, "component"); c && r == 0; c = xml_next(c)) {
		const struct xml_node *set = xml_child(c, "sequenceSet");
		struct set_time t;
		if (!set)
			continue;
		if (!set_time(set, clock, first, &t)) {
			r = err_set(e, ERR_INPUT, NULL, "its leads have no time: there is no sequence with an increment beside them");
			break;
		}
		first = false;
		for (const struct xml_node *s = xml_child(set, "component"); s && r == 0; s = xml_next(s)) {
			const struct xml_node *seq = xml_child(s, "sequence");
			struct slice code = xml_attr(xml_child(seq, "code"), "code");
			if (seq && !slice_eq_str(code, "TIME_ABSOLUTE") && !slice_eq_str(code, "TIME_RELATIVE"))
				r = piece_read(&w, seq, t);
		}
	}
	numbers = w.numbers; /* NOLINT(clang-analyzer-deadcode.DeadStores): the cleanup frees it */
	if (r == 0)
		r = number_leads(&w, filter, clock);
	if (r == 0 && w.pieces)
		qsort(w.piece, w.pieces, sizeof *w.piece, by_time);
	for (uint32_t i = 0; i < g->channels && r == 0; i++)
		r = lay_out(&w, i);
	if (w.left_out)
		ecg_warn(g, "%u sequences of leads were left out: without digits, over others in time, or more than an hour apart", w.left_out);
	return r;
}
