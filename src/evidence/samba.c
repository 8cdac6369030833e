/* Samba's vfs_full_audit (man vfs_full_audit): PREFIX|OPERATION|RESULT|[more|]FILE, PREFIX as the site defined it, "fail (reason)" as a result. It stands in smbd's own log (a line "[2026/11/21 23:03:35.867510,  0] ..." with the time,
 * and the record on the line behind it) or came by syslog, of either form.
 *
 * What proves what. smbd opens a file for a client that only lists its folder (openat, close: attributes), and a client's own open (create_file) may be for attributes, a rename, a deletion. Content is read by pread_send and pread_recv, pread, read,
 * sendfile; with offload_read the server copies by itself. smbd reads for clients only: whatever it read was the answer to a client, and left the server's file system for it. A client on the loopback is a tunnel's end or a program on the
 * server that speaks SMB: it got the content all the same, and where it is now nobody can say; so that is acquired, too, with less confidence, unless the host's own addresses are named (evidence_source.own). There are no byte counts in it. */
#include "evidence_internal.h"

#include <stdlib.h>

enum op { OP_NONE, OP_READ, OP_ASK, OP_ANSWER, OP_COPY, OP_OPEN, OP_CREATE, OP_LOOK, OP_WRITE, OP_DELETE, OP_RENAME, OP_FOLDER, OP_SHARE, OP_OTHER };
static const struct {
	const char *name;
	enum op op;
	uint8_t before; /* fields between the result and the name */
} ops[] = {
	{"pread_send", OP_ASK, 0}, {"pread_recv", OP_ANSWER, 0}, {"pread", OP_READ, 0}, {"read", OP_READ, 0}, {"sendfile", OP_READ, 0}, {"aio_read", OP_READ, 0}, {"offload_read_send", OP_COPY, 0}, {"offload_read_recv", OP_COPY, 0},
	{"copy_chunk_send", OP_COPY, 0}, {"copy_chunk_recv", OP_COPY, 0}, {"openat", OP_OPEN, 1}, {"open", OP_OPEN, 1}, {"create_file", OP_CREATE, 3}, {"stat", OP_LOOK, 0}, {"lstat", OP_LOOK, 0}, {"fstat", OP_LOOK, 0}, {"fstatat", OP_LOOK, 0},
	{"getxattr", OP_LOOK, 0}, {"fgetxattr", OP_LOOK, 0}, {"get_nt_acl", OP_LOOK, 0}, {"get_nt_acl_at", OP_LOOK, 0}, {"fget_nt_acl", OP_LOOK, 0}, {"get_dos_attributes", OP_LOOK, 0}, {"fget_dos_attributes", OP_LOOK, 0}, {"close", OP_OTHER, 0},
	{"pwrite", OP_WRITE, 0}, {"pwrite_send", OP_WRITE, 0}, {"pwrite_recv", OP_WRITE, 0}, {"write", OP_WRITE, 0}, {"recvfile", OP_WRITE, 0}, {"ftruncate", OP_WRITE, 0}, {"fallocate", OP_OTHER, 0}, {"unlink", OP_DELETE, 0}, {"unlinkat", OP_DELETE, 0},
	{"rmdir", OP_FOLDER, 0}, {"mkdir", OP_FOLDER, 0}, {"mkdirat", OP_FOLDER, 0}, {"opendir", OP_FOLDER, 0}, {"fdopendir", OP_FOLDER, 0}, {"readdir", OP_OTHER, 0}, {"closedir", OP_OTHER, 0}, {"rename", OP_RENAME, 0}, {"renameat", OP_RENAME, 0},
	{"connect", OP_SHARE, 0}, {"disconnect", OP_OTHER, 0}, {"lock", OP_OTHER, 0}, {"chmod", OP_OTHER, 0}, {"fchmod", OP_OTHER, 0}, {"fsync_send", OP_OTHER, 0}, {"fsync_recv", OP_OTHER, 0}, {"fset_nt_acl", OP_OTHER, 0}, {"setxattr", OP_OTHER, 0},
	{"fsetxattr", OP_OTHER, 0}, {"set_dos_attributes", OP_OTHER, 0}, {"fset_dos_attributes", OP_OTHER, 0}, {"fntimes", OP_OTHER, 0}, {"ntimes", OP_OTHER, 0}, {"linkat", OP_OTHER, 0}, {"symlinkat", OP_OTHER, 0}, {"realpath", OP_OTHER, 0},
	{"chdir", OP_OTHER, 0}, {"getwd", OP_OTHER, 0}, {"disk_free", OP_OTHER, 0}, {"fs_capabilities", OP_OTHER, 0}, {"statvfs", OP_OTHER, 0}, {"offload_write_send", OP_OTHER, 0}, {"offload_write_recv", OP_OTHER, 0}, {"kernel_flock", OP_OTHER, 0},
	{"filesystem_sharemode", OP_OTHER, 0}, {"linux_setlease", OP_OTHER, 0}, {"get_quota", OP_OTHER, 0}, {"fstreaminfo", OP_LOOK, 0}, {"streaminfo", OP_LOOK, 0}, {"get_real_filename", OP_OTHER, 0}, {"get_real_filename_at", OP_OTHER, 0},
	{"file_id_create", OP_OTHER, 0}, {"lseek", OP_OTHER, 0}, {"fcntl", OP_OTHER, 0}, {"getlock", OP_OTHER, 0}, {"brl_lock_windows", OP_OTHER, 0}, {"brl_unlock_windows", OP_OTHER, 0}, {"strict_lock_check", OP_OTHER, 0}, {"readlinkat", OP_LOOK, 0},
};

#define WORDS_MAX 24
#define ASKED_MAX (1u << 20)

struct asked { /* a read that has not been answered yet */
	struct slice path, who, from, host;
	int64_t time;
	uint64_t record;
	bool open;
};
struct samba {
	int64_t time;        /* of smbd's own log, from the line before */
	bool ready, creates, answers, own_log;
	struct evidence_map asked_keys, shares; /* client and name of a read; name of a share */
	struct asked *asked;
	size_t asked_n, asked_cap;
	struct buf key;
};
struct record {
	struct slice who, from, machine, share, host, what;
	enum op op;
	bool ok;
	struct slice mask, sort;   /* of create_file: the rights asked for, "file" or "dir" */
	struct slice name, other;  /* the object; what a rename made of it */
};

static int op_of(struct slice w)
{
	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (slice_eq_str(w, ops[i].name))
			return (int)i;
	return -1;
}

static bool result_word(struct slice w)
{
	return slice_eq_str(w, "ok") || slice_starts(w, "fail");
}

/* Where "|OPERATION|RESULT" begins; *op is its place in the table. */
static bool find_op(struct slice line, size_t *at, int *op)
{
	if (!line.n)
		return false;
	const uint8_t *p = line.p, *end = line.p + line.n;
	for (const uint8_t *bar = memchr(p, '|', line.n); bar; bar = memchr(bar + 1, '|', (size_t)(end - bar - 1))) {
		const uint8_t *next = memchr(bar + 1, '|', (size_t)(end - bar - 1));
		if (!next)
			return false;
		struct slice rest, word = slice_of(bar + 1, (size_t)(next - bar - 1)), result = slice_cut(slice_of(next + 1, (size_t)(end - next - 1)), '|', &rest);
		if (word.n < 24 && result_word(result) && (*op = op_of(word)) >= 0) {
			*at = (size_t)(bar - p);
			return true;
		}
	}
	return false;
}

bool evidence_samba_record(struct slice line)
{
	size_t at;
	int op;
	return find_op(line, &at, &op);
}

/* "host tag[pid]: " of syslog, or RFC 5424's "host app pid msgid [data] ", behind the stamp. What follows is the record. */
static struct slice behind_stamp(struct slice s, bool modern, struct slice *ret_host)
{
	size_t at;
	s = slice_trim(s);
	struct slice rest;
	*ret_host = slice_cut(s, ' ', &rest);
	if (!modern) {
		if (rest.p && evidence_find(rest, ": ", &at) && memchr(rest.p, '|', at) == NULL)
			return slice_trim(evidence_from(rest, at + 2));
		return rest;
	}
	for (int i = 0; i < 3 && rest.n; i++)
		(void)slice_cut(rest, ' ', &rest);
	while (rest.n && rest.p[0] == '[') { /* structured data: until the bracket that no quote holds */
		bool quoted = false;
		size_t i = 1;
		for (; i < rest.n && (quoted || rest.p[i] != ']'); i++) {
			if (rest.p[i] == '\\')
				i++;
			else if (rest.p[i] == '"')
				quoted = !quoted;
		}
		rest = evidence_from(rest, i + 1);
	}
	if (slice_starts(rest, "- "))
		rest = evidence_from(rest, 2);
	rest = slice_trim(rest);
	return slice_starts(rest, "\xef\xbb\xbf") ? evidence_from(rest, 3) : rest;
}

/* The prefix by the site's own words: literals between the variables. */
static void prefix_by_words(const char *words, struct slice s, struct record *r)
{
	for (const char *w = words; *w;) {
		if (*w != '%') {
			if (s.n && s.p[0] == (uint8_t)*w)
				s = evidence_from(s, 1);
			w++;
			continue;
		}
		char var = w[1] ? w[1] : '%', until = w[1] ? w[2] : 0;
		w += w[1] ? 2 : 1;
		size_t n = 0;
		while (n < s.n && (until == 0 || s.p[n] != (uint8_t)until))
			n++;
		struct slice value = evidence_upto(s, n);
		s = evidence_from(s, n);
		if (var == 'u' || var == 'U')
			r->who = value;
		else if (var == 'I')
			r->from = value;
		else if (var == 'm' || var == 'M')
			r->machine = value;
		else if (var == 'S')
			r->share = value;
		else if ((var == 'L' || var == 'h') && value.n)
			r->host = value;
	}
}

static bool number(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* The prefix as most sites have it: what is an address is the client's, what was connected to is the share, the first other word is the account and the next one the machine. */
static void prefix_by_looks(const struct samba *st, struct slice s, struct record *r)
{
	struct slice word[WORDS_MAX];
	size_t n = 0;
	uint8_t sep = s.n && memchr(s.p, '|', s.n) ? '|' : s.n && memchr(s.p, ',', s.n) ? ',' : s.n && memchr(s.p, ';', s.n) ? ';' : ' ';
	while (s.n && n < WORDS_MAX) {
		struct slice w = slice_trim(slice_cut(s, sep, &s));
		if (w.n)
			word[n++] = w;
	}
	for (size_t i = 0; i < n; i++) {
		struct slice w = word[i];
		size_t eq;
		if (evidence_find(w, "=", &eq) && eq + 1 < w.n) /* user=jdoe */
			w = evidence_from(w, eq + 1);
		if (evidence_is_address(w)) {
			if (!r->from.n)
				r->from = w;
		} else if (!r->share.n && evidence_map_get(&st->shares, w))
			r->share = w;
		else if (number(w) || (w.n > 8 && (w.p[4] == '/' || w.p[4] == '-') && number(evidence_upto(w, 4))))
			continue; /* a process, a date */
		else if (!r->who.n)
			r->who = w;
		else if (!r->machine.n)
			r->machine = w;
	}
}

/* Two names with a bar between them, and bars may be in names: the second begins at the root like the first, or is the longer half's. */
static void two_names(struct slice both, struct record *r)
{
	size_t at;
	if (evidence_find(both, "|/", &at) || evidence_find(both, "|", &at)) {
		r->name = evidence_upto(both, at);
		r->other = evidence_from(both, at + 1);
	} else
		r->name = both;
}

static bool take_apart(struct evidence *v, struct samba *st, struct slice s, struct record *r)
{
	size_t at;
	int op;
	if (!find_op(s, &at, &op))
		return false;
	struct slice prefix = evidence_upto(s, at), rest, field[3] = {0};
	(void)slice_cut(evidence_from(s, at + 1), '|', &rest);
	struct slice result = slice_cut(rest, '|', &rest);
	r->op = ops[op].op;
	r->ok = slice_eq_str(result, "ok");
	for (size_t i = 0; i < ops[op].before && rest.p; i++) {
		struct slice more, f = slice_cut(rest, '|', &more);
		/* versions before 4.13 say no mode in front of the name of an open */
		if (!more.p || (r->op == OP_OPEN && f.n != 1 && !slice_eq_str(f, "rw")))
			break;
		field[i] = f;
		rest = more;
	}
	r->mask = field[0];
	r->sort = field[1];
	r->name = rest;
	if (r->op == OP_RENAME)
		two_names(rest, r);
	v->src->prefix ? prefix_by_words(v->src->prefix, prefix, r) : prefix_by_looks(st, prefix, r);
	if (!r->from.n)
		r->from = r->machine;
	return true;
}

/* Names were relative to the share's folder before 4.11 or so: the share stands in front of them then, where it is known. */
static struct slice full(struct evidence *v, const struct record *r, struct slice name)
{
	if (!name.n || name.p[0] == '/' || !r->share.n)
		return name;
	char *s = arena_printf(v->a, "%.*s/%.*s", SLICE_FMT(r->share), SLICE_FMT(name));
	return s ? slice_str(s) : name;
}

static int put(struct evidence *v, const struct record *r, int64_t t, enum evidence_level level, int confidence, const char *why)
{
	struct evidence_touch x = {.path = full(v, r, r->name), .host = r->host, .who = r->who, .from = r->from, .reason = slice_str(why), .time = t, .level = level, .confidence = (uint8_t)confidence, .other = full(v, r, r->other), .renamed_to = r->other.n > 0};
	x.folder = r->op == OP_FOLDER || (r->op == OP_CREATE && slice_eq_str(r->sort, "dir"));
	if (x.path.n && x.path.p[x.path.n - 1] == '.' && (x.path.n == 1 || x.path.p[x.path.n - 2] == '/' || evidence_ends_nocase(x.path, "/..")))
		x.folder = true;
	return evidence_put(v, &x);
}

static int put_read(struct evidence *v, const struct record *r, int64_t t)
{
	if (evidence_own(v, r->from))
		return put(v, r, t, EVIDENCE_ACCESSED, 90, "content was read over the share by the host itself");
	if (evidence_loopback(r->from))
		return put(v, r, t, EVIDENCE_ACQUIRED, 85, "content was answered to an SMB client on the server's own loopback, as by a tunnel");
	return put(v, r, t, EVIDENCE_ACQUIRED, 95, "content was answered to an SMB client");
}

/* ---- reads that are asked for and answered in two records ---- */

static int asked_key(struct samba *st, const struct record *r)
{
	buf_reset(&st->key);
	buf_add_slice(&st->key, r->from);
	buf_u8(&st->key, 0);
	buf_add_slice(&st->key, r->who);
	buf_u8(&st->key, 0);
	buf_add_slice(&st->key, r->name);
	return buf_code(&st->key);
}

static int ask(struct evidence *v, struct samba *st, const struct record *r, int64_t t)
{
	int code = asked_key(st, r);
	uint64_t at = code == 0 ? evidence_map_get(&st->asked_keys, buf_slice(&st->key)) : 0;
	if (code || st->asked_n >= ASKED_MAX)
		return code;
	if (!at) {
		if (st->asked_n == st->asked_cap) {
			size_t cap = st->asked_cap ? st->asked_cap * 2 : 64;
			struct asked *more = reallocarray(st->asked, cap, sizeof *more);
			if (!more)
				return ERR_MEMORY;
			st->asked = more;
			st->asked_cap = cap;
		}
		struct arena *a = st->asked_keys.a;
		st->asked[st->asked_n] = (struct asked){.path = arena_dup(a, full(v, r, r->name)), .who = arena_dup(a, r->who), .from = arena_dup(a, r->from), .host = arena_dup(a, r->host)};
		if (!st->asked[st->asked_n].path.p)
			return arena_code(a);
		at = ++st->asked_n;
		code = evidence_map_put(&st->asked_keys, buf_slice(&st->key), at);
		if (code)
			return code;
	}
	struct asked *was = &st->asked[at - 1];
	if (was->open && !st->answers) { /* this site records no answers: each question is a read */
		struct record x = {.name = was->path, .who = was->who, .from = was->from, .host = was->host};
		code = put_read(v, &x, was->time);
		if (code)
			return code;
	}
	st->asked[at - 1].time = t;
	st->asked[at - 1].record = v->record;
	st->asked[at - 1].open = true;
	return 0;
}

static int answer(struct evidence *v, struct samba *st, const struct record *r, int64_t t)
{
	int code = asked_key(st, r);
	uint64_t at = code == 0 ? evidence_map_get(&st->asked_keys, buf_slice(&st->key)) : 0;
	st->answers = true;
	if (at)
		st->asked[at - 1].open = false;
	return code ? code : r->ok ? put_read(v, r, t) : 0;
}

/* ---- one record ---- */

static int opened(struct evidence *v, struct samba *st, const struct record *r, int64_t t)
{
	uint64_t mask = 0;
	bool dir = slice_eq_str(r->sort, "dir");
	if (r->op == OP_OPEN && st->creates)
		return put(v, r, t, EVIDENCE_LISTED, 90, "the server opened it by itself, as for a listing; no client's open is recorded");
	if (r->op == OP_OPEN)
		return put(v, r, t, EVIDENCE_OPENED, 70, "an open, which a listing does, too; no read is recorded");
	for (size_t i = 2; i < r->mask.n && i < 12; i++) {
		uint8_t c = r->mask.p[i] | 32;
		mask = mask * 16 + (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (dir)
		return put(v, r, t, EVIDENCE_LISTED, 95, "a client opened the folder");
	if (mask & 0x80000021u || mask & 0x02000000u) /* FILE_READ_DATA, GENERIC_READ, FILE_EXECUTE, MAXIMUM_ALLOWED (MS-SMB2 2.2.13.1.1) */
		return put(v, r, t, EVIDENCE_OPENED, 90, "a client opened it with the right to read; no read is recorded");
	return put(v, r, t, EVIDENCE_OPENED, 95, "a client opened it without the right to read");
}

static int one(struct evidence *v, struct samba *st, const struct record *r, int64_t t)
{
	v->account.records++;
	if (r->op == OP_SHARE) {
		struct slice rest, share = slice_cut(r->name, '|', &rest);
		return r->ok && share.n ? evidence_map_put(&st->shares, share, 1) : 0;
	}
	if (r->op == OP_ANSWER)
		return answer(v, st, r, t);
	if (!r->ok) {
		v->account.failed++;
		return 0;
	}
	switch (r->op) {
	case OP_READ:
		return put_read(v, r, t);
	case OP_ASK:
		return st->answers || st->asked_n < ASKED_MAX ? ask(v, st, r, t) : put_read(v, r, t);
	case OP_COPY:
		return put(v, r, t, EVIDENCE_ACCESSED, 85, "content was copied on the server itself");
	case OP_CREATE:
		st->creates = true;
		return opened(v, st, r, t);
	case OP_OPEN:
		return opened(v, st, r, t);
	case OP_LOOK:
		return put(v, r, t, EVIDENCE_LISTED, 95, "attributes were looked at");
	case OP_WRITE:
		return put(v, r, t, EVIDENCE_OPENED, 95, "it was written");
	case OP_DELETE:
		return put(v, r, t, EVIDENCE_OPENED, 95, "it was deleted");
	case OP_RENAME:
		return put(v, r, t, EVIDENCE_OPENED, 95, "it was renamed");
	case OP_FOLDER:
		return put(v, r, t, EVIDENCE_LISTED, 95, "a folder that was read, made or removed");
	default:
		return 0;
	}
}

static int begin(struct evidence *v, struct samba *st)
{
	if (st->ready)
		return 0;
	size_t at;
	st->ready = true;
	st->time = EVIDENCE_NO_TIME;
	st->creates = evidence_find(buf_slice(&v->head), "|create_file|", &at);
	st->answers = evidence_find(buf_slice(&v->head), "|pread_recv|", &at);
	buf_init(&st->key, EVIDENCE_LINE_MAX * 2);
	int r = evidence_map_init(&st->asked_keys, (size_t)1 << 30);
	v->account.dialect = "Samba full_audit";
	v->account.clock = "the server's local time, as syslog or smbd wrote it";
	return r ? r : evidence_map_init(&st->shares, (size_t)16 << 20);
}

/* The head of an entry in smbd's own log: "[2026/11/21 23:03:35.867510,  0, pid=..] file:line(function)". */
static bool own_head(struct evidence *v, struct slice line, struct samba *st)
{
	if (line.n < 22 || line.p[0] != '[' || line.p[5] != '/' || line.p[8] != '/')
		return false;
	size_t n = 0;
	while (n < line.n && line.p[n] != ',' && line.p[n] != ']')
		n++;
	int64_t t = evidence_time_any(v, slice_of(line.p + 1, n ? n - 1 : 0));
	if (t == EVIDENCE_NO_TIME)
		return false;
	st->time = t;
	st->own_log = true;
	evidence_saw(v, t);
	return true;
}

int evidence_samba_line(struct evidence *v, struct slice line)
{
	struct samba *st = v->state;
	struct record r = {0};
	int code = begin(v, st);
	if (code || !line.n)
		return code;
	bool head = own_head(v, line, st);
	if (head || memchr(line.p, '|', line.n) == NULL) {
		size_t at;
		if (!head || !evidence_samba_record(line) || !evidence_find(line, "] ", &at))
			return 0;
		line = evidence_from(line, at + 2); /* a log whose entries are of one line */
	}
	int64_t t = st->time;
	if (!head && line.p[0] != ' ') {
		size_t at = 0;
		bool modern = false;
		if (line.p[0] == '<') { /* priority, and RFC 5424's version */
			struct slice rest;
			(void)slice_cut(line, '>', &rest);
			modern = slice_starts(rest, "1 ");
			line = modern ? evidence_from(rest, 2) : rest;
		}
		int64_t stamp = evidence_time_syslog(v, line, &at);
		if (at) {
			t = stamp;
			evidence_saw(v, t);
			line = behind_stamp(evidence_from(line, at), modern, &r.host);
		}
	}
	line = slice_trim(line);
	if (!take_apart(v, st, line, &r))
		return 0;
	return one(v, st, &r, t);
}

static int end(struct evidence *v)
{
	struct samba *st = v->state;
	int r = 0;
	for (size_t i = 0; r == 0 && i < st->asked_n; i++) {
		const struct asked *a = &st->asked[i];
		if (!a->open)
			continue;
		struct record x = {.name = a->path, .who = a->who, .from = a->from, .host = a->host};
		v->record = a->record;
		r = !st->answers ? put_read(v, &x, a->time) : put(v, &x, a->time, EVIDENCE_ACQUIRED, 60, "a read was asked for and its answer is not in the log: taken as answered");
	}
	return r;
}

static void done(struct evidence *v)
{
	struct samba *st = v->state;
	evidence_map_done(&st->asked_keys);
	evidence_map_done(&st->shares);
	free(st->asked);
	buf_done(&st->key);
}

static int probe(struct slice head)
{
	size_t hits = 0;
	struct slice rest = head;
	while (rest.n && hits < 3) {
		struct slice line = slice_cut(rest, '\n', &rest);
		hits += evidence_samba_record(line);
	}
	return hits ? 85 : 0;
}

const struct evidence_reader evidence_samba = {.kind = EVIDENCE_SAMBA, .probe = probe, .line = evidence_samba_line, .end = end, .done = done, .state = sizeof(struct samba)};
