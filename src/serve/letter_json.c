/* letter_json: see its header. */
#include "letter_json.h"

#include "gate.h"

static void put_page(const char *const words[3], struct jsonw *w)
{
	jsonw_key(w, "page");
	jsonw_arr(w);
	for (size_t i = 0; i < 3; i++)
		jsonw_str(w, words[i]);
	jsonw_arr_end(w);
}

static void put_blocks(const struct paper_block *block, size_t n, struct jsonw *w)
{
	jsonw_key(w, "blocks");
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jsonw_obj(w);
		jsonw_ku64(w, "look", block[i].look);
		jsonw_kslice_opt(w, "label", block[i].label);
		jsonw_kslice_opt(w, "text", block[i].text);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

void letter_put(const struct paper_letter *p, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kstr(w, "lang", p->lang);
	jsonw_kslice(w, "head", p->head);
	jsonw_kslice(w, "headRight", p->head_right);
	jsonw_kslice(w, "foot", p->foot);
	put_page(p->page_words, w);
	put_blocks(p->block, p->n, w);
	jsonw_obj_end(w);
}

void post_put(const struct paper_post *p, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kstr(w, "lang", p->lang);
	jsonw_kbool(w, "us", p->us);
	jsonw_kbool(w, "large", p->large);
	jsonw_kbool(w, "addressRight", p->address_right);
	jsonw_kslice(w, "sender", p->sender);
	jsonw_kslice(w, "address", p->address);
	jsonw_kslice(w, "date", p->date);
	jsonw_kslice(w, "foot", p->foot);
	put_page(p->page_words, w);
	jsonw_ku64(w, "apart", p->apart);
	put_blocks(p->block, p->n, w);
	jsonw_obj_end(w);
}

static int damaged(struct err *e)
{
	return err_set(e, ERR_INPUT, NULL, "a letter that does not read");
}

static int read_page(const struct json_node *n, struct arena *a, const char *ret[3], struct err *e)
{
	const struct json_node *page = json_get(n, "page");
	size_t words = 0;
	if (!page || page->type != JSON_ARR || page->count != 3)
		return damaged(e);
	for (const struct json_node *v = page->child; v; v = v->next)
		if (v->type != JSON_STR || !(ret[words++] = arena_strdup(a, v->value)))
			return damaged(e);
	return 0;
}

static int read_blocks(const struct json_node *n, struct arena *a, const struct paper_block **ret, size_t *ret_n, struct err *e)
{
	const struct json_node *blocks = json_get(n, "blocks");
	size_t k = 0;
	if (!blocks || blocks->type != JSON_ARR || blocks->count > LETTER_BLOCKS_MAX)
		return damaged(e);
	struct paper_block *block = arena_array(a, blocks->count + 1, sizeof *block);
	if (!block)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the letter");
	for (const struct json_node *v = blocks->child; v; v = v->next) {
		uint64_t look;
		if (num_u64(json_text(v, "look"), 0, PAPER_SMALL, &look) < 0)
			return damaged(e);
		block[k++] = (struct paper_block){.look = (enum paper_look)look, .label = json_text(v, "label"), .text = json_text(v, "text")};
	}
	*ret = block;
	*ret_n = k;
	return 0;
}

int letter_read(const struct json_node *n, struct arena *a, struct paper_letter *ret, struct err *e)
{
	char *lang = arena_strdup(a, json_text(n, "lang"));
	struct paper_letter p = {.lang = lang ? gate_letter_lang(lang) : NULL, .head = json_text(n, "head"), .head_right = json_text(n, "headRight"), .foot = json_text(n, "foot")};
	if (!p.lang)
		return damaged(e);
	int r = read_page(n, a, p.page_words, e);
	if (r == 0)
		r = read_blocks(n, a, &p.block, &p.n, e);
	if (r == 0)
		*ret = p;
	return r;
}

static bool is_true(const struct json_node *n, const char *key)
{
	const struct json_node *v = json_get(n, key);
	return v && v->type == JSON_TRUE;
}

int post_read(const struct json_node *n, struct arena *a, struct paper_post *ret, struct err *e)
{
	static const char *const langs[] = {"en", "es", "fr", "zh"};
	struct paper_post p = {.us = is_true(n, "us"), .large = is_true(n, "large"), .address_right = is_true(n, "addressRight"), .sender = json_text(n, "sender"), .address = json_text(n, "address"), .date = json_text(n, "date"), .foot = json_text(n, "foot")};
	uint64_t apart;
	for (size_t i = 0; i < ARRAY_LEN(langs); i++)
		if (slice_eq_str(json_text(n, "lang"), langs[i]))
			p.lang = langs[i];
	if (!p.lang || num_u64(json_text(n, "apart"), 0, LETTER_BLOCKS_MAX, &apart) < 0)
		return damaged(e);
	int r = read_page(n, a, p.page_words, e);
	if (r == 0)
		r = read_blocks(n, a, &p.block, &p.n, e);
	if (r < 0)
		return r;
	p.apart = (size_t)apart < p.n ? (size_t)apart : 0;
	*ret = p;
	return 0;
}
