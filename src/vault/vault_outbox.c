/* SITE/outbox: the site's own newest heads, and everything small that they speak of, laid out so that whoever has no key can carry them away: the replicate role, the web role, a command.
 *
 *   outbox/newest                 the newest head, a signed note (vault_replica_head.c)
 *   outbox/head-EEEE-SIZE-ID      the last of them, as heads/... in a replica
 *   outbox/SHA256                 the bytes of files/PATH/SHA256
 *   outbox/log                    a cache: the vault's entries (log.c), for the list of its packs
 *   outbox/site.ini, ca.crt, ca.age   copies of what a keeper in its sandbox cannot reach; the supervisor puts them here
 *   outbox/lock                   held while a head is made
 *
 * Everything in it is sealed or public, and can be deleted at any time. A head is put last. What no kept head speaks of is removed: heads are kept for a day, the newest three always, 48 at most; the tail (some MiB) only of the
 * newest four: whoever pulls takes the small files first. */
#include "vault_internal.h"
#include "vault_replica.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTBOX "outbox"
#define FILE_MOST ((size_t)16 << 20) /* of what is small: keys, settings, records, the list of the vault's packs */
#define KEEP_TIME (86400 * TIME_SEC)
#define KEEP_LEAST 3
#define KEEP_MOST 48
#define KEEP_TAILS 4

struct making {
	int sitefd, dirfd, outfd; /* SITE, SITE/ledger, SITE/outbox */
	const struct site_keys *keys;
	struct note_vkey vkey;
	struct tlog_checkpoint cp;
	struct buf note;
	struct ledger_epoch past[LEDGER_EPOCHS_MAX];
	size_t past_n;
	uint64_t packs, packed; /* packs that the checkpoint covers; the entry behind them */
	struct replica_head h;
};

/* ---- blobs ---- */

static void blob_name(const uint8_t sha256[SEAL_HASH], char out[2 * SEAL_HASH + 1])
{
	for (size_t i = 0; i < SEAL_HASH; i++)
		snprintf(out + 2 * i, 3, "%02x", sha256[i]);
}

static int put_blob(struct making *m, const struct vault_bytes *b, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	char name[2 * SEAL_HASH + 1], tmp[2 * SEAL_HASH + 8];
	struct stat st;
	blob_name(sha256, name);
	if (fstatat(m->outfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == b->size)
		return 0;
	snprintf(tmp, sizeof tmp, "%s.tmp", name);
	AUTO_CLOSE int fd = openat(m->outfd, tmp, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_sys(e, OUTBOX, "cannot be written");
	vault_own(m->outfd, fd);
	uint8_t *piece = malloc(1 << 20);
	int r = piece ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint64_t at = 0; r == 0 && at < b->size;) {
		size_t n = b->size - at < 1 << 20 ? (size_t)(b->size - at) : 1 << 20;
		if ((r = vault_bytes_read(b, at, piece, n, e)) == 0)
			r = file_pwrite_all(fd, slice_of(piece, n), at, e, OUTBOX);
		at += n;
	}
	free(piece);
	if (r == 0 && fdatasync(fd)) /* the name says what is in it: it must not lie after a power cut */
		r = err_sys(e, OUTBOX, "cannot be made durable");
	if (r == 0 && renameat(m->outfd, tmp, m->outfd, name))
		r = err_sys(e, OUTBOX, "cannot be written");
	if (r < 0)
		unlinkat(m->outfd, tmp, 0);
	return r;
}

static int put_file(struct making *m, const char *path, struct slice bytes, struct err *e)
{
	uint8_t sha[SEAL_HASH];
	struct vault_bytes b = VAULT_BYTES(bytes);
	assert(replica_path_ok(path));
	seal_sha256_once(bytes, sha);
	int r = replica_head_add(&m->h, path, bytes.n, sha, e);
	return r == 0 ? put_blob(m, &b, sha, e) : r;
}

/* `copy`: its name in the outbox, for a keeper that cannot reach it; NULL: it can. */
static int put_from_site(struct making *m, const char *path, const char *copy, bool may_miss, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FILE_MOST);
	struct err why = {0};
	int r = file_read(m->sitefd, path, FILE_MOST, &b, &why);
	if (r < 0 && r != ERR_NOT_FOUND && copy) {
		buf_reset(&b);
		r = file_read(m->outfd, copy, FILE_MOST, &b, &why);
	}
	if (r == ERR_NOT_FOUND && may_miss)
		return 0;
	if (r < 0 && e)
		*e = why;
	return r == 0 ? put_file(m, path, buf_slice(&b), e) : r;
}

static int put_below(struct making *m, const char *dir, struct err *e)
{
	char names[1024][64];
	size_t n = 0;
	int fd = openat(m->sitefd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, dir, "cannot be listed");
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, dir, "cannot be listed");
	}
	int r = 0;
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		char path[VAULT_OBJECT_MAX + 1];
		int len = snprintf(path, sizeof path, "%s/%s", dir, en->d_name);
		if (en->d_name[0] == '.' || len < 0 || (size_t)len >= sizeof path || strlen(en->d_name) >= sizeof names[0] || !replica_path_ok(path))
			continue;
		if (n == ARRAY_LEN(names))
			r = err_set(e, ERR_LIMIT, dir, "there are more than %zu files in it", ARRAY_LEN(names));
		else
			memcpy(names[n++], en->d_name, strlen(en->d_name) + 1);
	}
	closedir(d);
	for (size_t i = 0; r == 0 && i < n; i++) {
		char path[VAULT_OBJECT_MAX + 1];
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		r = put_from_site(m, path, NULL, true, e);
	}
	return r;
}

/* ---- what the site is at this moment ---- */

static int read_index(struct making *m, uint64_t k, uint8_t record[LEDGER_PACK_RECORD], struct ledger_pack_ref *ret, struct err *e)
{
	AUTO_CLOSE int fd = openat(m->sitefd, "packs/index", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "packs/index", "cannot be read");
	int r = file_pread_all(fd, record, LEDGER_PACK_RECORD, (k - 1) * LEDGER_PACK_RECORD, e, "packs/index");
	return r == 0 ? ledger_pack_record_read(slice_of(record, LEDGER_PACK_RECORD), k, ret, e) : r;
}

/* A pack that was just written anew, by an entry that no signed head covers yet: nobody could prove its record. */
static int all_covered(struct making *m, struct err *e)
{
	uint8_t record[LEDGER_PACK_RECORD];
	for (uint64_t k = m->packs; k > 0; k--) {
		struct ledger_pack_ref ref;
		int r = read_index(m, k, record, &ref, e);
		if (r < 0)
			return r;
		if (ref.entry >= m->cp.size)
			return err_set(e, ERR_BUSY, "outbox", "a pack was written anew this second, and the head that covers it is not signed yet: try again");
	}
	return 0;
}

/* How many packs the checkpoint covers: the records are in order of their entries, but for those of packs that were written anew. */
static int count_packs(struct making *m, struct err *e)
{
	struct stat st;
	uint8_t record[LEDGER_PACK_RECORD];
	struct ledger_pack_ref ref;
	m->packs = m->packed = 0;
	if (fstatat(m->sitefd, "packs/index", &st, 0))
		return errno == ENOENT ? 0 : err_sys(e, "packs/index", "cannot be read");
	for (uint64_t k = (uint64_t)st.st_size / LEDGER_PACK_RECORD; k > 0; k--) {
		int r = read_index(m, k, record, &ref, e);
		if (r < 0)
			return r;
		if (ref.entry < m->cp.size) {
			m->packs = k;
			m->packed = ref.first + ref.count;
			return all_covered(m, e);
		}
	}
	return 0;
}

static int look_at_site(struct making *m, struct err *e)
{
	int r = ledger_published_head(m->dirfd, &m->vkey, &m->cp, &m->note, e);
	if (r == 0)
		r = ledger_epochs(m->dirfd, m->past, &m->past_n, e);
	if (r == 0 && (!m->keys->can_sign || strcmp(m->vkey.name, m->keys->signing.v.name) || memcmp(m->vkey.pub, m->keys->signing.v.pub, sizeof m->vkey.pub)))
		r = err_set(e, ERR_DENIED, "keys/signing.key", "a head is signed with the site's key: run it as the site's owner or as root");
	return r == 0 ? count_packs(m, e) : r;
}

static int put_segment(void *arg, const char *segment, int fd, uint64_t size, struct err *e)
{
	struct making *m = arg;
	char path[VAULT_OBJECT_MAX + 1];
	uint8_t sha[SEAL_HASH];
	struct vault_bytes b = {.fd = fd, .size = size};
	snprintf(path, sizeof path, "wal/%s", segment);
	int r = vault_bytes_sha256(&b, sha, e);
	if (r == 0)
		r = replica_head_add(&m->h, path, size, sha, e);
	return r == 0 ? put_blob(m, &b, sha, e) : r;
}

/* The records of packs that fill no object of their own yet. */
static int put_records(struct making *m, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	uint64_t first = m->packs / REPLICA_RECORDS * REPLICA_RECORDS, n = m->packs - first;
	if (n == 0)
		return 0;
	buf_init(&b, REPLICA_RECORDS * LEDGER_PACK_RECORD);
	uint8_t *p = buf_space(&b, n * LEDGER_PACK_RECORD);
	AUTO_CLOSE int fd = openat(m->sitefd, "packs/index", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "packs/index", "cannot be read");
	int r = p ? file_pread_all(fd, p, n * LEDGER_PACK_RECORD, first * LEDGER_PACK_RECORD, e, "packs/index") : err_set(e, ERR_MEMORY, NULL, "no memory");
	return r == 0 ? put_file(m, "packs/records", slice_of(p, n * LEDGER_PACK_RECORD), e) : r;
}

/* The first `width` leaves of a bundle, or hashes of a tile, that has grown since. */
static void cut_tile(int level, unsigned width, struct buf *b)
{
	struct cur c = cur_of(buf_slice(b));
	for (unsigned i = 0; i < width; i++)
		(void)cur_take(&c, level == LEDGER_TILE_ENTRIES ? cur_u16be(&c) : SEAL_HASH);
	if (!c.failed)
		b->n = cur_offset(&c);
}

static int put_partials(struct making *m, struct err *e)
{
	int r = 0;
	for (int level = LEDGER_TILE_ENTRIES; r == 0 && level < LEDGER_TILE_LEVELS; level++) {
		AUTO_BUF struct buf b = {0};
		char path[LEDGER_TILE_PATH_MAX], full[LEDGER_TILE_PATH_MAX], name[LEDGER_TILE_PATH_MAX + 8];
		uint64_t n = level == LEDGER_TILE_ENTRIES ? m->cp.size : m->cp.size >> (8 * level);
		unsigned width = (unsigned)(n % LEDGER_TILE_WIDTH);
		if (!width)
			continue;
		buf_init(&b, LEDGER_BUNDLE_MAX);
		ledger_tile_path(level, n / LEDGER_TILE_WIDTH, width, path);
		r = file_read(m->dirfd, path, LEDGER_BUNDLE_MAX, &b, e);
		if (r == ERR_NOT_FOUND) {
			ledger_tile_path(level, n / LEDGER_TILE_WIDTH, LEDGER_TILE_WIDTH, full);
			r = file_read(m->dirfd, full, LEDGER_BUNDLE_MAX, &b, e);
			if (r == 0)
				cut_tile(level, width, &b);
		}
		snprintf(name, sizeof name, "ledger/%s", path);
		if (r == 0)
			r = put_file(m, name, buf_slice(&b), e);
	}
	return r;
}

static int put_epochs(struct making *m, struct err *e)
{
	static const char *const what[] = {"vkey", "checkpoint", "next"};
	int r = 0;
	for (size_t i = 0; r == 0 && i < m->past_n; i++)
		for (size_t k = 0; r == 0 && k < ARRAY_LEN(what); k++) {
			char path[VAULT_OBJECT_MAX + 1];
			snprintf(path, sizeof path, "ledger/epochs/%zu/%s", i + 1, what[k]);
			r = put_from_site(m, path, NULL, false, e);
		}
	return r;
}

/* ---- the vault ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int put_lines(struct making *m, struct vault_log *log, struct err *e)
{
	const struct vault_known_pack *known;
	AUTO_BUF struct buf list = {0}, text = {0};
	size_t n = vault_log_packs(log, &known), kept = 0;
	char **line = calloc(n + 1, sizeof *line);
	buf_init(&list, VAULT_SMALL_MAX);
	buf_init(&text, VAULT_SMALL_MAX);
	int r = line ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && i < n; i++) {
		char name[48], hex[2 * SEAL_HASH + 1];
		if (known[i].entry >= m->cp.size)
			continue;
		vault_pack_name(known[i].class, known[i].number, name);
		blob_name(known[i].sha256, hex);
		/* the name first, to be sorted by it; kept with its NUL */
		if (asprintf(&line[kept], "%s %s %" PRIu64, name, hex, known[i].size) < 0) {
			line[kept] = NULL;
			r = err_set(e, ERR_MEMORY, NULL, "no memory");
		} else {
			kept++;
		}
	}
	if (kept)
		qsort(line, kept, sizeof *line, by_name);
	for (size_t i = 0; i < kept; i++) {
		const char *rest = strchr(line[i], ' ');
		buf_printf(&list, "%s vault/%.*s\n", rest + 1, (int)(rest - line[i]), line[i]);
		free(line[i]);
	}
	free(line);
	if (r == 0 && !buf_ok(&list))
		r = err_set(e, ERR_LIMIT, "vault", "there are more packs than a replica's list holds");
	return r == 0 && kept ? put_file(m, "vault/list", buf_slice(&list), e) : r;
}

static int put_vault(struct making *m, struct err *e)
{
	struct vault_log *log = NULL;
	struct stat st;
	if (fstatat(m->sitefd, "vault", &st, 0))
		return errno == ENOENT ? 0 : err_sys(e, "vault", "cannot be looked at");
	int r = vault_refresh_into(m->sitefd, m->outfd, m->keys, e);
	if (r == 0)
		r = vault_log_open(m->outfd, &log, e);
	if (r == 0)
		r = put_lines(m, log, e);
	vault_log_close(log);
	return r;
}

/* ---- copies of the view ---- */

#define COPIES 2

static int name_copy(struct making *m, uint64_t seq, struct slice body, struct err *e)
{
	struct ledger_view_copy c;
	struct ledger_view_part *part;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	int r = a ? ledger_view_body_read(body, a, &c, &part, NULL) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0 || c.entries > seq)
		return r == ERR_MEMORY ? r : 0; /* not one that we know how to name */
	c.record = seq;
	for (unsigned i = 1; r == 0 && i <= c.parts; i++) {
		char name[LEDGER_VIEW_NAME_MAX], path[VAULT_OBJECT_MAX + 1];
		ledger_view_name(&c, i, name);
		snprintf(path, sizeof path, REPLICA_VIEW "%s", name);
		if (replica_path_ok(path) && part[i - 1].size <= REPLICA_FILE_MAX)
			r = replica_head_add(&m->h, path, part[i - 1].size, part[i - 1].sha256, e);
	}
	return r;
}

/* The newest two, as the ledger names them. Whether they are there is for whoever carries them to find out: SITE/copies is closed to the keeper, and a cache may be missing. */
static int put_copies(struct making *m, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	struct vault_log_entry en, last[COPIES] = {{.seq = 0}};
	buf_init(&text, (size_t)1 << 30);
	int r = file_read(m->outfd, "log", (size_t)1 << 30, &text, e);
	if (r < 0)
		return r == ERR_NOT_FOUND ? 0 : r;
	struct cur c = cur_of(buf_slice(&text));
	(void)cur_line(&c);
	while (vault_log_next(&c, &en) == 1) {
		if (!slice_eq_str(en.kind, "other") || en.seq >= m->cp.size || !memmem(en.body.p, en.body.n, "\"what\":\"view-copy\"", 18))
			continue;
		last[1] = last[0];
		last[0] = en;
	}
	for (size_t i = 0; r == 0 && i < COPIES; i++)
		if (last[i].body.n)
			r = name_copy(m, last[i].seq, last[i].body, e);
	return r;
}

/* ---- all of it ---- */

static int put_small(struct making *m, struct err *e)
{
	static const struct {
		const char *path, *copy;
	} plain[] = {{"site.ini", "site.ini"}, {"keys/recovery.pub", NULL}, {"keys/signing.age", NULL}, {"keys/care.age", NULL}, {"keys/dedupe.age", NULL}, {"keys/accounts.age", NULL}, {"tls/ca.crt", "ca.crt"}, {"tls/ca.age", "ca.age"}};
	AUTO_BUF struct buf vkey = {0};
	buf_init(&vkey, 4096);
	note_vkey_format(&m->vkey, &vkey);
	buf_u8(&vkey, '\n');
	int r = put_file(m, "ledger/vkey", buf_slice(&vkey), e);
	if (r == 0)
		r = put_file(m, "ledger/checkpoint", buf_slice(&m->note), e);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(plain); i++)
		r = put_from_site(m, plain[i].path, plain[i].copy, true, e);
	for (int n = 1; r == 0 && n <= SITE_CARE_OLDER; n++) { /* care keys of before rotations */
		char path[64];
		snprintf(path, sizeof path, "keys/care-r%d.age", n);
		r = put_from_site(m, path, NULL, true, e);
	}
	if (r == 0)
		r = put_below(m, "keys/period", e);
	if (r == 0)
		r = put_epochs(m, e);
	return r == 0 ? put_partials(m, e) : r;
}

static void head_file(const char *name, char out[VAULT_OBJECT_MAX + 8])
{
	snprintf(out, VAULT_OBJECT_MAX + 8, "head-%s", name + strlen("heads/"));
}

/* What root makes here is its keeper's. */
static int put_note(struct making *m, const char *name, struct err *e)
{
	struct stat dir;
	int r = file_replace(m->outfd, name, buf_slice(&m->h.note), 0640, e);
	if (r == 0 && geteuid() == 0 && fstat(m->outfd, &dir) == 0)
		(void)!fchownat(m->outfd, name, dir.st_uid, dir.st_gid, AT_SYMLINK_NOFOLLOW);
	return r;
}

static int put_head(struct making *m, struct err *e)
{
	char name[VAULT_OBJECT_MAX + 8];
	m->h.cp = m->cp;
	m->h.epoch = m->past_n + 1;
	m->h.packs = m->packs;
	m->h.time = time_now();
	int r = replica_head_sign(&m->h, &m->keys->signing, e);
	if (r < 0)
		return r;
	head_file(m->h.name, name);
	r = put_note(m, name, e);
	return r == 0 ? put_note(m, "newest", e) : r;
}

/* ---- what is not needed any more ---- */

struct kept {
	char (*head)[VAULT_OBJECT_MAX + 8];
	size_t n;
	struct buf blobs; /* SHA-256 each, sorted */
};

static int newest_first(const void *a, const void *b)
{
	return strcmp(b, a);
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, SEAL_HASH);
}

/* Heads of an earlier epoch, or of a smaller tree, sort behind. Equal ones by their id: which of two heads of one tree is newer does not matter here. */
static void keep_heads(struct making *m, struct kept *k)
{
	size_t stay = 0;
	for (size_t i = 0; i < k->n; i++) {
		AUTO_BUF struct buf b = {0};
		struct replica_head h;
		buf_init(&b, REPLICA_HEAD_MAX);
		bool mine = !strcmp(k->head[i] + 5, m->h.name + 6);
		if (file_read(m->outfd, k->head[i], REPLICA_HEAD_MAX, &b, NULL) < 0 || replica_head_parse(buf_slice(&b), &h, NULL) < 0)
			continue;
		bool keep = mine || (stay < KEEP_MOST && (stay < KEEP_LEAST || m->h.time - h.time < KEEP_TIME));
		for (size_t f = 0; keep && f < h.n; f++)
			if (mine || stay < KEEP_TAILS || strncmp(h.file[f].path, "wal/", 4))
				buf_add(&k->blobs, h.file[f].sha256, SEAL_HASH);
		if (keep)
			memmove(k->head[stay++], k->head[i], sizeof k->head[i]);
		replica_head_done(&h);
	}
	k->n = stay;
	if (k->blobs.n)
		qsort(k->blobs.p, k->blobs.n / SEAL_HASH, SEAL_HASH, by_hash);
}

static bool is_kept(const struct kept *k, const char *name)
{
	uint8_t sha[SEAL_HASH];
	if (!strncmp(name, "head-", 5)) {
		for (size_t i = 0; i < k->n; i++)
			if (!strcmp(k->head[i], name))
				return true;
		return false;
	}
	if (hex_get(sha, SEAL_HASH, slice_str(name)) == 0)
		return k->blobs.n && bsearch(sha, k->blobs.p, k->blobs.n / SEAL_HASH, SEAL_HASH, by_hash);
	size_t n = strlen(name);
	return n < 4 || strcmp(name + n - 4, ".tmp"); /* what a kill left; the lock says that nobody else writes */
}

#define HEADS_LISTED 4096
static void tidy(struct making *m)
{
	struct kept k = {.head = calloc(HEADS_LISTED, sizeof *k.head)};
	buf_init(&k.blobs, (size_t)64 << 20);
	DIR *d = NULL;
	int fd = k.head ? openat(m->outfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0 && !(d = fdopendir(fd)))
		close(fd);
	for (struct dirent *en; d && (en = readdir(d));)
		if (!strncmp(en->d_name, "head-", 5) && strlen(en->d_name) < sizeof k.head[0] && k.n < HEADS_LISTED && !strstr(en->d_name, ".tmp"))
			memcpy(k.head[k.n++], en->d_name, strlen(en->d_name) + 1);
	if (k.n)
		qsort(k.head, k.n, sizeof *k.head, newest_first);
	if (d)
		keep_heads(m, &k);
	if (d && buf_ok(&k.blobs)) {
		rewinddir(d);
		for (struct dirent *en; (en = readdir(d));)
			if (en->d_name[0] != '.' && !is_kept(&k, en->d_name))
				unlinkat(m->outfd, en->d_name, 0);
	}
	if (d)
		closedir(d);
	free(k.head);
	buf_done(&k.blobs);
}

/* One look at the site and everything of it. ERR_NOT_FOUND: the tail moved on while we read it. */
static int one_round(struct making *m, struct err *e)
{
	replica_head_done(&m->h);
	replica_head_init(&m->h);
	buf_reset(&m->note);
	int r = look_at_site(m, e);
	if (r == 0) { /* first, while it is there: the segments go round */
		r = ledger_tail_copy(m->sitefd, m->packed, m->cp.size, put_segment, m, e);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = put_records(m, e);
	if (r == 0)
		r = put_vault(m, e);
	if (r == 0)
		r = put_copies(m, e);
	if (r == 0)
		r = put_small(m, e);
	if (r == 0)
		r = put_head(m, e);
	return r == ERR_NOT_FOUND ? err_set(e, ERR_CORRUPT, NULL, "something that the ledger names is missing") : r;
}

static int make(struct making *m, struct err *e)
{
	int r = ERR_NOT_FOUND;
	if ((m->dirfd = file_open_dir(m->sitefd, "ledger", e)) < 0)
		return m->dirfd;
	for (int tries = 0; tries < 8 && r == ERR_NOT_FOUND; tries++)
		r = one_round(m, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_BUSY, "wal", "the newest entries moved into packs each time they were looked at: try again");
	if (r == 0)
		tidy(m);
	return r;
}

/* A folder that belongs to whoever has the packs. */
static int open_outbox(int sitefd, struct err *e)
{
	struct stat st;
	if (mkdirat(sitefd, OUTBOX, 0750) == 0) {
		if (geteuid() == 0 && fstatat(sitefd, "packs", &st, AT_SYMLINK_NOFOLLOW) == 0 && (fchownat(sitefd, OUTBOX, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) || fchmodat(sitefd, OUTBOX, 02750, 0)))
			return err_sys(e, OUTBOX, "cannot be given to its owner");
	} else if (errno != EEXIST) {
		return err_sys(e, OUTBOX, "cannot make the folder");
	}
	return file_open_dir(sitefd, OUTBOX, e);
}

int vault_outbox_make(int sitefd, const struct site_keys *keys, struct err *e)
{
	struct making *m = calloc(1, sizeof *m);
	if (!m)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	m->sitefd = sitefd;
	m->dirfd = -1;
	m->keys = keys;
	buf_init(&m->note, 1 << 16);
	replica_head_init(&m->h);
	int r = m->outfd = open_outbox(sitefd, e);
	AUTO_CLOSE int lock = r < 0 ? -1 : openat(m->outfd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (r >= 0 && lock < 0)
		r = err_sys(e, OUTBOX "/lock", "cannot be opened");
	if (lock >= 0) {
		vault_own(m->outfd, lock);
		r = file_lock(lock, true, e);
	}
	if (r >= 0)
		r = make(m, e);
	replica_head_done(&m->h);
	buf_done(&m->note);
	if (m->dirfd >= 0)
		close(m->dirfd);
	if (m->outfd >= 0)
		close(m->outfd);
	free(m);
	return r < 0 ? r : 0;
}

/* ---- the supervisor's part ---- */

static int lay_one(int outfd, const char *name, struct slice bytes, struct err *e)
{
	AUTO_BUF struct buf old = {0};
	struct stat dir;
	buf_init(&old, 1 << 20);
	if (file_read(outfd, name, 1 << 20, &old, NULL) == 0 && slice_eq(buf_slice(&old), bytes))
		return 0;
	int r = file_replace(outfd, name, bytes, 0640, e);
	if (r == 0 && geteuid() == 0 && fstat(outfd, &dir) == 0)
		(void)!fchownat(outfd, name, dir.st_uid, dir.st_gid, AT_SYMLINK_NOFOLLOW);
	return r;
}

int vault_outbox_lay(int sitefd, struct err *e)
{
	static const struct {
		const char *from, *to;
	} files[] = {{"site.ini", "site.ini"}, {"tls/ca.crt", "ca.crt"}, {"tls/ca.age", "ca.age"}};
	AUTO_CLOSE int fd = open_outbox(sitefd, e);
	if (fd < 0)
		return fd;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, 1 << 20);
		int r = file_read(sitefd, files[i].from, 1 << 20, &b, e);
		if (r == ERR_NOT_FOUND)
			continue;
		if (r == 0)
			r = lay_one(fd, files[i].to, buf_slice(&b), e);
		if (r < 0)
			return r;
	}
	return 0;
}
