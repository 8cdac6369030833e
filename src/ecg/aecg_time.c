/* Points in time of HL7 v3 to ISO 8601 and back. */
#include "aecg_time.h"

#include <math.h>
#include <stdio.h>

struct parts {
	int v[6];      /* year month day hour minute second */
	unsigned have; /* how many of them */
	struct slice fraction, zone; /* zone: "Z", "+0100", empty */
	int zone_minutes;
};

static bool zone_read(struct slice z, struct parts *p)
{
	uint64_t n;
	p->zone = z;
	if (!z.n)
		return true;
	if (z.n == 1 && z.p[0] == 'Z')
		return true;
	if ((z.n != 5 && z.n != 3) || (z.p[0] != '+' && z.p[0] != '-') || num_u64(slice_of(z.p + 1, z.n - 1), 0, 1400, &n) < 0)
		return false;
	n = z.n == 3 ? n * 100 : n;
	if (n > 1400 || n % 100 > 59)
		return false;
	p->zone_minutes = (int)(n / 100 * 60 + n % 100) * (z.p[0] == '-' ? -1 : 1);
	return true;
}

static bool read_ts(struct slice s, struct parts *p)
{
	static const uint8_t width[6] = {4, 2, 2, 2, 2, 2};
	static const uint16_t low[6] = {1, 1, 1, 0, 0, 0}, high[6] = {9999, 12, 31, 23, 59, 60};
	size_t at = 0, digits = 0;
	*p = (struct parts){.v = {0, 1, 1}};
	s = slice_trim(s);
	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	for (unsigned i = 0; i < 6 && at + width[i] <= digits; i++) {
		uint64_t v;
		if (num_u64(slice_of(s.p + at, width[i]), low[i], high[i], &v) < 0)
			return false;
		p->v[i] = (int)v;
		p->have = i + 1;
		at += width[i];
	}
	if (at != digits || !p->have || (p->have >= 3 && p->v[2] > time_days_in_month(p->v[0], p->v[1])))
		return false;
	if (at < s.n && s.p[at] == '.' && p->have == 6) {
		size_t from = ++at;
		while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
			at++;
		p->fraction = slice_of(s.p + from, at - from < 9 ? at - from : 9);
	}
	return zone_read(slice_of(s.p + at, s.n - at), p);
}

struct slice aecg_iso(struct ecg *g, struct slice ts)
{
	struct parts p;
	char out[64];
	if (!read_ts(ts, &p))
		return SLICE_NULL;
	int n = snprintf(out, sizeof out, "%04d", p.v[0]);
	for (unsigned i = 1; i < p.have; i++)
		n += snprintf(out + n, sizeof out - (size_t)n, "%c%02d", "--T::"[i - 1], p.v[i]);
	if (p.fraction.n)
		n += snprintf(out + n, sizeof out - (size_t)n, ".%.*s", SLICE_FMT(p.fraction));
	if (p.have > 3 && p.zone.n == 1)
		n += snprintf(out + n, sizeof out - (size_t)n, "Z");
	else if (p.have > 3 && p.zone.n)
		n += snprintf(out + n, sizeof out - (size_t)n, "%c%02d:%02d", p.zone_minutes < 0 ? '-' : '+', abs(p.zone_minutes) / 60, abs(p.zone_minutes) % 60);
	return arena_dup(g->a, slice_of(out, (size_t)n));
}

bool aecg_ns(struct slice ts, int64_t *ret)
{
	struct parts p;
	if (!read_ts(ts, &p) || p.have < 3 || p.v[0] < 1700 || p.v[0] > 2250)
		return false;
	int64_t t = time_from_civil(p.v[0], p.v[1], p.v[2], p.v[3], p.v[4], p.v[5]), unit = TIME_SEC / 10;
	for (size_t i = 0; i < p.fraction.n; i++, unit /= 10)
		t += (p.fraction.p[i] - '0') * unit;
	*ret = t - p.zone_minutes * 60 * TIME_SEC;
	return true;
}

bool aecg_to_second(struct slice iso)
{
	return iso.n >= 19 && iso.p[10] == 'T' && iso.p[13] == ':' && iso.p[16] == ':';
}

/* "2026-11-22T03:12:05.250+01:00" -> "20261122031205.250+0100": the separators go, the zone's sign stays. */
static size_t squeeze(struct slice iso, char *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < iso.n && n + 1 < size; i++) {
		uint8_t c = iso.p[i];
		if ((c >= '0' && c <= '9') || c == '.' || (i > 10 && (c == '+' || c == '-')))
			out[n++] = (char)c;
		else if (c == 'Z')
			n += (size_t)snprintf(out + n, size - n, "+0000");
	}
	out[n < size ? n : size - 1] = 0;
	return n;
}

void aecg_ts(struct slice iso, double plus_s, char out[48])
{
	struct parts p;
	size_t n = squeeze(iso, out, 48);
	if (!read_ts(slice_of(out, n), &p)) {
		out[0] = 0;
		return;
	}
	/* years that nanoseconds hold, and a length that a recording has */
	if (!(plus_s > 0) || !(plus_s < 1e9) || !aecg_to_second(iso) || p.have < 6 || p.v[0] < 1700 || p.v[0] > 2200)
		return;
	int64_t t = time_from_civil(p.v[0], p.v[1], p.v[2], p.v[3], p.v[4], p.v[5]), unit = TIME_SEC / 10;
	for (size_t i = 0; i < p.fraction.n; i++, unit /= 10)
		t += (p.fraction.p[i] - '0') * unit;
	t += (int64_t)floor(plus_s * 1e9 + 0.5);
	char zone[8];
	int v[6];
	snprintf(zone, sizeof zone, "%.*s", SLICE_FMT(p.zone));
	time_civil(t, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]);
	int64_t ns = t - time_from_civil(v[0], v[1], v[2], v[3], v[4], v[5]);
	int digits = ns ? 9 : 0;
	for (; digits > 3 && ns % 10 == 0; digits--)
		ns /= 10;
	if (digits)
		snprintf(out, 48, "%04d%02d%02d%02d%02d%02d.%0*d%s", v[0], v[1], v[2], v[3], v[4], v[5], digits, (int)ns, zone);
	else
		snprintf(out, 48, "%04d%02d%02d%02d%02d%02d%s", v[0], v[1], v[2], v[3], v[4], v[5], zone);
}
