/* Content of a case out of the vault: of the touched files what was kept of them last before the window began, and of what was not there yet what was kept last until its end, of snapshots that show no damage. An encrypted host is no
 * obstacle to knowing what was taken from it. */
#include "scope_cmd.h"
#include "vault_cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

struct taking {
	const struct survey_names *names;
};

/* The newest snapshots that are no picture of the damage: before the window, and in it. */
struct newest {
	int64_t from, to;
	char before[24], within[24];
};

static int look(void *arg, const struct vault_snapshot *s, struct err *e)
{
	struct newest *n = arg;
	(void)e;
	if (s->begun > n->to || !strcmp(s->verdict, "damage"))
		return 0;
	char *which = s->begun <= n->from ? n->before : n->within;
	snprintf(which, sizeof n->before, "%s", s->id);
	return 0;
}

static bool wanted(void *arg, struct slice path)
{
	const struct taking *t = arg;
	return survey_names_have(t->names, path);
}

static int restore(struct vault_open *o, const struct vault_snapshot *s, struct taking *t, const char *work, struct case_taken *ret, struct err *e)
{
	struct vault_restored done = {0};
	struct vault_restore_options ro = {.want = wanted, .want_arg = t, .missing = vault_cmd_say};
	char at[32];
	char *dir = ret->dir[ret->n];
	int n = snprintf(dir, sizeof ret->dir[0], "%s/%s", work, s->id);
	if (n < 0 || (size_t)n >= sizeof ret->dir[0])
		return err_set(e, ERR_LIMIT, work, "is too long a path");
	if (mkdir(dir, 0700) < 0)
		return err_sys(e, dir, "cannot be made");
	ret->n++;
	int r = vault_restore(o->v, s, dir, &ro, &done, e);
	cli_note("%s of %s: %" PRIu64 " files taken out%s", s->id, time_rfc3339(s->time, 0, at), done.files, done.missing ? ", some could not be" : "");
	return r == ERR_NO ? 0 : r; /* what is missing is a touched object that is not found, and counted there */
}

int case_take(const char *site, const struct scope_case *c, struct slice source, const struct evidence_fold *touched, const char *identity, const struct cli_list *shares, const char *work, struct case_taken *ret, struct err *e)
{
	struct vault_cmd cmd = {.site = site, .identity = identity, .shares = *shares, .reread = UINT64_MAX};
	struct vault_open o;
	char name[256], query[400];
	struct survey_names *names;
	*ret = (struct case_taken){.n = 0};
	snprintf(name, sizeof name, "%.*s", (int)source.n, (const char *)source.p);
	if (!identity && !shares->n)
		return err_set(e, ERR_USAGE, name, "contents of the vault are opened by the recovery key alone: give --identity FILE, or --shares with enough of them");
	names = survey_names_new(touched);
	if (!names)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = vault_cmd_open(&cmd, &o, e);
	if (r < 0) {
		survey_names_free(names);
		return r;
	}
	struct taking t = {names};
	struct newest n = {.from = c->from, .to = c->to};
	r = vault_list(o.v, name, look, &n, e); /* oldest first */
	if (r == 0 && !n.before[0] && !n.within[0])
		r = err_set(e, ERR_NOT_FOUND, name, "the vault kept nothing whole of it until the window's end");
	if (r == 0) {
		snprintf(query, sizeof query, "scope case %.*s: vault %s %s %s", SLICE_FMT(c->name), name, n.before, n.within);
		vault_cmd_record(&o, query, c->last_entry);
	}
	for (int i = 0; r == 0 && i < 2; i++) {
		const char *id = i ? n.within : n.before;
		struct vault_snapshot s = {.seq = 0};
		if (!id[0])
			continue;
		r = vault_find(o.v, id, name, 0, &s, e);
		if (r == 0)
			r = restore(&o, &s, &t, work, ret, e);
		vault_snapshot_done(&s);
	}
	vault_cmd_close(&o);
	survey_names_free(names);
	return r;
}
