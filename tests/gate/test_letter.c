/* Letters from entries: each figure stands with its entry's number, another entry makes another letter, what no entry says is left blank, in three languages; and no words have a figure in them. */
#include "letter_internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define T0 (INT64_C(1790000000) * TIME_SEC)
#define LINK "{\"name\":\"lab-2\",\"owner\":\"Dr. Lin\",\"purpose\":\"results\",\"direction\":\"out\",\"protocol\":\"mllp\",\"listen\":\"10.0.0.1:2575\",\"to\":\"10.9.0.1:2575\",\"partner\":\"Central Laboratory\",\"contact\":\"IT desk 4711\"," \
	"\"conditions\":[{\"name\":\"edr\",\"text\":\"EDR runs on every host\"},{\"name\":\"letter\",\"text\":\"signed assurance letter\",\"before\":\"OPEN\"}]}"
#define OPEN0 "\"standing\":{\"state\":\"OPEN\",\"back\":\"CUT\",\"since\":1790000000000000000,\"expires\":0}"
#define CUT0 "\"standing\":{\"state\":\"CUT\",\"back\":\"CUT\",\"since\":1790003600000000000,\"expires\":0}"
#define PROOF(bytes) "{\"what\":\"proof\",\"link\":\"lab-2\",\"method\":\"relay\",\"at\":1790003601000000000,\"bytesSince\":" bytes ",\"result\":\"refused on v4\",\"passed\":{\"messages\":4100,\"bytes\":123456,\"last\":1790003500000000000,\"ids\":[\"M20\",\"M19\"]}}"

struct said {
	uint64_t seq;
	const char *kind, *body;
};
static const struct said story[] = {
	{7, "gate-act", "{\"what\":\"add\",\"link\":" LINK ",\"by\":\"root (uid 0)\",\"role\":\"command\"," OPEN0 "}"},
	{8, "gate-act", "{\"what\":\"add\",\"link\":{\"name\":\"images\",\"direction\":\"in\",\"protocol\":\"tcp\",\"listen\":\"10.0.0.1:104\",\"to\":\"10.9.0.2:104\"}," OPEN0 "}"},
	{9, "snapshot", "{\"source\":\"share\",\"verdict\":\"clean\"}"},
	{12, "alarm", "{\"what\":\"watch\",\"id\":\"watch-v1\",\"severity\":\"alarm\",\"text\":\"verdict\",\"infectionBegan\":\"2026-09-21T14:20:03Z\",\"watch\":{\"event\":\"verdict\",\"reasons\":[\"type lost in three files\",\"one new suffix\"],\"file_count\":3}}"},
	{13, "alarm", "{\"what\":\"watch\",\"id\":\"watch-v1\",\"text\":\"stopped\",\"watch\":{}}"},
	{14, "gate-act", "{\"what\":\"cut\",\"link\":\"lab-2\",\"by\":\"ada\",\"role\":\"security\",\"reason\":\"their server is encrypted\"," CUT0 "}"},
	{15, "gate-act", PROOF("0")},
	{16, "gate-held", "{\"link\":\"lab-2\",\"controlId\":\"M21\"}\nMSH|..."},
	{17, "gate-held", "{\"link\":\"lab-2\",\"controlId\":\"M22\"}\nMSH|..."},
	{18, "gate-act", "{\"what\":\"condition\",\"link\":\"lab-2\",\"condition\":\"edr\",\"met\":true,\"by\":\"bob\",\"evidence\":\"report 12 of the firm\"}"},
	{19, "account", "{\"what\":\"user-disable\",\"user\":\"x\"}"},
	{20, "account", "{\"what\":\"user-disable\",\"user\":\"y\"}"},
	{21, "snapshot", "{\"what\":\"drill\",\"source\":\"share\",\"snapshot\":\"s9\",\"files\":812,\"missing\":0}"},
	{22, "alarm", "{\"what\":\"raised\",\"id\":\"traffic-lab-2\",\"severity\":\"alarm\",\"text\":\"unusual traffic\",\"reason\":\"lab-2 sent 4100 messages in 10 min\"}"},
};

/* The story with the body of one entry replaced (entry 0: none; body NULL: it is left out). */
static int tell(const char *link, enum gate_letter_kind kind, enum gate_letter_to to, const char *lang, uint64_t entry, const char *body, struct buf *out)
{
	struct gate_dossier *d = gate_dossier_new(link);
	struct arena *a = arena_new((size_t)64 << 20);
	struct err e = {0};
	struct paper_letter p;
	assert_non_null(d);
	for (size_t i = 0; i < ARRAY_LEN(story); i++) {
		const char *text = story[i].seq == entry ? body : story[i].body;
		struct gate_entry en = {.seq = story[i].seq, .time = T0 + (int64_t)story[i].seq * 60 * TIME_SEC, .kind = slice_str(story[i].kind), .source = SLICE("gate")};
		memset(en.commit, (int)en.seq, sizeof en.commit);
		assert_true(gate_dossier_wants(en.kind));
		if (text)
			assert_int_equal(gate_dossier_add(d, &en, slice_str(text), &e), 0);
	}
	const struct gate_letter l = {.kind = kind, .to = to, .lang = lang, .hospital = "St. Example", .now = T0 + 86400 * TIME_SEC, .zone_minutes = 60, .origin = "example.org/log", .root = "ROOT=", .witnesses = "", .size = 40, .checkpoint = 39};
	int r = gate_letter_write(d, &l, a, &p, &e);
	if (r == 0) {
		buf_init(out, 1 << 20);
		paper_text(&p, out);
		assert_true(buf_ok(out));
		/* sentences are broken into lines: put them on one again */
		for (size_t i = 0; i < out->n; i++)
			if (out->p[i] == '\n')
				out->p[i] = ' ';
		size_t n = 0;
		for (size_t i = 0; i < out->n; i++)
			if (out->p[i] != ' ' || (n && out->p[n - 1] != ' '))
				out->p[n++] = out->p[i];
		out->n = n;
	}
	gate_dossier_free(d);
	arena_free(a);
	return r;
}

static void has(struct buf *b, const char *text)
{
	if (!strstr(buf_cstr(b), text))
		fail_msg("'%s' is not in: %s", text, buf_cstr(b));
}

static void has_not(struct buf *b, const char *text)
{
	if (strstr(buf_cstr(b), text))
		fail_msg("'%s' is in: %s", text, buf_cstr(b));
}

static void the_cut(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	assert_int_equal(tell("lab-2", GATE_LETTER_CUT, GATE_TO_PARTNER, "en", 0, NULL, &b), 0);
	has(&b, "Central Laboratory [#7]");
	has(&b, "Cut since 21 September 2026, 16:13:20 (UTC+1) [#14]");
	has(&b, "ada, in the role security [#14]");
	has(&b, "\xe2\x80\x9ctheir server is encrypted\xe2\x80\x9d [#14]");
	has(&b, "0 bytes [#15]");
	has(&b, "4,100 [#15] messages");
	has(&b, "123,456 bytes [#15]");
	has(&b, "M20, M19 [#15]");
	has(&b, "2 [#16\xe2\x80\x93""17] messages have been kept");
	has(&b, "IT desk 4711 [#7]");
	has(&b, "since 21 September 2026, 15:20:03 (UTC+1) [#12]");
	has(&b, "all entries before #40; checkpoint #39, root ROOT=");
	has(&b, "commitment 0e0e0e0e"); /* of entry 14 */
}

/* Another entry, another letter: each figure is the entry's, and not the template's. */
static void an_entry_changes(void **state)
{
	static const struct {
		enum gate_letter_kind kind;
		uint64_t entry;
		const char *body, *was, *is;
	} table[] = {
		{GATE_LETTER_CUT, 15, PROOF("731"), "0 bytes [#15]", "731 bytes [#15]"},
		{GATE_LETTER_CUT, 15, NULL, "0 bytes [#15]", "No proof has been recorded"},
		{GATE_LETTER_CUT, 15, "{\"what\":\"proof\",\"link\":\"lab-2\",\"method\":\"none\",\"at\":1,\"bytesSince\":0,\"result\":\"relay is gone\"}", "0 bytes [#15]", "not been proven so far"},
		{GATE_LETTER_CUT, 14, "{\"what\":\"cut\",\"link\":\"lab-2\",\"by\":\"bob\",\"role\":\"owner\",\"reason\":\"drill\"," CUT0 "}", "their server", "\xe2\x80\x9c""drill\xe2\x80\x9d [#14]"},
		{GATE_LETTER_CUT, 14, "{\"what\":\"cut\",\"link\":\"lab-2\",\"by\":\"bob\",\"role\":\"owner\"," CUT0 "}", "their server", "none was recorded [#14]"},
		{GATE_LETTER_CUT, 17, NULL, "2 [#16", "1 [#16] messages have been kept"},
		{GATE_LETTER_CUT, 12, NULL, "15:20:03", "unusual connections from our side in the days before"},
		{GATE_LETTER_CONDITIONS, 18, NULL, "MET. Recorded on", "UNKNOWN. Nothing has been recorded"},
		{GATE_LETTER_CONDITIONS, 18, "{\"what\":\"condition\",\"link\":\"lab-2\",\"condition\":\"edr\",\"met\":false,\"by\":\"bob\"}", "edr [#7]: EDR runs on every host [#7] MET.", "edr [#7]: EDR runs on every host [#7] NOT MET. Recorded on"},
		{GATE_LETTER_ASSURANCE, 12, NULL, "type lost in three files", "When was the attack last seen? Not known to Holdfast: to be answered by the forensic firm."},
		{GATE_LETTER_ASSURANCE, 20, NULL, "2 [#19\xe2\x80\x93""20] accounts were closed", "1 [#19] accounts were closed"},
		{GATE_LETTER_ASSURANCE, 21, "{\"what\":\"drill\",\"source\":\"share\",\"files\":811,\"missing\":1}", "812 [#21] files", "811 [#21] files, of which 1 [#21] were missing"},
		{GATE_LETTER_ASSURANCE, 21, NULL, "812 [#21] files", "Has a restore been tested? Not known to Holdfast"},
		{GATE_LETTER_ASSURANCE, 22, NULL, "Unusual traffic was reported 1 [#22] times", "Was the connection used by the attacker? Not known to Holdfast"},
		{GATE_LETTER_ASSURANCE, 9, "{\"source\":\"share\",\"verdict\":\"damage\"}", "No backup was judged as damaged", "1 [#9] backups were judged as damaged"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO_BUF struct buf a = {0}, b = {0};
		assert_int_equal(tell("lab-2", table[i].kind, GATE_TO_PARTNER, "en", 0, NULL, &a), 0);
		assert_int_equal(tell("lab-2", table[i].kind, GATE_TO_PARTNER, "en", table[i].entry, table[i].body, &b), 0);
		has(&a, table[i].was);
		has_not(&b, table[i].was);
		has(&b, table[i].is);
	}
}

static void conditions(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	assert_int_equal(tell("lab-2", GATE_LETTER_CONDITIONS, GATE_TO_REGULATOR, "en", 0, NULL, &b), 0);
	has(&b, "Of 2 [#7] conditions, 1 [#7\xe2\x80\x93""18] are recorded as met");
	has(&b, "by bob [#18]. Evidence: \xe2\x80\x9creport 12 of the firm\xe2\x80\x9d [#18]");
	has(&b, "Needed for the step to OPEN [#7]");
	has(&b, "UNKNOWN. Nothing has been recorded");
	has(&b, "The competent supervisory authority");
}

/* Forty questions; what the record does not know names who has to answer. */
static void forty(void **state)
{
	static const char *const langs[] = {"en", "fr", "zh"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(langs); i++)
		for (int to = 0; to < GATE_TO_COUNT; to++) {
			AUTO_BUF struct buf b = {0};
			assert_int_equal(tell("lab-2", GATE_LETTER_ASSURANCE, (enum gate_letter_to)to, langs[i], 0, NULL, &b), 0);
			for (int q = 1; q <= 40; q++) {
				char mark[16];
				snprintf(mark, sizeof mark, " %d. ", q);
				has(&b, mark);
			}
			has_not(&b, " 41. ");
			has(&b, "Holdfast");
			has(&b, "[#15]");
			has(&b, "[#12]");
			has_not(&b, "{a}");
			has_not(&b, "\x01");
		}
}

static void refusals(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	assert_int_equal(tell("nobody", GATE_LETTER_CUT, GATE_TO_PARTNER, "en", 0, NULL, &b), ERR_NOT_FOUND);
	assert_int_equal(tell("images", GATE_LETTER_CUT, GATE_TO_PARTNER, "en", 0, NULL, &b), ERR_NO);
	assert_int_equal(tell("images", GATE_LETTER_CONDITIONS, GATE_TO_PARTNER, "fr", 0, NULL, &b), 0);
}

/* No words bring a figure of their own: without an entry there is none in the letter. The same figures in every language. */
static void words_have_no_figures(void **state)
{
	static const char *const langs[] = {"en", "fr", "zh"};
	struct slice t;
	(void)state;
	for (size_t i = 0; letter_each(i, "en", &t); i++) {
		unsigned need[3] = {0};
		for (int l = 0; l < 3; l++) {
			const char *key = letter_each(i, langs[l], &t);
			for (size_t k = 0; k < t.n; k++) {
				assert_false(t.p[k] >= '0' && t.p[k] <= '9' && !(k >= 2 && !memcmp(t.p + k - 2, "HL7", 3)));
				if (t.p[k] == '{')
					need[l] |= 1u << (t.p[k + 1] - 'a');
			}
			assert_true(utf8_valid(t) && !memchr(t.p ? t.p : (const uint8_t *)"", '\t', t.n));
			if (need[l] != need[0])
				fail_msg("%s: not the same figures in %s", key, langs[l]);
		}
	}
	assert_null(figure_count(NULL, NULL, 7)); /* of no entry: no figure */
	assert_null(figure_text(NULL, NULL, SLICE("x")));
	assert_null(figure_time(NULL, NULL, 7));
	assert_null(figure_from(NULL, NULL, NULL));
}

/* What does not read says nothing, and breaks nothing. */
static void odd_entries(void **state)
{
	static const char *const bodies[] = {"", "{", "[]", "7", "{\"what\":\"cut\"}", "{\"what\":\"proof\",\"link\":{}}", "{\"what\":\"add\",\"link\":7}", "{\"what\":\"condition\",\"link\":\"lab-2\"}", "{\"what\":\"watch\",\"text\":\"verdict\"}"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(story); i++)
		for (size_t k = 0; k < ARRAY_LEN(bodies); k++) {
			AUTO_BUF struct buf b = {0};
			int r = tell("lab-2", GATE_LETTER_ASSURANCE, GATE_TO_INSURER, "en", story[i].seq, bodies[k], &b);
			assert_true(r == 0 || (story[i].seq == 7 && r == ERR_NOT_FOUND));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cut), cmocka_unit_test(an_entry_changes), cmocka_unit_test(conditions), cmocka_unit_test(forty), cmocka_unit_test(refusals), cmocka_unit_test(words_have_no_figures), cmocka_unit_test(odd_entries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
