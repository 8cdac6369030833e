/* The search: made, fed, ended; and hits handed out. */
#include "find_internal.h"

#include <stdlib.h>

#define FIELD_BYTES ((size_t)16 << 20) /* of a record's fields */
#define MEMBER_MAX 65536

static void map_set(struct find *f, uint64_t i, uint64_t bits)
{
	f->map[i >> 5] |= bits << (i & 31) * 2;
}

/* Both bits of a word stand beside each other: one look at memory for each word of a text. */
static void map_make(struct find *f)
{
	uint64_t words = f->pop ? UINT64_C(1) << (f->log - 6) : 0;
	for (uint64_t i = 0; i < words; i++)
		for (uint64_t set = f->pop->word_map[i]; set; set &= set - 1)
			map_set(f, i * 64 + (unsigned)__builtin_ctzll(set), MARK_NAME);
	for (size_t i = 0; i < ARRAY_LEN(f->words->slot); i++)
		if (f->words->slot[i].h && !words_aside(f->words->slot[i].class))
			map_set(f, f->words->slot[i].h >> (64 - f->log), MARK_MEANS);
}

struct find *find_new(const struct find_population *p, const struct find_options *o, find_fn *hit, find_stranger_fn *stranger, void *arg)
{
	struct find *f = calloc(1, sizeof *f);
	assert(!p || p->sealed);
	if (!f)
		return NULL;
	f->pop = p;
	f->o = *o;
	f->hit = hit;
	f->stranger = stranger;
	f->arg = arg;
	f->record_person = FIND_NOBODY;
	f->log = p ? p->word_log : 16;
	f->map = calloc((size_t)1 << (f->log - 5), 8);
	f->a = arena_new(FIELD_BYTES);
	buf_init(&f->member, MEMBER_MAX);
	if (!f->map || !f->a) {
		find_free(f);
		return NULL;
	}
	f->words = words_all();
	f->marks.names = f->words->names;
	map_make(f);
	return f;
}

void find_free(struct find *f)
{
	if (!f)
		return;
	free(f->map);
	free(f->marks.v);
	free(f->marks.line);
	free(f->doc.hit);
	free(f->doc.name);
	free(f->doc.date);
	free(f->doc.subject);
	free(f->doc.present.slot);
	free(f->doc.seat);
	free(f->doc.spare);
	free(f->field);
	arena_free(f->a);
	buf_done(&f->member);
	free(f);
}

int find_tell(struct find *f, uint32_t person, int element, unsigned confidence, const char *rule, uint64_t offset, struct err *e)
{
	if (person != FIND_NOBODY && !f->o.all) {
		if (f->told[element] == person + 1)
			return 0;
		f->told[element] = person + 1;
	}
	if (person != FIND_NOBODY && f->id_person != person + 1) { /* hits of one person come together, and his id is two looks at memory */
		f->id = find_population_id(f->pop, person);
		f->id_person = person + 1;
	}
	const struct find_hit h = {person, person == FIND_NOBODY ? SLICE_NULL : f->id, element, confidence, rule, offset, buf_slice(&f->member), f->document};
	return f->hit(f->arg, &h, e);
}

static void text_begins(struct find *f)
{
	f->para++;
	f->opening_known = false;
	f->blank_before = true;
	f->signed_lines = 0;
}

static bool ends_with(struct slice name, const char *const *suffix)
{
	for (; *suffix; suffix++) {
		size_t n = strlen(*suffix);
		if (name.n > n && slice_eq_nocase(slice_of(name.p + name.n - n, n), *suffix))
			return true;
	}
	return false;
}

static bool says(struct slice name, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= name.n; i++)
		if (slice_eq_nocase(slice_of(name.p + i, n), word))
			return true;
	return false;
}

/* What a file is by its name: a recording, or a picture whose path says that it is of a face. */
static int by_file_name(struct find *f, struct slice name, struct err *e)
{
	static const char *const recordings[] = {".dcm", ".dicom", ".edf", ".bdf", ".scp", ".wav", ".mp3", ".m4a", ".ogg", ".mp4", ".mov", ".avi", NULL}, *const pictures[] = {".jpg", ".jpeg", ".png", ".heic", ".bmp", ".tif", ".tiff", ".webp", NULL};
	static const char *const faces[] = {"photo", "portrait", "headshot", "badge", "face", "mugshot"}, *const prints[] = {"fingerprint", "iris", "retina", "faceid", "palmvein", "biometric"};
	for (size_t i = 0; i < ARRAY_LEN(prints); i++)
		if (says(name, prints[i]))
			return find_tell(f, FIND_NOBODY, PERSON_BIOMETRIC, 60, "file.name", 0, e);
	if (ends_with(name, recordings))
		return find_tell(f, FIND_NOBODY, PERSON_RECORDING, 70, "file.type", 0, e);
	for (size_t i = 0; i < ARRAY_LEN(faces); i++)
		if (ends_with(name, pictures) && says(name, faces[i]))
			return find_tell(f, FIND_NOBODY, PERSON_PHOTO, 60, "file.name", 0, e);
	return 0;
}

int find_file(struct find *f, struct slice name, struct err *e)
{
	buf_reset(&f->member);
	text_begins(f);
	return by_file_name(f, name, e);
}

int find_member(struct find *f, struct slice member, struct err *e)
{
	int r = record_end(f, e);
	buf_reset(&f->member);
	buf_add_slice(&f->member, slice_of(member.p, member.n < MEMBER_MAX ? member.n : MEMBER_MAX));
	text_begins(f);
	return r < 0 ? r : by_file_name(f, member, e);
}

int find_text(struct find *f, struct slice text, uint64_t offset, struct err *e)
{
	while (text.n > UINT32_MAX / 2) { /* places in a piece are 32 bits */
		struct slice part = slice_of(text.p, UINT32_MAX / 2);
		int r = text_walk(f, part, offset, e);
		if (r < 0)
			return r;
		text = slice_of(text.p + part.n, text.n - part.n);
		offset += part.n;
	}
	return text.n ? text_walk(f, text, offset, e) : 0;
}

int find_end(struct find *f, struct err *e)
{
	return record_end(f, e);
}
