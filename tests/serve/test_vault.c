/* What the vault asks of the keeper, from outside: keys, numbers, entries; across restarts; and what status and alarms say of it. */
#include "serve_test.h"

static const uint8_t sha[SEAL_HASH] = {1, 2, 3}, other[SEAL_HASH] = {4, 5, 6};

static void put_file(struct house *h, const char *name, size_t size)
{
	char path[160];
	snprintf(path, sizeof path, "vault/%s", name);
	int fd = openat(h->s.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

static int enter(struct house *h, const char *name, int class, uint64_t size, const uint8_t *hash, uint64_t *seq, struct err *e)
{
	struct control_vault_pack p = {.name = name, .period = "files-2026Q4", .domain = "site", .class = class, .size = size, .plain = 2 * size, .sha256 = hash};
	*e = (struct err){0};
	return control_vault_pack(h->k, &p, seq, e);
}

static void test_keys(void **state)
{
	struct house h;
	struct err e = {0};
	char period[SITE_PERIOD_MAX], again[SITE_PERIOD_MAX];
	struct age_recipient a, b;
	house_make(&h);
	house_start(&h, false, false);
	assert_int_equal(control_vault_key(h.k, 1, period, &a, &e), 0);
	assert_true(slice_starts(slice_str(period), "files-20"));
	assert_int_equal(control_vault_key(h.k, 1, again, &b, &e), 0);
	assert_string_equal(period, again);
	assert_memory_equal(&a, &b, sizeof a);
	assert_int_equal(control_vault_key(h.k, 2, again, &b, &e), 0);
	assert_true(slice_starts(slice_str(again), "catalogue-20"));
	assert_memory_not_equal(&a, &b, sizeof a);
	assert_int_equal(control_vault_key(h.k, 3, again, &b, &e), ERR_INPUT);
	/* content: the care key does not open its period; catalogues: it does */
	struct site_keys keys;
	struct age_identity id;
	assert_int_equal(site_keys_open(h.s.fd, &keys, &e), 0);
	assert_true(keys.can_open);
	assert_int_equal(site_period_identity(h.s.fd, &keys, again, &id, &e), 0);
	assert_memory_equal(&id.to, &b, sizeof b);
	assert_true(site_period_identity(h.s.fd, &keys, period, &id, &e) < 0);
	site_keys_wipe(&keys);
	house_done(&h);
}

static void test_numbers(void **state)
{
	struct house h;
	struct err e = {0};
	uint64_t n, last = 0;
	house_make(&h);
	for (int life = 0; life < 3; life++) {
		house_start(&h, false, false);
		for (int i = 0; i < 70; i++) { /* more than a block */
			assert_int_equal(control_vault_number(h.k, 1, &n, &e), 0);
			assert_true(n > last);
			last = n;
		}
		house_stop(&h);
	}
	assert_int_equal(last, 210); /* a clean stop wastes none */
	/* each class counts for itself */
	house_start(&h, false, false);
	assert_int_equal(control_vault_number(h.k, 2, &n, &e), 0);
	assert_true(n < last);
	house_stop(&h);
	/* the file of numbers is lost: what lies in the folder, under its name or still being written, counts as given */
	assert_int_equal(site_open(h.site, &h.s, &e), 0);
	assert_int_equal(unlinkat(h.s.fd, "keys/vault-numbers", 0), 0);
	assert_int_equal(mkdirat(h.s.fd, "vault/new", 0750), 0);
	put_file(&h, "new/content-00007000.age", 1);
	site_close(&h.s);
	house_start(&h, false, false);
	assert_int_equal(control_vault_number(h.k, 1, &n, &e), 0);
	assert_int_equal(n, 7001);
	house_done(&h);
}

static void test_packs(void **state)
{
	struct house h;
	struct err e = {0};
	uint64_t n, seq, again, size = 0;
	char name[48], never[48];
	house_make(&h);
	house_start(&h, false, false);
	assert_int_equal(control_vault_number(h.k, 1, &n, &e), 0);
	snprintf(name, sizeof name, "content-%08u.age", (unsigned)n);
	snprintf(never, sizeof never, "content-%08u.age", (unsigned)n + 5000);
	assert_true(enter(&h, name, 1, 1000, sha, &seq, &e) < 0); /* not there */
	put_file(&h, name, 999);
	assert_int_equal(enter(&h, name, 1, 1000, sha, &seq, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "999"));
	put_file(&h, name, 1000);
	put_file(&h, never, 1000);
	assert_int_equal(enter(&h, never, 1, 1000, sha, &seq, &e), ERR_INPUT);
	assert_int_equal(enter(&h, name, 2, 1000, sha, &seq, &e), ERR_INPUT); /* its name says another class */
	assert_int_equal(enter(&h, "../keys/care.key", 1, 1000, sha, &seq, &e), ERR_INPUT);
	assert_int_equal(enter(&h, "content-1.age", 1, 1000, sha, &seq, &e), ERR_INPUT);
	assert_int_equal(enter(&h, name, 1, 1000, sha, &seq, &e), 0);
	/* asked again, as after a keeper's death, it is the same entry; with other bytes it is refused */
	assert_int_equal(enter(&h, name, 1, 1000, sha, &again, &e), 0);
	assert_int_equal(seq, again);
	assert_int_equal(enter(&h, name, 1, 1000, other, &again, &e), ERR_EXISTS);
	size = status_number(&h, "ledger.size");
	assert_true(size > seq);
	house_stop(&h);
	house_start(&h, false, false);
	assert_int_equal(enter(&h, name, 1, 1000, sha, &again, &e), 0);
	assert_int_equal(seq, again);
	assert_int_equal(status_number(&h, "vault.packs"), 1);
	assert_int_equal(status_number(&h, "vault.bytes"), 1000);
	house_stop(&h);
	/* without its cache the keeper finds the same in the ledger */
	assert_int_equal(site_open(h.site, &h.s, &e), 0);
	assert_int_equal(unlinkat(h.s.fd, "keys/accounts.json", 0), 0);
	site_close(&h.s);
	house_start(&h, false, false);
	assert_int_equal(enter(&h, name, 1, 1000, sha, &again, &e), 0);
	assert_int_equal(seq, again);
	assert_int_equal(status_number(&h, "vault.packs"), 1);
	house_done(&h);
}

static uint64_t snapshot(struct house *h, const char *body)
{
	struct err e = {0};
	uint64_t seq = 0;
	int64_t time = 0;
	if (control_vault_snapshot(h->k, slice_str(body), &seq, &time, &e) < 0)
		fail_msg("snapshot: %s", e.text);
	assert_true(time > 0);
	return seq;
}

static bool alarm_shown(struct house *h, const char *id)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 24);
	for (const struct json_node *n = json_get(status_of(h, a), "alarms")->child; n; n = n->next)
		if (slice_eq_str(json_text(n, "id"), id))
			return true;
	return false;
}

static size_t count_alarms(struct house *h, const char *needle)
{
	struct site_keys keys;
	struct ledger *l;
	struct err e = {0};
	size_t found = 0;
	struct ledger_options o = {.write = false};
	assert_int_equal(site_keys_open(h->s.fd, &keys, &e), 0);
	assert_int_equal(ledger_open(h->s.fd, &keys, &o, &l, NULL, &e), 0);
	for (uint64_t i = 0; i < ledger_size(l); i++) {
		struct ledger_entry en;
		assert_int_equal(ledger_read(l, i, &en, &e), 0);
		found += en.leaf.kind == LEDGER_ALARM && memmem(en.body.p, en.body.n, needle, strlen(needle));
	}
	ledger_free(l);
	site_keys_wipe(&keys);
	return found;
}

#define CLEAN "{\"source\":\"pacs\",\"host\":\"h1\",\"files\":12,\"bytes\":3456,\"new_bytes\":7,\"verdict\":\"clean\",\"reasons\":[],\"begun\":1}"
#define DAMAGE "{\"source\":\"pacs\",\"host\":\"h1\",\"files\":12,\"bytes\":3456,\"new_bytes\":7,\"verdict\":\"damage\",\"reasons\":[\"12 files lost\"],\"begun\":2}"
#define AGAIN "{\"source\":\"pacs\",\"host\":\"h1\",\"files\":12,\"bytes\":3456,\"new_bytes\":7,\"verdict\":\"clean\",\"reasons\":[],\"begun\":3}"

static void test_snapshots(void **state)
{
	struct house h;
	struct err e = {0};
	uint64_t seq, bad;
	int64_t t;
	house_make(&h);
	house_start(&h, false, false);
	static const char *const wrong[] = {"", "[]", "{", "{\"source\":\"a b\"}", "{\"source\":\"\"}", "{\"source\":\"../x\"}", "{\"what\":\"site\",\"source\":\"a\"}"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_true(control_vault_snapshot(h.k, slice_str(wrong[i]), &bad, &t, &e) < 0);
	seq = snapshot(&h, CLEAN);
	assert_int_equal(snapshot(&h, CLEAN), seq); /* the same again is no new entry */
	assert_int_equal(status_number(&h, "vault.sources.0.seq"), seq);
	assert_int_equal(status_number(&h, "vault.sources.0.files"), 12);
	assert_false(alarm_shown(&h, "damage-pacs"));
	uint64_t hurt = snapshot(&h, DAMAGE);
	assert_true(hurt > seq);
	assert_true(alarm_shown(&h, "damage-pacs"));
	(void)snapshot(&h, "{\"what\":\"drill\",\"source\":\"pacs\",\"verdict\":\"clean\"}"); /* a drill heals nothing */
	assert_true(alarm_shown(&h, "damage-pacs"));
	for (int i = 0; i < 100 && count_alarms(&h, "damage-pacs") < 1; i++)
		usleep(100000);
	assert_int_equal(count_alarms(&h, "damage-pacs"), 1);
	house_stop(&h);
	house_start(&h, false, false);
	assert_true(alarm_shown(&h, "damage-pacs"));
	assert_true(snapshot(&h, AGAIN) > hurt);
	assert_false(alarm_shown(&h, "damage-pacs"));
	for (int i = 0; i < 100 && count_alarms(&h, "damage-pacs") < 2; i++)
		usleep(100000);
	assert_int_equal(count_alarms(&h, "damage-pacs"), 2); /* raised, cleared */
	house_done(&h);
}

/* A site made before there was a vault gets its folder, with the rights it needs. */
static void test_folder(void **state)
{
	struct house h;
	struct stat st, keys;
	struct err e = {0};
	uint64_t n;
	house_make(&h);
	assert_int_equal(site_open(h.site, &h.s, &e), 0);
	assert_int_equal(fstatat(h.s.fd, "vault", &st, 0), 0);
	assert_int_equal(unlinkat(h.s.fd, "vault/in", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(h.s.fd, "vault", AT_REMOVEDIR), 0);
	site_close(&h.s);
	house_start(&h, false, false);
	assert_int_equal(fstatat(h.s.fd, "vault", &st, 0), 0);
	assert_int_equal(fstatat(h.s.fd, "keys", &keys, 0), 0);
	if (geteuid() != 0) {
		assert_int_equal(st.st_uid, geteuid());
	} else {
		assert_int_not_equal(st.st_uid, keys.st_uid);
		assert_int_not_equal(st.st_uid, 0); /* the vault role's, which brings in what agents send */
		assert_int_equal(st.st_mode & 07777, 02750);
		assert_int_equal(fstatat(h.s.fd, "packs", &keys, 0), 0);
		assert_int_equal(st.st_gid, keys.st_gid); /* who may see what is sealed: the keeper among them, who may look and not remove */
	}
	assert_int_equal(fstatat(h.s.fd, "vault/in", &st, 0), 0);
	assert_int_equal(st.st_mode & 0007, 0);
	assert_int_equal(control_vault_number(h.k, 1, &n, &e), 0);
	assert_int_equal(n, 1);
	house_done(&h);
}

int main(int argc, char **argv)
{
	int r = serve_role_main(argc, argv);
	if (r >= 0)
		return r;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_packs),
		cmocka_unit_test(test_snapshots),
		cmocka_unit_test(test_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
