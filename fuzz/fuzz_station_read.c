/* What a station and its site read of each other, and what a page on the PC may send. First byte (mod 5): 0 a request, 1 an answer, 2 a file of bundles, its notes' texts signed by the seeds' key where they are not; 3 what a bundle held; 4 a head of HTTP. */
#include "station_internal.h"

#include <stdlib.h>

static void signer(struct note_signer *k)
{
	struct err e;
	static const char key[] = "PRIVATE+KEY+fuzz.example/log+4921c2ab+AWZ1enppbmcga2V5IG9mIHRoZSBzZWFsIHJvb20uLi4u"; /* the seeds' */
	if (note_signer_parse(SLICE(key), k, &e) < 0)
		abort();
}

static int item(void *arg, const struct station_record *x, struct err *e)
{
	uint64_t *last = arg;
	(void)e;
	if (!x->n || x->n <= *last || !x->bytes.n || x->bytes.n > STATION_ITEM_MAX)
		abort();
	*last = x->n;
	return 0;
}

static void bundles(struct slice file)
{
	struct note_signer k;
	struct err e;
	signer(&k);
	while (file.n) {
		struct station_bundle b;
		size_t had = file.n;
		if (station_bundle_next(&file, &b, &e) < 0)
			return;
		if (file.n >= had || b.sealed.n != b.bytes || b.note.n + b.sealed.n + file.n != had || !b.items || b.first > b.last)
			abort();
		if (station_bundle_verify(&b, &k.v, &e) == 0 && !b.sealed.n)
			abort();
	}
}

/* The text alone would never have a signature that fits: sign it, and see that it reads as what it says. */
static void signed_text(struct slice text, int which)
{
	struct note_signer k;
	struct err e;
	struct buf note;
	signer(&k);
	buf_init(&note, 1 << 16);
	if (text.n < 8000 && note_sign(&k, text, &note, &e) == 0) {
		struct station_answer a;
		struct station_request q;
		struct station_pack p;
		if (which == 0)
			(void)!station_request_parse(buf_slice(&note), &q, &e);
		if (which == 1 && station_answer_parse(buf_slice(&note), &k.v, &a, &e) == 0) {
			struct buf again;
			buf_init(&again, 1 << 16);
			if (station_answer_text(&a, &again, &e) < 0 || !slice_eq(buf_slice(&again), text))
				abort(); /* one spelling */
			buf_done(&again);
		}
		(void)!station_pack_parse(buf_slice(&note), &k.v, &p, &e);
	}
	buf_done(&note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur c = cur_of(slice_of(data, size));
	struct station_request q;
	struct station_answer a;
	struct station_http h;
	struct station_bundle b = {.first = 1, .last = UINT32_MAX};
	struct err e;
	uint64_t last = 0;
	int which = cur_u8(&c) % 5;
	struct slice s = cur_take(&c, cur_left(&c));
	switch (which) {
	case 0:
		(void)!station_request_parse(s, &q, &e);
		signed_text(s, 0);
		break;
	case 1:
		(void)!station_answer_parse(s, NULL, &a, &e);
		signed_text(s, 1);
		break;
	case 2:
		bundles(s);
		break;
	case 3:
		b.items = STATION_BUNDLE_ITEMS;
		(void)!station_bundle_items(&b, s, item, &last, &e);
		break;
	default:
		if (station_http_read(s, &h) == 1 && (h.head > s.n || !h.host[0] != !strlen(h.host) || h.path[0] != '/'))
			abort();
	}
	return 0;
}
