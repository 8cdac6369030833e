/* Any bytes as what comes back from the EHR and as what was done: numbers in a message are short and lie in it; acts, a line each, in any order: what may be out never looks as if it were not. */
#include "downtime.h"
#include "hl7.h"

#define ECHOES 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void echoes(struct slice s, struct arena *a)
{
	struct hl7_msg m;
	struct slice v[ECHOES];
	size_t n;
	if (hl7_parse(s, a, &m, NULL, 0, NULL, NULL) < 0)
		return;
	backload_echo(&m, SLICE(BACKLOAD_APPLICATION), v, ECHOES, &n);
	assert(n <= ECHOES);
	for (size_t i = 0; i < n; i++) {
		assert(v[i].n && v[i].n <= CAPTURE_ID_MAX && v[i].p >= m.text.p && v[i].p + v[i].n <= m.text.p + m.text.n);
		for (size_t k = 0; k < i; k++)
			assert(!slice_eq(v[i], v[k]));
	}
}

static void acts(struct slice s, struct arena *a)
{
	struct backload b = {.state = BACK_OPEN};
	struct downtime d = {.state = DOWNTIME_NONE};
	uint64_t entry = 0;
	for (unsigned lines = 0; s.n && lines < 200; lines++) {
		struct json_node *n;
		struct slice line = slice_cut(s, '\n', &s);
		struct backload was = b;
		enum downtime_state at = d.state;
		entry++;
		if (json_tree(line, a, &n, NULL) < 0)
			continue;
		bool counts = backload_apply(&b, n, entry);
		assert(counts || memcmp(&was, &b, sizeof b) == 0);
		assert(!was.made || !b.made || was.made == b.made);
		assert(b.state != BACK_SENT_UNKNOWN || b.made);
		assert(was.state != BACK_FILED || was.person || b.state == BACK_FILED);
		assert(strlen(b.control_id) < sizeof b.control_id && strlen(b.to) < sizeof b.to && utf8_valid(slice_str(b.why)));
		(void)downtime_apply(&d, n, entry, (int64_t)entry);
		assert(d.state == at || (int)d.state == (int)at + 1 || (at == DOWNTIME_CLOSED && d.state == DOWNTIME_DOWN));
		assert(d.units <= DOWNTIME_UNITS_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);
	if (!a)
		return 0;
	echoes(slice_of(data, size), a);
	arena_reset(a);
	acts(slice_of(data, size), a);
	arena_free(a);
	return 0;
}
