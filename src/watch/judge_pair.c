/* judge_pair: what names tell. A file that is gone and one of noise that came belong together by their names, or by folder and size, if one session made the one and removed the other; a note is one name in many folders. */
#include "judge_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define NOTE_SIZE (64u << 10)

static struct slice base_of(const struct name_of *n)
{
	return slice_of(n->base, n->n);
}

static size_t stem_length(const struct name_of *n)
{
	for (size_t i = n->n; i-- > 1;)
		if (n->base[i] == '.')
			return i;
	return n->n;
}

static enum kin kin_of(const struct name_of *old, const struct name_of *new)
{
	if (old->dir != new->dir)
		return KIN_NONE;
	size_t stem = stem_length(old);
	if (old->n && new->n >= old->n && (!memcmp(new->base, old->base, old->n) || !memcmp(new->base + new->n - old->n, old->base, old->n)))
		return KIN_NAME;
	if (stem >= 3 && new->n > stem && !memcmp(new->base, old->base, stem) && new->base[stem] == '.')
		return KIN_NAME;
	return KIN_FOLDER;
}

struct fresh *case_fresh(struct session *s, uint64_t dev, uint64_t ino, const char *path)
{
	struct name_of n;
	case_names(path, &n);
	for (size_t i = 0; i < FRESH; i++) {
		struct fresh *f = &s->fresh[i];
		bool same_name = f->name.dir == n.dir && f->name.n == n.n && !memcmp(f->name.base, n.base, n.n);
		if (f->used && (ino && f->ino ? f->ino == ino && f->dev == dev : same_name))
			return f;
	}
	return NULL;
}

static struct weight hold(const struct gone *g, const struct fresh *f)
{
	return weigh_pair(&g->seen, &f->seen, kin_of(&g->name, &f->name), base_of(&f->name));
}

static void settle_pair(struct watch_judge *j, const struct watch_change *c, struct gone *g, struct fresh *f, struct weight w)
{
	struct watch_change at = *c;
	at.mono_ns = g->mono < c->mono_ns ? g->mono : c->mono_ns;
	case_mark(j, &at, g->path, g->dev, g->ino, w);
	free(g->path);
	g->path = NULL;
	f->used = false; /* stands for one */
}

/* Something of this session's own is there, whole now. */
enum watch_opinion case_came(struct watch_judge *j, struct session *s, const struct watch_change *c, const char *path, const struct seen *a, bool is_fresh)
{
	struct weight best = {0};
	struct gone *of = NULL;
	struct fresh *f = case_fresh(s, c->dev, c->ino, path);
	if (!is_fresh)
		return WATCH_DOUBT;
	if (!f) {
		f = &s->fresh[s->fresh_next++ % FRESH];
		*f = (struct fresh){.used = true, .dev = c->dev, .ino = c->ino};
	}
	case_names(path, &f->name);
	if (a)
		f->seen = *a;
	if (a && a->t.size && a->t.size <= NOTE_SIZE && content_textual(a->t.type))
		case_note(s, path);
	for (size_t i = 0; i < GONE; i++) {
		struct weight w = s->gone[i].path ? hold(&s->gone[i], f) : (struct weight){0};
		if (w.points > best.points) {
			best = w;
			of = &s->gone[i];
		}
	}
	if (of)
		settle_pair(j, c, of, f, best);
	return of ? WATCH_COUNTS : WATCH_CLEAN;
}

enum watch_opinion case_went(struct watch_judge *j, struct session *s, const struct watch_change *c)
{
	struct gone *g = &s->gone[s->gone_next % GONE];
	struct seen b;
	struct weight best = {0};
	struct fresh *by = NULL;
	if (!look(&j->looker, c->path, &c->before, &b))
		return WATCH_DOUBT;
	free(g->path);
	*g = (struct gone){.path = strndup(c->path, WATCH_PATH_MAX - 1), .dev = c->dev, .ino = c->ino, .mono = c->mono_ns, .seen = b};
	case_names(c->path, &g->name);
	if (!g->path)
		return WATCH_DOUBT;
	s->gone_next++;
	for (size_t i = 0; i < FRESH; i++) {
		struct weight w = s->fresh[i].used ? hold(g, &s->fresh[i]) : (struct weight){0};
		if (w.points > best.points) {
			best = w;
			by = &s->fresh[i];
		}
	}
	if (!by)
		return WATCH_DOUBT;
	settle_pair(j, c, g, by, best);
	return WATCH_COUNTS;
}

void case_note(struct session *s, const char *path)
{
	struct name_of n;
	case_names(path, &n);
	uint64_t base = case_hash(n.base, n.n, 4);
	struct note *x = NULL;
	for (size_t i = 0; i < NOTES; i++)
		if (s->notes[i].base == base)
			x = &s->notes[i];
	if (!x) {
		x = &s->notes[s->note_next++ % NOTES];
		*x = (struct note){.base = base};
	}
	for (size_t i = 0; i < x->dirs; i++)
		if (x->dir[i] == n.dir)
			return;
	if (x->dirs < ARRAY_LEN(x->dir))
		x->dir[x->dirs++] = n.dir;
	const struct content_known *k = content_known_note(base_of(&n));
	bool known = k && k->strength >= CONTENT_KNOWN_STRONG;
	if (known || (x->dirs > s->note_dirs && !s->note_known)) {
		s->note_known |= known;
		s->note_dirs = x->dirs;
		snprintf(s->note, sizeof s->note, "%.*s", (int)(n.n < 63 ? n.n : 63), n.base);
	}
}
