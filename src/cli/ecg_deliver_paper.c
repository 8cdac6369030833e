/* The printed report that goes with a reading: the page that the viewer gives, drawn here. The keys are gone before the recording is opened. */
#include "ecg_deliver.h"

#include <stdio.h>

#define SIGNS_MAX 32

static int body_of(struct deliver *d, uint64_t entry, struct arena *a, struct slice *ret, struct err *e)
{
	struct site_keys keys = {0};
	struct ledger *l = NULL;
	struct ledger_entry en;
	int r = cli_ledger(d->site, true, &keys, &l, e);
	if (r == 0)
		r = ledger_read(l, entry, &en, e);
	if (r == 0 && en.erased)
		r = err_set(e, ERR_ERASED, NULL, "the recording was erased");
	if (r == 0) {
		*ret = arena_dup(a, en.body);
		r = ret->p ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for the recording");
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	return r;
}

static struct slice told(struct arena *a, const char *before, struct slice s, const char *between, struct slice t)
{
	return slice_str(arena_printf(a, "%s%.*s%s%.*s", before, SLICE_FMT(s), s.n && t.n ? between : "", SLICE_FMT(t)));
}

static struct ecg_signature sign_of(struct arena *a, struct slice by, int64_t at, struct slice text)
{
	char t[32];
	return (struct ecg_signature){.by = by, .time = slice_str(arena_printf(a, "%s", time_rfc3339(at, 0, t))), .text = text};
}

static size_t signs(const struct chart_ecg *g, struct arena *a, struct ecg_signature v[SIGNS_MAX])
{
	const struct json_node *list = json_get(g->stands, "statements");
	AUTO_BUF struct buf b = {0};
	size_t n = 0;
	buf_init(&b, 1 << 16);
	for (const struct json_node *s = list ? list->child : NULL; s; s = s->next) {
		buf_add_slice(&b, json_text(s, "text"));
		buf_u8(&b, '\n');
	}
	buf_add_slice(&b, json_text(g->stands, "comment"));
	v[n++] = sign_of(a, g->signed_by, g->signed_at, arena_dup(a, slice_trim(buf_slice(&b))));
	for (const struct chart_ecg_act *x = g->acts; x && n < SIGNS_MAX; x = x->next)
		if (x->counts && slice_eq_str(x->act, "addend") && x->time >= g->signed_at)
			v[n++] = sign_of(a, x->by, x->time, json_text(x->node, "text"));
	return n;
}

int deliver_paper(struct deliver *d, const struct chart_ecg *g, struct arena *a, struct buf *ret, struct err *e)
{
	struct slice body;
	int r = body_of(d, g->entry, a, &body, e);
	return r < 0 ? r : deliver_report(d->site, g, body, a, ret, e);
}

int deliver_report(const struct site *site, const struct chart_ecg *g, struct slice body, struct arena *a, struct buf *ret, struct err *e)
{
	struct ecg_signature sign[SIGNS_MAX];
	struct ecg_analysis n = {.statements = 0};
	struct err quiet = {0};
	struct ecg_body b;
	struct ecg *rec;
	const struct chart_row *p = g->patient;
	assert(p); /* nobody's goes to nobody */
	int r = ecg_body_read(body, a, &b, e);
	if (r == 0)
		r = ecg_body_open(&b, a, &rec, e);
	if (r < 0)
		return r;
	bool measured = ecg_analyse(rec, a, &n, &quiet) == 0;
	struct ecg_report x = {.layout = measured && n.long_record ? ECG_HOLTER : ECG_3X4_1, .patient_id = p->number, .entry = slice_str(arena_printf(a, "entry %llu", (unsigned long long)g->entry)), .site = slice_str(site->name), .sign = sign};
	x.patient[0] = told(a, "", p->name_family, ", ", p->name_given);
	x.patient[1] = told(a, "born ", slice_of(p->birth.p, p->birth.n > 10 ? 10 : p->birth.n), ", ", p->sex);
	x.patient[2] = told(a, "", p->number, " @ ", p->assigner);
	x.signs = g->stands ? signs(g, a, sign) : 0;
	if (arena_code(a))
		return err_set(e, arena_code(a), NULL, "no memory for the report");
	return ecg_report(rec, measured ? &n : NULL, &x, ret, e);
}
