/* The body of an entry of kind ecg: one line of JSON, then the files as they came. ecg.h has the format. */
#include "ecg_internal.h"

/* A record asks for its files by these names, and people save them under them: nothing that leads elsewhere. */
static bool name_ok(struct slice name)
{
	if (!name.n || name.n > 255 || name.p[0] == '.' || !utf8_valid(name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < 0x20 || name.p[i] == 0x7f || name.p[i] == '/' || name.p[i] == '\\')
			return false;
	return true;
}

static int bad(struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, NULL, "this is no recording as the ledger keeps it: %s", what);
}

static int read_files(const struct json_node *list, struct slice rest, struct ecg_body *b, struct err *e)
{
	if (!list || list->type != JSON_ARR || !list->count || list->count > ECG_BODY_FILES_MAX)
		return bad(e, "the line does not say which files follow");
	for (const struct json_node *x = list->child; x; x = x->next) {
		uint64_t size;
		struct slice name = json_text(x, "name");
		if (!name_ok(name) || num_u64(json_text(x, "size"), 0, rest.n, &size) < 0)
			return bad(e, "the name or the size of a file");
		b->name[b->files] = name;
		b->file[b->files++] = slice_of(rest.p, (size_t)size);
		rest = slice_of(rest.p + size, rest.n - (size_t)size);
	}
	return rest.n ? bad(e, "more bytes than the line says") : 0;
}

int ecg_body_read(struct slice body, struct arena *a, struct ecg_body *ret, struct err *e)
{
	struct ecg_body b = {.files = 0};
	struct json_node *n;
	size_t most = body.n < ECG_BODY_HEAD_MAX + 1 ? body.n : ECG_BODY_HEAD_MAX + 1;
	const uint8_t *lf = most ? memchr(body.p, '\n', most) : NULL;
	if (!lf)
		return bad(e, "there is no line in front");
	b.head = slice_of(body.p, (size_t)(lf - body.p));
	int r = json_tree(b.head, a, &n, e);
	if (r < 0)
		return r == ERR_INPUT ? bad(e, "its line is no JSON") : r;
	if (n->type != JSON_OBJ || !slice_eq_str(json_text(n, "ecg"), "1"))
		return bad(e, "its line is of another version");
	r = read_files(json_get(n, "files"), slice_of(lf + 1, body.n - b.head.n - 1), &b, e);
	if (r == 0)
		*ret = b;
	return r;
}

static int file_of(void *arg, struct slice name, struct slice *ret, struct err *e)
{
	const struct ecg_body *b = arg;
	for (size_t i = 0; i < b->files; i++)
		if (slice_eq(b->name[i], name)) {
			*ret = b->file[i];
			return 0;
		}
	return err_set(e, ERR_NOT_FOUND, NULL, "a file of the record did not come with it");
}

int ecg_body_open(const struct ecg_body *b, struct arena *a, struct ecg **ret, struct err *e)
{
	struct ecg_body *own = arena_alloc(a, sizeof *own); /* a reader may ask again as long as the record lives */
	struct ecg_files *others = arena_alloc(a, sizeof *others);
	if (!own || !others)
		return err_set(e, arena_code(a), NULL, "no room for the record");
	*own = *b;
	*others = (struct ecg_files){file_of, own};
	return ecg_open(b->file[0], b->name[0], others, a, ret, e);
}

/* ---- writing ---- */

static void put_claimed(struct jsonw *w, const struct ecg_person *p)
{
	if (!p->id.n && !p->family.n && !p->given.n && !p->birth.n && !p->sex.n)
		return;
	jsonw_key(w, "claimed");
	jsonw_obj(w);
	jsonw_kslice_opt(w, "id", p->id);
	jsonw_kslice_opt(w, "assigner", p->assigner);
	jsonw_kslice_opt(w, "family", p->family);
	jsonw_kslice_opt(w, "given", p->given);
	jsonw_kslice_opt(w, "birth", p->birth);
	jsonw_kslice_opt(w, "sex", p->sex);
	jsonw_obj_end(w);
}

int ecg_body_put(const struct ecg_sent *s, const struct ecg_body *b, struct buf *ret, struct err *e)
{
	AUTO_BUF struct buf line = {0};
	struct jsonw w;
	if (!b->files || b->files > ECG_BODY_FILES_MAX)
		return err_set(e, ERR_INPUT, NULL, "a recording is 1 to %d files", ECG_BODY_FILES_MAX);
	buf_init(&line, ECG_BODY_HEAD_MAX);
	jsonw_init(&w, &line);
	jsonw_obj(&w);
	jsonw_ku64(&w, "ecg", 1);
	jsonw_key(&w, "files");
	jsonw_arr(&w);
	for (size_t i = 0; i < b->files; i++) {
		if (!name_ok(b->name[i]))
			return err_set(e, ERR_INPUT, NULL, "file %zu: a name is 1 to 255 characters, without folders and not hidden", i + 1);
		jsonw_obj(&w);
		jsonw_kslice(&w, "name", b->name[i]);
		jsonw_ku64(&w, "size", b->file[i].n);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_kslice_opt(&w, "key", s->key);
	jsonw_kslice_opt(&w, "by", s->by);
	jsonw_kslice_opt(&w, "via", s->via);
	jsonw_kslice_opt(&w, "patient", s->patient);
	put_claimed(&w, &s->claimed);
	jsonw_kslice_opt(&w, "order", s->order);
	jsonw_kslice_opt(&w, "urgency", s->urgency);
	jsonw_kslice_opt(&w, "note", s->note);
	jsonw_kslice_opt(&w, "recorded", s->recorded);
	jsonw_kslice_opt(&w, "device", s->device);
	jsonw_kslice_opt(&w, "continues", s->continues);
	jsonw_obj_end(&w);
	if (!buf_ok(&line))
		return err_set(e, buf_code(&line) == ERR_LIMIT ? ERR_INPUT : ERR_MEMORY, NULL, "what is said of the recording is more than %u bytes", ECG_BODY_HEAD_MAX);
	buf_add_slice(ret, buf_slice(&line));
	buf_u8(ret, '\n');
	for (size_t i = 0; i < b->files; i++)
		buf_add_slice(ret, b->file[i]);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the recording is larger than an entry holds");
}
