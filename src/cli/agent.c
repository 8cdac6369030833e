/* holdfast agent add|list|revoke: backups of other hosts. */
#include "commands.h"
#include "vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PEM_MAX ((size_t)32 << 10)

static bool name_ok(const char *s)
{
	size_t n = strlen(s);
	return n && n <= 40 && strcmp(s, "site") != 0 && !strchr("._-", s[0]) && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == 0;
}

/* https://HOST:PORT as other hosts reach it. What site.ini listens on may be all addresses, or this machine's only. */
static int url_of(const struct site *s, const char *given, char out[512], struct err *e)
{
	char host[256];
	const char *port = strrchr(s->http, ':');
	if (given) {
		size_t n = strlen(given);
		while (n && given[n - 1] == '/')
			n--;
		if (n >= 512 || strncmp(given, "https://", 8) != 0 || strpbrk(given, "@?# \r\n\"\\<>"))
			return err_set(e, ERR_USAGE, "--url", "an address is https://HOST:PORT, without user, query or fragment");
		memcpy(out, given, n);
		out[n] = 0;
		return 0;
	}
	if (!s->http[0] || !port || s->plain)
		return err_set(e, ERR_USAGE, "--url", "say how other hosts reach this site: https://HOST:PORT (site.ini has no address with TLS)");
	bool any = !strncmp(s->http, "0.0.0.0:", 8) || !strncmp(s->http, "[::]:", 5) || s->http[0] == ':';
	if (any && gethostname(host, sizeof host - 1) < 0)
		return err_sys(e, NULL, "this machine has no name");
	host[sizeof host - 1] = 0;
	if (any)
		(void)snprintf(out, 512, "https://%s%s", host, port);
	else
		(void)snprintf(out, 512, "https://%s", s->http);
	return 0;
}

static int authority(const struct site *s, struct buf *ret, struct err *e)
{
	/* a certificate of the hospital's own is signed by somebody else; its chain, as given, holds who */
	const char *path = s->web.cert[0] ? s->web.cert : "tls/ca.crt";
	return file_read(s->fd, path, PEM_MAX, ret, e);
}

static int fill(struct control *k, const struct site *s, const char *name, const char *url, struct vault_credential *c, struct err *e)
{
	struct site_keys keys = {0};
	(void)!seal_lock_memory(&keys, sizeof keys, NULL);
	int r = site_keys_open(s->fd, &keys, e);
	if (r == 0 && (!keys.can_dedupe || !keys.can_sign))
		r = err_set(e, ERR_DENIED, "keys", "the site's keys are not for this user: run this as root or the site's owner");
	if (r == 0)
		r = url_of(s, url, c->url, e);
	if (r == 0)
		r = authority(s, &c->ca, e);
	if (r == 0) {
		(void)snprintf(c->agent, sizeof c->agent, "%s", name);
		(void)snprintf(c->site, sizeof c->site, "%s", s->name);
		c->log = keys.signing.v;
		r = seal_agent_key(keys.dedupe, name, c->dedupe, e);
	}
	site_keys_wipe(&keys);
	if (r == 0)
		r = control_vault_key(k, VAULT_CONTENT, c->files.period, &c->files.to, e);
	if (r == 0)
		r = control_vault_key(k, VAULT_CATALOGUE, c->catalogue.period, &c->catalogue.to, e);
	return r == 0 ? control_token_create(k, AGENT_ROLE, NULL, name, c->token, e) : r;
}

/* A new file, never over one that is there. */
static int write_file(const char *path, struct slice text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? err_set(e, ERR_EXISTS, path, "it is there already; name another with --out") : err_sys(e, path, "cannot be made");
	int r = file_write_all(fd, text, e, path);
	if (r == 0 && fsync(fd) < 0)
		r = err_sys(e, path, "cannot be made durable");
	close(fd);
	if (r < 0)
		(void)unlink(path);
	return r;
}

static int add(struct control *k, const struct site *s, const char *name, const char *url, const char *out, bool json, struct err *e)
{
	struct vault_credential c = {.agent = ""};
	AUTO_BUF struct buf text = {0};
	char path[128];
	(void)snprintf(path, sizeof path, "%s.agent", name);
	buf_init_secret(&text, 64 << 10);
	buf_init(&c.ca, PEM_MAX);
	bool to_stdout = out && !strcmp(out, "-");
	if (!to_stdout && access(out ? out : path, F_OK) == 0)
		return err_set(e, ERR_EXISTS, out ? out : path, "it is there already; name another with --out");
	int r = fill(k, s, name, url, &c, e);
	if (r == 0) {
		vault_credential_write(&c, &text);
		r = buf_ok(&text) ? 0 : err_set(e, buf_code(&text), NULL, "the credential is too long");
	}
	if (r == 0 && to_stdout)
		fwrite(text.p, 1, text.n, stdout);
	else if (r == 0)
		r = write_file(out ? out : path, buf_slice(&text), e);
	if (r < 0 && c.token[0]) { /* nobody has it */
		struct err ignored;
		(void)!control_token_revoke(k, c.token, &ignored);
	}
	if (r == 0 && !to_stdout && json)
		printf("{\"agent\":\"%s\",\"file\":\"%s\"}\n", name, out ? out : path);
	else if (r == 0 && !to_stdout) {
		printf("%s\n", out ? out : path);
		cli_note("Bring this file to the host that is to be backed up, over a way that nobody else reads, and remove it here. There:\n  holdfast vault backup --to %s --agent FILE --source NAME PATH...", c.url);
	}
	vault_credential_done(&c);
	return r;
}

/* ---- which there are ---- */

static bool is_agent(const struct json_node *t)
{
	return slice_eq_str(json_text(t, "role"), AGENT_ROLE);
}

static bool is_revoked(const struct json_node *t)
{
	const struct json_node *n = json_get(t, "revoked");
	return n && n->type == JSON_TRUE;
}

static void show(const struct json_node *t, bool json)
{
	if (!json) {
		cli_cell(stdout, json_text(t, "label"), 28);
		cli_cell(stdout, json_text(t, "created"), 26);
		printf("%s\n", is_revoked(t) ? "revoked" : "");
		return;
	}
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 4096);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kslice(&w, "agent", json_text(t, "label"));
	jsonw_kslice(&w, "created", json_text(t, "created"));
	jsonw_kbool(&w, "revoked", is_revoked(t));
	jsonw_kslice(&w, "token", json_text(t, "id"));
	jsonw_obj_end(&w);
	jsonw_done(&w);
	printf("%s\n", buf_cstr(&b));
}

/* Lists them, or (name) revokes the one that is in use. */
static int each(struct control *k, const char *name, bool json, struct err *e)
{
	AUTO_BUF struct buf out = {0};
	AUTO_ARENA struct arena *a = arena_new(256 << 20);
	struct json_node *root;
	char id[64] = "";
	buf_init(&out, 64 << 20);
	int r = a ? control_user_list(k, &out, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = json_tree(buf_slice(&out), a, &root, e);
	if (r < 0)
		return r;
	const struct json_node *tokens = json_get(root, "tokens");
	for (const struct json_node *t = tokens ? tokens->child : NULL; t; t = t->next) {
		if (!is_agent(t))
			continue;
		struct slice tid = json_text(t, "id");
		if (!name)
			show(t, json);
		else if (!is_revoked(t) && slice_eq_str(json_text(t, "label"), name) && tid.n < sizeof id) {
			memcpy(id, tid.p, tid.n);
			id[tid.n] = 0;
		}
	}
	if (!name)
		return 0;
	return id[0] ? control_token_revoke(k, id, e) : err_set(e, ERR_NOT_FOUND, name, "no agent of that name is in use");
}

int cmd_agent(int argc, char **argv)
{
	static struct cli_args args;
	const char *site = NULL, *out = NULL, *url = NULL;
	bool json = false;
	const struct cli_opt opts[] = {
		{"site", CLI_STRING, &site, "DIR", "the site folder (or HOLDFAST_SITE)"},
		{"out", CLI_STRING, &out, "FILE", "add: where to write the credential: NAME.agent in this folder; - is standard output"},
		{"url", CLI_STRING, &url, "URL", "add: how the other host reaches this site, https://HOST:PORT; without it as site.ini listens"},
		{"json", CLI_FLAG, &json, NULL, "JSON on stdout (list: NDJSON)"},
	};
	bool done;
	int r = cli_parse(argc, argv, "agent add NAME --site DIR [--url URL] [--out FILE] | agent list | agent revoke NAME",
	                  "Backup agents on other hosts. 'add' makes a credential file with which a host may bring its backups, and read nothing: it opens no pack. 'revoke' ends it at once.", opts, ARRAY_LEN(opts), &args, &done);
	if (r || done)
		return r;
	const char *verb = args.n ? args.v[0] : "";
	bool adds = !strcmp(verb, "add"), lists = !strcmp(verb, "list"), revokes = !strcmp(verb, "revoke");
	if ((!adds && !lists && !revokes) || args.n != (lists ? 1 : 2))
		return cli_usage("agent: say 'add NAME', 'list' or 'revoke NAME'");
	if ((out || url) && !adds)
		return cli_usage("agent %s: --out and --url mean nothing here", verb);
	if (adds && !name_ok(args.v[1]))
		return cli_usage("agent add: a name is 1 to 40 letters, digits, dots, hyphens and underscores, begins with a letter or digit, and is not 'site'");
	struct err e = {0};
	struct site s;
	struct control *k = NULL;
	if (cli_site(site, &s, &e) < 0)
		return cli_fail(&e);
	r = control_open(&s, true, &k, &e);
	if (r == 0)
		r = adds ? add(k, &s, args.v[1], url, out, json, &e) : each(k, lists ? NULL : args.v[1], json, &e);
	control_close(k);
	site_close(&s);
	return r < 0 ? cli_fail(&e) : 0;
}
