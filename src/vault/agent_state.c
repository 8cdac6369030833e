/* What an agent keeps between two backups of a source: which snapshot it was, and the lines of the tree as they were then.
 *
 *     STATE/SOURCE.state      text: "holdfast-agent-state 1", then a line a word: origin, agent, source, snapshot, begun (ns), files_period, files, bytes, turn, size, lines, sha256 (hex, of the list)
 *     STATE/SOURCE.N.list     N: the snapshot; lines as in a catalogue (line.c), sorted, without marks
 *     STATE/list.new          the list that is being written
 *     STATE/vault/            packs on their way, and the index of this agent's chunks (index.c)
 * The list is named last: killed between the two, the list before stands, and is used. What does not fit (another log, another agent, a flipped bit: the list is hashed before it is used) is as if it were not there: then
 * all is read again, and what was stored is still known by the index. Nothing in it opens a pack. It does say how this host's files are called.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent_internal.h"

#define FIRST "holdfast-agent-state 1"
#define STATE_MAX ((size_t)8 << 10)

static int wrong(struct err *e)
{
	return err_set(e, ERR_INPUT, NULL, "this is no state of a backup agent");
}

static bool text(struct slice v, char *out, size_t size)
{
	if (v.n == 0 || v.n >= size || memchr(v.p, 0, v.n))
		return false;
	memcpy(out, v.p, v.n);
	out[v.n] = 0;
	return true;
}

int agent_state_parse(struct slice s, struct agent_state *ret, struct err *e)
{
	struct agent_state st = {.origin = ""};
	struct slice rest;
	bool has_sum = false, has_begun = false;
	const struct {
		const char *word;
		uint64_t *to;
	} numbers[] = {{"snapshot", &st.snapshot}, {"files", &st.files}, {"bytes", &st.bytes}, {"turn", &st.turn}, {"size", &st.size}, {"lines", &st.lines}};
	if (s.n > STATE_MAX || !slice_eq_str(slice_cut(s, '\n', &rest), FIRST))
		return wrong(e);
	while (rest.n) {
		struct slice v, line = slice_cut(rest, '\n', &rest), word = slice_cut(line, ' ', &v);
		bool ok = true;
		for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
			if (slice_eq_str(word, numbers[i].word))
				ok = num_u64(v, 0, INT64_MAX, numbers[i].to) == 0;
		if (slice_eq_str(word, "origin"))
			ok = text(v, st.origin, sizeof st.origin);
		else if (slice_eq_str(word, "agent"))
			ok = vault_name_ok(v) && text(v, st.agent, sizeof st.agent);
		else if (slice_eq_str(word, "source"))
			ok = vault_name_ok(v) && text(v, st.source, sizeof st.source);
		else if (slice_eq_str(word, "files_period"))
			ok = vault_name_ok(v) && text(v, st.files_period, sizeof st.files_period);
		else if (slice_eq_str(word, "begun"))
			ok = has_begun = num_i64(v, INT64_MIN, INT64_MAX, &st.begun) == 0;
		else if (slice_eq_str(word, "sha256"))
			ok = has_sum = hex_get(st.sha256, SEAL_HASH, v) == 0;
		if (!ok)
			return wrong(e);
	}
	if (!st.origin[0] || !st.agent[0] || !st.source[0] || !st.files_period[0] || !has_sum || !has_begun)
		return wrong(e);
	*ret = st;
	return 0;
}

void agent_state_write(const struct agent_state *s, struct buf *ret)
{
	buf_printf(ret, FIRST "\norigin %s\nagent %s\nsource %s\nsnapshot %llu\nbegun %lld\nfiles_period %s\nfiles %llu\nbytes %llu\nturn %llu\nsize %llu\nlines %llu\nsha256 ", s->origin, s->agent, s->source,
	           (unsigned long long)s->snapshot, (long long)s->begun, s->files_period, (unsigned long long)s->files, (unsigned long long)s->bytes, (unsigned long long)s->turn, (unsigned long long)s->size,
	           (unsigned long long)s->lines);
	hex_put(ret, slice_of(s->sha256, SEAL_HASH));
	buf_u8(ret, '\n');
}

static void list_name(const char *source, uint64_t snapshot, char out[128])
{
	(void)snprintf(out, 128, "%s.%llu.list", source, (unsigned long long)snapshot);
}

static bool list_fits(int fd, const struct agent_state *s)
{
	struct seal_sha256 *h = seal_sha256_new();
	uint8_t sum[SEAL_HASH], *block = malloc(256 << 10);
	uint64_t at = 0;
	bool ok = h && block;
	if (ok)
		seal_sha256_begin(h);
	while (ok && at < s->size) {
		size_t n = s->size - at < (256 << 10) ? (size_t)(s->size - at) : 256 << 10;
		ok = file_pread_all(fd, block, n, at, NULL, "") == 0;
		if (ok)
			seal_sha256_add(h, slice_of(block, n));
		at += n;
	}
	if (ok) {
		seal_sha256_end(h, sum);
		ok = seal_equal(sum, s->sha256, SEAL_HASH);
	}
	seal_sha256_free(h);
	free(block);
	return ok;
}

int agent_state_open(int statefd, const char *origin, const char *agent, const char *source, struct agent_state *ret, int *ret_fd, struct err *why)
{
	AUTO_BUF struct buf b = {0};
	char name[128];
	struct stat st;
	buf_init(&b, STATE_MAX);
	(void)snprintf(name, sizeof name, "%s.state", source);
	if (file_read(statefd, name, STATE_MAX, &b, why) < 0 || agent_state_parse(buf_slice(&b), ret, why) < 0)
		return 0;
	if (strcmp(ret->origin, origin) != 0 || strcmp(ret->agent, agent) != 0 || strcmp(ret->source, source) != 0) {
		(void)!err_set(why, ERR_INPUT, name, "it is of another site, agent or source");
		return 0;
	}
	list_name(source, ret->snapshot, name);
	int fd = openat(statefd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != ret->size || !list_fits(fd, ret)) {
		if (fd >= 0)
			close(fd);
		(void)!err_set(why, ERR_CORRUPT, name, "it is not what was written");
		return 0;
	}
	*ret_fd = fd;
	return 1;
}

/* Lists of this source but the one that counts. */
static void sweep(int statefd, const char *source, const char *but)
{
	size_t n = strlen(source);
	int fd = file_open_dir(statefd, ".", NULL);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (const struct dirent *en; (en = readdir(d));) {
		const char *rest = en->d_name + n + 1;
		if (strncmp(en->d_name, source, n) || en->d_name[n] != '.' || !strcmp(en->d_name, but) || *rest < '0' || *rest > '9' || strcmp(rest + strspn(rest, "0123456789"), ".list") != 0)
			continue;
		(void)unlinkat(statefd, en->d_name, 0);
	}
	closedir(d);
}

int agent_state_save(int statefd, const struct agent_state *s, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char list[128], name[128];
	buf_init(&b, STATE_MAX);
	list_name(s->source, s->snapshot, list);
	(void)snprintf(name, sizeof name, "%s.state", s->source);
	agent_state_write(s, &b);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), name, "no memory for an agent's state");
	if (renameat(statefd, "list.new", statefd, list) < 0)
		return err_sys(e, list, "the list cannot be given its name");
	int r = file_replace(statefd, name, buf_slice(&b), 0600, e); /* and the folder fsynced */
	if (r == 0)
		sweep(statefd, s->source, list);
	return r;
}
