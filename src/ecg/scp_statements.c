/* SCP-ECG sections 7 (global measurements), 8 (report) and 11 (coded statements). What does not fit is left out with a warning; none of it is needed to see the ECG.
 *
 * 7: u8 n   u8 spikes   u16 mean RR ms   u16 mean PP ms
 *    n x (u16 P on, P off, QRS on, QRS off, T off, ms from the reference beat's begin; i16 axes of P, QRS, T)    spikes x (u16 ms, i16 uV)
 *    spikes x (u8 type, u8 source, u16 QRS, u16 width us)    u16 q    q x u8 type of each QRS    u16 ventricular rate   u16 atrial rate   u16 QTc ms   u8 formula   u16 length of tagged fields
 * 8, 11: u8 confirmed (0 by machine, 1 overread)   u16 year u8 month u8 day   u8 hour minute second   u8 n   n x (u8 number, u16 length, text). In 11 a text begins with u8 kind (1 coded, 2 free text, 3 statement logic).
 */
#include "scp_internal.h"

#include <stdio.h>

static bool duration(unsigned v)
{
	return v > 0 && v < SCP_NOT_THERE;
}

static void between(struct ecg *g, const char *key, unsigned from, unsigned to)
{
	if (from < SCP_NOT_THERE && to < SCP_NOT_THERE && to > from)
		ecg_stated(g, key, to - from);
}

static void axis(struct ecg *g, const char *key, int v)
{
	if (v != SCP_NO_AXIS && v >= -360 && v <= 360)
		ecg_stated(g, key, v > 180 ? v - 360 : v <= -180 ? v + 360 : v);
}

static void global(struct ecg *g, struct cur *c)
{
	unsigned p_on = cur_u16le(c), p_off = cur_u16le(c), on = cur_u16le(c), off = cur_u16le(c), t_off = cur_u16le(c);
	int16_t p = (int16_t)cur_u16le(c), qrs = (int16_t)cur_u16le(c), t = (int16_t)cur_u16le(c);
	if (c->failed)
		return;
	between(g, "p_ms", p_on, p_off);
	between(g, "pr_ms", p_on, on);
	between(g, "qrs_ms", on, off);
	between(g, "qt_ms", on, t_off);
	axis(g, "p_axis_deg", p);
	axis(g, "qrs_axis_deg", qrs);
	axis(g, "t_axis_deg", t);
}

static void spikes(struct ecg *g, struct cur *c, unsigned n)
{
	for (unsigned i = 0; i < n && cur_left(c) >= 4; i++) {
		unsigned ms = cur_u16le(c);
		int uv = (int16_t)cur_u16le(c);
		struct ecg_note *note = ecg_note(g, SLICE("pacemaker spike"));
		if (!note)
			return;
		note->timed = true;
		note->at_s = ms / 1000.0;
		if (uv != SCP_NO_VALUE && uv != SCP_NOT_THERE)
			note->text = slice_str(arena_printf(g->a, "pacemaker spike, %d uV", uv));
	}
}

void scp_measurements(struct scp *s)
{
	struct ecg *g = s->g;
	if (!s->section[7].n)
		return;
	struct cur c = cur_of(s->section[7]);
	unsigned n = cur_u8(&c), many = cur_u8(&c), rr = cur_u16le(&c);
	(void)cur_u16le(&c);
	if (c.failed)
		return;
	if (n && cur_left(&c) < 16 * (size_t)n && !many)
		n = (unsigned)(cur_left(&c) / 16); /* a count that is one too high (seen in converters) */
	if (n) {
		struct cur first = cur_of(cur_take(&c, 16 * (size_t)n));
		global(g, &first); /* the first set is that of the reference beat 0; others are of single beats */
	}
	if (duration(rr))
		ecg_stated(g, "rr_ms", rr);
	struct cur spike = cur_of(cur_take(&c, 4 * (size_t)many));
	spikes(g, &spike, many);
	(void)cur_take(&c, 6 * (size_t)many);
	(void)cur_take(&c, cur_u16le(&c));
	unsigned rate = cur_u16le(&c);
	(void)cur_u16le(&c);
	unsigned qtc = cur_u16le(&c);
	if (!c.failed && duration(rate) && rate < 1000)
		ecg_stated(g, "rate_bpm", rate);
	if (!c.failed && duration(qtc) && qtc < 2000)
		ecg_stated(g, "qtc_ms", qtc);
}

/* Section 11: NULs part a code, its modifiers and what belongs together. */
static struct slice coded(struct scp *s, struct slice v)
{
	if (!v.n)
		return SLICE_NULL;
	uint8_t *p = arena_alloc(s->g->a, v.n);
	size_t n = 0;
	if (!p)
		return SLICE_NULL;
	for (size_t i = 1; i < v.n; i++)
		if (v.p[i])
			p[n++] = v.p[i];
		else if (n && p[n - 1] != ' ')
			p[n++] = ' ';
	return ecg_text_in(s->g, slice_of(p, n), s->chars == ECG_CHARS_UTF16LE ? ECG_CHARS_GUESS : s->chars);
}

static void list(struct scp *s, unsigned section)
{
	struct cur c = cur_of(s->section[section]);
	(void)cur_take(&c, 8);
	unsigned n = cur_u8(&c);
	for (unsigned i = 0; i < n && !c.failed; i++) {
		(void)cur_u8(&c);
		struct slice v = cur_take(&c, cur_u16le(&c)), rest;
		if (c.failed)
			break;
		struct slice text = section == 11 ? coded(s, v) : ecg_text_in(s->g, s->chars == ECG_CHARS_UTF16LE ? v : slice_cut(v, 0, &rest), s->chars);
		struct ecg_note *note = text.n ? ecg_note(s->g, text) : NULL;
		if (note) {
			note->statement = true;
			if (section == 11 && v.p[0] == 1)
				note->code = note->text;
		}
	}
	if (c.failed)
		ecg_warn(s->g, "section %u is cut off: some statements are missing", section);
}

void scp_statements(struct scp *s)
{
	/* 11 says in codes what 8 says in words; its words are taken only where 8 has none */
	if (s->section[8].n)
		list(s, 8);
	bool said = false;
	for (const struct ecg_note *n = s->g->notes; n; n = n->next)
		said = said || n->statement;
	if (!said && s->section[11].n)
		list(s, 11);
}
