/* holdfast vault backup --to URL --agent FILE: on a host that has no site. */
#include "vault_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDENTIAL_MAX ((size_t)64 << 10)

/* Whoever reads it may write this agent's backups. */
static int read_credential(const char *path, struct vault_credential *ret, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	struct stat st;
	buf_init_secret(&text, CREDENTIAL_MAX);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, path, "the agent's credential cannot be read");
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077))
		return err_set(e, ERR_DENIED, path, "others may read this credential: `chmod 600` it (and make a new one, if somebody may have)");
	int r = file_read(AT_FDCWD, path, CREDENTIAL_MAX, &text, e);
	if (r == 0)
		r = vault_credential_parse(buf_slice(&text), ret, e);
	if (r < 0 && r != ERR_SYSTEM)
		err_in(e, path);
	return r;
}

/* --state, or /var/lib/holdfast/agent for root, or XDG_STATE_HOME, or ~/.local/state; in it a folder of the agent's name. */
static int open_state(const char *opt, const char *agent, struct err *e)
{
	char path[4096];
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;
	if (opt)
		n = snprintf(path, sizeof path, "%s", opt);
	else if (geteuid() == 0)
		n = snprintf(path, sizeof path, "/var/lib/holdfast/agent/%s", agent);
	else if (xdg && xdg[0] == '/')
		n = snprintf(path, sizeof path, "%s/holdfast/agent/%s", xdg, agent);
	else if (home && home[0] == '/')
		n = snprintf(path, sizeof path, "%s/.local/state/holdfast/agent/%s", home, agent);
	else
		return err_set(e, ERR_USAGE, "--state", "say where this agent may keep what it remembers");
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(e, ERR_USAGE, "--state", "the path is too long");
	int r = file_mkdir(AT_FDCWD, path, 0700, e);
	int fd = r < 0 ? r : file_open_dir(AT_FDCWD, path, e);
	struct stat st;
	if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_uid != geteuid() || (st.st_mode & 022))) {
		close(fd);
		return err_set(e, ERR_DENIED, path, "this folder must be this user's, and nobody else may write in it");
	}
	if (fd >= 0)
		(void)!fchmod(fd, 0700); /* names of this host's files are in it */
	return fd;
}

static int backup(struct vault_cmd *c, const struct vault_credential *cred, struct vault_snapshot *snap, struct err *e)
{
	struct vault_bar bar = {0};
	struct vault_backup_options o;
	struct vault_link link = {.arg = NULL};
	vault_cmd_backup_options(c, &bar, &o);
	AUTO_CLOSE int statefd = open_state(c->state, cred->agent, e);
	if (statefd < 0)
		return statefd;
	int r = vault_link_https(cred, c->to, &link, e);
	if (r == 0)
		r = vault_agent_backup(statefd, cred, &link, &o, snap, e);
	vault_cmd_progress_end(&bar);
	vault_link_close(&link);
	return r;
}

int vault_cmd_agent(struct vault_cmd *c)
{
	struct err e = {0};
	struct vault_credential cred = {.agent = ""};
	struct vault_snapshot snap = {.seq = 0};
	(void)!seal_lock_memory(&cred, sizeof cred, NULL);
	int r = read_credential(c->agent, &cred, &e);
	if (r == 0)
		r = backup(c, &cred, &snap, &e);
	vault_credential_done(&cred);
	if (r < 0)
		return cli_fail(&e);
	bool whole = snap.whole;
	vault_cmd_print_backup(&snap, c->json);
	vault_snapshot_done(&snap);
	return whole ? 0 : 1;
}
