/* What the process that decodes says of a page, as bytes: a line of JSON, LF, the kept picture (JPEG) or nothing.
 *
 *   {"page":1,"pages":3,"width":1654,"height":2339,"turned":180,"blank":true?,"error":"..."?,"codes":[{"text":"HF1:...","qr":true}]}
 *
 * Valid if and only if: one line of at most ANSWER_LINE_MAX bytes; page from 1 to pages, pages at most SCAN_PAGES_MAX; turned is 0, 90, 180 or 270; at most SCAN_CODES_MAX codes of 1 to SCAN_CODE_MAX bytes; either an error of at most
 * ERROR_MAX bytes and no picture, or no error, sides from 1 to SCAN_KEPT_SIDE, and a picture of at most SCAN_KEPT_MAX bytes that begins as a JPEG does (ISO/IEC 10918-1 B.2.1). Who decodes has read what a stranger wrote, and may be that stranger by now: no text
 * of it is shown before it was looked at here, and no picture of it is opened in a process that has anything. */
#include "scan_internal.h"

#define ANSWER_LINE_MAX ((size_t)32 << 10)
#define ERROR_MAX 400

void scan_answer_put(const struct scan_page *p, struct buf *ret)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_ku64(&w, "page", p->page);
	jsonw_ku64(&w, "pages", p->pages);
	if (p->error.n) {
		jsonw_kslice(&w, "error", p->error);
	} else {
		jsonw_ku64(&w, "width", p->width);
		jsonw_ku64(&w, "height", p->height);
		jsonw_ku64(&w, "turned", p->turned);
		jsonw_kbool(&w, "blank", p->blank);
	}
	jsonw_key(&w, "codes");
	jsonw_arr(&w);
	for (size_t i = 0; i < p->code_n; i++) {
		jsonw_obj(&w);
		jsonw_kslice(&w, "text", p->code[i].text);
		jsonw_kbool(&w, "qr", p->code[i].qr);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	buf_u8(ret, '\n');
	buf_add_slice(ret, p->jpeg);
}

static int bad(struct err *e, const char *what)
{
	return err_set(e, ERR_CORRUPT, NULL, "what the reader of scans answered cannot be right: %s", what);
}

static bool number(const struct json_node *n, const char *key, uint64_t least, uint64_t most, unsigned *ret)
{
	uint64_t v;
	if (num_u64(json_text(n, key), least, most, &v) < 0)
		return false;
	*ret = (unsigned)v;
	return true;
}

/* No control character in what people are shown. */
static bool plain(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static int get_codes(const struct json_node *list, struct scan_page *p, struct err *e)
{
	if (!list || list->type != JSON_ARR || list->count > SCAN_CODES_MAX)
		return bad(e, "its codes");
	for (const struct json_node *n = list->child; n; n = n->next) {
		struct slice text = json_text(n, "text");
		const struct json_node *qr = json_get(n, "qr");
		if (!text.n || text.n > SCAN_CODE_MAX || !qr)
			return bad(e, "its codes");
		if (plain(text)) /* others are none of ours, and no label's */
			p->code[p->code_n++] = (struct scan_code){text, qr->type == JSON_TRUE};
	}
	return 0;
}

int scan_answer_get(struct slice body, struct arena *a, struct scan_page *ret, struct err *e)
{
	struct scan_page p = {.page = 0};
	struct json_node *n;
	struct slice rest, line = slice_cut(body, '\n', &rest);
	if (!rest.p || line.n > ANSWER_LINE_MAX || json_tree(line, a, &n, NULL) < 0 || n->type != JSON_OBJ)
		return arena_code(a) ? err_set(e, arena_code(a), NULL, "no memory for a page") : bad(e, "its line");
	const struct json_node *blank = json_get(n, "blank");
	p.blank = blank && blank->type == JSON_TRUE;
	p.error = json_text(n, "error");
	p.jpeg = rest;
	if (!number(n, "pages", 1, SCAN_PAGES_MAX, &p.pages) || !number(n, "page", 1, p.pages, &p.page))
		return bad(e, "its number");
	int r = get_codes(json_get(n, "codes"), &p, e);
	if (r < 0)
		return r;
	if (p.error.n) {
		if (p.error.n > ERROR_MAX || !plain(p.error) || p.jpeg.n)
			return bad(e, "its error");
		p.jpeg = SLICE_NULL;
	} else if (!number(n, "width", 1, SCAN_KEPT_SIDE, &p.width) || !number(n, "height", 1, SCAN_KEPT_SIDE, &p.height) || !number(n, "turned", 0, 270, &p.turned) || p.turned % 90 || p.jpeg.n > SCAN_KEPT_MAX || !slice_starts(p.jpeg, "\xff\xd8\xff")) {
		return bad(e, "its picture");
	}
	*ret = p;
	return 0;
}
