/* The formats, byte by byte, and the tree against RFC 6962's own definition written out recursively. */
#include "ledger/ledger_test.h"

static struct ledger_leaf a_leaf(void)
{
	struct ledger_leaf l = {.kind = LEDGER_HL7V2, .flags = LEDGER_FLAG_REPAIRED, .time = 0x0102030405060708, .size = 0x1112131415161718, .source = "mllp/lab"};
	memset(l.commit, 0xab, sizeof l.commit);
	return l;
}

static void leaf(void **state)
{
	struct ledger_leaf l = a_leaf(), back;
	uint8_t b[LEDGER_LEAF_MAX + 1];
	AUTO_BUF struct buf hex = {0};
	buf_init(&hex, 1024);
	size_t n = ledger_leaf_encode(&l, b);
	hex_put(&hex, slice_of(b, n));
	assert_string_equal(buf_cstr(&hex), "01" "01" "02" "0102030405060708" "1112131415161718"
	                                    "abababababababababababababababababababababababababababababababab" "08" "6d6c6c702f6c6162");
	OK(ledger_leaf_decode(slice_of(b, n), &back, e));
	assert_memory_equal(&l, &back, sizeof l);
	for (size_t i = 0; i < n; i++)
		FAILS(ledger_leaf_decode(slice_of(b, i), &back, e), ERR_CORRUPT, "wrong place");
	b[n] = 0;
	FAILS(ledger_leaf_decode(slice_of(b, n + 1), &back, e), ERR_CORRUPT, "wrong place");
	b[0] = 2;
	FAILS(ledger_leaf_decode(slice_of(b, n), &back, e), ERR_CORRUPT, "version");
	b[0] = 1;
	b[3] = 0x80; /* a time before 1970, or after 2262 */
	FAILS(ledger_leaf_decode(slice_of(b, n), &back, e), ERR_CORRUPT, "impossible");
	b[3] = 1;
	static const char bad[] = " \t\n\x7f\x80";
	for (size_t i = 0; i < sizeof bad; i++) {
		b[54] = (uint8_t)bad[i];
		FAILS(ledger_leaf_decode(slice_of(b, n), &back, e), ERR_CORRUPT, "impossible");
	}
	assert_int_equal(LEDGER_LEAF_MAX, 52 + 64);
	for (int k = 0; k < 256; k++) {
		const char *name = ledger_kind_name((uint8_t)k);
		assert_true(!strcmp(name, "unknown") || ledger_kind_parse(slice_str(name)) == k);
	}
	assert_string_equal(ledger_kind_name(LEDGER_PACK), "pack");
	assert_int_equal(ledger_kind_parse(SLICE("unknown")), -1);
}

static void entry(void **state)
{
	struct ledger_leaf l = a_leaf();
	struct ledger_entry en;
	uint8_t salt[32], line[ENTRY_LINE_MAX];
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	for (int i = 0; i < 32; i++)
		salt[i] = (uint8_t)(i * 8 + 3);
	l.size = 5;
	size_t n = ledger_entry_line(42, &l, salt, line);
	static const char want[] = "holdfast-entry 42 1 2 72623859790382856 mllp/lab 5 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=\n";
	assert_int_equal(n, sizeof want - 1);
	assert_memory_equal(line, want, n);
	buf_add(&b, line, n);
	buf_add(&b, "a\nb\r\0\n", 6); /* the body is five bytes, of any kind */
	struct cur c = cur_of(buf_slice(&b));
	OK(ledger_entry_next(&c, &en, e));
	assert_true(cur_done(&c));
	assert_int_equal(en.seq, 42);
	assert_true(slice_eq(en.body, slice_of("a\nb\r\0", 5)));
	assert_memory_equal(en.salt, salt, 32);
	memset(en.leaf.commit, 0xab, 32);
	assert_memory_equal(&en.leaf, &l, sizeof l);
	for (size_t i = 0; i < b.n; i++) { /* cut anywhere */
		c = cur_of(slice_of(b.p, i));
		assert_int_equal(ledger_entry_next(&c, &en, NULL), ERR_CORRUPT);
	}
	static const char *const wrong[] = {
	        "holdfast-entry 042 1 2 7 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=\n\n", /* a zero in front */
	        "holdfast-entry  42 1 2 7 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=\n\n",
	        "holdfast-entry 42 256 2 7 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=\n\n",
	        "holdfast-entry 42 1 2 9223372036854775808 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=\n\n",
	        "holdfast-entry 99999999999999999999 1 2 7 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=\n\n",
	        "holdfast-entry 42 1 2 7  0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=\n\n",
	        "holdfast-entry 42 1 2 7 s 83886081 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=\n\n",
	        "holdfast-entry 42 1 2 7 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/t=\n\n", /* spare bits set */
	        "holdfast-entry 42 1 2 7 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8_s=\n\n",
	        "holdfast-entry 42 1 2 7 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s\n\n",
	        "holdfast-entry 42 1 2 7 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s= \n\n",
	        "Holdfast-entry 42 1 2 7 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=\n\n",
	        "holdfast-entry 42 1 2 7 s 0 AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=\nx",
	};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		c = cur_of(slice_str(wrong[i]));
		FAILS(ledger_entry_next(&c, &en, e), ERR_CORRUPT, "");
	}
}

static void names(void **state)
{
	char path[TILE_PATH_MAX];
	static const struct {
		int level;
		uint64_t n;
		unsigned width;
		const char *want;
	} t[] = {
	        {0, 0, 256, "tile/0/000"},
	        {1, 1234067, 256, "tile/1/x001/x234/067"},
	        {0, 1234067, 8, "tile/0/x001/x234/067.p/8"},
	        {TILE_ENTRIES, 999, 256, "tile/entries/999"},
	        {TILE_ENTRIES, 1000, 1, "tile/entries/x001/000.p/1"},
	        {7, UINT64_MAX, 255, "tile/7/x018/x446/x744/x073/x709/x551/615.p/255"},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		ledger_tile_path(t[i].level, t[i].n, t[i].width, path);
		assert_string_equal(path, t[i].want);
	}
	uint64_t n;
	assert_true(ledger_segment_name_parse("00000001.seg", &n) && n == 1);
	assert_true(ledger_segment_name_parse("123456789.seg", &n) && n == 123456789);
	static const char *const no[] = {"0000001.seg", "012345678.seg", "00000001.free", "00000001.tmp", "00000000.seg", ".seg", "0000000x.seg", "99999999999999999999999.seg", ""};
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_false(ledger_segment_name_parse(no[i], &n));
	assert_true(ledger_pack_name_parse("care-00000012.age", &n) && n == 12);
	static const char *const nopack[] = {"care-0000012.age", "care-00000012.age.tmp", "vault-00000012.age", "care-000000012.age", "care-.age", "index"};
	for (size_t i = 0; i < ARRAY_LEN(nopack); i++)
		assert_false(ledger_pack_name_parse(nopack[i], &n));
}

static void segment(void **state)
{
	struct ledger_segment_head h = {.number = 7, .size = 1 << 20, .key_file = SLICE("a key file")}, back;
	struct ledger_record_head r = {.plain = 1000, .count = 3, .left = 2, .counter = UINT64_C(0x1122334455667788), .batch = 9, .first = 77}, rb;
	uint8_t page[WAL_PAGE], rec[WAL_RECORD_HEAD], key[32], got[32];
	AUTO_BUF struct buf text = {0};
	memset(h.id, 0x5a, WAL_ID);
	memset(key, 0xc3, sizeof key);
	ledger_segment_head_put(page, &h);
	assert_memory_equal(page, "HFWALSG1\0\0\0\0\0\0\0\7", 16);
	OK(ledger_segment_head_parse(slice_of(page, sizeof page), &back, e));
	assert_true(back.number == 7 && back.size == 1 << 20 && !memcmp(back.id, h.id, WAL_ID) && slice_eq(back.key_file, h.key_file));
	for (size_t bit = 0; bit < WAL_PAGE * 8; bit += 1 + bit / 100) { /* a flipped bit is seen here, or makes another id or key, which the key file then does not fit */
		page[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bool accepted = ledger_segment_head_parse(slice_of(page, sizeof page), &back, NULL) == 0;
		assert_true(!accepted || bit / 8 < 44 + h.key_file.n);
		page[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	buf_init(&text, 256);
	ledger_segment_key_put(&text, &h, key);
	OK(ledger_segment_key_parse(buf_slice(&text), &h, got, e));
	assert_memory_equal(key, got, 32);
	h.number = 8;
	FAILS(ledger_segment_key_parse(buf_slice(&text), &h, got, e), ERR_CORRUPT, "another segment");
	h.number = 7;
	h.id[3] ^= 1;
	FAILS(ledger_segment_key_parse(buf_slice(&text), &h, got, e), ERR_CORRUPT, "another segment");
	h.id[3] ^= 1;
	FAILS(ledger_segment_key_parse(slice_of(text.p, text.n - 1), &h, got, e), ERR_CORRUPT, "");

	memcpy(r.id, h.id, WAL_ID);
	ledger_record_head_put(rec, &r);
	assert_true(ledger_record_head_parse(slice_of(rec, sizeof rec), h.id, &rb));
	assert_memory_equal(&r, &rb, sizeof r);
	h.id[0] ^= 1;
	assert_false(ledger_record_head_parse(slice_of(rec, sizeof rec), h.id, &rb)); /* of an earlier use */
	assert_int_equal(ledger_record_size(1), 4096);
	assert_int_equal(ledger_record_size(4096 - 72), 4096);
	assert_int_equal(ledger_record_size(4096 - 71), 8192);
}

/* ---- the tree ---- */

/* RFC 6962 2.1, word for word. */
static void mth(const struct slice *d, uint64_t n, uint8_t out[32])
{
	if (n == 0) {
		seal_sha256_once(SLICE_NULL, out);
		return;
	}
	if (n == 1) {
		tlog_leaf_hash(d[0], out);
		return;
	}
	uint64_t k = 1;
	while (k * 2 < n)
		k *= 2;
	uint8_t l[32], r[32];
	mth(d, k, l);
	mth(d + k, n - k, r);
	tlog_node_hash(l, r, out);
}

/* The reference leaves and roots of the CT project (its merkle tree unit test). */
static void reference(void **state)
{
	static const char *const leaves[8] = {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
	static const char *const roots[8] = {
	        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	struct tlog_tree *t = calloc(1, sizeof *t);
	uint8_t data[16], hash[32], root[32], want[32];
	tlog_tree_init(t);
	tlog_tree_root(t, root);
	assert_int_equal(hex_get(want, 32, SLICE("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")), 0);
	assert_memory_equal(root, want, 32);
	for (int i = 0; i < 8; i++) {
		size_t n = strlen(leaves[i]) / 2;
		assert_int_equal(hex_get(data, n, slice_str(leaves[i])), 0);
		tlog_leaf_hash(slice_of(data, n), hash);
		tlog_tree_add(t, hash);
		tlog_tree_root(t, root);
		assert_int_equal(hex_get(want, 32, slice_str(roots[i])), 0);
		assert_memory_equal(root, want, 32);
	}
	free(t);
}

#define SIZE 700

/* Every inclusion proof and many consistency proofs of a tree of 700, made from tiles on disk, and none that is changed in any way is accepted. */
static void tree(void **state)
{
	struct site s;
	struct ledger_tiles tiles;
	static struct slice d[SIZE];
	static uint8_t data[SIZE][4], roots[SIZE + 1][32];
	struct tlog_tree *t = calloc(1, sizeof *t);
	site_new(&s);
	int dirfd = open(s.path, O_RDONLY | O_DIRECTORY);
	ledger_tiles_init(&tiles, dirfd);
	tlog_tree_init(t);
	for (uint32_t i = 0; i < SIZE; i++) {
		uint8_t h[32], root[32];
		memcpy(data[i], &i, 4);
		d[i] = slice_of(data[i], 4);
		tlog_leaf_hash(d[i], h);
		tlog_tree_add(t, h);
		for (unsigned k = 0; k < t->closed_n; k++)
			OK(ledger_tile_put(dirfd, t->closed[k].level, t->closed[k].index, 256, slice_of(t->closed[k].hash, TILE_BYTES), e));
		t->closed_n = 0;
		mth(d, i + 1, roots[i + 1]);
		tlog_tree_root(t, root);
		assert_memory_equal(root, roots[i + 1], 32);
	}
	for (int l = 0; l < TREE_LEVELS; l++)
		if (t->n[l])
			OK(ledger_tile_put(dirfd, l, SIZE >> (8 * l) >> 8, t->n[l], slice_of(t->hash[l], t->n[l] * 32u), e));
	AUTO_BUF struct buf p = {0};
	buf_init(&p, 4096);
	for (uint64_t n = 1; n <= SIZE; n += n < 20 ? 1 : 37) {
		uint8_t root[32];
		OK(ledger_tiles_root(&tiles, n, SIZE, root, e));
		assert_memory_equal(root, roots[n], 32);
		for (uint64_t i = 0; i < n; i++) {
			uint8_t h[32];
			tlog_leaf_hash(d[i], h);
			buf_reset(&p);
			OK(ledger_tiles_inclusion(&tiles, i, n, SIZE, &p, e));
			assert_true(tlog_inclusion_ok(i, n, h, buf_slice(&p), roots[n]));
			assert_false(tlog_inclusion_ok(i + 1, n, h, buf_slice(&p), roots[n]));
			assert_false(tlog_inclusion_ok(i, n, h, buf_slice(&p), roots[n - 1]));
			assert_false(tlog_inclusion_ok(n, n, h, buf_slice(&p), roots[n]));
			h[5] ^= 1;
			assert_false(tlog_inclusion_ok(i, n, h, buf_slice(&p), roots[n]));
			h[5] ^= 1;
			if (p.n) {
				p.p[i % p.n] ^= 1;
				assert_false(tlog_inclusion_ok(i, n, h, buf_slice(&p), roots[n]));
				p.p[i % p.n] ^= 1;
				assert_false(tlog_inclusion_ok(i, n, h, slice_of(p.p, p.n - 32), roots[n]));
				assert_false(tlog_inclusion_ok(i, n, h, slice_of(p.p, p.n - 1), roots[n]));
			}
			buf_add(&p, h, 32);
			assert_false(tlog_inclusion_ok(i, n, h, buf_slice(&p), roots[n]));
		}
		for (uint64_t m = 0; m <= n; m++) {
			buf_reset(&p);
			OK(ledger_tiles_consistency(&tiles, m, n, SIZE, &p, e));
			assert_true(tlog_consistency_ok(m, roots[m], n, roots[n], buf_slice(&p)) || m == 0);
			if (m == 0) {
				tlog_fold(NULL, 0, roots[0]);
				assert_true(tlog_consistency_ok(0, roots[0], n, roots[n], buf_slice(&p)));
				continue;
			}
			assert_false(tlog_consistency_ok(m, roots[m - 1], n, roots[n], buf_slice(&p)));
			assert_false(tlog_consistency_ok(m, roots[m], n, roots[n - 1], buf_slice(&p)));
			assert_false(m > 1 && tlog_consistency_ok(m - 1, roots[m], n, roots[n], buf_slice(&p)));
			assert_false(tlog_consistency_ok(n + 1, roots[m], n, roots[n], buf_slice(&p)));
			if (p.n) {
				p.p[m % p.n] ^= 1;
				assert_false(tlog_consistency_ok(m, roots[m], n, roots[n], buf_slice(&p)));
				p.p[m % p.n] ^= 1;
				assert_false(tlog_consistency_ok(m, roots[m], n, roots[n], slice_of(p.p, p.n - 32)));
			}
			buf_add(&p, roots[1], 32);
			assert_false(tlog_consistency_ok(m, roots[m], n, roots[n], buf_slice(&p)));
		}
	}
	ledger_tiles_done(&tiles);
	close(dirfd);
	free(t);
	site_done(&s);
}

static void checkpoints(void **state)
{
	struct tlog_checkpoint k;
	static const char good[] = "hospital.example/log\n15368405\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\n";
	OK(tlog_checkpoint_parse(SLICE(good), &k, e));
	assert_string_equal(k.origin, "hospital.example/log");
	assert_int_equal(k.size, 15368405);
	OK(tlog_checkpoint_parse(SLICE("o\n0\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\nextension\n"), &k, e));
	static const char *const bad[] = {
	        "", "o\n", "o\n1\n", "o\n1\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=", "\n1\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\n",
	        "o\n01\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\n", "o\n-1\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\n",
	        "o\n\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\n", "o\n1\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeF=\n",
	        "o\n1\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE\n", "o\n18446744073709551616\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		FAILS(tlog_checkpoint_parse(slice_str(bad[i]), &k, e), ERR_INPUT, "no checkpoint");
}

static void packs(void **state)
{
	struct ledger_pack_info p = {.number = 12, .size = 345, .first = 6789, .count = 10, .plain = 1112, .period = 2026400}, back;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	memset(p.sha256, 0x11, 32);
	ledger_pack_body_put(&b, &p);
	assert_string_equal(buf_cstr(&b), "{\"pack\":\"care-00000012.age\",\"sha256\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"size\":345,"
	                                  "\"first\":6789,\"count\":10,\"plain\":1112,\"period\":\"care-2026Q4\"}");
	OK(ledger_pack_body_parse(buf_slice(&b), &back, e));
	assert_memory_equal(&p, &back, sizeof p);
	static const char *const bad[] = {
	        "", "[]", "{}", "{\"pack\":\"../etc\",\"sha256\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"size\":345,\"first\":6789,\"count\":10,\"plain\":1112,\"period\":\"care-2026Q4\"}",
	        "{\"pack\":\"care-00000012.age\",\"sha256\":\"1111\",\"size\":345,\"first\":6789,\"count\":10,\"plain\":1112,\"period\":\"care-2026Q4\"}",
	        "{\"pack\":\"care-00000012.age\",\"sha256\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"size\":0,\"first\":6789,\"count\":10,\"plain\":1112,\"period\":\"care-2026Q4\"}",
	        "{\"pack\":\"care-00000012.age\",\"sha256\":\"1111111111111111111111111111111111111111111111111111111111111111\",\"size\":1,\"first\":6789,\"count\":10,\"plain\":1112,\"period\":\"care-2026Q5\"}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		FAILS(ledger_pack_body_parse(slice_str(bad[i]), &back, e), ERR_CORRUPT, "");
	assert_int_equal(ledger_period_of(time_from_civil(2026, 3, 31, 23, 59, 59)), 2026100);
	assert_int_equal(ledger_period_of(time_from_civil(2026, 4, 1, 0, 0, 0)), 2026200);
	assert_int_equal(ledger_period_of(time_from_civil(2026, 12, 31, 0, 0, 0)), 2026400);
}

static void rings(void **state)
{
	struct ring r;
	uint64_t next = 1000;
	OK(ring_init(&r, sizeof(uint64_t), next, e));
	for (uint64_t round = 0; round < 300; round++) {
		for (uint64_t i = 0; i < 1 + round * 7 % 2000; i++, next++)
			*(uint64_t *)ring_push(&r) = next;
		uint64_t keep = round * 13 % 1500;
		ring_drop(&r, r.end - r.base > keep ? r.end - keep : r.base);
		for (uint64_t i = r.base; i < r.end; i++)
			assert_int_equal(*(uint64_t *)ring_at(&r, i), i);
	}
	ring_pop(&r, r.base);
	assert_int_equal(r.end, r.base);
	ring_reset(&r, 5);
	*(uint64_t *)ring_push(&r) = 5;
	assert_int_equal(*(uint64_t *)ring_at(&r, 5), 5);
	ring_done(&r);
}

/* Copies of the view: one copy, one name; and the entry that names its bytes. */
static void view_names(void **state)
{
	static const char *const no[] = {"", "copy-", "chart.db", "copy.tmp-0001", "copy-000000000007-000000000009-v3.hl7.1-0001.0001.age.tmp", "copy-000000000007-000000000009-v3.hl7.1-0002.0001.age", "copy-000000000007-000000000009-v3.hl7.1-0000.0001.age",
	                                 "copy-7-9-v3-0001.0001.age", "copy-000000000007-000000000009-V3-0001.0001.age", "copy-000000000007-000000000009--0001.0001.age", "copy-000000000007-000000000009-v3/x-0001.0001.age",
	                                 "copy-0000000000007-000000000009-v3-0001.0001.age", "copy-000000000007-000000000009-v3-1.1.age", "copy-000000000007-000000000009-v3-0001.10000.age",
	                                 "copy-000000000007-000000000009-v3.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z-0001.0001.age"};
	struct ledger_view_copy c = {.entries = 7, .record = 9, .version = "v3.hl7.1", .parts = 2}, d;
	char name[LEDGER_VIEW_NAME_MAX];
	unsigned part;
	ledger_view_name(&c, 2, name);
	assert_string_equal(name, "copy-000000000007-000000000009-v3.hl7.1-0002.0002.age");
	assert_true(ledger_view_name_read(name, &d, &part));
	assert_true(ledger_view_same(&c, &d) && part == 2);
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		assert_false(ledger_view_name_read(no[i], &d, &part));
	struct ledger_view_part p[2] = {{.size = 5, .sha256 = {1, 2}}, {.size = 6, .sha256 = {3}}}, *q;
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct err bad = {0};
	buf_init(&b, 1 << 16);
	ledger_view_body_put(&c, "view-2026Q1", 99, p, &b);
	OK(ledger_view_body_read(buf_slice(&b), a, &d, &q, e));
	d.record = 9;
	assert_true(ledger_view_same(&c, &d));
	assert_memory_equal(p, q, sizeof p);
	assert_int_equal(ledger_view_body_read(SLICE("{\"what\":\"drill\"}"), a, &d, &q, &bad), ERR_NO);
	assert_int_equal(ledger_view_body_read(SLICE("{\"what\":\"view-copy\",\"entries\":1,\"version\":\"v1\",\"parts\":[]}"), a, &d, &q, &bad), ERR_CORRUPT);
	assert_int_equal(ledger_view_body_read(SLICE("{\"what\":\"view-copy\",\"entries\":1,\"version\":\"../v1\",\"parts\":[{\"size\":1,\"sha256\":\"00\"}]}"), a, &d, &q, &bad), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(view_names),
	        cmocka_unit_test(leaf),      cmocka_unit_test(entry), cmocka_unit_test(names),       cmocka_unit_test(segment), cmocka_unit_test(reference),
	        cmocka_unit_test(tree), cmocka_unit_test(checkpoints), cmocka_unit_test(packs), cmocka_unit_test(rings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
