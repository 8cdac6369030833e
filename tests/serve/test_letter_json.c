/* A letter between processes: the same again with marks, Chinese and odd characters; and what is damaged is refused. */
#include "letter_json.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void same_again(void **state)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf b = {0}, one = {0}, two = {0};
	const struct paper_block block[] = {{PAPER_TITLE, SLICE_NULL, SLICE("Notice")}, {PAPER_QUESTION, SLICE("7"), SLICE("Was it " PAPER_STRONG "cut" PAPER_STRONG_END "? " PAPER_REF "[#12]" PAPER_REF_END)}, {PAPER_BLANK, SLICE_NULL, SLICE("\xe5\x88\x87\xe6\x96\xad \"quoted\"\\")}};
	const struct paper_letter p = {.lang = "zh", .head = SLICE("head"), .head_right = SLICE("right"), .foot = SLICE("foot"), .page_words = {"p ", " of ", ""}, .block = block, .n = ARRAY_LEN(block)};
	struct paper_letter q;
	struct json_node *n;
	struct jsonw w;
	struct err e = {0};
	buf_init(&b, 1 << 16);
	buf_init(&one, 1 << 16);
	buf_init(&two, 1 << 16);
	jsonw_init(&w, &b);
	letter_put(&p, &w);
	jsonw_done(&w);
	assert_int_equal(json_tree(buf_slice(&b), a, &n, &e), 0);
	assert_int_equal(letter_read(n, a, &q, &e), 0);
	assert_int_equal(q.n, p.n);
	assert_int_equal(q.block[1].look, PAPER_QUESTION);
	assert_true(slice_eq(q.block[1].text, block[1].text) && slice_eq(q.block[2].text, block[2].text) && slice_eq(q.foot, p.foot));
	paper_text(&p, &one);
	paper_text(&q, &two);
	assert_true(one.n > 0 && slice_eq(buf_slice(&one), buf_slice(&two)));
}

static void damaged(void **state)
{
	static const char *const texts[] = {"{}", "[]", "{\"lang\":\"de\",\"page\":[\"\",\"\",\"\"],\"blocks\":[]}", "{\"lang\":\"en\",\"page\":[\"\",\"\"],\"blocks\":[]}", "{\"lang\":\"en\",\"page\":[\"\",\"\",\"\"]}",
		"{\"lang\":\"en\",\"page\":[1,2,3],\"blocks\":[]}", "{\"lang\":\"en\",\"page\":[\"\",\"\",\"\"],\"blocks\":[{\"look\":8}]}", "{\"lang\":\"en\",\"page\":[\"\",\"\",\"\"],\"blocks\":[{}]}", "{\"lang\":\"en\",\"page\":[\"\",\"\",\"\"],\"blocks\":{\"look\":1}}"};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO_ARENA struct arena *a = arena_new(1 << 20);
		struct paper_letter p;
		struct json_node *n;
		struct err e = {0};
		assert_int_equal(json_tree(slice_str(texts[i]), a, &n, &e), 0);
		if (letter_read(n, a, &p, &e) != ERR_INPUT)
			fail_msg("%s is taken for a letter", texts[i]);
	}
}

/* A letter to one person, too: with marks, a page of its own, and in a language that letters about links do not have. */
static void a_post_comes_back(void **state)
{
	const struct paper_block block[] = {{PAPER_TITLE, SLICE_NULL, SLICE("Aviso")}, {PAPER_ITEM, SLICE("1."), SLICE("a " PAPER_REF "[#7]" PAPER_REF_END)}, {PAPER_TEXT, SLICE_NULL, SLICE("b")}};
	const struct paper_post p = {.lang = "es", .us = true, .large = true, .sender = SLICE("A\nB"), .address = SLICE("C\nD"), .date = SLICE("hoy"), .foot = SLICE("0-1"), .page_words = {"p. ", "/", ""}, .block = block, .n = 3, .apart = 2};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	AUTO_BUF struct buf b = {0};
	struct paper_post q;
	struct json_node *n;
	struct jsonw w;
	struct err e = {0};
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	post_put(&p, &w);
	assert_int_equal(json_tree(buf_slice(&b), a, &n, &e), 0);
	assert_int_equal(post_read(n, a, &q, &e), 0);
	assert_true(!strcmp(q.lang, "es") && q.us && q.large && !q.address_right && q.n == 3 && q.apart == 2 && !strcmp(q.page_words[1], "/"));
	assert_true(slice_eq(q.sender, p.sender) && slice_eq(q.address, p.address) && slice_eq(q.date, p.date) && slice_eq(q.foot, p.foot));
	for (size_t i = 0; i < 3; i++)
		assert_true(q.block[i].look == block[i].look && slice_eq(q.block[i].label, block[i].label) && slice_eq(q.block[i].text, block[i].text));
	static const char *const bad[] = {"{}", "{\"lang\":\"de\",\"apart\":0,\"page\":[\"\",\"\",\"\"],\"blocks\":[]}", "{\"lang\":\"en\",\"page\":[\"\",\"\",\"\"],\"blocks\":[]}", "{\"lang\":\"en\",\"apart\":0,\"page\":[\"\"],\"blocks\":[]}", "{\"lang\":\"en\",\"apart\":0,\"page\":[\"\",\"\",\"\"],\"blocks\":[{\"look\":99}]}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(json_tree(slice_str(bad[i]), a, &n, &e), 0);
		if (post_read(n, a, &q, &e) != ERR_INPUT)
			fail_msg("%s is taken for a letter", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(same_again), cmocka_unit_test(damaged), cmocka_unit_test(a_post_comes_back)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
