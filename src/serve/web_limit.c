/* Token buckets by address, in a small fixed table: an address that is pushed out by others starts full again, so the table limits honest floods and not memory. */
#include "web_internal.h"

#include <stdlib.h>

#define SLOTS 4096
#define BURST 4000.0    /* requests at once: a ward opening many charts behind one address */
#define PER_SECOND 1000.0

struct slot {
	uint64_t key;
	int64_t at;
	double tokens;
};
struct web_limit {
	pthread_mutex_t lock;
	uint8_t key[16];
	struct slot slots[SLOTS];
};

struct web_limit *web_limit_new(void)
{
	struct web_limit *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	seal_random(l->key, sizeof l->key);
	return l;
}

void web_limit_free(struct web_limit *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->lock);
	free(l);
}

bool web_limit_take(struct web_limit *l, const char *address, unsigned cost, int *ret_retry_after)
{
	uint64_t key = seal_fingerprint(l->key, slice_str(address));
	int64_t now = time_monotonic();
	bool ok = true;
	pthread_mutex_lock(&l->lock);
	struct slot *s = &l->slots[key % SLOTS];
	if (s->key != key)
		*s = (struct slot){.key = key, .at = now, .tokens = BURST};
	s->tokens += (double)(now - s->at) / 1e9 * PER_SECOND;
	s->at = now;
	if (s->tokens > BURST)
		s->tokens = BURST;
	if (s->tokens >= cost) {
		s->tokens -= cost;
	} else {
		*ret_retry_after = 1 + (int)((cost - s->tokens) / PER_SECOND);
		ok = false;
	}
	pthread_mutex_unlock(&l->lock);
	return ok;
}
