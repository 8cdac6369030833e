/* keeper_alarm: what went wrong with the house, and when it was well again, as entries; and the settings it ran under.
 *
 * An alarm entry when it is raised and one when it has gone, each once. One that comes and goes is written as raised at most once a minute: what flutters must not fill the ledger. What is open stands
 * in the cache beside the accounts, so that a restart neither raises it again nor forgets to say that it has gone. Only the daemon does this: a command lives too short to judge. */
#include "keeper.h"

#include <stdlib.h>

#define LOOK_EVERY TIME_SEC
#define RAISE_EVERY (60 * TIME_SEC)
#define GRACE (5 * TIME_SEC)       /* after the start: the roles come up, and say how they are */
#define CLOCK_STEP (5 * TIME_SEC)  /* more than NTP slews */
#define CLOCK_SHOWN (600 * TIME_SEC)

static struct alarm_state *find(struct keeper *k, struct slice id, bool make)
{
	for (size_t i = 0; i < k->alarm_count; i++)
		if (slice_eq_str(id, k->alarm[i].id))
			return &k->alarm[i];
	if (!make || id.n == 0 || id.n >= sizeof k->alarm[0].id)
		return NULL;
	struct alarm_state *s = NULL;
	for (size_t i = 0; i < k->alarm_count && !s; i++)
		if (!k->alarm[i].open && !k->alarm[i].seen)
			s = &k->alarm[i]; /* one that is over gives way */
	if (k->alarm_count < ALARMS_MAX)
		s = &k->alarm[k->alarm_count++];
	if (!s)
		return NULL;
	*s = (struct alarm_state){.raised_at = INT64_MIN / 2};
	memcpy(s->id, id.p, id.n);
	return s;
}

void keeper_alarm_note(struct keeper *k, struct slice id, bool open)
{
	struct alarm_state *s = find(k, id, open);
	if (s)
		s->open = open;
}

static void write_entry(struct keeper *k, struct alarm_state *s, const struct json_node *n)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	struct err e = {0};
	uint64_t before = k->not_recorded;
	buf_init(&b, FRAME_SMALL);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", n ? "raised" : "cleared");
	jsonw_kstr(&w, "id", s->id);
	if (n) {
		jsonw_kslice_opt(&w, "severity", json_text(n, "severity"));
		jsonw_kslice_opt(&w, "text", json_text(n, "what"));
		jsonw_kslice_opt(&w, "reason", json_text(n, "reason"));
	}
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&b) || keeper_record(k, LEDGER_ALARM, "site", buf_slice(&b), NULL, NULL, &e) < 0) {
		k->not_recorded = before; /* that counts views; this is tried again */
		return;
	}
	s->open = n;
	if (n)
		s->raised_at = time_monotonic();
	accounts_touch(k);
}

/* Which of the board's alarms are entries: what is wrong now, not how this machine is made (a kernel's age, a feed without TLS). */
static bool deserves(const struct json_node *n)
{
	static const char *const ids[] = {"disk-", "quarantine", "clock", "feed-", "role-", "view-behind", "certificate-"};
	struct slice id = json_text(n, "id");
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (slice_starts(id, ids[i]))
			return true;
	/* what is not recorded cannot be an entry; a verdict of the sensor is one already */
	return slice_eq_str(json_text(n, "severity"), "alarm") && !slice_eq_str(id, "not-recorded") && !slice_starts(id, "watch-");
}

static void put_silent(const struct keeper *k, struct jsonw *w)
{
	struct cur c = cur_of(buf_slice(&k->silent));
	while (cur_left(&c)) {
		struct slice name = frame_get_str(&c);
		char id[CHART_ALARM_MAX];
		if (c.failed)
			return;
		chart_feed_alarm(name, id);
		jsonw_obj(w);
		jsonw_kstr(w, "id", id);
		jsonw_kstr(w, "severity", "alarm");
		jsonw_kstr(w, "what", "feed silent");
		jsonw_kslice(w, "reason", name);
		jsonw_obj_end(w);
	}
}

static long long seconds(int64_t step) /* to the nearest: the two clocks are not read in the same instant */
{
	return ((step < 0 ? -step : step) + TIME_SEC / 2) / TIME_SEC;
}

static void look_at_clock(struct keeper *k, int64_t now)
{
	int64_t base = time_now() - now, step = k->clock_base ? base - k->clock_base : 0;
	k->clock_base = base;
	if (step > -CLOCK_STEP && step < CLOCK_STEP)
		return;
	k->clock_step = step;
	k->clock_at = now;
	role_log(k->r, "the machine's clock was set %s by %lld s; receive times never go back", step < 0 ? "back" : "forward", seconds(step));
}

static void put_clock(const struct keeper *k, struct jsonw *w, int64_t now)
{
	char reason[96];
	if (!k->clock_at || now - k->clock_at > CLOCK_SHOWN)
		return;
	snprintf(reason, sizeof reason, "set %s by %lld s", k->clock_step < 0 ? "back" : "forward", seconds(k->clock_step));
	jsonw_obj(w);
	jsonw_kstr(w, "id", "clock");
	jsonw_kstr(w, "severity", "alarm");
	jsonw_kstr(w, "what", "clock jumped");
	jsonw_kstr(w, "reason", reason);
	jsonw_obj_end(w);
}

void keeper_alarms(struct keeper *k)
{
	int64_t now = time_monotonic();
	if (k->r->private_keeper || k->reading || k->stopping || k->asking || now - k->alarms_at < LOOK_EVERY)
		return;
	k->alarms_at = now;
	look_at_clock(k, now);
	if (!k->alarms_from)
		k->alarms_from = now;
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	struct json_node *root;
	struct jsonw w;
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	jsonw_arr(&w);
	keeper_put_alarms(k, &w);
	put_silent(k, &w);
	put_clock(k, &w, now);
	jsonw_arr_end(&w);
	if (!a || !buf_ok(&b) || json_tree(buf_slice(&b), a, &root, NULL) < 0)
		return;
	for (size_t i = 0; i < k->alarm_count; i++)
		k->alarm[i].seen = false;
	for (const struct json_node *n = root->child; n; n = n->next) {
		struct alarm_state *s = deserves(n) ? find(k, json_text(n, "id"), true) : NULL;
		if (!s)
			continue;
		s->seen = true;
		if (!s->open && now - s->raised_at > RAISE_EVERY)
			write_entry(k, s, n);
	}
	if (now - k->alarms_from < GRACE)
		return;
	for (size_t i = 0; i < k->alarm_count; i++)
		if (k->alarm[i].open && !k->alarm[i].seen)
			write_entry(k, &k->alarm[i], NULL);
}

void keeper_config(struct keeper *k, struct slice hash, struct slice text, bool whole)
{
	AUTO_BUF struct buf b = {0}, hex = {0};
	struct jsonw w;
	struct err e = {0};
	if (k->reading || hash.n != SEAL_HASH || memcmp(hash.p, k->config, SEAL_HASH) == 0)
		return;
	buf_init(&hex, 128);
	hex_put(&hex, hash);
	buf_init(&b, 1 << 20);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", "settings");
	jsonw_kstr(&w, "file", "site.ini");
	jsonw_kslice(&w, "sha256", buf_slice(&hex));
	jsonw_kslice(&w, "settings", text);
	if (!whole)
		jsonw_kbool(&w, "truncated", true);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	if (!buf_ok(&b) || keeper_record(k, LEDGER_CONFIG, "site", buf_slice(&b), NULL, NULL, &e) < 0) {
		role_log(k->r, "that the settings changed cannot be recorded: %s", e.text);
		return;
	}
	memcpy(k->config, hash.p, SEAL_HASH);
	accounts_touch(k);
}
