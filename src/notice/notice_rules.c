/* The table of rules: rules.tsv, put into the program when it is built. A row a rule; the line after the comment names the columns, in the order of read_row. */
#include "notice_internal.h"

__asm__(".section .rodata\n"
        "hf_notice_rules:\n.incbin \"" HF_RULES "\"\nhf_notice_rules_end:\n.byte 0\n.previous\n");
extern const uint8_t hf_notice_rules[] __attribute__((visibility("hidden"))), hf_notice_rules_end[] __attribute__((visibility("hidden")));

#define COLUMNS 25
static const char *const header = "id\tjurisdiction\tto\trecipient\tlaw\tcitation\tscope\tthreshold\tclock\tterm\teffective\tbefore\telements\ttrigger\tharm\tencryption\thipaa\thipaa_text\tmonths\tdoubt\ttext\tnote\tchecked\tseen_at\tseen_since";

static struct slice all(void)
{
	// cppcheck-suppress comparePointers ; both are ends of one file that the assembler put in (.incbin)
	return slice_of(hf_notice_rules, (size_t)(hf_notice_rules_end - hf_notice_rules));
}

/* Which of the words w is; -1: none. */
static int one_of(struct slice w, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_str(w, words[i]))
			return (int)i;
	return -1;
}
#define WORDS(...) (const char *const[]){__VA_ARGS__}, ARRAY_LEN(((const char *const[]){__VA_ARGS__}))

static bool number(struct slice s, uint64_t *ret)
{
	return num_u64(s, 0, UINT64_C(1000000000), ret) == 0;
}

_Static_assert(GROUPS_N == PERSON_CLASSES_N && (int)GROUP_CORE == (int)PERSON_CLASS_CORE && (int)GROUP_DOB == (int)PERSON_CLASS_DOB, "groups of the table are person's classes");

const char *notice_group_word(unsigned group)
{
	return person_class_word(group);
}

uint32_t notice_group_elements(unsigned group)
{
	return person_class_elements(group);
}

static bool read_day(struct slice s, int32_t *ret)
{
	int64_t t;
	if (s.n != 10 || time_parse(s, 0, &t) < 0)
		return false;
	*ret = (int32_t)(t / (86400 * TIME_SEC));
	return true;
}

/* ">= 500 residents' whose": the last word where it is there. */
static bool read_threshold(struct slice s, struct notice_threshold *ret)
{
	static const char *const ops[] = {"", ">", ">=", "<"}, *const whose[] = {"state", "total", "each-state", "addresses", "deceased"};
	if (!s.n)
		return true;
	int op = one_of(slice_cut(s, ' ', &s), ops, ARRAY_LEN(ops));
	if (op <= 0 || !number(slice_cut(s, ' ', &s), &ret->n))
		return false;
	int w = s.n ? one_of(s, whose, ARRAY_LEN(whose)) : WHOSE_STATE;
	ret->op = (enum notice_op)op;
	ret->whose = (enum notice_whose)w;
	return w >= 0;
}

static bool read_term(struct slice s, struct notice_term *ret)
{
	static const char *const units[] = {"", "days", "business-days", "hours", "months", "posted"};
	uint64_t n;
	if (!s.n)
		return true;
	if (!number(slice_cut(s, ' ', &s), &n) || n > 1000)
		return false;
	int u = one_of(s, units, ARRAY_LEN(units));
	*ret = (struct notice_term){(unsigned)n, (enum notice_unit)u};
	return u > 0;
}

/* "none"; "open", also "open > 1000"; a term. */
static bool read_before(struct slice s, struct rule *r)
{
	r->threshold_before = r->threshold;
	if (!s.n)
		return true;
	struct slice rest, word = slice_cut(s, ' ', &rest);
	r->before = slice_eq_str(word, "none") ? BEFORE_NONE : slice_eq_str(word, "open") ? BEFORE_OPEN : BEFORE_TERM;
	return r->before == BEFORE_TERM ? read_term(s, &r->term_before) : read_threshold(rest, &r->threshold_before);
}

/* Groups ("core medical@2025-03-21") or single elements ("ssn dl"). */
static bool read_elements(struct slice s, struct rule *r)
{
	while (s.n) {
		struct slice day, word = slice_cut(slice_cut(s, ' ', &s), '@', &day);
		unsigned one = person_class_parse(word);
		int g = one ? __builtin_ctz(one) : -1, e = person_element_parse(word);
		if (r->months && e >= 0)
			r->needs |= PERSON_BIT(e);
		else if (g < 0 || r->months)
			return false;
		else if (day.n && !read_day(day, &r->groups_day))
			return false;
		else {
			r->groups |= 1U << g;
			r->groups_later |= day.n ? 1U << g : 0;
		}
	}
	return true;
}

static bool read_row(const struct slice *f, struct rule *r)
{
	uint64_t months = 0;
	*r = (struct rule){.id = f[0], .jurisdiction = f[1], .recipient = f[3], .law = f[4], .citation = f[5], .effective = f[10], .hipaa_text = f[17], .text = f[20], .note = f[21], .checked = f[22], .seen_at = f[23], .seen_since = f[24], .base = -1};
	int to = one_of(f[2], WORDS("individual", "regulator", "cra", "media", "owner", "self", "none"));
	int scope = one_of(f[6], WORDS("never", "hipaa", "hipaa-ba", "part2", "ftc", "circia", "listed", "state", "public", "state-hipaa", "licensed", "gdpr", "gdpr-processor", "nis2", "fr-health", "fr-oes", "national", "cn-cii", "cn-state", "cn-other", "cn-any"));
	int clock = one_of(f[8], WORDS("", "discovery", "determination", "base", "year-end", "letters", "with", "before", "hhs", "incident", "resolved", "discovery-or-letters", "determination-or-letters"));
	int trigger = one_of(f[13], WORDS("", "acquired", "access")), harm = one_of(f[14], WORDS("no", "yes", "consult"));
	int hipaa = one_of(f[16], WORDS("", "deemed", "deemed?", "exempt", "exempt?", "mail"));
	int doubt = one_of(f[19], WORDS("", "broker", "noharm", "unclear", "offer", "misuse", "high-risk"));
	if (to < 0 || scope < 0 || clock < 0 || trigger < 0 || (harm < 0 && f[14].n) || hipaa < 0 || doubt < 0 || (f[18].n && !number(f[18], &months)))
		return false;
	r->to = to == 6 ? -1 : to;
	r->scope = (enum notice_scope)scope;
	r->clock = (enum notice_clock)clock;
	r->trigger = (enum notice_trigger)trigger;
	r->harm = harm < 0 ? HARM_NO : (enum notice_harm)harm;
	r->encryption = slice_eq_str(f[15], "yes");
	r->hipaa = (enum notice_hipaa)hipaa;
	r->doubt = (enum notice_doubt)doubt;
	r->months = (unsigned)months;
	r->has_effective = f[10].n > 0;
	return r->id.n && r->jurisdiction.n && (!r->has_effective || read_day(f[10], &r->effective_day)) && read_threshold(f[7], &r->threshold) && read_term(f[9], &r->term) && read_before(f[11], r) && read_elements(f[12], r);
}

/* The row of the same state's law that tells when it is triggered: the one for individuals, which stands first. */
static int base_of(const struct rule *rules, size_t n)
{
	const struct rule *r = &rules[n];
	for (size_t i = 0; i <= n; i++)
		if (rules[i].scope == SCOPE_STATE && rules[i].groups && slice_eq(rules[i].jurisdiction, r->jurisdiction))
			return (int)i;
	return -1;
}

int notice_rules(struct arena *a, struct rule **ret, size_t *ret_n, struct err *e)
{
	struct rule *rules = arena_array(a, RULES_MAX, sizeof *rules);
	size_t n = 0, line_no = 0;
	if (!rules)
		return err_set(e, arena_code(a), NULL, "no room for the rules");
	for (struct slice text = all(); text.n;) {
		struct slice line = slice_cut(text, '\n', &text), f[COLUMNS];
		line_no++;
		if (!line.n || line.p[0] == '#' || slice_eq_str(line, header))
			continue;
		for (size_t i = 0; i < COLUMNS; i++)
			f[i] = slice_cut(line, '\t', &line);
		if (n == RULES_MAX || line.p || !read_row(f, &rules[n]))
			return err_set(e, ERR_CORRUPT, "rules.tsv", "line %zu cannot be read", line_no);
		rules[n].base = rules[n].scope == SCOPE_STATE || rules[n].scope == SCOPE_PUBLIC ? base_of(rules, n) : -1;
		n++;
	}
	*ret = rules;
	*ret_n = n;
	return 0;
}

bool notice_rule(size_t i, struct notice_rule *ret)
{
	for (struct slice text = all(); text.n;) {
		struct slice line = slice_cut(text, '\n', &text), f[COLUMNS];
		if (!line.n || line.p[0] == '#' || slice_eq_str(line, header) || i--)
			continue;
		for (size_t k = 0; k < COLUMNS; k++)
			f[k] = slice_cut(line, '\t', &line);
		*ret = (struct notice_rule){.id = f[0], .jurisdiction = f[1], .recipient = f[3], .law = f[4], .citation = f[5], .effective = f[10], .text = f[20], .note = f[21], .checked = f[22], .seen_at = f[23], .seen_since = f[24]};
		return true;
	}
	return false;
}
