/* SCP-ECG section 1: who, when, with what. A list of u8 tag, u16 length, value; tag 255 ends it. Texts end with a NUL and are of the character set that tag 14 names. */
#include "scp_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define NOTES_MAX 100
#define JOINED_MAX 4096 /* of one text put together of several tags; what is more is left out */

struct tags {
	struct scp *s;
	int year, month, day, hour, minute, second;
	bool time, zoned;
	int zone; /* minutes */
	unsigned notes;
	bool device;
	int high_pass, low_pass, bits; /* -1: not said; 1/100 Hz, Hz */
};

/* The next text of several, without the NUL behind it. */
static struct slice next_text(const struct scp *s, struct slice *rest)
{
	struct slice all = *rest;
	if (s->chars != ECG_CHARS_UTF16LE)
		return slice_cut(all, 0, rest);
	size_t n = 0;
	while (n + 1 < all.n && (all.p[n] || all.p[n + 1]))
		n += 2;
	*rest = n + 2 <= all.n ? slice_of(all.p + n + 2, all.n - n - 2) : SLICE_NULL;
	return slice_of(all.p, n);
}

static struct slice text(struct scp *s, struct slice v)
{
	return ecg_text_in(s->g, next_text(s, &v), s->chars);
}

static struct slice joined(struct ecg *g, struct slice a, const char *between, struct slice b)
{
	if (!a.n || !b.n || a.n + b.n > JOINED_MAX)
		return a.n ? a : b;
	return slice_str(arena_printf(g->a, "%.*s%s%.*s", SLICE_FMT(a), between, SLICE_FMT(b)));
}

static bool date(struct slice v, int *y, int *m, int *d)
{
	if (v.n < 4)
		return false;
	*y = v.p[0] | v.p[1] << 8;
	*m = v.p[2];
	*d = v.p[3];
	if (*y > 2900) /* written the other way round (Heal Force) */
		*y = v.p[0] << 8 | v.p[1];
	return *y >= 1800 && *y <= 2900 && *m >= 1 && *m <= 12 && *d >= 1 && *d <= 31;
}

/* A u16 and its unit. */
static struct slice measure(struct ecg *g, struct slice v, const double *factor, size_t units)
{
	if (v.n < 3 || v.p[2] >= units || factor[v.p[2]] == 0)
		return SLICE_NULL;
	double x = (v.p[0] | v.p[1] << 8) * factor[v.p[2]];
	if (x == 0)
		return SLICE_NULL;
	char *t = arena_printf(g->a, "%.2f", x);
	size_t n = t ? strlen(t) : 0;
	while (n && t[n - 1] == '0')
		n--;
	return slice_of(t, n && t[n - 1] == '.' ? n - 1 : n);
}

static struct slice age(struct ecg *g, struct slice v)
{
	static const char *const units[] = {"a", "a", "mo", "wk", "d", "h"}; /* UCUM; 0: not said, years are meant */
	if (v.n < 3 || v.p[2] >= ARRAY_LEN(units) || !(v.p[0] | v.p[1]))
		return SLICE_NULL;
	return slice_str(arena_printf(g->a, "%u %s", v.p[0] | (unsigned)v.p[1] << 8, units[v.p[2]]));
}

static struct slice sex(struct slice v)
{
	if (!v.n)
		return SLICE_NULL;
	return v.p[0] == 1 ? SLICE("male") : v.p[0] == 2 ? SLICE("female") : SLICE("unknown");
}

/* Tags 14 (acquiring) and 15 (analysing): 36 bytes, then five texts. 7: code of the maker, 8..13: model, 14: protocol, 16: characters, 35: length of the first text. */
static void machine(struct tags *t, struct slice v, bool acquiring)
{
	static const char *const makers[] = {NULL, "Burdick", "Cambridge", "Compumed", "Datamed", "Fukuda", "Hewlett-Packard", "Marquette Electronics", "Mortara Instruments", "Nihon Kohden", "Okin", "Quinton", "Siemens", "SpaceLabs", "Telemed",
		"Hellige", "Esaote", "Schiller", "Picker Schwarzer", "Elettronica Trevigiana", "Zwonitz"};
	struct ecg *g = t->s->g;
	if (v.n < 36 || (t->device && !acquiring))
		return;
	if (acquiring)
		t->device = true;
	struct slice rest = slice_of(v.p + 36, v.n - 36), part[5] = {{NULL, 0}}, none;
	g->device = ecg_text_in(g, slice_cut(slice_of(v.p + 8, 6), 0, &none), t->s->chars == ECG_CHARS_UTF16LE ? ECG_CHARS_GUESS : t->s->chars); /* six bytes, whatever the letters elsewhere are */
	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		part[i] = ecg_text_in(g, next_text(t->s, &rest), t->s->chars);
	g->serial = part[1];
	g->software = part[0].n ? part[0] : part[2];
	g->maker = part[4].n ? part[4] : v.p[7] < ARRAY_LEN(makers) ? slice_str(makers[v.p[7]]) : SLICE_NULL;
}

static void remark(struct tags *t, const char *what, struct slice v)
{
	struct slice s = text(t->s, v);
	if (!s.n || t->notes++ >= NOTES_MAX)
		return;
	ecg_note(t->s->g, joined(t->s->g, slice_str(what), "", s));
}

static void drug(struct tags *t, struct slice v)
{
	struct ecg *g = t->s->g;
	if (v.n < 4 || t->notes++ >= NOTES_MAX)
		return; /* a code alone names no drug that a reader would know */
	g->medication = joined(g, g->medication, ", ", text(t->s, slice_of(v.p + 3, v.n - 3)));
}

static void zone(struct tags *t, struct slice v)
{
	if (v.n < 2)
		return;
	int minutes = (int16_t)(v.p[0] | v.p[1] << 8);
	if (minutes == 0x7fff || abs(minutes) > 14 * 60)
		return;
	t->zoned = true;
	t->zone = minutes;
}

static void tag(struct tags *t, unsigned id, struct slice v)
{
	static const double lengths[] = {0, 1, 2.54, 0.1}, weights[] = {0, 1, 0.001, 0.45359237, 0.028349523125};
	struct ecg *g = t->s->g;
	struct ecg_person *p = &g->person;
	int y, m, d;
	switch (id) {
	case 0: p->family = text(t->s, v); break;
	case 1: p->given = text(t->s, v); break;
	case 2: p->id = text(t->s, v); break;
	case 3:
		if (t->notes++ < NOTES_MAX)
			p->family = joined(g, p->family, " ", text(t->s, v));
		break;
	case 4: p->age = age(g, v); break;
	case 5:
		if (date(v, &y, &m, &d))
			p->birth = slice_str(arena_printf(g->a, "%04d-%02d-%02d", y, m, d));
		break;
	case 6: p->height_cm = measure(g, v, lengths, ARRAY_LEN(lengths)); break;
	case 7: p->weight_kg = measure(g, v, weights, ARRAY_LEN(weights)); break;
	case 8: p->sex = sex(v); break;
	case 10: drug(t, v); break;
	case 13:
		if (t->notes++ < NOTES_MAX)
			g->indication = joined(g, g->indication, "; ", text(t->s, v));
		break;
	case 14: machine(t, v, true); break;
	case 15: machine(t, v, false); break;
	case 16:
	case 18:
		if (t->notes++ < NOTES_MAX)
			g->site = id == 16 ? joined(g, text(t->s, v), ", ", g->site) : joined(g, g->site, ", ", text(t->s, v));
		break;
	case 20: g->physician = text(t->s, v); break;
	case 25:
		if (!date(v, &t->year, &t->month, &t->day))
			t->year = 0;
		break;
	case 26:
		t->time = v.n >= 3 && v.p[0] < 24 && v.p[1] < 60 && v.p[2] < 61;
		if (t->time) {
			t->hour = v.p[0];
			t->minute = v.p[1];
			t->second = v.p[2];
		}
		break;
	case 27: t->high_pass = v.n >= 2 ? v.p[0] | v.p[1] << 8 : -1; break;
	case 28: t->low_pass = v.n >= 2 ? v.p[0] | v.p[1] << 8 : -1; break;
	case 29: t->bits = v.n ? v.p[0] : -1; break;
	case 30: remark(t, "", v); break;
	case 31: g->study = text(t->s, v); break;
	case 34: zone(t, v); break;
	case 35: remark(t, "history: ", v); break;
	default: break;
	}
}

static void filters(struct tags *t)
{
	char line[120] = "";
	size_t n = 0;
	if (t->high_pass > 0)
		n += (size_t)snprintf(line + n, sizeof line - n, "high-pass %g Hz", t->high_pass / 100.0);
	if (t->low_pass > 0)
		n += (size_t)snprintf(line + n, sizeof line - n, "%slow-pass %d Hz", n ? ", " : "", t->low_pass);
	static const char *const words[] = {"notch 60 Hz", "notch 50 Hz", "artefact filter", "baseline filter"};
	for (unsigned i = 0; t->bits > 0 && i < ARRAY_LEN(words); i++)
		if (t->bits >> i & 1)
			n += (size_t)snprintf(line + n, sizeof line - n, "%s%s", n ? ", " : "", words[i]);
	t->s->filter = slice_str(arena_strdup(t->s->g->a, slice_of(line, n)));
}

static void when(struct tags *t)
{
	struct ecg *g = t->s->g;
	if (!t->year)
		return;
	if (!t->time) {
		g->start = slice_str(arena_printf(g->a, "%04d-%02d-%02d", t->year, t->month, t->day));
		return;
	}
	char east[16] = "";
	if (t->zoned)
		snprintf(east, sizeof east, "%c%02d:%02d", t->zone < 0 ? '-' : '+', abs(t->zone) / 60, abs(t->zone) % 60);
	g->start = slice_str(arena_printf(g->a, "%04d-%02d-%02dT%02d:%02d:%02d%s", t->year, t->month, t->day, t->hour, t->minute, t->second, east));
}

/* The next tag; false: no more. */
static bool next(struct cur *c, unsigned *id, struct slice *v)
{
	if (cur_left(c) < 3 || *c->p == 255)
		return false;
	*id = cur_u8(c);
	*v = cur_take(c, cur_u16le(c));
	return !c->failed;
}

void scp_patient(struct scp *s)
{
	struct tags t = {.s = s, .high_pass = -1, .low_pass = -1, .bits = -1};
	struct slice v;
	unsigned id;
	if (!s->section[1].p) {
		ecg_warn(s->g, "section 1 is missing: nobody is named in it");
		return;
	}
	struct cur c = cur_of(s->section[1]);
	while (next(&c, &id, &v)) /* the characters first: texts stand before the device that says how they are written */
		if (id == 14 && v.n > 16)
			s->chars = ecg_charset_scp(v.p[16]);
	c = cur_of(s->section[1]);
	while (next(&c, &id, &v))
		tag(&t, id, v);
	if (c.failed)
		ecg_warn(s->g, "section 1 is cut off or damaged: a field reaches past its end");
	if (s->chars == ECG_CHARS_OTHER)
		ecg_warn(s->g, "texts are in characters that are not read here; their letters are left open");
	filters(&t);
	when(&t);
}
