/* gate_rhythm: what a link usually carries at an hour of the week, and whether now is unusual.
 *
 * An hour is judged against the same hour of the week and the ones beside it (shifts begin early, clocks change), in the last eight weeks; the most that any of them had counts, not a mean: a link that has had a busy Monday
 * may have another. What is unusual is far above that, or a kind of message that never was, or silence where there never was any, Sundays included (so that a holiday is no alarm). Until four weeks are known nothing is. */
#include "gate_internal.h"

#include <math.h>
#include <stdio.h>

#define HOUR (INT64_C(3600) * TIME_SEC)
#define WEEK 168
#define ENOUGH 4u          /* weeks of an hour, before it is a measure */

static int64_t hour_of(int64_t t, int zone_minutes)
{
	int64_t local = t + (int64_t)zone_minutes * 60 * TIME_SEC;
	return local / HOUR - (local % HOUR < 0);
}

static unsigned slot_of(int64_t hour)
{
	return (unsigned)(((hour + 72) % WEEK + WEEK) % WEEK); /* 1970-01-01 was a Thursday; 0 is Monday, 00:00 */
}

static uint32_t cap(uint64_t n)
{
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static void learn_type(struct gate_rhythm *r, const char *name, uint64_t n)
{
	size_t i = 0;
	while (i < r->types && strcmp(r->type[i].name, name))
		i++;
	if (i == GATE_TYPES_MAX)
		return;
	if (i == r->types)
		snprintf(r->type[r->types++].name, sizeof r->type[0].name, "%.15s", name);
	r->type[i].n += n;
}

void gate_rhythm_add(struct gate_rhythm *r, int64_t at, int zone_minutes, const struct gate_hour *h)
{
	int64_t hour = hour_of(at, zone_minutes);
	struct gate_slot *s = &r->slot[slot_of(hour)];
	unsigned i = (unsigned)(s->n++ % GATE_WEEKS);
	if (!r->hours++)
		r->first = hour;
	s->messages[i] = cap(h->messages);
	s->kib[i] = cap((h->bytes + 1023) / 1024);
	for (size_t k = 0; k < h->types; k++)
		learn_type(r, h->type[k].name, h->type[k].n);
}

struct usual { /* of an hour and its neighbours */
	uint32_t least, most, most_kib;
	unsigned weeks; /* of the hour itself */
};

static void widen(const struct gate_slot *s, struct usual *u)
{
	unsigned n = s->n < GATE_WEEKS ? s->n : GATE_WEEKS;
	for (unsigned i = 0; i < n; i++) {
		u->least = s->messages[i] < u->least ? s->messages[i] : u->least;
		u->most = s->messages[i] > u->most ? s->messages[i] : u->most;
		u->most_kib = s->kib[i] > u->most_kib ? s->kib[i] : u->most_kib;
	}
}

static struct usual usual_of(const struct gate_rhythm *r, unsigned slot)
{
	struct usual u = {.least = UINT32_MAX};
	for (unsigned d = WEEK - 1; d <= WEEK + 1; d++)
		widen(&r->slot[(slot + d) % WEEK], &u);
	u.weeks = r->slot[slot].n < GATE_WEEKS ? r->slot[slot].n : GATE_WEEKS;
	return u;
}

/* The least that any day of the week had at this hour: what is silent on Sundays may be silent on a holiday. */
static uint32_t least_of_any_day(const struct gate_rhythm *r, unsigned slot)
{
	struct usual u = {.least = UINT32_MAX};
	for (unsigned day = 0; day < 7; day++)
		for (unsigned d = WEEK - 1; d <= WEEK + 1; d++) {
			const struct gate_slot *s = &r->slot[(day * 24 + slot % 24 + d) % WEEK];
			if (s->n < ENOUGH)
				return 0;
			widen(s, &u);
		}
	return u.least;
}

static const char *day_name(unsigned slot)
{
	static const char *const days[7] = {"Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"};
	return days[slot / 24];
}

static const struct gate_hour_type *new_kind(const struct gate_rhythm *r, const struct gate_hour *h)
{
	for (size_t i = 0; i < h->types; i++) {
		size_t k = 0;
		while (k < r->types && strcmp(r->type[k].name, h->type[i].name))
			k++;
		if (k == r->types && h->type[i].n >= GATE_KIND_LEAST)
			return &h->type[i];
	}
	return NULL;
}

static void known_kinds(const struct gate_rhythm *r, char out[160])
{
	size_t n = 0;
	out[0] = 0;
	for (size_t i = 0; i < r->types && i < 4 && n < 120; i++)
		n += (size_t)snprintf(out + n, 160 - n, "%s%s", n ? ", " : "", r->type[i].name);
	if (r->types > 4)
		snprintf(out + n, 160 - n, " and %u more", r->types - 4u);
}

enum gate_unusual gate_rhythm_judge(const struct gate_rhythm *r, const char *link, int64_t began, int64_t now, int zone_minutes, const struct gate_hour *h, char ret[GATE_UNUSUAL_TEXT])
{
	int64_t hour = hour_of(began, zone_minutes);
	unsigned slot = slot_of(hour), minutes = (unsigned)((now - began) / (60 * TIME_SEC));
	struct usual u = usual_of(r, slot);
	const struct gate_hour_type *kind = new_kind(r, h);
	if (u.weeks < ENOUGH)
		return GATE_USUAL;
	if (minutes == 0)
		minutes = 1;
	if ((double)h->messages > 3.0 * u.most + 8 * sqrt((double)u.most) + 40) {
		snprintf(ret, GATE_UNUSUAL_TEXT, "%s sent %llu messages in %u min; on %s at %02u:00 it sends %u to %u an hour (%u weeks)", link, (unsigned long long)h->messages, minutes, day_name(slot), slot % 24, u.least, u.most, u.weeks);
		return GATE_MANY;
	}
	if ((double)h->bytes / 1024 > 4.0 * u.most_kib + 4096) {
		snprintf(ret, GATE_UNUSUAL_TEXT, "%s sent %llu MiB in %u min; on %s at %02u:00 it sends at most %u MiB an hour (%u weeks)", link, (unsigned long long)(h->bytes >> 20), minutes, day_name(slot), slot % 24, (u.most_kib + 1023) / 1024, u.weeks);
		return GATE_LARGE;
	}
	if (kind) {
		char kinds[160];
		known_kinds(r, kinds);
		snprintf(ret, GATE_UNUSUAL_TEXT, "%s sent %llu messages of type %s in %u min; in %u weeks it sent none of it, but %s", link, (unsigned long long)kind->n, kind->name, minutes, u.weeks, kinds[0] ? kinds : "none at all");
		return GATE_KIND;
	}
	if (h->messages == 0 && minutes >= 45 && u.least >= 20 && least_of_any_day(r, slot) >= 5) {
		snprintf(ret, GATE_UNUSUAL_TEXT, "%s sent nothing for %u min; on %s at %02u:00 it sends %u to %u messages an hour (%u weeks)", link, minutes, day_name(slot), slot % 24, u.least, u.most, u.weeks);
		return GATE_SILENT;
	}
	return GATE_USUAL;
}
