/* What was done about a case outside: letters that were mailed, authorities that were told. Entries of kind notice say so (doc/formats.md); that these are no acts of the case keeps a list of cases small. */
#include "scope.h"

#include <stdlib.h>

#define SENT_MAX 4096 /* of one case: the oldest are kept, and what is beyond is refused by nobody, but not shown */

static bool day_ok(struct slice s)
{
	uint64_t y, m, d;
	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
		return false;
	return num_u64(slice_of(s.p, 4), 1900, 9999, &y) == 0 && num_u64(slice_of(s.p + 5, 2), 1, 12, &m) == 0 && num_u64(slice_of(s.p + 8, 2), 1, 31, &d) == 0 && d <= (uint64_t)time_days_in_month((int)y, (int)m);
}

static struct slice keep(struct scope_case *c, const struct json_node *n, const char *key)
{
	struct slice s = json_text(n, key);
	return s.n ? arena_dup(c->a, s) : SLICE_NULL;
}

static struct slice day(struct scope_case *c, const struct json_node *n, const char *key)
{
	return day_ok(json_text(n, key)) ? keep(c, n, key) : SLICE_NULL;
}

static uint64_t number(const struct json_node *n, const char *key)
{
	uint64_t v = 0;
	return num_u64(json_text(n, key), 0, UINT64_MAX - 1, &v) == 0 ? v : 0;
}

int scope_case_sent(struct scope_case *c, uint64_t entry, int64_t time, struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *scratch = arena_new((size_t)8 << 20);
	struct json_node *n;
	struct err quiet = {0};
	if (!scratch)
		return err_set(e, ERR_MEMORY, NULL, "no memory for an entry of a case");
	if (!scope_case_exists(c) || json_tree(body, scratch, &n, &quiet) < 0 || !slice_eq(json_text(n, "case"), c->name))
		return 0;
	bool told = slice_eq_str(json_text(n, "what"), "told");
	if (!told && !slice_eq_str(json_text(n, "what"), "returned"))
		return 0;
	if (c->sent_n == SENT_MAX)
		return 0;
	if (!c->sent_n || (c->sent_n >= 16 && !(c->sent_n & (c->sent_n - 1)))) {
		struct scope_sent *v = reallocarray(c->sent, c->sent_n ? c->sent_n * 2 : 16, sizeof *v);
		if (!v)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the case");
		c->sent = v;
	}
	c->sent[c->sent_n++] = (struct scope_sent){.entry = entry, .time = time, .told = told, .by = keep(c, n, "by"), .file = keep(c, n, "file"), .sha256 = keep(c, n, "sha256"), .duty = keep(c, n, "duty"), .on = day(c, n, "on"), .reference = keep(c, n, "reference"), .mail = keep(c, n, "mail"),
	                                           .first = day(c, n, "first_mailed"), .last = day(c, n, "last_mailed"), .sent = number(n, "sent"), .mailed = number(n, "mailed"), .returned = number(n, "returned"), .no_address = number(n, "no_address")};
	return arena_code(c->a) ? err_set(e, arena_code(c->a), NULL, "no memory for the case") : 0;
}

void scope_sent_json(const struct scope_case *c, struct jsonw *w)
{
	jsonw_arr(w);
	for (size_t i = 0; i < c->sent_n; i++) {
		const struct scope_sent *s = &c->sent[i];
		jsonw_obj(w);
		jsonw_kstr(w, "what", s->told ? "told" : "returned");
		if (s->told) {
			jsonw_kslice(w, "duty", s->duty);
			jsonw_kslice(w, "on", s->on);
			jsonw_kslice_opt(w, "reference", s->reference);
		} else {
			jsonw_ku64(w, "letters", s->sent);
			jsonw_ku64(w, "mailed", s->mailed);
			jsonw_ku64(w, "returned", s->returned);
			jsonw_ku64(w, "no_address", s->no_address);
			jsonw_kslice_opt(w, "first_mailed", s->first);
			jsonw_kslice_opt(w, "last_mailed", s->last);
			jsonw_kslice(w, "mail", s->mail);
		}
		jsonw_kslice_opt(w, "file", s->file);
		jsonw_kslice_opt(w, "sha256", s->sha256);
		jsonw_kslice(w, "by", s->by);
		jsonw_ktime(w, "at", s->time);
		jsonw_ku64(w, "entry", s->entry);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}
