/* One entry into the store. The order within an entry: times and counters, stays that ended by themselves, then group by group in message order (who it is, the row itself, who
 * is whom, demographics, visit), then the places of everybody whom an identity or visit event touched. */
#include "chart_internal.h"

static enum fact_origin origin_of(const struct chart_entry *en)
{
	static const struct {
		const char *begins;
		enum fact_origin origin;
	} sources[] = {{"web/", FACT_CAPTURED}, {"capture/", FACT_CAPTURED}, {"restore/", FACT_RESTORED}, {"vault/", FACT_RESTORED}, {"partner/", FACT_PARTNER}};
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		if (slice_starts(en->source, sources[i].begins))
			return sources[i].origin;
	return FACT_FED;
}

/* The sender's time. One that is more than a year ahead of our clock is a typing error that would win against everything for ever: then it is ours. */
int64_t chart_sane_time(int64_t t, int64_t received)
{
	return t == INT64_MIN || t > received + 400 * 86400 * TIME_SEC ? received : t;
}

static int put_row(struct apply *p, const struct fact_group *g, uint32_t ident, struct err *e)
{
	struct chart *c = p->c;
	struct fact_group empty;
	if (p->f->failed) { /* what was read of it may lack a unit or a decimal: kept as a row that says so, and no more */
		empty = (struct fact_group){.id = g->id, .incomplete = true};
		g = &empty;
	}
	buf_reset(&c->blob);
	facts_encode_group(p->f, g, &c->blob);
	if (!buf_ok(&c->blob))
		return err_set(e, buf_code(&c->blob), "view", "one message's facts are larger than the view allows");
	uint8_t flags = (uint8_t)((unsigned)p->origin << ROW_ORIGIN_SHIFT);
	flags |= g->incomplete ? ROW_INCOMPLETE : 0;
	flags |= p->test ? ROW_TEST : 0;
	flags |= slice_starts(p->en->source, "fhir/") ? ROW_POSTED : 0;
	flags |= p->en->flags & LEAF_FLAG_ID_REUSED ? ROW_ID_REUSED : 0;
	struct store_row row = {.id = store_row_id(p->en->seq, p->group), .ident = ident, .received = c->last_time, .source_time = p->time, .flags = flags, .blob = buf_slice(&c->blob)};
	return ASK(c, put_row, &row, e);
}

/* Facts without a patient: the house's (beds, staff), or what nobody can be found for. Kept under identifier 0. */
static int apply_house(struct apply *p, const struct fact_group *g, struct err *e)
{
	int r = put_row(p, g, 0, e);
	bool house = false;
	if (r == 0 && contacts_are(p, g))
		return contacts_note(p, g, store_row_id(p->en->seq, p->group), e);
	if (r == 0 && calls_are(p, g))
		return calls_note(p, g, store_row_id(p->en->seq, p->group), e);
	for (const struct fact *t = g->first; t; t = t->next)
		house |= t->kind == FACT_LOCATION || t->kind == FACT_STAFF;
	if (r == 0 && house)
		r = ASK(p->c, put_mark, 0, STORE_MARK_HOUSE, store_row_id(p->en->seq, p->group), e);
	return r;
}

static int apply_group(struct apply *p, const struct fact_group *g, struct err *e)
{
	if (g->id.value.n == 0)
		return apply_house(p, g, e);
	uint32_t ident;
	bool fresh;
	uint64_t row = store_row_id(p->en->seq, p->group);
	int r = ident_of_group(p, g, &ident, &fresh, e);
	if (r == 0)
		r = put_row(p, g, ident, e);
	if (r == 0 && p->en->flags & LEAF_FLAG_ID_REUSED)
		r = review_put(p, ident, REVIEW_ID_REUSED, 0, p->en->seq, e);
	if (r == 0 && !p->f->failed)
		r = header_apply(p, g, ident, e);
	if (r == 0)
		r = names_apply(p, g, ident, e);
	bool appointment = false;
	for (const struct fact *t = g->first; t && r == 0 && !p->f->failed; t = t->next) {
		if (t->kind == FACT_IDENTITY)
			r = identity_apply(p, t, ident, row, e);
		appointment = appointment || t->kind == FACT_APPOINTMENT;
	}
	if (r == 0 && appointment)
		r = ASK(p->c, put_mark, 0, STORE_MARK_APPOINTMENT, row, e);
	if (r == 0 && !p->f->failed)
		r = stay_event(p, g, ident, row, e);
	if (r == 0) {
		struct ident_state *s = ident_state(p->c, ident);
		if (s->time_known && p->time > s->max_time)
			s->max_time = p->time;
	}
	return r;
}

int groups_apply(struct apply *p, struct err *e)
{
	int r = spelling_statements(p, p->f, e);
	for (const struct fact_group *g = p->f->first; g && r == 0; g = g->next) {
		if (p->group > STORE_GROUP_MAX)
			break; /* a million patients in one message: its arena is full long before */
		r = apply_group(p, g, e);
		p->group++;
	}
	return r < 0 ? r : stay_recompute(p, e);
}

static bool has_json(uint8_t kind)
{
	return kind == KIND_IDENTITY || (kind >= KIND_QUARANTINE && kind <= KIND_CONFIG) || kind == KIND_GATE_ACT || kind == KIND_GATE_LETTER || kind == KIND_DRILL || kind == KIND_SCAN;
}

/* What Holdfast writes of itself and of its users changes no chart. */
static bool speaks(uint8_t kind)
{
	return kind != KIND_PACK && !(kind >= KIND_ACCOUNT && kind <= KIND_CONFIG) && !(kind >= KIND_GATE_ACT && kind <= KIND_PACKET) && kind != KIND_DOWNTIME && kind != KIND_DRILL && kind != KIND_SCAN; /* a list of calls does: a page that shows it is not the page of before */
}

static int apply(struct apply *p, const struct facts *f, struct slice body, struct err *e)
{
	struct chart *c = p->c;
	int r = times_apply(c, p->en->seq, p->en->time, e);
	bool ends = c->last_time >= c->next_due;
	if (r == 0 && ends)
		r = stay_expire(p, e);
	if (ends || speaks(p->en->kind))
		c->spoken = p->en->seq + 1;
	if (r == 0)
		r = feed_apply(c, p->en, f, e);
	if (r == 0 && p->en->kind == KIND_ECG && !p->en->erased) {
		p->time = c->last_time;
		r = ecg_apply(p, f, e);
	} else if (r == 0 && p->en->kind == KIND_ECG_ACT && !p->en->erased) {
		p->time = c->last_time;
		r = ecg_act_apply(p, body, e);
	} else if (r == 0 && (p->en->kind == KIND_CAPTURE || p->en->kind == KIND_BACKLOAD) && !p->en->erased) {
		p->time = c->last_time;
		r = p->en->kind == KIND_CAPTURE ? captured_apply(p, body, e) : backload_act_apply(p, body, e);
	} else if (r == 0 && f) {
		p->time = chart_sane_time(fact_time_ns(f->time, c->zone_minutes), c->last_time);
		r = groups_apply(p, e);
	} else if (r == 0 && p->en->erased) {
		r = born_apply(p, e);
	} else if (r == 0 && has_json(p->en->kind)) {
		p->time = c->last_time;
		r = event_apply(p, body, e);
		if (r == 0)
			r = stay_recompute(p, e);
	}
	return r;
}

int chart_apply(struct chart *c, const struct chart_entry *en, const struct facts *f, struct slice body, struct err *e)
{
	assert(c->write);
	if (c->failed)
		return err_set(e, ERR_SYSTEM, "view", "the view could not be written before: open it again");
	if (en->seq < c->staged)
		return 0;
	if (en->seq > c->staged || en->seq > STORE_ENTRY_MAX)
		return err_set(e, ERR_USAGE, "view", "entry %llu was handed in, but the view is at %llu", (unsigned long long)en->seq, (unsigned long long)c->staged);
	int r = chart_begin(c, e);
	if (r < 0)
		return r;
	arena_reset(c->scratch);
	struct facts named;
	if (f && !f->feed.n) { /* who does not say its name is called by the channel it came on: in the feeds, and where its facts stand */
		named = *f;
		named.feed = en->source;
		f = &named;
	}
	struct apply p = {.c = c, .en = en, .f = f, .a = c->scratch, .end = en->seq + 1, .test = f && f->test, .origin = origin_of(en)};
	r = apply(&p, f, body, e);
	if (r < 0)
		return chart_give_up(c, r);
	c->staged = en->seq + 1;
	return 0;
}
