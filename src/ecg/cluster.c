/* Beats that look alike, in one pass over the record. A cluster's shape is the mean of its beats (the last ones weigh more: a patient turns over in bed); a beat goes to the cluster that it is most like, or founds one.
 * When all CLASSIFY_CLUSTERS are taken, one that was seen once or twice gives way, else the two most alike are joined. */
#include "cluster.h"

#define JOIN 0.975f   /* correlation over all leads from which a beat belongs to a cluster */
#define AMPLITUDE 2.2f /* and its height is within this factor */

static float alike(const struct classify *k, const struct shape *a, const struct shape *b, bool shifts)
{
	float sum = 0, weight = 0;
	for (unsigned l = 0; l < k->leads; l++) {
		if (!a[l].good || !b[l].good)
			continue;
		float c = shifts ? shape_likest(&a[l], &b[l]) : shape_like(&a[l], &b[l], 0);
		if (a[l].peak > AMPLITUDE * b[l].peak || b[l].peak > AMPLITUDE * a[l].peak)
			c *= 0.8f;
		sum += c * k->weight[l];
		weight += k->weight[l];
	}
	return weight > 0 ? sum / weight : 0;
}

float cluster_alike(const struct classify *k, const struct shape *a, const struct shape *b)
{
	return alike(k, a, b, true);
}

static void renew(struct shape *s, const int16_t *sum)
{
	int8_t *part[] = {s->qrs, s->t, s->p};
	const int size[] = {SHAPE_QRS, SHAPE_T, SHAPE_P};
	for (int p = 0, k = 0; p < 3; p++)
		for (int i = 0; i < size[p]; i++, k++)
			part[p][i] = (int8_t)((sum[k] + 64) >> 7);
	double squares = 0;
	for (int i = 0; i < SHAPE_QRS; i++)
		squares += s->qrs[i] * s->qrs[i];
	s->norm = (uint16_t)__builtin_sqrt(squares);
}

static void mix(struct classify_cluster *c, unsigned lead, const struct shape *s, int parts)
{
	const int8_t *part[] = {s->qrs, s->t, s->p};
	const int size[] = {SHAPE_QRS, SHAPE_T, SHAPE_P};
	struct shape *m = &c->shape[lead];
	if (!s->good)
		return;
	if (!m->good) {
		*m = *s;
		parts = 1;
	}
	for (int p = 0, k = 0; p < 3; p++)
		for (int i = 0; i < size[p]; i++, k++)
			c->sum[lead][k] = (int16_t)(c->sum[lead][k] + (part[p][i] * 128 - c->sum[lead][k]) / parts);
	m->peak += (s->peak - m->peak) / (float)parts;
	m->spread += (s->spread - m->spread) / (float)parts;
	renew(m, c->sum[lead]);
}

/* Makes room: a kind that was seen once or twice, longest ago, goes to the rest; where there is none, the two most alike become one. Returns the free place. */
static unsigned make_room(struct classify *k)
{
	unsigned out = CLASSIFY_CLUSTERS, a = 0, b = 1;
	for (unsigned i = 0; i < k->clusters; i++)
		if (k->c[i].n <= 2 && (out == CLASSIFY_CLUSTERS || k->c[i].last < k->c[out].last))
			out = i;
	if (out < CLASSIFY_CLUSTERS) {
		k->became[k->c[out].id] = CLASSIFY_REST;
		return out;
	}
	float best = -2;
	for (unsigned i = 0; i < k->clusters; i++)
		for (unsigned j = i + 1; j < k->clusters; j++) {
			float v = alike(k, k->c[i].shape, k->c[j].shape, false);
			if (v > best) {
				best = v;
				a = k->c[i].n >= k->c[j].n ? i : j;
				b = a == i ? j : i;
			}
		}
	k->became[k->c[b].id] = k->c[a].id;
	k->c[a].n += k->c[b].n;
	return b;
}

static unsigned found(struct classify *k)
{
	unsigned at = k->clusters < CLASSIFY_CLUSTERS ? k->clusters++ : make_room(k);
	k->c[at] = (struct classify_cluster){.id = ++k->ids};
	k->became[k->ids] = k->ids;
	return at;
}

void cluster_beat(struct classify *k, size_t i)
{
	const struct shape *s = k->shape + i * k->leads;
	unsigned best = CLASSIFY_CLUSTERS;
	float most = -2, v0[CLASSIFY_CLUSTERS];
	bool any = false;
	for (unsigned l = 0; l < k->leads; l++)
		any = any || s[l].good;
	k->id[i] = CLASSIFY_REST;
	if (!any)
		return;
	for (unsigned c = 0; c < k->clusters; c++) {
		float v = v0[c] = alike(k, s, k->c[c].shape, false);
		if (v > most) {
			most = v;
			best = c;
		}
	}
	if (most < JOIN && most > 0.6f) { /* perhaps it stands a little aside */
		float near = most - 0.15f;
		most = -2;
		for (unsigned c = 0; c < k->clusters; c++) {
			if (v0[c] < near)
				continue;
			float v = alike(k, s, k->c[c].shape, true);
			if (v > most) {
				most = v;
				best = c;
			}
		}
	}
	if (most < JOIN && k->ids + 1 < CLASSIFY_IDS)
		best = found(k);
	else if (most < JOIN)
		return;
	struct classify_cluster *c = &k->c[best];
	c->n++;
	c->last = i;
	for (unsigned l = 0; l < k->leads; l++)
		mix(c, l, &s[l], c->n < 24 ? (int)c->n : 24);
	k->id[i] = c->id;
}

/* The rest is known, and each beat's id becomes the place of its cluster. (Joining kinds that have grown towards each other was tried: it brought together what the next beats had set apart.) */
void cluster_settle(struct classify *k)
{
	uint16_t place[CLASSIFY_IDS] = {0};
	for (unsigned c = 0; c < k->clusters; c++)
		place[k->c[c].id] = (uint16_t)(c + 1);
	for (unsigned id = 1; id <= k->ids; id++) { /* ids become smaller or larger ones; never a circle, as what was joined is gone */
		unsigned to = id;
		while (to && k->became[to] != to)
			to = k->became[to];
		place[id] = to ? place[to] : 0;
	}
	for (unsigned c = 0; c < k->clusters; c++)
		k->c[c].n = 0;
	for (size_t i = 0; i < k->count; i++) {
		k->id[i] = place[k->id[i]];
		if (k->id[i])
			k->c[k->id[i] - 1].n++;
	}
}
