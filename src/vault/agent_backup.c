/* A backup from a host that has no site. What is there to be stored goes out pack by pack, each entered before the index here names it; then the list; then the site judges, writes the catalogue and makes the entry.
 *
 * Killed anywhere, the next run finds in the index what was entered and stores it no second time: at most a pack is sent again. The state is only written when the snapshot has its entry; without it (or when the site's newest
 * snapshot of this source is another one) the whole list is sent, and the site compares it with its own catalogue all the same. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_internal.h"

#define META_MAX ((size_t)64 << 10)
#define ANSWER_MAX (4 * VAULT_BODY_MAX)

struct away {
	int statefd;
	const struct vault_credential *c;
	const struct vault_link *link;
	const struct vault_backup_options *o;
	struct vault_standing there;
	struct agent_state state; /* of last time */
	bool has_state;
	int lock, list_fd, new_fd;
	struct line_file lines;
	struct agent_state next;
};

/* ---- what a backup asks of its ledger ---- */

static int recipient(void *arg, int class, char ret_period[SITE_PERIOD_MAX], struct age_recipient *ret, struct err *e)
{
	struct away *a = arg;
	if (class != VAULT_CONTENT)
		return err_set(e, ERR_USAGE, NULL, "an agent writes content only");
	memcpy(ret_period, a->there.files.period, SITE_PERIOD_MAX);
	*ret = a->there.files.to;
	return 0;
}

static int pack_number(void *arg, int class, uint64_t *ret, struct err *e)
{
	struct away *a = arg;
	(void)class;
	return a->link->number(a->link->arg, ret, e);
}

static int pack(void *arg, struct vault_pack_info *p, struct err *e)
{
	struct away *a = arg;
	char path[64];
	int class;
	struct vault_upload u = {.size = p->size, .plain = p->plain, .period = p->period};
	(void)snprintf(path, sizeof path, "vault/%s", p->name);
	int r = vault_pack_parse(slice_str(p->name), &class, &u.number);
	AUTO_CLOSE int fd = r == 0 ? openat(a->statefd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (fd < 0)
		return err_sys(e, p->name, "the pack that was just written cannot be opened");
	memcpy(u.sha256, p->sha256, SEAL_HASH);
	u.fd = fd;
	r = a->link->put(a->link->arg, &u, e);
	(void)unlinkat(a->statefd, path, 0);
	return r;
}

static int no_snapshot(void *arg, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	(void)arg;
	(void)body;
	(void)ret_seq;
	(void)ret_time;
	return err_set(e, ERR_USAGE, NULL, "an agent makes no entries");
}

/* ---- the end ---- */

static void meta_write(struct away *a, const struct vault_body *b, const uint8_t lines[SEAL_HASH], struct buf *ret)
{
	struct jsonw w;
	char begun[24], ended[24];
	AUTO_BUF struct buf hex = {0};
	buf_init(&hex, 2 * SEAL_HASH);
	hex_put(&hex, slice_of(lines, SEAL_HASH));
	(void)snprintf(begun, sizeof begun, "%lld", (long long)b->s.begun);
	(void)snprintf(ended, sizeof ended, "%lld", (long long)b->s.ended);
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "source", b->s.source);
	jsonw_kstr(&w, "host", b->s.host);
	jsonw_kstr(&w, "begun", begun);
	jsonw_kstr(&w, "ended", ended);
	jsonw_key(&w, "roots");
	jsonw_raw(&w, buf_slice(&b->roots));
	jsonw_key(&w, "exclude");
	jsonw_arr(&w);
	for (size_t i = 0; i < a->o->exclude_n; i++)
		jsonw_str(&w, a->o->exclude[i]);
	jsonw_arr_end(&w);
	jsonw_ku64(&w, "unreadable", b->s.unreadable);
	jsonw_ku64(&w, "stored_bytes", b->s.stored_bytes);
	jsonw_kstr(&w, "files_period", b->files_period);
	jsonw_kstr(&w, "list_period", b->catalogue_period);
	jsonw_kslice(&w, "lines_sha256", buf_slice(&hex));
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

/* A file without a name, below STATE/vault/new. */
static int nameless(struct away *a, struct err *e)
{
	int fd = openat(a->statefd, "vault/new/list", O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, "vault/new/list", "cannot be made");
	(void)unlinkat(a->statefd, "vault/new/list", 0);
	return fd;
}

static int send_list(struct away *a, struct slice meta, struct spool *made, bool whole, struct buf *ret_json, struct err *e)
{
	const struct list_source before = {a->list_fd, a->state.size}, now = {a->new_fd, a->lines.size};
	struct vault_upload u;
	AUTO_CLOSE int fd = nameless(a, e);
	if (fd < 0)
		return fd;
	int r = list_write(whole ? NULL : &before, a->state.snapshot, &now, a->lines.lines, made, &a->there.catalogue.to, fd, &u, e);
	u.period = a->there.catalogue.period;
	if (r == 0)
		r = a->link->put(a->link->arg, &u, e);
	buf_reset(ret_json);
	return r == 0 ? a->link->snapshot(a->link->arg, meta, u.sha256, ret_json, e) : r;
}

static int answer_read(struct vault_body *b, struct slice json, struct err *e)
{
	AUTO_ARENA struct arena *ar = arena_new(64 << 20);
	struct json_node *n;
	struct vault_body made = {0};
	if (!ar)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the site's answer");
	int r = json_tree(json, ar, &n, e);
	if (r < 0)
		return r;
	const struct json_node *body = json_get(n, "body");
	if (!body || num_u64(json_text(n, "seq"), 0, INT64_MAX, &b->s.seq) < 0 || num_i64(json_text(n, "time"), INT64_MIN, INT64_MAX, &b->s.time) < 0)
		return err_set(e, ERR_INPUT, NULL, "the site's answer does not read");
	r = vault_body_parse(body->raw, &made, e);
	if (r == 0) { /* what the site counted and judged */
		const uint64_t seq = b->s.seq;
		const int64_t time = b->s.time;
		buf_done(&b->s.reasons);
		b->s = made.s;
		b->s.seq = seq;
		b->s.time = time;
		buf_init(&made.s.reasons, 0); /* moved */
	}
	vault_body_done(&made);
	return r;
}

static int end(void *arg, struct vault_body *b, struct spool *made, struct err *e)
{
	struct away *a = arg;
	AUTO_BUF struct buf meta = {0}, json = {0};
	uint8_t sum[SEAL_HASH];
	buf_init(&meta, META_MAX);
	buf_init(&json, ANSWER_MAX);
	int r = line_file_end(&a->lines, sum, e);
	if (r < 0)
		return r;
	meta_write(a, b, sum, &meta);
	if (!buf_ok(&meta))
		return err_set(e, buf_code(&meta), NULL, "more paths than %zu bytes were named", META_MAX / 2);
	bool whole = !a->has_state || !a->there.has_base || a->there.base != a->state.snapshot;
	r = send_list(a, buf_slice(&meta), made, whole, &json, e);
	if (r == ERR_NO && !whole) /* it does not have what the difference refers to, or has other lines */
		r = send_list(a, buf_slice(&meta), made, true, &json, e);
	if (r == 0)
		r = answer_read(b, buf_slice(&json), e);
	if (r < 0)
		return r;
	a->next = (struct agent_state){.snapshot = b->s.seq, .begun = b->s.begun, .files = b->s.files, .bytes = b->s.bytes, .turn = a->has_state ? a->state.turn + 1 : 1, .size = a->lines.size, .lines = a->lines.lines};
	memcpy(a->next.sha256, sum, sizeof sum);
	memcpy(a->next.files_period, b->files_period, sizeof a->next.files_period);
	return 0;
}

/* ---- all of it ---- */

/* Packs that a killed run left: their numbers are used up, and what was in them is read again. */
static void sweep(int statefd)
{
	int fd = file_open_dir(statefd, "vault", NULL);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (const struct dirent *en; (en = readdir(d));) {
		int class;
		uint64_t n;
		if (vault_pack_parse(slice_str(en->d_name), &class, &n) == 0)
			(void)unlinkat(dirfd(d), en->d_name, 0);
	}
	closedir(d);
}

static int open_state(struct away *a, struct err *e)
{
	struct err why = {0};
	a->lock = openat(a->statefd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (a->lock < 0)
		return err_sys(e, "lock", "the agent's folder of state cannot be written");
	int r = file_lock(a->lock, true, e);
	if (r < 0)
		return r;
	sweep(a->statefd);
	(void)!file_sweep_temps(a->statefd, ".", &why);
	a->has_state = agent_state_open(a->statefd, a->c->log.name, a->c->agent, a->o->source, &a->state, &a->list_fd, &why) > 0;
	a->new_fd = openat(a->statefd, "list.new", O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return a->new_fd < 0 ? err_sys(e, "list.new", "the agent's folder of state cannot be written") : line_file_init(&a->lines, a->new_fd, e);
}

static int run(struct away *a, struct vault_snapshot *ret, struct err *e)
{
	const struct vault_ledger l = {.arg = a, .recipient = recipient, .pack_number = pack_number, .pack = pack, .snapshot = no_snapshot};
	struct vault_backup_options o = *a->o;
	int r = a->link->begin(a->link->arg, a->o->source, &a->there, e);
	if (r < 0)
		return r;
	/* a site that went back in time has other packs than those that the index names */
	if (a->has_state && (!a->there.has_base || a->there.base != a->state.snapshot))
		a->there.lost = true;
	o.domain = a->c->agent;
	struct backup_away away = {.there = &a->there, .before = a->has_state ? &a->state : NULL, .before_fd = a->list_fd, .lines = &a->lines, .end = end, .arg = a};
	r = vault_backup_away(a->statefd, &l, a->c->dedupe, &away, &o, ret, e);
	if (r < 0)
		return r;
	(void)snprintf(a->next.origin, sizeof a->next.origin, "%s", a->c->log.name);
	memcpy(a->next.agent, a->c->agent, sizeof a->next.agent);
	memcpy(a->next.source, ret->source, sizeof a->next.source);
	struct err why = {0};
	char line[640];
	if (agent_state_save(a->statefd, &a->next, &why) < 0 && o.trouble) /* the snapshot stands all the same */
		o.trouble(o.arg, err_line(&why, line, sizeof line));
	return 0;
}

int vault_agent_backup(int statefd, const struct vault_credential *c, const struct vault_link *l, const struct vault_backup_options *o, struct vault_snapshot *ret, struct err *e)
{
	struct away *a = calloc(1, sizeof *a);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a backup");
	*a = (struct away){.statefd = statefd, .c = c, .link = l, .o = o, .lock = -1, .list_fd = -1, .new_fd = -1};
	int r = vault_name_ok(slice_str(o->source)) ? 0 : err_set(e, ERR_USAGE, NULL, "the name of a source is 1 to %d letters, digits, dots, hyphens and underscores", VAULT_NAME_MAX);
	if (r == 0)
		r = open_state(a, e);
	if (r == 0)
		r = run(a, ret, e);
	line_file_done(&a->lines);
	vault_standing_done(&a->there);
	const int fds[] = {a->list_fd, a->new_fd, a->lock};
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(a);
	return r;
}
