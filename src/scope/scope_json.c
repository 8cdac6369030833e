/* A case as JSON: for whoever shows it. */
#include "scope.h"

static void put_inputs(struct jsonw *w, const struct scope_case *c)
{
	jsonw_key(w, "inputs");
	jsonw_arr(w);
	for (size_t i = 0; i < c->input_n; i++) {
		const struct scope_input *in = &c->input[i];
		jsonw_obj(w);
		jsonw_kstr(w, "what", scope_what_word(in->what));
		jsonw_kslice(w, "file", in->file);
		jsonw_kslice_opt(w, "root", in->root);
		if (in->what != SCOPE_CONTENT) {
			jsonw_ku64(w, "size", in->size);
			jsonw_kslice(w, "sha256", in->sha256);
			jsonw_kbool(w, "kept", !in->reference);
		}
		jsonw_kslice(w, "by", in->by);
		jsonw_ktime(w, "at", in->time);
		jsonw_ku64(w, "entry", in->entry);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void put_words(struct jsonw *w, const struct scope_case *c, int what, const char *key)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < c->word_n; i++) {
		const struct scope_word *o = &c->word[i];
		if (o->what != what)
			continue;
		jsonw_obj(w);
		jsonw_kslice(w, "subject", o->subject);
		jsonw_kslice_opt(w, "outcome", o->outcome);
		jsonw_kslice_opt(w, "text", o->text);
		jsonw_kslice(w, "by", o->by);
		jsonw_ktime(w, "at", o->time);
		jsonw_ku64(w, "entry", o->entry);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

/* 45 CFR 164.402(2): a breach is presumed; that it is none has to be shown by all four factors. */
static void put_assessment(struct jsonw *w, const struct scope_case *c)
{
	unsigned low = 0, said = 0;
	jsonw_key(w, "assessment");
	jsonw_obj(w);
	for (int i = 0; scope_factor(i); i++) {
		const struct scope_word *o = scope_case_factor(c, scope_factor(i));
		jsonw_key(w, scope_factor(i));
		if (!o) {
			jsonw_null(w);
			continue;
		}
		said++;
		low += slice_eq_str(o->outcome, "low");
		jsonw_obj(w);
		jsonw_kslice(w, "outcome", o->outcome);
		jsonw_kslice(w, "text", o->text);
		jsonw_kslice(w, "by", o->by);
		jsonw_ktime(w, "at", o->time);
		jsonw_ku64(w, "entry", o->entry);
		jsonw_obj_end(w);
	}
	jsonw_kstr(w, "presumption", said < 4 ? "stands: not all four factors are assessed" : low == 4 ? "may be rebutted: all four factors are assessed as low" : "stands");
	jsonw_obj_end(w);
}

static void put_runs(struct jsonw *w, const struct scope_run *v, size_t n, const char *key)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jsonw_obj(w);
		jsonw_ku64(w, "entry", v[i].entry);
		jsonw_ktime(w, "at", v[i].time);
		jsonw_kslice(w, "by", v[i].by);
		jsonw_key(w, "said");
		jsonw_raw(w, v[i].json);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void many_of(const struct scope_run *v, bool running, struct arena *a, struct scope_many *ret)
{
	struct json_node *n = NULL;
	struct err quiet = {0};
	*ret = (struct scope_many){.running = running};
	if (!v || json_tree(v->json, a, &n, &quiet) < 0)
		return;
	const struct json_node *in = running ? n : json_get(n, "totals");
	ret->entry = v->entry;
	ret->known = num_u64(json_text(in, "low"), 0, UINT64_MAX - 1, &ret->low) == 0;
	ret->point_known = num_u64(json_text(in, "point"), 0, UINT64_MAX - 1, &ret->point) == 0;
	ret->high_known = num_u64(json_text(in, "high"), 0, UINT64_MAX - 1, &ret->high) == 0;
}

void scope_case_run_many(const struct scope_case *c, struct arena *a, struct scope_many *ret)
{
	many_of(c->run_n ? &c->run[c->run_n - 1] : NULL, false, a, ret);
}

void scope_case_many(const struct scope_case *c, struct arena *a, struct scope_many *ret)
{
	const struct scope_run *run = c->run_n ? &c->run[c->run_n - 1] : NULL, *est = c->estimate_n ? &c->estimate[c->estimate_n - 1] : NULL;
	bool running = est && (!run || est->entry > run->entry);
	many_of(running ? est : run, running, a, ret);
}

void scope_case_json(const struct scope_case *c, struct arena *a, struct jsonw *w)
{
	struct scope_many m;
	scope_case_many(c, a, &m);
	jsonw_obj(w);
	jsonw_kslice(w, "case", c->name);
	jsonw_kslice(w, "title", c->title);
	jsonw_ktime(w, "from", c->from);
	jsonw_ktime(w, "to", c->to);
	if (c->discovered != INT64_MIN)
		jsonw_ktime(w, "discovered", c->discovered);
	jsonw_kslice_opt(w, "hosts", c->hosts);
	jsonw_kslice_opt(w, "accounts", c->accounts);
	jsonw_ktime(w, "opened", c->opened);
	jsonw_kslice(w, "by", c->by);
	jsonw_ku64(w, "entry", c->entry);
	jsonw_ku64(w, "last_entry", c->last_entry);
	jsonw_key(w, "estimate");
	if (m.known) {
		jsonw_obj(w);
		jsonw_ku64(w, "low", m.low);
		if (m.point_known)
			jsonw_ku64(w, "point", m.point);
		jsonw_key(w, "high");
		if (m.high_known)
			jsonw_u64(w, m.high);
		else
			jsonw_null(w);
		jsonw_kbool(w, "complete", !m.running);
		jsonw_ku64(w, "entry", m.entry);
		jsonw_obj_end(w);
	} else {
		jsonw_null(w);
	}
	put_inputs(w, c);
	put_words(w, c, SCOPE_QUESTION, "questions");
	put_assessment(w, c);
	put_words(w, c, SCOPE_DECIDE, "decisions");
	jsonw_ku64(w, "pairs", c->pair_n);
	put_runs(w, c->run, c->run_n, "runs");
	put_runs(w, c->estimate, c->estimate_n, "estimates");
	jsonw_key(w, "sent");
	scope_sent_json(c, w);
	jsonw_obj_end(w);
}
