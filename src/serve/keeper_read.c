/* keeper_read: bodies, leaves and proofs for the web role, and the status of the whole. */
#include "sessions.h"
#include "site.h"

#include <stdlib.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define DISK_EVERY (5 * TIME_SEC)
#define READ_ONLY_NEXT "stop this daemon; then holdfast rebuild from the replica that has more, or holdfast ledger epoch --reason TEXT to go on with what is here under a new name"

/* ---- bodies ---- */

static int raw_allowed(struct keeper *k, struct asker *who, uint64_t seq, struct ledger_leaf *leaf, struct err *e)
{
	if (seq >= ledger_durable(k->l))
		return err_set(e, ERR_NOT_FOUND, NULL, "the ledger has no entry of that number");
	int r = ledger_read_leaf(k->l, seq, leaf, e);
	if (r < 0)
		return r;
	if (who->session && !session_take_raw(who->session))
		return err_set(e, ERR_LIMIT, NULL, "this session has taken %d bodies within an hour; more need another way", RAW_MAX);
	return 0;
}

void op_raw(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	struct ledger_leaf leaf;
	struct ledger_entry en;
	char patient[128], query[64];
	/* what is needed hangs on what it is for, which stands behind `who` */
	int r = asker_read(k, ch, &c, 0, &who, &e);
	uint64_t seq = cur_u64le(&c), audit = 0;
	bool document = cur_u8(&c);
	frame_get_text(&c, patient, sizeof patient);
	if (r == 0 && !cur_done(&c))
		r = err_set(&e, ERR_INPUT, NULL, "a bad request");
	if (r == 0 && !(who.may & (document ? MAY_CHART | MAY_FHIR_READ : MAY_RAW)))
		r = err_set(&e, ERR_DENIED, NULL, "the role %s may not do this", who.role);
	if (r == 0)
		r = raw_allowed(k, &who, seq, &leaf, &e);
	snprintf(query, sizeof query, "entry/%llu", (unsigned long long)seq);
	if (r == 0)
		r = keeper_audit_entry(k, &who, document ? "view" : "raw", patient, query, UINT64_MAX, &audit, &e);
	if (r == 0)
		r = ledger_read(k->l, seq, &en, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	/* the audit entry and these bytes go out after the same commit */
	size_t at = reply_begin(ch, f->tag);
	buf_u8(&ch->c.out, en.leaf.kind);
	buf_u64le(&ch->c.out, audit);
	if (en.leaf.kind == LEDGER_ACCOUNT)
		accounts_redact(en.body, &ch->c.out);
	else
		buf_add_slice(&ch->c.out, en.body);
	reply_end(ch, at);
}

/* ---- leaves, proofs, heads: no patient data, nobody need sign in ---- */

void op_entry(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct err e = {0};
	struct ledger_leaf leaf;
	uint8_t bytes[LEDGER_LEAF_MAX];
	AUTO_BUF struct buf proof = {0};
	buf_init(&proof, FRAME_SMALL);
	uint64_t seq = cur_u64le(&c);
	int r = cur_done(&c) ? 0 : err_set(&e, ERR_INPUT, NULL, "a bad request");
	if (r == 0 && seq >= ledger_durable(k->l))
		r = err_set(&e, ERR_NOT_FOUND, NULL, "the ledger has no entry of that number");
	if (r == 0)
		r = ledger_read_leaf(k->l, seq, &leaf, &e);
	bool published = r == 0 && seq < ledger_published(k->l);
	if (published)
		r = ledger_prove(k->l, seq, &proof, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t n = ledger_leaf_encode(&leaf, bytes), at = reply_begin(ch, f->tag);
	frame_blob(&ch->c.out, slice_of(bytes, n));
	buf_u8(&ch->c.out, published);
	frame_blob(&ch->c.out, buf_slice(&proof));
	reply_end(ch, at);
}

void op_checkpoint(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	AUTO_BUF struct buf note = {0};
	buf_init(&note, FRAME_SMALL);
	ledger_checkpoint(k->l, &note);
	size_t at = reply_begin(ch, f->tag);
	buf_add_slice(&ch->c.out, buf_slice(&note));
	reply_end(ch, at);
}

/* ---- status ---- */

static bool is_json(struct slice s)
{
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	struct json_node *n;
	return s.n && a && json_tree(s, a, &n, NULL) == 0;
}

void op_listeners(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	if (!is_json(f->payload)) /* intake parses what strangers send: it may not put its words into our JSON */
		return;
	buf_reset(&k->listeners);
	buf_add_slice(&k->listeners, f->payload);
}

void op_selftest(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct err e;
	if (!k->r->self_test || k->test_chan) {
		err_set(&e, k->test_chan ? ERR_BUSY : ERR_DENIED, NULL, k->test_chan ? "a test is running" : "the daemon was not started with --self-test");
		reply_err(ch, f->tag, &e);
		return;
	}
	k->test_chan = ch->id;
	k->test_tag = f->tag;
	(void)!packet_send(k->r->sup, FRAME_R_SELFTEST_ALL, f->tag, SLICE_NULL, NULL, 0, true);
}

static void look_at_disk(struct keeper *k)
{
	struct statvfs v;
	int64_t now = time_monotonic();
	if (k->disk_at && now - k->disk_at < DISK_EVERY)
		return;
	k->disk_at = now;
	if (fstatvfs(k->r->sitefd, &v) == 0) {
		k->disk_free = (uint64_t)v.f_bavail * v.f_frsize;
		k->disk_total = (uint64_t)v.f_blocks * v.f_frsize;
	}
}

uint64_t keeper_reserve(const struct keeper *k)
{
	return k->r->reserve ? k->r->reserve : UINT64_C(1) << 30;
}

static void put_ledger(struct keeper *k, struct jsonw *w)
{
	AUTO_BUF struct buf note = {0}, root = {0};
	struct tlog_checkpoint cp;
	buf_init(&note, FRAME_SMALL);
	buf_init(&root, 128);
	ledger_checkpoint(k->l, &note);
	jsonw_key(w, "ledger");
	jsonw_obj(w);
	jsonw_ku64(w, "size", ledger_durable(k->l));
	jsonw_ku64(w, "published", ledger_published(k->l));
	jsonw_kstr(w, "origin", k->r->origin);
	if (tlog_checkpoint_parse(buf_slice(&note), &cp, NULL) == 0) {
		base64_put(&root, slice_of(cp.root, sizeof cp.root));
		jsonw_kslice(w, "root", buf_slice(&root));
	}
	if (ledger_last_time(k->l))
		jsonw_ktime(w, "lastEntry", ledger_last_time(k->l));
	struct stat st; /* a checkpoint has no time of its own: its file's is when it was signed */
	if (fstatat(k->r->sitefd, "ledger/checkpoint", &st, AT_SYMLINK_NOFOLLOW) == 0)
		jsonw_ktime(w, "checkpointTime", (int64_t)st.st_mtim.tv_sec * TIME_SEC + st.st_mtim.tv_nsec);
	if (k->verified > 0) {
		jsonw_ktime(w, "lastVerified", k->verified);
	} else {
		jsonw_key(w, "lastVerified");
		jsonw_null(w);
	}
	struct site_outside out;
	site_replicas(k->r->sitefd, NULL, &out);
	site_outside_json(&out, w);
	jsonw_obj_end(w);
}

static void put_raw(struct jsonw *w, const char *key, const struct buf *json, const char *otherwise)
{
	jsonw_key(w, key);
	jsonw_raw(w, json->n ? buf_slice(json) : slice_str(otherwise));
}

void keeper_put_alarms(struct keeper *k, struct jsonw *w)
{
	char reason[600];
	look_at_disk(k);
	/* the supervisor's first: an array of objects, taken apart */
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	struct json_node *n = NULL;
	if (k->alarms.n && a && json_tree(buf_slice(&k->alarms), a, &n, NULL) == 0)
		for (const struct json_node *m = n->child; m; m = m->next)
			jsonw_raw(w, m->raw);
	if (k->reading)
		alarm_put(w, "read-only", "alarm", k->started, "READ-ONLY: NOTHING IS TAKEN IN", k->reading_why.text, READ_ONLY_NEXT);
	if (k->full)
		alarm_put(w, "disk-full", "alarm", k->full_since, "disk nearly full", "no message is taken; senders wait and will send again. Charts, views and captures go on from the reserve",
		          "free space on the disk of the site, or enlarge it");
	else if (k->disk_total && k->disk_free < 4 * keeper_reserve(k)) {
		snprintf(reason, sizeof reason, "%llu MiB are free; at %llu MiB no message is taken any more", (unsigned long long)(k->disk_free >> 20), (unsigned long long)(keeper_reserve(k) >> 20));
		alarm_put(w, "disk-low", "warning", k->started, "disk low", reason, "free space on the disk of the site, or enlarge it");
	}
	if (k->upkeep.code)
		alarm_put(w, "ledger-upkeep", "alarm", k->upkeep_since, "packs or checkpoints cannot be written", err_line(&k->upkeep, reason, sizeof reason), "entries are still taken and safe; make room on the disk of the site, or read the journal");
	if (k->not_recorded) {
		snprintf(reason, sizeof reason, "%llu views or sign-ins could not be recorded: %s", (unsigned long long)k->not_recorded, k->reading ? "nothing is appended to this copy of the site" : "the disk is full");
		alarm_put(w, "not-recorded", "alarm", k->full_since ? k->full_since : k->started, "NOT BEING RECORDED", reason, k->reading ? READ_ONLY_NEXT : "free space on the disk of the site");
	}
	if (!k->feed.hello)
		alarm_put(w, "view-down", "warning", k->started, "view not being written", k->feed.failed.code ? err_line(&k->feed.failed, reason, sizeof reason) : "the scribe is being started",
		          "charts show what was there before; read the journal of the service when this lasts");
	else if (k->feed.failed.code)
		alarm_put(w, "view-behind", "alarm", k->started, "view stands still", err_line(&k->feed.failed, reason, sizeof reason), "run holdfast ledger verify");
	if (k->quarantined_count) {
		snprintf(reason, sizeof reason, "%zu entries cannot be read without the reader dying; they are stored and not shown", k->quarantined_count);
		alarm_put(w, "quarantine", "warning", k->started, "entries in quarantine", reason, "holdfast quarantine list names them: report them; when Holdfast is mended, holdfast quarantine lift");
	}
	if (keeper_gate_alarm(k, reason, sizeof reason))
		alarm_put(w, "gate-cut", "alarm", k->started, "A CUT IS NOT WHOLE", reason, "run holdfast gate probe; until it says that it is whole, pull the cable of what has to be cut");
	keeper_vault_alarms(k, w);
	keeper_gate_alarms(k, w);
	keeper_watch_alarms(k, w);
	keeper_packets_alarms(k, w);
	struct site_outside out;
	char what[80], why[200];
	const char *severity;
	site_replicas(k->r->sitefd, NULL, &out);
	if (site_outside_alarm(&out, time_now(), &severity, what, why))
		alarm_put(w, out.time ? "outside-old" : "unprotected", severity, out.time ? out.time : k->started, what, why, "holdfast replica add NAME TARGET (the daemon pushes by itself), or have another machine pull (holdfast-replica(1))");
}

/* From the first entry, which holds a salted hash of each share. */
static const char *shares_rule(struct keeper *k)
{
	AUTO_ARENA struct arena *a = k->shares_rule[0] ? NULL : arena_new(1 << 20);
	struct ledger_entry en;
	struct json_node *n;
	struct err e;
	uint64_t needed, count = 0;
	if (!a || ledger_read(k->l, 0, &en, &e) < 0 || en.leaf.kind != LEDGER_SITE || json_tree(en.body, a, &n, &e) < 0 || num_u64(json_text(n, "needed"), 1, 255, &needed) < 0)
		return k->shares_rule;
	const struct json_node *list = json_get(n, "shares");
	for (const struct json_node *x = list ? list->child : NULL; x; x = x->next)
		count++;
	snprintf(k->shares_rule, sizeof k->shares_rule, "%llu/%llu", (unsigned long long)needed, (unsigned long long)count);
	return k->shares_rule;
}

/* There is no ledger that anything could be said of. */
static void status_restoring(struct keeper *k, struct buf *b)
{
	struct jsonw w;
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_ktime(&w, "now", time_now());
	jsonw_kbool(&w, "running", true);
	jsonw_kstr(&w, "version", HOLDFAST_VERSION);
	jsonw_key(&w, "site");
	jsonw_obj(&w);
	jsonw_kstr(&w, "name", k->r->site_name);
	jsonw_kstr(&w, "origin", k->r->origin);
	jsonw_kstr(&w, "mode", "normal");
	jsonw_ki64(&w, "zoneMinutes", k->r->zone_minutes);
	jsonw_obj_end(&w);
	keeper_view_put(k, &w);
	jsonw_key(&w, "restoring");
	jsonw_obj(&w);
	jsonw_ktime(&w, "since", k->started);
	looked_status(k, &w);
	jsonw_obj_end(&w);
	put_raw(&w, "listeners", &k->listeners, "[]");
	put_raw(&w, "roles", &k->roles, "[]");
	jsonw_ku64(&w, "sessions", sessions_count(k));
	jsonw_ku64(&w, "notRecorded", k->not_recorded);
	jsonw_key(&w, "alarms");
	jsonw_arr(&w);
	alarm_put(&w, "restoring", "alarm", k->started, "THIS SITE IS BEING REBUILT", k->looked.pace.running ? k->reading_why.text : "the rebuild was broken off",
	          k->looked.pace.running ? "wait until holdfast rebuild is done; messages are taken in from then on" : "run the same holdfast rebuild again: it goes on");
	if (k->not_recorded)
		alarm_put(&w, "not-recorded", "alarm", k->started, "NOT BEING RECORDED", "who looks cannot be noted", "free space on the disk of the site");
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

static void status(struct keeper *k, struct buf *b)
{
	struct jsonw w;
	if (k->restoring) {
		status_restoring(k, b);
		return;
	}
	look_at_disk(k);
	jsonw_init(&w, b);
	jsonw_obj(&w);
	jsonw_ktime(&w, "now", time_now());
	jsonw_kbool(&w, "running", !k->r->private_keeper);
	jsonw_kstr(&w, "version", HOLDFAST_VERSION);
	jsonw_key(&w, "site");
	jsonw_obj(&w);
	jsonw_kstr(&w, "name", k->r->site_name);
	jsonw_kstr(&w, "origin", k->r->origin);
	jsonw_kstr(&w, "mode", "normal");
	jsonw_ki64(&w, "zoneMinutes", k->r->zone_minutes);
	jsonw_obj_end(&w);
	put_ledger(k, &w);
	keeper_view_put(k, &w);
	if (k->reading) {
		jsonw_key(&w, "readOnly");
		jsonw_obj(&w);
		jsonw_ktime(&w, "since", k->started);
		jsonw_kstr(&w, "reason", k->reading_why.text);
		jsonw_kstr(&w, "next", READ_ONLY_NEXT);
		jsonw_obj_end(&w);
	}
	put_raw(&w, "listeners", &k->listeners, "[]");
	put_raw(&w, "roles", &k->roles, "[]");
	jsonw_key(&w, "disk");
	jsonw_obj(&w);
	jsonw_ku64(&w, "free", k->disk_free);
	jsonw_ku64(&w, "total", k->disk_total);
	jsonw_ku64(&w, "reserve", keeper_reserve(k));
	jsonw_kstr(&w, "state", k->full ? "full" : k->disk_free < 4 * keeper_reserve(k) ? "low" : "ok");
	jsonw_obj_end(&w);
	jsonw_key(&w, "keys");
	jsonw_obj(&w);
	put_raw(&w, "sharesLyingAbout", &k->shares, "[]");
	if (shares_rule(k)[0])
		jsonw_kstr(&w, "shares", k->shares_rule);
	if (k->rotated) {
		jsonw_ktime(&w, "rotated", k->rotated);
		jsonw_ku64(&w, "rotatedEntry", k->rotated_seq);
	}
	jsonw_obj_end(&w);
	jsonw_key(&w, "vault");
	keeper_vault_status(k, &w);
	jsonw_key(&w, "partners");
	keeper_gate_status(k, &w);
	jsonw_key(&w, "downtime");
	keeper_downtime_put(keeper_downtime(k), false, &w);
	jsonw_ku64(&w, "sessions", sessions_count(k));
	jsonw_ku64(&w, "notRecorded", k->not_recorded);
	jsonw_ku64(&w, "quarantined", k->quarantined_count);
	jsonw_key(&w, "quarantine");
	jsonw_arr(&w);
	for (size_t i = 0; i < k->quarantined_count; i++)
		jsonw_u64(&w, k->quarantined[i].entry);
	jsonw_arr_end(&w);
	jsonw_key(&w, "replicas");
	struct site_outside out;
	site_replicas(k->r->sitefd, &w, &out);
	jsonw_key(&w, "witnesses");
	site_witnesses(k->r->sitefd, &w);
	jsonw_key(&w, "packets");
	keeper_packets_put(k, &w);
	jsonw_key(&w, "packetsState");
	keeper_packets_state_put(k, &w);
	jsonw_key(&w, "alarms");
	jsonw_arr(&w);
	keeper_put_alarms(k, &w);
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

void op_status(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	size_t at = reply_begin(ch, f->tag);
	status(k, &ch->c.out);
	reply_end(ch, at);
}
