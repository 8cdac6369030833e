/* Census and search: rows of patients, as this person may see them. */
#include "web_internal.h"

/* A protected patient is a taken bed and no more, until somebody says why they need to know. */
static void mask(struct web_request *q, struct chart_row *rows)
{
	for (struct chart_row *r = rows; r; r = r->next) {
		bool open = false;
		struct err e = {0};
		if (!r->is_protected || (keeper_glass(q->w->keeper, &q->who, r->id, &open, &e) == 0 && open))
			continue;
		r->name_family = SLICE("[protected]");
		r->name_given = r->birth = r->number = r->assigner = r->visit = r->attending = r->alerts = SLICE_NULL;
		r->bedside = NULL;
	}
}

void web_rows(struct web_request *q, bool search)
{
	struct err e = {0};
	struct chart_moment at;
	struct chart_row *list;
	size_t n;
	const char *text = web_query(q, search ? "q" : "unit");
	if (!web_may(q, search ? MAY_SEARCH : MAY_CENSUS) || web_moment(q, &at, &e) < 0)
		return;
	struct slice t = slice_str(text ? text : "");
	int r = search ? chart_search(web_chart(q), t, at, (size_t)web_number(q, "max", 60, 500), q->a, &list, &n, &e) : chart_census(web_chart(q), at, t, q->a, &list, &n, &e);
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	/* one unit's list is what a ward lives by: with vitals and what is awaited. Of a whole house that would be a thousand charts */
	for (struct chart_row *row = search || !t.n ? NULL : list; row; row = row->next)
		if (chart_bedside(web_chart(q), row, at, q->a, &e) < 0) {
			web_fail(q, &e);
			return;
		}
	mask(q, list);
	struct jsonw w;
	jsonw_init(&w, &q->out);
	struct fhir_options o = {.zone_minutes = q->web->role->zone_minutes};
	chart_json_rows(&w, list, at, &o);
	if (!search && web_unchanged(q, at))
		return;
	if (web_audit(q, search ? "search" : "view", NULL, search ? "patient search" : t.n ? "census of a unit" : "census", at.end ? at.end - 1 : 0, NULL) < 0)
		return;
	web_json(q, 200);
}
