/* Zeek's logs (docs.zeek.org, "Zeek log formats and inspection"; the scripts of base/protocols): TSV with its own head (#separator, #fields, #path), or an object of JSON a line. Several may stand one after the other in one file.
 *
 *   smb_files    SMB::FILE_READ is a read that was answered; FILE_OPEN an open. size is the file's, not what was sent
 *   smb_mapping  a share was connected to
 *   files        content that went over the wire, with its bytes, from tx to rx
 *   ftp, http    a file was fetched, sent, listed
 *   conn         bytes between two machines: they bound what can have been taken
 * Zeek sits in the network: what it saw read was answered over it. */
#include "evidence_internal.h"

#include <stdlib.h>

#define COLUMNS 96

struct zeek {
	struct slice column[COLUMNS];
	size_t columns;
	struct slice unset, empty;
	struct arena *a;
	char path[32];
	uint8_t separator;
	struct evidence_map counted; /* files whose size was counted already */
	bool ready;
};
struct row {
	struct evidence *v;
	struct evidence_map *counted;
	struct slice name[COLUMNS], value[COLUMNS];
	size_t n;
	int64_t time;
};

static struct slice get(const struct row *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (slice_eq_str(r->name[i], name))
			return r->value[i];
	return SLICE_NULL;
}

/* \xHH and \\ as Zeek's ASCII writer puts them */
static struct slice plain(struct arena *a, struct slice s)
{
	if (!s.n || !memchr(s.p, '\\', s.n))
		return s;
	uint8_t *out = arena_raw(a, s.n);
	size_t n = 0;
	if (!out)
		return s;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t b;
		if (s.p[i] == '\\' && i + 3 < s.n && s.p[i + 1] == 'x' && hex_get(&b, 1, slice_of(s.p + i + 2, 2)) == 0) {
			out[n++] = b;
			i += 3;
		} else {
			out[n++] = s.p[i];
			i += s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == '\\';
		}
	}
	return slice_of(out, n);
}

static bool number(const struct row *r, const char *name, uint64_t *ret)
{
	struct slice rest, s = get(r, name);
	return s.n && num_u64(slice_cut(s, '.', &rest), 0, UINT64_MAX, ret) == 0;
}

static bool yes(struct slice s)
{
	return slice_eq_str(s, "T") || slice_eq_str(s, "true");
}

static int put(const struct row *r, struct slice host, struct slice path, struct slice from, enum evidence_level level, int confidence, const char *why, bool windows, const char *bytes)
{
	struct evidence_touch t = {.path = path, .host = host, .from = from, .who = get(r, "user").n ? get(r, "user") : get(r, "username"), .reason = slice_str(why), .time = r->time, .level = level, .confidence = (uint8_t)confidence, .windows = windows};
	if (bytes && number(r, bytes, &t.bytes))
		t.has_bytes = true;
	t.folder = level == EVIDENCE_LISTED && windows;
	return evidence_put(r->v, &t);
}

/* ---- one function a log ---- */

static int conn(const struct row *r)
{
	struct slice o = get(r, "id.orig_h"), p = get(r, "id.resp_h"), service = get(r, "service"), port = get(r, "id.resp_p"), proto = get(r, "proto");
	uint64_t out = 0, in = 0;
	int code = 0;
	char *s = service.n ? NULL : arena_printf(r->v->a, "%.*s/%.*s", SLICE_FMT(port), SLICE_FMT(proto));
	struct evidence_flow f = {.service = s ? slice_str(s) : service, .time = r->time};
	if (number(r, "orig_bytes", &out) && out) {
		f.from = o, f.to = p, f.bytes = out;
		code = evidence_put_flow(r->v, &f);
	}
	if (code == 0 && number(r, "resp_bytes", &in) && in) {
		f.from = p, f.to = o, f.bytes = in;
		code = evidence_put_flow(r->v, &f);
	}
	return code;
}

static struct slice share_path(const struct row *r, struct slice name)
{
	struct slice share = get(r, "path");
	char *p;
	while (share.n && share.p[share.n - 1] == '\\')
		share.n--;
	while (name.n && name.p[0] == '\\')
		name = evidence_from(name, 1);
	if (share.n)
		p = arena_printf(r->v->a, "%.*s\\%.*s", SLICE_FMT(share), SLICE_FMT(name));
	else
		p = arena_printf(r->v->a, "\\\\%.*s\\?\\%.*s", SLICE_FMT(get(r, "id.resp_h")), SLICE_FMT(name));
	return slice_str(p);
}

static bool pipe_of(const struct row *r)
{
	static const char *const pipes[] = {"svcctl", "browser", "srvsvc", "wkssvc", "samr", "lsarpc", "netlogon", "spoolss", "winreg", "atsvc", "epmapper", "eventlog", "ntsvcs", "lsass", "efsrpc", "netdfs"};
	struct slice name = evidence_base(get(r, "name")), share = get(r, "path");
	if (share.n)
		return evidence_ends_nocase(share, "IPC$");
	for (size_t i = 0; i < ARRAY_LEN(pipes); i++)
		if (slice_eq_nocase(name, pipes[i]))
			return true;
	return false;
}

static int smb_files(struct row *r)
{
	struct slice action = get(r, "action"), server = get(r, "id.resp_h"), client = get(r, "id.orig_h"), name = get(r, "name");
	if (slice_starts(action, "SMB::"))
		action = evidence_from(action, 5);
	if (!name.n || pipe_of(r))
		return 0;
	struct slice path = share_path(r, name);
	if (slice_eq_str(action, "FILE_READ")) {
		if (evidence_own(r->v, client) || slice_eq(client, server))
			return put(r, server, path, client, EVIDENCE_ACCESSED, 85, "it was read over SMB (Zeek FILE_READ) by the server itself", true, NULL);
		/* several reads of one file in one connection each say its size */
		char *key = arena_printf(r->v->a, "%.*s %.*s", SLICE_FMT(get(r, "uid")), SLICE_FMT(path));
		bool counted = !key || evidence_map_get(r->counted, slice_str(key)) != 0;
		int code = counted ? 0 : evidence_map_put(r->counted, slice_str(key), 1);
		return code ? code : put(r, server, path, client, EVIDENCE_ACQUIRED, 90, "it was read over SMB from another machine (Zeek FILE_READ)", true, counted ? NULL : "size");
	}
	if (slice_eq_str(action, "FILE_RENAME")) {
		struct slice was = get(r, "prev_name");
		struct evidence_touch t = {.path = was.n ? share_path(r, was) : path, .other = was.n ? path : SLICE_NULL, .renamed_to = was.n > 0, .host = server, .from = client, .reason = SLICE("it was renamed (Zeek)"), .time = r->time, .level = EVIDENCE_OPENED, .confidence = 95, .windows = true};
		return evidence_put(r->v, &t);
	}
	if (slice_eq_str(action, "FILE_WRITE"))
		return put(r, server, path, client, EVIDENCE_OPENED, 95, "it was written (Zeek FILE_WRITE)", true, NULL);
	if (slice_eq_str(action, "FILE_DELETE"))
		return put(r, server, path, client, EVIDENCE_OPENED, 95, "it was deleted (Zeek FILE_DELETE)", true, NULL);
	if (slice_eq_str(action, "FILE_OPEN"))
		return put(r, server, path, client, EVIDENCE_OPENED, 85, "it was opened over SMB (Zeek FILE_OPEN), as a listing does, too", true, NULL);
	return 0;
}

static int smb_mapping(const struct row *r)
{
	struct slice path = get(r, "path");
	if (!path.n || slice_eq_str(get(r, "share_type"), "PIPE") || evidence_ends_nocase(path, "IPC$"))
		return 0;
	return put(r, get(r, "id.resp_h"), path, get(r, "id.orig_h"), EVIDENCE_LISTED, 95, "the share was connected to (Zeek)", true, NULL);
}

/* A set is written with commas: the first of it. */
static struct slice first(struct slice set)
{
	struct slice rest;
	return slice_cut(set, ',', &rest);
}

static int files(const struct row *r)
{
	struct slice name = get(r, "filename"), tx = first(get(r, "tx_hosts")), rx = first(get(r, "rx_hosts")), source = get(r, "source");
	bool up = yes(get(r, "is_orig"));
	if (!tx.n) { /* since Zeek 6 with the connection's addresses */
		tx = get(r, up ? "id.orig_h" : "id.resp_h");
		rx = get(r, up ? "id.resp_h" : "id.orig_h");
	}
	uint64_t bytes = 0;
	if (!name.n || (slice_eq_str(source, "SMB") && up) || (number(r, "seen_bytes", &bytes) && bytes == 0))
		return 0;
	bool windows = slice_eq_str(source, "SMB");
	if (slice_eq(tx, rx) || evidence_own(r->v, rx))
		return put(r, tx, name, rx, EVIDENCE_ACCESSED, 80, "its content went from the host to itself (Zeek files)", windows, "seen_bytes");
	return put(r, tx, name, rx, EVIDENCE_ACQUIRED, 90, "its content was seen going to another machine (Zeek files)", windows, "seen_bytes");
}

static int ftp(const struct row *r)
{
	struct slice command = get(r, "command"), arg = get(r, "arg"), code = get(r, "reply_code"), server = get(r, "id.resp_h"), client = get(r, "id.orig_h"), rest;
	if (slice_starts(arg, "ftp://")) { /* ftp://10.0.0.1/./dir/file */
		(void)slice_cut(evidence_from(arg, 6), '/', &rest);
		arg = slice_starts(rest, "./") ? evidence_from(rest, 1) : slice_of(rest.p ? rest.p - 1 : NULL, rest.p ? rest.n + 1 : 0);
	}
	if (!arg.n)
		return 0;
	if (code.n && code.p[0] != '1' && code.p[0] != '2') {
		r->v->account.failed++;
		return 0;
	}
	if (slice_eq_nocase(command, "RETR"))
		return put(r, server, arg, client, evidence_own(r->v, client) ? EVIDENCE_ACCESSED : EVIDENCE_ACQUIRED, 90, "it was fetched by FTP (RETR)", false, "file_size");
	if (slice_eq_nocase(command, "STOR") || slice_eq_nocase(command, "APPE") || slice_eq_nocase(command, "STOU")) {
		int e = put(r, server, arg, client, EVIDENCE_OPENED, 95, "it was written by FTP (STOR)", false, NULL);
		return e ? e : put(r, client, evidence_base(arg), server, EVIDENCE_ACQUIRED, 60, "a file of this name was sent by FTP from this machine; its folder there is not known", false, "file_size");
	}
	if (slice_eq_nocase(command, "DELE") || slice_eq_nocase(command, "RNFR"))
		return put(r, server, arg, client, EVIDENCE_OPENED, 95, "it was deleted or renamed by FTP", false, NULL);
	return put(r, server, arg, client, EVIDENCE_LISTED, 85, "it was asked about by FTP", false, NULL);
}

static int http(const struct row *r)
{
	struct evidence_web w = {.method = get(r, "method"), .uri = get(r, "uri"), .status = get(r, "status_code"), .bytes = get(r, "response_body_len"), .who = get(r, "username"), .from = get(r, "id.orig_h"), .host = get(r, "host").n ? get(r, "host") : get(r, "id.resp_h"), .time = r->time};
	return evidence_web_put(r->v, &w);
}

static const struct {
	const char *path, *dialect;
	const char *tells[3]; /* keys that only this one has */
} logs[] = {
	{"smb_files", "Zeek smb_files", {"action", "id.resp_h", "name"}}, {"smb_mapping", "Zeek smb_mapping", {"share_type", "id.resp_h", "path"}}, {"files", "Zeek files", {"fuid", "seen_bytes", "source"}}, {"ftp", "Zeek ftp", {"command", "id.resp_h", "reply_code"}},
	{"http", "Zeek http", {"id.resp_h", "uri", "method"}}, {"conn", "Zeek conn", {"id.orig_h", "conn_state", "proto"}},
};

static int row(struct row *r, struct slice path)
{
	struct slice ts = get(r, "ts");
	size_t which = ARRAY_LEN(logs);
	for (size_t i = 0; i < ARRAY_LEN(logs); i++)
		if (path.n ? slice_eq_str(path, logs[i].path) : get(r, logs[i].tells[0]).p && get(r, logs[i].tells[1]).p && get(r, logs[i].tells[2]).p) {
			which = i;
			break;
		}
	r->time = evidence_skewed(r->v, evidence_time_epoch(ts));
	if (r->time == EVIDENCE_NO_TIME)
		r->time = evidence_time_any(r->v, ts);
	if (which == ARRAY_LEN(logs))
		return path.n ? 0 : ERR_NO;
	r->v->account.records++;
	evidence_saw(r->v, r->time);
	r->v->account.dialect = logs[which].dialect;
	r->v->account.clock = "seconds of the sensor's clock, UTC";
	switch (which) {
	case 0:
		return smb_files(r);
	case 1:
		return smb_mapping(r);
	case 2:
		return files(r);
	case 3:
		return ftp(r);
	case 4:
		return http(r);
	default:
		return conn(r);
	}
}

/* ---- TSV ---- */

static int begin(struct zeek *z)
{
	if (z->ready)
		return 0;
	z->ready = true;
	z->separator = '\t';
	z->unset = SLICE("-");
	z->empty = SLICE("(empty)");
	z->a = arena_new((size_t)16 << 20);
	return z->a ? evidence_map_init(&z->counted, (size_t)256 << 20) : ERR_MEMORY;
}

static void head(struct zeek *z, struct slice line)
{
	struct slice rest, word = slice_cut(line, slice_starts(line, "#separator") ? ' ' : z->separator, &rest);
	uint8_t b;
	if (slice_eq_str(word, "#separator")) {
		if (slice_starts(rest, "\\x") && hex_get(&b, 1, evidence_upto(evidence_from(rest, 2), 2)) == 0)
			z->separator = b;
		z->columns = 0;
		z->path[0] = 0;
		arena_reset(z->a); /* a new log begins */
		z->unset = SLICE("-");
		z->empty = SLICE("(empty)");
	} else if (slice_eq_str(word, "#path"))
		snprintf(z->path, sizeof z->path, "%.*s", (int)(rest.n < 31 ? rest.n : 31), (const char *)(rest.p ? rest.p : (const uint8_t *)""));
	else if (slice_eq_str(word, "#unset_field"))
		z->unset = arena_dup(z->a, rest);
	else if (slice_eq_str(word, "#empty_field"))
		z->empty = arena_dup(z->a, rest);
	else if (slice_eq_str(word, "#fields"))
		for (z->columns = 0; rest.p && z->columns < COLUMNS;)
			z->column[z->columns++] = arena_dup(z->a, slice_cut(rest, z->separator, &rest));
}

static int line(struct evidence *v, struct slice s)
{
	struct zeek *z = v->state;
	struct row r = {.v = v, .counted = &z->counted};
	int code = begin(z);
	if (code || !s.n)
		return code;
	if (s.p[0] == '#') {
		head(z, s);
		v->account.records += slice_starts(s, "#fields");
		if (slice_starts(s, "#fields") && !v->account.dialect)
			v->account.dialect = "Zeek";
		return 0;
	}
	struct slice rest = s;
	for (size_t i = 0; i < z->columns && rest.p; i++) {
		struct slice f = slice_cut(rest, z->separator, &rest);
		r.name[r.n] = z->column[i];
		r.value[r.n++] = slice_eq(f, z->unset) || slice_eq(f, z->empty) ? SLICE_NULL : plain(v->a, f);
	}
	if (!z->columns || r.n < z->columns) {
		evidence_damaged(v);
		return 0;
	}
	code = row(&r, slice_str(z->path));
	return code == ERR_NO ? 0 : code;
}

static void done(struct evidence *v)
{
	struct zeek *z = v->state;
	arena_free(z->a);
	evidence_map_done(&z->counted);
}

static int probe(struct slice h)
{
	size_t at;
	return slice_starts(h, "#separator ") || (h.n && h.p[0] == '#' && evidence_find(h, "#fields\t", &at) && evidence_find(h, "#types\t", &at)) ? 98 : 0;
}

const struct evidence_reader evidence_zeek = {.kind = EVIDENCE_ZEEK, .probe = probe, .line = line, .done = done, .state = sizeof(struct zeek)};

/* ---- JSON: keys as in TSV, "id" maybe an object of its own; sets are arrays ---- */

static void add(struct row *r, struct slice name, const struct json_node *n)
{
	if (r->n == COLUMNS)
		return;
	const struct json_node *x = n->type == JSON_ARR ? n->child : n;
	r->name[r->n] = name;
	r->value[r->n++] = !x || x->type == JSON_OBJ || x->type == JSON_NULL ? SLICE_NULL : x->type == JSON_TRUE ? SLICE("T") : x->type == JSON_FALSE ? SLICE("F") : x->value.p ? x->value : SLICE("");
}

int evidence_json_zeek(struct evidence *v, const struct json_node *n)
{
	struct evidence_json_state *s = v->state;
	struct row r = {.v = v, .counted = &s->counted};
	if (!json_get(n, "ts") || (!json_get(n, "uid") && !json_get(n, "fuid") && !json_get(n, "_path") && !json_get(n, "id.orig_h")))
		return 0;
	for (const struct json_node *c = n->child; c; c = c->next) {
		if (slice_eq_str(c->key, "id") && c->type == JSON_OBJ) {
			for (const struct json_node *i = c->child; i; i = i->next) {
				char *name = arena_printf(v->a, "id.%.*s", SLICE_FMT(i->key));
				if (name)
					add(&r, slice_str(name), i);
			}
			continue;
		}
		add(&r, c->key, c);
	}
	int code = row(&r, json_text(n, "_path"));
	if (code == ERR_NO)
		return 0;
	v->account.kind = EVIDENCE_ZEEK;
	return code ? code : 1;
}
