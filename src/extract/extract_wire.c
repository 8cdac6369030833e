/* What the child says: pieces and troubles as bytes, and back. The child may have been taken over by the file that it reads, so each frame is held against all that a piece promises. */
#include "extract_internal.h"

void extract_wire_frame(struct buf *b, enum extract_frame kind, struct slice body)
{
	buf_u32le(b, (uint32_t)body.n);
	buf_u8(b, (uint8_t)kind);
	buf_add_slice(b, body);
}

/* kind, role, who: u8; offset u64; length of the name u32; name; text */
void extract_wire_piece(struct buf *b, const struct extract_piece *p)
{
	struct slice name = slice_of(p->name.p, p->name.n < EXTRACT_NAME_MAX ? p->name.n : EXTRACT_NAME_MAX);
	while (name.n && name.n == EXTRACT_NAME_MAX && !utf8_valid(name))
		name.n--;
	buf_u32le(b, (uint32_t)(15 + name.n + p->text.n));
	buf_u8(b, EXTRACT_FRAME_PIECE);
	buf_u8(b, (uint8_t)p->kind);
	buf_u8(b, (uint8_t)p->role);
	buf_u8(b, (uint8_t)p->who);
	buf_u32le(b, (uint32_t)p->offset);
	buf_u32le(b, (uint32_t)(p->offset >> 32));
	buf_u32le(b, (uint32_t)name.n);
	buf_add_slice(b, name);
	buf_add_slice(b, p->text);
}

int extract_wire_piece_get(struct slice body, struct slice member, struct extract_piece *ret)
{
	struct cur c = cur_of(body);
	struct extract_piece p = {.member = member};
	unsigned kind = cur_u8(&c), role = cur_u8(&c), who = cur_u8(&c);
	p.offset = cur_u64le(&c);
	uint32_t name = cur_u32le(&c);
	p.name = cur_take(&c, name);
	p.text = cur_take(&c, cur_left(&c));
	if (c.failed || kind > EXTRACT_MEMBER || role >= PERSON_ROLES_N || who > PERSON_ANYBODY || p.name.n > EXTRACT_NAME_MAX || p.text.n > EXTRACT_PIECE_MAX || !utf8_valid(p.name) || !utf8_valid(p.text))
		return ERR_INPUT;
	p.kind = (enum extract_kind)kind;
	p.role = (int)role;
	p.who = (int)who;
	*ret = p;
	return 0;
}

void extract_wire_trouble(struct buf *b, const struct extract_trouble *t)
{
	size_t n = strnlen(t->why, sizeof t->why);
	buf_u32le(b, (uint32_t)(1 + n));
	buf_u8(b, EXTRACT_FRAME_TROUBLE);
	buf_u8(b, (uint8_t)t->kind);
	buf_add(b, t->why, n);
}

int extract_wire_trouble_get(struct slice body, struct slice member, struct extract_trouble *ret)
{
	struct extract_trouble t = {.member = member};
	if (body.n < 1 || body.p[0] > EXTRACT_UNREADABLE || body.n - 1 >= sizeof t.why)
		return ERR_INPUT;
	t.kind = (enum extract_trouble_kind)body.p[0];
	for (size_t i = 1; i < body.n; i++) /* it goes to people's screens */
		t.why[i - 1] = body.p[i] >= 0x20 && body.p[i] < 0x7F ? (char)body.p[i] : '?';
	*ret = t;
	return 0;
}
