/* Times of facts: YYYY[-MM[-DD[Thh[:mm[:ss[.f+]]]]]] and, behind an hour or more, Z or +hh:mm or -hh:mm.
 * Valid if and only if parse() takes it all. */
#include "facts.h"

struct parts {
	int y, mo, d, h, mi, s, zone; /* zone in minutes east */
	int64_t frac;                 /* ns */
	bool has_day, has_minute, has_second, has_zone;
};

static bool digits(struct cur *c, int n, int lo, int hi, int *ret)
{
	int v = 0;
	for (int i = 0; i < n; i++) {
		unsigned digit = cur_u8(c) - (unsigned)'0';
		if (digit > 9)
			return false;
		v = v * 10 + (int)digit;
	}
	if (c->failed || v < lo || v > hi)
		return false;
	*ret = v;
	return true;
}

static bool next_is(struct cur *c, uint8_t ch)
{
	if (cur_left(c) == 0 || *c->p != ch)
		return false;
	c->p++;
	return true;
}

static bool fraction(struct cur *c, int64_t *ret)
{
	int64_t v = 0, unit = TIME_SEC / 10;
	size_t n = 0;
	for (; cur_left(c) && *c->p >= '0' && *c->p <= '9'; n++, unit /= 10)
		v += (cur_u8(c) - '0') * unit; /* unit is 0 past the ninth digit */
	*ret = v;
	return n > 0;
}

static bool zone(struct cur *c, struct parts *p)
{
	if (cur_left(c) == 0)
		return true;
	p->has_zone = true;
	if (next_is(c, 'Z'))
		return true;
	int sign = next_is(c, '-') ? -1 : next_is(c, '+') ? 1 : 0, h, m;
	if (!sign || !digits(c, 2, 0, 23, &h) || !next_is(c, ':') || !digits(c, 2, 0, 59, &m))
		return false;
	p->zone = sign * (h * 60 + m);
	return true;
}

static bool parse(struct slice iso, struct parts *p)
{
	struct cur c = cur_of(iso);
	*p = (struct parts){.mo = 1, .d = 1};
	if (!digits(&c, 4, 1, 9999, &p->y))
		return false;
	if (next_is(&c, '-')) {
		if (!digits(&c, 2, 1, 12, &p->mo))
			return false;
		if (next_is(&c, '-')) {
			if (!digits(&c, 2, 1, time_days_in_month(p->y, p->mo), &p->d))
				return false;
			p->has_day = true;
			if (next_is(&c, 'T')) {
				if (!digits(&c, 2, 0, 23, &p->h))
					return false;
				if (next_is(&c, ':')) {
					if (!digits(&c, 2, 0, 59, &p->mi))
						return false;
					p->has_minute = true;
					if (next_is(&c, ':')) {
						if (!digits(&c, 2, 0, 60, &p->s))
							return false;
						p->has_second = true;
						if (next_is(&c, '.') && !fraction(&c, &p->frac))
							return false;
					}
				}
				if (!zone(&c, p))
					return false;
			}
		}
	}
	return cur_done(&c);
}

int64_t fact_time_ns(struct slice iso, int default_zone_minutes)
{
	struct parts p;
	/* outside these years int64 nanoseconds saturate */
	if (!parse(iso, &p) || p.y < 1678 || p.y > 2261)
		return INT64_MIN;
	int minutes = p.has_zone ? p.zone : default_zone_minutes;
	return time_from_civil(p.y, p.mo, p.d, p.h, p.mi, p.s) + p.frac - (int64_t)minutes * 60 * TIME_SEC;
}

/* FHIR R4, 2.24.0.1 dateTime: a time has hours, minutes, seconds and a zone, or there is none; second 60 is not in its pattern for us to write. */
struct slice fact_time_fhir(struct slice iso, char out[48])
{
	struct parts p;
	if (!parse(iso, &p))
		return SLICE_NULL;
	size_t n = iso.n;
	bool whole = p.has_second && p.has_zone && p.s < 60 && p.zone >= -14 * 60 && p.zone <= 14 * 60 && n < 48;
	if (p.has_day && n > 10 && !whole)
		n = 10;
	memcpy(out, iso.p, n);
	return slice_of(out, n);
}
