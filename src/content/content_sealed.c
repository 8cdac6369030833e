/* What owners encrypt themselves. OpenPGP (RFC 4880, 9580): binary packets walked from header to header to the end of the file, or ASCII armour:
 * lines of base64 between its marks, with its CRC24 where it has one. age v1 (C2SP): header lines, then a payload whose size fits chunks of 64 KiB.
 */
#include "content_internal.h"

struct pgp {
	uint64_t packets;
	uint8_t length; /* first byte of a length in two */
	/* armour */
	int mode;
	uint32_t crc;
	uint8_t line[80];
	unsigned line_n;
	uint64_t lines;
};

static void pgp_tag(struct content_checker *c, const uint8_t *p, size_t n);

static void pgp_body(struct content_checker *c, uint64_t len)
{
	walk_skip(c, len, 1, pgp_tag);
}

static void pgp_len2(struct content_checker *c, const uint8_t *p, size_t n)
{
	pgp_body(c, be16(p));
}
static void pgp_len4(struct content_checker *c, const uint8_t *p, size_t n)
{
	pgp_body(c, be32(p));
}
static void pgp_second(struct content_checker *c, const uint8_t *p, size_t n)
{
	pgp_body(c, ((uint64_t)STATE_OF(c, struct pgp)->length - 192) * 256 + *p + 192);
}

/* New format lengths: one, two or five bytes, or a part of 2^n bytes with another length behind it. */
static void pgp_length(struct content_checker *c, const uint8_t *p, size_t n)
{
	STATE_OF(c, struct pgp)->length = *p;
	if (*p < 192)
		pgp_body(c, *p);
	else if (*p < 224)
		walk_want(c, 1, pgp_second);
	else if (*p == 255)
		walk_want(c, 4, pgp_len4);
	else
		walk_skip(c, UINT64_C(1) << (*p & 31), 1, pgp_length);
}

static void pgp_one(struct content_checker *c, const uint8_t *p, size_t n)
{
	pgp_body(c, *p);
}

static bool pgp_known(unsigned tag)
{
	return (tag >= 1 && tag <= 14) || (tag >= 17 && tag <= 21) || (tag >= 60 && tag <= 63);
}

static void pgp_tag(struct content_checker *c, const uint8_t *p, size_t n)
{
	struct pgp *g = STATE_OF(c, struct pgp);
	unsigned tag = *p & 0x40 ? *p & 63 : *p >> 2 & 15;
	if (!(*p & 0x80) || !pgp_known(tag)) {
		walk_lost(c, "pgp: no packet at byte %llu", (unsigned long long)(c->w.at - 1));
		return;
	}
	g->packets++;
	c->r.encrypted |= tag == 1 || tag == 3 || tag == 9 || tag == 18 || tag == 20;
	if (*p & 0x40) {
		walk_want(c, 1, pgp_length);
		return;
	}
	switch (*p & 3) {
	case 0:
		walk_want(c, 1, pgp_one);
		break;
	case 1:
		walk_want(c, 2, pgp_len2);
		break;
	case 2:
		walk_want(c, 4, pgp_len4);
		break;
	default: /* to the end of the file */
		walk_skip(c, WALK_FOREVER, 0, pgp_tag);
	}
}

/* Where a packet's body begins, when its header is whole and of a definite or partial length. */
static bool pgp_body_at(struct slice h, unsigned *ret_tag, size_t *ret_at)
{
	if (h.n < 16 || !(h.p[0] & 0x80))
		return false;
	if (h.p[0] & 0x40) {
		*ret_tag = h.p[0] & 63;
		*ret_at = h.p[1] < 192 || (h.p[1] >= 224 && h.p[1] < 255) ? 2 : h.p[1] < 224 ? 3 : 6;
	} else {
		*ret_tag = h.p[0] >> 2 & 15;
		*ret_at = 1 + ((h.p[0] & 3) == 3 ? 0 : (size_t)1 << (h.p[0] & 3));
	}
	return true;
}

/* The high bit is no sign: the first packet must be of a kind that begins a message or a key ring, with a version and algorithms that exist. */
static bool pgp_first(struct slice h, bool named)
{
	unsigned tag;
	size_t at;
	if (!pgp_body_at(h, &tag, &at))
		return false;
	const uint8_t *b = h.p + at;
	switch (tag) {
	case 1: /* session key to a public key: version 3, key id, algorithm */
		return (b[0] == 3 && (b[9] == 1 || b[9] == 2 || b[9] == 16 || b[9] == 18)) || (b[0] == 6 && b[1] < 40);
	case 3: /* session key by passphrase: version, cipher, S2K with its hash */
		return (b[0] == 4 && b[1] >= 1 && b[1] <= 10 && (b[2] == 0 || b[2] == 1 || b[2] == 3) && b[3] >= 1 && b[3] <= 14) ||
			(b[0] == 5 && b[1] >= 7 && b[1] <= 10) || (b[0] == 6 && b[1] < 40);
	case 2: /* signature */
		return (b[0] == 4 && b[1] <= 0x50 && (b[2] == 1 || b[2] == 17 || b[2] == 19 || b[2] == 22) && b[3] >= 1 && b[3] <= 14) ||
			(b[0] == 3 && b[1] == 5);
	case 4: /* one-pass signature */
		return b[0] == 3 && b[1] <= 0x50 && b[2] >= 1 && b[2] <= 14;
	case 5:
	case 6: /* keys: version, time, algorithm */
		return (b[0] == 4 || b[0] == 3) && be32(b + 1) > 600000000 &&
			(b[0] == 3 || b[5] == 1 || b[5] == 16 || b[5] == 17 || b[5] == 18 || b[5] == 19 || b[5] == 22);
	case 8: /* compressed */
		return named && b[0] <= 3;
	case 9:
		return named;
	case 18:
		return named && b[0] == 1;
	case 11:
		return named && (b[0] == 'b' || b[0] == 't' || b[0] == 'u');
	default:
		return false;
	}
}

/* ---- armour (RFC 4880 6.2) ------------------------------------------------------------------------------------------------------- */

enum { ARMOUR_BEGIN, ARMOUR_HEADERS, ARMOUR_DATA, ARMOUR_END, ARMOUR_TEXT };

static int letter(uint8_t b)
{
	if (b >= 'A' && b <= 'Z')
		return b - 'A';
	if (b >= 'a' && b <= 'z')
		return b - 'a' + 26;
	if (b >= '0' && b <= '9')
		return b - '0' + 52;
	return b == '+' ? 62 : b == '/' ? 63 : -1;
}

static bool decode(const uint8_t *p, size_t n, uint8_t out[64], size_t *ret)
{
	uint32_t v = 0;
	unsigned bits = 0;
	*ret = 0;
	while (n && p[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++) {
		int l = letter(p[i]);
		if (l < 0)
			return false;
		v = v << 6 | (unsigned)l;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[(*ret)++] = (uint8_t)(v >> bits);
		}
	}
	return true;
}

static void armour_line(struct content_checker *c)
{
	struct pgp *g = STATE_OF(c, struct pgp);
	struct slice l = slice_trim(slice_of(g->line, g->line_n));
	uint8_t raw[64];
	size_t n;
	g->lines++;
	if (g->mode == ARMOUR_BEGIN || g->mode == ARMOUR_END || g->mode == ARMOUR_TEXT) {
		if (slice_starts(l, "-----BEGIN PGP SIGNED")) {
			g->mode = ARMOUR_TEXT;
		} else if (slice_starts(l, "-----BEGIN PGP ")) {
			c->r.encrypted |= slice_starts(l, "-----BEGIN PGP MESSAGE");
			g->mode = ARMOUR_HEADERS;
			g->crc = 0xB704CE;
		}
	} else if (g->mode == ARMOUR_HEADERS) {
		if (!l.n)
			g->mode = ARMOUR_DATA;
		else if (!memchr(l.p, ':', l.n))
			walk_lost(c, "pgp: armour line %llu is no header", (unsigned long long)g->lines);
	} else if (slice_starts(l, "-----END PGP ")) {
		g->mode = ARMOUR_END;
	} else if (l.n == 5 && l.p[0] == '=') {
		if (!decode(l.p + 1, 4, raw, &n) || n != 3 || ((uint32_t)raw[0] << 16 | (uint32_t)raw[1] << 8 | raw[2]) != g->crc)
			walk_lost(c, "pgp: the armour's CRC does not fit");
	} else if (l.n > 76 || !decode(l.p, l.n, raw, &n))
		walk_lost(c, "pgp: armour line %llu is no base64", (unsigned long long)g->lines);
	else
		g->crc = sum_crc24(g->crc, raw, n);
}

static size_t armour_feed(struct content_checker *c, struct slice s)
{
	struct pgp *g = STATE_OF(c, struct pgp);
	for (size_t i = 0; i < s.n && c->w.mode == WALK_FEED; i++) {
		if (s.p[i] == '\n') {
			armour_line(c);
			g->line_n = 0;
		} else if (g->line_n < sizeof g->line)
			g->line[g->line_n++] = s.p[i];
	}
	return s.n;
}

static bool pgp_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "-----BEGIN PGP ") || pgp_first(h, c->r.named == CONTENT_PGP);
}

static void pgp_begin(struct content_checker *c)
{
	content_state_new(c, sizeof(struct pgp));
	if (c->head[0] == '-')
		walk_feed(c, WALK_FOREVER, armour_feed, 0, NULL);
	else
		walk_want(c, 1, pgp_tag);
}

static void pgp_end(struct content_checker *c)
{
	struct pgp *g = STATE_OF(c, struct pgp);
	if (c->w.mode == WALK_FEED) {
		if (g->line_n)
			armour_line(c);
		if (c->w.mode == WALK_LOST)
			return;
		if (g->mode == ARMOUR_END)
			walk_done(c);
		else
			walk_truncated(c);
	} else if ((walk_between(c) && c->w.step == pgp_tag) || c->w.left > WALK_FOREVER / 2)
		walk_done(c);
	else
		walk_truncated(c);
}

const struct content_format format_pgp = {CONTENT_PGP, pgp_sniff, pgp_begin, pgp_end};

/* ---- age ---------------------------------------------------------------------------------------------------------------------------- */

struct age {
	bool armour, over;
	uint8_t line[256];
	unsigned line_n;
	uint64_t lines;
};

static size_t age_header(struct content_checker *c, struct slice s)
{
	struct age *a = STATE_OF(c, struct age);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t b = s.p[i];
		if (b != '\n') {
			if (a->line_n < sizeof a->line)
				a->line[a->line_n++] = b;
			if ((b < 0x20 && b != '\r') || b > 0x7E || a->line_n >= sizeof a->line) {
				walk_lost(c, "age: header line %llu is no text", (unsigned long long)a->lines + 1);
				return i;
			}
			continue;
		}
		a->lines++;
		struct slice l = slice_of(a->line, a->line_n);
		a->line_n = 0;
		if (slice_starts(l, "--- ")) {
			a->over = true;
			walk_skip(c, WALK_FOREVER, 0, NULL);
			c->w.end_at = c->w.at + i + 1;
			return i + 1;
		}
	}
	return s.n;
}

static size_t age_armour(struct content_checker *c, struct slice s)
{
	struct age *a = STATE_OF(c, struct age);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\n') {
			if (a->line_n < sizeof a->line)
				a->line[a->line_n++] = s.p[i];
			continue;
		}
		struct slice l = slice_trim(slice_of(a->line, a->line_n));
		a->line_n = 0;
		for (size_t k = 0; k < l.n && a->lines; k++)
			if (letter(l.p[k]) < 0 && l.p[k] != '=' && !slice_starts(l, "-----END AGE ")) {
				walk_lost(c, "age: armour line %llu is no base64", (unsigned long long)a->lines + 1);
				return i;
			}
		a->lines++;
		a->over |= slice_starts(l, "-----END AGE ");
	}
	return s.n;
}

/* git-crypt: ten bytes, a nonce of twelve, as many bytes as the file has. */
static bool gitcrypt_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 22 && HEAD_IS(h, 0, "\0GITCRYPT\0");
}

static void gitcrypt_begin(struct content_checker *c)
{
	content_state_new(c, 1);
	c->r.encrypted = true;
	walk_skip(c, WALK_FOREVER, 0, NULL);
}

static void gitcrypt_end(struct content_checker *c)
{
	walk_done(c);
}

const struct content_format format_gitcrypt = {CONTENT_GITCRYPT, gitcrypt_sniff, gitcrypt_begin, gitcrypt_end};

static bool age_sniff(struct content_checker *c, struct slice h)
{
	return HEAD_IS(h, 0, "age-encryption.org/v1\n") || HEAD_IS(h, 0, "-----BEGIN AGE ENCRYPTED FILE-----");
}

static void age_begin(struct content_checker *c)
{
	struct age *a = content_state_new(c, sizeof *a);
	a->armour = c->head[0] == '-';
	c->r.encrypted = true;
	walk_feed(c, WALK_FOREVER, a->armour ? age_armour : age_header, 0, NULL);
}

static void age_end(struct content_checker *c)
{
	const struct age *a = STATE_OF(c, struct age);
	if (a->armour ? a->over || slice_starts(slice_of(a->line, a->line_n), "-----END AGE ") : a->over) {
		/* 16 bytes of nonce, then chunks of 64 KiB with 16 bytes of tag each; the last one shorter, and empty only when it is the only one */
		uint64_t payload = c->size - c->w.end_at;
		uint64_t last = a->armour || payload < 16 ? 0 : (payload - 16) % 65552;
		if (!a->armour && (payload < 32 || (last && last < 16) || (last == 16 && payload > 32)))
			walk_truncated(c);
		else
			walk_done(c);
	} else
		walk_truncated(c);
}

const struct content_format format_age = {CONTENT_AGE, age_sniff, age_begin, age_end};
