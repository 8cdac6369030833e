/* GET /api/contacts: whom to call. For everybody who may see the bed board: whoever is on a ward needs the numbers, and no patient is among them. */
#include "web_internal.h"

#include "contacts.h"

static bool yes(struct web_request *q, const char *name)
{
	const char *v = web_query(q, name);
	return v && !strcmp(v, "1");
}

void web_contacts(struct web_request *q)
{
	struct err e = {0};
	struct chart_moment at;
	struct chart_contact *v;
	struct chart_contact_list *lists;
	struct jsonw w;
	size_t n;
	if (!web_may(q, MAY_CENSUS))
		return;
	if (q->method != WEB_GET && q->method != WEB_HEAD) {
		q->allow = "GET, HEAD";
		web_error(q, 405, "method", "Contacts are read with GET; `holdfast contacts import` takes a list in.");
		return;
	}
	const char *category = web_query(q, "category"), *unit = web_query(q, "unit"), *source = web_query(q, "source");
	struct chart_contacts_ask ask = {.now = time_now(), .category = category && *category ? contact_category_parse(slice_str(category)) : -1, .unit = slice_str(unit), .source = slice_str(source), .on_call = yes(q, "onCall"), .past = yes(q, "past")};
	if (category && *category && ask.category < 0) {
		web_error(q, 400, "input", "There is no such category of contacts.");
		return;
	}
	struct chart *c = web_chart(q);
	if (!c || web_moment(q, &at, &e) < 0)
		return;
	if (web_query(q, "at"))
		ask.now = at.time; /* a page of the past: who was on call then */
	if (chart_contacts(c, at, &ask, q->a, &v, &n, &lists, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_init(&w, &q->out);
	chart_json_contacts(&w, v, n, lists);
	web_json(q, 200);
}
