/* ZIP (APPNOTE 6.3.10), from the first local header to the end of central directory, in the order of the file.
 *
 *   entry:     PK\3\4, 26 bytes, name, extra, data [, data descriptor]        walked by its size, or to deflate's own end where sizes come behind
 * (bit 3) [anything between the last entry and the directory: an APK signing block, an archive decryption header: passed over, the directory must
 * still be where the end says] directory: PK\1\2, 42 bytes, name, extra, comment end:       [PK\6\6 zip64 end, PK\6\7 locator] PK\5\6 ... comment
 * Valid if and only if every deflated entry can be walked and is as long as its headers say, every stored one (not encrypted) has its CRC, each
 * directory record's name and offset is that of an entry that was met, and the end's count, offset and size are the directory's. Entries of other
 * methods are passed over by their size. What the members are called makes it OOXML or ODF.
 * An archive in which the members that are text by their names are noise was written by what enciphers (its sums are right then): LOST, where that is so of half of them. */
#include "content_internal.h"

#define LOCAL        30u
#define CENTRAL      46u
#define WALKED_WHOLE ((uint64_t)32 << 20) /* of an archive: behind it only one entry in eight is walked, the others passed over by their size */

struct zip {
	uint64_t entry_at, csize, usize, descriptor_begins;
	uint32_t crc, crc_seen;
	unsigned flags, method;
	bool sizes_known, wide; /* of this entry; its descriptor has 8-byte sizes */
	uint64_t locals, records, walked;
	uint64_t names_met, names_listed; /* sums of hashes of name and offset */
	uint64_t directory_at, directory_end, gap_at;
	bool gap, encrypted, in_directory;
	uint64_t end64_count, end64_size, end64_at;
	bool has_end64;
	bool content_types, word, mimetype, manifest, document;
	bool promises, begun;                    /* this entry is text by its name; something of it was looked at */
	uint64_t texts, noisy;                   /* entries that are, and those that are noise */
	uint8_t window[4];
	unsigned window_n;
	struct deflate d;
};

static void step_signature(struct content_checker *c, const uint8_t *p, size_t n);

static void next_signature(struct content_checker *c)
{
	walk_want(c, 4, step_signature);
}

static uint64_t name_key(const uint8_t *name, size_t n, uint64_t at)
{
	return sum_hash(at * UINT64_C(0x9E3779B97F4A7C15), name, n);
}

/* The zip64 extra field (4.5.3): 8 bytes for each of those that say 0xFFFFFFFF, in this order. */
static void zip64(const uint8_t *p, size_t n, uint64_t *usize, uint64_t *csize, uint64_t *at, bool *ret_there)
{
	struct cur k = cur_of(slice_of(p, n));
	*ret_there = false;
	while (cur_left(&k) >= 4) {
		unsigned id = cur_u16le(&k), len = cur_u16le(&k);
		struct cur f = cur_of(cur_take(&k, len));
		if (id != 1 || k.failed)
			continue;
		*ret_there = true;
		if (*usize == UINT32_MAX && cur_left(&f) >= 8)
			*usize = cur_u64le(&f);
		if (*csize == UINT32_MAX && cur_left(&f) >= 8)
			*csize = cur_u64le(&f);
		if (at && *at == UINT32_MAX && cur_left(&f) >= 8)
			*at = cur_u64le(&f);
	}
}

/* ---- data ------------------------------------------------------------------------------------------------------------------ */

/* Text gets smaller when it is packed, and noise larger. */
static void look_at_packed(struct zip *z, uint64_t csize, uint64_t usize)
{
	if (!z->promises || usize < 512)
		return;
	z->texts++;
	z->noisy += csize >= usize - usize / 64;
}

static void look_at_stored(struct zip *z, struct slice s)
{
	uint32_t h[256];
	struct noise n;
	if (!z->promises || z->begun)
		return;
	z->begun = true;
	if (s.n > 1024)
		s.n = 1024;
	if (s.n < 128)
		return;
	counts_of(s, h);
	noise_of(h, &n);
	z->texts++;
	z->noisy += noise_is_noisy(&n, s.n);
}

static void entry_over(struct content_checker *c)
{
	STATE_OF(c, struct zip)->locals++;
	next_signature(c);
}

static void descriptor_fits(struct content_checker *c, uint64_t csize, uint64_t usize)
{
	struct zip *z = STATE_OF(c, struct zip);
	look_at_packed(z, z->d.in, z->d.out);
	if (csize != z->d.in || usize != (z->wide ? z->d.out : (z->d.out & UINT32_MAX)))
		walk_lost(c, "zip entry at %llu: its descriptor does not fit its data", (unsigned long long)z->entry_at);
	else
		entry_over(c);
}

static void step_descriptor_rest(struct content_checker *c, const uint8_t *p, size_t n)
{
	if (n == 20)
		descriptor_fits(c, le64(p + 4), le64(p + 12));
	else
		descriptor_fits(c, le32(p + 4), le32(p + 8));
}

static void step_descriptor_bare(struct content_checker *c, const uint8_t *p, size_t n)
{
	if (n == 16)
		descriptor_fits(c, le64(p), le64(p + 8));
	else
		descriptor_fits(c, le32(p), le32(p + 4));
}

static void step_descriptor(struct content_checker *c, const uint8_t *p, size_t n)
{
	const struct zip *z = STATE_OF(c, struct zip);
	if (memcmp(p, "PK\7\10", 4) == 0)
		walk_want(c, z->wide ? 20 : 12, step_descriptor_rest);
	else /* without its signature: what was read is the CRC */
		walk_want(c, z->wide ? 16 : 8, step_descriptor_bare);
}

static size_t feed_deflate_open(struct content_checker *c, struct slice s)
{
	struct zip *z = STATE_OF(c, struct zip);
	size_t used;
	enum part part = deflate_feed(&z->d, s, &used);
	if (part == PART_BAD)
		walk_lost(c, "zip entry at %llu: its data is not deflate from byte %llu on", (unsigned long long)z->entry_at,
			(unsigned long long)c->w.at + used);
	else if (part == PART_END) {
		z->wide |= z->d.in >= UINT32_MAX || z->d.out >= UINT32_MAX;
		walk_want(c, 4, step_descriptor);
	}
	return used;
}

static size_t feed_deflate(struct content_checker *c, struct slice s)
{
	struct zip *z = STATE_OF(c, struct zip);
	size_t used;
	enum part part = deflate_feed(&z->d, s, &used);
	if (part == PART_BAD || (part == PART_END && used < s.n))
		walk_lost(c, "zip entry at %llu: its data is not deflate from byte %llu on", (unsigned long long)z->entry_at,
			(unsigned long long)c->w.at + used);
	return used;
}

static void step_deflated(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zip *z = STATE_OF(c, struct zip);
	look_at_packed(z, z->d.in, z->d.out);
	if (z->d.in != z->csize || z->d.out != z->usize)
		walk_lost(c, "zip entry at %llu: %llu bytes unpack, its header says %llu", (unsigned long long)z->entry_at,
			(unsigned long long)z->d.out, (unsigned long long)z->usize);
	else
		entry_over(c);
}

static size_t feed_stored(struct content_checker *c, struct slice s)
{
	struct zip *z = STATE_OF(c, struct zip);
	look_at_stored(z, s);
	z->crc_seen = sum_crc32(z->crc_seen, s.p, s.n);
	return s.n;
}

static void step_stored(struct content_checker *c, const uint8_t *p, size_t n)
{
	const struct zip *z = STATE_OF(c, struct zip);
	if (z->crc_seen != z->crc)
		walk_lost(c, "zip entry at %llu: its CRC does not fit its data", (unsigned long long)z->entry_at);
	else
		entry_over(c);
}

static void step_passed(struct content_checker *c, const uint8_t *p, size_t n)
{
	entry_over(c);
}

/* Sizes come behind and the data has no end of its own: the descriptor is found by its signature and by saying just the size that was passed. */
static void step_behind(struct content_checker *c, const uint8_t *p, size_t n);

static size_t feed_to_descriptor(struct content_checker *c, struct slice s)
{
	struct zip *z = STATE_OF(c, struct zip);
	for (size_t i = 0; i < s.n; i++) {
		memmove(z->window, z->window + 1, 3);
		z->window[3] = s.p[i];
		z->d.in++;
		if (z->d.in >= 4 && memcmp(z->window, "PK\7\10", 4) == 0) {
			walk_want(c, 12, step_behind);
			return i + 1;
		}
		if (s.p[i] != 'P' && s.n - i > 1) { /* on to the next P */
			const uint8_t *hit = memchr(s.p + i + 1, 'P', s.n - i - 1);
			size_t jump = hit ? (size_t)(hit - s.p) - i - 1 : s.n - i - 1;
			if (jump > 4 && z->window[3] != 'K' && z->window[3] != 7) {
				memset(z->window, 0, 4);
				z->d.in += jump;
				i += jump;
			}
		}
	}
	return s.n;
}

static void step_behind(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zip *z = STATE_OF(c, struct zip);
	if (le32(p + 4) == z->d.in - 4)
		entry_over(c);
	else if (z->wide && (le64(p + 4) == z->d.in - 4))
		walk_skip(c, 8, 0, step_passed);
	else {
		z->d.in += n;
		walk_feed(c, WALK_FOREVER, feed_to_descriptor, 0, NULL);
	}
}

static void data(struct content_checker *c)
{
	struct zip *z = STATE_OF(c, struct zip);
	bool plain = !(z->flags & 0x2041);
	deflate_begin(&z->d);
	z->crc_seen = 0;
	z->walked += z->csize;
	if (!z->sizes_known && plain && z->method == 8)
		walk_feed(c, WALK_FOREVER, feed_deflate_open, 0, NULL);
	else if (!z->sizes_known) {
		memset(z->window, 0, sizeof z->window);
		walk_feed(c, WALK_FOREVER, feed_to_descriptor, 0, NULL);
	} else if (plain && z->method == 8 && z->walked > WALKED_WHOLE && z->locals % 8)
		walk_skip(c, z->csize, 0, step_passed);
	else if (plain && z->method == 8 && z->csize)
		walk_feed(c, z->csize, feed_deflate, 0, step_deflated);
	else if (plain && z->method == 0 && z->csize)
		walk_feed(c, z->csize, feed_stored, 0, step_stored);
	else
		walk_skip(c, z->csize, 0, step_passed);
}

/* ---- local headers ---------------------------------------------------------------------------------------------------------- */

static bool says_text(struct slice name)
{
	static const char *const ends[] = {".xml", ".rels", ".txt", ".csv", ".json", ".html", ".htm", ".md", ".log", ".svg", ".hl7", ".css", ".js", ".py", ".c", ".h", ".java", ".sql"};
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t n = strlen(ends[i]);
		if (name.n > n && memcmp(name.p + name.n - n, ends[i], n) == 0)
			return true;
	}
	return false;
}

static void member(struct zip *z, struct slice name)
{
	z->content_types |= slice_eq_str(name, "[Content_Types].xml");
	z->word |= slice_starts(name, "word/") || slice_starts(name, "xl/") || slice_starts(name, "ppt/") || slice_starts(name, "visio/") ||
		slice_eq_str(name, "_rels/.rels");
	/* ODF 1.2 part 3: the first member should be a stored "mimetype"; writers put it anywhere */
	z->mimetype |= slice_eq_str(name, "mimetype");
	z->manifest |= slice_eq_str(name, "META-INF/manifest.xml");
	z->document |= slice_eq_str(name, "content.xml") || slice_eq_str(name, "styles.xml");
	/* ODF under a password keeps its members' names, and only the manifest is still XML */
	z->promises = z->mimetype ? slice_eq_str(name, "META-INF/manifest.xml") : says_text(name);
	z->begun = false;
}

static void step_names(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zip *z = STATE_OF(c, struct zip);
	size_t name_n = z->window_n;
	bool there;
	z->names_met += name_key(p, name_n, z->entry_at);
	member(z, slice_of(p, name_n));
	zip64(p + name_n, n - name_n, &z->usize, &z->csize, NULL, &there);
	z->wide = there;
	if ((z->flags & 8) && (z->csize == 0 || z->csize == UINT32_MAX || z->usize == UINT32_MAX) &&
		!(n && p[name_n - 1] == '/' && z->csize == 0 && z->method == 0))
		z->sizes_known = false;
	data(c);
}

static void step_local(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zip *z = STATE_OF(c, struct zip);
	unsigned version = le16(p) & 0xFF;
	z->flags = le16(p + 2);
	z->method = le16(p + 4);
	z->crc = le32(p + 10);
	z->csize = le32(p + 14);
	z->usize = le32(p + 18);
	z->window_n = le16(p + 22);
	z->sizes_known = true;
	z->encrypted |= z->flags & 1;
	if (version > 63 + 64 || z->method > 99 || z->window_n == 0) {
		walk_lost(c, "zip entry at %llu: its header is none", (unsigned long long)z->entry_at);
		return;
	}
	walk_want(c, (size_t)z->window_n + le16(p + 24), step_names);
}

/* ---- central directory ------------------------------------------------------------------------------------------------------ */

static void step_record_names(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zip *z = STATE_OF(c, struct zip);
	uint64_t at = z->entry_at;
	bool there;
	zip64(p + z->window_n, n - z->window_n, &z->usize, &z->csize, &at, &there);
	z->names_listed += name_key(p, z->window_n, at);
	z->records++;
	next_signature(c);
}

static void step_record(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zip *z = STATE_OF(c, struct zip);
	z->csize = le32(p + 16);
	z->usize = le32(p + 20);
	z->window_n = le16(p + 24);
	z->entry_at = le32(p + 38);
	z->encrypted |= le16(p + 4) & 1;
	size_t want = (size_t)z->window_n + le16(p + 26);
	size_t comment = le16(p + 28);
	if (want + comment > GATHER_MAX) {
		walk_lost(c, "zip directory record at %llu is none", (unsigned long long)c->w.at);
		return;
	}
	walk_want(c, want + comment, step_record_names); /* a comment may be taken for an extra field; nothing is asked of it */
}

/* ---- the end ------------------------------------------------------------------------------------------------------------------ */

static void step_end64(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zip *z = STATE_OF(c, struct zip);
	uint64_t size = le64(p);
	z->has_end64 = true;
	z->end64_count = le64(p + 28);
	z->end64_size = le64(p + 36);
	z->end64_at = le64(p + 44);
	if (size < 44 || size > 1 << 20)
		walk_lost(c, "zip64 end at %llu is none", (unsigned long long)c->w.at);
	else
		walk_skip(c, size - 44, 4, step_signature);
}

static void step_comment_over(struct content_checker *c, const uint8_t *p, size_t n)
{
	walk_done(c);
}

static void name_the_type(struct content_checker *c)
{
	const struct zip *z = STATE_OF(c, struct zip);
	if (z->content_types && z->word)
		c->r.type = CONTENT_OOXML;
	else if (z->mimetype && ((z->manifest && z->document) || HEAD_IS(slice_of(c->head, c->head_n), 38, "application/vnd.oasis.opendocument")))
		c->r.type = CONTENT_ODF;
	c->r.encrypted = z->encrypted;
}

static void step_end(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zip *z = STATE_OF(c, struct zip);
	uint64_t count = le16(p + 6), size = le32(p + 8), at = le32(p + 12), have = z->records ? z->directory_end - z->directory_at : 0;
	if (z->has_end64) {
		count = z->end64_count;
		size = z->end64_size;
		at = z->end64_at;
	} else
		z->records &= UINT16_MAX;
	name_the_type(c);
	if (count != z->records || size != have || (have && at != z->directory_at))
		walk_lost(c, "zip end: its directory of %llu records is not the one at byte %llu", (unsigned long long)count,
			(unsigned long long)z->directory_at);
	else if (z->names_listed != z->names_met && (z->has_end64 ? z->records : count) >= (z->has_end64 ? z->locals : (z->locals & UINT16_MAX)))
		walk_lost(c, "zip directory: its names and offsets are not those of the entries");
	else if (z->noisy && z->noisy * 2 >= z->texts)
		walk_lost(c, "zip: %llu of %llu entries that are text by their names are noise", (unsigned long long)z->noisy, (unsigned long long)z->texts);
	else
		walk_skip(c, le16(p + 16), 0, step_comment_over);
}

/* What stands between the entries and the directory: on to its first record. */
static size_t feed_gap(struct content_checker *c, struct slice s)
{
	struct zip *z = STATE_OF(c, struct zip);
	for (size_t i = 0; i < s.n; i++) {
		memmove(z->window, z->window + 1, 3);
		z->window[3] = s.p[i];
		if (memcmp(z->window, "PK\1\2", 4) == 0 && c->w.at + i - 3 >= z->gap_at) {
			z->directory_at = c->w.at + i - 3;
			z->in_directory = true;
			walk_want(c, CENTRAL - 4, step_record);
			return i + 1;
		}
	}
	return s.n;
}

static void step_signature(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct zip *z = STATE_OF(c, struct zip);
	uint64_t at = c->w.at - 4;
	bool local = memcmp(p, "PK\3\4", 4) == 0, record = memcmp(p, "PK\1\2", 4) == 0;
	if (z->in_directory && !record) {
		z->in_directory = false;
		z->directory_end = at;
	}
	if (local && !z->records) {
		z->entry_at = at;
		walk_want(c, LOCAL - 4, step_local);
	} else if (record) {
		if (!z->records)
			z->directory_at = at;
		z->in_directory = true;
		walk_want(c, CENTRAL - 4, step_record);
	} else if (memcmp(p, "PK\6\6", 4) == 0)
		walk_want(c, 52, step_end64);
	else if (memcmp(p, "PK\6\7", 4) == 0)
		walk_skip(c, 16, 4, step_signature);
	else if (memcmp(p, "PK\5\6", 4) == 0) {
		if (!z->records)
			z->directory_at = z->directory_end = at;
		walk_want(c, 18, step_end);
	} else if (z->locals && !z->records && !z->gap) {
		z->gap = true;
		z->gap_at = at;
		memcpy(z->window, p, 4);
		walk_feed(c, WALK_FOREVER, feed_gap, 0, NULL);
	} else
		walk_lost(c, "zip: no header at byte %llu", (unsigned long long)at);
}

static bool zip_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "PK\3\4") || HEAD_IS(h, 0, "PK\5\6\0\0") || HEAD_IS(h, 0, "PK\7\10PK\3\4");
}

static void zip_begin(struct content_checker *c)
{
	content_state_new(c, offsetof(struct zip, d));
	if (c->head_n >= 4 && c->head[2] == 7)
		walk_skip(c, 4, 4, step_signature); /* the mark of an archive that might have been split */
	else
		next_signature(c);
}

static void zip_end(struct content_checker *c)
{
	name_the_type(c);
	if (STATE_OF(c, struct zip)->gap && !STATE_OF(c, struct zip)->records)
		walk_lost(c, "zip: no header at byte %llu", (unsigned long long)STATE_OF(c, struct zip)->gap_at);
	else
		walk_truncated(c);
}

const struct content_format format_zip = {CONTENT_ZIP, zip_sniff, zip_begin, zip_end};
