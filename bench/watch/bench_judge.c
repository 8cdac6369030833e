/* bench_judge: attacks and ordinary work, fed straight into the judge. Nothing is changed on disk: files are read once, everything else happens in memory.
 *
 *   bench_judge attacks [SEED]          names of files on stdin, NUL between: how many files of each type were touched before each pattern was stopped, the worst of three orders
 *   bench_judge benign N SEED POOL      N changes that people and programs make, over a pool that `benign` made with real tools; a verdict is a false stop */
#include "../../tests/watch/judge_world.h"

#include <dirent.h>
#include <time.h>

#define FILES 20000
struct file {
	char *path;
	struct mem is;
	char ext[16];
};
static struct file file[FILES];
static size_t files;
static uint64_t seed = 1;

static uint64_t below(uint64_t n)
{
	return n ? (world_random(&seed) >> 11) % n : 0;
}

static bool load(const char *path, struct mem *ret)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	fseek(f, 0, SEEK_END);
	long n = ftell(f);
	rewind(f);
	uint8_t *p = malloc((size_t)n + 1);
	bool ok = p && fread(p, 1, (size_t)n, f) == (size_t)n;
	fclose(f);
	*ret = (struct mem){p, (size_t)n};
	return ok;
}

static void add(const char *path)
{
	struct file *x = &file[files];
	const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
	if (files == FILES || !load(path, &x->is) || x->is.n < 64)
		return;
	x->path = strdup(path);
	snprintf(x->ext, sizeof x->ext, "%.12s", dot && slash && dot > slash ? dot + 1 : "none");
	files++;
}

/* ---- attacks ---- */

enum how { WHOLE, OPEN, TRUNC, FOOTER, PART4K64, HEADER, BEHIND, EVERY16, MIDDLE, BASE64, HEX, ZERO, SUFFIX, SUFFIX_FIRST, NEWDEL, NEWDEL_RANDOM, NEWDEL_BASE64, DELNEW, TMPOVER, BLIND, FORK, FORK_COMM, SLOW, CLIENTS, NOTES, LAST_THIRD, XOR, BACKWARDS, FIRST_OF_64, EMPTIED, HOWS };
static const char *const how_name[HOWS] = {"whole", "whole, left open", "truncate+write", "whole+footer", "4K of every 64K", "first 4K only", "all but first 1K", "16 of every 32", "middle third", "base64", "hex", "zeros", "write, rename",
	"rename, write", "new+delete", "new(random)+delete", "new base64+delete", "delete, new", "temp, rename over", "rename over, unseen", "process a file", "process a file, names", "one an hour, process each", "SMB client, sessions", "notes first", "last third", "each byte xor one key", "back to front", "512 of every 32K", "emptied"};

static void cipher(uint8_t *p, size_t n, uint64_t k)
{
	k |= 1;
	for (size_t i = 0; i < n; i++)
		p[i] ^= (uint8_t)(world_random(&k) >> 24);
}

static struct mem damage(enum how h, struct mem b, uint64_t k)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t *p = malloc(b.n * 2 + 1024);
	size_t n = b.n;
	memcpy(p, b.p, b.n);
	switch (h) {
	case PART4K64:
		for (size_t at = 0; at < n; at += 65536)
			cipher(p + at, n - at < 4096 ? n - at : 4096, k + at);
		break;
	case HEADER:
		cipher(p, n < 4096 ? n : 4096, k);
		break;
	case BEHIND:
		if (n > 1024)
			cipher(p + 1024, n - 1024, k);
		break;
	case EVERY16:
		for (size_t at = 0; at < n; at += 32)
			cipher(p + at, n - at < 16 ? n - at : 16, k + at);
		break;
	case MIDDLE:
		cipher(p + n / 3, n / 3, k);
		break;
	case LAST_THIRD:
		cipher(p + n / 3 * 2, n - n / 3 * 2, k);
		break;
	case XOR:
		for (size_t i = 0; i < n; i++)
			p[i] ^= 0xa7;
		break;
	case BACKWARDS:
		for (size_t i = 0; i < n; i++)
			p[i] = b.p[n - 1 - i];
		break;
	case FIRST_OF_64:
		for (size_t at = 0; at < n; at += 32768)
			cipher(p + at, n - at < 512 ? n - at : 512, k + at);
		break;
	case EMPTIED:
		n = 0;
		break;
	case BASE64: case NEWDEL_BASE64:
		cipher(p, n, k);
		n = 0;
		for (size_t i = 0; i + 2 < b.n; i += 3, n += 4) {
			uint32_t x = (uint32_t)(b.p[i] ^ (k >> 8 & 255) ^ (uint8_t)(world_random(&k) >> 20)) << 16 | (uint32_t)(uint8_t)(world_random(&k) >> 24) << 8 | (uint8_t)(world_random(&k) >> 30);
			for (int m = 0; m < 4; m++)
				p[n + (size_t)m] = (uint8_t)letters[x >> (18 - 6 * m) & 63];
		}
		break;
	case HEX:
		k |= 1;
		for (size_t i = 0; i < b.n; i++) {
			uint8_t x = (uint8_t)(world_random(&k) >> 24);
			p[2 * i] = (uint8_t)"0123456789abcdef"[x >> 4];
			p[2 * i + 1] = (uint8_t)"0123456789abcdef"[x & 15];
		}
		n = 2 * b.n;
		break;
	case ZERO:
		memset(p, 0, n);
		break;
	case FOOTER:
		memset(p + n, 0, 528);
		n += 528;
		cipher(p, n, k);
		break;
	default:
		cipher(p, n, k);
	}
	return (struct mem){p, n};
}

/* One file; true: stopped before it was touched. */
static bool attack_one(struct world *w, enum how h, const struct file *f, size_t i)
{
	struct mem b = f->is, a = damage(h, b, seed + i * 7919 + 11);
	char to[4200], dir[4100];
	bool stop = false;
	uint64_t ino = 1000 + i, other = 900000 + i;
	snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(f->path, '/') - f->path), f->path);
	snprintf(to, sizeof to, "%s.lckd", f->path);
	if (h >= NEWDEL_RANDOM && h <= NEWDEL_RANDOM)
		snprintf(to, sizeof to, "%s/%llx", dir, (unsigned long long)world_random(&seed));
	switch (h) {
	case NEWDEL: case NEWDEL_RANDOM: case NEWDEL_BASE64: case DELNEW:
		if ((stop = world_ask(w, WATCH_OPENED, f->path, ino, b)))
			break;
		if (h == DELNEW)
			world_delete(w, f->path, ino, b, false);
		world_new(w, to, other, a);
		if (h != DELNEW)
			world_delete(w, f->path, ino, b, false);
		break;
	case TMPOVER: case BLIND:
		if ((stop = world_ask(w, WATCH_OPENED, f->path, ino, b)))
			break;
		snprintf(to, sizeof to, "%s/tmp%zu", dir, i);
		world_new(w, to, other, a);
		world_rename(w, to, f->path, other, ino, h == BLIND ? unknown_bytes : b, a, false);
		break;
	case TRUNC:
		if ((stop = world_ask(w, WATCH_TRUNCATED, f->path, ino, b)))
			break;
		world_write(w, WATCH_CLOSED, f->path, ino, b, a);
		break;
	case SUFFIX_FIRST:
		if ((stop = world_ask(w, WATCH_OPENED, f->path, ino, b)))
			break;
		world_rename(w, f->path, to, ino, 0, unknown_bytes, b, false);
		if ((stop = world_ask(w, WATCH_WRITING, to, ino, b)))
			break;
		world_write(w, WATCH_CLOSED, to, ino, b, a);
		break;
	default:
		if ((stop = world_ask(w, WATCH_OPENED, f->path, ino, b) || world_ask(w, WATCH_WRITING, f->path, ino, b)))
			break;
		world_write(w, WATCH_WROTE, f->path, ino, b, a);
		if (h != OPEN)
			world_write(w, WATCH_CLOSED, f->path, ino, b, a);
		if (h == SUFFIX)
			world_rename(w, f->path, to, ino, 0, unknown_bytes, a, false);
	}
	free((void *)(uintptr_t)a.p);
	return stop;
}

/* Whether the pattern does anything to this file: one of 300 bytes is as it was when all but its first 1024 are enciphered. */
static bool changes(enum how h, const struct file *f, size_t i)
{
	struct mem a = damage(h, f->is, seed + i * 7919 + 11);
	bool differs = a.n != f->is.n || memcmp(a.p, f->is.p, a.n);
	free((void *)(uintptr_t)a.p);
	return differs;
}

static size_t attack(enum how h, const struct file **of, size_t n, char why[400])
{
	struct world w = {.j = watch_judge_new(NULL), .who = {.session = 77, .pid = 500, .uid = 1000, .comm = "worker"}};
	size_t touched = 0;
	bool stopped = false;
	if (h == NOTES)
		for (size_t i = 0; i < 3; i++) {
			char note[64];
			static const uint8_t text[] = "All of your files are held. Write to us to have them back, and do not call anybody.\n";
			snprintf(note, sizeof note, "/w/%zu/HOW_BACK.txt", i);
			world_new(&w, note, 5000000 + i, (struct mem){text, sizeof text - 1});
		}
	for (size_t i = 0; i < n && !stopped; i++) {
		if (h == FORK || h == FORK_COMM || h == SLOW || h == CLIENTS) {
			watch_judge_ended(w.j, w.who.session);
			w.who.session++;
		}
		if (h == FORK_COMM) /* (his own copies: root installs no program for each file) */
			snprintf(w.who.comm, sizeof w.who.comm, "p%llx", (unsigned long long)(world_random(&seed) & 0xffffff));
		if (h == SLOW)
			w.now += INT64_C(3600) * 1000000000;
		if (h == CLIENTS)
			snprintf(w.who.client, sizeof w.who.client, "192.0.2.7");
		stopped = attack_one(&w, h, of[i], i);
		bool v = world_verdict(&w), was_touched = !stopped && changes(h, of[i], i); /* (also where the verdict came with this one) */
		stopped |= v;
		touched += was_touched;
	}
	why[0] = 0;
	for (size_t i = 0; stopped && i < w.v.reason_count; i++) {
		size_t at = strlen(why);
		snprintf(why + at, 400 - at, "%s%s", i ? "; " : "", w.v.reason[i]);
	}
	watch_judge_free(w.j);
	return stopped ? touched : SIZE_MAX;
}

static void shuffle(const struct file **of, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = below(i);
		const struct file *x = of[k];
		of[k] = of[i - 1];
		of[i - 1] = x;
	}
}

static size_t of_type(const char *ext, const struct file **of)
{
	size_t n = 0;
	for (size_t i = 0; i < files && n < 200; i++)
		if (!strcmp(ext, "mixed") || !strcmp(file[i].ext, ext))
			of[n++] = &file[i];
	return n;
}

static int attacks(void)
{
	static const char *const types[] = {"txt", "csv", "json", "xml", "html", "hl7", "dcm", "wav", "sqlite", "log", "py", "docx", "xlsx", "pdf", "jpg", "png", "zip", "gz", "mixed"};
	static const struct file *of[200];
	char why[400];
	size_t cells = 0, good = 0, within4 = 0;
	printf("%-26s", "touched before the stop");
	for (size_t t = 0; t < ARRAY_LEN(types); t++)
		printf(" %5s", types[t]);
	puts("");
	for (int h = 0; h < HOWS; h++) {
		printf("%-26s", how_name[h]);
		for (size_t t = 0; t < ARRAY_LEN(types); t++) {
			size_t n = of_type(types[t], of), worst = 0;
			for (int k = 0; k < 3 && n >= 8; k++) {
				shuffle(of, n);
				size_t got = attack((enum how)h, of, n, why);
				if (got > worst)
					worst = got;
			}
			if (n < 8) {
				printf(" %5s", ".");
				continue;
			}
			cells++;
			good += worst <= 3;
			within4 += worst <= 6;
			if (worst == SIZE_MAX)
				printf(" %5s", "none");
			else
				printf(" %5zu", worst);
		}
		printf("\n");
	}
	printf("%zu cells: at most 3 touched in %zu, at most 6 in %zu\n%s\n", cells, good, within4, why);
	return 0;
}

/* ---- ordinary work ---- */

struct item {
	struct file is;
	struct file variant[24];
	size_t variants;
};
static struct item item[4000];
static size_t items;

static void load_pool(const char *pool)
{
	struct dirent **names;
	int n = scandir(pool, &names, NULL, alphasort);
	for (int i = 0; i < n && items < ARRAY_LEN(item); i++) {
		char dir[2048];
		struct dirent **in;
		struct item *x = &item[items];
		if (names[i]->d_name[0] == '.')
			continue;
		snprintf(dir, sizeof dir, "%s/%s", pool, names[i]->d_name);
		int m = scandir(dir, &in, NULL, alphasort);
		for (int k = 0; k < m; k++) {
			char path[4096];
			struct file *f = strncmp(in[k]->d_name, "orig.", 5) ? &x->variant[x->variants] : &x->is;
			if (in[k]->d_name[0] == '.' || x->variants == ARRAY_LEN(x->variant))
				continue;
			snprintf(path, sizeof path, "%s/%s", dir, in[k]->d_name);
			if (!load(path, &f->is) || f->is.n == 0)
				continue;
			f->path = strdup(in[k]->d_name); /* how it was made, and its suffix: gzip.gz */
			const char *dot = strrchr(in[k]->d_name, '.');
			snprintf(f->ext, sizeof f->ext, "%.12s", dot ? dot + 1 : "");
			if (f != &x->is)
				x->variants++;
		}
		items += x->is.path != NULL;
	}
}

static const struct item *any(const char *ext)
{
	for (int tries = 0; tries < 4000; tries++) {
		const struct item *x = &item[below(items)];
		if (!ext || !strcmp(x->is.ext, ext))
			return x;
	}
	return &item[0];
}

static struct mem joined(struct mem a, size_t n, struct mem b, size_t from)
{
	static uint8_t room[2][8 << 20];
	static unsigned turn;
	uint8_t *p = room[turn++ & 1];
	if (n > sizeof room[0] / 2)
		n = sizeof room[0] / 2;
	size_t rest = from < b.n ? b.n - from : 0;
	if (rest > sizeof room[0] / 2)
		rest = sizeof room[0] / 2;
	memcpy(p, a.p, n);
	if (rest)
		memcpy(p + n, b.p + from, rest);
	return (struct mem){p, n + rest};
}

static uint64_t next_ino = 10000000;
static char p1[512], p2[512];
static const char *here(const char *base, const char *ext)
{
	snprintf(p1, sizeof p1, "/srv/share/%llu/%s%llu.%s", (unsigned long long)below(40), base, (unsigned long long)below(100000), ext);
	return p1;
}

static void made_of(const struct file *v, const char *path)
{
	const char *dot = strchr(v->path, '.');
	snprintf(p2, sizeof p2, "%s%s", path, dot ? dot : ".out");
}

enum work { W_CONVERT_DELETE, W_CONVERT_KEEP, W_SAVE_OVER, W_SAVE_TEMP, W_SYNC, W_APPEND, W_ROTATE, W_GIT, W_QUARANTINE, W_REPOSITORY, W_RENAME, W_DELETE, W_COPY, W_PAGES, W_TRUNC, WORKS };
static const char *const work_name[WORKS] = {"convert or pack, delete", "convert or pack, keep", "save over", "save by temp, rename", "rsync --inplace", "append", "log rotation", "git objects, checkout", "quarantine", "backup repository",
	"mass rename", "mass delete", "copy in", "database pages", "truncate, write in steps"};

static struct mem page_change(struct mem b)
{
	struct mem x = joined(b, b.n, b, b.n);
	uint8_t *p = (uint8_t *)(uintptr_t)x.p;
	size_t pages = x.n / 4096;
	for (int i = 0; pages > 2 && i < 3; i++) { /* rows move: a page gets the content of another */
		size_t to = 1 + below(pages - 1), from = 1 + below(pages - 1);
		memmove(p + to * 4096 + 128, p + from * 4096 + 128, 4096 - 128);
	}
	return x;
}

/* One file's work in the session of now. only: which variant each of them gets, as one job does. */
static void work_one(struct world *w, enum work k, size_t only)
{
	const struct item *x = any(NULL), *y = any(x->is.ext);
	uint64_t ino = next_ino++, new = next_ino++;
	char path[512], tmp[560];
	const struct file *v = x->variants ? &x->variant[only % x->variants] : NULL;
	snprintf(path, sizeof path, "%s", here("file", x->is.ext));
	snprintf(tmp, sizeof tmp, "%s.tmp%llu", path, (unsigned long long)below(999));
	world_ask(w, WATCH_OPENED, path, ino, x->is.is);
	switch (k) {
	case W_CONVERT_DELETE: case W_CONVERT_KEEP:
		if (!v)
			return;
		made_of(v, path);
		world_new(w, p2, new, v->is);
		if (k == W_CONVERT_DELETE)
			world_delete(w, path, ino, x->is.is, false);
		break;
	case W_SAVE_OVER:
		world_ask(w, WATCH_TRUNCATED, path, ino, x->is.is);
		world_write(w, WATCH_WROTE, path, ino, x->is.is, joined(y->is.is, y->is.is.n / 2 + 1, y->is.is, y->is.is.n));
		world_write(w, WATCH_CLOSED, path, ino, x->is.is, v && !strcmp(v->ext, x->is.ext) ? v->is : y->is.is);
		break;
	case W_SAVE_TEMP:
		world_new(w, tmp, new, y->is.is);
		world_rename(w, tmp, path, new, ino, below(2) ? x->is.is : unknown_bytes, y->is.is, false);
		break;
	case W_SYNC: {
		size_t half = x->is.is.n < y->is.is.n ? x->is.is.n / 2 : y->is.is.n / 2;
		world_ask(w, WATCH_WRITING, path, ino, x->is.is);
		world_write(w, WATCH_WROTE, path, ino, x->is.is, joined(y->is.is, half, x->is.is, half));
		world_write(w, WATCH_CLOSED, path, ino, x->is.is, y->is.is);
		break;
	}
	case W_APPEND: {
		const struct item *t = any("txt"), *u = any("log");
		world_ask(w, WATCH_WRITING, path, ino, t->is.is);
		world_write(w, WATCH_WROTE, path, ino, t->is.is, joined(t->is.is, t->is.is.n, u->is.is, u->is.is.n / 2));
		world_write(w, WATCH_CLOSED, path, ino, t->is.is, joined(t->is.is, t->is.is.n, u->is.is, 0));
		break;
	}
	case W_ROTATE: {
		const struct item *t = any("log");
		snprintf(tmp, sizeof tmp, "%s.1", path);
		world_rename(w, path, tmp, ino, 0, unknown_bytes, t->is.is, false);
		for (size_t i = 0; i < t->variants; i++)
			if (!strcmp(t->variant[i].ext, "gz")) {
				snprintf(p2, sizeof p2, "%s.gz", tmp);
				world_new(w, p2, new, t->variant[i].is);
				world_delete(w, tmp, ino, t->is.is, false);
			}
		break;
	}
	case W_GIT:
		for (size_t i = 0; i < x->variants; i++)
			if (!strcmp(x->variant[i].ext, "zlib")) {
				snprintf(p2, sizeof p2, "/srv/share/.git/objects/%02llx/%016llx", (unsigned long long)below(256), (unsigned long long)world_random(&seed));
				world_new(w, p2, new, x->variant[i].is);
			}
		if (below(2))
			world_delete(w, path, ino, y->is.is, false);
		else
			world_new(w, path, next_ino++, y->is.is);
		break;
	case W_QUARANTINE: {
		struct mem q = damage(WHOLE, x->is.is, world_random(&seed));
		snprintf(p2, sizeof p2, "/var/quarantine/%016llx", (unsigned long long)world_random(&seed));
		world_new(w, p2, new, q);
		world_delete(w, path, ino, x->is.is, false);
		free((void *)(uintptr_t)q.p);
		break;
	}
	case W_REPOSITORY: {
		struct mem q = damage(WHOLE, x->is.is, world_random(&seed)), old = damage(WHOLE, y->is.is, world_random(&seed));
		snprintf(p2, sizeof p2, "/srv/share/repo/data/%02llx/%016llx", (unsigned long long)below(256), (unsigned long long)world_random(&seed));
		world_new(w, p2, new, q);
		snprintf(p2, sizeof p2, "/srv/share/repo/data/%02llx/%016llx", (unsigned long long)below(256), (unsigned long long)world_random(&seed));
		if (below(2))
			world_delete(w, p2, ino, old, false);
		free((void *)(uintptr_t)q.p);
		free((void *)(uintptr_t)old.p);
		break;
	}
	case W_RENAME:
		snprintf(p2, sizeof p2, "%s.bak", path);
		world_rename(w, path, p2, ino, 0, unknown_bytes, x->is.is, false);
		break;
	case W_DELETE:
		world_delete(w, path, ino, x->is.is, false);
		break;
	case W_COPY:
		world_new(w, path, new, x->is.is);
		break;
	case W_PAGES: {
		const struct item *s = any("sqlite");
		world_ask(w, WATCH_WRITING, path, ino, s->is.is);
		struct mem a = page_change(s->is.is);
		world_write(w, WATCH_WROTE, "/srv/share/db/lab.sqlite", 4711, s->is.is, a);
		world_write(w, WATCH_CLOSED, "/srv/share/db/lab.sqlite", 4711, s->is.is, a);
		break;
	}
	default: /* opened and closed several times until it is whole */
		world_ask(w, WATCH_TRUNCATED, path, ino, x->is.is);
		world_write(w, WATCH_CLOSED, path, ino, x->is.is, joined(y->is.is, y->is.is.n / 3 + 1, y->is.is, y->is.is.n));
		world_write(w, WATCH_CLOSED, path, ino, x->is.is, y->is.is);
	}
}

static int benign(uint64_t n, const char *pool)
{
	struct world w = {.j = watch_judge_new(NULL)};
	uint64_t of[WORKS] = {0}, by[WORKS] = {0}, session = 1, said = 0;
	struct timespec t0, t1;
	load_pool(pool);
	if (!items || !w.j)
		return 3;
	clock_gettime(CLOCK_MONOTONIC, &t0);
	while (w.changes < n) {
		enum work k = (enum work)below(WORKS);
		size_t count = k == W_QUARANTINE ? 1 + below(5) : 1 + below(60), only = below(1000);
		if (below(3)) /* often a new session; sometimes all of it in one shell */
			session++;
		w.who = (struct watch_who){.session = session, .pid = (int32_t)(session & 0x7fffff), .uid = 1000 + (uint32_t)below(30), .comm = "work"};
		snprintf(w.who.comm, sizeof w.who.comm, "work%d", (int)k);
		uint64_t at = w.changes;
		for (size_t i = 0; i < count; i++)
			work_one(&w, k, only);
		of[k] += w.changes - at;
		if (world_verdict(&w)) {
			by[k]++;
			if (said++ < 12) {
				printf("false stop in %s (variant %zu):\n", work_name[k], only);
				for (size_t i = 0; i < w.v.reason_count; i++)
					printf("\t%s\n", w.v.reason[i]);
				for (size_t i = 0; i < w.v.file_named && i < 4; i++)
					printf("\t  %s\n", w.v.file[i].path);
			}
			watch_judge_free(w.j); /* so that the next is judged for itself */
			w.j = watch_judge_new(NULL);
		}
		w.now += (int64_t)below(600) * 1000000000;
	}
	clock_gettime(CLOCK_MONOTONIC, &t1);
	uint64_t bad = 0;
	for (int k = 0; k < WORKS; k++) {
		printf("%-28s %9llu changes %4llu false stops\n", work_name[k], (unsigned long long)of[k], (unsigned long long)by[k]);
		bad += by[k];
	}
	double s = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
	printf("%llu changes of %zu files and their variants: %llu false stops; %.0f us a change\n", (unsigned long long)w.changes, items, (unsigned long long)bad, s * 1e6 / (double)w.changes);
	watch_judge_free(w.j);
	return bad ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc > 4 && !strcmp(argv[1], "benign")) {
		seed = strtoull(argv[3], NULL, 10) * 2654435761u + 1;
		return benign(strtoull(argv[2], NULL, 10), argv[4]);
	}
	if (argc < 2 || strcmp(argv[1], "attacks"))
		return 2;
	seed = argc > 2 ? strtoull(argv[2], NULL, 10) * 2654435761u + 1 : 1;
	char *line = NULL;
	size_t room = 0;
	while (getdelim(&line, &room, 0, stdin) > 0)
		add(line);
	free(line);
	return attacks();
}
