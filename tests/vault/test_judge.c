/* The judge on one story at a time: each pattern of damage is named, and looked back at exactly; each everyday work is not. */
#include "judge_world.h"

static void begin(struct world *w, uint64_t seed, size_t n, size_t folders)
{
	world_begin(w, seed);
	people_files(w, n, folders);
	assert_false(world_snapshot(w)->damage);
}

static void expect(struct world *w, bool damage, const char *sentence)
{
	world_judge(w);
	if (w->v.damage != damage)
		fail_msg("verdict %s: %s", w->v.damage ? "damage" : "clean", reasons(w));
	if (sentence && !strstr(reasons(w), sentence))
		fail_msg("no '%s' in %s", sentence, reasons(w));
}

/* What looking back says of the change of one path. */
struct look {
	const char *path;
	const struct vault_verdict *v;
	int found, damaged;
	char what, reason[96];
};
static void look_at(void *arg, struct vault_change *c, struct file *after)
{
	struct look *l = arg;
	if (!slice_eq_str(c->path, l->path))
		return;
	l->found++;
	l->what = c->what;
	l->damaged += vault_judge_file(c, l->v, l->reason);
}
static bool is_damaged(struct world *w, const char *path)
{
	struct look l = {.path = path, .v = &w->v};
	each_change(w, look_at, &l);
	assert_int_equal(l.found, 1);
	assert_int_equal(l.damaged > 0, l.reason[0] != 0);
	return l.damaged;
}

static struct file *find(struct world *w, const char *end)
{
	for (size_t i = 0; i < w->now.n; i++)
		if (judge_ends_nocase(slice_str(w->now.f[i].path), slice_str(end)))
			return &w->now.f[i];
	fail_msg("no file that ends in %s", end);
	return NULL;
}

/* ---- in place ---- */

static void in_place(enum pattern p, size_t files)
{
	struct world w;
	begin(&w, 1 + p, files, 6);
	struct file *other = add(&w, healthy_kind(&w, 0), "/srv/share/new letter.docx");
	char kept[160], lost[160];
	memcpy(kept, other->path, sizeof kept);
	world_snapshot(&w);
	for (size_t i = 0; i < w.now.n; i++) {
		struct file *f = &w.now.f[i];
		if (strcmp(f->path, kept) != 0)
			changed(&w, f, enciphered(&w, &f->t, p, true));
	}
	memcpy(lost, w.now.f[0].path, sizeof lost);
	edit(&w, find(&w, "new letter.docx"));
	expect(&w, true, "lost their structure or turned into noise");
	assert_true(is_damaged(&w, lost));
	assert_false(is_damaged(&w, kept));
	assert_true(w.v.lost >= files * 8 / 10);
	world_settle(&w);
	/* it goes on to be damage for as long as it stands, and no longer */
	expect(&w, true, "damaged in earlier snapshots still");
	assert_int_equal(w.v.lost, 0);
	world_settle(&w);
	for (size_t i = 0; i < w.now.n; i++)
		if (strcmp(w.now.f[i].path, kept) != 0)
			changed(&w, &w.now.f[i], healthy(&w, w.now.f[i].t.named, 4.5, 4.6, 0, 0, .2, .2, 5000));
	expect(&w, false, NULL);
	world_end(&w);
}

static void test_in_place(void **state)
{
	for (enum pattern p = 0; p < PATTERNS; p++) {
		in_place(p, 20);
		in_place(p, 300);
	}
}

/* ---- renamed ---- */

enum renaming { APPEND, APPEND_LONG, APPEND_BARE, PREFIX, OTHER_SUFFIX, SCRAMBLED_INODE, SCRAMBLED, ELSEWHERE, RENAMINGS };

static void take_over(struct world *w, size_t i, enum pattern p, enum renaming r, size_t number)
{
	struct file f = w->now.f[i];
	char path[sizeof f.path + 40];
	int d = dir_len(f.path);
	const char *base = base_of(f.path), *suffix = suffix_of(f.path);
	switch (r) {
	case APPEND:
		snprintf(path, sizeof path, "%s.lckd", f.path);
		break;
	case APPEND_LONG:
		snprintf(path, sizeof path, "%s.id-C279F237.[help@example.org].bip2", f.path);
		break;
	case APPEND_BARE:
		snprintf(path, sizeof path, "%s_encrypted", f.path);
		break;
	case PREFIX:
		snprintf(path, sizeof path, "%.*s/locked_%s", d, f.path, base);
		break;
	case OTHER_SUFFIX:
		snprintf(path, sizeof path, "%.*s.qqz", (int)(strlen(f.path) - strlen(suffix)), f.path);
		break;
	case ELSEWHERE:
		snprintf(path, sizeof path, "/srv/share/out/%s.enc", base);
		break;
	default:
		snprintf(path, sizeof path, "%.*s/%016llx.data", d, f.path, (unsigned long long)rnd());
	}
	struct vault_trait t = enciphered(w, &f.t, p, r == PREFIX);
	if (r == SCRAMBLED && p != BASE64)
		t = noise(w, f.t.size + 256); /* every file has the same header */
	(void)number;
	gone(w, i);
	struct file g = {.t = t, .id = ++w->next_id, .ino = r == SCRAMBLED_INODE || r == APPEND ? f.ino : new_ino(w)};
	assert_true(strlen(path) < sizeof g.path);
	memcpy(g.path, path, sizeof g.path);
	tree_add(&w->now, &g);
}

static void renamed(enum renaming r, enum pattern p, size_t files, size_t victims)
{
	struct world w;
	char original[160], ordinary[] = "/srv/share/ordinary new.docx";
	begin(&w, 100 + r * 10 + p, files, 12);
	memcpy(original, w.now.f[0].path, sizeof original);
	uint64_t last = w.next_id;
	for (size_t i = 0, k = 0; k < victims; k++) {
		while (w.now.f[i].id > last) /* a copy that moved here */
			i++;
		take_over(&w, i, p, r, k);
	}
	add(&w, healthy_kind(&w, 0), "%s", ordinary);
	world_judge(&w);
	if (!w.v.damage)
		fail_msg("renaming %d, %s, %zu of %zu: clean %s", r, PATTERN_NAMES[p], victims, files, reasons(&w));
	assert_true(is_damaged(&w, original));
	assert_false(is_damaged(&w, ordinary));
	size_t copies = 0, told = 0;
	for (size_t i = 0; i < w.now.n; i++) {
		struct file *f = &w.now.f[i];
		if (f->id > w.next_id - 4 * victims && (f->t.type != f->t.named) && strcmp(f->path, ordinary) != 0 && f->t.size > 600) {
			struct look l = {.path = f->path, .v = &w.v};
			each_change(&w, look_at, &l);
			copies += l.what == '+';
			told += l.what == '+' && l.damaged;
		}
	}
	if (told < copies)
		fail_msg("renaming %d, %s: %zu of %zu copies told", r, PATTERN_NAMES[p], told, copies);
	world_settle(&w);
	expect(&w, true, NULL); /* also tomorrow, with nothing new */
	world_end(&w);
}

static void test_renamed(void **state)
{
	for (enum renaming r = 0; r < RENAMINGS; r++) {
		renamed(r, WHOLE, 60, 30);
		renamed(r, WHOLE, 400, 400);
		if (r < SCRAMBLED_INODE) {
			renamed(r, WHOLE, 60, 5);
			renamed(r, BASE64, 60, 30);
			renamed(r, EVERY16, 60, 30);
		}
	}
	renamed(APPEND, PARTIAL, 60, 30);
	renamed(APPEND, HEADER_KEPT, 60, 30);
	renamed(PREFIX, HEADER_KEPT, 60, 30);
}

/* ---- slowly: one file a snapshot ---- */

static void slow(enum pattern p, int renaming /* -1: in place */, size_t by)
{
	struct world w;
	begin(&w, 1000 + p * 31 + (uint64_t)(renaming + 1), 400, 30);
	size_t found = 0;
	for (size_t day = 1; day <= by + 4 && !found; day++) {
		size_t i = below(w.now.n);
		while (w.now.f[i].t.type == CONTENT_UNKNOWN || w.now.f[i].t.named == CONTENT_UNKNOWN || w.now.f[i].t.marks || w.now.f[i].t.size < 5000 || w.now.f[i].t.type != KINDS[day % 11].type)
			i = below(w.now.n);
		if (renaming < 0)
			changed(&w, &w.now.f[i], enciphered(&w, &w.now.f[i].t, p, true));
		else
			take_over(&w, i, p, (enum renaming)renaming, day);
		for (int k = 0; k < 5; k++) { /* life goes on */
			struct file *f = &w.now.f[below(w.now.n)];
			if (!f->t.marks && f->t.state == CONTENT_VALID && f->t.named == f->t.type)
				edit(&w, f);
		}
		if (world_judge(&w)->damage)
			found = day;
		if (getenv("SHOW"))
			printf("day %zu %s %s\n", day, reasons(&w), w.v.signs);
		world_settle(&w);
	}
	if (!found || found > by)
		fail_msg("slow %s, renaming %d: found on day %zu: %s", PATTERN_NAMES[p], renaming, found, reasons(&w));
	assert_true(w.v.since < w.h.now - 2 * INT64_C(86400) * TIME_SEC);
	world_end(&w);
}

static void test_slow(void **state)
{
	slow(WHOLE, -1, 3);
	slow(EVERY16, -1, 3);
	slow(BASE64, -1, 3);
	slow(HEADER_KEPT, -1, 6);
	slow(WHOLE, APPEND, 3);
	slow(WHOLE, OTHER_SUFFIX, 3);
	slow(WHOLE, PREFIX, 4);
	slow(WHOLE, SCRAMBLED_INODE, 4);
	slow(WHOLE, APPEND_LONG, 3);
}

/* In the slow part, verdicts are clean; what went then is told all the same when somebody looks back. */
static void test_slow_look_back(void **state)
{
	struct world w;
	char original[160];
	begin(&w, 77, 100, 9);
	struct file *f = find(&w, ".pdf");
	memcpy(original, f->path, sizeof original);
	take_over(&w, (size_t)(f - w.now.f), WHOLE, APPEND, 0);
	add(&w, healthy_kind(&w, 3), "/srv/share/photo.jpg");
	size_t other = (size_t)(find(&w, ".csv") - w.now.f);
	char deleted[160];
	memcpy(deleted, w.now.f[other].path, sizeof deleted);
	gone(&w, other);
	expect(&w, false, NULL);
	char copy[200];
	snprintf(copy, sizeof copy, "%s.lckd", original);
	assert_true(is_damaged(&w, original));
	assert_true(is_damaged(&w, copy));
	assert_false(is_damaged(&w, "/srv/share/photo.jpg"));
	assert_false(is_damaged(&w, deleted));
	world_end(&w);
}

/* ---- wiping, deleting ---- */

static void test_wiped(void **state)
{
	struct world w;
	for (int how = 0; how < 3; how++) {
		begin(&w, 5 + (uint64_t)how, 120, 9);
		for (size_t i = 0; i < w.now.n; i++) {
			struct vault_trait t = {.type = how ? CONTENT_UNKNOWN : CONTENT_EMPTY, .size = how ? w.now.f[i].t.size : 0, .state = how ? CONTENT_LOST : CONTENT_UNCHECKED};
			if (how == 2)
				t = (struct vault_trait){.type = CONTENT_TEXT, .size = 300, .state = CONTENT_LOST, .entropy = 4.2f, .word_share = .2f, .head = "the same"};
			changed(&w, &w.now.f[i], t);
		}
		expect(&w, true, how == 2 ? "overwritten with one and the same text" : "emptied or overwritten with one byte value");
		assert_true(is_damaged(&w, w.now.f[3].path));
		world_settle(&w);
		expect(&w, true, NULL);
		world_end(&w);
	}
	/* texts alone, emptied */
	world_begin(&w, 9);
	for (int i = 0; i < 60; i++)
		add(&w, healthy_kind(&w, 5 + (size_t)i % 5), "/t/%d/f%d%s", i % 5, i, KINDS[5 + i % 5].suffix);
	world_snapshot(&w);
	for (size_t i = 0; i < w.now.n; i++)
		changed(&w, &w.now.f[i], (struct vault_trait){.type = CONTENT_EMPTY});
	expect(&w, true, NULL);
	assert_true(is_damaged(&w, w.now.f[3].path));
	world_settle(&w);
	expect(&w, true, NULL);
	world_end(&w);
}

static void delete_some(struct world *w, const char *suffix, size_t most)
{
	for (size_t i = 0, n = 0; i < w->now.n && n < most;)
		if (!*suffix || strcmp(suffix_of(w->now.f[i].path), suffix) == 0) {
			gone(w, i);
			n++;
		} else {
			i++;
		}
}

static void test_mass_deletion(void **state)
{
	struct world w;
	world_begin(&w, 3);
	for (int i = 0; i < 150; i++)
		add(&w, healthy_kind(&w, 2), "/srv/a/%d/f%d.pdf", i % 10, i);
	for (int i = 0; i < 600; i++)
		add(&w, healthy_kind(&w, 5), "/srv/a/%d/t%d.txt", i % 10, i);
	world_snapshot(&w);
	delete_some(&w, ".pdf", 76);
	expect(&w, false, NULL); /* more than half, but fewer than 100 */
	world_settle(&w);
	for (int i = 0; i < 150; i++)
		add(&w, healthy_kind(&w, 2), "/srv/a/%d/f%d.pdf", i % 10, i);
	world_snapshot(&w);
	delete_some(&w, ".pdf", 110);
	expect(&w, true, "110 of 150 pdf files are gone");
	assert_true(w.v.lost == 110);
	world_settle(&w);
	expect(&w, true, "still gone");
	world_settle(&w);
	for (int i = 0; i < 150; i++)
		add(&w, healthy_kind(&w, 2), "/srv/a/%d/f%d.pdf", i % 10, i);
	expect(&w, false, NULL);
	world_settle(&w);
	/* everything */
	w.now.n = 3;
	expect(&w, true, "gone");
	world_end(&w);
}

static void test_clearing_up(void **state)
{
	struct world w;
	world_begin(&w, 4);
	for (int i = 0; i < 900; i++)
		add(&w, healthy_kind(&w, (size_t)i % 8), "/home/x/%s/%d/f%d%s", i < 250 ? "old project" : "work", i % 9, i, KINDS[i % 8].suffix);
	world_snapshot(&w);
	for (size_t i = 0; i < w.now.n;)
		if (strstr(w.now.f[i].path, "old project"))
			gone(&w, i);
		else
			i++;
	expect(&w, false, "gone with their whole folders");
	world_end(&w);
}

/* ---- notes ---- */

static struct vault_trait note(struct world *w, bool onion, uint64_t same)
{
	struct vault_trait t = healthy(w, CONTENT_TEXT, 4.5, 4.7, 0, 0, .2, .22, 1800);
	t.onion = onion;
	if (same)
		memcpy(t.head, &same, 8);
	return t;
}

static void test_notes(void **state)
{
	struct world w;
	begin(&w, 8, 200, 10);
	char first[200], path[200];
	snprintf(first, sizeof first, "%.*s/HOW TO GET FILES BACK.txt", dir_len(w.now.f[0].path), w.now.f[0].path);
	for (size_t i = 0; i < 60; i++) {
		memcpy(path, w.now.f[i].path, sizeof w.now.f[i].path);
		add(&w, note(&w, true, 42), "%.*s/HOW TO GET FILES BACK.txt", dir_len(path), path);
	}
	expect(&w, true, "the same new file HOW TO GET FILES BACK.txt in ");
	assert_non_null(strstr(reasons(&w), "onion"));
	assert_true(is_damaged(&w, first));
	world_end(&w);

	/* the same file in many folders is no damage: a licence, a desktop.ini */
	begin(&w, 8, 200, 10);
	for (size_t i = 0; i < 60; i++) {
		memcpy(path, w.now.f[i].path, sizeof w.now.f[i].path);
		add(&w, note(&w, false, 42), "%.*s/desktop.ini", dir_len(path), path);
	}
	expect(&w, false, NULL);
	world_end(&w);

	/* nor are notes in folders of their own: a collection of them */
	begin(&w, 8, 200, 10);
	for (size_t i = 0; i < 60; i++)
		add(&w, note(&w, true, 42), "/srv/share/research/%zu/HOW_TO_DECRYPT.txt", i);
	expect(&w, false, NULL);
	world_end(&w);
}

/* Folders that hold folders only were there before, too; and one note alone is part of damage that was found otherwise. */
static void test_notes_above(void **state)
{
	struct world w;
	world_begin(&w, 9);
	for (size_t i = 0; i < 60; i++)
		add(&w, healthy_kind(&w, i % 5), "/srv/share/%zu/letters/%zu.docx", i % 6, i);
	assert_false(world_snapshot(&w)->damage);
	for (size_t i = 0; i < 6; i++)
		add(&w, note(&w, true, 42), "/srv/share/%zu/HOW TO GET FILES BACK.txt", i);
	expect(&w, true, "in 6 folders that were there before");
	assert_true(is_damaged(&w, "/srv/share/3/HOW TO GET FILES BACK.txt"));
	world_end(&w);

	begin(&w, 10, 60, 6);
	for (size_t i = 0; i < w.now.n; i++)
		changed(&w, &w.now.f[i], enciphered(&w, &w.now.f[i].t, 0, true));
	add(&w, note(&w, true, 42), "/srv/share/READ ME.txt");
	expect(&w, true, NULL);
	assert_true(is_damaged(&w, "/srv/share/READ ME.txt"));
	world_end(&w);
}

/* An operator's word ends what was found until then, and nothing that comes later. */
static void test_accepted(void **state)
{
	struct world w;
	begin(&w, 11, 60, 6);
	for (size_t i = 0; i < 40; i++)
		changed(&w, &w.now.f[i], enciphered(&w, &w.now.f[i].t, 0, true));
	int64_t when = w.h.now;
	expect(&w, true, "lost their structure or turned into noise");
	world_settle(&w);
	w.h.accepted = when;
	w.h.past[0].damage = false;
	w.h.signs[0] = 0;
	expect(&w, false, NULL);
	world_settle(&w);
	for (size_t i = 40; i < 46; i++)
		changed(&w, &w.now.f[i], enciphered(&w, &w.now.f[i].t, 0, true));
	expect(&w, true, "6 of 6 files that changed");
	world_end(&w);

	/* what was taken away before is gone for good */
	begin(&w, 12, 400, 6);
	w.now.n = 3;
	when = w.h.now;
	expect(&w, true, NULL);
	world_settle(&w);
	w.h.accepted = when;
	w.h.past[0].damage = false;
	expect(&w, false, NULL); /* even where its signs are still at hand */
	world_end(&w);

	struct vault_trait t = {.marks = VAULT_MARK_NOISE | VAULT_MARK_OPAQUE, .marked = 5};
	assert_false(vault_trait_accept(&t, 0) || vault_trait_accept(&t, 4));
	assert_true(vault_trait_accept(&t, 5));
	assert_int_equal(t.marks, VAULT_MARK_OPAQUE);
}

/* ---- known families ---- */

static void test_families(void **state)
{
	assert_true(content_known_count() > 500);
	assert_string_equal("Akira", (const char *)"Akira");
	const struct content_known *k = content_known_suffix(SLICE("x.docx.AKIRA"));
	assert_non_null(k);
	assert_true(slice_eq_str(k->family, "Akira") && k->strength == CONTENT_KNOWN_STRONG);
	k = content_known_suffix(SLICE("file.txt.txt.C59-E0C-929"));
	assert_true(k && slice_eq_str(k->family, "Zeppelin"));
	assert_null(content_known_suffix(SLICE("file.docx")));
	assert_null(content_known_suffix(SLICE(".akira"))); /* a name, and no suffix */
	assert_true(content_known_note(SLICE("recover-abc12-files.txt")));
	assert_true(content_known_note(SLICE("!!!READ_ME_MEDUSA!!!.txt"))->strength == CONTENT_KNOWN_STRONG);
	k = content_known_note(SLICE("readme.txt"));
	assert_true(!k || k->strength == CONTENT_KNOWN_WEAK);
	assert_null(content_known_note(SLICE("letter to the ward.txt")));
	assert_int_equal(content_known_tool(SLICE("a.csv.lz4"))->kind, CONTENT_KNOWN_PACKER);
	/* everyday suffixes stand in no list of families */
	static const char *const everyday[] = {"a.docx", "a.pdf", "a.jpg", "a.rs", "a.css", "a.html", "a.dng", "a.test", "a.bak", "a.backup", "a.mp3", "a.key", "a.djvu", "a.exe", "a.dll", "a.abc", "a.work", "a.system", "a.enc", "a.lock", "a.rmd", "a.cn"};
	for (size_t i = 0; i < ARRAY_LEN(everyday); i++) {
		k = content_known_suffix(slice_str(everyday[i]));
		if (k && k->strength >= CONTENT_KNOWN_MEDIUM)
			fail_msg("%s is %.*s", everyday[i], SLICE_FMT(k->family));
	}

	struct world w;
	begin(&w, 12, 200, 10);
	struct file *f = find(&w, ".docx");
	char path[160];
	memcpy(path, f->path, sizeof path);
	struct vault_trait t = enciphered(&w, &f->t, WHOLE, false);
	gone(&w, (size_t)(f - w.now.f));
	add(&w, t, "%.150s.akira", path);
	expect(&w, true, "known from Akira"); /* one is enough */
	assert_true(is_damaged(&w, path));
	world_end(&w);

	/* a database of that suffix is not */
	begin(&w, 12, 200, 10);
	for (int i = 0; i < 5; i++)
		add(&w, unknown_binary(&w, 60000), "/srv/share/app/box%d.hive", i);
	expect(&w, false, NULL);
	world_end(&w);
}

/* ---- what must not be said ---- */

static void test_two_broken_pictures(void **state)
{
	struct world w;
	begin(&w, 13, 300, 12);
	for (int i = 0; i < 2; i++) {
		struct file *f = NULL;
		for (size_t k = 0; k < w.now.n; k++)
			if (w.now.f[k].t.type == CONTENT_JPEG && w.now.f[k].t.state == CONTENT_VALID)
				f = &w.now.f[k];
		assert_non_null(f);
		changed(&w, f, enciphered(&w, &f->t, HEADER_KEPT, true));
	}
	expect(&w, false, "2 of 2 files that changed lost their structure");
	for (size_t k = 0; k < w.now.n; k++)
		if (w.now.f[k].t.state == CONTENT_LOST) /* each of them is not clean all the same */
			assert_true(is_damaged(&w, w.now.f[k].path));
	world_end(&w);
}

static void seal_folder(struct world *w, int type, const char *suffix, bool keep, const char *under, size_t most)
{
	for (size_t i = 0, n = w->now.n, k = 0; i < n && k < most; i++) {
		struct file f = w->now.f[i];
		if (!strstr(f.path, under))
			continue;
		struct vault_trait t = noise(w, f.t.size + 500);
		t.type = t.named = type;
		t.state = CONTENT_VALID;
		t.encrypted = true;
		struct file g = {.t = t, .id = ++w->next_id, .ino = new_ino(w)};
		snprintf(g.path, sizeof g.path, "%.150s%s", f.path, suffix);
		if (keep)
			tree_add(&w->now, &g);
		else
			w->now.f[i] = g;
		k++;
	}
}

static void test_gpg(void **state)
{
	struct world w;
	for (int keep = 0; keep < 2; keep++) {
		begin(&w, 14, 300, 12);
		seal_folder(&w, CONTENT_PGP, ".gpg", keep, "/srv/share/3/", 300);
		expect(&w, false, keep ? NULL : "sealed by a known tool");
		world_settle(&w);
		seal_folder(&w, CONTENT_AGE, ".age", keep, "/srv/share/4/", 300);
		expect(&w, false, NULL);
		world_end(&w);
	}
	/* the whole of a small source */
	begin(&w, 15, 120, 3);
	seal_folder(&w, CONTENT_PGP, ".gpg", false, "/", 120);
	expect(&w, false, NULL);
	world_end(&w);
	/* but with a note in each folder it is another matter */
	begin(&w, 15, 120, 8);
	seal_folder(&w, CONTENT_PGP, ".gpg", false, "/", 120);
	for (size_t i = 0; i < 60; i++) {
		char path[160];
		memcpy(path, w.now.f[i].path, sizeof path);
		add(&w, note(&w, false, 77), "%.*s/OPEN ME.txt", dir_len(path), path);
	}
	expect(&w, true, "the same new file");
	char original[160];
	memcpy(original, w.then.f[0].path, sizeof original);
	assert_true(is_damaged(&w, original));
	world_end(&w);
	/* under the old names nobody's gpg works */
	begin(&w, 16, 60, 3);
	for (size_t i = 0; i < w.now.n; i++) {
		struct vault_trait t = noise(&w, w.now.f[i].t.size + 500);
		t.type = CONTENT_PGP;
		t.state = CONTENT_VALID;
		changed(&w, &w.now.f[i], t);
	}
	expect(&w, true, NULL);
	world_end(&w);
	/* nor does an owner take all of a hospital's folders */
	world_begin(&w, 17);
	for (int i = 0; i < 900; i++)
		add(&w, healthy_kind(&w, (size_t)i % 6), "/srv/%d/f%d%s", i % 60, i, KINDS[i % 6].suffix);
	world_snapshot(&w);
	seal_folder(&w, CONTENT_AGE, ".age", false, "/", 880);
	expect(&w, true, NULL);
	world_end(&w);
}

static void test_first(void **state)
{
	struct world w;
	world_begin(&w, 18);
	for (int i = 0; i < 300; i++)
		add(&w, noise(&w, 9000 + (uint64_t)i), "/srv/%d/f%d.docx.lockbit", i % 10, i);
	expect(&w, false, "first backup of this source");
	assert_non_null(strstr(reasons(&w), "LockBit"));
	world_end(&w);
}

/* ---- names of people and attackers stay out of sentences ---- */

static void test_printable(void **state)
{
	struct world w;
	begin(&w, 19, 80, 5);
	for (size_t i = 0, last = w.next_id; i < 40; i++) {
		while (w.now.f[i].id > last)
			i++;
		struct file f = w.now.f[i];
		struct vault_trait t = enciphered(&w, &f.t, WHOLE, false);
		gone(&w, i);
		add(&w, t, "%.120s.\"<b>\x1b[31m\\\xff", f.path);
	}
	expect(&w, true, "new suffix .\\\\x22\\\\x3cb\\\\x3e\\\\x1b[31m\\\\x5c\\\\xff on ");
	for (size_t i = 0; i < w.then.n; i++) /* no folder, no name */
		assert_null(strstr(reasons(&w), base_of(w.then.f[i].path)));
	assert_null(strstr(reasons(&w), "/srv"));
	world_end(&w);
}

/* ---- onion addresses ---- */

static void test_onion(void **state)
{
	static const char good[] = "visit http://abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion/chat";
	uint8_t wide[2 * sizeof good];
	assert_true(vault_note_onion(slice_of(good, sizeof good - 1)));
	assert_true(vault_note_onion(slice_of(good + 13, 62)));
	assert_false(vault_note_onion(slice_of(good + 14, 61)));
	assert_false(vault_note_onion(slice_of(good, sizeof good - 7)));
	for (size_t i = 0; i < sizeof good; i++) {
		wide[2 * i] = (uint8_t)good[i];
		wide[2 * i + 1] = 0;
	}
	assert_true(vault_note_onion(slice_of(wide, sizeof wide)));
	assert_true(vault_note_onion(slice_of(wide + 1, sizeof wide - 1)));
	assert_false(vault_note_onion(SLICE("an onion, and a.onion, and 1bcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion is too short by one")));
	assert_false(vault_note_onion(SLICE_NULL));
}

/* ---- signs ---- */

static void test_signs(void **state)
{
	struct judge_signs s, r;
	char text[VAULT_SIGNS_MAX];
	memset(&s, 0, sizeof s); /* as full as can be, it still goes in and comes back */
	s.in_place = s.all = s.replaced = s.scrambled = s.gone = s.sealed = true;
	s.suffix_n = SIGNS_SUFFIX;
	s.note_n = s.note_name_n = SIGNS_NOTES;
	s.original_n = s.copy_n = SIGNS_PATHS;
	for (size_t i = 0; i < SIGNS_SUFFIX; i++) {
		memset(s.suffix[i].p, 0xF0 + (int)i, JUDGE_SUFFIX_MAX);
		s.suffix[i].n = JUDGE_SUFFIX_MAX;
	}
	for (size_t i = 0; i < SIGNS_NOTES; i++) {
		memset(s.note[i], (int)i + 1, 8);
		s.note_name[i] = UINT64_MAX - i;
	}
	for (size_t i = 0; i < SIGNS_PATHS; i++) {
		s.original[i] = UINT64_MAX - i;
		s.copy[i] = 7 + i;
	}
	s.opaque_since = s.emptied_since = s.gone_at = INT64_MAX;
	s.gone_n = s.gone_of = UINT64_MAX;
	judge_signs_write(&s, text);
	for (const char *p = text; *p; p++)
		assert_true(*p > 0x20 && *p < 0x7F && *p != '"' && *p != '\\');
	judge_signs_read(text, &r);
	assert_memory_equal(&s, &r, sizeof s);
	/* what is not ours is nothing; what is hostile overflows nothing */
	judge_signs_read("v2;in-place", &r);
	assert_false(r.in_place);
	judge_signs_read("", &r);
	judge_signs_read("v1;s=;s=zz;n=12;p=;=;;x=1;g=1/2;g=@/;o=-5;in-place", &r);
	assert_true(r.in_place && r.original_n == 0 && r.note_n == 0 && r.gone_at == 0 && r.opaque_since == 0);
	struct vault_history h = {.first = false, .now = 1};
	memset(h.signs, 'p', sizeof h.signs); /* not ended */
	h.n = 4000;
	struct vault_judge *j = vault_judge_new(&h, WORLD_KEY);
	struct vault_verdict v;
	vault_judge_end(j, &v);
	assert_false(v.damage);
	vault_verdict_done(&v);
	vault_judge_free(j);
	vault_judge_free(NULL);
}

/* ---- of no type that is known: only beside others ---- */

static void test_unknown_in_part(void **state)
{
	struct vault_verdict v = {.damage = true}, quiet = {.damage = false};
	struct judge_signs s = {.in_place = true};
	judge_signs_write(&s, v.signs);
	judge_signs_write(&s, quiet.signs);
	const struct vault_trait before = {.type = CONTENT_UNKNOWN, .named = CONTENT_UNKNOWN, .size = 120000, .entropy = 5.6f, .word_share = .05f};
	struct vault_trait part = before, armoured = before, edited = before;
	part.random_share = .07f; /* 4 KiB of every 64 */
	armoured.type = CONTENT_TEXT; /* base64 */
	armoured.size = 160000;
	armoured.entropy = 6;
	armoured.word_share = 0;
	edited.entropy = 5.7f;
	const struct vault_trait *after[] = {&part, &armoured, &edited};
	for (size_t i = 0; i < 3; i++) {
		struct vault_change c = {.path = SLICE("/srv/ecg/35.dat"), .what = '~', .before = &before, .after = after[i]};
		char reason[96];
		assert_int_equal(vault_judge_file(&c, &v, reason), i < 2);
		assert_false(vault_judge_file(&c, &quiet, reason));
	}
}

/* ---- a toy's cipher: every byte of a text changed alike, or by a short key over and over ---- */

static void test_masked(void **state)
{
	struct world w;
	for (int how = 0; how < 2; how++) {
		world_begin(&w, 23);
		for (int i = 0; i < 12; i++)
			add(&w, healthy_kind(&w, 5 + (size_t)i % 5), "/t/%d/f%d%s", i % 3, i, KINDS[5 + i % 5].suffix);
		for (size_t i = 0; i < w.now.n; i++)
			w.now.f[i].t.size += 400;
		world_snapshot(&w);
		for (size_t i = 0; i < w.now.n; i++) {
			struct vault_trait t = w.now.f[i].t;
			t.type = how ? CONTENT_UNKNOWN : CONTENT_TEXT;
			t.state = how ? CONTENT_UNCHECKED : CONTENT_VALID;
			t.entropy += how ? 1.1f : 0;
			t.word_share *= how ? .5f : 0;
			changed(&w, &w.now.f[i], t);
		}
		expect(&w, true, "turned into noise");
		world_end(&w);
	}
}

/* ---- torn files are no evidence ---- */

static void test_torn(void **state)
{
	struct world w;
	begin(&w, 21, 60, 5);
	for (size_t i = 0; i < w.now.n; i++) {
		struct vault_trait t = enciphered(&w, &w.now.f[i].t, WHOLE, true);
		t.torn = true;
		changed(&w, &w.now.f[i], t);
	}
	expect(&w, false, NULL);
	world_end(&w);
}

/* ---- what hides: behind other headers, under names that tell nothing, in small files ---- */

static struct file *nth(struct world *w, int type, size_t n)
{
	for (size_t i = 0; i < w->now.n; i++)
		if (w->now.f[i].t.type == type && n-- == 0)
			return &w->now.f[i];
	fail_msg("not so many %s", content_type_name(type));
	return NULL;
}

/* A picture's header in front of what was a letter: whole, and not what it was. */
static void test_disguised(void **state)
{
	for (int renamed = 0; renamed < 2; renamed++) {
		struct world w;
		char path[160], first[160] = "";
		begin(&w, 5100, 300, 12);
		for (size_t k = 0, n = w.now.n; k < n; k++) {
			struct file f = w.now.f[k];
			if (f.t.type != CONTENT_OOXML && f.t.type != CONTENT_PDF && f.t.type != CONTENT_CSV)
				continue;
			struct vault_trait t = healthy(&w, CONTENT_PNG, 7.9, 7.99, .8, .95, .05, .08, f.t.size + 3500);
			if (!first[0])
				memcpy(first, f.path, sizeof first);
			changed(&w, &w.now.f[k], t);
			if (!renamed)
				continue;
			assert_true((size_t)snprintf(path, sizeof path, "%.150s.kept", f.path) < sizeof path);
			memcpy(w.now.f[k].path, path, sizeof path);
			w.now.f[k].t.named = CONTENT_UNKNOWN;
			w.now.f[k].ino = new_ino(&w);
		}
		expect(&w, true, NULL);
		assert_true(is_damaged(&w, first));
		world_end(&w);
	}
}

/* Each byte exchanged for another: no text any more, as even as before. A few of them are accidents. */
static void test_unreadable(void **state)
{
	for (size_t few = 0; few < 2; few++) {
		struct world w;
		begin(&w, 5200, 900, 12);
		char path[160];
		for (size_t k = 0; k < (few ? 4 : 14); k++) {
			struct file *f = nth(&w, CONTENT_TEXT, 0);
			struct vault_trait t = f->t;
			memcpy(path, f->path, sizeof path);
			t.type = CONTENT_UNKNOWN;
			t.state = k % 2 ? CONTENT_LOST : CONTENT_UNCHECKED;
			t.word_share = .06f;
			changed(&w, f, t);
		}
		expect(&w, !few, few ? NULL : "cannot be read any more");
		assert_int_equal(is_damaged(&w, path), !few);
		world_end(&w);
	}
	struct world w; /* and under new names, beside which the old ones are gone */
	char path[160];
	begin(&w, 5210, 900, 12);
	for (size_t k = 0; k < 14; k++) {
		struct file *f = nth(&w, CONTENT_TEXT, 0);
		struct vault_trait t = f->t;
		t.type = t.named = CONTENT_UNKNOWN;
		t.state = CONTENT_UNCHECKED;
		changed(&w, f, t);
		f->t.named = CONTENT_UNKNOWN;
		f->ino = new_ino(&w);
		memcpy(path, f->path, sizeof path);
		assert_true((size_t)snprintf(f->path, sizeof f->path, "%.150s.xrt", path) < sizeof f->path);
	}
	expect(&w, true, "new suffix .xrt");
	world_end(&w);
}

static void test_zeroed_texts(void **state)
{
	struct world w;
	begin(&w, 5300, 300, 12);
	char path[160];
	for (size_t k = 0; k < 8; k++) {
		struct file *f = nth(&w, k % 2 ? CONTENT_CSV : CONTENT_HL7V2, k / 2);
		struct vault_trait t = f->t;
		memcpy(path, f->path, sizeof path);
		t.entropy = t.word_share = 0;
		t.state = CONTENT_LOST;
		changed(&w, f, t);
	}
	expect(&w, true, "one byte value");
	assert_true(is_damaged(&w, path));
	world_end(&w);
}

/* New names, new inodes, files of today among them, an inode given out again here and there: only folders and sizes are left. */
static void test_exchanged(void **state)
{
	for (uint64_t seed = 5400; seed < 5406; seed++) {
		struct world w;
		begin(&w, seed, 300, 10);
		char original[160], ordinary[] = "/srv/share/an ordinary new one.docx";
		w.reuse = seed % 2;
		size_t n = w.now.n;
		for (size_t k = 0; k < 20; k++) /* of today: enciphered too, and nothing went for them */
			add(&w, noise(&w, between(600, 90000) + 528), "%.*s/%016llx", dir_len(w.now.f[below(n)].path), w.now.f[below(n)].path, (unsigned long long)rnd());
		for (size_t k = 0; k < 60; k++) {
			size_t i = below(w.now.n);
			while (w.now.f[i].id > w.id_then || w.now.f[i].t.size < 600)
				i = below(w.now.n);
			memcpy(original, w.now.f[i].path, sizeof original);
			struct vault_trait t = noise(&w, w.now.f[i].t.size + 528 - w.now.f[i].t.size % 16);
			t.named = CONTENT_UNKNOWN;
			gone(&w, i);
			add(&w, t, "%.*s/%016llx", dir_len(original), original, (unsigned long long)rnd());
		}
		add(&w, healthy_kind(&w, 0), "%s", ordinary);
		expect(&w, true, w.reuse ? NULL : "of sizes that fit"); /* inodes may tell by themselves */
		assert_true(is_damaged(&w, original));
		assert_false(is_damaged(&w, ordinary));
		world_end(&w);
	}
}

/* A cache in which known files and noise of any size go and come says nothing. */
static void test_not_exchanged(void **state)
{
	for (uint64_t seed = 5500; seed < 5510; seed++) {
		struct world w;
		world_begin(&w, seed);
		people_files(&w, 60, 6);
		for (size_t k = 0; k < 120; k++)
			add(&w, k % 2 ? noise(&w, between(500, 60000)) : healthy_kind(&w, below(11)), "/home/x/.cache/%zu/%016llx", k % 4, (unsigned long long)rnd());
		assert_false(world_snapshot(&w)->damage);
		for (int day = 0; day < 3; day++) {
			for (size_t k = 0; k < 80; k++) {
				size_t i = below(w.now.n);
				while (!strstr(w.now.f[i].path, "/.cache/") || w.now.f[i].id > w.id_then)
					i = below(w.now.n);
				gone(&w, i);
			}
			for (size_t k = 0; k < 80; k++)
				add(&w, k % 2 ? noise(&w, between(500, 60000)) : healthy_kind(&w, below(11)), "/home/x/.cache/%zu/%016llx", k % 4, (unsigned long long)rnd());
			expect(&w, false, NULL);
			world_settle(&w);
		}
		world_end(&w);
	}
}

/* One a snapshot, with nothing in common but folder and size; also where caches or git's objects lie in other folders, and files come and go in these. */
static void slow_exchange(bool cache)
{
	struct world w;
	world_begin(&w, 5600);
	people_files(&w, 300, 20);
	for (size_t k = 0; cache && k < 120; k++)
		add(&w, noise(&w, between(200, 40000)), "/srv/cache/%zu/%016llx", k % 6, (unsigned long long)rnd());
	assert_false(world_snapshot(&w)->damage);
	size_t found = 0;
	for (size_t day = 1; day <= 6 && !found; day++) {
		size_t i = below(w.now.n);
		while (w.now.f[i].t.type == CONTENT_UNKNOWN || w.now.f[i].t.size < 600)
			i = below(w.now.n);
		char was[160];
		memcpy(was, w.now.f[i].path, sizeof was);
		struct vault_trait t = noise(&w, w.now.f[i].t.size + 512);
		t.named = CONTENT_UNKNOWN;
		gone(&w, i);
		add(&w, t, "%.*s/%016llx", dir_len(was), was, (unsigned long long)rnd());
		for (size_t k = 0; cache && k < 4; k++)
			add(&w, noise(&w, between(200, 40000)), "/srv/cache/%zu/%016llx", k, (unsigned long long)rnd());
		found = world_judge(&w)->damage ? day : 0;
		world_settle(&w);
	}
	if (!found || found > 5)
		fail_msg("found on day %zu: %s", found, reasons(&w));
	world_end(&w);
}
static void test_slow_exchange(void **state)
{
	slow_exchange(false);
	slow_exchange(true);
}

/* A mail of less than a block, enciphered under its name: what is written to while it is in use is not excused by that. */
static void test_small_mail(void **state)
{
	struct vault_trait b = {.type = CONTENT_MAIL, .named = CONTENT_MAIL, .state = CONTENT_VALID, .size = 1800, .entropy = 5.1f, .word_share = .16f};
	struct vault_trait a = {.type = CONTENT_TEXT, .named = CONTENT_MAIL, .state = CONTENT_LOST, .size = 1800, .entropy = 7.88f, .word_share = .07f};
	assert_int_equal(judge_classify(&b, &a, false), JUDGE_NOISE);
	/* under a key of sixteen bytes, over and over */
	struct vault_trait masked = a;
	masked.type = CONTENT_UNKNOWN;
	masked.state = CONTENT_UNCHECKED;
	masked.entropy = 6.58f;
	masked.word_share = .13f;
	assert_int_equal(judge_classify(&b, &masked, false), JUDGE_NOISE);
	/* a mailbox that got a large attachment is whole, and a new one with one is not enciphered */
	struct vault_trait more = {.type = CONTENT_MAIL, .named = CONTENT_UNKNOWN, .state = CONTENT_VALID, .size = 900000, .entropy = 6.01f, .word_share = .014f};
	assert_int_equal(judge_classify(&b, &more, false), JUDGE_FINE);
	assert_false(content_is_opaque(&more.is));
	more.type = CONTENT_JSON; /* FHIR Binary */
	assert_false(content_is_opaque(&more.is));
	more.type = CONTENT_TEXT;
	assert_true(content_is_opaque(&more.is));
}

/* A counter, a flag, a word: any other few bytes have another entropy. */
static void test_tiny_edits(void **state)
{
	struct world w;
	begin(&w, 5650, 100, 5);
	for (size_t k = 0; k < 12; k++)
		add(&w, (struct vault_trait){.type = CONTENT_TEXT, .named = CONTENT_TEXT, .state = CONTENT_VALID, .size = 2, .entropy = 1}, "/srv/state/%zu.txt", k);
	assert_false(world_snapshot(&w)->damage);
	for (size_t i = 0; i < w.now.n; i++)
		if (strstr(w.now.f[i].path, "/state/"))
			changed(&w, &w.now.f[i], (struct vault_trait){.type = CONTENT_TEXT, .named = CONTENT_TEXT, .state = CONTENT_VALID, .size = 7, .entropy = 2.52f, .word_share = .14f});
	expect(&w, false, NULL);
	world_end(&w);
}

/* A folder of many moves into an encrypted container as a whole; half of the share does not. */
static void test_into_a_container(void **state)
{
	for (size_t share = 2; share <= 8; share += 3) {
		struct world w;
		char path[160];
		world_begin(&w, 5660);
		for (size_t k = 0; k < 400; k++) {
			size_t kind = below(12);
			add(&w, healthy_kind(&w, kind), "/srv/share/%zu/letter %zu%s", k % 10, k, KINDS[kind].suffix);
		}
		assert_false(world_snapshot(&w)->damage);
		for (size_t i = w.now.n; i-- > 0;) {
			if (w.now.f[i].path[11] >= (char)('0' + share) || w.now.f[i].path[12] != '/')
				continue;
			struct vault_trait t = noise(&w, w.now.f[i].t.size + 18 + 32);
			t.named = CONTENT_UNKNOWN;
			gone(&w, i);
			snprintf(path, sizeof path, "/srv/share/safe/%016llx", (unsigned long long)rnd());
			tree_add(&w.now, &(struct file){.t = t, .id = ++w.next_id, .ino = new_ino(&w)});
			memcpy(w.now.f[w.now.n - 1].path, path, sizeof path);
		}
		expect(&w, share > 2, NULL);
		world_end(&w);
	}
}

/* What is gone and stands in one large file now. Locked, it is loot. */
static void test_gathered(void **state)
{
	for (int how = 0; how < 3; how++) {
		struct world w;
		world_begin(&w, 5700);
		people_files(&w, 100, 5);
		uint64_t all = 0;
		for (size_t k = 0; k < 150; k++)
			all += add(&w, healthy(&w, CONTENT_MAIL, 4.9, 5.3, 0, 0, .14, .2, between(900, 9000)), "/srv/mail/%zu/%zu.eml", k % 3, k)->t.size;
		assert_false(world_snapshot(&w)->damage);
		for (size_t i = 0; i < w.now.n;)
			if (strstr(w.now.f[i].path, ".eml"))
				gone(&w, i);
			else
				i++;
		struct vault_trait mailbox = healthy(&w, CONTENT_MAIL, 5, 5.1, 0, 0, .15, .2, all + 4000), archive = healthy(&w, CONTENT_SEVENZIP, 7.99, 8, .99, 1, .05, .08, all / 4);
		archive.encrypted = how == 2;
		add(&w, how ? archive : mailbox, "/srv/mail/%s", how ? "2026.7z" : "mbox");
		expect(&w, how == 2, how == 2 ? "nothing stands in their place" : "large enough to hold them");
		world_end(&w);
	}
}

/* Beside damage, what its own class cannot show is told; without it, nothing is. */
static void test_beside(void **state)
{
	struct vault_verdict v = {.damage = true}, quiet = {.damage = false};
	struct judge_signs s = {.in_place = true, .all = true};
	judge_signs_write(&s, v.signs);
	judge_signs_write(&s, quiet.signs);
	const struct vault_trait csv = {.type = CONTENT_CSV, .named = CONTENT_CSV, .state = CONTENT_VALID, .size = 110000, .entropy = 5.21f, .word_share = .187f};
	struct vault_trait tail = csv, head = csv, edited = csv, armoured = csv;
	tail.state = CONTENT_LOST; /* the last 4 KiB are noise */
	tail.entropy = 5.46f;
	head.type = CONTENT_TEXT; /* the first 256 bytes */
	head.entropy = 5.23f;
	edited.size += 90;
	armoured = (struct vault_trait){.type = CONTENT_TEXT, .named = CONTENT_CSV, .state = CONTENT_VALID, .size = 148000, .entropy = 6.0f, .word_share = .04f};
	const struct vault_trait tiny = {.type = CONTENT_TEXT, .named = CONTENT_TEXT, .state = CONTENT_VALID, .size = 9, .entropy = 2.9f}, tiny_too = {.type = CONTENT_TEXT, .named = CONTENT_TEXT, .state = CONTENT_VALID, .size = 9, .entropy = 3.1f};
	const struct vault_trait doc = {.type = CONTENT_OLE2, .named = CONTENT_OLE2, .state = CONTENT_VALID, .size = 30000, .entropy = 4.6f};
	struct vault_trait broken = doc, half_new = doc;
	broken.state = CONTENT_LOST;
	half_new.type = CONTENT_PDF; /* under the name of a letter */
	half_new.named = CONTENT_OLE2;
	const struct { const struct vault_trait *b, *a; bool damaged; } cases[] = {{&csv, &tail, true}, {&csv, &head, true}, {&csv, &armoured, true}, {&csv, &edited, false}, {&tiny, &tiny_too, true}, {&doc, &broken, true}, {&doc, &half_new, true}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct vault_change c = {.path = SLICE("/srv/a/x"), .what = '~', .before = cases[i].b, .after = cases[i].a};
		if (vault_judge_file(&c, &v, NULL) != cases[i].damaged)
			fail_msg("case %zu", i);
		assert_false(vault_judge_file(&c, &quiet, NULL));
	}
	s = (struct judge_signs){.scrambled = true};
	judge_signs_write(&s, v.signs);
	const struct vault_trait bits = {.type = CONTENT_UNKNOWN, .size = 9, .entropy = 3.1f}, mixed = {.type = CONTENT_UNKNOWN, .size = 90000, .entropy = 7.4f, .random_share = .5f}, other = {.type = CONTENT_UNKNOWN, .size = 90000, .entropy = 5.2f, .word_share = .1f};
	const struct vault_trait *came[] = {&bits, &mixed, &other};
	for (size_t i = 0; i < 3; i++) {
		struct vault_change c = {.path = SLICE("/srv/a/x"), .what = '+', .after = came[i]};
		assert_int_equal(vault_judge_file(&c, &v, NULL), i < 2);
		assert_false(vault_judge_file(&c, &quiet, NULL));
	}
}

/* Most of a mailbox thrown away is its owner's doing; all of it is not. */
static void test_expunged(void **state)
{
	for (int all = 0; all < 2; all++) {
		struct world w;
		world_begin(&w, 5800);
		people_files(&w, 100, 5);
		for (size_t k = 0; k < 200; k++)
			add(&w, healthy(&w, CONTENT_MAIL, 4.9, 5.3, 0, 0, .14, .2, between(900, 9000)), "/srv/mail/%zu/cur/%zu.eml", k % 3, k);
		assert_false(world_snapshot(&w)->damage);
		delete_some(&w, ".eml", all ? 198 : 150);
		expect(&w, all, all ? "nothing stands in their place" : "as when a mailbox is tidied");
		world_end(&w);
	}
}

/* git-crypt enciphers under the files' own names, but only where git is. */
static void test_git_crypt(void **state)
{
	for (int git = 0; git < 2; git++) {
		struct world w;
		world_begin(&w, 5810);
		people_files(&w, 40, 3);
		if (git)
			add(&w, healthy_kind(&w, 5), "/srv/app/.git/HEAD");
		for (size_t k = 0; k < 12; k++)
			add(&w, healthy_kind(&w, 7), "/srv/app/conf/%zu/secret%zu.json", k % 3, k);
		assert_false(world_snapshot(&w)->damage);
		for (size_t i = 0; i < w.now.n; i++)
			if (strstr(w.now.f[i].path, "/secret")) {
				struct vault_trait t = noise(&w, w.now.f[i].t.size + 22);
				t.type = CONTENT_GITCRYPT;
				t.state = CONTENT_VALID;
				t.encrypted = true;
				changed(&w, &w.now.f[i], t);
			}
		expect(&w, !git, git ? "locked by git-crypt" : "turned into noise");
		world_end(&w);
	}
}

/* Base64 of what was enciphered is even in its letters; of a script it is not. */
static void test_base64_of_text(void **state)
{
	for (int enciphered_first = 0; enciphered_first < 2; enciphered_first++) {
		struct world w;
		world_begin(&w, 5820);
		for (size_t k = 0; k < 60; k++)
			add(&w, healthy(&w, CONTENT_TEXT, 4.4, 5.0, 0, 0, .15, .25, between(600, 30000)), "/srv/app/%zu/m%zu.js", k % 4, k);
		assert_false(world_snapshot(&w)->damage);
		for (size_t i = 0; i < w.now.n; i++)
			changed(&w, &w.now.f[i], healthy(&w, CONTENT_TEXT, enciphered_first ? 5.96 : 5.4, enciphered_first ? 6.05 : 5.77, 0, 0, .001, .01, w.now.f[i].t.size * 4 / 3 + 16));
		expect(&w, enciphered_first, NULL);
		world_end(&w);
	}
}

/* Turned round, JSON is none and has the same bytes; sorted by its keys it is still JSON. Beside it, plain texts are told, too. */
static void test_reordered(void **state)
{
	for (int turned = 0; turned < 2; turned++) {
		struct world w;
		char text[160] = "";
		world_begin(&w, 5830);
		for (size_t k = 0; k < 30; k++) {
			bool json = k % 2;
			struct file *f = add(&w, healthy(&w, json ? CONTENT_JSON : CONTENT_TEXT, 4.2, 4.6, 0, 0, .16, .2, between(200, 1900)), "/srv/notes/%zu/n%zu%s", k % 4, k, json ? ".json" : ".txt");
			if (!json)
				memcpy(text, f->path, sizeof text);
		}
		assert_false(world_snapshot(&w)->damage);
		for (size_t i = 0; i < w.now.n; i++) {
			struct vault_trait t = w.now.f[i].t;
			t.head[0] ^= 1;
			if (turned && t.type == CONTENT_JSON)
				t.type = CONTENT_TEXT;
			changed(&w, &w.now.f[i], t);
		}
		expect(&w, turned, turned ? "in another order" : NULL);
		if (turned)
			assert_true(is_damaged(&w, text));
		world_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_place), cmocka_unit_test(test_renamed), cmocka_unit_test(test_slow), cmocka_unit_test(test_slow_look_back), cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_mass_deletion), cmocka_unit_test(test_clearing_up), cmocka_unit_test(test_notes), cmocka_unit_test(test_notes_above), cmocka_unit_test(test_accepted), cmocka_unit_test(test_families), cmocka_unit_test(test_two_broken_pictures),
		cmocka_unit_test(test_gpg), cmocka_unit_test(test_first), cmocka_unit_test(test_printable), cmocka_unit_test(test_onion), cmocka_unit_test(test_signs), cmocka_unit_test(test_torn), cmocka_unit_test(test_masked), cmocka_unit_test(test_unknown_in_part),
		cmocka_unit_test(test_disguised), cmocka_unit_test(test_unreadable), cmocka_unit_test(test_zeroed_texts), cmocka_unit_test(test_exchanged), cmocka_unit_test(test_not_exchanged), cmocka_unit_test(test_slow_exchange), cmocka_unit_test(test_small_mail),
		cmocka_unit_test(test_tiny_edits), cmocka_unit_test(test_into_a_container), cmocka_unit_test(test_gathered), cmocka_unit_test(test_beside), cmocka_unit_test(test_expunged), cmocka_unit_test(test_git_crypt), cmocka_unit_test(test_base64_of_text), cmocka_unit_test(test_reordered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
