/* keeper_sheets: sheets that a page prints are registered before they are drawn. What they are and on how many pages web says, which had them laid out; who prints them, and the letters that all numbers of this site begin with, are the keeper's. */
#include "keeper.h"
#include "paper.h"

static const char *const texts[] = {"kind", "patient", "unit", "pages"};

/* Only what a register holds, and of each sheet a kind that there is. */
static int put_sheets(const struct json_node *list, struct jsonw *w, struct err *e)
{
	jsonw_key(w, "sheets");
	jsonw_arr(w);
	for (const struct json_node *n = list ? list->child : NULL; n; n = n->next) {
		uint64_t pages;
		if (paper_kind_parse(json_text(n, "kind")) < 0 || num_u64(json_text(n, "pages"), 1, PAPER_PAGES_OF_SHEET_MAX, &pages) < 0)
			return err_set(e, ERR_INPUT, NULL, "that is no sheet");
		jsonw_obj(w);
		for (size_t i = 0; i < 3; i++)
			jsonw_kslice_opt(w, texts[i], json_text(n, texts[i]));
		jsonw_ku64(w, "pages", pages);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	return 0;
}

static int body_of(struct keeper *k, const struct json_node *n, const struct asker *who, const char *block, struct buf *b, struct err *e)
{
	const struct json_node *list = json_get(n, "sheets");
	struct jsonw w;
	uint64_t from, checkpoint;
	if (!list || list->type != JSON_ARR || !list->count || list->count > PAPER_SHEETS_MAX || num_u64(json_text(n, "from"), 0, ledger_size(k->l), &from) < 0 || num_u64(json_text(n, "checkpoint"), 0, ledger_size(k->l), &checkpoint) < 0)
		return err_set(e, ERR_INPUT, NULL, "that is nothing to print");
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "printed");
	jsonw_kstr(&w, "block", block);
	jsonw_ku64(&w, "from", from);
	jsonw_ku64(&w, "checkpoint", checkpoint);
	int r = put_sheets(list, &w, e);
	jsonw_kstr(&w, "by", who->user);
	jsonw_kstr(&w, "role", who->role);
	jsonw_kslice_opt(&w, "reason", json_text(n, "reason"));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return r < 0 ? r : buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "too many sheets for one registration");
}

void op_sheets(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	AUTO_BUF struct buf b = {0};
	char source[LEDGER_SOURCE_MAX + 1], block[PAPER_BLOCK_MAX];
	uint8_t hash[SEAL_HASH];
	struct asker who;
	struct json_node *n;
	struct err e = {0};
	uint64_t seq = 0;
	buf_init(&b, (size_t)16 << 20);
	int r = asker_read(k, ch, &c, MAY_CENSUS | MAY_CHART, &who, &e);
	if (r == 0)
		r = a ? json_tree(cur_take(&c, cur_left(&c)), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && k->restoring)
		r = err_set(&e, ERR_BUSY, NULL, "this site is being rebuilt: sheets can be numbered and registered when its ledger is there");
	seal_sha256_once(slice_str(k->r->origin), hash);
	paper_block(hash, block);
	if (r == 0)
		r = body_of(k, n, &who, block, &b, &e);
	if (r == 0) {
		keeper_source(&who, "web", source);
		r = keeper_record(k, LEDGER_SHEET, source, buf_slice(&b), &seq, NULL, &e);
	}
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_u64le(&ch->c.out, seq);
	frame_str(&ch->c.out, block);
	reply_end(ch, at);
}
