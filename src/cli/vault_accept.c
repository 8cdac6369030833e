/* holdfast vault accept: an operator says that a snapshot with a verdict of damage is right as it stands. An entry says who and why; readers take the snapshot for clean from then on. */
#include "vault_cmd.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

/* Who is at the keyboard, also behind sudo. What the environment says is a name in a record of one who may do this anyway. */
static void who(char out[64])
{
	const char *name = getuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd *p = name ? NULL : getpwuid(getuid());
	if (!name && p)
		name = p->pw_name;
	if (name && utf8_valid(slice_str(name)))
		snprintf(out, 64, "%.60s", name);
	else
		snprintf(out, 64, "user %u", (unsigned)getuid());
}

static int record(struct vault_open *o, const struct vault_snapshot *s, const char *reason, uint64_t *ret_entry, struct err *e)
{
	struct vault_channel *ch = NULL;
	struct vault_ledger l;
	AUTO_BUF struct buf body = {0};
	char by[64];
	int64_t time;
	buf_init(&body, VAULT_ACCEPT_MAX);
	who(by);
	vault_accept_body(s, by, reason, &body);
	if (!buf_ok(&body))
		return err_set(e, ERR_USAGE, "--reason", "the reason is too long");
	int r = vault_channel_open(&o->s, &ch, &l, e);
	if (r == 0)
		r = l.snapshot(l.arg, buf_slice(&body), ret_entry, &time, e);
	vault_channel_close(ch);
	return r;
}

static void tell(const struct vault_snapshot *s, uint64_t entry, bool json)
{
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	if (!json) {
		printf("%s is accepted as it stands, and counts as clean; recorded as entry %" PRIu64 "\n", s->id, entry);
		return;
	}
	buf_init(&out, 1 << 16);
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "snapshot", s->id);
	jsonw_kstr(&w, "source", s->source);
	jsonw_ku64(&w, "entry", entry);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&out));
}

int vault_cmd_accept(struct vault_cmd *c)
{
	struct err e = {0};
	struct vault_open o;
	struct vault_snapshot s = {.seq = 0};
	struct slice path;
	uint64_t entry = 0;
	size_t n = c->reason ? strlen(c->reason) : 0;
	if (!n || n > 1000 || !utf8_valid(slice_str(c->reason)))
		return cli_usage("vault accept: --reason is missing: why this is no damage, in at most 1000 bytes; it is kept with your name");
	if (vault_cmd_open(c, &o, &e) < 0)
		return cli_fail(&e);
	int r = vault_cmd_snapshot(c, &o, c->args->v[1], &s, &path, &e);
	if (r == 0 && path.n)
		r = err_set(&e, ERR_USAGE, NULL, "a verdict is of a whole snapshot");
	if (r == 0 && strcmp(s.verdict, "damage"))
		r = err_set(&e, ERR_USAGE, s.id, s.accepted ? "it is accepted already" : "its verdict is clean: there is nothing to accept");
	if (r == 0)
		r = record(&o, &s, c->reason, &entry, &e);
	if (r == 0)
		tell(&s, entry, c->json);
	vault_snapshot_done(&s);
	vault_cmd_close(&o);
	return r < 0 ? cli_fail(&e) : 0;
}
