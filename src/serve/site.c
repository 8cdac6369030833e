/* site: reading SITE/site.ini.
 *
 *   # or ; begins a comment line; [section]; name = value; blanks around are dropped; a name may stand once in a section.
 * A reader of our own: libinih as Debian builds it cuts a line at 200 bytes without a word, and an allow-list of fingerprints is longer than that. */
#include "site.h"
#include "hl7.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define INI_MAX (1u << 20)

struct ini {
	struct site *s;
	struct site_listener *listener; /* of the section we are in */
	char section[64];
	char seen[64][24]; /* names of this section */
	size_t seen_count;
	unsigned line;
	struct err *e;
};

static int bad(const struct ini *in, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int bad(const struct ini *in, const char *fmt, ...)
{
	char text[300], place[32];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	snprintf(place, sizeof place, "site.ini:%u", in->line);
	return err_set(in->e, ERR_INPUT, place, "%s", text);
}

static int put_text(const struct ini *in, char *out, size_t size, struct slice v)
{
	if (v.n >= size)
		return bad(in, "this value may have at most %zu bytes", size - 1);
	memcpy(out, v.p, v.n);
	out[v.n] = 0;
	return 0;
}

static int put_bool(const struct ini *in, bool *out, struct slice v)
{
	bool yes = slice_eq_nocase(v, "yes") || slice_eq_nocase(v, "true") || slice_eq_nocase(v, "on"), no = slice_eq_nocase(v, "no") || slice_eq_nocase(v, "false") || slice_eq_nocase(v, "off");
	if (!yes && !no)
		return bad(in, "say yes or no");
	*out = yes;
	return 0;
}

static int put_address(const struct ini *in, char out[80], struct slice v)
{
	struct sockaddr_storage a;
	socklen_t n;
	int r = put_text(in, out, 80, v);
	struct err why;
	if (r == 0 && site_address(out, &a, &n, &why) < 0)
		r = bad(in, "%s", why.text);
	return r;
}

static int put_ack(const struct ini *in, int *out, struct slice v)
{
	int a = site_ack_mode(v);
	if (a < 0)
		return bad(in, "ack is one of auto, original, enhanced, always-AA");
	*out = a;
	return 0;
}

static int put_u64(const struct ini *in, uint64_t *out, uint64_t min, uint64_t max, struct slice v)
{
	if (num_u64(v, min, max, out) < 0)
		return bad(in, "a whole number from %llu to %llu is wanted", (unsigned long long)min, (unsigned long long)max);
	return 0;
}

static int in_site(struct ini *in, struct slice name, struct slice v)
{
	struct site *s = in->s;
	if (slice_eq_str(name, "name"))
		return put_text(in, s->name, sizeof s->name, v);
	if (slice_eq_str(name, "origin"))
		return put_text(in, s->origin, sizeof s->origin, v);
	if (slice_eq_str(name, "zone")) {
		int64_t z;
		if (num_i64(v, -14 * 60, 14 * 60, &z) < 0)
			return bad(in, "zone is minutes east of UTC, from -840 to 840");
		s->zone_minutes = (int)z;
		return 0;
	}
	if (slice_eq_str(name, "drill"))
		return put_bool(in, &s->drill, v);
	return bad(in, "[site] knows name, origin, zone and drill");
}

static int in_http(struct ini *in, struct slice name, struct slice v)
{
	struct site *s = in->s;
	if (slice_eq_str(name, "address"))
		return put_address(in, s->http, v);
	if (slice_eq_str(name, "plain"))
		return put_bool(in, &s->plain, v);
	if (slice_eq_str(name, "cert"))
		return put_text(in, s->web.cert, sizeof s->web.cert, v);
	if (slice_eq_str(name, "key"))
		return put_text(in, s->web.key, sizeof s->web.key, v);
	return bad(in, "[http] knows address, plain, cert and key");
}

static int in_listener(struct ini *in, struct slice name, struct slice v)
{
	struct site_listener *l = in->listener;
	if (slice_eq_str(name, "address"))
		return put_address(in, l->address, v);
	if (slice_eq_str(name, "tls"))
		return put_bool(in, &l->tls, v);
	if (slice_eq_str(name, "client-cert"))
		return put_bool(in, &l->client_cert, v);
	if (slice_eq_str(name, "ack"))
		return put_ack(in, &l->ack, v);
	if (slice_eq_str(name, "allow"))
		return put_text(in, l->allow, sizeof l->allow, v);
	if (slice_eq_str(name, "ca"))
		return put_text(in, l->ca, sizeof l->ca, v);
	if (slice_eq_str(name, "cert"))
		return put_text(in, l->cert, sizeof l->cert, v);
	if (slice_eq_str(name, "key"))
		return put_text(in, l->key, sizeof l->key, v);
	if (slice_eq_str(name, "unencrypted")) {
		if (!slice_eq_str(v, "accept"))
			return bad(in, "say 'unencrypted = accept' when patients' data may cross the network in clear, or leave it out");
		l->unencrypted = true;
		return 0;
	}
	return bad(in, "[listener] knows address, tls, client-cert, allow, ca, cert, key, ack and unencrypted");
}

static int in_limits(struct ini *in, struct slice name, struct slice v)
{
	struct site *s = in->s;
	uint64_t n = 0;
	int r;
	if (slice_eq_str(name, "reserve-mib")) {
		r = put_u64(in, &n, 1, 1 << 20, v);
		s->reserve = n << 20;
	} else if (slice_eq_str(name, "connections")) {
		r = put_u64(in, &n, 1, SITE_CONNECTIONS_MAX, v);
		s->limits.connections = (uint32_t)n;
	} else if (slice_eq_str(name, "message-mib")) {
		r = put_u64(in, &n, 1, HL7_MESSAGE_MAX >> 20, v);
		s->limits.message_mib = (uint32_t)n;
	} else {
		r = bad(in, "[limits] knows reserve-mib, connections and message-mib");
	}
	return r;
}

static int in_packets(struct ini *in, struct slice name, struct slice v)
{
	struct site *s = in->s;
	uint64_t n = 0;
	int r;
	if (slice_eq_str(name, "minutes")) {
		r = put_u64(in, &n, 0, 60, v);
		s->limits.packet_minutes = (uint32_t)n;
	} else if (slice_eq_str(name, "least-seconds")) {
		r = put_u64(in, &n, 1, 3600, v);
		s->limits.packet_seconds = (uint32_t)n;
	} else {
		r = bad(in, "[packets] knows minutes and least-seconds");
	}
	return r;
}

/* A listener's name stands in every leaf as "mllp/NAME", so it is short and plain. */
bool site_name_ok(struct slice n)
{
	if (n.n == 0 || n.n > 39)
		return false;
	for (size_t i = 0; i < n.n; i++) {
		uint8_t c = n.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			return false;
	}
	return true;
}

static int begin_section(struct ini *in, struct slice head)
{
	struct slice rest, what = slice_cut(head, ' ', &rest);
	struct slice name = slice_trim(rest);
	in->seen_count = 0;
	in->listener = NULL;
	if (slice_eq_str(what, "listener")) {
		if (!site_name_ok(name))
			return bad(in, "a listener's name has 1 to 39 letters, digits, '-', '_' or '.'");
		if (in->s->listener_count == SITE_LISTENERS_MAX)
			return bad(in, "at most %d listeners", SITE_LISTENERS_MAX);
		for (size_t i = 0; i < in->s->listener_count; i++)
			if (slice_eq_str(name, in->s->listeners[i].name))
				return bad(in, "a second listener of this name");
		in->listener = &in->s->listeners[in->s->listener_count++];
		*in->listener = (struct site_listener){.tls = true, .ack = HL7_ACK_AUTO};
		memcpy(in->listener->name, name.p, name.n);
		in->listener->name[name.n] = 0;
		snprintf(in->section, sizeof in->section, "listener");
		return 0;
	}
	if (!slice_eq_str(head, "site") && !slice_eq_str(head, "http") && !slice_eq_str(head, "limits") && !slice_eq_str(head, "packets"))
		return bad(in, "sections are [site], [http], [limits], [packets] and [listener NAME]");
	return put_text(in, in->section, sizeof in->section, head);
}

static int once(struct ini *in, struct slice name)
{
	if (name.n == 0 || name.n >= sizeof in->seen[0])
		return bad(in, "no such setting");
	for (size_t i = 0; i < in->seen_count; i++)
		if (slice_eq_str(name, in->seen[i]))
			return bad(in, "this setting stands twice in its section");
	if (in->seen_count == ARRAY_LEN(in->seen))
		return bad(in, "too many settings in one section");
	memcpy(in->seen[in->seen_count], name.p, name.n);
	in->seen[in->seen_count++][name.n] = 0;
	return 0;
}

static int one_line(struct ini *in, struct slice line)
{
	line = slice_trim(line);
	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return 0;
	if (memchr(line.p, 0, line.n))
		return bad(in, "a NUL byte: this is no text file");
	if (line.p[0] == '[') {
		if (line.p[line.n - 1] != ']')
			return bad(in, "a section ends in ']'");
		return begin_section(in, slice_trim(slice_of(line.p + 1, line.n - 2)));
	}
	if (!memchr(line.p, '=', line.n))
		return bad(in, "neither [section] nor name = value");
	struct slice v, name = slice_trim(slice_cut(line, '=', &v));
	v = slice_trim(v);
	int r = once(in, name);
	if (r < 0)
		return r;
	if (!in->section[0])
		return bad(in, "a setting before the first [section]");
	if (in->listener)
		return in_listener(in, name, v);
	if (!strcmp(in->section, "site"))
		return in_site(in, name, v);
	if (!strcmp(in->section, "packets"))
		return in_packets(in, name, v);
	return !strcmp(in->section, "http") ? in_http(in, name, v) : in_limits(in, name, v);
}

static int check(struct site *s, struct err *e)
{
	if (!s->origin[0] || !s->name[0])
		return err_set(e, ERR_INPUT, "site.ini", "[site] wants a name and an origin");
	if (s->plain && !site_loopback(s->http))
		return err_set(e, ERR_INPUT, "site.ini", "[http] plain = yes is for a loopback address only");
	for (size_t i = 0; i < s->listener_count; i++) {
		struct site_listener *l = &s->listeners[i];
		char place[64];
		snprintf(place, sizeof place, "site.ini: listener %s", l->name);
		if (!l->address[0])
			return err_set(e, ERR_INPUT, place, "it has no address");
		if ((l->cert[0] != 0) != (l->key[0] != 0))
			return err_set(e, ERR_INPUT, place, "cert and key go together");
		if (!l->tls && (l->client_cert || l->allow[0] || l->ca[0] || l->cert[0]))
			return err_set(e, ERR_INPUT, place, "certificates mean nothing with tls = no");
		if (!l->tls && !l->unencrypted && !site_loopback(l->address))
			return err_set(e, ERR_INPUT, place,
			               "tls = no on an address beyond loopback sends patients' data in clear; use TLS, or write 'unencrypted = accept' if the network is protected otherwise");
		if (l->allow[0] || l->ca[0])
			l->client_cert = true;
	}
	return (s->web.cert[0] != 0) == (s->web.key[0] != 0) ? 0 : err_set(e, ERR_INPUT, "site.ini", "[http] cert and key go together");
}

int site_ini_parse(struct slice text, struct site *s, struct err *e)
{
	struct ini in = {.s = s, .e = e};
	s->limits = (struct site_limits){.connections = 1000, .message_mib = (uint32_t)(HL7_MESSAGE_MAX >> 20), .packet_minutes = 5, .packet_seconds = 60};
	s->web = (struct site_listener){.tls = true};
	snprintf(s->web.name, sizeof s->web.name, "http");
	snprintf(s->http, sizeof s->http, "%s", SITE_HTTP_DEFAULT);
	if (text.n >= 3 && !memcmp(text.p, "\xef\xbb\xbf", 3))
		text = slice_of(text.p + 3, text.n - 3);
	while (text.n) {
		struct slice line = slice_cut(text, '\n', &text);
		in.line++;
		int r = one_line(&in, line);
		if (r < 0)
			return r;
	}
	return check(s, e);
}

int site_ini_name(struct slice ini, char ret[128], struct err *e)
{
	struct site s = {.fd = -1};
	int r = site_ini_parse(ini, &s, e);
	if (r == 0)
		memcpy(ret, s.name, sizeof s.name);
	return r;
}

/* What the log is called now stands in its verifier key: an epoch changes the name, and site.ini says how it began. */
static void log_name(struct site *s)
{
	AUTO_BUF struct buf b = {0};
	struct note_vkey v;
	buf_init(&b, 4096);
	if (file_read(s->fd, "ledger/vkey", 4096, &b, NULL) == 0 && note_vkey_parse(slice_trim(buf_slice(&b)), &v, NULL) == 0 && strlen(v.name) < sizeof s->origin)
		memcpy(s->origin, v.name, strlen(v.name) + 1);
}

static int open_as(const char *path, bool restoring, struct site *ret, struct err *e)
{
	struct site s = {.fd = -1};
	char real[PATH_MAX];
	if (!realpath(path, real))
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, path, "no such folder; `holdfast init` makes a site") : err_sys(e, path, "cannot open");
	if (strlen(real) >= sizeof s.path)
		return err_set(e, ERR_LIMIT, NULL, "the path of the site is too long");
	memcpy(s.path, real, strlen(real) + 1);
	s.fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.fd < 0)
		return err_sys(e, path, "cannot open");
	AUTO_BUF struct buf text = {0};
	buf_init(&text, INI_MAX);
	int r = file_read(s.fd, "site.ini", INI_MAX, &text, e);
	bool begun = r == ERR_NOT_FOUND && faccessat(s.fd, "rebuild", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (begun && restoring) {
		buf_reset(&text);
		s.restoring = true;
		r = file_read(s.fd, "rebuild.ini", INI_MAX, &text, e);
	}
	if (r == ERR_NOT_FOUND && begun)
		r = err_set(e, ERR_NOT_FOUND, path, "it is being rebuilt, or a rebuild was broken off: the same `holdfast rebuild` goes on. Until it is done only `holdfast chart` and `holdfast serve` show its charts, as soon as it says that they can be read");
	else if (r == ERR_NOT_FOUND)
		r = err_set(e, ERR_NOT_FOUND, path, "there is no site.ini in it: this is not a site (or its init was broken off)");
	if (r == 0)
		r = site_ini_parse(buf_slice(&text), &s, e);
	if (r < 0) {
		close(s.fd);
		return r;
	}
	log_name(&s);
	*ret = s;
	return 0;
}

int site_open(const char *path, struct site *ret, struct err *e)
{
	return open_as(path, false, ret, e);
}

int site_open_restoring(const char *path, struct site *ret, struct err *e)
{
	return open_as(path, true, ret, e);
}

int site_lock(int sitefd, struct err *e)
{
	int fd = openat(sitefd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, "lock", "cannot open it: this is for root or the site's owner");
	int r = file_lock(fd, false, e);
	if (r < 0) {
		close(fd);
		return r == ERR_BUSY ? err_set(e, ERR_BUSY, "lock", "the daemon, or another command, is at work on this site; stop it first") : r;
	}
	return fd;
}

void site_close(struct site *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* ---- addresses ---- */

/* "127.0.0.1:2575", "[::1]:2575", ":2575" and "*:2575" (every IPv4 and IPv6 address). Numbers only: a name would be asked of a server that may be down, or worse. */
int site_address(const char *a, struct sockaddr_storage *ret, socklen_t *ret_n, struct err *e)
{
	char host[64] = "";
	const char *colon = strrchr(a, ':');
	uint64_t port;
	if (!colon || num_u64(slice_str(colon + 1), 0, 65535, &port) < 0 || (size_t)(colon - a) >= sizeof host)
		return err_set(e, ERR_USAGE, a, "an address is IP:PORT, such as 127.0.0.1:2575 or [::1]:2575");
	memcpy(host, a, (size_t)(colon - a));
	host[colon - a] = 0;
	struct sockaddr_storage ss = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ss;
	size_t n = strlen(host);
	if (n == 0 || !strcmp(host, "*")) {
		v6->sin6_family = AF_INET6;
		v6->sin6_addr = in6addr_any;
	} else if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = 0;
		v6->sin6_family = AF_INET6;
		if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) != 1)
			return err_set(e, ERR_USAGE, a, "this is no IPv6 address");
	} else {
		v4->sin_family = AF_INET;
		if (!strcmp(host, "localhost"))
			v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		else if (inet_pton(AF_INET, host, &v4->sin_addr) != 1)
			return err_set(e, ERR_USAGE, a, "an address is IP:PORT, such as 127.0.0.1:2575 or [::1]:2575");
	}
	if (ss.ss_family == AF_INET6)
		v6->sin6_port = htons((uint16_t)port);
	else
		v4->sin_port = htons((uint16_t)port);
	*ret = ss;
	*ret_n = ss.ss_family == AF_INET6 ? sizeof *v6 : sizeof *v4;
	return 0;
}

bool site_loopback(const char *a)
{
	struct sockaddr_storage ss;
	socklen_t n;
	struct err e;
	if (site_address(a, &ss, &n, &e) < 0)
		return false;
	if (ss.ss_family == AF_INET)
		return ntohl(((struct sockaddr_in *)&ss)->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&ss)->sin6_addr);
}

int site_ack_mode(struct slice v)
{
	static const char *const names[] = {[HL7_ACK_AUTO] = "auto", [HL7_ACK_ORIGINAL] = "original", [HL7_ACK_ENHANCED] = "enhanced", [HL7_ACK_ALWAYS_AA] = "always-AA"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq_nocase(v, names[i]))
			return (int)i;
	return -1;
}

/* ---- when it was last verified ---- */

#define VERIFIED "run/verified"

void site_note_verified(const struct site *s, uint64_t size)
{
	char text[40];
	struct err e;
	snprintf(text, sizeof text, "%llu entries\n", (unsigned long long)size);
	(void)!file_replace(s->fd, VERIFIED, slice_str(text), 0644, &e);
}

int64_t site_last_verified(int sitefd)
{
	struct stat st;
	return fstatat(sitefd, VERIFIED, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_mtim.tv_sec * TIME_SEC : 0;
}
