/* References: who somebody is of whom a record says an id only.
 *
 * A FHIR export of one file a resource type names a patient in Patient.ndjson and nowhere else; an Observation says "Patient/7". Ids are somebody's within an export: what lies in one folder, or in folders side by side. So an id is looked for in the
 * same file, then in its folder, then among the folders beside it; an id that two different persons have there is nobody's. Where no file that was read says whose an id is, files beside it that hold Patients are read for that
 * alone: an Observation that was taken is somebody's, whether or not the file with his name was taken, too. Then the list of known persons is asked: by its own ids, and by record numbers.
 *
 * An object that is no file (survey_things.c) is asked for in the list, then in whatever export was read, as long as only one has that id.
 *
 * Memory: 48 bytes a Patient, only where something refers to one. */
#include "survey_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct entry {
	uint64_t key;
	uint32_t object, anchor;
};
struct refs {
	const struct survey_job *job;
	struct survey *f;
	struct entry *v;
	size_t n;
	struct own_id {
		uint64_t id;
		uint32_t person;
	} *own; /* the list's ids, sorted; made when the first is asked for */
	size_t owns;
};

/* The folder a file lies in, and the one above, as numbers. */
static uint64_t folder_of(const char *file, unsigned up)
{
	size_t n = strlen(file);
	for (unsigned i = 0; i <= up; i++)
		while (n && file[--n] != '/')
			;
	return id_hash(slice_of(file, n)) + up;
}

static uint64_t scoped(uint64_t id, uint64_t scope)
{
	return (id ^ scope * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);
}

static int by_key(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	return a->key != b->key ? a->key < b->key ? -1 : 1 : a->object != b->object ? a->object < b->object ? -1 : 1 : a->anchor < b->anchor ? -1 : a->anchor > b->anchor;
}

/* A folder counts for what lies in it and for what lies beside it: two keys an anchor. */
static int make_index(struct refs *x, struct err *e)
{
	struct survey *f = x->f;
	size_t n = 0;
	for (size_t i = 0; i < f->n + f->aids; i++)
		n += 2 * (size_t)f->reading[i].anchors;
	free(x->v);
	x->n = 0;
	x->v = calloc(n ? n : 1, sizeof *x->v);
	if (!x->v)
		return err_set(e, ERR_MEMORY, NULL, "no memory for %zu ids", n);
	for (size_t i = 0; i < f->n + f->aids; i++)
		for (uint32_t k = 0; k < f->reading[i].anchors; k++)
			for (unsigned up = 0; up < 2; up++)
				x->v[x->n++] = (struct entry){scoped(f->reading[i].anchor[k].id, folder_of(f->object[i].file, up)), (uint32_t)i, k};
	qsort(x->v, x->n, sizeof *x->v, by_key);
	return 0;
}

struct whom {
	uint32_t person, at, mention; /* of the population; else a mention of the object `at` */
};
enum { FOUND_NOBODY, FOUND_ONE, FOUND_SEVERAL };

static void take(const struct survey *f, uint32_t object, uint32_t anchor, struct whom *w, int *how)
{
	const struct anchor *a = &f->reading[object].anchor[anchor];
	if (*how == FOUND_NOBODY) {
		*w = (struct whom){a->person, object, a->mention};
		*how = FOUND_ONE;
	} else if (a->person != NONE && w->person == NONE) { /* the same Patient twice, and once he is known */
		*w = (struct whom){a->person, object, a->mention};
	} else if (a->person != NONE ? a->person != w->person : w->person == NONE && likeness(&f->reading[object], &f->reading[object].mention[a->mention]) != likeness(&f->reading[w->at], &f->reading[w->at].mention[w->mention])) {
		*how = FOUND_SEVERAL;
	}
}

static int in_file(const struct survey *f, uint32_t object, uint64_t id, struct whom *w)
{
	const struct reading *g = &f->reading[object];
	uint32_t lo = 0, hi = g->anchors;
	int how = FOUND_NOBODY;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (g->anchor[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < g->anchors && g->anchor[lo].id == id; lo++)
		take(f, object, lo, w, &how);
	return how;
}

static int in_folder(const struct refs *x, uint64_t key, uint64_t id, struct whom *w)
{
	size_t lo = 0, hi = x->n;
	int how = FOUND_NOBODY;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (x->v[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < x->n && x->v[lo].key == key; lo++)
		if (x->f->reading[x->v[lo].object].anchor[x->v[lo].anchor].id == id)
			take(x->f, x->v[lo].object, x->v[lo].anchor, w, &how);
	return how;
}

static int own_order(const void *pa, const void *pb)
{
	const struct own_id *a = pa, *b = pb;
	return a->id != b->id ? a->id < b->id ? -1 : 1 : a->person < b->person ? -1 : a->person > b->person;
}

/* The list's own ids. */
static int make_own(struct refs *x, struct err *e)
{
	uint32_t n = find_population_persons(x->job->population);
	x->own = calloc(n ? n : 1, sizeof *x->own);
	if (!x->own)
		return err_set(e, ERR_MEMORY, NULL, "no memory for %u ids", n);
	for (uint32_t i = 0; i < n; i++)
		x->own[x->owns++] = (struct own_id){id_hash(find_population_id(x->job->population, i)), i};
	qsort(x->own, x->owns, sizeof *x->own, own_order);
	return 0;
}

static int in_list(struct refs *x, uint64_t id, uint64_t number, struct whom *w, struct err *e)
{
	size_t lo = 0, hi;
	if (!x->job->population)
		return FOUND_NOBODY;
	if (!x->own && make_own(x, e) < 0)
		return ERR_MEMORY;
	hi = x->owns;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (x->own[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	uint32_t person = lo < x->owns && x->own[lo].id == id ? x->own[lo].person : find_population_number(x->job->population, number);
	*w = (struct whom){.person = person};
	return person == FIND_NOBODY ? FOUND_NOBODY : FOUND_ONE;
}

/* FOUND_x, or an error. */
static int follow(struct refs *x, uint32_t object, uint64_t id, uint64_t number, struct whom *w, struct err *e)
{
	int how = in_file(x->f, object, id, w);
	for (unsigned up = 0; how == FOUND_NOBODY && up < 2; up++)
		how = in_folder(x, scoped(id, folder_of(x->f->object[object].file, up)), id, w);
	return how == FOUND_NOBODY ? in_list(x, id, number, w, e) : how;
}

static bool grow(struct survey *f, size_t *room)
{
	if (f->attached_n < *room)
		return true;
	size_t n = *room ? *room * 2 : 1024;
	struct attached *v = reallocarray(f->attached, n, sizeof *v);
	if (!v)
		return false;
	f->attached = v;
	*room = n;
	return true;
}

static int attach(struct refs *x, size_t *room, uint32_t object, uint64_t id, uint64_t number, uint32_t elements, unsigned flags, struct err *e)
{
	struct survey *f = x->f;
	struct whom w;
	int how = follow(x, object, id, number, &w, e);
	if (how != FOUND_ONE)
		return how < 0 ? how : 0;
	if (!grow(f, room))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	f->attached[f->attached_n++] = (struct attached){object, elements, w.person, w.at, w.mention, (uint16_t)flags};
	return 1;
}

/* ---- files beside it ---- */

static bool of_patients(const char *name)
{
	size_t n = strlen(name);
	return strcasestr(name, "patient") && ((n > 7 && !strcasecmp(name + n - 7, ".ndjson")) || (n > 5 && !strcasecmp(name + n - 5, ".json")));
}

static bool is_read(const struct survey *f, const char *file)
{
	for (size_t i = 0; i < f->n + f->aids; i++)
		if (f->object[i].file && f->object[i].state <= SURVEY_READ_IN_PART && !strcmp(f->object[i].file, file))
			return true;
	return false;
}

#define AIDS_MAX 10000

static int read_aid(const struct survey_job *job, struct survey *f, const char *file, struct err *e)
{
	size_t n = f->n + f->aids + 1;
	struct survey_object *o = reallocarray(f->object, n, sizeof *o);
	if (o)
		f->object = o;
	struct reading *g = o ? reallocarray(f->reading, n, sizeof *g) : NULL;
	if (g)
		f->reading = g;
	struct reader *r = g ? reader_new(job) : NULL;
	char *name = g ? strdup(file) : NULL;
	if (!r || !name) {
		reader_free(r);
		free(name);
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	f->object[n - 1] = (struct survey_object){.touched = SIZE_MAX, .path = slice_str(name), .file = name, .level = EVIDENCE_LISTED, .same_as = -1};
	f->reading[n - 1] = (struct reading){0};
	f->aids++;
	int code = reader_read(r, &f->object[n - 1], &f->reading[n - 1], e);
	reader_free(r);
	for (uint32_t i = 0; i < f->reading[n - 1].mentions; i++) /* of nobody, unless something refers to him */
		f->reading[n - 1].mention[i].taken = true;
	f->reading[n - 1].knowns = 0;
	f->reading[n - 1].referrings = 0;
	return code;
}

/* Whose the object's records are may stand in what could not be read: the object is read in part, then. */
static int in_doubt(struct survey *f, struct survey_object *o, const char *what, struct err *e)
{
	char *said = NULL;
	if (asprintf(&said, "%swhose its records are may stand in %s, which could not be read whole\n", o->trouble ? o->trouble : "", what) < 0)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	free(o->trouble);
	o->trouble = said;
	if (o->state == SURVEY_READ) {
		o->state = SURVEY_READ_IN_PART;
		f->totals.read--;
		f->totals.in_part++;
	}
	return 0;
}

static int read_beside(const struct survey_job *job, struct survey *f, uint32_t object, struct err *e)
{
	AUTO_BUF struct buf dir = {0};
	const char *file = f->object[object].file, *slash = strrchr(file, '/');
	int r = 0;
	buf_init(&dir, 1 << 16);
	buf_add(&dir, file, slash ? (size_t)(slash - file) : 0);
	buf_u8(&dir, '/');
	size_t base = dir.n;
	DIR *d = buf_ok(&dir) ? opendir(buf_cstr(&dir)) : NULL;
	if (!d && (!buf_ok(&dir) || errno == ENOMEM))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (!d)
		return in_doubt(f, &f->object[object], "its folder", e);
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		struct stat st;
		if (!of_patients(en->d_name) || fstatat(dirfd(d), en->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		dir.n = base;
		buf_str(&dir, en->d_name);
		const char *path = buf_cstr(&dir);
		if (!buf_ok(&dir))
			r = err_set(e, ERR_MEMORY, NULL, "no memory");
		else if (f->aids < AIDS_MAX && !is_read(f, path))
			r = read_aid(job, f, path, e);
		else
			continue;
		if (r == 0 && f->object[f->n + f->aids - 1].state != SURVEY_READ)
			r = in_doubt(f, &f->object[object], en->d_name, e);
	}
	closedir(d);
	return r;
}

struct by_folder {
	uint64_t folder;
	uint32_t object;
};

static int by_folder(const void *pa, const void *pb)
{
	const struct by_folder *a = pa, *b = pb;
	return a->folder != b->folder ? a->folder < b->folder ? -1 : 1 : a->object < b->object ? -1 : a->object > b->object;
}

/* Each folder once that holds a file of which some id is not found. */
static int read_aids(struct refs *x, bool *ret_any, struct err *e)
{
	struct survey *f = x->f;
	struct by_folder *v = calloc(f->n ? f->n : 1, sizeof *v);
	size_t n = 0, objects = f->n;
	int r = v ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && i < objects; i++) {
		const struct reading *g = &f->reading[i];
		bool missing = false;
		for (uint32_t k = 0; r == 0 && k < g->referrings && !missing; k++) {
			struct whom w;
			int how = follow(x, (uint32_t)i, g->referring[k].id, g->referring[k].number, &w, e);
			missing = how == FOUND_NOBODY;
			r = how < 0 ? how : 0;
		}
		if (missing)
			v[n++] = (struct by_folder){folder_of(f->object[i].file, 0), (uint32_t)i};
	}
	if (r == 0 && n)
		qsort(v, n, sizeof *v, by_folder);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!i || v[i].folder != v[i - 1].folder)
			r = read_beside(x->job, f, v[i].object, e);
	*ret_any = f->aids > 0;
	free(v);
	return r;
}

/* ---- objects that are no files ---- */

static int by_number(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;
	return a < b ? -1 : a > b;
}

/* A server's ids are its own, too: an export of it may lie among what was read, but only one. */
static int in_any_export(const struct refs *x, uint64_t id, struct whom *w)
{
	int how = FOUND_NOBODY;
	for (size_t i = 0; i < x->f->n; i++) {
		struct whom here;
		int h = in_file(x->f, (uint32_t)i, id, &here);
		if (h == FOUND_NOBODY)
			continue;
		if (h == FOUND_SEVERAL || (how == FOUND_ONE && (w->person != here.person || (here.person == NONE && likeness(&x->f->reading[w->at], &x->f->reading[w->at].mention[w->mention]) != likeness(&x->f->reading[here.at], &x->f->reading[here.at].mention[here.mention])))))
			return FOUND_SEVERAL;
		*w = here;
		how = FOUND_ONE;
	}
	return how;
}

static int follow_things(struct refs *x, size_t *room, struct err *e)
{
	struct survey *f = x->f;
	uint64_t *missing = calloc(f->totals.not_files ? f->totals.not_files : 1, sizeof *missing);
	size_t n = 0;
	int r = missing ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && i < f->n; i++) {
		struct survey_object *o = &f->object[i];
		struct whom w;
		struct thing t;
		if (o->state != SURVEY_UNRESOLVED || !thing_of(o->path, &t))
			continue;
		int how = t.id ? in_list(x, t.id, t.number, &w, e) : FOUND_NOBODY;
		if (how == FOUND_NOBODY && t.id && t.fhir)
			how = in_any_export(x, t.id, &w);
		if (how < 0) {
			r = how;
		} else if (how != FOUND_ONE) {
			f->totals.unresolved++;
			if (t.id)
				missing[n++] = t.id;
		} else if (!grow(f, room)) {
			r = err_set(e, ERR_MEMORY, NULL, "no memory");
		} else {
			o->state = SURVEY_NOT_A_FILE;
			f->attached[f->attached_n++] = (struct attached){(uint32_t)i, t.elements, w.person, w.at, w.mention, 0};
		}
	}
	if (n)
		qsort(missing, n, sizeof *missing, by_number);
	for (size_t i = 0; i < n; i++)
		f->totals.unresolved_ids += !i || missing[i] != missing[i - 1];
	free(missing);
	return r;
}

static int by_object(const void *pa, const void *pb)
{
	const struct attached *a = pa, *b = pb;
	if (a->object != b->object)
		return a->object < b->object ? -1 : 1;
	if (a->person != b->person)
		return a->person < b->person ? -1 : 1;
	return a->at != b->at ? a->at < b->at ? -1 : 1 : a->mention < b->mention ? -1 : a->mention > b->mention;
}

static int attach_all(struct refs *x, struct err *e)
{
	struct survey *f = x->f;
	size_t room = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct reading *g = &f->reading[i];
		for (uint32_t k = 0; k < g->referrings; k++) {
			const struct referring *r = &g->referring[k];
			int how = attach(x, &room, (uint32_t)i, r->id, r->number, r->elements, r->flags, e);
			if (how < 0)
				return how;
			if (!how)
				f->totals.unattributed += (uint64_t)__builtin_popcount(r->elements);
		}
		for (uint32_t k = 0; k < g->mentions; k++) { /* says something of who he is, and an id besides: the id is surer than a name */
			struct mention *m = &g->mention[k];
			int how = m->id && !m->anchor ? attach(x, &room, (uint32_t)i, m->id, m->number, m->elements, m->flags, e) : 0;
			if (how < 0)
				return how;
			m->taken = how > 0;
		}
	}
	int r = follow_things(x, &room, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < f->attached_n; i++) {
		const struct attached *a = &f->attached[i];
		if (a->person == NONE && a->at >= f->n)
			f->reading[a->at].mention[a->mention].taken = false;
	}
	if (f->attached_n)
		qsort(f->attached, f->attached_n, sizeof *f->attached, by_object);
	return 0;
}

/* Whose relative somebody is, where his record says it by an id. */
static int follow_relatives(struct refs *x, struct err *e)
{
	for (size_t i = 0; i < x->f->n; i++)
		for (uint32_t k = 0; k < x->f->reading[i].relatives; k++) {
			struct relative *v = &x->f->reading[i].relative[k];
			struct whom w;
			int how = v->id && v->person == NONE ? follow(x, (uint32_t)i, v->id, v->number, &w, e) : FOUND_NOBODY;
			if (how < 0)
				return how;
			if (how == FOUND_ONE) {
				v->person = w.person;
				v->at = w.at;
				v->mention = w.mention;
			}
		}
	return 0;
}

int refs_follow(const struct survey_job *job, struct survey *f, struct err *e)
{
	struct refs x = {.job = job, .f = f};
	bool any = f->totals.not_files > 0;
	for (size_t i = 0; i < f->n && !any; i++) {
		any = f->reading[i].referrings > 0;
		for (uint32_t k = 0; k < f->reading[i].relatives && !any; k++)
			any = f->reading[i].relative[k].id != 0;
		for (uint32_t k = 0; k < f->reading[i].mentions && !any; k++)
			any = f->reading[i].mention[k].id && !f->reading[i].mention[k].anchor;
	}
	if (!any)
		return 0;
	int r = make_index(&x, e);
	if (r == 0)
		r = read_aids(&x, &any, e);
	if (r == 0 && any)
		r = make_index(&x, e);
	if (r == 0)
		r = attach_all(&x, e);
	if (r == 0)
		r = follow_relatives(&x, e);
	free(x.v);
	free(x.own);
	return r;
}
