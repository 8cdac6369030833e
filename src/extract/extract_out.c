/* What readers tell, put into pieces. */
#include "extract_internal.h"

#include <stdio.h>

static struct extract_piece piece(const struct extract_out *o, enum extract_kind kind, struct slice text, uint64_t offset)
{
	return (struct extract_piece){.kind = kind, .role = PERSON_ROLE_OTHER, .who = PERSON_SUBJECT, .text = text, .offset = o->base + offset, .member = o->member};
}

static bool blank(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] > ' ')
			return false;
	return true;
}

/* Where the first part of s ends: behind the last line end in it, else behind the last blank, else between two characters. */
static size_t part_of(struct slice s)
{
	if (s.n <= EXTRACT_PIECE_MAX)
		return s.n;
	const uint8_t *line = memrchr(s.p, '\n', EXTRACT_PIECE_MAX);
	if (line)
		return (size_t)(line - s.p) + 1;
	size_t n = EXTRACT_PIECE_MAX;
	while (n > EXTRACT_PIECE_MAX - 65536 && s.p[n - 1] > ' ')
		n--;
	if (n > EXTRACT_PIECE_MAX - 65536)
		return n;
	for (n = EXTRACT_PIECE_MAX; n > 1 && (s.p[n] & 0xC0) == 0x80;)
		n--;
	return n;
}

int extract_put_text(const struct extract_out *o, struct slice text, uint64_t offset, struct err *e)
{
	for (size_t n; text.n; text = slice_of(text.p + n, text.n - n), offset += n) {
		n = part_of(text);
		struct extract_piece p = piece(o, EXTRACT_TEXT, slice_of(text.p, n), offset);
		int r = blank(p.text) ? 0 : o->fn(o->arg, &p, e);
		if (r != 0)
			return r;
	}
	return 0;
}

int extract_put_field(const struct extract_out *o, int role, int who, struct slice name, struct slice value, uint64_t offset, struct err *e)
{
	struct slice t = slice_trim(value);
	if (!t.n)
		return 0;
	offset += (uint64_t)(t.p - value.p);
	if (t.n > EXTRACT_PIECE_MAX)
		return extract_put_text(o, t, offset, e);
	struct extract_piece p = piece(o, EXTRACT_FIELD, t, offset);
	p.role = role;
	p.who = who;
	p.name = name;
	return o->fn(o->arg, &p, e);
}

int extract_put_record(const struct extract_out *o, struct slice number, uint64_t offset, struct err *e)
{
	struct extract_piece p = piece(o, EXTRACT_RECORD, number, offset);
	return o->fn(o->arg, &p, e);
}

void extract_tell(const struct extract_out *o, enum extract_trouble_kind kind, const char *fmt, ...)
{
	struct extract_trouble t = {.kind = kind, .member = o->member};
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(t.why, sizeof t.why, fmt, ap);
	va_end(ap);
	o->trouble(o->arg, &t);
}

/* A name as it stands in an archive can hold anything: what is no character becomes '?', control characters too. Returns where it ends in out. */
static size_t put_name(char out[EXTRACT_MEMBER_MAX], size_t k, struct slice name)
{
	for (size_t i = 0, len; i < name.n; i += len) {
		uint32_t c = utf8_get(slice_of(name.p + i, name.n - i), &len);
		if (k + len + 3 > EXTRACT_MEMBER_MAX) {
			memcpy(out + k, "...", 3);
			return k + 3;
		}
		if (c < 0x20 || c == 0x7F || c == 0xFFFD)
			out[k++] = '?';
		else {
			memcpy(out + k, name.p + i, len);
			k += len;
		}
	}
	return k;
}

static int begin(const struct extract_out *o, char between, struct slice name, const char *type, char path[EXTRACT_MEMBER_MAX], struct extract_out *ret, struct err *e)
{
	size_t k = o->member.n;
	assert(k <= EXTRACT_MEMBER_MAX);
	if (k)
		memmove(path, o->member.p, k);
	if ((k || between == '#') && k < EXTRACT_MEMBER_MAX)
		path[k++] = between;
	size_t end = k + 3 <= EXTRACT_MEMBER_MAX ? put_name(path, k, name) : k;
	*ret = *o;
	ret->member = slice_of(path, end);
	ret->base = 0;
	struct extract_piece p = piece(ret, EXTRACT_MEMBER, slice_of(path + k, end - k), 0);
	p.name = slice_str(type);
	return o->fn(o->arg, &p, e);
}

int extract_part(const struct extract_out *o, struct slice name, const char *what, char path[EXTRACT_MEMBER_MAX], struct extract_out *ret, struct err *e)
{
	return begin(o, '#', name, what, path, ret, e);
}

int extract_begin_member(const struct extract_out *o, struct slice name, const char *type, char path[EXTRACT_MEMBER_MAX], struct extract_out *ret, struct err *e)
{
	return begin(o, '/', name, type, path, ret, e);
}
