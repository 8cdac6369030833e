/* A request on the loopback: its head, read once and strictly. HTTP/1.1 and 1.0 (RFC 9112); one request a connection, a body by Content-Length alone. What is not plain is refused: nothing stands between a browser and this. */
#include "station_internal.h"

static bool token_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool copy(struct slice s, char *out, size_t size)
{
	if (s.n >= size)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

static int request_line(struct slice line, struct station_http *q)
{
	struct slice rest, version, query, method = slice_cut(line, ' ', &rest), target = slice_cut(rest, ' ', &version), path = slice_cut(target, '?', &query);
	if (!slice_eq_str(version, "HTTP/1.1") && !slice_eq_str(version, "HTTP/1.0"))
		return ERR_INPUT;
	if (!method.n || !path.n || path.p[0] != '/')
		return ERR_INPUT;
	for (size_t i = 0; i < method.n; i++)
		if (!token_char(method.p[i]))
			return ERR_INPUT;
	return copy(method, q->method, sizeof q->method) && copy(path, q->path, sizeof q->path) && copy(query, q->query, sizeof q->query) ? 0 : ERR_LIMIT;
}

struct seen {
	bool host, length, origin;
};

static int field(struct slice line, struct station_http *q, struct seen *seen)
{
	struct slice rest, name = slice_cut(line, ':', &rest), value = slice_trim(rest);
	if (!rest.p || !name.n)
		return ERR_INPUT;
	for (size_t i = 0; i < name.n; i++)
		if (!token_char(name.p[i]))
			return ERR_INPUT;
	if (slice_eq_nocase(name, "transfer-encoding") || slice_eq_nocase(name, "upgrade"))
		return ERR_INPUT;
	if (slice_eq_nocase(name, "host")) {
		bool twice = seen->host;
		seen->host = true;
		return !twice && copy(value, q->host, sizeof q->host) ? 0 : ERR_INPUT;
	}
	if (slice_eq_nocase(name, "content-length")) {
		bool twice = seen->length;
		seen->length = true;
		return !twice && num_u64(value, 0, INT64_MAX, &q->length) == 0 ? 0 : ERR_INPUT;
	}
	if (slice_eq_nocase(name, "origin")) {
		bool twice = seen->origin;
		seen->origin = q->has_origin = true;
		return !twice && copy(value, q->origin, sizeof q->origin) ? 0 : ERR_INPUT;
	}
	if (slice_eq_nocase(name, "sec-fetch-site"))
		q->site_cross = !slice_eq_str(value, "same-origin") && !slice_eq_str(value, "none");
	if (slice_eq_nocase(name, "cookie"))
		return copy(value, q->cookie, sizeof q->cookie) ? 0 : ERR_LIMIT;
	if (slice_eq_nocase(name, "x-holdfast-csrf"))
		return copy(value, q->csrf, sizeof q->csrf) ? 0 : ERR_LIMIT;
	if (slice_eq_nocase(name, "content-type"))
		return copy(value, q->type, sizeof q->type) ? 0 : ERR_LIMIT;
	return 0;
}

int station_http_read(struct slice in, struct station_http *ret)
{
	struct station_http q = {.length = 0};
	struct seen seen = {0};
	size_t most = in.n < STATION_HEAD_MAX ? in.n : STATION_HEAD_MAX;
	const uint8_t *end = most ? memmem(in.p, most, "\r\n\r\n", 4) : NULL;
	if (!end)
		return in.n < STATION_HEAD_MAX ? 0 : ERR_LIMIT;
	q.head = (size_t)(end - in.p) + 4;
	struct slice all = slice_of(in.p, q.head - 2);
	bool first = true;
	while (all.n) {
		const uint8_t *lf = memmem(all.p, all.n, "\r\n", 2);
		struct slice line = slice_of(all.p, (size_t)(lf - all.p));
		if (memchr(line.p, '\n', line.n) || memchr(line.p, '\r', line.n) || memchr(line.p, 0, line.n))
			return ERR_INPUT;
		int r = first ? request_line(line, &q) : field(line, &q, &seen);
		if (r < 0)
			return r;
		first = false;
		all = slice_of(lf + 2, all.n - line.n - 2);
	}
	if (!seen.host)
		return ERR_INPUT;
	*ret = q;
	return 1;
}

/* A page of another site that a browser on this PC has open can name our address as its own (DNS rebinding), or post to it: so the name that was asked for is compared, and where the asking page comes from. */
bool station_http_own(const struct station_http *q, uint16_t port)
{
	static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
	char host[64], origin[80];
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(host, sizeof host, "%s:%u", names[i], port);
		snprintf(origin, sizeof origin, "http://%s", host);
		if (strcmp(q->host, host))
			continue;
		return !q->site_cross && (!q->has_origin || !strcmp(q->origin, origin));
	}
	return false;
}
