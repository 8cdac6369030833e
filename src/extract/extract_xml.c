/* XML of any kind: elements and attributes by their names. A leaf whose name says what it is ("PatientID", "birthDate" with its value) is a field; what else there is is text, with its name before it, since a name is often the only label that a
 * number has. Who a value is about comes from the elements around it ("guarantor", "emergencyContact"). Where an element holds nothing but a row of elements of one name, each of these is a record. HL7's CDA has a reader of its own, and so have
 * the XML forms of OpenDocument. */
#include "extract_xml.h"

#include "extract_office.h"
#include "extract_values.h"

#define LEVELS    64u
#define TEXT_MOST 65536u
#define CDA_MOST  ((size_t)256 << 20)

struct level {
	char name[64];
	int who;
	bool children, many; /* it has children, and they all bear one name */
	bool full;           /* the last of them held more than a value */
	unsigned attributes;
	char child[64];
	size_t value;        /* where its own text begins in value */
};

struct xml {
	const struct extract_out *o;
	struct err *e;
	int code;
	unsigned depth;
	struct level v[LEVELS];
	struct buf value, text; /* of the leaf; what waits to be told */
	uint64_t from;
};

static void set_name(char out[64], const char *name)
{
	size_t n = strnlen(name, 63);
	while (n && ((uint8_t)name[n] & 0xC0) == 0x80)
		n--;
	memcpy(out, name, n);
	out[n] = 0;
}

static struct level *top(struct xml *x)
{
	return x->depth && x->depth <= LEVELS ? &x->v[x->depth - 1] : NULL;
}

static void tell_text(struct xml *x)
{
	if (x->code == 0)
		x->code = extract_put_text(x->o, buf_slice(&x->text), x->from, x->e);
	x->from += x->text.n;
	buf_reset(&x->text);
}

static int who_of(const char *name, int inherited)
{
	char probe[96];
	size_t n = strlen(name);
	int who = PERSON_SUBJECT;
	memcpy(probe, name, n);
	memcpy(probe + n, " name", 6);
	(void)person_role_of_column(slice_str(probe), &who);
	return who != PERSON_SUBJECT ? who : inherited;
}

/* A value under a name: a field, or a line of text. */
static void put(struct xml *x, const char *of, const char *name, struct slice value, int inherited)
{
	char whole[160];
	struct slice v = slice_trim(value);
	size_t n = strlen(name), k = strlen(of);
	int who = PERSON_SUBJECT, role;
	if (!v.n || x->code)
		return;
	role = person_role_of_column(slice_of(name, n), &who);
	memcpy(whole, of, k);
	whole[k] = '.';
	memcpy(whole + k + 1, name, n);
	if (role == PERSON_ROLE_OTHER && k) /* <name><family> says it together */
		role = person_role_of_column(slice_of(whole, k + 1 + n), who == PERSON_SUBJECT ? &who : NULL);
	if (role != PERSON_ROLE_OTHER && v.n < 4096) {
		x->code = extract_put_field(x->o, extract_value_role(role, v), who != PERSON_SUBJECT ? who : inherited, k ? slice_of(whole, k + 1 + n) : slice_of(name, n), v, x->from + x->text.n, x->e);
		return;
	}
	if (x->text.n + n + v.n > TEXT_MOST)
		tell_text(x);
	if (v.n > TEXT_MOST) {
		x->code = x->code ? x->code : extract_put_text(x->o, v, x->from, x->e);
		x->from += v.n;
		return;
	}
	buf_add(&x->text, name, n);
	buf_str(&x->text, ": ");
	buf_add_slice(&x->text, v);
	buf_u8(&x->text, '\n');
}

static bool says_nothing(const char *name)
{
	const char *local = extract_xml_local(name);
	return !strncmp(name, "xmlns", 5) || !strcmp(local, "schemaLocation") || !strncmp(name, "xml:", 4);
}

static struct slice own_text(const struct xml *x, const struct level *l)
{
	return x->value.n > l->value ? slice_of(x->value.p + l->value, x->value.n - l->value) : SLICE("");
}

/* Text of an element that has elements, too. */
static void loose_text(struct xml *x, struct level *l)
{
	struct slice v = slice_trim(own_text(x, l));
	if (v.n && v.n + 1 < TEXT_MOST) {
		if (x->text.n + v.n + 1 > TEXT_MOST)
			tell_text(x);
		buf_add_slice(&x->text, v);
		buf_u8(&x->text, '\n');
	} else if (v.n && x->code == 0) {
		tell_text(x);
		x->code = x->code ? x->code : extract_put_text(x->o, v, x->from, x->e);
		x->from += v.n;
	}
	x->value.n = l->value;
}

static void start(void *arg, const char *name, const char **atts)
{
	struct xml *x = arg;
	struct level *up = top(x);
	bool record = false;
	if (up) {
		loose_text(x, up);
		record = up->children && up->many && up->full && !strncmp(up->child, name, 63) && x->depth <= 4;
		up->many = !up->children || (up->many && !strncmp(up->child, name, 63));
		up->children = true;
		set_name(up->child, name);
	}
	if (++x->depth > LEVELS)
		return;
	struct level *l = top(x);
	*l = (struct level){.value = x->value.n};
	set_name(l->name, name);
	l->who = who_of(l->name, up ? up->who : PERSON_SUBJECT);
	if (record || x->depth == 1) {
		tell_text(x);
		if (x->code == 0)
			x->code = extract_put_record(x->o, SLICE_NULL, x->from, x->e);
	}
	for (; *atts; atts += 2) {
		const char *a = extract_xml_local(*atts);
		if (says_nothing(*atts))
			continue;
		l->attributes++;
		char own[64];
		set_name(own, a);
		if (!strcmp(own, "value")) /* FHIR's, and many others' */
			put(x, up ? up->name : "", l->name, slice_str(atts[1]), l->who);
		else
			put(x, l->name, own, slice_str(atts[1]), l->who);
	}
}

static void end(void *arg, const char *name)
{
	struct xml *x = arg;
	struct level *l = top(x);
	if (!l) {
		x->depth--;
		return;
	}
	if (l->children)
		loose_text(x, l);
	else {
		put(x, x->depth > 1 ? x->v[x->depth - 2].name : "", l->name, own_text(x, l), l->who);
		x->value.n = l->value;
	}
	x->depth--;
	if (top(x))
		top(x)->full = l->children || l->attributes > 1;
}

static void text(void *arg, struct slice s)
{
	struct xml *x = arg;
	buf_add_slice(&x->value, s);
	if (!buf_ok(&x->value)) {
		x->code = err_set(x->e, buf_code(&x->value), NULL, "one of its texts is longer than is read");
	}
}

static void comment(void *arg, struct slice s)
{
	struct xml *x = arg;
	if (x->text.n + s.n > TEXT_MOST)
		tell_text(x);
	if (s.n < TEXT_MOST) {
		buf_add_slice(&x->text, slice_trim(s));
		buf_u8(&x->text, '\n');
	}
}

static int any(const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	static const struct extract_xml_taker taker = {start, end, text, comment};
	struct xml *x = arena_alloc(o->a, sizeof *x);
	if (!x)
		return err_set(e, arena_code(o->a), NULL, "no memory to read XML in");
	x->o = o;
	x->e = e;
	buf_init(&x->value, (size_t)64 << 20);
	buf_init(&x->text, 4 * TEXT_MOST);
	int r = extract_xml_parse(s, &taker, x, &x->code, o, e);
	while (r == 0 && x->code == 0 && x->depth) /* it broke off: what was open */
		end(x, "");
	tell_text(x);
	buf_done(&x->value);
	buf_done(&x->text);
	return r ? r : x->code;
}

/* ---- which ---- */

/* The name of the root element, without its prefix. */
static struct slice root_of(struct slice s)
{
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '<' || !((s.p[i + 1] | 32) >= 'a' && (s.p[i + 1] | 32) <= 'z'))
			continue;
		size_t from = i + 1, n = from;
		for (; n < s.n && s.p[n] > ' ' && s.p[n] != '>' && s.p[n] != '/'; n++)
			if (s.p[n] == ':')
				from = n + 1;
		return slice_of(s.p + from, n - from);
	}
	return SLICE_NULL;
}

static int cda(const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, CDA_MOST);
	for (size_t got = 1; got;) {
		uint8_t *to = buf_space(&b, 65536);
		int r = to ? s->pull(s->arg, to, 65536, &got, e) : err_set(e, buf_code(&b), NULL, "a clinical document of more than %zu MiB is not read", CDA_MOST >> 20);
		if (r == 0 && s->counted)
			r = extract_count(o, got, e);
		if (r < 0)
			return r;
		buf_commit(&b, got);
	}
	return extract_ccda(buf_slice(&b), o, e);
}

int extract_xml_stream(const struct extract_source *s, const struct extract_out *o, struct err *e)
{
	AUTO_BUF struct buf head = {0}, utf8 = {0};
	struct slice t;
	bool whole;
	buf_init(&head, (size_t)1 << 20);
	buf_init(&utf8, (size_t)1 << 20);
	int r = extract_head(s, o, &head, &whole, e);
	if (r == 0)
		r = extract_utf8(buf_slice(&head), NULL, &utf8, &t, NULL, e);
	if (r < 0)
		return r;
	struct extract_joined ahead = {buf_slice(&head), s};
	const struct extract_source all = {.pull = extract_joined_pull, .arg = &ahead, .counted = s->counted};
	struct slice root = root_of(t);
	if (slice_eq_str(root, "ClinicalDocument"))
		return cda(&all, o, e);
	if (slice_eq_str(root, "document-content") || (slice_eq_str(root, "document") && memmem(t.p, t.n, "urn:oasis:names:tc:opendocument", 31)))
		return extract_odf_xml(&all, o, e);
	return any(&all, o, e);
}

struct memory {
	struct slice left;
};

static int pull_memory(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct memory *x = arg;
	n = n < x->left.n ? n : x->left.n;
	if (n)
		memcpy(to, x->left.p, n);
	x->left = slice_of(x->left.p + n, x->left.n - n);
	*ret_got = n;
	return 0;
}

int extract_xml(struct slice file, const struct extract_out *o, struct err *e)
{
	struct memory m = {file};
	const struct extract_source s = {.pull = pull_memory, .arg = &m};
	return extract_xml_stream(&s, o, e);
}
