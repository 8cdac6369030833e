/* Access logs of web servers: the common and the combined format (httpd's mod_log_config; Tomcat's AccessLogValve, nginx' default), with a virtual host in front or not; IIS' W3C extended format (w3.org/TR/WD-logfile, times in UTC); objects of JSON.
 *
 * What was answered with content (200, 203, 206 and a length) was handed to another machine. 304 says that the other had it already, HEAD and the like that it was asked about; other answers gave nothing of the object. */
#include "evidence_internal.h"

#include <stdlib.h>

/* Names of web shells that reports name again and again, and parameters that carry commands (MITRE ATT&CK T1505.003). */
const char *evidence_web_shell(struct slice path)
{
	static const char *const names[] = {"cmd.jsp", "cmdjsp", "cmd.asp", "cmd.php", "shell.jsp", "shell.php", "shell.asp", "webshell", "c99.php", "c99shell", "r57", "b374k", "wso.php", "wso2", "aspxspy", "jspspy", "chopper", "regeorg", "tunnel.jsp", "tunnel.asp", "tunnel.php", "tunnel.nosocket",
	                                    "antak", "p0wny", "weevely", "godzilla", "behinder", "laudanum", "jsp-reverse", "human2.aspx", "phpspy", "browser.jsp"};
	static const char *const params[] = {"?cmd=", "&cmd=", "?command=", "&command=", "?exec=", "&exec=", "?c=whoami", "?cmd0=", "=cmd.exe", "cmd.exe+/c", "cmd.exe%20/c", "=/bin/sh", "=whoami"};
	size_t at;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (evidence_find_nocase(path, names[i], &at))
			return "the name is like a web shell's";
	for (size_t i = 0; i < ARRAY_LEN(params); i++)
		if (evidence_find_nocase(path, params[i], &at))
			return "its parameters carry a command, as a web shell's do";
	return NULL;
}

static bool one_of(struct slice s, const char *list)
{
	size_t n = strlen(list);
	for (size_t i = 0; s.n && i + s.n <= n; i++)
		if (!memcmp(list + i, s.p, s.n) && (i == 0 || list[i - 1] == ' ') && (i + s.n == n || list[i + s.n] == ' '))
			return true;
	return false;
}

/* The path and its parameters; the session of Tomcat is not of the object, and %HH in the path is undone. */
static struct slice object_of(struct evidence *v, struct slice uri)
{
	size_t at;
	if (evidence_find(evidence_upto(uri, 12), "://", &at)) {
		struct slice rest;
		(void)slice_cut(evidence_from(uri, at + 3), '/', &rest);
		uri = rest.p ? slice_of(rest.p - 1, rest.n + 1) : SLICE("/");
	}
	uint8_t *out = arena_raw(v->a, uri.n + 1);
	size_t n = 0;
	bool query = false;
	if (!out)
		return uri;
	for (size_t i = 0; i < uri.n; i++) {
		uint8_t b;
		if (!query && uri.p[i] == ';' && slice_starts(evidence_from(uri, i), ";jsessionid=")) {
			while (i + 1 < uri.n && uri.p[i + 1] != '?' && uri.p[i + 1] != '/')
				i++;
			continue;
		}
		query |= uri.p[i] == '?';
		if (!query && uri.p[i] == '%' && i + 2 < uri.n && hex_get(&b, 1, slice_of(uri.p + i + 1, 2)) == 0 && b >= 32) {
			out[n++] = b;
			i += 2;
		} else
			out[n++] = uri.p[i];
	}
	return slice_of(out, n);
}

int evidence_web_put(struct evidence *v, const struct evidence_web *w)
{
	uint64_t status = 0, bytes = 0;
	bool sized = num_u64(w->bytes, 0, UINT64_MAX, &bytes) == 0, own = evidence_own(v, w->from) || evidence_loopback(w->from);
	if (num_u64(w->status, 100, 999, &status) < 0 || !w->uri.n) {
		evidence_damaged(v);
		return 0;
	}
	struct slice path = object_of(v, w->uri);
	const char *shell = evidence_web_shell(w->uri), *why;
	struct evidence_touch t = {.path = path, .host = w->host, .from = w->from, .who = slice_eq_str(w->who, "-") ? SLICE_NULL : w->who, .time = w->time};
	bool reads = one_of(w->method, "GET"), asks = one_of(w->method, "HEAD OPTIONS PROPFIND TRACE"), writes = one_of(w->method, "PUT DELETE PATCH MKCOL MOVE COPY LOCK UNLOCK PROPPATCH MERGE"), posts = !reads && !asks && !writes; /* what a server does not know it answers like GET */
	if ((status >= 400 || (status >= 300 && status != 304)) || status < 200) {
		v->account.failed++;
		return 0;
	}
	if (status == 304) {
		t.level = EVIDENCE_OPENED, t.confidence = 80;
		why = "the answer was that the client had it already (304)";
	} else if ((reads || posts) && (status == 200 || status == 203 || status == 206) && sized && bytes) {
		t.level = own ? EVIDENCE_ACCESSED : EVIDENCE_ACQUIRED;
		t.confidence = posts ? 70 : 90;
		t.bytes = bytes;
		t.has_bytes = true;
		why = own ? "its content was answered to the host itself" : status == 206 ? "a part of its content was answered (206)" : posts ? "content was answered to what was posted" : "its content was answered";
	} else if (reads && status == 200 && !sized) {
		t.level = own ? EVIDENCE_ACCESSED : EVIDENCE_ACQUIRED, t.confidence = 60;
		why = "it was answered; how much is not said";
	} else if (asks) {
		t.level = EVIDENCE_LISTED, t.confidence = 95;
		why = "it was asked about";
	} else {
		t.level = EVIDENCE_OPENED, t.confidence = 80;
		why = reads || posts ? "it was answered without content" : "it was changed or something was done with it";
	}
	char *reason = shell ? arena_printf(v->a, "%s; %s", why, shell) : arena_strdup(v->a, slice_str(why));
	t.reason = slice_str(reason);
	return evidence_put(v, &t);
}

/* ---- host ident user [time] "METHOD URI PROTOCOL" status bytes ... ---- */

struct web {
	struct slice column[64]; /* of IIS, as #Fields names them */
	size_t columns;
	char day[16];            /* where no column has the date: the one that #Date named, or a later one, as often as the clock went past midnight; "": none */
	unsigned hour;           /* of the row before */
	struct arena *a;
};

/* In quotes with \" in it; *rest is what follows. */
static struct slice quoted(struct slice s, struct slice *rest)
{
	size_t i = 1;
	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	if (i >= s.n) {
		*rest = SLICE_NULL;
		return SLICE_NULL;
	}
	*rest = evidence_from(s, i + 1);
	return slice_of(s.p + 1, i - 1);
}

static bool common(struct evidence *v, struct slice s, struct evidence_web *w)
{
	size_t at, q;
	struct slice rest;
	if (!evidence_find(s, "[", &at) || !evidence_find(s, "] \"", &q) || q < at)
		return false;
	struct slice stamp = slice_of(s.p + at + 1, q - at - 1), front = slice_trim(slice_of(s.p, at));
	struct slice request = quoted(evidence_from(s, q + 2), &rest);
	if (!request.p)
		return false;
	/* host ident user; a virtual host may stand in front of it, and a user may hold blanks */
	struct slice more, first = slice_cut(front, ' ', &more), second;
	if (!evidence_is_address(first) && evidence_is_address(slice_cut(more, ' ', &second))) {
		w->host = first;
		first = slice_cut(more, ' ', &more);
	}
	size_t colon;
	if (w->host.n && evidence_find(w->host, ":", &colon))
		w->host = evidence_upto(w->host, colon);
	w->from = first;
	(void)slice_cut(more, ' ', &w->who);
	w->time = evidence_time_clf(v, stamp);
	w->method = slice_cut(request, ' ', &more);
	at = more.n;
	while (at && more.p[at - 1] != ' ')
		at--;
	w->uri = slice_starts(evidence_from(more, at), "HTTP/") ? slice_trim(evidence_upto(more, at)) : more;
	rest = slice_trim(rest);
	w->status = slice_cut(rest, ' ', &rest);
	w->bytes = slice_cut(rest, ' ', &rest);
	return w->status.n == 3 && w->time != EVIDENCE_NO_TIME;
}

static int line(struct evidence *v, struct slice s)
{
	struct evidence_web w = {0};
	v->account.dialect = "web access log";
	v->account.clock = "the server's, with its zone";
	if (!slice_trim(s).n)
		return 0;
	if (!common(v, s, &w) || !w.uri.n) {
		size_t at;
		if (evidence_find(s, "] \"", &at)) /* a request of rubbish ("\x16\x03", "-") is a line, and no touch */
			v->account.records++;
		else
			evidence_damaged(v);
		return 0;
	}
	v->account.records++;
	evidence_saw(v, w.time);
	return evidence_web_put(v, &w);
}

static int probe(struct slice head)
{
	size_t good = 0, lines = 0, at, q;
	struct slice rest = head;
	while (rest.n && lines < 50) {
		struct slice s = slice_cut(rest, '\n', &rest), tail;
		lines++;
		if (!evidence_find(s, "[", &at) || !evidence_find(s, "] \"", &q) || q < at || q - at < 20 || s.p[at + 3] != '/')
			continue;
		struct slice request = quoted(evidence_from(s, q + 2), &tail);
		good += request.p != NULL && tail.n > 4 && tail.p[1] >= '1' && tail.p[1] <= '5';
	}
	return good && good * 2 >= lines ? 90 : good ? 50 : 0;
}

const struct evidence_reader evidence_web = {.kind = EVIDENCE_WEB, .probe = probe, .line = line};

/* ---- W3C: "#Fields: date time s-ip cs-method cs-uri-stem ..." ---- */

static struct slice field(const struct web *z, const struct slice *value, size_t n, const char *name)
{
	for (size_t i = 0; i < z->columns && i < n; i++)
		if (slice_eq_nocase(z->column[i], name))
			return slice_eq_str(value[i], "-") ? SLICE_NULL : value[i];
	return SLICE_NULL;
}

/* "#Date: 2026-11-21 23:00:00" dates what follows (W3C, Extended Log File Format), for rows may have a time alone. */
static void iis_date(struct web *z, struct slice s)
{
	int y, mo, d, h, mi, sec;
	struct slice rest, day = slice_cut(slice_trim(s), ' ', &rest);
	int64_t t;
	z->day[0] = 0;
	z->hour = 0;
	if (day.n == 10 && time_parse(day, 0, &t) == 0) {
		time_civil(t, &y, &mo, &d, &h, &mi, &sec);
		snprintf(z->day, sizeof z->day, "%04u-%02u-%02u", (unsigned)y % 10000, (unsigned)mo % 100, (unsigned)d % 100);
	}
}

/* The day of a row that has a time alone. Rows stand in the order of their answers, so an hour of the morning behind one of the evening is the next day's. */
static struct slice iis_day(struct web *z, struct slice clock)
{
	uint64_t hour;
	int y, mo, d, h, mi, sec;
	int64_t t;
	if (!z->day[0] || clock.n < 5 || clock.p[0] < '0' || clock.p[0] > '2' || clock.p[1] < '0' || clock.p[1] > '9')
		return SLICE_NULL;
	hour = (uint64_t)(clock.p[0] - '0') * 10 + (uint64_t)(clock.p[1] - '0');
	if (z->hour >= 18 && hour < 6 && time_parse(slice_str(z->day), 0, &t) == 0) {
		time_civil(t + 24 * 3600 * TIME_SEC, &y, &mo, &d, &h, &mi, &sec);
		snprintf(z->day, sizeof z->day, "%04u-%02u-%02u", (unsigned)y % 10000, (unsigned)mo % 100, (unsigned)d % 100);
	}
	z->hour = (unsigned)hour;
	return slice_str(z->day);
}

static int iis_row(struct evidence *v, struct web *z, const struct slice *value, size_t n)
{
	struct slice date = field(z, value, n, "date"), clock = field(z, value, n, "time"), query = field(z, value, n, "cs-uri-query"), stem = field(z, value, n, "cs-uri-stem"), forwarded = field(z, value, n, "X-Forwarded-For");
	if (!date.n)
		date = iis_day(z, clock);
	char *stamp = arena_printf(v->a, "%.*sT%.*sZ", SLICE_FMT(date), SLICE_FMT(clock)), *uri = query.n ? arena_printf(v->a, "%.*s?%.*s", SLICE_FMT(stem), SLICE_FMT(query)) : NULL;
	if (!stamp || !stem.n)
		return 0;
	struct evidence_web w = {.method = field(z, value, n, "cs-method"), .uri = uri ? slice_str(uri) : stem, .status = field(z, value, n, "sc-status"), .bytes = field(z, value, n, "sc-bytes"), .who = field(z, value, n, "cs-username"), .from = field(z, value, n, "c-ip"), .time = evidence_time_any(v, slice_str(stamp))};
	w.host = field(z, value, n, "cs-host");
	if (!w.host.n)
		w.host = field(z, value, n, "s-computername");
	if (!w.host.n)
		w.host = field(z, value, n, "s-ip");
	if (forwarded.n && evidence_is_address(forwarded))
		w.from = forwarded;
	v->account.records++;
	evidence_saw(v, w.time);
	return evidence_web_put(v, &w);
}

static int iis_line(struct evidence *v, struct slice s)
{
	struct web *z = v->state;
	struct slice value[64], rest;
	size_t n = 0;
	v->account.dialect = "W3C extended log";
	v->account.clock = "UTC, by the format";
	if (slice_starts(s, "#Fields:")) {
		if (!z->a && !(z->a = arena_new(1u << 20)))
			return ERR_MEMORY;
		arena_reset(z->a);
		z->columns = 0;
		for (rest = slice_trim(evidence_from(s, 8)); rest.n && z->columns < 64;) {
			struct slice w = slice_cut(rest, ' ', &rest);
			if (w.n)
				z->column[z->columns++] = arena_dup(z->a, w);
		}
		v->account.records++;
		return 0;
	}
	if (slice_starts(s, "#Date:"))
		iis_date(z, evidence_from(s, 6));
	if (!s.n || s.p[0] == '#')
		return 0;
	for (rest = s; rest.p && n < 64;)
		value[n++] = slice_cut(rest, ' ', &rest);
	if (!z->columns || n < z->columns) {
		evidence_damaged(v);
		return 0;
	}
	return iis_row(v, z, value, n);
}

static void iis_done(struct evidence *v)
{
	struct web *z = v->state;
	arena_free(z->a);
}

static int iis_probe(struct slice head)
{
	size_t at;
	return head.n && head.p[0] == '#' && evidence_find(head, "#Fields:", &at) && evidence_find(head, "cs-uri", &at) ? 95 : 0;
}

const struct evidence_reader evidence_iis = {.kind = EVIDENCE_WEB, .probe = iis_probe, .line = iis_line, .done = iis_done, .state = sizeof(struct web)};

/* ---- JSON: nginx' log_format json, Caddy, Traefik, and whatever names its keys like one of these ---- */

static struct slice any_of(const struct json_node *n, const char *const *keys)
{
	for (size_t i = 0; keys[i]; i++) {
		struct slice s = json_text(n, keys[i]);
		if (!s.n) {
			const struct json_node *x = json_get(n, keys[i]);
			s = x && (x->type == JSON_STR || x->type == JSON_NUM) ? x->value : SLICE_NULL;
		}
		if (s.n)
			return s;
	}
	return SLICE_NULL;
}

int evidence_json_web(struct evidence *v, const struct json_node *n)
{
	static const char *const times[] = {"time_iso8601", "@timestamp", "timestamp", "time", "time_local", "ts", "StartUTC", "msec", "date", NULL}, *const requests[] = {"request_line", "requestLine", "request", "http.request_line", NULL},
	                  *const uris[] = {"request_uri", "request.uri", "RequestPath", "uri", "url", "path", "url.original", "http.url", "cs_uri_stem", NULL}, *const methods[] = {"request_method", "request.method", "RequestMethod", "method", "http.request.method", "verb", NULL},
	                  *const statuses[] = {"status", "status_code", "DownstreamStatus", "response", "http.response.status_code", "statusCode", NULL}, *const sizes[] = {"body_bytes_sent", "bytes_sent", "DownstreamContentSize", "size", "bytes", "response_size", "http.response.body.bytes", "responseSize", NULL},
	                  *const froms[] = {"remote_addr", "request.remote_ip", "request.client_ip", "ClientHost", "remote_ip", "client_ip", "clientip", "client", "source.ip", "remoteAddr", "remote_host", "ip", NULL},
	                  *const users[] = {"remote_user", "user_id", "ClientUsername", "user", "username", "user.name", "auth", NULL}, *const hosts[] = {"server_name", "http_host", "request.host", "RequestHost", "vhost", "host", NULL};
	struct slice request = any_of(n, requests), stamp = any_of(n, times), rest;
	struct evidence_web w = {.status = any_of(n, statuses), .uri = any_of(n, uris), .method = any_of(n, methods), .bytes = any_of(n, sizes), .from = any_of(n, froms), .who = any_of(n, users), .host = any_of(n, hosts)};
	size_t at;
	if (request.n && evidence_find(request, " ", &at)) {
		w.method = slice_cut(request, ' ', &rest);
		w.uri = slice_cut(rest, ' ', &rest);
	}
	if (!w.uri.n || w.status.n != 3 || !w.method.n)
		return 0;
	w.time = evidence_time_any(v, stamp);
	if (w.time == EVIDENCE_NO_TIME)
		w.time = evidence_time_clf(v, stamp);
	if (w.time == EVIDENCE_NO_TIME)
		w.time = evidence_skewed(v, evidence_time_epoch(stamp));
	if (evidence_find(w.from, ":", &at) && !evidence_is_address(w.from))
		w.from = evidence_upto(w.from, at);
	v->account.kind = EVIDENCE_WEB;
	v->account.dialect = "web access log, JSON";
	v->account.clock = "the server's, as the record says";
	v->account.records++;
	evidence_saw(v, w.time);
	int r = evidence_web_put(v, &w);
	return r ? r : 1;
}
