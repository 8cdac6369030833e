/* WFDB records (PhysioNet): a text header names the files that hold the signals, or the records that follow each other in this one.
 *
 * A record made of segments has either all signals in each of them in one order (fixed layout), or a first segment of no length that names all signals there can be, of which
 * each other segment has some (variable layout). A segment named ~ is a time without a recording. Segments are never themselves made of segments.
 * Annotation files (.atr) are not looked at: they hold what an expert said of the beats, and nobody here may see that before he has found them himself.
 */
#include "wfdb_internal.h"

#include <stdio.h>

struct part { /* of a channel: one segment's */
	uint64_t first, count; /* in the channel's samples, from the start of the record */
	struct wfdb_signal *signal; /* NULL: not recorded */
};
struct own {
	struct part *part;
	size_t parts;
	unsigned spf;
};
struct opening {
	struct ecg *g;
	const struct ecg_files *others;
	uint64_t summed; /* samples of format 8 that were added up */
	bool lost;       /* a file is not there */
};

/* Checksums are looked at where that costs less than a few milliseconds. */
#define SUM_SAMPLES_MAX (UINT64_C(4) << 20)
#define DIFFERENCES_MAX (UINT64_C(1) << 30)

static bool has_hea(struct slice name)
{
	return name.n > 4 && slice_eq_nocase(slice_of(name.p + name.n - 4, 4), ".hea");
}

static int sniff(struct slice file, struct slice name)
{
	struct wfdb_header h;
	AUTO_ARENA struct arena *a = NULL;
	if (has_hea(name))
		return 2;
	/* without its name: a first line that begins with a word and a number, and lines that are signals */
	struct slice rest, line = slice_trim(slice_cut(slice_of(file.p, file.n < 4096 ? file.n : 4096), '\n', &rest));
	size_t blanks = 0;
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] < ' ' && line.p[i] != '\t')
			return 0;
		blanks += line.p[i] == ' ';
	}
	if (!blanks || line.n > 200 || line.p[0] == '{' || line.p[0] == '<' || !(a = arena_new(1 << 20)))
		return 0;
	return wfdb_header(slice_of(file.p, file.n < 65536 ? file.n : 65536), a, NULL, &h, NULL) == 0 && (h.segments || (h.signals && wfdb_format_bits(h.spec[0].format)));
}

static int get(const struct opening *o, struct slice name, struct slice *ret, struct err *e)
{
	if (!name.n || name.p[0] == '.' || memchr(name.p, '/', name.n) || memchr(name.p, '\\', name.n) || memchr(name.p, 0, name.n))
		return err_set(e, ERR_INPUT, NULL, "the header names a file in another folder: a record's files lie beside its header");
	if (!o->others)
		return err_set(e, ERR_NOT_FOUND, NULL, "the record has other files beside its header, and only the header was given");
	return o->others->get(o->others->arg, name, ret, e);
}

/* ---- one header's signals ---- */

static int check_format(const struct wfdb_spec *s, unsigned i, struct err *e)
{
	if (s->format == 508 || s->format == 516 || s->format == 524)
		return err_set(e, ERR_INPUT, NULL, "signal %u is compressed with FLAC (format %u), which is not read here: convert the record to format 16 or 24 first", i, s->format);
	if (s->format && !wfdb_format_bits(s->format))
		return err_set(e, ERR_INPUT, NULL, "signal %u has format %u, which WFDB does not have", i, s->format);
	return 0;
}

/* Signals [from, to) of the header are those of one file. */
static int group(struct opening *o, const struct wfdb_header *h, unsigned from, unsigned to, struct wfdb_signal *out, struct err *e)
{
	struct slice file;
	uint64_t frame = 0;
	const struct wfdb_spec *s = &h->spec[from];
	int r = get(o, s->file, &file, e);
	if (r == ERR_NOT_FOUND) {
		o->lost = true;
		return err_set(e, r, NULL, "the file of signal %u is not beside the header", from);
	}
	if (r < 0)
		return r;
	if (s->offset > file.n)
		return err_set(e, ERR_INPUT, NULL, "signal %u begins behind the end of its file", from);
	for (unsigned i = from; i < to; i++)
		frame += h->spec[i].spf;
	for (unsigned i = from, index = 0; i < to; i++) {
		struct wfdb_signal *w = &out[i];
		if (h->spec[i].format != s->format)
			return err_set(e, ERR_INPUT, NULL, "signals %u and %u are in one file with two formats", from, i);
		*w = (struct wfdb_signal){.p = file.p + s->offset, .n = file.n - (size_t)s->offset, .format = s->format, .frame = (uint32_t)frame, .index = index, .spf = h->spec[i].spf,
			.skew = h->spec[i].skew, .init = h->spec[i].init};
		w->frames = wfdb_format_samples(w->format, w->n) / frame;
		index += w->spf;
		if (w->format == 8 && (o->summed += w->frames * w->spf) > DIFFERENCES_MAX)
			return err_set(e, ERR_LIMIT, NULL, "more samples in format 8 than are read here");
		if ((r = wfdb_signal_index(w, o->g->a, e)) < 0)
			return r;
	}
	return 0;
}

/* ret: one for each signal of h; format 0 where it has none (~). */
static int signals(struct opening *o, const struct wfdb_header *h, struct wfdb_signal **ret, struct err *e)
{
	struct wfdb_signal *s = arena_array(o->g->a, h->signals + 1, sizeof *s);
	if (!s)
		return err_set(e, arena_code(o->g->a), NULL, "no room for the signals");
	for (unsigned i = 0; i < h->signals; i++) {
		int r = check_format(&h->spec[i], i, e);
		if (r < 0)
			return r;
	}
	for (unsigned i = 0, to; i < h->signals; i = to) {
		to = i + 1;
		if (!h->spec[i].format || slice_eq_str(h->spec[i].file, "~"))
			continue;
		while (to < h->signals && slice_eq(h->spec[to].file, h->spec[i].file))
			to++;
		int r = group(o, h, i, to, s, e);
		if (r < 0)
			return r;
	}
	*ret = s;
	return 0;
}

/* Frames of a record of one piece: the header's, or what the shortest file has. */
static uint64_t frames_of(const struct wfdb_header *h, const struct wfdb_signal *s)
{
	uint64_t least = UINT64_MAX, most = 0;
	for (unsigned i = 0; i < h->signals; i++)
		if (s[i].format) {
			least = s[i].frames < least ? s[i].frames : least;
			most = s[i].frames > most ? s[i].frames : most;
		}
	/* where the header says nothing, signals of several files end together */
	return !h->frames ? (least == UINT64_MAX ? 0 : least) : h->frames < most ? h->frames : most;
}

static void check_sums(struct ecg *g, const struct wfdb_header *h, const struct wfdb_signal *s)
{
	uint64_t all = 0;
	int32_t block[1024];
	for (unsigned i = 0; i < h->signals; i++)
		all += h->frames * s[i].spf;
	if (!h->frames || all > SUM_SAMPLES_MAX)
		return;
	for (unsigned i = 0; i < h->signals; i++) {
		const struct wfdb_spec *p = &h->spec[i];
		uint64_t n = h->frames * s[i].spf;
		uint32_t sum = 0;
		if (!s[i].format || !p->has_sum || !p->sum || s[i].skew || s[i].frames < h->frames) /* 0 is what writers put who did not count */
			continue;
		for (uint64_t at = 0; at < n; at += ARRAY_LEN(block)) {
			size_t k = n - at < ARRAY_LEN(block) ? (size_t)(n - at) : ARRAY_LEN(block);
			wfdb_signal_read(&s[i], at, k, block);
			for (size_t j = 0; j < k; j++)
				sum += (uint32_t)(block[j] == ECG_GAP ? wfdb_format_gap(p->format) : block[j]);
		}
		if ((uint16_t)sum != p->sum)
			ecg_warn(g, "signal %u: the samples do not add up to the header's checksum", i);
	}
}

/* ---- channels ---- */

static int channel_add(struct ecg *g, const struct wfdb_header *h, const struct wfdb_spec *s, double gain, int32_t baseline, struct err *e)
{
	struct ecg_channel *c = ecg_channel_add(g, s->label, e);
	struct own *o = arena_alloc(g->a, sizeof *o);
	unsigned bits = wfdb_format_bits(s->format);
	if (!c)
		return ERR_LIMIT;
	if (!o)
		return err_set(e, arena_code(g->a), NULL, "no room for a channel");
	c->own = o;
	o->spf = s->spf;
	c->rate = h->rate * s->spf;
	/* the header's resolution tells more than a format of 24 or 32 bits that few use in full */
	c->bits = (uint8_t)(bits > 16 && s->bits > 16 && s->bits < bits ? s->bits : bits ? bits : 16);
	c->baseline = baseline;
	ecg_unit(c, s->unit, 1 / gain);
	if (s->guessed)
		ecg_warn(g, "channel %u has no gain: 200 steps a millivolt are assumed, as WFDB does", g->channels - 1);
	return 0;
}

static int open_plain(struct opening *o, const struct wfdb_header *h, struct err *e)
{
	struct ecg *g = o->g;
	struct wfdb_signal *s;
	int r = signals(o, h, &s, e);
	if (r < 0)
		return r;
	uint64_t frames = frames_of(h, s);
	for (unsigned i = 0; i < h->signals; i++) {
		if ((r = channel_add(g, h, &h->spec[i], h->spec[i].gain, h->spec[i].baseline, e)) < 0)
			return r;
		struct ecg_channel *c = &g->channel[i];
		struct own *own = c->own;
		if (!(own->part = arena_alloc(g->a, sizeof *own->part)))
			return err_set(e, arena_code(g->a), NULL, "no room for a channel");
		own->parts = 1;
		c->samples = frames * own->spf;
		*own->part = (struct part){0, c->samples, s[i].format ? &s[i] : NULL};
		if (__BYTE_ORDER == __LITTLE_ENDIAN && s[i].format == 16 && s[i].frame == s[i].spf && !s[i].skew && s[i].frames >= frames && (uintptr_t)s[i].p % 2 == 0)
			c->s16 = (const int16_t *)(const void *)s[i].p;
		if (s[i].format && s[i].frames < h->frames)
			ecg_warn(g, "signal %u: its file ends after %llu of the header's %llu samples", i, (unsigned long long)s[i].frames, (unsigned long long)h->frames);
	}
	check_sums(g, h, s);
	return 0;
}

/* ---- records of segments ---- */

struct segment {
	struct wfdb_header h;
	struct wfdb_signal *signal; /* NULL: nothing was recorded, or its files are not there */
	uint64_t first, frames;
};

static int segment_header(struct opening *o, struct slice name, struct wfdb_header *ret, struct slice *text, struct err *e)
{
	char file[256];
	if (name.n > 200)
		return err_set(e, ERR_INPUT, NULL, "the name of a segment is too long");
	snprintf(file, sizeof file, "%.*s.hea", SLICE_FMT(name));
	int r = get(o, slice_str(file), text, e);
	if (r < 0)
		return r;
	r = wfdb_header(*text, o->g->a, NULL, ret, e);
	return r == 0 && ret->segments ? err_set(e, ERR_INPUT, NULL, "a segment is itself made of segments, which WFDB does not allow") : r;
}

static int segment_open(struct opening *o, const struct wfdb_header *master, unsigned i, struct segment *s, bool layout, struct err *e)
{
	struct slice name = master->segment[i].name, text = SLICE_NULL;
	struct err why = {0};
	s->frames = master->segment[i].frames;
	if (slice_eq_str(name, "~"))
		return 0;
	o->lost = false;
	int r = segment_header(o, name, &s->h, &text, &why);
	if (r < 0 && layout)
		return err_set(e, r, NULL, "the record's layout (its first segment) cannot be read: %s", why.text);
	if (r == 0 && !layout && s->h.rate != master->rate)
		r = err_set(&why, ERR_INPUT, NULL, "another sampling rate than the record's");
	if (r == 0)
		r = signals(o, &s->h, &s->signal, &why);
	if (r < 0) {
		s->signal = NULL;
		s->h = (struct wfdb_header){0};
		ecg_warn(o->g, "segment %u is a gap: %s", i + 1, why.text);
	} else if (!o->g->start.n && !i) {
		wfdb_start(o->g, s->h.time, s->h.date);
	}
	if (r == 0 && text.n)
		wfdb_comments(o->g, text);
	return r == ERR_LIMIT || r == ERR_MEMORY ? err_set(e, r, NULL, "%s", why.text) : 0;
}

/* Which signal of the segment belongs to the record's i-th; -1: none does. */
static int find_signal(const struct wfdb_header *layout, const struct segment *s, bool variable, unsigned i)
{
	if (!s->signal)
		return -1;
	if (!variable)
		return i < s->h.signals ? (int)i : -1;
	for (unsigned k = 0; k < s->h.signals; k++)
		if (slice_eq(s->h.spec[k].label, layout->spec[i].label))
			return (int)k;
	return -1;
}

/* One gain for all segments: theirs where they agree, else the finest, with the baseline of the first that has it. */
static void common_gain(const struct wfdb_spec *spec, const struct segment *seg, unsigned segments, const int *which, double *gain, int32_t *baseline)
{
	bool any = false;
	*gain = spec->gain;
	*baseline = spec->baseline;
	for (unsigned i = 0; i < segments; i++) {
		if (which[i] < 0 || !seg[i].signal[which[i]].format)
			continue;
		const struct wfdb_spec *s = &seg[i].h.spec[which[i]];
		if (!any || (s->gain > 0 && s->gain > *gain)) {
			*gain = s->gain;
			*baseline = s->baseline;
		}
		any = true;
	}
}

static int channel_of_segments(struct opening *o, const struct wfdb_header *h, const struct wfdb_header *layout, struct segment *seg, bool variable, unsigned i, struct err *e)
{
	struct ecg *g = o->g;
	struct wfdb_spec spec = layout->spec[i];
	int *which = arena_array(g->a, h->segments, sizeof *which);
	struct part *part = arena_array(g->a, h->segments, sizeof *part);
	unsigned bits = 0, other = 0;
	double gain;
	int32_t baseline;
	if (!which || !part)
		return err_set(e, arena_code(g->a), NULL, "no room for the segments");
	for (unsigned k = 0; k < h->segments; k++) {
		which[k] = find_signal(layout, &seg[k], variable, i);
		if (which[k] >= 0 && wfdb_format_bits(seg[k].h.spec[which[k]].format) > bits) {
			spec.format = seg[k].h.spec[which[k]].format;
			bits = wfdb_format_bits(spec.format);
		}
	}
	common_gain(&spec, seg, h->segments, which, &gain, &baseline);
	int r = channel_add(g, h, &spec, gain, baseline, e);
	if (r < 0)
		return r;
	struct ecg_channel *c = &g->channel[i];
	struct own *own = c->own;
	for (unsigned k = 0; k < h->segments; k++) {
		struct wfdb_signal *s = which[k] >= 0 && seg[k].signal[which[k]].format ? &seg[k].signal[which[k]] : NULL;
		const struct wfdb_spec *p = s ? &seg[k].h.spec[which[k]] : NULL;
		if (s && (s->spf != own->spf || !slice_eq(slice_trim(p->unit), slice_trim(spec.unit)))) {
			s = NULL; /* another rate or unit: not this signal */
			other++;
		}
		if (s && (p->gain != gain || p->baseline != baseline)) {
			s->convert = true;
			s->mul = gain / p->gain;
			s->add = (double)baseline - (double)p->baseline * s->mul;
		}
		part[k] = (struct part){seg[k].first * own->spf, seg[k].frames * own->spf, s};
		if (s && seg[k].frames > s->frames)
			ecg_warn(g, "segment %u: the file of signal %u ends after %llu of %llu samples", k + 1, i, (unsigned long long)s->frames, (unsigned long long)seg[k].frames);
	}
	if (other)
		ecg_warn(g, "channel %u has another rate or unit in %u segments, which are left out", i, other);
	own->part = part;
	own->parts = h->segments;
	c->samples = (seg[h->segments - 1].first + seg[h->segments - 1].frames) * own->spf;
	return 0;
}

/* Stretches: runs of segments in which something was recorded, at the rate of the record (the highest of its ECG channels). */
static int stretches(struct ecg *g, const struct wfdb_header *h, const struct segment *seg, struct err *e)
{
	double rate = 0;
	bool ecg = false;
	size_t n = 0;
	for (unsigned i = 0; i < g->channels; i++)
		ecg = ecg || g->channel[i].ecg;
	for (unsigned i = 0; i < g->channels; i++)
		if ((g->channel[i].ecg || !ecg) && g->channel[i].rate > rate)
			rate = g->channel[i].rate;
	struct ecg_stretch *s = arena_array(g->a, h->segments, sizeof *s);
	if (!s)
		return err_set(e, arena_code(g->a), NULL, "no room for the segments");
	uint64_t each = (uint64_t)(rate / h->rate + 0.5);
	for (unsigned i = 0; i < h->segments; i++) {
		uint64_t first = seg[i].first * each, count = seg[i].frames * each;
		if (!seg[i].signal || !count)
			continue;
		if (n && s[n - 1].first + s[n - 1].count == first)
			s[n - 1].count += count;
		else
			s[n++] = (struct ecg_stretch){first, count};
	}
	if (n != 1 || s->first || s->count != (seg[h->segments - 1].first + seg[h->segments - 1].frames) * each) {
		g->stretches = s;
		g->stretch_count = n;
	}
	return 0;
}

static int open_segments(struct opening *o, const struct wfdb_header *h, struct err *e)
{
	struct ecg *g = o->g;
	struct segment *seg = arena_array(g->a, h->segments, sizeof *seg);
	bool variable = h->segment[0].frames == 0, any = false;
	uint64_t at = 0;
	if (!seg)
		return err_set(e, arena_code(g->a), NULL, "no room for the segments");
	for (unsigned i = 0; i < h->segments; i++) {
		int r = segment_open(o, h, i, &seg[i], variable && !i, e);
		if (r < 0)
			return r;
		seg[i].first = at;
		at += seg[i].frames;
		if (at > ECG_SAMPLES_MAX)
			return err_set(e, ERR_LIMIT, NULL, "the segments together are longer than is read here");
		any = any || (seg[i].signal && !(variable && !i));
	}
	const struct wfdb_header *layout = NULL;
	for (unsigned i = 0; i < h->segments && !layout; i++)
		if (seg[i].signal && (!variable || !i))
			layout = &seg[i].h;
	if (!layout || !any)
		return err_set(e, ERR_NOT_FOUND, NULL, "none of the record's segments can be read: their headers and files belong beside this one");
	if (h->frames && h->frames != at)
		ecg_warn(g, "the header says %llu samples, its segments are %llu", (unsigned long long)h->frames, (unsigned long long)at);
	if (h->signals != layout->signals)
		ecg_warn(g, "the header says %u signals, its segments have %u", h->signals, layout->signals);
	if (variable)
		seg[0].signal = NULL; /* it only names the signals */
	for (unsigned i = 0; i < layout->signals; i++) {
		int r = channel_of_segments(o, h, layout, seg, variable, i, e);
		if (r < 0)
			return r;
	}
	return stretches(g, h, seg, e);
}

static int open_wfdb(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e)
{
	struct opening o = {.g = g, .others = others};
	struct wfdb_header h;
	int r = wfdb_header(file, g->a, g, &h, e);
	if (r < 0)
		return r;
	if (!h.signals && !h.segments)
		return err_set(e, ERR_INPUT, NULL, "the header names no signals: the record has annotations only, no samples to read");
	wfdb_start(g, h.time, h.date);
	wfdb_comments(g, file);
	return h.segments ? open_segments(&o, &h, e) : open_plain(&o, &h, e);
}

/* ---- samples ---- */

static const struct part *part_at(const struct own *o, uint64_t at)
{
	size_t low = 0, high = o->parts; /* the last that begins at or before it */
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		if (o->part[mid].first <= at)
			low = mid;
		else
			high = mid;
	}
	return &o->part[low];
}

static void read_wfdb(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int32_t *out)
{
	while (n) {
		const struct part *p = part_at(c->own, first);
		uint64_t left = p->first + p->count - first;
		size_t here = left < n ? (size_t)left : n;
		if (p->signal)
			wfdb_signal_read(p->signal, first - p->first, here, out);
		else
			for (size_t i = 0; i < here; i++)
				out[i] = ECG_GAP;
		first += here;
		n -= here;
		out += here;
	}
}

static void read16_wfdb(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int16_t *out)
{
	while (n) {
		const struct part *p = part_at(c->own, first);
		const struct wfdb_signal *s = p->signal;
		uint64_t left = p->first + p->count - first;
		size_t here = left < n ? (size_t)left : n;
		if (s && !s->convert && s->format != 8 && c->bits <= 16) {
			wfdb_signal_read16(s, first - p->first, here, out);
		} else {
			int32_t block[512];
			here = here < ARRAY_LEN(block) ? here : ARRAY_LEN(block);
			read_wfdb(g, c, first, here, block);
			ecg_narrow(c, block, here, out);
		}
		first += here;
		n -= here;
		out += here;
	}
}

const struct ecg_reader ecg_reader_wfdb = {ECG_WFDB, sniff, open_wfdb, read_wfdb, read16_wfdb};
