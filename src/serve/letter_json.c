/* letter_json: see its header. */
#include "letter_json.h"

#include "gate.h"

void letter_put(const struct paper_letter *p, struct jsonw *w)
{
	jsonw_obj(w);
	jsonw_kstr(w, "lang", p->lang);
	jsonw_kslice(w, "head", p->head);
	jsonw_kslice(w, "headRight", p->head_right);
	jsonw_kslice(w, "foot", p->foot);
	jsonw_key(w, "page");
	jsonw_arr(w);
	for (size_t i = 0; i < ARRAY_LEN(p->page_words); i++)
		jsonw_str(w, p->page_words[i]);
	jsonw_arr_end(w);
	jsonw_key(w, "blocks");
	jsonw_arr(w);
	for (size_t i = 0; i < p->n; i++) {
		jsonw_obj(w);
		jsonw_ku64(w, "look", p->block[i].look);
		jsonw_kslice_opt(w, "label", p->block[i].label);
		jsonw_kslice_opt(w, "text", p->block[i].text);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

static int damaged(struct err *e)
{
	return err_set(e, ERR_INPUT, NULL, "a letter that does not read");
}

int letter_read(const struct json_node *n, struct arena *a, struct paper_letter *ret, struct err *e)
{
	const struct json_node *page = json_get(n, "page"), *blocks = json_get(n, "blocks");
	char *lang = arena_strdup(a, json_text(n, "lang"));
	struct paper_letter p = {.lang = lang ? gate_letter_lang(lang) : NULL, .head = json_text(n, "head"), .head_right = json_text(n, "headRight"), .foot = json_text(n, "foot")};
	size_t words = 0;
	if (!p.lang || !page || page->type != JSON_ARR || page->count != ARRAY_LEN(p.page_words) || !blocks || blocks->type != JSON_ARR || blocks->count > LETTER_BLOCKS_MAX)
		return damaged(e);
	for (const struct json_node *v = page->child; v; v = v->next)
		if (v->type != JSON_STR || !(p.page_words[words++] = arena_strdup(a, v->value)))
			return damaged(e);
	struct paper_block *block = arena_array(a, blocks->count + 1, sizeof *block);
	if (!block)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the letter");
	for (const struct json_node *v = blocks->child; v; v = v->next) {
		uint64_t look;
		if (num_u64(json_text(v, "look"), 0, PAPER_SMALL, &look) < 0)
			return damaged(e);
		block[p.n++] = (struct paper_block){.look = (enum paper_look)look, .label = json_text(v, "label"), .text = json_text(v, "text")};
	}
	p.block = block;
	*ret = p;
	return 0;
}
