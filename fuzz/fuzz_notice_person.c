/* Any bytes as persons, a line each, of a fixed case: what is read gives a letter or a reason why not; its row is one line of 29 fields that a reader of CSV gets back, and none that a spreadsheet would calculate. */
#include "csv.h"
#include "notice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char the_case[] = "{\"name\":\"C\",\"discovered\":\"2026-07-05\",\"window\":\"2026-06-30/2026-07-05\",\"entity\":{\"kind\":\"covered-entity\",\"country\":\"US\",\"name\":\"H\",\"address\":[\"1 R\",\"A, TX 78701\"],\"phone\":\"1\"},\"persons\":{\"US-RI\":41},"
	"\"letter\":{\"date\":\"2026-08-20\",\"doing\":{\"en\":\"We watch.\",\"fr\":\"Oui.\",\"zh\":\"x\"},\"monitoring\":{\"provider\":\"W\",\"minor_provider\":\"K\",\"months\":24,\"url\":\"u\"}},\"entries\":{\"discovered\":7}}";

static void check_row(struct buf *row, struct arena *a)
{
	struct csv c;
	struct slice f[CSV_FIELDS_MAX];
	size_t n, lines = 0;
	for (size_t i = 0; i < row->n; i++)
		lines += row->p[i] == '\n' || (row->p[i] < 0x20 && row->p[i] != '\r');
	assert(lines == 1);
	csv_init(&c, buf_slice(row), ',', a);
	assert(csv_row(&c, f, &n) && n == 29);
	for (size_t i = 0; i < n; i++)
		assert(!f[i].n || !strchr("=+-@", f[i].p[0]) || !f[i].p[0]);
	assert(!csv_row(&c, f, &n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)16 << 20), *each = arena_new((size_t)8 << 20);
	AUTO_BUF struct buf row = {0}, text = {0};
	struct notice_incident in;
	struct notice_mailing *m;
	struct err e = {0};
	const struct notice_style style = {.lang = -1, .refs = size & 1, .code_key = SLICE("0123456789abcdef")};
	assert(a && each && notice_incident_read(slice_str(the_case), a, &in, &e) == 0 && notice_incident_ready(&in, &e) == 0);
	assert(notice_mailing_new(&in, &style, &m, &e) == 0);
	buf_init(&row, (size_t)1 << 20);
	buf_init(&text, (size_t)4 << 20);
	for (struct slice rest = slice_of(data, size); rest.n;) {
		struct slice line = slice_cut(rest, '\n', &rest);
		struct notice_person p;
		struct notice_letter l;
		arena_reset(each);
		if (notice_person_read(line, each, &p, &e) < 0) {
			assert(e.code && e.text[0]);
			continue;
		}
		buf_reset(&row);
		buf_reset(&text);
		if (notice_mailing_add(m, &p, 1, each, &row, &l, &e) < 0)
			continue;
		assert((l.fate == NOTICE_MAIL) == (row.n > 0));
		if (l.fate != NOTICE_MAIL)
			continue;
		assert(notice_code_ok(slice_str(l.code)) || p.enrol_code.n || p.deceased);
		assert(l.post.n && l.post.address.n);
		paper_post_text(&l.post, &text);
		assert(utf8_valid(buf_slice(&text)));
		check_row(&row, each);
	}
	buf_reset(&row);
	notice_mailing_manifest(m, "", 0, false, 0, 1, "", &row);
	assert(buf_ok(&row));
	notice_mailing_free(m);
	arena_free(a);
	arena_free(each);
	return 0;
}
