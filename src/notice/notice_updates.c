/* Duties as JSON, and what changed between two of such lists. */
#include "notice_internal.h"

#include <stdlib.h>

static void put_due(struct jsonw *w, const char *key, const struct notice_due *d, bool always)
{
	char text[NOTICE_DUE_TEXT];
	const char *s = notice_due_text(d, text);
	if (!s && !always)
		return;
	jsonw_key(w, key);
	if (s)
		jsonw_str(w, s);
	else
		jsonw_null(w);
}

void notice_duty_json(struct jsonw *w, const struct notice_duty *d)
{
	static const char *const to[] = {"individual", "regulator", "cra", "media", "owner", "self"};
	jsonw_obj(w);
	jsonw_kslice(w, "id", d->id);
	jsonw_kslice(w, "jurisdiction", d->jurisdiction);
	jsonw_kslice(w, "recipient", d->recipient);
	jsonw_kslice_opt(w, "recipient_words", d->recipient_words);
	put_due(w, "due", &d->due, true);
	put_due(w, "due_local", &d->local, false);
	put_due(w, "no_later_than", &d->latest, false);
	jsonw_kslice(w, "why", d->why);
	jsonw_kslice(w, "citation", d->citation);
	jsonw_kslice(w, "checked", d->checked);
	jsonw_kslice_opt(w, "seen_at", d->seen_at);
	jsonw_kslice_opt(w, "seen_since", d->seen_since);
	jsonw_kslice(w, "law", d->law);
	jsonw_kstr(w, "to", to[d->to]);
	if (d->count.high) {
		jsonw_key(w, "count");
		jsonw_obj(w);
		jsonw_ku64(w, "low", d->count.low);
		jsonw_ku64(w, "high", d->count.high);
		jsonw_obj_end(w);
	}
	jsonw_kslice_opt(w, "threshold", d->threshold);
	jsonw_kslice_opt(w, "places", d->places);
	jsonw_kslice_opt(w, "deadline_text", d->text);
	jsonw_kslice_opt(w, "note", d->note);
	jsonw_kslice_opt(w, "effective_from", d->effective);
	if (d->months)
		jsonw_ku64(w, "months", d->months);
	jsonw_kbool(w, "may_apply", d->may_apply);
	if (d->possible)
		jsonw_kbool(w, "possible", true);
	jsonw_kbool(w, "binding", d->binding);
	jsonw_obj_end(w);
}

/* ---- what changed ---- */

struct old {
	struct slice id, jurisdiction, due;
	bool still;
};

static int read_old(struct slice json, struct arena *a, struct old **ret, size_t *ret_n, struct err *e)
{
	struct json_node *top;
	int r = json_tree(json, a, &top, e);
	if (r < 0)
		return r;
	if (top->type != JSON_ARR)
		return err_set(e, ERR_INPUT, NULL, "has to be an array of duties, as `holdfast notice duties --json` writes it");
	struct old *v = arena_array(a, (size_t)top->count + 1, sizeof *v);
	size_t n = 0;
	if (!v)
		return err_set(e, arena_code(a), NULL, "no room for the earlier duties");
	for (const struct json_node *x = top->child; x; x = x->next) {
		v[n] = (struct old){.id = json_text(x, "id"), .jurisdiction = json_text(x, "jurisdiction"), .due = json_text(x, "due")};
		if (!v[n].id.n || v[n].id.n > 64)
			return err_set(e, ERR_INPUT, NULL, "duty %zu has no id", n + 1);
		const struct json_node *possible = json_get(x, "possible");
		n += !possible || possible->type != JSON_TRUE; /* what was only possible was no duty */
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

int notice_updates(struct slice earlier_json, const struct notice_duties *now, struct arena *a, struct notice_change **ret, size_t *ret_n, struct err *e)
{
	struct old *old;
	size_t old_n, n = 0;
	int r = read_old(earlier_json, a, &old, &old_n, e);
	if (r < 0)
		return r;
	struct notice_change *v = arena_array(a, now->n + old_n + 1, sizeof *v);
	if (!v)
		return err_set(e, arena_code(a), NULL, "no room for what changed");
	for (size_t i = 0; i < now->n; i++) {
		const struct notice_duty *d = &now->v[i];
		char text[NOTICE_DUE_TEXT];
		struct slice due = arena_dup(a, slice_str(notice_due_text(&d->due, text)));
		size_t k = 0;
		while (k < old_n && !slice_eq(old[k].id, d->id))
			k++;
		if (k == old_n)
			v[n++] = (struct notice_change){NOTICE_ADDED, d->id, d->jurisdiction, SLICE_NULL, due};
		else if (!slice_eq(old[k].due, due))
			v[n++] = (struct notice_change){NOTICE_MOVED, d->id, d->jurisdiction, old[k].due, due};
		if (k < old_n)
			old[k].still = true;
	}
	for (size_t k = 0; k < old_n; k++)
		if (!old[k].still)
			v[n++] = (struct notice_change){NOTICE_REMOVED, old[k].id, old[k].jurisdiction, old[k].due, SLICE_NULL};
	*ret = v;
	*ret_n = n;
	return 0;
}
