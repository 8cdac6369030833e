/* The Linux audit log: records "type=T msg=audit(SECONDS.MS:SERIAL): key=value ..." (audit-userspace, "Audit record types" and lib/), those of one event joined by their serial; and the same as `ausearch -i` prints it, with names for numbers and a
 * date in the serial's place. SYSCALL says what was done, by whom and whether it went well, PATH each name, CWD what relative names are relative to, PROCTITLE and EXECVE the command. Values of other than plain characters are in hexadecimal without quotes.
 *
 * Reads are not audited, opens are. A file that was opened for reading counts as accessed; when the program is one that packs or carries away, as acquired with less confidence. */
#include "evidence_internal.h"

#include <stdlib.h>

#define EVENTS 64  /* that are waiting for more of their records */
#define PATHS 8
#define ARGS 24
#define TEXT_MAX (256u << 10)

enum call { CALL_NONE, CALL_OPEN, CALL_OPENAT, CALL_OPENAT2, CALL_CREATE, CALL_RENAME, CALL_DELETE, CALL_EXEC, CALL_LOOK, CALL_LIST, CALL_READ, CALL_SEND, CALL_WRITE };
static const struct {
	const char *name;
	enum call call;
	int16_t x86_64, aarch64, i386;
} calls[] = {
	{"open", CALL_OPEN, 2, -1, 5}, {"openat", CALL_OPENAT, 257, 56, 295}, {"openat2", CALL_OPENAT2, 437, 437, 437}, {"open_by_handle_at", CALL_OPENAT, 304, 265, 342}, {"creat", CALL_CREATE, 85, -1, 8}, {"rename", CALL_RENAME, 82, -1, 38},
	{"renameat", CALL_RENAME, 264, 38, 302}, {"renameat2", CALL_RENAME, 316, 276, 353}, {"unlink", CALL_DELETE, 87, -1, 10}, {"unlinkat", CALL_DELETE, 263, 35, 301}, {"execve", CALL_EXEC, 59, 221, 11}, {"execveat", CALL_EXEC, 322, 281, 358},
	{"stat", CALL_LOOK, 4, -1, 106}, {"lstat", CALL_LOOK, 6, -1, 107}, {"newfstatat", CALL_LOOK, 262, 79, 300}, {"statx", CALL_LOOK, 332, 291, 383}, {"access", CALL_LOOK, 21, -1, 33}, {"faccessat", CALL_LOOK, 269, 48, 307},
	{"getxattr", CALL_LOOK, 191, 8, 229}, {"lgetxattr", CALL_LOOK, 192, 9, 230}, {"readlink", CALL_LOOK, 89, -1, 85}, {"getdents", CALL_LIST, 78, -1, 141}, {"getdents64", CALL_LIST, 217, 61, 220}, {"read", CALL_READ, 0, 63, 3}, {"pread64", CALL_READ, 17, 67, 180},
	{"sendfile", CALL_SEND, 40, 71, 187}, {"truncate", CALL_WRITE, 76, 45, 92}, {"link", CALL_LOOK, 86, -1, 9}, {"linkat", CALL_LOOK, 265, 37, 303},
};

struct event {
	char serial[64];       /* "node seconds.ms:serial"; empty: the place is free */
	uint64_t order, record;
	int64_t time;
	enum call call;
	bool failed, flags_known, syscall;
	uint64_t flags;
	struct slice node, exe, comm, who, from, cwd, title, arg[ARGS];
	size_t args;
	struct {
		struct slice name, type;
		bool folder;
		uint32_t item;
	} path[PATHS];
	size_t paths;
	uint64_t items, seen;  /* PATH records that SYSCALL promises, and that were read: more than are kept */
	struct buf lines;      /* its records, for a file that goes on in another one */
	struct arena *a;
};
struct auditd {
	bool ready, words; /* words: as by ausearch -i */
	struct evidence_map session, account; /* session's number: place + 1 of its address; auid: of its name */
	struct slice *kept;
	size_t kept_n, kept_cap;
	struct event event[EVENTS];
	uint64_t order;
};

static int keep_word(struct auditd *s, struct slice w, uint64_t *ret)
{
	if (s->kept_n == s->kept_cap) {
		size_t cap = s->kept_cap ? s->kept_cap * 2 : 64;
		struct slice *more = reallocarray(s->kept, cap, sizeof *more);
		if (!more)
			return ERR_MEMORY;
		s->kept = more;
		s->kept_cap = cap;
	}
	struct slice own = arena_dup(s->session.a, w);
	if (!own.p)
		return arena_code(s->session.a);
	s->kept[s->kept_n++] = own;
	*ret = s->kept_n;
	return 0;
}

static struct slice kept(const struct auditd *s, const struct evidence_map *m, struct slice key)
{
	uint64_t n = evidence_map_get(m, key);
	return n ? s->kept[n - 1] : SLICE_NULL;
}

/* A value: in quotes, in hexadecimal, or (null). By ausearch -i a name goes on until the next key that follows it. */
static struct slice value(struct auditd *s, struct arena *a, struct slice rec, const char *key, bool text)
{
	char quoted[24];
	size_t at;
	struct slice v = evidence_value(rec, key);
	if (!v.n)
		return v;
	snprintf(quoted, sizeof quoted, "%s=\"", key);
	if (s->words && text) {
		static const char *const after[] = {" inode=", " nametype=", " ppid=", " subj=", " key="};
		v = slice_of(v.p, (size_t)(rec.p + rec.n - v.p));
		for (size_t i = 0; i < ARRAY_LEN(after); i++)
			if (evidence_find(v, after[i], &at))
				v = evidence_upto(v, at);
		return slice_trim(v);
	}
	if (slice_eq_str(v, "(null)") || slice_eq_str(v, "?"))
		return SLICE_NULL;
	if (!text || evidence_find(rec, quoted, &at) || v.n % 2)
		return v;
	uint8_t *out = arena_raw(a, v.n / 2 + 1);
	if (!out || hex_get(out, v.n / 2, v) < 0)
		return v;
	return slice_of(out, v.n / 2);
}

static uint64_t hex_number(struct slice v)
{
	uint64_t n = 0;
	if (slice_starts(v, "0x"))
		v = evidence_from(v, 2);
	for (size_t i = 0; i < v.n && i < 16; i++) {
		uint8_t c = v.p[i] | 32;
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return 0;
		n = n * 16 + (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return n;
}

static enum call call_of(struct slice arch, struct slice syscall)
{
	uint64_t n = 0;
	bool is_number = num_u64(syscall, 0, 2000, &n) == 0;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		int16_t here = slice_eq_nocase(arch, "c00000b7") ? calls[i].aarch64 : slice_eq_nocase(arch, "40000003") ? calls[i].i386 : calls[i].x86_64;
		if (is_number ? here >= 0 && n == (uint64_t)here : slice_eq_str(syscall, calls[i].name))
			return calls[i].call;
	}
	return CALL_NONE;
}

/* O_WRONLY 1, O_RDWR 2; O_DIRECTORY 0x10000, O_PATH 0x200000 (asm-generic/fcntl.h; aarch64's O_DIRECTORY is 0x4000, which is x86's O_DIRECT) */
static uint64_t flags_of(struct slice v)
{
	size_t at;
	uint64_t f = 0;
	if (!evidence_find(v, "O_", &at))
		return hex_number(v);
	f |= evidence_find(v, "O_WRONLY", &at) ? 1u : 0;
	f |= evidence_find(v, "O_RDWR", &at) ? 2u : 0;
	f |= evidence_find(v, "O_DIRECTORY", &at) ? 0x10000u : 0;
	return f | (evidence_find(v, "O_PATH", &at) ? 0x200000u : 0);
}

static void free_event(struct event *e)
{
	struct arena *a = e->a;
	struct buf lines = e->lines;
	if (a)
		arena_reset(a);
	buf_reset(&lines);
	*e = (struct event){.a = a, .lines = lines};
}

static struct slice name_of(struct event *e, struct slice name)
{
	if (!name.n || name.p[0] == '/' || !e->cwd.n)
		return name;
	char *s = arena_printf(e->a, "%.*s/%.*s", SLICE_FMT(e->cwd), SLICE_FMT(name));
	return s ? slice_str(s) : name;
}

/* "opened for reading by rclone, which copies to cloud storage" */
static int put(struct evidence *v, struct event *e, struct slice name, bool folder, enum evidence_level level, int confidence, const char *did, const char *does)
{
	struct slice prog = evidence_base(e->exe.n ? e->exe : e->comm);
	char *why = prog.n ? arena_printf(e->a, "%s by %.*s%s%s", did, SLICE_FMT(prog), does ? ", which " : "", does ? does : "") : arena_strdup(e->a, slice_str(did));
	struct evidence_touch t = {.path = name_of(e, name), .host = e->node, .who = e->who, .from = e->from, .reason = slice_str(why), .time = e->time, .record = e->record, .level = level, .confidence = (uint8_t)confidence, .folder = folder};
	return evidence_put(v, &t);
}

static bool an_archive(struct slice name)
{
	static const char *const tails[] = {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".tbz", ".txz", ".cab", ".iso"};
	for (size_t i = 0; i < ARRAY_LEN(tails); i++)
		if (evidence_ends_nocase(name, tails[i]))
			return true;
	return false;
}

/* A packing or copying program was started with names: what it was told to take. The archive that it writes is not among them, nor are options and places on other machines. */
static int command(struct evidence *v, struct event *e)
{
	bool sends;
	const char *does = e->args ? evidence_tool(e->arg[0], &sends) : NULL;
	int r = 0;
	if (!does && e->exe.n)
		does = evidence_tool(e->exe, &sends);
	for (size_t i = 1; r == 0 && does && i < e->args; i++) {
		struct slice a = e->arg[i];
		if (a.n < 2 || !memchr(a.p, '/', a.n) || a.p[0] == '-' || an_archive(a) || (memchr(a.p, ':', a.n) && a.p[0] != '/'))
			continue;
		if (slice_eq_str(e->arg[i - 1], "-o") || slice_eq_str(e->arg[i - 1], "-f") || slice_eq_str(e->arg[i - 1], "--config") || slice_eq_str(e->arg[i - 1], "-i") || slice_eq_str(e->arg[i - 1], "--output"))
			continue;
		struct slice prog = evidence_base(e->arg[0]);
		char *why = arena_printf(e->a, "named in the command of %.*s, which %s", SLICE_FMT(prog), does);
		struct evidence_touch t = {.path = name_of(e, a), .host = e->node, .who = e->who, .from = e->from, .reason = slice_str(why), .time = e->time, .record = e->record, .level = EVIDENCE_ACQUIRED, .confidence = 50};
		r = evidence_put(v, &t);
	}
	return r;
}

static int renamed(struct evidence *v, struct event *e)
{
	struct slice from = SLICE_NULL, to = SLICE_NULL;
	for (size_t i = 0; i < e->paths; i++) {
		if (slice_eq_str(e->path[i].type, "DELETE") && !from.n)
			from = e->path[i].name;
		else if (slice_eq_str(e->path[i].type, "CREATE"))
			to = e->path[i].name;
	}
	if (!from.n)
		return 0;
	struct evidence_touch t = {.path = name_of(e, from), .other = to.n ? name_of(e, to) : to, .renamed_to = true, .host = e->node, .who = e->who, .from = e->from, .reason = SLICE("it was renamed"), .time = e->time, .record = e->record, .level = EVIDENCE_OPENED, .confidence = 95};
	return evidence_put(v, &t);
}

static int one_path(struct evidence *v, struct event *e, size_t i)
{
	bool sends = false, folder = e->path[i].folder || e->flags & 0x10000u, del = e->call == CALL_DELETE;
	struct slice name = e->path[i].name, type = e->path[i].type;
	if (!name.n || slice_eq_str(type, "PARENT") || (slice_eq_str(type, "DELETE") && !del))
		return 0;
	const char *does = evidence_tool(e->exe.n ? e->exe : e->comm, &sends);
	if (!does && e->comm.n)
		does = evidence_tool(e->comm, &sends);
	if (del)
		return put(v, e, name, false, EVIDENCE_OPENED, 95, "it was deleted", NULL);
	if (e->call == CALL_LOOK || (e->flags_known && e->flags & 0x200000u))
		return put(v, e, name, folder, EVIDENCE_LISTED, 90, "attributes were looked at", NULL);
	if (e->call == CALL_LIST || folder)
		return put(v, e, name, true, EVIDENCE_LISTED, 90, "the folder was opened", NULL);
	if (e->call == CALL_CREATE || e->call == CALL_WRITE || (e->flags_known && (e->flags & 3) == 1) || slice_eq_str(type, "CREATE"))
		return put(v, e, name, false, EVIDENCE_OPENED, 90, "it was opened for writing", NULL);
	if (slice_eq_str(evidence_base(e->exe.n ? e->exe : e->comm), "smbd"))
		return put(v, e, name, false, EVIDENCE_OPENED, 80, "it was opened for a client of a share, as for a listing, too,", NULL);
	if (does)
		return put(v, e, name, false, EVIDENCE_ACQUIRED, sends ? 75 : 65, "it was opened for reading", does);
	if (e->call == CALL_READ || e->call == CALL_SEND)
		return put(v, e, name, false, EVIDENCE_ACCESSED, 95, "it was read", NULL);
	return put(v, e, name, false, EVIDENCE_ACCESSED, e->flags_known ? 85 : 70, e->flags_known ? "it was opened for reading" : "it was opened, in a way that is not said", NULL);
}

/* Records of it are elsewhere: what was done is not said here, or names are missing that it promises. */
static bool is_loose(const struct evidence *v, const struct event *e)
{
	return v->out.loose && e->serial[0] && !e->failed && buf_ok(&e->lines) && (e->syscall ? e->call != CALL_NONE && e->seen < e->items : e->lines.n > 0);
}

static int hand_over(struct evidence *v, struct event *e)
{
	const struct evidence_loose x = {.key = slice_str(e->serial), .lines = buf_slice(&e->lines), .who = e->who, .from = e->from, .record = e->record, .head = e->syscall};
	v->account.unjoined++;
	int r = v->out.loose(v->out.arg, v->src, &x);
	free_event(e);
	return r;
}

static int flush(struct evidence *v, struct event *e)
{
	int r = 0;
	if (is_loose(v, e))
		return hand_over(v, e);
	if (e->serial[0] && e->failed)
		v->account.failed++;
	else if (e->serial[0] && e->call != CALL_NONE) {
		if (e->call == CALL_EXEC)
			r = command(v, e);
		else if (e->call == CALL_RENAME)
			r = renamed(v, e);
		else
			for (size_t i = 0; r == 0 && i < e->paths; i++)
				r = one_path(v, e, i);
		v->account.unjoined += e->call != CALL_EXEC && !e->paths;
	} else if (e->serial[0] && e->paths && !e->syscall)
		v->account.unjoined++;
	free_event(e);
	return r;
}

static int event_of(struct evidence *v, struct auditd *s, struct slice serial, struct event **ret)
{
	struct event *oldest = &s->event[0];
	for (size_t i = 0; i < EVENTS; i++) {
		struct event *e = &s->event[i];
		if (e->serial[0] && slice_eq_str(serial, e->serial)) {
			*ret = e;
			return 0;
		}
		if (!e->serial[0] ? oldest->serial[0] != 0 : oldest->serial[0] && e->order < oldest->order)
			oldest = e;
	}
	int r = flush(v, oldest);
	if (r)
		return r;
	if (!oldest->a && !(oldest->a = arena_new(TEXT_MAX)))
		return ERR_MEMORY;
	if (!oldest->lines.max)
		buf_init(&oldest->lines, TEXT_MAX);
	memcpy(oldest->serial, serial.p, serial.n);
	oldest->serial[serial.n] = 0;
	oldest->order = ++s->order;
	oldest->record = v->record;
	*ret = oldest;
	return 0;
}

static struct slice dup(struct event *e, struct slice s)
{
	return s.n ? arena_dup(e->a, s) : SLICE_NULL;
}

/* Who: the account that signed in (auid), whatever it became since. */
static void put_who(struct auditd *s, struct event *e, struct slice rec)
{
	struct slice name = evidence_value(rec, "AUID"), auid = evidence_value(rec, "auid");
	bool unset = !auid.n || slice_eq_str(auid, "4294967295") || slice_eq_str(auid, "-1") || slice_eq_str(auid, "unset");
	if (name.n && !slice_eq_str(name, "unset"))
		e->who = dup(e, name);
	else if (!unset && s->words)
		e->who = dup(e, auid);
	else if (!unset) {
		struct slice known = kept(s, &s->account, auid);
		char *w = known.n ? NULL : arena_printf(e->a, "auid=%.*s", SLICE_FMT(auid));
		e->who = known.n ? known : slice_str(w);
	} else {
		struct slice uid = evidence_value(rec, "uid");
		char *w = uid.n ? arena_printf(e->a, "%s%.*s", s->words ? "" : "uid=", SLICE_FMT(uid)) : NULL;
		e->who = slice_str(w);
	}
	e->from = kept(s, &s->session, evidence_value(rec, "ses"));
}

static void put_syscall(struct auditd *s, struct event *e, struct slice rec)
{
	struct slice ok = evidence_value(rec, "success");
	e->syscall = true;
	if (num_u64(evidence_value(rec, "items"), 0, 1000, &e->items) < 0)
		e->items = 0;
	e->call = call_of(evidence_value(rec, "arch"), evidence_value(rec, "syscall"));
	e->failed = slice_eq_str(ok, "no");
	e->exe = dup(e, value(s, e->a, rec, "exe", !s->words));
	e->comm = dup(e, value(s, e->a, rec, "comm", !s->words));
	put_who(s, e, rec);
	if (e->call == CALL_OPEN || e->call == CALL_OPENAT) {
		struct slice f = evidence_value(rec, e->call == CALL_OPEN ? "a1" : "a2");
		e->flags_known = f.n > 0;
		e->flags = flags_of(f);
	}
}

static void put_path(struct auditd *s, struct event *e, struct slice rec)
{
	e->seen++;
	if (e->paths == PATHS)
		return;
	struct slice mode = evidence_value(rec, "mode"), type = evidence_value(rec, "nametype");
	if (!type.n)
		type = evidence_value(rec, "objtype"); /* before audit 2.6 */
	e->path[e->paths].name = dup(e, value(s, e->a, rec, "name", true));
	e->path[e->paths].type = dup(e, type);
	e->path[e->paths].folder = slice_starts(mode, "04") || slice_starts(mode, "dir");
	e->paths++;
}

static void put_exec(struct auditd *s, struct event *e, struct slice rec)
{
	char key[24];
	for (size_t i = 0; i < ARGS; i++) {
		snprintf(key, sizeof key, "a%zu", i);
		struct slice a = value(s, e->a, rec, key, !s->words);
		if (!a.n)
			break;
		e->arg[i] = dup(e, a);
		e->args = i + 1;
	}
}

/* Who signed in from where: every event of that session is from there. */
static int put_login(struct auditd *s, struct slice rec)
{
	struct slice ses = evidence_value(rec, "ses"), addr = evidence_value(rec, "addr"), auid = evidence_value(rec, "auid"), acct = evidence_value(rec, "acct");
	uint64_t n = 0;
	int r = 0;
	if (ses.n && addr.n > 1 && evidence_is_address(addr) && !slice_eq_str(ses, "4294967295") && !slice_eq_str(ses, "unset") && !evidence_map_get(&s->session, ses)) {
		r = keep_word(s, addr, &n);
		if (r == 0)
			r = evidence_map_put(&s->session, ses, n);
	}
	if (r == 0 && acct.n && auid.n && !slice_eq_str(auid, "4294967295") && !slice_eq_str(auid, "0") && !evidence_map_get(&s->account, auid)) {
		r = keep_word(s, acct, &n);
		if (r == 0)
			r = evidence_map_put(&s->account, auid, n);
	}
	return r;
}

static int begin(struct evidence *v, struct auditd *s)
{
	if (s->ready)
		return 0;
	s->ready = true;
	v->account.dialect = "Linux audit log";
	v->account.clock = "seconds of the kernel's clock, UTC";
	int r = evidence_map_init(&s->session, (size_t)64 << 20);
	return r ? r : evidence_map_init(&s->account, (size_t)64 << 20);
}

/* The stamp is SECONDS.MS:SERIAL, or a date and a serial. */
static int64_t stamp_of(struct evidence *v, struct auditd *s, struct slice stamp)
{
	size_t colon = stamp.n;
	while (colon && stamp.p[colon - 1] != ':')
		colon--;
	struct slice t = evidence_upto(stamp, colon ? colon - 1 : 0);
	int64_t epoch = evidence_time_epoch(t);
	s->words = epoch == EVIDENCE_NO_TIME;
	if (!s->words)
		return evidence_skewed(v, epoch);
	v->account.dialect = "ausearch -i";
	v->account.clock = "the local time of where ausearch was run";
	return evidence_time_any(v, t);
}

static int audit_line(struct evidence *v, struct auditd *s, struct slice line)
{
	size_t at;
	int r = begin(v, s);
	if (r || !evidence_find(line, "audit(", &at))
		return r;
	struct slice rest, stamp = slice_cut(evidence_from(line, at + 6), ')', &rest), type = evidence_value(line, "type"), node = evidence_value(evidence_upto(line, at), "node");
	if (!rest.p || stamp.n < 3 || stamp.n > 40 || node.n > 20 + 200) {
		evidence_damaged(v);
		return 0;
	}
	int64_t t = stamp_of(v, s, stamp);
	if (t == EVIDENCE_NO_TIME || !type.n) {
		evidence_damaged(v);
		return 0;
	}
	v->account.records++;
	evidence_saw(v, t);
	rest = evidence_from(rest, rest.n && rest.p[0] == ':' ? 1 : rest.n > 1 && rest.p[1] == ':' ? 2 : 0);
	bool sys = slice_eq_str(type, "SYSCALL") || slice_eq_str(type, "1300"), path = slice_eq_str(type, "PATH") || slice_eq_str(type, "1302"), cwd = slice_eq_str(type, "CWD") || slice_eq_str(type, "1307");
	bool exec = slice_eq_str(type, "EXECVE") || slice_eq_str(type, "1309"), over = slice_eq_str(type, "EOE") || slice_eq_str(type, "1320");
	if (!sys && !path && !cwd && !exec && !over)
		return put_login(s, rest);
	struct event *e;
	char *serial = arena_printf(v->a, "%.*s %.*s", (int)(node.n > 20 ? 20 : node.n), (const char *)(node.p ? node.p : (const uint8_t *)""), SLICE_FMT(stamp));
	if (!serial)
		return ERR_MEMORY;
	r = event_of(v, s, slice_str(serial), &e);
	if (r)
		return r;
	e->time = t;
	if (node.n && !e->node.n)
		e->node = dup(e, node);
	if (v->out.loose && !over)
		buf_printf(&e->lines, "%s%.*s%stype=%.*s msg=%.*s\n", node.n ? "node=" : "", (int)(node.n > 200 ? 200 : node.n), (const char *)(node.p ? node.p : (const uint8_t *)""), node.n ? " " : "", SLICE_FMT(type), SLICE_FMT(evidence_from(line, at)));
	if (sys)
		put_syscall(s, e, rest);
	else if (path)
		put_path(s, e, rest);
	else if (cwd)
		e->cwd = dup(e, value(s, e->a, rest, "cwd", true));
	else if (exec)
		put_exec(s, e, rest);
	else
		return flush(v, e);
	return arena_code(e->a) == ERR_MEMORY ? ERR_MEMORY : 0;
}

static int audit_end(struct evidence *v, struct auditd *s)
{
	int r = 0;
	for (size_t i = 0; i < EVENTS; i++) /* oldest first */
		for (size_t k = i + 1; k < EVENTS; k++)
			if (s->event[k].serial[0] && (!s->event[i].serial[0] || s->event[k].order < s->event[i].order)) {
				struct event x = s->event[i];
				s->event[i] = s->event[k];
				s->event[k] = x;
			}
	for (size_t i = 0; r == 0 && i < EVENTS; i++)
		r = flush(v, &s->event[i]);
	return r;
}

static void audit_done(struct auditd *s)
{
	for (size_t i = 0; i < EVENTS; i++) {
		arena_free(s->event[i].a);
		buf_done(&s->event[i].lines);
	}
	evidence_map_done(&s->session);
	evidence_map_done(&s->account);
	free(s->kept);
	s->kept = NULL;
}

static int line_of(struct evidence *v, struct slice line)
{
	return audit_line(v, v->state, line);
}

static int end(struct evidence *v)
{
	return audit_end(v, v->state);
}

static void done(struct evidence *v)
{
	audit_done(v->state);
}

static int probe(struct slice head)
{
	struct slice rest = head;
	for (int i = 0; i < 4000 && rest.n; i++) {
		size_t at;
		struct slice line = slice_cut(rest, '\n', &rest);
		if (line.n > 10 && evidence_find(evidence_upto(line, 400), "audit(", &at) && evidence_find(evidence_upto(line, at), "type=", &at))
			return at == 0 || slice_starts(line, "node=") ? 90 : 60;
	}
	return 0;
}

const struct evidence_reader evidence_auditd = {.kind = EVIDENCE_AUDITD, .probe = probe, .line = line_of, .end = end, .done = done, .state = sizeof(struct auditd)};

/* ---- a system log that several write into: Samba's records and the kernel's stand between others' lines ---- */

struct mixed {
	void *samba, *ftp;
	struct auditd audit;
};

static int mixed_line(struct evidence *v, struct slice line)
{
	struct mixed *m = v->state;
	size_t at;
	if (!m->samba && !(m->samba = calloc(1, evidence_samba.state)))
		return ERR_MEMORY;
	if (evidence_find(line, "audit(", &at))
		return audit_line(v, &m->audit, line);
	if (line.n && (line.p[0] == '[' || memchr(line.p, '|', line.n))) {
		v->state = m->samba;
		int r = evidence_samba_line(v, line);
		v->state = m;
		return r;
	}
	if (line.n && memchr(line.p, '[', line.n)) { /* a program's number: sftp-server's, vsftpd's */
		bool ours;
		if (!m->ftp && !(m->ftp = calloc(1, evidence_ftp.state)))
			return ERR_MEMORY;
		v->state = m->ftp;
		int r = evidence_ftp_line(v, line, &ours);
		v->state = m;
		if (ours)
			v->account.kind = EVIDENCE_FTP;
		return r;
	}
	return 0;
}

static int mixed_end(struct evidence *v)
{
	struct mixed *m = v->state;
	int r = audit_end(v, &m->audit);
	if (r == 0 && m->samba) {
		v->state = m->samba;
		r = evidence_samba.end(v);
		v->state = m;
	}
	return r;
}

static void mixed_done(struct evidence *v)
{
	struct mixed *m = v->state;
	audit_done(&m->audit);
	if (m->samba) {
		v->state = m->samba;
		evidence_samba.done(v);
		v->state = m;
		free(m->samba);
	}
	if (m->ftp) {
		v->state = m->ftp;
		evidence_ftp.done(v);
		v->state = m;
		free(m->ftp);
	}
}

/* Any text that nobody else knows, and a system log whose beginning happens to hold nothing of ours: each line is looked at. */
static int mixed_probe(struct slice head)
{
	size_t odd = 0;
	for (size_t i = 0; i < head.n; i++)
		odd += head.p[i] < 9 || (head.p[i] > 13 && head.p[i] < 32 && head.p[i] != 27 && head.p[i] != 29);
	return head.n && odd * 100 < head.n ? 1 : 0;
}

const struct evidence_reader evidence_syslog = {.kind = EVIDENCE_SAMBA, .probe = mixed_probe, .line = mixed_line, .end = mixed_end, .done = mixed_done, .state = sizeof(struct mixed)};
