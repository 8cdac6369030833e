/* Whether a rule is for a case: yes, no, perhaps (a fact that the case leaves open), or only if something were so that the case does not say. */
#include "notice_internal.h"

#include <inttypes.h>

static void because(struct judged *j, enum verdict v, const char *key, struct slice a, struct slice b)
{
	j->v = v > j->v ? v : j->v;
	assert(j->reasons < REASONS_MAX);
	j->reason[j->reasons++] = (struct reason){key, a, b};
}

static void may(struct judged *j, const char *key, struct slice a)
{
	because(j, VERDICT_MAY, key, a, SLICE_NULL);
}

static void possible(struct judged *j, const char *key)
{
	because(j, VERDICT_POSSIBLE, key, SLICE_NULL, SLICE_NULL);
}

static void no(struct judged *j)
{
	j->v = VERDICT_NO;
	j->reasons = 0;
}

/* ---- places and numbers ---- */

bool notice_in_eu(struct slice country)
{
	static const char of[] = "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEITLTLULVMTNLPLPTROSESISK" "ISLINO"; /* the last three: European Economic Area */
	for (const char *p = of; *p; p += 2)
		if (country.n == 2 && country.p[0] == (uint8_t)p[0] && country.p[1] == (uint8_t)p[1])
			return true;
	return slice_eq_str(country, "EU");
}

static bool within(const char *code, struct slice jurisdiction)
{
	struct slice rest, country = slice_cut(slice_str(code), '-', &rest);
	if (slice_eq_str(jurisdiction, "EU"))
		return notice_in_eu(country);
	return slice_eq_str(jurisdiction, code) || slice_eq(jurisdiction, country);
}

struct notice_count notice_persons_of(const struct notice_facts *f, struct slice jurisdiction)
{
	struct notice_count n = {0, 0};
	for (size_t i = 0; i < f->places; i++)
		if (f->place[i].known && within(f->place[i].code, jurisdiction)) {
			n.low += f->place[i].persons.low;
			n.high += f->place[i].persons.high;
		}
	return n;
}

bool notice_meets(const struct notice_threshold *t, uint64_t n)
{
	switch (t->op) {
	case OP_MORE: return n > t->n;
	case OP_LEAST: return n >= t->n;
	case OP_FEWER: return n > 0 && n < t->n;
	default: return n > 0;
	}
}

bool notice_safe(const struct notice_facts *f)
{
	return f->encrypted && !f->key_taken;
}

/* Persons of the United States whose state is not known: some of them may live in any. */
static uint64_t somewhere(const struct notice_facts *f)
{
	uint64_t n = 0;
	for (size_t i = 0; i < f->places; i++)
		if (!strcmp(f->place[i].code, "US") || !strcmp(f->place[i].code, "ZZ"))
			n += f->place[i].persons.high;
	return n;
}

/* The number against its threshold; between low and high anything may be true. */
static void hold(struct judged *j, struct notice_count n, const struct notice_threshold *t)
{
	bool low = notice_meets(t, n.low), high = notice_meets(t, n.high);
	j->count = n;
	j->threshold = *t;
	if (!low && !high && !(t->op == OP_FEWER && n.low == 0 && n.high > 0))
		no(j);
	else if (!low || !high)
		may(j, "d.range", SLICE_NULL);
}

static struct slice number_text(struct sheet *s, uint64_t n)
{
	return slice_str(arena_printf(s->a, "%" PRIu64, n));
}

static bool is_state(const char *code)
{
	return !strncmp(code, "US-", 3);
}

/* 45 CFR 164.406: each state by itself; the District of Columbia and the territories are states (160.103). */
static void hold_each_state(struct sheet *s, struct judged *j, const struct notice_threshold *t)
{
	AUTO_BUF struct buf places = {0};
	struct notice_count most = {0, 0};
	bool sure = false, near = false;
	buf_init(&places, 65536);
	for (size_t i = 0; i < s->f->places; i++) {
		const struct notice_place *p = &s->f->place[i];
		if (!p->known || !is_state(p->code))
			continue;
		most.high = p->persons.high > most.high ? p->persons.high : most.high;
		most.low = p->persons.low > most.low ? p->persons.low : most.low;
		sure = sure || notice_meets(t, p->persons.low);
		near = near || notice_meets(t, p->persons.high + somewhere(s->f));
		if (notice_meets(t, p->persons.high))
			buf_printf(&places, "%s%s", places.n ? " " : "", p->code);
	}
	near = near || notice_meets(t, somewhere(s->f));
	j->count = most;
	j->threshold = *t;
	j->places = notice_kept(s->a, &places);
	if (!places.n && near)
		because(j, VERDICT_POSSIBLE, "d.unknown", number_text(s, somewhere(s->f)), SLICE("US"));
	else if (!places.n)
		no(j);
	else if (!sure)
		may(j, "d.range", SLICE_NULL);
}

/* ---- the United States ---- */

static bool kind_is(const struct sheet *s, enum notice_kind k)
{
	return s->f->kind == k;
}

static bool american(const struct sheet *s)
{
	return s->f->american;
}

static bool role(const struct sheet *s, unsigned bit)
{
	return s->f->roles & bit;
}

static bool role_open(const struct sheet *s, unsigned bit)
{
	return !((s->f->roles | s->f->roles_not) & bit);
}

/* What takes all of HIPAA's duties away. */
static bool hipaa_off(const struct sheet *s)
{
	return notice_safe(s->f) || s->f->risk == NOTICE_RISK_LOW || s->f->total.high == 0;
}

static void judge_hipaa(struct sheet *s, const struct rule *r, struct judged *j)
{
	const struct notice_facts *f = s->f;
	if (!s->hipaa) {
		no(j);
	} else if (r->doubt == DOUBT_MISUSE) {
		j->count = f->total;
		j->threshold = r->threshold;
		if (!f->misuse)
			possible(j, "p.misuse");
	} else if (r->threshold.whose == WHOSE_EACH_STATE) {
		hold_each_state(s, j, &r->threshold);
	} else if (r->threshold.whose == WHOSE_ADDRESSES || r->threshold.whose == WHOSE_DECEASED) {
		bool addresses = r->threshold.whose == WHOSE_ADDRESSES;
		j->threshold = r->threshold;
		if (addresses ? f->bad_addresses_said : f->deceased_said)
			hold(j, addresses ? f->bad_addresses : f->deceased, &r->threshold);
		else
			possible(j, addresses ? "p.addresses" : "p.deceased");
	} else {
		hold(j, f->total, &r->threshold);
	}
}

static void judge_federal(struct sheet *s, const struct rule *r, struct judged *j)
{
	const struct notice_facts *f = s->f;
	bool covered = kind_is(s, NOTICE_COVERED_ENTITY), associate = kind_is(s, NOTICE_BUSINESS_ASSOCIATE);
	j->by_entity = r->scope == SCOPE_CIRCIA || r->scope == SCOPE_LISTED;
	if (!american(s)) {
		no(j);
		return;
	}
	switch (r->scope) {
	case SCOPE_HIPAA_BA:
		if (!associate || hipaa_off(s))
			no(j);
		else
			hold(j, f->total, &r->threshold);
		return;
	case SCOPE_PART2:
		if (hipaa_off(s) || (!covered && !associate && !role(s, NOTICE_ROLE_PART2)) || (f->roles_not & NOTICE_ROLE_PART2)) {
			no(j);
			return;
		}
		hold(j, f->total, &r->threshold);
		if (!role(s, NOTICE_ROLE_PART2) && j->v != VERDICT_NO) {
			if (f->elements & PERSON_BIT(PERSON_BEHAVIORAL))
				may(j, "d.part2", SLICE_NULL);
			else
				possible(j, "p.part2");
		}
		return;
	case SCOPE_FTC:
		if (!kind_is(s, NOTICE_PHR_VENDOR) || notice_safe(f))
			no(j);
		else
			hold(j, f->total, &r->threshold);
		return;
	case SCOPE_CIRCIA:
	case SCOPE_LISTED: {
		unsigned bit = r->scope == SCOPE_CIRCIA ? NOTICE_ROLE_CIRCIA : NOTICE_ROLE_LISTED;
		if (role_open(s, bit))
			possible(j, bit == NOTICE_ROLE_CIRCIA ? "p.circia" : "p.listed");
		else if (!role(s, bit))
			no(j);
		return;
	}
	default:
		assert(!"a federal rule of an unknown kind");
	}
}

static void leave_out(struct judged *j, struct buf *list, const struct rule *r)
{
	no(j);
	if (r->groups) /* each state once */
		buf_printf(list, "%s%.*s", list->n ? " " : "", SLICE_FMT(r->jurisdiction));
}

/* Which of the groups that the law names were touched; all of them, where nothing is said. */
static unsigned groups_hit(const struct sheet *s, const struct rule *base)
{
	unsigned hit = 0;
	for (unsigned g = 1; g < 1U << GROUPS_N; g <<= 1)
		if ((base->groups & g) && !((base->groups_later & g) && s->discovered < base->groups_day) && (!s->f->elements_said || (s->f->elements & notice_group_elements(g))))
			hit |= g;
	return hit;
}

/* What a finding of low risk does. A notice of that very finding stays. */
static bool judge_risk(struct sheet *s, const struct rule *r, const struct rule *base, struct judged *j)
{
	if (s->f->risk != NOTICE_RISK_LOW || base->harm == HARM_NO || r->doubt == DOUBT_NOHARM)
		return true;
	if (base->harm == HARM_CONSULT) {
		may(j, "d.consult", base->text);
		return true;
	}
	leave_out(j, &s->lowrisk, r);
	return false;
}

static void judge_doubts(struct sheet *s, const struct rule *r, const struct rule *base, struct judged *j)
{
	const struct notice_facts *f = s->f;
	if (s->hipaa_subject && base->hipaa == HIPAA_EXEMPT_UNSURE)
		may(j, "h.exempt?", base->hipaa_text);
	if (kind_is(s, NOTICE_BUSINESS_ASSOCIATE) || kind_is(s, NOTICE_PROCESSOR))
		may(j, "d.owner", SLICE_NULL);
	if (f->country[0] && !american(s))
		may(j, "d.abroad", slice_str(f->country));
	if (base->doubt == DOUBT_BROKER && !(f->roles & (NOTICE_ROLE_BROKER | NOTICE_ROLE_STATE)))
		may(j, "d.broker", SLICE_NULL);
	if (r->doubt == DOUBT_NOHARM && f->risk != NOTICE_RISK_LOW)
		possible(j, "d.noharm");
	if (r->doubt == DOUBT_UNCLEAR)
		may(j, "d.unclear", SLICE_NULL);
	if (f->paper_only)
		may(j, "d.paper", SLICE_NULL);
	if (f->elements_said && !(f->elements & PERSON_BIT(PERSON_NAME)) && !(j->groups & GROUP_CREDENTIALS))
		may(j, "d.name", SLICE_NULL);
	if (r->needs && !f->elements_said)
		may(j, "d.elements", SLICE_NULL);
}

/* How many of the residents the law's definition covers, by what was touched of each of them. Who is in the interval only (a pair in doubt) may be of those that are not covered, or of those that are. */
static struct notice_count covered(struct sheet *s, const struct rule *r, const struct rule *base, struct notice_count n, struct judged *j)
{
	uint64_t all = 0, hit = 0;
	unsigned named = base->groups & ~(s->discovered < base->groups_day ? base->groups_later : 0);
	for (size_t i = 0; i < s->f->mixes; i++) {
		const struct notice_mix *m = &s->f->mix[i];
		if (!within(s->f->place[m->place].code, r->jurisdiction))
			continue;
		all += m->touched;
		if (m->classes & named)
			hit += base->trigger == TRIGGER_ACQUIRED ? m->acquired : m->touched;
	}
	if (!all || !base->groups)
		return n;
	j->residents = n;
	return (struct notice_count){n.low + hit > all ? n.low + hit - all : 0, hit + (n.high > all ? n.high - all : 0)};
}

/* Persons of unknown residence could lift a number over its threshold; and whom the rows of credit bureaus count is not sure. */
static bool judge_number(struct sheet *s, const struct rule *r, const struct rule *base, struct judged *j)
{
	struct notice_count n = notice_persons_of(s->f, r->jurisdiction);
	const struct notice_threshold *t = j->older ? &r->threshold_before : &r->threshold;
	if (n.high == 0) {
		no(j);
		return false;
	}
	n = covered(s, r, base, n, j);
	if (n.high == 0) {
		leave_out(j, &s->elements, r);
		return false;
	}
	hold(j, n, t);
	if (j->v == VERDICT_NO && t->op != OP_FEWER && notice_meets(t, n.high + somewhere(s->f)))
		because(j, VERDICT_POSSIBLE, "d.unknown", number_text(s, somewhere(s->f)), r->jurisdiction);
	else if (j->v == VERDICT_NO && r->to == NOTICE_TO_CRA && notice_meets(t, s->f->total.high))
		because(j, VERDICT_POSSIBLE, "d.all-told", number_text(s, s->f->total.high), r->jurisdiction);
	return j->v != VERDICT_NO;
}

static void judge_state(struct sheet *s, const struct rule *r, struct judged *j)
{
	const struct rule *base = r->base >= 0 ? &s->rules[r->base] : r;
	if (!judge_number(s, r, base, j))
		return;
	if (base->encryption && notice_safe(s->f)) {
		leave_out(j, &s->encrypted, r);
		return;
	}
	if (base->trigger == TRIGGER_ACQUIRED && !s->f->acquired) {
		leave_out(j, &s->accessed, r);
		return;
	}
	j->groups = groups_hit(s, base);
	if (!j->groups || (r->needs && s->f->elements_said && !(s->f->elements & r->needs))) {
		leave_out(j, &s->elements, r);
		return;
	}
	if (s->hipaa_subject && base->hipaa == HIPAA_EXEMPT) {
		leave_out(j, &s->exempt, r);
		return;
	}
	if (judge_risk(s, r, base, j))
		judge_doubts(s, r, base, j);
	if (j->v != VERDICT_NO && r->scope == SCOPE_PUBLIC && !role(s, NOTICE_ROLE_STATE)) {
		if (role_open(s, NOTICE_ROLE_STATE))
			possible(j, "p.public");
		else
			no(j);
	}
}

/* Cal. Health & Safety Code 1280.15: where the hospital is licensed, not where its patients live. */
static void judge_licensed(struct sheet *s, const struct rule *r, struct judged *j)
{
	const struct notice_facts *f = s->f;
	bool there = slice_eq_str(r->jurisdiction, f->state), open = !f->state[0] && american(s) && notice_persons_of(f, r->jurisdiction).high > 0;
	if (!kind_is(s, NOTICE_COVERED_ENTITY) || (!there && !open) || (f->licensed_said && !f->licensed)) {
		no(j);
		return;
	}
	hold(j, f->total, &r->threshold);
	if (open && j->v != VERDICT_NO)
		may(j, "d.licensed", r->jurisdiction);
}

/* ---- elsewhere ---- */

static bool established(const struct sheet *s, struct slice jurisdiction)
{
	return s->f->country[0] && (within(s->f->country, jurisdiction) || (s->f->state[0] && slice_eq_str(jurisdiction, s->f->state)));
}

/* A law of a country or province: for who is established there, whomever it is about; and for who lives there. */
static void judge_national(struct sheet *s, const struct rule *r, struct judged *j)
{
	const struct notice_facts *f = s->f;
	struct notice_count n = notice_persons_of(f, r->jurisdiction);
	bool here = established(s, r->jurisdiction);
	j->threshold = (struct notice_threshold){.op = OP_NONE};
	hold(j, here ? f->total : n, &j->threshold);
	if (j->v == VERDICT_NO)
		return;
	if (f->risk == NOTICE_RISK_LOW && r->harm == HARM_YES) {
		leave_out(j, &s->lowrisk, r);
		buf_printf(&s->lowrisk, "%s%.*s", s->lowrisk.n ? " " : "", SLICE_FMT(r->id));
		return;
	}
	if (!here && f->country[0]) {
		bool lead = r->scope == SCOPE_GDPR && notice_in_eu(slice_str(f->country));
		may(j, lead ? "d.lead" : "d.abroad", slice_str(f->country));
	}
	if (slice_eq_str(r->jurisdiction, "CA")) {
		uint64_t own = 0;
		for (size_t i = 0; i < f->places; i++)
			if (!strcmp(f->place[i].code, "CA-ON") || !strcmp(f->place[i].code, "CA-AB") || !strcmp(f->place[i].code, "CA-QC"))
				own += f->place[i].persons.high;
		if (own && own == n.high)
			may(j, "d.province", SLICE_NULL);
	}
}

static void judge_gdpr(struct sheet *s, const struct rule *r, struct judged *j)
{
	const uint32_t grave = PERSON_BIT(PERSON_SSN) | PERSON_BIT(PERSON_TIN) | PERSON_BIT(PERSON_DL) | PERSON_BIT(PERSON_PASSPORT) | PERSON_BIT(PERSON_CARD) | PERSON_BIT(PERSON_BIOMETRIC) | notice_group_elements(GROUP_CORE) | notice_group_elements(GROUP_MEDICAL) | notice_group_elements(GROUP_INSURANCE) | notice_group_elements(GROUP_CREDENTIALS);
	bool processes = kind_is(s, NOTICE_BUSINESS_ASSOCIATE) || kind_is(s, NOTICE_PROCESSOR);
	if (processes != (r->scope == SCOPE_GDPR_PROCESSOR) || (r->encryption && notice_safe(s->f))) {
		no(j);
		return;
	}
	judge_national(s, r, j);
	if (j->v == VERDICT_NO)
		return;
	if (r->doubt == DOUBT_HIGH_RISK && s->f->risk != NOTICE_RISK_LIKELY && s->f->elements_said && !(s->f->elements & grave))
		may(j, "d.high-risk", SLICE_NULL);
	if (r->scope == SCOPE_GDPR && !r->encryption && notice_safe(s->f))
		may(j, "d.encrypted", SLICE_NULL);
}

static void judge_entity(struct sheet *s, const struct rule *r, struct judged *j)
{
	bool processes = kind_is(s, NOTICE_BUSINESS_ASSOCIATE) || kind_is(s, NOTICE_PROCESSOR), health = kind_is(s, NOTICE_COVERED_ENTITY);
	j->by_entity = true;
	if (!established(s, r->jurisdiction)) {
		no(j);
		return;
	}
	switch (r->scope) {
	case SCOPE_NIS2:
		if ((s->f->roles_not & NOTICE_ROLE_NIS2) || (processes && !role(s, NOTICE_ROLE_NIS2)))
			no(j);
		else if (!role(s, NOTICE_ROLE_NIS2))
			may(j, "d.nis2", SLICE_NULL);
		return;
	case SCOPE_FR_HEALTH:
		if (processes)
			no(j);
		else if (!health)
			may(j, "d.health", SLICE_NULL);
		return;
	case SCOPE_FR_OES:
		if ((s->f->roles_not & NOTICE_ROLE_OES) || (!health && !role(s, NOTICE_ROLE_OES)))
			no(j);
		else if (!role(s, NOTICE_ROLE_OES))
			may(j, "d.oes", SLICE_NULL);
		return;
	case SCOPE_CN_CII:
		if (!role(s, NOTICE_ROLE_CII))
			no(j);
		break;
	case SCOPE_CN_STATE:
		if (!role(s, NOTICE_ROLE_STATE) || role(s, NOTICE_ROLE_CII))
			no(j);
		break;
	case SCOPE_CN_OTHER:
		if (role(s, NOTICE_ROLE_STATE | NOTICE_ROLE_CII))
			no(j);
		break;
	default: break;
	}
}

void notice_judge(struct sheet *s, const struct rule *r, struct judged *ret)
{
	*ret = (struct judged){.v = VERDICT_YES};
	ret->older = r->has_effective && s->discovered < r->effective_day && r->before != BEFORE_SAME;
	if (r->scope == SCOPE_NEVER || (ret->older && r->before == BEFORE_NONE)) {
		no(ret);
		return;
	}
	switch (r->scope) {
	case SCOPE_HIPAA: judge_hipaa(s, r, ret); break;
	case SCOPE_STATE:
	case SCOPE_PUBLIC: judge_state(s, r, ret); break;
	case SCOPE_STATE_HIPAA:
		if (!s->hipaa || !judge_number(s, r, r, ret))
			no(ret);
		break;
	case SCOPE_LICENSED: judge_licensed(s, r, ret); break;
	case SCOPE_GDPR:
	case SCOPE_GDPR_PROCESSOR: judge_gdpr(s, r, ret); break;
	case SCOPE_NATIONAL: judge_national(s, r, ret); break;
	case SCOPE_NIS2: case SCOPE_FR_HEALTH: case SCOPE_FR_OES: case SCOPE_CN_CII: case SCOPE_CN_STATE: case SCOPE_CN_OTHER: case SCOPE_CN_ANY: judge_entity(s, r, ret); break;
	default: judge_federal(s, r, ret); break;
	}
}
