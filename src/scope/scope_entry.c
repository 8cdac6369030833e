/* Entries of a case: LEDGER_SCOPE, a line of JSON: {"v":1,"case":NAME,"what":WORD, ...} (doc/formats.md). */
#include "scope.h"

static const char *const whats[SCOPE_WHATS] = {"new", "evidence", "content", "persons", "question", "assess", "decide", "pair", "run", "estimate", "facts"};
static const char *const factors[] = {"nature-and-extent", "unauthorized-person", "acquired-or-viewed", "mitigated"};

const char *scope_what_word(int what)
{
	return what >= 0 && what < SCOPE_WHATS ? whats[what] : "?";
}

const char *scope_factor(int i)
{
	return i >= 0 && (size_t)i < ARRAY_LEN(factors) ? factors[i] : NULL;
}

bool scope_name_ok(struct slice name)
{
	if (!name.n || name.n > SCOPE_NAME_MAX || name.p[0] == '.' || name.p[0] == '-')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			return false;
	}
	return true;
}

static bool text_ok(struct slice s)
{
	return s.n <= SCOPE_TEXT_MAX && utf8_valid(s);
}

static void put_input(struct jsonw *w, const struct scope_act *a)
{
	jsonw_kslice(w, "file", a->file);
	jsonw_kslice_opt(w, "root", a->root);
	if (a->what == SCOPE_CONTENT)
		return;
	jsonw_ku64(w, "size", a->size);
	jsonw_kslice(w, "sha256", a->sha256);
	if (a->reference)
		jsonw_kbool(w, "reference", true);
	jsonw_key(w, "parts");
	jsonw_arr(w);
	for (uint32_t i = 0; i < a->parts; i++)
		jsonw_u64(w, a->part[i]);
	jsonw_arr_end(w);
}

static void put_null(struct jsonw *w, const char *key)
{
	jsonw_key(w, key);
	jsonw_null(w);
}

int scope_act_put(const struct scope_act *a, struct buf *ret, struct err *e)
{
	struct jsonw w;
	assert(a->what >= 0 && a->what < SCOPE_WHATS);
	if (!scope_name_ok(a->name))
		return err_set(e, ERR_USAGE, NULL, "a case's name is letters, digits, - _ and ., at most %u, and begins with a letter or digit", SCOPE_NAME_MAX);
	if (!text_ok(a->by) || !text_ok(a->title) || !text_ok(a->hosts) || !text_ok(a->accounts) || !text_ok(a->subject) || !text_ok(a->text) || !text_ok(a->outcome) || !text_ok(a->a) || !text_ok(a->b))
		return err_set(e, ERR_LIMIT, NULL, "a text is longer than %u bytes, or no UTF-8", SCOPE_TEXT_MAX);
	if (a->file.n > SCOPE_TEXT_MAX || a->root.n > SCOPE_TEXT_MAX || a->parts > SCOPE_PARTS_MAX)
		return err_set(e, ERR_LIMIT, NULL, "a path is too long, or it has too many parts");
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_ku64(&w, "v", 1);
	jsonw_kslice(&w, "case", a->name);
	jsonw_kstr(&w, "what", whats[a->what]);
	jsonw_kslice_opt(&w, "by", a->by);
	switch (a->what) {
	case SCOPE_NEW:
		jsonw_kslice_opt(&w, "title", a->title);
		jsonw_ktime(&w, "from", a->from);
		jsonw_ktime(&w, "to", a->to);
		if (a->discovered != INT64_MIN)
			jsonw_ktime(&w, "discovered", a->discovered);
		jsonw_kslice_opt(&w, "hosts", a->hosts);
		jsonw_kslice_opt(&w, "accounts", a->accounts);
		break;
	case SCOPE_EVIDENCE:
	case SCOPE_CONTENT:
	case SCOPE_PERSONS:
		put_input(&w, a);
		break;
	case SCOPE_QUESTION:
	case SCOPE_ASSESS:
	case SCOPE_DECIDE:
		jsonw_kslice(&w, "subject", a->subject);
		jsonw_kslice_opt(&w, "text", a->text);
		jsonw_kslice_opt(&w, "outcome", a->outcome);
		break;
	case SCOPE_PAIR:
		jsonw_kslice(&w, "a", a->a);
		jsonw_kslice(&w, "b", a->b);
		if (a->open)
			put_null(&w, "same");
		else
			jsonw_kbool(&w, "same", a->same);
		jsonw_kslice_opt(&w, "text", a->text);
		break;
	default:
		jsonw_key(&w, scope_what_word(a->what));
		jsonw_raw(&w, a->json);
	}
	jsonw_obj_end(&w);
	jsonw_done(&w);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "too long for an entry");
}

static struct slice text(const struct json_node *n, const char *key)
{
	return json_text(n, key);
}

static bool number(const struct json_node *n, const char *key, uint64_t max, uint64_t *ret)
{
	struct slice s = text(n, key);
	return num_u64(s, 0, max, ret) == 0;
}

static bool when(const struct json_node *n, const char *key, int64_t *ret)
{
	return time_parse(text(n, key), 0, ret) == 0;
}

static bool get_input(const struct json_node *n, struct arena *arena, struct scope_act *ret)
{
	ret->file = text(n, "file");
	ret->root = text(n, "root");
	if (ret->what == SCOPE_CONTENT)
		return ret->file.n > 0;
	const struct json_node *parts = json_get(n, "parts"), *reference = json_get(n, "reference");
	ret->sha256 = text(n, "sha256");
	if (!ret->file.n || ret->sha256.n != 64 || !number(n, "size", UINT64_MAX, &ret->size) || !parts || parts->type != JSON_ARR || parts->count > SCOPE_PARTS_MAX)
		return false;
	uint64_t *v = arena_array(arena, parts->count ? parts->count : 1, sizeof *v);
	if (!v)
		return false;
	for (const struct json_node *p = parts->child; p; p = p->next)
		if (p->type != JSON_NUM || num_u64(p->value, 0, UINT64_MAX - 1, &v[ret->parts++]) < 0)
			return false;
	ret->part = v;
	ret->reference = reference && reference->type == JSON_TRUE;
	return true;
}

int scope_act_get(struct slice body, struct arena *arena, struct scope_act *ret, struct err *e)
{
	struct json_node *n;
	struct scope_act a = {.from = INT64_MIN, .to = INT64_MIN, .discovered = INT64_MIN};
	struct slice what;
	int r = json_tree(body, arena, &n, e);
	if (r < 0)
		return r;
	a.name = text(n, "case");
	a.by = text(n, "by");
	what = text(n, "what");
	for (a.what = 0; a.what < SCOPE_WHATS && !slice_eq_str(what, whats[a.what]); a.what++)
		;
	bool ok = slice_eq_str(text(n, "v"), "1") && a.what < SCOPE_WHATS && scope_name_ok(a.name);
	if (!ok)
		return err_set(e, ERR_INPUT, NULL, "no entry of a case that this version reads");
	switch (a.what) {
	case SCOPE_NEW:
		a.title = text(n, "title");
		a.hosts = text(n, "hosts");
		a.accounts = text(n, "accounts");
		ok = when(n, "from", &a.from) && when(n, "to", &a.to) && a.from <= a.to && (!json_get(n, "discovered") || when(n, "discovered", &a.discovered));
		break;
	case SCOPE_EVIDENCE:
	case SCOPE_CONTENT:
	case SCOPE_PERSONS:
		ok = get_input(n, arena, &a);
		break;
	case SCOPE_PAIR: {
		const struct json_node *same = json_get(n, "same");
		a.a = text(n, "a");
		a.b = text(n, "b");
		a.text = text(n, "text");
		ok = same && (same->type == JSON_TRUE || same->type == JSON_FALSE || same->type == JSON_NULL) && a.a.n && a.b.n;
		a.same = ok && same->type == JSON_TRUE;
		a.open = ok && same->type == JSON_NULL;
		break;
	}
	case SCOPE_RUN:
	case SCOPE_ESTIMATE:
	case SCOPE_FACTS: {
		const struct json_node *own = json_get(n, whats[a.what]);
		ok = own && own->type == JSON_OBJ;
		a.json = ok ? own->raw : SLICE_NULL;
		break;
	}
	default:
		a.subject = text(n, "subject");
		a.text = text(n, "text");
		a.outcome = text(n, "outcome");
		ok = a.subject.n > 0;
	}
	if (!ok)
		return err_set(e, ERR_INPUT, NULL, "an entry of a case with a member missing or wrong");
	*ret = a;
	return 0;
}
