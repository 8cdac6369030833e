/* A letter to one person: whether there is one, to whom it goes, and its blocks. */
#include "notice_letter_internal.h"

#include <stdio.h>

struct making {
	const struct notice_incident *in;
	const struct notice_person *p;
	const struct notice_style *style;
	struct notice_letter *l;
	struct notice_saying s;
	struct arena *a;
	struct slice name, place; /* whole name; "US-MD" */
	uint32_t all;
	bool minor, birth, us; /* birth: whether it is one can be said */
};

/* ---- who ---- */

static struct slice words(struct arena *a, const struct slice *v, size_t n, const char *between)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 8192);
	for (size_t i = 0; i < n; i++) {
		if (!v[i].n)
			continue;
		if (b.n)
			buf_str(&b, between);
		buf_add_slice(&b, v[i]);
	}
	return notice_kept(a, &b);
}

static bool han(struct slice s)
{
	size_t len;
	uint32_t c = s.n ? utf8_get(s, &len) : 0;
	return c >= 0x3400 && c <= 0x9fff;
}

static struct slice name_of(const struct notice_person *p, struct arena *a)
{
	if (han(p->last)) /* the family's name first, and no blank */
		return words(a, (const struct slice[]){p->last, p->first}, 2, "");
	return words(a, (const struct slice[]){p->first, p->middle, p->last, p->suffix}, 4, " ");
}

static bool before_18(const int day[3], const struct person_date *born)
{
	return day[0] - born->year - (day[1] < born->month || (day[1] == born->month && day[2] < born->day)) < 18;
}

/* false: the date of birth cannot be read, or could be read in two ways of which one is a minor's. */
static bool minor_of(const struct notice_incident *in, const struct notice_person *p, bool *ret)
{
	int day[3];
	struct person_date us, other;
	bool swap = false;
	*ret = p->minor_said && p->minor;
	if (p->minor_said || !p->dob.n)
		return true;
	if (!notice_iso_day(in->date, &day[0], &day[1], &day[2]) || !person_date(p->dob, false, day[0], &us, &swap))
		return false;
	*ret = before_18(day, &us);
	return !swap || !person_date(p->dob, true, day[0], &other, NULL) || before_18(day, &other) == *ret;
}

static bool one_of(struct slice s, const char *const *words_of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_nocase(s, words_of[i]))
			return true;
	return false;
}

/* "TX", "Texas", "US-TX". NULL: none. */
static const char *state_of(struct slice s)
{
	return person_us_state(slice_starts(s, "US-") ? slice_of(s.p + 3, s.n - 3) : s);
}

static bool in_us(const struct notice_person *p)
{
	static const char *const us[] = {"US", "USA", "U.S.", "U.S.A.", "United States", "United States of America", "PR", "GU", "VI", "AS", "MP"};
	return !p->country.n ? state_of(p->state) || (!p->state.n && slice_starts(p->place, "US-")) : one_of(p->country, us, ARRAY_LEN(us));
}

/* A letter abroad ends with the country's name in capitals, in a language that is known internationally (UPU, addressing; USPS IMM 122.1). What is no code here is printed as it stands. */
static struct slice country_name(struct slice code)
{
	static const char *const names[][2] = {{"AT", "AUSTRIA"}, {"AU", "AUSTRALIA"}, {"BE", "BELGIUM"}, {"BG", "BULGARIA"}, {"BR", "BRAZIL"}, {"CA", "CANADA"}, {"CH", "SWITZERLAND"}, {"CN", "CHINA"}, {"CY", "CYPRUS"}, {"CZ", "CZECH REPUBLIC"}, {"DE", "GERMANY"}, {"DK", "DENMARK"},
		{"DO", "DOMINICAN REPUBLIC"}, {"EE", "ESTONIA"}, {"ES", "SPAIN"}, {"FI", "FINLAND"}, {"FR", "FRANCE"}, {"GB", "UNITED KINGDOM"}, {"GR", "GREECE"}, {"HK", "HONG KONG"}, {"HR", "CROATIA"}, {"HU", "HUNGARY"}, {"IE", "IRELAND"}, {"IN", "INDIA"}, {"IS", "ICELAND"}, {"IT", "ITALY"},
		{"JP", "JAPAN"}, {"KR", "SOUTH KOREA"}, {"LT", "LITHUANIA"}, {"LU", "LUXEMBOURG"}, {"LV", "LATVIA"}, {"MC", "MONACO"}, {"MT", "MALTA"}, {"MX", "MEXICO"}, {"NL", "NETHERLANDS"}, {"NO", "NORWAY"}, {"NZ", "NEW ZEALAND"}, {"PH", "PHILIPPINES"}, {"PL", "POLAND"}, {"PT", "PORTUGAL"},
		{"RO", "ROMANIA"}, {"SE", "SWEDEN"}, {"SG", "SINGAPORE"}, {"SI", "SLOVENIA"}, {"SK", "SLOVAKIA"}, {"TW", "TAIWAN"}, {"UA", "UKRAINE"}, {"US", "UNITED STATES"}, {"VN", "VIETNAM"}};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq_nocase(code, names[i][0]))
			return slice_str(names[i][1]);
	return code;
}

static bool address_good(const struct notice_person *p)
{
	return !p->bad_address && p->addr1.n && (p->city.n || p->zip.n) && (!in_us(p) || (p->zip.n && (p->state.n || p->city.n)));
}

static enum notice_fate fate_of(const struct making *m)
{
	const struct notice_person *p = m->p;
	if (!m->all)
		return NOTICE_HOLD_NOTHING;
	if (!m->name.n)
		return NOTICE_HOLD_NAME;
	if (p->too_long)
		return NOTICE_HOLD_LONG;
	if (p->deceased)
		return (p->kin.n || p->representative.n || p->estate) && address_good(p) ? NOTICE_MAIL : NOTICE_NO_KIN;
	if (!m->birth)
		return NOTICE_HOLD_BIRTH;
	if (m->minor && p->guarded && !p->to_guardian && !p->to_person)
		return NOTICE_HOLD_MINOR;
	return address_good(p) ? NOTICE_MAIL : NOTICE_NO_ADDRESS;
}

static enum notice_addressee addressee_of(const struct making *m)
{
	const struct notice_person *p = m->p;
	if (p->deceased)
		return p->representative.n ? NOTICE_FOR_REPRESENTATIVE : p->kin.n ? NOTICE_FOR_KIN : NOTICE_FOR_ESTATE;
	return (m->minor && !p->to_person) || p->to_guardian ? NOTICE_FOR_GUARDIAN : NOTICE_FOR_PERSON;
}

/* ---- the envelope's window ---- */

static struct slice last_lines(const struct making *m)
{
	const struct notice_person *p = m->p;
	struct arena *a = m->a;
	bool from_us = slice_eq_nocase(m->in->country, "US"), home = m->us ? from_us || !m->in->country.n : slice_eq_nocase(p->country, m->in->country.n ? arena_strdup(a, m->in->country) : "");
	struct slice country = home ? SLICE_NULL : country_name(m->us ? SLICE("US") : p->country);
	struct slice town;
	if (m->us) {
		struct slice end = words(a, (const struct slice[]){p->state, p->zip}, 2, " ");
		town = words(a, (const struct slice[]){p->city, end}, 2, ", ");
	} else {
		town = words(a, (const struct slice[]){p->zip, p->city, p->state}, 3, " ");
	}
	return words(a, (const struct slice[]){p->addr1, p->addr2, town, country}, 4, "\n");
}

static struct slice window(struct making *m)
{
	static const char *const before[] = {NULL, "to.guardian", "to.kin", "to.representative", "to.estate"};
	const struct notice_person *p = m->p;
	struct slice to = m->l->to == NOTICE_FOR_GUARDIAN ? p->guardian : m->l->to == NOTICE_FOR_KIN ? p->kin : m->l->to == NOTICE_FOR_REPRESENTATIVE ? p->representative : SLICE_NULL, who = m->name;
	if (before[m->l->to])
		who = words(m->a, (const struct slice[]){notice_letter_word(before[m->l->to], m->l->lang), m->name}, 2, m->l->lang == NOTICE_ZH ? "" : " ");
	return words(m->a, (const struct slice[]){to, who, last_lines(m)}, 3, "\n");
}

/* ---- blocks ---- */

static void greeting(struct making *m)
{
	static const char *const dear[] = {"dear.person", "dear.guardian", "dear.kin", "dear.kin", "dear.estate"};
	struct notice_saying *s = &m->s;
	if (m->l->to != NOTICE_FOR_PERSON)
		(void)notice_tell(s, PAPER_TEXT, "re");
	(void)notice_tell(s, PAPER_TEXT, dear[m->l->to]);
	if (m->l->quiet) {
		(void)notice_tell(s, PAPER_TEXT, "cover");
		m->l->post.apart = s->n;
	}
	if (!m->l->quiet && m->p->deceased)
		(void)notice_tell(s, PAPER_TEXT, "condolence");
}

static void items(struct making *m, const char *key, uint32_t elements, struct slice *ret)
{
	struct notice_saying *s = &m->s;
	if (!elements)
		return;
	*ret = notice_element_list(elements, s->lang, m->l->quiet, "; ", m->a);
	(void)notice_tell(s, PAPER_TEXT, key);
	for (struct slice rest = *ret; rest.n;) {
		struct slice one = slice_cut(rest, ';', &rest);
		notice_tell_text(s, PAPER_ITEM, SLICE("\xe2\x80\xa2"), slice_trim(one));
	}
}

static void information(struct making *m)
{
	struct notice_saying *s = &m->s;
	(void)notice_tell(s, PAPER_HEADING, "h.info");
	items(m, "info.acquired", m->p->acquired, &m->l->acquired);
	items(m, "info.accessed", m->p->accessed & ~m->p->acquired, &m->l->accessed);
	(void)notice_tell(s, PAPER_TEXT, "info.also");
}

static void own_words(struct making *m)
{
	struct notice_saying *s = &m->s;
	const struct notice_said *d = &m->in->doing;
	(void)notice_tell(s, PAPER_HEADING, "h.doing");
	for (size_t i = 0; i < d->n[s->lang]; i++)
		notice_tell_text(s, d->n[s->lang] > 1 ? PAPER_ITEM : PAPER_TEXT, d->n[s->lang] > 1 ? SLICE("\xe2\x80\xa2") : SLICE_NULL, d->line[s->lang][i]);
}

static void enrol(struct making *m)
{
	struct notice_saying *s = &m->s;
	if (m->p->deceased || !notice_tell(s, PAPER_TEXT, "enrol.offer"))
		return;
	if (m->minor)
		(void)notice_tell_more(s, "enrol.minor");
	(void)notice_tell_more(s, "enrol.url");
	(void)notice_tell_more(s, "enrol.phone");
	(void)notice_tell_more(s, "enrol.until");
	(void)notice_tell(s, PAPER_TEXT, "enrol.code");
}

/* The advice, or, in a letter about somebody else (a child, somebody who has died), what is said of him: "KEY.other". */
static void advise(struct making *m, const char *key)
{
	char other[32];
	snprintf(other, sizeof other, "%s.other", key);
	(void)notice_tell(&m->s, PAPER_TEXT, m->l->to == NOTICE_FOR_PERSON ? key : other);
}

static void bureaus(struct making *m)
{
	struct notice_saying *s = &m->s;
	(void)notice_tell(s, PAPER_TEXT, m->p->deceased ? "you.freeze.dead" : m->minor ? "you.freeze.minor" : "you.freeze");
	notice_tell_bureaus(s);
	if (!m->p->deceased && !m->minor) {
		(void)notice_tell(s, PAPER_TEXT, "you.alert");
		(void)notice_tell(s, PAPER_TEXT, "you.report");
	}
	advise(m, "you.ftc");
}

/* Advice follows from what was touched: nobody is told to change a password that was not. */
static void advice(struct making *m)
{
	static const struct {
		uint32_t any;
		const char *key;
		bool us;
	} table[] = {
		{PERSON_BIT(PERSON_ACCOUNT) | PERSON_BIT(PERSON_CARD), "you.bank", false},
		{PERSON_BIT(PERSON_MRN) | PERSON_BIT(PERSON_DIAGNOSIS) | PERSON_BIT(PERSON_LAB) | PERSON_BIT(PERSON_MEDICATION) | PERSON_BIT(PERSON_TREATMENT) | PERSON_BIT(PERSON_PROVIDER) | PERSON_BIT(PERSON_CLAIM) | PERSON_BIT(PERSON_INS) | PERSON_BIT(PERSON_SERVICE_DATE)
			| PERSON_BIT(PERSON_RECORDING) | PERSON_BIT(PERSON_GENETIC) | PERSON_BIT(PERSON_BEHAVIORAL), "you.care", false},
		{PERSON_BIT(PERSON_MBI), "you.medicare", true}, {PERSON_BIT(PERSON_MEDICAID), "you.medicaid", true}, {PERSON_BIT(PERSON_CREDENTIALS), "you.password", false}, {PERSON_BIT(PERSON_DL), "you.dl", false}, {PERSON_BIT(PERSON_PASSPORT), "you.passport", false},
		{PERSON_BIT(PERSON_SSN) | PERSON_BIT(PERSON_TIN), "you.irs", true},
	};
	struct notice_saying *s = &m->s;
	(void)notice_tell(s, PAPER_HEADING, "h.you");
	enrol(m);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if ((m->all & table[i].any) && (m->us || !table[i].us) && !(m->p->deceased && strcmp(table[i].key, "you.irs") == 0)) /* the IRS gives no such number for the dead */
			advise(m, table[i].key);
	(void)notice_tell(s, PAPER_TEXT, "you.calls");
	if (m->us)
		bureaus(m);
	else
		(void)notice_tell(s, PAPER_TEXT, slice_eq_nocase(m->p->country, "CN") ? "you.cn" : "you.eu");
}

static void residents(struct making *m, const struct notice_state *st)
{
	for (size_t i = 0; i < m->in->places; i++)
		if (slice_eq_str(st->code, m->in->place[i].key)) {
			struct notice_figure f = m->in->place[i];
			f.key = "n";
			notice_give_figure(&m->s, &f, notice_number_text(f.value, m->s.lang, m->a));
			(void)notice_tell(&m->s, PAPER_TEXT, "st.number");
		}
}

static void state(struct making *m, const struct notice_state *st)
{
	struct notice_saying *s = &m->s;
	notice_give(s, "state", st->name[s->lang]);
	notice_give(s, "agency", st->agency);
	notice_give(s, "where", words(m->a, (const struct slice[]){st->address, st->phone, st->web}, 3, ", "));
	if (!(st->texts & ~(unsigned)NOTICE_ST_NATURE))
		return;
	(void)notice_tell(s, PAPER_HEADING, "h.state");
	if (st->texts & NOTICE_ST_NUMBER)
		residents(m, st);
	if (st->texts & NOTICE_ST_AGENCY)
		(void)notice_tell(s, PAPER_TEXT, "st.agency");
	if (st->texts & NOTICE_ST_REPORT)
		(void)notice_tell(s, PAPER_TEXT, "st.report");
	if (st->texts & NOTICE_ST_POLICE)
		(void)notice_tell(s, PAPER_TEXT, "st.police");
	if (st->texts & NOTICE_ST_FREE)
		(void)notice_tell(s, PAPER_TEXT, "st.free");
	if (st->texts & NOTICE_ST_FCRA)
		(void)notice_tell(s, PAPER_TEXT, "st.fcra");
}

/* The offer of help stands in all four languages, first in the letter's own (45 CFR 92.11 asks for it in the fifteen that are spoken most in the state: the rest is the site's to enclose). */
static void help(struct making *m)
{
	struct notice_saying *s = &m->s;
	enum notice_lang own = s->lang;
	(void)notice_tell(s, PAPER_HEADING, "h.language");
	(void)notice_tell(s, PAPER_TEXT, "help");
	for (unsigned l = 0; l < NOTICE_LANGS; l++) {
		s->lang = (enum notice_lang)l;
		if (s->lang != own)
			(void)notice_tell(s, PAPER_SMALL, "help");
	}
	s->lang = own;
}

static void end(struct making *m)
{
	struct notice_saying *s = &m->s;
	notice_tell_contact(s);
	(void)notice_tell(s, PAPER_TEXT, "more.number");
	(void)notice_tell(s, PAPER_TEXT, "sorry");
	(void)notice_tell(s, PAPER_TEXT, "sign");
	notice_tell_text(s, PAPER_TEXT, SLICE_NULL, m->in->entity);
}

/* ---- all of it ---- */

static void give_person(struct making *m)
{
	struct notice_saying *s = &m->s;
	const struct notice_person *p = m->p;
	const struct notice_figure whom = {.key = "elements", .entry = p->entry, .value = notice_element_list(m->all, s->lang, m->l->quiet, "; ", m->a)};
	notice_give_case(s);
	notice_give(s, "person", m->name);
	notice_give(s, "to", m->l->to == NOTICE_FOR_KIN ? p->kin : p->representative);
	notice_give(s, "about", notice_filled(s, m->l->to == NOTICE_FOR_PERSON ? "about.person" : "about.other"));
	notice_give(s, "provider", m->minor && m->in->minor_provider.n ? m->in->minor_provider : m->in->provider);
	notice_give(s, "code", slice_str(m->l->code));
	notice_give(s, "letter", slice_str(m->l->letter_id));
	notice_give(s, "signer", m->in->signer);
	s->figure[s->figures++] = whom;
}

/* What a row says of the person's data, where no letter is written. */
static void lists(struct making *m)
{
	m->l->acquired = notice_element_list(m->p->acquired, m->l->lang, m->l->quiet, "; ", m->a);
	m->l->accessed = notice_element_list(m->p->accessed & ~m->p->acquired, m->l->lang, m->l->quiet, "; ", m->a);
}

static void body(struct making *m)
{
	struct notice_saying *s = &m->s;
	struct notice_state st;
	bool more = m->us && notice_state_of(m->place, &st), federal = slice_eq_str(m->in->kind, "covered-entity") || slice_eq_str(m->in->kind, "business-associate");
	bool hush = more && (st.texts & NOTICE_ST_NATURE);
	if (m->l->quiet)
		greeting(m);
	(void)notice_tell(s, PAPER_TITLE, "title");
	if (!m->l->quiet)
		greeting(m);
	else if (m->p->deceased)
		(void)notice_tell(s, PAPER_TEXT, "condolence");
	(void)notice_tell(s, PAPER_TEXT, "open");
	notice_tell_happened(s, !hush || federal, !hush);
	information(m);
	own_words(m);
	advice(m);
	if (more)
		state(m, &st);
	end(m);
	if (m->us)
		help(m);
}

static struct slice sender(struct making *m)
{
	struct slice name = m->l->quiet ? m->in->neutral : m->in->entity;
	return words(m->a, (const struct slice[]){name, m->in->address}, 2, "\n");
}

static void pick(struct making *m)
{
	struct notice_letter *l = m->l;
	int want = m->style->lang >= 0 ? m->style->lang : m->p->lang;
	l->lang = want >= 0 ? (enum notice_lang)want : m->in->lang;
	l->fallback = !notice_incident_has(m->in, l->lang);
	if (l->fallback)
		l->lang = m->in->lang;
	l->fallback |= want < 0 && m->p->language != PERSON_LANGUAGE_NOT_SAID;
	l->quiet = m->p->guarded || (m->all & (PERSON_BIT(PERSON_BEHAVIORAL) | PERSON_BIT(PERSON_GENETIC)));
	l->to = addressee_of(m);
	snprintf(l->template_id, sizeof l->template_id, "%s-%s%s%s", notice_addressee_word(l->to), notice_lang_name(l->lang), l->quiet ? "-quiet" : "", m->style->large || m->p->large ? "-large" : "");
}

static void code(struct making *m, uint64_t number)
{
	struct notice_letter *l = m->l;
	notice_letter_number(number, l->letter_id);
	if (m->p->enrol_code.n && m->p->enrol_code.n < sizeof l->code)
		memcpy(l->code, m->p->enrol_code.p, m->p->enrol_code.n);
	else if (m->style->code_key.n && !m->p->enrol_code.n && m->in->provider.n && !m->p->deceased) {
		struct slice what = words(m->a, (const struct slice[]){m->in->name.value, m->p->id}, 2, "\n");
		notice_code_make(m->style->code_key, what, l->code);
	}
}

int notice_letter_make(const struct notice_incident *in, const struct notice_person *p, const struct notice_style *style, uint64_t number, struct arena *a, struct notice_letter *ret, struct err *e)
{
	*ret = (struct notice_letter){.fate = NOTICE_HOLD_NOTHING};
	struct making m = {.in = in, .p = p, .style = style, .l = ret, .a = a, .name = name_of(p, a), .all = p->accessed | p->acquired, .us = in_us(p)};
	if (arena_code(a))
		return err_set(e, arena_code(a), NULL, "no room for a letter");
	m.birth = minor_of(in, p, &m.minor);
	const char *st = state_of(p->state);
	st = st || p->state.n ? st : state_of(p->place);
	m.place = m.us && st ? slice_str(arena_printf(a, "US-%s", st)) : SLICE_NULL;
	ret->fate = fate_of(&m);
	if (ret->fate != NOTICE_MAIL)
		return 0;
	pick(&m);
	code(&m, number);
	ret->post.us = m.us;
	struct notice_state asks;
	if (m.place.n && notice_state_of(m.place, &asks))
		snprintf(ret->place, sizeof ret->place, "%.*s", SLICE_FMT(asks.code));
	if (style->data_only) {
		lists(&m);
		return arena_code(a) ? err_set(e, arena_code(a), NULL, "no room for a letter's row") : 0;
	}
	int r = notice_saying_init(&m.s, in, ret->lang, style->refs, a);
	if (r == 0) {
		give_person(&m);
		body(&m);
		r = m.s.code ? m.s.code : arena_code(a);
	}
	struct paper_post *q = &ret->post;
	*q = (struct paper_post){.lang = notice_lang_name(ret->lang), .us = m.us || slice_eq_nocase(p->country, "CA") || slice_eq_nocase(p->country, "MX"), .large = style->large || p->large, .address_right = slice_eq_nocase(p->country, "FR"), .apart = q->apart, .sender = sender(&m),
		.address = window(&m), .date = notice_day_text(in->date, ret->lang, a), .foot = slice_str(arena_strdup(a, slice_str(ret->letter_id))), .block = m.s.block, .n = m.s.n};
	for (int i = 0; i < 3; i++)
		q->page_words[i] = arena_strdup(a, notice_letter_word((const char *const[]){"page.a", "page.b", "page.c"}[i], ret->lang));
	ret->figure = m.s.figure;
	ret->figures = m.s.figures;
	notice_saying_done(&m.s);
	if (r == 0 && arena_code(a))
		r = arena_code(a);
	return r < 0 ? err_set(e, r, NULL, "a letter is too long") : 0;
}
