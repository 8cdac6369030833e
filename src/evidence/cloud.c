/* Access logs of a cloud's storage and balancers: S3's server access log (AWS, "Amazon S3 server access log format": owner bucket [time] address requester id operation key "request" status error bytes size ...) and the Application Load Balancer's
 * (AWS, "Access logs for your Application Load Balancer": type time balancer client:port target:port three times status target-status received sent "request" ...). Both are requests to a web server with words of their own before them; S3's object is the key in its bucket. */
#include "evidence_internal.h"

enum { WORDS = 13 };

/* The first words of a line: in quotes or brackets one word, without them. Returns how many, at most WORDS. */
static size_t words_of(struct slice s, struct slice word[WORDS])
{
	size_t n = 0;
	while (n < WORDS && s.n) {
		const char close = s.p[0] == '"' ? '"' : s.p[0] == '[' ? ']' : ' ';
		struct slice rest;
		if (close != ' ')
			s = evidence_from(s, 1);
		word[n++] = slice_cut(s, (uint8_t)close, &rest);
		s = close != ' ' && rest.n && rest.p[0] == ' ' ? evidence_from(rest, 1) : rest;
	}
	return n;
}

static bool is_s3(const struct slice *w, size_t n)
{
	return n > 11 && w[2].n >= 20 && w[2].p[2] == '/' && (slice_starts(w[6], "REST.") || slice_starts(w[6], "WEBSITE.") || slice_starts(w[6], "SOAP.") || slice_starts(w[6], "BATCH.") || slice_starts(w[6], "S3."));
}

static bool is_balancer(const struct slice *w, size_t n)
{
	static const char *const types[] = {"http", "https", "h2", "grpcs", "ws", "wss"};
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		known |= n > 12 && slice_eq_str(w[0], types[i]);
	return known && w[1].n >= 20 && w[1].p[4] == '-' && w[1].p[10] == 'T' && slice_starts(w[2], "app/");
}

static int s3(struct evidence *v, const struct slice *w)
{
	struct slice rest, key = w[7];
	char *uri = arena_printf(v->a, "/%.*s", SLICE_FMT(key));
	struct evidence_web x = {.method = slice_cut(w[8], ' ', &rest), .status = w[9], .bytes = w[11], .from = w[3], .who = w[4], .host = w[1]};
	if (!uri)
		return arena_code(v->a);
	v->account.dialect = "S3 server access log";
	v->account.clock = "the service's, with its zone";
	x.time = evidence_time_clf(v, w[2]);
	evidence_saw(v, x.time);
	x.uri = slice_str(uri);
	if (slice_eq_str(key, "-")) /* of the bucket: its list, its settings */
		return 0;
	if (!evidence_ends_nocase(w[6], "GET.OBJECT")) /* its size, its tags, who may see it */
		x.method = slice_starts(x.method, "GET") ? SLICE("HEAD") : x.method;
	return evidence_web_put(v, &x);
}

static int balancer(struct evidence *v, const struct slice *w)
{
	struct slice rest;
	struct evidence_web x = {.method = slice_cut(w[12], ' ', &rest), .status = w[8], .bytes = w[11]};
	size_t end = w[3].n;
	while (end && w[3].p[end - 1] != ':')
		end--;
	x.from = evidence_upto(w[3], end ? end - 1 : 0);
	x.uri = slice_cut(rest, ' ', &rest);
	x.host = evidence_between(x.uri, "://", "/");
	if (x.host.n && memchr(x.host.p, ':', x.host.n))
		x.host = slice_cut(x.host, ':', &rest);
	v->account.dialect = "load balancer's access log";
	v->account.clock = "the service's, in UTC";
	x.time = evidence_time_any(v, w[1]);
	evidence_saw(v, x.time);
	return evidence_web_put(v, &x);
}

static int line_of(struct evidence *v, struct slice line)
{
	struct slice w[WORDS];
	size_t n = words_of(line, w);
	bool bucket = is_s3(w, n);
	if (!slice_trim(line).n)
		return 0;
	if (!bucket && !is_balancer(w, n)) {
		evidence_damaged(v);
		return 0;
	}
	v->account.records++;
	return bucket ? s3(v, w) : balancer(v, w);
}

static int probe(struct slice head)
{
	struct slice rest = head, w[WORDS];
	for (int i = 0; i < 20 && rest.n; i++) {
		size_t n = words_of(slice_cut(rest, '\n', &rest), w);
		if (is_s3(w, n) || is_balancer(w, n))
			return 93;
	}
	return 0;
}

const struct evidence_reader evidence_cloud = {.kind = EVIDENCE_WEB, .probe = probe, .line = line_of};
