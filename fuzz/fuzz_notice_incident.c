/* Any bytes as a case: what is read gives letters (where it is ready), every form and every notice to the public in every language, as valid UTF-8 and JSON, or an error that says why not. */
#include "notice.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void forms(const struct notice_incident *in, struct arena *a)
{
	AUTO_BUF struct buf b = {0};
	const char *id;
	buf_init(&b, (size_t)8 << 20);
	for (size_t i = 0; (id = notice_form_id(i)); i++) {
		struct notice_form f;
		struct paper_letter p;
		struct jsonw w;
		struct json_node *root;
		struct err e = {0};
		char name[32];
		memcpy(name, id, strlen(id) + 1);
		if (notice_form_make(in, name, a, &f, &e) < 0) {
			assert(e.code && e.text[0]);
			continue;
		}
		assert(f.blanks <= f.n);
		buf_reset(&b);
		jsonw_init(&w, &b);
		notice_form_json(&f, &w);
		jsonw_done(&w);
		assert(!buf_ok(&b) || json_tree(buf_slice(&b), a, &root, &e) == 0 || arena_code(a));
		if (notice_form_paper(&f, in, a, &p, &e) == 0) {
			buf_reset(&b);
			paper_text(&p, &b);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char who[] = "{\"person_id\":\"p\",\"last\":\"L\",\"addr1\":\"1\",\"city\":\"X\",\"state\":\"RI\",\"zip\":\"1\",\"acquired\":\"name ssn\",\"accessed\":\"lab\"}";
	struct arena *a = arena_new((size_t)64 << 20);
	AUTO_BUF struct buf text = {0};
	struct notice_incident in;
	struct notice_person p;
	struct notice_letter l;
	struct err e = {0};
	buf_init(&text, (size_t)8 << 20);
	if (!a)
		return 0;
	if (notice_incident_read(slice_of(data, size), a, &in, &e) < 0) {
		assert(e.code && e.text[0]);
		arena_free(a);
		return 0;
	}
	bool ready = notice_incident_ready(&in, &e) == 0;
	for (int lang = 0; lang < NOTICE_LANGS; lang++) {
		const struct notice_style style = {.lang = lang, .refs = true};
		if (ready && notice_person_read(slice_str(who), a, &p, &e) == 0 && notice_letter_make(&in, &p, &style, 1, a, &l, &e) == 0) {
			assert(l.fate == NOTICE_MAIL);
			buf_reset(&text);
			paper_post_text(&l.post, &text);
			assert(utf8_valid(buf_slice(&text)));
		}
		for (unsigned k = 0; k < NOTICE_PUBLICS; k++) {
			struct paper_letter letter;
			if (notice_public_make(&in, (enum notice_public)k, (enum notice_lang)lang, true, a, &letter, &e) == 0) {
				buf_reset(&text);
				paper_text(&letter, &text);
			}
		}
	}
	forms(&in, a);
	arena_free(a);
	return 0;
}
