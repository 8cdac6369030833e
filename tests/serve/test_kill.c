/* kill -9 of anything, at any time, under load: every acknowledged message is in the ledger once, byte for byte, and the view is what a rebuild makes of it.
 * 20 rounds; HOLDFAST_LONG=1: 200. */
#include "serve_test.h"

#include <sys/mman.h>

#define IDS_MAX 4000000u
#define LINES 8

struct shared { /* between the sender and us */
	_Atomic uint32_t next, stop, acked_count;
	_Atomic uint8_t acked[IDS_MAX];
};

static size_t make(char *out, size_t size, uint32_t id)
{
	/* as long as a laboratory's, and different in every byte position that matters */
	int n = snprintf(out, size, "MSH|^~\\&|LAB|GAB|HF|GAB|20260105120000||ORU^R01^ORU_R01|K%08u|P|2.5.1\rPID|1||%u^^^GAB^MR||Keller^Jeanne||19570312|F\rOBR|1|P%u|F%u|24323-8^CMP^LN|||20260105113000\r", id,
	                 1000 + id % 500, id, id);
	for (unsigned i = 1; i <= 1 + id % 12; i++)
		n += snprintf(out + n, size - (size_t)n, "OBX|%u|NM|2823-3^Potassium^LN||%u.%u|mmol/L|3.5-5.1|N|||F|||20260105113000\r", i, id % 7, (id * 7 + i) % 100);
	assert_true(n > 0 && (size_t)n < size);
	return (size_t)n;
}

/* ---- the sender: some connections, one message in flight on each, sent again on a new connection when the old one breaks ---- */

struct line {
	int fd;
	uint32_t id;
	bool waiting;
	char in[2048];
	size_t have;
};

static void line_send(struct line *l, struct shared *sh)
{
	char body[4096], framed[4200];
	if (!l->waiting) {
		l->id = sh->next++;
		l->waiting = true;
	}
	size_t n = make(body, sizeof body, l->id);
	framed[0] = 0x0b;
	memcpy(framed + 1, body, n);
	framed[n + 1] = 0x1c;
	framed[n + 2] = '\r';
	l->have = 0;
	if (send(l->fd, framed, n + 3, MSG_NOSIGNAL) != (ssize_t)n + 3) {
		close(l->fd);
		l->fd = -1;
	}
}

static void line_read(struct line *l, struct shared *sh)
{
	ssize_t n = recv(l->fd, l->in + l->have, sizeof l->in - l->have, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		close(l->fd);
		l->fd = -1;
		return;
	}
	l->have += (size_t)n;
	if (!memchr(l->in, 0x1c, l->have))
		return;
	char want[32];
	snprintf(want, sizeof want, "MSA|AA|K%08u\r", l->id);
	if (!memmem(l->in, l->have, want, strlen(want)))
		_exit(4); /* an answer to another message, or a refusal */
	sh->acked[l->id] = 1;
	sh->acked_count++;
	l->waiting = false;
	line_send(l, sh);
}

static void sender(const struct house *h, struct shared *sh)
{
	struct line lines[LINES];
	for (size_t i = 0; i < LINES; i++)
		lines[i] = (struct line){.fd = -1};
	while (!sh->stop && sh->next < IDS_MAX - LINES) {
		struct pollfd p[LINES];
		for (size_t i = 0; i < LINES; i++) {
			if (lines[i].fd < 0 && (lines[i].fd = mllp_connect(h)) >= 0)
				line_send(&lines[i], sh);
			p[i] = (struct pollfd){.fd = lines[i].fd, .events = POLLIN};
		}
		poll(p, LINES, 20);
		for (size_t i = 0; i < LINES; i++)
			if (lines[i].fd >= 0 && p[i].revents)
				line_read(&lines[i], sh);
	}
	_exit(0);
}

/* ---- killing ---- */

static uint32_t dice(uint32_t *state, uint32_t n)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % n;
}

static pid_t child_of(pid_t parent, const char *role)
{
	char path[64], line[512];
	for (pid_t p = parent; p < parent + 4000; p++) { /* roles are younger than their supervisor, and not by much */
		snprintf(path, sizeof path, "/proc/%d/cmdline", p);
		int fd = open(path, O_RDONLY);
		ssize_t n = fd >= 0 ? read(fd, line, sizeof line - 1) : -1;
		if (fd >= 0)
			close(fd);
		if (n <= 0)
			continue;
		line[n] = 0;
		const char *flag = memmem(line, (size_t)n, "--role", 7);
		if (!flag || strcmp(flag + 7, role))
			continue;
		snprintf(path, sizeof path, "/proc/%d/stat", p);
		fd = open(path, O_RDONLY);
		n = fd >= 0 ? read(fd, line, sizeof line - 1) : -1;
		if (fd >= 0)
			close(fd);
		int64_t ppid;
		const char *at = n > 0 ? memmem(line, (size_t)n, ") ", 2) : NULL;
		struct slice rest, num = at ? slice_cut(slice_of(at + 4, (size_t)(line + n - at - 4)), ' ', &rest) : SLICE_NULL;
		if (num_i64(num, 0, INT32_MAX, &ppid) == 0 && ppid == parent)
			return p;
	}
	return 0;
}

static void restart(struct house *h)
{
	control_close(h->k);
	h->k = NULL;
	site_close(&h->s);
	waitpid(h->daemon, NULL, 0);
	house_start(h, false, false);
}

static void kill_something(struct house *h, uint32_t *state)
{
	static const char *const names[] = {"intake", "keeper", "scribe", "web"};
	uint32_t what = dice(state, 8);
	if (what == 0) { /* the plug: everything at once */
		kill(-h->daemon, SIGKILL);
		restart(h);
	} else if (what == 1) {
		kill(h->daemon, SIGKILL);
		restart(h);
	} else {
		pid_t p = child_of(h->daemon, names[what < 5 ? 1 : what == 5 ? 0 : what == 6 ? 2 : 3]);
		if (p)
			kill(p, SIGKILL);
		if (p && dice(state, 3) == 0) { /* and again while it recovers */
			usleep(dice(state, 40000));
			p = child_of(h->daemon, "keeper");
			if (p)
				kill(p, SIGKILL);
		}
	}
}

/* ---- the reckoning ---- */

struct reckoning {
	uint8_t *seen;
	uint64_t entries, wrong;
};

static int look(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct reckoning *r = arg;
	char want[4096];
	uint64_t id;
	if (en->leaf.kind != LEDGER_HL7V2)
		return 0;
	r->entries++;
	const uint8_t *k = memmem(en->body.p, en->body.n, "ORU_R01|K", 9);
	if (!k || num_u64(slice_of(k + 9, 8), 0, IDS_MAX - 1, &id) < 0 || !slice_eq(en->body, slice_of(want, make(want, sizeof want, (uint32_t)id)))) {
		r->wrong++;
		return 0;
	}
	r->seen[id]++;
	return 0;
}

static int hash_line(void *arg, struct slice line, struct err *e)
{
	struct seal_sha256 *h = arg;
	seal_sha256_add(h, line);
	return 0;
}

static void export_hash(struct house *h, uint8_t out[SEAL_HASH])
{
	char path[128];
	struct chart *c;
	struct err e = {0};
	struct chart_moment now;
	struct chart_options o = {.site_name = "Test"};
	struct seal_sha256 *sha = seal_sha256_new();
	snprintf(path, sizeof path, "%s/view/chart.db", h->site);
	seal_sha256_begin(sha);
	if (chart_open(path, &o, &c, &e) < 0 || chart_now(c, &now, &e) < 0 || chart_export(c, now, hash_line, sha, &e) < 0)
		fail_msg("chart: %s", e.text);
	seal_sha256_end(sha, out);
	seal_sha256_free(sha);
	chart_close(c);
}

static void test_kill(void **state)
{
	unsigned rounds = getenv("HOLDFAST_LONG") ? 200 : 20;
	uint32_t seed = (uint32_t)time_now();
	const char *given = getenv("HOLDFAST_SEED");
	uint64_t n;
	if (given && num_u64(slice_str(given), 0, UINT32_MAX, &n) == 0)
		seed = (uint32_t)n;
	print_message("seed %u, %u rounds\n", seed, rounds);
	struct shared *sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(sh != MAP_FAILED);
	struct house h;
	house_make(&h);
	house_start(&h, false, false);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		sender(&h, sh);
	uint32_t dice_state = seed, last = 0;
	for (unsigned i = 0; i < rounds; i++) {
		usleep(100000 + dice(&dice_state, 500000));
		assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
		/* between deaths there is life: the later rounds read a long tail back at each start, since no pack is ever finished */
		for (int64_t until = time_monotonic() + 60 * TIME_SEC; sh->acked_count == last && time_monotonic() < until;)
			usleep(20000);
		assert_int_not_equal(sh->acked_count, last);
		last = sh->acked_count;
		kill_something(&h, &dice_state);
	}
	usleep(500000);
	sh->stop = 1;
	int status;
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	struct err e = {0};
	if (control_catch_up(h.k, &e) < 0)
		fail_msg("catch up: %s", e.text);
	uint8_t before[SEAL_HASH], after[SEAL_HASH];
	house_stop(&h);
	export_hash(&h, before);

	struct reckoning r = {.seen = calloc(IDS_MAX, 1)};
	struct site_keys keys = {0};
	struct ledger *l;
	struct ledger_options o = {.write = false};
	struct site s;
	assert_non_null(r.seen);
	assert_int_equal(site_open(h.site, &s, &e), 0);
	assert_int_equal(site_keys_open(s.fd, &keys, &e), 0);
	if (ledger_open(s.fd, &keys, &o, &l, NULL, &e) < 0 || ledger_scan(l, 0, ledger_durable(l), true, look, &r, &e) < 0)
		fail_msg("ledger: %s", e.text);
	ledger_free(l);
	uint64_t lost = 0, twice = 0;
	for (uint32_t i = 0; i < IDS_MAX; i++) {
		lost += sh->acked[i] && r.seen[i] == 0;
		twice += r.seen[i] > 1;
	}
	print_message("%u acknowledged, %llu stored, %llu lost, %llu twice, %llu not as sent\n", sh->acked_count, (unsigned long long)r.entries, (unsigned long long)lost, (unsigned long long)twice,
	              (unsigned long long)r.wrong);
	assert_int_equal(lost, 0);
	assert_int_equal(twice, 0);
	assert_int_equal(r.wrong, 0);
	assert_true(sh->acked_count > rounds);
	free(r.seen);

	struct ledger_verify_options vo = {.bodies = true};
	struct ledger_verify_report report;
	AUTO_BUF struct buf faults = {0};
	buf_init(&faults, 1 << 20);
	if (ledger_verify(s.fd, &keys, &vo, &report, &faults, &e) < 0)
		fail_msg("verify: %s %s", e.text, buf_cstr(&faults));
	site_keys_wipe(&keys);

	struct control *k;
	assert_int_equal(control_open(&s, true, &k, &e), 0);
	if (control_rebuild(k, CHART_NOW, NULL, NULL, &e) < 0)
		fail_msg("rebuild: %s", e.text);
	control_close(k);
	site_close(&s);
	export_hash(&h, after);
	assert_memory_equal(before, after, sizeof before);
	munmap(sh, sizeof *sh);
	house_done(&h);
}

int main(int argc, char **argv)
{
	int status = serve_role_main(argc, argv);
	if (status >= 0)
		return status;
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
