/* What an HTTP client controls once libmicrohttpd has taken the bytes apart: path, query, headers, cookies, JSON, forms, FHIR resources, search parameters and the links to the next page. No socket: the
 * carrier below holds the request, and a thread plays the keeper.
 *
 * Input: byte 0 chooses what the keeper says (see ROLE_x and ODD), byte 1 is spare; then a request as it stands on the wire: "GET /path?query\n", header lines "Name: value\n", an empty line, the body.
 * With ODD what stands behind the last "\n\n\n" of the body are the keeper's answers: the client end of our own protocol is read with them.
 *
 * What must hold: every JSON answer is JSON; no header holds a line end; who did not say who they are gets nothing but the public addresses; no chart goes out without an audit entry before it; no file
 * outside the ledger's public folder is ever served. */
#include "ecg.h"
#include "web_live.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ODD 0x80       /* answers come from the input */
#define GLASS 0x40     /* the glass is broken: protected records open */
#define MUST_CHANGE 0x20
#define NOT_KNOWN 0x10 /* no such session or token */
#define CANARY "patients of the neighbouring folder"

/* ---- the keeper --------------------------------------------------------------------------------------------------------------- */

static struct {
	uint8_t how;
	struct slice odd;
	_Atomic unsigned asked[128];
} script;

static const char document[] = "{\"resourceType\":\"DocumentReference\",\"content\":[{\"attachment\":{\"contentType\":\"text/plain\",\"data\":\"aGVsbG8=\"}}]}";

static void put_session(struct buf *b)
{
	static const char *const roles[] = {"clinician", "admin", "api", PATIENT_ROLE, "viewer", "registrar", "replica", AGENT_ROLE};
	const char *role = roles[script.how & 7];
	frame_str(b, "nora");
	frame_str(b, role);
	frame_str(b, "csrf-value");
	buf_u64le(b, (uint64_t)time_now() + (uint64_t)TIME_SEC);
	buf_u32le(b, script.how & MUST_CHANGE ? 0 : script.how & 8 ? UINT32_MAX : serve_role_may(role));
	buf_u8(b, !!(script.how & MUST_CHANGE));
	buf_u8(b, 0);
	frame_str(b, script.how & 8 ? "" : "p1");
	buf_u8(b, script.odd.n ? script.odd.p[0] % (VIEW_DOWN + 2) : VIEW_FOLLOWS); /* how far the view is */
	buf_u64le(b, script.odd.n);
	buf_u64le(b, 4711);
	buf_u32le(b, script.how & ODD ? VIEW_LEFT_UNKNOWN : 99);
	buf_u8(b, !!(script.how & GLASS));
}

/* Below 0: an error instead. */
static int answer_to(const struct frame *f, struct buf *b)
{
	switch (f->type) {
	case FRAME_K_CHECK:
		if (script.how & NOT_KNOWN)
			return ERR_DENIED;
		put_session(b);
		break;
	case FRAME_K_LOGIN:
		if (script.how & NOT_KNOWN)
			return script.how & GLASS ? ERR_LIMIT : ERR_DENIED;
		frame_str(b, "c2Vzc2lvbg");
		put_session(b);
		break;
	case FRAME_K_AUDIT:
	case FRAME_K_LINK_REVOKE:
	case FRAME_K_BREAK_GLASS:
		buf_u64le(b, script.how & GLASS ? UINT64_MAX : 77);
		break;
	case FRAME_K_GLASS:
		buf_u8(b, !!(script.how & GLASS));
		break;
	case FRAME_K_USER_LIST:
		buf_str(b, "{\"users\":[]}");
		break;
	case FRAME_K_USER_ADD:
		frame_str(b, "one-time");
		break;
	case FRAME_K_FHIR:
	case FRAME_K_IDENTITY:
	case FRAME_K_ECG:
	case FRAME_K_ECG_ACT:
		buf_u64le(b, 5);
		buf_u64le(b, 5);
		buf_u8(b, 0);
		buf_u8(b, 1);
		break;
	case FRAME_K_RAW:
		buf_u8(b, LEDGER_FHIR);
		buf_u64le(b, 78);
		buf_str(b, document);
		break;
	case FRAME_K_LINK:
		frame_str(b, "0123456789abcdef0123456789abcdef");
		frame_str(b, "0123456789");
		buf_u64le(b, (uint64_t)time_now());
		buf_u64le(b, 79);
		break;
	case FRAME_K_LINK_OPEN:
		if (script.how & NOT_KNOWN)
			return script.how & GLASS ? ERR_ERASED : ERR_NOT_FOUND;
		buf_u64le(b, 1);
		buf_u64le(b, (uint64_t)time_now());
		frame_str(b, "Dr. Grey");
		frame_str(b, "nora");
		frame_str(b, "0123456789");
		if (script.how & ODD)
			buf_add_slice(b, script.odd);
		break;
	case FRAME_K_ECG_BODY:
		buf_u64le(b, 78);
		buf_str(b, "{\"ecg\":1,\"files\":[{\"name\":\"x.scp\",\"size\":4}]}\nbody");
		break;
	case FRAME_E_ASK: /* this one is the ecg role's */
		buf_str(b, "{\"format\":\"scp\"}");
		break;
	case FRAME_K_ENTRY: {
		uint8_t bytes[LEDGER_LEAF_MAX];
		struct ledger_leaf leaf = {.kind = LEDGER_HL7V2, .time = TIME_SEC, .size = 9};
		memcpy(leaf.source, "mllp/lab", 9);
		frame_blob(b, slice_of(bytes, ledger_leaf_encode(&leaf, bytes)));
		buf_u8(b, script.how & 1);
		frame_blob(b, SLICE("proof\n"));
		break;
	}
	case FRAME_V_ASK: /* this one is the vault role's */
		buf_u8(b, script.how & 1);
		buf_str(b, "{\"have\":0}");
		break;
	case FRAME_K_CHECKPOINT:
		buf_str(b, "note\n");
		break;
	case FRAME_K_GATE_WEB:
		buf_str(b, "{\"moved\":1,\"links\":[{\"name\":\"LAB\",\"state\":\"CUT\"}]}");
		break;
	case FRAME_K_WATCH:
		buf_str(b, "{\"order\":1,\"state\":\"done\",\"result\":{\"ok\":true}}");
		break;
	case FRAME_K_SAID:
		buf_u64le(b, 7);
		buf_u64le(b, (uint64_t)TIME_SEC);
		buf_u8(b, LEDGER_ALARM);
		frame_blob(b, script.how & GLASS ? SLICE("no json") : SLICE("{\"what\":\"watch\",\"watch\":{\"event\":\"verdict\",\"id\":\"w1\",\"reasons\":[]}}"));
		break;
	case FRAME_K_STATUS:
		buf_str(b, "{\"now\":\"x\",\"ledger\":{},\"alarms\":[{\"id\":\"a\"}],\"roles\":[]}");
		break;
	default:
		break;
	}
	return 0;
}

static void reply(struct chan *c, const struct frame *f)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	script.asked[f->type & 127]++;
	int code = 0;
	if (script.how & ODD && f->type != FRAME_K_CHECK && script.odd.n) {
		buf_add_slice(&b, script.odd);
	} else {
		buf_u32le(&b, 0);
		code = answer_to(f, &b);
	}
	if (code < 0) {
		struct err e = {.code = code};
		frame_err(&c->out, FRAME_K_REPLY, f->tag, code, &e);
	} else {
		size_t at = frame_begin(&c->out, FRAME_K_REPLY, f->tag);
		buf_add_slice(&c->out, buf_slice(&b));
		frame_end(&c->out, at);
	}
	while (chan_write(c) == 0)
		;
}

/* One channel at a time: the client that gave up makes itself a new one. */
static void *play_keeper(void *arg)
{
	int main_fd = *(int *)arg;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	struct chan c;
	chan_init(&c, -1);
	for (;;) {
		struct frame f;
		struct pollfd p[2] = {{.fd = main_fd, .events = POLLIN}, {.fd = c.fd, .events = POLLIN}};
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents && packet_recv(main_fd, &b, &f, false) == 1) {
			chan_done(&c);
			chan_init(&c, frame_take_fd(&f, 0));
			continue;
		}
		if (!p[1].revents)
			continue;
		if (chan_read(&c, (size_t)4 << 20) < 0) {
			chan_done(&c);
			chan_init(&c, -1);
			continue;
		}
		while (chan_next(&c, &f) == 1)
			reply(&c, &f);
		chan_compact(&c);
	}
	return NULL;
}

/* ---- the house ------------------------------------------------------------------------------------------------------------------- */

static const char *const messages[] = {
	"MSH|^~\\&|EHR|SG|HF|SG|20261101080000||ADT^A01^ADT_A01|1|P|2.5\rPID|1||100^^^SG^MR||M\xc3\xbcLLER^Anna^B||19570312|F|||Rue 1^^Lyon||555\rPV1|1|I|4W^12^A^SG||||77^Weiss^Paul|||||||||||V1\rAL1|1|DA|70618^Penicillin^RXNORM|SV|rash\r",
	"MSH|^~\\&|LAB|SG|HF|SG|20261101090000||ORU^R01^ORU_R01|2|P|2.5\rPID|1||100^^^SG^MR||M\xc3\xbcLLER^Anna||19570312|F\rOBR|1|P1|F1|24323-8^CMP^LN|||20261101083000\rOBX|1|NM|2823-3^Potassium^LN||5.9|mmol/L|3.5-5.1|H|||F|||20261101083000\r",
	"MSH|^~\\&|EHR|SG|HF|SG|20261101080000||ADT^A01^ADT_A01|3|P|2.5\rPID|1||200^^^SG^MR||STAR^Prot||19801231|M\rPV1|1|I|4W^13^A^SG||||||||||||VIP|||V2\rPV2||||||||||||||||||||||V\r",
};
static const char posted[] = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"fullUrl\":\"urn:uuid:1\",\"resource\":{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:x\",\"value\":\"300\"}],\"name\":[{\"family\":\"Roe\",\"given\":[\"Jo\"]}],\"birthDate\":\"1990-05-05\"}},"
	"{\"resource\":{\"resourceType\":\"Condition\",\"clinicalStatus\":{\"coding\":[{\"code\":\"active\"}]},\"code\":{\"text\":\"Asthma\"},\"onsetDateTime\":\"2019-04\",\"subject\":{\"reference\":\"urn:uuid:1\"}}},"
	"{\"resource\":{\"resourceType\":\"MedicationRequest\",\"status\":\"active\",\"intent\":\"order\",\"medicationCodeableConcept\":{\"coding\":[{\"system\":\"http://www.nlm.nih.gov/research/umls/rxnorm\",\"code\":\"1\",\"display\":\"Drug\"}]},\"authoredOn\":\"2026-10-01\",\"subject\":{\"reference\":\"urn:uuid:1\"}}},"
	"{\"resource\":{\"resourceType\":\"DocumentReference\",\"status\":\"current\",\"date\":\"2026-10-01T10:00:00Z\",\"subject\":{\"reference\":\"urn:uuid:1\"},\"content\":[{\"attachment\":{\"contentType\":\"text/plain\",\"data\":\"aGVsbG8=\"}}]}}]}";

static struct chart *small_house(void)
{
	struct chart *c = NULL;
	struct err e;
	uint64_t seq = 0;
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	assert(chart_open(NULL, &(struct chart_options){.write = true, .memory = true, .site_name = "St. Gabriel"}, &c, &e) == 0);
	for (size_t i = 0; i <= ARRAY_LEN(messages); i++) {
		struct facts f;
		struct hl7_msg m;
		struct chart_entry en = {.seq = seq++, .time = INT64_C(1793520000000000000) + (int64_t)i * TIME_SEC, .kind = LEDGER_HL7V2, .source = SLICE("mllp/x")};
		facts_init(&f, a);
		if (i < ARRAY_LEN(messages)) {
			assert(hl7_parse(slice_str(messages[i]), a, &m, NULL, 0, NULL, &e) == 0);
			hl7_facts(&m, &f);
		} else {
			en.kind = LEDGER_FHIR;
			assert(fhir_facts(slice_str(posted), "x", &f, &e) == 0);
		}
		assert(chart_apply(c, &en, &f, SLICE_NULL, &e) == 0);
	}
	struct facts f;
	struct chart_entry ecg = {.seq = seq++, .time = INT64_C(1793520008000000000), .kind = LEDGER_ECG, .source = SLICE("ecg/cart")};
	facts_init(&f, a);
	ecg_facts(SLICE("{\"ecg\":1,\"files\":[{\"name\":\"x.scp\",\"size\":4}],\"claimed\":{\"id\":\"1001\",\"birth\":\"1957-03-12\"}}\nbody"), &f);
	assert(chart_apply(c, &ecg, &f, SLICE_NULL, &e) == 0);
	struct chart_entry en = {.seq = seq, .time = INT64_C(1793520009000000000), .kind = LEDGER_ALARM};
	assert(chart_apply(c, &en, NULL, SLICE("{\"what\":\"test\",\"text\":\"an alarm\"}"), &e) == 0 && chart_commit(c, &e) == 0);
	return c;
}

static int a_site(void)
{
	char dir[] = "/tmp/hf-fuzz-http-XXXXXX";
	assert(mkdtemp(dir));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(fd >= 0 && mkdirat(fd, "ledger", 0700) == 0 && mkdirat(fd, "ledger/tile", 0700) == 0);
	static const char *const folders[] = {"outbox", "packs", "vault", "copies", "keys"};
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		assert(mkdirat(fd, folders[i], 0700) == 0);
	static const char *const files[][2] = {{"ledger/checkpoint", "note"}, {"ledger/secret", CANARY}, {"ledger/tile/secret", CANARY}, {"secret", CANARY}, {"0", CANARY}, {"outbox/newest", "head"}, {"outbox/secret", CANARY},
		{"outbox/head-0000-00000000000000000009-0123456789abcdef", "head"}, {"outbox/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "file"}, {"packs/care-00000001.age", "pack"}, {"packs/secret", CANARY},
		{"vault/content-00000001.age", "pack"}, {"vault/secret", CANARY}, {"copies/0", "copy"}, {"keys/secret", CANARY}, {"site.ini", CANARY}};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		int f = openat(fd, files[i][0], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert(f >= 0 && write(f, files[i][1], strlen(files[i][1])) > 0);
		close(f);
	}
	int f = openat(fd, "packs/index", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert(f >= 0 && ftruncate(f, 1 << 20) == 0);
	close(f);
	return fd;
}

/* ---- the request --------------------------------------------------------------------------------------------------------------------- */

#define PAIRS 64
struct pairs {
	char *name[PAIRS], *value[PAIRS];
	size_t n;
};
struct request {
	struct pairs in[3];
};

static const char *value_of(void *connection, enum web_where where, const char *name)
{
	const struct pairs *p = &((struct request *)connection)->in[where];
	for (size_t i = 0; i < p->n; i++)
		if (where == WEB_IN_HEADERS ? !strcasecmp(p->name[i], name) : !strcmp(p->name[i], name))
			return p->value[i];
	return NULL;
}

static int each_of(void *connection, void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
	const struct pairs *p = &((struct request *)connection)->in[WEB_IN_QUERY];
	for (size_t i = 0; i < p->n; i++)
		fn(arg, p->name[i], p->value[i] ? p->value[i] : "");
	return (int)p->n;
}

static void unescape(char *s, bool plus)
{
	char *out = s;
	for (; *s; s++) {
		uint8_t b;
		if (plus && *s == '+')
			*out++ = ' ';
		else if (*s == '%' && s[1] && s[2] && hex_get(&b, 1, slice_of(s + 1, 2)) == 0)
			*out++ = (char)b, s += 2;
		else
			*out++ = *s;
	}
	*out = 0;
}

static void pair_add(struct pairs *p, struct arena *a, struct slice name, struct slice value, bool given, bool decode)
{
	if (p->n == PAIRS)
		return;
	char *n = arena_strdup(a, name), *v = given ? arena_strdup(a, value) : NULL;
	assert(n && (v || !given));
	if (decode) {
		unescape(n, true);
		if (v)
			unescape(v, true);
	}
	p->name[p->n] = n;
	p->value[p->n++] = v;
}

/* libmicrohttpd's part, as far as it matters: lines, percent, cookies. */
static void take_apart(struct slice s, struct arena *a, struct request *r, char **method, char **path, struct slice *body)
{
	struct slice rest, line = slice_cut(s, '\n', &rest), target, query;
	*method = arena_strdup(a, slice_cut(line, ' ', &target));
	struct slice where = slice_cut(target, '?', &query);
	*path = arena_strdup(a, where);
	assert(*method && *path);
	unescape(*path, false);
	while (query.n) {
		struct slice value, one = slice_cut(query, '&', &query), name = slice_cut(one, '=', &value);
		pair_add(&r->in[WEB_IN_QUERY], a, name, value, value.p != NULL, true);
	}
	while (rest.n) {
		struct slice value;
		line = slice_cut(rest, '\n', &rest);
		if (!line.n)
			break;
		struct slice name = slice_cut(line, ':', &value);
		while (value.n && *value.p == ' ')
			value = slice_of(value.p + 1, value.n - 1);
		pair_add(&r->in[WEB_IN_HEADERS], a, name, value, true, false);
		while (slice_eq_nocase(name, "cookie") && value.n) {
			struct slice v, one = slice_cut(value, ';', &value), k = slice_cut(one, '=', &v);
			while (k.n && *k.p == ' ')
				k = slice_of(k.p + 1, k.n - 1);
			pair_add(&r->in[WEB_IN_COOKIES], a, k, v, true, false);
		}
	}
	*body = rest;
}

/* ---- what must hold --------------------------------------------------------------------------------------------------------------------- */

static void header_holds(void *arg, const char *name, const char *value)
{
	for (const char *p = value; *p; p++)
		assert((uint8_t)*p >= 0x20 && *p != 0x7f);
	++*(unsigned *)arg;
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* What goes out straight from a file lies in it, and is no secret. */
static void file_holds(struct web_request *q)
{
	struct stat st;
	char all[4096];
	assert(q->status == 200 || q->status == 206);
	assert(fstat(q->fd - 1, &st) == 0 && S_ISREG(st.st_mode) && q->fd_size && q->fd_offset <= (uint64_t)st.st_size && q->fd_size <= (uint64_t)st.st_size - q->fd_offset);
	ssize_t n = pread(q->fd - 1, all, sizeof all, 0);
	assert(n > 0 && !memmem(all, (size_t)n, CANARY, strlen(CANARY)));
	assert(!q->out.n && !q->fixed.p && q->session.may & MAY_REPLICA);
}

static void answer_holds(struct web_request *q, struct arena *a, bool named)
{
	unsigned n = 0;
	struct json_node *root;
	struct slice out = q->fixed.p ? q->fixed : buf_slice(&q->out);
	assert(q->status >= 200 && q->status < 600 && buf_ok(&q->out));
	web_headers(q, header_holds, &n);
	assert(n > 5);
	if (q->status == 304) { /* nothing was shown, so nobody was recorded as having seen it */
		assert(!out.n && named && q->signed_in && !script.asked[FRAME_K_AUDIT & 127]);
		return;
	}
	bool vault = starts(q->path, "/vault/"), replica = starts(q->path, "/replica/");
	if (q->content_type && strstr(q->content_type, "json") && !(vault && script.asked[FRAME_V_ASK & 127] && script.how & ODD)) /* the vault role's words go on as they are; who reads them is fuzz_vault_agent's */
		assert(json_tree(out, a, &root, NULL) == 0 && root->type == JSON_OBJ);
	assert(!q->fixed.p ? !out.n || !memmem(out.p, out.n, CANARY, strlen(CANARY)) : true);
	bool api = starts(q->path, "/api/"), fhir = !strcmp(q->path, "/fhir") || starts(q->path, "/fhir/");
	assert(!q->fd || replica);
	if (q->fd)
		file_holds(q);
	if (q->signed_in && q->session.may == MAY_VAULT && (api || fhir || replica)) /* an agent's token shows nothing of anything */
		assert(q->status >= 400);
	if (vault || replica)
		assert(q->status >= 400 || q->status == 304 || (named && q->signed_in && q->session.may & (vault ? MAY_VAULT : MAY_REPLICA)));
	if (q->status >= 300 || (!api && !fhir))
		return;
	if (q->method == WEB_OPTIONS) { /* says what may be asked, and nothing of anybody: to everybody */
		assert(!q->out.n && !q->fixed.p);
		return;
	}
	bool open = !strcmp(q->path, "/api/login") || !strcmp(q->path, "/api/logout") || strstr(q->path, "metadata");
	assert(open || (named && q->signed_in));
	bool chart = starts(q->path, "/api/patient/") || (starts(q->path, "/api/live/") && q->method == WEB_GET) || (fhir && !open && q->method != WEB_POST);
	if (chart && !(script.how & ODD))
		assert(script.asked[FRAME_K_AUDIT & 127] || strstr(q->path, "AuditEvent"));
}

/* A strip of "nora", by the id 53abedfc41a4c037: two leads at 250 Hz, with a second in it, so that pieces and questions find one. */
static void a_strip(struct web *web)
{
	static const uint8_t second[250 * 4];
	struct web_request q = {.web = web, .session = {.user = "nora"}};
	struct live_terms t;
	struct live_strip *s;
	struct err e;
	bool new;
	assert(web_live_open(web, &e) == 0 && live_terms_read(SLICE("{\"leads\":[\"II\",\"V1\"],\"rateHz\":250,\"uv\":5,\"key\":\"fuzz\"}"), &t, &e) == 0);
	assert(live_begin(web->live, &q, &t, &s, &new, &e) == 0 && !strcmp(s->id, "53abedfc41a4c037"));
	assert(live_ring_add(&s->ring, 250, slice_of(second, sizeof second), 1000, &e) == LIVE_NEW);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct web_carrier carrier = {value_of, each_of};
	static struct role role = {.site_name = "St. Gabriel", .origin = "log.example", .peer = {[0 ... ROLES - 1] = -1}, .sup = -1, .peer_lock = PTHREAD_MUTEX_INITIALIZER, .peer_new = PTHREAD_COND_INITIALIZER};
	static struct web web = {.role = &role, .carrier = &carrier, .lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER, .started = TIME_SEC};
	static struct web_worker worker;
	static int pair[2], vault_pair[2], ecg_pair[2];
	static uint64_t runs;
	static struct arena *a;
	struct err e;
	if (!a) {
		pthread_t t;
		a = arena_new((size_t)256 << 20);
		role.sitefd = a_site();
		assert(a && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
		role.peer[ROLE_KEEPER] = pair[0];
		assert(pthread_create(&t, NULL, play_keeper, &pair[1]) == 0);
		assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, vault_pair) == 0);
		role.peer[ROLE_VAULT] = vault_pair[0];
		assert(pthread_create(&t, NULL, play_keeper, &vault_pair[1]) == 0);
		assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ecg_pair) == 0);
		role.peer[ROLE_ECG] = ecg_pair[0];
		assert(pthread_create(&t, NULL, play_keeper, &ecg_pair[1]) == 0);
		assert(keeper_client_new_to(&role, ROLE_ECG, &worker.ecg, &e) == 0 && keeper_client_new_to(&role, ROLE_VAULT, &worker.vault, &e) == 0 && keeper_client_new(&role, &worker.keeper, &e) == 0 && web_page_load(&web, &e) == 0);
		worker.chart = small_house();
		web.limit = web_limit_new();
		assert(web.limit);
		web_give_back(&web, &worker);
	}
	if (size < 2)
		return 0;
	struct request *r = NULL;
	struct web_request q;
	struct slice body;
	char *method, *path;
	arena_reset(a);
	r = arena_array(a, 1, sizeof *r);
	assert(r);
	*r = (struct request){0};
	take_apart(slice_of(data + 2, size - 2), a, r, &method, &path, &body);
	script.how = data[0];
	script.odd = SLICE_NULL;
	for (size_t i = 0; i < ARRAY_LEN(script.asked); i++)
		script.asked[i] = 0;
	const uint8_t *cut = body.n ? memmem(body.p, body.n, "\n\n\n", 3) : NULL;
	if (script.how & ODD && cut) {
		script.odd = slice_of(cut + 3, (size_t)(body.p + body.n - cut - 3));
		body.n = (size_t)(cut - body.p);
	}
	if (memmem(data, size, CANARY, strlen(CANARY)))
		return 0; /* who knows the secret may be told it in an error */
	bool live = !strncmp(path, "/api/live", 9);
	if (live)
		a_strip(&web);
	for (int again = 0; again < 2; again++) {
		web_begin(&q, &web, r, path, method);
		snprintf(q.address, sizeof q.address, "192.0.2.%llu", (unsigned long long)runs++); /* the limit by address is not what we try */
		if (web_takes_body(&q)) {
			buf_add_slice(&q.body, body);
			web_answer(&q);
		}
		answer_holds(&q, a, value_of(r, WEB_IN_HEADERS, "authorization") || value_of(r, WEB_IN_COOKIES, "hf_session"));
		/* the same again with the tag that came: nothing is new, so nothing comes */
		bool tagged = q.status == 200 && q.etag[0] && q.as_of[0] && !(script.how & ODD);
		assert(!again || q.status == 304);
		if (tagged) {
			struct pairs *h = &r->in[WEB_IN_HEADERS];
			h->n = 0;
			pair_add(h, a, SLICE("If-None-Match"), slice_str(q.etag), true, false);
			pair_add(h, a, SLICE("Authorization"), SLICE("Bearer x"), true, false);
			pair_add(h, a, SLICE("X-Holdfast-CSRF"), SLICE("csrf-value"), true, false);
			for (size_t i = 0; i < ARRAY_LEN(script.asked); i++)
				script.asked[i] = 0;
		}
		web_end(&q);
		if (!tagged)
			break;
	}
	if (live)
		web_live_close(&web);
	return 0;
}
