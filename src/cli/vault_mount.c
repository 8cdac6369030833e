/* holdfast vault mount: snapshots as folders, for looking. That somebody looks is an entry, durable before the first name is shown. */
#include "vault_cmd.h"

#include <inttypes.h>

struct looking {
	struct vault_open *o;
	const char *at;
	char id[24]; /* of one snapshot; "": all */
	uint64_t seq;
	bool json;
};

static int ready(void *arg, size_t snapshots, uint64_t newest, struct err *e)
{
	const struct looking *l = arg;
	struct control *k = NULL;
	char query[64];
	snprintf(query, sizeof query, "vault mount%s%s", l->id[0] ? " " : "", l->id);
	cli_record(&l->o->s, &k, "export", NULL, query, l->id[0] ? l->seq : newest);
	control_close(k);
	if (l->json) {
		AUTO_BUF struct buf out = {0};
		struct jsonw w;
		buf_init(&out, 1 << 16);
		jsonw_init(&w, &out);
		jsonw_obj(&w);
		jsonw_kstr(&w, "mountpoint", l->at);
		jsonw_ku64(&w, "snapshots", snapshots);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&out));
	} else if (l->id[0]) {
		cli_note("%s is mounted read-only at %s; Ctrl-C or `umount` ends it", l->id, l->at);
	} else {
		cli_note("%zu snapshots are mounted read-only at %s; Ctrl-C or `umount` ends it", snapshots, l->at);
	}
	return fflush(stdout) == 0 ? 0 : err_sys(e, "stdout", "cannot be written to");
}

static void say(void *arg, const char *sentence)
{
	vault_cmd_say(NULL, sentence);
}

int vault_cmd_mount(struct vault_cmd *c)
{
	struct err e = {0};
	struct vault_open o;
	struct vault_snapshot s = {.seq = 0};
	struct slice path = SLICE_NULL;
	const char *what = c->args->n > 2 ? c->args->v[1] : NULL;
	struct looking l = {.o = &o, .at = c->args->v[c->args->n - 1], .json = c->json};
	struct vault_mount_options mo = {.ready = ready, .say = say, .arg = &l};
	if (!what && (c->before || c->source))
		return cli_usage("vault mount: --source and --before choose a snapshot: name it, or say latest");
	if (vault_cmd_open(c, &o, &e) < 0)
		return cli_fail(&e);
	int r = what ? vault_cmd_snapshot(c, &o, what, &s, &path, &e) : 0;
	if (r == 0 && path.n)
		r = err_set(&e, ERR_USAGE, NULL, "a mount shows a whole snapshot: name it without a path");
	if (r == 0 && what) {
		mo.only = &s;
		l.seq = s.seq;
		memcpy(l.id, s.id, sizeof l.id);
	}
	if (r == 0 && !o.has_recovery)
		cli_note("holdfast: no recovery key was given: names are shown, and no file opens");
	if (r == 0)
		r = vault_mount(o.v, l.at, &mo, &e);
	vault_snapshot_done(&s);
	vault_cmd_close(&o);
	return r < 0 ? cli_fail(&e) : 0;
}
