/* holdfast vault backup: reads trees as the user who may, and leaves a snapshot. With a daemon running it stands back for it. */
#include "vault_cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_BEST_EFFORT_LAST (2 << 13 | 7)

/* The ward's messages go first: later threads inherit both. Where the kernel refuses, it is only slower for others. */
static void stand_back(void)
{
	(void)!setpriority(PRIO_PROCESS, 0, 10);
	(void)!syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_BEST_EFFORT_LAST);
}

static void print(const struct vault_snapshot *s)
{
	char bytes[32], fresh[32], stored[32];
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *why;
	printf("%" PRIu64 " files, %s in all; %" PRIu64 " changed, %" PRIu64 " new, %" PRIu64 " gone; %s of new content, %s stored\n", s->files, vault_cmd_size(s->bytes, bytes), s->changed, s->added, s->removed,
	       vault_cmd_size(s->new_bytes, fresh), vault_cmd_size(s->stored_bytes, stored));
	if (!s->whole)
		printf("NOT WHOLE: %" PRIu64 " could not be read, %" PRIu64 " changed while they were read; all else is in the snapshot\n", s->unreadable, s->torn);
	printf("verdict: %s\n", strcmp(s->verdict, "damage") ? s->verdict : "DAMAGE");
	if (a && s->reasons.n && json_tree(buf_slice(&s->reasons), a, &why, NULL) == 0)
		for (const struct json_node *n = why->child; n; n = n->next) {
			printf("  ");
			cli_slice(stdout, n->value);
			putchar('\n');
		}
	printf("%s\n", s->id);
}

static void print_json(const struct vault_snapshot *s)
{
	AUTO_BUF struct buf out = {0};
	struct jsonw w;
	buf_init(&out, 4 << 20);
	jsonw_init(&w, &out);
	jsonw_obj(&w);
	vault_cmd_put_snapshot(&w, s);
	jsonw_kstr(&w, "id", s->id);
	jsonw_obj_end(&w);
	printf("%s\n", buf_cstr(&out));
}

void vault_cmd_print_backup(const struct vault_snapshot *s, bool json)
{
	if (json)
		print_json(s);
	else
		print(s);
}

void vault_cmd_backup_options(const struct vault_cmd *c, struct vault_bar *bar, struct vault_backup_options *ret)
{
	*ret = (struct vault_backup_options){.source = c->source, .paths = c->args->v + 1, .path_n = c->args->n - 1, .exclude = c->exclude.v, .exclude_n = c->exclude.n, .one_file_system = c->one_file_system,
	                                     .reread_percent = c->reread == UINT64_MAX ? 1 : (unsigned)c->reread, .readers = (unsigned)c->threads, .progress = vault_cmd_progress, .arg = bar, .trouble = vault_cmd_say};
}

static int backup(struct vault_cmd *c, struct site *s, struct site_keys *keys, struct vault_snapshot *snap, struct err *e)
{
	struct vault_channel *ch = NULL;
	struct vault_ledger l;
	struct vault_bar bar = {0};
	struct vault_backup_options o;
	vault_cmd_backup_options(c, &bar, &o);
	o.older = keys->older;
	o.older_n = keys->older_n;
	if (!keys->can_dedupe || !keys->can_open)
		return err_set(e, ERR_DENIED, "keys", "the site's keys are not for this user: run this as root or the site's owner");
	int r = vault_channel_open(s, &ch, &l, e);
	if (r < 0)
		return r;
	if (vault_channel_daemon(ch))
		stand_back();
	r = vault_refresh(s->fd, keys, e);
	if (r == 0)
		r = vault_backup(s->fd, &l, keys->dedupe, &keys->care, &o, snap, e);
	vault_cmd_progress_end(&bar);
	vault_channel_close(ch);
	return r;
}

int vault_cmd_backup(struct vault_cmd *c)
{
	struct err e = {0};
	struct site s;
	struct site_keys keys = {0};
	struct vault_snapshot snap = {.seq = 0};
	if (!c->source)
		return cli_usage("vault backup: --source is missing: the name under which this tree is found again, such as files-server");
	if (c->reread != UINT64_MAX && c->reread > 100)
		return cli_usage("vault backup: --reread is 0 to 100");
	if (c->threads > 64)
		return cli_usage("vault backup: --threads is at most 64");
	if (!c->agent && (c->to || c->state))
		return cli_usage("vault backup: --to and --state go with --agent FILE, on a host that has no site");
	if (c->agent && c->site)
		return cli_usage("vault backup: --agent is for a host without a site; give --site or --agent");
	if (c->agent)
		return vault_cmd_agent(c);
	if (cli_site(c->site, &s, &e) < 0)
		return cli_fail(&e);
	(void)!seal_lock_memory(&keys, sizeof keys, NULL);
	int r = site_keys_open(s.fd, &keys, &e);
	if (r == 0)
		r = backup(c, &s, &keys, &snap, &e);
	site_keys_wipe(&keys);
	site_close(&s);
	if (r < 0)
		return cli_fail(&e);
	vault_cmd_print_backup(&snap, c->json);
	bool whole = snap.whole;
	vault_snapshot_done(&snap);
	return whole ? 0 : 1;
}
