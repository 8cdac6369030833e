/* Doses that were given while the EHR was away, against the EHR's record of doses: before it takes entries again (state "write": the first electronic dose) each patient who got one is to be reconciled. A dose is, when the EHR has it (filed,
 * already there), or when a person has compared the two and says so: an act of its own on each dose, so that one that is written down afterwards is to be looked at again. */
#include "backload_cmd.h"
#include "downtime_cmd.h"

#include <inttypes.h>
#include <stdlib.h>

#define PAGE 2000

/* ---- whose, as things are now ---- */

static int keep_persons(struct backlog *l, const struct chart_capture *x, uint32_t *at, struct err *e)
{
	for (; x; x = x->next) {
		while (*at < l->n && l->items[*at].entry < x->entry)
			++*at;
		if (*at == l->n || l->items[*at].entry != x->entry || !x->person)
			continue;
		l->items[*at].person = arena_dup(l->a, slice_str(x->person));
		if (!l->items[*at].person.p)
			return err_set(e, ERR_LIMIT, NULL, "more was captured than fits in memory at once");
	}
	return 0;
}

int backlog_persons(struct chart *c, struct backlog *l, struct err *e)
{
	struct chart_captures_ask q = {.owner = -1, .state = -1, .kind = -1, .max = PAGE};
	uint32_t at = 0;
	int r = 0;
	while (r == 0 && q.from != CHART_NOW) {
		AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
		struct chart_capture *x = NULL;
		uint64_t next = CHART_NOW;
		r = a ? chart_captures(c, &q, a, &x, &next, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
		if (r == 0)
			r = keep_persons(l, x, &at, e);
		q.from = next;
	}
	return r;
}

struct slice backlog_whose(const struct backlog_item *it)
{
	return it->person.n ? it->person : it->patient;
}

/* ---- what is left ---- */

bool downtime_is_left(const struct backlog *l, const struct backlog_item *it)
{
	return it->kind == CAPTURE_GIVEN && !it->unreadable && !it->withdraw && it->replaced_by == BACKLOG_NONE && it->entry > l->downtime.closed && !it->b.reconciled && it->counts != BACK_FILED && it->counts != BACK_ALREADY_THERE &&
	       it->counts != BACK_SUPERSEDED;
}

static int by_whose(const void *pa, const void *pb)
{
	const struct backlog_item *a = *(const struct backlog_item *const *)pa, *b = *(const struct backlog_item *const *)pb;
	int c = slice_cmp(backlog_whose(a), backlog_whose(b));
	return c ? c : a->entry < b->entry ? -1 : a->entry > b->entry;
}

int downtime_left(const struct backlog *l, bool say, uint32_t *ret_patients, struct err *e)
{
	const struct backlog_item **v = calloc(l->n ? l->n : 1, sizeof *v);
	uint32_t n = 0, patients = 0;
	if (!v)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint32_t i = 0; i < l->n; i++)
		if (downtime_is_left(l, &l->items[i]))
			v[n++] = &l->items[i];
	qsort(v, n, sizeof(const struct backlog_item *), by_whose);
	for (uint32_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && slice_eq(backlog_whose(v[i]), backlog_whose(v[k])); k++)
			;
		patients++;
		if (!say)
			continue;
		printf("not reconciled: ");
		cli_slice(stdout, v[i]->patient);
		printf(", unit ");
		cli_slice(stdout, v[k - 1]->unit);
		printf(", %u dose%s\n", k - i, k - i == 1 ? "" : "s");
	}
	free(v);
	*ret_patients = patients;
	return 0;
}

/* ---- a person has compared them ---- */

/* Whose number that is, in our words; empty: nobody's, and only items that name it so are meant. */
static int our_id(struct chart *c, const char *said, struct arena *a, struct slice *ret, struct err *e)
{
	struct chart_patient *p;
	struct chart_moment now;
	int r = chart_now(c, &now, e);
	if (r == 0)
		r = chart_patient(c, slice_str(said), now, a, &p, NULL, e);
	*ret = r == 0 ? slice_str(p->id) : SLICE_NULL;
	return r == ERR_NOT_FOUND || r == ERR_NO ? 0 : r;
}

static int compared(struct control *k, struct backlog_item *it, const char *by, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 16);
	backload_begin(&w, &b, "reconciled", it);
	jsonw_kstr(&w, "decidedBy", by);
	jsonw_obj_end(&w);
	return backload_enter_soon(k, &b, it, e);
}

int downtime_reconcile(struct control *k, struct chart *c, struct backlog *l, const char *patient, const char *by, uint32_t *ret_doses, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	struct slice id;
	uint32_t n = 0;
	int r = a ? our_id(c, patient, a, &id, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint32_t i = 0; i < l->n && r == 0; i++) {
		struct backlog_item *it = &l->items[i];
		bool theirs = slice_eq_str(it->patient, patient) || (id.n && slice_eq(it->person, id));
		if (!theirs || !downtime_is_left(l, it))
			continue;
		r = compared(k, it, by, e);
		n += r == 0;
	}
	if (r == 0 && n)
		r = control_flush(k, e);
	if (r == 0 && !n)
		r = err_set(e, ERR_NO, NULL, "no dose of that patient waits to be reconciled: holdfast downtime doses lists them");
	if (r == 0)
		*ret_doses = n;
	return r;
}
