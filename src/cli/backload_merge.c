/* Records that were merged here: whether the EHR has to be told, of which two numbers, and what a person has to do where no message can say it.
 *
 * A merge is told when the EHR can know both records: the one that goes has a number of its own, or something that bears its downtime number went out before the two were one. What goes out afterwards bears the numbers of both, and needs no
 * merge. A merge that was undone before it went out is not told, and neither is the undoing; of one that went out HL7 cannot take anything back, and who has to separate the two by hand is told what was sent. */
#include "backload_cmd.h"

#include <inttypes.h>

/* ---- which two ---- */

static struct slice number_of(struct slice name)
{
	const struct capture as = {.patient = name};
	struct fact_ident id;
	capture_patient(&as, &id);
	return id.value;
}

/* The number by which the decision names that record, with its assigner and type; where it names an id of ours, the first number that the record has. */
static const struct fact_ident *ident_named(const struct chart_patient *p, struct slice name)
{
	struct slice number = number_of(name);
	for (size_t i = 0; i < p->ident_count; i++)
		if (slice_eq(p->idents[i].value, number))
			return &p->idents[i];
	return p->ident_count ? &p->idents[0] : NULL;
}

static int record_before(struct chart *c, struct slice name, struct chart_moment at, struct arena *a, struct chart_patient **ret, struct fact_ident *ret_ident, struct err *e)
{
	const struct fact_ident *id;
	int r = chart_patient(c, name, at, a, ret, NULL, e);
	if (r == ERR_EXISTS || r == ERR_NOT_FOUND)
		return err_set(e, ERR_INPUT, NULL, "%s: which record was meant then cannot be told any more; merge the two in the EHR by hand, and say so (holdfast backload resolve)", r == ERR_EXISTS ? "several persons have the number that it names" : "nobody had the number that it names");
	if (r < 0)
		return r;
	id = ident_named(*ret, name);
	*ret_ident = id ? *id : (struct fact_ident){.value = SLICE_NULL};
	return 0;
}

/* ---- whether the EHR knows of the one that goes ---- */

static bool temporary(const struct chart_patient *p)
{
	for (size_t i = 0; i < p->ident_count; i++)
		if (!slice_eq(p->idents[i].assigner, SLICE(DOWNTIME_ASSIGNER)))
			return false;
	return true;
}

static bool is_about(const struct backlog_item *it, const struct chart_patient *p)
{
	struct slice number = number_of(it->patient);
	for (size_t i = 0; i < p->ident_count; i++)
		if (slice_eq(p->idents[i].value, number))
			return true;
	return slice_eq_str(it->patient, p->id);
}

static bool went_before(const struct backlog_item *it, uint64_t entry)
{
	if (it->counts == BACK_SENT_UNKNOWN || it->counts == BACK_FILED)
		return !it->b.made || it->b.made < entry;
	return it->counts == BACK_ALREADY_THERE;
}

static bool known_there(const struct backlog *l, const struct backlog_item *merge, const struct chart_patient *goes)
{
	if (!temporary(goes))
		return true;
	for (uint32_t i = 0; i < l->n; i++)
		if (l->items[i].kind != CAPTURE_MERGE && went_before(&l->items[i], merge->entry) && is_about(&l->items[i], goes))
			return true;
	return false;
}

/* ---- done and undone ---- */

static bool same_two(const struct backlog_item *a, const struct backlog_item *b)
{
	return slice_eq(number_of(a->named), number_of(b->named)) && slice_eq(number_of(a->patient), number_of(b->patient));
}

/* The nearest of the same two before (of an undoing: what it undoes) or behind (of a merge: what undoes it). */
static const struct backlog_item *other_half(const struct backlog *l, const struct backlog_item *it)
{
	const struct backlog_item *found = NULL;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct backlog_item *x = &l->items[i];
		if (x->kind != CAPTURE_MERGE || x->apart == it->apart || !same_two(x, it) || (x->entry < it->entry) != it->apart)
			continue;
		if (!found || it->apart)
			found = x;
	}
	return found;
}

static bool never_there(const struct backlog_item *it)
{
	return it->counts == BACK_SUPERSEDED || it->counts == BACK_OPEN || it->counts == BACK_REVIEWED || it->counts == BACK_REFUSED;
}

static int undoing(const struct backlog *l, const struct backlog_item *it, struct backload_merge *ret, struct err *e)
{
	const struct backlog_item *of = other_half(l, it);
	if (of && never_there(of)) {
		snprintf(ret->moot, sizeof ret->moot, "the merge that it takes back (%.*s) was never made there", SLICE_FMT(of->id));
		return 0;
	}
	if (of && of->counts != BACK_ALREADY_THERE && of->b.made)
		return err_set(e, ERR_NO, NULL, "ADT^A40 %s told %s that %.*s is %.*s (%.*s, %s), and HL7 has no message that takes that back: separate the two there by hand, see to whom what was written since belongs, and say so: holdfast backload resolve %.*s --as filed --reason TEXT",
		               of->b.control_id, of->b.to, SLICE_FMT(it->named), SLICE_FMT(it->patient), SLICE_FMT(of->id), backload_state_name(of->counts), SLICE_FMT(it->id));
	return err_set(e, ERR_NO, NULL, "%.*s and %.*s were not made one by a message of ours, and HL7 has none that takes a merge apart: see in the EHR whether they are one, separate them there by hand, and say so: holdfast backload resolve %.*s --as filed --reason TEXT",
	               SLICE_FMT(it->named), SLICE_FMT(it->patient), SLICE_FMT(it->id));
}

int backload_merge(const struct backlog *l, struct chart *c, const struct backlog_item *it, struct arena *a, struct backload_merge *ret, struct err *e)
{
	struct chart_patient *stays, *goes;
	struct chart_moment before;
	struct capture item;
	uint64_t entry;
	*ret = (struct backload_merge){.moot = ""};
	if (it->apart)
		return undoing(l, it, ret, e);
	const struct backlog_item *undone = other_half(l, it);
	if (undone && it->counts != BACK_SENT_UNKNOWN) {
		snprintf(ret->moot, sizeof ret->moot, "it was taken back (%.*s) before it was made there", SLICE_FMT(undone->id));
		return 0;
	}
	int r = backlog_capture(it, a, &item, e);
	if (r == 0 && (num_u64(json_text(item.values, "entry"), 1, UINT64_MAX, &entry) < 0 || entry >= it->entry))
		r = err_set(e, ERR_INPUT, "values.entry", "is no decision before it");
	if (r == 0)
		r = chart_at_entry(c, entry - 1, &before, e);
	if (r == 0)
		r = record_before(c, it->patient, before, a, &stays, &ret->stays, e);
	if (r == 0)
		r = record_before(c, it->named, before, a, &goes, &ret->goes, e);
	if (r < 0)
		return r;
	ret->patient = stays->demographics ? stays->demographics->fact : NULL;
	ret->prior = goes->demographics ? goes->demographics->fact : NULL;
	if (!strcmp(stays->id, goes->id))
		snprintf(ret->moot, sizeof ret->moot, "the two were one person before");
	else if (!known_there(l, it, goes))
		snprintf(ret->moot, sizeof ret->moot, "nothing went out under %.*s alone: what goes out bears both numbers", SLICE_FMT(ret->goes.value));
	return 0;
}

/* Whether what is about these two has to wait for it: they are two there still, or one that is to be two. A person who has settled it knows what stands there. */
bool backload_merge_holds(const struct backlog_item *it)
{
	return it->kind == CAPTURE_MERGE && (it->counts == BACK_OPEN || it->counts == BACK_REVIEWED || it->counts == BACK_SENT_UNKNOWN || (it->counts == BACK_REFUSED && !it->b.person));
}
