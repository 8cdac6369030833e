/* holdfast gate add|set|change|remove|list|cut|advance|condition|probe|queue: links to partners. */
#include "gate_cmd.h"

#include "gate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

struct gate_opts {
	const char *site, *listen, *to, *protocol, *direction, *class, *owner, *purpose, *allow, *types, *reason, *expires, *address, *partner, *contact, *hours, *config, *met, *not_met, *evidence, *tls_pin, *tls_ca, *tls_name, *tls_client_pin, *tls_client_ca, *tls_cert, *tls_key;
	struct cli_list condition;
	const char *rate, *skip;
	bool json, all, auto_cut, retry, refused, tls_listen, tls_to, tls_off, closed, no_auto_cut;
};

static void begin(struct buf *b, struct jsonw *w, const char *what, const char *name)
{
	char who[64];
	control_who(who);
	buf_init(b, 1 << 16);
	jsonw_init(w, b);
	jsonw_obj(w);
	jsonw_kstr(w, "do", what);
	jsonw_kstr(w, "who", who);
	if (name)
		jsonw_kstr(w, "name", name);
}

static int end(const struct gate_opts *o, struct buf *b, struct jsonw *w, struct buf *ret, struct err *e)
{
	jsonw_obj_end(w);
	jsonw_done(w);
	buf_init(ret, (size_t)80 << 20);
	return gate_ask(o->site, b, ret, e);
}

/* ---- add ---- */

static bool copy(char *out, size_t size, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	if (n >= size)
		return false;
	if (n)
		memcpy(out, s, n);
	out[n] = 0;
	return true;
}

/* A file of certificates is read now: the link's entry keeps what stood in it. */
static int read_pem(const char *file, char *out, size_t size, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, size);
	int r = file_read(AT_FDCWD, file, size - 1, &b, e);
	if (r < 0)
		return r;
	if (!b.n || memchr(b.p, 0, b.n) || !utf8_valid(buf_slice(&b)))
		return err_set(e, ERR_USAGE, file, "a file of certificates in PEM");
	memcpy(out, b.p, b.n);
	out[b.n] = 0;
	return 0;
}

/* An option that takes a setting back: nothing, or the word. */
static bool cleared(const char *given)
{
	return given && (!*given || !strcmp(given, "none"));
}

/* One way of knowing the other side takes the place of the other. */
static int overlay_tls(const struct gate_opts *o, struct gate_tls *t, struct err *e)
{
	int r = 0;
	if (o->tls_off)
		*t = (struct gate_tls){.listen = false};
	t->listen |= o->tls_listen;
	t->to |= o->tls_to;
	if (o->tls_client_pin || o->tls_client_ca)
		t->client_pin[0] = t->client_ca[0] = 0;
	if (o->tls_pin || o->tls_ca)
		t->pin[0] = t->ca[0] = t->name[0] = 0;
	if (o->tls_client_pin && !cleared(o->tls_client_pin))
		r = gate_pin_parse(t->client_pin, slice_str(o->tls_client_pin), "--tls-client-pin", e);
	if (r == 0 && o->tls_client_ca && !cleared(o->tls_client_ca))
		r = read_pem(o->tls_client_ca, t->client_ca, sizeof t->client_ca, e);
	if (r == 0 && o->tls_pin && !cleared(o->tls_pin))
		r = gate_pin_parse(t->pin, slice_str(o->tls_pin), "--tls-pin", e);
	if (r == 0 && o->tls_ca && !cleared(o->tls_ca))
		r = read_pem(o->tls_ca, t->ca, sizeof t->ca, e);
	if (r == 0 && o->tls_cert && cleared(o->tls_cert))
		t->cert[0] = 0;
	else if (r == 0 && o->tls_cert)
		r = read_pem(o->tls_cert, t->cert, sizeof t->cert, e);
	if (r == 0 && o->tls_name && !copy(t->name, sizeof t->name, cleared(o->tls_name) ? "" : o->tls_name))
		r = err_set(e, ERR_USAGE, "--tls-name", "this name is too long");
	return r;
}

/* What the options say, put over what is there. */
static int overlay(const struct gate_opts *o, struct gate_link *l, struct err *e)
{
	const struct {
		const char *given;
		char *out;
		size_t size;
	} texts[] = {{o->class, l->class, sizeof l->class}, {o->owner, l->owner, sizeof l->owner}, {o->purpose, l->purpose, sizeof l->purpose}, {o->partner, l->partner, sizeof l->partner}, {o->contact, l->contact, sizeof l->contact},
	             {o->listen, l->listen, sizeof l->listen}, {o->to, l->to, sizeof l->to}};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].given && !copy(texts[i].out, texts[i].size, texts[i].given))
			return err_set(e, ERR_USAGE, NULL, "'%.40s' is too long: at most %zu bytes", texts[i].given, texts[i].size - 1);
	if (o->direction && strcmp(o->direction, "in") && strcmp(o->direction, "out"))
		return err_set(e, ERR_USAGE, "--direction", "in (a partner connects to us) or out (our own systems do)");
	if (o->protocol)
		l->protocol = !strcmp(o->protocol, "mllp") ? GATE_MLLP : !strcmp(o->protocol, "tcp") ? GATE_TCP : (enum gate_protocol)0;
	if (o->direction)
		l->out = !strcmp(o->direction, "out");
	uint64_t rate = 0;
	if (o->rate && !cleared(o->rate) && (num_u64(slice_str(o->rate), 0, 1000000, &rate) < 0))
		return err_set(e, ERR_USAGE, "--rate", "a number of messages a second, at most a million; none: no limit");
	if (o->rate)
		l->rate = (uint32_t)rate;
	if (o->auto_cut && o->no_auto_cut)
		return err_set(e, ERR_USAGE, "--auto-cut", "and --no-auto-cut: which?");
	l->auto_cut = (l->auto_cut || o->auto_cut) && !o->no_auto_cut;
	l->allow_n = o->allow ? 0 : l->allow_n;
	l->types_n = o->types ? 0 : l->types_n;
	l->hours_n = o->hours ? 0 : l->hours_n;
	l->conditions = o->condition.n ? 0 : l->conditions;
	int r = o->allow && !cleared(o->allow) ? gate_allow_parse(l, slice_str(o->allow), e) : 0;
	if (r == 0 && o->types && !cleared(o->types))
		r = gate_types_parse(l, slice_str(o->types), e);
	if (r == 0 && o->hours && !cleared(o->hours))
		r = gate_hours_parse(l, slice_str(o->hours), e);
	bool no_conditions = o->condition.n == 1 && cleared(o->condition.v[0]);
	for (size_t i = 0; r == 0 && !no_conditions && i < o->condition.n; i++)
		r = gate_condition_parse(l, slice_str(o->condition.v[i]), e);
	if (r == 0)
		r = overlay_tls(o, &l->tls, e);
	return r == 0 ? gate_link_check(l, e) : r;
}

/* The key of --tls-cert: it is sent beside the link, and never part of it. */
static int read_key(const struct gate_opts *o, const struct gate_link *l, struct buf *key, struct err *e)
{
	bool fresh = o->tls_cert && !cleared(o->tls_cert);
	buf_init_secret(key, GATE_KEY_PEM_MAX);
	if (fresh != (o->tls_key && *o->tls_key))
		return err_set(e, ERR_USAGE, "--tls-key", "--tls-cert FILE and --tls-key FILE go together");
	int r = fresh ? file_read(AT_FDCWD, o->tls_key, GATE_KEY_PEM_MAX, key, e) : 0;
	return r == 0 && fresh ? serve_link_key_check(slice_str(l->tls.cert), buf_slice(key), e) : r;
}

/* fresh: none of them may be there yet. key: of each; those that have none are empty. */
static int set_links(const struct gate_opts *o, const struct gate_link *l, const struct buf *key, size_t n, bool fresh, struct err *e)
{
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	begin(&b, &w, "set", NULL);
	b.max = GATE_CONFIG_MAX;
	b.secret = true; /* keys may stand in it */
	jsonw_kbool(&w, "fresh", fresh);
	if (o->closed)
		jsonw_kbool(&w, "closed", true);
	jsonw_key(&w, "links");
	jsonw_arr(&w);
	for (size_t i = 0; i < n; i++) {
		jsonw_obj(&w);
		gate_link_put(&l[i], &w);
		if (key[i].n)
			jsonw_kslice(&w, "tlsKey", buf_slice(&key[i]));
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	int r = end(o, &b, &w, &ret, e);
	if (r == 0 && o->json)
		printf("%s\n", buf_cstr(&ret));
	return r;
}

static int add(const struct gate_opts *o, const char *name)
{
	struct gate_link l = {.out = false};
	AUTO_BUF struct buf key = {0};
	struct err e = {0};
	if (!o->listen || !o->to || !o->protocol)
		return cli_usage("gate add: --listen, --to and --protocol say what the link is, or --config FILE");
	if (!copy(l.name, sizeof l.name, name))
		return cli_usage("gate add: this name is too long");
	int r = overlay(o, &l, &e);
	if (r == 0)
		r = read_key(o, &l, &key, &e);
	if (r == 0)
		r = set_links(o, &l, &key, 1, true, &e);
	return r < 0 ? cli_fail(&e) : 0;
}

/* A file that a file of links names, from the folder that this one is in. */
static int beside(void *arg, const char *name, struct buf *ret, struct err *e)
{
	const char *file = arg, *slash = strrchr(file, '/');
	char path[4096];
	int n = snprintf(path, sizeof path, "%.*s%s", slash && name[0] != '/' ? (int)(slash + 1 - file) : 0, file, name);
	return n >= (int)sizeof path ? err_set(e, ERR_USAGE, name, "this path is too long") : file_read(AT_FDCWD, path, ret->max, ret, e);
}

/* Links of a file: all of them or none. */
static int from_file(const struct gate_opts *o, const char *file, bool fresh)
{
	struct gate_config c = {0};
	struct err e = {0};
	AUTO_BUF struct buf text = {0};
	buf_init(&text, GATE_CONFIG_MAX);
	int r = file_read(AT_FDCWD, file, GATE_CONFIG_MAX, &text, &e);
	if (r == 0)
		r = gate_config_read(buf_slice(&text), file, &(struct gate_config_files){.read = beside, .arg = (void *)(uintptr_t)file}, &c, &e);
	for (size_t i = 0; r == 0 && i < c.n; i++)
		r = c.key[i].n ? serve_link_key_check(slice_str(c.link[i].tls.cert), buf_slice(&c.key[i]), &e) : 0;
	if (r == 0)
		r = set_links(o, c.link, c.key, c.n, fresh, &e);
	gate_config_done(&c);
	return r < 0 ? cli_fail(&e) : 0;
}

static int change(const struct gate_opts *o, const char *name)
{
	struct jsonw w;
	struct err e = {0};
	AUTO_BUF struct buf b = {0}, ret = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)16 << 20);
	AUTO_BUF struct buf key = {0};
	struct json_node *n = NULL;
	struct gate_link l;
	begin(&b, &w, "list", name);
	int r = end(o, &b, &w, &ret, &e);
	if (r == 0)
		r = a ? json_tree(buf_slice(&ret), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = gate_link_read(json_path(n, "links.0.more"), &l, &e);
	if (r == 0)
		r = overlay(o, &l, &e);
	if (r == 0)
		r = read_key(o, &l, &key, &e);
	if (r == 0)
		r = set_links(o, &l, &key, 1, false, &e);
	return r < 0 ? cli_fail(&e) : 0;
}

static int removal(const struct gate_opts *o, const char *name)
{
	struct jsonw w;
	struct err e = {0};
	AUTO_BUF struct buf b = {0}, ret = {0};
	begin(&b, &w, "remove", name);
	if (o->reason)
		jsonw_kstr(&w, "reason", o->reason);
	return end(o, &b, &w, &ret, &e) < 0 ? cli_fail(&e) : 0;
}

static int condition(const struct gate_opts *o, const char *name)
{
	struct jsonw w;
	struct err e = {0};
	AUTO_BUF struct buf b = {0}, ret = {0};
	if (!o->met == !o->not_met)
		return cli_usage("gate condition: say --met CONDITION or --not-met CONDITION");
	begin(&b, &w, "condition", name);
	jsonw_kstr(&w, "condition", o->met ? o->met : o->not_met);
	jsonw_kbool(&w, "met", o->met != NULL);
	if (o->evidence)
		jsonw_kstr(&w, "evidence", o->evidence);
	return end(o, &b, &w, &ret, &e) < 0 ? cli_fail(&e) : 0;
}

/* ---- list, cut, probe ---- */

void gate_show_link(const struct json_node *n)
{
	const struct json_node *proof = json_get(n, "proof"), *more = json_get(n, "more");
	struct slice first = json_text(more, "signed"), problem = json_text(more, "problem");
	cli_cell(stdout, json_text(n, "name"), 24);
	cli_cell(stdout, json_text(n, "state"), 12);
	printf("since ");
	cli_slice(stdout, json_text(n, "since"));
	printf("  queue ");
	cli_slice(stdout, json_text(n, "queue"));
	printf("  bytes ");
	cli_slice(stdout, json_text(n, "bytes"));
	if (proof && proof->type == JSON_OBJ) {
		printf("\n    proof (");
		cli_slice(stdout, json_text(proof, "method"));
		printf("): ");
		cli_slice(stdout, json_text(proof, "result"));
	}
	if (first.n) {
		printf("\n    signed by ");
		cli_slice(stdout, first);
		printf(": waits for a second person until ");
		cli_slice(stdout, json_text(more, "signedUntil"));
	}
	if (problem.n) {
		printf("\n    PROBLEM: ");
		cli_slice(stdout, problem);
	}
	if (json_text(more, "odd").n)
		printf("\n    bytes that were in no MLLP frame (VT ... FS CR), and went nowhere: %.*s", SLICE_FMT(json_text(more, "odd")));
	if (json_text(more, "tlsRefused").n) {
		printf("\n    TLS handshakes refused: ");
		cli_slice(stdout, json_text(more, "tlsRefused"));
		printf("; the last ");
		cli_slice(stdout, json_text(more, "tlsWhy"));
	}
	const struct json_node *certs = json_get(more, "certificates");
	for (const struct json_node *c = certs ? certs->child : NULL; c; c = c->next)
		if (json_text(c, "reason").n) {
			printf("\n    CERTIFICATE: ");
			cli_slice(stdout, json_text(c, "reason"));
			printf("\n        ");
			cli_slice(stdout, json_text(c, "next"));
		}
	printf("\n");
}

static void show_json(const struct json_node *n)
{
	static const char *const keys[] = {"name", "state", "since", "class", "bytes", "queue", "last_message", "proof"};
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct json_node *v = json_get(n, keys[i]);
		jsonw_key(&w, keys[i]);
		if (v)
			jsonw_raw(&w, v->raw);
		else
			jsonw_null(&w);
	}
	jsonw_obj_end(&w);
	jsonw_done(&w);
	printf("%s\n", buf_cstr(&b));
}

bool gate_proof_bad(struct slice result)
{
	static const char *const words[] = {"ANSWERS", "STILL", "PASSED", "NOT in the", "NOT CUT", "NOT ISOLATED"};
	bool bad = false;
	for (size_t i = 0; result.n && i < ARRAY_LEN(words); i++)
		bad |= memmem(result.p, result.n, words[i], strlen(words[i])) != NULL;
	return bad;
}

/* 1: something answers that must not. */
static int links(const struct gate_opts *o, const char *what, const char *name)
{
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct json_node *n = NULL;
	begin(&b, &w, what, name);
	if (o->class)
		jsonw_kstr(&w, "class", o->class);
	if (o->reason)
		jsonw_kstr(&w, "reason", o->reason);
	int r = end(o, &b, &w, &ret, &e);
	if (r == 0)
		r = a ? json_tree(buf_slice(&ret), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return cli_fail(&e);
	bool cut = !strcmp(what, "cut"), bad = false;
	const struct json_node *list = json_get(n, "links");
	for (const struct json_node *v = list ? list->child : NULL; v; v = v->next) {
		struct slice result = json_text(v, "proof.result");
		bad |= gate_proof_bad(result);
		if (o->json)
			show_json(v);
		else
			gate_show_link(v);
	}
	const struct json_node *recorded = json_get(n, "recorded");
	if (cut && !(recorded && recorded->type == JSON_TRUE))
		cli_note("The links are cut, but that could not be recorded: is the disk full?");
	return bad && strcmp(what, "list") ? 1 : 0;
}

/* ---- advance, queue ---- */

/* One line from the terminal; what is secret is not shown. */
static bool asked(int tty, const char *what, bool secret, char *out, size_t size)
{
	struct termios was, now;
	size_t n = 0;
	bool quiet = secret && tcgetattr(tty, &was) == 0;
	if (quiet) {
		now = was;
		now.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(tty, TCSAFLUSH, &now);
	}
	bool ok = write(tty, what, strlen(what)) > 0;
	while (ok && n + 1 < size && read(tty, out + n, 1) == 1 && out[n] != '\n')
		n++;
	ok = ok && n > 0 && n + 1 < size;
	out[n] = 0;
	if (quiet) {
		(void)tcsetattr(tty, TCSAFLUSH, &was);
		(void)!write(tty, "\n", 1);
	}
	return ok;
}

/* Without a token a person signs with name and password, where there is a terminal to ask at. What is not said stays unsigned: the keeper says why. */
void gate_sign_in(struct jsonw *w)
{
	char user[64], password[256] = "";
	const char *token = getenv("HOLDFAST_TOKEN");
	AUTO_CLOSE int tty = (token && *token) || !isatty(STDERR_FILENO) ? -1 : open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty >= 0 && asked(tty, "Signed by (account): ", false, user, sizeof user) && asked(tty, "Password: ", true, password, sizeof password)) {
		jsonw_kstr(w, "user", user);
		jsonw_kstr(w, "password", password);
	}
	seal_wipe(password, sizeof password);
}

static int advance(const struct gate_opts *o, const char *name)
{
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n = NULL;
	begin(&b, &w, "advance", name);
	b.secret = true; /* a password may stand in it */
	if (o->reason)
		jsonw_kstr(&w, "reason", o->reason);
	if (o->expires)
		jsonw_kstr(&w, "expires", o->expires);
	gate_sign_in(&w);
	int r = end(o, &b, &w, &ret, &e);
	if (r == 0)
		r = a ? json_tree(buf_slice(&ret), a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return cli_fail(&e);
	if (o->json) {
		printf("%s\n", buf_cstr(&ret));
		return 0;
	}
	const struct json_node *moved = json_get(n, "moved");
	cli_slice(stdout, json_text(n, "name"));
	if (moved && moved->type == JSON_TRUE) {
		printf(" is %.*s now", SLICE_FMT(json_text(n, "state")));
		if (json_text(n, "expires").n)
			printf(", until %.*s", SLICE_FMT(json_text(n, "expires")));
		printf("\n");
	} else {
		printf(": signed by ");
		cli_slice(stdout, json_text(n, "signed"));
		printf("; it stays %.*s until a second person signs for %.*s (by %.*s)\n", SLICE_FMT(json_text(n, "state")), SLICE_FMT(json_text(n, "next")), SLICE_FMT(json_text(n, "signedUntil")));
	}
	return 0;
}

/* A person's word on the first that waits, which the far side does not take. */
static int turn(const struct gate_opts *o, const char *name)
{
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	begin(&b, &w, o->skip ? "skip" : "retry", name);
	b.secret = true; /* a password may stand in it */
	if (o->skip)
		jsonw_kstr(&w, "seq", o->skip);
	if (o->reason)
		jsonw_kstr(&w, "reason", o->reason);
	gate_sign_in(&w);
	if (end(o, &b, &w, &ret, &e) < 0)
		return cli_fail(&e);
	if (o->json)
		printf("{\"name\":\"%s\",\"done\":\"%s\"}\n", name, o->skip ? "skip" : "retry");
	else if (o->skip)
		printf("skipped: it stays in the ledger, and `holdfast gate queue %s --refused` lists it\n", name);
	else
		printf("%s: it is offered again\n", name);
	return 0;
}

static int queue(const struct gate_opts *o, const char *name)
{
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	if (o->skip || o->retry)
		return turn(o, name);
	begin(&b, &w, o->refused ? "refused" : "queue", name);
	if (end(o, &b, &w, &ret, &e) < 0)
		return cli_fail(&e);
	struct slice rest = buf_slice(&ret), line;
	while (rest.n) {
		line = slice_cut(rest, '\n', &rest);
		if (o->json) {
			printf("%.*s\n", SLICE_FMT(line));
			continue;
		}
		AUTO_ARENA struct arena *a = arena_new(1 << 20);
		struct json_node *n;
		if (!a || json_tree(line, a, &n, &e) < 0)
			return cli_fail(&e);
		cli_cell(stdout, json_text(n, "seq"), 12);
		cli_cell(stdout, json_text(n, "received"), 26);
		cli_cell(stdout, json_text(n, "type"), 10);
		cli_cell(stdout, json_text(n, "sending_application"), 16);
		cli_slice(stdout, json_text(n, "control_id"));
		if (o->refused) {
			printf("  %.*s, skipped by ", SLICE_FMT(json_text(n, "code")));
			cli_slice(stdout, json_text(n, "by"));
			printf(": ");
			cli_slice(stdout, json_text(n, "reason"));
		}
		printf("\n");
	}
	return 0;
}

#define ADD 1u
#define LIST 2u
#define CUT 4u
#define ADVANCE 8u
#define PROBE 16u
#define QUEUE 32u
#define SET 64u
#define CHANGE 128u
#define REMOVE 256u
#define CONDITION 512u
static const struct gate_verb verbs[] = {
	{"add", "gate add NAME --listen A:P --to A:P --protocol mllp|tcp --site DIR, or gate add --config FILE --site DIR", "A new link to a partner, through a relay that runs inside of serve.", ADD},
	{"list", "gate list --site DIR", "How links stand: state, queue, bytes, proof.", LIST},
	{"cut", "gate cut NAME | --class C | --all | --address IP --site DIR", "Sockets are reset at once; the entry follows, and the proof. Whoever may run this may cut.", CUT},
	{"advance", "gate advance NAME --site DIR", "A step towards OPEN (CUT, QUARANTINED, TEST, ONE-WAY, LIMITED, OPEN). It needs two people, each with a token of their own in HOLDFAST_TOKEN.", ADVANCE},
	{"probe", "gate probe [NAME] --site DIR", "Proves a cut again: do our own listeners answer, and how much has passed since?", PROBE},
	{"set", "gate set FILE --site DIR", "Links as a file says them: new ones are added, those that are cut and have an empty queue are changed; all of it or nothing.", SET},
	{"change", "gate change NAME [options of add] --site DIR", "What is said is changed, the rest stays; an empty value, or none, takes a setting back. The link is CUT, and nothing waits for it.", CHANGE},
	{"remove", "gate remove NAME --site DIR", "The link is CUT, and nothing waits for it.", REMOVE},
	{"condition", "gate condition NAME --met C | --not-met C --site DIR", "A condition of the link is met, or is not: it is recorded who says so. A cut forgets it.", CONDITION},
	{"queue", "gate queue NAME --site DIR", "What waits for a link, in the order in which it will be sent.", QUEUE},
};

int gate_link_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct gate_opts o = {0};
	const struct gate_opt all[] = {
		{~0u, {"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"}},
		{ADD | CHANGE, {"listen", CLI_STRING, &o.listen, "A:P", "where the near side connects"}},
		{ADD | CHANGE, {"to", CLI_STRING, &o.to, "A:P", "the far side"}},
		{ADD | CHANGE, {"protocol", CLI_STRING, &o.protocol, "P", "mllp (messages are looked at) or tcp (bytes)"}},
		{ADD | CHANGE, {"direction", CLI_STRING, &o.direction, "D", "in (a partner sends to us, the default) or out (we send)"}},
		{ADD | CHANGE | CUT, {"class", CLI_STRING, &o.class, "C", "what kind of partner it is; cut: all of that kind"}},
		{ADD | CHANGE, {"owner", CLI_STRING, &o.owner, "O", "who answers for it"}},
		{ADD | CHANGE, {"purpose", CLI_STRING, &o.purpose, "TEXT", "what it is for"}},
		{ADD | CHANGE, {"allow", CLI_STRING, &o.allow, "LIST", "addresses that may connect, as IP or IP/BITS"}},
		{ADD | CHANGE, {"types", CLI_STRING, &o.types, "LIST", "message types that pass while it is LIMITED"}},
		{ADD | CHANGE, {"rate", CLI_STRING, &o.rate, "N", "messages a second while it is LIMITED, and out of the queue"}},
		{ADD | CHANGE, {"partner", CLI_STRING, &o.partner, "NAME", "whom it leads to: for letters"}},
		{ADD | CHANGE, {"contact", CLI_STRING, &o.contact, "TEXT", "whom a partner asks: for letters"}},
		{ADD | CHANGE, {"hours", CLI_STRING, &o.hours, "LIST", "when it passes while it is LIMITED: Mon-Fri 08:00-18:00, Sat 09:00-12:00"}},
		{ADD | CHANGE, {"condition", CLI_EACH, &o.condition, "TEXT", "what must be met before a step up: NAME: words, or NAME before STATE: words; may be given again"}},
		{ADD | CHANGE, {"auto-cut", CLI_FLAG, &o.auto_cut, NULL, "unusual traffic cuts it, and does not only alarm"}},
		{ADD | CHANGE, {"tls-listen", CLI_FLAG, &o.tls_listen, NULL, "the near side speaks TLS to us: the site's certificate for MLLP is shown"}},
		{ADD | CHANGE, {"tls-client-pin", CLI_STRING, &o.tls_client_pin, "SHA256", "and shows the certificate of this fingerprint"}},
		{ADD | CHANGE, {"tls-client-ca", CLI_STRING, &o.tls_client_ca, "FILE", "and shows one that these have signed (PEM; read now)"}},
		{ADD | CHANGE, {"tls-to", CLI_FLAG, &o.tls_to, NULL, "we speak TLS to the far side"}},
		{ADD | CHANGE, {"tls-pin", CLI_STRING, &o.tls_pin, "SHA256", "which shows the certificate of this fingerprint"}},
		{ADD | CHANGE, {"tls-ca", CLI_STRING, &o.tls_ca, "FILE", "which shows one that these have signed (PEM; read now)"}},
		{ADD | CHANGE, {"tls-name", CLI_STRING, &o.tls_name, "NAME", "and that has this name (default: the address of --to)"}},
		{ADD | CHANGE, {"tls-cert", CLI_STRING, &o.tls_cert, "FILE", "our own certificate, where the far side asks for one (PEM, those that signed it behind it; read now)"}},
		{ADD | CHANGE, {"tls-key", CLI_STRING, &o.tls_key, "FILE", "and its private key (PEM, without a passphrase; read now, and kept in the site's keys)"}},
		{CHANGE, {"tls-off", CLI_FLAG, &o.tls_off, NULL, "plain on both sides, but for what else is said"}},
		{CHANGE, {"no-auto-cut", CLI_FLAG, &o.no_auto_cut, NULL, "unusual traffic raises an alarm, and cuts nothing"}},
		{ADD | SET, {"closed", CLI_FLAG, &o.closed, NULL, "what is new begins CUT, and is opened in stages"}},
		{ADD, {"config", CLI_STRING, &o.config, "FILE", "links of a file, all of them new"}},
		{CONDITION, {"met", CLI_STRING, &o.met, "C", "this condition is met"}},
		{CONDITION, {"not-met", CLI_STRING, &o.not_met, "C", "this condition is not met"}},
		{CONDITION, {"evidence", CLI_STRING, &o.evidence, "TEXT", "by what that is known: words, or #ENTRY"}},
		{CUT, {"all", CLI_FLAG, &o.all, NULL, "every link"}},
		{CUT, {"address", CLI_STRING, &o.address, "IP", "no link: this address, whatever it speaks, but for Holdfast's own ports"}},
		{CUT | ADVANCE | REMOVE | QUEUE, {"reason", CLI_STRING, &o.reason, "TEXT", "why; it is recorded"}},
		{QUEUE, {"skip", CLI_STRING, &o.skip, "SEQ", "give up this message, which the far side refuses: the next one has its turn; by a person of role security, owner or admin, with --reason"}},
		{QUEUE, {"retry", CLI_FLAG, &o.retry, NULL, "offer the message that the far side refuses again, now"}},
		{QUEUE, {"refused", CLI_FLAG, &o.refused, NULL, "list those that were skipped"}},
		{ADVANCE, {"expires", CLI_STRING, &o.expires, "T", "when the step ends: a time, or a span such as 1h (default 24h); for OPEN also never"}},
		{~(REMOVE | CONDITION), {"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"}},
	};
	unsigned verb;
	bool done;
	int r = gate_verb_parse(argc, argv, verbs, ARRAY_LEN(verbs), all, ARRAY_LEN(all), &args, &verb, &done);
	if (r || done)
		return r;
	const char *name = args.n > 1 ? args.v[1] : NULL;
	bool named = args.n == 2;
	switch (verb) {
	case LIST:
		return args.n == 1 ? links(&o, "list", NULL) : cli_usage("gate list takes no name");
	case PROBE:
		return args.n <= 2 ? links(&o, "probe", name) : cli_usage("gate probe: one name, or none for all that are cut");
	case CUT:
		if (o.address)
			return args.n == 1 && !o.class && !o.all ? gate_cut_address(o.site, o.address, o.reason, o.json) : cli_usage("gate cut: say one of NAME, --class C, --all and --address IP");
		return args.n <= 2 && named + (o.class != NULL) + o.all == 1 ? links(&o, "cut", name) : cli_usage("gate cut: say one of NAME, --class C, --all and --address IP");
	case SET:
		return named ? from_file(&o, name, false) : cli_usage("gate set: say which FILE");
	default:
		break;
	}
	if (verb == ADD && o.config)
		return args.n == 1 && !o.listen && !o.to && !o.protocol ? from_file(&o, o.config, true) : cli_usage("gate add: --config FILE says all of it");
	if (!named)
		return cli_usage("gate %s: say the link's name", argv[1]);
	switch (verb) {
	case ADD:
		return add(&o, name);
	case CHANGE:
		return change(&o, name);
	case REMOVE:
		return removal(&o, name);
	case CONDITION:
		return condition(&o, name);
	case ADVANCE:
		return advance(&o, name);
	default:
		if ((o.skip != NULL) + o.retry + o.refused > 1 || (o.reason && !o.skip && !o.retry))
			return cli_usage("gate queue: one of --skip SEQ --reason R, --retry and --refused");
		return queue(&o, name);
	}
}
