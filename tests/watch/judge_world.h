/* judge_world: files in memory whose changes are told to the judge as the sensor tells them, for tests and for bench/watch. */
#ifndef HOLDFAST_JUDGE_WORLD_H
#define HOLDFAST_JUDGE_WORLD_H

#include "watch.h"

#include <stdio.h>
#include <stdlib.h>

struct mem {
	const uint8_t *p; /* NULL: not known */
	size_t n;
};

static int64_t mem_read(void *arg, uint64_t offset, void *out, size_t n)
{
	const struct mem *m = arg;
	if (offset >= m->n)
		return 0;
	if (n > m->n - offset)
		n = m->n - (size_t)offset;
	memcpy(out, m->p + offset, n);
	return (int64_t)n;
}

struct world {
	struct watch_judge *j;
	struct watch_verdict v;
	int64_t now;
	struct watch_who who;
	struct watch_verdict look;
	uint64_t changes, verdicts, looks;
};

static const struct mem unknown_bytes = {NULL, 0};

static struct watch_change world_change(struct world *w, enum watch_op op, const char *path, uint64_t ino, struct mem *before, struct mem *after)
{
	w->now += 1000000;
	return (struct watch_change){.mono_ns = w->now, .who = w->who, .op = op, .path = path, .dev = 1, .ino = ino, .before = {.known = before->p, .size = before->n, .read = mem_read, .arg = before},
		.after = {.known = after->p, .size = after->n, .read = mem_read, .arg = after}};
}

static bool world_verdict(struct world *w)
{
	bool any = false;
	struct watch_verdict v;
	while (watch_judge_verdict(w->j, &v)) {
		if (v.look) { /* nobody is stopped */
			w->look = v;
			w->looks++;
			continue;
		}
		w->v = v;
		any = true;
		w->verdicts++;
	}
	return any;
}

static enum watch_opinion world_feed(struct world *w, const struct watch_change *c)
{
	w->changes++;
	return watch_judge_feed(w->j, c);
}

/* About to be written. True: it is stopped. */
static bool world_ask(struct world *w, enum watch_op op, const char *path, uint64_t ino, struct mem now)
{
	struct watch_change c = world_change(w, op, path, ino, &now, &now);
	return watch_judge_before(w->j, &c);
}

static enum watch_opinion world_write(struct world *w, enum watch_op op /* WROTE, CLOSED */, const char *path, uint64_t ino, struct mem before, struct mem after)
{
	struct watch_change c = world_change(w, op, path, ino, &before, &after);
	c.length = after.n;
	return world_feed(w, &c);
}

static enum watch_opinion world_new(struct world *w, const char *path, uint64_t ino, struct mem after)
{
	struct mem none = unknown_bytes;
	struct watch_change c = world_change(w, WATCH_CREATED, path, ino, &none, &none);
	c.fresh = true;
	world_feed(w, &c);
	c = world_change(w, WATCH_CLOSED, path, ino, &none, &after);
	c.fresh = true;
	return world_feed(w, &c);
}

static enum watch_opinion world_delete(struct world *w, const char *path, uint64_t ino, struct mem before, bool fresh)
{
	struct mem none = unknown_bytes;
	struct watch_change c = world_change(w, WATCH_DELETED, path, ino, &before, &none);
	c.was_read = before.p && !fresh;
	c.fresh = fresh;
	return world_feed(w, &c);
}

/* path -> to. over: the inode that had the name; 0: nobody. before: what stood there, when it was read. */
static enum watch_opinion world_rename(struct world *w, const char *path, const char *to, uint64_t ino, uint64_t over, struct mem before, struct mem after, bool fresh)
{
	struct watch_change c = world_change(w, WATCH_RENAMED, path, ino, &before, &after);
	c.to = to;
	c.replaced_dev = over ? 1 : 0;
	c.replaced_ino = over;
	c.fresh = fresh;
	return world_feed(w, &c);
}

static inline uint64_t world_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}
#endif
