/* Opening after things that happen to disks: a torn tail is set aside and told; damage is refused and nothing is touched; what can be made again is made again. */
#include "ledger/ledger_test.h"

struct tail { /* where the last records stand */
	char name[WAL_NAME_MAX + 8];
	uint64_t at[64], size[64], first[64];
	size_t n;
	uint64_t end; /* behind the last */
};

static struct tail look(struct ledger *l)
{
	struct tail t = {.end = l->cur->used};
	char seg[WAL_NAME_MAX];
	snprintf(t.name, sizeof t.name, "wal/%s", ledger_segment_name(l->cur, seg));
	for (uint64_t i = l->records.end; i-- > l->records.base && t.n < 64;) {
		const struct ledger_tail_record *r = ring_at(&l->records, i);
		if (r->seg != l->cur)
			break;
		t.at[t.n] = r->offset;
		t.size[t.n] = ledger_record_size(r->plain);
		t.first[t.n++] = r->first;
	}
	return t;
}

static void poke(const struct site *s, const char *name, uint64_t at, const void *p, size_t n)
{
	char path[512];
	int fd = open(site_path(s, name, path), O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, n, (off_t)at), (ssize_t)n);
	close(fd);
}

static void peek(const struct site *s, const char *name, uint64_t at, void *p, size_t n)
{
	char path[512];
	int fd = open(site_path(s, name, path), O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, p, n, (off_t)at), (ssize_t)n);
	close(fd);
}

static int files_in(const struct site *s, const char *name)
{
	char path[512];
	int n = 0;
	DIR *d = opendir(site_path(s, name, path));
	assert_non_null(d);
	for (struct dirent *en; (en = readdir(d));)
		n += en->d_name[0] != '.';
	closedir(d);
	return n;
}

static struct ledger *open_noting(const struct site *s, const char *word)
{
	struct ledger *l = NULL;
	struct ledger_options o = small();
	struct buf note;
	buf_init(&note, 1 << 16);
	OK(ledger_open(s->fd, &s->keys, &o, &l, &note, e));
	if (!word)
		assert_int_equal(note.n, 0);
	else if (!strstr(buf_cstr(&note), word))
		fail_msg("wanted \"%s\" in: %s", word, buf_cstr(&note));
	buf_done(&note);
	return l;
}

static void refused(const struct site *s, const char *word)
{
	struct ledger *l = NULL;
	struct ledger_options o = small();
	FAILS(ledger_open(s->fd, &s->keys, &o, &l, NULL, e), ERR_CORRUPT, word);
	assert_null(l);
}

/* A ledger of n single commits, not published, then killed. */
static struct tail killed(struct site *s, uint64_t n)
{
	site_new(s);
	struct ledger *l = open_with(s, small());
	fill(l, n, 1);
	struct tail t = look(l);
	ledger_free(l);
	return t;
}

/* The last record's pages reach the disk in part. Nobody was told of it (here: somebody was, and finds it gone; with the published checkpoint that is damage, see below). */
static void torn(void **state)
{
	for (int how = 0; how < 4; how++) {
		struct site s;
		uint8_t zeros[WAL_PAGE] = {0}, byte;
		struct tail t = killed(&s, 500); /* entry 499 is long: many pages */
		assert_true(t.size[0] > 20 * WAL_PAGE);
		if (how == 0)
			poke(&s, t.name, t.at[0] + 5 * WAL_PAGE, zeros, WAL_PAGE); /* a page in the middle is missing */
		else if (how == 1)
			poke(&s, t.name, t.at[0] + t.size[0] - WAL_PAGE, zeros, WAL_PAGE); /* the last page */
		else if (how == 2)
			poke(&s, t.name, t.at[0], zeros, WAL_PAGE); /* the first: the record cannot even be seen */
		else {
			peek(&s, t.name, t.at[0] + 4, &byte, 1);
			byte ^= 0x80; /* a length beyond the segment */
			poke(&s, t.name, t.at[0] + 4, &byte, 1);
		}
		struct ledger *l = open_noting(&s, how == 2 ? NULL : "torn tail");
		assert_int_equal(ledger_size(l), 499);
		expect_all(l, 499);
		assert_int_equal(files_in(&s, "wal/torn"), how == 2 ? 0 : 1);
		fill(l, 3, 1); /* written where the torn one stood */
		ledger_free(l);
		l = open_noting(&s, NULL);
		assert_int_equal(ledger_size(l), 502);
		expect_all(l, 502);
		tick(l);
		OK(ledger_close(l, e));
		expect_sound(&s);
		site_done(&s);
	}
}

/* A commit of several records, of which one is torn: it never was, as a whole. */
static void torn_batch(void **state)
{
	for (int which = 0; which < 3; which++) {
		struct site s;
		struct ledger_options o = small();
		uint8_t zeros[WAL_PAGE] = {0};
		site_new(&s);
		o.segment_size = 16 << 20;
		struct ledger *l = open_with(&s, o);
		fill(l, 400, 1);
		fill(l, 6000, 6000); /* three records or more in one commit */
		struct tail t = look(l);
		ledger_free(l);
		assert_true(t.n > 3 && t.first[0] >= 400 && t.first[2] >= 400);
		poke(&s, t.name, t.at[which], zeros, which == 1 ? 64 : WAL_PAGE); /* last, middle, third from the end */
		l = open_noting(&s, "torn tail");
		assert_int_equal(ledger_size(l), 400);
		fill(l, 10, 2);
		expect_all(l, 410);
		OK(ledger_close(l, e));
		expect_sound(&s);
		site_done(&s);
	}
}

/* A bad record with good ones of later commits behind it: acknowledged entries are gone. */
static void damaged(void **state)
{
	struct site s;
	uint8_t byte;
	struct tail t = killed(&s, 300);
	for (size_t i = 1; i < 40; i += 7) {
		uint64_t at = t.at[i] + (i % 2 ? 3 : 100); /* the header, or what is sealed */
		peek(&s, t.name, at, &byte, 1);
		byte ^= 4;
		poke(&s, t.name, at, &byte, 1);
		int before = files_in(&s, "wal");
		refused(&s, "damage, not a torn tail");
		refused(&s, "damage, not a torn tail"); /* and again: nothing was changed */
		assert_int_equal(files_in(&s, "wal"), before);
		expect_fault(&s, "damage");
		byte ^= 4;
		poke(&s, t.name, at, &byte, 1);
	}
	struct ledger *l = open_noting(&s, NULL);
	assert_int_equal(ledger_size(l), 300);
	OK(ledger_close(l, e));
	site_done(&s);
}

/* The last record alone is hit, but a checkpoint had been published over it. */
static void behind_checkpoint(void **state)
{
	struct site s;
	uint8_t byte, was;
	char path[512];
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	fill(l, 100, 1);
	tick(l);
	struct tail t = look(l);
	ledger_free(l);
	peek(&s, t.name, t.at[0] + 100, &was, 1);
	byte = was ^ 1;
	poke(&s, t.name, t.at[0] + 100, &byte, 1);
	refused(&s, "it covers 100 entries, but only 99 are here");
	expect_fault(&s, "wal");
	poke(&s, t.name, t.at[0] + 100, &was, 1);
	/* segments gone altogether */
	char away[520];
	snprintf(away, sizeof away, "%s.away", site_path(&s, "wal", path));
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	refused(&s, "it covers 100 entries, but only 0 are here");
	expect_fault(&s, "neither in a pack nor in a segment");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rename(away, path), 0);
	l = open_noting(&s, NULL);
	assert_int_equal(ledger_size(l), 100);
	OK(ledger_close(l, e));
	site_done(&s);
}

/* Many segments: one is missing, or its first page is damaged; files that were on their way to be segments are none. */
static void segments(void **state)
{
	struct site s;
	struct ledger_options o = small();
	char path[512], away[520], name[64];
	uint8_t byte;
	site_new(&s);
	o.pack_size = UINT64_C(1) << 40;
	struct ledger *l = open_with(&s, o);
	fill(l, 490, 1);
	assert_true(l->cur->number > 5);
	uint64_t last = l->cur->number;
	ledger_free(l);
	for (uint64_t n = 1; n <= last; n++) {
		snprintf(name, sizeof name, "wal/%08" PRIu64 ".seg", n);
		peek(&s, name, 20, &byte, 1);
		byte ^= 1;
		poke(&s, name, 20, &byte, 1);
		refused(&s, "");
		byte ^= 1;
		poke(&s, name, 20, &byte, 1);
		if (n == last)
			continue; /* without the newest one it is an older ledger: only the checkpoint can tell */
		snprintf(away, sizeof away, "%s.away", site_path(&s, name, path));
		assert_int_equal(rename(path, away), 0);
		refused(&s, n == 1 ? "segments before are missing" : "damage, not a torn tail");
		assert_int_equal(rename(away, path), 0);
	}
	close(open(site_path(&s, "wal/00000077.tmp", path), O_CREAT | O_WRONLY, 0600));
	close(open(site_path(&s, "wal/00000078.free", path), O_CREAT | O_WRONLY, 0600));
	close(open(site_path(&s, "packs/care-00000001.age", path), O_CREAT | O_WRONLY, 0600)); /* a pack that was never logged */
	close(open(site_path(&s, "packs/care-00000001.age.tmp", path), O_CREAT | O_WRONLY, 0600));
	l = open_noting(&s, NULL);
	assert_int_equal(ledger_size(l), 490);
	expect_all(l, 490);
	assert_int_equal(access(site_path(&s, "wal/00000077.tmp", path), F_OK), -1);
	assert_int_equal(access(site_path(&s, "wal/00000078.free", path), F_OK), -1);
	assert_int_equal(access(site_path(&s, "packs/care-00000001.age", path), F_OK), -1);
	OK(ledger_close(l, e));
	expect_sound(&s);
	site_done(&s);
}

/* Bytes of an earlier life of a recycled segment are no records. */
static void recycled(void **state)
{
	struct site s;
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	for (int i = 0; i < 60; i++) {
		fill(l, 40, 1);
		tick(l);
		if (i % 9 == 8) {
			uint64_t n = ledger_size(l);
			ledger_free(l);
			l = open_noting(&s, NULL);
			assert_int_equal(ledger_size(l), n);
		}
	}
	assert_true(l->house.next_number > 12); /* so they were */
	expect_all(l, 2400);
	OK(ledger_close(l, e));
	expect_sound(&s);
	site_done(&s);
}

/* ---- what can be made again ---- */

static void gone(const struct site *s, const char *name)
{
	char path[512];
	assert_int_equal(unlink(site_path(s, name, path)), 0);
}

static void remakes_tiles(void **state)
{
	static const char *const names[] = {"ledger/tile/0/000", "ledger/tile/0/002", "ledger/tile/1/000.p/", "ledger/tile/entries/001", "ledger/tile/entries/004", "ledger/tile/0/"};
	struct site s;
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	fill(l, 2000, 5);
	tick(l);
	OK(ledger_close(l, e));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[512];
		bool folder = names[i][strlen(names[i]) - 1] == '/';
		site_path(&s, names[i], path);
		if (folder)
			remove_tree(path);
		else
			gone(&s, names[i]);
		expect_fault(&s, "missing");
		/* the writer looks only as far as its root needs; the rest when it is told to */
		l = open_with(&s, small());
		OK(ledger_repair(l, e));
		tick(l);
		OK(ledger_close(l, e));
		expect_sound(&s);
	}
	/* a level-1 tile that lies: the root does not come out, so the opening looks below it */
	l = open_with(&s, small());
	uint64_t base = l->entries.base;
	char name[TILE_PATH_MAX + 8] = "ledger/", path[512];
	ledger_tile_path(1, base >> 16, ledger_tile_width(1, 0, ledger_published(l)), name + 7);
	assert_true(base >= 512);
	OK(ledger_close(l, e));
	assert_int_equal(access(site_path(&s, name, path), F_OK), 0);
	poke(&s, name, 5, "lie", 3);
	gone(&s, "ledger/tile/entries/000");
	l = open_noting(&s, "Tiles were missing or damaged");
	tick(l);
	OK(ledger_close(l, e));
	expect_sound(&s);
	site_done(&s);
}

static bool knows(struct ledger *l, uint64_t seq)
{
	struct ledger_entry en;
	AUTO_BUF struct buf body = {0};
	uint64_t got = 0;
	buf_init(&body, LEDGER_BODY_MAX);
	OK(ledger_read(l, seq, &en, e));
	buf_add_slice(&body, en.body);
	return ledger_find_same(l, buf_slice(&body), &got, NULL, NULL) == 0;
}

/* A rebuild has packs and a tail, and nothing else: each pack is read once, by as many helpers as there are, for tiles and for the table of seen messages. */
static void from_packs_alone(void **state)
{
	for (unsigned helpers = 0; helpers <= 3; helpers++) {
		struct site s;
		char path[512];
		site_new(&s);
		struct ledger *l = open_with(&s, small());
		for (int i = 0; i < 14; i++) {
			fill(l, 700, 5);
			tick(l);
		}
		OK(ledger_close(l, e));
		remove_tree(site_path(&s, "ledger/tile", path));
		gone(&s, "ledger/seen.idx");
		struct ledger_options o = small();
		o.helpers = helpers;
		l = open_with(&s, o);
		assert_true(ledger_packs_end(&l->packs) > 6 * 700);
		uint64_t packed = ledger_packs_end(&l->packs);
		unsigned asked = 0;
		for (uint64_t seq = 0; seq < ledger_size(l); seq += 101) {
			struct ledger_leaf leaf;
			OK(ledger_read_leaf(l, seq, &leaf, e));
			if (leaf.kind != LEDGER_HL7V2)
				continue;
			assert_true(knows(l, seq));
			asked += seq < packed;
		}
		assert_true(asked > 20);
		ledger_free(l);
		/* the table was made durable, so that nobody reads all bodies again */
		l = open_noting(&s, NULL);
		tick(l);
		OK(ledger_close(l, e));
		expect_sound(&s);

		/* a pack that does not open ends it in order, whoever met it */
		remove_tree(site_path(&s, "ledger/tile", path));
		poke(&s, "packs/care-00000003.age", 3000, "no", 2);
		FAILS(ledger_open(s.fd, &s.keys, &o, &l, NULL, e), ERR_CORRUPT, "checkpoint");
		site_done(&s);
	}
}

static void remakes_index(void **state)
{
	for (int how = 0; how < 4; how++) {
		struct site s;
		struct ledger_options o = small();
		char path[512];
		site_new(&s);
		struct ledger *l = open_with(&s, o);
		for (int i = 0; i < 12; i++) {
			fill(l, 500, 5);
			tick(l);
		}
		OK(ledger_close(l, e));
		expect_sound(&s);
		struct stat st;
		assert_int_equal(stat(site_path(&s, "packs/index", path), &st), 0);
		assert_true(st.st_size > 5 * PACK_RECORD);
		if (how == 0)
			gone(&s, "packs/index");
		else if (how == 1)
			assert_int_equal(truncate(path, st.st_size - PACK_RECORD), 0);
		else if (how == 2)
			poke(&s, "packs/index", (uint64_t)st.st_size - 300, "x", 1);
		else
			assert_int_equal(truncate(path, PACK_RECORD + 7), 0);
		if (how == 1) /* as a crash leaves it, between the entry of the last pack and its record */
			expect_sound(&s);
		else
			expect_fault(&s, "packs/index");
		l = open_noting(&s, how == 1 ? NULL : "catalogue of packs was damaged");
		expect_all(l, 6000);
		OK(ledger_close(l, e));
		expect_sound(&s);
		site_done(&s);
	}
}

static void lost_for_good(void **state)
{
	struct site s;
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	for (int i = 0; i < 12; i++) {
		fill(l, 200, 5);
		tick(l);
	}
	OK(ledger_close(l, e));
	gone(&s, "packs/care-00000002.age");
	l = open_with(&s, small()); /* it still records */
	fill(l, 10, 5);
	struct ledger_entry en;
	struct ledger_pack_info info;
	uint8_t record[PACK_RECORD];
	OK(ledger_packs_get(&l->packs, 2, &info, NULL, record, e));
	FAILS(ledger_read(l, info.first, &en, e), ERR_CORRUPT, "a pack is missing");
	expect_entry(l, info.first - 1);
	expect_entry(l, info.first + info.count);
	OK(ledger_close(l, e));
	expect_fault(&s, "care-00000002.age: it is missing");
	gone(&s, "packs/index"); /* now the chain is broken */
	refused(&s, "pack is missing");
	site_done(&s);
}

static void other_checkpoint(void **state)
{
	struct site s, other;
	struct buf note;
	site_new(&s);
	site_new(&other);
	struct ledger *l = open_with(&s, small());
	fill(l, 100, 5);
	tick(l);
	keep_checkpoint(&s, &note);
	fill(l, 900, 5);
	OK(ledger_close(l, e));
	OK(file_replace(s.fd, "ledger/checkpoint", buf_slice(&note), 0644, e)); /* an old one put back */
	refused(&s, "this is an old checkpoint");
	buf_done(&note);
	/* of our size, signed by us, over other entries */
	struct tlog_checkpoint k = {.size = 1001, .origin = ORIGIN, .root = {1, 2, 3}};
	struct buf text;
	buf_init(&text, 4096);
	buf_init(&note, 4096);
	tlog_checkpoint_put(&text, &k);
	OK(note_sign(&s.keys.signing, buf_slice(&text), &note, e));
	OK(file_replace(s.fd, "ledger/checkpoint", buf_slice(&note), 0644, e));
	refused(&s, "are not the entries that are here");
	expect_fault(&s, "is not the root of the entries");
	/* of another key */
	buf_reset(&note);
	OK(note_sign(&other.keys.signing, buf_slice(&text), &note, e));
	OK(file_replace(s.fd, "ledger/checkpoint", buf_slice(&note), 0644, e));
	refused(&s, "not signed by this site's key");
	gone(&s, "ledger/checkpoint");
	struct ledger_options o = small();
	FAILS(ledger_open(s.fd, &s.keys, &o, &l, NULL, e), ERR_NOT_FOUND, "copied back from a replica");
	buf_done(&note);
	buf_done(&text);
	site_done(&s);
	site_done(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(torn),     cmocka_unit_test(torn_batch),    cmocka_unit_test(damaged),       cmocka_unit_test(behind_checkpoint), cmocka_unit_test(segments),
	        cmocka_unit_test(recycled), cmocka_unit_test(remakes_tiles), cmocka_unit_test(from_packs_alone), cmocka_unit_test(remakes_index), cmocka_unit_test(lost_for_good),     cmocka_unit_test(other_checkpoint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
