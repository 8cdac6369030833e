/* What the ecg role makes of a recording for paper and for other programs. */
#include "ecg_role.h"

#define SIGNS_MAX 32
#define LINES_MAX 6

int ecg_sink_begin(void *arg, struct slice name, struct err *e)
{
	struct buf *b = arg;
	(void)name;
	return b->n ? err_set(e, ERR_USAGE, NULL, "this format has several files") : 0;
}

int ecg_sink_bytes(void *arg, struct slice s, struct err *e)
{
	struct buf *b = arg;
	buf_add_slice(b, s);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "the recording is too long to be written in this format");
}

int ecg_sink_end(void *arg, struct err *e)
{
	(void)arg;
	(void)e;
	return 0;
}

static double number(const struct json_node *o, const char *key)
{
	struct slice s = json_text(o, key);
	char text[40];
	if (!num_is_decimal(s) || s.n >= sizeof text)
		return 0;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return strtod(text, NULL); /* the program never sets a locale */
}

static int layout(const struct json_node *o, const struct ecg_analysis *n, struct ecg_report *ret, struct err *e)
{
	struct slice name = json_text(o, "layout"), paper = json_text(o, "paper");
	ret->layout = !name.n ? (n && n->long_record ? ECG_HOLTER : ECG_3X4_1) : ecg_layout_parse(name);
	ret->letter = slice_eq_str(paper, "letter");
	if (ret->layout == ECG_LAYOUT_COUNT)
		return err_set(e, ERR_USAGE, "layout", "it is 3x4+1, 3x4, 3x4+3, 6x2, 6x2+1, 12x1, rhythm or holter");
	if (paper.n && !ret->letter && !slice_eq_str(paper, "a4"))
		return err_set(e, ERR_USAGE, "paper", "it is a4 or letter");
	ret->speed = number(o, "speed");
	ret->gain = number(o, "gain");
	ret->low = number(o, "low");
	ret->high = number(o, "high");
	ret->mains = number(o, "mains");
	return 0;
}

static size_t signs(const struct json_node *o, struct ecg_signature v[SIGNS_MAX])
{
	const struct json_node *list = json_get(o, "signs");
	size_t n = 0;
	for (const struct json_node *x = list ? list->child : NULL; x && n < SIGNS_MAX; x = x->next)
		v[n++] = (struct ecg_signature){.by = json_text(x, "by"), .role = json_text(x, "role"), .time = json_text(x, "time"), .text = json_text(x, "text")};
	return n;
}

int ecg_role_report(const struct ecg *g, const struct json_node *o, struct slice before, struct arena *a, struct buf *ret, struct err *e)
{
	struct ecg_analysis n = {.statements = 0}, old = {.statements = 0};
	struct ecg_signature sign[SIGNS_MAX];
	struct ecg_report x = {.patient_id = json_text(o, "patientId"), .entry = json_text(o, "entry"), .checkpoint = json_text(o, "checkpoint"), .printed = json_text(o, "printed"), .site = json_text(o, "site"), .sign = sign};
	struct err quiet = {0};
	struct ecg_body b;
	struct ecg *earlier = NULL;
	bool measured = ecg_analyse(g, a, &n, &quiet) == 0;
	int r = layout(o, measured ? &n : NULL, &x, e);
	if (r < 0)
		return r;
	double from = number(o, "from") * g->rate;
	x.from = from > 0 && from < (double)g->samples ? (uint64_t)from : 0;
	const struct json_node *lines = json_get(o, "patient"), *drill = json_get(o, "drill");
	size_t k = 0;
	for (const struct json_node *l = lines ? lines->child : NULL; l && k < LINES_MAX; l = l->next)
		x.patient[k++] = l->value;
	x.signs = signs(o, sign);
	x.drill = drill && drill->type == JSON_TRUE;
	if (before.n && ecg_body_read(before, a, &b, &quiet) == 0 && ecg_body_open(&b, a, &earlier, &quiet) == 0) { /* one that cannot be read is left out: the page says what it shows */
		x.before = earlier;
		x.before_analysis = ecg_analyse(earlier, a, &old, &quiet) == 0 ? &old : NULL;
	}
	return ecg_report(g, measured ? &n : NULL, &x, ret, e);
}
