/* `holdfast ledger verify --site DIR` where DIR is a replica and no site: the signature of its newest head, every tile from the signed root down, every pack and small file against what the head and the tree say. No key is needed. */
#include "commands.h"
#include "ledger_cmd.h"
#include "vault.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool ledger_is_replica(const char *site)
{
	struct stat st;
	struct err e;
	if (!site)
		site = getenv("HOLDFAST_SITE");
	AUTO_CLOSE int fd = site && *site ? file_open_dir(AT_FDCWD, site, &e) : -1;
	return fd >= 0 && fstatat(fd, "site.ini", &st, 0) && fstatat(fd, "newest", &st, 0) == 0 && fstatat(fd, "heads", &st, 0) == 0;
}

static void progress(void *arg, const char *doing, uint64_t done, uint64_t total)
{
	fprintf(stderr, "\r\033[K%s %" PRIu64 " of %" PRIu64, doing, done, total);
}

int ledger_verify_replica(const char *site, struct slice kept, bool json)
{
	struct err e = {0};
	struct vault_replica_report rep = {0};
	AUTO_BUF struct buf faults = {0}, out = {0};
	struct vault_replica_options o = {.progress = cli_progress_wanted() ? progress : NULL};
	buf_init(&faults, 1 << 20);
	buf_init(&out, 2 << 20);
	if (!site)
		site = getenv("HOLDFAST_SITE");
	AUTO_CLOSE int fd = file_open_dir(AT_FDCWD, site, &e);
	int r = fd < 0 ? fd : vault_replica_verify(fd, kept, &o, &rep, &faults, &e);
	if (o.progress)
		fputs("\r\033[K", stderr);
	if (r < 0 && !faults.n) {
		if (json)
			printf("{\"ok\":false}\n");
		return cli_fail(&e);
	}
	if (json) {
		struct jsonw w;
		jsonw_init(&w, &out);
		jsonw_obj(&w);
		jsonw_kbool(&w, "ok", r == 0);
		jsonw_kbool(&w, "replica", true);
		jsonw_kstr(&w, "origin", rep.origin);
		jsonw_ku64(&w, "size", rep.size);
		jsonw_ku64(&w, "epoch", rep.epoch);
		jsonw_ku64(&w, "packs", rep.packs);
		jsonw_ku64(&w, "vaultPacks", rep.vault_packs);
		jsonw_ku64(&w, "bytes", rep.bytes);
		jsonw_kbool(&w, "sinceChecked", kept.n && r == 0);
		cli_put_faults(&w, &faults);
		jsonw_obj_end(&w);
		printf("%s\n", buf_cstr(&out));
	} else if (r == 0) {
		printf("whole: a replica of %s, %" PRIu64 " entries, epoch %" PRIu64 ", %" PRIu64 " packs, %" PRIu64 " packs of file backups, %" PRIu64 " bytes, each as the signed head says%s\n", rep.origin, rep.size, rep.epoch, rep.packs,
		       rep.vault_packs, rep.bytes, kept.n ? "; extends the kept checkpoint" : "");
	}
	return cli_verdict(r, &faults, json);
}
