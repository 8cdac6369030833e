/* Events of Windows' Security log about files and shares, and those that NAS heads write in the same form (NetApp ONTAP, "SMB and NFS auditing and security tracing guide").
 *
 *   4656 a handle was asked for      opened: the right to read is not a read
 *   4663 a right was used            with ReadData: accessed; by the kernel for a client of a share, or by a NAS head, which has no other readers: acquired
 *   5145 a name on a share was checked for rights: accessed at most, for it says what was allowed and nothing of what was done
 *   5140 a share was connected to; 4624 a logon and the address that it came from; 4658 a handle was closed; 4660 what it named was deleted
 * Handles join 4660 to a name; logon ids join what the kernel read to the machine that asked. Rights: MS-DTYP 2.4.3 and MS-SMB2 2.2.13.1; %%4416 and its kin are the same rights as message numbers. */
#include "evidence_internal.h"

#include <expat.h>
#include <stdlib.h>

#define KEPT_MAX ((size_t)512 << 20)

enum { READ_DATA = 1, WRITE_DATA = 2, APPEND_DATA = 4, EXECUTE = 0x20, READ_ATTRIBUTES = 0x80, WRITE_ATTRIBUTES = 0x100, DELETE = 0x10000 };

/* ---- building ---- */

void evidence_win_put(struct evidence_win *w, struct slice name, struct slice value)
{
	if (w->n == EVIDENCE_WIN_FIELDS || !name.n)
		return;
	w->field[w->n].name = name;
	w->field[w->n++].value = value;
}

void evidence_win_open(struct evidence_win *w, struct slice name)
{
	if (w->depth < EVIDENCE_WIN_DEEP)
		w->open[w->depth] = name;
	w->depth++;
	w->data = SLICE_NULL;
}

static struct slice top(const struct evidence_win *w)
{
	return w->depth > 0 && w->depth <= EVIDENCE_WIN_DEEP ? w->open[w->depth - 1] : SLICE_NULL;
}

void evidence_win_attr(struct evidence_win *w, struct slice name, struct slice value)
{
	struct slice e = top(w);
	if (slice_eq_str(e, "Data") && slice_eq_str(name, "Name"))
		w->data = value;
	else if (slice_eq_str(e, "TimeCreated") && slice_eq_str(name, "SystemTime"))
		w->time = value;
	else if (slice_eq_str(e, "Provider") && slice_eq_str(name, "Name"))
		w->provider = value;
}

void evidence_win_text(struct evidence_win *w, struct slice value)
{
	struct slice e = top(w);
	static const struct {
		const char *name;
		size_t at;
	} own[] = {{"EventID", offsetof(struct evidence_win, id)}, {"EventRecordID", offsetof(struct evidence_win, record)}, {"Computer", offsetof(struct evidence_win, computer)}, {"Keywords", offsetof(struct evidence_win, keywords)}, {"EventName", offsetof(struct evidence_win, event_name)}};
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (slice_eq_str(e, own[i].name)) {
			struct slice *to = (struct slice *)(void *)((char *)w + own[i].at);
			if (!to->n)
				*to = slice_trim(value);
			return;
		}
	if (slice_eq_str(e, "Data"))
		evidence_win_put(w, w->data, slice_trim(value));
	else if (slice_eq_str(e, "Result") && slice_trim(value).n)
		evidence_win_put(w, SLICE("Result"), slice_trim(value));
}

void evidence_win_close(struct evidence_win *w)
{
	w->depth -= w->depth > 0;
	w->data = SLICE_NULL;
}

/* ---- joining ---- */

static struct slice get(const struct evidence_win *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (slice_eq_nocase(w->field[i].name, name))
			return slice_eq_str(w->field[i].value, "-") ? SLICE_NULL : w->field[i].value;
	return SLICE_NULL;
}

static int begin(struct evidence_win_state *s)
{
	if (s->ready)
		return 0;
	s->ready = true;
	buf_init(&s->key, EVIDENCE_PATH_MAX * 4 + 1024);
	int r = evidence_map_init(&s->handles, KEPT_MAX);
	if (r == 0)
		r = evidence_map_init(&s->logons, KEPT_MAX);
	return r ? r : evidence_map_init(&s->checked, KEPT_MAX);
}

void evidence_win_done(struct evidence_win_state *s)
{
	if (s->parser)
		XML_ParserFree(s->parser);
	evidence_map_done(&s->handles);
	evidence_map_done(&s->logons);
	evidence_map_done(&s->checked);
	free(s->kept);
	free(s->win);
	buf_done(&s->key);
	buf_done(&s->text);
}

static struct slice key_of(struct evidence_win_state *s, const struct evidence_win *w, struct slice a, struct slice b)
{
	buf_reset(&s->key);
	buf_add_slice(&s->key, w->computer);
	buf_u8(&s->key, 0);
	buf_add_slice(&s->key, a);
	buf_u8(&s->key, 0);
	buf_add_slice(&s->key, b);
	return buf_slice(&s->key);
}

static struct slice key_of_path(struct evidence_win_state *s, const struct evidence_win *w, struct slice logon, struct slice path)
{
	(void)key_of(s, w, logon, SLICE_NULL);
	evidence_path_key(path, true, &s->key);
	return buf_slice(&s->key);
}

static int keep(struct evidence_win_state *s, struct evidence_map *m, struct slice key, struct slice value)
{
	if (!key.n || !value.n)
		return 0;
	if (s->kept_n == s->kept_cap) {
		size_t cap = s->kept_cap ? s->kept_cap * 2 : 256;
		struct slice *more = reallocarray(s->kept, cap, sizeof *more);
		if (!more)
			return ERR_MEMORY;
		s->kept = more;
		s->kept_cap = cap;
	}
	struct slice own = arena_dup(m->a, value);
	if (!own.p)
		return arena_code(m->a);
	s->kept[s->kept_n++] = own;
	return evidence_map_put(m, key, s->kept_n);
}

static struct slice kept(const struct evidence_win_state *s, const struct evidence_map *m, struct slice key)
{
	uint64_t n = evidence_map_get(m, key);
	return n ? s->kept[n - 1] : SLICE_NULL;
}

/* ---- rights ---- */

static bool has_word(struct slice s, const char *a, const char *b)
{
	size_t at;
	return evidence_find_nocase(s, a, &at) || evidence_find_nocase(s, b, &at);
}

/* AccessMask in hexadecimal with or without 0x; else the list of rights, as numbers of messages or in words. */
static uint64_t rights(const struct evidence_win *w, bool *ret_known)
{
	*ret_known = true;
	struct slice m = get(w, "AccessMask"), l = get(w, "AccessList");
	uint64_t x = 0;
	bool any = false;
	if (slice_starts(m, "0x") || slice_starts(m, "0X"))
		m = evidence_from(m, 2);
	for (size_t i = 0; i < m.n && i < 16; i++) {
		uint8_t c = m.p[i] | 32;
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
			any = false;
			break;
		}
		x = x * 16 + (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		any = true;
	}
	if (any)
		return x;
	if (!l.n)
		l = get(w, "DesiredAccess");
	if (!l.n)
		l = get(w, "Operation");
	*ret_known = l.n > 0;
	x = has_word(l, "%%4416", "ReadData") || has_word(l, "Read Data", "List Directory") ? READ_DATA : 0;
	x |= has_word(l, "%%4417", "WriteData") || has_word(l, "Write Data", "Add File") ? WRITE_DATA : 0;
	x |= has_word(l, "%%4418", "AppendData") || has_word(l, "Append Data", "AddSubdirectory") ? APPEND_DATA : 0;
	x |= has_word(l, "%%4421", "Execute") ? EXECUTE : 0;
	x |= has_word(l, "%%4423", "ReadAttributes") || has_word(l, "Read Attributes", "Read Attributes") ? READ_ATTRIBUTES : 0;
	return x | (has_word(l, "%%1537", "DELETE") ? DELETE : 0);
}

static bool refused(const struct evidence_win *w)
{
	struct slice result = get(w, "Result");
	size_t at;
	/* the bit of AUDIT_FAILURE in Keywords (0x0010000000000000); NXLog writes the same number in decimal, with its sign, and a word beside it */
	uint64_t number;
	bool bit = w->keywords.n == 18 && slice_starts(w->keywords, "0x80") && (w->keywords.p[4] == '1' || w->keywords.p[4] == '3');
	if (w->keywords.n > 1 && w->keywords.p[0] == '-' && num_u64(evidence_from(w->keywords, 1), 0, UINT64_MAX, &number) == 0)
		bit = (~number + 1) >> 52 & 1; /* of its two's complement */
	return bit || evidence_find_nocase(w->keywords, "Failure", &at) || evidence_find_nocase(result, "Failure", &at) || slice_eq_nocase(get(w, "EventType"), "AUDIT_FAILURE");
}

/* ---- what each event says ---- */

struct told {
	struct evidence *v;
	struct evidence_win_state *s;
	const struct evidence_win *w;
	struct slice who, from, logon;
	int64_t time;
	uint64_t record;
};

static int put(const struct told *t, struct slice path, bool folder, enum evidence_level level, int confidence, const char *why, struct slice detail)
{
	char *reason = detail.n ? arena_printf(t->v->a, "%s%.*s", why, (int)(detail.n < 200 ? detail.n : 200), (const char *)detail.p) : arena_strdup(t->v->a, slice_str(why));
	if (slice_starts(path, "\\??\\"))
		path = evidence_from(path, 4);
	struct evidence_touch x = {.path = path, .host = t->w->computer, .who = t->who, .from = t->from, .reason = slice_str(reason), .time = t->time, .record = t->record, .level = level, .confidence = (uint8_t)confidence, .folder = folder, .windows = path.n && path.p[0] != '('};
	struct slice count = get(t->w, "ReadCount");
	if (level >= EVIDENCE_ACCESSED && count.n && num_u64(count, 0, UINT64_MAX, &x.bytes) == 0)
		x.has_bytes = true;
	return evidence_put(t->v, &x);
}

static bool another_machine(const struct evidence *v, struct slice a)
{
	return a.n && !evidence_loopback(a) && !evidence_own(v, a);
}

static bool a_file(const struct evidence_win *w, bool *folder)
{
	struct slice type = get(w, "ObjectType");
	*folder = slice_eq_nocase(type, "Directory") || slice_eq_nocase(type, "Folder");
	return !type.n || *folder || slice_eq_nocase(type, "File") || slice_eq_nocase(type, "Stream");
}

static int used(struct told *t, struct slice path, uint64_t mask, bool folder, bool nas)
{
	struct slice process = get(t->w, "ProcessName");
	bool sends, kernel = !process.n || slice_eq_nocase(evidence_base(process), "System") || slice_eq_str(get(t->w, "ProcessId"), "0x4");
	const char *does = evidence_tool(process, &sends);
	if (folder)
		return put(t, path, true, EVIDENCE_LISTED, 95, "the folder was opened (4663)", SLICE_NULL);
	if (!(mask & (READ_DATA | EXECUTE)) && mask & (WRITE_DATA | APPEND_DATA | DELETE | WRITE_ATTRIBUTES))
		return put(t, path, false, EVIDENCE_OPENED, 95, "it was written, changed or deleted (4663)", SLICE_NULL);
	if (!(mask & (READ_DATA | EXECUTE)))
		return put(t, path, false, EVIDENCE_LISTED, 90, "attributes were looked at (4663)", SLICE_NULL);
	if (nas)
		return another_machine(t->v, t->from) || !t->from.n ? put(t, path, false, EVIDENCE_ACQUIRED, t->from.n ? 90 : 80, "ReadData was used (4663) over the network of a file server that has no other readers", SLICE_NULL)
		                                                     : put(t, path, false, EVIDENCE_ACCESSED, 90, "ReadData was used (4663) by the file server itself", SLICE_NULL);
	if (kernel) {
		struct slice client = kept(t->s, &t->s->checked, key_of_path(t->s, t->w, t->logon, path)), by_logon = kept(t->s, &t->s->logons, key_of(t->s, t->w, t->logon, SLICE_NULL));
		bool both = another_machine(t->v, client);
		if (!both)
			client = by_logon;
		if (another_machine(t->v, client)) {
			t->from = client;
			return put(t, path, false, EVIDENCE_ACQUIRED, both ? 85 : 75, both ? "ReadData was used by the kernel (4663) for the client of the share that 5145 names" : "ReadData was used by the kernel (4663) for a logon from another machine", SLICE_NULL);
		}
	}
	if (does) {
		char *why = arena_printf(t->v->a, "ReadData was used (4663) by %.*s, which %s", SLICE_FMT(evidence_base(process)), does);
		return put(t, path, false, EVIDENCE_ACQUIRED, sends ? 75 : 65, why ? why : "", SLICE_NULL);
	}
	return put(t, path, false, EVIDENCE_ACCESSED, 90, process.n ? "ReadData was used (4663) by " : "ReadData was used (4663)", evidence_base(process));
}

static struct slice share_path(struct evidence *v, const struct evidence_win *w)
{
	struct slice local = get(w, "ShareLocalPath"), share = get(w, "ShareName"), rel = get(w, "RelativeTargetName");
	char *p;
	if (slice_starts(local, "\\??\\"))
		local = evidence_from(local, 4);
	while (rel.n && rel.p[0] == '\\')
		rel = evidence_from(rel, 1);
	while (local.n && local.p[local.n - 1] == '\\')
		local.n--;
	if (local.n)
		p = rel.n ? arena_printf(v->a, "%.*s\\%.*s", SLICE_FMT(local), SLICE_FMT(rel)) : arena_printf(v->a, "%.*s\\", SLICE_FMT(local));
	else {
		if (slice_starts(share, "\\\\*\\"))
			share = evidence_from(share, 4);
		p = arena_printf(v->a, "\\\\%.*s\\%.*s%s%.*s", SLICE_FMT(w->computer), SLICE_FMT(share), rel.n ? "\\" : "", SLICE_FMT(rel));
	}
	return slice_str(p);
}

static int checked(struct told *t)
{
	struct slice path = share_path(t->v, t->w), rel = get(t->w, "RelativeTargetName"), share = get(t->w, "ShareName");
	bool known;
	uint64_t mask = rights(t->w, &known);
	if (!path.n)
		return ERR_MEMORY;
	int r = keep(t->s, &t->s->logons, key_of(t->s, t->w, t->logon, SLICE_NULL), t->from);
	if (r == 0 && t->from.n)
		r = keep(t->s, &t->s->checked, key_of_path(t->s, t->w, t->logon, path), t->from);
	if (r)
		return r;
	if (evidence_ends_nocase(share, "IPC$")) /* pipes are no files */
		return 0;
	if (!rel.n || slice_eq_str(rel, "\\"))
		return put(t, path, true, EVIDENCE_LISTED, 95, "the share itself was checked (5145)", SLICE_NULL);
	if (mask & (READ_DATA | EXECUTE))
		return put(t, path, false, EVIDENCE_ACCESSED, 60, "the right to read it over the share was checked and given (5145), which is no proof of a read", SLICE_NULL);
	if (mask & (WRITE_DATA | APPEND_DATA | DELETE | WRITE_ATTRIBUTES))
		return put(t, path, false, EVIDENCE_OPENED, 85, "the right to change it over the share was checked and given (5145)", SLICE_NULL);
	return put(t, path, false, EVIDENCE_LISTED, 85, "the right to look at attributes over the share was checked and given (5145)", SLICE_NULL);
}

static struct slice handle_key(struct told *t)
{
	return key_of(t->s, t->w, get(t->w, "ProcessId"), get(t->w, "HandleId"));
}

static int object(struct told *t, uint64_t id)
{
	struct slice path = get(t->w, "ObjectName"), pid = get(t->w, "HandleId");
	bool folder, nas;
	size_t at;
	nas = evidence_find_nocase(t->w->provider, "NetApp", &at) || evidence_find_nocase(t->w->provider, "Isilon", &at) || evidence_find_nocase(t->w->provider, "PowerScale", &at) || get(t->w, "SubjectIP").n;
	if (!path.n || !a_file(t->w, &folder)) {
		t->v->account.unjoined += !path.n;
		return 0;
	}
	bool known;
	uint64_t mask = rights(t->w, &known);
	if (pid.n && id == 4656) {
		int r = keep(t->s, &t->s->handles, handle_key(t), path);
		if (r)
			return r;
	}
	if (id == 4663) {
		if (!known && !t->w->event_name.n && !folder)
			return put(t, path, false, EVIDENCE_ACCESSED, 50, "a right to it was used (4663); which one is not said", SLICE_NULL);
		if (evidence_find_nocase(t->w->event_name, "Read", &at))
			mask |= READ_DATA;
		else if (evidence_find_nocase(t->w->event_name, "Attributes", &at))
			mask = READ_ATTRIBUTES;
		return used(t, path, mask, folder, nas);
	}
	if (folder)
		return put(t, path, true, EVIDENCE_LISTED, 95, "a handle to the folder was asked for (4656)", SLICE_NULL);
	return put(t, path, false, EVIDENCE_OPENED, 90, mask & READ_DATA ? "a handle with the right to read was given (4656); no read is recorded" : "a handle without the right to read was given (4656)", SLICE_NULL);
}

static int deleted(struct told *t)
{
	struct slice path = kept(t->s, &t->s->handles, handle_key(t));
	if (path.n)
		return put(t, path, false, EVIDENCE_OPENED, 95, "it was deleted (4660)", SLICE_NULL);
	t->v->account.unjoined++;
	return 0;
}

int evidence_win_event(struct evidence *v, struct evidence_win_state *s, struct evidence_win *w)
{
	uint64_t id;
	int r = begin(s);
	if (r)
		return r;
	if (!v->account.clock) {
		v->account.dialect = v->account.kind == EVIDENCE_EVTX ? "Security log, EVTX" : "Security log";
		v->account.clock = "UTC, as the event says";
	}
	if (num_u64(w->id, 0, 65535, &id) < 0) {
		evidence_damaged(v);
		return 0;
	}
	v->account.records++;
	struct told t = {.v = v, .s = s, .w = w, .logon = get(w, "SubjectLogonId"), .from = get(w, "IpAddress"), .time = evidence_time_any(v, w->time)};
	struct slice user = get(w, "SubjectUserName"), domain = get(w, "SubjectDomainName");
	if (num_u64(w->record, 0, UINT64_MAX, &t.record) < 0)
		t.record = 0;
	if (!t.from.n)
		t.from = get(w, "SubjectIP");
	if (!t.from.n)
		t.from = get(w, "ClientIP");
	struct slice port, bare = slice_cut(t.from, ':', &port);
	if (port.n && !memchr(port.p, ':', port.n) && evidence_is_address(bare)) /* 10.0.0.9:65155 */
		t.from = bare;
	if (slice_starts(t.from, "::ffff:"))
		t.from = evidence_from(t.from, 7);
	char *full = user.n && domain.n ? arena_printf(v->a, "%.*s\\%.*s", SLICE_FMT(domain), SLICE_FMT(user)) : NULL;
	if (!user.n)
		user = get(w, "UserName");
	t.who = full ? slice_str(full) : user.n ? user : get(w, "SubjectUserSid");
	evidence_saw(v, t.time);
	if (refused(w)) {
		v->account.failed++;
		return 0;
	}
	switch (id) {
	case 4624:
		return keep(s, &s->logons, key_of(s, w, get(w, "TargetLogonId"), SLICE_NULL), t.from);
	case 5140:
		r = keep(s, &s->logons, key_of(s, w, t.logon, SLICE_NULL), t.from);
		return r || evidence_ends_nocase(get(w, "ShareName"), "IPC$") ? r : put(&t, share_path(v, w), true, EVIDENCE_LISTED, 95, "the share was connected to (5140)", SLICE_NULL);
	case 5145:
		return checked(&t);
	case 4656:
	case 4659:
	case 4663:
		return object(&t, id);
	case 4658:
		return evidence_map_put(&s->handles, handle_key(&t), 0);
	case 4660:
		return deleted(&t);
	default:
		return 0;
	}
}
