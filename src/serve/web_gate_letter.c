/* A letter about a link, for a page: the keeper makes it of entries, here it is set as text, or as PDF by the role that has the fonts; that it was made is an entry before the first byte goes out. */
#include "web_internal.h"

#include "gate.h"
#include "letter_json.h"

#include <stdio.h>

#define LETTER_MAX ((size_t)32 << 20)

struct asked_letter {
	const char *link, *kind, *to, *lang, *format, *paper;
};

/* One of these words; the first where nothing is said. */
static const char *one_of(struct web_request *q, const char *name, const char *const *words, size_t n)
{
	const char *said = web_query(q, name);
	if (!said || !*said)
		return words[0];
	for (size_t i = 0; i < n; i++)
		if (!strcmp(said, words[i]))
			return words[i];
	web_error(q, 400, "input", "'%s' is not one of what it can be; the first is %s.", name, words[0]);
	return NULL;
}

static bool what_is_asked(struct web_request *q, struct asked_letter *ret)
{
	static const char *const kinds[] = {"cut", "conditions", "assurance"}, *const whom[] = {"partner", "regulator", "insurer"}, *const langs[] = {"en", "fr", "zh"}, *const formats[] = {"pdf", "txt"}, *const papers[] = {"a4", "letter"};
	struct asked_letter x = {.link = web_query(q, "name")};
	if (!x.link || !*x.link || strlen(x.link) >= GATE_NAME_MAX) {
		web_error(q, 400, "input", "Say which link: ?name=");
		return false;
	}
	if (!(x.kind = one_of(q, "kind", kinds, ARRAY_LEN(kinds))) || !(x.to = one_of(q, "to", whom, ARRAY_LEN(whom))) || !(x.lang = one_of(q, "lang", langs, ARRAY_LEN(langs))) || !(x.format = one_of(q, "format", formats, ARRAY_LEN(formats))) ||
	    !(x.paper = one_of(q, "paper", papers, ARRAY_LEN(papers))))
		return false;
	*ret = x;
	return true;
}

static int ask(struct web_request *q, const struct asked_letter *x, const char *what, const struct json_node *made, struct slice file, struct buf *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0}, hex = {0};
	struct jsonw w;
	uint8_t hash[SEAL_HASH];
	buf_init(&b, 1 << 16);
	buf_init(&hex, 256);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "do", what);
	jsonw_kstr(&w, "name", x->link);
	jsonw_kstr(&w, "letter", x->kind);
	jsonw_kstr(&w, "to", x->to);
	jsonw_kstr(&w, "lang", x->lang);
	if (made) {
		seal_sha256_once(file, hash);
		hex_put(&hex, slice_of(hash, sizeof hash));
		jsonw_kstr(&w, "format", x->format);
		jsonw_kslice(&w, "sha256", buf_slice(&hex));
		jsonw_kslice(&w, "entries", json_text(made, "entries"));
		jsonw_kslice(&w, "checkpoint", json_text(made, "checkpoint"));
	}
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return keeper_gate_ask(q->w->keeper, &q->who, buf_slice(&b), !made, ret, e);
}

static int set(struct web_request *q, const struct asked_letter *x, const struct json_node *letter, struct buf *out, struct err *e)
{
	struct paper_letter p;
	int r = letter ? letter_read(letter, q->a, &p, e) : err_set(e, ERR_INPUT, NULL, "a letter that does not read");
	if (r < 0)
		return r;
	if (!strcmp(x->format, "pdf"))
		return web_ecg_ask(q, ECG_ASK_LETTER, slice_str(!strcmp(x->paper, "letter") ? "{\"paper\":\"letter\"}" : "{}"), letter->raw, SLICE_NULL, out, e);
	paper_text(&p, out);
	return buf_ok(out) ? 0 : err_set(e, buf_code(out), NULL, "this letter would be too long");
}

void web_gate_letter(struct web_request *q)
{
	struct asked_letter x;
	struct err e = {0};
	struct json_node *n = NULL;
	AUTO_BUF struct buf made = {0}, said = {0};
	if (!what_is_asked(q, &x))
		return;
	buf_init(&made, LETTER_MAX);
	buf_init(&said, 1 << 16);
	int r = ask(q, &x, "letter-make", NULL, SLICE_NULL, &made, &e);
	if (r == 0)
		r = json_tree(buf_slice(&made), q->a, &n, &e);
	if (r == 0)
		r = set(q, &x, json_get(n, "letter"), &q->out, &e);
	if (r == 0)
		r = ask(q, &x, "letter", n, buf_slice(&q->out), &said, &e);
	if (r == ERR_NO)
		web_error(q, 409, "no", "%s", e.text);
	else if (r < 0)
		web_fail(q, &e);
	if (r < 0)
		return;
	q->status = 200;
	q->content_type = !strcmp(x.format, "pdf") ? "application/pdf" : "text/plain; charset=utf-8";
	snprintf(q->disposition, sizeof q->disposition, "inline; filename=\"%s-%s-%s.%s\"", x.link, x.kind, x.lang, x.format);
	snprintf(q->as_of, sizeof q->as_of, "%.*s", SLICE_FMT(json_text(n, "entries")));
}
