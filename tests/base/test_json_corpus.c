/* All JSON of the corpus: read, written and read again it is the same tree; every raw value is where it says. */
#include "base_test.h"

#include <dirent.h>
#include <sys/stat.h>

static int files, bytes;

static void write_node(struct jsonw *w, const struct json_node *n)
{
	bool object = n->type == JSON_OBJ;
	switch (n->type) {
	case JSON_OBJ:
	case JSON_ARR:
		object ? jsonw_obj(w) : jsonw_arr(w);
		for (const struct json_node *c = n->child; c; c = c->next) {
			if (object)
				jsonw_key_slice(w, c->key);
			write_node(w, c);
		}
		object ? jsonw_obj_end(w) : jsonw_arr_end(w);
		break;
	case JSON_STR: jsonw_slice(w, n->value); break;
	case JSON_NUM: jsonw_dec(w, n->value); break;
	default: jsonw_raw(w, n->raw); break;
	}
}

static bool same(const struct json_node *x, const struct json_node *y)
{
	if (x->type != y->type || x->count != y->count || !slice_eq(x->key, y->key) || !slice_eq(x->value, y->value))
		return false;
	const struct json_node *a = x->child, *b = y->child;
	for (; a && b; a = a->next, b = b->next)
		if (!same(a, b))
			return false;
	return a == b;
}

static void check(struct slice text, const char *name)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30), *b = arena_new((size_t)1 << 30);
	AUTO_BUF struct buf out = {0}, out2 = {0};
	struct json_node *one, *two;
	struct err e = {0};
	buf_init(&out, (size_t)1 << 28);
	buf_init(&out2, (size_t)1 << 28);
	if (json_tree(text, a, &one, &e))
		fail_msg("%s: %s: %s", name, e.place, e.text);
	struct jsonw w;
	jsonw_init(&w, &out);
	write_node(&w, one);
	jsonw_done(&w);
	assert_true(buf_ok(&out));
	assert_int_equal(json_tree(buf_slice(&out), b, &two, &e), 0);
	assert_true(same(one, two));
	assert_true(slice_eq(two->raw, buf_slice(&out)));
	files++;
	bytes += (int)text.n;
}

static void check_file(int dir, const char *name)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, (size_t)1 << 26);
	assert_int_equal(file_read(dir, name, (size_t)1 << 26, &b, NULL), 0);
	size_t n = strlen(name);
	if (strcmp(name + n - 5, ".json") == 0) {
		check(buf_slice(&b), name);
		return;
	}
	for (struct slice rest = buf_slice(&b); rest.n;) { /* NDJSON */
		struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
		if (line.n)
			check(line, name);
	}
}

static void walk(int at, const char *path, int depth)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d || depth > 20)
		fail_msg("cannot list %s", path);
	for (struct dirent *e; (e = readdir(d));) {
		struct stat st;
		size_t n = strlen(e->d_name);
		if (e->d_name[0] == '.' || fstatat(fd, e->d_name, &st, 0))
			continue;
		if (S_ISDIR(st.st_mode))
			walk(fd, e->d_name, depth + 1);
		else if (n > 7 && (!strcmp(e->d_name + n - 5, ".json") || !strcmp(e->d_name + n - 7, ".ndjson")))
			check_file(fd, e->d_name);
	}
	closedir(d);
}

static void test_corpus(void **state)
{
	walk(AT_FDCWD, *state, 0);
	printf("%d texts, %d bytes\n", files, bytes);
	assert_true(files > 0);
}

int main(void)
{
	const char *corpus = getenv("HOLDFAST_CORPUS");
	if (!corpus)
		corpus = "../shared/corpus";
	char fhir[4096];
	snprintf(fhir, sizeof fhir, "%s/fhir", corpus);
	if (access(fhir, R_OK)) {
		puts("skipped: no corpus");
		return 77;
	}
	const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(test_corpus, fhir)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
