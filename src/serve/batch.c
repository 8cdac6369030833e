/* batch: by what the envelope lines of a batch file are known again (serve.h says why). */
#include "serve.h"

#include "hl7.h"

static const uint8_t nothing[SEAL_HASH];

/* One more step away from the message: SHA-256(what is nearer to it || this line's hash). */
static void step(uint8_t h[SEAL_HASH], const uint8_t line[SEAL_HASH])
{
	uint8_t both[2 * SEAL_HASH];
	memcpy(both, h, SEAL_HASH);
	memcpy(both + SEAL_HASH, line, SEAL_HASH);
	seal_sha256_once(slice_of(both, sizeof both), h);
}

static int hand_out(struct batch_run *b, const uint8_t after[SEAL_HASH], batch_line_fn *fn, void *arg, struct err *e)
{
	uint8_t h[SEAL_HASH];
	memcpy(h, b->before, SEAL_HASH);
	for (size_t i = 0; i < b->n; i++) {
		step(h, b->lines[i].hash);
		if (!b->lines[i].leads)
			memcpy(b->lines[i].key, h, SEAL_HASH);
	}
	memcpy(b->before, h, SEAL_HASH); /* for those that come after them all the same */
	memcpy(h, after, SEAL_HASH);
	for (size_t i = b->n; i-- > 0;) {
		step(h, b->lines[i].hash);
		if (b->lines[i].leads)
			memcpy(b->lines[i].key, h, SEAL_HASH);
	}
	int r = 0;
	for (size_t i = 0; r == 0 && i < b->n; i++)
		r = fn(arg, &b->lines[i], e);
	b->n = 0;
	return r;
}

/* "FHS" or "BHS", behind a byte order mark, or in UTF-16: the first letter that is one. */
static bool leads(struct slice line)
{
	size_t i = 0;
	while (i < line.n && i < 8 && !(line.p[i] >= 'A' && line.p[i] <= 'Z'))
		i++;
	size_t w = i + 1 < line.n && line.p[i + 1] == 0 ? 2 : 1;
	return i + w < line.n && line.p[i + w] == 'H';
}

void batch_begin(struct batch_run *b)
{
	b->n = 0;
	memset(b->before, 0, sizeof b->before);
}

int batch_line(struct batch_run *b, uint64_t id, struct slice line, batch_line_fn *fn, void *arg, struct err *e)
{
	if (b->n == BATCH_RUN_MAX) {
		int r = hand_out(b, nothing, fn, arg, e);
		if (r < 0)
			return r;
		memset(b->before, 0, sizeof b->before);
	}
	struct batch_line *l = &b->lines[b->n++];
	*l = (struct batch_line){.id = id, .line = line, .leads = leads(line)};
	seal_sha256_once(line, l->hash);
	return 0;
}

int batch_other(struct batch_run *b, struct slice message, batch_line_fn *fn, void *arg, struct err *e)
{
	uint8_t h[SEAL_HASH] = {0};
	if (message.p)
		seal_sha256_once(message, h);
	int r = b->n ? hand_out(b, h, fn, arg, e) : 0;
	memcpy(b->before, h, SEAL_HASH);
	return r;
}

int batch_now(struct batch_run *b, batch_line_fn *fn, void *arg, struct err *e)
{
	return b->n ? hand_out(b, nothing, fn, arg, e) : 0;
}
