/* holdfast capture import: items from files, each accepted once. A file holds one item, an array of them, {"items":[...]}, or one item a line. What cannot be an item is refused with its place, and the others are taken all the same. */
#include "capture_cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#define FILE_MOST ((size_t)512 << 20)
#define ARENA_MOST ((size_t)3 << 30)

struct item {
	const char *file;
	size_t at;             /* the how-manieth of its file, from 1 */
	struct slice line, id;
	enum capture_kind kind;
	struct slice unknown;  /* a name that nobody knows */
	unsigned unknowns;
	bool good, stored;
	struct control_appended is;
	const struct chart_capture *shown;
	struct err why;        /* where it is not good */
};
struct sealed { /* a file of a station */
	const char *file;
	struct slice text;
};
struct importing {
	struct sealed *sealed;
	size_t sealed_n;
	struct capture_sealed_count from_sealed;
	struct site s;
	struct control *k;
	struct arena *a;
	struct item *v;
	size_t n, cap;
	bool json;
};

/* ---- files -> items ---- */

static struct item *add(struct importing *im, const char *file, size_t at)
{
	if (im->n == im->cap) {
		size_t cap = im->cap ? 2 * im->cap : 256;
		struct item *v = reallocarray(im->v, cap, sizeof *v);
		if (!v)
			return NULL;
		im->v = v;
		im->cap = cap;
	}
	struct item *x = &im->v[im->n++];
	*x = (struct item){.file = file, .at = at};
	return x;
}

static void put_node(struct jsonw *w, const struct json_node *n)
{
	switch (n->type) {
	case JSON_OBJ:
		jsonw_obj(w);
		for (const struct json_node *i = n->child; i; i = i->next) {
			jsonw_key_slice(w, i->key);
			put_node(w, i);
		}
		jsonw_obj_end(w);
		break;
	case JSON_ARR:
		jsonw_arr(w);
		for (const struct json_node *i = n->child; i; i = i->next)
			put_node(w, i);
		jsonw_arr_end(w);
		break;
	case JSON_STR:
		jsonw_slice(w, n->value);
		break;
	default: /* numbers as written, true, false, null */
		jsonw_raw(w, n->raw);
	}
}

/* One line, without the blanks of whoever wrote the file: the same item in another layout is the same item. */
static int take_node(struct importing *im, struct item *x, const struct json_node *n)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct capture c;
	buf_init(&b, 2 * CAPTURE_MAX);
	jsonw_init(&w, &b);
	put_node(&w, n);
	x->id = json_text(n, "id");
	x->line = buf_ok(&b) ? arena_dup(im->a, buf_slice(&b)) : SLICE_NULL;
	if (!x->line.p)
		return buf_code(&b) == ERR_LIMIT ? err_set(&x->why, ERR_LIMIT, NULL, "the item is larger than an item may be") : ERR_MEMORY;
	if (capture_read(x->line, im->a, &c, &x->why) < 0)
		return arena_code(im->a) ? ERR_MEMORY : 0;
	x->id = c.id;
	x->kind = c.kind;
	x->unknown = c.unknown_name;
	x->unknowns = c.unknown;
	x->good = true;
	return 0;
}

static int take_list(struct importing *im, const char *file, const struct json_node *first, struct err *e)
{
	size_t at = 0;
	for (const struct json_node *n = first; n; n = n->next) {
		struct item *x = add(im, file, ++at);
		if (!x || take_node(im, x, n) == ERR_MEMORY)
			return err_set(e, ERR_MEMORY, file, "no memory: bring the items in smaller files");
	}
	return 0;
}

static int take_lines(struct importing *im, const char *file, struct slice text, struct err *e)
{
	size_t at = 0;
	while (text.n) {
		struct slice rest, line = slice_trim(slice_cut(text, '\n', &rest));
		struct json_node *n;
		text = rest;
		at++;
		if (!line.n)
			continue;
		struct item *x = add(im, file, at);
		if (!x)
			return err_set(e, ERR_MEMORY, file, "no memory");
		int r = json_tree(line, im->a, &n, &x->why);
		if (r == 0)
			r = take_node(im, x, n);
		if (r == ERR_MEMORY || arena_code(im->a))
			return err_set(e, ERR_MEMORY, file, "no memory: bring the items in smaller files");
	}
	return 0;
}

static int take_file(struct importing *im, const char *file, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct json_node *root;
	struct err quiet = {0};
	buf_init(&b, FILE_MOST);
	int r = file_read(AT_FDCWD, strcmp(file, "-") ? file : "/dev/stdin", FILE_MOST, &b, e);
	if (r < 0)
		return r;
	struct slice text = arena_dup(im->a, buf_slice(&b));
	if (!text.p)
		return err_set(e, ERR_MEMORY, file, "no memory: bring the items in smaller files");
	if (!slice_trim(text).n)
		return err_set(e, ERR_INPUT, file, "there is nothing in it");
	if (capture_is_sealed(text)) {
		struct sealed *more = reallocarray(im->sealed, im->sealed_n + 1, sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, file, "no memory");
		im->sealed = more;
		im->sealed[im->sealed_n++] = (struct sealed){file, text};
		return 0;
	}
	bool whole = json_tree(text, im->a, &root, &quiet) == 0;
	if (whole && root->type == JSON_ARR)
		return take_list(im, file, root->child, e);
	const struct json_node *items = whole ? json_get(root, "items") : NULL;
	if (items && items->type == JSON_ARR && !json_get(root, "kind"))
		return take_list(im, file, items->child, e);
	if (whole) {
		root->next = NULL;
		return take_list(im, file, root, e);
	}
	struct slice rest, first = slice_trim(slice_cut(text, '\n', &rest));
	if (!(first.n > 1 && first.p[0] == '{' && first.p[first.n - 1] == '}')) { /* not an item a line: what is wrong with the whole says more */
		*e = quiet;
		err_in(e, file);
		return quiet.code;
	}
	return take_lines(im, file, text, e);
}

/* ---- what is there already ---- */

static int by_id(const void *pa, const void *pb)
{
	const struct item *a = *(const struct item *const *)pa, *b = *(const struct item *const *)pb;
	int r = slice_cmp(a->id, b->id);
	return r ? r : a < b ? -1 : a > b;
}

static void other_bytes(struct item *x, const char *where)
{
	x->good = false;
	err_set(&x->why, ERR_EXISTS, "id", "an item of this id is there already (%s) and says something else. Nothing of it was changed: to correct it, give this one an id of its own, and name that one in \"replaces\"", where);
}

/* The same id twice in what is brought: the same item, or two that cannot both be it. */
static int compare_own(struct importing *im, struct err *e)
{
	const struct item **v = calloc(im->n ? im->n : 1, sizeof(struct item *));
	size_t n = 0;
	if (!v)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < im->n; i++)
		if (im->v[i].good)
			v[n++] = &im->v[i];
	qsort(v, n, sizeof *v, by_id);
	for (size_t i = 1, first = 0; i < n; i++) {
		if (!slice_eq(v[i]->id, v[first]->id))
			first = i;
		else if (!slice_eq(v[i]->line, v[first]->line)) {
			char where[64];
			snprintf(where, sizeof where, "item %zu", v[first]->at);
			other_bytes(&im->v[v[i] - im->v], where);
		}
	}
	free(v);
	return 0;
}

static int compare_kept(struct importing *im, struct err *e)
{
	struct chart *c = NULL;
	struct control *unused = NULL;
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	int r = a ? control_catch_up(im->k, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = cli_chart(&im->s, &c, &unused, e);
	for (size_t i = 0; r == 0 && i < im->n; i++) {
		struct item *x = &im->v[i];
		struct chart_capture *old;
		arena_reset(a);
		if (!x->good)
			continue;
		r = chart_capture_by_id(c, x->id, a, &old, e);
		if (r == 0 && !slice_eq(old->line, x->line)) {
			char where[64];
			snprintf(where, sizeof where, "entry %" PRIu64, old->entry);
			other_bytes(x, where);
		}
		if (r == ERR_NOT_FOUND)
			r = 0;
	}
	chart_close(c);
	control_close(unused);
	return r;
}

/* ---- into the ledger ---- */

static int on_result(void *arg, uint64_t tag, const struct control_appended *r, struct err *e)
{
	struct importing *im = arg;
	(void)e;
	im->v[tag - 1].is = *r;
	im->v[tag - 1].stored = true;
	return 0;
}

static int store(struct importing *im, struct err *e)
{
	int r = 0;
	for (size_t i = 0; i < im->n && r == 0; i++) {
		struct control_append a = {.kind = LEDGER_CAPTURE, .body = im->v[i].line};
		if (im->v[i].good)
			r = control_append(im->k, &a, i + 1, on_result, im, e);
	}
	return r < 0 ? r : control_flush(im->k, e);
}

/* ---- what became of them ---- */

static int by_entry(const void *pa, const void *pb)
{
	const struct item *a = *(const struct item *const *)pa, *b = *(const struct item *const *)pb;
	return a->is.seq < b->is.seq ? -1 : a->is.seq > b->is.seq;
}

/* Whose they are now, as the view has it: items and its list, both in order of entries. */
static void look(struct importing *im)
{
	struct chart *c = NULL;
	struct control *unused = NULL;
	struct chart_capture *list = NULL;
	struct err quiet = {0};
	uint64_t next;
	struct item **v = calloc(im->n ? im->n : 1, sizeof(struct item *));
	size_t n = 0;
	for (size_t i = 0; v && i < im->n; i++)
		if (im->v[i].stored)
			v[n++] = &im->v[i];
	if (n && cli_chart(&im->s, &c, &unused, &quiet) == 0) {
		qsort(v, n, sizeof *v, by_entry);
		struct chart_captures_ask q = {.owner = -1, .state = -1, .kind = -1, .from = v[0]->is.seq};
		if (chart_captures(c, &q, im->a, &list, &next, &quiet) < 0)
			list = NULL;
		for (size_t i = 0; i < n; i++) {
			while (list && list->entry < v[i]->is.seq)
				list = list->next;
			v[i]->shown = list && list->entry == v[i]->is.seq ? list : NULL;
		}
	}
	chart_close(c);
	control_close(unused);
	free(v);
}

static void tell_json(const struct item *x)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char line[700];
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kslice_opt(&w, "id", x->id);
	if (x->good) {
		jsonw_kstr(&w, "kind", capture_kind_name(x->kind));
		jsonw_ku64(&w, "entry", x->is.seq);
		jsonw_kbool(&w, "duplicate", x->is.duplicate);
	} else {
		jsonw_kstr(&w, "file", x->file);
		jsonw_ku64(&w, "item", x->at);
		jsonw_kstr(&w, "refused", err_line(&x->why, line, sizeof line));
	}
	if (x->shown) {
		if (x->shown->person)
			jsonw_kstr(&w, "person", x->shown->person);
		jsonw_kstr(&w, "owner", capture_owner_name(x->shown->owner));
		jsonw_kstr(&w, "state", backload_state_name(x->shown->back.state));
		jsonw_kbool(&w, "identified", !(x->shown->flags & (CHART_CAPTURE_FEW_IDENTIFIERS | CHART_CAPTURE_SEVERAL_PERSONS)));
	}
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&b));
}

static void tell(const struct importing *im, const struct item *x)
{
	if (im->json) {
		tell_json(x);
	} else if (x->good) {
		cli_slice(stdout, x->id);
		printf(": entry %" PRIu64 " (%s)%s%s%s%s\n", x->is.seq, capture_kind_name(x->kind), x->is.duplicate ? ", there already" : "", x->shown && x->shown->person ? ", of " : "", x->shown && x->shown->person ? x->shown->person : "",
		       x->shown && x->shown->flags & CHART_CAPTURE_SEVERAL_PERSONS ? ", a number that several persons have: a registrar has to say whose it is" : "");
	}
	if (!x->good) {
		char line[700];
		cli_note("holdfast: %s: item %zu%s%.*s: %s", x->file, x->at, x->id.n && x->id.n <= CAPTURE_ID_MAX ? " " : "", x->id.n <= CAPTURE_ID_MAX ? (int)x->id.n : 0, (const char *)x->id.p, err_line(&x->why, line, sizeof line));
	} else if (x->unknowns) {
		cli_note("holdfast: %s: item %zu: \"%.*s\" is no name that a %s has: it is kept, and shown as text", x->file, x->at, (int)(x->unknown.n > 64 ? 64 : x->unknown.n), (const char *)x->unknown.p, capture_kind_name(x->kind));
	}
}

static int finish(struct importing *im)
{
	size_t taken = im->from_sealed.taken, there = im->from_sealed.there, refused = im->from_sealed.refused, left = 0;
	look(im);
	for (size_t i = 0; i < im->n; i++) {
		struct item *x = &im->v[i];
		if (x->good && !x->stored) {
			left++; /* said already, why */
			continue;
		}
		tell(im, x);
		refused += !x->good;
		there += x->good && x->is.duplicate;
		taken += x->good && !x->is.duplicate;
	}
	cli_note("holdfast: %zu taken, %zu there already, %zu refused%s", taken, there, refused, left ? "; the others were not sent: run it again, each is taken once" : "");
	return refused || left ? 1 : 0;
}

int capture_import_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct importing im = {.json = false};
	const char *site = NULL;
	bool done;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"json", CLI_FLAG, &im.json, NULL, "a JSON object an item"},
	};
	int r = cli_parse(argc, argv, "capture import --site DIR [--json] FILE...",
	                  "Takes items that were written down while the EHR was away: one JSON object, an array of them, or one a line, or what a station exported. Each is accepted once, by its id: the same item again is no second one, and another item under the\n"
	                  "same id is refused. Works with and without a running daemon; killed at any moment and run again, each item is there once.",
	                  opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	if (!args.n)
		return cli_usage("capture import: name at least one file");
	struct err e = {0};
	if (cli_site(site, &im.s, &e) < 0)
		return cli_fail(&e);
	im.a = arena_new(ARENA_MOST);
	r = im.a ? 0 : err_set(&e, ERR_MEMORY, NULL, "no memory");
	int status = 0;
	for (size_t i = 0; r == 0 && i < args.n; i++)
		if (take_file(&im, args.v[i], &e) < 0) { /* one bad file does not keep the others out */
			int bad = cli_fail(&e);
			status = bad > status ? bad : status;
			e = (struct err){0};
		}
	if (r == 0)
		r = compare_own(&im, &e);
	if (r == 0 && (im.n || im.sealed_n))
		r = control_open(&im.s, true, &im.k, &e);
	if (r == 0 && im.n)
		r = compare_kept(&im, &e);
	if (r == 0 && im.n && store(&im, &e) < 0) {
		int bad = cli_fail(&e);
		status = bad > status ? bad : status;
	}
	for (size_t i = 0; r == 0 && i < im.sealed_n; i++) {
		struct err bad = {0};
		if (capture_sealed(im.k, im.sealed[i].file, im.sealed[i].text, im.json, &im.from_sealed, &bad) < 0) {
			int worse = cli_fail(&bad);
			status = worse > status ? worse : status;
		}
	}
	if (r == 0 && im.sealed_n)
		r = control_catch_up(im.k, &e);
	if (r < 0)
		status = cli_fail(&e);
	else if ((im.n || im.sealed_n) && finish(&im) > status)
		status = 1;
	control_close(im.k);
	int flushed = cli_flush();
	free(im.v);
	free(im.sealed);
	arena_free(im.a);
	site_close(&im.s);
	return status ? status : flushed;
}
