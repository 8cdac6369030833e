/* Any bytes as a list, whole and in two parts: every record is in one cluster whose number is its first record's, counts hold together, the parts have the records of the whole, and any number of threads gives the same answer. */
#include "csv.h"
#include "link.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NULL: the columns are no list's. */
static struct link *linked(struct slice head, uint8_t sep, struct slice text, size_t cut, unsigned threads)
{
	const struct link_options o = {.threads = threads, .this_year = 2026};
	struct arena *a = arena_new((size_t)8 << 20);
	struct slice column[CSV_FIELDS_MAX];
	struct link *l = link_new(&o);
	struct csv c;
	struct err e = {0};
	size_t n = 0, used = 0;
	assert(a && l);
	csv_init(&c, head, sep, a);
	if (!csv_row(&c, column, &n) || link_columns(l, column, NULL, n, &e) < 0) {
		link_free(l);
		arena_free(a);
		return NULL;
	}
	if (cut) {
		assert(link_feed(l, slice_of(text.p, cut), sep, false, &used, &e) == 0 && used <= cut);
		text = slice_of(text.p + used, text.n - used);
	}
	assert(link_feed(l, text, sep, true, &used, &e) == 0 && used == text.n);
	assert(link_run(l, &e) == 0);
	arena_free(a);
	return l;
}

static void check(const struct link *l)
{
	struct link_counts c;
	uint64_t persons = 0;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	link_count(l, &c);
	for (uint32_t i = 0; i < link_records(l); i++) {
		uint32_t of = link_cluster(l, i);
		assert(of <= i && link_cluster(l, of) == of);
		persons += of == i;
	}
	assert(c.records == link_records(l) && c.persons == persons && c.low <= c.persons && c.persons <= c.high && c.high <= c.records);
	assert(c.estimate >= (double)c.low && c.estimate <= (double)c.high);
	for (size_t i = 0; i < link_grey_n(l) && i < 20; i++) {
		const struct link_pair *p = link_grey(l, i);
		assert(p->a < p->b && link_cluster(l, p->a) != link_cluster(l, p->b) && p->probability >= 0 && p->probability <= 1);
		link_explain(l, p->a, p->b, &b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text, head;
	if (size > 6000)
		return 0;
	head = slice_cut(slice_of(data, size), '\n', &text);
	if (memchr(head.p ? head.p : (const uint8_t *)"", '"', head.n) || !text.p)
		return 0;
	uint8_t sep = csv_separator(head);
	struct link *l = linked(head, sep, text, 0, 2);
	if (!l)
		return 0;
	check(l);
	struct link *parts = linked(head, sep, text, text.n / 2, 1);
	assert(parts && link_records(parts) == link_records(l)); /* not its clusters: what the columns look like was seen in the first part only */
	check(parts);
	link_free(parts);
	parts = linked(head, sep, text, 0, 1);
	for (uint32_t i = 0; i < link_records(l); i++)
		assert(link_cluster(parts, i) == link_cluster(l, i));
	link_free(parts);
	link_free(l);
	return 0;
}
