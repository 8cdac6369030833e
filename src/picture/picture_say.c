/* Words, days, numbers and categories in the reader's language. */
#include "picture_internal.h"

#include <stdio.h>

static const char *const words[WORDS][3] = {
#define X(id, en, fr, zh) [W_##id] = {en, fr, zh},
#include "picture_words.h"
#undef X
};

struct slice picture_word(struct pic *p, enum word w)
{
	return slice_str(words[w][p->n]);
}

static struct slice kept(struct pic *p, struct buf *b)
{
	struct slice s = arena_dup(p->a, buf_slice(b));
	p->failed = p->failed || !buf_ok(b) || !s.p;
	return s;
}

struct slice picture_say(struct pic *p, enum word w, const char *one, const char *two)
{
	AUTO_BUF struct buf b = {0};
	const char *form = words[w][p->n];
	buf_init(&b, 1 << 16);
	for (; *form; form++)
		if (form[0] == '{' && form[1] == '}' && one) {
			buf_str(&b, one);
			one = two;
			two = NULL;
			form++;
		} else {
			buf_u8(&b, (uint8_t)*form);
		}
	return kept(p, &b);
}

struct slice picture_text(struct pic *p, const char *fmt, ...)
{
	char out[2048];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(out, sizeof out, fmt, ap);
	va_end(ap);
	struct slice s = slice_str(out);
	s.n = utf8_valid_prefix(s);
	s = arena_dup(p->a, s);
	p->failed = p->failed || !s.p;
	return s;
}

const char *picture_count(struct pic *p, uint64_t n)
{
	char out[32];
	const char *s = arena_strdup(p->a, slice_str(plot_number(p->lang, (double)n, out)));
	p->failed = p->failed || !s;
	return s ? s : "";
}

static const char *const months[2][12] = {
	{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
};

struct slice picture_month(struct pic *p, int m)
{
	return m < 1 || m > 12 ? SLICE_NULL : p->n == 2 ? picture_text(p, "%d月", m) : slice_str(months[p->n][m - 1]);
}

const char *picture_day(struct pic *p, int32_t d)
{
	int y, m, k, h, mi, s;
	if (d == REGISTRY_NO_DAY)
		return "–";
	time_civil((int64_t)d * 86400 * TIME_SEC, &y, &m, &k, &h, &mi, &s);
	const char *out = p->n == 2 ? arena_printf(p->a, "%d年%d月%d日", y, m, k) : arena_printf(p->a, "%d%s %s %d", k, p->n == 1 && k == 1 ? "er" : "", months[p->n][m - 1], y);
	p->failed = p->failed || !out;
	return out ? out : "";
}

/* The portal's categories; what it may add later stands as it writes it. */
static const struct {
	const char *en, *fr, *zh;
} categories[] = {
	{"Hacking/IT Incident", "Piratage ou incident informatique", "黑客攻击/信息系统事件"},
	{"Unauthorized Access/Disclosure", "Accès ou divulgation non autorisés", "未经授权的访问/披露"},
	{"Theft", "Vol", "盗窃"},
	{"Loss", "Perte", "丢失"},
	{"Improper Disposal", "Élimination inadéquate", "处置不当"},
	{"Unknown", "Inconnu", "不明"},
	{"Other", "Autre", "其他"},
	{"Desktop Computer", "Ordinateur de bureau", "台式计算机"},
	{"Electronic Medical Record", "Dossier médical électronique", "电子病历"},
	{"Email", "Courriel", "电子邮件"},
	{"Laptop", "Ordinateur portable", "笔记本电脑"},
	{"Network Server", "Serveur réseau", "网络服务器"},
	{"Other Portable Electronic Device", "Autre appareil portable", "其他便携电子设备"},
	{"Paper/Films", "Papier ou films", "纸质/胶片"},
	{"Business Associate", "Sous-traitant (business associate)", "业务伙伴"},
	{"Health Plan", "Assureur santé", "健康保险计划"},
	{"Healthcare Clearing House", "Centre d’échange de données de santé", "医疗结算机构"},
	{"Healthcare Provider", "Prestataire de soins", "医疗服务提供者"},
};

struct slice picture_category(const char *lang, struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(categories); i++)
		if (slice_eq_str(name, categories[i].en))
			return slice_str(!strcmp(lang, "fr") ? categories[i].fr : !strcmp(lang, "zh") ? categories[i].zh : categories[i].en);
	return name;
}

struct slice picture_named(struct pic *p, struct slice name)
{
	return name.n ? picture_category(p->lang, name) : picture_word(p, W_NOT_SAID);
}

struct slice picture_own_name(struct pic *p)
{
	const struct picture_own *o = p->ask->own;
	return o && o->name.n ? o->name : picture_word(p, W_OWN);
}
