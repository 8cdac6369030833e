/* vault_role: what agents on other hosts bring, from web to SITE/vault. This role has the disk, and neither keys (but those of catalogues, while it works on one) nor the network.
 *
 * It may write in SITE/vault/in alone, and make names in SITE/vault that were not there: Landlock gives it no right to write, rename or remove what stands there, so a role that was taken over can add packs that no entry
 * names, and harm none (without Landlock status says so).
 *
 *     SITE/vault/in/up/AGENT/pack-NNNNNNNN   an upload; made when the number is given, so that only who got a number may bring its pack
 *     SITE/vault/in/up/AGENT/list            the list of the snapshot that is being brought; list-HEX once it is whole, HEX the beginning of its SHA-256
 *     SITE/vault/in/new, index               of the catalogues that are written here
 *     SITE/vault/in/log                      the vault's entries as the keeper tells them; made anew by each life of this role
 * An upload is taken in pieces, in order, each with its offset: whoever was interrupted is told how much there is. When all is there its size and SHA-256 are compared with what was said, it is fsynced, linked to its name
 * in SITE/vault (never over another), and entered. Killed anywhere: the agent asks again, and what is there is gone on with. What nobody went on with for a day is removed.
 *
 * A thread for each channel of web (they block on the disk and on the keeper), and one for each snapshot that is worked on. */
#include "role.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTENT 1
#define CATALOGUE 2
#define PACK_MAX ((uint64_t)34 << 20)      /* 32 MiB of plaintext, as an age file */
#define PLAIN_MAX ((uint64_t)512 << 20)
#define LIST_MAX ((uint64_t)16 << 30)
#define UPLOADS_MAX 32                     /* packs of an agent under way */
#define IDLE_SECONDS (24 * 3600)
#define JOBS_MAX 16
#define JOB_SECONDS 3600                   /* an answer is kept for this long */
#define ANSWER_MAX ((size_t)8 << 20)
#define FREE_FLOOR ((uint64_t)64 << 20)

static const struct serve_vault *ops;

void serve_vault_use(const struct serve_vault *v)
{
	ops = v;
}

const struct serve_vault *serve_vault(void)
{
	return ops;
}

/* A snapshot that is worked on, or was. */
struct job {
	bool used;
	enum { JOB_WORKING, JOB_DONE, JOB_FAILED } state;
	char agent[64];
	uint8_t sha256[SEAL_HASH]; /* of its list: who does not know it does not get the answer */
	struct err err;
	struct buf answer;
	int64_t at;
};

struct vault_role {
	struct role *r;
	int vaultfd, workfd, upfd;
	pthread_mutex_t log_lock, job_lock, pack_lock;
	uint64_t log_next;
	bool log_begun;
	struct job jobs[JOBS_MAX];
	unsigned working;
};

struct client { /* one of web's channels */
	struct vault_role *v;
	struct chan ch;
	struct keeper_client *keeper;
};

/* ---- the copy of the log ---- */

static int take_entry(void *arg, uint64_t seq, int64_t time, uint8_t kind, struct slice body, struct err *e)
{
	struct vault_role *v = arg;
	return ops->note(v->workfd, false, kind == LEDGER_VAULT_PACK ? "vault-pack" : kind == LEDGER_RETENTION ? "retention" : "snapshot", seq, time, body, e);
}

static int log_refresh(struct vault_role *v, struct keeper_client *k, struct err *e)
{
	uint64_t end = 1;
	int r = 0;
	pthread_mutex_lock(&v->log_lock);
	if (!v->log_begun) {
		v->log_next = 0;
		r = ops->note(v->workfd, true, NULL, 0, 0, SLICE_NULL, e);
		v->log_begun = r == 0;
	}
	while (r == 0) {
		r = keeper_vault_entries(k, v->log_next, take_entry, v, &v->log_next, &end, e);
		if (r == 0 && v->log_next >= end)
			break;
	}
	if (r < 0)
		v->log_begun = false; /* half a piece may stand in it */
	pthread_mutex_unlock(&v->log_lock);
	return r;
}

/* ---- an agent's folder ---- */

static int agent_folder(struct vault_role *v, const char *agent, struct err *e)
{
	int r = file_mkdir(v->upfd, agent, 0700, e); /* a name that the keeper made sure of: letters, digits, . _ -, the first no dot */
	return r < 0 ? r : file_open_dir(v->upfd, agent, e);
}

static void upload_name(uint64_t number, char out[32])
{
	if (number)
		snprintf(out, 32, "pack-%08llu", (unsigned long long)number);
	else
		snprintf(out, 32, "list");
}

static void whole_list_name(const uint8_t sha256[SEAL_HASH], char out[32])
{
	snprintf(out, 32, "list-%02x%02x%02x%02x%02x%02x%02x%02x", sha256[0], sha256[1], sha256[2], sha256[3], sha256[4], sha256[5], sha256[6], sha256[7]);
}

/* What nobody went on with is removed; how many packs are under way. */
static size_t sweep_folder(int fd, int64_t idle_s)
{
	size_t packs = 0;
	int dup = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = dup >= 0 ? fdopendir(dup) : NULL;
	if (!d) {
		if (dup >= 0)
			close(dup);
		return 0;
	}
	int64_t now = time_now() / TIME_SEC;
	for (const struct dirent *en; (en = readdir(d));) {
		struct stat st;
		if (en->d_name[0] == '.' || fstatat(fd, en->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (now - st.st_mtim.tv_sec > idle_s)
			(void)unlinkat(fd, en->d_name, 0);
		else
			packs += !strncmp(en->d_name, "pack-", 5);
	}
	closedir(d);
	return packs;
}

static void sweep_all(struct vault_role *v)
{
	int dup = openat(v->upfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = dup >= 0 ? fdopendir(dup) : NULL;
	if (!d) {
		if (dup >= 0)
			close(dup);
		return;
	}
	for (const struct dirent *en; (en = readdir(d));) {
		AUTO_CLOSE int fd = en->d_name[0] == '.' ? -1 : openat(v->upfd, en->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			(void)sweep_folder(fd, IDLE_SECONDS);
	}
	closedir(d);
}

/* Catalogue packs that were finished and not entered when this role died: no entry names them. */
static void sweep_work(int workfd, const char *sub)
{
	AUTO_CLOSE int in = openat(workfd, sub, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int dup = in >= 0 ? openat(in, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *d = dup >= 0 ? fdopendir(dup) : NULL;
	if (!d) {
		if (dup >= 0)
			close(dup);
		return;
	}
	for (const struct dirent *en; (en = readdir(d));) {
		size_t n = strlen(en->d_name);
		if (n > 4 && !strcmp(en->d_name + n - 4, ".age"))
			(void)unlinkat(in, en->d_name, 0);
	}
	closedir(d);
}

/* ---- a pack's place ---- */

/* `from` in dirfd, whole and fsynced, gets its name in SITE/vault; there already (we died before the entry): fine. */
static int place(struct vault_role *v, int dirfd, const char *from, const char *name, struct err *e)
{
	struct stat a, b;
	if (linkat(dirfd, from, v->vaultfd, name, 0) < 0) {
		if (errno != EEXIST)
			return err_sys(e, name, "a pack that was brought cannot be given its name");
		if (fstatat(dirfd, from, &a, AT_SYMLINK_NOFOLLOW) < 0 || fstatat(v->vaultfd, name, &b, AT_SYMLINK_NOFOLLOW) < 0 || a.st_ino != b.st_ino || a.st_dev != b.st_dev)
			return err_set(e, ERR_EXISTS, name, "another pack has this name");
	}
	return file_sync_dir(v->vaultfd, ".", e);
}

/* ---- uploads ---- */

static int hash_ok(int fd, uint64_t size, const uint8_t want[SEAL_HASH], struct err *e)
{
	struct seal_sha256 *h = seal_sha256_new();
	uint8_t sum[SEAL_HASH], *block = malloc(256 << 10);
	int r = h && block ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		seal_sha256_begin(h);
	for (uint64_t at = 0; r == 0 && at < size;) {
		size_t n = size - at < (256 << 10) ? (size_t)(size - at) : 256 << 10;
		r = file_pread_all(fd, block, n, at, e, "upload");
		if (r == 0)
			seal_sha256_add(h, slice_of(block, n));
		at += n;
	}
	if (r == 0) {
		seal_sha256_end(h, sum);
		if (!seal_equal(sum, want, sizeof sum))
			r = err_set(e, ERR_INPUT, "upload", "what came is not what was sent: its SHA-256 differs. It was thrown away; send it again");
	}
	seal_sha256_free(h);
	free(block);
	return r;
}

static int room_for(struct vault_role *v, size_t more, struct err *e)
{
	uint64_t have, reserve = v->r->reserve ? v->r->reserve : UINT64_C(1) << 30;
	int r = file_free_bytes(v->workfd, &have, e);
	if (r == 0 && have < reserve + FREE_FLOOR + more)
		r = err_set(e, ERR_FULL, "vault", "the disk of the site is nearly full, and what is left is kept for the ledger; make room there, then run this again");
	return r;
}

static void answer_number(struct buf *ret, const char *key, uint64_t n)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_ku64(&w, key, n);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

static int enter_pack(struct client *c, const struct keeper_who *w, const struct keeper_agent *a, int dirfd, const char *from, const struct vault_question *q, struct buf *ret, struct err *e)
{
	char name[48];
	uint64_t seq;
	snprintf(name, sizeof name, "content-%08llu.age", (unsigned long long)q->number);
	const struct control_vault_pack p = {.name = name, .period = q->period, .domain = a->name, .class = CONTENT, .size = q->size, .plain = q->plain, .sha256 = q->sha256};
	int r = place(c->v, dirfd, from, name, e);
	if (r == 0)
		r = keeper_agent_pack(c->keeper, w, &p, &seq, e);
	if (r < 0)
		return r;
	(void)unlinkat(dirfd, from, 0);
	answer_number(ret, "entry", seq);
	return 0;
}

static int finish_upload(struct client *c, const struct keeper_who *w, const struct keeper_agent *a, int dirfd, int fd, const struct vault_question *q, struct buf *ret, struct err *e)
{
	char name[32], whole[32];
	upload_name(q->number, name);
	int r = hash_ok(fd, q->size, q->sha256, e);
	if (r == ERR_INPUT) { /* the reservation stays, what came goes */
		(void)!ftruncate(fd, 0);
		return r;
	}
	if (r == 0 && fsync(fd) < 0)
		r = err_sys(e, "upload", "cannot be made durable");
	if (r < 0)
		return r;
	if (q->number)
		return enter_pack(c, w, a, dirfd, name, q, ret, e);
	whole_list_name(q->sha256, whole);
	if (renameat(dirfd, name, dirfd, whole) < 0)
		return err_sys(e, "upload", "cannot be given its name");
	answer_number(ret, "entry", 0);
	return 0;
}

/* A piece, or the question how much there is. */
static int put(struct client *c, const struct keeper_who *w, const struct keeper_agent *a, const struct vault_question *q, struct buf *ret, struct err *e)
{
	char name[32];
	struct stat st;
	if (q->number > 99999999 || q->size == 0 || q->size > (q->number ? PACK_MAX : LIST_MAX) || q->plain > PLAIN_MAX || !q->period[0])
		return err_set(e, ERR_LIMIT, NULL, "an upload has at most %llu MiB", (unsigned long long)((q->number ? PACK_MAX : LIST_MAX) >> 20));
	AUTO_CLOSE int dirfd = agent_folder(c->v, a->name, e);
	if (dirfd < 0)
		return dirfd;
	upload_name(q->number, name);
	AUTO_CLOSE int fd = openat(dirfd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | (q->number ? 0 : O_CREAT), 0600);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, ERR_NOT_FOUND, NULL, "this number was not given to this agent, or was given back; begin this pack anew");
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "upload", "cannot be opened");
	uint64_t have = (uint64_t)st.st_size;
	if (have > q->size || (q->number == 0 && q->offset == 0 && q->body.n && have)) { /* another one than before */
		if (ftruncate(fd, 0) < 0)
			return err_sys(e, "upload", "cannot be begun anew");
		have = 0;
	}
	if (q->offset == have && q->body.n) {
		if (q->body.n > q->size - have)
			return err_set(e, ERR_INPUT, "upload", "more came than was said");
		int r = room_for(c->v, q->body.n, e);
		if (r == 0)
			r = file_pwrite_all(fd, q->body, have, e, "upload");
		if (r < 0) {
			(void)!ftruncate(fd, (off_t)have);
			return r;
		}
		(void)sync_file_range(fd, (off_t)have, (off_t)q->body.n, SYNC_FILE_RANGE_WRITE); /* so that the fsync at the end finds little to do: a thread of web waits for it */
		have += q->body.n;
	}
	if (have == q->size)
		return finish_upload(c, w, a, dirfd, fd, q, ret, e);
	answer_number(ret, "have", have);
	return 0;
}

static int give_number(struct client *c, const struct keeper_who *w, const struct keeper_agent *a, struct buf *ret, struct err *e)
{
	char name[32];
	uint64_t n;
	AUTO_CLOSE int dirfd = agent_folder(c->v, a->name, e);
	if (dirfd < 0)
		return dirfd;
	/* packs under way that were left by killed runs: the oldest go after an hour when there are many */
	if (sweep_folder(dirfd, IDLE_SECONDS) >= UPLOADS_MAX && sweep_folder(dirfd, 3600) >= UPLOADS_MAX)
		return err_set(e, ERR_LIMIT, NULL, "%d packs of this agent are under way already", UPLOADS_MAX);
	int r = room_for(c->v, 0, e);
	if (r == 0)
		r = keeper_agent_number(c->keeper, w, CONTENT, &n, e);
	if (r < 0)
		return r;
	upload_name(n, name);
	AUTO_CLOSE int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_sys(e, "upload", "cannot be made");
	answer_number(ret, "number", n);
	return 0;
}

static int begin(struct client *c, const struct keeper_who *w, const struct keeper_agent *a, struct slice note, const struct vault_question *q, struct buf *ret, struct err *e)
{
	struct jsonw j;
	int r = log_refresh(c->v, c->keeper, e);
	if (r < 0)
		return r;
	jsonw_init(&j, ret);
	jsonw_obj(&j);
	jsonw_kstr(&j, "agent", a->name);
	jsonw_kslice(&j, "recipients", note);
	r = ops->standing(c->v->vaultfd, c->v->workfd, a->name, q->source, a->files_period, &j, e);
	if (r < 0)
		return r;
	jsonw_obj_end(&j);
	jsonw_done(&j);
	(void)w;
	return 0;
}

/* ---- a snapshot, in a thread of its own ---- */

struct work {
	struct vault_role *v;
	struct job *job;
	struct keeper_client *keeper;
	struct keeper_agent agent;
	struct keeper_who who;
	char token[TOKEN_MAX], address[64];
	struct buf meta;
};

static int ask_recipient(void *arg, char ret_period[SITE_PERIOD_MAX], struct age_recipient *ret, struct err *e)
{
	struct work *x = arg;
	struct age_identity id;
	int r = keeper_agent_key(x->keeper, &x->who, NULL, ret_period, &id, e);
	if (r == 0)
		*ret = id.to;
	seal_wipe(&id, sizeof id);
	return r;
}

static int ask_period(void *arg, const char *period, struct age_identity *ret, struct err *e)
{
	struct work *x = arg;
	char name[SITE_PERIOD_MAX];
	return keeper_agent_key(x->keeper, &x->who, period, name, ret, e);
}

static int ask_number(void *arg, uint64_t *ret, struct err *e)
{
	struct work *x = arg;
	return keeper_agent_number(x->keeper, &x->who, CATALOGUE, ret, e);
}

static int ask_pack(void *arg, const struct control_vault_pack *p, uint64_t *ret_seq, struct err *e)
{
	struct work *x = arg;
	int r = place(x->v, x->v->workfd, p->name, p->name, e);
	if (r == 0)
		r = keeper_agent_pack(x->keeper, &x->who, p, ret_seq, e);
	if (r == 0)
		(void)unlinkat(x->v->workfd, p->name, 0);
	return r;
}

static int ask_snapshot(void *arg, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct work *x = arg;
	return keeper_agent_snapshot(x->keeper, &x->who, body, ret_seq, ret_time, e);
}

static int do_work(struct work *x, struct buf *answer, struct err *e)
{
	const struct serve_vault_keeper k = {.arg = x, .recipient = ask_recipient, .period = ask_period, .number = ask_number, .pack = ask_pack, .snapshot = ask_snapshot};
	char name[32];
	whole_list_name(x->job->sha256, name);
	AUTO_CLOSE int dirfd = agent_folder(x->v, x->agent.name, e);
	AUTO_CLOSE int fd = dirfd < 0 ? -1 : openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return dirfd < 0 ? dirfd : err_sys(e, "list", "cannot be opened");
	int r = log_refresh(x->v, x->keeper, e);
	if (r == 0)
		r = ops->snapshot(x->v->vaultfd, x->v->workfd, fd, x->agent.name, x->agent.dedupe, buf_slice(&x->meta), &k, answer, e);
	if (r == 0 || r == ERR_INPUT || r == ERR_NO) /* it will not be another one the next time */
		(void)unlinkat(dirfd, name, 0);
	return r;
}

static void work_free(struct work *x)
{
	keeper_client_free(x->keeper);
	buf_done(&x->meta);
	seal_wipe(x, sizeof *x);
	free(x);
}

static void *worker(void *arg)
{
	struct work *x = arg;
	struct vault_role *v = x->v;
	struct job *j = x->job;
	struct buf answer;
	struct err e = {0};
	buf_init(&answer, ANSWER_MAX);
	int r = do_work(x, &answer, &e);
	pthread_mutex_lock(&v->job_lock);
	j->state = r == 0 ? JOB_DONE : JOB_FAILED;
	j->err = e;
	buf_done(&j->answer);
	j->answer = answer;
	j->at = time_monotonic();
	v->working--;
	pthread_mutex_unlock(&v->job_lock);
	if (r < 0)
		role_log(v->r, "the snapshot that agent %s brought is refused: %s%s%s", x->agent.name, e.place, e.place[0] ? ": " : "", e.text);
	work_free(x);
	return NULL;
}

static int start_thread(void *(*fn)(void *), void *arg, struct err *e)
{
	pthread_t t;
	pthread_attr_t at;
	pthread_attr_init(&at);
	pthread_attr_setdetachstate(&at, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&at, (size_t)2 << 20);
	int r = pthread_create(&t, &at, fn, arg);
	pthread_attr_destroy(&at);
	return r ? err_set(e, ERR_BUSY, NULL, "no thread can be started") : 0;
}

/* The job of this agent and list; else a free slot, made ready; NULL: all are taken. Under the lock. */
static struct job *job_of(struct vault_role *v, const char *agent, const uint8_t sha256[SEAL_HASH], bool *ret_new)
{
	struct job *spare = NULL;
	int64_t now = time_monotonic();
	*ret_new = false;
	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job *j = &v->jobs[i];
		if (j->used && !strcmp(j->agent, agent) && seal_equal(j->sha256, sha256, SEAL_HASH))
			return j;
		bool idle = !j->used || (j->state != JOB_WORKING && (now - j->at > JOB_SECONDS * TIME_SEC || !strcmp(j->agent, agent)));
		if (idle && !spare)
			spare = j;
	}
	if (!spare)
		return NULL;
	if (spare->answer.max)
		buf_done(&spare->answer);
	*spare = (struct job){.used = true, .state = JOB_WORKING};
	snprintf(spare->agent, sizeof spare->agent, "%s", agent);
	memcpy(spare->sha256, sha256, SEAL_HASH);
	*ret_new = true;
	return spare;
}

static int start_work(struct client *c, struct job *j, const struct keeper_who *w, const struct keeper_agent *a, const struct vault_question *q, struct err *e)
{
	struct work *x = calloc(1, sizeof *x);
	if (!x)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	x->v = c->v;
	x->job = j;
	x->agent = *a;
	snprintf(x->token, sizeof x->token, "%s", w->token);
	snprintf(x->address, sizeof x->address, "%s", w->address);
	x->who = (struct keeper_who){.token = x->token, .address = x->address};
	buf_init(&x->meta, VAULT_PIECE_MAX);
	buf_add_slice(&x->meta, q->body);
	int r = buf_ok(&x->meta) ? keeper_client_new(c->v->r, &x->keeper, e) : err_set(e, buf_code(&x->meta), NULL, "no memory");
	if (r == 0)
		r = start_thread(worker, x, e);
	if (r < 0)
		work_free(x);
	return r;
}

static int snapshot(struct client *c, const struct keeper_who *w, const struct keeper_agent *a, const struct vault_question *q, bool *ret_working, struct buf *ret, struct err *e)
{
	struct vault_role *v = c->v;
	char name[32];
	bool fresh;
	int r = 0;
	whole_list_name(q->sha256, name);
	AUTO_CLOSE int dirfd = agent_folder(v, a->name, e);
	if (dirfd < 0)
		return dirfd;
	bool there = faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	pthread_mutex_lock(&v->job_lock);
	struct job *j = job_of(v, a->name, q->sha256, &fresh);
	if (!j)
		r = err_set(e, ERR_BUSY, NULL, "%d snapshots of agents are being worked on; try again in a moment", JOBS_MAX);
	else if (fresh && !there)
		r = err_set(e, ERR_NOT_FOUND, NULL, "its list is not there; bring it first");
	else if (fresh)
		r = start_work(c, j, w, a, q, e);
	else if (j->state == JOB_FAILED) {
		*e = j->err;
		r = j->err.code;
		j->used = false;
	} else if (j->state == JOB_DONE)
		buf_add_slice(ret, buf_slice(&j->answer));
	if (j && fresh && r < 0)
		j->used = false;
	v->working += fresh && r == 0;
	*ret_working = r == 0 && (fresh || j->state == JOB_WORKING);
	pthread_mutex_unlock(&v->job_lock);
	if (*ret_working)
		buf_str(ret, "{\"state\":\"working\"}");
	return r;
}

/* ---- web's channels ---- */

struct asked {
	char token[TOKEN_MAX + 1], address[64], period[SITE_PERIOD_MAX], source[64];
	struct vault_question q;
};

static int asked_read(struct slice payload, struct asked *ret)
{
	struct cur c = cur_of(payload);
	uint8_t way = cur_u8(&c);
	frame_get_text(&c, ret->token, sizeof ret->token);
	frame_get_text(&c, ret->address, sizeof ret->address);
	ret->q.what = (enum vault_asked)cur_u8(&c);
	ret->q.number = cur_u64le(&c);
	ret->q.offset = cur_u64le(&c);
	ret->q.size = cur_u64le(&c);
	ret->q.plain = cur_u64le(&c);
	frame_get_text(&c, ret->period, sizeof ret->period);
	frame_get_text(&c, ret->source, sizeof ret->source);
	struct slice sha = frame_get_blob(&c);
	ret->q.body = cur_take(&c, cur_left(&c));
	ret->q.period = ret->period;
	ret->q.source = ret->source;
	if (c.failed || way != WHO_TOKEN || sha.n != SEAL_HASH)
		return ERR_INPUT;
	memcpy(ret->q.sha256, sha.p, SEAL_HASH);
	return 0;
}

static int do_asked(struct client *c, const struct asked *a, bool *ret_working, struct buf *ret, struct err *e)
{
	const struct keeper_who w = {.token = a->token, .address = a->address};
	struct keeper_agent agent;
	AUTO_BUF struct buf note = {0};
	buf_init(&note, FRAME_SMALL);
	int r = keeper_agent(c->keeper, &w, &agent, &note, e);
	if (r < 0)
		return r;
	switch (a->q.what) {
	case VAULT_ASK_BEGIN:
		r = begin(c, &w, &agent, buf_slice(&note), &a->q, ret, e);
		break;
	case VAULT_ASK_NUMBER:
		r = give_number(c, &w, &agent, ret, e);
		break;
	case VAULT_ASK_PUT:
		pthread_mutex_lock(&c->v->pack_lock); /* two pieces of one upload at once would not know of each other */
		r = put(c, &w, &agent, &a->q, ret, e);
		pthread_mutex_unlock(&c->v->pack_lock);
		break;
	case VAULT_ASK_SNAPSHOT:
		r = snapshot(c, &w, &agent, &a->q, ret_working, ret, e);
		break;
	default:
		r = err_set(e, ERR_INPUT, NULL, "a bad request");
	}
	seal_wipe(&agent, sizeof agent);
	return r;
}

static void reply(struct client *c, const struct frame *f)
{
	struct asked a = {.token = ""};
	struct err e = {0};
	AUTO_BUF struct buf out = {0};
	bool working = false;
	buf_init(&out, ANSWER_MAX);
	int r = asked_read(f->payload, &a) < 0 ? err_set(&e, ERR_INPUT, NULL, "a bad request") : do_asked(c, &a, &working, &out, &e);
	if (r == 0 && !buf_ok(&out))
		r = err_set(&e, buf_code(&out), NULL, "the answer is too long");
	seal_wipe(&a, sizeof a);
	if (r < 0) {
		frame_err(&c->ch.out, FRAME_K_REPLY, f->tag, r, &e);
		return;
	}
	size_t at = frame_begin(&c->ch.out, FRAME_K_REPLY, f->tag);
	buf_u32le(&c->ch.out, 0);
	buf_u8(&c->ch.out, working);
	buf_add_slice(&c->ch.out, buf_slice(&out));
	frame_end(&c->ch.out, at);
}

static void *serve_channel(void *arg)
{
	struct client *c = arg;
	for (;;) {
		struct frame f;
		int n = 0;
		while ((n = chan_next(&c->ch, &f)) == 1) {
			if (f.type != FRAME_V_ASK)
				break;
			reply(c, &f);
		}
		chan_compact(&c->ch);
		if (n != 0 || chan_write(&c->ch) < 0)
			break;
		struct pollfd p = {.fd = c->ch.fd, .events = POLLIN | (chan_unsent(&c->ch) ? POLLOUT : 0)};
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			break;
		if (p.revents & (POLLIN | POLLHUP | POLLERR) && chan_read(&c->ch, (size_t)2 << 20) < 0)
			break;
	}
	chan_done(&c->ch);
	keeper_client_free(c->keeper);
	free(c);
	return NULL;
}

static void take_client(struct vault_role *v, int fd)
{
	struct client *c = calloc(1, sizeof *c);
	struct err e = {0};
	if (!c || fd_nonblock(fd) < 0) {
		free(c);
		close(fd);
		return;
	}
	c->v = v;
	chan_init(&c->ch, fd);
	int r = keeper_client_new(v->r, &c->keeper, &e);
	if (r == 0)
		r = start_thread(serve_channel, c, &e);
	if (r < 0) {
		role_log(v->r, "a channel of web is closed: %s", e.text);
		chan_done(&c->ch);
		keeper_client_free(c->keeper);
		free(c);
	}
}

/* ---- the role ---- */

static int open_folders(struct vault_role *v, struct err *e)
{
	v->vaultfd = file_open_dir(v->r->sitefd, "vault", e);
	v->workfd = v->vaultfd < 0 ? -1 : file_open_dir(v->vaultfd, "in", e);
	if (v->workfd < 0)
		return v->vaultfd < 0 ? v->vaultfd : v->workfd;
	static const char *const own[] = {"new", "index", "up"};
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		int r = file_mkdir(v->workfd, own[i], 0700, e);
		if (r < 0)
			return r;
	}
	v->upfd = file_open_dir(v->workfd, "up", e);
	return v->upfd < 0 ? v->upfd : 0;
}

/* New channels of web: descriptors over its main channel, which the supervisor makes anew when web is. */
static void take_clients(struct vault_role *v, int fd, bool *ret_gone)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FRAME_HEAD + FRAME_SMALL + 64);
	for (;;) {
		struct frame f;
		int n = packet_recv(fd, &b, &f, false);
		if (n == 0)
			return;
		int got = n > 0 && f.type == FRAME_K_CLIENT ? frame_take_fd(&f, 0) : -1;
		if (n > 0)
			frame_close_fds(&f);
		if (got < 0) {
			*ret_gone = true;
			return;
		}
		take_client(v, got);
	}
}

static int loop(struct vault_role *v)
{
	struct role *r = v->r;
	uint64_t gone = 0; /* which main channel of web has ended */
	int64_t swept = time_monotonic();
	for (;;) {
		struct pollfd p[2] = {{.fd = r->sup, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
		pthread_mutex_lock(&r->peer_lock);
		uint64_t count = r->peer_count[ROLE_WEB];
		p[1].fd = count != gone ? r->peer[ROLE_WEB] : -1;
		pthread_mutex_unlock(&r->peer_lock);
		if (poll(p, 2, 60000) < 0 && errno != EINTR)
			return ERR_SYSTEM;
		if (p[1].fd >= 0 && p[1].revents) {
			bool ended = false;
			take_clients(v, p[1].fd, &ended);
			if (ended) {
				gone = count;
				role_lost(r, ROLE_WEB);
			}
		}
		if (p[0].revents) {
			int n = role_take(r, NULL, NULL);
			if (n != 0)
				return n;
		}
		if (time_monotonic() - swept > 3600 * TIME_SEC) {
			sweep_all(v);
			swept = time_monotonic();
		}
	}
}

int vault_main(struct role *r)
{
	struct vault_role *v = calloc(1, sizeof *v);
	struct err e = {0};
	if (!v || !ops)
		return 3;
	*v = (struct vault_role){.r = r, .vaultfd = -1, .workfd = -1, .upfd = -1, .log_lock = PTHREAD_MUTEX_INITIALIZER, .job_lock = PTHREAD_MUTEX_INITIALIZER, .pack_lock = PTHREAD_MUTEX_INITIALIZER};
	umask(027);
	if (open_folders(v, &e) < 0) {
		role_log(r, "%s: %s", e.place, e.text);
		return err_exit(e.code);
	}
	sweep_work(v->workfd, ".");
	sweep_work(v->workfd, "new");
	sweep_all(v);
	int n = loop(v);
	return n == 1 ? 0 : 3; /* what is being worked on is gone on with by the next life */
}
