/* A stream of changes, of files whose bytes the input chooses too: the judge stays within its memory, its verdicts are well formed, a released session is never named again, and the same stream gives the same verdicts.
 *
 * Input: records of 8 bytes (operation, session, user, file, other file, before, after, flags); before and after choose one of the contents, the last of which is the input itself. */
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct mem {
	const uint8_t *p;
	size_t n;
};

static int64_t mem_read(void *arg, uint64_t offset, void *out, size_t n)
{
	const struct mem *m = arg;
	if (offset >= m->n)
		return 0;
	if (n > m->n - offset)
		n = m->n - (size_t)offset;
	memcpy(out, m->p + offset, n);
	return (int64_t)n;
}

static uint8_t text[4][1500], noise[4][1500];

static void contents(void)
{
	static const char words[] = "the patient was seen at night, and nothing of note was found. ";
	uint64_t x = 7;
	if (text[0][0])
		return;
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < sizeof text[i]; k++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			text[i][k] = (uint8_t)words[(k + i * 7) % (sizeof words - 1)];
			noise[i][k] = (uint8_t)(x >> 40);
		}
}

static struct mem choose(uint8_t k, const uint8_t *data, size_t size)
{
	size_t n = k & 0x40 ? 1500 : 700;
	if ((k & 15) == 15)
		return (struct mem){data, size};
	return (struct mem){k & 8 ? noise[k & 3] : text[k & 3], n};
}

static uint64_t check(const struct watch_verdict *v, const bool released[8])
{
	uint64_t h = v->number * 31 + v->session_count;
	assert(v->number && v->session_count >= 1 && v->session_count <= WATCH_SESSIONS_MAX);
	assert(v->reason_count >= 1 && v->reason_count <= WATCH_REASONS_MAX && v->file_named <= WATCH_FILES_MAX && v->file_named <= v->file_count);
	for (size_t i = 0; i < v->session_count; i++)
		assert(!released[v->sessions[i] & 7]);
	for (size_t i = 0; i < v->reason_count; i++)
		h = h * 131 + strlen(v->reason[i]);
	for (size_t i = 0; i < v->file_named; i++)
		h = h * 131 + strlen(v->file[i].path);
	return h;
}

static uint64_t run(const uint8_t *data, size_t size)
{
	static struct watch_verdict v;
	static const char *const canaries[] = {"/w/1/f31.pdf", NULL};
	struct watch_judge_config c = {.canaries = canaries};
	struct watch_judge *j = watch_judge_new(&c);
	bool released[8] = {false};
	uint64_t h = 0;
	for (size_t i = 0; j && i + 8 <= size && i < 8 * 400; i += 8) {
		const uint8_t *r = data + i;
		struct mem b = choose(r[5], data, size), a = choose(r[6], data, size);
		char path[64], to[64];
		static const char *const ext[] = {"txt", "pdf", "docx", "locked"};
		snprintf(path, sizeof path, "/w/%u/f%u.%s", r[3] & 3u, r[3] >> 3, ext[r[3] >> 1 & 3]);
		snprintf(to, sizeof to, "/w/%u/f%u.%s%s", r[4] & 3u, r[4] >> 3, ext[r[3] >> 1 & 3], r[7] & 8 ? ".locked" : "");
		struct watch_change x = {.mono_ns = (int64_t)i * 1000000, .who = {.session = 8 + (r[1] & 7), .uid = r[2] & 3, .comm = "x"}, .op = (enum watch_op)(1 + r[0] % 8), .was_read = r[7] & 1, .fresh = r[7] & 2, .folder = (r[7] & 0x70) == 0x70,
			.path = path, .to = r[0] % 8 == WATCH_RENAMED - 1 ? to : NULL, .dev = 1, .ino = r[7] & 4 ? 0 : 100 + r[3], .replaced_ino = r[7] & 16 ? 300u + r[4] : 0,
			.before = {.known = !(r[7] & 32), .size = b.n, .read = mem_read, .arg = &b}, .after = {.known = !(r[7] & 64), .size = a.n, .read = mem_read, .arg = &a}};
		if (r[0] & 0x80)
			h = h * 3 + watch_judge_before(j, &x);
		else if (r[0] == 0x7f) {
			watch_judge_released(j, x.who.session);
			released[x.who.session & 7] = true;
		} else if (r[0] == 0x7e)
			watch_judge_ended(j, released[x.who.session & 7] ? 999 : x.who.session);
		else
			h = h * 3 + (uint64_t)watch_judge_feed(j, &x);
		while (j && watch_judge_verdict(j, &v))
			h = h * 31 + check(&v, released);
	}
	watch_judge_free(j);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	contents();
	uint64_t once = run(data, size);
	assert(run(data, size) == once);
	return 0;
}
