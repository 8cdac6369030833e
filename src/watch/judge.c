/* judge: the face. A change is looked at (judge_look), weighed (judge_weigh), paired with what went or came (judge_pair), marked and added up (judge_group). DESIGN.md says why each number is what it is. */
#include "judge_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct watch_judge *watch_judge_new(const struct watch_judge_config *c)
{
	struct watch_judge *j = calloc(1, sizeof *j);
	if (!j)
		return NULL;
	j->session = calloc(SESSIONS, sizeof *j->session);
	j->group = calloc(GROUPS, sizeof *j->group);
	j->mark = calloc(MARKS, sizeof *j->mark);
	j->file = calloc(WATCH_FILES_MAX, sizeof *j->file);
	j->canaries = c ? c->canaries : NULL;
	if (!looker_init(&j->looker) || !j->session || !j->group || !j->mark || !j->file) {
		watch_judge_free(j);
		return NULL;
	}
	return j;
}

void watch_judge_free(struct watch_judge *j)
{
	if (!j)
		return;
	for (size_t i = 0; j->session && i < SESSIONS; i++)
		case_session_clear(&j->session[i]);
	for (size_t i = 0; i < j->mark_top; i++)
		free(j->mark[i].path);
	looker_done(&j->looker);
	free(j->session);
	free(j->group);
	free(j->mark);
	free(j->file);
	free(j);
}

static bool is_canary(const struct watch_judge *j, const char *path)
{
	for (const char *const *p = j->canaries; path && p && *p; p++)
		if (!strcmp(*p, path))
			return true;
	return false;
}

static bool canary(struct watch_judge *j, const struct watch_change *c)
{
	const char *path = is_canary(j, c->path) ? c->path : is_canary(j, c->to) ? c->to : NULL;
	bool touches = c->op == WATCH_WRITING || c->op == WATCH_WROTE || c->op == WATCH_TRUNCATED || c->op == WATCH_RENAMED || c->op == WATCH_DELETED;
	if (!path || !touches)
		return false;
	case_mark(j, c, path, c->dev, c->ino, (struct weight){.kind = MARK_CANARY, .points = 2 * POINTS_ALONE});
	return true;
}

static enum watch_opinion counted(struct watch_judge *j, const struct watch_change *c, const char *path, uint64_t dev, uint64_t ino, struct weight w)
{
	if (!w.points)
		return WATCH_DOUBT;
	case_mark(j, c, path, dev, ino, w);
	return WATCH_COUNTS;
}

/* Noise under a name that promises something else. What was there before is not known. */
static bool blind(const struct seen *a, const char *path)
{
	struct name_of n;
	case_names(path, &n);
	return weigh_opaque(a) && a->t.named != CONTENT_UNKNOWN && !content_known_tool(slice_of(n.base, n.n));
}

/* As a whole, and where that says nothing, by what stands in the stretch that was changed. */
static struct weight weigh(struct watch_judge *j, const struct watch_change *c, const struct seen *b, const struct seen *a, bool open)
{
	struct weight w = weigh_in_place(b, a, open), by_stretch;
	struct stretch s;
	if (w.points >= POINTS_STRONG || !look_stretch(&j->looker, &c->before, &c->after, &s))
		return w;
	by_stretch = weigh_stretch(b, a, &s, open);
	return by_stretch.points > w.points ? by_stretch : w;
}

/* A name that logs have. Those are emptied every night. */
static bool is_log(const char *path)
{
	static const char *const tails[] = {".log", ".out", ".err", ".trace"};
	const size_t n = strlen(path);
	if (strstr(path, "/log/") || strstr(path, "/logs/"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		const size_t k = strlen(tails[i]);
		if (n > k && !strcasecmp(path + n - k, tails[i]))
			return true;
	}
	return false;
}

/* Of which nothing is left, or only its first part. Who rotates what has another name than a log's has made a copy first. */
static struct weight emptied(struct watch_judge *j, const struct session *s, const struct watch_change *c, const struct seen *b, const struct seen *a)
{
	const bool as_named = content_knows(&b->t) && (b->t.type == b->t.named || (content_textual(b->t.type) && content_textual(b->t.named)));
	if (b->t.size < 32 || !as_named || is_log(c->path) || a->t.size > b->t.size - b->t.size / 8 || !look_beginning(&j->looker, &c->before, &c->after))
		return (struct weight){0};
	for (size_t i = 0; i < FRESH; i++)
		if (s->fresh[i].used && s->fresh[i].seen.t.size == b->t.size)
			return (struct weight){0};
	return (struct weight){.kind = MARK_EMPTIED, .points = POINTS_EMPTIED, .type = b->t.type};
}

/* Written in place. */
static enum watch_opinion wrote(struct watch_judge *j, struct session *s, const struct watch_change *c)
{
	struct seen b, a;
	bool open = c->op == WATCH_WROTE;
	if (c->fresh) {
		bool known = !open && look(&j->looker, c->path, &c->after, &a);
		return known ? case_came(j, s, c, c->path, &a, true) : WATCH_DOUBT;
	}
	if (!c->before.known && !open && look(&j->looker, c->path, &c->after, &a) && blind(&a, c->path)) /* changed where nobody saw it */
		return counted(j, c, c->path, c->dev, c->ino, (struct weight){.kind = MARK_BLIND, .points = 8, .type = a.t.named});
	if (!c->before.known || !c->after.known || !look_both(&j->looker, c->path, &c->before, &c->after, &b, &a))
		return WATCH_DOUBT;
	struct weight w = weigh(j, c, &b, &a, open);
	if (w.points < POINTS_EMPTIED && !open && a.t.size < b.t.size) {
		struct weight e = emptied(j, s, c, &b, &a);
		w = e.points ? e : w;
	}
	if (!w.points) {
		if (content_knows(&a.t) && !weigh_opaque(&a))
			case_unmark(j, c, c->path, c->dev, c->ino);
		return open || a.t.size == 0 ? WATCH_DOUBT : WATCH_CLEAN; /* emptied: a log; who empties everything gets his logs back, too */
	}
	return counted(j, c, c->path, c->dev, c->ino, w);
}

/* Another file's content has the name now. */
static enum watch_opinion replaced(struct watch_judge *j, struct session *s, const struct watch_change *c)
{
	struct seen b, a;
	struct fresh *f = case_fresh(s, c->dev, c->ino, c->path);
	bool after = look(&j->looker, c->to, &c->after, &a);
	if (!after && f) {
		a = f->seen;
		a.t.named = look_named(&j->looker, c->to);
		after = true;
	}
	if (f)
		f->used = false;
	if (!after || c->fresh)
		return WATCH_DOUBT;
	if (!look(&j->looker, c->to, &c->before, &b)) { /* never opened: all that is known is what its name promises */
		return blind(&a, c->to) ? counted(j, c, c->to, c->replaced_dev, c->replaced_ino, (struct weight){.kind = MARK_BLIND, .points = 8, .type = a.t.named}) : WATCH_DOUBT;
	}
	struct weight w = weigh(j, c, &b, &a, false);
	if (!w.points) {
		case_unmark(j, c, c->to, c->replaced_dev, c->replaced_ino);
		return WATCH_CLEAN;
	}
	return counted(j, c, c->to, c->replaced_dev, c->replaced_ino, w);
}

static enum watch_opinion renamed(struct watch_judge *j, struct session *s, const struct watch_change *c)
{
	if (!c->to || c->folder)
		return WATCH_DOUBT;
	if (!c->fresh && !c->replaced_ino && !case_fresh(s, c->dev, c->ino, c->path)) /* (a temporary file gets its name, or is put in another's place) */
		crowd_count(j, &s->renamed, c, CROWD_RENAMED);
	if (c->replaced_ino || c->before.known)
		return replaced(j, s, c);
	struct seen a;
	if (case_fresh(s, c->dev, c->ino, c->path) || (c->fresh && c->after.known)) {
		bool known = look(&j->looker, c->to, &c->after, &a);
		struct fresh *f = case_fresh(s, c->dev, c->ino, c->path);
		if (f && !f->ino)
			case_names(c->to, &f->name);
		return case_came(j, s, c, c->to, known ? &a : NULL, f || known);
	}
	return WATCH_DOUBT;
}

static bool shut_something(const struct session *s)
{
	for (size_t i = 0; i < FRESH; i++)
		if (s->fresh[i].used && weigh_shut(&s->fresh[i].seen))
			return true;
	return false;
}

enum watch_opinion watch_judge_feed(struct watch_judge *j, const struct watch_change *c)
{
	struct session *s = case_session(j, c, true);
	enum watch_opinion o = WATCH_DOUBT;
	if (!s || s->released || !c->path)
		return WATCH_DOUBT;
	if (canary(j, c)) {
		(void)case_guilty(j, c, s, true);
		return WATCH_COUNTS;
	}
	switch (c->op) {
	case WATCH_WROTE: case WATCH_CLOSED:
		o = c->folder ? WATCH_DOUBT : wrote(j, s, c);
		break;
	case WATCH_RENAMED:
		o = renamed(j, s, c);
		break;
	case WATCH_DELETED:
		if (!c->folder && c->fresh) {
			struct fresh *f = case_fresh(s, c->dev, c->ino, c->path);
			if (f)
				f->used = false;
		} else if (!c->folder) {
			o = case_went(j, s, c);
			crowd_count(j, &s->deleted, c, CROWD_DELETED);
			if (c->was_read && shut_something(s))
				crowd_count(j, &s->sealed, c, CROWD_LOCKED);
		}
		break;
	case WATCH_CREATED:
		if (!c->folder && c->fresh) {
			struct name_of n;
			case_names(c->path, &n);
			if (content_known_note(slice_of(n.base, n.n)))
				case_note(s, c->path);
		}
		break;
	default:
		break;
	}
	/* of what the session made itself nobody asks what it is worth, so nobody would ask about the third file either: two are enough there */
	(void)case_guilty(j, c, s, !(c->fresh && o == WATCH_COUNTS));
	return o;
}

bool watch_judge_before(struct watch_judge *j, const struct watch_change *c)
{
	struct session *s = case_session(j, c, true);
	if (!s || s->released || !c->path)
		return false;
	if (s->guilty)
		return true;
	if (c->op != WATCH_OPENED)
		(void)canary(j, c);
	if (c->fresh && !is_canary(j, c->path))
		return false;
	return case_guilty(j, c, s, false);
}

bool watch_judge_verdict(struct watch_judge *j, struct watch_verdict *ret)
{
	for (size_t i = 0; i < VERDICTS; i++) {
		struct standing *s = &j->verdict[i];
		if (!s->used || s->told)
			continue;
		s->told = true;
		ret->look = false;
		ret->number = s->number;
		ret->mono_ns = s->mono_ns;
		ret->who = s->who;
		ret->session_count = s->ins;
		memcpy(ret->sessions, s->in, sizeof s->in);
		ret->reason_count = ret->file_named = 0;
		case_reasons(j, s, ret);
		return true;
	}
	return crowd_verdict(j, ret);
}

void watch_judge_released(struct watch_judge *j, uint64_t session)
{
	struct watch_change c = {.who.session = session};
	struct session *s = case_session(j, &c, true);
	case_forget(j, session);
	for (size_t i = 0; i < VERDICTS; i++)
		for (size_t k = 0; j->verdict[i].used && k < j->verdict[i].ins; k++)
			if (j->verdict[i].in[k] == session) {
				j->verdict[i].in[k] = j->verdict[i].in[--j->verdict[i].ins];
				j->verdict[i].used = j->verdict[i].ins != 0;
				k--;
			}
	for (size_t i = 0; i < LOOKS; i++)
		j->look[i].used &= j->look[i].who.session != session;
	if (s) {
		s->released = true;
		s->guilty = false;
	}
}

void watch_judge_ended(struct watch_judge *j, uint64_t session)
{
	struct session *s = case_session_find(j, session);
	if (s && !s->guilty)
		case_session_end(j, s);
}
