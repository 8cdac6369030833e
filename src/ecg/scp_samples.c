/* SCP-ECG sections 3 to 6: leads, beats and zones, the reference beat, the rhythm; put together again.
 *
 * 3: u8 leads   u8 flags (1: the reference beat was subtracted; 4: all recorded at once; upper five bits: how many at once)   leads x (u32 first sample, u32 last, u8 lead)
 * 4: u16 length of the reference beat ms   u16 fiducial sample in it   u16 n   n x (u16 type, u32 start, u32 fiducial, u32 end of what was subtracted)   n x (u32 start, u32 end of the protected zone)
 * 5: u16 nV a step   u16 us a sample   u8 difference (0, 1, 2)   u8 0         leads x u16 bytes   the data of each lead
 * 6: u16 nV a step   u16 us a sample   u8 difference             u8 bimodal   leads x u16 bytes   the data of each lead
 *
 * Made (annex C): reference beat subtracted inside start..end of every QRS of type 0; then, bimodal, outside protected zones averaged and thinned out by a factor (section 6's interval over
 * section 5's, usually 4); then differences; then Huffman. Undone here in the other order. What was thinned out is drawn as straight lines between the middles of the averaged samples, held at
 * both ends of a stretch: the standard leaves the way back to the reader, and this one has no overshoot. Where the thinned rhythm cannot be put together it is refused: an ECG without its QRS
 * complexes must not be shown.
 *
 * Work and memory are bounded by the data: a sample is at least one bit, thinned out at most by 8; a beat is added to no more samples than there are, four times over.
 */
#include "scp_internal.h"

#include <stdlib.h>

#define FACTOR_MAX 8

/* ---- sections 3 and 4 ---- */

static int read_leads(struct scp *s, struct err *e)
{
	struct cur c = cur_of(s->section[3]);
	unsigned n = cur_u8(&c), have = 0;
	s->lead_flags = cur_u8(&c);
	if (!s->section[3].p || c.failed)
		return err_set(e, ERR_INPUT, "section 3", "it does not say which leads there are");
	if (n > ECG_CHANNELS_MAX)
		return err_set(e, ERR_LIMIT, "section 3", "%u leads, more than %d", n, ECG_CHANNELS_MAX);
	for (; have < n && cur_left(&c) >= 9; have++)
		s->lead[have] = (struct scp_lead){.start = cur_u32le(&c), .end = cur_u32le(&c), .id = cur_u8(&c)};
	s->leads = n;
	if (!n || !have)
		return err_set(e, ERR_INPUT, "section 3", "there is no lead in it");
	if (have < n)
		ecg_warn(s->g, "section 3 names %u leads and describes %u", n, have);
	for (unsigned i = have; i < n; i++)
		s->lead[i] = (struct scp_lead){s->lead[0].start, s->lead[0].end, 0};
	s->first = UINT32_MAX;
	for (unsigned i = 0; i < n; i++)
		if (s->lead[i].start < s->first)
			s->first = s->lead[i].start;
	return 0;
}

static uint64_t lead_samples(const struct scp_lead *l)
{
	return l->end >= l->start ? (uint64_t)l->end - l->start + 1 : 0;
}

static int read_beats(struct scp *s, struct err *e)
{
	struct cur c = cur_of(s->section[4]);
	if (s->section[4].n < 6)
		return 0;
	(void)cur_u16le(&c);
	s->fiducial = cur_u16le(&c);
	size_t n = cur_u16le(&c), all = n;
	if (n > cur_left(&c) / 14)
		n = cur_left(&c) / 14;
	s->beat = arena_array(s->g->a, n + 1, sizeof *s->beat);
	s->zone = arena_array(s->g->a, n + 1, sizeof *s->zone);
	if (!s->beat || !s->zone)
		return err_set(e, arena_code(s->g->a), "section 4", "no room for its beats");
	for (; s->beats < n; s->beats++)
		s->beat[s->beats] = (struct scp_beat){.type = cur_u16le(&c), .start = cur_u32le(&c), .fiducial = cur_u32le(&c), .end = cur_u32le(&c)};
	for (; s->zones < n && cur_left(&c) >= 8; s->zones++)
		s->zone[s->zones] = (struct scp_zone){.start = cur_u32le(&c), .end = cur_u32le(&c)};
	if (n < all)
		ecg_warn(s->g, "section 4 is cut off: %zu beats of %zu", n, all);
	return 0;
}

/* ---- sections 5 and 6 ---- */

static bool read_waves(struct scp *s, unsigned section, struct scp_waves *w)
{
	struct cur c = cur_of(s->section[section]);
	*w = (struct scp_waves){0};
	if (!s->section[section].n)
		return false;
	w->avm = cur_u16le(&c);
	w->interval = cur_u16le(&c);
	w->difference = cur_u8(&c);
	w->bimodal = cur_u8(&c);
	unsigned leads = s->packed12 ? 1 : s->leads;
	uint16_t bytes[ECG_CHANNELS_MAX] = {0};
	for (unsigned i = 0; i < leads; i++)
		bytes[i] = cur_u16le(&c);
	if (c.failed)
		return false;
	for (; w->leads < leads && cur_left(&c); w->leads++)
		w->data[w->leads] = cur_take(&c, bytes[w->leads] < cur_left(&c) ? bytes[w->leads] : cur_left(&c));
	return true;
}

/* ---- undoing ---- */

/* Stretches of a lead in turn: protected, thinned out, protected ... Positions count from the lead's first sample. */
struct stretch {
	size_t zone;
	uint64_t at, n;
	bool thin;
};

static bool next_stretch(const struct scp *s, const struct scp_lead *l, uint64_t samples, struct stretch *x)
{
	x->at += x->n;
	if (x->at >= samples)
		return false;
	uint64_t now = l->start + x->at;
	while (x->zone < s->zones && (s->zone[x->zone].end < s->zone[x->zone].start || s->zone[x->zone].end < now))
		x->zone++;
	uint64_t stop = l->start + samples;
	x->thin = x->zone >= s->zones || s->zone[x->zone].start > now;
	if (x->zone < s->zones) {
		uint64_t edge = x->thin ? s->zone[x->zone].start : (uint64_t)s->zone[x->zone].end + 1;
		if (edge < stop)
			stop = edge;
	}
	x->n = stop - now;
	return true;
}

static uint64_t thinned(const struct scp *s, const struct scp_lead *l, uint64_t samples, unsigned factor)
{
	uint64_t n = 0;
	for (struct stretch x = {0}; next_stretch(s, l, samples, &x);)
		n += x.thin ? (x.n + factor - 1) / factor : x.n;
	return n;
}

/* k averages of factor samples each, drawn through their middles. */
static void widen(const int16_t *v, size_t k, unsigned factor, int16_t *out, uint64_t n)
{
	int wide = 2 * (int)factor;
	for (uint64_t p = 0; p < n; p++) {
		int64_t t = 2 * (int64_t)p - ((int)factor - 1);
		size_t j = t < 0 ? 0 : (size_t)(t / wide);
		if (t < 0 || j + 1 >= k) {
			out[p] = v[j < k ? j : k - 1];
			continue;
		}
		int d = (v[j + 1] - v[j]) * (int)(t % wide);
		out[p] = (int16_t)(v[j] + (d + (d < 0 ? -wide / 2 : wide / 2)) / wide);
	}
}

/* From n stored values to at most `samples`; returns how many there are. */
static uint64_t put_together(const struct scp *s, const struct scp_lead *l, const int16_t *v, uint64_t n, unsigned factor, int16_t *out, uint64_t samples)
{
	uint64_t used = 0, done = 0;
	for (struct stretch x = {0}; used < n && next_stretch(s, l, samples, &x);) {
		uint64_t k = x.thin ? (x.n + factor - 1) / factor : x.n, m = x.n;
		if (k > n - used) {
			k = n - used;
			m = x.thin && k * factor < m ? k * factor : x.thin ? m : k;
		}
		if (x.thin)
			widen(v + used, (size_t)k, factor, out + x.at, m);
		else
			memcpy(out + x.at, v + used, (size_t)k * sizeof *out);
		used += k;
		done = x.at + m;
	}
	return done;
}

struct reference {
	const int16_t *x;
	size_t n;
	uint16_t avm;
};

/* What was subtracted is added again: sample `start` of a QRS lies on sample fiducial(reference) - fiducial + start of the reference beat. */
static void add_beats(const struct scp *s, const struct scp_lead *l, const struct reference *r, uint16_t avm, int16_t *x, uint64_t n)
{
	uint64_t budget = 4 * n;
	for (size_t i = 0; i < s->beats && budget; i++) {
		const struct scp_beat *b = &s->beat[i];
		if (b->type != 0 || b->end < b->start)
			continue;
		int64_t shift = (int64_t)s->fiducial - 1 - b->fiducial; /* number of a sample -> place in the reference */
		int64_t from = b->start, to = b->end;
		from = from < l->start ? l->start : from;
		from = from + shift < 0 ? -shift : from;
		to = to >= (int64_t)(l->start + n) ? (int64_t)(l->start + n) - 1 : to;
		to = to + shift >= (int64_t)r->n ? (int64_t)r->n - 1 - shift : to;
		for (int64_t k = from; k <= to && budget; k++, budget--) {
			int64_t v = (int64_t)r->x[k + shift] * r->avm;
			v = x[k - l->start] + (v + (v < 0 ? -avm / 2 : avm / 2)) / avm;
			x[k - l->start] = (int16_t)(v > INT16_MAX ? INT16_MAX : v < -INT16_MAX ? -INT16_MAX : v);
		}
	}
}

/* ---- channels ---- */

static struct ecg_channel *channel(struct scp *s, struct ecg *g, unsigned lead, uint16_t avm, double rate, struct err *e)
{
	char name[24];
	struct ecg_channel *c = ecg_channel_add(g, slice_str(arena_strdup(g->a, slice_str(scp_lead_name(s->lead[lead].id, name)))), e);
	if (!c)
		return NULL;
	ecg_unit(c, SLICE("nV"), avm);
	c->rate = rate;
	c->bits = 16;
	c->filter = s->filter;
	return c;
}

/* At most so many values can lie in the data. */
static size_t most(const struct scp_tables *t, struct slice data)
{
	if (!t->tables)
		return data.n / 2;
	return data.n * 8;
}

static int16_t *decode(struct scp *s, const struct scp_waves *w, unsigned lead, uint64_t want, size_t *ret_n, struct err *e)
{
	size_t max = most(&s->tables, w->data[lead]);
	if (want && want < max)
		max = (size_t)want;
	int16_t *x = arena_array(s->g->a, max + 1, sizeof *x);
	if (!x) {
		err_set(e, arena_code(s->g->a), NULL, "no room for the samples");
		return NULL;
	}
	*ret_n = scp_decode(&s->tables, w->data[lead], x, max);
	scp_sum(x, *ret_n, w->difference);
	return x;
}

static bool usable(const struct scp_waves *w)
{
	return w->avm && w->interval && w->difference <= 2;
}

/* Section 5: representative beats. A damaged one costs nothing but itself. */
static int read_reference(struct scp *s, const struct scp_waves *w, struct reference *ref, struct err *e)
{
	struct ecg *m = arena_alloc(s->g->a, sizeof *m);
	if (!m)
		return err_set(e, arena_code(s->g->a), "section 5", "no room for the reference beat");
	m->format = s->g->format;
	m->a = s->g->a;
	m->reader = s->g->reader;
	m->version = s->g->version;
	for (unsigned i = 0; i < w->leads; i++) {
		size_t n = 0;
		if (!w->data[i].n)
			continue;
		/* the length of it in ms is in section 4; what comes after it in the data is padding of less than a byte or two */
		uint64_t want = s->section[4].n >= 2 ? (uint64_t)(s->section[4].p[0] | s->section[4].p[1] << 8) * 1000 / w->interval : 0;
		int16_t *x = decode(s, w, i, want, &n, e);
		if (!x)
			return arena_code(s->g->a);
		ref[i] = (struct reference){x, n, w->avm};
		struct ecg_channel *c = n ? channel(s, m, i, w->avm, 1e6 / w->interval, e) : NULL;
		if (!c)
			continue;
		c->s16 = x;
		c->samples = n;
	}
	struct err none = {0};
	if (m->channels && ecg_finish(m, &none) == 0)
		s->g->median = m;
	return 0;
}

/* How often the rhythm was thinned out against the reference beat: 1 not at all, 0 in no way that is read. */
static unsigned factor_of(const struct scp *s, const struct scp_waves *w, const struct scp_waves *ref)
{
	bool subtracted = s->lead_flags & 1;
	if (ref->interval && w->interval % ref->interval == 0 && w->interval / ref->interval <= FACTOR_MAX)
		return w->bimodal || subtracted ? w->interval / ref->interval : 1;
	if (!ref->interval && w->bimodal)
		return 4; /* the standard's own */
	return w->bimodal || (subtracted && s->beats) ? 0 : 1;
}

static int one_lead(struct scp *s, const struct scp_waves *w, unsigned i, unsigned factor, const struct reference *ref, struct err *e)
{
	const struct scp_lead *l = &s->lead[i];
	uint64_t samples = lead_samples(l), want = factor > 1 ? thinned(s, l, samples, factor) : samples;
	size_t n = 0;
	int16_t *x = decode(s, w, i, want, &n, e);
	if (!x)
		return arena_code(s->g->a);
	if (factor > 1) {
		if (samples > (uint64_t)n * factor)
			samples = (uint64_t)n * factor;
		int16_t *whole = arena_array(s->g->a, (size_t)samples + 1, sizeof *whole);
		if (!whole)
			return err_set(e, arena_code(s->g->a), NULL, "no room for the samples");
		n = (size_t)put_together(s, l, x, n, factor, whole, samples);
		x = whole;
	}
	if (ref->x && (s->lead_flags & 1))
		add_beats(s, l, ref, w->avm, x, n);
	struct ecg_channel *c = channel(s, s->g, i, w->avm, 1e6 / w->interval * factor, e);
	if (!c)
		return e->code;
	if (n < lead_samples(l))
		ecg_warn(s->g, "lead %s: %zu samples of %llu are there", c->name, n, (unsigned long long)lead_samples(l));
	c->samples = n;
	c->s16 = x;
	return 0;
}

/* Leads that were recorded one group after the other keep their place in time. */
static int set_off(struct scp *s, struct err *e)
{
	uint64_t all = 0;
	for (unsigned i = 0; i < s->g->channels; i++)
		all += s->g->channel[i].samples;
	for (unsigned i = 0; i < s->g->channels; i++) {
		struct ecg_channel *c = &s->g->channel[i];
		uint64_t offset = (uint64_t)s->lead[i].start - s->first;
		if (!offset)
			continue;
		if (offset > all) {
			ecg_warn(s->g, "lead %s: it begins later than all leads together last; it is read as if it began with the others", c->name);
			continue;
		}
		struct scp_late *late = arena_alloc(s->g->a, sizeof *late);
		if (!late)
			return err_set(e, arena_code(s->g->a), NULL, "no room for a lead");
		*late = (struct scp_late){offset, c->s16};
		c->own = late;
		c->s16 = NULL;
		c->samples += offset;
	}
	return 0;
}

static int marks(struct scp *s, struct err *e)
{
	struct ecg *g = s->g;
	if (!s->beats)
		return 0;
	g->marks = arena_array(g->a, s->beats, sizeof *g->marks);
	if (!g->marks)
		return err_set(e, arena_code(g->a), NULL, "no room for its beats");
	for (size_t i = 0; i < s->beats; i++)
		if (s->beat[i].fiducial >= s->first)
			g->marks[g->mark_count++] = (struct ecg_mark){s->beat[i].fiducial - s->first, s->beat[i].type ? 'Q' : 'N'};
	return 0;
}

/* ---- Heal Force ----
 *
 * Hand-held recorders of this maker (protocol version 13, no "SCPECG" in section 0) write one stream for all leads: samples of 12 bits taken in turn from each lead, four of them in three
 * words of 16 bits, the fourth made of bits 10 to 13 of the others. The low 10 bits are the value plus 512; bit 15 marks a beat. The interval is in samples a second. Section 2 has no meaning.
 * (From the published description of github.com/KaibinBao/healforcescpecg, read against the recorder's file: 3 x 4500 samples are 30 s as section 3 says.) */
static bool is_packed12(const struct scp *s)
{
	struct slice six = s->section[6], three = s->section[3];
	if (s->protocol != 13 || six.n < 8 || three.n < 11 || !memcmp(s->file.p + 16, "SCPECG", 6) || six.p[4] || six.p[5])
		return false;
	uint64_t bytes = six.p[6] | (unsigned)six.p[7] << 8, n = (uint64_t)three.p[0];
	struct cur c = cur_of(slice_of(three.p + 2, 8));
	uint64_t first = cur_u32le(&c), last = cur_u32le(&c);
	return last >= first && n >= 1 && (last - first + 1) * n * 3 / 2 == bytes && bytes <= six.n - 8;
}

static int open_packed12(struct scp *s, const struct scp_waves *w, struct err *e)
{
	struct ecg *g = s->g;
	struct slice d = w->data[0];
	size_t total = d.n / 6 * 4, n = total / s->leads;
	bool was = false;
	g->marks = arena_array(g->a, n + 1, sizeof *g->marks);
	int16_t *x = arena_array(g->a, total + 4, sizeof *x);
	if (!g->marks || !x)
		return err_set(e, arena_code(g->a), NULL, "no room for the samples");
	for (size_t i = 0; i < n * s->leads; i++) {
		const uint8_t *p = d.p + i / 4 * 6;
		unsigned q[3] = {p[0] | (unsigned)p[1] << 8, p[2] | (unsigned)p[3] << 8, p[4] | (unsigned)p[5] << 8};
		unsigned v = i % 4 < 3 ? q[i % 4] : (q[0] & 0x3c00) >> 2 | (q[1] & 0x3c00) >> 6 | (q[2] & 0x3c00) >> 10;
		bool beat = i % 4 < 3 && v & 0x8000;
		x[i % s->leads * n + i / s->leads] = (int16_t)((int)(v & 0x3ff) - 512);
		if (beat && !was)
			g->marks[g->mark_count++] = (struct ecg_mark){i / s->leads, 'N'};
		if (i % 4 < 3)
			was = beat;
	}
	for (unsigned i = 0; i < s->leads; i++) {
		s->lead[i].id = s->leads == 1 ? s->lead[i].id : 0; /* one lead is described, and the same whatever was recorded */
		struct ecg_channel *c = channel(s, g, i, w->avm, w->interval, e);
		if (!c)
			return e->code;
		c->bits = 10;
		c->s16 = x + i * n;
		c->samples = n;
	}
	ecg_warn(g, "written in the way of Heal Force recorders: samples of 12 bits, leads in turn, the rate in samples a second");
	return 0;
}

/* ---- the whole ---- */

static int check(struct scp *s, const struct scp_waves *w, unsigned factor, struct err *e)
{
	if (!usable(w))
		return err_set(e, ERR_INPUT, "section 6", "%u nV a step, %u us a sample, difference %u: that cannot be", w->avm, w->interval, w->difference);
	if (!factor)
		return err_set(e, ERR_INPUT, "section 6", "the rhythm was thinned out in a way that cannot be undone: its interval is not a multiple of that of the reference beat");
	if (factor > 1 && w->bimodal && !s->zones && s->beats)
		return err_set(e, ERR_INPUT, "section 4", "the rhythm was thinned out outside of protected zones, and they are missing");
	if ((s->lead_flags & 1) && (s->section[5].n == 0 || s->section[4].n < 6))
		return err_set(e, ERR_INPUT, s->section[5].n ? "section 4" : "section 5", "the reference beat was subtracted from the rhythm, and it is missing");
	if (factor > 1 && !w->bimodal)
		s->zones = 0; /* all of it was thinned out */
	return 0;
}

int scp_samples(struct scp *s, struct err *e)
{
	struct scp_waves w, ref_waves;
	struct reference ref[ECG_CHANNELS_MAX] = {{0}};
	int r = read_leads(s, e);
	if (r < 0)
		return r;
	s->packed12 = is_packed12(s);
	if (!read_waves(s, 6, &w))
		return err_set(e, ERR_INPUT, "section 6", "it is cut off");
	if (s->packed12)
		return open_packed12(s, &w, e);
	r = scp_tables_read(s->section[2], s->g->a, &s->tables, e);
	if (r == 0)
		r = read_beats(s, e);
	if (r < 0)
		return r;
	if (!read_waves(s, 5, &ref_waves) || !usable(&ref_waves)) {
		if (s->section[5].n)
			ecg_warn(s->g, "section 5 (reference beat) is cut off or cannot be");
		ref_waves = (struct scp_waves){0};
		s->section[5] = SLICE_NULL;
	}
	unsigned factor = factor_of(s, &w, &ref_waves);
	r = check(s, &w, factor, e);
	if (r == 0)
		r = read_reference(s, &ref_waves, ref, e);
	for (unsigned i = 0; i < s->leads && r == 0; i++)
		r = one_lead(s, &w, i, factor, &ref[i], e);
	uint64_t any = 0;
	for (unsigned i = 0; i < s->g->channels; i++)
		any += s->g->channel[i].samples;
	if (r == 0 && !any)
		r = err_set(e, ERR_INPUT, "section 6", "not one sample of it can be read");
	if (r == 0)
		r = set_off(s, e);
	return r == 0 ? marks(s, e) : r;
}
