/* record: one record of the log, as bytes and back. All fields always, little-endian; the strings and the extra bytes with their lengths. */
#include "watch_internal.h"

static void put_str(struct buf *b, const char *s)
{
	size_t n = strlen(s);
	buf_u32le(b, (uint32_t)n);
	buf_add(b, s, n);
}

static bool get_str(struct cur *c, char *out, size_t size)
{
	struct slice s = cur_take(c, cur_u32le(c));
	if (c->failed || s.n >= size)
		return false;
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

void record_encode(const struct record *r, struct buf *b)
{
	buf_u32le(b, r->kind);
	buf_u32le(b, r->flags);
	buf_u64le(b, r->number);
	buf_u64le(b, r->session);
	buf_u64le(b, (uint64_t)r->mono);
	buf_u64le(b, (uint64_t)r->wall);
	buf_u64le(b, r->dev);
	buf_u64le(b, r->ino);
	buf_u64le(b, r->size);
	buf_u64le(b, r->offset);
	buf_u64le(b, r->length);
	buf_u32le(b, r->mode);
	buf_u32le(b, r->uid);
	buf_u32le(b, r->gid);
	buf_u32le(b, r->links);
	buf_u64le(b, (uint64_t)r->mtime);
	buf_u64le(b, (uint64_t)r->atime);
	buf_u32le(b, (uint32_t)r->pid);
	buf_u64le(b, r->start);
	put_str(b, r->text);
	put_str(b, r->path);
	put_str(b, r->path2);
	buf_u32le(b, (uint32_t)r->extra.n);
	buf_add_slice(b, r->extra);
}

int record_decode(struct slice meta, struct record *ret)
{
	struct cur c = cur_of(meta);
	struct record *r = ret;
	r->kind = cur_u32le(&c);
	r->flags = cur_u32le(&c);
	r->number = cur_u64le(&c);
	r->session = cur_u64le(&c);
	r->mono = (int64_t)cur_u64le(&c);
	r->wall = (int64_t)cur_u64le(&c);
	r->dev = cur_u64le(&c);
	r->ino = cur_u64le(&c);
	r->size = cur_u64le(&c);
	r->offset = cur_u64le(&c);
	r->length = cur_u64le(&c);
	r->mode = cur_u32le(&c);
	r->uid = cur_u32le(&c);
	r->gid = cur_u32le(&c);
	r->links = cur_u32le(&c);
	r->mtime = (int64_t)cur_u64le(&c);
	r->atime = (int64_t)cur_u64le(&c);
	r->pid = (int32_t)cur_u32le(&c);
	r->start = cur_u64le(&c);
	bool ok = get_str(&c, r->text, sizeof r->text) && get_str(&c, r->path, sizeof r->path) && get_str(&c, r->path2, sizeof r->path2);
	uint32_t n = cur_u32le(&c);
	r->extra = cur_take(&c, n);
	return ok && !c.failed && cur_done(&c) && n <= RECORD_EXTRA_MAX ? 0 : ERR_CORRUPT;
}
