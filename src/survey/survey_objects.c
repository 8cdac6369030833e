/* Which of the touched objects are files that can be read, and where they lie now.
 *
 * A log names a file as its server saw it (/srv/share/d000/x, \\fs1\records\d000\x, D:\share\d000\x, records/d000/x); the content lies in a folder of ours. Where nobody said what the names begin with, the beginning is found: of each
 * name all its ends are looked for below the folder, and the beginning that leads the most objects to a file is taken, for all of them. A file is never taken for another one because the last part of its name fits; what was sent under a bare name is the file of that name that other evidence names with its folder, where there is one such file alone and it is as long as what was sent.
 *
 * Logs of a case name the same folder each in its own manner: full_audit /srv/hr/x, Windows' \\FS1\hr\x or D:\Shares\hr\x, Zeek hr\x. So a beginning of another manner (or of another host) is taken besides when it ends with the same folder's name. Two
 * paths of one host in the same manner are two folders. A file that has gone since is looked for under the name that it was given. */
#include "survey_internal.h"

#include "base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64

/* Slashes only, none doubled, none at the ends; letters as they are. */
static struct slice plain(struct slice path, char *out, size_t room)
{
	size_t n = 0;
	for (size_t i = 0; i < path.n && n + 1 < room; i++) {
		char c = path.p[i] == '\\' ? '/' : (char)path.p[i];
		if (c == '/' && (n == 0 || out[n - 1] == '/'))
			continue;
		out[n++] = c;
	}
	while (n && out[n - 1] == '/')
		n--;
	out[n] = 0;
	return slice_of(out, n);
}

static bool steps_up(struct slice rel) /* .. leads out of the folder */
{
	for (struct slice rest = rel; rest.p;) {
		struct slice part = slice_cut(rest, '/', &rest);
		if (slice_eq_str(part, "..") || slice_eq_str(part, "."))
			return true;
	}
	return false;
}

/* The name of an entry of dir that is `part` but for its case; ret holds NAME_MAX + 1. */
static bool without_case(int dir, struct slice part, char *ret)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	bool found = false;
	if (!d) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	for (struct dirent *en; !found && (en = readdir(d));)
		if (slice_eq_nocase(part, en->d_name)) {
			snprintf(ret, NAME_MAX + 1, "%s", en->d_name);
			found = true;
		}
	closedir(d);
	return found;
}

/* A file below folder: its path in ret. No link is followed on the way: a share may be full of them, and they lead anywhere. */
static bool there(const char *folder, struct slice rel, bool any_case, char ret[PATH_MAX])
{
	AUTO_CLOSE int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t n = (size_t)snprintf(ret, PATH_MAX, "%s", folder);
	if (at < 0 || !rel.n || n >= PATH_MAX || steps_up(rel))
		return false;
	for (struct slice rest = rel; rest.p;) {
		struct slice part = slice_cut(rest, '/', &rest);
		char name[NAME_MAX + 1], real[NAME_MAX + 1];
		struct stat st;
		if (part.n > NAME_MAX)
			return false;
		snprintf(name, sizeof name, "%.*s", SLICE_FMT(part));
		if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (!any_case || !without_case(at, part, real) || fstatat(at, real, &st, AT_SYMLINK_NOFOLLOW) < 0)
				return false;
			memcpy(name, real, sizeof name);
		}
		if (rest.p ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
			return false;
		int w = snprintf(ret + n, PATH_MAX - n, "/%s", name);
		if (w < 0 || (size_t)w >= PATH_MAX - n)
			return false;
		n += (size_t)w;
		if (!rest.p)
			return true;
		int next = openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (next < 0)
			return false;
		close(at);
		at = next;
	}
	return false;
}

/* ---- what the names begin with ---- */

enum manner { MANNER_PATH, MANNER_DRIVE, MANNER_SHARE, MANNER_BARE };

static enum manner manner_of(struct slice path)
{
	if (path.n > 1 && (path.p[0] == '\\' || path.p[0] == '/') && (path.p[1] == '\\' || path.p[1] == '/'))
		return MANNER_SHARE;
	if (path.n > 2 && path.p[1] == ':')
		return MANNER_DRIVE;
	return path.n && path.p[0] == '/' ? MANNER_PATH : MANNER_BARE;
}

struct beginning {
	char text[PATH_MAX];
	size_t n, led;
	enum manner manner;
	struct slice host;
	bool deep;   /* it led to a file by two parts of its name or more */
};
#define BEGINNINGS_MAX 64
#define STARTS_MAX 8 /* of one folder */

struct start { /* what names begin with, and the folder that is */
	char from[PATH_MAX];
	const char *to;
};

static void count_beginning(struct beginning *b, size_t *n, struct slice text, const struct survey_object *o, bool deep)
{
	enum manner manner = manner_of(o->path);
	for (size_t i = 0; i < *n; i++)
		if (slice_eq(slice_of(b[i].text, b[i].n), text) && b[i].manner == manner && slice_eq(b[i].host, o->host)) {
			b[i].led++;
			b[i].deep |= deep;
			return;
		}
	if (*n == BEGINNINGS_MAX || text.n >= PATH_MAX)
		return;
	memcpy(b[*n].text, text.p, text.n);
	b[*n].text[text.n] = 0;
	b[*n].n = text.n;
	b[*n].manner = manner;
	b[*n].host = o->host;
	b[*n].deep = deep;
	b[(*n)++].led = 1;
}

#define LOOK_MOST 2000 /* names that are looked at to find it */

static struct slice last_part(struct slice path)
{
	size_t i = path.n;
	while (i && path.p[i - 1] != '/')
		i--;
	return slice_of(path.p + i, path.n - i);
}

static bool same_nocase(struct slice a, struct slice b)
{
	return a.n == b.n && (!a.n || !strncasecmp((const char *)a.p, (const char *)b.p, a.n));
}

/* Another name of the folder that `best` is? */
static bool another_name(const struct beginning *best, const struct beginning *b, const char *folder)
{
	size_t n = b->n, m = best->n;
	while (n && b->text[n - 1] == '/')
		n--;
	while (m && best->text[m - 1] == '/')
		m--;
	struct slice last = last_part(slice_of(b->text, n)), of_best = last_part(slice_of(best->text, m));
	if (b->manner == best->manner && b->manner != MANNER_SHARE && slice_eq(b->host, best->host))
		return same_nocase(slice_of(b->text, n), slice_of(best->text, m));
	if (!n) /* a name within the share, as it stands */
		return b->deep;
	return (of_best.n && same_nocase(last, of_best)) || same_nocase(last, last_part(slice_str(folder)));
}

/* Adds what names of files below the folder begin with: the one that leads the most first. Nothing leads anywhere: names are taken as they stand. */
static bool find_beginnings(const struct survey *f, const char *folder, struct start *ret, size_t *ret_n)
{
	struct beginning *b = calloc(BEGINNINGS_MAX, sizeof *b);
	size_t n = 0, looked = 0, step = f->n / LOOK_MOST + 1, best = 0, starts = 0;
	char path[PATH_MAX], real[PATH_MAX];
	if (!b)
		return false;
	for (size_t i = 0; i < f->n && looked < LOOK_MOST; i += step) {
		const struct survey_object *o = &f->object[i];
		struct slice name = plain(o->path, path, sizeof path);
		looked++;
		for (size_t at = 0, depth = 0; at < name.n && depth < DEPTH_MAX; depth++) { /* the longest end first: it is the surest */
			struct slice rel = slice_of(name.p + at, name.n - at);
			const uint8_t *slash = memchr(rel.p, '/', rel.n);
			if (there(folder, rel, o->windows, real)) {
				count_beginning(b, &n, slice_of(name.p, at), o, slash != NULL);
				break;
			}
			if (!slash)
				break;
			at = (size_t)(slash - name.p) + 1;
		}
	}
	for (size_t i = 1; i < n; i++)
		if (b[i].led > b[best].led || (b[i].led == b[best].led && b[i].n > b[best].n))
			best = i;
	for (size_t k = 0; k <= n && starts < STARTS_MAX; k++) {
		size_t i = k ? k - 1 : best;
		if (!n || (k && (i == best || !another_name(&b[best], &b[i], folder))))
			continue;
		memcpy(ret[starts].from, b[i].text, b[i].n + 1);
		ret[starts++].to = folder;
	}
	if (!n) {
		ret[0].from[0] = 0;
		ret[starts++].to = folder;
	}
	*ret_n += starts;
	free(b);
	return true;
}

/* The end of name behind `beginning`; false: it does not begin so. */
static bool behind(struct slice name, struct slice beginning, bool any_case, struct slice *ret)
{
	while (beginning.n && beginning.p[beginning.n - 1] == '/')
		beginning.n--;
	if (name.n <= beginning.n)
		return false;
	for (size_t i = 0; i < beginning.n; i++) {
		uint8_t a = name.p[i], b = beginning.p[i];
		if (any_case) {
			a = a >= 'A' && a <= 'Z' ? a | 0x20 : a;
			b = b >= 'A' && b <= 'Z' ? b | 0x20 : b;
		}
		if (a != b)
			return false;
	}
	if (beginning.n && name.p[beginning.n] != '/')
		return false;
	*ret = slice_of(name.p + beginning.n + (beginning.n > 0), name.n - beginning.n - (beginning.n > 0));
	return true;
}

/* ---- which of a store's names are wanted ---- */

struct survey_names {
	uint64_t *slot; /* 0: free */
	size_t slots;
};

static uint64_t last_two(struct slice path)
{
	uint64_t h = 1469598103934665603u;
	unsigned parts = 0;
	for (size_t i = path.n; i-- > 0;) {
		uint8_t c = path.p[i] == '\\' ? '/' : path.p[i];
		if (c == '/' && (i + 1 == path.n || path.p[i + 1] == '/' || path.p[i + 1] == '\\'))
			continue;
		if (c == '/' && ++parts == 2)
			break;
		c = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
		h = (h ^ c) * 1099511628211u;
	}
	return h | 1;
}

struct survey_names *survey_names_new(const struct evidence_fold *touched)
{
	struct survey_names *s = calloc(1, sizeof *s);
	size_t n = evidence_fold_count(touched);
	if (!s)
		return NULL;
	for (s->slots = 64; s->slots < 2 * n; s->slots *= 2)
		;
	s->slot = calloc(s->slots, sizeof *s->slot);
	if (!s->slot) {
		free(s);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		const struct evidence_object *o = evidence_fold_at(touched, i);
		if (o->folder || o->level < EVIDENCE_ACCESSED)
			continue;
		uint64_t h = last_two(o->path);
		size_t k = (h >> 7) & (s->slots - 1);
		while (s->slot[k] && s->slot[k] != h)
			k = (k + 1) & (s->slots - 1);
		s->slot[k] = h;
	}
	return s;
}

void survey_names_free(struct survey_names *n)
{
	if (n)
		free(n->slot);
	free(n);
}

bool survey_names_have(const struct survey_names *n, struct slice path)
{
	uint64_t h = last_two(path);
	for (size_t k = (h >> 7) & (n->slots - 1); n->slot[k]; k = (k + 1) & (n->slots - 1))
		if (n->slot[k] == h)
			return true;
	return false;
}

static int place(struct survey_object *o, struct slice by, const struct start *start, size_t n, struct err *e)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct slice name = plain(by, path, sizeof path), rel;
	for (size_t i = 0; i < n; i++) {
		if (!behind(name, slice_str(start[i].from), o->windows, &rel) || !there(start[i].to, rel, o->windows, real))
			continue;
		o->file = strdup(real);
		if (!o->file)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		return 0;
	}
	return 0;
}

static bool bare(struct slice path)
{
	return path.n && !memchr(path.p, '/', path.n) && !memchr(path.p, '\\', path.n);
}

static bool ends_with(struct slice path, struct slice name)
{
	return path.n > name.n && (path.p[path.n - name.n - 1] == '/' || path.p[path.n - name.n - 1] == '\\') && same_nocase(slice_of(path.p + path.n - name.n, name.n), name);
}

/* A name without its folder, of which so many bytes were sent: the one file that other evidence names so, and that is so long. */
static int place_bare(const struct survey *f, struct survey_object *o, const struct evidence_object *t, const struct start *start, size_t starts, struct err *e)
{
	struct survey_object found = {.windows = false};
	bool several = false;
	int r = 0;
	if (!t->has_bytes || !t->bytes || !bare(o->path))
		return 0;
	for (size_t i = 0; r == 0 && !several && i < f->n; i++) {
		struct survey_object by = {.windows = f->object[i].windows};
		struct stat st;
		if (!ends_with(f->object[i].path, o->path))
			continue;
		r = place(&by, f->object[i].path, start, starts, e);
		bool fits = by.file && stat(by.file, &st) == 0 && st.st_size >= 0 && (uint64_t)st.st_size == t->bytes, same = fits && found.file && !strcmp(found.file, by.file);
		several = fits && found.file && !same;
		if (fits && !found.file)
			found.file = by.file;
		else
			free(by.file);
	}
	if (r < 0 || several)
		free(found.file);
	else
		o->file = found.file;
	return r;
}

static int find_starts(const struct survey_job *job, const struct survey *f, struct start *start, size_t *ret_n, struct err *e)
{
	for (size_t i = 0; i < job->root_n; i++) {
		if (job->root[i].from && *job->root[i].from) {
			plain(slice_str(job->root[i].from), start[*ret_n].from, sizeof start->from);
			start[(*ret_n)++].to = job->root[i].to;
		} else if (!find_beginnings(f, job->root[i].to, start + *ret_n, ret_n)) {
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		}
	}
	return 0;
}

/* Logs of what answers for records and not for files. */
static bool of_no_files(const char *dialect)
{
	static const char *const all[] = {"FHIR", "ATNA", "web access log", "W3C extended log", "Zeek http"};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!strncmp(dialect, all[i], strlen(all[i])))
			return true;
	return false;
}

static const struct survey *sorting; /* qsort has no argument for it */

static int by_file(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	int c = strcmp(sorting->object[a].file, sorting->object[b].file);
	return c ? c : a < b ? -1 : a > b;
}

/* Several names that lead to one file are one file: its strongest touch is that of each. */
static int join_names(struct survey *f, struct err *e)
{
	uint32_t *v = calloc(f->n ? f->n : 1, sizeof *v);
	size_t n = 0;
	if (!v)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < f->n; i++)
		if (f->object[i].file)
			v[n++] = (uint32_t)i;
	sorting = f;
	if (n)
		qsort(v, n, sizeof *v, by_file);
	for (size_t i = 0, end; i < n; i = end) {
		bool acquired = false;
		for (end = i; end < n && !strcmp(f->object[v[end]].file, f->object[v[i]].file); end++)
			acquired |= f->object[v[end]].acquired;
		for (size_t k = i; k < end; k++)
			f->object[v[k]].acquired = acquired;
	}
	free(v);
	return 0;
}

int objects_find(const struct survey_job *job, struct survey *f, struct err *e)
{
	size_t n = evidence_fold_count(job->touched);
	struct start *start = calloc(STARTS_MAX * job->root_n + 1, sizeof *start);
	size_t starts = 0;
	int r = 0;
	f->object = calloc(n ? n : 1, sizeof *f->object);
	f->reading = calloc(n ? n : 1, sizeof *f->reading);
	if (!f->object || !f->reading || !start) {
		free(start);
		return err_set(e, ERR_MEMORY, NULL, "no memory for %zu objects", n);
	}
	for (size_t i = 0; i < n; i++) {
		struct survey_object *o = &f->object[f->n];
		const struct evidence_object *t = evidence_fold_at(job->touched, i);
		if (t->folder)
			continue;
		*o = (struct survey_object){.touched = i, .path = t->path, .host = t->host, .level = t->level, .windows = t->windows, .same_as = -1, .state = SURVEY_NOT_FOUND};
		f->n++;
		f->totals.objects++;
		switch (o->level) {
		case EVIDENCE_ACQUIRED:
			o->acquired = true;
			f->totals.acquired++;
			break;
		case EVIDENCE_ACCESSED:
			f->totals.accessed++;
			break;
		case EVIDENCE_OPENED:
			f->totals.opened++;
			break;
		default:
			f->totals.listed++;
		}
	}
	r = find_starts(job, f, start, &starts, e);
	for (size_t i = 0; r == 0 && i < f->n; i++) {
		struct survey_object *o = &f->object[i];
		struct thing t;
		if (o->level < EVIDENCE_ACCESSED)
			continue;
		r = place(o, o->path, start, starts, e);
		struct slice later = evidence_fold_at(job->touched, o->touched)->became;
		if (r == 0 && !o->file && later.n)
			r = place(o, later, start, starts, e);
		if (r == 0 && !o->file)
			r = place_bare(f, o, evidence_fold_at(job->touched, o->touched), start, starts, e);
		if (r == 0 && !o->file && of_no_files(evidence_fold_source_dialect(job->touched, evidence_fold_at(job->touched, o->touched)->first_source)) && thing_of(o->path, &t))
			o->state = SURVEY_UNRESOLVED;
	}
	free(start);
	return r < 0 ? r : join_names(f, e);
}
