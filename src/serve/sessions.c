/* sessions: who is signed in. They live in memory that the supervisor holds (KEEPER_SHARED), so that a keeper which dies does not sign a hospital out; only
 * the SHA-256 of a session's id is kept. The same memory holds what slows down guessing. Monotonic times: a clock that is set does not end or prolong one. */
#include "sessions.h"

#include <stdlib.h>
#include <sys/mman.h>

#define SESSIONS_MAGIC UINT64_C(0x31535345534648) /* "HFSESS1" */
#define TRIES_MAX 2048
#define SESSIONS_MAX 2400
#define PER_USER 16
#define FORGET (30 * 60 * TIME_SEC)

struct tries { /* failed sign-ins by (user, address) and by address */
	uint64_t print;
	uint32_t failed, allowed;
	int64_t last, until;
};
struct sessions {
	uint64_t magic, size;
	struct tries tries[TRIES_MAX];
	struct session s[SESSIONS_MAX];
};
_Static_assert(sizeof(struct sessions) <= KEEPER_SHARED, "the shared pages are large enough");

int sessions_open(struct keeper *k, struct err *e)
{
	void *p = k->r->sharedfd >= 0 ? mmap(NULL, KEEPER_SHARED, PROT_READ | PROT_WRITE, MAP_SHARED, k->r->sharedfd, 0) : MAP_FAILED;
	if (p == MAP_FAILED)
		return err_sys(e, NULL, "cannot map the sessions");
	k->sessions = p;
	if (k->sessions->magic != SESSIONS_MAGIC || k->sessions->size != sizeof *k->sessions) {
		memset(p, 0, sizeof *k->sessions);
		k->sessions->size = sizeof *k->sessions;
		k->sessions->magic = SESSIONS_MAGIC;
	}
	for (size_t i = 0; i < SESSIONS_MAX; i++) { /* the one before may have died with half a word written */
		struct session *s = &k->sessions->s[i];
		s->user[sizeof s->user - 1] = 0;
		s->csrf[sizeof s->csrf - 1] = 0;
		if (s->used && !accounts_user(k, s->user))
			seal_wipe(s, sizeof *s);
	}
	return 0;
}

static bool alive(const struct session *s, int64_t now)
{
	return s->used && now - s->last < SESSION_IDLE && now - s->created < SESSION_WHOLE;
}

size_t sessions_count(struct keeper *k)
{
	size_t n = 0;
	int64_t now = time_monotonic();
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		n += alive(&k->sessions->s[i], now);
	return n;
}

static void base64url(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	for (size_t i = 0; i < n; i++)
		out[i] = digits[p[i] & 63];
	out[n] = 0;
}

struct session *session_new(struct keeper *k, const char *user, char ret_id[SESSION_ID_MAX])
{
	struct session *free_one = NULL, *oldest = NULL, *own_oldest = NULL;
	size_t own = 0;
	int64_t now = time_monotonic();
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *s = &k->sessions->s[i];
		if (!alive(s, now)) {
			free_one = free_one ? free_one : s;
			continue;
		}
		if (!oldest || s->last < oldest->last)
			oldest = s;
		if (!strcmp(s->user, user)) {
			own++;
			if (!own_oldest || s->last < own_oldest->last)
				own_oldest = s;
		}
	}
	/* a person with many windows open loses the one not used for longest, and never somebody else's */
	struct session *s = own >= PER_USER ? own_oldest : free_one ? free_one : oldest;
	uint8_t r[43 + 32];
	seal_wipe(s, sizeof *s);
	seal_random(r, sizeof r);
	base64url(ret_id, r, 43);
	base64url(s->csrf, r + 43, 32);
	seal_sha256_once(slice_str(ret_id), s->hash);
	snprintf(s->user, sizeof s->user, "%s", user);
	s->created = s->last = now;
	s->used = 1;
	seal_wipe(r, sizeof r);
	return s;
}

struct session *session_find(struct keeper *k, const char *id)
{
	uint8_t hash[SEAL_HASH];
	int64_t now = time_monotonic();
	struct slice s = slice_str(id);
	if (s.n != 43)
		return NULL;
	seal_sha256_once(s, hash);
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *x = &k->sessions->s[i];
		if (x->used && seal_equal(x->hash, hash, sizeof hash))
			return alive(x, now) ? x : NULL;
	}
	return NULL;
}

struct session *session_by_hash(struct keeper *k, const uint8_t hash[SEAL_HASH])
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (k->sessions->s[i].used && seal_equal(k->sessions->s[i].hash, hash, SEAL_HASH))
			return &k->sessions->s[i];
	return NULL;
}

void sessions_end_of(struct keeper *k, const char *user, const struct session *but)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *s = &k->sessions->s[i];
		if (s != but && s->used && !strcmp(s->user, user))
			seal_wipe(s, sizeof *s);
	}
}

int64_t session_expires(const struct session *s)
{
	int64_t now = time_monotonic(), idle = s->last + SESSION_IDLE, whole = s->created + SESSION_WHOLE;
	return time_now() + ((idle < whole ? idle : whole) - now);
}

/* ---- protected records opened with a reason ---- */

void session_glass_add(struct session *s, const char *patient)
{
	int64_t now = time_monotonic();
	struct glass *to = &s->glass[0];
	for (size_t i = 0; i < GLASS_MAX; i++) {
		if (!strcmp(s->glass[i].patient, patient)) {
			to = &s->glass[i];
			break;
		}
		if (s->glass[i].until < to->until)
			to = &s->glass[i];
	}
	snprintf(to->patient, sizeof to->patient, "%s", patient);
	to->until = now + GLASS_OPEN;
}

bool session_glass_open(const struct session *s, const char *patient)
{
	int64_t now = time_monotonic();
	for (size_t i = 0; i < GLASS_MAX; i++)
		if (s->glass[i].until > now && !strncmp(s->glass[i].patient, patient, sizeof s->glass[i].patient))
			return true;
	return false;
}

bool session_take_ecg(struct session *s)
{
	int64_t now = time_monotonic();
	if (now - s->ecg_since > RAW_WINDOW) {
		s->ecg_since = now;
		s->ecg_count = 0;
	}
	return s->ecg_count++ < ECG_MAX;
}

bool session_take_raw(struct session *s)
{
	int64_t now = time_monotonic();
	if (now - s->raw_since > RAW_WINDOW) {
		s->raw_since = now;
		s->raw_count = 0;
	}
	return s->raw_count++ < RAW_MAX;
}

/* ---- slowing down guessing ---- */

static struct tries *tries_of(struct keeper *k, const char *user, const char *address, bool make)
{
	char both[256];
	struct tries *oldest = &k->sessions->tries[0];
	int64_t now = time_monotonic();
	snprintf(both, sizeof both, "%s\n%s", user, address);
	for (char *p = both; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p; /* account names are compared so */
	uint64_t print = seal_fingerprint(k->keys.dedupe, slice_str(both)) | 1;
	for (size_t i = 0; i < TRIES_MAX; i++) {
		struct tries *t = &k->sessions->tries[i];
		if (t->print == print && now - t->last < FORGET)
			return t;
		if (t->last < oldest->last)
			oldest = t;
	}
	if (!make)
		return NULL;
	*oldest = (struct tries){.print = print, .last = now};
	return oldest;
}

static uint32_t left(const struct tries *t, int64_t now)
{
	return t && t->until > now ? (uint32_t)((t->until - now) / TIME_SEC + 1) : 0;
}

uint32_t tries_wait(struct keeper *k, const char *user, const char *address)
{
	int64_t now = time_monotonic();
	uint32_t a = left(tries_of(k, user, address, false), now), b = left(tries_of(k, "", address, false), now);
	return a > b ? a : b;
}

static void count_one(struct tries *t, uint32_t free_tries)
{
	int64_t now = time_monotonic();
	t->failed++;
	t->last = now;
	if (t->failed < free_tries)
		return;
	uint32_t over = t->failed - free_tries;
	t->until = now + (30 * TIME_SEC << (over < 5 ? over : 5)); /* 30 s, doubling to 16 min */
}

void tries_failed(struct keeper *k, const char *user, const char *address)
{
	/* By user and address, so that nobody can lock a clinician out from elsewhere; and by address, so that one machine cannot try every name. Wards share addresses. */
	count_one(tries_of(k, user, address, true), 5);
	count_one(tries_of(k, "", address, true), 40);
}

void tries_forget(struct keeper *k, const char *user, const char *address)
{
	struct tries *t = tries_of(k, user, address, false);
	if (t)
		*t = (struct tries){0};
}
