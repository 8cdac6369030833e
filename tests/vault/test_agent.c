/* Agents: what they bring is what comes back, again and again; what they bring that is not theirs is refused. */
#include "vault/agent_test.h"

static struct vault_snapshot bring(struct agent *a)
{
	struct vault_snapshot snap;
	OK(agent_backup_as(a, "files", &snap, e));
	return snap;
}

static void some_tree(struct site *s)
{
	for (int i = 0; i < 40; i++) {
		char name[64];
		snprintf(name, sizeof name, "ward %d/letter-%02d.txt", i % 4, i);
		OK(file_mkdir(AT_FDCWD, at(s, i % 4 == 0 ? "ward 0" : i % 4 == 1 ? "ward 1" : i % 4 == 2 ? "ward 2" : "ward 3"), 0755, e));
		char text[400];
		snprintf(text, sizeof text, "letter %d: the patient was seen on the ward and went home with a letter to the general practitioner, number %d\n", i, i * 7919);
		put_text(s, name, text);
	}
	uint8_t *p = random_bytes(3 << 20, 5);
	put_file(s, "pictures.bin", p, 3 << 20);
	free(p);
	put_text(s, "odd\nname%", "odd");
}

/* Most stories: one site, one agent. */
static void ward_open(struct site *s, struct agent *a)
{
	site_new(s, true);
	agent_open(a, s, "ward7");
}

static void ward_close(struct site *s, struct agent *a)
{
	agent_close(a);
	site_end(s);
}

/* All of it holds, to the last chunk: the site makes the agent's keys again. */
static void holds(struct site *s, struct vault_check_report *rep)
{
	struct vault *v = open_vault_of(s);
	AUTO_BUF struct buf faults = {0};
	buf_init(&faults, 1 << 16);
	OK(vault_check(v, true, rep, &faults, e));
	assert_int_equal(rep->faults, 0);
	vault_close(v);
}

/* ---- there and back ---- */

static void test_generations(void **state)
{
	struct site s;
	struct agent a;
	ward_open(&s, &a);
	some_tree(&s);
	struct vault_snapshot one = bring(&a);
	assert_true(one.whole);
	assert_string_equal(one.verdict, "clean");
	assert_int_equal(one.files, 42);
	assert_int_equal(one.added, 42);
	(void)compare_with_tree(&s, &one);
	usleep(200000);
	uint64_t packs = a.packs;
	struct vault_snapshot two = bring(&a);
	assert_int_equal(a.packs, packs); /* nothing is sent twice */
	assert_true(a.list_bytes < 1000);
	assert_int_equal(two.new_bytes + two.changed + two.added + two.removed, 0);
	assert_memory_equal(one.root, two.root, SEAL_HASH);
	(void)compare_with_tree(&s, &two);
	put_text(&s, "ward 1/letter-05.txt", "another letter\n");
	put_text(&s, "ward 9.txt", "new\n");
	assert_int_equal(unlink(at(&s, "ward 2/letter-06.txt")), 0);
	struct vault_snapshot three = bring(&a);
	assert_int_equal(three.changed, 1);
	assert_int_equal(three.added, 1);
	assert_int_equal(three.removed, 1);
	assert_true(three.new_bytes < 200);
	(void)compare_with_tree(&s, &three);
	struct vault_check_report rep;
	holds(&s, &rep);
	assert_int_equal(rep.snapshots, 3);
	assert_true(rep.chunks > 40);
	vault_snapshot_done(&one);
	vault_snapshot_done(&two);
	vault_snapshot_done(&three);
	ward_close(&s, &a);
}

/* The same tree by an agent and by the site itself: the same lines but for keyed digests and places, the same counts and verdict. */
static void test_as_local(void **state)
{
	struct site s;
	struct agent a;
	ward_open(&s, &a);
	some_tree(&s);
	struct vault_snapshot away = bring(&a);
	struct vault_snapshot here;
	const char *paths[] = {s.tree};
	struct vault_backup_options o = {.source = "local", .paths = paths, .path_n = 1};
	OK(backup_with(&s, &o, &here, e));
	assert_int_equal(away.files, here.files);
	assert_int_equal(away.dirs, here.dirs);
	assert_int_equal(away.bytes, here.bytes);
	assert_int_equal(away.new_bytes, here.new_bytes);
	assert_string_equal(away.verdict, here.verdict);
	assert_string_equal(buf_cstr(&away.reasons), buf_cstr(&here.reasons));
	struct buf x, y;
	const char *p = line_of(&s, &away, at(&s, "ward 1/letter-05.txt"), &x), *q = line_of(&s, &here, at(&s, "ward 1/letter-05.txt"), &y);
	const char *d = strstr(p, " d="), *g = strstr(q, " d=");
	assert_non_null(d);
	assert_non_null(g);
	assert_int_equal(d - p, g - q);
	assert_memory_equal(p, q, (size_t)(d - p));
	assert_string_not_equal(d, g);
	buf_done(&x);
	buf_done(&y);
	vault_snapshot_done(&away);
	vault_snapshot_done(&here);
	ward_close(&s, &a);
}

/* ---- state ---- */

static void corrupt_list(struct agent *a, uint64_t snapshot)
{
	char path[300];
	snprintf(path, sizeof path, "%s/files.%llu.list", a->state, (unsigned long long)snapshot);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "#", 1, 40), 1);
	close(fd);
}

/* Lost, flipped, of an older snapshot, the site gone back: never an error, and the site compares all the same. */
static void test_state(void **state)
{
	struct site s;
	struct agent a;
	ward_open(&s, &a);
	some_tree(&s);
	struct vault_snapshot snap = bring(&a);
	usleep(200000);
	corrupt_list(&a, snap.seq);
	vault_snapshot_done(&snap);
	snap = bring(&a);
	assert_int_equal(snap.changed + snap.added + snap.removed, 0);
	assert_true(a.list_bytes > 1000); /* all lines */
	(void)compare_with_tree(&s, &snap);
	vault_snapshot_done(&snap);
	/* the state of before: another agent of the same name had a run in between */
	struct agent b;
	agent_open(&b, &s, "ward7");
	snprintf(b.state, sizeof b.state, "%.100s/state-copy", s.path);
	OK(file_mkdir(AT_FDCWD, b.state, 0700, e));
	close(b.statefd);
	b.statefd = open(b.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snap = bring(&b); /* no state: all is sent again */
	assert_int_equal(snap.changed + snap.added + snap.removed, 0);
	vault_snapshot_done(&snap);
	put_text(&s, "ward 1/letter-05.txt", "another letter\n");
	snap = bring(&a);
	assert_int_equal(snap.changed, 1);
	(void)compare_with_tree(&s, &snap);
	vault_snapshot_done(&snap);
	agent_close(&b);
	/* a pack that is gone is sent again */
	struct vault *v = open_vault_of(&s);
	const struct vault_known_pack *packs;
	size_t n = vault_log_packs(v->log, &packs);
	for (size_t i = 0; i < n; i++) {
		char name[48];
		if (packs[i].class != VAULT_CONTENT)
			continue;
		vault_pack_name(VAULT_CONTENT, packs[i].number, name);
		assert_int_equal(unlinkat(s.vaultfd, name, 0), 0);
	}
	vault_close(v);
	snap = bring(&a);
	(void)compare_with_tree(&s, &snap);
	assert_string_equal(snap.verdict, "clean");
	vault_snapshot_done(&snap);
	ward_close(&s, &a);
}

/* The next quarter: other keys, all content anew, and nobody calls that a change. */
static void test_quarter(void **state)
{
	struct site s;
	struct agent a;
	ward_open(&s, &a);
	some_tree(&s);
	struct vault_snapshot snap = bring(&a);
	vault_snapshot_done(&snap);
	s.quarter = "2027Q1";
	usleep(200000);
	snap = bring(&a);
	assert_int_equal(snap.changed + snap.added + snap.removed, 0);
	assert_true(snap.new_bytes > 3 << 20);
	(void)compare_with_tree(&s, &snap);
	vault_snapshot_done(&snap);
	snap = bring(&a);
	assert_int_equal(snap.new_bytes, 0);
	(void)compare_with_tree(&s, &snap);
	vault_snapshot_done(&snap);
	ward_close(&s, &a);
}

/* The network goes in the middle, and an answer is lost. */
static void test_broken(void **state)
{
	struct site s;
	struct agent a;
	struct vault_snapshot snap;
	ward_open(&s, &a);
	uint8_t *p = random_bytes(36 << 20, 9);
	put_file(&s, "large", p, 36 << 20);
	free(p);
	some_tree(&s);
	a.fail_put = 2;
	FAILS(agent_backup_as(&a, "files", &snap, e), ERR_SYSTEM, "network");
	assert_int_equal(s.packs, 1);
	a.keep_begun = true;
	snap = bring(&a);
	assert_int_equal(a.packs, 3);
	assert_int_equal(s.snapshots, 1); /* asked twice, made once */
	(void)compare_with_tree(&s, &snap);
	struct vault_check_report rep;
	holds(&s, &rep);
	vault_snapshot_done(&snap);
	ward_close(&s, &a);
}

/* ---- the judge sits at the site ---- */

static int count_damaged(void *arg, struct slice path, const struct vault_snapshot *clean, const char *reason, struct err *e)
{
	(void)path;
	(void)reason;
	(void)e;
	*(int *)arg += clean != NULL;
	return 0;
}

static void test_damage(void **state)
{
	struct site s;
	struct agent a;
	ward_open(&s, &a);
	some_tree(&s);
	struct vault_snapshot snap = bring(&a);
	vault_snapshot_done(&snap);
	for (int i = 0; i < 40; i++) {
		char name[64];
		uint8_t *p = random_bytes(3000, (uint64_t)i + 77);
		snprintf(name, sizeof name, "ward %d/letter-%02d.txt", i % 4, i);
		put_file(&s, name, p, 3000);
		free(p);
	}
	/* its state is lost as well: the comparison is the site's */
	remove_all(a.state);
	OK(file_mkdir(AT_FDCWD, a.state, 0700, e));
	close(a.statefd);
	a.statefd = open(a.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snap = bring(&a);
	assert_string_equal(snap.verdict, "damage");
	struct buf line;
	assert_non_null(strstr(line_of(&s, &snap, at(&s, "ward 1/letter-05.txt"), &line), " m="));
	buf_done(&line);
	vault_snapshot_done(&snap);
	/* marks stay with files that nobody touched again, though the agent never sees one */
	usleep(200000);
	snap = bring(&a);
	assert_string_equal(snap.verdict, "damage");
	assert_true(a.list_bytes < 1000);
	assert_non_null(strstr(line_of(&s, &snap, at(&s, "ward 1/letter-05.txt"), &line), " m="));
	buf_done(&line);
	vault_snapshot_done(&snap);
	struct vault *v = open_vault_of(&s);
	struct vault_clean_point cp;
	int damaged = 0;
	OK(vault_clean_point(v, "files", count_damaged, &damaged, &cp, e));
	assert_int_equal(cp.damaged, 40);
	assert_int_equal(damaged, 40);
	assert_true(cp.clean_until > 0);
	vault_close(v);
	ward_close(&s, &a);
}

/* ---- two agents ---- */

static int each_id(void *arg, const struct vault_chunk *c, struct err *e)
{
	struct buf *b = arg;
	(void)e;
	if (c->class == VAULT_CONTENT)
		buf_add(b, c->id, VAULT_ID);
	return 0;
}

static void ids_of(struct site *s, const struct vault_snapshot *snap, struct buf *ret)
{
	struct vault *v = open_vault_of(s);
	struct vault_body body;
	buf_init(ret, 1 << 20);
	OK(vault_body_of(v, snap, &body, e));
	OK(vault_cat_chunks(v->catalogues, &body, each_id, ret, e));
	vault_body_done(&body);
	vault_close(v);
}

static void test_two(void **state)
{
	struct site s;
	struct agent a, b;
	struct vault_snapshot snap;
	ward_open(&s, &a);
	agent_open(&b, &s, "ward8");
	assert_memory_not_equal(a.c.dedupe, b.c.dedupe, 32);
	some_tree(&s);
	struct vault_snapshot one = bring(&a);
	FAILS(agent_backup_as(&b, "files", &snap, e), ERR_EXISTS, "belongs to the agent ward7");
	struct vault_snapshot two;
	OK(agent_backup_as(&b, "others", &two, e));
	struct buf x, y;
	ids_of(&s, &one, &x);
	ids_of(&s, &two, &y);
	assert_true(x.n >= 40 * VAULT_ID && y.n >= 40 * VAULT_ID);
	for (size_t i = 0; i < x.n; i += VAULT_ID)
		for (size_t j = 0; j < y.n; j += VAULT_ID)
			assert_memory_not_equal(x.p + i, y.p + j, VAULT_ID);
	buf_done(&x);
	buf_done(&y);
	(void)compare_with_tree(&s, &two);
	vault_snapshot_done(&one);
	vault_snapshot_done(&two);
	agent_close(&a);
	agent_close(&b);
	site_end(&s);
}

/* ---- lists that nobody writes ---- */

#define LINE(path) "f " path " 644 0 0 1.000000000 1.000000000 5 3"

/* Seals lines as an agent does, and brings them. */
static int bring_lines(struct agent *a, const char *lines, uint64_t sum_of /* 0: the right sum */, struct err *why)
{
	struct buf sealed, plain, json, meta, sum;
	uint8_t hash[SEAL_HASH];
	buf_init(&sealed, 1 << 20);
	buf_init(&plain, 1 << 20);
	buf_init(&json, 4 << 20);
	buf_init(&meta, 1 << 16);
	buf_init(&sum, 1 << 20);
	struct slice rest = slice_str(lines);
	while (rest.n) { /* what the tree's lines are */
		struct slice l = slice_cut(rest, '\n', &rest);
		if (l.n && l.p[0] == '>') {
			buf_add(&sum, l.p + 1, l.n - 1);
			buf_u8(&sum, '\n');
		}
	}
	seal_sha256_once(slice_of(sum.p ? sum.p : (const void *)"", sum.n), hash);
	hash[0] ^= sum_of != 0;
	/* one raw zstd block, as raw_frame of pack.c makes it */
	struct vault_compressor *z = vault_compressor_new(1);
	uint8_t *out = malloc(VAULT_FRAME_SEALED_MAX);
	size_t n = vault_frame_make(z, slice_str(lines), out);
	OK(age_seal(&a->c.catalogue.to, 1, slice_of(out, n), &sealed, e));
	vault_compressor_free(z);
	free(out);
	assert_int_equal(ftruncate(a->listfd, 0), 0);
	OK(file_pwrite_all(a->listfd, buf_slice(&sealed), 0, e, "list"));
	buf_printf(&meta, "{\"source\":\"files\",\"host\":\"h\",\"begun\":\"%lld\",\"ended\":\"2\",\"roots\":[\"/\"],\"unreadable\":0,\"stored_bytes\":0,\"files_period\":\"files-2026Q4\",\"list_period\":\"catalogue-2026Q4\",\"lines_sha256\":\"", (long long)time_now());
	hex_put(&meta, slice_of(hash, sizeof hash));
	buf_str(&meta, "\"}");
	struct vault_receive v = agent_receive(a);
	int r = agent_log(a, why);
	if (r == 0)
		r = vault_receive_snapshot(&v, a->listfd, buf_slice(&meta), &json, why);
	struct buf *const all[] = {&sealed, &plain, &json, &meta, &sum};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		buf_done(all[i]);
	return r;
}

static void test_hostile(void **state)
{
	struct site s;
	struct agent a, b;
	ward_open(&s, &a);
	agent_open(&b, &s, "ward8");
	put_text(&s, "secret", "what ward8 alone may have again\n");
	struct vault_snapshot snap;
	OK(agent_backup_as(&b, "others", &snap, e)); /* content pack 1 is ward8's */
	vault_snapshot_done(&snap);
	static const struct {
		const char *lines;
		int code;
		const char *word;
	} bad[] = {
		{"", ERR_INPUT, ""},
		{"holdfast-list 2 -\n.0\n", ERR_INPUT, "first line"},
		{"holdfast-list 1 -\n", ERR_INPUT, "no end"},
		{"holdfast-list 1 -\n.1\n", ERR_INPUT, "otherwise"},
		{"holdfast-list 1 -\n.0\n.0\n", ERR_INPUT, "otherwise"},
		{"holdfast-list 1 -\n>" LINE("/a") "\n", ERR_INPUT, "no end"},
		{"holdfast-list 1 -\n>" LINE("/a") "\n.2\n", ERR_INPUT, "otherwise"},
		{"holdfast-list 1 -\n>" LINE("/b") "\n>" LINE("/a") "\n.2\n", ERR_INPUT, "order"},
		{"holdfast-list 1 -\n>" LINE("/a") "\n>" LINE("/a") "\n.2\n", ERR_INPUT, "order"},
		{"holdfast-list 1 -\n>" LINE("/a/../../etc/x") "\n.1\n", ERR_INPUT, "leads out"},
		{"holdfast-list 1 -\n>" LINE("/a/./x") "\n.1\n", ERR_INPUT, "leads out"},
		{"holdfast-list 1 -\n>" LINE("/a//x") "\n.1\n", ERR_INPUT, "leads out"},
		{"holdfast-list 1 -\n>h /z 644 0 0 1.000000000 1.000000000 5 3 l=/../etc/shadow\n.1\n", ERR_INPUT, "leads out"},
		{"holdfast-list 1 -\n>f a 644 0 0 1.000000000 1.000000000 5 3\n.1\n", ERR_INPUT, "does not read"},
		{"holdfast-list 1 -\n>" LINE("/a") " m=1:5\n.1\n", ERR_INPUT, "no list"},
		{"holdfast-list 1 -\n>" LINE("/a") " x=1:0+3\n.1\n", ERR_INPUT, "not this agent's"},
		{"holdfast-list 1 -\n>" LINE("/a") " x=77:0+3\n.1\n", ERR_INPUT, "not this agent's"},
		{"holdfast-list 1 -\n>+ /a x=0:0+3\n.1\n", ERR_INPUT, "within a file"},
		{"holdfast-list 1 -\n>" LINE("/a") "\nc 00000000000000000000000000000001 1:0+3\n.1\n", ERR_INPUT, "no pack"},
		{"holdfast-list 1 -\n>" LINE("/a") "\nk 00000000000000000000000000000001 1:0+3\n.1\n", ERR_INPUT, "no list"},
		{"holdfast-list 1 -\n=1\n.1\n", ERR_INPUT, "names none"},
		{"holdfast-list 1 -\n-1\n.0\n", ERR_NO, "more lines"},
		{"holdfast-list 1 4\n=1\n.1\n", ERR_NO, "newest"},
		{"holdfast-list 1 -\n=18446744073709551616\n.1\n", ERR_INPUT, "no list"},
		{"holdfast-list 1 -\n>" LINE("/a") " a=user.x:!!\n.1\n", ERR_INPUT, "attribute"},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err e = {0};
		char text[600];
		if (!bad[i].lines[0])
			continue;
		int r = bring_lines(&a, bad[i].lines, 0, &e);
		if (r != bad[i].code || !strstr(err_line(&e, text, sizeof text), bad[i].word))
			fail_msg("list %zu: %d %s", i, r, text);
	}
	FAILS(bring_lines(&a, "holdfast-list 1 -\n>" LINE("/a") "\n.1\n", 1, e), ERR_INPUT, "lines that the agent has");
	/* and one that is good */
	OK(bring_lines(&a, "holdfast-list 1 -\n>d / 755 0 0 1.000000000 1.000000000 2 0\n>" LINE("/a") " s=unreadable\n.2\n", 0, e));
	assert_int_equal(s.snapshots, 2);
	/* a list that was cut off, or flipped, or is sealed to another */
	struct buf b2;
	struct stat st;
	assert_int_equal(fstat(a.listfd, &st), 0);
	buf_init(&b2, 1 << 16);
	struct vault_receive v = agent_receive(&a);
	struct age_identity key, wrong;
	struct list_reader *l;
	OK(agent_period(&a, "catalogue-2026Q4", &key, e));
	age_identity_new(&wrong);
	struct err e = {0};
	assert_true(list_open(a.listfd, &wrong, &l, &e) < 0);
	assert_int_equal(ftruncate(a.listfd, st.st_size - 1), 0);
	assert_true(list_open(a.listfd, &key, &l, &e) < 0);
	(void)v;
	buf_done(&b2);
	agent_close(&a);
	agent_close(&b);
	site_end(&s);
}

/* ---- texts ---- */

static void test_credential(void **state)
{
	struct site s;
	struct agent a;
	struct vault_credential c;
	struct buf text;
	ward_open(&s, &a);
	buf_init(&text, 1 << 16);
	vault_credential_write(&a.c, &text);
	OK(vault_credential_parse(buf_slice(&text), &c, e));
	assert_string_equal(c.agent, "ward7");
	assert_string_equal(c.token, a.c.token);
	assert_memory_equal(c.dedupe, a.c.dedupe, 32);
	assert_memory_equal(&c.files.to, &a.c.files.to, 32);
	assert_string_equal(c.log.name, a.c.log.name);
	assert_string_equal(buf_cstr(&c.ca), CERTIFICATE);
	vault_credential_done(&c);
	/* each line is needed, and stands once; nothing is cut off */
	const struct slice all = buf_slice(&text);
	struct slice rest = all;
	while (rest.n) {
		const uint8_t *from = rest.p;
		struct slice line = slice_cut(rest, '\n', &rest);
		struct buf other;
		struct err e = {0};
		buf_init(&other, 1 << 16);
		buf_add(&other, all.p, (size_t)(from - all.p));
		buf_add_slice(&other, rest);
		if (vault_credential_parse(buf_slice(&other), &c, &e) == 0)
			fail_msg("a credential without its line %.*s", (int)line.n, (const char *)line.p);
		vault_credential_done(&c);
		buf_reset(&other);
		buf_add(&other, all.p, (size_t)(from - all.p));
		buf_add_slice(&other, line);
		buf_u8(&other, '\n');
		buf_add_slice(&other, line);
		buf_u8(&other, '\n');
		buf_add_slice(&other, rest);
		if (!slice_starts(line, "holdfast") && !slice_starts(line, "-----") && !slice_starts(line, "QUJD") && vault_credential_parse(buf_slice(&other), &c, &e) == 0)
			fail_msg("a credential with its line %.*s twice", (int)line.n, (const char *)line.p);
		else if (slice_starts(line, "holdfast") || slice_starts(line, "-----") || slice_starts(line, "QUJD"))
			c = (struct vault_credential){.agent = ""};
		vault_credential_done(&c);
		buf_done(&other);
	}
	buf_done(&text);
	ward_close(&s, &a);
}

static void test_standing(void **state)
{
	struct site s, t;
	struct agent a;
	struct vault_standing st;
	struct buf note, json;
	site_new(&s, true);
	site_new(&t, true);
	agent_open(&a, &s, "ward7");
	OK(agent_log(&a, e));
	buf_init(&note, 8192);
	buf_init(&json, 1 << 20);
	recipients_note(&s, &note);
	OK(standing_json(&a, "files", buf_slice(&note), &json, e));
	OK(vault_standing_parse(buf_slice(&json), &a.c, &st, e));
	assert_false(st.has_base);
	assert_false(st.lost);
	vault_standing_done(&st);
	/* signed by another log: what is sealed to is not to be trusted */
	buf_reset(&note);
	buf_reset(&json);
	recipients_note(&t, &note);
	OK(standing_json(&a, "files", buf_slice(&note), &json, e));
	FAILS(vault_standing_parse(buf_slice(&json), &a.c, &st, e), ERR_CRYPTO, "not signed");
	vault_standing_done(&st);
	/* signed, but other than the credential says */
	buf_reset(&note);
	buf_reset(&json);
	recipients_note(&s, &note);
	a.c.files.to.pub[3] ^= 1;
	OK(standing_json(&a, "files", buf_slice(&note), &json, e));
	FAILS(vault_standing_parse(buf_slice(&json), &a.c, &st, e), ERR_CRYPTO, "another recipient");
	vault_standing_done(&st);
	a.c.files.to.pub[3] ^= 1;
	/* numbers */
	buf_reset(&json);
	struct jsonw w;
	jsonw_init(&w, &json);
	jsonw_obj(&w);
	jsonw_kslice(&w, "recipients", buf_slice(&note));
	jsonw_ku64(&w, "base", 7);
	jsonw_kbool(&w, "lost", false);
	jsonw_kstr(&w, "packs", "1-3,9");
	jsonw_kstr(&w, "untold", "9");
	jsonw_obj_end(&w);
	OK(vault_standing_parse(buf_slice(&json), &a.c, &st, e));
	assert_int_equal(st.base, 7);
	assert_int_equal(st.there.n, 2);
	assert_int_equal(st.there.p[0], 0x0e);
	assert_int_equal(st.there.p[1], 0x02);
	vault_standing_done(&st);
	buf_done(&note);
	buf_done(&json);
	ward_close(&s, &a);
	site_end(&t);
}

static void test_marks(void **state)
{
	static const char *const lines[] = {LINE("/a"), LINE("/a%20m=1") " d=00112233445566778899aabbccddeeff x=1:0+3", LINE("/b") " x=1:0+3", LINE("/c") " a=user.m:eA== d=00112233445566778899aabbccddeeff"};
	struct buf with, without;
	buf_init(&with, 4096);
	buf_init(&without, 4096);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		buf_reset(&with);
		buf_reset(&without);
		line_with_marks(slice_str(lines[i]), 17, -5, &with);
		assert_non_null(strstr(buf_cstr(&with), " m=17:-5"));
		line_without_marks(buf_slice(&with), &without);
		assert_string_equal(buf_cstr(&without), lines[i]);
		struct vault_line l;
		struct buf scratch;
		buf_init(&scratch, 1 << 16);
		OK(vault_line_parse(buf_slice(&with), &scratch, &l, e));
		assert_int_equal(l.trait.marks, 17);
		buf_done(&scratch);
	}
	buf_done(&with);
	buf_done(&without);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generations), cmocka_unit_test(test_as_local),   cmocka_unit_test(test_state),    cmocka_unit_test(test_quarter), cmocka_unit_test(test_broken), cmocka_unit_test(test_damage),
		cmocka_unit_test(test_two),         cmocka_unit_test(test_hostile),    cmocka_unit_test(test_credential), cmocka_unit_test(test_standing), cmocka_unit_test(test_marks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
