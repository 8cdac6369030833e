/* What a replica is made of: the records of packs, the sealed tail, and a tree that is proven from its root down; and that a ledger opens again from these alone. */
#include "ledger_test.h"

static void copy_file(int from, const char *name, int to, const char *as)
{
	struct buf b;
	buf_init(&b, 256 << 20);
	OK(file_read(from, name, 256 << 20, &b, e));
	OK(file_replace(to, as, buf_slice(&b), 0600, e));
	buf_done(&b);
}

struct into {
	int fd;
	unsigned n;
	bool cut; /* keep it as short as it came */
};

static int put_segment(void *arg, const char *name, int fd, uint64_t size, struct err *e)
{
	struct into *in = arg;
	char path[64];
	assert_true(ledger_tail_name_ok(name));
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, size);
	snprintf(path, sizeof path, "wal/%s", name);
	int out = openat(in->fd, path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	struct buf b;
	buf_init(&b, 256 << 20);
	uint8_t *p = buf_space(&b, size);
	assert_non_null(p);
	int r = file_pread_all(fd, p, size, 0, e, name);
	buf_commit(&b, size);
	if (r == 0)
		r = file_write_all(out, buf_slice(&b), e, name);
	if (r == 0 && !in->cut)
		r = ledger_tail_extend(out, e);
	buf_done(&b);
	close(out);
	in->n++;
	return r;
}

/* A bare folder gets what a replica has. Returns the size of the head it was made for. */
static uint64_t bare_copy(const struct site *s, struct site *to)
{
	struct note_vkey v;
	struct tlog_checkpoint head;
	struct buf note, index;
	uint64_t packs = 0, from = 0;
	memset(to, 0, sizeof *to);
	site_folder(to, true);
	to->keys = s->keys;
	OK(file_mkdir(to->fd, "wal/torn", 0700, e));
	OK(file_mkdir(to->fd, "packs", 0755, e));
	OK(file_mkdir(to->fd, "ledger", 0755, e));
	OK(file_mkdir(to->fd, "keys/period", 0700, e));
	buf_init(&note, 1 << 16);
	buf_init(&index, 1 << 20);
	int dirfd = file_open_dir(s->fd, "ledger", NULL);
	OK(ledger_published_head(dirfd, &v, &head, &note, e));
	close(dirfd);
	copy_file(s->fd, "ledger/vkey", to->fd, "ledger/vkey");
	OK(file_replace(to->fd, "ledger/checkpoint", buf_slice(&note), 0644, e));
	OK(file_read(s->fd, "packs/index", 1 << 20, &index, e));
	for (uint64_t k = 1; k * LEDGER_PACK_RECORD <= index.n; k++) {
		struct ledger_pack_ref ref;
		char path[80];
		OK(ledger_pack_record_read(slice_of(index.p + (k - 1) * LEDGER_PACK_RECORD, LEDGER_PACK_RECORD), k, &ref, e));
		if (ref.entry >= head.size)
			break;
		snprintf(path, sizeof path, "packs/%s", ref.name);
		copy_file(s->fd, path, to->fd, path);
		packs = k;
		from = ref.first + ref.count;
	}
	OK(file_replace(to->fd, "packs/index", slice_of(index.p, packs * LEDGER_PACK_RECORD), 0644, e));
	struct into in = {.fd = to->fd};
	OK(ledger_tail_copy(s->fd, from, head.size, put_segment, &in, e));
	assert_true(in.n >= 1);
	char name[SITE_PERIOD_MAX], path[96];
	site_period_name("care", time_now(), name);
	snprintf(path, sizeof path, "keys/period/%s.age", name);
	if (packs)
		copy_file(s->fd, path, to->fd, path);
	snprintf(path, sizeof path, "keys/period/%s.pub", name);
	if (packs)
		copy_file(s->fd, path, to->fd, path);
	copy_file(s->fd, "keys/recovery.pub", to->fd, "keys/recovery.pub");
	buf_done(&note);
	buf_done(&index);
	return head.size;
}

static void opens_whole(struct site *to, uint64_t size)
{
	struct ledger_verify_options vo = {.bodies = true};
	struct ledger_verify_report rep;
	struct buf faults;
	struct ledger *l = open_with(to, small());
	assert_int_equal(ledger_size(l), size);
	for (uint64_t i = 0; i < size; i += 7)
		expect_entry(l, i);
	fill(l, 50, 10);
	OK(ledger_close(l, e));
	buf_init(&faults, 1 << 16);
	int r = ledger_verify(to->fd, &to->keys, &vo, &rep, &faults, NULL);
	if (r < 0)
		print_error("%s\n", buf_cstr(&faults));
	assert_int_equal(r, 0);
	assert_true(rep.size >= size + 50);
	buf_done(&faults);
}

static void test_opens_from_a_copy(void **state)
{
	static const uint64_t sizes[] = {1, 100, 256, 700, 2000};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct site s, to;
		site_new(&s);
		struct ledger *l = open_with(&s, small());
		fill(l, sizes[i], 37);
		tick(l);
		uint64_t size = bare_copy(&s, &to); /* beside the live writer */
		assert_true(size >= sizes[i]);
		opens_whole(&to, size);
		site_done(&to);
		OK(ledger_close(l, e));
		size = bare_copy(&s, &to); /* after a clean stop */
		opens_whole(&to, size);
		site_done(&to);
		site_done(&s);
	}
}

/* Records that were made for a later head are not needed for an earlier one; what is behind the head is not copied. */
static void test_tail_ends_with_its_head(void **state)
{
	struct site s;
	struct into in = {.fd = -1};
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	fill(l, 40, 10);
	tick(l);
	char dir[64];
	snprintf(dir, sizeof dir, "copy/wal");
	OK(file_mkdir(s.fd, dir, 0700, e));
	in.fd = file_open_dir(s.fd, "copy", NULL);
	in.cut = true;
	OK(ledger_tail_copy(s.fd, 0, 20, put_segment, &in, e));
	struct stat small_, all;
	assert_int_equal(fstatat(in.fd, "wal/00000001.seg", &small_, 0), 0);
	OK(ledger_tail_copy(s.fd, 0, 40, put_segment, &in, e));
	assert_int_equal(fstatat(in.fd, "wal/00000001.seg", &all, 0), 0);
	assert_true(small_.st_size < all.st_size);
	FAILS(ledger_tail_copy(s.fd, 0, 41, put_segment, &in, e), ERR_NOT_FOUND, "do not hold");
	close(in.fd);
	OK(ledger_close(l, e));
	site_done(&s);
}

/* ---- trust ---- */

struct place {
	int dirfd;
	const char *spoil; /* this file comes wrong, `wrong` times, before it comes right */
	unsigned wrong, asked;
	bool never;
};

static int candidate(void *arg, const char *path, unsigned turn, size_t most, struct buf *ret, struct err *e)
{
	struct place *p = arg;
	p->asked++;
	bool spoiled = p->spoil && !strcmp(path, p->spoil);
	if (turn > (spoiled ? p->wrong : 0) || (spoiled && p->never && turn >= p->wrong))
		return err_set(e, ERR_NOT_FOUND, path, "no more");
	int r = file_read(p->dirfd, path, most, ret, e);
	if (r == 0 && spoiled && turn < p->wrong)
		ret->p[ret->n / 2] ^= 1;
	return r;
}

static void test_trust(void **state)
{
	struct site s;
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	fill(l, 1500, 100);
	tick(l);
	struct note_vkey v;
	struct tlog_checkpoint head;
	struct buf note;
	struct ledger_trust *t;
	struct slice leaf;
	uint8_t root[SEAL_HASH], want[SEAL_HASH];
	buf_init(&note, 1 << 16);
	struct place p = {.dirfd = file_open_dir(s.fd, "ledger", NULL)};
	OK(ledger_published_head(p.dirfd, &v, &head, &note, e));
	OK(ledger_trust_new(&head, candidate, &p, &t, e));
	for (uint64_t seq = 0; seq < head.size; seq += 13) {
		struct ledger_leaf a, b;
		OK(ledger_trust_leaf(t, seq, &leaf, e));
		OK(ledger_leaf_decode(leaf, &a, e));
		OK(ledger_read_leaf(l, seq, &b, e));
		assert_memory_equal(a.commit, b.commit, SEAL_HASH);
	}
	for (uint64_t at = 0; at <= head.size; at += 111) {
		OK(ledger_trust_root(t, at, root, e));
		OK(ledger_root(l, at, want, e));
		assert_memory_equal(root, want, SEAL_HASH);
	}
	FAILS(ledger_trust_leaf(t, head.size, &leaf, e), ERR_NOT_FOUND, "reach");
	ledger_trust_free(t);

	static const char *const names[] = {"tile/0/003", "tile/entries/002"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		uint64_t seq = i ? 600 : 800;
		p.spoil = names[i];
		p.wrong = 3;
		p.never = false; /* the fourth version is right */
		OK(ledger_trust_new(&head, candidate, &p, &t, e));
		OK(ledger_trust_leaf(t, seq, &leaf, e));
		ledger_trust_free(t);
		p.never = true;
		OK(ledger_trust_new(&head, candidate, &p, &t, e));
		FAILS(ledger_trust_leaf(t, seq, &leaf, e), ERR_CORRUPT, names[i]);
		OK(ledger_trust_leaf(t, 10, &leaf, e)); /* the rest still reads */
		ledger_trust_free(t);
	}
	/* a head over another tree */
	p.spoil = NULL;
	head.root[0] ^= 1;
	FAILS(ledger_trust_new(&head, candidate, &p, &t, e), ERR_CORRUPT, "signed head");
	buf_done(&note);
	close(p.dirfd);
	OK(ledger_close(l, e));
	site_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens_from_a_copy),
		cmocka_unit_test(test_tail_ends_with_its_head),
		cmocka_unit_test(test_trust),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
