/* A recording and its acts: what is true of it. Pure.
 *
 * Acts come in the order of the ledger, and one that names a basis counts only while that is the newest act that changed how the recording is read: of two who sign at the same time the second is told, and nothing
 * of theirs is lost or overwritten. What is possible when:
 *
 *   match            unmatched, or matched to that same person by identifiers alone (then somebody has looked); two identifiers
 *   unmatch          matched; a reason. A reading that was signed for that person is no reading any more: it stays in the history
 *   read             not signed, not rejected: a draft
 *   sign             the same, and matched: a reading without a person is nobody's
 *   addend           signed
 *   reject           not signed; a reason
 *   reopen           signed or rejected; a reason
 *   urgency          always; one of three words
 *   review-request   always
 *   note, share, share-revoke, share-open, delivering, delivered, delivery-refused, filed: always; they change nothing of how it is read
 */
#include "chart_internal.h"

struct slice ecg_act_name(const struct json_node *act)
{
	return json_text(act, "act");
}

static bool one_of(struct slice s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_str(s, words[i]))
			return true;
	return false;
}

static bool two_identifiers(const struct json_node *act)
{
	static const char *const known[] = {"recordNumber", "birth", "family", "given", "order", "visit", "wristband"};
	const struct json_node *list = json_get(act, "identifiers");
	uint32_t seen = 0;
	for (const struct json_node *x = list && list->type == JSON_ARR ? list->child : NULL; x; x = x->next)
		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			if (x->type == JSON_STR && slice_eq_str(x->value, known[i]))
				seen |= 1u << i;
	return (seen & (seen - 1)) != 0;
}

static bool is_signed(const struct chart_ecg *g)
{
	return g->reading == CHART_ECG_SIGNED || g->reading == CHART_ECG_AMENDED;
}

static bool is_open(const struct chart_ecg *g)
{
	return g->reading == CHART_ECG_UNREAD || g->reading == CHART_ECG_READING;
}

/* g->patient stands for "is matched" while a recording is folded: whoever applies and asks puts the person in. */
static struct chart_row somebody;

static bool match(struct chart_ecg *g, const struct json_node *act, struct slice by)
{
	if (g->reading == CHART_ECG_REJECTED || !two_identifiers(act) || !json_text(act, "patient").n || (g->patient && !g->by_identifiers))
		return false;
	g->patient = &somebody;
	g->by_identifiers = false;
	g->matched_by = by;
	if (json_text(act, "order").n)
		g->order = json_text(act, "order");
	return true;
}

static bool unmatch(struct chart_ecg *g)
{
	if (!g->patient)
		return false;
	g->patient = NULL;
	g->by_identifiers = false;
	g->matched_by = SLICE_NULL;
	if (is_signed(g))
		g->reading = CHART_ECG_UNREAD;
	g->stands = NULL;
	g->signed_by = SLICE_NULL;
	return true;
}

static bool read_it(struct chart_ecg *g, const struct json_node *act, int64_t time, struct slice by)
{
	if (!is_open(g))
		return false;
	g->reading = CHART_ECG_READING;
	g->draft = act;
	g->drafted_by = by;
	g->drafted_at = time;
	return true;
}

static bool sign_it(struct chart_ecg *g, const struct json_node *act, int64_t time, struct slice by)
{
	if (!is_open(g) || !g->patient)
		return false;
	g->reading = CHART_ECG_SIGNED;
	g->stands = act;
	g->draft = NULL;
	g->signed_by = by;
	g->signed_at = time;
	g->review = false;
	return true;
}

static bool reopen(struct chart_ecg *g)
{
	if (is_open(g))
		return false;
	g->reading = CHART_ECG_UNREAD;
	g->stands = NULL;
	g->signed_by = SLICE_NULL;
	return true;
}

static bool urgency(struct chart_ecg *g, struct slice word)
{
	static const char *const words[] = {"stat", "urgent", "routine"};
	if (!one_of(word, words, ARRAY_LEN(words)))
		return false;
	g->urgency = word;
	return true;
}

/* Those that change how it is read, and what a next one is based on. */
static bool changes(struct slice act)
{
	static const char *const acts[] = {"match", "unmatch", "read", "sign", "addend", "reject", "reopen", "urgency"};
	return one_of(act, acts, ARRAY_LEN(acts));
}

static bool change(struct chart_ecg *g, const struct json_node *act, int64_t time, struct slice by)
{
	struct slice what = ecg_act_name(act), reason = json_text(act, "reason");
	if (slice_eq_str(what, "match"))
		return match(g, act, by);
	if (slice_eq_str(what, "unmatch"))
		return reason.n && unmatch(g);
	if (slice_eq_str(what, "read"))
		return read_it(g, act, time, by);
	if (slice_eq_str(what, "sign"))
		return sign_it(g, act, time, by);
	if (slice_eq_str(what, "reopen"))
		return reason.n && reopen(g);
	if (slice_eq_str(what, "urgency"))
		return urgency(g, json_text(act, "urgency"));
	if (slice_eq_str(what, "reject")) {
		if (!reason.n || !is_open(g))
			return false;
		g->reading = CHART_ECG_REJECTED;
		return true;
	}
	if (!is_signed(g) || !json_text(act, "text").n) /* addend */
		return false;
	g->reading = CHART_ECG_AMENDED;
	g->review = false;
	return true;
}

bool ecg_fold(struct chart_ecg *g, const struct json_node *act, uint64_t entry, int64_t time, struct slice by)
{
	static const char *const others[] = {"review-request", "note", "share", "share-revoke", "share-open", "delivering", "delivered", "delivery-refused", "filed"};
	struct slice what = ecg_act_name(act), based = json_text(act, "basis");
	uint64_t basis;
	if (!changes(what)) {
		if (!one_of(what, others, ARRAY_LEN(others)))
			return false;
		g->review = g->review || slice_eq_str(what, "review-request");
		return true;
	}
	bool follows = entry < g->entry; /* said of its strip before this minute of it came: there was nothing else that it could be based on */
	if (!follows && based.n && (num_u64(based, 0, UINT64_MAX, &basis) < 0 || basis != g->basis))
		return false;
	if (!change(g, act, time, by))
		return false;
	if (!follows)
		g->basis = entry;
	return true;
}

struct slice ecg_user(struct slice source)
{
	static const char *const ways[] = {"web/", "ecg/"};
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (slice_starts(source, ways[i]))
			return slice_of(source.p + 4, source.n - 4);
	return source;
}

int ecg_decode(const struct store_ecg *s, struct arena *a, struct chart_ecg *ret, struct err *e)
{
	struct chart_ecg g = {.entry = s->entry, .basis = s->entry, .received = s->received, .source = s->source, .by = ecg_user(s->source), .unreadable = s->flags & ECG_UNREADABLE};
	if (s->blob.n) {
		struct facts f;
		int r = facts_decode_group(s->blob, a, &f, e);
		if (r < 0)
			return r;
		for (const struct fact *t = f.first ? f.first->first : NULL; t; t = t->next) {
			if (t->kind == FACT_ECG)
				g.fact = t;
			else if (t->kind == FACT_PATIENT && slice_eq_str(fact_get(t, FF_ACTION), "claimed"))
				g.claimed = t;
			else if (t->kind == FACT_PATIENT)
				g.file = t;
		}
	}
	g.strip.id = s->strip;
	if (!slice_starts(s->source, "ecg/") && fact_get(g.fact, FF_ENTERER).n) /* by another way it says itself who brought it */
		g.by = fact_part(fact_get(g.fact, FF_ENTERER), FP_ID);
	g.urgency = fact_get(g.fact, FF_PRIORITY).n ? fact_get(g.fact, FF_PRIORITY) : SLICE("routine");
	g.order = fact_part(fact_get(g.fact, FF_PLACER), FI_VALUE);
	if (s->flags & ECG_AUTO) {
		g.patient = &somebody;
		g.by_identifiers = true;
	}
	*ret = g;
	return 0;
}

void ecg_sort(const struct chart_ecg *g, bool matched, struct store_ecg *s)
{
	bool weighs = slice_eq_str(fact_get(g->fact, FF_WEIGHT), "urgent"), stat = slice_eq_str(g->urgency, "stat"), urgent = slice_eq_str(g->urgency, "urgent");
	s->last = g->basis;
	s->reading = (uint8_t)g->reading;
	s->flags = (uint8_t)((s->flags & (ECG_UNREADABLE | ECG_AUTO)) | (g->review ? ECG_REVIEW : 0) | (matched && g->by_identifiers ? ECG_BY_IDENTIFIERS : 0) | (weighs ? ECG_WEIGHS : 0));
	s->rank = stat ? 0 : weighs ? 1 : urgent ? 2 : 3;
	/* A live strip is one thing to be read, by its first entry; of those that continue it, a minute each, only what is urgent asks for somebody. */
	bool asks = is_open(g) && (s->rank < 3 || !fact_get(g->fact, FF_SET).n || !slice_eq_str(fact_get(g->fact, FF_VIA), "live"));
	s->due = (uint8_t)((asks ? ECG_TODO_UNREAD : 0) | (!matched && g->reading != CHART_ECG_REJECTED ? ECG_TODO_UNMATCHED : 0) | (g->review ? ECG_TODO_REVIEW : 0));
	if (s->due & ECG_TODO_UNREAD && s->rank < 3)
		s->due |= ECG_TODO_URGENT;
}
