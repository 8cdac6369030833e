/* Letters of a case, to look at before any is printed: one to somebody of the case, or to somebody made up, as `holdfast notice letters` makes it and by the same rules; how many there would be, and what cannot be written yet; who has signed for what was made. Nothing
 * is kept of a letter that was looked at, and its number is that of no letter. Nobody's name stands in an address: somebody of the case is the number of a line of the newest run. */
#include "web_internal.h"

#include "letter_json.h"
#include "notice.h"

#include <stdio.h>

#define CASE_MEMORY ((size_t)96 << 20)

struct looking {
	struct web_request *q;
	struct slice name;
	struct arena *a;
	const struct json_node *n; /* what the keeper said of the case */
	struct notice_incident in;
	struct notice_person who;
	struct notice_style style;
	struct notice_letter letter;
	uint64_t line;
	bool sample;
};

/* false: answered. */
static bool read_case(struct looking *x, struct err *e)
{
	if (web_scope_see(x->q, x->name, "notice", NULL, NULL, &x->n) < 0)
		return false;
	const struct json_node *of = json_get(x->n, "case");
	int r = of ? notice_incident_read(of->raw, x->a, &x->in, e) : err_set(e, ERR_CORRUPT, NULL, "the keeper's answer is broken");
	if (r < 0) {
		web_error(x->q, 409, "input", "%s%s%s", e->place, e->place[0] ? ": " : "", e->text);
		return false;
	}
	return true;
}

/* ---- how many ---- */

static void put_langs(struct jsonw *w, const struct notice_incident *in)
{
	jsonw_key(w, "languages");
	jsonw_arr(w);
	for (int l = 0; l < NOTICE_LANGS; l++)
		if (notice_incident_has(in, (enum notice_lang)l))
			jsonw_str(w, notice_lang_name((enum notice_lang)l));
	jsonw_arr_end(w);
	jsonw_kstr(w, "language", notice_lang_name(in->lang));
}

static void raw(struct jsonw *w, const struct json_node *of, const char *key)
{
	const struct json_node *v = json_get(of, key);
	if (!v)
		return;
	jsonw_key(w, key);
	jsonw_raw(w, v->raw);
}

void web_scope_letters(struct web_request *q, struct slice name)
{
	static const char *const keys[] = {"run", "runAt", "facts", "letters", "sets", "signed", "signers"};
	AUTO_ARENA struct arena *a = arena_new(CASE_MEMORY);
	struct looking x = {.q = q, .name = name, .a = a};
	struct err e = {0}, lacks = {0};
	struct jsonw w;
	if (!a) {
		web_error(q, 503, "memory", "No memory.");
		return;
	}
	if (!read_case(&x, &e))
		return;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		raw(&w, x.n, keys[i]);
	if (notice_incident_ready(&x.in, &lacks) < 0) {
		jsonw_key(&w, "lacks");
		jsonw_obj(&w);
		jsonw_kstr(&w, "key", lacks.place);
		jsonw_kstr(&w, "why", lacks.text);
		jsonw_obj_end(&w);
	}
	put_langs(&w, &x.in);
	jsonw_kslice_opt(&w, "date", x.in.date);
	jsonw_obj_end(&w);
	if (!web_unchanged(q, (struct chart_moment){0}))
		web_json(q, 200);
}

/* ---- signed for ---- */

void web_scope_sign(struct web_request *q, struct slice name)
{
	const struct json_node *body = web_post_only(q) ? web_body(q) : NULL;
	const char *sum = body ? web_text(q, body, "sha256", 64, false) : NULL;
	AUTO_BUF struct buf ask = {0};
	struct keeper_stored s;
	struct err e = {0};
	struct jsonw w;
	if (!sum)
		return;
	if (!json_text(body, "password").n) {
		web_error(q, 403, "password", "A signature is a person's: give your password again.");
		return;
	}
	buf_init(&ask, 4096);
	jsonw_init(&w, &ask);
	jsonw_obj(&w);
	jsonw_kslice(&w, "case", name);
	jsonw_kstr(&w, "sha256", sum);
	jsonw_obj_end(&w);
	int r = keeper_notice_sign(q->w->keeper, &q->who, json_text(body, "password"), buf_slice(&ask), &s, &e);
	if (r == ERR_DENIED && !strcmp(e.place, "password")) {
		web_error(q, 403, "password", "The password is wrong: nothing was signed.");
	} else if (r == ERR_NO) {
		web_error(q, 409, "no", "%s", e.text);
	} else if (r < 0) {
		web_fail(q, &e);
	} else {
		jsonw_init(&w, &q->out);
		jsonw_obj(&w);
		jsonw_ku64(&w, "entry", s.seq);
		jsonw_obj_end(&w);
		web_json(q, 201);
	}
}

/* ---- whom ---- */

/* Somebody who does not exist, with all that was touched in this case: the longest letter there is, one of each kind. */
static bool make_up(struct looking *x, const char *word)
{
	static const struct {
		const char *word, *kin, *representative, *guardian;
		bool minor, deceased, estate, protected, to_guardian;
	} kinds[] = {
		{.word = "adult"}, {.word = "minor", .minor = true, .guardian = "Sample Parent"}, {.word = "guardian", .minor = true, .guardian = "Sample Parent", .protected = true, .to_guardian = true}, {.word = "deceased", .deceased = true, .kin = "Sample Relative"},
		{.word = "representative", .deceased = true, .representative = "Sample Executor"}, {.word = "estate", .deceased = true, .estate = true}, {.word = "nobody", .deceased = true}, {.word = "protected", .protected = true},
	};
	size_t i = 0;
	while (i < ARRAY_LEN(kinds) && strcmp(word, kinds[i].word))
		i++;
	if (i == ARRAY_LEN(kinds))
		return false;
	const struct json_node *acquired = json_get(x->in.root, "acquired");
	uint32_t all = x->in.elements ? x->in.elements : PERSON_BIT(PERSON_NAME);
	bool taken = !acquired || acquired->type != JSON_FALSE;
	struct slice state = slice_starts(x->in.state, "US-") ? slice_of(x->in.state.p + 3, x->in.state.n - 3) : x->in.state;
	x->sample = true;
	x->who = (struct notice_person){.id = SLICE("sample"), .first = SLICE("Sample"), .last = SLICE("Person"), .addr1 = SLICE("1 Sample Street"), .city = SLICE("Sampletown"), .zip = SLICE("00000"), .state = state, .country = x->in.country, .lang = -1, .language = PERSON_LANGUAGE_NOT_SAID};
	x->who.acquired = taken ? all : 0;
	x->who.accessed = taken ? 0 : all;
	x->who.minor_said = true;
	x->who.minor = kinds[i].minor;
	x->who.deceased = kinds[i].deceased;
	x->who.estate = kinds[i].estate;
	x->who.to_guardian = kinds[i].to_guardian;
	x->who.kin = slice_str(kinds[i].kin ? kinds[i].kin : "");
	x->who.representative = slice_str(kinds[i].representative ? kinds[i].representative : "");
	x->who.guardian = slice_str(kinds[i].guardian ? kinds[i].guardian : "");
	x->who.guarded = kinds[i].protected ? NOTICE_HIV : 0;
	return true;
}

static void put_line(struct jsonw *w, void *arg)
{
	const struct looking *x = arg;
	jsonw_ku64(w, "line", x->line);
}

/* false: answered. */
static bool whom(struct looking *x)
{
	struct web_request *q = x->q;
	const char *sample = web_query(q, "sample"), *line = web_query(q, "line");
	const struct json_node *n, *p;
	struct err e = {0};
	if (sample && *sample) {
		if (!make_up(x, sample))
			web_error(q, 400, "input", "sample is adult, minor, guardian, deceased, representative, estate, nobody or protected.");
		return x->sample;
	}
	if (!line || num_u64(slice_str(line), 0, UINT32_MAX, &x->line) < 0) {
		web_error(q, 400, "input", "Say whose letter: line=, the number of a line of the newest run, or sample=.");
		return false;
	}
	if (web_scope_see(q, x->name, "person", put_line, x, &n) < 0)
		return false;
	p = json_get(n, "person");
	int r = p ? notice_person_read(p->raw, x->a, &x->who, &e) : err_set(&e, ERR_CORRUPT, NULL, "the keeper's answer is broken");
	if (r < 0)
		web_fail(q, &e);
	return r == 0;
}

static void put_id(struct jsonw *w, void *arg)
{
	jsonw_kstr(w, "person", arg);
}

/* POST: an id is somebody's, and stands in no address. */
void web_scope_person(struct web_request *q, struct slice name)
{
	const struct json_node *n, *body = web_post_only(q) ? web_body(q) : NULL, *found;
	const char *id = body ? web_text(q, body, "person", 500, false) : NULL;
	struct jsonw w;
	char query[128];
	if (!id)
		return;
	char said[512];
	snprintf(said, sizeof said, "%s", id);
	if (web_scope_see(q, name, "person", put_id, said, &n) < 0)
		return;
	snprintf(query, sizeof query, "case %.*s: whether somebody is in it", SLICE_FMT(name));
	if (web_audit(q, "view", NULL, query, 0, NULL) < 0)
		return;
	found = json_get(n, "line");
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "line");
	jsonw_raw(&w, found ? found->raw : SLICE("null"));
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* ---- the letter ---- */

/* false: answered. */
static bool how(struct looking *x, bool *ret_pdf)
{
	const char *lang = web_query(x->q, "lang"), *large = web_query(x->q, "large"), *format = web_query(x->q, "format");
	x->style.lang = lang && *lang ? notice_lang_parse(slice_str(lang)) : -1;
	x->style.large = large && !strcmp(large, "1");
	*ret_pdf = format && !strcmp(format, "pdf");
	if (lang && *lang && (x->style.lang < 0 || !notice_incident_has(&x->in, (enum notice_lang)x->style.lang))) {
		web_error(x->q, 400, "input", "The site has no words of its own in that language: letter.doing says what is being done, in each language that letters are to have.");
		return false;
	}
	if (format && *format && !*ret_pdf && strcmp(format, "json")) {
		web_error(x->q, 400, "input", "format is json or pdf.");
		return false;
	}
	return true;
}

static void put_letter(const struct looking *x, struct jsonw *w)
{
	const struct notice_letter *l = &x->letter;
	jsonw_obj(w);
	raw(w, x->n, "run");
	jsonw_kbool(w, "sample", x->sample);
	if (!x->sample)
		jsonw_ku64(w, "line", x->line);
	jsonw_kstr(w, "fate", l->fate == NOTICE_MAIL ? "mail" : notice_fate_word(l->fate));
	if (l->fate == NOTICE_MAIL) {
		jsonw_kstr(w, "to", notice_addressee_word(l->to));
		jsonw_kstr(w, "template", l->template_id);
		jsonw_kbool(w, "fallback", l->fallback);
		jsonw_kbool(w, "quiet", l->quiet);
		if (l->place[0])
			jsonw_kstr(w, "place", l->place);
		jsonw_key(w, "post");
		post_put(&l->post, w);
	}
	jsonw_obj_end(w);
}

static int draw(struct looking *x, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, (size_t)4 << 20);
	jsonw_init(&w, &b);
	post_put(&x->letter.post, &w);
	return buf_ok(&b) ? web_ecg_ask(x->q, ECG_ASK_POST, SLICE("{}"), buf_slice(&b), SLICE_NULL, &x->q->out, e) : err_set(e, buf_code(&b), NULL, "this letter would be too long");
}

static int make(struct looking *x, bool pdf, struct err *e)
{
	struct web_request *q = x->q;
	struct jsonw w;
	int r = notice_letter_make(&x->in, &x->who, &x->style, 0, x->a, &x->letter, e);
	if (r == 0 && pdf && x->letter.fate != NOTICE_MAIL)
		return err_set(e, ERR_NO, NULL, "no letter is written to this person: %s", notice_fate_word(x->letter.fate));
	if (r == 0 && pdf) {
		r = draw(x, e);
	} else if (r == 0) {
		jsonw_init(&w, &q->out);
		put_letter(x, &w);
	}
	return r;
}

void web_scope_letter(struct web_request *q, struct slice name)
{
	AUTO_ARENA struct arena *a = arena_new(CASE_MEMORY);
	struct looking x = {.q = q, .name = name, .a = a, .style = {.lang = -1}};
	struct err e = {0};
	char query[128];
	bool pdf;
	if (!a) {
		web_error(q, 503, "memory", "No memory.");
		return;
	}
	if (!read_case(&x, &e))
		return;
	if (notice_incident_ready(&x.in, &e) < 0) {
		web_error(q, 409, "input", "%s%s%s", e.place, e.place[0] ? ": " : "", e.text);
		return;
	}
	if (!how(&x, &pdf) || !whom(&x))
		return;
	int r = make(&x, pdf, &e);
	if (r < 0) {
		if (r == ERR_NO)
			web_error(q, 409, "no", "%s", e.text);
		else
			web_fail(q, &e);
		return;
	}
	snprintf(query, sizeof query, "case %.*s: the letter of line %llu", SLICE_FMT(name), (unsigned long long)x.line);
	if (!x.sample && web_audit(q, "view", NULL, query, 0, NULL) < 0)
		return;
	if (!pdf) {
		web_json(q, 200);
		return;
	}
	q->status = 200;
	q->content_type = "application/pdf";
	snprintf(q->disposition, sizeof q->disposition, "inline; filename=\"letter.pdf\""); /* no name of anybody in a name of a file */
}
