/* SCP-ECG records: sections found, and put together. The format is in scp.h and at the head of each file that owns a section.
 *
 * Devices in the field get checksums, lengths and places wrong and their recordings are good all the same: all of that is a warning. A recording is refused only where its samples cannot be told. */
#include "scp_internal.h"

#include <stdio.h>

#define HEADER 16
#define RECORD 6
#define POINTERS_MAX 1024

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint16_t scp_crc(struct slice s)
{
	uint16_t crc = 0xffff;
	for (size_t i = 0; i < s.n; i++) { /* CCITT, a byte at a time without a table (the usual shift form) */
		uint8_t x = (uint8_t)(crc >> 8 ^ s.p[i]);
		x ^= x >> 4;
		crc = (uint16_t)(crc << 8 ^ x << 12 ^ x << 5 ^ x);
	}
	return crc;
}

static int sniff(struct slice file, struct slice name)
{
	bool named = name.n > 4 && slice_eq_nocase(slice_of(name.p + name.n - 4, 4), ".scp");
	if (file.n < RECORD + HEADER + 10)
		return named && file.n;
	const uint8_t *h = file.p + RECORD;
	uint32_t n = get32(h + 4);
	if (get16(h + 2) == 0 && n >= HEADER && n <= HEADER + 10 * POINTERS_MAX) {
		if (!memcmp(h + 10, "SCPECG", 6))
			return 2;
		if ((n - HEADER) % 10 == 0 && get16(h + HEADER) == 0 && get32(h + HEADER + 2) == n)
			return 2; /* without the letters, but its first pointer says what its header says */
	}
	return named;
}

/* ---- sections ---- */

static bool header_at(const struct scp *s, size_t at, unsigned id)
{
	return at >= RECORD && at <= s->file.n && s->file.n - at >= HEADER && get16(s->file.p + at + 2) == id;
}

/* A section whose header stands at `at`; stated: its length by the pointer, 0 where none. */
static void take(struct scp *s, unsigned id, size_t at, uint32_t stated)
{
	const uint8_t *h = s->file.p + at;
	uint32_t own = get32(h + 4);
	size_t left = s->file.n - at, n = own;
	if (s->section[id].p)
		return;
	if (own < HEADER || own > left) {
		n = stated >= HEADER && stated <= left ? stated : left;
		ecg_warn(s->g, "section %u: its header says %u bytes of %zu; %zu are read", id, own, left, n);
	} else if (stated && stated != own) {
		ecg_warn(s->g, "section %u has %u bytes by its header and %u by its pointer; the header is believed", id, own, stated);
	}
	s->section[id] = slice_of(h + HEADER, n - HEADER);
}

/* Places are counted from 1. A device that counts from 0 is told by the section's id, which then stands one byte further on. */
static void follow(struct scp *s, unsigned id, uint32_t length, uint32_t place, unsigned *from0)
{
	size_t at = place;
	if (place > 0 && header_at(s, at - 1, id)) {
		take(s, id, at - 1, length);
	} else if (header_at(s, at, id)) {
		++*from0;
		take(s, id, at, length);
	} else {
		ecg_warn(s->g, "section %u is not where its pointer says", id);
	}
}

static void follow_pointers(struct scp *s)
{
	unsigned from0 = 0;
	struct cur c = cur_of(s->section[0]);
	while (cur_left(&c) >= 10) {
		unsigned id = cur_u16le(&c);
		uint32_t length = cur_u32le(&c), place = cur_u32le(&c);
		if (id && id < SCP_SECTIONS && length && !s->section[id].p)
			follow(s, id, length, place, &from0);
	}
	if (from0)
		ecg_warn(s->g, "the places of sections are counted from 0; the standard counts from 1");
}

/* What no pointer led to, one section after the other. */
static void walk(struct scp *s)
{
	for (size_t at = RECORD; s->file.n - at >= HEADER;) {
		unsigned id = get16(s->file.p + at + 2);
		uint32_t n = get32(s->file.p + at + 4);
		if (n < HEADER || n > s->file.n - at)
			return;
		if (id && id < SCP_SECTIONS && n > HEADER && !s->section[id].p) {
			ecg_warn(s->g, "section %u was found without a pointer", id);
			take(s, id, at, 0);
		}
		at += n;
	}
}

static int find_sections(struct scp *s, struct err *e)
{
	if (s->file.n < RECORD + HEADER)
		return err_set(e, ERR_INPUT, NULL, "an SCP-ECG record of %zu bytes", s->file.n);
	const uint8_t *h = s->file.p + RECORD;
	if (get16(h + 2) == 0 && get32(h + 4) >= HEADER && get32(h + 4) <= s->file.n - RECORD && get32(h + 4) <= HEADER + 10 * POINTERS_MAX) {
		s->section[0] = slice_of(h + HEADER, get32(h + 4) - HEADER);
		s->protocol = h[9];
		follow_pointers(s);
	} else {
		ecg_warn(s->g, "section 0 is damaged");
	}
	if (!s->section[6].p || !s->section[3].p)
		walk(s);
	return 0;
}

/* ---- checksums ---- */

static void check_record(struct scp *s)
{
	uint32_t n = get32(s->file.p + 2);
	if (n < RECORD + HEADER || n > s->file.n) {
		ecg_warn(s->g, "the record says that it has %u bytes; there are %zu", n, s->file.n);
		n = 0;
	}
	if (!n || scp_crc(slice_of(s->file.p + 2, n - 2)) != get16(s->file.p))
		ecg_warn(s->g, "the record's checksum is wrong%s", s->packed12 ? ", as that of this device is" : "; it may be damaged");
}

static void check_sections(struct scp *s)
{
	char bad[64] = "";
	size_t n = 0;
	for (unsigned i = 1; i < SCP_SECTIONS; i++) {
		if (!s->section[i].p)
			continue;
		const uint8_t *h = s->section[i].p - HEADER;
		/* 0 says that it was not computed */
		if (get16(h) && scp_crc(slice_of(h + 2, s->section[i].n + HEADER - 2)) != get16(h))
			n += (size_t)snprintf(bad + n, sizeof bad - n, "%s%u", n ? ", " : "", i);
	}
	if (n)
		ecg_warn(s->g, "the checksum is wrong of section %s", bad);
}

/* ---- the whole ---- */

static int open_scp(struct ecg *g, struct slice file, const struct ecg_files *others, struct err *e)
{
	(void)others;
	struct scp *s = arena_alloc(g->a, sizeof *s);
	if (!s)
		return err_set(e, arena_code(g->a), NULL, "no room for the record");
	s->g = g;
	s->file = file;
	int r = find_sections(s, e);
	if (r < 0)
		return r;
	if (!s->section[6].p)
		return err_set(e, ERR_INPUT, NULL, s->section[12].p ? "a long-term recording (SCP-ECG section 12), which is not read here; export it as EDF+ or WFDB"
								    : s->section[5].p ? "there is no rhythm data (section 6) in it, only a reference beat" : "there is no rhythm data (section 6) in it");
	g->version = slice_str(arena_printf(g->a, "%u.%u", s->protocol / 10, s->protocol % 10));
	scp_patient(s);
	r = scp_samples(s, e);
	if (r < 0)
		return r;
	check_record(s);
	check_sections(s);
	scp_measurements(s);
	scp_statements(s);
	if (s->section[12].p)
		ecg_warn(g, "long-term rhythm data (section 12) is there and not read");
	return 0;
}

/* Leads that begin later than the first one: nothing was recorded of them before. */
static void read_scp(const struct ecg *g, const struct ecg_channel *c, uint64_t first, size_t n, int32_t *out)
{
	(void)g;
	const struct scp_late *l = c->own;
	for (size_t i = 0; i < n; i++) {
		uint64_t at = first + i;
		int16_t v = at < l->offset ? ECG_GAP16 : l->x[at - l->offset];
		out[i] = v == ECG_GAP16 ? ECG_GAP : v;
	}
}

const struct ecg_reader ecg_reader_scp = {ECG_SCP, sniff, open_scp, read_scp, NULL};
