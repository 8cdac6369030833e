/* What an agent's token may ask over HTTP, what the vault role does with an upload, and what the keeper lets that role say: the vault room is a false one that says what it must not. */
#include "serve_test.h"

/* ---- the false room, inside the vault role ---- */

static int standing(int vaultfd, int workfd, const char *agent, const char *source, const char *files_period, struct jsonw *ret, struct err *e)
{
	jsonw_kstr(ret, "source", source);
	jsonw_kstr(ret, "period", files_period);
	return 0;
}

static int body_of(char *out, size_t size, const char *domain, const char *source, const char *what)
{
	return snprintf(out, size, "{%s\"source\":\"%s\",\"domain\":\"%s\",\"host\":\"h\",\"verdict\":\"clean\",\"reasons\":[],\"files\":1,\"bytes\":2,\"new_bytes\":2}", what, source, domain);
}

/* Everything that this agent may not, then what it may: the codes go into the answer. */
static int snapshot(int vaultfd, int workfd, int listfd, const char *agent, const uint8_t dedupe[32], struct slice meta, const struct serve_vault_keeper *k, struct buf *ret_json, struct err *e)
{
	static const struct {
		const char *domain, *source, *what;
	} tries[] = {{"other", "files", ""}, {"site", "files", ""}, {"ward7", "pacs", ""}, {"ward7", "../x", ""}, {"ward7", "pacs", "\"what\":\"drill\","}, {"ward7", "pacs", "\"what\":\"accept\","}, {"ward7", "files", ""}};
	char body[400], period[SITE_PERIOD_MAX];
	uint64_t seq;
	int64_t time;
	struct age_identity id;
	struct age_recipient to;
	struct err why = {0};
	uint8_t sha[SEAL_HASH] = {1};
	const struct control_vault_pack p = {.name = "content-00000001.age", .period = "files-2026Q4", .domain = "other", .class = 1, .size = 3, .plain = 1, .sha256 = sha};
	buf_str(ret_json, "[");
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		int n = body_of(body, sizeof body, tries[i].domain, tries[i].source, tries[i].what);
		buf_printf(ret_json, "%d,", k->snapshot(k->arg, slice_of(body, (size_t)n), &seq, &time, &why));
	}
	buf_printf(ret_json, "%d,", k->period(k->arg, "files-2026Q4", &id, &why));
	buf_printf(ret_json, "%d,", k->period(k->arg, "care-2026Q4", &id, &why));
	buf_printf(ret_json, "%d,", k->recipient(k->arg, period, &to, &why));
	buf_printf(ret_json, "%d,", k->period(k->arg, period, &id, &why));
	buf_printf(ret_json, "%d]", k->pack(k->arg, &p, &seq, &why));
	return 0;
}

static int note(int workfd, bool fresh, const char *kind, uint64_t seq, int64_t time, struct slice body, struct err *e)
{
	return 0;
}
static const struct serve_vault room = {.standing = standing, .snapshot = snapshot, .note = note};

/* ---- HTTP, by hand ---- */

/* One request; its status, and its body in out. */
static int ask(struct house *h, const char *token, const char *verb, const char *path, const void *body, size_t n, char *out, size_t size)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(h->http)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status = 0;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4 << 20);
	for (int i = 0; i < 100 && connect(fd, (struct sockaddr *)&a, sizeof a) < 0; i++)
		usleep(50000);
	buf_printf(&b, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n", verb, path, token, n);
	buf_add(&b, body, n);
	for (size_t at = 0; at < b.n;) {
		ssize_t w = send(fd, b.p + at, b.n - at, MSG_NOSIGNAL);
		if (w <= 0)
			break;
		at += (size_t)w;
	}
	buf_reset(&b);
	for (;;) {
		uint8_t *to = buf_space(&b, 65536);
		ssize_t r = to ? recv(fd, to, 65536, 0) : 0;
		if (r <= 0)
			break;
		buf_commit(&b, (size_t)r);
	}
	close(fd);
	const char *text = buf_cstr(&b), *end = strstr(text, "\r\n\r\n");
	if (b.n > 12)
		for (int i = 9; i < 12 && text[i] >= '0' && text[i] <= '9'; i++)
			status = status * 10 + text[i] - '0';
	snprintf(out, size, "%s", end ? end + 4 : "");
	return status;
}

#define ASK(verb, path, body, n) ask(&h, token, verb, path, body, n, out, sizeof out)

static void hex_of(const void *p, size_t n, char out[65])
{
	uint8_t sum[SEAL_HASH];
	seal_sha256_once(slice_of(p, n), sum);
	for (size_t i = 0; i < sizeof sum; i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

static void test_agent(void **state)
{
	struct house h;
	struct err e = {0};
	char token[128], other[128], plain[128], out[8192], path[400], sum[65];
	uint64_t seq;
	int64_t time;
	house_make(&h);
	house_start(&h, false, false);
	assert_int_equal(control_token_create(h.k, AGENT_ROLE, NULL, "ward7", token, &e), 0);
	assert_int_equal(control_token_create(h.k, AGENT_ROLE, NULL, "ward8", other, &e), 0);
	assert_int_equal(control_token_create(h.k, AGENT_ROLE, NULL, "ward7", plain, &e), ERR_EXISTS);
	assert_int_equal(control_token_create(h.k, AGENT_ROLE, NULL, "site", plain, &e), ERR_USAGE);
	assert_int_equal(control_token_create(h.k, AGENT_ROLE, NULL, "../x", plain, &e), ERR_USAGE);
	assert_int_equal(control_token_create(h.k, "api", NULL, "engine", plain, &e), 0);
	/* a source of the site's own, that no agent gets */
	assert_int_equal(control_vault_snapshot(h.k, SLICE("{\"source\":\"pacs\",\"domain\":\"site\",\"verdict\":\"clean\",\"files\":1}"), &seq, &time, &e), 0);
	/* who may ask what */
	assert_int_equal(ask(&h, "hft_no_body", "POST", "/vault/begin?source=files", "", 0, out, sizeof out), 401);
	assert_int_equal(ask(&h, plain, "POST", "/vault/begin?source=files", "", 0, out, sizeof out), 403);
	static const char *const closed[] = {"/api/board", "/api/session", "/api/census", "/api/audit", "/fhir/metadata", "/fhir/Patient"};
	for (size_t i = 0; i < ARRAY_LEN(closed); i++)
		assert_int_equal(ASK("GET", closed[i], "", 0), 403);
	assert_int_equal(ASK("GET", "/vault/begin?source=files", "", 0), 405);
	assert_int_equal(ASK("POST", "/vault/elsewhere", "", 0), 404);
	assert_int_equal(ASK("POST", "/vault/begin", "", 0), 400);
	int status = 0;
	for (int i = 0; i < 200 && (status = ASK("POST", "/vault/begin?source=files", "", 0)) == 503; i++)
		usleep(50000); /* it may still be starting */
	assert_int_equal(status, 200);
	assert_non_null(strstr(out, "\"agent\":\"ward7\""));
	assert_non_null(strstr(out, "holdfast recipients 1"));
	/* a pack */
	uint8_t *pack = malloc(1500001); /* and a byte too many */
	for (size_t i = 0; i < 1500001; i++)
		pack[i] = (uint8_t)(i * 31);
	hex_of(pack, 1500000, sum);
	assert_int_equal(ASK("POST", "/vault/number", "", 0), 200);
	assert_string_equal(out, "{\"number\":1}");
#define PUT(who, offset, bytes, length) (snprintf(path, sizeof path, "/vault/pack?number=1&offset=%d&size=1500000&plain=9&sha256=%s&period=files-2026Q4", offset, sum), ask(&h, who, "PUT", path, bytes, length, out, sizeof out))
	assert_int_equal(PUT(other, 0, pack, 1000), 404); /* another's number */
	assert_int_equal(PUT(token, 0, pack, 1 << 20), 200);
	assert_string_equal(out, "{\"have\":1048576}");
	assert_int_equal(PUT(token, 0, pack, 1000), 200); /* not there: it says how much there is */
	assert_string_equal(out, "{\"have\":1048576}");
	pack[1200000] ^= 1;
	assert_int_equal(PUT(token, 1 << 20, pack + (1 << 20), 1500000 - (1 << 20)), 400);
	assert_non_null(strstr(out, "SHA-256 differs"));
	pack[1200000] ^= 1;
	assert_int_equal(PUT(token, 0, pack, 1 << 20), 200);
	assert_int_equal(PUT(token, 1 << 20, pack + (1 << 20), 1500000 - (1 << 20) + 1), 400); /* more than was said */
	assert_int_equal(PUT(token, 1 << 20, pack + (1 << 20), 1500000 - (1 << 20)), 200);
	assert_non_null(strstr(out, "\"entry\""));
	struct stat st;
	assert_int_equal(fstatat(h.s.fd, "vault/content-00000001.age", &st, 0), 0);
	assert_int_equal(st.st_size, 1500000);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(PUT(token, 0, pack, 1000), 404); /* it is the vault's now */
	/* a snapshot: what the keeper lets the role say for this agent */
	hex_of("list", 4, sum);
	snprintf(path, sizeof path, "/vault/snapshot?sha256=%s", sum);
	assert_int_equal(ASK("POST", path, "{}", 2), 404);
	snprintf(path, sizeof path, "/vault/list?offset=0&size=4&sha256=%s&period=catalogue-2026Q4", sum);
	assert_int_equal(ASK("PUT", path, "list", 4), 200);
	snprintf(path, sizeof path, "/vault/snapshot?sha256=%s", sum);
	for (int i = 0; i < 200 && (status = ASK("POST", path, "{}", 2)) == 202; i++)
		usleep(20000);
	assert_int_equal(status, 200);
	char want[200];
	snprintf(want, sizeof want, "[%d,%d,%d,%d,%d,%d,0,%d,%d,0,0,", ERR_DENIED, ERR_DENIED, ERR_EXISTS, ERR_INPUT, ERR_DENIED, ERR_DENIED, ERR_DENIED, ERR_DENIED);
	if (strncmp(out, want, strlen(want)))
		fail_msg("the role was let say %s and not %s", out, want);
	assert_null(strstr(out, ",0]")); /* the pack of another domain, that is not there either */
	assert_int_equal(ask(&h, other, "POST", path, "{}", 2, out, sizeof out), 404); /* another's answer */
	/* and the site's own machine does not go on with an agent's source */
	assert_int_equal(control_vault_snapshot(h.k, SLICE("{\"source\":\"files\",\"domain\":\"site\",\"verdict\":\"clean\",\"files\":1}"), &seq, &time, &e), ERR_EXISTS);
	/* revoked */
	assert_int_equal(control_token_revoke(h.k, token, &e), 0);
	assert_int_equal(ASK("POST", "/vault/number", "", 0), 401);
	assert_int_equal(control_token_create(h.k, AGENT_ROLE, NULL, "ward7", token, &e), 0);
	assert_int_equal(ASK("POST", "/vault/number", "", 0), 200);
	assert_string_equal(out, "{\"number\":2}");
	free(pack);
	house_stop(&h);
	assert_int_equal(entries_with(&h, LEDGER_VAULT_PACK, "\"domain\":\"ward7\""), 1);
	assert_int_equal(entries_with(&h, LEDGER_SNAPSHOT, "\"domain\":\"ward7\""), 1);
	house_done(&h);
}

int main(int argc, char **argv)
{
	serve_vault_use(&room);
	int status = serve_role_main(argc, argv);
	if (status >= 0)
		return status;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
