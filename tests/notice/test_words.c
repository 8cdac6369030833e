/* Plain language (45 CFR 164.404(c)(2)): every sentence of every letter is short, few are passive, in each of the four languages; every key is there in all of them with the same {names}. HHS has no number for it; the limits here are those of plain-language guides (20 words on average at most, 30 at most), and of Flesch and Kincaid for English. */
#include "letters.h"

#include <ctype.h>

struct measure {
	size_t sentences, words, longest, passive, syllables;
	char worst[240];
};

static bool ends(uint32_t c)
{
	return c == '.' || c == '!' || c == '?' || c == ':' || c == ';' || c == 0x3002 || c == 0xff01 || c == 0xff1f || c == 0xff1b || c == 0xff1a;
}

static size_t vowels(const char *w)
{
	size_t n = 0;
	bool was = false;
	for (const char *p = w; *p; p++) {
		bool is = strchr("aeiouy", tolower(*p)) != NULL;
		n += is && !was;
		was = is;
	}
	size_t len = strlen(w);
	return n > 1 && len > 2 && w[len - 1] == 'e' && w[len - 2] != 'l' ? n - 1 : n ? n : 1;
}

/* English: a form of "to be" before a word in -ed or -en, or one of the irregular ones that letters are full of. */
static bool passive(const char *before, const char *word)
{
	static const char *const be[] = {"is", "are", "was", "were", "been", "being", "be"}, *const odd[] = {"held", "sent", "lost", "found", "made", "kept", "told", "seen", "done", "left"};
	size_t n = strlen(word);
	bool b = false, part = n > 3 && (!strcmp(word + n - 2, "ed") || !strcmp(word + n - 2, "en"));
	for (size_t i = 0; i < ARRAY_LEN(be); i++)
		b |= !strcmp(before, be[i]);
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		part |= !strcmp(word, odd[i]);
	return b && part;
}

static void word_done(struct measure *m, char *word, char *before, bool *sentence_passive, size_t *n)
{
	if (!*word)
		return;
	(*n)++;
	m->words++;
	m->syllables += vowels(word);
	*sentence_passive |= passive(before, word);
	memcpy(before, word, 32);
	*word = 0;
}

static void weigh(struct measure *m, struct slice text, bool zh)
{
	char word[32] = "", before[32] = "";
	size_t n = 0, from = 0, len, w = 0;
	bool pass = false;
	for (size_t i = 0; i <= text.n; i += len) {
		uint32_t c = i < text.n ? utf8_get(slice_of(text.p + i, text.n - i), &len) : '.';
		uint32_t next = i < text.n && i + len < text.n ? text.p[i + len] : ' ';
		len = i < text.n ? len : 1;
		if (ends(c) && (c >= 0x80 || next == ' ' || i >= text.n)) {
			word_done(m, word, before, &pass, &n);
			w = 0;
			if (n) {
				m->sentences++;
				m->passive += pass;
				if (n > m->longest) {
					m->longest = n;
					snprintf(m->worst, sizeof m->worst, "%.*s", (int)(i - from < 230 ? i - from : 230), (const char *)text.p + from);
				}
			}
			n = 0;
			pass = false;
			before[0] = 0;
			from = i + len;
		} else if (zh && c >= 0x80) {
			n++;
			m->words++;
		} else if (c == ' ' || c == 0xa0 || c == ',') {
			word_done(m, word, before, &pass, &n);
			w = 0;
		} else if (w + 1 < sizeof word) {
			word[w++] = (char)(c < 0x80 ? tolower((int)c) : 'e');
			word[w] = 0;
		}
	}
}

/* A letter with everything in it: all elements, a state that asks for much, an offer. */
static void plain(void **state)
{
	static const char *const langs[] = {"en", "es", "fr", "zh"}, *const whom[] = {"", ",\"minor\":true", ",\"deceased\":true,\"kin\":\"Luke Poe\"", ",\"protected\":\"hiv\""};
	(void)state;
	for (unsigned l = 0; l < NOTICE_LANGS; l++)
		for (unsigned k = 0; k < ARRAY_LEN(whom); k++) {
			struct measure m = {0};
			struct arena *a = arena_new((size_t)64 << 20);
			AUTO_BUF struct buf b = {0};
			struct notice_letter t;
			char person[900];
			snprintf(person, sizeof person, "{\"person_id\":\"p\",\"first\":\"Maria\",\"last\":\"Lopez\",\"addr1\":\"1\",\"city\":\"Boston\",\"state\":\"RI\",\"zip\":\"02110\",\"language\":\"%s\",\"acquired\":\"name ssn dob dl account card mrn diagnosis lab medication mbi medicaid credentials passport\",\"accessed\":\"ins claim photo\"%s}", langs[l], whom[k]);
			assert_int_equal(letter_of(CASE, person, false, a, &t, &b), NOTICE_MAIL);
			for (size_t i = 0; i < t.post.n; i++)
				if (t.post.block[i].look == PAPER_TEXT)
					weigh(&m, t.post.block[i].text, l == NOTICE_ZH);
			double mean = (double)m.words / (double)m.sentences, grade = 0.39 * mean + 11.8 * (double)m.syllables / (double)m.words - 15.59;
			if (l == NOTICE_ZH) {
				if (mean > 25 || m.longest > 50)
					fail_msg("zh: %.1f characters in a sentence, %zu in the longest: %s", mean, m.longest, m.worst);
			} else if (mean > 15 || m.longest > 30) {
				fail_msg("%s: %.1f words in a sentence, %zu in the longest: %s", langs[l], mean, m.longest, m.worst);
			}
			if (l == NOTICE_EN && (grade > 8 || m.passive * 20 > m.sentences))
				fail_msg("en: grade %.1f, %zu of %zu sentences passive", grade, m.passive, m.sentences);
			print_message("%s: %zu sentences, %.1f words (zh: characters) on average, %zu at most%s", langs[l], m.sentences, mean, m.longest, l ? "\n" : "");
			if (!l)
				print_message(", grade %.1f, %zu passive\n", grade, m.passive);
			arena_free(a);
		}
}

/* The measure itself: it would see long and passive sentences. */
static void it_measures(void **state)
{
	struct measure m = {0};
	(void)state;
	weigh(&m, SLICE("The files were taken by someone. We are sorry. Your data was held there and was lost and nobody told you of it at 1.5 in the night."), false);
	assert_int_equal(m.sentences, 3);
	assert_int_equal(m.passive, 2);
	assert_int_equal(m.longest, 19);
	struct measure z = {0};
	weigh(&z, SLICE("\xe6\x88\x91\xe4\xbb\xac\xe9\x81\x93\xe6\xad\x89\xe3\x80\x82\xe8\xaf\xb7\xe8\x87\xb4\xe7\x94\xb5\xe3\x80\x82"), true);
	assert_int_equal(z.sentences, 2);
	assert_int_equal(z.longest, 4);
}

static void names_of(struct slice t, char out[256])
{
	/* sorted, each once: an order of words is the language's own */
	bool seen[26 * 27] = {0};
	size_t n = 0;
	for (size_t i = 0; i + 1 < t.n; i++)
		if (t.p[i] == '{' && t.p[i + 1] >= 'a' && t.p[i + 1] <= 'z')
			seen[(t.p[i + 1] - 'a') * 27 + (t.p[i + 2] >= 'a' && t.p[i + 2] <= 'z' ? t.p[i + 2] - 'a' + 1 : 0)] = true;
	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		if (seen[i] && n + 4 < 256)
			n += (size_t)snprintf(out + n, 256 - n, "%zu ", i);
	out[n] = 0;
}

static void all_languages(void **state)
{
	struct slice t[NOTICE_LANGS];
	size_t n = 0;
	const char *key;
	(void)state;
	for (; (key = notice_letter_word_each(n, NOTICE_EN, &t[0])); n++) {
		char own[64], en[256], other[256];
		snprintf(own, sizeof own, "%s", key);
		names_of(t[0], en);
		for (unsigned l = 0; l < NOTICE_LANGS; l++) {
			(void)notice_letter_word_each(n, (enum notice_lang)l, &t[l]);
			assert_true(utf8_valid(t[l]));
			names_of(t[l], other);
			bool optional = !strncmp(own, "dear.", 5) || !strncmp(own, "page.", 5); /* French greets without a name; Chinese pages have words around them */
			if (!optional && (!t[l].n || strcmp(en, other)))
				fail_msg("%s in %s: empty, or other values than in English", own, notice_lang_name((enum notice_lang)l));
		}
	}
	assert_true(n > 120);
	for (int e = 0; e < PERSON_ELEMENTS_N; e++)
		assert_true(notice_letter_word(notice_element_key(e), NOTICE_ZH).n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(plain), cmocka_unit_test(it_measures), cmocka_unit_test(all_languages)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
