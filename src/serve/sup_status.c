/* sup_status: what the supervisor knows and status shows: roles and their sandboxes, share files still about, what deserves an alarm; and the entries on which
 * the scribe dies. */
#include "supervisor.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sys/wait.h>

#define HANG (60 * TIME_SEC) /* longest that one entry may be read: 64 MB take about two seconds */
#define CALM (30 * TIME_SEC) /* a role that has run for this long does not die again and again any more */
#define TEST_WAIT (3 * TIME_SEC)

/* ---- an entry on which the scribe dies ---- */

void sup_blame(struct supervisor *s, int status)
{
	uint64_t n = s->progress ? s->progress->entry : PROGRESS_NONE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (s->progress && s->progress->ahead) {
		sup_log("scribe died while it built the view; it does so again, an entry at a time");
		s->progress->ahead = false;
		s->progress->careful = true;
		return;
	}
	if (n == PROGRESS_NONE)
		return;
	size_t i = 0;
	while (i < s->blamed && s->blame[i].entry != n)
		i++;
	if (i == s->blamed) {
		if (s->blamed == BLAME_MAX) { /* the oldest suspicion is dropped */
			memmove(&s->blame[0], &s->blame[1], sizeof s->blame - sizeof s->blame[0]);
			i--;
		} else {
			s->blamed++;
		}
		s->blame[i].entry = n;
		s->blame[i].deaths = 0;
	}
	s->blame[i].deaths++;
	sup_log("scribe died while it read entry %llu (%u time%s)", (unsigned long long)n, s->blame[i].deaths, s->blame[i].deaths == 1 ? "" : "s");
	if (s->blame[i].deaths < 2 || s->roles[ROLE_KEEPER].chan < 0)
		return;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 64);
	buf_u64le(&b, n);
	buf_u32le(&b, s->blame[i].deaths);
	(void)!packet_send(s->roles[ROLE_KEEPER].chan, FRAME_R_QUARANTINE, 0, buf_slice(&b), NULL, 0, true);
}

void sup_watch(struct supervisor *s)
{
	if (s->testing && time_monotonic() > s->test_until)
		sup_tested(s, ROLE_SUPERVISOR, SLICE_NULL);
	if (!s->progress || s->roles[ROLE_SCRIBE].pid <= 0)
		return;
	int64_t since = s->progress->since;
	if ((s->progress->entry != PROGRESS_NONE || s->progress->ahead) && since && time_monotonic() - since > HANG) {
		sup_log("scribe has read one entry for a minute and is ended");
		s->progress->since = 0;
		kill(s->roles[ROLE_SCRIBE].pid, SIGKILL);
	}
}

/* ---- status ---- */

static void put_roles(const struct supervisor *s, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_arr(&w);
	for (int i = ROLE_INTAKE; i < ROLES; i++) {
		const struct sup_role *r = &s->roles[i];
		if (!r->wanted)
			continue;
		jsonw_obj(&w);
		jsonw_kstr(&w, "name", role_name((enum role_id)i));
		jsonw_ki64(&w, "pid", r->pid);
		jsonw_ktime(&w, "since", r->since);
		jsonw_ku64(&w, "restarts", r->restarts);
		jsonw_kstr(&w, "state", r->pid <= 0 ? "down" : r->ready ? "running" : "starting");
		jsonw_key(&w, "sandbox");
		jsonw_obj(&w);
		jsonw_kbool(&w, "user", r->report.user);
		jsonw_kbool(&w, "landlock", r->report.landlock);
		jsonw_kbool(&w, "seccomp", r->report.seccomp);
		jsonw_ki64(&w, "landlockAbi", r->report.landlock_abi);
		jsonw_ku64(&w, "uid", r->report.uid);
		jsonw_kstr(&w, "note", r->report.note);
		jsonw_obj_end(&w);
		jsonw_obj_end(&w);
	}
	jsonw_arr_end(&w);
	jsonw_done(&w);
}

void alarm_put(struct jsonw *w, const char *id, const char *severity, int64_t since, const char *what, const char *reason, const char *next)
{
	jsonw_obj(w);
	jsonw_kstr(w, "id", id);
	jsonw_kstr(w, "severity", severity);
	jsonw_ktime(w, "since", since);
	jsonw_kstr(w, "what", what);
	jsonw_kstr(w, "reason", reason);
	jsonw_kstr(w, "next", next);
	jsonw_obj_end(w);
}

/* Days until the first certificate of the chain ends; 100000 when it cannot be read (the role says so). */
static int days_left(const struct buf *cert)
{
	if (cert->n == 0)
		return 100000;
	BIO *b = BIO_new_mem_buf(cert->p, (int)cert->n);
	X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	int days = 100000, seconds;
	if (x && !ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)))
		days = 100000;
	X509_free(x);
	BIO_free(b);
	return days;
}

static void certificate_alarm(struct jsonw *w, const struct role_listener *l, int64_t now)
{
	char id[64], reason[160];
	int days = days_left(&l->cert);
	if (!l->is.tls || days > 60)
		return;
	snprintf(id, sizeof id, "certificate-%s", l->is.name);
	snprintf(reason, sizeof reason, "the TLS certificate of %s %s", l->is.name, days < 0 ? "has ended" : "ends within 60 days");
	alarm_put(w, id, days < 7 ? "alarm" : "warning", now, "certificate", reason, "put a new certificate in place (cert and key in site.ini) and restart the daemon");
}

static void put_alarms(const struct supervisor *s, struct buf *b)
{
	struct jsonw w;
	int64_t now = time_now();
	jsonw_init(&w, b);
	jsonw_arr(&w);
	for (int i = ROLE_INTAKE; i < ROLES; i++) {
		const struct sup_role *r = &s->roles[i];
		char id[32], reason[800];
		if (r->wanted && r->was_ready && r->report.note[0]) {
			bool off = s->flags & START_SANDBOX_OFF || !r->report.seccomp || !r->report.landlock;
			snprintf(id, sizeof id, "sandbox-%s", role_name((enum role_id)i));
			snprintf(reason, sizeof reason, "%s: %s", role_name((enum role_id)i), r->report.note);
			alarm_put(&w, id, off ? "alarm" : "warning", r->since, off ? "SANDBOX INCOMPLETE" : "sandbox", reason, "run as root on a kernel with Landlock and seccomp");
		}
		if (r->wanted && r->quick >= 3 && !(r->ready && time_monotonic() - r->started > CALM)) {
			char why[600];
			snprintf(id, sizeof id, "role-%s", role_name((enum role_id)i));
			snprintf(reason, sizeof reason, "%s dies again and again%s%s", role_name((enum role_id)i), r->fatal.code ? ": " : "", r->fatal.code ? err_line(&r->fatal, why, sizeof why) : "");
			alarm_put(&w, id, "alarm", r->since, "process failing", reason, "read the journal of the service");
		}
	}
	for (size_t i = 0; i < s->mllp_count; i++) {
		certificate_alarm(&w, &s->mllp[i], now);
		if (!s->mllp[i].is.tls && s->mllp[i].is.unencrypted) {
			char id[64];
			snprintf(id, sizeof id, "plain-%s", s->mllp[i].is.name);
			alarm_put(&w, id, "note", now, "feed not encrypted", s->mllp[i].is.name, "move the sender to TLS");
		}
	}
	certificate_alarm(&w, &s->web, now);
	jsonw_arr_end(&w);
	jsonw_done(&w);
}

void sup_tell_keeper(struct supervisor *s)
{
	s->told_at = time_monotonic();
	if (s->roles[ROLE_KEEPER].chan < 0)
		return;
	AUTO_BUF struct buf roles = {0}, shares = {0}, alarms = {0}, b = {0};
	buf_init(&roles, 16 << 10);
	buf_init(&shares, 16 << 10);
	buf_init(&alarms, 24 << 10);
	buf_init(&b, FRAME_SMALL);
	put_roles(s, &roles);
	site_shares_left(s->site.fd, &shares);
	put_alarms(s, &alarms);
	frame_str_slice(&b, buf_slice(&roles));
	frame_str_slice(&b, buf_slice(&shares));
	frame_str_slice(&b, buf_slice(&alarms));
	buf_u64le(&b, (uint64_t)site_last_verified(s->site.fd));
	(void)!packet_send(s->roles[ROLE_KEEPER].chan, FRAME_R_ROLES, 0, buf_slice(&b), NULL, 0, false);
}

#define CONFIG_TEXT (48u << 10) /* of a longer file the beginning, and the hash of all */

void sup_tell_config(struct supervisor *s)
{
	AUTO_BUF struct buf text = {0}, b = {0};
	uint8_t hash[SEAL_HASH];
	struct err e;
	buf_init(&text, 1 << 20);
	buf_init(&b, FRAME_SMALL);
	if (s->roles[ROLE_KEEPER].chan < 0 || file_read(s->site.fd, "site.ini", 1 << 20, &text, &e) < 0)
		return;
	seal_sha256_once(buf_slice(&text), hash);
	frame_blob(&b, slice_of(hash, sizeof hash));
	frame_blob(&b, slice_of(text.p, text.n < CONFIG_TEXT ? text.n : CONFIG_TEXT));
	buf_u8(&b, text.n <= CONFIG_TEXT);
	(void)!packet_send(s->roles[ROLE_KEEPER].chan, FRAME_R_CONFIG, 0, buf_slice(&b), NULL, 0, false);
}

/* ---- self-test ---- */

void sup_test_all(struct supervisor *s, uint64_t tag)
{
	if (!(s->flags & START_SELF_TEST) || s->testing)
		return;
	s->testing = true;
	s->test_tag = tag;
	s->test_until = time_monotonic() + TEST_WAIT;
	for (int i = ROLE_INTAKE; i < ROLES; i++) {
		if (!s->tested[i].max)
			buf_init(&s->tested[i], FRAME_SMALL);
		buf_reset(&s->tested[i]);
		if (s->roles[i].chan >= 0)
			(void)!packet_send(s->roles[i].chan, FRAME_R_SELFTEST, 0, SLICE_NULL, NULL, 0, false);
	}
}

void sup_tested(struct supervisor *s, enum role_id id, struct slice json)
{
	if (!s->testing)
		return;
	if (id != ROLE_SUPERVISOR) {
		buf_reset(&s->tested[id]);
		buf_add_slice(&s->tested[id], json);
	}
	for (int i = ROLE_INTAKE; i < ROLES; i++)
		if (s->roles[i].wanted && s->tested[i].n == 0 && time_monotonic() < s->test_until)
			return;
	s->testing = false;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	for (int i = ROLE_INTAKE; i < ROLES; i++) {
		struct err e;
		struct json_node *n;
		AUTO_ARENA struct arena *a = arena_new(1 << 20);
		if (!s->roles[i].wanted)
			continue;
		jsonw_key(&w, role_name((enum role_id)i));
		/* a role that was taken over may say anything: what is no JSON is no answer */
		if (s->tested[i].n && a && json_tree(buf_slice(&s->tested[i]), a, &n, &e) == 0)
			jsonw_raw(&w, buf_slice(&s->tested[i]));
		else
			jsonw_null(&w);
	}
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (buf_ok(&b))
		(void)!packet_send(s->roles[ROLE_KEEPER].chan, FRAME_R_TESTED_ALL, s->test_tag, buf_slice(&b), NULL, 0, false);
}
