/* judge_group: who did how much. A mark is one file that was damaged; it counts in five groups at once, so that work which is split over processes, folders or days adds up somewhere. */
#include "judge_internal.h"

#include <stdlib.h>

uint64_t case_hash(const void *p, size_t n, uint64_t seed)
{
	const uint8_t *b = p;
	uint64_t h = 0xcbf29ce484222325 ^ (seed * 0x9e3779b97f4a7c15);
	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3;
	h ^= h >> 29;
	return (h * 0xbf58476d1ce4e5b9) | 1; /* never 0 */
}

void case_names(const char *path, struct name_of *ret)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strlen(base);
	ret->dir = case_hash(path, slash ? (size_t)(slash - path) : 0, 2);
	ret->n = (uint8_t)(n < sizeof ret->base ? n : sizeof ret->base);
	memcpy(ret->base, base, ret->n);
}

/* ---- sessions ---- */

void case_session_clear(struct session *s)
{
	for (size_t i = 0; i < GONE; i++)
		free(s->gone[i].path);
	*s = (struct session){0};
}

struct session *case_session_find(struct watch_judge *j, uint64_t number)
{
	for (size_t i = 0; i < SESSIONS; i++)
		if (j->number[i] == number && number)
			return &j->session[i];
	return NULL;
}

struct session *case_session(struct watch_judge *j, const struct watch_change *c, bool make)
{
	struct session *s = case_session_find(j, c->who.session), *old = NULL;
	if (!j->began)
		j->began = c->mono_ns;
	if (!s && make && c->who.session) {
		for (size_t i = 0; i < SESSIONS; i++) {
			struct session *x = &j->session[i];
			if (!old || (!x->guilty && old->guilty) || (x->guilty == old->guilty && x->used < old->used))
				old = x;
		}
		s = old;
		case_session_clear(s);
		s->number = j->number[s - j->session] = c->who.session;
		s->first = c->who.started && c->who.started < j->began ? c->who.started : c->mono_ns; /* (a judge that was replaced hears of everybody for the first time) */
	}
	if (s)
		s->used = ++j->clock;
	return s;
}

void case_session_end(struct watch_judge *j, struct session *s)
{
	j->number[s - j->session] = 0;
	case_session_clear(s);
}

/* ---- groups ---- */

static struct group *group_find(struct watch_judge *j, uint64_t key)
{
	struct group *set = &j->group[key % (GROUPS / GROUP_WAYS) * GROUP_WAYS];
	for (size_t i = 0; key && i < GROUP_WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

static struct group *group_make(struct watch_judge *j, uint64_t key, enum group_kind kind)
{
	struct group *set = &j->group[key % (GROUPS / GROUP_WAYS) * GROUP_WAYS], *g = group_find(j, key), *old = &set[0];
	for (size_t i = 0; !g && i < GROUP_WAYS; i++)
		if (set[i].points < old->points || (set[i].points == old->points && set[i].used < old->used))
			old = &set[i];
	if (!g) {
		g = old;
		*g = (struct group){.key = key, .kind = (uint8_t)kind};
	}
	g->used = ++j->clock;
	return g;
}

static uint64_t program_of(const struct watch_who *who)
{
	return who->program ? who->program : case_hash(who->comm, strnlen(who->comm, sizeof who->comm), 15);
}

static void keys_of(const struct watch_change *c, const char *path, uint64_t key[GROUP_KINDS])
{
	const char *slash = strrchr(path, '/');
	uint64_t dir = case_hash(path, slash ? (size_t)(slash - path) : 0, 2), uid = c->who.uid, client = c->who.client[0] ? case_hash(c->who.client, strnlen(c->who.client, sizeof c->who.client), 11) : 0;
	key[GROUP_SESSION] = case_hash(&c->who.session, sizeof c->who.session, 10);
	key[GROUP_CLIENT] = client;
	uid = (uid << 32) ^ client; /* all of a file server's clients are one program, and often one user (force user): what one machine does says nothing of the others */
	key[GROUP_FOLDER] = case_hash(&dir, sizeof dir, 12 + uid * 16);
	const uint64_t program = program_of(&c->who);
	key[GROUP_PROGRAM] = case_hash(&program, sizeof program, 13 + uid * 16);
	key[GROUP_USER] = case_hash(&uid, sizeof uid, 14);
}

#define ALIKE_FOR (INT64_C(600) * 1000000000)
#define ALL_AT_ONCE (INT64_C(60) * 1000000000)
#define FOREIGN_FOR (INT64_C(60) * 1000000000)
static const unsigned enough[GROUP_KINDS] = {
	[GROUP_SESSION] = POINTS_ENOUGH, [GROUP_CLIENT] = POINTS_ENOUGH, [GROUP_FOLDER] = POINTS_ENOUGH, [GROUP_PROGRAM] = POINTS_ENOUGH, [GROUP_USER] = POINTS_ALONE,
};

/* ---- marks ---- */

#define AWAY_FOR (INT64_C(60) * 1000000000)
#define EMPTIED_FOR (INT64_C(600) * 1000000000)

static void mark_drop(struct watch_judge *j, struct mark *m)
{
	for (size_t k = 0; k < GROUP_KINDS; k++) {
		struct group *g = group_find(j, m->group[k]);
		if (!g)
			continue;
		g->points -= m->points < g->points ? m->points : g->points;
		g->marks -= g->marks != 0;
	}
	free(m->path);
	*m = (struct mark){0};
	while (j->mark_top && !j->mark[j->mark_top - 1].seq)
		j->mark_top--;
}

static struct mark *mark_of(struct watch_judge *j, const char *path, uint64_t dev, uint64_t ino)
{
	uint64_t h = case_hash(path, strlen(path), 3);
	for (size_t i = 0; i < j->mark_top; i++) {
		struct mark *m = &j->mark[i];
		if (m->seq && ((ino && m->ino == ino && m->dev == dev) || (m->path_hash == h && (!ino || !m->ino))))
			return m;
	}
	return NULL;
}

static struct mark *mark_free(struct watch_judge *j)
{
	struct mark *old = &j->mark[0];
	for (size_t i = 0; i < MARKS; i++) {
		if (!j->mark[i].seq) {
			if (i >= j->mark_top)
				j->mark_top = i + 1;
			return &j->mark[i];
		}
		if (j->mark[i].seq < old->seq)
			old = &j->mark[i];
	}
	mark_drop(j, old);
	j->mark_top = MARKS;
	return old;
}

static void forget_old(struct watch_judge *j, int64_t now)
{
	for (size_t i = j->mark_top; i-- > 0;)
		if (j->mark[i].seq && now - j->mark[i].began > MARK_AGE)
			mark_drop(j, &j->mark[i]);
}

/* Copies in another folder count for a minute: a quarantine, too, fills in the course of a day. Texts that were emptied, for ten: a list is cleared now and then. */
static void forget_soon(struct watch_judge *j, const struct watch_change *c)
{
	for (size_t i = j->mark_top; i-- > 0;) {
		struct mark *m = &j->mark[i];
		bool away = m->kind == MARK_AWAY && m->session == c->who.session && c->mono_ns - m->began > AWAY_FOR;
		if (m->seq && (away || (m->kind == MARK_EMPTIED && c->mono_ns - m->began > EMPTIED_FOR)))
			mark_drop(j, m);
	}
}

void case_mark(struct watch_judge *j, const struct watch_change *c, const char *path, uint64_t dev, uint64_t ino, struct weight w)
{
	struct mark *m = mark_of(j, path, dev, ino);
	int64_t began = c->mono_ns;
	if (m && m->points >= w.points && m->session == c->who.session)
		return;
	if (m) {
		began = m->began;
		mark_drop(j, m);
	}
	forget_old(j, c->mono_ns);
	if (w.kind == MARK_AWAY || w.kind == MARK_EMPTIED)
		forget_soon(j, c);
	m = mark_free(j);
	*m = (struct mark){.seq = ++j->seq, .session = c->who.session, .dev = dev, .ino = ino, .path_hash = case_hash(path, strlen(path), 3), .began = began, .points = (uint16_t)w.points, .kind = (uint8_t)w.kind,
		.type = (uint8_t)w.type, .path = strndup(path, WATCH_PATH_MAX - 1)};
	if (!m->path) {
		*m = (struct mark){0};
		return;
	}
	keys_of(c, path, m->group);
	if (w.kind == MARK_EMPTIED)
		m->group[GROUP_FOLDER] = m->group[GROUP_USER] = 0;
	if (w.kind == MARK_AWAY || (w.kind == MARK_LOCKED && w.points < POINTS_STRONG)) /* counts against who did it, not against others: people put passwords on archives, a few a week */
		m->group[GROUP_FOLDER] = m->group[GROUP_PROGRAM] = m->group[GROUP_USER] = 0;
	for (size_t k = 0; k < GROUP_KINDS; k++) {
		if (!m->group[k])
			continue;
		struct group *g = group_make(j, m->group[k], (enum group_kind)k);
		g->points += m->points;
		g->marks++;
		g->last = c->mono_ns;
		g->program = program_of(&c->who);
	}
}

void case_unmark(struct watch_judge *j, const struct watch_change *c, const char *path, uint64_t dev, uint64_t ino)
{
	(void)c;
	struct mark *m = j->mark_top ? mark_of(j, path, dev, ino) : NULL;
	if (m && m->kind != MARK_CANARY)
		mark_drop(j, m);
}

void case_forget(struct watch_judge *j, uint64_t session)
{
	for (size_t i = j->mark_top; i-- > 0;)
		if (j->mark[i].seq && j->mark[i].session == session)
			mark_drop(j, &j->mark[i]);
}

/* ---- verdicts ---- */

static bool is_in(const struct standing *v, uint64_t session)
{
	for (size_t i = 0; i < v->ins; i++)
		if (v->in[i] == session)
			return true;
	return false;
}

static void join(struct watch_judge *j, struct standing *v, uint64_t session)
{
	if (is_in(v, session) || v->ins == WATCH_SESSIONS_MAX)
		return;
	struct session *s = case_session_find(j, session);
	if (s && s->released)
		return;
	v->in[v->ins++] = session;
	v->told = false;
	if (s)
		s->guilty = true;
}

/* One that this session is in, or has room: work that is split over hundreds of processes fills several. */
static bool takes(const struct standing *v, uint64_t session)
{
	return v->used && (v->ins < WATCH_SESSIONS_MAX || is_in(v, session));
}

static struct standing *verdict_of(struct watch_judge *j, const struct group *g, uint64_t session)
{
	if (g->verdict && takes(&j->verdict[g->verdict - 1], session))
		return &j->verdict[g->verdict - 1];
	for (size_t i = 0; i < j->mark_top; i++) /* whose marks are in a verdict already */
		for (size_t v = 0; j->mark[i].seq && j->mark[i].group[g->kind] == g->key && v < VERDICTS; v++)
			if (takes(&j->verdict[v], session) && is_in(&j->verdict[v], j->mark[i].session))
				return &j->verdict[v];
	return NULL;
}

static struct standing *settle(struct watch_judge *j, struct group *g, const struct watch_change *c, const struct session *s)
{
	struct standing *v = verdict_of(j, g, c->who.session);
	if (!v) {
		v = &j->verdict[j->verdicts % VERDICTS];
		*v = (struct standing){.used = true, .number = ++j->verdicts, .mono_ns = c->mono_ns, .who = c->who, .group_kind = g->kind, .note_dirs = s ? s->note_dirs : 0};
		if (s)
			memcpy(v->note, s->note, sizeof v->note);
	}
	g->verdict = (uint32_t)(v - j->verdict) + 1;
	join(j, v, c->who.session);
	for (size_t i = 0; i < j->mark_top; i++)
		if (j->mark[i].seq && j->mark[i].group[g->kind] == g->key)
			join(j, v, j->mark[i].session);
	return v;
}

/* Whether this group says that c, which somebody else of the group may be about to do, must not be done. A session is held back for what it did itself. For what others did only the same program (a process or a session of its own
 * for each file) and, shortly after, what nobody installed: whoever works beside an attack, as the same user in the same folder, goes on. What he does is judged when it is done. */
static bool concerns(const struct group *g, const struct watch_change *c, const struct session *s, const struct group *own)
{
	if (g->kind == GROUP_SESSION || g->kind == GROUP_CLIENT || (own && own->marks))
		return true;
	int64_t since = c->mono_ns - g->last;
	if (g->program == program_of(&c->who))
		return since < ALIKE_FOR;
	return c->who.foreign && c->op != WATCH_OPENED && since < FOREIGN_FOR && s && s->first + INT64_C(1000000000) >= g->last;
}

static unsigned points_since(const struct watch_judge *j, const struct group *g, int64_t since)
{
	unsigned n = 0;
	for (size_t i = 0; i < j->mark_top; i++)
		n += j->mark[i].seq && j->mark[i].group[g->kind] == g->key && j->mark[i].began >= since ? j->mark[i].points : 0;
	return n;
}

bool case_guilty(struct watch_judge *j, const struct watch_change *c, struct session *s, bool alone)
{
	uint64_t key[GROUP_KINDS];
	if (!j->mark_top || (s && s->released))
		return false;
	keys_of(c, c->path, key);
	const struct group *own = group_find(j, key[GROUP_SESSION]);
	for (size_t k = 0; k < GROUP_KINDS; k++) {
		struct group *g = group_find(j, key[k]);
		unsigned least = enough[k] + (alone ? POINTS_STRONG : 0);
		if (k == GROUP_SESSION && s && (s->note_known || s->note_dirs >= 3))
			least -= POINTS_STRONG;
		if (g && k == GROUP_USER && alone && g->points >= POINTS_ALONE && g->points < least && points_since(j, g, c->mono_ns - ALL_AT_ONCE) >= POINTS_ALONE)
			least = POINTS_ALONE; /* a process, a session and a program for each file */
		if (!g || g->points < least || !concerns(g, c, s, own))
			continue;
		settle(j, g, c, s);
		return true;
	}
	return false;
}
