/* SITE/ledger/seen.idx: which bodies, and which sender's control ids, have been seen, and in which entry. A cache: it can be deleted at any time and is made again
 * from the entries (bodies) or by the caller (control ids: only it knows how to read them out of a body). Every hit is confirmed against the ledger, so a wrong or
 * stale slot does no harm; a lost one would let a repetition through as a new entry.
 *
 * Little-endian, as it is mapped into memory:
 *   0   8  magic "HFSEEN02"
 *   8   8  SipHash-2-4 of "holdfast" under the dedupe key: another key, another table
 *   16  8  entries below this are remembered by their bodies, surely on disk
 *   24  8  the same for control ids
 *   32  4  n: number of levels
 *   36  4  1: closed in order
 *   40  8  SipHash-2-4 of the bytes 0..39 under the dedupe key
 *   64  8n slots taken in each level
 *   4096   level 0: 2^16 slots of 16 bytes; level i: 4^i times as many, behind level i - 1
 * A slot: fingerprint as u64 (0: empty), then entry << 16 | the first 16 bits of that entry's commitment. Linear probing; a level is filled to three quarters,
 * then the next is added and the earlier ones are only read: so it grows without ever copying what it has, which would stall commits for seconds. The fingerprint is
 * keyed, because senders choose what is hashed here.
 *
 * Its blocks are allocated before it is mapped (a full disk would otherwise be a SIGBUS), and after an unclean end it is read through once (so would an unreadable
 * sector be).
 */
#include "ledger_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEEN_FILE "seen.idx"
#define SEEN_MAGIC "HFSEEN02"
#define SEEN_HEAD 4096
#define LEVELS_MAX 12 /* 2^16 * 4^11 slots: 4 * 10^12 */
#define SLOT 16

struct slot {
	uint64_t print, what;
};
struct head {
	char magic[8];
	uint64_t key_check, bodies, controls;
	uint32_t levels, clean;
	uint64_t check, spare[2];
	uint64_t taken[LEVELS_MAX];
};
_Static_assert(sizeof(struct slot) == SLOT && offsetof(struct head, taken) == 64, "as the format says");

struct ledger_seen {
	int fd;
	uint8_t key[32];
	struct head *head;
	struct slot *level[LEVELS_MAX];
	unsigned n;
	pthread_mutex_t grow; /* n and level[] change while the housekeeping thread may be syncing */
};

static uint64_t level_slots(unsigned i)
{
	return UINT64_C(65536) << (2 * i);
}

static uint64_t level_offset(unsigned i)
{
	uint64_t at = SEEN_HEAD;
	while (i > 0)
		at += level_slots(--i) * SLOT;
	return at;
}

static uint64_t head_check(const struct ledger_seen *s, const struct head *h)
{
	return seal_fingerprint(s->key, slice_of(h, offsetof(struct head, check)));
}

static int map_level(struct ledger_seen *s, unsigned i, struct err *e)
{
	uint64_t size = level_slots(i) * SLOT;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, (off_t)level_offset(i));
	if (p == MAP_FAILED)
		return err_sys(e, "ledger/" SEEN_FILE, "cannot map the table of seen messages");
	(void)madvise(p, size, MADV_RANDOM);
	s->level[i] = p;
	return 0;
}

/* One more level: its blocks first, then the map, then the count that makes it real. */
static int add_level(struct ledger_seen *s, struct err *e)
{
	if (s->n == LEVELS_MAX)
		return err_set(e, ERR_LIMIT, "ledger/" SEEN_FILE, "the table of seen messages is full");
	uint64_t size = level_slots(s->n) * SLOT;
	int no = posix_fallocate(s->fd, (off_t)level_offset(s->n), (off_t)size);
	if (no) {
		errno = no;
		return err_sys(e, "ledger/" SEEN_FILE, "cannot make the table of seen messages larger");
	}
	int r = map_level(s, s->n, e);
	if (r < 0)
		return r;
	pthread_mutex_lock(&s->grow);
	s->head->taken[s->n] = 0;
	s->head->levels = ++s->n;
	s->head->check = head_check(s, s->head);
	pthread_mutex_unlock(&s->grow);
	return 0;
}

static int map_head(struct ledger_seen *s, struct err *e)
{
	void *p = mmap(NULL, SEEN_HEAD, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, "ledger/" SEEN_FILE, "cannot map the table of seen messages");
	s->head = p;
	return 0;
}

static int create(struct ledger_seen *s, int dirfd, struct err *e)
{
	if (s->fd >= 0)
		close(s->fd);
	if (unlinkat(dirfd, SEEN_FILE, 0) && errno != ENOENT)
		return err_sys(e, "ledger/" SEEN_FILE, "cannot remove the old table of seen messages");
	s->fd = openat(dirfd, SEEN_FILE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return err_sys(e, "ledger/" SEEN_FILE, "cannot make the table of seen messages");
	int no = posix_fallocate(s->fd, 0, SEEN_HEAD);
	if (no) {
		errno = no;
		return err_sys(e, "ledger/" SEEN_FILE, "cannot make the table of seen messages");
	}
	int r = map_head(s, e);
	if (r < 0)
		return r;
	*s->head = (struct head){.key_check = seal_fingerprint(s->key, SLICE("holdfast"))};
	memcpy(s->head->magic, SEEN_MAGIC, 8);
	return add_level(s, e);
}

/* A page that the disk cannot give would be a SIGBUS later: meet it here, where it is an error. */
static bool readable(int fd)
{
	size_t n = (size_t)1 << 20;
	void *b = malloc(n);
	ssize_t got = -1;
	for (off_t at = 0; b && (got = pread(fd, b, n, at)) > 0;)
		at += got;
	free(b);
	return got == 0;
}

/* ERR_NO: there is none that can be used. */
static int adopt(struct ledger_seen *s, int dirfd, struct err *e)
{
	struct head h;
	struct stat st;
	s->fd = openat(dirfd, SEEN_FILE, O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		return errno == ENOENT ? ERR_NO : err_sys(e, "ledger/" SEEN_FILE, "cannot open the table of seen messages");
	if (fstat(s->fd, &st) || file_pread_all(s->fd, &h, sizeof h, 0, NULL, NULL) < 0 || memcmp(h.magic, SEEN_MAGIC, 8) ||
	    h.key_check != seal_fingerprint(s->key, SLICE("holdfast")) || h.check != head_check(s, &h) || h.levels < 1 || h.levels > LEVELS_MAX ||
	    (uint64_t)st.st_size < level_offset(h.levels) || (!h.clean && !readable(s->fd)))
		return ERR_NO;
	int r = map_head(s, e);
	for (unsigned i = 0; r == 0 && i < h.levels; i++, s->n++)
		r = map_level(s, i, e);
	return r;
}

static void unmap(struct ledger_seen *s)
{
	for (unsigned i = 0; i < s->n; i++)
		munmap(s->level[i], level_slots(i) * SLOT);
	if (s->head)
		munmap(s->head, SEEN_HEAD);
	s->n = 0;
	s->head = NULL;
}

int ledger_seen_open(int dirfd, const uint8_t key[32], struct ledger_seen **ret, bool *ret_new, struct err *e)
{
	struct ledger_seen *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(e, ERR_MEMORY, NULL, "no memory for the table of seen messages");
	s->fd = -1;
	memcpy(s->key, key, sizeof s->key);
	pthread_mutex_init(&s->grow, NULL);
	*ret_new = false;
	int r = adopt(s, dirfd, e);
	if (r == ERR_NO) {
		unmap(s);
		*ret_new = true;
		r = create(s, dirfd, e);
	}
	if (r < 0) {
		ledger_seen_free(s);
		return r;
	}
	s->head->clean = 0;
	s->head->check = head_check(s, s->head);
	*ret = s;
	return 0;
}

void ledger_seen_free(struct ledger_seen *s)
{
	if (!s)
		return;
	unmap(s);
	if (s->fd >= 0)
		close(s->fd);
	pthread_mutex_destroy(&s->grow);
	seal_wipe(s, sizeof *s);
	free(s);
}

uint64_t ledger_seen_complete(const struct ledger_seen *s, enum seen_key k)
{
	return k == SEEN_BODY ? s->head->bodies : s->head->controls;
}

uint64_t ledger_seen_print(const struct ledger_seen *s, enum seen_key k, struct slice bytes)
{
	uint64_t print = seal_fingerprint(s->key + (k == SEEN_BODY ? 0 : 16), bytes);
	return print ? print : 1; /* 0 is an empty slot */
}

/* The youngest level first: what comes again comes soon. */
bool ledger_seen_find(const struct ledger_seen *s, uint64_t print, ledger_seen_fn *fn, void *arg)
{
	for (unsigned i = s->n; i-- > 0;) {
		const struct slot *slot = s->level[i];
		uint64_t mask = level_slots(i) - 1, at = print & mask;
		for (uint64_t steps = 0; slot[at].print && steps <= mask; at = (at + 1) & mask, steps++)
			if (slot[at].print == print && fn(arg, slot[at].what >> 16, (uint16_t)slot[at].what))
				return true;
	}
	return false;
}

int ledger_seen_room(struct ledger_seen *s, size_t n, struct err *e)
{
	while (s->head->taken[s->n - 1] + n > level_slots(s->n - 1) / 4 * 3) {
		int r = add_level(s, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool same(void *arg, uint64_t seq, uint16_t check)
{
	return *(uint64_t *)arg == (seq << 16 | check);
}

/* Room was asked for before. Adding what is there already changes nothing. */
void ledger_seen_add(struct ledger_seen *s, uint64_t print, uint64_t seq, uint16_t check)
{
	uint64_t what = seq << 16 | check;
	assert(seq < UINT64_C(1) << 48);
	unsigned i = s->n - 1;
	struct slot *slot = s->level[i];
	uint64_t mask = level_slots(i) - 1, at = print & mask;
	for (uint64_t steps = 0; slot[at].print && steps < mask; at = (at + 1) & mask, steps++)
		if (slot[at].print == print && slot[at].what == what)
			return;
	slot[at].what = what;
	__atomic_store_n(&slot[at].print, print, __ATOMIC_RELEASE); /* killed in between, the slot is still empty */
	s->head->taken[i]++;
}

/* For filling in after a crash, when the slot may stand in an older level. */
void ledger_seen_add_once(struct ledger_seen *s, uint64_t print, uint64_t seq, uint16_t check)
{
	uint64_t what = seq << 16 | check;
	if (!ledger_seen_find(s, print, same, &what))
		ledger_seen_add(s, print, seq, check);
}

/* Everything that was added before this call is on disk when it returns 0; then the header may say so. */
int ledger_seen_sync(struct ledger_seen *s, uint64_t bodies_to, uint64_t controls_to, bool clean, struct err *e)
{
	pthread_mutex_lock(&s->grow);
	unsigned n = s->n;
	pthread_mutex_unlock(&s->grow);
	for (unsigned i = 0; i < n; i++)
		if (msync(s->level[i], level_slots(i) * SLOT, MS_SYNC))
			return err_sys(e, "ledger/" SEEN_FILE, "cannot make the table of seen messages durable");
	pthread_mutex_lock(&s->grow);
	s->head->bodies = bodies_to;
	s->head->controls = controls_to;
	s->head->clean = clean;
	s->head->check = head_check(s, s->head);
	pthread_mutex_unlock(&s->grow);
	if (msync(s->head, SEEN_HEAD, MS_SYNC) || fdatasync(s->fd))
		return err_sys(e, "ledger/" SEEN_FILE, "cannot make the table of seen messages durable");
	return 0;
}
