/* Certificates of links that end, end to end: ours, the authority's, and the far side's of an hour as it was shown in a handshake; each step is an alarm once, its end is said, a relay and a keeper that were killed forget nothing
 * and say nothing twice, and a new certificate clears it. */
/* wrap: time_now time_monotonic */
#include "serve_sky.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define HOUR 3600
#define DAY (24 * HOUR)

static struct house h;
static struct made { X509 *x; EVP_PKEY *key; } authority, ours, newer, far;
static uint16_t far_port, port;
static pid_t far_side;

/* ---- certificates ---- */

static struct made make(const char *name, long seconds, const struct made *by)
{
	static long serial;
	struct made m = {X509_new(), EVP_EC_gen("P-256")};
	X509_NAME *n = X509_get_subject_name(m.x);
	assert_true(m.key && X509_set_version(m.x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(m.x), ++serial));
	assert_true(X509_gmtime_adj(X509_getm_notBefore(m.x), -HOUR) && X509_gmtime_adj(X509_getm_notAfter(m.x), seconds));
	assert_int_equal(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0), 1);
	assert_true(X509_set_issuer_name(m.x, by ? X509_get_subject_name(by->x) : n) && X509_set_pubkey(m.x, m.key));
	const struct { int nid; const char *value; } extensions[] = {{NID_basic_constraints, by ? "CA:FALSE" : "critical,CA:TRUE"}, {NID_subject_alt_name, "IP:127.0.0.1"}};
	for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
		X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, NULL, extensions[i].nid, extensions[i].value);
		assert_true(x && X509_add_ext(m.x, x, -1));
		X509_EXTENSION_free(x);
	}
	assert_true(X509_sign(m.x, by ? by->key : m.key, EVP_sha256()));
	return m;
}

static void made_free(struct made *m)
{
	X509_free(m->x);
	EVP_PKEY_free(m->key);
}

/* In JSON: its lines end with \n, and none has anything else to escape. */
static void pem_json(const struct made *m, bool key, char *out, size_t size)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	size_t at = 0;
	assert_int_equal(key ? PEM_write_bio_PrivateKey(b, m->key, NULL, NULL, 0, NULL, NULL) : PEM_write_bio_X509(b, m->x), 1);
	long n = BIO_get_mem_data(b, &p);
	for (long i = 0; i < n && at + 3 < size; i++) {
		if (p[i] == '\n')
			out[at++] = '\\';
		out[at++] = p[i] == '\n' ? 'n' : p[i];
	}
	out[at] = 0;
	assert_true(at + 3 < size);
	BIO_free(b);
}

/* ---- the far side: shows its certificate, and acknowledges each message ---- */

static const char acknowledgement[] = "\x0bMSH|^~\\&|P|P|H|H|||ACK|a1|P|2.5\rMSA|AA|T1\r\x1c\r";

static void serve_one(SSL_CTX *ctx, int fd)
{
	SSL *s = SSL_new(ctx);
	char in[1024];
	SSL_set_fd(s, fd);
	if (SSL_accept(s) == 1)
		while (SSL_read(s, in, sizeof in) > 0)
			SSL_write(s, acknowledgement, sizeof acknowledgement - 1);
	SSL_free(s);
	close(fd);
}

static void far_begin(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 8) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0);
	far_port = ntohs(a.sin_port);
	far_side = fork();
	assert_true(far_side >= 0);
	if (far_side == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
		if (!ctx || SSL_CTX_use_cert_and_key(ctx, far.x, far.key, NULL, 1) != 1)
			_exit(1);
		for (int c; (c = accept(fd, NULL, NULL)) >= 0;)
			serve_one(ctx, c);
		_exit(0);
	}
	close(fd);
}

/* ---- asking ---- */

static void ask(const char *q, char *out, size_t size)
{
	AUTO_BUF struct buf ret = {0};
	struct err e = {0};
	buf_init(&ret, 1 << 20);
	if (control_gate(h.k, NULL, slice_str(q), &ret, &e) < 0)
		fail_msg("%.200s: %s", q, e.text);
	if (out)
		snprintf(out, size, "%s", buf_cstr(&ret));
}

static void look(void)
{
	ask("{\"do\":\"list\",\"who\":\"test\"}", NULL, 0);
	pass(3); /* the board looks once a second */
}

/* Entries of alarms that say this, when there are as many as there are to be. */
static void alarms(const char *text, uint64_t n)
{
	uint64_t is = 0;
	for (int64_t until = __real_time_monotonic() + 60 * TIME_SEC; (is = entries_with(&h, LEDGER_ALARM, text)) < n && __real_time_monotonic() < until; usleep(50000))
		look();
	if (is != n)
		fail_msg("%llu alarms say '%s', not %llu", (unsigned long long)is, text, (unsigned long long)n);
}

static void link_say(const char *what, const struct made *own)
{
	static char q[16384], cert[3000], key[1000], ca[3000];
	pem_json(own, false, cert, sizeof cert);
	pem_json(own, true, key, sizeof key);
	pem_json(&authority, false, ca, sizeof ca);
	snprintf(q, sizeof q, "{\"do\":\"set\",\"who\":\"test\",\"fresh\":%s,\"links\":[{\"name\":\"lab\",\"protocol\":\"mllp\",\"listen\":\"127.0.0.1:%u\",\"to\":\"127.0.0.1:%u\",\"tlsTo\":true,\"tlsCa\":\"%s\",\"tlsCert\":\"%s\",\"tlsKey\":\"%s\"}]}", what, port,
	         far_port, ca, cert, key);
	ask(q, NULL, 0);
}

static void one_message(void)
{
	static const char m[] = "\x0bMSH|^~\\&|H|H|P|P|||ADT^A01|T1|P|2.5\rPID|1||4711\r\x1c\r";
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
	char in[256];
	for (int i = 0; i < 400; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		struct pollfd p = {.fd = fd, .events = POLLIN};
		bool ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 && send(fd, m, sizeof m - 1, MSG_NOSIGNAL) == sizeof m - 1 && poll(&p, 1, 20000) == 1 && recv(fd, in, sizeof in, 0) > 0;
		close(fd);
		if (ok)
			return;
		usleep(50000);
	}
	fail_msg("no message passes");
}

static void steps_of_each(void **state)
{
	char said[16384];
	link_say("true", &ours);
	alarms("our certificate ours on lab ends on", 1);
	alarms("-30\",\"severity\":\"warning\",\"text\":\"certificate\"", 1);
	alarms("of the far side", 0);
	one_message();
	alarms("the partner's certificate far, of the far side on lab, ends on", 1); /* as it was shown */
	alarms("-1\",\"severity\":\"alarm\",\"text\":\"certificate\"", 1);
	ask("{\"do\":\"list\",\"who\":\"test\",\"name\":\"lab\"}", said, sizeof said);
	assert_non_null(strstr(said, "\"certificates\":["));
	assert_non_null(strstr(said, "\"name\":\"authority\",\"of\":\"ca\""));
	assert_non_null(strstr(said, "tell the partner; a new one by the same authority needs no change here"));

	/* the relay dies, and nobody connects: what it had seen is known */
	pid_t was = role_pid(&h, "gate");
	assert_true(was > 0 && kill(was, SIGKILL) == 0);
	pass(2 * HOUR);
	alarms("the partner's certificate far, of the far side on lab, HAS ENDED on", 1);
	alarms("-0\",\"severity\":\"alarm\"", 1);
	alarms("{\"what\":\"cleared\",\"id\":\"certificate-link-", 1);

	/* ours: 20 days, 14, 7, 1, and over; each once */
	pass(7 * DAY);
	alarms("-14\",\"severity\":\"warning\"", 1);
	pass(6 * DAY + 12 * HOUR);
	alarms("-7\",\"severity\":\"alarm\"", 1);

	/* everything dies: nothing is raised again */
	control_close(h.k);
	h.k = NULL;
	kill(-h.daemon, SIGKILL);
	waitpid(h.daemon, NULL, 0);
	site_close(&h.s);
	house_start(&h, false, false);
	for (int i = 0; i < 10; i++)
		look();
	pass(6 * DAY);
	alarms("our certificate ours on lab ends on", 4); /* 30, 14, 7, 1 */
	pass(DAY);
	alarms("our certificate ours on lab HAS ENDED on", 1);
	alarms("HAS ENDED", 2); /* the far side's is not said again */
	alarms("{\"what\":\"cleared\",\"id\":\"certificate-link-", 5);

	/* a new one, with the link cut; and the far side's is forgotten with it, as this is another link */
	ask("{\"do\":\"cut\",\"who\":\"test\",\"name\":\"lab\"}", NULL, 0);
	link_say("false", &newer);
	alarms("{\"what\":\"cleared\",\"id\":\"certificate-link-", 7);
	ask("{\"do\":\"list\",\"who\":\"test\",\"name\":\"lab\"}", said, sizeof said);
	assert_null(strstr(said, "\"step\":"));
	assert_non_null(strstr(said, "\"name\":\"newer\",\"of\":\"ours\""));
	alarms("{\"what\":\"raised\",\"id\":\"certificate-link-", 7);
}

static int start(void **state)
{
	sky->passed = sky->set = 0;
	authority = make("authority", 400 * DAY, NULL);
	ours = make("ours", 20 * DAY + 6 * HOUR, &authority);
	newer = make("newer", 300 * DAY, &authority);
	far = make("far", HOUR, &authority);
	house_make(&h);
	port = free_port();
	far_begin();
	house_start(&h, false, false);
	return 0;
}

static int done(void **state)
{
	house_done(&h);
	kill(far_side, SIGKILL);
	waitpid(far_side, NULL, 0);
	made_free(&authority);
	made_free(&ours);
	made_free(&newer);
	made_free(&far);
	return 0;
}

int main(int argc, char **argv)
{
	int status = serve_role_main(argc, argv);
	if (status >= 0)
		return status;
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(steps_of_each, start, done)};
	status = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(getenv("SERVE_TEST_SKY"));
	return status;
}
