/* Go's golang.org/x/mod/sumdb/note (Debian: golang-go, golang-golang-x-mod-dev) opens our notes, and we open its. */
#include "seal/seal_test.h"

#define GO_LIBRARIES "/usr/share/gocode"
#define TEXT "hospital.example/log\n15368405\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\n"

static struct tmp tmp;
static char check[512];

static int setup(void **state)
{
	char cache[512];
	tmp = tmp_new();
	tmp_path(&tmp, "note_check", check);
	snprintf(cache, sizeof(cache), "%s/go-cache", HF_BINARY_DIR);
	setenv("GOCACHE", cache, 1);
	setenv("GOPATH", GO_LIBRARIES, 1);
	setenv("GO111MODULE", "off", 1);
	setenv("GOFLAGS", "", 1);
	setenv("CGO_ENABLED", "0", 1);
	const char *const argv[] = {"go", "build", "-o", check, HF_SOURCE_DIR "/tests/seal/note_check.go", NULL};
	return run(argv, NULL, NULL);
}

static int teardown(void **state)
{
	tmp_done(&tmp);
	return 0;
}

static int go_open(struct slice note, const struct note_vkey *keys, size_t n)
{
	struct buf v[2];
	char file[512], out[512];
	const char *argv[6] = {check, "open", tmp_path(&tmp, "note", file)};
	assert_true(n <= 2);
	put(&tmp, "note", note);
	for (size_t i = 0; i < n; i++) {
		buf_init(&v[i], 1024);
		note_vkey_format(&keys[i], &v[i]);
		argv[3 + i] = buf_cstr(&v[i]);
	}
	int r = run(argv, NULL, tmp_path(&tmp, "text", out));
	for (size_t i = 0; i < n; i++)
		buf_done(&v[i]);
	return r;
}

static void ours_to_go(void **state)
{
	static const char *const texts[] = {TEXT, "\n", "a\n\nb\n", "\xe2\x80\x94 dash\n\n", "\xe5\x8c\xbb\xe9\x99\xa2\n"};
	static const char *const names[] = {"hospital.example/log", "a", "st.mary/\xe5\x8c\xbb\xe9\x99\xa2"};
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(texts) * ARRAY_LEN(names); i++) {
		const char *text = texts[i % ARRAY_LEN(texts)];
		struct note_signer k;
		struct buf b, out;
		buf_init(&b, 4096);
		OK(note_signer_new(names[i / ARRAY_LEN(texts)], &k, &e));
		OK(note_sign(&k, slice_str(text), &b, &e));
		assert_int_equal(go_open(buf_slice(&b), &k.v, 1), 0);
		get(&tmp, "text", &out);
		assert_true(slice_eq_str(buf_slice(&out), text));
		buf_done(&out);
		b.p[0] ^= 1; /* and not a changed one */
		assert_int_equal(go_open(buf_slice(&b), &k.v, 1), 1);
		buf_done(&b);
	}
}

/* A checkpoint with its log's signature and a witness's cosignature. */
static void cosigned_to_go(void **state)
{
	struct err e;
	struct note_signer log, witness;
	struct buf b, line;
	buf_init(&b, 4096);
	buf_init(&line, 4096);
	OK(note_signer_new("hospital.example/log", &log, &e));
	OK(note_cosigner_new("witness.example/w1", &witness, &e));
	OK(note_sign(&log, SLICE(TEXT), &b, &e));
	OK(note_cosign(&witness, buf_slice(&b), 1679315147, &line, &e));
	buf_add_slice(&b, buf_slice(&line));
	struct note_vkey both[2] = {log.v, witness.v};
	assert_int_equal(go_open(buf_slice(&b), both, 2), 0);
	b.p[3] ^= 1;
	assert_int_equal(go_open(buf_slice(&b), both, 2), 1);
	buf_done(&b);
	buf_done(&line);
}

static void go_to_ours(void **state)
{
	static const char *const texts[] = {TEXT, "\n", "a\n\nb\n", "ed \xc3\xa8 subito sera.\n"};
	struct err e;
	char out[512], file[512];
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf keys, note;
		struct slice rest, text;
		struct note_vkey v;
		struct note_signer k;
		uint64_t mask = 0;
		char skey[256];
		const char *const gen[] = {check, "gen", i % 2 ? "go.example/log" : "\xe5\x8c\xbb", NULL};
		assert_int_equal(run(gen, NULL, tmp_path(&tmp, "keys", out)), 0);
		get(&tmp, "keys", &keys);
		struct slice first = slice_cut(buf_slice(&keys), '\n', &rest);
		OK(note_signer_parse(first, &k, &e));
		OK(note_vkey_parse(slice_trim(rest), &v, &e));
		assert_memory_equal(&k.v, &v, sizeof(v));
		snprintf(skey, sizeof(skey), "%.*s", SLICE_FMT(first));
		put(&tmp, "unsigned", slice_str(texts[i]));
		const char *const sign[] = {check, "sign", skey, tmp_path(&tmp, "unsigned", file), NULL};
		assert_int_equal(run(sign, NULL, tmp_path(&tmp, "signed", out)), 0);
		get(&tmp, "signed", &note);
		OK(note_verify(buf_slice(&note), &v, 1, &text, &mask, NULL, &e));
		assert_true(slice_eq_str(text, texts[i]));
		struct buf again; /* with the same key we write the same bytes */
		buf_init(&again, 4096);
		OK(note_sign(&k, slice_str(texts[i]), &again, &e));
		assert_true(slice_eq(buf_slice(&again), buf_slice(&note)));
		buf_done(&again);
		buf_done(&keys);
		buf_done(&note);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours_to_go),
		cmocka_unit_test(cosigned_to_go),
		cmocka_unit_test(go_to_ours),
	};
	if (!have("go"))
		return missing("Go (golang-go)");
	if (access(GO_LIBRARIES "/src/golang.org/x/mod/sumdb/note/note.go", R_OK) < 0)
		return missing("golang-golang-x-mod-dev");
	return cmocka_run_group_tests(tests, setup, teardown);
}
