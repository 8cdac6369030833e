/* gate_config: links as a text file, one block a link.
 *
 *   # or ; begins a comment line; [link NAME] begins a link; name = value; blanks around are dropped; UTF-8, LF or CRLF, a byte order mark is passed over.
 *   listen, to, protocol               wanted
 *   direction, class, owner, purpose, partner, contact, allow, types, rate, hours, auto-cut    once each
 *   tls-listen = yes, tls-client = pin SHA256 | ca FILE, tls-to = pin SHA256 | ca FILE, tls-name, tls-cert = FILE, tls-key = FILE    once each; files are PEM, and read by whoever reads this one
 *   condition                          any number: NAME: words, or NAME before STATE: words
 * Valid if and only if every line is one of these, every link stands once and is whole (gate_link_check), and no two listen on one address. */
#include "gate_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define KEYS 21

struct reading {
	struct gate_config *c;
	struct gate_link *l;  /* of the block we are in */
	uint32_t seen;        /* its settings */
	const char *file;
	const struct gate_config_files *files;
	unsigned line, begun; /* begun: the line of [link] */
	struct err *e;
};

static int bad(const struct reading *r, unsigned line, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int bad(const struct reading *r, unsigned line, const char *fmt, ...)
{
	char text[300], place[160];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	snprintf(place, sizeof place, "%.120s:%u", r->file, line);
	return err_set(r->e, ERR_INPUT, place, "%s", text);
}

static int put_text(const struct reading *r, char *out, size_t size, struct slice v)
{
	if (v.n >= size)
		return bad(r, r->line, "this value may have at most %zu bytes", size - 1);
	if (v.n)
		memcpy(out, v.p, v.n);
	out[v.n] = 0;
	return 0;
}

/* A sentence of a parser that is also used by options: here it stands with the line. */
static int from_parser(const struct reading *r, int code, const struct err *why)
{
	return code < 0 ? bad(r, r->line, "%s", why->text) : 0;
}

static int put_list(struct reading *r, int (*parse)(struct gate_link *, struct slice, struct err *), struct slice v)
{
	struct err why = {0};
	return from_parser(r, parse(r->l, v, &why), &why);
}

enum { K_CLASS, K_OWNER, K_PURPOSE, K_PARTNER, K_CONTACT, K_LISTEN, K_TO, K_PROTOCOL, K_DIRECTION, K_ALLOW, K_TYPES, K_RATE, K_HOURS, K_AUTO_CUT, K_TLS_LISTEN, K_TLS_CLIENT, K_TLS_TO, K_TLS_NAME, K_TLS_CERT, K_TLS_KEY, K_CONDITION };
static const char *const keys[KEYS] = {"class", "owner", "purpose", "partner", "contact", "listen", "to", "protocol", "direction", "allow", "types", "rate", "hours", "auto-cut", "tls-listen", "tls-client", "tls-to", "tls-name", "tls-cert", "tls-key", "condition"};

static int put_word(struct reading *r, int key, struct slice v)
{
	struct gate_link *l = r->l;
	bool yes = slice_eq_str(v, "yes"), in = slice_eq_str(v, "in");
	uint64_t n = 0;
	switch (key) {
	case K_PROTOCOL:
		l->protocol = slice_eq_str(v, "mllp") ? GATE_MLLP : slice_eq_str(v, "tcp") ? GATE_TCP : (enum gate_protocol)0;
		return l->protocol ? 0 : bad(r, r->line, "protocol is mllp or tcp");
	case K_DIRECTION:
		l->out = slice_eq_str(v, "out");
		return l->out || in ? 0 : bad(r, r->line, "direction is in (a partner sends to us) or out (we send)");
	case K_TLS_LISTEN:
		l->tls.listen = yes;
		return yes || slice_eq_str(v, "no") ? 0 : bad(r, r->line, "tls-listen is yes or no");
	case K_AUTO_CUT:
		l->auto_cut = yes;
		return yes || slice_eq_str(v, "no") ? 0 : bad(r, r->line, "auto-cut is yes or no");
	default:
		if (num_u64(v, 1, 1000000, &n) < 0)
			return bad(r, r->line, "rate is messages a second: a whole number from 1 to 1000000");
		l->rate = (uint32_t)n;
		return 0;
	}
}

static int read_file(const struct reading *r, struct slice name, struct buf *ret)
{
	struct err why = {0};
	char path[1024];
	if (!r->files)
		return bad(r, r->line, "no file can be named here");
	if (!name.n || name.n >= sizeof path)
		return bad(r, r->line, "a file's name has 1 to %zu bytes", sizeof path - 1);
	memcpy(path, name.p, name.n);
	path[name.n] = 0;
	int code = r->files->read(r->files->arg, path, ret, &why);
	return code < 0 ? bad(r, r->line, "%s: %s", path, why.text) : 0;
}

static int put_pem(const struct reading *r, char *out, size_t size, struct slice name)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, size);
	int code = read_file(r, name, &b);
	if (code < 0)
		return code;
	if (!b.n || b.n >= size || memchr(b.p, 0, b.n) || !utf8_valid(buf_slice(&b)))
		return bad(r, r->line, "a file of certificates in PEM, of at most %zu bytes", size - 1);
	memcpy(out, b.p, b.n);
	out[b.n] = 0;
	return 0;
}

static int put_key(const struct reading *r, struct slice name)
{
	struct buf *key = &r->c->key[r->c->n - 1];
	buf_init_secret(key, GATE_KEY_PEM_MAX);
	int code = read_file(r, name, key);
	return code == 0 && !key->n ? bad(r, r->line, "this file is empty") : code;
}

/* "pin SHA256" or "ca FILE" */
static int put_known(const struct reading *r, char *pin, char *ca, struct slice v)
{
	struct err why = {0};
	struct slice of, how = slice_cut(v, ' ', &of);
	of = slice_trim(of);
	if (slice_eq_str(how, "ca"))
		return put_pem(r, ca, GATE_CA_MAX, of);
	if (!slice_eq_str(how, "pin"))
		return bad(r, r->line, "%s = pin SHA256, or ca FILE", pin == r->l->tls.pin ? "tls-to" : "tls-client");
	return from_parser(r, gate_pin_parse(pin, of, NULL, &why), &why);
}

static int put(struct reading *r, int key, struct slice v)
{
	struct gate_link *l = r->l;
	switch (key) {
	case K_CLASS:
		return put_text(r, l->class, sizeof l->class, v);
	case K_OWNER:
		return put_text(r, l->owner, sizeof l->owner, v);
	case K_PURPOSE:
		return put_text(r, l->purpose, sizeof l->purpose, v);
	case K_PARTNER:
		return put_text(r, l->partner, sizeof l->partner, v);
	case K_CONTACT:
		return put_text(r, l->contact, sizeof l->contact, v);
	case K_LISTEN:
		return put_text(r, l->listen, sizeof l->listen, v);
	case K_TO:
		return put_text(r, l->to, sizeof l->to, v);
	case K_ALLOW:
		return put_list(r, gate_allow_parse, v);
	case K_TYPES:
		return put_list(r, gate_types_parse, v);
	case K_HOURS:
		return put_list(r, gate_hours_parse, v);
	case K_TLS_CLIENT:
		return put_known(r, l->tls.client_pin, l->tls.client_ca, v);
	case K_TLS_TO:
		l->tls.to = true;
		return put_known(r, l->tls.pin, l->tls.ca, v);
	case K_TLS_NAME:
		return put_text(r, l->tls.name, sizeof l->tls.name, v);
	case K_TLS_CERT:
		return put_pem(r, l->tls.cert, sizeof l->tls.cert, v);
	case K_TLS_KEY:
		return put_key(r, v);
	case K_CONDITION:
		return put_list(r, gate_condition_parse, v);
	default:
		return put_word(r, key, v);
	}
}

/* The block that ends here is whole. */
static int end_link(struct reading *r)
{
	struct err why = {0};
	if (!r->l)
		return 0;
	if (!r->l->protocol || !r->l->listen[0] || !r->l->to[0])
		return bad(r, r->begun, "the link %s wants %s", r->l->name, !r->l->listen[0] ? "listen = IP:PORT" : !r->l->to[0] ? "to = IP:PORT" : "protocol = mllp or tcp");
	if ((r->l->tls.cert[0] != 0) != (r->c->key[r->c->n - 1].n != 0))
		return bad(r, r->begun, "the link %s: tls-cert and tls-key go together", r->l->name);
	if (gate_link_check(r->l, &why) < 0)
		return bad(r, r->begun, "the link %s: %s%s%s", r->l->name, why.place[0] == '-' ? why.place + 2 : why.place, why.place[0] ? ": " : "", why.text);
	for (size_t i = 0; &r->c->link[i] < r->l; i++)
		if (!strcmp(r->c->link[i].listen, r->l->listen))
			return bad(r, r->begun, "the link %s listens where %s does", r->l->name, r->c->link[i].name);
	r->l = NULL;
	return 0;
}

static int begin_link(struct reading *r, struct slice head)
{
	struct slice name, what = slice_cut(head, ' ', &name);
	struct gate_config *c = r->c;
	int code = end_link(r);
	if (code < 0)
		return code;
	name = slice_trim(name);
	if (!slice_eq_str(what, "link") || !name.n)
		return bad(r, r->line, "a block begins with [link NAME]");
	if (name.n >= GATE_NAME_MAX || memchr(name.p, ' ', name.n))
		return bad(r, r->line, "a link's name has 1 to %d letters, digits, '-', '_' or '.'", GATE_NAME_MAX - 1);
	for (size_t i = 0; i < c->n; i++)
		if (slice_eq_str(name, c->link[i].name))
			return bad(r, r->line, "a second link of this name");
	if (c->n == GATE_LINKS_MAX)
		return bad(r, r->line, "at most %d links", GATE_LINKS_MAX);
	struct gate_link *p = reallocarray(c->link, c->n + 1, sizeof *p);
	if (p)
		c->link = p;
	struct buf *key = p ? reallocarray(c->key, c->n + 1, sizeof *key) : NULL;
	if (!key)
		return err_set(r->e, ERR_MEMORY, NULL, "no memory for links");
	c->key = key;
	key[c->n] = (struct buf){0};
	r->l = &c->link[c->n++];
	*r->l = (struct gate_link){.out = false};
	memcpy(r->l->name, name.p, name.n);
	r->begun = r->line;
	r->seen = 0;
	return 0;
}

static int one_line(struct reading *r, struct slice line)
{
	int key = 0;
	line = slice_trim(line);
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return 0;
	if (memchr(line.p, 0, line.n) || !utf8_valid(line))
		return bad(r, r->line, "this is no UTF-8 text");
	if (line.p[0] == '[')
		return line.p[line.n - 1] == ']' ? begin_link(r, slice_trim(slice_of(line.p + 1, line.n - 2))) : bad(r, r->line, "a block's first line ends in ']'");
	struct slice v, name = slice_trim(slice_cut(line, '=', &v));
	if (!v.p)
		return bad(r, r->line, "neither [link NAME] nor name = value");
	if (!r->l)
		return bad(r, r->line, "a setting before the first [link NAME]");
	while (key < KEYS && !slice_eq_str(name, keys[key]))
		key++;
	if (key == KEYS)
		return bad(r, r->line, "a link has no such setting: listen, to, protocol, direction, class, owner, purpose, partner, contact, allow, types, rate, hours, auto-cut, tls-listen, tls-client, tls-to, tls-name, tls-cert, tls-key and condition are known");
	if (key != K_CONDITION && r->seen & (1u << key))
		return bad(r, r->line, "this setting stands twice in its block");
	r->seen |= 1u << key;
	v = slice_trim(v);
	return v.n ? put(r, key, v) : bad(r, r->line, "%s has no value", keys[key]);
}

int gate_config_read(struct slice text, const char *file, const struct gate_config_files *files, struct gate_config *ret, struct err *e)
{
	struct gate_config c = {0};
	struct reading r = {.c = &c, .file = file, .files = files, .e = e};
	int code = text.n > GATE_CONFIG_MAX ? err_set(e, ERR_LIMIT, file, "a file of links has at most %zu bytes", GATE_CONFIG_MAX) : 0;
	if (text.n >= 3 && !memcmp(text.p, "\xef\xbb\xbf", 3))
		text = slice_of(text.p + 3, text.n - 3);
	while (code == 0 && text.n) {
		struct slice line = slice_cut(text, '\n', &text);
		r.line++;
		code = one_line(&r, line);
	}
	if (code == 0)
		code = end_link(&r);
	if (code == 0 && c.n == 0)
		code = bad(&r, r.line, "there is no [link NAME] in it");
	if (code < 0) {
		gate_config_done(&c);
		return code;
	}
	*ret = c;
	return 0;
}

void gate_config_done(struct gate_config *c)
{
	for (size_t i = 0; i < c->n; i++)
		buf_wipe_done(&c->key[i]);
	free(c->key);
	free(c->link);
	*c = (struct gate_config){0};
}
