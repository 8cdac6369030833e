/* Programs. ELF (gABI 4.1): program and section tables inside the file, each section too. PE (PE/COFF 3): MZ, PE header where MZ says, sections
 * inside the file. Java class (JVMS 4): the constant pool walked to its end. What the code itself is has no sum (PE's is rarely filled in). */
#include "content_internal.h"

struct elf {
	bool wide, big;
	uint64_t need; /* highest byte that is spoken of */
	uint64_t sections_at, section_n, section_size, i;
	uint64_t tables_end;
};

static uint64_t num(const struct elf *e, const uint8_t *p, unsigned n)
{
	switch (n) {
	case 2:
		return e->big ? be16(p) : le16(p);
	case 4:
		return e->big ? be32(p) : le32(p);
	default:
		return e->big ? be64(p) : le64(p);
	}
}

static void reach(struct elf *e, uint64_t at, uint64_t n)
{
	uint64_t end = n > UINT64_MAX - at ? UINT64_MAX : at + n;
	if (end > e->need)
		e->need = end;
}

static void passed(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_done(c);
}

static void to_end(struct content_checker *c, uint64_t need)
{
	if (c->hint && need > c->hint)
		walk_lost(c, "truncated: %s speaks of byte %llu", content_type_name(c->r.type), (unsigned long long)need);
	else
		walk_skip(c, need > c->w.at ? need - c->w.at : 0, 0, passed);
}

static void elf_section(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct elf *e = STATE_OF(c, struct elf);
	uint64_t type = num(e, p + 4, 4), at = e->wide ? num(e, p + 24, 8) : num(e, p + 16, 4),
		 size = e->wide ? num(e, p + 32, 8) : num(e, p + 20, 4), link = e->wide ? num(e, p + 40, 4) : num(e, p + 24, 4);
	if (e->i == 0 && !e->section_n) /* gABI: more than 65,280 sections: the count is the first one's size */
		e->section_n = size;
	else if (type != 0 && type != 8) {
		uint64_t flags = num(e, p + 8, e->wide ? 8 : 4);
		reach(e, at, size);
		if (((flags & 4) || type == 2 || type == 11) && !(flags & 0x800) && at < c->w.at &&
			!raw_holds(c, flags & 4 ? "code" : "symbols", true, at, at + size)) /* code and symbols, not compressed */
			return;
	}
	if ((e->i == 0 && type != 0) || (e->section_n && link >= e->section_n && type != 0 && link != 0 && type < 0x60000000)) {
		walk_lost(c, "elf: section %llu is none", (unsigned long long)e->i);
		return;
	}
	if (++e->i < e->section_n)
		walk_skip(c, e->section_size - n, n, elf_section);
	else
		to_end(c, e->need);
}

static void elf_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct elf *e = STATE_OF(c, struct elf);
	e->wide = p[4] == 2;
	e->big = p[5] == 2;
	uint64_t programs = e->wide ? num(e, p + 32, 8) : num(e, p + 28, 4);
	e->sections_at = e->wide ? num(e, p + 40, 8) : num(e, p + 32, 4);
	const uint8_t *q = p + (e->wide ? 52 : 40); /* header size, then sizes and counts of both tables */
	uint64_t size = num(e, q, 2), psize = num(e, q + 2, 2), pn = num(e, q + 4, 2);
	e->section_size = num(e, q + 6, 2);
	e->section_n = num(e, q + 8, 2);
	if (size != (e->wide ? 64u : 52u) || num(e, p + 20, 4) != 1 || (pn && psize != (e->wide ? 56u : 32u)) ||
		(e->section_n && e->section_size != (e->wide ? 64u : 40u))) {
		walk_lost(c, "elf: its header is none");
		return;
	}
	reach(e, programs, pn * psize);
	reach(e, e->sections_at, e->section_n * e->section_size);
	if (e->sections_at >= c->w.at && e->section_size)
		walk_skip(c, e->sections_at - c->w.at, e->wide ? 64 : 40, elf_section);
	else
		to_end(c, e->need);
}

static bool elf_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 64 &&
		HEAD_IS(h, 0,
			"\x7F"
			"ELF") &&
		(h.p[4] == 1 || h.p[4] == 2) && (h.p[5] == 1 || h.p[5] == 2) && h.p[6] == 1;
}

static void elf_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct elf));
	walk_want(c, 64, elf_header);
}

const struct content_format format_elf = {CONTENT_ELF, elf_sniff, elf_begin, NULL};

/* ---- PE ------------------------------------------------------------------------------------------------------------------------ */

struct pe {
	uint64_t need;
	unsigned sections;
};

static void pe_sections(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct pe *e = STATE_OF(c, struct pe);
	for (size_t i = 0; i < n; i += 40) {
		uint64_t size = le32(p + i + 16), at = le32(p + i + 20);
		if (at && size && at + size > e->need)
			e->need = at + size;
		for (size_t k = 0; k < 8; k++)
			if (p[i + k] && (p[i + k] < 0x20 || p[i + k] == 0x7F)) {
				walk_lost(c, "pe: a section has no name before byte %llu", (unsigned long long)c->w.at);
				return;
			}
	}
	to_end(c, e->need);
}

static void pe_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct pe *e = STATE_OF(c, struct pe);
	if (memcmp(p, "PE\0\0", 4) != 0) {
		if (memcmp(p, "NE", 2) == 0 || memcmp(p, "LE", 2) == 0 || memcmp(p, "LX", 2) == 0)
			walk_give_up(c, CONTENT_PE);
		else if (le16(c->head + 24) < 0x40) /* plain DOS: what stands where the newer header would be means nothing */
			walk_give_up(c, CONTENT_PE);
		else
			walk_lost(c, "pe: no header at byte %llu", (unsigned long long)(c->w.at - n));
		return;
	}
	e->sections = le16(p + 6);
	unsigned optional = le16(p + 20);
	if (e->sections > 96 || (optional && optional < 28)) {
		walk_lost(c, "pe: its header is none");
		return;
	}
	if (!e->sections)
		walk_done(c);
	else
		walk_skip(c, optional, (size_t)e->sections * 40, pe_sections);
}

static void pe_begin(struct content_checker *c)
{
	uint64_t at = le32(c->head + 60);
	content_state_new(c, sizeof(struct pe));
	walk_skip(c, at, 24, pe_header);
}

static bool pe_sniff(struct content_checker *c, struct slice h)
{
	if (h.n < 64 || !HEAD_IS(h, 0, "MZ"))
		return false;
	uint32_t at = le32(h.p + 60);
	return at >= 64 && at < (1 << 20) && (le16(h.p + 8) >= 2 || at + 4 <= h.n) && (c->r.named == CONTENT_PE || head_is(h, at, "PE\0", 3));
}

const struct content_format format_pe = {CONTENT_PE, pe_sniff, pe_begin, NULL};

/* ---- Java class ------------------------------------------------------------------------------------------------------------------- */

struct java {
	unsigned left;
};

static void java_entry(struct content_checker *c, const uint8_t *p, size_t n);

static void java_next(struct content_checker *c, uint64_t skip, unsigned slots)
{
	struct java *j = STATE_OF(c, struct java);
	j->left = j->left > slots ? j->left - slots : 0;
	if (j->left)
		walk_skip(c, skip, 1, java_entry);
	else
		walk_skip(c, skip + 6, 0, passed); /* access, this, super; what follows is not walked */
}

static void java_utf8(struct content_checker *c, const uint8_t *p, size_t n)
{
	java_next(c, be16(p), 1);
}

static void java_entry(struct content_checker *c, const uint8_t *p, size_t n)
{
	static const uint8_t sizes[21] = {[3] = 4,
		[4] = 4,
		[5] = 8,
		[6] = 8,
		[7] = 2,
		[8] = 2,
		[9] = 4,
		[10] = 4,
		[11] = 4,
		[12] = 4,
		[15] = 3,
		[16] = 2,
		[17] = 4,
		[18] = 4,
		[19] = 2,
		[20] = 2};
	if (*p == 1)
		walk_want(c, 2, java_utf8);
	else if (*p < ARRAY_LEN(sizes) && sizes[*p])
		java_next(c, sizes[*p], *p == 5 || *p == 6 ? 2 : 1);
	else
		walk_lost(c, "java-class: no constant at byte %llu", (unsigned long long)(c->w.at - 1));
}

static void java_header(struct content_checker *c, const uint8_t *p, size_t n)
{
	STATE_OF(c, struct java)->left = be16(p + 8);
	java_next(c, 0, 1);
}

static bool java_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 10 && HEAD_IS(h, 0, "\xCA\xFE\xBA\xBE") && be16(h.p + 6) >= 45 && be16(h.p + 6) < 100 && be16(h.p + 8) > 1;
}

static void java_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct java));
	walk_want(c, 10, java_header);
}

const struct content_format format_java = {CONTENT_JAVA, java_sniff, java_begin, NULL};
