/* An object as a line of JSON. */
#include "evidence_internal.h"

static void put_time(struct jsonw *w, const char *key, int64_t t)
{
	char text[32];
	jsonw_key(w, key);
	t == EVIDENCE_NO_TIME ? jsonw_null(w) : jsonw_str(w, time_rfc3339(t, 6, text));
}

/* One name as a string; several also as a list under the name with "_all". */
static void put_names(struct jsonw *w, const char *key, const char *all, const struct slice *v, uint32_t n, bool more)
{
	jsonw_key(w, key);
	n ? jsonw_slice(w, v[0]) : jsonw_null(w);
	if (n < 2)
		return;
	jsonw_key(w, all);
	jsonw_arr(w);
	for (uint32_t i = 0; i < n; i++)
		jsonw_slice(w, v[i]);
	jsonw_arr_end(w);
	if (more)
		jsonw_kbool(w, "more_names", true);
}

static void put_place(struct jsonw *w, const char *key, const char *name, uint64_t record)
{
	jsonw_key(w, key);
	jsonw_obj(w);
	jsonw_kstr(w, "file", name);
	jsonw_ku64(w, "record", record);
	jsonw_obj_end(w);
}

void evidence_object_json(const struct evidence_fold *f, const struct evidence_object *o, struct buf *out)
{
	struct jsonw w;
	char percent[8];
	jsonw_init(&w, out);
	jsonw_obj(&w);
	jsonw_kslice(&w, "path", o->path);
	jsonw_key(&w, "host");
	o->host.n ? jsonw_slice(&w, o->host) : jsonw_null(&w);
	jsonw_kstr(&w, "touch", evidence_level_word(o->level));
	put_time(&w, "first", o->first);
	put_time(&w, "last", o->last);
	put_names(&w, "who", "who_all", o->who, o->who_n, o->more_who);
	put_names(&w, "from", "from_all", o->from, o->from_n, o->more_from);
	jsonw_key(&w, "bytes");
	o->has_bytes ? jsonw_u64(&w, o->bytes) : jsonw_null(&w);
	jsonw_key(&w, "reason");
	jsonw_arr(&w);
	for (uint32_t i = 0; i < o->reason_n; i++)
		jsonw_slice(&w, o->reason[i]);
	jsonw_arr_end(&w);
	snprintf(percent, sizeof percent, "%d.%02d", o->confidence / 100, o->confidence % 100);
	jsonw_key(&w, "confidence");
	jsonw_dec(&w, slice_str(percent));
	jsonw_ku64(&w, "count", o->count);
	put_place(&w, "evidence", evidence_fold_source_name(f, o->first_source), o->first_record);
	put_place(&w, "evidence_last", evidence_fold_source_name(f, o->last_source), o->last_record);
	jsonw_kslice_opt(&w, "logged", o->logged);
	jsonw_kslice_opt(&w, "renamed_from", o->was);
	jsonw_kslice_opt(&w, "renamed_to", o->became);
	if (o->folder)
		jsonw_kbool(&w, "folder", true);
	if (o->untimed)
		jsonw_kbool(&w, "untimed", true);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}
