/* The judge on thousands of drawn stories: everyday work in any mixture never raises damage; attacks of at least five files (six where only what is behind standing headers shows) always do.
 * HOLDFAST_JUDGE_ROUNDS=N draws more. */
#include <stdlib.h>

#include "judge_world.h"

static unsigned rounds(unsigned usual)
{
	const char *n = getenv("HOLDFAST_JUDGE_ROUNDS");
	uint64_t v;
	return n && num_u64(slice_str(n), 1, 10000000, &v) == 0 ? (unsigned)v : usual;
}

static struct file *any(struct world *w)
{
	return w->now.n ? &w->now.f[below(w->now.n)] : NULL;
}

static bool whole(const struct file *f)
{
	return f->t.state == CONTENT_VALID && !f->t.marks;
}

/* ---- everyday work ---- */

static void work_edits(struct world *w)
{
	for (uint64_t n = below(w->now.n / 2 + 2); n; n--)
		if (any(w) && any(w)->t.size) {
			struct file *f = any(w);
			if (whole(f) && f->t.named == f->t.type) /* nobody works on a copy that was enciphered */
				edit(w, f);
		}
}

static void work_upgrade(struct world *w)
{
	size_t have = 0;
	for (size_t i = 0; i < w->now.n; i++)
		have += strncmp(w->now.f[i].path, "/usr/", 5) == 0;
	if (!have) { /* the system, as it was installed */
		for (uint64_t i = 0, n = between(50, 600); i < n; i++) {
			switch (below(6)) {
			case 0: add(w, healthy(w, CONTENT_ELF, 5.5, 6.7, 0, .2, .02, .1, between(9000, 900000)), "/usr/bin/p%d", (int)i); break;
			case 1: add(w, healthy(w, CONTENT_ELF, 5.5, 6.7, 0, .2, .02, .1, between(9000, 900000)), "/usr/lib/lib%d.so.1.%d", (int)i, (int)below(9)); break;
			case 2: add(w, healthy(w, CONTENT_TEXT, 4, 5, 0, 0, .2, .3, between(100, 90000)), "/usr/lib/python3/m%d.py", (int)i); break;
			case 3: add(w, unknown_binary(w, between(400, 90000)), "/usr/lib/python3/__pycache__/m%d.pyc", (int)i); break;
			case 4: add(w, healthy(w, CONTENT_GZIP, 7, 7.9, .2, .9, .05, .08, between(300, 9000)), "/usr/share/man/m%d.gz", (int)i); break;
			default: add(w, noise(w, between(3000, 90000)), "/usr/lib/cache/idx%d.lz4", (int)i); break;
			}
		}
		return;
	}
	for (size_t i = 0; i < w->now.n;) {
		struct file *f = &w->now.f[i];
		if (strncmp(f->path, "/usr/", 5) == 0 && !one_in(4)) {
			if (strstr(f->path, ".so.")) { /* lib1.so.1.3 -> lib1.so.1.7 */
				struct file g = *f;
				gone(w, i);
				struct vault_trait t = healthy(w, CONTENT_ELF, 5.5, 6.7, 0, .2, .02, .1, g.t.size + below(9000));
				add(w, t, "%.*s%d", (int)strlen(g.path) - 1, g.path, (int)below(9));
				i++;
				continue;
			}
			struct vault_trait t = f->t;
			t.size += below(5000);
			if (t.type == CONTENT_UNKNOWN && t.entropy < 7)
				t.entropy = ranged(1, 7.1);
			if (t.type == CONTENT_TEXT && one_in(9)) { /* a script is a program now, and the other way round */
				t = healthy(w, CONTENT_ELF, 5.5, 6.7, 0, .2, .02, .1, between(9000, 900000));
				t.named = CONTENT_UNKNOWN;
			}
			if (t.type == CONTENT_TEXT && one_in(60))
				t.state = CONTENT_LOST;
			changed(w, f, t);
		}
		i++;
	}
}

static void work_git(struct world *w)
{
	static const char *const kinds[] = {".c", ".h", ".py", ".md", ".json", ".png"};
	uint64_t repo = below(3);
	char prefix[40];
	snprintf(prefix, sizeof prefix, "/home/dev/r%d/", (int)repo);
	size_t n = 0;
	for (size_t i = 0; i < w->now.n;) { /* a checkout: some change, some go, some come; sometimes nearly all */
		struct file *f = &w->now.f[i];
		if (strncmp(f->path, prefix, strlen(prefix)) != 0 || strstr(f->path, ".git")) {
			i++;
			continue;
		}
		n++;
		switch (below(6)) {
		case 0:
			gone(w, i);
			continue;
		case 1: case 2:
			if (whole(f) && f->t.named == f->t.type && !content_textual(f->t.type) && one_in(3)) { /* a pointer of LFS */
				struct vault_trait t = healthy(w, CONTENT_TEXT, 4.5, 5, 0, 0, .1, .15, 130);
				t.state = CONTENT_LOST;
				changed(w, f, t);
			} else if (whole(f)) {
				edit(w, f);
			}
			break;
		}
		i++;
	}
	for (uint64_t i = 0, m = n ? below(60) : between(30, 200); i < m; i++) {
		size_t k = below(6);
		struct vault_trait t = k == 5 ? healthy_kind(w, 4) : healthy(w, k == 4 ? CONTENT_JSON : CONTENT_TEXT, 4.2, 5.2, 0, 0, .15, .3, between(40, 40000));
		add(w, t, "%ssrc%d/f%d%s", prefix, (int)below(9), (int)below(400), kinds[k]);
	}
	for (uint64_t i = 0, m = below(80); i < m; i++) /* loose objects: zlib streams */
		add(w, noise(w, between(40, 9000)), "%s.git/objects/%02x/%016llx", prefix, (unsigned)below(256), (unsigned long long)rnd());
	if (one_in(3)) { /* gc */
		for (size_t i = 0; i < w->now.n;)
			if (strncmp(w->now.f[i].path, prefix, strlen(prefix)) == 0 && strstr(w->now.f[i].path, "/objects/"))
				gone(w, i);
			else
				i++;
		add(w, noise(w, between(90000, 9000000)), "%s.git/objects/pack/pack-%016llx.pack", prefix, (unsigned long long)rnd());
		add(w, healthy(w, CONTENT_UNKNOWN, 7, 7.5, .1, .5, .05, .08, between(9000, 90000)), "%s.git/objects/pack/pack-%016llx.idx", prefix, (unsigned long long)rnd());
	}
}

static void convert(struct world *w, int from, int to, const char *suffix, bool append, double shrink, bool known)
{
	uint64_t most = between(1, 400), n = 0;
	for (size_t i = 0, end = w->now.n; i < end && n < most; i++) {
		struct file *f = &w->now.f[i];
		if (f->t.type != from || !whole(f))
			continue;
		uint64_t size = (uint64_t)((double)f->t.size * shrink) + 60;
		struct vault_trait t = known ? healthy(w, to, 7.6, 7.99, .4, .95, .05, .08, size) : noise(w, size);
		struct file g = {.t = t, .id = ++w->next_id, .ino = new_ino(w)};
		snprintf(g.path, sizeof g.path, "%.*s%s", append ? (int)strlen(f->path) : (int)(strlen(f->path) - strlen(suffix_of(f->path))), f->path, suffix);
		*f = g;
		n++;
	}
}

static void work_reencode(struct world *w)
{
	switch (below(6)) {
	case 0: /* under the old names */
		for (size_t i = 0; i < w->now.n; i++)
			if (w->now.f[i].t.type == CONTENT_JPEG && whole(&w->now.f[i])) {
				struct vault_trait t = healthy_kind(w, 3);
				t.size = w->now.f[i].t.size * between(40, 110) / 100;
				changed(w, &w->now.f[i], t);
			}
		break;
	case 1: convert(w, CONTENT_JPEG, CONTENT_WEBP, ".webp", false, .6, true); break;
	case 2: convert(w, CONTENT_WAV, CONTENT_MP3, ".mp3", one_in(2), .1, true); break;
	case 3: convert(w, CONTENT_WAV, 0, ".flac", false, .6, false); break;
	case 4: convert(w, CONTENT_PNG, CONTENT_JPEG, ".jpg", false, .4, true); break;
	default: convert(w, CONTENT_JPEG, 0, ".avif", false, .3, false); break;
	}
}

static void work_pack(struct world *w)
{
	static const int from[] = {CONTENT_CSV, CONTENT_TEXT, CONTENT_XML, CONTENT_HL7V2, CONTENT_JSON, CONTENT_DICOM};
	int t = from[below(6)];
	switch (below(6)) {
	case 0: convert(w, t, CONTENT_GZIP, ".gz", true, .2, true); break;
	case 1: convert(w, t, CONTENT_ZSTD, ".zst", true, .2, true); break;
	case 2: convert(w, t, 0, ".lz4", true, .4, false); break;
	case 3: convert(w, t, 0, ".br", true, .15, false); break;
	case 4: convert(w, t, CONTENT_SEVENZIP, ".7z", one_in(2), .15, true); break;
	default: convert(w, CONTENT_CSV, 0, ".parquet", false, .4, false); break;
	}
}

static void work_gpg(struct world *w)
{
	int type = one_in(3) ? CONTENT_AGE : CONTENT_PGP;
	uint64_t most = between(1, 300), n = 0, folder = below(7);
	bool keep = one_in(3);
	char under[32];
	snprintf(under, sizeof under, "/srv/share/%d/", (int)folder);
	for (size_t i = 0, end = w->now.n; i < end && n < most; i++) {
		struct file f = w->now.f[i];
		if (!strstr(f.path, under) || !whole(&f))
			continue;
		struct vault_trait t = noise(w, f.t.size * between(60, 101) / 100 + 400);
		t.type = t.named = type;
		t.state = CONTENT_VALID;
		t.encrypted = true;
		struct file g = {.t = t, .id = ++w->next_id, .ino = new_ino(w)};
		snprintf(g.path, sizeof g.path, "%.150s%s", f.path, type == CONTENT_AGE ? ".age" : one_in(9) ? ".asc" : ".gpg");
		if (keep)
			tree_add(&w->now, &g);
		else
			w->now.f[i] = g;
		n++;
	}
}

static void work_dumps(struct world *w)
{
	uint64_t day = w->snapshots;
	add(w, healthy(w, CONTENT_GZIP, 7.9, 7.99, .9, 1, .05, .08, between(90000, 900000)), "/var/backups/db-%d.sql.gz", (int)day);
	add(w, noise(w, between(90000, 900000)), "/var/backups/db-%d.sql.enc", (int)day);
	for (size_t i = 0; i < w->now.n;)
		if (strstr(w->now.f[i].path, "/var/backups/db-") && one_in(5))
			gone(w, i);
		else
			i++;
}

static void work_logs(struct world *w)
{
	bool copytruncate = one_in(2);
	for (int i = 0; i < 40; i++) {
		char path[60];
		struct file *log = NULL;
		snprintf(path, sizeof path, "/var/log/app%d.log", i);
		for (size_t k = 0; k < w->now.n; k++)
			if (strcmp(w->now.f[k].path, path) == 0)
				log = &w->now.f[k];
		struct vault_trait fresh = healthy(w, CONTENT_TEXT, 4.4, 5.2, 0, 0, .15, .3, between(200, 900000));
		if (!log) {
			add(w, fresh, "%s", path);
			continue;
		}
		if (log->t.size == 0) {
			changed(w, log, fresh);
			continue;
		}
		struct vault_trait old = log->t, gz = healthy(w, CONTENT_GZIP, 7.6, 7.99, .5, .95, .05, .08, old.size / 8 + 60);
		old.marks = 0;
		old.named = CONTENT_UNKNOWN;
		if (copytruncate) {
			changed(w, log, (struct vault_trait){.type = CONTENT_EMPTY});
			add(w, old, "%s.1", path);
		} else {
			log->ino = new_ino(w);
			changed(w, log, fresh);
			if (one_in(2))
				add(w, old, "%s.1", path);
			else
				add(w, gz, "%s.%d.gz", path, (int)w->snapshots);
		}
	}
	for (size_t i = 0; i < w->now.n;)
		if (strncmp(w->now.f[i].path, "/var/log/", 9) == 0 && strstr(w->now.f[i].path, ".gz") && one_in(3))
			gone(w, i);
		else
			i++;
}

static void work_unpack(struct world *w)
{
	int at = (int)below(1000);
	struct vault_trait licence = healthy(w, CONTENT_TEXT, 4.5, 4.6, 0, 0, .2, .2, 1080);
	for (uint64_t i = 0, n = between(5, 300); i < n; i++) {
		size_t k = below(KIND_N);
		struct vault_trait t = healthy_kind(w, k);
		if (one_in(40))
			t.state = CONTENT_LOST;
		add(w, one_in(4) ? unknown_binary(w, between(10, 90000)) : t, "/home/u/unpacked%d/d%d/f%d%s", at, (int)(i / 9), (int)i, KINDS[k].suffix);
		if (i % 9 == 0)
			add(w, licence, "/home/u/unpacked%d/d%d/LICENSE", at, (int)(i / 9));
	}
}

static void work_photos(struct world *w)
{
	for (uint64_t i = 0, n = between(5, 300); i < n; i++)
		add(w, healthy_kind(w, one_in(9) ? 17 : 3), "/srv/photos/%d/IMG_%d.jpg", (int)w->snapshots, (int)i);
}

static void work_vm(struct world *w)
{
	for (int i = 0; i < 4; i++) {
		struct vault_trait t = healthy(w, i & 1 ? CONTENT_VMDISK : CONTENT_UNKNOWN, 1, 7.9, 0, .9, .02, .2, UINT64_C(20) << 30);
		if (t.type == CONTENT_VMDISK && one_in(20))
			t.state = CONTENT_LOST;
		struct file *f = add(w, t, "/vm/disk%d.img", i);
		f->edited = true;
	}
}

static void work_mail(struct world *w)
{
	for (int i = 0; i < 30; i++)
		if (one_in(2))
			add(w, healthy(w, CONTENT_MAIL, 4.5, 6.1, 0, 0, .1, .2, between(900, 9000000)), "/mail/box%d.mbox", i);
	for (size_t i = 0; i < w->now.n;)
		if (strstr(w->now.f[i].path, "/mail/cur/") && one_in(3))
			gone(w, i);
		else
			i++;
	for (uint64_t i = 0, n = below(100); i < n; i++)
		add(w, healthy(w, CONTENT_MAIL, 4.5, 6.1, 0, 0, .03, .2, between(900, 90000)), "/mail/cur/%lld.M%d", (long long)rnd(), (int)i);
}

static void work_passwords(struct world *w)
{
	for (size_t i = 0; i < w->now.n; i++) {
		struct file *f = &w->now.f[i];
		if (f->t.type == CONTENT_OOXML && whole(f) && one_in(3)) {
			struct vault_trait t = healthy(w, CONTENT_OLE2, 7.6, 7.99, .8, 1, .05, .08, f->t.size + 9000);
			t.encrypted = true;
			changed(w, f, t);
		} else if (f->t.type == CONTENT_PDF && whole(f) && one_in(3)) {
			struct vault_trait t = f->t;
			t.encrypted = true;
			t.size += 900;
			changed(w, f, t);
		}
	}
}

static void work_clear_folder(struct world *w)
{
	static const char *const words[] = {"letter", "report", "plan", "scan", "roster", "list", "minutes", "invoice", "photo", "result"};
	char under[60];
	snprintf(under, sizeof under, "/%d/%s/", (int)below(7), words[below(10)]);
	for (size_t i = 0; i < w->now.n;)
		if (strstr(w->now.f[i].path, under))
			gone(w, i);
		else
			i++;
}

static void work_broken_few(struct world *w)
{
	size_t today = 0; /* two a day, on one day of four: a disk, a program that crashed */
	for (size_t i = 0; i < w->now.n; i++)
		today += w->now.f[i].t.state == CONTENT_LOST && w->now.f[i].id > w->id_then;
	for (; today < 2 && w->snapshots % 4 == 1; today++) {
		struct file *f = any(w);
		if (!f || !whole(f) || f->t.named != f->t.type)
			continue;
		struct vault_trait t = f->t;
		t.state = CONTENT_LOST;
		switch (below(3)) {
		case 0: t.size /= 3; break;          /* cut short */
		case 1: t.entropy *= .8f; break;     /* a hole of zeros */
		default: t = (struct vault_trait){.type = CONTENT_UNKNOWN, .size = t.size, .state = CONTENT_LOST}; break; /* nothing but zeros, after a power failure */
		}
		changed(w, f, t);
	}
}

static void work_downloads(struct world *w)
{
	for (uint64_t i = 0, n = between(1, 20); i < n; i++) {
		struct vault_trait t = healthy_kind(w, one_in(2) ? 12 : 2);
		t.state = CONTENT_LOST;
		add(w, t, "/home/u/Downloads/d%d-%d%s", (int)w->snapshots, (int)i, one_in(2) ? ".zip" : ".pdf.part");
	}
	for (size_t i = 0; i < w->now.n;) { /* and finished ones lose their ".part" */
		struct file f = w->now.f[i];
		char *part = strstr(f.path, ".part");
		if (part && one_in(2)) {
			gone(w, i);
			*part = 0;
			add(w, healthy_kind(w, 2), "%s", f.path)->ino = f.ino;
		} else {
			i++;
		}
	}
}

/* A browser's cache: names are random, inodes are given out again, half of the bodies are packed by something unknown. */
static void work_cache(struct world *w)
{
	for (size_t i = 0; i < w->now.n;)
		if (strstr(w->now.f[i].path, "/cache2/") && one_in(2))
			gone(w, i);
		else
			i++;
	static const size_t kinds[] = {3, 4, 5, 7, 16};
	w->reuse = true;
	for (uint64_t i = 0, n = between(5, 250); i < n; i++) {
		struct vault_trait t = one_in(2) ? noise(w, between(200, 90000)) : healthy_kind(w, kinds[below(5)]);
		t.named = CONTENT_UNKNOWN;
		t.size = t.size % 90000 + 40;
		add(w, t, "/home/u/.cache/ff/cache2/entries/%016llX", (unsigned long long)rnd());
	}
	w->reuse = false;
}

static void work_app_format(struct world *w)
{
	uint64_t which = below(5);
	for (int i = 0; i < 40; i++) { /* a program writes its files anew, in another format of its own; they were ordered and are packed now */
		char path[60];
		snprintf(path, sizeof path, "/var/lib/app%d/seg%d.dat", (int)which, i);
		if (w->snapshots % 3 == 1 && i < 5)
			add(w, noise(w, between(9000, 90000)), "%s", path);
		else
			add(w, unknown_binary(w, between(9000, 90000)), "%s", path);
	}
}

static void work_desktop_ini(struct world *w)
{
	struct vault_trait t = healthy(w, CONTENT_TEXT, 4.5, 4.6, 0, 0, .2, .2, 282);
	for (size_t i = 0, n = w->now.n; i < n; i++)
		if (one_in(3) && w->now.n < 1900) {
			char path[160];
			memcpy(path, w->now.f[i].path, sizeof path);
			add(w, t, "%.*s/%s", dir_len(path), path, one_in(2) ? "desktop.ini" : "README.txt");
		}
}

static void work_renames(struct world *w)
{
	uint64_t how = below(4);
	for (size_t i = 0, most = below(w->now.n + 1); i < most; i++) {
		struct file *f = &w->now.f[i];
		char path[160];
		if (f->id > w->id_then) /* not what was converted or packed today: nobody could tell where that came from */
			continue;
		memcpy(path, f->path, sizeof path);
		switch (how) {
		case 0: snprintf(f->path, sizeof f->path, "%.150s.bak", path); break;
		case 1: snprintf(f->path, sizeof f->path, "%.*s/2026-%.90s", dir_len(path), path, base_of(path)); break;
		case 2: snprintf(f->path, sizeof f->path, "/moved%d/%d-%.90s", (int)w->snapshots, (int)i, base_of(path)); break;
		default: return;
		}
		f->t.named = how == 0 ? CONTENT_UNKNOWN : f->t.named;
	}
}

static void work_chunk_store(struct world *w)
{
	for (size_t i = 0; i < w->now.n;)
		if (strstr(w->now.f[i].path, "/repo/data/") && one_in(3))
			gone(w, i);
		else
			i++;
	for (uint64_t i = 0, n = between(1, 100); i < n; i++)
		add(w, noise(w, between(90000, 5000000)), "/backup/repo/data/%d/%d", (int)below(5), (int)(w->snapshots * 1000 + i));
}

static void work_databases(struct world *w)
{
	for (int i = 0; i < 12; i++) {
		struct vault_trait t = healthy_kind(w, 15);
		if (one_in(4))
			t.state = CONTENT_LOST; /* read between two writes */
		t.torn = one_in(5);
		struct file *f = add(w, t, "/var/lib/svc/db%d.sqlite", i);
		f->edited = true;
	}
}

static void work_nothing(struct world *w)
{
	(void)w;
}

typedef void work_fn(struct world *w);
static const struct { const char *name; work_fn *fn; } WORKS[] = {
	{"edits", work_edits}, {"upgrade", work_upgrade}, {"git", work_git}, {"re-encode", work_reencode}, {"pack", work_pack}, {"gpg", work_gpg}, {"dumps", work_dumps}, {"logs", work_logs},
	{"unpack", work_unpack}, {"photos", work_photos}, {"vm", work_vm}, {"mail", work_mail}, {"passwords", work_passwords}, {"clear folder", work_clear_folder}, {"broken few", work_broken_few},
	{"downloads", work_downloads}, {"cache", work_cache}, {"app format", work_app_format}, {"desktop.ini", work_desktop_ini}, {"renames", work_renames}, {"chunk store", work_chunk_store},
	{"databases", work_databases}, {"nothing", work_nothing},
};

static void test_everyday(void **state)
{
	unsigned n = rounds(400), deltas = 0, wrong = 0;
	for (unsigned r = 0; r < n; r++) {
		struct world w;
		world_begin(&w, r * 7919 + 1);
		people_files(&w, between(20, 400), between(2, 60));
		uint64_t habit = below(ARRAY_LEN(WORKS)); /* what goes on here every day */
		WORKS[habit].fn(&w);
		assert_false(world_snapshot(&w)->damage);
		for (uint64_t s = 0, last = between(3, 7); s < last; s++) {
			char done[300] = "";
			size_t at = 0;
			for (uint64_t k = 0, m = between(1, 3); k < m; k++) {
				uint64_t which = k == 0 && one_in(2) ? habit : below(ARRAY_LEN(WORKS));
				WORKS[which].fn(&w);
				at += (size_t)snprintf(done + at, sizeof done - at, " %s,", WORKS[which].name);
			}
			deltas++;
			if (world_snapshot(&w)->damage) {
				wrong++;
				if (wrong < 20)
					print_message("seed %u, snapshot %llu:%s %s\n", r, (unsigned long long)w.snapshots, done, reasons(&w));
				break;
			}
		}
		world_end(&w);
	}
	print_message("%u everyday deltas, %u taken for damage\n", deltas, wrong);
	assert_int_equal(wrong, 0);
}

/* ---- attacks ---- */

enum renaming { IN_PLACE, APPEND, APPEND_LONG, PREFIX, OTHER_SUFFIX, SCRAMBLED_INODE, RENAMINGS };
static const char *const RENAMING_NAMES[] = {"in place", "suffix", "long suffix", "prefix", "other suffix", "scrambled, inode kept"};

static void take(struct world *w, size_t i, enum pattern p, enum renaming r)
{
	struct file *f = &w->now.f[i];
	if (r == IN_PLACE) {
		changed(w, f, enciphered(w, &f->t, p, true));
		return;
	}
	struct file g = {.t = enciphered(w, &f->t, p, r == PREFIX), .id = ++w->next_id, .ino = r == SCRAMBLED_INODE || one_in(2) ? f->ino : ++w->next_ino};
	const char *path = f->path;
	switch (r) {
	case APPEND: snprintf(g.path, sizeof g.path, "%.140s.kq8", path); break;
	case APPEND_LONG: snprintf(g.path, sizeof g.path, "%.110s.[B86A1F7C].[x@y.example].zz9", path); break;
	case PREFIX: snprintf(g.path, sizeof g.path, "%.*s/Lock.%.100s", dir_len(path), path, base_of(path)); break;
	case OTHER_SUFFIX: snprintf(g.path, sizeof g.path, "%.*s.kq8", (int)(strlen(path) - strlen(suffix_of(path))), path); break;
	default: snprintf(g.path, sizeof g.path, "%.*s/%016llx", dir_len(path), path, (unsigned long long)rnd()); break;
	}
	*f = g;
}

static void test_attacks(void **state)
{
	unsigned n = rounds(400) * 4, missed = 0;
	for (unsigned r = 0; r < n; r++) {
		struct world w;
		world_begin(&w, r * 104729 + 5);
		people_files(&w, between(20, 400), between(2, 60));
		world_snapshot(&w);
		for (uint64_t s = below(4); s; s--) {
			work_edits(&w);
			if (one_in(3))
				work_logs(&w);
			world_snapshot(&w);
		}
		enum pattern p = (enum pattern)below(PATTERNS);
		enum renaming how = (enum renaming)below(RENAMINGS);
		bool behind_headers = p == PARTIAL || p == HEADER_KEPT;
		if (how == SCRAMBLED_INODE && behind_headers) /* their headers stand under names that promise nothing */
			how = APPEND;
		uint64_t least = behind_headers ? 8 : 5, victims = between(least, one_in(3) ? least + 3 : w.now.n), hit = 0;
		for (size_t i = below(w.now.n), k = 0; k < w.now.n && hit < victims; k++, i = (i + 1) % w.now.n)
			if (whole(&w.now.f[i]) && w.now.f[i].t.size >= 64 && w.now.f[i].t.type == w.now.f[i].t.named) {
				take(&w, i, p, how);
				hit++;
			}
		if (one_in(2))
			work_photos(&w);
		if (one_in(4) && victims > 20)
			work_edits(&w);
		world_judge(&w);
		if (!w.v.damage && hit >= least) {
			missed++;
			if (missed < 20)
				print_message("seed %u: %s, %s, %llu of %zu: %s\n", r, PATTERN_NAMES[p], RENAMING_NAMES[how], (unsigned long long)hit, w.now.n, reasons(&w));
		}
		world_end(&w);
	}
	print_message("%u attacks, %u missed\n", n, missed);
	assert_int_equal(missed, 0);
}

/* ---- a million files: memory stays where it was, and counts are about right ---- */

static void test_large(void **state)
{
	for (int sorted = 0; sorted < 2; sorted++) {
		struct vault_history h = {.now = INT64_C(1790000000) * TIME_SEC, .n = 1};
		struct vault_judge *j = vault_judge_new(&h, WORLD_KEY);
		struct world w;
		world_begin(&w, 3);
		uint64_t n = 200000;
		char path[100];
		for (uint64_t i = 0; i < n * 2; i++) {
			uint64_t k = sorted ? i / 2 : i % n;
			bool came = sorted ? i & 1 : i >= n;
			struct vault_trait b = healthy_kind(&w, k % 5), a = noise(&w, b.size + 512);
			snprintf(path, sizeof path, "/data/%03llu/%05llu%s%s", (unsigned long long)(k / 500), (unsigned long long)k, KINDS[k % 5].suffix, came ? ".xyzzy" : "");
			struct vault_change c = {.path = slice_str(path), .what = came ? '+' : '-', .before = came ? NULL : &b, .after = came ? &a : NULL};
			vault_judge_add(j, &c, NULL, NULL);
			size_t held = j->gone.cap * j->gone.width + j->came.cap * j->came.width + j->dirs.cap * j->dirs.width + j->dirs_before.n + j->dirs_after.n + j->suffix_before.n
			            + 4 * (j->notes.cap * sizeof *j->notes.e + j->notes.index_cap * 2) + sizeof *j;
			size_t growing = (j->gone.width * j->gone.cap > j->came.width * j->came.cap ? j->gone.width * j->gone.cap : j->came.width * j->came.cap);
			assert_true(held + growing <= VAULT_JUDGE_MEMORY_MAX);
		}
		struct vault_verdict v;
		vault_judge_end(j, &v);
		assert_true(v.damage);
		if (v.lost < n / 2 || v.lost > n * 3 / 2)
			fail_msg("%llu lost of %llu, %s", (unsigned long long)v.lost, (unsigned long long)n, buf_cstr(&v.reasons));
		assert_non_null(strstr(buf_cstr(&v.reasons), "new suffix .xyzzy"));
		vault_verdict_done(&v);
		vault_judge_free(j);
		world_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_everyday), cmocka_unit_test(test_attacks), cmocka_unit_test(test_large)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
