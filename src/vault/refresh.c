/* SITE/vault/log, brought up to the ledger. Whoever opens the vault does this first, in its own process: the keeper has better to do, and a log that was lost, cut off or made by somebody else is
 * made again the same way. Only leaves behind the last line are looked at (a day of a hospital's feed takes some 30 ms), and only entries of the vault are opened.
 *
 * The log is a cache: what is in it was verified against the tree when it was read from the ledger; its last line is compared with the ledger each time, and `vault check` compares all. */
#include "vault_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MOST (VAULT_BODY_MAX + 256) /* of the log, with its LF */
#define BATCH ((size_t)1 << 20)

struct refresh {
	int fd;
	struct ledger *l;
	uint64_t from;      /* entries below are in the log */
	uint64_t end;       /* bytes of whole lines */
	uint64_t *seqs;
	size_t n, cap;
};

static const char *kind_of(const struct ledger_entry *en)
{
	if (en->leaf.kind == LEDGER_VAULT_PACK)
		return "vault-pack";
	if (en->leaf.kind == LEDGER_RETENTION)
		return "retention";
	AUTO_ARENA struct arena *a = arena_new(16 << 20);
	struct json_node *n;
	if (!a || json_tree(en->body, a, &n, NULL) < 0)
		return "other";
	/* a drill's entry is no snapshot; readers pass it over */
	return !json_get(n, "what") ? "snapshot" : slice_eq_str(json_text(n, "what"), "accept") ? "accept" : "other";
}

/* Does the log's last line say what the ledger says? */
static bool last_fits(struct refresh *r, const struct vault_log_entry *last)
{
	struct ledger_entry en;
	if (last->seq >= ledger_size(r->l) || ledger_read(r->l, last->seq, &en, NULL) < 0)
		return false;
	bool vault = en.leaf.kind == LEDGER_VAULT_PACK || en.leaf.kind == LEDGER_SNAPSHOT || en.leaf.kind == LEDGER_RETENTION;
	return vault && en.leaf.time == last->time && slice_eq(en.body, last->body);
}

/* Where to go on: the last whole line. False: there is none, or it is not this ledger's; then the log is written anew. */
static bool look_at_end(struct refresh *r, uint64_t size)
{
	AUTO_BUF struct buf b = {0};
	const size_t head = strlen(VAULT_LOG_HEAD);
	char first[64];
	size_t n = size < 2 * LINE_MOST ? (size_t)size : 2 * LINE_MOST;
	buf_init(&b, 2 * LINE_MOST);
	uint8_t *p = size >= head ? buf_space(&b, n) : NULL;
	if (!p || file_pread_all(r->fd, first, head, 0, NULL, "") < 0 || memcmp(first, VAULT_LOG_HEAD, head) || file_pread_all(r->fd, p, n, size - n, NULL, "") < 0)
		return false;
	while (n && p[n - 1] != '\n') /* a crash's */
		n--;
	uint64_t end = size < 2 * LINE_MOST ? n : size - 2 * LINE_MOST + n;
	size_t at = n ? n - 1 : 0;
	while (at && p[at - 1] != '\n')
		at--;
	if (end < head)
		return false;
	if (end == head) {
		r->end = end;
		return true;
	}
	struct cur c = cur_of(slice_of(p + at, n - at));
	struct vault_log_entry last;
	if (vault_log_next(&c, &last) != 1 || !last_fits(r, &last))
		return false;
	r->end = end;
	r->from = last.seq + 1;
	return true;
}

static int find(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct refresh *r = arg;
	if (en->leaf.kind != LEDGER_SNAPSHOT && en->leaf.kind != LEDGER_VAULT_PACK && en->leaf.kind != LEDGER_RETENTION)
		return 0;
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 64;
		uint64_t *p = reallocarray(r->seqs, cap, sizeof *p);
		if (!p)
			return err_set(e, ERR_MEMORY, NULL, "no memory for the vault's log");
		r->seqs = p;
		r->cap = cap;
	}
	r->seqs[r->n++] = en->seq;
	return 0;
}

static int put(struct refresh *r, struct buf *b, struct err *e)
{
	int code = buf_ok(b) ? file_pwrite_all(r->fd, buf_slice(b), r->end, e, "vault/log") : err_set(e, buf_code(b), "vault/log", "no memory");
	r->end += b->n;
	buf_reset(b);
	return code;
}

static int append(struct refresh *r, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, BATCH + 2 * LINE_MOST);
	int code = 0;
	for (size_t i = 0; code == 0 && i < r->n; i++) {
		struct ledger_entry en;
		code = ledger_read(r->l, r->seqs[i], &en, e);
		if (code < 0)
			break;
		bool fits = en.body.n <= VAULT_BODY_MAX && (!en.body.n || !memchr(en.body.p, '\n', en.body.n));
		struct vault_log_entry line = {.seq = en.seq, .time = en.leaf.time, .kind = slice_str(fits ? kind_of(&en) : "other"), .body = fits ? en.body : SLICE("{}")};
		vault_log_line(&b, &line);
		if (b.n > BATCH || !buf_ok(&b))
			code = put(r, &b, e);
	}
	if (code == 0 && b.n)
		code = put(r, &b, e);
	if (code == 0 && fdatasync(r->fd) < 0)
		code = err_sys(e, "vault/log", "cannot be made durable");
	return code;
}

static int bring_up(struct refresh *r, struct err *e)
{
	struct stat st;
	int code = 0;
	if (fstat(r->fd, &st) < 0)
		return err_sys(e, "vault/log", "cannot be looked at");
	if (!look_at_end(r, (uint64_t)st.st_size)) {
		r->from = 0;
		r->end = strlen(VAULT_LOG_HEAD);
		if (ftruncate(r->fd, 0) < 0)
			return err_sys(e, "vault/log", "cannot be made again");
		code = file_pwrite_all(r->fd, slice_str(VAULT_LOG_HEAD), 0, e, "vault/log");
	} else if (r->end < (uint64_t)st.st_size && ftruncate(r->fd, (off_t)r->end) < 0) {
		return err_sys(e, "vault/log", "cannot be written");
	}
	if (code == 0)
		code = ledger_scan(r->l, r->from, ledger_size(r->l), false, find, r, e);
	return code == 0 && r->n ? append(r, e) : code;
}

static int open_log(int vaultfd, struct err *e)
{
	int fd = openat(vaultfd, "log", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_sys(e, "vault/log", "cannot be opened");
	vault_own(vaultfd, fd);
	int r = file_lock(fd, true, e);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int vault_refresh_into(int sitefd, int logdirfd, const struct site_keys *keys, struct err *e)
{
	struct ledger_options o = {.write = false};
	struct refresh r = {.fd = -1};
	if (!keys->can_open)
		return err_set(e, ERR_DENIED, "keys/care.key", "which backups there are stands in the ledger, and this user may not open it: run this as root or the site's owner");
	int code = r.fd = open_log(logdirfd, e);
	if (code >= 0)
		code = ledger_open(sitefd, keys, &o, &r.l, NULL, e);
	if (code >= 0)
		code = bring_up(&r, e);
	ledger_free(r.l);
	free(r.seqs);
	if (r.fd >= 0)
		close(r.fd);
	return code < 0 ? code : 0;
}

int vault_refresh(int sitefd, const struct site_keys *keys, struct err *e)
{
	AUTO_CLOSE int vaultfd = openat(sitefd, "vault", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (vaultfd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "vault", "cannot be opened");
	return vault_refresh_into(sitefd, vaultfd, keys, e);
}
