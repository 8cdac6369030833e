/* The judge on what was enciphered and then written so that it looks like something: letters, mails, archives, pictures; on what is locked away in archives; and on what holds no data. Beside each the work of people that
 * looks most like it. Figures are those that were measured on real files and on what bench/judge/run makes of them. */
#include "judge_world.h"

static void expect(struct world *w, bool damage, const char *sentence, int line)
{
	world_judge(w);
	const char *said = reasons(w);
	if (w->v.damage != damage)
		fail_msg("line %d: verdict %s: %s", line, w->v.damage ? "damage" : "clean", said);
	if (sentence && !strstr(said, sentence))
		fail_msg("line %d: no '%s' in %s", line, sentence, said);
}
#define EXPECT(w, damage, sentence) expect(w, damage, sentence, __LINE__)

/* How many changes of this kind looking back finds to be part of the damage. */
struct back {
	const struct vault_verdict *v;
	char what;
	size_t found, damaged;
};
static void look_back(void *arg, struct vault_change *c, struct file *after)
{
	struct back *b = arg;
	char reason[96];
	if (c->what != b->what)
		return;
	b->found++;
	b->damaged += vault_judge_file(c, b->v, reason);
}
static struct back back(struct world *w, char what)
{
	struct back b = {.v = &w->v, .what = what};
	each_change(w, look_back, &b);
	return b;
}

/* Texts of a few kinds in some folders. */
static void texts(struct world *w, uint64_t seed, size_t n)
{
	static const struct { int type; const char *suffix; double e0, e1, w0, w1; } kinds[] = {
		{CONTENT_TEXT, ".txt", 4.1, 4.3, .15, .17}, {CONTENT_CSV, ".csv", 4.6, 4.75, .19, .21}, {CONTENT_JSON, ".json", 4.4, 4.6, .44, .48}, {CONTENT_HL7V2, ".hl7", 4.8, 4.95, .28, .3}};
	world_begin(w, seed);
	for (size_t k = 0; k < n; k++) {
		size_t i = k % ARRAY_LEN(kinds);
		add(w, healthy(w, kinds[i].type, kinds[i].e0, kinds[i].e1, 0, 0, kinds[i].w0, kinds[i].w1, between(300, 9000)), "/srv/notes/%zu/n%zu%s", k % 5, k, kinds[i].suffix);
	}
	assert_false(world_snapshot(w)->damage);
}

static struct vault_trait written(struct world *w, int type, double e0, double e1, double w0, double w1, uint64_t size)
{
	return healthy(w, type, e0, e1, 0, 0, w0, w1, size);
}

/* ---- letters for noise ---- */

static void test_encoded(void **state)
{
	static const struct { const char *name; int type; double e0, e1, w0, w1, grows; bool damage; } ways[] = {
		{"base32 of noise", CONTENT_TEXT, 4.99, 5.04, .013, .014, 1.62, true},
		{"base85 of noise", CONTENT_TEXT, 6.3, 6.42, .115, .13, 1.27, true},
		{"noise in a mail", CONTENT_MAIL, 6.0, 6.04, .015, .04, 1.45, true},
		{"noise in a JSON string", CONTENT_JSON, 6.0, 6.03, .002, .03, 1.36, true},
		{"base32 of text", CONTENT_TEXT, 4.76, 4.89, 0, .001, 1.6, false},
		{"base64 of text", CONTENT_TEXT, 5.28, 5.65, .001, .002, 1.34, false},
		{"in Chinese", CONTENT_TEXT, 6.12, 6.45, .02, .1, 1.1, false},
		{"minified", CONTENT_TEXT, 4.9, 5.2, .12, .2, .6, false},
		{"anonymous", CONTENT_TEXT, 4.7, 5.15, .16, .2, 1.0, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct world w;
		texts(&w, 6000 + i, 60);
		for (size_t k = 0; k < w.now.n; k++)
			changed(&w, &w.now.f[k], written(&w, ways[i].type, ways[i].e0, ways[i].e1, ways[i].w0, ways[i].w1, (uint64_t)((double)w.now.f[k].t.size * ways[i].grows)));
		world_judge(&w);
		if (w.v.damage != ways[i].damage)
			fail_msg("%s: %s", ways[i].name, reasons(&w));
		struct back b = back(&w, '~');
		if (ways[i].damage && b.damaged != b.found)
			fail_msg("%s: %zu of %zu", ways[i].name, b.damaged, b.found);
		world_end(&w);
	}
}

/* Documents that were no text: letters of noise stand under their names. */
static void test_documents_encoded(void **state)
{
	struct world w;
	world_begin(&w, 6100);
	for (size_t k = 0; k < 12; k++)
		add(&w, healthy_kind(&w, k % 3), "/srv/letters/%zu/l%zu%s", k % 3, k, KINDS[k % 3].suffix);
	assert_false(world_snapshot(&w)->damage);
	for (size_t k = 0; k < 12; k++)
		changed(&w, &w.now.f[k], written(&w, CONTENT_TEXT, 6.38, 6.42, .118, .125, w.now.f[k].t.size * 5 / 4));
	EXPECT(&w, true, "turned into noise");
	assert_int_equal(back(&w, '~').damaged, 12);
	world_end(&w);
}

/* Values within a table, a message: a few are somebody's new way of writing, twelve of twelve are not. */
static void test_fields(void **state)
{
	for (int few = 0; few < 2; few++) {
		struct world w;
		texts(&w, 6200, 80);
		size_t n = few ? 5 : 16;
		for (size_t k = 0; k < w.now.n && n; k++) {
			struct vault_trait *t = &w.now.f[k].t;
			if (t->type == CONTENT_TEXT)
				continue;
			changed(&w, &w.now.f[k], written(&w, t->type, t->entropy + .95, t->entropy + 1, t->word_share * .7, t->word_share * .75, t->size * 13 / 10));
			n--;
		}
		EXPECT(&w, !few, few ? NULL : "cannot be read any more");
		struct back b = back(&w, '~');
		assert_int_equal(b.damaged, few ? 0 : b.found);
		world_end(&w);
	}
}

/* ---- archives ---- */

/* gzip of text is a third of it; gzip of noise is no smaller than the text was. */
static void test_packs_nothing(void **state)
{
	for (int noise_in_it = 0; noise_in_it < 2; noise_in_it++)
		for (int renamed = 0; renamed < 2; renamed++) {
			struct world w;
			texts(&w, 6300 + (uint64_t)noise_in_it, 40);
			for (size_t k = 0; k < w.now.n; k++) {
				struct file *f = &w.now.f[k];
				struct vault_trait t = healthy(&w, k % 2 ? CONTENT_GZIP : CONTENT_ZIP, 7.6, 7.9, .5, .9, .05, .08, noise_in_it ? f->t.size + 23 : f->t.size / 3);
				changed(&w, f, t);
				if (!renamed)
					continue;
				char path[160];
				assert_true((size_t)snprintf(path, sizeof path, "%.150s.q7x", f->path) < sizeof path);
				memcpy(f->path, path, sizeof path);
				f->t.named = CONTENT_UNKNOWN;
				f->ino = new_ino(&w);
			}
			EXPECT(&w, noise_in_it, NULL);
			struct back b = back(&w, renamed ? '-' : '~');
			assert_int_equal(b.damaged, noise_in_it ? b.found : 0);
			world_end(&w);
		}
}

/* Folder by folder into an archive under a password, and the originals deleted: with a note beside it is extortion, without one somebody locks away what is his. */
static void test_locked_up(void **state)
{
	for (int note = 0; note < 2; note++) {
		struct world w;
		world_begin(&w, 6400);
		for (size_t k = 0; k < 200; k++)
			add(&w, healthy_kind(&w, k % 9), "/srv/share/%zu/f%zu%s", k % 10, k, KINDS[k % 9].suffix);
		assert_false(world_snapshot(&w)->damage);
		uint8_t text[8] = "a note!";
		for (size_t d = 0; d < 5; d++) {
			uint64_t bytes = 0;
			char dir[32];
			snprintf(dir, sizeof dir, "/srv/share/%zu/", d);
			for (size_t k = w.now.n; k-- > 0;)
				if (strncmp(w.now.f[k].path, dir, strlen(dir)) == 0) {
					bytes += w.now.f[k].t.size;
					gone(&w, k);
				}
			struct file *a = add(&w, healthy(&w, CONTENT_SEVENZIP, 7.98, 7.99, .98, .99, .06, .07, bytes / 2), "/srv/share/%zu/data.7z", d);
			a->t.encrypted = true;
			if (!note)
				continue;
			struct file *n = add(&w, written(&w, CONTENT_TEXT, 4.4, 4.5, .15, .16, 900), "/srv/share/%zu/READ ME.txt", d);
			n->t.onion = true;
			memcpy(n->t.head, text, sizeof text);
		}
		EXPECT(&w, note, "sealed by a known tool or a password");
		if (note) {
			assert_int_equal(back(&w, '-').damaged, 100);
			assert_int_equal(back(&w, '+').damaged, 10);
		}
		world_end(&w);
	}
}

/* A password on every PDF, under their names: the same. */
static void test_sealed_in_place(void **state)
{
	for (int note = 0; note < 2; note++) {
		struct world w;
		world_begin(&w, 6450);
		for (size_t k = 0; k < 40; k++)
			add(&w, healthy_kind(&w, 2), "/srv/share/%zu/f%zu.pdf", k % 8, k);
		assert_false(world_snapshot(&w)->damage);
		for (size_t k = 0, n = w.now.n; k < n; k++) {
			struct vault_trait t = healthy_kind(&w, 2);
			t.encrypted = true;
			changed(&w, &w.now.f[k], t);
			if (note && k < 8) {
				struct file *f = add(&w, written(&w, CONTENT_TEXT, 4.4, 4.5, .15, .16, 900), "/srv/share/%zu/READ ME.txt", k);
				f->t.onion = true;
				memset(f->t.head, 7, sizeof f->t.head);
			}
		}
		EXPECT(&w, note, NULL);
		struct back b = back(&w, '~');
		assert_int_equal(b.damaged, note ? b.found : 0);
		world_end(&w);
	}
}

/* ---- no data ---- */

static void test_hollow(void **state)
{
	for (int how = 0; how < 3; how++) { /* freed; the same with another time; zeros that take room, and the time put back */
		struct world w;
		world_begin(&w, 6500);
		for (size_t k = 0; k < 40; k++)
			add(&w, healthy_kind(&w, k % 6), "/srv/home/%zu/f%zu%s", k % 4, k, KINDS[k % 6].suffix);
		assert_false(world_snapshot(&w)->damage);
		for (size_t k = 0; k < w.now.n; k++) {
			struct vault_trait t = {.type = CONTENT_UNKNOWN, .size = w.now.f[k].t.size, .hollow = how != 2};
			changed(&w, &w.now.f[k], t);
			w.now.f[k].kept_time = how != 1;
		}
		EXPECT(&w, how > 0, how ? "one byte value" : "hold no data any more");
		assert_int_equal(back(&w, '~').damaged, 40); /* freed, too: whoever restores wants the data */
		world_settle(&w);
		EXPECT(&w, how > 0, NULL);
		world_settle(&w);
		for (size_t k = 0; k < w.now.n; k++) /* fetched again */
			changed(&w, &w.now.f[k], healthy_kind(&w, k % 6));
		EXPECT(&w, false, NULL);
		assert_int_equal(back(&w, '~').damaged, 0);
		world_end(&w);
	}
}

/* Nobody overwrites three documents with zeros at their length by mistake; empty ones are seen now and then. */
static void test_three_zeroed(void **state)
{
	for (int empty = 0; empty < 2; empty++) {
		struct world w;
		world_begin(&w, 6550);
		for (size_t k = 0; k < 60; k++)
			add(&w, healthy_kind(&w, k % 4), "/srv/home/%zu/f%zu%s", k % 4, k, KINDS[k % 4].suffix);
		assert_false(world_snapshot(&w)->damage);
		for (size_t k = 0; k < 3; k++)
			changed(&w, &w.now.f[k * 5], (struct vault_trait){.type = empty ? CONTENT_EMPTY : CONTENT_UNKNOWN, .size = empty ? 0 : w.now.f[k * 5].t.size});
		EXPECT(&w, !empty, NULL);
		world_end(&w);
	}
}

/* ---- few, and small ---- */

/* Three of two types whose structure is lost, and nothing whole that changed beside them; of one type they are a program's own way of writing. */
static void test_all_broken(void **state)
{
	for (int types = 1; types <= 2; types++) {
		struct world w;
		world_begin(&w, 6600);
		for (size_t k = 0; k < 60; k++)
			add(&w, healthy_kind(&w, k % 2 ? 2 : 3), "/srv/home/%zu/f%zu%s", k % 4, k, KINDS[k % 2 ? 2 : 3].suffix);
		assert_false(world_snapshot(&w)->damage);
		size_t left[2] = {types == 2 ? 2 : 4, types == 2 ? 2 : 0};
		for (size_t k = 0; k < w.now.n; k++) {
			struct vault_trait t = w.now.f[k].t;
			if (!left[t.type == CONTENT_JPEG])
				continue;
			left[t.type == CONTENT_JPEG]--;
			t.state = CONTENT_LOST;
			changed(&w, &w.now.f[k], t);
		}
		EXPECT(&w, types == 2, NULL);
		world_end(&w);
	}
}

/* Words of a few letters cannot be told from noise: they are part of it where most of what can be told is; else somebody wrote another word. */
static void test_tiny(void **state)
{
	for (int attack = 0; attack < 2; attack++) {
		struct world w;
		world_begin(&w, 6700);
		for (size_t k = 0; k < 60; k++)
			add(&w, written(&w, CONTENT_TEXT, k % 2 ? 1.5 : 4.2, k % 2 ? 2 : 4.4, .15, .2, k % 2 ? 5 : 900), "/srv/notes/%zu/n%zu.txt", k % 4, k);
		assert_false(world_snapshot(&w)->damage);
		for (size_t k = 0; k < w.now.n; k++) {
			struct file *f = &w.now.f[k];
			bool tiny = f->t.size < 64;
			if (tiny || attack)
				changed(&w, f, tiny ? written(&w, CONTENT_TEXT, 1.6, 2.3, 0, .2, 5) : noise(&w, f->t.size));
		}
		EXPECT(&w, attack, NULL);
		struct back b = back(&w, '~');
		assert_int_equal(b.damaged, attack ? b.found : 0);
		world_end(&w);
	}
}

/* A whole picture, and noise behind it, under the names of films and X-rays: a picture that is not whole. */
static void test_picture_in_front(void **state)
{
	struct world w;
	world_begin(&w, 6800);
	for (size_t k = 0; k < 60; k++)
		add(&w, healthy_kind(&w, k % 2 ? 10 : 17), "/srv/pacs/%zu/f%zu%s", k % 4, k, KINDS[k % 2 ? 10 : 17].suffix);
	assert_false(world_snapshot(&w)->damage);
	for (size_t k = 0; k < 3; k++) {
		struct vault_trait t = healthy(&w, CONTENT_PNG, 7.95, 7.99, .8, .9, .05, .08, w.now.f[k].t.size + 24000);
		t.state = CONTENT_LOST;
		changed(&w, &w.now.f[k], t);
	}
	EXPECT(&w, true, NULL);
	world_end(&w);
}

/* Thirty mails of two hundred emptied say nothing; eighty do: people delete mail, they do not empty it. */
static void test_emptied(void **state)
{
	for (int many = 0; many < 2; many++) {
		struct world w;
		world_begin(&w, 6900);
		for (size_t k = 0; k < 200; k++)
			add(&w, written(&w, CONTENT_MAIL, 5, 5.2, .15, .18, between(900, 9000)), "/srv/mail/%zu/m%zu", k % 4, k);
		assert_false(world_snapshot(&w)->damage);
		for (size_t k = 0; k < (many ? 80 : 30); k++)
			changed(&w, &w.now.f[k], (struct vault_trait){.type = CONTENT_EMPTY});
		EXPECT(&w, many, NULL);
		world_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encoded), cmocka_unit_test(test_documents_encoded), cmocka_unit_test(test_fields), cmocka_unit_test(test_packs_nothing), cmocka_unit_test(test_locked_up), cmocka_unit_test(test_sealed_in_place),
		cmocka_unit_test(test_hollow), cmocka_unit_test(test_three_zeroed), cmocka_unit_test(test_all_broken), cmocka_unit_test(test_tiny), cmocka_unit_test(test_picture_in_front), cmocka_unit_test(test_emptied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
