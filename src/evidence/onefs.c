/* What Dell PowerScale (Isilon OneFS) writes of its protocols: by syslog, "STAMP NODE [tag] SID|UID|ZONE|ZONE NUMBER|ADDRESS|PROTOCOL|OPERATION|RESULT|FILE or DIR|INODE|NAME", and as isi_audit_viewer prints it, an object of JSON a line with a payload (Dell, "File system auditing with
 * PowerScale"). Names are \ifs\... A node has no readers but its clients: a read was answered to one. */
#include "evidence_internal.h"

struct onefs {
	struct slice who, from, operation, name, host, bytes;
	int64_t time;
	bool folder, ok;
};

static bool one_of(struct slice s, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (slice_eq_nocase(s, words[i]))
			return true;
	return false;
}

static int put(struct evidence *v, const struct onefs *o)
{
	static const char *const looks[] = {"get_security", "get_attr", "read_dir", NULL}, *const opens[] = {"open", "create", "close", NULL}, *const none[] = {"logon", "logoff", "tree_connect", "session_setup", NULL};
	struct evidence_touch x = {.path = o->name, .host = o->host, .who = o->who, .from = o->from, .time = o->time, .confidence = 90, .folder = o->folder, .windows = true};
	v->account.records++;
	evidence_saw(v, o->time);
	if (!o->ok) {
		v->account.failed++;
		return 0;
	}
	if (one_of(o->operation, none))
		return 0;
	/* a close says how much was read through the handle: where that is not nothing, it was read, though reads by themselves may not be in what is audited (they are not by default) */
	bool read = slice_eq_nocase(o->operation, "read"), closed = slice_eq_nocase(o->operation, "close") && num_u64(o->bytes, 1, UINT64_MAX, &x.bytes) == 0;
	if ((read || closed) && !o->folder) {
		bool own = evidence_own(v, o->from);
		x.level = own ? EVIDENCE_ACCESSED : EVIDENCE_ACQUIRED;
		x.reason = own ? SLICE("it was read by the file server itself") : SLICE("it was read over the network of a file server that has no other readers");
		x.has_bytes = read && o->bytes.n && num_u64(o->bytes, 0, UINT64_MAX, &x.bytes) == 0;
	} else if (o->folder || one_of(o->operation, looks)) {
		x.level = EVIDENCE_LISTED;
		x.reason = SLICE("its attributes or the folder were looked at");
	} else {
		x.level = EVIDENCE_OPENED;
		x.reason = one_of(o->operation, opens) ? SLICE("it was opened or closed; no read is in this record") : SLICE("it was written, renamed or deleted");
	}
	return evidence_put(v, &x);
}

int evidence_json_onefs(struct evidence *v, const struct json_node *n)
{
	const struct json_node *p = json_get(n, "payload"), *folder = json_get(p, "isDirectory");
	struct slice status = json_text(p, "ntStatus"), user = json_text(p, "userName");
	struct onefs o = {.operation = json_text(p, "eventType"), .from = json_text(p, "clientIPAddr"), .name = json_text(p, "fileName"), .who = user.n ? user : json_text(p, "userSID"), .bytes = json_text(p, "bytesRead"), .time = EVIDENCE_NO_TIME};
	uint64_t ticks;
	if (!o.operation.n || !json_get(p, "clientIPAddr"))
		return 0;
	/* microseconds, as the viewer prints them (Dell, "List of Isilon audit payload values": 1575538065995502), or milliseconds, as some of what passes them on writes: the two cannot be taken for each other between 1970 and 2255 */
	if (num_u64(json_text(n, "timestamp"), 0, UINT64_C(9000000000000000), &ticks) == 0)
		o.time = evidence_skewed(v, (int64_t)ticks * (ticks < UINT64_C(9000000000000) ? 1000000 : 1000));
	o.ok = !status.n || slice_eq_str(status, "0");
	o.folder = folder && folder->type == JSON_TRUE;
	v->account.kind = EVIDENCE_NAS;
	v->account.dialect = "OneFS audit, JSON";
	v->account.clock = "the node's, since 1970 in UTC";
	int r = put(v, &o);
	return r ? r : 1;
}

/* The fields behind the stamp; false: it is no such line. */
static bool parts(struct slice s, struct onefs *o)
{
	static const char *const protocols[] = {"SMB", "SMB1", "SMB2", "SMB3", "CIFS", "NFS", "NFSV3", "NFSV4", "NFS3", "NFS4", "HDFS", "FTP", "HTTP", "S3", NULL};
	struct slice f[16], rest = s;
	size_t n = 0, p = 0, at;
	if (!memchr(s.p ? s.p : (const uint8_t *)"", '|', s.n))
		return false;
	while (rest.p && n < ARRAY_LEN(f) - 1)
		f[n++] = slice_trim(slice_cut(rest, '|', &rest));
	for (size_t i = 1; i + 3 < n && !p; i++)
		if (one_of(f[i], protocols) && evidence_is_address(f[i - 1]) && (slice_eq_nocase(f[i + 2], "SUCCESS") || slice_starts(f[i + 2], "FAIL") || slice_starts(f[i + 2], "ERROR")))
			p = i;
	if (!p)
		return false;
	o->from = f[p - 1];
	o->operation = f[p + 1];
	o->ok = slice_eq_nocase(f[p + 2], "SUCCESS");
	for (size_t i = p + 3; i < n; i++) {
		o->folder |= slice_eq_nocase(f[i], "DIR") || slice_eq_nocase(f[i], "DIRECTORY");
		if (!o->name.n && f[i].n && (f[i].p[0] == '\\' || f[i].p[0] == '/')) { /* the name, to the end: bars may be in it; but a rename has the new name behind it */
			o->name = slice_eq_nocase(o->operation, "RENAME") ? f[i] : slice_trim(slice_of(f[i].p, (size_t)(s.p + s.n - f[i].p)));
		}
	}
	o->who = f[0];
	at = o->who.n;
	while (at && o->who.p[at - 1] != ' ' && o->who.p[at - 1] != ']')
		at--;
	o->who = evidence_from(o->who, at);
	return true;
}

static int line(struct evidence *v, struct slice s)
{
	struct onefs o = {.time = EVIDENCE_NO_TIME};
	size_t at = 0;
	v->account.dialect = "OneFS audit";
	v->account.clock = "the node's, as syslog wrote it";
	struct slice rest, text = s;
	if (text.n && text.p[0] == '<') {
		(void)slice_cut(text, '>', &rest);
		text = slice_starts(rest, "1 ") ? evidence_from(rest, 2) : rest;
	}
	if (!parts(text, &o))
		return 0;
	o.time = evidence_time_syslog(v, text, &at);
	if (at)
		o.host = slice_cut(slice_trim(evidence_from(text, at)), ' ', &rest);
	return put(v, &o);
}

static int probe(struct slice head)
{
	struct slice rest = head;
	struct onefs o;
	for (int i = 0; i < 2000 && rest.n; i++) {
		o = (struct onefs){0};
		if (parts(slice_cut(rest, '\n', &rest), &o))
			return 84;
	}
	return 0;
}

const struct evidence_reader evidence_onefs = {.kind = EVIDENCE_NAS, .probe = probe, .line = line};
