/* An agent's credential: a text file of mode 0600 that `holdfast agent add` makes and nobody else needs.
 *
 *     holdfast-agent 1
 *     agent NAME                     1..63 letters, digits, . _ -
 *     site NAME OF THE SITE
 *     url https://HOST:PORT
 *     log VKEY                       the verifier key of the site's log (C2SP signed-note): what is to be sealed to comes signed by it
 *     files PERIOD age1...           what content was sealed to when this was made, and
 *     catalogue PERIOD age1...       what lists were
 *     dedupe 64 HEX DIGITS           keys chunks and their ids; opens nothing
 *     token hft_...                  may bring backups of this agent, and nothing else
 *     -----BEGIN CERTIFICATE-----    one or more: who signed the server's certificate
 * Valid if and only if the first line is that, each word stands once, and at least one whole certificate ends it. No line is longer than 1,000 bytes, the whole at most 64 KiB. Words that are not known are passed over.
 */
#include "agent_internal.h"

#define FIRST "holdfast-agent 1"
#define CREDENTIAL_MAX ((size_t)64 << 10)
#define LINE_MOST 1000
#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END "-----END CERTIFICATE-----"

static int wrong(struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, NULL, "this is no credential of a backup agent: %s. `holdfast agent add` makes one", what);
}

static bool text(struct slice v, char *out, size_t size)
{
	if (v.n == 0 || v.n >= size || out[0])
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 || v.p[i] == 0x7f)
			return false;
	memcpy(out, v.p, v.n);
	out[v.n] = 0;
	return true;
}

static bool recipient(struct slice v, struct vault_recipient *ret)
{
	struct slice rest, period = slice_cut(v, ' ', &rest);
	return vault_name_ok(period) && period.n < sizeof ret->period && text(period, ret->period, sizeof ret->period) && age_recipient_parse(rest, &ret->to, NULL) == 0;
}

static bool token_ok(const char *s)
{
	return !strncmp(s, "hft_", 4) && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == 0;
}

/* https://HOST[:PORT][/PATH], no user, query or fragment. */
static bool url_ok(const char *s)
{
	return !strncmp(s, "https://", 8) && s[8] && s[8] != '/' && !strpbrk(s, "@?# \"\\<>");
}

struct reading {
	struct vault_credential *c;
	bool dedupe, log;
};

static bool word_line(struct reading *r, struct slice word, struct slice v)
{
	struct vault_credential *c = r->c;
	if (slice_eq_str(word, "agent"))
		return vault_name_ok(v) && text(v, c->agent, sizeof c->agent);
	if (slice_eq_str(word, "site"))
		return text(v, c->site, sizeof c->site);
	if (slice_eq_str(word, "url"))
		return text(v, c->url, sizeof c->url) && url_ok(c->url);
	if (slice_eq_str(word, "token"))
		return text(v, c->token, sizeof c->token) && token_ok(c->token);
	if (slice_eq_str(word, "files"))
		return recipient(v, &c->files);
	if (slice_eq_str(word, "catalogue"))
		return recipient(v, &c->catalogue);
	if (slice_eq_str(word, "log")) {
		bool once = !r->log;
		r->log = note_vkey_parse(v, &c->log, NULL) == 0;
		return once && r->log;
	}
	if (slice_eq_str(word, "dedupe")) {
		bool once = !r->dedupe;
		r->dedupe = hex_get(c->dedupe, sizeof c->dedupe, v) == 0;
		return once && r->dedupe;
	}
	return true;
}

/* The rest of the file: certificates and nothing else. */
static bool certificates(struct slice rest, struct buf *ret)
{
	bool inside = false;
	size_t whole = 0, body = 0;
	buf_add_slice(ret, rest);
	while (rest.n) {
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
		if (!inside && line.n == 0)
			continue;
		if (slice_eq_str(line, inside ? PEM_END : PEM_BEGIN)) {
			if (inside && !body)
				return false;
			whole += inside;
			body = 0;
			inside = !inside;
			continue;
		}
		for (size_t i = 0; i < line.n; i++)
			if (!(line.p[i] >= 'a' && line.p[i] <= 'z') && !(line.p[i] >= 'A' && line.p[i] <= 'Z') && !(line.p[i] >= '0' && line.p[i] <= '9') && !memchr("+/=", line.p[i], 3))
				return false;
		if (!inside)
			return false;
		body += line.n;
	}
	return !inside && whole && buf_ok(ret);
}

int vault_credential_parse(struct slice s, struct vault_credential *ret, struct err *e)
{
	*ret = (struct vault_credential){.agent = ""};
	struct reading r = {.c = ret};
	struct slice rest = s;
	char why[96];
	buf_init(&ret->ca, CREDENTIAL_MAX);
	if (s.n > CREDENTIAL_MAX)
		return wrong(e, "it is too large");
	if (!slice_eq_str(slice_trim(slice_cut(rest, '\n', &rest)), FIRST))
		return wrong(e, "its first line is another");
	while (rest.n && !slice_starts(rest, PEM_BEGIN)) {
		struct slice v, line = slice_trim(slice_cut(rest, '\n', &rest)), word = slice_cut(line, ' ', &v);
		if (line.n == 0)
			continue;
		if (line.n > LINE_MOST || !word_line(&r, word, slice_trim(v))) {
			(void)snprintf(why, sizeof why, "the line of '%.*s' does not read", word.n < 16 ? (int)word.n : 16, (const char *)word.p);
			for (char *p = why; *p; p++) /* it is shown to people */
				*p = *p >= 0x20 && *p < 0x7f ? *p : '?';
			return wrong(e, why);
		}
	}
	if (!ret->agent[0] || !ret->site[0] || !ret->url[0] || !ret->token[0] || !r.log || !r.dedupe || !ret->files.period[0] || !ret->catalogue.period[0])
		return wrong(e, "a line is missing");
	return certificates(rest, &ret->ca) ? 0 : wrong(e, "it ends without a whole certificate");
}

static void put_recipient(struct buf *b, const char *word, const struct vault_recipient *r)
{
	char to[80];
	age_recipient_format(&r->to, to);
	buf_printf(b, "%s %s %s\n", word, r->period, to);
}

void vault_credential_write(const struct vault_credential *c, struct buf *ret)
{
	buf_printf(ret, FIRST "\nagent %s\nsite %s\nurl %s\nlog ", c->agent, c->site, c->url);
	note_vkey_format(&c->log, ret);
	buf_u8(ret, '\n');
	put_recipient(ret, "files", &c->files);
	put_recipient(ret, "catalogue", &c->catalogue);
	buf_str(ret, "dedupe ");
	hex_put(ret, slice_of(c->dedupe, sizeof c->dedupe));
	buf_printf(ret, "\ntoken %s\n", c->token);
	buf_add_slice(ret, buf_slice(&c->ca));
}

void vault_credential_done(struct vault_credential *c)
{
	buf_done(&c->ca);
	seal_wipe(c, sizeof *c);
}

/* ---- how the site stands ---- */

#define RECIPIENTS_HEAD "holdfast recipients 1"
#define STANDING_MAX ((size_t)32 << 20)

/* The signed text: RECIPIENTS_HEAD, the log's name, "files PERIOD age1...", "catalogue PERIOD age1...", LF behind each. No checkpoint begins so. */
static int signed_recipients(struct slice note, const struct vault_credential *c, struct vault_standing *ret, struct err *e)
{
	struct slice text, rest, value, line;
	uint64_t mask;
	struct vault_recipient *const into[] = {&ret->files, &ret->catalogue};
	static const char *const words[] = {"files", "catalogue"};
	int r = note_verify(note, &c->log, 1, &text, &mask, NULL, e);
	if (r < 0)
		return err_set(e, ERR_CRYPTO, NULL, "what it says is to be sealed to is not signed by the log that this credential names: nothing was sent. If the site has a new key, `holdfast agent add` makes a new credential");
	bool ok = slice_eq_str(slice_cut(text, '\n', &rest), RECIPIENTS_HEAD) && slice_eq_str(slice_cut(rest, '\n', &rest), c->log.name);
	for (size_t i = 0; ok && i < ARRAY_LEN(into); i++) {
		line = slice_cut(rest, '\n', &rest);
		ok = slice_eq_str(slice_cut(line, ' ', &value), words[i]) && recipient(value, into[i]);
	}
	if (!ok)
		return err_set(e, ERR_INPUT, NULL, "what the site signed is not what is to be sealed to");
	const struct vault_recipient *const pinned[] = {&c->files, &c->catalogue};
	for (size_t i = 0; i < ARRAY_LEN(into); i++)
		if (!strcmp(pinned[i]->period, into[i]->period) && memcmp(&pinned[i]->to, &into[i]->to, sizeof into[i]->to))
			return err_set(e, ERR_CRYPTO, into[i]->period, "it names another recipient for this period than this credential does: nothing was sent");
	return 0;
}

/* "1-200,204": bits. */
static bool bits(struct slice v, struct buf *ret)
{
	buf_init(ret, (size_t)100000000 / 8 + 16);
	while (v.n) {
		uint64_t from, to;
		struct slice second, one = slice_cut(v, ',', &v), first = slice_cut(one, '-', &second);
		if (num_u64(first, 1, 99999999, &from) < 0)
			return false;
		to = from;
		if (second.p && num_u64(second, from, 99999999, &to) < 0)
			return false;
		size_t need = (size_t)(to / 8 + 1);
		if (need > ret->n) {
			size_t more = need - ret->n;
			uint8_t *p = buf_space(ret, more);
			if (!p)
				return false;
			memset(p, 0, more);
			buf_commit(ret, more);
		}
		for (uint64_t i = from; i <= to; i++)
			ret->p[i / 8] |= (uint8_t)(1U << i % 8);
	}
	return true;
}

int vault_standing_parse(struct slice json, const struct vault_credential *c, struct vault_standing *ret, struct err *e)
{
	*ret = (struct vault_standing){.has_base = false};
	AUTO_ARENA struct arena *a = arena_new(STANDING_MAX);
	struct json_node *n;
	if (!a || json.n > STANDING_MAX / 4)
		return err_set(e, a ? ERR_INPUT : ERR_MEMORY, NULL, "the site's answer is too long");
	int r = json_tree(json, a, &n, e);
	if (r < 0)
		return r;
	r = signed_recipients(json_text(n, "recipients"), c, ret, e);
	if (r < 0)
		return r;
	const struct json_node *base = json_get(n, "base"), *lost = json_get(n, "lost");
	ret->has_base = base && base->type == JSON_NUM;
	ret->lost = !lost || lost->type != JSON_FALSE;
	if ((ret->has_base && num_u64(base->value, 0, INT64_MAX, &ret->base) < 0) || !bits(json_text(n, "packs"), &ret->there) || !bits(json_text(n, "untold"), &ret->untold))
		return err_set(e, ERR_INPUT, NULL, "the site's answer does not read");
	return 0;
}

void vault_standing_done(struct vault_standing *s)
{
	buf_done(&s->there);
	buf_done(&s->untold);
}
