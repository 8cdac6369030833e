/* keeper_append: entries into the ledger, for intake, commands and the web role, each stamped with the channel it came on. */
#include "keeper.h"
#include "contacts.h"
#include "fhir.h"
#include "hl7.h"
#include "registry.h"

#define AT_ONCE (30 * TIME_SEC) /* longest that a writer waits for the view */
#define LEARN 500               /* entries a round: a few milliseconds */
#define LEARN_AT_ONCE 40

/* ---- the common part ---- */

struct incoming {
	uint8_t kind, flags;
	const char *source;
	struct slice body, key;
	bool dedupe, ordinary, own; /* own: the keeper's */
};
struct outgoing {
	uint64_t seq;
	int64_t time;
	bool duplicate;
};

static int store(struct keeper *k, const struct incoming *in, struct outgoing *ret, struct err *e)
{
	struct outgoing out = {0};
	uint8_t flags = in->flags;
	if (k->restoring) {
		ret->seq = UINT64_MAX; /* it has no number yet */
		ret->time = time_now();
		return looked_add(k, in->kind, in->source, in->body, e);
	}
	if (k->reading)
		return err_set(e, ERR_FULL, "read-only", "%s", k->reading_why.text);
	if (in->kind == LEDGER_CAPTURE || in->kind == LEDGER_DOWNTIME) {
		int r = keeper_capture_check(k, in->kind, in->body, in->own, &out.seq, e);
		out.duplicate = r == ERR_NO && in->kind == LEDGER_CAPTURE;
		out.time = ledger_last_time(k->l);
		if (out.duplicate)
			*ret = out;
		if (r < 0)
			return out.duplicate ? 0 : r;
	} else if (in->dedupe && in->kind == LEDGER_HL7V2_ENVELOPE) {
		/* by its bytes and what stands beside it: "BTS|2" alone ends many batches. After a crash that has to be read first; more than this would hold up the feeds */
		for (int i = 0; i < LEARN_AT_ONCE && k->learn_next < k->learn_end; i++)
			keeper_learn(k);
		if (in->key.n && ledger_control_same(k->l, in->key, in->kind, in->body, &out.seq, &out.time)) {
			out.duplicate = true;
			*ret = out;
			return 0;
		}
	} else if (in->dedupe) {
		struct err why = {0};
		int r = in->kind == LEDGER_ECG ? ledger_find_recording(k->l, in->body, &out.seq, &out.time, &why) : ledger_find_same(k->l, in->body, &out.seq, &out.time, &why);
		if (r == 0) {
			out.duplicate = true;
			*ret = out;
			return 0;
		}
		if (r != ERR_NO) /* rather twice than not at all */
			role_log(k->r, "cannot look for a repetition: %s", why.text);
	}
	if (in->key.n && in->kind != LEDGER_HL7V2_ENVELOPE && ledger_control_seen(k->l, in->key))
		flags |= LEDGER_FLAG_ID_REUSED;
	int r = ledger_append(k->l, in->kind, flags, in->source, in->body, in->ordinary, &out.seq, &out.time, e);
	if (r == ERR_LIMIT && ledger_size(k->l) > ledger_durable(k->l) && ledger_commit(k->l, e) == 0) /* this round brought more than one commit takes: begin another */
		r = ledger_append(k->l, in->kind, flags, in->source, in->body, in->ordinary, &out.seq, &out.time, e);
	if (r < 0) {
		/* anything but "no room" and "too large": nothing can be written any more, and what the next keeper finds on the disk is what counts */
		if (r != ERR_FULL && r != ERR_LIMIT && r != ERR_USAGE && k->broken.code == 0)
			k->broken = *e;
		return r;
	}
	if (in->kind == LEDGER_CAPTURE || in->kind == LEDGER_DOWNTIME || in->kind == LEDGER_BACKLOAD)
		keeper_capture_note(k, in->kind, out.seq, out.time, in->body);
	if (k->staged_count < STAGED_MAX) { /* one more is read back from the ledger */
		struct staged *s = &k->staged[k->staged_count++];
		*s = (struct staged){.seq = out.seq, .size = in->body.n, .time = out.time, .kind = in->kind, .flags = flags, .body = in->body};
		snprintf(s->source, sizeof s->source, "%s", in->source);
	}
	if (in->ordinary)
		keeper_room(k, false);
	if (in->kind == LEDGER_IDENTITY)
		keeper_capture_merge(k, out.seq, out.time, in->source, in->body);
	*ret = out;
	return 0;
}

int keeper_record(struct keeper *k, uint8_t kind, const char *source, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e)
{
	struct outgoing out;
	struct incoming in = {.kind = kind, .source = source, .body = body, .own = true};
	int r = store(k, &in, &out, e);
	if (r == 0 && k->staged_count && k->staged[k->staged_count - 1].seq == out.seq)
		k->staged[k->staged_count - 1].body = SLICE_NULL; /* the caller's buffer goes away before the round ends */
	if (r == ERR_FULL || r == ERR_SYSTEM)
		k->not_recorded++;
	if (r == 0) {
		if (ret_seq)
			*ret_seq = out.seq;
		if (ret_time)
			*ret_time = out.time;
	}
	return r;
}

int keeper_take(struct keeper *k, uint8_t kind, const char *source, struct slice body, uint64_t *ret_seq, bool *ret_duplicate, struct err *e)
{
	struct outgoing out;
	struct incoming in = {.kind = kind, .source = source, .body = body};
	int r = store(k, &in, &out, e);
	if (r < 0)
		return r;
	if (!out.duplicate && k->staged_count && k->staged[k->staged_count - 1].seq == out.seq)
		k->staged[k->staged_count - 1].body = SLICE_NULL; /* the caller's buffer goes away before the round ends */
	*ret_seq = out.seq;
	*ret_duplicate = out.duplicate;
	return 0;
}

/* Told to intake when it changes: its listeners say "refusing", and begin again. */
void keeper_room(struct keeper *k, bool full)
{
	if (k->full == full || k->reading)
		return;
	k->full = full;
	k->full_since = time_now();
	role_log(k->r, full ? "DISK NEARLY FULL: no message is taken until there is room; charts, views and captures go on from the reserve" : "there is room on the disk again: messages are taken");
	for (struct kchan *c = k->chans; c; c = c->next) {
		if (c->dead || c->kind != CH_INTAKE)
			continue;
		size_t at = frame_begin(&c->c.out, FRAME_K_ROOM, 0);
		buf_u8(&c->c.out, !full);
		frame_end(&c->c.out, at);
	}
}

#define DELIVERY_MAX ((size_t)4 << 20) /* of an act that says what is delivered, with its bytes */

/* ---- from intake and commands ---- */

static bool kind_from(const struct kchan *ch, uint8_t kind)
{
	switch (kind) {
	case LEDGER_HL7V2:
	case LEDGER_HL7V2_ENVELOPE:
	case LEDGER_HL7V2_FRAGMENT:
		return true;
	case LEDGER_FHIR:
	case LEDGER_OTHER:
	case LEDGER_IDENTITY:
	case LEDGER_ALARM: /* what the sensor of a file server says: may_decide */
	case LEDGER_QUARANTINE: /* a decision of somebody: may_decide */
	case LEDGER_CONFIG:
	case LEDGER_CAPTURE:
	case LEDGER_ECG:
	case LEDGER_SHEET:
	case LEDGER_DRILL: /* may_drill */
	case LEDGER_ECG_ACT: /* a person's acts on one come over web alone, where somebody has signed in; a command says what it delivered: may_deliver */
	case LEDGER_DOWNTIME: /* keeper_may_downtime */
	case LEDGER_BACKLOAD:
	case LEDGER_TRANSFER: /* keeper_may_transfer */
	case LEDGER_CONTACTS: /* may_contacts */
	case LEDGER_CALLS:    /* keeper_may_calls */
	case LEDGER_SCAN: /* keeper_may_scan */
	case LEDGER_SCOPE: /* keeper_may_scope */
	case LEDGER_SCOPE_PART:
	case LEDGER_REGISTRY: /* may_registry */
		return ch->kind == CH_CONTROL;
	default:
		return false; /* what the keeper writes itself nobody may hand in */
	}
}

static bool source_of(const struct keeper *k, const struct kchan *ch, uint8_t kind, uint16_t listener, char out[LEDGER_SOURCE_MAX + 1])
{
	if (ch->kind == CH_CONTROL) {
		if (kind == LEDGER_ALARM)
			snprintf(out, LEDGER_SOURCE_MAX + 1, "watch");
		else if (kind == LEDGER_IDENTITY || kind == LEDGER_QUARANTINE || kind == LEDGER_CONFIG || kind == LEDGER_ECG_ACT || kind == LEDGER_DOWNTIME || kind == LEDGER_BACKLOAD || kind == LEDGER_SHEET || kind == LEDGER_DRILL || kind == LEDGER_TRANSFER || kind == LEDGER_CONTACTS || kind == LEDGER_CALLS || kind == LEDGER_SCAN || kind == LEDGER_SCOPE || kind == LEDGER_SCOPE_PART || kind == LEDGER_REGISTRY)
			snprintf(out, LEDGER_SOURCE_MAX + 1, ch->uid == 0 ? "command/root" : "command/%u", ch->uid);
		else
			snprintf(out, LEDGER_SOURCE_MAX + 1, "import");
		return true;
	}
	for (size_t i = 0; i < k->r->listener_count; i++)
		if (k->r->listeners[i].index == listener) {
			snprintf(out, LEDGER_SOURCE_MAX + 1, "mllp/%s", k->r->listeners[i].is.name);
			return true;
		}
	return false;
}

/* Of the kinds that the keeper writes itself a command may hand in what somebody decided, and nothing else: that an entry is to be read again, that a feed is over or expected. */
static int may_decide(const struct keeper *k, uint8_t kind, struct slice body, uint64_t *ret_lifted, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	bool silent;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = json_tree(body, a, &n, e);
	if (r < 0)
		return r;
	struct slice what = json_text(n, "what");
	if (kind == LEDGER_ALARM) /* not "raised" or "cleared": those are the board's, which keeps them true */
		return slice_eq_str(what, "watch") && slice_starts(json_text(n, "id"), "watch-") ? 0 : err_set(e, ERR_DENIED, NULL, "no such alarm is raised by a command");
	if (!json_text(n, "reason").n)
		return err_set(e, ERR_INPUT, NULL, "a decision needs a reason");
	if (kind == LEDGER_CONFIG)
		return (slice_eq_str(what, "feed-retired") || slice_eq_str(what, "feed-expected")) && json_text(n, "feed").n ? 0 : err_set(e, ERR_DENIED, NULL, "no such decision is taken by a command");
	if (!slice_eq_str(what, "lift") || num_u64(json_text(n, "entry"), 0, UINT64_MAX, ret_lifted) < 0)
		return err_set(e, ERR_DENIED, NULL, "no such decision is taken by a command");
	return keeper_is_quarantined(k, *ret_lifted, &silent) ? 0 : err_set(e, ERR_NOT_FOUND, NULL, "entry %llu is not in quarantine", (unsigned long long)*ret_lifted);
}

/* What a command did with a reading that somebody signed: it was sent, and this was answered. Nothing else: matching, reading and signing are a person's. */
static int may_deliver(struct keeper *k, struct slice body, struct err *e)
{
	static const char *const acts[] = {"delivering", "delivered", "delivery-refused"};
	AUTO_ARENA struct arena *a = arena_new(2 * DELIVERY_MAX);
	struct ledger_leaf leaf;
	struct json_node *n;
	uint64_t of;
	bool known = false;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	if (body.n > DELIVERY_MAX)
		return err_set(e, ERR_LIMIT, NULL, "what is delivered at once is at most %zu bytes", DELIVERY_MAX);
	int r = json_tree(body, a, &n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		known = known || slice_eq_str(json_text(n, "act"), acts[i]);
	if (!known || num_u64(json_text(n, "ecg"), 0, UINT64_MAX, &of) < 0 || !json_text(n, "to").n || !json_text(n, "controlId").n)
		return err_set(e, ERR_DENIED, NULL, "no such act is a command's");
	if (of >= ledger_durable(k->l))
		return err_set(e, ERR_NOT_FOUND, NULL, "the ledger has no entry of that number");
	r = ledger_read_leaf(k->l, of, &leaf, e);
	return r == 0 && leaf.kind != LEDGER_ECG ? err_set(e, ERR_NOT_FOUND, NULL, "entry %llu is no ECG", (unsigned long long)of) : r;
}

/* Paper that a command printed, or what became of a sheet. */
static int may_print(struct slice body, struct err *e)
{
	static const char *const acts[] = {"signed-out", "returned", "scanned", "destroyed"};
	AUTO_ARENA struct arena *a = arena_new((size_t)256 << 20);
	struct json_node *n;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = json_tree(body, a, &n, e);
	if (r < 0)
		return r;
	struct slice what = json_text(n, "what");
	const struct json_node *sheets = json_get(n, "sheets");
	if (slice_eq_str(what, "printed") && json_text(n, "block").n && sheets && sheets->type == JSON_ARR && sheets->count)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (slice_eq_str(what, acts[i]) && json_text(n, "sheet").n)
			return 0;
	return err_set(e, ERR_DENIED, NULL, "no such thing is said of a sheet of paper");
}

/* What a drill showed, or that a share was tested: a line that says so, and no more. */
static int may_drill(struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	uint64_t number;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	int r = json_tree(body, a, &n, e);
	if (r < 0)
		return r;
	struct slice what = json_text(n, "what");
	const struct json_node *checks = json_get(n, "checks");
	bool ran = slice_eq_str(what, "drill") && checks && checks->type == JSON_ARR && checks->count;
	bool share = slice_eq_str(what, "share-tested") && num_u64(json_text(n, "index"), 1, SHARE_MAX, &number) == 0;
	return ran || share ? 0 : err_set(e, ERR_DENIED, NULL, "no such thing is said of a drill");
}

/* A list of whom to call. Its line is looked at here; the file behind it is read by the scribe, which holds no keys. */
static int may_contacts(struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct contacts_entry x;
	return a ? contacts_entry_read(body, a, &x, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
}

/* Its first line alone: the list behind it was read by the command, and is read again by whoever counts. */
static int may_registry(struct slice body, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)8 << 20);
	struct registry_entry x;
	return a ? registry_entry_get(body, a, &x, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
}

static void note_alarm(struct keeper *k, struct slice body, int64_t time)
{
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct json_node *n;
	if (!a || json_tree(body, a, &n, NULL) < 0)
		return;
	keeper_watch_note(k, n, time);
	accounts_touch(k);
}

void op_append(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	char source[LEDGER_SOURCE_MAX + 1];
	struct incoming in = {.source = source, .ordinary = true};
	struct outgoing out = {0};
	struct err e = {0};
	in.kind = cur_u8(&c);
	in.flags = cur_u8(&c) & LEDGER_FLAG_REPAIRED;
	in.ordinary = in.kind != LEDGER_SHEET && in.kind != LEDGER_DOWNTIME && in.kind != LEDGER_TRANSFER && in.kind != LEDGER_CALLS; /* as a view: paper is what is left when the disk is full, that a downtime began is not lost for it, and patients move all the same */
	uint8_t options = cur_u8(&c);
	uint16_t listener = cur_u16le(&c);
	in.key = frame_get_str(&c);
	in.body = cur_take(&c, cur_left(&c));
	in.dedupe = options & APPEND_DEDUPE;
	if (c.failed || !kind_from(ch, in.kind) || !source_of(k, ch, in.kind, listener, source)) {
		keeper_chan_drop(k, ch, "an entry of a kind or source that it may not hand in");
		return;
	}
	if (ch->dropping)
		return;
	if (in.kind == LEDGER_CAPTURE) {
		keeper_capture_source(in.body, source);
		in.ordinary = false; /* people are at work without their EHR: from the reserve, too */
	}
	if (options & APPEND_FOLLOW && ch->kind == CH_CONTROL)
		feed_follow(k);
	uint64_t lifted = UINT64_MAX;
	int r = in.kind == LEDGER_QUARANTINE || in.kind == LEDGER_CONFIG || in.kind == LEDGER_ALARM ? may_decide(k, in.kind, in.body, &lifted, &e) : in.kind == LEDGER_ECG_ACT ? may_deliver(k, in.body, &e) : in.kind == LEDGER_DOWNTIME || in.kind == LEDGER_BACKLOAD ? keeper_may_downtime(in.kind, in.body, &e) : in.kind == LEDGER_SHEET ? may_print(in.body, &e) : in.kind == LEDGER_DRILL ? may_drill(in.body, &e) : in.kind == LEDGER_TRANSFER ? keeper_may_transfer(k, in.body, &e) : in.kind == LEDGER_CONTACTS ? may_contacts(in.body, &e) : in.kind == LEDGER_CALLS ? keeper_may_calls(in.body, &e) : in.kind == LEDGER_SCAN ? keeper_may_scan(in.body, NULL, &e) : in.kind == LEDGER_SCOPE ? keeper_may_scope(in.body, &e) : in.kind == LEDGER_REGISTRY ? may_registry(in.body, &e) : 0;
	if (r == 0)
		r = store(k, &in, &out, &e);
	if (r >= 0 && lifted != UINT64_MAX) {
		keeper_quarantine_note(k, lifted, true);
		accounts_touch(k);
	}
	if (r >= 0 && in.kind == LEDGER_ALARM)
		note_alarm(k, in.body, out.time);
	if (r == ERR_FULL) {
		ch->dropping = true; /* what follows must not overtake it */
		keeper_room(k, true);
	}
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_u64le(&ch->c.out, out.seq);
	buf_u64le(&ch->c.out, (uint64_t)out.time);
	buf_u8(&ch->c.out, out.duplicate);
	reply_end(ch, at);
}

void op_retry(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	ch->dropping = false;
}

/* ---- waiting ---- */

static void answer_wait(struct keeper *k, struct kchan *ch, const struct waiting *w, bool reached)
{
	size_t at = reply_begin(ch, w->tag);
	if (w->stored) {
		buf_u64le(&ch->c.out, w->seq);
		buf_u64le(&ch->c.out, (uint64_t)w->time);
		buf_u8(&ch->c.out, w->duplicate);
		buf_u8(&ch->c.out, reached);
	} else {
		buf_u64le(&ch->c.out, k->feed.applied);
		buf_u64le(&ch->c.out, ledger_published(k->l));
		buf_u8(&ch->c.out, k->feed.pinned);
	}
	reply_end(ch, at);
}

static bool reached(const struct keeper *k, const struct waiting *w)
{
	/* a pinned view is not waited for: it stays where it is until somebody lets it go */
	if (w->what & WAIT_APPLIED && (k->feed.rebuilding || (k->feed.applied < w->size && !(k->feed.hello && k->feed.pinned))))
		return false;
	return !(w->what & WAIT_PUBLISHED) || ledger_published(k->l) >= w->size;
}

static void wait_for(struct keeper *k, struct kchan *ch, const struct waiting *w)
{
	if (w->what & WAIT_PUBLISHED)
		k->force_publish = true;
	if (k->waiting_count == WAITING_MAX) {
		struct err e;
		err_set(&e, ERR_LIMIT, NULL, "too many wait at once");
		reply_err(ch, w->tag, &e);
		return;
	}
	k->waiting[k->waiting_count++] = *w;
}

void keeper_waits(struct keeper *k)
{
	size_t left = 0;
	int64_t now = k->waiting_count ? time_monotonic() : 0;
	for (size_t i = 0; i < k->waiting_count; i++) {
		const struct waiting *w = &k->waiting[i];
		struct kchan *ch = keeper_chan_find(k, w->chan);
		bool yes = reached(k, w);
		if (!ch)
			continue;
		if (!yes && !w->stored && w->what & WAIT_APPLIED && feed_hopeless(k)) {
			struct err e;
			char why[400];
			err_set(&e, ERR_SYSTEM, "view", "the entries are durable, but the view does not reach them: %s", k->feed.failed.code ? err_line(&k->feed.failed, why, sizeof why) : "the scribe does not come up");
			reply_err(ch, w->tag, &e);
			continue;
		}
		if (yes || (w->until && now > w->until)) {
			answer_wait(k, ch, w, yes && k->feed.applied >= w->size);
			continue;
		}
		if (w->what & WAIT_PUBLISHED && ledger_published(k->l) < w->size)
			k->force_publish = true;
		k->waiting[left++] = *w;
	}
	k->waiting_count = left;
}

void op_wait(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct waiting w = {.chan = ch->id, .tag = f->tag};
	w.size = cur_u64le(&c);
	w.what = cur_u8(&c);
	if (!cur_done(&c)) {
		keeper_chan_drop(k, ch, "a bad wait");
		return;
	}
	if (w.size > ledger_size(k->l))
		w.size = ledger_size(k->l);
	wait_for(k, ch, &w);
}

void op_catch_up(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct waiting w = {.chan = ch->id, .tag = f->tag, .size = ledger_size(k->l), .what = WAIT_APPLIED};
	wait_for(k, ch, &w);
}

/* ---- from the web role ---- */

static void stored_for_web(struct keeper *k, struct kchan *ch, const struct frame *f, const struct incoming *in, bool wait)
{
	struct outgoing out;
	struct err e = {0};
	int r = store(k, in, &out, &e);
	if (r < 0) {
		if (r == ERR_FULL)
			keeper_room(k, true);
		reply_err(ch, f->tag, &e);
		return;
	}
	struct waiting w = {.chan = ch->id, .tag = f->tag, .size = out.seq + 1, .stored = true, .seq = out.seq, .time = out.time, .duplicate = out.duplicate};
	if (wait) {
		w.what = WAIT_APPLIED;
		w.until = time_monotonic() + AT_ONCE;
		wait_for(k, ch, &w);
	} else {
		answer_wait(k, ch, &w, false);
	}
}

void keeper_source(const struct asker *who, const char *way, char out[])
{
	char name[LEDGER_SOURCE_MAX + 1];
	size_t n = 0;
	/* printable ASCII without blanks, as a leaf wants it; account names are so already, token labels need not be */
	for (const char *p = who->user; *p && n < sizeof name - 1; p++)
		name[n++] = *p > ' ' && *p < 0x7f ? *p : '_';
	name[n] = 0;
	snprintf(out, LEDGER_SOURCE_MAX + 1, "%s/%.*s", way, (int)(LEDGER_SOURCE_MAX - 1 - strlen(way)), name);
}

/* Whoever asked is known and may: stored under "WAY/NAME", durable when the answer goes out. */
void keeper_store_for_web(struct keeper *k, struct kchan *ch, uint64_t tag, const struct asker *who, uint8_t kind, const char *way, struct slice body, bool dedupe, bool wait)
{
	char source[LEDGER_SOURCE_MAX + 1];
	struct frame f = {.tag = tag};
	keeper_source(who, way, source);
	struct incoming in = {.kind = kind, .source = source, .body = body, .dedupe = dedupe, .ordinary = kind != LEDGER_ECG_ACT && kind != LEDGER_CAPTURE && kind != LEDGER_DOWNTIME && kind != LEDGER_BACKLOAD && kind != LEDGER_CALLS};
	stored_for_web(k, ch, &f, &in, wait);
}

static void from_web(struct keeper *k, struct kchan *ch, const struct frame *f, uint8_t kind, uint32_t need, const char *way)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	char source[LEDGER_SOURCE_MAX + 1];
	int r = asker_read(k, ch, &c, need, &who, &e);
	bool wait = cur_u8(&c);
	struct slice body = cur_take(&c, cur_left(&c));
	if (c.failed) {
		keeper_chan_drop(k, ch, "a bad entry");
		return;
	}
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	keeper_source(&who, way, source);
	struct incoming in = {.kind = kind, .source = source, .body = body, .dedupe = kind == LEDGER_FHIR, .ordinary = true};
	stored_for_web(k, ch, f, &in, wait);
}

void op_fhir(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	from_web(k, ch, f, LEDGER_FHIR, MAY_FHIR_WRITE, "fhir");
}

void op_identity(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	from_web(k, ch, f, LEDGER_IDENTITY, MAY_IDENTITY, "web");
}

/* The AuditEvent is written here, from what the keeper knows of the session: web says only what was looked at. */
int keeper_audit_entry(struct keeper *k, const struct asker *who, const char *what, const char *patient, const char *query, uint64_t as_of, uint64_t *ret_seq, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	char id[64], later[2200];
	buf_init(&b, FRAME_SMALL);
	if (k->restoring)
		query = looked_when(query, later, sizeof later);
	/* the number it is about to get: nobody else appends */
	snprintf(id, sizeof id, "audit-%s%llu", k->restoring ? "during-rebuild-" : "", (unsigned long long)(k->restoring ? k->looked.size : ledger_size(k->l)));
	struct fhir_audit a = {.id = id, .time = time_now(), .what = what, .user = who->user, .role = who->role, .patient_id = patient[0] ? patient : NULL, .address = who->address[0] ? who->address : NULL,
	                       .site = k->r->site_name, .query = query[0] ? query : NULL, .as_of_entry = as_of, .ok = true};
	jsonw_init(&w, &b);
	fhir_write_audit(&w, &a);
	jsonw_done(&w);
	if (!buf_ok(&b))
		return err_set(e, buf_code(&b), NULL, "what was looked at is too long to be recorded");
	int r = keeper_record(k, LEDGER_AUDIT, who->command ? "cli" : "web", buf_slice(&b), ret_seq, NULL, e);
	if (r == ERR_FULL) { /* charts still open, loudly marked: status says NOT BEING RECORDED and how often */
		*ret_seq = UINT64_MAX;
		return 0;
	}
	return r;
}

void op_audit(struct keeper *k, struct kchan *ch, const struct frame *f)
{
	struct cur c = cur_of(f->payload);
	struct asker who;
	struct err e = {0};
	char what[24], patient[128], query[2048];
	uint64_t seq = 0;
	int r = asker_read(k, ch, &c, 0, &who, &e);
	frame_get_text(&c, what, sizeof what);
	frame_get_text(&c, patient, sizeof patient);
	frame_get_text(&c, query, sizeof query);
	uint64_t as_of = cur_u64le(&c);
	if (!cur_done(&c)) {
		err_set(&e, ERR_INPUT, NULL, "what was looked at is too long to be recorded");
		r = ERR_INPUT;
	}
	if (r == 0)
		r = keeper_audit_entry(k, &who, what, patient, query, as_of, &seq, &e);
	if (r < 0) {
		reply_err(ch, f->tag, &e);
		return;
	}
	size_t at = reply_begin(ch, f->tag);
	buf_u64le(&ch->c.out, seq);
	reply_end(ch, at);
}

/* ---- control ids ---- */

static int learn_line(void *arg, const struct batch_line *l, struct err *e)
{
	struct keeper *k = arg;
	return ledger_control_learn(k->l, l->id, slice_of(l->key, sizeof l->key), e);
}

/* What an import stored stands in the ledger in the order of its file. Where something stood between (two imports at a time, a message that was there before) a line gets another key than its file
 * gives it, and a repetition of it would be stored once more: rather that than losing one. */
static int learn_batch(struct keeper *k, const struct ledger_entry *en, struct err *e)
{
	if (strcmp(en->leaf.source, "import"))
		return 0;
	if (en->leaf.kind == LEDGER_HL7V2_ENVELOPE)
		return batch_line(&k->learn_batch, en->seq, en->body, learn_line, k, e);
	if (en->leaf.kind == LEDGER_HL7V2 || en->leaf.kind == LEDGER_HL7V2_FRAGMENT)
		return batch_other(&k->learn_batch, en->body, learn_line, k, e);
	return 0;
}

static int learn_one(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct keeper *k = arg;
	struct hl7_header h;
	uint8_t key[HL7_CONTROL_KEY];
	k->learn_next = en->seq + 1;
	if (en->erased)
		return 0;
	int r = learn_batch(k, en, e);
	if (r < 0 || en->leaf.kind != LEDGER_HL7V2)
		return r;
	hl7_header_read(en->body, &h);
	struct slice s = hl7_control_key(&h, key);
	return s.n ? ledger_control_learn(k->l, en->seq, s, e) : 0;
}

void keeper_learn(struct keeper *k)
{
	struct err e;
	if (k->learn_next >= k->learn_end)
		return;
	uint64_t to = k->learn_end - k->learn_next > LEARN ? k->learn_next + LEARN : k->learn_end;
	if (ledger_scan(k->l, k->learn_next, to, true, learn_one, k, &e) < 0)
		k->learn_next = to; /* an entry that cannot be read has no control id to learn; verify says what is wrong with it */
	if (k->learn_next >= k->learn_end) {
		if (batch_other(&k->learn_batch, SLICE_NULL, learn_line, k, &e) < 0)
			role_log(k->r, "what is known of batches is incomplete: %s", e.text);
		ledger_control_learned(k->l);
	}
}
