/* A small registry that pictures are made of, and a case of one's own. */
#ifndef PICTURE_TESTS_SAMPLE_H
#define PICTURE_TESTS_SAMPLE_H

#include "picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define INCIDENTS 60

/* Two lists of one day; every third incident is in the archive. */
struct sample {
	struct registry_import import[3];
	struct registry_revision revision[INCIDENTS];
	struct registry_seen seen[INCIDENTS];
	struct registry_all all;
};

static inline int32_t day_at(int y, int m, int d)
{
	char text[16];
	int32_t r = 0;
	snprintf(text, sizeof text, "%04d-%02d-%02d", y, m, d);
	assert_int_equal(registry_day_parse(slice_str(text), false, &r), 0);
	return r;
}

static inline void sample(struct sample *s, bool archive)
{
	static const char *const types[] = {"Hacking/IT Incident", "Unauthorized Access/Disclosure", "Theft, Loss", "Improper Disposal", "A Type of 2031"}, *const places[] = {"Network Server", "Email, Network Server", "Paper/Films"}, *const states[] = {"TX", "CA", "NY", "", "RI"};
	memset(s, 0, sizeof *s);
	s->import[0] = (struct registry_import){.id = 1, .source = REGISTRY_OCR, .view = REGISTRY_UNDER_INVESTIGATION, .as_of = day_at(2024, 10, 8), .rows = INCIDENTS, .file = SLICE("ui.csv"), .entry = UINT64_MAX};
	s->import[1] = (struct registry_import){.id = 2, .source = REGISTRY_OCR, .view = REGISTRY_ARCHIVE, .as_of = day_at(2024, 10, 8), .rows = INCIDENTS, .file = SLICE("archive.csv"), .entry = UINT64_MAX};
	size_t n = 0;
	for (unsigned pass = 0; pass < (archive ? 2 : 1); pass++)
		for (uint32_t i = 0; i < INCIDENTS; i++)
			if ((i % 3 == 0) == (pass == 1))
				s->seen[n++] = (struct registry_seen){.import = pass, .revision = i, .view = (uint8_t)(pass ? REGISTRY_ARCHIVE : REGISTRY_UNDER_INVESTIGATION)};
	for (uint32_t i = 0; i < INCIDENTS; i++)
		s->revision[i] = (struct registry_revision){i + 1, {.name = i == 7 ? SLICE("Büro & <Söhne>") : SLICE("Some Hospital"), .state = slice_str(states[i % 5]), .entity_type = SLICE("Healthcare Provider"), .type = slice_str(types[i % 5]), .location = slice_str(places[i % 3]),
			.persons = i % 10 == 0 ? 500 : 600 * (i + 1) * (i + 1), .persons_known = i != 5, .submitted = day_at(2020 + (int)i % 5, 1 + (int)i % 9, 3), .aware = REGISTRY_NO_DAY, .notified = REGISTRY_NO_DAY, .began = REGISTRY_NO_DAY, .ended = REGISTRY_NO_DAY, .line = i + 2}};
	s->all = (struct registry_all){.import = s->import, .import_n = archive ? 2 : 1, .revision = s->revision, .revision_n = INCIDENTS, .seen = s->seen, .seen_n = n, .incidents = INCIDENTS};
}

static const struct picture_own own = {.name = SLICE("case & north"), .persons = 45357, .state = SLICE("TX"), .type = SLICE("Hacking/IT Incident"), .entity_type = SLICE("Healthcare Provider"), .discovered = 20000, .listed = 20001, .written = REGISTRY_NO_DAY, .today = 20030};

static inline struct registry_question question(int year)
{
	return (struct registry_question){.source = REGISTRY_OCR, .view = REGISTRY_FULL, .as_of = REGISTRY_NO_DAY, .year = year, .from = REGISTRY_NO_DAY, .to = REGISTRY_NO_DAY};
}

#endif
