/* manifest.json: what a transfer is, and what is in it.
 *
 *   {"format":"holdfast-transfer","version":1,"id","site","origin","key","made","validUntil","by"?,"receiver"?,"bed"?,"transport"?,"reason"?,
 *    "patient":{"id","family"?,"given"?,"birth"?,"sex"?,"number"?,"assigner"?},"protected":bool,"zoneMinutes",
 *    "entries","entryTime"?,"checkpoint":{"entries","root": base64},"leftOut":{"ecgs","documents"},
 *    "files":[{"name","bytes","sha256","type","title","entry"?}]}
 * Its bytes are signed, so it is read as any JSON: whoever signed it has said each of its values once. */
#include "transfer_internal.h"

#include <strings.h>

/* ---- out ---- */

static void put_patient(struct jsonw *w, const struct transfer_about *a)
{
	jsonw_key(w, "patient");
	jsonw_obj(w);
	jsonw_kslice(w, "id", a->patient.id);
	jsonw_kslice_opt(w, "family", a->patient.family);
	jsonw_kslice_opt(w, "given", a->patient.given);
	jsonw_kslice_opt(w, "birth", a->patient.birth);
	jsonw_kslice_opt(w, "sex", a->patient.sex);
	jsonw_kslice_opt(w, "number", a->patient.number);
	jsonw_kslice_opt(w, "assigner", a->patient.assigner);
	jsonw_obj_end(w);
	jsonw_kbool(w, "protected", a->is_protected);
	jsonw_ki64(w, "zoneMinutes", a->zone_minutes);
}

static void put_head(struct jsonw *w, const struct transfer_about *a)
{
	AUTO_BUF struct buf root = {0};
	buf_init(&root, 128);
	base64_put(&root, slice_of(a->root, sizeof a->root));
	jsonw_kstr(w, "format", "holdfast-transfer");
	jsonw_ku64(w, "version", 1);
	jsonw_kstr(w, "id", a->id);
	jsonw_kslice(w, "site", a->site);
	jsonw_kslice(w, "origin", a->origin);
	jsonw_kslice(w, "key", a->vkey);
	jsonw_ktime(w, "made", a->made);
	jsonw_ktime(w, "validUntil", a->until);
	jsonw_kslice_opt(w, "by", a->by);
	jsonw_kslice_opt(w, "receiver", a->receiver);
	jsonw_kslice_opt(w, "bed", a->bed);
	jsonw_kslice_opt(w, "transport", a->transport);
	jsonw_kslice_opt(w, "reason", a->reason);
	put_patient(w, a);
	jsonw_ku64(w, "entries", a->entries);
	if (a->entry_time)
		jsonw_ktime(w, "entryTime", a->entry_time);
	jsonw_key(w, "checkpoint");
	jsonw_obj(w);
	jsonw_ku64(w, "entries", a->checkpoint);
	jsonw_kslice(w, "root", buf_slice(&root));
	jsonw_obj_end(w);
	jsonw_key(w, "leftOut");
	jsonw_obj(w);
	jsonw_ku64(w, "ecgs", a->ecgs_left_out);
	jsonw_ku64(w, "documents", a->documents_left_out);
	jsonw_obj_end(w);
}

static void put_file(struct jsonw *w, const struct transfer_file *f)
{
	AUTO_BUF struct buf hex = {0};
	uint8_t hash[SEAL_HASH];
	buf_init(&hex, 128);
	seal_sha256_once(f->bytes, hash);
	hex_put(&hex, slice_of(hash, sizeof hash));
	jsonw_obj(w);
	jsonw_kslice(w, "name", f->name);
	jsonw_ku64(w, "bytes", f->bytes.n);
	jsonw_kslice(w, "sha256", buf_slice(&hex));
	jsonw_kslice(w, "type", f->type);
	jsonw_kslice(w, "title", f->title);
	if (f->entry != UINT64_MAX)
		jsonw_ku64(w, "entry", f->entry);
	jsonw_obj_end(w);
}

static bool named(const struct transfer_file *files, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++)
		if (files[i].name.n == name.n && strncasecmp((const char *)files[i].name.p, (const char *)name.p, name.n) == 0) /* one file on systems whose file names have no case */
			return true;
	return slice_eq_nocase(name, TRANSFER_MANIFEST) || slice_eq_nocase(name, TRANSFER_NOTE);
}

int transfer_manifest(const struct transfer_about *a, const struct transfer_file *files, size_t n, struct buf *ret, struct err *e)
{
	struct jsonw w;
	uint64_t all = 0;
	if (n > TRANSFER_FILES_MAX)
		return err_set(e, ERR_LIMIT, NULL, "a transfer has at most %d files", TRANSFER_FILES_MAX);
	for (size_t i = 0; i < n; i++) {
		all += transfer_padded(files[i].bytes.n) + TAR_BLOCK;
		if (!transfer_name_ok(files[i].name) || named(files, i, files[i].name))
			return err_set(e, ERR_INPUT, NULL, "file %zu of a transfer has a name that it cannot have", i + 1);
		if (files[i].bytes.n > TRANSFER_FILE_MAX || all > TRANSFER_MAX - 2 * TRANSFER_MANIFEST_MAX)
			return err_set(e, ERR_LIMIT, NULL, "a transfer would be larger than %zu MiB", TRANSFER_MAX >> 20);
	}
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	put_head(&w, a);
	jsonw_key(&w, "files");
	jsonw_arr(&w);
	for (size_t i = 0; i < n; i++)
		put_file(&w, &files[i]);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_str(ret, "\n");
	if (!buf_ok(ret) || ret->n > TRANSFER_MANIFEST_MAX)
		return err_set(e, buf_ok(ret) ? ERR_LIMIT : buf_code(ret), NULL, "the manifest of a transfer would be larger than %zu bytes", TRANSFER_MANIFEST_MAX);
	return 0;
}

/* ---- in ---- */

static int read_file(const struct json_node *n, struct transfer *t, uint64_t *all, struct err *e)
{
	struct transfer_file f = {.name = json_text(n, "name"), .type = json_text(n, "type"), .title = json_text(n, "title"), .entry = UINT64_MAX};
	struct slice entry = json_text(n, "entry");
	if (!transfer_name_ok(f.name))
		return transfer_bad(e, "a file in it has a name that could lead elsewhere");
	if (named(t->files, t->n, f.name))
		return transfer_bad(e, "two files in it have one name");
	if (num_u64(json_text(n, "bytes"), 0, TRANSFER_FILE_MAX, &f.size) < 0 || (entry.n && num_u64(entry, 0, INT64_MAX, &f.entry) < 0) || hex_get(f.sha256, SEAL_HASH, json_text(n, "sha256")) < 0)
		return transfer_bad(e, "a file in it has no length or no hash, or is larger than a file of a transfer can be");
	*all += transfer_padded(f.size) + TAR_BLOCK;
	if (*all > TRANSFER_MAX)
		return transfer_bad(e, "its files are larger than a transfer can be");
	t->files[t->n++] = f;
	return 0;
}

static int read_patient(const struct json_node *n, struct transfer_about *a)
{
	const struct json_node *p = json_get(n, "patient"), *hidden = json_get(n, "protected");
	int64_t zone;
	a->patient.id = json_text(p, "id");
	a->patient.family = json_text(p, "family");
	a->patient.given = json_text(p, "given");
	a->patient.birth = json_text(p, "birth");
	a->patient.sex = json_text(p, "sex");
	a->patient.number = json_text(p, "number");
	a->patient.assigner = json_text(p, "assigner");
	a->is_protected = hidden && hidden->type == JSON_TRUE;
	if (!a->patient.id.n || num_i64(json_text(n, "zoneMinutes"), -1440, 1440, &zone) < 0)
		return ERR_INPUT;
	a->zone_minutes = (int)zone;
	return 0;
}

static int read_head(const struct json_node *n, struct transfer_about *a)
{
	uint64_t version, id, ecgs, documents;
	struct slice time = json_text(n, "entryTime");
	uint8_t root[64];
	AUTO_BUF struct buf b = {0};
	buf_init(&b, sizeof root);
	if (!slice_eq_str(json_text(n, "format"), "holdfast-transfer") || num_u64(json_text(n, "version"), 1, 1, &version) < 0 || transfer_id_get(json_text(n, "id"), &id, NULL) < 0)
		return ERR_INPUT;
	transfer_id_put(id, a->id);
	a->site = json_text(n, "site");
	a->origin = json_text(n, "origin");
	a->vkey = json_text(n, "key");
	a->by = json_text(n, "by");
	a->receiver = json_text(n, "receiver");
	a->bed = json_text(n, "bed");
	a->transport = json_text(n, "transport");
	a->reason = json_text(n, "reason");
	if (time_parse(json_text(n, "made"), 0, &a->made) < 0 || time_parse(json_text(n, "validUntil"), 0, &a->until) < 0 || (time.n && time_parse(time, 0, &a->entry_time) < 0))
		return ERR_INPUT;
	if (num_u64(json_text(n, "entries"), 0, INT64_MAX, &a->entries) < 0 || num_u64(json_text(n, "checkpoint.entries"), 0, INT64_MAX, &a->checkpoint) < 0 || base64_get(&b, json_text(n, "checkpoint.root")) < 0 || b.n != SEAL_HASH)
		return ERR_INPUT;
	memcpy(a->root, b.p, SEAL_HASH);
	if (num_u64(json_text(n, "leftOut.ecgs"), 0, UINT32_MAX, &ecgs) < 0 || num_u64(json_text(n, "leftOut.documents"), 0, UINT32_MAX, &documents) < 0)
		return ERR_INPUT;
	a->ecgs_left_out = (uint32_t)ecgs;
	a->documents_left_out = (uint32_t)documents;
	return read_patient(n, a);
}

int transfer_manifest_read(struct slice text, struct arena *a, struct transfer *ret, struct err *e)
{
	struct json_node *n;
	uint64_t all = 0;
	int r = json_tree(text, a, &n, e);
	if (r < 0)
		return r == ERR_MEMORY ? r : transfer_bad(e, "its manifest is no JSON");
	const struct json_node *list = json_get(n, "files");
	if (read_head(n, &ret->about) < 0)
		return transfer_bad(e, "its manifest is none of this version: a newer holdfast may read it");
	if (!list || list->type != JSON_ARR || list->count > TRANSFER_FILES_MAX)
		return transfer_bad(e, "its manifest lists no files, or too many");
	ret->files = arena_array(a, list->count ? list->count : 1, sizeof *ret->files);
	if (!ret->files)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a transfer");
	for (const struct json_node *f = list->child; f && r == 0; f = f->next)
		r = read_file(f, ret, &all, e);
	return r;
}
