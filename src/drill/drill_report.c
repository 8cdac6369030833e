/* The page of a drill: what failed first, then what was warned of and what was not done, then what passed. */
#include "drill.h"
#include "paper.h"

#include <inttypes.h>
#include <stdlib.h>

enum { EN, FR, ZH, LANGS };
enum word { W_TITLE, W_WHEN, W_UNITS, W_BY, W_SCORE, W_COUNTS, W_MEANS, W_LIMITS, W_FOOT, W_NOT_ENTERED, W_PAGE, W_OF, W_PAGE_END, WORDS };
static const char *const words[WORDS][LANGS] = {
	[W_TITLE] = {"Readiness for a downtime: a drill", "Préparation à une panne : un exercice", "停机准备：演练报告"},
	[W_WHEN] = {"When", "Quand", "时间"},
	[W_UNITS] = {"Units", "Unités", "病区"},
	[W_BY] = {"Run by", "Mené par", "执行人"},
	[W_SCORE] = {"%u of %u passed", "%u réussis sur %u", "%u / %u 项通过"},
	[W_COUNTS] = {"%u failed, %u with a warning, %u not done. What was not done counts as not passed.", "%u échecs, %u avec réserve, %u non faits. Ce qui n'a pas été fait n'est pas compté comme réussi.", "%u 项未通过，%u 项警告，%u 项未做。未做的不算通过。"},
	[W_MEANS] = {"DRILL: done on a copy of the charts, which is gone; nothing was sent to the EHR and nothing stands in a patient's chart.", "EXERCICE : fait sur une copie des dossiers, disparue depuis ; rien n'a été envoyé au dossier informatisé, rien n'est inscrit dans un dossier de patient.", "演练：在病历副本上进行，副本已销毁；未向电子病历系统发送任何内容，也未写入任何病人的病历。"},
	[W_LIMITS] = {"What a drill of the program cannot show: whether PCs and printers have power, whether people know where the words and the forms lie, and whether they use them.", "Ce qu'un exercice du programme ne montre pas : si postes et imprimantes ont du courant, si l'équipe sait où sont les mots et les formulaires, et s'en sert.", "程序演练不能说明的：电脑和打印机是否有电，人员是否知道口令和表单放在哪里、是否会用。"},
	[W_FOOT] = {"Entry %" PRIu64 " of the ledger holds this result.", "L'entrée %" PRIu64 " du registre contient ce résultat.", "账本第 %" PRIu64 " 条记录了本结果。"},
	[W_NOT_ENTERED] = {"This result is in no ledger yet.", "Ce résultat n'est encore dans aucun registre.", "本结果尚未写入账本。"},
	[W_PAGE] = {"page ", "page ", "第 "}, [W_OF] = {" of ", " sur ", " 页，共 "}, [W_PAGE_END] = {"", "", " 页"},
};

#define BLOCKS_MAX (DRILL_CHECK_COUNT + 16)
struct page {
	struct paper_letter p;
	struct paper_block block[BLOCKS_MAX];
	struct arena *a;
	int l;
};

static void put(struct page *g, enum paper_look look, const char *label, struct slice text)
{
	assert(g->p.n < BLOCKS_MAX);
	g->block[g->p.n++] = (struct paper_block){.look = look, .label = slice_str(label), .text = text};
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the formats of the table above */
static struct slice count_words(struct page *g, enum word w, unsigned a, unsigned b, unsigned c)
{
	return slice_str(arena_printf(g->a, words[w][g->l], a, b, c));
}

static struct slice entry_words(struct page *g, const struct drill *d)
{
	return d->entry ? slice_str(arena_printf(g->a, words[W_FOOT][g->l], d->entry)) : slice_str(words[W_NOT_ENTERED][g->l]);
}
#pragma GCC diagnostic pop

static void put_check(struct page *g, const struct drill *d, enum drill_check_name n)
{
	const struct drill_check *c = &d->check[n];
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 14);
	buf_printf(&b, PAPER_STRONG "%s" PAPER_STRONG_END " ", drill_result_word(g->p.lang, c->result));
	drill_sentence(g->p.lang, c, &b);
	if (c->entry)
		buf_printf(&b, " " PAPER_REF "[#%" PRIu64 "]" PAPER_REF_END, c->entry);
	put(g, c->result == DRILL_FAIL ? PAPER_FIELD : PAPER_SMALL, drill_title(g->p.lang, n), arena_dup(g->a, buf_slice(&b)));
}

static void lay_out(struct page *g, const struct drill *d, const struct drill_page *p)
{
	static const enum drill_result order[] = {DRILL_FAIL, DRILL_WARN, DRILL_NOT_DONE, DRILL_PASS};
	unsigned count[4];
	char when[32];
	int minutes = abs(p->zone_minutes);
	AUTO_BUF struct buf units = {0};
	AUTO_BUF struct buf span = {0};
	g->l = !strcmp(p->lang, "fr") ? FR : !strcmp(p->lang, "zh") ? ZH : EN;
	g->p = (struct paper_letter){.lang = p->lang, .us = p->us, .block = g->block, .head = slice_str(d->site), .head_right = slice_str(words[W_TITLE][g->l]), .page_words = {words[W_PAGE][g->l], words[W_OF][g->l], words[W_PAGE_END][g->l]}};
	buf_init(&units, 1 << 14);
	buf_init(&span, 64);
	for (size_t i = 0; i < d->units; i++)
		buf_printf(&units, "%s%s", i ? ", " : "", d->unit[i]);
	drill_span(p->lang, d->seconds, &span);
	drill_counts(d, count);
	put(g, PAPER_TITLE, "", slice_str(words[W_TITLE][g->l]));
	put(g, PAPER_FIELD, words[W_WHEN][g->l], slice_str(arena_printf(g->a, "%.10s %.5s (UTC%c%02d:%02d) · %s", time_rfc3339(d->begun, p->zone_minutes, when), when + 11, p->zone_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60, buf_cstr(&span))));
	put(g, PAPER_FIELD, words[W_UNITS][g->l], arena_dup(g->a, buf_slice(&units)));
	put(g, PAPER_FIELD, words[W_BY][g->l], slice_str(d->by));
	put(g, PAPER_HEADING, "", count_words(g, W_SCORE, count[DRILL_PASS], DRILL_CHECK_COUNT, 0));
	put(g, PAPER_TEXT, "", count_words(g, W_COUNTS, count[DRILL_FAIL], count[DRILL_WARN], count[DRILL_NOT_DONE]));
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		for (int n = 0; n < DRILL_CHECK_COUNT; n++)
			if (d->check[n].result == order[i])
				put_check(g, d, (enum drill_check_name)n);
	put(g, PAPER_SMALL, "", slice_str(words[W_MEANS][g->l]));
	put(g, PAPER_SMALL, "", slice_str(words[W_LIMITS][g->l]));
	g->p.foot = entry_words(g, d);
}

void drill_text(const struct drill *d, const struct drill_page *p, struct buf *ret)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct page g = {.a = a};
	if (!a)
		return;
	lay_out(&g, d, p);
	paper_text(&g.p, ret);
}

int drill_pdf(const struct drill *d, const struct drill_page *p, struct buf *ret, unsigned *ret_pages, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct page g = {.a = a};
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	lay_out(&g, d, p);
	return paper_pdf(&g.p, ret, ret_pages, e);
}
