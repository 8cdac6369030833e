/* judge: counts files whose content was something and is nothing any more, by session, and by uid and directory. Two of them, and a third about to be changed, are a verdict.
 *
 * "Something" is a structure that holds from beginning to end (content.h), never a magic number; "nothing" is a structure lost or no known type. A file that somebody sealed with a tool of his own
 * (gpg, age) has a type after it and does not count. Where there is no type before, bytes that have become noise count. */
#include "watch.h"

#include "content.h"

#include <stdlib.h>

#define GROUPS 2048      /* sessions and directories that are remembered: what is oldest and innocent goes first */
#define LOST_MIN 2
#define LOOK_MAX ((uint64_t)32 << 20) /* of a larger file the writer does not wait for a whole reading */
#define STEP (64u << 10)
#define NOISE_MIN 7.2    /* bits a byte: of a small file noise has less than 8 */
#define WORDS_SOME 0.06  /* share of blanks and separators in what people and machines write ... */
#define WORDS_NONE 0.03  /* ... and in base64 */
#define VERDICTS 64

struct group { /* a session, or what one uid does in one directory */
	uint64_t session;  /* 0: a directory's */
	uint32_t uid;
	uint64_t dir;
	uint64_t used;     /* for forgetting */
	uint64_t noise;    /* new files of noise that no deletion was put down to yet */
	uint64_t lost;     /* how many files */
	int64_t began;
	uint64_t in[WATCH_SESSIONS_MAX];
	size_t in_count;
	struct watch_verdict_file *file;
	size_t named;
	size_t verdict;    /* number, 0: none */
	bool released;
	char why[WATCH_REASON_MAX];
};

struct standing {
	struct watch_verdict v;
	struct group *g;
	bool told;
};

struct watch_judge {
	struct group group[GROUPS];
	uint64_t clock;
	struct standing verdict[VERDICTS];
	uint64_t verdicts;
	struct content_checker *checker;
	uint8_t *step;
};

struct watch_judge *watch_judge_new(const struct watch_judge_config *c)
{
	(void)c;
	struct watch_judge *j = calloc(1, sizeof *j);
	if (!j)
		return NULL;
	j->checker = content_new();
	j->step = malloc(STEP);
	if (!j->checker || !j->step) {
		watch_judge_free(j);
		return NULL;
	}
	return j;
}

void watch_judge_free(struct watch_judge *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < GROUPS; i++)
		free(j->group[i].file);
	content_free(j->checker);
	free(j->step);
	free(j);
}

/* ---- what bytes are ---- */

static bool look(struct watch_judge *j, const char *name, const struct watch_bytes *b, struct content_report *ret)
{
	if (!b->known || b->size > LOOK_MAX)
		return false;
	content_begin(j->checker, slice_str(name), b->size);
	for (uint64_t at = 0; at < b->size;) {
		int64_t n = b->read(b->arg, at, j->step, STEP);
		if (n <= 0)
			return false;
		content_add(j->checker, slice_of(j->step, (size_t)n));
		at += (uint64_t)n;
	}
	content_end(j->checker, ret);
	return true;
}

static bool noise(const struct content_report *r)
{
	return r->type == CONTENT_UNKNOWN && (r->f.entropy >= NOISE_MIN || (r->f.blocks && r->f.random_blocks * 2 >= r->f.blocks));
}

static bool unworded(const struct content_report *r) /* base64 and its like */
{
	return r->f.text_share > 0.99 && r->f.word_share < WORDS_NONE && r->f.size > 64;
}

/* What was before is no more. */
static bool gone(const struct content_report *was, const struct content_report *is, bool open, char why[WATCH_REASON_MAX])
{
	if (was->type == CONTENT_EMPTY || is->encrypted)
		return false;
	if (is->type == CONTENT_EMPTY)
		return false; /* emptied: seen when it is filled again, or deleted */
	bool odd = noise(is) || unworded(is) || is->f.random_blocks > was->f.random_blocks;
	if (was->state == CONTENT_VALID && (is->state == CONTENT_LOST || is->type == CONTENT_UNKNOWN) && (!open || odd)) {
		snprintf(why, WATCH_REASON_MAX, "structure lost: valid %s before, %s after", content_type_name(was->type), is->state == CONTENT_LOST ? "broken" : "of no known type");
		return true;
	}
	if (was->f.word_share > WORDS_SOME && unworded(is) && !was->encrypted) {
		snprintf(why, WATCH_REASON_MAX, "words vanished: %s before, letters without blanks after", content_type_name(was->type));
		return true;
	}
	if (was->type == CONTENT_UNKNOWN && was->f.entropy < NOISE_MIN - 1 && noise(is)) {
		snprintf(why, WATCH_REASON_MAX, "noise: %.1f bits a byte before, %.1f after", was->f.entropy, is->f.entropy);
		return true;
	}
	return false;
}

/* ---- who ---- */

static struct group *group_of(struct watch_judge *j, uint64_t session, uint32_t uid, uint64_t dir, bool make)
{
	struct group *old = NULL;
	for (size_t i = 0; i < GROUPS; i++) {
		struct group *g = &j->group[i];
		if (g->used && g->session == session && (session || (g->uid == uid && g->dir == dir))) {
			g->used = ++j->clock;
			return g;
		}
		if (!g->verdict && (!old || (g->lost == 0) > (old->lost == 0) || ((g->lost == 0) == (old->lost == 0) && g->used < old->used)))
			old = g;
	}
	if (!make || !old)
		return NULL;
	free(old->file);
	*old = (struct group){.session = session, .uid = uid, .dir = dir, .used = ++j->clock};
	return old;
}

static uint64_t dir_of(const char *path)
{
	const char *end = strrchr(path, '/');
	uint64_t h = 0xcbf29ce484222325;
	for (const char *p = path; end && p < end; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3;
	return h;
}

static bool took_part(const struct group *g, uint64_t session)
{
	for (size_t i = 0; i < g->in_count; i++)
		if (g->in[i] == session)
			return true;
	return false;
}

static void join(struct watch_judge *j, struct group *g, uint64_t session)
{
	if (took_part(g, session) || g->in_count == WATCH_SESSIONS_MAX)
		return;
	g->in[g->in_count++] = session;
	if (g->verdict)
		j->verdict[(g->verdict - 1) % VERDICTS].told = false;
}

static bool counted(struct group *g, const struct watch_change *c)
{
	for (size_t i = 0; i < g->named; i++)
		if (g->file[i].session == c->who.session && ((c->ino && g->file[i].dev == c->dev && g->file[i].ino == c->ino) || !strcmp(g->file[i].path, c->path)))
			return true;
	return false;
}

static void count(struct watch_judge *j, struct group *g, const struct watch_change *c, const char *why)
{
	if (!g || g->released || counted(g, c))
		return;
	if (!g->file && !(g->file = calloc(WATCH_FILES_MAX, sizeof *g->file)))
		return;
	if (g->named < WATCH_FILES_MAX) {
		struct watch_verdict_file *f = &g->file[g->named++];
		f->session = c->who.session;
		f->dev = c->dev;
		f->ino = c->ino;
		snprintf(f->path, sizeof f->path, "%s", c->op == WATCH_RENAMED && c->to ? c->to : c->path);
	}
	if (g->lost++ == 0)
		g->began = c->mono_ns;
	snprintf(g->why, sizeof g->why, "%s", why);
	join(j, g, c->who.session);
}

/* ---- the questions ---- */

static bool judge_loss(struct watch_judge *j, const struct watch_change *c, char why[WATCH_REASON_MAX])
{
	static const char deleted[] = "replaced: deleted after a new file of noise was written";
	struct content_report was, is;
	const char *name = c->op == WATCH_RENAMED && c->to ? c->to : c->path;
	struct group *s = group_of(j, c->who.session, 0, 0, true);
	if (c->op == WATCH_CLOSED && c->fresh && look(j, name, &c->after, &is) && (noise(&is) || unworded(&is)) && s)
		s->noise++;
	if (c->fresh || c->folder || !c->before.known || (c->op != WATCH_DELETED && !c->after.known))
		return false;
	if (!look(j, name, &c->before, &was))
		return false;
	if (c->op == WATCH_DELETED) {
		if (!c->was_read || !s || !s->noise || was.type == CONTENT_EMPTY)
			return false;
		s->noise--;
		memcpy(why, deleted, sizeof deleted);
		return true;
	}
	return look(j, name, &c->after, &is) && gone(&was, &is, c->op == WATCH_WROTE, why);
}

enum watch_opinion watch_judge_feed(struct watch_judge *j, const struct watch_change *c)
{
	char why[WATCH_REASON_MAX] = "";
	if (c->op == WATCH_OPENED || c->op == WATCH_WRITING || c->op == WATCH_CREATED || c->op == WATCH_TRUNCATED)
		return WATCH_DOUBT;
	if (!judge_loss(j, c, why))
		return c->op == WATCH_CLOSED && (c->fresh || c->before.known) ? WATCH_CLEAN : WATCH_DOUBT;
	count(j, group_of(j, c->who.session, 0, 0, true), c, why);
	count(j, group_of(j, 0, c->who.uid, dir_of(c->path), true), c, why);
	return WATCH_COUNTS;
}

static void settle(struct watch_judge *j, struct group *g, const struct watch_change *c)
{
	if (g->verdict)
		return;
	struct standing *s = &j->verdict[j->verdicts % VERDICTS];
	if (s->g)
		s->g->verdict = 0;
	g->verdict = ++j->verdicts;
	*s = (struct standing){.g = g};
	struct watch_verdict *v = &s->v;
	v->number = g->verdict;
	v->mono_ns = c->mono_ns;
	v->began = g->began;
	v->who = c->who;
	snprintf(v->reason[0], WATCH_REASON_MAX, "%llu files destroyed by one %s", (unsigned long long)g->lost, g->session ? "session" : "user in one folder");
	snprintf(v->reason[1], WATCH_REASON_MAX, "%s", g->why);
	v->reason_count = 2;
}

static bool guilty(struct watch_judge *j, struct group *g, const struct watch_change *c)
{
	if (!g || g->released || g->lost < LOST_MIN)
		return false;
	if (!g->session) {
		struct group *s = group_of(j, c->who.session, 0, 0, false);
		if (s && s->released)
			return false;
	}
	join(j, g, c->who.session);
	settle(j, g, c);
	return true;
}

bool watch_judge_before(struct watch_judge *j, const struct watch_change *c)
{
	return guilty(j, group_of(j, c->who.session, 0, 0, false), c) || guilty(j, group_of(j, 0, c->who.uid, dir_of(c->path), false), c);
}

bool watch_judge_verdict(struct watch_judge *j, struct watch_verdict *ret)
{
	for (size_t i = 0; i < VERDICTS; i++) {
		struct standing *s = &j->verdict[i];
		if (!s->g || s->told)
			continue;
		s->told = true;
		s->v.sessions[0] = s->v.who.session;
		s->v.session_count = 1;
		for (size_t k = 0; k < s->g->in_count && s->v.session_count < WATCH_SESSIONS_MAX; k++)
			if (s->g->in[k] != s->v.who.session)
				s->v.sessions[s->v.session_count++] = s->g->in[k];
		s->v.file = s->g->file;
		s->v.file_count = s->g->lost;
		s->v.file_named = s->g->named;
		*ret = s->v;
		return true;
	}
	return false;
}

void watch_judge_released(struct watch_judge *j, uint64_t session)
{
	struct group *own = group_of(j, session, 0, 0, true);
	for (size_t i = 0; i < GROUPS; i++) {
		struct group *g = &j->group[i];
		if (!g->used || (g->session ? g->session != session : !took_part(g, session)))
			continue;
		if (g->verdict)
			j->verdict[(g->verdict - 1) % VERDICTS].g = NULL;
		g->verdict = g->lost = g->named = g->in_count = g->noise = 0;
	}
	if (own)
		own->released = true;
}

void watch_judge_ended(struct watch_judge *j, uint64_t session)
{
	struct group *g = group_of(j, session, 0, 0, false);
	if (g && !g->verdict) {
		free(g->file);
		*g = (struct group){0};
	}
}
