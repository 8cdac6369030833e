/* What the tests of letters share: a case, persons, and a letter as one line of text. */
#ifndef HOLDFAST_TESTS_NOTICE_LETTERS_H
#define HOLDFAST_TESTS_NOTICE_LETTERS_H

#include "notice_letter_internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CASE_A "{\"name\":\"C1\",\"discovered\":\"2026-07-05\",\"window\":\"2026-06-30/2026-07-05\",\"entity\":{\"kind\":\"covered-entity\",\"country\":\"US\",\"name\":\"Oak Recovery Clinic\",\"neutral_name\":\"Mail Services\",\"address\":[\"1 River Road\",\"Austin, TX 78701\"]," \
	"\"phone\":\"1-800-555-0142\",\"hours\":{\"en\":\"all day\"},\"signer\":\"A. Ortiz\"},\"persons\":{\"US-TX\":4120,\"US-RI\":{\"low\":38,\"high\":41}},"
#define CASE_B "\"letter\":{\"date\":\"2026-08-20\",\"cause\":\"ransomware\",\"happened\":{\"en\":\"They came by night.\",\"es\":\"Llegaron de noche.\",\"fr\":\"Ils sont venus la nuit.\",\"zh\":\"\xe4\xbb\x96\xe4\xbb\xac\xe5\xa4\x9c\xe9\x97\xb4\xe6\x9d\xa5\xe8\xa2\xad\xe3\x80\x82\"}," \
	"\"doing\":{\"en\":[\"We shut them out.\",\"We watch.\"],\"es\":\"Los echamos.\",\"fr\":\"Nous les avons chass\xc3\xa9s.\",\"zh\":\"\xe6\x88\x91\xe4\xbb\xac\xe5\xb7\xb2\xe9\x98\xbb\xe6\x96\xad\xe3\x80\x82\"}," \
	"\"monitoring\":{\"provider\":\"WatchCo\",\"minor_provider\":\"WatchCo Kids\",\"months\":24,\"url\":\"watch.example\",\"deadline\":\"2026-11-30\"}}"
#define ENTRIES ",\"entries\":{\"discovered\":4711,\"window\":4712,\"persons\":4800,\"US-RI\":4801,\"months\":4713}}"
#define CASE CASE_A CASE_B ENTRIES
#define MARIA "\"person_id\":\"p1\",\"first\":\"Maria\",\"last\":\"Lopez\",\"addr1\":\"12 Oak St\",\"city\":\"Austin\",\"state\":\"TX\",\"zip\":\"78702\""

static const uint8_t the_key[32] = {1, 2, 3};

static inline void squeeze(struct buf *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->n; i++) {
		uint8_t c = b->p[i] == '\n' ? ' ' : b->p[i];
		if (c != ' ' || (n && b->p[n - 1] != ' '))
			b->p[n++] = c;
	}
	b->n = n;
}

/* The letter of a person, as one line; SLICE_NULL in text where there is none. */
static inline enum notice_fate letter_of(const char *the_case, const char *person, bool refs, struct arena *a, struct notice_letter *l, struct buf *text)
{
	struct notice_incident in;
	struct notice_person p;
	struct err e = {0};
	const struct notice_style style = {.lang = -1, .refs = refs, .code_key = slice_of(the_key, sizeof the_key)};
	assert_int_equal(notice_incident_read(slice_str(the_case), a, &in, &e), 0);
	assert_int_equal(notice_incident_ready(&in, &e), 0);
	assert_int_equal(notice_person_read(slice_str(person), a, &p, &e), 0);
	assert_int_equal(notice_letter_make(&in, &p, &style, 7, a, l, &e), 0);
	buf_init(text, 1 << 20);
	if (l->fate == NOTICE_MAIL)
		paper_post_text(&l->post, text);
	squeeze(text);
	return l->fate;
}

static inline void has(struct buf *b, const char *text)
{
	if (!strstr(buf_cstr(b), text))
		fail_msg("'%s' is not in: %s", text, buf_cstr(b));
}

static inline void has_not(struct buf *b, const char *text)
{
	if (strstr(buf_cstr(b), text))
		fail_msg("'%s' is in: %s", text, buf_cstr(b));
}

#endif
