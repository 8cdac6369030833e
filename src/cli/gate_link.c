/* holdfast gate add|list|cut|advance|probe|queue: links to partners. */
#include "gate_cmd.h"

#include "gate.h"

#include <stdlib.h>
#include <unistd.h>

struct gate_opts {
	const char *site, *listen, *to, *protocol, *direction, *class, *owner, *purpose, *allow, *types, *reason, *expires;
	uint64_t rate;
	bool json, all;
};

static int ask(const struct gate_opts *o, struct buf *question, struct buf *ret, struct err *e)
{
	struct site s;
	struct control *k = NULL;
	const char *token = getenv("HOLDFAST_TOKEN");
	int r = cli_site(o->site, &s, e);
	if (r < 0)
		return r;
	r = control_open_bare(&s, &k, e); /* none of it is shown in a chart */
	if (r == 0)
		r = control_gate(k, token, buf_slice(question), ret, e);
	control_close(k);
	site_close(&s);
	return r;
}

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
	return buf_ok(b) ? ask(o, b, ret, e) : err_set(e, ERR_USAGE, NULL, "too long");
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

static int add(const struct gate_opts *o, const char *name)
{
	struct gate_link l = {.protocol = !o->protocol ? (enum gate_protocol)0 : !strcmp(o->protocol, "mllp") ? GATE_MLLP : !strcmp(o->protocol, "tcp") ? GATE_TCP : (enum gate_protocol)0};
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	if (!o->listen || !o->to || !o->protocol)
		return cli_usage("gate add: --listen, --to and --protocol say what the link is");
	if (o->direction && strcmp(o->direction, "in") && strcmp(o->direction, "out"))
		return cli_usage("--direction: in (a partner connects to us) or out (our own systems do)");
	if (!copy(l.name, sizeof l.name, name) || !copy(l.class, sizeof l.class, o->class) || !copy(l.owner, sizeof l.owner, o->owner) || !copy(l.purpose, sizeof l.purpose, o->purpose) || !copy(l.listen, sizeof l.listen, o->listen) ||
	    !copy(l.to, sizeof l.to, o->to))
		return cli_usage("gate add: a name, class, owner or purpose is too long");
	if (o->rate > 1000000)
		return cli_usage("--rate: at most a million a second");
	l.out = o->direction && !strcmp(o->direction, "out");
	l.rate = (uint32_t)o->rate;
	int r = o->allow ? gate_allow_parse(&l, slice_str(o->allow), &e) : 0;
	if (r == 0 && o->types)
		r = gate_types_parse(&l, slice_str(o->types), &e);
	if (r == 0)
		r = gate_link_check(&l, &e);
	if (r < 0)
		return cli_fail(&e);
	begin(&b, &w, "add", NULL);
	gate_link_put(&l, &w);
	return end(o, &b, &w, &ret, &e) < 0 ? cli_fail(&e) : 0;
}

/* ---- list, cut, probe ---- */

static void show_line(const struct json_node *n)
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
		bad |= result.n && (memmem(result.p, result.n, "ANSWERS", 7) || memmem(result.p, result.n, "STILL", 5));
		if (o->json)
			show_json(v);
		else
			show_line(v);
	}
	const struct json_node *recorded = json_get(n, "recorded");
	if (cut && !(recorded && recorded->type == JSON_TRUE))
		cli_note("The links are cut, but that could not be recorded: is the disk full?");
	return bad && strcmp(what, "list") ? 1 : 0;
}

/* ---- advance, queue ---- */

static int advance(const struct gate_opts *o, const char *name)
{
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n = NULL;
	begin(&b, &w, "advance", name);
	if (o->reason)
		jsonw_kstr(&w, "reason", o->reason);
	if (o->expires)
		jsonw_kstr(&w, "expires", o->expires);
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

static int queue(const struct gate_opts *o, const char *name)
{
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf b = {0}, ret = {0};
	begin(&b, &w, "queue", name);
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
		cli_slice(stdout, json_text(n, "control_id"));
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
static const struct {
	const char *name, *usage, *about;
	unsigned bit;
} verbs[] = {
	{"add", "gate add NAME --listen A:P --to A:P --protocol mllp|tcp --site DIR", "A new link to a partner, through a relay that runs inside of serve.", ADD},
	{"list", "gate list --site DIR", "How links stand: state, queue, bytes, proof.", LIST},
	{"cut", "gate cut NAME | --class C | --all --site DIR", "Sockets are reset at once; the entry follows, and the proof. Whoever may run this may cut.", CUT},
	{"advance", "gate advance NAME --site DIR", "A step towards OPEN (CUT, QUARANTINED, TEST, ONE-WAY, LIMITED, OPEN). It needs two people, each with a token of their own in HOLDFAST_TOKEN.", ADVANCE},
	{"probe", "gate probe [NAME] --site DIR", "Proves a cut again: do our own listeners answer, and how much has passed since?", PROBE},
	{"queue", "gate queue NAME --site DIR", "What waits for a link, in the order in which it will be sent.", QUEUE},
};

int gate_link_cmd(int argc, char **argv)
{
	static struct cli_args args;
	struct gate_opts o = {0};
	const struct {
		unsigned of;
		struct cli_opt opt;
	} all[] = {
		{~0u, {"site", CLI_STRING, &o.site, "DIR", "the site folder (or HOLDFAST_SITE)"}},
		{ADD, {"listen", CLI_STRING, &o.listen, "A:P", "where the near side connects"}},
		{ADD, {"to", CLI_STRING, &o.to, "A:P", "the far side"}},
		{ADD, {"protocol", CLI_STRING, &o.protocol, "P", "mllp (messages are looked at) or tcp (bytes)"}},
		{ADD, {"direction", CLI_STRING, &o.direction, "D", "in (a partner sends to us, the default) or out (we send)"}},
		{ADD | CUT, {"class", CLI_STRING, &o.class, "C", "what kind of partner it is; cut: all of that kind"}},
		{ADD, {"owner", CLI_STRING, &o.owner, "O", "who answers for it"}},
		{ADD, {"purpose", CLI_STRING, &o.purpose, "TEXT", "what it is for"}},
		{ADD, {"allow", CLI_STRING, &o.allow, "LIST", "addresses that may connect, as IP or IP/BITS"}},
		{ADD, {"types", CLI_STRING, &o.types, "LIST", "message types that pass while it is LIMITED"}},
		{ADD, {"rate", CLI_NUMBER, &o.rate, "N", "messages a second while it is LIMITED, and out of the queue"}},
		{CUT, {"all", CLI_FLAG, &o.all, NULL, "every link"}},
		{CUT | ADVANCE, {"reason", CLI_STRING, &o.reason, "TEXT", "why; it is recorded"}},
		{ADVANCE, {"expires", CLI_STRING, &o.expires, "T", "when the step ends: a time, or a span such as 1h (default 24h); for OPEN also never"}},
		{~ADD, {"json", CLI_FLAG, &o.json, NULL, "JSON on stdout"}},
	};
	struct cli_opt opts[ARRAY_LEN(all)];
	size_t v = 0, n = 0;
	while (v < ARRAY_LEN(verbs) && strcmp(verbs[v].name, argv[1]))
		v++;
	assert(v < ARRAY_LEN(verbs)); /* gate.c asks for these alone */
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].of & verbs[v].bit)
			opts[n++] = all[i].opt;
	bool done;
	int r = cli_parse(argc, argv, verbs[v].usage, verbs[v].about, opts, n, &args, &done);
	if (r || done)
		return r;
	const char *name = args.n > 1 ? args.v[1] : NULL;
	bool named = args.n == 2;
	switch (verbs[v].bit) {
	case LIST:
		return args.n == 1 ? links(&o, "list", NULL) : cli_usage("gate list takes no name");
	case PROBE:
		return args.n <= 2 ? links(&o, "probe", name) : cli_usage("gate probe: one name, or none for all that are cut");
	case CUT:
		return args.n <= 2 && named + (o.class != NULL) + o.all == 1 ? links(&o, "cut", name) : cli_usage("gate cut: say one of NAME, --class C and --all");
	default:
		break;
	}
	if (!named)
		return cli_usage("gate %s: say the link's name", verbs[v].name);
	return verbs[v].bit == ADD ? add(&o, name) : verbs[v].bit == ADVANCE ? advance(&o, name) : queue(&o, name);
}
