/* What servers of FTP and SFTP say that they handed out: xferlog (wu-ftpd's, written by vsftpd and ProFTPD, too: xferlog(5)), vsftpd's own log, FileZilla Server's before and since 1.0, OpenSSH's sftp-server (internal-sftp with -l INFO) in a system log.
 *
 * A file that was sent whole was acquired; one of which the sending began and failed, in part. What clients wrote, deleted or renamed was opened, a folder that was read listed. FTP's commands stand in the log as they came: RETR names a file as seen from the folder that
 * the session is in, and only the answer 226 says that it was sent (RFC 959, 4.2). A folder that nobody named leaves the bare name. */
#include "evidence_internal.h"

#include <stdlib.h>

#define SESSIONS_MAX 1000000u

enum waits { NOTHING, READS, WRITES, ENTERS, DELETES, LISTS };
struct session {
	struct buf folder, path, who, from; /* path: of what is waited for */
	enum waits waits;
	bool begun;
};
struct served {
	struct evidence_map numbers; /* a session's name: its number from 1 */
	struct session *v;
	size_t n, cap;
};

static int begin(struct evidence *v, const char *dialect, bool zoned)
{
	struct served *s = v->state;
	v->account.dialect = dialect;
	v->account.clock = zoned ? "the server's, with its zone" : "the server's local time";
	return s->numbers.a ? 0 : evidence_map_init(&s->numbers, (size_t)256 << 20);
}

static void done(struct evidence *v)
{
	struct served *s = v->state;
	for (size_t i = 0; i < s->n; i++) {
		buf_done(&s->v[i].folder);
		buf_done(&s->v[i].path);
		buf_done(&s->v[i].who);
		buf_done(&s->v[i].from);
	}
	free(s->v);
	evidence_map_done(&s->numbers);
}

/* The session of that name, made when it is new. */
static int session_of(struct served *s, struct slice name, struct session **ret)
{
	uint64_t n = evidence_map_get(&s->numbers, name);
	if (!n) {
		if (s->n == SESSIONS_MAX)
			return ERR_LIMIT;
		if (s->n == s->cap) {
			size_t cap = s->cap ? s->cap * 2 : 64;
			struct session *more = reallocarray(s->v, cap, sizeof *more);
			if (!more)
				return ERR_MEMORY;
			s->v = more;
			s->cap = cap;
		}
		struct session *x = &s->v[s->n];
		*x = (struct session){.waits = NOTHING};
		buf_init(&x->folder, EVIDENCE_PATH_MAX);
		buf_init(&x->path, EVIDENCE_PATH_MAX);
		buf_init(&x->who, 1024);
		buf_init(&x->from, 1024);
		n = ++s->n;
		int r = evidence_map_put(&s->numbers, name, n);
		if (r < 0)
			return r;
	}
	*ret = &s->v[n - 1];
	return 0;
}

/* What is longer than anybody's name is left out. */
static int fits(struct buf *b)
{
	int r = buf_code(b);
	if (r)
		buf_reset(b);
	return r == ERR_MEMORY ? r : 0;
}

static int keep(struct buf *b, struct slice s)
{
	if (s.p && s.p == b->p)
		return 0; /* it stands there */
	buf_reset(b);
	buf_add_slice(b, s);
	return fits(b);
}

static int put(struct evidence *v, struct evidence_touch *t, enum evidence_level level, int confidence, const char *why, struct slice bytes)
{
	t->level = level;
	t->confidence = (uint8_t)confidence;
	t->reason = slice_str(why);
	t->has_bytes = bytes.n && num_u64(bytes, 0, UINT64_MAX, &t->bytes) == 0;
	if (!t->path.n)
		return 0;
	bool own = level == EVIDENCE_ACQUIRED && evidence_own(v, t->from);
	if (own) {
		t->level = EVIDENCE_ACCESSED;
		t->reason = SLICE("it was sent to an address of the server's own");
	}
	return evidence_put(v, t);
}

/* "Fri Nov 20 23:10:02 2026 ", as ctime(3) writes it, at the front. */
static int64_t ctime_of(struct evidence *v, struct slice s, size_t *ret_at)
{
	uint64_t day;
	if (s.n < 25 || s.p[3] != ' ' || s.p[7] != ' ' || s.p[10] != ' ' || s.p[13] != ':' || s.p[16] != ':' || s.p[19] != ' ' || s.p[24] != ' ')
		return EVIDENCE_NO_TIME;
	int month = evidence_month(slice_of(s.p + 4, 3));
	if (!month || num_u64(slice_trim(slice_of(s.p + 8, 2)), 1, 31, &day) < 0)
		return EVIDENCE_NO_TIME;
	char text[32];
	snprintf(text, sizeof text, "%.4s-%02d-%02d %.8s", (const char *)s.p + 20, month, (int)day, (const char *)s.p + 11);
	*ret_at = 25;
	return evidence_time_any(v, slice_str(text));
}

/* ---- xferlog: "Fri Nov 20 23:10:02 2026 1 203.0.113.9 1048576 /records/a b.csv b _ o r eve ftp 0 * c" ---- */

enum { TAIL = 9 }; /* words behind the name: type, action, direction, mode, user, service, authentication, its user, status */

static bool xferlog(struct evidence *v, struct slice line, struct evidence_touch *t, struct slice *ret_bytes, char *ret_direction, char *ret_status)
{
	size_t at;
	struct slice word[TAIL], rest;
	t->time = ctime_of(v, line, &at);
	if (t->time == EVIDENCE_NO_TIME)
		return false;
	rest = slice_trim(evidence_from(line, at));
	struct slice seconds = slice_cut(rest, ' ', &rest);
	t->from = slice_cut(rest, ' ', &rest);
	*ret_bytes = slice_cut(rest, ' ', &rest);
	uint64_t n;
	if (num_u64(seconds, 0, UINT32_MAX, &n) < 0 || num_u64(*ret_bytes, 0, UINT64_MAX, &n) < 0)
		return false;
	for (int k = TAIL; k-- > 0;) {
		size_t i = rest.n;
		while (i && rest.p[i - 1] != ' ')
			i--;
		if (!i)
			return false;
		word[k] = evidence_from(rest, i);
		rest = evidence_upto(rest, i - 1);
	}
	if (word[0].n != 1 || word[2].n != 1 || word[3].n != 1 || word[8].n != 1 || !memchr("oid", word[2].p[0], 3) || !memchr("ci", word[8].p[0], 2))
		return false;
	t->path = rest;
	t->who = word[4];
	*ret_direction = (char)word[2].p[0];
	*ret_status = (char)word[8].p[0];
	return true;
}

static int xferlog_line(struct evidence *v, const struct evidence_touch *from, struct slice bytes, char direction, char status)
{
	struct evidence_touch t = *from;
	if (direction == 'o' && status == 'i' && slice_eq_str(bytes, "0")) {
		v->account.failed++;
		return 0;
	}
	if (direction == 'o')
		return put(v, &t, EVIDENCE_ACQUIRED, status == 'c' ? 95 : 60, status == 'c' ? "the server's own log says that it was sent" : "the server's own log says that its sending began and failed: a part of it went", bytes);
	return put(v, &t, EVIDENCE_OPENED, 90, direction == 'd' ? "it was deleted" : "it was written by a client", SLICE_NULL);
}

/* ---- vsftpd: '[pid 3] [eve] OK DOWNLOAD: Client "203.0.113.9", "/records/a.csv", 1048576 bytes, 900.12Kbyte/sec', behind ctime's or a system log's stamp ---- */

static bool vsftpd(struct slice line, size_t *ret_client)
{
	size_t at;
	if (!evidence_find(line, ": Client \"", &at) || at < 8)
		return false;
	*ret_client = at;
	size_t unused;
	return evidence_find(evidence_upto(line, at), "OK ", &unused) || evidence_find(evidence_upto(line, at), "FAIL ", &unused) || evidence_find(evidence_upto(line, at), "CONNECT", &unused);
}

static int vsftpd_line(struct evidence *v, struct slice line, size_t client)
{
	struct evidence_touch t = {.time = EVIDENCE_NO_TIME};
	struct slice head = evidence_upto(line, client), tail = evidence_from(line, client + 10), rest, bytes = SLICE_NULL;
	size_t at, user, verb;
	bool ok = evidence_find(head, "] OK ", &verb);
	t.time = ctime_of(v, line, &at);
	if (t.time == EVIDENCE_NO_TIME)
		t.time = evidence_time_syslog(v, line, &at);
	evidence_saw(v, t.time);
	if (!ok) {
		v->account.failed += evidence_find(head, "] FAIL ", &verb);
		return 0;
	}
	for (user = verb; user && head.p[user - 1] != '['; user--)
		;
	t.who = slice_of(head.p + user, verb - user);
	struct slice what = evidence_from(head, verb + 5);
	t.from = slice_cut(tail, '"', &rest);
	if (!slice_starts(rest, ", \""))
		return 0; /* LOGIN */
	rest = evidence_from(rest, 3);
	size_t end = rest.n, size;
	while (end && rest.p[end - 1] != '"')
		end--;
	t.path = evidence_upto(rest, end ? end - 1 : 0);
	rest = evidence_from(rest, end);
	if (slice_starts(rest, ", ") && evidence_find(rest, " bytes", &size))
		bytes = slice_of(rest.p + 2, size - 2);
	if (slice_eq_str(what, "DOWNLOAD"))
		return put(v, &t, EVIDENCE_ACQUIRED, 95, "the server's own log says that it was sent", bytes);
	if (slice_eq_str(what, "UPLOAD"))
		return put(v, &t, EVIDENCE_OPENED, 90, "it was written by a client", SLICE_NULL);
	if (slice_eq_str(what, "DELETE"))
		return put(v, &t, EVIDENCE_OPENED, 90, "it was deleted", SLICE_NULL);
	return 0;
}

/* ---- FileZilla Server ---- */

struct said {
	struct slice session, who, from, text;
	int64_t time;
};

/* Since 1.0: "2025-08-25T00:15:15.084Z >> [FTP Session 6 192.168.1.133 ftpu] RETR a.csv"; << is an answer. */
static bool session_new(struct evidence *v, struct slice line, struct said *ret)
{
	size_t at, end;
	if (!evidence_find(evidence_upto(line, 60), "[FTP Session ", &at) || at < 10 || !evidence_find(line, "] ", &end) || end < at)
		return false;
	struct slice in = slice_of(line.p + at + 13, end - at - 13), rest, stamp;
	stamp = slice_cut(line, ' ', &rest);
	ret->session = slice_cut(in, ' ', &in);
	ret->from = slice_cut(in, ' ', &in);
	ret->who = in;
	ret->text = slice_trim(evidence_from(line, end + 2));
	ret->time = v ? evidence_time_any(v, stamp) : 0;
	return ret->session.n && evidence_is_address(ret->from);
}

/* Before: "(000012)20/11/2026 23:10:01 - eve (203.0.113.9)> RETR a.csv". */
static bool session_old(struct evidence *v, struct slice line, struct said *ret)
{
	size_t at, dash;
	if (line.n < 30 || line.p[0] != '(' || line.p[1] < '0' || line.p[1] > '9' || !evidence_find(line, ")> ", &at) || !evidence_find(evidence_upto(line, at), " - ", &dash))
		return false;
	struct slice rest, number = slice_cut(evidence_upto(evidence_from(line, 1), dash - 1), ')', &rest), stamp = rest, who = slice_of(line.p + dash + 3, at - dash - 3);
	size_t open = who.n;
	while (open && who.p[open - 1] != '(')
		open--;
	if (!stamp.n)
		return false; /* the number's end is not before the dash */
	ret->session = number;
	ret->from = evidence_from(who, open);
	ret->who = slice_trim(evidence_upto(who, open ? open - 1 : 0));
	if (slice_starts(ret->who, "(not logged in"))
		ret->who = SLICE_NULL;
	ret->text = slice_trim(evidence_from(line, at + 3));
	ret->time = v ? evidence_time_any(v, stamp) : 0;
	return evidence_is_address(ret->from);
}

/* A name as seen from the session's folder. */
static int go(struct session *x, struct slice name)
{
	bool whole = !name.n || name.p[0] == '/' || !x->folder.n;
	struct slice folder = buf_slice(&x->folder);
	buf_reset(&x->path);
	if (!whole) {
		buf_add_slice(&x->path, folder);
		if (folder.p[folder.n - 1] != '/')
			buf_u8(&x->path, '/');
	}
	buf_add_slice(&x->path, name.n ? name : folder);
	return fits(&x->path);
}

static int command(struct session *x, struct slice text)
{
	static const struct {
		const char *word;
		enum waits waits;
	} words[] = {{"RETR", READS}, {"STOR", WRITES}, {"APPE", WRITES}, {"CWD", ENTERS}, {"XCWD", ENTERS}, {"DELE", DELETES}, {"RNFR", WRITES}, {"LIST", LISTS}, {"NLST", LISTS}, {"MLSD", LISTS}};
	struct slice rest, word = slice_cut(text, ' ', &rest);
	int r = 0;
	for (size_t i = 0; i < ARRAY_LEN(words) && r == 0; i++)
		if (slice_eq_nocase(word, words[i].word)) {
			if (words[i].waits == LISTS && rest.n && rest.p[0] == '-')
				rest = SLICE_NULL; /* an option of ls */
			r = go(x, slice_trim(rest));
			x->waits = words[i].waits;
			x->begun = false;
		}
	if (slice_eq_nocase(word, "CDUP") || slice_eq_nocase(word, "XCUP"))
		buf_reset(&x->folder); /* until an answer names it */
	return r;
}

/* The name that an answer has in quotes: '"/records" is current directory', 'file download from server of "/records/a.csv"'. */
static struct slice quoted(struct slice text)
{
	struct slice s = evidence_between(text, "\"", "\"");
	return s.n && s.p[0] == '/' ? s : SLICE_NULL;
}

static int answer(struct evidence *v, struct session *x, struct slice text, int64_t time)
{
	struct evidence_touch t = {.path = buf_slice(&x->path), .who = buf_slice(&x->who), .from = buf_slice(&x->from), .time = time};
	const enum waits waits = x->waits;
	struct slice name = quoted(text);
	int r = 0;
	if (text.p[0] == '1') {
		x->begun = true;
		return name.n && (waits == READS || waits == WRITES) ? keep(&x->path, name) : 0;
	}
	if (text.p[0] == '3')
		return 0;
	if (slice_starts(text, "257") || (text.p[0] == '2' && waits == ENTERS))
		r = keep(&x->folder, name.n ? name : waits == ENTERS ? buf_slice(&x->path) : buf_slice(&x->folder));
	if (r < 0)
		return r;
	if (text.p[0] == '2' && waits != ENTERS && waits != DELETES && !slice_starts(text, "226") && !slice_starts(text, "250"))
		return 0; /* of something else: NOOP, SIZE */
	x->waits = NOTHING;
	if (text.p[0] != '2') {
		if (waits == READS && x->begun)
			return put(v, &t, EVIDENCE_ACQUIRED, 60, "the server's own log says that its sending began and failed: a part of it may have gone", SLICE_NULL);
		v->account.failed += waits != NOTHING;
		return 0;
	}
	switch (waits) {
	case READS: return put(v, &t, EVIDENCE_ACQUIRED, 95, "the server's own log says that it was sent", SLICE_NULL);
	case WRITES: return put(v, &t, EVIDENCE_OPENED, 90, "it was written by a client", SLICE_NULL);
	case DELETES: return put(v, &t, EVIDENCE_OPENED, 90, "it was deleted", SLICE_NULL);
	case LISTS: return put(v, &t, EVIDENCE_LISTED, 95, "the folder was read", SLICE_NULL);
	default: return 0;
	}
}

static int session_line(struct evidence *v, const struct said *s)
{
	struct session *x = NULL;
	int r = session_of(v->state, s->session, &x);
	if (r < 0)
		return r;
	evidence_saw(v, s->time);
	if (!slice_eq(buf_slice(&x->from), s->from)) { /* numbers begin anew with the server */
		x->waits = NOTHING;
		buf_reset(&x->folder);
		r = keep(&x->from, s->from);
	}
	if (r == 0 && s->who.n)
		r = keep(&x->who, s->who);
	if (r < 0)
		return r;
	const uint8_t *p = s->text.p;
	if (s->text.n > 3 && p[0] >= '1' && p[0] <= '5' && p[1] >= '0' && p[1] <= '9' && p[2] >= '0' && p[2] <= '9' && (p[3] == ' ' || p[3] == '-'))
		return p[3] == ' ' ? answer(v, x, s->text, s->time) : 0;
	return command(x, s->text);
}

/* ---- OpenSSH: 'Nov 20 23:10:03 fs1 internal-sftp[4242]: close "/records/a.csv" bytes read 1048576 written 0' ---- */

static bool sftp(struct slice line, size_t *ret_name)
{
	return evidence_find(evidence_upto(line, 200), " internal-sftp[", ret_name) || evidence_find(evidence_upto(line, 200), " sftp-server[", ret_name);
}

/* Reads end with the file's closing, which says how many bytes went; an open alone is none. */
static int sftp_closed(struct evidence *v, struct evidence_touch *t, struct slice said)
{
	size_t end = said.n, mark;
	struct slice text, rest;
	while (end && said.p[end - 1] != '"')
		end--;
	text = evidence_from(said, end);
	if (!evidence_find(said, "\"", &mark) || end < mark + 2 || !slice_starts(text, " bytes read "))
		return 0;
	t->path = slice_of(said.p + mark + 1, end - mark - 2);
	struct slice bytes = slice_cut(evidence_from(text, 12), ' ', &rest);
	if (bytes.n && !slice_eq_str(bytes, "0"))
		return put(v, t, EVIDENCE_ACQUIRED, 95, "the server's own log says how much of it was read by the client", bytes);
	return put(v, t, EVIDENCE_OPENED, 85, slice_starts(rest, "written ") && !slice_eq_str(evidence_from(rest, 8), "0") ? "it was written by a client" : "it was opened and nothing of it was read", SLICE_NULL);
}

static int sftp_line(struct evidence *v, struct slice line, size_t at)
{
	struct session *x = NULL;
	size_t stamp = 0, host;
	struct slice rest, name = slice_cut(evidence_from(line, at + 1), ']', &rest), said = slice_starts(rest, ": ") ? evidence_from(rest, 2) : rest;
	struct evidence_touch t = {.time = evidence_time_syslog(v, line, &stamp)};
	for (host = at; host && line.p[host - 1] != ' '; host--)
		;
	t.host = host >= stamp ? slice_of(line.p + host, at - host) : SLICE_NULL;
	char *key = arena_printf(v->a, "%.*s %.*s", SLICE_FMT(t.host), SLICE_FMT(name));
	int r = key ? session_of(v->state, slice_str(key), &x) : arena_code(v->a);
	if (r < 0)
		return r;
	evidence_saw(v, t.time);
	if (slice_starts(said, "session opened for local user ")) {
		struct slice user = slice_cut(evidence_from(said, 30), ' ', &rest);
		r = keep(&x->who, user);
		r = r ? r : keep(&x->from, evidence_between(rest, "[", "]"));
		if (r < 0)
			return r;
	}
	t.who = buf_slice(&x->who);
	t.from = buf_slice(&x->from);
	if (slice_starts(said, "close \"") || slice_starts(said, "forced close \""))
		return sftp_closed(v, &t, said);
	t.path = evidence_between(said, "\"", "\"");
	if (slice_starts(said, "opendir \""))
		return put(v, &t, EVIDENCE_LISTED, 95, "the folder was read", SLICE_NULL);
	if (slice_starts(said, "remove name \"") || slice_starts(said, "rename old \"") || slice_starts(said, "posix-rename old \""))
		return put(v, &t, EVIDENCE_OPENED, 85, "it was deleted or renamed", SLICE_NULL);
	return 0;
}

/* ---- which of them a line is of ---- */

int evidence_ftp_line(struct evidence *v, struct slice line, bool *ret_ours)
{
	struct said s = {0};
	struct evidence_touch t = {0};
	struct slice bytes;
	char direction, status;
	size_t at;
	int r = 0;
	*ret_ours = true;
	if (sftp(line, &at)) {
		r = begin(v, "sftp-server", false);
		r = r ? r : sftp_line(v, line, at);
	} else if (session_new(v, line, &s) || session_old(v, line, &s)) {
		r = begin(v, "FileZilla Server", line.p[0] != '(');
		r = r ? r : session_line(v, &s);
	} else if (vsftpd(line, &at)) {
		r = begin(v, "vsftpd", false);
		r = r ? r : vsftpd_line(v, line, at);
	} else if (xferlog(v, line, &t, &bytes, &direction, &status)) {
		r = begin(v, "xferlog", false);
		evidence_saw(v, t.time);
		r = r ? r : xferlog_line(v, &t, bytes, direction, status);
	} else {
		*ret_ours = false;
		return 0;
	}
	v->account.records++;
	return r;
}

static int line_of(struct evidence *v, struct slice line)
{
	bool ours;
	return evidence_ftp_line(v, line, &ours);
}

/* Reads as it would be read, but for what only a source knows: a line of a whole log. */
static int probe(struct slice head)
{
	struct slice rest = head;
	for (int i = 0; i < 2000 && rest.n; i++) {
		struct slice line = slice_cut(rest, '\n', &rest);
		struct said s = {0};
		size_t at, tail;
		if (sftp(line, &at))
			return 70; /* a system log may have others' lines, too */
		if (session_new(NULL, line, &s) || session_old(NULL, line, &s))
			return 92;
		if (vsftpd(line, &at))
			return 90;
		line = slice_trim(line);
		tail = line.n;
		if (tail > 60 && line.p[3] == ' ' && line.p[13] == ':' && line.p[16] == ':' && line.p[19] == ' ' && line.p[tail - 2] == ' ' && (line.p[tail - 1] == 'c' || line.p[tail - 1] == 'i') && evidence_month(slice_of(line.p + 4, 3)))
			return 85;
	}
	return 0;
}

const struct evidence_reader evidence_ftp = {.kind = EVIDENCE_FTP, .probe = probe, .line = line_of, .done = done, .state = sizeof(struct served)};
