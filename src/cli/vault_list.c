/* holdfast vault list, ls: which snapshots there are, and what lies in one. Needs no recovery key. */
#include "vault_cmd.h"

#include <inttypes.h>
#include <sys/stat.h>

static int list_json(void *arg, const struct vault_snapshot *s, struct err *e)
{
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	buf_init(&out, 4 << 20);
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "id", s->id);
	vault_cmd_put_snapshot(&w, s);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&out));
	return 0;
}

static int list_text(void *arg, const struct vault_snapshot *s, struct err *e)
{
	char t[32], bytes[32], fresh[32];
	printf("%-10s %s  %-20s %9" PRIu64 " files %12s %12s new  %s%s\n", s->id, time_rfc3339(s->time, 0, t), s->source, s->files, vault_cmd_size(s->bytes, bytes), vault_cmd_size(s->new_bytes, fresh),
	       strcmp(s->verdict, "damage") ? s->accepted ? "clean (damage accepted)" : s->verdict : "DAMAGE", s->whole ? "" : ", not whole");
	return 0;
}

int vault_cmd_list(struct vault_cmd *c)
{
	struct err e = {0};
	struct vault_open o;
	if (vault_cmd_open(c, &o, &e) < 0)
		return cli_fail(&e);
	int r = vault_list(o.v, c->source, c->json ? list_json : list_text, NULL, &e);
	vault_cmd_close(&o);
	return r < 0 ? cli_fail(&e) : 0;
}

/* ---- ls ---- */

static const char *mode_text(const struct vault_node *n, char out[12])
{
	static const char bits[] = "rwxrwxrwx";
	out[0] = n->type == 'f' || n->type == 'h' ? '-' : n->type;
	for (int i = 0; i < 9; i++)
		out[1 + i] = n->mode >> (8 - i) & 1 ? bits[i] : '-';
	if (n->mode & S_ISUID)
		out[3] = n->mode & 0100 ? 's' : 'S';
	if (n->mode & S_ISGID)
		out[6] = n->mode & 0010 ? 's' : 'S';
	if (n->mode & S_ISVTX)
		out[9] = n->mode & 0001 ? 't' : 'T';
	out[10] = 0;
	return out;
}

static int node_text(void *arg, const struct vault_node *n, struct err *e)
{
	char mode[12], t[32];
	printf("%s %5u %5u %12" PRIu64 " %s ", mode_text(n, mode), n->uid, n->gid, n->size, time_rfc3339(n->mtime, 0, t));
	cli_slice(stdout, n->path);
	if (n->link.n) {
		printf(n->type == 'h' ? " == " : " -> ");
		cli_slice(stdout, n->link);
	}
	if (n->torn || n->unreadable)
		printf(n->torn ? "   (changed while it was read)" : "   (could not be read)");
	putchar('\n');
	return 0;
}

/* What is not UTF-8 has its exact bytes beside the readable form. */
static void put_name(struct jsonw *w, const char *key, const char *exact, struct slice s)
{
	AUTO_BUF struct buf b = {0};
	jsonw_kslice(w, key, s);
	if (utf8_valid(s))
		return;
	buf_init(&b, 1 << 20);
	base64_put(&b, s);
	jsonw_kslice(w, exact, buf_slice(&b));
}

static int node_json(void *arg, const struct vault_node *n, struct err *e)
{
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	char word[2] = {n->type, 0};
	buf_init(&out, 1 << 20);
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	put_name(&w, "path", "path_base64", n->path);
	jsonw_kstr(&w, "type", word);
	jsonw_ku64(&w, "mode", n->mode);
	jsonw_ku64(&w, "uid", n->uid);
	jsonw_ku64(&w, "gid", n->gid);
	jsonw_ku64(&w, "size", n->size);
	char t[32];
	jsonw_kstr(&w, "mtime", time_rfc3339(n->mtime, 9, t));
	if (n->link.n)
		put_name(&w, "link", "link_base64", n->link);
	if (n->type == 'c' || n->type == 'b') {
		jsonw_ku64(&w, "major", n->rdev_major);
		jsonw_ku64(&w, "minor", n->rdev_minor);
	}
	if (n->type == 'f') {
		static const char *const states[] = {"unchecked", "valid", "lost"};
		jsonw_kstr(&w, "content", content_type_name(n->content_type));
		jsonw_kstr(&w, "structure", n->content_state >= 0 && n->content_state < 3 ? states[n->content_state] : "unchecked");
	}
	if (n->torn)
		jsonw_kbool(&w, "torn", true);
	if (n->unreadable)
		jsonw_kbool(&w, "unreadable", true);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&out));
	return 0;
}

struct listing {
	bool json;
	uint64_t n;
};

static int node(void *arg, const struct vault_node *n, struct err *e)
{
	struct listing *l = arg;
	l->n++;
	return l->json ? node_json(NULL, n, e) : node_text(NULL, n, e);
}

int vault_cmd_ls(struct vault_cmd *c)
{
	struct err e = {0};
	struct vault_open o;
	struct vault_snapshot s = {.seq = 0};
	struct slice under;
	struct listing l = {.json = c->json};
	if (vault_cmd_open(c, &o, &e) < 0)
		return cli_fail(&e);
	int r = vault_cmd_snapshot(c, &o, c->args->v[1], &s, &under, &e);
	if (r == 0 && c->args->n > 2) {
		if (under.n)
			r = err_set(&e, ERR_USAGE, NULL, "the path is named twice");
		else
			r = vault_cmd_path(&o, c->args->v[2], &under, &e);
	}
	if (r == 0)
		r = vault_ls(o.v, &s, under, node, &l, &e);
	if (r == 0 && under.n && !l.n)
		r = err_set(&e, ERR_NOT_FOUND, NULL, "there is no such path in %s: they are absolute, and `vault ls %s` prints them", s.id, s.id);
	vault_snapshot_done(&s);
	vault_cmd_close(&o);
	return r < 0 ? cli_fail(&e) : 0;
}
