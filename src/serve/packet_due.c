/* packet_due: which unit's packet is made next. No clock, no file: the role says what is, and is told what to do. */
#include "packet_role.h"

#include <string.h>

int64_t packet_due(const struct packet_unit *u, const struct packet_pace *p)
{
	if (!u->listed)
		return INT64_MAX;
	int64_t at = u->has ? u->made + p->every : 0;
	if (u->has && u->changed && u->made + p->least < at)
		at = u->made + p->least;
	if (u->has && u->keyed > u->made_wall) /* other words since: who has the new ones opens nothing with them yet */
		at = 0;
	return at > u->not_before ? at : u->not_before;
}

struct packet_unit *packet_next(struct packet_unit *v, size_t n, const struct packet_pace *p, int64_t now)
{
	struct packet_unit *best = NULL;
	for (size_t i = 0; i < n; i++) {
		struct packet_unit *u = &v[i];
		if (packet_due(u, p) > now)
			continue;
		bool before = !best || (u->died != best->died ? best->died : u->has != best->has ? best->has : u->made < best->made);
		if (before)
			best = u;
	}
	return best;
}

void packet_failed(struct packet_unit *u, const struct packet_pace *p, int64_t now, int64_t wall, const char *why)
{
	int64_t pause = p->least;
	for (unsigned i = 0; i < u->fails && pause < p->every; i++)
		pause *= 2;
	u->fails++;
	u->not_before = now + (pause < p->every ? pause : p->every);
	if (!u->failing_since)
		u->failing_since = wall;
	if (why)
		snprintf(u->why, sizeof u->why, "%s", why);
}

void packet_made(struct packet_unit *u, int64_t now)
{
	u->has = u->marked = true;
	u->made = now;
	u->changed = u->died = false;
	u->fails = 0;
	u->not_before = 0;
	u->failing_since = 0;
	u->why[0] = 0;
}
