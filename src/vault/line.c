/* A line of a catalogue: a file, folder, link or other node of the tree, as text that awk reads as well as we do.
 *
 *     TYPE PATH MODE UID GID MTIME CTIME INODE SIZE [KEY=VALUE]...        one blank between, LF behind
 *     + PATH x=EXTENTS
 *
 * TYPE   f file, d folder, l symbolic link, h another name of a file that stands earlier, p fifo, s socket, c and b devices; + more extents of the file whose line follows (a file's extents are
 *        those of its + lines and then of its f line, in order)
 * PATH   absolute, escaped; MODE: octal, the permission bits (07777); UID, GID, INODE, SIZE decimal; MTIME, CTIME: seconds since 1970 (may be negative), a dot, nine digits
 * l=     where a symbolic link points, or the earlier path of an h, escaped        r=MAJOR:MINOR of a device        n=  names that the file has (when more than one)
 * f=     attributes of the inode as chattr sets them, hex: FS_x_FL of linux/fs.h, those of VAULT_FLAGS; only when there are some
 * s=     "torn" (changed while it was read), "unreadable" (no content is here), "mount" (a file system is mounted here and was not entered); commas between
 * c=TYPE:NAMED:STATE:FLAGS:ENTROPY:RANDOM:WORD   what the content is (content.h: type's name, name of the type that the suffix promises, 0 unchecked 1 valid 2 lost, 1 encrypted by its own format
 *        + 2 an onion address in it), entropy in thousandths of a bit a byte, random and word shares in thousandths
 * m=MARKS:TIME   what the judge holds against this version (VAULT_MARK_x added up), and since when (ns); only when there is something
 * d=     32 hex digits, the digest (keys.c): the same content (and holes) has the same digest within a domain and period; none for a file without any chunk
 * a=     extended attributes, NAME:BASE64 with commas between (ACLs are system.posix_acl_access and _default), names escaped
 * x=     extents (extent.c)
 * Escaped: %XX for control characters, blank, '%', ',', ':', DEL, and every byte that is not part of valid UTF-8 (also U+0080..U+009F).
 * Valid if and only if the fixed fields parse, no key stands twice, and the whole is at most VAULT_LINE_MAX bytes. Unknown keys are passed over: later writers may know more.
 * Lines stand in the order of vault_path_cmp: by raw bytes, '/' before everything else, so that what a folder holds follows it at once.
 */
#include "vault_internal.h"

/* ---- paths ---- */

int vault_path_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n, i = 0;
	while (i + 8 <= n) {
		uint64_t x, y;
		memcpy(&x, a.p + i, 8);
		memcpy(&y, b.p + i, 8);
		if (x != y)
			break;
		i += 8;
	}
	for (; i < n; i++)
		if (a.p[i] != b.p[i]) {
			int x = a.p[i] == '/' ? -1 : a.p[i], y = b.p[i] == '/' ? -1 : b.p[i];
			return x < y ? -1 : 1;
		}
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

bool vault_path_under(struct slice path, struct slice under)
{
	if (under.n && under.p[under.n - 1] == '/') /* "/" itself, or "dir/" */
		under.n--;
	return path.n >= under.n && (under.n == 0 || memcmp(path.p, under.p, under.n) == 0) && (path.n == under.n || under.n == 0 || path.p[under.n] == '/');
}

static bool plain(uint8_t c)
{
	return c > 0x20 && c < 0x7f && c != '%' && c != ',' && c != ':';
}

void vault_escape(struct buf *b, struct slice raw)
{
	static const char digit[] = "0123456789ABCDEF";
	for (size_t i = 0; i < raw.n;) {
		size_t from = i;
		while (i < raw.n && plain(raw.p[i]))
			i++;
		buf_add(b, raw.p + from, i - from);
		if (i == raw.n)
			return;
		size_t n = 1;
		if (raw.p[i] >= 0x80) {
			uint32_t cp = utf8_get(slice_of(raw.p + i, raw.n - i), &n);
			bool whole = utf8_valid(slice_of(raw.p + i, n));
			if (whole && cp >= 0xa0) {
				buf_add(b, raw.p + i, n);
				i += n;
				continue;
			}
		}
		for (; n; n--, i++) {
			char out[3] = {'%', digit[raw.p[i] >> 4], digit[raw.p[i] & 15]};
			buf_add(b, out, 3);
		}
	}
}

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int vault_unescape(struct buf *b, struct slice text)
{
	if (text.n && memchr(text.p, 0, text.n))
		return ERR_CORRUPT; /* no name holds a NUL */
	for (size_t i = 0; i < text.n;) {
		const uint8_t *hit = memchr(text.p + i, '%', text.n - i);
		size_t n = hit ? (size_t)(hit - text.p) - i : text.n - i;
		buf_add(b, text.p + i, n);
		i += n;
		if (!hit)
			break;
		int hi = text.n - i >= 3 ? hex_digit(text.p[i + 1]) : -1, lo = text.n - i >= 3 ? hex_digit(text.p[i + 2]) : -1;
		if (hi < 0 || lo < 0 || (hi | lo) == 0)
			return ERR_CORRUPT; /* also %00 */
		buf_u8(b, (uint8_t)(hi << 4 | lo));
		i += 3;
	}
	return buf_code(b);
}

/* ---- numbers, by hand: a large tree has ten million of them ---- */

static void put_u64(struct buf *b, uint64_t v)
{
	char d[20];
	size_t n = sizeof(d);
	do
		d[--n] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	buf_add(b, d + n, sizeof(d) - n);
}

static void put_time(struct buf *b, int64_t s, uint32_t ns)
{
	char d[10] = ".";
	for (int i = 9; i > 0; i--, ns /= 10)
		d[i] = (char)('0' + ns % 10);
	if (s < 0)
		buf_u8(b, '-');
	put_u64(b, s < 0 ? 0 - (uint64_t)s : (uint64_t)s);
	buf_add(b, d, sizeof(d));
}

static bool get_u64(struct slice s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	if (s.n == 0 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)s.p[i] - '0';
		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*ret = v;
	return v <= max;
}

static bool get_u32(struct slice s, uint32_t *ret)
{
	uint64_t v;
	if (!get_u64(s, UINT32_MAX, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool get_time(struct slice s, int64_t *ret_s, uint32_t *ret_ns)
{
	struct slice frac, whole = slice_cut(s, '.', &frac);
	bool minus = whole.n && whole.p[0] == '-';
	uint64_t v;
	if (minus)
		whole = slice_of(whole.p + 1, whole.n - 1);
	if (frac.n != 9 || !get_u32(frac, ret_ns) || !get_u64(whole, INT64_MAX, &v))
		return false;
	*ret_s = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

static int64_t saturated(int64_t s, uint32_t ns)
{
	int64_t t;
	if (__builtin_mul_overflow(s, TIME_SEC, &t) || __builtin_add_overflow(t, (int64_t)ns, &t))
		return s < 0 ? INT64_MIN : INT64_MAX;
	return t;
}

static bool get_octal(struct slice s, uint32_t *ret)
{
	uint32_t v = 0;
	if (s.n == 0 || s.n > 5)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '7')
			return false;
		v = v << 3 | (uint32_t)(s.p[i] - '0');
	}
	*ret = v;
	return v <= 07777;
}

/* ---- reading ---- */

static bool get_trait(struct slice v, struct vault_line *l)
{
	struct slice f[7], rest = v;
	uint64_t n[5];
	static const uint64_t most[5] = {2, 3, 8000, 1000, 1000};
	for (size_t i = 0; i < ARRAY_LEN(f); i++)
		f[i] = slice_cut(rest, ':', &rest);
	if (rest.p)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(n); i++)
		if (!get_u64(f[i + 2], most[i], &n[i]))
			return false;
	int type = content_type_parse(f[0]), named = content_type_parse(f[1]);
	const struct vault_trait marks = l->trait;
	l->trait = (struct vault_trait){.marks = marks.marks, .marked = marks.marked, .type = type < 0 ? CONTENT_UNKNOWN : type, /* a later writer's type */
		.named = named < 0 ? CONTENT_UNKNOWN : named, .state = (int)n[0], .encrypted = n[1] & 1, .onion = n[1] & 2,
		.entropy = (float)n[2] / 1000, .random_share = (float)n[3] / 1000, .word_share = (float)n[4] / 1000};
	l->has_trait = true;
	return true;
}

static bool get_marks(struct slice v, struct vault_line *l)
{
	struct slice since, marks = slice_cut(v, ':', &since);
	uint64_t n;
	if (!get_u64(marks, UINT8_MAX, &n) || n == 0 || num_i64(since, INT64_MIN, INT64_MAX, &l->trait.marked) < 0)
		return false;
	l->trait.marks = (uint8_t)n;
	l->has_marks = true;
	return true;
}

static bool get_flags(struct slice v, uint32_t *ret)
{
	uint32_t n = 0;
	if (v.n == 0 || v.n > 8)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		int d = v.p[i] >= '0' && v.p[i] <= '9' ? v.p[i] - '0' : v.p[i] >= 'a' && v.p[i] <= 'f' ? v.p[i] - 'a' + 10 : -1;
		if (d < 0)
			return false;
		n = n << 4 | (uint32_t)d;
	}
	*ret = n & VAULT_FLAGS; /* others are a later writer's */
	return true;
}

static bool get_state(struct slice v, struct vault_line *l)
{
	while (v.p) {
		struct slice word = slice_cut(v, ',', &v);
		if (slice_eq_str(word, "torn"))
			l->node.torn = true;
		else if (slice_eq_str(word, "unreadable"))
			l->node.unreadable = true;
		else if (slice_eq_str(word, "mount"))
			l->mount = true;
		else if (word.n == 0)
			return false;
	}
	return true;
}

static bool get_rdev(struct slice v, struct vault_line *l)
{
	struct slice minor, major = slice_cut(v, ':', &minor);
	return get_u32(major, &l->node.rdev_major) && get_u32(minor, &l->node.rdev_minor);
}

/* The escaped text as raw bytes in scratch, which has room for all of the line. */
static bool get_raw(struct slice v, struct buf *scratch, struct slice *ret)
{
	size_t from = scratch->n;
	if (v.n == 0 || vault_unescape(scratch, v) < 0 || scratch->n - from > VAULT_PATH_MAX)
		return false;
	*ret = slice_of(scratch->p + from, scratch->n - from);
	return true;
}

static bool get_key(uint8_t key, struct slice v, struct buf *scratch, struct vault_line *l)
{
	switch (key) {
	case 'l':
		return get_raw(v, scratch, &l->node.link);
	case 'r':
		return get_rdev(v, l);
	case 'n':
		return get_u32(v, &l->nlink);
	case 'f':
		return get_flags(v, &l->flags);
	case 's':
		return get_state(v, l);
	case 'c':
		return get_trait(v, l);
	case 'm':
		return get_marks(v, l);
	case 'd':
		l->has_digest = hex_get(l->digest, VAULT_DIGEST, v) == 0;
		return l->has_digest;
	case 'a':
		l->xattrs = v;
		return v.n != 0;
	case 'x':
		l->extents = v;
		return v.n != 0;
	default:
		return true;
	}
}

static bool get_keys(struct slice rest, struct buf *scratch, struct vault_line *l)
{
	uint32_t seen = 0;
	while (rest.p) {
		struct slice v, word = slice_cut(rest, ' ', &rest);
		struct slice key = slice_cut(word, '=', &v);
		if (key.n != 1 || key.p[0] < 'a' || key.p[0] > 'z' || !v.p)
			return false;
		uint32_t bit = UINT32_C(1) << (key.p[0] - 'a');
		bool device = l->node.type == 'c' || l->node.type == 'b';
		if (seen & bit || (l->node.type == '+' && key.p[0] != 'x') || (key.p[0] == 'r' && !device) || !get_key(key.p[0], v, scratch, l))
			return false;
		seen |= bit;
	}
	return true;
}

static bool get_fixed(struct slice *rest, struct vault_line *l)
{
	struct slice f[7];
	for (size_t i = 0; i < ARRAY_LEN(f); i++)
		f[i] = slice_cut(*rest, ' ', rest);
	struct vault_node *n = &l->node;
	if (!get_octal(f[0], &n->mode) || !get_u32(f[1], &n->uid) || !get_u32(f[2], &n->gid) || !get_time(f[3], &l->mtime_s, &l->mtime_ns) ||
	    !get_time(f[4], &l->ctime_s, &l->ctime_ns) || !get_u64(f[5], UINT64_MAX, &n->ino) || !get_u64(f[6], INT64_MAX, &n->size))
		return false;
	n->mtime = saturated(l->mtime_s, l->mtime_ns);
	n->ctime = saturated(l->ctime_s, l->ctime_ns);
	return true;
}

static bool fits_type(const struct vault_line *l)
{
	bool link = l->node.type == 'l' || l->node.type == 'h';
	return link == (l->node.link.p != NULL) && (l->node.type == 'f' || l->node.type == '+' || !l->extents.n) && (l->node.type == 'f' || (!l->has_trait && !l->has_digest && !l->has_marks)) &&
	       (l->node.type != '+' || l->extents.n);
}

static bool is_hollow(const struct vault_line *l)
{
	struct slice rest = l->extents;
	struct vault_extent x;
	return l->node.type == 'f' && vault_extent_next(&rest, &x) > 0 && !x.pack && x.length == l->node.size && !rest.n;
}

int vault_line_parse(struct slice text, struct buf *scratch, struct vault_line *ret, struct err *e)
{
	struct vault_line l = {.raw = text};
	buf_reset(scratch);
	if (text.n > VAULT_LINE_MAX || !buf_space(scratch, text.n + 1)) /* ahead: slices of it must not move */
		return err_set(e, text.n > VAULT_LINE_MAX ? ERR_CORRUPT : buf_code(scratch), NULL, "a line of the catalogue is longer than any we write");
	struct slice rest, type = slice_cut(text, ' ', &rest), path = slice_cut(rest, ' ', &rest);
	l.node.type = type.n == 1 && type.p[0] && memchr("fdlhpscb+", type.p[0], 9) ? (char)type.p[0] : 0;
	bool ok = l.node.type && get_raw(path, scratch, &l.node.path) && l.node.path.p[0] == '/';
	if (ok && l.node.type != '+')
		ok = get_fixed(&rest, &l);
	if (!ok || !get_keys(rest, scratch, &l) || !fits_type(&l))
		return err_set(e, ERR_CORRUPT, NULL, "a line of the catalogue is not what we write");
	if (l.has_trait) {
		l.trait.size = l.node.size;
		l.trait.torn = l.node.torn || l.node.unreadable;
		l.trait.hollow = is_hollow(&l);
		memcpy(l.trait.head, l.digest, sizeof(l.trait.head));
		l.node.content_type = l.trait.type;
		l.node.content_state = l.trait.state;
	}
	*ret = l;
	return 0;
}

/* ---- writing ---- */

static unsigned thousandths(float f, unsigned most)
{
	float v = f * 1000 + 0.5F;
	return !(v > 0) ? 0 : v >= (float)most ? most : (unsigned)v;
}

static void put_trait(struct buf *b, const struct vault_trait *t)
{
	buf_str(b, " c=");
	buf_str(b, content_type_name(t->type));
	buf_u8(b, ':');
	buf_str(b, content_type_name(t->named));
	const uint64_t n[5] = {(uint64_t)t->state, (uint64_t)t->encrypted | (uint64_t)t->onion << 1, thousandths(t->entropy, 8000), thousandths(t->random_share, 1000), thousandths(t->word_share, 1000)};
	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		buf_u8(b, ':');
		put_u64(b, n[i]);
	}
}

static void put_states(struct buf *b, const struct vault_line *l)
{
	const char *words[] = {l->node.torn ? "torn" : NULL, l->node.unreadable ? "unreadable" : NULL, l->mount ? "mount" : NULL};
	char before = '=';
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i]) {
			if (before == '=')
				buf_str(b, " s");
			buf_u8(b, (uint8_t)before);
			buf_str(b, words[i]);
			before = ',';
		}
}

static void put_fixed(struct buf *b, const struct vault_line *l)
{
	const struct vault_node *n = &l->node;
	const char mode[6] = {' ', (char)('0' + (n->mode >> 9 & 7)), (char)('0' + (n->mode >> 6 & 7)), (char)('0' + (n->mode >> 3 & 7)), (char)('0' + (n->mode & 7)), ' '};
	buf_add(b, mode, sizeof(mode));
	put_u64(b, n->uid);
	buf_u8(b, ' ');
	put_u64(b, n->gid);
	buf_u8(b, ' ');
	put_time(b, l->mtime_s, l->mtime_ns);
	buf_u8(b, ' ');
	put_time(b, l->ctime_s, l->ctime_ns);
	buf_u8(b, ' ');
	put_u64(b, n->ino);
	buf_u8(b, ' ');
	put_u64(b, n->size);
}

static void put_keys(struct buf *b, const struct vault_line *l)
{
	const struct vault_node *n = &l->node;
	if (n->link.n) {
		buf_str(b, " l=");
		vault_escape(b, n->link);
	}
	if (n->type == 'c' || n->type == 'b')
		buf_printf(b, " r=%u:%u", n->rdev_major, n->rdev_minor);
	if (l->nlink > 1)
		buf_printf(b, " n=%u", l->nlink);
	if (l->flags)
		buf_printf(b, " f=%x", l->flags);
	put_states(b, l);
	if (l->has_trait)
		put_trait(b, &l->trait);
	if (l->has_marks)
		buf_printf(b, " m=%u:%lld", l->trait.marks, (long long)l->trait.marked);
	if (l->has_digest) {
		buf_str(b, " d=");
		hex_put(b, slice_of(l->digest, VAULT_DIGEST));
	}
	if (l->xattrs.n) {
		buf_str(b, " a=");
		buf_add_slice(b, l->xattrs);
	}
}

void vault_line_write(const struct vault_line *l, struct buf *ret)
{
	assert(l->node.path.n && l->node.path.p[0] == '/');
	buf_u8(ret, (uint8_t)l->node.type);
	buf_u8(ret, ' ');
	vault_escape(ret, l->node.path);
	if (l->node.type != '+') {
		put_fixed(ret, l);
		put_keys(ret, l);
	}
	if (l->extents.n) {
		buf_str(ret, " x=");
		buf_add_slice(ret, l->extents);
	}
	buf_u8(ret, '\n');
}

/* ---- extended attributes ---- */

int vault_xattr_next(struct slice *rest, struct buf *ret_name, struct buf *ret_value)
{
	if (rest->n == 0)
		return 0;
	struct slice more, value, name, pair = slice_cut(*rest, ',', &more);
	name = slice_cut(pair, ':', &value);
	buf_reset(ret_name);
	buf_reset(ret_value);
	if (name.n == 0 || !value.p || (more.p && more.n == 0) || vault_unescape(ret_name, name) < 0 || base64_get(ret_value, value) < 0)
		return ERR_CORRUPT;
	(void)buf_cstr(ret_name);
	*rest = more;
	return 1;
}

void vault_xattr_put(struct buf *b, struct slice name, struct slice value)
{
	if (b->n)
		buf_u8(b, ',');
	vault_escape(b, name);
	buf_u8(b, ':');
	base64_put(b, value);
}

/* ---- the same content? ---- */

bool vault_line_same_content(const struct vault_line *a, const struct vault_line *b)
{
	const struct vault_node *x = &a->node, *y = &b->node;
	if (x->type != y->type || !slice_eq(x->link, y->link) || x->rdev_major != y->rdev_major || x->rdev_minor != y->rdev_minor)
		return false;
	if (x->type != 'f')
		return true;
	if (x->size != y->size || x->unreadable != y->unreadable)
		return false;
	return a->has_digest == b->has_digest && memcmp(a->digest, b->digest, VAULT_DIGEST) == 0;
}
