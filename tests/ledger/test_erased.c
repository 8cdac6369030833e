/* A quarter of messages whose keys are gone: its bodies are erased as an entry says, what was kept is read as before, the tree holds, and a key that is merely missing is another thing. */
#include "ledger/ledger_test.h"

#define FIRST_QUARTER 300
#define HOLD "{\"v\":1,\"what\":\"hold\",\"class\":\"files\",\"who\":\"root\",\"reason\":\"case 7\"}"

static int64_t now;
static int64_t clock_now(void)
{
	return now += TIME_SEC;
}

static struct ledger_options quarter_options(void)
{
	struct ledger_options o = small();
	o.clock = clock_now;
	return o;
}

static uint64_t say(struct ledger *l, uint8_t kind, struct slice body)
{
	uint64_t seq;
	OK(ledger_append(l, kind, 0, "command/root", body, true, &seq, NULL, e));
	OK(ledger_commit(l, e));
	return seq;
}

struct world {
	struct site s;
	uint64_t hold, erase, end;
	struct buf head;
};

/* Entry 5 is kept whole, entry 6 leaves a number, all other messages of the first quarter are gone. */
static void world_new(struct world *w, bool erased)
{
	struct ledger_entry en;
	AUTO_BUF struct buf kept = {0}, body = {0};
	memset(w, 0, sizeof *w);
	site_new(&w->s);
	buf_init(&kept, 1 << 20);
	buf_init(&body, 1 << 16);
	buf_init(&w->head, 1 << 16);
	now = time_from_civil(2023, 2, 1, 0, 0, 0);
	struct ledger *l = open_with(&w->s, quarter_options());
	fill(l, FIRST_QUARTER, 50);
	w->hold = say(l, LEDGER_RETENTION, SLICE(HOLD));
	OK(ledger_close(l, e));
	now = time_from_civil(2023, 5, 1, 0, 0, 0);
	l = open_with(&w->s, quarter_options());
	fill(l, 600, 50);
	uint64_t first, packs;
	OK(ledger_quarter_span(l, 20231, &first, &w->end, &packs, NULL, NULL, e));
	assert_int_equal(first, 0);
	assert_true(packs >= 1 && w->end > w->hold);
	OK(ledger_read(l, 5, &en, e));
	ledger_kept_put(&kept, &en);
	ledger_kept_rest(&kept, 6, SLICE("{\"born\":[]}"));
	OK(ledger_read(l, w->hold, &en, e));
	ledger_kept_put(&kept, &en);
	OK(ledger_kept_check(l, buf_slice(&kept), 0, w->end, NULL, e));
	uint64_t at = say(l, LEDGER_KEPT, buf_slice(&kept));
	buf_printf(&body, "{\"v\":1,\"what\":\"erase\",\"class\":\"care\",\"quarter\":\"2023Q1\",\"who\":\"ada\",\"reason\":\"policy 7\",\"keys\":[],\"first\":0,\"end\":%" PRIu64 ",\"kept\":{\"from\":%" PRIu64 ",\"to\":%" PRIu64 "}}",
	           w->end, at, at + 1);
	if (erased)
		w->erase = say(l, LEDGER_RETENTION, buf_slice(&body));
	tick(l);
	ledger_checkpoint(l, &w->head);
	OK(ledger_read(l, 7, &en, e)); /* its pack is open now */
	assert_int_equal(site_period_destroy(w->s.fd, "care-2023Q1", NULL), 1);
	if (erased) {
		OK(ledger_erased_now(l, e));
		FAILS(ledger_read(l, 7, &en, e), ERR_ERASED, "by ada: policy 7");
	}
	OK(ledger_close(l, e));
}

static void world_done(struct world *w)
{
	buf_done(&w->head);
	site_done(&w->s);
}

static int look(void *arg, const struct ledger_entry *en, struct err *e)
{
	uint64_t *n = arg;
	assert_int_equal(en->seq, n[0]);
	n[0]++;
	n[1] += en->erased;
	if (en->seq == 6)
		assert_true(en->erased && slice_eq_str(en->rest, "{\"born\":[]}"));
	if (en->erased)
		assert_true(en->body.n == 0 && en->leaf.size > 0);
	return 0;
}

static void is_erased(const struct site *s, struct ledger *l, const struct world *w)
{
	struct ledger_entry en;
	struct ledger_retain state = {0};
	AUTO_BUF struct buf proof = {0}, want = {0};
	uint64_t n[2] = {0, 0};
	buf_init(&proof, 1 << 16);
	buf_init(&want, 1 << 20);
	FAILS(ledger_read(l, 0, &en, e), ERR_ERASED, "was erased with the messages of 2023Q1");
	FAILS(ledger_read(l, 6, &en, e), ERR_ERASED, "ada");
	OK(ledger_read(l, 5, &en, e));
	body_of(5, &want);
	assert_true(slice_eq(en.body, buf_slice(&want)));
	OK(ledger_read(l, w->hold, &en, e));
	assert_true(slice_eq_str(en.body, HOLD));
	OK(ledger_scan(l, 0, ledger_size(l), true, look, n, e));
	assert_int_equal(n[0], ledger_size(l));
	assert_true(n[1] >= FIRST_QUARTER - 2 && n[1] < w->end);
	OK(ledger_retain_read(l, 0, &state, e));
	assert_int_equal(state.hold_n, 1);
	assert_int_equal(state.erasure_n, 1);
	assert_string_equal(state.hold[0].reason, "case 7");
	ledger_retain_done(&state);
	OK(ledger_prove(l, 3, &proof, e));
	(void)s;
}

static void gone(void **state)
{
	struct world w;
	world_new(&w, true);
	struct ledger *l = open_reader(&w.s);
	is_erased(&w.s, l, &w);
	ledger_free(l);
	l = open_with(&w.s, quarter_options());
	is_erased(&w.s, l, &w);
	struct buf b;
	uint64_t seq;
	int64_t t;
	buf_init(&b, 1 << 20);
	body_of(3, &b);
	assert_int_equal(ledger_find_same(l, buf_slice(&b), &seq, &t, NULL), ERR_NO); /* sent again it is new */
	buf_done(&b);
	ledger_free(l);
	struct ledger_verify_options vo = {.bodies = true, .since = buf_slice(&w.head)};
	struct ledger_verify_report rep;
	AUTO_BUF struct buf faults = {0};
	buf_init(&faults, 1 << 16);
	OK(ledger_verify(w.s.fd, &w.s.keys, &vo, &rep, &faults, e));
	assert_true(rep.since_checked && rep.erased >= FIRST_QUARTER - 2 && rep.bodies > 600);
	world_done(&w);
}

/* The cache of where such entries stand: there after writing, believed of this ledger only, and done without. */
static void cache(void **state)
{
	struct world w;
	char path[512];
	struct ledger_retain r = {0};
	AUTO_BUF struct buf b = {0};
	world_new(&w, true);
	buf_init(&b, 1 << 16);
	OK(file_read(w.s.fd, "packs/retention", 1 << 16, &b, e));
	assert_true(slice_starts(buf_slice(&b), "holdfast-retention 1 "));
	static const char *const wrong[] = {"", "holdfast-retention 1 5 00\n", "holdfast-retention 2 5\n", "holdfast-retention 1 3 x\n1\n"};
	for (size_t i = 0; i <= ARRAY_LEN(wrong); i++) {
		unlink(site_path(&w.s, "packs/retention", path));
		if (i < ARRAY_LEN(wrong))
			OK(file_replace(w.s.fd, "packs/retention", slice_str(wrong[i]), 0644, e));
		struct ledger *l = open_reader(&w.s);
		OK(ledger_retain_read(l, 0, &r, e));
		assert_int_equal(r.erasure_n, 1);
		assert_int_equal(r.hold_n, 1);
		ledger_retain_done(&r);
		ledger_free(l);
	}
	world_done(&w);
}

/* Tiles above the bundles are gone, as after a rebuild: they come again from bundles of the erased quarter and packs of the rest. */
static void tiles(void **state)
{
	struct world w;
	char path[512];
	world_new(&w, true);
	remove_tree(site_path(&w.s, "ledger/tile/0", path));
	struct ledger *l = open_with(&w.s, quarter_options());
	OK(ledger_repair(l, e));
	is_erased(&w.s, l, &w);
	ledger_free(l);
	world_done(&w);
}

/* A key that is not there though no entry says so is damage, and said to be. */
static void lost(void **state)
{
	struct world w;
	struct ledger_entry en;
	struct ledger_verify_report rep;
	AUTO_BUF struct buf faults = {0};
	world_new(&w, false);
	buf_init(&faults, 1 << 16);
	struct ledger *l = open_reader(&w.s);
	FAILS(ledger_read(l, 0, &en, e), ERR_CRYPTO, "copy it back");
	ledger_free(l);
	struct ledger_verify_options vo = {.bodies = true};
	FAILS(ledger_verify(w.s.fd, &w.s.keys, &vo, &rep, &faults, e), ERR_NO, "fault");
	world_done(&w);
}

/* What is kept, cut off anywhere or changed anywhere, is told apart or is what its leaves say. */
static void damaged(void **state)
{
	struct world w;
	struct ledger_entry en;
	AUTO_BUF struct buf kept = {0};
	world_new(&w, true);
	buf_init(&kept, 1 << 20);
	struct ledger *l = open_reader(&w.s);
	OK(ledger_read(l, 5, &en, e));
	ledger_kept_put(&kept, &en);
	OK(ledger_kept_check(l, buf_slice(&kept), 0, w.end, NULL, e));
	for (size_t n = 1; n < kept.n; n++)
		assert_true(ledger_kept_check(l, slice_of(kept.p, n), 0, w.end, NULL, NULL) < 0);
	for (size_t i = 0; i < kept.n; i++) {
		kept.p[i] ^= 1;
		assert_true(ledger_kept_check(l, buf_slice(&kept), 0, w.end, NULL, NULL) < 0);
		kept.p[i] ^= 1;
	}
	ledger_kept_rest(&kept, 5, SLICE("")); /* out of order */
	assert_true(ledger_kept_check(l, buf_slice(&kept), 0, w.end, NULL, NULL) < 0);
	ledger_free(l);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(gone), cmocka_unit_test(cache), cmocka_unit_test(tiles), cmocka_unit_test(lost), cmocka_unit_test(damaged)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
