/* Times, ages and values in the reader's language. */
#include "paper_internal.h"

#include <stdio.h>

static const char *const words[WORDS][3] = {
#define X(id, en, fr, zh) [W_##id] = {en, fr, zh},
#include "paper_words.h"
#undef X
};

struct slice pad_word(const struct pad *p, enum word w)
{
	return slice_str(words[w][p->b->lang]);
}

struct slice say_filled(struct pad *p, enum word w, const struct slice *v, size_t n)
{
	struct slice form = pad_word(p, w);
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 16);
	for (size_t i = 0, k = 0; i < form.n; i++) {
		if (form.p[i] == '{' && i + 1 < form.n && form.p[i + 1] == '}' && k < n) {
			buf_add_slice(&b, v[k++]);
			i++;
		} else {
			buf_u8(&b, form.p[i]);
		}
	}
	return pad_dup(p, buf_slice(&b));
}

struct slice say_count(struct pad *p, uint64_t n)
{
	return pad_printf(p, "%llu", (unsigned long long)n);
}

static const char *const months[2][12] = {
	{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
};

/* The numbers of an ISO time, as many as stand there. */
static int parts_of(struct slice s, int v[5])
{
	static const uint8_t at[] = {0, 5, 8, 11, 14}, len[] = {4, 2, 2, 2, 2};
	int n = 0;
	for (; n < 5 && s.n >= (size_t)at[n] + len[n]; n++) {
		v[n] = 0;
		for (uint8_t i = 0; i < len[n]; i++) {
			uint8_t c = s.p[at[n] + i];
			if (c < '0' || c > '9')
				return n;
			v[n] = v[n] * 10 + c - '0';
		}
	}
	return n >= 2 && (v[1] < 1 || v[1] > 12) ? 0 : n;
}

static struct slice day_text(struct pad *p, const int v[5], int n, bool year)
{
	bool zh = p->b->lang == LANG_ZH;
	const char *m = zh || n < 2 ? "" : months[p->b->lang][v[1] - 1];
	if (n == 1)
		return pad_printf(p, zh ? "%04d年" : "%04d", v[0]);
	if (n == 2)
		return zh ? pad_printf(p, "%d年%d月", v[0], v[1]) : pad_printf(p, "%s %d", m, v[0]);
	if (zh)
		return year ? pad_printf(p, "%d年%d月%d日", v[0], v[1], v[2]) : pad_printf(p, "%d月%d日", v[1], v[2]);
	return year ? pad_printf(p, "%d %s %d", v[2], m, v[0]) : pad_printf(p, "%d %s", v[2], m);
}

static struct slice when_text(struct pad *p, struct slice iso, bool year)
{
	int v[5], n = parts_of(iso, v);
	if (n == 0)
		return iso; /* as it was sent, rather than nothing */
	struct slice day = day_text(p, v, n > 3 ? 3 : n, year);
	if (n < 4)
		return day;
	return n == 4 ? pad_printf(p, "%.*s %02dh", SLICE_FMT(day), v[3]) : pad_printf(p, "%.*s %02d:%02d", SLICE_FMT(day), v[3], v[4]);
}

/* Without the year where it is that of printing: it is what is read most. */
struct slice say_when(struct pad *p, struct slice iso)
{
	int v[5], y, mo, d, h, mi, s;
	time_civil(p->b->run.made + (int64_t)p->b->run.zone_minutes * 60 * TIME_SEC, &y, &mo, &d, &h, &mi, &s);
	return when_text(p, iso, parts_of(iso, v) < 3 || v[0] != y);
}

struct slice say_day(struct pad *p, struct slice iso)
{
	if (!iso.n)
		return pad_word(p, W_NOT_RECEIVED);
	return when_text(p, iso.n > 10 ? slice_of(iso.p, 10) : iso, true);
}

struct slice say_time(struct pad *p, int64_t t, bool seconds)
{
	int v[5], s;
	time_civil(t + (int64_t)p->b->run.zone_minutes * 60 * TIME_SEC, &v[0], &v[1], &v[2], &v[3], &v[4], &s);
	struct slice day = day_text(p, v, 3, true);
	return seconds ? pad_printf(p, "%.*s %02d:%02d:%02d", SLICE_FMT(day), v[3], v[4], s) : pad_printf(p, "%.*s %02d:%02d", SLICE_FMT(day), v[3], v[4]);
}

struct slice say_clock(struct pad *p, int64_t t)
{
	int v[5], s, y, mo, d, h, mi;
	time_civil(t + (int64_t)p->b->run.zone_minutes * 60 * TIME_SEC, &v[0], &v[1], &v[2], &v[3], &v[4], &s);
	time_civil(p->b->run.made + (int64_t)p->b->run.zone_minutes * 60 * TIME_SEC, &y, &mo, &d, &h, &mi, &s);
	return pad_printf(p, "%.*s %02d:%02d", SLICE_FMT(day_text(p, v, 3, v[0] != y)), v[3], v[4]);
}

struct slice say_age(struct pad *p, int64_t ns)
{
	long long s = ns > 0 ? (long long)(ns / TIME_SEC) : 0;
	enum lang l = p->b->lang;
	if (s < 60)
		return l == LANG_ZH ? pad_printf(p, "%lld秒", s) : pad_printf(p, "%lld s", s);
	if (s < 7200)
		return l == LANG_ZH ? pad_printf(p, "%lld分钟", s / 60) : pad_printf(p, "%lld min", s / 60);
	if (s < 172800)
		return l == LANG_ZH ? pad_printf(p, "%lld小时%lld分", s / 3600, s / 60 % 60) : pad_printf(p, "%lld h %02lld min", s / 3600, s / 60 % 60);
	return l == LANG_ZH ? pad_printf(p, "%lld天", s / 86400) : pad_printf(p, l == LANG_FR ? "%lld jours" : "%lld days", s / 86400);
}

struct slice say_sex(struct pad *p, struct slice sex)
{
	return pad_word(p, slice_eq_str(sex, "male") ? W_MALE : slice_eq_str(sex, "female") ? W_FEMALE : slice_eq_str(sex, "other") ? W_OTHER_SEX : slice_eq_str(sex, "unknown") ? W_UNKNOWN_SEX : W_NOT_RECEIVED);
}

struct slice say_mark(enum paper_origin o)
{
	static const char *const marks[] = {[PAPER_FED] = "■", [PAPER_CAPTURED] = "✎", [PAPER_RESTORED] = "↺", [PAPER_PARTNER] = "⇄"};
	return slice_str(marks[o]);
}

struct slice say_origin(struct pad *p, enum paper_origin o)
{
	return pad_word(p, o == PAPER_FED ? W_O_FED : o == PAPER_CAPTURED ? W_O_CAPTURED : o == PAPER_RESTORED ? W_O_RESTORED : W_O_PARTNER);
}

struct slice say_topic(struct pad *p, enum paper_topic t)
{
	static const enum word w[PAPER_TOPICS] = {W_T_ALLERGIES, W_T_PROBLEMS, W_T_MEDICATIONS, W_T_GIVEN, W_T_RESULTS, W_T_VITALS, W_T_ORDERS, W_T_FLAGS, W_T_CONTACTS, W_T_CARE_TEAM, W_T_APPOINTMENTS, W_T_REPORTS, W_T_PROCEDURES, W_T_ECGS};
	return pad_word(p, w[t]);
}

struct slice say_kind(struct pad *p, enum paper_kind k)
{
	static const enum word w[PAPER_KINDS] = {W_CENSUS, W_SUMMARY, W_MAR, W_LABS, W_ORDERS, W_LABELS, W_WRISTBANDS, W_REGISTRATION, W_VITALS_FORM, W_MAR_FORM, W_ORDERS_FORM, W_NOTES, W_LAB_REQUISITION, W_TRANSFER, W_CONTACTS, W_CALLS};
	return pad_word(p, w[k]);
}

/* HL7 table 0078: the shape says the side, the word how far. */
struct slice say_flag(struct pad *p, struct slice f)
{
	static const struct {
		const char *flag, *shape;
		enum word w;
	} known[] = {{"HH", "▲▲", W_F_CRITICAL_HIGH}, {"LL", "▼▼", W_F_CRITICAL_LOW}, {"H", "▲", W_F_HIGH}, {"L", "▼", W_F_LOW}, {"AA", "◆◆", W_F_CRITICAL}, {"A", "◆", W_F_ABNORMAL}, {"HU", "▲▲", W_F_CRITICAL_HIGH}, {"LU", "▼▼", W_F_CRITICAL_LOW}, {">", "▲▲", W_F_CRITICAL_HIGH}, {"<", "▼▼", W_F_CRITICAL_LOW}};
	if (!f.n || slice_eq_nocase(f, "N"))
		return SLICE_NULL;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (slice_eq_nocase(f, known[i].flag)) {
			struct slice w = pad_word(p, known[i].w);
			return pad_printf(p, "%s %.*s", known[i].shape, SLICE_FMT(w));
		}
	return pad_printf(p, "◆ %.*s", (int)(f.n > 60 ? 60 : f.n), (const char *)f.p);
}

/* The family name in the letters it was sent in: capitals are not invented, they would lose accents that tell two people apart. */
struct slice say_name(struct pad *p, struct slice family, struct slice given)
{
	if (!family.n && !given.n)
		return pad_word(p, W_NAME_NOT_RECEIVED);
	if (!family.n || !given.n)
		return family.n ? family : given;
	return pad_printf(p, "%.*s, %.*s", (int)(family.n > 600 ? 600 : family.n), (const char *)family.p, (int)(given.n > 600 ? 600 : given.n), (const char *)given.p);
}
