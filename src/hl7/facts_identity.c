/* Who is whom: MRG (3.4.9) and the events that change it. What survives is in PID (and PV1), what goes is in MRG.
 *
 *   A18 merge of everything MRG names                     MRG-1 -> PID-3, MRG-3 -> PID-18, MRG-5 -> PV1-19
 *   A30 A34 A39 A40 merge of patients                     MRG-1 (A39: MRG-4) -> PID-3 (PID-2)
 *   A36 of patient and account                            MRG-1, MRG-3 -> PID-18
 *   A35 A41 account, A42 visit merged                     MRG-3 -> PID-18, MRG-5 -> PV1-19
 *   A43 identifiers move to another person                MRG-1 -> PID-3
 *   A44 an account, A45 visits move to another patient    MRG-1 and MRG-3 -> PID-18, MRG-1 and MRG-5 -> PV1-19 (MRG and PV1 repeat)
 *   A46 A47 A48 an identifier was changed                 MRG-4 -> PID-2, MRG-1 -> PID-3, MRG-2 -> PID-4
 *   A49 A50 A51 account, visit, alternate visit changed   MRG-3 -> PID-18, MRG-5 -> PV1-19, MRG-6 -> PV1-50
 *   A24 A37 two PID: linked, unlinked · A29 deleted
 *
 * MRG stands before PV1, so it is held back until the next MRG, PID or the end. */
#include "facts_internal.h"

enum { MRG_IDS = 1, MRG_ALT = 2, MRG_ACCOUNT = 3, MRG_EXTERNAL = 4, MRG_VISIT = 5, MRG_ALT_VISIT = 6 };

static bool same(struct fact_ident a, struct fact_ident b)
{
	return slice_eq(a.value, b.value) && slice_eq(a.assigner, b.assigner);
}

static bool of_the_survivor(const struct fact_group *g, struct fact_ident id)
{
	if (same(g->id, id))
		return true;
	for (unsigned i = 0; i < g->also_count; i++)
		if (same(g->also[i], id))
			return true;
	return false;
}

static struct slice mrg_ident(struct fx *x, unsigned field)
{
	struct slice raw = fx_first_rep(x, fx_seg_field(x, x->mrg, field));
	return raw.n && !fx_null(raw) ? fx_id(x, raw) : SLICE_NULL;
}

static struct fact *add_identity(struct fx *x, const char *action)
{
	struct fact *note = x->note, *t = fx_add(x, FACT_IDENTITY);
	x->note = note;
	fx_put_str(x, t, FF_ACTION, action);
	fx_put(x, t, FF_TIME, x->f->event_time);
	return t;
}

static unsigned put_others_but(struct fx *x, struct fact **t, const char *action, unsigned field, bool (*but)(const struct fact_group *g, struct fact_ident id))
{
	struct slice rest = fx_seg_field(x, x->mrg, field), rep;
	struct fx_ident id;
	unsigned n = 0;
	if (rest.n == 0 || fx_null(rest))
		return 0;
	while (fx_next_rep(x, &rest, &rep)) {
		if (!fx_ident(x, rep, &id))
			continue;
		fx_authority(x, &id);
		if (but(x->g, id.id))
			continue;
		if (!*t)
			*t = add_identity(x, action);
		fx_put(x, *t, FF_OTHER, id.composite);
		n++;
	}
	return n;
}

static bool is_the_survivor(const struct fact_group *g, struct fact_ident id)
{
	return same(g->id, id);
}

/* All identifiers of a field of MRG, as OTHER; returns how many. One that both sides carry (a social security number) is no news beside others;
 * but where there are no others, the sender lists the merged number in PID-3 already. */
static unsigned put_others(struct fx *x, struct fact **t, const char *action, unsigned field)
{
	unsigned n = put_others_but(x, t, action, field, of_the_survivor);
	return n ? n : put_others_but(x, t, action, field, is_the_survivor);
}

/* The other patient, from the first of these fields of MRG that names one. */
static struct fact *others(struct fx *x, const char *action, unsigned first, unsigned second, unsigned third)
{
	struct fact *t = NULL;
	if (put_others(x, &t, action, first) == 0 && second && put_others(x, &t, action, second) == 0 && third)
		put_others(x, &t, action, third);
	return t;
}

static void must_have(struct fx *x, const struct fact *t)
{
	if (!t)
		fx_lost(x); /* an identity event that names nobody else: a person has to look */
}

/* from -> to of one kind of number. Both must be there and differ. */
static struct fact *change(struct fx *x, const char *action, uint8_t to_field, struct slice to, uint8_t from_field, struct slice from)
{
	if (!to.n || !from.n || slice_eq(to, from))
		return NULL;
	struct fact *t = add_identity(x, action);
	fx_put(x, t, to_field, to);
	fx_put(x, t, from_field, from);
	return t;
}

static struct fact *change_account(struct fx *x)
{
	return change(x, "change-account", FF_ACCOUNT, x->account, FF_OTHER_ACCOUNT, mrg_ident(x, MRG_ACCOUNT));
}

static struct fact *change_visit(struct fx *x)
{
	return change(x, "change-visit", FF_VISIT, x->visit, FF_OTHER_VISIT, mrg_ident(x, MRG_VISIT));
}

/* A44: an account of another patient comes to this one, perhaps under another number. */
static void move_account(struct fx *x)
{
	struct slice before = mrg_ident(x, MRG_ACCOUNT), now = x->account.n ? x->account : before;
	struct fact *t = now.n ? others(x, "move-account", MRG_IDS, MRG_EXTERNAL, MRG_ALT) : NULL;
	if (!t) { /* the same patient on both sides: then only a number changed */
		must_have(x, change_account(x));
		return;
	}
	fx_put(x, t, FF_ACCOUNT, now);
	if (!slice_eq(now, before))
		fx_put(x, t, FF_OTHER_ACCOUNT, before);
}

/* A45: a visit of another patient comes to this one, or goes from one account to another of the same patient. */
static void move_visit(struct fx *x)
{
	struct slice before = mrg_ident(x, MRG_VISIT), now = x->visit.n ? x->visit : before, from = mrg_ident(x, MRG_ACCOUNT);
	bool accounts = x->account.n && from.n && !slice_eq(x->account, from);
	struct fact *t = now.n ? others(x, "move-visit", MRG_IDS, MRG_EXTERNAL, MRG_ALT) : NULL;
	if (!t && now.n && accounts)
		t = add_identity(x, "move-visit");
	if (!t) {
		must_have(x, change_visit(x));
		return;
	}
	fx_put(x, t, FF_VISIT, now);
	if (!slice_eq(now, before))
		fx_put(x, t, FF_OTHER_VISIT, before);
	if (accounts) {
		fx_put(x, t, FF_ACCOUNT, x->account);
		fx_put(x, t, FF_OTHER_ACCOUNT, from);
	}
}

static void merge(struct fx *x)
{
	bool external = !memcmp(x->type->trigger, "A39", 3);
	struct fact *t = others(x, "merge", external ? MRG_EXTERNAL : MRG_IDS, external ? MRG_IDS : MRG_EXTERNAL, MRG_ALT);
	bool everything = !memcmp(x->type->trigger, "A18", 3), account = everything || !memcmp(x->type->trigger, "A36", 3);
	struct fact *a = account ? change_account(x) : NULL, *v = everything ? change_visit(x) : NULL;
	must_have(x, t ? t : a ? a : v);
}

static struct slice pv1_alternate(struct fx *x)
{
	/* the PV1 behind this MRG: A51 */
	for (uint32_t i = (uint32_t)(x->mrg - x->m->segments) + 1; i < x->m->count; i++) {
		const struct hl7_segment *s = &x->m->segments[i];
		if (fx_name(s) == SEG('P', 'V', '1')) {
			struct slice raw = fx_first_rep(x, fx_seg_field(x, s, 50));
			return raw.n ? fx_id(x, raw) : SLICE_NULL;
		}
		if (fx_name(s) == SEG('M', 'R', 'G') || fx_name(s) == SEG('P', 'I', 'D'))
			break;
	}
	return SLICE_NULL;
}

void fx_identity_flush(struct fx *x)
{
	if (!x->mrg)
		return;
	if (x->g && x->patients)
		switch (x->type->identity) {
		case FX_ID_MERGE: merge(x); break;
		case FX_ID_MOVE_IDS: must_have(x, others(x, "move-id", MRG_IDS, MRG_EXTERNAL, 0)); break;
		case FX_ID_MOVE_ACCOUNT: move_account(x); break;
		case FX_ID_MOVE_VISIT: move_visit(x); break;
		case FX_ID_CHANGE_ID: {
			bool external = !memcmp(x->type->trigger, "A46", 3);
			must_have(x, others(x, "change-id", external ? MRG_EXTERNAL : MRG_IDS, external ? MRG_IDS : 0, 0));
			break;
		}
		case FX_ID_CHANGE_ALT: must_have(x, others(x, "change-id", MRG_ALT, MRG_IDS, 0)); break;
		case FX_ID_CHANGE_ACCOUNT: must_have(x, change_account(x)); break;
		case FX_ID_CHANGE_VISIT: must_have(x, change_visit(x)); break;
		case FX_ID_CHANGE_ALT_VISIT: must_have(x, change(x, "change-visit", FF_VISIT, pv1_alternate(x), FF_OTHER_VISIT, mrg_ident(x, MRG_ALT_VISIT))); break;
		default: break; /* MRG in an event that changes nobody's identity */
		}
	x->mrg = NULL;
}

void fx_mrg(struct fx *x)
{
	fx_identity_flush(x);
	x->mrg = x->s;
	if (x->type->identity == FX_ID_MOVE_VISIT)
		x->visit = SLICE_NULL; /* A45: each MRG has a PV1 of its own */
}

/* A24, A37: the second PID is who the first is linked with. */
static void link_patients(struct fx *x, const char *action)
{
	if (!x->link_to) {
		x->link_to = x->g;
		return;
	}
	if (x->g == x->link_to || !x->g->id.value.n || !x->link_to->id.value.n) {
		fx_lost(x);
		return;
	}
	struct fact *t = facts_add(x->f, x->link_to, FACT_IDENTITY);
	fx_put_str(x, t, FF_ACTION, action);
	fx_put(x, t, FF_TIME, x->f->event_time);
	struct slice parts[3] = {x->g->id.value, x->g->id.assigner, x->g->id.type};
	fx_put(x, t, FF_OTHER, fx_join(x, parts, 3));
}

void fx_identity_patient(struct fx *x)
{
	if (!x->g)
		return;
	switch (x->type->identity) {
	case FX_ID_LINK: link_patients(x, "link"); break;
	case FX_ID_UNLINK: link_patients(x, "unlink"); break;
	case FX_ID_DELETE: add_identity(x, "delete"); break;
	default: break;
	}
}
